# The short form of test/simulation/simulate: looks that do not spoil the error
# rates, whatever the seed.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('simulation');
$node->init;
$node->append_conf('postgresql.conf', 'work_mem = 64MB');
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION featureflow');

my ($stdout, $stderr);
my $status = IPC::Run::run([ 'test/simulation/simulate', '--seed', $ENV{FF_SIMULATION_SEED} || 1, '-d', $node->connstr('postgres') ], '>', \$stdout, '2>', \$stderr);
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
cmp_ok($gates, '>=', 17, 'all gates were there');
ok($status, 'and its status says so');

$node->stop;
done_testing();
