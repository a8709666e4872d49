-- The chain of the audit log: whatever is altered, taken out, put in or moved
-- is found and named; what was erased or retired is not a fault.
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ff_project_create('chain', environments => '{live}') IS NOT NULL;
SET featureflow.project = 'chain';
SET featureflow.environment = 'live';
SELECT set_config('featureflow.authenticators', quote_ident(session_user), false) IS NOT NULL;
SET request.jwt.claims = '{"sub": "carol@example.com", "jti": "token-1"}';
SET request.headers = '{"user-agent": "curl", "x-forwarded-for": "192.0.2.7, 10.0.0.1", "authorization": "secret"}';
SET featureflow.change_reason = 'because';
SELECT ff_flag_create('a', 'json', '[{"key": "x", "value": {"zz": 1.50, "é": [true, null], "b": "ÿ"}}, {"key": "y", "value": 2}]') IS NOT NULL;
SELECT ff_flag_target('a', 'y', '{alice,bob}'), ff_flag_target('a', 'y', '{dave}');
SELECT ff_override('a', 'y', user_key => 'alice') IS NOT NULL;
SELECT ff_segment_create('s', '{"attribute": "user_key", "op": "in", "values": ["alice", "bob"]}') IS NOT NULL;
SELECT ff_flag_default('a', '"y"');

CREATE TEMP VIEW chain AS SELECT a.* FROM ff.audit_log a WHERE a.project_id = ff._project('chain');
CREATE TEMP TABLE saved AS SELECT number AS saved_number, hash AS saved_hash FROM ff_audit_head('chain');
SELECT number, table_name, action, old IS NOT NULL AS old, new IS NOT NULL AS new, length(salts), length(digests), length(hash) FROM chain ORDER BY number;
SELECT count(DISTINCT hash), count(DISTINCT salts) FROM chain;
SELECT project, number, hash ~ '^[0-9a-f]{64}$', at IS NOT NULL FROM ff_audit_head('chain');
SELECT * FROM ff_audit_verify(project => 'chain');

-- what the log stores of a row is what to_jsonb makes of it, in UTC
BEGIN;
SET LOCAL timezone = 'UTC';
SELECT DISTINCT a.new = to_jsonb(f) FROM chain a JOIN ff.flags f ON f.id = a.flag_id AND a.table_name = 'flags' WHERE a.action = 'insert';
SELECT a.new = to_jsonb(s) FROM chain a JOIN ff.segments s ON s.id::text = a.record_id;
SELECT a.new = to_jsonb(o) FROM chain a JOIN ff.overrides o ON o.id::text = a.record_id;
SELECT a.new - 'version' - 'updated_at' = to_jsonb(s) - 'version' - 'updated_at' FROM chain a JOIN ff.flag_settings s USING (flag_id, environment_id) WHERE a.table_name = 'flag_settings' ORDER BY a.number DESC LIMIT 1;
SELECT a.new = to_jsonb(e) FROM chain a JOIN ff.environments e ON e.id::text = a.record_id;
COMMIT;

-- it does not depend on settings
SET timezone = 'Asia/Kathmandu';
SET datestyle = 'SQL, DMY';
SET extra_float_digits = -10;
SET bytea_output = 'escape';
SET lc_messages = 'C';
SELECT * FROM ff_audit_verify(project => 'chain');
SELECT ff_flag_update('a', description => 'in another time zone');
RESET timezone;
RESET datestyle;
RESET extra_float_digits;
RESET bytea_output;
SELECT * FROM ff_audit_verify(project => 'chain');

