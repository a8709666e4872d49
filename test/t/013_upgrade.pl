# From one server to another: by pg_upgrade, and by a dump restored by the
# procedure.  Rows, answers, rights and the chain are the same afterwards, and
# it goes on from there.
#
# FF_OLDER is the server that all comes from, a folder with bin and lib;
# without it, it is of the version that the tests run with.

use strict;
use warnings FATAL => 'all';
use Cwd;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Filled;

my $older_folder = $ENV{FF_OLDER};
die "FF_OLDER: no server in $older_folder" if $older_folder && !-x "$older_folder/bin/pg_ctl";
my $folder = PostgreSQL::Test::Utils::tempdir();
my %before;

# What no other version makes by default is asked for: both must agree.
sub cluster
{
	my ($name, @options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, @options);
	$node->init(extra => [ '--data-checksums', '--encoding=UTF8', '--locale=en_US.UTF-8' ]);
	$node->append_conf('postgresql.conf', 'autovacuum = off');
	return $node;
}

my $older = cluster('older', $older_folder ? (install_path => $older_folder) : ());
$older->start;
my $newer = cluster('newer');

# Whether the newer server takes a table of the older one at all.  15.20 keeps
# notes in the options of columns, of which pg_dump 18.6 does not know.
sub fits
{
	$older->safe_psql('postgres', 'CREATE TABLE plain (a int)');
	$newer->start;
	my $taken = run_log([ 'pg_dump', '-t', 'plain', '-f', "$folder/plain", $older->connstr('postgres') ])
		&& run_log([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', "$folder/plain", $newer->connstr('postgres') ]);
	$_->safe_psql('postgres', 'DROP TABLE IF EXISTS plain') foreach $older, $newer;
	$newer->stop;
	return $taken;
}

if ($older_folder && !fits())
{
	SKIP: { skip('the newer server does not take tables of FF_OLDER: the same version upgrades instead', 1); }
	$older->stop;
	undef $older_folder;
	$older = cluster('same');
	$older->start;
}

# --- before -------------------------------------------------------------------

fill($older, 'one');
$older->safe_psql('one', 'SELECT count(*) FROM ff_partitions_maintain()');
$older->safe_psql('one', q{
	CREATE ROLE reader; CREATE ROLE manager; CREATE ROLE nobody;
	SELECT ff_grant('reader', 'evaluate'), ff_grant('manager', 'admin');
	GRANT SELECT ON people TO reader, manager;
	ALTER ROLE reader IN DATABASE one SET featureflow.environment = 'staging';
	ALTER DATABASE one SET featureflow.allow_overrides = on;
	-- of the application: what depends on functions, types and aggregates
	CREATE VIEW eligible AS SELECT id FROM people WHERE ff_is_enabled(id, 'flag-8');
	CREATE TABLE parts AS SELECT i % 7 AS part, ff_moments(i / 7.0) AS m FROM generate_series(1, 1000) i GROUP BY 1;
	CREATE TABLE guarded (id text);
	INSERT INTO guarded SELECT id FROM people;
	ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
	CREATE POLICY flagged ON guarded TO reader USING (ff_is_enabled(id, 'flag-2'));
	GRANT SELECT ON guarded TO reader;
	-- a log with a checkpoint, of which a person was erased
	SELECT ff_project_create('shop'), ff_flag_create('a', project => 'shop'), ff_flag_target('a', 'on', '{Zoë}', project => 'shop');
	SELECT ff_audit_erase('Zoë', 'shop'), ff_audit_retain('0', 'shop'), ff_flag_disable('a', project => 'shop');
	SELECT ff_environment_lock('production', 'kept', project => 'shop')});

# What applications see, by those who may; each line a question.
sub seen
{
	my ($node, $database) = @_;
	return $node->safe_psql($database, q{
		SELECT count(*), min(id), max(id) FROM eligible;
		SELECT part, m, ff_moments_mean(m) FROM parts ORDER BY part;
		SELECT stage, outcome, detail FROM ff_explain('user-400', 'flag-8');
		SELECT kind, key, environment, path, old, new FROM ff_snapshot_compare('monday') ORDER BY 1, 2, 3, 4;
		SELECT metric, variation, n, mean, lift, p_value FROM ff_experiment_stats('tones') ORDER BY 1, 2;
		SELECT at, flag, environment, what FROM ff_schedule() ORDER BY 1, 2, 3, 4;
		SELECT key, name, parameters FROM ff_templates() ORDER BY 1;
		SET ROLE reader;
		SELECT count(*), min(id), max(id) FROM guarded;
		SELECT ff_in_segment('user-1', 'crew'), ff_in_segment('user-201', 'crew'), ff_in_segment('user-8', 'payers'), ff_in_segment('user-9', 'payers')});
}

# Whom the installation refuses.
sub refuses
{
	my ($node, $database, $name) = @_;
	my %refused = (
		reader => [ q{SELECT ff_flag_disable('flag-1')}, 'permission denied for function ff_flag_disable' ],
		nobody => [ q{SELECT ff_expose('u', 'flag-1')}, 'permission denied for function ff_expose' ]);
	foreach my $role (sort keys %refused)
	{
		my ($sql, $message) = @{ $refused{$role} };
		my $stderr;
		isnt($node->psql($database, "SET ROLE $role; $sql", stderr => \$stderr), 0, "$name: $role is refused");
		like($stderr, qr/$message/, "$name: and told so");
	}
	return;
}

sub head { my ($node, $database) = @_; return $node->safe_psql($database, 'SELECT project, number, hash FROM ff_audit_head()'); }
sub whole { my ($node, $database, $name) = @_; is($node->safe_psql($database, 'SELECT * FROM ff_audit_verify()'), '', "$name: the chain is whole"); return; }

%before = (%{ contents($older, 'one') }, answers => answers($older, 'one'), seen => seen($older, 'one'), head => head($older, 'one'));
isnt($before{$_}, '', "there is $_") foreach sort keys %before;
whole($older, 'one', 'older');
refuses($older, 'one', 'older');
my $version = $older->safe_psql('one', 'SELECT ff_version()');

# --- after --------------------------------------------------------------------

sub same
{
	my ($database, $name) = @_;
	my %after = (%{ contents($newer, $database) }, answers => answers($newer, $database), seen => seen($newer, $database), head => head($newer, $database));
	is($after{$_}, $before{$_}, "$name: the same $_") foreach sort keys %before;
	whole($newer, $database, $name);
	refuses($newer, $database, $name);
	return;
}

sub goes_on
{
	my ($database, $name) = @_;
	my $since = $newer->safe_psql($database, 'SELECT ff_version()');
	is($newer->safe_psql($database, "SELECT count(*) FROM ff_changes(since => $since)"), '0', "$name: nothing has changed");
	is($newer->safe_psql($database, q{
		SET ROLE manager;
		SELECT ff_is_enabled('new', 'flag-9');
		SELECT ff_flag_default('flag-9', 'true'), ff_segment_add('crew', '{new}'), ff_override('flag-2', 'on', user_key => 'new') \g /dev/null
		SELECT ff_is_enabled('new', 'flag-9'), ff_is_enabled('new', 'flag-2'), ff_in_segment('new', 'crew')}),
		"f\nt|t|t", "$name: changes are seen");
	is($newer->safe_psql($database, q{
		SELECT count(*) AS before FROM ff.events \gset
		SET ROLE reader;
		SELECT ff_track('user-3', 'purchase', 3, event_id => 'new') \g /dev/null
		RESET ROLE;
		SELECT count(*) - :before FROM ff.events}), '1', "$name: an event is taken");
	cmp_ok($newer->safe_psql($database, 'SELECT ff_version()'), '>', $since, "$name: the version moves");
	is($newer->safe_psql($database, q{SELECT who, count(*) FROM ff.audit_recent WHERE who = 'manager' GROUP BY 1}), 'manager|3', "$name: and the log tells by whom");
	whole($newer, $database, "$name, changed");
	$newer->safe_psql($database, q{SELECT * FROM ff_snapshot_restore('monday')});
	is($newer->safe_psql($database, q{SELECT ff_is_enabled('new', 'flag-9')}), 'f', "$name: a snapshot is restored");
	whole($newer, $database, "$name, put back");
	return;
}

my $dump = "$folder/dump";
$newer->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $older->connstr('one') ], 'the newer pg_dump dumps the older server');

