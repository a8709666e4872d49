/*
 * flagd.c
 *	  The dialect of flagd: a flag's document, and the order of its answer.
 *
 * The document has key, generation (v1, v2, v3: of fractional), engine
 * (interpreted: JsonLogic is never made code of), flag as in a flag file, but
 * for its variants, and metadata of the flag set under set_metadata.
 */
#include "dialects/flagd.h"

/* --- compiling -------------------------------------------------------------- */

/* Whether a value is nested in more levels than there is room for. */
static bool
IsDeeper(const FFValue *value, int room)
{
	FFWalk		walk;
	FFString	name;
	FFValue		part;

	if (value->type != FF_ARRAY && value->type != FF_OBJECT)
		return false;
	if (room == 0)
		return true;
	FFWalkStart(&walk, value);
	while (FFWalkNext(&walk, &name, &part))
		if (IsDeeper(&part, room - 1))
			return true;
	return false;
}

/* Append the members of an object that the other one does not have. */
static void
AddMembers(FFText *text, const FFValue *object, const FFValue *other)
{
	FFWalk		walk;
	FFString	name;
	FFValue		value;

	if (object->type != FF_OBJECT)
		return;
	FFWalkStart(&walk, object);
	while (FFWalkNext(&walk, &name, &value))
	{
		if (other->type == FF_OBJECT && FFMember(other, name.data, name.length).type != FF_ABSENT)
			continue;
		if (text->length > 1)
			FFTextAdd(text, ",", 1);
		FFTextJsonString(text, name);
		FFTextAdd(text, ":", 1);
		FFTextJson(text, &value);
	}
}

/* Metadata of the flag, and of the flag set where it has none of that name. */
static FFString
MergedMetadata(const FFValue *of_set, const FFValue *of_flag)
{
	FFValue		nothing = {0};
	FFText		text = {0};

	FFTextAdd(&text, "{", 1);
	AddMembers(&text, of_set, of_flag);
	AddMembers(&text, of_flag, &nothing);
	FFTextAdd(&text, "}", 1);
	return FFStringOf(text.data, text.length);
}

static void
ReadGeneration(const FFValue *document, FFFlagd *flag)
{
	static const char *const implicit[] = {"flagd-v1", "flagd-v2", "flagd-v3"};
	static const char *const explicit[] = {"flagd-v1", "flagd-v2", "flagd-v3-value"};
	FFString	name = FFDialectString(document, "generation");
	FFString	engine = FFDialectString(document, "engine");

	flag->generation = FF_FLAGD_V2;
	if (name.data != NULL && FFStringIs(name, "v1"))
		flag->generation = FF_FLAGD_V1;
	else if (name.data != NULL && FFStringIs(name, "v3"))
		flag->generation = FF_FLAGD_V3;
	flag->implicit = FFRecipeFind(FFStringOf(implicit[flag->generation],
											 (int) strlen(implicit[flag->generation])));
	flag->explicit = FFRecipeFind(FFStringOf(explicit[flag->generation],
											 (int) strlen(explicit[flag->generation])));
	flag->interpreted = engine.data != NULL && FFStringIs(engine, "interpreted");
}

/* The default variant; one that is false is none. */
static void
ReadFallback(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFFlagd *flag)
{
	FFValue		fallback = FFDialectMember(document, "defaultVariant");
	FFItem		item = FFItemOf(&fallback);
	FFPath		inner = FFPathMember(path, FFStringOf("defaultVariant", 14));

	flag->fallback = -1;
	flag->has_fallback = !FFItemFalsy(&item);
	if (!flag->has_fallback)
		return;
	if (item.kind == FF_ITEM_STRING)
		flag->fallback = FFProgramFindVariation(compiler->program, item.as.text);
	if (flag->fallback < 0)
		FFNoteFault(compiler, &inner, "there is no such variant: the flag answers GENERAL where it is asked for");
}

/* What has no members or characters is no targeting. */
static bool
IsTargeting(const FFValue *targeting)
{
	switch (targeting->type)
	{
		case FF_STRING:
			return targeting->length > 0;
		case FF_ARRAY:
		case FF_OBJECT:
			return FFCount(targeting) > 0;
		default:
			return false;
	}
}

static bool
CompileTargeting(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFFlagd *flag)
{
	FFLogicCompiler logic = {.compiler = compiler, .flag = flag};
	FFValue		targeting = FFDialectMember(document, "targeting");
	FFPath		inner = FFPathMember(path, FFStringOf("targeting", 9));

	flag->targeted = IsTargeting(&targeting);
	if (!flag->targeted)
		return true;
	if (flag->interpreted && FFUnknownLogic(&targeting))
		FFLogicBroken(&logic, &inner, "unknown operator");
	if (!FFCompileLogic(&logic, &inner, &targeting, flag->interpreted, &flag->targeting))
		return false;
	flag->broken = logic.broken;
	return true;
}

static bool
CompileFlag(FFCompiler *compiler, const FFValue *document)
{
	FFFlagd    *flag = FFAlloc(sizeof(FFFlagd));
	FFValue		inner = FFDialectMember(document, "flag");
	FFValue		of_set = FFDialectMember(document, "set_metadata");
	FFValue		of_flag = FFDialectMember(&inner, "metadata");
	FFString	key = FFDialectString(document, "key");
	FFPath		root = {0};
	FFPath		first = FFPathElement(&root, 0);
	FFPath		path = FFPathMember(&first, FFStringOf("flag", 4));

	if (IsDeeper(&of_set, FF_LOGIC_DEPTH) || IsDeeper(&of_flag, FF_LOGIC_DEPTH))
		return FFRefuse(compiler, &path, FF_ERROR_LIMIT,
						"metadata are nested more than %d levels deep", FF_LOGIC_DEPTH);
	compiler->program->own = flag;
	flag->key = FFStringCopy(key.data != NULL ? key : FFStringOf("", 0));
	flag->metadata = MergedMetadata(&of_set, &of_flag);
	ReadGeneration(document, flag);
	ReadFallback(compiler, &path, &inner, flag);
	return CompileTargeting(compiler, &path, &inner, flag);
}

