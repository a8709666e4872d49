/*
 * unit_jsonpath.c
 *	  Queries of RFC 9535: its own examples, and what is no query; and the
 *	  lists of Flagsmith that are JSON text.
 */
#include <stdio.h>

#include "dialects/flagsmith.h"
#include "unit.h"

typedef struct QueryCase
{
	const char *query;
	const char *nodes;			/* as JSON; NULL: it is no query */
} QueryCase;

static bool
AddNode(const FFPathNode *node, void *argument)
{
	FFText	   *text = argument;

	if (text->length > 1)
		FFTextAdd(text, ",", 1);
	if (node->made == NULL)
		FFTextJson(text, &node->value);
	else
		FFTextAdd(text, "made", 4);
	return true;
}

/* What a query selects, as JSON text; data NULL where it is no query. */
static FFString
Selected(const char *query, const FFPathNode *root)
{
	char		message[160];
	FFText		text = {0};
	FFPathQuery *compiled = FFPathCompile(FFRegexSetupCreate(), Str(query), message, sizeof(message));

	if (compiled == NULL)
		return FFStringOf(message[0] == '\0' ? "no message" : NULL, 0);
	FFTextAdd(&text, "[", 1);
	FFPathVisit(compiled, root, AddNode, &text);
	FFTextAdd(&text, "]", 1);
	return FFStringOf(text.data, text.length);
}

static void
CheckQueries(const char *document, const QueryCase *cases, int count)
{
	FFPathNode	root = {NULL, Json(document)};

	for (int i = 0; i < count; i++)
	{
		FFText		wanted = {0};
		FFString	found = Selected(cases[i].query, &root);

		if (cases[i].nodes == NULL)
		{
			Ok(found.data == NULL, "%s is no query", cases[i].query);
			continue;
		}
		FFTextJson(&wanted, (FFValue[]) {Json(cases[i].nodes)});
		IsText(found, wanted.data, "%s", cases[i].query);
	}
}

#define CHECK(document, cases) CheckQueries(document, cases, FF_LENGTH(cases))

/* Section 1.5, table 2. */
static void
TestBookstore(void)
{
	static const char store[] =
	"{\"store\":{\"book\":["
	"{\"category\":\"reference\",\"author\":\"Nigel Rees\",\"title\":\"Sayings of the Century\",\"price\":8.95},"
	"{\"category\":\"fiction\",\"author\":\"Evelyn Waugh\",\"title\":\"Sword of Honour\",\"price\":12.99},"
	"{\"category\":\"fiction\",\"author\":\"Herman Melville\",\"title\":\"Moby Dick\",\"isbn\":\"0-553-21311-3\",\"price\":8.99},"
	"{\"category\":\"fiction\",\"author\":\"J. R. R. Tolkien\",\"title\":\"The Lord of the Rings\",\"isbn\":\"0-395-19395-8\",\"price\":22.99}],"
	"\"bicycle\":{\"color\":\"red\",\"price\":399}}}";
	static const QueryCase cases[] = {
		{"$.store.book[*].author", "[\"Nigel Rees\",\"Evelyn Waugh\",\"Herman Melville\",\"J. R. R. Tolkien\"]"},
		{"$..author", "[\"Nigel Rees\",\"Evelyn Waugh\",\"Herman Melville\",\"J. R. R. Tolkien\"]"},
		{"$.store..price", "[8.95,12.99,8.99,22.99,399]"},
		{"$..book[2].title", "[\"Moby Dick\"]"},
		{"$..book[2].publisher", "[]"},
		{"$..book[-1].title", "[\"The Lord of the Rings\"]"},
		{"$..book[0,1].title", "[\"Sayings of the Century\",\"Sword of Honour\"]"},
		{"$..book[:2].title", "[\"Sayings of the Century\",\"Sword of Honour\"]"},
		{"$..book[?@.isbn].title", "[\"Moby Dick\",\"The Lord of the Rings\"]"},
		{"$..book[?@.price<10].title", "[\"Sayings of the Century\",\"Moby Dick\"]"}
	};

	CHECK(store, cases);
}

