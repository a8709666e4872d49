/*
 * call.c
 *	  Evaluates one flag for an SQL call: ff_evaluate and its typed sisters.
 */
#include "postgres.h"

#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "base/catalog.h"
#include "base/settings.h"
#include "engine/value_pg.h"
#include "evaluate/call.h"
#include "evaluate/pin.h"
#include "usage/count.h"
#include "usage/log.h"

PG_FUNCTION_INFO_V1(ff_evaluate);
PG_FUNCTION_INFO_V1(ff_is_enabled);
PG_FUNCTION_INFO_V1(ff_string);
PG_FUNCTION_INFO_V1(ff_number);
PG_FUNCTION_INFO_V1(ff_json);
PG_FUNCTION_INFO_V1(ff_evaluate_detail);
PG_FUNCTION_INFO_V1(ff_version);

/*
 * What a call site remembers of its last call.  It holds as long as the pin
 * has the same serial, which every call checks.
 */
typedef struct CallSite
{
	uint64		serial;
	FFKeptText	flag_key;
	FFKeptText	environment;
	FFKeptText	project;
	FFRuleset  *ruleset;
	FFFlag	   *flag;
	bool		constant;		/* flag, environment and project are literals */
	TupleDesc	row_type;
} CallSite;

Datum
FFTextDatum(FFString string)
{
	return PointerGetDatum(FFStringToText(string));
}

static FFString
SettingText(const char *setting)
{
	FFString	string = {setting, (int) strlen(setting)};

	return string;
}

/* The caller has asked for the pin's serial in this statement already. */
FFRuleset *
FFCallRuleset(FFString project, FFString environment)
{
	if (project.data == NULL)
		project = SettingText(FFProjectSetting);
	if (environment.data == NULL)
		environment = SettingText(FFEnvironmentSetting);
	return FFPinRuleset(project, environment);
}

static CallSite *
SiteOf(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;

	if (flinfo->fn_extra == NULL)
		flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(CallSite));
	return flinfo->fn_extra;
}

void
FFKeep(FunctionCallInfo fcinfo, FFKeptText *kept, FFString string)
{
	if (string.data == NULL)
	{
		kept->string.data = NULL;
		return;
	}
	if (kept->space <= string.length)
	{
		kept->space = 0;
		kept->room = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, string.length + 16);
		kept->space = string.length + 16;
	}
	memcpy(kept->room, string.data, string.length);
	kept->string.data = kept->room;
	kept->string.length = string.length;
}

/* An argument that is a literal in the query is the same in every call. */
static bool
IsConstant(FmgrInfo *flinfo, int index)
{
	FuncExpr   *call = (FuncExpr *) flinfo->fn_expr;

	return call != NULL && IsA(call, FuncExpr) && index < list_length(call->args) &&
		IsA(list_nth(call->args, index), Const);
}

/* What the second argument says; a NULL names no flag. */
static FFString
FlagArgument(FunctionCallInfo fcinfo)
{
	FFString	flag = FFArgText(fcinfo, 1);

	if (flag.data == NULL)
		flag.data = "";
	return flag;
}

/* Whether the call is for the flag that its site remembers. */
static bool
SameArguments(FunctionCallInfo fcinfo, const CallSite *site, int project_argument)
{
	return FFIsKept(&site->flag_key, FlagArgument(fcinfo)) &&
		FFIsKept(&site->environment, FFArgText(fcinfo, 3)) &&
		FFIsKept(&site->project, FFArgText(fcinfo, project_argument));
}

/* Find the flag anew and remember it. */
static pg_noinline void
Resolve(FunctionCallInfo fcinfo, CallSite *site, uint64 serial, int project_argument)
{
	FFString	flag = FlagArgument(fcinfo);
	FFString	environment = FFArgText(fcinfo, 3);
	FFString	project = FFArgText(fcinfo, project_argument);

	site->serial = 0;
	site->ruleset = FFCallRuleset(project, environment);
	site->flag = FFRulesetFlag(site->ruleset, flag);
	FFKeep(fcinfo, &site->flag_key, flag);
	FFKeep(fcinfo, &site->environment, environment);
	FFKeep(fcinfo, &site->project, project);
	site->constant = IsConstant(fcinfo->flinfo, 1) && IsConstant(fcinfo->flinfo, 3) &&
		IsConstant(fcinfo->flinfo, project_argument);
	site->serial = serial;
}

