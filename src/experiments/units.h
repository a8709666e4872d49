/*
 * units.h
 *	  Who was exposed to what: the table that an analysis looks events up in.
 *
 * A unit is known by 128 bits of a seeded hash of its key.  Of its exposures
 * those two are kept that decide all: the first, and the first of another
 * variation.
 */
#ifndef FF_UNITS_H
#define FF_UNITS_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* As many variations, and phases, as a unit's row has room for. */
#define FF_UNIT_VARIATIONS 0xffff
#define FF_UNIT_PHASES 0x7fff

typedef struct FFUnitKey
{
	uint64		high;
	uint64		low;
} FFUnitKey;

/* Levels, variations and phases are numbers of the analysis. */
typedef struct FFUnit
{
	FFUnitKey	key;
	TimestampTz at;
	TimestampTz other_at;		/* first exposure to another variation, or DT_NOEND */
	uint32		level;
	uint16		variation;
	uint16		phase:15;
	uint16		excluded:1;
} FFUnit;

/* Open addressing: places hold numbers of units, counted from 1; 0 is free. */
typedef struct FFUnits
{
	MemoryContext context;
	uint64		seed;
	uint32		count;
	uint32		space;
	uint32		mask;
	uint32	   *places;
	FFUnit	   *units;
} FFUnits;

extern FFUnitKey FFUnitKeyOf(const char *data, size_t length, uint64 seed);
extern void FFUnitsStart(FFUnits *units, MemoryContext context, uint64 seed);

/* The unit of a key, made where there is none; is_new tells. */
extern FFUnit *FFUnitsTake(FFUnits *units, FFUnitKey key, bool *is_new);

/* Units have been moved together: so many, in another order, are left. */
extern void FFUnitsCut(FFUnits *units, uint32 count);

/* Bytes that it takes now, and those of so many units. */
extern Size FFUnitsSize(const FFUnits *units);

extern void FFUnitsFree(FFUnits *units);

/* Look up in places and units wherever they lie. */
static inline const FFUnit *
FFUnitsFind(const uint32 *places, uint32 mask, const FFUnit *units, FFUnitKey key)
{
	for (uint32 place = (uint32) key.low & mask; places[place] != 0; place = (place + 1) & mask)
	{
		const FFUnit *unit = units + places[place] - 1;

		if (unit->key.low == key.low && unit->key.high == key.high)
			return unit;
	}
	return NULL;
}

#endif
