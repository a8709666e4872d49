/*
 * fuzz.h
 *	  What the parts of the fuzzer share.
 */
#ifndef FF_TEST_FUZZ_H
#define FF_TEST_FUZZ_H

#include "engine/program.h"

#define FUZZ_STRINGS 33
#define PICK(list) ((list)[Below(FF_LENGTH(list))])

extern const char *const strings[FUZZ_STRINGS];	/* keys and constants of any kind */

extern uint64_t Random(void);
extern int	Below(int limit);
extern bool OneIn(int times);

/* Abort, naming the seed, unless it holds. */
extern void Check(bool holds, const char *what);

extern void Add(FFText *text, const char *data);

/* Change, drop, double or swap some bytes of a text. */
extern void Damage(FFText *text);

extern void FuzzTexts(void);
extern void FuzzRecipes(void);
extern void FuzzFlavours(void);

#endif
