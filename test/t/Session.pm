# A psql session that stays open, in the background.
package Session;

use strict;
use warnings FATAL => 'all';
use IPC::Run ();
use PostgreSQL::Test::Utils;

my $serial = 0;

sub new
{
	my ($class, $node, $database, %options) = @_;
	my $self = bless { in => '', out => '', err => '' }, $class;
	my @command = ('psql', '-XAtq', '-d', $node->connstr($database // 'postgres'));

	push @command, '-U', $options{user} if defined $options{user};
	$self->{timer} = IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default);
	$self->{run} = IPC::Run::start(\@command, '<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err}, $self->{timer});
	$self->query('SELECT 1');
	return $self;
}

# Sends SQL without waiting for an answer.
sub send
{
	my ($self, $sql) = @_;
	$self->{marker} = 'marker ' . ++$serial;
	$self->{out} = $self->{err} = '';
	$self->{in} .= "$sql;\n\\echo $self->{marker}\n";
	$self->{run}->pump_nb;
	return $self;
}

# Waits for the answer to what was sent: rows, columns separated by |.
sub answer
{
	my ($self) = @_;
	$self->{timer}->start($PostgreSQL::Test::Utils::timeout_default);
	$self->{run}->pump until $self->{out} =~ /^\Q$self->{marker}\E\r?\n/m;
	$self->{run}->pump_nb;
	$self->{timer}->reset;
	my ($answer) = $self->{out} =~ /^(.*?)\Q$self->{marker}\E/s;
	$answer =~ s/\r//g;
	chomp $answer;
	return $answer;
}

sub query
{
	my ($self, $sql) = @_;
	return $self->send($sql)->answer;
}

# What psql wrote to standard error since the last statement was sent.
sub error
{
	my ($self) = @_;
	return $self->{err};
}

sub quit
{
	my ($self) = @_;
	$self->{in} .= "\\q\n";
	$self->{timer}->start($PostgreSQL::Test::Utils::timeout_default);
	eval { $self->{run}->finish };
	return;
}

1;
