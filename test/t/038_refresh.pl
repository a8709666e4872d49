# The last refresh of an experiment is read on a standby; a crash in the middle of
# one leaves the one before, and the next reads all; a restored dump knows of none, and then goes on by
# what is new, though its rows bear numbers of transactions of another server.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $folder = PostgreSQL::Test::Utils::tempdir();
my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('f'), ff_flag_rollout('f', 50), ff_metric_create('m', 'mean', 'buy'), ff_experiment_create('x', 'f', '{m}');
	SELECT ff_experiment_start('x', now() - interval '3 days');
	INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', 'u' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, now() - interval '1 day' FROM generate_series(1, 400) i});
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

my $refresh = q{SELECT coalesce(units::text, 'all') FROM ff_experiment_refresh('x')};
my $read = q{SELECT string_agg(s.variation || ' ' || s.n || ' ' || s.mean, ', ' ORDER BY s.variation) FROM ff_experiment_stats('x') s};
my $apart = q{SELECT count(*) FILTER (WHERE c.variation IS NULL) || ' of ' || count(*) FROM ff.experiments x JOIN ff.experiment_refreshes r ON r.experiment_id = x.id CROSS JOIN LATERAL unnest(r.cells) k
	LEFT JOIN LATERAL ff._experiment_cells(x, NULL, r.data_through) c ON c.variation = k.variation AND c.moments::text = k.moments::text};

sub buy
{
	my ($node, $database, $unit) = @_;
	return $node->safe_psql($database, "SELECT ff_track('$unit', 'buy', 1)");
}

is($primary->safe_psql('postgres', $refresh), 'all', 'the first refresh reads all');
my $before = $primary->safe_psql('postgres', $read);
buy($primary, 'postgres', 'u1');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($standby->safe_psql('postgres', $read), $before, 'a standby reads the last refresh');
is($standby->safe_psql('postgres', 'SELECT data_through FROM ff_experiment_stats(\'x\') LIMIT 1'),
	$primary->safe_psql('postgres', 'SELECT data_through FROM ff.experiment_refreshes'), 'of its time');
like(($standby->psql('postgres', $refresh))[2], qr/read-only/, 'and cannot make one');

my $open = Session->new($primary);
is($open->query("BEGIN; $refresh"), '1', 'a refresh that is not committed');
$primary->stop('immediate');
$primary->start;
is($primary->safe_psql('postgres', $read), $before, 'is nothing after a crash');
is($primary->safe_psql('postgres', $refresh), 'all', 'and the next one reads all, since what is kept of units is gone');
is($primary->safe_psql('postgres', $apart), '0 of 2', 'with the bits of an analysis of all data');
buy($primary, 'postgres', 'u3');
is($primary->safe_psql('postgres', $refresh), '1', 'from then on what is new');
is($primary->safe_psql('postgres', $apart), '0 of 2', 'with the bits of an analysis of all data');

command_ok([ 'pg_dump', '-Fc', '-f', "$folder/dump", $primary->connstr('postgres') ], 'pg_dump');
my $other = PostgreSQL::Test::Cluster->new('other');
$other->init;
$other->start;
for my $database ('plain', 'procedure')
{
	$other->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	$other->safe_psql($database, 'CREATE EXTENSION featureflow; SELECT ff_pre_restore()') if $database eq 'procedure';
	command_ok([ 'pg_restore', '--exit-on-error', '-d', $other->connstr($database), "$folder/dump" ], "$database: pg_restore");
	$other->safe_psql($database, 'SELECT ff_post_restore()') if $database eq 'procedure';
	is($other->safe_psql($database, 'SELECT count(*) FROM ff.experiment_refreshes'), '0', "$database: no refresh is restored");
	is($other->safe_psql($database, $refresh), 'all', "$database: all is read");
	# past the numbers in the dump
	$other->safe_psql($database, 'DO $$ BEGIN FOR i IN 1 .. 300 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$');
	$other->safe_psql($database, $refresh);
	buy($other, $database, 'u2');
	is($other->safe_psql($database, $refresh), '1', "$database: then what is new");
	is($other->safe_psql($database, $apart), '0 of 2', "$database: with the bits of an analysis of all data");
}
done_testing();
