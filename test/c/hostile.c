/*
 * hostile.c
 *	  Documents of other systems' flags, damaged on purpose.
 *
 *	  hostile RUNS SEED FILE...
 *
 * A line of a file is {"dialect", "kind": "flag" or "segment", "document",
 * "contexts": [{"user_key", "attributes"}, ...]}.  Every run damages one of
 * them at random places: values of other types, members gone, under another
 * name or twice, parts of one place in another, nesting.  Segments that it
 * names are those of the same file, damaged or not, also such that lead back to
 * themselves.  Nothing may crash, take long or read what is not there; and
 * whatever compiles must answer the same twice, explained or not, with a
 * variation that exists.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/dialect.h"
#include "standin.h"

#define MAX_LINES 4096
#define SEGMENTS 4				/* that a run has */
#define SLOW_MS 200				/* is told */
#define TOO_SLOW_MS 2000		/* fails */

typedef struct Line
{
	int			file;
	bool		segment;
	FFString	dialect;
	FFValue		document;		/* this and the next are for good */
	FFValue		contexts;
} Line;

static Line lines[MAX_LINES];
static int	line_count;
static FFSegment segments[SEGMENTS];
static uint64_t serial;
static uint64_t state;
static uint64_t run_seed;
static uint64_t told_seed;
static bool too_deep;			/* for what it says to be read back */
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

