# Counts of evaluations: every one, by flag, variation and reason, whoever asks and
# whatever becomes of the transaction; what sketches make of users; what becomes of
# counts when the server is stopped or crashes, the table in shared memory is full,
# and what they belong to is changed or goes away.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Asked;
use Session;

my $node = PostgreSQL::Test::Cluster->new('usage');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'featureflow'\nfeatureflow.usage_interval = 3600\nrestart_after_crash = on");
$node->start;
ask_of($node);

sub flush { return ask('SELECT ff_usage_flush()', @_) }

# Variations and reasons of a flag with how often, in one line.
sub usage
{
	my ($flag) = @_;
	return ask(qq{SELECT string_agg(concat_ws(' ', variation, reason, error_code, evaluations), ', ' ORDER BY variation, reason, error_code)
		FROM ff_flag_usage('$flag', step => '7 days', since => now() - interval '1 day')});
}

my $setup = q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('f'), ff_flag_rollout('f', 100), ff_flag_create('half'), ff_flag_rollout('half', 50),
		ff_flag_create('s', kind => 'string', variations => '["a", "b"]'), ff_flag_create('ask')};
ask($setup);

# off until it is switched on
ask(q{SELECT count(ff_is_enabled('u' || i, 'f')) FROM generate_series(1, 10) i});
is(usage('f'), '', 'nothing is counted by default');
is(ask('SELECT counting, waiting, room > 1000 FROM ff_usage_queue()'), 'f|0|t', 'and it says so');
$node->append_conf('postgresql.conf', 'featureflow.count_evaluations = on');
$node->reload;

# each once
ask(q{SELECT count(ff_is_enabled('u' || i, 'f')) FROM generate_series(1, 1000) i});
is(usage('f'), 'on STATIC 1000', 'evaluations of a query');
is(flush(), 't', 'the worker writes them');
is(usage('f'), 'on STATIC 1000', 'and they are the same in the table');
is(ask('SELECT waiting, written, dropped, failed, used FROM ff_usage_queue()'), '0|1000|0|0|0', 'nothing waits');
my @sessions = map { Session->new($node) } 1 .. 4;
$_->send(q{DO $$ BEGIN FOR i IN 1 .. 500 LOOP PERFORM ff_evaluate('u' || i, 'f'); COMMIT; END LOOP; END $$}) for @sessions;
$_->answer for @sessions;
$_->quit for @sessions;
is(usage('f'), 'on STATIC 3000', 'of several sessions');
ask(q{BEGIN; SELECT count(ff_is_enabled('u' || i, 'f')) FROM generate_series(1, 100) i; ROLLBACK});
$node->psql('postgres', q{SELECT 1 / (count(ff_is_enabled('u' || i, 'f')) - 100) FROM generate_series(1, 100) i});
ask(q{BEGIN READ ONLY; SELECT count(ff_is_enabled('u' || i, 'f')) FROM generate_series(1, 100) i; COMMIT});
is(usage('f'), 'on STATIC 3300', 'rolled back, failed and read-only');
ask(q{CREATE TABLE users AS SELECT 'u' || i AS id FROM generate_series(1, 20000) i; ALTER TABLE users SET (parallel_workers = 2); ANALYZE users;});
my $parallel = q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; };
like(ask($parallel . q{EXPLAIN SELECT count(*) FROM users WHERE ff_is_enabled(id, 'f')}), qr/Workers Planned: 2/, 'a parallel query');
ask($parallel . q{SELECT count(*) FROM users WHERE ff_is_enabled(id, 'f')});
$node->poll_query_until('postgres', q{SELECT sum(evaluations) = 23300 FROM ff_flag_usage('f')});
is(usage('f'), 'on STATIC 23300', 'in parallel workers');

