/*
 * units.c
 *	  The table of the units of an analysis.
 */
#include "postgres.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "experiments/units.h"
#include "utils/memutils.h"

#define FIRST_SPACE 256

FFUnitKey
FFUnitKeyOf(const char *data, size_t length, uint64 seed)
{
	XXH128_hash_t hash = XXH3_128bits_withSeed(data, length, seed);

	return (FFUnitKey) {hash.high64, hash.low64};
}

/* Two places a unit of the space: the table is never more than half full. */
static void
MakePlaces(FFUnits *units)
{
	units->mask = units->space * 2 - 1;
	units->places = MemoryContextAllocExtended(units->context, sizeof(uint32) * ((Size) units->mask + 1),
											   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/* Places of all units; those that there are must be free. */
static void
FillPlaces(FFUnits *units)
{
	for (uint32 i = 0; i < units->count; i++)
	{
		uint32		place = (uint32) units->units[i].key.low & units->mask;

		while (units->places[place] != 0)
			place = (place + 1) & units->mask;
		units->places[place] = i + 1;
	}
}

void
FFUnitsStart(FFUnits *units, MemoryContext context, uint64 seed)
{
	memset(units, 0, sizeof(*units));
	units->context = context;
	units->seed = seed;
	units->space = FIRST_SPACE;
	units->units = MemoryContextAlloc(context, sizeof(FFUnit) * units->space);
	MakePlaces(units);
}

static void
Grow(FFUnits *units)
{
	if (units->space > PG_UINT32_MAX / 4)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("an analysis has room for %u units at a time", units->space)));
	units->space *= 2;
	units->units = repalloc_huge(units->units, sizeof(FFUnit) * (Size) units->space);
	pfree(units->places);
	MakePlaces(units);
	FillPlaces(units);
}

FFUnit *
FFUnitsTake(FFUnits *units, FFUnitKey key, bool *is_new)
{
	const FFUnit *found = FFUnitsFind(units->places, units->mask, units->units, key);
	FFUnit	   *unit;
	uint32		place;

	*is_new = found == NULL;
	if (found != NULL)
		return units->units + (found - units->units);
	if (units->count == units->space)
		Grow(units);
	place = (uint32) key.low & units->mask;
	while (units->places[place] != 0)
		place = (place + 1) & units->mask;
	unit = units->units + units->count++;
	units->places[place] = units->count;
	memset(unit, 0, sizeof(*unit));
	unit->key = key;
	return unit;
}

void
FFUnitsCut(FFUnits *units, uint32 count)
{
	units->count = count;
	memset(units->places, 0, sizeof(uint32) * ((Size) units->mask + 1));
	FillPlaces(units);
}

Size
FFUnitsSize(const FFUnits *units)
{
	return sizeof(FFUnit) * (Size) units->space + sizeof(uint32) * ((Size) units->mask + 1);
}

void
FFUnitsFree(FFUnits *units)
{
	pfree(units->units);
	pfree(units->places);
	units->units = NULL;
	units->places = NULL;
}
