/*
 * fault.c
 *	  Reading documents, and refusing them with the path of the fault.
 */
#include <stdio.h>
#include <string.h>

#include "engine/program.h"

#define MEMBER_BYTES 60

/* One step down, into a member of an object. */
FFPath
FFPathMember(const FFPath *up, FFString member)
{
	FFPath		path;

	path.up = up;
	path.member = member;
	path.index = -1;
	return path;
}

/* One step down, into an element of an array. */
FFPath
FFPathElement(const FFPath *up, int index)
{
	FFPath		path;

	path.up = up;
	path.member = FFStringOf(NULL, 0);
	path.index = index;
	return path;
}

/* Whether a name can follow a dot as it is. */
static bool
IsPlainName(FFString name)
{
	for (int i = 0; i < name.length; i++)
	{
		char		c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			  c == '-' || (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return name.length > 0 && name.length <= MEMBER_BYTES;
}

/* Write one step of a path. */
static int
WriteStep(const FFPath *path, char *out, size_t size)
{
	FFText		quoted = {0};
	FFValue		name = {.type = FF_STRING};
	int			length;

	if (path->member.data == NULL)
		return snprintf(out, size, "[%d]", path->index);
	if (IsPlainName(path->member))
		return snprintf(out, size, ".%.*s", path->member.length,
						path->member.data);
	name.data = path->member.data;
	name.length = path->member.length;
	FFTextValue(&quoted, &name);
	length = snprintf(out, size, "[%s]", quoted.data);
	FFFree(quoted.data);
	return length;
}

/* Write a path from its root; steps that do not fit are left out whole. */
void
FFPathText(const FFPath *path, char *out, size_t size)
{
	char		step[sizeof(((FFError *) NULL)->path)];
	size_t		used;
	int			length;

	if (path->up == NULL)
	{
		snprintf(out, size, "$");
		return;
	}
	FFPathText(path->up, out, size);
	used = strlen(out);
	length = WriteStep(path, step, sizeof(step));
	if (length > 0 && (size_t) length < sizeof(step) &&
		used + (size_t) length < size)
		memcpy(out + used, step, (size_t) length + 1);
}

/* The one place where a document's fault is written down. */
static void Refuse(FFCompiler *compiler, const FFPath *path, FFErrorCode code,
				   const char *format, va_list arguments)
			__attribute__((format(printf, 4, 0)));

static void
Refuse(FFCompiler *compiler, const FFPath *path, FFErrorCode code,
	   const char *format, va_list arguments)
{
	FFError    *error = compiler->error;

	error->code = code;
	error->document = compiler->document;
	FFPathText(path, error->path, sizeof(error->path));
	vsnprintf(error->message, sizeof(error->message), format, arguments);
}

/* Refuse the document because of the value at a path. */
bool
FFRefuse(FFCompiler *compiler, const FFPath *path, FFErrorCode code,
		 const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	Refuse(compiler, path, code, format, arguments);
	va_end(arguments);
	return false;
}

/* Refuse the document because of a member of the object at a path. */
bool
FFRefuseAt(FFCompiler *compiler, const FFPath *path, const char *member,
		   FFErrorCode code, const char *format,...)
{
	FFPath		inner = FFPathMember(path, FFStringOf(member,
													  (int) strlen(member)));
	va_list		arguments;

	va_start(arguments, format);
	Refuse(compiler, &inner, code, format, arguments);
	va_end(arguments);
	return false;
}

/* Refuse a value that is of the wrong type. */
bool
FFRefuseType(FFCompiler *compiler, const FFPath *path, const char *wanted,
			 const FFValue *value)
{
	static const char *const types[] = {
		[FF_ABSENT] = "nothing", [FF_NULL] = "null", [FF_BOOL] = "a boolean",
		[FF_NUMBER] = "a number", [FF_STRING] = "a string",
		[FF_ARRAY] = "an array", [FF_OBJECT] = "an object"
	};

	return FFRefuse(compiler, path, FF_ERROR_DOCUMENT,
					"expected %s, found %s", wanted, types[value->type]);
}

/* Read the members of an object that are known; others are refused. */
bool
FFReadFields(FFCompiler *compiler, const FFPath *path, const FFValue *object,
			 FFField *fields, int count)
{
	FFWalk		walk;
	FFString	name;
	FFValue		value;

	if (object->type != FF_OBJECT)
		return FFRefuseType(compiler, path, "an object", object);
	FFWalkStart(&walk, object);
	while (FFWalkNext(&walk, &name, &value))
	{
		FFPath		member = FFPathMember(path, name);
		int			i = 0;

		while (i < count && !FFStringIs(name, fields[i].name))
			i++;
		if (i == count)
			return FFRefuse(compiler, &member, FF_ERROR_DOCUMENT,
							"unknown member \"%.*s\"", FF_QUOTED(name));
		fields[i].value = value;
	}
	return true;
}
