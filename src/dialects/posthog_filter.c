/*
 * posthog_filter.c
 *	  Compiles filters: of properties, of cohorts and of other flags.
 *
 * {"key": "country", "type": "person", "operator": "exact", "value": ["DE"]}.
 * Properties of persons are attributes; those of groups are in the attribute
 * $group_properties, by the type of the group.
 */
#include "dialects/posthog.h"

#define FILTERS_BETWEEN_INTERRUPTS 64

void
FFPosthogNever(FFNode *node)
{
	node->kind = FF_NODE_ANY;
	node->count = 0;
}

/* Turn a condition around: it becomes the child of another one. */
void
FFPosthogNot(FFNode *node)
{
	FFNode	   *child = FFAlloc(sizeof(FFNode));

	*child = *node;
	node->kind = FF_NODE_NOT;
	node->count = 1;
	node->as.children = child;
}

/* --- types of groups ---------------------------------------------------------------- */

int64_t
FFPosthogGroupIndex(const FFValue *value)
{
	int64_t		index;

	if (value->type <= FF_NULL)
		return FF_POSTHOG_PERSON;
	if (value->type == FF_STRING && value->length == 1 && value->data[0] >= '0' && value->data[0] <= '9')
		return value->data[0] - '0';
	if (value->type == FF_NUMBER && FFNumberScaled(value, 0, &index) && index >= 0)
		return index;
	return INT32_MAX;
}

FFString
FFPosthogGroupType(const FFPosthogSetup *setup, int64_t index)
{
	FFText		name = {0};

	FFTextFormat(&name, "%lld", (long long) index);
	return FFDialectString(&setup->group_types, name.data);
}

/* --- properties ------------------------------------------------------------------------ */

static void
InitAttribute(FFCompiler *compiler, const FFPosthogSetup *setup, FFString key, int64_t group, FFAttribute *attribute)
{
	FFString	steps[3] = {FFStringOf("$group_properties", 17), {0}, key};

	if (group == FF_POSTHOG_PERSON)
	{
		FFDialectAttribute(compiler, &key, 1, attribute);
		return;
	}
	steps[1] = FFPosthogGroupType(setup, group);
	if (steps[1].data == NULL)
		steps[1] = FFStringOf("", 0);
	FFDialectAttribute(compiler, steps, 3, attribute);
}

static bool
TestMatches(const FFTest *test, const FFValue *value)
{
	bool		limit;

	return FFPosthogMatches(test->own, value, 0, &limit);
}

/* The id of a person or the key of a group, where there is no such property. */
static FFValue
UnitValue(FFEvaluation *evaluation, const FFPosthogFilter *filter)
{
	FFString	key = evaluation->context->user_key;
	FFValue		value = {.type = FF_STRING, .data = key.data, .length = key.length};

	if (filter->unit.name.data != NULL)
		return *FFAttributeValue(evaluation, &filter->unit);
	if (key.data == NULL)
		value.type = FF_ABSENT;
	return value;
}

/* A filter that goes by the clock, a limit or what the context is about. */
static bool
FilterMatches(FFEvaluation *evaluation, const void *state)
{
	const FFPosthogFilter *filter = state;
	FFValue		value = *FFAttributeValue(evaluation, &filter->attribute);
	bool		limit;
	bool		matches;

	if (value.type == FF_ABSENT && filter->is_unit)
		value = UnitValue(evaluation, filter);
	matches = FFPosthogMatches(filter, &value, evaluation->context->now, &limit);
	if (FF_UNLIKELY(limit))
		evaluation->context->notes |= FF_POSTHOG_LIMIT;
	return matches;
}

static bool
FindOperator(FFString name, FFPosthogOperator *op)
{
	for (int i = 0; i < FF_POSTHOG_OPERATORS; i++)
		if (FFStringIs(name, FFPosthogOperatorNames[i]))
		{
			*op = (FFPosthogOperator) i;
			return true;
		}
	return false;
}

/* As a test, which an explanation shows with its value. */
static void
MakeTest(FFCompiler *compiler, const FFPosthogSetup *setup, FFString key, int64_t group,
		 const FFValue *value, FFPosthogFilter *filter, FFNode *node)
{
	FFTest	   *test = FFAlloc(sizeof(FFTest));

	node->kind = FF_NODE_TEST;
	node->count = 0;
	node->as.test = test;
	test->matcher = TestMatches;
	test->own = filter;
	test->label = FFPosthogOperatorNames[filter->op];
	if (value->type != FF_ABSENT)
	{
		test->values = FFAlloc(sizeof(FFValue));
		test->values[0] = FFCopy(value);
		test->count = 1;
	}
	InitAttribute(compiler, setup, key, group, &test->attribute);
}

