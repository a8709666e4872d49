# Payloads with text beyond ASCII: whatever the encoding of the database, the
# same users get the same answers, and what it cannot hold is not written.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$ENV{PGCLIENTENCODING} = 'UTF8';
my @encodings = qw(UTF8 LATIN1 EUC_JP SQL_ASCII);
my $node = PostgreSQL::Test::Cluster->new('encodings');
$node->init;
$node->start;
foreach my $encoding (@encodings)
{
	$node->safe_psql('postgres', "CREATE DATABASE \L$encoding\E TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql(lc $encoding, 'CREATE EXTENSION featureflow; CREATE TABLE payloads (number int, payload jsonb)');
}

# What psql prints, each line in the order of its bytes in UTF-8.
sub answers
{
	my ($database, $provider, $payload) = @_;
	return join "\n", sort split /\n/, $node->safe_psql($database, qq{
		TRUNCATE payloads;
		INSERT INTO payloads SELECT ordinality, value FROM jsonb_array_elements(\$payload\$$payload\$payload\$) WITH ORDINALITY;
		SELECT format('SELECT FROM ff_project_create(%1\$L, environments => ''{production}'');
			SELECT %2\$s, i.kind, i.key, i.action FROM ff_import(''$provider'', (SELECT payload -> ''config'' FROM payloads WHERE number = %2\$s), ''production'',
				(SELECT payload -> ''options'' FROM payloads WHERE number = %2\$s), %1\$L) i;
			SET featureflow.project = %1\$L;
			SELECT %2\$s, u.value ->> ''user_key'', f.key, d.value, d.variation, d.reason, d.rule, d.error_code FROM payloads p, jsonb_array_elements(p.payload -> ''users'') u,
				ff.flags f JOIN ff.projects j ON j.id = f.project_id AND j.key = %1\$L,
				ff_evaluate_detail(u.value ->> ''user_key'', f.key, nullif(u.value -> ''attributes'', ''null'')) d WHERE p.number = %2\$s', '$provider-' || number, number)
		FROM payloads ORDER BY number \\gexec});
}

# What an evaluation draws by lot differs each time; a member's place in a jsonb
# object is by bytes, so that values that are objects are compared apart from it.
my %drawn = (unleash => qr/random|\|strategies\||\|variants\||\|child\|/);
foreach my $file (glob 'test/payloads/*.json')
{
	my ($provider) = $file =~ m{([^/]+)\.json$};
	my $payload = slurp_file($file);
	my ($expected, @others) = map { my $all = answers(lc $_, $provider, $payload); join "\n", grep { !($drawn{$provider} && /$drawn{$provider}/) } split /\n/, $all } @encodings;
	like($expected, qr/[\xC3]/, "$provider: text beyond ASCII is among the answers");
	is(shift @others, $expected, "$provider: the same in $_") foreach @encodings[ 1 .. 3 ];
}

# A key that the database cannot hold, as such and escaped.
foreach my $key ("\xE6\x97\xA5", '\u65e5')
{
	my (undef, undef, $stderr) = $node->psql('latin1', qq{\\set VERBOSITY verbose\nSELECT ff_import('flagd', '{"flags": {"first": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"},
		"$key": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"}}}')});
	like($stderr, qr/22P0[25]/, 'a text that LATIN1 lacks is refused');
}
is($node->safe_psql('latin1', q{SELECT count(*) FROM ff.flags WHERE key = 'first'}), '0', 'before anything is written');
$node->stop;
done_testing();
