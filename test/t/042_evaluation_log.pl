# The log of single evaluations: what it says of each, that a share is drawn at random
# and told, what becomes of it when the memory is full, the environment goes away or
# the table refuses it, and that exposures are written all the while.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Asked;
use Session;

my $node = PostgreSQL::Test::Cluster->new('log');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'featureflow'\nfeatureflow.log_memory = 256");
$node->start;
ask_of($node);

my $flush = 'SELECT ff_usage_flush()';
my $queue = 'SELECT waiting, written, dropped, failed FROM ff_evaluation_log_queue()';

ask(q{CREATE EXTENSION featureflow;
	SELECT ff_flag_create('f'), ff_flag_rollout('f', 100), ff_flag_create('s', kind => 'string', variations => '["a", "b"]'),
		ff_flag_create('ask'), ff_flag_rules('ask', '[{"id": "pros", "when": {"attribute": "plan", "op": "eq", "values": ["pro"]}, "serve": "on"}]')});

# nothing unless it is asked for
ask(q{SELECT ff_is_enabled('u', 'f')});
is(ask("$flush; $queue; SELECT count(*) FROM ff_evaluation_log()"), "t\n0|0|0|0\n0", 'off by default');

# what it says
ask(q{SET featureflow.log_evaluations = 1;
	SELECT ff_is_enabled('anna', 'f');
	SELECT ff_is_enabled('anna', 'ask', '{"plan": "pro"}');
	SELECT ff_evaluate('anna', 'ask', '{"plan": "free"}');
	SELECT ff_string('anna', 'f');
	SELECT ff_is_enabled('anna', 'nobody');
	SELECT ff_is_enabled(NULL, 's', fallback => true);
	SELECT ff_is_enabled('anna', 'f', environment => 'staging');
	SELECT ff_is_enabled('anna', 'f', environment => 'nowhere');
	SELECT ff_explain('anna', 'f')});
ask($flush);
is(ask(q{SELECT user_key, flag, variation, reason, error_code, rule, version, share FROM ff_evaluation_log() ORDER BY at}),
	join("\n", 'anna|f|on|STATIC||default|2|1', 'anna|ask|on|TARGETING_MATCH||pros|2|1', 'anna|ask|off|DEFAULT||default|2|1',
		'anna|f||ERROR|TYPE_MISMATCH|default|2|1', 'anna|nobody||ERROR|FLAG_NOT_FOUND|||1', '|s||ERROR|TYPE_MISMATCH|default|1|1'),
	'each with its user, answer and reason');
is(ask(q{SELECT flag FROM ff_evaluation_log(environment => 'staging')}), 'f', 'of another environment');
is(ask(q{SELECT count(*), count(*) FILTER (WHERE at BETWEEN now() - interval '1 minute' AND now()) FROM ff_evaluation_log(flag => 'ask')}), '2|2', 'of one flag, with the time');
is(ask(q{SELECT count(*) FROM ff_evaluation_log('anna')}), '5', 'of one user');
is(ask(q{SELECT flag FROM ff_evaluation_log(most => 1)}), 's', 'the newest first');
is(ask(q{SELECT count(*) FROM ff_evaluation_log(since => now()) a FULL JOIN ff_evaluation_log(until => now() - interval '1 hour') b USING (at)}), '0', 'in a time');
refused('SELECT ff_evaluation_log(most => 0)', qr/the number of rows is 1 or more/, 'no rows');
refused(q{SELECT ff_evaluation_log(since => '2020-01-02', until => '2020-01-01')}, qr/from a time to a later one/, 'a time that ends before it begins');
refused(q{SELECT ff_evaluation_log(environment => 'nowhere')}, qr/unknown environment "nowhere"|environment "nowhere" does not exist/, 'an unknown environment');
refused('SET featureflow.log_evaluations = 2', qr/outside the valid range/, 'more than all');
ask(q{CREATE ROLE ordinary; CREATE ROLE evaluator; SELECT ff_grant('evaluator', 'evaluate')});
refused("SET ROLE $_; SET featureflow.log_evaluations = 1", qr/permission denied/, "$_ does not have evaluations logged") for qw(ordinary evaluator);
refused("SET ROLE $_; SELECT ff_evaluation_log()", qr/permission denied/, "nor reads them") for qw(ordinary evaluator);
ask(q{CREATE ROLE manager; SELECT ff_grant('manager', 'admin')});
is(ask(q{SET ROLE manager; SELECT count(*) FROM ff_evaluation_log(); SELECT ff_evaluation_log_retain('1 day'), written FROM ff_evaluation_log_queue()}), "6\n0|7", 'an administrator does');

