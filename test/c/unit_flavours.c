/*
 * unit_flavours.c
 *	  Regular expressions as RE2, Rust, Python and JavaScript understand them.
 */
#include <stdio.h>
#include <string.h>

#include "engine/dialect_tools.h"
#include "unit.h"

#define REFUSED (-1)
#define KELVIN "\xE2\x84\xAA"
#define LONG_S "\xC5\xBF"
#define E_ACUTE "\xC3\xA9"
#define E_ACUTE_CAPITAL "\xC3\x89"
#define ARABIC_3 "\xD9\xA3"
#define LINE_SEPARATOR "\xE2\x80\xA8"
#define NO_BREAK "\xC2\xA0"
#define NEXT_LINE "\xC2\x85"
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define SMILE "\xF0\x9F\x98\x80"
#define DOTTED_I "\xC4\xB0"
#define DOTLESS_I "\xC4\xB1"
#define SHARP_S "\xC3\x9F"
#define SHARP_S_CAPITAL "\xE1\xBA\x9E"

typedef struct FlavourCase
{
	const char *pattern;
	const char *text;
	int			found;			/* or REFUSED */
} FlavourCase;

/* Whether a pattern is found, or REFUSED; without regard to case if it is i. */
static int
Find(FFRegexFlavour flavour, const char *pattern, const char *text, const char *flags)
{
	char		message[200] = "";
	bool		limit;
	bool		valid;
	FFString	utf8 = FFUtf8(Str(text), &valid);
	FFRegex    *regex = FFRegexCompileAs(FFRegexSetupCreate(), Str(pattern), flavour,
										 strchr(flags, 'i') != NULL,
										 strchr(flags, '^') != NULL,
										 message, sizeof(message));

	if (regex == NULL)
		return message[0] == '\0' ? -2 : REFUSED;
	return FFRegexMatchesAs(regex, utf8, valid, &limit) && !limit;
}

static void
Check(const char *name, FFRegexFlavour flavour, const char *flags,
	  const FlavourCase *cases, int count)
{
	for (int i = 0; i < count; i++)
	{
		int			found = Find(flavour, cases[i].pattern, cases[i].text, flags);

		if (!Ok(found == cases[i].found, "%s%s, case %d", name, flags, i))
			printf("# %s gave %d\n", cases[i].pattern, found);
	}
}

/* What all four agree on. */
static void
TestCommon(void)
{
	static const FlavourCase cases[] = {
		{"", "", 1}, {"", "a", 1}, {"b", "abc", 1}, {"^b", "abc", 0}, {"c$", "abc", 1},
		{"a.c", "a\nc", 0}, {"a.c", "a" E_ACUTE "c", 1}, {"a|b|", "", 1}, {"^(a|bc)+$", "abca", 1},
		{"^[a-c]{2,3}$", "abc", 1}, {"^[a-c]{2,3}$", "abcd", 0}, {"^[^a-c]$", "\n", 1},
		{"^a{0}$", "", 1}, {"a*?b", "aab", 1}, {"^(?:ab)?$", "ab", 1}, {"\\.", ".", 1},
		{"\\.", "a", 0}, {"^\\d+$", "12", 1}, {"^\\w$", "_", 1}, {"^\\W$", "-", 1},
		{"^\\s$", "\t", 1}, {"^\\S$", "a", 1}, {"\\bb", "a b", 1}, {"\\bb", "ab", 0},
		{"a\\Bb", "ab", 1}, {"^\\x41\\t\\n$", "A\t\n", 1}, {"^[\\d\\-]+$", "1-2", 1}, {"^[a-]$", "-", 1},
		{"(a", "", REFUSED}, {"a)", "", REFUSED}, {"[a", "", REFUSED}, {"[b-a]", "", REFUSED},
		{"*", "", REFUSED}, {"a|*", "", REFUSED}, {"(*a)", "", REFUSED}, {"a{2,1}", "", REFUSED},
		{"\\", "", REFUSED}, {"[\\", "", REFUSED}, {"(?", "", REFUSED}, {"(?<", "", REFUSED},
		{"(?<a>", "", REFUSED}, {"[a-\\", "", REFUSED}
	};

	Check("RE2", FF_FLAVOUR_RE2, "", cases, FF_LENGTH(cases));
	Check("Rust", FF_FLAVOUR_RUST, "", cases, FF_LENGTH(cases));
	Check("Python", FF_FLAVOUR_PYTHON, "", cases, FF_LENGTH(cases));
	Check("JavaScript", FF_FLAVOUR_JAVASCRIPT, "", cases, FF_LENGTH(cases));
}

