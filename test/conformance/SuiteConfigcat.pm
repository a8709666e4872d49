# What the runners of the providers' suites have in common: files of FF_SUITES,
# one connection by psql, counting and printing.

package SuiteConfigcat;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use File::Temp;

our @EXPORT = qw(suite_file suite_text suite_literal suite_run suite_report);

my $suites = $ENV{FF_SUITES} || ($ENV{FF_SHARED} || '../shared') . '/suites';
my (%count, @suites);
binmode STDOUT, ':encoding(UTF-8)';

sub suite_file { return "$suites/$_[0]"; }

# A file's text; a suite that is not there is left out, and the run is over.
sub suite_text
{
	my ($file) = @_;
	if (!-r suite_file($file))
	{
		print "left out: $file is not there\n";
		exit 0;
	}
	open my $handle, '<:encoding(UTF-8)', suite_file($file) or die "$file: $!\n";
	local $/;
	return scalar <$handle>;
}

sub suite_literal { return "'" . $_[0] =~ s/'/''/gr . "'"; }

# Runs a script of psql with the options of the command line; what it prints, by
# lines and tabs.
sub suite_run
{
	my ($script) = @_;
	my $file = File::Temp->new;
	binmode $file, ':encoding(UTF-8)';
	print $file "SET client_encoding = 'UTF8';\nSET client_min_messages = warning;\nSET standard_conforming_strings = on;\n$script";
	$file->flush;
	open my $psql, '-|:encoding(UTF-8)', 'psql', '-XAtq', '-F', "\t", '-v', 'ON_ERROR_STOP=1', @ARGV, '-f', $file->filename or die "psql: $!\n";
	my @rows = map { chomp; [ split /\t/, $_, -1 ] } <$psql>;
	close $psql or die "psql failed\n";
	return @rows;
}

# Counts and prints rows of suite, outcome (passed, failed, left out), how many, and
# text; then a line a suite.  The status of the run.
sub suite_report
{
	foreach my $row (@_)
	{
		my ($suite, $outcome, $number, $text) = @$row;
		push @suites, $suite unless $count{$suite};
		$count{$suite}{$outcome} += $number;
		print "$suite: $outcome $text\n" unless $outcome eq 'passed';
	}
	foreach my $suite (@suites)
	{
		printf "%s: %s\n", $suite, join ', ', map { ($count{$suite}{$_} // 0) . " $_" } 'passed', 'failed', 'left out';
	}
	return (grep { $_->{failed} } values %count) ? 1 : 0;
}

1;
