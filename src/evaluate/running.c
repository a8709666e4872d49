/*
 * running.c
 *	  What a running experiment makes of the splits of its flag.
 *
 * Who takes part is part of what the flag answers, so it is read with the rows
 * of the flag, under the same snapshot, and compiled into its image.
 */
#include "postgres.h"

#include <math.h>

#include "access/table.h"
#include "utils/fmgrprotos.h"

#include "base/catalog.h"
#include "evaluate/running.h"
#include "model/tables.h"

/* A share from 0 to 1 in buckets. */
static int
Buckets(HeapTuple tuple, Relation table, AttrNumber column)
{
	bool		isnull;
	Datum		share = FFColumn(tuple, table, column, &isnull);

	return (int) rint(DatumGetFloat8(DirectFunctionCall1(numeric_float8, share)) * FF_BUCKETS);
}

/* Let pass the units whose bucket is in a range, unless that is all of them. */
static void
AddGate(FFRunning *running, const char *kind, FFString key, FFString salt, int from, int to)
{
	FFGateSource gate = {.kind = kind, .key = key, .salt = salt, .from = from, .to = to};

	if (from > 0 || to < FF_BUCKETS)
		running->gates[running->gate_count++] = gate;
}

static void
ReadRow(HeapTuple tuple, Relation table, FFRunning *running)
{
	running->marks[0] = FFMarkOf(tuple);
	running->control = FFColumnText(tuple, table, Anum_experiments_control);
	AddGate(running, "traffic of experiment", FFColumnText(tuple, table, Anum_experiments_key),
			FFColumnText(tuple, table, Anum_experiments_salt), 0,
			Buckets(tuple, table, Anum_experiments_traffic));
}

bool
FFLoadRunning(const FFRuleset *ruleset, const pg_uuid_t *flag_id, FFRunning *running)
{
	Relation	table = FFTableOpen("experiments", AccessShareLock);
	FFString	status = {"running", 7};
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_experiments_flag_id, flag_id);
	FFScanUuid(&scan, Anum_experiments_environment_id, &ruleset->environment_id);
	FFScanBeginFrom(&scan, table, FFRowsOf(ruleset));
	while (HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		if (!FFStringEqual(FFColumnText(tuple, table, Anum_experiments_status), status))
			continue;
		ReadRow(tuple, table, running);
		break;
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return running->gate_count > 0;
}
