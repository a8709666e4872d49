/*
 * trigger.h
 *	  What every trigger function of ours checks first.
 */
#ifndef FF_TRIGGER_H
#define FF_TRIGGER_H

#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"

/*
 * The trigger's data, where it stands on a table of schema ff and was made as
 * ours are: else an error, since column numbers and arguments are trusted.
 */
extern TriggerData *FFTrigger(FunctionCallInfo fcinfo, const char *name,
							  bool for_row, int arguments);

/* True while a dump is restored, by the procedure or without it. */
extern bool FFIsRestoring(void);

/* True while rows arrive that were checked where they were first written. */
extern bool FFIsLoading(void);

#endif
