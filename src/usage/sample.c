/*
 * sample.c
 *	  Draws the evaluations that are logged, and says what there is to say of one.
 *
 * How many are passed over is drawn at once, so that those that are not logged pay
 * for a subtraction alone.
 */
#include "postgres.h"

#include <math.h>

#include "common/pg_prng.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "usage/log.h"

int64		FFLogPassing = 0;

/* Whether it was drawn by the share that there is now; never in the postmaster, so that each session draws its own. */
static bool Drawn = false;

/* How many are passed over before the next one, where each is logged by the same chance. */
static int64
DrawPassing(void)
{
	double		passing;

	if (FFLogShare >= 1)
		return 0;
	passing = floor(log1p(-pg_prng_double(&pg_global_prng_state)) / log1p(-FFLogShare));
	return (int64) Min(passing, 1e18);
}

/* How many have been passed over under another share does not matter: chances have no memory. */
void
FFLogChangeShare(double share, void *extra)
{
	(void) share;
	(void) extra;
	FFLogPassing = 0;
	Drawn = false;
}

bool
FFLogDraw(void)
{
	if (!Drawn)
	{
		Drawn = true;
		FFLogPassing = DrawPassing();
		if (--FFLogPassing >= 0)
			return false;
	}
	FFLogPassing = DrawPassing();
	return true;
}

/* Appends a text; false where it is too long. */
static bool
Append(FFLogEntry *entry, FFLogText which, FFString text)
{
	if (text.data == NULL)
	{
		entry->lengths[which] = -1;
		return true;
	}
	if (text.length > FF_LOG_MOST_BYTES - entry->size)
		return false;
	entry->lengths[which] = text.length;
	memcpy((char *) entry + entry->size, text.data, text.length);
	entry->size += text.length;
	return true;
}

static bool
AppendTexts(FFLogEntry *entry, const FFSubject *subject, FFString flag, const FFAnswer *answer, bool mismatches)
{
	static const FFString none = {NULL, 0};
	bool		varied = answer->variation >= 0 && !mismatches;
	bool		ruled = answer->stage != FF_STAGE_FLAG;

	return Append(entry, FF_LOG_FLAG, flag) &&
		Append(entry, FF_LOG_USER_KEY, subject->context.user_key) &&
		Append(entry, FF_LOG_VARIATION, varied ? FFAnswerVariation(answer) : none) &&
		Append(entry, FF_LOG_RULE, ruled ? FFAnswerRule(answer) : none);
}

void
FFLogEvaluation(const FFSubject *subject, FFString flag, const FFAnswer *answer, bool mismatches)
{
	static char *bytes = NULL;
	FFLogEntry *entry;

	if (!subject->ruleset->known)
		return;					/* of no environment */
	if (bytes == NULL)
		bytes = MemoryContextAlloc(TopMemoryContext, FF_LOG_MOST_BYTES);
	entry = (FFLogEntry *) bytes;
	memset(entry, 0, offsetof(FFLogEntry, data));
	entry->size = offsetof(FFLogEntry, data);
	entry->database = MyDatabaseId;
	entry->environment_id = subject->ruleset->environment_id;
	entry->at = subject->context.now;
	entry->share = FFLogShare;
	entry->version = answer->flag->image != NULL ? answer->flag->image->version : 0;
	entry->reason = mismatches ? FF_REASON_ERROR : answer->reason;
	entry->error = mismatches ? FF_TYPE_MISMATCH : answer->error;
	if (!AppendTexts(entry, subject, flag, answer, mismatches))
	{
		FFLogDrop();
		return;
	}
	entry->size = MAXALIGN(entry->size);
	FFLogPush(entry);
}
