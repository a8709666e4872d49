-- Moving in from flagd: a flag file, and what it answers.
SELECT FROM ff_project_create('from-flagd', environments => '{production}');
SET featureflow.project = 'from-flagd';
SELECT * FROM ff_import('flagd', $${
	"$evaluators": {
		"staff": {"ends_with": [{"var": "email"}, "@example.com"]},
		"pilot": {"and": [{"$ref": "staff"}, {"in": [{"var": "country"}, ["DE", "FR"]]}]}},
	"metadata": {"owner": "web", "flagSetId": "shop"},
	"flags": {
		"checkout": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "metadata": {"owner": "payments"},
			"targeting": {"if": [{"$ref": "pilot"}, "on",
				{"sem_ver": [{"var": "app.version"}, ">=", "2.1"]}, {"fractional": [["on", 25], ["off", 75]]}]}},
		"color": {"state": "ENABLED", "variants": {"red": "#f00", "größe": "#0f0", "blue": "#00f"}, "defaultVariant": "red",
			"targeting": {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "email"}]}, ["red", 1], ["größe", 1], ["blue", 1]]}},
		"limit": {"state": "DISABLED", "variants": {"low": 10, "high": 100}, "defaultVariant": "low"},
		"plain": {"state": "ENABLED", "variants": {"a": {"x": 1}, "b": [1, 2]}, "defaultVariant": "a"},
		"open": {"state": "ENABLED", "variants": {"yes": "Y"}, "targeting": {"if": [{"==": [{"var": "answer"}, 42]}, "yes"]}},
		"broken": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
			"targeting": {"if": [{"$ref": "nobody"}, "on", "off"]}},
		"throws": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
			"targeting": {"if": [{"<": [{"var": "age"}, 18]}, "off", "nowhere"]}}}}$$);

-- Variants, reasons and errors are flagd's; a split has OpenFeature's reason, and
-- flagd's own beside it.
SELECT f AS flag, d.value, d.variation, d.reason, d.provider_reason ->> 'reason' AS own, d.error_code, d.rule, d.metadata
FROM unnest('{checkout,color,limit,plain,open,broken,throws,unknown}'::text[]) f, ff_evaluate_detail('user-1', f, '{"app": {"version": "v2.1.0"}, "age": 20, "answer": "42"}') d;
SELECT count(*) FILTER (WHERE ff_is_enabled('user-' || i, 'checkout', '{"app": {"version": "3"}}')) AS on, count(*) FROM generate_series(1, 1000) i;

-- Who asks for another type than the variant's is told so.
SELECT ff_string('user-1', 'plain', fallback => 'none'), ff_is_enabled('user-1', 'checkout', '{"email": "ann@example.com", "country": "DE"}'), ff_number('user-1', 'limit', fallback => 7);
SELECT value, reason, error_code FROM ff_evaluate_detail('user-1', 'plain', wanted => 'number');

SELECT stage, outcome, detail FROM ff_explain('user-1', 'checkout', '{"email": "ann@example.com", "country": "US", "app": {"version": "2.1.3"}}');

-- Without a user key, targetingKey is an attribute; without either there is no split.
SELECT a AS attributes, variation, reason FROM unnest('{"{\"targetingKey\": \"user-1\", \"app\": {\"version\": 3}}","{\"app\": {\"version\": 3}}"}'::jsonb[]) a, ff_evaluate_detail(NULL, 'checkout', a);

-- The same again changes nothing; a state that changed does, and so does a generation.
SELECT action, count(*) FROM ff_import('flagd', '{"flags": {"limit": {"state": "DISABLED", "variants": {"low": 10, "high": 100}, "defaultVariant": "low"}}, "metadata": {"owner": "web", "flagSetId": "shop"}}') GROUP BY 1;
SELECT * FROM ff_import('flagd', '{"flags": {"limit": {"state": "ENABLED", "variants": {"low": 10, "high": 100}, "defaultVariant": "low"}}, "metadata": {"owner": "web", "flagSetId": "shop"}}');
SELECT value, reason FROM ff_evaluate_detail('user-1', 'limit');

