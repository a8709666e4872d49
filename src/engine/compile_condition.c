/*
 * compile_condition.c
 *	  Conditions: documents to trees of tests.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/program.h"

#define CHILDREN_BETWEEN_INTERRUPTS 256

/* The members of a condition, in the order of Member. */
typedef enum Member
{
	ALL,
	ANY,
	NOT,
	SEGMENT,
	ATTRIBUTE,					/* those before belong to kinds of conditions */
	OP,
	VALUES,
	VALUE,
	IGNORE_CASE,
	MEMBERS
} Member;

#define KINDS (ATTRIBUTE + 1)

static const char *const member_names[MEMBERS] = {
	"all", "any", "not", "segment", "attribute",
	"op", "values", "value", "ignore_case"
};

static FFPath
MemberPath(const FFPath *path, Member member)
{
	const char *name = member_names[member];

	return FFPathMember(path, FFStringOf(name, (int) strlen(name)));
}

/* The number of a name in a set, which it joins when it is new. */
static int
Intern(FFSet *set, FFString name)
{
	int			index = FFSetFind(set, name);

	if (index >= 0)
		return index;
	index = set->count;
	FFSetAdd(set, name, index);
	return index;
}

/* The number of a segment that a document names. */
int
FFInternSegment(FFCompiler *compiler, FFString key)
{
	return Intern(&compiler->segments, key);
}

/* The number of another flag that a document names. */
int
FFInternFlag(FFCompiler *compiler, FFString key)
{
	return Intern(&compiler->flags, key);
}

/* The number of a top-level attribute, in order of appearance. */
int
FFInternName(FFCompiler *compiler, FFString name)
{
	return Intern(&compiler->names, name);
}

/* Split a dotted name into its first step and the further ones. */
static void
SplitName(FFCompiler *compiler, FFAttribute *attribute)
{
	FFString	rest = attribute->name;
	const char *dot;
	int			dots = 0;

	for (int i = 0; i < rest.length; i++)
		dots += rest.data[i] == '.';
	if (dots > 0)
	{
		attribute->literal = FFInternName(compiler, attribute->name);
		attribute->steps = FFAlloc((size_t) dots * sizeof(FFString));
	}
	for (int i = -1; i < dots; i++)
	{
		FFString	step = rest;

		dot = memchr(rest.data, '.', (size_t) rest.length);
		if (dot != NULL)
			step.length = (int) (dot - rest.data);
		if (i < 0)
			attribute->slot = FFInternName(compiler, step);
		else
			attribute->steps[i] = step;
		rest.data += step.length + 1;
		rest.length -= step.length + 1;
	}
	attribute->count = dots;
}

/* Prepare the name of an attribute for look-ups. */
bool
FFCompileAttribute(FFCompiler *compiler, const FFPath *path,
				   const FFValue *name, FFAttribute *attribute)
{
	if (name->type != FF_STRING)
		return FFRefuseType(compiler, path, "the name of an attribute", name);
	if (name->length == 0)
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
						"the name of an attribute is empty");
	attribute->name = FFStringCopy(FFStringOf(name->data, name->length));
	attribute->literal = FF_SLOT_NONE;
	if (FFStringIs(attribute->name, "user_key"))
	{
		attribute->slot = FF_SLOT_USER_KEY;
		return true;
	}
	SplitName(compiler, attribute);
	attribute->next = compiler->attributes;
	compiler->attributes = attribute;
	return true;
}

/* Read ignore_case, which operators on texts alone know. */
static bool
CompileCase(FFCompiler *compiler, const FFPath *path, const FFValue *document,
			FFTest *test)
{
	FFPath		inner = MemberPath(path, IGNORE_CASE);

	if (document->type == FF_ABSENT)
		return true;
	if (document->type != FF_BOOL)
		return FFRefuseType(compiler, &inner, "a boolean", document);
	if (document->boolean && !FFTakesCase(test->op))
		return FFRefuse(compiler, &inner, FF_ERROR_DOCUMENT,
						"%s cannot ignore case", FFOperatorName(test->op));
	test->ignore_case = document->boolean;
	return true;
}

