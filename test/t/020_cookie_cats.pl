# Flags over an application's real table: 90,189 players of a mobile game
# (cookie_cats.csv: userid, version, sum_gamerounds, retention_1, retention_7).
# Kinds, a rollout tested exactly and by chi-square, a rule on rounds played,
# an explanation, a flip with its rollback, a policy, a view, parallel workers.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $file = ($ENV{FF_SHARED} || '../shared') . '/stats/realdata/cookie_cats.csv';
plan skip_all => "cookie_cats: $file is not there" unless -r $file;

my $node = PostgreSQL::Test::Cluster->new('cats');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION featureflow');
$node->safe_psql('postgres', q{
	CREATE TABLE players (userid int PRIMARY KEY, version text NOT NULL, sum_gamerounds int NOT NULL,
		retention_1 boolean NOT NULL, retention_7 boolean NOT NULL);
	SELECT ff_flag_create('new-levels'), ff_flag_create('gate', 'number', '[30, 40]'), ff_flag_create('offer', 'string', '["none", "small", "large"]'),
		ff_flag_create('shop', 'json', '[{"key": "off", "value": {}}, {"key": "full", "value": {"items": ["hat", "fish"], "sale": true}}]')});
run_command([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "\\copy players FROM '$file' CSV HEADER" ]);
$node->safe_psql('postgres', 'ANALYZE players');

# One query, one value.
sub ask
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

is(ask('SELECT count(*), count(DISTINCT userid) FROM players'), '90189|90189', 'all players are there');

# Every kind, with what the flags are told to do written beside them.
ask(q{SELECT ff_flag_rules('gate', '[{"serve": "30", "when": {"attribute": "version", "op": "eq", "value": "gate_30"}}]'), ff_flag_default('gate', '"40"'),
	ff_flag_rules('offer', '[{"id": "heavy", "serve": "large", "when": {"attribute": "sum_gamerounds", "op": "ge", "value": 500}},
		{"id": "regular", "serve": "small", "when": {"all": [{"attribute": "sum_gamerounds", "op": "ge", "value": 50}, {"attribute": "retention_7", "op": "eq", "value": true}]}}]'),
	ff_flag_default('shop', '"full"')});
is(ask(q{SELECT count(*) FROM players p WHERE ff_number(userid::text, 'gate', to_jsonb(p)) IS DISTINCT FROM right(version, 2)::numeric}),
	'0', 'a number flag follows a column');
is(ask(q{SELECT count(*) FROM players p WHERE ff_string(userid::text, 'offer', jsonb_build_object('sum_gamerounds', sum_gamerounds, 'retention_7', retention_7))
	IS DISTINCT FROM CASE WHEN sum_gamerounds >= 500 THEN 'large' WHEN sum_gamerounds >= 50 AND retention_7 THEN 'small' ELSE 'none' END}),
	'0', 'a rule on rounds played');
is(ask(q{SELECT string_agg(offer || ' ' || n, ', ' ORDER BY offer) FROM (SELECT ff_string(userid::text, 'offer', to_jsonb(p)) AS offer, count(*) AS n FROM players p GROUP BY 1) x}),
	ask(q{SELECT format('large %s, none %s, small %s', count(*) FILTER (WHERE sum_gamerounds >= 500),
		count(*) FILTER (WHERE sum_gamerounds < 50 OR sum_gamerounds < 500 AND NOT retention_7), count(*) FILTER (WHERE sum_gamerounds BETWEEN 50 AND 499 AND retention_7)) FROM players}),
	'grouped by the answer');
is(ask(q{SELECT DISTINCT ff_json(userid::text, 'shop') -> 'items' ->> 1 FROM players}), 'fish', 'a JSON flag for everybody');
is(ask(q{SELECT count(*), count(DISTINCT (flag, reason, rule)) FROM players p, ff_evaluate_all(userid::text, to_jsonb(p)) WHERE userid % 100 = 0}),
	ask(q{SELECT count(*) * 4, 7 FROM players WHERE userid % 100 = 0}), 'all flags of some players: four rows each, seven ways to an answer');

# A rollout: exactly the buckets below it, the expected number, no connection
# with the version that a player happened to get.
my $previous = -1;
foreach my $percentage (0, 0.5, 20, 50, 99.5, 100)
{
	ask("SELECT ff_flag_rollout('new-levels', $percentage)");
	is(ask(qq{SELECT count(*) FROM players WHERE ff_is_enabled(userid::text, 'new-levels') IS DISTINCT FROM (ff_bucket('new-levels', userid::text) < $percentage * 1000)}),
		'0', "$percentage %: exactly these players");
	my $on = ask(q{SELECT count(*) FROM players WHERE ff_is_enabled(userid::text, 'new-levels')});
	my $expected = 90189 * $percentage / 100;
	my $chi = $percentage > 0 && $percentage < 100 ?
		($on - $expected)**2 / $expected + ($on - $expected)**2 / (90189 - $expected) : $on - $expected;
	cmp_ok($chi, '<', 15.1, "$percentage %: chi-square of the split is below 15.1 (p > 0.0001)");
	cmp_ok($on, '>=', $previous, "$percentage %: nobody moved out");
	$previous = $on;
}
ask("SELECT ff_flag_rollout('new-levels', 50)");
my $independence = ask(q{SELECT sum((n - e) ^ 2 / e) FROM (SELECT n, sum(n) OVER (PARTITION BY v) * sum(n) OVER (PARTITION BY o) / sum(n) OVER () AS e
	FROM (SELECT version AS v, ff_is_enabled(userid::text, 'new-levels') AS o, count(*)::float8 AS n FROM players GROUP BY 1, 2) x) y});
