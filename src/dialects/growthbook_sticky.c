/*
 * growthbook_sticky.c
 *	  GrowthBook: sticky buckets, variations that users keep.
 *
 * The application passes the documents that it has stored, by "attribute||value",
 * and gets them back with what is to be stored.
 */
#include <math.h>

#include "dialects/growthbook.h"

/* A document of a user: what is stored of it, and what was added since. */
typedef struct Document
{
	FFString	key;			/* data NULL: none */
	FFValue		assignments;
} Document;

/* Text stands for itself, all else for its JSON. */
static FFString
StickyText(const FFValue *value)
{
	return value->type == FF_STRING ? FFStringOf(value->data, value->length) : FFJsonStringify(value);
}

static FFString
DocumentKey(FFString attribute, FFString value)
{
	FFText		text = {0};

	FFTextAdd(&text, attribute.data, attribute.length);
	FFTextAdd(&text, "||", 2);
	if (value.length > 0)
		FFTextAdd(&text, value.data, value.length);
	return FFStringOf(text.data, text.length);
}

static FFValue
Assignments(const FFGbAnswering *answering, FFString key)
{
	FFValue		document = FFMember(&answering->documents, key.data, key.length);

	return FFDialectMember(&document, "assignments");
}

/* The document of an attribute's value; one that is empty counts where it must. */
static Document
FindDocument(FFGbAnswering *answering, const FFGbPath *unit, bool even_empty)
{
	const FFGbPath *used;
	FFValue		value = FFGbUnitValue(answering->evaluation, unit, NULL, &used);
	Document	document = {0};

	if (value.type == FF_ABSENT && !even_empty)
		return document;
	document.key = DocumentKey(unit->attribute.name, value.type == FF_ABSENT ?
							   FFStringOf("", 0) : StickyText(&value));
	document.assignments = Assignments(answering, document.key);
	return document;
}

/* What a document says of an experiment and version. */
static FFValue
Assigned(const FFGbAnswering *answering, const Document *document, FFString experiment)
{
	FFValue		absent = {0};

	if (document->key.data == NULL)
		return absent;
	for (const FFGbKept *kept = answering->kept; kept != NULL; kept = kept->next)
		if (FFStringEquals(kept->document, document->key) && FFStringEquals(kept->experiment, experiment))
			return kept->variation;
	return document->assignments.type == FF_OBJECT ?
		FFMember(&document->assignments, experiment.data, experiment.length) : absent;
}

/* Whether a key is that of an experiment with a version below the minimum. */
static bool
IsBlockedKey(const FFGbExperiment *experiment, FFString key)
{
	FFString	prefix = experiment->sticky_prefix;
	FFString	version = FFStringOf(key.data + prefix.length, key.length - prefix.length);
	double		number;

	if (version.length < 1 || memcmp(key.data, prefix.data, (size_t) prefix.length) != 0 ||
		!FFParseFloatC(version, &number))
		return false;
	return number >= 0 && number < experiment->minimum && number == floor(number) &&
		FFStringEquals(version, FFNumberTextJs(number));
}

/* Whether a user was given a variation by a version that is blocked. */
static bool
IsBlocked(const FFGbAnswering *answering, const FFGbExperiment *experiment, const Document *document)
{
	FFWalk		walk;
	FFString	name;
	FFValue		value;

	if (document->key.data == NULL || !(experiment->minimum > 0))
		return false;
	for (const FFGbKept *kept = answering->kept; kept != NULL; kept = kept->next)
		if (FFStringEquals(kept->document, document->key) && IsBlockedKey(experiment, kept->experiment))
			return true;
	if (document->assignments.type != FF_OBJECT)
		return false;
	FFWalkStart(&walk, &document->assignments);
	while (FFWalkNext(&walk, &name, &value))
		if (IsBlockedKey(experiment, name))
			return true;
	return false;
}

/* The variation that has a key; -1: none. */
static int
FindVariation(FFGbAnswering *answering, const FFGbExperiment *experiment, const FFValue *key)
{
	FFEvaluation *evaluation = answering->evaluation;

	if (key->type == FF_ABSENT || experiment->metas == NULL)
		return -1;
	FFGbFailIf(evaluation, experiment->metas_fail);
	for (int i = 0; i < experiment->meta_count && !FFGbFailed(evaluation); i++)
	{
		const FFGbMeta *meta = &experiment->metas[i];

		FFGbFailIf(evaluation, meta->fails);
		if (!meta->fails && meta->key_value.type != FF_ABSENT && FFValueEqual(&meta->key_value, key))
			return i;
	}
	return -1;
}

/* The variation that a user has kept, by the hash attribute before the other; -1: none. */
int
FFGbStickyVariation(FFGbAnswering *answering, const FFGbExperiment *experiment, bool *blocked)
{
	Document	own = FindDocument(answering, &experiment->unit, true);
	Document	other = FindDocument(answering, &experiment->sticky_fallback, false);
	FFValue		key = Assigned(answering, &own, experiment->sticky_key);

	*blocked = IsBlocked(answering, experiment, &own) || IsBlocked(answering, experiment, &other);
	if (*blocked)
		return -1;
	if (key.type == FF_ABSENT)
		key = Assigned(answering, &other, experiment->sticky_key);
	return FindVariation(answering, experiment, &key);
}

