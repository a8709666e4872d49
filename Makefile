# make                 build against the server that pg_config names
# make install         install into it
# make WERROR=1        warnings are errors, assertions are compiled in
# make installcheck    regression and isolation tests in a running server
# scripts/test         everything, in a private server

EXTENSION = featureflow
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" featureflow.control)
PGFILEDESC = "featureflow - feature flags inside PostgreSQL"

# The install script, in the order in which its parts need each other.
SQL_MODULES = \
	src/base/schema.sql \
	src/model/tables.sql \
	src/experiments/tables.sql \
	src/audit/tables.sql \
	src/events/tables.sql \
	src/usage/tables.sql \
	src/evaluate/versions.sql \
	src/evaluate/functions.sql \
	src/evaluate/testing.sql \
	src/audit/triggers.sql \
	src/model/checks.sql \
	src/model/resolve.sql \
	src/model/tenancy.sql \
	src/model/environments.sql \
	src/model/flags.sql \
	src/model/variations.sql \
	src/model/targeting.sql \
	src/model/segments.sql \
	src/model/sources.sql \
	src/model/lists.sql \
	src/model/overrides.sql \
	src/model/bulk.sql \
	src/experiments/capture.sql \
	src/experiments/sources.sql \
	src/experiments/identities.sql \
	src/experiments/metrics.sql \
	src/experiments/options.sql \
	src/experiments/holdouts.sql \
	src/experiments/exclusion.sql \
	src/experiments/settings.sql \
	src/experiments/lifecycle.sql \
	src/experiments/guard.sql \
	src/experiments/roles.sql \
	src/experiments/assignment.sql \
	src/experiments/ship.sql \
	src/events/functions.sql \
	src/events/receive.sql \
	src/events/partitions.sql \
	src/usage/functions.sql \
	src/usage/log.sql \
	src/model/graph.sql \
	src/model/export.sql \
	src/audit/history.sql \
	src/audit/rollback.sql \
	src/audit/timeline.sql \
	src/audit/chain.sql \
	src/audit/erase.sql \
	src/audit/retain.sql \
	src/audit/changes.sql \
	src/audit/past.sql \
	src/evaluate/as_of.sql \
	src/govern/kill.sql \
	src/govern/schedules.sql \
	src/govern/freeze.sql \
	src/govern/promote.sql \
	src/govern/moving.sql \
	src/govern/restore.sql \
	src/import/import.sql \
	$(sort $(filter-out src/import/import.sql,$(wildcard src/import/*.sql))) \
	src/stats/distribution.sql \
	src/stats/moments.sql \
	src/stats/cross_moments.sql \
	src/stats/compare.sql \
	src/stats/srm.sql \
	src/stats/sequential.sql \
	src/stats/plan.sql \
	src/stats/bandit.sql \
	src/stats/adjusted.sql \
	src/stats/proportions.sql \
	src/stats/multiple.sql \
	src/stats/bayes.sql \
	src/stats/guardrail.sql \
	src/stats/segments.sql \
	src/experiments/cells.sql \
	src/experiments/gather.sql \
	src/experiments/increment.sql \
	src/experiments/refresh.sql \
	src/experiments/arms.sql \
	src/experiments/phases.sql \
	src/experiments/compare.sql \
	src/experiments/looks.sql \
	src/experiments/stats.sql \
	src/experiments/health.sql \
	src/experiments/scan.sql \
	src/experiments/bandit_apply.sql \
	src/experiments/guardrails.sql \
	src/experiments/results.sql \
	src/experiments/summary.sql \
	src/experiments/report.sql \
	src/experiments/html_text.sql \
	src/experiments/html_rows.sql \
	src/experiments/html_plots.sql \
	src/experiments/html_series.sql \
	src/experiments/html_style.sql \
	src/experiments/html.sql \
	src/analytics/range.sql \
	src/analytics/events.sql \
	src/analytics/users.sql \
	src/analytics/adoption.sql \
	src/analytics/activation.sql \
	src/analytics/attempts.sql \
	src/analytics/funnel.sql \
	src/analytics/journey.sql \
	src/evaluate/impact.sql \
	src/model/comments.sql \
	src/model/views.sql \
	src/model/templates.sql \
	src/model/snapshots.sql \
	src/model/snapshots_restore.sql \
	src/model/sample.sql \
	src/model/onboarding.sql \
	src/model/defaults.sql \
	src/govern/grant.sql \
	src/base/dump.sql

MODULE_big = featureflow
SOURCES = $(sort $(wildcard src/*.c src/*/*.c))
OBJS = $(SOURCES:.c=.o)
DATA_built = $(EXTENSION)--$(EXTVERSION).sql
DATA = $(wildcard $(EXTENSION)--*--*.sql)

REGRESS = $(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql)))
REGRESS_OPTS = --load-extension=$(EXTENSION)
ISOLATION = $(sort $(patsubst test/isolation/specs/%.spec,%,$(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=$(EXTENSION)

EXTRA_CLEAN = $(DATA_built) output_iso tmp_check

PKG_CONFIG ?= pkg-config
ifeq ($(filter clean distclean dist,$(MAKECMDGOALS)),)
ifneq ($(shell $(PKG_CONFIG) --exists 'libpcre2-8 >= 10.30' && echo yes),yes)
$(error libpcre2-8 10.30 or later is needed (Debian: libpcre2-dev, Fedora: pcre2-devel), and pkg-config)
endif
ifneq ($(shell $(PKG_CONFIG) --exists 'libxxhash >= 0.8' && echo yes),yes)
$(error libxxhash 0.8 or later is needed (Debian: libxxhash-dev, Fedora: xxhash-devel), headers only)
endif
ifneq ($(shell $(PKG_CONFIG) --exists 'libcrypto >= 1.1.1' && echo yes),yes)
$(error libcrypto 1.1.1 or later is needed (Debian: libssl-dev, Fedora: openssl-devel))
endif
ifneq ($(shell $(PKG_CONFIG) --exists 'yaml-0.1 >= 0.2' && echo yes),yes)
$(error libyaml 0.2 or later is needed (Debian: libyaml-dev, Fedora: libyaml-devel))
endif
endif

# xxhash is compiled in: nothing to link.
PG_CPPFLAGS = -I$(srcdir)/src -DFF_VERSION='"$(EXTVERSION)"' \
	$(shell $(PKG_CONFIG) --cflags libpcre2-8 libxxhash libcrypto yaml-0.1)
# Calls between our own files go straight, not through a table.
PG_CFLAGS += -fno-semantic-interposition
# A product and a sum are rounded one by one: src/stats/precise.h.
PG_CFLAGS += -ffp-contract=off
SHLIB_LINK = -Wl,-Bsymbolic-functions $(shell $(PKG_CONFIG) --libs libpcre2-8 libcrypto yaml-0.1) -lm

ifdef WERROR
PG_CFLAGS += -Wall -Wextra -Werror -DUSE_ASSERT_CHECKING
endif

# No bitcode: inlining our functions into JIT code gains nothing, and the
# clang that the server was built with need not be installed.
override with_llvm := no

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# The server's headers are system headers: their warnings are not ours.
override CPPFLAGS := $(patsubst -I$(includedir_server),-isystem $(includedir_server),$(CPPFLAGS))
# A server built with gcc has flags and attributes that clang does not know.
ifneq ($(findstring clang,$(CC)),)
override CFLAGS := $(filter-out -Wimplicit-fallthrough=% -fexcess-precision=% \
	-Wno-format-truncation -Wno-stringop-truncation -Wshadow=%,$(CFLAGS)) -Wno-ignored-attributes
endif

$(OBJS): $(wildcard src/*.h src/*/*.h) Makefile featureflow.control

$(DATA_built): $(SQL_MODULES) Makefile featureflow.control
	printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit' > $@.new
	cat $(SQL_MODULES) >> $@.new
	mv $@.new $@

# PGXS makes all files secondary, so a module that was removed would go
# unnoticed while the built script is there.
.PHONY: modules-present dist
$(DATA_built): | modules-present
modules-present:
	@for module in $(SQL_MODULES); do test -f $(srcdir)/$$module || \
		{ echo "$$module is missing" >&2; exit 1; }; done

# A source archive for PGXN.
dist:
	git archive --format zip --prefix=$(EXTENSION)-$(EXTVERSION)/ \
		--output $(EXTENSION)-$(EXTVERSION).zip HEAD
