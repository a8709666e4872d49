/*
 * growthbook_group.c
 *	  GrowthBook: saved groups, which are lists of values or conditions.
 *
 * A group is a segment.  Whether a value is in its list cannot be asked of a
 * segment as such: the question goes with the context, as its look-up.
 */
#include "dialects/growthbook.h"

typedef struct Group
{
	FFGbList   *list;			/* NULL: it is no list */
	bool		bare;			/* an array that no attribute is told of, nor may be */
	FFGbPath   *path;			/* of a list: the attribute, NULL: none */
	FFNode	   *condition;		/* NULL: it has none */
} Group;

/* What a reference to a group says. */
typedef struct Reference
{
	int			segment;
	bool		at;				/* it names an attribute */
	bool		is_user;		/* the user key stands for it */
	int			count;
	FFString   *steps;
} Reference;

typedef struct Question
{
	FFContext	context;		/* that is passed on */
	FFContext  *asked;			/* that it stands for */
	const FFGbOperand *operand; /* sought in the list; NULL: the reference's own attribute is */
	const Reference *reference;
	bool		is_list;		/* the answer came from a list */
} Question;

static FFValue
TellNothing(FFContext *context, FFString name)
{
	FFValue		absent = {0};

	(void) context;
	(void) name;
	return absent;
}

static bool
ShowNothing(FFContext *context, FFString name)
{
	(void) context;
	(void) name;
	return false;
}

static const FFLookup question_lookup = {TellNothing, ShowNothing};

/* --- in the segment ------------------------------------------------------------ */

/* Evaluate a group's condition about the context that a question stands for. */
static bool
AskedMeets(FFEvaluation *evaluation, const FFNode *condition, FFContext *context)
{
	FFEvaluation inner;
	bool		meets;

	FFEvaluationStart(&inner, evaluation->needs, evaluation->segments, context, evaluation->entered);
	meets = FFNodeMatches(&inner, condition);
	FFEvaluationEnd(&inner);
	return meets;
}

/* The attribute that a reference names in place of the group's own. */
static FFGbOperand
NamedValue(const Question *question)
{
	const Reference *reference = question->reference;
	FFContext  *context = question->asked;
	FFValue		value = reference->is_user && context->user_key.data != NULL ?
		FFGbUserValue(context, reference->steps[0]) : FFContextAttribute(context, reference->steps[0]);

	return FFGbFollow(FFGbOperandOf(&value), reference->steps + 1, reference->count - 1);
}

static bool
AnswerQuestion(FFEvaluation *evaluation, const Group *group, Question *question)
{
	FFGbOperand named;

	question->is_list = group->list != NULL;
	if (question->operand != NULL)
		return group->list != NULL && FFGbListHas(group->list, question->operand);
	if (group->list != NULL && !group->bare)
	{
		named = NamedValue(question);
		return FFGbListHas(group->list, &named);
	}
	return group->condition != NULL && AskedMeets(evaluation, group->condition, question->asked);
}

static bool
GroupMatches(FFEvaluation *evaluation, const void *state)
{
	const Group *group = state;
	FFGbOperand operand;

	if (evaluation->context->lookup == &question_lookup)
		return AnswerQuestion(evaluation, group, evaluation->context->source);
	if (group->list != NULL && group->path != NULL)
	{
		operand = FFGbPathValue(evaluation, group->path);
		return FFGbListHas(group->list, &operand);
	}
	return group->condition != NULL && FFNodeMatches(evaluation, group->condition);
}

/* A group in the form of an object. */
static bool
CompileTyped(FFCompiler *compiler, const FFValue *document, Group *group)
{
	FFPath		root = {0};
	FFString	type = FFDialectString(document, "type");
	FFValue		values = FFDialectMember(document, "values");
	FFValue		condition = FFDialectMember(document, "condition");
	FFString	attribute = FFDialectString(document, "attributeKey");

	if (type.data != NULL && FFStringIs(type, "list") && values.type == FF_ARRAY)
	{
		group->list = FFGbCompileList(&values, false);
		if (attribute.data == NULL)
			return true;
		group->path = FFAlloc(sizeof(FFGbPath));
		FFGbPathInit(compiler, attribute, true, group->path);
	}
	else if (type.data != NULL && FFStringIs(type, "condition") &&
			 (condition.type == FF_OBJECT || condition.type == FF_ARRAY))
	{
		FFPath		path = FFPathMember(&root, FFStringOf("condition", 9));

		group->condition = FFAlloc(sizeof(FFNode));
		return FFGbCompileCondition(compiler, &path, &condition, 0, group->condition);
	}
	else
		FFNoteFault(compiler, &root, "a saved group that contains nobody: it is neither a list nor a condition");
	return true;
}

