# Two-phase commit: a prepared change is nobody's until COMMIT PREPARED, and
# keeps other writers of the project in line meanwhile, a restart included.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_prepared_transactions = 5\nfeatureflow.notify = off");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('moving'), ff_flag_create('other'), ff_project_create('shop'), ff_flag_create('moving', project => 'shop')});

my $ask = q{SELECT ff_is_enabled('u', 'moving')};
my $writer = Session->new($node);
my $reader = Session->new($node);
is($reader->query($ask), 'f', 'before');
my $version = $reader->query('SELECT ff_version()');

$writer->query(q{BEGIN; SELECT ff_flag_default('moving', 'true')});
is($writer->query($ask), 't', 'the writer sees its change');
$writer->query(q{PREPARE TRANSACTION 'one'});
is($writer->error, '', 'it can be prepared');
is($writer->query($ask), 'f', 'and then no longer sees it');
is($reader->query($ask), 'f', 'nor does anybody else');
is($reader->query('SELECT ff_version()'), $version, 'the version is the old one');
$writer->query(q{ROLLBACK PREPARED 'one'});
is($writer->query($ask), 'f', 'rolled back');

$writer->query(q{BEGIN; SELECT ff_flag_default('moving', 'true'); PREPARE TRANSACTION 'two'});
is($writer->query($ask) . $reader->query($ask), 'ff', 'prepared again');
my $other = Session->new($node);
$other->query(q{SELECT ff_flag_default('moving', 'true', project => 'shop')});
is($other->error, '', 'another project can be changed meanwhile');
$other->send(q{SELECT ff_flag_default('other', 'true')});
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'}) or die;
pass('the same project waits');
$reader->query(q{COMMIT PREPARED 'two'});
$other->answer;
is($reader->query($ask), 't', 'the session that committed it sees the change');
is($writer->query($ask), 't', 'so does the one that prepared it');
is($writer->query(q{SELECT ff_is_enabled('u', 'other')}), 't', 'and the writer that waited went on');
cmp_ok($reader->query('SELECT ff_version()'), '>', $version, 'the version moved');

# A restart between the two phases.
$writer->query(q{BEGIN; UPDATE ff.flag_settings SET default_serve = '"off"'; PREPARE TRANSACTION 'three'});
$_->quit foreach $writer, $reader, $other;
$node->restart;
$writer = Session->new($node);
is($writer->query($ask), 't', 'after a restart it is still not seen');
$other = Session->new($node);
$other->send(q{SELECT ff_flag_default('moving', 'true', 'staging')});
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'}) or die;
$writer->query(q{COMMIT PREPARED 'three'});
$other->answer;
is($writer->query($ask), 'f', 'committed by another session after the restart');
is($writer->query(q{SELECT count(*) FROM (SELECT project_id, number, lag(number) OVER (PARTITION BY project_id ORDER BY number) AS before
	FROM ff.audit_log) x WHERE number <> coalesce(before, 0) + 1}), '0', 'audit numbers have no gap');
is($writer->query(q{SELECT count(*) FROM ff_audit_verify()}), '0', 'and the chain is whole');

# With notifications a transaction cannot be prepared; it can still be committed.
$writer->query(q{SET featureflow.notify = on; BEGIN; SELECT ff_flag_default('moving', 'true'); PREPARE TRANSACTION 'four'});
like($writer->error, qr/cannot PREPARE a transaction that has changed flags while featureflow.notify is on/, 'a clear error');
like($writer->error, qr/HINT:  SET featureflow.notify = off/, 'with the remedy');
is($writer->query($ask), 'f', 'nothing is left of it');
$writer->query(q{BEGIN; SELECT ff_flag_default('moving', 'true'); SET LOCAL featureflow.notify = off; PREPARE TRANSACTION 'five'; COMMIT PREPARED 'five'});
is($writer->error, '', 'the remedy helps within the transaction');
is($writer->query($ask), 't', 'and the change is made');
$writer->query(q{BEGIN; SELECT ff_is_enabled('u', 'moving'); PREPARE TRANSACTION 'six'; COMMIT PREPARED 'six'});
is($writer->error, '', 'who changes nothing can prepare with notifications on');
$_->quit foreach $writer, $other;
$node->stop;
done_testing();
