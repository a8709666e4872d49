/*
 * cross_moments.c
 *	  ff.cross_moments: text and binary form, and what is read from it.
 *
 * The value of the type is its packed form, which binary output sends as it is.
 */
#include "postgres.h"

#include <ctype.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/cross_pg.h"

PG_FUNCTION_INFO_V1(ff_cross_moments_in);
PG_FUNCTION_INFO_V1(ff_cross_moments_out);
PG_FUNCTION_INFO_V1(ff_cross_moments_recv);
PG_FUNCTION_INFO_V1(ff_cross_moments_send);
PG_FUNCTION_INFO_V1(ff_cross_moments_n);
PG_FUNCTION_INFO_V1(ff_cross_moments_mean);
PG_FUNCTION_INFO_V1(ff_cross_moments_covariance);
PG_FUNCTION_INFO_V1(ff_cross_moments_part);
PG_FUNCTION_INFO_V1(ff_cross_moments_first);

/* What is wrong with a state, by FFCrossFault. */
static const char *const faults[] = {
	"",
	"It is cut off, or not written as it should be.",
	"n must be between 0 and 9007199254740992.",
	"Sums of no values are 0.",
	"A variable's products are less than its sum requires: its variance would be below 0.",
};

FFCross *
FFCrossOfDatum(Datum datum)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(datum);
	const uint8 *bytes = (const uint8 *) VARDATA_ANY(packed);
	size_t		length = VARSIZE_ANY_EXHDR(packed);
	FFCross    *cross = palloc(FF_CROSS_SIZE(Max(FFCrossPackedVariables(bytes, length), 1)));

	if (FFCrossUnpack(bytes, length, cross) != FF_CROSS_FINE)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored cross moments are damaged")));
	return cross;
}

Datum
FFCrossGetDatum(const FFCross *cross)
{
	struct varlena *packed = palloc(VARHDRSZ + FF_CROSS_PACKED(cross->variables));

	SET_VARSIZE(packed, VARHDRSZ + FFCrossPack(cross, (uint8 *) VARDATA(packed)));
	return PointerGetDatum(repalloc(packed, VARSIZE(packed)));
}

/* A number in hexadecimal digits times a power of two. */
static void
WriteNumber(StringInfo text, const FFWide *number)
{
	int			digits = 8 * number->count;
	int			zeros = 0;

	if (number->count == 0)
	{
		appendStringInfoChar(text, '0');
		return;
	}
	while ((number->words[zeros / 8] >> 4 * (zeros % 8) & 15) == 0)
		zeros++;
	while ((number->words[(digits - 1) / 8] >> 4 * ((digits - 1) % 8) & 15) == 0)
		digits--;
	appendStringInfoString(text, number->negative ? "-0x" : "0x");
	for (int i = digits - 1; i >= zeros; i--)
		appendStringInfoChar(text, "0123456789abcdef"[number->words[i / 8] >> 4 * (i % 8) & 15]);
	appendStringInfo(text, "p%+d", number->unit + 4 * zeros);
}

static void
WriteNumbers(StringInfo text, const FFExact *values, int count)
{
	FFWide		number;

	for (int i = 0; i < count; i++)
	{
		FFExactRead(values + i, &number);
		if (i > 0)
			appendStringInfoChar(text, ',');
		WriteNumber(text, &number);
	}
}

Datum
ff_cross_moments_out(PG_FUNCTION_ARGS)
{
	FFCross    *cross = FF_GETARG_CROSS(0);
	int			k = cross->variables;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "v1 n=" INT64_FORMAT " sums={", cross->count);
	WriteNumbers(&text, cross->values, k);
	appendStringInfoString(&text, "} products={");
	WriteNumbers(&text, cross->values + k, FF_CROSS_VALUES(k) - k);
	appendStringInfoChar(&text, '}');
	PG_RETURN_CSTRING(text.data);
}

