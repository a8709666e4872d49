/*
 * uses.c
 *	  In which steps of a range units were active, and how often they used a
 *	  feature: an aggregate over the events of a unit, and one over units.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(ff_unit_uses_add);
PG_FUNCTION_INFO_V1(ff_unit_uses_final);
PG_FUNCTION_INFO_V1(ff_uses_by_step_add);
PG_FUNCTION_INFO_V1(ff_uses_by_step_final);

/* A step in which a unit was active, and how many of its events were uses. */
typedef struct Step
{
	int32		place;
	int64		uses;
} Step;

/* Steps of a unit, some of them more than once until they are tidied. */
typedef struct UnitUses
{
	int32		count;
	int32		room;
	Step	   *steps;
} UnitUses;

/* What units have done in each step, and in the whole range in place 0. */
typedef struct Counts
{
	int64		active;
	int64		users;
	int64		fresh;
	int64		uses;
} Counts;

typedef struct UsesByStep
{
	int32		places;
	Counts		counts[FLEXIBLE_ARRAY_MEMBER];
} UsesByStep;

#define COUNTS_WIDTH ((int) (sizeof(Counts) / sizeof(int64)))

static MemoryContext
AggregateMemory(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "called outside of an aggregate");
	return context;
}

static UnitUses *
MakeUnitUses(MemoryContext context, int32 room)
{
	UnitUses   *state = MemoryContextAlloc(context, sizeof(UnitUses));

	*state = (UnitUses) {0, room, MemoryContextAlloc(context, sizeof(Step) * (Size) room)};
	return state;
}

static int
CompareSteps(const void *a, const void *b)
{
	int32		x = ((const Step *) a)->place;
	int32		y = ((const Step *) b)->place;

	return (x > y) - (x < y);
}

/* Brings steps in order, each once. */
static void
Tidy(UnitUses *state)
{
	int32		kept = 0;

	if (state->count < 2)
		return;
	qsort(state->steps, state->count, sizeof(Step), CompareSteps);
	for (int32 i = 1; i < state->count; i++)
	{
		if (state->steps[i].place == state->steps[kept].place)
			state->steps[kept].uses += state->steps[i].uses;
		else
			state->steps[++kept] = state->steps[i];
	}
	state->count = kept + 1;
}

/* Makes room for a step: in what is there, unless most of it are different ones. */
static void
Reserve(UnitUses *state)
{
	if (state->count < state->room)
		return;
	Tidy(state);
	if (state->count <= state->room / 2)
		return;
	state->room *= 2;
	state->steps = repalloc_huge(state->steps, sizeof(Step) * (Size) state->room);
}

/* ff._unit_uses_add(state, place, is_use): an event of a unit. */
Datum
ff_unit_uses_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = AggregateMemory(fcinfo);
	UnitUses   *state = PG_ARGISNULL(0) ? MakeUnitUses(context, 4) : (UnitUses *) PG_GETARG_POINTER(0);
	int32		place = PG_GETARG_INT32(1);
	int64		uses = PG_GETARG_BOOL(2) ? 1 : 0;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(state);
	if (state->count > 0 && state->steps[state->count - 1].place == place)
		state->steps[state->count - 1].uses += uses;
	else
	{
		Reserve(state);
		state->steps[state->count++] = (Step) {place, uses};
	}
	PG_RETURN_POINTER(state);
}

/* The steps in which it was active, in order, each followed by how many of its events were uses. */
Datum
ff_unit_uses_final(PG_FUNCTION_ARGS)
{
	UnitUses   *state = PG_ARGISNULL(0) ? NULL : (UnitUses *) PG_GETARG_POINTER(0);
	Datum	   *pairs;

	if (state == NULL)
		PG_RETURN_NULL();
	Tidy(state);
	pairs = palloc_extended(2 * sizeof(Datum) * (Size) state->count, MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < state->count; i++)
	{
		pairs[2 * i] = Int64GetDatum(state->steps[i].place);
		pairs[2 * i + 1] = Int64GetDatum(state->steps[i].uses);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(pairs, 2 * state->count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static UsesByStep *
MakeUsesByStep(MemoryContext context, int32 places)
{
	UsesByStep *state;

	if (places < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a range has 0 or more steps, not %d", places)));
	state = MemoryContextAllocZero(context, offsetof(UsesByStep, counts) + sizeof(Counts) * ((Size) places + 1));
	state->places = places;
	return state;
}

/* The pairs of an array as ff._unit_uses makes it, and how many. */
static const int64 *
Pairs(ArrayType *uses, int *n)
{
	int			items = ArrayGetNItems(ARR_NDIM(uses), ARR_DIMS(uses));

	if (ARR_HASNULL(uses) || items % 2 != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("uses are pairs of a step and a number")));
	*n = items / 2;
	return (const int64 *) ARR_DATA_PTR(uses);
}

static void
Count(Counts *counts, int64 uses, bool is_new)
{
	counts->active++;
	counts->users += uses > 0;
	counts->fresh += is_new;
	counts->uses += uses;
}

/*
 * ff._uses_by_step_add(state, uses, new_in, places): a unit, by ff._unit_uses;
 * new_in: the step of its first use ever, if that is in the range.
 */
Datum
ff_uses_by_step_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = AggregateMemory(fcinfo);
	UsesByStep *state = PG_ARGISNULL(0) ? MakeUsesByStep(context, PG_GETARG_INT32(3)) : (UsesByStep *) PG_GETARG_POINTER(0);
	int32		new_in = PG_ARGISNULL(2) ? -1 : PG_GETARG_INT32(2);
	int64		total = 0;
	const int64 *pairs;
	int			n;

	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(state);
	pairs = Pairs(PG_GETARG_ARRAYTYPE_P(1), &n);
	for (int i = 0; i < n; i++)
	{
		int64		place = pairs[2 * i];

		if (place < 0 || place > state->places)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("step " INT64_FORMAT " is none of a range of %d", place, state->places)));
		if (place > 0)
			Count(&state->counts[place], pairs[2 * i + 1], place == new_in);
		total += pairs[2 * i + 1];
	}
	Count(&state->counts[0], total, new_in >= 0);
	PG_RETURN_POINTER(state);
}

/* For each step from 0, the whole range, on: units, those who used it, those who were new, and uses. */
Datum
ff_uses_by_step_final(PG_FUNCTION_ARGS)
{
	UsesByStep *state = PG_ARGISNULL(0) ? NULL : (UsesByStep *) PG_GETARG_POINTER(0);
	int			dims[] = {0, COUNTS_WIDTH};
	int			lower[] = {0, 1};
	const int64 *numbers;
	Datum	   *cells;

	if (state == NULL)
		PG_RETURN_NULL();
	dims[0] = state->places + 1;
	numbers = (const int64 *) state->counts;
	cells = palloc(sizeof(Datum) * (Size) dims[0] * COUNTS_WIDTH);
	for (int i = 0; i < dims[0] * COUNTS_WIDTH; i++)
		cells[i] = Int64GetDatum(numbers[i]);
	PG_RETURN_ARRAYTYPE_P(construct_md_array(cells, NULL, 2, dims, lower, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
