# Logical replication of the configuration tables: the subscriber answers from
# what was applied, under versions of its own, whether or not ff.versions is
# part of the publication.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $publisher = PostgreSQL::Test::Cluster->new('publisher');
$publisher->init(allows_streaming => 'logical');
$publisher->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->start;

my $tables = join ', ', (map { "ff.$_" }
  qw(organizations projects environments plans flags flag_settings prerequisites segments imported_segments segment_members overrides schedules context_sources)), 'people';
$publisher->safe_psql('postgres', qq{
	CREATE EXTENSION featureflow;
	SELECT ff_post_restore();
	SELECT ff_flag_create('moving'), ff_flag_create('needed'), ff_segment_create('staff', '{"all": []}');
	SELECT ff_project_create('shop', environments => '{live}'), ff_flag_create('moving', project => 'shop');
	CREATE TABLE people (id text PRIMARY KEY, country text);
	INSERT INTO people VALUES ('u', 'DE'), ('v', 'FR');
	SELECT ff_segment_create('listed'), ff_flag_create('guests'), ff_flag_rules('guests', '[{"when": {"segment": "listed"}, "serve": true}]');
	CREATE PUBLICATION plain FOR TABLE $tables;
	CREATE PUBLICATION with_versions FOR TABLE $tables, ff.versions});

my %subscription = (plain => 'one', with_versions => 'two');
my %session;
foreach my $publication (sort keys %subscription)
{
	my $database = $subscription{$publication};
	$subscriber->safe_psql('postgres', "CREATE DATABASE $database");
	$subscriber->safe_psql($database, 'CREATE EXTENSION featureflow; CREATE TABLE people (id text PRIMARY KEY, country text); SELECT ff_post_restore()');
	$session{$publication} = Session->new($subscriber, $database);
	is($session{$publication}->query(q{SELECT ff_is_enabled('u', 'moving', fallback => true)}), 't', "$publication: the flag is not known yet");
	$subscriber->safe_psql($database, sprintf(
			q{CREATE SUBSCRIPTION %s CONNECTION '%s' PUBLICATION %s}, $database, $publisher->connstr . ' dbname=postgres', $publication));
}

sub applied
{
	my $lsn = $publisher->safe_psql('postgres', 'SELECT pg_current_wal_insert_lsn()');
	$publisher->wait_for_catchup($_, 'replay', $lsn) foreach values %subscription;
	return;
}

sub both
{
	my ($sql, $expected, $name) = @_;
	is($session{$_}->query($sql), $expected, "$_: $name") foreach sort keys %session;
	return;
}

$subscriber->wait_for_subscription_sync($publisher, $subscription{$_}, $subscription{$_}) foreach sort keys %subscription;
both(q{SELECT ff_is_enabled('u', 'moving', fallback => true)}, 'f', 'the first copy');
both(q{SELECT ff_is_enabled('u', 'moving', environment => 'live', project => 'shop', fallback => true)}, 'f', 'another project');
both(q{SELECT count(*) FROM ff.environments e LEFT JOIN ff.versions v ON v.environment_id = e.id AND v.environment_key = e.key
	JOIN ff.projects p ON p.id = e.project_id AND p.key = v.project_key WHERE v.version IS NOT NULL}, '4', 'every environment has its version row');

my %before = map { $_ => $session{$_}->query('SELECT ff_version()') } keys %session;
$publisher->safe_psql('postgres', q{SELECT ff_flag_default('moving', 'true')});
applied();
both(q{SELECT ff_is_enabled('u', 'moving')}, 't', 'a change');
foreach my $publication (sort keys %session)
{
	my $version = $session{$publication}->query('SELECT ff_version()');
	cmp_ok($version, '>', $before{$publication}, "$publication: the version moved");
	isnt($version, $publisher->safe_psql('postgres', 'SELECT ff_version()'), "$publication: to a number of its own");
	cmp_ok($session{$publication}->query('SELECT last_value FROM ff.version_numbers'), '>=', $version, "$publication: from its own sequence");
}

# Several tables, an update of many rows, a rollback, a deletion.
$publisher->safe_psql('postgres', q{
	BEGIN;
	SELECT ff_flag_require('moving', 'needed');
	SELECT ff_flag_rules('needed', '[{"when": {"segment": "staff"}, "serve": true}]');
	COMMIT;
	BEGIN; SELECT ff_flag_kill('moving'); ROLLBACK});
