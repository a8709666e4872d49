/*
 * timed.c
 *	  Whether the server remembers when transactions committed.
 */
#include "postgres.h"

#include "access/commit_ts.h"
#include "access/xlog.h"
#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "fmgr.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(ff_commits_are_timed);

/* On a standby as its primary does: what the setting there says does not count. */
Datum
ff_commits_are_timed(PG_FUNCTION_ARGS)
{
	ControlFileData *control;
	bool		whole;

	(void) fcinfo;
	if (!RecoveryInProgress())
		PG_RETURN_BOOL(track_commit_timestamp);
	control = get_controlfile(DataDir, &whole);
	PG_RETURN_BOOL(whole && control->track_commit_timestamp);
}
