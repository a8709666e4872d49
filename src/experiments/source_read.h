/*
 * source_read.h
 *	  Reading relations of the application for an analysis.
 */
#ifndef FF_SOURCE_READ_H
#define FF_SOURCE_READ_H

#include "postgres.h"

#include "access/htup.h"
#include "access/tupdesc.h"
#include "utils/relcache.h"

/* A relation that a role has registered. */
typedef struct FFSource
{
	const char *kind;			/* in errors, before the key */
	char	   *key;
	char	   *relation;		/* schema.name, quoted where SQL asks for it */
	char	   *role;
	const char *unit;			/* of the row at hand, for errors */
} FFSource;

/* Takes a row, whose memory goes with a batch. */
typedef void (*FFSourcePut) (HeapTuple row, TupleDesc columns, void *argument);

/* A column of the row that registers a source as text; NULL where it has none. */
extern char *FFSourceColumn(HeapTuple tuple, Relation table, AttrNumber column);

/* The relation as SQL names it; what a user wrote is a name there, and nothing else. */
extern char *FFSourceRelation(const FFSource *source);

/*
 * The type that a column of the relation has, below its domains: an error that names
 * column and source where there is none; InvalidOid where the relation itself is gone,
 * as the query says.  what: the column's part, in errors.
 */
extern Oid	FFSourceType(const FFSource *source, const char *what, const char *column);

/*
 * Run a query with a filter and units, jsonb $1 and text[] $2, with the rights of a
 * role, and be oneself again afterwards.
 */
extern void FFSourceRead(FFSource *source, Oid id, const char *sql, Datum *arguments, const char *nulls, FFSourcePut put, void *argument);

/* Run it for one row as the current role: names, types and rights are checked. */
extern void FFSourceTry(FFSource *source, const char *sql);

#endif
