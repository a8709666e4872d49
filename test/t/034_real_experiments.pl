# Real experiments with published answers, each from raw rows in ff.exposures and
# ff.events: whoever was counted in an aggregate is a unit of his own here.  The
# answers come from ff_experiment_stats, and what it does not show from the cells
# that it is made of.  Each figure of expected.json is compared or left out by
# name with the reason.

use strict;
use warnings FATAL => 'all';
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = ($ENV{FF_SHARED} || '../shared') . '/stats/realdata';
plan skip_all => "real_experiments: $folder is not there" unless -r "$folder/expected.json";

my $node = PostgreSQL::Test::Cluster->new('experiments');
$node->init;
$node->start;

sub ask
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', "SET extra_float_digits = 1; SET timezone = 'UTC'; $sql");
}

# The figures that are still to be answered, by their path.
my %open;

sub open_figures
{
	my ($path, $value) = @_;
	if (ref $value eq 'HASH') { open_figures($path eq '' ? $_ : "$path.$_", $value->{$_}) foreach keys %$value }
	elsif (ref $value eq 'ARRAY') { open_figures("$path.$_", $value->[$_]) foreach 0 .. $#$value }
	else { $open{$path} = $value }
	return;
}
{
	local $/;
	open my $handle, '<:raw', "$folder/expected.json" or die "$folder/expected.json: $!";
	open_figures('', JSON::PP->new->decode(<$handle>));
}

# One figure against the answer.  The quantiles of t behind published bounds
# (SciPy 1.10) are right to nine digits.
sub near
{
	my ($path, $found) = @_;
	my $wanted = delete $open{$path};
	die "there is no open figure $path\n" unless defined $wanted;
	my $tolerance = $path =~ /\.(ci_lower|ci_upper|ci\.\d|conf\.int\.\d)$/ ? 1e-8 : 1e-9;
	ok($found ne '' && abs($found - $wanted) <= $tolerance * abs $wanted, $path) or diag("found $found, wanted $wanted");
	return;
}

# Several figures below a path, from a row of answers in the same order.
sub all_near
{
	my ($path, $names, $sql) = @_;
	my @found = split /\|/, ask($sql), -1;
	near("$path.$names->[$_]", $found[$_]) foreach 0 .. $#$names;
	return;
}

# Figures that no method of ours gives: told, and not counted as passed.
sub left_out
{
	my ($pattern, $reason) = @_;
	my @paths = sort grep { /^$pattern$/ } keys %open;
	die "no open figure is like $pattern\n" unless @paths;
	delete @open{@paths};
	foreach my $path (@paths)
	{
		SKIP: { skip "$path: $reason", 1 }
	}
	return;
}

sub load
{
	my ($table, $file, $columns) = @_;
	ask("CREATE TABLE $table ($columns)");
	my (undef, $stderr) = run_command([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', "\\copy $table FROM '$folder/$file' CSV HEADER" ]);
	is($stderr, '', "$file is loaded");
	ask("ALTER TABLE $table ADD id serial");
	return;
}

# A running experiment on a flag with these variations, the control first.
sub experiment
{
	my ($key, $started, $metrics, @variations) = @_;
	my $values = JSON::PP->new->encode(\@variations);
	my %weights = map { $_ => int(100 / @variations) } @variations;
	$weights{$variations[0]} += 100 % @variations;
	my $split = JSON::PP->new->encode({ split => \%weights });
	ask(qq{SELECT ff_flag_create('$key', 'string', '$values'), ff_flag_default('$key', '$split');
		SELECT ff_experiment_create('$key', '$key', '{$metrics}', control => '$variations[0]'), ff_experiment_start('$key', '$started')});
	return;
}

# The cells of a metric as "cells" (variation, level and all), and those of two
# arms, k the control, with so many variables.
sub cells
{
	my ($experiment, $metric, $dimension) = @_;
	$dimension = defined $dimension ? "'$dimension'" : 'NULL';
	return "WITH cells AS (SELECT c.* FROM ff.experiments x CROSS JOIN LATERAL ff._experiment_cells(x, $dimension) c JOIN ff.metrics m ON m.id = c.metric_id
		WHERE x.key = '$experiment' AND m.key = '$metric')";
}

sub pair
{
	my ($experiment, $metric, $treated, $variables) = @_;
	return cells($experiment, $metric) . ", pair AS (
		SELECT ff_cross_moments_first(coalesce(k.capped, k.moments), $variables) AS k, ff_cross_moments_first(coalesce(t.capped, t.moments), $variables) AS t
		FROM cells k, cells t, ff.experiments x WHERE x.key = '$experiment' AND k.variation = x.control AND t.variation = '$treated')";
}

# Means of two arms under the names of gbstats: interval and p as ff_experiment_stats
# shows them, error, degrees of freedom and t by the same method from the cells.
sub means
{
	my ($path, $experiment, $metric, $treated, %how) = @_;
	my $method = $how{method} // 'none';
	my $relative = $how{relative} // 'fieller';
	my ($effect, $error) = $relative eq 'delta' ? ('lift', 'lift_standard_error') : ('difference', 'standard_error');
	my ($lower, $upper) = $relative eq 'delta' ? ('lift_lower', 'lift_upper') : ('lower', 'upper');
	my $names = $how{names} // [ qw(effect ci_lower ci_upper p_value se df t), $method eq 'cuped' ? 'theta' : () ];
	my %columns = (effect => "s.$effect", ci_lower => "s.$lower", ci_upper => "s.$upper", p_value => 's.p_value', theta => 's.theta[1]', se => "c.$error", df => 'c.df', t => 'c.t');
	$columns{$_} = $columns{$how{also}{$_}} foreach keys %{$how{also} // {}};
	my $c = $method eq 'none' ? 'ff_compare_adjusted(p.k, p.t' : "ff_compare_adjusted(p.k, p.t, method => '$method'";
	all_near($path, $names, pair($experiment, $metric, $treated, $method eq 'none' ? 1 : 2) . ' SELECT ' . join(', ', map { $columns{$_} } @$names)
		. qq{ FROM pair p, $c, proportion => } . ($how{proportion} ? 'true' : 'false') . qq{, relative => '$relative') c,
		ff_experiment_stats('$experiment', '{"adjustment": "$method", "relative": "$relative"}') s WHERE s.metric = '$metric' AND s.variation = '$treated' AND s.problem IS NULL});
	if (exists $open{"$path.error"} && !defined $open{"$path.error"})
	{
		delete $open{"$path.error"};
		is(ask(qq{SELECT problem IS NULL FROM ff_experiment_stats('$experiment', '{"adjustment": "$method", "relative": "$relative"}') WHERE metric = '$metric' AND variation = '$treated'}),
			't', "$path: no problem");
	}
	return;
}

# Units and their sum in each arm, of a metric whose moments are theirs.
sub arms
{
	my ($path, $experiment, $metric, %variations) = @_;
	foreach my $arm (sort keys %variations)
	{
		my $squares = exists $open{"$path.$arm.sum_squares"};
		all_near("$path.$arm", [ 'n', 'sum', $squares ? 'sum_squares' : () ], cells($experiment, $metric) . " SELECT n, n * mean, (n - 1) * ff_cross_moments_covariance(moments, 1, 1) + n * mean ^ 2
			FROM (SELECT moments, ff_cross_moments_n(moments) AS n, ff_cross_moments_mean(moments, 1) AS mean FROM cells WHERE variation = '$variations{$arm}') s");
	}
	return;
}

# Counts of two arms, as the tests of proportions take them.
sub counts
{
	my ($experiment, $metric, $treated) = @_;
	return pair($experiment, $metric, $treated, 1) . ', counts AS (SELECT ff_cross_moments_n(k) AS cn, round(ff_cross_moments_n(k) * ff_cross_moments_mean(k, 1))::bigint AS cs,
		ff_cross_moments_n(t) AS tn, round(ff_cross_moments_n(t) * ff_cross_moments_mean(t, 1))::bigint AS ts FROM pair)';
}

# The robust error of Lin's estimate: a second pass over units as the analysis has them.
sub robust
{
	my ($path, $experiment, $metric, $treated) = @_;
	near("$path.effect", ask(qq{SELECT difference FROM ff_experiment_stats('$experiment', '{"adjustment": "lin"}') WHERE metric = '$metric' AND variation = '$treated'}));
	near("$path.se", ask(pair($experiment, $metric, $treated, 2) . qq{, everybody AS (SELECT ff_cross_moments_merge(v.m) AS m FROM pair p, LATERAL (VALUES (p.k), (p.t)) v(m))
		SELECT sqrt(sum(s.v)) FROM (SELECT ff_adjusted_variance(CASE WHEN u.variation = '$treated' THEN p.t ELSE p.k END, e.m, u.variables[1], u.variables[2]) AS v
			FROM ff.experiments x JOIN ff.experiment_metrics USING (project_id) JOIN ff.metrics m ON m.id = metric_id AND experiment_id = x.id
			CROSS JOIN LATERAL ff._metric_totals(x, m, now(), NULL) u CROSS JOIN pair p CROSS JOIN everybody e
			WHERE x.key = '$experiment' AND m.key = '$metric' AND u.variation IN (x.control, '$treated') GROUP BY u.variation) s}));
	return;
}

ask(q{CREATE EXTENSION featureflow;
	SELECT ff_metric_create(m, 'proportion', m, settings => '{"covariate_period": "0"}') FROM unnest('{retention-1,retention-7,enrollment,payment,admission}'::text[]) m;
	SELECT ff_metric_create('rounds', 'mean', 'rounds', settings => '{"covariate_period": "0"}'),
		ff_metric_create('rounds-capped', 'mean', 'rounds', settings => '{"covariate_period": "0", "cap_percentile": 0.99}'),
		ff_metric_create('earnings', 'mean', 'earnings'), ff_metric_create('weight', 'mean', 'weight')});

# Players of a mobile game whose gate stands at level 30 or 40.
load('players', 'cookie_cats.csv', 'userid int, version text, rounds int, retention_1 boolean, retention_7 boolean');
experiment('gates', '2026-01-01', 'retention-1,retention-7,rounds,rounds-capped', 'gate_30', 'gate_40');
ask(q{INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'gates', userid, version, '2026-01-02' FROM players;
	INSERT INTO ff.events (unit, event, at) SELECT userid, 'retention-1', timestamptz '2026-01-03' FROM players WHERE retention_1 UNION ALL SELECT userid, 'retention-7', '2026-01-09' FROM players WHERE retention_7;
	INSERT INTO ff.events (unit, event, value, at) SELECT userid, 'rounds', rounds, '2026-01-10' FROM players});
foreach my $metric ([ 'r1', 'retention-1' ], [ 'r7', 'retention-7' ])
{
	my ($path, $key) = ("cookie_cats.$metric->[0]", $metric->[1]);
	arms($path, 'gates', $key, control => 'gate_30', treatment => 'gate_40');
	means("$path.gbstats_abs", 'gates', $key, 'gate_40', proportion => 1);
	means("$path.gbstats_rel", 'gates', $key, 'gate_40', proportion => 1, relative => 'delta');
	all_near($path, [ 'pooled_z', 'pooled_p' ], counts('gates', $key, 'gate_40') . ' SELECT z, p_value FROM counts, ff_pooled_z(cn, cs, tn, ts)');
	my $arms = pair('gates', $key, 'gate_40', 1) . ', parts AS (SELECT ff_cross_moments_part(k, 1) AS k, ff_cross_moments_part(t, 1) AS t FROM pair)';
	all_near("$path.bayes", [ qw(effect sd chance_to_win ci_lower ci_upper risk_if_control_shipped risk_if_treatment_shipped) ],
		"$arms SELECT effect, stddev, chance, lower, upper, loss_control, loss_treatment FROM parts, ff_bayes(k, t, proportion => true, scale => 'relative')");
	all_near("$path.sequential5000", [ qw(effect se ci_lower ci_upper p_value) ],
		"$arms SELECT lift, lift_standard_error, s.lower, s.upper, s.p_value FROM parts p, ff_compare(p.k, p.t, proportion => true) c, ff_confidence_sequence(lift, lift_standard_error, ff_moments_n(p.k) + ff_moments_n(p.t)) s");
}
my $rounds = 'cookie_cats.gamerounds';
arms($rounds, 'gates', 'rounds', control => 'gate_30', treatment => 'gate_40');
means("$rounds.gbstats_abs", 'gates', 'rounds', 'gate_40');
means("$rounds.gbstats_rel", 'gates', 'rounds', 'gate_40', relative => 'delta');
near("$rounds.cap_p99", ask(cells('gates', 'rounds-capped') . ' SELECT DISTINCT cap FROM cells'));
means("$rounds.gbstats_rel_capped", 'gates', 'rounds-capped', 'gate_40', relative => 'delta');
near('cookie_cats.srm.p', ask(q{SELECT DISTINCT srm_p_value FROM ff_experiment_stats('gates')}));
near('cookie_cats.srm.stat', ask(q{SELECT chi2 FROM (SELECT array_agg(value::bigint ORDER BY variation) AS n FROM ff_experiment_health('gates') WHERE item = 'units') h, ff_srm(n)}));
# the player of the most rounds is left out as a tester would be
near("$rounds.max_value", ask(q{SELECT max(value) FROM ff.events WHERE event = 'rounds'}));
ask(q{SELECT ff_segment_create('largest'), ff_segment_add('largest', ARRAY(SELECT unit FROM ff.events WHERE event = 'rounds' ORDER BY value DESC LIMIT 1)), ff_experiment_exclude('gates', 'largest')});
is(ask(q{SELECT value FROM ff_experiment_health('gates') WHERE item = 'excluded'}), '1', 'the player of the most rounds is excluded');
means("$rounds.drop_max", 'gates', 'rounds', 'gate_40', relative => 'delta');
left_out('cookie_cats\.(r1|r7)\.(bayes|sequential5000)\.(error|p_value_error)', 'a field of gbstats without a number');

# A site that warns of the work before the free trial: daily figures, of which
# each click, and each view of a page, becomes a unit.
foreach my $arm ('control', 'experiment')
{
	load($arm, "udacity_$arm.csv", 'day text, pageviews int, clicks int, enrollments int, payments int');
	ask("ALTER TABLE $arm ADD at timestamptz; UPDATE $arm SET at = to_date(day || ' 2014', 'Dy, Mon DD YYYY')");
}
experiment('trial', '2014-10-01', 'enrollment,payment', 'control', 'experiment');
experiment('views', '2014-10-01', 'enrollment', 'control', 'experiment');
foreach my $arm ('control', 'experiment')
{
	ask(qq{INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'trial', concat_ws('-', '$arm', day, i), '$arm', at FROM $arm, generate_series(1, clicks) i WHERE enrollments IS NOT NULL;
		INSERT INTO ff.events (unit, event, at) SELECT concat_ws('-', '$arm', day, i), 'enrollment', at + interval '1 day' FROM $arm, generate_series(1, enrollments) i
		UNION ALL SELECT concat_ws('-', '$arm', day, i), 'payment', at + interval '15 days' FROM $arm, generate_series(1, payments) i;
		INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'views', concat_ws('-', '$arm', day, i), '$arm', at FROM $arm, generate_series(1, pageviews) i});
}
foreach my $metric ([ 'gross_conversion', 'enrollment' ], [ 'net_conversion', 'payment' ])
{
	my ($path, $key) = ("udacity.$metric->[0]", $metric->[1]);
	arms($path, 'trial', $key, control => 'control', treatment => 'experiment');
	means("$path.gbstats_abs", 'trial', $key, 'experiment', proportion => 1);
	near("$path.diff", ask(qq{SELECT difference FROM ff_experiment_stats('trial') WHERE metric = '$key' AND variation = 'experiment'}));
	near("$path.pooled_se", ask(counts('trial', $key, 'experiment') . ' SELECT (ts / tn::float8 - cs / cn::float8) / z FROM counts, ff_pooled_z(cn, cs, tn, ts)'));
	all_near("$path.sign_test", [ 'days', 'treatment_higher' ], cells('trial', $key, 'day') . q{ SELECT count(*), count(*) FILTER (WHERE ff_cross_moments_mean(t.moments, 1) > ff_cross_moments_mean(k.moments, 1))
		FROM cells k JOIN cells t USING (level) WHERE k.variation = 'control' AND t.variation = 'experiment'});
	left_out("\Q$path.ci_pooled\E.*", 'no method of ours makes an interval of the pooled variance and 1.96');
	left_out("\Q$path.sign_test.p\E", 'there is no sign test');
}
near('udacity.srm_pageviews.p', ask(q{SELECT DISTINCT srm_p_value FROM ff_experiment_stats('views')}));
near('udacity.srm_pageviews.stat', ask(q{SELECT chi2 FROM (SELECT array_agg(value::bigint ORDER BY variation) AS n FROM ff_experiment_health('views') WHERE item = 'units') h, ff_srm(n)}));

# A job training programme; what was earned before is the covariate.
load('men', 'lalonde_nsw_dw445.csv', 'age int, educ int, black int, hisp int, married int, nodegr int, re74 numeric, re75 numeric, re78 numeric, u74 int, u75 int, treat int');
experiment('training', '2026-02-01', 'earnings', 'no', 'yes');
ask(q{INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'training', 'man-' || id, CASE treat WHEN 1 THEN 'yes' ELSE 'no' END, '2026-02-10' FROM men;
	INSERT INTO ff.events (unit, event, value, at) SELECT 'man-' || id, 'earnings', re75, timestamptz '2026-02-05' FROM men UNION ALL SELECT 'man-' || id, 'earnings', re78, '2026-02-20' FROM men});
means('lalonde.gbstats_abs', 'training', 'earnings', 'yes');
means('lalonde', 'training', 'earnings', 'yes', names => [ 'diff', 'se', 't', 'df', 'p', 'ci.0', 'ci.1' ], also => { diff => 'effect', p => 'p_value', 'ci.0' => 'ci_lower', 'ci.1' => 'ci_upper' });
means('lalonde.gbstats_rel', 'training', 'earnings', 'yes', relative => 'delta');
means('lalonde.gbstats_cuped_re75_abs', 'training', 'earnings', 'yes', method => 'cuped');
robust('lalonde.lin_re75', 'training', 'earnings', 'yes');

# A trial of therapies; the weight before is the covariate.
load('patients', 'anorexia.csv', 'treat text, before numeric, after numeric');
experiment('therapies', '2026-03-01', 'weight', 'Cont', 'CBT', 'FT');
ask(q{INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'therapies', 'patient-' || id, treat, '2026-03-10' FROM patients;
	INSERT INTO ff.events (unit, event, value, at) SELECT 'patient-' || id, 'weight', before, timestamptz '2026-03-09' FROM patients UNION ALL SELECT 'patient-' || id, 'weight', after, '2026-03-20' FROM patients});
means('anorexia.dim', 'therapies', 'weight', 'CBT', names => [ 'statistic', 'parameter', 'p.value', 'conf.int.0', 'conf.int.1' ],
	also => { statistic => 't', parameter => 'df', 'p.value' => 'p_value', 'conf.int.0' => 'ci_lower', 'conf.int.1' => 'ci_upper' });
all_near('anorexia.dim', [ 'estimate.0', 'estimate.1' ], q{SELECT t.mean, k.mean FROM ff_experiment_stats('therapies') t, ff_experiment_stats('therapies') k WHERE t.variation = 'CBT' AND k.variation = 'Cont'});
means('anorexia.ancova', 'therapies', 'weight', 'CBT', method => 'ancova', names => [ 'effect', 'se' ]);
means('anorexia.gbstats_cuped_abs', 'therapies', 'weight', 'CBT', method => 'cuped');
robust('anorexia.lin_hc2', 'therapies', 'weight', 'CBT');

# Admissions: counts, of which each becomes an applicant; departments are strata.
load('admissions', 'ucbadmissions.csv', 'admit text, gender text, dept text, freq int');
experiment('gender', '2026-04-01', 'admission', 'Female', 'Male');
ask(q{CREATE TABLE applicants AS SELECT row_number() OVER () AS id, a.admit, a.gender, a.dept FROM admissions a, generate_series(1, freq);
	INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions) SELECT 'gender', 'applicant-' || id, gender, '2026-04-02', jsonb_build_object('dept', dept) FROM applicants;
	INSERT INTO ff.events (unit, event, at) SELECT 'applicant-' || id, 'admission', '2026-04-03' FROM applicants WHERE admit = 'Admitted'});
my $strata = cells('gender', 'admission', 'dept') . q{ SELECT %s FROM (SELECT array_agg(ff_cross_moments_n(k.moments) ORDER BY level) AS cn, array_agg(round(ff_cross_moments_n(k.moments) * ff_cross_moments_mean(k.moments, 1))::bigint ORDER BY level) AS cs,
		array_agg(ff_cross_moments_n(t.moments) ORDER BY level) AS tn, array_agg(round(ff_cross_moments_n(t.moments) * ff_cross_moments_mean(t.moments, 1))::bigint ORDER BY level) AS ts
	FROM cells k JOIN cells t USING (level) WHERE k.variation = 'Female' AND t.variation = 'Male' AND level NOT IN (%s)) s, ff_mantel_haenszel(cn, cs, tn, ts)};
all_near('ucbadmissions.cmh', [ qw(stat p or ci.0 ci.1) ], sprintf $strata, 'chi2, p_value, odds_ratio, odds_lower, odds_upper', q{''});
all_near('ucbadmissions.cmh_excl_A', [ qw(stat p or) ], sprintf $strata, 'chi2, p_value, odds_ratio', q{'A'});

is_deeply([ sort keys %open ], [], 'every figure was compared or left out by name');

$node->stop;
done_testing();
