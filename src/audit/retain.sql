-- Deleting old entries: a checkpoint stands for them.

-- The last entry before the first that is kept; NULL: none goes.
CREATE FUNCTION ff._retire_up_to(chain uuid, kept_since timestamptz) RETURNS ff.audit_log
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a FROM ff.audit_log a
	WHERE a.project_id = chain AND a.number < coalesce(
		(SELECT min(k.number) FROM ff.audit_log k WHERE k.project_id = chain AND k.at >= kept_since), 9223372036854775807)
	ORDER BY a.number DESC LIMIT 1;
$$;

-- With the rights of the extension's owner.
CREATE FUNCTION ff._retain(keep interval, project text) RETURNS TABLE (chain uuid, entries bigint, document jsonb)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	last ff.audit_log;
BEGIN
	PERFORM ff._required('interval to keep', keep::text), ff._check_keep(keep);
	FOR chain IN SELECT c FROM ff._chains(project) c LOOP
		PERFORM ff._lock_project(chain);
		last := ff._retire_up_to(chain, now() - keep);
		IF last.number IS NULL THEN
			CONTINUE;
		END IF;
		DELETE FROM ff.audit_log a WHERE a.project_id = chain AND a.number <= last.number;
		GET DIAGNOSTICS entries = ROW_COUNT;
		INSERT INTO ff.audit_checkpoints (project_id, number, hash, entries) VALUES (chain, last.number, last.hash, entries);
		document := jsonb_build_object('number', last.number, 'hash', encode(last.hash, 'hex'), 'entries', entries);
		RETURN NEXT;
	END LOOP;
END;
$$;

CREATE FUNCTION @extschema@.ff_audit_retain(keep interval, project text DEFAULT NULL) RETURNS bigint
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_audit_retain';
COMMENT ON FUNCTION @extschema@.ff_audit_retain(interval, text) IS
'Deletes the entries of a project''s audit log, or of all where none is given, that are older than an interval, up to the first that is not. A checkpoint (ff.audit_checkpoints) with the number and hash of the last one stands for them, and an entry of action retain tells of it, so that the rest still verifies. Returns the number of entries deleted.
For the owner of the extension, who can grant it; not part of ff_grant. Errors: 22004 no interval, 22023 a negative one, 42704 no such project.';
