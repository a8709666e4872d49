/*
 * compile_program.c
 *	  A flag in an environment: variations, targets, salt.
 */
#include <string.h>

#include "engine/program.h"

#define USERS_BETWEEN_INTERRUPTS 1024

static const FFPath root = {0};

static FFString
TextOf(const FFValue *value)
{
	return FFStringOf(value->data, value->length);
}

/* One variation: its key; what it holds is not the engine's concern. */
static bool
CompileVariation(FFCompiler *compiler, const FFPath *path,
				 const FFValue *document)
{
	FFSet	   *variations = &compiler->program->variations;
	FFField		fields[] = {
		{.name = "key"}, {.name = "value"}, {.name = "name"},
		{.name = "description"}
	};
	const FFValue *key = &fields[0].value;

	if (!FFReadFields(compiler, path, document, fields, FF_LENGTH(fields)))
		return false;
	if (key->type != FF_STRING || key->length == 0)
		return FFRefuseAt(compiler, path, "key", FF_ERROR_DOCUMENT,
						  "a variation needs a key");
	if (fields[1].value.type == FF_ABSENT)
		return FFRefuseAt(compiler, path, "value", FF_ERROR_DOCUMENT,
						  "a variation needs a value");
	for (int i = 2; i < FF_LENGTH(fields); i++)
		if (fields[i].value.type > FF_NULL && fields[i].value.type != FF_STRING)
			return FFRefuseAt(compiler, path, fields[i].name, FF_ERROR_DOCUMENT,
							  "expected a string");
	if (!FFSetAdd(variations, FFStringCopy(TextOf(key)), variations->count))
		return FFRefuseAt(compiler, path, "key", FF_ERROR_DOCUMENT,
						  "variation \"%.*s\" is there twice",
						  FF_QUOTED(TextOf(key)));
	return true;
}

/* The variations, which all else refers to. */
bool
FFCompileVariations(FFCompiler *compiler, int least)
{
	const FFValue *document = &compiler->source->variations;
	FFWalk		walk;
	FFValue		variation;
	int			i = 0;

	compiler->document = "variations";
	if (document->type != FF_ARRAY)
		return FFRefuseType(compiler, &root, "an array of variations", document);
	if (FFCount(document) < least)
		return FFRefuse(compiler, &root, FF_ERROR_DOCUMENT,
						"a flag needs at least one variation");
	if (FFCount(document) > FF_MAX_VARIATIONS)
		return FFRefuse(compiler, &root, FF_ERROR_LIMIT,
						"a flag has at most %d variations", FF_MAX_VARIATIONS);
	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, NULL, &variation))
	{
		FFPath		path = FFPathElement(&root, i++);

		if (!CompileVariation(compiler, &path, &variation))
			return false;
	}
	return true;
}

/* The off variation: as named, or "off" where there is one, or the first. */
static bool
CompileOff(FFCompiler *compiler)
{
	FFProgram  *program = compiler->program;
	FFString	key = compiler->source->off_variation;

	compiler->document = "off_variation";
	if (key.data != NULL)
	{
		program->off = FFSetFind(&program->variations, key);
		if (program->off < 0)
			return FFRefuse(compiler, &root, FF_ERROR_REFERENCE,
							"unknown variation \"%.*s\"", FF_QUOTED(key));
		return true;
	}
	program->off = FFSetFind(&program->variations, FFStringOf("off", 3));
	if (program->off < 0)
		program->off = 0;
	return true;
}

/* One user of a variation's list. */
static bool
CompileTarget(FFCompiler *compiler, const FFPath *path, const FFValue *user,
			  int variation)
{
	FFProgram  *program = compiler->program;
	FFString	key = TextOf(user);
	int			other;

	if (user->type != FF_STRING)
		return FFRefuseType(compiler, path, "the key of a user", user);
	other = FFSetFind(&program->targets, key);
	if (other < 0)
		FFSetAdd(&program->targets, FFStringCopy(key), variation);
	else if (program->targets.entries[other].value != variation)
	{
		int			taken = program->targets.entries[other].value;
		FFString	name = FFProgramVariationKey(program, taken);

		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
						"user \"%.*s\" is a target of variation \"%.*s\" as well",
						FF_QUOTED(key), FF_QUOTED(name));
	}
	return true;
}

