/*
 * moments.c
 *	  ff.moments: text and binary form, aggregates, what they hold.
 */
#include "postgres.h"

#include <ctype.h>

#include "common/shortest_dec.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/moments.h"
#include "stats/moments_pg.h"

StaticAssertDecl(sizeof(FFMoments) == 40, "ff.moments has INTERNALLENGTH 40");

PG_FUNCTION_INFO_V1(ff_moments_in);
PG_FUNCTION_INFO_V1(ff_moments_out);
PG_FUNCTION_INFO_V1(ff_moments_recv);
PG_FUNCTION_INFO_V1(ff_moments_send);
PG_FUNCTION_INFO_V1(ff_moments_add);
PG_FUNCTION_INFO_V1(ff_moments_add_numeric);
PG_FUNCTION_INFO_V1(ff_moments_combine);
PG_FUNCTION_INFO_V1(ff_moments_of);
PG_FUNCTION_INFO_V1(ff_moments_proportion);
PG_FUNCTION_INFO_V1(ff_moments_n);
PG_FUNCTION_INFO_V1(ff_moments_mean);
PG_FUNCTION_INFO_V1(ff_moments_variance);
PG_FUNCTION_INFO_V1(ff_moments_stddev);

/* What is wrong with a state, by FFMomentsFault. */
static const char *const faults[] = {
	"",
	"n must be between 0 and 9007199254740992.",
	"sum and m2 must be finite.",
	"The second part of a number must be less than half the last digit of the first.",
	"m2 must not be negative.",
	"The sum of no values is 0.",
	"m2 of fewer than two values is 0.",
};

/* Faults of range have an error code of their own. */
static int
FaultCode(FFMomentsFault fault, int otherwise)
{
	if (fault == FF_MOMENTS_COUNT || fault == FF_MOMENTS_NOT_FINITE)
		return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
	return otherwise;
}

/* Steps over white space and then "name="; false where it is not there. */
static bool
ReadName(const char **text, const char *name)
{
	size_t		length = strlen(name);

	while (isspace((unsigned char) **text))
		(*text)++;
	if (strncmp(*text, name, length) != 0 || (*text)[length] != '=')
		return false;
	*text += length + 1;
	return true;
}

/* A decimal number, not hexadecimal, infinity or NaN in words. */
static bool
ReadDouble(const char **text, double *value)
{
	const char *digits = *text + (**text == '-' || **text == '+');
	char	   *end;

	if (!isdigit((unsigned char) digits[0]) || digits[1] == 'x' || digits[1] == 'X')
		return false;
	*value = strtod(*text, &end);
	*text = end;
	return true;
}

/* A number in one part, or in two: the second begins with its sign. */
static bool
ReadPrecise(const char **text, FFPrecise *number)
{
	number->low = 0;
	if (!ReadDouble(text, &number->high))
		return false;
	return (**text != '+' && **text != '-') || ReadDouble(text, &number->low);
}

/* A whole number; one that is too large counts as -1, which is none. */
static bool
ReadCount(const char **text, int64_t *count)
{
	char	   *end;

	if (!isdigit((unsigned char) (**text == '-' ? (*text)[1] : **text)))
		return false;
	errno = 0;
	*count = strtoll(*text, &end, 10);
	if (errno != 0)
		*count = -1;
	*text = end;
	return true;
}

static bool
ReadMoments(const char *text, FFMoments *moments)
{
	if (!ReadName(&text, "n") || !ReadCount(&text, &moments->count) || !isspace((unsigned char) *text) ||
		!ReadName(&text, "sum") || !ReadPrecise(&text, &moments->sum) || !isspace((unsigned char) *text) ||
		!ReadName(&text, "m2") || !ReadPrecise(&text, &moments->squares))
		return false;
	while (isspace((unsigned char) *text))
		text++;
	return *text == '\0';
}

Datum
ff_moments_in(PG_FUNCTION_ARGS)
{
	const char *text = PG_GETARG_CSTRING(0);
	FFMoments  *moments = palloc0(sizeof(FFMoments));
	FFMomentsFault fault;

	if (!ReadMoments(text, moments))
		FFInputError(fcinfo, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
							  errmsg("invalid input syntax for type %s: \"%s\"", "ff.moments", text),
							  errdetail("It is written \"n=3 sum=6 m2=2\".")));
	fault = FFMomentsCheck(moments);
	if (fault != FF_MOMENTS_FINE)
		FFInputError(fcinfo, (errcode(FaultCode(fault, ERRCODE_INVALID_TEXT_REPRESENTATION)),
							  errmsg("invalid value for type %s: \"%s\"", "ff.moments", text),
							  errdetail("%s", faults[fault])));
	PG_RETURN_POINTER(moments);
}

/* The shortest digits that read back the same, whatever the settings. */
static void
AppendPrecise(StringInfo out, const char *name, FFPrecise number)
{
	char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(number.high, digits);
	appendStringInfo(out, " %s=%s", name, digits);
	if (number.low == 0)
		return;
	double_to_shortest_decimal_buf(number.low, digits);
	appendStringInfo(out, "%s%s", number.low > 0 ? "+" : "", digits);
}

Datum
ff_moments_out(PG_FUNCTION_ARGS)
{
	const FFMoments *moments = FF_GETARG_MOMENTS(0);
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "n=" INT64_FORMAT, (int64) moments->count);
	AppendPrecise(&out, "sum", moments->sum);
	AppendPrecise(&out, "m2", moments->squares);
	PG_RETURN_CSTRING(out.data);
}

