/*
 * eppo_rules.c
 *	  Targeting rules of Eppo: any rule whose conditions are all met.
 *
 * Eppo evaluates all conditions of a rule, so that one which cannot be evaluated
 * is an error although another is not met.
 */
#include <math.h>

#include "dialects/eppo.h"

#define ITEMS_BETWEEN_INTERRUPTS 1024

typedef enum Relation
{
	LESS, LESS_EQUAL, GREATER, GREATER_EQUAL
} Relation;

/* What an attribute is compared with. */
typedef struct Comparison
{
	bool		negated;
	bool		is_null;
	Relation	relation;
	bool		is_version;
	FFSemver	version;
	double		number;
	FFSet		texts;
	FFRegex    *regex;
} Comparison;

/* A test that needs more than the attribute's value. */
typedef struct OwnTest
{
	FFNode		test;
	bool		is_id;			/* the subject key, unless there is such an attribute */
} OwnTest;

/* Attributes that have a condition which cannot be evaluated, unless they are null. */
typedef struct Faults
{
	bool		always;
	int			count;
	OwnTest    *tests;
} Faults;

static bool
IsNull(const FFValue *value)
{
	return value->type == FF_ABSENT || value->type == FF_NULL;
}

double
FFEppoNumber(const FFValue *value)
{
	double		number;

	switch (value->type)
	{
		case FF_NULL:
			return 0;
		case FF_BOOL:
			return value->boolean;
		case FF_NUMBER:
			(void) FFNumberDouble(value, &number);
			return number;
		case FF_STRING:
		case FF_ARRAY:
			return FFParseNumberJs(FFValueTextJs(value), &number) ? number : NAN;
		default:
			return NAN;
	}
}

bool
FFEppoTruthy(const FFValue *value)
{
	if (value->type == FF_BOOL)
		return value->boolean;
	if (value->type == FF_STRING)
		return value->length > 0;
	if (value->type == FF_NUMBER)
		return FFEppoNumber(value) != 0;
	return !IsNull(value);
}

/* --- evaluating ---------------------------------------------------------------- */

static bool
MatchNever(const FFTest *test, const FFValue *value)
{
	(void) test;
	(void) value;
	return false;
}

static bool
MatchNull(const FFTest *test, const FFValue *value)
{
	const Comparison *comparison = test->own;

	return IsNull(value) == comparison->is_null;
}

static bool
MatchOneOf(const FFTest *test, const FFValue *value)
{
	const Comparison *comparison = test->own;

	return !IsNull(value) &&
		(FFSetFind(&comparison->texts, FFValueTextJs(value)) >= 0) != comparison->negated;
}

/* order is of the attribute and what it is compared with. */
static bool
Relates(Relation relation, int order)
{
	switch (relation)
	{
		case LESS:
			return order < 0;
		case LESS_EQUAL:
			return order <= 0;
		case GREATER:
			return order > 0;
		default:
			return order >= 0;
	}
}

/* By version where the condition has one, else by number. */
static bool
MatchOrder(const FFTest *test, const FFValue *value)
{
	const Comparison *comparison = test->own;
	FFSemver	version;
	double		number;
	bool		valid;

	if (IsNull(value))
		return false;
	if (comparison->is_version)
		return value->type == FF_STRING &&
			FFParseSemverNpm(FFUtf8(FFStringOf(value->data, value->length), &valid), &version) &&
			Relates(comparison->relation, FFSemverCompare(&version, &comparison->version));
	number = FFEppoNumber(value);
	return !isnan(number) && !isnan(comparison->number) &&
		Relates(comparison->relation, (number > comparison->number) - (number < comparison->number));
}

/* Search a text; one that takes too long is no match. */
static bool
Search(const Comparison *comparison, const FFValue *value, bool *limit)
{
	FFString	utf8;
	bool		valid;
	bool		found;

	if (IsNull(value))
		return false;
	utf8 = FFUtf8(FFValueTextJs(value), &valid);
	found = FFRegexMatchesAs(comparison->regex, utf8, valid, limit);
	return !*limit && found != comparison->negated;
}

/* For explanations: MatchOwn notes a reached limit as well. */
static bool
MatchPattern(const FFTest *test, const FFValue *value)
{
	bool		limit = false;

	return Search(test->own, value, &limit);
}

/* A subject's attributes are the key under id, and then those that were passed. */
static const FFValue *
OwnValue(FFEvaluation *evaluation, const OwnTest *own)
{
	const FFValue *value = FFAttributeValue(evaluation, &own->test.as.test->attribute);
	FFAttribute key = {.slot = FF_SLOT_USER_KEY};

	return own->is_id && value->type == FF_ABSENT ? FFAttributeValue(evaluation, &key) : value;
}


