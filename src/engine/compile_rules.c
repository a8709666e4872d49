/*
 * compile_rules.c
 *	  Rules, and what they serve.
 */
#include <string.h>

#include "engine/program.h"

#define RULES_BETWEEN_INTERRUPTS 64

static FFString
TextOf(const FFValue *value)
{
	return FFStringOf(value->data, value->length);
}

/* The variation that a string, or true and false on boolean flags, names. */
static bool
CompileVariationName(FFCompiler *compiler, const FFPath *path,
					 const FFValue *document, int *variation)
{
	FFString	key = TextOf(document);

	if (document->type == FF_BOOL)
	{
		if (!compiler->source->is_boolean)
			return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
							"true and false name variations of boolean flags only");
		key = document->boolean ? FFStringOf("on", 2) : FFStringOf("off", 3);
	}
	else if (document->type != FF_STRING)
		return FFRefuseType(compiler, path, "the key of a variation", document);
	*variation = FFProgramFindVariation(compiler->program, key);
	if (*variation < 0)
		return FFRefuse(compiler, path, FF_ERROR_REFERENCE,
						"unknown variation \"%.*s\"", FF_QUOTED(key));
	return true;
}

/* One part of a split: {"variation": …, "weight": …} */
static bool
CompilePart(FFCompiler *compiler, const FFPath *path, const FFValue *document,
			FFServe *serve, int64_t *sum)
{
	FFField		fields[] = {{.name = "variation"}, {.name = "weight"}};
	FFPath		inner = FFPathMember(path, FFStringOf("variation", 9));
	FFPath		heavy = FFPathMember(path, FFStringOf("weight", 6));
	int64_t		weight;
	int			variation;

	if (!FFReadFields(compiler, path, document, fields, FF_LENGTH(fields)) ||
		!CompileVariationName(compiler, &inner, &fields[0].value, &variation))
		return false;
	for (int i = 0; i < serve->count; i++)
		if (serve->variations[i] == variation)
			return FFRefuse(compiler, &inner, FF_ERROR_DOCUMENT,
							"the split names this variation twice");
	if (fields[1].value.type != FF_NUMBER)
		return FFRefuseType(compiler, &heavy, "a number", &fields[1].value);
	if (!FFNumberScaled(&fields[1].value, 3, &weight) || weight < 0 ||
		weight > FF_BUCKETS)
		return FFRefuse(compiler, &heavy, FF_ERROR_DOCUMENT,
						"a weight is a percentage from 0 to 100 with at most three decimals");
	*sum += weight;
	serve->variations[serve->count] = variation;
	serve->ends[serve->count] = (int) *sum;
	serve->count++;
	return true;
}

/* Whether a split leaves anything to chance. */
static bool
IsRandom(const FFServe *serve)
{
	int			start = 0;

	for (int i = 0; i < serve->count; i++)
	{
		if (serve->ends[i] - start == FF_BUCKETS)
			return false;
		start = serve->ends[i];
	}
	return true;
}

/* The parts of a split, which together are the whole. */
static bool
CompileSplit(FFCompiler *compiler, const FFPath *path, const FFValue *document,
			 FFServe *serve)
{
	FFWalk		walk;
	FFValue		part;
	size_t		count;
	int64_t		sum = 0;

	if (document->type != FF_ARRAY)
		return FFRefuseType(compiler, path, "an array of variations and weights",
							document);
	if (FFCount(document) > FF_MAX_VARIATIONS)
		return FFRefuse(compiler, path, FF_ERROR_LIMIT,
						"a split has at most %d parts", FF_MAX_VARIATIONS);
	count = (size_t) FFCount(document);
	serve->variations = FFAlloc(count * sizeof(int) + 1);
	serve->ends = FFAlloc(count * sizeof(int) + 1);
	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, NULL, &part))
	{
		FFPath		element = FFPathElement(path, serve->count);

		if (!CompilePart(compiler, &element, &part, serve, &sum))
			return false;
	}
	if (sum != FF_BUCKETS)
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
						"weights add up to %d.%03d, not 100",
						(int) (sum / 1000), (int) (sum % 1000));
	serve->random = IsRandom(serve);
	return true;
}

