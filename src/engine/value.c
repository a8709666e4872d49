/*
 * value.c
 *	  The engine's values over PostgreSQL: jsonb in place, numeric, encodings.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "common/int.h"
#include "common/pg_prng.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "engine/value_pg.h"

/* Objects with more keys than this are searched for few names. */
#define MERGE_KEYS 64
/* Objects with at most as many keys hold no offset but the first. */
#define SMALL_KEYS (JB_OFFSET_STRIDE / 2)
#define MERGE_RATIO 8

/* Above this distance an offset is looked for nearer to its entry. */
#define SKIP_ENTRIES 64

/* --- memory and interrupts ---------------------------------------------- */

void *
FFAlloc(size_t size)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

void *
FFAllocNoThrow(size_t size)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

void
FFFree(void *pointer)
{
	pfree(pointer);
}

double
FFRandom(void)
{
	return pg_prng_double(&pg_global_prng_state);
}

void
FFCheckInterrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

bool
FFStackIsDeep(void)
{
	return stack_is_too_deep();
}

/* --- jsonb ---------------------------------------------------------------- */

static inline const JsonbContainer *
ContainerOf(const FFValue *value)
{
	return (const JsonbContainer *) value->data;
}

/* Where the children of a container begin; objects have two a member. */
static inline const char *
DataOf(const FFValue *value, int count)
{
	int			entries = value->type == FF_OBJECT ? 2 * count : count;

	return (const char *) &ContainerOf(value)->children[entries];
}

/* A view of a container of so many bytes. */
static inline FFValue
ContainerValue(const JsonbContainer *container, int length)
{
	FFValue		value;

	value.type = JsonContainerIsObject(container) ? FF_OBJECT : FF_ARRAY;
	value.boolean = false;
	value.data = (const char *) container;
	value.length = length;
	return value;
}

/* A view of the child whose bytes start and end at these offsets. */
static pg_attribute_always_inline FFValue
EntryValue(const char *base, JEntry entry, uint32 start, uint32 end)
{
	FFValue		value;

	value.boolean = false;
	value.data = base + start;
	value.length = (int) (end - start);
	switch (entry & JENTRY_TYPEMASK)
	{
		case JENTRY_ISSTRING:
			value.type = FF_STRING;
			break;
		case JENTRY_ISNUMERIC:
			value.type = FF_NUMBER;
			value.data = base + INTALIGN(start);
			break;
		case JENTRY_ISBOOL_TRUE:
			value.type = FF_BOOL;
			value.boolean = true;
			break;
		case JENTRY_ISBOOL_FALSE:
			value.type = FF_BOOL;
			break;
		case JENTRY_ISCONTAINER:
			return ContainerValue((const JsonbContainer *) (base + INTALIGN(start)),
								  (int) (end - INTALIGN(start)));
		default:
			value.type = FF_NULL;
			break;
	}
	return value;
}

/* A view of the child with this number among all entries. */
static FFValue
ChildValue(const FFValue *container, int count, int index)
{
	const JsonbContainer *jc = ContainerOf(container);
	uint32		start = getJsonbOffset(jc, index);

	return EntryValue(DataOf(container, count), jc->children[index], start,
					  start + getJsonbLength(jc, index));
}

FFValue
FFValueFromJsonb(Jsonb *jsonb)
{
	FFValue		value = ContainerValue(&jsonb->root,
									   (int) (VARSIZE(jsonb) - VARHDRSZ));

	if (JB_ROOT_IS_SCALAR(jsonb))
		return ChildValue(&value, 1, 0);
	return value;
}

/* Numbers and containers are borrowed; strings and the rest are in place. */
static void
FillScalar(const FFValue *value, JsonbValue *scalar)
{
	switch (value->type)
	{
		case FF_BOOL:
			scalar->type = jbvBool;
			scalar->val.boolean = value->boolean;
			break;
		case FF_NUMBER:
			scalar->type = jbvNumeric;
			scalar->val.numeric = (Numeric) unconstify(char *, value->data);
			break;
		case FF_STRING:
			scalar->type = jbvString;
			scalar->val.string.val = unconstify(char *, value->data);
			scalar->val.string.len = value->length;
			break;
		default:
			scalar->type = jbvNull;
			break;
	}
}

