/*
 * posthog_time.c
 *	  Times as PostHog reads them: relative ones, those of ISO 8601, and dates
 *	  with slashes or the names of months.
 *
 * A time without an offset is UTC.
 */
#include "dialects/posthog.h"

#define DAY (INT64_C(86400) * 1000000)
#define HOUR (INT64_C(3600) * 1000000)
#define MOST_NUMBER 10000		/* a relative time is less */
#define UNIX_EPOCH (INT64_C(946684800) * 1000000)	/* from 1970 to 2000 */
#define EPOCH_DAYS 730425		/* from 0000-03-01 to 2000-01-01 */

/* --- the calendar --------------------------------------------------------------- */

typedef struct Date
{
	int64_t		year;
	int			month;
	int			day;
} Date;

/* Days from 2000-01-01 to a date; the day may lie beyond its month. */
static int64_t
DayNumber(Date date)
{
	int64_t		y = date.year - (date.month <= 2);
	int64_t		era = (y >= 0 ? y : y - 399) / 400;
	int64_t		of_era = y - era * 400;
	int64_t		of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
}

/* The date that is so many days from 2000-01-01. */
static Date
DateOf(int64_t days)
{
	int64_t		z = days + EPOCH_DAYS;
	int64_t		era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t		of_era = z - era * 146097;
	int64_t		year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t		of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t		month = (5 * of_year + 2) / 153;
	Date		date;

	date.day = (int) (of_year - (153 * month + 2) / 5 + 1);
	date.month = (int) (month < 10 ? month + 3 : month - 9);
	date.year = year + era * 400 + (date.month <= 2);
	return date;
}

static int
LastDay(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)))
		return 29;
	return days[month - 1];
}

/* --- relative times ---------------------------------------------------------------- */

bool
FFPosthogParseRelative(FFString text, FFPosthogRelative *relative)
{
	int			at = text.length > 0 && text.data[0] == '-';
	int			start = at;
	int			number = 0;

	for (; at < text.length && text.data[at] >= '0' && text.data[at] <= '9'; at++)
		if (number < MOST_NUMBER)
			number = number * 10 + (text.data[at] - '0');
	if (at == start || at != text.length - 1 || number >= MOST_NUMBER ||
		text.data[at] == '\0' || strchr("hdwmy", text.data[at]) == NULL)
		return false;
	relative->number = number;
	relative->unit = text.data[at];
	return true;
}

/* Months are gone back one by one, and each cuts the day to what it has. */
static Date
MonthsBefore(Date date, int months)
{
	for (; months > 0; months--)
	{
		date.month = date.month == 1 ? 12 : date.month - 1;
		date.year -= date.month == 12;
		if (date.day > LastDay(date.year, date.month))
			date.day = LastDay(date.year, date.month);
	}
	return date;
}

int64_t
FFPosthogBefore(const FFPosthogRelative *relative, int64_t now)
{
	int64_t		days = now / DAY - (now % DAY < 0);
	Date		date;

	switch (relative->unit)
	{
		case 'h':
			return now - relative->number * HOUR;
		case 'd':
			return now - relative->number * DAY;
		case 'w':
			return now - relative->number * 7 * DAY;
		default:
			date = DateOf(days);
			if (relative->unit == 'm')
				date = MonthsBefore(date, relative->number);
			else if (relative->number > 0)
			{
				date.year -= relative->number;
				if (date.month == 2 && date.day == 29)
					date.day = 28;
			}
			return DayNumber(date) * DAY + (now - days * DAY);
	}
}

/* --- dates in words ------------------------------------------------------------------ */

typedef struct Reader
{
	const char *at;
	const char *end;
	int			numbers[3];
	int			digits;			/* of the first of them */
	int			count;
	int			month;			/* by name, 0: none */
	bool		timed;
	int			hour;
	int64_t		time;			/* microseconds of the day */
	int64_t		offset;
	int			half;			/* 'a', 'p' or 0 */
} Reader;

static bool
IsDigit(const Reader *reader)
{
	return reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
}

static bool
Accept(Reader *reader, char wanted)
{
	if (reader->at >= reader->end || *reader->at != wanted)
		return false;
	reader->at++;
	return true;
}

/* Up to nine digits. */
static bool
ReadNumber(Reader *reader, int *number, int *digits)
{
	*number = *digits = 0;
	for (; IsDigit(reader) && *digits < 9; reader->at++, (*digits)++)
		*number = *number * 10 + (*reader->at - '0');
	return *digits > 0 && !IsDigit(reader);
}

/* The rest of hh:mm, hh:mm:ss or hh:mm:ss.fff, behind the first colon. */
static bool
ReadClock(Reader *reader, int hour)
{
	int			minute;
	int			second = 0;
	int			digits;
	int64_t		unit = 100000;

	if (reader->timed || !ReadNumber(reader, &minute, &digits) || hour > 24 || minute > 59)
		return false;
	if (Accept(reader, ':') && (!ReadNumber(reader, &second, &digits) || second > 59))
		return false;
	reader->timed = true;
	reader->hour = hour;
	reader->time = ((int64_t) minute * 60 + second) * 1000000;
	if (Accept(reader, '.'))
		for (; IsDigit(reader); reader->at++, unit /= 10)
			reader->time += (*reader->at - '0') * unit;
	return true;
}

