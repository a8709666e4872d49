/*
 * bucket.c
 *	  ff_bucket and its like: where a key falls, by any recipe.
 *
 * All are IMMUTABLE: the same forever, on every machine, in every encoding.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

#include "base/catalog.h"
#include "engine/engine.h"
#include "engine/recipe.h"
#include "engine/value_pg.h"

PG_FUNCTION_INFO_V1(ff_bucket);
PG_FUNCTION_INFO_V1(ff_bucket_of);
PG_FUNCTION_INFO_V1(ff_bucket_value);
PG_FUNCTION_INFO_V1(ff_bucket_json);
PG_FUNCTION_INFO_V1(ff_bucket_json_of);
PG_FUNCTION_INFO_V1(ff_bucket_detail);
PG_FUNCTION_INFO_V1(ff_bucket_recipes);

#define RECIPE_COLUMNS 13

static const char *
RecipeNames(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < FFRecipeCount; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", FFRecipes[i].name);
	return names.data;
}

static const FFRecipe *
RecipeOf(FFString name)
{
	const FFRecipe *recipe = FFRecipeFind(name);

	if (recipe == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown bucketing recipe \"%.*s\"", FFClip(name, 60), name.data),
				 errhint("The recipes are %s.", RecipeNames())));
	return recipe;
}

/* Whether a recipe can have that many buckets. */
static void
CheckBuckets(const FFRecipe *recipe, int buckets)
{
	if (buckets < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of buckets is %d, and must be at least 1", buckets)));
	if (buckets != recipe->buckets && !recipe->adjustable)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the recipe \"%s\" has %d buckets, not %d", recipe->name, recipe->buckets, buckets)));
}

static void
HashMissing(const FFRecipe *recipe)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("the hash %s of the recipe \"%s\" is not available", FFHashName(recipe->hash), recipe->name),
			 errdetail("The server's OpenSSL does not offer it, as where it is restricted to FIPS.")));
}

/* The first two arguments are salt and key, as everywhere here. */
static FFBucketing
Bucketing(FunctionCallInfo fcinfo, const FFRecipe *recipe, int buckets)
{
	FFBucketing bucketing;

	if (!FFRecipeRun(recipe, FFStringOfText(PG_GETARG_TEXT_PP(0)),
					 FFStringOfText(PG_GETARG_TEXT_PP(1)), buckets, &bucketing))
		HashMissing(recipe);
	return bucketing;
}

Datum
ff_bucket(PG_FUNCTION_ARGS)
{
	FFString	name = FFStringOfText(PG_GETARG_TEXT_PP(2));
	const FFRecipe *recipe;

	if (name.length == 6 && memcmp(name.data, "native", 6) == 0)
		PG_RETURN_INT32(FFBucket(FFStringOfText(PG_GETARG_TEXT_PP(0)),
								 FFStringOfText(PG_GETARG_TEXT_PP(1))));
	recipe = RecipeOf(name);
	PG_RETURN_INT32(Bucketing(fcinfo, recipe, recipe->buckets).bucket);
}

/* Of so many buckets. */
Datum
ff_bucket_of(PG_FUNCTION_ARGS)
{
	const FFRecipe *recipe = RecipeOf(FFStringOfText(PG_GETARG_TEXT_PP(2)));

	CheckBuckets(recipe, PG_GETARG_INT32(3));
	PG_RETURN_INT32(Bucketing(fcinfo, recipe, PG_GETARG_INT32(3)).bucket);
}

Datum
ff_bucket_value(PG_FUNCTION_ARGS)
{
	const FFRecipe *recipe = RecipeOf(FFStringOfText(PG_GETARG_TEXT_PP(2)));

	PG_RETURN_FLOAT8(Bucketing(fcinfo, recipe, recipe->buckets).value);
}