/* The users of one variation. */
static bool
CompileTargetList(FFCompiler *compiler, const FFPath *path,
				  const FFValue *users, int variation)
{
	FFWalk		walk;
	FFValue		user;
	int			i = 0;

	if (users->type != FF_ARRAY)
		return FFRefuseType(compiler, path, "an array of user keys", users);
	FFWalkStart(&walk, users);
	while (FFWalkNext(&walk, NULL, &user))
	{
		FFPath		element = FFPathElement(path, i);

		if (!CompileTarget(compiler, &element, &user, variation))
			return false;
		if (++i % USERS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
	return true;
}

/* Make room for all users at once. */
static void
ReserveTargets(FFCompiler *compiler, const FFValue *document)
{
	FFWalk		walk;
	FFString	name;
	FFValue		users;
	int			count = 0;

	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, &name, &users))
		if (users.type == FF_ARRAY)
			count += FFCount(&users);
	FFSetReserve(&compiler->program->targets, count);
}

/* {"variation": ["user", …], …} */
static bool
CompileTargets(FFCompiler *compiler)
{
	const FFValue *document = &compiler->source->targets;
	FFWalk		walk;
	FFString	name;
	FFValue		users;

	compiler->document = "targets";
	if (document->type <= FF_NULL)
		return true;
	if (document->type != FF_OBJECT)
		return FFRefuseType(compiler, &root, "an object of variations", document);
	ReserveTargets(compiler, document);
	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, &name, &users))
	{
		FFPath		path = FFPathMember(&root, name);
		int			variation = FFProgramFindVariation(compiler->program, name);

		if (variation < 0)
			return FFRefuse(compiler, &path, FF_ERROR_REFERENCE,
							"unknown variation \"%.*s\"", FF_QUOTED(name));
		if (!CompileTargetList(compiler, &path, &users, variation))
			return false;
	}
	return true;
}

/* What is served when no rule matches; the off variation unless stated. */
static bool
CompileDefault(FFCompiler *compiler)
{
	FFProgram  *program = compiler->program;
	const FFValue *document = &compiler->source->default_serve;

	compiler->document = "default";
	if (document->type <= FF_NULL)
	{
		program->fallback.variation = program->off;
		return true;
	}
	return FFCompileServe(compiler, &root, document, &program->fallback);
}

/* Compile a native flag. */
static FFProgram *
CompileNative(const FFFlagSource *source, FFError *error)
{
	FFCompiler	compiler = {.error = error, .source = source};
	FFProgram  *program = FFAlloc(sizeof(FFProgram));

	compiler.program = program;
	if (!FFCompileVariations(&compiler, 1) || !CompileOff(&compiler) ||
		!CompileTargets(&compiler) || !FFCompileRules(&compiler) ||
		!CompileDefault(&compiler) || !FFCompileSchedule(&compiler) ||
		!FFCompileGates(&compiler))
		return NULL;
	program->prefix = FFSaltPrefix(source->salt);
	FFFinishNeeds(&compiler, &program->needs);
	return program;
}

/* Compile a flag, and tell what of a provider's document is faulty; see engine.h. */
FFProgram *
FFProgramCheck(const FFFlagSource *source, FFFaults *faults, FFError *error)
{
	memset(error, 0, sizeof(FFError));
	return source->dialect.data == NULL ? CompileNative(source, error) :
		FFProviderProgramCompile(source, faults, error);
}

/* Compile a flag; see engine.h. */
FFProgram *
FFProgramCompile(const FFFlagSource *source, FFError *error)
{
	return FFProgramCheck(source, NULL, error);
}
