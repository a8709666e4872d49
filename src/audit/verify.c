/*
 * verify.c
 *	  Whether the chain of a project is whole, and where it breaks first.
 *
 * Reads by SQL with the caller's rights, in the order of numbers, and stops
 * at the first problem.  What was erased or retired must be told of by an
 * entry that comes later.
 *
 * What is read is the newest state: a REPEATABLE READ transaction that has
 * written would miss the entries between its snapshot and its own.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "audit/chain.h"
#include "base/compat.h"
#include "engine/value_pg.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_verify_chain);

/* Columns in the order of tables.h. */
#define ENTRIES \
	"SELECT id, project_id, number, at, transaction_id, table_name, action, record_id, flag_id," \
	" environment_id, session_role, acting_role, account, token, client_address, application," \
	" headers, reason, old, new, salts, digests, hash, version FROM ff.audit_log" \
	" WHERE project_id OPERATOR(pg_catalog.=) $1 ORDER BY number"

/* A number and hash that the chain has to have. */
typedef struct Mark
{
	int64		number;			/* 0: none */
	uint8		hash[FF_HASH_SIZE];
	bool		seen;
} Mark;

typedef struct Chain
{
	Datum		id;
	pg_cryptohash_ctx *context;
	Mark		last;			/* the entry before */
	Mark		checkpoint;
	Mark		anchor;
	HTAB	   *erased;			/* parts that no entry has told of yet */
	int64		number;			/* of the problem */
	const char *problem;		/* NULL: none so far */
	char	   *detail;
} Chain;

/* Says what is wrong, and that it is: false, to be returned. */
static bool
Problem(Chain *chain, int64 number, const char *problem, char *detail)
{
	chain->number = number;
	chain->problem = problem;
	chain->detail = detail;
	return false;
}

static int64
Number(const FFEntry *entry)
{
	return DatumGetInt64(entry->values[Anum_audit_log_number - 1]);
}

static bool
TextIs(const FFEntry *entry, AttrNumber column, const char *value)
{
	text	   *stored = DatumGetTextPP(entry->values[column - 1]);

	return VARSIZE_ANY_EXHDR(stored) == strlen(value) &&
		memcmp(VARDATA_ANY(stored), value, strlen(value)) == 0;
}

/*
 * Each entry of a chain, in order, until a visitor returns false: along the
 * index (a fast plan), for a log is too long to be sorted.
 */
static void
Visit(Chain *chain, bool (*visit) (Chain *, const FFEntry *, void *), void *argument)
{
	Oid			types[1] = {UUIDOID};
	MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "featureflow entry",
												  64 * 1024, 64 * 1024, ALLOCSET_DEFAULT_MAXSIZE);
	MemoryContext outer = CurrentMemoryContext;
	Portal		portal = SPI_cursor_open_with_args(NULL, ENTRIES, 1, types, &chain->id, NULL,
												   true, CURSOR_OPT_FAST_PLAN);
	bool		more = true;

	while (more)
	{
		SPI_cursor_fetch(portal, true, 100);
		more = SPI_processed > 0;
		for (uint64 i = 0; more && i < SPI_processed; i++)
		{
			FFEntry		entry;

			CHECK_FOR_INTERRUPTS();
			heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, entry.values,
							  entry.nulls);
			MemoryContextSwitchTo(per_row);
			more = visit(chain, &entry, argument);
			MemoryContextSwitchTo(outer);
			MemoryContextReset(per_row);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	MemoryContextDelete(per_row);
}

/* What is looked for when an entry does not follow the one before. */
typedef struct Search
{
	FFEntry		entry;			/* the one that does not */
	int64		twins;			/* entries of its number */
	int64		newest;			/* the highest number of all */
	int64		place;			/* the number that it was given; 0: unknown */
} Search;

static bool
SameHash(Chain *chain, const FFEntry *entry, const uint8 *previous, const uint8 *expected)
{
	uint8		hash[FF_HASH_SIZE];

	return expected != NULL && previous != NULL &&
		FFChainHash(chain->context, entry, previous, hash) &&
		memcmp(hash, expected, FF_HASH_SIZE) == 0;
}

/*
 * The entry had its place before the one whose hash follows its own; or after
 * all others, under the highest number.
 */
