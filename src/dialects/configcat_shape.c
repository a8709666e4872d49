/*
 * configcat_shape.c
 *	  What shape the parts of a setting have.
 *
 * ConfigCat's SDKs take a configuration as a whole or not at all.  Here only the
 * setting that is malformed answers nothing.  null is as good as missing.
 */
#include <math.h>

#include "dialects/configcat.h"

#define MAX_INTEGER 9007199254740991.0	/* exact as a double */
#define ITEMS_BETWEEN_INTERRUPTS 1024

typedef bool (*Checker) (FFCompiler *compiler, const FFPath *path, const FFValue *value);

typedef struct Member
{
	const char *name;
	bool		required;
	Checker		check;
} Member;

static bool
IsMissing(const FFValue *value)
{
	return value->type == FF_ABSENT || value->type == FF_NULL;
}

static bool
Malformed(FFCompiler *compiler, const FFPath *path, const char *wanted)
{
	FFNoteFault(compiler, path, "expected %s: the setting answers nothing", wanted);
	return false;
}

static bool
IsString(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	return value->type == FF_STRING || Malformed(compiler, path, "a string");
}

static bool
IsBoolean(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	return value->type == FF_BOOL || Malformed(compiler, path, "a boolean");
}

static bool
IsNumber(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	return value->type == FF_NUMBER || Malformed(compiler, path, "a number");
}

static bool
IsInteger(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	double		number;

	if (value->type == FF_NUMBER && FFNumberDouble(value, &number) &&
		floor(number) == number && fabs(number) <= MAX_INTEGER)
		return true;
	return Malformed(compiler, path, "an integer");
}

/* Whether an object's members are what they should be; others do not matter. */
static bool
HasMembers(FFCompiler *compiler, const FFPath *path, const FFValue *object,
		   const Member *members, int count)
{
	if (object->type != FF_OBJECT)
		return Malformed(compiler, path, "an object");
	for (int i = 0; i < count; i++)
	{
		FFValue		value = FFDialectMember(object, members[i].name);
		FFPath		inner = FFPathMember(path, FFStringOf(members[i].name, (int) strlen(members[i].name)));

		if (IsMissing(&value) && members[i].required)
			return Malformed(compiler, &inner, "a value");
		if (!IsMissing(&value) && !members[i].check(compiler, &inner, &value))
			return false;
	}
	return true;
}

static bool
HasElements(FFCompiler *compiler, const FFPath *path, const FFValue *array, Checker check)
{
	FFWalk		walk;
	FFValue		element;
	int			i = 0;

	if (array->type != FF_ARRAY)
		return Malformed(compiler, path, "an array");
	FFWalkStart(&walk, array);
	while (FFWalkNext(&walk, NULL, &element))
	{
		FFPath		inner = FFPathElement(path, i++);

		if (IsMissing(&element))
			return Malformed(compiler, &inner, "a value");
		if (!check(compiler, &inner, &element))
			return false;
		if (i % ITEMS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
	return true;
}

/* --- the parts, innermost first ------------------------------------------- */

static bool
IsValue(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	static const Member members[] = {
		{"b", false, IsBoolean}, {"s", false, IsString}, {"i", false, IsInteger}, {"d", false, IsNumber}
	};

	return HasMembers(compiler, path, value, members, FF_LENGTH(members));
}

static bool
IsServed(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	static const Member members[] = {{"v", true, IsValue}, {"i", false, IsString}};

	return HasMembers(compiler, path, value, members, FF_LENGTH(members));
}

static bool
IsOption(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	static const Member members[] = {{"p", true, IsInteger}};

	return HasMembers(compiler, path, value, members, FF_LENGTH(members)) &&
		IsServed(compiler, path, value);
}

static bool
AreOptions(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	return HasElements(compiler, path, value, IsOption);
}

static bool
AreTexts(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	return HasElements(compiler, path, value, IsString);
}

static bool
IsUserCondition(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	static const Member members[] = {
		{"a", true, IsString}, {"c", true, IsInteger}, {"s", false, IsString},
		{"d", false, IsNumber}, {"l", false, AreTexts}
	};

	return HasMembers(compiler, path, value, members, FF_LENGTH(members));
}

static bool
IsPrerequisite(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	static const Member members[] = {{"f", true, IsString}, {"c", true, IsInteger}, {"v", true, IsValue}};

	return HasMembers(compiler, path, value, members, FF_LENGTH(members));
}

static bool
IsSegmentCondition(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	static const Member members[] = {{"s", true, IsInteger}, {"c", true, IsInteger}};

	return HasMembers(compiler, path, value, members, FF_LENGTH(members));
}

static bool
IsCondition(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	static const Member members[] = {
		{"u", false, IsUserCondition}, {"p", false, IsPrerequisite}, {"s", false, IsSegmentCondition}
	};

	return HasMembers(compiler, path, value, members, FF_LENGTH(members));
}

static bool
AreConditions(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	return HasElements(compiler, path, value, IsCondition);
}

static bool
IsRule(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	static const Member members[] = {
		{"c", false, AreConditions}, {"s", false, IsServed}, {"p", false, AreOptions}
	};

	return HasMembers(compiler, path, value, members, FF_LENGTH(members));
}

static bool
AreRules(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	return HasElements(compiler, path, value, IsRule);
}

bool
FFConfigCatIsSetting(FFCompiler *compiler, const FFPath *path, const FFValue *setting)
{
	static const Member members[] = {
		{"t", true, IsInteger}, {"a", false, IsString}, {"r", false, AreRules}, {"p", false, AreOptions}
	};

	return HasMembers(compiler, path, setting, members, FF_LENGTH(members)) &&
		IsServed(compiler, path, setting);
}

bool
FFConfigCatAreUserConditions(FFCompiler *compiler, const FFPath *path, const FFValue *conditions)
{
	return IsMissing(conditions) || HasElements(compiler, path, conditions, IsUserCondition);
}
