# flagd's own scenarios, by test/conformance/flagd, random flags against its SDK,
# and what is beyond ASCII in databases of other encodings.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$ENV{FF_SUITES} ||= ($ENV{FF_SHARED} || '../shared') . '/suites';
my $file = "$ENV{FF_SUITES}/flagd/cases.json";
plan skip_all => "flagd: $file is not there" unless -r $file;

my $node = PostgreSQL::Test::Cluster->new('flagd');
$node->init;
$node->start;
my @encodings = qw(UTF8 LATIN1 SQL_ASCII);
foreach my $encoding (@encodings)
{
	$node->safe_psql('postgres', "CREATE DATABASE \L$encoding\E TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql(lc $encoding, 'CREATE EXTENSION featureflow');
}

# Runs the suite; returns status, complaints and lines.
sub conformance
{
	my ($stdout, $stderr);
	my $status = IPC::Run::run([ 'test/conformance/flagd', '-d', $node->connstr($_[0]) ], '>', \$stdout, '2>', \$stderr);
	return ($status, $stderr, split /\n/, $stdout);
}

my ($status, $stderr, @lines) = conformance('utf8');
is($stderr, '', 'nothing is complained of');
ok($status, 'the status tells that nothing failed');
foreach my $line (@lines)
{
	next unless like($line, qr/^flagd (?:evaluator\/)?gherkin: (\d+) passed, 0 failed, 0 left out$/, $line);
	$line =~ /: (\d+) passed/;
	cmp_ok($1, '>', 0, 'and there is something');
}
is(scalar @lines, 2, 'both suites of flagd');

# Texts are counted, cut, compared and hashed as what they are, whatever holds them.
my $question = q{
	SET client_encoding = 'UTF8';
	SELECT count(*) FROM ff_import('flagd', '{"flags": {"größe": {"state": "ENABLED", "variants": {"ü": "Ü", "ß": "ẞ", "mü": 1}, "defaultVariant": "ß",
		"targeting": {"if": [{"==": [{"substr": [{"var": "stadt"}, 0, 2]}, "Kö"]}, {"substr": [{"var": "stadt"}, 5, 1]},
			{"fractional": [{"cat": ["é", {"var": "stadt"}]}, ["ü", 50], ["mü", 50]]}]}}}}', options => '{"generation": "v3"}');
	SELECT d.variation, d.value FROM unnest('{Köln-ü,München,Größe,Åland,é}'::text[]) s, ff_evaluate_detail('u', 'größe', jsonb_build_object('stadt', s)) d};
my $wanted = $node->safe_psql('utf8', $question);
like($wanted, qr/^1\nü\|"Ü"\n/, 'a text is cut by characters');
is($node->safe_psql('latin1', $question =~ s/ẞ/SS/r), $wanted =~ s/ẞ/SS/r, 'the same in LATIN1');
is($node->safe_psql('sql_ascii', $question), $wanted, 'the same in SQL_ASCII');

# The SDK itself, where there is one.
SKIP:
{
	skip 'flagd-core or node is not there', 4 unless -d 'test/sdk/node_modules/@openfeature/flagd-core' && IPC::Run::run([ 'node', '--version' ], '>', \my $version);
	foreach my $options ([], [qw(--engine interpreted)], [qw(--generation v1)], [qw(--generation v3)])
	{
		my $passed = IPC::Run::run([ 'node', 'test/sdk/flagd.mjs', '--pairs', '2000', '--seed', '7', @$options, '--connection', $node->connstr('utf8') ], '>', \my $out, '2>', \my $err);
		ok($passed, "as the SDK answers, @$options") or diag($out, $err);
	}
}

# A runner that could not fail would prove nothing.
my $folder = PostgreSQL::Test::Utils::tempdir();
mkdir "$folder/$_" foreach qw(flagd flagd/flags flagd/flags/flags flagd/flags/evaluator flagd/flags/evaluator/flags);
append_to_file("$folder/flagd/cases.json", '[{"suite": "gherkin", "tags": [], "flag": "f", "type": "Boolean", "default": false, "context": {}, "expect": {"value": false, "reason": "STATIC"}},
	{"suite": "gherkin", "tags": [], "flag": "f", "type": "Boolean", "default": false, "context": {}, "expect": {"value": true, "reason": "STATIC"}}, {"suite": "elsewhere", "tags": []}]');
append_to_file("$folder/flagd/flags/flags/f.json", '{"flags": {"f": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"}}}');
$ENV{FF_SUITES} = $folder;
($status, $stderr, @lines) = conformance('utf8');
ok(!$status, 'wrong answers fail');
is(join("\n", grep { /\d passed/ } @lines), "flagd elsewhere: 0 passed, 0 failed, 1 left out\nflagd gherkin: 1 passed, 1 failed, 0 left out", 'and are counted');
$node->stop;
done_testing();