/* --- answering ----------------------------------------------------------------- */

static void
AnswerError(FFProviderAnswer *answer, FFEvaluationError error)
{
	answer->reason = FF_REASON_ERROR;
	answer->error = error;
	answer->variation = -1;
}

/* Whether a value is of the type that is wanted. */
static bool
IsWanted(FFWanted wanted, const FFValue *value)
{
	switch (wanted)
	{
		case FF_WANT_BOOLEAN:
			return value->type == FF_BOOL;
		case FF_WANT_STRING:
			return value->type == FF_STRING;
		case FF_WANT_NUMBER:
		case FF_WANT_INTEGER:
			return value->type == FF_NUMBER;
		case FF_WANT_OBJECT:
			return value->type == FF_OBJECT || value->type == FF_ARRAY || value->type == FF_NULL;
		default:
			return true;
	}
}

/* Serve the default variant; without one the caller's fallback. */
static void
AnswerDefault(const FFFlagd *flag, FFReason reason, FFProviderAnswer *answer)
{
	answer->reason = flag->has_fallback ? reason : FF_REASON_DEFAULT;
	answer->variation = flag->fallback;
	if (flag->has_fallback && flag->fallback < 0)
		AnswerError(answer, FF_GENERAL);
}

/* Serve the variant that targeting names. */
static void
AnswerNamed(const FFProgram *program, const FFMachine *machine, const FFItem *result,
			FFProviderAnswer *answer)
{
	answer->reason = machine->recipe != NULL ? FF_REASON_SPLIT : FF_REASON_TARGETING_MATCH;
	answer->variation = FFProgramFindVariation(program, FFItemText(result));
	answer->rule = machine->rule;
	if (answer->variation < 0)
		AnswerError(answer, FF_GENERAL);
	else if (machine->recipe != NULL)
	{
		answer->unit = machine->unit;
		answer->bucket = machine->bucket;
	}
}

/* Work the targeting out. */
static void
FollowTargeting(const FFProgram *program, FFEvaluation *evaluation, FFProviderAnswer *answer)
{
	const FFFlagd *flag = program->own;
	FFMachine	machine;
	FFItem		result;

	FFEvaluationStart(&machine.evaluation, evaluation->needs, evaluation->segments,
					  evaluation->context, evaluation->entered);
	machine.flag = flag;
	machine.scope = NULL;
	machine.last.kind = FF_ITEM_UNDEFINED;
	machine.thrown = false;
	machine.work = 0;
	machine.recipe = NULL;
	machine.unit = FFStringOf(NULL, 0);
	machine.bucket = machine.rule = -1;
	FFRun(&machine, &flag->targeting, &result);
	if (machine.thrown)
		AnswerError(answer, FF_GENERAL);
	else if (result.kind <= FF_ITEM_NULL)
		AnswerDefault(flag, FF_REASON_DEFAULT, answer);
	else
		AnswerNamed(program, &machine, &result, answer);
	FFEvaluationEnd(&machine.evaluation);
}

/* flagd's own name of a reason: a split is targeting like any other. */
static void
Detail(const FFFlagd *flag, FFProviderAnswer *answer)
{
	static const char *const reasons[] = {
		[FF_REASON_STATIC] = "STATIC", [FF_REASON_DEFAULT] = "DEFAULT",
		[FF_REASON_TARGETING_MATCH] = "TARGETING_MATCH", [FF_REASON_SPLIT] = "TARGETING_MATCH",
		[FF_REASON_DISABLED] = "DISABLED", [FF_REASON_ERROR] = "ERROR"
	};
	FFText		text = {0};

	FFTextFormat(&text, "{\"reason\":\"%s\"}", reasons[answer->reason]);
	answer->provider_reason = FFStringOf(text.data, text.length);
	answer->metadata = flag->metadata;
}

static void
Explain(const FFProgram *program, FFEvaluation *evaluation, const FFProviderAnswer *answer)
{
	if (answer->variation >= 0)
	{
		FFString	key = FFProgramVariationKey(program, answer->variation);

		FFExplain(evaluation, "serve", "variation", "%.*s", FF_QUOTED(key));
	}
	else
		FFExplain(evaluation, "serve", answer->error == FF_EVALUATION_OK ? "fallback" : "error",
				  "the caller's fallback");
}

/* Answer in flagd's order: state, targeting, default variant, type. */
static void
AnswerFlag(const FFProgram *program, FFEvaluation *evaluation, bool enabled,
		   FFProviderAnswer *answer)
{
	const FFFlagd *flag = program->own;

	if (!enabled)
	{
		answer->reason = FF_REASON_DISABLED;
		answer->rule_name = FFStringOf("off", 3);
	}
	else if (flag->broken)
		AnswerError(answer, FF_PARSE_ERROR);
	else if (flag->targeted)
		FollowTargeting(program, evaluation, answer);
	else
		AnswerDefault(flag, FF_REASON_STATIC, answer);
	if (answer->variation >= 0 && !IsWanted(evaluation->context->wanted, &program->values[answer->variation]))
	{
		AnswerError(answer, FF_TYPE_MISMATCH);
		answer->unit = FFStringOf(NULL, 0);
	}
	Explain(program, evaluation, answer);
	if (evaluation->context->detailed)
		Detail(flag, answer);
}

const FFDialect FFDialectFlagd = {
	.name = "flagd",
	.compile = CompileFlag,
	.answer = AnswerFlag
};
