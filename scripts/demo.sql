-- Run by scripts/demo; runs in any empty database as well: psql -X -f scripts/demo.sql
\set QUIET on
\pset footer off
\pset null -
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET jit = off;

\echo
\echo 'FeatureFlow: feature flags inside PostgreSQL'
\echo '============================================'
\echo
\echo 'The application: a shop with 100 000 users and their orders, always the same (fixed seed).'
\echo
\set ECHO queries
CREATE EXTENSION featureflow;
\set ECHO none
CREATE SCHEMA shop;
SELECT setseed(0.42) \g /dev/null
CREATE TABLE shop.users AS
SELECT 'user-' || i AS id,
	(ARRAY['DE', 'FR', 'US', 'US', 'JP'])[1 + floor(5 * random())::int] AS country,
	(ARRAY['free', 'free', 'free', 'pro', 'enterprise'])[1 + floor(5 * random())::int] AS plan,
	'company-' || floor(power(random(), 3) * 2000)::int AS company,
	floor(12 * power(random(), 2))::int AS orders
FROM generate_series(1, 100000) i;
ALTER TABLE shop.users ADD PRIMARY KEY (id);
-- what flags may be targeted on, as the application chooses
CREATE FUNCTION shop.attributes(u shop.users) RETURNS jsonb LANGUAGE sql STABLE
	AS $$SELECT jsonb_build_object('country', u.country, 'plan', u.plan, 'organization', u.company, 'orders', u.orders)$$;
VACUUM ANALYZE shop.users;
\set ECHO queries
SELECT * FROM shop.users LIMIT 3;
\set ECHO none
\echo 'What the flags are asked about is what the application passes; here, the row as jsonb:'
\echo
\set ECHO queries
SELECT u.id, shop.attributes(u) FROM shop.users u LIMIT 1;
\set ECHO none

\echo
\echo '--- 1. A flag ------------------------------------------------------------------'
\echo 'A new flag changes nothing: everybody gets its off variation.'
\echo
\set ECHO queries
SELECT ff_flag_create('checkout', name => 'One-page checkout') IS NOT NULL AS created;
SELECT ff_is_enabled('user-1', 'checkout');
\set ECHO none

\echo
\echo '--- 2. A rollout ---------------------------------------------------------------'
\echo 'To 20 % of the users, by a hash of their key. Nothing is stored per user.'
\echo
\set ECHO queries
SELECT ff_flag_rollout('checkout', 20) \g /dev/null
SELECT ff_is_enabled(id, 'checkout') AS checkout, count(*), round(100.0 * count(*) / sum(count(*)) OVER (), 2) AS percent
FROM shop.users GROUP BY 1 ORDER BY 1;
\set ECHO none
\echo 'Raising it to 50 % moves nobody out: all of the first 20 % are among the 50 %.'
\echo
\set ECHO queries
CREATE TEMP TABLE early AS SELECT id FROM shop.users WHERE ff_is_enabled(id, 'checkout');
SELECT ff_flag_rollout('checkout', 50) \g /dev/null
SELECT count(*) AS early, count(*) FILTER (WHERE ff_is_enabled(id, 'checkout')) AS still_in FROM early;
\set ECHO none

\echo
\echo '--- 3. Rules -------------------------------------------------------------------'
\echo 'Paying customers in Germany and France who have ordered at least three times get it; the'
\echo 'first rule that matches decides. One company gets it whatever the rules say; the rest: 10 %.'
\echo
\set ECHO queries
SELECT ff_flag_rules('checkout', '[
  {"id": "regulars", "serve": "on",
   "when": {"all": [{"attribute": "country", "op": "in", "values": ["DE", "FR"]},
                    {"attribute": "plan",    "op": "ne", "values": ["free"]},
                    {"attribute": "orders",  "op": "ge", "values": [3]}]}},
  {"id": "not-in-japan", "serve": "off",
   "when": {"attribute": "country", "op": "eq", "values": ["JP"]}}]') \g /dev/null
