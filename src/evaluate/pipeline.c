/*
 * pipeline.c
 *	  The order in which a flag's answer is found.
 *
 * unknown, archived, kill switch, session override, disabled, prerequisites,
 * stored override (user, then organization), individual targets, plan gate,
 * rules in order, default.  A flag of another dialect follows its provider's
 * order in place of rules and default, and knows itself whether it is enabled.
 * Nothing here raises an error over what a document or a context contains, and
 * nothing writes.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/catalog.h"
#include "base/settings.h"
#include "engine/value_pg.h"
#include "evaluate/pipeline.h"
#include "evaluate/sources.h"
#include "model/tables.h"

/* How much of a subject an explanation shows. */
#define SHOWN_BYTES 80

/* A flag that is being evaluated, and the one that asked for it. */
typedef struct FFFrame
{
	const FFFlag *flag;
	int			depth;
	struct FFFrame *outer;
} FFFrame;

/* Deeper prerequisites are refused when written. */
#define MAX_PREREQUISITE_DEPTH 100

void
FFSubjectStart(FFSubject *evaluation, FFRuleset *ruleset,
				  FFString user_key, Jsonb *attributes)
{
	static uint64 subjects = 0;
	FFValue		absent = {0};

	evaluation->ruleset = ruleset;
	memset(&evaluation->context, 0, sizeof(evaluation->context));
	evaluation->context.user_key = user_key;
	evaluation->context.attributes = attributes != NULL ? FFValueFromJsonb(attributes) : absent;
	evaluation->context.serial = ++subjects;
	evaluation->context.now = GetCurrentStatementStartTimestamp();
	if (ruleset->has_sources)
	{
		evaluation->context.lookup = &FFSourceLookup;
		evaluation->context.source = ruleset;
	}
	evaluation->frames = NULL;
}

/* Tell an explanation what a stage found out. */
#define Report(evaluation, stage, ...) \
	do { \
		if (unlikely((evaluation)->context.trace != NULL)) \
			ReportStage((evaluation), (stage), __VA_ARGS__); \
	} while (0)

static void ReportStage(FFSubject *evaluation, const char *stage,
						const char *outcome, const char *format,...) __attribute__((format(printf, 4, 5)));

static void
ReportStage(FFSubject *evaluation, const char *stage, const char *outcome,
			const char *format,...)
{
	FFTrace    *trace = evaluation->context.trace;
	StringInfoData detail;
	int			needed;

	initStringInfo(&detail);
	for (;;)
	{
		va_list		arguments;

		va_start(arguments, format);
		needed = appendStringInfoVA(&detail, format, arguments);
		va_end(arguments);
		if (needed == 0)
			break;
		enlargeStringInfo(&detail, needed);
	}
	trace->step(trace, trace->depth, stage, outcome, detail.data);
}

static void
Settle(FFAnswer *answer, FFStage stage, FFReason reason, int variation)
{
	answer->stage = stage;
	answer->reason = reason;
	answer->variation = variation;
}

static void
SettleError(FFAnswer *answer, FFStage stage, FFEvaluationError error)
{
	Settle(answer, stage, FF_REASON_ERROR, -1);
	answer->error = error;
}

/* Settle for the off variation. */
static void
SettleOff(FFAnswer *answer, FFStage stage)
{
	Settle(answer, stage, FF_REASON_DISABLED,
		   FFProgramOffVariation(answer->flag->image->program));
}

/* A variation by key; on boolean flags true and false name on and off. */
static int
NamedVariation(const FFImage *image, FFString key)
{
	FFString	on = {"on", 2};
	FFString	off = {"off", 3};

	if (image->kind == FF_KIND_BOOLEAN && key.length == 4 && memcmp(key.data, "true", 4) == 0)
		key = on;
	else if (image->kind == FF_KIND_BOOLEAN && key.length == 5 && memcmp(key.data, "false", 5) == 0)
		key = off;
	return FFProgramFindVariation(image->program, key);
}

/* A variation forced by the session, where that is allowed; else -1. */
static int
SessionOverride(const FFFlag *flag)
{
	for (int i = 0; i < FFOverrides->count; i++)
	{
		const FFSessionOverride *item = &FFOverrides->items[i];
		FFString	key = {item->flag, item->flag_length};
		FFString	variation = {item->variation, item->variation_length};

		if (FFStringEqual(key, flag->key))
			return NamedVariation(flag->image, variation);
	}
	return -1;
}