static void
TestRe2(void)
{
	static const FlavourCase cases[] = {
		/* it has no look-around, no references, nothing possessive, no more */
		{"(?=a)", "a", REFUSED}, {"(?!a)", "a", REFUSED}, {"(?<=a)", "a", REFUSED},
		{"(?<!a)", "a", REFUSED}, {"(a)\\1", "aa", REFUSED}, {"a++", "a", REFUSED},
		{"a**", "a", REFUSED}, {"a{2}{3}", "a", REFUSED}, {"(?>a)", "a", REFUSED},
		{"(?(1)a)", "a", REFUSED}, {"(?R)", "a", REFUSED}, {"(?#a)", "a", REFUSED},
		{"\\Z", "a", REFUSED}, {"\\G", "a", REFUSED}, {"\\K", "a", REFUSED},
		{"\\R", "a", REFUSED}, {"\\X", "a", REFUSED}, {"\\h", "a", REFUSED},
		{"\\C", "a", REFUSED}, {"\\E", "a", REFUSED}, {"\\u0041", "A", REFUSED},
		{"\\8", "8", REFUSED}, {"\\" E_ACUTE, E_ACUTE, REFUSED}, {"(?x)a", "a", REFUSED},
		{"(?P<n>a)(?P<n>b)", "ab", REFUSED}, {"(?P<n>a)(?<m>b)", "ab", 1},
		{"(?P<a b>a)", "a", REFUSED}, {"(?-)", "a", REFUSED}, {"(?i-)", "a", REFUSED}, {"(?)a", "a", 1},
		{"a{1000}", "", 0}, {"a{1001}", "", REFUSED}, {"(a{100}){10}", "", 0},
		{"(a{100}){11}", "", REFUSED}, {"(?:a{2}b{600})", "", 0},
		/* braces that count nothing are themselves */
		{"^a{,2}$", "a{,2}", 1}, {"^{}$", "{}", 1}, {"^a{x$", "a{x", 1},
		/* $ is the very end; flags hold from where they are */
		{"a$", "a\n", 0}, {"(?m)^b$", "a\nb\nc", 1}, {"(?m)^$", "a\n", 1}, {"a(?i)b", "aB", 1},
		{"a(?i)b", "AB", 0}, {"(a(?i)b|c)d", "Cd", 1}, {"(a(?i)b)c", "aBC", 0}, {"(?s)a.b", "a\nb", 1},
		{"(?i:a)b", "AB", 0}, {"^(?U)a+?$", "aa", 1}, {"(?i-s:A)", "a", 1},
		{"\\Aa\\z", "a", 1}, {"\\Aa\\z", "a\n", 0}, {"^*a", "a", 1}, {"\\b+a", "a", 1},
		/* classes are ASCII's; whitespace has no vertical tab */
		{"^\\d$", ARABIC_3, 0}, {"^\\w$", E_ACUTE, 0}, {"^\\s$", "\v", 0}, {"^\\v$", "\v", 1},
		{"^[[:space:]]$", "\v", 1}, {"^\\s$", NO_BREAK, 0}, {E_ACUTE "\\b", E_ACUTE "a", 1},
		{"^[[:alpha:]]$", E_ACUTE, 0}, {"^[[:^alpha:]]$", E_ACUTE, 1}, {"^[[:word:]-]+$", "a_-", 1},
		{"[[:foo:]]", "", REFUSED}, {"^[]a]$", "]", 1}, {"^[^]a]$", "b", 1}, {"[]", "", REFUSED},
		{"[a-\\d]", "", REFUSED}, {"^[\\d-z]$", "-", 1}, {"[\\b]", "", REFUSED},
		/* properties */
		{"^\\pN$", ARABIC_3, 1}, {"^\\p{Greek}$", "\xCE\xB1", 1}, {"^\\P{Greek}$", "a", 1},
		{"^\\p{^Lu}$", "a", 1}, {"\\p{greek}", "", REFUSED}, {"\\p{Foo}", "", REFUSED},
		{"\\p{Cn}", "", REFUSED}, {"^\\p{C}$", "\xCD\xB8", 0}, {"^[\\p{Any}]$", "a", 1},
		{"\\p{", "", REFUSED}, {"\\p", "", REFUSED},
		/* quoting and numbers of characters */
		{"^\\Qa.b\\E*$", "a.bb", 1}, {"^\\Q*", "*", 1}, {"\\Qa.b", "axb", 0}, {"^\\x{1F600}$", SMILE, 1},
		{"\\x{110000}", "", REFUSED}, {"\\x{}", "", REFUSED}, {"\\x1", "", REFUSED},
		{"^\\12\\07\\0$", "\n\x07", 0}, {"^\\12\\07$", "\n\x07", 1}, {"^\\a\\_$", "\x07_", 1}, {"\\1", "", REFUSED}
	};
	static const FlavourCase folded[] = {
		{"^k$", "K", 1}, {"^k$", KELVIN, 1}, {"^s$", LONG_S, 1}, {"^[a-z]$", KELVIN, 1},
		{"^\\w$", KELVIN, 1}, {"^\\W$", KELVIN, 0}, {"^" E_ACUTE "$", E_ACUTE_CAPITAL, 1},
		{"^i$", DOTTED_I, 0}, {"^i$", DOTLESS_I, 0}, {"^" SHARP_S "$", SHARP_S_CAPITAL, 1},
		{"^" SHARP_S "$", "ss", 0}, {"^[^k]$", KELVIN, 0}, {"^\\p{Lu}$", "a", 1},
		{"^\\p{Lu}$", "\xC4\xB8", 0},	/* kra has no capital */
		{"^\\P{Lu}$", "a", 0}, {"(?-i)k", "K", 0}, {"\\x{212A}", "k", 1}
	};

	Check("RE2", FF_FLAVOUR_RE2, "", cases, FF_LENGTH(cases));
	Check("RE2 ", FF_FLAVOUR_RE2, "i", folded, FF_LENGTH(folded));
}