/* Tell what was answered, while featureflow.debug is on. */
static void
ReportDebug(FFString flag, const FFAnswer *answer)
{
	FFString	variation = FFAnswerVariation(answer);
	FFString	rule = FFAnswerRule(answer);

	const char *error = FFErrorName(answer->error);

	ereport(NOTICE,
			(errmsg("flag \"%.*s\": variation \"%.*s\", reason %s%s%s, rule \"%.*s\"",
					flag.length, flag.data, variation.length, variation.data,
					FFReasonName(answer->reason), error != NULL ? " " : "",
					error != NULL ? error : "", rule.length, rule.data)));
}

/* Whether a native flag is of another kind than is wanted; a json flag is of any. */
static bool
WantedMismatches(const FFAnswer *answer, FFWanted wanted)
{
	static const FFWanted kinds[] = {FF_WANT_BOOLEAN, FF_WANT_STRING, FF_WANT_NUMBER};
	FFKind		kind;

	if (wanted == FF_WANT_ANY || answer->variation < 0 || answer->flag->foreign)
		return false;
	kind = answer->flag->image->kind;
	if (wanted == FF_WANT_INTEGER)
		wanted = FF_WANT_NUMBER;
	return kind != FF_KIND_JSON && kinds[kind] != wanted;
}

/* The same where a typed function answers flags of one kind alone; -1: any, and what is wanted counts. */
static inline bool
CallMismatches(const FFAnswer *answer, FFWanted wanted, int kind)
{
	if (kind < 0)
		return WantedMismatches(answer, wanted);
	return answer->variation >= 0 && !answer->flag->foreign && (int) answer->flag->image->kind != kind;
}

/* Count an evaluation as what its caller is left with. */
static inline void
Count(const FFSubject *evaluation, FFFlag *flag, const FFAnswer *answer, int kind, const instr_time *start)
{
	FFUsageCounts *counts;

	if (unlikely(CallMismatches(answer, evaluation->context.wanted, kind)))
		counts = FFUsageCount(evaluation, flag, -1, FF_REASON_ERROR + FF_TYPE_MISMATCH);
	else
		counts = FFUsageCountAnswer(evaluation, flag, answer);
	if (unlikely(start != NULL) && counts != NULL)
		FFUsageTook(counts, *start);
}

/* The same for a function that answers one kind of flags; -1: all. */
static void
Evaluate(FunctionCallInfo fcinfo, int project_argument, FFWanted wanted, int kind,
		 bool detailed, FFAnswer *answer)
{
	bool		timed = FFUsageIsTimed();
	instr_time	start;
	CallSite   *site;
	uint64		serial;
	FFSubject	evaluation;

	if (unlikely(timed))
		INSTR_TIME_SET_CURRENT(start);
	site = SiteOf(fcinfo);
	serial = FFPinSerial();
	if (unlikely(site->serial != serial) ||
		(!site->constant && !SameArguments(fcinfo, site, project_argument)))
		Resolve(fcinfo, site, serial, project_argument);

	FFSubjectStart(&evaluation, site->ruleset, FFArgText(fcinfo, 0),
					  FFArgJsonb(fcinfo, 2));
	evaluation.context.wanted = wanted;
	evaluation.context.detailed = detailed;
	FFEvaluate(&evaluation, site->flag, answer);
	if (FFCountEvaluations)
		Count(&evaluation, site->flag, answer, kind, timed ? &start : NULL);
	if (FFLogIsDrawn())
		FFLogEvaluation(&evaluation, FlagArgument(fcinfo), answer, CallMismatches(answer, wanted, kind));
	if (unlikely(FFDebug))
		ReportDebug(FlagArgument(fcinfo), answer);
}

void
FFCallEvaluate(FunctionCallInfo fcinfo, int project_argument, FFWanted wanted,
			   bool detailed, FFAnswer *answer)
{
	Evaluate(fcinfo, project_argument, wanted, -1, detailed, answer);
}

/* A value of its own for the caller: the prepared one may go with its rule set. */
static Jsonb *
CopyJsonb(const Jsonb *value)
{
	Jsonb	   *copy = palloc(VARSIZE(value));

	memcpy(copy, value, VARSIZE(value));
	return copy;
}

