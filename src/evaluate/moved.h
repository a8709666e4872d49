/*
 * moved.h
 *	  What this transaction has moved, and the numbers that it drew.
 */
#ifndef FF_MOVED_H
#define FF_MOVED_H

#include "postgres.h"

#include "utils/uuid.h"

/* Whether this transaction has moved the version of any, or of this, environment. */
extern bool FFMovedAny(void);
extern bool FFMovedHas(const pg_uuid_t *environment_id);

/* True at the first move of an environment or project, which is remembered. */
extern bool FFMovedFirst(const pg_uuid_t *id);

/* A number that was never drawn before. */
extern int64 FFMovedNext(void);

/*
 * The number that this transaction's entries of a project bear: greater than
 * those of every earlier writer's environments, smaller than those that its
 * own environments get.  The project must be locked.
 */
extern int64 FFMovedNumber(const pg_uuid_t *project_id);

/* NOTIFY for each environment moved, before the commit; an error at PREPARE. */
extern void FFMovedNotify(void);
extern void FFMovedPrepare(void);

extern void FFMovedEndTransaction(void);
extern void FFMovedEndSubtransaction(SubTransactionId subxact,
									 SubTransactionId parent, bool commit);

#endif
