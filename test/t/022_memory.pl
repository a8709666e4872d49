# Memory of a session: evaluating millions of rows and editing a thousand times
# leaves no more behind than doing it once.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('memory');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION featureflow');
$node->safe_psql('postgres', q{
	SELECT ff_flag_create('base'), ff_flag_create('a'), ff_flag_create('b', 'string', '["x", "y"]'), ff_segment_create('s', '{"attribute": "n", "op": "ge", "value": 5}');
	SELECT ff_flag_rollout('base', 100), ff_flag_rollout('a', 50), ff_flag_require('a', 'base'), ff_override('a', 'on', user_key => 'o');
	SELECT ff_flag_rules('a', '[{"serve": "on", "when": {"any": [{"attribute": "text", "op": "matches", "value": "^a+b"}, {"attribute": "text", "op": "eq", "value": "ÄÖ", "ignore_case": true}, {"segment": "s"}]}}]');
	SELECT ff_flag_default('b', '{"split": {"x": 50, "y": 50}, "by": "n"}');
	CREATE TABLE people (id text PRIMARY KEY, country text);
	CREATE VIEW people_view AS SELECT * FROM people;
	SELECT ff_context_source('people_view', 'id'), ff_segment_query('q', 'SELECT 1 FROM public.people WHERE id = $1'), ff_segment_create('v', '{"attribute": "country", "op": "eq", "value": "DE"}');
	CREATE TABLE samples (step text, total bigint, blocks bigint, ours bigint)});

# What one session uses, its caches warm, after each step.
my $sample = q{INSERT INTO samples SELECT '%s', sum(used_bytes), sum(total_bytes), coalesce(sum(total_bytes) FILTER (WHERE name LIKE 'featureflow%%'), 0) FROM pg_backend_memory_contexts;};
my $rows = q{SELECT count(*) FROM generate_series(1, %d) i WHERE ff_is_enabled(i::text, 'a', jsonb_build_object('n', i %% 10, 'text', 'aaäö' || i)) OR ff_string(i::text, 'b', jsonb_build_object('n', i)) = 'x' OR ff_evaluate(i::text, 'nope') IS NOT NULL;};
my $edits = q{DO $$ BEGIN FOR i IN 1..%d LOOP PERFORM ff_flag_rollout('a', i %% 100); PERFORM ff_segment_update('s', jsonb_build_object('attribute', 'n', 'op', 'ge', 'value', i %% 7)); PERFORM ff_is_enabled('u', 'a', '{"n": 3}'); END LOOP; END $$;};
my $single = q{DO $$ BEGIN FOR i IN 1..%d LOOP PERFORM ff_flag_rollout('a', i %% 100); COMMIT; PERFORM ff_is_enabled('u' || i, 'a', '{"n": 3}'); PERFORM count(*) FROM ff_evaluate_all('u' || i); PERFORM ff_bootstrap('u'); COMMIT; END LOOP; END $$;};
my $failures = q{DO $$ BEGIN FOR i IN 1..%d LOOP BEGIN PERFORM ff_flag_rollout('a', i %% 100); PERFORM ff_is_enabled('u', 'a'); RAISE EXCEPTION 'undo'; EXCEPTION WHEN raise_exception THEN NULL; END;
	BEGIN PERFORM ff_flag_rules('a', '[{"serve": "on", "when": {"attribute": "a", "op": "matches", "value": "("}}]'); EXCEPTION WHEN invalid_regular_expression THEN NULL; END; END LOOP; END $$;};
my $queries = q{DO $$ BEGIN FOR i IN 1..%d LOOP PERFORM ff_segment_update('q', description => 'n' || i); PERFORM ff_in_segment('u', 'q'), ff_in_segment('u', 'v'); END LOOP; END $$;};
my @steps = ([ rows => $rows, 10_000, 2_000_000 ], [ edits => $edits, 20, 1000 ], [ commits => $single, 20, 500 ], [ failures => $failures, 20, 500 ],
	[ queries => $queries, 20, 500 ]);

my $script = '';
foreach my $step (@steps)
{
	my ($name, $sql, $few, $many) = @$step;
	$script .= sprintf($sql, $few) . sprintf($sql, $few) . sprintf($sample, "$name before") . sprintf($sql, $many) . sprintf($sample, "$name after");
}
$node->safe_psql('postgres', $script);

foreach my $step (@steps)
{
	my ($name, undef, $few, $many) = @$step;
	my ($used, $blocks, $ours) = split /\|/, $node->safe_psql('postgres', qq{
		SELECT a.total - b.total, a.blocks - b.blocks, a.ours - b.ours FROM samples a, samples b WHERE a.step = '$name after' AND b.step = '$name before'});
	note "$name, $many after $few: used $used, allocated $blocks, ours $ours bytes more";
	cmp_ok($ours, '<=', 64 * 1024, "$name: our own caches do not grow");
	cmp_ok($used, '<=', 512 * 1024, "$name: the session does not grow");
}
cmp_ok($node->safe_psql('postgres', q{SELECT max(ours) FROM samples}), '<', 1024 * 1024, 'our caches of four flags are small');

$node->stop;
done_testing();
