/*
 * configcat_conditions.c
 *	  Conditions of ConfigCat: on an attribute, on another setting, on a segment.
 *
 * What comes here has the right shape.  A condition on an attribute is a test; it
 * is a node of its own where evaluation can meet what is invalid, and in a
 * segment, for there it matters that it cannot be evaluated.
 */
#include <math.h>

#include "dialects/configcat.h"

#define ITEMS_BETWEEN_INTERRUPTS 1024

/* A test whose outcome may be more than true or false. */
typedef struct Judged
{
	FFNode		test;
	bool		undecided;		/* to be noted */
} Judged;

typedef struct Prerequisite
{
	int			flag;
	FFValue		value;
	bool		negated;
} Prerequisite;

typedef struct InSegment
{
	int			segment;		/* -1: the reference is invalid */
	bool		negated;
	bool		invalid;		/* the comparator is */
} InSegment;

/* Note that the configuration is invalid; no condition then. */
static bool
Fail(FFEvaluation *evaluation)
{
	evaluation->context->notes |= FF_CONFIGCAT_INVALID;
	return false;
}

/* --- evaluating ------------------------------------------------------------- */

static bool
MatchTest(const FFTest *test, const FFValue *value)
{
	return FFConfigCatCompare(test->own, value) == FF_CONFIGCAT_TRUE;
}

static bool
MatchJudged(FFEvaluation *evaluation, const void *state)
{
	const Judged *judged = state;
	const FFTest *test = judged->test.as.test;

	if (FF_UNLIKELY(evaluation->context->trace != NULL))
		(void) FFNodeMatches(evaluation, &judged->test);
	switch (FFConfigCatCompare(test->own, FFAttributeValue(evaluation, &test->attribute)))
	{
		case FF_CONFIGCAT_TRUE:
			return true;
		case FF_CONFIGCAT_ERROR:
			return Fail(evaluation);
		case FF_CONFIGCAT_UNKNOWN:
			if (judged->undecided)
				evaluation->context->notes |= FF_CONFIGCAT_UNDECIDED;
			return false;
		default:
			return false;
	}
}

static bool
MatchInvalid(FFEvaluation *evaluation, const void *state)
{
	(void) state;
	return Fail(evaluation);
}

/* Numbers are what they are as doubles. */
static bool
SameValue(const FFValue *a, const FFValue *b)
{
	double		x;
	double		y;

	if (a->type != FF_NUMBER || b->type != FF_NUMBER)
		return FFValueEqual(a, b);
	(void) FFNumberDouble(a, &x);
	(void) FFNumberDouble(b, &y);
	return x == y;
}

/* A prerequisite that answers no value, or is asked in a circle, is an error. */
static bool
MatchPrerequisite(FFEvaluation *evaluation, const void *state)
{
	const Prerequisite *prerequisite = state;
	FFTold		told;
	bool		same;

	FFAskFlag(evaluation, prerequisite->flag, &told);
	if (!told.known || told.cyclic || told.error != FF_EVALUATION_OK || told.variation < 0)
		return Fail(evaluation);
	same = SameValue(&told.value, &prerequisite->value);
	return same != prerequisite->negated;
}

bool
FFConfigCatHasUser(const FFContext *context)
{
	return context->user_key.data != NULL ||
		(context->attributes.type == FF_OBJECT && FFCount(&context->attributes) > 0);
}

/* Who cannot be told to be in a segment is not outside of it either. */
static bool
MatchSegment(FFEvaluation *evaluation, const void *state)
{
	const InSegment *in = state;
	unsigned	undecided;
	bool		inside;

	if (!FFConfigCatHasUser(evaluation->context))
		return false;
	if (in->segment < 0 || !FFSegmentKnown(evaluation, in->segment))
		return Fail(evaluation);
	inside = FFSegmentNumbered(evaluation, in->segment);
	undecided = evaluation->context->notes & FF_CONFIGCAT_UNDECIDED;
	evaluation->context->notes &= ~FF_CONFIGCAT_UNDECIDED;
	if (undecided)
		return false;
	if (in->invalid)
		return Fail(evaluation);
	return inside != in->negated;
}

