/*
 * fuzz.c
 *	  Random rule documents and attributes, well-formed and damaged.
 *
 *	  fuzz [runs [seed]]
 *
 * Every run makes a flag and some contexts from one number, so that a failure
 * is repeated by its seed.  Nothing may crash; and what compiles must answer
 * the same when compiled or evaluated again, with or without explanation, with
 * buckets in their range, and growing parts of splits must lose nobody.
 * Parts of it are in fuzz_texts.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/program.h"
#include "fuzz.h"
#include "standin.h"

#define VARIATIONS "[{\"key\":\"on\",\"value\":1},{\"key\":\"off\",\"value\":2}," \
	"{\"key\":\"a\",\"value\":3},{\"key\":\"b\",\"value\":4}]"

static uint64_t state;
static uint64_t run_seed;
static long compiled;
static long refused;
static long unreadable;
static long matched;

/* splitmix64 */
uint64_t
Random(void)
{
	uint64_t	z = (state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

int
Below(int limit)
{
	return (int) (Random() % (uint64_t) limit);
}

bool
OneIn(int times)
{
	return Below(times) == 0;
}

void
Check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz: %s, seed %llu\n", what, (unsigned long long) run_seed);
	abort();
}

/* --- documents ------------------------------------------------------------ */

static const char *const names[] = {
	"a", "b", "plan", "country", "user_key", "account.id", "account", "a.b.c",
	"k\xC3\xA9y", "", ".", "list", "x"
};

const char *const strings[FUZZ_STRINGS] = {
	"", "a", "A", "pro", "PRO", "DE", "de", "\xC3\xA9", "\xC3\x89", "\xCF\x82",
	"\xCE\xA3", "\xE2\x84\xAA", "k", "\xC5\xBF", "s", "\xF0\x90\x90\x80",
	"\xF0\x90\x90\xA8", "\xFF", "\xC3", "user-1", "1", "true", "1.2.3", "v1.2.3",
	"1.2.3-rc.1", "1.2", "1.2.3-rc.11+x", "2026-01-01T00:00:00Z",
	"2026-01-01T00:00:00+02:00", "1990-12-31T23:59:60Z", "2026-01-01",
	"\\u0001\\\"\\\\", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
};

static const char *const patterns[] = {
	"a", "^a+$", "(a+)+$", "(a|aa)+b", "[a-z]+", "\\\\d{2,}", "(", "[", "\\\\",
	"(?i)x", "(?<n>a)\\\\k<n>", ".*", "^$", "\\\\p{L}+", "(?=a)", "(?<=a)b", "\\\\C",
	"(*LIMIT_MATCH=1)a", "(?R)", "a{1,60000}", "(a{1,100}){1,100}", "\xC3\xA9", "\\\\bx\\\\b"
};

static const char *const numbers[] = {
	"0", "-0", "1", "1.0", "-1", "30", "29.999", "1e5", "1e400", "1e-400",
	"123456789012345678901234567890.123", "0.1", "100", "50", "33.333"
};

static const char *const operators[] = {
	"eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "starts_with",
	"ends_with", "contains", "matches", "before", "after", "semver_eq",
	"semver_lt", "semver_le", "semver_gt", "semver_ge", "exists", "has", "is", ""
};

static const char *const variations[] = {"on", "off", "a", "b"};

void
Add(FFText *text, const char *data)
{
	FFTextAdd(text, data, (int) strlen(data));
}

static void
AddString(FFText *text, const char *string)
{
	Add(text, "\"");
	Add(text, string);
	if (OneIn(20))
		for (int i = Below(600); i > 0; i--)
			Add(text, PICK(strings));
	Add(text, "\"");
}

static void
AddScalar(FFText *text)
{
	switch (Below(8))
	{
		case 0:
			Add(text, OneIn(2) ? "true" : "false");
			break;
		case 1:
			Add(text, "null");
			break;
		case 2:
		case 3:
			Add(text, PICK(numbers));
			break;
		default:
			AddString(text, PICK(strings));
			break;
	}
}

static void
AddValue(FFText *text, int depth)
{
	int			count = Below(4);

	if (depth == 0 || !OneIn(4))
	{
		AddScalar(text);
		return;
	}
	if (OneIn(2))
	{
		Add(text, "[");
		for (int i = 0; i < count; i++)
		{
			Add(text, i > 0 ? "," : "");
			AddValue(text, depth - 1);
		}
		Add(text, "]");
		return;
	}
	Add(text, "{");
	for (int i = 0; i < count; i++)
	{
		Add(text, i > 0 ? ",\"" : "\"");
		Add(text, PICK(names));
		Add(text, "\":");
		AddValue(text, depth - 1);
	}
	Add(text, "}");
}

/* A constant that suits the operator, mostly. */
static void
AddConstant(FFText *text, const char *op)
{
	if (OneIn(30))
		AddValue(text, 2);
	else if (strcmp(op, "matches") == 0)
		AddString(text, PICK(patterns));
	else if (strlen(op) == 2 && op[0] != 'e' && op[0] != 'n' && op[0] != 'i')
		Add(text, PICK(numbers));
	else if (strncmp(op, "semver", 6) == 0)
		AddString(text, strings[22 + Below(5)]);
	else if (strcmp(op, "before") == 0 || strcmp(op, "after") == 0)
		AddString(text, strings[27 + Below(3)]);
	else if (strcmp(op, "exists") == 0)
		Add(text, OneIn(2) ? "true" : "false");
	else
		AddString(text, PICK(strings));
}

static void
AddTest(FFText *text)
{
	const char *op = PICK(operators);
	int			count = OneIn(10) ? Below(40) : 1 + Below(3);

	Add(text, "{\"attribute\":\"");
	Add(text, PICK(names));
	Add(text, "\",\"op\":\"");
	Add(text, op);
	if (OneIn(3))
	{
		Add(text, "\",\"value\":");
		AddConstant(text, op);
	}
	else
	{
		Add(text, "\",\"values\":[");
		for (int i = 0; i < count; i++)
		{
			Add(text, i > 0 ? "," : "");
			AddConstant(text, op);
		}
		Add(text, "]");
	}
	if (OneIn(3))
		Add(text, OneIn(3) ? ",\"ignore_case\":false" : ",\"ignore_case\":true");
	Add(text, "}");
}

static void
AddCondition(FFText *text, int depth)
{
	int			count = Below(4);

	switch (depth == 0 ? 9 : Below(10))
	{
		case 0:
			Add(text, "{\"not\":");
			AddCondition(text, depth - 1);
			Add(text, "}");
			break;
		case 1:
			Add(text, "{\"segment\":\"");
			Add(text, PICK(strings));
			Add(text, "\"}");
			break;
		case 2:
		case 3:
			Add(text, OneIn(2) ? "{\"all\":[" : "{\"any\":[");
			for (int i = 0; i < count; i++)
			{
				Add(text, i > 0 ? "," : "");
				AddCondition(text, depth - 1);
			}
			Add(text, "]}");
			break;
		default:
			AddTest(text);
			break;
	}
}

static void
AddSplit(FFText *text, int first)
{
	FFTextFormat(text, "{\"split\":[{\"variation\":\"%s\",\"weight\":%d.%03d},"
				 "{\"variation\":\"%s\",\"weight\":%d.%03d}]",
				 variations[0], first / 1000, first % 1000, variations[1],
				 (100000 - first) / 1000, (100000 - first) % 1000);
	if (OneIn(3))
	{
		Add(text, ",\"by\":\"");
		Add(text, PICK(names));
		Add(text, "\"");
	}
	Add(text, "}");
}

static void
AddServe(FFText *text)
{
	if (OneIn(3))
		AddSplit(text, Below(100001));
	else if (OneIn(20))
		AddValue(text, 2);
	else
	{
		Add(text, "\"");
		Add(text, PICK(variations));
		Add(text, "\"");
	}
}

static void
AddRule(FFText *text, int index)
{
	Add(text, "{");
	if (OneIn(3))
		FFTextFormat(text, "\"id\":\"r%d\",", OneIn(20) ? 0 : index);
	if (!OneIn(5))
	{
		Add(text, "\"when\":");
		AddCondition(text, OneIn(50) ? 40 : Below(4));
		Add(text, ",");
	}
	if (OneIn(10))
		FFTextFormat(text, "\"%s\":\"%s\",", OneIn(2) ? "from" : "until",
					 strings[27 + Below(4)]);
	Add(text, "\"serve\":");
	AddServe(text);
	Add(text, "}");
}

static void
AddRules(FFText *text)
{
	int			count = Below(4);

	Add(text, "[");
	for (int i = 0; i < count; i++)
	{
		Add(text, i > 0 ? "," : "");
		AddRule(text, i);
	}
	Add(text, "]");
}

static void
AddTargets(FFText *text)
{
	FFTextFormat(text, "{\"%s\":[", PICK(variations));
	for (int i = Below(20); i > 0; i--)
		FFTextFormat(text, "\"user-%d\",", Below(100));
	FFTextFormat(text, "\"x\"],\"%s\":[\"%s\"]}", PICK(variations), PICK(strings));
}

/* Damage a text: change, drop, double or swap some of its bytes. */
void
Damage(FFText *text)
{
	static const char bytes[] = "{}[]\",:0123456789.eE-+ntfa\\u\x00\x01\xC3\xFF";

	for (int i = 1 + Below(3); i > 0 && text->length > 0; i--)
	{
		int			at = Below(text->length);
		int			length = 1 + Below(10);

		if (length > text->length - at)
			length = text->length - at;
		switch (Below(3))
		{
			case 0:
				text->data[at] = bytes[Below((int) sizeof(bytes) - 1)];
				break;
			case 1:
				memmove(text->data + at, text->data + at + length,
						(size_t) (text->length - at - length));
				text->length -= length;
				break;
			default:
				memmove(text->data + at, text->data + Below(text->length - length + 1),
						(size_t) length);
				break;
		}
	}
}

typedef void (*Adder) (FFText *text);

/* Make a document; damaged once in a while, absent when it is no JSON. */
static FFValue
Make(Adder add, bool *readable)
{
	FFText		text = {0};
	FFValue		value;

	add(&text);
	if (OneIn(8))
		Damage(&text);
	value = StandinParse(text.data, text.length);
	if (value.type == FF_ABSENT)
		*readable = false;
	return value;
}

static void
AddAttributes(FFText *text)
{
	int			count = Below(8);

	Add(text, "{");
	for (int i = 0; i < count; i++)
	{
		Add(text, i > 0 ? ",\"" : "\"");
		Add(text, PICK(names));
		Add(text, "\":");
		AddValue(text, 3);
	}
	Add(text, "}");
}

static void
AddVariations(FFText *text)
{
	Add(text, VARIATIONS);
}

/* --- runs ------------------------------------------------------------------- */

static void
Listen(FFTrace *trace, int depth, const char *step, const char *outcome,
	   const char *detail)
{
	Check(depth >= 0 && depth <= 40 && step != NULL && outcome != NULL &&
		  detail != NULL && strlen(detail) < 100000, "an explanation is odd");
	++*(long *) trace->argument;
}

static void
CheckOutcome(const FFProgram *program, const FFOutcome *outcome)
{
	bool		split = outcome->match == FF_MATCH_RULE_SPLIT ||
		outcome->match == FF_MATCH_DEFAULT_SPLIT;
	bool		missing = outcome->match == FF_MATCH_KEY_MISSING;

	Check(outcome->variation < FFProgramVariationCount(program) &&
		  (outcome->variation >= 0) == !missing, "the variation is out of range");
	Check(split ? outcome->bucket >= 0 && outcome->bucket < FF_BUCKETS :
		  outcome->bucket == -1, "the bucket is out of range");
	Check(outcome->rule >= -1 && outcome->rule < program->rule_count,
		  "the rule is out of range");
	Check(outcome->match != FF_MATCH_RULE || outcome->rule >= 0, "no rule matched");
	matched += outcome->rule >= 0;
}

static bool
SameOutcome(const FFOutcome *a, const FFOutcome *b)
{
	return a->match == b->match && a->variation == b->variation &&
		a->rule == b->rule && a->bucket == b->bucket;
}

static void
Evaluate(const FFProgram *program, const FFProgram *again, FFSegment **segments,
		 FFContext *context)
{
	FFOutcome	first;
	FFOutcome	second;
	long		steps = 0;
	FFTrace		trace = {.step = Listen, .argument = &steps};

	FFProgramRules(program, segments, context, &first);
	CheckOutcome(program, &first);
	FFProgramRules(program, segments, context, &second);
	Check(SameOutcome(&first, &second), "evaluated twice, two answers");
	FFProgramRules(again, segments, context, &second);
	Check(SameOutcome(&first, &second), "compiled twice, two answers");
	context->trace = &trace;
	FFProgramTraceSchedule(program, context);
	steps = 0;
	FFProgramRules(program, segments, context, &second);
	context->trace = NULL;
	Check(SameOutcome(&first, &second) && steps > 0 && trace.depth == 0,
		  "explained, another answer");
	Check(FFProgramEnabled(program, context->now) ==
		  FFProgramEnabled(again, context->now), "on and off");
	Check(FFProgramTarget(program, context->user_key) ==
		  FFProgramTarget(again, context->user_key), "two targets");
}

/* When contexts are evaluated, half of the time. */
#define OFTEN INT64_C(820000000000000)

static FFContext
MakeContext(void)
{
	FFContext	context = {.now = (int64_t) Random()};
	bool		readable;

	if (!OneIn(5))
		context.user_key = Str(PICK(strings));
	context.attributes = Make(AddAttributes, &readable);
	if (OneIn(2))
		context.now = OFTEN;
	return context;
}

/* Bind segments to conditions made at random, cycles included. */
static FFSegment **
MakeSegments(const FFSegmentKeys *keys)
{
	FFSegment **segments = FFAlloc((size_t) keys->count * sizeof(FFSegment *) + 1);
	FFError		error;

	for (int i = 0; i < keys->count; i++)
	{
		FFText		text = {0};
		FFValue		document;
		const FFSegmentKeys *inner;

		if (OneIn(4))
			continue;
		segments[i] = FFAlloc(sizeof(FFSegment));
		AddCondition(&text, 3);
		document = StandinParse(text.data, text.length);
		segments[i]->condition = FFConditionCompile(&document, &error);
		if (segments[i]->condition == NULL)
			continue;
		inner = FFConditionSegments(segments[i]->condition);
		segments[i]->segments = FFAlloc((size_t) inner->count * sizeof(FFSegment *) + 1);
		for (int j = 0; j < inner->count; j++)
			segments[i]->segments[j] = segments[Below(i + 1)];
	}
	return segments;
}

static void
CheckError(const FFError *error)
{
	Check(error->code != FF_OK && error->document != NULL &&
		  error->path[0] == '$' && error->message[0] != '\0' &&
		  memchr(error->path, '\0', sizeof(error->path)) != NULL &&
		  memchr(error->message, '\0', sizeof(error->message)) != NULL,
		  "refused without a reason");
}

/* Steps before, at and after the time of most contexts, some of them over. */
static void
MakeSteps(FFFlagSource *source, bool *readable)
{
	static FFStepSource steps[8];

	source->enabled = OneIn(2);
	source->enabled_at = OneIn(2) ? INT64_MIN : (int64_t) Random();
	source->default_at = OneIn(2) ? INT64_MIN : OFTEN;
	source->step_count = OneIn(3) ? Below(FF_LENGTH(steps)) : 0;
	source->steps = steps;
	memset(steps, 0, sizeof(steps));
	for (int i = 0; i < source->step_count; i++)
	{
		steps[i].at = OneIn(3) ? (int64_t) Random() : OFTEN + Below(9) - 4;
		steps[i].enabled = OneIn(2);
		if (OneIn(2))
			steps[i].serve = Make(AddServe, readable);
	}
}

/* Ranges of buckets that experiments let through, some of them empty. */
static void
MakeGates(FFFlagSource *source)
{
	static FFGateSource gates[3];

	source->gate_count = OneIn(4) ? Below(FF_LENGTH(gates) + 1) : 0;
	source->gates = gates;
	source->control = Str(PICK(variations));
	for (int i = 0; i < source->gate_count; i++)
		gates[i] = (FFGateSource) {
			.kind = "gate", .key = Str(PICK(names)), .salt = Str(PICK(strings)),
			.from = Below(FF_BUCKETS), .to = Below(FF_BUCKETS + 1)
		};
}

static void
FuzzProgram(void)
{
	bool		readable = true;
	FFFlagSource source = {.is_boolean = OneIn(2), .salt = Str(PICK(strings))};
	FFProgram  *program;
	FFProgram  *again;
	FFSegment **segments;
	FFError		error;

	source.variations = Make(AddVariations, &readable);
	source.rules = Make(AddRules, &readable);
	if (OneIn(2))
		source.default_serve = Make(AddServe, &readable);
	if (OneIn(4))
		source.targets = Make(AddTargets, &readable);
	if (OneIn(2))
		source.off_variation = Str(PICK(variations));
	MakeSteps(&source, &readable);
	MakeGates(&source);
	unreadable += !readable;
	program = FFProgramCompile(&source, &error);
	if (program == NULL)
	{
		CheckError(&error);
		refused++;
		return;
	}
	compiled++;
	again = FFProgramCompile(&source, &error);
	Check(again != NULL, "accepted once, refused twice");
	segments = MakeSegments(FFProgramSegments(program));
	for (int i = 0; i < 3; i++)
	{
		FFContext	context = MakeContext();

		context.serial = OneIn(2) ? 0 : (uint64_t) i + 1;
		Evaluate(program, again, OneIn(8) ? NULL : segments, &context);
	}
}

/* Who is in the first part stays in it when it grows. */
static void
FuzzMonotonicity(void)
{
	int			weights[2] = {Below(100001), Below(100001)};
	bool		inside[2];
	FFContext	context = {.user_key = Str(PICK(strings))};
	FFFlagSource source = {.salt = Str(PICK(names))};
	uint64_t	key = state;
	FFError		error;

	for (int i = 0; i < 2; i++)
	{
		FFText		text = {0};
		FFProgram  *program;
		FFOutcome	outcome;

		state = key;			/* the same choice of by */
		AddSplit(&text, weights[i]);
		source.variations = Json(VARIATIONS);
		source.default_serve = Json(text.data);
		program = FFProgramCompile(&source, &error);
		if (program == NULL)
			return;				/* by is empty */
		FFProgramRules(program, NULL, &context, &outcome);
		inside[i] = outcome.variation == 0;
		Check(outcome.match == FF_MATCH_KEY_MISSING ||
			  inside[i] == (outcome.bucket < weights[i]), "a border is off");
	}
	Check(weights[0] > weights[1] || !inside[0] || inside[1], "not monotone");
}

int
main(int argc, char **argv)
{
	long		runs = argc > 1 ? atol(argv[1]) : 1000000;
	uint64_t	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	(void) FFStackIsDeep();
	for (long i = 0; i < runs; i++)
	{
		run_seed = seed + (uint64_t) i;
		state = run_seed * UINT64_C(0xD1342543DE82EF95) + 1;
		StandinLatin1(OneIn(10));
		switch (Below(8))
		{
			case 0:
				FuzzMonotonicity();
				break;
			case 1:
				FuzzTexts();
				break;
			case 2:
				FuzzRecipes();
				break;
			case 3:
				FuzzFlavours();
				break;
			case 4:
				FuzzUnleash();
				break;
			default:
				FuzzProgram();
				break;
		}
		StandinReset();
	}
	printf("%ld runs from seed %llu: %ld compiled, %ld refused, %ld not JSON, "
		   "%ld matches of a rule\n", runs, (unsigned long long) seed, compiled,
		   refused, unreadable, matched);
	return 0;
}
