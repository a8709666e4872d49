/*
 * find_running.c
 *	  Finds the experiment of a flag that is running, as the statement sees it.
 *
 * One that exposes many units looks once for each flag.  What was found holds
 * under the serial number of the pin: as long as that is the same, so are the
 * snapshot and all that can be seen by it.
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

static struct
{
	uint64		serial;
	MemoryContext context;
	const FFFlag *flags[REMEMBERED];	/* of that pin's rule sets */
	FFFoundRunning	running[REMEMBERED];
}			Known;

/* Copies what an experiment says into the current memory context. */
static void
Take(HeapTuple tuple, Relation table, FFFoundRunning *running)
{
	bool		isnull;

	running->found = true;
	running->experiment_id = FFColumnUuid(tuple, table, Anum_experiments_id);
	running->experiment = FFColumnText(tuple, table, Anum_experiments_key);
	running->phase = DatumGetInt32(FFColumn(tuple, table, Anum_experiments_phase, &isnull));
	running->wanted = DatumGetArrayTypePCopy(FFColumn(tuple, table, Anum_experiments_dimensions, &isnull));
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

/* Forget what another pin has seen. */
static void
Start(uint64 serial)
{
	memset(Known.flags, 0, sizeof(Known.flags));
	if (Known.context == NULL)
		Known.context = AllocSetContextCreate(TopMemoryContext, "featureflow running experiments", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(Known.context);
	Known.serial = serial;
}

/* Give way to another flag; a row of an experiment takes no more than its key and dimensions. */
static void
Release(int slot)
{
	FFFoundRunning  *running = &Known.running[slot];

	if (Known.flags[slot] != NULL && running->found)
	{
		pfree(unconstify(char *, running->experiment.data));
		pfree(running->wanted);
	}
	Known.flags[slot] = NULL;
	memset(running, 0, sizeof(*running));
}

const FFFoundRunning *
FFFindRunning(const FFFlag *flag, FFString project, FFString environment)
{
	int			slot = ((uintptr_t) flag / MAXIMUM_ALIGNOF / 8) & (REMEMBERED - 1);
	FFFoundRunning	found = {0};
	MemoryContext caller;

	if (Known.serial != FFPinLast())
		Start(FFPinLast());
	if (Known.flags[slot] == flag)
		return &Known.running[slot];
	Release(slot);
	found.environment_id = FFCallRuleset(project, environment)->environment_id;
	caller = MemoryContextSwitchTo(Known.context);
	Find(&flag->image->id, &found);
	MemoryContextSwitchTo(caller);
	Known.running[slot] = found;
	Known.flags[slot] = flag;
	return &Known.running[slot];
}