static bool
LookForPlace(Chain *chain, const FFEntry *other, void *argument)
{
	Search	   *search = argument;
	FFEntry		moved = search->entry;
	const uint8 *hash = FFEntryBytes(&search->entry, Anum_audit_log_hash, FF_HASH_SIZE);
	const uint8 *other_hash = FFEntryBytes(other, Anum_audit_log_hash, FF_HASH_SIZE);

	if (SameHash(chain, other, hash, other_hash))
		search->place = Number(other) - 1;
	moved.values[Anum_audit_log_number - 1] = Int64GetDatum(search->newest);
	if (SameHash(chain, &moved, other_hash, hash))
		search->place = search->newest;
	return search->place == 0;
}

static bool
CountTwins(Chain *chain, const FFEntry *other, void *argument)
{
	Search	   *search = argument;

	(void) chain;
	if (Number(other) == Number(&search->entry))
		search->twins++;
	search->newest = Max(search->newest, Number(other));
	return true;
}

/* The same number stands on two entries, whichever of them is read first. */
static bool
Doubled(Chain *chain, int64 number)
{
	return Problem(chain, number, "duplicate",
				   psprintf("there are several entries of number " INT64_FORMAT, number));
}

/* A part that is altered, or belongs to another entry of the same number. */
static bool
AlteredAt(Chain *chain, const FFEntry *entry, FFPart part)
{
	Search		search = {.entry = *entry};

	Visit(chain, CountTwins, &search);
	if (search.twins > 1)
		return Doubled(chain, Number(entry));
	return Problem(chain, Number(entry), "altered",
				   psprintf("the part \"%s\" of entry " INT64_FORMAT " is not as it was recorded",
							FFPartNames[part], Number(entry)));
}

/* An entry whose hash does not follow: there twice, moved, or altered. */
static bool
BrokenAt(Chain *chain, const FFEntry *entry)
{
	Search		search = {.entry = *entry};
	int64		number = Number(entry);

	Visit(chain, CountTwins, &search);
	if (search.twins > 1)
		return Problem(chain, number, "duplicate",
					   psprintf("there are " INT64_FORMAT " entries of number " INT64_FORMAT,
								search.twins, number));
	Visit(chain, LookForPlace, &search);
	if (search.place != 0 && search.place != number)
		return Problem(chain, number, "reordered",
					   psprintf("the entry at " INT64_FORMAT " was recorded as number " INT64_FORMAT,
								number, search.place));
	return Problem(chain, number, "altered",
				   psprintf("entry " INT64_FORMAT " itself is not as it was recorded", number));
}

/* Whether the number is the next one. */
static bool
CheckOrder(Chain *chain, int64 number)
{
	int64		next = chain->last.number + 1;

	if (number == next)
		return true;
	if (number == chain->last.number && chain->last.seen)
		return Doubled(chain, number);
	if (number < next)
		return Problem(chain, number, "reordered",
					   psprintf("entry " INT64_FORMAT " is older than the checkpoint at " INT64_FORMAT,
								number, chain->checkpoint.number));
	if (next == 1)
		return Problem(chain, next, "no checkpoint",
					   psprintf("the chain begins at " INT64_FORMAT ", and no checkpoint stands for what was before",
								number));
	return Problem(chain, next, "missing",
				   number == next + 1 ? psprintf("entry " INT64_FORMAT " is missing", next) :
				   psprintf("entries " INT64_FORMAT " to " INT64_FORMAT " are missing", next, number - 1));
}

static int64
ErasedKey(int64 number, int part)
{
	return number * FF_PARTS + part;
}

/* Whether each part is what it was, or was erased. */
static bool
CheckParts(Chain *chain, const FFEntry *entry)
{
	for (FFPart part = 0; part < FF_PARTS; part++)
	{
		int64		key = ErasedKey(Number(entry), part);

		switch (FFChainPart(chain->context, entry, part))
		{
			case FF_PART_WHOLE:
				break;
			case FF_PART_ERASED:
				(void) hash_search(chain->erased, &key, HASH_ENTER, NULL);
				break;
			case FF_PART_ALTERED:
				return AlteredAt(chain, entry, part);
		}
	}
	return true;
}

