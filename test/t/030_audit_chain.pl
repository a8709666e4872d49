# The chain of the audit log holds wherever its rows go, and another program
# can check it: crash, standby, dump and restore, logical replication, LATIN1,
# and an export as CSV verified here by Digest::SHA alone.

use strict;
use warnings FATAL => 'all';
use Digest::SHA qw(sha256);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $folder = PostgreSQL::Test::Utils::tempdir();
$ENV{PGCLIENTENCODING} = 'UTF8';

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 'logical');
$primary->append_conf('postgresql.conf', "max_prepared_transactions = 5\nautovacuum = off");
$primary->start;

# Members of other lengths in LATIN1 than in UTF-8, which stand in another order.
my $fill = q{
	CREATE EXTENSION featureflow;
	SELECT ff_post_restore();
	SET featureflow.authenticators = 'postgres';
	SET request.jwt.claims = '{"sub": "Zoë", "jti": "t1"}';
	SET request.headers = '{"user-agent": "Café", "x-real-ip": "192.0.2.7"}';
	SET featureflow.change_reason = 'größer, "quoted", and
two lines';
	SELECT ff_flag_create('a'), ff_flag_rollout('a', 12.50), ff_flag_target('a', 'on', '{José,bob}');
	SELECT ff_flag_create('j', 'json', '[{"key": "x", "value": {"é": 1, "zz": 2.50, "a": ["ÿ", null, true]}}, {"key": "y", "value": 1e-7}]');
	SELECT ff_flag_kill('j'), ff_flag_revive('j'), ff_segment_create('s', '{"attribute": "name", "op": "eq", "value": "José"}');
	RESET request.jwt.claims; RESET request.headers; RESET featureflow.change_reason;
	BEGIN; SAVEPOINT s; SELECT ff_flag_disable('a'); ROLLBACK TO s; SELECT ff_flag_disable('a', 'staging'); COMMIT;
	INSERT INTO ff.organizations (key, name) VALUES ('acme', 'Acme');
	SELECT ff_project_create('shop'), ff_flag_create('a', project => 'shop')};
$primary->safe_psql('postgres', $fill);

