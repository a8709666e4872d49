/*
 * launchdarkly.c
 *	  Flags of LaunchDarkly: off, prerequisites, targets, rules, fallthrough.
 */
#include "dialects/launchdarkly.h"

typedef enum LdReason
{
	LD_OFF,
	LD_FALLTHROUGH,
	LD_TARGET_MATCH,
	LD_RULE_MATCH,
	LD_PREREQUISITE_FAILED,
	LD_ERROR
} LdReason;

typedef struct LdPrerequisite
{
	int			flag;			/* -1: names none */
	FFString	key;
	int64_t		variation;		/* -1: none is served under it */
} LdPrerequisite;

typedef struct LdRule
{
	FFNode		clauses;
	FFString	id;
	LdServe		serve;
} LdRule;

typedef struct LdFlag
{
	bool		go;
	LdShapeMembers members;
	int			off;			/* a place, LD_NOTHING or LD_NOWHERE */
	int			prerequisite_count;
	LdPrerequisite *prerequisites;
	int			target_count;
	LdTarget   *targets;
	int			rule_count;
	LdRule	   *rules;
	LdServe		fallthrough;
} LdFlag;

/* What an evaluation comes to. */
typedef struct LdOutcome
{
	LdReason	reason;
	const char *error;			/* errorKind, of LD_ERROR */
	int			rule;
	FFString	rule_id;
	FFString	prerequisite;
	LdServed	served;			/* variation: LD_NOTHING where none is */
} LdOutcome;

/* --- compiling ------------------------------------------------------------------ */

static FFPath
PathOf(const FFPath *path, const char *member)
{
	return FFPathMember(path, FFStringOf(member, (int) strlen(member)));
}

/* Room for what an array has, and how many there are; 0 where it is none. */
static void *
RoomFor(const FFValue *array, size_t size)
{
	return FFAlloc((array->type == FF_ARRAY ? (size_t) FFCount(array) : 0) * size + 1);
}

/* The next element of what may be no array. */
static bool
Next(FFWalk *walk, const FFValue *array, FFValue *element)
{
	return array->type == FF_ARRAY && FFWalkNext(walk, NULL, element);
}

/* [{"key", "variation"}, …] */
static void
CompilePrerequisites(FFCompiler *compiler, const FFValue *document, LdFlag *flag)
{
	FFValue		list = FFDialectMember(document, "prerequisites");
	FFWalk		walk;
	FFValue		item;

	flag->prerequisites = RoomFor(&list, sizeof(LdPrerequisite));
	FFWalkStart(&walk, &list);
	while (Next(&walk, &list, &item))
	{
		LdPrerequisite *prerequisite = &flag->prerequisites[flag->prerequisite_count++];
		FFValue		variation = FFDialectMember(&item, "variation");
		FFString	key = FFDialectString(&item, "key");

		prerequisite->flag = -1;
		prerequisite->variation = -1;
		if (variation.type == FF_NUMBER)
			(void) FFNumberScaled(&variation, 0, &prerequisite->variation);
		if (key.data == NULL)
			continue;
		prerequisite->key = FFStringCopy(key);
		prerequisite->flag = FFInternFlag(compiler, prerequisite->key);
	}
}

/* The users who get a variation; data of *users is a target, or absent. */
static FFValue
UsersOf(const FFValue *users, const FFValue *variation)
{
	FFWalk		walk;
	FFValue		target = {0};

	FFWalkStart(&walk, users);
	while (Next(&walk, users, &target))
	{
		FFValue		other = FFDialectMember(&target, "variation");

		if (other.type == variation->type && (other.type == FF_ABSENT || FFValueEqual(&other, variation)))
			return target;
	}
	target.type = FF_ABSENT;
	return target;
}

static void
CompileTarget(FFCompiler *compiler, const FFPath *path, const FFValue *document, bool go, LdFlag *flag)
{
	FFValue		keys = FFDialectMember(document, "values");
	FFValue		variation = FFDialectMember(document, "variation");
	LdTarget   *target = &flag->targets[flag->target_count++];

	target->variation = FFLdVariation(compiler, path, &variation);
	FFLdTargetCompile(compiler, path, &keys, FFLdKindOf(document, "contextKind", go), target);
}

