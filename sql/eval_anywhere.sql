-- Wherever a function can stand: WHERE, views, policies, triggers, constraints,
-- prepared statements, parallel workers, roles without rights.
\set SHOW_CONTEXT never
DO $$ BEGIN
	PERFORM ff_project_create('eval_anywhere');
	SET featureflow.project = 'eval_anywhere';
	PERFORM ff_flag_create('beta');
	PERFORM ff_flag_create('tier', 'string', '["basic", "gold"]');
	PERFORM ff_flag_rollout('beta', 30);
	PERFORM ff_flag_rules('beta', '[{"serve": "on", "when": {"all": [{"attribute": "country", "op": "eq", "value": "DE"}, {"attribute": "age", "op": "ge", "value": 90}]}}]');
	PERFORM ff_flag_rules('tier', '[{"serve": "gold", "when": {"attribute": "age", "op": "ge", "value": 50}}]');
END $$;
CREATE TABLE customers (id int PRIMARY KEY, key text, country text, age int) WITH (parallel_workers = 2);
INSERT INTO customers SELECT i, 'c' || i, CASE i % 3 WHEN 0 THEN 'DE' WHEN 1 THEN 'US' END, i % 100 FROM generate_series(1, 20000) i;
ANALYZE customers;

-- WHERE, expected from what is written above.
SELECT count(*) = (SELECT count(*) FROM customers WHERE ff_bucket('beta', key) < 30000 OR country = 'DE' AND age >= 90) AS same
FROM customers WHERE ff_is_enabled(key, 'beta', jsonb_build_object('country', country, 'age', age));
-- JOIN, GROUP BY, ORDER BY, CASE, aggregates and windows
SELECT ff_string(key, 'tier', jsonb_build_object('age', age)) AS tier, count(*) FROM customers GROUP BY 1 ORDER BY 1;
SELECT id, ff_string(c.key, 'tier', to_jsonb(c)) AS tier, count(*) FILTER (WHERE ff_is_enabled(c.key, 'beta', to_jsonb(c))) OVER () > 5000 AS many FROM customers c ORDER BY ff_string(c.key, 'tier', to_jsonb(c)) DESC, id LIMIT 2;
SELECT count(*) FROM customers a JOIN unnest('{basic,gold}'::text[]) t ON t = ff_string(a.key, 'tier', jsonb_build_object('age', a.age));
-- the flag's name from a column
SELECT f.key, count(*) > 0 AS some FROM customers c JOIN (VALUES ('beta'), ('tier'), ('nope')) f(key) ON ff_evaluate(c.key, f.key, jsonb_build_object('age', c.age)) IN ('true', '"gold"') WHERE c.id <= 1000 GROUP BY 1 ORDER BY 1;

-- A view, and a materialized one.
CREATE VIEW gold AS SELECT id, key FROM customers WHERE ff_string(key, 'tier', jsonb_build_object('age', age)) = 'gold';
CREATE MATERIALIZED VIEW gold_then AS SELECT * FROM gold;
SELECT (SELECT count(*) FROM gold) AS view, (SELECT count(*) FROM gold_then) AS materialized;
SELECT ff_flag_rules('tier', '[{"serve": "gold", "when": {"attribute": "age", "op": "ge", "value": 90}}]');
SELECT (SELECT count(*) FROM gold) AS view, (SELECT count(*) FROM gold_then) AS materialized;
REFRESH MATERIALIZED VIEW gold_then;
SELECT (SELECT count(*) FROM gold) AS view, (SELECT count(*) FROM gold_then) AS materialized;

