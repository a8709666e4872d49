/*
 * regex_property.c
 *	  \p and \P of RE2 and Rust: general categories, scripts, a few others.
 */
#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "engine/regex_translate.h"

/*
 * Newer libraries take the name of a script alone for its extensions, which is
 * not what these engines mean.
 */
#if PCRE2_MAJOR > 10 || PCRE2_MINOR >= 40
#define SCRIPT "sc:"
#else
#define SCRIPT ""
#endif

#define NAME_BYTES 64

/* The long names of general categories, as Rust compares them. */
static const struct
{
	const char *name;
	const char *category;
}			categories[] = {
	{"letter", "L"}, {"casedletter", "L&"}, {"lc", "L&"}, {"uppercaseletter", "Lu"},
	{"lowercaseletter", "Ll"}, {"titlecaseletter", "Lt"}, {"modifierletter", "Lm"},
	{"otherletter", "Lo"}, {"mark", "M"}, {"combiningmark", "M"},
	{"nonspacingmark", "Mn"}, {"spacingmark", "Mc"}, {"enclosingmark", "Me"},
	{"number", "N"}, {"decimalnumber", "Nd"}, {"digit", "Nd"},
	{"letternumber", "Nl"}, {"othernumber", "No"}, {"punctuation", "P"},
	{"punct", "P"}, {"connectorpunctuation", "Pc"}, {"dashpunctuation", "Pd"},
	{"openpunctuation", "Ps"}, {"closepunctuation", "Pe"},
	{"initialpunctuation", "Pi"}, {"finalpunctuation", "Pf"},
	{"otherpunctuation", "Po"}, {"symbol", "S"}, {"mathsymbol", "Sm"},
	{"currencysymbol", "Sc"}, {"modifiersymbol", "Sk"}, {"othersymbol", "So"},
	{"separator", "Z"}, {"spaceseparator", "Zs"}, {"lineseparator", "Zl"},
	{"paragraphseparator", "Zp"}, {"other", "C"}, {"control", "Cc"},
	{"cntrl", "Cc"}, {"format", "Cf"}, {"privateuse", "Co"}, {"unassigned", "Cn"},
};

/* What is neither a category nor a script. */
static const struct
{
	const char *name;
	const char *property;
}			others[] = {
	{"alphabetic", "Alphabetic"}, {"alpha", "Alphabetic"},
	{"uppercase", "Uppercase"}, {"upper", "Uppercase"},
	{"lowercase", "Lowercase"}, {"lower", "Lowercase"},
	{"whitespace", "White_Space"}, {"space", "White_Space"}, {"wspace", "White_Space"},
	{"emoji", "Emoji"}, {"emojipresentation", "Emoji_Presentation"},
	{"extendedpictographic", "Extended_Pictographic"},
	{"idstart", "ID_Start"}, {"idcontinue", "ID_Continue"},
	{"xidstart", "XID_Start"}, {"xidcontinue", "XID_Continue"},
	{"ideographic", "Ideographic"}, {"math", "Math"}, {"dash", "Dash"},
	{"hexdigit", "Hex_Digit"}, {"asciihexdigit", "ASCII_Hex_Digit"},
	{"diacritic", "Diacritic"}, {"cased", "Cased"},
};

