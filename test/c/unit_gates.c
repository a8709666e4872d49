/*
 * unit_gates.c
 *	  Who goes through a split while an experiment keeps others out of it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

#define USERS 20000
#define HALVES "{\"split\":[{\"variation\":\"a\",\"weight\":50},{\"variation\":\"b\",\"weight\":50}]}"

static FFGateSource
Gate(const char *salt, int from, int to)
{
	return (FFGateSource) {
		.kind = "traffic of experiment", .key = Str("x"), .salt = Str(salt), .from = from, .to = to
	};
}

static FFProgram *
Gated(const char *serve, const FFGateSource *gates, int count)
{
	FFFlagSource source = Source(NULL, serve, NULL);
	FFError		error;
	FFProgram  *program;

	source.gate_count = count;
	source.gates = gates;
	source.control = Str("off");
	program = FFProgramCompile(&source, &error);
	if (program == NULL)
	{
		printf("Bail out! %s %s: %s\n", error.document, error.path, error.message);
		exit(2);
	}
	return program;
}

static FFOutcome
OutcomeOf(const FFProgram *program, int user)
{
	static char key[32];
	FFContext	context;
	FFOutcome	outcome;

	snprintf(key, sizeof(key), "user-%d", user);
	context = Context(key, NULL);
	FFProgramRules(program, NULL, &context, &outcome);
	return outcome;
}

/* Two shares: of all, of those who are in both, and of a's among those. */
static void
TestShares(void)
{
	FFGateSource gates[] = {Gate("group", 20000, 70000), Gate("traffic", 0, 40000)};
	FFProgram  *open = Gated(HALVES, NULL, 0);
	FFProgram  *program = Gated(HALVES, gates, 2);
	int			inside = 0;
	int			a = 0;
	int			wrong = 0;

	for (int i = 0; i < USERS; i++)
	{
		FFOutcome	outcome = OutcomeOf(program, i);
		FFOutcome	all = OutcomeOf(open, i);
		int			group;
		int			traffic;
		bool		passes;

		group = FFBucket(Str("group"), all.unit);
		traffic = FFBucket(Str("traffic"), all.unit);
		passes = group >= 20000 && group < 70000 && traffic < 40000;
		wrong += passes ? outcome.match != FF_MATCH_DEFAULT_SPLIT || outcome.variation != all.variation :
			outcome.match != FF_MATCH_OUTSIDE || outcome.bucket != -1 || outcome.unit.data != NULL ||
			!FFStringIs(FFProgramVariationKey(program, outcome.variation), "off");
		inside += passes;
		a += passes && FFStringIs(FFProgramVariationKey(program, outcome.variation), "a");
	}
	Is(wrong, 0, "inside as without gates, outside the control and no bucket");
	Ok(inside > USERS / 5 - 300 && inside < USERS / 5 + 300, "0.5 of 0.4 are inside, not %d", inside);
	Ok(a > inside / 2 - 150 && a < inside / 2 + 150, "half of whom get a, not %d", a);
}

/* Who is inside a share is inside a greater one, with the same variation. */
static void
TestGrowth(void)
{
	FFGateSource small = Gate("traffic", 0, 10000);
	FFGateSource great = Gate("traffic", 0, 30000);
	FFGateSource none = Gate("traffic", 0, 0);
	FFProgram  *before = Gated(HALVES, &small, 1);
	FFProgram  *after = Gated(HALVES, &great, 1);
	FFProgram  *closed = Gated(HALVES, &none, 1);
	int			moved = 0;
	int			passed = 0;

	for (int i = 0; i < USERS; i++)
	{
		FFOutcome	was = OutcomeOf(before, i);
		FFOutcome	is = OutcomeOf(after, i);

		moved += was.match == FF_MATCH_DEFAULT_SPLIT &&
			(is.match != FF_MATCH_DEFAULT_SPLIT || is.variation != was.variation);
		passed += OutcomeOf(closed, i).match != FF_MATCH_OUTSIDE;
	}
	Is(moved, 0, "a greater share moves nobody");
	Is(passed, 0, "a share of nothing lets nobody pass");
}

static void
Collect(FFTrace *trace, int depth, const char *step, const char *outcome,
		const char *detail)
{
	FFTextFormat(trace->argument, "%d %s %s %s\n", depth, step, outcome, detail);
}

static FFString
Explained(const FFProgram *program)
{
	FFText		lines = {0};
	FFTrace		trace = {.step = Collect, .argument = &lines};
	FFContext	context = Context("user-1", NULL);
	FFOutcome	outcome;

	FFTextAdd(&lines, "", 0);
	context.trace = &trace;
	FFProgramRules(program, NULL, &context, &outcome);
	return (FFString) {lines.data, lines.length};
}

static void
TestEdges(void)
{
	FFGateSource gates[] = {Gate("", 0, 0), Gate("next", 0, FF_BUCKETS)};
	FFGateSource open = Gate("", 0, FF_BUCKETS);
	FFFlagSource source = Source(NULL, HALVES, NULL);
	FFError		error;
	FFContext	nobody = Context(NULL, NULL);
	FFOutcome	outcome;

	IsText(Explained(Gated(HALVES, gates, 2)),
		   "0 experiment outside traffic of experiment \"x\" by user_key = \"user-1\", bucket 58676 of nobody\n"
		   "0 serve control off\n", "the first gate that keeps out is the last to be asked");
	IsText(Explained(Gated("{\"split\":[{\"variation\":\"a\",\"weight\":100},{\"variation\":\"b\",\"weight\":0}]}", gates, 2)),
		   "0 serve split a: split by user_key = \"user-1\", bucket 32558 of a 0 to 99999, b nobody\n",
		   "where nothing is left to chance nobody is asked");
	IsText(Explained(Gated("\"a\"", gates, 2)), "0 serve variation a\n", "nor where there is no split");
	Is(OutcomeOf(Gated(HALVES, &open, 1), 1).match, FF_MATCH_DEFAULT_SPLIT, "a gate for all");
	FFProgramRules(Gated(HALVES, gates, 2), NULL, &nobody, &outcome);
	Is(outcome.match, FF_MATCH_KEY_MISSING, "a missing key is one before the gates");
	source.gate_count = 1;
	source.gates = gates;
	source.control = Str("ghost");
	Ok(FFProgramCompile(&source, &error) == NULL, "an unknown control is refused");
	Is(error.code, FF_ERROR_REFERENCE, "as a reference");
}

void
TestGates(void)
{
	TestShares();
	TestGrowth();
	TestEdges();
}
