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

# The same of lists whose pages all transactions see: each asks for a member of
# one list and changes the other.
$_->query('SET default_transaction_isolation = "read committed"') for @sessions;
$node->safe_psql('postgres', q{
	SELECT ff_segment_create('l0'), ff_segment_create('l1');
	SELECT ff_segment_add(l, ARRAY(SELECT l || '-' || i FROM generate_series(1, 20000) i)) FROM unnest('{l0,l1}'::text[]) l});
$node->safe_psql('postgres', 'VACUUM (FREEZE, ANALYZE) ff.segment_members');
foreach my $change ('remove', 'add')
{
	my $user = $change eq 'remove' ? 7 : 'x';
	my $is = $change eq 'remove' ? 't' : 'f';
	$_->query('SET default_transaction_isolation = serializable') for @sessions;
	$sessions[$_]->query("SELECT ff_in_segment('warm', 'l$_')") for 0, 1;
	$_->query('BEGIN') for @sessions;
	is($sessions[$_]->query("SELECT ff_in_segment('l$_-$user', 'l$_')"), $is, "$change: the member of l$_") for 0, 1;
	$sessions[0]->query("SELECT ff_segment_$change('l1', '{l1-$user}')");
	is($sessions[0]->error, '', "$change: the first writer goes on");
	$sessions[0]->query('COMMIT');
	is($sessions[0]->error, '', "$change: and commits");
	$sessions[1]->query("SELECT ff_segment_$change('l0', '{l0-$user}')");
	like($sessions[1]->error, qr/could not serialize access/, "$change: the second one fails");
	$sessions[1]->query('COMMIT');
	is($node->safe_psql('postgres', "SELECT count(*) FROM unnest('{l0,l1}'::text[]) l WHERE ff_in_segment(l || '-$user', l)"), '1', "$change: one is left");
}

# One after the other is no conflict, nor is a writer who has read nothing since.
$sessions[0]->query($_) for 'BEGIN', "SELECT ff_is_enabled('u', 'f10')", "SELECT ff_flag_default('f2990', 'false')", 'COMMIT';
is($sessions[0]->error, '', 'one transaction');
$sessions[1]->query($_) for 'BEGIN', "SELECT ff_is_enabled('u', 'f2990')", "SELECT ff_flag_default('f10', 'false')", 'COMMIT';
is($sessions[1]->error, '', 'and another after it');
$_->quit for @sessions;
done_testing();