static int
HexDigit(char c)
{
	return isdigit((unsigned char) c) ? c - '0' : tolower((unsigned char) c) - 'a' + 10;
}

/* Adds a number to sum, and steps over it. */
static bool
ReadNumber(const char **text, FFExact *sum)
{
	bool		negative = **text == '-';
	const char *digits = *text + negative + 2;
	const char *power;
	size_t		count;
	long		exponent;
	char	   *end;

	if (**text == '0' && (*text)[1] != 'x')
	{
		(*text)++;
		return true;
	}
	if (strncmp(digits - 2, "0x", 2) != 0)
		return false;
	count = strspn(digits, "0123456789abcdefABCDEF");
	if (count == 0 || count > 1200 || digits[count] != 'p')
		return false;
	power = digits + count + 1;
	if (!isdigit((unsigned char) power[*power == '-' || *power == '+']))
		return false;
	exponent = strtol(power, &end, 10);
	if (exponent < FF_EXACT_UNIT || exponent > -2 * FF_EXACT_UNIT)
		return false;
	for (size_t i = 0; i < count; i++)
	{
		if (!FFExactAddByte(sum, (unsigned) HexDigit(digits[i]), (int) exponent + 4 * (int) (count - 1 - i), negative))
			return false;
	}
	*text = end;
	return true;
}

/* "{number,...}"; gives how many, -1 where that is no list. */
static int
ReadNumbers(const char **text, FFExact *values, int most)
{
	if (**text != '{')
		return -1;
	for (int i = 0; i < most; i++)
	{
		(*text)++;
		if (!ReadNumber(text, values + i))
			return -1;
		if (**text == '}')
		{
			(*text)++;
			return i + 1;
		}
		if (**text != ',')
			return -1;
	}
	return -1;
}

/* Steps over white space and a word. */
static bool
ReadWord(const char **text, const char *word)
{
	while (isspace((unsigned char) **text))
		(*text)++;
	if (strncmp(*text, word, strlen(word)) != 0)
		return false;
	*text += strlen(word);
	return true;
}

static FFCrossFault
ReadCross(const char *text, FFCross *cross)
{
	char	   *end;

	if (!ReadWord(&text, "v1") || !isspace((unsigned char) *text) || !ReadWord(&text, "n=") ||
		!isdigit((unsigned char) (*text == '-' ? text[1] : *text)))
		return FF_CROSS_FORM;
	errno = 0;
	cross->count = strtoll(text, &end, 10);
	if (errno != 0)
		return FF_CROSS_COUNT;
	text = end;
	if (!isspace((unsigned char) *text) || !ReadWord(&text, "sums="))
		return FF_CROSS_FORM;
	cross->variables = ReadNumbers(&text, cross->values, FF_CROSS_VARIABLES);
	if (cross->variables < 1 || !isspace((unsigned char) *text) || !ReadWord(&text, "products="))
		return FF_CROSS_FORM;
	if (ReadNumbers(&text, cross->values + cross->variables, FF_CROSS_VALUES(cross->variables) - cross->variables) !=
		FF_CROSS_VALUES(cross->variables) - cross->variables)
		return FF_CROSS_FORM;
	return ReadWord(&text, "") && *text == '\0' ? FF_CROSS_FINE : FF_CROSS_FORM;
}

Datum
ff_cross_moments_in(PG_FUNCTION_ARGS)
{
	FFCross    *cross = palloc0(FF_CROSS_SIZE(FF_CROSS_VARIABLES));
	FFCrossFault fault = ReadCross(PG_GETARG_CSTRING(0), cross);

	if (fault == FF_CROSS_FINE)
		fault = FFCrossCheck(cross);
	if (fault != FF_CROSS_FINE)
		ereport(ERROR,
				(errcode(fault == FF_CROSS_COUNT ? ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE : ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input for type ff.cross_moments: \"%s\"", PG_GETARG_CSTRING(0)),
				 errdetail("%s", faults[fault]),
				 errhint("\"v1 n=2 sums={0x3p+0} products={0x5p+0}\" are the values 1 and 2.")));
	return FFCrossGetDatum(cross);
}

