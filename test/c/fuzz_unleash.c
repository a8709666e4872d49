/*
 * fuzz_unleash.c
 *	  Flags of Unleash, well-formed, with a value of any type in any place, and
 *	  damaged.
 *
 * What compiles answers the same when it is asked or compiled again, with or
 * without explanation; whatever comes, the answer is one of the variations.
 */
#include <stdio.h>
#include <string.h>

#include "engine/dialect.h"
#include "fuzz.h"
#include "standin.h"

static const char *const fields[] = {
	"userId", "sessionId", "remoteAddress", "currentTime", "country", "", "properties", "k\xC3\xA9y"
};

static const char *const constraint_operators[] = {
	"IN", "NOT_IN", "STR_STARTS_WITH", "STR_ENDS_WITH", "STR_CONTAINS", "NUM_EQ", "NUM_GT", "NUM_GTE",
	"NUM_LT", "NUM_LTE", "DATE_AFTER", "DATE_BEFORE", "SEMVER_EQ", "SEMVER_GT", "SEMVER_GTE",
	"SEMVER_LT", "SEMVER_LTE", "REGEX", "IN_CIDR", "in"
};

static const char *const strategy_names[] = {
	"default", "userWithId", "flexibleRollout", "flexibleRollout", "gradualRolloutUserId",
	"gradualRolloutSessionId", "gradualRolloutRandom", "remoteAddress", "applicationHostname", "other"
};

static const char *const constants[] = {
	"a", "DE", "1", "50", "33.3", "1.2.3", " v1.2.3", "2026-01-01", "2026-01-01T00:00:00.5+01:30",
	"10.0.0.0/8", "10.1.2.3", "::1", "2001:db8::/32", "::ffff:1.2.3.4%x/96", "(a+)+$", "(?i)\\\\bd", "a, b ,c",
	"default", "random", "", " ", "\xC3\x89\xE2\x84\xAA", "100", "-", "/", ":", "1.2.3.4.5", "1:2:3:4:5:6:7:8"
};

/* Once in a while, another type than the one that belongs there. */
static bool
AddStranger(FFText *text)
{
	static const char *const strangers[] = {
		"null", "true", "false", "0", "-1", "1e400", "1e-400", "0.5", "\"\"", "\"x\"", "[]", "{}", "[[]]",
		"[null, 1, \"a\"]", "{\"name\": {}}", "{\"values\": 1}"
	};

	if (!OneIn(40))
		return false;
	Add(text, PICK(strangers));
	return true;
}

static void
AddQuoted(FFText *text, const char *string)
{
	if (AddStranger(text))
		return;
	Add(text, "\"");
	Add(text, string);
	Add(text, "\"");
}

static void
AddTexts(FFText *text)
{
	if (AddStranger(text))
		return;
	Add(text, "[");
	for (int i = 0, count = Below(4); i < count; i++)
	{
		Add(text, i > 0 ? ", " : "");
		AddQuoted(text, OneIn(2) ? PICK(constants) : PICK(strings));
	}
	Add(text, "]");
}

static void
AddConstraint(FFText *text)
{
	if (AddStranger(text))
		return;
	Add(text, "{\"contextName\": ");
	AddQuoted(text, PICK(fields));
	Add(text, ", \"operator\": ");
	AddQuoted(text, PICK(constraint_operators));
	Add(text, ", \"values\": ");
	AddTexts(text);
	Add(text, ", \"value\": ");
	AddQuoted(text, PICK(constants));
	Add(text, OneIn(3) ? ", \"inverted\": true" : "");
	Add(text, OneIn(3) ? ", \"caseInsensitive\": true}" : "}");
}

static void
AddMany(FFText *text, void (*add) (FFText *text))
{
	if (AddStranger(text))
		return;
	Add(text, "[");
	for (int i = 0, count = Below(4); i < count; i++)
	{
		Add(text, i > 0 ? ", " : "");
		add(text);
	}
	Add(text, "]");
}

static void
AddOverride(FFText *text)
{
	Add(text, "{\"contextName\": ");
	AddQuoted(text, PICK(fields));
	Add(text, ", \"values\": ");
	AddTexts(text);
	Add(text, "}");
}

