# An experiment end to end over 90,189 players of a mobile game
# (cookie_cats.csv): exposures and events as any application would write them,
# the result as published; then exposures by evaluation under rollback, by
# sessions at the same time, and the analysis on a streaming standby.

use strict;
use warnings FATAL => 'all';
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $folder = ($ENV{FF_SHARED} || '../shared') . '/stats/realdata';
plan skip_all => "cookie_cats: $folder/cookie_cats.csv is not there" unless -r "$folder/cookie_cats.csv";

my $node = PostgreSQL::Test::Cluster->new('cats');
$node->init(allows_streaming => 1);
$node->start;

sub ask
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

ask(q{
	CREATE EXTENSION featureflow;
	CREATE TABLE players (userid int PRIMARY KEY, version text NOT NULL, sum_gamerounds int NOT NULL,
		retention_1 boolean NOT NULL, retention_7 boolean NOT NULL);
	SELECT ff_flag_create('gate', 'string', '["gate_30", "gate_40"]');
	SELECT ff_flag_default('gate', '{"split": {"gate_30": 50, "gate_40": 50}}');
	SELECT ff_metric_create('retention-1', 'proportion', 'retention_1'), ff_metric_create('retention-7', 'proportion', 'retention_7'),
		ff_metric_create('rounds', 'mean', 'rounds');
	SELECT ff_experiment_create('gates', 'gate', '{retention-1,retention-7}', control => 'gate_30', secondary => '{rounds}');
	SELECT ff_experiment_start('gates', '2026-01-01')});
run_command([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "\\copy players FROM '$folder/cookie_cats.csv' CSV HEADER" ]);
is(ask('SELECT count(*) FROM players'), '90189', 'all players are there');

# As an application that may do no more than send.
ask(q{CREATE ROLE sender LOGIN; SELECT ff_grant('sender', 'evaluate'); GRANT SELECT ON players TO sender});
ask(q{SET ROLE sender;
	INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'gates', userid, version, '2026-01-02' FROM players;
	INSERT INTO ff.events (unit, event, at) SELECT userid, 'retention_1', '2026-01-03' FROM players WHERE retention_1;
	INSERT INTO ff.events (unit, event, at) SELECT userid, 'retention_7', '2026-01-09' FROM players WHERE retention_7});
my $rounds = PostgreSQL::Test::Utils::tempdir() . '/rounds.csv';
run_command([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c',
	"\\copy (SELECT userid, 'rounds', sum_gamerounds, '2026-01-10'::timestamptz FROM players) TO '$rounds' CSV" ]);
my ($stdout, $stderr) = run_command([ 'psql', '-X', '-U', 'sender', '-d', $node->connstr('postgres'), '-c', "\\copy ff.events (unit, event, value, at) FROM '$rounds' CSV" ]);
is($stdout . $stderr, 'COPY 90189', 'a role granted evaluation copies events');

# The numbers that gbstats gives on the same file.
open my $handle, '<', "$folder/expected.json" or die $!;
my $expected = JSON::PP->new->decode(do { local $/; <$handle> })->{cookie_cats};
close $handle;

sub close_to
{
	my ($got, $wanted, $name) = @_;
	cmp_ok(abs($got - $wanted), '<=', 1e-9 * abs($wanted), "$name: $got is $wanted");
	return;
}

