/*
 * posthog_cohort.c
 *	  Compiles cohorts: groups of filters, one within the other.
 *
 * {"id": "5", "filters": {"type": "OR", "values": [...]}}.  Cohorts are of
 * persons.  One that goes by what persons did, or is a list, is not told here:
 * the attribute $cohorts of the context says who is in it.
 */
#include "dialects/posthog.h"

void
FFPosthogReadSetup(const FFValue *document, FFPosthogSetup *setup)
{
	FFString	sdk = FFDialectString(document, "sdk");
	FFValue		version = FFDialectMember(document, "property_matching_version");
	int64_t		number;

	memset(setup, 0, sizeof(*setup));
	setup->service = sdk.data != NULL && FFStringIs(sdk, "server");
	setup->explicit = version.type == FF_NUMBER && FFNumberScaled(&version, 0, &number) && number == 2;
	setup->group_types = FFDialectMember(document, "group_types");
}

static bool CompileGroup(FFCompiler *compiler, const FFPath *path, const FFValue *group,
						 FFPosthogSetup *setup, int depth, FFNode *node);

/* A filter, perhaps turned around, or a group. */
static bool
CompileValue(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFPosthogSetup *setup,
			 int depth, FFNode *node)
{
	FFValue		negation = FFDialectMember(value, "negation");
	FFValue		values = FFDialectMember(value, "values");

	if (values.type != FF_ABSENT || (value->type == FF_OBJECT && FFCount(value) == 0))
		return CompileGroup(compiler, path, value, setup, depth + 1, node);
	FFPosthogFilterCompile(compiler, path, value, setup, FF_POSTHOG_PERSON, node);
	if (negation.type == FF_BOOL && negation.boolean)
		FFPosthogNot(node);
	return true;
}

/* All or any of some values; an object without members holds for everybody. */
static bool
CompileGroup(FFCompiler *compiler, const FFPath *path, const FFValue *group, FFPosthogSetup *setup,
			 int depth, FFNode *node)
{
	FFString	type = FFDialectString(group, "type");
	FFValue		values = FFDialectMember(group, "values");
	FFPath		inner = FFPathMember(path, FFStringOf("values", 6));
	FFWalk		walk;
	FFValue		value;

	if (depth > FF_MAX_DEPTH)
		return FFRefuse(compiler, path, FF_ERROR_LIMIT, "a cohort nested more than %d deep", FF_MAX_DEPTH);
	FFPosthogNever(node);
	node->kind = FF_NODE_ALL;
	if (group->type == FF_OBJECT && FFCount(group) == 0)
		return true;
	if (type.data != NULL && FFStringIs(type, "OR"))
		node->kind = FF_NODE_ANY;
	else if (type.data == NULL || !(FFStringIs(type, "AND") || FFStringIs(type, "property")))
		setup->broken = true;
	if (values.type > FF_NULL && values.type != FF_ARRAY)
		setup->broken = true;
	if (values.type != FF_ARRAY || setup->broken)
		return true;
	node->as.children = FFAlloc((size_t) FFCount(&values) * sizeof(FFNode) + 1);
	FFWalkStart(&walk, &values);
	while (FFWalkNext(&walk, NULL, &value))
	{
		FFPath		element = FFPathElement(&inner, node->count);

		if (!CompileValue(compiler, &element, &value, setup, depth, &node->as.children[node->count++]))
			return false;
		FFCheckInterrupts();
	}
	return true;
}

bool
FFPosthogCohort(FFCompiler *compiler, const FFValue *document, FFNode *root)
{
	FFPath		top = {0};
	FFPath		path = FFPathMember(&top, FFStringOf("filters", 7));
	FFValue		filters = FFDialectMember(document, "filters");
	FFValue		id = FFDialectMember(document, "id");
	FFPosthogSetup setup;

	if (document->type != FF_OBJECT)
		return FFRefuseType(compiler, &top, "an object", document);
	FFPosthogReadSetup(document, &setup);
	setup.in_cohort = true;
	setup.broken = filters.type != FF_OBJECT;
	if (!setup.broken && !CompileGroup(compiler, &path, &filters, &setup, 0, root))
		return false;
	if (!setup.broken)
		return true;
	FFNoteFault(compiler, &path, "not evaluated here: the attribute $cohorts tells who is in it");
	FFPosthogMemberInit(compiler, FFValueTextJs(&id), -1, true, root);
	return true;
}