/* How deep one is nested. */
static int
Depth(const FFValue *value)
{
	const Container *container = ContainerOf(value);
	int			deepest = 0;

	for (int i = 0; container != NULL && i < container->count; i++)
	{
		int			depth = Depth(&container->values[i]);

		deepest = depth > deepest ? depth : deepest;
	}
	return deepest + 1;
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

/* A copy whose containers are its own: what is damaged in one place stays whole in another. */
static FFValue
Deep(const FFValue *value)
{
	FFValue		copy = *value;
	const Container *from = ContainerOf(value);
	Container  *to;

	if (from == NULL)
		return copy;
	to = FFAlloc(sizeof(Container));
	to->count = to->capacity = from->count;
	to->names = FFAlloc((size_t) from->count * sizeof(FFString) + 1);
	to->values = FFAlloc((size_t) from->count * sizeof(FFValue) + 1);
	for (int i = 0; i < from->count; i++)
	{
		to->names[i] = from->names[i];
		to->values[i] = Deep(&from->values[i]);
	}
	copy.data = (const char *) to;
	return copy;
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
		container->values[victim] = Deep(&container->values[Below(container->count)]);
		return;
	}
	container->count--;
	for (int i = victim; i < container->count; i++)
	{
		container->values[i] = container->values[i + 1];
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
			*value = Deep(AnyValue(root));
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
	FFValue		key = FFDialectMember(source, "user_key");

	memset(context, 0, sizeof(*context));
	if (key.type == FF_STRING)
		context->user_key = FFStringOf(key.data, key.length);
	context->attributes = FFDialectMember(source, "attributes");
	context->ask = Ask;
	context->now = INT64_C(820454400000000);
	context->wanted = (FFWanted) Below(6);
	context->detailed = true;
	context->trace = trace;
	context->serial = ++serial;
}

/* The segments that keys name: the same for the same key, and some for none. */
static FFSegment **
Bound(const FFSegmentKeys *keys)
{
	FFSegment **bindings = FFAlloc((size_t) keys->count * sizeof(FFSegment *) + 1);

	for (int i = 0; i < keys->count; i++)
	{
		int			number = (int) ((FFHash(keys->keys[i].data, (size_t) keys->keys[i].length) ^ told_seed) % (SEGMENTS + 1));

		bindings[i] = number == SEGMENTS ? NULL : &segments[number];
	}
	return bindings;
}

static bool
SameText(FFString a, FFString b)
{
	return (a.data == NULL) == (b.data == NULL) && (a.data == NULL || FFStringEquals(a, b));
}

/* What a dialect writes as JSON is JSON. */
static void
CheckJson(FFString text, bool object)
{
	FFValue		value;

	if (text.data == NULL || too_deep)
		return;
	value = StandinParse(text.data, text.length);
	if (object ? value.type == FF_OBJECT : value.type != FF_ABSENT)
		return;
	fprintf(stderr, "%.*s\n", text.length, text.data);
	Check(false, object ? "metadata is no object" : "the provider's reason is no JSON");
}

static void
CheckAnswer(const FFProgram *program, const FFProviderAnswer *answer)
{
	Check(answer->variation >= -1 && answer->variation < FFProgramVariationCount(program), "no such variation");
	Check((answer->error != FF_EVALUATION_OK) == (answer->reason == FF_REASON_ERROR), "an error without a reason");
	CheckJson(answer->provider_reason, false);
	CheckJson(answer->metadata, true);
}

static void
AnswerOnce(const FFProgram *program, const FFValue *source, bool explained, FFProviderAnswer *answer)
{
	FFTrace		trace = {.step = Step};
	const FFSegmentKeys *flags = FFProgramFlags(program);
	void	  **asked = FFAlloc((size_t) flags->count * sizeof(void *) + 1);
	FFContext	context;
	uint64_t	before = state;

	for (int i = 0; i < flags->count; i++)
		asked[i] = (void *) (uintptr_t) (i + 1);
	StartContext(&context, source, explained ? &trace : NULL);
	FFProgramAnswer(program, true, Bound(FFProgramSegments(program)), asked, &context, answer);
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
	FFSegment **bindings = Bound(FFConditionSegments(condition));

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

/* A segment of the file, or NULL. */
static const Line *
AnySegment(int file)
{
	for (int tries = 0; tries < 100; tries++)
	{
		const Line *line = &lines[Below(line_count)];

		if (line->file == file && line->segment)
			return line;
	}
	return NULL;
}

/* The segments of a file for one run. */
static void
PickSegments(int file)
{
	memset(segments, 0, sizeof(segments));
	for (int i = 0; i < SEGMENTS; i++)
	{
		const Line *line = AnySegment(file);
		FFValue		document;
		FFError		error;

		if (line == NULL)
			return;
		document = Deep(&line->document);
		if (Below(2) == 0)
			Damage(&document);
		segments[i].condition = FFProviderSegmentCompile(line->dialect, &document, &error);
	}
	for (int i = 0; i < SEGMENTS; i++)
		if (segments[i].condition != NULL)
			segments[i].segments = Bound(FFConditionSegments(segments[i].condition));
}

static void
Run(const Line *line)
{
	FFFaults	faults = {NoteFault};
	FFValue		document = Deep(&line->document);
	FFValue		contexts = Deep(&line->contexts);
	FFFlagSource source = {.dialect = line->dialect, .enabled = true};
	FFCondition *condition = NULL;
	FFProgram  *program = NULL;
	FFError		error;

	told_seed = Random();
	for (int i = Below(5); i > 0; i--)
		Damage(&document);
	for (int i = Below(3); i > 0; i--)
		Damage(&contexts);
	too_deep = Depth(&document) > 1500 || Depth(&contexts) > 1500;
	source.rules = document;
	if (line->segment)
		condition = FFProviderSegmentCheck(source.dialect, &document, &faults, &error);
	else
		program = FFProgramCheck(&source, &faults, &error);
	if (program == NULL && condition == NULL)
	{
		Check(error.message[0] != '\0' && error.path[0] == '$', "a refusal without a place");
		refused++;
		return;
	}
	compiled++;
	if ((program != NULL ? FFProgramSegments(program) : FFConditionSegments(condition))->count > 0)
		PickSegments(line->file);
	if (program != NULL)
		TryFlag(program, &contexts);
	else
		TrySegment(condition, &contexts);
}

/* A run, and how long it took. */
static void
RunTimed(const Line *line)
{
	clock_t		start = clock();
	long		taken;

	Run(line);
	taken = (long) ((clock() - start) * 1000 / CLOCKS_PER_SEC);
	if (taken >= SLOW_MS)
		fprintf(stderr, "hostile: %ld ms, seed %llu\n", taken, (unsigned long long) run_seed);
	Check(taken < TOO_SLOW_MS, "a run took too long");
}

static void
ReadLines(const char *name, int number)
{
	FILE	   *file = fopen(name, "r");
	size_t		size = 0;
	char	   *text = NULL;

	if (file == NULL)
	{
		perror(name);
		exit(2);
	}
	while (line_count < MAX_LINES && getline(&text, &size, file) > 0)
	{
		FFValue		root = Json(text);
		Line	   *line = &lines[line_count++];

		line->file = number;
		line->dialect = FFDialectString(&root, "dialect");
		line->segment = FFStringIs(FFDialectString(&root, "kind"), "segment");
		line->document = FFDialectMember(&root, "document");
		line->contexts = FFDialectMember(&root, "contexts");
	}
	StandinKeep();
	free(text);
	fclose(file);
}

int
main(int argc, char **argv)
{
	long		runs = argc > 3 ? atol(argv[1]) : 0;
	uint64_t	seed = argc > 3 ? (uint64_t) atoll(argv[2]) : 0;

	if (runs <= 0)
	{
		fprintf(stderr, "usage: hostile RUNS SEED FILE...\n");
		return 2;
	}
	for (int i = 3; i < argc; i++)
		ReadLines(argv[i], i);
	for (long i = 0; i < runs && line_count > 0; i++)
	{
		run_seed = state = seed * UINT64_C(1000003) + (uint64_t) i;
		RunTimed(&lines[i % line_count]);
		StandinReset();
	}
	printf("hostile: %ld runs on %d documents: %ld compiled, %ld refused, %ld faults noted, %ld answers\n",
		   runs, line_count, compiled, refused, faulty, answered);
	return line_count > 0 && compiled > 0 ? 0 : 1;
}