foreach my $metric ([ 'retention-1', 'r1' ], [ 'retention-7', 'r7' ], [ 'rounds', 'gamerounds' ])
{
	my ($key, $name) = @$metric;
	my @control = split /\|/, ask("SELECT n, mean, difference IS NULL AND lower IS NULL AND p_value IS NULL AND lift IS NULL, problem
		FROM ff_experiment_stats('gates') WHERE metric = '$key' AND variation = 'gate_30'"), -1;
	my @treatment = split /\|/, ask("SELECT n, mean, difference, lower, upper, p_value, srm_p_value, problem
		FROM ff_experiment_stats('gates') WHERE metric = '$key' AND variation = 'gate_40'"), -1;
	my $case = $expected->{$name};
	is($control[0] . ' ' . $treatment[0], "$case->{control}{n} $case->{treatment}{n}", "$key: units");
	is($control[2] . $control[3] . $treatment[7], 't', "$key: the control is compared with nothing, and there is no problem");
	close_to($control[1], $case->{control}{sum} / $case->{control}{n}, "$key: mean of the control");
	close_to($treatment[1], $case->{treatment}{sum} / $case->{treatment}{n}, "$key: mean of the treatment");
	close_to($treatment[2], $case->{gbstats_abs}{effect}, "$key: effect");
	close_to($treatment[3], $case->{gbstats_abs}{ci_lower}, "$key: lower end of the interval");
	close_to($treatment[4], $case->{gbstats_abs}{ci_upper}, "$key: upper end of the interval");
	close_to($treatment[5], $case->{gbstats_abs}{p_value}, "$key: p-value");
	close_to($treatment[6], 0.00860798781084, "$key: sample ratio");
}
is(ask(q{SELECT string_agg(concat_ws(' ', item, variation, CASE WHEN value = round(value) THEN value END, status), ', ') FROM ff_experiment_health('gates')}),
	'units gate_30 44700 ok, units gate_40 45489 ok, multiple_exposures 0 ok, multiple_exposures_share 0 ok, sample_ratio ok, sample_ratio_evidence ok', 'its health');

# What comes in any order, twice or late changes nothing: later exposures,
# repeated event ids, events before the exposure and after the stop.
my $result = q{SELECT metric, variation, n, mean, difference, p_value FROM ff_experiment_stats('gates', '{"adjustment": "none"}')};
my $before = ask($result);
ask(q{INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'gates', userid, version, '2026-01-05' FROM players LIMIT 1000;
	INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'gates', userid, 'gate_40', '2025-12-31' FROM players LIMIT 1000;
	INSERT INTO ff.events (unit, event, value, at) SELECT userid, 'rounds', 1000, '2026-01-01' FROM players LIMIT 1000;
	INSERT INTO ff.events (unit, event, value, at) SELECT userid, 'rounds', 1000, '2100-01-01' FROM players LIMIT 1000;
	INSERT INTO ff.exposures (experiment, unit, variation, environment, at) SELECT 'gates', userid, 'gate_40', 'staging', '2026-01-03' FROM players LIMIT 1000});
is(ask($result), $before, 'repeated and foreign exposures, early and future events do not count');
ask(q{SELECT ff_experiment_stop('gates', '2026-01-09')});
is(ask(q{SELECT mean FROM ff_experiment_stats('gates') WHERE metric = 'rounds' AND variation = 'gate_40'}), '0', 'nor do events after the stop');

# A standby that streams computes the same, and exposes nobody.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
ask(q{SELECT ff_flag_create('button'), ff_flag_rollout('button', 50), ff_metric_create('clicks', 'mean', 'click');
	SELECT ff_experiment_create('buttons', 'button', '{clicks}'), ff_experiment_start('buttons');
	SELECT count(ff_expose('user-' || i, 'button')) FROM generate_series(1, 500) i;
	SELECT count(ff_track('user-' || i, 'click', i % 3)) FROM generate_series(1, 500) i});
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
$result = q{SELECT to_jsonb(s) - 'data_through' FROM unnest('{gates,buttons}'::text[]) x, ff_experiment_stats(x) s};
is($standby->safe_psql('postgres', $result), ask($result), 'a standby has the same result');
is(ask(q{SELECT sum(n) FROM ff_experiment_stats('buttons')}), '500', 'of all who were exposed');
foreach my $statement (q{SELECT ff_expose('u', 'button')}, q{SELECT ff_track('u', 'click')}, q{SELECT ff_expose('u', 'no-such-flag')})
{
	my ($status, $out, $error) = $standby->psql('postgres', "\\set VERBOSITY verbose\n$statement");
	like($error, qr/25006: cannot execute/, "$statement is refused on a standby");
}
$standby->stop;

# Sessions that expose one user at the same time neither wait nor lose a row.
my @sessions = map { Session->new($node, 'postgres', user => 'sender') } 1 .. 3;
$_->query('BEGIN') foreach @sessions;
$_->query(q{SELECT (ff_expose('together', 'button')).variation; SELECT (ff_expose('together', 'button')).variation}) foreach @sessions;
$sessions[0]->query('COMMIT');
$sessions[1]->query('ROLLBACK');
$sessions[2]->query('COMMIT');
is(ask(q{SELECT count(*), count(DISTINCT variation) FROM ff.exposures WHERE unit = 'together'}), '2|1', 'one row for each transaction that committed');

# More in one transaction than its filter remembers: rows may repeat, none is lost.
ask(q{BEGIN; SELECT count(ff_expose('bulk-' || i, 'button')) FROM generate_series(1, 100001) i;
	SAVEPOINT s; SELECT ff_expose('undone', 'button'), ff_expose('bulk-7', 'button'); ROLLBACK TO s;
	SELECT ff_expose('undone', 'button'), ff_expose('bulk-7', 'button'), ff_expose('bulk-100001', 'button'); COMMIT});
is(ask(q{SELECT count(*), count(DISTINCT unit), count(*) FILTER (WHERE unit = 'undone') FROM ff.exposures WHERE unit LIKE 'bulk-%' OR unit = 'undone'}),
	'100003|100002|1', 'the filter starts anew and loses nothing');
is(ask(q{SELECT sum(n) FROM ff_experiment_stats('buttons')}), '100503', 'and repeated rows count once');
ask(q{DELETE FROM ff.exposures WHERE unit LIKE 'bulk-%' OR unit = 'undone'});

# A project that is renamed waits for who writes under its old key.
my $events = ask('SELECT count(*) FROM ff.events');
$sessions[0]->query('BEGIN');
$sessions[0]->query(q{SELECT ff_expose('late', 'button'); SELECT ff_track('late', 'click')});
my $admin = Session->new($node);
$admin->send(q{SELECT ff_project_update('default', 'main')});
ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation IN ('ff.exposures'::regclass, 'ff.events'::regclass)}),
	'a rename waits for a transaction that exposes');
$sessions[0]->query('COMMIT');
$admin->answer;
is(ask(q{SELECT count(*) FROM ff.exposures WHERE project <> 'main'}), '0', 'and takes its exposures along');
is(ask(q{SELECT count(*) FROM ff.events WHERE project <> 'main'}), '0', 'with all events');
is(ask(q{SELECT count(*) FROM ff.events WHERE project = 'main'}), $events + 1, 'of which none is lost');
is(ask(q{SELECT sum(n) FROM ff_experiment_stats('buttons', project => 'main')}), '502', 'none is lost for the analysis');
$_->quit foreach @sessions, $admin;

$node->stop;
done_testing();