cmp_ok($independence, '<', 15.1, 'the rollout does not depend on the version');
my $uniform = ask(q{SELECT sum((n - 901.89) ^ 2 / 901.89) FROM (SELECT count(*) AS n FROM players GROUP BY ff_bucket('new-levels', userid::text) / 1000) x});
cmp_ok($uniform, '<', 161, 'a hundred cells of the buckets are filled alike (99 degrees of freedom, p > 0.0001)');

# An explanation of one player's answer.
my ($player, $rounds) = split /\|/, ask('SELECT userid, sum_gamerounds FROM players WHERE sum_gamerounds >= 500 ORDER BY userid LIMIT 1');
like(ask(qq{SELECT string_agg(concat_ws(': ', trim(e.stage), e.outcome, e.detail), E'\n' ORDER BY e.step)
	FROM players p, ff_explain(userid::text, 'offer', to_jsonb(p)) e WHERE userid = $player}),
	qr/^condition: true: sum_gamerounds = $rounds, ge \[500\]\nrule: matched: rules\[0\] "heavy"\nserve: variation: large\nanswer: large: TARGETING_MATCH, heavy$/m,
	'the explanation names the column, its value and the rule');

# A flip inside a transaction, and its rollback: both answers.
is(ask(q{
	BEGIN;
	SELECT count(*) FILTER (WHERE ff_is_enabled(userid::text, 'new-levels')) = count(*) FROM players;
	DO $$ BEGIN PERFORM ff_flag_rollout('new-levels', 100); END $$;
	SELECT count(*) FILTER (WHERE ff_is_enabled(userid::text, 'new-levels')) = count(*) FROM players;
	UPDATE players SET version = 'flipped' WHERE ff_is_enabled(userid::text, 'new-levels');
	SELECT count(*) FROM players WHERE version = 'flipped';
	ROLLBACK;
	SELECT count(*) FILTER (WHERE ff_is_enabled(userid::text, 'new-levels')) = count(*) FROM players;
	SELECT count(*) FROM players WHERE version = 'flipped';}),
	"f\nt\n90189\nf\n0", 'flipped inside the transaction, and back');

# A view and a policy, for a role that owns nothing.
ask(q{CREATE VIEW heavy AS SELECT * FROM players p WHERE ff_string(userid::text, 'offer', to_jsonb(p)) = 'large';
	CREATE ROLE app; GRANT SELECT ON players, heavy TO app;
	ALTER TABLE players ENABLE ROW LEVEL SECURITY;
	CREATE POLICY staged ON players USING (ff_is_enabled(userid::text, 'new-levels'))});
is(ask('SELECT count(*) FROM heavy'), ask('SELECT count(*) FROM players WHERE sum_gamerounds >= 500'), 'the view holds the heavy players');
is(ask('SET ROLE app; SELECT count(*) FROM players'),
	ask(q{SELECT count(*) FROM players WHERE ff_bucket('new-levels', userid::text) < 50000}), 'the policy shows the half that the rollout names');
ask("SELECT ff_flag_kill('new-levels', 'test')");
is(ask('SET ROLE app; SELECT count(*) FROM players'), '0', 'the kill switch empties the table for the role');
ask("SELECT ff_flag_revive('new-levels')");
ask('ALTER TABLE players DISABLE ROW LEVEL SECURITY; ALTER TABLE players SET (parallel_workers = 4)');

# Parallel workers answer as one process does.
my $query = q{SELECT count(*) FILTER (WHERE ff_is_enabled(userid::text, 'new-levels', to_jsonb(p))), sum(length(ff_string(userid::text, 'offer', to_jsonb(p)))),
	sum(userid::bigint) FILTER (WHERE ff_is_enabled(userid::text, 'new-levels')) FROM players p};
my $parallel = 'SET max_parallel_workers_per_gather = 4; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;';
like(ask("$parallel EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $query"), qr/Workers Launched: [1-4]/, 'workers are launched');
is(ask("$parallel $query"), ask("SET max_parallel_workers_per_gather = 0; $query"), 'parallel workers and one process agree');

$node->stop;
done_testing();