-- One split by each generation, of a value that is a text, a number, an object; the
-- third alone goes by what is no text.
SELECT g AS generation, i.action FROM unnest('{v1,v2,v3}'::text[]) g, LATERAL (SELECT ff_project_create('gen-' || g)) p,
	ff_import('flagd', '{"flags": {"split": {"state": "ENABLED", "variants": {"a": "a", "b": "b", "c": "c", "d": "d"},
		"targeting": {"fractional": [{"var": "by"}, ["a", 25], ["b", 25], ["c", 25], ["d", 25]]}}}}', options => jsonb_build_object('generation', g), project => 'gen-' || g) i;
SELECT g AS generation, b AS by, d.value, d.reason FROM unnest('{v1,v2,v3}'::text[]) g, unnest('{"\"jack\"",17,"{\"x\": [1.5, null]}","null"}'::jsonb[]) b,
	ff_evaluate_detail('u', 'split', jsonb_build_object('by', b), project => 'gen-' || g) d ORDER BY 2, 1;
SELECT ff_bucket('', b, 'flagd-v3-value', 100) FROM unnest('{"\"jack\"",17,17.0,"{\"x\": [1.5, null]}"}'::jsonb[]) b;
SELECT ff_bucket('', '17'::jsonb, 'flagd-v2');

-- How JsonLogic is run decides at the margin.
SELECT e AS engine, i.action FROM unnest('{compiled,interpreted}'::text[]) e, LATERAL (SELECT ff_project_create(e)) p,
	ff_import('flagd', '{"flags": {"joined": {"state": "ENABLED", "variants": {"anull": 1, "a": 2}, "targeting": {"cat": ["a", {"var": "missing"}]}}}}', options => jsonb_build_object('engine', e), project => e) i;
SELECT e AS engine, ff_evaluate('u', 'joined', project => e) FROM unnest('{compiled,interpreted}'::text[]) e;

-- Work is bounded, and what is beyond is an error of the flag.
SELECT action FROM ff_import('flagd', '{"flags": {"loops": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on",
	"targeting": {"reduce": [{"var": "n"}, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "xxxxxxxxxxxxxxxx"]}}}}');
SELECT reason, error_code FROM ff_evaluate_detail('u', 'loops', (SELECT jsonb_build_object('n', jsonb_agg(i)) FROM generate_series(1, 60) i));

-- What flagd refuses whole is refused, and where it is is told.
\set SHOW_CONTEXT never
SELECT * FROM ff_import('flagd', '[]');
SELECT * FROM ff_import('flagd', '{"flags": []}');
SELECT * FROM ff_import('flagd', '{"flags": {"a": 1}}');
SELECT * FROM ff_import('flagd', '{"flags": {"a": {"state": "on", "variants": {}}}}');
SELECT * FROM ff_import('flagd', '{"flags": {"a": {"state": "ENABLED"}}}');
SELECT * FROM ff_import('flagd', '{"flags": {"a": {"state": "ENABLED", "variants": {"x": 1}, "defaultVariant": "y"}}}');
SELECT * FROM ff_import('flagd', '{"flags": {}, "$evaluators": 1}');
SELECT * FROM ff_import('flagd', '{"flags": {}}', options => '{"generation": "v4"}');
SELECT * FROM ff_import('flagd', (SELECT jsonb_build_object('flags', '{}'::jsonb, '$evaluators', jsonb_object_agg('e' || i, CASE i WHEN 0 THEN '[1, 2, 3, 4]' ELSE
	format('[{"$ref": "e%s"}, {"$ref": "e%s"}]', i - 1, i - 1)::jsonb END)) FROM generate_series(0, 30) i));
\set VERBOSITY terse
SELECT * FROM ff_import('flagd', jsonb_build_object('flags', jsonb_build_object('deep', jsonb_build_object('state', 'ENABLED', 'variants', '{}'::jsonb,
	'targeting', (repeat('{"!": [', 300) || 'true' || repeat(']}', 300))::jsonb))));
RESET featureflow.project;
SELECT ff_project_delete(p, cascade => true) FROM unnest('{gen-v1,gen-v2,gen-v3,compiled,interpreted}'::text[]) p;
SELECT ff_project_delete('from-flagd', cascade => true);