-- what a superuser does to the log, triggers or not: found, and then undone
CREATE FUNCTION pg_temp.tampered(VARIADIC statements text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	statement text;
	found text[];
BEGIN
	BEGIN
		SET LOCAL session_replication_role = replica;
		FOREACH statement IN ARRAY statements LOOP
			EXECUTE statement;
		END LOOP;
		found := ARRAY(SELECT format('%s %s: %s', v.number, v.problem, v.detail) FROM ff_audit_verify(project => 'chain') v);
		RAISE EXCEPTION 'undo';
	EXCEPTION WHEN raise_exception THEN
	END;
	RETURN QUERY SELECT unnest(CASE found WHEN '{}' THEN '{nothing is found}' ELSE found END);
END
$$;
SELECT c.name, pg_temp.tampered(format('UPDATE ff.audit_log SET %I = %s WHERE number = 9 AND project_id = ff._project(''chain'')', c.name, c.value))
FROM (VALUES ('id', 'gen_random_uuid()'), ('at', $$at + interval '1 microsecond'$$), ('at', $$'infinity'$$), ('transaction_id', 'transaction_id + 1'),
	('table_name', $$'segments'$$), ('action', $$'delete'$$), ('record_id', 'NULL'), ('flag_id', 'NULL'), ('environment_id', 'gen_random_uuid()'),
	('session_role', $$'nobody'$$), ('acting_role', $$acting_role || ' '$$), ('account', $$'mallory'$$), ('account', 'NULL'), ('token', 'NULL'),
	('client_address', $$'192.0.2.1'$$), ('application', $$'psql'$$), ('headers', $$headers - 'user-agent'$$), ('headers', 'NULL'), ('reason', 'NULL'),
	('reason', $$'b' || reason$$), ('old', 'NULL'), ('old', $$'{}'$$), ('new', $$jsonb_set(new, '{targets}', '{"y": ["mallory"]}')$$), ('new', 'NULL'),
	('salts', $$set_byte(salts, 0, get_byte(salts, 0) # 1)$$), ('salts', 'NULL'), ('salts', $$''$$),
	('salts', $$substr(decode(repeat('00', 16), 'hex') || substr(salts, 17), 1, 80)$$),
	('digests', $$set_byte(digests, 159, get_byte(digests, 159) # 1)$$), ('digests', 'NULL'), ('hash', $$set_byte(hash, 31, get_byte(hash, 31) # 1)$$),
	('hash', 'NULL'), ('number', '4711'), ('project_id', 'gen_random_uuid()'), ('version', '0')) c(name, value);

-- a part taken out, salt and all, without ff_audit_erase
SELECT pg_temp.tampered($$UPDATE ff.audit_log SET old = NULL, salts = decode(repeat('00', 16), 'hex') || substr(salts, 17)
	WHERE number = 9 AND project_id = ff._project('chain')$$);
-- an entry sealed anew, digest, hash and all, has a successor that does not follow
SELECT pg_temp.tampered($$UPDATE ff.audit_log SET hash = sha256('x') WHERE number = 9 AND project_id = ff._project('chain')$$);

-- entries that are gone, twice there, or moved
SELECT pg_temp.tampered(format('DELETE FROM ff.audit_log WHERE number IN (%s) AND project_id = ff._project(''chain'')', n.n))
FROM (VALUES ('5'), ('5, 6, 7'), ('1'), ('1, 2, 3'), ('5, 8')) n(n);
SELECT pg_temp.tampered($$INSERT INTO ff.audit_log SELECT (jsonb_populate_record(a, '{"id": "11111111-1111-4111-8111-111111111111", "reason": "another"}')).*
	FROM ff.audit_log a WHERE number = 5 AND project_id = ff._project('chain')$$);
CREATE FUNCTION pg_temp.swap(a bigint, b bigint) RETURNS text LANGUAGE sql AS $$
	SELECT format('UPDATE ff.audit_log SET number = %1$s + %2$s - number WHERE number IN (%1$s, %2$s) AND project_id = ff._project(''chain'')', a, b) $$;
SELECT pg_temp.tampered(pg_temp.swap(5, 6));
SELECT pg_temp.tampered(pg_temp.swap(3, 7));
SELECT pg_temp.tampered(pg_temp.swap(max(number) - 1, max(number))) FROM chain;
SELECT pg_temp.tampered('DELETE FROM ff.audit_log WHERE number = 5 AND project_id = ff._project(''chain'')',
	'UPDATE ff.audit_log SET number = number - 1 WHERE number > 5 AND project_id = ff._project(''chain'')');
SELECT pg_temp.tampered('CREATE TEMP TABLE two AS SELECT * FROM ff.audit_log WHERE number IN (5, 6) AND project_id = ff._project(''chain'')',
	'UPDATE ff.audit_log a SET old = t.old, new = t.new, salts = t.salts, digests = t.digests FROM two t WHERE t.number = 11 - a.number AND a.number IN (5, 6) AND a.project_id = t.project_id');

-- the newest entries gone: the chain does not show it, an anchor does
SELECT saved_number, saved_hash FROM saved \gset
SELECT * FROM ff_audit_verify(:saved_number, :'saved_hash', 'chain');
SELECT * FROM ff_audit_verify(:saved_number, upper(:'saved_hash'), 'chain');
BEGIN;
DELETE FROM ff.audit_log WHERE number > 8 AND project_id = ff._project('chain');
SELECT * FROM ff_audit_verify(project => 'chain');
SELECT * FROM ff_audit_verify(:saved_number, :'saved_hash', 'chain');
DELETE FROM ff.audit_log WHERE project_id = ff._project('chain');
SELECT * FROM ff_audit_verify(:saved_number, :'saved_hash', 'chain');
ROLLBACK;
SELECT * FROM ff_audit_verify(:saved_number, encode(sha256('x'), 'hex'), 'chain');
SELECT * FROM ff_audit_verify(:saved_number, 'xyz', 'chain');
SELECT * FROM ff_audit_verify(0, encode(sha256('x'), 'hex'), 'chain');
SELECT * FROM ff_audit_verify(1, NULL, 'chain');
SELECT * FROM ff_audit_verify(1, :'saved_hash');
SELECT * FROM ff_audit_verify(project => 'no-such');
SELECT * FROM ff_audit_head('no-such');
TRUNCATE ff.audit_log;
TRUNCATE ff.audit_checkpoints;

-- an erased person
RESET request.jwt.claims;
RESET request.headers;
RESET featureflow.change_reason;
SELECT ff_audit_erase(NULL);
SELECT ff_audit_erase('');
SELECT ff_audit_erase('alice', 'no-such');
SELECT ff_audit_erase('nobody at all', 'chain');
SELECT ff_audit_erase('alice', 'chain');
SELECT ff_audit_erase('alice', 'chain');
SELECT count(*) FROM chain a WHERE a::text ~ 'alice';
SELECT a.action, a.table_name, a.new FROM chain a ORDER BY number DESC LIMIT 1;
SELECT * FROM ff_audit_verify(:saved_number, :'saved_hash', 'chain');
SELECT number, old IS NULL AS old, new IS NULL AS new FROM chain WHERE number BETWEEN 5 AND 9 ORDER BY number;
SELECT v.version, v.document -> 'targets' AS targets, v.document -> 'overrides' AS overrides
FROM ff.flag_versions v JOIN ff.flags f ON f.id = v.flag_id AND f.project_id = ff._project('chain') ORDER BY v.version;
SELECT ff_audit_erase('carol@example.com', 'chain') > 5;
SELECT ff_audit_erase('192.0.2.7', 'chain') > 5;
SELECT ff_audit_erase('because', 'chain') > 5;
SELECT count(account), count(token), count(client_address), count(headers), count(reason) FROM chain;
SELECT * FROM ff_audit_verify(:saved_number, :'saved_hash', 'chain');
-- erased, then tampered with
SELECT pg_temp.tampered('UPDATE ff.audit_log SET account = ''mallory'' WHERE number = 6 AND project_id = ff._project(''chain'')');
SELECT pg_temp.tampered('DELETE FROM ff.audit_log WHERE action = ''erase'' AND number = (SELECT max(number) FROM chain)');
SELECT pg_temp.tampered('UPDATE ff.audit_log SET new = NULL WHERE action = ''erase'' AND number = (SELECT max(number) FROM chain)');
-- rules of old versions name the person no more, and can still be brought back
SELECT ff_flag_rules('a', '[{"when": {"all": [{"attribute": "user_key", "op": "in", "values": ["alice", "bob"]}, {"attribute": "name", "op": "eq", "value": "alice"}]}, "serve": "y"}]');
SELECT ff_flag_rules('a', '[]'), ff_override_remove('a', user_key => 'alice');
SELECT ff_flag_kill('a', 'alice'), ff_flag_revive('a', 'alice');
SELECT ff_override('a', 'y', user_key => 'zoe', reason => 'alice') IS NOT NULL, ff_override_remove('a', user_key => 'zoe');
SELECT ff_audit_erase('alice', 'chain');
SELECT count(*) FROM ff.flag_versions v JOIN ff.flags f ON f.id = v.flag_id AND f.project_id = ff._project('chain') WHERE v::text ~ 'alice';
SELECT jsonb_path_query(v.document, '$.rules[*].when') FROM ff.flag_versions v JOIN ff.flags f ON f.id = v.flag_id AND f.project_id = ff._project('chain');
SELECT ff_flag_rollback('a', max(v.version)) > 1 FROM ff.flag_versions v JOIN ff.flags f ON f.id = v.flag_id AND f.project_id = ff._project('chain') WHERE v.document -> 'rules' <> '[]';
SELECT * FROM ff_audit_verify(:saved_number, :'saved_hash', 'chain');

-- a snapshot names whom an override is for
SELECT ff_override('a', 'y', user_key => 'yves') IS NOT NULL, ff_override('a', 'y', organization => 'yves') IS NOT NULL;
SELECT ff_snapshot_save('kept') IS NOT NULL, ff_snapshot_delete('kept');
SELECT ff_audit_erase('yves', 'chain');
SELECT a.table_name, a.action FROM chain a WHERE a.old::text ~ ':yves' OR a.new::text ~ ':yves';
SELECT * FROM ff_audit_verify(:saved_number, :'saved_hash', 'chain');

-- a name that JSON has to escape; a name that stands for something else as well
SELECT ff_flag_target('a', 'y', ARRAY[E'q"\\ \u00e9', 'y']);
SELECT ff_audit_erase(E'q"\\ \u00e9', 'chain');
SELECT v.document -> 'targets' FROM ff.flag_versions v JOIN ff.flags f ON f.id = v.flag_id AND f.project_id = ff._project('chain') ORDER BY v.version DESC LIMIT 1;
SELECT ff_audit_erase('y', 'chain') > 1;
SELECT v.document - 'salt' -> 'targets', v.document -> 'default', v.document -> 'off_variation' FROM ff.flag_versions v JOIN ff.flags f ON f.id = v.flag_id AND f.project_id = ff._project('chain') ORDER BY v.version DESC LIMIT 1;
SELECT * FROM ff_audit_verify(:saved_number, :'saved_hash', 'chain');
SELECT * FROM ff._verify_chain(NULL, NULL, NULL);
SELECT * FROM ff._verify_chain(gen_random_uuid(), 1, 'x');

-- entries past their time
SELECT ff_audit_retain(NULL);
SELECT ff_audit_retain('-1 day');
SELECT ff_audit_retain('1 day', 'no-such');
SELECT ff_audit_retain('1 day', 'chain');
SELECT count(*) FROM ff.audit_checkpoints WHERE project_id = ff._project('chain');
SELECT count(*) AS before FROM chain \gset
SELECT ff_audit_retain('0', 'chain') = :before;
SELECT a.number = :before + 1, a.table_name, a.action, a.new - 'hash' - 'number' - 'entries' FROM chain a;
SELECT c.number = :before, c.entries = :before FROM ff.audit_checkpoints c WHERE c.project_id = ff._project('chain');
SELECT * FROM ff_audit_verify(project => 'chain');
SELECT v.problem, v.detail ~ 'was retired' FROM ff_audit_verify(:saved_number, :'saved_hash', 'chain') v;
SELECT * FROM ff_audit_verify(:before, (SELECT encode(hash, 'hex') FROM ff.audit_checkpoints WHERE project_id = ff._project('chain')), 'chain');
SELECT v.problem FROM ff_audit_verify(:before, :'saved_hash', 'chain') v;
SELECT ff_flag_disable('a'), ff_flag_enable('a');
SELECT * FROM ff_audit_verify(project => 'chain');
SELECT regexp_replace(t, '\d+', 'N', 'g') FROM unnest(ARRAY[
	$$DELETE FROM ff.audit_checkpoints WHERE project_id = ff._project('chain')$$,
	$$UPDATE ff.audit_checkpoints SET hash = sha256('x') WHERE project_id = ff._project('chain')$$,
	$$DELETE FROM ff.audit_log WHERE action = 'retain' AND project_id = ff._project('chain')$$,
	$$INSERT INTO ff.audit_checkpoints SELECT project_id, number, hash, now(), 1 FROM ff.audit_log WHERE action = 'retain' AND project_id = ff._project('chain')$$,
	$$WITH gone AS (DELETE FROM ff.audit_log WHERE action = 'retain' AND project_id = ff._project('chain') RETURNING *)
		INSERT INTO ff.audit_checkpoints SELECT project_id, number, hash, now(), 1 FROM gone$$]) s, pg_temp.tampered(s) t;
SELECT ff_audit_retain('0', 'chain');
SELECT * FROM ff_audit_verify(project => 'chain');

-- a deleted project's chain goes by its id, that of the installation by nil
SELECT ff_project_delete('chain', true);
SELECT coalesce(max(number), 0) AS number, (array_agg(a.project_id))[1] AS id FROM ff.audit_log a WHERE a.table_name = 'projects' AND a.action = 'delete' AND a.old ->> 'key' = 'chain' \gset
SELECT * FROM ff_audit_verify(project => :'id');
SELECT project = :'id', number > 1 FROM ff_audit_head(:'id');
INSERT INTO ff.organizations (key, name) VALUES ('chain', 'Chain');
DELETE FROM ff.organizations WHERE key = 'chain';
SELECT * FROM ff_audit_verify(project => '00000000-0000-0000-0000-000000000000');

-- nobody but the owner takes anything out, unless the owner says so
CREATE ROLE regress_chain_admin;
CREATE ROLE regress_chain_officer;
SELECT ff_grant('regress_chain_admin', 'admin');
GRANT EXECUTE ON FUNCTION ff_audit_erase TO regress_chain_officer;
SET ROLE regress_chain_admin;
SELECT count(*) >= 0 FROM ff_audit_verify();
SELECT ff_audit_erase('bob');
SELECT ff_audit_retain('1 year');
SELECT ff._erase('bob', NULL);
SELECT ff._erase_from(:'id', 'bob');
SELECT ff._retain('1 year', NULL);
UPDATE ff.audit_checkpoints SET number = 1;
RESET ROLE;
SET ROLE regress_chain_officer;
SELECT ff_audit_erase('bob', :'id') > 0;
SELECT count(*) FROM ff.audit_log;
RESET ROLE;
SELECT acting_role, action FROM ff.audit_log WHERE project_id = :'id' ORDER BY number DESC LIMIT 1;
SELECT * FROM ff_audit_verify(project => :'id');
REVOKE EXECUTE ON FUNCTION ff_audit_erase FROM regress_chain_officer;
SELECT ff_revoke('regress_chain_admin', 'admin'), ff_revoke('regress_chain_admin', 'evaluate');
DROP ROLE regress_chain_admin, regress_chain_officer;
