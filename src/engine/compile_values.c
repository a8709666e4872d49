/*
 * compile_values.c
 *	  Preparing the constants of a test for its operator.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/program.h"

#define VALUES_BETWEEN_INTERRUPTS 1024

/* What one operator wants to be done with each of its constants. */
typedef bool (*Preparer) (FFCompiler *compiler, const FFPath *path,
						  FFTest *test, int index);

static FFString
TextOf(const FFValue *value)
{
	return FFStringOf(value->data, value->length);
}

/* The context of regular expressions, made when first needed. */
static FFRegexSetup *
Setup(FFCompiler *compiler)
{
	if (compiler->setup == NULL)
		compiler->setup = FFRegexSetupCreate();
	return compiler->setup;
}

/* Prepare a text that is compared without regard to case. */
static bool
PrepareFold(FFCompiler *compiler, const FFPath *path, FFTest *test, int index)
{
	FFRegexSetup *setup = Setup(compiler);

	if (setup == NULL ||
		!FFFoldInit(&test->as.folds[index], setup, TextOf(&test->values[index]),
					FFOperatorPlace(test->op)))
		return FFRefuse(compiler, path, FF_ERROR_REGEX,
						"text cannot be compared without regard to case");
	return true;
}

/* eq, ne, in, not_in, has: scalars of any type, strings where case is ignored */
static bool
PrepareScalar(FFCompiler *compiler, const FFPath *path, FFTest *test, int index)
{
	const FFValue *value = &test->values[index];

	if (test->ignore_case)
	{
		if (value->type != FF_STRING)
			return FFRefuseType(compiler, path, "a string, as case is ignored",
								value);
		if (!PrepareFold(compiler, path, test, index))
			return false;
		FFSetAdd(&test->strings, test->as.folds[index].folded, index);
		return true;
	}
	switch (value->type)
	{
		case FF_STRING:
			FFSetAdd(&test->strings, TextOf(value), index);
			return true;
		case FF_NUMBER:
			test->numbers[test->number_count++] = *value;
			return true;
		case FF_BOOL:
			test->wants_true |= value->boolean;
			test->wants_false |= !value->boolean;
			return true;
		default:
			return FFRefuseType(compiler, path, "a string, number or boolean",
								value);
	}
}

/* lt, le, gt, ge */
static bool
PrepareNumber(FFCompiler *compiler, const FFPath *path, FFTest *test, int index)
{
	if (test->values[index].type != FF_NUMBER)
		return FFRefuseType(compiler, path, "a number", &test->values[index]);
	return true;
}

/* The rest takes strings only. */
static bool
IsString(FFCompiler *compiler, const FFPath *path, const FFValue *value)
{
	return value->type == FF_STRING ||
		FFRefuseType(compiler, path, "a string", value);
}

/* starts_with, ends_with, contains */
static bool
PrepareText(FFCompiler *compiler, const FFPath *path, FFTest *test, int index)
{
	if (!IsString(compiler, path, &test->values[index]))
		return false;
	if (!test->ignore_case)
		return true;
	return PrepareFold(compiler, path, test, index);
}

/* matches */
static bool
PrepareRegex(FFCompiler *compiler, const FFPath *path, FFTest *test, int index)
{
	char		message[200] = "out of memory";
	FFRegexSetup *setup = Setup(compiler);

	if (!IsString(compiler, path, &test->values[index]))
		return false;
	if (setup != NULL)
		test->as.regexes[index] = FFRegexCompile(setup,
												 TextOf(&test->values[index]),
												 FF_REGEX_PATTERN,
												 test->ignore_case, message,
												 sizeof(message));
	if (test->as.regexes[index] == NULL)
		return FFRefuse(compiler, path, FF_ERROR_REGEX,
						"invalid regular expression: %s", message);
	return true;
}

/* before, after */
static bool
PrepareTime(FFCompiler *compiler, const FFPath *path, FFTest *test, int index)
{
	const FFValue *value = &test->values[index];

	if (!IsString(compiler, path, value))
		return false;
	if (!FFParseTime(TextOf(value), &test->as.times[index]))
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
						"\"%.*s\" is not an RFC 3339 time with an offset",
						FF_QUOTED(TextOf(value)));
	return true;
}

