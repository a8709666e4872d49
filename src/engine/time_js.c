/*
 * time_js.c
 *	  Times as ECMAScript reads them: ISO 8601 in its short and long forms.
 *
 * A date alone is midnight UTC.  A day that its month does not have is one of
 * the next month, as in ECMAScript's engines.  A time without an offset is UTC
 * here and local time there.
 */
#include "engine/dialect_tools.h"

#define MILLISECONDS INT64_C(1000)
#define EPOCH_DAYS 730425		/* from 0000-03-01 to 2000-01-01 */

typedef struct Reader
{
	const char *at;
	const char *end;
} Reader;

/* Read exactly so many digits, up to a limit. */
static bool
ReadDigits(Reader *reader, int count, int limit, int *number)
{
	*number = 0;
	for (int i = 0; i < count; i++, reader->at++)
	{
		if (reader->at >= reader->end || *reader->at < '0' || *reader->at > '9')
			return false;
		*number = *number * 10 + (*reader->at - '0');
	}
	return *number <= limit;
}

/* Step over one of the characters given. */
static bool
Accept(Reader *reader, const char *wanted)
{
	if (reader->at < reader->end)
		for (; *wanted != '\0'; wanted++)
			if (*reader->at == *wanted)
			{
				reader->at++;
				return true;
			}
	return false;
}

/* Days from 2000-01-01 to a date; the day may lie beyond its month. */
static int64_t
DayNumber(int year, int month, int day)
{
	int64_t		y = year - (month <= 2);
	int64_t		era = (y >= 0 ? y : y - 399) / 400;
	int64_t		of_era = y - era * 400;
	int64_t		of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
}

/* YYYY, YYYY-MM or YYYY-MM-DD; a year of six digits has a sign. */
static bool
ReadDate(Reader *reader, int64_t *days)
{
	bool		minus = reader->at < reader->end && *reader->at == '-';
	bool		sign = Accept(reader, "+-");
	int			year;
	int			month = 1;
	int			day = 1;

	if (!ReadDigits(reader, sign ? 6 : 4, 999999, &year) || (minus && year == 0))
		return false;
	if (Accept(reader, "-") &&
		(!ReadDigits(reader, 2, 12, &month) || month == 0 ||
		 (Accept(reader, "-") && (!ReadDigits(reader, 2, 31, &day) || day == 0))))
		return false;
	*days = DayNumber(minus ? -year : year, month, day);
	return true;
}

/* .123456: what is finer than a millisecond is cut off. */
static bool
ReadFraction(Reader *reader, int *milliseconds)
{
	const char *start;
	int			unit = 100;

	*milliseconds = 0;
	if (!Accept(reader, "."))
		return true;
	for (start = reader->at; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
		 reader->at++, unit /= 10)
		*milliseconds += (*reader->at - '0') * unit;
	return reader->at > start;
}

/* HH:mm, HH:mm:ss or HH:mm:ss.fraction; 24 is for midnight alone. */
static bool
ReadClock(Reader *reader, int64_t *milliseconds)
{
	int			hour;
	int			minute;
	int			second = 0;
	int			fraction = 0;

	if (!ReadDigits(reader, 2, 24, &hour) || !Accept(reader, ":") ||
		!ReadDigits(reader, 2, 59, &minute))
		return false;
	if (Accept(reader, ":") &&
		(!ReadDigits(reader, 2, 59, &second) || !ReadFraction(reader, &fraction)))
		return false;
	*milliseconds = ((hour * 60 + minute) * 60 + second) * MILLISECONDS + fraction;
	return hour < 24 || *milliseconds == 24 * 3600 * MILLISECONDS;
}

/* Nothing, Z, +HH:mm or +HHmm, as milliseconds. */
static bool
ReadOffset(Reader *reader, int64_t *milliseconds)
{
	bool		minus = reader->at < reader->end && *reader->at == '-';
	int			hour;
	int			minute;

	*milliseconds = 0;
	if (reader->at == reader->end || Accept(reader, "Zz"))
		return true;
	if (!Accept(reader, "+-") || !ReadDigits(reader, 2, 23, &hour))
		return false;
	(void) Accept(reader, ":");
	if (!ReadDigits(reader, 2, 59, &minute))
		return false;
	*milliseconds = (hour * 60 + minute) * 60 * MILLISECONDS;
	if (minus)
		*milliseconds = -*milliseconds;
	return true;
}

bool
FFParseTimeJs(FFString text, int64_t *time)
{
	Reader		reader = {text.data, text.data + text.length};
	int64_t		days;
	int64_t		clock = 0;
	int64_t		offset = 0;

	if (!ReadDate(&reader, &days))
		return false;
	if (Accept(&reader, "Tt ") && (!ReadClock(&reader, &clock) || !ReadOffset(&reader, &offset)))
		return false;
	if (reader.at != reader.end)
		return false;
	*time = (days * 86400 * MILLISECONDS + clock - offset) * 1000;
	return true;
}
