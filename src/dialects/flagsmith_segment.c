/*
 * flagsmith_segment.c
 *	  Flagsmith's segments: rules of ALL, ANY and NONE over conditions and
 *	  rules.
 *
 * A segment is for identities: nobody else is in it.  One without rules has
 * nobody.  What cannot be evaluated there matches nobody here.
 */
#include <math.h>

#include "dialects/flagsmith.h"

#define MAX_DEPTH 100			/* of rules */
#define CONDITIONS_BETWEEN_INTERRUPTS 256

/* What the parts of a segment share. */
typedef struct Segment
{
	FFCompiler *compiler;
	FFFlagsmithHome *home;
	FFString	key;			/* that PERCENTAGE_SPLIT hashes */
	int			conditions;
} Segment;

/* A condition on what is no plain trait. */
typedef struct Lookup
{
	FFFlagsmithProperty property;
	FFTest		test;
} Lookup;

/* PERCENTAGE_SPLIT */
typedef struct Split
{
	FFFlagsmithProperty property;
	const FFFlagsmithHome *home;
	const FFRecipe *recipe;
	FFString	key;
	bool		is_share;
	double		share;
} Split;

static void
Always(FFNode *node)
{
	node->kind = FF_NODE_ALL;
	node->count = 0;
}

static void
Never(FFNode *node)
{
	node->kind = FF_NODE_ANY;
	node->count = 0;
}

/* --- the value of a condition -------------------------------------------------- */

/* A whole number beyond 64 bits: its digits without leading zeros. */
static void
ReadDigits(FFString text, FFFlagsmithConstant *constant)
{
	FFString	digits = FFTrim(text);

	constant->negative = digits.length > 0 && digits.data[0] == '-';
	if (digits.length > 0 && (digits.data[0] == '-' || digits.data[0] == '+'))
	{
		digits.data++;
		digits.length--;
	}
	while (digits.length > 1 && digits.data[0] == '0')
	{
		digits.data++;
		digits.length--;
	}
	for (int i = 0; i < digits.length; i++)
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return;
	if (digits.length > 0)
		constant->digits = digits;
}

/* "divisor|remainder" */
static void
ReadModulo(FFString text, FFFlagsmithConstant *constant)
{
	FFString	rest = text;
	FFString	divisor;
	FFString	remainder;
	FFString	more;

	constant->is_modulo = FFSplit(&rest, '|', &divisor) && FFSplit(&rest, '|', &remainder) &&
		!FFSplit(&rest, '|', &more) && FFParseFloatPython(divisor, &constant->divisor) &&
		FFParseFloatPython(remainder, &constant->remainder) && constant->divisor != 0;
}

static void
ReadVersion(FFString text, FFFlagsmithConstant *constant)
{
	static const char suffix[] = ":semver";
	int			length = (int) sizeof(suffix) - 1;

	constant->wants_version = text.length >= length &&
		memcmp(text.data + text.length - length, suffix, (size_t) length) == 0;
	if (!constant->wants_version)
		return;
	constant->bare = FFStringOf(text.data, text.length - length);
	constant->is_version = FFParseSemverAs(constant->bare, FF_SEMVER_STRICT, &constant->version);
}

/* The list of IN: an array, JSON text of one, or parts between commas. */
static void
ReadList(const FFValue *value, FFFlagsmithConstant *constant)
{
	FFString	rest = constant->utf8;
	FFWalk		walk;
	FFValue		element;
	FFString	part;
	bool		valid;

	if (value->type == FF_ARRAY)
	{
		FFWalkStart(&walk, value);
		while (FFWalkNext(&walk, NULL, &element))
			if (element.type < FF_ARRAY)
				FFSetAdd(&constant->list, FFUtf8(FFStringCopy(FFFlagsmithText(&element)), &valid), 0);
		return;
	}
	if (value->type != FF_STRING || FFFlagsmithList(constant->utf8, &constant->list))
		return;
	memset(&constant->list, 0, sizeof(constant->list));
	while (FFSplit(&rest, ',', &part))
		FFSetAdd(&constant->list, part, 0);
}

static void
ReadRegex(Segment *segment, const FFPath *path, FFFlagsmithConstant *constant)
{
	FFRegexSetup *setup = FFDialectRegexSetup(segment->compiler);
	char		message[160] = "out of memory";

	if (setup != NULL)
		constant->regex = FFRegexCompileAs(setup, constant->text, FF_FLAVOUR_PYTHON, false, true,
										   message, sizeof(message));
	if (constant->regex == NULL)
		FFNoteFault(segment->compiler, path, "regular expression that never matches: %s", message);
}