# reasons
ask(q{SELECT ff_flag_rules('ask', '[{"id": "r", "when": {"attribute": "plan", "op": "eq", "values": ["pro"]}, "serve": "on"}]');
	SELECT ff_is_enabled('u', 'ask', '{"plan": "pro"}') FROM generate_series(1, 2);
	SELECT ff_is_enabled('u', 'ask', '{"plan": "free"}') FROM generate_series(1, 3);
	SELECT ff_is_enabled('u', 's') FROM generate_series(1, 4);
	SELECT ff_json('u', 's') FROM generate_series(1, 5);
	SELECT ff_string('u', 's') FROM generate_series(1, 6);
	SELECT ff_evaluate_detail('u', 's', wanted => 'number') FROM generate_series(1, 7);
	SELECT ff_is_enabled(NULL, 'half') FROM generate_series(1, 8);
	SELECT ff_is_enabled('u', 'nobody') FROM generate_series(1, 9);
	SELECT ff_is_enabled('u', 'f', environment => 'nowhere') FROM generate_series(1, 10);
	SELECT ff_is_enabled('u', 'f', environment => 'staging') FROM generate_series(1, 11);
	SELECT ff_flag_kill('ask'); SELECT ff_is_enabled('u', 'ask') FROM generate_series(1, 12)});
is(usage('ask'), 'off DEFAULT 3, off DISABLED 12, on TARGETING_MATCH 2', 'reasons');
is(usage('s'), 'a STATIC 6, ERROR TYPE_MISMATCH 16', 'flags of another kind');
is(usage('half'), 'ERROR TARGETING_KEY_MISSING 8', 'a missing key');
is(ask(q{SELECT evaluations, errors, users FROM ff_usage() WHERE flag IS NULL}), '9|9|1', 'keys that no flag has');
is(ask(q{SELECT evaluations, errors FROM ff_usage() WHERE flag = 's'}), '22|16', 'errors');
is(ask(q{SELECT flag, evaluations FROM ff_usage(environment => 'staging') WHERE evaluations > 0}), 'f|11', 'another environment');
is(ask(q{SELECT ff_evaluate_all('u'); SELECT ff_enabled_flags('u'); SELECT ff_flag_visible('s', true); SELECT ff_bootstrap('u');
	SELECT ff_explain('u', 's'); SELECT evaluations FROM ff_usage() WHERE flag = 's'}) =~ /^25$/m, 1, 'flags that are asked for together, but not to explain them');
is(ask(q{SET featureflow.count_evaluations = off; SELECT count(ff_evaluate('u', 's')) FROM generate_series(1, 5); SELECT evaluations FROM ff_usage() WHERE flag = 's'}), "5\n25", 'a session that does not count');
flush();
is(ask(q{SELECT string_agg(flag || ' ' || evaluations, ', ' ORDER BY flag) FROM ff_usage()}), 'ask 19, f 23302, half 10, s 25', 'all of it is written');
is(ask(q{SELECT count(*) FROM ff_usage() WHERE last_evaluated_at BETWEEN now() - interval '1 hour' AND now()}), '5', 'with the time of the last one');

# users
ask(q{SELECT ff_flag_create('n1'), ff_flag_create('n1000'), ff_flag_create('n100000')});
ask(qq{SELECT count(ff_evaluate('user-' || i % $_, 'n$_')) FROM generate_series(1, 200000) i; SELECT ff_evaluate(NULL, 'n$_')}) for 1, 1000, 100000;
sub users { return ask(q{SELECT users FROM ff_usage() WHERE flag = 'n} . $_[0] . q{'}) }
is(users(1), 1, 'one user');
cmp_ok(abs(users(1000) / 1000 - 1), '<', 0.07, 'a thousand, within three standard errors');
cmp_ok(abs(users(100000) / 100000 - 1), '<', 0.07, 'a hundred thousand');
flush();
my $before = users(100000);
ask(q{UPDATE ff.evaluation_counts c SET hour = hour - interval '1 hour' FROM ff.flags f WHERE f.id = c.flag_id AND f.key = 'n100000'});
ask(q{SELECT count(ff_evaluate('user-' || i, 'n100000')) FROM generate_series(50001, 99999) i});
flush();
is(users(100000), $before, 'who comes again in another hour is no other user');
is(ask(q{SELECT sum(evaluations), count(*) FROM ff_flag_usage('n100000', step => '1 hour')}), '250000|2', 'two hours');
cmp_ok(ask(q{SELECT users FROM ff_flag_usage('n100000', step => '1 hour') ORDER BY bucket DESC LIMIT 1}) / 50000, '<', 1.07, 'of which one has half of them');

