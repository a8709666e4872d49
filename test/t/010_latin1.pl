# A LATIN1 database puts the same users into the same buckets, and answers the
# same, as a UTF-8 one.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$ENV{PGCLIENTENCODING} = 'UTF8';

my %answer;
foreach my $encoding ('UTF8', 'LATIN1')
{
	my $database = lc $encoding;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C'");
	$node->safe_psql($database, q{
		CREATE EXTENSION featureflow;
		CREATE TABLE people (name text);
		INSERT INTO people SELECT x FROM unnest('{José,Zoë,Ångström,naïve,ÀÉÎÕÜ,ÿ,Straße,plain,"¡hola!"}'::text[]) x;
		INSERT INTO people SELECT name || i FROM people, generate_series(1, 200) i;
		SELECT ff_flag_create('half'), ff_flag_rollout('half', 50), ff_flag_salt('half', 'größe');
		SELECT ff_flag_create('by'), ff_flag_rollout('by', 33.333, by => 'city');
		SELECT ff_flag_create('target'), ff_flag_target('target', 'on', '{José,Straße7}');
		SELECT ff_flag_create('rules'), ff_flag_rules('rules', '[
			{"id": "case", "when": {"attribute": "user_key", "op": "eq", "value": "JOSÉ", "ignore_case": true}, "serve": true},
			{"id": "in", "when": {"attribute": "user_key", "op": "in", "values": ["Zoë1", "ÿ2"]}, "serve": true},
			{"id": "starts", "when": {"attribute": "user_key", "op": "starts_with", "value": "Ång"}, "serve": true},
			{"id": "regex", "when": {"attribute": "user_key", "op": "matches", "value": "^na.ve\\\\d$"}, "serve": true},
			{"id": "fold", "when": {"attribute": "user_key", "op": "starts_with", "value": "àéî", "ignore_case": true}, "serve": true}]');
		SELECT ff_override('target', 'on', user_key => 'Zoë'), ff_override('target', 'on', organization => 'Café');
		SELECT ff_flag_create('text', 'string', '[{"key": "a", "value": "déjà"}, {"key": "b", "value": "vu"}]')});
	$answer{$encoding} = $node->safe_psql($database, q{
		SELECT name, ff_bucket('größe', name), ff_is_enabled(name, 'half'), ff_is_enabled(name, 'by', jsonb_build_object('city', 'São ' || name)),
			ff_is_enabled(name, 'target'), ff_is_enabled(name, 'target', '{"organization": "Café"}'),
			(ff_evaluate_detail(name, 'rules')).rule, ff_string(name, 'text'), ff_evaluate(name, 'text')
		FROM people ORDER BY name COLLATE "C"});
	is($node->safe_psql($database, q{SHOW server_encoding}), $encoding, "a $encoding database");
}
is(join("\n", sort split /\n/, $answer{LATIN1}), join("\n", sort split /\n/, $answer{UTF8}), 'the same answers');
like($answer{LATIN1}, qr/^José\|\d+\|[tf]\|[tf]\|t\|t\|case\|déjà\|"déjà"$/m, 'José is found');
like($answer{LATIN1}, qr/^ÀÉÎÕÜ1\|.*\|fold\|/m, 'case is folded beyond ASCII');
like($answer{LATIN1}, qr/^naïve1\|.*\|regex\|/m, 'a dot is one character');
my @on = grep { (split /\|/)[2] eq 't' } split /\n/, $answer{LATIN1};
cmp_ok(scalar(@on), '>', 700, 'half of them');
cmp_ok(scalar(@on), '<', 1100, 'not more');
$node->stop;
done_testing();
