-- The application's table: :rows users with ten attributes each. Four fifths
-- are in one of the flag's countries, four fifths are on plan pro, four fifths
-- are 30 or older: 51 % match the rule, 26 % get the flag.
CREATE UNLOGGED TABLE users (id text NOT NULL, attrs jsonb NOT NULL);

CREATE FUNCTION draw(number bigint, seed bigint, sides bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN abs(hashint8extended(number, seed) % sides);

INSERT INTO users
SELECT 'user-' || n, jsonb_build_object(
	'country', (ARRAY['DE', 'FR', 'GB', 'US', 'ES', 'DE', 'FR', 'GB', 'US', 'JP'])[1 + draw(n, 1, 10)],
	'plan', (ARRAY['pro', 'pro', 'pro', 'pro', 'free'])[1 + draw(n, 2, 5)],
	'age', 18 + draw(n, 3, 60),
	'email', 'user-' || n || '@example.com',
	'beta', draw(n, 4, 2) = 0,
	'locale', (ARRAY['de-DE', 'fr-FR', 'en-GB', 'en-US'])[1 + draw(n, 5, 4)],
	'device', (ARRAY['phone', 'tablet', 'desktop'])[1 + draw(n, 6, 3)],
	'version', '2.' || draw(n, 7, 20) || '.' || draw(n, 8, 10),
	'signed_up', timestamptz '2024-01-01 00:00:00+00' + draw(n, 9, 1000000) * interval '1 minute',
	'score', draw(n, 10, 100000) / 100.0)
FROM generate_series(1, :rows) AS n;

CREATE UNLOGGED TABLE few_users AS SELECT * FROM users LIMIT :few;
VACUUM (FREEZE, ANALYZE) users;
VACUUM (FREEZE, ANALYZE) few_users;