-- Policies, for a role without any right in the extension.
CREATE ROLE regress_ff_reader;
GRANT SELECT, INSERT, UPDATE ON customers TO regress_ff_reader;
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON customers USING (ff_is_enabled(key, 'beta', jsonb_build_object('age', age))) WITH CHECK (ff_is_enabled(key, 'beta'));
SELECT count(*) AS owner_sees FROM customers;
SELECT count(*) AS expected FROM customers WHERE ff_bucket('beta', key) < 30000 \gset
SELECT key AS inside FROM customers WHERE ff_bucket('beta', key) < 30000 ORDER BY id LIMIT 1 \gset
SELECT key AS outside FROM customers WHERE ff_bucket('beta', key) >= 30000 ORDER BY id LIMIT 1 \gset
SET ROLE regress_ff_reader;
SELECT has_schema_privilege('ff', 'USAGE') AS usage;
SELECT count(*) FROM ff.flags;
SELECT count(*) = :expected AS reader_sees FROM customers;
INSERT INTO customers VALUES (20001, :'inside', NULL, 1);
INSERT INTO customers VALUES (20002, :'outside', NULL, 1);
UPDATE customers SET key = :'outside' WHERE id = 20001;
SELECT ff_evaluate('u', 'tier', '{"age": 95}') AS evaluate, ff_enabled_flags(:'inside') AS enabled_flags, ff_bootstrap('u') AS bootstrap, ff_version() > 0 AS version;
SELECT count(*) AS rows FROM ff_evaluate_all('u');
SELECT ff_flag_rollout('beta', 100);
RESET ROLE;
SELECT ff_flag_rollout('beta', 0);
SET ROLE regress_ff_reader;
SELECT count(*) AS reader_sees FROM customers;
RESET ROLE;
SELECT ff_flag_rollout('beta', 30);
DROP POLICY p ON customers;
ALTER TABLE customers DISABLE ROW LEVEL SECURITY;
DELETE FROM customers WHERE id > 20000;

-- Row and statement triggers, CHECK constraints and defaults.
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.country := CASE WHEN ff_is_enabled(NEW.key, 'beta') THEN 'on' ELSE 'off' END;
	RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION stamp();
UPDATE customers SET age = age;
SELECT count(*) FILTER (WHERE (country = 'on') <> (ff_bucket('beta', key) < 30000)) AS wrong FROM customers;
DROP TRIGGER stamp ON customers;
CREATE TABLE checked (key text CHECK (ff_is_enabled(key, 'beta')), tier text DEFAULT ff_string('u', 'tier', '{"age": 99}'));
INSERT INTO checked (key) VALUES (:'inside') RETURNING tier;
INSERT INTO checked (key) VALUES (:'outside');
DROP TABLE checked;

-- Only what is immutable can be indexed or generated.
CREATE INDEX ON customers (ff_is_enabled(key, 'beta'));
CREATE TABLE generated (key text, bucket int GENERATED ALWAYS AS (ff_bucket('beta', key)) STORED, PRIMARY KEY (key));
INSERT INTO generated SELECT key FROM customers;
CREATE INDEX ON generated (bucket);
SELECT count(*) FILTER (WHERE (bucket < 30000) <> ff_is_enabled(key, 'beta')) AS wrong FROM generated;
DROP TABLE generated;

-- Prepared statements see what changed since, with custom and generic plans.
PREPARE ask(text) AS SELECT ff_is_enabled($1, 'beta') AS beta;
PREPARE constant AS SELECT ff_is_enabled('fixed', 'beta') AS beta, ff_is_enabled('fixed', 'beta') AND true AS twice;
SELECT ff_flag_rollout('beta', 0);
EXECUTE ask('x');
EXECUTE constant;
SELECT ff_flag_rollout('beta', 100);
EXECUTE ask('x');
EXECUTE constant;
SET plan_cache_mode = force_generic_plan;
EXECUTE ask('x');
EXECUTE constant;
SELECT ff_flag_rollout('beta', 0);
EXECUTE ask('x');
EXECUTE constant;
RESET plan_cache_mode;
DEALLOCATE ask;
DEALLOCATE constant;
-- a PL/pgSQL loop and an SQL function see the edits between their statements
DO $$
DECLARE
	seen text := '';
BEGIN
	FOR i IN 1..6 LOOP
		PERFORM ff_flag_rollout('beta', i % 2 * 100);
		seen := seen || CASE WHEN ff_is_enabled('u', 'beta') THEN '1' ELSE '0' END;
	END LOOP;
	RAISE NOTICE '%', seen;
