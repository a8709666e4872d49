# Payloads of other systems, damaged on purpose: whatever is imported, the
# outcome is rows or an error that says what is wrong and where, in time, and
# nothing is half-written.
#
# FF_HOSTILE_RUNS: how many payloads (10,000); FF_HOSTILE_SEED: of which kind
# (1); FF_HOSTILE_PROVIDERS: of whom (each that test/payloads has).  One in ten
# that is not refused is written, evaluated, explained and undone.

use strict;
use warnings FATAL => 'all';
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Storable qw(dclone);
use Test::More;

my $runs = $ENV{FF_HOSTILE_RUNS} || 10_000;
my $seed = $ENV{FF_HOSTILE_SEED} || 1;
my $batch = 500;
my $json = JSON::PP->new->utf8->canonical->allow_nonref;

my %seeds = map { m{([^/]+)\.json$} => $json->decode(slurp_file($_)) } glob('test/payloads/*.json');
my @providers = split / /, $ENV{FF_HOSTILE_PROVIDERS} || join ' ', sort keys %seeds;
srand($seed);

# --- damage -------------------------------------------------------------------

sub any { return $_[ rand @_ ] }

# What stands in the place of a value, as JSON text.
my @replacements = (qw(null true false 0 -1 1 2 0.5 100 99999 1e308 1e400 -1e-400 9007199254740993 2147483648 4294967296 123456789012345678901234567890),
	'""', '"0"', '"a"', '"\u00e9"', '"\ud83d\ude00"', '"("', '"(a+)+$"', '"(?=x)"', '"1.2.3"', '"2026-01-01T00:00:00Z"', '"$.a"', '"$"', '" "', '"a.b"', '"\n"',
	'[]', '{}', '[null]', '[[]]', '[{}]', '{"":null}', '{"a":{"a":1}}', '[1,"1",true]', '"' . 'x' x 256 . '"', '"' . '\u20ac' x 90 . '"', '"' . 'y' x 5000 . '"',
	'[' x 50 . ']' x 50, '[' x 6000 . ']' x 6000, '{"a":' x 400 . '1' . '}' x 400, '"\u0000"', '"a\u0000b"', '"\ud800"', '"\udc00x"', '{"\u0000":1}', '1' x 400);

# A text that stands for one of them until the whole is text.
sub replacement { return '@' . int(rand @replacements) . '@' }

