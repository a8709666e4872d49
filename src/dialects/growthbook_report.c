/*
 * growthbook_report.c
 *	  GrowthBook: what the SDK tells besides the value: source and rule, the
 *	  experiment and its result, sticky buckets.
 */
#include "dialects/growthbook.h"

typedef struct Writer
{
	FFText		text;
	bool		any;			/* a member has been written */
} Writer;

static void
Begin(Writer *writer, const char *name)
{
	FFTextAdd(&writer->text, writer->any ? ",\"" : "{\"", 2);
	FFTextAdd(&writer->text, name, (int) strlen(name));
	FFTextAdd(&writer->text, "\":", 2);
	writer->any = true;
}

static void
Write(Writer *writer, const char *name, const FFValue *value)
{
	if (value->type == FF_ABSENT)
		return;
	Begin(writer, name);
	FFTextJson(&writer->text, value);
}

static void
WriteString(Writer *writer, const char *name, FFString string)
{
	Begin(writer, name);
	FFTextJsonString(&writer->text, string);
}

static void
WriteBool(Writer *writer, const char *name, bool value)
{
	Begin(writer, name);
	FFTextFormat(&writer->text, value ? "true" : "false");
}

static void
WriteNumber(Writer *writer, const char *name, double number)
{
	FFString	text = FFNumberTextJs(number);

	Begin(writer, name);
	FFTextAdd(&writer->text, text.data, text.length);
}

static FFString
End(Writer *writer)
{
	FFTextAdd(&writer->text, writer->any ? "}" : "{}", writer->any ? 1 : 2);
	return FFStringOf(writer->text.data, writer->text.length);
}

/* Weights that are the same for all. */
static void
WriteEqual(Writer *writer, const char *name, int count)
{
	FFString	weight = FFNumberTextJs(1.0 / count);

	Begin(writer, name);
	for (int i = 0; i < count; i++)
	{
		FFTextAdd(&writer->text, i == 0 ? "[" : ",", 1);
		FFTextAdd(&writer->text, weight.data, weight.length);
	}
	FFTextAdd(&writer->text, count == 0 ? "[]" : "]", count == 0 ? 2 : 1);
}

/* The weights that held: those of the kind of context, the experiment's, or equal ones. */
static void
WriteWeights(Writer *writer, const char *name, const FFGbResult *result)
{
	const FFGbExperiment *experiment = result->experiment;

	if (result->leaf != NULL)
		Write(writer, name, &result->leaf->weights);
	else if (experiment->weights.type != FF_ABSENT)
		Write(writer, name, &experiment->weights);
	else
		WriteEqual(writer, name, experiment->count);
}

/* What a bandit decided by. */
static void
WriteLeaf(Writer *writer, const FFGbResult *result)
{
	if (result->leaf != NULL)
		Write(writer, "leafId", &result->leaf->id);
	else
		WriteNumber(writer, "leafId", -1);
	WriteWeights(writer, "variationWeights", result);
	Write(writer, "banditVersion", &result->experiment->bandit->version);
}

/* The experiment as a rule has it. */
static void
WriteExperiment(Writer *writer, const FFGbResult *result)
{
	static const char *const truthy[] = {
		"hashAttribute", "fallbackAttribute", "disableStickyBucketing", "namespace", "meta", "ranges",
		"name", "phase", "seed", "hashVersion", "filters", "condition"
	};
	static const char *const given[] = {"coverage", "bucketVersion", "minBucketVersion"};
	const FFGbExperiment *experiment = result->experiment;
	Writer		bandit = {0};

	Write(writer, "variations", &experiment->variations);
	Write(writer, "key", &experiment->key);
	for (int i = 0; i < FF_LENGTH(truthy) + FF_LENGTH(given); i++)
	{
		const char *name = i < FF_LENGTH(truthy) ? truthy[i] : given[i - FF_LENGTH(truthy)];
		FFValue		value = FFDialectMember(&experiment->source, name);

		if (i >= FF_LENGTH(truthy) || FFGbTruthy(&value))
			Write(writer, name, &value);
	}
	if (result->leaf != NULL || experiment->weights.type != FF_ABSENT)
		WriteWeights(writer, "weights", result);
	if (!result->banditry || !result->used || !result->in)
		return;
	WriteLeaf(&bandit, result);
	End(&bandit);
	Begin(writer, "contextualBandit");
	FFTextAdd(&writer->text, bandit.text.data, bandit.text.length);
}

static void
WriteResult(Writer *writer, FFString feature, const FFGbResult *result)
{
	const FFGbExperiment *experiment = result->experiment;
	FFValue		key = FFGbVariationKey(experiment, result->variation);
	FFValue		empty = {.type = FF_STRING, .data = ""};
	FFValue		null = {.type = FF_NULL};
	FFValue		value = FFElement(&experiment->variations, result->variation);

	Write(writer, "key", &key);
	if (feature.data != NULL)
		WriteString(writer, "featureId", feature);
	else
		Write(writer, "featureId", &null);
	WriteBool(writer, "inExperiment", result->in);
	WriteBool(writer, "hashUsed", result->used);
	WriteNumber(writer, "variationId", result->variation);
	Write(writer, "value", &value);
	WriteString(writer, "hashAttribute", result->unit->attribute.name);
	Write(writer, "hashValue", result->value.type == FF_ABSENT ? &empty : &result->value);
	WriteBool(writer, "stickyBucketUsed", result->sticky);
	if (experiment->metas != NULL)
	{
		Write(writer, "name", &experiment->metas[result->variation].name);
		Write(writer, "passthrough", &experiment->metas[result->variation].passthrough_value);
	}
	if (result->has_bucket)
		WriteNumber(writer, "bucket", result->bucketing.value);
	if (result->banditry && result->used && result->in)
		WriteLeaf(writer, result);
}

static void
WriteMetadata(Writer *writer, FFGbAnswering *answering, const FFGbResult *result)
{
	const FFGbFeature *feature = answering->feature;
	Writer		inner = {0};

	if (result != NULL && feature->alone == NULL)
	{
		WriteExperiment(&inner, result);
		End(&inner);
		Begin(writer, "experiment");
		FFTextAdd(&writer->text, inner.text.data, inner.text.length);
	}
	memset(&inner, 0, sizeof(inner));
	if (result != NULL)
	{
		WriteResult(&inner, feature->alone == NULL ? feature->key : FFStringOf(NULL, 0), result);
		End(&inner);
		Begin(writer, "experimentResult");
		FFTextAdd(&writer->text, inner.text.data, inner.text.length);
	}
	FFGbState(answering);
	if (answering->documents.type == FF_ABSENT)
		return;
	Begin(writer, "stickyBucketAssignmentDocs");
	FFGbStickyReport(&writer->text, answering);
}

/* Tell how the answer came about, where somebody reads it. */
void
FFGbReport(FFGbAnswering *answering, const char *source, FFString rule_id, bool truth,
		   const FFGbResult *result)
{
	Writer		reason = {0};
	Writer		metadata = {0};

	if (!answering->evaluation->context->detailed)
		return;
	WriteString(&reason, "source", FFStringOf(source, (int) strlen(source)));
	WriteString(&reason, "ruleId", rule_id.data != NULL ? rule_id : FFStringOf("", 0));
	WriteBool(&reason, "on", truth);
	WriteBool(&reason, "off", !truth);
	answering->answer->provider_reason = End(&reason);
	WriteMetadata(&metadata, answering, result);
	if (metadata.any)
		answering->answer->metadata = End(&metadata);
}
