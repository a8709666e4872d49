/*
 * probe.h
 *	  Looking up one row after another by equality on the keys of an index.
 */
#ifndef FF_PROBE_H
#define FF_PROBE_H

#include "postgres.h"

#include "access/htup.h"
#include "utils/rel.h"

#define FF_PROBE_KEYS 2

typedef struct FFProbe FFProbe;

/*
 * For a table whose lock, and that of the index, the caller holds as long as it
 * probes.  The index is a B-tree that begins with the columns that are compared.
 * Lives in the current memory context.
 */
extern FFProbe *FFProbeCreate(Relation table, Oid index, int keys);

/* Whether the active snapshot sees a row with these first keys. */
extern bool FFProbeExists(FFProbe *probe, const Datum *values, int keys);

/* A copy of such a row in the current memory context; NULL where there is none. */
extern HeapTuple FFProbeRow(FFProbe *probe, const Datum *values, int keys);

#endif
