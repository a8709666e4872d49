/*
 * launchdarkly_clause.c
 *	  Clauses of LaunchDarkly's rules: an attribute, an operator, values.
 *
 * A missing attribute matches no clause, not even a negated one.  Of an array
 * one element is enough.  A clause that is malformed says so in the notes; js
 * goes on to the next clause, which forgets it, and go stops.
 */
#include "dialects/launchdarkly.h"

#define VALUES_BETWEEN_INTERRUPTS 1024

typedef enum LdOperator
{
	LD_IN,
	LD_STARTS_WITH,
	LD_ENDS_WITH,
	LD_CONTAINS,
	LD_MATCHES,
	LD_LESS,
	LD_LESS_OR_EQUAL,
	LD_GREATER,
	LD_GREATER_OR_EQUAL,
	LD_BEFORE,
	LD_AFTER,
	LD_SEMVER_EQUAL,
	LD_SEMVER_LESS,
	LD_SEMVER_GREATER,
	LD_OPERATORS				/* any other matches nothing */
} LdOperator;

static const char *const operator_names[LD_OPERATORS] = {
	"in", "startsWith", "endsWith", "contains", "matches", "lessThan", "lessThanOrEqual",
	"greaterThan", "greaterThanOrEqual", "before", "after", "semVerEqual", "semVerLessThan",
	"semVerGreaterThan"
};

/* Short numbers are compared as they are: that is faster and the same. */
typedef struct LdNumber
{
	bool		is_short;
	FFValue		number;
	double		d;
} LdNumber;

typedef struct LdClause
{
	LdReference of;
	LdOperator	op;
	bool		negate;
	bool		go;
	int			count;			/* of those values that the operator compares with */
	union
	{
		FFString   *texts;
		LdNumber   *numbers;
		FFRegex   **regexes;
		LdTime	   *times;
		FFSemver   *versions;
	}			as;
	bool		has_true;		/* LD_IN: among the values */
	bool		has_false;
	bool		has_null;
	FFSet		strings;
} LdClause;

/* Segments: one of them is enough. */
typedef struct LdSegmentClause
{
	bool		negate;
	bool		go;
	int			count;
	int		   *numbers;
} LdSegmentClause;

/* --- comparing ---------------------------------------------------------------- */

/* A number as js and go have it: a double, infinite where it is beyond one. */
double
FFLdNumber(const FFValue *number)
{
	double		d;

	(void) FFNumberDouble(number, &d);
	return d;
}

/* How a number compares with one of the clause's. */
static int
CompareNumbers(const FFValue *value, bool is_short, const LdNumber *other)
{
	double		d;

	if (is_short && other->is_short)
		return FFNumberCompare(value, &other->number);
	d = FFLdNumber(value);
	return d < other->d ? -1 : d > other->d;
}

static bool
NumberMatches(LdOperator op, int order)
{
	switch (op)
	{
		case LD_LESS:
			return order < 0;
		case LD_LESS_OR_EQUAL:
			return order <= 0;
		case LD_GREATER:
			return order > 0;
		case LD_GREATER_OR_EQUAL:
			return order >= 0;
		default:
			return order == 0;
	}
}

static bool
MatchesNumbers(const LdClause *clause, const FFValue *value)
{
	bool		is_short;

	if (value->type != FF_NUMBER || clause->count == 0)
		return false;
	is_short = FFNumberIsShort(value);
	for (int i = 0; i < clause->count; i++)
		if (NumberMatches(clause->op, CompareNumbers(value, is_short, &clause->as.numbers[i])))
			return true;
	return false;
}

/* The same type and value; arrays and objects equal nothing. */
static bool
IsIn(const LdClause *clause, const FFValue *value)
{
	switch (value->type)
	{
		case FF_ABSENT:
			return false;
		case FF_NULL:
			return clause->has_null;
		case FF_BOOL:
			return value->boolean ? clause->has_true : clause->has_false;
		case FF_NUMBER:
			return MatchesNumbers(clause, value);
		case FF_STRING:
			return FFSetFind(&clause->strings, FFStringOf(value->data, value->length)) >= 0;
		case FF_ARRAY:
		case FF_OBJECT:
			break;
	}
	return false;
}

