/*
 * pin.c
 *	  What one statement sees: the rule sets of its own snapshot.
 *
 * Every environment has one row in ff.versions, which the transaction that
 * changes configuration moves (moves.c).  The first evaluation of a statement
 * reads that row under the statement's own snapshot and pins the rule set of
 * that version; later evaluations of the same statement find the pin.  So a
 * statement answers from the configuration of its snapshot, whatever commits
 * meanwhile and whichever process asks: there is no message that could come
 * early or late.
 *
 * A statement is known by all that decides what its snapshot sees: the local
 * transaction and subtransaction, the snapshot's bounds and members, the
 * command counter, and how often this backend has edited configuration (a
 * statement that edits several rows sees some of them in functions that it
 * calls, while its command counter stands still).  The pin never outlives its
 * transaction: a SERIALIZABLE one must read the version row itself.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/table.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/predicate.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "base/compat.h"
#include "base/role.h"
#include "base/settings.h"
#include "evaluate/moved.h"
#include "evaluate/pin.h"
#include "model/tables.h"

uint64		FFEditCounter = 0;
CommandId	FFEditCommand = InvalidCommandId;
uint64		FFRelationChanges = 0;

/* What identifies a statement's view; compared whole. */
typedef struct StatementKey
{
	LocalTransactionId lxid;
	SubTransactionId subxact;
	uint64		edits;
	uint64		settings;
	TransactionId xmin;
	TransactionId xmax;
	CommandId	curcid;
	uint32		xcnt;
	int32		subxcnt;
	bool		suboverflowed;
	bool		recovery;
} StatementKey;

/* An environment that the statement has asked for. */
typedef struct PinnedEnvironment
{
	FFString	project;
	FFString	environment;
	FFRuleset  *ruleset;
	struct PinnedEnvironment *next;
} PinnedEnvironment;

#define PIN_CHAINS 64

static struct
{
	bool		valid;
	uint64		serial;
	StatementKey key;
	TransactionId *xids;		/* xip, then subxip of a standby's snapshot */
	int			xid_space;
	PinnedEnvironment *environments[PIN_CHAINS];	/* by hash of the keys */
	int			environment_count;
	MemoryContext context;
}			Pin;

/*
 * Where the version row of an environment was last seen.  A row found there
 * that is visible and names the same environment is the right one.
 */
typedef struct RememberedRow
{
	Oid			versions_oid;
	ItemPointerData tid;
	Buffer		buffer;			/* that held it; may hold something else now */
} RememberedRow;

#define REMEMBERED_ROWS 64
static RememberedRow Remembered[REMEMBERED_ROWS];

/* How many transaction ids of a snapshot have to be compared. */
static inline int
SubxidsCompared(Snapshot snapshot)
{
	return snapshot->takenDuringRecovery ? Max(snapshot->subxcnt, 0) : 0;
}

static inline void
FillStatementKey(StatementKey *key, Snapshot snapshot)
{
	memset(key, 0, sizeof(*key));
	key->lxid = FFLocalXid();
	key->subxact = GetCurrentSubTransactionId();
	key->edits = FFEditCounter;
	key->settings = FFSettingsSerial;
	key->xmin = snapshot->xmin;
	key->xmax = snapshot->xmax;
	key->curcid = snapshot->curcid;
	key->xcnt = snapshot->xcnt;
	key->subxcnt = snapshot->subxcnt;
	key->suboverflowed = snapshot->suboverflowed;
	key->recovery = snapshot->takenDuringRecovery;
}

/* Field by field, so that a row of a scan costs no copy. */
static inline bool
IsPinnedStatement(Snapshot snapshot)
{
	const StatementKey *key = &Pin.key;

	return key->lxid == FFLocalXid() &&
		key->subxact == GetCurrentSubTransactionId() &&
		key->edits == FFEditCounter &&
		key->settings == FFSettingsSerial &&
		key->xmin == snapshot->xmin &&
		key->xmax == snapshot->xmax &&
		key->curcid == snapshot->curcid &&
		key->xcnt == snapshot->xcnt &&
		key->subxcnt == snapshot->subxcnt &&
		key->suboverflowed == snapshot->suboverflowed &&
		key->recovery == snapshot->takenDuringRecovery;
}

static inline bool
SameXids(Snapshot snapshot)
{
	int			subxids = SubxidsCompared(snapshot);

	return (snapshot->xcnt == 0 ||
			memcmp(Pin.xids, snapshot->xip,
				   snapshot->xcnt * sizeof(TransactionId)) == 0) &&
		(subxids == 0 ||
		 memcmp(Pin.xids + snapshot->xcnt, snapshot->subxip,
				subxids * sizeof(TransactionId)) == 0);
}

