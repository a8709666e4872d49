/*
 * pending.h
 *	  Exposures that the running transaction will leave to the worker.
 */
#ifndef FF_PENDING_H
#define FF_PENDING_H

#include "postgres.h"

#include "events/append.h"

/* An error where there is no worker to leave them to. */
extern void FFPendingCheck(void);

/* Whether this session has left it to the worker before. */
extern bool FFPendingHas(const FFMeeting *meeting);

extern void FFPendingAdd(const pg_uuid_t *environment_id, const FFExposure *exposure);

extern void FFPendingAbortSubtransaction(SubTransactionId subxact);
extern void FFPendingPrepare(void);
extern void FFPendingEndTransaction(bool commit);

#endif
