/*
 * smallest.c
 *	  An aggregate: the few smallest of many texts, as a sample that is the same
 *	  however they come.
 *
 * The state is an array in order, which workers hand over as it is.  Most texts
 * are greater than all of it and leave it untouched.
 */
#include "postgres.h"

#include "access/tupmacs.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/catalog.h"

PG_FUNCTION_INFO_V1(ff_smallest_add);
PG_FUNCTION_INFO_V1(ff_smallest_merge);

#define KEPT_TEXTS 10

/* The texts of a state, which they borrow. */
static int
TextsOf(ArrayType *state, FFString *texts)
{
	int			count = Min(ArrayGetNItems(ARR_NDIM(state), ARR_DIMS(state)), KEPT_TEXTS);
	char	   *place = ARR_DATA_PTR(state);

	if (ARR_HASNULL(state))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("an element of the array is null")));
	for (int i = 0; i < count; i++)
	{
		texts[i] = FFStringOfText((text *) place);
		place = att_addlength_pointer(place, -1, place);
		place = (char *) att_align_nominal(place, TYPALIGN_INT);
	}
	return count;
}

/* Put a text in its place; where it is there already, nothing is done. */
static int
Insert(FFString *texts, int count, FFString added)
{
	int			place = count;

	while (place > 0 && FFStringCompare(texts[place - 1], added) > 0)
		place--;
	if (place == KEPT_TEXTS || (place > 0 && FFStringEqual(texts[place - 1], added)))
		return count;
	count = Min(count + 1, KEPT_TEXTS);
	for (int i = count - 1; i > place; i--)
		texts[i] = texts[i - 1];
	texts[place] = added;
	return count;
}

static Datum
StateOf(const FFString *texts, int count)
{
	Datum		values[KEPT_TEXTS];

	for (int i = 0; i < count; i++)
		values[i] = PointerGetDatum(FFStringToText(texts[i]));
	return PointerGetDatum(construct_array(values, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* A NULL is none of them; there always is a state. */
Datum
ff_smallest_add(PG_FUNCTION_ARGS)
{
	ArrayType  *state;
	FFString	texts[KEPT_TEXTS];
	FFString	added;
	int			count;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = PG_GETARG_ARRAYTYPE_P(0);
	if (PG_ARGISNULL(1))
		PG_RETURN_ARRAYTYPE_P(state);
	added = FFStringOfText(PG_GETARG_TEXT_PP(1));
	count = TextsOf(state, texts);
	if (count == KEPT_TEXTS && FFStringCompare(texts[count - 1], added) <= 0)
		PG_RETURN_ARRAYTYPE_P(state);
	count = Insert(texts, count, added);
	PG_RETURN_DATUM(StateOf(texts, count));
}

Datum
ff_smallest_merge(PG_FUNCTION_ARGS)
{
	FFString	texts[KEPT_TEXTS];
	FFString	others[KEPT_TEXTS];
	int			count = TextsOf(PG_GETARG_ARRAYTYPE_P(0), texts);
	int			other_count = TextsOf(PG_GETARG_ARRAYTYPE_P(1), others);

	for (int i = 0; i < other_count; i++)
		count = Insert(texts, count, others[i]);
	PG_RETURN_DATUM(StateOf(texts, count));
}
