-- Snapshots and what is built on: lists, queries, context sources, steps of
-- schedules, experiments.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\pset null '(null)'
SELECT ff_project_create('snapshotparts') IS NOT NULL;
SET featureflow.project = 'snapshotparts';
CREATE ROLE regress_ff_parts;
SELECT ff_grant('regress_ff_parts', 'admin');
CREATE SCHEMA parts;
GRANT USAGE, CREATE ON SCHEMA parts TO regress_ff_parts;
CREATE TABLE parts.users (id text PRIMARY KEY, country text, plan text);
INSERT INTO parts.users VALUES ('ann', 'DE', 'pro'), ('bob', 'FR', 'free');
CREATE TABLE parts.orders (customer text PRIMARY KEY, total numeric);
INSERT INTO parts.orders VALUES ('ann', 100);
GRANT SELECT ON parts.users, parts.orders TO regress_ff_parts;

-- a list of as many as a snapshot keeps, and a query and a source of another
SELECT ff_segment_create('listed') IS NOT NULL, ff_segment_add('listed', ARRAY(SELECT 'user-' || i FROM generate_series(1, 10000) i));
SET ROLE regress_ff_parts;
SELECT ff_segment_query('buyers', 'SELECT total > 50 FROM parts.orders WHERE customer = $1') IS NOT NULL;
SELECT ff_context_source('parts.users', 'id', '{country}') IS NOT NULL;
RESET ROLE;
SELECT ff_segment_query('rich', 'SELECT total > 5000 FROM parts.orders WHERE customer = $1') IS NOT NULL;
SELECT ff_flag_create('offer') IS NOT NULL, ff_flag_rules('offer', '[{"id": "buyers", "when": {"segment": "buyers"}, "serve": "on"},
	{"id": "de", "when": {"attribute": "country", "op": "eq", "values": ["DE"]}, "serve": "on"}]');
