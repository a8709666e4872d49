/*
 * running.h
 *	  What a running experiment makes of the splits of its flag.
 */
#ifndef FF_RUNNING_H
#define FF_RUNNING_H

#include "postgres.h"

#include "engine/engine.h"
#include "evaluate/rulesets.h"

#define FF_RUNNING_GATES 3		/* holdout, exclusion group, traffic */
#define FF_RUNNING_ROWS 3		/* of the experiment, its holdout and its group */

typedef struct FFRunning
{
	pg_uuid_t	id;
	bool		sticky;			/* a unit keeps the variation that it has met first */
	FFString	control;
	int			gate_count;
	FFGateSource gates[FF_RUNNING_GATES];
	FFRowMark	marks[FF_RUNNING_ROWS]; /* of the rows that say so */
} FFRunning;

/*
 * The experiment that runs on a flag under the active snapshot; false where none
 * does, or its splits are served as if none did.
 */
extern bool FFLoadRunning(const FFRuleset *ruleset, const pg_uuid_t *flag_id,
						  FFRunning *running);

#endif
