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

CREATE FUNCTION @extschema@.ff_experiment_update(experiment text, settings jsonb, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
BEGIN
	x := ff._with_options(format('experiment "%s"', x.key), x, ff._required('list of settings', settings::text)::jsonb, '{activation_event,analysis,dimensions,hypothesis,name,traffic}');
	UPDATE ff.experiments t SET name = ff._name(x.key, x.name), hypothesis = nullif(x.hypothesis, ''), activation_event = x.activation_event,
		analysis = coalesce(x.analysis, '{}'), dimensions = coalesce(x.dimensions, '{}'), traffic = coalesce(x.traffic, 1)
	WHERE t.id = x.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_update IS
'Changes settings of an experiment; what is not named stays, and null is as if it had never been given. settings: {"name", "hypothesis", "analysis": the options of ff_experiment_stats that hold for all readers, "dimensions": up to 20 attributes of users that ff_expose writes down with an exposure, for segments and strata, "activation_event": units count from their first event of this name on after they were exposed, "traffic": the share of units that takes part, from 0 to 1 in steps of 0.00001; the others get the control and are not exposed}.
The share goes by buckets of its own: a higher one keeps all who take part, a lower one lets some of them go to the control. It can change until the experiment is completed. Errors: 42704 an unknown experiment or project, 22023 an unknown setting or value, or traffic on an imported flag, 22004 no settings, 55000 what cannot change any more, 55006 the experiment runs in a locked environment.';
