
# Unleash's client specification by test/conformance/unleash, random features
# against the Node SDK, and databases of other encodings.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = $ENV{FF_UNLEASH_SPECIFICATION} || 'test/sdk/node_modules/@unleash/client-specification/specifications';
plan skip_all => "unleash: $folder is not there (npm ci in test/sdk brings it)" unless -r "$folder/index.json";

my $node = PostgreSQL::Test::Cluster->new('unleash');
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
	my $status = IPC::Run::run([ 'test/conformance/unleash', '-d', $node->connstr('utf8') ], '>', \$stdout, '2>', \$stderr);
	return ($status, $stderr, split /\n/, $stdout);
}

my ($status, $stderr, @lines) = conformance();
is($stderr, '', 'nothing is complained of');
ok($status, 'the specification passes') or diag(join "\n", @lines);
foreach my $sdk (qw(yggdrasil node))
{
	my ($line) = grep { /^unleash as $sdk: \d/ } @lines;
	like($line // '', qr/: (\d{3,}) passed, 0 failed, 0 left out$/, "as $sdk");
}

# A runner that could not fail would prove nothing.
{
	local $ENV{FF_UNLEASH_SPECIFICATION} = PostgreSQL::Test::Utils::tempdir();
	append_to_file("$ENV{FF_UNLEASH_SPECIFICATION}/index.json", '["a.json"]');
	append_to_file("$ENV{FF_UNLEASH_SPECIFICATION}/a.json", '{"state": {"version": 1, "features": [{"name": "f", "enabled": true, "strategies": [],
		"variants": [{"name": "v", "weight": 1, "payload": {"type": "number", "value": "1"}}]}]},
		"tests": [{"context": {}, "toggleName": "f", "expectedResult": false}, {"context": {}, "toggleName": "f", "expectedResult": true}],
		"variantTests": [
			{"context": {}, "toggleName": "f", "expectedResult": {"name": "v", "enabled": true, "feature_enabled": true}},
			{"context": {}, "toggleName": "f", "expectedResult": {"name": "v", "enabled": true, "feature_enabled": true, "payload": {"type": "number", "value": "1"}}},
			{"context": {}, "toggleName": "g", "expectedResult": {"name": "v", "enabled": true, "feature_enabled": true}}]}');
	($status, $stderr, @lines) = conformance();
	ok(!$status, 'wrong cases fail');
	is(scalar(grep { $_ eq 'unleash as node: 2 passed, 3 failed, 0 left out' } @lines), 1, 'and are counted') or diag(join "\n", @lines);
}

# Text beyond ASCII in other encodings: the same answers as in UTF-8.
my $question = q{
	SELECT i.action, i.note FROM unnest('{yggdrasil,node}'::text[]) sdk, ff_import('unleash', convert_from('{"features": [
		{"name": "TEXT", "enabled": true, "strategies": [{"name": "flexibleRollout", "parameters": {"rollout": "60", "groupId": "TEXT", "stickiness": "default"},
			"constraints": [{"contextName": "TEXT", "operator": "STR_ENDS_WITH", "values": ["UPPER"], "caseInsensitive": true}, {"contextName": "TEXT", "operator": "REGEX", "value": "^.{4}$"}]}],
		"variants": [{"name": "TEXT", "weight": 500, "payload": {"type": "string", "value": "TEXT"}}, {"name": "b", "weight": 500}]}]}', 'UTF8')::jsonb, options => jsonb_build_object('sdk', sdk)) i;
	SELECT i, d.value, d.bucket FROM generate_series(1, 40) i, LATERAL (SELECT value, variation AS bucket FROM ff_evaluate_detail('TEXT' || i, 'TEXT', '{"TEXT": "abcTEXT"}')) d ORDER BY i};

# What psql prints in a database, in UTF-8.
sub answers
{
	my ($database, $text, $upper) = @_;
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	my $sql = $question =~ s/convert_from\((.*?), 'UTF8'\)/$1/sr =~ s/TEXT/$text/gr =~ s/UPPER/$upper/gr;
	return $node->safe_psql($database, $sql);
}

my $expected = answers('utf8', "\xC3\xA9", "\xC3\x89");
like($expected, qr/^\d+\|"\xC3\xA9"\|\xC3\xA9$/m, 'a variant beyond ASCII');
like($expected, qr/^\d+\|false\|off$/m, 'and some who are out');
is(answers($_, "\xC3\xA9", "\xC3\x89"), $expected, "the same in $_") foreach qw(latin1 sql_ascii);
is(answers('euc_jp', "\xE6\x97\xA5", "\xE6\x97\xA5"), answers('utf8', "\xE6\x97\xA5", "\xE6\x97\xA5"), 'the same in euc_jp');

# The SDK itself, where there is one.
SKIP:
{
	skip 'unleash-client or node is not there', 1 unless -d 'test/sdk/node_modules/unleash-client' && IPC::Run::run([ 'node', '--version' ], '>', \my $version);
	my $passed = IPC::Run::run([ 'node', 'test/sdk/unleash.mjs', '--pairs', '2000', '--seed', '7', '--connection', $node->connstr('utf8') ], '>', \my $out, '2>', \my $err);
	ok($passed, 'as the Node SDK answers') or diag($out, $err);
}
$node->stop;
done_testing();
