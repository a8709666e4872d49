/*
 * source_value.c
 *	  Values of the application's columns as attributes, as to_jsonb has them.
 *
 * Times differ: they are always in UTC and with an offset, so that rules can
 * compare them and that the session's time zone does not matter; nor do its
 * DateStyle and extra_float_digits.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "miscadmin.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/role.h"
#include "engine/value_pg.h"
#include "evaluate/sources.h"

static FFValue
StringValue(const char *data, int length)
{
	FFValue		value = {0};

	value.type = FF_STRING;
	value.data = data;
	value.length = length;
	return value;
}

/* What is no number in JSON is a string. */
static FFValue
NumericValue(Numeric number)
{
	FFValue		value = {0};
	char	   *text;

	if (numeric_is_nan(number) || numeric_is_inf(number))
	{
		text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(number)));
		return StringValue(text, (int) strlen(text));
	}
	value.type = FF_NUMBER;
	value.data = (const char *) number;
	return value;
}

/* The shortest text that is the same number, as a number. */
static FFValue
FloatValue(Datum value, Oid type)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (type == FLOAT4OID)
		float_to_shortest_decimal_buf(DatumGetFloat4(value), text);
	else
		double_to_shortest_decimal_buf(DatumGetFloat8(value), text);
	return NumericValue(DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
															ObjectIdGetDatum(InvalidOid),
															Int32GetDatum(-1))));
}

/* A time without a zone is taken to be in UTC. */
static FFValue
TimeValue(Datum value, Oid type)
{
	int			utc = 0;
	char	   *text = palloc(MAXDATELEN + 2);

	JsonEncodeDateTime(text, value, type, type == TIMESTAMPTZOID ? &utc : NULL);
	if (type == TIMESTAMPOID && TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)) == false)
		strcat(text, "Z");
	return StringValue(text, (int) strlen(text));
}

static FFValue
JsonbValueOf(Datum value)
{
	return FFValueFromJsonb(DatumGetJsonbP(value));
}

/* Through the type's own functions. */
static FFValue
OtherValue(Datum value, Oid type)
{
	char	   *printed;
	Oid			output;
	bool		is_variable;

	if (OidIsValid(get_element_type(type)))
	{
		Datum		json = DirectFunctionCall1(array_to_json, value);

		return JsonbValueOf(DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json))));
	}
	getTypeOutputInfo(type, &output, &is_variable);
	printed = OidOutputFunctionCall(output, value);
	return StringValue(printed, (int) strlen(printed));
}

/* Functions that users wrote run with the rights of the source's reader. */
static FFValue
ForeignValue(const FFSource *source, Datum value, Oid type)
{
	FFValue		result = {0};
	FFRole		role;

	FFRoleBecome(&role, FFQueryRole("context source", source->relation, source->reader));
	PG_TRY();
	{
		result = OtherValue(value, type);
	}
	PG_FINALLY();
	{
		FFRoleEnd(&role);
	}
	PG_END_TRY();
	return result;
}

static FFValue
BuiltinValue(Datum value, Oid type)
{
	FFValue		result = {0};
	text	   *string;

	switch (type)
	{
		case BOOLOID:
			result.type = FF_BOOL;
			result.boolean = DatumGetBool(value);
			return result;
		case INT2OID:
			return NumericValue(int64_to_numeric(DatumGetInt16(value)));
		case INT4OID:
			return NumericValue(int64_to_numeric(DatumGetInt32(value)));
		case INT8OID:
			return NumericValue(int64_to_numeric(DatumGetInt64(value)));
		case NUMERICOID:
			return NumericValue(DatumGetNumeric(value));
		case FLOAT4OID:
		case FLOAT8OID:
			return FloatValue(value, type);
		case TEXTOID:
		case VARCHAROID:
			string = DatumGetTextPP(value);
			return StringValue(VARDATA_ANY(string), (int) VARSIZE_ANY_EXHDR(string));
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return TimeValue(value, type);
		case JSONBOID:
			return JsonbValueOf(value);
		case JSONOID:
			return JsonbValueOf(DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(value))));
		default:
			return OtherValue(value, type);
	}
}

/*
 * Whether no function that a user wrote is needed to print a type.  Elements of
 * an array may have a cast to json, which then prints them, enums as well.
 */
static bool
IsHarmless(Oid type)
{
	Oid			element = get_base_element_type(type);

	if (OidIsValid(element))
		return getBaseType(element) < FirstNormalObjectId;
	return type < FirstNormalObjectId || get_typtype(type) == TYPTYPE_ENUM;
}

static void
NameSource(void *argument)
{
	errcontext("context source \"%s\"", ((const FFSource *) argument)->relation);
}

FFValue
FFColumnValue(Datum value, Oid type)
{
	return BuiltinValue(value, getBaseType(type));
}

FFValue
FFSourceValue(const FFSource *source, Datum value, Oid type)
{
	ErrorContextCallback context = {error_context_stack, NameSource, unconstify(FFSource *, source)};
	FFValue		result;

	error_context_stack = &context;
	type = getBaseType(type);
	result = IsHarmless(type) ? BuiltinValue(value, type) : ForeignValue(source, value, type);
	error_context_stack = context.previous;
	return result;
}
