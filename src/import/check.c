/*
 * check.c
 *	  What a provider's document is like: what is faulty in it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "base/catalog.h"
#include "engine/engine.h"
#include "engine/value_pg.h"
#include "model/checks.h"

PG_FUNCTION_INFO_V1(ff_dialect_known);
PG_FUNCTION_INFO_V1(ff_import_faults);
PG_FUNCTION_INFO_V1(ff_import_references);

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

/* Keys as an array of texts. */
static Datum
KeysDatum(const FFSegmentKeys *keys)
{
	Datum	   *names = palloc(Max(keys->count, 1) * sizeof(Datum));

	for (int i = 0; i < keys->count; i++)
		names[i] = PointerGetDatum(FFStringToText(keys->keys[i]));
	return PointerGetDatum(construct_array(names, keys->count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* What a document names; nothing where it cannot be compiled. */
static void
FindReferences(bool is_flag, FFString dialect, FFValue document,
			   const FFSegmentKeys **segments, const FFSegmentKeys **flags)
{
	static const FFSegmentKeys none = {NULL, 0};
	FFFlagSource source = {.dialect = dialect, .rules = document};
	FFProgram  *program = NULL;
	FFCondition *condition = NULL;
	FFError		error;

	if (is_flag)
		program = FFProgramCompile(&source, &error);
	else
		condition = FFProviderSegmentCompile(dialect, &document, &error);
	*segments = program != NULL ? FFProgramSegments(program) :
		condition != NULL ? FFConditionSegments(condition) : &none;
	*flags = program != NULL ? FFProgramFlags(program) : &none;
}

/* ff._import_references(kind, dialect, document): segments that it names, flags that it asks. */
Datum
ff_import_references(PG_FUNCTION_ARGS)
{
	FFString	kind = FFStringOfText(PG_GETARG_TEXT_PP(0));
	const FFSegmentKeys *segments;
	const FFSegmentKeys *flags;
	TupleDesc	row_type;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function returning record called in context that cannot accept type record")));
	FindReferences(kind.length == 4, FFStringOfText(PG_GETARG_TEXT_PP(1)),
				   FFValueFromJsonb(PG_GETARG_JSONB_P(2)), &segments, &flags);
	values[0] = KeysDatum(segments);
	values[1] = KeysDatum(flags);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}
