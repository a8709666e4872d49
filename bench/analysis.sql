-- Users with keys of some length, each exposed once in the last 13 days, and events
-- of four weeks, all of one name: the ten metrics read it, too.
SELECT ff_flag_create('f'), ff_flag_rollout('f', 50, 'production');
SELECT ff_metric_create('revenue', 'mean', 'purchase');
SELECT ff_metric_create('m' || i, CASE WHEN i % 2 = 0 THEN 'mean' ELSE 'proportion' END, 'purchase') FROM generate_series(1, 10) i;
SELECT ff_experiment_create('x', 'f', '{revenue}'), ff_experiment_start('x', now() - interval '14 days');
SELECT ff_experiment_stop('x', now());
SELECT ff_experiment_create('ten', 'f', ARRAY(SELECT 'm' || i FROM generate_series(1, 10) i)), ff_experiment_start('ten', now() - interval '14 days');
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT x.key, 'user-' || md5(i::text), CASE WHEN hashint4(i) % 2 = 0 THEN 'on' ELSE 'off' END, now() - (hashint4(i + 1)::bigint + 2147483648) / 4294967296.0 * interval '13 days'
FROM generate_series(1, :users) i CROSS JOIN (VALUES ('x'), ('ten')) x(key);
INSERT INTO ff.events (unit, event, value, at)
SELECT 'user-' || md5((1 + (hashint8(i)::bigint + 2147483648) % :users)::text), 'purchase', round(((hashint8(i + 7)::bigint + 2147483648) % 10000) / 100.0, 2),
	now() - interval '1 hour' - (hashint8(i + 13)::bigint + 2147483648) / 4294967296.0 * interval '28 days'
FROM generate_series(1::bigint, :events) i;
VACUUM (ANALYZE) ff.exposures_default, ff.events_default;
CHECKPOINT;
