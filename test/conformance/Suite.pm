# What the runners of test/conformance have in common: files of the suites, psql
# with the options of the command line, and the count of what passed.

package Suite;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use File::Basename;
use File::Glob ':bsd_glob';
use File::Temp;
use JSON::PP;

our @EXPORT = qw(place document required decoded names literal copied lines answers report finish);

$ENV{PGCLIENTENCODING} = 'UTF8';
$ENV{PGOPTIONS} = join ' ', $ENV{PGOPTIONS} // (), '-c client_min_messages=warning -c standard_conforming_strings=on';
binmode STDOUT, ':encoding(UTF-8)';
my %count;

# A file of FF_SUITES (default: $FF_SHARED/suites), unless its name is a whole path.
sub place
{
	my ($name) = @_;
	return $name =~ m{^/} ? $name : ($ENV{FF_SUITES} || ($ENV{FF_SHARED} || '../shared') . '/suites') . "/$name";
}

# Its text as it stands; undef, and a line, where there is none.
sub document
{
	my ($name) = @_;
	my $handle;
	if (!open $handle, '<:encoding(UTF-8)', place($name))
	{
		print "left out: $name is not there\n";
		return;
	}
	local $/;
	return scalar <$handle>;
}

# The text of a file without which there is nothing to run.
sub required { return document(@_) // exit 0; }

# What it says, numbers that are not whole as they are written.
sub decoded
{
	my $text = document(@_) // return;
	return JSON::PP->new->allow_bignum->decode($text);
}

# The names of the files that patterns stand for, in order.
sub names { return map { basename($_) } sort map { glob place($_) } @_; }

sub literal { return "'" . $_[0] =~ s/'/''/gr . "'"; }

# A COPY of rows into a table, each a text or a list of texts, as a script of psql.
sub copied
{
	my ($table, @rows) = @_;
	my %escapes = ("\\" => "\\\\", "\n" => "\\n", "\r" => "\\r", "\t" => "\\t");
	my @lines = map { join "\t", map { s/([\\\n\r\t])/$escapes{$1}/gr } ref ? @$_ : $_ } @rows;
	return join "\n", "COPY $table FROM STDIN;", @lines, "\\.\n";
}

# The lines that a script of psql prints.  An error ends the run.
sub lines
{
	my ($script) = @_;
	my $file = File::Temp->new;
	binmode $file, ':encoding(UTF-8)';
	print $file $script;
	$file->flush;
	open my $handle, '-|:encoding(UTF-8)', 'psql', '-XAtq', '-F', "\t", '-v', 'ON_ERROR_STOP=1', @ARGV, '-f', $file->filename or die "psql: $!\n";
	my @lines = <$handle>;
	chomp @lines;
	close $handle or die "psql failed\n";
	return @lines;
}

# The same as rows, cut at tabs.
sub answers { return map { [ split /\t/, $_, -1 ] } lines(@_); }

# What became of a case, or of several: passed, failed or left out, the last two
# with its name and a reason.
sub report
{
	my ($suite, $verdict, $text, $times) = @_;
	$count{$suite}{$verdict} += $times // 1;
	print "$suite: $verdict $text\n" unless $verdict eq 'passed';
	return;
}

# A line a suite; the status of the run.
sub finish
{
	foreach my $suite (sort keys %count)
	{
		printf "%s: %s\n", $suite, join ', ', map { ($count{$suite}{$_} // 0) . " $_" } 'passed', 'failed', 'left out';
	}
	return (grep { $_->{failed} } values %count) ? 1 : 0;
}

1;
