/*
 * bucket.c
 *	  ff_bucket: where a key falls.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/catalog.h"
#include "engine/engine.h"

PG_FUNCTION_INFO_V1(ff_bucket);

/* IMMUTABLE: the same forever, on every machine, in every encoding. */
Datum
ff_bucket(PG_FUNCTION_ARGS)
{
	FFString	recipe = FFStringOfText(PG_GETARG_TEXT_PP(2));

	if (recipe.length != 6 || memcmp(recipe.data, "native", 6) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown bucketing recipe \"%.*s\"", recipe.length, recipe.data),
				 errhint("The recipe is \"native\".")));
	PG_RETURN_INT32(FFBucket(FFStringOfText(PG_GETARG_TEXT_PP(0)), FFStringOfText(PG_GETARG_TEXT_PP(1))));
}
