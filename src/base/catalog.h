/*
 * catalog.h
 *	  Reading the tables of schema ff without SPI, under a given snapshot.
 */
#ifndef FF_CATALOG_H
#define FF_CATALOG_H

#include "postgres.h"

#include "access/genam.h"
#include "access/skey.h"
#include "utils/array.h"
#include "utils/rel.h"
#include "utils/snapshot.h"
#include "utils/uuid.h"

#include "base/compat.h"
#include "engine/value.h"

/* Oid of ff.name, InvalidOid where there is none (extension dropped). */
extern Oid	FFTableOid(const char *name);

/* Open ff.name for reading; an error where it is no ordinary table. */
extern Relation FFTableOpen(const char *name, LOCKMODE mode);

/* The same for one that is to be written and may have partitions. */
extern Relation FFTableOpenParted(const char *name, LOCKMODE mode);

/* Lock ff.name, of whatever kind, until the transaction ends. */
extern void FFTableLock(const char *name, LOCKMODE mode);

/* A valid index of the table that begins with these columns. */
extern Oid	FFIndexOn(Relation table, const AttrNumber *columns, int count);

/* An index scan by equality on the given columns. */
typedef struct FFScan
{
	SysScanDesc scan;			/* NULL: goes through the rows */
	ScanKeyData keys[4];
	AttrNumber	columns[4];
	int			count;
	HeapTuple  *rows;			/* that stand for those of the table */
	int			row_count;
	int			next_row;
} FFScan;

/* Rows that stand for those of tables. */
typedef struct FFRowSource
{
	/* fill in the rows that a scan finds; false: it is to read the table */
	bool		(*find) (struct FFRowSource *source, Relation table, FFScan *scan);
} FFRowSource;

extern void FFScanUuid(FFScan *scan, AttrNumber column, const pg_uuid_t *id);
extern void FFScanText(FFScan *scan, AttrNumber column, FFString text);
extern void FFScanBegin(FFScan *scan, Relation table, Snapshot snapshot);

/* The same under the active snapshot, or of what stands for the table's rows;
 * source NULL: nothing does. */
extern void FFScanBeginFrom(FFScan *scan, Relation table, FFRowSource *source);

/* A row of a JSON document, which has columns by name, as one of the table. */
extern HeapTuple FFRowOfJsonb(Relation table, Datum document);

static inline HeapTuple
FFScanNext(FFScan *scan)
{
	if (likely(scan->scan != NULL))
		return systable_getnext(scan->scan);
	return scan->next_row < scan->row_count ? scan->rows[scan->next_row++] : NULL;
}

static inline void
FFScanEnd(FFScan *scan)
{
	if (likely(scan->scan != NULL))
		systable_endscan(scan->scan);
}

/* Columns of a tuple; valid as long as the tuple. */
extern Datum FFColumn(HeapTuple tuple, Relation table, AttrNumber column, bool *isnull);
extern pg_uuid_t FFColumnUuid(HeapTuple tuple, Relation table, AttrNumber column);
extern FFString FFColumnText(HeapTuple tuple, Relation table, AttrNumber column);

extern bool FFUuidEqual(const pg_uuid_t *a, const pg_uuid_t *b);
extern char *FFUuidText(const pg_uuid_t *id);

static inline FFString
FFStringOfText(const text *value)
{
	FFString	result = {VARDATA_ANY(value), (int) VARSIZE_ANY_EXHDR(value)};

	return result;
}

static inline bool
FFStringEqual(FFString a, FFString b)
{
	return a.length == b.length && FFSameBytes(a.data, b.data, a.length);
}

/* The elements of an array of texts, which they borrow; NULLs are errors. */
extern int	FFTextArray(ArrayType *array, FFString **elements);

extern int	FFStringCompare(FFString a, FFString b);	/* bytewise */
extern text *FFStringToText(FFString string);

#endif
