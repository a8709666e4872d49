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

/* A row that an experiment names, held open; NULL: there is none. */
typedef struct Named
{
	Relation	table;
	FFScan		scan;
	HeapTuple	tuple;
} Named;

static void
FindNamed(const FFRuleset *ruleset, const char *name, const pg_uuid_t *id, Named *named)
{
	memset(named, 0, sizeof(*named));
	named->table = FFTableOpen(name, AccessShareLock);
	FFScanUuid(&named->scan, 1, id);
	FFScanBeginFrom(&named->scan, named->table, FFRowsOf(ruleset));
	named->tuple = FFScanNext(&named->scan);
}

static void
CloseNamed(Named *named)
{
	FFScanEnd(&named->scan);
	table_close(named->table, NoLock);
}

/* Those who are not held out. */
static void
ReadHoldout(const FFRuleset *ruleset, const pg_uuid_t *id, FFRunning *running)
{
	Named		named;

	FindNamed(ruleset, "holdouts", id, &named);
	running->marks[1] = FFMarkOf(named.tuple);
	if (HeapTupleIsValid(named.tuple))
		AddGate(running, "all but holdout",
				FFColumnText(named.tuple, named.table, Anum_holdouts_key),
				FFColumnText(named.tuple, named.table, Anum_holdouts_salt),
				Buckets(named.tuple, named.table, Anum_holdouts_share), FF_BUCKETS);
	CloseNamed(&named);
}

/* Those whose buckets of the group are the experiment's. */
static void
ReadGroup(const FFRuleset *ruleset, const pg_uuid_t *id, int from, int to, FFRunning *running)
{
	Named		named;

	FindNamed(ruleset, "exclusion_groups", id, &named);
	running->marks[2] = FFMarkOf(named.tuple);
	if (HeapTupleIsValid(named.tuple))
		AddGate(running, "part of exclusion group",
				FFColumnText(named.tuple, named.table, Anum_exclusion_groups_key),
				FFColumnText(named.tuple, named.table, Anum_exclusion_groups_salt), from, to);
	CloseNamed(&named);
}

static bool
IsSet(HeapTuple tuple, Relation table, AttrNumber column)
{
	bool		isnull;

	(void) FFColumn(tuple, table, column, &isnull);
	return !isnull;
}

static int
IntColumn(HeapTuple tuple, Relation table, AttrNumber column)
{
	bool		isnull;

	return DatumGetInt32(FFColumn(tuple, table, column, &isnull));
}

static void
ReadRow(const FFRuleset *ruleset, HeapTuple tuple, Relation table, FFRunning *running)
{
	pg_uuid_t	holdout = FFColumnUuid(tuple, table, Anum_experiments_holdout_id);
	pg_uuid_t	group = FFColumnUuid(tuple, table, Anum_experiments_exclusion_group_id);
	bool		isnull;

	running->id = FFColumnUuid(tuple, table, Anum_experiments_id);
	running->sticky = DatumGetBool(FFColumn(tuple, table, Anum_experiments_sticky, &isnull));
	running->marks[0] = FFMarkOf(tuple);
	running->control = FFColumnText(tuple, table, Anum_experiments_control);
	if (IsSet(tuple, table, Anum_experiments_holdout_id))
		ReadHoldout(ruleset, &holdout, running);
	if (IsSet(tuple, table, Anum_experiments_exclusion_group_id))
		ReadGroup(ruleset, &group, IntColumn(tuple, table, Anum_experiments_exclusion_from),
				  IntColumn(tuple, table, Anum_experiments_exclusion_to), running);
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
		ReadRow(ruleset, tuple, table, running);
		break;
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return running->gate_count > 0 || running->sticky;
}
