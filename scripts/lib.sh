# Shared by scripts/test and scripts/demo: packages, and a private server.
#
# Nothing that was on the machine is written to.  The installed server is
# copied under a temporary directory (PostgreSQL finds its files relative to
# its programs), the extension is built and installed there, and the cluster
# listens on a socket in that directory alone.  Everything goes when the
# script ends, however it ends.
#
# PG_CONFIG=/path/to/pg_config chooses a server; FF_KEEP=1 keeps the directory.

set -euo pipefail
export LC_ALL=C
umask 022

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WORK=                # the temporary directory
RUN_AS=              # the user that runs the server; empty: ourselves
CHILD=               # what run() waits for
MINIMUM_MAJOR=15

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# --- packages --------------------------------------------------------------

# complete_server PG_CONFIG: a server with its development files, new enough?
complete_server() {
  local bin
  bin=$("$1" --bindir 2>/dev/null) || return 1
  [ -x "$bin/initdb" ] && [ -x "$bin/pg_config" ] && [ -f "$("$1" --pgxs)" ] &&
    [ -f "$("$1" --includedir-server)/postgres.h" ] &&
    [ "$(major_of "$1")" -ge $MINIMUM_MAJOR ]
}

major_of() { "$1" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/'; }

# Sets PG_CONFIG to a complete server, false where there is none.
find_server() {
  local candidate
  for candidate in ${PG_CONFIG:-pg_config $(ls -d /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -rV)}; do
    if complete_server "$candidate"; then
      PG_CONFIG=$("$candidate" --bindir)/pg_config
      return
    fi
  done
  return 1
}

# The major to install: that of an installed server, else the distribution's.
major_to_install() {
  local installed
  installed=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -rV | head -1 | cut -d/ -f5)
  [ -n "$installed" ] && [ "$installed" -ge $MINIMUM_MAJOR ] && { echo "$installed"; return; }
  apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -1
}

have() { command -v "$1" >/dev/null 2>&1; }
have_library() { have pkg-config && pkg-config --exists "$1"; }

# missing_packages demo|test: the Debian packages that are needed and not there.
missing_packages() {
  local major=
  have gcc && have make || echo build-essential
  have pkg-config || echo pkg-config
  have_library libpcre2-8 || echo libpcre2-dev
  have_library libxxhash || echo libxxhash-dev
  have_library libcrypto || echo libssl-dev
  have_library yaml-0.1 || echo libyaml-dev
  have localedef && [ -f /usr/share/i18n/locales/en_US ] || echo locales
  if find_server; then
    major=$(major_of "$PG_CONFIG")
  else
    major=$(major_to_install)
    [ -n "$major" ] || major=$MINIMUM_MAJOR
    [ -x "/usr/lib/postgresql/$major/bin/initdb" ] || echo "postgresql-$major"
    echo "postgresql-server-dev-$major"
  fi
  [ "$1" = test ] || return 0
  have clang || echo clang
  have prove || echo perl
  perl -MIPC::Run -e 1 2>/dev/null || echo libipc-run-perl
  have node || echo nodejs
  have npm || echo npm
  have chromium || echo chromium
  have pdftotext || echo poppler-utils
  find_server && [ -f "$("$PG_CONFIG" --sharedir)/extension/pgtap.control" ] || echo "postgresql-$major-pgtap"
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Installs what is missing.  While apt runs, a drop-in keeps postgresql-common
# from creating a main cluster and policy-rc.d keeps it from starting or
# stopping servers; both are taken away again.  Packages that are installed
# are never upgraded (an upgrade would restart a server).
install_packages() {
  local missing
  # A fresh image has no package lists, and they know the distribution's major.
  find_server || ! have apt-get || [ -n "$(major_to_install)" ] || as_root apt-get update -qq </dev/null || :
  missing=$(missing_packages "$1" | tr '\n' ' ')
  if [ -n "${missing// /}" ]; then
    have apt-get || die "missing: $missing(names of Debian packages; apt-get is not here to install them)"
    [ "$(id -u)" = 0 ] || have sudo || die "missing: $missing(install them as root)"
    say "installing: $missing"
    as_root bash -c "$(declare -f apt_install); apt_install \"\$@\"" apt_install $missing ||
      die "could not install: $missing"
  fi
  find_server || die "no PostgreSQL server $MINIMUM_MAJOR or later with its development files was found"
}

# Runs as root, in a shell of its own: the trap belongs to that shell.
apt_install() {
  set -eu
  local conf=/etc/postgresql-common/createcluster.conf dropin=/etc/postgresql-common/createcluster.d
  local policy=/usr/sbin/policy-rc.d undo=:
  export DEBIAN_FRONTEND=noninteractive
  case " $* " in
    *" postgresql-server-dev-"*|*" postgresql-"[0-9]*)
      if [ -f $conf ] && ! grep -q '^include_dir' $conf; then
        echo "$conf has no include_dir: install postgresql yourself, with create_main_cluster = false" >&2
        exit 1
      fi
      [ -d $dropin ] || undo="rmdir --ignore-fail-on-non-empty $dropin 2>/dev/null"
      mkdir -p $dropin
      echo 'create_main_cluster = false' > $dropin/featureflow.conf
      undo="rm -f $dropin/featureflow.conf; $undo"
      if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' > $policy
        chmod 755 $policy
        undo="rm -f $policy; $undo"
      fi ;;
  esac
  trap "$undo" EXIT
  trap 'exit 130' INT TERM HUP
  apt-get update -qq </dev/null
  apt-get install -y -qq --no-install-recommends --no-upgrade "$@" </dev/null >/tmp/featureflow-apt.$$ 2>&1 ||
    { tail -20 /tmp/featureflow-apt.$$ >&2; rm -f /tmp/featureflow-apt.$$; exit 1; }
  rm -f /tmp/featureflow-apt.$$
}

