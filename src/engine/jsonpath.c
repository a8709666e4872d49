/*
 * jsonpath.c
 *	  Carries out queries of RFC 9535.
 *
 * Nodes are visited in the order that the RFC leaves open: members as the
 * document has them.  A document nested deeper than the stack allows is not
 * followed to its end.
 */
#include <math.h>

#include "engine/jsonpath.h"

#define VISITS_BETWEEN_INTERRUPTS 256

/* A query that is being carried out. */
typedef struct Visit
{
	const FFPathQuery *query;
	const FFPathNode *root;
	FFPathVisitor visitor;
	void	   *argument;
	int		   *visits;			/* shared with the queries of filters */
} Visit;

static bool VisitFrom(const Visit *visit, int segment, const FFPathNode *node);
static bool IsTrue(const Visit *visit, const FFPathLogical *logical, const FFPathNode *current);

/* --- nodes ----------------------------------------------------------------------- */

static FFPathNode
NodeOf(FFValue value)
{
	FFPathNode	node = {NULL, value};

	return node;
}

static int
NodeCount(const FFPathNode *node)
{
	if (node->made != NULL)
		return node->made->count;
	return node->value.type == FF_ARRAY || node->value.type == FF_OBJECT ? FFCount(&node->value) : 0;
}

/* A member; false where there is none. */
static bool
NodeMember(const FFPathNode *node, FFString name, FFPathNode *member)
{
	if (node->made != NULL)
	{
		for (int i = 0; i < node->made->count; i++)
			if (FFStringEquals(node->made->names[i], name))
			{
				*member = node->made->nodes[i];
				return member->made != NULL || member->value.type != FF_ABSENT;
			}
		return false;
	}
	if (node->value.type != FF_OBJECT)
		return false;
	*member = NodeOf(FFMember(&node->value, name.data, name.length));
	return member->value.type != FF_ABSENT;
}

/* Goes through the children of a node. */
typedef struct Children
{
	const FFPathNode *node;
	int			next;
	FFWalk		walk;
} Children;

static void
ChildrenStart(Children *children, const FFPathNode *node)
{
	children->node = node;
	children->next = 0;
	if (node->made == NULL && NodeCount(node) > 0)
		FFWalkStart(&children->walk, &node->value);
}

static bool
ChildrenNext(Children *children, FFPathNode *child)
{
	const FFPathObject *made = children->node->made;
	FFString	name;

	if (made == NULL)
	{
		child->made = NULL;
		return NodeCount(children->node) > 0 && FFWalkNext(&children->walk, &name, &child->value);
	}
	while (children->next < made->count)
	{
		*child = made->nodes[children->next++];
		if (child->made != NULL || child->value.type != FF_ABSENT)
			return true;
	}
	return false;
}

/* --- selectors -------------------------------------------------------------------- */

static bool
VisitIndex(const Visit *visit, int segment, const FFPathNode *node, int64_t index)
{
	int			count = node->value.type == FF_ARRAY ? FFCount(&node->value) : 0;
	FFPathNode	element;

	if (index < 0)
		index += count;
	if (node->made != NULL || index < 0 || index >= count)
		return true;
	element = NodeOf(FFElement(&node->value, (int) index));
	return VisitFrom(visit, segment + 1, &element);
}

static int64_t
Between(int64_t number, int64_t low, int64_t high)
{
	return number < low ? low : number > high ? high : number;
}

/* Elements from start to before end; steps are bounded by what is there. */
static bool
VisitSlice(const Visit *visit, int segment, const FFPathNode *node, const FFPathSelector *selector)
{
	int64_t		count = node->made == NULL && node->value.type == FF_ARRAY ? FFCount(&node->value) : 0;
	int64_t		step = selector->step;
	bool		up = step > 0;
	int64_t		start = selector->has_start ? selector->start : up ? 0 : count - 1;
	int64_t		end = selector->has_end ? selector->end : up ? count : -count - 1;

	if (step == 0 || count == 0)
		return true;
	start = Between(start < 0 ? start + count : start, up ? 0 : -1, up ? count : count - 1);
	end = Between(end < 0 ? end + count : end, up ? 0 : -1, up ? count : count - 1);
	for (int64_t i = start; up ? i < end : i > end; i += step)
		if (!VisitIndex(visit, segment, node, i))
			return false;
	return true;
}

/* All children, or those that a filter lets through. */
static bool
VisitChildren(const Visit *visit, int segment, const FFPathNode *node, const FFPathLogical *filter)
{
	Children	children;
	FFPathNode	child;

	ChildrenStart(&children, node);
	while (ChildrenNext(&children, &child))
		if ((filter == NULL || IsTrue(visit, filter, &child)) && !VisitFrom(visit, segment + 1, &child))
			return false;
	return true;
}

