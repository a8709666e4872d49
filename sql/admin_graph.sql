\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('admingraph') IS NOT NULL;
SET featureflow.project = 'admingraph';
SELECT ff_graph_text();
SELECT ff_graph_text(format => 'dot');
SELECT count(ff_flag_create(k)) FROM unnest('{a,b,c,d}'::text[]) k;
SELECT ff_flag_create('theme', 'string', '["light", "dark"]') IS NOT NULL;

SELECT ff_flag_require('a', 'b');
SELECT ff_flag_require('b', 'c', 'false');
SELECT ff_flag_require('a', 'theme', 'dark');
SELECT ff_flag_require('d', 'b');
SELECT source, target, variation FROM ff_graph();
-- asked for twice: the variation changes
SELECT ff_flag_require('b', 'c');
SELECT source, target, variation FROM ff_graph() WHERE source = 'b';

-- refused
SELECT ff_flag_require('c', 'a');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_require('c', 'b');
SELECT ff_flag_require('c', 'c');
SELECT ff_flag_require('c', 'theme');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_require('c', 'theme', 'solar');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_require('c', 'nowhere');
SELECT ff_flag_require('nowhere', 'c');
SELECT ff_flag_unrequire('c', 'a');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_archive('d');
SELECT ff_flag_require('c', 'd');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM ff_graph();

-- what is required decides
SELECT ff_flag_default('a', 'true'), ff_flag_default('b', 'true'), ff_flag_default('theme', '"dark"');
SELECT value, rule FROM ff_evaluate_detail('u', 'a');
SELECT ff_flag_default('c', 'true');
SELECT value, rule FROM ff_evaluate_detail('u', 'a');
SELECT ff_flag_unrequire('a', 'theme');
SELECT source, target, variation FROM ff_graph();

-- segments are part of the graph
SELECT ff_segment_create('staff', '{"attribute": "email", "op": "exists"}') IS NOT NULL;
SELECT ff_segment_create('testers', '{"segment": "staff"}') IS NOT NULL;
SELECT ff_flag_rules('c', '[{"when": {"segment": "testers"}, "serve": "on"}, {"when": {"not": {"segment": "testers"}}, "serve": "off"}]', e)
FROM unnest('{production,development}'::text[]) e;
SELECT * FROM ff_graph();
SELECT ff_graph_text();
SELECT ff_graph_text(format => 'dot');
SELECT ff_graph_text(format => 'svg');
SELECT ff_graph_text('nowhere');

-- a long chain: no cycle, then one
SELECT count(ff_flag_create('chain-' || i)) FROM generate_series(1, 30) i;
SELECT count(ff_flag_require('chain-' || i, 'chain-' || i + 1)) FROM generate_series(1, 29) i;
SELECT ff_flag_require('chain-30', 'chain-29');
\set VERBOSITY terse
SELECT ff_flag_require('chain-30', 'chain-1');
\set VERBOSITY default
-- a dense graph without a cycle
SELECT count(ff_flag_create('mesh-' || i)) FROM generate_series(1, 12) i;
SELECT count(ff_flag_require('mesh-' || i, 'mesh-' || j)) FROM generate_series(1, 12) i, generate_series(1, 12) j WHERE i < j;
SELECT ff_flag_require('mesh-12', 'mesh-1');

SELECT ff_project_delete('admingraph', cascade => true);