/* An entry of ff_audit_erase tells which parts of which entries it took. */
static void
HeedErasure(Chain *chain, const FFValue *told)
{
	for (FFPart part = 0; part < FF_PARTS; part++)
	{
		FFValue		numbers = FFMember(told, FFPartNames[part], (int) strlen(FFPartNames[part]));
		FFWalk		walk;
		FFString	name;
		FFValue		element;

		if (numbers.type != FF_ARRAY)
			continue;
		FFWalkStart(&walk, &numbers);
		while (FFWalkNext(&walk, &name, &element))
		{
			int64		number;
			int64		key;

			if (element.type != FF_NUMBER || !FFNumberScaled(&element, 0, &number))
				continue;
			key = ErasedKey(number, part);
			(void) hash_search(chain->erased, &key, HASH_REMOVE, NULL);
		}
	}
}

/* An entry of ff_audit_retain tells where the chain goes on from. */
static void
HeedCheckpoint(Chain *chain, const FFValue *told)
{
	FFValue		number = FFMember(told, "number", 6);
	FFValue		hash = FFMember(told, "hash", 4);
	char		hex[2 * FF_HASH_SIZE];
	int64		value;

	if (number.type != FF_NUMBER || !FFNumberScaled(&number, 0, &value) ||
		value != chain->checkpoint.number || hash.type != FF_STRING)
		return;
	(void) hex_encode((const char *) chain->checkpoint.hash, FF_HASH_SIZE, hex);
	if (hash.length == (int) sizeof(hex) && memcmp(hash.data, hex, sizeof(hex)) == 0)
		chain->checkpoint.seen = true;
}

static void
HeedStatement(Chain *chain, const FFEntry *entry)
{
	bool		erase = TextIs(entry, Anum_audit_log_action, "erase");
	bool		retain = TextIs(entry, Anum_audit_log_action, "retain");
	FFValue		told;

	if ((!erase && !retain) || entry->nulls[Anum_audit_log_new - 1])
		return;
	told = FFValueFromJsonb(DatumGetJsonbP(entry->values[Anum_audit_log_new - 1]));
	if (told.type != FF_OBJECT)
		return;
	if (erase && TextIs(entry, Anum_audit_log_table_name, "audit_log"))
		HeedErasure(chain, &told);
	if (retain && TextIs(entry, Anum_audit_log_table_name, "audit_checkpoints"))
		HeedCheckpoint(chain, &told);
}

/* The anchor, once the chain has come to its number. */
static bool
CheckAnchor(Chain *chain)
{
	if (chain->anchor.number == 0 || chain->anchor.number != chain->last.number)
		return true;
	chain->anchor.seen = true;
	if (memcmp(chain->anchor.hash, chain->last.hash, FF_HASH_SIZE) == 0)
		return true;
	return Problem(chain, chain->anchor.number, "rewritten",
				   psprintf("entry " INT64_FORMAT " has another hash than the anchor: the chain was written anew",
							chain->anchor.number));
}

static bool
CheckEntry(Chain *chain, const FFEntry *entry, void *argument)
{
	MemoryContext caller = argument;
	const uint8 *hash = FFEntryBytes(entry, Anum_audit_log_hash, FF_HASH_SIZE);
	bool		good = CheckOrder(chain, Number(entry)) && CheckParts(chain, entry);

	if (good && !SameHash(chain, entry, chain->last.hash, hash))
		good = BrokenAt(chain, entry);
	if (good)
	{
		HeedStatement(chain, entry);
		chain->last.number = Number(entry);
		chain->last.seen = true;
		memcpy(chain->last.hash, hash, FF_HASH_SIZE);
		good = CheckAnchor(chain);
	}
	if (!good)
		chain->detail = MemoryContextStrdup(caller, chain->detail);
	return good;
}

/* What only shows at the end of the chain. */
static void
CheckEnd(Chain *chain)
{
	HASH_SEQ_STATUS all;
	int64	   *key;
	int64		first = PG_INT64_MAX;

	hash_seq_init(&all, chain->erased);
	while ((key = hash_seq_search(&all)) != NULL)
		first = Min(first, *key);
	if (first != PG_INT64_MAX)
		(void) Problem(chain, first / FF_PARTS, "altered",
					   psprintf("the part \"%s\" of entry " INT64_FORMAT " was taken out, and no entry tells of it",
								FFPartNames[first % FF_PARTS], first / FF_PARTS));
	else if (chain->checkpoint.number != 0 && !chain->checkpoint.seen)
		(void) Problem(chain, chain->checkpoint.number, "no checkpoint",
					   psprintf("no entry tells of the checkpoint at " INT64_FORMAT, chain->checkpoint.number));
	else if (chain->anchor.number > chain->last.number)
		(void) Problem(chain, chain->last.number + 1, "missing",
					   psprintf("the chain ends at " INT64_FORMAT ", before the anchor at " INT64_FORMAT,
								chain->last.number, chain->anchor.number));
	else if (chain->anchor.number != 0 && !chain->anchor.seen)
		(void) Problem(chain, chain->anchor.number, "retired",
					   psprintf("entry " INT64_FORMAT " was retired: the chain goes on from the checkpoint at " INT64_FORMAT,
								chain->anchor.number, chain->checkpoint.number));
}

