# What tests ask of one server: answers, and refusals.
package Asked;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use Test::More;

our @EXPORT = qw(ask_of ask refused);

my $server;

# Which server is asked from here on.
sub ask_of
{
	($server) = @_;
	return;
}

sub ask
{
	my ($sql, $database) = @_;
	return $server->safe_psql($database // 'postgres', $sql);
}

sub refused
{
	my ($sql, $pattern, $name) = @_;
	my ($status, $out, $error) = $server->psql('postgres', $sql);
	like($error, $pattern, $name);
	return;
}

1;
