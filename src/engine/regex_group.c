/*
 * regex_group.c
 *	  What an opening parenthesis begins: groups, flags, look-around, comments.
 *
 * Groups of RE2 and Rust capture nothing, for nothing can refer to them.
 */
#include "engine/regex_translate.h"

/* --- names ------------------------------------------------------------------------ */

static bool
IsNamePoint(const FFTranslation *translation, int point, bool first)
{
	if (point == '_' || point >= 0x80 || ((point | 0x20) >= 'a' && (point | 0x20) <= 'z'))
		return true;
	if (point == '$')
		return FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT);
	if (point == '.' || point == '[' || point == ']')
		return !first && FFFlavourIs(translation, FF_FLAVOUR_RUST);
	return FFIsDigit((char) point) && (!first || FFFlavourIs(translation, FF_FLAVOUR_RE2));
}

/* Read a name and the character behind it; of what is not ASCII all may be in one. */
bool
FFReadName(FFTranslation *translation, char end, FFString *name)
{
	int			start = translation->at;

	while (!FFAtEnd(translation) && FFPeek(translation, 0) != end)
	{
		bool		first = translation->at == start;

		if (!IsNamePoint(translation, FFTakePoint(translation), first))
			return FFRefusePattern(translation, "bad name of a group");
	}
	*name = FFStringOf(translation->pattern.data + start, translation->at - start);
	if (FFAtEnd(translation) || name->length == 0)
		return FFRefusePattern(translation, "bad name of a group");
	translation->at++;
	return true;
}

/* The number of the group with a name, or 0. */
int
FFFindCapture(const FFTranslation *translation, FFString name)
{
	int			count = translation->capture_count > translation->capture_total ?
		translation->capture_count : translation->capture_total;

	for (int i = 1; i <= count; i++)
		if (translation->captures[i].name.data != NULL &&
			FFStringEquals(translation->captures[i].name, name))
			return i;
	return 0;
}

/* Step over a class, as JavaScript delimits it; at is behind the bracket. */
static void
SkipClass(FFTranslation *translation)
{
	while (!FFAtEnd(translation) && FFPeek(translation, 0) != ']')
		translation->at += FFPeek(translation, 0) == '\\' ? 2 : 1;
}

/*
 * Count the groups of a pattern of JavaScript, and note their names: a
 * reference may come before its group, and is none where there are too few.
 */
void
FFScanCaptures(FFTranslation *translation)
{
	char	   *message = translation->message;
	FFString	name;

	translation->message = NULL;
	for (translation->at = 0; !FFAtEnd(translation); translation->at++)
	{
		char		c = FFPeek(translation, 0);

		if (c == '\\')
			translation->at++;
		else if (c == '[')
		{
			translation->at++;
			SkipClass(translation);
		}
		else if (c == '(' && FFPeek(translation, 1) != '?')
			translation->capture_total++;
		else if (c == '(' && FFLookingAt(translation, "(?<") &&
				 FFPeek(translation, 3) != '=' && FFPeek(translation, 3) != '!')
		{
			translation->capture_total++;
			translation->named = true;
			translation->at += 3;
			if (!FFReadName(translation, '>', &name))
				break;
			translation->captures[translation->capture_total].name = name;
			translation->at--;
		}
	}
	translation->message = message;
	translation->at = 0;
}

/* --- opening ------------------------------------------------------------------------ */

/* Open a group that is written so. */
static bool
Open(FFTranslation *translation, const char *text, FFAtom kind)
{
	FFGroup    *group;

	if (translation->depth == FF_REGEX_NESTING)
		return FFRefusePattern(translation, "parentheses nested too deeply");
	group = &translation->groups[++translation->depth];
	memset(group, 0, sizeof(*group));
	group->start = translation->out.length;
	group->kind = kind;
	group->flags = translation->flags;
	group->branch.repeats = 1;
	group->all.repeats = 1;
	translation->atom = FF_ATOM_NONE;
	FFTextAdd(&translation->out, text, (int) strlen(text));
	return true;
}

