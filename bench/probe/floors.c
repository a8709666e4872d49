/*
 * floors.c
 *	  Functions that do nothing, in the shapes of those that do.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#define BENCH_ROWS 100
#define BENCH_COLUMNS 8

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(bench_noop);
PG_FUNCTION_INFO_V1(bench_rows);

/* Looks at no argument: declared with two, three and six of them. */
Datum
bench_noop(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_BOOL(true);
}

/* The answer for one flag, as wide as a typical one. */
static void
FillRow(Datum *values, bool *nulls)
{
	values[0] = CStringGetTextDatum("flag-42");
	values[1] = DirectFunctionCall1(jsonb_in, CStringGetDatum("true"));
	values[2] = CStringGetTextDatum("on");
	values[3] = CStringGetTextDatum("SPLIT");
	values[4] = CStringGetTextDatum("segment");
	nulls[5] = true;
	values[6] = Int32GetDatum(3);
	nulls[7] = true;
}

/* The same row a hundred times: made once, so that only returning it costs. */
Datum
bench_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		values[BENCH_COLUMNS] = {0};
	bool		nulls[BENCH_COLUMNS] = {0};

	InitMaterializedSRF(fcinfo, 0);
	FillRow(values, nulls);
	for (int row = 0; row < BENCH_ROWS; row++)
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	return (Datum) 0;
}