# latency
is(ask(q{SELECT timed BETWEEN 2000 AND 5000 AND p50_us BETWEEN 0.01 AND p95_us AND p95_us <= p99_us AND p99_us < 1000 FROM ff_usage() WHERE flag = 'n1000'}), 't', 'one call in 64 is timed');

# whose they are
refused(q{CREATE ROLE teller; GRANT CREATE ON SCHEMA public TO teller; SELECT ff_grant('teller', 'evaluate'); SET ROLE teller; SELECT * FROM ff_usage()}, qr/permission denied/, 'who evaluates does not read');
refused(q{SET ROLE teller; SET featureflow.count_evaluations = off}, qr/permission denied/, 'and cannot go uncounted');
ask(q{CREATE ROLE keeper; SELECT ff_grant('keeper', 'admin')});
is(ask(q{SET ROLE keeper; SELECT count(*) > 5 FROM ff_usage()}), 't', 'an administrator does');
refused(q{SET ROLE keeper; UPDATE ff.evaluation_counts SET evaluations = 1}, qr/permission denied/, 'and does not make them up');

# a trigger of somebody does not run in the worker
ask(q{GRANT USAGE ON SCHEMA ff TO teller; GRANT TRIGGER ON ff.evaluation_counts TO teller; SET ROLE teller;
	CREATE FUNCTION public.spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'as %', current_user; END $$;
	CREATE TRIGGER spy BEFORE INSERT OR UPDATE ON ff.evaluation_counts FOR EACH ROW EXECUTE FUNCTION public.spy()});
ask(q{SELECT ff_is_enabled('u', 'f')});
is(flush(), 't', 'the worker writes past triggers');
is(usage('f'), 'on STATIC 23303', 'what there is');
ask('DROP TRIGGER spy ON ff.evaluation_counts');

# what is being changed waits, and holds up nobody; what is gone is given up
my $changer = Session->new($node);
$changer->query(q{BEGIN; SELECT ff_flag_delete('n1')});
ask(q{SELECT ff_evaluate('u', 'n1'), ff_evaluate('u', 'n1000')});
is(ask('SELECT ff_usage_flush(20000)'), 't', 'a flag that is just being deleted holds up nobody');
is(ask('SELECT waiting FROM ff_usage_queue()'), '1', 'its counts wait');
$changer->query('ROLLBACK');
flush();
is(ask('SELECT waiting, failed FROM ff_usage_queue()'), '0|0', 'and are written when it stays');
my $deleter = ask(q{SELECT ff_evaluate('u', 'n1'); SELECT ff_flag_delete('n1'); SELECT ff_usage_flush(); SELECT failed, waiting FROM ff_usage_queue()});
like($deleter, qr/^1\|0$/m, 'a flag that is deleted takes them along');
is(ask(q{SELECT count(*) FROM ff.evaluation_counts c WHERE c.flag_id IS NOT NULL AND NOT EXISTS (SELECT FROM ff.flags f WHERE f.id = c.flag_id)}), '0', 'with those that were written');

# a stop keeps what has not been written, a crash loses that and no more
ask(q{SELECT count(ff_is_enabled('u' || i, 'f')) FROM generate_series(1, 1000) i});
my $idle = Session->new($node);
$idle->query(q{SELECT ff_is_enabled('u', 'f')}) for 1 .. 5;
$changer->quit;
$node->restart;
is(usage('f'), 'on STATIC 24308', 'a stop keeps what waits, and what sessions hold');
is(ask('SELECT waiting FROM ff_usage_queue()'), '1005', 'in shared memory');
flush();
ask(q{SELECT count(ff_is_enabled('u' || i, 'f')) FROM generate_series(1, 50) i});
my $victim = Session->new($node);
kill 'KILL', $victim->query('SELECT pg_backend_pid()');
$victim->{run}->kill_kill;
sleep 1;
$node->poll_query_until('postgres', 'SELECT waiting = 0 FROM ff_usage_queue()');
is(usage('f'), 'on STATIC 24308', 'a crash loses what waits, and nothing that was written');

# by the clock
$node->append_conf('postgresql.conf', 'featureflow.usage_interval = 1');
$node->reload;
ask(q{SELECT count(ff_is_enabled('u' || i, 'f')) FROM generate_series(1, 50) i});
ok($node->poll_query_until('postgres', 'SELECT waiting = 0 AND written > 0 FROM ff_usage_queue()'), 'counts are written by themselves');
is(usage('f'), 'on STATIC 24358', 'as they are');

