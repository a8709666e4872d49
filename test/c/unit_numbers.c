/*
 * unit_numbers.c
 *	  Numbers, values and texts as other systems read and write them.
 */
#include <math.h>
#include <stdio.h>

#include "engine/dialect_tools.h"
#include "unit.h"

typedef bool (*NumberParser) (FFString text, double *d);

/* A text and the number it has to be; NONE: it must not be one. */
#define NONE NAN
#define SAME (-12345.5)			/* any NaN */

typedef struct NumberCase
{
	const char *text;
	double		number;
} NumberCase;

static void
CheckNumbers(const char *name, NumberParser parser, const NumberCase *cases,
			 int count)
{
	for (int i = 0; i < count; i++)
	{
		double		d = 0;
		bool		parsed = parser(Str(cases[i].text), &d);
		bool		passed = parsed ? d == cases[i].number : isnan(cases[i].number);

		if (cases[i].number == SAME)
			passed = parsed && isnan(d);
		Ok(passed && (!parsed || isnan(d) ||
					  !signbit(d) == !signbit(cases[i].number)),
		   "%s, case %d", name, i);
	}
}

static void
TestNumbersJs(void)
{
	static const NumberCase number[] = {
		{"", 0}, {" \t\n\v\f\r", 0}, {"1", 1}, {"-1", -1}, {"+1.5", 1.5},
		{"5.", 5}, {".5", 0.5}, {".", NONE}, {"-", NONE}, {"e5", NONE},
		{"1e3", 1000}, {"1E+3", 1000}, {"1e", NONE}, {"1e+", NONE},
		{"-0", -0.0}, {"007", 7}, {"1_0", NONE}, {"1,5", NONE}, {"1 2", NONE},
		{"0x1F", 31}, {"0Xff", 255}, {"0o17", 15}, {"0B101", 5}, {"0x", NONE},
		{"0b12", NONE}, {"0o8", NONE}, {"0xg", NONE}, {"-0x1", NONE},
		{"0x20000000000001", 9007199254740992.0},	/* half way: to even */
		{"0x20000000000003", 9007199254740996.0},
		{"0x200000000000010000000000001", 0x20000000000002p52},	/* more than half */
		{"Infinity", HUGE_VAL}, {"-Infinity", -HUGE_VAL}, {"infinity", NONE},
		{"Infinityx", NONE}, {"1e999", HUGE_VAL}, {"NaN", NONE}, {"true", NONE},
		{"\xC2\xA0" "1\xEF\xBB\xBF", 1},	/* no-break space, byte order mark */
		{"\xE2\x80\xA8\xE3\x80\x80" "2", 2},	/* line separator, wide space */
		{"\xC2\x85" "1", NONE}, /* next line is none of them */
		{"\xE1\xA0\x8E" "1", NONE}, /* nor is U+180E any longer */
		{"\xEF\xBC\x91", NONE}, /* a full-width one */
		{"0.1", 0.1}, {"9007199254740993", 9007199254740992.0},
		{"1.7976931348623159e308", HUGE_VAL}, {"4.9e-324", 5e-324},
		{"0.00000000000000000000000000000000000000000000000000000000000000001", 1e-65}
	};
	static const NumberCase number_at_start[] = {
		{"3.5abc", 3.5}, {"  -.5e", -0.5}, {"1e+", 1}, {"1.2.3", 1.2}, {"", NONE},
		{"abc", NONE}, {"0x10", 0}, {"1_000", 1}, {"Infinityx", HUGE_VAL},
		{"-Infinity", -HUGE_VAL}, {"Infinit", NONE}, {"+", NONE}, {"5.", 5},
		{"\xE3\x80\x80" "4", 4}, {"-0", -0.0}
	};
	static const NumberCase plain[] = {
		{"1", 1}, {"-1.5e2", -150}, {"+1", 1}, {".5", 0.5}, {"5.", 5}, {"", NONE},
		{" 1", NONE}, {"1 ", NONE}, {"0x1", NONE}, {"inf", NONE}, {"nan", NONE},
		{"1e999", NONE}, {"1e", NONE}, {"1_0", NONE}, {"--1", NONE}
	};

	CheckNumbers("Number", FFParseNumberJs, number, FF_LENGTH(number));
	CheckNumbers("parseFloat", FFParseFloatJs, number_at_start,
				 FF_LENGTH(number_at_start));
	CheckNumbers("plain number", FFParseFloatC, plain, FF_LENGTH(plain));
	StandinLatin1(true);
	Is(FFParseNumberJs(Str("\xA0" "7"), &(double) {0}), true,
	   "a no-break space in Latin-1");
	StandinLatin1(false);
}

