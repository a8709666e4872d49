/*
 * rows.c
 *	  Evaluates all flags of an environment for one subject.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "base/catalog.h"
#include "engine/value_pg.h"
#include "evaluate/call.h"
#include "evaluate/pin.h"
#include "usage/count.h"
#include "usage/log.h"

PG_FUNCTION_INFO_V1(ff_evaluate_all);
PG_FUNCTION_INFO_V1(ff_enabled_flags);
PG_FUNCTION_INFO_V1(ff_bootstrap);
PG_FUNCTION_INFO_V1(ff_public_flags);

/* All flags of the environment that arguments name. */
static FFFlag **
AllFlags(FFString project, FFString environment, FFRuleset **ruleset, int *count)
{
	FFPinSerial();
	*ruleset = FFCallRuleset(project, environment);
	return FFRulesetAll(*ruleset, count);
}

/* Start for arguments (user_key, attributes, environment, project). */
static FFFlag **
StartAll(FunctionCallInfo fcinfo, FFSubject *evaluation, int *count)
{
	FFRuleset  *ruleset;
	FFFlag	  **flags = AllFlags(FFArgText(fcinfo, 3), FFArgText(fcinfo, 2),
								 &ruleset, count);

	FFSubjectStart(evaluation, ruleset, FFArgText(fcinfo, 0), FFArgJsonb(fcinfo, 1));
	return flags;
}

static void
EvaluateOne(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer)
{
	FFEvaluate(evaluation, flag, answer);
	if (FFCountEvaluations)
		FFUsageCountAnswer(evaluation, flag, answer);
	if (FFLogIsDrawn())
		FFLogEvaluation(evaluation, flag->key, answer, false);
}

