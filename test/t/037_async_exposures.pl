# Exposures that ff_expose leaves to a worker: those of transactions that commit,
# each as it was; what becomes of them when the table is locked, the ring is full,
# the worker is stopped, the server is, and what they belong to goes away.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Asked;
use Session;

my $node = PostgreSQL::Test::Cluster->new('async');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'featureflow'\nfeatureflow.exposure_ring = '256kB'\nmax_prepared_transactions = 2\nfeatureflow.exposures = async");
$node->start;
ask_of($node);

# Runs from the table of a database to what is in it.
sub rows { return ask('SELECT count(*), count(DISTINCT unit) FROM ff.exposures', @_) }
sub flush { return ask('SELECT ff_exposures_flush()', @_) }

my $setup = q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('f'), ff_flag_rollout('f', 50), ff_metric_create('m', 'mean', 'e'), ff_experiment_create('x', 'f', '{m}'),
		ff_experiment_update('x', '{"dimensions": ["country"]}'), ff_experiment_start('x')};
ask($setup);

# as it was made, once the transaction has committed
is(ask(q{BEGIN; SELECT count(ff_expose('u' || i, 'f', jsonb_build_object('country', 'DE'))) FROM generate_series(1, 1000) i;
	SELECT count(*) FROM ff.exposures; COMMIT;}), "1000\n0", 'nothing is written by the transaction itself');
is(flush(), 't', 'the worker writes it');
is(rows(), '1000|1000', 'a row each');
is(ask(q{SELECT count(*) FROM ff.exposures WHERE experiment = 'x' AND environment = 'production' AND project = 'default' AND phase = 1 AND dimensions = '{"country": "DE"}'
	AND variation = ff_string(unit, 'f')::text OR experiment = 'x' AND phase = 1 AND dimensions = '{"country": "DE"}' AND variation = (ff_evaluate_detail(unit, 'f')).variation}), '1000', 'as ff_expose would have written it');
is(ask('SELECT waiting, oldest IS NULL, queued, written, dropped, failed FROM ff_exposure_queue()'), '0|t|1000|1000|0|0', 'and counts it');
is(ask(q{BEGIN; SELECT count(ff_expose('u1', 'f')); SELECT pg_sleep(0.3); COMMIT; SELECT ff_exposures_flush();
	SELECT count(*) FROM ff.exposures WHERE unit = 'u1' AND at < now() - interval '0.2 second'}), "1\n\nt\n2", 'with the time of the call');

# what is rolled back is not there, whole or in part
ask(q{BEGIN; SELECT ff_expose('r1', 'f'); ROLLBACK;});
ask(q{BEGIN; SELECT ff_expose('s1', 'f'); SAVEPOINT a; SELECT ff_expose('s2', 'f'); SAVEPOINT b; SELECT ff_expose('s3', 'f'); RELEASE b; ROLLBACK TO a; SELECT ff_expose('s4', 'f'); COMMIT;});
$node->psql('postgres', q{BEGIN; SELECT ff_expose('r2', 'f'); SELECT 1 / 0; COMMIT;});
flush();
is(ask(q{SELECT string_agg(unit, ' ' ORDER BY unit) FROM ff.exposures WHERE unit ~ '^[rs]'}), 's1 s4', 'rolled back, whole or in part: not written');
refused(q{BEGIN; SELECT ff_expose('p', 'f'); PREPARE TRANSACTION 'p';}, qr/cannot PREPARE a transaction that has exposed users asynchronously/, 'a transaction that is prepared is refused');

# a session leaves the same meeting once, as long as it is the same
my $session = Session->new($node);
$session->query(q{SELECT ff_expose('again', 'f')}) for 1 .. 5;
$session->query(q{BEGIN; SELECT ff_expose('twice', 'f'); ROLLBACK});
$session->query(q{SELECT ff_expose('twice', 'f')});
ask(q{SELECT ff_experiment_phase('x')});
$session->query(q{SELECT ff_expose('again', 'f')});
flush();
is(ask(q{SELECT string_agg(unit || phase, ' ' ORDER BY unit, phase) FROM ff.exposures WHERE unit IN ('again', 'twice')}), 'again1 again2 twice1', 'a session repeats nothing but what is new');

# a table that is locked: what finds no room is dropped and counted, the rest is written
my $locker = Session->new($node);
$locker->query('BEGIN; LOCK TABLE ff.exposures IN EXCLUSIVE MODE');
my $before = (split /\|/, rows())[0];
$session->query(q{SELECT count(ff_expose('full' || i, 'f')) FROM generate_series(1, 10000) i});
like(ask('SELECT waiting > 100, dropped > 100, used > 200000, size FROM ff_exposure_queue()'), qr/^t\|t\|t\|262144$/, 'a full ring drops, and says so');
is(ask('SELECT ff_exposures_flush(200)'), 'f', 'waiting ends');
$locker->query('COMMIT');
flush();
my ($dropped) = ask('SELECT dropped FROM ff_exposure_queue()');
is((split /\|/, rows())[0] - $before + $dropped, 10000, 'written and dropped are all');
$session->query(q{SELECT count(ff_expose('full' || i, 'f')) FROM generate_series(1, 1000) i});
$session->query(q{SELECT count(ff_expose('full' || i, 'f')) FROM generate_series(9001, 10000) i});
flush();
is(ask(q{SELECT count(DISTINCT unit) FROM ff.exposures WHERE unit IN ('full1', 'full1000', 'full10000')}), '3', 'what was dropped is left to the worker again');

