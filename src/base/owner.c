/*
 * owner.c
 *	  Running the extension's own SQL with the rights of its owner.
 *
 * Only statements written in this extension, on tables of this extension, run
 * so; never anything that a user wrote.
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "base/catalog.h"
#include "base/owner.h"

void
FFOwnerBecome(FFOwner *owner, const char *table)
{
	Relation	relation = FFTableOpen(table, AccessShareLock);
	Oid			role = RelationGetForm(relation)->relowner;

	table_close(relation, NoLock);
	GetUserIdAndSecContext(&owner->caller, &owner->context);
	owner->settings = NewGUCNestLevel();
	SetUserIdAndSecContext(role, owner->context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

void
FFOwnerEnd(const FFOwner *owner)
{
	AtEOXact_GUC(false, owner->settings);
	SetUserIdAndSecContext(owner->caller, owner->context);
}