/* Whether a target of contexts keeps a place for that of users. */
static bool
KeepsPlace(const FFValue *target, bool go)
{
	FFString	kind = FFLdKindOf(target, "contextKind", go);
	FFValue		keys = FFDialectMember(target, "values");

	if (go && keys.type == FF_ARRAY && FFCount(&keys) > 0)
		return false;
	return kind.data != NULL && (kind.length == 0 || FFStringIs(kind, "user"));
}

/*
 * Targets in order.  Where there are targets of contexts, users are looked up
 * at the places that these keep for them.
 */
static void
CompileTargets(FFCompiler *compiler, const FFPath *path, const FFValue *document, bool go, LdFlag *flag)
{
	FFValue		users = FFDialectMember(document, "targets");
	FFValue		contexts = FFDialectMember(document, "contextTargets");
	bool		only_users = contexts.type != FF_ARRAY || FFCount(&contexts) == 0;
	const FFValue *list = only_users ? &users : &contexts;
	FFPath		list_path = PathOf(path, only_users ? "targets" : "contextTargets");
	FFWalk		walk;
	FFValue		target;
	int			i = 0;

	flag->targets = RoomFor(list, sizeof(LdTarget));
	FFWalkStart(&walk, list);
	while (Next(&walk, list, &target))
	{
		FFPath		element = FFPathElement(&list_path, i++);
		FFValue		variation = FFDialectMember(&target, "variation");

		if (!only_users && KeepsPlace(&target, go))
			target = UsersOf(&users, &variation);
		if (target.type == FF_OBJECT)
			CompileTarget(compiler, &element, &target, go, flag);
	}
}

/* [{"id", "clauses", "variation" or "rollout"}, …] */
static void
CompileRules(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFString salt,
			 bool go, LdFlag *flag)
{
	FFValue		rules = FFDialectMember(document, "rules");
	FFPath		rules_path = PathOf(path, "rules");
	FFWalk		walk;
	FFValue		source;

	flag->rules = RoomFor(&rules, sizeof(LdRule));
	FFWalkStart(&walk, &rules);
	while (Next(&walk, &rules, &source))
	{
		FFPath		element = FFPathElement(&rules_path, flag->rule_count);
		LdRule	   *rule = &flag->rules[flag->rule_count++];
		FFValue		clauses = FFDialectMember(&source, "clauses");
		FFString	id = FFDialectString(&source, "id");

		if (id.data != NULL)
			rule->id = FFStringCopy(id);
		if (clauses.type == FF_ARRAY)
			FFLdClausesCompile(compiler, &element, &clauses, go, &rule->clauses);
		else
			rule->clauses.kind = go ? FF_NODE_ALL : FF_NODE_ANY;	/* of none: js matches nobody */
		FFLdServeCompile(compiler, &element, &source, salt, go, &rule->serve);
	}
}

/* {"variations", "flag": as LaunchDarkly has it, "sdk"} */
static bool
Compile(FFCompiler *compiler, const FFValue *document)
{
	FFPath		path = {0};
	FFValue		source = FFDialectMember(document, "flag");
	FFPath		off_path = PathOf(&path, "offVariation");
	FFPath		fallthrough_path = PathOf(&path, "fallthrough");
	FFValue		off = FFDialectMember(&source, "offVariation");
	FFValue		fallthrough = FFDialectMember(&source, "fallthrough");
	bool		go = FFStringIs(FFDialectString(document, "sdk"), "go");
	FFString	salt = FFLdSalt(&source, FFDialectString(&source, "key"));
	LdFlag	   *flag = FFAlloc(sizeof(LdFlag));

	if (source.type != FF_OBJECT)
		return FFRefuseType(compiler, &path, "a document that has a flag", document);
	compiler->program->own = flag;
	flag->go = go;
	FFLdShapeCompile(compiler, &flag->members);
	flag->off = off.type == FF_NUMBER ? FFLdVariation(compiler, &off_path, &off) : LD_NOTHING;
	if (flag->off >= 0)
		compiler->program->off = flag->off;
	CompilePrerequisites(compiler, &source, flag);
	CompileTargets(compiler, &path, &source, go, flag);
	CompileRules(compiler, &path, &source, salt, go, flag);
	FFLdServeCompile(compiler, &fallthrough_path, &fallthrough, salt, go, &flag->fallthrough);
	return true;
}

