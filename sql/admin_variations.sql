\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('adminvariations') IS NOT NULL;
SET featureflow.project = 'adminvariations';
SELECT ff_flag_create('theme', 'string', '["light", "dark"]') IS NOT NULL;
SELECT ff_flag_create('switch') IS NOT NULL;
CREATE TEMP VIEW theme AS SELECT v ->> 'key' AS key, v - 'key' AS rest
FROM ff.flags f, jsonb_array_elements(f.variations) v WHERE f.key = 'theme' AND f.project_id = ff._project(NULL);

SELECT ff_variation_add('theme', 'solar');
SELECT ff_variation_add('theme', 'blue', '"dark blue"', name => 'Blue', description => 'Sea');
SELECT * FROM theme;
SELECT ff_variation_add('theme', 'blue', '"x"');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_variation_add('theme', 'one', '1');
SELECT ff_variation_add('theme', 'a b', '"x"');
SELECT ff_variation_add('theme', NULL, '"x"');
SELECT ff_variation_add('switch', 'maybe', 'true');

SELECT ff_variation_update('theme', 'blue', value => '"navy"', name => '');
SELECT ff_variation_update('theme', 'solar', description => 'Sun');
SELECT * FROM theme;
SELECT ff_variation_update('theme', 'blue', value => '7');
SELECT ff_variation_update('theme', 'green', value => '"x"');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_variation_update('switch', 'on', name => 'With');
SELECT ff_variation_update('switch', 'on', value => 'false');

-- removal is refused while anything names it, and says what
SELECT ff_flag_default('theme', '{"split": {"dark": 0, "light": 100}}', 'staging');
SELECT ff_flag_rules('theme', '[{"serve": "dark"}, {"id": "half", "serve": {"split": {"dark": 50, "blue": 50}}}]');
SELECT ff_flag_target('theme', 'dark', '{ann}');
SELECT ff_override('theme', 'dark', organization => 'acme') IS NOT NULL;
SELECT ff_flag_require('switch', 'theme', 'dark');
SELECT ff_flag_off('theme', 'dark', 'development');
SELECT ff_variation_remove('theme', 'dark');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_variation_remove('theme', 'light');
SELECT ff_variation_remove('theme', 'blue');
SELECT ff_variation_remove('theme', 'green');
SELECT ff_variation_remove('switch', 'on');
-- one in the middle goes; splits name their variations, so nobody moves
SELECT ff_variation_add('theme', 'last');
SELECT string_agg(ff_string('user-' || i, 'theme'), ' ' ORDER BY i) AS before FROM generate_series(1, 12) i \gset
SELECT ff_variation_remove('theme', 'solar');
SELECT string_agg(ff_string('user-' || i, 'theme'), ' ' ORDER BY i) = :'before' FROM generate_series(1, 12) i;
SELECT * FROM theme;
SELECT ff_flag_create('two', 'number', '[1, 2]') IS NOT NULL;
SELECT ff_variation_remove('two', '2');

SELECT ff_project_delete('adminvariations', cascade => true);
