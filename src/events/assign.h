/*
 * assign.h
 *	  The variation that a unit keeps in a sticky experiment.
 */
#ifndef FF_ASSIGN_H
#define FF_ASSIGN_H

#include "postgres.h"

#include "utils/uuid.h"

#include "engine/value.h"

/*
 * The variation of the unit as of now, which is the given one unless another was
 * stored before; a copy in the current memory context.  Waits for a transaction
 * that is storing one for the same unit.
 */
extern FFString FFAssign(const pg_uuid_t *experiment_id, FFString unit, FFString variation);

#endif