/* Read the operator. */
static bool
CompileOperator(FFCompiler *compiler, const FFPath *path,
				const FFValue *document, FFTest *test)
{
	FFPath		inner = MemberPath(path, OP);
	FFString	name = FFStringOf(document->data, document->length);

	if (document->type == FF_ABSENT)
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
						"a condition on an attribute needs op");
	if (document->type != FF_STRING)
		return FFRefuseType(compiler, &inner, "the name of an operator", document);
	if (!FFFindOperator(name, &test->op))
		return FFRefuse(compiler, &inner, FF_ERROR_DOCUMENT,
						"unknown operator \"%.*s\"", FF_QUOTED(name));
	test->matcher = FFOperatorMatcher(test->op);
	test->negated = test->op == FF_OP_NE || test->op == FF_OP_NOT_IN;
	return true;
}

/* Read the constants, from values or the shorthand value. */
static bool
CompileConstants(FFCompiler *compiler, const FFPath *path,
				 const FFField *fields, FFTest *test)
{
	const FFValue *values = &fields[VALUES].value;
	const FFValue *value = &fields[VALUE].value;
	FFPath		inner = MemberPath(path, value->type == FF_ABSENT ? VALUES : VALUE);

	if (values->type != FF_ABSENT && value->type != FF_ABSENT)
		return FFRefuse(compiler, &inner, FF_ERROR_DOCUMENT,
						"a condition has values or value, not both");
	if (value->type != FF_ABSENT)
		return FFCompileValues(compiler, &inner, value, true, test);
	if (values->type != FF_ABSENT)
		return FFCompileValues(compiler, &inner, values, false, test);
	if (test->op != FF_OP_EXISTS)
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT, "%s needs values",
						FFOperatorName(test->op));
	test->wants_true = true;
	return true;
}

/* {"attribute": …, "op": …, "values": …, "ignore_case": …} */
static bool
CompileTest(FFCompiler *compiler, const FFPath *path, const FFField *fields,
			FFNode *node)
{
	FFTest	   *test = FFAlloc(sizeof(FFTest));
	FFPath		inner = MemberPath(path, ATTRIBUTE);

	node->kind = FF_NODE_TEST;
	node->as.test = test;
	return FFCompileAttribute(compiler, &inner, &fields[ATTRIBUTE].value,
							  &test->attribute) &&
		CompileOperator(compiler, path, &fields[OP].value, test) &&
		CompileCase(compiler, path, &fields[IGNORE_CASE].value, test) &&
		CompileConstants(compiler, path, fields, test);
}

/* {"segment": "key"} */
static bool
CompileSegment(FFCompiler *compiler, const FFPath *path,
			   const FFValue *document, FFNode *node)
{
	FFString	key = FFStringOf(document->data, document->length);

	if (document->type != FF_STRING)
		return FFRefuseType(compiler, path, "the key of a segment", document);
	if (key.length == 0)
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
						"the key of a segment is empty");
	node->kind = FF_NODE_SEGMENT;
	node->count = FFSetFind(&compiler->segments, key);
	if (node->count < 0)
	{
		node->count = compiler->segments.count;
		FFSetAdd(&compiler->segments, FFStringCopy(key), node->count);
	}
	return true;
}

/* {"all": […]} and {"any": […]} */
static bool
CompileGroup(FFCompiler *compiler, const FFPath *path, const FFValue *document,
			 int depth, FFNode *node)
{
	FFWalk		walk;
	FFValue		child;
	int			i = 0;

	if (document->type != FF_ARRAY)
		return FFRefuseType(compiler, path, "an array of conditions", document);
	node->count = FFCount(document);
	node->as.children = FFAlloc((size_t) node->count * sizeof(FFNode));
	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, NULL, &child))
	{
		FFPath		inner = FFPathElement(path, i);

		if (!FFCompileNode(compiler, &inner, &child, depth + 1,
						   &node->as.children[i]))
			return false;
		if (++i % CHILDREN_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
	return true;
}

/* {"not": {…}} */
static bool
CompileNot(FFCompiler *compiler, const FFPath *path, const FFValue *document,
		   int depth, FFNode *node)
{
	node->kind = FF_NODE_NOT;
	node->count = 1;
	node->as.children = FFAlloc(sizeof(FFNode));
	return FFCompileNode(compiler, path, document, depth + 1, node->as.children);
}

/* Which kind of condition this is: exactly one of the first members is given. */
static bool
FindKind(FFCompiler *compiler, const FFPath *path, const FFField *fields,
		 Member *kind)
{
	int			found = 0;

	for (int i = 0; i < KINDS; i++)
		if (fields[i].value.type != FF_ABSENT)
		{
			*kind = (Member) i;
			found++;
		}
	if (found != 1)
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
						"a condition has exactly one of all, any, not, segment and attribute");
	for (int i = OP; i < MEMBERS; i++)
		if (*kind != ATTRIBUTE && fields[i].value.type != FF_ABSENT)
			return FFRefuseAt(compiler, path, member_names[i], FF_ERROR_DOCUMENT,
							  "%s belongs to a condition on an attribute",
							  member_names[i]);
	return true;
}