Jsonb *
FFValueToJsonb(const FFValue *value)
{
	JsonbValue	scalar;
	Jsonb	   *jsonb;

	if (value->type == FF_ABSENT)
		return NULL;
	if (value->type == FF_ARRAY || value->type == FF_OBJECT)
	{
		jsonb = palloc(VARHDRSZ + (Size) value->length);
		SET_VARSIZE(jsonb, VARHDRSZ + value->length);
		memcpy(VARDATA(jsonb), value->data, (size_t) value->length);
		return jsonb;
	}
	FillScalar(value, &scalar);
	return JsonbValueToJsonb(&scalar);
}

int
FFCount(const FFValue *container)
{
	return (int) JsonContainerSize(ContainerOf(container));
}

FFValue
FFElement(const FFValue *array, int index)
{
	int			count = FFCount(array);
	FFValue		absent = {.type = FF_ABSENT};

	if (index < 0 || index >= count)
		return absent;
	return ChildValue(array, count, index);
}

/* Binary search among the keys, which are sorted like FFNameCompare. */
FFValue
FFMember(const FFValue *object, const char *name, int length)
{
	const JsonbContainer *jc = ContainerOf(object);
	int			count = FFCount(object);
	const char *base = DataOf(object, count);
	FFString	wanted = {name, length};
	FFValue		absent = {.type = FF_ABSENT};
	int			low = 0;
	int			high = count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		FFString	key = {base + getJsonbOffset(jc, middle),
		(int) getJsonbLength(jc, middle)};
		int			order = FFNameCompare(wanted, key);

		if (order == 0)
			return ChildValue(object, count, count + middle);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return absent;
}

void
FFWalkStart(FFWalk *walk, const FFValue *container)
{
	walk->container = container;
	walk->next = 0;
	walk->offset = 0;
	walk->value_offset = 0;
	if (container->type == FF_OBJECT && FFCount(container) > 0)
		walk->value_offset = getJsonbOffset(ContainerOf(container),
											FFCount(container));
}

bool
FFWalkNext(FFWalk *walk, FFString *name, FFValue *value)
{
	const JsonbContainer *jc = ContainerOf(walk->container);
	int			count = (int) JsonContainerSize(jc);
	const char *base = DataOf(walk->container, count);
	uint32		start = walk->offset;
	int			index = walk->next;

	if (index >= count)
		return false;
	JBE_ADVANCE_OFFSET(walk->offset, jc->children[index]);
	if (walk->container->type == FF_OBJECT)
	{
		if (name != NULL)
		{
			name->data = base + start;
			name->length = (int) (walk->offset - start);
		}
		start = walk->value_offset;
		index += count;
		JBE_ADVANCE_OFFSET(walk->value_offset, jc->children[index]);
		*value = EntryValue(base, jc->children[index], start, walk->value_offset);
	}
	else
		*value = EntryValue(base, jc->children[index], start, walk->offset);
	walk->next++;
	return true;
}

/* The order of the keys of a jsonb: shorter first, then by bytes. */
int
FFNameCompare(FFString a, FFString b)
{
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	return memcmp(a.data, b.data, (size_t) a.length);
}

/*
 * Find the keys, both lists being sorted.  The number of each found goes into
 * the length of its value.  Returns where the walk over the keys ended.
 */
static int
MergeKeys(const FFValue *object, int keys, const FFString *names, int count,
		  FFValue *values, uint32 *offset)
{
	const JEntry *entries = ContainerOf(object)->children;
	const char *base = DataOf(object, keys);
	uint32		start = 0;
	int			key = 0;
	int			name = 0;

	while (key < keys && name < count)
	{
		uint32		end = start;
		int			order;

		JBE_ADVANCE_OFFSET(end, entries[key]);
		order = (int) (end - start) - names[name].length;
		if (order == 0 && end > start)
		{
			/* most keys of the same length differ in their first byte */
			order = (unsigned char) base[start] - (unsigned char) *names[name].data;
			if (order == 0)
				order = memcmp(base + start, names[name].data, end - start);
		}
		if (order < 0)
		{
			key++;
			start = end;
			continue;
		}
		values[name].type = order == 0 ? FF_NULL : FF_ABSENT;
		values[name++].length = key;
	}
	for (; name < count; name++)
		values[name].type = FF_ABSENT;
	*offset = start;
	return key;
}

/* The order of a key and a name of the same length; most differ at once. */
static inline int
CompareKey(const char *key, FFString name)
{
	int			order = name.length == 0 ? 0 :
		(unsigned char) key[0] - (unsigned char) name.data[0];

	if (order != 0 || FFSameBytes(key, name.data, name.length))
		return order;
	return memcmp(key, name.data, name.length);
}

