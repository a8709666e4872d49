# The short form of test/oracle/experiments: random experiments through the tables
# against answers that are worked out without the extension, to the bit.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('oracle');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION featureflow');

my ($seed, $experiments) = ($ENV{FF_ORACLE_SEED} || 1, $ENV{FF_ORACLE_EXPERIMENTS} || 100);
my ($stdout, $stderr);
my $status = IPC::Run::run([ 'test/oracle/experiments', '--seed', $seed, '--experiments', $experiments, '-d', $node->connstr('postgres') ], '>', \$stdout, '2>', \$stderr);
is($stderr, '', 'nothing is complained of');
is($stdout, "$experiments experiments of seed $seed, 0 differ\n", 'all experiments are answered to the bit');
ok($status, 'and the status says so');

$node->stop;
done_testing();
