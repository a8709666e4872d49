/*
 * log.h
 *	  Single evaluations on their way to ff.evaluation_log, in shared memory.
 */
#ifndef FF_USAGE_LOG_H
#define FF_USAGE_LOG_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "evaluate/pipeline.h"

typedef enum FFLogText
{
	FF_LOG_FLAG,
	FF_LOG_USER_KEY,
	FF_LOG_VARIATION,
	FF_LOG_RULE,
	FF_LOG_TEXTS
} FFLogText;

/* One evaluation; its texts follow each other in data. */
typedef struct FFLogEntry
{
	int			size;			/* of all of it, aligned */
	Oid			database;
	uint64		number;			/* in the order in which they came */
	pg_uuid_t	environment_id;
	TimestampTz at;				/* when the statement began */
	double		share;			/* of evaluations that were logged then */
	int			version;		/* of the flag's settings; 0: there is no flag */
	FFReason	reason;
	FFEvaluationError error;
	int			lengths[FF_LOG_TEXTS];	/* -1: NULL */
	char		data[FLEXIBLE_ARRAY_MEMBER];
} FFLogEntry;

#define FF_LOG_MOST_BYTES 8192	/* of an entry */

/* What became of evaluations that were to be logged, since the server started. */
typedef struct FFLogTotals
{
	uint64		written;
	uint64		dropped;		/* for which there was no room */
	uint64		failed;			/* of what is gone, or could not be written */
	Size		used;			/* bytes, of all databases */
	Size		size;
	uint64		waiting;		/* entries of this database */
} FFLogTotals;

/* The share of evaluations that are logged; 0 without the memory for them. */
extern double FFLogShare;

/* How many evaluations are passed over before the next one that is logged. */
extern int64 FFLogPassing;

extern bool FFLogDraw(void);

/* The share becomes another one, which holds from the next evaluation on. */
extern void FFLogChangeShare(double share, void *extra);

/* Whether this evaluation is one of those that are logged. */
static inline bool
FFLogIsDrawn(void)
{
	return unlikely(FFLogShare > 0) && --FFLogPassing < 0 && FFLogDraw();
}

/* sample.c: log one; as an error of type where the caller cannot use the answer. */
extern void FFLogEvaluation(const FFSubject *subject, FFString flag, const FFAnswer *answer, bool mismatches);

/* Whether the library was loaded when the server started. */
extern bool FFLogThere(void);

/* Asks for memory and makes the settings; as the server starts. */
extern void FFLogInit(void);

/* Adds a copy of an entry, and gives it its number; where there is no room, it is dropped. */
extern void FFLogPush(FFLogEntry *entry);

/* Counts one that was not pushed. */
extern void FFLogDrop(void);

/* As FFUsageDue: the database that is to be written, of those that are wanted. */
extern Oid	FFLogDue(bool (*wanted) (Oid database), long *wait);

/* Whether entries of this database are to be written. */
extern bool FFLogIsDue(void);

/* Copies of the oldest entries of a database, at most so many and a batch of bytes. */
extern int	FFLogTake(Oid database, int most, FFLogEntry **entries);

/* Removes entries of a database up to a number, of which so many were written. */
extern void FFLogDone(Oid database, uint64 last, uint64 written);

/* Has entries wait once more, for they cannot be written now. */
extern void FFLogPutOff(void);

/* The number of the entry that came last. */
extern uint64 FFLogNewest(void);

/* Has entries written at once. */
extern void FFLogHurry(void);

/* Whether entries of a database up to a number are done. */
extern bool FFLogIsDone(Oid database, uint64 last);

extern FFLogTotals FFLogTotal(Oid database);

/* log_write.c: writes entries of this database that are due; in a worker, outside of transactions. */
extern void FFLogWrite(void);

#endif
