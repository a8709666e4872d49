/*
 * moves.h
 *	  Moving the version of environments whose configuration changes.
 */
#ifndef FF_MOVES_H
#define FF_MOVES_H

#include "postgres.h"

#include "utils/rel.h"
#include "utils/snapshot.h"
#include "utils/uuid.h"

extern void FFMovesEndTransaction(void);
extern void FFMovesAbortSubtransaction(SubTransactionId subxact);

/* A copy of the row of a table that has this id, as a snapshot sees it; NULL for none. */
extern HeapTuple FFMovesFind(Relation table, AttrNumber column, const pg_uuid_t *id,
							 Snapshot snapshot);

/* Move all environments of a project, unless this transaction has. */
extern void FFMoveProject(const pg_uuid_t *project_id);

/* Rows of a configuration table are about to be written: see FFEditCommand. */
extern void FFMovesBeginRow(void);

/* The project that a row belongs, or belonged, to; false: never seen. */
extern bool FFProjectOfFlag(const pg_uuid_t *flag_id, pg_uuid_t *project_id);
extern bool FFProjectOfEnvironment(const pg_uuid_t *environment_id, pg_uuid_t *project_id);
extern bool FFProjectOfSegment(const pg_uuid_t *segment_id, pg_uuid_t *project_id);
extern bool FFProjectOfEnvironment(const pg_uuid_t *environment_id, pg_uuid_t *project_id);
extern bool FFProjectOfExperiment(const pg_uuid_t *experiment_id, pg_uuid_t *project_id);

#endif
