/*
 * width.c
 *	  How wide a text is on a terminal.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"

#include "base/compat.h"

PG_FUNCTION_INFO_V1(ff_width);

/* ff._width(text): columns, as psql counts them; control characters have none. */
Datum
ff_width(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	const char *at = VARDATA_ANY(value);
	const char *end = at + VARSIZE_ANY_EXHDR(value);
	int			encoding = GetDatabaseEncoding();
	int			width = 0;

	for (; at < end; at += pg_encoding_mblen(encoding, at))
	{
		int			columns = pg_encoding_dsplen(encoding, at);

		if (columns > 0)
			width += columns;
	}
	PG_RETURN_INT32(width);
}