/* The same where the key is JSON; a string is a key like any other. */
static int
JsonBucket(FunctionCallInfo fcinfo, const FFRecipe *recipe, int buckets)
{
	FFValue		key = FFValueFromJsonb(PG_GETARG_JSONB_P(1));
	FFString	string = {key.data, key.length};
	FFBucketing bucketing;
	bool		done;

	if (key.type == FF_STRING)
		done = FFRecipeRun(recipe, FFStringOfText(PG_GETARG_TEXT_PP(0)), string, buckets, &bucketing);
	else if (FFRecipeTakesValues(recipe))
		done = FFRecipeRunValue(recipe, &key, buckets, &bucketing);
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the key of the recipe \"%s\" is a string", recipe->name)));
	if (!done)
		HashMissing(recipe);
	return bucketing.bucket;
}

Datum
ff_bucket_json(PG_FUNCTION_ARGS)
{
	const FFRecipe *recipe = RecipeOf(FFStringOfText(PG_GETARG_TEXT_PP(2)));

	PG_RETURN_INT32(JsonBucket(fcinfo, recipe, recipe->buckets));
}

Datum
ff_bucket_json_of(PG_FUNCTION_ARGS)
{
	const FFRecipe *recipe = RecipeOf(FFStringOfText(PG_GETARG_TEXT_PP(2)));

	CheckBuckets(recipe, PG_GETARG_INT32(3));
	PG_RETURN_INT32(JsonBucket(fcinfo, recipe, PG_GETARG_INT32(3)));
}

static Datum
ByteaOf(const void *data, int length)
{
	return PointerGetDatum(cstring_to_text_with_len(data, length));
}

/* Salt, key or recipe is NULL: so is all; no number of buckets: the recipe's. */
Datum
ff_bucket_detail(PG_FUNCTION_ARGS)
{
	const FFRecipe *recipe;
	FFBucketing bucketing;
	TupleDesc	row;
	Datum		values[4];
	bool		nulls[4] = {false};
	int			buckets;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	recipe = RecipeOf(FFStringOfText(PG_GETARG_TEXT_PP(2)));
	buckets = PG_ARGISNULL(3) ? recipe->buckets : PG_GETARG_INT32(3);
	CheckBuckets(recipe, buckets);
	if (!FFRecipeShow(recipe, FFStringOfText(PG_GETARG_TEXT_PP(0)),
					  FFStringOfText(PG_GETARG_TEXT_PP(1)), buckets, &bucketing))
		HashMissing(recipe);
	nulls[0] = bucketing.hashed.data == NULL;
	if (!nulls[0])
		values[0] = ByteaOf(bucketing.hashed.data, bucketing.hashed.length);
	values[1] = ByteaOf(bucketing.hash, bucketing.hash_length);
	values[2] = Float8GetDatum(bucketing.value);
	values[3] = Int32GetDatum(bucketing.bucket);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls)));
}

/* A row of ff_bucket_recipes. */
static void
WriteRecipe(ReturnSetInfo *result, const FFRecipe *recipe)
{
	Datum		values[RECIPE_COLUMNS];
	bool		nulls[RECIPE_COLUMNS] = {false};
	const char *hash = psprintf("%s%s", FFHashName(recipe->hash), recipe->twice ? ", twice" : "");

	values[0] = CStringGetTextDatum(recipe->name);
	values[1] = CStringGetTextDatum(recipe->provider);
	values[2] = CStringGetTextDatum(recipe->template);
	values[3] = CStringGetTextDatum(FFEncodingName(recipe->encoding));
	values[4] = CStringGetTextDatum(hash);
	values[5] = Int64GetDatum(recipe->seed);
	values[6] = Int32GetDatum(recipe->bits);
	values[7] = PointerGetDatum(FFStringToText(FFRecipeFormula(recipe)));
	values[8] = CStringGetTextDatum(recipe->comparison);
	values[9] = Int32GetDatum(recipe->buckets);
	values[10] = Int32GetDatum(recipe->first);
	values[11] = BoolGetDatum(recipe->adjustable);
	values[12] = CStringGetTextDatum(recipe->description);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* The table of recipes, as it is compiled in. */
Datum
ff_bucket_recipes(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < FFRecipeCount; i++)
		WriteRecipe((ReturnSetInfo *) fcinfo->resultinfo, &FFRecipes[i]);
	return (Datum) 0;
}
