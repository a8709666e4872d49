/*
 * history.h
 *	  Versions of flags.
 */
#ifndef FF_HISTORY_H
#define FF_HISTORY_H

#include "postgres.h"

#include "utils/uuid.h"

/* True while a version is being recorded: its own writes leave no trace. */
extern bool FFHistoryIsRecording(void);

/* A flag has changed, in one environment or (NULL) in all. */
extern void FFHistoryTouch(const pg_uuid_t *flag_id, const pg_uuid_t *environment_id);

extern void FFHistoryEndTransaction(void);

#endif
