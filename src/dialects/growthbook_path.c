/*
 * growthbook_path.c
 *	  GrowthBook: attributes by their paths, and conditions of another value
 *	  than the attributes.
 */
#include "dialects/growthbook.h"

/* The document that is compiled, of a flag or of a saved group. */
FFValue
FFGbDocument(const FFCompiler *compiler)
{
	const FFValue *rules = &compiler->source->rules;

	return rules->type == FF_ARRAY ? FFElement(rules, 0) : *rules;
}

/* The attribute that the user key stands for, unless it is passed itself. */
FFString
FFGbUserAttribute(const FFCompiler *compiler)
{
	FFValue		document = FFGbDocument(compiler);
	FFString	name = FFDialectString(&document, "user_attribute");

	return name.data != NULL ? name : FFStringOf("id", 2);
}

/* Read a name, dotted or not, into its steps. */
void
FFGbPathInit(FFCompiler *compiler, FFString name, bool dotted, FFGbPath *path)
{
	FFString	rest = name.data != NULL ? name : FFStringOf("", 0);
	FFString	first = rest;
	FFString	step;
	int			dots = 0;

	for (int i = 0; dotted && i < rest.length; i++)
		dots += rest.data[i] == '.';
	if (dots > 0)
		(void) FFSplit(&rest, '.', &first);
	path->first = FFStringCopy(first);
	FFDialectAttribute(compiler, &first, 1, &path->attribute);
	path->attribute.name = FFStringCopy(name.data != NULL ? name : first);
	path->is_user = FFStringEquals(first, FFGbUserAttribute(compiler));
	path->steps = dots > 0 ? FFAlloc((size_t) dots * sizeof(FFString)) : NULL;
	for (int i = 0; i < dots; i++)
	{
		(void) FFSplit(&rest, '.', &step);
		path->steps[path->count++] = FFStringCopy(step);
	}
}

/* The place that text names in an array, -1: none. */
static int
PlaceOf(FFString text)
{
	int			place = 0;

	if (text.length == 0 || text.length > 9 || (text.length > 1 && text.data[0] == '0'))
		return -1;
	for (int i = 0; i < text.length; i++)
	{
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
		place = place * 10 + (text.data[i] - '0');
	}
	return place;
}

/* A member by its name; of an array an element, or how many there are. */
static FFGbOperand
Member(const FFValue *container, FFString name)
{
	FFGbOperand operand = {.value = {.type = FF_NULL}};
	FFValue		found = {0};

	if (container->type == FF_OBJECT)
		found = FFMember(container, name.data, name.length);
	else if (container->type == FF_ARRAY && FFStringIs(name, "length"))
	{
		operand.value.type = FF_NUMBER;
		operand.number = FFCount(container);
		return operand;
	}
	else if (container->type == FF_ARRAY && PlaceOf(name) >= 0 && PlaceOf(name) < FFCount(container))
		found = FFElement(container, PlaceOf(name));
	return FFGbOperandOf(&found);
}

FFGbOperand
FFGbFollow(FFGbOperand operand, const FFString *steps, int count)
{
	for (int i = 0; i < count; i++)
		operand = Member(&operand.value, steps[i]);
	return operand;
}

/* The attribute that the user key stands for: as it is passed, else that. */
FFValue
FFGbUserValue(const FFContext *context, FFString name)
{
	FFValue		value = {0};

	if (context->attributes.type == FF_OBJECT)
		value = FFMember(&context->attributes, name.data, name.length);
	if (value.type != FF_ABSENT)
		return value;
	value.type = FF_STRING;
	value.data = context->user_key.data;
	value.length = context->user_key.length;
	return value;
}

/* The value at a path of what the evaluation is about; null where there is none. */
FFGbOperand
FFGbPathValue(FFEvaluation *evaluation, const FFGbPath *path)
{
	const FFValue *attributes = &evaluation->context->attributes;
	FFValue		value;

	if (path->is_user && evaluation->context->user_key.data != NULL)
		value = FFGbUserValue(evaluation->context, path->first);
	else
		value = *FFAttributeValue(evaluation, &path->attribute);
	if (value.type == FF_ABSENT && attributes->type == FF_ARRAY)
		return FFGbFollow(Member(attributes, path->first), path->steps, path->count);
	return FFGbFollow(FFGbOperandOf(&value), path->steps, path->count);
}

/* --- conditions of something else ------------------------------------------ */

/* Evaluate a condition about another subject than that of the evaluation. */
static bool
MeetsIn(FFEvaluation *evaluation, const FFNode *node, FFContext *context)
{
	FFEvaluation inner;
	bool		meets;

	context->user_key = FFStringOf(NULL, 0);
	context->serial = 0;
	FFEvaluationStart(&inner, evaluation->needs, evaluation->segments, context, evaluation->entered);
	meets = FFNodeMatches(&inner, node);
	FFEvaluationEnd(&inner);
	evaluation->context->notes |= context->notes;
	return meets;
}

bool
FFGbElementMeets(FFEvaluation *evaluation, const FFNode *node, const FFValue *element)
{
	FFContext	context = *evaluation->context;

	context.attributes = *element;
	context.lookup = NULL;
	context.trace = NULL;
	return MeetsIn(evaluation, node, &context);
}

/* The only attribute there is. */
static FFValue
TellValue(FFContext *context, FFString name)
{
	FFValue		absent = {0};

	return FFStringIs(name, "value") ? *(const FFValue *) context->source : absent;
}

static bool
ShowAll(FFContext *context, FFString name)
{
	(void) context;
	(void) name;
	return true;
}

bool
FFGbMeets(FFEvaluation *evaluation, const FFNode *node, const FFValue *value)
{
	static const FFLookup only_value = {TellValue, ShowAll};
	FFContext	context = *evaluation->context;
	FFValue		told = *value;

	memset(&context.attributes, 0, sizeof(context.attributes));
	context.lookup = &only_value;
	context.source = &told;
	return MeetsIn(evaluation, node, &context);
}
