-- A dump is loaded table by table: exposures and events that came before the
-- project and environment of their keys stay as they came.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
BEGIN;
SET LOCAL check_function_bodies = off;
SET LOCAL row_security = off;
INSERT INTO ff.events (unit, event, project) VALUES ('restored', 'click', 'default');
INSERT INTO ff.exposures (experiment, unit, variation, environment, project) VALUES ('x', 'restored', 'on', 'production', 'default'), ('x', 'restored', 'on', 'staging', 'default');
-- another project has the key of the one that was installed, and an environment was made anew
INSERT INTO ff.projects (id, organization_id, key, name) VALUES ('11111111-0000-4000-8000-000000000002', 'ff000000-0000-4000-8000-000000000001', 'default', 'The new one'),
	('ff000000-0000-4000-8000-000000000002', 'ff000000-0000-4000-8000-000000000001', 'legacy', 'The old one');
INSERT INTO ff.environments (id, project_id, key, name, position) VALUES ('11111111-0000-4000-8000-000000000013', 'ff000000-0000-4000-8000-000000000002', 'production', 'P', 3);
SELECT key FROM ff.projects WHERE id IN ('11111111-0000-4000-8000-000000000002', 'ff000000-0000-4000-8000-000000000002') ORDER BY 1;
SELECT project, environment, count(*) FROM ff.exposures WHERE unit = 'restored' GROUP BY 1, 2 ORDER BY 2;
SELECT project, count(*) FROM ff.events WHERE unit = 'restored' GROUP BY 1;
ROLLBACK;