sub whole
{
	my ($node, $database, $name) = @_;
	is($node->safe_psql($database, 'SELECT * FROM ff_audit_verify()'), '', "$name: the chain is whole");
	return;
}
sub head { my ($node, $database) = @_; return $node->safe_psql($database // 'postgres', 'SELECT project, number, hash FROM ff_audit_head()'); }

whole($primary, 'postgres', 'primary');
is(scalar(split /\n/, head($primary)), 3, 'three chains: two projects and the installation');

# --- a foreign program, by docs/audit.md -----------------------------------

# CSV as COPY writes it: an unquoted empty field is NULL.
sub csv
{
	my ($text) = @_;
	my (@rows, @row);
	while ($text =~ /\G(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)
	{
		my ($quoted, $bare, $end) = ($1, $2, $3);
		push @row, defined $quoted ? $quoted =~ s/""/"/gr : length $bare ? $bare : undef;
		if ($end eq "\n") { push @rows, [@row]; @row = (); }
	}
	return @rows;
}

sub field { return join '', map { defined $_ ? pack('N', length $_) . $_ : "\xff\xff\xff\xff" } @_; }

# The first entry of each chain that does not verify, or is missing.
sub foreign
{
	my ($export) = @_;
	my ($header, @rows) = csv($export);
	my (%last, %number, @bad);
	my $nothing = "\0" x 32;
	foreach my $row (@rows)
	{
		my %e;
		@e{@$header} = @$row;
		my $chain = $e{project_id};
		my ($salts, $digests, $hash) = map { pack 'H*', substr $e{$_}, 2 } qw(salts digests hash);
		my @parts = ([ $e{old} ], [ $e{new} ], [ @e{qw(client_address application headers)} ], [ @e{qw(account token)} ], [ $e{reason} ]);
		foreach my $i (0 .. 4)
		{
			my ($salt, $digest) = (substr($salts, 16 * $i, 16), substr($digests, 32 * $i, 32));
			my $empty = !grep { defined } @{ $parts[$i] };
			next if $salt eq "\0" x 16 && $empty;		# nothing, or erased
			push @bad, "$chain $e{number} part $i" if sha256($salt . field(@{ $parts[$i] })) ne $digest;
		}
		my $expected = sha256(($last{$chain} // $nothing)
			. field('featureflow audit 1', @e{qw(id project_id number at_us transaction_id table_name action record_id flag_id environment_id session_role acting_role)}, $digests));
		push @bad, "$chain $e{number}" if $expected ne $hash || $e{number} != ($number{$chain} // 0) + 1;
		($last{$chain}, $number{$chain}) = ($hash, $e{number});
	}
	return (scalar(@rows), @bad);
}

sub export
{
	my ($node, $database, $settings) = @_;
	return $node->safe_psql($database, ($settings // '') . q{
		COPY (SELECT *, (extract(epoch FROM at) * 1000000)::bigint AS at_us FROM ff.audit_log ORDER BY project_id, number) TO STDOUT (FORMAT csv, HEADER)}) . "\n";
}

my ($count, @bad) = foreign(export($primary, 'postgres'));
cmp_ok($count, '>', 20, 'entries are exported');
is($count, $primary->safe_psql('postgres', 'SELECT count(*) FROM ff.audit_log'), 'export: every entry was read');
is_deeply(\@bad, [], 'another program verifies the export');
(undef, @bad) = foreign(export($primary, 'postgres', q{SET timezone = 'Asia/Kathmandu'; SET datestyle = 'German'; SET extra_float_digits = -15;}));
is_deeply(\@bad, [], 'whatever the settings');
foreach my $change ('s/José/Jose/', 's/größer/kleiner/', 's/192\.0\.2\.7/192.0.2.8/', 's/,flags,/,plans,/')
{
	my $altered = export($primary, 'postgres');
	ok(eval "\$altered =~ $change", "altered: $change");
	(undef, @bad) = foreign($altered);
	cmp_ok(scalar(@bad), '>', 0, 'and found by it');
}

# --- crash, standby ---------------------------------------------------------

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
my $writer = Session->new($primary);
$writer->query(q{BEGIN; SELECT ff_flag_default('a', 'true', 'staging')});
$primary->safe_psql('postgres', q{SET featureflow.notify = off; SET featureflow.project = 'shop';
	BEGIN; SELECT ff_flag_default('a', 'true'); PREPARE TRANSACTION 'one'});
$primary->stop('immediate');
$primary->start;
whole($primary, 'postgres', 'after a crash');
my $before = head($primary);
$primary->safe_psql('postgres', q{COMMIT PREPARED 'one'});
isnt(head($primary), $before, 'what was prepared before the crash is entered');
$primary->safe_psql('postgres', q{SELECT ff_flag_default('a', 'true', 'staging')});
whole($primary, 'postgres', 'after a crash and COMMIT PREPARED');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
whole($standby, 'postgres', 'standby');
is(head($standby), head($primary), 'standby: the same hashes');
my ($number, $hash) = $primary->safe_psql('postgres', q{SELECT number, hash FROM ff_audit_head('default')}) =~ /(\d+)\|(\w+)/;
is($standby->safe_psql('postgres', "SELECT * FROM ff_audit_verify($number, '$hash', 'default')"), '', 'standby: the anchor holds');
$standby->stop;

# --- erasure, retention, dump -----------------------------------------------

is($primary->safe_psql('postgres', q{SELECT ff_audit_erase('José') > 0, ff_audit_erase('Zoë', 'default') > 5}), 't|t', 'persons are erased');
is($primary->safe_psql('postgres', q{SELECT count(*) FROM ff.audit_log a WHERE a::text ~ 'José' AND project_id = ff._project('default')}), '0', 'and gone');
whole($primary, 'postgres', 'erased');
($count, @bad) = foreign(export($primary, 'postgres'));
is($count, $primary->safe_psql('postgres', 'SELECT count(*) FROM ff.audit_log'), 'erased: every entry was read');
is_deeply(\@bad, [], 'erased: another program verifies it too');
is($primary->safe_psql('postgres', "SELECT * FROM ff_audit_verify($number, '$hash', 'default')"), '', 'erased: the anchor holds');
is($primary->safe_psql('postgres', q{SELECT ff_audit_retain('0', 'shop') > 5}), 't', 'old entries go');
$primary->safe_psql('postgres', q{SELECT ff_flag_disable('a', project => 'shop')});
whole($primary, 'postgres', 'retained');

sub restored
{
	my ($from, $to, @options) = @_;
	$primary->safe_psql('postgres', "CREATE DATABASE $to @options");
	$primary->safe_psql($to, 'CREATE EXTENSION featureflow; SELECT ff_pre_restore()');
	command_ok([ 'pg_dump', '-Fc', '-f', "$folder/$to", $primary->connstr($from) ], "pg_dump of $from");
	command_ok([ 'pg_restore', '--exit-on-error', '-j', '2', '-d', $primary->connstr($to), "$folder/$to" ], "pg_restore to $to");
	$primary->safe_psql($to, 'SELECT ff_post_restore()');
	whole($primary, $to, "$from restored to $to");
	is(head($primary, $to), head($primary, $from), "$to: the same hashes");
	is($primary->safe_psql($to, q{SELECT count(*) FROM ff_changes(since => ff_version())}), '0', "$to: nothing changed since its version");
	my $since = $primary->safe_psql($to, 'SELECT ff_version()');
	isnt($primary->psql($to, 'SELECT * FROM ff_changes(since => ' . $primary->safe_psql($from, 'SELECT ff_version()') . ')'), 0,
		"$to: a version of $from is unknown");
	$primary->safe_psql($to, qq{SELECT ff_flag_salt('a', '$to')});
	whole($primary, $to, "$to goes on");
	is($primary->safe_psql($to, "SELECT table_name, flag FROM ff_changes(since => $since)"), 'flag_settings|a', "$to: and what changed is told");
	return;
}
restored('postgres', 'restored');
restored('restored', 'again');

# --- encodings ----------------------------------------------------------------

$primary->safe_psql('postgres', q{CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'});
$primary->safe_psql('latin', $fill);
whole($primary, 'latin', 'LATIN1');
isnt($primary->safe_psql('latin', q{SELECT variations -> 0 -> 'value' FROM ff.flags WHERE key = 'j'}),
	$primary->safe_psql('postgres', q{SELECT variations -> 0 -> 'value' FROM ff.flags WHERE key = 'j'}), 'LATIN1 prints members in another order');
restored('latin', 'utf', q{TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'});
restored('utf', 'back', q{TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'});
($count, @bad) = foreign(export($primary, 'utf'));
is($count, $primary->safe_psql('utf', 'SELECT count(*) FROM ff.audit_log'), 'LATIN1: every entry was read');
is_deeply(\@bad, [], 'entries made in LATIN1, exported from UTF-8: another program verifies them');

# --- logical replication --------------------------------------------------------

my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->append_conf('postgresql.conf', 'max_prepared_transactions = 5');
$subscriber->start;
my $tables = join ', ', map { "ff.$_" } qw(organizations projects environments plans flags flag_settings prerequisites segments overrides audit_log audit_checkpoints);
$primary->safe_psql('utf', "CREATE PUBLICATION ff FOR TABLE $tables");
$subscriber->safe_psql('postgres', 'CREATE EXTENSION featureflow; SELECT ff_post_restore()');
$subscriber->safe_psql('postgres', sprintf(q{CREATE SUBSCRIPTION ff CONNECTION '%s' PUBLICATION ff WITH (two_phase = on)}, $primary->connstr . ' dbname=utf'));
$subscriber->wait_for_subscription_sync($primary, 'ff', 'postgres');
sub applied { $primary->wait_for_catchup('ff', 'replay', $primary->safe_psql('utf', 'SELECT pg_current_wal_insert_lsn()')); return; }

whole($subscriber, 'postgres', 'subscriber');
is(head($subscriber), head($primary, 'utf'), 'subscriber: the same hashes');
my $listener = Session->new($subscriber);
$listener->query('LISTEN featureflow');
my $since = $subscriber->safe_psql('postgres', 'SELECT ff_version()');
is($subscriber->safe_psql('postgres', "SELECT count(*) FROM ff_changes(since => $since)"), '0', 'subscriber: nothing has changed');
$primary->safe_psql('utf', q{SELECT ff_flag_default('a', 'false'), ff_flag_disable('a', 'staging')});
applied();
my $version = $subscriber->safe_psql('postgres', 'SELECT ff_version()');
is($subscriber->safe_psql('postgres', "SELECT table_name, flag, changed FROM ff_changes(since => $since)"), 'flag_settings|a|{default_serve}', 'subscriber: what was applied');
is($subscriber->safe_psql('postgres', "SELECT bool_and(version > $since AND version < $version) FROM ff_changes(since => $since)"), 't', 'subscriber: under numbers of its own');
is($subscriber->safe_psql('postgres', "SELECT count(*) FROM ff_changes(since => $version)"), '0', 'subscriber: and no more');
like($listener->query('SELECT 1'), qr/"featureflow" with payload "\{"project": "default", "environment": "production", "version": $version\}"/, 'subscriber: listeners hear of it');
my %version = map { $_ => $subscriber->safe_psql('postgres', "SELECT array_agg(version ORDER BY number) FROM ff.audit_log WHERE project_id = ff._project('$_')") } qw(default);
isnt($subscriber->safe_psql('postgres', q{SELECT count(*) FROM ff.audit_log a WHERE (old, new)::text ~ 'bob'}), '0', 'subscriber: there before');
$primary->safe_psql('utf', q{SELECT ff_audit_erase('bob')});
applied();
whole($subscriber, 'postgres', 'subscriber: erased');
is($subscriber->safe_psql('postgres', q{SELECT count(*) FROM ff.audit_log a WHERE (old, new)::text ~ 'bob'}), '0', 'subscriber: gone there too');
like($subscriber->safe_psql('postgres', q{SELECT array_agg(version ORDER BY number) FROM ff.audit_log WHERE project_id = ff._project('default')}),
	qr/^\Q@{[ $version{default} =~ s!\}$!!r ]}\E,\d+\}$/, 'subscriber: numbers stay as they are');
$primary->safe_psql('utf', q{SELECT ff_audit_retain('0', 'default')});
$primary->safe_psql('utf', q{SELECT ff_flag_default('a', 'true')});
applied();
whole($subscriber, 'postgres', 'subscriber: retained');
is(head($subscriber), head($primary, 'utf'), 'subscriber: the same hashes still');
# a prepared transaction is applied as one: nobody is told, nothing stops
$primary->safe_psql('utf', q{SET featureflow.notify = off; BEGIN; SELECT ff_flag_default('a', 'false'); PREPARE TRANSACTION 'two'});
$primary->safe_psql('utf', q{COMMIT PREPARED 'two'});
applied();
is($subscriber->safe_psql('postgres', q{SELECT ff_is_enabled('u', 'a')}), 'f', 'subscriber: a prepared transaction is applied');
is($subscriber->safe_psql('postgres', 'SELECT apply_error_count FROM pg_stat_subscription_stats'), '0', 'subscriber: no error in apply');
whole($subscriber, 'postgres', 'subscriber: prepared');

$_->quit foreach $writer, $listener;
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION ff');
$subscriber->stop;
$primary->stop;
done_testing();