/* "variation", or {"split": […], "by": "attribute"} */
bool
FFCompileServe(FFCompiler *compiler, const FFPath *path,
			   const FFValue *document, FFServe *serve)
{
	FFField		fields[] = {{.name = "split"}, {.name = "by"}};
	FFPath		split = FFPathMember(path, FFStringOf("split", 5));
	FFPath		by = FFPathMember(path, FFStringOf("by", 2));

	if (document->type == FF_ABSENT)
		return FFRefuse(compiler, path->up, FF_ERROR_DOCUMENT,
						"a rule needs serve");
	if (document->type == FF_STRING || document->type == FF_BOOL)
		return CompileVariationName(compiler, path, document, &serve->variation);
	if (document->type != FF_OBJECT)
		return FFRefuseType(compiler, path, "a variation or a split", document);
	if (!FFReadFields(compiler, path, document, fields, FF_LENGTH(fields)))
		return false;
	if (fields[0].value.type == FF_ABSENT)
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT, "split is missing");
	if (!CompileSplit(compiler, &split, &fields[0].value, serve))
		return false;
	if (fields[1].value.type <= FF_NULL)
		return true;
	serve->by = FFAlloc(sizeof(FFAttribute));
	if (!FFCompileAttribute(compiler, &by, &fields[1].value, serve->by))
		return false;
	if (serve->by->slot == FF_SLOT_USER_KEY)
		serve->by = NULL;
	return true;
}

/* The members of a rule. */
enum
{
	ID, NAME, DESCRIPTION, WHEN, SERVE, FROM, UNTIL
};

/* A member that is text or nothing. */
static bool
IsTextOrNull(FFCompiler *compiler, const FFPath *path, const FFField *field)
{
	FFPath		inner = FFPathMember(path, FFStringOf(field->name,
													  (int) strlen(field->name)));

	return field->value.type <= FF_NULL || field->value.type == FF_STRING ||
		FFRefuseType(compiler, &inner, "a string", &field->value);
}

/* One end of the time in which a rule applies. */
static bool
CompileMoment(FFCompiler *compiler, const FFPath *path, const FFField *field,
			  int64_t *time)
{
	FFString	text = TextOf(&field->value);

	if (!IsTextOrNull(compiler, path, field))
		return false;
	if (field->value.type == FF_STRING && !FFParseTime(text, time))
		return FFRefuseAt(compiler, path, field->name, FF_ERROR_DOCUMENT,
						  "\"%.*s\" is not an RFC 3339 time with an offset",
						  FF_QUOTED(text));
	return true;
}

/* From when until when a rule applies. */
static bool
CompileWindow(FFCompiler *compiler, const FFPath *path, const FFField *fields,
			  FFRule *rule)
{
	rule->from = INT64_MIN;
	rule->until = INT64_MAX;
	if (!CompileMoment(compiler, path, &fields[FROM], &rule->from) ||
		!CompileMoment(compiler, path, &fields[UNTIL], &rule->until))
		return false;
	if (rule->from >= rule->until)
		return FFRefuseAt(compiler, path, "until", FF_ERROR_DOCUMENT,
						  "until is not after from");
	return true;
}

/* What else an answer may name as its cause. */
static bool
IsReservedId(FFString id)
{
	static const char *const names[] = {
		"archived", "default", "kill", "off", "override:organization",
		"override:user", "session", "target"
	};
	static const char *const prefixes[] = {"plan:", "prerequisite:", "rules["};

	for (int i = 0; i < FF_LENGTH(names); i++)
		if (FFStringIs(id, names[i]))
			return true;
	for (int i = 0; i < FF_LENGTH(prefixes); i++)
	{
		int			length = (int) strlen(prefixes[i]);

		if (id.length >= length && memcmp(id.data, prefixes[i], (size_t) length) == 0)
			return true;
	}
	return false;
}