/* Archived, killed, forced by the session, or disabled. */
static bool
TrySwitches(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	const FFImage *image = flag->image;
	int			forced;

	if (unlikely(image->archived))
		SettleOff(answer, FF_STAGE_ARCHIVED);
	else if (unlikely(image->killed))
		SettleOff(answer, FF_STAGE_KILL);
	else if (unlikely(FFAllowOverrides && FFOverrides != NULL && FFOverrides->count > 0) &&
			 evaluation->ruleset->origin == NULL &&
			 (forced = SessionOverride(flag)) >= 0)
		Settle(answer, FF_STAGE_SESSION, FF_REASON_STATIC, forced);
	else if (!flag->foreign && !FFProgramEnabled(image->program, evaluation->context.now))
		SettleOff(answer, FF_STAGE_OFF);
	else
	{
		Report(evaluation, "flag", "passed", flag->foreign ? "not archived, not killed" :
			   "enabled, not archived, not killed");
		return false;
	}
	return true;
}

static bool
IsBeingEvaluated(const FFSubject *evaluation, const FFFlag *flag)
{
	const FFFrame *frame;

	for (frame = evaluation->frames; frame != NULL; frame = frame->outer)
	{
		if (frame->flag == flag)
			return true;
	}
	return false;
}

/* What a prerequisite answered this subject before, in another branch. */
static bool
RecallInner(FFSubject *evaluation, const FFFlag *flag, FFAnswer *answer)
{
	if (flag->asked_by != evaluation->context.serial)
		return false;
	memset(answer, 0, sizeof(*answer));
	answer->flag = flag;
	answer->variation = flag->told_variation;
	answer->reason = flag->told_reason;
	answer->error = flag->told_error;
	answer->provider.truth = flag->told_truth;
	evaluation->context.notes |= flag->told_notes;
	return true;
}

/*
 * Evaluate a prerequisite, once a subject: the paths that lead to it may be
 * beyond number.  Its own steps are shown one level deeper.  The type that the
 * caller wants is that of the flag asked for, not of this one.
 */
static void
EvaluateInner(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	FFTrace    *trace = evaluation->context.trace;
	unsigned	before = evaluation->context.notes;
	FFWanted	wanted = evaluation->context.wanted;

	if (RecallInner(evaluation, flag, answer))
		return;
	CHECK_FOR_INTERRUPTS();
	evaluation->context.notes = 0;
	evaluation->context.wanted = FF_WANT_ANY;
	if (trace != NULL)
		trace->depth++;
	FFEvaluate(evaluation, flag, answer);
	evaluation->context.wanted = wanted;
	if (trace != NULL)
		trace->depth--;
	flag->told_variation = answer->variation;
	flag->told_reason = answer->reason;
	flag->told_error = answer->error;
	flag->told_truth = answer->stage == FF_STAGE_PROVIDER ? answer->provider.truth : -1;
	flag->told_notes = evaluation->context.notes;
	evaluation->context.notes |= before;
	flag->asked_by = evaluation->context.serial;
}

/* Whether the flag serves the required variation by being on, not off. */
static bool
PrerequisiteMet(FFSubject *evaluation, const FFPrerequisite *prerequisite,
				FFEvaluationError *error)
{
	FFAnswer	inner;
	bool		met;

	if (prerequisite->flag == NULL || prerequisite->variation < 0)
		return false;
	EvaluateInner(evaluation, prerequisite->flag, &inner);
	*error = inner.error;
	met = inner.error == FF_EVALUATION_OK && inner.reason != FF_REASON_DISABLED &&
		inner.variation == prerequisite->variation;
	Report(evaluation, "prerequisite", met ? "met" : "not met",
		   "flag \"%.*s\" serves \"%.*s\" (%s), required \"%.*s\"",
		   prerequisite->flag->key.length, prerequisite->flag->key.data,
		   FFAnswerVariation(&inner).length, FFAnswerVariation(&inner).data,
		   FFReasonName(inner.reason),
		   prerequisite->variation_key.length, prerequisite->variation_key.data);
	return met;
}

