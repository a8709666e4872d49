-- What a team writes by hand: a table of flags with rules in jsonb, overrides,
-- and a function in PL/pgSQL. It gives the flag to the same share of users.
CREATE TABLE hand_flags (
	key text PRIMARY KEY,
	enabled boolean NOT NULL,
	conditions jsonb NOT NULL,
	percentage numeric NOT NULL
);

CREATE TABLE hand_overrides (
	flag text NOT NULL REFERENCES hand_flags,
	user_key text NOT NULL,
	enabled boolean NOT NULL,
	PRIMARY KEY (flag, user_key)
);

INSERT INTO hand_flags
SELECT 'flag-' || n, true, '[
	{"attribute": "country", "op": "in", "values": ["DE", "FR", "GB", "US"]},
	{"attribute": "plan", "op": "eq", "values": ["pro"]},
	{"attribute": "age", "op": "ge", "values": [30]}]', 50
FROM generate_series(1, 100) AS n;

CREATE FUNCTION hand_matches(condition jsonb, attrs jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	value jsonb := attrs -> (condition ->> 'attribute');
BEGIN
	IF value IS NULL THEN
		RETURN false;
	END IF;
	CASE condition ->> 'op'
		WHEN 'in', 'eq' THEN
			RETURN condition -> 'values' @> value;
		WHEN 'ge' THEN
			RETURN value::numeric >= (condition -> 'values' -> 0)::numeric;
		ELSE
			RETURN false;
	END CASE;
END $$;

CREATE FUNCTION hand_is_enabled(user_key text, flag text, attrs jsonb DEFAULT '{}') RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
	definition hand_flags;
	overridden boolean;
	condition jsonb;
BEGIN
	SELECT * INTO definition FROM hand_flags f WHERE f.key = hand_is_enabled.flag;
	IF NOT FOUND OR NOT definition.enabled THEN
		RETURN false;
	END IF;
	SELECT o.enabled INTO overridden FROM hand_overrides o
	WHERE o.flag = hand_is_enabled.flag AND o.user_key = hand_is_enabled.user_key;
	IF FOUND THEN
		RETURN overridden;
	END IF;
	FOR condition IN SELECT jsonb_array_elements(definition.conditions) LOOP
		IF NOT hand_matches(condition, attrs) THEN
			RETURN false;
		END IF;
	END LOOP;
	RETURN abs(hashtextextended(flag || ':' || user_key, 0) % 100000) < definition.percentage * 1000;
END $$;

ANALYZE hand_flags;
