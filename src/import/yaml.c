/*
 * yaml.c
 *	  jsonb as YAML and YAML as jsonb, by libyaml.
 *
 * Plain scalars are read by the core schema of YAML 1.2.  What is written is
 * quoted wherever any reader, of 1.1 too, could take it for something else.
 */
#include "postgres.h"

#include <yaml.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(ff_yaml);
PG_FUNCTION_INFO_V1(ff_from_yaml);

/* Aliases may stand for more than memory holds. */
#define MAX_NODES 1000000

/* --- reading ------------------------------------------------------------ */

typedef struct Reader
{
	yaml_parser_t parser;
	yaml_document_t document;
	bool		loaded;
	int			nodes;
	StringInfoData json;
} Reader;

static void ReadNode(Reader *reader, int id);

static void
RefuseYaml(const char *message, yaml_mark_t mark)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid YAML: %s", message),
			 errdetail("At line %zu, column %zu.", mark.line + 1, mark.column + 1)));
}

/* Text of a scalar in the database encoding, terminated. */
static char *
ScalarText(const yaml_node_t *node)
{
	char	   *utf8 = (char *) node->data.scalar.value;

	if (strlen(utf8) != node->data.scalar.length)
		RefuseYaml("a text has the character NUL", node->start_mark);
	return pg_any_to_server(utf8, (int) node->data.scalar.length, PG_UTF8);
}

static bool
IsWord(const char *text, const char *const *words)
{
	while (*words != NULL && strcmp(text, *words) != 0)
		words++;
	return *words != NULL;
}

/* Whether a text is a decimal number of the core schema. */
static bool
IsDecimal(const char *text)
{
	size_t		whole;
	size_t		part = 0;

	text += *text == '-' || *text == '+';
	whole = strspn(text, "0123456789");
	text += whole;
	if (*text == '.')
	{
		part = strspn(text + 1, "0123456789");
		text += part + 1;
	}
	if (whole + part == 0)
		return false;
	if (*text == 'e' || *text == 'E')
	{
		text += text[1] == '-' || text[1] == '+' ? 2 : 1;
		if (strspn(text, "0123456789") == 0)
			return false;
		text += strspn(text, "0123456789");
	}
	return *text == '\0';
}

/* 0x1F and 0o17 in decimal; NULL: it is neither. */
static char *
RadixText(const char *text)
{
	const char *digits = text[0] == '0' && text[1] == 'x' ? "0123456789abcdefABCDEF" :
		text[0] == '0' && text[1] == 'o' ? "01234567" : "";
	size_t		length = text[0] == '0' ? strspn(text + 2, digits) : 0;

	if (length == 0 || length > 15 || text[length + 2] != '\0')
		return NULL;
	return psprintf(INT64_FORMAT, (int64) strtoll(text + 2, NULL, digits[8] != '\0' ? 16 : 8));
}

/* A number as JSON has it, any number of digits. */
static char *
NumberText(const char *text)
{
	Datum		number = DirectFunctionCall3(numeric_in, CStringGetDatum(text),
											 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));

	return DatumGetCString(DirectFunctionCall1(numeric_out, number));
}

/* What a plain scalar means, as JSON. */
static void
ReadPlain(Reader *reader, const yaml_node_t *node, const char *text)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const trues[] = {"true", "True", "TRUE", NULL};
	static const char *const falses[] = {"false", "False", "FALSE", NULL};
	static const char *const unsayable[] = {
		".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
		".nan", ".NaN", ".NAN", NULL
	};
	char	   *radix = RadixText(text);

	if (IsWord(text, unsayable))
		RefuseYaml("JSON has no such number", node->start_mark);
	if (IsWord(text, nulls))
		appendStringInfoString(&reader->json, "null");
	else if (IsWord(text, trues))
		appendStringInfoString(&reader->json, "true");
	else if (IsWord(text, falses))
		appendStringInfoString(&reader->json, "false");
	else if (radix != NULL)
		appendStringInfoString(&reader->json, radix);
	else if (IsDecimal(text))
		appendStringInfoString(&reader->json, NumberText(text));
	else
		escape_json(&reader->json, text);
}

