# A database with something of everything, and what it holds and answers: for
# tests that carry it elsewhere.
package Filled;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';

our @EXPORT = qw(application fill contents environments answers);

# All that ff holds, but for the versions, which are the database's own.
my @tables = qw(organizations projects environments plans flags flag_settings prerequisites segments imported_segments overrides audit_log audit_checkpoints flag_versions
	segment_members context_sources schedules templates snapshots metric_sources identity_sources metrics holdouts exclusion_groups experiments experiment_metrics experiment_phases
	experiment_results assignments exposures events event_inbox event_ids);

# The application's own table, which a source and a query read.
sub application
{
	my ($node, $database) = @_;
	$node->safe_psql($database, q{
		CREATE TABLE public.people (id text PRIMARY KEY, plan text, joined timestamptz DEFAULT '2026-01-01 00:00+00')});
	return;
}

sub fill
{
	my ($node, $database) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	application($node, $database);
	$node->safe_psql($database, q{
		INSERT INTO people SELECT 'user-' || i, CASE WHEN i % 4 = 0 THEN 'pro' ELSE 'free' END FROM generate_series(1, 999) i;
		CREATE EXTENSION featureflow;
		SET featureflow.change_reason = 'filling';
		SELECT ff_segment_create('staff', '{"attribute": "email", "op": "ends_with", "value": "@example.com"}');
		SELECT ff_segment_create('inner', '{"any": [{"segment": "staff"}, {"attribute": "plan", "op": "eq", "value": "pro"}]}');
		DO $$ BEGIN
			FOR i IN 1..30 LOOP
				PERFORM ff_flag_create('flag-' || i, client_visible => i % 2 = 0);
				PERFORM ff_flag_rollout('flag-' || i, i * 3);
				PERFORM ff_flag_target('flag-' || i, 'on', ARRAY['user-' || i, 'José']);
				IF i % 3 = 0 THEN PERFORM ff_flag_rules('flag-' || i, '[{"when": {"segment": "inner"}, "serve": true}]', 'staging'); END IF;
				IF i % 5 = 0 THEN PERFORM ff_flag_require('flag-' || i, 'flag-' || i - 1); END IF;
				IF i % 7 = 0 THEN PERFORM ff_flag_kill('flag-' || i, 'a "quoted" reason'); END IF;
			END LOOP;
		END $$;
		SELECT ff_flag_create('theme', 'string', '[{"key": "light", "value": "Light"}, {"key": "dark", "value": "Déjà vu"}]');
		SELECT ff_flag_default('theme', '{"split": {"light": 20.5, "dark": 79.5}}');
		SELECT ff_flag_rollback('flag-1', 2);
		SELECT ff_override('flag-1', 'on', user_key => 'user-9', reason => 'line' || chr(10) || 'break', expires => '2100-01-01');
		SELECT ff_override('flag-1', 'on', organization => 'acme');
		SELECT ff_plan_create('team', 15), ff_flag_plan('flag-2', 'team'), ff_flag_archive('flag-3'), ff_flag_delete('flag-7');
		SELECT ff_flag_schedule('flag-4', '2999-01-01', 'disable', reason => 'to come'), ff_flag_schedule('flag-4', '2999-01-01', 'serve', variation => 'on');
		-- one that has come and is in force, and one that was over before it came
		INSERT INTO ff.schedules (flag_id, environment_id, at, serve)
		SELECT f.id, e.id, now() - interval '1 hour', '"dark"' FROM ff.flags f JOIN ff.environments e USING (project_id)
		WHERE f.key = 'theme' AND e.key IN ('staging', 'production');
		SELECT ff_metric_source('people', 'people', 'id', 'joined', capture => true), ff_identity_source('people', 'people', 'plan', 'id'); SELECT ff_metric_create('buys', 'proportion', 'purchase'), ff_metric_create('errors', 'mean', 'error', 'decrease', 'Errors', 'All of them');
		SELECT ff_holdout_create('winter', 0.05), ff_exclusion_group_create('themes'), ff_experiment_create('tones', 'theme', '{buys}', guardrails => '{errors}'),
			ff_experiment_update('tones', '{"holdout": "winter", "exclusion_group": "themes", "exclusion_share": 0.9, "traffic": 0.9, "sticky": true}'),
			ff_experiment_start('tones'), ff_experiment_phase('tones'), ff_experiment_create('later', 'theme', '{buys}');
		SELECT count(ff_expose('user-' || i, 'theme')), count(ff_track('user-' || i, 'purchase', i, event_id => 'e' || i % 50, properties => '{"é": [1]}'))
			FROM generate_series(1, 100) i;
		SELECT ff_experiment_save('tones');
		INSERT INTO people VALUES ('user-1000', 'free', '2999-01-01 00:00+00');
		INSERT INTO ff.event_inbox (unit, event, value, event_id, properties) VALUES ('user-1', 'purchase', 1, 'e1', '{"é": [1]}'), ('user-1', 'purchase', 1, NULL, NULL);
		-- a list, and a query and a source on the application's own table
		SELECT ff_context_source('public.people', 'id'), ff_segment_create('crew'), ff_segment_add('crew', ARRAY['José'] || ARRAY(SELECT 'user-' || i FROM generate_series(1, 200) i)),
			ff_segment_query('payers', 'SELECT plan = ''pro'' FROM public.people WHERE id = $1');
		SELECT ff_experiment_exclude('later', 'crew');
		SELECT ff_flag_rules('flag-8', '[{"id": "crew", "when": {"segment": "crew"}, "serve": true}, {"id": "payers", "when": {"segment": "payers"}, "serve": false}]');
		-- imported flags, with segments and what they require
		SELECT ff_import('launchdarkly', '{"flags": {"base": {"key": "base", "on": true, "salt": "s", "variations": [true, false], "offVariation": 1,
				"fallthrough": {"rollout": {"variations": [{"variation": 0, "weight": 90000}, {"variation": 1, "weight": 10000}]}}},
			"from elsewhere": {"key": "from elsewhere", "on": true, "salt": "t", "variations": ["a", 2, null], "offVariation": 2,
				"prerequisites": [{"key": "base", "variation": 0}], "targets": [{"values": ["José"], "variation": 1}],
				"rules": [{"id": "r", "clauses": [{"attribute": "", "op": "segmentMatch", "values": ["größe"]}], "variation": 0}],
				"fallthrough": {"rollout": {"variations": [{"variation": 1, "weight": 50000}, {"variation": 2, "weight": 50000}]}}}},
			"segments": {"größe": {"key": "größe", "salt": "u", "included": ["user-1"], "rules": [{"clauses": [{"attribute": "", "op": "segmentMatch", "values": ["com"]}]}]},
				"com": {"key": "com", "salt": "v", "rules": [{"clauses": [{"attribute": "email", "op": "endsWith", "values": [".com"]}], "weight": 50000}]}}}', e)
		FROM unnest('{production,staging}'::text[]) e;
		SELECT ff_import('flagd', '{"flags": {"\"quoted\"": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
			"targeting": {"fractional": [["on", 30], ["off", 70]]}}}}');
		SELECT ff_override('from elsewhere', 'a', user_key => 'user-2');
		SELECT ff_template_save('flag', 'ours', 'flag-8', 'Our own', parameters => '{"percentage": 24}');
		SELECT ff_snapshot_save('monday', 'größer'), ff_flag_rollout('flag-8', 99);
		INSERT INTO ff.organizations (key, name) VALUES ('acme', 'Acme')});
	return;
}

