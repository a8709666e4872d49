/*
 * match.c
 *	  Evaluation of conditions.
 *
 * The attributes that a program names are fetched together, in one pass, when
 * the first of them is needed.
 */
#include "engine/program.h"

/* Fetch all attributes that the program names. */
static __attribute__((noinline)) void
FetchAttributes(FFEvaluation *evaluation)
{
	const FFNeeds *needs = evaluation->needs;
	FFValue    *slots = evaluation->fixed;

	if (needs->count > FF_STACK_SLOTS)
		slots = FFAlloc((size_t) needs->count * sizeof(FFValue));
	if (evaluation->context->attributes.type == FF_OBJECT)
		FFCollect(&evaluation->context->attributes, needs->names, needs->count,
				  slots);
	else
		for (int i = 0; i < needs->count; i++)
			slots[i].type = FF_ABSENT;
	evaluation->slots = slots;
}

/* Ask where attributes come from that were not passed; what is found is kept. */
static __attribute__((noinline)) void
LookUp(FFEvaluation *evaluation, int slot)
{
	FFContext  *context = evaluation->context;

	evaluation->slots[slot] = context->lookup->attribute(context, evaluation->needs->names[slot]);
}

static inline const FFValue *
SlotValue(FFEvaluation *evaluation, int slot)
{
	if (FF_UNLIKELY(evaluation->slots[slot].type == FF_ABSENT) &&
		evaluation->context->lookup != NULL)
		LookUp(evaluation, slot);
	return &evaluation->slots[slot];
}

/* Follow a path into nested objects, or take the dotted name as it stands. */
static const FFValue *
NestedValue(FFEvaluation *evaluation, const FFAttribute *attribute)
{
	FFValue    *nested = &evaluation->nested;

	*nested = *SlotValue(evaluation, attribute->slot);
	for (int i = 0; i < attribute->count && nested->type != FF_ABSENT; i++)
	{
		if (nested->type == FF_OBJECT)
			*nested = FFMember(nested, attribute->steps[i].data,
							   attribute->steps[i].length);
		else
			nested->type = FF_ABSENT;
	}
	if (nested->type != FF_ABSENT || attribute->literal < 0)
		return nested;
	return SlotValue(evaluation, attribute->literal);
}

static inline const FFValue *
AttributeValue(FFEvaluation *evaluation, const FFAttribute *attribute)
{
	if (attribute->slot == FF_SLOT_USER_KEY)
	{
		const FFString *key = &evaluation->context->user_key;
		FFValue    *value = &evaluation->user_key;

		value->type = key->data == NULL ? FF_ABSENT : FF_STRING;
		value->data = key->data;
		value->length = key->length;
		return value;
	}
	if (evaluation->slots == NULL)
		FetchAttributes(evaluation);
	if (FF_UNLIKELY(attribute->count > 0))
		return NestedValue(evaluation, attribute);
	return SlotValue(evaluation, attribute->slot);
}

/* The value of an attribute in the context; FF_ABSENT when it has none. */
const FFValue *
FFAttributeValue(FFEvaluation *evaluation, const FFAttribute *attribute)
{
	return AttributeValue(evaluation, attribute);
}

/* What was passed, by slot; no source is asked. */
const FFValue *
FFPassedValues(FFEvaluation *evaluation)
{
	if (evaluation->slots == NULL)
		FetchAttributes(evaluation);
	return evaluation->slots;
}

/* Evaluate the condition of a segment in an evaluation of its own. */
static bool
ConditionMatches(const FFCondition *condition, FFSegment **segments,
				 FFContext *context, const FFEntered *entered)
{
	FFEvaluation evaluation;
	bool		matches;

	FFEvaluationStart(&evaluation, &condition->needs, segments, context, entered);
	matches = FFNodeMatches(&evaluation, &condition->root);
	FFEvaluationEnd(&evaluation);
	return matches;
}

/* Whether the context is in a segment's list or query, or meets its condition. */
static bool
TestSegment(FFSegment *segment, FFContext *context, const FFEntered *up)
{
	FFEntered	entered = {segment, up};

	if (segment->contains != NULL && segment->contains(segment, context))
		return true;
	return segment->condition != NULL &&
		ConditionMatches(segment->condition, segment->segments, context, &entered);
}

/*
 * Whether the context is in a segment.  One that is unknown, or is met again
 * on the way down from itself, contains nobody.  A subject is tested once: the
 * paths that lead to a segment may be beyond number.
 */
