/*
 * hostile.c
 *	  Documents of other systems' flags, damaged on purpose.
 *
 *	  hostile FILE [runs [seed]]
 *
 * A line of the file is {"dialect", "kind": "flag" or "segment", "document",
 * "contexts": [{"user_key", "attributes"}, ...]}.  Every run damages one of
 * them at random places: values of other types, members gone, renamed or
 * doubled, parts of one place in another, nesting.  Nothing may crash, hang or
 * read what is not there; and whatever compiles must answer the same twice,
 * explained or not, with a variation that exists.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/program.h"
#include "fuzz.h"
#include "standin.h"

#define MAX_LINES 4096

static char *lines[MAX_LINES];
static int	line_count;
static uint64_t state;
static uint64_t run_seed;
static long compiled;
static long refused;
static long faulty;
static long answered;

static const char *const replacements[] = {
	"null", "true", "false", "0", "-1", "1", "0.5", "-0.0", "100", "1e308", "1e-320", "9007199254740993",
	"123456789012345678901234567890", "4294967296", "2147483648", "\"\"", "\"a\"", "\"0\"", "\"1e999\"", "\"NaN\"", "\"true\"",
	"\"(\"", "\"(a+)+$\"", "\"1.2.3\"", "\"v1\"", "\"2026-01-01T00:00:00Z\"", "\"-7d\"", "\"\xC3\xA9\"", "\"\xF0\x9F\x98\x80\"", "\"\xFF\"",
	"\"$.a.b\"", "\"/a/~1b\"", "\"::1/129\"", "\"10.0.0.0/33\"", "[]", "{}", "[null]", "[[],{}]", "{\"\":null}", "[1,\"1\",true]",
	"{\"a\":{\"a\":{\"a\":1}}}"
};

static uint64_t
Random(void)
{
	uint64_t	z = (state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static int
Below(int limit)
{
	return (int) (Random() % (uint64_t) limit);
}

static void
Check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "hostile: %s, seed %llu\n", what, (unsigned long long) run_seed);
	abort();
}

/* --- damage ----------------------------------------------------------------- */

static Container *
ContainerOf(const FFValue *value)
{
	if (value->type != FF_ARRAY && value->type != FF_OBJECT)
		return NULL;
	return (Container *) value->data;
}

/* How many values there are in one, itself included. */
static int
CountValues(const FFValue *value)
{
	const Container *container = ContainerOf(value);
	int			count = 1;

	for (int i = 0; container != NULL && i < container->count; i++)
		count += CountValues(&container->values[i]);
	return count;
}

/* The value of that number, counted in order. */
static FFValue *
FindValue(FFValue *value, int *number)
{
	Container  *container = ContainerOf(value);

	if ((*number)-- == 0)
		return value;
	for (int i = 0; container != NULL && i < container->count; i++)
	{
		FFValue    *found = FindValue(&container->values[i], number);

		if (found != NULL)
			return found;
	}
	return NULL;
}

static FFValue *
AnyValue(FFValue *root)
{
	int			number = Below(CountValues(root));

	return FindValue(root, &number);
}

/* Put a value into arrays, one in the other. */
static FFValue
Nested(FFValue value, int depth)
{
	char		open[4096];
	FFValue		outer;
	FFValue    *inner;

	memset(open, '[', (size_t) depth);
	open[depth] = '0';
	memset(open + depth + 1, ']', (size_t) depth);
	outer = StandinParse(open, 2 * depth + 1);
	for (inner = &outer; inner->type == FF_ARRAY;)
		inner = &ContainerOf(inner)->values[0];
	*inner = value;
	return outer;
}

/* Take a member or element away, or have it twice. */
static void
DamageContainer(Container *container)
{
	int			victim = Below(container->count);

	if (Below(3) == 0)
	{
		container->values[victim] = FFCopy(&container->values[Below(container->count)]);
		return;
	}
	container->count--;
	for (int i = victim; i < container->count; i++)
	{
		container->values[i] = container->values[i + 1];
		if (container->names != NULL)
			container->names[i] = container->names[i + 1];
	}
}

