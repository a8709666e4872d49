/*
 * schedule.c
 *	  What of a flag's schedule is in force at a time.
 *
 * The newest step that has come decides.  Nothing is remembered between two
 * calls: a clock that is set back brings the earlier state back.
 */
#include "engine/program.h"

/* How many of the switches have come. */
int
FFSwitchesCome(const FFProgram *program, int64_t now)
{
	int			count = program->switch_count;

	while (count > 0 && program->switches[count - 1].at > now)
		count--;
	return count;
}

/* How many of the steps of the default have come. */
int
FFStepsCome(const FFProgram *program, int64_t now)
{
	int			count = program->step_count;

	while (count > 0 && program->steps[count - 1].at > now)
		count--;
	return count;
}

/* Whether the flag is on at a time. */
bool
FFProgramEnabled(const FFProgram *program, int64_t now)
{
	int			come = FFSwitchesCome(program, now);

	return come > 0 ? program->switches[come - 1].enabled : program->enabled;
}

/* Whether the flag is on at any time. */
bool
FFProgramAlwaysEnabled(const FFProgram *program)
{
	return program->enabled && program->switch_count == 0;
}