# functions of many flags, exposures, whatever becomes of the transaction
ask('DELETE FROM ff.evaluation_log');
ask(q{SET featureflow.log_evaluations = 1; BEGIN READ ONLY; SELECT ff_evaluate_all('bert'); SELECT ff_enabled_flags('bert'); ROLLBACK});
ask($flush);
is(ask(q{SELECT flag, count(*) FROM ff_evaluation_log() GROUP BY 1 ORDER BY 1}), "ask|2\nf|2\ns|2", 'flags that are asked for together');

# a share of them
ask('DELETE FROM ff.evaluation_log');
ask(q{SET featureflow.log_evaluations = 0.1; SELECT count(ff_is_enabled('u' || i, 'f')) FROM generate_series(1, 10000) i});
ask($flush);
my ($logged, $users) = split /\|/, ask(q{SELECT count(*), count(DISTINCT user_key) FROM ff.evaluation_log WHERE share = 0.1});
cmp_ok(abs($logged - 1000), '<', 150, 'one in ten, within five standard deviations');
is($users, $logged, 'each once');
cmp_ok(ask(q{SELECT abs(avg(substr(user_key, 2)::int) - 5000) FROM ff.evaluation_log}), '<', 500, 'from the first to the last');
ask('DELETE FROM ff.evaluation_log');
ask(q{SET featureflow.log_evaluations = 0.1; SELECT ff_is_enabled('u', 'f')}) for 1 .. 60;
ask($flush);
cmp_ok(ask('SELECT count(*) FROM ff.evaluation_log'), '<', 25, 'sessions that evaluate once are not logged more often');

ask('DELETE FROM ff.evaluation_log');
ask(q{SET featureflow.log_evaluations = 1e-12; SELECT ff_is_enabled('u', 'f'); SET featureflow.log_evaluations = 1; SELECT ff_is_enabled('u1', 'f');
	SET featureflow.log_evaluations = 1e-300; SELECT ff_is_enabled('u', 'f'); BEGIN; SET LOCAL featureflow.log_evaluations = 1; SELECT ff_is_enabled('u2', 'f'); COMMIT; SELECT ff_is_enabled('u', 'f')});
ask($flush);
is(ask(q{SELECT string_agg(user_key, ',' ORDER BY user_key) FROM ff.evaluation_log}), 'u1,u2', 'another share holds from the next evaluation on');

# sessions side by side, with exposures
ask('DELETE FROM ff.evaluation_log');
ask(q{SELECT ff_flag_create('half'), ff_flag_rollout('half', 50), ff_metric_create('m', 'mean', 'e'), ff_experiment_create('x', 'half', '{m}'), ff_experiment_start('x')});
my $written = (split /\|/, ask($queue))[1];
my @sessions = map { Session->new($node) } 1 .. 4;
$_->send(q{SET featureflow.log_evaluations = 1; SET featureflow.exposures = async;
	DO $$ BEGIN FOR i IN 1 .. 300 LOOP PERFORM ff_expose('u' || i || ':' || pg_backend_pid(), 'half'); COMMIT; END LOOP; END $$}) for @sessions;
$_->answer for @sessions;
$_->quit for @sessions;
ask("$flush; SELECT ff_exposures_flush()");
is(ask('SELECT count(*), count(DISTINCT user_key) FROM ff.evaluation_log'), '1200|1200', 'all evaluations of four sessions');
is(ask('SELECT count(*) FROM ff.exposures'), '1200', 'and all exposures');
is((split /\|/, ask($queue))[1] - $written, 1200, 'counted');