static int
CompareTexts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The keys of a mapping are scalars, each there once. */
static void
CheckKeys(Reader *reader, const yaml_node_t *mapping)
{
	yaml_node_pair_t *first = mapping->data.mapping.pairs.start;
	int			count = (int) (mapping->data.mapping.pairs.top - first);
	char	  **keys = palloc(Max(count, 1) * sizeof(char *));

	for (int i = 0; i < count; i++)
	{
		yaml_node_t *key = yaml_document_get_node(&reader->document, first[i].key);

		if (key->type != YAML_SCALAR_NODE)
			RefuseYaml("a key is not a scalar", key->start_mark);
		keys[i] = ScalarText(key);
	}
	qsort(keys, count, sizeof(char *), CompareTexts);
	for (int i = 1; i < count; i++)
		if (strcmp(keys[i - 1], keys[i]) == 0)
			RefuseYaml(psprintf("key \"%.60s\" stands twice", keys[i]), mapping->start_mark);
	pfree(keys);
}

static void
ReadMapping(Reader *reader, const yaml_node_t *node)
{
	yaml_node_pair_t *first = node->data.mapping.pairs.start;

	CheckKeys(reader, node);
	appendStringInfoChar(&reader->json, '{');
	for (yaml_node_pair_t *pair = first; pair < node->data.mapping.pairs.top; pair++)
	{
		if (pair > first)
			appendStringInfoChar(&reader->json, ',');
		escape_json(&reader->json, ScalarText(yaml_document_get_node(&reader->document, pair->key)));
		appendStringInfoChar(&reader->json, ':');
		ReadNode(reader, pair->value);
	}
	appendStringInfoChar(&reader->json, '}');
}

static void
ReadSequence(Reader *reader, const yaml_node_t *node)
{
	yaml_node_item_t *first = node->data.sequence.items.start;

	appendStringInfoChar(&reader->json, '[');
	for (yaml_node_item_t *item = first; item < node->data.sequence.items.top; item++)
	{
		if (item > first)
			appendStringInfoChar(&reader->json, ',');
		ReadNode(reader, *item);
	}
	appendStringInfoChar(&reader->json, ']');
}

/* One node as JSON; an alias is the node that it stands for, once more. */
static void
ReadNode(Reader *reader, int id)
{
	yaml_node_t *node = yaml_document_get_node(&reader->document, id);

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (++reader->nodes > MAX_NODES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("YAML of more than %d nodes, aliases counted each time", MAX_NODES)));
	if (node->type == YAML_MAPPING_NODE)
		ReadMapping(reader, node);
	else if (node->type == YAML_SEQUENCE_NODE)
		ReadSequence(reader, node);
	else if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		ReadPlain(reader, node, ScalarText(node));
	else
		escape_json(&reader->json, ScalarText(node));
}

/* Load the one document of a stream, and make JSON of it. */
static void
ReadStream(Reader *reader)
{
	yaml_document_t next;
	bool		more;

	if (!yaml_parser_load(&reader->parser, &reader->document))
		RefuseYaml(reader->parser.problem != NULL ? reader->parser.problem : "it cannot be read",
				   reader->parser.problem_mark);
	reader->loaded = true;
	if (yaml_document_get_root_node(&reader->document) == NULL)
		RefuseYaml("there is no document", reader->parser.mark);
	ReadNode(reader, 1);
	if (!yaml_parser_load(&reader->parser, &next))
		RefuseYaml(reader->parser.problem != NULL ? reader->parser.problem : "it cannot be read",
				   reader->parser.problem_mark);
	more = yaml_document_get_root_node(&next) != NULL;
	yaml_document_delete(&next);
	if (more)
		RefuseYaml("there is more than one document", reader->parser.mark);
}

/* ff_from_yaml(yaml) */
Datum
ff_from_yaml(PG_FUNCTION_ARGS)
{
	char	   *yaml = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *utf8 = pg_server_to_any(yaml, (int) strlen(yaml), PG_UTF8);
	Reader	   *reader = palloc0(sizeof(Reader));

	initStringInfo(&reader->json);
	if (!yaml_parser_initialize(&reader->parser))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	PG_TRY();
	{
		yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(&reader->parser, (unsigned char *) utf8, strlen(utf8));
		ReadStream(reader);
	}
	PG_FINALLY();
	{
		if (reader->loaded)
			yaml_document_delete(&reader->document);
		yaml_parser_delete(&reader->parser);
	}
	PG_END_TRY();
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(reader->json.data)));
}

/* --- writing ------------------------------------------------------------ */

typedef struct Writer
{
	yaml_emitter_t emitter;
	StringInfoData yaml;
} Writer;

/* Takes bytes from the emitter; an error must not jump through it. */
static int
Collect(void *data, unsigned char *buffer, size_t size)
{
	Writer	   *writer = data;

	if (size >= MaxAllocSize / 2 - (size_t) writer->yaml.len)
		return 0;
	appendBinaryStringInfo(&writer->yaml, (char *) buffer, (int) size);
	return 1;
}