Datum
ff_moments_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	FFMoments  *moments = palloc(sizeof(FFMoments));
	FFMomentsFault fault;

	moments->count = pq_getmsgint64(message);
	moments->sum.high = pq_getmsgfloat8(message);
	moments->sum.low = pq_getmsgfloat8(message);
	moments->squares.high = pq_getmsgfloat8(message);
	moments->squares.low = pq_getmsgfloat8(message);
	fault = FFMomentsCheck(moments);
	if (fault != FF_MOMENTS_FINE)
		ereport(ERROR,
				(errcode(FaultCode(fault, ERRCODE_INVALID_BINARY_REPRESENTATION)),
				 errmsg("invalid binary value for type %s", "ff.moments"),
				 errdetail("%s", faults[fault])));
	PG_RETURN_POINTER(moments);
}

Datum
ff_moments_send(PG_FUNCTION_ARGS)
{
	const FFMoments *moments = FF_GETARG_MOMENTS(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendint64(&message, moments->count);
	pq_sendfloat8(&message, moments->sum.high);
	pq_sendfloat8(&message, moments->sum.low);
	pq_sendfloat8(&message, moments->squares.high);
	pq_sendfloat8(&message, moments->squares.low);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* The first argument, to be changed: in place inside of an aggregate. */
static FFMoments *
State(FunctionCallInfo fcinfo)
{
	FFMoments  *state = (FFMoments *) PG_GETARG_POINTER(0);
	FFMoments  *copy;

	if (AggCheckCallContext(fcinfo, NULL))
		return state;
	copy = palloc(sizeof(FFMoments));
	*copy = *state;
	return copy;
}

/* A result that left its range. */
static void
CheckRange(bool fits)
{
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("moments are out of range"),
				 errdetail("The sum, or the sum of squared deviations, is beyond float8, or there are more than 2^53 values.")));
}

/* What is not finite would be in every answer afterwards. */
static void
CheckValue(double value)
{
	if (!isfinite(value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("value \"%s\" is not finite", isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"),
				 errhint("Leave such rows out, or make their values NULL.")));
}

static Datum
AddTo(FFMoments *state, FFPrecise value)
{
	CheckValue(value.high);
	CheckRange(FFMomentsAdd(state, value));
	PG_RETURN_POINTER(state);
}

Datum
ff_moments_add(PG_FUNCTION_ARGS)
{
	return AddTo(State(fcinfo), (FFPrecise) {PG_GETARG_FLOAT8(1), 0});
}

Datum
ff_moments_add_numeric(PG_FUNCTION_ARGS)
{
	char	   *digits = DatumGetCString(DirectFunctionCall1(numeric_out, PG_GETARG_DATUM(1)));
	FFPrecise	value = {0, 0};

	/* very long numbers, NaN and infinity */
	if (!FFPreciseOfDecimal(digits, &value))
		value.high = DatumGetFloat8(DirectFunctionCall1(numeric_float8, PG_GETARG_DATUM(1)));
	return AddTo(State(fcinfo), value);
}

Datum
ff_moments_combine(PG_FUNCTION_ARGS)
{
	FFMoments  *state = State(fcinfo);

	CheckRange(FFMomentsMerge(state, FF_GETARG_MOMENTS(1)));
	PG_RETURN_POINTER(state);
}

/* An argument that an aggregate leaves NULL, which is 0, for few units. */
static double
AggregateArgument(FunctionCallInfo fcinfo, int number, const char *name, bool optional)
{
	if (PG_ARGISNULL(number) && !optional)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the %s is required", name)));
	return PG_ARGISNULL(number) ? 0 : PG_GETARG_FLOAT8(number);
}

Datum
ff_moments_of(PG_FUNCTION_ARGS)
{
	FFMoments  *moments = palloc(sizeof(FFMoments));
	FFMomentsFault fault;
	int64		count;
	double		mean;
	double		variance;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	count = PG_GETARG_INT64(0);
	mean = AggregateArgument(fcinfo, 1, "mean", count == 0);
	variance = AggregateArgument(fcinfo, 2, "variance", count < 2);
	CheckValue(mean);
	CheckValue(variance);
	if (count < 0 || variance < 0 || (count == 0 && mean != 0) || (count < 2 && variance != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no values have the count " INT64_FORMAT ", mean %g and variance %g", count, mean, variance)));
	*moments = FFMomentsOf(count, mean, variance);
	fault = FFMomentsCheck(moments);
	CheckRange(fault == FF_MOMENTS_FINE);
	PG_RETURN_POINTER(moments);
}

Datum
ff_moments_proportion(PG_FUNCTION_ARGS)
{
	int64		count = PG_GETARG_INT64(0);
	int64		successes = PG_GETARG_INT64(1);
	FFMoments  *moments = palloc(sizeof(FFMoments));

	if (count < 0 || successes < 0 || successes > count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg(INT64_FORMAT " units cannot have " INT64_FORMAT " successes", count, successes)));
	CheckRange(count <= FF_MOMENTS_MAX_COUNT);
	*moments = FFMomentsOfSuccesses(count, successes);
	PG_RETURN_POINTER(moments);
}

Datum
ff_moments_n(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(FF_GETARG_MOMENTS(0)->count);
}

Datum
ff_moments_mean(PG_FUNCTION_ARGS)
{
	const FFMoments *moments = FF_GETARG_MOMENTS(0);

	if (moments->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(FFMomentsMean(moments).high);
}

Datum
ff_moments_variance(PG_FUNCTION_ARGS)
{
	const FFMoments *moments = FF_GETARG_MOMENTS(0);

	if (moments->count < 2)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(FFMomentsVariance(moments));
}

Datum
ff_moments_stddev(PG_FUNCTION_ARGS)
{
	const FFMoments *moments = FF_GETARG_MOMENTS(0);

	if (moments->count < 2)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(sqrt(FFMomentsVariance(moments)));
}
