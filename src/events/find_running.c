/*
 * find_running.c
 *	  Finds the experiment of a flag that is running, as the statement sees it.
 *
 * What was found is remembered.  Under the serial number of the pin it holds as
 * it stands: as long as that is the same, so are the snapshot and all that can be
 * seen by it.  A later statement that sees the same committed version of the
 * environment sees the same experiments, since every change of them moves it.
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "evaluate/call.h"
#include "evaluate/pin.h"
#include "events/find_running.h"
#include "model/tables.h"

/* Flags that are remembered at a time: a power of two. */
#define REMEMBERED 16

typedef struct Remembered
{
	const FFFlag *flag;			/* of the last pin's rule set; NULL: nothing */
	uint64		serial;			/* of that pin */
	bool		lasts;			/* beyond it: the version was committed */
	Oid			versions_oid;
	int64		version;
	pg_uuid_t	flag_id;
	FFFoundRunning running;
} Remembered;

static Remembered Known[REMEMBERED];
static MemoryContext KnownContext = NULL;

/* Copies what an experiment says into memory that lasts. */
static void
Take(HeapTuple tuple, Relation table, FFFoundRunning *running)
{
	MemoryContext caller = MemoryContextSwitchTo(KnownContext);
	bool		isnull;

	running->found = true;
	running->experiment_id = FFColumnUuid(tuple, table, Anum_experiments_id);
	running->experiment = FFColumnText(tuple, table, Anum_experiments_key);
	running->phase = DatumGetInt32(FFColumn(tuple, table, Anum_experiments_phase, &isnull));
	running->wanted = DatumGetArrayTypePCopy(FFColumn(tuple, table, Anum_experiments_dimensions, &isnull));
	MemoryContextSwitchTo(caller);
}

static void
Find(const pg_uuid_t *flag_id, FFFoundRunning *running)
{
	Relation	table = FFTableOpen("experiments", AccessShareLock);
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_experiments_flag_id, flag_id);
	FFScanUuid(&scan, Anum_experiments_environment_id, &running->environment_id);
	FFScanBegin(&scan, table, GetActiveSnapshot());
	while (!running->found && HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		FFString	status = {"running", 7};

		if (FFStringEqual(FFColumnText(tuple, table, Anum_experiments_status), status))
			Take(tuple, table, running);
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
}

/* Give way to another flag; a row of an experiment takes no more than its key and dimensions. */
static void
Release(Remembered *slot)
{
	FFFoundRunning *running = &slot->running;

	if (slot->flag != NULL && running->found)
	{
		pfree(unconstify(char *, running->experiment.data));
		pfree(running->wanted);
	}
	memset(slot, 0, sizeof(*slot));
}

/* Whether what an earlier statement found holds: a flag of the same address may be another. */
static bool
HoldsIn(const Remembered *slot, const FFFlag *flag, const FFRuleset *ruleset)
{
	return slot->flag == flag && slot->lasts && ruleset->cached &&
		slot->versions_oid == ruleset->versions_oid && slot->version == ruleset->version &&
		FFUuidEqual(&slot->running.environment_id, &ruleset->environment_id) &&
		FFUuidEqual(&slot->flag_id, &flag->image->id);
}

/* Look, and remember. */
static void
FindAnew(Remembered *slot, const FFFlag *flag, const FFRuleset *ruleset)
{
	FFFoundRunning running = {0};

	if (KnownContext == NULL)
		KnownContext = AllocSetContextCreate(TopMemoryContext, "featureflow running experiments", ALLOCSET_SMALL_SIZES);
	Release(slot);
	running.environment_id = ruleset->environment_id;
	Find(&flag->image->id, &running);
	slot->running = running;
	slot->lasts = ruleset->cached;
	slot->versions_oid = ruleset->versions_oid;
	slot->version = ruleset->version;
	slot->flag_id = flag->image->id;
	slot->flag = flag;
}

const FFFoundRunning *
FFFindRunning(const FFFlag *flag, FFString project, FFString environment)
{
	Remembered *slot = &Known[((uintptr_t) flag / MAXIMUM_ALIGNOF / 8) & (REMEMBERED - 1)];
	const FFRuleset *ruleset;

	if (slot->flag == flag && slot->serial == FFPinLast())
		return &slot->running;
	ruleset = FFCallRuleset(project, environment);
	if (!HoldsIn(slot, flag, ruleset))
		FindAnew(slot, flag, ruleset);
	slot->serial = FFPinLast();
	return &slot->running;
}
