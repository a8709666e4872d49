/*
 * history.c
 *	  Records a new version of each flag that a statement has changed.
 *
 * Row triggers note which flags were touched; after the statement their
 * configuration is stored whole, once for each environment concerned.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "audit/history.h"
#include "base/catalog.h"
#include "base/owner.h"
#include "base/settings.h"
#include "base/trigger.h"

PG_FUNCTION_INFO_V1(ff_record_history);

typedef struct Touched
{
	pg_uuid_t	flag_id;
	pg_uuid_t	environment_id;
	bool		everywhere;
	struct Touched *next;
} Touched;

static Touched *TouchedList = NULL;
static bool Recording = false;

bool
FFHistoryIsRecording(void)
{
	return Recording;
}

void
FFHistoryEndTransaction(void)
{
	TouchedList = NULL;			/* lay in the transaction's memory */
	Recording = false;
}

void
FFHistoryTouch(const pg_uuid_t *flag_id, const pg_uuid_t *environment_id)
{
	Touched    *touched = TouchedList;

	if (touched != NULL && FFUuidEqual(&touched->flag_id, flag_id) &&
		touched->everywhere == (environment_id == NULL) &&
		(environment_id == NULL || FFUuidEqual(&touched->environment_id, environment_id)))
		return;					/* a statement of many rows of one flag */
	touched = MemoryContextAllocZero(TopTransactionContext, sizeof(Touched));
	touched->flag_id = *flag_id;
	touched->everywhere = environment_id == NULL;
	if (environment_id != NULL)
		touched->environment_id = *environment_id;
	touched->next = TouchedList;
	TouchedList = touched;
}

/* Record one flag; the SQL function tells whether anything differs. */
static void
RecordOne(const Touched *touched, Datum acting_role)
{
	Oid			types[3] = {UUIDOID, UUIDOID, TEXTOID};
	Datum		values[3];
	char		nulls[3] = {' ', touched->everywhere ? 'n' : ' ', ' '};

	values[0] = UUIDPGetDatum(&touched->flag_id);
	values[1] = UUIDPGetDatum(&touched->environment_id);
	values[2] = acting_role;
	if (SPI_execute_with_args("SELECT ff._record_version(s.flag_id, s.environment_id, $3)"
							  " FROM ff.flag_settings s"
							  " WHERE s.flag_id OPERATOR(pg_catalog.=) $1"
							  " AND ($2 IS NULL OR s.environment_id OPERATOR(pg_catalog.=) $2)",
							  3, types, values, nulls, false, 0) != SPI_OK_SELECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not record the version of a flag")));
}

static void
RecordAll(Touched *list, Datum acting_role)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not connect to SPI")));
	for (; list != NULL; list = list->next)
		RecordOne(list, acting_role);
	SPI_finish();
}

/* AFTER STATEMENT on tables that belong to a flag. */
Datum
ff_record_history(PG_FUNCTION_ARGS)
{
	Touched    *list = TouchedList;
	Datum		acting_role;
	FFOwner		owner;

	(void) FFTrigger(fcinfo, "ff._record_history", false, 0);
	if (list == NULL || Recording || FFRestoring)
		return PointerGetDatum(NULL);
	TouchedList = NULL;
	acting_role = CStringGetTextDatum(GetUserNameFromId(GetUserId(), false));
	FFOwnerBecome(&owner, "flag_versions");
	Recording = true;
	PG_TRY();
	{
		RecordAll(list, acting_role);
	}
	PG_FINALLY();
	{
		Recording = false;
		FFOwnerEnd(&owner);
	}
	PG_END_TRY();
	return PointerGetDatum(NULL);
}