static void
TestNumbersPython(void)
{
	static const NumberCase floats[] = {
		{"1", 1}, {" 1.5\n", 1.5}, {"1_000.5_5", 1000.55}, {"1e1_0", 1e10},
		{"1__0", NONE}, {"_1", NONE}, {"1_", NONE}, {"1_.5", NONE}, {"1._5", NONE},
		{"1.", 1}, {".5", 0.5}, {".", NONE}, {"", NONE}, {"0x10", NONE},
		{"inf", HUGE_VAL}, {"-Infinity", -HUGE_VAL}, {"+INF", HUGE_VAL},
		{"infin", NONE}, {"nan", SAME}, {"-NaN", SAME}, {"1e400", HUGE_VAL},
		{"\xEF\xBC\x91\xEF\xBC\x92", 12},	/* full-width digits */
		{"\xD9\xA1.\xD9\xA5", 1.5}, /* Arabic-Indic ones */
		{"\xC2\x85" "1", 1},	/* next line is whitespace here */
		{"\x1C" "1", NONE}		/* and a control is none in ASCII text */
	};
	static const struct
	{
		const char *text;
		int64_t		number;		/* -1: none */
	}			integers[] = {
		{"12", 12}, {" 007 ", 7}, {"-5", -5}, {"+5", 5}, {"1_000", 1000},
		{"1.0", -1}, {"", -1}, {"-", -1}, {"1 2", -1}, {"0x1", -1},
		{"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN},
		{"9223372036854775808", -1},	/* Python could, 64 bits cannot */
		{"\xEF\xBC\x95", 5}
	};

	CheckNumbers("float", FFParseFloatPython, floats, FF_LENGTH(floats));
	for (int i = 0; i < FF_LENGTH(integers); i++)
	{
		int64_t		number;

		if (!FFParseIntPython(Str(integers[i].text), &number))
			number = -1;
		Is(number, integers[i].number, "int, case %d", i);
	}
}

static void
TestNumberTexts(void)
{
	static const struct
	{
		double		d;
		const char *js;
		const char *python;
	}			cases[] = {
		{0, "0", "0.0"}, {-0.0, "0", "-0.0"}, {1, "1", "1.0"}, {-1.5, "-1.5", "-1.5"},
		{0.1, "0.1", "0.1"}, {100, "100", "100.0"}, {0.5, "0.5", "0.5"},
		{1.0 / 3, "0.3333333333333333", "0.3333333333333333"},
		{0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
		{1e16, "10000000000000000", "1e+16"}, {123456789012345680.0, "123456789012345680", "1.2345678901234568e+17"},
		{1e15, "1000000000000000", "1000000000000000.0"},
		{1e21, "1e+21", "1e+21"}, {123e18, "123000000000000000000", "1.23e+20"},
		{1e-4, "0.0001", "0.0001"}, {1e-5, "0.00001", "1e-05"},
		{1e-6, "0.000001", "1e-06"}, {1e-7, "1e-7", "1e-07"},
		{1.5e-9, "1.5e-9", "1.5e-09"}, {1e300, "1e+300", "1e+300"},
		{5e-324, "5e-324", "5e-324"}, {1.7976931348623157e308, "1.7976931348623157e+308", "1.7976931348623157e+308"},
		{2.2250738585072014e-308, "2.2250738585072014e-308", "2.2250738585072014e-308"},
		/* 2^-44: the nearest decimal of 16 digits is too low, the next is not */
		{0x1p-44, "5.684341886080802e-14", "5.684341886080802e-14"},
		{9007199254740993.0, "9007199254740992", "9007199254740992.0"},
		{HUGE_VAL, "Infinity", "inf"}, {-HUGE_VAL, "-Infinity", "-inf"},
		{NAN, "NaN", "nan"}
	};

	for (int i = 0; i < FF_LENGTH(cases); i++)
	{
		IsText(FFNumberTextJs(cases[i].d), cases[i].js, "%s in ECMAScript", cases[i].js);
		IsText(FFNumberTextPython(cases[i].d), cases[i].python, "%s in Python",
			   cases[i].python);
	}
}

static void
TestValues(void)
{
	static const struct
	{
		const char *a;
		const char *b;
		bool		equal;
	}			pairs[] = {
		{"1", "1.0", true}, {"1", "\"1\"", false}, {"null", "null", true},
		{"null", "false", false}, {"true", "true", true}, {"true", "false", false},
		{"[1,2]", "[1,2]", true}, {"[1,2]", "[2,1]", false}, {"[1]", "[1,1]", false},
		{"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
		{"{\"a\":1}", "{\"b\":1}", false}, {"{\"a\":{\"b\":[1e2]}}", "{\"a\":{\"b\":[100]}}", true},
		{"{}", "[]", false}, {"\"a\"", "\"a\"", true}, {"\"a\"", "\"b\"", false}
	};
	static const struct
	{
		const char *value;
		const char *json;
		const char *stringified;
		const char *text;
	}			texts[] = {
		{"null", "null", "null", "null"}, {"true", "true", "true", "true"},
		{"1.50", "1.5", "1.5", "1.5"}, {"\"a\"", "\"a\"", "\"a\"", "a"},
		{"1e21", "1000000000000000000000", "1e+21", "1e+21"},
		{"0.1234567890123456789", "0.1234567890123456789", "0.12345678901234568", "0.12345678901234568"},
		{"[1,null,[2,\"x\"],{}]", "[1,null,[2,\"x\"],{}]", "[1,null,[2,\"x\"],{}]", "1,,2,x,[object Object]"},
		{"[]", "[]", "[]", ""}, {"[null]", "[null]", "[null]", ""},
		{"{ \"b\" : 1 , \"a\\\"\" : [ ] }", "{\"b\":1,\"a\\\"\":[]}", "{\"b\":1,\"a\\\"\":[]}", "[object Object]"},
		{"\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\x7F\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\x7F\"",
		"\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\x7F\"", "\"\\\b\f\n\r\t\001/\x7F"},
		{"\"\xC3\xA9\"", "\"\xC3\xA9\"", "\"\xC3\xA9\"", "\xC3\xA9"}
	};
	FFValue		huge = Json("1e400");
	FFValue		absent = {0};
	double		d;

	for (int i = 0; i < FF_LENGTH(pairs); i++)
	{
		FFValue		a = Json(pairs[i].a);
		FFValue		b = Json(pairs[i].b);

		Is(FFValueEqual(&a, &b), pairs[i].equal, "%s = %s", pairs[i].a, pairs[i].b);
	}
	for (int i = 0; i < FF_LENGTH(texts); i++)
	{
		FFValue		value = Json(texts[i].value);
		FFText		text = {0};

		FFTextJson(&text, &value);
		IsText(FFStringOf(text.data, text.length), texts[i].json, "JSON %d", i);
		IsText(FFJsonStringify(&value), texts[i].stringified, "stringify %d", i);
		IsText(FFValueTextJs(&value), texts[i].text, "String %d", i);
	}
	Ok(!FFNumberDouble(&huge, &d), "what no double holds is infinite");
	IsText(FFJsonStringify(&huge), "null", "and null when it is stringified");
	IsText(FFValueTextJs(&absent), "undefined", "what is missing is undefined");
}

static void
TestTexts(void)
{
	FFString	rest = Str("a,,b,");
	FFString	part;

	IsText(FFTrim(Str(" \t\n\v\f\ra b ")), "a b", "trimmed");
	IsText(FFTrim(Str("  ")), "", "trimmed to nothing");
	Ok(FFSplit(&rest, ',', &part) && FFStringIs(part, "a"), "the first part");
	Ok(FFSplit(&rest, ',', &part) && FFStringIs(part, ""), "an empty one");
	Ok(FFSplit(&rest, ',', &part) && FFStringIs(part, "b"), "the third");
	Ok(FFSplit(&rest, ',', &part) && FFStringIs(part, ""), "an empty one at last");
	Ok(!FFSplit(&rest, ',', &part), "and no other");
	rest = Str("");
	Ok(FFSplit(&rest, ',', &part) && part.length == 0, "nothing is one part");
	Ok(!FFSplit(&rest, ',', &part), "and not two");
	IsText(FFLower(Str("AZ\xC3\x89\xCE\xA3\xF0\x90\x90\x80")), "az\xC3\xA9\xCF\x83\xF0\x90\x90\xA8",
		   "lower case: E acute, sigma, Deseret");
	IsText(FFUpper(Str("az\xC3\xA9\xC3\x9F\xC7\x85")), "AZ\xC3\x89\xC3\x9F\xC7\x84",
		   "upper case: a sharp s has none of one letter, a titlecase letter has");
	IsText(FFLower(Str("\xE2\x84\xAA\xC4\xB0\xFF")), "ki\xFF",
		   "Kelvin sign, dotted I, and a byte that is no character");
	IsText(FFLower(Str("")), "", "nothing");
}

/* Which flavours take a version: strict, lenient, with v. */
static void
TestVersionFlavours(void)
{
	static const struct
	{
		const char *text;
		bool		strict;
		bool		lenient;
		bool		v;
	}			cases[] = {
		{"1.2.3", true, true, true}, {"1.2.3-rc.1+b", true, true, true},
		{"1", false, true, true}, {"1.2", false, true, true},
		{"2-beta", false, true, true}, {"2.0+build", false, true, true},
		{"v1.2.3", false, false, true}, {"V1", false, false, true},
		{"vv1", false, false, false}, {"01.2.3", false, false, false},
		{"1.2.3.4", false, false, false}, {"1.2.3-01", false, false, false},
		{"", false, false, false}, {"1.", false, false, false},
		{"1.2.3+", false, false, false}, {" 1.2.3", false, false, false}
	};
	FFSemver	a;
	FFSemver	b;

	for (int i = 0; i < FF_LENGTH(cases); i++)
	{
		FFString	text = Str(cases[i].text);

		Is(FFParseSemverAs(text, FF_SEMVER_STRICT, &a), cases[i].strict,
		   "strict version \"%s\"", cases[i].text);
		Is(FFParseSemverAs(text, FF_SEMVER_LENIENT, &a), cases[i].lenient,
		   "lenient version \"%s\"", cases[i].text);
		Is(FFParseSemverAs(text, FF_SEMVER_V, &a), cases[i].v,
		   "version with v \"%s\"", cases[i].text);
	}
	Ok(FFParseSemverAs(Str("2"), FF_SEMVER_LENIENT, &a) &&
	   FFParseSemverAs(Str("2.0.0+x"), FF_SEMVER_LENIENT, &b) &&
	   FFSemverCompare(&a, &b) == 0, "missing numbers are 0, a build is nothing");
}

void
TestForeignNumbers(void)
{
	TestNumbersJs();
	TestNumbersPython();
	TestNumberTexts();
	TestValues();
	TestTexts();
	TestVersionFlavours();
}
