/*
 * rows.h
 *	  Entries of the table in shared memory as rows.
 */
#ifndef FF_USAGE_ROWS_H
#define FF_USAGE_ROWS_H

#include "postgres.h"

#include "usage/table.h"

/* environment_id, flag_id, variation's place, reason, error_code, hour, evaluations, last_at, users, latency */
#define FF_USAGE_COLUMNS 10
#define FF_USAGE_FLAG_ID 1

extern void FFUsageRow(const FFUsageEntry *entry, Datum *values, bool *nulls);

#endif
