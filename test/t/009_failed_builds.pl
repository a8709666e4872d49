# A compilation that fails half way (time-out, cancel, no memory) leaves what
# was there, and no memory behind.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $flags = 6000;
$node->safe_psql('postgres', qq{
	CREATE EXTENSION featureflow;
	SELECT ff_segment_create('s' || i, jsonb_build_object('any', (SELECT jsonb_agg(jsonb_build_object('attribute', 'a' || j, 'op', 'eq', 'value', j))
		FROM generate_series(1, 20) j))) FROM generate_series(1, 50) i;
	SELECT ff_flag_create('anchor'), ff_flag_default('anchor', 'true');
	SET featureflow.restoring = on;
	INSERT INTO ff.flags (project_id, key, variations, name)
	SELECT p.id, 'f' || i, '[{"key": "on", "value": true}, {"key": "off", "value": false}]', 'f' || i
	FROM ff.projects p, generate_series(1, $flags) i;
	INSERT INTO ff.flag_settings (flag_id, environment_id, rules, default_serve, off_variation, salt)
	SELECT f.id, e.id, (SELECT jsonb_agg(jsonb_build_object('when', jsonb_build_object('all', jsonb_build_array(
			jsonb_build_object('segment', 's' || (j + length(f.key) * 7) % 50 + 1),
			jsonb_build_object('attribute', 'x', 'op', 'in', 'values', (SELECT jsonb_agg('v' || v) FROM generate_series(1, 20) v)))), 'serve', 'on'))
		FROM generate_series(1, 5) j), '"off"', 'off', f.key
	FROM ff.flags f, ff.environments e WHERE e.key = 'production' AND f.key LIKE 'f%'});

my $memory = q{SELECT count(*), sum(total_bytes) FROM pg_backend_memory_contexts WHERE name LIKE 'featureflow%'};
my $one = q{SELECT ff_is_enabled('u', 'anchor')};
my $session = Session->new($node);
my $writer = Session->new($node);

is($session->query('SELECT count(*) FROM ff_evaluate_all(NULL)'), $flags + 1, 'all flags load');
my ($full) = split /\|/, $session->query($memory);
cmp_ok($full, '>', $flags, 'they have contexts of their own');
$session->quit;

# Interrupted after ever longer times; every round is a new version, so that
# nothing of the round before is taken over as a whole.
$session = Session->new($node);
my ($failed, $longest) = (0, 0);
my $time = 1;
foreach my $round (1 .. 40)
{
	$writer->query(q{SELECT ff_flag_default('anchor', to_jsonb(NOT ff_is_enabled('u', 'anchor')))});
	$session->query("SET statement_timeout = '${time}ms'");
	$session->query("SELECT count(*) FROM ff_evaluate_all('u' || $round)");
	my $error = $session->error;
	$session->query('SET statement_timeout = 0');
	if ($error =~ /canceling statement due to statement timeout/)
	{
		$failed++;
		$time = $time >= 40 ? 1 : $time + 2;
	}
	else
	{
		is($error, '', "no other error in round $round");
		$time = 1;
		# gone for good: what was loaded is no longer current
		$writer->query(q{UPDATE ff.flag_settings SET salt = salt || '.' WHERE version < 0 OR flag_id IN (SELECT id FROM ff.flags)}) if $round < 5;
	}
	is($session->query($one), $round % 2 ? 'f' : 't', 'the answer after it is right') if $round % 8 == 1 || $round % 8 == 0;
}
cmp_ok($failed, '>', 5, 'builds were interrupted');

# No growth: the same failure over and over.
sub fails
{
	my ($rounds, $sql, $expected) = @_;
	my $hits = 0;
	foreach my $round (1 .. $rounds)
	{
		$session->query($sql);
		$hits++ if $session->error =~ $expected;
	}
	return $hits;
}
$session->quit;
$session = Session->new($node);
my $build = q{BEGIN; UPDATE ff.flags SET archived_at = NULL WHERE key = 'anchor'; SET LOCAL statement_timeout = '12ms'; SELECT count(*) FROM ff_evaluate_all('u'); ROLLBACK};
fails(20, $build, qr/statement timeout/);
my ($count, $bytes) = split /\|/, $session->query($memory);
cmp_ok(fails(200, $build, qr/statement timeout/), '>', 150, 'builds were interrupted 200 times over');
my ($count_later, $bytes_later) = split /\|/, $session->query($memory);
cmp_ok($count_later, '<=', $count + 2, 'contexts do not pile up');
cmp_ok($bytes_later, '<=', $bytes + 16384, 'nor does memory');

# Cancelled from another session.
my $pid = $session->query('SELECT pg_backend_pid()');
my $cancelled = 0;
foreach my $round (1 .. 10)
{
	$session->send(q{DO $$ BEGIN FOR i IN 1..200 LOOP PERFORM ff_flag_default('anchor', to_jsonb(i % 2 = 0)); PERFORM count(*) FROM ff_evaluate_all('u'); END LOOP; END $$});
	$node->poll_query_until('postgres', "SELECT state = 'active' FROM pg_stat_activity WHERE pid = $pid") or die;
	$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
	$session->answer;
	$cancelled++ if $session->error =~ /canceling statement due to user request/;
}
is($cancelled, 10, 'cancelled ten times');
is($session->query('SELECT count(*) FROM ff_evaluate_all(NULL)'), $flags + 1, 'all flags load afterwards');
is($session->query($one), $writer->query($one), 'and the answer is that of others');

# Versions that come and go leave no more than the newest two.
sub edit_and_load
{
	my ($rounds) = @_;
	foreach my $round (1 .. $rounds)
	{
		$writer->query(q{SELECT ff_flag_default('anchor', to_jsonb(NOT ff_is_enabled('u', 'anchor')))});
		$session->query('SELECT count(*) FROM ff_evaluate_all(NULL)');
	}
	return (split /\|/, $session->query($memory))[0];
}
my $contexts = edit_and_load(3);
my $contexts_later = edit_and_load(20);
cmp_ok($contexts_later, '<', $contexts + 20, 'after 20 versions no more is kept');

$_->quit foreach $session, $writer;
$node->stop;
done_testing();