# a worker that is stopped has a successor
$locker->query('BEGIN; LOCK TABLE ff.exposures IN EXCLUSIVE MODE');
$session->query(q{SELECT count(ff_expose('stop' || i, 'f')) FROM generate_series(1, 300) i});
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'featureflow exposures' AND datname = 'postgres' AND wait_event_type = 'Lock'});
ask(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'featureflow exposures' AND datname = 'postgres'});
$locker->query('COMMIT');
flush();
is(ask(q{SELECT count(DISTINCT unit) FROM ff.exposures WHERE unit LIKE 'stop%'}), '300', 'a worker that is cancelled loses nothing');

# what only has to wait is not given up
ask(q{ALTER DATABASE postgres SET lock_timeout = '100ms'; ALTER DATABASE postgres SET default_transaction_isolation = 'serializable'});
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'featureflow exposures' AND datname = 'postgres'});
my $given_up = ask('SELECT failed FROM ff_exposure_queue()');
$locker->query('BEGIN; LOCK TABLE ff.exposures IN EXCLUSIVE MODE');
$session->query(q{SELECT count(ff_expose('patient' || i, 'f')) FROM generate_series(1, 20) i});
is(ask('SELECT ff_exposures_flush(1000)'), 'f', 'the worker waits longer than the lock_timeout of the database');
$locker->query('COMMIT');
is(flush(), 't', 'and writes in the end');
is(ask(q{SELECT count(*), (SELECT failed FROM ff_exposure_queue()) FROM ff.exposures WHERE unit LIKE 'patient%'}), "20|$given_up", 'nothing is given up');
ask(q{ALTER DATABASE postgres RESET ALL});

# other databases, one after the other; what is gone
ask('CREATE DATABASE other');
ask($setup, 'other');
ask(q{SELECT ff_expose('o' || i, 'f') FROM generate_series(1, 50) i}, 'other');
$session->query(q{SELECT ff_expose('here', 'f')});
is(flush('other') . flush(), 'tt', 'two databases at once');
is(rows('other'), '50|50', 'each has its own');

# a database that always has something to be written leaves room for others
my $busy = Session->new($node);
$busy->send(q{DO $$ BEGIN FOR i IN 1 .. 300 LOOP PERFORM ff_expose('busy' || i, 'f'); COMMIT; PERFORM pg_sleep(0.02); END LOOP; END $$});
sleep 1;
is(ask(q{SELECT ff_expose('turn', 'f'); SELECT ff_exposures_flush(4000)}, 'other') =~ /^t$/m, 1, 'a busy database leaves others their turn');
$busy->answer;
flush();
is(ask(q{SELECT count(*) FROM ff.exposures WHERE unit LIKE 'busy%'}), '300', 'and is written itself');
$busy->quit;
my $failed = ask('SELECT failed FROM ff_exposure_queue()');
$locker->query('BEGIN; LOCK TABLE ff.exposures IN EXCLUSIVE MODE');
ask(q{SELECT ff_flag_create('g'), ff_flag_rollout('g', 50), ff_experiment_create('y', 'g', '{m}'), ff_experiment_start('y')});
$session->query(q{SELECT ff_expose('orphan', 'g')});
ask(q{SELECT ff_experiment_stop('y'), ff_experiment_delete('y')});
$locker->query('COMMIT');
flush();
is(ask('SELECT failed FROM ff_exposure_queue()') - $failed, 1, 'an experiment that is deleted takes them along, counted');

