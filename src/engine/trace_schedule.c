/*
 * trace_schedule.c
 *	  Explanations: which steps are in force, and what time will change next.
 */
#include <string.h>

#include "engine/program.h"

/* "since" a time that has come, "at" one that is to come. */
static void
DescribeTime(FFText *text, int64_t at, bool has_come)
{
	FFTextFormat(text, has_come ? "since " : "at ");
	FFTextTime(text, at);
	FFTextFormat(text, ": ");
}

static void
ReportTime(FFContext *context, bool has_come, FFText *text)
{
	FFTraceReport(context, "schedule", has_come ? "in force" : "next", text);
}

static void
TraceSwitch(FFContext *context, const FFSwitch *step, bool has_come)
{
	FFText		text = {0};

	DescribeTime(&text, step->at, has_come);
	FFTextFormat(&text, "%s%s", step->enabled ? "enable" : "disable", has_come ? "d" : "");
	ReportTime(context, has_come, &text);
}

/* 12.5% a */
static void
DescribeShare(const FFProgram *program, FFText *text, int share, int variation)
{
	FFString	key = FFProgramVariationKey(program, variation);

	FFTextFormat(text, "%d", share / 1000);
	if (share % 1000 != 0)
	{
		FFTextFormat(text, ".%03d", share % 1000);
		while (text->data[text->length - 1] == '0')
			text->length--;
	}
	FFTextFormat(text, "%% %.*s", FF_QUOTED(key));
}

/* on; 20% on; 30% a, 70% b by account.id: the off variation gets the rest. */
static void
DescribeServe(const FFProgram *program, FFText *text, const FFServe *serve)
{
	int			start = 0;
	int			shown = 0;

	if (serve->count == 0)
	{
		FFString	key = FFProgramVariationKey(program, serve->variation);

		FFTextFormat(text, "%.*s", FF_QUOTED(key));
	}
	for (int i = 0; i < serve->count; i++)
	{
		int			share = serve->ends[i] - start;

		start = serve->ends[i];
		if (share == 0 || serve->variations[i] == program->off)
			continue;
		FFTextFormat(text, shown++ > 0 ? ", " : "");
		DescribeShare(program, text, share, serve->variations[i]);
	}
	if (serve->count > 0 && shown == 0)
		DescribeShare(program, text, FF_BUCKETS, program->off);
	if (serve->by != NULL)
		FFTextFormat(text, " by %.*s", FF_QUOTED(serve->by->name));
}

static void
TraceStep(const FFProgram *program, FFContext *context, const FFStep *step,
		  bool has_come)
{
	FFText		text = {0};

	DescribeTime(&text, step->at, has_come);
	FFTextFormat(&text, "serve ");
	DescribeServe(program, &text, &step->serve);
	ReportTime(context, has_come, &text);
}

/* The next time at which the window of a rule opens or closes. */
static void
TraceNextRule(const FFProgram *program, FFContext *context)
{
	FFText		text = {0};
	int64_t		next = INT64_MAX;
	int			rule = -1;

	for (int i = 0; i < program->rule_count; i++)
	{
		const FFRule *r = &program->rules[i];
		int64_t		edge = context->now < r->from ? r->from : r->until;

		if (edge > context->now && edge < next)
		{
			next = edge;
			rule = i;
		}
	}
	if (rule < 0)
		return;
	DescribeTime(&text, next, false);
	FFTextFormat(&text, "rules[%d] ", rule);
	if (program->rules[rule].id.data != NULL)
		FFTextFormat(&text, "\"%.*s\" ", FF_QUOTED(program->rules[rule].id));
	FFTextFormat(&text, next == program->rules[rule].from ? "starts" : "ends");
	ReportTime(context, false, &text);
}

/* What is in force, then what is next: on or off, default, rules. */
void
FFProgramTraceSchedule(const FFProgram *program, FFContext *context)
{
	int			switches = FFSwitchesCome(program, context->now);
	int			steps = FFStepsCome(program, context->now);

	if (switches > 0)
		TraceSwitch(context, &program->switches[switches - 1], true);
	if (steps > 0)
		TraceStep(program, context, &program->steps[steps - 1], true);
	if (switches < program->switch_count)
		TraceSwitch(context, &program->switches[switches], false);
	if (steps < program->step_count)
		TraceStep(program, context, &program->steps[steps], false);
	TraceNextRule(program, context);
}