/* --- answering ------------------------------------------------------------------- */

static void
SettleError(LdOutcome *outcome, const char *error)
{
	outcome->reason = LD_ERROR;
	outcome->error = error;
	outcome->served.variation = LD_NOTHING;
	outcome->served.in_experiment = false;
	outcome->served.bucket = -1;
	outcome->served.unit = FFStringOf(NULL, 0);
}

/* A variation that there is not makes the flag malformed. */
static void
Settle(LdOutcome *outcome, LdReason reason, int variation)
{
	outcome->reason = reason;
	outcome->served.variation = variation;
	if (variation == LD_NOWHERE)
		SettleError(outcome, "MALFORMED_FLAG");
}

static void
SettleServe(FFEvaluation *evaluation, LdOutcome *outcome, LdReason reason, const LdServe *serve)
{
	FFLdServeFollow(evaluation, serve, &outcome->served);
	Settle(outcome, reason, outcome->served.variation);
	if (outcome->served.bucket >= 0 && FF_UNLIKELY(evaluation->context->trace != NULL))
		FFExplain(evaluation, "rollout", "serves", "bucket %d of \"%.*s\", salt \"%.*s\"",
				  outcome->served.bucket, FF_QUOTED(outcome->served.unit),
				  FF_QUOTED(serve->bucketing.salt));
}

/* Whether a prerequisite is an error to who asks; of go not where what it serves is not there. */
static bool
IsError(const FFContext *context, const LdFlag *flag, const FFTold *told)
{
	if (!told->known || told->error == FF_EVALUATION_OK)
		return told->cyclic;
	return !flag->go || (context->notes & LD_STOPPED) != 0;
}

/* One that is not met turns the flag off; a cycle, or an error in it, is one here. */
static bool
TryPrerequisites(FFEvaluation *evaluation, const LdFlag *flag, LdOutcome *outcome)
{
	for (int i = 0; i < flag->prerequisite_count; i++)
	{
		const LdPrerequisite *prerequisite = &flag->prerequisites[i];
		FFTold		told = {0};
		bool		met;

		evaluation->context->notes &= ~LD_STOPPED;
		if (prerequisite->flag >= 0)
			FFAskFlag(evaluation, prerequisite->flag, &told);
		if (IsError(evaluation->context, flag, &told))
		{
			FFExplain(evaluation, "prerequisite", "error", "flag \"%.*s\" %s", FF_QUOTED(prerequisite->key),
					  told.cyclic ? "depends on itself" : "is malformed");
			SettleError(outcome, "MALFORMED_FLAG");
			evaluation->context->notes |= LD_STOPPED;
			return true;
		}
		met = told.known && told.on && told.variation >= 0 && told.variation == prerequisite->variation;
		FFExplain(evaluation, "prerequisite", met ? "met" : "not met", "flag \"%.*s\" of variation %d",
				  FF_QUOTED(prerequisite->key), (int) prerequisite->variation);
		if (met)
			continue;
		Settle(outcome, LD_PREREQUISITE_FAILED, flag->off);
		outcome->prerequisite = prerequisite->key;
		return true;
	}
	return false;
}

static bool
TryTargets(FFEvaluation *evaluation, const LdFlag *flag, LdOutcome *outcome)
{
	for (int i = 0; i < flag->target_count; i++)
		if (FFLdTargetHas(evaluation->context->own, &flag->targets[i]))
		{
			int			variation = flag->targets[i].variation;

			FFExplain(evaluation, "target", "matched", "targets[%d]", i);
			Settle(outcome, LD_TARGET_MATCH, variation == LD_NOTHING ? LD_NOWHERE : variation);
			return true;
		}
	return false;
}

