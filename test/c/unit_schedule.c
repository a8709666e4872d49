/*
 * unit_schedule.c
 *	  Steps by the clock: what is in force when, and how it is explained.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define NEVER INT64_MIN

static FFStepSource
Switch(int64_t at, bool enabled)
{
	return (FFStepSource) {.at = at, .enabled = enabled};
}

static FFStepSource
Step(int64_t at, const char *serve)
{
	return (FFStepSource) {.at = at, .serve = Json(serve)};
}

/* A flag that serves off, with a schedule. */
static FFProgram *
Scheduled(const FFStepSource *steps, int count, bool enabled,
		  int64_t enabled_at, int64_t default_at)
{
	FFFlagSource source = Source(NULL, "\"off\"", NULL);
	FFError		error;
	FFProgram  *program;

	source.enabled = enabled;
	source.enabled_at = enabled_at;
	source.default_at = default_at;
	source.step_count = count;
	source.steps = steps;
	program = FFProgramCompile(&source, &error);
	if (program == NULL)
	{
		printf("Bail out! %s %s: %s\n", error.document, error.path, error.message);
		exit(2);
	}
	return program;
}

/* What a program serves so many minutes after NOW. */
static FFString
ServedAt(const FFProgram *program, int64_t time)
{
	FFContext	context = Context("user-1", NULL);

	context.now = time;
	return Served(program, &context);
}

static void
TestSwitches(void)
{
	FFStepSource steps[] = {
		Switch(NOW + MINUTE, false), Switch(NOW, true), Switch(NOW + 2 * MINUTE, true)
	};
	FFProgram  *program = Scheduled(steps, 3, false, NEVER, NEVER);

	Ok(!FFProgramEnabled(program, NOW - 1), "off before the first step");
	Ok(FFProgramEnabled(program, NOW), "on from its very time");
	Ok(FFProgramEnabled(program, NOW + MINUTE - 1), "on until the next one");
	Ok(!FFProgramEnabled(program, NOW + MINUTE), "off again");
	Ok(FFProgramEnabled(program, NOW + 2 * MINUTE), "and on");
	Ok(FFProgramEnabled(program, INT64_MAX), "for good");
	Ok(!FFProgramEnabled(program, NOW - 1), "a clock that is set back");
	Ok(!FFProgramAlwaysEnabled(program), "not always on");
	Ok(!FFProgramIsStatic(program), "not static");

	program = Scheduled(steps, 3, true, NOW, NEVER);
	Ok(FFProgramEnabled(program, NOW), "set by hand at the time of a step");
	Ok(!FFProgramEnabled(program, NOW + MINUTE), "steps to come stay");
	program = Scheduled(steps, 3, false, NOW + 2 * MINUTE, NEVER);
	Ok(!FFProgramEnabled(program, INT64_MAX), "set after all steps");
	Ok(FFProgramIsStatic(program), "all over: static");
	Ok(!FFProgramAlwaysEnabled(program), "always off");
	program = Scheduled(steps, 3, true, NOW + 2 * MINUTE, NEVER);
	Ok(FFProgramAlwaysEnabled(program), "always on");
}

static void
TestSteps(void)
{
	FFStepSource steps[] = {
		Step(NOW + 2 * MINUTE, "\"b\""), Switch(NOW + 1, false), Step(NOW, "\"a\""),
		Step(NOW + MINUTE, "{\"split\":[{\"variation\":\"c\",\"weight\":100}]}")
	};
	FFProgram  *program = Scheduled(steps, 4, true, NEVER, NEVER);
	FFContext	context = Context(NULL, NULL);
	FFOutcome	outcome;

	IsText(ServedAt(program, NOW - 1), "off", "the default before the first step");
	IsText(ServedAt(program, NOW), "a", "a step from its very time");
	IsText(ServedAt(program, NOW + MINUTE - 1), "a", "until the next one");
	IsText(ServedAt(program, NOW + MINUTE), "c", "a split");
	IsText(ServedAt(program, NOW + 3 * MINUTE), "b", "the last one");
	IsText(ServedAt(program, NOW - 1), "off", "a clock that is set back");
	Ok(!FFProgramEnabled(program, NOW + MINUTE), "steps of both kinds");
	context.now = NOW + MINUTE;
	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.match, FF_MATCH_KEY_MISSING, "a split without a key");

	program = Scheduled(steps, 4, true, NEVER, NOW);
	IsText(ServedAt(program, NOW), "off", "set by hand at the time of a step");
	IsText(ServedAt(program, NOW + MINUTE), "c", "steps to come stay");
	Ok(!FFProgramEnabled(program, NOW + MINUTE), "those of the other kind as well");
	program = Scheduled(steps, 4, true, NOW + 1, NOW + 2 * MINUTE);
	IsText(ServedAt(program, INT64_MAX), "off", "set after all steps");
	Ok(FFProgramIsStatic(program), "all over: static");
}

