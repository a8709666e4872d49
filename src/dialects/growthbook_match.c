/*
 * growthbook_match.c
 *	  GrowthBook: whether a value meets what a condition asks of it.
 */
#include <math.h>
#include <stdlib.h>

#include "dialects/growthbook.h"

#define PADDED_DIGITS 5
#define VERSION_BYTES 256		/* of a padded version that needs no allocation */
#define LINEAR_NUMBERS 8
#define ASCII_BYTES 128

/* --- lists ------------------------------------------------------------------ */

static bool
HasNumber(const FFGbList *list, double d)
{
	int			low = 0;
	int			high = list->number_count;

	while (high - low > LINEAR_NUMBERS)
	{
		int			middle = low + (high - low) / 2;

		if (list->numbers[middle] <= d)
			low = middle;
		else
			high = middle;
	}
	for (; low < high; low++)
		if (list->numbers[low] == d)
			return true;
	return false;
}

/* Lower case of short ASCII text into a buffer; false: it is another. */
static bool
LowerAscii(FFString text, char *room)
{
	if (text.length > ASCII_BYTES)
		return false;
	for (int i = 0; i < text.length; i++)
	{
		unsigned char byte = (unsigned char) text.data[i];

		if (byte >= 0x80)
			return false;
		room[i] = (char) (byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
	}
	return true;
}

static bool
HasString(const FFGbList *list, FFString text)
{
	char		room[ASCII_BYTES];

	if (!list->folded)
		return FFSetFind(&list->strings, text) >= 0;
	return FFSetFind(&list->strings, LowerAscii(text, room) ?
					 FFStringOf(room, text.length) : FFLowerJs(text)) >= 0;
}

/* Whether a list has a value by ===, which no array or object is to another. */
static bool
HasValue(const FFGbList *list, const FFGbOperand *operand)
{
	const FFValue *value = &operand->value;

	switch (value->type)
	{
		case FF_NULL:
			return list->has_null;
		case FF_BOOL:
			return value->boolean ? list->has_true : list->has_false;
		case FF_NUMBER:
			return list->number_count > 0 && HasNumber(list, FFGbNumber(operand));
		case FF_STRING:
			return HasString(list, FFStringOf(value->data, value->length));
		default:
			return false;
	}
}

bool
FFGbListHas(const FFGbList *list, const FFGbOperand *operand)
{
	FFWalk		walk;
	FFValue		element;

	if (operand->value.type != FF_ARRAY)
		return HasValue(list, operand);
	FFWalkStart(&walk, &operand->value);
	while (FFWalkNext(&walk, NULL, &element))
	{
		FFGbOperand one = FFGbOperandOf(&element);

		if (HasValue(list, &one))
			return true;
	}
	return false;
}

/* --- versions ------------------------------------------------------------------ */

/* Where build information begins: the first plus with no line end behind it. */
static int
BuildStart(FFString version)
{
	int			start = -1;
	int			bytes;

	for (int at = 0; at < version.length; at += bytes)
	{
		int			point = FFPointAt(version, at, &bytes);

		if (point == '\n' || point == '\r' || point == 0x2028 || point == 0x2029)
			start = -1;
		else if (point == '+' && start < 0)
			start = at;
	}
	return start < 0 ? version.length : start;
}

static bool
IsDigits(FFString part)
{
	for (int i = 0; i < part.length; i++)
		if (part.data[i] < '0' || part.data[i] > '9')
			return false;
	return part.length > 0;
}

/* The part up to the next hyphen or point; false: there was none left. */
static bool
NextPart(FFString *rest, FFString *part)
{
	int			at = 0;

	if (rest->data == NULL)
		return false;
	*part = *rest;
	while (at < rest->length && rest->data[at] != '-' && rest->data[at] != '.')
		at++;
	part->length = at;
	if (at == rest->length)
		rest->data = NULL;
	else
	{
		rest->data += at + 1;
		rest->length -= at + 1;
	}
	return true;
}

/*
 * A version whose parts compare as text: numbers are padded, and three parts
 * alone are above those that go on.  In UTF-8; allocated where the room is too
 * small.
 */
FFString
FFGbPadded(FFString version, char *room, size_t size)
{
	size_t		most = (size_t) version.length * (PADDED_DIGITS + 1) + 2 * PADDED_DIGITS;
	char	   *out = most <= size ? room : FFAlloc(most);
	FFString	part;
	int			length = 0;
	int			parts = 0;

	version.length = BuildStart(version);
	if (version.length > 0 && version.data[0] == 'v')
	{
		version.data++;
		version.length--;
	}
	for (; NextPart(&version, &part); parts++)
	{
		if (parts > 0)
			out[length++] = '-';
		for (int i = part.length; IsDigits(part) && i < PADDED_DIGITS; i++)
			out[length++] = ' ';
		if (part.length > 0)
			memcpy(out + length, part.data, (size_t) part.length);
		length += part.length;
	}
	if (parts == 3)
	{
		out[length++] = '-';
		out[length++] = '~';
	}
	return FFStringOf(out, length);
}

/* What stands for no version is 0; in UTF-8. */
FFString
FFGbVersion(const FFGbOperand *operand)
{
	bool		valid;
	FFString	text = FFStringOf("0", 1);

	if (operand->value.type == FF_NUMBER)
		text = FFGbText(operand);
	else if (operand->value.type == FF_STRING && operand->value.length > 0)
		text = FFUtf8(FFStringOf(operand->value.data, operand->value.length), &valid);
	return text;
}

static bool
Ordered(FFOperator op, int order)
{
	switch (op)
	{
		case FF_OP_LT:
		case FF_OP_SEMVER_LT:
			return order < 0;
		case FF_OP_LE:
		case FF_OP_SEMVER_LE:
			return order <= 0;
		case FF_OP_GT:
		case FF_OP_SEMVER_GT:
			return order > 0;
		case FF_OP_GE:
		case FF_OP_SEMVER_GE:
			return order >= 0;
		default:
			return order == 0;
	}
}

static bool
VersionHolds(const FFGbCheck *check, const FFGbOperand *operand)
{
	char		room[VERSION_BYTES];
	FFString	padded = FFGbPadded(FFGbVersion(operand), room, sizeof(room));
	bool		holds = Ordered(check->op, FFCompareJs(padded, check->text));

	if (padded.data != room)
		FFFree((void *) (uintptr_t) padded.data);
	return holds;
}

/* --- comparisons ---------------------------------------------------------------- */

/* Relations: texts with texts, all else as numbers. */
static bool
OrderHolds(const FFGbCheck *check, const FFGbOperand *operand)
{
	FFValueType type = operand->value.type;
	double		d;
	bool		valid;

	if (check->is_text && (type == FF_STRING || type == FF_ARRAY || type == FF_OBJECT))
		return Ordered(check->op, FFCompareJs(FFUtf8(FFGbText(operand), &valid), check->text));
	d = FFGbNumber(operand);
	if (isnan(d) || isnan(check->number))
		return false;
	return Ordered(check->op, d < check->number ? -1 : d > check->number);
}

/* === of scalars; no array or object is the same as another. */
static bool
SameHolds(const FFGbCheck *check, const FFGbOperand *operand)
{
	const FFValue *value = &operand->value;

	if (value->type != check->expected.type)
		return false;
	switch (value->type)
	{
		case FF_NULL:
			return true;
		case FF_BOOL:
			return value->boolean == check->expected.boolean;
		case FF_NUMBER:
			return FFGbNumber(operand) == check->number;
		case FF_STRING:
			return FFStringEquals(FFStringOf(value->data, value->length), check->text);
		default:
			return false;
	}
}

static bool
TextHolds(const FFGbCheck *check, const FFGbOperand *operand)
{
	return FFStringEquals(check->kind == FF_GB_FOLDED ? FFLowerJs(FFGbText(operand)) : FFGbText(operand),
						  check->text);
}

static bool
JsonHolds(const FFGbCheck *check, const FFGbOperand *operand)
{
	if (operand->value.type != check->expected.type ||
		FFCount(&operand->value) != FFCount(&check->expected))
		return false;
	return FFStringEquals(FFJsonStringify(&operand->value), check->text);
}

/* A limit of steps is no match, and noted. */
static bool
RegexHolds(const FFGbCheck *check, const FFGbOperand *operand, FFEvaluation *evaluation)
{
	bool		valid;
	bool		limit = false;
	FFString	utf8 = FFUtf8(FFGbText(operand), &valid);
	bool		holds = check->regex != NULL && FFRegexMatchesAs(check->regex, utf8, valid, &limit);

	if (FF_UNLIKELY(limit))
		evaluation->context->notes |= FF_GB_LIMIT;
	return holds && !limit;
}

static bool
TypeHolds(const FFGbCheck *check, const FFGbOperand *operand)
{
	static const char *const names[] = {
		[FF_ABSENT] = "null", [FF_NULL] = "null", [FF_BOOL] = "boolean", [FF_NUMBER] = "number",
		[FF_STRING] = "string", [FF_ARRAY] = "array", [FF_OBJECT] = "object"
	};

	return check->text.data != NULL && FFStringIs(check->text, names[operand->value.type]);
}

/* --- elements ------------------------------------------------------------------- */

static bool
SizeHolds(const FFGbCheck *check, const FFGbOperand *operand, FFEvaluation *evaluation)
{
	FFGbOperand size = {.value = {.type = FF_NUMBER}};

	if (operand->value.type != FF_ARRAY)
		return false;
	size.number = FFCount(&operand->value);
	return FFGbCheckHolds(check->children, &size, evaluation);
}

/* Whether an element meets a check; those that are null are passed over where a condition is asked. */
static bool
ElementHolds(const FFGbCheck *check, const FFValue *array, bool nulls, FFEvaluation *evaluation)
{
	FFWalk		walk;
	FFValue		element;

	FFWalkStart(&walk, array);
	while (FFWalkNext(&walk, NULL, &element))
	{
		FFGbOperand operand = FFGbOperandOf(&element);

		if (nulls || element.type != FF_NULL)
			if (FFGbCheckHolds(check, &operand, evaluation))
				return true;
	}
	return false;
}

static bool
SomeElementMeets(const FFGbCheck *check, const FFValue *array, FFEvaluation *evaluation)
{
	FFWalk		walk;
	FFValue		element;

	FFWalkStart(&walk, array);
	while (FFWalkNext(&walk, NULL, &element))
	{
		FFCheckInterrupts();
		if (element.type != FF_NULL && FFGbElementMeets(evaluation, check->node, &element))
			return true;
	}
	return false;
}

/* Whether each of the children holds for one of the elements. */
static bool
AllHold(const FFGbCheck *check, const FFValue *array, FFEvaluation *evaluation)
{
	for (int i = 0; i < check->count; i++)
	{
		FFCheckInterrupts();
		if (!ElementHolds(&check->children[i], array, true, evaluation))
			return false;
	}
	return true;
}

static bool
EveryHolds(const FFGbCheck *check, const FFGbOperand *operand, FFEvaluation *evaluation)
{
	for (int i = 0; i < check->count; i++)
		if (!FFGbCheckHolds(&check->children[i], operand, evaluation))
			return false;
	return true;
}

/* What the provider's SDK raises an error over has no answer. */
static bool
Fail(FFEvaluation *evaluation)
{
	FFGbFailIf(evaluation, true);
	return false;
}

/* Whether a value meets a check; evaluation may be NULL where it is pure. */
bool
FFGbCheckHolds(const FFGbCheck *check, const FFGbOperand *operand, FFEvaluation *evaluation)
{
	const FFValue *value = &operand->value;

	switch (check->kind)
	{
		case FF_GB_TEXT:
		case FF_GB_FOLDED:
			return TextHolds(check, operand);
		case FF_GB_NUMBER:
			return FFGbNumber(operand) == check->number;
		case FF_GB_BOOL:
			return value->type != FF_NULL && check->boolean ==
				(value->data == NULL && value->type == FF_NUMBER ? operand->number != 0 : FFGbTruthy(value));
		case FF_GB_NULL:
			return value->type == FF_NULL;
		case FF_GB_JSON:
			return JsonHolds(check, operand);
		case FF_GB_EVERY:
			return EveryHolds(check, operand, evaluation);
		case FF_GB_NOT:
			return !FFGbCheckHolds(check->children, operand, evaluation);
		case FF_GB_SAME:
			return SameHolds(check, operand);
		case FF_GB_ORDER:
			return OrderHolds(check, operand);
		case FF_GB_VERSION:
			return VersionHolds(check, operand);
		case FF_GB_EXISTS:
			return (value->type != FF_NULL) == check->boolean;
		case FF_GB_IN:
			return FFGbListHas(check->list, operand);
		case FF_GB_REGEX:
			return RegexHolds(check, operand, evaluation);
		case FF_GB_TYPE:
			return TypeHolds(check, operand);
		case FF_GB_SIZE:
			return SizeHolds(check, operand, evaluation);
		case FF_GB_ELEMENT:
			return value->type == FF_ARRAY && ElementHolds(check->children, value, false, evaluation);
		case FF_GB_ELEMENT_MEETS:
			return value->type == FF_ARRAY && SomeElementMeets(check, value, evaluation);
		case FF_GB_ALL:
			return value->type == FF_ARRAY && AllHold(check, value, evaluation);
		case FF_GB_IN_GROUP:
			return FFGbInGroup(evaluation, check->segment, false, operand);
		case FF_GB_NOT_IN_GROUP:
			return FFGbInGroup(evaluation, check->segment, true, operand);
		case FF_GB_NEVER:
			return false;
		case FF_GB_FAILS:
			return Fail(evaluation);
	}
	return false;
}