/* semver_eq, semver_lt, semver_le, semver_gt, semver_ge */
static bool
PrepareSemver(FFCompiler *compiler, const FFPath *path, FFTest *test, int index)
{
	const FFValue *value = &test->values[index];

	if (!IsString(compiler, path, value))
		return false;
	if (!FFParseSemver(TextOf(value), &test->as.versions[index]))
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
						"\"%.*s\" is not a semantic version",
						FF_QUOTED(TextOf(value)));
	return true;
}

/* exists: one boolean */
static bool
PrepareExists(FFCompiler *compiler, const FFPath *path, FFTest *test, int index)
{
	if (test->values[index].type != FF_BOOL)
		return FFRefuseType(compiler, path, "a boolean", &test->values[index]);
	if (index > 0)
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
						"exists takes one value");
	test->wants_true = test->values[index].boolean;
	return true;
}

/* Choose the preparation of an operator, and the room that it needs. */
static Preparer
ChoosePreparer(const FFTest *test, size_t *size)
{
	*size = test->ignore_case ? sizeof(FFFold) : 0;
	switch (test->op)
	{
		case FF_OP_EQ:
		case FF_OP_NE:
		case FF_OP_IN:
		case FF_OP_NOT_IN:
		case FF_OP_HAS:
			return PrepareScalar;
		case FF_OP_LT:
		case FF_OP_LE:
		case FF_OP_GT:
		case FF_OP_GE:
			return PrepareNumber;
		case FF_OP_STARTS_WITH:
		case FF_OP_ENDS_WITH:
		case FF_OP_CONTAINS:
			return PrepareText;
		case FF_OP_MATCHES:
			*size = sizeof(FFRegex *);
			return PrepareRegex;
		case FF_OP_BEFORE:
		case FF_OP_AFTER:
			*size = sizeof(int64_t);
			return PrepareTime;
		case FF_OP_EXISTS:
			return PrepareExists;
		default:
			*size = sizeof(FFSemver);
			return PrepareSemver;
	}
}

static int
CompareNumbers(const void *a, const void *b)
{
	return FFNumberCompare(a, b);
}

/* Copy the constants: the array's elements, or the value itself. */
static void
CopyValues(const FFValue *document, bool single, FFTest *test)
{
	FFWalk		walk;
	FFValue		value;
	int			i = 0;

	test->count = single ? 1 : FFCount(document);
	test->values = FFAlloc((size_t) test->count * sizeof(FFValue));
	if (single)
	{
		test->values[0] = FFCopy(document);
		return;
	}
	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, NULL, &value))
	{
		test->values[i++] = FFCopy(&value);
		if (i % VALUES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}

/* Make room for what the preparation brings forth. */
static void
Reserve(FFTest *test, size_t size)
{
	int			numbers = 0;
	int			strings = 0;

	for (int i = 0; i < test->count; i++)
	{
		numbers += test->values[i].type == FF_NUMBER;
		strings += test->values[i].type == FF_STRING;
	}
	if (size > 0)
		test->as.folds = FFAlloc((size_t) test->count * size);
	if (numbers > 0)
		test->numbers = FFAlloc((size_t) numbers * sizeof(FFValue));
	FFSetReserve(&test->strings, strings);
}

/*
 * Prepare the constants of a test, whose operator and case are known.  The
 * document is an array of them, or one alone.
 */
bool
FFCompileValues(FFCompiler *compiler, const FFPath *path,
				const FFValue *document, bool single, FFTest *test)
{
	size_t		size;
	Preparer	prepare = ChoosePreparer(test, &size);

	if (!single && document->type != FF_ARRAY)
		return FFRefuseType(compiler, path, "an array", document);
	if (!single && FFCount(document) == 0)
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
						"at least one value is needed");
	CopyValues(document, single, test);
	Reserve(test, size);
	for (int i = 0; i < test->count; i++)
	{
		FFPath		element = FFPathElement(path, i);

		if (!prepare(compiler, single ? path : &element, test, i))
			return false;
		if (i % VALUES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
	if (test->number_count > 1 && prepare == PrepareScalar)
		qsort(test->numbers, (size_t) test->number_count, sizeof(FFValue),
			  CompareNumbers);
	return true;
}
