# What an experiment amounts to, from its definition alone: unit by unit, event by
# event, with exact numbers.  Nothing here looks at how the extension does it.

package Answer;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use List::Util qw(any min max);
use POSIX qw(floor strftime);
use Exact qw(decimal dyadic total_of parts_of approximate products_of);

our @EXPORT_OK = qw(cells_of population_of);

my $DAY = 86_400_000_000;
my $NOW = 10_000 * $DAY;	# all that is drawn is long over

# When an experiment ends that has not been stopped: now.
sub until_of { my ($x) = @_; return $x->{stopped} // $NOW }

# The phase of an exposure: the one it names, if there is such a one, else the
# last that had begun.
sub phase_of
{
	my ($x, $exposure) = @_;
	my @phases = @{ $x->{phases} } or return 1;
	return $exposure->{phase} if any { defined $exposure->{phase} && $_->{number} == $exposure->{phase} } @phases;
	my @begun = grep { $_->{started} <= $exposure->{at} } @phases;
	return @begun ? $begun[-1]{number} : 1;
}

# From when on units of a phase may move: the next phase of other weights.
sub cut_of
{
	my ($x, $number) = @_;
	my ($own) = grep { $_->{number} == $number } @{ $x->{phases} };
	return undef unless $own;
	return min(map { $_->{started} } grep { $_->{number} > $number && $_->{weights} ne $own->{weights} } @{ $x->{phases} });
}

sub level_of
{
	my ($x, $exposure) = @_;
	return '' unless defined $x->{dimension};
	return $exposure->{country} // '' if $x->{dimension} eq 'country';
	return strftime('%Y-%m-%d', gmtime($x->{base} + floor($exposure->{at} / 1_000_000)));
}

sub first_of
{
	my (@met) = @_;
	return (sort { $a->{at} <=> $b->{at} || $a->{variation} cmp $b->{variation} || $a->{in_phase} <=> $b->{in_phase} || $a->{level} cmp $b->{level} } @met)[0];
}

# Events of a name: of those with one id the one that was received first.
sub named
{
	my ($x, $name) = @_;
	my (@counted, %first);
	foreach my $event (grep { $_->{event} eq $name && !$_->{is_foreign} } @{ $x->{events} })
	{
		if (!defined $event->{id}) { push @counted, $event; next }
		my $other = $first{ $event->{id} };
		$first{ $event->{id} } = $event if !$other || ($event->{received} <=> $other->{received} || $event->{at} <=> $other->{at} || $event->{unit} cmp $other->{unit}) < 0;
	}
	return (@counted, values %first);
}

# Units, with what became of them.
sub units_of
{
	my ($x) = @_;
	my %met;
	foreach my $exposure (grep { $_->{environment} eq 'production' && $_->{experiment} eq $x->{key} && $_->{at} >= 0 && $_->{at} <= until_of($x) } @{ $x->{exposures} })
	{
		push @{ $met{ $exposure->{unit} } }, { %$exposure, in_phase => phase_of($x, $exposure), level => level_of($x, $exposure) };
	}
	my @units;
	foreach my $unit (sort keys %met)
	{
		my $first = first_of(@{ $met{$unit} });
		my $cut = cut_of($x, $first->{in_phase}) // 2 * $NOW;
		my $end = min($cut, until_of($x));
		my @active = sort { $a <=> $b } map { $_->{at} } grep { $x->{activation} && $_->{unit} eq $unit && $_->{at} >= $first->{at} && $_->{at} < $end } named($x, 'act');
		my $status = (any { $_ eq $unit } @{ $x->{excluded} // [] }) ? 'excluded'
			: (any { $_->{variation} ne $first->{variation} && $_->{at} < $cut } @{ $met{$unit} }) ? 'mixed'
			: $x->{activation} && !@active ? 'inactive' : 'counted';
		push @units, { unit => $unit, variation => $first->{variation}, phase => $first->{in_phase}, level => $first->{level},
			exposed => $first->{at}, from => $x->{activation} ? $active[0] : $first->{at}, cut => $cut, status => $status };
	}
	return @units;
}

# How many units of a phase, variation and level count, and how many do not.
sub population_of
{
	my ($x) = @_;
	my %population;
	$population{"$_->{phase}|$_->{variation}|$_->{level}"}{ $_->{status} }++ foreach units_of($x);
	return \%population;
}

# The time in which events of a unit count, and whether it is over.
sub window_of
{
	my ($x, $m, $unit) = @_;
	my $lower = $unit->{from} + $m->{delay}[0];
	$lower = max($lower, until_of($x) - $m->{lookback}[0]) if $m->{lookback};
	return ($lower, min($unit->{cut}, until_of($x)), 1) unless $m->{window};
	my $end = $unit->{from} + $m->{delay}[0] + $m->{window}[0];
	return ($lower, min($unit->{cut}, $NOW, $end), !$m->{complete} || $end <= $NOW);
}

# What a metric reads: a list of [time, value] for each unit.
sub read_events
{
	my ($x, $m, $name, $filter, $has_property) = @_;
	my %read;
	foreach my $event (named($x, $name))
	{
		next if defined $filter && ($event->{color} // '') ne $filter;
		my $unit = $m->{unit_property} ? $event->{account} : $event->{unit};
		push @{ $read{$unit} }, [ $event->{at}, $has_property ? $event->{amount} : $event->{value} ] if defined $unit;
	}
	return \%read;
}

# The total of events from lower to before upper, as it is added up.
sub total
{
	my ($events, $aggregate, $lower, $upper) = @_;
	my @within = grep { $_->[0] >= $lower && $_->[0] < $upper } @{ $events // [] };
	return dyadic(@within ? 1 : 0) if $aggregate eq 'any';
	return dyadic(scalar @within) if $aggregate eq 'count';
	return parts_of(total_of(map { decimal($_->[1]) } grep { defined $_->[1] } @within));
}

# Whether distinct events can be chosen for the steps, none before the one ahead of it.
sub passes
{
	my ($steps, $events, $last) = @_;
	return 1 unless @$steps;
	my ($step, @rest) = @$steps;
	foreach my $i (grep { $events->[$_][0] eq $step && $events->[$_][1] >= $last } 0 .. $#$events)
	{
		return 1 if passes(\@rest, [ @$events[ grep { $_ != $i } 0 .. $#$events ] ], $events->[$i][1]);
	}
	return 0;
}

# The variables of each unit that a metric counts, or none while its window goes on.
sub variables_of
{
	my ($x, $m, @units) = @_;
	my $aggregate = $m->{aggregate} // { proportion => 'any', retention => 'any', count => 'count' }->{ $m->{kind} } // 'sum';
	my $period = $m->{kind} =~ /^(proportion|count|mean|ratio)$/ ? $m->{period}[0] : 0;
	my @reads = [ read_events($x, $m, $m->{event}, $m->{filter}, $m->{value_property}), $aggregate ];
	push @reads, [ read_events($x, $m, $m->{denominator_event}, $m->{denominator_filter}, $m->{denominator_value_property}), $m->{denominator_aggregate} // 'count' ] if $m->{kind} eq 'ratio';
	return map {
		my ($lower, $upper, $is_complete) = window_of($x, $m, $_);
		my $unit = $_;
		$is_complete ? [ (map { total($_->[0]{ $unit->{unit} }, $_->[1], $lower, $upper) } @reads),
			$period > 0 ? map { total($_->[0]{ $unit->{unit} }, $_->[1], $unit->{exposed} - $period, $unit->{exposed}) } @reads : () ] : undef
	} @units;
}

sub funnels_of
{
	my ($x, $m, @units) = @_;
	my %names = map { $_ => 1 } @{ $m->{steps} };
	my %read = map { $_ => read_events($x, $m, $_, $m->{filter}) } keys %names;
	return map {
		my ($lower, $upper, $is_complete) = window_of($x, $m, $_);
		my $unit = $_->{unit};
		my @events = map { my $name = $_; map { [ $name, $_->[0] ] } grep { $_->[0] >= $lower && $_->[0] < $upper } @{ $read{$name}{$unit} // [] } } sort keys %names;
		$is_complete ? [ dyadic(passes($m->{steps}, \@events, -2 * $NOW)) ] : undef
	} @units;
}

# The exact sums of rows of variables.
sub moments_of
{
	my (@rows) = @_;
	return undef unless @rows;
	my @sums = map { my $i = $_; total_of(map { $_->[$i] } @rows) } 0 .. $#{ $rows[0] };
	my @products;
	foreach my $row (@rows)
	{
		my @own = products_of($row);
		$products[$_] = ($products[$_] // Math::BigInt->new(0))->badd($own[$_]) foreach 0 .. $#own;
	}
	return { n => scalar @rows, sums => \@sums, products => \@products };
}

# The quantile of doubles, R's type 7.
sub quantile_of
{
	my ($level, @values) = @_;
	return undef unless @values;
	@values = sort { $a <=> $b } @values;
	my $place = $level * $#values;
	my $rank = floor($place);
	return $values[$rank] if $rank == $#values;
	return $values[$rank] + ($values[ $rank + 1 ] - $values[$rank]) * ($place - $rank);
}

# A number of 2^-160 as the nearest double: both are one where it has one part.
sub double_of
{
	my ($number) = @_;
	my $decimal = $number->copy->bmul(Math::BigInt->new(5)->bpow(160));
	return (POSIX::strtod($decimal->bstr . 'e-160'))[0];
}

# The values of the events of units, a list a unit; none of a unit that does not count yet.
sub event_values
{
	my ($x, $m, @units) = @_;
	my $read = read_events($x, $m, $m->{event}, $m->{filter}, $m->{value_property});
	return map {
		my ($lower, $upper, $is_complete) = window_of($x, $m, $_);
		$is_complete ? [ map { approximate(decimal($_->[1])) } grep { defined $_->[1] && $_->[0] >= $lower && $_->[0] < $upper } @{ $read->{ $_->{unit} } // [] } ] : ()
	} @units;
}

# Cells of a metric by "phase|variation|level": rows of variables (moments), the
# values whose quantile is asked for, by unit, and the totals that the cap is made of.
sub cells_of
{
	my ($x, $m) = @_;
	my @units = grep { $_->{status} eq 'counted' } units_of($x);
	my @variables = $m->{kind} eq 'funnel' ? funnels_of($x, $m, @units) : variables_of($x, $m, @units);
	my %cells;
	foreach my $i (0 .. $#units)
	{
		my $cell = $cells{"$units[$i]{phase}|$units[$i]{variation}|$units[$i]{level}"} //= { rows => [], values => [] };
		push @{ $cell->{rows} }, $variables[$i] if $variables[$i];
		push @{ $cell->{values} }, event_values($x, $m, $units[$i]) if ($m->{of} // '') eq 'events';
		push @{ $cell->{values} }, [ double_of($variables[$i][0]) ] if ($m->{of} // '') eq 'units' && $variables[$i];
	}
	my @totals = map { double_of($_->[0]) } grep { $_ } @variables;
	@totals = grep { $_ != 0 } @totals if $m->{ignores_zeros};
	return (\%cells, defined $m->{percentile} ? quantile_of($m->{percentile}, @totals) : $m->{cap});
}

1;