static bool
SegmentMatches(FFSegment *segment, FFContext *context, const FFEntered *up)
{
	unsigned	before;

	if (segment == NULL || FFStackIsDeep())
		return false;
	for (const FFEntered *e = up; e != NULL; e = e->up)
		if (e->segment == segment)
		{
			context->cyclic = true;
			return false;
		}
	if (context->serial != 0 && segment->asked_by == context->serial)
	{
		context->notes |= segment->noted;
		return segment->told;
	}
	FFCheckInterrupts();
	before = context->notes;
	context->notes = 0;
	segment->told = TestSegment(segment, context, up);
	segment->noted = context->notes;
	segment->asked_by = context->serial;
	context->notes |= before;
	return segment->told;
}

/* The segment that a program names by this number. */
bool
FFSegmentNumbered(FFEvaluation *evaluation, int number)
{
	return evaluation->segments != NULL &&
		SegmentMatches(evaluation->segments[number], evaluation->context, evaluation->entered);
}

static inline bool
TestMatches(FFEvaluation *evaluation, const FFTest *test)
{
	return test->matcher(test, AttributeValue(evaluation, &test->attribute));
}

/* Whether count of the children, from the first, all have this outcome. */
static bool
ChildrenAll(FFEvaluation *evaluation, const FFNode *node, bool outcome)
{
	for (int i = 0; i < node->count; i++)
	{
		const FFNode *child = &node->as.children[i];
		bool		matches;

		/* tests without the way down: the bulk of all conditions */
		if (child->kind == FF_NODE_TEST && evaluation->context->trace == NULL)
			matches = TestMatches(evaluation, child->as.test);
		else if (child->kind == FF_NODE_OWN && evaluation->context->trace == NULL)
			matches = child->as.own->matches(evaluation, child->as.own->state);
		else
			matches = FFNodeMatches(evaluation, child);
		if (matches != outcome)
			return false;
	}
	return true;
}

static inline bool
EvaluateNode(FFEvaluation *evaluation, const FFNode *node)
{
	switch (node->kind)
	{
		case FF_NODE_TEST:
			return TestMatches(evaluation, node->as.test);
		case FF_NODE_ALL:
			return ChildrenAll(evaluation, node, true);
		case FF_NODE_ANY:
			return !ChildrenAll(evaluation, node, false);
		case FF_NODE_NOT:
			return !FFNodeMatches(evaluation, node->as.children);
		case FF_NODE_SEGMENT:
			return FFSegmentNumbered(evaluation, node->count);
		case FF_NODE_OWN:
			return node->as.own->matches(evaluation, node->as.own->state);
	}
	return false;
}

/* Evaluate a node and report it, after what is inside it. */
static __attribute__((noinline)) bool
ExplainNode(FFEvaluation *evaluation, const FFNode *node)
{
	FFTrace    *trace = evaluation->context->trace;
	bool		matches;

	trace->depth++;
	matches = EvaluateNode(evaluation, node);
	trace->depth--;
	FFTraceNode(evaluation, node, matches);
	return matches;
}

/* Whether the context meets a condition. */
bool
FFNodeMatches(FFEvaluation *evaluation, const FFNode *node)
{
	if (FF_UNLIKELY(evaluation->context->trace != NULL))
		return ExplainNode(evaluation, node);
	return EvaluateNode(evaluation, node);
}

/* Whether the context meets a condition compiled alone. */
bool
FFConditionMatches(const FFCondition *condition, FFSegment **segments,
				   FFContext *context)
{
	return ConditionMatches(condition, segments, context, NULL);
}

/* Whether the context is in a segment, asked by itself. */
bool
FFSegmentMatches(FFSegment *segment, FFContext *context)
{
	return SegmentMatches(segment, context, NULL);
}

/* An attribute of the subject, as it was passed or as it is looked up. */
FFValue
FFContextAttribute(FFContext *context, FFString name)
{
	FFValue		value = {0};

	if (context->attributes.type == FF_OBJECT)
		value = FFMember(&context->attributes, name.data, name.length);
	if (value.type == FF_ABSENT && context->lookup != NULL)
		value = context->lookup->attribute(context, name);
	return value;
}

/* What was passed is the caller's; what was looked up may not be. */
bool
FFContextShows(FFContext *context, FFString name)
{
	FFValue		passed = {0};

	if (context->lookup == NULL)
		return true;
	if (context->attributes.type == FF_OBJECT)
		passed = FFMember(&context->attributes, name.data, name.length);
	return passed.type != FF_ABSENT || context->lookup->shown(context, name);
}