Datum
ff_evaluate(PG_FUNCTION_ARGS)
{
	FFAnswer	answer;
	const Jsonb *value;

	FFCallEvaluate(fcinfo, 4, FF_WANT_ANY, false, &answer);
	value = FFAnswerValue(&answer);
	if (value == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(CopyJsonb(value));
}

/*
 * Evaluate for a caller that wants one kind of value.  False: use the
 * fallback, for an error or for a flag of another kind.
 */
static bool
EvaluateKind(FunctionCallInfo fcinfo, FFKind kind, FFWanted wanted, FFValueType type,
			 FFValue *value)
{
	FFAnswer	answer;

	Evaluate(fcinfo, 5, wanted, kind, false, &answer);
	if (answer.variation < 0 || (!answer.flag->foreign && answer.flag->image->kind != kind))
		return false;
	*value = FFValueFromJsonb(answer.flag->image->values[answer.variation]);
	return value->type == type;
}

#define RETURN_FALLBACK() \
	do { \
		if (PG_ARGISNULL(4)) \
			PG_RETURN_NULL(); \
		PG_RETURN_DATUM(PG_GETARG_DATUM(4)); \
	} while (0)

Datum
ff_is_enabled(PG_FUNCTION_ARGS)
{
	FFAnswer	answer;

	Evaluate(fcinfo, 5, FF_WANT_BOOLEAN, FF_KIND_BOOLEAN, false, &answer);
	if (unlikely(answer.stage == FF_STAGE_PROVIDER))
	{
		int			truth = FFAnswerTruth(&answer);

		if (truth < 0)
			RETURN_FALLBACK();
		PG_RETURN_BOOL(truth > 0);
	}
	if (answer.variation < 0 || answer.flag->image->truths == NULL)
		RETURN_FALLBACK();
	PG_RETURN_BOOL(answer.flag->image->truths[answer.variation]);
}

Datum
ff_string(PG_FUNCTION_ARGS)
{
	FFValue		value;
	FFString	string;

	if (!EvaluateKind(fcinfo, FF_KIND_STRING, FF_WANT_STRING, FF_STRING, &value))
		RETURN_FALLBACK();
	string.data = value.data;
	string.length = value.length;
	PG_RETURN_DATUM(FFTextDatum(string));
}

Datum
ff_number(PG_FUNCTION_ARGS)
{
	FFValue		value;
	Numeric		copy;

	if (!EvaluateKind(fcinfo, FF_KIND_NUMBER, FF_WANT_NUMBER, FF_NUMBER, &value))
		RETURN_FALLBACK();
	copy = palloc(VARSIZE(value.data));
	memcpy(copy, value.data, VARSIZE(value.data));
	PG_RETURN_NUMERIC(copy);
}

Datum
ff_json(PG_FUNCTION_ARGS)
{
	FFAnswer	answer;

	Evaluate(fcinfo, 5, FF_WANT_ANY, FF_KIND_JSON, false, &answer);
	if (answer.variation < 0 ||
		(!answer.flag->foreign && answer.flag->image->kind != FF_KIND_JSON))
		RETURN_FALLBACK();
	PG_RETURN_JSONB_P(CopyJsonb(FFAnswerValue(&answer)));
}

/* A reason as text, made once a backend. */
static Datum
ReasonDatum(FFReason reason)
{
	static text *texts[FF_REASON_ERROR + 1];

	if (texts[reason] == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

		texts[reason] = cstring_to_text(FFReasonName(reason));
		MemoryContextSwitchTo(caller);
	}
	return PointerGetDatum(texts[reason]);
}

/* JSON text that a dialect wrote. */
static Datum
JsonDatum(FFString json)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(pnstrdup(json.data, json.length)));
}

/* What only providers tell; the place of a native variation is its own. */
static void
ProviderColumns(const FFAnswer *answer, Datum *values, bool *nulls)
{
	bool		foreign = answer->stage == FF_STAGE_PROVIDER;
	int			index = foreign ? answer->provider.index : answer->variation;

	nulls[8] = index < 0;
	values[8] = Int32GetDatum(index);
	nulls[9] = !foreign || answer->provider.provider_reason.data == NULL;
	if (!nulls[9])
		values[9] = JsonDatum(answer->provider.provider_reason);
	nulls[10] = !foreign || answer->provider.metadata.data == NULL;
	if (!nulls[10])
		values[10] = JsonDatum(answer->provider.metadata);
}

/* Fill columns that are NULL where there is no answer. */
static void
DetailOfAnswer(const FFAnswer *answer, Datum *values, bool *nulls)
{
	nulls[2] = answer->variation < 0;
	if (!nulls[2])
		values[2] = PointerGetDatum(answer->flag->image->variations[answer->variation]);
	nulls[4] = answer->stage == FF_STAGE_FLAG;
	if (!nulls[4])
		values[4] = FFTextDatum(FFAnswerRule(answer));
	nulls[6] = answer->flag->image == NULL;
	if (!nulls[6])
		values[6] = Int32GetDatum(answer->flag->image->version);
	nulls[7] = answer->stage != FF_STAGE_PLAN;
	if (!nulls[7])
		values[7] = FFTextDatum(answer->subject);
	ProviderColumns(answer, values, nulls);
}

