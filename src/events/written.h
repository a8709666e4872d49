/*
 * written.h
 *	  Which exposures the running transaction has written already.
 */
#ifndef FF_WRITTEN_H
#define FF_WRITTEN_H

#include "postgres.h"

#include "utils/uuid.h"

#include "engine/value.h"

/* What is written once: a unit has met a variation in a phase of an experiment. */
typedef struct FFMeeting
{
	pg_uuid_t	experiment_id;
	int			phase;
	int			variation;
	FFString	unit;
} FFMeeting;

extern bool FFWrittenHas(const FFMeeting *meeting);

/* To be called after its row has been written. */
extern void FFWrittenAdd(const FFMeeting *meeting);

extern void FFWrittenAbortSubtransaction(SubTransactionId subxact);
extern void FFWrittenEndTransaction(void);

#endif