/* A rule decides before any step; what is over is not even read. */
static void
TestRefusals(void)
{
	FFStepSource steps[] = {Step(NOW + MINUTE, "\"on\""), Step(NOW, "\"nothing\"")};
	FFFlagSource source = Source("[{\"serve\":\"c\"}]", NULL, NULL);
	FFError		error;
	FFProgram  *program;

	source.step_count = 2;
	source.steps = steps;
	source.default_at = NOW;
	program = FFProgramCompile(&source, &error);
	Ok(program != NULL, "an unknown variation in a step that is over");
	IsText(ServedAt(program, NOW + MINUTE), "c", "rules go before steps");
	source.default_at = NOW - 1;
	Ok(FFProgramCompile(&source, &error) == NULL, "an unknown variation");
	Ok(strcmp(error.document, "schedule") == 0 && strcmp(error.path, "$[0].serve") == 0 &&
	   strcmp(error.message, "unknown variation \"nothing\"") == 0, "named by its place in time");
	steps[1].serve = Json("null");
	Ok(FFProgramCompile(&source, &error) == NULL, "a serve that is null");
}

/* Who was in stays in over all steps of a rollout. */
static void
TestRising(void)
{
	static const char *const serves[] = {
		"{\"split\":[{\"variation\":\"on\",\"weight\":0.001},{\"variation\":\"off\",\"weight\":99.999}]}",
		"{\"split\":[{\"variation\":\"on\",\"weight\":5},{\"variation\":\"off\",\"weight\":95}]}",
		"{\"split\":[{\"variation\":\"on\",\"weight\":62.5},{\"variation\":\"off\",\"weight\":37.5}]}",
		"\"on\""
	};
	FFStepSource steps[FF_LENGTH(serves)];
	FFProgram  *program;
	int			left = 0;
	int			inside = 0;

	for (int i = 0; i < FF_LENGTH(serves); i++)
		steps[i] = Step(NOW + i * MINUTE, serves[i]);
	program = Scheduled(steps, FF_LENGTH(serves), true, NEVER, NEVER);
	for (int user = 0; user < 10000; user++)
	{
		char		key[24];
		bool		was_in = false;

		snprintf(key, sizeof(key), "user-%d", user);
		for (int i = -1; i < FF_LENGTH(serves); i++)
		{
			FFContext	context = Context(key, NULL);
			bool		is_in;

			context.now = NOW + i * MINUTE;
			is_in = FFStringIs(Served(program, &context), "on");
			left += was_in && !is_in;
			inside += is_in;
			was_in = is_in;
		}
	}
	Is(left, 0, "nobody is moved out of a rollout that rises");
	Ok(inside > 16000 && inside < 17500, "shares of 0.001, 5, 62.5 and 100 percent");
}

static void
Collect(FFTrace *trace, int depth, const char *step, const char *outcome,
		const char *detail)
{
	FFTextFormat(trace->argument, "%d %s %s %s\n", depth, step, outcome, detail);
}

static FFString
ExplainAt(const FFProgram *program, int64_t time)
{
	FFText		lines = {0};
	FFTrace		trace = {.step = Collect, .argument = &lines};
	FFContext	context = Context("user-1", NULL);

	FFTextAdd(&lines, "", 0);
	context.now = time;
	context.trace = &trace;
	FFProgramTraceSchedule(program, &context);
	return (FFString) {lines.data, lines.length};
}

