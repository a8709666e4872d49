# The server is killed in the middle of edits: what was committed is there,
# whole, with its audit, and versions move on.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_prepared_transactions = 5");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('moving'), ff_flag_create('other');
	CREATE TABLE app (n int);
	INSERT INTO app VALUES (0);
	CREATE TABLE seen (v bigint);
	CREATE PROCEDURE edit() LANGUAGE plpgsql AS $$
	BEGIN
		FOR i IN 1..100000 LOOP
			UPDATE app SET n = i;
			PERFORM ff_flag_rollout('moving', i % 100 + 0.001 * (i % 7));
			PERFORM ff_flag_salt('moving', 'salt' || i);
			COMMIT;
		END LOOP;
	END $$});

my $highest = 0;
foreach my $round (1 .. 3)
{
	my $prepared = Session->new($node);
	my $editor = Session->new($node);
	my $start = $node->safe_psql('postgres', 'SELECT n FROM app');
	$prepared->query("BEGIN; INSERT INTO seen VALUES ($round); PREPARE TRANSACTION 'p$round'");
	$node->safe_psql('postgres', 'UPDATE app SET n = 0');
	$editor->send('CALL edit()');
	$node->poll_query_until('postgres', 'SELECT n > 20 FROM app') or die 'no edits';
	my $seen = $node->safe_psql('postgres', 'SELECT ff_version()');
	$node->stop('immediate');
	$node->start;
	is($node->safe_psql('postgres', q{
		SELECT s.salt = 'salt' || a.n, ff_version() >= } . $seen . q{
		FROM app a, ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id
		WHERE f.key = 'moving' AND e.key = 'production'}), 't|t', 'row and flag of the last commit are there together');
	is($node->safe_psql('postgres', q{
		SELECT count(*) FROM (SELECT number, lag(number) OVER (ORDER BY number) AS before FROM ff.audit_log) x WHERE number <> coalesce(before, 0) + 1}),
		'0', 'audit numbers have no gap');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM ff_audit_verify()'), '0', 'the chain is whole');
	is($node->safe_psql('postgres', q{
		SELECT s.version = max(v.version) FROM ff.flag_settings s JOIN ff.flag_versions v USING (flag_id, environment_id)
		JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id
		WHERE f.key = 'moving' AND e.key = 'production' GROUP BY s.version}), 't', 'so is the history');
	my $before = $node->safe_psql('postgres', 'SELECT ff_version()');
	$node->safe_psql('postgres', q{SELECT ff_flag_default('other', to_jsonb(NOT ff_is_enabled('u', 'other')))});
	is($node->safe_psql('postgres', q{SELECT ff_is_enabled('u', 'other')}), $round % 2 ? 't' : 'f', 'an edit after it is seen');
	cmp_ok($node->safe_psql('postgres', 'SELECT ff_version()'), '>', $before, 'under a higher version');
	$node->safe_psql('postgres', "COMMIT PREPARED 'p$round'");
	$_->quit foreach $prepared, $editor;
}
$node->stop;
done_testing();