static bool
TryRules(FFEvaluation *evaluation, const LdFlag *flag, LdOutcome *outcome)
{
	FFContext  *context = evaluation->context;

	for (int i = 0; i < flag->rule_count; i++)
	{
		const LdRule *rule = &flag->rules[i];
		bool		matches;
		bool		malformed;

		context->notes &= ~LD_MALFORMED;
		matches = FFNodeMatches(evaluation, &rule->clauses);
		malformed = (context->notes & LD_MALFORMED) != 0;
		if (FF_UNLIKELY(context->trace != NULL))
			FFExplain(evaluation, "rule", malformed ? "error" : matches ? "matched" : "not matched",
					  rule->id.length > 0 ? "rules[%d] \"%.*s\"" : "rules[%d]", i, FF_QUOTED(rule->id));
		if (malformed)
		{
			SettleError(outcome, "MALFORMED_FLAG");
			context->notes |= LD_STOPPED;
		}
		else if (matches)
		{
			outcome->rule = i;
			outcome->rule_id = rule->id;
			SettleServe(evaluation, outcome, LD_RULE_MATCH, &rule->serve);
		}
		if (matches || malformed)
			return true;
	}
	return false;
}

/* Without a context there is an error, whatever the flag says. */
static void
Evaluate(FFEvaluation *evaluation, const LdFlag *flag, bool enabled, LdOutcome *outcome)
{
	const LdContext *ld = evaluation->context->own;

	if (ld->shape == LD_INVALID)
	{
		FFExplain(evaluation, "context", "error", ld->keyless ? "the context has no key" :
				  "the context is not a valid one");
		SettleError(outcome, "USER_NOT_SPECIFIED");
	}
	else if (!enabled)
		Settle(outcome, LD_OFF, flag->off);
	else if (!TryPrerequisites(evaluation, flag, outcome) && !TryTargets(evaluation, flag, outcome) &&
			 !TryRules(evaluation, flag, outcome))
		SettleServe(evaluation, outcome, LD_FALLTHROUGH, &flag->fallthrough);
}

/* Whether a value is of the type that a typed call asks for; any may be json. */
static bool
IsWanted(const FFProgram *program, int variation, FFWanted wanted)
{
	switch (wanted)
	{
		case FF_WANT_BOOLEAN:
			return program->values[variation].type == FF_BOOL;
		case FF_WANT_STRING:
			return program->values[variation].type == FF_STRING;
		case FF_WANT_NUMBER:
		case FF_WANT_INTEGER:
			return program->values[variation].type == FF_NUMBER;
		case FF_WANT_ANY:
		case FF_WANT_OBJECT:
			break;
	}
	return true;
}

/* --- telling --------------------------------------------------------------------- */

/* {"kind": …, "ruleIndex": …, …} */
static FFString
ReasonText(const LdOutcome *outcome, unsigned notes)
{
	static const char *const kinds[] = {
		"OFF", "FALLTHROUGH", "TARGET_MATCH", "RULE_MATCH", "PREREQUISITE_FAILED", "ERROR"
	};
	FFText		text = {0};

	FFTextFormat(&text, "{\"kind\": \"%s\"", kinds[outcome->reason]);
	if (outcome->reason == LD_ERROR)
		FFTextFormat(&text, ", \"errorKind\": \"%s\"", outcome->error);
	if (outcome->reason == LD_RULE_MATCH)
		FFTextFormat(&text, ", \"ruleIndex\": %d", outcome->rule);
	if (outcome->reason == LD_RULE_MATCH && outcome->rule_id.data != NULL)
	{
		FFTextFormat(&text, ", \"ruleId\": ");
		FFTextJsonString(&text, outcome->rule_id);
	}
	if (outcome->reason == LD_PREREQUISITE_FAILED && outcome->prerequisite.data != NULL)
	{
		FFTextFormat(&text, ", \"prerequisiteKey\": ");
		FFTextJsonString(&text, outcome->prerequisite);
	}
	if (outcome->served.in_experiment)
		FFTextFormat(&text, ", \"inExperiment\": true");
	if ((notes & (LD_BIG_UNKNOWN | LD_BIG_KNOWN)) != 0)
		FFTextFormat(&text, ", \"bigSegmentsStatus\": \"%s\"",
					 (notes & LD_BIG_UNKNOWN) != 0 ? "NOT_CONFIGURED" : "HEALTHY");
	FFTextFormat(&text, "}");
	return FFStringOf(text.data, text.length);
}

