/*
 * role.h
 *	  Reading the application's own relations with the rights of the role that
 *	  registered them.
 */
#ifndef FF_ROLE_H
#define FF_ROLE_H

#include "postgres.h"

/* How many reads of the application's relations are under way, one in another. */
extern int	FFRoleDepth;

typedef struct FFRole
{
	Oid			caller;
	int			context;
	int			settings;
	bool		readOnly;
} FFRole;

/*
 * Become a role that can read and no more: a restricted operation, read-only,
 * with row-level security and a search path of our own.  FFRoleEnd must be
 * called, also after an error.
 */
extern void FFRoleBecome(FFRole *role, Oid id);
extern void FFRoleEnd(const FFRole *role);

/*
 * Whose rights a view's functions and the like have: the owner's, who put them
 * there, if the role could act as the owner anyway.  So who owns a relation that
 * a superuser has registered cannot become one by making a view of it.
 */
extern Oid	FFRoleReader(Oid role, Oid owner);

#endif
