/*
 * as_of.c
 *	  ff_evaluate_at: evaluates a flag with the configuration of a time.
 *
 * The configuration is found out once a statement for a flag and a time, and
 * kept at the call site.
 */
#include "postgres.h"

#include "utils/array.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "evaluate/call.h"
#include "evaluate/past.h"
#include "evaluate/pin.h"

PG_FUNCTION_INFO_V1(ff_evaluate_at);

#define AT_COLUMNS (FF_DETAIL_COLUMNS + 4)

/* Stands for one that was not there; has no flag. */
static FFRuleset NoEnvironment;

/* What a call site remembers, while the pin is the same. */
typedef struct PastSite
{
	MemoryContextCallback callback;
	MemoryContext context;		/* of the past */
	TupleDesc	row_type;
	uint64		serial;			/* 0: nothing */
	TimestampTz at;
	FFKeptText	flag_key;
	FFKeptText	environment;
	FFKeptText	project;
	FFPast	   *past;
	FFRuleset  *ruleset;		/* NULL: none yet */
	FFFlag	   *flag;
} PastSite;

static void
Forget(void *argument)
{
	PastSite   *site = argument;

	site->serial = 0;
	if (site->ruleset != NULL && site->ruleset != &NoEnvironment)
		FFRulesetRelease(site->ruleset);
	site->ruleset = NULL;
}

static PastSite *
SiteOf(FunctionCallInfo fcinfo)
{
	MemoryContext room = fcinfo->flinfo->fn_mcxt;
	PastSite   *site = fcinfo->flinfo->fn_extra;

	if (site != NULL)
		return site;
	site = MemoryContextAllocZero(room, sizeof(PastSite));
	site->context = AllocSetContextCreate(room, "featureflow past", ALLOCSET_SMALL_SIZES);
	site->row_type = FFKeepRowType(fcinfo);
	site->callback.func = Forget;
	site->callback.arg = site;
	MemoryContextRegisterResetCallback(room, &site->callback);
	fcinfo->flinfo->fn_extra = site;
	return site;
}

/* The time that is asked for. */
static TimestampTz
TimeArgument(FunctionCallInfo fcinfo)
{
	TimestampTz at;

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the time is required")));
	at = PG_GETARG_TIMESTAMPTZ(2);
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the time is infinite")));
	return at;
}

/* Open the past anew for other arguments, or in another statement. */
static void
Reopen(FunctionCallInfo fcinfo, PastSite *site, uint64 serial, FFString flag, TimestampTz at)
{
	FFString	environment = FFArgText(fcinfo, 4);
	FFString	project = FFArgText(fcinfo, 5);
	FFRuleset  *present = FFCallRuleset(project, environment);
	MemoryContext caller;
	bool		was_there;

	Forget(site);
	MemoryContextReset(site->context);
	caller = MemoryContextSwitchTo(site->context);
	site->past = palloc0(sizeof(FFPast));
	was_there = present->known && FFPastOpen(site->past, present, at);
	MemoryContextSwitchTo(caller);
	site->ruleset = was_there ? FFRulesetFrom(present, &site->past->origin) : &NoEnvironment;
	site->flag = FFRulesetFlag(site->ruleset, flag);
	site->at = at;
	FFKeep(fcinfo, &site->flag_key, flag);
	FFKeep(fcinfo, &site->environment, environment);
	FFKeep(fcinfo, &site->project, project);
	site->serial = serial;
}

/* The past that the arguments mean. */
static PastSite *
Open(FunctionCallInfo fcinfo, FFString flag)
{
	PastSite   *site = SiteOf(fcinfo);
	TimestampTz at = TimeArgument(fcinfo);
	uint64		serial = FFPinSerial();

	if (site->serial != serial || site->at != at || !FFIsKept(&site->flag_key, flag) ||
		!FFIsKept(&site->environment, FFArgText(fcinfo, 4)) ||
		!FFIsKept(&site->project, FFArgText(fcinfo, 5)))
		Reopen(fcinfo, site, serial, flag, at);
	return site;
}

/* Evaluate as ff_evaluate_detail does, with the clock standing at that time. */
static void
EvaluateThen(FunctionCallInfo fcinfo, PastSite *site, FFAnswer *answer)
{
	FFSubject	subject;

	if (site->ruleset != &NoEnvironment)
		FFPastStart(site->past);
	FFSubjectStart(&subject, site->ruleset, FFArgText(fcinfo, 0), FFArgJsonb(fcinfo, 3));
	subject.context.now = site->at;
	subject.context.detailed = true;
	if (subject.context.lookup != NULL)
		subject.context.lookup = &FFPastLookup;
	FFEvaluate(&subject, site->flag, answer);
}

static ArrayType *
NotesOf(const FFPast *past)
{
	List	   *texts = list_concat(list_concat(list_copy(past->notes), past->faults), past->doubts);
	Datum	   *values = palloc(Max(list_length(texts), 1) * sizeof(Datum));
	int			count = 0;
	ListCell   *cell;

	foreach(cell, texts)
		values[count++] = CStringGetTextDatum(lfirst(cell));
	return construct_array(values, count, TEXTOID, -1, false, TYPALIGN_INT);
}

/* What is known of the answer. */
static void
CertaintyOf(const PastSite *site, Datum *values, bool *nulls)
{
	const FFPast *past = site->past;

	values[0] = BoolGetDatum(past->certain && past->faults == NIL && past->doubts == NIL);
	nulls[0] = false;
	nulls[1] = nulls[2] = !past->changed;
	values[1] = TimestampTzGetDatum(past->changed_at);
	values[2] = PointerGetDatum(past->clock);
	values[3] = PointerGetDatum(NotesOf(past));
	nulls[3] = false;
}

Datum
ff_evaluate_at(PG_FUNCTION_ARGS)
{
	FFString	flag = FFArgText(fcinfo, 1);
	Datum		values[AT_COLUMNS];
	bool		nulls[AT_COLUMNS];
	FFAnswer	answer;
	PastSite   *site;

	if (flag.data == NULL)
		flag.data = "";			/* no flag is called so */
	site = Open(fcinfo, flag);
	EvaluateThen(fcinfo, site, &answer);
	FFDetailRow(&answer, flag, NULL, FF_WANT_ANY, values, nulls);
	CertaintyOf(site, values + FF_DETAIL_COLUMNS, nulls + FF_DETAIL_COLUMNS);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(site->row_type, values, nulls)));
}
