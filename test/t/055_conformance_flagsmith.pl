# Flagsmith's cases, by test/conformance/flagsmith.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$ENV{FF_SUITES} ||= ($ENV{FF_SHARED} || '../shared') . '/suites';
plan skip_all => "flagsmith: $ENV{FF_SUITES}/flagsmith is not there" unless -d "$ENV{FF_SUITES}/flagsmith";

my $node = PostgreSQL::Test::Cluster->new('flagsmith');
$node->init;
$node->start;
foreach my $encoding (qw(UTF8 LATIN1 SQL_ASCII))
{
	$node->safe_psql('postgres', "CREATE DATABASE \L$encoding\E TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql(lc $encoding, 'CREATE EXTENSION featureflow');
}

# Runs the suite: status, errors, lines.
sub conformance
{
	my ($database) = @_;
	my ($stdout, $stderr);
	my $status = IPC::Run::run([ 'test/conformance/flagsmith', '-d', $node->connstr($database) ], '>', \$stdout, '2>', \$stderr);
	return ($status, $stderr, split /\n/, $stdout);
}

my ($status, $stderr, @lines) = conformance('utf8');
is($stderr, '', 'nothing is complained of');
ok($status, 'and its status says so');
like($lines[-1], qr/^flagsmith: [1-9]\d* passed, 0 failed, 0 left out$/, $lines[-1]);
note $_ foreach @lines[ 0 .. $#lines - 1 ];
($status, $stderr, my @again) = conformance('sql_ascii');
is(join("\n", @again), join("\n", @lines), 'the same in SQL_ASCII');

# A runner that could not fail would prove nothing; comments and stray commas are
# none of JSON's.
my $suites = PostgreSQL::Test::Utils::tempdir();
mkdir "$suites/flagsmith";
my $context = '"environment": {"key": "k", "name": "Größe"}, "identity": {"identifier": "é", "traits": {"ü": "ä//b"}}, // as it comes
	/* a segment */ "segments": {"1": {"key": "1", "name": "Größe", "rules": [{"type": "ALL", "conditions": [
		{"property": "ü", "operator": "REGEX", "value": "^\\\\w//b$"}, {"property": "ü", "operator": "IN", "value": "[\"x\", \"\\\\u00e4//b\"]"},
		{"property": "ü", "operator": "GREATER_THAN", "value": "a"}, {"property": "ü", "operator": "CONTAINS", "value": "ä"}, {"property": "$.environment.name", "operator": "EQUAL", "value": "Größe"},]}],
		"overrides": [{"key": "2", "name": "f", "enabled": true, "value": "ö"}]}}, "features": {"f": {"key": "1", "name": "f", "enabled": false, "value": 1}}';
my $result = '"flags": {"f": {"name": "f", "enabled": true, "value": "ö", "reason": "TARGETING_MATCH; segment=Größe", "variant": null}}, "segments": [{"name": "Größe"}]';
append_to_file("$suites/flagsmith/a.jsonc", "{\"context\": {$context}, \"result\": {$result}}");
append_to_file("$suites/flagsmith/b.json", "{\"context\": {$context}, \"result\": {" . $result =~ s/null/"control"/r . '}}');
append_to_file("$suites/flagsmith/c.json", "{\"context\": {$context}, \"result\": {\"flags\": {}, \"segments\": []}}");
append_to_file("$suites/flagsmith/d.json", '{"context": {}, "result": 1}');
append_to_file("$suites/flagsmith/e.json", '{');
$ENV{FF_SUITES} = $suites;
foreach my $database (qw(utf8 latin1))
{
	($status, $stderr, @lines) = conformance($database);
	ok(!$status, "$database: wrong answers fail");
	is($lines[-1], 'flagsmith: 1 passed, 2 failed, 2 left out', "$database: each case is judged") or diag(join "\n", $stderr, @lines);
	is(scalar(grep { /^flagsmith: failed b\.json: flags are .*, not .*"control"/ } @lines), 1, "$database: a wrong variant is told");
	is(scalar(grep { /^flagsmith: failed c\.json: flags are .*; segments are .*, not \[\]$/ } @lines), 1, "$database: and a wrong segment");
	is(join("\n", grep { /left out \w\.json/ } @lines), "flagsmith: left out d.json: it has no context and result\nflagsmith: left out e.json: it is not JSON",
		"$database: what is no case has its reason");
}
$node->stop;
done_testing();