END $$;
CREATE FUNCTION asks(k text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT ff_is_enabled(k, 'beta') $$;
SELECT asks('u');
SELECT ff_flag_rollout('beta', 100);
SELECT asks('u');
DROP FUNCTION asks(text);
SELECT ff_flag_rollout('beta', 30);

-- A statement's own edits are not its answer; what runs after it sees them.
SELECT ff_is_enabled('u', 'beta') AS before, ff_flag_rollout('beta', 100)::text = '' AS edited, ff_is_enabled('u', 'beta') AS same_statement;
SELECT ff_is_enabled('u', 'beta') AS next_statement;
WITH e AS MATERIALIZED (SELECT ff_flag_rollout('beta', 0)) SELECT ff_is_enabled('u', 'beta') AS same_statement FROM e;
SELECT ff_flag_rollout('beta', 30);

-- Cursors keep the view that they were opened with.
BEGIN;
DECLARE c CURSOR FOR SELECT id, ff_is_enabled(key, 'beta', '{}') = (ff_bucket('beta', key) < 30000) AS as_opened FROM customers ORDER BY id;
FETCH 2 FROM c;
SELECT ff_flag_rollout('beta', 100);
FETCH 2 FROM c;
SELECT bool_and(ff_is_enabled(key, 'beta', '{}')) AS others_see_it FROM customers;
ROLLBACK;
SELECT count(*) = (SELECT count(*) FROM customers WHERE ff_bucket('beta', key) < 30000) AS rolled_back FROM customers WHERE ff_is_enabled(key, 'beta', '{}');

-- Parallel workers answer as the leader does.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM customers WHERE ff_is_enabled(key, 'beta', jsonb_build_object('age', age));
SELECT count(*) AS parallel, sum(id) AS checksum FROM customers WHERE ff_is_enabled(key, 'beta', jsonb_build_object('country', 'DE', 'age', age)) \gset
SET max_parallel_workers_per_gather = 0;
SELECT count(*) = :parallel AS same, sum(id) = :checksum AS same_rows FROM customers WHERE ff_is_enabled(key, 'beta', jsonb_build_object('country', 'DE', 'age', age));
SET max_parallel_workers_per_gather = 2;
-- also under a change that is not committed, a session override and other settings
BEGIN;
SELECT ff_flag_rules('beta', NULL), ff_flag_rollout('beta', 60);
SELECT count(*) = (SELECT count(*) FROM customers WHERE ff_bucket('beta', key) < 60000) AS own_change FROM customers WHERE ff_is_enabled(key, 'beta', '{}');
ROLLBACK;
SET featureflow.allow_overrides = on;
SET featureflow.override = 'beta=on';
SELECT count(*) AS overridden FROM customers WHERE ff_is_enabled(key, 'beta', '{}');
RESET featureflow.override;
RESET featureflow.allow_overrides;
SET featureflow.environment = 'staging';
SELECT count(*) AS staging FROM customers WHERE ff_is_enabled(key, 'beta', '{}');
RESET featureflow.environment;
SELECT count(*) AS all_rows, count(DISTINCT flag) AS flags FROM customers c, ff_evaluate_all(c.key) WHERE c.id <= 1000;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
RESET parallel_leader_participation;

-- In a procedure that commits, and in a read-only transaction.
CREATE PROCEDURE flips() LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 0..3 LOOP
		PERFORM ff_flag_rollout('beta', i % 2 * 100);
		IF i = 2 THEN ROLLBACK; ELSE COMMIT; END IF;
		RAISE NOTICE '% %', i, ff_is_enabled('u', 'beta');
	END LOOP;
END $$;
CALL flips();
DROP PROCEDURE flips();
BEGIN READ ONLY;
SELECT ff_is_enabled('u', 'beta') AS read_only, (SELECT count(*) FROM ff_evaluate_all('u')) AS flags;
COMMIT;
SELECT ff_flag_rollout('beta', 30);

DROP MATERIALIZED VIEW gold_then;
DROP VIEW gold;
DROP TABLE customers;
DROP FUNCTION stamp();
DROP ROLE regress_ff_reader;
DO $$ BEGIN
	RESET featureflow.project;
	PERFORM ff_project_delete('eval_anywhere', cascade => true);
END $$;