static void
AddVariant(FFText *text)
{
	static const char *const weights[] = {"1", "500", "0", "-5", "33.3", "1e300", "1000"};

	if (AddStranger(text))
		return;
	Add(text, "{\"name\": ");
	AddQuoted(text, PICK(constants));
	Add(text, ", \"weight\": ");
	if (!AddStranger(text))
		Add(text, PICK(weights));
	Add(text, ", \"stickiness\": ");
	AddQuoted(text, PICK(fields));
	Add(text, ", \"overrides\": ");
	AddMany(text, AddOverride);
	Add(text, OneIn(2) ? ", \"payload\": {\"type\": \"string\", \"value\": \"x\"}}" : "}");
}

static void
AddStrategy(FFText *text)
{
	static const char *const names[] = {
		"rollout", "percentage", "userIds", "IPs", "hostNames", "groupId", "stickiness"
	};

	if (AddStranger(text))
		return;
	Add(text, "{\"name\": ");
	AddQuoted(text, PICK(strategy_names));
	Add(text, ", \"parameters\": {");
	for (int i = 0; i < FF_LENGTH(names); i++)
	{
		FFTextFormat(text, "%s\"%s\": ", i > 0 ? ", " : "", names[i]);
		AddQuoted(text, PICK(constants));
	}
	Add(text, "}, \"constraints\": ");
	AddMany(text, AddConstraint);
	Add(text, ", \"segments\": ");
	Add(text, OneIn(3) ? "[1, 2]" : OneIn(10) ? "[null, \"3\"]" : "[]");
	Add(text, ", \"variants\": ");
	AddMany(text, AddVariant);
	Add(text, "}");
}

static void
AddParent(FFText *text)
{
	if (AddStranger(text))
		return;
	Add(text, "{\"feature\": ");
	AddQuoted(text, PICK(constants));
	Add(text, OneIn(2) ? ", \"enabled\": false" : "");
	Add(text, ", \"variants\": ");
	AddTexts(text);
	Add(text, "}");
}

static void
AddFlag(FFText *text)
{
	Add(text, "[{\"variations\": [{\"key\": \"off\", \"value\": false}, {\"key\": \"on\", \"value\": true}, "
		"{\"key\": \"a\", \"value\": 1}], \"places\": [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2], \"sdk\": ");
	AddQuoted(text, OneIn(2) ? "node" : "yggdrasil");
	Add(text, ", \"flag\": {\"name\": ");
	AddQuoted(text, PICK(constants));
	Add(text, ", \"strategies\": ");
	AddMany(text, AddStrategy);
	Add(text, ", \"variants\": ");
	AddMany(text, AddVariant);
	Add(text, ", \"dependencies\": ");
	if (OneIn(3))
		AddMany(text, AddParent);
	else
		Add(text, "[]");
	Add(text, "}}]");
}

static void
AddSegment(FFText *text)
{
	Add(text, "{\"sdk\": \"node\", \"constraints\": ");
	AddMany(text, AddConstraint);
	Add(text, "}");
}

static void
AddContext(FFText *text)
{
	Add(text, "{\"a\": 1");
	for (int i = 0; i < FF_LENGTH(fields) - 2; i++)
		if (OneIn(2))
		{
			FFTextFormat(text, ", \"%s\": ", fields[i]);
			AddQuoted(text, OneIn(2) ? PICK(constants) : PICK(strings));
		}
	Add(text, ", \"properties\": ");
	if (!AddStranger(text))
		FFTextFormat(text, "{\"country\": \"DE\", \"userId\": 7}");
	Add(text, "}");
}

static FFValue
Make(void (*add) (FFText *text))
{
	FFText		text = {0};

	add(&text);
	if (OneIn(10))
		Damage(&text);
	return StandinParse(text.data, text.length);
}

/* --- runs ------------------------------------------------------------------- */

static void
Ask(FFContext *context, void *flag, FFTold *told)
{
	(void) context;
	told->known = flag != NULL;
	told->on = true;
	told->asks = OneIn(10);
	told->variation = 2;
	told->key = Str("a (2)");
	told->truth = 1;
}