/* A prerequisite that is not met turns the flag off; a cycle is an error. */
static bool
TryPrerequisites(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	FFFrame		frame = {flag, evaluation->frames ? evaluation->frames->depth + 1 : 1,
	evaluation->frames};
	FFEvaluationError error = FF_EVALUATION_OK;
	int			i;

	evaluation->frames = &frame;
	for (i = 0; i < flag->prerequisite_count; i++)
	{
		if (!PrerequisiteMet(evaluation, &flag->prerequisites[i], &error))
			break;
	}
	evaluation->frames = frame.outer;
	if (i == flag->prerequisite_count)
		return false;

	if (flag->prerequisites[i].flag != NULL)
		answer->subject = flag->prerequisites[i].flag->key;
	if (error == FF_GENERAL || error == FF_TARGETING_KEY_MISSING)
		SettleError(answer, FF_STAGE_PREREQUISITE, error);
	else
		SettleOff(answer, FF_STAGE_PREREQUISITE);
	return true;
}

/* A stored override of one subject by one index probe; else -1. */
static int
StoredOverride(FFSubject *evaluation, const FFFlag *flag,
			   const char *kind, FFString subject)
{
	Relation	table = FFTableOpen("overrides", AccessShareLock);
	FFString	kind_text = {kind, (int) strlen(kind)};
	int			variation = -1;
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_overrides_flag_id, &flag->image->id);
	FFScanUuid(&scan, Anum_overrides_environment_id, &evaluation->ruleset->environment_id);
	FFScanText(&scan, Anum_overrides_subject_kind, kind_text);
	FFScanText(&scan, Anum_overrides_subject, subject);
	FFScanBeginFrom(&scan, table, FFRowsOf(evaluation->ruleset));
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		permanent;
		Datum		expires = FFColumn(tuple, table, Anum_overrides_expires_at, &permanent);

		if (permanent || DatumGetTimestampTz(expires) > evaluation->context.now)
			variation = FFProgramFindVariation(flag->image->program,
											   FFColumnText(tuple, table, Anum_overrides_variation));
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
	if (unlikely(evaluation->context.trace != NULL) && kind[0] == 'o' &&
		!FFContextShows(&evaluation->context, FFLiteral("organization")))
		subject = FFLiteral("...");	/* of a source that the caller may not read */
	Report(evaluation, "override", variation >= 0 ? "found" : "none",
		   "%s \"%.*s\"", kind, FFClip(subject, SHOWN_BYTES), subject.data);
	return variation;
}

/* The subject's organization: a string, or the member "key" of an object. */
static FFString
OrganizationOf(FFSubject *evaluation)
{
	FFString	none = {NULL, 0};
	FFValue		value = FFContextAttribute(&evaluation->context, FFLiteral("organization"));

	if (value.type == FF_OBJECT)
		value = FFMember(&value, "key", 3);
	if (value.type != FF_STRING)
		return none;
	none.data = value.data;
	none.length = value.length;
	return none;
}

static bool
TryOverrides(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	FFStage		stage = FF_STAGE_OVERRIDE_USER;
	int			variation = -1;

	if (flag->has_user_overrides && evaluation->context.user_key.data != NULL)
		variation = StoredOverride(evaluation, flag, "user", evaluation->context.user_key);
	if (variation < 0 && flag->has_organization_overrides)
	{
		FFString	organization = OrganizationOf(evaluation);

		stage = FF_STAGE_OVERRIDE_ORGANIZATION;
		if (organization.data != NULL)
			variation = StoredOverride(evaluation, flag, "organization", organization);
	}
	if (variation < 0)
		return false;
	Settle(answer, stage, FF_REASON_TARGETING_MATCH, variation);
	return true;
}

static bool
TryTargets(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	int			variation = FFProgramTarget(flag->image->program,
											evaluation->context.user_key);

	if (variation < 0)
		return false;
	Settle(answer, FF_STAGE_TARGET, FF_REASON_TARGETING_MATCH, variation);
	return true;
}

/* A number as a level: rounded down, and within what a level can be reached by. */
static int64
LevelOfNumber(const FFValue *number)
{
	Datum		whole = DirectFunctionCall1(numeric_floor, PointerGetDatum(number->data));
	double		level = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, whole));

	return (int64) Max(Min(level, PG_INT32_MAX), -1.0);
}

/* The level of the subject's plan: named, given as a number, or the lowest. */
static int64
SubjectPlanLevel(FFSubject *evaluation)
{
	FFValue		plan = FFContextAttribute(&evaluation->context, FFLiteral("plan"));

	if (plan.type == FF_STRING)
	{
		FFString	key = {plan.data, plan.length};

		return FFPlanLevel(evaluation->ruleset, key);
	}
	return plan.type == FF_NUMBER ? LevelOfNumber(&plan) : 0;
}

