/*
 * keys.c
 *	  Keys of subjects as values of the application's key columns.
 *
 * Only the text that the type itself writes is taken: "7" is a number, "07" is
 * not, so that two subjects never share a row; but a uuid may be written in
 * either case, as many programs do.  Nothing here raises an error.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/uuid.h"

#include "base/catalog.h"
#include "base/keys.h"

bool
FFKeyTypeIsKnown(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == UUIDOID ||
		type == INT2OID || type == INT4OID || type == INT8OID;
}

Oid
FFKeyTypeNamed(FFString name)
{
	static const Oid types[] = {UUIDOID, INT2OID, INT4OID, INT8OID};
	static const char *const names[] = {"uuid", "smallint", "integer", "bigint"};

	for (int i = 0; i < (int) lengthof(types); i++)
	{
		if (name.length == (int) strlen(names[i]) && memcmp(name.data, names[i], name.length) == 0)
			return types[i];
	}
	return TEXTOID;
}

/* Digits without leading zeros, and "-" before other numbers than 0. */
static bool
ParseInteger(FFString key, int64 least, int64 most, int64 *number)
{
	bool		negative = key.length > 0 && key.data[0] == '-';
	int			i = negative ? 1 : 0;
	int64		value = 0;

	if (key.length == i || key.length - i > 19 ||
		(key.data[i] == '0' && (negative || key.length > 1)))
		return false;
	for (; i < key.length; i++)
	{
		int			digit = key.data[i] - '0';

		/* downwards, since the least number has no positive twin */
		if (digit < 0 || digit > 9 || value < (PG_INT64_MIN + digit) / 10)
			return false;
		value = value * 10 - digit;
	}
	if (!negative && value == PG_INT64_MIN)
		return false;
	*number = negative ? value : -value;
	return *number >= least && *number <= most;
}

static int
HexDigit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* 8-4-4-4-12 hexadecimal digits, in either case. */
static bool
ParseUuid(FFString key, pg_uuid_t *uuid)
{
	int			nibbles = 0;

	if (key.length != 36)
		return false;
	for (int i = 0; i < 36; i++)
	{
		int			digit = HexDigit(key.data[i]);

		if (i == 8 || i == 13 || i == 18 || i == 23)
		{
			if (key.data[i] != '-')
				return false;
			continue;
		}
		if (digit < 0)
			return false;
		if (nibbles % 2 == 0)
			uuid->data[nibbles / 2] = (unsigned char) (digit << 4);
		else
			uuid->data[nibbles / 2] |= (unsigned char) digit;
		nibbles++;
	}
	return true;
}

static bool
IntegerDatum(FFString key, Oid type, Datum *datum)
{
	int64		number;

	switch (type)
	{
		case INT2OID:
			if (!ParseInteger(key, PG_INT16_MIN, PG_INT16_MAX, &number))
				return false;
			*datum = Int16GetDatum((int16) number);
			return true;
		case INT4OID:
			if (!ParseInteger(key, PG_INT32_MIN, PG_INT32_MAX, &number))
				return false;
			*datum = Int32GetDatum((int32) number);
			return true;
		default:
			if (!ParseInteger(key, PG_INT64_MIN, PG_INT64_MAX, &number))
				return false;
			*datum = Int64GetDatum(number);
			return true;
	}
}

bool
FFKeyDatum(FFString key, Oid type, Datum *datum)
{
	pg_uuid_t  *uuid;

	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
			*datum = PointerGetDatum(FFStringToText(key));
			return true;
		case UUIDOID:
			uuid = palloc(sizeof(pg_uuid_t));
			if (!ParseUuid(key, uuid))
				return false;
			*datum = UUIDPGetDatum(uuid);
			return true;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return IntegerDatum(key, type, datum);
		default:
			return false;
	}
}