static bool
OpenCapture(FFTranslation *translation, FFString name)
{
	bool		plain = FFFlavourIs(translation, FF_FLAVOUR_RE2) ||
		FFFlavourIs(translation, FF_FLAVOUR_RUST);
	int			number = translation->capture_count + 1;
	int			found = name.data == NULL ? 0 : FFFindCapture(translation, name);

	if (found > 0 && found != number)
		return FFRefusePattern(translation, "name of a group given twice");
	if (!Open(translation, plain ? "(?:" : "(", FF_ATOM_PLAIN))
		return false;
	translation->captures[number].name = name;
	translation->captures[number].closed = false;
	translation->capture_count = number;
	translation->groups[translation->depth].capture = number;
	return true;
}

static bool
OpenNamed(FFTranslation *translation)
{
	FFString	name;

	return FFReadName(translation, '>', &name) && OpenCapture(translation, name);
}

/* Look-around, where the engine has it. */
static bool
OpenAround(FFTranslation *translation)
{
	static const char *const forms[] = {"=", "!", "<=", "<!"};
	static const char *const written[] = {"(?=", "(?!", "(?<=", "(?<!"};

	for (int i = 0; i < FF_LENGTH(forms); i++)
		if (FFSkipText(translation, forms[i]))
			return Open(translation, written[i],
						i < 2 ? FF_ATOM_LOOKAHEAD : FF_ATOM_LOOKBEHIND);
	return FFRefusePattern(translation, "unknown kind of group");
}

static bool
IsAround(const FFTranslation *translation)
{
	return FFLookingAt(translation, "=") || FFLookingAt(translation, "!") ||
		FFLookingAt(translation, "<=") || FFLookingAt(translation, "<!");
}

#define BOTH_ALPHABETS (FF_FLAG_A | FF_FLAG_N)

/* --- flags ---------------------------------------------------------------------------- */

/* The flag that a letter stands for. */
static unsigned
FlagOf(const FFTranslation *translation, char letter, bool *known)
{
	static const char letters[] = "imsUxRua";
	static const unsigned flags[] = {
		FF_FLAG_I, FF_FLAG_M, FF_FLAG_S, FF_FLAG_U, FF_FLAG_X, FF_FLAG_R,
		FF_FLAG_N, FF_FLAG_A
	};
	const char *own = FFFlavourIs(translation, FF_FLAVOUR_RE2) ? "imsU" :
		FFFlavourIs(translation, FF_FLAVOUR_RUST) ? "imsUxRu" : "imsxua";

	*known = letter != '\0' && strchr(own, letter) != NULL;
	return *known ? flags[strchr(letters, letter) - letters] : 0;
}

/*
 * Read the letters of flags into those to set and to clear, up to : or ).  The
 * flag u of Rust is the opposite of A.
 */
static bool
ReadFlags(FFTranslation *translation, unsigned *set, unsigned *clear, bool *minus)
{
	bool		seen = false;
	bool		known;
	bool		rust = FFFlavourIs(translation, FF_FLAVOUR_RUST);

	*set = *clear = 0;
	*minus = false;
	for (;; translation->at++)
	{
		char		c = FFPeek(translation, 0);
		unsigned	flag = FlagOf(translation, c, &known);

		if (c == ':' || c == ')')
			return seen || (!*minus && (!rust || c == ':')) ||
				FFRefusePattern(translation, "flags are missing");
		if (c == '-' && !*minus)
		{
			*minus = true;
			seen = false;
			continue;
		}
		if (!known)
			return FFRefusePattern(translation, "unknown flag or kind of group");
		if (rust && c == 'u')
			*(*minus ? set : clear) |= FF_FLAG_A;
		if (rust && flag != 0 && ((*set | *clear) & flag) != 0)
			return FFRefusePattern(translation, "flag given twice");
		*(*minus ? clear : set) |= flag;
		seen = true;
	}
}

