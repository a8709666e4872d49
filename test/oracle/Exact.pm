# Numbers without rounding: decimals as integers of 10^-24, and what doubles can
# hold as integers of 2^-160.

package Exact;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use Math::BigInt;
use POSIX qw(frexp ldexp strtod);

our @EXPORT_OK = qw(decimal dyadic total_of parts_of approximate products_of parsed);

my $DECIMALS = 24;
my $BITS = 160;
my $unit = Math::BigInt->new(10)->bpow($DECIMALS);
my $two53 = Math::BigInt->new(2)->bpow(53);

# A decimal as written.
sub decimal
{
	my ($text) = @_;
	my ($sign, $whole, $fraction) = $text =~ /^(-?)(\d+)(?:\.(\d+))?$/ or die "no decimal: $text\n";
	$fraction //= '';
	die "too many decimals: $text\n" if length $fraction > $DECIMALS;
	return Math::BigInt->new("$sign$whole$fraction" . '0' x ($DECIMALS - length $fraction));
}

# A double.
sub dyadic
{
	my ($number) = @_;
	my ($fraction, $exponent) = frexp($number);
	my $mantissa = Math::BigInt->new(sprintf '%.0f', ldexp($fraction, 53));
	my $shift = $BITS + $exponent - 53;
	die "too small: $number\n" if $shift < 0;
	return $mantissa->blsft($shift);
}

sub total_of
{
	my $total = Math::BigInt->new(0);
	$total->badd($_) foreach @_;
	return $total;
}

# The nearest double of a decimal.
sub approximate
{
	my ($decimal) = @_;
	return (strtod($decimal->bstr . "e-$DECIMALS"))[0];
}

# Whether a decimal, with 4, 8, … decimals as it needs, has more than 53 bits.
sub is_long
{
	my ($decimal) = @_;
	my $shorter = $decimal->copy->babs;
	for (my $decimals = $DECIMALS; $decimals > 0; $decimals -= 4)
	{
		my ($quotient, $rest) = $shorter->copy->bdiv(10_000);
		last unless $rest->is_zero;
		$shorter = $quotient;
	}
	return $shorter->bcmp($two53) > 0;
}

# A unit's total as it is added up: the nearest double, and of one that is long
# 32 more bits.
sub parts_of
{
	my ($decimal) = @_;
	my $high = approximate($decimal);
	my $value = dyadic($high);
	return $value unless is_long($decimal);
	my (undef, $exponent) = frexp($high);
	my $digit = Math::BigInt->new(2)->bpow($BITS + $exponent - 85);
	my $rest = $decimal->copy->blsft($BITS)->bsub($value->copy->bmul($unit));
	my $step = $unit->copy->bmul($digit);
	# to the nearest: floor of (2 rest + step) / (2 step)
	my ($digits) = $rest->copy->bmul(2)->badd($step)->bdiv($step->copy->bmul(2));
	return $value->badd($digits->bmul($digit));
}

# Sums of products: each value with itself and the ones after it.
sub products_of
{
	my ($values) = @_;
	my @products;
	foreach my $i (0 .. $#$values)
	{
		push @products, map { $values->[$i]->copy->bmul($values->[$_]) } $i .. $#$values;
	}
	return @products;
}

# A hexadecimal integer times a power of two, as ff.cross_moments is written, in
# units of 2^-160, or of the square of that.
sub parsed
{
	my ($text, $is_product) = @_;
	return Math::BigInt->new(0) if $text eq '0';
	my ($sign, $digits, $exponent) = $text =~ /^(-?)0x([0-9a-f]+)p([-+]\d+)$/ or die "no number: $text\n";
	my $number = Math::BigInt->from_hex($digits);
	my $shift = ($is_product ? 2 * $BITS : $BITS) + $exponent;
	$number = $shift >= 0 ? $number->blsft($shift) : $number->brsft(-$shift);
	return $sign eq '-' ? $number->bneg : $number;
}

1;
