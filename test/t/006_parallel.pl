# Parallel workers answer as their leader does: from its snapshot, its own
# uncommitted changes included.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
parallel_setup_cost = 0
parallel_tuple_cost = 0
min_parallel_table_scan_size = 0
max_parallel_workers_per_gather = 3
max_parallel_workers = 6
max_worker_processes = 12});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('moving'), ff_flag_create('other'), ff_segment_create('staff', '{"attribute": "user_key", "op": "starts_with", "value": "1"}');
	SELECT ff_flag_rules('other', '[{"when": {"segment": "staff"}, "serve": true}]');
	CREATE TABLE users AS SELECT i AS id, repeat('x', 200) AS filler FROM generate_series(1, 20000) i;
	ANALYZE users;
	CREATE TABLE app (v boolean);
	INSERT INTO app VALUES (false);
	CREATE FUNCTION hold(lock int) RETURNS boolean LANGUAGE plpgsql PARALLEL SAFE AS
		$$ BEGIN PERFORM pg_advisory_lock_shared(lock); PERFORM pg_advisory_unlock_shared(lock); RETURN true; END $$});

# Rows by answer, and which processes gave it.
my $count = q{SELECT string_agg(f || ' ' || n, ', ' ORDER BY f), max(p) > 1 FROM (
	SELECT ff_is_enabled(id::text, 'moving') AS f, count(*) AS n, count(DISTINCT pg_backend_pid()) AS p FROM users GROUP BY 1) x};
my $plan = $node->safe_psql('postgres', "EXPLAIN (COSTS OFF) SELECT count(*) FROM users WHERE ff_is_enabled(id::text, 'moving')");
like($plan, qr/Workers Planned: [1-9].*Filter: ff_is_enabled/s, 'evaluation runs in the workers');

my $session = Session->new($node);
my $writer = Session->new($node);
$session->query('SET parallel_leader_participation = off');
my $sums = q{SELECT count(*) FILTER (WHERE ff_is_enabled(id::text, 'moving')), count(*) FILTER (WHERE ff_is_enabled(id::text, 'other')) FROM users};
is($session->query($sums), '0|11111', 'workers alone');
$session->query('BEGIN');
$session->query(q{SELECT ff_flag_default('moving', 'true')});
is($session->query($sums), '20000|11111', 'the uncommitted change of the leader');
$session->query('SAVEPOINT s');
$session->query(q{SELECT ff_flag_rollout('moving', 0), ff_segment_update('staff', '{"all": []}')});
is($session->query($sums), '0|20000', 'one in a savepoint');
$session->query('ROLLBACK TO s');
is($session->query($sums), '20000|11111', 'and undone');
$session->query('ROLLBACK');
is($session->query($sums), '0|11111', 'rolled back');

# An imported flag, its segment and what it requires.
my $imported = q{'{"flags": {"base": {"on": true, "salt": "b", "variations": [true, false], "fallthrough": {"variation": 0}},
	"imported": {"on": true, "salt": "s", "variations": [true, false], "offVariation": 1, "fallthrough": {"variation": 1}, "prerequisites": [{"key": "base", "variation": 0}],
		"rules": [{"variation": 0, "clauses": [{"attribute": "", "op": "segmentMatch", "values": ["ones"]}]}]}},
	"segments": {"ones": {"key": "ones", "rules": [{"clauses": [{"attribute": "key", "op": "startsWith", "values": ["%s"]}]}]}}}'};
my $on = q{SELECT count(*) FILTER (WHERE ff_is_enabled(id::text, 'imported')) FROM users};
$session->query('BEGIN');
$session->query(sprintf "SELECT ff_import('launchdarkly', $imported)", '1');
is($session->query($on), '11111', 'what the leader has imported just now');
$session->query('SAVEPOINT s');
$session->query(sprintf "SELECT ff_import('launchdarkly', $imported)", '2');
is($session->query($on), '1112', 'and its segment once more');
$session->query('ROLLBACK TO s');
is($session->query($on), '11111', 'undone');
$session->query('ROLLBACK');
is($session->query($on), '0', 'rolled back');

# A REPEATABLE READ leader whose own change comes after somebody else's.
$session->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
is($session->query($sums), '0|11111', 'REPEATABLE READ');
$writer->query(q{SELECT ff_flag_default('moving', 'true')});
is($session->query($sums), '0|11111', 'keeps its snapshot in the workers');
$session->query(q{SELECT ff_segment_update('staff', '{"all": []}')});
is($session->query($sums), '0|20000', 'with its own change on top');
$session->query('ROLLBACK');
is($session->query($sums), '20000|11111', 'fresh afterwards');

# Workers that start before and answer after a commit.
$session->query('RESET parallel_leader_participation');
foreach my $participation ('on', 'off')
{
	$session->query("SET parallel_leader_participation = $participation");
	$writer->query(q{BEGIN; UPDATE app SET v = false; SELECT ff_flag_default('moving', 'false'); COMMIT});
	$writer->query('SELECT pg_advisory_lock(1)');
	$session->send(q{SELECT DISTINCT ff_is_enabled(id::text, 'moving'), (SELECT v FROM app)
		FROM users WHERE CASE WHEN id % 1000 = 0 THEN hold(1) ELSE true END});
	$node->poll_query_until('postgres', q{SELECT count(*) >= 1 FROM pg_stat_activity WHERE wait_event = 'advisory'}) or die;
	$writer->query(q{BEGIN; UPDATE app SET v = true; SELECT ff_flag_default('moving', 'true'); COMMIT});
	$writer->query('SELECT pg_advisory_unlock(1)');
	is($session->answer, 'f|f', "leader and workers agree in the middle of a commit, leader participation $participation");
}
is($session->query($sums), '20000|11111', 'and see it afterwards');

$_->quit foreach $session, $writer;
$node->stop;
done_testing();