/*
 * The common case of FFCollect.  No entry of so small an object but the first
 * holds an offset, and that one is its length: lengths simply add up.
 */
static void
CollectSmall(const JEntry *entries, const char *base, int keys,
			 const FFString *names, int count, FFValue *values)
{
	uint32		starts[SMALL_KEYS * 2 + 1];
	uint32		offset = 0;
	int			key = 0;

#pragma GCC unroll 4
	for (int i = 0; i < keys * 2; i++)
	{
		starts[i] = offset;
		offset += JBE_OFFLENFLD(entries[i]);
	}
	starts[keys * 2] = offset;
	for (int name = 0; name < count; name++)
	{
		uint32		wanted = (uint32) names[name].length;
		int			order = 1;

		values[name].type = FF_ABSENT;
		for (; key < keys; key++)
		{
			uint32		length = starts[key + 1] - starts[key];

			if (length < wanted)
				continue;
			order = length > wanted ? 1 : CompareKey(base + starts[key], names[name]);
			if (order >= 0)
				break;
		}
		if (order == 0)
		{
			int			child = keys + key++;

			values[name] = EntryValue(base, entries[child], starts[child], starts[child + 1]);
		}
	}
}

void
FFCollect(const FFValue *object, const FFString *names, int count,
		  FFValue *values)
{
	const JEntry *entries = ContainerOf(object)->children;
	int			keys = FFCount(object);
	const char *base = DataOf(object, keys);
	uint32		offset;
	int			entry;

	if (keys <= SMALL_KEYS)
	{
		CollectSmall(entries, base, keys, names, count, values);
		return;
	}
	if (keys > MERGE_KEYS && keys / MERGE_RATIO > count)
	{
		for (int i = 0; i < count; i++)
			values[i] = FFMember(object, names[i].data, names[i].length);
		return;
	}
	entry = MergeKeys(object, keys, names, count, values, &offset);
	for (int i = 0; i < count; i++)
	{
		uint32		end;
		int			wanted;

		if (values[i].type == FF_ABSENT)
			continue;
		wanted = keys + values[i].length;
		if (wanted - entry > SKIP_ENTRIES)
		{
			entry = wanted;
			offset = getJsonbOffset(ContainerOf(object), wanted);
		}
		for (; entry < wanted; entry++)
			JBE_ADVANCE_OFFSET(offset, entries[entry]);
		end = offset;
		JBE_ADVANCE_OFFSET(end, entries[entry]);
		values[i] = EntryValue(base, entries[entry], offset, end);
	}
}

/* --- numbers --------------------------------------------------------------- */

static inline Datum
NumberDatum(const FFValue *number)
{
	return PointerGetDatum(number->data);
}

int
FFNumberCompare(const FFValue *a, const FFValue *b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumberDatum(a),
											 NumberDatum(b)));
}

/*
 * A numeric of three digits to the base 10000 has at most twelve decimal ones,
 * where a double has fifteen.  Those whose header has the short form, with 10
 * in its highest bits, lie between 1e-256 and 1e256, as doubles can.
 */
bool
FFNumberIsShort(const FFValue *number)
{
	uint16		header;

	if (VARSIZE_ANY_EXHDR(number->data) < sizeof(header) ||
		VARSIZE_ANY_EXHDR(number->data) > sizeof(header) + 3 * sizeof(int16))
		return false;
	memcpy(&header, VARDATA_ANY(number->data), sizeof(header));
	return (header & 0xC000) == 0x8000;
}

/* Take in one more digit; false when the number leaves int64. */
static bool
AddDigit(int64 *number, char digit)
{
	return !pg_mul_s64_overflow(*number, 10, number) &&
		!pg_sub_s64_overflow(*number, digit - '0', number);
}

bool
FFNumberScaled(const FFValue *number, int decimals, int64_t *result)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out,
														   NumberDatum(number)));
	bool		negative = text[0] == '-';
	bool		fraction = false;
	bool		exact = true;
	int64		scaled = 0;		/* negated: that side has one more number */

	for (const char *at = text + negative; *at != '\0' && exact; at++)
	{
		if (*at == '.' && !fraction)
			fraction = true;
		else if (*at < '0' || *at > '9')
			exact = false;
		else if (fraction && decimals == 0)
			exact = *at == '0';
		else
		{
			exact = AddDigit(&scaled, *at);
			decimals -= fraction;
		}
	}
	for (; exact && decimals > 0; decimals--)
		exact = AddDigit(&scaled, '0');
	pfree(text);
	if (!exact || (!negative && scaled == PG_INT64_MIN))
		return false;
	*result = negative ? scaled : -scaled;
	return true;
}

