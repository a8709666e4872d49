# A streaming standby answers as the primary did at the point that it has
# replayed: its open transactions keep their snapshot, and promotion changes
# nothing.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "max_prepared_transactions = 5\nfeatureflow.notify = off");
$primary->start;
$primary->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('moving'), ff_flag_create('other');
	CREATE TABLE app (v boolean);
	INSERT INTO app VALUES (false);
	CREATE ROLE visitor LOGIN});
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "max_standby_streaming_delay = -1");
$standby->start;

sub replayed { $primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert')); return; }

my $ask = q{SELECT ff_is_enabled('u', 'moving')};
replayed();
my $open = Session->new($standby);
my $frozen = Session->new($standby);
my $visitor = Session->new($standby, 'postgres', user => 'visitor');
is($open->query($ask), 'f', 'the standby knows the flag');
$open->query('BEGIN');
is($open->query($ask), 'f', 'in a transaction as well');
$frozen->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
is($frozen->query($ask), 'f', 'and in a REPEATABLE READ one');
is($visitor->query($ask), 'f', 'a role without rights asks too');

# An open transaction on the primary, replayed: not yet.
my $writer = Session->new($primary);
$writer->query('BEGIN');
$writer->query(q{UPDATE app SET v = true; SELECT ff_flag_default('moving', 'true')});
$primary->safe_psql('postgres', q{CREATE TABLE noise AS SELECT 1});
replayed();
is($open->query("SELECT v, ff_is_enabled('u', 'moving') FROM app"), 'f|f', 'nothing is seen before the commit');
$writer->query('COMMIT');
replayed();
is($open->query("SELECT v, ff_is_enabled('u', 'moving') FROM app"), 't|t', 'the next statement after replay sees row and flag');
is($visitor->query($ask), 't', 'so does the role without rights');
is($frozen->query("SELECT v, ff_is_enabled('u', 'moving') FROM app"), 'f|f', 'REPEATABLE READ keeps its snapshot');
is($standby->safe_psql('postgres', 'SELECT ff_version()'), $primary->safe_psql('postgres', 'SELECT ff_version()'), 'the version is the same');

# Savepoints undone, prepared transactions.
$primary->safe_psql('postgres', q{
	BEGIN; SAVEPOINT s; SELECT ff_flag_default('moving', 'false'); ROLLBACK TO s;
	SELECT ff_flag_default('other', 'true'); COMMIT});
replayed();
is($open->query("SELECT ff_is_enabled('u', 'moving'), ff_is_enabled('u', 'other')"), 't|t', 'an undone savepoint is not seen');
$primary->safe_psql('postgres', q{BEGIN; SELECT ff_flag_default('moving', 'false'); PREPARE TRANSACTION 'p'});
replayed();
is($open->query($ask), 't', 'a prepared transaction is not seen');
$primary->safe_psql('postgres', q{COMMIT PREPARED 'p'});
replayed();
is($open->query($ask), 'f', 'until it is committed');

# Maintenance on the primary moves rows about.
$primary->safe_psql('postgres', q{SELECT ff_flag_default('moving', 'true')});
$frozen->query('COMMIT');
$open->query('COMMIT');
$primary->safe_psql('postgres', q{VACUUM FULL ff.versions});
$primary->safe_psql('postgres', q{REINDEX TABLE CONCURRENTLY ff.versions});
replayed();
is($open->query($ask), 't', 'after VACUUM FULL and REINDEX CONCURRENTLY');

# Lists, queries and the application's own rows.
$primary->safe_psql('postgres', q{
	CREATE TABLE people (id text PRIMARY KEY, country text);
	INSERT INTO people VALUES ('u', 'DE'), ('w', 'FR');
	SELECT ff_context_source('people', 'id'), ff_segment_create('crew'), ff_segment_query('french', 'SELECT country = ''FR'' FROM public.people WHERE id = $1'),
		ff_flag_create('door');
	SELECT ff_flag_rules('door', '[{"id": "list", "when": {"segment": "crew"}, "serve": true}, {"id": "query", "when": {"segment": "french"}, "serve": true},
		{"id": "source", "when": {"attribute": "country", "op": "eq", "value": "AT"}, "serve": true}]')});
replayed();
my $doors = q{SELECT string_agg(u || ' ' || coalesce(rule, ''), ', ' ORDER BY u) FROM unnest('{u,v,w}'::text[]) u, ff_evaluate_detail(u, 'door')};
is($visitor->query($doors), 'u default, v default, w query', 'a query');
$primary->safe_psql('postgres', q{SELECT ff_segment_add('crew', '{v}'); UPDATE people SET country = 'AT' WHERE id = 'u'});
replayed();
is($visitor->query($doors), 'u source, v list, w query', 'a list, and a row that has changed');

# Imported flags and their segments; a check of an import writes nothing.
my $imported = q{'{"flags": {"door-2": {"on": true, "salt": "s", "variations": [true, false], "fallthrough": {"variation": 1}, "rules": [{"variation": 0, "clauses": [{"attribute": "", "op": "segmentMatch", "values": ["crew"]}]}]}}, "segments": {"crew": {"key": "crew", "included": ["%s"]}}}'};
$primary->safe_psql('postgres', sprintf "SELECT ff_import('launchdarkly', $imported)", 'u');
replayed();
my $members = q{SELECT string_agg(u, ',' ORDER BY u) FROM unnest('{u,v}'::text[]) u WHERE ff_is_enabled(u, 'door-2')};
is($visitor->query($members), 'u', 'an imported flag');
$primary->safe_psql('postgres', sprintf "SELECT ff_import('launchdarkly', $imported)", 'v');
replayed();
is($visitor->query($members), 'v', 'its segment, imported again');
is($open->query(sprintf "SELECT string_agg(key || ' ' || action, ', ' ORDER BY key) FROM ff_import_check('launchdarkly', $imported)", 'u'),
	'crew updated, door-2 unchanged', 'ff_import_check on a standby');
is($open->query(q{SELECT count(*) FROM ff_import_check('featureflow', ff_export()) WHERE action <> 'unchanged'}), '0', 'and of what was exported');
$open->query(sprintf "SELECT ff_import('launchdarkly', $imported)", 'u');
like($open->error, qr/cannot execute .* in a read-only transaction|recovery is in progress/, 'ff_import is refused');

# Promotion.
$frozen->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
is($frozen->query($ask), 't', 'before promotion');
my $before = $standby->safe_psql('postgres', 'SELECT ff_version()');
$primary->stop('immediate');
$standby->promote;
is($frozen->query($ask), 't', 'a transaction that was open during promotion');
$standby->safe_psql('postgres', q{SELECT ff_flag_default('moving', 'false')});
is($frozen->query($ask), 't', 'it keeps its snapshot');
is($open->query($ask), 'f', 'an edit on the new primary is seen');
$frozen->query('COMMIT');
is($frozen->query($ask), 'f', 'by everybody');
cmp_ok($standby->safe_psql('postgres', 'SELECT ff_version()'), '>', $before, 'the version moves on');

$_->quit foreach $open, $frozen, $visitor, $writer;
$standby->stop;
done_testing();
