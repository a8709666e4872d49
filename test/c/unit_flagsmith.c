/*
 * unit_flagsmith.c
 *	  Flagsmith's flags outside a server: what they answer, that answering
 *	  allocates nothing, and that no value of a wrong type does any harm.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine/dialect.h"
#include "unit.h"

static const char segment_document[] =
"{\"segment\":{\"key\":\"16\",\"name\":\"adults\",\"rules\":[{\"type\":\"ALL\",\"conditions\":["
"{\"property\":\"age\",\"operator\":\"GREATER_THAN_INCLUSIVE\",\"value\":\"18\"},"
"{\"property\":\"country\",\"operator\":\"IN\",\"value\":\"[\\\"DE\\\", \\\"FR\\\", 1]\"},"
"{\"property\":\"version\",\"operator\":\"LESS_THAN\",\"value\":\"2.0.0:semver\"},"
"{\"property\":\"$.identity.identifier\",\"operator\":\"CONTAINS\",\"value\":\"n\"}],"
"\"rules\":[{\"type\":\"NONE\",\"conditions\":[{\"property_\":\"age\",\"operator\":\"MODULO\",\"value\":\"2|1\"},"
"{\"property\":\"country\",\"operator\":\"REGEX\",\"value\":\"X\"},"
"{\"property\":\"$.identity.traits[?@ == 99]\",\"operator\":\"IS_SET\"}]},"
"{\"type\":\"ANY\",\"rules\":[{\"type\":\"ALL\",\"conditions\":[{\"property\":\"\",\"operator\":\"PERCENTAGE_SPLIT\",\"value\":\"100\"}]}]}]}]},"
"\"environment\":{\"key\":\"k\",\"name\":\"Production\"},\"composite_key\":true,\"context\":{\"features\":{\"f\":{\"name\":\"f\"}},\"segments\":{}}}";

static const char flag_document[] =
"[{\"variations\":[{\"key\":\"a\",\"value\":\"a\"},{\"key\":\"b\",\"value\":2},{\"key\":\"c\",\"value\":null},{\"key\":\"d\",\"value\":\"own\"}],"
"\"flag\":{\"key\":\"1\",\"name\":\"f\",\"enabled\":true,\"value\":\"a\",\"metadata\":{\"id\":1},\"variants\":["
"{\"key\":\"late\",\"value\":null,\"weight\":30,\"priority\":2},{\"value\":2,\"weight\":70.5,\"priority\":1}]},"
"\"overrides\":[{\"segment\":\"16\",\"name\":\"adults\",\"flag\":{\"key\":\"2\",\"name\":\"f\",\"enabled\":false,\"value\":2,\"priority\":1}},"
"{\"segment\":\"17\",\"name\":\"others\",\"flag\":{\"key\":\"3\",\"name\":\"f\",\"enabled\":false,\"value\":null,\"priority\":0}}],"
"\"identities\":[{\"identifiers\":[\"eve\"],\"flag\":{\"name\":\"f\",\"enabled\":false,\"value\":\"own\"}}],"
"\"environment\":{\"key\":\"k\",\"name\":\"Production\"},\"composite_key\":true,\"hide_disabled\":false}]";

static FFFlagSource
FlagsmithSource(FFValue rules)
{
	FFFlagSource source = {.dialect = Str("flagsmith"), .rules = rules};

	return source;
}

/* A segment of that key, of a document; false where it is refused. */
static bool
MakeSegment(FFValue document, FFSegment *segment)
{
	FFError		error;
	FFCondition *condition = FFProviderSegmentCompile(Str("flagsmith"), &document, &error);

	memset(segment, 0, sizeof(*segment));
	segment->key = Str("16");
	segment->condition = condition;
	return condition != NULL;
}

/* Answer for somebody, the segment 16 being there and 17 not. */
static void
AnswerFor(const FFProgram *program, FFSegment *segment, FFContext *context, FFProviderAnswer *answer)
{
	static uint64_t serial = 0;
	const FFSegmentKeys *keys = FFProgramSegments(program);
	FFSegment  *segments[8] = {NULL};

	for (int i = 0; i < keys->count && i < FF_LENGTH(segments); i++)
		if (FFStringIs(keys->keys[i], "16"))
			segments[i] = segment;
	context->serial = ++serial;
	FFProgramAnswer(program, true, segments, NULL, context, answer);
}

