/*
 * proposal.h
 *	  Rows of one flag that somebody proposes, in the place of those that it has.
 */
#ifndef FF_PROPOSAL_H
#define FF_PROPOSAL_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "evaluate/rulesets.h"

typedef struct FFProposal
{
	FFOrigin	origin;			/* first */
	MemoryContext context;
	pg_uuid_t	flag_id;
	FFValue		tables;			/* {"table": [row, …], …}; others are as they are */
	List	   *replaced;		/* tables whose rows have been made */
} FFProposal;

/*
 * Take {"flag_id": …, "tables": {…}}, which must stay where it is, into the
 * current context; NULL: nothing is proposed.
 */
extern void FFProposalInit(FFProposal *proposal, Jsonb *document);

#endif
