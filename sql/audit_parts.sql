-- Parts of entries: each has a salt of its own, or none where it says nothing;
-- what tells of erasures and checkpoints is not erased itself.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('parts') IS NOT NULL;
SET featureflow.project = 'parts';
SELECT ff_flag_create('f', description => 'of ann') IS NOT NULL, ff_override('f', 'on', user_key => 'ann', reason => 'ann') IS NOT NULL, ff_flag_rollout('f', 10);
SET featureflow.change_reason = 'why';
SELECT ff_override_remove('f', user_key => 'ann');
RESET featureflow.change_reason;
CREATE VIEW parts AS SELECT a.number, a.action, i, substr(a.salts, 16 * i - 15, 16) AS salt, substr(a.digests, 32 * i - 31, 32) AS digest,
	CASE i WHEN 1 THEN a.old IS NULL WHEN 2 THEN a.new IS NULL WHEN 3 THEN a.client_address IS NULL AND a.application IS NULL AND a.headers IS NULL
		WHEN 4 THEN a.account IS NULL AND a.token IS NULL ELSE a.reason IS NULL END AS is_empty
FROM ff.audit_log a CROSS JOIN generate_series(1, 5) i WHERE a.project_id = ff._project('parts');
SELECT is_empty, bool_and(salt = decode(repeat('00', 16), 'hex')) AS no_salt, bool_and(digest = decode(repeat('00', 32), 'hex')) AS no_digest,
	bool_or(salt = decode(repeat('00', 16), 'hex')) AS some_without FROM parts GROUP BY 1 ORDER BY 1;
SELECT count(DISTINCT salt) = count(*), count(DISTINCT digest) = count(*), count(*) > 10 FROM parts WHERE NOT is_empty;
-- the words of the entry that tells of an erasure are nobody's name
SELECT ff_audit_erase('ann', 'parts') > 0;
SELECT ff_audit_erase('entries', 'parts'), ff_audit_erase('new', 'parts');
SELECT action, new ? 'entries' FROM ff.audit_log WHERE project_id = ff._project('parts') AND action = 'erase';
SELECT * FROM ff_audit_verify(project => 'parts');
SELECT ff_audit_retain('0', 'parts') > 0;
SELECT ff_audit_erase('hash', 'parts'), ff_audit_erase(encode(hash, 'hex'), 'parts') FROM ff.audit_checkpoints WHERE project_id = ff._project('parts');
SELECT * FROM ff_audit_verify(project => 'parts');
DROP VIEW parts;
RESET featureflow.project;
SELECT ff_project_delete('parts', cascade => true);
-- numbers and intervals as they are, whatever the session's settings write
SET extra_float_digits = -10;
SET intervalstyle = 'iso_8601';
INSERT INTO ff.metrics (project_id, key, name, kind, event, quantile, delay, covariate_period)
SELECT id, 'audited-metric', 'Audited', 'quantile', 'wait', 0.1::float8 + 0.2::float8, '36 hours', '1 day 00:00:01.5' FROM ff.projects WHERE key = 'default';
RESET extra_float_digits;
RESET intervalstyle;
SELECT new -> 'quantile', new ->> 'delay', new ->> 'covariate_period', new ->> 'complete_only' FROM ff.audit_log
WHERE table_name = 'metrics' AND new ->> 'key' = 'audited-metric';
SELECT ff_metric_delete('audited-metric');
