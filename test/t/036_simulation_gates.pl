# The short form of test/simulation/gates: error rates and coverage, of units, of
# moments and of experiments as rows of ff.exposures and ff.events.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('gates');
$node->init;
$node->append_conf('postgresql.conf', 'work_mem = 64MB');
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION featureflow');

my @run = ('test/simulation/gates', '--seed', $ENV{FF_SIMULATION_SEED} || 1, '-d', $node->connstr('postgres'));
my ($stdout, $stderr);
my $status = IPC::Run::run(\@run, '>', \$stdout, '2>', \$stderr);
is($stderr, '', 'nothing is complained of');
my $gates = 0;
foreach my $line (split /\n/, $stdout)
{
	if ($line =~ /^(passed|FAILED): (.+)$/)
	{
		$gates++;
		is($1, 'passed', $2);
		next;
	}
	note $line;
}
cmp_ok($gates, '>=', 60, 'all gates were there');
ok($status, 'and its status says so');

# It would empty the tables.
$node->safe_psql('postgres', q{INSERT INTO ff.events (unit, event) VALUES ('somebody', 'something')});
ok(!IPC::Run::run(\@run, '>', \$stdout, '2>', \$stderr), 'a database that has events is left alone');
like($stderr, qr/^there are exposures or events in this database/, 'and it says why');

$node->stop;
done_testing();