/* Compile one condition with all that is inside it. */
bool
FFCompileNode(FFCompiler *compiler, const FFPath *path,
			  const FFValue *document, int depth, FFNode *node)
{
	FFField		fields[MEMBERS] = {{0}};
	Member		kind = ALL;
	FFPath		inner;

	if (depth > FF_MAX_DEPTH || FFStackIsDeep())
		return FFRefuse(compiler, path, FF_ERROR_LIMIT,
						"conditions are nested more than %d deep", FF_MAX_DEPTH);
	for (int i = 0; i < MEMBERS; i++)
		fields[i].name = member_names[i];
	if (!FFReadFields(compiler, path, document, fields, MEMBERS) ||
		!FindKind(compiler, path, fields, &kind))
		return false;
	inner = MemberPath(path, kind);
	switch (kind)
	{
		case ATTRIBUTE:
			return CompileTest(compiler, path, fields, node);
		case SEGMENT:
			return CompileSegment(compiler, &inner, &fields[kind].value, node);
		case NOT:
			return CompileNot(compiler, &inner, &fields[kind].value, depth, node);
		default:
			node->kind = kind == ALL ? FF_NODE_ALL : FF_NODE_ANY;
			return CompileGroup(compiler, &inner, &fields[kind].value, depth, node);
	}
}

static int
CompareEntries(const void *a, const void *b)
{
	const FFSetEntry *first = a;
	const FFSetEntry *second = b;

	return FFNameCompare(FFStringOf(first->data, first->length),
						 FFStringOf(second->data, second->length));
}

/* The keys of a set, in the order of their numbers. */
static FFSegmentKeys
KeysOf(const FFSet *set)
{
	FFSegmentKeys keys;

	keys.count = set->count;
	keys.keys = FFAlloc((size_t) set->count * sizeof(FFString) + 1);
	for (int i = 0; i < set->count; i++)
		keys.keys[i] = FFStringOf(set->entries[i].data, set->entries[i].length);
	return keys;
}

/* Sort the attributes' names, and let the attributes know their new places. */
void
FFFinishNeeds(FFCompiler *compiler, FFNeeds *needs)
{
	FFSet	   *names = &compiler->names;
	int		   *places = FFAlloc((size_t) names->count * sizeof(int) + 1);

	needs->count = names->count;
	needs->names = FFAlloc((size_t) names->count * sizeof(FFString) + 1);
	if (names->count > 1)
		qsort(names->entries, (size_t) names->count, sizeof(FFSetEntry),
			  CompareEntries);
	for (int i = 0; i < names->count; i++)
	{
		needs->names[i] = FFStringOf(names->entries[i].data,
									 names->entries[i].length);
		places[names->entries[i].value] = i;
	}
	for (FFAttribute *a = compiler->attributes; a != NULL; a = a->next)
	{
		a->slot = places[a->slot];
		if (a->literal >= 0)
			a->literal = places[a->literal];
	}
	FFFree(places);
	needs->segments = KeysOf(&compiler->segments);
	needs->flags = KeysOf(&compiler->flags);
}

/* Compile a condition alone: a segment, or one to be checked. */
FFCondition *
FFConditionCompile(const FFValue *document, FFError *error)
{
	FFCompiler	compiler = {.error = error, .document = "condition"};
	FFPath		root = {0};
	FFCondition *condition = FFAlloc(sizeof(FFCondition));

	memset(error, 0, sizeof(FFError));
	if (!FFCompileNode(&compiler, &root, document, 1, &condition->root))
		return NULL;
	FFFinishNeeds(&compiler, &condition->needs);
	return condition;
}
