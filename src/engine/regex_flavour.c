/*
 * regex_flavour.c
 *	  Patterns as other engines understand them, run by PCRE2.
 */
#include <stdio.h>

#include "engine/regex_translate.h"

/* Only "\n" ends a line for the dots that are written. */
#define LINE_ENDS "(*LF)"

/* Translate a pattern that is UTF-8, and compile what comes of it. */
static FFRegex *
Compile(FFTranslation *translation, bool anchored)
{
	FFRegex    *regex = NULL;
	FFText		text = {0};

	FFTextAdd(&text, LINE_ENDS, (int) sizeof(LINE_ENDS) - 1);
	if (FFTranslate(translation))
	{
		if (translation->out.length > 0)
			FFTextAdd(&text, translation->out.data, translation->out.length);
		regex = FFRegexCompileTranslated(translation->setup,
										 FFStringOf(text.data, text.length),
										 FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT),
										 anchored, translation->message,
										 translation->size);
	}
	FFFree(translation->captures);
	if (translation->out.data != NULL)
		FFFree(translation->out.data);
	FFFree(text.data);
	return regex;
}

/* Compile a pattern of another engine; NULL and a message when refused. */
FFRegex *
FFRegexCompileAs(FFRegexSetup *setup, FFString pattern, FFRegexFlavour flavour,
				 bool ignore_case, bool anchored_start, char *message, size_t size)
{
	bool		valid;
	FFString	utf8 = FFUtf8(pattern, &valid);
	FFTranslation *translation;
	FFRegex    *regex = NULL;

	if (!valid)
		snprintf(message, size, "not a text");
	else if (utf8.length > FF_REGEX_MAX_PATTERN)
		snprintf(message, size, "longer than %d bytes", FF_REGEX_MAX_PATTERN);
	else
	{
		translation = FFAlloc(sizeof(FFTranslation));
		translation->setup = setup;
		translation->flavour = flavour;
		translation->pattern = utf8;
		translation->flags = ignore_case ? FF_FLAG_I : 0;
		translation->message = message;
		translation->size = size;
		regex = Compile(translation, anchored_start);
		FFFree(translation);
	}
	if (utf8.data != pattern.data)
		FFFree((char *) utf8.data);
	return regex;
}
