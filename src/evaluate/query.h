/*
 * query.h
 *	  Queries on the application's relations that were registered by a role.
 */
#ifndef FF_QUERY_H
#define FF_QUERY_H

#include "postgres.h"

#include "access/htup.h"
#include "access/tupdesc.h"
#include "executor/spi.h"

#include "engine/value.h"

/* A query with the key of a subject as $1; planned when first run. */
typedef struct FFQuery
{
	const char *kind;			/* "segment" or "context source" */
	char	   *name;			/* of that segment or source */
	char	   *sql;
	char	   *role;			/* with whose rights it is run */
	Oid			type;			/* of $1 */
	SPIPlanPtr	plan;
	bool		checked;		/* the plan, as it has been analyzed last */
} FFQuery;

/* Looks at the first row while it is there. */
typedef void (*FFQueryReader) (HeapTuple row, TupleDesc columns, void *argument);

/* A role by name; an error that names what it stands for where it is gone. */
extern Oid	FFQueryRole(const char *kind, const char *name, const char *role);

/* False where there is no row. */
extern bool FFQueryRun(FFQuery *query, FFString key, FFQueryReader read, void *argument);

/* Whether the first column of the first row is there, and true if boolean. */
extern bool FFQueryContains(FFQuery *query, FFString user_key);

extern void FFQueryFree(FFQuery *query);

#endif
