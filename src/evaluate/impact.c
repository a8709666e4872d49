/*
 * impact.c
 *	  What a row of the application's is served before and after a change of a flag.
 *
 * The change is a proposal: rows that stand for those of the flag.  It is
 * compiled once a statement and process, and evaluated as what is there is;
 * nothing is written.  A row's columns are its attributes, read when a rule asks
 * for them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "evaluate/call.h"
#include "evaluate/pin.h"
#include "evaluate/proposal.h"
#include "evaluate/sources.h"

PG_FUNCTION_INFO_V1(ff_impact_answer);

/* The flag as it is, or as it is proposed. */
typedef struct Side
{
	FFProposal	proposal;
	FFRuleset  *ruleset;		/* NULL: none yet */
	FFFlag	   *flag;
} Side;

typedef struct ImpactSite
{
	MemoryContextCallback callback;
	MemoryContext context;		/* of both sides */
	TupleDesc	row_type;
	uint64		serial;			/* 0: nothing is remembered */
	bool		stable;			/* flag, environment, project and proposal are the
								 * same in every call */
	Side		before;
	Side		after;
	Oid			subject_type;	/* of the rows of subjects */
	int32		subject_typmod;
	TupleDesc	columns;
	HeapTupleData row;			/* the subject */
} ImpactSite;

static void
Forget(void *argument)
{
	ImpactSite *site = argument;

	site->serial = 0;
	if (site->before.ruleset != NULL)
		FFRulesetRelease(site->before.ruleset);
	site->before.ruleset = NULL;
	if (site->after.ruleset != NULL)
		FFRulesetRelease(site->after.ruleset);
	site->after.ruleset = NULL;
}

static ImpactSite *
SiteOf(FunctionCallInfo fcinfo)
{
	MemoryContext room = fcinfo->flinfo->fn_mcxt;
	ImpactSite *site = fcinfo->flinfo->fn_extra;

	if (site != NULL)
		return site;
	site = MemoryContextAllocZero(room, sizeof(ImpactSite));
	site->context = AllocSetContextCreate(room, "featureflow impact", ALLOCSET_SMALL_SIZES);
	site->row_type = FFKeepRowType(fcinfo);
	site->stable = get_fn_expr_arg_stable(fcinfo->flinfo, 2) && get_fn_expr_arg_stable(fcinfo->flinfo, 3) &&
		get_fn_expr_arg_stable(fcinfo->flinfo, 4) && get_fn_expr_arg_stable(fcinfo->flinfo, 5);
	site->callback.func = Forget;
	site->callback.arg = site;
	MemoryContextRegisterResetCallback(room, &site->callback);
	fcinfo->flinfo->fn_extra = site;
	return site;
}

/* Compile one side; what is not proposed is shared with other rule sets. */
static void
OpenSide(Side *side, const FFRuleset *present, FFString flag, Jsonb *document)
{
	FFProposalInit(&side->proposal, document);
	side->ruleset = FFRulesetFrom(present, &side->proposal.origin);
	side->flag = FFRulesetFlag(side->ruleset, flag);
}

static void
Reopen(FunctionCallInfo fcinfo, ImpactSite *site, uint64 serial)
{
	FFRuleset  *present = FFCallRuleset(FFArgText(fcinfo, 4), FFArgText(fcinfo, 3));
	FFString	flag = FFArgText(fcinfo, 2);
	MemoryContext caller;

	if (PG_ARGISNULL(2) || PG_ARGISNULL(5) || !present->known)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a flag, its environment and a proposal are required")));
	Forget(site);
	MemoryContextReset(site->context);
	caller = MemoryContextSwitchTo(site->context);
	OpenSide(&site->before, present, flag, NULL);
	OpenSide(&site->after, present, flag, PG_GETARG_JSONB_P_COPY(5));
	MemoryContextSwitchTo(caller);
	site->serial = serial;
}