/* Flags of RE2 and Rust count from here to the end of the group around them. */
static bool
TranslateFlags(FFTranslation *translation)
{
	unsigned	set;
	unsigned	clear;
	bool		minus;
	bool		group;

	if (!ReadFlags(translation, &set, &clear, &minus))
		return false;
	group = FFPeek(translation, 0) == ':';
	translation->at++;
	if (group && !Open(translation, "(?:", FF_ATOM_PLAIN))
		return false;
	translation->flags = (translation->flags | set) & ~clear;
	if (!group)
		translation->atom = FF_ATOM_NONE;
	return true;
}

/*
 * Flags of Python for all of the pattern stand at its beginning; others are
 * those of a group.  The alphabet of a pattern cannot be taken back.
 */
static bool
TranslateFlagsPython(FFTranslation *translation)
{
	unsigned	set;
	unsigned	clear;
	bool		minus;

	if (!ReadFlags(translation, &set, &clear, &minus))
		return false;
	if ((set & clear) != 0 || (clear & BOTH_ALPHABETS) != 0 ||
		(set & BOTH_ALPHABETS) == BOTH_ALPHABETS)
		return FFRefusePattern(translation, "flags that contradict each other");
	if (FFSkipText(translation, ":"))
	{
		if (!Open(translation, "(?:", FF_ATOM_PLAIN))
			return false;
		if ((set & BOTH_ALPHABETS) != 0)
			translation->flags &= ~BOTH_ALPHABETS;
		translation->flags = (translation->flags | set) & ~clear;
		return true;
	}
	if (minus || set == 0)
		return FFRefusePattern(translation, "flags are missing");
	if (translation->depth > 0 || translation->out.length > 0)
		return FFRefusePattern(translation, "flags that are not at the start");
	translation->at++;
	translation->flags |= set;
	return (translation->flags & BOTH_ALPHABETS) != BOTH_ALPHABETS ||
		FFRefusePattern(translation, "flags that contradict each other");
}

/* --- Python's own ----------------------------------------------------------------------- */

/* Write a reference to a group: the one place where PCRE2 sees to case. */
void
FFWriteReference(FFTranslation *translation, int number)
{
	FFSetAtom(translation, FF_ATOM_PLAIN, translation->out.length,
			  translation->captures[number].width);
	FFTextFormat(&translation->out, (translation->flags & FF_FLAG_I) != 0 ?
				 "(?i:\\g{%d})" : "\\g{%d}", number);
}

static bool
NamedReference(FFTranslation *translation)
{
	FFString	name;
	int			number;

	if (!FFReadName(translation, ')', &name))
		return false;
	number = FFFindCapture(translation, name);
	if (number == 0 || !translation->captures[number].closed)
		return FFRefusePattern(translation, "reference to a group that is not complete");
	FFWriteReference(translation, number);
	return true;
}

/* (?(1)yes|no), with a number or a name; the group may come later if it has a number. */
static bool
OpenConditional(FFTranslation *translation)
{
	int			number = 0;
	FFString	name;
	char		text[32] = "(?(";
	int			length = 3;

	if (FFIsDigit(FFPeek(translation, 0)))
	{
		while (FFIsDigit(FFPeek(translation, 0)) && number <= translation->pattern.length)
			number = number * 10 + (translation->pattern.data[translation->at++] - '0');
		if (!FFSkipText(translation, ")") || number > translation->pattern.length)
			return FFRefusePattern(translation, "bad number of a group");
	}
	else
	{
		if (!FFReadName(translation, ')', &name))
			return false;
		number = FFFindCapture(translation, name);
	}
	if (number == 0)
		return FFRefusePattern(translation, "unknown group");
	for (int unit = 100000; unit > 0; unit /= 10)
		if (number >= unit)
			text[length++] = (char) ('0' + number / unit % 10);
	text[length++] = ')';
	text[length] = '\0';
	if (!Open(translation, text, FF_ATOM_PLAIN))
		return false;
	translation->groups[translation->depth].branches = 2;
	return true;
}

/* A comment leaves what is before it to a quantifier behind it. */
static bool
SkipComment(FFTranslation *translation)
{
	while (!FFAtEnd(translation) && FFPeek(translation, 0) != ')')
		translation->at++;
	return FFSkipText(translation, ")") ||
		FFRefusePattern(translation, "comment without an end");
}

