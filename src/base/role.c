/*
 * role.c
 *	  Reading the application's own relations with the rights of the role that
 *	  registered them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"

#include "base/role.h"

int			FFRoleDepth = 0;

static void
SetLocally(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * transaction_read_only is set as the variable that it is: since 16 nothing
 * that ends before the transaction may set it by its name.
 */
void
FFRoleBecome(FFRole *role, Oid id)
{
	GetUserIdAndSecContext(&role->caller, &role->context);
	role->settings = NewGUCNestLevel();
	SetUserIdAndSecContext(id, role->context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
	SetLocally("search_path", "pg_catalog, pg_temp");
	SetLocally("row_security", "on");
	role->readOnly = XactReadOnly;
	XactReadOnly = true;
	FFRoleDepth++;				/* last: what fails before is not undone by FFRoleEnd */
}

void
FFRoleEnd(const FFRole *role)
{
	FFRoleDepth--;
	AtEOXact_GUC(false, role->settings);
	XactReadOnly = role->readOnly;
	SetUserIdAndSecContext(role->caller, role->context);
}

Oid
FFRoleReader(Oid role, Oid owner)
{
	return has_privs_of_role(role, owner) ? owner : role;
}
