/*
 * table.h
 *	  Counts of evaluations on their way to ff.evaluation_counts, in shared memory.
 */
#ifndef FF_USAGE_TABLE_H
#define FF_USAGE_TABLE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "usage/sketch.h"

/* Steps of a histogram: the i-th, from 0, is of 2^i to 2^(i+1) nanoseconds. */
#define FF_LATENCY_STEPS 32

/* What is counted apart; without padding, since it is compared as bytes. */
typedef struct FFUsageKey
{
	pg_uuid_t	environment_id;
	pg_uuid_t	flag_id;		/* all 0: a flag that does not exist */
	TimestampTz hour;			/* when it began */
	Oid			database;
	int16		variation;		/* its place among the flag's; -1: none */
	int16		outcome;		/* FFReason, or FF_REASON_ERROR + FFEvaluationError */
} FFUsageKey;

typedef struct FFUsageCounts
{
	uint64		evaluations;
	TimestampTz last;
	uint32		latency[FF_LATENCY_STEPS];
	uint8		users[FF_SKETCH_BYTES];
} FFUsageCounts;

typedef struct FFUsageEntry
{
	FFUsageKey	key;			/* first */
	TimestampTz since;			/* waiting to be written */
	FFUsageCounts counts;
} FFUsageEntry;

/* What became of evaluations since the server started. */
typedef struct FFUsageTotals
{
	uint64		written;
	uint64		dropped;		/* for which there was no room */
	uint64		failed;			/* of what is gone: flag, environment, database */
	int			used;			/* entries, of all databases */
	int			room;
} FFUsageTotals;

/* Whether evaluations are counted; never without the table. */
extern bool FFCountEvaluations;

/* Whether the library was loaded when the server started. */
extern bool FFUsageThere(void);

/* Asks for memory and makes the settings, those of the log as well; as the server starts. */
extern void FFUsageInit(void);

/* Adds counts to those of the same key; where there is no room, they are dropped.  Never fails. */
extern void FFUsageAdd(const FFUsageKey *key, const FFUsageCounts *counts);

/*
 * The database of an entry that has waited its time, of those that are wanted;
 * InvalidOid: there is none, and wait is lowered to the milliseconds until one
 * may be (-1: for ever).
 */
extern Oid	FFUsageDue(bool (*wanted) (Oid database), long *wait);

/* Copies of entries of a database that wait since before a time, at most so many. */
extern int	FFUsageTake(Oid database, TimestampTz before, int most, FFUsageEntry *entries);

/* The same of all databases, once no other process is left. */
extern int	FFUsageTakeAll(int most, FFUsageEntry *entries);

typedef enum FFUsageFate
{
	FF_USAGE_WRITTEN,
	FF_USAGE_FAILED,
	FF_USAGE_KEPT				/* for the next time */
} FFUsageFate;

/* What has become of an entry that was taken; what has been added since stays. */
extern void FFUsageSettle(const FFUsageEntry *taken, FFUsageFate fate);

/* Gives up all that is there of a database. */
extern void FFUsageGiveUp(Oid database);

/* Has the entries of a database written at once; whether there are any that were to be. */
extern void FFUsageHurry(Oid database);
extern bool FFUsageIsHurried(Oid database);

extern FFUsageTotals FFUsageTotal(void);

/* save.c: the table in a file, while the server is down. */
extern void FFUsageSave(void);
extern void FFUsageLoad(void);

/* write.c: writes entries of this database that are due; in a worker, outside of transactions. */
extern void FFUsageWrite(void);

#endif