# pg_upgrade leaves files in the directory where it runs.
sub upgrade
{
	my $older_bin = $older_folder ? "$older_folder/bin" : $newer->config_data('--bindir');
	my @environment = $older_folder ? ('env', join ':', "LD_LIBRARY_PATH=$older_folder/lib", $ENV{LD_LIBRARY_PATH} // ()) : ();
	my $here = getcwd();
	chdir $folder or die "$folder: $!";
	command_ok(
		[ @environment, 'pg_upgrade', '--no-sync', '-d', $older->data_dir, '-D', $newer->data_dir, '-b', $older_bin, '-B', $newer->config_data('--bindir'),
			'-s', $newer->host, '-p', $older->port, '-P', $newer->port ],
		'pg_upgrade');
	chdir $here or die "$here: $!";
	return;
}

$older->stop;
upgrade();
$newer->start;
same('one', 'upgraded');
is($newer->safe_psql('one', 'SELECT ff_version()'), $version, 'upgraded: the same version');
is($newer->safe_psql('one', 'SHOW featureflow.allow_overrides'), 'on', 'upgraded: settings of the database are kept');
goes_on('one', 'upgraded');

$newer->safe_psql('postgres', 'CREATE DATABASE restored');
$newer->safe_psql('restored', 'CREATE EXTENSION featureflow; SELECT ff_pre_restore()');
$newer->command_ok([ 'pg_restore', '--exit-on-error', '-j', '2', '-d', $newer->connstr('restored'), $dump ], 'the dump is restored');
$newer->safe_psql('restored', 'SELECT ff_post_restore()');
same('restored', 'restored');
goes_on('restored', 'restored');

$newer->stop;
done_testing();