/* One piece of damage at some place. */
static void
Damage(FFValue *root)
{
	FFValue    *value = AnyValue(root);
	Container  *container = ContainerOf(value);
	const char *text;

	switch (Below(6))
	{
		case 0:
			*value = FFCopy(AnyValue(root));
			break;
		case 1:
			*value = Nested(*value, 1 + Below(Below(10) == 0 ? 2000 : 3));
			break;
		case 2:
		case 3:
			if (container != NULL && container->count > 0)
			{
				DamageContainer(container);
				break;
			}
			/* FALLTHROUGH */
		default:
			text = replacements[Below(FF_LENGTH(replacements))];
			*value = Json(text);
	}
}

/* --- answers ---------------------------------------------------------------- */

static uint64_t told_seed;

/* What another flag answers: anything, but the same again. */
static void
Ask(FFContext *context, void *flag, FFTold *told)
{
	uint64_t	number = told_seed + (uint64_t) (uintptr_t) flag;

	(void) context;
	told->known = number % 5 != 0;
	told->cyclic = told->known && number % 7 == 0;
	told->on = number % 2 == 0;
	told->variation = (int) (number % 3) - 1;
	told->truth = (int) (number % 3) - 1;
	if (told->variation < 0)
		return;
	told->key = FFStringOf("on", 2);
	told->value = Json(replacements[number % (uint64_t) FF_LENGTH(replacements)]);
}

static void
Step(FFTrace *trace, int depth, const char *step, const char *outcome, const char *detail)
{
	(void) trace;
	(void) depth;
	Check(step != NULL && outcome != NULL && detail != NULL, "a step says nothing");
}

static void
StartContext(FFContext *context, const FFValue *source, FFTrace *trace)
{
	FFValue		key = FFMember(source, "user_key", 8);

	memset(context, 0, sizeof(*context));
	if (key.type == FF_STRING)
		context->user_key = FFStringOf(key.data, key.length);
	context->attributes = FFMember(source, "attributes", 10);
	context->ask = Ask;
	context->now = INT64_C(820454400000000);
	context->wanted = (FFWanted) Below(6);
	context->detailed = true;
	context->trace = trace;
}

static bool
SameText(FFString a, FFString b)
{
	return (a.data == NULL) == (b.data == NULL) && (a.data == NULL || FFStringEquals(a, b));
}

static void
CheckAnswer(const FFProgram *program, const FFProviderAnswer *answer)
{
	FFValue		value;

	Check(answer->variation >= -1 && answer->variation < FFProgramVariationCount(program), "no such variation");
	Check((answer->error != FF_EVALUATION_OK) == (answer->reason == FF_REASON_ERROR), "an error without a reason");
	if (answer->provider_reason.data != NULL)
	{
		value = StandinParse(answer->provider_reason.data, answer->provider_reason.length);
		Check(value.type != FF_ABSENT, "the provider's reason is no JSON");
	}
	if (answer->metadata.data != NULL)
	{
		value = StandinParse(answer->metadata.data, answer->metadata.length);
		Check(value.type == FF_OBJECT, "metadata is no object");
	}
}

static void
AnswerOnce(const FFProgram *program, const FFValue *source, bool explained, FFProviderAnswer *answer)
{
	FFTrace		trace = {.step = Step};
	const FFSegmentKeys *segments = FFProgramSegments(program);
	const FFSegmentKeys *flags = FFProgramFlags(program);
	FFSegment  *bound = FFAlloc((size_t) segments->count * sizeof(FFSegment) + 1);
	FFSegment **bindings = FFAlloc((size_t) segments->count * sizeof(FFSegment *) + 1);
	void	  **asked = FFAlloc((size_t) flags->count * sizeof(void *) + 1);
	FFContext	context;
	uint64_t	before = state;

	for (int i = 0; i < segments->count; i++)
	{
		bound[i].key = segments->keys[i];
		bindings[i] = &bound[i];
	}
	for (int i = 0; i < flags->count; i++)
		asked[i] = (void *) (uintptr_t) (i + 1);
	StartContext(&context, source, explained ? &trace : NULL);
	FFProgramAnswer(program, true, bindings, asked, &context, answer);
	CheckAnswer(program, answer);
	state = before;
}