/* Sections 2.3.1 to 2.3.4: names, wildcards, indexes and slices. */
static void
TestSelectors(void)
{
	static const QueryCase names[] = {
		{"$.o['j j']", "[{\"k.k\":3}]"},
		{"$.o['j j']['k.k']", "[3]"},
		{"$.o[\"j j\"][\"k.k\"]", "[3]"},
		{"$[\"'\"][\"@\"]", "[2]"},
		{"$.o[ 'j j' ] ['k.k']", "[3]"}
	};
	static const QueryCase wildcards[] = {
		{"$[*]", "[[5,3],{\"j\":1,\"k\":2}]"},
		{"$.o[*]", "[1,2]"},
		{"$.o[*, *]", "[1,2,1,2]"},
		{"$.a[*]", "[5,3]"},
		{"$.a.*", "[5,3]"},
		{"$.o[0]", "[]"},
		{"$.a.j", "[]"}
	};
	static const QueryCase indexes[] = {
		{"$[1]", "[\"b\"]"}, {"$[-2]", "[\"a\"]"}, {"$[2]", "[]"}, {"$[-3]", "[]"}
	};
	static const QueryCase slices[] = {
		{"$[1:3]", "[\"b\",\"c\"]"}, {"$[5:]", "[\"f\",\"g\"]"},
		{"$[1:5:2]", "[\"b\",\"d\"]"}, {"$[5:1:-2]", "[\"f\",\"d\"]"},
		{"$[::-1]", "[\"g\",\"f\",\"e\",\"d\",\"c\",\"b\",\"a\"]"},
		{"$[::]", "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]"},
		{"$[-2:]", "[\"f\",\"g\"]"}, {"$[:-5]", "[\"a\",\"b\"]"},
		{"$[0:9007199254740991:9007199254740991]", "[\"a\"]"},
		{"$[1:3:0]", "[]"}, {"$[3:1]", "[]"}, {"$[ 1 : 3 ]", "[\"b\",\"c\"]"},
		{"$[0,0:2,-1]", "[\"a\",\"a\",\"b\",\"g\"]"}
	};

	CHECK("{\"o\":{\"j j\":{\"k.k\":3}},\"'\":{\"@\":2}}", names);
	CHECK("{\"a\":[5,3],\"o\":{\"j\":1,\"k\":2}}", wildcards);
	CHECK("[\"a\",\"b\"]", indexes);
	CHECK("[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]", slices);
}

/* Section 2.3.5.3, table 12; members come as the document has them. */
static void
TestFilters(void)
{
	static const QueryCase cases[] = {
		{"$.a[?@.b == 'kilo']", "[{\"b\":\"kilo\"}]"},
		{"$.a[?(@.b == 'kilo')]", "[{\"b\":\"kilo\"}]"},
		{"$.a[?@>3.5]", "[5,4,6]"},
		{"$.a[?@.b]", "[{\"b\":\"j\"},{\"b\":\"k\"},{\"b\":{}},{\"b\":\"kilo\"}]"},
		{"$[?@.*]", "[[3,5,1,2,4,6,{\"b\":\"j\"},{\"b\":\"k\"},{\"b\":{}},{\"b\":\"kilo\"}],{\"p\":1,\"q\":2,\"r\":3,\"s\":5,\"t\":{\"u\":6}}]"},
		{"$[?@[?@.b]]", "[[3,5,1,2,4,6,{\"b\":\"j\"},{\"b\":\"k\"},{\"b\":{}},{\"b\":\"kilo\"}]]"},
		{"$.o[?@<3, ?@<3]", "[1,2,1,2]"},
		{"$.a[?@<2 || @.b == \"k\"]", "[1,{\"b\":\"k\"}]"},
		{"$.a[?match(@.b, \"[jk]\")]", "[{\"b\":\"j\"},{\"b\":\"k\"}]"},
		{"$.a[?search(@.b, \"[jk]\")]", "[{\"b\":\"j\"},{\"b\":\"k\"},{\"b\":\"kilo\"}]"},
		{"$.o[?@>1 && @<4]", "[2,3]"},
		{"$.o[?@.u || @.x]", "[{\"u\":6}]"},
		{"$.a[?@.b == $.x]", "[3,5,1,2,4,6]"},
		{"$.a[?@ == @]", "[3,5,1,2,4,6,{\"b\":\"j\"},{\"b\":\"k\"},{\"b\":{}},{\"b\":\"kilo\"}]"},
		{"$.a[?!@.b]", "[3,5,1,2,4,6]"},
		{"$.a[?!(@.b || @>3)]", "[3,1,2]"},
		{"$.a[?length(@.b) == 4]", "[{\"b\":\"kilo\"}]"},
		{"$.a[?length(@.b) == 0]", "[{\"b\":{}}]"},
		{"$[?count(@.*) == 5]", "[{\"p\":1,\"q\":2,\"r\":3,\"s\":5,\"t\":{\"u\":6}}]"},
		{"$[?value(@..u) == 6]", "[{\"p\":1,\"q\":2,\"r\":3,\"s\":5,\"t\":{\"u\":6}}]"},
		{"$.a[?match(@.b, $.e)]", "[]"},
		{"$.a[?match(@.b, '(')]", "[]"},
		{"$.a[?@.b == {}]", NULL}
	};

	CHECK("{\"a\":[3,5,1,2,4,6,{\"b\":\"j\"},{\"b\":\"k\"},{\"b\":{}},{\"b\":\"kilo\"}],"
		  "\"o\":{\"p\":1,\"q\":2,\"r\":3,\"s\":5,\"t\":{\"u\":6}},\"e\":\"f\"}", cases);
}