static void
TestAnswers(void)
{
	static const struct
	{
		const char *user_key;
		const char *attributes;
		int			variation;
		int			truth;
		const char *reason;
		const char *metadata;
	}			cases[] = {
		{"ann", "{\"age\":20,\"country\":\"DE\",\"version\":\"1.9.0\"}", 1, 0, "\"TARGETING_MATCH; segment=adults\"", "{\"enabled\": false, \"variant\": null}"},
		{"ann", "{\"age\":17,\"country\":\"DE\",\"version\":\"1.9.0\"}", 1, 1, "\"SPLIT; weight=70.5\"", "{\"enabled\": true, \"variant\": null, \"metadata\": {\"id\":1}}"},
		{"ann", "{\"age\":20,\"country\":\"DE\",\"version\":\"1.9.0\",\"x\":99}", 1, 1, "\"SPLIT; weight=70.5\"", "{\"enabled\": true, \"variant\": null, \"metadata\": {\"id\":1}}"},
		{"eve", "{}", 3, 0, "\"TARGETING_MATCH; segment=identity_overrides\"", "{\"enabled\": false, \"variant\": null}"},
		{NULL, "{\"age\":20,\"country\":\"DE\",\"version\":\"1.9.0\"}", 0, 1, "\"DEFAULT\"", "{\"enabled\": true, \"variant\": null, \"metadata\": {\"id\":1}}"}
	};
	FFFlagSource source = FlagsmithSource(Json(flag_document));
	FFError		error;
	FFProgram  *program = FFProgramCompile(&source, &error);
	FFSegment	segment;

	if (!Ok(program != NULL && MakeSegment(Json(segment_document), &segment), "flag and segment compile"))
		return;
	for (int i = 0; i < FF_LENGTH(cases); i++)
	{
		FFContext	context = Context(cases[i].user_key, cases[i].attributes);
		FFProviderAnswer answer;

		AnswerFor(program, &segment, &context, &answer);
		Is(answer.variation, cases[i].variation, "case %d, the variation", i);
		Is(answer.truth, cases[i].truth, "case %d, whether it is on", i);
		context.detailed = true;
		AnswerFor(program, &segment, &context, &answer);
		IsText(answer.provider_reason, cases[i].reason, "case %d, the reason", i);
		IsText(answer.metadata, cases[i].metadata, "case %d, the metadata", i);
	}
}

/* The bulk of all conditions; a number becomes a double without help of the stand-in. */
static void
TestAllocations(void)
{
	static const char document[] =
	"{\"segment\":{\"key\":\"16\",\"name\":\"s\",\"rules\":[{\"type\":\"ALL\",\"conditions\":["
	"{\"property\":\"age\",\"operator\":\"GREATER_THAN\",\"value\":\"18\"},{\"property\":\"age\",\"operator\":\"IN\",\"value\":\"20,21\"},"
	"{\"property\":\"country\",\"operator\":\"IN\",\"value\":\"DE,FR\"},{\"property\":\"country\",\"operator\":\"NOT_EQUAL\",\"value\":\"FR\"},"
	"{\"property\":\"country\",\"operator\":\"CONTAINS\",\"value\":\"E\"},{\"property\":\"version\",\"operator\":\"LESS_THAN\",\"value\":\"2.0.0:semver\"},"
	"{\"property\":\"$.environment.name\",\"operator\":\"EQUAL\",\"value\":\"P\"},{\"property\":\"$.identity.key\",\"operator\":\"IS_SET\"},"
	"{\"property\":\"$.identity.traits.age\",\"operator\":\"LESS_THAN\",\"value\":\"30\"},{\"property\":\"gone\",\"operator\":\"IS_NOT_SET\"},"
	"{\"property\":\"\",\"operator\":\"PERCENTAGE_SPLIT\",\"value\":\"100\"}]}]},\"environment\":{\"key\":\"k\",\"name\":\"P\"}}";
	FFFlagSource source = FlagsmithSource(Json(flag_document));
	FFError		error;
	FFProgram  *program = FFProgramCompile(&source, &error);
	FFContext	context = Context("ann", "{\"age\":20,\"country\":\"DE\",\"version\":\"1.9.0\"}");
	FFProviderAnswer answer;
	FFSegment	segment;
	long		allocations;

	if (!Ok(program != NULL && MakeSegment(Json(document), &segment), "flag and segment compile"))
		return;
	allocations = StandinAllocations();
	AnswerFor(program, &segment, &context, &answer);
	Is(StandinAllocations() - allocations, 0, "an answer allocates nothing");
	Is(answer.truth, 0, "and is that of the segment");
	context.user_key = Str("eva");
	context.attributes = Json("{}");
	allocations = StandinAllocations();
	AnswerFor(program, &segment, &context, &answer);
	Is(StandinAllocations() - allocations, 0, "neither does a split");
	Is(answer.reason, FF_REASON_SPLIT, "that there is");
}

