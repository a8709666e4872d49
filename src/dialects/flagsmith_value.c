/*
 * flagsmith_value.c
 *	  What the property of a Flagsmith condition stands for: a trait, or a
 *	  query (RFC 9535) of the evaluation context.
 *
 * The context is {"environment", "identity": {"identifier", "key", "traits"},
 * "features", "segments"}.  The user key is the identifier, and attributes are
 * the traits.  A trait whose name is the query's text goes before it.
 */
#include "dialects/flagsmith.h"

#define MAX_STEPS 16

/* --- the identity --------------------------------------------------------------- */

/* Read what all parts of a document need of its environment. */
void
FFFlagsmithHomeInit(FFCompiler *compiler, const FFValue *document, FFFlagsmithHome *home)
{
	FFValue		environment = FFDialectMember(document, "environment");
	FFValue		composite = FFDialectMember(document, "composite_key");
	FFValue		context = FFDialectMember(document, "context");
	FFString	key = FFDialectString(&environment, "key");
	FFString	given = FFStringOf("$.identity.key", 14);
	FFText		prefix = {0};

	memset(home, 0, sizeof(*home));
	if (environment.type == FF_OBJECT)
		home->environment = FFCopy(&environment);
	home->features = FFDialectMember(&context, "features");
	home->features = FFCopy(&home->features);
	home->segments = FFDialectMember(&context, "segments");
	home->segments = FFCopy(&home->segments);
	FFTextAdd(&prefix, "", 0);
	if (composite.type != FF_BOOL || composite.boolean)
	{
		if (key.data != NULL)
			FFTextAdd(&prefix, key.data, key.length);
		FFTextAdd(&prefix, "_", 1);
	}
	home->prefix = FFStringOf(prefix.data, prefix.length);
	FFDialectAttribute(compiler, &given, 1, &home->given);
}

/*
 * The key that was given or, where none was or it is empty, the composite one;
 * data NULL without an identity.
 */
void
FFFlagsmithIdentityKey(FFEvaluation *evaluation, const FFFlagsmithHome *home, FFFlagsmithKey *key)
{
	FFString	identifier = evaluation->context->user_key;
	const FFValue *given;
	char	   *room = key->buffer;

	key->text = FFStringOf(NULL, 0);
	if (identifier.data == NULL)
		return;
	given = FFAttributeValue(evaluation, &home->given);
	if (FFFlagsmithIsSet(given))
		key->text = FFFlagsmithText(given);
	if (key->text.length > 0)
		return;
	key->text.length = home->prefix.length + identifier.length;
	if (key->text.length > (int) sizeof(key->buffer))
		room = FFAlloc((size_t) key->text.length);
	memcpy(room, home->prefix.data, (size_t) home->prefix.length);
	memcpy(room + home->prefix.length, identifier.data, (size_t) identifier.length);
	key->text.data = room;
}

/* A number that has decimals is a float there. */
static FFString
NumberText(const FFValue *number)
{
	double		d;

	if (FFNumberDecimals(number) == 0 || !FFNumberDouble(number, &d))
		return FFNumberText(number);
	return FFNumberTextPython(d);
}

FFString
FFFlagsmithText(const FFValue *value)
{
	switch (value->type)
	{
		case FF_BOOL:
			return value->boolean ? FFStringOf("True", 4) : FFStringOf("False", 5);
		case FF_NUMBER:
			return NumberText(value);
		case FF_STRING:
			return FFStringOf(value->data, value->length);
		default:
			return FFStringOf("None", 4);
	}
}

/* --- compiling ---------------------------------------------------------------------- */

/* A path of names into what is known when it is compiled. */
static void
FindConstant(FFFlagsmithProperty *property, FFValue from, const FFString *names, int count)
{
	for (int i = 0; i < count && from.type != FF_ABSENT; i++)
	{
		FFValue		absent = {0};

		from = from.type == FF_OBJECT ? FFMember(&from, names[i].data, names[i].length) : absent;
	}
	property->source = FFFlagsmithIsSet(&from) ? FF_FLAGSMITH_CONSTANT : FF_FLAGSMITH_NOWHERE;
	property->constant = from;
}

/* A path of names into the identity. */
static void
FindIdentity(FFCompiler *compiler, FFFlagsmithProperty *property, const FFString *names, int count)
{
	property->source = FF_FLAGSMITH_NOWHERE;
	if (count == 1 && FFStringIs(names[0], "identifier"))
		property->source = FF_FLAGSMITH_IDENTIFIER;
	else if (count == 1 && FFStringIs(names[0], "key"))
		property->source = FF_FLAGSMITH_KEY;
	else if (count > 1 && FFStringIs(names[0], "traits"))
	{
		property->source = FF_FLAGSMITH_TRAIT;
		FFDialectAttribute(compiler, names + 1, count - 1, &property->trait);
	}
}

/* Where a query leads, as far as that can be told from its text. */
static void
FindQuery(FFCompiler *compiler, FFFlagsmithProperty *property)
{
	const FFFlagsmithHome *home = property->home;
	FFString	names[MAX_STEPS];
	int			count = FFPathNames(property->query, names, MAX_STEPS);

	property->source = FF_FLAGSMITH_PATH;
	if (count < 1)
		return;
	if (FFStringIs(names[0], "environment"))
		FindConstant(property, home->environment, names + 1, count - 1);
	else if (FFStringIs(names[0], "identity"))
		FindIdentity(compiler, property, names + 1, count - 1);
	else if (FFStringIs(names[0], "features"))
		FindConstant(property, home->features, names + 1, count - 1);
	else if (FFStringIs(names[0], "segments"))
		FindConstant(property, home->segments, names + 1, count - 1);
	else
		property->source = FF_FLAGSMITH_NOWHERE;
}