SELECT ff_is_enabled('ann', 'offer'), ff_is_enabled('bob', 'offer');
SELECT ff_snapshot_save('parts') IS NOT NULL;
SELECT jsonb_array_length(document #> '{segment,listed,members,users}') FROM ff.snapshots WHERE project_id = ff._project(NULL);

-- it comes back as theirs, whoever restores
SELECT ff_segment_import('listed', E'user-1\nuser-x', replace => true), ff_context_source_remove('parts.users'),
	ff_segment_query('buyers', 'SELECT true FROM parts.users WHERE id = $1') IS NOT NULL, ff_segment_query('rich', NULL) IS NOT NULL;
SELECT kind, key, path FROM ff_snapshot_compare('parts') WHERE path <> 'members.digest' AND path NOT LIKE 'members.users%';
SELECT * FROM ff_snapshot_restore('parts', dry_run => true) WHERE action <> 'unchanged';
SELECT * FROM ff_snapshot_restore('parts') WHERE action <> 'unchanged';
SELECT * FROM ff_snapshot_restore('parts') WHERE action <> 'unchanged';
SELECT current_user = session_user;
SELECT key, query, query_type, query_role = current_user AS mine FROM ff.segments WHERE project_id = ff._project(NULL) ORDER BY key;
SELECT relation, key_column, attributes, role FROM ff_context_source_list();
SELECT ff_segment_size('listed'), ff_is_enabled('user-7', 'offer'), ff_is_enabled('ann', 'offer'), ff_is_enabled('bob', 'offer');
-- the same query under another name is a change, and goes back
SELECT ff_segment_query('buyers', NULL) IS NOT NULL, ff_segment_query('buyers', 'SELECT total > 50 FROM parts.orders WHERE customer = $1') IS NOT NULL;
SELECT key, action, note FROM ff_snapshot_restore('parts') WHERE action <> 'unchanged';
SELECT query_role FROM ff.segments WHERE project_id = ff._project(NULL) AND key = 'buyers';

-- what its role may no longer do does not come back
SELECT ff_segment_query('buyers', NULL) IS NOT NULL;
REVOKE SELECT ON parts.orders FROM regress_ff_parts;
SELECT ff_snapshot_restore('parts');
\echo :LAST_ERROR_SQLSTATE
GRANT SELECT ON parts.orders TO regress_ff_parts;
-- one's own comes back, that of a role that one is not does not
SET ROLE regress_ff_parts;
SELECT key, action, note FROM ff_snapshot_restore('parts') WHERE action <> 'unchanged';
SELECT current_user;
SELECT ff_segment_query('rich', NULL) IS NOT NULL;
\set VERBOSITY sqlstate
SELECT ff_snapshot_restore('parts');
\set VERBOSITY terse
RESET ROLE;
SELECT key, action, note FROM ff_snapshot_restore('parts') WHERE action <> 'unchanged';

-- one's own also within a function that is SECURITY DEFINER
CREATE FUNCTION parts.restore() RETURNS SETOF text SECURITY DEFINER SET search_path = public LANGUAGE sql AS $$
	SELECT key || ' ' || action FROM ff_snapshot_restore('parts', project => 'snapshotparts') WHERE action <> 'unchanged' $$;
SELECT ff_segment_query('rich', NULL) IS NOT NULL;
SET ROLE regress_ff_parts;
SELECT parts.restore();
SELECT current_user;
RESET ROLE;
SELECT key, query_role = current_user AS mine FROM ff.segments WHERE project_id = ff._project(NULL) AND query IS NOT NULL ORDER BY key;

-- nobody puts words into another's mouth
CREATE FUNCTION pg_temp.forge(document jsonb, who text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_set(jsonb_set(document, '{segment,buyers,query}', '"SELECT true FROM parts.users WHERE id = $1"'), '{segment,buyers,query_role}', to_jsonb(who)) $$;
SELECT session_user AS me \gset
SET ROLE regress_ff_parts;
\set VERBOSITY sqlstate
INSERT INTO ff.snapshots (project_id, key, document) SELECT project_id, 'forged', pg_temp.forge(document, :'me') FROM ff.snapshots WHERE key = 'parts';
UPDATE ff.snapshots SET document = pg_temp.forge(document, :'me') WHERE key = 'parts';
UPDATE ff.snapshots SET document = jsonb_set(document, '{source,parts.users,role}', to_jsonb(:'me'::text)) WHERE key = 'parts';
UPDATE ff.snapshots SET project_id = ff._project('default') WHERE key = 'parts';
\set VERBOSITY terse
-- one's own words one may change
UPDATE ff.snapshots SET document = pg_temp.forge(document, current_user) WHERE key = 'parts' RETURNING document #>> '{segment,buyers,query}';
INSERT INTO ff.snapshots (project_id, key, document) VALUES (ff._project(NULL), 'theirs', '{"format": 1, "source": {"parts.orders": {"role": "nobody at all", "key_column": "customer"}}}');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT ff_snapshot_delete('parts'), ff_snapshot_save('parts') IS NOT NULL;

-- tables that are gone: the rest comes back
SELECT ff_flag_rollout('offer', 50), ff_segment_query('buyers', NULL) IS NOT NULL, ff_segment_query('rich', 'SELECT true FROM parts.users WHERE id = $1') IS NOT NULL,
	ff_context_source('parts.users', 'id') IS NOT NULL, ff_segment_update('rich', name => 'The rich');
SELECT query AS replaced FROM ff.segments WHERE project_id = ff._project(NULL) AND key = 'rich';
DROP TABLE parts.orders;
ALTER TABLE parts.users RENAME COLUMN country TO land;
SELECT * FROM ff_snapshot_restore('parts') WHERE action <> 'unchanged' OR note IS NOT NULL;
SELECT key, name, query FROM ff.segments WHERE project_id = ff._project(NULL) ORDER BY key;
SELECT relation, attributes FROM ff_context_source_list();
DROP TABLE parts.users;
SELECT ff_context_source_remove('parts.users'), ff_segment_delete('rich');
SELECT * FROM ff_snapshot_restore('parts') WHERE action <> 'unchanged' OR note IS NOT NULL;
SELECT key, query FROM ff.segments WHERE project_id = ff._project(NULL) ORDER BY key;
-- roles that are gone
SELECT ff_revoke('regress_ff_parts', 'admin'), ff_revoke('regress_ff_parts', 'evaluate');
DROP OWNED BY regress_ff_parts;
DROP ROLE regress_ff_parts;
SELECT kind, key, action, note FROM ff_snapshot_restore('parts') WHERE note IS NOT NULL;

-- steps by function, and an experiment whose result is none of its business
SELECT ff_flag_create('basket') IS NOT NULL, ff_flag_rollout('basket', 50), ff_flag_schedule('basket', '2100-01-01 00:00:00+00', 'disable', reason => 'the end') IS NOT NULL;
SELECT ff_metric_create('buys', 'proportion', 'purchase') IS NOT NULL, ff_experiment_create('baskets', 'basket', '{buys}') IS NOT NULL, ff_experiment_start('baskets');
SELECT count(ff_expose('u' || i, 'basket')), count(ff_track('u' || i, 'purchase')) FROM generate_series(1, 40) i;
SELECT ff_snapshot_save('running') IS NOT NULL;
SELECT document ? 'experiment', document ? 'metric' FROM ff.snapshots WHERE project_id = ff._project(NULL) AND key = 'running';
SELECT metric, variation, n, mean FROM ff_experiment_stats('baskets');
SELECT ff_flag_unschedule('basket'), ff_flag_rollout('basket', 60), ff_metric_create('later', 'mean', 'purchase') IS NOT NULL;
SELECT kind, key, action, note FROM ff_snapshot_restore('running') WHERE kind = 'flag' AND action <> 'unchanged';
SELECT what, detail FROM ff_schedule();
SELECT key, status, metrics FROM ff_experiment_list();
SELECT key FROM ff_metric_list();
SELECT metric, variation, n, mean FROM ff_experiment_stats('baskets', '{"phases": 1}');
SELECT ff_experiment_stop('baskets');
SELECT kind, key, action, note FROM ff_snapshot_restore('parts') WHERE kind = 'flag' AND action <> 'unchanged';
SELECT key, status FROM ff_experiment_list();

SELECT ff_project_delete('snapshotparts', cascade => true);
SELECT count(*) FROM ff.exposures WHERE project = 'snapshotparts';
DROP SCHEMA parts CASCADE;