Datum
ff_cross_moments_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			length = message->len - message->cursor;
	const uint8 *bytes = (const uint8 *) pq_getmsgbytes(message, length);
	FFCross    *cross = palloc(FF_CROSS_SIZE(FF_CROSS_VARIABLES));
	FFCrossFault fault = FFCrossUnpack(bytes, (size_t) length, cross);

	if (fault == FF_CROSS_FINE)
		fault = FFCrossCheck(cross);
	if (fault != FF_CROSS_FINE)
		ereport(ERROR,
				(errcode(fault == FF_CROSS_COUNT ? ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE : ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary input for type ff.cross_moments"),
				 errdetail("%s", faults[fault])));
	return FFCrossGetDatum(cross);
}

Datum
ff_cross_moments_send(PG_FUNCTION_ARGS)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));

	PG_RETURN_BYTEA_P(cstring_to_text_with_len(VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed)));
}

/* A variable by its number from 1 on, here from 0 on. */
static int
Variable(FunctionCallInfo fcinfo, int number, const FFCross *cross)
{
	int			variable = PG_GETARG_INT32(number);

	if (variable < 1 || variable > cross->variables)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no variable %d", variable),
				 errdetail("The cross moments have the variables 1 to %d.", cross->variables)));
	return variable - 1;
}

/* A number that is asked for and does not fit is an error. */
static Datum
Number(double number)
{
	if (!isfinite(number))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("result is out of the range of float8")));
	PG_RETURN_FLOAT8(number);
}

Datum
ff_cross_moments_n(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(FF_GETARG_CROSS(0)->count);
}

Datum
ff_cross_moments_mean(PG_FUNCTION_ARGS)
{
	FFCross    *cross = FF_GETARG_CROSS(0);
	int			variable = Variable(fcinfo, 1, cross);

	if (cross->count == 0)
		PG_RETURN_NULL();
	return Number(FFCrossMean(cross, variable).high);
}

Datum
ff_cross_moments_covariance(PG_FUNCTION_ARGS)
{
	FFCross    *cross = FF_GETARG_CROSS(0);
	int			a = Variable(fcinfo, 1, cross);
	int			b = Variable(fcinfo, 2, cross);

	if (cross->count < 2)
		PG_RETURN_NULL();
	return Number(FFCrossCovariance(cross, a, b));
}

/* One variable's ff.moments, for what compares means. */
Datum
ff_cross_moments_part(PG_FUNCTION_ARGS)
{
	FFCross    *cross = FF_GETARG_CROSS(0);
	int			variable = Variable(fcinfo, 1, cross);
	FFMoments  *moments = palloc0(sizeof(FFMoments));

	moments->count = cross->count;
	if (cross->count > 0)
		moments->sum = FFCrossSum(cross, variable);
	if (cross->count > 1)
		moments->squares = FFCrossDeviations(cross, variable, variable);
	if (FFMomentsCheck(moments) != FF_MOMENTS_FINE)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("moments are out of range"),
				 errdetail("The sum, or the sum of squared deviations, is beyond float8.")));
	PG_RETURN_POINTER(moments);
}

/* The first so many variables, as if there had never been more. */
Datum
ff_cross_moments_first(PG_FUNCTION_ARGS)
{
	FFCross    *cross = FF_GETARG_CROSS(0);
	int			variables = Variable(fcinfo, 1, cross) + 1;
	FFCross    *first = palloc0(FF_CROSS_SIZE(variables));

	first->count = cross->count;
	first->variables = variables;
	for (int a = 0; a < variables; a++)
	{
		first->values[a] = cross->values[a];
		for (int b = a; b < variables; b++)
			first->values[FFCrossPlace(variables, a, b)] = cross->values[FFCrossPlace(cross->variables, a, b)];
	}
	PG_RETURN_DATUM(FFCrossGetDatum(first));
}
