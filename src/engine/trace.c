/*
 * trace.c
 *	  Explanations: what was compared with what.
 */
#include <string.h>

#include "engine/program.h"

/* Hand one step to the caller. */
void
FFTraceReport(FFContext *context, const char *step, const char *outcome,
			  FFText *detail)
{
	FFTrace    *trace = context->trace;

	FFTextAdd(detail, "", 0);
	trace->step(trace, trace->depth, step, outcome, detail->data);
}

/* Whether what an attribute is may be told, by its first step or whole name. */
static bool
IsShown(FFContext *context, const FFAttribute *attribute)
{
	FFString	first = attribute->name;
	const char *dot = memchr(first.data, '.', (size_t) first.length);

	if (attribute->slot == FF_SLOT_USER_KEY)
		return true;
	if (dot == NULL)
		return FFContextShows(context, first);
	first.length = (int) (dot - first.data);
	return FFContextShows(context, first) && FFContextShows(context, attribute->name);
}

/* country = "DE", in ["DE", "FR"] */
static void
DescribeTest(FFEvaluation *evaluation, const FFTest *test, FFText *text)
{
	const FFValue *value = FFAttributeValue(evaluation, &test->attribute);
	bool		missing = value->type == FF_ABSENT || value->type == FF_NULL;

	FFTextFormat(text, "%.*s", FF_QUOTED(test->attribute.name));
	if (!IsShown(evaluation->context, &test->attribute))
		FFTextFormat(text, " (of a source that you may not read)");
	else if (value->type == FF_ABSENT)
		FFTextFormat(text, " is missing");
	else
	{
		FFTextFormat(text, " = ");
		FFTextValue(text, value);
	}
	FFTextFormat(text, ", %s", test->label != NULL ? test->label : FFOperatorName(test->op));
	if (test->count > 0)
	{
		FFTextFormat(text, " ");
		FFTextValues(text, test->values, test->count);
	}
	if (test->ignore_case)
		FFTextFormat(text, " ignoring case");
	if (!missing && test->label == NULL && IsShown(evaluation->context, &test->attribute) &&
		!FFComparable(test, value))
		FFTextFormat(text, ": cannot be compared");
}

/* staff, unknown segments too */
static void
DescribeSegment(FFEvaluation *evaluation, const FFNode *node, FFText *text)
{
	FFString	key = evaluation->needs->segments.keys[node->count];
	FFSegment  *segment = evaluation->segments == NULL ? NULL :
		evaluation->segments[node->count];

	FFTextFormat(text, "%.*s", FF_QUOTED(key));
	if (segment == NULL || (segment->condition == NULL && segment->contains == NULL))
		FFTextFormat(text, " is not defined");
	for (const FFEntered *e = evaluation->entered; e != NULL; e = e->up)
		if (e->segment == segment)
			FFTextFormat(text, " contains itself");
}

/* Report a condition; those inside it have been reported before. */
void
FFTraceNode(FFEvaluation *evaluation, const FFNode *node, bool matches)
{
	static const char *const steps[] = {
		[FF_NODE_TEST] = "condition", [FF_NODE_ALL] = "all",
		[FF_NODE_ANY] = "any", [FF_NODE_NOT] = "not",
		[FF_NODE_SEGMENT] = "segment", [FF_NODE_OWN] = "condition"
	};
	FFText		text = {0};

	if (node->kind == FF_NODE_TEST)
		DescribeTest(evaluation, node->as.test, &text);
	else if (node->kind == FF_NODE_SEGMENT)
		DescribeSegment(evaluation, node, &text);
	else if (node->kind == FF_NODE_OWN)
		FFTextFormat(&text, "%s", node->as.own->name);
	else if (node->kind != FF_NODE_NOT)
		FFTextFormat(&text, node->count == 1 ? "%d condition" : "%d conditions",
					 node->count);
	FFTraceReport(evaluation->context, steps[node->kind],
				  matches ? "true" : "false", &text);
}