/* The columns of the subjects' rows, which are all of one type. */
static void
SetRow(ImpactSite *site, HeapTupleHeader row, MemoryContext room)
{
	Oid			type = HeapTupleHeaderGetTypeId(row);
	int32		typmod = HeapTupleHeaderGetTypMod(row);

	if (site->columns == NULL || site->subject_type != type || site->subject_typmod != typmod)
	{
		TupleDesc	columns = lookup_rowtype_tupdesc(type, typmod);
		MemoryContext caller = MemoryContextSwitchTo(room);

		site->columns = CreateTupleDescCopy(columns);
		MemoryContextSwitchTo(caller);
		ReleaseTupleDesc(columns);
		site->subject_type = type;
		site->subject_typmod = typmod;
	}
	site->row.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&site->row.t_self);
	site->row.t_data = row;
}

/* The column of a name; 0 where there is none. */
static AttrNumber
ColumnNamed(TupleDesc columns, FFString name)
{
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		if (!column->attisdropped && strncmp(NameStr(column->attname), name.data, name.length) == 0 &&
			NameStr(column->attname)[name.length] == '\0')
			return i + 1;
	}
	return 0;
}

/* A column of the row; else what a context source says. */
static FFValue
LookUpAttribute(FFContext *context, FFString name)
{
	ImpactSite *site = context->source;
	AttrNumber	column = name.length < NAMEDATALEN ? ColumnNamed(site->columns, name) : 0;
	FFValue		value = {.type = FF_NULL};
	bool		isnull;
	Datum		datum;

	if (column != 0)
	{
		datum = heap_getattr(&site->row, column, site->columns, &isnull);
		return isnull ? value : FFColumnValue(datum, TupleDescAttr(site->columns, column - 1)->atttypid);
	}
	context->source = site->before.ruleset;	/* both have the same sources */
	value = FFSourceLookup.attribute(context, name);
	context->source = site;
	return value;
}

/* Nothing is explained here. */
static bool
IsShown(FFContext *context, FFString name)
{
	(void) context;
	(void) name;
	return false;
}

static const FFLookup RowLookup = {LookUpAttribute, IsShown};

static void
Answer(const Side *side, ImpactSite *site, FFString user_key, FFAnswer *answer)
{
	FFSubject	subject;

	FFSubjectStart(&subject, side->ruleset, user_key, NULL);
	subject.context.lookup = &RowLookup;
	subject.context.source = site;
	FFEvaluate(&subject, side->flag, answer);
}

/* Whether two answers are of the same value, or both of none. */
static bool
SameValue(const FFAnswer *a, const FFAnswer *b)
{
	const Jsonb *left = FFAnswerValue(a);
	const Jsonb *right = FFAnswerValue(b);

	if (left == NULL || right == NULL)
		return left == right;
	return VARSIZE(left) == VARSIZE(right) && memcmp(left, right, VARSIZE(left)) == 0;
}

/* Columns variation, reason and rule of an answer. */
static void
FillAnswer(const FFAnswer *answer, Datum *values, bool *nulls)
{
	Datum		detail[FF_DETAIL_COLUMNS];
	bool		detail_nulls[FF_DETAIL_COLUMNS];
	FFString	none = {"", 0};

	FFDetailRow(answer, none, NULL, FF_WANT_ANY, detail, detail_nulls);
	for (int i = 0; i < 3; i++)
	{
		values[i] = detail[2 + i];
		nulls[i] = detail_nulls[2 + i];
	}
}

/*
 * ff._impact_answer(subject, user_key, flag, environment, project, proposal):
 * whether another value is served, and both answers.
 */
Datum
ff_impact_answer(PG_FUNCTION_ARGS)
{
	ImpactSite *site = SiteOf(fcinfo);
	uint64		serial = FFPinSerial();
	FFAnswer	before;
	FFAnswer	after;
	Datum		values[7];
	bool		nulls[7] = {false};

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (site->serial != serial || !site->stable)
		Reopen(fcinfo, site, serial);
	SetRow(site, PG_GETARG_HEAPTUPLEHEADER(0), fcinfo->flinfo->fn_mcxt);
	Answer(&site->before, site, FFArgText(fcinfo, 1), &before);
	Answer(&site->after, site, FFArgText(fcinfo, 1), &after);
	values[0] = BoolGetDatum(!SameValue(&before, &after));
	FillAnswer(&before, values + 1, nulls + 1);
	FillAnswer(&after, values + 4, nulls + 4);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(site->row_type, values, nulls)));
}
