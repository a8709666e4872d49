# Partitions of exposures and events beside logical replication, which carries
# rows from one layout to another, and beside sessions that go on writing.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = PostgreSQL::Test::Cluster->new('publisher');
$publisher->init(allows_streaming => 'logical');
$publisher->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->start;

$publisher->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('f'), ff_flag_rollout('f', 50), ff_metric_create('m', 'mean', 'e'), ff_experiment_create('x', 'f', '{m}'), ff_experiment_start('x');
	SELECT ff_track('before', 'e'), ff_expose('before', 'f');
	SELECT ff_partitions_maintain(unit => 'day', ahead => '2 days');
	CREATE PUBLICATION events FOR TABLE ff.exposures, ff.events WITH (publish_via_partition_root, publish = 'insert')});
$subscriber->safe_psql('postgres', q{CREATE EXTENSION featureflow; SELECT ff_partitions_maintain()});
$subscriber->safe_psql('postgres', sprintf(q{CREATE SUBSCRIPTION events CONNECTION '%s' PUBLICATION events}, $publisher->connstr . ' dbname=postgres'));
$subscriber->wait_for_subscription_sync($publisher, 'events');
$publisher->safe_psql('postgres', q{SELECT ff_track('after', 'e'), ff_track('after', 'e', at => '2020-01-01'), ff_expose('after', 'f')});
$publisher->wait_for_catchup('events');
my $rows = q{SELECT unit, count(*) FROM (SELECT unit, at FROM ff.exposures UNION ALL SELECT unit, at FROM ff.events) x GROUP BY 1 ORDER BY 1};
$publisher->safe_psql('postgres', q{SELECT ff_track('moved', 'e', at => now() + interval '3 days');
	SELECT count(*) FROM ff_partitions_maintain('3 days', unit => 'day');
	SELECT ff_track('last', 'e')});
$publisher->wait_for_catchup('events');
is($subscriber->safe_psql('postgres', $rows), "after|3\nbefore|2\nlast|1\nmoved|1", 'rows go from days to months, those that move once');
is($subscriber->safe_psql('postgres', q{SELECT count(*) FROM ff.events_default}), '1', 'and to the default partition what fits in none');
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION events');

# Sessions write while partitions are made and dropped: no call fails, no row is lost.
my $script = $publisher->basedir . '/write.sql';
append_to_file($script, q{
\set unit random(1, 1000000000)
\set hours random(-200, 200)
SELECT ff_track('u' || :unit, 'busy', at => now() + :hours * interval '1 hour');
SELECT reason FROM ff_expose('u' || :unit, 'f');
});
my ($out, $errors) = ('', '');
my $writers = IPC::Run::start([ 'pgbench', '-n', '-c', '3', '-T', '6', '-f', $script, $publisher->connstr('postgres') ], '>', \$out, '2>', \$errors);
my $made = 0;
foreach my $days (4 .. 11)
{
	$made += $publisher->safe_psql('postgres', "SELECT count(*) FROM ff_partitions_maintain('$days days', unit => 'day')");
	select undef, undef, undef, 0.4;
}
ok($writers->finish, 'no call fails') or diag($errors);
is($made, 16, 'partitions were made meanwhile');
my ($calls) = $out =~ /actually processed: (\d+)/;
cmp_ok($calls, '>', 100, 'and rows written');
is($publisher->safe_psql('postgres', q{SELECT count(*) FROM ff.events WHERE event = 'busy'}), $calls, 'every event is there');
is($publisher->safe_psql('postgres', q{SELECT count(DISTINCT unit) FROM ff.exposures WHERE unit ~ '^u'}),
	$publisher->safe_psql('postgres', q{SELECT count(DISTINCT unit) FROM ff.events WHERE event = 'busy'}), 'and every exposure');

done_testing();
