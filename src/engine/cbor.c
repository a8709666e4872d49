/*
 * cbor.c
 *	  Values in the deterministic encoding of RFC 8949.
 *
 * Numbers are those of JSON as doubles: what is integral and has a place among
 * the integers of CBOR is one of these, and all others take the shortest form
 * that keeps them.  Members are in the order of their encoded names.
 */
#include <math.h>
#include <stdlib.h>

#include "engine/cbor.h"

#define CBOR_UNSIGNED 0
#define CBOR_NEGATIVE 1
#define CBOR_STRING 3
#define CBOR_LIST 4
#define CBOR_MAP 5
#define CBOR_FALSE 0xF4
#define CBOR_TRUE 0xF5
#define CBOR_NULL 0xF6
#define CBOR_HALF 0xF9
#define CBOR_SINGLE 0xFA
#define CBOR_DOUBLE 0xFB

/* A member of an object: its name, encoded. */
typedef struct Member
{
	FFString	name;
	FFValue		value;
} Member;

static void
AddByte(FFText *text, unsigned byte)
{
	char		c = (char) byte;

	FFTextAdd(text, &c, 1);
}

static void
AddBytes(FFText *text, uint64_t number, int bytes)
{
	while (bytes > 0)
		AddByte(text, (unsigned) (number >> (8 * --bytes)) & 0xFF);
}

/* The head of an item, in its shortest form. */
void
FFCborHead(FFText *text, int major, uint64_t number)
{
	int			size = number < 24 ? -1 : number < 0x100 ? 0 : number < 0x10000 ? 1 :
		number < UINT64_C(0x100000000) ? 2 : 3;

	AddByte(text, (unsigned) major << 5 | (size < 0 ? (unsigned) number : 24u + (unsigned) size));
	if (size >= 0)
		AddBytes(text, number, 1 << size);
}

void
FFCborText(FFText *text, FFString string)
{
	bool		valid;
	FFString	utf8 = FFUtf8(string, &valid);

	FFCborHead(text, CBOR_STRING, (uint64_t) utf8.length);
	FFTextAdd(text, utf8.data, utf8.length);
}

/* The bits of a number in half precision; false: it is not exact there. */
static bool
HalfBits(double d, unsigned *bits)
{
	unsigned	sign = signbit(d) ? 0x8000 : 0;
	double		fraction = fabs(d);
	int			exponent;
	double		scaled;

	if (isinf(d))
	{
		*bits = sign | 0x7C00;
		return true;
	}
	if (fraction > 65504)
		return false;
	(void) frexp(fraction, &exponent);
	if (exponent < -13)
		exponent = -13;			/* below the least normal number */
	scaled = ldexp(fraction, 11 - exponent);
	if (scaled != floor(scaled))
		return false;
	/* the leading bit of a normal number adds one to the exponent */
	*bits = sign | (unsigned) (((exponent + 13) << 10) + (int) scaled);
	return true;
}

static void
AddFloat(FFText *text, double d)
{
	float		single = (float) d;
	uint32_t	single_bits;
	uint64_t	double_bits;
	unsigned	half;

	if (HalfBits(d, &half))
	{
		AddByte(text, CBOR_HALF);
		AddBytes(text, half, 2);
	}
	else if ((double) single == d)
	{
		memcpy(&single_bits, &single, sizeof(single_bits));
		AddByte(text, CBOR_SINGLE);
		AddBytes(text, single_bits, 4);
	}
	else
	{
		memcpy(&double_bits, &d, sizeof(double_bits));
		AddByte(text, CBOR_DOUBLE);
		AddBytes(text, double_bits, 8);
	}
}

void
FFCborNumber(FFText *text, double d)
{
	if (d == floor(d) && d >= 0 && d < 18446744073709551616.0)
		FFCborHead(text, CBOR_UNSIGNED, (uint64_t) d);
	else if (d == floor(d) && d < 0 && d >= -9223372036854775808.0)
		FFCborHead(text, CBOR_NEGATIVE, (uint64_t) -d - 1);
	else
		AddFloat(text, d);
}

void
FFCborList(FFText *text, int count)
{
	FFCborHead(text, CBOR_LIST, (uint64_t) count);
}

void
FFCborBool(FFText *text, bool truth)
{
	AddByte(text, truth ? CBOR_TRUE : CBOR_FALSE);
}

void
FFCborNull(FFText *text)
{
	AddByte(text, CBOR_NULL);
}

static int
CompareMembers(const void *a, const void *b)
{
	FFString	first = ((const Member *) a)->name;
	FFString	second = ((const Member *) b)->name;
	int			shorter = first.length < second.length ? first.length : second.length;
	int			order = memcmp(first.data, second.data, (size_t) shorter);

	return order != 0 ? order : first.length - second.length;
}

/* Members by their encoded names; their number is that of the object. */
static Member *
SortedMembers(const FFValue *object)
{
	int			count = FFCount(object);
	Member	   *members = FFAlloc((size_t) count * sizeof(Member) + 1);
	int			i = 0;
	FFString	name;
	FFValue		value;
	FFWalk		walk;

	FFWalkStart(&walk, object);
	while (FFWalkNext(&walk, &name, &value))
	{
		FFText		encoded = {0};

		FFCborText(&encoded, name);
		members[i].name = FFStringOf(encoded.data, encoded.length);
		members[i++].value = value;
	}
	qsort(members, (size_t) count, sizeof(Member), CompareMembers);
	return members;
}

static bool
AddObject(FFText *text, const FFValue *object)
{
	int			count = FFCount(object);
	Member	   *members;

	FFCborHead(text, CBOR_MAP, (uint64_t) count);
	if (count == 0)
		return true;
	members = SortedMembers(object);
	for (int i = 0; i < count; i++)
	{
		FFTextAdd(text, members[i].name.data, members[i].name.length);
		if (!FFCborValue(text, &members[i].value))
			return false;
	}
	return true;
}

static bool
AddArray(FFText *text, const FFValue *array)
{
	FFWalk		walk;
	FFValue		element;

	FFCborList(text, FFCount(array));
	FFWalkStart(&walk, array);
	while (FFWalkNext(&walk, NULL, &element))
		if (!FFCborValue(text, &element))
			return false;
	return true;
}

/* Append a value; false when it is nested too deeply. */
bool
FFCborValue(FFText *text, const FFValue *value)
{
	double		d;

	if (FFStackIsDeep())
		return false;
	switch (value->type)
	{
		case FF_BOOL:
			FFCborBool(text, value->boolean);
			return true;
		case FF_NUMBER:
			(void) FFNumberDouble(value, &d);
			FFCborNumber(text, d);
			return true;
		case FF_STRING:
			FFCborText(text, FFStringOf(value->data, value->length));
			return true;
		case FF_ARRAY:
			return AddArray(text, value);
		case FF_OBJECT:
			return AddObject(text, value);
		default:
			FFCborNull(text);
			return true;
	}
}
