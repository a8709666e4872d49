-- Settings of an experiment that can be changed.

-- What is wrong with settings of an experiment; NULL: nothing.
CREATE FUNCTION ff._experiment_fault(x ff.experiments) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.fault FROM (VALUES
		(x.name IS NULL OR x.name = '', 'an experiment needs a name'),
		(x.traffic IS NULL OR x.traffic NOT BETWEEN 0 AND 1 OR x.traffic <> round(x.traffic, 5), 'the traffic of an experiment is a share from 0 to 1, in steps of 0.00001'),
		(length(x.activation_event) NOT BETWEEN 1 AND 255, 'the name of an event has 1 to 255 characters'),
		(cardinality(x.dimensions) > 20, 'an experiment has at most 20 dimensions'),
		(array_position(x.dimensions, NULL) IS NOT NULL OR cardinality(x.dimensions) > 0 AND array_ndims(x.dimensions) <> 1, 'dimensions are a list of attributes'),
		(EXISTS (SELECT FROM unnest(x.dimensions) d WHERE length(d) NOT BETWEEN 1 AND 255), 'the name of an attribute has 1 to 255 characters'),
		(cardinality(x.dimensions) > (SELECT count(DISTINCT d) FROM unnest(x.dimensions) d), 'a dimension stands twice')) f(is_so, fault)
	WHERE f.is_so LIMIT 1;
$$;

-- The settings as a caller names them.
CREATE TYPE ff.experiment_settings AS (activation_event text, analysis jsonb, dimensions text[], exclusion_group text, exclusion_share numeric,
	holdout text, hypothesis text, identity text, name text, sticky boolean, traffic numeric);
COMMENT ON TYPE ff.experiment_settings IS 'What ff_experiment_update changes, whose comment says what each is.';

CREATE FUNCTION ff._experiment_settings(x ff.experiments) RETURNS ff.experiment_settings
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT x.activation_event, x.analysis, x.dimensions, (SELECT g.key FROM ff.exclusion_groups g WHERE g.id = x.exclusion_group_id),
		trim_scale((x.exclusion_to - x.exclusion_from) / 100000.0), (SELECT h.key FROM ff.holdouts h WHERE h.id = x.holdout_id),
		x.hypothesis, (SELECT i.key FROM ff.identity_sources i WHERE i.id = x.identity_source_id), x.name, x.sticky, x.traffic;
$$;

-- Those that are not as they are for all.
CREATE FUNCTION ff._unusual_settings(x ff.experiments) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_strip_nulls(to_jsonb(ff._experiment_settings(x)) - '{name,hypothesis}'::text[]
		- CASE WHEN x.traffic = 1 THEN '{traffic}'::text[] ELSE '{}' END - CASE WHEN x.sticky THEN '{}'::text[] ELSE '{sticky}' END
		- CASE WHEN x.dimensions = '{}' THEN '{dimensions}'::text[] ELSE '{}' END - CASE WHEN x.analysis = '{}' THEN '{analysis}'::text[] ELSE '{}' END);
$$;

-- An experiment with settings in place of those that it has, not stored yet.
CREATE FUNCTION ff._with_settings(x ff.experiments, s ff.experiment_settings) RETURNS ff.experiments
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	x := ff._with_group(x, s.exclusion_group, s.exclusion_share);
	x.holdout_id := CASE WHEN s.holdout IS NOT NULL THEN (ff._holdout(x.project_id, s.holdout)).id END;
	x.identity_source_id := CASE WHEN s.identity IS NOT NULL THEN (ff._identity_source(x.project_id, s.identity)).id END;
	x.activation_event := s.activation_event;
	x.analysis := coalesce(s.analysis, '{}');
	x.dimensions := coalesce(s.dimensions, '{}');
	x.hypothesis := nullif(s.hypothesis, '');
	x.name := ff._name(x.key, s.name);
	x.sticky := coalesce(s.sticky, false);
	x.traffic := coalesce(s.traffic, 1);
	RETURN x;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_update(experiment text, settings jsonb, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
	settings jsonb := ff._object(settings);
	s ff.experiment_settings;
BEGIN
	PERFORM ff._required('list of settings', settings::text);
	s := ff._with_options(format('experiment "%s"', x.key), ff._experiment_settings(x), settings,
		'{activation_event,analysis,dimensions,exclusion_group,exclusion_share,holdout,hypothesis,identity,name,sticky,traffic}');
	IF s.exclusion_group IS NULL AND settings ->> 'exclusion_share' IS NOT NULL THEN
		RAISE EXCEPTION 'experiment "%" is in no exclusion group of which it could have a share', x.key USING ERRCODE = 'invalid_parameter_value';
	END IF;
	x := ff._with_settings(x, s);
	UPDATE ff.experiments t SET name = x.name, hypothesis = x.hypothesis, activation_event = x.activation_event, analysis = x.analysis, dimensions = x.dimensions, identity_source_id = x.identity_source_id,
		sticky = x.sticky, traffic = x.traffic, holdout_id = x.holdout_id, exclusion_group_id = x.exclusion_group_id, exclusion_from = x.exclusion_from, exclusion_to = x.exclusion_to
	WHERE t.id = x.id;
	IF settings ? 'analysis' THEN
		PERFORM ff._call_options(x, '{}');
	END IF;
	PERFORM ff._check_now('experiment', x.id);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_update IS
'Changes settings of an experiment; what is not named stays, and null is as if it had never been given. settings: {"name", "hypothesis", "analysis": the options of ff_experiment_stats that hold for all readers, "dimensions": up to 20 attributes of users that ff_expose writes down with an exposure, for segments and strata, "activation_event": units count from their first event of this name on after they were exposed, "identity": by this ff_identity_source anonymous units count as users, "traffic": the share of units that takes part, from 0 to 1 in steps of 0.00001; the others get the control and are not exposed, "exclusion_group": a unit takes part in one experiment of this group at most, "exclusion_share": of the group''s units, that this experiment has, "holdout": those who are in this holdout get the control, "sticky": a unit keeps the variation that it is exposed to first, whatever becomes of the weights}.
The share goes by buckets of its own: a higher one keeps all who take part, a lower one lets some of them go to the control. It can change until the experiment is completed, group, holdout and stickiness while it is a draft. Errors: 42704 an unknown experiment, project, group, holdout or identity source, or options that name a variation, metric or phase which the experiment does not have, 22023 an unknown setting or value, or traffic on an imported flag, 22004 no settings, 55000 what cannot change any more, or no such share of the group is left, 55006 the experiment runs in a locked environment.';
