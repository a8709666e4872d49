# The page of a report in a browser: it asks for nothing and complains of
# nothing, its plots have their marks inside them, and it can be printed.

use strict;
use warnings FATAL => 'all';
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('page');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION featureflow');
$node->safe_psql('postgres', slurp_file('test/page/sample.sql'));

# The last lines of printed pages that are a heading or a table's head: what they are
# of stands on the next page.
sub lonely
{
	my ($text) = run_command([ 'pdftotext', '-layout', shift, '-' ]);
	my @feet = map { (grep { /\S/ } split /\n/)[-1] } grep { /\S/ } split /\f/, $text;
	return [ grep { /^\s*(Verdict|Health|Variations|Effects|Metrics|What\ is\ believed\ of\ the\ lift|Lift\ over\ time|Exposures\ over\ time|Segments|Looks\ and\ power|In\ words|Provenance|Warnings|Findings|Risks)\s*$
		|^\s*(Check|Variation|Metric\ and\ variation|Segment)\s\s
		|^\s*(Checks\ of\ the\ data|Units\ by\ variation|Lift\ of\ each\ variation|Every\ metric|How\ likely|Band:|The\ data\ cannot|Effect\ by)/x } @feet ];
}

# A page of a report, and what the browser says of it.
sub look
{
	my ($name, $report) = @_;
	my $folder = PostgreSQL::Test::Utils::tempdir();
	my $started = time;
	my $page = $node->safe_psql('postgres', "SELECT ff._experiment_page($report)");
	my $took = time - $started;
	append_to_file("$folder/page.html", $page);
	my ($stdout, $stderr) = run_command([ 'node', 'test/page/page.mjs', "$folder/page.html", $folder ]);
	my $answer = eval { decode_json(slurp_file("$folder/answer.json")) };
	ok($answer, "$name: opens") or do { diag("$stdout$stderr$@"); return { text => '', size => length $page, took => $took, plots => 0 } };
	is_deeply($answer->{errors}, [], "$name: no errors on the console");
	is_deeply($answer->{requests}, [], "$name: nothing is loaded");
	foreach my $way (sort keys %{ $answer->{looks} })
	{
		my $seen = $answer->{looks}{$way};
		is_deeply($seen->{bad}, [], "$name, $way: marks are inside their plots");
		cmp_ok($seen->{wide}, '<=', 0, "$name, $way: as wide as the window");
	}
	isnt($answer->{looks}{'light 1200'}{ground}, $answer->{looks}{'dark 1200'}{ground}, "$name: dark is dark");
	cmp_ok($answer->{pdf}, '>', 10000, "$name: prints");
	is_deeply(lonely("$folder/page.pdf"), [], "$name, on paper: no heading stands alone at the foot of a page");
	return { %{ $answer->{looks}{'light 1200'} }, size => length $page, took => $took };
}

my $usual = look('a report', 'sample(4, 3, 30)');
like($usual->{text}, qr/$_/, "the page says $_")
  foreach ('One-page checkout', 'Ship One page', 'goal_won_guardrails_safe', 'p 0\.2733', 'Sixty days say nothing of a year');
cmp_ok($usual->{plots}, '>=', 8 + 4 + 8 + 2 + 6, 'all plots are there');

my $large = look('a large report', 'sample(20, 5, 60)');
cmp_ok($large->{size}, '<', 1_000_000, 'a large report is less than a megabyte');
note(sprintf 'a large report: %d bytes, %.2f s', $large->{size}, $large->{took});

my $many = look('thirteen variations', 'sample(2, 13, 9)');
is(() = $many->{text} =~ /One page, form 12\b/g, 1 + 2 * 5, 'all of them are everywhere');

my $broken = look('a failed sample ratio', q(jsonb_set(jsonb_set(sample(1, 2, 9), '{verdict}', '{"action": "invalid", "reasons": ["the sample ratio failed"]}'), '{metrics,0,variants,1,ci_rel}', '[-0.09, 0.55]')));
like($broken->{text}, qr/not judged/, 'a failed sample ratio: says so');
unlike($broken->{text}, qr/\b(won|lost)\b/, 'a failed sample ratio: nothing has won');

my $empty = look('nothing', q('{}'));
like($empty->{text}, qr/Nobody has been exposed/, 'an empty report says so');

$node->safe_psql('postgres', 'SELECT count(*) FROM ff_sample()');
my $own = look('a real experiment', q(ff_experiment_report('buy-button', 'sample')));
like($own->{text}, qr/$_/, "a real experiment: says $_") foreach ('Buy button', 'Keep running', 'Revenue a visitor');
is($own->{text} =~ tr/\x{2013}// < 30 ? 1 : 0, 1, 'a real experiment: few things are not known');
cmp_ok($own->{plots}, '>=', 2 + 2 + 2 + 2, 'a real experiment: intervals, densities, lifts and exposures');
is($node->safe_psql('postgres', q(SELECT ff_experiment_html('buy-button', 'sample') LIKE '<!DOCTYPE html>%')), 't', 'ff_experiment_html gives that page');

my $name = q('"><script>x</script> & ' || U&'\05e9\05dc\05d5\05dd \+01f600 \202e' || repeat('long', 100));
my $odd = look('odd names', qq[jsonb_set(jsonb_set(sample(2, 2, 1), '{experiment,name}', to_jsonb($name)), '{metrics,0,name}', to_jsonb($name))]);
like($odd->{text}, qr/<script>x<\/script> & \x{5e9}\x{5dc}\x{5d5}\x{5dd} \x{1f600}/, 'names are shown as they are');

$node->stop;
done_testing();