static void
TestRust(void)
{
	static const FlavourCase cases[] = {
		{"(?=a)", "a", REFUSED}, {"(?<!a)", "a", REFUSED}, {"(a)\\1", "aa", REFUSED},
		{"\\0", "", REFUSED}, {"(?>a)", "a", REFUSED}, {"\\Z", "", REFUSED}, {"\\Qa\\E", "", REFUSED},
		{"(?P<n>a)(?<n>b)", "ab", REFUSED}, {"(?ii)a", "a", REFUSED}, {"(?)a", "a", REFUSED},
		/* a quantifier behind another one repeats what is repeated */
		{"^a++$", "aa", 1}, {"^a{2}{3}$", "aaaaaa", 1}, {"^a{2}{3}$", "aaaaa", 0},
		{"^a{1001}$", "", 0}, {"^*a", "a", 1},
		/* braces have to count */
		{"a{", "", REFUSED}, {"{", "", REFUSED}, {"a{,2}", "", REFUSED}, {"a{x}", "", REFUSED},
		{"^a{ 1 , 2 }}]$", "aa}]", 1},
		{"a$", "a\n", 0}, {"(?m)^b$", "a\nb\n", 1}, {"(?mR)^b$", "a\r\nb\r\n", 1}, {"(?m)^b$", "b\r\n", 0},
		{"(?R)a.", "a\r", 0}, {"(?U)^a+?$", "aa", 1}, {"(?x) a b # c\n {2}", "abb", 1}, {"(?x) [ a b ]", " ", 0},
		/* classes are Unicode's, unless that is taken away */
		{"^\\d$", ARABIC_3, 1}, {"^\\w$", E_ACUTE, 1}, {"^\\w$", "\xCC\x81", 1}, {"^\\s$", NO_BREAK, 1},
		{"^\\s$", "\x1C", 0}, {"^\\s$", NEXT_LINE, 1}, {"\\ba", E_ACUTE "a", 0}, {"(?-u:\\b)a", E_ACUTE "a", 1},
		{"(?-u)^\\w$", E_ACUTE, 0}, {"(?-u)\\W", "", REFUSED}, {"(?-u).", "", REFUSED}, {"(?-u)[^a]", "", REFUSED},
		{"^[[:alpha:]]$", E_ACUTE, 0}, {"^[[:foo:]]$", "f", 1}, {"[a-\\d]", "", REFUSED},
		{"\\b{start}a", "a", 1}, {"\\b{end}a", "a", 0}, {"a\\>", "a", 1}, {"\\<a", "ba", 0}, {"\\b{foo}", "", REFUSED},
		/* classes of classes */
		{"^[a-z&&[^aeiou]]$", "b", 1}, {"^[a-z&&[^aeiou]]$", "e", 0}, {"^[\\w--\\d]$", "1", 0},
		{"^[a-g~~b-h]$", "h", 1}, {"^[a-g~~b-h]$", "c", 0}, {"^[^a-z&&[^e]]$", "e", 1}, {"^[a[0-9]]$", "5", 1},
		{"^[^\\W]$", E_ACUTE, 1}, {"^[\\W_]$", "_", 1}, {"[]", "", REFUSED}, {"^[]a]$", "]", 1}, {"^[--]$", "-", 1},
		{"^\\pL$", E_ACUTE, 1}, {"^\\p{letter}\\p{Script=Latin}\\P{gc!=Lu}$", "aaA", 1}, {"\\p{foo}", "", REFUSED},
		{"^\\x41\\u0041\\u{41}\\U00000041$", "AAAA", 1}, {"\\x{D800}", "", REFUSED}, {"\\-\\ \\_\\/", "- _/", 1},
		{"^\\p{ascii}$", "a", 1}, {"^\\p{any}$", E_ACUTE, 1}, {"\\e", "", REFUSED}
	};
	static const FlavourCase folded[] = {
		{"^k$", KELVIN, 1}, {"(?-u)^k$", KELVIN, 0}, {"(?-u)^k$", "K", 1}, {"^i$", DOTTED_I, 0},
		{"^[a-z--k]$", KELVIN, 0}, {"^\\p{Ll}$", SHARP_S_CAPITAL, 1}, {"^[^\\p{Ll}]$", "A", 0}
	};

	Check("Rust", FF_FLAVOUR_RUST, "", cases, FF_LENGTH(cases));
	Check("Rust ", FF_FLAVOUR_RUST, "i", folded, FF_LENGTH(folded));
}