/* A name without case, spaces, hyphens and underscores. */
static void
Loosen(FFString name, char *loose)
{
	int			length = 0;

	for (int i = 0; i < name.length && length < NAME_BYTES - 1; i++)
	{
		char		c = name.data[i];

		if (c == ' ' || c == '_' || c == '-')
			continue;
		loose[length++] = (char) (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	loose[length] = '\0';
}

/* One letter, or two of which the second is small. */
static bool
IsCategory(FFString name)
{
	return (name.length == 1 || (name.length == 2 && name.data[1] >= 'a' &&
								 name.data[1] <= 'z' && name.data[1] != 'n') ||
			(name.length == 2 && (name.data[0] == 'M' || name.data[0] == 'C') &&
			 name.data[1] == 'n')) &&
		strchr("CLMNPSZ", name.data[0]) != NULL;
}

static void
CollectPoint(const FFRegex *regex, int point, FFPoints *points)
{
	FFText		text = {0};

	FFTextPoint(&text, point);
	if (FFRegexMatches(regex, FFStringOf(text.data, text.length), true))
		FFPointsAdd(points, point, point);
	FFFree(text.data);
}

/* Collect those of the characters with another case that a property holds. */
static bool
CollectCased(FFTranslation *translation, const char *property, FFPoints *points)
{
	FFRegex    *regex = FFRegexCompileTranslated(translation->setup,
												 FFStringOf(property, (int) strlen(property)),
												 false, true, translation->message,
												 translation->size);

	for (int upper = 0; upper < 2 && regex != NULL; upper++)
	{
		int			count;
		const FFCaseRange *ranges = FFCaseRanges(upper, &count);

		for (int i = 0; i < count; i++)
			for (int point = ranges[i].first; point <= ranges[i].last; point += ranges[i].step)
			{
				CollectPoint(regex, point, points);
				CollectPoint(regex, point + ranges[i].delta, points);
			}
	}
	return regex != NULL;
}

/*
 * Add a property by its name in PCRE2.  Without regard to case, what is the
 * same as something that it holds belongs to it, and not to its opposite.
 */
static bool
AddProperty(FFTranslation *translation, const char *prefix, const char *name,
			bool negated, FFClass *class)
{
	char		text[NAME_BYTES + 16];
	FFPoints	points = {0};

	snprintf(text, sizeof(text), "\\%c{%s%s}", negated ? 'P' : 'p', prefix, name);
	if ((translation->flags & FF_FLAG_I) == 0)
	{
		FFTextAdd(&class->properties, text, (int) strlen(text));
		return true;
	}
	text[1] = 'p';
	if (!CollectCased(translation, text, &points))
		return false;
	if (!negated)
	{
		FFTextAdd(&class->properties, text, (int) strlen(text));
		FFPointsUnite(&class->points, &points);
	}
	else
	{
		FFPointsFold(&points, FFCasingOf(translation));
		FFTextFormat(&class->alternatives, "%s[^%s",
					 class->alternatives.length > 0 ? "|" : "", text);
		FFWriteRanges(translation, &points, &class->alternatives);
		FFTextAdd(&class->alternatives, "]", 1);
	}
	FFPointsFree(&points);
	return true;
}

static bool
Unknown(FFTranslation *translation, FFString name)
{
	return FFRefusePattern(translation, "unknown property %.*s", FF_QUOTED(name));
}

/* Every character, or none. */
static bool
AddAny(bool negated, int last, FFClass *class)
{
	if (!negated)
		FFPointsAdd(&class->points, 0, last);
	else if (last < FF_LAST_POINT)
		FFPointsAdd(&class->points, last + 1, FF_LAST_POINT);
	return true;
}

/* A name that only has letters and underscores, and begins with a capital. */
static bool
IsScript(FFString name)
{
	if (name.length == 0 || name.length >= NAME_BYTES ||
		name.data[0] < 'A' || name.data[0] > 'Z')
		return false;
	for (int i = 0; i < name.length; i++)
		if (name.data[i] != '_' && ((name.data[i] | 0x20) < 'a' ||
									(name.data[i] | 0x20) > 'z'))
			return false;
	return true;
}

/* RE2 knows the short names of categories, scripts, and Any; C has no Cn. */
static bool
PropertyRe2(FFTranslation *translation, FFString name, bool negated, FFClass *class)
{
	char		text[NAME_BYTES];

	if (FFStringIs(name, "Any"))
		return AddAny(negated, FF_LAST_POINT, class);
	if (FFStringIs(name, "C"))
	{
		FFTextFormat(negated ? &class->alternatives : &class->properties, "%s",
					 negated ? class->alternatives.length > 0 ?
					 "|[^\\p{Cc}\\p{Cf}\\p{Co}]" : "[^\\p{Cc}\\p{Cf}\\p{Co}]" :
					 "\\p{Cc}\\p{Cf}\\p{Co}");
		return true;
	}
	if (!IsScript(name) || FFStringIs(name, "Cn"))
		return Unknown(translation, name);
	snprintf(text, sizeof(text), "%.*s", name.length, name.data);
	return AddProperty(translation, IsCategory(name) ? "" : SCRIPT, text, negated, class);
}

/* The part of name=value that says what is meant, and what of it. */
static bool
SplitName(FFString name, FFString *kind, FFString *value, bool *negated)
{
	for (int i = 0; i < name.length; i++)
	{
		bool		unequal = name.data[i] == '!' && i + 1 < name.length &&
			name.data[i + 1] == '=';

		if (!unequal && name.data[i] != '=' && name.data[i] != ':')
			continue;
		*kind = FFStringOf(name.data, i);
		i += unequal ? 2 : 1;
		*value = FFStringOf(name.data + i, name.length - i);
		*negated ^= unequal;
		return true;
	}
	return false;
}

static bool
AddCategory(FFTranslation *translation, const char *loose, bool negated, FFClass *class)
{
	char		two[3] = {(char) (loose[0] & ~0x20), loose[0] == '\0' ? '\0' : loose[1], '\0'};

	for (int i = 0; i < FF_LENGTH(categories); i++)
		if (strcmp(categories[i].name, loose) == 0)
			return AddProperty(translation, "", categories[i].category, negated, class);
	return strlen(loose) <= 2 && IsCategory(FFStringOf(two, (int) strlen(two))) &&
		AddProperty(translation, "", two, negated, class);
}

/* Rust knows all names, long and short, and what they are names of. */
static bool
PropertyRust(FFTranslation *translation, FFString name, bool negated, FFClass *class)
{
	char		loose[NAME_BYTES];
	char		kind[NAME_BYTES] = "";
	FFString	first;

	if (SplitName(name, &first, &name, &negated))
		Loosen(first, kind);
	Loosen(name, loose);
	for (const char *at = loose; *at != '\0'; at++)
		if (*at < 'a' || *at > 'z')
			return Unknown(translation, name);
	if (strcmp(kind, "sc") == 0 || strcmp(kind, "script") == 0)
		return AddProperty(translation, SCRIPT, loose, negated, class);
	if (strcmp(kind, "scx") == 0 || strcmp(kind, "scriptextensions") == 0)
		return AddProperty(translation, "scx:", loose, negated, class);
	if (*kind != '\0' && strcmp(kind, "gc") != 0 && strcmp(kind, "generalcategory") != 0)
		return Unknown(translation, first);
	if (strcmp(loose, "any") == 0)
		return AddAny(negated, FF_LAST_POINT, class);
	if (strcmp(loose, "ascii") == 0)
		return AddAny(negated, 0x7F, class);
	if (strcmp(loose, "assigned") == 0)
		return AddProperty(translation, "", "Cn", !negated, class);
	if (AddCategory(translation, loose, negated, class))
		return true;
	for (int i = 0; i < FF_LENGTH(others); i++)
		if (strcmp(others[i].name, loose) == 0)
			return AddProperty(translation, "", others[i].property, negated, class);
	if (*kind != '\0' || *loose == '\0')
		return Unknown(translation, name);
	return AddProperty(translation, SCRIPT, loose, negated, class);
}

/* Read what follows \p or \P: a letter, or a name in braces. */
bool
FFReadProperty(FFTranslation *translation, bool negated, FFClass *class)
{
	FFString	name = {translation->pattern.data + translation->at, 0};
	const char *end;

	if (FFAtEnd(translation))
		return FFRefusePattern(translation, "property without a name");
	if (FFSkipText(translation, "{"))
	{
		name.data++;
		end = memchr(name.data, '}', (size_t) (translation->pattern.length - translation->at));
		if (end == NULL)
			return FFRefusePattern(translation, "property without a name");
		name.length = (int) (end - name.data);
		translation->at += name.length + 1;
	}
	else
	{
		(void) FFTakePoint(translation);
		name.length = (int) (translation->pattern.data + translation->at - name.data);
	}
	if ((translation->flags & FF_FLAG_A) != 0)
		return FFRefusePattern(translation, "property without Unicode");
	if (FFFlavourIs(translation, FF_FLAVOUR_RUST))
		return PropertyRust(translation, name, negated, class);
	if (name.length > 0 && name.data[0] == '^')
	{
		negated = !negated;
		name = FFStringOf(name.data + 1, name.length - 1);
	}
	return PropertyRe2(translation, name, negated, class);
}