/* Keep the snapshot's transaction ids beside the key. */
static void
RememberXids(Snapshot snapshot)
{
	int			subxids = SubxidsCompared(snapshot);
	int			needed = (int) snapshot->xcnt + subxids;

	if (needed > Pin.xid_space)
	{
		if (Pin.xids != NULL)
			pfree(Pin.xids);
		Pin.xids = NULL;
		Pin.xid_space = 0;
		Pin.xids = MemoryContextAlloc(TopMemoryContext,
									  needed * sizeof(TransactionId));
		Pin.xid_space = needed;
	}
	if (snapshot->xcnt > 0)
		memcpy(Pin.xids, snapshot->xip, snapshot->xcnt * sizeof(TransactionId));
	if (subxids > 0)
		memcpy(Pin.xids + snapshot->xcnt, snapshot->subxip,
			   subxids * sizeof(TransactionId));
}

/* The snapshot that the calling statement reads by. */
static inline Snapshot
StatementSnapshot(void)
{
	Snapshot	snapshot;

	if (unlikely(!ActiveSnapshotSet()))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("flags cannot be evaluated without a snapshot")));
	snapshot = GetActiveSnapshot();
	if (unlikely(snapshot->snapshot_type != SNAPSHOT_MVCC))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("flags can be evaluated under MVCC snapshots only")));
	return snapshot;
}

void
FFPinReset(void)
{
	Pin.valid = false;
	if (Pin.environment_count == 0)
		return;
	for (int i = 0; i < PIN_CHAINS; i++)
	{
		PinnedEnvironment *pinned = Pin.environments[i];

		Pin.environments[i] = NULL;
		for (; pinned != NULL; pinned = pinned->next)
			FFRulesetRelease(pinned->ruleset);
	}
	Pin.environment_count = 0;
	if (Pin.context != NULL)
		MemoryContextReset(Pin.context);
}

/* What is read for an evaluation cannot ask for another one. */
static pg_noinline void
RefuseRecursion(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("flags cannot be evaluated by what is read to evaluate flags")));
}

uint64
FFPinLast(void)
{
	return Pin.serial;
}

uint64
FFPinSerial(void)
{
	Snapshot	snapshot = StatementSnapshot();
	StatementKey key;

	if (unlikely(FFRoleDepth > 0))
		RefuseRecursion();
	if (likely(Pin.valid) && IsPinnedStatement(snapshot) &&
		likely(snapshot->curcid < FFEditCommand) && SameXids(snapshot))
		return Pin.serial;

	FillStatementKey(&key, snapshot);
	FFPinReset();
	RememberXids(snapshot);
	Pin.key = key;
	Pin.serial++;
	Pin.valid = true;
	return Pin.serial;
}

/* Whether a version row is that of the environment asked for. */
static bool
RowNames(HeapTuple tuple, Relation table, FFString project, FFString environment)
{
	bool		isnull;
	Datum		project_key = FFColumn(tuple, table, Anum_versions_project_key, &isnull);
	Datum		environment_key = FFColumn(tuple, table, Anum_versions_environment_key, &isnull);

	/* keys are too short to be compressed or stored out of line */
	return FFStringEqual(FFStringOfText((text *) DatumGetPointer(project_key)), project) &&
		FFStringEqual(FFStringOfText((text *) DatumGetPointer(environment_key)), environment);
}

/*
 * Whether the environment may have rows of a kind.  Not to be trusted of a row
 * that is not the newest which this transaction sees.
 */
static bool
MayHave(HeapTuple tuple, Relation table, AttrNumber column, const FFRulesetKey *key)
{
	bool		isnull;
	Datum		value = FFColumn(tuple, table, column, &isnull);

	return isnull || DatumGetBool(value) || !key->cacheable ||
		(IsParallelWorker() && IsolationUsesXactSnapshot());
}