sub contents
{
	my ($node, $database) = @_;
	my %contents;
	foreach my $table (@tables)
	{
		$contents{$table} = $node->safe_psql($database, "SELECT t::text FROM ff.$table t ORDER BY t::text COLLATE \"C\"");
	}
	$contents{partitions} = $node->safe_psql($database, q{
		SELECT tableoid::regclass::text COLLATE "C", count(*) FROM (SELECT tableoid FROM ff.exposures UNION ALL SELECT tableoid FROM ff.events) x GROUP BY 1 ORDER BY 1;
		SELECT i.indexrelid::regclass::text COLLATE "C", pg_get_indexdef(i.indexrelid) FROM pg_inherits h JOIN pg_index i ON i.indrelid = h.inhrelid
		WHERE h.inhparent IN ('ff.exposures'::regclass, 'ff.events'::regclass) ORDER BY 1});
	$contents{triggers} = $node->safe_psql($database, q{
		SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger
		WHERE tgrelid::regclass::text LIKE 'ff.%' AND NOT tgisinternal ORDER BY tgrelid::regclass::text COLLATE "C", tgname COLLATE "C"});
	return \%contents;
}

sub environments
{
	my ($node, $database) = @_;
	return $node->safe_psql($database, q{SELECT array_agg(p.key || '/' || e.key) FROM ff.projects p JOIN ff.environments e ON e.project_id = p.id});
}

# Of 1,000 users to all flags, in all environments or those given.
sub answers
{
	my ($node, $database, $environments) = @_;
	$environments //= environments($node, $database);
	return $node->safe_psql($database, qq{
		SELECT count(*), md5(string_agg(concat_ws('|', x.i, p.key, e.key, d.flag, d.value, d.variation, d.reason, d.rule, d.error_code, d.version, d.required_plan),
			',' ORDER BY x.i, p.key, e.key, d.flag))
		FROM ff.projects p JOIN ff.environments e ON e.project_id = p.id, generate_series(0, 999) x(i),
			ff_evaluate_all(CASE i WHEN 0 THEN 'José' ELSE 'user-' || i END,
				jsonb_build_object('email', 'u\@example.' || CASE WHEN i % 2 = 0 THEN 'com' ELSE 'org' END, 'organization', CASE WHEN i % 50 = 0 THEN 'acme' END),
				e.key, p.key) d
		WHERE p.key || '/' || e.key = ANY ('$environments')});
}

1;
