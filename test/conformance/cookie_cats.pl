
# The players of a real game as the application's table: flags of every kind
# over 90,189 rows, held against plain SQL on the same rows.  The data are
# ${FF_SHARED}/stats/realdata/cookie_cats.csv.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $csv = "$ENV{FF_SHARED}/stats/realdata/cookie_cats.csv";
plan skip_all => "$csv is not there" unless -r $csv;

my $node = PostgreSQL::Test::Cluster->new('players');
$node->init;
$node->append_conf('postgresql.conf', "jit = off\n");
$node->start;

sub sql { return $node->safe_psql('postgres', join("\n", @_)); }

# An aggregate over the players.
sub players
{
	my ($expression) = @_;
	return sql("SELECT $expression FROM players");
}

sql('CREATE EXTENSION featureflow;',
	'CREATE TABLE players (userid int PRIMARY KEY, version text, rounds int, day1 boolean, day7 boolean);');
sql("\\copy players FROM '$csv' CSV HEADER");
sql(q{ALTER TABLE players ADD id text, ADD attributes jsonb;
	UPDATE players SET id = userid::text,
		attributes = jsonb_build_object('rounds', rounds, 'version', version, 'day1', day1);
	VACUUM ANALYZE players});
my $count = 90189;
is(players('count(*)'), $count, 'all players are there');

# Rollout: the share, the split by hand, and nobody leaves when it is raised.
sql(q{SELECT ff_flag_create('gate'), ff_flag_rollout('gate', 20)});
my $early = players(q{count(*) FILTER (WHERE ff_is_enabled(id, 'gate'))});
cmp_ok(abs($early - 0.2 * $count) / sqrt($count * 0.2 * 0.8), '<', 4, "20 % of players: $early");
is(players(q{count(*) FILTER (WHERE ff_is_enabled(id, 'gate') <> (ff_bucket('gate', id) < 20000))}),
	0, 'the rollout is the buckets below 20000');
sql(q{CREATE TABLE early AS SELECT id FROM players WHERE ff_is_enabled(id, 'gate');
	SELECT ff_flag_rollout('gate', 50)});
is(sql(q{SELECT count(*) FROM early WHERE ff_is_enabled(id, 'gate')}), $early, 'at 50 % nobody of them has left');
cmp_ok(abs(players(q{count(*) FILTER (WHERE ff_is_enabled(id, 'gate'))}) - 0.5 * $count) / sqrt($count * 0.25),
	'<', 4, '50 % of players');

# The split has nothing to do with what players do: chi-square of the
# two-by-two tables, one degree of freedom; 10.8 is one in a thousand.
foreach my $trait (q{version = 'gate_40'}, 'day1', 'day7', 'rounds >= 20')
{
	my $square = sql(qq{SELECT (n * power(et::float8 * (n - e - t + et) - (e - et)::float8 * (t - et), 2)
			/ (e::float8 * (n - e) * t * (n - t)))::numeric(10, 2)
		FROM (SELECT count(*) AS n, count(*) FILTER (WHERE e) AS e, count(*) FILTER (WHERE t) AS t,
				count(*) FILTER (WHERE e AND t) AS et
			FROM (SELECT ff_is_enabled(id, 'gate') AS e, $trait AS t FROM players) x) y});
	cmp_ok($square, '<', 10.8, "independent of $trait: $square");
}

# Variations of other kinds, each held against the buckets.
sql(q{SELECT ff_flag_create('skin', 'string', '["classic", "neon", "retro"]'),
	ff_flag_default('skin', '{"split": {"classic": 50, "neon": 30, "retro": 20}}'),
	ff_flag_create('lives', 'number', '[3, 5, 7.5]'),
	ff_flag_default('lives', '{"split": {"3": 33.333, "5": 33.333, "7.5": 33.334}}'),
	ff_flag_create('shop', 'json', '[{"key": "plain", "value": {"rows": 2}}, {"key": "rich", "value": {"rows": 4}}]'),
	ff_flag_default('shop', '{"split": {"plain": 10, "rich": 90}, "by": "version"}')});
is(players(q{count(*) FILTER (WHERE ff_string(id, 'skin') <> CASE WHEN b < 50000 THEN 'classic' WHEN b < 80000 THEN 'neon' ELSE 'retro' END)}
	=~ s/\bb\b/ff_bucket('skin', id)/gr), 0, 'a split between three texts');
is(players(q{count(*) FILTER (WHERE ff_number(id, 'lives') <> CASE WHEN b < 33333 THEN 3 WHEN b < 66666 THEN 5 ELSE 7.5 END)}
	=~ s/\bb\b/ff_bucket('lives', id)/gr), 0, 'a split between three numbers, in thousandths of a percent');
is(players(q{count(DISTINCT ff_json(id, 'shop', attributes)) || ' ' || count(DISTINCT version)}),
	sql(q{SELECT count(DISTINCT ff_bucket('shop', version) < 10000) || ' 2' FROM players}),
	'a split by an attribute gives one answer for each of its values');

# A rule on the rounds played, and why.
sql(q{SELECT ff_flag_create('veterans'),
	ff_flag_rules('veterans', '[{"id": "played", "serve": "on", "when": {"all": [
		{"attribute": "rounds", "op": "ge", "values": [100]}, {"attribute": "rounds", "op": "lt", "values": [1000]},
		{"attribute": "day1", "op": "eq", "values": [true]}, {"attribute": "version", "op": "ends_with", "values": ["30"]}]}}]')});
is(players(q{count(*) FILTER (WHERE ff_is_enabled(id, 'veterans', attributes)
	<> (rounds >= 100 AND rounds < 1000 AND day1 AND version = 'gate_30'))}), 0, 'a rule matches where plain SQL does');
is(sql(q{SELECT string_agg(n::text, ',' ORDER BY rule) FROM (SELECT d.rule, count(*) AS n
	FROM players p, ff_evaluate_detail(p.id, 'veterans', p.attributes) d GROUP BY d.rule) x}),
	players(q{count(*) FILTER (WHERE NOT v) || ',' || count(*) FILTER (WHERE v)}
		=~ s/\bv\b/(rounds >= 100 AND rounds < 1000 AND day1 AND version = 'gate_30')/gr), 'the detail names the rule');
is(sql(q{SELECT count(*) FROM (SELECT * FROM players ORDER BY userid LIMIT 500) p,
		ff_evaluate_detail(p.id, 'veterans', p.attributes) d,
		LATERAL (SELECT outcome, detail FROM ff_explain(p.id, 'veterans', p.attributes) ORDER BY step DESC LIMIT 1) e
	WHERE e.outcome <> d.variation OR e.detail <> d.reason || ', ' || d.rule}), 0, 'explanations end with the answer');

# A flip with the data that it goes with, taken back.
my $enabled = q{SELECT count(*) FROM players WHERE ff_is_enabled(id, 'gate')};
my $before = sql($enabled);
is(sql("BEGIN; DELETE FROM players WHERE rounds = 0; SELECT ff_flag_rollout('gate', 100) \\g /dev/null",
	"$enabled; ROLLBACK;", "$enabled;"),
	players('count(*) FILTER (WHERE rounds > 0)') . "\n$before", 'a flip is seen in its transaction and gone with it');

# Parallel workers answer as the leader does.
my $parallel = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SET max_parallel_workers_per_gather = 2;";
like(sql("$parallel EXPLAIN (COSTS OFF) $enabled"), qr/Parallel Seq Scan/, 'the plan is parallel');
is(sql("$parallel $enabled"), $before, 'parallel workers answer as the leader does');

$node->stop;
done_testing();