/* What the version row says, and whether that may be shared and kept. */
static void
ReadVersionRow(HeapTuple tuple, Relation table, FFRulesetKey *key)
{
	bool		isnull;
	TransactionId xmin = HeapTupleHeaderGetXmin(tuple->t_data);

	key->versions_oid = RelationGetRelid(table);
	key->environment_id = FFColumnUuid(tuple, table, Anum_versions_environment_id);
	key->project_id = FFColumnUuid(tuple, table, Anum_versions_project_id);
	key->version = DatumGetInt64(FFColumn(tuple, table, Anum_versions_version, &isnull));
	key->known = true;
	/*
	 * More changes may follow under a version that this transaction wrote.
	 * And what it changed on top of an older snapshot is seen beside that
	 * snapshot's version, where somebody else moved the version in between.
	 */
	key->cacheable = !TransactionIdIsCurrentTransactionId(xmin) &&
		!FFMovedHas(&key->environment_id);
	key->has_overrides = MayHave(tuple, table, Anum_versions_has_overrides, key);
	key->has_prerequisites = MayHave(tuple, table, Anum_versions_has_prerequisites, key);
	key->has_sources = MayHave(tuple, table, Anum_versions_has_sources, key);
	key->has_schedules = MayHave(tuple, table, Anum_versions_has_schedules, key);
	key->has_experiments = MayHave(tuple, table, Anum_versions_has_experiments, key);
}

/*
 * Pin the block where the row was: by the buffer that held it, which saves
 * asking how long the table is now; else by number, if there still is such a
 * block.
 */
static Buffer
PinRemembered(Relation table, RememberedRow *remembered)
{
	BlockNumber block = ItemPointerGetBlockNumber(&remembered->tid);

	if (BufferIsValid(remembered->buffer) &&
		ReadRecentBuffer(FFRelationFile(table), MAIN_FORKNUM, block, remembered->buffer))
		return remembered->buffer;
	remembered->buffer = InvalidBuffer;
	if (block < RelationGetNumberOfBlocks(table))
		remembered->buffer = ReadBuffer(table, block);
	return remembered->buffer;
}

/*
 * The row at a place of a page that is locked, if the snapshot sees it; as
 * heap_fetch does, predicate locks included.
 */
static bool
FetchVisible(Relation table, Snapshot snapshot, Buffer buffer, HeapTuple tuple)
{
	Page		page = BufferGetPage(buffer);
	OffsetNumber offset = ItemPointerGetOffsetNumber(&tuple->t_self);
	ItemId		item;
	bool		visible;

	if (offset > PageGetMaxOffsetNumber(page))
		return false;
	item = PageGetItemId(page, offset);
	if (!ItemIdIsNormal(item))
		return false;
	tuple->t_data = (HeapTupleHeader) PageGetItem(page, item);
	tuple->t_len = ItemIdGetLength(item);
	tuple->t_tableOid = RelationGetRelid(table);
	visible = HeapTupleSatisfiesVisibility(tuple, snapshot, buffer);
	if (visible)
		PredicateLockTID(table, &tuple->t_self, snapshot,
						 HeapTupleHeaderGetXmin(tuple->t_data));
	HeapCheckForSerializableConflictOut(visible, table, tuple, buffer, snapshot);
	return visible;
}

/* Look where the row was last time: cheap however many dead versions it has. */
static bool
FetchRemembered(Relation table, Snapshot snapshot, RememberedRow *remembered,
				FFString project, FFString environment, FFRulesetKey *key)
{
	HeapTupleData tuple;
	Buffer		buffer;
	bool		found;

	if (remembered->versions_oid != RelationGetRelid(table) || FFMovedAny())
		return false;
	buffer = PinRemembered(table, remembered);
	if (!BufferIsValid(buffer))
		return false;
	tuple.t_self = remembered->tid;
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	found = FetchVisible(table, snapshot, buffer, &tuple) &&
		RowNames(&tuple, table, project, environment);
	if (found)
		ReadVersionRow(&tuple, table, key);
	UnlockReleaseBuffer(buffer);
	return found;
}

/*
 * A REPEATABLE READ transaction that has moved a version after somebody else
 * did sees two rows: that of its snapshot, and its own with a higher number.
 */
static bool
FetchByIndex(Relation table, Snapshot snapshot, RememberedRow *remembered,
			 FFString project, FFString environment, FFRulesetKey *key)
{
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanText(&scan, Anum_versions_project_key, project);
	FFScanText(&scan, Anum_versions_environment_key, environment);
	FFScanBegin(&scan, table, snapshot);
	while (HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		FFRulesetKey row = {0};

		ReadVersionRow(tuple, table, &row);
		if (key->known && row.version < key->version)
			continue;
		*key = row;
		remembered->versions_oid = RelationGetRelid(table);
		remembered->tid = tuple->t_self;
		remembered->buffer = InvalidBuffer;
	}
	FFScanEnd(&scan);
	return key->known;
}

/*
 * No version row: triggers were off when the environment was written.  Find
 * it by its own row; nothing of it is kept.
 */