static bool
VisitSelector(const Visit *visit, int segment, const FFPathNode *node, const FFPathSelector *selector)
{
	FFPathNode	member;

	switch (selector->kind)
	{
		case FF_PATH_NAME:
			return !NodeMember(node, selector->name, &member) || VisitFrom(visit, segment + 1, &member);
		case FF_PATH_INDEX:
			return VisitIndex(visit, segment, node, selector->start);
		case FF_PATH_SLICE:
			return VisitSlice(visit, segment, node, selector);
		case FF_PATH_WILDCARD:
		case FF_PATH_FILTER:
			break;
	}
	return VisitChildren(visit, segment, node, selector->filter);
}

/* Apply the selectors of a segment to a node and, of a descendant one, below. */
static bool
VisitSegment(const Visit *visit, int segment, const FFPathNode *node)
{
	const FFPathSegment *s = &visit->query->segments[segment];
	Children	children;
	FFPathNode	child;

	for (int i = 0; i < s->count; i++)
		if (!VisitSelector(visit, segment, node, &s->selectors[i]))
			return false;
	if (!s->descendant || FFStackIsDeep())
		return true;
	ChildrenStart(&children, node);
	while (ChildrenNext(&children, &child))
		if (!VisitSegment(visit, segment, &child))
			return false;
	return true;
}

/* The nodes that the segments from this one on select; false: enough. */
static bool
VisitFrom(const Visit *visit, int segment, const FFPathNode *node)
{
	if (++*visit->visits % VISITS_BETWEEN_INTERRUPTS == 0)
		FFCheckInterrupts();
	if (segment == visit->query->count)
		return visit->visitor(node, visit->argument);
	return VisitSegment(visit, segment, node);
}

void
FFPathVisit(const FFPathQuery *query, const FFPathNode *root, FFPathVisitor visitor, void *argument)
{
	int			visits = 0;
	Visit		visit = {query, root, visitor, argument, &visits};

	VisitFrom(&visit, 0, root);
}

static bool
KeepFirst(const FFPathNode *node, void *argument)
{
	*(FFPathNode *) argument = *node;
	return false;
}

bool
FFPathFirst(const FFPathQuery *query, const FFPathNode *root, FFPathNode *found)
{
	memset(found, 0, sizeof(*found));
	FFPathVisit(query, root, KeepFirst, found);
	return found->made != NULL || found->value.type != FF_ABSENT;
}

/* --- values in filters --------------------------------------------------------------- */

/* Nothing, a number that is computed or literal, or a node. */
typedef struct Result
{
	bool		nothing;
	bool		is_number;
	double		number;
	FFPathNode	node;
} Result;

typedef struct Tally
{
	int			count;
	int			enough;
	FFPathNode	first;
} Tally;

static bool
CountNode(const FFPathNode *node, void *argument)
{
	Tally	   *tally = argument;

	if (tally->count++ == 0)
		tally->first = *node;
	return tally->count < tally->enough;
}

/* Count what a query of a filter selects, up to enough. */
static Tally
Select(const Visit *visit, const FFPathQuery *query, const FFPathNode *current, int enough)
{
	Tally		tally = {.enough = enough};
	Visit		inner = {query, visit->root, CountNode, &tally, visit->visits};

	VisitFrom(&inner, 0, query->relative ? current : visit->root);
	return tally;
}

/* What there is exactly one node of, else nothing. */
static Result
ResultOfQuery(const Visit *visit, const FFPathQuery *query, const FFPathNode *current)
{
	Tally		tally = Select(visit, query, current, 2);
	Result		result = {.nothing = tally.count != 1, .node = tally.first};

	result.is_number = !result.nothing && tally.first.made == NULL && tally.first.value.type == FF_NUMBER;
	if (result.is_number)
		(void) FFNumberDouble(&tally.first.value, &result.number);
	return result;
}

static Result ResultOf(const Visit *visit, const FFPathOperand *operand, const FFPathNode *current);

/* Characters of a string. */
static int
Characters(const FFValue *string)
{
	bool		valid;
	FFString	utf8 = FFUtf8(FFStringOf(string->data, string->length), &valid);
	int			count = 0;

	for (int i = 0; i < utf8.length; i++)
		count += ((unsigned char) utf8.data[i] & 0xC0) != 0x80;
	return count;
}

static Result
LengthOf(const Result *of)
{
	Result		result = {.is_number = true};
	FFValueType type = of->node.made != NULL ? FF_OBJECT : of->node.value.type;

	if (of->nothing || of->is_number || type < FF_STRING)
		result.nothing = true;
	else
		result.number = type == FF_STRING ? Characters(&of->node.value) : NodeCount(&of->node);
	return result;
}