/* The key of a variation: its own, or its place. */
FFValue
FFGbVariationKey(const FFGbExperiment *experiment, int variation)
{
	FFString	place = FFNumberTextJs(variation);
	FFValue		key = {.type = FF_STRING, .data = place.data, .length = place.length};

	if (experiment->metas != NULL && experiment->metas[variation].key_value.type != FF_ABSENT)
		key = experiment->metas[variation].key_value;
	return key;
}

/* Note what is to be stored, unless it is. */
void
FFGbStickyKeep(FFGbAnswering *answering, const FFGbResult *result)
{
	const FFGbExperiment *experiment = result->experiment;
	FFGbKept   *kept = FFAlloc(sizeof(FFGbKept));
	Document	document = {0};
	FFValue		before;

	kept->attribute = result->unit->attribute.name;
	kept->value = StickyText(&result->value);
	kept->document = document.key = DocumentKey(kept->attribute, kept->value);
	kept->experiment = experiment->sticky_key;
	kept->variation = FFGbVariationKey(experiment, result->variation);
	document.assignments = Assignments(answering, document.key);
	before = Assigned(answering, &document, kept->experiment);
	if (FFValueEqual(&before, &kept->variation))
		return;
	kept->next = answering->kept;
	answering->kept = kept;
}

/* --- reporting ------------------------------------------------------------------------ */

/* The latest of several entries for a document comes first. */
static const FFGbKept *
FirstKept(const FFGbAnswering *answering, FFString document)
{
	const FFGbKept *kept = answering->kept;

	while (kept != NULL && !FFStringEquals(kept->document, document))
		kept = kept->next;
	return kept;
}

/* Whether a later entry says the same experiment of the same document. */
static bool
IsOverridden(const FFGbAnswering *answering, const FFGbKept *entry)
{
	for (const FFGbKept *kept = answering->kept; kept != entry; kept = kept->next)
		if (FFStringEquals(kept->document, entry->document) &&
			FFStringEquals(kept->experiment, entry->experiment))
			return true;
	return false;
}

/* Append a member, after a comma unless it is the first. */
static void
AddMember(FFText *text, const char **separator, FFString name)
{
	FFTextAdd(text, *separator, (int) strlen(*separator));
	FFTextJsonString(text, name);
	FFTextAdd(text, ":", 1);
	*separator = ",";
}

/* The assignments of a document with those that were added. */
static void
AddAssignments(FFText *text, const FFGbAnswering *answering, FFString document)
{
	Document	stored = {document, Assignments(answering, document)};
	const char *separator = "";
	FFWalk		walk;
	FFString	name;
	FFValue		value;

	if (stored.assignments.type == FF_OBJECT)
	{
		FFWalkStart(&walk, &stored.assignments);
		while (FFWalkNext(&walk, &name, &value))
		{
			value = Assigned(answering, &stored, name);
			AddMember(text, &separator, name);
			FFTextJson(text, &value);
		}
	}
	for (const FFGbKept *kept = answering->kept; kept != NULL; kept = kept->next)
	{
		if (!FFStringEquals(kept->document, document) || IsOverridden(answering, kept) ||
			(stored.assignments.type == FF_OBJECT &&
			 FFMember(&stored.assignments, kept->experiment.data, kept->experiment.length).type != FF_ABSENT))
			continue;
		AddMember(text, &separator, kept->experiment);
		FFTextJson(text, &kept->variation);
	}
}

static void
AddDocument(FFText *text, const FFGbAnswering *answering, const FFGbKept *kept)
{
	FFTextAdd(text, "{\"attributeName\":", 17);
	FFTextJsonString(text, kept->attribute);
	FFTextAdd(text, ",\"attributeValue\":", 18);
	FFTextJsonString(text, kept->value);
	FFTextAdd(text, ",\"assignments\":{", 16);
	AddAssignments(text, answering, kept->document);
	FFTextAdd(text, "}}", 2);
}

/* All documents as they are to be stored. */
void
FFGbStickyReport(FFText *text, const FFGbAnswering *answering)
{
	const char *separator = "";
	FFWalk		walk;
	FFString	name;
	FFValue		value;

	FFTextAdd(text, "{", 1);
	FFWalkStart(&walk, &answering->documents);
	while (FFWalkNext(&walk, &name, &value))
	{
		const FFGbKept *kept = FirstKept(answering, name);

		AddMember(text, &separator, name);
		if (kept != NULL)
			AddDocument(text, answering, kept);
		else
			FFTextJson(text, &value);
	}
	for (const FFGbKept *kept = answering->kept; kept != NULL; kept = kept->next)
	{
		if (FirstKept(answering, kept->document) != kept ||
			FFMember(&answering->documents, kept->document.data, kept->document.length).type != FF_ABSENT)
			continue;
		AddMember(text, &separator, kept->document);
		AddDocument(text, answering, kept);
	}
	FFTextAdd(text, "}", 1);
}