# --- the private place -----------------------------------------------------

# PostgreSQL refuses to run as root: its package's user, else nobody.
choose_user() {
  [ "$(id -u)" = 0 ] || return 0
  for RUN_AS in postgres nobody; do
    id "$RUN_AS" >/dev/null 2>&1 && return
  done
  die "no unprivileged user to run the server as"
}

# run COMMAND…: as the server's user, with the private server in front, and
# without what the caller's environment says about servers.  It runs in the
# background and is waited for: bash heeds signals in no other way.
run() {
  local -a environment=(PATH="$BIN:$PATH" LC_ALL= LANG=en_US.UTF-8 LOCPATH="$WORK/locale" HOME="$WORK"
    TMPDIR="$WORK/tmp" PGHOST="$WORK/socket" PGPORT=$PORT PGUSER=postgres PGDATABASE=postgres)
  local name
  for name in $(compgen -e PG); do
    [ "$name" = PG_CONFIG ] || environment=(-u "$name" "${environment[@]}")
  done
  environment+=(PG_CONFIG="$BIN/pg_config")
  if [ -n "$RUN_AS" ]; then
    runuser -u "$RUN_AS" -- env "${environment[@]}" "$@" <&0 &
  else
    env "${environment[@]}" "$@" <&0 &
  fi
  CHILD=$!
  wait "$CHILD"
}

make_work() {
  choose_user
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/featureflow.XXXXXX")
  trap cleanup EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  mkdir "$WORK"/{socket,locale,tmp,log}
  chmod 755 "$WORK"
  chmod 700 "$WORK/socket"
  PORT=5432            # of a socket in a directory of our own
  copy_server
  make_locales
  give "$WORK"
}

give() { [ -z "$RUN_AS" ] || chown -R "$RUN_AS" "$@"; }

