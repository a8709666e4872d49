/*
 * sketch.h
 *	  How many different users there were: a HyperLogLog sketch.
 *
 * Registers are bytes, so that sketches of backends, hours and variations merge
 * by taking the greater one of each, and no two orders of merging differ.
 */
#ifndef FF_SKETCH_H
#define FF_SKETCH_H

#include "postgres.h"

#include "port/pg_bitutils.h"

/* A standard error of 1.04 / sqrt(2048): 2.3 %. */
#define FF_SKETCH_BITS 11
#define FF_SKETCH_BYTES (1 << FF_SKETCH_BITS)

/* Note a user by the hash of the key: one register, and never a smaller value. */
static inline void
FFSketchAdd(uint8 *sketch, uint64 hash)
{
	uint64		rest = hash >> FF_SKETCH_BITS | UINT64CONST(1) << (64 - FF_SKETCH_BITS);
	uint8		rank = pg_rightmost_one_pos64(rest) + 1;
	uint8	   *place = &sketch[hash & (FF_SKETCH_BYTES - 1)];

	if (unlikely(*place < rank))
		*place = rank;
}

/* Take over what another sketch has seen. */
extern void FFSketchMerge(uint8 *sketch, const uint8 *other);

/* About how many users a sketch has seen. */
extern double FFSketchCount(const uint8 *sketch);

#endif
