/*
 * launchdarkly_values.c
 *	  Times and versions as LaunchDarkly's SDKs read them.
 */
#include "dialects/launchdarkly.h"

#define MILLISECOND 1000000		/* nanoseconds */
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

/* Days since 1970-01-01; the month's days may be too many. */
static int64_t
DaysSinceEpoch(int year, int month, int day)
{
	int			y = month > 2 ? year : year - 1;	/* years begin in March */
	int			m = month > 2 ? month - 3 : month + 9;

	return INT64_C(365) * y + (y >= 0 ? y / 4 - y / 100 + y / 400 : -1) + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* Decimals of a second; js drops those beyond nine, go refuses them. */
static bool
TakeFraction(FFString *rest, bool go, int *nanoseconds)
{
	int			unit = 1000000000;
	int			digit;

	*nanoseconds = 0;
	if (!Take(rest, '.'))
		return true;
	if (!TakeDigits(rest, 1, &digit))
		return false;
	do
	{
		if (go && unit == 1)
			return false;
		*nanoseconds += digit * (unit /= 10);
	}
	while (TakeDigits(rest, 1, &digit));
	return true;
}

/*
 * Z, or an offset in minutes.  js does without the colon; go reads nothing after
 * Z, and offsets of up to 99 hours.
 */
static bool
TakeOffset(FFString *rest, bool go, int *minutes)
{
	bool		negative = rest->length > 0 && rest->data[0] == '-';
	int			hour;
	int			minute;

	*minutes = 0;
	if (Take(rest, 'Z') || (go && Take(rest, 'z')))
		return go || rest->length == 0;
	if (!(Take(rest, '-') || Take(rest, '+')) || !TakeDigits(rest, 2, &hour) ||
		!(Take(rest, ':') || !go) || !TakeDigits(rest, 2, &minute) || (hour > 23 && !go) || minute > 59)
		return false;
	*minutes = (hour * 60 + minute) * (negative ? -1 : 1);
	return rest->length == 0;
}

/* The hour: of one digit as well in go. */
static bool
TakeHour(FFString *rest, bool go, int *hour)
{
	int			digits = go && rest->length > 1 && rest->data[1] == ':' ? 1 : 2;

	return TakeDigits(rest, digits, hour) && Take(rest, ':');
}

/* Days of all months may be 31.  js knows 24:00, go a second 60. */
static bool
IsClock(int month, int day, int hour, int minute, int second, int milliseconds, bool go)
{
	bool		midnight = hour == 24 && minute == 0 && second == 0 && milliseconds == 0;

	return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
		(hour <= 23 || (midnight && !go)) && minute <= 59 && second <= (go ? 60 : 59);
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

	if (!TakeDigits(&text, 4, &year) || !Take(&text, '-') || !TakeDigits(&text, 2, &month) ||
		!Take(&text, '-') || !TakeDigits(&text, 2, &day) || !(Take(&text, 'T') || (go && Take(&text, 't'))) ||
		!TakeHour(&text, go, &hour) || !TakeDigits(&text, 2, &minute) ||
		!Take(&text, ':') || !TakeDigits(&text, 2, &second) || !TakeFraction(&text, go, &time->nanoseconds) ||
		!TakeOffset(&text, go, &offset) ||
		!IsClock(month, day, hour, minute, second, time->nanoseconds / MILLISECOND, go))
		return false;
	time->seconds = DaysSinceEpoch(year, month, day) * 86400 + hour * 3600 + (minute - offset) * 60 + second;
	time->milliseconds = (double) (time->seconds * 1000 + time->nanoseconds / MILLISECOND);
	return true;
}

/* Whole milliseconds as go takes them, through nanoseconds of 64 bits. */
static void
TakeWhole(double milliseconds, LdTime *time)
{
	int64_t		whole = milliseconds > -9e18 && milliseconds < 9e18 ? (int64_t) milliseconds : INT64_MIN;
	int64_t		nanoseconds = (int64_t) ((uint64_t) whole * MILLISECOND);

	time->seconds = nanoseconds / 1000000000;
	time->nanoseconds = (int) (nanoseconds % 1000000000);
	if (time->nanoseconds < 0)
	{
		time->seconds--;
		time->nanoseconds += 1000000000;
	}
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
	TakeWhole(time->milliseconds, time);
	return true;
}

int
FFLdTimeCompare(const LdTime *a, const LdTime *b, bool go)
{
	if (!go)
		return a->milliseconds < b->milliseconds ? -1 : a->milliseconds > b->milliseconds;
	if (a->seconds != b->seconds)
		return a->seconds < b->seconds ? -1 : 1;
	return a->nanoseconds < b->nanoseconds ? -1 : a->nanoseconds > b->nanoseconds;
}

/* 0001-01-01T00:00:00Z, which go takes for no time where a clause has it. */
bool
FFLdTimeIsZero(const LdTime *time)
{
	return time->seconds == INT64_C(-62135596800) && time->nanoseconds == 0;
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