SELECT ff_override('checkout', 'on', organization => 'company-7', reason => 'pilot customer') \g /dev/null
SELECT ff_flag_rollout('checkout', 10) \g /dev/null
SELECT d.rule, d.reason, d.variation, count(*)
FROM shop.users u, ff_evaluate_detail(u.id, 'checkout', shop.attributes(u)) d
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
\set ECHO none
\echo 'A rule that is wrong is refused when it is written, and the error says where.'
\echo
\set ECHO queries
SELECT ff_flag_rules('checkout', '[{"when": {"any": [{"attribute": "orders", "op": "at_least", "values": [3]}]}, "serve": "on"}]');
\set ECHO none

\echo
\echo '--- 4. Why? --------------------------------------------------------------------'
\echo 'Each answer can be explained, step by step.'
\echo
\set ECHO queries
SELECT e.* FROM shop.users u, ff_explain(u.id, 'checkout', shop.attributes(u)) e
WHERE u.id = (SELECT min(id) FROM shop.users WHERE country = 'DE' AND plan = 'pro' AND orders = 2);
\set ECHO none

\echo
\echo '--- 5. Flags are transactional -------------------------------------------------'
\echo 'A change of the schema and the flag that goes with it commit together, or not at all.'
\echo
\set ECHO queries
BEGIN;
ALTER TABLE shop.users ADD COLUMN gift_wrap boolean NOT NULL DEFAULT true;
SELECT ff_flag_create('gift-wrap') \g /dev/null
SELECT ff_flag_rollout('gift-wrap', 100) \g /dev/null
SELECT count(*) AS with_gift_wrap FROM shop.users WHERE gift_wrap AND ff_is_enabled(id, 'gift-wrap');
ROLLBACK;
SELECT * FROM ff_evaluate_detail('user-1', 'gift-wrap');
\set ECHO none

\echo
\echo '--- 6. Kill switch -------------------------------------------------------------'
\echo 'One call turns a flag off for everybody, in every environment, above all rules and overrides.'
\echo
\set ECHO queries
SELECT ff_flag_kill('checkout', 'payment provider is down') \g /dev/null
SELECT d.variation, d.reason, d.rule, count(*)
FROM shop.users u, ff_evaluate_detail(u.id, 'checkout', shop.attributes(u)) d GROUP BY 1, 2, 3;
SELECT ff_flag_revive('checkout', 'payment provider is back') \g /dev/null
SELECT count(*) FROM shop.users u WHERE ff_is_enabled(id, 'checkout', shop.attributes(u));
\set ECHO none

\echo
\echo '--- 7. Plans -------------------------------------------------------------------'
\echo 'A feature from plan pro on. Who has less is told what to upgrade to.'
\echo
\set ECHO queries
SELECT ff_flag_create('reports', min_plan => 'pro') \g /dev/null
SELECT ff_flag_rollout('reports', 100) \g /dev/null
SELECT u.plan, d.value, d.reason, d.rule, d.required_plan, count(*)
FROM shop.users u, ff_evaluate_detail(u.id, 'reports', shop.attributes(u)) d GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC;
\set ECHO none

\echo
\echo '--- 8. Prerequisites -----------------------------------------------------------'
\echo 'A flag can require others, and name segments. A circle is refused. The graph is a drawing (Mermaid).'
\echo
\set ECHO queries
SELECT ff_flag_create('export') \g /dev/null
SELECT ff_flag_create('export-pdf') \g /dev/null
SELECT ff_flag_require('export', 'reports') \g /dev/null
SELECT ff_flag_require('export-pdf', 'export') \g /dev/null
SELECT ff_segment_create('large', '{"attribute": "orders", "op": "ge", "values": [8]}') \g /dev/null
SELECT ff_flag_rules('export', '[{"when": {"segment": "large"}, "serve": "on"}]') \g /dev/null
SELECT ff_flag_require('reports', 'export-pdf');
\pset tuples_only on
\pset format unaligned
SELECT ff_graph_text();
\pset tuples_only off
\pset format aligned
\set ECHO none

\echo
\echo '--- 9. Who did what ------------------------------------------------------------'
\echo 'Every change leaves an entry, also one made by plain SQL.'
\echo
\set ECHO queries
SET featureflow.change_reason = 'ticket 4711';
UPDATE ff.flags SET owner = 'team-checkout' WHERE key = 'checkout';
RESET featureflow.change_reason;
SELECT number, acting_role, table_name, action, reason FROM ff.audit_log ORDER BY number DESC LIMIT 6;
\set ECHO none