static void
Listen(FFTrace *trace, int depth, const char *step, const char *outcome, const char *detail)
{
	Check(depth >= 0 && step != NULL && outcome != NULL && detail != NULL, "an explanation is odd");
	++*(long *) trace->argument;
}

static FFSegment **
MakeSegments(const FFSegmentKeys *keys)
{
	FFSegment **segments = FFAlloc((size_t) keys->count * sizeof(FFSegment *) + 1);
	FFError		error;

	for (int i = 0; i < keys->count; i++)
	{
		FFValue		document = Make(AddSegment);

		if (OneIn(3))
			continue;
		segments[i] = FFAlloc(sizeof(FFSegment));
		segments[i]->condition = FFProviderSegmentCompile(Str("unleash"), &document, &error);
	}
	return segments;
}

/* Ask with the same chance each time. */
static FFProviderAnswer
AnswerOf(const FFProgram *program, FFSegment **segments, FFContext *context, uint64_t chance)
{
	FFSegmentKeys keys = *FFProgramFlags(program);
	void	  **flags = FFAlloc((size_t) keys.count * sizeof(void *) + 1);
	FFProviderAnswer answer;

	for (int i = 0; i < keys.count; i++)
		flags[i] = i % 3 == 2 ? NULL : &keys;
	StandinSeed(chance);
	FFProgramAnswer(program, true, segments, flags, context, &answer);
	Check(answer.variation >= -1 && answer.variation < FFProgramVariationCount(program) &&
		  (answer.truth == 0 || answer.truth == 1), "no such answer");
	Check(context->wanted != FF_WANT_ANY || answer.variation >= 0, "no answer");
	Check((answer.reason == FF_REASON_SPLIT) == (answer.unit.data != NULL), "a split without a unit");
	return answer;
}

static void
CheckSame(const FFProviderAnswer *a, const FFProviderAnswer *b)
{
	Check(a->variation == b->variation && a->reason == b->reason && a->rule == b->rule &&
		  a->bucket == b->bucket && a->truth == b->truth && a->error == b->error, "two answers of an Unleash flag");
}

static void
EvaluateFlag(const FFProgram *program, const FFProgram *again, FFSegment **segments, FFContext *context)
{
	uint64_t	chance = Random();
	long		steps = 0;
	FFTrace		trace = {.step = Listen, .argument = &steps};
	FFProviderAnswer first = AnswerOf(program, segments, context, chance);
	FFProviderAnswer second = AnswerOf(again, segments, context, chance);

	if (FFProgramFlags(program)->count > 0)
		return;					/* what is asked answers by chance */
	CheckSame(&first, &second);
	context->trace = &trace;
	second = AnswerOf(program, segments, context, chance);
	context->trace = NULL;
	CheckSame(&first, &second);
}

void
FuzzUnleash(void)
{
	FFFlagSource source = {.dialect = Str("unleash"), .rules = Make(AddFlag), .enabled = true};
	FFError		error = {0};
	FFProgram  *program;
	FFProgram  *again;
	FFSegment **segments;

	if (source.rules.type != FF_ARRAY || FFCount(&source.rules) == 0)
		return;					/* nothing is imported */
	program = FFProgramCompile(&source, &error);
	again = FFProgramCompile(&source, &error);
	Check((program == NULL) == (again == NULL), "refused once");
	if (program == NULL)
	{
		Check(error.message[0] != '\0', "refused without a reason");
		return;
	}
	segments = MakeSegments(FFProgramSegments(program));
	for (int i = 0; i < 3; i++)
	{
		FFContext	context = {.ask = Ask, .detailed = OneIn(2), .now = OneIn(2) ? 0 : (int64_t) Random()};

		context.attributes = Make(AddContext);
		context.wanted = OneIn(3) ? (FFWanted) Below(6) : FF_WANT_ANY;
		if (OneIn(2))
			context.user_key = Str(PICK(strings));
		EvaluateFlag(program, again, segments, &context);
	}
}
