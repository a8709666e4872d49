/*
 * checks.c
 *	  Refuses documents that the engine cannot compile, and references that
 *	  would dangle or close a cycle.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "base/catalog.h"
#include "base/compat.h"
#include "base/owner.h"
#include "base/settings.h"
#include "base/trigger.h"
#include "engine/engine.h"
#include "engine/value_pg.h"
#include "evaluate/moves.h"
#include "evaluate/pin.h"
#include "model/checks.h"

PG_FUNCTION_INFO_V1(ff_check_flag_settings);
PG_FUNCTION_INFO_V1(ff_condition_segments);
PG_FUNCTION_INFO_V1(ff_check_now);
PG_FUNCTION_INFO_V1(ff_check_deferred);

/* The check that passed last; see HasPassed. */
static struct
{
	LocalTransactionId lxid;
	uint64		edits;
	char		kind[16];
	pg_uuid_t	id;
}			PassedCheck;

/* The engine's verdict as an error. */
void
FFRefuseDocument(const FFError *error)
{
	int			code = ERRCODE_INVALID_PARAMETER_VALUE;

	if (error->code == FF_ERROR_REFERENCE)
		code = ERRCODE_UNDEFINED_OBJECT;
	else if (error->code == FF_ERROR_REGEX)
		code = ERRCODE_INVALID_REGULAR_EXPRESSION;
	else if (error->code == FF_ERROR_LIMIT)
		code = ERRCODE_PROGRAM_LIMIT_EXCEEDED;
	ereport(ERROR,
			(errcode(code),
			 errmsg("%s", error->message),
			 errdetail("At %s.", error->path)));
}

static FFValue
ArgValue(FunctionCallInfo fcinfo, int index)
{
	FFValue		absent = {0};

	return PG_ARGISNULL(index) ? absent : FFValueFromJsonb(PG_GETARG_JSONB_P(index));
}

/*
 * ff._check_flag_settings(variations, kind, targets, rules, default_serve,
 * off_variation, dialect)
 */
Datum
ff_check_flag_settings(PG_FUNCTION_ARGS)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "featureflow check",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	FFString	kind = PG_ARGISNULL(1) ? (FFString) {NULL, 0} : FFStringOfText(PG_GETARG_TEXT_PP(1));
	FFFlagSource source = {0};
	FFError		error = {0};

	source.is_boolean = kind.length == 7 && memcmp(kind.data, "boolean", 7) == 0;
	source.variations = ArgValue(fcinfo, 0);
	source.targets = ArgValue(fcinfo, 2);
	source.rules = ArgValue(fcinfo, 3);
	source.default_serve = ArgValue(fcinfo, 4);
	if (!PG_ARGISNULL(5))
		source.off_variation = FFStringOfText(PG_GETARG_TEXT_PP(5));
	if (!PG_ARGISNULL(6))
		source.dialect = FFStringOfText(PG_GETARG_TEXT_PP(6));
	if (source.dialect.data != NULL && FFStringEqual(source.dialect, (FFString) {"native", 6}))
		source.dialect.data = NULL;
	source.salt.data = "";
	if (FFProgramCompile(&source, &error) == NULL)
		FFRefuseDocument(&error);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	PG_RETURN_VOID();
}

/* ff._condition_segments(condition): the segments that it names. */
Datum
ff_condition_segments(PG_FUNCTION_ARGS)
{
	FFValue		document = ArgValue(fcinfo, 0);
	FFError		error = {0};
	FFCondition *condition = FFConditionCompile(&document, &error);
	const FFSegmentKeys *keys;
	Datum	   *names;

	if (condition == NULL)
		FFRefuseDocument(&error);
	keys = FFConditionSegments(condition);
	names = palloc(Max(keys->count, 1) * sizeof(Datum));
	for (int i = 0; i < keys->count; i++)
		names[i] = PointerGetDatum(FFStringToText(keys->keys[i]));
	PG_RETURN_ARRAYTYPE_P(construct_array(names, keys->count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The SQL function that checks a kind of thing. */
static const char *
CheckCommand(const char *kind)
{
	if (strcmp(kind, "flag") == 0)
		return "SELECT ff._check_flag($1)";
	if (strcmp(kind, "segments") == 0)
		return "SELECT ff._check_segments($1)";
	if (strcmp(kind, "prerequisites") == 0)
		return "SELECT ff._check_prerequisites($1)";
	if (strcmp(kind, "experiment") == 0)
		return "SELECT ff._check_experiment($1)";
	if (strcmp(kind, "keep_flag") == 0)
		return "SELECT ff._keep_flag($1)";
	if (strcmp(kind, "keep_environment") == 0)
		return "SELECT ff._keep_environment($1)";
	if (strcmp(kind, "keep_experiment") == 0)
		return "SELECT ff._keep_experiment($1)";
	if (strcmp(kind, "keep_metric") == 0)
		return "SELECT ff._keep_metric($1)";
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown kind of check \"%s\"", kind)));
}

