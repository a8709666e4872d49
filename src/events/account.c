/*
 * account.c
 *	  How many exposures of this database have been accounted for, and lost.
 *
 * The worker writes in the transaction of a batch, to a row of
 * ff.exposure_accounts, how far it has come: a commit that a crash undoes, with
 * synchronous_commit off, takes that along.  The ring starts empty; so what the
 * ledger had accepted before this run, beyond what is accounted for, was lost.
 * The first batch of a run writes that down, and until then it is found by who asks.
 *
 * A row says less than the ledger, or as much.  Where it says more, the disk forgot
 * what the ledger knew, or another database needed its page: then the ledger is
 * raised.  The row is written as a system catalog's would be, past privileges and
 * triggers.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "events/account.h"
#include "events/ring.h"
#include "model/tables.h"

typedef struct Account
{
	HeapTuple	tuple;			/* NULL: there is no row yet */
	int64		run;			/* of the page, when it was written */
	uint64		accounted;
	uint64		lost;			/* of these */
} Account;

FFLedgerKey
FFAccountKey(void)
{
	FFLedgerKey key = {MyDatabaseId, FFTableOid("exposure_accounts")};

	return key;
}

static int64
Number(HeapTuple tuple, Relation table, AttrNumber column)
{
	bool		isnull;
	Datum		value = FFColumn(tuple, table, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

static bool
IsOfThisDatabase(HeapTuple tuple, Relation table)
{
	bool		isnull;

	return DatumGetObjectId(FFColumn(tuple, table, Anum_exposure_accounts_database, &isnull)) == MyDatabaseId;
}

/*
 * The row of this database, as the active snapshot sees it.  A database that was
 * its template has left one of its own.
 */
static Account
ReadRow(Relation table)
{
	pg_uuid_t	name = FFLedgerName();
	Account		account = {0};
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_exposure_accounts_ledger, &name);
	FFScanBegin(&scan, table, GetActiveSnapshot());
	while (account.tuple == NULL && HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		if (!IsOfThisDatabase(tuple, table))
			continue;
		account.tuple = heap_copytuple(tuple);
		account.run = Number(tuple, table, Anum_exposure_accounts_run);
		account.accounted = Number(tuple, table, Anum_exposure_accounts_accounted);
		account.lost = Number(tuple, table, Anum_exposure_accounts_lost);
	}
	FFScanEnd(&scan);
	return account;
}

/* The row with what was lost before this run. */
static Account
Read(Relation table, const FFLedgerPage *page)
{
	Account		account = ReadRow(table);

	if ((account.tuple == NULL || account.run != page->run) && page->before > account.accounted)
	{
		account.lost += page->before - account.accounted;
		account.accounted = page->before;
	}
	return account;
}

static void
Write(Relation table, const Account *account)
{
	int			columns = RelationGetDescr(table)->natts;
	Datum	   *values = palloc0(columns * sizeof(Datum));
	bool	   *nulls = palloc(columns * sizeof(bool));
	pg_uuid_t	name = FFLedgerName();
	HeapTuple	tuple;

	memset(nulls, true, columns * sizeof(bool));
	memset(nulls, false, Natts_exposure_accounts * sizeof(bool));
	values[Anum_exposure_accounts_ledger - 1] = UUIDPGetDatum(&name);
	values[Anum_exposure_accounts_database - 1] = ObjectIdGetDatum(MyDatabaseId);
	values[Anum_exposure_accounts_run - 1] = Int64GetDatum(account->run);
	values[Anum_exposure_accounts_accounted - 1] = Int64GetDatum(account->accounted);
	values[Anum_exposure_accounts_lost - 1] = Int64GetDatum(account->lost);
	tuple = heap_form_tuple(RelationGetDescr(table), values, nulls);
	if (account->tuple == NULL)
		CatalogTupleInsert(table, tuple);
	else
		CatalogTupleUpdate(table, &account->tuple->t_self, tuple);
}

void
FFAccountAdvance(FFLedgerKey key, uint64 number)
{
	Relation	table;
	FFLedgerPage page;
	Account		account;

	if (!FFRingLedger(key, &page))
		return;
	table = FFTableOpen("exposure_accounts", RowExclusiveLock);
	account = Read(table, &page);
	if (account.run != page.run && account.accounted > page.before)
	{
		FFRingRaise(key, account.accounted);
		page.before = account.accounted;
	}
	account.run = page.run;
	account.accounted = Max(account.accounted, page.before + number);
	Write(table, &account);
	table_close(table, NoLock);
}

uint64
FFAccountLost(FFLedgerKey key, TimestampTz *since)
{
	FFLedgerPage page;
	Relation	table;
	uint64		lost;

	if (!OidIsValid(key.table) || !FFRingLedger(key, &page))
		return 0;
	*since = page.since;
	table = FFTableOpen("exposure_accounts", AccessShareLock);
	lost = Read(table, &page).lost;
	table_close(table, AccessShareLock);
	return lost;
}