/* Prepare the value of a condition for whatever it will be compared with. */
static FFFlagsmithConstant *
ReadConstant(Segment *segment, const FFPath *path, const FFValue *value, const char *op)
{
	FFFlagsmithConstant *constant = FFAlloc(sizeof(FFFlagsmithConstant));
	bool		valid;

	constant->text = FFStringCopy(FFFlagsmithText(value));
	constant->utf8 = FFUtf8(constant->text, &valid);
	constant->truth = !FFStringIs(constant->text, "False") && !FFStringIs(constant->text, "false");
	constant->is_integer = FFParseIntPython(constant->text, &constant->integer);
	if (constant->is_integer)
		constant->negative = constant->integer < 0;
	else
		ReadDigits(constant->text, constant);
	constant->is_float = FFParseFloatPython(constant->text, &constant->number);
	ReadVersion(constant->text, constant);
	if (strcmp(op, "MODULO") == 0)
		ReadModulo(constant->text, constant);
	else if (strcmp(op, "IN") == 0)
		ReadList(value, constant);
	else if (strcmp(op, "REGEX") == 0)
		ReadRegex(segment, path, constant);
	return constant;
}

/* Tell of a value that no context value can be compared with. */
static void
NoteConstant(Segment *segment, const FFPath *path, const FFValue *value, const char *op,
			 const FFFlagsmithConstant *constant)
{
	bool		in = strcmp(op, "IN") == 0;

	if (strncmp(op, "IS_", 3) == 0)
		return;
	if (value->type != FF_STRING && !(in && value->type == FF_ARRAY))
		FFNoteFault(segment->compiler, path, "the value of a condition is text");
	else if (strcmp(op, "MODULO") == 0 && !constant->is_modulo)
		FFNoteFault(segment->compiler, path, "MODULO without divisor and remainder matches nobody");
	else if (constant->wants_version && !constant->is_version && strstr(op, "CONTAINS") == NULL)
		FFNoteFault(segment->compiler, path, "\"%.*s\" is no version", FF_QUOTED(constant->text));
}

/* --- conditions -------------------------------------------------------------------- */

static bool
MatchLookup(FFEvaluation *evaluation, const void *state)
{
	const Lookup *lookup = state;
	FFFlagsmithKey key;
	FFValue		value;

	FFFlagsmithPropertyValue(evaluation, &lookup->property, &key, &value);
	return lookup->test.matcher(&lookup->test, &value);
}

/* What was hashed and where that is, from which it could be guessed. */
static void
ExplainSplit(FFEvaluation *evaluation, const Split *split, FFString key, double value)
{
	const char *outcome = value <= split->share ? "inside" : "outside";

	if (evaluation->context->trace == NULL)
		return;
	if (FFFlagsmithShowsProperty(evaluation, &split->property))
		FFExplain(evaluation, "bucket", outcome, "%.6f of \"%.*s,%.*s\", share %g", value,
				  FF_QUOTED(split->key), FF_QUOTED(key), split->share);
	else
		FFExplain(evaluation, "bucket", outcome, "of a source that you may not read, share %g", split->share);
}

/* By what hashes at most to the share; a property that is not set hashes nowhere. */
static bool
MatchSplit(FFEvaluation *evaluation, const void *state)
{
	const Split *split = state;
	FFBucketing bucketing;
	FFFlagsmithKey key;
	FFValue		value = {0};

	if (!split->is_share)
		return false;
	if (split->property.text.length == 0)
		FFFlagsmithIdentityKey(evaluation, split->home, &key);
	else
	{
		FFFlagsmithPropertyValue(evaluation, &split->property, &key, &value);
		key.text = value.type == FF_ABSENT ? FFStringOf(NULL, 0) : FFFlagsmithText(&value);
	}
	if (key.text.data == NULL ||
		!FFRecipeRun(split->recipe, split->key, key.text, split->recipe->buckets, &bucketing))
		return false;
	ExplainSplit(evaluation, split, key.text, bucketing.value);
	return bucketing.value <= split->share;
}

/* property OPERATOR "value", for explanations */
static const char *
Describe(FFString property, const char *op, const FFFlagsmithConstant *constant)
{
	FFText		text = {0};

	FFTextFormat(&text, "%.*s%s%s \"%.*s\"", FF_QUOTED(property), property.length > 0 ? " " : "", op,
				 FF_QUOTED(constant->text));
	return text.data;
}