/*
 * Run a check under the newest snapshot, as foreign keys do: a REPEATABLE
 * READ transaction would else miss what another writer has committed since.
 */
static void
RunCheck(const char *kind, const pg_uuid_t *id)
{
	Oid			types[1] = {UUIDOID};
	Datum		values[1] = {UUIDPGetDatum(id)};
	SPIPlanPtr	plan;
	Snapshot	snapshot;

	CommandCounterIncrement();
	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not connect to SPI")));
	plan = SPI_prepare(CheckCommand(kind), 1, types);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	if (plan == NULL ||
		SPI_execute_snapshot(plan, values, NULL, snapshot, InvalidSnapshot,
							 true, false, 0) != SPI_OK_SELECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not run the check of a %s", kind)));
	UnregisterSnapshot(snapshot);
	SPI_finish();
}

static void
RunCheckAsOwner(const char *kind, const pg_uuid_t *id)
{
	FFOwner		owner;

	FFOwnerBecome(&owner, "flags");
	PG_TRY();
	{
		RunCheck(kind, id);
	}
	PG_FINALLY();
	{
		FFOwnerEnd(&owner);
	}
	PG_END_TRY();
}

/* ff._check_now(kind, id): for administration functions. */
Datum
ff_check_now(PG_FUNCTION_ARGS)
{
	RunCheckAsOwner(text_to_cstring(PG_GETARG_TEXT_PP(0)), PG_GETARG_UUID_P(1));
	PG_RETURN_VOID();
}

static bool
ColumnUuid(Relation table, HeapTuple tuple, const char *name, pg_uuid_t *id)
{
	int			column = SPI_fnumber(RelationGetDescr(table), name);

	if (column <= 0)
		return false;
	*id = FFColumnUuid(tuple, table, column);
	return true;
}

/* The flag, experiment or project that a changed row belongs to. */
static bool
CheckedId(const char *kind, Relation table, HeapTuple tuple, pg_uuid_t *id)
{
	pg_uuid_t	flag_id;

	if (strcmp(kind, "flag") == 0)
		return ColumnUuid(table, tuple, "flag_id", id) || ColumnUuid(table, tuple, "id", id);
	if (strcmp(kind, "experiment") == 0)
		return ColumnUuid(table, tuple, "experiment_id", id) || ColumnUuid(table, tuple, "id", id);
	if (ColumnUuid(table, tuple, "project_id", id))
		return true;
	return ColumnUuid(table, tuple, "flag_id", &flag_id) && FFProjectOfFlag(&flag_id, id);
}

/*
 * Whether the same check has passed and nothing was edited since: many rows of
 * one project queue the same one, and other writers are locked out.
 */
static bool
HasPassed(const char *kind, const pg_uuid_t *id)
{
	return PassedCheck.lxid == FFLocalXid() && PassedCheck.edits == FFEditCounter &&
		strcmp(PassedCheck.kind, kind) == 0 && FFUuidEqual(&PassedCheck.id, id);
}

static void
RememberPassed(const char *kind, const pg_uuid_t *id)
{
	PassedCheck.lxid = FFLocalXid();
	PassedCheck.edits = FFEditCounter;
	strlcpy(PassedCheck.kind, kind, sizeof(PassedCheck.kind));
	PassedCheck.id = *id;
}

/* A deferred constraint trigger; the argument is the kind of check. */
Datum
ff_check_deferred(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._check_deferred", true, 1);
	const char *kind = data->tg_trigger->tgargs[0];
	HeapTuple	tuple;
	pg_uuid_t	id;

	if (FFRestoring)
		return PointerGetDatum(NULL);
	tuple = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
	if (CheckedId(kind, data->tg_relation, tuple, &id) && !HasPassed(kind, &id))
	{
		RunCheckAsOwner(kind, &id);
		RememberPassed(kind, &id);
	}
	return PointerGetDatum(NULL);
}
