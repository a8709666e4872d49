/*
 * unleash_strategy.c
 *	  Compiles a strategy: whom it is for, and what share of them.
 *
 * {"name": "flexibleRollout", "parameters": {"rollout": "50", "stickiness":
 * "default", "groupId": "g"}, "constraints": [...], "segments": [1]}.  A
 * strategy of the team's own enables nobody, as in an SDK that lacks it.
 */
#include "dialects/unleash.h"

#define PARTS_BETWEEN_INTERRUPTS 1024

typedef struct StrategyName
{
	const char *name;
	FFStrategyKind kind;
	const char *share;			/* the parameter that tells it */
	const char *stickiness;		/* NULL: as the parameters say */
} StrategyName;

static const StrategyName names[] = {
	{"default", FF_STRATEGY_DEFAULT, NULL, NULL},
	{"userWithId", FF_STRATEGY_USERS, NULL, NULL},
	{"flexibleRollout", FF_STRATEGY_ROLLOUT, "rollout", NULL},
	{"gradualRolloutUserId", FF_STRATEGY_ROLLOUT, "percentage", "userId"},
	{"gradualRolloutSessionId", FF_STRATEGY_ROLLOUT, "percentage", "sessionId"},
	{"gradualRolloutRandom", FF_STRATEGY_RANDOM, "percentage", NULL},
	{"remoteAddress", FF_STRATEGY_ADDRESS, NULL, NULL},
	{"applicationHostname", FF_STRATEGY_HOST, NULL, NULL},
};

static const StrategyName *
FindName(FFString name)
{
	for (int i = 0; i < FF_LENGTH(names); i++)
		if (name.data != NULL && FFStringIs(name, names[i].name))
			return &names[i];
	return NULL;
}

/* --- lists ---------------------------------------------------------------- */

/*
 * A part of a list without the whitespace around it.  Node keeps that before
 * the first and after the last one.
 */
static FFString
TrimPart(FFString part, bool keep_start, bool keep_end)
{
	FFString	trimmed = FFUnleashTrim(part);
	const char *start = keep_start ? part.data : trimmed.data;
	const char *end = keep_end ? part.data + part.length : trimmed.data + trimmed.length;

	if (keep_start && keep_end)
		return part;
	if (trimmed.length == 0)
		return trimmed;
	return FFStringOf(start, (int) (end - start));
}

/* Add one text of a list as its strategy compares it. */
static void
AddPart(FFUnleashStrategy *strategy, FFString part, bool node)
{
	FFNetwork  *network = &strategy->networks.items[strategy->networks.count];

	if (strategy->kind == FF_STRATEGY_HOST)
		part = FFUnleashLower(part, FFAlloc((size_t) part.length + 1), part.length);
	FFSetAdd(&strategy->texts, FFStringCopy(part), 0);
	if (strategy->kind == FF_STRATEGY_ADDRESS &&
		(FFParseNetwork4(part, network) || (!node && FFParseNetwork6(part, network))))
		strategy->networks.count++;
}

