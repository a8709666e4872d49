/*
 * eppo_compile.c
 *	  Allocations, splits and shards of Eppo.
 *
 * The document is {"variations", "flag": as in the flags of the universal flag
 * configuration}.  Variations are those whose value is of the flag's type.
 */
#include <math.h>

#include "dialects/eppo.h"

#define ITEMS_BETWEEN_INTERRUPTS 1024
#define EPOCH_MS 946684800000.0 /* from 1970 to 2000 */

static FFPath
Member(const FFPath *path, const char *name)
{
	return FFPathMember(path, FFStringOf(name, (int) strlen(name)));
}

/* --- times --------------------------------------------------------------------- */

static bool
IsDigits(FFString text, int at, int count)
{
	if (at + count > text.length)
		return false;
	for (int i = at; i < at + count; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return true;
}

/* Whether a time of the day ends in Z or an offset. */
static bool
HasOffset(FFString time)
{
	if (time.length > 0 && (time.data[time.length - 1] == 'Z' || time.data[time.length - 1] == 'z'))
		return true;
	for (int i = 0; i < time.length; i++)
		if (time.data[i] == '+' || time.data[i] == '-')
			return true;
	return false;
}

/* 2024, 2024-05, 2024-05-06, each with or without a time of the day, completed. */
static bool
CompleteTime(FFString text, FFText *whole)
{
	static const char date[] = "0000-01-01";
	int			length = 4;
	FFString	time;

	if (!IsDigits(text, 0, 4))
		return false;
	while (length < 10 && length < text.length && text.data[length] == '-' && IsDigits(text, length + 1, 2))
		length += 3;
	FFTextAdd(whole, text.data, length);
	FFTextAdd(whole, date + length, 10 - length);
	if (length == text.length)
	{
		FFTextFormat(whole, "T00:00:00Z");
		return true;
	}
	time = FFStringOf(text.data + length + 1, text.length - length - 1);
	if ((text.data[length] != 'T' && text.data[length] != 't' && text.data[length] != ' ') ||
		!IsDigits(time, 0, 2) || !IsDigits(time, 3, 2) || time.data[2] != ':')
		return false;
	FFTextFormat(whole, "T%.5s%s%.*s%s", time.data, time.length > 5 && time.data[5] == ':' ? "" : ":00",
				 time.length - 5, time.data + 5, HasOffset(time) ? "" : "Z");
	return true;
}

/* A day that its month does not have is one of the next month, up to the 31st. */
static bool
ParseOverflow(FFText *whole, int64_t *time)
{
	int			days = (whole->data[8] - '0') * 10 + whole->data[9] - '0' - 28;

	if (days < 1 || days > 3)
		return false;
	whole->data[8] = '2';
	whole->data[9] = '8';
	if (!FFParseTime(FFStringOf(whole->data, whole->length), time))
		return false;
	*time += days * INT64_C(86400000000);
	return true;
}

/* ms since 2000; NaN: no time that ECMAScript's format of dates has. */
static double
ParseTime(FFString text)
{
	FFText		whole = {0};
	int64_t		time;

	if (!CompleteTime(text, &whole))
		return NAN;
	if (!FFParseTime(FFStringOf(whole.data, whole.length), &time) && !ParseOverflow(&whole, &time))
		return NAN;
	return floor((double) time / 1000);
}

/* startAt or endAt; NaN: it does not limit anything. */
static double
ReadTime(FFCompiler *compiler, const FFPath *path, const FFValue *allocation, const char *name)
{
	FFValue		value = FFDialectMember(allocation, name);
	FFPath		inner = Member(path, name);
	double		time = NAN;

	if (!FFEppoTruthy(&value))
		return NAN;
	if (value.type == FF_STRING)
		time = ParseTime(FFStringOf(value.data, value.length));
	else if (value.type == FF_NUMBER || value.type == FF_BOOL)
		time = trunc(FFEppoNumber(&value)) - EPOCH_MS;
	if (isnan(time))
		FFNoteFault(compiler, &inner, "this is no time: it does not limit anything");
	return time;
}

/* --- shards ---------------------------------------------------------------------- */

static FFString
TextOf(const FFValue *object, const char *member)
{
	FFValue		value = FFDialectMember(object, member);

	return FFStringCopy(FFValueTextJs(&value));
}

static void
CompileRanges(FFCompiler *compiler, const FFPath *path, const FFValue *ranges, FFEppoShard *shard)
{
	FFWalk		walk;
	FFValue		range;

	shard->ranges = FFAlloc((size_t) FFCount(ranges) * sizeof(FFEppoRange) + 1);
	FFWalkStart(&walk, ranges);
	while (FFWalkNext(&walk, NULL, &range))
	{
		FFEppoRange *end = &shard->ranges[shard->count];
		FFValue		first = FFDialectMember(&range, "start");
		FFValue		last = FFDialectMember(&range, "end");
		FFPath		inner = FFPathElement(path, shard->count++);

		end->faulty = range.type == FF_NULL;
		end->start = FFEppoNumber(&first);
		end->end = FFEppoNumber(&last);
		if (end->faulty || isnan(end->start) || isnan(end->end))
			FFNoteFault(compiler, &inner, "expected a range of shards: nobody is in it");
		if (shard->count % ITEMS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}

static void
CompileShard(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFEppoShard *shard)
{
	FFValue		ranges = FFDialectMember(document, "ranges");
	FFPath		inner = Member(path, "ranges");

	shard->faulty = ranges.type != FF_ARRAY;
	shard->salt = TextOf(document, "salt");
	if (shard->faulty)
		FFNoteFault(compiler, &inner, "expected an array: an error when it is reached");
	else
		CompileRanges(compiler, &inner, &ranges, shard);
}

/* Whether everybody is in a shard's ranges. */
static bool
IsWhole(const FFEppoShard *shard, double shards)
{
	for (int i = 0; i < shard->count; i++)
		if (shard->ranges[i].start <= 0 && shard->ranges[i].end >= shards)
			return true;
	return false;
}

/* --- splits ------------------------------------------------------------------------ */

static void
CompileShards(FFCompiler *compiler, const FFPath *path, const FFValue *shards,
			  FFEppoAllocation *allocation, FFEppoSplit *split)
{
	const FFEppoFlag *flag = compiler->program->own;
	FFWalk		walk;
	FFValue		shard;

	split->shards = FFAlloc((size_t) FFCount(shards) * sizeof(FFEppoShard) + 1);
	FFWalkStart(&walk, shards);
	while (FFWalkNext(&walk, NULL, &shard))
	{
		FFPath		inner = FFPathElement(path, split->count);

		CompileShard(compiler, &inner, &shard, &split->shards[split->count]);
		if (!IsWhole(&split->shards[split->count++], flag->shards))
			allocation->random = true;
		FFCheckInterrupts();
	}
}

static void
CompileSplit(FFCompiler *compiler, const FFPath *path, const FFValue *document,
			 FFEppoAllocation *allocation, FFEppoSplit *split)
{
	FFValue		shards = FFDialectMember(document, "shards");
	FFValue		logging = FFDialectMember(document, "extraLogging");
	FFPath		shards_path = Member(path, "shards");
	FFPath		key_path = Member(path, "variationKey");

	split->faulty = shards.type != FF_ARRAY;
	if (split->faulty)
	{
		FFNoteFault(compiler, &shards_path, "expected an array: an error when it is reached");
		return;
	}
	CompileShards(compiler, &shards_path, &shards, allocation, split);
	split->logging = FFCopy(&logging);
	split->variation = FFProgramFindVariation(compiler->program, TextOf(document, "variationKey"));
	if (split->variation < 0)
		FFNoteFault(compiler, &key_path, "there is no such variation of the flag's type: an error when it is served");
}

static void
CompileSplits(FFCompiler *compiler, const FFPath *path, const FFValue *splits, FFEppoAllocation *allocation)
{
	FFWalk		walk;
	FFValue		split;
	int			i = 0;

	allocation->splits_faulty = splits->type != FF_ARRAY &&
		!(splits->type == FF_STRING && splits->length == 0);
	if (allocation->splits_faulty)
		FFNoteFault(compiler, path, "expected an array: an error when it is reached");
	if (splits->type != FF_ARRAY)
		return;
	allocation->count = FFCount(splits);
	allocation->splits = FFAlloc((size_t) allocation->count * sizeof(FFEppoSplit) + 1);
	FFWalkStart(&walk, splits);
	while (FFWalkNext(&walk, NULL, &split))
	{
		FFPath		inner = FFPathElement(path, i);

		CompileSplit(compiler, &inner, &split, allocation, &allocation->splits[i++]);
		FFCheckInterrupts();
	}
}

/* --- allocations ---------------------------------------------------------------------- */

static void
CompileAllocation(FFCompiler *compiler, const FFPath *path, const FFValue *document,
				  FFEppoAllocation *allocation)
{
	FFValue		rules = FFDialectMember(document, "rules");
	FFValue		splits = FFDialectMember(document, "splits");
	FFValue		log = FFDialectMember(document, "doLog");
	FFPath		rules_path = Member(path, "rules");
	FFPath		splits_path = Member(path, "splits");

	allocation->key = TextOf(document, "key");
	allocation->faulty = rules.type == FF_STRING && rules.length > 0;
	if (allocation->faulty)
		FFNoteFault(compiler, &rules_path, "expected an array: an error when it is reached");
	allocation->start = ReadTime(compiler, path, document, "startAt");
	allocation->end = ReadTime(compiler, path, document, "endAt");
	allocation->when = FFEppoCompileRules(compiler, &rules_path, &rules);
	allocation->log = FFCopy(&log);
	CompileSplits(compiler, &splits_path, &splits, allocation);
}

static void
CompileAllocations(FFCompiler *compiler, const FFPath *path, const FFValue *allocations, FFEppoFlag *flag)
{
	FFWalk		walk;
	FFValue		allocation;
	int			i = 0;

	flag->missing = allocations->type == FF_ABSENT || allocations->type == FF_NULL;
	flag->broken = !flag->missing && allocations->type != FF_ARRAY;
	if (allocations->type != FF_ARRAY)
	{
		FFNoteFault(compiler, path, "expected an array: the flag answers nothing");
		return;
	}
	flag->count = FFCount(allocations);
	flag->allocations = FFAlloc((size_t) flag->count * sizeof(FFEppoAllocation) + 1);
	FFWalkStart(&walk, allocations);
	while (FFWalkNext(&walk, NULL, &allocation))
	{
		FFPath		inner = FFPathElement(path, i);

		if (allocation.type == FF_NULL)
		{
			FFNoteFault(compiler, &inner, "expected an allocation: the flag answers nothing");
			flag->broken = true;
		}
		CompileAllocation(compiler, &inner, &allocation, &flag->allocations[i++]);
		FFCheckInterrupts();
	}
}

/* A remainder by what is no number but 0 is none. */
static double
ReadShards(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	double		shards = FFEppoNumber(value);

	if (!isnan(shards) && shards != 0)
		return fabs(shards);
	FFNoteFault(compiler, path, "expected a number of shards: nobody is in a range of them");
	return NAN;
}

bool
FFEppoCompile(FFCompiler *compiler, const FFValue *document)
{
	static const char *const types[] = {"STRING", "INTEGER", "NUMERIC", "BOOLEAN", "JSON"};
	FFEppoFlag *flag = FFAlloc(sizeof(FFEppoFlag));
	FFValue		source = FFDialectMember(document, "flag");
	FFValue		allocations = FFDialectMember(&source, "allocations");
	FFValue		shards = FFDialectMember(&source, "totalShards");
	FFString	type = FFDialectString(&source, "variationType");
	FFPath		root = {0};
	FFPath		top = FFPathElement(&root, 0);
	FFPath		path = Member(&top, "flag");
	FFPath		type_path = Member(&path, "variationType");
	FFPath		shards_path = Member(&path, "totalShards");
	FFPath		allocations_path = Member(&path, "allocations");

	compiler->program->own = flag;
	flag->malformed = true;
	for (int i = 0; i < FF_LENGTH(types); i++)
		if (type.data != NULL && FFStringIs(type, types[i]))
		{
			flag->malformed = false;
			flag->type = FFStringOf(types[i], (int) strlen(types[i]));
		}
	if (flag->malformed)
		FFNoteFault(compiler, &type_path, "expected STRING, INTEGER, NUMERIC, BOOLEAN or JSON: the flag answers nothing");
	flag->shards = ReadShards(compiler, &shards_path, &shards);
	CompileAllocations(compiler, &allocations_path, &allocations, flag);
	return true;
}