/* What a fallback says of the type that its caller wants. */
FFWanted
FFFallbackWanted(Jsonb *fallback)
{
	static const FFWanted wanted[] = {
		[FF_ABSENT] = FF_WANT_ANY, [FF_NULL] = FF_WANT_ANY, [FF_BOOL] = FF_WANT_BOOLEAN,
		[FF_NUMBER] = FF_WANT_NUMBER, [FF_STRING] = FF_WANT_STRING,
		[FF_ARRAY] = FF_WANT_OBJECT, [FF_OBJECT] = FF_WANT_OBJECT
	};

	return fallback == NULL ? FF_WANT_ANY : wanted[FFValueFromJsonb(fallback).type];
}

/* The type that a call names, or that its fallback is of. */
FFWanted
FFCallWanted(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"any", "boolean", "string", "number", "integer", "object"};
	FFString	name = FFArgText(fcinfo, 6);

	if (name.data == NULL)
		return FFFallbackWanted(FFArgJsonb(fcinfo, 4));
	for (int i = 0; i < (int) lengthof(names); i++)
		if (FFStringEqual(name, SettingText(names[i])))
			return (FFWanted) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown type of value \"%.*s\"", FFClip(name, 60), name.data),
			 errhint("One of any, boolean, string, number, integer, object.")));
}

void
FFDetailRow(const FFAnswer *answer, FFString flag, Jsonb *fallback, FFWanted wanted,
			Datum *values, bool *nulls)
{
	FFEvaluationError error = answer->error;
	FFReason	reason = answer->reason;
	const Jsonb *value = FFAnswerValue(answer);

	memset(nulls, 0, FF_DETAIL_COLUMNS * sizeof(bool));
	DetailOfAnswer(answer, values, nulls);
	if (WantedMismatches(answer, wanted))
	{
		error = FF_TYPE_MISMATCH;
		reason = FF_REASON_ERROR;
		nulls[2] = nulls[8] = true;
		value = NULL;
	}
	if (value == NULL)
		value = fallback;
	values[0] = answer->flag->key_text != NULL ?
		PointerGetDatum(answer->flag->key_text) : FFTextDatum(flag);
	nulls[1] = value == NULL;
	values[1] = PointerGetDatum(value);
	values[3] = ReasonDatum(reason);
	nulls[5] = error == FF_EVALUATION_OK;
	if (!nulls[5])
		values[5] = FFTextDatum(SettingText(FFErrorName(error)));
}

TupleDesc
FFKeepRowType(FunctionCallInfo fcinfo)
{
	MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	TupleDesc	row_type;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function returning record called in context that cannot accept type record")));
	row_type = BlessTupleDesc(CreateTupleDescCopy(row_type));
	MemoryContextSwitchTo(caller);
	return row_type;
}

TupleDesc
FFCallRowType(FunctionCallInfo fcinfo)
{
	CallSite   *site = SiteOf(fcinfo);

	if (site->row_type == NULL)
		site->row_type = FFKeepRowType(fcinfo);
	return site->row_type;
}

Datum
ff_evaluate_detail(PG_FUNCTION_ARGS)
{
	TupleDesc	row_type = FFCallRowType(fcinfo);
	Datum		values[FF_DETAIL_COLUMNS];
	bool		nulls[FF_DETAIL_COLUMNS];
	FFString	flag = FFArgText(fcinfo, 1);
	FFWanted	wanted = FFCallWanted(fcinfo);
	FFAnswer	answer;

	FFCallEvaluate(fcinfo, 5, wanted, true, &answer);
	FFDetailRow(&answer, flag.data != NULL ? flag : SettingText(""),
				FFArgJsonb(fcinfo, 4), wanted, values, nulls);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row_type, values, nulls)));
}

/* The version that the calling statement sees; NULL where there is none. */
Datum
ff_version(PG_FUNCTION_ARGS)
{
	FFRuleset  *ruleset;

	FFPinSerial();
	ruleset = FFCallRuleset(FFArgText(fcinfo, 0), FFArgText(fcinfo, 1));
	if (!ruleset->known || ruleset->version == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(ruleset->version);
}
