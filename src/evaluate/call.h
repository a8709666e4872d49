/*
 * call.h
 *	  What the SQL functions of evaluation share: arguments and call sites.
 */
#ifndef FF_CALL_H
#define FF_CALL_H

#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "base/catalog.h"
#include "evaluate/pipeline.h"

/* The argument as text, data NULL where it is NULL. */
static inline FFString
FFArgText(FunctionCallInfo fcinfo, int index)
{
	FFString	none = {NULL, 0};

	return PG_ARGISNULL(index) ? none : FFStringOfText(PG_GETARG_TEXT_PP(index));
}

static inline Jsonb *
FFArgJsonb(FunctionCallInfo fcinfo, int index)
{
	return PG_ARGISNULL(index) ? NULL : PG_GETARG_JSONB_P(index);
}

/* Text kept at a call site, to see whether the next call is for the same. */
typedef struct FFKeptText
{
	FFString	string;			/* data NULL, or in the room */
	char	   *room;
	int			space;
} FFKeptText;

static inline bool
FFIsKept(const FFKeptText *kept, FFString string)
{
	if (string.data == NULL || kept->string.data == NULL)
		return string.data == kept->string.data;
	return FFStringEqual(kept->string, string);
}

/* Keep a copy of an argument at its call site, in room that is reused. */
extern void FFKeep(FunctionCallInfo fcinfo, FFKeptText *kept, FFString string);

/* The rule set that environment and project (NULL: the settings) name. */
extern FFRuleset *FFCallRuleset(FFString project, FFString environment);

/*
 * Evaluate one flag for arguments (user_key, flag, attributes, environment,
 * …, project), remembering the flag at the call site.
 */
extern void FFCallEvaluate(FunctionCallInfo fcinfo, int project_argument, FFWanted wanted,
						   bool detailed, FFAnswer *answer);

/* The type of value that a fallback is of. */
extern FFWanted FFFallbackWanted(Jsonb *fallback);

/* The type of value that a call with (…, fallback, project, wanted) asks for. */
extern FFWanted FFCallWanted(FunctionCallInfo fcinfo);

/* A copy of the row type of the result, which lasts as long as the call site. */
extern TupleDesc FFKeepRowType(FunctionCallInfo fcinfo);

/* The same, kept with what FFCallEvaluate remembers there. */
extern TupleDesc FFCallRowType(FunctionCallInfo fcinfo);

/* One row of ff_evaluate_detail and ff_evaluate_all. */
#define FF_DETAIL_COLUMNS 11
extern void FFDetailRow(const FFAnswer *answer, FFString flag, Jsonb *fallback,
						FFWanted wanted, Datum *values, bool *nulls);

extern Datum FFTextDatum(FFString string);

#endif