static void
TestPython(void)
{
	static const FlavourCase cases[] = {
		{"a(?=b)", "ab", 1}, {"a(?!b)", "ab", 0}, {"(?<=a)b", "ab", 1}, {"(?<!a)b", "ab", 0},
		{"(?<=a+)b", "ab", REFUSED}, {"(?<=a|bc)d", "ad", REFUSED}, {"(?<=ab|cd)e", "cde", 1},
		{"(?<=(?:ab){2})c", "ababc", 1}, {"(?<=(?=a*)a)b", "ab", 1},
		{"^(.)\\1$", "aa", 1}, {"(?P<n>a)(?P=n)", "aa", 1}, {"(?P<n>a)\\1", "ab", 0}, {"\\1(a)", "", REFUSED},
		{"(a\\1)", "", REFUSED}, {"(?P=n)", "", REFUSED}, {"(a)?\\1b", "b", 0}, {"(?<n>a)", "", REFUSED},
		{"(?P<n>a)(?P<n>b)", "", REFUSED}, {"(?P<1>a)", "", REFUSED}, {"(?P>n)", "", REFUSED},
		{"a*+a", "aa", 0}, {"(?>a*)a", "aa", 0}, {"^(a)?(?(1)b|c)$", "ab", 1}, {"^(a)?(?(1)b|c)$", "b", 0},
		{"(?P<n>a)?(?(n)b)", "ab", 1}, {"(?(1)a|b|c)(x)", "", REFUSED}, {"(?(2)a)", "", REFUSED},
		{"a(?#comment)*b", "aab", 1}, {"a(?#comment", "", REFUSED}, {"a**", "", REFUSED}, {"^*", "", REFUSED},
		{"\\b*", "", REFUSED}, {"(?=a)*b", "b", 1},
		/* braces */
		{"^a{,2}$", "aa", 1}, {"^a{,}$", "aaa", 1}, {"^a{}$", "a{}", 1}, {"^a{1 }$", "a{1 }", 1},
		/* $ is before a last newline as well, \Z is not */
		{"a$", "a\n", 1}, {"a$", "a\n\n", 0}, {"a\\Z", "a\n", 0}, {"(?m)a$", "a\nb", 1}, {"(?m)^$", "a\n", 1},
		/* flags at the start, or of a group */
		{"(?i)A", "a", 1}, {"a(?i)b", "", REFUSED}, {"(?i:A)b", "aB", 0}, {"(?i)(?-i:A)", "a", 0},
		{"(?s)a.b", "a\nb", 1}, {"(?x) a b # c\n {2}", "abb", 1}, {"(?x)[ ]a\\ b", " a b", 1}, {"(?au)a", "", REFUSED},
		{"(?L)a", "", REFUSED}, {"(?-i)a", "", REFUSED}, {"(?i-i:a)", "", REFUSED}, {"(?-a:b)", "", REFUSED},
		/* classes are Unicode's but for (?a), and unlike Rust's */
		{"^\\d$", ARABIC_3, 1}, {"^\\w$", E_ACUTE, 1}, {"^\\w$", "\xCC\x81", 0}, {"^\\s$", "\x1C", 1},
		{"^\\s$", NEXT_LINE, 1}, {"^\\s$", BYTE_ORDER_MARK, 0}, {"(?a)^\\w$", E_ACUTE, 0}, {"(?a)^\\s$", "\x1C", 0},
		{"(?a)(?u:\\w)", E_ACUTE, 1}, {"(?a)\\W", E_ACUTE, 1}, {"^[^\\W\\d]$", "1", 0}, {"^[\\W1]$", "1", 1},
		{"\\B", "", 0}, {"\\B", "ab", 1}, {"\\ba", E_ACUTE "a", 0},
		{"^[[:alpha:]]$", "a", 0},	/* a set, and a bracket */
		{"^[[:alpha:]]$", "a]", 1}, {"^[]a]$", "]", 1}, {"[]", "", REFUSED}, {"[a-\\d]", "", REFUSED},
		{"[\\d-a]", "", REFUSED}, {"^[\\d-]$", "-", 1}, {"^[\\b]$", "\b", 1}, {"[\\B]", "", REFUSED},
		/* escapes */
		{"\\z", "", REFUSED}, {"\\pL", "", REFUSED}, {"\\Qa", "", REFUSED}, {"\\h", "", REFUSED}, {"\\G", "", REFUSED},
		{"\\N{DIGIT ONE}", "1", REFUSED}, {"^\\101\\0\\x41$", "A", 0}, {"^\\101\\x41\\u0041\\U00000041$", "AAAA", 1},
		{"\\400", "", REFUSED}, {"\\x4", "", REFUSED}, {"\\U00110000", "", REFUSED}, {"^\\-\\" E_ACUTE "$", "-" E_ACUTE, 1},
		{"^[\\101\\7]$", "\x07", 1}, {"[\\8]", "", REFUSED}
	};
	static const FlavourCase folded[] = {
		{"^k$", KELVIN, 1}, {"^i$", DOTTED_I, 1}, {"^" DOTLESS_I "$", "I", 1}, {"^[a-z]$", DOTTED_I, 1},
		{"^[^i]$", DOTLESS_I, 0}, {"(?a)^k$", KELVIN, 0}, {"(?a)^" E_ACUTE "$", E_ACUTE_CAPITAL, 0},
		{"^(a)\\1$", "aA", 1}, {"^" SHARP_S "$", SHARP_S_CAPITAL, 1}, {"^[\\W" E_ACUTE "]$", E_ACUTE_CAPITAL, 1}
	};
	static const FlavourCase anchored[] = {
		{"b", "ab", 0}, {"a", "ab", 1}, {"b|a", "ab", 1}, {"(?m)^b", "a\nb", 0}, {"", "", 1}
	};

	Check("Python", FF_FLAVOUR_PYTHON, "", cases, FF_LENGTH(cases));
	Check("Python ", FF_FLAVOUR_PYTHON, "i", folded, FF_LENGTH(folded));
	Check("Python ", FF_FLAVOUR_PYTHON, "^", anchored, FF_LENGTH(anchored));
}

