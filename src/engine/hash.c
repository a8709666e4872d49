/*
 * hash.c
 *	  Hash functions of 32 bits that other systems bucket by.
 *
 * No machine's byte order shows in them: bytes are put together by shifts.
 */
#include "engine/recipe.h"

#define FNV_BASIS 0x811C9DC5u
#define FNV_PRIME 0x01000193u
#define CRC_POLYNOMIAL 0xEDB88320u	/* IEEE 802.3, reflected */

static inline uint32_t
RotateLeft(uint32_t x, int bits)
{
	return x << bits | x >> (32 - bits);
}

/* The first bytes of a block, up to four, the least significant first. */
static inline uint32_t
Block(const unsigned char *bytes, size_t length)
{
	uint32_t	block = 0;

	for (size_t i = 0; i < length; i++)
		block |= (uint32_t) bytes[i] << (8 * i);
	return block;
}

static inline uint32_t
MurmurBlock(uint32_t block)
{
	return RotateLeft(block * 0xCC9E2D51u, 15) * 0x1B873593u;
}

/* MurmurHash3_x86_32, by Austin Appleby (public domain). */
uint32_t
FFMurmur3(const void *data, size_t length, uint32_t seed)
{
	const unsigned char *bytes = data;
	uint32_t	hash = seed;
	size_t		i = 0;

	for (; i + 4 <= length; i += 4)
		hash = RotateLeft(hash ^ MurmurBlock(Block(bytes + i, 4)), 13) * 5 + 0xE6546B64u;
	if (i < length)
		hash ^= MurmurBlock(Block(bytes + i, length - i));
	hash ^= (uint32_t) length;
	hash = (hash ^ hash >> 16) * 0x85EBCA6Bu;
	hash = (hash ^ hash >> 13) * 0xC2B2AE35u;
	return hash ^ hash >> 16;
}

/* FNV-1a of 32 bits, by Fowler, Noll and Vo. */
uint32_t
FFFnv1a(const void *data, size_t length)
{
	const unsigned char *bytes = data;
	uint32_t	hash = FNV_BASIS;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	return hash;
}

/* The same where a step takes in a unit of two bytes, the greatest first. */
uint32_t
FFFnv1aUnits(const void *data, size_t length)
{
	const unsigned char *bytes = data;
	uint32_t	hash = FNV_BASIS;

	for (size_t i = 0; i + 2 <= length; i += 2)
		hash = (hash ^ ((uint32_t) bytes[i] << 8 | bytes[i + 1])) * FNV_PRIME;
	return hash;
}

/* CRC-32 of zlib, Ethernet and PNG: keys are short, and a table is not needed. */
uint32_t
FFCrc32(const void *data, size_t length)
{
	const unsigned char *bytes = data;
	uint32_t	crc = 0xFFFFFFFFu;

	for (size_t i = 0; i < length; i++)
	{
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (CRC_POLYNOMIAL & -(crc & 1));
	}
	return ~crc;
}
