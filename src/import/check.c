/*
 * check.c
 *	  What a provider's document is like: what is faulty in it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "base/catalog.h"
#include "engine/engine.h"
#include "engine/value_pg.h"
#include "model/checks.h"

PG_FUNCTION_INFO_V1(ff_dialect_known);
PG_FUNCTION_INFO_V1(ff_import_faults);

/* Faults are told to people: the first few say enough. */
#define SHOWN_FAULTS 5

typedef struct FaultList
{
	FFFaults	faults;			/* first: the engine sees this part */
	StringInfoData text;
	int			count;
} FaultList;

/* ff._dialect_known(name) */
Datum
ff_dialect_known(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(FFDialectKnown(FFStringOfText(PG_GETARG_TEXT_PP(0))));
}

/* Write a fault down. */
static void
AddFault(FFFaults *faults, const char *path, const char *message)
{
	FaultList  *list = (FaultList *) faults;

	list->count++;
	if (list->count <= SHOWN_FAULTS)
		appendStringInfo(&list->text, "%s%s at %s", list->count == 1 ? "" : "; ", message, path);
}

/* Compile a document for its faults; an error where it cannot be answered at all. */
static void
FindFaults(bool is_flag, FFString dialect, FFValue document, FaultList *list)
{
	FFFlagSource source = {0};
	FFError		error;

	list->faults.fault = AddFault;
	source.dialect = dialect;
	source.rules = document;
	if (is_flag ? FFProgramCheck(&source, &list->faults, &error) == NULL :
		FFProviderSegmentCheck(dialect, &document, &list->faults, &error) == NULL)
		FFRefuseDocument(&error);
	if (list->count > SHOWN_FAULTS)
		appendStringInfo(&list->text, "; and %d more", list->count - SHOWN_FAULTS);
}

/*
 * ff._import_faults(kind, dialect, document): NULL where there is none.  Kind
 * is flag (document as in flag_settings.rules) or segment.
 */
Datum
ff_import_faults(PG_FUNCTION_ARGS)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "featureflow faults",
												  ALLOCSET_DEFAULT_SIZES);
	FFString	kind = FFStringOfText(PG_GETARG_TEXT_PP(0));
	FFString	dialect = FFStringOfText(PG_GETARG_TEXT_PP(1));
	FFValue		document = FFValueFromJsonb(PG_GETARG_JSONB_P(2));
	FaultList	list = {0};
	MemoryContext caller;
	text	   *result = NULL;

	initStringInfo(&list.text);
	caller = MemoryContextSwitchTo(scratch);
	FindFaults(kind.length == 4, dialect, document, &list);
	MemoryContextSwitchTo(caller);
	if (list.count > 0)
		result = cstring_to_text_with_len(list.text.data, list.text.len);
	MemoryContextDelete(scratch);
	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(result);
}
