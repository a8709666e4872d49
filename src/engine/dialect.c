/*
 * dialect.c
 *	  The dialects by name, and what they have in common.
 */
#include <stdio.h>
#include <string.h>

#include "engine/dialect.h"

static const FFDialect *const dialects[] = {
	&FFDialectLaunchDarkly,
	&FFDialectUnleash,
	&FFDialectConfigCat,
	&FFDialectEppo,
	&FFDialectFlagsmith,
	&FFDialectFlagd,
	&FFDialectGrowthBook,
	&FFDialectPostHog,
};

/* The dialect of that name, NULL where there is none. */
static const FFDialect *
FindDialect(FFString name)
{
	for (int i = 0; i < FF_LENGTH(dialects); i++)
		if (FFStringIs(name, dialects[i]->name))
			return dialects[i];
	return NULL;
}

bool
FFDialectKnown(FFString name)
{
	return FindDialect(name) != NULL;
}

const char *
FFDialectAfter(const char *name)
{
	const char *next = NULL;

	for (int i = 0; i < FF_LENGTH(dialects); i++)
		if (strcmp(dialects[i]->name, name) > 0 && (next == NULL || strcmp(dialects[i]->name, next) < 0))
			next = dialects[i]->name;
	return next;
}

/* --- compiling ---------------------------------------------------------- */

/* Copies of the values of a provider's variations, by place. */
static void
CopyValues(FFProgram *program, const FFValue *variations)
{
	int			count = program->variations.count;

	program->values = FFAlloc((size_t) count * sizeof(FFValue) + 1);
	for (int i = 0; i < count; i++)
	{
		FFValue		variation = FFElement(variations, i);
		FFValue		value = FFDialectMember(&variation, "value");

		program->values[i] = FFCopy(&value);
	}
}

/* The answer where a flag was not imported: none. */
static void
AnswerNowhere(const FFProgram *program, FFEvaluation *evaluation, bool enabled,
			  FFProviderAnswer *answer)
{
	(void) program;
	(void) enabled;
	answer->reason = FF_REASON_DISABLED;
	answer->rule_name = FFStringOf("off", 3);
	FFExplain(evaluation, "flag", "none", "not imported in this environment");
}

static bool
CompileNowhere(FFCompiler *compiler, const FFValue *document)
{
	(void) compiler;
	(void) document;
	return true;
}

static const FFDialect nowhere = {.name = "nowhere", .compile = CompileNowhere, .answer = AnswerNowhere};

/* The one element of rules: {"variations": [...], ...}. */
static bool
FindDocument(FFCompiler *compiler, const FFValue *rules, FFValue *document)
{
	FFPath		root = {0};

	compiler->document = "rules";
	if (rules->type != FF_ARRAY || FFCount(rules) != 1)
		return FFRefuse(compiler, &root, FF_ERROR_DOCUMENT,
						"rules of an imported flag are an array of one document");
	*document = FFElement(rules, 0);
	if (document->type != FF_OBJECT)
	{
		FFPath		path = FFPathElement(&root, 0);

		return FFRefuseType(compiler, &path, "an object", document);
	}
	return true;
}

/* Compile a flag in the terms of its provider. */
FFProgram *
FFProviderProgramCompile(const FFFlagSource *source, FFFaults *faults, FFError *error)
{
	FFFlagSource copy = *source;
	FFCompiler	compiler = {.error = error, .source = &copy, .faults = faults};
	FFProgram  *program = FFAlloc(sizeof(FFProgram));
	FFPath		root = {0};
	FFValue		document;

	compiler.program = program;
	compiler.document = "rules";
	program->off = -1;
	program->dialect = FindDialect(source->dialect);
	if (program->dialect == NULL)
	{
		FFRefuse(&compiler, &root, FF_ERROR_REFERENCE, "unknown dialect \"%.*s\"", FF_QUOTED(source->dialect));
		return NULL;
	}
	if (source->rules.type != FF_ARRAY || FFCount(&source->rules) == 0)
	{
		program->dialect = &nowhere;
		return program;
	}
	if (!FindDocument(&compiler, &source->rules, &document))
		return NULL;
	copy.variations = FFDialectMember(&document, "variations");
	if (!FFCompileVariations(&compiler, 0))
		return NULL;
	CopyValues(program, &copy.variations);
	compiler.document = "rules";
	if (!program->dialect->compile(&compiler, &document) || !FFCompileSchedule(&compiler))
		return NULL;
	FFFinishNeeds(&compiler, &program->needs);
	return program;
}

/* Compile a segment in the terms of its provider, and tell its faults. */
FFCondition *
FFProviderSegmentCheck(FFString dialect, const FFValue *document, FFFaults *faults, FFError *error)
{
	FFCompiler	compiler = {.error = error, .document = "segment", .faults = faults};
	FFCondition *condition = FFAlloc(sizeof(FFCondition));
	const FFDialect *found = FindDialect(dialect);
	FFPath		root = {0};

	memset(error, 0, sizeof(FFError));
	if (found == NULL || found->compile_segment == NULL)
	{
		FFRefuse(&compiler, &root, FF_ERROR_REFERENCE, "dialect \"%.*s\" has no segments", FF_QUOTED(dialect));
		return NULL;
	}
	if (!found->compile_segment(&compiler, document, &condition->root))
		return NULL;
	FFFinishNeeds(&compiler, &condition->needs);
	return condition;
}

FFCondition *
FFProviderSegmentCompile(FFString dialect, const FFValue *document, FFError *error)
{
	return FFProviderSegmentCheck(dialect, document, NULL, error);
}

