/*
 * set.c
 *	  Sets of strings: linear while small, an open hash table when large.
 */
#include <string.h>

#include "engine/program.h"

#define LINEAR_LIMIT 8

/* Where key is, or belongs, in the table. */
static uint32_t
Probe(const FFSet *set, FFString key)
{
	uint32_t	place = (uint32_t) FFHash(key.data, (size_t) key.length);

	for (;; place++)
	{
		uint32_t	index = set->table[place & set->mask];
		const FFSetEntry *entry;

		if (index == 0)
			return place & set->mask;
		entry = &set->entries[index - 1];
		if (entry->length == key.length &&
			memcmp(entry->data, key.data, (size_t) key.length) == 0)
			return place & set->mask;
	}
}

/* Index all entries anew, at most half full. */
static void
Rehash(FFSet *set)
{
	uint32_t	size = 4 * LINEAR_LIMIT;

	while (size / 2 < (uint32_t) set->capacity)
		size *= 2;
	if (set->table != NULL)
		FFFree(set->table);
	set->table = FFAlloc(size * sizeof(uint32_t));
	set->mask = size - 1;
	for (int i = 0; i < set->count; i++)
	{
		FFString	key = FFStringOf(set->entries[i].data,
									 set->entries[i].length);

		set->table[Probe(set, key)] = (uint32_t) i + 1;
	}
}

/* Make room for as many entries altogether. */
void
FFSetReserve(FFSet *set, int capacity)
{
	FFSetEntry *entries;

	if (capacity <= set->capacity)
		return;
	entries = FFAlloc((size_t) capacity * sizeof(FFSetEntry));
	if (set->entries != NULL)
	{
		memcpy(entries, set->entries, (size_t) set->count * sizeof(FFSetEntry));
		FFFree(set->entries);
	}
	set->entries = entries;
	set->capacity = capacity;
	if (capacity > LINEAR_LIMIT)
		Rehash(set);
}

/* Add a key; false, and nothing done, when it is there already. */
bool
FFSetAdd(FFSet *set, FFString key, int value)
{
	FFSetEntry *entry;

	if (FFSetFind(set, key) >= 0)
		return false;
	if (set->count == set->capacity)
		FFSetReserve(set, set->capacity == 0 ? 4 : set->capacity * 2);
	if (set->table != NULL)
		set->table[Probe(set, key)] = (uint32_t) set->count + 1;
	entry = &set->entries[set->count++];
	entry->data = key.data;
	entry->length = key.length;
	entry->value = value;
	return true;
}

/* The index of a key, or -1.  Most keys differ in length or first byte. */
int
FFSetFind(const FFSet *set, FFString key)
{
	char		first = key.length > 0 ? *key.data : '\0';

	if (set->table != NULL)
		return (int) set->table[Probe(set, key)] - 1;

	for (int i = 0; i < set->count; i++)
	{
		const FFSetEntry *entry = &set->entries[i];

		if (entry->length == key.length &&
			(key.length == 0 ||
			 (*entry->data == first &&
			  FFSameBytes(entry->data, key.data, (size_t) key.length))))
			return i;
	}
	return -1;
}
