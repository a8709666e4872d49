/*
 * growthbook_run.c
 *	  GrowthBook: whether a user is in an experiment, and with which variation.
 */
#include <math.h>

#include "dialects/growthbook.h"

/* The value of an attribute that is hashed, or of the one in its place; FF_ABSENT: none. */
FFValue
FFGbUnitValue(FFEvaluation *evaluation, const FFGbPath *unit, const FFGbPath *fallback,
			  const FFGbPath **used)
{
	FFGbOperand operand = FFGbPathValue(evaluation, unit);
	FFValue		absent = {0};

	*used = unit;
	if (FFGbTruthy(&operand.value))
		return operand.value;
	if (fallback == NULL)
		return absent;
	operand = FFGbPathValue(evaluation, fallback);
	if (!FFGbTruthy(&operand.value))
		return absent;
	*used = fallback;
	return operand.value;
}

/* What the application tells of its state is read once. */
void
FFGbState(FFGbAnswering *answering)
{
	if (answering->has_state)
		return;
	answering->has_state = true;
	answering->state = FFGbPathValue(answering->evaluation, &answering->feature->state).value;
	answering->documents = FFDialectMember(&answering->state, "stickyBucketAssignmentDocs");
	if (answering->documents.type != FF_OBJECT)
		answering->documents.type = FF_ABSENT;
}

/* Whether a user is outside the ranges of a filter. */
static bool
IsFilteredOut(FFEvaluation *evaluation, const FFGbFilter *filter)
{
	FFBucketing bucketing;
	const FFGbPath *used;
	FFValue		unit = FFGbUnitValue(evaluation, &filter->unit, NULL, &used);

	bool		fails = false;
	bool		out;

	FFGbFailIf(evaluation, filter->fails);
	if (filter->fails || unit.type == FF_ABSENT || !FFGbHashRun(&filter->hash, &unit, &bucketing))
		return true;
	out = FFGbChoose(&filter->ranges, bucketing.value, &fails) < 0;
	FFGbFailIf(evaluation, fails || !filter->has_ranges);
	return out;
}

bool
FFGbFilteredOut(FFEvaluation *evaluation, const FFGbFilters *filters)
{
	FFGbFailIf(evaluation, filters->fail);
	for (int i = 0; i < filters->count; i++)
		if (IsFilteredOut(evaluation, &filters->filters[i]))
		{
			FFExplain(evaluation, "filter", "out", "filters[%d]", i);
			return true;
		}
	return filters->fail;
}

/* What a flag that another depends on answers. */
int
FFGbAskParent(FFGbAnswering *answering, const FFGbParent *parent)
{
	FFEvaluation *evaluation = answering->evaluation;
	FFString	key = evaluation->needs->flags.keys[parent->flag];
	FFValue		null = {.type = FF_NULL};
	FFTold		told;
	bool		met;

	FFGbFailIf(evaluation, parent->fails);
	if (parent->fails)
		return FF_GB_PARENT_UNMET;
	FFAskFlag(evaluation, parent->flag, &told);
	FFGbFailIf(evaluation, told.known && told.error == FF_PARSE_ERROR);
	if (told.cyclic || (told.known && told.reason == FF_REASON_ERROR && told.error == FF_GENERAL))
		return FF_GB_PARENT_CYCLIC;
	met = parent->condition == NULL ||
		FFGbMeets(evaluation, parent->condition, told.value.type == FF_ABSENT ? &null : &told.value);
	FFExplain(evaluation, "prerequisite", met ? "met" : "not met", "flag \"%.*s\"", FF_QUOTED(key));
	return met && !FFGbFailed(evaluation) ? FF_GB_PARENT_MET : FF_GB_PARENT_UNMET;
}

/* --- steps -------------------------------------------------------------------------- */

/* The first kind of context that the user is of; an error in a condition is none. */
static void
ChooseLeaf(FFEvaluation *evaluation, const FFGbBandit *bandit, FFGbResult *result)
{
	result->banditry = true;
	for (int i = 0; i < bandit->count && !FFGbFailed(evaluation); i++)
	{
		const FFGbLeaf *leaf = &bandit->leaves[i];

		FFGbFailIf(evaluation, leaf->fails);
		if (!leaf->fails && (leaf->condition == NULL || FFNodeMatches(evaluation, leaf->condition)) &&
			!FFGbFailed(evaluation))
		{
			result->leaf = leaf;
			return;
		}
	}
	FFGbForgive(evaluation);
}

/* A variation that the application forces; false: it forces none. */
static bool
IsForced(const FFGbAnswering *answering, const FFGbExperiment *experiment, double *variation)
{
	FFValue		forced = FFDialectMember(&answering->state, "forcedVariations");
	FFValue		value = {0};

	if (forced.type == FF_OBJECT)
		value = FFMember(&forced, experiment->key_text.data, experiment->key_text.length);
	*variation = FFGbNumberOf(&value);
	return value.type != FF_ABSENT;
}

