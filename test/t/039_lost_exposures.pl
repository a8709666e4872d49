# What exposures lose that ff_expose leaves to a worker is counted, to the last
# one: when a process of the server is killed, the server itself, or its last
# commits; not by a copy of the server or of a database; and the server starts
# whatever has become of the file of counts.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $node = PostgreSQL::Test::Cluster->new('lost');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'featureflow'\nfeatureflow.exposures = async\nshared_buffers = '32MB'\nrestart_after_crash = on");
$node->start;

my $file = $node->data_dir . '/pg_stat_tmp/featureflow_exposures';
my $setup = q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('f'), ff_flag_rollout('f', 50), ff_metric_create('m', 'mean', 'e'),
		ff_experiment_create('x', 'f', '{m}'), ff_experiment_start('x')};

sub ask
{
	my ($sql, $database, $server) = @_;
	return ($server // $node)->safe_psql($database // 'postgres', $sql);
}

sub lost { return ask('SELECT lost FROM ff_exposure_queue()', @_) }
sub rows { return ask('SELECT count(*) FROM ff.exposures', @_) }

my $serial = 0;

# Exposes so many units in one transaction.
sub expose
{
	my ($count, $database, $server) = @_;
	$serial++;
	ask("SELECT count(ff_expose('unit $serial.' || i, 'f')) FROM generate_series(1, $count) i", $database, $server);
	return;
}

sub write_all
{
	is(ask('SELECT ff_exposures_flush()', @_), 't', 'all is written');
	return;
}

# A session that keeps the worker of a database from writing.
sub blocker
{
	my ($database, $server) = @_;
	my $session = Session->new($server // $node, $database);
	$session->query('BEGIN; LOCK TABLE ff.exposures IN EXCLUSIVE MODE');
	return $session;
}

# Sessions of a server that has gone.
sub drop { $_->{run}->kill_kill foreach @_; return }

# Kills the postmaster, and starts it again when its processes are gone, which end by themselves.
sub kill_postmaster
{
	my (@stopped) = @_;
	my @processes = split /\n/, ask('SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
	$node->kill9;
	kill 'KILL', $_ foreach @stopped;
	foreach (1 .. 1000)
	{
		last unless kill 0, @processes;
		select undef, undef, undef, 0.1;
	}
	$node->start;
	return;
}

ask($setup);
ask('CREATE DATABASE other');
ask($setup, 'other');
is(ask('SELECT lost, lost_since FROM ff_exposure_queue()'), '0|', 'nothing has been left, nothing is lost');

# a process is killed, and all others go with it
my @blockers = (blocker('postgres'), blocker('other'));
expose(123);
expose(45, 'other');
is(lost(), '0', 'what waits is not lost');
my $victim = Session->new($node);
kill 'KILL', $victim->query('SELECT pg_backend_pid()');
$node->poll_query_until('postgres', 'SELECT queued = 0 FROM ff_exposure_queue()') or die 'the server is not back';
drop(@blockers, $victim);
is(lost(), '123', 'a process is killed: what was waiting is lost, and counted');
is(lost('other'), '45', 'each database has its own count');
is(rows() . rows('other'), '00', 'none of it has been written');

# what is written afterwards is not, and the count stays
expose(200);
write_all();
is(lost() . '|' . rows(), '123|200', 'what comes later is written');
ok(ask(q{SELECT lost_since BETWEEN now() - interval '1 hour' AND now() FROM ff_exposure_queue()}), 'since when is told');
$node->restart;
is(lost() . '|' . lost('other') . '|' . rows(), '123|45|200', 'a stop loses nothing where a worker runs');

# the postmaster is killed
@blockers = (blocker('postgres'));
expose(31);
kill_postmaster();
drop(@blockers);
is(lost(), 123 + 31, 'the postmaster is killed');
is(lost('other'), '45', 'another database lost nothing by that');

# several times, without anything being written in between
foreach my $round (1 .. 2)
{
	@blockers = (blocker('postgres'));
	expose(10);
	$node->stop('immediate');
	drop(@blockers);
	$node->start;
	is(lost(), 154 + 10 * $round, "an immediate stop, $round");
}
expose(5);
write_all();
is(lost() . '|' . rows(), '174|205', 'and written down by the next batch');
is(ask('SELECT accounted, lost FROM ff.exposure_accounts'), '379|174', 'in the table');

# no worker process is to be had, and the server is stopped as it should
$node->append_conf('postgresql.conf', 'max_worker_processes = 1');
$node->restart;
expose(7);
$node->append_conf('postgresql.conf', 'max_worker_processes = 8');
$node->restart;
is(lost() . '|' . rows(), '181|205', 'what no worker has been started for is lost with a stop, and counted');

# commits that a crash undoes: the worker wrote them, and then they were not written
$node->append_conf('postgresql.conf', "synchronous_commit = off\nwal_writer_delay = '10s'");
$node->restart;
my @writers = split /\n/, ask(q{SELECT pid FROM pg_stat_activity WHERE backend_type IN ('walwriter', 'background writer', 'checkpointer')});
kill 'STOP', @writers;
expose(50);
write_all();
is(rows(), '255', 'the worker has written');
kill_postmaster(@writers);
is(lost() + rows(), 181 + 205 + 50, 'written and lost are all');
is(rows(), '205', 'the commit was undone by the crash');
$node->append_conf('postgresql.conf', 'synchronous_commit = on');
$node->restart;

# a commit that nobody was told of: it is there, so nothing is lost
$node->append_conf('postgresql.conf', "synchronous_standby_names = 'nobody'");
$node->reload;
expose(60);
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'featureflow exposures' AND wait_event = 'SyncRep'});
$node->stop('immediate');
$node->append_conf('postgresql.conf', "synchronous_standby_names = ''");
$node->start;
is(lost() . '|' . rows(), '231|265', 'a batch that is committed and not ticked off is written');

# copies: of a database, of the extension, of the server
ask('CREATE DATABASE copy TEMPLATE postgres');
is(lost('copy'), '0', 'a copy of a database has lost nothing');
@blockers = (blocker('copy'));
expose(8, 'copy');
ask('DROP EXTENSION featureflow CASCADE', 'other');
ask($setup, 'other');
is(lost('other'), '0', 'nor has an extension that is made anew');
$node->backup('backup');
ok(!-e $node->backup_dir . '/backup/pg_stat_tmp/featureflow_exposures', 'a base backup leaves the counts out');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
PostgreSQL::Test::Utils::system_or_bail('cp', $file, $standby->data_dir . '/pg_stat_tmp/');	# a tool that takes all
$standby->start;
$node->wait_for_catchup($standby);
is(lost('postgres', $standby) . lost('copy', $standby), '00', 'a standby has lost nothing');
like(slurp_file($standby->logfile), qr/counts of lost exposures begin anew in file "pg_stat_tmp\/featureflow_exposures": the server starts from a copy/, 'it does not believe what comes from the primary');
$node->stop('immediate');
drop(@blockers);
$standby->promote;
is(lost('postgres', $standby), '0', 'nor has one that is promoted');
expose(4, 'postgres', $standby);
write_all('postgres', $standby);
@blockers = (blocker('postgres', $standby));
expose(9, 'postgres', $standby);
$standby->stop('immediate');
drop(@blockers);
$standby->start;
is(lost('postgres', $standby), '9', 'it counts its own');
is(ask('SELECT count(*) FROM ff.exposure_accounts', 'postgres', $standby), '2', 'beside those of the primary');
$standby->stop;
$node->start;
is(lost() . '|' . lost('copy'), '231|8', 'the primary goes on with its counts, the copy of the database with its own');

# the file is lost, cut, overwritten, another server's, older than the table, not to be used
sub damage
{
	my ($name, $pattern, $damage) = @_;
	$node->stop('fast');
	my $offset = -s $node->logfile;
	$damage->();
	$node->start;
	like(slurp_file($node->logfile, $offset), $pattern, "$name: the log says so");
	is(ask('SELECT lost, lost_since FROM ff_exposure_queue()'), '0|', "$name: counts begin anew");
	my $before = rows();
	@blockers = (blocker('postgres'));
	expose(6);
	$node->stop('immediate');
	drop(@blockers);
	$node->start;
	is(lost() . '|' . (rows() - $before), $pattern =~ /could not use/ ? '0|0' : '6|0', "$name: and go on");
	return;
}

sub overwrite
{
	my ($from, $bytes) = @_;
	open my $handle, '+<', $file or die $!;
	binmode $handle;
	seek $handle, $from, 0;
	print $handle $bytes;
	close $handle or die $!;
	return;
}

my $kept = slurp_file($file);
damage('deleted', qr/begin anew in file .*: it is new/, sub { unlink $file });
damage('empty', qr/begin anew in file .*: it is new/, sub { truncate $file, 0 });
damage('cut', qr/begin anew in file .*: it has another size/, sub { truncate $file, 1000 });
damage('overwritten', qr/begin anew in file .*: it is of another version, or damaged/, sub { overwrite(0, 'x' x -s $file) });
damage('of another server', qr/begin anew in file .*: it is of another server/, sub { overwrite(8, 'x' x 8) });
damage('not a file', qr/could not use file .*\n.*not counted beyond/, sub { unlink $file; mkdir $file });

# the disk remembers less than the table: after a power failure
$node->stop('fast');
rmdir $file;
append_to_file($file, $kept);
$node->start;
is(lost(), '231', 'an old file');
expose(100);
write_all();
$node->stop('fast');
unlink $file;
append_to_file($file, $kept);
$node->start;
is(lost(), '231', 'one that knows less than the table invents no loss');
expose(3);
write_all();
@blockers = (blocker('postgres'));
expose(11);
$node->stop('immediate');
drop(@blockers);
$node->start;
is(lost(), 231 + 11, 'and loses none of what comes');

done_testing();
