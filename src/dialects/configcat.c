/*
 * configcat.c
 *	  Settings of ConfigCat: their rules in order, their percentages, their value.
 *
 * The document is {"variations", "flag": the setting, "key", "salt", "segments":
 * {index: key}, "types": {key of a prerequisite: type}}.  A variation is one
 * served value and its variation id.
 */
#include "dialects/configcat.h"

/* --- compiling -------------------------------------------------------------- */

/* The variation of a value: that of its id, or one that has the value. */
static int
FindVariation(const FFProgram *program, FFString id, const FFValue *value)
{
	int			place = id.data == NULL ? -1 : FFProgramFindVariation(program, id);

	if (place >= 0 && FFValueEqual(&program->values[place], value))
		return place;
	for (place = program->variations.count - 1; place >= 0; place--)
		if (FFValueEqual(&program->values[place], value))
			break;
	return place;
}

static FFConfigCatServe
CompileServe(FFCompiler *compiler, const FFPath *path, const FFValue *document, int type)
{
	FFConfigCatServe serve = {-1, FFStringOf(NULL, 0)};
	FFValue		wrapped = FFDialectMember(document, "v");
	FFString	id = FFDialectString(document, "i");
	FFValue		value;

	if (id.data != NULL)
		serve.id = FFStringCopy(id);
	if (FFConfigCatTypedValue(&wrapped, type, &value) != NULL)
		serve.variation = FindVariation(compiler->program, id, &value);
	if (serve.variation < 0)
		FFNoteFault(compiler, path, "there is no value of the setting's type: an error when it is served");
	return serve;
}

/* Percentages; false: there are none. */
static bool
CompileSplit(FFCompiler *compiler, const FFPath *path, const FFValue *options, int type,
			 FFConfigCatSplit *split)
{
	double		sum = 0;
	int			shares = 0;

	if (options->type != FF_ARRAY || FFCount(options) == 0)
		return false;
	split->count = FFCount(options);
	split->options = FFAlloc((size_t) split->count * sizeof(FFConfigCatOption));
	for (int i = 0; i < split->count; i++)
	{
		FFValue		option = FFElement(options, i);
		FFValue		percentage = FFDialectMember(&option, "p");
		FFPath		inner = FFPathElement(path, i);

		(void) FFNumberDouble(&percentage, &split->options[i].percentage);
		split->options[i].serve = CompileServe(compiler, &inner, &option, type);
		sum += split->options[i].percentage;
		shares += split->options[i].percentage > 0;
		if (split->options[i].percentage < 0)
			FFNoteFault(compiler, &inner, "a percentage is negative: an error when it is reached");
	}
	if (sum < 100)
		FFNoteFault(compiler, path, "percentages add up to less than 100: an error for the rest");
	split->random = shares > 1;
	return true;
}

/* Then: one value or percentages, never both. */
static void
CompileThen(FFCompiler *compiler, const FFPath *path, const FFValue *document, int type,
			FFConfigCatRule *rule)
{
	FFValue		served = FFDialectMember(document, "s");
	FFValue		options = FFDialectMember(document, "p");
	FFPath		served_path = FFPathMember(path, FFStringOf("s", 1));
	FFPath		options_path = FFPathMember(path, FFStringOf("p", 1));

	if (served.type == FF_OBJECT)
	{
		rule->serve = CompileServe(compiler, &served_path, &served, type);
		rule->invalid = options.type == FF_ARRAY;
	}
	else
		rule->invalid = !CompileSplit(compiler, &options_path, &options, type, &rule->split);
	if (rule->invalid)
		FFNoteFault(compiler, path, "a rule serves one value or percentages: an error when it matches");
}