void
FFDialectAttribute(FFCompiler *compiler, const FFString *steps, int count,
				   FFAttribute *attribute)
{
	FFText		name = {0};

	memset(attribute, 0, sizeof(*attribute));
	for (int i = 0; i < count; i++)
	{
		FFTextAdd(&name, ".", i == 0 ? 0 : 1);
		FFTextAdd(&name, steps[i].data, steps[i].length);
	}
	attribute->name = FFStringOf(name.data, name.length);
	attribute->literal = FF_SLOT_NONE;
	attribute->slot = FFInternName(compiler, FFStringCopy(steps[0]));
	attribute->count = count - 1;
	if (count > 1)
		attribute->steps = FFAlloc((size_t) (count - 1) * sizeof(FFString));
	for (int i = 1; i < count; i++)
		attribute->steps[i - 1] = FFStringCopy(steps[i]);
	attribute->next = compiler->attributes;
	compiler->attributes = attribute;
}

int
FFInternOwnSegment(FFCompiler *compiler, FFString key)
{
	char		mark = FF_OWN_SEGMENT;
	FFText		text = {0};

	FFTextAdd(&text, &mark, 1);
	FFTextAdd(&text, key.data, key.length);
	return FFInternSegment(compiler, FFStringOf(text.data, text.length));
}

void
FFNoteFault(FFCompiler *compiler, const FFPath *path, const char *format,...)
{
	FFError		error;
	va_list		arguments;

	if (compiler->faults == NULL)
		return;
	FFPathText(path, error.path, sizeof(error.path));
	va_start(arguments, format);
	vsnprintf(error.message, sizeof(error.message), format, arguments);
	va_end(arguments);
	error.message[FFClip(FFStringOf(error.message, (int) strlen(error.message)), sizeof(error.message) - 1)] = '\0';
	compiler->faults->fault(compiler->faults, error.path, error.message);
}

FFValue
FFDialectMember(const FFValue *object, const char *member)
{
	FFValue		absent = {0};

	if (object->type != FF_OBJECT)
		return absent;
	return FFMember(object, member, (int) strlen(member));
}

FFString
FFDialectString(const FFValue *object, const char *member)
{
	FFValue		value = FFDialectMember(object, member);

	if (value.type != FF_STRING)
		return FFStringOf(NULL, 0);
	return FFStringOf(value.data, value.length);
}

FFRegexSetup *
FFDialectRegexSetup(FFCompiler *compiler)
{
	if (compiler->setup == NULL)
		compiler->setup = FFRegexSetupCreate();
	return compiler->setup;
}

void
FFOwnNodeInit(FFNode *node, const char *name,
			  bool (*matches) (FFEvaluation *evaluation, const void *state),
			  const void *state)
{
	node->kind = FF_NODE_OWN;
	node->count = 0;
	node->as.own = FFAlloc(sizeof(FFOwnNode));
	node->as.own->name = name;
	node->as.own->matches = matches;
	node->as.own->state = state;
}

/* --- evaluating --------------------------------------------------------- */

void
FFAnswerNothing(FFProviderAnswer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->reason = FF_REASON_DEFAULT;
	answer->variation = answer->index = answer->rule = answer->bucket = answer->truth = -1;
}

/* Answer as the provider does; see engine.h. */
void
FFProgramAnswer(const FFProgram *program, bool enabled, FFSegment **segments,
				void **flags, FFContext *context, FFProviderAnswer *answer)
{
	FFEvaluation evaluation;

	FFEvaluationStart(&evaluation, &program->needs, segments, context, NULL);
	evaluation.flags = flags;
	FFAnswerNothing(answer);
	program->dialect->answer(program, &evaluation, enabled, answer);
	FFEvaluationEnd(&evaluation);
}

void
FFAskFlag(FFEvaluation *evaluation, int number, FFTold *told)
{
	memset(told, 0, sizeof(*told));
	told->variation = told->truth = -1;
	if (evaluation->flags == NULL || evaluation->context->ask == NULL || FFStackIsDeep())
		return;
	evaluation->context->ask(evaluation->context, evaluation->flags[number], told);
}

bool
FFSegmentKnown(const FFEvaluation *evaluation, int number)
{
	const FFSegment *segment = evaluation->segments == NULL ? NULL : evaluation->segments[number];

	return segment != NULL && (segment->condition != NULL || segment->contains != NULL);
}

void
FFExplain(FFEvaluation *evaluation, const char *step, const char *outcome, const char *format,...)
{
	FFText		text = {0};
	char		buffer[300];
	va_list		arguments;

	if (evaluation->context->trace == NULL)
		return;
	va_start(arguments, format);
	vsnprintf(buffer, sizeof(buffer), format, arguments);
	va_end(arguments);
	FFTextAdd(&text, buffer, FFClip(FFStringOf(buffer, (int) strlen(buffer)), sizeof(buffer) - 1));
	FFTraceReport(evaluation->context, step, outcome, &text);
}

/* The value of a variation, by its place. */
FFValue
FFProgramVariationValue(const FFProgram *program, int index)
{
	return program->values[index];
}

/* The flags that a program asks. */
const FFSegmentKeys *
FFProgramFlags(const FFProgram *program)
{
	return &program->needs.flags;
}

/* The dialect of a program; data NULL: native. */
FFString
FFProgramDialect(const FFProgram *program)
{
	const char *name = program->dialect != NULL ? program->dialect->name : NULL;

	return FFStringOf(name, name != NULL ? (int) strlen(name) : 0);
}
