/*
 * shared.c
 *	  Pieces of shared memory that a server has from its start.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

#include "base/shared.h"

static FFShared *Pieces = NULL;
static shmem_request_hook_type NextRequest = NULL;
static shmem_startup_hook_type NextStartup = NULL;

static void
Request(void)
{
	if (NextRequest != NULL)
		NextRequest();
	for (const FFShared *piece = Pieces; piece != NULL; piece = piece->next)
	{
		RequestAddinShmemSpace(MAXALIGN(piece->bytes()));
		if (piece->besides != NULL)
			RequestAddinShmemSpace(piece->besides());
		RequestNamedLWLockTranche(piece->name, piece->locks);
	}
}

static void
Startup(void)
{
	if (NextStartup != NULL)
		NextStartup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	for (const FFShared *piece = Pieces; piece != NULL; piece = piece->next)
	{
		bool		found;
		void	   *memory = ShmemInitStruct(piece->name, piece->bytes(), &found);

		piece->open(memory, GetNamedLWLockTranche(piece->name), !found);
	}
	LWLockRelease(AddinShmemInitLock);
}

/* At the end: a piece may use those that were registered before. */
void
FFSharedRegister(FFShared *piece)
{
	FFShared  **end = &Pieces;

	if (Pieces == NULL)
	{
		NextRequest = shmem_request_hook;
		shmem_request_hook = Request;
		NextStartup = shmem_startup_hook;
		shmem_startup_hook = Startup;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = piece;
}