Datum
ff_evaluate_all(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext,
													  "featureflow row",
													  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller;
	FFSubject evaluation;
	int			count;
	FFFlag	  **flags = StartAll(fcinfo, &evaluation, &count);

	evaluation.context.detailed = true;
	InitMaterializedSRF(fcinfo, 0);
	caller = MemoryContextSwitchTo(row_context);
	for (int i = 0; i < count; i++)
	{
		Datum		values[FF_DETAIL_COLUMNS];
		bool		nulls[FF_DETAIL_COLUMNS];
		FFAnswer	answer;

		CHECK_FOR_INTERRUPTS();
		EvaluateOne(&evaluation, flags[i], &answer);
		FFDetailRow(&answer, flags[i]->key, NULL, FF_WANT_ANY, values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		if (i % 64 == 63)
			MemoryContextReset(row_context);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(row_context);
	return (Datum) 0;
}

/* Whether the answer is the value true of a boolean flag, or on in a provider's sense. */
static bool
IsOn(const FFAnswer *answer)
{
	if (answer->flag->foreign)
		return FFAnswerTruth(answer) > 0;
	return answer->variation >= 0 &&
		answer->flag->image->kind == FF_KIND_BOOLEAN &&
		FFValueFromJsonb(answer->flag->image->values[answer->variation]).boolean;
}

Datum
ff_enabled_flags(PG_FUNCTION_ARGS)
{
	FFSubject evaluation;
	int			count;
	FFFlag	  **flags = StartAll(fcinfo, &evaluation, &count);
	Datum	   *keys = palloc_extended(sizeof(Datum) * Max(count, 1), MCXT_ALLOC_HUGE);
	int			found = 0;

	for (int i = 0; i < count; i++)
	{
		FFAnswer	answer;

		CHECK_FOR_INTERRUPTS();
		EvaluateOne(&evaluation, flags[i], &answer);
		if (IsOn(&answer))
			keys[found++] = FFTextDatum(flags[i]->key);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(keys, found, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Add one flag's value to the object that is being built. */
static void
PushMember(JsonbParseState **state, const FFAnswer *answer)
{
	FFString	key = answer->flag->key;
	const Jsonb *value = FFAnswerValue(answer);
	JsonbValue	item;

	item.type = jbvString;
	item.val.string.val = unconstify(char *, key.data);
	item.val.string.len = key.length;
	pushJsonbValue(state, WJB_KEY, &item);
	if (answer->flag->image->truths != NULL && !answer->flag->foreign)
	{
		item.type = jbvBool;
		item.val.boolean = answer->flag->image->truths[answer->variation];
	}
	else if (JB_ROOT_IS_SCALAR(value))
		JsonbExtractScalar(unconstify(JsonbContainer *, &value->root), &item);
	else
	{
		item.type = jbvBinary;
		item.val.binary.data = unconstify(JsonbContainer *, &value->root);
		item.val.binary.len = VARSIZE(value) - VARHDRSZ;
	}
	pushJsonbValue(state, WJB_VALUE, &item);
}

Datum
ff_bootstrap(PG_FUNCTION_ARGS)
{
	FFSubject evaluation;
	JsonbParseState *state = NULL;
	int			count;
	FFFlag	  **flags;

	StartAll(fcinfo, &evaluation, &count);
	flags = FFRulesetMembers(evaluation.ruleset, &count);

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < count; i++)
	{
		FFAnswer	answer;

		CHECK_FOR_INTERRUPTS();
		if (!flags[i]->image->client_visible)
			continue;
		EvaluateOne(&evaluation, flags[i], &answer);
		if (answer.variation >= 0)
			PushMember(&state, &answer);
	}
	PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

/* Whether the public list shows a flag to the running statement. */
static bool
IsPublic(const FFFlag *flag)
{
	const FFImage *image = flag->image;

	return image->client_visible && !image->killed && image->program != NULL &&
		FFProgramEnabled(image->program, GetCurrentStatementStartTimestamp());
}

/* The plan that a flag needs; the lowest one where there is no gate. */
static FFPlan
PlanNeeded(FFRuleset *ruleset, FFFlag *flag)
{
	FFPlan		needed = {{NULL, 0}, 0};

	if (flag->image->min_plan.data != NULL)
	{
		needed.key = flag->image->min_plan;
		needed.level = FFPlanLevel(ruleset, needed.key);
		return needed;
	}
	FFPlanLevel(ruleset, flag->key);	/* loads the plans */
	for (int i = 0; i < ruleset->plan_count; i++)
	{
		if (needed.key.data == NULL || ruleset->plans[i].level < needed.level)
			needed = ruleset->plans[i];
	}
	return needed;
}

/* A strong entity tag: moves exactly when the list does. */
static text *
PublicEtag(FFRuleset *ruleset, FFFlag **flags, int count)
{
	uint64		hash = 0;

	for (int i = 0; i < count; i++)
	{
		FFPlan		plan;

		if (!IsPublic(flags[i]))
			continue;
		plan = PlanNeeded(ruleset, flags[i]);
		hash = hash_combine64(hash, hash_bytes_extended((const unsigned char *) flags[i]->key.data,
														flags[i]->key.length, 0));
		hash = hash_combine64(hash, hash_bytes_extended((const unsigned char *) plan.key.data,
														plan.key.length, plan.level));
	}
	return cstring_to_text(psprintf("\"" UINT64_FORMAT "\"", hash));
}

Datum
ff_public_flags(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	FFRuleset  *ruleset;
	int			count;
	FFFlag	  **flags = AllFlags(FFArgText(fcinfo, 1), FFArgText(fcinfo, 0),
								 &ruleset, &count);
	text	   *etag = PublicEtag(ruleset, flags, count);
	text	   *cache = cstring_to_text("s-maxage=300, stale-while-revalidate=600");

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < count; i++)
	{
		Datum		values[6] = {0};
		bool		nulls[6] = {false};
		FFPlan		plan;

		if (!IsPublic(flags[i]))
			continue;
		plan = PlanNeeded(ruleset, flags[i]);
		values[0] = FFTextDatum(flags[i]->key);
		values[1] = BoolGetDatum(true);
		nulls[2] = plan.key.data == NULL;
		values[2] = nulls[2] ? (Datum) 0 : FFTextDatum(plan.key);
		values[3] = Int32GetDatum(plan.level);
		values[4] = PointerGetDatum(etag);
		values[5] = PointerGetDatum(cache);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
