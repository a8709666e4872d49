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

/* The project that a flag belongs, or belonged, to; false: never seen. */
extern bool FFProjectOfFlag(const pg_uuid_t *flag_id, pg_uuid_t *project_id);
extern bool FFProjectOfEnvironment(const pg_uuid_t *environment_id, pg_uuid_t *project_id);

#endif