# a standby has the counts of its own, and those that came from its primary
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('reader');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('write'));
$standby->safe_psql('postgres', q{SELECT count(ff_is_enabled('u' || i, 'f')) FROM generate_series(1, 7) i});
is($standby->safe_psql('postgres', q{SELECT evaluations FROM ff_usage() WHERE flag = 'f'}), '24365', 'a standby counts in its memory');
is($standby->safe_psql('postgres', 'SELECT ff_usage_flush(100)'), 'f', 'and writes nothing');
is(usage('f'), 'on STATIC 24358', 'which its primary does not know');
$node->append_conf('postgresql.conf', "featureflow.usage_interval = 3600\nfeatureflow.usage_memory = '64kB'");
$standby->promote;
is($standby->safe_psql('postgres', 'SELECT ff_usage_flush(60000); SELECT waiting FROM ff_usage_queue()'), "t\n0", 'until it is promoted');
is($standby->safe_psql('postgres', q{SELECT evaluations FROM ff_usage() WHERE flag = 'f'}), '24365', 'then all of it is in its table');
$standby->stop;

# what finds no room is dropped and counted, in whole numbers
$node->restart;
ask(q{SELECT count(ff_flag_create('many-' || i)) FROM generate_series(1, 60) i});
ask(q{SELECT count(ff_evaluate('u', 'many-' || i)) FROM generate_series(1, 60) i, generate_series(1, 3)});
$node->poll_query_until('postgres', 'SELECT waiting = 0 FROM ff_usage_queue()');
flush();
is(ask(q{SELECT dropped > 0, dropped + written FROM ff_usage_queue()}), 't|180', 'a full table drops, and says so');
is(ask(q{SELECT (SELECT sum(evaluations) FROM ff_usage() WHERE flag LIKE 'many-%') = (SELECT written FROM ff_usage_queue())}), 't', 'the others are written');

# databases and extensions that go away
ask('CREATE DATABASE other');
ask($setup, 'other');
ask(q{SELECT ff_evaluate('u', 'f')}, 'other');
is(flush('other'), 't', 'another database');
is(ask(q{SELECT evaluations FROM ff_usage() WHERE flag = 'f'}, 'other'), '1', 'has its own');

# a table that is locked holds up nobody, exposures of another database least of all
ask(q{SELECT ff_metric_create('m', 'mean', 'e'), ff_experiment_create('x', 'half', '{m}'), ff_experiment_start('x')}, 'other');
my $locker = Session->new($node);
$locker->query('BEGIN; LOCK ff.evaluation_counts IN SHARE MODE');
ask(q{SELECT ff_is_enabled('u', 'f')});
is(ask('SELECT ff_usage_flush(100)'), 'f', 'counts wait for a table that is locked');
is(ask(q{SET featureflow.exposures = async; SELECT count(ff_expose('u', 'half')); SELECT ff_exposures_flush(20000)}, 'other'), "1\nt", 'exposures do not');
is(ask('SELECT count(*) FROM ff.exposures', 'other'), '1', 'they are there');
is(ask(q{SELECT ff_usage_flush(100)}), 'f', 'before the counts are');
$locker->query('COMMIT');
$locker->quit;
is(flush(), 't', 'which are written once it is free');

ask(q{SELECT ff_evaluate('u', 'f')}, 'other');
ask('DROP EXTENSION featureflow CASCADE', 'other');
ask('DROP DATABASE other');
pass('a database that is counted in can be dropped');
is(ask(q{SELECT ff_evaluate('u', 'f'); SELECT ff_usage_flush(20000)}) =~ /^t$/m, 1, 'and holds up nobody');

# without the library from the start
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;
ask(q{SELECT ff_evaluate('u', 'f')});
is(ask('SELECT counting, waiting, room IS NULL FROM ff_usage_queue()'), 'f|0|t', 'nothing is counted');
is(ask(q{SELECT evaluations > 24000 FROM ff_usage() WHERE flag = 'f'}), 't', 'what was is there');
refused('SELECT ff_usage_flush()', qr/evaluations are not counted in this server/, 'there is nothing to wait for');

done_testing();