# Every place of a value: the container and its key there.
sub places
{
	my ($value, $found) = @_;
	my @keys = ref $value eq 'HASH' ? sort keys %$value : ref $value eq 'ARRAY' ? (0 .. $#$value) : ();
	foreach my $key (@keys)
	{
		push @$found, [ $value, $key ];
		places(ref $value eq 'HASH' ? $value->{$key} : $value->[$key], $found);
	}
	return $found;
}

sub at
{
	my ($container, $key) = @{ $_[0] };
	return ref $container eq 'HASH' ? \$container->{$key} : \$container->[$key];
}

# Leave three of many parts: what is damaged is not lost in the rest.
sub thin
{
	my ($value, $depth) = @_;
	my $parts = ref $value eq 'HASH' ? [ values %$value ] : ref $value eq 'ARRAY' ? $value : return;
	if (@$parts > 3 && !grep { !ref } @$parts)
	{
		my %kept = map { int(rand @$parts) => 1 } 1 .. 3;
		if (ref $value eq 'ARRAY') { @$value = map { $value->[$_] } sort { $a <=> $b } keys %kept }
		else { my @keys = sort keys %$value; %$value = map { $keys[$_] => $value->{ $keys[$_] } } keys %kept }
	}
	thin($_, $depth + 1) foreach $depth > 3 ? () : ref $value eq 'HASH' ? map { $value->{$_} } sort keys %$value : @$value;
	return;
}

sub damage
{
	my ($root) = @_;
	my $places = places($root, []);
	my $place = any(@$places) // return;
	my ($container, $key) = @$place;
	my $kind = int rand 9;
	if ($kind == 0) { ref $container eq 'HASH' ? delete $container->{$key} : splice @$container, $key, 1 }
	elsif ($kind == 1) { my $other = any(@$places); ${ at($place) } = dclone([ ${ at($other) } ])->[0] }
	elsif ($kind == 2) { ${ at($place) } = [ ${ at($place) } ] for 0 .. rand 3 }
	elsif ($kind == 3) { ${ at($place) } = { any(qw(a key name values value items flags rules)) => ${ at($place) } } }
	elsif ($kind == 4 && ref $container eq 'HASH') { $container->{ any(map { $_->[1] } @$places) } = delete $container->{$key} }
	elsif ($kind == 4) { push @$container, dclone([ $container->[$key] ])->[0] }
	elsif ($kind == 5 && ref $container eq 'HASH') { $container->{ any('', 'z' x 256, "\x{20ac}" x 100, 'a"b\\', "\x{1F600}", '__proto__') } = delete $container->{$key} }
	else { ${ at($place) } = replacement() }
	return;
}

# The damage that only text can have: cut, a byte of any kind, a member twice.
sub damage_text
{
	my ($text) = @_;
	my $kind = int rand 4;
	return substr($text, 0, rand length $text) if $kind == 0;
	substr($text, rand length $text, 1) = chr(rand 256) if $kind == 1;
	substr($text, rand length $text, 0) = any("\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF8", "\\u0000", "\0", "\\ud800") if $kind == 2;
	$text =~ s/("[^"]{1,30}":)([^{}\[\],]*)(?=[,}])/$1$2,$1 null/ if $kind == 3;
	return $text;
}

# A payload, options and users.
sub payload
{
	my ($provider) = @_;
	my $case = dclone(any(@{ $seeds{$provider} }));
	thin($case->{config}, 0) if rand() < 0.95;
	damage($case->{config}) for 1 .. any(1, 1, 1, 2, 3, 5);
	damage($case->{options}) if rand() < 0.02;
	damage($case->{users}) if rand() < 0.2;
	my ($config, $options, $users) = map { $json->encode($_) =~ s/"@(\d+)@"/$replacements[$1]/gr } @$case{qw(config options users)};
	$config = damage_text($config) if rand() < 0.03;
	return ($config, $options, $users);
}

# --- a server ---------------------------------------------------------------------

my $node = PostgreSQL::Test::Cluster->new('hostile');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', 'autovacuum = off');
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	CREATE UNLOGGED TABLE inputs (n int, provider text, config bytea, options bytea, users bytea, written boolean);
	CREATE UNLOGGED TABLE outcomes (n int, stage text, code text, message text, detail text, took interval);

	-- What evaluation makes of a payload that was written.
	CREATE FUNCTION evaluate(users jsonb) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		u record;
	BEGIN
		FOR u IN SELECT x ->> 'user_key' AS key, CASE jsonb_typeof(x -> 'attributes') WHEN 'object' THEN x -> 'attributes' END AS attributes
			FROM jsonb_array_elements(CASE jsonb_typeof(users) WHEN 'array' THEN users ELSE '[]' END) x LIMIT 8
		LOOP
			PERFORM count(*) FROM ff_evaluate_all(u.key, u.attributes);
			PERFORM count(d.metadata::text), count(d.provider_reason::text) FROM ff.flags f, ff_evaluate_detail(u.key, f.key, u.attributes) d;
			PERFORM count(e.detail) FROM ff.flags f, ff_explain(u.key, f.key, u.attributes) e;
		END LOOP;
	END $$;

	CREATE FUNCTION attempt(wanted int) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		i inputs;
		stage text := 'reading';
		code text;
		message text;
		detail text;
		config jsonb;
		options jsonb;
		users jsonb;
		started timestamptz;
	BEGIN
		SELECT * INTO i FROM inputs WHERE n = wanted;
		started := clock_timestamp();
		BEGIN
			users := convert_from(i.users, 'UTF8')::jsonb;
			options := convert_from(i.options, 'UTF8')::jsonb;
			config := convert_from(i.config, 'UTF8')::jsonb;
			stage := 'checking';
			PERFORM count(*) FROM ff_import_check(i.provider, config, options => options);
			IF i.written THEN
				stage := 'importing';
				PERFORM count(*) FROM ff_import(i.provider, config, options => options);
				SET CONSTRAINTS ALL IMMEDIATE;
				stage := 'again';
				IF EXISTS (SELECT FROM ff_import_check(i.provider, config, options => options) c WHERE c.action NOT IN ('unchanged', 'skipped')) THEN
					RAISE EXCEPTION 'it would change a second time' USING ERRCODE = 'XXF01';
				END IF;
				stage := 'evaluating';
				PERFORM evaluate(users);
				stage := 'done';
				RAISE EXCEPTION 'undo' USING ERRCODE = 'XXF00';
			END IF;
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
		END;
		INSERT INTO outcomes VALUES (wanted, stage, nullif(code, 'XXF00'), message, detail, clock_timestamp() - started);
	END $$});