# the memory is full; keys that are too long
ask('DELETE FROM ff.evaluation_log; CREATE DATABASE other');
ask('CREATE EXTENSION featureflow', 'other');
my $locker = Session->new($node);
$locker->query('BEGIN; LOCK ff.evaluation_log IN EXCLUSIVE MODE');
ask(q{SET featureflow.log_evaluations = 1; SELECT count(ff_is_enabled('u' || i, 'f')) FROM generate_series(1, 5000) i});
my ($waiting, undef, $dropped) = split /\|/, ask($queue);
cmp_ok($waiting, '>', 1000, 'evaluations wait for a table that is locked');
is($waiting + $dropped, 5000, 'and those for which there is no room are counted');
is(ask('SELECT ff_usage_flush(1500)'), 'f', 'they are not written yet');
ask(q{SET featureflow.exposures = async; SELECT ff_expose('late', 'half')});
is(ask('SELECT ff_exposures_flush(20000)'), 't', 'exposures do not wait for the table');
$locker->query('COMMIT');
$locker->quit;
ask($flush);
is(ask('SELECT count(*) FROM ff.evaluation_log'), $waiting, 'those that waited are written');
ask(q{SET featureflow.log_evaluations = 1; SELECT ff_is_enabled(repeat('x', 9000), 'f'), ff_is_enabled(repeat('y', 7000), 'f')});
ask($flush);
is(ask(q{SELECT length(user_key) FROM ff_evaluation_log(most => 1)}), '7000', 'long keys are logged whole');
is((split /\|/, ask($queue))[2], $dropped + 1, 'or not at all');

# what is gone, and what the table refuses
ask('DELETE FROM ff.evaluation_log');
ask(q{SELECT ff_environment_create('gone'); SET featureflow.log_evaluations = 1; SELECT ff_is_enabled('u', 'f', environment => 'gone')});
ask($flush);
is(ask(q{SELECT count(*) FROM ff_evaluation_log(environment => 'gone')}), '1', 'an environment');
ask(q{SELECT ff_environment_delete('gone')});
is(ask(q{SELECT count(*) FROM ff.evaluation_log}), '0', 'takes what was logged of it along');
ask(q{ALTER TABLE ff.evaluation_log ADD CHECK (user_key <> 'refused'); CREATE FUNCTION bang() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'bang'; END $$;
	CREATE TRIGGER bang BEFORE INSERT ON ff.evaluation_log FOR EACH ROW EXECUTE FUNCTION bang()});
ask(q{SET featureflow.log_evaluations = 1; SELECT ff_is_enabled('refused', 'f')});
ask($flush);
is((split /\|/, ask($queue))[3], '1', 'what the table refuses is counted');
like(slurp_file($node->logfile), qr/WARNING:  could not log 1 evaluations: new row for relation "evaluation_log" violates check constraint/, 'and told');
ask(q{SET featureflow.log_evaluations = 1; SELECT ff_is_enabled('u', 'f')});
ask($flush);
is(ask(q{SELECT count(*) FROM ff.evaluation_log}), '1', 'what comes after is written, past triggers');

# another database; one that is dropped
ask(q{SET featureflow.log_evaluations = 1; SELECT ff_is_enabled('u', 'nobody')}, 'other');
ask($flush, 'other');
is(ask('SELECT flag FROM ff_evaluation_log()', 'other'), 'nobody', 'another database has its own');
ask(q{SET featureflow.log_evaluations = 1; SELECT ff_is_enabled('u', 'nobody'); DROP EXTENSION featureflow}, 'other');
ok($node->poll_query_until('postgres', 'SELECT used = 0 FROM ff_evaluation_log_queue()'), 'an extension that is gone leaves nothing behind');
ask('DROP DATABASE other');

# a standby logs nothing, and answers
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', q{SET featureflow.log_evaluations = 1; SELECT ff_is_enabled('u', 'f'); SELECT count(*) FROM ff_evaluation_log(); SELECT waiting FROM ff_evaluation_log_queue()}),
	"t\n1\n1", 'a standby keeps its own until it is promoted');
$standby->promote;
$standby->safe_psql('postgres', $flush);
is($standby->safe_psql('postgres', 'SELECT count(*) FROM ff_evaluation_log()'), '2', 'and then writes it');

# retention, dump
ask(q{DROP TRIGGER bang ON ff.evaluation_log; UPDATE ff.evaluation_log SET at = at - interval '8 days'; INSERT INTO ff.evaluation_log SELECT now(), user_key, flag, variation, reason, error_code, rule, version, share, environment_id FROM ff.evaluation_log});
is(ask(q{SELECT ff_evaluation_log_retain()}), '1', 'what is older than a week goes');
refused(q{SELECT ff_evaluation_log_retain('-1 day')}, qr/negative/, 'of a negative interval');
$node->stop('fast');
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->start;
is(ask('SELECT share, size FROM ff_evaluation_log_queue(); SELECT count(*) FROM ff_evaluation_log()'), "0|\n1", 'without the library from the start nothing is logged');

done_testing();
