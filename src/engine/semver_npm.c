/*
 * semver_npm.c
 *	  Versions as the npm package semver reads them, which two providers use.
 *
 * The grammar of Semantic Versioning 2.0.0 after one v, with whitespace around
 * it; limits on length and on the three numbers.
 */
#include "engine/dialect_tools.h"

#define MAX_VERSION 256
static const char max_number[] = "9007199254740991";	/* exact as a double */

/* Whether a number is one that ECMAScript counts exactly. */
static bool
IsSafe(FFString number)
{
	int			length = (int) sizeof(max_number) - 1;

	return number.length < length ||
		(number.length == length && memcmp(number.data, max_number, (size_t) length) <= 0);
}

bool
FFParseSemverNpm(FFString utf8, FFSemver *version)
{
	FFString	text = FFTrimJs(utf8);

	if (text.length > MAX_VERSION)
		return false;
	if (text.length > 0 && text.data[0] == 'v')
	{
		text.data++;
		text.length--;
	}
	if (!FFParseSemverAs(text, FF_SEMVER_STRICT, version))
		return false;
	for (int i = 0; i < 3; i++)
		if (!IsSafe(version->numbers[i]))
			return false;
	return true;
}