static bool
GroupPython(FFTranslation *translation)
{
	if (FFSkipText(translation, "P<"))
		return OpenNamed(translation);
	if (FFSkipText(translation, "P="))
		return NamedReference(translation);
	if (FFSkipText(translation, "#"))
		return SkipComment(translation);
	if (FFSkipText(translation, "("))
		return OpenConditional(translation);
	if (FFSkipText(translation, ">"))
		return Open(translation, "(?>", FF_ATOM_PLAIN);
	if (IsAround(translation))
		return OpenAround(translation);
	return TranslateFlagsPython(translation);
}

/* --- all ----------------------------------------------------------------------------------- */

static bool
GroupJs(FFTranslation *translation)
{
	if (FFSkipText(translation, ":"))
		return Open(translation, "(?:", FF_ATOM_PLAIN);
	if (!IsAround(translation) && FFSkipText(translation, "<"))
		return OpenNamed(translation);
	return OpenAround(translation);
}

/* Close the innermost group; it becomes the atom of the one around it. */
static bool
Close(FFTranslation *translation)
{
	FFGroup    *group = &translation->groups[translation->depth];
	FFWidth		width = group->all;

	if (translation->depth == 0)
		return FFRefusePattern(translation, "unmatched parenthesis");
	if (FFFlavourIs(translation, FF_FLAVOUR_PYTHON) &&
		group->kind == FF_ATOM_LOOKBEHIND && width.least != width.most)
		return FFRefusePattern(translation, "look-behind of no fixed width");
	if (group->branches == 2)
		width.least = 0;		/* there is no other branch */
	if (group->capture > 0)
	{
		translation->captures[group->capture].closed = true;
		translation->captures[group->capture].width = width;
	}
	if (group->kind != FF_ATOM_PLAIN)
		width.least = width.most = 0;
	translation->flags = group->flags;
	translation->depth--;
	FFTextAdd(&translation->out, ")", 1);
	FFSetAtom(translation, group->kind, group->start, width);
	return true;
}

/* Take a branch into account that ends here. */
static void
EndBranch(FFGroup *group)
{
	if (!group->branched)
		group->all = group->branch;
	if (group->branch.least < group->all.least)
		group->all.least = group->branch.least;
	if (group->branch.most > group->all.most)
		group->all.most = group->branch.most;
	if (group->branch.repeats > group->all.repeats)
		group->all.repeats = group->branch.repeats;
	group->branched = true;
	memset(&group->branch, 0, sizeof(group->branch));
	group->branch.repeats = 1;
}

/* Start another branch. */
static bool
Branch(FFTranslation *translation)
{
	FFGroup    *group = &translation->groups[translation->depth];

	if (group->branches == 1)
		return FFRefusePattern(translation, "conditional group with too many branches");
	group->branches -= group->branches > 0;
	EndBranch(group);
	FFTextAdd(&translation->out, "|", 1);
	translation->atom = FF_ATOM_NONE;
	return true;
}

/* Translate a parenthesis or a bar, which is next. */
bool
FFTranslateGroup(FFTranslation *translation)
{
	char		c = translation->pattern.data[translation->at++];

	if (c == '|')
		return Branch(translation);
	if (c == ')')
	{
		EndBranch(&translation->groups[translation->depth]);
		return Close(translation);
	}
	if (FFFlavourIs(translation, FF_FLAVOUR_RUST))
		FFSkipFree(translation);
	if (!FFSkipText(translation, "?"))
		return OpenCapture(translation, FFStringOf(NULL, 0));
	if (FFFlavourIs(translation, FF_FLAVOUR_PYTHON))
		return GroupPython(translation);
	if (FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT))
		return GroupJs(translation);
	if (IsAround(translation))
		return FFRefusePattern(translation, "look-around is not supported");
	if (FFSkipText(translation, "P<") || FFSkipText(translation, "<"))
		return OpenNamed(translation);
	return TranslateFlags(translation);
}
