# Random experiments, small and full of ties: times are on a grid, so that what
# happens at the very moment of an exposure, a window's end, a cut or a stop is
# common.

package Draw;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';

our @EXPORT_OK = qw(experiment);

our $HOUR = 3_600_000_000;
our $DAY = 24 * $HOUR;

sub one_of { return $_[ int rand @_ ] }
sub chance { return rand() < $_[0] }

# A time from day to day, on the grid or right beside it.
sub moment
{
	my ($from, $to) = @_;
	return $from * $DAY + int(rand(($to - $from) * 4 + 1)) * 6 * $HOUR + (chance(0.1) ? one_of(-1, 1) : 0);
}

# Values as applications have them, and at the ends of what fits.
sub value
{
	return undef if chance(0.05);
	return one_of('0', '1', '-1', '0.1', '-0.3', '0.00000001', '-12345678.9', '0.123456789012') if chance(0.4);
	return one_of('1000000000000000.01', '-1000000000000000', '999999999999999.99', '-123456789012345.67', '1000000000', '9007199254740993') if chance(0.2);
	return sprintf '%.2f', rand(200) - 50;
}

sub span
{
	return one_of([ 6 * $HOUR, '6 hours' ], [ $DAY, '1 day' ], [ 2 * $DAY, '2 days' ], [ 36 * $HOUR, '1 day 12 hours' ]);
}

sub filter { return chance(0.3) ? one_of('blue', 'red') : undef }

# Settings by kind, as ff_metric_create takes them.
sub metric
{
	my ($i, $is_stopped) = @_;
	my %m = (key => "m$i", kind => one_of(qw(proportion count mean mean ratio quantile retention funnel)), delay => [ 0, '0' ], period => [ 14 * $DAY, undef ], filter => filter());
	$m{delay} = span() if chance(0.3);
	$m{window} = span() if chance(0.4) || $m{kind} eq 'retention';
	$m{window} = [ 100_000 * $DAY, '100000 days' ] if $m{window} && chance(0.2);
	$m{complete} = 1 if $m{window} && chance(0.5);
	$m{lookback} = $is_stopped ? span() : [ 100_000 * $DAY, '100000 days' ] if !$m{window} && chance(0.15);
	$m{period} = one_of([ 0, '0' ], span()) if chance(0.5);
	$m{unit_property} = 1 if chance(0.1);
	if ($m{kind} eq 'funnel')
	{
		$m{steps} = [ map { one_of('visit', 'buy', 'act') } 1 .. 2 + int rand 3 ];
		return \%m;
	}
	$m{event} = one_of('buy', 'buy', 'visit');
	if ($m{kind} eq 'quantile')
	{
		$m{level} = one_of(0.25, 0.5, 0.9);
		$m{of} = one_of('units', 'events');
	}
	if (($m{kind} =~ /^(mean|ratio)$/ || $m{kind} eq 'quantile' && $m{of} eq 'units') && chance(0.4))
	{
		$m{aggregate} = one_of('sum', 'count', 'any');
		$m{value_property} = 1 if $m{aggregate} eq 'sum' && chance(0.5);
	}
	if ($m{kind} eq 'ratio')
	{
		$m{denominator_event} = one_of('visit', 'buy');
		$m{denominator_filter} = filter();
		$m{denominator_aggregate} = one_of('sum', 'count', 'any') if chance(0.5);
		$m{denominator_value_property} = 1 if ($m{denominator_aggregate} // '') eq 'sum' && chance(0.3);
	}
	if ($m{kind} =~ /^(count|mean|ratio)$/ && chance(0.5))
	{
		if (chance(0.5)) { $m{cap} = one_of('1', '40', '-5', '0', '1000000000000000') }
		else { $m{percentile} = one_of(0.5, 0.9, 0.75); $m{ignores_zeros} = 1 if chance(0.5) }
	}
	return \%m;
}

sub exposure
{
	my ($x, $unit, @times) = @_;
	return { unit => $unit, variation => chance(0.9) ? $x->{usual}{$unit} : one_of('a', 'b', 'c', 'd'), at => chance(0.3) ? one_of(@times, 0) : moment(-2, 22),
		phase => chance(0.2) ? one_of(1, 2, 3, 7) : undef, country => chance(0.8) ? one_of('de', 'fr', '') : undef,
		environment => chance(0.95) ? 'production' : 'staging', experiment => chance(0.95) ? $x->{key} : 'other' };
}

sub event
{
	my ($x, $units, @times) = @_;
	my @units = @$units;
	return { unit => one_of(@units, 'stranger'), event => one_of('buy', 'buy', 'visit', 'act'), value => value(), at => chance(0.3) ? one_of(@times) : moment(-20, 26),
		id => chance(0.2) ? 'id' . int rand 12 : undef, received => int rand 8, color => chance(0.6) ? one_of('blue', 'red') : undef,
		amount => chance(0.8) ? value() : undef, account => chance(0.7) ? one_of(@units) : undef, is_foreign => chance(0.03) };
}

# Weights change from phase to phase, or do not.
sub phases
{
	my ($at, @phases) = (0);
	return [] if chance(0.5);
	foreach my $number (1 .. 2 + int rand 2)
	{
		push @phases, { number => $number, started => $at, weights => one_of('{"a": 50, "b": 50}', '{"a": 10, "b": 90}') };
		$at = moment($at / $DAY, $at / $DAY + 8);
		$at = $phases[-1]{started} if $at < $phases[-1]{started};
	}
	return \@phases;
}

# The experiment of a number; times count from its start.
sub experiment
{
	my ($seed, $number) = @_;
	srand($seed * 1_000_003 + $number);
	my %x = (key => "x$number", number => $number, dimension => one_of(undef, undef, 'country', 'day'), phases => phases());
	my @units = map { "u$_" } 1 .. 3 + int rand 20;
	$x{stopped} = moment(5, 20) if chance(0.5);
	$x{activation} = 1 if chance(0.15);
	$x{excluded} = [ grep { chance(0.3) } @units, 'stranger' ] if chance(0.2);
	$x{metrics} = [ map { metric($_, defined $x{stopped}) } 1 .. 3 + int rand 5 ];
	$x{usual} = { map { $_ => one_of('a', 'b', 'b', 'c') } @units };
	# some times are those of a phase's start, the stop or one another
	my @times = (map({ $_->{started} } @{ $x{phases} }), $x{stopped} // 0, moment(1, 5), moment(1, 5));
	$x{exposures} = [ map { my $unit = $_; map { exposure(\%x, $unit, @times) } 1 .. 1 + int rand 4 } @units ];
	$x{events} = [ map { event(\%x, \@units, @times) } 1 .. int rand 12 * @units ];
	# the one that was received first is never two
	my %seen;
	foreach my $event (grep { defined $_->{id} } @{ $x{events} })
	{
		$event->{received} += 10 while $seen{ join '|', @$event{qw(event id received at unit)} }++;
	}
	return \%x;
}

1;
