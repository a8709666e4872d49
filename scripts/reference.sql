-- Writes docs/reference.md, in a database that has the extension, of a server that
-- has it in shared_preload_libraries, as some settings are there only then:
--   psql -XAtq -f scripts/reference.sql > docs/reference.md
-- test/t/090_docs.pl compares the two.

SET client_min_messages = warning;
LOAD 'featureflow';

CREATE TEMP TABLE functions AS
SELECT p.oid, p.proname::text AS name,
	-- 'text'::text and NULL::text are 'text' and NULL to a reader
	regexp_replace(pg_get_function_arguments(p.oid),
		'::(text|jsonb|numeric|integer|boolean|timestamp with time zone)(\[\])?', '', 'g') AS arguments,
	pg_get_function_result(p.oid) AS result,
	obj_description(p.oid, 'pg_proc') AS comment,
	CASE
		WHEN p.proname ~ '^ff_(evaluate|is_enabled|string|number|json|explain|enabled_flags|public_flags|in_segment|bucket|ruleset|impact)' THEN 1
		WHEN p.proname ~ '^ff_(moments|cross_moments|quantile|compare|adjusted|pooled_z|fieller|fisher|wilson|newcombe|miettinen_nurminen|mann_whitney'
			'|bootstrap|norm|t|chi2)(_|$)' THEN 8
		WHEN p.proname ~ '^ff_(srm|imbalance|interaction|segment_effects|mantel_haenszel|cochran_q|scaled_impact|guardrail|holm|benjamini_hochberg'
			'|preferential_bonferroni|bandit|bayes|posterior|confidence_sequence|msprt|gst|power|mde|sample_size|duration)(_|$)' THEN 8
		WHEN p.proname ~ '^ff_(flag_users|flag_usage|adoption|activation|funnel|user_journey)$' THEN 7
		WHEN p.proname ~ '^ff_(flags?|variation|graph|template)s?(_|$)' THEN 2
		WHEN p.proname = 'ff_segment_scan' THEN 7
		WHEN p.proname ~ '^ff_segment|^ff_context' THEN 3
		WHEN p.proname ~ '^ff_override' THEN 4
		WHEN p.proname ~ '^ff_schedule' THEN 5
		WHEN p.proname ~ '^ff_(project|environment|plan|snapshot)_' THEN 6
		WHEN p.proname ~ '^ff_(metric|identity|experiment|expos|track|usage|evaluation_log|event_ids|events|partitions|holdout|exclusion_group)' THEN 7
		WHEN p.proname ~ '^ff_(import|export|verify_import|yaml|from_yaml)' THEN 9
		WHEN p.proname ~ '^ff_(audit|change|version)' THEN 10
		WHEN p.proname ~ '^ff_(session_|assert)' THEN 11
		WHEN p.proname ~ '^ff_(sample|onboarding)' THEN 12
		WHEN p.proname ~ '^ff_(grant|revoke|pre_restore|post_restore)' THEN 13
	END AS section
FROM pg_proc p
JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'featureflow'
WHERE p.proname LIKE 'ff\_%' AND p.prorettype <> 'trigger'::regtype;

-- a function that no section takes is an error, not left out
ALTER TABLE functions ALTER section SET NOT NULL;

CREATE FUNCTION pg_temp.signature(f functions) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN length(x.one_line) <= 100 THEN x.one_line
		ELSE format(E'%s(%s)\n  returns %s', f.name, E'\n    ' || replace(nullif(f.arguments, ''), ', ', E',\n    '),
			CASE WHEN length(f.result) <= 90 THEN f.result
				ELSE replace(replace(f.result, 'TABLE(', E'TABLE(\n    '), ', ', E',\n    ') END) END
	FROM (SELECT format('%s(%s) returns %s', f.name, f.arguments, f.result) AS one_line) x
$$;

SELECT $$# Reference

Arguments in the order in which they are written; those with a default may be left out, and are best given by name:
`ff_is_enabled('user-1', 'checkout', fallback => true)`. An omitted environment is the setting `featureflow.environment`, an omitted
project is `featureflow.project`. What goes wrong in an administration function is an error with an SQLSTATE, and nothing is
changed; evaluation raises no errors.

This page is written by `scripts/reference.sql` from the comments in the database: `\df+ ff_*` shows the same.$$;

SELECT string_agg(CASE WHEN first THEN format(E'\n## %s\n\n', title) ELSE E'\n' END
	|| format(E'### %s\n\n```\n%s\n```\n\n%s', name, signature, comment), E'\n' ORDER BY section, name COLLATE "C", arguments)
FROM (
	SELECT f.name, f.arguments, f.comment, f.section, t.title, pg_temp.signature(f) AS signature,
		row_number() OVER (PARTITION BY f.section ORDER BY f.name COLLATE "C", f.arguments) = 1 AS first
	FROM functions f
	JOIN (VALUES (1, 'Evaluation'), (2, 'Flags and templates'), (3, 'Segments and context sources'), (4, 'Overrides'), (5, 'Schedules'),
		(6, 'Projects, environments, plans and snapshots'), (7, 'Experiments and events'), (8, 'Statistics'), (9, 'Import and export'),
		(10, 'Audit and changes'), (11, 'Testing'), (12, 'Getting started'), (13, 'Rights and restoring')) t(section, title) USING (section)) x;

SELECT format(E'\nThe type `ff.evaluation` has the columns %s.', string_agg(a.attname || ' ' || format_type(a.atttypid, -1), ', ' ORDER BY a.attnum))
FROM pg_attribute a WHERE a.attrelid = 'ff.evaluation'::regclass AND a.attnum > 0;

SELECT E'\n## Settings\n\n| setting | default | who sets it | |\n|---|---|---|---|';
-- settings that changes heed are defined at a session's first change
SELECT 1 FROM ff._lock_project('00000000-0000-0000-0000-000000000000') \g /dev/null
SELECT format('| `%s` | %s | %s | %s |', name, coalesce('`' || nullif(boot_val, '') || coalesce(' ' || unit, '') || '`', ''),
	CASE context WHEN 'user' THEN 'anybody' WHEN 'superuser' THEN 'superusers' ELSE '`postgresql.conf`' END, concat_ws(' ', short_desc, extra_desc))
FROM pg_settings WHERE name LIKE 'featureflow.%' ORDER BY name;

SELECT E'\n## Views\n\n| view | columns | |\n|---|---|---|';
SELECT format('| `ff.%s` | %s | %s |', c.relname,
	(SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
	coalesce(replace(obj_description(c.oid, 'pg_class'), E'\n', ' '), ''))
FROM pg_class c WHERE c.relnamespace = 'ff'::regnamespace AND c.relkind = 'v' ORDER BY c.relname;

SELECT E'\n## Tables\n\nAdministrators may read all, and write those that hold configuration like any table: triggers keep versions, log and history.\n\n| table | columns |\n|---|---|';
SELECT format('| `ff.%s` | %s |', c.relname,
	(SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
FROM pg_class c WHERE c.relnamespace = 'ff'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname;