static void
TestExplanation(void)
{
	FFStepSource steps[] = {
		Switch(NOW, false), Switch(NOW + MINUTE, true), Step(NOW + 1, "\"a\""),
		Step(NOW + 500000, "{\"split\":[{\"variation\":\"a\",\"weight\":12.5},{\"variation\":\"b\",\"weight\":0},"
			 "{\"variation\":\"c\",\"weight\":0.001},{\"variation\":\"off\",\"weight\":87.499}],\"by\":\"org\"}"),
		Step(NOW + MINUTE, "{\"split\":[{\"variation\":\"on\",\"weight\":0},{\"variation\":\"off\",\"weight\":100}]}")
	};
	FFProgram  *program = Scheduled(steps, 5, true, NEVER, NEVER);
	FFProgram  *windows;

	IsText(ExplainAt(program, NOW - 1),
		   "0 schedule next at 2026-01-01T00:00:00Z: disable\n"
		   "0 schedule next at 2026-01-01T00:00:00.000001Z: serve a\n", "before the first steps");
	IsText(ExplainAt(program, NOW + 1),
		   "0 schedule in force since 2026-01-01T00:00:00Z: disabled\n"
		   "0 schedule in force since 2026-01-01T00:00:00.000001Z: serve a\n"
		   "0 schedule next at 2026-01-01T00:01:00Z: enable\n"
		   "0 schedule next at 2026-01-01T00:00:00.5Z: serve 12.5% a, 0.001% c by org\n", "between steps");
	IsText(ExplainAt(program, NOW + MINUTE),
		   "0 schedule in force since 2026-01-01T00:01:00Z: enabled\n"
		   "0 schedule in force since 2026-01-01T00:01:00Z: serve 100% off\n", "after the last ones");
	IsText(ExplainAt(Compile(NULL, "\"on\""), NOW), "", "no schedule");

	windows = Compile("[{\"serve\":\"a\",\"from\":\"2026-01-01T00:00:02Z\",\"until\":\"2026-01-01T00:00:03Z\"},"
					  "{\"serve\":\"b\",\"id\":\"sale\",\"until\":\"2026-01-01T00:00:01Z\"}]", NULL);
	IsText(ExplainAt(windows, NOW), "0 schedule next at 2026-01-01T00:00:01Z: rules[1] \"sale\" ends\n",
		   "a window that closes");
	IsText(ExplainAt(windows, NOW + 1000000), "0 schedule next at 2026-01-01T00:00:02Z: rules[0] starts\n",
		   "a window that opens");
	IsText(ExplainAt(windows, NOW + 2000000), "0 schedule next at 2026-01-01T00:00:03Z: rules[0] ends\n",
		   "the same when it is open");
	IsText(ExplainAt(windows, NOW + 3000000), "", "all windows are over");
}

/* Times are written as they are read. */
static void
TestTimes(void)
{
	static const char *const times[] = {
		"0000-01-01T00:00:00Z", "0000-02-29T23:59:59.999999Z", "0001-03-01T00:00:00Z", "1600-02-29T12:00:00Z",
		"1900-02-28T23:59:59Z", "1900-03-01T00:00:00Z", "1999-12-31T23:59:59.9Z", "2000-01-01T00:00:00Z",
		"2000-02-29T00:00:00.00001Z", "2024-12-31T00:00:00Z", "2100-03-01T06:07:08Z", "9999-12-31T23:59:59.000001Z"
	};
	FFText		first = {0};
	FFText		last = {0};

	for (int i = 0; i < FF_LENGTH(times); i++)
	{
		FFText		text = {0};
		int64_t		time = 0;

		Ok(FFParseTime(Str(times[i]), &time), "%s is read", times[i]);
		FFTextTime(&text, time);
		IsText(FFStringOf(text.data, text.length), times[i], "%s is written", times[i]);
	}
	FFTextTime(&first, INT64_MIN);
	FFTextTime(&last, INT64_MAX);
	IsText(FFStringOf(first.data, first.length), "-290278-12-22T19:59:05.224192Z", "the least time");
	IsText(FFStringOf(last.data, last.length), "294277-01-09T04:00:54.775807Z", "the greatest time");
}

void
TestSchedule(void)
{
	TestSwitches();
	TestSteps();
	TestRefusals();
	TestRising();
	TestExplanation();
	TestTimes();
}