/* --- compiling: attributes ----------------------------------------------------- */

static double
NumberOf(const FFValue *object, const char *member)
{
	FFValue		value = FFDialectMember(object, member);
	double		number = NAN;

	if (value.type == FF_NUMBER)
		(void) FFNumberDouble(&value, &number);
	return number;
}

static FFString
Utf8Copy(FFString text)
{
	bool		valid;

	return FFStringCopy(FFUtf8(text, &valid));
}

/* "12_0123…": an integer, and what comes after the first underscore. */
static FFConfigCatSlice
ReadSlice(FFString text)
{
	FFConfigCatSlice slice = {0, FFStringOf(NULL, 0)};
	const char *end = text.length == 0 ? NULL : memchr(text.data, '_', (size_t) text.length);
	FFString	digits;
	double		length;
	int			at;

	if (end == NULL || end + 1 == text.data + text.length)
		return slice;
	digits = FFTrimJs(FFStringOf(text.data, (int) (end - text.data)));
	at = digits.length > 0 && (*digits.data == '+' || *digits.data == '-');
	if (at == digits.length)
		return slice;
	for (int i = at; i < digits.length; i++)
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return slice;
	if (!FFParseNumberJs(digits, &length) || !(length >= 0 && length <= 9007199254740991.0))
		return slice;
	slice.length = (int64_t) length;
	slice.hash = FFStringOf(end + 1, (int) (text.data + text.length - end - 1));
	return slice;
}

/* One comparison value more; an empty version does not count. */
static void
AddText(FFCompiler *compiler, const FFPath *path, FFConfigCatComparison *comparison, FFString text)
{
	const FFConfigCatComparator *comparator = comparison->comparator;
	int			place = comparison->count;
	FFString	utf8 = Utf8Copy(text);

	if (comparator->kind == FF_CONFIGCAT_VERSION)
	{
		if (text.length == 0 && comparator->member == 'l')
			return;
		if (!FFParseSemverNpm(utf8, &comparison->versions[place]))
		{
			FFNoteFault(compiler, path, "\"%.*s\" is no version: the condition is never true", FF_QUOTED(text));
			comparison->never = true;
		}
	}
	else if (comparator->relation == FF_CONFIGCAT_AMONG)
		(void) FFSetAdd(&comparison->set, utf8, place);
	else if (comparator->hashed)
	{
		comparison->slices[place] = ReadSlice(utf8);
		if (comparison->slices[place].hash.data == NULL)
			FFNoteFault(compiler, path, "\"%.*s\" is no length and hash: an error when it is reached",
						FF_QUOTED(text));
	}
	comparison->texts[place] = utf8;
	comparison->count++;
}

static void
Reserve(FFConfigCatComparison *comparison, int count)
{
	comparison->texts = FFAlloc((size_t) count * sizeof(FFString) + 1);
	if (comparison->comparator->kind == FF_CONFIGCAT_VERSION)
		comparison->versions = FFAlloc((size_t) count * sizeof(FFSemver) + 1);
	else if (comparison->comparator->relation == FF_CONFIGCAT_AMONG)
		FFSetReserve(&comparison->set, count);
	else if (comparison->comparator->hashed)
		comparison->slices = FFAlloc((size_t) count * sizeof(FFConfigCatSlice) + 1);
}

