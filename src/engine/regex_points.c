/*
 * regex_points.c
 *	  Sets of characters, and what they become without regard to case.
 */
#include "engine/regex_translate.h"

/* The first range that ends at a character or behind it. */
static int
Search(const FFPoints *points, int point)
{
	int			low = 0;
	int			high = points->count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (points->ranges[middle][1] < point)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether all of a range is in a set. */
bool
FFPointsContain(const FFPoints *points, int first, int last)
{
	int			at = Search(points, first);

	return at < points->count && points->ranges[at][0] <= first &&
		points->ranges[at][1] >= last;
}

static void
Grow(FFPoints *points)
{
	int			(*old)[2] = points->ranges;

	if (points->count < points->capacity)
		return;
	points->capacity = points->capacity == 0 ? 16 : points->capacity * 2;
	points->ranges = FFAlloc(sizeof(*points->ranges) * (size_t) points->capacity);
	if (old == NULL)
		return;
	memcpy(points->ranges, old, sizeof(*old) * (size_t) points->count);
	FFFree(old);
}

/* Add a range; those that it meets become one with it. */
bool
FFPointsAdd(FFPoints *points, int first, int last)
{
	int			start = Search(points, first - 1);
	int			end;

	if (FFPointsContain(points, first, last))
		return false;
	for (end = start; end < points->count && points->ranges[end][0] <= last + 1; end++)
	{
		first = points->ranges[end][0] < first ? points->ranges[end][0] : first;
		last = points->ranges[end][1] > last ? points->ranges[end][1] : last;
	}
	Grow(points);
	memmove(points->ranges + start + 1, points->ranges + end,
			sizeof(*points->ranges) * (size_t) (points->count - end));
	points->count += 1 - (end - start);
	points->ranges[start][0] = first;
	points->ranges[start][1] = last;
	return true;
}

/* Add ranges written as two ASCII characters each. */
void
FFPointsAddText(FFPoints *points, const char *ranges)
{
	for (; *ranges != '\0'; ranges += 2)
		FFPointsAdd(points, ranges[0], ranges[1]);
}

/* Add all of another set. */
void
FFPointsUnite(FFPoints *points, const FFPoints *others)
{
	for (int i = 0; i < others->count; i++)
		FFPointsAdd(points, others->ranges[i][0], others->ranges[i][1]);
}

void
FFPointsFree(FFPoints *points)
{
	if (points->ranges != NULL)
		FFFree(points->ranges);
	memset(points, 0, sizeof(*points));
}

/* Turn a set into what is not in it, up to a last character. */
void
FFPointsComplement(FFPoints *points, int last)
{
	FFPoints	others = {0};
	int			next = 0;

	for (int i = 0; i < points->count; i++)
	{
		if (points->ranges[i][0] > next)
			FFPointsAdd(&others, next, points->ranges[i][0] - 1);
		next = points->ranges[i][1] + 1;
	}
	if (next <= last)
		FFPointsAdd(&others, next, last);
	FFPointsFree(points);
	*points = others;
}

/* --- case --------------------------------------------------------------------- */

/*
 * Whether a mapping makes two characters the same.  JavaScript goes by what
 * toUpperCase gives where that is one code unit, and never lets a character
 * become ASCII.  The two letters i that Turkish has besides are the same as i
 * in Python only.
 */
static bool
Counts(int point, int other, bool to_upper, FFCasing casing)
{
	switch (casing)
	{
		case FF_CASING_ASCII:
			return point < 0x80 && other < 0x80;
		case FF_CASING_SIMPLE:
			return point != 0x130 && point != 0x131;
		case FF_CASING_JAVASCRIPT:
			return to_upper && point < 0x10000 &&
				(point < 0x80 || other >= 0x80) &&
				!(point >= 0x1F80 && point < 0x1FB0) && point != 0x1FB3 &&
				point != 0x1FC3 && point != 0x1FF3;
		default:
			return true;
	}
}

/* Add the other of two characters that are the same to a set with one of them. */
static bool
AddPair(FFPoints *points, int a, int b)
{
	bool		grown = false;

	if (FFPointsContain(points, a, a))
		grown = FFPointsAdd(points, b, b);
	if (FFPointsContain(points, b, b))
		grown |= FFPointsAdd(points, a, a);
	return grown;
}

/* Whether any of a range is in a set. */
static bool
Meets(const FFPoints *points, int first, int last)
{
	int			at = Search(points, first);

	return at < points->count && points->ranges[at][0] <= last;
}

/* Go through one table of mappings once; whether the set has grown. */
static bool
FoldOnce(FFPoints *points, bool to_upper, FFCasing casing)
{
	int			count;
	const FFCaseRange *ranges = FFCaseRanges(to_upper, &count);
	bool		grown = false;

	for (int i = 0; i < count; i++)
	{
		const FFCaseRange *range = &ranges[i];

		if (!Meets(points, range->first, range->last) &&
			!Meets(points, range->first + range->delta, range->last + range->delta))
			continue;
		for (int point = range->first; point <= range->last; point += range->step)
			if (Counts(point, point + range->delta, to_upper, casing))
				grown |= AddPair(points, point, point + range->delta);
	}
	return grown;
}

/* What is the same, by the foldings of Unicode 15.1, though neither is the other's case. */
static bool
FoldTwins(FFPoints *points)
{
	bool		grown = AddPair(points, 0x390, 0x1FD3);

	grown |= AddPair(points, 0x3B0, 0x1FE3);
	grown |= AddPair(points, 0xFB05, 0xFB06);
	return grown;
}

/* Add to a set what is the same as something in it without regard to case. */
void
FFPointsFold(FFPoints *points, FFCasing casing)
{
	bool		grown = true;

	while (grown)
	{
		grown = FoldOnce(points, true, casing);
		grown |= FoldOnce(points, false, casing);
		if (casing == FF_CASING_PYTHON || casing == FF_CASING_SIMPLE)
			grown |= FoldTwins(points);
	}
}
