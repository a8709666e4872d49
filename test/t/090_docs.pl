
# What the documentation shows must work: the first block of SQL of every page
# runs in a fresh database, the README's blocks run one after the other, the
# reference is up to date, and links lead somewhere.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('docs');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'featureflow'");
$node->start;

sub slurp
{
	my ($file) = @_;
	open my $handle, '<:raw', $file or die "$file: $!";
	local $/;
	return scalar <$handle>;
}

# Runs SQL in a database of its own; fails at the first error.
sub runs
{
	my ($name, $sql) = @_;
	my ($stdout, $stderr);
	$node->safe_psql('postgres', 'CREATE DATABASE docs');
	my $status = $node->psql('docs', $sql,
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 1);
	is($status, 0, "$name runs") or diag($stderr);
	unlike($stderr, qr/ERROR|FATAL|PANIC/, "$name reports no error");
	$node->safe_psql('postgres', 'DROP DATABASE docs');
	return;
}

foreach my $page (sort glob 'docs/*.md')
{
	my ($sql) = slurp($page) =~ /^```sql\n(.*?)^```/ms;
	next unless defined $sql;
	runs($page, "CREATE EXTENSION featureflow;\n$sql");
}

my @blocks = slurp('README.md') =~ /^```sql\n(.*?)^```/msg;
cmp_ok(scalar @blocks, '>', 0, 'README.md has SQL');
runs('README.md', join("\n", @blocks));

# The reference is what scripts/reference.sql writes.
$node->safe_psql('postgres', 'CREATE EXTENSION featureflow');
my ($reference, $stderr) = run_command(
	[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', 'scripts/reference.sql' ]);
is($stderr, '', 'scripts/reference.sql runs');
my %written = map { $_ => 1 } split /\n/, $reference;
my %there = map { $_ => 1 } split /\n/, slurp('docs/reference.md');
ok("$reference\n" eq slurp('docs/reference.md'), 'docs/reference.md is what scripts/reference writes')
  or diag(join "\n", (map { "- $_" } grep { !$written{$_} } keys %there), map { "+ $_" } grep { !$there{$_} } keys %written);
is($node->safe_psql('postgres', q{
	SELECT string_agg(p.proname, ' ' ORDER BY p.proname)
	FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
	JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'featureflow'
	WHERE p.proname LIKE 'ff\_%' AND obj_description(p.oid, 'pg_proc') IS NULL}), '', 'every public function has a comment');

# Short commands of psql: each runs, and each is told of.
my $commands = slurp('scripts/featureflow.psqlrc');
my $psql_page = slurp('docs/psql.md');
my $begin = "SET search_path = public;\nSELECT ff_sample('shop');\nSET featureflow.project = 'shop';\n"
  . join '', map { "\\set $_->[0] $_->[1]\n" } [ flag => 'buy-button' ], [ user => 'ann' ], [ experiment => 'buy-button' ];
my @names = $commands =~ /^\\set (\w+) /mg;
cmp_ok(scalar @names, '>', 0, 'there are short commands');
foreach my $name (@names)
{
	my ($out, $err);
	my $status = $node->psql('postgres', "$begin$commands\n:$name\n", stdout => \$out, stderr => \$err, on_error_stop => 1);
	ok($status == 0 && $err eq '', ":$name runs") or diag($err);
	like($commands, qr/^--   :$name /m, ":$name is in the list of scripts/featureflow.psqlrc");
	like($psql_page, qr/`:$name`/, ":$name is in docs/psql.md");
}

# Links.
foreach my $page ('README.md', 'CHANGELOG.md', glob 'docs/*.md')
{
	my ($folder) = $page =~ m{^(.*/)?};
	$folder //= '';
	my @broken = grep { !-e "$folder$_" }
	  grep { length } map { s/#.*//r }
	  grep { !/^(https?|mailto):/ } slurp($page) =~ /\]\(([^)\s]+)\)/g;
	is("@broken", '', "links of $page lead somewhere");
}

$node->stop;
done_testing();
