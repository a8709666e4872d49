
# PostHog's consistency cases by test/conformance/posthog, random flags against the
# SDK for Node, and databases of other encodings.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $suites = $ENV{FF_SUITES} || ($ENV{FF_SHARED} || '../shared') . '/suites';
plan skip_all => "posthog: $suites/posthog/consistency.json is not there" unless -r "$suites/posthog/consistency.json";

my $node = PostgreSQL::Test::Cluster->new('posthog');
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
	my $status = IPC::Run::run([ 'test/conformance/posthog', '-d', $node->connstr('utf8') ], '>', \$stdout, '2>', \$stderr);
	return ($status, $stderr, split /\n/, $stdout);
}

my ($status, $stderr, @lines) = conformance();
is($stderr, '', 'nothing is complained of');
ok($status, 'the cases pass') or diag(join "\n", @lines);
like($lines[-1] // '', qr/^posthog: [1-9]\d+ passed, 0 failed, 0 left out$/, 'all of them');

# A runner that could not fail would prove nothing.
{
	local $ENV{FF_SUITES} = PostgreSQL::Test::Utils::tempdir();
	mkdir "$ENV{FF_SUITES}/posthog";
	append_to_file("$ENV{FF_SUITES}/posthog/consistency.json", '{"flags": {"a": {"rollout_percentage": 100}, "b": {"rollout_percentage": 100, "variants": [["v", 100]]}},
		"cases": [{"distinct_id": "u", "a": true, "b": "v"}, {"distinct_id": "u", "a": false, "b": true, "c": true}]}');
	($status, $stderr, @lines) = conformance();
	ok(!$status, 'wrong cases fail');
	is($lines[-1], 'posthog: 2 passed, 3 failed, 0 left out', 'and are counted') or diag(join "\n", @lines);
}

# Text beyond ASCII in other encodings: the same answers as in UTF-8.
my $question = q{
	SELECT i.action, i.note FROM unnest('{node,server}'::text[]) sdk, ff_import('posthog', '{"flags": [
		{"key": "TEXT", "active": true, "filters": {"multivariate": {"variants": [{"key": "TEXT", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]}, "groups": [{"rollout_percentage": 60, "properties": [
			{"key": "TEXT", "operator": "exact", "value": ["UPPER"]}, {"key": "TEXT", "operator": "ends_with", "value": "TEXT"}, {"key": "TEXT", "operator": "regex", "value": "^.$"}]}]}}]}', options => jsonb_build_object('sdk', sdk)) i;
	SELECT i, d.value FROM generate_series(1, 40) i, ff_evaluate_detail('TEXT' || i, 'TEXT', '{"TEXT": "TEXT"}') d ORDER BY i};

# What psql prints in a database, in UTF-8.
sub answers
{
	my ($database, $text, $upper) = @_;
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	my $sql = $question =~ s/TEXT/$text/gr =~ s/UPPER/$upper/gr;
	return $node->safe_psql($database, $sql);
}

my $expected = answers('utf8', "\xC3\xA9", "\xC3\x89");
like($expected, qr/^\d+\|"\xC3\xA9"$/m, 'a variant beyond ASCII');
like($expected, qr/^\d+\|false$/m, 'and some who are out');
is(answers($_, "\xC3\xA9", "\xC3\x89"), $expected, "the same in $_") foreach qw(latin1 sql_ascii);
is(answers('euc_jp', "\xE6\x97\xA5", "\xE6\x97\xA5"), answers('utf8', "\xE6\x97\xA5", "\xE6\x97\xA5"), 'the same in euc_jp');

# The SDK itself, where there is one.
SKIP:
{
	skip 'posthog-node or node is not there', 1 unless -d 'test/sdk/node_modules/posthog-node' && IPC::Run::run([ 'node', '--version' ], '>', \my $version);
	my $passed = IPC::Run::run([ 'node', 'test/sdk/posthog.mjs', '--pairs', '2000', '--seed', '7', '--connection', $node->connstr('utf8') ], '>', \my $out, '2>', \my $err);
	ok($passed, 'as the SDK for Node answers') or diag($out, $err);
}
$node->stop;
done_testing();
