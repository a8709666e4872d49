-- What every configuration table does around a change.  Names tell the order
-- in which triggers of one event fire.  Those that keep versions right fire
-- ALWAYS: in logical replication, and where session_replication_role is set.
CREATE FUNCTION ff._lock_statement() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_lock_statement';
CREATE FUNCTION ff._end_statement() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_end_statement';
CREATE FUNCTION ff._move_version() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_move_version';
CREATE FUNCTION ff._version_guard() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_version_guard';
CREATE FUNCTION ff._refuse_truncate() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_refuse_truncate';
CREATE FUNCTION ff._audit() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_audit';
CREATE FUNCTION ff._record_history() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_record_history';
CREATE FUNCTION ff._audit_number() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_audit_number';

CREATE PROCEDURE ff._watch(name text, scope text, has_history boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format('CREATE TRIGGER ff_1_lock BEFORE INSERT OR UPDATE OR DELETE ON ff.%I
		FOR EACH STATEMENT EXECUTE FUNCTION ff._lock_statement()', name);
	EXECUTE format('ALTER TABLE ff.%I ENABLE ALWAYS TRIGGER ff_1_lock', name);
	EXECUTE format('CREATE TRIGGER ff_1_truncate BEFORE TRUNCATE ON ff.%I
		FOR EACH STATEMENT EXECUTE FUNCTION ff._refuse_truncate()', name);
	EXECUTE format('ALTER TABLE ff.%I ENABLE ALWAYS TRIGGER ff_1_truncate', name);
	IF scope IS NOT NULL THEN
		EXECUTE format('CREATE TRIGGER ff_2_move BEFORE INSERT OR UPDATE OR DELETE ON ff.%I
			FOR EACH ROW EXECUTE FUNCTION ff._move_version(%L)', name, scope);
		EXECUTE format('ALTER TABLE ff.%I ENABLE ALWAYS TRIGGER ff_2_move', name);
	END IF;
	EXECUTE format('CREATE TRIGGER ff_3_audit AFTER INSERT OR UPDATE OR DELETE ON ff.%I
		FOR EACH ROW EXECUTE FUNCTION ff._audit()', name);
	EXECUTE format('CREATE TRIGGER ff_5_end AFTER INSERT OR UPDATE OR DELETE ON ff.%I
		FOR EACH STATEMENT EXECUTE FUNCTION ff._end_statement()', name);
	EXECUTE format('ALTER TABLE ff.%I ENABLE ALWAYS TRIGGER ff_5_end', name);
	IF has_history THEN
		EXECUTE format('CREATE TRIGGER ff_4_history AFTER INSERT OR UPDATE OR DELETE ON ff.%I
			FOR EACH STATEMENT EXECUTE FUNCTION ff._record_history()', name);
	END IF;
END
$$;

CALL ff._watch('organizations', NULL, false);
CALL ff._watch('projects', 'projects', false);
CALL ff._watch('environments', 'environments', false);
CALL ff._watch('plans', 'project', false);
CALL ff._watch('flags', 'project', true);
CALL ff._watch('flag_settings', 'environment', true);
CALL ff._watch('prerequisites', 'flag', true);
CALL ff._watch('segments', 'project', false);
CALL ff._watch('imported_segments', 'environment', false);
CALL ff._watch('overrides', 'environment', true);
-- Lists may get millions of rows at once: one entry a statement and segment.
CREATE FUNCTION ff._move_members() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_move_members';
CREATE FUNCTION ff._audit_members() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_audit_members';
CREATE TRIGGER ff_3_audit_insert AFTER INSERT ON ff.segment_members REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION ff._audit_members();
CREATE TRIGGER ff_3_audit_update AFTER UPDATE ON ff.segment_members REFERENCING OLD TABLE AS removed NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION ff._audit_members();
CREATE TRIGGER ff_3_audit_delete AFTER DELETE ON ff.segment_members REFERENCING OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION ff._audit_members();
CREATE TRIGGER ff_1_lock BEFORE INSERT OR UPDATE OR DELETE ON ff.segment_members
	FOR EACH STATEMENT EXECUTE FUNCTION ff._lock_statement();
ALTER TABLE ff.segment_members ENABLE ALWAYS TRIGGER ff_1_lock;
CREATE TRIGGER ff_1_truncate BEFORE TRUNCATE ON ff.segment_members
	FOR EACH STATEMENT EXECUTE FUNCTION ff._refuse_truncate();
ALTER TABLE ff.segment_members ENABLE ALWAYS TRIGGER ff_1_truncate;
CREATE TRIGGER ff_2_move BEFORE INSERT OR UPDATE OR DELETE ON ff.segment_members
	FOR EACH ROW EXECUTE FUNCTION ff._move_members();
ALTER TABLE ff.segment_members ENABLE ALWAYS TRIGGER ff_2_move;
CREATE TRIGGER ff_5_end AFTER INSERT OR UPDATE OR DELETE ON ff.segment_members
	FOR EACH STATEMENT EXECUTE FUNCTION ff._end_statement();
ALTER TABLE ff.segment_members ENABLE ALWAYS TRIGGER ff_5_end;

CALL ff._watch('context_sources', 'project', false);
CALL ff._watch('schedules', 'environment', false);
CALL ff._watch('templates', NULL, false);
CALL ff._watch('snapshots', NULL, false);
CALL ff._watch('metric_sources', NULL, false);
CALL ff._watch('identity_sources', NULL, false);
CALL ff._watch('metrics', NULL, false);
CALL ff._watch('holdouts', 'project', false);
CALL ff._watch('exclusion_groups', 'project', false);
CALL ff._watch('experiments', 'environment', false);
CALL ff._watch('experiment_metrics', NULL, false);
CALL ff._watch('experiment_phases', NULL, false);
CALL ff._watch('experiment_looks', NULL, false);
CALL ff._watch('experiment_results', NULL, false);

CREATE TRIGGER ff_1_guard BEFORE INSERT OR UPDATE OR DELETE ON ff.versions
	FOR EACH ROW EXECUTE FUNCTION ff._version_guard();
ALTER TABLE ff.versions ENABLE ALWAYS TRIGGER ff_1_guard;
CREATE TRIGGER ff_1_truncate BEFORE TRUNCATE ON ff.versions
	FOR EACH STATEMENT EXECUTE FUNCTION ff._refuse_truncate();
ALTER TABLE ff.versions ENABLE ALWAYS TRIGGER ff_1_truncate;

-- Entries that arrive by logical replication, or by hand.
CREATE TRIGGER ff_1_number BEFORE INSERT OR UPDATE ON ff.audit_log
	FOR EACH ROW EXECUTE FUNCTION ff._audit_number();
ALTER TABLE ff.audit_log ENABLE ALWAYS TRIGGER ff_1_number;
CREATE TRIGGER ff_1_truncate BEFORE TRUNCATE ON ff.audit_log
	FOR EACH STATEMENT EXECUTE FUNCTION ff._refuse_truncate();
ALTER TABLE ff.audit_log ENABLE ALWAYS TRIGGER ff_1_truncate;
CREATE TRIGGER ff_1_truncate BEFORE TRUNCATE ON ff.audit_checkpoints
	FOR EACH STATEMENT EXECUTE FUNCTION ff._refuse_truncate();
ALTER TABLE ff.audit_checkpoints ENABLE ALWAYS TRIGGER ff_1_truncate;