# Programs, libraries and share directory under one prefix, in the places
# relative to each other that the server was compiled with.
copy_server() {
  local bin pkglib share prefix dir
  bin=$("$PG_CONFIG" --bindir) pkglib=$("$PG_CONFIG" --pkglibdir) share=$("$PG_CONFIG" --sharedir)
  prefix=$bin
  while [ -n "$prefix" ]; do
    case "$pkglib/" in "$prefix"/*) case "$share/" in "$prefix"/*) break ;; esac ;; esac
    prefix=${prefix%/*}
  done
  [ -n "$prefix" ] || die "cannot relocate this server: $bin and $share have nothing in common"
  for dir in "$bin" "$pkglib" "$share"; do
    mkdir -p "$WORK/server${dir#"$prefix"}"
    cp -aL "$dir/." "$WORK/server${dir#"$prefix"}/" 2>/dev/null || cp -a "$dir/." "$WORK/server${dir#"$prefix"}/"
  done
  for dir in $("$PG_CONFIG" --includedir-server) $("$PG_CONFIG" --includedir) $("$PG_CONFIG" --libdir); do
    case "$dir/" in "$prefix"/*) ;; *) continue ;; esac
    [ -e "$WORK/server${dir#"$prefix"}" ] && continue
    mkdir -p "$WORK/server$(dirname "${dir#"$prefix"}")"
    ln -s "$dir" "$WORK/server${dir#"$prefix"}"
  done
  BIN=$WORK/server${bin#"$prefix"}
  [ "$("$BIN/pg_config" --pkglibdir)" = "$WORK/server${pkglib#"$prefix"}" ] ||
    die "the copy of the server does not find its own files"
}

# en_US in UTF-8 and LATIN1 through LOCPATH, so that the system's locales stay
# as they are.  LOCPATH replaces the usual places: C.UTF-8 is linked in.
make_locales() {
  localedef -c -i en_US -f UTF-8 "$WORK/locale/en_US.UTF-8" 2>/dev/null || :
  localedef -c -i en_US -f ISO-8859-1 "$WORK/locale/en_US.ISO-8859-1" 2>/dev/null || :
  [ -d "$WORK/locale/en_US.UTF-8" ] && [ -d "$WORK/locale/en_US.ISO-8859-1" ] || die "localedef made no en_US locale"
  local dir
  for dir in /usr/lib/locale/C.*; do
    [ ! -d "$dir" ] || ln -s "$dir" "$WORK/locale/"
  done
}

# copy_source NAME: the tree, without what was built in it, in WORK/NAME.
copy_source() {
  local version
  version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" "$ROOT/featureflow.control")
  mkdir -p "$WORK/$1"
  tar -C "$ROOT" --exclude=./.git --exclude='*.o' --exclude='*.bc' --exclude='*.so' --exclude=./tmp_check \
    --exclude=./results --exclude=./output_iso --exclude=./test/c/build --exclude="./featureflow--$version.sql" -cf - . | tar -C "$WORK/$1" --no-same-owner -xf -
  give "$WORK/$1"
}

# install_copy DIRECTORY: makes what is there, for the private server.
install_copy() {
  local log=$WORK/log/build
  run make -C "$1" -s PG_CONFIG="$BIN/pg_config" install >"$log" 2>&1 ||
    { tail -40 "$log" >&2; die "make failed in ${1#"$WORK"/}"; }
}

# make_clock: bench/clock.c, in WORK/clock.
make_clock() {
  "${CC:-cc}" -O2 -Wall -I"$("$PG_CONFIG" --includedir)" "$ROOT/bench/clock.c" -o "$WORK/clock" \
    -L"$("$PG_CONFIG" --libdir)" -lpq || die "the clock was not built: libpq's development files are needed"
}

start_server() {
  run initdb -D "$WORK/data" -U postgres -A trust -N --encoding=UTF8 --locale=en_US.UTF-8 >"$WORK/log/initdb" 2>&1 ||
    { cat "$WORK/log/initdb" >&2; die "initdb failed"; }
  cat >>"$WORK/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$WORK/socket'
port = $PORT
fsync = off
max_connections = 40
max_prepared_transactions = 10
shared_buffers = '128MB'
max_wal_size = '2GB'
lc_messages = 'C'
log_line_prefix = '%m [%p] %q%a %d '
log_min_messages = warning
CONF
  run pg_ctl -D "$WORK/data" -l "$WORK/log/server" -w -s start >/dev/null ||
    { tail -20 "$WORK/log/server" >&2; die "the private server did not start"; }
}

# stop_postmaster PID DIRECTORY: at once, and only if it is that server still.
stop_postmaster() {
  [ "$(readlink "/proc/$1/cwd")" = "$2" ] || return 0
  kill -QUIT "$1" 2>/dev/null || :
}

# Servers of tests that were interrupted go as well.
cleanup() {
  local status=$? file
  trap - EXIT
  trap '' INT TERM HUP
  [ -n "$WORK" ] || exit $status
  [ -z "$CHILD" ] || ! kill "$CHILD" 2>/dev/null || wait "$CHILD" || :
  for file in $(find "$WORK" -name postmaster.pid 2>/dev/null); do
    stop_postmaster "$(head -1 "$file")" "$(dirname "$file")"
  done
  if [ -n "${FF_KEEP:-}" ]; then
    say "kept: $WORK"
  else
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      rm -rf "$WORK" 2>/dev/null && break
      sleep 0.3
    done
  fi
  exit $status
}
