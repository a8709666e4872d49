/*
 * dialect_launchdarkly_values.c
 *	  Times and versions as LaunchDarkly's SDKs read them.
 */
#include "engine/dialect_launchdarkly.h"

#define TICKS INT64_C(10000)	/* a millisecond */
#define MAX_VERSION 256			/* characters, of js */

/* --- times ------------------------------------------------------------------- */

/* A number of so many digits, taken off the front. */
static bool
TakeDigits(FFString *rest, int digits, int *number)
{
	*number = 0;
	if (rest->length < digits)
		return false;
	for (int i = 0; i < digits; i++)
	{
		if (rest->data[i] < '0' || rest->data[i] > '9')
			return false;
		*number = *number * 10 + (rest->data[i] - '0');
	}
	rest->data += digits;
	rest->length -= digits;
	return true;
}

static bool
Take(FFString *rest, char c)
{
	if (rest->length == 0 || rest->data[0] != c)
		return false;
	rest->data++;
	rest->length--;
	return true;
}

/* Days since 1970-01-01; the month's days may be too many, as js allows. */
static int64_t
DaysSinceEpoch(int year, int month, int day)
{
	int			y = month > 2 ? year : year - 1;	/* years begin in March */
	int			m = month > 2 ? month - 3 : month + 9;

	return INT64_C(365) * y + (y >= 0 ? y / 4 - y / 100 + y / 400 : -1) + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int
DaysOf(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool		leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Decimals of a second in ticks; further ones are dropped. */
static bool
TakeFraction(FFString *rest, int64_t *ticks)
{
	int64_t		unit = 1000 * TICKS;
	int			digit;

	*ticks = 0;
	if (!Take(rest, '.'))
		return true;
	if (!TakeDigits(rest, 1, &digit))
		return false;
	do
		*ticks += digit * (unit /= 10);
	while (TakeDigits(rest, 1, &digit));
	return true;
}

/* Z, or an offset in minutes; js does without the colon. */
static bool
TakeOffset(FFString *rest, bool go, int *minutes)
{
	bool		negative = rest->length > 0 && rest->data[0] == '-';
	int			hour;
	int			minute;

	*minutes = 0;
	if (Take(rest, 'Z'))
		return rest->length == 0;
	if (!(Take(rest, '-') || Take(rest, '+')) || !TakeDigits(rest, 2, &hour) ||
		!(Take(rest, ':') || !go) || !TakeDigits(rest, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*minutes = (hour * 60 + minute) * (negative ? -1 : 1);
	return rest->length == 0;
}

/* js knows midnight as 24:00 and days up to 31 in every month. */
static bool
IsClock(int year, int month, int day, int hour, int minute, int second, int64_t ticks, bool go)
{
	bool		midnight = hour == 24 && minute == 0 && second == 0 && ticks == 0;

	return month >= 1 && month <= 12 && day >= 1 && day <= (go ? DaysOf(year, month) : 31) &&
		(hour <= 23 || (midnight && !go)) && minute <= 59 && second <= 59;
}

static bool
ParseTime(FFString text, bool go, LdTime *time)
{
	int			year,
				month,
				day,
				hour,
				minute,
				second,
				offset;
	int64_t		fraction;
	int64_t		seconds;

	if (!TakeDigits(&text, 4, &year) || !Take(&text, '-') || !TakeDigits(&text, 2, &month) ||
		!Take(&text, '-') || !TakeDigits(&text, 2, &day) || !Take(&text, 'T') ||
		!TakeDigits(&text, 2, &hour) || !Take(&text, ':') || !TakeDigits(&text, 2, &minute) ||
		!Take(&text, ':') || !TakeDigits(&text, 2, &second) || !TakeFraction(&text, &fraction) ||
		!TakeOffset(&text, go, &offset) ||
		!IsClock(year, month, day, hour, minute, second, go ? fraction : fraction / TICKS, go))
		return false;
	seconds = DaysSinceEpoch(year, month, day) * 86400 + hour * 3600 + (minute - offset) * 60 + second;
	time->milliseconds = (double) (seconds * 1000 + fraction / TICKS);
	time->ticks = seconds * 1000 * TICKS + fraction;
	return true;
}

/* Milliseconds since 1970, or a text. */
bool
FFLdTime(const FFValue *value, bool go, LdTime *time)
{
	if (value->type == FF_STRING)
		return ParseTime(FFStringOf(value->data, value->length), go, time);
	if (value->type != FF_NUMBER)
		return false;
	time->milliseconds = FFLdNumber(value);
	if (time->milliseconds > 9e14)
		time->ticks = INT64_MAX;
	else if (time->milliseconds < -9e14)
		time->ticks = INT64_MIN;
	else
		time->ticks = (int64_t) time->milliseconds * TICKS;
	return true;
}

/* --- versions ----------------------------------------------------------------- */

/* js refuses numbers that are not safe as doubles. */
static bool
IsSafe(FFString digits)
{
	return digits.length < 16 ||
		(digits.length == 16 && memcmp(digits.data, "9007199254740991", 16) <= 0);
}

/*
 * js drops spaces around a version.  After those before it, a v is allowed, but
 * no number may be missing.
 */
static bool
ParseVersionJs(FFString text, FFSemver *version)
{
	FFString	trimmed = FFTrim(text);
	bool		spaced = trimmed.data != text.data;

	if (text.length > MAX_VERSION || (text.length > 0 && text.data[0] == 'v'))
		return false;
	if (spaced)
		(void) Take(&trimmed, 'v');
	return FFParseSemverAs(trimmed, spaced ? FF_SEMVER_STRICT : FF_SEMVER_LENIENT, version) &&
		IsSafe(version->numbers[0]) && IsSafe(version->numbers[1]) && IsSafe(version->numbers[2]);
}

/* A version borrows from the value. */
bool
FFLdVersion(const FFValue *value, bool go, FFSemver *version)
{
	FFString	text = FFStringOf(value->data, value->length);

	if (value->type != FF_STRING)
		return false;
	return go ? FFParseSemverAs(text, FF_SEMVER_LENIENT, version) : ParseVersionJs(text, version);
}