static void
CompileSplit(Segment *segment, const FFPath *path, FFString property, const FFValue *value, FFNode *node)
{
	Split	   *split = FFAlloc(sizeof(Split));
	FFFlagsmithConstant *constant = ReadConstant(segment, path, value, "PERCENTAGE_SPLIT");

	FFFlagsmithPropertyInit(segment->compiler, path, property, segment->home, &split->property);
	split->home = segment->home;
	split->recipe = FFRecipeFind(FFStringOf("flagsmith", 9));
	split->key = segment->key;
	split->is_share = constant->is_float;
	split->share = constant->number;
	if (!split->is_share)
		FFNoteFault(segment->compiler, path, "\"%.*s\" is no percentage", FF_QUOTED(constant->text));
	FFOwnNodeInit(node, Describe(property, "PERCENTAGE_SPLIT", constant), MatchSplit, split);
}

/* Prepare a test for its operator and value; its attribute is not set. */
static void
InitTest(Segment *segment, const FFPath *path, const FFFlagsmithOperator *op, const FFValue *value, FFTest *test)
{
	FFFlagsmithConstant *constant = ReadConstant(segment, path, value, op->name);

	NoteConstant(segment, path, value, op->name, constant);
	test->matcher = op->matcher;
	test->op = op->op;
	test->own = constant;
	test->label = op->name;
	if (value->type == FF_ABSENT || strncmp(op->name, "IS_", 3) == 0)
		return;
	test->count = 1;
	test->values = FFAlloc(sizeof(FFValue));
	test->values[0] = FFCopy(value);
}

/* A test of a trait, or of what a query finds. */
static void
CompileTest(Segment *segment, const FFPath *path, const FFFlagsmithOperator *op, FFString property,
			const FFValue *value, FFNode *node)
{
	Lookup	   *lookup;

	if (FFFlagsmithIsTrait(property))
	{
		node->kind = FF_NODE_TEST;
		node->as.test = FFAlloc(sizeof(FFTest));
		InitTest(segment, path, op, value, node->as.test);
		FFDialectAttribute(segment->compiler, &property, 1, &node->as.test->attribute);
		return;
	}
	lookup = FFAlloc(sizeof(Lookup));
	InitTest(segment, path, op, value, &lookup->test);
	FFFlagsmithPropertyInit(segment->compiler, path, property, segment->home, &lookup->property);
	FFOwnNodeInit(node, Describe(property, op->name, lookup->test.own), MatchLookup, lookup);
}

static const FFFlagsmithOperator *
FindOperator(FFString name)
{
	for (int i = 0; i < FFFlagsmithOperatorCount; i++)
		if (name.data != NULL && FFStringIs(name, FFFlagsmithOperators[i].name))
			return &FFFlagsmithOperators[i];
	return NULL;
}

static bool
CompileCondition(Segment *segment, const FFPath *path, const FFValue *document, int depth, FFNode *node)
{
	FFString	name = FFDialectString(document, "operator");
	FFString	property = FFDialectString(document, "property");
	FFValue		value = FFDialectMember(document, "value");
	const FFFlagsmithOperator *op = FindOperator(name);

	(void) depth;
	if (++segment->conditions % CONDITIONS_BETWEEN_INTERRUPTS == 0)
		FFCheckInterrupts();
	Never(node);
	if (property.data == NULL)	/* as environment documents have it */
		property = FFDialectString(document, "property_");
	if (property.data == NULL)
		property = FFStringOf("", 0);
	if (op == NULL)
		FFNoteFault(segment->compiler, path, "unknown operator \"%.*s\" matches nobody",
					name.data == NULL ? 0 : FFClip(name, 60), name.data == NULL ? "" : name.data);
	else if (op->matcher == NULL)
		CompileSplit(segment, path, property, &value, node);
	else
		CompileTest(segment, path, op, property, &value, node);
	return true;
}

/* --- rules -------------------------------------------------------------------------- */

typedef bool (*PartCompiler) (Segment *segment, const FFPath *path, const FFValue *document, int depth,
							  FFNode *node);

/* Join parts by the type of their rule. */
static void
Join(Segment *segment, const FFPath *path, FFString type, FFNode *children, int count, FFNode *node)
{
	FFNode	   *inner;

	node->kind = FF_NODE_ALL;
	node->count = count;
	node->as.children = children;
	if (type.data != NULL && FFStringIs(type, "ALL"))
		return;
	node->kind = FF_NODE_ANY;
	if (type.data != NULL && FFStringIs(type, "ANY"))
		return;
	if (type.data == NULL || !FFStringIs(type, "NONE"))
	{
		FFNoteFault(segment->compiler, path, "a rule is of ALL, ANY or NONE");
		Never(node);
		return;
	}
	inner = FFAlloc(sizeof(FFNode));
	*inner = *node;
	node->kind = FF_NODE_NOT;
	node->count = 1;
	node->as.children = inner;
}