static void
TestJavaScript(void)
{
	static const FlavourCase cases[] = {
		{"a(?=b)", "ab", 1}, {"(?<=a)b", "ab", 1}, {"(?<!a)b", "ab", 0}, {"(?=a)*b", "b", 1}, {"(?<=a)*b", "", REFUSED},
		{"^(.)\\1$", "aa", 1}, {"\\2(a)(b)", "ab", 1}, {"(a)?\\1b", "b", 1}, {"(?<n>a)\\k<n>", "aa", 1},
		{"\\k<n>(?<n>a)", "a", 1}, {"\\k<m>(?<n>a)", "", REFUSED}, {"(?<n>a)\\k", "", REFUSED}, {"^\\k$", "k", 1},
		{"(?<n>a)(?<n>b)", "", REFUSED}, {"(?P<n>a)", "", REFUSED}, {"(?i)a", "", REFUSED}, {"(?i:a)", "", REFUSED},
		{"(?>a)", "", REFUSED}, {"(?#a)", "", REFUSED}, {"a++", "", REFUSED}, {"a**", "", REFUSED}, {"^*", "", REFUSED},
		{"\\b+", "", REFUSED}, {"{1}", "", REFUSED},
		/* what is no escape is itself: \A is no anchor */
		{"^\\A\\z\\Z\\Q\\p\\e$", "AzZQpe", 1}, {"^\\x4\\u12\\8$", "x4u128", 1}, {"^\\u{2}$", "uu", 1},
		{"^\\101\\7\\cA$", "A\x07\x01", 1}, {"^\\c$", "\\c", 1}, {"^[\\c1]$", "\x11", 1}, {"^\\1$", "\x01", 1},
		{"^\\400$", " 0", 1}, {"^(a)\\10$", "a\x08", 1},
		{"^a{,2}{$", "a{,2}{", 1}, {"^]}$", "]}", 1}, {"^a{1", "a{1", 1},
		/* classes */
		{"[]", "a", 0}, {"[^]", "\n", 1}, {"^[[:alpha:]]$", "a]", 1}, {"^[a-\\d]$", "-", 1}, {"^[\\d-x]$", "x", 1},
		{"^[\\b]$", "\b", 1}, {"^[\\B]$", "B", 1}, {"[\\s\\S]", "\n", 1}, {"^[&&]$", "&", 1},
		{"a.b", "a" LINE_SEPARATOR "b", 0}, {"a.b", "a\rb", 0}, {"a$", "a\n", 0},
		{"^\\s$", BYTE_ORDER_MARK, 1}, {"^\\s$", NO_BREAK, 1}, {"^\\s$", NEXT_LINE, 0}, {"^\\s$", "\x1C", 0},
		{"^\\d$", ARABIC_3, 0}, {"^\\w$", E_ACUTE, 0},
		/* a text is code units */
		{"^.$", SMILE, 0}, {"^..$", SMILE, 1}, {"^" SMILE "$", SMILE, 1}, {"^\\uD83D\\uDE00$", SMILE, 1},
		{"[\\uD800-\\uDBFF][\\uDC00-\\uDFFF]", SMILE, 1}, {"^[" SMILE "]{2}$", SMILE, 1}, {"^[^\\uD83D]", SMILE, 0},
		{"[" SMILE "-\xF0\x9F\x98\x81]", "", REFUSED}, {"^" SMILE "+$", SMILE SMILE, 0}, {"[\\u0000-\\uFFFF]", SMILE, 1}
	};
	static const FlavourCase folded[] = {
		{"^k$", "K", 1}, {"^k$", KELVIN, 0}, {"^s$", LONG_S, 0}, {"^[a-z]$", KELVIN, 0}, {"^" LONG_S "$", "s", 0},
		{"^[^k]$", KELVIN, 1}, {"^" E_ACUTE "$", E_ACUTE_CAPITAL, 1}, {"^\\w$", LONG_S, 0}, {"^\\W$", "k", 0},
		{"^" SHARP_S "$", SHARP_S_CAPITAL, 0}, {"^\xC3\xA5$", "\xE2\x84\xAB", 0},	/* Angstrom sign */
		{"^\xC2\xB5$", "\xCE\xBC", 1},	/* micro sign, mu */
		{"^\xE1\xBE\xB3$", "\xE1\xBE\xBC", 0},	/* its upper case is two letters */
		{"^\xCF\x83$", "\xCF\x82", 1},	/* sigma, at the end of a word */
		{"^\xF0\x90\x90\x80$", "\xF0\x90\x90\xA8", 0},	/* code units have no case */
		{"^i$", DOTTED_I, 0}, {"^i$", DOTLESS_I, 0}
	};

	Check("JavaScript", FF_FLAVOUR_JAVASCRIPT, "", cases, FF_LENGTH(cases));
	Check("JavaScript ", FF_FLAVOUR_JAVASCRIPT, "i", folded, FF_LENGTH(folded));
}

