# Bad input that needs more than one session: statements that are stopped in
# the middle, and the same key created by many at once.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $node = PostgreSQL::Test::Cluster->new('bad');
$node->init;
$node->append_conf('postgresql.conf', 'max_connections = 40');
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION featureflow');
my $connection = $node->connstr('postgres');

# The flags: one cheap, one whose 100,000 rules take long to compile and to go
# through, one with an expression that explodes.
$node->safe_psql('postgres', q{
	SELECT ff_flag_create('cheap'), ff_flag_create('many', 'string', '["none", "a", "b"]'), ff_flag_create('explodes');
	SELECT ff_flag_rollout('cheap', 50);
	SELECT ff_flag_rules('explodes', '[{"serve": "on", "when": {"attribute": "x", "op": "matches", "values": ["(x+x+)+y", "(a|aa)+$", "^(([a-z])+.)+[A-Z]"]}}]')});
my $started = time;
$node->safe_psql('postgres', q{
	SELECT ff_flag_rules('many', (SELECT jsonb_agg(jsonb_build_object('id', 'r' || i, 'serve', CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END, 'when',
		jsonb_build_object('all', jsonb_build_array(jsonb_build_object('attribute', 'n', 'op', 'eq', 'value', i),
			jsonb_build_object('attribute', 'text', 'op', 'matches', 'value', '^[a-f]+' || i % 100)))) ORDER BY i) FROM generate_series(1, 100000) i))});
note sprintf('100,000 rules were written in %.1f s', time - $started);
is($node->safe_psql('postgres', q{SELECT string_agg(rule || ' ' || variation, ', ' ORDER BY n) FROM unnest('{1,50000,100000,100001}'::int[]) n,
	ff_evaluate_detail('u', 'many', jsonb_build_object('n', n, 'text', 'abc' || n % 100))}),
	'r1 b, r50000 a, r100000 a, default none', 'the first, a middle and the last of 100,000 rules');

# Each is stopped by a timeout, in a session that then goes on well.
my %long = (
	'a million rows' => q{SELECT count(*) FROM generate_series(1, 100000000) i WHERE ff_is_enabled(i::text, 'cheap')},
	'a million rows with all flags' => q{SELECT count(*) FROM generate_series(1, 1000000) i, ff_evaluate_all(i::text)},
	'compiling 100,000 rules' => q{SELECT count(ff_string('u', 'many', environment => e)) FROM generate_series(1, 1000), unnest('{production,staging,development}'::text[]) e},
	'going through 100,000 rules' => q{SELECT count(*) FROM generate_series(1, 1000000) i WHERE ff_string('u' || i, 'many', '{"n": 0, "text": "a"}') = 'a'},
	'expressions that explode' => q{SELECT count(*) FROM generate_series(1, 1000000) i WHERE ff_is_enabled('u', 'explodes', jsonb_build_object('x', repeat('xa', 20000) || '!' || i))});
foreach my $name (sort keys %long)
{
	foreach my $timeout (3, 30, 300)
	{
		my ($stdout, $stderr);
		$started = time;
		$node->psql('postgres', qq{
			SET statement_timeout = $timeout;
			$long{$name};
			RESET statement_timeout;
			SELECT ff_is_enabled('u' || i, 'cheap') = (ff_bucket('cheap', 'u' || i) < 50000) FROM generate_series(1, 1) i;
			SELECT rule FROM ff_evaluate_detail('u', 'many', '{"n": 99999, "text": "f99"}')},
			stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
		like($stderr, qr/canceling statement due to statement timeout/, "$name: stopped after $timeout ms");
		is($stdout, "t\nr99999", "$name: and then all is well");
		cmp_ok(time - $started, '<', 20, "$name: it was stopped in time");
	}
}

# A cancel request from outside, in the middle.
{
	my ($stdout, $stderr) = ('', '');
	my $query = $long{'going through 100,000 rules'};
	my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $connection, '-c', "SET application_name = 'victim'", '-c', $query,
		'-c', q{SELECT ff_evaluate('u', 'cheap') IS NOT NULL} ], '>', \$stdout, '2>', \$stderr);
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'victim' AND state = 'active' AND query LIKE '%many%'});
	usleep(200_000);
	$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'});
	$session->finish;
	like($stderr, qr/canceling statement due to user request/, 'cancelled from outside');
	is($stdout, "t\n", 'the session goes on');
}

# A write that is stopped leaves nothing behind.
my $before = $node->safe_psql('postgres', q{SELECT md5(string_agg(s::text, ' ' ORDER BY flag_id, environment_id)) FROM ff.flag_settings s});
my $audited = $node->safe_psql('postgres', 'SELECT count(*) FROM ff.audit_log');
foreach my $timeout (5, 100, 700)
{
	my (undef, undef, $stderr) = $node->psql('postgres', qq{SET statement_timeout = $timeout;
		SELECT ff_flag_rules('cheap', (SELECT jsonb_agg(jsonb_build_object('serve', 'on', 'when', jsonb_build_object('attribute', 'n', 'op', 'matches', 'value', 'x' || i))) FROM generate_series(1, 90000) i))});
	like($stderr, qr/canceling statement due to statement timeout/, "a write stopped after $timeout ms");
}
is($node->safe_psql('postgres', q{SELECT md5(string_agg(s::text, ' ' ORDER BY flag_id, environment_id)) FROM ff.flag_settings s}), $before, 'nothing of it was stored');
is($node->safe_psql('postgres', 'SELECT count(*) FROM ff.audit_log'), $audited, 'nothing of it was audited');

# The same key by many at once: one makes it, the others are told, nobody waits
# for ever.
foreach my $what ([ 'flag', 'ff_flag_create', '' ], [ 'segment', 'ff_segment_create', q{, '{"all": []}'} ], [ 'project', 'ff_project_create', '' ], [ 'environment', 'ff_environment_create', '' ])
{
	my ($kind, $function, $rest) = @$what;
	my @sessions;
	foreach my $i (1 .. 6)
	{
		my %io = (out => '', err => '');
		$io{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $connection, '-c', "SELECT count($function('same-$kind'$rest))" ],
			'>', \$io{out}, '2>', \$io{err}, IPC::Run::timeout(60));
		push @sessions, \%io;
	}
	$_->{run}->finish foreach @sessions;
	is(scalar(grep { $_->{out} eq "1\n" } @sessions), 1, "$kind: one creates it");
	is(scalar(grep { $_->{err} =~ /^ERROR: +23505: .*"same-$kind"/m } @sessions), 5, "$kind: the others are told that it exists");
}
# Flags and environments that come at the same time know of each other.
is($node->safe_psql('postgres', q{SELECT count(*) FROM ff.flags f JOIN ff.environments e USING (project_id) WHERE NOT EXISTS
	(SELECT FROM ff.flag_settings s WHERE s.flag_id = f.id AND s.environment_id = e.id)}), '0', 'every flag is set in every environment');

unlike(slurp_file($node->logfile), qr/TRAP:|PANIC:|was terminated by signal/, 'no crash in the log');
$node->stop;
done_testing();