static bool
FindUnversioned(Snapshot snapshot, FFString project, FFString environment,
				FFRulesetKey *key)
{
	Relation	table = FFTableOpen("projects", AccessShareLock);
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanText(&scan, Anum_projects_key, project);
	FFScanBegin(&scan, table, snapshot);
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
		key->project_id = FFColumnUuid(tuple, table, Anum_projects_id);
	FFScanEnd(&scan);
	table_close(table, NoLock);
	if (!HeapTupleIsValid(tuple))
		return false;

	table = FFTableOpen("environments", AccessShareLock);
	memset(&scan, 0, sizeof(scan));
	FFScanUuid(&scan, Anum_environments_project_id, &key->project_id);
	FFScanText(&scan, Anum_environments_key, environment);
	FFScanBegin(&scan, table, snapshot);
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
		key->environment_id = FFColumnUuid(tuple, table, Anum_environments_id);
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return HeapTupleIsValid(tuple);
}

static uint32
HashKeys(FFString project, FFString environment)
{
	return hash_combine(hash_bytes((const unsigned char *) project.data, project.length),
						hash_bytes((const unsigned char *) environment.data,
								   environment.length));
}

/* The version table, until the relation cache hears that it has changed. */
static Oid	VersionsOid = InvalidOid;

static void
HearOfRelation(Datum argument, Oid relation)
{
	(void) argument;
	FFRelationChanges++;
	if (relation == VersionsOid || !OidIsValid(relation))
		VersionsOid = InvalidOid;
}

/* The one relation cache callback; there is room for ten in a backend. */
void
FFPinInit(void)
{
	CacheRegisterRelcacheCallback(HearOfRelation, (Datum) 0);
}

/* Open the version table; what is known of it is checked under its lock. */
static Relation
OpenVersions(void)
{
	Oid			known = VersionsOid;
	Relation	table;

	if (OidIsValid(known))
	{
		LockRelationOid(known, AccessShareLock);
		if (VersionsOid == known)
			return table_open(known, NoLock);
		UnlockRelationOid(known, AccessShareLock);
	}
	table = FFTableOpen("versions", AccessShareLock);
	VersionsOid = RelationGetRelid(table);
	return table;
}

/* Which rule set an environment has under the statement's snapshot. */
static void
ReadRulesetKey(FFString project, FFString environment, uint32 hash, FFRulesetKey *key)
{
	Relation	table = OpenVersions();
	Snapshot	snapshot = GetActiveSnapshot();
	RememberedRow *remembered = &Remembered[hash % REMEMBERED_ROWS];

	memset(key, 0, sizeof(*key));
	if (!FetchRemembered(table, snapshot, remembered, project, environment, key) &&
		!FetchByIndex(table, snapshot, remembered, project, environment, key))
	{
		key->known = FindUnversioned(snapshot, project, environment, key);
		key->has_overrides = key->has_prerequisites = true;
		key->has_sources = key->has_schedules = key->has_experiments = true;
	}
	table_close(table, NoLock);
}

static FFString
PinCopy(FFString string)
{
	FFString	copy = string;

	copy.data = pnstrdup(string.data, string.length);
	return copy;
}

/* Stands for every environment that does not exist; has no flag. */
static FFRuleset UnknownRuleset;

/* Pin an environment's rule set for the rest of the statement. */
static FFRuleset *
PinEnvironment(FFString project, FFString environment, uint32 hash)
{
	FFRulesetKey key;
	PinnedEnvironment *pinned;
	MemoryContext caller;

	ReadRulesetKey(project, environment, hash, &key);
	if (!key.known)
		return &UnknownRuleset;
	if (Pin.context == NULL)
		Pin.context = AllocSetContextCreate(TopMemoryContext, "featureflow pin",
											ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(Pin.context);
	pinned = palloc0(sizeof(PinnedEnvironment));
	pinned->project = PinCopy(project);
	pinned->environment = PinCopy(environment);
	MemoryContextSwitchTo(caller);
	pinned->ruleset = FFRulesetAcquire(&key);
	pinned->next = Pin.environments[hash % PIN_CHAINS];
	Pin.environments[hash % PIN_CHAINS] = pinned;
	Pin.environment_count++;
	return pinned->ruleset;
}

FFRuleset *
FFPinRuleset(FFString project, FFString environment)
{
	uint32		hash = HashKeys(project, environment);
	PinnedEnvironment *pinned;

	Assert(Pin.valid);
	for (pinned = Pin.environments[hash % PIN_CHAINS]; pinned != NULL; pinned = pinned->next)
	{
		if (FFStringEqual(pinned->project, project) &&
			FFStringEqual(pinned->environment, environment))
			return pinned->ruleset;
	}
	return PinEnvironment(project, environment, hash);
}