# results that are kept are of what is still with the worker, too
ask(q{SELECT ff_flag_create('h'), ff_flag_rollout('h', 50), ff_experiment_create('z', 'h', '{m}'), ff_experiment_start('z')});
$session->query(q{SELECT count(ff_expose('kept' || i, 'h')) FROM generate_series(1, 500) i});
$session->query(q{SELECT ff_experiment_stop('z')});
is(ask(q{SELECT document #>> '{data,exposures,rows}', (SELECT sum((s ->> 'n')::int) FROM jsonb_array_elements(document -> 'stats') s) FROM ff_experiment_results('z')}), '500|500', 'an experiment that is stopped counts what the worker has not written yet');

# what somebody wrote is not run by the worker
ask(q{CREATE UNIQUE INDEX once ON ff.exposures_default (unit) WHERE unit = 'only'});
$session->query(q{SELECT ff_expose('good' || i, 'f') FROM generate_series(1, 5) i});
flush();
is(ask(q{SELECT count(*) FROM ff.exposures WHERE unit LIKE 'good%'}), '0', 'an index that would run a predicate as a superuser is not served');
like(slurp_file($node->logfile), qr/could not write 1 exposures: index "once" of "ff.exposures" has an expression or a predicate/, 'and the log says why');
ask(q{DROP INDEX ff.once});

# extension and database go away while there is something for them
ask(q{SELECT ff_expose('late' || i, 'f') FROM generate_series(1, 100) i}, 'other');
ask('DROP EXTENSION featureflow CASCADE', 'other');
$node->poll_query_until('postgres', 'SELECT used = 0 FROM ff_exposure_queue()') or diag('not empty');
ask('DROP DATABASE other');
pass('extension and database can be dropped');

# exposures of a database that is gone hold up nobody, and are given up in the end
ask('CREATE DATABASE gone');
ask($setup, 'gone');
$locker->query('BEGIN; LOCK TABLE ff.exposures IN EXCLUSIVE MODE');
$session->query(q{SELECT ff_expose('first', 'f')});	# keeps the worker, so that those of the other stay
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'featureflow exposures' AND datname = 'postgres' AND wait_event_type = 'Lock'});
ask(q{SELECT ff_expose('g' || i, 'f') FROM generate_series(1, 10) i}, 'gone');
ask('DROP DATABASE gone');
$session->query(q{SELECT ff_expose('behind', 'f')});
$locker->query('COMMIT');
flush();
sleep 2;
$session->query(q{SELECT ff_expose('later', 'f')});
is(ask('SELECT ff_exposures_flush(5000)'), 't', 'entries of a database that was dropped hold up nobody');
is(ask(q{SELECT count(*) FROM ff.exposures WHERE unit IN ('first', 'behind', 'later')}), '3', 'who comes behind is written');
cmp_ok(ask('SELECT used FROM ff_exposure_queue()'), '>', 0, 'they are tried again for a while');

# a server that is stopped writes what there is; one that crashes loses it, and no more
$session->query(q{SELECT count(ff_expose('last' || i, 'f')) FROM generate_series(1, 1500) i});
$session->quit;
$locker->quit;
$node->restart;
is(ask(q{SELECT count(DISTINCT unit) FROM ff.exposures WHERE unit LIKE 'last%'}), '1500', 'a stop loses nothing');
$session = Session->new($node);
$session->query(q{SET featureflow.exposures = sync});
$session->query(q{SELECT count(ff_expose('sync' || i, 'f')) FROM generate_series(1, 100) i});
$node->stop('immediate');
$node->start;
is(ask(q{SELECT count(*) FROM ff.exposures WHERE unit LIKE 'sync%'}), '100', 'what ff_expose has written itself survives a crash');
is(ask('SELECT waiting, queued FROM ff_exposure_queue()'), '0|0', 'the ring starts empty');

# a worker that is killed takes the server down with it, and all begins anew
$node->append_conf('postgresql.conf', "restart_after_crash = on\nfeatureflow.exposure_ring = '4MB'");
$node->restart;
$locker = Session->new($node);
$locker->query('BEGIN; LOCK TABLE ff.exposures IN EXCLUSIVE MODE');
ask(q{SELECT count(ff_expose('killed' || i, 'f')) FROM generate_series(1, 50) i});
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'featureflow exposures' AND datname = 'postgres' AND wait_event_type = 'Lock'});
kill 'KILL', ask(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'featureflow exposures' AND datname = 'postgres'});
$locker->{run}->kill_kill;
sleep 1;
$node->poll_query_until('postgres', 'SELECT queued = 0 FROM ff_exposure_queue()');
is(ask(q{SELECT count(*) FROM ff.exposures WHERE unit LIKE 'killed%'}), '0', 'what the ring held at a crash is lost');
is(ask(q{SELECT count(*) FROM ff.exposures WHERE unit LIKE 'sync%'}), '100', 'and nothing else');
ask(q{SELECT ff_expose('revived', 'f')});
is(flush(), 't', 'workers are there again');
is(ask(q{SELECT count(*) FROM ff.exposures WHERE unit = 'revived'}), '1', 'and write');

# what is larger than a batch is dropped, and does not stand in the way
ask(q{SELECT ff_experiment_update('x', jsonb_build_object('dimensions', (SELECT jsonb_agg('d' || i) FROM generate_series(1, 20) i)))});
is(ask(q{SELECT count(ff_expose('huge', 'f', (SELECT jsonb_object_agg('d' || i, repeat('1', 131000)::numeric) FROM generate_series(1, 20) i)));
	SELECT count(ff_expose('small', 'f')); SELECT ff_exposures_flush(20000); SELECT dropped FROM ff_exposure_queue()}), "1\n1\nt\n1", 'an exposure of more than a megabyte is dropped and counted');
is(ask(q{SELECT string_agg(unit, ' ') FROM ff.exposures WHERE unit IN ('huge', 'small')}), 'small', 'others are written');

# without the library there is no worker
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;
refused(q{SELECT ff_expose('u', 'f')}, qr/no worker writes exposures/, 'async needs the library from the start');
is(ask('SELECT size IS NULL FROM ff_exposure_queue()'), 't', 'there is no ring');
is(ask(q{SET featureflow.exposures = sync; SELECT count(ff_expose('u', 'f'))}), '1', 'sync does not');

done_testing();
