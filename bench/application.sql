-- The application's own data: :rows customers in a context source, a list of
-- a million of whom half are among them, and :few visits in no order.
CREATE UNLOGGED TABLE customers (id text PRIMARY KEY, country text, plan text, age int, email text, signed_up timestamptz);
INSERT INTO customers
SELECT 'user-' || n, attrs ->> 'country', attrs ->> 'plan', (attrs ->> 'age')::int, attrs ->> 'email', (attrs ->> 'signed_up')::timestamptz
FROM (SELECT n, jsonb_build_object(
	'country', (ARRAY['DE', 'FR', 'GB', 'US', 'ES', 'DE', 'FR', 'GB', 'US', 'JP'])[1 + draw(n, 1, 10)],
	'plan', (ARRAY['pro', 'pro', 'pro', 'pro', 'free'])[1 + draw(n, 2, 5)],
	'age', 18 + draw(n, 3, 60), 'email', 'user-' || n || '@example.com',
	'signed_up', timestamptz '2024-01-01 00:00:00+00' + draw(n, 9, 1000000) * interval '1 minute') AS attrs
	FROM generate_series(1, :rows) AS n) x;

CREATE UNLOGGED TABLE visits (customer text NOT NULL);
INSERT INTO visits SELECT 'user-' || 1 + draw(n, 11, :rows) FROM generate_series(1, :few) AS n;

SELECT ff_context_source('customers', 'id');
SELECT ff_segment_create('million');
SET featureflow.segment = 'million';
INSERT INTO ff.segment_members (user_key) SELECT 'user-' || n FROM generate_series(1, 2000000, 2) AS n;
SELECT ff_flag_create('listed'), ff_flag_rules('listed', '[{"when": {"segment": "million"}, "serve": true}]');
VACUUM (FREEZE, ANALYZE) customers, visits, ff.segment_members;