static void
CompileRules(FFCompiler *compiler, const FFPath *path, const FFValue *document,
			 const FFValue *rules, FFConfigCatSetting *setting)
{
	if (rules->type != FF_ARRAY)
		return;
	setting->count = FFCount(rules);
	setting->rules = FFAlloc((size_t) setting->count * sizeof(FFConfigCatRule) + 1);
	for (int i = 0; i < setting->count; i++)
	{
		FFValue		rule = FFElement(rules, i);
		FFValue		conditions = FFDialectMember(&rule, "c");
		FFPath		inner = FFPathElement(path, i);
		FFPath		conditions_path = FFPathMember(&inner, FFStringOf("c", 1));
		FFNode	   *node = FFAlloc(sizeof(FFNode));

		if (FFConfigCatCompileConditions(compiler, &conditions_path, document, &conditions, node))
			setting->rules[i].when = node;
		CompileThen(compiler, &inner, &rule, setting->type, &setting->rules[i]);
		FFCheckInterrupts();
	}
}

static int
ReadType(FFCompiler *compiler, const FFPath *path, const FFValue *flag)
{
	FFValue		value = FFDialectMember(flag, "t");
	double		type;

	(void) FFNumberDouble(&value, &type);
	for (int i = FF_CONFIGCAT_BOOLEAN; i <= FF_CONFIGCAT_DOUBLE; i++)
		if (type == i)
			return i;
	FFNoteFault(compiler, path, "the type of the setting is invalid: it answers nothing");
	return -1;
}

/* What percentages go by, unless it is the identifier. */
static void
CompileBy(FFCompiler *compiler, const FFValue *flag, FFConfigCatSetting *setting)
{
	FFString	name = FFDialectString(flag, "a");

	if (name.data == NULL || FFStringIs(name, "Identifier"))
		return;
	setting->by = FFAlloc(sizeof(FFAttribute));
	FFDialectAttribute(compiler, &name, 1, setting->by);
}

/* Of a boolean setting, off is false. */
static int
FindOff(const FFProgram *program)
{
	for (int i = 0; i < program->variations.count; i++)
		if (program->values[i].type == FF_BOOL && !program->values[i].boolean)
			return i;
	return -1;
}

bool
FFConfigCatCompile(FFCompiler *compiler, const FFValue *document)
{
	FFConfigCatSetting *setting = FFAlloc(sizeof(FFConfigCatSetting));
	FFValue		flag = FFDialectMember(document, "flag");
	FFString	key = FFDialectString(document, "key");
	FFPath		root = {0};
	FFPath		top = FFPathElement(&root, 0);
	FFPath		path = FFPathMember(&top, FFStringOf("flag", 4));
	FFPath		rules_path = FFPathMember(&path, FFStringOf("r", 1));
	FFPath		options_path = FFPathMember(&path, FFStringOf("p", 1));
	FFValue		rules = FFDialectMember(&flag, "r");
	FFValue		options = FFDialectMember(&flag, "p");

	compiler->program->own = setting;
	setting->key = FFStringCopy(key.data == NULL ? FFStringOf("", 0) : key);
	setting->malformed = !FFConfigCatIsSetting(compiler, &path, &flag);
	if (setting->malformed)
		return true;
	setting->type = ReadType(compiler, &path, &flag);
	if (setting->type < 0)
		return true;
	compiler->program->off = FindOff(compiler->program);
	CompileBy(compiler, &flag, setting);
	CompileRules(compiler, &rules_path, document, &rules, setting);
	(void) CompileSplit(compiler, &options_path, &options, setting->type, &setting->split);
	setting->serve = CompileServe(compiler, &path, &flag, setting->type);
	return true;
}

/* --- evaluating --------------------------------------------------------------- */

/* A setting that is being answered. */
typedef struct Asked
{
	const FFConfigCatSetting *setting;
	FFEvaluation *evaluation;
	FFProviderAnswer *answer;
	int			option;			/* the percentage option that was taken, or -1 */
} Asked;