/* A checkpoint, as SPI has just found it; none where it found nothing. */
static void
TakeCheckpoint(Mark *mark)
{
	bool		isnull;
	bytea	   *hash;

	if (SPI_processed == 0)
		return;
	mark->number = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	hash = DatumGetByteaPP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	if (VARSIZE_ANY_EXHDR(hash) == FF_HASH_SIZE)
		memcpy(mark->hash, VARDATA_ANY(hash), FF_HASH_SIZE);
}

/* The chain goes on from its newest checkpoint; an anchor may be an older one. */
static void
Begin(Chain *chain)
{
	Oid			types[2] = {UUIDOID, INT8OID};
	Datum		values[2] = {chain->id, Int64GetDatum(chain->anchor.number)};
	Mark		old = {0};

	SPI_execute_with_args("SELECT number, hash FROM ff.audit_checkpoints"
						  " WHERE project_id OPERATOR(pg_catalog.=) $1 ORDER BY number DESC LIMIT 1",
						  1, types, values, NULL, true, 1);
	TakeCheckpoint(&chain->checkpoint);
	SPI_execute_with_args("SELECT number, hash FROM ff.audit_checkpoints"
						  " WHERE project_id OPERATOR(pg_catalog.=) $1 AND number OPERATOR(pg_catalog.=) $2",
						  2, types, values, NULL, true, 1);
	TakeCheckpoint(&old);
	chain->last = old;
	(void) CheckAnchor(chain);
	chain->last = chain->checkpoint;
	chain->last.seen = false;
}

static void
Verify(Chain *chain)
{
	HASHCTL		control = {.keysize = sizeof(int64), .entrysize = sizeof(int64),
	.hcxt = CurrentMemoryContext};

	chain->erased = hash_create("featureflow erased parts", 64, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	chain->context = FFHashBegin();
	Begin(chain);
	if (chain->problem == NULL)
		Visit(chain, CheckEntry, CurrentMemoryContext);
	if (chain->problem == NULL)
		CheckEnd(chain);
	FFHashEnd(chain->context);
}

/* The arguments: which chain, and perhaps an anchor. */
static void
ReadArguments(Chain *chain, FunctionCallInfo fcinfo)
{
	bytea	   *hash = PG_ARGISNULL(2) ? NULL : PG_GETARG_BYTEA_PP(2);

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) != PG_ARGISNULL(2) ||
		(hash != NULL && VARSIZE_ANY_EXHDR(hash) != FF_HASH_SIZE))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a chain, and of an anchor number and hash, are required")));
	chain->id = PG_GETARG_DATUM(0);
	if (hash == NULL)
		return;
	chain->anchor.number = PG_GETARG_INT64(1);
	memcpy(chain->anchor.hash, VARDATA_ANY(hash), FF_HASH_SIZE);
}

/* ff._verify_chain(chain uuid, anchor bigint, anchor_hash bytea): nulls where it is whole. */
Datum
ff_verify_chain(PG_FUNCTION_ARGS)
{
	Chain		chain = {0};
	MemoryContext caller = CurrentMemoryContext;
	TupleDesc	columns;
	Datum		values[3] = {0};
	bool		nulls[3] = {true, true, true};

	ReadArguments(&chain, fcinfo);
	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE ||
		SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not begin to verify the audit log")));
	PushActiveSnapshot(GetLatestSnapshot());
	Verify(&chain);
	PopActiveSnapshot();
	if (chain.problem != NULL)
	{
		MemoryContext inner = MemoryContextSwitchTo(caller);

		values[0] = Int64GetDatum(chain.number);
		values[1] = CStringGetTextDatum(chain.problem);
		values[2] = CStringGetTextDatum(chain.detail);
		memset(nulls, false, sizeof(nulls));
		MemoryContextSwitchTo(inner);
	}
	SPI_finish();
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
}
