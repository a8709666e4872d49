-- Sources of the application whose changes are noted: a refresh reads the rows of
-- those units alone, and has the bits of an analysis of all data.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('capture') IS NOT NULL;
SET featureflow.project = 'capture';
CREATE TABLE captured_orders (id int PRIMARY KEY, customer text, placed timestamptz, total numeric, status text);
CREATE INDEX ON captured_orders (customer);
CREATE TABLE captured_visits (person int, on_day timestamp, pages int);
INSERT INTO captured_orders SELECT i, 'u' || i % 500, now() - i * interval '10 minutes', i % 97, CASE WHEN i % 3 = 0 THEN 'void' ELSE 'paid' END FROM generate_series(1, 2000) i;
INSERT INTO captured_orders VALUES (2001, 'u1', now() + interval '1 hour', 5, 'paid');
SELECT ff_metric_source('orders', 'captured_orders', 'customer', 'placed', 'total', capture => true) IS NOT NULL;
SELECT ff_metric_create('revenue', 'mean', settings => '{"source": "orders", "filter": {"status": "paid"}, "covariate_period": "3 days"}') IS NOT NULL,
	ff_metric_create('bought', 'proportion', settings => '{"source": "orders", "conversion_window": "2 days", "complete_only": true}') IS NOT NULL,
	ff_metric_create('capped', 'mean', settings => '{"source": "orders", "cap_percentile": 0.9}') IS NOT NULL,
	ff_metric_create('share', 'ratio', 'visit', settings => '{"aggregate": "count", "denominator_source": "orders"}') IS NOT NULL;
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_experiment_create('x', 'f', '{revenue,bought,share}') IS NOT NULL, ff_experiment_start('x', now() - interval '10 days');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', 'u' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, now() - interval '5 days' - i * interval '1 minute' FROM generate_series(0, 399) i;
INSERT INTO ff.events (unit, event, at) SELECT 'u' || i, 'visit', now() - interval '4 days' FROM generate_series(0, 399, 3) i;

-- Of how many units a refresh found something new, and how many cells or counts it
-- then has that a fresh analysis has not, or the other way round.
CREATE FUNCTION capture_refreshed(OUT units bigint, OUT differing bigint) LANGUAGE plpgsql AS $$
DECLARE
	x ff.experiments;
BEGIN
	units := (ff_experiment_refresh('x')).units;
	SELECT e.* INTO x FROM ff.experiments e WHERE e.key = 'x' AND e.project_id = ff._project(NULL);
	WITH kept AS (SELECT c.*::text FROM ff.experiment_refreshes r, unnest(r.cells) c WHERE r.experiment_id = x.id
		UNION ALL SELECT p.*::text FROM ff.experiment_refreshes r, unnest(r.population) p WHERE r.experiment_id = x.id),
	fresh AS (SELECT c.*::text FROM ff.experiment_refreshes r, ff._experiment_cells(x, NULL, r.data_through) c WHERE r.experiment_id = x.id
		UNION ALL SELECT ROW(p.phase, p.variation, p.n, p.mixed, p.excluded, p.inactive)::text FROM ff.experiment_refreshes r, ff._experiment_population(x, NULL, r.data_through) p
			WHERE r.experiment_id = x.id)
	SELECT count(*) INTO differing FROM ((TABLE kept EXCEPT ALL TABLE fresh) UNION ALL (TABLE fresh EXCEPT ALL TABLE kept)) d;
