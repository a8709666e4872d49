/*
 * launchdarkly_context.c
 *	  LaunchDarkly's contexts, and references to their attributes.
 *
 * Attributes that have neither kind nor key nor custom are the user's own, as
 * native flags have them, and may come from a context source.  All others are
 * a context as LaunchDarkly's SDKs take it.
 */
#include <string.h>

#include "dialects/launchdarkly.h"

static const char user_kind[] = "user";

static bool
IsUserKind(FFString kind)
{
	return kind.length == sizeof(user_kind) - 1 && memcmp(kind.data, user_kind, sizeof(user_kind) - 1) == 0;
}

static FFString
TextOf(const FFValue *value)
{
	return FFStringOf(value->type == FF_STRING ? value->data : NULL, value->length);
}

static FFValue
MemberNamed(const FFValue *object, FFString name)
{
	FFValue		absent = {0};

	return object->type == FF_OBJECT ? FFMember(object, name.data, name.length) : absent;
}

static FFValue
OfString(FFString text)
{
	FFValue		value = {0};

	value.type = text.data == NULL ? FF_ABSENT : FF_STRING;
	value.data = text.data;
	value.length = text.length;
	return value;
}

/* Truth as ECMAScript has it. */
bool
FFLdTruthy(const FFValue *value)
{
	switch (value->type)
	{
		case FF_ABSENT:
		case FF_NULL:
			return false;
		case FF_BOOL:
			return value->boolean;
		case FF_NUMBER:
			return FFLdNumber(value) != 0;
		case FF_STRING:
			return value->length > 0;
		case FF_ARRAY:
		case FF_OBJECT:
			return true;
	}
	return false;
}

/* --- reading a context ------------------------------------------------------ */

/* Word characters, points and hyphens; "kind" is taken. */
static bool
IsKind(FFString kind)
{
	if (kind.length == 0 || FFStringIs(kind, "kind"))
		return false;
	for (int i = 0; i < kind.length; i++)
	{
		char		c = kind.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			  c == '_' || c == '.' || c == '-'))
			return false;
	}
	return true;
}

static void
Invalidate(LdContext *ld, bool keyless)
{
	ld->shape = LD_INVALID;
	ld->keyless = keyless;
}

/* Several kinds, each with an object that has a key. */
static void
ReadMulti(LdContext *ld)
{
	FFWalk		walk;
	FFString	name;
	FFValue		value;
	int			kinds = 0;

	ld->shape = LD_MULTI;
	FFWalkStart(&walk, &ld->whole);
	while (FFWalkNext(&walk, &name, &value))
	{
		FFValue		key;

		if (FFStringIs(name, "kind"))
			continue;
		kinds++;
		key = FFDialectMember(&value, "key");
		if (!IsKind(name) || key.type != FF_STRING || key.length == 0)
		{
			Invalidate(ld, IsKind(name));
			return;
		}
	}
	if (kinds == 0)
		Invalidate(ld, false);
}

/* One kind; the key in it comes before the one that was passed beside it. */
static void
ReadSingle(LdContext *ld, FFString kind, const FFValue *key, FFString user_key)
{
	ld->shape = LD_SINGLE;
	ld->kind = kind;
	ld->user = IsUserKind(kind);
	ld->key = key->type > FF_NULL ? TextOf(key) : user_key;
	if (!IsKind(kind))
		Invalidate(ld, false);
	else if (ld->key.data == NULL || ld->key.length == 0)
		Invalidate(ld, true);
}

/* A user from before there were kinds: its key may be of any type, and empty. */
static void
ReadUser(LdContext *ld, LdShape shape, const FFValue *key, FFString user_key)
{
	ld->shape = shape;
	ld->kind = FFStringOf(user_kind, sizeof(user_kind) - 1);
	ld->user = true;
	ld->key = key->type > FF_NULL ? FFValueTextJs(key) : user_key;
	if (ld->key.data == NULL)
		Invalidate(ld, true);
}

static void
CompileMember(FFCompiler *compiler, const char *name, FFAttribute *attribute)
{
	FFString	step = FFStringOf(name, (int) strlen(name));

	FFDialectAttribute(compiler, &step, 1, attribute);
}

void
FFLdShapeCompile(FFCompiler *compiler, LdShapeMembers *members)
{
	CompileMember(compiler, "kind", &members->kind);
	CompileMember(compiler, "key", &members->key);
	CompileMember(compiler, "custom", &members->custom);
}

