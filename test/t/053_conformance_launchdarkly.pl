# LaunchDarkly's own evaluations by test/conformance/launchdarkly, in databases of
# several encodings, and that the runner notices what is wrong.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$ENV{FF_SUITES} ||= ($ENV{FF_SHARED} || '../shared') . '/suites';
my $file = "$ENV{FF_SUITES}/launchdarkly/evaluations.json";
plan skip_all => "launchdarkly: $file is not there" unless -r $file;

my $node = PostgreSQL::Test::Cluster->new('launchdarkly');
$node->init;
$node->start;

# Runs the suite; returns the status and the lines.
sub conformance
{
	my ($database) = @_;
	my ($stdout, $stderr);
	my $status = IPC::Run::run([ 'test/conformance/launchdarkly', '-d', $node->connstr($database) ], '>', \$stdout, '2>', \$stderr);
	diag($stderr) if $stderr;
	return ($status, split /\n/, $stdout);
}

foreach my $encoding ('UTF8', 'SQL_ASCII', 'LATIN1')
{
	$node->safe_psql('postgres', "CREATE DATABASE \L$encoding\E TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql(lc $encoding, 'CREATE EXTENSION featureflow');
	my ($status, @lines) = conformance(lc $encoding);
	ok($status, "$encoding: the status is good");
	like($lines[-1], qr/^launchdarkly: [1-9]\d* passed, 0 failed, 0 left out$/, "$encoding: all pass") or diag(join "\n", @lines);
	is(scalar @lines, 1, "$encoding: nothing else is said");
}

# Keys are hashed as UTF-8 whatever the encoding.
my $question = q{SELECT ff_project_create('p', environments => '{e}') IS NOT NULL;
	SET featureflow.project = 'p';
	SELECT count(*) FROM ff_import('launchdarkly', '{"flags": {"größe": {"on": true, "salt": "ß", "variations": ["ä", "ö"], "rules": [{"clauses": [
		{"attribute": "straße", "op": "matches", "values": ["^.ß$"]}], "variation": 0}], "fallthrough": {"rollout": {"variations": [
		{"variation": 0, "weight": 50000}, {"variation": 1, "weight": 50000}]}}}}}', 'e');
	SELECT string_agg(ff_string('é' || n, 'größe', environment => 'e'), '' ORDER BY n) FROM generate_series(1, 40) n;
	SELECT ff_string('é6', 'größe', '{"straße": "üß"}', 'e'), ff_string('é6', 'größe', '{"straße": "ss"}', 'e');};
$ENV{PGCLIENTENCODING} = 'UTF8';
my $answer = $node->safe_psql('utf8', $question);
like($answer, qr/ä.*ö|ö.*ä/, 'a split by keys that are not ASCII');
is($node->safe_psql('latin1', $question), $answer, 'the same in LATIN1');

# A runner that could not fail would prove nothing.
$ENV{FF_SUITES} = PostgreSQL::Test::Utils::tempdir();
mkdir "$ENV{FF_SUITES}/launchdarkly";
append_to_file("$ENV{FF_SUITES}/launchdarkly/evaluations.json", '[{"file": "f", "name": "n", "sdkData": {"flags": {"a": {"on": false, "offVariation": 0, "variations": [1]}}},
	"evaluations": [{"flagKey": "a", "context": {"key": "u"}, "default": 0, "expect": {"value": 1, "variationIndex": 0, "reason": {"kind": "OFF"}}},
	{"name": "value", "flagKey": "a", "context": {"key": "u"}, "default": 0, "expect": {"value": 0, "variationIndex": 0, "reason": {"kind": "OFF"}}},
	{"name": "index", "flagKey": "a", "context": {"key": "u"}, "default": 0, "expect": {"value": 1, "reason": {"kind": "OFF"}}},
	{"name": "reason", "flagKey": "a", "context": {"key": "u"}, "default": 0, "expect": {"value": 1, "variationIndex": 0, "reason": {"kind": "FALLTHROUGH"}}}]}]');
my ($status, @lines) = conformance('utf8');
ok(!$status, 'wrong expectations fail');
is($lines[-1], 'launchdarkly: 1 passed, 3 failed, 0 left out', 'and are counted');
like($lines[$_], qr/^launchdarkly: failed f: n: (value|index|reason): the answer is \{.*\}, not \{.*\}$/, 'each with both answers') foreach 0 .. 2;
$node->stop;
done_testing();
