-- Whoever is granted access may call functions with any argument: none of them
-- takes the server down, or fails in a way that it does not name, when all are
-- NULL, or all but one.
CREATE ROLE regress_ff_nulls;
SELECT ff_grant('regress_ff_nulls', 'admin');
-- a value for an argument of a type; NULL: none
CREATE FUNCTION pg_temp.sample(type oid) RETURNS text LANGUAGE sql RETURN CASE type
	WHEN 'text'::regtype THEN quote_literal('x') WHEN 'jsonb'::regtype THEN quote_literal('[{"x": 1}]') WHEN 'boolean'::regtype THEN 'false'
	WHEN 'uuid'::regtype THEN quote_literal('ff000000-0000-4000-8000-000000000013') WHEN 'text[]'::regtype THEN quote_literal('{x,NULL}')
	WHEN 'bigint'::regtype THEN '1' WHEN 'integer'::regtype THEN '1' WHEN 'numeric'::regtype THEN '1' WHEN 'double precision'::regtype THEN '1'
	WHEN 'bigint[]'::regtype THEN quote_literal('{1,NULL}') WHEN 'bytea'::regtype THEN quote_literal('x') END;
CREATE TEMP TABLE calls AS
SELECT p.oid::regprocedure::text AS routine, i,
	format('SELECT %s(%s)', p.oid::regproc, (SELECT string_agg(CASE WHEN t.o = i THEN coalesce(pg_temp.sample(t.type), 'NULL') ELSE 'NULL' END
		|| '::' || t.type::regtype, ', ' ORDER BY t.o) FROM unnest(p.proargtypes) WITH ORDINALITY t(type, o))) AS call
FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid CROSS JOIN generate_series(0, p.pronargs) i
WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	AND d.refobjid = (SELECT x.oid FROM pg_extension x WHERE x.extname = 'featureflow')
	AND p.prokind = 'f' AND p.pronargs > 0 AND p.prorettype <> 'trigger'::regtype
	AND NOT p.proargtypes::oid[] && '{internal,cstring}'::regtype[]::oid[]
	AND has_function_privilege('regress_ff_nulls', p.oid, 'EXECUTE');
GRANT SELECT ON calls TO regress_ff_nulls;
SET ROLE regress_ff_nulls;
DO $$
DECLARE
	c record;
BEGIN
	FOR c IN SELECT * FROM calls ORDER BY routine, i LOOP
		BEGIN
			EXECUTE c.call;
			RAISE EXCEPTION USING ERRCODE = 'FFFFF', MESSAGE = 'take it back';
		EXCEPTION WHEN OTHERS OR assert_failure THEN
			IF SQLSTATE LIKE 'XX%' THEN
				RAISE WARNING '%: % %', c.call, SQLSTATE, SQLERRM;
			END IF;
		END;
	END LOOP;
END;
$$;
SELECT count(*) > 500 AS called FROM calls;
-- what two of them say
SELECT ff._check_elements(NULL, NULL);
SELECT ff._check_source('public.users', NULL, NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM ff._csv_keys(NULL, NULL);
RESET ROLE;
SELECT ff_revoke('regress_ff_nulls', 'admin'), ff_revoke('regress_ff_nulls', 'evaluate');
DROP TABLE calls;
DROP ROLE regress_ff_nulls;
