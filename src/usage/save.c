/*
 * save.c
 *	  Counts of evaluations in a file, while the server is down.
 *
 * Like the server's own statistics: written when it stops in order, read and
 * removed when it starts, so that a crash finds none that is old.
 */
#include "postgres.h"

#include <unistd.h>

#include "pgstat.h"
#include "storage/fd.h"

#include "usage/table.h"

#define FILE_NAME PGSTAT_STAT_PERMANENT_DIRECTORY "/featureflow_usage.stat"

/* Entries follow; of another size they are of another version. */
typedef struct Header
{
	char		name[8];
	uint32		entry_size;
	uint32		count;
} Header;

static const Header Expected = {"ffusage", sizeof(FFUsageEntry), 0};

static bool
Write(FILE *file, const Header *header, const FFUsageEntry *entries)
{
	return fwrite(header, sizeof(*header), 1, file) == 1 &&
		fwrite(entries, sizeof(*entries), header->count, file) == header->count;
}

void
FFUsageSave(void)
{
	int			room = FFUsageTotal().room;
	FFUsageEntry *entries = palloc_extended(room * sizeof(FFUsageEntry), MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	Header		header = Expected;
	FILE	   *file;

	if (entries == NULL)
		return;
	header.count = FFUsageTakeAll(room, entries);
	file = header.count == 0 ? NULL : AllocateFile(FILE_NAME ".tmp", PG_BINARY_W);
	if (file != NULL && Write(file, &header, entries) && FreeFile(file) == 0)
		(void) durable_rename(FILE_NAME ".tmp", FILE_NAME, LOG);
	else if (header.count > 0)
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not write file \"%s\": %m", FILE_NAME ".tmp")));
	pfree(entries);
}

void
FFUsageLoad(void)
{
	FILE	   *file = AllocateFile(FILE_NAME, PG_BINARY_R);
	FFUsageEntry *entry;
	Header		header;

	if (file == NULL)
		return;
	entry = palloc(sizeof(FFUsageEntry));
	if (fread(&header, sizeof(header), 1, file) == 1 && memcmp(&header, &Expected, offsetof(Header, count)) == 0)
	{
		while (header.count-- > 0 && fread(entry, sizeof(*entry), 1, file) == 1)
			FFUsageAdd(&entry->key, &entry->counts);
	}
	pfree(entry);
	FreeFile(file);
	(void) unlink(FILE_NAME);
}