/* Report a rule after its condition. */
void
FFTraceRule(const FFProgram *program, FFContext *context, int rule, bool matches)
{
	const FFRule *r = &program->rules[rule];
	FFText		text = {0};
	const char *outcome = matches ? "matched" : "not matched";

	if (r->id.data != NULL)
		FFTextFormat(&text, "rules[%d] \"%.*s\"", rule, FF_QUOTED(r->id));
	else
		FFTextFormat(&text, "rules[%d]", rule);
	if (context->now < r->from)
		outcome = "not yet";
	else if (context->now >= r->until)
		outcome = "over";
	else if (r->when == NULL)
		FFTextFormat(&text, " applies to everybody");
	FFTraceReport(context, "rule", outcome, &text);
}

/* a: 0 to 49.999, b: 50 to 99.999 */
static void
DescribeParts(const FFProgram *program, const FFServe *serve, FFText *text)
{
	int			start = 0;

	for (int i = 0; i < serve->count; i++)
	{
		FFString	key = FFProgramVariationKey(program, serve->variations[i]);

		FFTextFormat(text, "%s%.*s ", i == 0 ? "" : ", ", FF_QUOTED(key));
		if (serve->ends[i] == start)
			FFTextFormat(text, "nobody");
		else
			FFTextFormat(text, "%d to %d", start, serve->ends[i] - 1);
		start = serve->ends[i];
	}
}

/* The unit of a split and its bucket, from which a unit could be guessed. */
static void
DescribeUnit(FFContext *context, const FFServe *serve, FFString key, int bucket, FFText *text)
{
	if (serve->by == NULL || IsShown(context, serve->by))
		FFTextFormat(text, "\"%.*s\", bucket %d of ", FF_QUOTED(key), bucket);
	else
		FFTextFormat(text, "(of a source that you may not read), of ");
}

/* Report what is served, and by which bucket. */
void
FFTraceServe(const FFProgram *program, FFContext *context,
			 const FFServe *serve, FFString key, int bucket, int variation)
{
	FFText		text = {0};
	FFString	name = variation < 0 ? FFStringOf("", 0) :
		FFProgramVariationKey(program, variation);
	FFString	by = serve->by == NULL ? FFStringOf("user_key", 8) : serve->by->name;

	if (serve->count == 0)
		FFTextFormat(&text, "%.*s", FF_QUOTED(name));
	else if (key.data == NULL)
		FFTextFormat(&text, "split by %.*s, which is missing", FF_QUOTED(by));
	else
	{
		FFTextFormat(&text, "%.*s: split by %.*s = ", FF_QUOTED(name),
					 FF_QUOTED(by));
		DescribeUnit(context, serve, key, bucket, &text);
		DescribeParts(program, serve, &text);
	}
	FFTraceReport(context, "serve", variation < 0 ? "key missing" :
				  bucket < 0 ? "variation" : "split", &text);
}

/* Report whether the bucket under a gate's own salt lets a unit into the split. */
void
FFTraceGate(const FFGate *gate, FFContext *context, const FFServe *serve,
			FFString key, int bucket, bool passes)
{
	FFText		text = {0};
	FFString	by = serve->by == NULL ? FFStringOf("user_key", 8) : serve->by->name;

	FFTextFormat(&text, "%s \"%.*s\" by %.*s = ", gate->kind, FF_QUOTED(gate->key),
				 FF_QUOTED(by));
	DescribeUnit(context, serve, key, bucket, &text);
	if (gate->to > gate->from)
		FFTextFormat(&text, "%d to %d", gate->from, gate->to - 1);
	else
		FFTextFormat(&text, "nobody");
	FFTraceReport(context, "experiment", passes ? "inside" : "outside", &text);
}

/* Report that the control is served instead of a split. */
void
FFTraceControl(const FFProgram *program, FFContext *context)
{
	FFText		text = {0};

	FFTextFormat(&text, "%.*s", FF_QUOTED(FFProgramVariationKey(program, program->control)));
	FFTraceReport(context, "serve", "control", &text);
}