/* length, count, value */
static Result
Call(const Visit *visit, const FFPathFunction *function, const FFPathNode *current)
{
	const FFPathOperand *argument = &function->arguments[0];
	Result		result = {.is_number = true};

	if (function->kind == FF_PATH_VALUE)
		return ResultOfQuery(visit, argument->query, current);
	if (function->kind == FF_PATH_COUNT)
	{
		result.number = Select(visit, argument->query, current, INT32_MAX).count;
		return result;
	}
	result = ResultOf(visit, argument, current);
	return LengthOf(&result);
}

static Result
ResultOf(const Visit *visit, const FFPathOperand *operand, const FFPathNode *current)
{
	Result		result = {0};

	if (operand->kind == FF_PATH_QUERY)
		return ResultOfQuery(visit, operand->query, current);
	if (operand->kind == FF_PATH_FUNCTION)
		return Call(visit, operand->function, current);
	result.is_number = operand->kind == FF_PATH_NUMBER;
	result.number = operand->number;
	result.node = NodeOf(operand->literal);
	return result;
}

/* match, search: true where both are strings and one matches the other. */
static bool
MatchText(const Visit *visit, const FFPathFunction *function, const FFPathNode *current)
{
	Result		text = ResultOf(visit, &function->arguments[0], current);
	Result		pattern = ResultOf(visit, &function->arguments[1], current);
	const FFRegex *regex = function->regex;
	FFString	utf8;
	bool		valid;

	if (text.nothing || text.is_number || text.node.made != NULL || text.node.value.type != FF_STRING ||
		pattern.nothing || pattern.is_number || pattern.node.made != NULL || pattern.node.value.type != FF_STRING)
		return false;
	if (!function->constant)
		regex = FFPathRegexCompile(function->setup, FFStringOf(pattern.node.value.data, pattern.node.value.length),
								   function->kind == FF_PATH_MATCH);
	utf8 = FFUtf8(FFStringOf(text.node.value.data, text.node.value.length), &valid);
	return regex != NULL && FFRegexMatches(regex, utf8, valid);
}

/* --- comparisons ------------------------------------------------------------------- */

static bool
IsString(const Result *result)
{
	return !result->nothing && !result->is_number && result->node.made == NULL &&
		result->node.value.type == FF_STRING;
}

static bool
AreEqual(const Result *a, const Result *b)
{
	if (a->nothing || b->nothing)
		return a->nothing && b->nothing;
	if (a->is_number || b->is_number)
		return a->is_number && b->is_number && a->number == b->number;
	if (a->node.made != NULL || b->node.made != NULL)
		return a->node.made == b->node.made;
	return FFValueEqual(&a->node.value, &b->node.value);
}

/* Numbers and strings have an order, strings that of their characters' numbers. */
static bool
IsLess(const Result *a, const Result *b)
{
	FFString	x;
	FFString	y;
	bool		valid;
	int			order;

	if (a->nothing || b->nothing)
		return false;
	if (a->is_number && b->is_number)
		return a->number < b->number;
	if (!IsString(a) || !IsString(b))
		return false;
	x = FFUtf8(FFStringOf(a->node.value.data, a->node.value.length), &valid);
	y = FFUtf8(FFStringOf(b->node.value.data, b->node.value.length), &valid);
	order = memcmp(x.data, y.data, (size_t) (x.length < y.length ? x.length : y.length));
	return order < 0 || (order == 0 && x.length < y.length);
}

static bool
Compare(const Visit *visit, const FFPathLogical *logical, const FFPathNode *current)
{
	Result		a = ResultOf(visit, &logical->left, current);
	Result		b = ResultOf(visit, &logical->right, current);

	switch (logical->comparison)
	{
		case FF_PATH_EQ:
			return AreEqual(&a, &b);
		case FF_PATH_NE:
			return !AreEqual(&a, &b);
		case FF_PATH_LT:
			return IsLess(&a, &b);
		case FF_PATH_LE:
			return IsLess(&a, &b) || AreEqual(&a, &b);
		case FF_PATH_GT:
			return IsLess(&b, &a);
		case FF_PATH_GE:
			return IsLess(&b, &a) || AreEqual(&a, &b);
	}
	return false;
}

static bool
IsTrue(const Visit *visit, const FFPathLogical *logical, const FFPathNode *current)
{
	switch (logical->kind)
	{
		case FF_PATH_OR:
		case FF_PATH_AND:
			for (int i = 0; i < logical->count; i++)
				if (IsTrue(visit, &logical->children[i], current) == (logical->kind == FF_PATH_OR))
					return logical->kind == FF_PATH_OR;
			return logical->kind == FF_PATH_AND;
		case FF_PATH_NOT:
			return !IsTrue(visit, logical->children, current);
		case FF_PATH_COMPARE:
			return Compare(visit, logical, current);
		case FF_PATH_TEST:
			break;
	}
	if (logical->left.kind == FF_PATH_FUNCTION)
		return MatchText(visit, logical->left.function, current);
	return Select(visit, logical->left.query, current, 1).count > 0;
}
