/*
 * fold.c
 *	  Comparison without regard to case: Unicode simple folding, everywhere.
 *
 * Most texts are ASCII, and are folded here.  Two other characters fold to
 * ASCII letters, the Kelvin sign and the long s, and are folded along; so a
 * constant that is ASCII after that is compared by bytes, exactly.  All other
 * constants are compared by the regular expression library.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE				/* memmem */
#endif
#include <string.h>

#include "engine/program.h"

#define KELVIN "\xE2\x84\xAA"
#define LONG_S "\xC5\xBF"

/* Fold what folds to ASCII from text into out, which has room for it. */
static int
FoldBytes(FFString text, char *out)
{
	int			length = 0;

	for (int i = 0; i < text.length; i++)
	{
		char		c = text.data[i];

		if (c >= 'A' && c <= 'Z')
			c = (char) (c + ('a' - 'A'));
		else if (c == KELVIN[0] && text.length - i >= 3 &&
				 memcmp(text.data + i, KELVIN, 3) == 0)
		{
			c = 'k';
			i += 2;
		}
		else if (c == LONG_S[0] && text.length - i >= 2 &&
				 text.data[i + 1] == LONG_S[1])
		{
			c = 's';
			i += 1;
		}
		out[length++] = c;
	}
	return length;
}

/* Whether a byte is not the first one of a character. */
static inline bool
IsContinuation(char byte)
{
	return ((unsigned char) byte & 0xC0) == 0x80;
}

/* The number of characters in UTF-8 text. */
static int
CountPoints(FFString text)
{
	int			points = 0;

	for (int i = 0; i < text.length; i++)
		points += !IsContinuation(text.data[i]);
	return points;
}

static bool
IsAscii(FFString text)
{
	for (int i = 0; i < text.length; i++)
		if ((unsigned char) text.data[i] >= 0x80)
			return false;
	return true;
}

/* Prepare a constant; false when it is too much for the library. */
bool
FFFoldInit(FFFold *fold, FFRegexSetup *setup, FFString text, FFPlace place)
{
	bool		valid;
	FFString	utf8 = FFUtf8(text, &valid);
	char	   *folded = FFAlloc((size_t) utf8.length + 1);
	char		message[8];

	fold->folded = FFStringOf(folded, FoldBytes(utf8, folded));
	fold->points = CountPoints(fold->folded);
	if (IsAscii(fold->folded) || !valid)
		return true;
	fold->regex = FFRegexCompile(setup, text, place == FF_PLACE_ANYWHERE ?
								 FF_REGEX_INFIX : FF_REGEX_EQUAL, true,
								 message, sizeof(message));
	return fold->regex != NULL;
}

/* Prepare a text to compare with such constants. */
void
FFFoldStart(FFFolded *folded, FFString text)
{
	char	   *out = folded->buffer;

	folded->original = text;
	folded->utf8 = FFUtf8(text, &folded->valid);
	if (folded->utf8.length > (int) sizeof(folded->buffer))
		out = FFAlloc((size_t) folded->utf8.length);
	folded->folded = FFStringOf(out, FoldBytes(folded->utf8, out));
	folded->ascii = IsAscii(folded->folded);
	folded->points = CountPoints(folded->folded);
}

/* Give back what the preparation took. */
void
FFFoldEnd(FFFolded *folded)
{
	if (folded->folded.data != folded->buffer)
		FFFree((void *) folded->folded.data);
	if (folded->utf8.data != folded->original.data)
		FFFree((void *) folded->utf8.data);
}

/* Compare bytes at the place that is asked for. */
static bool
BytesMatch(FFString wanted, FFPlace place, FFString text)
{
	size_t		length = (size_t) wanted.length;

	if (wanted.length > text.length)
		return false;
	switch (place)
	{
		case FF_PLACE_START:
			return memcmp(text.data, wanted.data, length) == 0;
		case FF_PLACE_END:
			return memcmp(text.data + text.length - wanted.length,
						  wanted.data, length) == 0;
		case FF_PLACE_ANYWHERE:
			return memmem(text.data, (size_t) text.length,
						  wanted.data, length) != NULL;
		default:
			return FFStringEquals(wanted, text);
	}
}

/*
 * The part of a text that has to equal a constant of so many characters:
 * folding leaves their number as it is.
 */
static FFString
PartOf(FFString text, FFPlace place, int points)
{
	int			length = 0;

	if (place == FF_PLACE_START)
	{
		while (length < text.length &&
			   (points > 0 || IsContinuation(text.data[length])))
			points -= !IsContinuation(text.data[length++]);
		text.length = length;
	}
	else if (place == FF_PLACE_END)
	{
		while (length < text.length && points > 0)
			points -= !IsContinuation(text.data[text.length - ++length]);
		text.data += text.length - length;
		text.length = length;
	}
	return text;
}

/* Whether a text equals, or starts with, ..., a constant, whatever the case. */
bool
FFFoldMatches(const FFFold *fold, FFPlace place, const FFFolded *folded)
{
	if (BytesMatch(fold->folded, place, folded->folded))
		return true;
	if (fold->regex == NULL || folded->ascii || fold->points > folded->points)
		return false;
	if (place == FF_PLACE_WHOLE && fold->points != folded->points)
		return false;
	return FFRegexMatches(fold->regex, PartOf(folded->utf8, place, fold->points),
						  folded->valid);
}