/* Whether prerequisites of an experiment that stands alone are met. */
static bool
ParentsMet(FFGbAnswering *answering, const FFGbParents *parents)
{
	for (int i = 0; i < parents->count; i++)
		if (FFGbAskParent(answering, &parents->parents[i]) != FF_GB_PARENT_MET)
			return false;
	FFGbFailIf(answering->evaluation, parents->fail);
	return !parents->fail;
}

/* What a user who was never in the experiment has to meet. */
static bool
MayEnter(FFGbAnswering *answering, const FFGbExperiment *experiment, const FFValue *unit)
{
	FFEvaluation *evaluation = answering->evaluation;

	if (experiment->filters.given)
	{
		if (FFGbFilteredOut(evaluation, &experiment->filters))
			return false;
	}
	else if (experiment->namespace != NULL && !FFGbInNamespace(experiment->namespace, unit))
	{
		FFExplain(evaluation, "namespace", "out", "the user is not in its range");
		return false;
	}
	if (experiment->condition != NULL && !FFNodeMatches(evaluation, experiment->condition))
		return false;
	return !FFGbFailed(evaluation) && ParentsMet(answering, &experiment->parents);
}

/* A variation that is none leaves the user outside, with the first. */
static void
Assign(FFGbResult *result, double variation, bool used)
{
	int			count = result->experiment->count;

	result->in = variation >= 0 && variation < count && variation == floor(variation);
	result->variation = result->in ? (int) variation : 0;
	result->used = used;
}

/* The variation that the hash gives, or one that was kept; -1: none. */
static int
Bucket(FFGbAnswering *answering, FFGbResult *result)
{
	const FFGbExperiment *experiment = result->experiment;
	FFEvaluation *evaluation = answering->evaluation;
	bool		fails = false;
	bool		blocked = false;
	int			kept = -1;
	int			variation;

	if (answering->documents.type != FF_ABSENT && !experiment->sticky_off)
		kept = FFGbStickyVariation(answering, experiment, &blocked);
	if (FFGbFailed(evaluation) || (kept < 0 && !MayEnter(answering, experiment, &result->value)))
		return -1;
	if (FFGbFailed(evaluation) || !FFGbHashRun(&experiment->hash, &result->value, &result->bucketing))
		return -1;
	result->sticky = blocked || kept >= 0;
	if (kept >= 0)
		return kept;
	variation = FFGbChoose(result->leaf != NULL && !experiment->has_ranges ? &result->leaf->shares : &experiment->ranges,
						   result->bucketing.value, &fails);
	FFGbFailIf(evaluation, fails);
	return blocked ? -1 : variation;
}

/* From who is excluded to who is in. */
static void
RunSteps(FFGbAnswering *answering, FFGbResult *result)
{
	const FFGbExperiment *experiment = result->experiment;
	FFEvaluation *evaluation = answering->evaluation;
	FFValue		enabled = FFDialectMember(&answering->state, "enabled");
	FFValue		qa_mode = FFDialectMember(&answering->state, "qaMode");
	bool		sticky = answering->documents.type != FF_ABSENT && !experiment->sticky_off;
	double		forced;
	int			variation;

	Assign(result, -1, false);
	result->value = FFGbUnitValue(evaluation, &experiment->unit, sticky ? experiment->fallback : NULL, &result->unit);
	if (experiment->count < 2 || (enabled.type == FF_BOOL && !enabled.boolean))
		return;
	if (IsForced(answering, experiment, &forced))
	{
		Assign(result, forced, false);
		return;
	}
	if (experiment->inactive || result->value.type == FF_ABSENT)
		return;
	variation = Bucket(answering, result);
	if (variation < 0 || FFGbFailed(evaluation))
		return;
	result->has_bucket = !experiment->forced && !FFGbTruthy(&qa_mode) && !experiment->stopped;
	if (experiment->forced)
		Assign(result, experiment->force, false);
	else if (result->has_bucket)
		Assign(result, variation, true);
	result->sticky &= result->has_bucket;
}

/*
 * Run an experiment; false: the provider's SDK raises an error, as it does
 * where what is told of the variations has no entry for the one served.
 */
bool
FFGbExperimentRun(FFGbAnswering *answering, const FFGbExperiment *experiment, FFGbResult *result)
{
	FFEvaluation *evaluation = answering->evaluation;

	memset(result, 0, sizeof(*result));
	result->experiment = experiment;
	FFGbState(answering);
	if (experiment->bandit != NULL)
		ChooseLeaf(evaluation, experiment->bandit, result);
	RunSteps(answering, result);
	FFGbFailIf(evaluation, experiment->metas != NULL && experiment->metas[result->variation].fails);
	if (FFGbFailed(evaluation))
		return false;
	if (result->has_bucket && answering->documents.type != FF_ABSENT && !experiment->sticky_off)
		FFGbStickyKeep(answering, result);
	FFExplain(evaluation, "experiment", result->in ? "in" : "out",
			  result->in ? "\"%.*s\", variation %d%s" : "\"%.*s\"", FF_QUOTED(experiment->key_text),
			  result->variation, result->sticky ? ", kept from before" : "");
	return true;
}
