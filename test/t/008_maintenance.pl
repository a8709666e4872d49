# Maintenance and reinstallation under sessions that have everything cached:
# REINDEX CONCURRENTLY, VACUUM, VACUUM FULL, CLUSTER, DROP and CREATE
# EXTENSION; version numbers are never seen twice.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	SELECT ff_project_create('p' || i, environments => '{production}') FROM generate_series(1, 40) i;
	SELECT ff_flag_create('moving', project => 'p' || i), ff_flag_create('who', 'string', jsonb_build_array('p' || i, 'nobody'), project => 'p' || i)
	FROM generate_series(1, 40) i;
	SELECT ff_flag_create('moving'), ff_flag_create('needed'), ff_flag_require('moving', 'needed'), ff_flag_default('needed', 'true');
	SELECT ff_segment_create('staff', '{"all": []}'), ff_flag_rules('moving', '[{"when": {"segment": "staff"}, "serve": true}]');
	SELECT ff_override('moving', 'off', user_key => 'x')});

my $warm = Session->new($node);
my $open = Session->new($node);
my $ask = q{SELECT ff_is_enabled('u', 'moving'), ff_is_enabled('x', 'moving'), (SELECT count(*) FILTER (WHERE ff_is_enabled('u', 'moving', project => 'p' || i)) FROM generate_series(1, 40) i)};

# Edits something and expects both sessions to see it.
my $on = 0;
sub follows
{
	my ($what) = @_;
	is($warm->query($ask), ($on ? 'f' : 't') . "|f|$on", "$what: nothing changed");
	is($warm->query(q{SELECT count(*) FROM generate_series(1, 40) i WHERE ff_string('u', 'who', project => 'p' || i) = 'p' || i}), '40', "$what: every project is itself");
	$on = 40 - $on;
	my $serve = $on ? 'true' : 'false';
	$node->safe_psql('postgres', qq{
		SELECT ff_flag_default('moving', '$serve', project => 'p' || i) FROM generate_series(1, 40) i;
		SELECT ff_segment_update('staff', '{"@{[ $on ? 'any' : 'all' ]}": []}')});
	is($warm->query($ask), ($on ? 'f' : 't') . "|f|$on", "$what: a change is seen");
	return;
}

follows('before');
my @indexes = split /\n/, $node->safe_psql('postgres', q{SELECT indexrelid::regclass FROM pg_index WHERE indrelid::regclass::text LIKE 'ff.%' ORDER BY 1::text});
cmp_ok(scalar(@indexes), '>', 10, 'there are indexes');
$node->safe_psql('postgres', "REINDEX INDEX CONCURRENTLY $_") foreach @indexes;
follows('REINDEX CONCURRENTLY');
is($warm->query('SELECT count(*) FROM ff_evaluate_all(NULL)'), '2', 'all flags');
$node->safe_psql('postgres', 'DELETE FROM ff.projects WHERE key IN (SELECT \'p\' || i FROM generate_series(1, 40, 3) i)');
$node->safe_psql('postgres', 'VACUUM ff.versions');
$node->safe_psql('postgres', q{SELECT ff_project_create('p' || i, environments => '{production}') FROM generate_series(40, 1, -1) i WHERE i % 3 = 1});
$node->safe_psql('postgres', qq{SELECT ff_flag_create('moving', project => 'p' || i), ff_flag_create('who', 'string', jsonb_build_array('p' || i, 'nobody'), project => 'p' || i), ff_flag_default('moving', '@{[ $on ? 'true' : 'false' ]}', project => 'p' || i)
	FROM generate_series(1, 40) i WHERE i % 3 = 1});
follows('VACUUM, and other rows in the places of deleted ones');
$node->safe_psql('postgres', 'VACUUM FULL ff.versions');
follows('VACUUM FULL of the versions');
$node->safe_psql('postgres', "VACUUM FULL ff.$_") foreach qw(flags flag_settings segments prerequisites overrides environments projects);
follows('VACUUM FULL of the rest');
$node->safe_psql('postgres', 'CLUSTER ff.versions USING versions_project_id_idx');
follows('CLUSTER');
$node->safe_psql('postgres', 'VACUUM FREEZE');
follows('FREEZE');

# A lost index is an error, not a wrong answer.
$node->safe_psql('postgres', 'UPDATE pg_index SET indisvalid = false WHERE indexrelid IN (SELECT indexrelid FROM pg_index WHERE indrelid = \'ff.segments\'::regclass AND indnatts > 1)');
my $cold = Session->new($node);
$cold->query(q{SELECT ff_is_enabled('u', 'moving')});
like($cold->error, qr/lost an index/, 'an index that is not valid is not used');
$node->safe_psql('postgres', 'UPDATE pg_index SET indisvalid = true WHERE NOT indisvalid');
$cold->quit;
follows('made valid again');

# A number is never seen twice: rolled back, undone, reinstalled.
my %seen;
sub unseen
{
	my ($session, $name) = @_;
	my $version = $session->query('SELECT ff_version()');
	ok(!$seen{$version}, $name);
	ok(!(grep { $_ > $version } keys %seen), "$name: and higher") or diag("$version");
	$seen{$version} = 1;
	return;
}
unseen($warm, 'at first');
foreach my $round (1 .. 3)
{
	$warm->query(qq{BEGIN; SELECT ff_flag_salt('moving', 'a$round')});
	unseen($warm, 'an edit that will be rolled back');
	$warm->query('SAVEPOINT s; SELECT ff_flag_kill(\'needed\'); ROLLBACK TO s; ROLLBACK');
	$warm->query(qq{SELECT ff_flag_salt('moving', 'a$round')});
	unseen($warm, 'the edit after it');
}
foreach my $round (1 .. 3)
{
	# In one session and one transaction, and by another session.
	my $owner = $round == 3 ? $open : $warm;
	$owner->query('BEGIN') if $round == 2;
	$owner->query('DROP EXTENSION featureflow');
	$owner->query('CREATE EXTENSION featureflow');
	is($owner->error, '', 'DROP and CREATE EXTENSION');
	is($owner->query(q{SELECT ff_is_enabled('u', 'moving', fallback => NULL) IS NULL}), 't', 'the flag is gone');
	$owner->query(q{SELECT ff_flag_create('moving'), ff_flag_default('moving', 'true')});
	is($owner->query(q{SELECT ff_is_enabled('u', 'moving')}), 't', 'and made anew');
	$owner->query('COMMIT') if $round == 2;
	unseen($warm, 'a version of the new installation');
	is($warm->query(q{SELECT ff_is_enabled('u', 'moving')}), 't', 'the session that had the old one cached answers from the new one');
}
$warm->query('BEGIN');
$warm->query('DROP EXTENSION featureflow');
$warm->query('ROLLBACK');
is($warm->query(q{SELECT ff_is_enabled('u', 'moving')}), 't', 'DROP EXTENSION rolled back');
$warm->query(q{CREATE SCHEMA elsewhere; DROP EXTENSION featureflow; CREATE EXTENSION featureflow SCHEMA elsewhere; SET search_path = elsewhere});
is($warm->query(q{SELECT ff_flag_create('moving') IS NOT NULL AND NOT ff_is_enabled('u', 'moving')}), 't', 'in another schema');

$_->quit foreach $warm, $open;
$node->stop;
done_testing();