static bool
MatchOwn(FFEvaluation *evaluation, const void *state)
{
	const OwnTest *own = state;
	const FFTest *test = own->test.as.test;
	const Comparison *comparison = test->own;
	const FFValue *value;
	bool		limit = false;
	bool		matches;

	if (FF_UNLIKELY(evaluation->context->trace != NULL) && !own->is_id)
		(void) FFNodeMatches(evaluation, &own->test);
	value = OwnValue(evaluation, own);
	if (comparison->regex == NULL)
		return test->matcher(test, value);
	matches = Search(comparison, value, &limit);
	if (limit)
		evaluation->context->notes |= FF_EPPO_LIMIT;
	return matches;
}

/* Never met: either an error, or a condition is not met because its attribute is null. */
static bool
MatchFaults(FFEvaluation *evaluation, const void *state)
{
	const Faults *faults = state;
	bool		reached = faults->always;

	for (int i = 0; i < faults->count && !reached; i++)
		reached = !IsNull(OwnValue(evaluation, &faults->tests[i]));
	if (reached)
		evaluation->context->notes |= FF_EPPO_FAULT;
	return false;
}

/* --- compiling: one condition ------------------------------------------------------ */

/* ONE_OF and NOT_ONE_OF; false: there is no list. */
static bool
ReadTexts(const FFValue *list, Comparison *comparison)
{
	FFWalk		walk;
	FFValue		item;
	int			i = 0;

	if (list->type != FF_ARRAY)
		return false;
	FFSetReserve(&comparison->texts, FFCount(list));
	FFWalkStart(&walk, list);
	while (FFWalkNext(&walk, NULL, &item))
	{
		if (item.type == FF_STRING)
			(void) FFSetAdd(&comparison->texts, FFStringCopy(FFStringOf(item.data, item.length)), i);
		if (++i % ITEMS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
	return true;
}

/* MATCHES and NOT_MATCHES; false: it is no pattern. */
static bool
ReadPattern(FFCompiler *compiler, const FFPath *path, const FFValue *value, Comparison *comparison)
{
	FFRegexSetup *setup = FFDialectRegexSetup(compiler);
	FFString	pattern = value->type == FF_ABSENT ? FFStringOf("", 0) : FFValueTextJs(value);
	char		message[200] = "out of memory";

	if (setup != NULL)
		comparison->regex = FFRegexCompileAs(setup, pattern, FF_FLAVOUR_JAVASCRIPT, false, false,
											 message, sizeof(message));
	if (comparison->regex == NULL)
		FFNoteFault(compiler, path, "%s: an error when it is reached", message);
	return comparison->regex != NULL;
}

static void
ReadOrder(const FFValue *value, Comparison *comparison)
{
	FFString	text = FFStringOf(value->data, value->length);
	bool		valid;

	comparison->number = FFEppoNumber(value);
	if (value->type == FF_STRING)
	{
		text = FFUtf8(FFStringCopy(text), &valid);
		comparison->is_version = FFParseSemverNpm(text, &comparison->version);
	}
}

static const struct
{
	const char *name;
	FFMatcher	matcher;
	bool		negated;
	Relation	relation;
}			operators[] = {
	{"MATCHES", MatchPattern, false, LESS}, {"NOT_MATCHES", MatchPattern, true, LESS},
	{"ONE_OF", MatchOneOf, false, LESS}, {"NOT_ONE_OF", MatchOneOf, true, LESS},
	{"LT", MatchOrder, false, LESS}, {"LTE", MatchOrder, false, LESS_EQUAL},
	{"GT", MatchOrder, false, GREATER}, {"GTE", MatchOrder, false, GREATER_EQUAL},
	{"IS_NULL", MatchNull, false, LESS},
};

/* Find the operator and read what it compares with; false: it cannot be evaluated. */
static bool
ReadComparison(FFCompiler *compiler, const FFPath *path, FFString name, const FFValue *value, FFTest *test)
{
	Comparison *comparison = FFAlloc(sizeof(Comparison));
	FFPath		inner = FFPathMember(path, FFStringOf("value", 5));

	test->own = comparison;
	test->matcher = MatchNever;
	test->label = "unknown operator";
	for (int i = 0; i < FF_LENGTH(operators); i++)
	{
		if (name.data == NULL || !FFStringIs(name, operators[i].name))
			continue;
		test->label = operators[i].name;
		comparison->negated = operators[i].negated;
		comparison->relation = operators[i].relation;
		comparison->is_null = FFEppoTruthy(value);
		test->matcher = operators[i].matcher;
		if (test->matcher == MatchPattern)
			return ReadPattern(compiler, &inner, value, comparison);
		if (test->matcher == MatchOrder)
			ReadOrder(value, comparison);
		if (test->matcher != MatchOneOf || ReadTexts(value, comparison))
			return true;
		FFNoteFault(compiler, &inner, "expected an array: an error when it is reached");
		return false;
	}
	FFNoteFault(compiler, path, "unknown operator: never met");
	return true;
}

/* What an explanation shows as compared with: the elements of a list. */
static void
ShowValue(FFTest *test, const FFValue *value)
{
	int			count = value->type == FF_ARRAY ? FFCount(value) : value->type != FF_ABSENT;

	test->values = FFAlloc((size_t) count * sizeof(FFValue) + 1);
	for (; test->count < count; test->count++)
	{
		FFValue		shown = value->type == FF_ARRAY ? FFElement(value, test->count) : *value;

		test->values[test->count] = FFCopy(&shown);
	}
}

/* A condition, unless it cannot be evaluated: then it is one fault more. */
static bool
CompileCondition(FFCompiler *compiler, const FFPath *path, const FFValue *condition,
				 FFNode *node, Faults *faults)
{
	FFTest	   *test = FFAlloc(sizeof(FFTest));
	FFValue		attribute = FFDialectMember(condition, "attribute");
	FFValue		value = FFDialectMember(condition, "value");
	FFString	name = FFValueTextJs(&attribute);
	OwnTest    *own = FFAlloc(sizeof(OwnTest));
	bool		sound = ReadComparison(compiler, path, FFDialectString(condition, "operator"), &value, test);

	FFDialectAttribute(compiler, &name, 1, &test->attribute);
	ShowValue(test, &value);
	own->test.kind = FF_NODE_TEST;
	own->test.as.test = test;
	own->is_id = FFStringIs(name, "id");
	if (!sound)
		faults->tests[faults->count++] = *own;
	else if (own->is_id || ((const Comparison *) test->own)->regex != NULL)
	{
		FFText		text = {0};

		FFTextFormat(&text, "condition on %.*s", FF_QUOTED(test->attribute.name));
		if (own->is_id)
		{
			FFTextFormat(&text, ", %s ", test->label);
			FFTextValues(&text, test->values, test->count);
		}
		FFOwnNodeInit(node, text.data, MatchOwn, own);
	}
	else
		*node = own->test;
	return sound;
}

/* --- compiling: rules ----------------------------------------------------------------- */

/* Conditions that can be evaluated come after those that cannot: the outcome is the same. */
static void
CompileConditions(FFCompiler *compiler, const FFPath *path, const FFValue *conditions,
				  FFNode *node, Faults *faults)
{
	FFWalk		walk;
	FFValue		condition;
	int			i = 0;

	node->as.children = FFAlloc((size_t) (FFCount(conditions) + 1) * sizeof(FFNode));
	faults->tests = FFAlloc((size_t) FFCount(conditions) * sizeof(OwnTest) + 1);
	node->count = 1;
	FFWalkStart(&walk, conditions);
	while (FFWalkNext(&walk, NULL, &condition))
	{
		FFPath		inner = FFPathElement(path, i);

		if (condition.type == FF_NULL)
			faults->always = true;
		else if (CompileCondition(compiler, &inner, &condition, &node->as.children[node->count], faults))
			node->count++;
		if (++i % ITEMS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}

static void
CompileRule(FFCompiler *compiler, const FFPath *path, const FFValue *rule, FFNode *node)
{
	FFValue		conditions = FFDialectMember(rule, "conditions");
	FFPath		inner = FFPathMember(path, FFStringOf("conditions", 10));
	Faults	   *faults = FFAlloc(sizeof(Faults));

	node->kind = FF_NODE_ALL;
	faults->always = conditions.type != FF_ARRAY;
	if (faults->always)
	{
		FFNoteFault(compiler, &inner, "expected an array: an error when it is reached");
		FFOwnNodeInit(node, "faulty", MatchFaults, faults);
		return;
	}
	CompileConditions(compiler, &inner, &conditions, node, faults);
	if (faults->always || faults->count > 0)
		FFOwnNodeInit(&node->as.children[0], "faulty conditions", MatchFaults, faults);
	else
	{
		node->as.children++;
		node->count--;
	}
}

const FFNode *
FFEppoCompileRules(FFCompiler *compiler, const FFPath *path, const FFValue *rules)
{
	FFNode	   *node;
	FFWalk		walk;
	FFValue		rule;
	int			i = 0;

	if (rules->type != FF_ARRAY || FFCount(rules) == 0)
		return NULL;
	node = FFAlloc(sizeof(FFNode));
	node->kind = FF_NODE_ANY;
	node->count = FFCount(rules);
	node->as.children = FFAlloc((size_t) node->count * sizeof(FFNode));
	FFWalkStart(&walk, rules);
	while (FFWalkNext(&walk, NULL, &rule))
	{
		FFPath		inner = FFPathElement(path, i);

		CompileRule(compiler, &inner, &rule, &node->as.children[i++]);
		FFCheckInterrupts();
	}
	return node;
}