END;
$$;
SELECT source, captured FROM ff_metric_source_list();
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- rows that come, by INSERT and COPY, of a unit and of one that takes no part; no row is noted twice by a statement
INSERT INTO captured_orders VALUES (3001, 'u2', now() - interval '1 day', 10, 'paid'), (3002, 'u2', now() - interval '1 day', 11, 'void'), (3003, 'nobody', now() - interval '1 day', 12, 'paid'), (3004, NULL, now(), 12, 'paid');
SELECT unit, at FROM ff.source_changes c JOIN ff.metric_sources s ON s.id = c.source_id WHERE s.key = 'orders' AND at IS NULL ORDER BY unit;
SELECT * FROM capture_refreshed();
COPY captured_orders FROM stdin;
3005	u3	2026-01-01 00:00+00	13	paid
3006	u4	infinity	13	paid
\.
SELECT * FROM capture_refreshed();
-- that are changed: a value, whose they are, what a filter asks for; that go
UPDATE captured_orders SET total = total + 1 WHERE id = 3001;
SELECT * FROM capture_refreshed();
UPDATE captured_orders SET customer = 'u5' WHERE id = 3001;
SELECT * FROM capture_refreshed();
UPDATE captured_orders SET status = 'paid' WHERE id = 3002;
DELETE FROM captured_orders WHERE customer = 'u6';
INSERT INTO captured_orders VALUES (3001, 'u7', now() - interval '1 day', 1, 'paid') ON CONFLICT (id) DO UPDATE SET customer = excluded.customer;
SELECT * FROM capture_refreshed();
MERGE INTO captured_orders o USING (VALUES (3001, 'u8')) v(id, customer) ON o.id = v.id WHEN MATCHED THEN UPDATE SET customer = v.customer;
SELECT * FROM capture_refreshed();
-- new units, and events of the other kind
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'u450', 'on', now() - interval '5 days');
INSERT INTO ff.events (unit, event, at) VALUES ('u9', 'visit', now() - interval '1 day');
SELECT * FROM capture_refreshed();
-- a time that comes meanwhile; a minute's rows are looked at twice, should the clock go back
INSERT INTO captured_orders VALUES (3010, 'u10', clock_timestamp() + interval '2 s', 10, 'paid');
SELECT * FROM capture_refreshed();
SELECT pg_sleep(2.1);
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- rolled back, and in the refresh's own transaction
BEGIN;
INSERT INTO captured_orders VALUES (3020, 'u11', now() - interval '1 day', 10, 'paid');
ROLLBACK;
SELECT * FROM capture_refreshed();
BEGIN;
INSERT INTO captured_orders VALUES (3020, 'u11', now() - interval '1 day', 10, 'paid');
SELECT * FROM capture_refreshed();
COMMIT;
SELECT * FROM capture_refreshed();
BEGIN;
INSERT INTO captured_orders VALUES (3021, 'u11', now() - interval '1 day', 10, 'paid');
SELECT * FROM capture_refreshed();
INSERT INTO captured_orders VALUES (3022, 'u12', now() - interval '1 day', 10, 'paid');
COMMIT;
SELECT * FROM capture_refreshed();
-- a percentile is made of all units that are kept
SELECT ff_experiment_metric('x', 'capped', 'secondary');
SELECT * FROM capture_refreshed();
UPDATE captured_orders SET total = 1000 WHERE customer = 'u13';
SELECT * FROM capture_refreshed();
-- another source, with keys and times of other types
SELECT ff_metric_source('visits', 'captured_visits', 'person', 'on_day', 'pages', capture => true) IS NOT NULL;
SELECT ff_metric_create('pages', 'mean', settings => '{"source": "visits"}') IS NOT NULL, ff_experiment_metric('x', 'pages', 'secondary');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', i::text, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, now() - interval '5 days' FROM generate_series(1, 50) i;
SELECT * FROM capture_refreshed();
INSERT INTO captured_visits SELECT i % 5, (now() - interval '2 days') AT TIME ZONE 'UTC', i FROM generate_series(1, 20) i;
SELECT * FROM capture_refreshed();
SET timezone = 'Asia/Tokyo';
INSERT INTO captured_visits VALUES (7, (clock_timestamp() + interval '2 s') AT TIME ZONE 'UTC', 3);
SELECT * FROM capture_refreshed();
RESET timezone;
SELECT pg_sleep(2.1);
SELECT * FROM capture_refreshed();
-- what cannot be told by unit: all is read, once
TRUNCATE captured_visits;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
INSERT INTO captured_visits SELECT i, now() AT TIME ZONE 'UTC' - interval '1 day', 1 FROM generate_series(1, 100100) i
	UNION ALL SELECT 9, (clock_timestamp() + interval '5 s') AT TIME ZONE 'UTC', 70;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- one of these rows whose time was still to come, after all that were too many
