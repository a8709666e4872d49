/*
 * shared.h
 *	  Pieces of shared memory that a server has from its start.
 */
#ifndef FF_SHARED_H
#define FF_SHARED_H

#include "postgres.h"

#include "storage/lwlock.h"

typedef struct FFShared
{
	const char *name;			/* of the memory and of its locks */
	int			locks;
	Size		(*bytes) (void);
	Size		(*besides) (void);	/* that open allocates itself; NULL: nothing */
	/* as the server starts, and after a crash; memory that is new has arbitrary content */
	void		(*open) (void *memory, LWLockPadded *locks, bool is_new);
	struct FFShared *next;
} FFShared;

/* Asks for a piece, while libraries are preloaded.  Pieces are opened in the order in which they are asked for. */
extern void FFSharedRegister(FFShared *piece);

#endif
