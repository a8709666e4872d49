# Evaluation as of a time counts a change from its commit where the server
# remembers commits, else from its last statement; on a standby, after a restore
# and in parallel workers too.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', q{
track_commit_timestamp = on
max_prepared_transactions = 5
parallel_setup_cost = 0
parallel_tuple_cost = 0
min_parallel_table_scan_size = 0
max_parallel_workers_per_gather = 2});
$node->start;
$node->safe_psql('postgres', q{CREATE EXTENSION featureflow; SELECT ff_flag_create('door'), ff_flag_create('gate')});
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;

my %at;

sub mark
{
	my ($name) = @_;
	$at{$name} = $node->safe_psql('postgres', 'SELECT clock_timestamp(), pg_sleep(0.01)') =~ s/\|//r;
	return;
}

# Answer and clock at each time.
sub told
{
	my ($server, $database, $flag, @names) = @_;
	return join ', ', map {
		$server->safe_psql($database, "SELECT '$_ ' || variation || ' ' || clock FROM ff_evaluate_at('u', '$flag', '$at{$_}')")
	} @names;
}

mark('start');
my $writer = Session->new($node);
my $second = Session->new($node);

# The statement, then the commit; a second writer that began before waits.
$second->query('BEGIN');
$writer->query('BEGIN');
$writer->query(q{SELECT ff_flag_default('door', 'true')});
mark('open');
$second->send(q{SELECT ff_flag_default('gate', 'true')});
mark('waiting');
$writer->query('COMMIT');
mark('committed');
$second->answer;
$second->query('COMMIT');
mark('both');
is(told($node, 'postgres', 'door', qw(start open waiting committed both)),
	'start off commit, open off commit, waiting off commit, committed on commit, both on commit', 'from the commit on');
is(told($node, 'postgres', 'gate', qw(start open waiting committed both)),
	'start off commit, open off commit, waiting off commit, committed off commit, both on commit', 'numbers come in the order of commits');

# What a subtransaction wrote, one that was rolled back beside it.
$writer->query('BEGIN');
$writer->query('SAVEPOINT a');
$writer->query(q{SELECT ff_flag_default('door', 'false')});
$writer->query('ROLLBACK TO a');
$writer->query('SAVEPOINT b');
$writer->query(q{SELECT ff_flag_default('gate', 'false')});
$writer->query('RELEASE b');
mark('inside');
$writer->query('COMMIT');
mark('after');
is(told($node, 'postgres', 'gate', qw(inside after)), 'inside on commit, after off commit', 'a subtransaction');
is(told($node, 'postgres', 'door', qw(inside after)), 'inside on commit, after on commit', 'one that was rolled back');

# Prepared long before its commit.
$writer->query('SET featureflow.notify = off');
$writer->query('BEGIN');
$writer->query(q{SELECT ff_flag_kill('door')});
$writer->query(q{PREPARE TRANSACTION 'kill'});
mark('prepared');
$writer->query(q{COMMIT PREPARED 'kill'});
mark('decided');
is(told($node, 'postgres', 'door', qw(prepared decided)), 'prepared on commit, decided off commit', 'a prepared transaction');

# A standby.
$node->wait_for_catchup($standby);
is(told($standby, 'postgres', 'door', qw(open committed prepared decided)),
	'open off commit, committed on commit, prepared on commit, decided off commit', 'a standby knows commits');

# Parallel workers.
$node->safe_psql('postgres', 'CREATE TABLE users AS SELECT i AS id FROM generate_series(1, 5000) i; ANALYZE users');
$node->safe_psql('postgres', q{SELECT ff_flag_rollout('gate', 30)});
mark('rollout');
$node->safe_psql('postgres', q{SELECT ff_flag_rollout('gate', 70)});
my $bulk = "SELECT count(*) FILTER (WHERE (ff_evaluate_at(id::text, 'gate', '$at{rollout}')).variation = 'on') FROM users";
like($node->safe_psql('postgres', "EXPLAIN (COSTS OFF) $bulk"), qr/Gather/, 'evaluation as of a time runs in workers');
my $parallel = $node->safe_psql('postgres', $bulk);
is($parallel, $node->safe_psql('postgres', "SET max_parallel_workers_per_gather = 0; $bulk"), 'workers answer as one process does');
is($parallel, $node->safe_psql('postgres', q{SELECT count(*) FROM users WHERE ff_bucket('gate', id::text) < 30000}), 'by the rollout of then');

# Restored elsewhere: transaction ids are those of another history.
my $folder = PostgreSQL::Test::Utils::tempdir();
command_ok([ 'pg_dump', '-Fc', '-f', "$folder/dump", $node->connstr('postgres') ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->safe_psql('restored', 'CREATE EXTENSION featureflow; SELECT ff_pre_restore()');
command_ok([ 'pg_restore', '--data-only', '--exit-on-error', '-n', 'ff', '-d', $node->connstr('restored'), "$folder/dump" ], 'pg_restore');
$node->safe_psql('restored', 'SELECT ff_post_restore()');
is(told($node, 'restored', 'door', qw(start open committed prepared decided)),
	'start off statement, open on statement, committed on statement, prepared off statement, decided off statement',
	'after a restore a change counts from its statement');
$node->safe_psql('restored', q{SELECT ff_flag_revive('door')});
mark('revived');
is(told($node, 'restored', 'door', qw(decided revived)), 'decided off statement, revived on commit', 'and new ones from their commit');

# Without it.
$writer->quit;
$second->quit;
$node->append_conf('postgresql.conf', 'track_commit_timestamp = off');
$node->restart;
is(told($node, 'postgres', 'door', qw(start open committed prepared decided)),
	'start off statement, open on statement, committed on statement, prepared off statement, decided off statement',
	'without commit timestamps a change counts from its statement');
$node->wait_for_catchup($standby);
is(told($standby, 'postgres', 'door', qw(open committed)), 'open on statement, committed on statement', 'nor does a standby know, whatever its setting');

$standby->stop;
$node->stop;
done_testing();
