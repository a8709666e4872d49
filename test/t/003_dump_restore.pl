# A dump restored by the procedure (ff_pre_restore, restore, ff_post_restore)
# is identical: rows, sequences, answers, triggers.  Restored without it no
# row is lost; audit log and environments of a fresh installation may remain.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $folder = PostgreSQL::Test::Utils::tempdir();

# All that ff holds, but for the versions, which are the database's own.
my @tables = qw(organizations projects environments plans flags flag_settings prerequisites segments overrides audit_log audit_checkpoints flag_versions
	segment_members context_sources schedules templates snapshots metrics experiments experiment_metrics exposures events);

sub fill
{
	my ($database) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, q{
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
		SELECT ff_override('flag-1', 'on', user_key => 'user-9', reason => 'line' || chr(10) || 'break', expires => '2100-01-01');
		SELECT ff_override('flag-1', 'on', organization => 'acme');
		SELECT ff_plan_create('team', 15), ff_flag_plan('flag-2', 'team'), ff_flag_archive('flag-3'), ff_flag_delete('flag-7');
		SELECT ff_flag_rollback('flag-1', 2);
		SELECT ff_flag_schedule('flag-4', '2999-01-01', 'disable', reason => 'to come'), ff_flag_schedule('flag-4', '2999-01-01', 'serve', variation => 'on');
		-- one that has come and is in force, and one that was over before it came
		INSERT INTO ff.schedules (flag_id, environment_id, at, serve)
		SELECT f.id, e.id, now() - interval '1 hour', '"dark"' FROM ff.flags f JOIN ff.environments e USING (project_id)
		WHERE f.key = 'theme' AND e.key IN ('staging', 'production');
		SELECT ff_metric_create('buys', 'proportion', 'purchase'), ff_metric_create('errors', 'mean', 'error', 'decrease', 'Errors', 'All of them');
		SELECT ff_experiment_create('tones', 'theme', '{buys}', guardrails => '{errors}'), ff_experiment_start('tones'),
			ff_experiment_create('later', 'theme', '{buys}');
		SELECT count(ff_expose('user-' || i, 'theme')), count(ff_track('user-' || i, 'purchase', i, event_id => 'e' || i % 50, properties => '{"é": [1]}'))
			FROM generate_series(1, 100) i;
		-- the application's own table, a list and a query on it
		CREATE TABLE public.people (id text PRIMARY KEY, plan text);
		INSERT INTO public.people SELECT 'user-' || i, CASE WHEN i % 4 = 0 THEN 'pro' ELSE 'free' END FROM generate_series(1, 999) i;
		SELECT ff_context_source('public.people', 'id'), ff_segment_create('crew'), ff_segment_add('crew', ARRAY['José'] || ARRAY(SELECT 'user-' || i FROM generate_series(1, 200) i)),
			ff_segment_query('payers', 'SELECT plan = ''pro'' FROM public.people WHERE id = $1');
		SELECT ff_flag_rules('flag-8', '[{"id": "crew", "when": {"segment": "crew"}, "serve": true}, {"id": "payers", "when": {"segment": "payers"}, "serve": false}]');
		INSERT INTO ff.organizations (key, name) VALUES ('acme', 'Acme')});
	return;
}

sub contents
{
	my ($database) = @_;
	my %contents;
	foreach my $table (@tables)
	{
		$contents{$table} = $node->safe_psql($database, "SELECT t::text FROM ff.$table t ORDER BY t::text COLLATE \"C\"");
	}
	$contents{triggers} = $node->safe_psql($database, q{
		SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger
		WHERE tgrelid::regclass::text LIKE 'ff.%' AND NOT tgisinternal ORDER BY tgrelid::regclass::text COLLATE "C", tgname COLLATE "C"});
	$contents{sequences} = $node->safe_psql($database, q{
		SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE schemaname = 'ff' AND sequencename <> 'version_numbers' ORDER BY 1, 2});
	return \%contents;
}

# Of 1,000 users to all flags, in the environments that the source has.
sub answers
{
	my ($database, $environments) = @_;
	return $node->safe_psql($database, qq{
		SELECT count(*), md5(string_agg(concat_ws('|', x.i, p.key, e.key, d.flag, d.value, d.variation, d.reason, d.rule, d.error_code, d.version, d.required_plan),
			',' ORDER BY x.i, p.key, e.key, d.flag))
		FROM ff.projects p JOIN ff.environments e ON e.project_id = p.id, generate_series(0, 999) x(i),
			ff_evaluate_all(CASE i WHEN 0 THEN 'José' ELSE 'user-' || i END,
				jsonb_build_object('email', 'u\@example.' || CASE WHEN i % 2 = 0 THEN 'com' ELSE 'org' END, 'organization', CASE WHEN i % 50 = 0 THEN 'acme' END),
				e.key, p.key) d
		WHERE p.key || '/' || e.key = ANY ('$environments')});
}

