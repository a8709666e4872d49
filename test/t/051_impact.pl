# What a change would do is counted by parallel workers, each with the proposal and
# the snapshot of the leader; and the count is that of one process.

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
max_parallel_workers_per_gather = 2
max_parallel_workers = 4});
$node->start;
# A key that is the process tells by the sample who has answered.
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('checkout'), ff_flag_create('base'), ff_segment_create('staff', '{"attribute": "id", "op": "lt", "value": 5000}');
	SELECT ff_flag_rollout('checkout', 20), ff_flag_default('base', 'true'), ff_segment_add('staff', '{19999}');
	CREATE TABLE users AS SELECT i AS id, repeat('x', 200) AS filler FROM generate_series(1, 20000) i;
	ALTER TABLE users ADD PRIMARY KEY (id);
	ANALYZE users;
	CREATE FUNCTION process() RETURNS text LANGUAGE plpgsql PARALLEL SAFE AS $$ BEGIN RETURN pg_backend_pid(); END $$;
	CREATE VIEW processes AS SELECT process() AS process, id FROM users});

my $session = Session->new($node);
$session->query('SET parallel_leader_participation = off');
is($session->query(q{SELECT bool_and(cardinality(sample) BETWEEN 1 AND 2), bool_or(pg_backend_pid()::text = ANY (sample))
	FROM ff_impact('checkout', '{"killed": true}', 'processes', 'process')}), 't|f', 'workers answer, the leader does not');

sub same
{
	my ($change, $name) = @_;
	my $ask = "SELECT string_agg(i::text, E'\\n' ORDER BY i::text) FROM ff_impact('checkout', '$change', 'users') i";
	$session->query('SET max_parallel_workers_per_gather = 2');
	my $parallel = $session->query($ask);
	$session->query('SET max_parallel_workers_per_gather = 0');
	my $serial = $session->query($ask);
	$session->query('RESET max_parallel_workers_per_gather');
	like($parallel, qr/\n/, "$name: some users move");
	is($parallel, $serial, "$name: workers count as one process does");
	return $parallel;
}

same('{"rollout": 60}', 'a rollout');
same('{"rules": [{"id": "staff", "when": {"segment": "staff"}, "serve": true}]}', 'a segment');
same('{"prerequisites": {"base": "on"}, "overrides": {"user:7": "on", "user:8": "off"}, "rollout": 1}', 'prerequisites and overrides');

# Over what the transaction itself has changed.
my $before = same('{"rollout": 60}', 'before');
$session->query('BEGIN');
$session->query(q{SELECT ff_flag_rollout('checkout', 40)});
isnt(same('{"rollout": 60}', 'a change of its own'), $before, 'the proposal is compared with what the transaction sees');
$session->query('ROLLBACK');
is(same('{"rollout": 60}', 'after'), $before, 'and after it was rolled back with what there was');

# Two in one statement, and one inside a loop that changes the flag.
is($session->query(q{SELECT (SELECT sum(rows) FROM ff_impact('checkout', '{"rollout": 60}', 'users') WHERE changed)
	> (SELECT sum(rows) FROM ff_impact('checkout', '{"rollout": 30}', 'users') WHERE changed)}), 't', 'two changes in a statement');
is($session->query(q{DO $$
DECLARE
	moved bigint;
	before bigint := 9999999;
BEGIN
	FOR i IN 1..4 LOOP
		PERFORM ff_flag_rollout('checkout', i * 20);
		SELECT coalesce(sum(rows) FILTER (WHERE changed), 0) INTO moved FROM ff_impact('checkout', '{"rollout": 80}', 'users');
		ASSERT moved < before;
		before := moved;
	END LOOP;
	ASSERT moved = 0;
END $$}) . $session->error, '', 'each time as the flag is then');

$session->quit;
$node->stop;
done_testing();