/* The parts of one kind of a rule; none of them: always. */
static bool
CompileParts(Segment *segment, const FFPath *rule, const FFValue *document, const char *member,
			 PartCompiler compile, int depth, FFNode *node)
{
	FFValue		parts = FFDialectMember(document, member);
	FFPath		path = FFFlagsmithPath(rule, member);
	int			count = parts.type == FF_ARRAY ? FFCount(&parts) : 0;
	FFNode	   *children;
	FFWalk		walk;
	FFValue		part;

	Always(node);
	if (parts.type > FF_NULL && parts.type != FF_ARRAY)
		FFNoteFault(segment->compiler, &path, "%s are an array", member);
	if (count == 0)
		return true;
	children = FFAlloc((size_t) count * sizeof(FFNode));
	FFWalkStart(&walk, &parts);
	for (int i = 0; FFWalkNext(&walk, NULL, &part); i++)
	{
		FFPath		place = FFPathElement(&path, i);

		if (!compile(segment, &place, &part, depth, &children[i]))
			return false;
	}
	Join(segment, rule, FFDialectString(document, "type"), children, count, node);
	return true;
}

/* Conditions and rules inside a rule are joined apart, and both have to hold. */
static bool
CompileRule(Segment *segment, const FFPath *path, const FFValue *document, int depth, FFNode *node)
{
	FFNode	   *both;

	if (depth > MAX_DEPTH || FFStackIsDeep())
		return FFRefuse(segment->compiler, path, FF_ERROR_LIMIT, "rules are nested deeper than %d", MAX_DEPTH);
	Never(node);
	if (document->type != FF_OBJECT)
	{
		FFNoteFault(segment->compiler, path, "a rule that is no object matches nobody");
		return true;
	}
	both = FFAlloc(2 * sizeof(FFNode));
	if (!CompileParts(segment, path, document, "conditions", CompileCondition, depth + 1, &both[0]) ||
		!CompileParts(segment, path, document, "rules", CompileRule, depth + 1, &both[1]))
		return false;
	node->kind = FF_NODE_ALL;
	node->count = 2;
	node->as.children = both;
	if (both[1].kind == FF_NODE_ALL && both[1].count == 0)
		*node = both[0];
	else if (both[0].kind == FF_NODE_ALL && both[0].count == 0)
		*node = both[1];
	return true;
}

static bool
MatchIdentity(FFEvaluation *evaluation, const void *state)
{
	(void) state;
	return evaluation->context->user_key.data != NULL;
}

/* {"segment": {"key", "name", "rules"}, "environment": ..., ...} */
bool
FFFlagsmithSegmentCompile(FFCompiler *compiler, const FFValue *document, FFNode *root)
{
	Segment		segment = {.compiler = compiler, .home = FFAlloc(sizeof(FFFlagsmithHome))};
	FFPath		top = {0};
	FFPath		path = FFFlagsmithPath(&top, "segment");
	FFPath		rules_path = FFFlagsmithPath(&path, "rules");
	FFValue		body = FFDialectMember(document, "segment");
	FFValue		key = FFDialectMember(&body, "key");
	FFValue		rules = FFDialectMember(&body, "rules");
	int			count = rules.type == FF_ARRAY ? FFCount(&rules) : 0;
	FFWalk		walk;
	FFValue		rule;

	FFFlagsmithHomeInit(compiler, document, segment.home);
	segment.key = FFStringCopy(FFFlagsmithText(&key));
	Never(root);
	if (count == 0)
	{
		FFNoteFault(compiler, &rules_path, "a segment without rules has nobody");
		return true;
	}
	root->kind = FF_NODE_ALL;
	root->count = count + 1;
	root->as.children = FFAlloc((size_t) (count + 1) * sizeof(FFNode));
	FFOwnNodeInit(&root->as.children[0], "there is an identity", MatchIdentity, NULL);
	FFWalkStart(&walk, &rules);
	for (int i = 0; FFWalkNext(&walk, NULL, &rule); i++)
	{
		FFPath		place = FFPathElement(&rules_path, i);

		if (!CompileRule(&segment, &place, &rule, 1, &root->as.children[i + 1]))
			return false;
	}
	return true;
}