/* As a node of this dialect: joined is_date_after "-7d" */
static void
MakeNode(FFCompiler *compiler, const FFPosthogSetup *setup, FFString key, int64_t group,
		 const FFValue *value, FFPosthogFilter *filter, FFNode *node)
{
	FFString	steps[2] = {FFStringOf("$groups", 7), {0}};
	FFText		label = {0};

	InitAttribute(compiler, setup, key, group, &filter->attribute);
	if (group != FF_POSTHOG_PERSON && filter->is_unit)
	{
		steps[1] = FFPosthogGroupType(setup, group);
		if (steps[1].data == NULL)
			steps[1] = FFStringOf("", 0);
		FFDialectAttribute(compiler, steps, 2, &filter->unit);
	}
	FFTextFormat(&label, "%.*s %s ", FF_QUOTED(key), FFPosthogOperatorNames[filter->op]);
	FFTextValue(&label, value);
	FFOwnNodeInit(node, label.data, FilterMatches, filter);
}

static void
CompileProperty(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFPosthogSetup *setup,
				int64_t group, FFNode *node)
{
	FFPosthogFilter *filter = FFAlloc(sizeof(FFPosthogFilter));
	FFValue		name = FFDialectMember(document, "key");
	FFValue		operator = FFDialectMember(document, "operator");
	FFValue		value = FFDialectMember(document, "value");
	FFString	key = FFValueTextJs(&name);
	FFString	text = operator.type <= FF_NULL ? FFStringOf("exact", 5) : FFValueTextJs(&operator);

	FFPosthogNever(node);
	if (name.type <= FF_NULL || !FindOperator(text.length == 0 ? FFStringOf("exact", 5) : text, &filter->op))
	{
		FFNoteFault(compiler, path, "a filter without key or with an unknown operator never holds");
		return;
	}
	filter->matches = FFPosthogMatcherOf(filter->op);
	filter->is_unit = FFStringIs(key, group == FF_POSTHOG_PERSON ? "distinct_id" : "$group_key");
	FFPosthogConstants(compiler, path, &value, setup, filter);
	if (filter->is_unit || filter->relative.unit != 0 || filter->regex != NULL ||
		(setup->service && filter->op >= FF_POSTHOG_BEFORE && filter->op <= FF_POSTHOG_AT))
		MakeNode(compiler, setup, key, group, &value, filter, node);
	else
		MakeTest(compiler, setup, key, group, &value, filter, node);
}

/* --- cohorts ------------------------------------------------------------------------------ */

/* Ids are numbers or texts. */
static bool
IsListed(const FFValue *list, FFString id)
{
	FFWalk		walk;
	FFValue		element;

	if (list->type != FF_ARRAY)
		return false;
	FFWalkStart(&walk, list);
	while (FFWalkNext(&walk, NULL, &element))
		if ((element.type == FF_STRING || element.type == FF_NUMBER) && FFStringEquals(FFPosthogJson(&element), id))
			return true;
	return false;
}

/* A cohort by its definition; of one that has none here the context tells the members. */
static bool
MemberMatches(FFEvaluation *evaluation, const void *state)
{
	const FFPosthogMember *member = state;
	bool		in;

	if (member->segment >= 0 && FFSegmentKnown(evaluation, member->segment))
	{
		in = FFSegmentNumbered(evaluation, member->segment);
		if (FF_UNLIKELY(evaluation->context->cyclic))
			evaluation->context->notes |= FF_POSTHOG_CYCLE;
		evaluation->context->cyclic = false;
	}
	else
		in = IsListed(FFAttributeValue(evaluation, &member->listed), member->id);
	return in == member->in;
}

void
FFPosthogMemberInit(FFCompiler *compiler, FFString id, int segment, bool in, FFNode *node)
{
	FFPosthogMember *member = FFAlloc(sizeof(FFPosthogMember));
	FFString	name = FFStringOf("$cohorts", 8);
	FFText		label = {0};

	member->segment = segment;
	member->in = in;
	member->id = FFStringCopy(id);
	FFDialectAttribute(compiler, &name, 1, &member->listed);
	FFTextFormat(&label, "cohort %s %.*s", in ? "in" : "not_in", FF_QUOTED(id));
	FFOwnNodeInit(node, label.data, MemberMatches, member);
}

static void
CompileCohort(FFCompiler *compiler, const FFPath *path, const FFValue *document, const FFPosthogSetup *setup,
			  FFNode *node)
{
	FFValue		value = FFDialectMember(document, "value");
	FFString	operator = FFDialectString(document, "operator");
	FFString	id = FFValueTextJs(&value);
	bool		out = operator.data != NULL && FFStringIs(operator, "not_in");

	if (id.length == 0 || value.type <= FF_NULL ||
		(setup->service && operator.data != NULL && !out && !FFStringIs(operator, "in")))
	{
		FFPosthogNever(node);
		FFNoteFault(compiler, path, "a filter that names no cohort, or has another operator than in and not_in, never holds");
		return;
	}
	FFPosthogMemberInit(compiler, id, FFInternSegment(compiler, id), !out, node);
}

