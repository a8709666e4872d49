-- Evaluation as of a time.

CREATE TYPE ff.evaluation_at AS (flag text, value jsonb, variation text, reason text, rule text,
	error_code text, version int, required_plan text, variation_index int, provider_reason jsonb, metadata jsonb, certain boolean, changed_at timestamptz, clock text, notes text[]);
COMMENT ON TYPE ff.evaluation_at IS 'An answer of ff_evaluate_at.';

CREATE FUNCTION @extschema@.ff_evaluate_at(user_key text, flag text, at timestamptz, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS ff.evaluation_at
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_evaluate_at';
COMMENT ON FUNCTION @extschema@.ff_evaluate_at(text, text, timestamptz, jsonb, text, text) IS
'What ff_evaluate_detail would have answered at a time: by the flag, its prerequisites, segments, overrides, schedule and the plans as they were then, with the clock standing at that time. Attributes are those passed. Environment and project go by their keys of today, the flag by its key then. Session overrides have no part in it.
The first eleven columns are those of ff_evaluate_detail. certain: false where something that the answer hangs on is not known as of then; notes say what. changed_at: when the newest change of the project that counts was made; clock: how that is known: commit (track_commit_timestamp is on and still has it) or statement (when its last entry was written, shortly before its commit); both NULL: nothing had been changed yet.
The lists of segments are known exactly where the audit log names who came and went (up to 100 users a statement). Context sources and queries of segments are read as they are today.
Errors: 22004 no time, 22023 an infinite time, 55000 the audit log no longer reaches back so far (ff_audit_retain). For administrators and roles granted ff_grant(role, ''evaluate'').';