static void
AddTexts(FFCompiler *compiler, const FFPath *path, FFConfigCatComparison *comparison, const FFValue *list)
{
	FFWalk		walk;
	FFValue		item;
	int			i = 0;

	Reserve(comparison, FFCount(list));
	FFWalkStart(&walk, list);
	while (FFWalkNext(&walk, NULL, &item))
	{
		FFPath		inner = FFPathElement(path, i++);

		AddText(compiler, &inner, comparison, FFStringOf(item.data, item.length));
		if (i % ITEMS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}

/* The comparison value, where the comparator has it. */
static void
ReadComparisonValue(FFCompiler *compiler, const FFPath *path, const FFValue *value,
					FFConfigCatComparison *comparison)
{
	if (value->type == FF_ABSENT || value->type == FF_NULL)
	{
		FFNoteFault(compiler, path, "the comparison value is missing: an error when it is reached");
		comparison->incomplete = true;
		return;
	}
	switch (comparison->comparator->member)
	{
		case 'd':
			(void) FFNumberDouble(value, &comparison->number);
			break;
		case 's':
			Reserve(comparison, 1);
			AddText(compiler, path, comparison, FFStringOf(value->data, value->length));
			break;
		default:
			AddTexts(compiler, path, comparison, value);
			break;
	}
}

/* What is hashed after a text; without a salt nothing can be. */
static void
ReadSalt(FFCompiler *compiler, const FFPath *path, FFString salt, FFString salted,
		 FFConfigCatComparison *comparison)
{
	FFText		suffix = {0};
	FFString	utf8;

	if (salt.data == NULL)
	{
		FFNoteFault(compiler, path, "the configuration has no salt: an error when it is reached");
		comparison->incomplete = true;
		return;
	}
	utf8 = Utf8Copy(salt);
	FFTextAdd(&suffix, utf8.data, utf8.length);
	utf8 = Utf8Copy(salted);
	FFTextAdd(&suffix, utf8.data, utf8.length);
	comparison->suffix = FFStringOf(suffix.data, suffix.length);
}

/* What an explanation shows as compared with: not what is hashed. */
static void
ShowValues(FFTest *test, const FFConfigCatComparator *comparator, const FFValue *value)
{
	test->label = comparator->label;
	if (comparator->hashed || value->type == FF_ABSENT || value->type == FF_NULL)
		return;
	if (comparator->member != 'l')
	{
		test->values = FFAlloc(sizeof(FFValue));
		test->values[test->count++] = FFCopy(value);
		return;
	}
	test->values = FFAlloc((size_t) FFCount(value) * sizeof(FFValue) + 1);
	for (; test->count < FFCount(value); test->count++)
	{
		FFValue		element = FFElement(value, test->count);

		test->values[test->count] = FFCopy(&element);
	}
}

static FFConfigCatComparison *
ReadComparison(FFCompiler *compiler, const FFPath *path, const FFValue *condition,
			   FFString salt, FFString salted, FFTest *test)
{
	FFConfigCatComparison *comparison = FFAlloc(sizeof(FFConfigCatComparison));
	const FFConfigCatComparator *comparator = FFConfigCatFindComparator(NumberOf(condition, "c"));
	char		member[] = {comparator == NULL ? 's' : comparator->member, '\0'};
	FFValue		value = FFDialectMember(condition, member);
	FFPath		inner = FFPathMember(path, FFStringOf(member, 1));

	comparison->comparator = comparator;
	test->label = "invalid comparator";
	if (comparator == NULL)
	{
		FFNoteFault(compiler, path, "the comparator is invalid: an error when it is reached");
		return comparison;
	}
	ReadComparisonValue(compiler, &inner, &value, comparison);
	if (comparator->hashed)
		ReadSalt(compiler, path, salt, salted, comparison);
	ShowValues(test, comparator, &value);
	return comparison;
}

/* The attribute of a name; Identifier is the user key. */
static void
FindAttribute(FFCompiler *compiler, FFString name, FFAttribute *attribute)
{
	if (!FFStringIs(name, "Identifier"))
	{
		FFDialectAttribute(compiler, &name, 1, attribute);
		return;
	}
	memset(attribute, 0, sizeof(*attribute));
	attribute->name = FFStringOf("Identifier", 10);
	attribute->slot = FF_SLOT_USER_KEY;
	attribute->literal = FF_SLOT_NONE;
}

void
FFConfigCatCompileTest(FFCompiler *compiler, const FFPath *path, const FFValue *condition,
					   FFString salt, FFString salted, bool undecided, FFNode *node)
{
	FFTest	   *test = FFAlloc(sizeof(FFTest));
	FFConfigCatComparison *comparison = ReadComparison(compiler, path, condition, salt, salted, test);

	test->matcher = MatchTest;
	test->own = comparison;
	FindAttribute(compiler, FFDialectString(condition, "a"), &test->attribute);
	if (undecided || FFConfigCatCanFail(comparison))
	{
		Judged	   *judged = FFAlloc(sizeof(Judged));
		FFText		name = {0};

		FFTextFormat(&name, "condition on %.*s", FF_QUOTED(test->attribute.name));
		judged->test.kind = FF_NODE_TEST;
		judged->test.as.test = test;
		judged->undecided = undecided;
		FFOwnNodeInit(node, name.data, MatchJudged, judged);
		return;
	}
	node->kind = FF_NODE_TEST;
	node->as.test = test;
}

/* --- compiling: settings and segments ---------------------------------------------- */

/* "key" answers true: what an explanation calls a condition. */
static const char *
Named(const char *what, FFString key, const FFValue *value)
{
	FFText		name = {0};

	FFTextFormat(&name, "\"%.*s\" %s", FF_QUOTED(key), what);
	if (value != NULL)
	{
		FFTextFormat(&name, " ");
		FFTextValue(&name, value);
	}
	return name.data;
}

static void
CompileInvalid(FFCompiler *compiler, const FFPath *path, const char *why, FFNode *node)
{
	FFNoteFault(compiler, path, "%s: an error when it is reached", why);
	FFOwnNodeInit(node, why, MatchInvalid, NULL);
}

const FFValue *
FFConfigCatTypedValue(const FFValue *wrapped, int type, FFValue *value)
{
	static const char *const members[] = {"b", "s", "i", "d"};

	if (type < 0)
		return NULL;
	*value = FFDialectMember(wrapped, members[type]);
	return value->type == FF_ABSENT || value->type == FF_NULL ? NULL : value;
}

/* The type of another setting, as the import found it; -1: invalid, or no such setting. */
static int
TypeOfSetting(const FFValue *document, FFString key)
{
	FFValue		types = FFDialectMember(document, "types");
	FFValue		type = {0};
	double		number;

	if (types.type == FF_OBJECT)
		type = FFMember(&types, key.data, key.length);
	if (type.type != FF_NUMBER || !FFNumberDouble(&type, &number))
		return -1;
	for (int i = FF_CONFIGCAT_BOOLEAN; i <= FF_CONFIGCAT_DOUBLE; i++)
		if (number == i)
			return i;
	return -1;
}

/* Comparators of settings and segments: 0 is, 1 is not. */
static bool
IsPair(double comparator)
{
	return comparator == 0 || comparator == 1;
}

static void
CompilePrerequisite(FFCompiler *compiler, const FFPath *path, const FFValue *document,
					const FFValue *condition, FFNode *node)
{
	FFString	key = FFDialectString(condition, "f");
	int			type = TypeOfSetting(document, key);
	FFValue		wrapped = FFDialectMember(condition, "v");
	FFValue		value;
	Prerequisite *prerequisite;

	if (type < 0)
		CompileInvalid(compiler, path, "the prerequisite is missing or of no valid type", node);
	else if (FFConfigCatTypedValue(&wrapped, type, &value) == NULL)
		CompileInvalid(compiler, path, "the comparison value is not of the prerequisite's type", node);
	else if (!IsPair(NumberOf(condition, "c")))
		CompileInvalid(compiler, path, "the comparator is invalid", node);
	else
	{
		prerequisite = FFAlloc(sizeof(Prerequisite));
		prerequisite->flag = FFInternFlag(compiler, FFStringCopy(key));
		prerequisite->value = FFCopy(&value);
		prerequisite->negated = NumberOf(condition, "c") == 1;
		FFOwnNodeInit(node, Named(prerequisite->negated ? "does not answer" : "answers", key, &value),
					  MatchPrerequisite, prerequisite);
	}
}

/* The key of the segment that stands at an index in the configuration. */
static FFString
SegmentKey(const FFValue *document, const FFValue *condition)
{
	FFValue		segments = FFDialectMember(document, "segments");
	FFValue		index = FFDialectMember(condition, "s");
	FFString	digits = FFNumberText(&index);
	FFValue		key = {0};

	if (segments.type == FF_OBJECT)
		key = FFMember(&segments, digits.data, digits.length);
	return key.type == FF_STRING ? FFStringOf(key.data, key.length) : FFStringOf(NULL, 0);
}

static void
CompileInSegment(FFCompiler *compiler, const FFPath *path, const FFValue *document,
				 const FFValue *condition, FFNode *node)
{
	InSegment  *in = FFAlloc(sizeof(InSegment));
	FFString	key = SegmentKey(document, condition);

	in->segment = key.data == NULL ? -1 : FFInternSegment(compiler, FFStringCopy(key));
	in->negated = NumberOf(condition, "c") == 1;
	in->invalid = !IsPair(NumberOf(condition, "c"));
	if (key.data == NULL)
		FFNoteFault(compiler, path, "there is no such segment: an error when it is reached");
	if (in->invalid)
		FFNoteFault(compiler, path, "the comparator is invalid: an error when it is reached");
	FFOwnNodeInit(node, Named(in->negated ? "does not have the user" : "has the user", key, NULL),
				  MatchSegment, in);
}

/* --- compiling: rules ------------------------------------------------------------- */

/* A condition is of one kind exactly. */
static void
CompileCondition(FFCompiler *compiler, const FFPath *path, const FFValue *document,
				 const FFValue *condition, FFNode *node)
{
	static const char *const kinds[] = {"u", "p", "s"};
	FFPath		inner = *path;
	FFValue		found = {0};
	int			count = 0;
	int			kind = 0;

	for (int i = 0; i < FF_LENGTH(kinds); i++)
	{
		FFValue		value = FFDialectMember(condition, kinds[i]);

		if (value.type != FF_OBJECT)
			continue;
		found = value;
		kind = i;
		inner = FFPathMember(path, FFStringOf(kinds[i], 1));
		count++;
	}
	if (count != 1)
		CompileInvalid(compiler, path, "a condition is on an attribute, a setting or a segment", node);
	else if (kind == 0)
		FFConfigCatCompileTest(compiler, &inner, &found, FFDialectString(document, "salt"),
							   FFDialectString(document, "key"), false, node);
	else if (kind == 1)
		CompilePrerequisite(compiler, &inner, document, &found, node);
	else
		CompileInSegment(compiler, &inner, document, &found, node);
}

/* The conditions of a rule; false: it has none. */
bool
FFConfigCatCompileConditions(FFCompiler *compiler, const FFPath *path, const FFValue *document,
							 const FFValue *conditions, FFNode *node)
{
	FFWalk		walk;
	FFValue		condition;
	int			i = 0;

	if (conditions->type != FF_ARRAY || FFCount(conditions) == 0)
		return false;
	node->kind = FF_NODE_ALL;
	node->count = FFCount(conditions);
	node->as.children = FFAlloc((size_t) node->count * sizeof(FFNode));
	FFWalkStart(&walk, conditions);
	while (FFWalkNext(&walk, NULL, &condition))
	{
		FFPath		inner = FFPathElement(path, i);

		CompileCondition(compiler, &inner, document, &condition, &node->as.children[i]);
		if (++i % ITEMS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
	return true;
}

/* A segment: {"name", "salt", "conditions"}. */
bool
FFConfigCatCompileSegment(FFCompiler *compiler, const FFValue *document, FFNode *root)
{
	FFPath		path = {0};
	FFPath		inner = FFPathMember(&path, FFStringOf("conditions", 10));
	FFValue		conditions = FFDialectMember(document, "conditions");

	root->kind = FF_NODE_ALL;
	if (!FFConfigCatAreUserConditions(compiler, &inner, &conditions))
	{
		FFOwnNodeInit(root, "malformed", MatchInvalid, NULL);
		return true;
	}
	if (conditions.type != FF_ARRAY)
		return true;
	root->as.children = FFAlloc((size_t) FFCount(&conditions) * sizeof(FFNode) + 1);
	for (; root->count < FFCount(&conditions); root->count++)
	{
		FFValue		condition = FFElement(&conditions, root->count);
		FFPath		element = FFPathElement(&inner, root->count);

		FFConfigCatCompileTest(compiler, &element, &condition, FFDialectString(document, "salt"),
							   FFDialectString(document, "name"), true, &root->as.children[root->count]);
	}
	return true;
}
