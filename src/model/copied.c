/*
 * copied.c
 *	  The segment that COPY fills: what featureflow.segment names.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "base/catalog.h"
#include "base/compat.h"
#include "base/settings.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_copied_segment);

/* What a call site found last; a default is evaluated for every row. */
typedef struct Found
{
	LocalTransactionId lxid;
	CommandId	command;
	uint64		settings;
	pg_uuid_t	segment_id;
} Found;

static FFString
StringOf(const char *value)
{
	FFString	string = {value, (int) strlen(value)};

	return string;
}

/* The id in the row that a scan finds; false where there is none. */
static bool
FindId(Relation table, FFScan *scan, AttrNumber column, pg_uuid_t *id)
{
	HeapTuple	tuple;

	FFScanBegin(scan, table, GetActiveSnapshot());
	tuple = FFScanNext(scan);
	if (HeapTupleIsValid(tuple))
		*id = FFColumnUuid(tuple, table, column);
	FFScanEnd(scan);
	table_close(table, NoLock);
	return HeapTupleIsValid(tuple);
}

static bool
FindProject(pg_uuid_t *id)
{
	FFScan		scan = {0};

	FFScanText(&scan, Anum_projects_key, StringOf(FFProjectSetting));
	return FindId(FFTableOpen("projects", AccessShareLock), &scan, Anum_projects_id, id);
}

static bool
FindSegment(const pg_uuid_t *project_id, pg_uuid_t *id)
{
	FFScan		scan = {0};

	FFScanUuid(&scan, Anum_segments_project_id, project_id);
	FFScanText(&scan, Anum_segments_key, StringOf(FFSegmentSetting));
	return FindId(FFTableOpen("segments", AccessShareLock), &scan, Anum_segments_id, id);
}

static void
Find(pg_uuid_t *segment_id)
{
	pg_uuid_t	project_id;

	if (FFSegmentSetting[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("the segment is required"),
				 errhint("Give segment_id, or SET featureflow.segment to the key of a segment.")));
	if (!FindProject(&project_id) || !FindSegment(&project_id, segment_id))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("segment \"%s\" does not exist", FFSegmentSetting)));
}

/* ff._copied_segment(): the default of ff.segment_members.segment_id. */
Datum
ff_copied_segment(PG_FUNCTION_ARGS)
{
	Found	   *found = fcinfo->flinfo->fn_extra;
	CommandId	command = GetActiveSnapshot()->curcid;

	FFChangeSettingsInit();
	if (found == NULL)
		found = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Found));
	if (found->lxid != FFLocalXid() || found->command != command ||
		found->settings != FFSettingsSerial)
	{
		found->lxid = InvalidLocalTransactionId;
		Find(&found->segment_id);
		found->command = command;
		found->settings = FFSettingsSerial;
		found->lxid = FFLocalXid();
	}
	PG_RETURN_UUID_P(&found->segment_id);
}
