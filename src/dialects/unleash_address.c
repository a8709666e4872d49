/*
 * unleash_address.c
 *	  Internet addresses and networks: 10.1.0.0/16, 2001:db8::/32.
 *
 * Numbers have no leading zeros in version 4, at most four digits in a group
 * of version 6; a zone after % does not count.
 */
#include "dialects/unleash.h"

#define GROUPS 8

/* A number of at most so many digits, up to a limit, that is all of the text. */
static bool
ReadNumber(FFString text, int digits, int limit, bool zeros, int *number)
{
	*number = 0;
	if (text.length < 1 || text.length > digits || (!zeros && text.length > 1 && text.data[0] == '0'))
		return false;
	for (int i = 0; i < text.length; i++)
	{
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*number = *number * 10 + (text.data[i] - '0');
	}
	return *number <= limit;
}

/* Cut "/bits" off the end; without it all bits count. */
static bool
CutBits(FFString *text, int digits, int most, int *bits)
{
	int			at = text->length;

	*bits = most;
	while (at > 0 && text->data[at - 1] != '/')
		at--;
	if (at == 0)
		return true;
	if (!ReadNumber(FFStringOf(text->data + at, text->length - at), digits, most, true, bits))
		return false;
	text->length = at - 1;
	return true;
}

/* Four numbers with points in between. */
static bool
ReadQuad(FFString text, unsigned char *bytes)
{
	FFString	rest = text;
	FFString	part;
	int			number;
	int			count = 0;

	if (text.length > 15)
		return false;
	while (FFSplit(&rest, '.', &part))
	{
		if (count == 4 || !ReadNumber(part, 3, 255, false, &number))
			return false;
		bytes[count++] = (unsigned char) number;
	}
	return count == 4;
}

bool
FFParseNetwork4(FFString text, FFNetwork *network)
{
	memset(network, 0, sizeof(*network));
	return CutBits(&text, 2, 32, &network->bits) && ReadQuad(text, network->bytes);
}

/* A zone, from % on, and the bits, which may come before or after it. */
static bool
CutZone(FFString *text, int *bits)
{
	const char *zone;

	if (!CutBits(text, 3, 128, bits))
	{
		zone = memchr(text->data, '%', (size_t) text->length);
		if (zone == NULL || memchr(zone, '/', (size_t) (text->data + text->length - zone)) != NULL)
			return false;
		text->length = (int) (zone - text->data);
		return CutBits(text, 3, 128, bits);
	}
	zone = memchr(text->data, '%', (size_t) text->length);
	if (zone != NULL)
		text->length = (int) (zone - text->data);
	return true;
}

/* One to four hexadecimal digits. */
static bool
ReadGroup(FFString text, unsigned char *bytes)
{
	unsigned	number = 0;

	if (text.length < 1 || text.length > 4)
		return false;
	for (int i = 0; i < text.length; i++)
	{
		char		c = text.data[i];
		int			digit = c >= '0' && c <= '9' ? c - '0' :
			c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (digit < 0)
			return false;
		number = number << 4 | (unsigned) digit;
	}
	bytes[0] = (unsigned char) (number >> 8);
	bytes[1] = (unsigned char) number;
	return true;
}

/* Groups with colons in between, the last of which may be a version 4 address. */
static bool
ReadGroups(FFString text, bool last, unsigned char *bytes, int *count)
{
	FFString	rest = text;
	FFString	part;

	*count = 0;
	if (text.length == 0)
		return true;
	while (FFSplit(&rest, ':', &part))
	{
		bool		quad = last && rest.data == NULL && *count <= GROUPS - 2 && part.length > 6;

		if (quad && ReadQuad(part, bytes + 2 * *count))
		{
			*count += 2;
			return true;
		}
		if (*count == GROUPS || !ReadGroup(part, bytes + 2 * *count))
			return false;
		(*count)++;
	}
	return true;
}

/* Where :: stands; NULL where it does not. */
static const char *
FindGap(FFString text)
{
	for (int i = 0; i + 1 < text.length; i++)
		if (text.data[i] == ':' && text.data[i + 1] == ':')
			return text.data + i;
	return NULL;
}

bool
FFParseNetwork6(FFString text, FFNetwork *network)
{
	unsigned char tail[16];
	const char *gap;
	int			first;
	int			last;

	memset(network, 0, sizeof(*network));
	network->v6 = true;
	if (!CutZone(&text, &network->bits))
		return false;
	gap = FindGap(text);
	if (gap == NULL)
		return ReadGroups(text, true, network->bytes, &first) && first == GROUPS;
	if (!ReadGroups(FFStringOf(text.data, (int) (gap - text.data)), false, network->bytes, &first) ||
		!ReadGroups(FFStringOf(gap + 2, (int) (text.data + text.length - gap - 2)), true, tail, &last) ||
		first + last >= GROUPS)
		return false;
	memcpy(network->bytes + 2 * (GROUPS - last), tail, 2 * (size_t) last);
	return true;
}

/* Whether two addresses agree in so many leading bits. */
static bool
SameBits(const FFNetwork *a, const FFNetwork *b, int bits)
{
	int			whole = bits / 8;
	int			rest = bits % 8;

	if (a->v6 != b->v6 || memcmp(a->bytes, b->bytes, (size_t) whole) != 0)
		return false;
	return rest == 0 || ((a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest)) == 0;
}

/* A network is in another one that is not smaller. */
bool
FFNetworkContains(const FFNetwork *network, const FFNetwork *address)
{
	return address->bits >= network->bits && SameBits(network, address, network->bits);
}

bool
FFNetworkEquals(const FFNetwork *a, const FFNetwork *b)
{
	return SameBits(a, b, a->v6 ? 128 : 32);
}