static void
ReadShape(const FFContext *context, const FFValue *kind, const FFValue *key, const FFValue *custom,
		  LdContext *ld)
{
	FFString	user_key = context->user_key;

	ld->keyless = ld->user = false;
	ld->kind = ld->key = FFStringOf(NULL, 0);
	ld->whole = context->attributes;
	if (kind->type > FF_NULL && kind->type != FF_STRING)
		Invalidate(ld, false);
	else if (kind->type == FF_STRING && FFStringIs(TextOf(kind), "multi"))
		ReadMulti(ld);
	else if (kind->type == FF_STRING)
		ReadSingle(ld, TextOf(kind), key, user_key);
	else
	{
		ld->custom = *custom;
		ReadUser(ld, key->type == FF_ABSENT && custom->type == FF_ABSENT ? LD_PLAIN : LD_LEGACY, key, user_key);
	}
}

/* The members are those of the flag that is evaluated. */
void
FFLdContextRead(FFEvaluation *evaluation, const LdShapeMembers *members, LdContext *ld)
{
	const FFValue *passed = FFPassedValues(evaluation);

	ReadShape(evaluation->context, &passed[members->kind.slot], &passed[members->key.slot],
			  &passed[members->custom.slot], ld);
}

/* The same for a segment that no flag asks for; false: the context is invalid. */
bool
FFLdContextReadAlone(const FFContext *context, LdContext *ld)
{
	FFValue		kind = FFDialectMember(&context->attributes, "kind");
	FFValue		key = FFDialectMember(&context->attributes, "key");
	FFValue		custom = FFDialectMember(&context->attributes, "custom");

	ReadShape(context, &kind, &key, &custom, ld);
	return ld->shape != LD_INVALID;
}

/* The object of a kind among several. */
static FFValue
PartOf(const LdContext *ld, FFString kind)
{
	FFValue		absent = {0};

	return FFStringIs(kind, "kind") ? absent : MemberNamed(&ld->whole, kind);
}

bool
FFLdHasKind(const LdContext *ld, FFString kind)
{
	if (kind.data == NULL)
		return false;
	if (ld->shape == LD_MULTI)
		return PartOf(ld, kind).type == FF_OBJECT;
	return FFStringEquals(ld->kind, kind);
}

FFString
FFLdKey(const LdContext *ld, FFString kind)
{
	FFValue		part;
	FFValue		key;

	if (!FFLdHasKind(ld, kind))
		return FFStringOf(NULL, 0);
	if (ld->shape != LD_MULTI)
		return ld->key;
	part = PartOf(ld, kind);
	key = FFDialectMember(&part, "key");
	return TextOf(&key);
}

/* --- references ------------------------------------------------------------- */

/* The kind that a member names: user where it is missing, or empty in go. */
FFString
FFLdKindOf(const FFValue *document, const char *member, bool go)
{
	FFValue		kind = FFDialectMember(document, member);

	if (kind.type <= FF_NULL || (go && kind.type == FF_STRING && kind.length == 0))
		return FFStringOf(user_kind, sizeof(user_kind) - 1);
	return kind.type == FF_STRING ? FFStringCopy(TextOf(&kind)) : FFStringOf(NULL, 0);
}

/* ~1 is a slash, ~0 a tilde; js does not see it in a step that begins with one. */
static FFString
Unescape(FFString step, bool go)
{
	char	   *data = FFAlloc((size_t) step.length + 1);
	int			length = 0;

	if (!go && step.length > 0 && step.data[0] == '~')
		return FFStringCopy(step);
	for (int i = 0; i < step.length; i++)
	{
		char		c = step.data[i];

		if (c == '~' && i + 1 < step.length && (step.data[i + 1] == '0' || step.data[i + 1] == '1'))
			c = step.data[++i] == '1' ? '/' : '~';
		data[length++] = c;
	}
	return FFStringOf(data, length);
}

/*
 * Whether a reference that begins with a slash is one: no empty step (js allows
 * a last one), and a tilde before 0 or 1 alone (js allows | and ^).
 */
static bool
IsReference(FFString text, bool go)
{
	for (int i = 0; i < text.length; i++)
	{
		char		next = i + 1 < text.length ? text.data[i + 1] : '\0';

		if (text.data[i] == '/' && (next == '/' || (go && next == '\0')))
			return false;
		if (text.data[i] == '~' && next != '0' && next != '1' && (go || (next != '|' && next != '^')))
			return false;
	}
	return text.length > 1;
}

/* What does not begin with a slash is a name, but not every one in js. */
static bool
IsName(FFString text, bool go)
{
	for (int i = 0; i + 1 < text.length && !go; i++)
		if (text.data[i] == '/' && text.data[i + 1] == '/')
			return false;
	return go || text.data[text.length - 1] != '~';
}

