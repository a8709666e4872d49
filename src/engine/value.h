/*
 * value.h
 *	  The engine's only window on jsonb, numeric, memory and encodings.
 *
 * value.c implements it over PostgreSQL; test/c/value_standin.c implements it
 * over plain JSON text and malloc, so that the engine is unit tested and
 * fuzzed outside a server.  Nothing else in this folder may call PostgreSQL.
 */
#ifndef FF_ENGINE_VALUE_H
#define FF_ENGINE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum FFValueType
{
	FF_ABSENT = 0,
	FF_NULL,
	FF_BOOL,
	FF_NUMBER,
	FF_STRING,
	FF_ARRAY,
	FF_OBJECT
} FFValueType;

/* A borrowed view of one JSON value; it lives as long as its document. */
typedef struct FFValue
{
	FFValueType type;
	bool		boolean;		/* FF_BOOL */
	int			length;			/* FF_STRING: bytes */
	const char *data;			/* FF_STRING: bytes in the database encoding,
								 * not terminated; FF_NUMBER, FF_ARRAY,
								 * FF_OBJECT: opaque to the engine */
} FFValue;

/* A borrowed piece of text in the database encoding. */
typedef struct FFString
{
	const char *data;			/* NULL: no string at all */
	int			length;
} FFString;

/* Memory: belongs to the context current at the time of the call. */
extern void *FFAlloc(size_t size);	/* zeroed; never returns NULL */
extern void *FFAllocNoThrow(size_t size);	/* for library callbacks */
extern void FFFree(void *pointer);

/* A random number from 0 to less than 1, another one each time. */
extern double FFRandom(void);

/* Give cancel and statement_timeout a chance in long loops. */
extern void FFCheckInterrupts(void);
extern bool FFStackIsDeep(void);

/* Objects and arrays. */
extern int	FFCount(const FFValue *container);
extern FFValue FFElement(const FFValue *array, int index);
extern FFValue FFMember(const FFValue *object, const char *name, int length);

/* Walk members (name is set) or elements in order, O(n) altogether. */
typedef struct FFWalk
{
	const FFValue *container;
	int			next;
	unsigned	offset;			/* private */
	unsigned	value_offset;	/* private */
} FFWalk;
extern void FFWalkStart(FFWalk *walk, const FFValue *container);
extern bool FFWalkNext(FFWalk *walk, FFString *name, FFValue *value);

/*
 * Fetch many members in one ordered pass.  Names must be sorted by
 * FFNameCompare; those that are missing come out FF_ABSENT.
 */
extern int	FFNameCompare(FFString a, FFString b);
extern void FFCollect(const FFValue *object, const FFString *names, int count,
					  FFValue *values);

/* Whether two pieces of the same length are equal; most are short. */
static inline bool
FFSameBytes(const char *a, const char *b, size_t length)
{
	uint64_t	x[2];
	uint64_t	y[2];

	if (length > 16)
		return memcmp(a, b, length) == 0;
	if (length < 4)
	{
		for (size_t i = 0; i < length; i++)
			if (a[i] != b[i])
				return false;
		return true;
	}
	if (length >= 8)
	{
		memcpy(&x[0], a, 8);
		memcpy(&x[1], a + length - 8, 8);
		memcpy(&y[0], b, 8);
		memcpy(&y[1], b + length - 8, 8);
		return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
	}
	x[0] = y[0] = x[1] = y[1] = 0;
	memcpy(&x[0], a, 4);
	memcpy(&x[1], a + length - 4, 4);
	memcpy(&y[0], b, 4);
	memcpy(&y[1], b + length - 4, 4);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

/* Numbers: exact decimal, of any size. */
extern int	FFNumberCompare(const FFValue *a, const FFValue *b);
extern bool FFNumberIsShort(const FFValue *number); /* doubles compare as such numbers do;
													 * false: perhaps not */
extern bool FFNumberScaled(const FFValue *number, int decimals, int64_t *result);	/* false: not exact or too big */
extern bool FFNumberDouble(const FFValue *number, double *d);	/* the nearest; false:
																 * infinite */
extern int	FFNumberDecimals(const FFValue *number);	/* as written: 2 of 1.50 */
extern FFString FFNumberText(const FFValue *number);	/* canonical, no trailing
														 * zeros; allocated */

/* Deep copy into the current context (constants of compiled rules). */
extern FFValue FFCopy(const FFValue *value);

/*
 * UTF-8 form of text in the database encoding: the text itself where it is
 * UTF-8 (or SQL_ASCII) already.  *valid tells that the result is known to be
 * well-formed.
 */
extern FFString FFUtf8(FFString text, bool *valid);

/* The longest prefix of at most limit bytes that ends between characters. */
extern int	FFClip(FFString text, int limit);

#endif