\echo
\echo '--- 10. History ----------------------------------------------------------------'
\echo 'Every version of a flag can be compared and brought back.'
\echo
\set ECHO queries
SELECT version, role, reason, changes FROM ff_flag_history('checkout');
SELECT * FROM ff_flag_diff('checkout', 2, 3);
SELECT ff_flag_rollback('checkout', 3) \g /dev/null
SELECT count(*) FILTER (WHERE ff_is_enabled(id, 'checkout', shop.attributes(u))) AS enabled_as_in_version_3 FROM shop.users u;
\set ECHO none

\echo
\echo '--- 11. An experiment ----------------------------------------------------------'
\echo 'Half of the users see a new basket. Does it sell more? Whoever is shown it is exposed by the same'
\echo 'call that evaluates the flag, and what they buy is tracked.'
\echo
\set ECHO queries
SELECT ff_flag_create('basket') \g /dev/null
SELECT ff_flag_rollout('basket', 50) \g /dev/null
SELECT ff_metric_create('buyers', 'proportion', 'purchase') \g /dev/null
SELECT ff_metric_create('revenue', 'mean', 'purchase') \g /dev/null
SELECT ff_experiment_create('new-basket', 'basket', ARRAY['buyers', 'revenue']) \g /dev/null
SELECT ff_experiment_start('new-basket') \g /dev/null
SELECT count(ff_expose(id, 'basket')) AS shown FROM shop.users WHERE ff_bucket('sample', id) < 20000;
\set ECHO none
\echo 'For the demonstration 20 % of users buy something, and 22 % of those with the new basket:'
\echo
\set ECHO queries
SELECT ff_track_many((SELECT jsonb_agg(jsonb_build_object('user_key', id, 'event', 'purchase', 'value', 10 + ff_bucket('price', id) / 2000))
  FROM shop.users WHERE ff_bucket('buys', id) < CASE WHEN ff_is_enabled(id, 'basket') THEN 22000 ELSE 20000 END)) AS events;
CREATE TEMP TABLE result AS SELECT * FROM ff_experiment_stats('new-basket');
SELECT metric, variation, n, round(mean::numeric, 4) AS mean, round(100 * lift::numeric, 1) AS "lift %",
  round(100 * lift_lower::numeric, 1) AS from, round(100 * lift_upper::numeric, 1) AS to, round(p_value::numeric, 8) AS p_value, problem FROM result;
SELECT item, variation, round(value::numeric, 3) AS value, status FROM ff_experiment_health('new-basket');
\pset tuples_only on
\pset format unaligned
SELECT format('In words: the new basket changes the share of buyers by %s %% (95 %% interval: %s to %s %%), which %s.',
  round(100 * lift::numeric, 1), round(100 * lift_lower::numeric, 1), round(100 * lift_upper::numeric, 1),
  CASE WHEN p_value < 0.05 THEN 'chance alone would hardly do' ELSE 'may be chance' END)
FROM result WHERE metric = 'buyers' AND variation = 'on';
\pset tuples_only off
\pset format aligned
\set ECHO none

\echo
\echo '--- 12. How fast ---------------------------------------------------------------'
\echo 'All 100 000 users, with the three conditions and a split of 50 % for those who match, in one'
\echo 'query; before it, the same query without the flag.'
\echo
CREATE TEMP TABLE subjects AS SELECT id, shop.attributes(u) AS attributes FROM shop.users u;
VACUUM ANALYZE subjects;
SET max_parallel_workers_per_gather = 0;
SELECT ff_flag_rules('checkout', '[{"id": "regulars",
   "when": {"all": [{"attribute": "country", "op": "in", "values": ["DE", "FR"]},
                    {"attribute": "plan",    "op": "ne", "values": ["free"]},
                    {"attribute": "orders",  "op": "ge", "values": [3]}]},
   "serve": {"split": {"on": 50, "off": 50}}}]') \g /dev/null
SELECT ff_flag_rollout('checkout', 0) \g /dev/null
SELECT count(*) FROM subjects WHERE ff_is_enabled(id, 'checkout', attributes) \g /dev/null
\timing on
\set ECHO queries
SELECT count(attributes) FROM subjects;
SELECT count(attributes) FROM subjects WHERE ff_is_enabled(id, 'checkout', attributes);
\set ECHO none
\timing off

\echo
\echo 'That was FeatureFlow. README.md says how to install it, docs/ has a page for each part.'