/* +hh, +hhmm or +hh:mm, behind the sign. */
static bool
ReadOffset(Reader *reader, bool minus)
{
	int			number;
	int			minute = 0;
	int			digits;

	if (!ReadNumber(reader, &number, &digits) || digits > 4)
		return false;
	if (digits > 2)
	{
		minute = number % 100;
		number /= 100;
	}
	else if (Accept(reader, ':') && !ReadNumber(reader, &minute, &digits))
		return false;
	if (number > 23 || minute > 59)
		return false;
	reader->offset = (number * 60 + minute) * INT64_C(60000000) * (minus ? -1 : 1);
	return true;
}

/* The name of a month or a day of the week, a zone, or a half of the day. */
static bool
ReadWord(Reader *reader)
{
	static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
	static const char *const others[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", "gmt", "utc"};
	char		word[4] = {0};
	int			length = 0;

	for (; reader->at < reader->end && ((*reader->at | 0x20) >= 'a' && (*reader->at | 0x20) <= 'z'); reader->at++)
		if (length++ < 3)
			word[length - 1] = (char) (*reader->at | 0x20);
	for (int i = 0; i < FF_LENGTH(months); i++)
		if (strcmp(word, months[i]) == 0 && reader->month == 0)
		{
			reader->month = i + 1;
			return true;
		}
	for (int i = 0; i < FF_LENGTH(others); i++)
		if (strcmp(word, others[i]) == 0)
			return true;
	if (length == 2 && word[1] == 'm' && (word[0] == 'a' || word[0] == 'p') && reader->timed && reader->hour <= 12)
	{
		reader->half = word[0];
		return true;
	}
	return length == 1 && (word[0] == 'z' || (word[0] == 't' && reader->count == 3)) && !(word[0] == 'z' && !reader->timed);
}

/* One part of a date and what separates it from the next. */
static bool
ReadPart(Reader *reader)
{
	int			number;
	int			digits;
	char		c = *reader->at;

	if (c == ' ' || c == ',' || c == '/' || (c == '-' && !reader->timed))
	{
		reader->at++;
		return true;
	}
	if ((c == '+' || c == '-') && reader->timed)
	{
		reader->at++;
		return ReadOffset(reader, c == '-');
	}
	if (!IsDigit(reader))
		return (unsigned char) c < 0x80 && ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && ReadWord(reader);
	if (!ReadNumber(reader, &number, &digits))
		return false;
	if (Accept(reader, ':'))
		return ReadClock(reader, number);
	if (reader->count == 3)
		return false;
	if (reader->count == 0)
		reader->digits = digits;
	reader->numbers[reader->count++] = number;
	return true;
}

/* Which number is which: the year first where it has three digits or more. */
static bool
ReadDate(const Reader *reader, Date *date)
{
	const int  *n = reader->numbers;
	bool		year_first = reader->digits > 2;
	int			last = reader->month > 0 ? 1 : 2;

	if (reader->count != last + 1)
		return false;
	date->year = year_first ? n[0] : n[last];
	if (reader->month > 0)
	{
		date->month = reader->month;
		date->day = year_first ? n[1] : n[0];
	}
	else
	{
		date->month = year_first ? n[1] : n[0];
		date->day = year_first ? n[2] : n[1];
	}
	if (date->year < 50)
		date->year += 2000;
	else if (date->year < 100)
		date->year += 1900;
	return date->month >= 1 && date->month <= 12 && date->day >= 1 && date->day <= 31 && date->year < 200000;
}

/* Jan 5, 2026 10:00; 2026/1/5; 1/5/2026 3:00 PM; Mon, 05 Jan 2026 10:00:00 GMT */
static bool
ParseWords(FFString text, int64_t *time)
{
	Reader		reader = {.at = text.data, .end = text.data + text.length};
	Date		date;

	while (reader.at < reader.end)
		if (!ReadPart(&reader))
			return false;
	if (!ReadDate(&reader, &date))
		return false;
	if (reader.half != 0)
		reader.hour = reader.hour % 12 + (reader.half == 'p' ? 12 : 0);
	*time = DayNumber(date) * DAY + reader.hour * HOUR + reader.time - reader.offset;
	return true;
}

bool
FFPosthogParseTime(FFString text, int64_t *time)
{
	text = FFTrim(text);
	return text.length > 0 && (FFParseTimeJs(text, time) || ParseWords(text, time));
}

bool
FFPosthogTimeOfNumber(const FFValue *number, bool service, int64_t *time)
{
	double		d;

	if (!FFNumberDouble(number, &d))
		return false;
	d = service ? d * 1e6 : __builtin_trunc(d) * 1e3;
	if (!(d > -9e18 && d < 9e18))
		return false;
	*time = (int64_t) d - UNIX_EPOCH;
	return true;
}