/*
 * Up to fifteen digits and as many decimals are exact in a double, and so is
 * the power of ten that they are divided by: the quotient is the nearest.
 */
static bool
ShortDouble(const char *text, double *d)
{
	static const double powers[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
	};
	bool		negative = *text == '-';
	int64		digits = 0;
	int			decimals = -1;
	int			length = 0;

	for (text += negative; *text != '\0'; text++)
	{
		if (*text == '.' && decimals < 0)
			decimals = 0;
		else if (*text < '0' || *text > '9' || ++length > 15)
			return false;
		else
		{
			digits = digits * 10 + (*text - '0');
			decimals += decimals >= 0;
		}
	}
	*d = (double) digits / powers[Max(decimals, 0)];
	if (negative)
		*d = -*d;
	return true;
}

/*
 * strtod rounds correctly, and the server keeps LC_NUMERIC at C, so that
 * numeric's point is strtod's.
 */
bool
FFNumberDouble(const FFValue *number, double *d)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out,
														   NumberDatum(number)));

	if (!ShortDouble(text, d))
		*d = strtod(text, NULL);
	pfree(text);
	return isfinite(*d);
}

/* How many decimals a number is written with: some systems tell 1 from 1.0. */
int
FFNumberDecimals(const FFValue *number)
{
	return DatumGetInt32(DirectFunctionCall1(numeric_scale, NumberDatum(number)));
}

FFString
FFNumberText(const FFValue *number)
{
	FFString	text;

	text.data = numeric_normalize(DatumGetNumeric(NumberDatum(number)));
	text.length = (int) strlen(text.data);
	return text;
}

FFValue
FFCopy(const FFValue *value)
{
	FFValue		copy = *value;
	Size		size = (Size) value->length;
	char	   *data;

	if (value->type < FF_NUMBER)
		return copy;
	if (value->type == FF_NUMBER)
		size = VARSIZE_ANY(value->data);
	data = palloc(size + 1);
	memcpy(data, value->data, size);
	data[size] = '\0';
	copy.data = data;
	return copy;
}

/* --- encodings ---------------------------------------------------------------- */

static bool
IsAscii(FFString text)
{
	for (int i = 0; i < text.length; i++)
		if (IS_HIGHBIT_SET(text.data[i]))
			return false;
	return true;
}

/*
 * The conversion from the database encoding.  The default ones are built in
 * and cannot be dropped, so what was found once stays right.
 */
static Oid
ConversionToUtf8(void)
{
	static Oid	conversion = InvalidOid;

	if (!OidIsValid(conversion))
		conversion = FindDefaultConversionProc(GetDatabaseEncoding(), PG_UTF8);
	return conversion;
}

/* Convert; a text that has no UTF-8 form is given back as it is. */
static FFString
ConvertToUtf8(FFString text, bool *valid)
{
	Oid			conversion = ConversionToUtf8();
	Size		size = (Size) text.length * MAX_CONVERSION_GROWTH + 1;
	unsigned char *buffer;
	FFString	converted = text;

	*valid = false;
	if (!OidIsValid(conversion))
		return text;
	buffer = FFAlloc(size);
	if (pg_do_encoding_conversion_buf(conversion, GetDatabaseEncoding(), PG_UTF8,
									  (unsigned char *) unconstify(char *, text.data),
									  text.length, buffer,
									  (int) Min(size, INT_MAX), true) != text.length)
	{
		pfree(buffer);
		return text;
	}
	*valid = true;
	converted.data = (const char *) buffer;
	converted.length = (int) strlen(converted.data);
	return converted;
}

FFString
FFUtf8(FFString text, bool *valid)
{
	int			encoding = GetDatabaseEncoding();

	*valid = true;
	if (encoding == PG_UTF8 || IsAscii(text))
		return text;
	if (encoding != PG_SQL_ASCII)
		return ConvertToUtf8(text, valid);
	*valid = pg_encoding_verifymbstr(PG_UTF8, text.data, text.length) == text.length;
	return text;
}

int
FFClip(FFString text, int limit)
{
	if (text.length <= limit)
		return text.length;
	return pg_mbcliplen(text.data, text.length, limit);
}
