/*
 * count.h
 *	  Counting evaluations, in the memory of the session.
 */
#ifndef FF_USAGE_COUNT_H
#define FF_USAGE_COUNT_H

#include "postgres.h"

#include "portability/instr_time.h"

#include "evaluate/pipeline.h"
#include "usage/table.h"

/* Calls until the next one is timed. */
extern int	FFUsageCountdown;

extern bool FFUsageDrawCountdown(void);

/* Whether this call is one of the few that are timed, one in 64. */
static inline bool
FFUsageIsTimed(void)
{
	return FFCountEvaluations && unlikely(--FFUsageCountdown < 0) && FFUsageDrawCountdown();
}

/* Count one evaluation while counting is on; NULL where it cannot be.  Never fails. */
extern FFUsageCounts *FFUsageCount(const FFSubject *subject, FFFlag *flag, int variation, int outcome);

/* The same by what the answer says. */
static inline FFUsageCounts *
FFUsageCountAnswer(const FFSubject *subject, FFFlag *flag, const FFAnswer *answer)
{
	return FFUsageCount(subject, flag, answer->variation,
						answer->error == FF_EVALUATION_OK ? (int) answer->reason : FF_REASON_ERROR + (int) answer->error);
}

/* How long a counted call took. */
extern void FFUsageTook(FFUsageCounts *counts, instr_time start);

/* Hands over what this session has counted, at most once a second. */
extern void FFUsageEndTransaction(void);

/* The same at once. */
extern void FFUsageHandOver(void);

#endif