/* Section 2.3.5.3, table 11: a comparison holds where all of obj is selected. */
static void
TestComparisons(void)
{
	static const struct
	{
		const char *comparison;
		bool		holds;
	}			cases[] = {
		{"$.absent1 == $.absent2", true}, {"$.absent1 <= $.absent2", true},
		{"$.absent == 'g'", false}, {"$.absent1 != $.absent2", false},
		{"$.absent != 'g'", true}, {"1 <= 2", true}, {"1 > 2", false},
		{"13 == '13'", false}, {"'a' <= 'b'", true}, {"'a' > 'b'", false},
		{"$.obj == $.arr", false}, {"$.obj != $.arr", true}, {"$.obj == $.obj", true},
		{"$.obj != $.obj", false}, {"$.arr == $.arr", true}, {"$.arr != $.arr", false},
		{"$.obj == 17", false}, {"$.obj != 17", true}, {"$.obj <= $.arr", false},
		{"$.obj < $.arr", false}, {"$.obj <= $.obj", true}, {"$.arr <= $.arr", true},
		{"1 <= $.arr", false}, {"1 >= $.arr", false}, {"1 > $.arr", false}, {"1 < $.arr", false},
		{"true <= true", true}, {"true > true", false},
		{"1 == 1.0", true}, {"1e2 == 100", true}, {"-1 < 0", true}, {"null == null", true},
		{"'\\u263a' == '\xE2\x98\xBA'", true}, {"\"\\ud834\\udd1e\" == '\xF0\x9D\x84\x9E'", true},
		{"'\\'' == \"'\"", true}, {"'\xEF\xBF\xBD' < '\xF0\x90\x80\x80'", true}
	};
	FFPathNode	root = {NULL, Json("{\"obj\":{\"x\":\"y\"},\"arr\":[2,3]}")};

	for (int i = 0; i < FF_LENGTH(cases); i++)
	{
		char		query[100];

		snprintf(query, sizeof(query), "$[?%s]", cases[i].comparison);
		IsText(Selected(query, &root), cases[i].holds ? "[[2,3],{\"x\":\"y\"}]" : "[]", "%s", cases[i].comparison);
	}
}

/* Sections 2.5.1, 2.5.2 and 2.6: segments and null. */
static void
TestSegments(void)
{
	static const QueryCase children[] = {
		{"$[0, 3]", "[\"a\",\"d\"]"}, {"$[0:2, 5]", "[\"a\",\"b\",\"f\"]"}, {"$[0, 0]", "[\"a\",\"a\"]"}
	};
	static const QueryCase descendants[] = {
		{"$..j", "[4,1]"}, {"$..[0]", "[5,{\"j\":4}]"}, {"$..o", "[{\"j\":1,\"k\":2}]"},
		{"$.o..[*, *]", "[1,2,1,2]"}, {"$.a..[0, 1]", "[5,3,{\"j\":4},{\"k\":6}]"},
		{"$..[?@ > 4]", "[5,6]"}
	};
	static const QueryCase nulls[] = {
		{"$.a", "[null]"}, {"$.a[0]", "[]"}, {"$.a.d", "[]"}, {"$.b[0]", "[null]"},
		{"$.b[*]", "[null]"}, {"$.b[?@]", "[null]"}, {"$.b[?@==null]", "[null]"},
		{"$.c[?@.d==null]", "[]"}, {"$.null", "[1]"}
	};

	CHECK("[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]", children);
	CHECK("{\"a\":[5,3,[{\"j\":4},{\"k\":6}]],\"o\":{\"j\":1,\"k\":2}}", descendants);
	CHECK("{\"a\":null,\"b\":[null],\"c\":[{}],\"null\":1}", nulls);
}

