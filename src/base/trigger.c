/*
 * trigger.c
 *	  What every trigger function of ours checks first.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "base/settings.h"
#include "base/trigger.h"

static bool
IsOurTable(Relation table)
{
	char	   *schema = get_namespace_name(RelationGetNamespace(table));

	return schema != NULL && strcmp(schema, "ff") == 0;
}

TriggerData *
FFTrigger(FunctionCallInfo fcinfo, const char *name, bool for_row, int arguments)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be called as a trigger", name)));
	if (!IsOurTable(data->tg_relation) ||
		(bool) TRIGGER_FIRED_FOR_ROW(data->tg_event) != for_row ||
		data->tg_trigger->tgnargs < arguments)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" serves the triggers of schema \"ff\" alone", name)));
	FFChangeSettingsInit();
	return data;
}

/*
 * Whether the role that the session has chosen is a superuser, and the one that
 * runs this too.  superuser() alone would tell of the owner, as whom rows are
 * deleted by cascade; the session alone, of whoever analyzes an index whose code
 * is another's.
 */
static bool
IsSuperuserSession(void)
{
	const char *value = GetConfigOption("is_superuser", true, false);

	return value != NULL && strcmp(value, "on") == 0 && superuser();
}

/* ff._loading() tells what two settings mean that anybody can turn off. */
bool
FFIsRestoring(void)
{
	return FFRestoring || (!check_function_bodies && !row_security && IsSuperuserSession());
}

bool
FFIsLoading(void)
{
	return FFIsRestoring() || SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA;
}