/* --- other flags ---------------------------------------------------------------------------- */

typedef struct Dependency
{
	int			flag;
	FFValue		value;
} Dependency;

/* Off is off, whoever answers; a variant is on, and is its key. */
static bool
DependencyMet(FFEvaluation *evaluation, const void *state)
{
	const Dependency *dependency = state;
	FFTold		told;
	bool		on;

	FFAskFlag(evaluation, dependency->flag, &told);
	if (told.cyclic)
		evaluation->context->notes |= FF_POSTHOG_CYCLE;
	if (!told.known || told.cyclic)
		return false;
	on = told.truth >= 0 ? told.truth > 0 : told.value.type == FF_BOOL ? told.value.boolean :
		told.on && told.variation >= 0;
	if (dependency->value.type == FF_BOOL)
		return on == dependency->value.boolean;
	return on && FFValueEqual(&told.value, &dependency->value);
}

static void
CompileFlag(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFPosthogSetup *setup, FFNode *node)
{
	FFString	key = FFDialectString(document, "key");
	FFString	operator = FFDialectString(document, "operator");
	FFValue		value = FFDialectMember(document, "value");
	Dependency *dependency = FFAlloc(sizeof(Dependency));
	FFText		label = {0};

	FFPosthogNever(node);
	setup->broken |= setup->in_cohort;
	if (setup->in_cohort)
		return;
	if (key.data == NULL || operator.data == NULL || !FFStringIs(operator, "flag_evaluates_to"))
	{
		FFNoteFault(compiler, path, "a filter that names no flag, or has another operator than flag_evaluates_to, never holds");
		return;
	}
	dependency->flag = FFInternFlag(compiler, key);
	if (value.type != FF_BOOL && value.type != FF_STRING)
	{
		FFNoteFault(compiler, path, "a flag evaluates to true, false or the key of a variant: this never holds");
		return;
	}
	dependency->value = FFCopy(&value);
	FFTextFormat(&label, "flag %.*s evaluates to ", FF_QUOTED(key));
	FFTextValue(&label, &value);
	FFOwnNodeInit(node, label.data, DependencyMet, dependency);
}

/* --- all --------------------------------------------------------------------------------------- */

/* Whether a cohort has filters that go by events, which nobody here can tell. */
static bool
GoesByEvents(const FFPosthogSetup *setup, FFString type)
{
	return setup->in_cohort && type.data != NULL && !FFStringIs(type, "person") && !FFStringIs(type, "cohort") &&
		!FFStringIs(type, "flag") && !FFStringIs(type, "group");
}

void
FFPosthogFilterCompile(FFCompiler *compiler, const FFPath *path, const FFValue *document,
					   FFPosthogSetup *setup, int64_t group, FFNode *node)
{
	FFString	type = FFDialectString(document, "type");
	FFValue		index = FFDialectMember(document, "group_type_index");

	FFPosthogNever(node);
	if (document->type != FF_OBJECT)
		FFNoteFault(compiler, path, "a filter is no object: it never holds");
	else if (GoesByEvents(setup, type))
		setup->broken = true;
	else if (type.data != NULL && FFStringIs(type, "cohort"))
		CompileCohort(compiler, path, document, setup, node);
	else if (type.data != NULL && FFStringIs(type, "flag"))
		CompileFlag(compiler, path, document, setup, node);
	else
	{
		if (type.data != NULL && FFStringIs(type, "person"))
			group = FF_POSTHOG_PERSON;
		else if (type.data != NULL && FFStringIs(type, "group") && index.type > FF_NULL)
			group = FFPosthogGroupIndex(&index);
		CompileProperty(compiler, path, document, setup, group, node);
	}
}

void
FFPosthogFilters(FFCompiler *compiler, const FFPath *path, const FFValue *filters,
				 FFPosthogSetup *setup, int64_t group, FFNode *all)
{
	FFPath		inner = FFPathMember(path, FFStringOf("properties", 10));
	FFWalk		walk;
	FFValue		filter;

	all->kind = FF_NODE_ALL;
	all->count = 0;
	if (filters->type <= FF_NULL)
		return;
	if (filters->type != FF_ARRAY)
	{
		FFNoteFault(compiler, &inner, "properties are no array: they never hold");
		FFPosthogNever(all);
		return;
	}
	all->as.children = FFAlloc((size_t) FFCount(filters) * sizeof(FFNode) + 1);
	FFWalkStart(&walk, filters);
	while (FFWalkNext(&walk, NULL, &filter))
	{
		FFPath		element = FFPathElement(&inner, all->count);

		FFPosthogFilterCompile(compiler, &element, &filter, setup, group, &all->as.children[all->count++]);
		if (all->count % FILTERS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}
