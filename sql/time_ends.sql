-- When a value that is written by hand ends steps: those that have come and are
-- not over yet, of its own kind.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('ends', environments => '{live}') IS NOT NULL;
SET featureflow.project = 'ends';
SET featureflow.environment = 'live';
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_enable('f');
CREATE VIEW ends AS SELECT s.* FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id WHERE f.key = 'f' AND f.project_id = ff._project('ends');
CREATE FUNCTION ends_step(at timestamptz, enabled boolean, serve jsonb) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ff.schedules (flag_id, environment_id, at, enabled, serve) SELECT e.flag_id, e.environment_id, $1, $2, $3 FROM ends e $$;
-- steps to come are not ended by what changes nothing
SELECT ends_step('2100-01-01 00:00Z', false, NULL), ends_step('2100-01-01 00:00Z', NULL, '"on"');
UPDATE ff.flag_settings SET enabled = enabled, default_serve = default_serve WHERE flag_id = (SELECT flag_id FROM ends);
SELECT enabled_at IS NULL, default_at IS NULL FROM ends;
-- one that has come is, by the same value as well, of its own kind only
SELECT ends_step('2020-01-01 00:00Z', false, NULL), ends_step('2020-01-01 00:00Z', NULL, '"on"');
SELECT ff_is_enabled('u', 'f');
UPDATE ff.flag_settings SET enabled = enabled WHERE flag_id = (SELECT flag_id FROM ends);
SELECT enabled_at > now() - interval '1 hour', default_at IS NULL, ff_is_enabled('u', 'f') FROM ends;
UPDATE ff.flag_settings SET default_serve = default_serve WHERE flag_id = (SELECT flag_id FROM ends);
SELECT default_at > now() - interval '1 hour', ff_is_enabled('u', 'f') FROM ends;
-- and once: what is over is not ended again
SELECT enabled_at AS enabled_at, default_at AS default_at FROM ends \gset
UPDATE ff.flag_settings SET enabled = enabled, default_serve = default_serve WHERE flag_id = (SELECT flag_id FROM ends);
SELECT enabled_at = :'enabled_at', default_at = :'default_at' FROM ends;
-- another step that has come, and so on
SELECT ends_step(:'enabled_at'::timestamptz + interval '1 microsecond', false, NULL), ends_step(:'default_at'::timestamptz + interval '1 microsecond', NULL, '"on"');
SELECT reason FROM ff_evaluate_detail('u', 'f');
UPDATE ff.flag_settings SET enabled = enabled, default_serve = default_serve WHERE flag_id = (SELECT flag_id FROM ends);
SELECT enabled_at > :'enabled_at', default_at > :'default_at', (SELECT reason FROM ff_evaluate_detail('u', 'f')) FROM ends;
DROP FUNCTION ends_step;
DROP VIEW ends;
RESET featureflow.environment; RESET featureflow.project;
SELECT ff_project_delete('ends', cascade => true);
