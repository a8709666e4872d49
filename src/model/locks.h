/*
 * locks.h
 *	  Who may change configuration at a time.
 */
#ifndef FF_LOCKS_H
#define FF_LOCKS_H

#include "postgres.h"

#include "utils/uuid.h"

/* An administration function, about to change one project. */
extern void FFLockProject(const pg_uuid_t *project_id);

/* A statement on a configuration table, before its first row. */
extern void FFLockStatement(void);

/* A row of a project, before it changes. */
extern void FFLockRow(const pg_uuid_t *project_id);

#endif