/* A list with commas in between; without one the strategy is for nobody. */
static void
CompileList(FFCompiler *compiler, const FFPath *path, const FFValue *parameters, const char *name,
			bool node, FFUnleashStrategy *strategy)
{
	FFString	rest = FFDialectString(parameters, name);
	FFString	part;
	bool		first = true;
	int			i = 0;

	if (rest.data == NULL || (node && rest.length == 0))
	{
		strategy->kind = FF_STRATEGY_NEVER;
		FFNoteFault(compiler, path, "%s are missing: enables nobody", name);
		return;
	}
	if (strategy->kind == FF_STRATEGY_ADDRESS)
	{
		int			commas = 0;

		for (int at = 0; at < rest.length; at++)
			commas += rest.data[at] == ',';
		strategy->networks.items = FFAlloc(((size_t) commas + 2) * sizeof(FFNetwork));
	}
	else
		strategy->networks.items = FFAlloc(sizeof(FFNetwork));
	while (FFSplit(&rest, ',', &part))
	{
		AddPart(strategy, TrimPart(part, node && first, node && rest.data == NULL), node);
		first = false;
		if (++i % PARTS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}

/* --- shares --------------------------------------------------------------- */

/* Digits alone, as the common engine reads them; a share beyond 255 is none. */
static bool
ReadShare(FFString text, double *share)
{
	int			start = text.length > 0 && text.data[0] == '+';

	if (text.length == start)
		return false;
	for (int i = start; i < text.length; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return FFParseFloatC(FFStringOf(text.data + start, text.length - start), share) && *share <= 255;
}

/* The share that a strategy enables, in percent. */
static void
CompileShare(FFCompiler *compiler, const FFPath *path, const FFValue *parameters, const char *name,
			 bool node, FFUnleashStrategy *strategy)
{
	FFValue		value = FFDialectMember(parameters, name);
	FFString	text = FFValueTextJs(&value);
	bool		known = false;

	if (!node)
		known = ReadShare(text, &strategy->percentage);
	else if (value.type == FF_NULL)
		known = true;
	else if (value.type == FF_BOOL)
	{
		strategy->percentage = value.boolean;
		known = true;
	}
	else if (value.type != FF_ABSENT)
		known = FFParseNumberJs(text, &strategy->percentage);
	if (known)
		return;
	FFNoteFault(compiler, path, "%s is no share: enables nobody", name);
	strategy->kind = FF_STRATEGY_NEVER;
}

/* What is gone by; nothing, null and "default" are the same. */
void
FFUnleashStickiness(FFCompiler *compiler, const FFValue *name, FFStickiness *stickiness)
{
	FFString	text = FFUnleashText(name);

	stickiness->kind = FF_STICKY_DEFAULT;
	if (text.data == NULL || FFStringIs(text, "default"))
		return;
	stickiness->kind = FF_STICKY_FIELD;
	FFUnleashFieldInit(compiler, text, &stickiness->field);
}

/* What a rollout goes by, and within which group. */
static void
CompileRollout(FFCompiler *compiler, const FFValue *parameters, const StrategyName *name,
			   FFString flag, bool node, FFUnleashStrategy *strategy)
{
	FFValue		group = FFDialectMember(parameters, "groupId");
	FFValue		sticky = FFDialectMember(parameters, "stickiness");
	FFValue		fixed = {.type = FF_STRING};
	bool		given = group.type > FF_NULL && !(node && group.type == FF_STRING && group.length == 0);

	if (given)
		strategy->group = FFStringCopy(FFValueTextJs(&group));
	else if (!node)
		strategy->group = flag;
	else if (name->stickiness != NULL)
		strategy->group = FFStringOf("", 0);
	if (name->stickiness != NULL)
	{
		if (!node && !given)
			strategy->kind = FF_STRATEGY_NEVER;
		fixed.data = name->stickiness;
		fixed.length = (int) strlen(name->stickiness);
		sticky = fixed;
	}
	else if (sticky.type == FF_STRING && sticky.length == 0)
		sticky.type = FF_NULL;
	FFUnleashStickiness(compiler, &sticky, &strategy->stickiness);
	if (strategy->stickiness.kind == FF_STICKY_DEFAULT)
		return;
	if (name->stickiness != NULL)
		strategy->stickiness.kind = FF_STICKY_TOP;
	else if (FFStringIs(strategy->stickiness.field.name, "random"))
		strategy->stickiness.kind = FF_STICKY_RANDOM;
}

/* --- strategies ------------------------------------------------------------- */

/* Segments have to hold as well. */
static void
CompileSegments(FFCompiler *compiler, const FFPath *path, const FFValue *segments, FFNode *all)
{
	FFWalk		walk;
	FFValue		segment;

	FFWalkStart(&walk, segments);
	while (FFWalkNext(&walk, NULL, &segment))
	{
		FFNode	   *node = &all->as.children[all->count++];

		FFUnleashNever(node);
		if (segment.type != FF_NUMBER && segment.type != FF_STRING)
		{
			FFNoteFault(compiler, path, "a segment is named by its id");
			continue;
		}
		node->kind = FF_NODE_SEGMENT;
		node->count = FFInternSegment(compiler, FFValueTextJs(&segment));
	}
}

/* What has to hold besides the strategy itself. */
static void
CompileCondition(FFCompiler *compiler, const FFPath *path, const FFValue *document, bool node,
				 FFUnleashStrategy *strategy)
{
	FFValue		segments = FFDialectMember(document, "segments");
	FFPath		inner = FFPathMember(path, FFStringOf("segments", 8));
	bool		given = segments.type == FF_ARRAY;

	FFUnleashConstraints(compiler, path, document, node, &strategy->condition,
						 given ? FFCount(&segments) : 1);
	if (given)
		CompileSegments(compiler, &inner, &segments, &strategy->condition);
	else if (segments.type > FF_NULL)
	{
		FFNoteFault(compiler, &inner, "segments are no array: they never hold");
		FFUnleashNever(&strategy->condition.as.children[strategy->condition.count++]);
	}
}

static void
CompileParameters(FFCompiler *compiler, const FFPath *path, const FFValue *parameters,
				  const StrategyName *name, FFString flag, bool node, FFUnleashStrategy *strategy)
{
	if (name->kind == FF_STRATEGY_USERS)
		CompileList(compiler, path, parameters, "userIds", node, strategy);
	else if (name->kind == FF_STRATEGY_ADDRESS)
		CompileList(compiler, path, parameters, "IPs", node, strategy);
	else if (name->kind == FF_STRATEGY_HOST)
	{
		CompileList(compiler, path, parameters, "hostNames", node, strategy);
		FFNoteFault(compiler, path, "host names are compared with the attribute hostname");
	}
	else if (name->kind == FF_STRATEGY_ROLLOUT)
		CompileRollout(compiler, parameters, name, flag, node, strategy);
	if (name->share != NULL && strategy->kind != FF_STRATEGY_NEVER)
		CompileShare(compiler, path, parameters, name->share, node, strategy);
}

void
FFUnleashStrategyCompile(FFCompiler *compiler, const FFPath *path, const FFValue *document,
						 FFString flag, bool node, FFUnleashStrategy *strategy)
{
	FFString	text = FFDialectString(document, "name");
	FFString	id = FFDialectString(document, "id");
	FFValue		parameters = FFDialectMember(document, "parameters");
	FFPath		inner = FFPathMember(path, FFStringOf("parameters", 10));
	const StrategyName *name = FindName(text);

	strategy->name = text.data == NULL ? FFStringOf("", 0) : FFStringCopy(text);
	if (id.data != NULL && id.length > 0)
		strategy->id = FFStringCopy(id);
	strategy->kind = name == NULL ? FF_STRATEGY_NEVER : name->kind;
	CompileCondition(compiler, path, document, node, strategy);
	if (name == NULL)
		FFNoteFault(compiler, path, "unknown strategy \"%.*s\": enables nobody", FF_QUOTED(strategy->name));
	else
		CompileParameters(compiler, &inner, &parameters, name, flag, node, strategy);
}