bool
FFFlagsmithIsTrait(FFString property)
{
	return property.length > 0 &&
		(property.length < 2 || property.data[0] != '$' || property.data[1] != '.');
}

/* Find out what a property stands for; it stays where it is. */
void
FFFlagsmithPropertyInit(FFCompiler *compiler, const FFPath *path, FFString text,
						const FFFlagsmithHome *home, FFFlagsmithProperty *property)
{
	char		message[160];

	memset(property, 0, sizeof(*property));
	property->text = FFStringCopy(text);
	property->home = home;
	property->source = FF_FLAGSMITH_NOWHERE;
	if (text.length == 0)
		return;
	if (FFFlagsmithIsTrait(text))
	{
		property->source = FF_FLAGSMITH_TRAIT;
		FFDialectAttribute(compiler, &text, 1, &property->trait);
		return;
	}
	property->query = FFPathCompile(FFDialectRegexSetup(compiler), property->text, message, sizeof(message));
	property->has_literal = true;
	FFDialectAttribute(compiler, &text, 1, &property->literal);
	if (property->query != NULL)
		FindQuery(compiler, property);
	else
		FFNoteFault(compiler, path, "property \"%.*s\" is a trait, and no query: %s", FF_QUOTED(text), message);
}

/* --- evaluating ---------------------------------------------------------------------- */

static FFPathNode
Node(FFValue value)
{
	FFPathNode	node = {NULL, value};

	return node;
}

static FFPathNode
TextNode(FFString text)
{
	FFValue		value = {.type = text.data == NULL ? FF_ABSENT : FF_STRING, .length = text.length, .data = text.data};

	return Node(value);
}

/* Carry out a query on the context, which is put together for it. */
static void
RunQuery(FFEvaluation *evaluation, const FFFlagsmithProperty *property, FFFlagsmithKey *key, FFValue *value)
{
	const FFFlagsmithHome *home = property->home;
	const FFString names[] = {{"environment", 11}, {"identity", 8}, {"features", 8}, {"segments", 8}};
	const FFString identity_names[] = {{"identifier", 10}, {"key", 3}, {"traits", 6}};
	FFPathNode	identity_nodes[3];
	FFPathObject identity = {3, identity_names, identity_nodes};
	FFPathNode	nodes[4];
	FFPathObject context = {4, names, nodes};
	FFPathNode	root = {.made = &context};
	FFPathNode	found;

	FFFlagsmithIdentityKey(evaluation, home, key);
	identity_nodes[0] = TextNode(evaluation->context->user_key);
	identity_nodes[1] = TextNode(key->text);
	identity_nodes[2] = Node(evaluation->context->attributes);
	nodes[0] = Node(home->environment);
	memset(&nodes[1], 0, sizeof(nodes[1]));
	nodes[1].made = &identity;
	nodes[2] = Node(home->features);
	nodes[3] = Node(home->segments);
	if (FFPathFirst(property->query, &root, &found) && found.made == NULL)
		*value = found.value;
}

/* The value of a property in the context; FF_ABSENT where it is not set. */
void
FFFlagsmithPropertyValue(FFEvaluation *evaluation, const FFFlagsmithProperty *property,
						 FFFlagsmithKey *key, FFValue *value)
{
	if (property->has_literal)
	{
		*value = *FFAttributeValue(evaluation, &property->literal);
		if (FFFlagsmithIsSet(value))
			return;
	}
	memset(value, 0, sizeof(*value));
	switch (property->source)
	{
		case FF_FLAGSMITH_TRAIT:
			*value = *FFAttributeValue(evaluation, &property->trait);
			break;
		case FF_FLAGSMITH_IDENTIFIER:
			*value = TextNode(evaluation->context->user_key).value;
			break;
		case FF_FLAGSMITH_KEY:
			FFFlagsmithIdentityKey(evaluation, property->home, key);
			*value = TextNode(key->text).value;
			break;
		case FF_FLAGSMITH_CONSTANT:
			*value = property->constant;
			break;
		case FF_FLAGSMITH_PATH:
			RunQuery(evaluation, property, key, value);
			break;
		case FF_FLAGSMITH_NOWHERE:
			break;
	}
	if (!FFFlagsmithIsSet(value))
		value->type = FF_ABSENT;
}

/* --- explanations ------------------------------------------------------------------- */

/* The name that an attribute is looked up by, if it is looked up. */
static bool
ShowsAttribute(FFEvaluation *evaluation, const FFAttribute *attribute)
{
	return FFContextShows(evaluation->context, evaluation->needs->names[attribute->slot]);
}

bool
FFFlagsmithShowsKey(FFEvaluation *evaluation, const FFFlagsmithHome *home)
{
	return ShowsAttribute(evaluation, &home->given);
}

/* A query that is carried out sees what was passed, and the key. */
bool
FFFlagsmithShowsProperty(FFEvaluation *evaluation, const FFFlagsmithProperty *property)
{
	if (property->has_literal && !ShowsAttribute(evaluation, &property->literal))
		return false;
	if (property->source == FF_FLAGSMITH_TRAIT)
		return ShowsAttribute(evaluation, &property->trait);
	return FFFlagsmithShowsKey(evaluation, property->home);
}
