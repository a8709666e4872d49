/*
 * find_running.h
 *	  The experiment of a flag that is running.
 */
#ifndef FF_FIND_RUNNING_H
#define FF_FIND_RUNNING_H

#include "postgres.h"

#include "utils/array.h"
#include "utils/uuid.h"

#include "evaluate/rulesets.h"

typedef struct FFFoundRunning
{
	bool		found;			/* else all but the environment is void */
	pg_uuid_t	environment_id;
	pg_uuid_t	experiment_id;
	FFString	experiment;
	int			phase;
	ArrayType  *wanted;			/* names of dimensions */
} FFFoundRunning;

/*
 * What runs of the flag that was evaluated last, in the environment and project
 * for which it was.  Good until another flag is evaluated.
 */
extern const FFFoundRunning *FFFindRunning(const FFFlag *flag, FFString project, FFString environment);

#endif
