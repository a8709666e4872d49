/*
 * ledger.c
 *	  How many exposures the ring has accepted, in a file that outlives a crash.
 *
 * The file is part of every process's memory.  What is stored there needs no
 * system call, and is the file's content whatever becomes of the process: only
 * when the operating system goes down, too, the disk may know less.  An exposure
 * is counted before it is copied into the ring, so that one whose process is
 * killed in between is counted as well.
 *
 * What has become of exposures is kept in a table (account.c).  The file and the
 * table's rows go by the name of the ledger, which is drawn when the file is made:
 * a file that is not there, or is another server's, begins with a new name, and no
 * row is compared with counts that it does not belong to.  The file lies where base
 * backups and pg_rewind leave it out, and is not believed in a server that starts
 * from a copy.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xlog.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "utils/timestamp.h"

#include "events/ledger.h"

#define FILE_NAME PG_STAT_TMP_DIR "/featureflow_exposures"
#define MAGIC 0x46464c31		/* to be changed with the structs */
#define PAGES 2048				/* extensions in databases that are counted at a time */

typedef struct LedgerHead
{
	uint32		magic;
	uint32		size;
	uint64		system;			/* the server's identifier */
	pg_uuid_t	name;
	uint64		last_run;
} LedgerHead;

typedef struct Ledger
{
	LedgerHead	head;
	FFLedgerPage pages[PAGES];
} Ledger;

static Ledger *TheLedger = NULL;
static int	LastPage = 0;		/* where this process found its own */

/* Whether the server starts from what has been copied from another, or itself. */
static bool
IsCopy(void)
{
	struct stat status;

	return stat(BACKUP_LABEL_FILE, &status) == 0 || stat(STANDBY_SIGNAL_FILE, &status) == 0 ||
		stat(RECOVERY_SIGNAL_FILE, &status) == 0;
}

/* Why what the file holds cannot be gone on with; NULL: it can. */
static const char *
Fault(int fd)
{
	LedgerHead	head;
	struct stat status;

	if (fstat(fd, &status) != 0 || status.st_size == 0)
		return "it is new";
	if (status.st_size != sizeof(Ledger) || pg_pread(fd, &head, sizeof(head), 0) != sizeof(head))
		return "it has another size";
	if (head.magic != MAGIC || head.size != sizeof(Ledger))
		return "it is of another version, or damaged";
	if (head.system != GetSystemIdentifier())
		return "it is of another server";
	return IsCopy() ? "the server starts from a copy" : NULL;
}

/* Zeros that are written, not left out: where the disk has no room, a store would end the process. */
static bool
Clear(int fd)
{
	char	   *zeros = palloc0(sizeof(Ledger));
	bool		done = ftruncate(fd, 0) == 0 && pg_pwrite(fd, zeros, sizeof(Ledger), 0) == sizeof(Ledger);

	pfree(zeros);
	return done;
}

