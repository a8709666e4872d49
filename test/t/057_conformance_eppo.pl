
# Eppo's cases, by test/conformance/eppo.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$ENV{FF_SUITES} ||= ($ENV{FF_SHARED} || '../shared') . '/suites';
plan skip_all => "eppo: $ENV{FF_SUITES}/eppo is not there" unless -r "$ENV{FF_SUITES}/eppo/flags-v1.json";

my $node = PostgreSQL::Test::Cluster->new('eppo');
$node->init;
$node->start;

# Runs the suite in a database of its own: status, errors, lines.
sub conformance
{
	my ($encoding) = @_;
	my ($stdout, $stderr);
	$node->safe_psql('postgres', "CREATE DATABASE \L$encoding\E TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql(lc $encoding, 'CREATE EXTENSION featureflow');
	my $status = IPC::Run::run([ 'test/conformance/eppo', '-d', $node->connstr(lc $encoding) ], '>', \$stdout, '2>', \$stderr);
	return ($status, $stderr, split /\n/, $stdout);
}

my ($status, $stderr, @lines) = conformance('UTF8');
is($stderr, '', 'nothing is complained of');
ok($status, 'and its status says so');
like($lines[-1], qr/^eppo: [1-9]\d* passed, 0 failed, 0 left out$/, $lines[-1]);
note $_ foreach @lines[ 0 .. $#lines - 1 ];

($status, $stderr, my @again) = conformance('SQL_ASCII');
is(join("\n", @again), join("\n", @lines), 'the same in SQL_ASCII');

# A runner that could not fail would prove nothing.
my $suites = PostgreSQL::Test::Utils::tempdir();
mkdir "$suites/eppo";
mkdir "$suites/eppo/tests";
append_to_file("$suites/eppo/flags-v1.json", '{"flags": {"flag": {"enabled": true, "variationType": "STRING", "totalShards": 10000,
	"variations": {"a": {"key": "a", "value": "ä"}}, "allocations": [{"key": "all", "splits": [{"variationKey": "a", "shards": []}]}]}}}');
append_to_file("$suites/eppo/tests/one.json", '{"flag": "flag", "variationType": "STRING", "defaultValue": "none", "subjects": [
	{"subjectKey": "u", "subjectAttributes": {}, "assignment": "ä"}, {"subjectKey": "v", "subjectAttributes": {}, "assignment": "none"}]}');
append_to_file("$suites/eppo/tests/two.json", '{"flag": "flag", "variationType": "BOOLEAN", "defaultValue": true, "subjects": [
	{"subjectKey": "u", "subjectAttributes": {}, "assignment": true}, {"subjectKey": "v", "subjectAttributes": {}, "assignment": false}]}');
append_to_file("$suites/eppo/tests/word.json", '{"flag": "flag", "variationType": "COLOUR", "subjects": [{"subjectKey": "u"}]}');
$ENV{FF_SUITES} = $suites;
($status, $stderr, @lines) = conformance('LATIN1');
ok(!$status, 'wrong answers fail');
is(join("\n", map { s/[^ -~]+/?/gr } @lines), join("\n", 'eppo: failed one.json 2, v: "?", wanted "none"', 'eppo: failed two.json 2, v: true TYPE_MISMATCH, wanted false',
	'eppo: left out word.json 1: it tells no type or no assignment', 'eppo: 2 passed, 2 failed, 1 left out'), 'each with its reason');
$node->stop;
done_testing();