static FFReason
ReasonOf(const LdOutcome *outcome)
{
	if (outcome->reason == LD_ERROR)
		return FF_REASON_ERROR;
	if (outcome->reason == LD_OFF || outcome->reason == LD_PREREQUISITE_FAILED)
		return FF_REASON_DISABLED;
	if (outcome->served.bucket >= 0)
		return FF_REASON_SPLIT;
	return outcome->reason == LD_FALLTHROUGH ? FF_REASON_DEFAULT : FF_REASON_TARGETING_MATCH;
}

static FFEvaluationError
ErrorOf(const LdOutcome *outcome, const LdContext *ld)
{
	if (outcome->reason != LD_ERROR)
		return FF_EVALUATION_OK;
	if (ld->shape == LD_INVALID)
		return ld->keyless ? FF_TARGETING_KEY_MISSING : FF_INVALID_CONTEXT;
	return strcmp(outcome->error, "WRONG_TYPE") == 0 ? FF_TYPE_MISMATCH : FF_PARSE_ERROR;
}

/* What decided where it was no rule. */
static FFString
DeciderOf(const LdOutcome *outcome)
{
	static const FFString names[] = {
		[LD_OFF] = {"off", 3}, [LD_FALLTHROUGH] = {"fallthrough", 11}, [LD_TARGET_MATCH] = {"target", 6},
		[LD_RULE_MATCH] = {"", 0}, [LD_PREREQUISITE_FAILED] = {"prerequisite", 12}, [LD_ERROR] = {"error", 5}
	};

	return names[outcome->reason];
}

static void
Tell(const FFProgram *program, const FFEvaluation *evaluation, LdOutcome *outcome, FFProviderAnswer *answer)
{
	const FFContext *context = evaluation->context;
	unsigned	notes = context->notes;

	if (outcome->served.variation >= 0 && !IsWanted(program, outcome->served.variation, context->wanted))
	{
		SettleError(outcome, "WRONG_TYPE");
		notes = 0;
	}
	answer->reason = ReasonOf(outcome);
	answer->error = ErrorOf(outcome, context->own);
	answer->rule_name = DeciderOf(outcome);
	if (outcome->reason == LD_RULE_MATCH)
	{
		answer->rule = outcome->rule;
		if (outcome->rule_id.length > 0)
			answer->rule_id = outcome->rule_id;
	}
	if (outcome->served.variation >= 0)
		answer->variation = answer->index = outcome->served.variation;
	answer->bucket = outcome->served.bucket;
	answer->unit = outcome->served.unit;
	if (context->detailed)
		answer->provider_reason = ReasonText(outcome, notes);
}

static void
Answer(const FFProgram *program, FFEvaluation *evaluation, bool enabled, FFProviderAnswer *answer)
{
	const LdFlag *flag = program->own;
	FFContext  *context = evaluation->context;
	void	   *outer = context->own;
	unsigned	before = context->notes;
	LdOutcome	outcome = {.rule = -1, .served = {.variation = LD_NOTHING, .bucket = -1}};
	LdContext	ld;

	FFLdContextRead(evaluation, &flag->members, &ld);
	context->own = &ld;
	context->notes = 0;
	Evaluate(evaluation, flag, enabled, &outcome);
	Tell(program, evaluation, &outcome, answer);
	context->own = outer;
	context->notes = before | (context->notes & ~LD_MALFORMED);
}

const FFDialect FFDialectLaunchDarkly = {
	.name = "launchdarkly",
	.compile = Compile,
	.compile_segment = FFLdSegmentCompile,
	.answer = Answer,
};
