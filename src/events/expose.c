/*
 * expose.c
 *	  Evaluates a flag and writes down whom its split sent where.
 *
 * A row is written where an experiment of the flag and environment is running
 * and a split has decided between variations: who is targeted, overridden or
 * turned away did not come by chance.  The row is part of the caller's
 * transaction.  Like the audit log it is written past privileges and triggers:
 * nothing that a user wrote runs here, and the caller needs no rights on the
 * tables.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "base/settings.h"
#include "evaluate/call.h"
#include "events/append.h"
#include "events/assign.h"
#include "events/dimensions.h"
#include "events/find_running.h"
#include "events/pending.h"
#include "events/written.h"

PG_FUNCTION_INFO_V1(ff_expose);
PG_FUNCTION_INFO_V1(ff_expose_element);

#define MAX_UNIT_LENGTH 1024	/* characters, as the table has it */

/* A unit that the table would refuse; element is its place in an array, or -1. */
static void
CheckUnit(FFString unit, int64 element)
{
	int			length = pg_mbstrlen_with_len(unit.data, unit.length);

	if (length < 1 || length > MAX_UNIT_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the unit of an exposure has 1 to %d characters, not %d",
						MAX_UNIT_LENGTH, length),
				 element < 0 ? 0 : errdetail("At $[%lld].", (long long) element)));
}

/* The same for all calls, so that none fails on the day an experiment starts. */
static void
RefuseWhereNothingIsWritten(void)
{
	PreventCommandIfReadOnly("ff_expose()");
	PreventCommandIfParallelMode("ff_expose()");
	PreventCommandDuringRecovery("ff_expose()");
	FFChangeSettingsInit();
	if (FFExposuresAsync)
		FFPendingCheck();
}

/* What the experiment wants to know of the unit. */
static Jsonb *
DimensionsOf(FunctionCallInfo fcinfo, ArrayType *wanted)
{
	FFSubject	subject;

	if (ArrayGetNItems(ARR_NDIM(wanted), ARR_DIMS(wanted)) == 0)
		return NULL;
	FFSubjectStart(&subject, FFCallRuleset(FFArgText(fcinfo, 5), FFArgText(fcinfo, 3)),
				   FFArgText(fcinfo, 0), FFArgJsonb(fcinfo, 2));
	return FFDimensionsOf(&subject, wanted);
}

/* Whether this transaction, or with a worker this session, has exposed the same before. */
static bool
IsRepeated(const FFMeeting *meeting)
{
	return (FFExposuresAsync && FFPendingHas(meeting)) || FFWrittenHas(meeting);
}

/* False where the environment has gone since the statement began. */
static bool
WriteNow(const pg_uuid_t *environment_id, FFExposure *exposure)
{
	FFAppend   *append = FFAppendBegin();
	bool		written = FFAppendRow(append, environment_id, exposure);

	FFAppendEnd(append);
	return written;
}

/* Write an exposure that is none of those before; whether it was written. */
static pg_noinline bool
Write(FunctionCallInfo fcinfo, const FFFoundRunning *running, const FFMeeting *meeting, text *variation, int64 element)
{
	pg_uuid_t	environment_id = running->environment_id;
	FFExposure	exposure = {.experiment = running->experiment, .meeting = *meeting, .variation = variation};

	CheckUnit(meeting->unit, element);
	exposure.dimensions = DimensionsOf(fcinfo, running->wanted);
	exposure.at = GetCurrentTimestamp();
	if (FFExposuresAsync)
		FFPendingAdd(&environment_id, &exposure);
	else if (!WriteNow(&environment_id, &exposure))
		return false;
	FFWrittenAdd(meeting);
	return true;
}

/* Write an exposure down unless it was before; whether it was written now. */
static bool
WriteOnce(FunctionCallInfo fcinfo, const FFAnswer *answer, text *variation, int64 element)
{
	const FFFoundRunning *running = FFFindRunning(answer->flag, FFArgText(fcinfo, 5), FFArgText(fcinfo, 3));
	FFMeeting	meeting;

	if (!running->found)
		return false;
	meeting.experiment_id = running->experiment_id;
	meeting.phase = running->phase;
	meeting.variation = answer->variation;
	meeting.unit = answer->outcome.unit;
	return !IsRepeated(&meeting) && Write(fcinfo, running, &meeting, variation, element);
}

/*
 * Where units keep what they meet, another session may have exposed this one
 * since the statement began: then its variation is the answer.
 */
static void
Keep(FFAnswer *answer, int64 element)
{
	const FFImage *image = answer->flag->image;
	FFString	stored;
	int			variation;

	CheckUnit(answer->outcome.unit, element);
	stored = FFAssign(&image->experiment_id, answer->outcome.unit, FFAnswerVariation(answer));
	variation = FFProgramFindVariation(image->program, stored);
	if (variation >= 0)
		answer->variation = variation;
}

/*
 * Evaluate for arguments (user_key, flag, attributes, environment, fallback,
 * project) and expose.  The row has no variation where the caller is left
 * with the fallback: nobody has met anything then.
 */
static bool
Expose(FunctionCallInfo fcinfo, int64 element, FFAnswer *answer, Datum *values, bool *nulls)
{
	FFString	flag = FFArgText(fcinfo, 1);
	FFString	none = {"", 0};
	FFWanted	wanted = FFFallbackWanted(FFArgJsonb(fcinfo, 4));

	RefuseWhereNothingIsWritten();
	FFCallEvaluate(fcinfo, 5, wanted, true, answer);
	if (flag.data == NULL)
		flag = none;
	FFDetailRow(answer, flag, FFArgJsonb(fcinfo, 4), wanted, values, nulls);
	if (answer->reason != FF_REASON_SPLIT || !answer->outcome.random || nulls[2])
		return false;
	if (answer->flag->image->sticky && !answer->assigned)
	{
		Keep(answer, element);
		FFDetailRow(answer, flag, FFArgJsonb(fcinfo, 4), wanted, values, nulls);
	}
	return WriteOnce(fcinfo, answer, (text *) DatumGetPointer(values[2]), element);
}

Datum
ff_expose(PG_FUNCTION_ARGS)
{
	TupleDesc	row_type = FFCallRowType(fcinfo);
	Datum		values[FF_DETAIL_COLUMNS];
	bool		nulls[FF_DETAIL_COLUMNS];
	FFAnswer	answer;

	(void) Expose(fcinfo, -1, &answer, values, nulls);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row_type, values, nulls)));
}

/*
 * ff._expose(…, element): whether a row was written for that element of an
 * array; NULL where there is no such flag, environment or project.
 */
Datum
ff_expose_element(PG_FUNCTION_ARGS)
{
	Datum		values[FF_DETAIL_COLUMNS];
	bool		nulls[FF_DETAIL_COLUMNS];
	FFAnswer	answer;
	bool		written = Expose(fcinfo, PG_GETARG_INT64(6), &answer, values, nulls);

	if (answer.flag->image == NULL)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(written);
}