static void
TryFlag(const FFProgram *program, FFValue *contexts)
{
	for (int i = 0; contexts->type == FF_ARRAY && i < FFCount(contexts); i++)
	{
		FFValue		source = FFElement(contexts, i);
		FFProviderAnswer first;
		FFProviderAnswer second;

		StandinSeed(run_seed);
		AnswerOnce(program, &source, false, &first);
		StandinSeed(run_seed);
		AnswerOnce(program, &source, true, &second);
		Check(first.variation == second.variation && first.reason == second.reason &&
			  first.error == second.error && first.rule == second.rule && first.bucket == second.bucket &&
			  first.truth == second.truth && SameText(first.provider_reason, second.provider_reason) &&
			  SameText(first.metadata, second.metadata), "explained it answers otherwise");
		answered++;
	}
}

static void
TrySegment(const FFCondition *condition, FFValue *contexts)
{
	const FFSegmentKeys *keys = FFConditionSegments(condition);
	FFSegment **bindings = FFAlloc((size_t) keys->count * sizeof(FFSegment *) + 1);

	for (int i = 0; contexts->type == FF_ARRAY && i < FFCount(contexts); i++)
	{
		FFTrace		trace = {.step = Step};
		FFValue		source = FFElement(contexts, i);
		FFContext	context;
		bool		first;

		StartContext(&context, &source, NULL);
		first = FFConditionMatches(condition, bindings, &context);
		StartContext(&context, &source, &trace);
		Check(FFConditionMatches(condition, bindings, &context) == first, "explained it answers otherwise");
		answered++;
	}
}

/* --- runs ------------------------------------------------------------------- */

static void
NoteFault(FFFaults *faults, const char *path, const char *message)
{
	(void) faults;
	Check(path[0] == '$' && message[0] != '\0', "a fault without a place");
	faulty++;
}

static void
Run(const char *line)
{
	FFFaults	faults = {NoteFault};
	FFValue		root = StandinParse(line, (int) strlen(line));
	FFValue		document = FFMember(&root, "document", 8);
	FFValue		dialect = FFMember(&root, "dialect", 7);
	FFValue		kind = FFMember(&root, "kind", 4);
	FFValue		contexts = FFMember(&root, "contexts", 8);
	FFFlagSource source = {.dialect = {dialect.data, dialect.length}, .enabled = true};
	FFCondition *condition = NULL;
	FFProgram  *program = NULL;
	FFError		error;

	told_seed = Random();
	for (int i = Below(5); i > 0; i--)
		Damage(&document);
	for (int i = Below(3); i > 0; i--)
		Damage(&contexts);
	source.rules = document;
	if (kind.length == 4)
		program = FFProgramCheck(&source, &faults, &error);
	else
		condition = FFProviderSegmentCheck(source.dialect, &document, &faults, &error);
	if (program == NULL && condition == NULL)
	{
		Check(error.message[0] != '\0' && error.path[0] == '$', "a refusal without a place");
		refused++;
		return;
	}
	compiled++;
	if (program != NULL)
		TryFlag(program, &contexts);
	else
		TrySegment(condition, &contexts);
}

static void
ReadLines(const char *name)
{
	FILE	   *file = fopen(name, "r");
	size_t		size = 0;
	char	   *line = NULL;

	if (file == NULL)
	{
		perror(name);
		exit(2);
	}
	while (line_count < MAX_LINES && getline(&line, &size, file) > 0)
	{
		lines[line_count++] = line;
		line = NULL;
		size = 0;
	}
	free(line);
	fclose(file);
}

int
main(int argc, char **argv)
{
	long		runs = argc > 2 ? atol(argv[2]) : 100000;
	uint64_t	seed = argc > 3 ? (uint64_t) atoll(argv[3]) : 1;

	if (argc < 2)
	{
		fprintf(stderr, "usage: hostile FILE [runs [seed]]\n");
		return 2;
	}
	ReadLines(argv[1]);
	for (long i = 0; i < runs && line_count > 0; i++)
	{
		run_seed = state = seed * UINT64_C(1000003) + (uint64_t) i;
		Run(lines[i % line_count]);
		StandinReset();
	}
	printf("hostile: %ld runs on %d documents: %ld compiled, %ld refused, %ld faults noted, %ld answers\n",
		   runs, line_count, compiled, refused, faulty, answered);
	return line_count > 0 && compiled > 0 ? 0 : 1;
}
