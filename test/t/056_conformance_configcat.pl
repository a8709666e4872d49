
# ConfigCat's matrices, by test/conformance/configcat, in UTF-8 and in encodings that
# are converted or not known.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$ENV{FF_SUITES} ||= ($ENV{FF_SHARED} || '../shared') . '/suites';
plan skip_all => "configcat: $ENV{FF_SUITES}/configcat is not there" unless -r "$ENV{FF_SUITES}/configcat/configs.json";

my $node = PostgreSQL::Test::Cluster->new('configcat');
$node->init;
$node->start;

# Runs the suite in a database of its own: status, errors, lines.
sub conformance
{
	my ($encoding) = @_;
	my ($stdout, $stderr);
	$node->safe_psql('postgres', "CREATE DATABASE \L$encoding\E TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql(lc $encoding, 'CREATE EXTENSION featureflow');
	my $status = IPC::Run::run([ 'test/conformance/configcat', '-d', $node->connstr(lc $encoding) ], '>', \$stdout, '2>', \$stderr);
	return ($status, $stderr, split /\n/, $stdout);
}

my ($status, $stderr, @lines) = conformance('UTF8');
is($stderr, '', 'nothing is complained of');
ok($status, 'and its status says so');
like($lines[-1], qr/^configcat: [1-9]\d* passed, 0 failed, 0 left out$/, $lines[-1]);
note $_ foreach @lines[ 0 .. $#lines - 1 ];

($status, $stderr, my @again) = conformance('SQL_ASCII');
is(join("\n", @again), join("\n", @lines), 'the same in SQL_ASCII');

# A text of an encoding that is converted is hashed as UTF-8.
$node->safe_psql('postgres', "CREATE DATABASE latin1 TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
is($node->safe_psql('latin1', q{
	SET client_encoding = 'UTF8';
	CREATE EXTENSION featureflow;
	SELECT FROM ff_import('configcat', jsonb_build_object('p', '{"s": "sält"}'::jsonb, 's', '[]'::jsonb, 'f', jsonb_build_object('größe', jsonb_build_object('t', 0, 'v', '{"b": false}'::jsonb,
		'r', jsonb_build_array(jsonb_build_object('c', jsonb_build_array(jsonb_build_object('u', jsonb_build_object('a', 'Käse', 'c', 16,
			'l', jsonb_build_array(encode(sha256(convert_to('würzigsältgröße', 'UTF8')), 'hex'))))), 's', '{"v": {"b": true}}'::jsonb))))));
	SELECT ff_is_enabled('u', 'größe', '{"Käse": "würzig"}'), ff_is_enabled('u', 'größe', '{"Käse": "mild"}')}), 't|f', 'hashes are of UTF-8 in LATIN1');

# A runner that could not fail would prove nothing.
my $suites = PostgreSQL::Test::Utils::tempdir();
mkdir "$suites/configcat";
append_to_file("$suites/configcat/configs.json", '{"one": {"f": {"flag": {"t": 2, "v": {"i": 5}, "i": "x"}}}}');
append_to_file("$suites/configcat/pairs.json", '[{"title": "Values", "config": "one", "matrix": "a.csv", "expects": "value"}, '
	. '{"title": "Ids", "config": "one", "matrix": "b.csv", "expects": "variationId"}, {"title": "Else", "config": "one", "matrix": "b.csv", "expects": "colour"}]');
append_to_file("$suites/configcat/a.csv", "Identifier;Email;Country;Custom1;flag;nowhere\nu;;;;5.0;1\nu;;;;6;2\n");
append_to_file("$suites/configcat/b.csv", "Identifier;Email;Country;Custom1;flag\r\nu;;;;x;\r\nu;;;;y;\r\n");
$ENV{FF_SUITES} = $suites;
($status, $stderr, @lines) = conformance('EUC_JP');
ok(!$status, 'wrong answers fail');
is(join("\n", @lines), join("\n", 'configcat: failed Values, a.csv line 2, nowhere: FLAG_NOT_FOUND, wanted 1', 'configcat: failed Values, a.csv line 3, flag: 5, wanted 6',
	'configcat: failed Values, a.csv line 3, nowhere: FLAG_NOT_FOUND, wanted 2', 'configcat: failed Ids, b.csv line 3, flag: x, wanted y',
	'configcat: left out Else, b.csv: it expects colour', 'configcat: 2 passed, 4 failed, 2 left out'), 'each with its reason');
$node->stop;
done_testing();