applied();
both(q{SELECT ff_is_enabled('u', 'moving')}, 't', 'prerequisite, rule and segment');
$publisher->safe_psql('postgres', q{SELECT ff_segment_update('staff', '{"any": []}')});
applied();
both(q{SELECT ff_is_enabled('u', 'moving')}, 'f', 'a segment');
both(q{SELECT ff_is_enabled('u', 'guests')}, 'f', 'an empty list');
%before = map { $_ => $session{$_}->query('SELECT ff_version()') } keys %session;
$publisher->safe_psql('postgres', q{SELECT ff_segment_add('listed', '{u}')});
applied();
both(q{SELECT ff_is_enabled('u', 'guests')}, 't', 'its first member');
cmp_ok($session{$_}->query('SELECT ff_version()'), '>', $before{$_}, "$_: the version moved with the list") foreach sort keys %session;
$publisher->safe_psql('postgres', q{SELECT ff_segment_remove('listed', '{u}')});
applied();
both(q{SELECT ff_is_enabled('u', 'guests')}, 'f', 'empty again');
$publisher->safe_psql('postgres', q{SELECT ff_override('moving', 'on', user_key => 'u'), ff_flag_unrequire('moving', 'needed'); UPDATE ff.flag_settings SET default_serve = '"off"'});
applied();
both(q{SELECT ff_is_enabled('u', 'moving'), ff_is_enabled('v', 'moving')}, 't|f', 'an override, and a change of every row');
$publisher->safe_psql('postgres', q{SELECT ff_flag_schedule('moving', clock_timestamp() + interval '1 second', 'serve', variation => 'on')});
applied();
both(q{SELECT pg_sleep(1.1)}, '', 'time passes');
both(q{SELECT ff_is_enabled('v', 'moving')}, 't', 'a step that has come');
$publisher->safe_psql('postgres', q{SELECT ff_flag_default('moving', 'false')});
applied();
both(q{SELECT ff_is_enabled('v', 'moving')}, 'f', 'a change by hand, which ends it');
# Lists and sources: a list that was empty and has been asked, a row of the application.
$publisher->safe_psql('postgres', q{SELECT ff_segment_create('crew'), ff_flag_create('door');
	SELECT ff_flag_rules('door', '[{"when": {"any": [{"segment": "crew"}, {"attribute": "country", "op": "eq", "value": "AT"}]}, "serve": true}]')});
applied();
both(q{SELECT ff_is_enabled('u', 'door'), ff_is_enabled('v', 'door')}, 'f|f', 'an empty list');
$publisher->safe_psql('postgres', q{SELECT ff_segment_add('crew', '{u}'), ff_context_source('people', 'id'); UPDATE people SET country = 'AT' WHERE id = 'v'});
applied();
both(q{SELECT ff_is_enabled('u', 'door'), ff_is_enabled('v', 'door')}, 't|t', 'a list with a member, a source');
$publisher->safe_psql('postgres', q{SELECT ff_segment_remove('crew', '{u}'), ff_flag_delete('door')});
applied();
both(q{SELECT ff_in_segment('u', 'crew')}, 'f', 'a member who left');
$publisher->safe_psql('postgres', q{
	SELECT ff_environment_create('preview'), ff_environment_update('staging', key => 'stage'), ff_project_update('shop', key => 'store');
	SELECT ff_flag_default('moving', 'true', 'stage')});
applied();
both(q{SELECT ff_is_enabled('v', 'moving', environment => 'stage'), ff_is_enabled('v', 'moving', environment => 'staging', fallback => NULL),
	ff_is_enabled('v', 'moving', environment => 'preview'), ff_is_enabled('v', 'moving', environment => 'live', project => 'store')},
	't||f|f', 'environments and projects made and renamed');
$publisher->safe_psql('postgres', q{SELECT ff_flag_delete('moving'), ff_environment_delete('preview'), ff_project_delete('store', true)});
applied();
both(q{SELECT ff_is_enabled('v', 'moving', fallback => true), (SELECT count(*) FROM ff.versions)}, 't|3', 'deletions');

# Segments of imported flags.
my $imported = q{'{"flags": {"imported": {"on": true, "salt": "s", "variations": [true, false], "fallthrough": {"variation": 1}, "rules": [{"variation": 0, "clauses": [{"attribute": "", "op": "segmentMatch", "values": ["crew"]}]}]}}, "segments": {"crew": {"key": "crew", "included": ["%s"]}}}'};
$publisher->safe_psql('postgres', sprintf "SELECT ff_import('launchdarkly', $imported)", 'u');
applied();
both(q{SELECT ff_is_enabled('u', 'imported'), ff_is_enabled('v', 'imported')}, 't|f', 'an imported flag');
%before = map { $_ => $session{$_}->query('SELECT ff_version()') } keys %session;
$publisher->safe_psql('postgres', sprintf "SELECT ff_import('launchdarkly', $imported)", 'v');
applied();
both(q{SELECT ff_is_enabled('u', 'imported'), ff_is_enabled('v', 'imported')}, 'f|t', 'its segment alone, imported again');
cmp_ok($session{$_}->query('SELECT ff_version()'), '>', $before{$_}, "$_: the version moved with the segment") foreach sort keys %session;
$publisher->safe_psql('postgres', q{SELECT ff_flag_delete('imported'); DELETE FROM ff.imported_segments});
applied();
both(q{SELECT ff_in_segment('v', 'crew') IS NULL OR NOT ff_in_segment('v', 'crew')}, 't', 'and gone');

