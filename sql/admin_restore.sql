\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
-- The procedure itself is tested with pg_dump in test/t; here, what it rests on.
SELECT ff_project_create('adminrestore') IS NOT NULL;
\set VERBOSITY terse
SELECT ff_pre_restore();
\set VERBOSITY default
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM pg_db_role_setting WHERE setconfig::text LIKE '%featureflow.restoring%';

-- after pg_restore --disable-triggers
CREATE TEMP TABLE before AS SELECT tgrelid, tgname, tgenabled FROM pg_trigger;
BEGIN;
SELECT format('ALTER TABLE ff.%I ENABLE TRIGGER ALL', relname) FROM pg_class WHERE relnamespace = 'ff'::regnamespace AND relkind = 'r' ORDER BY 1 \gexec
SELECT count(*) > 0 FROM pg_trigger WHERE tgenabled = 'A' AND tgrelid = 'ff.flags'::regclass;
DELETE FROM ff.versions WHERE project_key = 'adminrestore' AND environment_key = 'staging';
SELECT ff_post_restore();
SELECT count(*) FROM before b JOIN pg_trigger t USING (tgrelid, tgname) WHERE b.tgenabled <> t.tgenabled;
SELECT tgname, count(*) FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgenabled = 'A' AND relnamespace = 'ff'::regnamespace GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM ff.versions WHERE project_key = 'adminrestore';
SHOW featureflow.restoring;
ROLLBACK;

-- a dump restored without the procedure: its rows replace the install-time ones
BEGIN;
SET LOCAL check_function_bodies = off;
SET LOCAL row_security = off;
-- in an order that foreign keys would refuse: children come first, as in
-- pg_restore -j; and a rule comes before the segment that it names
COPY ff.flag_settings (flag_id, environment_id, rules, default_serve, off_variation, salt, version) FROM stdin;
11111111-0000-4000-8000-000000000021	11111111-0000-4000-8000-000000000013	[{"when": {"segment": "few"}, "serve": "on"}]	"off"	off	beta	7
\.
COPY ff.flags (id, project_id, key, variations, name) FROM stdin;
11111111-0000-4000-8000-000000000021	ff000000-0000-4000-8000-000000000002	beta	[{"key": "on", "value": true}, {"key": "off", "value": false}]	beta
\.
COPY ff.organizations (id, key, name) FROM stdin;
ff000000-0000-4000-8000-000000000001	acme	Acme
\.
-- the default project was renamed, and another one took its key
COPY ff.projects (id, organization_id, key, name) FROM stdin;
11111111-0000-4000-8000-000000000002	ff000000-0000-4000-8000-000000000001	default	The new one
ff000000-0000-4000-8000-000000000002	ff000000-0000-4000-8000-000000000001	legacy	The old one
\.
SELECT project_key, environment_key FROM ff.versions WHERE environment_id = ANY (ff._installed_ids()) ORDER BY 1, 2;
-- staging and development swapped, production deleted and made again
COPY ff.environments (id, project_id, key, name, position) FROM stdin;
ff000000-0000-4000-8000-000000000011	ff000000-0000-4000-8000-000000000002	staging	S	1
ff000000-0000-4000-8000-000000000012	ff000000-0000-4000-8000-000000000002	development	D	2
11111111-0000-4000-8000-000000000013	ff000000-0000-4000-8000-000000000002	production	P	3
11111111-0000-4000-8000-000000000014	11111111-0000-4000-8000-000000000002	production	P	1
\.
COPY ff.plans (id, project_id, key, level, name) FROM stdin;
ff000000-0000-4000-8000-000000000022	ff000000-0000-4000-8000-000000000002	free	0	Free
ff000000-0000-4000-8000-000000000021	ff000000-0000-4000-8000-000000000002	pro	11	Pro
\.
SET CONSTRAINTS ALL IMMEDIATE;
SELECT o.key, p.key, p.name FROM ff.organizations o JOIN ff.projects p ON p.organization_id = o.id WHERE o.key = 'acme' AND p.key <> 'adminrestore' ORDER BY 2;
SELECT p.key, e.key, e.name, right(e.id::text, 2) FROM ff.environments e JOIN ff.projects p ON p.id = e.project_id WHERE p.key IN ('default', 'legacy') ORDER BY 1, e.position;
SELECT p.key, l.key, l.level FROM ff.plans l JOIN ff.projects p ON p.id = l.project_id WHERE p.key IN ('default', 'legacy') ORDER BY 1, 3;
SELECT project_key, environment_key FROM ff.versions WHERE project_key IN ('default', 'legacy') ORDER BY 1, 2;
SELECT version FROM ff.flag_settings WHERE flag_id = '11111111-0000-4000-8000-000000000021';
SELECT count(*) FROM ff.flag_versions WHERE flag_id = '11111111-0000-4000-8000-000000000021';
SELECT ff_is_enabled('u', 'beta', project => 'legacy'), ff_version('default') > 0;
-- the loading of rows leaves no entry in the log
SELECT count(*) FROM ff.audit_log WHERE project_id IN ('ff000000-0000-4000-8000-000000000002', '11111111-0000-4000-8000-000000000002');
ROLLBACK;
SHOW session_replication_role;
-- only where the dump's settings are, and only together
BEGIN;
SET LOCAL row_security = off;
\set VERBOSITY terse
INSERT INTO ff.environments (project_id, key, name) VALUES ('11111111-0000-4000-8000-000000000099', 'x', 'x');
ROLLBACK;
\set VERBOSITY default
-- the default project was deleted and made anew: the one of the installation steps aside
BEGIN;
SET LOCAL check_function_bodies = off;
SET LOCAL row_security = off;
COPY ff.projects (id, organization_id, key, name) FROM stdin;
11111111-0000-4000-8000-000000000002	ff000000-0000-4000-8000-000000000001	default	The new one
\.
SELECT key, name FROM ff.projects WHERE id::text LIKE '%-0000-4000-8000-000000000002' ORDER BY name;
ROLLBACK;
-- in ordinary life the key default is taken like any other
\set VERBOSITY terse
INSERT INTO ff.projects (organization_id, key, name) VALUES ('ff000000-0000-4000-8000-000000000001', 'default', 'x');
SELECT ff_project_create('default');
SELECT ff_project_delete('adminrestore');