static void
Emit(Writer *writer, yaml_event_t *event, int initialized)
{
	if (!initialized || !yaml_emitter_emit(&writer->emitter, event))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("could not write YAML: %s", writer->emitter.problem != NULL ?
						writer->emitter.problem : "out of memory")));
}

/* Whether no reader can take a text for anything but a text. */
static bool
IsPlainText(const char *text, int length)
{
	static const char *const words[] = {
		"y", "n", "yes", "no", "on", "off", "true", "false", "null", NULL
	};
	char		lower[8];

	if (length == 0 || length > 200 || !isalpha((unsigned char) text[0]))
		return false;
	for (int i = 0; i < length; i++)
		if (!isalnum((unsigned char) text[i]) && strchr("_-./ ", text[i]) == NULL)
			return false;
	if (text[length - 1] == ' ')
		return false;
	if (length >= (int) sizeof(lower))
		return true;
	for (int i = 0; i < length; i++)
		lower[i] = (char) pg_ascii_tolower((unsigned char) text[i]);
	lower[length] = '\0';
	return !IsWord(lower, words);
}

static void
WriteText(Writer *writer, const char *text, int length, bool quoted)
{
	yaml_event_t event;
	char	   *utf8 = pg_server_to_any(text, length, PG_UTF8);
	int			bytes = utf8 == text ? length : (int) strlen(utf8);

	Emit(writer, &event,
		 yaml_scalar_event_initialize(&event, NULL, NULL, (unsigned char *) utf8, bytes, !quoted, quoted,
									  quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE));
}

static void
WriteScalar(Writer *writer, const JsonbValue *value)
{
	char	   *number;

	switch (value->type)
	{
		case jbvString:
			WriteText(writer, value->val.string.val, value->val.string.len,
					  !IsPlainText(value->val.string.val, value->val.string.len));
			break;
		case jbvNumeric:
			number = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
			WriteText(writer, number, (int) strlen(number), false);
			break;
		case jbvBool:
			WriteText(writer, value->val.boolean ? "true" : "false", value->val.boolean ? 4 : 5, false);
			break;
		default:
			WriteText(writer, "null", 4, false);
	}
}

/* One step of a walk through a jsonb. */
static void
WriteToken(Writer *writer, JsonbIteratorToken token, const JsonbValue *value)
{
	yaml_event_t event;

	switch (token)
	{
		case WJB_BEGIN_OBJECT:
			Emit(writer, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
			break;
		case WJB_END_OBJECT:
			Emit(writer, &event, yaml_mapping_end_event_initialize(&event));
			break;
		case WJB_BEGIN_ARRAY:
			if (!value->val.array.rawScalar)
				Emit(writer, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
			break;
		case WJB_END_ARRAY:
			break;
		default:
			WriteScalar(writer, value);
	}
}

static void
WriteDocument(Writer *writer, Jsonb *document)
{
	JsonbIterator *iterator = JsonbIteratorInit(&document->root);
	JsonbIteratorToken token;
	JsonbValue	value;
	yaml_event_t event;
	bool		raw = JB_ROOT_IS_SCALAR(document);

	Emit(writer, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	Emit(writer, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		WriteToken(writer, token, &value);
		if (token == WJB_END_ARRAY && !raw)
			Emit(writer, &event, yaml_sequence_end_event_initialize(&event));
	}
	Emit(writer, &event, yaml_document_end_event_initialize(&event, 1));
	Emit(writer, &event, yaml_stream_end_event_initialize(&event));
}

/* ff_yaml(document) */
Datum
ff_yaml(PG_FUNCTION_ARGS)
{
	Jsonb	   *document = PG_GETARG_JSONB_P(0);
	Writer	   *writer = palloc0(sizeof(Writer));
	char	   *result;

	initStringInfo(&writer->yaml);
	if (!yaml_emitter_initialize(&writer->emitter))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	PG_TRY();
	{
		yaml_emitter_set_output(&writer->emitter, Collect, writer);
		yaml_emitter_set_unicode(&writer->emitter, 1);
		yaml_emitter_set_width(&writer->emitter, -1);
		WriteDocument(writer, document);
	}
	PG_FINALLY();
	{
		yaml_emitter_delete(&writer->emitter);
	}
	PG_END_TRY();
	result = pg_any_to_server(writer->yaml.data, writer->yaml.len, PG_UTF8);
	PG_RETURN_TEXT_P(cstring_to_text(result));
}