# Whether the database works as one that was never restored.
sub works
{
	my ($database, $name) = @_;
	is($node->safe_psql($database, q{SELECT coalesce(current_setting('featureflow.restoring', true), 'off')}), 'off', "$name: not restoring any more");
	my $project = $node->safe_psql($database, q{SELECT p.key FROM ff.projects p JOIN ff.flags f ON f.project_id = p.id WHERE f.key = 'flag-1' ORDER BY 1 LIMIT 1});
	is($node->safe_psql($database, qq{
		SET featureflow.project = '$project';
		SELECT ff_is_enabled('nobody', 'flag-1', environment => 'staging'), ff_version(environment => 'staging') AS before \\gset
		SELECT ff_flag_default('flag-1', 'true', 'staging') \\g /dev/null
		SELECT ff_is_enabled('nobody', 'flag-1', environment => 'staging'), ff_version(environment => 'staging') > :before}),
		't|t', "$name: a change is seen, the version moves");
	is($node->safe_psql($database, q{
		SELECT count(*) FROM (SELECT project_id FROM ff.audit_log GROUP BY project_id
			HAVING count(*) <> max(number) - min(number) + 1 OR min(number) <> 1) gaps}), '0', "$name: audit numbers go on without a gap");
	is($node->safe_psql($database, q{
		SELECT (SELECT count(*) FROM ff.environments) = (SELECT count(*) FROM ff.versions v JOIN ff.environments e ON e.id = v.environment_id
			JOIN ff.projects p ON p.id = e.project_id AND (v.project_id, v.project_key, v.environment_key) = (p.id, p.key, e.key))}),
		't', "$name: one version row an environment");
	return;
}

# How a dump is made and restored.
my %format = (
	plain => sub {
		my ($from, $to) = @_;
		command_ok([ 'pg_dump', '-f', "$folder/plain.sql", $node->connstr($from) ], 'pg_dump');
		command_ok([ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$folder/plain.sql", $node->connstr($to) ], 'psql');
	},
	custom => sub {
		my ($from, $to) = @_;
		command_ok([ 'pg_dump', '-Fc', '-f', "$folder/custom", $node->connstr($from) ], 'pg_dump -Fc');
		command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr($to), "$folder/custom" ], 'pg_restore');
	},
	parallel => sub {
		my ($from, $to) = @_;
		command_ok([ 'pg_dump', '-Fc', '-f', "$folder/custom", $node->connstr($from) ], 'pg_dump -Fc');
		command_ok([ 'pg_restore', '--exit-on-error', '-j', '2', '-d', $node->connstr($to), "$folder/custom" ], 'pg_restore -j 2');
	},
	triggers_off => sub {
		my ($from, $to) = @_;
		$node->safe_psql($to, 'CREATE TABLE public.people (id text PRIMARY KEY, plan text)');	# data only
		command_ok([ 'pg_dump', '-Fc', '-f', "$folder/custom", $node->connstr($from) ], 'pg_dump -Fc');
		command_ok([ 'pg_restore', '--exit-on-error', '--data-only', '--disable-triggers', '-d', $node->connstr($to), "$folder/custom" ], 'pg_restore --disable-triggers');
	});

my (%contents, %answers);

sub restores
{
	my ($from, $format, $procedure) = @_;
	my $name = "$from, $format, " . ($procedure ? 'with' : 'without') . ' the procedure';
	my $database = 'restored';
	$node->safe_psql('postgres', "DROP DATABASE IF EXISTS $database");
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION featureflow') if $procedure || $format eq 'triggers_off';
	$node->safe_psql($database, 'SELECT ff_pre_restore()') if $procedure;
	$format{$format}->($from, $database);
	$node->safe_psql($database, 'SELECT ff_post_restore()') if $procedure;

	my $before = $contents{$from} //= contents($from);
	my $after = contents($database);
	foreach my $what (sort keys %$before)
	{
		if ($procedure || $what !~ /^(audit_log|environments)$/)
		{
			is($after->{$what}, $before->{$what}, "$name: $what");
		}
		else
		{
			my %there = map { $_ => 1 } split /\n(?=\()/, $after->{$what};
			is_deeply([ grep { !$there{$_} } split /\n(?=\()/, $before->{$what} ], [], "$name: nothing of $what is lost");
		}
	}
	my $environments = $node->safe_psql($from, q{SELECT array_agg(p.key || '/' || e.key) FROM ff.projects p JOIN ff.environments e ON e.project_id = p.id});
	is(answers($database, $environments), $answers{$from} //= answers($from, $environments), "$name: the same answers");
	works($database, $name) if $procedure;
	return;
}

fill('one');
$node->safe_psql('one', q{SELECT ff_environment_lock('production', 'kept through the restore')});
restores('one', $_, 1) foreach qw(plain custom parallel triggers_off);
restores('one', $_, 0) foreach qw(custom parallel);

# Several projects and organizations; the default ones renamed or gone.
fill('many');
$node->safe_psql('many', q{
	SELECT ff_project_update('default', key => 'main'), ff_environment_update('production', key => 'live', project => 'main'),
		ff_environment_delete('development', 'main');
	SELECT ff_project_create('default'), ff_flag_create('flag-1', project => 'default'), ff_flag_rollout('flag-1', 40, project => 'default');
	SELECT ff_project_create('shop', environments => '{production,preview}', organization => 'acme'), ff_flag_create('flag-2', project => 'shop');
	UPDATE ff.organizations SET key = 'home' WHERE key = 'default'});
restores('many', 'parallel', 1);
restores('many', 'plain', 0);

# The procedure is for a fresh database, and for superusers.
my ($stdout, $stderr);
isnt($node->psql('one', 'SELECT ff_pre_restore()', stderr => \$stderr), 0, 'ff_pre_restore refuses a database in use');
like($stderr, qr/no longer as CREATE EXTENSION left it/, 'and says so');

$node->stop;
done_testing();