/* Nothing takes long, and a text that meets a limit says so. */
static void
TestRegexLimits(void)
{
	static char text[FF_REGEX_MAX_TEXT + 2];
	static char pattern[FF_REGEX_MAX_PATTERN + 2];
	FFRegexSetup *setup = FFRegexSetupCreate();
	char		message[100];
	bool		limit = true;
	FFRegex    *regex = FFRegexCompileAs(setup, Str("^(a|a)*b$"), FF_FLAVOUR_PYTHON,
										 false, false, message, sizeof(message));

	memset(text, 'a', sizeof(text) - 1);
	text[2999] = 'b';
	text[2998] = 'c';
	Ok(!FFRegexMatchesAs(regex, Str("aac"), true, &limit) && !limit, "no match, no limit");
	Ok(FFRegexMatchesAs(regex, Str("aab"), true, &limit) && !limit, "a match, no limit");
	Ok(!FFRegexMatchesAs(regex, FFStringOf(text, 3000), true, &limit) && limit,
	   "too many ways to match");
	Ok(!FFRegexMatchesAs(regex, FFStringOf(text, FF_REGEX_MAX_TEXT + 1), true, &limit) &&
	   limit, "too long a text");
	Ok(!FFRegexMatchesAs(regex, Str("\xFF"), false, &limit) && !limit,
	   "what is no text is no match, and no limit");
	memset(pattern, '(', sizeof(pattern) - 1);
	Ok(FFRegexCompileAs(setup, Str(pattern), FF_FLAVOUR_RE2, false, false, message,
						sizeof(message)) == NULL &&
	   strcmp(message, "longer than 4096 bytes") == 0, "too long a pattern");
	pattern[100] = '\0';
	Ok(FFRegexCompileAs(setup, Str(pattern), FF_FLAVOUR_RE2, false, false, message,
						sizeof(message)) == NULL &&
	   strcmp(message, "parentheses nested too deeply at byte 65") == 0, "%s", message);
	memset(pattern, '[', 100);
	Ok(FFRegexCompileAs(setup, Str(pattern), FF_FLAVOUR_RUST, false, false, message,
						sizeof(message)) == NULL, "%s", message);
	for (int i = 0; i < 1000; i++)
		memcpy(pattern + 4 * i, i == 0 ? "[aa~" : "~aa~", 5);
	Ok(FFRegexCompileAs(setup, Str(pattern), FF_FLAVOUR_RUST, false, false, message,
						sizeof(message)) == NULL, "%s", message);
	Ok(FFRegexCompileAs(setup, Str("\xFF"), FF_FLAVOUR_RE2, false, false, message,
						sizeof(message)) == NULL, "%s", message);
}

/* The pattern and the text are in the database encoding. */
static void
TestEncoding(void)
{
	StandinLatin1(true);
	Is(Find(FF_FLAVOUR_JAVASCRIPT, "^\xE9$", "\xC9", "i"), 1, "Latin-1");
	Is(Find(FF_FLAVOUR_RUST, "^\\w$", "\xE9", ""), 1, "a letter of Latin-1");
	StandinLatin1(false);
}

void
TestFlavours(void)
{
	TestCommon();
	TestRe2();
	TestRust();
	TestPython();
	TestJavaScript();
	TestRegexLimits();
	TestEncoding();
}