/* What the grammar or the types of functions do not allow. */
static void
TestNoQueries(void)
{
	static const QueryCase cases[] = {
		{"", NULL}, {"a", NULL}, {"$.", NULL}, {"$..", NULL}, {"$a", NULL}, {" $", NULL}, {"$ ", NULL},
		{"$.a ", NULL}, {"$. a", NULL}, {"$.1", NULL}, {"$.a-b", NULL}, {"$[", NULL}, {"$[]", NULL},
		{"$[a]", NULL}, {"$['a]", NULL}, {"$['a\\x']", NULL}, {"$['\\\"']", NULL}, {"$[\"\\'\"]", NULL},
		{"$['\\ud800']", NULL}, {"$['\\udc00']", NULL}, {"$['\\u12']", NULL}, {"$X", NULL},
		{"$[01]", NULL}, {"$[-0]", NULL}, {"$[1.0]", NULL}, {"$[9007199254740992]", NULL}, {"$[+1]", NULL},
		{"$[1:2:3:4]", NULL}, {"$[0,]", NULL}, {"$[,0]", NULL}, {"$[?]", NULL}, {"$[?@.a==]", NULL},
		{"$[?1]", NULL}, {"$[?true]", NULL}, {"$[?'a']", NULL}, {"$[?@.a=='b']x", NULL}, {"$[?@[*]==0]", NULL},
		{"$[?@..a==0]", NULL}, {"$[?length(@)]", NULL}, {"$[?count(@.*)]", NULL}, {"$[?count(1)>2]", NULL},
		{"$[?length(@.*) < 3]", NULL}, {"$[?match(@.a, 'x') == true]", NULL}, {"$[?value(@.*)]", NULL},
		{"$[?count(@.*, 1) == 1]", NULL}, {"$[?length() == 1]", NULL}, {"$[?none(@) == 1]", NULL},
		{"$[?length (@.a) == 1]", NULL}, {"$[?@.a == 01]", NULL}, {"$[?@.a == 1.]", NULL}, {"$[?@.a == .5]", NULL},
		{"$[?@.a == -]", NULL}, {"$[?(@.a]", NULL}, {"$[?@.a & @.b]", NULL}, {"$[?@.a = 1]", NULL},
		{"$[?!@.a == 1]", NULL}, {"$[?@.a == 1 == 2]", NULL}, {"$[?@.a &&]", NULL}, {"$.a.", NULL},
		{"$.a[0", NULL}, {"$.*a", NULL}, {"$..*.", NULL}, {"$... a", NULL}, {"$.  i am not\" a valid jsonpath", NULL}
	};
	static const QueryCase queries[] = {
		{"$", "[{\"a\":1,\"\\u00e9\":2,\"_x\":3}]"}, {"$.a", "[1]"}, {"$ .a", "[1]"}, {"$\t['a']", "[1]"},
		{"$.\xC3\xA9", "[2]"}, {"$['\\u00e9']", "[2]"}, {"$._x", "[3]"}, {"$['a', \"_x\"]", "[1,3]"},
		{"$[?@ == 1 || @ == 2 && @ == 4]", "[1]"}
	};
	char		deep[400] = "$";
	FFPathNode	root = {NULL, Json("{}")};

	CHECK("{}", cases);
	CHECK("{\"a\":1,\"\\u00e9\":2,\"_x\":3}", queries);
	for (int i = 0; i < 100; i++)
		memcpy(deep + 1 + 3 * i, "[?(", 4);
	Ok(Selected(deep, &root).data == NULL, "what is nested too deep is no query");
}

