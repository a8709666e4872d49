/*
 * time.c
 *	  RFC 3339 times, read and written without any setting having a say.
 *
 * "2026-03-01T12:00:00.5+02:00": the T may be small or a space, the Z may be
 * small, an offset is required.  Fractions finer than a microsecond are cut
 * off.  A leap second is taken where the calendar can have one, at the end of
 * a month in UTC, and is the same instant as the second after it.
 */
#include <inttypes.h>

#include "engine/program.h"

#define MICROSECONDS INT64_C(1000000)

typedef struct Reader
{
	const char *at;
	const char *end;
} Reader;

/* Read exactly so many digits; -1 when they are not there. */
static int
ReadDigits(Reader *reader, int count)
{
	int			number = 0;

	if (reader->end - reader->at < count)
		return -1;
	for (int i = 0; i < count; i++, reader->at++)
	{
		if (*reader->at < '0' || *reader->at > '9')
			return -1;
		number = number * 10 + (*reader->at - '0');
	}
	return number;
}

/* Read one of the characters given; '\0' when there is none of them. */
static char
ReadOne(Reader *reader, const char *wanted)
{
	if (reader->at < reader->end)
		for (; *wanted != '\0'; wanted++)
			if (*reader->at == *wanted)
				return *reader->at++;
	return '\0';
}

/* Read ".123456789", or nothing, as microseconds; -1 when there are no digits. */
static int
ReadFraction(Reader *reader)
{
	int			micros = 0;
	int			digits = 0;

	if (ReadOne(reader, ".") == '\0')
		return 0;
	for (; reader->at < reader->end; reader->at++, digits++)
	{
		if (*reader->at < '0' || *reader->at > '9')
			break;
		if (digits < 6)
			micros = micros * 10 + (*reader->at - '0');
	}
	if (digits == 0)
		return -1;
	for (; digits < 6; digits++)
		micros *= 10;
	return micros;
}

/* Read "Z" or "+02:00" as seconds east of Greenwich. */
static bool
ReadOffset(Reader *reader, int *seconds)
{
	char		sign = ReadOne(reader, "Zz+-");
	int			hours;
	int			minutes;

	*seconds = 0;
	if (sign == 'Z' || sign == 'z')
		return true;
	if (sign == '\0')
		return false;
	hours = ReadDigits(reader, 2);
	if (ReadOne(reader, ":") == '\0')
		return false;
	minutes = ReadDigits(reader, 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*seconds = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
	return true;
}

static int
DaysInMonth(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool		leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Days since 2000-01-01; the year starts in March, so that leap days come last. */
static int64_t
DayNumber(int year, int month, int day)
{
	int64_t		y = year - (month <= 2);
	int64_t		era = (y >= 0 ? y : y - 399) / 400;
	int64_t		of_era = y - era * 400;
	int64_t		of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
		of_year - 730425;
}

/* Whether an instant is the midnight that begins a month in UTC. */
static bool
BeginsMonth(int64_t seconds, int year)
{
	for (int y = year - 1; y <= year + 1; y++)
		for (int month = 1; month <= 12; month++)
			if (DayNumber(y, month, 1) * 86400 == seconds)
				return true;
	return false;
}

/* Read the date and the separator behind it. */
static bool
ReadDate(Reader *reader, int *year, int64_t *day_number)
{
	int			month;
	int			day;

	*year = ReadDigits(reader, 4);
	if (*year < 0 || ReadOne(reader, "-") == '\0')
		return false;
	month = ReadDigits(reader, 2);
	if (month < 1 || month > 12 || ReadOne(reader, "-") == '\0')
		return false;
	day = ReadDigits(reader, 2);
	if (day < 1 || day > DaysInMonth(*year, month))
		return false;
	*day_number = DayNumber(*year, month, day);
	return ReadOne(reader, "Tt ") != '\0';
}

/* Read "23:59:60" as seconds of the day. */
static bool
ReadClock(Reader *reader, int *seconds, bool *leap)
{
	int			hour = ReadDigits(reader, 2);
	int			minute;
	int			second;

	if (hour < 0 || hour > 23 || ReadOne(reader, ":") == '\0')
		return false;
	minute = ReadDigits(reader, 2);
	if (minute < 0 || minute > 59 || ReadOne(reader, ":") == '\0')
		return false;
	second = ReadDigits(reader, 2);
	if (second < 0 || second > 60)
		return false;
	*leap = second == 60;
	*seconds = (hour * 60 + minute) * 60 + second;
	return true;
}

/* Microseconds since 2000-01-01 UTC; false when the text is no time. */
bool
FFParseTime(FFString text, int64_t *time)
{
	Reader		reader;
	int			year;
	int64_t		days;
	int			clock;
	bool		leap;
	int			micros;
	int			offset;
	int64_t		seconds;

	reader.at = text.data;
	reader.end = text.data + text.length;
	if (!ReadDate(&reader, &year, &days) || !ReadClock(&reader, &clock, &leap))
		return false;
	micros = ReadFraction(&reader);
	if (micros < 0 || !ReadOffset(&reader, &offset) || reader.at != reader.end)
		return false;
	seconds = days * 86400 + clock - offset;
	if (leap && !BeginsMonth(seconds, year))
		return false;
	*time = seconds * MICROSECONDS + (leap ? 0 : micros);
	return true;
}

/* The date of a day number; the inverse of DayNumber. */
static void
DateOf(int64_t day_number, int64_t *year, int *month, int *day)
{
	int64_t		days = day_number + 730425;
	int64_t		era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t		of_era = days - era * 146097;
	int64_t		year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int			of_year = (int) (of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
	int			from_march = (5 * of_year + 2) / 153;

	*day = of_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = year_of_era + era * 400 + (*month <= 2);
}

/* Append "2026-03-01T12:00:00.5Z". */
void
FFTextTime(FFText *text, int64_t time)
{
	int64_t		day_length = 86400 * MICROSECONDS;
	bool		before = time % day_length < 0;
	int64_t		day_number = time / day_length - before;
	int64_t		rest = time % day_length + (before ? day_length : 0);
	int			seconds = (int) (rest / MICROSECONDS);
	int64_t		year;
	int			month;
	int			day;

	DateOf(day_number, &year, &month, &day);
	FFTextFormat(text, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d", year, month, day,
				 seconds / 3600, seconds / 60 % 60, seconds % 60);
	if (rest % MICROSECONDS != 0)
	{
		FFTextFormat(text, ".%06d", (int) (rest % MICROSECONDS));
		while (text->data[text->length - 1] == '0')
			text->length--;
	}
	FFTextAdd(text, "Z", 1);
}
