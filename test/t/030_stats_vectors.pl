# Reference vectors of the statistics, by test/conformance/stats: a test for
# each method, and what is left out by name.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $file = $ENV{FF_STATS_VECTORS} || ($ENV{FF_SHARED} || '../shared') . '/stats/vectors.json';
plan skip_all => "stats_vectors: $file is not there" unless -r $file;

# What must be covered, whatever else is.
my @required = qw(proportion.absolute.welch mean.absolute.welch mean.edge tail.tiny_p tail.normal_sf tail.normal_ppf tail.t_sf tail.t_ppf
	tail.chi2_sf relative.fieller moments.cancellation moments.merge srm.chi2 srm.sequential_e_value
	sequential.asymp_cs sequential.asymp_cs_one_sided sequential.eppo sequential.statsig sequential.always_valid_p sequential.group
	power.power power.mde power.edge power.sample_size power.noninferiority power.mid_experiment bandit.thompson bandit.edge
	ratio.absolute.delta ratio.relative.delta ratio.edge ratio.bayes cuped.absolute cuped.relative cuped.proportion cuped.posthog cuped.edge cuped.ratio cuped.regression cuped.bayes cuped.sequential
	poststrat.mean.absolute poststrat.mean.relative poststrat.cuped poststrat.edge quantile.unit quantile.event_clustered quantile.edge quantile.definition
	proportion.relative.welch proportion.scaled proportion.fisher_exact proportion.pooled_z proportion.edge mean.relative.welch mean.relative.negative_mean mean.one_sided mean.mann_whitney
	bayes.absolute.proper_scaled bayes.relative.flat bayes.relative.proper bayes.inverse bayes.extreme bayes.expected_loss bayes.beta_binomial
	guardrail.noninferiority guardrail.safe_status multiple.adjust multiple.adjusted_ci multiple.preferential_bonferroni
	hte.cochran_q hte.interaction_z hte.stratified_2x2 health.covariate_imbalance
	winsor.percentile winsor.absolute edge.nan policy.nan policy.infinity policy.missing_variant);

my $node = PostgreSQL::Test::Cluster->new('vectors');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION featureflow');

my ($stdout, $stderr);
my $status = IPC::Run::run([ 'test/conformance/stats', '-d', $node->connstr('postgres') ], '>', \$stdout, '2>', \$stderr);
is($stderr, '', 'nothing is complained of');
my %passed;
foreach my $line (split /\n/, $stdout)
{
	if ($line =~ /^(\S+): (\d+) passed, (\d+) failed, (\d+) left out$/)
	{
		$passed{$1} = $2;
		is($3, 0, "$1: $2 passed, $4 left out");
		next;
	}
	note $line;
	like($line, qr/^\S+: (left out \S+: \S|without \S+ \(.+\) of \S+$)/, 'what is left out has its reason');
}
cmp_ok($passed{$_} // 0, '>', 0, "$_ is covered") foreach @required;
ok($status, 'and its status says so');

$node->stop;
done_testing();
