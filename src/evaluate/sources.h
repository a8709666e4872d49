/*
 * sources.h
 *	  Attributes from the application's own relations.
 */
#ifndef FF_SOURCES_H
#define FF_SOURCES_H

#include "postgres.h"

#include "access/htup.h"
#include "access/tupdesc.h"

#include "engine/engine.h"
#include "evaluate/query.h"
#include "evaluate/rulesets.h"

/* A relation that gives attributes, and what the pinned statement found of it. */
typedef struct FFSource
{
	char	   *relation;		/* schema.name, quoted where needed */
	char	   *key_column;
	char	   *role;			/* with whose rights it is read */
	int			named;			/* attributes that it gives; -1: all columns */
	FFString   *names;

	/* valid while the statement is the one of this serial, and no relation has
	 * changed since */
	uint64		serial;
	uint64		changes;
	MemoryContext statement;
	char	   *reader;			/* with whose rights code of users runs */
	struct FFProbe *probe;		/* NULL: read by the query */
	AttrNumber	key;
	Oid			key_type;
	FFQuery    *query;
	TupleDesc	columns;
	bool	   *gives;			/* by column: may be seen as an attribute */
	bool		shown;			/* the caller may read the relation too */

	/* the row of the last subject that was asked about */
	MemoryContext row_context;
	uint64		subject;
	HeapTuple	row;			/* NULL: it has none */
} FFSource;

typedef struct FFSources
{
	int			count;
	FFSource   *sources;
} FFSources;

/* What the engine asks for attributes that were not passed. */
extern const FFLookup FFSourceLookup;

/* source_open.c: find relation, column, index and rights for this statement. */
extern void FFSourceOpen(FFSource *source);

/* source_value.c: a column of a row as an attribute. */
extern FFValue FFSourceValue(const FFSource *source, Datum value, Oid type);

/* The same of a row that the caller has read. */
extern FFValue FFColumnValue(Datum value, Oid type);

#endif