# What only the subscriber has stays in force.
both(q{SELECT ff_flag_create('local') IS NOT NULL, ff_flag_create('base') IS NOT NULL}, 't|t', 'flags of the subscriber');
both(q{SELECT ff_override('local', 'on', user_key => 'u', environment => 'development') IS NOT NULL}, 't', 'an override of the subscriber');
both(q{SELECT ff_flag_default('local', 'true', 'stage'), ff_flag_require('local', 'base')}, '|', 'a prerequisite of the subscriber');
$publisher->safe_psql('postgres', q{SELECT ff_flag_default('needed', 'true', 'development'), ff_flag_default('needed', 'true', 'stage')});
applied();
$_->query(q{SELECT ff_flag_default('base', 'true', 'development')}) foreach values %session;
both(q{SELECT ff_is_enabled('u', 'local', environment => 'development'), ff_is_enabled('v', 'local', environment => 'development'),
	ff_is_enabled('u', 'local', environment => 'stage'), ff_is_enabled('u', 'needed', environment => 'stage')}, 't|f|f|t', 'after a change on the publisher');

# A transaction that was open keeps its snapshot.
$publisher->safe_psql('postgres', q{SELECT ff_flag_default('needed', 'false')});
applied();
$_->query('BEGIN ISOLATION LEVEL REPEATABLE READ') foreach values %session;
both(q{SELECT ff_is_enabled('x', 'needed')}, 'f', 'REPEATABLE READ');
$publisher->safe_psql('postgres', q{SELECT ff_flag_default('needed', 'true')});
applied();
both(q{SELECT ff_is_enabled('x', 'needed')}, 'f', 'REPEATABLE READ, later');
$_->query('COMMIT') foreach values %session;
both(q{SELECT ff_is_enabled('x', 'needed')}, 't', 'after it');

# A lock that has come along does not hold back what the publisher let pass.
$publisher->safe_psql('postgres', q{SELECT ff_environment_lock('production')});
applied();
both(q{SELECT count(*) FROM ff.environments WHERE locked_at IS NOT NULL}, '1', 'a lock');
$publisher->safe_psql('postgres', q{SET featureflow.restoring = on; UPDATE ff.flag_settings SET default_serve = '"off"'});
applied();
both(q{SELECT ff_is_enabled('x', 'needed')}, 'f', 'a change in a locked environment');
$publisher->safe_psql('postgres', q{SELECT ff_environment_unlock('production')});
applied();

# The tables one after the other, children before their parents.
$publisher->safe_psql('postgres', q{
	SELECT ff_flag_create('child'), ff_flag_default('child', 'true'), ff_flag_create('parent'), ff_flag_require('child', 'parent');
	SELECT ff_flag_create('special'), ff_override('special', 'on', user_key => 'u', environment => 'stage');
	CREATE PUBLICATION children FOR TABLE ff.prerequisites, ff.overrides});
$subscriber->safe_psql('postgres', 'CREATE DATABASE three');
$subscriber->safe_psql('three', 'CREATE EXTENSION featureflow; SELECT ff_post_restore()');
my $third = Session->new($subscriber, 'three');
is($third->query(q{SELECT ff_is_enabled('u', 'child')}), 'f', 'an empty subscriber');
$subscriber->safe_psql('three', sprintf(q{CREATE SUBSCRIPTION three CONNECTION '%s' PUBLICATION children}, $publisher->connstr . ' dbname=postgres'));
$subscriber->wait_for_subscription_sync($publisher, 'three', 'three');
$publisher->safe_psql('postgres', 'CREATE PUBLICATION parents FOR TABLE ff.organizations, ff.projects, ff.environments, ff.plans, ff.flags, ff.flag_settings, ff.segments');
$subscriber->safe_psql('three', 'ALTER SUBSCRIPTION three ADD PUBLICATION parents');
$subscriber->wait_for_subscription_sync($publisher, 'three', 'three');
is($third->query(q{SELECT ff_is_enabled('u', 'child'), ff_is_enabled('u', 'special', environment => 'stage')}), 'f|t', 'prerequisites and overrides that came before their flags');
$publisher->safe_psql('postgres', q{SELECT ff_flag_default('parent', 'true')});
$publisher->wait_for_catchup('three', 'replay', $publisher->safe_psql('postgres', 'SELECT pg_current_wal_insert_lsn()'));
is($third->query(q{SELECT ff_is_enabled('u', 'child')}), 't', 'a prerequisite that is met');
$third->quit;
$subscriber->safe_psql('three', 'DROP SUBSCRIPTION three');

foreach my $publication (sort keys %subscription)
{
	my $database = $subscription{$publication};
	is($subscriber->safe_psql($database, q{SELECT apply_error_count, sync_error_count FROM pg_stat_subscription_stats}
			. qq{ WHERE subname = '$database'}), '0|0', "$publication: no error in apply");
	is($subscriber->safe_psql($database, q{SELECT count(*) FROM ff.audit_log a WHERE coalesce(a.new, a.old) ->> 'key' NOT IN ('local', 'base')
		AND NOT EXISTS (SELECT FROM ff.flags f WHERE f.id = a.flag_id AND f.key IN ('local', 'base'))}), '0', "$publication: what was applied is not audited again");
	$session{$publication}->quit;
	$subscriber->safe_psql($database, "DROP SUBSCRIPTION $database");
}
$subscriber->stop;
$publisher->stop;
done_testing();
