/*
 * settings.c
 *	  Settings of the form featureflow.name.
 */
#include "postgres.h"

#include <ctype.h>

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/settings.h"

PG_FUNCTION_INFO_V1(ff_setting);

char	   *FFEnvironmentSetting = NULL;
char	   *FFProjectSetting = NULL;
char	   *FFChangeReason = NULL;
char	   *FFAuthenticators = NULL;
char	   *FFSegmentSetting = NULL;
int			FFAnalysisMem = 65536;
int			FFExposuresAsync = false;
bool		FFRestoring = false;
bool		FFNotify = true;
bool		FFDebug = false;
bool		FFAllowOverrides = false;
FFSessionOverrides *FFOverrides = NULL;
uint64		FFSettingsSerial = 0;

static char *OverrideSetting = NULL;

static const struct config_enum_entry ExposuresOptions[] = {
	{"sync", false, false}, {"async", true, false}, {NULL, 0, false}
};

/* Call sites remember the environment that a default stood for. */
static void
AssignDefault(const char *newval, void *extra)
{
	(void) newval;
	(void) extra;
	FFSettingsSerial++;
}

/* The piece of text between two points, without white space around it. */
static const char *
Trimmed(const char *from, const char *to, int *length)
{
	while (from < to && isspace((unsigned char) *from))
		from++;
	while (to > from && isspace((unsigned char) to[-1]))
		to--;
	*length = (int) (to - from);
	return from;
}

/* One "flag=variation"; false where either side is missing. */
static bool
ParseOverride(const char *from, const char *to, FFSessionOverride *item)
{
	const char *equals = memchr(from, '=', to - from);

	if (equals == NULL)
		return false;
	item->flag = Trimmed(from, equals, &item->flag_length);
	item->variation = Trimmed(equals + 1, to, &item->variation_length);
	return item->flag_length > 0 && item->variation_length > 0;
}

/*
 * Parse "flag=variation, …" once, when it is set.  The items point into a
 * copy of the text that is kept behind them, since the setting's own copy is
 * freed independently.
 */
static bool
CheckOverride(char **newval, void **extra, GucSource source)
{
	size_t		length = strlen(*newval);
	FFSessionOverrides *parsed;
	char	   *text;
	char	   *end;
	int			count = 1;

	(void) source;
	for (char *p = *newval; *p; p++)
		count += (*p == ',');
	parsed = FFSettingAlloc(offsetof(FFSessionOverrides, items) +
							count * sizeof(FFSessionOverride) + length + 1);
	if (parsed == NULL)
		return false;
	parsed->count = 0;
	text = memcpy((char *) &parsed->items[count], *newval, length + 1);
	for (char *from = text; from <= text + length; from = end + 1)
	{
		int			blank;

		end = strchr(from, ',');
		if (end == NULL)
			end = text + length;
		Trimmed(from, end, &blank);
		if (blank == 0)
			continue;
		if (!ParseOverride(from, end, &parsed->items[parsed->count++]))
		{
			GUC_check_errdetail("\"%.*s\" is not of the form flag=variation.",
								(int) (end - from), from);
			FFSettingFree(parsed);
			return false;
		}
	}
	*extra = parsed;
	return true;
}

static void
AssignOverride(const char *newval, void *extra)
{
	(void) newval;
	FFOverrides = extra;
}

/* What evaluation heeds. */
void
FFSettingsInit(void)
{
	DefineCustomBoolVariable("featureflow.allow_overrides",
							 "Lets sessions force variations by featureflow.override.",
							 NULL, &FFAllowOverrides, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("featureflow.debug",
							 "Reports every evaluation of a single flag as a notice.",
							 NULL, &FFDebug, false,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("featureflow.environment",
							   "Environment where none is given.",
							   NULL, &FFEnvironmentSetting, "production",
							   PGC_USERSET, 0, NULL, AssignDefault, NULL);
	DefineCustomStringVariable("featureflow.override",
							   "Variations forced for this session: flag=variation, ...",
							   "Heeded only where featureflow.allow_overrides is on.",
							   &OverrideSetting, "",
							   PGC_USERSET, 0, CheckOverride, AssignOverride, NULL);
	DefineCustomStringVariable("featureflow.project",
							   "Project where none is given.",
							   NULL, &FFProjectSetting, "default",
							   PGC_USERSET, 0, NULL, AssignDefault, NULL);
}

/*
 * What changes heed, defined at the first change of a session: each setting
 * costs the first evaluation of a new connection (PostgreSQL 15 sorts all of
 * its settings again for every one).  What was set before is taken over.
 */
void
FFChangeSettingsInit(void)
{
	static bool defined = false;

	if (likely(defined))
		return;
	defined = true;
	DefineCustomIntVariable("featureflow.analysis_mem",
							"Memory that the analysis of an experiment takes for units and their sums.",
							"Beyond it units are read in several passes. Parallel workers have sums of their own besides.",
							&FFAnalysisMem, 65536, 64, MAX_KILOBYTES,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomStringVariable("featureflow.authenticators",
							   "Login roles whose request.jwt.claims and request.headers the audit believes.",
							   "A comma-separated list of role names.",
							   &FFAuthenticators, "authenticator",
							   PGC_SUSET, GUC_LIST_INPUT, NULL, NULL, NULL);
	DefineCustomStringVariable("featureflow.change_reason",
							   "Reason that the audit log records with changes.",
							   NULL, &FFChangeReason, "",
							   PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("featureflow.exposures",
							 "Whether ff_expose writes exposures itself (sync) or leaves it to a worker (async).",
							 "async needs featureflow in shared_preload_libraries; a crash of the server loses what the worker has not written.",
							 &FFExposuresAsync, false, ExposuresOptions,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("featureflow.notify",
							 "Tells listeners on channel featureflow of each environment that changes.",
							 "As it stands at the commit. PREPARE TRANSACTION needs it off.",
							 &FFNotify, true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("featureflow.restoring",
							 "Stills audit, history and checks while a dump is restored.",
							 NULL, &FFRestoring, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("featureflow.segment",
							   "Segment whose list COPY into ff.segment_members fills.",
							   NULL, &FFSegmentSetting, "",
							   PGC_USERSET, 0, NULL, AssignDefault, NULL);
	MarkGUCPrefixReserved("featureflow");
}

/*
 * ff._setting(name): featureflow.name as it stands.  current_setting() knows
 * nothing of it in a session that has not loaded the library yet.
 */
Datum
ff_setting(PG_FUNCTION_ARGS)
{
	char	   *name = psprintf("featureflow.%s", text_to_cstring(PG_GETARG_TEXT_PP(0)));

	PG_RETURN_TEXT_P(cstring_to_text(GetConfigOption(name, false, true)));
}