static void
Fail(Asked *asked, FFEvaluationError error, const char *code)
{
	FFText		text = {0};

	asked->answer->reason = FF_REASON_ERROR;
	asked->answer->error = error;
	asked->answer->variation = -1;
	asked->answer->unit = FFStringOf(NULL, 0);
	FFExplain(asked->evaluation, "serve", "error", "%s", code);
	if (!asked->evaluation->context->detailed)
		return;
	FFTextFormat(&text, "{\"errorCode\":\"%s\"}", code);
	asked->answer->provider_reason = FFStringOf(text.data, text.length);
}

static void
FailInvalid(Asked *asked)
{
	Fail(asked, FF_PARSE_ERROR, "InvalidConfigModel");
}

static void
AddPlace(FFText *text, const char *name, int place)
{
	if (place < 0)
		FFTextFormat(text, "\"%s\":null", name);
	else
		FFTextFormat(text, "\"%s\":%d", name, place);
}

/* Which rule and which option decided, and the variation id. */
static void
AddDetail(Asked *asked, const FFConfigCatServe *serve)
{
	FFText		reason = {0};
	FFText		metadata = {0};

	FFTextFormat(&reason, "{");
	AddPlace(&reason, "matchedTargetingRule", asked->answer->rule);
	FFTextFormat(&reason, ",");
	AddPlace(&reason, "matchedPercentageOption", asked->option);
	FFTextFormat(&reason, ",\"errorCode\":\"None\"}");
	asked->answer->provider_reason = FFStringOf(reason.data, reason.length);
	if (serve->id.data == NULL)
		return;
	FFTextFormat(&metadata, "{\"variationId\":");
	FFTextJsonString(&metadata, serve->id);
	FFTextFormat(&metadata, "}");
	asked->answer->metadata = FFStringOf(metadata.data, metadata.length);
}

static void
Serve(Asked *asked, const FFConfigCatServe *serve)
{
	if (serve->variation < 0)
	{
		FailInvalid(asked);
		return;
	}
	asked->answer->variation = serve->variation;
	FFExplain(asked->evaluation, "serve", "variation", "variation id %.*s",
			  serve->id.data == NULL ? 4 : FFClip(serve->id, 60), serve->id.data == NULL ? "none" : serve->id.data);
	if (asked->evaluation->context->detailed)
		AddDetail(asked, serve);
}

/* What percentages go by, as text; data NULL: there is none. */
static FFString
Unit(Asked *asked)
{
	FFContext  *context = asked->evaluation->context;
	const FFValue *value;

	if (!FFConfigCatHasUser(context))
		return FFStringOf(NULL, 0);
	if (asked->setting->by == NULL)
		return context->user_key.data != NULL ? context->user_key : FFStringOf("", 0);
	value = FFAttributeValue(asked->evaluation, asked->setting->by);
	if (value->type == FF_ABSENT || value->type == FF_NULL)
		return FFStringOf(NULL, 0);
	return FFConfigCatText(value);
}

/* Serve the option whose share the unit's bucket lies in. */
static void
TakeOption(Asked *asked, const FFConfigCatSplit *split, FFString unit, int bucket)
{
	double		end = 0;

	for (int i = 0; i < split->count; i++)
	{
		const FFConfigCatOption *option = &split->options[i];

		if (option->percentage < 0)
			break;
		end += option->percentage;
		if (bucket >= end)
			continue;
		FFExplain(asked->evaluation, "split", "option", "\"%.*s\", bucket %d of 100: option %d ends at %.0f",
				  FF_QUOTED(unit), bucket, i, end);
		asked->option = i;
		Serve(asked, &option->serve);
		return;
	}
	FailInvalid(asked);
}