static bool
TryPlanGate(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	FFString	required = flag->image->min_plan;
	int64		level;
	bool		open;

	if (flag->plan_level < 0)
		return false;
	level = SubjectPlanLevel(evaluation);
	open = level >= flag->plan_level;
	if (unlikely(evaluation->context.trace != NULL))
		Report(evaluation, "plan", open ? "passed" : "closed",
			   "plan level %s, required \"%.*s\" (level %d)",
			   FFContextShows(&evaluation->context, FFLiteral("plan")) ?
			   psprintf(INT64_FORMAT, level) : "of a source that you may not read",
			   required.length, required.data, flag->plan_level);
	if (open)
		return false;
	answer->subject = required;
	SettleOff(answer, FF_STAGE_PLAN);
	return true;
}

/* What a stored assignment says, by one index probe; else -1. */
static int
StoredAssignment(FFSubject *evaluation, const FFFlag *flag, FFString unit)
{
	Relation	table = FFTableOpen("assignments", AccessShareLock);
	int			variation = -1;
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_assignments_experiment_id, &flag->image->experiment_id);
	FFScanText(&scan, Anum_assignments_unit, unit);
	FFScanBegin(&scan, table, GetActiveSnapshot());
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		int64		at = DatumGetTimestampTz(FFColumn(tuple, table, Anum_assignments_at, &isnull));

		/* as of a time, what came later was not there */
		if (evaluation->ruleset->origin == NULL || at <= evaluation->context.now)
			variation = FFProgramFindVariation(flag->image->program,
											   FFColumnText(tuple, table, Anum_assignments_variation));
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return variation;
}

/* Who has met a variation of a sticky experiment keeps it, whatever the split says. */
static void
FollowAssignment(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	int			variation = StoredAssignment(evaluation, flag, answer->outcome.unit);

	answer->assigned = variation >= 0;
	if (answer->assigned)
		answer->variation = variation;
	Report(evaluation, "experiment", answer->assigned ? "assigned" : "not assigned",
		   answer->assigned ? "the unit keeps \"%.*s\", which it has met" :
		   "the unit has met none, and keeps \"%.*s\" once it is exposed",
		   FFAnswerVariation(answer).length, FFAnswerVariation(answer).data);
}

/* Rules in order, then the default. */
static void
FollowRules(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	FFProgramRules(flag->image->program, flag->segments, &evaluation->context,
				   &answer->outcome);
	answer->variation = answer->outcome.variation;
	answer->stage = answer->outcome.rule >= 0 ? FF_STAGE_RULE : FF_STAGE_DEFAULT;
	switch (answer->outcome.match)
	{
		case FF_MATCH_DEFAULT:
			answer->reason = FFProgramIsStatic(flag->image->program) ?
				FF_REASON_STATIC : FF_REASON_DEFAULT;
			break;
		case FF_MATCH_OUTSIDE:
			answer->reason = FF_REASON_DEFAULT;
			break;
		case FF_MATCH_RULE:
			answer->reason = FF_REASON_TARGETING_MATCH;
			break;
		case FF_MATCH_DEFAULT_SPLIT:
		case FF_MATCH_RULE_SPLIT:
			answer->reason = FF_REASON_SPLIT;
			break;
		case FF_MATCH_KEY_MISSING:
			SettleError(answer, answer->stage, FF_TARGETING_KEY_MISSING);
			break;
	}
	if (unlikely(flag->image->sticky) && answer->outcome.random)
		FollowAssignment(evaluation, flag, answer);
}

/* Whether a flag is on in the sense of a provider that asks. */
static bool
IsOn(const FFSubject *evaluation, const FFImage *image)
{
	return !image->archived && !image->killed &&
		FFProgramEnabled(image->program, evaluation->context.now);
}

