/*
 * owner.h
 *	  Running the extension's own SQL with the rights of its owner.
 */
#ifndef FF_OWNER_H
#define FF_OWNER_H

#include "postgres.h"

typedef struct FFOwner
{
	Oid			caller;
	int			context;
	int			settings;
} FFOwner;

/* Become the owner of a table of ours, with a search path of our own. */
extern void FFOwnerBecome(FFOwner *owner, const char *table);
extern void FFOwnerEnd(const FFOwner *owner);

#endif