/* The document is {"group": as in the payload, "user_attribute"}. */
bool
FFGbCompileGroup(FFCompiler *compiler, const FFValue *document, FFNode *root)
{
	FFPath		path = {0};
	FFValue		value = FFDialectMember(document, "group");
	FFFlagSource source = {.rules = *document};
	Group	   *group = FFAlloc(sizeof(Group));
	bool		compiled = true;

	FFOwnNodeInit(root, "saved group", GroupMatches, group);
	compiler->source = &source; /* where the user attribute is found */
	group->bare = value.type == FF_ARRAY;
	if (group->bare)
		group->list = FFGbCompileList(&value, false);
	else if (value.type == FF_OBJECT)
		compiled = CompileTyped(compiler, &value, group);
	else
		FFNoteFault(compiler, &path, "a saved group is an array or an object");
	compiler->source = NULL;
	return compiled;
}

/* --- in the flag ----------------------------------------------------------------- */

/* Ask a segment a question; the context that it is about stays as it is. */
static bool
Ask(FFEvaluation *evaluation, int segment, Question *question)
{
	FFEvaluation inner;
	bool		answer;

	question->asked = evaluation->context;
	question->context = *evaluation->context;
	question->context.lookup = &question_lookup;
	question->context.source = question;
	question->context.serial = 0;
	question->context.trace = NULL;
	FFEvaluationStart(&inner, evaluation->needs, evaluation->segments, &question->context,
					  evaluation->entered);
	answer = FFSegmentNumbered(&inner, segment);
	evaluation->context->cyclic |= question->context.cyclic;
	evaluation->context->notes |= question->context.notes;
	return answer;
}

/*
 * $inGroup and $notInGroup.  An unknown group has no values; one that is no
 * list answers neither.
 */
bool
FFGbInGroup(FFEvaluation *evaluation, int segment, bool negated, const FFGbOperand *operand)
{
	Question	question = {.operand = operand};
	bool		found;

	if (!FFSegmentKnown(evaluation, segment))
		return negated;
	found = Ask(evaluation, segment, &question);
	return question.is_list && found != negated;
}

/* Groups that contain each other can be asked without end, near enough. */
static bool
IsExhausted(FFEvaluation *evaluation)
{
	int		   *left = evaluation->context->own;

	if (left == NULL || --*left >= 0)
		return false;
	FFGbFailIf(evaluation, true);
	return true;
}

/*
 * What a group answers is remembered for the subject, unless a cycle was met:
 * then it depends on where the way began, and is found out anew.
 */
static bool
GroupContains(FFEvaluation *evaluation, int segment)
{
	FFContext  *context = evaluation->context;
	uint64_t	serial = context->serial;
	bool		cyclic = context->cyclic;
	bool		contains;

	if (cyclic && IsExhausted(evaluation))
		return false;
	if (cyclic)
		context->serial = 0;
	contains = FFSegmentNumbered(evaluation, segment);
	if (context->cyclic && !cyclic)
	{
		context->serial = 0;
		contains = FFSegmentNumbered(evaluation, segment);
	}
	context->serial = serial;
	return contains;
}

/* $savedGroup */
static bool
ReferenceMatches(FFEvaluation *evaluation, const void *state)
{
	const Reference *reference = state;
	Question	question = {.reference = reference};

	return reference->at ? Ask(evaluation, reference->segment, &question) :
		GroupContains(evaluation, reference->segment);
}

static void
ReadSteps(Reference *reference, FFString name)
{
	FFString	rest = name;
	FFString	step;
	int			dots = 0;

	for (int i = 0; i < name.length; i++)
		dots += name.data[i] == '.';
	reference->steps = FFAlloc((size_t) (dots + 1) * sizeof(FFString));
	while (reference->count <= dots && FFSplit(&rest, '.', &step))
		reference->steps[reference->count++] = FFStringCopy(step);
	if (reference->count == 0)
		reference->steps[reference->count++] = FFStringOf("", 0);
}

/* A condition {"$savedGroup": {"id", "attributeKey"}}; what is none matches nobody. */
void
FFGbCompileReference(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFNode *node)
{
	FFString	id = FFDialectString(value, "id");
	FFValue		attribute = FFDialectMember(value, "attributeKey");
	Reference  *reference = FFAlloc(sizeof(Reference));

	if (id.data == NULL || (attribute.type != FF_ABSENT && attribute.type != FF_STRING))
	{
		FFNoteFault(compiler, path, "a reference to a saved group that matches nobody");
		FFGbNever(node);
		return;
	}
	reference->segment = FFInternSegment(compiler, FFStringCopy(id));
	reference->at = attribute.type == FF_STRING;
	if (reference->at)
	{
		ReadSteps(reference, FFStringOf(attribute.data, attribute.length));
		reference->is_user = FFStringEquals(reference->steps[0], FFGbUserAttribute(compiler));
	}
	FFOwnNodeInit(node, "$savedGroup", ReferenceMatches, reference);
}
