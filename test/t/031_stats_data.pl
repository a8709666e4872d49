# Real data against published answers: players of a mobile game, daily figures
# of a course's site, a job training programme, a trial of therapies.  And what
# needs a server of its own: moments in binary, in a dump, in parallel workers.

use strict;
use warnings FATAL => 'all';
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = ($ENV{FF_SHARED} || '../shared') . '/stats/realdata';
plan skip_all => "stats_data: $folder is not there" unless -r "$folder/expected.json";

my $node = PostgreSQL::Test::Cluster->new('data');
$node->init;
$node->append_conf('postgresql.conf', q{
parallel_setup_cost = 0
parallel_tuple_cost = 0
min_parallel_table_scan_size = 0
max_parallel_workers_per_gather = 0});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	CREATE TABLE cats (userid int, version text, rounds int, r1 boolean, r7 boolean);
	CREATE TABLE control (day text, pageviews int, clicks int, enrollments int, payments int);
	CREATE TABLE experiment (LIKE control);
	CREATE TABLE lalonde (age int, educ int, black int, hisp int, married int, nodegr int, re74 numeric, re75 numeric, re78 numeric, u74 int, u75 int, treat int);
	CREATE TABLE anorexia (treat text, prewt numeric, postwt numeric)});
my %files = (cats => 'cookie_cats', control => 'udacity_control', experiment => 'udacity_experiment', lalonde => 'lalonde_nsw_dw445', anorexia => 'anorexia');
foreach my $table (sort keys %files)
{
	my (undef, $stderr) = run_command([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "\\copy $table FROM '$folder/$files{$table}.csv' CSV HEADER" ]);
	is($stderr, '', "$table is loaded");
}
my $expected = do {
	local $/;
	open my $handle, '<:raw', "$folder/expected.json" or die "$folder/expected.json: $!";
	JSON::PP->new->decode(<$handle>);
};