/* Percentages; false: the user has nothing that they could go by. */
static bool
ServeSplit(Asked *asked, const FFConfigCatSplit *split)
{
	static const FFRecipe *recipe;
	FFString	unit = Unit(asked);
	FFBucketing bucketing;

	if (unit.data == NULL)
	{
		FFExplain(asked->evaluation, "split", "skipped", "what percentages go by is missing");
		return false;
	}
	if (recipe == NULL)
		recipe = FFRecipeFind(FFStringOf("configcat", 9));
	if (!FFRecipeRun(recipe, asked->setting->key, unit, recipe->buckets, &bucketing))
	{
		Fail(asked, FF_GENERAL, "UnexpectedError");
		return true;
	}
	if (split->random)
	{
		asked->answer->reason = FF_REASON_SPLIT;
		asked->answer->bucket = bucketing.bucket;
		asked->answer->unit = unit;
	}
	TakeOption(asked, split, unit, bucketing.bucket);
	return true;
}

/* What a rule that matches serves; false: its percentages do not apply. */
static bool
ServeRule(Asked *asked, int number)
{
	const FFConfigCatRule *rule = &asked->setting->rules[number];

	asked->answer->rule = number;
	asked->answer->reason = FF_REASON_TARGETING_MATCH;
	if (rule->invalid)
		FailInvalid(asked);
	else if (rule->split.count == 0)
		Serve(asked, &rule->serve);
	else if (!ServeSplit(asked, &rule->split))
	{
		asked->answer->rule = -1;
		asked->answer->reason = FF_REASON_DEFAULT;
		return false;
	}
	return true;
}

/* The rules in order; false: none serves. */
static bool
FollowRules(Asked *asked)
{
	FFEvaluation *evaluation = asked->evaluation;

	for (int i = 0; i < asked->setting->count; i++)
	{
		const FFNode *when = asked->setting->rules[i].when;
		bool		matches = when == NULL || FFNodeMatches(evaluation, when);

		if (FF_UNLIKELY(evaluation->context->notes & FF_CONFIGCAT_INVALID))
		{
			FailInvalid(asked);
			return true;
		}
		FFExplain(evaluation, "rule", matches ? "matched" : "not matched", "rules[%d]", i);
		if (matches && ServeRule(asked, i))
			return true;
	}
	return false;
}

/* Whether a caller's default of that type would be refused. */
static bool
Mismatches(FFWanted wanted, int type)
{
	switch (wanted)
	{
		case FF_WANT_ANY:
			return false;
		case FF_WANT_BOOLEAN:
			return type != FF_CONFIGCAT_BOOLEAN;
		case FF_WANT_STRING:
			return type != FF_CONFIGCAT_STRING;
		case FF_WANT_INTEGER:
			return type != FF_CONFIGCAT_INTEGER;
		case FF_WANT_NUMBER:
			return type != FF_CONFIGCAT_INTEGER && type != FF_CONFIGCAT_DOUBLE;
		default:
			return true;
	}
}

static void
Ask(Asked *asked)
{
	const FFConfigCatSetting *setting = asked->setting;

	if (setting->malformed || setting->type < 0)
		FailInvalid(asked);
	else if (Mismatches(asked->evaluation->context->wanted, setting->type))
		Fail(asked, FF_TYPE_MISMATCH, "SettingValueTypeMismatch");
	else if (!FollowRules(asked) &&
			 (setting->split.count == 0 || !ServeSplit(asked, &setting->split)))
		Serve(asked, &setting->serve);
}

static void
Answer(const FFProgram *program, FFEvaluation *evaluation, bool enabled, FFProviderAnswer *answer)
{
	Asked		asked = {program->own, evaluation, answer, -1};
	unsigned	notes = evaluation->context->notes;

	if (!enabled)
	{
		answer->reason = FF_REASON_DISABLED;
		answer->rule_name = FFStringOf("off", 3);
		answer->variation = program->off;
		FFExplain(evaluation, "flag", "off", "switched off here");
		return;
	}
	evaluation->context->notes = 0;
	Ask(&asked);
	evaluation->context->notes = notes;
}

const FFDialect FFDialectConfigCat = {
	.name = "configcat", .compile = FFConfigCatCompile,
	.compile_segment = FFConfigCatCompileSegment, .answer = Answer
};
