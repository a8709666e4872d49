# Adjusted comparisons of real data against published answers: a job training
# programme (least squares by R and statsmodels), a trial of therapies, and the
# capped game rounds of a mobile game's players.

use strict;
use warnings FATAL => 'all';
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = ($ENV{FF_SHARED} || '../shared') . '/stats/realdata';
plan skip_all => "stats_covariates: $folder is not there" unless -r "$folder/expected.json";

my $node = PostgreSQL::Test::Cluster->new('covariates');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	CREATE TABLE cats (userid int, version text, rounds int, r1 boolean, r7 boolean);
	CREATE TABLE lalonde (age int, educ int, black int, hisp int, married int, nodegr int, re74 numeric, re75 numeric, re78 numeric, u74 int, u75 int, treat int);
	CREATE TABLE anorexia (treat text, prewt numeric, postwt numeric)});
my %files = (cats => 'cookie_cats', lalonde => 'lalonde_nsw_dw445', anorexia => 'anorexia');
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
	my ($sql) = @_;
	return $node->safe_psql('postgres', "SET extra_float_digits = 1; $sql");
}

sub near
{
	my ($found, $wanted, $name, $tolerance) = @_;
	ok($found ne '' && abs($found - $wanted) <= ($tolerance // 1e-9) * abs $wanted, $name) or diag("found $found, wanted $wanted");
	return;
}

# A comparison of the moments of units (treated, then variables) under the names of the figures.
sub compares
{
	my ($name, $units, $variables, $options, $wanted, $relative) = @_;
	my @columns = $relative ? qw(lift lift_standard_error lift_lower lift_upper) : qw(difference standard_error lower upper);
	my %found;
	@found{qw(effect se ci_lower ci_upper df t p_value theta)} = split /\|/, ask('SELECT ' . join(', ', map { "x.$_" } @columns, qw(df t p_value), 'theta[1]')
		. " FROM (SELECT ff_cross_moments($variables) FILTER (WHERE NOT treated) AS a, ff_cross_moments($variables) FILTER (WHERE treated) AS b FROM ($units) u) s, ff_compare_adjusted(a, b$options) x");
	# the quantiles of t behind the published bounds (SciPy 1.10) are right to nine digits
	near($found{$_}, $wanted->{$_}, "$name: $_", /^ci_/ ? 1e-8 : 1e-9) foreach grep { defined $wanted->{$_} } sort keys %found;
	return;
}

# The robust error of Lin's estimate, which takes a second pass.
sub robust
{
	my ($name, $units, $wanted) = @_;
	compares("$name, Lin", $units, 'y, x', ", method => 'lin'", { effect => $wanted->{effect} });
	near(ask("SELECT sqrt(sum(v)) FROM (SELECT ff_adjusted_variance(own, every, y, x) AS v FROM ($units) u, (SELECT ff_cross_moments(y, x) AS every FROM ($units) u) e,
		LATERAL (SELECT ff_cross_moments(y, x) AS own FROM ($units) o WHERE o.treated = u.treated) m GROUP BY u.treated) s"), $wanted->{se}, "$name, Lin: robust error");
	return;
}

my $lalonde = 'SELECT treat = 1 AS treated, re78 AS y, re75 AS x FROM lalonde';
compares('job training', $lalonde, 'y, x', '', $expected->{lalonde}{gbstats_cuped_re75_abs});
compares('job training without covariate', $lalonde, 'y', '', $expected->{lalonde}{gbstats_abs});
compares('job training, lift', $lalonde, 'y', ", relative => 'delta'", $expected->{lalonde}{gbstats_rel}, 1);
robust('job training', $lalonde, $expected->{lalonde}{lin_re75});

my $anorexia = q{SELECT treat = 'CBT' AS treated, postwt AS y, prewt AS x FROM anorexia WHERE treat IN ('CBT', 'Cont')};
compares('therapies', $anorexia, 'y, x', '', $expected->{anorexia}{gbstats_cuped_abs});
compares('therapies, analysis of covariance', $anorexia, 'y, x', ", method => 'ancova'", $expected->{anorexia}{ancova});
robust('therapies', $anorexia, $expected->{anorexia}{lin_hc2});

my $rounds = $expected->{cookie_cats}{gamerounds};
near(ask('SELECT (ff_quantile(rounds, 0.99)).value FROM cats'), $rounds->{cap_p99}, 'the cap of game rounds');
my $capped = q{SELECT version = 'gate_40' AS treated, %s AS y FROM cats};
compares('capped game rounds', sprintf($capped, "least(rounds, $rounds->{cap_p99})"), 'y', ", relative => 'delta'", $rounds->{gbstats_rel_capped}, 1);
compares('game rounds', sprintf($capped, 'rounds'), 'y', ", relative => 'delta'", $rounds->{gbstats_rel}, 1);
compares('game rounds without the largest', sprintf($capped, "nullif(rounds, $rounds->{max_value})"), 'y', ", relative => 'delta'", $rounds->{drop_max}, 1);

$node->stop;
done_testing();
