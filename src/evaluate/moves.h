/*
 * moves.h
 *	  Moving the version of environments whose configuration changes.
 */
#ifndef FF_MOVES_H
#define FF_MOVES_H

#include "postgres.h"

#include "utils/uuid.h"

extern void FFMovesEndTransaction(void);
extern void FFMovesEndSubtransaction(SubTransactionId subxact,
									 SubTransactionId parent, bool commit);

/* Whether this transaction has moved the version of an environment. */
extern bool FFMovesAny(void);
extern bool FFMovesHave(const pg_uuid_t *environment_id);

/* Move all environments of a project, unless this transaction has. */
extern void FFMoveProject(const pg_uuid_t *project_id);

/* Rows of a configuration table are about to be written: see FFEditCommand. */
extern void FFMovesBeginRow(void);

/* The project that a flag belongs, or belonged, to; false: never seen. */
extern bool FFProjectOfFlag(const pg_uuid_t *flag_id, pg_uuid_t *project_id);
extern bool FFProjectOfSegment(const pg_uuid_t *segment_id, pg_uuid_t *project_id);
extern bool FFProjectOfEnvironment(const pg_uuid_t *environment_id, pg_uuid_t *project_id);

#endif