static void
SplitReference(FFString text, bool go, LdReference *reference)
{
	FFString	rest = FFStringOf(text.data + 1, text.length - 1);
	FFString	step;
	int			slashes = 0;

	for (int i = 0; i < text.length; i++)
		slashes += text.data[i] == '/';
	reference->steps = FFAlloc((size_t) slashes * sizeof(FFString));
	while (reference->count < slashes - 1 && FFSplit(&rest, '/', &step))
		reference->steps[reference->count++] = Unescape(step, go);
	reference->steps[reference->count++] = Unescape(rest, go);
}

static LdPlace
PlaceOf(FFString name)
{
	if (FFStringIs(name, "kind"))
		return LD_KIND;
	if (FFStringIs(name, "key"))
		return LD_KEY;
	return FFStringIs(name, "anonymous") ? LD_ANONYMOUS : LD_ELSEWHERE;
}

static bool
IsBuiltIn(FFString name)
{
	static const char *const names[] = {"name", "ip", "firstName", "lastName", "email", "avatar", "country"};

	for (int i = 0; i < FF_LENGTH(names); i++)
		if (FFStringIs(name, names[i]))
			return true;
	return false;
}

/*
 * Prepare a reference.  Literal: the text is a name as it stands, as it was
 * before there were kinds.
 */
void
FFLdReferenceCompile(FFCompiler *compiler, FFString text, FFString kind, bool literal,
					 bool go, LdReference *reference)
{
	bool		whole = literal || (text.length > 0 && text.data[0] != '/');

	memset(reference, 0, sizeof(*reference));
	reference->kind = kind;
	reference->user = kind.data != NULL && IsUserKind(kind);
	if (text.data == NULL || text.length == 0 || (!literal && !(whole ? IsName(text, go) : IsReference(text, go))))
		return;
	if (whole)
	{
		reference->steps = FFAlloc(sizeof(FFString));
		reference->steps[reference->count++] = FFStringCopy(text);
	}
	else
		SplitReference(text, go, reference);
	reference->meta = FFStringIs(reference->steps[0], "_meta");
	reference->valid = literal || go || !reference->meta;
	if (go && reference->meta)
	{
		reference->kind.data = NULL;	/* go finds nothing under this name */
		reference->user = false;
	}
	if (reference->count == 1)
		reference->place = PlaceOf(reference->steps[0]);
	reference->built_in = IsBuiltIn(reference->steps[0]);
	FFDialectAttribute(compiler, reference->steps, reference->count, &reference->attribute);
}

/* The first step of a legacy user, whose own attributes are in "custom". */
static FFValue
LegacyValue(const LdContext *ld, const LdReference *reference)
{
	FFString	name = reference->steps[0];
	FFValue		value = {0};
	LdPlace		place = PlaceOf(name);

	if (place == LD_KIND || place == LD_KEY)
		return OfString(place == LD_KEY ? ld->key : ld->kind);
	if (reference->built_in || place == LD_ANONYMOUS)
		value = MemberNamed(&ld->whole, name);
	else if (reference->meta && FFDialectMember(&ld->whole, "privateAttributeNames").type > FF_NULL)
		return ld->whole;		/* an object: no more can be told of it */
	return value.type > FF_NULL ? value : MemberNamed(&ld->custom, name);
}

/* The value of a reference but for what is special about some. */
static FFValue
PlainValue(const LdContext *ld, const LdReference *reference)
{
	FFValue		part = ld->shape == LD_MULTI ? PartOf(ld, reference->kind) : ld->whole;
	FFValue		value = ld->shape == LD_LEGACY ? LegacyValue(ld, reference) :
		MemberNamed(&part, reference->steps[0]);

	for (int i = 1; i < reference->count; i++)
		value = MemberNamed(&value, reference->steps[i]);
	if (value.type == FF_ABSENT && ld->shape == LD_SINGLE && FFStringIs(reference->steps[0], "key"))
		return reference->count == 1 ? OfString(ld->key) : value;
	return value;
}

/* The value of an attribute; not of LD_KIND. */
FFValue
FFLdValue(FFEvaluation *evaluation, const LdReference *reference)
{
	const LdContext *ld = evaluation->context->own;
	const FFValue *at_once = FFLdValueAtOnce(evaluation, reference);
	FFValue		value = {0};

	if (at_once != NULL)
		return *at_once;
	if (!FFLdHasKind(ld, reference->kind))
		return value;
	if (reference->place == LD_KEY && ld->shape != LD_MULTI)
		return OfString(ld->key);
	if (ld->user && ld->shape <= LD_SINGLE)
		value = *FFAttributeValue(evaluation, &reference->attribute);
	else
		value = PlainValue(ld, reference);
	if (reference->place == LD_ANONYMOUS)
	{
		value.boolean = FFLdTruthy(&value);
		value.type = FF_BOOL;
	}
	return value;
}
