/*
 * standin.h
 *	  The engine's values without a server: JSON text, malloc, no jsonb.
 */
#ifndef FF_TEST_STANDIN_H
#define FF_TEST_STANDIN_H

#include "engine/engine.h"

/* What the opaque values point to. */
typedef struct Container
{
	int			count;
	int			capacity;
	FFString   *names;			/* objects */
	FFValue    *values;
} Container;

/* 0.digits times ten to the exponent; no digits: zero */
typedef struct Number
{
	bool		negative;
	int			exponent;
	int			decimals;		/* as written */
	int			length;
	char		digits[];
} Number;

/* Write a character of the basic plane as UTF-8; returns its bytes. */
extern int	StandinEncode(unsigned point, char *out);

/* Parse JSON text; FF_ABSENT when it is not JSON. */
extern FFValue StandinParse(const char *text, int length);

/* The same, of a constant that has to be right. */
extern FFValue Json(const char *text);

extern FFString Str(const char *text);	/* NULL: no string */

/* Free everything that was allocated since the last call. */
extern void StandinReset(void);

/* What was allocated since then stays for good. */
extern void StandinKeep(void);
extern long StandinAllocations(void);	/* made so far */

/* Let library allocations fail once so many more have succeeded; -1: never. */
extern void StandinFailAfter(long allocations);

extern long StandinInterrupts(void);	/* how often they were checked */

/* Where FFRandom goes on from. */
extern void StandinSeed(uint64_t seed);

/* Text is Latin-1, as in a database of that encoding. */
extern void StandinLatin1(bool on);

#endif
