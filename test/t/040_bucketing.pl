# Where other systems put their users, by test/conformance/bucketing: a test for
# each recipe, and the same again in databases of other encodings.

use strict;
use warnings FATAL => 'all';
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$ENV{FF_SUITES} ||= ($ENV{FF_SHARED} || '../shared') . '/suites';
my $file = "$ENV{FF_SUITES}/bucketing-vectors.json";
plan skip_all => "bucketing: $file is not there" unless -r $file;

# What must be covered, whatever else is.
my @required = qw(launchdarkly launchdarkly-float32 unleash unleash-node unleash-variant posthog posthog-variant posthog-holdout
	growthbook-v1 growthbook-v2 flagsmith flagd-v1 flagd-v2 flagd-v3 flagd-v3-value configcat eppo statsig statsig-user-bucket optimizely goff flipt flipt-boolean);

my $node = PostgreSQL::Test::Cluster->new('recipes');
$node->init;
$node->start;
# EUC_JP is converted to UTF-8 and back; SQL_ASCII holds the bytes as they come.
my @encodings = qw(UTF8 EUC_JP SQL_ASCII);
foreach my $encoding (@encodings)
{
	$node->safe_psql('postgres', "CREATE DATABASE \L$encoding\E TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql(lc $encoding, 'CREATE EXTENSION featureflow');
}

# Runs the vectors of FF_SUITES; returns status, lines, and passed by recipe.
sub conformance
{
	my ($database) = @_;
	my ($stdout, $stderr);
	my $status = IPC::Run::run([ 'test/conformance/bucketing', '-d', $node->connstr($database) ], '>', \$stdout, '2>', \$stderr);
	my @lines = split /\n/, $stdout;
	my %passed = map { /^(\S+): (\d+) passed, / ? ($1 => $2) : () } @lines;
	return ($status, $stderr, \@lines, \%passed);
}

my ($status, $stderr, $lines, $passed) = conformance('utf8');
is($stderr, '', 'nothing is complained of');
foreach my $line (@$lines)
{
	if ($line =~ /^(\S+): (\d+) passed, (\d+) failed, (\d+) left out$/)
	{
		is($3, 0, "$1: $2 passed, $4 left out");
		next;
	}
	note $line;
	like($line, qr/^\S+: left out \S.*: \S/, 'what is left out has its reason');
}
cmp_ok($passed->{$_} // 0, '>', 0, "$_ is covered") foreach @required;
ok($status, 'and its status says so');

foreach my $encoding (@encodings[ 1 .. $#encodings ])
{
	my (undef, undef, $again) = conformance(lc $encoding);
	is(join("\n", @$again), join("\n", @$lines), "the same in $encoding");
}

# A runner that could not fail would prove nothing.
$ENV{FF_SUITES} = PostgreSQL::Test::Utils::tempdir();
append_to_file("$ENV{FF_SUITES}/bucketing-vectors.json",
	'{"eppo": [{"in": "salt-charlie", "shard": 2063}, {"in": "charlie", "shard": 1}, {"in": "salt-charlie"}], "ld": [{"in": "a.b", "f64": 0.5}],
	"elsewhere": [{"in": "x"}]}');
($status, $stderr, $lines, $passed) = conformance('utf8');
ok(!$status, 'wrong vectors fail');
is(join("\n", grep { /^e/ } @$lines), join("\n",
	'elsewhere: left out elsewhere 1: no recipe for this group',
	'eppo: failed eppo 1: the answer is 2062, not 2063',
	'eppo: failed eppo 2: the template {salt}-{key} makes no such text',
	'eppo: left out eppo 3: the case does not tell the answer',
	'elsewhere: 0 passed, 0 failed, 1 left out',
	'eppo: 0 passed, 2 failed, 1 left out'), 'each with its reason');
is(join("\n", grep { /^left out/ } @$lines), join("\n", map { "left out: $_ is not there" } 'posthog/consistency.json', 'growthbook/cases.json', 'flagd/cases.json'),
	'suites that are not there are named');
is($passed->{launchdarkly}, 0, 'no value is taken for another');
$node->stop;
done_testing();
