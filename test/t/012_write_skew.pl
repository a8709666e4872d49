# SERIALIZABLE with tables so large that no two statements share a page: two
# transactions that each read one flag and change the other cannot both commit.
# test/isolation has the same on small tables, where pages alone would tell.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $node = PostgreSQL::Test::Cluster->new('skew');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM ff_flag_create('f' || i); END LOOP; END $$;
	VACUUM ANALYZE});

my @sessions = map { Session->new($node, 'postgres') } 0 .. 1;
my @flags = ('f10', 'f2990');

foreach my $first (0, 1)
{
	$node->safe_psql('postgres', q{SELECT ff_flag_default(f, 'false') FROM unnest('{f10,f2990}'::text[]) f});
	$_->query('SET default_transaction_isolation = serializable') for @sessions;
	# everything is compiled before, so that no row but the version's is read
	$sessions[$_]->query("SELECT ff_is_enabled('u', '$flags[$_]')") for 0, 1;
	$_->query('BEGIN') for @sessions;
	is($sessions[$_]->query("SELECT ff_is_enabled('u', '$flags[$_]')"), 'f', "$flags[$_] is off") for 0, 1;
	my $second = 1 - $first;
	$sessions[$first]->query("SELECT ff_flag_default('$flags[$second]', 'true')");
	is($sessions[$first]->error, '', 'the first writer goes on');
	$sessions[$first]->query('COMMIT');
	is($sessions[$first]->error, '', 'and commits');
	$sessions[$second]->query("SELECT ff_flag_default('$flags[$first]', 'true')");
	like($sessions[$second]->error, qr/could not serialize access/, 'the second one fails');
	$sessions[$second]->query('COMMIT');
	is($node->safe_psql('postgres', "SELECT count(*) FROM unnest('{f10,f2990}'::text[]) f WHERE ff_is_enabled('u', f)"), '1', 'one is on');
}

# One after the other is no conflict, nor is a writer who has read nothing since.
$sessions[0]->query($_) for 'BEGIN', "SELECT ff_is_enabled('u', 'f10')", "SELECT ff_flag_default('f2990', 'false')", 'COMMIT';
is($sessions[0]->error, '', 'one transaction');
$sessions[1]->query($_) for 'BEGIN', "SELECT ff_is_enabled('u', 'f2990')", "SELECT ff_flag_default('f10', 'false')", 'COMMIT';
is($sessions[1]->error, '', 'and another after it');
$_->quit for @sessions;
done_testing();
