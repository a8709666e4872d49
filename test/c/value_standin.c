/*
 * value_standin.c
 *	  engine/value.h over plain JSON text and malloc.
 *
 * Numbers are exact decimals, objects are sorted and free of duplicates, as in
 * jsonb; every piece of memory is a malloc of its own, so that an address
 * sanitizer sees each access that is out of bounds.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "standin.h"

#define STACK_BYTES (3 * 1024 * 1024)

typedef struct Block
{
	struct Block *previous;
	struct Block *next;
} Block;

static Block blocks = {&blocks, &blocks};
static long allocations;
static long fail_after = -1;
static long interrupts;
static uint64_t chance = 1;
static bool latin1;

/* --- memory -------------------------------------------------------------- */

static void *
Allocate(size_t size)
{
	Block	   *block = calloc(1, sizeof(Block) + (size > 0 ? size : 1));

	if (block == NULL)
		abort();
	allocations++;
	block->next = blocks.next;
	block->previous = &blocks;
	blocks.next->previous = block;
	blocks.next = block;
	return block + 1;
}

void *
FFAlloc(size_t size)
{
	return Allocate(size);
}

void *
FFAllocNoThrow(size_t size)
{
	void	   *pointer;

	if (fail_after == 0)
		return NULL;
	if (fail_after > 0)
		fail_after--;
	pointer = Allocate(size);
	memset(pointer, 0x7E, size);	/* not zeroed: nobody may count on it */
	return pointer;
}

void
FFFree(void *pointer)
{
	Block	   *block = (Block *) pointer - 1;

	block->previous->next = block->next;
	block->next->previous = block->previous;
	free(block);
}

void
StandinReset(void)
{
	while (blocks.next != &blocks)
		FFFree(blocks.next + 1);
}

void
StandinKeep(void)
{
	if (blocks.next == &blocks)
		return;
	blocks.next->previous = blocks.previous;
	blocks.previous->next = blocks.next;
	blocks.next = blocks.previous = &blocks;
}

long
StandinAllocations(void)
{
	return allocations;
}

void
StandinFailAfter(long count)
{
	fail_after = count;
}

void
StandinSeed(uint64_t seed)
{
	chance = seed;
}

/* The same numbers in every run. */
double
FFRandom(void)
{
	chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double) (chance >> 11) / 9007199254740992.0;
}

void
FFCheckInterrupts(void)
{
	interrupts++;
}

long
StandinInterrupts(void)
{
	return interrupts;
}

/* The first caller's frame is taken for the bottom of the stack. */
bool
FFStackIsDeep(void)
{
	static char *bottom;
	char	   *here = __builtin_frame_address(0);

	if (bottom == NULL || here > bottom)
		bottom = here;
	return bottom - here > STACK_BYTES;
}

/* --- objects and arrays ----------------------------------------------------- */

static const Container *
ContainerOf(const FFValue *value)
{
	return (const Container *) value->data;
}

int
FFCount(const FFValue *container)
{
	return ContainerOf(container)->count;
}

FFValue
FFElement(const FFValue *array, int index)
{
	FFValue		absent = {0};

	if (index < 0 || index >= FFCount(array))
		return absent;
	return ContainerOf(array)->values[index];
}

FFValue
FFMember(const FFValue *object, const char *name, int length)
{
	const Container *container = ContainerOf(object);
	FFValue		absent = {0};

	for (int i = 0; i < container->count; i++)
		if (container->names[i].length == length &&
			memcmp(container->names[i].data, name, (size_t) length) == 0)
			return container->values[i];
	return absent;
}

void
FFWalkStart(FFWalk *walk, const FFValue *container)
{
	walk->container = container;
	walk->next = 0;
}

bool
FFWalkNext(FFWalk *walk, FFString *name, FFValue *value)
{
	const Container *container = ContainerOf(walk->container);

	if (walk->next >= container->count)
		return false;
	if (name != NULL)
		*name = container->names[walk->next];
	*value = container->values[walk->next++];
	return true;
}

int
FFNameCompare(FFString a, FFString b)
{
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	return memcmp(a.data, b.data, (size_t) a.length);
}

void
FFCollect(const FFValue *object, const FFString *names, int count,
		  FFValue *values)
{
	for (int i = 0; i < count; i++)
	{
		if (i > 0 && FFNameCompare(names[i - 1], names[i]) >= 0)
			abort();			/* they must be sorted */
		values[i] = FFMember(object, names[i].data, names[i].length);
	}
}

/* --- numbers ------------------------------------------------------------------ */

static int
CompareMagnitudes(const Number *a, const Number *b)
{
	int			shorter = a->length < b->length ? a->length : b->length;
	int			order;

	if (a->length == 0 || b->length == 0)
		return (a->length > 0) - (b->length > 0);
	if (a->exponent != b->exponent)
		return a->exponent < b->exponent ? -1 : 1;
	order = memcmp(a->digits, b->digits, (size_t) shorter);
	return order != 0 ? order : a->length - b->length;
}

int
FFNumberCompare(const FFValue *a, const FFValue *b)
{
	const Number *first = (const Number *) a->data;
	const Number *second = (const Number *) b->data;

	if (first->negative != second->negative)
		return first->negative ? -1 : 1;
	return first->negative ? CompareMagnitudes(second, first) :
		CompareMagnitudes(first, second);
}