/* --- wrong types at every place ---------------------------------------------------- */

#define MAX_SPANS 400

typedef struct Spans
{
	int			count;
	int			starts[MAX_SPANS];
	int			ends[MAX_SPANS];
} Spans;

/* Where the values of a document begin and end; at the start of one, its end. */
static int
FindSpans(const char *text, int at, Spans *spans)
{
	int			place = spans->count++;

	spans->starts[place] = at;
	if (text[at] == '"')
	{
		for (at++; text[at] != '"'; at++)
			at += text[at] == '\\';
		at++;
	}
	else if (text[at] == '{' || text[at] == '[')
	{
		bool		object = text[at] == '{';

		for (at++; text[at] != '}' && text[at] != ']'; at += text[at] == ',')
		{
			if (object)
			{
				at = FindSpans(text, at, spans) + 1;
				spans->count--;		/* names stay */
			}
			at = FindSpans(text, at, spans);
		}
		at++;
	}
	else
		at += (int) strcspn(text + at, ",]}");
	spans->ends[place] = at;
	return at;
}

static void
Replaced(const char *text, const Spans *spans, int place, const char *by, char *out)
{
	sprintf(out, "%.*s%s%s", spans->starts[place], text, by, text + spans->ends[place]);
}

static const char *const replacements[] = {
	"null", "true", "0", "-1.50", "1e400", "\"\"", "\"\xC3\xA9$.\"", "[]", "{}", "[null,1,\"a\",{},[]]",
	"{\"type\":\"ALL\",\"conditions\":{},\"rules\":[1]}", "\"$..[?@.a == $[*]]\"", "\"16\""
};

/* What a part is when it is of another type is compiled and answered. */
static void
TestWrongTypes(bool of_segment)
{
	const char *text = of_segment ? segment_document : flag_document;
	char		buffer[sizeof(flag_document) + sizeof(segment_document) + 200];
	Spans		spans = {0};
	int			answered = 0;
	int			refused = 0;

	FindSpans(text, 0, &spans);
	for (int i = 0; i < spans.count; i++)
		for (int j = 0; j < FF_LENGTH(replacements); j++)
		{
			FFFlagSource source;
			FFError		error;
			FFProgram  *program;
			FFSegment	segment;
			FFProviderAnswer answer = {.variation = -2};

			Replaced(text, &spans, i, replacements[j], buffer);
			source = FlagsmithSource(Json(of_segment ? flag_document : buffer));
			program = FFProgramCompile(&source, &error);
			if (!MakeSegment(Json(of_segment ? buffer : segment_document), &segment) || program == NULL)
			{
				refused += of_segment || text + spans.starts[i] > strstr(text, "\"flag\"");
				StandinReset();
				continue;
			}
			for (int k = 0; k < 2; k++)
			{
				FFContext	context = Context("ann", k == 0 ? "{\"age\":20,\"country\":\"DE\",\"version\":\"1.9.0\"}" :
											  "{\"age\":\"x\",\"country\":[],\"$.identity.key\":{},\"version\":{\"a\":[1]}}");

				context.detailed = true;
				AnswerFor(program, &segment, &context, &answer);
				answered += answer.variation >= -1 && answer.provider_reason.data != NULL;
			}
			StandinReset();
		}
	Ok(answered > 1000, "%d answers of a document with a part of a wrong type", answered);
	Is(refused, 0, "none is refused, but of wrong variations");
}

void
TestFlagsmith(void)
{
	TestAnswers();
	TestAllocations();
	StandinReset();
	TestWrongTypes(true);
	TestWrongTypes(false);
}