sub ask
{
	my ($sql, $database) = @_;
	return $node->safe_psql($database // 'postgres', "SET extra_float_digits = 1; $sql");
}

sub near
{
	my ($found, $wanted, $name) = @_;
	ok($found ne '' && abs($found - $wanted) <= 1e-9 * abs $wanted, $name) or diag("found $found, wanted $wanted");
	return;
}

# A comparison against figures of gbstats, under its names.
sub compares
{
	my ($name, $arms, $wanted, $proportion) = @_;
	my @names = qw(effect se df t p_value ci_lower ci_upper);
	my %found;
	@found{@names} = split /\|/, ask("SELECT difference, standard_error, df, x.t, p_value, lower, upper FROM ($arms) a, ff_compare(a.c, a.t, proportion => $proportion) x");
	near($found{$_}, $wanted->{$_}, "$name: $_") foreach @names;
	return;
}

# Cookie Cats.
my $arms = "SELECT ff_moments(x) FILTER (WHERE version = 'gate_30') AS c, ff_moments(x) FILTER (WHERE version = 'gate_40') AS t FROM (SELECT version, %s AS x FROM cats) s";
compares($_, sprintf($arms, "$_\::int"), $expected->{cookie_cats}{$_}{gbstats_abs}, 'true') foreach 'r1', 'r7';
compares('game rounds', sprintf($arms, 'rounds'), $expected->{cookie_cats}{gamerounds}{gbstats_abs}, 'false');
my ($chi2, $p) = split /\|/, ask(q{SELECT chi2, p_value FROM (SELECT array_agg(n ORDER BY version) AS o FROM (SELECT version, count(*) AS n FROM cats GROUP BY 1) s) s, ff_srm(o)});
near($chi2, $expected->{cookie_cats}{srm}{stat}, 'sample ratio mismatch: chi-square');
near($p, $expected->{cookie_cats}{srm}{p}, 'sample ratio mismatch: p');
# From sums alone, as an export has them: the same.
my $rounds = $expected->{cookie_cats}{gamerounds};
my $from_sums = join ', ', map { my $a = $rounds->{$_->[0]};
	sprintf 'ff_moments_of(%d, %d / %d::numeric, (%d - %d ^ 2 / %d::numeric) / (%d - 1)) AS %s', $a->{n}, $a->{sum}, $a->{n}, $a->{sum_squares}, $a->{sum}, $a->{n}, $a->{n}, $_->[1] }
	[ control => 'c' ], [ treatment => 't' ];
compares('game rounds from sums', "SELECT $from_sums", $rounds->{gbstats_abs}, 'false');

# Udacity: the days that have enrolments; clicks are units.
foreach my $metric ([ 'gross_conversion', 'enrollments' ], [ 'net_conversion', 'payments' ])
{
	my ($name, $column) = @$metric;
	my @moments = map { "(SELECT ff_moments_proportion(sum(clicks), sum($column)) FROM $_ WHERE enrollments IS NOT NULL)" } qw(control experiment);
	compares($name, "SELECT $moments[0] AS c, $moments[1] AS t", $expected->{udacity}{$name}{gbstats_abs}, 'true');
}
($chi2, $p) = split /\|/, ask('SELECT chi2, p_value FROM ff_srm(ARRAY[(SELECT sum(pageviews) FROM control), (SELECT sum(pageviews) FROM experiment)])');
near($p, $expected->{udacity}{srm_pageviews}{p}, 'the split of page views');

# LaLonde, and the difference of two therapies by R's t.test.
compares('lalonde', 'SELECT ff_moments(re78) FILTER (WHERE treat = 0) AS c, ff_moments(re78) FILTER (WHERE treat = 1) AS t FROM lalonde', $expected->{lalonde}{gbstats_abs}, 'false');
my $dim = $expected->{anorexia}{dim};
my ($t, $df, $p_value, $lower, $upper) = split /\|/, ask(q{SELECT x.t, df, p_value, lower, upper FROM
	(SELECT ff_moments(postwt) FILTER (WHERE treat = 'Cont') AS c, ff_moments(postwt) FILTER (WHERE treat = 'CBT') AS t FROM anorexia) s, ff_compare(s.c, s.t) x});
near($t, $dim->{statistic}, 'anorexia: t');
near($df, $dim->{parameter}, 'anorexia: df');
near($p_value, $dim->{'p.value'}, 'anorexia: p');
near($lower, $dim->{'conf.int'}[0], 'anorexia: lower');
near($upper, $dim->{'conf.int'}[1], 'anorexia: upper');

# Workers, days or shards: the mean and variance of all, to the last bit.
my $figures = q{SELECT version, ff_moments_n(m), ff_moments_mean(m), ff_moments_variance(m), ff_moments_mean(d), ff_moments_variance(d) FROM
	(SELECT version, ff_moments(rounds) AS m, ff_moments(rounds / 7.0) AS d FROM cats GROUP BY version) s ORDER BY version};
like(ask("SET max_parallel_workers_per_gather = 3; EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $figures"), qr/Finalize.*Workers Launched: [1-3].*Partial/s, 'workers aggregate');
is(ask("SET max_parallel_workers_per_gather = 3; $figures"), ask($figures), 'workers and one process agree');
ask('CREATE TABLE parts AS SELECT version, userid % 1000 AS part, ff_moments(rounds) AS m, ff_moments(rounds / 7.0) AS d FROM cats GROUP BY 1, 2');
my $merged = q{SELECT version, ff_moments_n(m), ff_moments_mean(m), ff_moments_variance(m), ff_moments_mean(d), ff_moments_variance(d) FROM
	(SELECT version, ff_moments_merge(m) AS m, ff_moments_merge(d) AS d FROM parts GROUP BY version) s ORDER BY version};
is(ask($merged), ask($figures), 'a thousand parts merge to the whole');
is(ask("SET max_parallel_workers_per_gather = 3; $merged"), ask($figures), 'in workers too');

# Moments are stored, copied in binary and dumped without loss.
my $all = q{SELECT version, part, m, d FROM parts ORDER BY 1, 2};
my $binary = PostgreSQL::Test::Utils::tempdir() . '/parts';
run_command([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "\\copy parts TO '$binary' (FORMAT binary)" ]);
ask('CREATE TABLE copied (LIKE parts)');
run_command([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "\\copy copied FROM '$binary' (FORMAT binary)" ]);
is(ask($all =~ s/parts/copied/r), ask($all), 'a binary copy is the same');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-t', 'parts', '-f', $dump, $node->connstr('postgres') ], 'a table of moments is dumped');
$node->safe_psql('restored', 'CREATE EXTENSION featureflow');
$node->command_ok([ 'pg_restore', '-d', $node->connstr('restored'), $dump ], 'and restored');
is(ask($all, 'restored'), ask($all), 'and is the same');

# Binary moments that are none: one row, its field replaced.
sub copies
{
	my ($count, $sum, $sum_low, $squares, $squares_low) = @_;
	open my $handle, '>:raw', $binary or die "$binary: $!";
	print $handle "PGCOPY\n\xff\r\n\0", pack('N N n N q> d> d> d> d> n', 0, 0, 1, 40, $count, $sum, $sum_low, $squares, $squares_low, 0xffff);
	close $handle;
	my ($stdout, $stderr);
	$node->psql('postgres', "\\set VERBOSITY verbose\nCREATE TEMP TABLE one (m ff.moments);\n\\copy one FROM '$binary' (FORMAT binary)\nSELECT m FROM one",
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
	return $stdout || ($stderr =~ /ERROR: +(\w+): .*?\nDETAIL: +(.*)/ ? "$1 $2" : $stderr);
}
is(copies(3, 6, 0, 2, 0), 'n=3 sum=6 m2=2', 'binary moments are read');
is(copies(-1, 0, 0, 0, 0), '22003 n must be between 0 and 9007199254740992.', 'a negative count is not');
is(copies(3, 'NaN', 0, 2, 0), '22003 sum and m2 must be finite.', 'nor NaN');
is(copies(3, 6, 'Inf', 2, 0), '22003 sum and m2 must be finite.', 'nor infinity in a second part');
is(copies(3, 6, 0, -2, 0), '22P03 m2 must not be negative.', 'nor negative squares');
is(copies(3, 6, 1, 2, 0), '22P03 The second part of a number must be less than half the last digit of the first.', 'nor parts that overlap');
is(copies(0, 6, 0, 0, 0), '22P03 The sum of no values is 0.', 'nor a sum of nothing');
is(copies(1, 6, 0, 2, 0), '22P03 m2 of fewer than two values is 0.', 'nor squares of one');

$node->stop;
done_testing();
