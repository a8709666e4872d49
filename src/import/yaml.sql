-- YAML, which configurations are kept in as often as in JSON.

CREATE FUNCTION @extschema@.ff_yaml(document jsonb) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_yaml';
COMMENT ON FUNCTION @extschema@.ff_yaml IS
'A document as YAML, which ff_from_yaml reads back as it was. Texts are quoted wherever a reader of YAML 1.1 or 1.2 could take them for something else.';

CREATE FUNCTION @extschema@.ff_from_yaml(yaml text) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_from_yaml';
COMMENT ON FUNCTION @extschema@.ff_from_yaml IS
'YAML as jsonb, for ff_import. One document; plain scalars by the core schema of YAML 1.2 (yes and on are texts); anchors and aliases are resolved. Errors: 22023 it is no YAML, with line and column, a key stands twice or is no scalar, a number that JSON does not have; 54000 more than a million nodes.';