static bool
Contains(FFString text, FFString part)
{
	const char *at = text.data;
	const char *last = text.data + text.length - part.length;

	if (part.length == 0)
		return true;
	while (at <= last && (at = memchr(at, part.data[0], (size_t) (last - at) + 1)) != NULL)
	{
		if (FFSameBytes(at, part.data, (size_t) part.length))
			return true;
		at++;
	}
	return false;
}

static bool
TextMatches(LdOperator op, FFString text, FFString part)
{
	if (part.length > text.length)
		return false;
	if (op == LD_CONTAINS)
		return Contains(text, part);
	return FFSameBytes(op == LD_STARTS_WITH ? text.data : text.data + text.length - part.length,
					   part.data, (size_t) part.length);
}

static bool
MatchesTexts(const LdClause *clause, const FFValue *value)
{
	if (value->type != FF_STRING)
		return false;
	for (int i = 0; i < clause->count; i++)
		if (TextMatches(clause->op, FFStringOf(value->data, value->length), clause->as.texts[i]))
			return true;
	return false;
}

static bool
MatchesRegexes(const LdClause *clause, const FFValue *value)
{
	FFString	text = FFStringOf(value->data, value->length);
	FFString	utf8;
	bool		valid;
	bool		found = false;

	if (value->type != FF_STRING || clause->count == 0)
		return false;
	utf8 = FFUtf8(text, &valid);
	for (int i = 0; i < clause->count && !found; i++)
		found = FFRegexMatches(clause->as.regexes[i], utf8, valid);
	if (utf8.data != text.data)
		FFFree((void *) utf8.data);
	return found;
}

static bool
MatchesTimes(const LdClause *clause, const FFValue *value)
{
	LdTime		time;

	if (!FFLdTime(value, clause->go, &time))
		return false;
	for (int i = 0; i < clause->count; i++)
	{
		const LdTime *other = &clause->as.times[i];
		int			order = FFLdTimeCompare(&time, other, clause->go);

		if (clause->op == LD_BEFORE ? order < 0 : order > 0)
			return true;
	}
	return false;
}

static bool
MatchesVersions(const LdClause *clause, const FFValue *value)
{
	FFSemver	version;

	if (!FFLdVersion(value, clause->go, &version))
		return false;
	for (int i = 0; i < clause->count; i++)
	{
		int			order = FFSemverCompare(&version, &clause->as.versions[i]);

		if (clause->op == LD_SEMVER_EQUAL ? order == 0 : clause->op == LD_SEMVER_LESS ? order < 0 : order > 0)
			return true;
	}
	return false;
}

/* One value, which may be an element, against all of the clause. */
static bool
MatchesAny(const LdClause *clause, const FFValue *value)
{
	switch (clause->op)
	{
		case LD_IN:
			return IsIn(clause, value);
		case LD_STARTS_WITH:
		case LD_ENDS_WITH:
		case LD_CONTAINS:
			return MatchesTexts(clause, value);
		case LD_MATCHES:
			return MatchesRegexes(clause, value);
		case LD_LESS:
		case LD_LESS_OR_EQUAL:
		case LD_GREATER:
		case LD_GREATER_OR_EQUAL:
			return MatchesNumbers(clause, value);
		case LD_BEFORE:
		case LD_AFTER:
			return MatchesTimes(clause, value);
		case LD_SEMVER_EQUAL:
		case LD_SEMVER_LESS:
		case LD_SEMVER_GREATER:
			return MatchesVersions(clause, value);
		case LD_OPERATORS:
			break;
	}
	return false;
}

