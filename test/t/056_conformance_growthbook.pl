# GrowthBook's own cases by test/conformance/growthbook, random features against
# its JavaScript SDK, and databases of other encodings.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$ENV{FF_SUITES} ||= ($ENV{FF_SHARED} || '../shared') . '/suites';
my $file = "$ENV{FF_SUITES}/growthbook/cases.json";
plan skip_all => "growthbook: $file is not there" unless -r $file;

my $node = PostgreSQL::Test::Cluster->new('growthbook');
$node->init;
$node->start;
foreach my $encoding (qw(UTF8 LATIN1 EUC_JP SQL_ASCII))
{
	$node->safe_psql('postgres', "CREATE DATABASE \L$encoding\E TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql(lc $encoding, 'CREATE EXTENSION featureflow');
}

sub conformance
{
	my ($stdout, $stderr);
	my $status = IPC::Run::run([ 'test/conformance/growthbook', '-d', $node->connstr('utf8') ], '>', \$stdout, '2>', \$stderr);
	return ($status, $stderr, split /\n/, $stdout);
}

# Groups of which every case must pass.
my @whole = qw(evalCondition hash getBucketRange chooseVariation inNamespace getEqualWeights feature run stickyBucket contextualBandit);
my ($status, $stderr, @lines) = conformance();
is($stderr, '', 'nothing is complained of');
ok($status, 'the cases pass') or diag(join "\n", @lines);
foreach my $group (@whole)
{
	my ($line) = grep { /^growthbook $group: \d/ } @lines;
	like($line // '', qr/: [1-9]\d* passed, 0 failed, 0 left out$/, $group);
}
like($_, qr/^growthbook \w+: left out \S.*: \S/, 'what is left out has its reason') foreach grep { /: left out/ } @lines;

# A runner that could not fail would prove nothing.
{
	local $ENV{FF_SUITES} = PostgreSQL::Test::Utils::tempdir();
	mkdir "$ENV{FF_SUITES}/growthbook";
	append_to_file("$ENV{FF_SUITES}/growthbook/cases.json", '{"hash": [["", "a", 1, 0.22], ["", "a", 1, 0.23]], "chooseVariation": [["x", 0.2, [[0, 0.5]], 1]],
		"getBucketRange": [["x", [2, 1, null], [[0, 0.5], [0.5, 0.9]]]], "inNamespace": [["x", "1", ["namespace1", 0, 0.4], true]], "getEqualWeights": [[2, [0.5]]],
		"evalCondition": [["x", {"a": 1}, {"a": 1}, false], ["y", {"a": 1}, {"a": 1}, true]],
		"feature": [["x", {"features": {"f": {"defaultValue": 1}}}, "f", {"value": 1, "on": true, "off": false, "source": "force", "ruleId": ""}]],
		"run": [["x", {"attributes": {"id": "1"}}, {"key": "k", "variations": [0, 1]}, 1, true, true]],
		"stickyBucket": [["x", {"features": {}}, [], "f", null, {}]], "elsewhere": [["x"]]}');
	($status, $stderr, @lines) = conformance();
	ok(!$status, 'wrong cases fail');
	is(join("\n", grep { /\d passed/ } @lines), join("\n", map { "growthbook $_" } 'chooseVariation: 0 passed, 1 failed, 0 left out', 'elsewhere: 0 passed, 0 failed, 1 left out',
		'evalCondition: 1 passed, 1 failed, 0 left out', 'feature: 0 passed, 1 failed, 0 left out', 'getBucketRange: 0 passed, 1 failed, 0 left out', 'getEqualWeights: 0 passed, 1 failed, 0 left out',
		'hash: 1 passed, 1 failed, 0 left out', 'inNamespace: 0 passed, 1 failed, 0 left out', 'run: 0 passed, 1 failed, 0 left out', 'stickyBucket: 0 passed, 1 failed, 0 left out'),
		'and are counted') or diag(join "\n", @lines);
}

# Text beyond ASCII in other encodings: the same answers as in UTF-8.
my $question = q{
	SELECT i.action, i.note FROM ff_import('growthbook', '{"features": {"TEXT": {"defaultValue": "none", "rules": [
		{"force": "UPPER", "condition": {"TEXT": {"$ini": ["UPPER"]}, "other": {"$regex": "^.$"}}}, {"force": "less", "condition": {"other": {"$lt": "TEXT"}}},
		{"key": "TEXT", "variations": ["TEXT", "b"], "hashVersion": 2, "coverage": 0.9}]}}, "savedGroups": {"TEXT": ["TEXT"]}}') i;
	SELECT ff_evaluate('u', 'TEXT', '{"TEXT": "TEXT", "other": "TEXT"}'), ff_evaluate('u', 'TEXT', '{"other": "z"}'), ff_evaluate('u', 'TEXT', '{"other": "TEXTz"}');
	SELECT i, ff_evaluate('TEXT' || i, 'TEXT') FROM generate_series(1, 40) i ORDER BY i};

# What psql prints in a database, in UTF-8.
sub answers
{
	my ($database, $text, $upper) = @_;
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	return $node->safe_psql($database, $question =~ s/TEXT/$text/gr =~ s/UPPER/$upper/gr);
}

my $expected = answers('utf8', "\xC3\xA9", "\xC3\x89");
like($expected, qr/^"\xC3\x89"\|"less"\|/m, 'text without regard to case, and before other text');
like($expected, qr/^\d+\|"\xC3\xA9"$/m, 'a variation beyond ASCII');
like($expected, qr/^\d+\|"b"$/m, 'and some who get another');
is(answers($_, "\xC3\xA9", "\xC3\x89"), $expected, "the same in $_") foreach qw(latin1 sql_ascii);
is(answers('euc_jp', "\xE6\x97\xA5", "\xE6\x97\xA5"), answers('utf8', "\xE6\x97\xA5", "\xE6\x97\xA5"), 'the same in euc_jp');

# The SDK itself, where there is one.
SKIP:
{
	skip '@growthbook/growthbook or node is not there', 1 unless -d 'test/sdk/node_modules/@growthbook/growthbook' && IPC::Run::run([ 'node', '--version' ], '>', \my $version);
	my $passed = IPC::Run::run([ 'node', 'test/sdk/growthbook.mjs', '--pairs', '8000', '--seed', '7', '--connection', $node->connstr('utf8') ], '>', \my $out, '2>', \my $err);
	ok($passed, 'as the JavaScript SDK answers') or diag($out, $err);
}
$node->stop;
done_testing();
