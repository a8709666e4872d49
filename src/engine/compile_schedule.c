/*
 * compile_schedule.c
 *	  The steps of a flag's schedule that are not over.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/program.h"

#define STEPS_BETWEEN_INTERRUPTS 64

static int
CompareSteps(const void *a, const void *b)
{
	int64_t		left = ((const FFStepSource *) a)->at;
	int64_t		right = ((const FFStepSource *) b)->at;

	return (left > right) - (left < right);
}

/* One step, unless what it changes has been set since. */
static bool
CompileStep(FFCompiler *compiler, const FFStepSource *source, int index)
{
	FFProgram  *program = compiler->program;
	FFPath		root = {0};
	FFPath		element = FFPathElement(&root, index);
	FFPath		serve = FFPathMember(&element, FFStringOf("serve", 5));

	if (source->serve.type == FF_ABSENT)
	{
		if (source->at > compiler->source->enabled_at)
			program->switches[program->switch_count++] =
				(FFSwitch) {source->at, source->enabled};
		return true;
	}
	if (source->at <= compiler->source->default_at)
		return true;
	program->steps[program->step_count].at = source->at;
	return FFCompileServe(compiler, &serve, &source->serve,
						  &program->steps[program->step_count++].serve);
}

/* All steps, brought into order of time; a path tells the place in that order. */
bool
FFCompileSchedule(FFCompiler *compiler)
{
	const FFFlagSource *source = compiler->source;
	FFProgram  *program = compiler->program;
	size_t		count = (size_t) source->step_count;
	FFStepSource *sorted;

	compiler->document = "schedule";
	program->enabled = source->enabled;
	if (count == 0)
		return true;
	sorted = FFAlloc(count * sizeof(FFStepSource));
	memcpy(sorted, source->steps, count * sizeof(FFStepSource));
	qsort(sorted, count, sizeof(FFStepSource), CompareSteps);
	program->switches = FFAlloc(count * sizeof(FFSwitch));
	program->steps = FFAlloc(count * sizeof(FFStep));
	for (int i = 0; i < source->step_count; i++)
	{
		if (!CompileStep(compiler, &sorted[i], i))
			return false;
		if ((i + 1) % STEPS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
	FFFree(sorted);
	return true;
}
