/*
 * actor.h
 *	  Who makes a change, and from where.
 */
#ifndef FF_ACTOR_H
#define FF_ACTOR_H

#include "postgres.h"

#include "utils/jsonb.h"

typedef struct FFActor
{
	char	   *session_role;
	char	   *acting_role;
	text	   *account;		/* NULL: none claimed */
	text	   *token;
	Jsonb	   *headers;
	Datum		client_address;
	bool		has_client_address;
	char	   *application;
} FFActor;

extern void FFActorRead(FFActor *actor);

#endif
