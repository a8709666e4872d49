/*
 * in_segment.c
 *	  ff_in_segment: whether a user is in a segment.
 */
#include "postgres.h"

#include "evaluate/call.h"
#include "evaluate/pin.h"

PG_FUNCTION_INFO_V1(ff_in_segment);

/* The segment that a call site has asked for, while the pin is the same. */
typedef struct SegmentSite
{
	uint64		serial;
	FFRuleset  *ruleset;
	FFBoundSegment *bound;		/* NULL: not asked for yet */
} SegmentSite;

/* Find the segment; keys are compared, since they may differ from row to row. */
static FFBoundSegment *
FindSegment(FunctionCallInfo fcinfo, FFRuleset **ruleset)
{
	uint64		serial = FFPinSerial();
	FFString	key = FFArgText(fcinfo, 1);
	SegmentSite *site = fcinfo->flinfo->fn_extra;

	if (site == NULL)
		site = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(SegmentSite));
	*ruleset = FFCallRuleset(FFArgText(fcinfo, 4), FFArgText(fcinfo, 3));
	if (site->serial != serial || site->ruleset != *ruleset || site->bound == NULL ||
		!FFStringEqual(site->bound->segment.key, key))
	{
		site->serial = 0;
		site->bound = FFRulesetSegment(*ruleset, key);
		site->ruleset = *ruleset;
		site->serial = serial;
	}
	return site->bound;
}

/* ff_in_segment(user_key, segment, attributes, environment, project) */
Datum
ff_in_segment(PG_FUNCTION_ARGS)
{
	FFBoundSegment *bound;
	FFRuleset  *ruleset;
	FFSubject	subject;

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	bound = FindSegment(fcinfo, &ruleset);
	if (bound == NULL || bound->image == NULL)
		PG_RETURN_NULL();
	FFSubjectStart(&subject, ruleset, FFArgText(fcinfo, 0), FFArgJsonb(fcinfo, 2));
	PG_RETURN_BOOL(FFSegmentMatches(&bound->segment, &subject.context));
}
