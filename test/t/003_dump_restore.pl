# A dump restored by the procedure (ff_pre_restore, restore, ff_post_restore)
# is identical: rows, answers, triggers.  Restored without it no
# row is lost; audit log and environments of a fresh installation may remain.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Filled;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $folder = PostgreSQL::Test::Utils::tempdir();

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
	application($node, $database) if $format eq 'triggers_off';
	$format{$format}->($from, $database);
	$node->safe_psql($database, 'SELECT ff_post_restore()') if $procedure;

	my $before = $contents{$from} //= contents($node, $from);
	my $after = contents($node, $database);
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
	is(answers($node, $database, environments($node, $from)), $answers{$from} //= answers($node, $from), "$name: the same answers");
	works($database, $name) if $procedure;
	return;
}

fill($node, 'one');
$node->safe_psql('one', q{SELECT ff_environment_lock('production', 'kept through the restore')});
restores('one', $_, 1) foreach qw(plain custom parallel triggers_off);
restores('one', $_, 0) foreach qw(custom parallel);

# Several projects and organizations; the default ones renamed or gone.
fill($node, 'many');
$node->safe_psql('many', q{
	SELECT ff_project_update('default', key => 'main'), ff_environment_update('production', key => 'live', project => 'main'),
		ff_environment_delete('development', 'main');
	SELECT ff_project_create('default'), ff_flag_create('flag-1', project => 'default'), ff_flag_rollout('flag-1', 40, project => 'default');
	SELECT ff_project_create('shop', environments => '{production,preview}', organization => 'acme'), ff_flag_create('flag-2', project => 'shop');
	UPDATE ff.organizations SET key = 'home' WHERE key = 'default';
	INSERT INTO ff.events (unit, event, at, project) VALUES ('u', 'e', '2020-01-01', 'shop');
	SELECT count(*) FROM ff_partitions_maintain(unit => 'week')});
like(contents($node, 'many')->{partitions}, qr/^ff\.events_\d{8}\|\d+\nff\.events_default\|1\nff\.exposures_\d{8}\|\d+\n/, 'rows in partitions');
restores('many', 'parallel', 1);
restores('many', 'plain', 0);

# The procedure is for a fresh database, and for superusers.
my ($stdout, $stderr);
isnt($node->psql('one', 'SELECT ff_pre_restore()', stderr => \$stderr), 0, 'ff_pre_restore refuses a database in use');
like($stderr, qr/no longer as CREATE EXTENSION left it/, 'and says so');

$node->stop;
done_testing();