/* The name by which a rule is reported; no two are the same. */
static bool
CompileId(FFCompiler *compiler, const FFPath *path, const FFField *field,
		  FFSet *ids, int index)
{
	FFRule	   *rule = &compiler->program->rules[index];
	int			other;

	if (!IsTextOrNull(compiler, path, field))
		return false;
	if (field->value.type != FF_STRING)
		return true;
	if (field->value.length == 0)
		return FFRefuseAt(compiler, path, "id", FF_ERROR_DOCUMENT,
						  "the id of a rule is empty");
	rule->id = FFStringCopy(TextOf(&field->value));
	if (IsReservedId(rule->id))
		return FFRefuseAt(compiler, path, "id", FF_ERROR_DOCUMENT,
						  "\"%.*s\" cannot be the id of a rule", FF_QUOTED(rule->id));
	other = FFSetFind(ids, rule->id);
	if (other >= 0)
		return FFRefuseAt(compiler, path, "id", FF_ERROR_DOCUMENT,
						  "rule %d has the id \"%.*s\" as well",
						  ids->entries[other].value, FF_QUOTED(rule->id));
	FFSetAdd(ids, rule->id, index);
	return true;
}

static bool
CompileRule(FFCompiler *compiler, const FFPath *path, const FFValue *document,
			FFSet *ids, int index)
{
	FFRule	   *rule = &compiler->program->rules[index];
	FFField		fields[] = {
		[ID] = {.name = "id"}, [NAME] = {.name = "name"},
		[DESCRIPTION] = {.name = "description"}, [WHEN] = {.name = "when"},
		[SERVE] = {.name = "serve"}, [FROM] = {.name = "from"},
		[UNTIL] = {.name = "until"}
	};
	FFPath		when = FFPathMember(path, FFStringOf("when", 4));
	FFPath		serve = FFPathMember(path, FFStringOf("serve", 5));

	if (!FFReadFields(compiler, path, document, fields, FF_LENGTH(fields)) ||
		!CompileId(compiler, path, &fields[ID], ids, index) ||
		!IsTextOrNull(compiler, path, &fields[NAME]) ||
		!IsTextOrNull(compiler, path, &fields[DESCRIPTION]) ||
		!CompileWindow(compiler, path, fields, rule))
		return false;
	if (fields[WHEN].value.type != FF_ABSENT)
	{
		rule->when = FFAlloc(sizeof(FFNode));
		if (!FFCompileNode(compiler, &when, &fields[WHEN].value, 1, rule->when))
			return false;
	}
	return FFCompileServe(compiler, &serve, &fields[SERVE].value, &rule->serve);
}

/* All rules of a flag, in order. */
bool
FFCompileRules(FFCompiler *compiler)
{
	const FFValue *document = &compiler->source->rules;
	FFPath		root = {0};
	FFProgram  *program = compiler->program;
	FFSet		ids = {0};
	FFWalk		walk;
	FFValue		rule;
	int			i = 0;

	compiler->document = "rules";
	if (document->type <= FF_NULL)
		return true;
	if (document->type != FF_ARRAY)
		return FFRefuseType(compiler, &root, "an array of rules", document);
	program->rule_count = FFCount(document);
	if (program->rule_count > FF_MAX_RULES)
		return FFRefuse(compiler, &root, FF_ERROR_LIMIT,
						"a flag has at most %d rules", FF_MAX_RULES);
	program->rules = FFAlloc((size_t) program->rule_count * sizeof(FFRule) + 1);
	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, NULL, &rule))
	{
		FFPath		path = FFPathElement(&root, i);

		if (!CompileRule(compiler, &path, &rule, &ids, i))
			return false;
		if (++i % RULES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
	return true;
}
