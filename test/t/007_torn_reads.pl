# Random writers change two flags and a row of the application in one
# transaction, with savepoints that they undo and two-phase rollbacks; readers
# at every isolation level compare what one statement sees.  FF_STRESS_SECONDS
# (10) tells how long.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $seconds = $ENV{FF_STRESS_SECONDS} // 10;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'max_prepared_transactions = 5');
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	SELECT ff_flag_create('text', 'number', '[{"key": "zero", "value": 0}, {"key": "one", "value": 1}]'), ff_flag_create('follower'), ff_flag_create('staff');
	SELECT ff_segment_create('group', '{"any": []}');
	SELECT ff_flag_rules('staff', '[{"when": {"segment": "group"}, "serve": true}]');
	CREATE TABLE app (n int);
	INSERT INTO app VALUES (0);
	CREATE TABLE stop (stop boolean);

	-- Sets flags, segment and row to the same number.
	CREATE PROCEDURE move(n int) LANGUAGE plpgsql AS $$
	DECLARE
		steps text[] := ARRAY[
			format('SELECT ff_flag_default(''text'', to_jsonb(CASE %s WHEN 0 THEN ''zero'' ELSE ''one'' END))', n),
			format('UPDATE ff.flag_settings s SET default_serve = to_jsonb(CASE %s WHEN 0 THEN ''off'' ELSE ''on'' END)
				FROM ff.flags f WHERE f.id = s.flag_id AND f.key = ''follower''', n),
			format('SELECT ff_segment_update(''group'', CASE %s WHEN 0 THEN ''{"any": []}'' ELSE ''{"all": []}'' END::jsonb)', n)];
		step text;
	BEGIN
		FOR step IN SELECT s FROM unnest(steps) s ORDER BY random() LOOP
			EXECUTE step;
		END LOOP;
		UPDATE app SET n = move.n;
	END $$;

	CREATE FUNCTION seen() RETURNS text LANGUAGE sql VOLATILE AS
		$$ SELECT concat(n, ff_number('u', 'text'), ff_is_enabled('u', 'follower')::int, ff_is_enabled('u', 'staff')::int) FROM app $$;

	-- Checks its own view at every step.
	CREATE PROCEDURE write_on(seed float) LANGUAGE plpgsql AS $$
	DECLARE
		n int;
	BEGIN
		PERFORM setseed(seed);
		WHILE NOT EXISTS (SELECT FROM stop) LOOP
			n := (random() * 2)::int % 2;
			BEGIN
				CALL move(n);
				IF seen() <> repeat(n::text, 4) THEN RAISE EXCEPTION 'own change: % not %', seen(), n; END IF;
				BEGIN
					CALL move(1 - n);
					IF seen() <> repeat((1 - n)::text, 4) THEN RAISE EXCEPTION 'in a savepoint: % not %', seen(), 1 - n; END IF;
					RAISE EXCEPTION USING ERRCODE = 'FF000';
				EXCEPTION WHEN SQLSTATE 'FF000' THEN
					IF seen() <> repeat(n::text, 4) THEN RAISE EXCEPTION 'undone: % not %', seen(), n; END IF;
				END;
			EXCEPTION WHEN serialization_failure THEN
				NULL;
			END;
			IF random() < 0.2 THEN ROLLBACK; ELSE COMMIT; END IF;
		END LOOP;
	END $$;

	-- One statement after the other; returns how many were asked and torn.
	CREATE PROCEDURE read_on(INOUT asked int DEFAULT 0, INOUT torn int DEFAULT 0) LANGUAGE plpgsql AS $$
	DECLARE
		r record;
	BEGIN
		WHILE NOT EXISTS (SELECT FROM stop) LOOP
			COMMIT;
			FOR i IN 1..20 LOOP
				SELECT concat(n, ff_number('u', 'text'), ff_is_enabled('u', 'follower')::int, ff_is_enabled('u', 'staff')::int) AS first,
					(SELECT string_agg(concat(a.n, ff_number('u' || g, 'text'), ff_is_enabled('u' || g, 'follower')::int, ff_is_enabled('u' || g, 'staff')::int), '')
						FROM generate_series(1, 20) g, app a) AS more
				INTO r FROM app;
				asked := asked + 1;
				torn := torn + (r.more <> repeat(left(r.first, 1), 80) OR r.first <> repeat(left(r.first, 1), 4))::int;
			END LOOP;
		END LOOP;
	END $$});

my @levels = ('READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE');
my @writers = map { Session->new($node) } 1 .. 2;
my @readers = map { Session->new($node) } @levels;
my $clock = Session->new($node);
$writers[1]->query(q{SET default_transaction_isolation = 'repeatable read'});
$writers[$_]->send("CALL write_on(0.$_)") foreach 0 .. $#writers;
$readers[$_]->query("SET default_transaction_isolation = '\L$levels[$_]\E'") foreach 0 .. $#readers;
$readers[$_]->send('CALL read_on()') foreach 0 .. $#readers;
# The time itself is what is waited for here.
$clock->query("SELECT pg_sleep($seconds)");
$clock->query('INSERT INTO stop VALUES (true)');
foreach my $i (0 .. $#levels)
{
	my ($asked, $torn) = split /\|/, $readers[$i]->answer;
	cmp_ok($asked // 0, '>', 10, "$levels[$i]: statements were asked") or diag($readers[$i]->error);
	is($torn, 0, "$levels[$i]: none of $asked is torn");
}
foreach my $writer (@writers)
{
	$writer->answer;
	is($writer->error, '', 'a writer saw what it wrote');
}
is($clock->query('SELECT seen() = repeat(left(seen(), 1), 4)'), 't', 'the end is whole');
is($clock->query('SELECT count(*) > 20 FROM ff.audit_log'), 't', 'there were changes');
is($clock->query('SELECT count(*) = max(number) AND min(number) = 1 AND count(DISTINCT number) = count(*) FROM ff.audit_log'), 't', 'audit numbers have no gap');
is($clock->query(q{SELECT count(*) FROM (SELECT number, transaction_id, lag(transaction_id) OVER (ORDER BY number) AS before,
	min(number) OVER (PARTITION BY transaction_id) AS first, count(*) OVER (PARTITION BY transaction_id) AS n FROM ff.audit_log) x
	WHERE number >= first + n}), '0', 'entries of one transaction stand together');
$_->quit foreach @writers, @readers, $clock;
$node->stop;
done_testing();