bool
FFNumberIsShort(const FFValue *number)
{
	const Number *n = (const Number *) number->data;

	return n->length <= 12 && n->exponent < 250 && n->exponent > -250;
}

bool
FFNumberScaled(const FFValue *number, int decimals, int64_t *result)
{
	const Number *n = (const Number *) number->data;
	int			digits = n->exponent + decimals;

	*result = 0;
	if (n->length == 0)
		return true;
	if (digits < n->length || digits > 18)
		return false;
	for (int i = 0; i < digits; i++)
		*result = *result * 10 + (i < n->length ? n->digits[i] - '0' : 0);
	if (n->negative)
		*result = -*result;
	return true;
}

bool
FFNumberDouble(const FFValue *number, double *d)
{
	FFString	text = FFNumberText(number);
	char	   *terminated = FFAlloc((size_t) text.length + 1);

	memcpy(terminated, text.data, (size_t) text.length);
	*d = strtod(terminated, NULL);
	FFFree(terminated);
	FFFree((char *) text.data);
	return isfinite(*d);
}

int
FFNumberDecimals(const FFValue *number)
{
	return ((const Number *) number->data)->decimals;
}

FFString
FFNumberText(const FFValue *number)
{
	const Number *n = (const Number *) number->data;
	int			before = n->exponent > 0 ? n->exponent : 0;
	int			after = n->length - n->exponent > 0 ? n->length - n->exponent : 0;
	char	   *text = FFAlloc((size_t) (before + after + 4));
	int			length = 0;

	if (n->negative)
		text[length++] = '-';
	if (before == 0)
		text[length++] = '0';
	for (int i = 0; i < before; i++)
		text[length++] = i < n->length ? n->digits[i] : '0';
	if (after > 0)
		text[length++] = '.';
	for (int i = n->exponent; i < n->length; i++)
		text[length++] = i < 0 ? '0' : n->digits[i];
	return (FFString) {text, length};
}

FFValue
FFCopy(const FFValue *value)
{
	FFValue		copy = *value;
	const Number *number = (const Number *) value->data;
	size_t		size = (size_t) value->length;

	if (value->type == FF_NUMBER)
		size = sizeof(Number) + (size_t) number->length;
	else if (value->type != FF_STRING)
		return copy;
	copy.data = FFAlloc(size);
	memcpy((char *) copy.data, value->data, size);
	return copy;
}

/* --- encodings ------------------------------------------------------------------ */

/* Write a character of the basic plane as UTF-8; returns its bytes. */
int
StandinEncode(unsigned point, char *out)
{
	if (point < 0x80)
	{
		out[0] = (char) point;
		return 1;
	}
	if (point < 0x800)
	{
		out[0] = (char) (0xC0 | point >> 6);
		out[1] = (char) (0x80 | (point & 0x3F));
		return 2;
	}
	out[0] = (char) (0xE0 | point >> 12);
	out[1] = (char) (0x80 | (point >> 6 & 0x3F));
	out[2] = (char) (0x80 | (point & 0x3F));
	return 3;
}

void
StandinLatin1(bool on)
{
	latin1 = on;
}

/* The bytes of the well-formed character at the start of text, or 0. */
static int
CharacterLength(const unsigned char *text, int length)
{
	static const unsigned minimum[] = {0, 0, 0x80, 0x800, 0x10000};
	int			bytes = text[0] < 0x80 ? 1 : text[0] < 0xC2 ? 0 :
		text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : text[0] < 0xF5 ? 4 : 0;
	unsigned	point;

	if (bytes == 0 || bytes > length)
		return 0;
	point = bytes == 1 ? text[0] : text[0] & (0xFFu >> (bytes + 1));
	for (int i = 1; i < bytes; i++)
	{
		if ((text[i] & 0xC0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3F);
	}
	if (point < minimum[bytes] || point > 0x10FFFF ||
		(point >= 0xD800 && point < 0xE000))
		return 0;
	return bytes;
}

static bool
IsUtf8(FFString text)
{
	int			i = 0;

	while (i < text.length)
	{
		int			bytes = CharacterLength((const unsigned char *) text.data + i,
											text.length - i);

		if (bytes == 0)
			return false;
		i += bytes;
	}
	return true;
}

FFString
FFUtf8(FFString text, bool *valid)
{
	char	   *utf8;
	int			length = 0;
	bool		ascii = true;

	for (int i = 0; i < text.length; i++)
		ascii &= (unsigned char) text.data[i] < 0x80;
	if (!latin1 || ascii)
	{
		*valid = IsUtf8(text);
		return text;
	}
	utf8 = FFAlloc((size_t) text.length * 2);
	for (int i = 0; i < text.length; i++)
		length += StandinEncode((unsigned char) text.data[i], utf8 + length);
	*valid = true;
	return (FFString) {utf8, length};
}

int
FFClip(FFString text, int limit)
{
	int			length = text.length;

	if (length <= limit)
		return length;
	length = limit;
	while (!latin1 && length > 0 &&
		   ((unsigned char) text.data[length] & 0xC0) == 0x80)
		length--;
	return length;
}
