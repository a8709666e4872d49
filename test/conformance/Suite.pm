# What the runners of test/conformance have in common: files of the suites, one
# psql for a whole script, and the count of what passed.

package Suite;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use File::Temp;

our @EXPORT = qw(document copied answers report finish);

$ENV{PGCLIENTENCODING} = 'UTF8';
binmode STDOUT, ':encoding(UTF-8)';
my (%count, @suites);

# A file of the suites as it stands; undef, and a line, where there is none.
sub document
{
	my ($name) = @_;
	my $path = ($ENV{FF_SUITES} || ($ENV{FF_SHARED} || '../shared') . '/suites') . "/$name";
	my $handle;
	if (!open $handle, '<:encoding(UTF-8)', $path)
	{
		print "left out: $name is not there\n";
		return;
	}
	local $/;
	return scalar <$handle>;
}

# A COPY of texts into a table of one column, as a script of psql.
sub copied
{
	my ($table, @texts) = @_;
	my %escapes = ("\\" => "\\\\", "\n" => "\\n", "\r" => "\\r", "\t" => "\\t");
	return "COPY $table FROM STDIN;\n" . join('', map { s/([\\\n\r\t])/$escapes{$1}/gr . "\n" } @texts) . "\\.\n";
}

# The rows that a script prints, cut at tabs.  An error ends the run.
sub answers
{
	my ($script, @options) = @_;
	my $file = File::Temp->new;
	binmode $file, ':encoding(UTF-8)';
	print $file $script;
	$file->flush;
	open my $handle, '-|:encoding(UTF-8)', 'psql', '-XAtq', '-F', "\t", '-v', 'ON_ERROR_STOP=1', @options, '-f', $file->filename or die "psql: $!";
	my @rows = map { chomp; [ split /\t/, $_, -1 ] } <$handle>;
	close $handle or die "psql failed\n";
	return @rows;
}

# What became of a case: passed, failed or left out, the last two with a reason.
sub report
{
	my ($suite, $verdict, $name, $why) = @_;
	push @suites, $suite unless $count{$suite};
	$count{$suite}{$verdict}++;
	print "$suite: $verdict $name: $why\n" unless $verdict eq 'passed';
	return;
}

# A line a suite; the status of the run.
sub finish
{
	my $failed = 0;
	foreach my $suite (@suites)
	{
		printf "%s: %s\n", $suite, join ', ', map { ($count{$suite}{$_} // 0) . " $_" } 'passed', 'failed', 'left out';
		$failed ||= $count{$suite}{failed};
	}
	return $failed ? 1 : 0;
}

1;