SELECT pg_sleep(5.1);
SELECT * FROM capture_refreshed();
DELETE FROM captured_visits;
SELECT * FROM capture_refreshed();
SELECT ff_experiment_metric_remove('x', 'pages');
SELECT * FROM capture_refreshed();
-- and as long as a trigger is switched off, and once when it is on again
ALTER TABLE captured_orders DISABLE TRIGGER ALL;
UPDATE captured_orders SET total = 3 WHERE customer = 'u14';
SELECT source, captured, problem FROM ff_metric_source_list() ORDER BY 1;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
UPDATE captured_orders SET total = 4 WHERE customer = 'u14';
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'captured_orders'::regclass AND tgfoid = 'ff._capture()'::regprocedure AND tgenabled = 'D';
CREATE FUNCTION switch_on() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	name text;
BEGIN
	FOR name IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'captured_orders'::regclass AND NOT tgisinternal LOOP
		EXECUTE format('ALTER TABLE captured_orders ENABLE ALWAYS TRIGGER %I', name);
	END LOOP;
END;
$$;
SELECT switch_on();
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- nor is a row missed that came meanwhile, and whose time comes later
ALTER TABLE captured_orders DISABLE TRIGGER USER;
INSERT INTO captured_orders VALUES (3200, 'u17', clock_timestamp() + interval '5 s', 10, 'paid');
SELECT switch_on();
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
SELECT pg_sleep(5.1);
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
SET session_replication_role = replica;
UPDATE captured_orders SET total = 5 WHERE customer = 'u14';
RESET session_replication_role;
SELECT * FROM capture_refreshed();
ALTER TABLE captured_orders ALTER total TYPE float8;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- columns that take each other's name
ALTER TABLE captured_orders ADD state text DEFAULT 'paid';
SELECT * FROM capture_refreshed();
ALTER TABLE captured_orders RENAME status TO former;
ALTER TABLE captured_orders RENAME state TO status;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- labels that do
CREATE TYPE captured_state AS ENUM ('paid', 'void');
ALTER TABLE captured_orders ALTER status DROP DEFAULT, ALTER status TYPE captured_state USING status::captured_state;
SELECT * FROM capture_refreshed();
ALTER TYPE captured_state RENAME VALUE 'paid' TO 'settled';
ALTER TYPE captured_state RENAME VALUE 'void' TO 'paid';
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- a trigger that does not get the rows, and one that is switched twice in one transaction
SELECT id AS source FROM ff.metric_sources WHERE key = 'orders' AND project_id = ff._project(NULL) \gset
SELECT tgname AS name FROM pg_trigger WHERE tgrelid = 'captured_orders'::regclass AND tgname LIKE '%update' \gset
BEGIN;
DROP TRIGGER :name ON captured_orders;
CREATE TRIGGER :name AFTER UPDATE ON captured_orders FOR EACH STATEMENT EXECUTE FUNCTION ff._capture(:'source', 'customer', 'placed');
ALTER TABLE captured_orders ENABLE ALWAYS TRIGGER :name;
COMMIT;
SELECT captured FROM ff_metric_source_list() WHERE source = 'orders';
SELECT * FROM capture_refreshed();
UPDATE captured_orders SET total = total + 100 WHERE customer = 'u32';
SELECT count(*) FROM ff.source_changes WHERE unit IS NULL AND source_id = :'source' AND written_in > (SELECT max(written_in)::text::bigint - 10 FROM ff.source_changes)::text::xid8;
SELECT * FROM capture_refreshed();
BEGIN;
DROP TRIGGER :name ON captured_orders;
CREATE TRIGGER :name AFTER UPDATE ON captured_orders REFERENCING OLD TABLE AS old NEW TABLE AS new FOR EACH STATEMENT EXECUTE FUNCTION ff._capture(:'source', 'customer', 'placed');
ALTER TABLE captured_orders ENABLE ALWAYS TRIGGER :name;
SELECT captured FROM ff_metric_source_list() WHERE source = 'orders';
SELECT * FROM capture_refreshed();
ALTER TABLE captured_orders DISABLE TRIGGER :name;
UPDATE captured_orders SET total = total + 1000 WHERE customer = 'u20';
ALTER TABLE captured_orders ENABLE ALWAYS TRIGGER :name;
SELECT * FROM capture_refreshed();
COMMIT;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- the same where another transaction, or a part of it, has ended meanwhile
BEGIN;
ALTER TABLE captured_orders DISABLE TRIGGER :name, ENABLE ALWAYS TRIGGER :name;
SAVEPOINT a;
INSERT INTO captured_orders VALUES (3023, 'u20', now() - interval '1 day', 10, 'paid');
ROLLBACK TO a;
SELECT * FROM capture_refreshed();
ALTER TABLE captured_orders DISABLE TRIGGER :name;
UPDATE captured_orders SET total = total + 1000 WHERE customer = 'u20';
ALTER TABLE captured_orders ENABLE ALWAYS TRIGGER :name;
COMMIT;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- a table that was a partition, or a child, for a while: statements on the other fire no trigger of it
CREATE TABLE captured_all (LIKE captured_orders) PARTITION BY LIST (id);
ALTER TABLE captured_all ATTACH PARTITION captured_orders DEFAULT;
UPDATE captured_all SET total = total + 1000 WHERE customer = 'u22';
ALTER TABLE captured_all DETACH PARTITION captured_orders;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
CREATE TABLE captured_parent (customer text, total float8);
ALTER TABLE captured_orders INHERIT captured_parent;
UPDATE captured_parent SET total = total + 1000 WHERE customer = 'u23';
ALTER TABLE captured_orders NO INHERIT captured_parent;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
DROP TABLE captured_all, captured_parent;
-- columns that take each other's name, and then their own
ALTER TABLE captured_orders ADD someone text DEFAULT 'u400';
SELECT * FROM capture_refreshed();
ALTER TABLE captured_orders RENAME customer TO buyer;
ALTER TABLE captured_orders RENAME someone TO customer;
UPDATE captured_orders SET total = total + 1000 WHERE buyer = 'u24';
ALTER TABLE captured_orders RENAME customer TO someone;
ALTER TABLE captured_orders RENAME buyer TO customer;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- notes that are gone
UPDATE captured_orders SET total = total + 1 WHERE customer = 'u21';
TRUNCATE ff.source_changes;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
-- tables that do
ALTER TABLE captured_orders RENAME TO captured_before;
CREATE TABLE captured_orders (LIKE captured_before);
INSERT INTO captured_orders SELECT * FROM captured_before WHERE id < 100;
SELECT * FROM capture_refreshed();
SELECT * FROM capture_refreshed();
DROP TABLE captured_orders;
ALTER TABLE captured_before RENAME TO captured_orders;
SELECT * FROM capture_refreshed();
-- a column renamed: not captured, with the reason; a second registration mends it
BEGIN;
ALTER TABLE captured_orders RENAME COLUMN total TO amount;
SELECT captured, problem FROM ff_metric_source_list() WHERE source = 'orders';
SAVEPOINT renamed;
SELECT * FROM capture_refreshed();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO renamed;
SELECT problem FROM ff_experiments_refresh() WHERE experiment = 'x';
SELECT ff_metric_source('orders', 'captured_orders', 'customer', 'placed', 'amount', capture => true) IS NOT NULL;
SELECT captured, problem FROM ff_metric_source_list() WHERE source = 'orders';
SELECT * FROM capture_refreshed();
ROLLBACK;
-- a role that may only write needs no right of ours, and sees none of it
CREATE ROLE capture_clerk;
GRANT INSERT ON captured_orders TO capture_clerk;
SET ROLE capture_clerk;
INSERT INTO captured_orders VALUES (3030, 'u15', now() - interval '1 day', 10, 'paid');
SELECT count(*) FROM ff.source_changes;
CREATE TEMP TABLE mine (u text, at timestamptz);
CREATE TRIGGER mine AFTER TRUNCATE ON mine FOR EACH STATEMENT EXECUTE FUNCTION ff._capture('x', 'u', 'at');
RESET ROLE;
SELECT * FROM capture_refreshed();
-- what is captured is of the caller, and a plain table
SELECT ff_grant('capture_clerk', 'admin');
GRANT SELECT, TRIGGER ON captured_orders TO capture_clerk;
CREATE VIEW captured_view AS SELECT * FROM captured_orders;
CREATE TABLE captured_parts (u text, at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE captured_part PARTITION OF captured_parts DEFAULT;
CREATE UNLOGGED TABLE captured_light (u text, at timestamptz);
CREATE TABLE captured_rows (u text, at timestamptz, j jsonb, t text);
SET ROLE capture_clerk;
SELECT ff_metric_source('other', 'captured_orders', 'customer', 'placed', capture => true);
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT ff_metric_source('view', 'captured_view', 'customer', 'placed', capture => true);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_source('parts', 'captured_parts', 'u', 'at', capture => true);
SELECT ff_metric_source('part', 'captured_part', 'u', 'at', capture => true);
SELECT ff_metric_source('light', 'captured_light', 'u', 'at', capture => true);
SELECT ff_metric_source('rows', 'captured_rows', 'j', 'at', capture => true);
SELECT ff_metric_source('rows', 'captured_rows', 'u', 't', capture => true);
ALTER TABLE captured_rows ENABLE ROW LEVEL SECURITY;
SELECT ff_metric_source('rows', 'captured_rows', 'u', 'at', capture => true);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT ff_metric_source('visits', 'captured_visits', 'person', 'on_day', capture => true);
ROLLBACK;
SELECT source, captured FROM ff_metric_source_list() ORDER BY 1;
-- and no more when it is not asked for, or the source is taken away
SELECT ff_metric_source('visits', 'captured_visits', 'person', 'on_day', 'pages') IS NOT NULL;
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'captured_visits'::regclass;
SELECT source, captured FROM ff_metric_source_list() ORDER BY 1;
SELECT ff_metric_source('plain', 'captured_visits', 'person', 'on_day', capture => true) IS NOT NULL;
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'captured_visits'::regclass;
SELECT ff_metric_source_remove('plain');
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'captured_visits'::regclass;
-- notes go when every refresh has seen them
SELECT * FROM capture_refreshed();
UPDATE ff.source_changes SET noted_at = now() - interval '8 days';
INSERT INTO captured_orders VALUES (3040, 'u16', now() - interval '1 day', 10, 'paid');
UPDATE ff.source_changes SET noted_at = now() - interval '8 days';
SELECT ff._forget_source_changes();
SELECT unit, at > now() FROM ff.source_changes ORDER BY 1;
SELECT * FROM capture_refreshed();
-- triggers of a source that went with its project do nothing
DROP FUNCTION switch_on, capture_refreshed();
SELECT ff_experiment_stop('x');
SELECT ff_project_delete('capture', cascade => true);
DELETE FROM ff.source_changes;
INSERT INTO captured_orders VALUES (3050, 'u16', now() - interval '1 day', 10, 'paid');
SELECT count(*) FROM ff.source_changes;
DROP TABLE captured_orders, captured_visits, captured_parts, captured_light, captured_rows CASCADE;
DROP TYPE captured_state;
SELECT ff_revoke('capture_clerk', 'admin');
DROP OWNED BY capture_clerk;
DROP ROLE capture_clerk;