# What test/c/hostile damages is what these payloads are imported as.
foreach my $provider (sort keys %seeds)
{
	my $file = "test/c/documents/$provider.ndjson";
	IPC::Run::run([ 'test/payloads/documents', $provider, $node->connstr('postgres') ], '>', \my $documents);
	ok(-r $file && $documents eq slurp_file($file), "$file") or diag("test/payloads/documents $provider CONNECTION >$file makes it");
}

my $stored = q{SELECT (SELECT count(*) FROM ff.flags), (SELECT count(*) FROM ff.flag_settings), (SELECT count(*) FROM ff.imported_segments), (SELECT count(*) FROM ff.audit_log)};
my $before = $node->safe_psql('postgres', $stored);

# --- runs -------------------------------------------------------------------------

# Outcomes that are none: an error of another class or one of the server's own
# wording, which tells nothing of the configuration; any error of what was
# accepted; slowness.
my $bad = q{SELECT o.n, i.provider, o.stage, coalesce(o.code, '') AS code, coalesce(o.message, '') AS message, round(extract(epoch FROM o.took), 1) AS took, encode(substr(i.config, 1, 700), 'escape')
	FROM outcomes o JOIN inputs i USING (n)
	WHERE o.took > interval '2 s' OR (o.code IS NOT NULL AND (o.code !~ '^(21|22|23|42|54|0A)' OR o.message = '' OR o.stage NOT IN ('reading', 'checking')
		OR (o.stage = 'checking' AND o.message ~ '^(cannot (extract|call|get|deconstruct|cast|set|delete|concatenate|subscript)|invalid (input|memory|concat|regular|escape)|null value|more than one|value .* out of range|malformed|field name|argument|function |operator |string too long|numeric |integer |bigint |duplicate key|new row|insert or update|array |stack depth|query returned|index row|total size|could not)')))};
my (%tally, @faults);
my ($done, $number) = (0, 0);
while ($done < $runs)
{
	my $provider = $providers[ $number++ % @providers ];
	my $size = $runs - $done < $batch ? $runs - $done : $batch;
	my $rows = join '', map {
		my ($config, $options, $users) = payload($provider);
		join("\t", $_, $provider, (map { '\\\\x' . unpack 'H*', $_ } $config, $options, $users), rand() < 0.1 ? 't' : 'f') . "\n" } $done + 1 .. $done + $size;
	my $calls = join '', map { "SELECT FROM attempt($_);\n" } $done + 1 .. $done + $size;
	my ($stdout, $stderr) = ('', '');
	my $script = "SET client_min_messages = error; SET statement_timeout = '20s'; TRUNCATE inputs, outcomes;\nCOPY inputs FROM stdin;\n$rows\\.\nCREATE INDEX ON inputs (n);\n\\o /dev/null\n$calls\\o\n"
		. "$bad;\n\\qecho counts\nSELECT stage || CASE WHEN code IS NULL THEN '' ELSE ' ' || left(code, 2) END, count(*) FROM outcomes GROUP BY 1; DROP INDEX inputs_n_idx";
	my $status = IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres') ], '<', \$script, '>', \$stdout, '2>', \$stderr);
	if (!$status || $stderr ne '')
	{
		push @faults, "$provider, inputs $done to @{[ $done + $size ]}: $stderr";
		last;
	}
	my ($found, $counts) = split /^counts$/m, $stdout;
	push @faults, $found if $found =~ /\S/;
	$tally{$1} += $2 while $counts =~ /^(.*)\|(\d+)$/mg;
	$done += $size;
}
note join ', ', map { "$_: $tally{$_}" } sort keys %tally;
is(join("\n", @faults), '', "$done damaged payloads of @{[ scalar @providers ]} providers, from seed $seed");
is($node->safe_psql('postgres', $stored), $before, 'nothing was written');
cmp_ok($tally{done} // 0, '>', $runs / 100, 'many were written, evaluated and undone');
cmp_ok(($tally{'checking 22'} // 0), '>', $runs / 20, 'many were refused');
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC:|was terminated by signal/, 'no crash in the log');
$node->stop;
done_testing();
