/*
 * growthbook.c
 *	  GrowthBook's arithmetic of buckets, for SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/catalog.h"
#include "dialects/growthbook.h"
#include "engine/value_pg.h"

PG_FUNCTION_INFO_V1(ff_growthbook_ranges);
PG_FUNCTION_INFO_V1(ff_growthbook_choose);
PG_FUNCTION_INFO_V1(ff_growthbook_in_namespace);

static FFValue
ArgValue(FunctionCallInfo fcinfo, int index)
{
	FFValue		absent = {0};

	return PG_ARGISNULL(index) ? absent : FFValueFromJsonb(PG_GETARG_JSONB_P(index));
}

/* ff._growthbook_ranges(variations, coverage, weights): [[from, to], ...] */
Datum
ff_growthbook_ranges(PG_FUNCTION_ARGS)
{
	FFValue		coverage = ArgValue(fcinfo, 1);
	FFValue		weights = ArgValue(fcinfo, 2);
	FFGbRanges	shares;
	FFText		text = {0};

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_GETARG_INT32(0) > FF_MAX_VARIATIONS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("an experiment has at most %d variations", FF_MAX_VARIATIONS)));
	shares = FFGbShares(PG_GETARG_INT32(0), &coverage, &weights);
	FFTextAdd(&text, "[", 1);
	for (int i = 0; i < shares.count; i++)
	{
		FFString	from = FFNumberTextJs(shares.ranges[i].from);
		FFString	to = FFNumberTextJs(shares.ranges[i].to);

		FFTextFormat(&text, "%s[%.*s, %.*s]", i == 0 ? "" : ", ", from.length, from.data, to.length, to.data);
	}
	FFTextAdd(&text, "]", 1);
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data)));
}

/* ff._growthbook_choose(n, ranges): the place of the first that n is in, -1: none */
Datum
ff_growthbook_choose(PG_FUNCTION_ARGS)
{
	FFValue		value = ArgValue(fcinfo, 1);
	FFGbRanges	ranges = FFGbRangesOf(&value);
	bool		fails = false;

	PG_RETURN_INT32(FFGbChoose(&ranges, PG_GETARG_FLOAT8(0), &fails));
}

/* ff._growthbook_in_namespace(key, namespace) */
Datum
ff_growthbook_in_namespace(PG_FUNCTION_ARGS)
{
	FFString	key = FFStringOfText(PG_GETARG_TEXT_PP(0));
	FFValue		unit = {.type = FF_STRING, .data = key.data, .length = key.length};
	FFValue		value = ArgValue(fcinfo, 1);
	FFGbNamespace namespace;

	FFGbNamespaceInit(&namespace, &value, false);
	PG_RETURN_BOOL(FFGbInNamespace(&namespace, &unit));
}
