/*
 * flagd_path.c
 *	  How variables are named: steps, and ways up out of an iteration.
 */
#include "dialects/flagd.h"

/* The way that a variable names: each ../ at its beginning goes up. */
void
FFClimbPath(FFString text, FFItemPath *path)
{
	int			up = 0;

	for (; text.length >= 3 && memcmp(text.data, "../", 3) == 0; up++)
		text = FFStringOf(text.data + 3, text.length - 3);
	FFSplitPath(text, path);
	path->up = up;
}

/* Take the steps apart: points separate, a backslash keeps one. */
void
FFSplitPath(FFString text, FFItemPath *path)
{
	FFText		step = {0};
	int			steps = 1;

	memset(path, 0, sizeof(*path));
	if (text.length == 0)
		return;
	for (int i = 0; i < text.length; i++)
		steps += text.data[i] == '.';
	path->steps = FFAlloc((size_t) steps * sizeof(FFString));
	FFTextAdd(&step, "", 0);
	for (int i = 0; i < text.length; i++)
	{
		char		next = i + 1 < text.length ? text.data[i + 1] : '\0';

		if (text.data[i] == '.')
		{
			path->steps[path->count++] = FFStringOf(step.data, step.length);
			memset(&step, 0, sizeof(step));
			FFTextAdd(&step, "", 0);
			continue;
		}
		if (text.data[i] == '\\' && (next == '.' || next == '/' || next == '\\'))
			i++;
		FFTextAdd(&step, text.data + i, 1);
	}
	/* a text that is all points has as many steps as points */
	if (path->count < text.length)
		path->steps[path->count++] = FFStringOf(step.data, step.length);
}

/* A way that begins at an attribute of the context, which is fetched with all others. */
void
FFCompilePath(FFLogicCompiler *logic, FFString text, FFItemPath *path)
{
	bool		at_context = !logic->inside;

	FFClimbPath(text, path);
	if (path->count == 0)
		return;
	for (int i = 0; i < path->count; i++)
		path->steps[i] = FFStringCopy(path->steps[i]);
	if (logic->compiler == NULL || (!at_context && path->up < 2) || (at_context && path->up > 0) ||
		FFStringIs(path->steps[0], "$flagd"))
		return;
	path->is_key = FFStringIs(path->steps[0], "targetingKey");
	path->is_attribute = !path->is_key;
	if (path->is_attribute)
		FFDialectAttribute(logic->compiler, path->steps, 1, &path->first);
}