static bool
MatchesElement(const LdClause *clause, const FFValue *array)
{
	FFWalk		walk;
	FFValue		element;
	int			i = 0;

	FFWalkStart(&walk, array);
	while (FFWalkNext(&walk, NULL, &element))
	{
		if (MatchesAny(clause, &element))
			return true;
		if (++i % VALUES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
	return false;
}

/* The attribute kind: all that the context has. */
static bool
MatchesKinds(const LdClause *clause, const LdContext *ld)
{
	FFWalk		walk;
	FFString	name;
	FFValue		part;
	FFValue		kind = {0};

	kind.type = FF_STRING;
	kind.data = ld->kind.data;
	kind.length = ld->kind.length;
	if (ld->shape != LD_MULTI)
		return MatchesAny(clause, &kind);
	FFWalkStart(&walk, &ld->whole);
	while (FFWalkNext(&walk, &name, &part))
	{
		kind.data = name.data;
		kind.length = name.length;
		if (!FFStringIs(name, "kind") && MatchesAny(clause, &kind))
			return true;
	}
	return false;
}

static bool
ClauseMatches(FFEvaluation *evaluation, const void *state)
{
	const LdClause *clause = state;
	const FFValue *value = FFLdValueAtOnce(evaluation, &clause->of);
	FFValue		other;
	bool		matches;

	evaluation->context->notes &= ~LD_MALFORMED;
	if (value == NULL)
	{
		if (clause->of.place == LD_KIND)
			return MatchesKinds(clause, evaluation->context->own) != clause->negate;
		other = FFLdValue(evaluation, &clause->of);
		value = &other;
	}
	if (value->type <= FF_NULL)
		return false;
	matches = value->type == FF_ARRAY ? MatchesElement(clause, value) : MatchesAny(clause, value);
	return matches != clause->negate;
}

/* Malformed: go stops here, js at the last clause. */
static bool
Malformed(FFEvaluation *evaluation, bool go)
{
	evaluation->context->notes |= LD_MALFORMED;
	return !go;
}

static bool
MalformedMatches(FFEvaluation *evaluation, const void *state)
{
	const LdClause *clause = state;

	return Malformed(evaluation, clause->go);
}

static bool
SegmentsMatch(FFEvaluation *evaluation, const void *state)
{
	const LdSegmentClause *clause = state;
	FFContext  *context = evaluation->context;

	context->notes &= ~LD_MALFORMED;
	for (int i = 0; i < clause->count; i++)
	{
		bool		matches;

		context->cyclic = false;
		matches = FFSegmentNumbered(evaluation, clause->numbers[i]);
		if (context->cyclic || (context->notes & LD_MALFORMED) != 0)
		{
			context->cyclic = false;
			return Malformed(evaluation, clause->go);
		}
		if (matches)
			return !clause->negate;
	}
	return clause->negate;
}

/* --- compiling ------------------------------------------------------------------ */

static void
CompileNumber(LdClause *clause, const FFValue *value)
{
	LdNumber   *number = &clause->as.numbers[clause->count++];

	number->number = FFCopy(value);
	number->is_short = FFNumberIsShort(value);
	number->d = FFLdNumber(value);
}

/* One value of "in". */
static void
CompileEqual(LdClause *clause, const FFValue *value)
{
	switch (value->type)
	{
		case FF_ABSENT:
			break;
		case FF_NULL:
			clause->has_null = !clause->go;
			break;
		case FF_BOOL:
			*(value->boolean ? &clause->has_true : &clause->has_false) = true;
			break;
		case FF_NUMBER:
			CompileNumber(clause, value);
			break;
		case FF_STRING:
			FFSetAdd(&clause->strings, FFStringCopy(FFStringOf(value->data, value->length)), 0);
			break;
		case FF_ARRAY:
		case FF_OBJECT:
			break;
	}
}

static bool
CompileRegex(FFCompiler *compiler, const FFPath *path, LdClause *clause, const FFValue *value)
{
	char		message[160];
	FFRegex    *regex;

	if (value->type != FF_STRING)
		return false;
	regex = FFRegexCompileAs(FFDialectRegexSetup(compiler), FFStringOf(value->data, value->length),
							 clause->go ? FF_FLAVOUR_RE2 : FF_FLAVOUR_JAVASCRIPT, false, false,
							 message, sizeof(message));
	if (regex == NULL)
		FFNoteFault(compiler, path, "regular expression that matches nothing: %s", message);
	else
		clause->as.regexes[clause->count++] = regex;
	return true;
}

static bool
CompileVersion(LdClause *clause, const FFValue *value)
{
	FFSemver	version;
	FFValue		copy = FFCopy(value);

	if (!FFLdVersion(&copy, clause->go, &version))
		return false;
	clause->as.versions[clause->count++] = version;
	return true;
}

/* One value, as its operator compares it; false: it never matches. */
static bool
CompileValue(FFCompiler *compiler, const FFPath *path, LdClause *clause, const FFValue *value)
{
	LdTime		time;

	switch (clause->op)
	{
		case LD_IN:
			CompileEqual(clause, value);
			return true;
		case LD_STARTS_WITH:
		case LD_ENDS_WITH:
		case LD_CONTAINS:
			if (value->type == FF_STRING)
				clause->as.texts[clause->count++] = FFStringCopy(FFStringOf(value->data, value->length));
			return value->type == FF_STRING;
		case LD_MATCHES:
			return CompileRegex(compiler, path, clause, value);
		case LD_BEFORE:
		case LD_AFTER:
			if (!FFLdTime(value, clause->go, &time) || (clause->go && FFLdTimeIsZero(&time)))
				return false;
			clause->as.times[clause->count++] = time;
			return true;
		case LD_SEMVER_EQUAL:
		case LD_SEMVER_LESS:
		case LD_SEMVER_GREATER:
			return CompileVersion(clause, value);
		case LD_OPERATORS:
			return true;
		default:
			if (value->type == FF_NUMBER)
				CompileNumber(clause, value);
			return value->type == FF_NUMBER;
	}
}

static int
CountNumbers(const FFValue *values)
{
	FFWalk		walk;
	FFValue		value;
	int			count = 0;

	FFWalkStart(&walk, values);
	while (FFWalkNext(&walk, NULL, &value))
		count += value.type == FF_NUMBER;
	return count;
}

/* Room for those values that the operator compares with. */
static void
Reserve(LdClause *clause, const FFValue *values)
{
	size_t		count = (size_t) FFCount(values);

	if (clause->op == LD_IN || (clause->op >= LD_LESS && clause->op <= LD_GREATER_OR_EQUAL))
		clause->as.numbers = FFAlloc((size_t) CountNumbers(values) * sizeof(LdNumber) + 1);
	else if (clause->op == LD_MATCHES)
		clause->as.regexes = FFAlloc(count * sizeof(FFRegex *) + 1);
	else if (clause->op < LD_LESS)
		clause->as.texts = FFAlloc(count * sizeof(FFString) + 1);
	else if (clause->op <= LD_AFTER)
		clause->as.times = FFAlloc(count * sizeof(LdTime) + 1);
	else
		clause->as.versions = FFAlloc(count * sizeof(FFSemver) + 1);
}

static void
CompileValues(FFCompiler *compiler, const FFPath *path, LdClause *clause, const FFValue *values)
{
	FFPath		inner = FFPathMember(path, FFStringOf("values", 6));
	FFWalk		walk;
	FFValue		value;
	int			i = 0;

	if (values->type != FF_ARRAY)
	{
		FFNoteFault(compiler, path, "clause without values");
		return;
	}
	Reserve(clause, values);
	FFWalkStart(&walk, values);
	while (FFWalkNext(&walk, NULL, &value))
	{
		FFPath		element = FFPathElement(&inner, i);

		if (!CompileValue(compiler, &element, clause, &value))
			FFNoteFault(compiler, &element, "value that %s never matches", operator_names[clause->op]);
		if (++i % VALUES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}

static LdOperator
FindOperator(FFString name)
{
	int			i = 0;

	while (i < LD_OPERATORS && !FFStringIs(name, operator_names[i]))
		i++;
	return (LdOperator) i;
}

/* country in ["DE", "FR"], for explanations */
static const char *
Describe(const FFValue *document)
{
	FFString	attribute = FFDialectString(document, "attribute");
	FFString	op = FFDialectString(document, "op");
	FFValue		kind = FFDialectMember(document, "contextKind");
	FFValue		negate = FFDialectMember(document, "negate");
	FFValue		values = FFDialectMember(document, "values");
	FFText		text = {0};

	if (kind.type == FF_STRING && !FFStringIs(FFStringOf(kind.data, kind.length), "user"))
		FFTextFormat(&text, "%.*s ", FF_QUOTED(FFStringOf(kind.data, kind.length)));
	if (attribute.length > 0)
		FFTextFormat(&text, "%.*s ", FF_QUOTED(attribute));
	FFTextFormat(&text, FFLdTruthy(&negate) ? "not %.*s " : "%.*s ", FF_QUOTED(op));
	FFTextValue(&text, &values);
	return text.data;
}

static void
CompileSegmentClause(FFCompiler *compiler, const FFPath *path, const FFValue *document, bool go,
					 FFNode *node)
{
	LdSegmentClause *clause = FFAlloc(sizeof(LdSegmentClause));
	FFValue		negate = FFDialectMember(document, "negate");
	FFValue		values = FFDialectMember(document, "values");
	FFWalk		walk;
	FFValue		value;

	clause->negate = FFLdTruthy(&negate);
	clause->go = go;
	if (values.type == FF_ARRAY)
	{
		clause->numbers = FFAlloc((size_t) FFCount(&values) * sizeof(int) + 1);
		FFWalkStart(&walk, &values);
		while (FFWalkNext(&walk, NULL, &value))
			if (value.type == FF_STRING)
				clause->numbers[clause->count++] =
					FFInternSegment(compiler, FFStringCopy(FFStringOf(value.data, value.length)));
	}
	else
		FFNoteFault(compiler, path, "clause without values");
	FFOwnNodeInit(node, Describe(document), SegmentsMatch, clause);
}

/* {"attribute": …, "op": …, "values": […], "contextKind": …, "negate": …} */
static void
CompileClause(FFCompiler *compiler, const FFPath *path, const FFValue *document, bool go, FFNode *node)
{
	LdClause   *clause = FFAlloc(sizeof(LdClause));
	FFString	op = FFDialectString(document, "op");
	FFValue		kind = FFDialectMember(document, "contextKind");
	FFValue		negate = FFDialectMember(document, "negate");
	FFValue		values = FFDialectMember(document, "values");

	if (FFStringIs(op, "segmentMatch"))
	{
		CompileSegmentClause(compiler, path, document, go, node);
		return;
	}
	clause->go = go;
	clause->negate = FFLdTruthy(&negate);
	clause->op = FindOperator(op);
	FFLdReferenceCompile(compiler, FFDialectString(document, "attribute"), FFLdKindOf(document, "contextKind", go),
						 !FFLdTruthy(&kind), go, &clause->of);
	if (!clause->of.valid)
		FFNoteFault(compiler, path, "invalid attribute reference: the flag is malformed where this is asked");
	if (clause->op == LD_OPERATORS)
		FFNoteFault(compiler, path, "unknown operator \"%.*s\" matches nothing", FF_QUOTED(op));
	CompileValues(compiler, path, clause, &values);
	FFOwnNodeInit(node, Describe(document), clause->of.valid ? ClauseMatches : MalformedMatches, clause);
}

/* All of the clauses of a rule. */
void
FFLdClausesCompile(FFCompiler *compiler, const FFPath *path, const FFValue *clauses, bool go,
				   FFNode *node)
{
	FFPath		inner = FFPathMember(path, FFStringOf("clauses", 7));
	FFWalk		walk;
	FFValue		clause;
	int			i = 0;

	node->kind = FF_NODE_ALL;
	node->count = FFCount(clauses);
	node->as.children = FFAlloc((size_t) node->count * sizeof(FFNode) + 1);
	FFWalkStart(&walk, clauses);
	while (FFWalkNext(&walk, NULL, &clause))
	{
		FFPath		element = FFPathElement(&inner, i);

		CompileClause(compiler, &element, &clause, go, &node->as.children[i++]);
		FFCheckInterrupts();
	}
}