/* What a flag answers one that depends on it. */
static void
AskFlag(FFContext *context, void *asked, FFTold *told)
{
	FFSubject  *evaluation = (FFSubject *) ((char *) context - offsetof(FFSubject, context));
	FFFlag	   *flag = asked;
	FFAnswer	answer;

	told->known = flag->image != NULL && flag->image->program != NULL;
	told->cyclic = told->known && IsBeingEvaluated(evaluation, flag);
	if (!told->known || told->cyclic)
		return;
	EvaluateInner(evaluation, flag, &answer);
	told->on = IsOn(evaluation, flag->image);
	told->asks = FFProgramFlags(flag->image->program)->count > 0;
	told->variation = answer.variation;
	told->reason = answer.reason;
	told->error = answer.error;
	told->truth = flag->told_truth;
	if (answer.variation < 0)
		return;
	told->key = FFAnswerVariation(&answer);
	told->value = FFValueFromJsonb(flag->image->values[answer.variation]);
}

/* Answer as the flag's provider does. */
static void
FollowProvider(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	FFFrame		frame = {flag, evaluation->frames ? evaluation->frames->depth + 1 : 1,
	evaluation->frames};
	FFProviderAnswer *provider = &answer->provider;
	const FFProgram *program = flag->image->program;

	evaluation->context.ask = AskFlag;
	evaluation->frames = &frame;
	FFProgramAnswer(program, FFProgramEnabled(program, evaluation->context.now),
					flag->segments, (void **) flag->asks, &evaluation->context, provider);
	evaluation->frames = frame.outer;
	answer->stage = FF_STAGE_PROVIDER;
	answer->reason = provider->reason;
	answer->error = provider->error;
	answer->variation = provider->variation;
	answer->outcome.rule = provider->rule;
	answer->outcome.rule_id = provider->rule_id;
	answer->outcome.bucket = provider->bucket;
	answer->outcome.unit = provider->unit;
	answer->outcome.random = provider->reason == FF_REASON_SPLIT;
}

/* A broken document, a cycle or prerequisites nested beyond the stack. */
static bool
TryErrors(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	if (unlikely(flag->image == NULL))
	{
		SettleError(answer, FF_STAGE_FLAG,
					evaluation->ruleset->known ? FF_FLAG_NOT_FOUND : FF_GENERAL);
		Report(evaluation, "flag", "error", "%s", evaluation->ruleset->known ?
			   "there is no such flag" : "there is no such project or environment");
		return true;
	}
	if (unlikely(flag->image->program == NULL))
	{
		SettleError(answer, FF_STAGE_FLAG, FF_GENERAL);
		Report(evaluation, "flag", "error", "%s at %s",
			   flag->image->error->message, flag->image->error->path);
		return true;
	}
	if (unlikely(evaluation->frames != NULL &&
				 (IsBeingEvaluated(evaluation, flag) ||
				  evaluation->frames->depth > MAX_PREREQUISITE_DEPTH)))
	{
		SettleError(answer, FF_STAGE_PREREQUISITE, FF_GENERAL);
		Report(evaluation, "prerequisite", "error", "a cycle of prerequisites, or more than %d in a row",
			   MAX_PREREQUISITE_DEPTH);
		return true;
	}
	return false;
}

void
FFEvaluate(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	memset(answer, 0, offsetof(FFAnswer, provider));
	answer->flag = flag;
	answer->variation = -1;
	answer->outcome.rule = -1;
	answer->outcome.bucket = -1;

	/* the way of most flags, with the same outcome as the one below */
	if (likely(flag->plain) && evaluation->frames == NULL &&
		!FFAllowOverrides && evaluation->context.trace == NULL)
	{
		if (unlikely(flag->foreign))
			FollowProvider(evaluation, flag, answer);
		else if (!TryTargets(evaluation, flag, answer))
			FollowRules(evaluation, flag, answer);
		return;
	}
	if (TryErrors(evaluation, flag, answer))
		return;
	if (unlikely(evaluation->context.trace != NULL))
		FFProgramTraceSchedule(flag->image->program, &evaluation->context);
	if (TrySwitches(evaluation, flag, answer))
		return;
	if (unlikely(!flag->bound))
		FFFlagBind(evaluation->ruleset, flag);
	if ((flag->prerequisite_count > 0 && TryPrerequisites(evaluation, flag, answer)) ||
		((flag->has_user_overrides || flag->has_organization_overrides) &&
		 TryOverrides(evaluation, flag, answer)) ||
		TryTargets(evaluation, flag, answer) ||
		TryPlanGate(evaluation, flag, answer))
		return;
	if (flag->foreign)
		FollowProvider(evaluation, flag, answer);
	else
		FollowRules(evaluation, flag, answer);
}