/* An object that is made of nodes is queried as one that is there. */
static void
TestMade(void)
{
	const FFString names[] = {Str("given"), Str("none"), Str("inner")};
	const FFString inner_names[] = {Str("x")};
	FFPathNode	inner_nodes[] = {{NULL, Json("7")}};
	FFPathObject inner = {1, inner_names, inner_nodes};
	FFPathNode	nodes[] = {{NULL, Json("[1,{\"x\":2}]")}, {NULL, {0}}, {&inner, {0}}};
	FFPathObject made = {3, names, nodes};
	FFPathNode	root = {&made, {0}};
	FFString	first[2];
	char		message[160];
	FFPathQuery *query = FFPathCompile(FFRegexSetupCreate(), Str("$.inner.x"), message, sizeof(message));

	IsText(Selected("$.given[1].x", &root), "[2]", "a value in a made object");
	IsText(Selected("$.inner.x", &root), "[7]", "a made object in a made object");
	IsText(Selected("$.none", &root), "[]", "a member without a value is not there");
	IsText(Selected("$.*", &root), "[[1,{\"x\":2}],made]", "nor among all");
	IsText(Selected("$..x", &root), "[2,7]", "descendants of a made object");
	IsText(Selected("$[?@.x == 7]", &root), "[made]", "a filter over a made object");
	IsText(Selected("$[?count(@.*) == 1]", &root), "[made]", "its members are counted");
	IsText(Selected("$[?length(@) == 1]", &root), "[made]", "likewise as its length");
	IsText(Selected("$.inner[0]", &root), "[]", "it has no elements");
	Is(FFPathNames(query, first, 2), 2, "a path of names is known as such");
	IsText(first[1], "x", "with its names");
	Is(FFPathNames(query, first, 1), -1, "where there is room for them");
	query = FFPathCompile(FFRegexSetupCreate(), Str("$..x"), message, sizeof(message));
	Is(FFPathNames(query, first, 2), -1, "a descendant is no path of names");
}

static void
TestDecimals(void)
{
	static const struct
	{
		const char *number;
		int			decimals;
	}			cases[] = {
		{"1", 0}, {"1.0", 1}, {"-1.50", 2}, {"0.001", 3}, {"1e3", 0}, {"1.5e1", 0}, {"15e-1", 1}, {"0.0", 1}
	};

	for (int i = 0; i < FF_LENGTH(cases); i++)
	{
		FFValue		number = Json(cases[i].number);

		Is(FFNumberDecimals(&number), cases[i].decimals, "decimals of %s", cases[i].number);
	}
}

/* The list of Flagsmith's IN, as JSON text: its elements between semicolons. */
static void
TestLists(void)
{
	static const struct
	{
		const char *json;
		const char *elements;	/* NULL: it is no list */
	}			cases[] = {
		{"[]", ""}, {" [ ] ", ""}, {"[\"a\",\"b\"]", "a;b;"}, {"[\"a\" , \"a\"]", "a;"},
		{"[1, -2, 0, 2.5, 1.0, 1e2, -0, true, false, null]", "1;-2;0;2.5;1.0;100.0;True;False;None;"},
		{"[\"\\u00e9\\u65e5\\ud834\\udd1e\\n\\\"\"]", "\xC3\xA9\xE6\x97\xA5\xF0\x9D\x84\x9E\n\";"},
		{"[\"\\u0041\"]", "A;"}, {"[\"\\u07ff\\u0800\"]", "\xDF\xBF\xE0\xA0\x80;"},
		{"[\"a\\u0000\", \"\\ud800\", \"b\"]", "b;"}, /* no text of a database has these */
		{"[[1, {\"x\": [\"]\"]}], {}, \"c\"]", "c;"}, {"[123456789012345678901234567890]", "123456789012345678901234567890;"},
		{"", NULL}, {"a,b", NULL}, {"1", NULL}, {"\"a\"", NULL}, {"[", NULL}, {"[1", NULL}, {"[1,]", NULL}, {"[,]", NULL},
		{"[a]", NULL}, {"[\"a]", NULL}, {"[\"\\x\"]", NULL}, {"[\"\\u00g0\"]", NULL}, {"[01]", NULL}, {"[1.]", NULL},
		{"[.5]", NULL}, {"[-]", NULL}, {"[1e]", NULL}, {"[\"a\tb\"]", NULL}, {"[] x", NULL}, {"[{\"a\"}]", NULL}, {"[tru]", NULL}
	};

	for (int i = 0; i < FF_LENGTH(cases); i++)
	{
		FFText		text = {0};
		FFSet		list;

		if (!FFFlagsmithList(Str(cases[i].json), &list))
		{
			Ok(cases[i].elements == NULL, "%s is no list", cases[i].json);
			continue;
		}
		FFTextAdd(&text, "", 0);
		for (int j = 0; j < list.count; j++)
		{
			FFTextAdd(&text, list.entries[j].data, list.entries[j].length);
			FFTextAdd(&text, ";", 1);
		}
		IsText(FFStringOf(text.data, text.length), cases[i].elements == NULL ? "none" : cases[i].elements, "%s", cases[i].json);
	}
}

void
TestJsonPath(void)
{
	TestLists();
	TestBookstore();
	TestSelectors();
	TestFilters();
	TestComparisons();
	TestSegments();
	TestNoQueries();
	TestMade();
	TestDecimals();
}
