/*
 * unit.c
 *	  Runs the unit tests and reports them as TAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static int	tests;
static int	failures;

static bool
Report(bool passed, const char *format, va_list arguments)
{
	tests++;
	failures += !passed;
	printf("%s %d - ", passed ? "ok" : "not ok", tests);
	vprintf(format, arguments);
	printf("\n");
	return passed;
}

bool
Ok(bool passed, const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	Report(passed, format, arguments);
	va_end(arguments);
	return passed;
}

bool
Is(long long found, long long wanted, const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	Report(found == wanted, format, arguments);
	va_end(arguments);
	if (found != wanted)
		printf("# found %lld, wanted %lld\n", found, wanted);
	return found == wanted;
}

bool
IsText(FFString found, const char *wanted, const char *format,...)
{
	bool		passed = found.data != NULL && FFStringIs(found, wanted);
	va_list		arguments;

	va_start(arguments, format);
	Report(passed, format, arguments);
	va_end(arguments);
	if (!passed)
		printf("# found  %.*s\n# wanted %s\n", found.length,
			   found.data == NULL ? "" : found.data, wanted);
	return passed;
}

FFFlagSource
Source(const char *rules, const char *serve, const char *targets)
{
	FFFlagSource source = {.is_boolean = true, .salt = Str("flag")};

	source.variations = Json("[{\"key\":\"on\",\"value\":true},"
							 "{\"key\":\"off\",\"value\":false},"
							 "{\"key\":\"a\",\"value\":1},"
							 "{\"key\":\"b\",\"value\":null},"
							 "{\"key\":\"c\",\"value\":{},\"name\":\"C\"}]");
	if (rules != NULL)
		source.rules = Json(rules);
	if (serve != NULL)
		source.default_serve = Json(serve);
	if (targets != NULL)
		source.targets = Json(targets);
	source.off_variation = Str("off");
	return source;
}

FFProgram *
Compile(const char *rules, const char *serve)
{
	FFFlagSource source = Source(rules, serve, NULL);
	FFError		error;
	FFProgram  *program = FFProgramCompile(&source, &error);

	if (program == NULL)
	{
		printf("Bail out! %s %s: %s\n", error.document, error.path, error.message);
		exit(2);
	}
	return program;
}

FFContext
Context(const char *user_key, const char *attributes)
{
	FFContext	context = {.now = NOW};

	context.user_key = Str(user_key);
	if (attributes != NULL)
		context.attributes = Json(attributes);
	return context;
}

bool
Matches(const char *condition, const char *attributes)
{
	FFValue		document = Json(condition);
	FFError		error;
	FFContext	context = Context("user-1", attributes);
	FFCondition *compiled = FFConditionCompile(&document, &error);

	if (compiled == NULL)
	{
		printf("Bail out! %s: %s: %s\n", condition, error.path, error.message);
		exit(2);
	}
	return FFConditionMatches(compiled, NULL, &context);
}

FFString
Served(const FFProgram *program, FFContext *context)
{
	FFOutcome	outcome;

	FFProgramRules(program, NULL, context, &outcome);
	if (outcome.variation < 0)
		return Str("");
	return FFProgramVariationKey(program, outcome.variation);
}

int
main(void)
{
	static void (*const groups[]) (void) = {
		TestOperators, TestText, TestDocuments, TestRules, TestBuckets, TestRecipes,
		TestLimits, TestTrace, TestLookup, TestSchedule, TestGates, TestStats,
		TestInference, TestSequential, TestExact, TestEffects, TestForeignNumbers, TestFlavours,
		TestJsonPath, TestUnleash, TestFlagd, TestFlagsmith, TestConfigCat, TestEppo
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	(void) FFStackIsDeep();
	for (int i = 0; i < FF_LENGTH(groups); i++)
	{
		groups[i] ();
		StandinReset();
	}
	printf("1..%d\n", tests);
	return failures > 0;
}
