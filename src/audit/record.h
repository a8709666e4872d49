/*
 * record.h
 *	  Appending to the audit log.
 */
#ifndef FF_RECORD_H
#define FF_RECORD_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/uuid.h"

/* What an entry tells besides who, when, where and why. */
typedef struct FFAuditChange
{
	pg_uuid_t	project_id;		/* whose chain; zero: the installation's */
	const char *table_name;
	const char *action;
	const char *record_id;		/* NULL: none, as with all that follows */
	const pg_uuid_t *flag_id;
	const pg_uuid_t *environment_id;
	Jsonb	   *old;
	Jsonb	   *new;
} FFAuditChange;

/*
 * Append an entry to a project's chain, under the writers' lock, which is
 * taken where it is not held.  Nothing is written while restoring.
 */
extern void FFAuditAppend(const FFAuditChange *change);

/* A row of a configuration table as jsonb, whatever the session's settings. */
extern Jsonb *FFRowToJsonb(Relation table, HeapTuple tuple);

#endif
