/*
 * fuzz_texts.c
 *	  Texts of any kind, whole and damaged, through what takes in texts alone:
 *	  small parsers, comparison of case, recipes.
 */
#include <string.h>

#include "engine/program.h"
#include "engine/recipe.h"
#include "fuzz.h"
#include "standin.h"

/* Texts of any kind through the small parsers and the comparison of case. */
void
FuzzTexts(void)
{
	FFText		text[2] = {{0}, {0}};
	FFSemver	versions[2];
	bool		parsed[2];
	bool		equal[2];
	int64_t		time;

	for (int i = 0; i < 2; i++)
	{
		Add(&text[i], PICK(strings));
		for (int j = Below(3); j > 0; j--)
			Add(&text[i], PICK(strings));
		if (OneIn(2))
			Damage(&text[i]);
		parsed[i] = FFParseSemver(FFStringOf(text[i].data, text[i].length), &versions[i]);
		(void) FFParseTime(FFStringOf(text[i].data, text[i].length), &time);
	}
	if (parsed[0] && parsed[1])
		Check((FFSemverCompare(&versions[0], &versions[1]) > 0) ==
			  (FFSemverCompare(&versions[1], &versions[0]) < 0), "versions disagree");
	for (int i = 0; i < 2; i++)
	{
		FFFold		fold = {.points = 0};
		FFFolded	folded;

		if (!FFFoldInit(&fold, FFRegexSetupCreate(),
						FFStringOf(text[i].data, text[i].length), FF_PLACE_WHOLE))
			return;
		FFFoldStart(&folded, FFStringOf(text[1 - i].data, text[1 - i].length));
		equal[i] = FFFoldMatches(&fold, FF_PLACE_WHOLE, &folded);
		Check(!equal[i] || FFFoldMatches(&fold, FF_PLACE_ANYWHERE, &folded) ||
			  fold.regex != NULL, "equal but not contained");
		FFFoldEnd(&folded);
	}
	Check(equal[0] == equal[1], "equality is not symmetric");
}

/* A text of any kind, and whether it is pure ASCII. */
static FFString
MakeText(bool *ascii)
{
	FFText		text = {0};

	Add(&text, "");
	for (int i = OneIn(20) ? Below(200) : Below(4); i > 0; i--)
		Add(&text, PICK(strings));
	if (OneIn(2))
		Damage(&text);
	for (int i = 0; i < text.length; i++)
		*ascii &= (unsigned char) text.data[i] < 0x80;
	return FFStringOf(text.data, text.length);
}

static FFBucketing
Bucketed(const FFRecipe *recipe, FFString salt, FFString key, int buckets)
{
	FFBucketing bucketing;

	Check(FFRecipeRun(recipe, salt, key, buckets, &bucketing), "a hash is missing");
	return bucketing;
}

/* Recipes that differ in their encoding are one where all is ASCII. */
static void
CheckEncodings(FFString salt, FFString key)
{
	static const char *const pairs[][2] = {
		{"unleash", "unleash-node"}, {"unleash-variant", "unleash-variant-node"},
		{"growthbook-v1", "growthbook-v1-utf8"}, {"growthbook-v2", "growthbook-v2-utf8"}
	};

	for (int i = 0; i < FF_LENGTH(pairs); i++)
	{
		const FFRecipe *first = FFRecipeFind(Str(pairs[i][0]));
		const FFRecipe *second = FFRecipeFind(Str(pairs[i][1]));

		Check(Bucketed(first, salt, key, first->buckets).value ==
			  Bucketed(second, salt, key, second->buckets).value, "encodings of ASCII differ");
	}
}

/* Buckets and values in their range, the same each time, and native native. */
void
FuzzRecipes(void)
{
	const FFRecipe *recipe = &FFRecipes[Below(FFRecipeCount)];
	int			buckets = recipe->adjustable && OneIn(2) ? 1 + Below(INT32_MAX) : recipe->buckets;
	int			past = recipe->reduction == FF_REDUCE_SHARE;	/* a share may round up to 1 */
	bool		ascii = true;
	FFString	salt = MakeText(&ascii);
	FFString	key = MakeText(&ascii);
	FFBucketing first = Bucketed(recipe, salt, key, buckets);
	FFBucketing second;

	Check(FFRecipeShow(recipe, salt, key, buckets, &second), "a hash is missing");
	Check(first.bucket == second.bucket && first.value == second.value &&
		  first.hash_length == second.hash_length &&
		  memcmp(first.hash, second.hash, (size_t) first.hash_length) == 0 &&
		  first.hashed.data == NULL && second.hashed.data != NULL, "shown, another bucket");
	Check(first.bucket >= recipe->first && first.value >= 0 &&
		  first.bucket - recipe->first <= buckets - 1 + past, "a bucket is out of range");
	Check(first.value <= (recipe->divisor > 0 ? recipe->factor * 1.000001 : (double) first.bucket),
		  "a value is out of range");
	if (recipe->hash == FF_HASH_XXH3)
		Check(first.bucket == FFBucket(salt, key), "two native buckets");
	if (ascii)
		CheckEncodings(salt, key);
}