/* Memory that is the file's; without one, memory that goes with the server. */
static Ledger *
Map(int fd)
{
	int			how = fd >= 0 ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
	void	   *memory = mmap(NULL, sizeof(Ledger), PROT_READ | PROT_WRITE, how, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* The file, with zeros where it cannot be gone on with; NULL: an error of the system, in errno. */
static Ledger *
OpenFile(bool is_first)
{
	int			fd = OpenTransientFile(FILE_NAME, O_RDWR | O_CREAT | PG_BINARY);
	const char *fault = fd >= 0 && is_first ? Fault(fd) : NULL;
	Ledger	   *ledger = NULL;

	if (fault != NULL)
		ereport(LOG,
				(errmsg("counts of lost exposures begin anew in file \"%s\": %s", FILE_NAME, fault)));
	if (fd >= 0 && (fault == NULL || Clear(fd)))
		ledger = Map(fd);
	if (fd >= 0)
	{
		int			save_errno = errno;

		(void) CloseTransientFile(fd);
		errno = save_errno;
	}
	return ledger;
}

static void
DrawName(void *name, int length)
{
	if (!pg_strong_random(name, length))
		ereport(FATAL,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not draw a random name for counts of exposures")));
}

/* What has been accepted until now is past: the ring is empty. */
static void
StartRun(void)
{
	if (TheLedger->head.magic == 0)
	{
		TheLedger->head.system = GetSystemIdentifier();
		TheLedger->head.size = sizeof(Ledger);
		DrawName(&TheLedger->head.name, sizeof(pg_uuid_t));
		TheLedger->head.magic = MAGIC;
	}
	DrawName(&TheLedger->head.last_run, sizeof(uint64));	/* the disk may have forgotten which it was */
	for (int i = 0; i < PAGES; i++)
	{
		TheLedger->pages[i].run = (int64) ++TheLedger->head.last_run;
		TheLedger->pages[i].before = TheLedger->pages[i].accepted;
		TheLedger->pages[i].last_place = 0;
	}
}

void
FFLedgerOpen(bool is_first)
{
	if (TheLedger != NULL)
		(void) munmap(TheLedger, sizeof(Ledger));	/* of the server before a crash */
	TheLedger = OpenFile(is_first);
	if (TheLedger == NULL)
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not use file \"%s\": %m", FILE_NAME),
				 errdetail("Exposures that are lost are not counted beyond the end of the server.")));
		TheLedger = Map(-1);
	}
	if (TheLedger == NULL)
		ereport(FATAL,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not get memory for counts of exposures: %m")));
	if (is_first)
		StartRun();
}

pg_uuid_t
FFLedgerName(void)
{
	return TheLedger->head.name;
}

static bool
IsOf(const FFLedgerPage *page, FFLedgerKey key)
{
	return page->key.database == key.database && page->key.table == key.table;
}

FFLedgerPage *
FFLedgerFind(FFLedgerKey key)
{
	if (IsOf(&TheLedger->pages[LastPage], key))
		return &TheLedger->pages[LastPage];
	for (int i = 0; i < PAGES; i++)
	{
		if (!IsOf(&TheLedger->pages[i], key))
			continue;
		LastPage = i;
		return &TheLedger->pages[i];
	}
	return NULL;
}

/*
 * A page that nobody has, or that of which nothing has been accepted for the
 * longest time, and nothing is waiting.  Who had it begins anew (account.c).
 */
static FFLedgerPage *
NewPage(FFLedgerKey key, uint64 head)
{
	FFLedgerPage *found = NULL;

	for (int i = 0; i < PAGES && (found == NULL || OidIsValid(found->key.database)); i++)
	{
		FFLedgerPage *page = &TheLedger->pages[i];

		if (!OidIsValid(page->key.database) ||
			((page->accepted == page->before || page->last_place < head) &&
			 (found == NULL || page->last_place < found->last_place)))
			found = page;
	}
	if (found == NULL)
		return NULL;
	memset(found, 0, sizeof(*found));
	found->run = (int64) ++TheLedger->head.last_run;
	found->since = GetCurrentTimestamp();
	found->key = key;
	return found;
}

uint64
FFLedgerAccept(FFLedgerKey key, uint64 head, uint64 place)
{
	FFLedgerPage *page = FFLedgerFind(key);

	if (page == NULL)
		page = NewPage(key, head);
	if (page == NULL)
		return 0;
	page->last_place = place;
	page->accepted++;
	return page->accepted - page->before;
}

void
FFLedgerRetract(FFLedgerKey key)
{
	FFLedgerPage *page = FFLedgerFind(key);

	if (page != NULL && page->accepted > page->before)
		page->accepted--;
}

void
FFLedgerRaise(FFLedgerKey key, uint64 before)
{
	FFLedgerPage *page = FFLedgerFind(key);

	if (page == NULL || page->before >= before)
		return;
	page->accepted += before - page->before;
	page->before = before;
}
