-- Import from ConfigCat: config_v6.json, as its CDN serves it.
\pset format unaligned
\set SHOW_CONTEXT never
SELECT FROM ff_project_create('from-configcat', environments => '{production}');
SET featureflow.project = 'from-configcat';
CREATE TEMP TABLE configs (name text PRIMARY KEY, config jsonb);
INSERT INTO configs VALUES ('first', '{
	"p": {"u": "https://cdn-global.configcat.com", "r": 0, "s": "c2FsdA=="},
	"s": [{"n": "Beta testers", "r": [{"a": "Email", "c": 2, "l": ["@beta.example"]}]}],
	"f": {
		"newCheckout": {"t": 0, "v": {"b": false}, "i": "a1", "r": [
			{"c": [{"s": {"s": 0, "c": 0}}], "s": {"v": {"b": true}, "i": "a2"}},
			{"c": [{"u": {"a": "Country", "c": 0, "l": ["Hungary", "Österreich"]}}], "p": [{"p": 25, "v": {"b": true}, "i": "a3"}, {"p": 75, "v": {"b": false}, "i": "a4"}]}]},
		"checkoutText": {"t": 1, "v": {"s": "Buy"}, "i": "b1", "r": [
			{"c": [{"p": {"f": "newCheckout", "c": 0, "v": {"b": true}}}], "s": {"v": {"s": "Check out"}, "i": "b2"}}]},
		"limit": {"t": 2, "v": {"i": 10}, "i": "c1", "a": "Company", "p": [{"p": 50, "v": {"i": 20}, "i": "c2"}, {"p": 50, "v": {"i": 30}, "i": "c3"}]},
		"fee": {"t": 3, "v": {"d": 2.5}}}}');

SELECT i.* FROM configs, ff_import_check('configcat', config) i WHERE name = 'first';
SELECT count(*) FROM ff.flags f JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'from-configcat';
SELECT i.* FROM configs, ff_import('configcat', config) i WHERE name = 'first';

-- A second time it changes nothing.
SELECT i.* FROM configs, ff_import('configcat', config) i WHERE name = 'first';

-- The address of the CDN is not kept; the salt, which hashed comparisons need, is.
SELECT f.key, f.kind, f.variations, s.off_variation FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id
JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'from-configcat' ORDER BY f.key;
SELECT rules FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.projects p ON p.id = f.project_id
WHERE f.key = 'checkoutText' AND p.key = 'from-configcat';
SELECT g.key, g.document FROM ff.imported_segments g JOIN ff.environments e ON e.id = g.environment_id JOIN ff.projects p ON p.id = e.project_id
WHERE p.key = 'from-configcat';

-- Answers: Identifier is the user key, the other attributes are those of the User Object.
SELECT u.user_key, u.attributes, d.flag, d.value, d.variation, d.reason, d.rule, d.error_code, d.provider_reason, d.metadata
FROM (VALUES (1, 'ann', '{"Email": "ann@beta.example"}'::jsonb), (2, 'bob', '{"Country": "Hungary", "Company": "acme"}'),
	(3, 'cid', '{"Country": "Österreich", "Company": 42}'), (4, NULL, NULL)) u(place, user_key, attributes)
CROSS JOIN LATERAL ff_evaluate_all(u.user_key, u.attributes) d ORDER BY u.place, d.flag;

-- A call for another type answers the fallback, as the SDK does.
SELECT ff_string('ann', 'checkoutText', '{"Email": "ann@beta.example"}'), ff_number('ann', 'fee'), ff_is_enabled('ann', 'newCheckout', '{"Email": "ann@beta.example"}'),
	ff_string('ann', 'fee', fallback => 'none');
SELECT value, reason, error_code, provider_reason FROM ff_evaluate_detail('ann', 'fee', fallback => '"none"');
SELECT value, error_code FROM ff_evaluate_detail('ann', 'fee', wanted => 'integer');

SELECT stage, outcome, detail FROM ff_explain('bob', 'newCheckout', '{"Country": "Hungary", "Email": ""}');
SELECT stage, outcome, detail FROM ff_explain('ann', 'checkoutText', '{"Email": "ann@beta.example"}');

-- Faulty parts are kept, and told: an error when evaluation reaches them, as there.
INSERT INTO configs VALUES ('faulty', '{"s": [], "f": {
	"malformed": {"t": 0, "v": {"b": "yes"}},
	"comparator": {"t": 0, "v": {"b": false}, "r": [{"c": [{"u": {"a": "Email", "c": 99, "s": "x"}}], "s": {"v": {"b": true}}}]},
	"salt": {"t": 0, "v": {"b": false}, "r": [{"c": [{"u": {"a": "Email", "c": 16, "l": ["0a"]}}], "s": {"v": {"b": true}}}]},
	"segment": {"t": 0, "v": {"b": false}, "r": [{"c": [{"s": {"s": 3, "c": 0}}], "s": {"v": {"b": true}}}]},
	"shares": {"t": 0, "v": {"b": false}, "p": [{"p": 10, "v": {"b": true}}]},
	"cycle": {"t": 0, "v": {"b": false}, "r": [{"c": [{"p": {"f": "circle", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]},
	"circle": {"t": 0, "v": {"b": false}, "r": [{"c": [{"p": {"f": "cycle", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]},
	"alone": {"t": 0, "v": {"b": false}, "r": [{"c": [{"p": {"f": "nowhere", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]},
	"then": {"t": 1, "v": {"i": 1}, "r": [{"c": []}]}}}');
SELECT i.key, i.action, i.note FROM configs, ff_import('configcat', config) i WHERE name = 'faulty';
SELECT d.flag, d.value, d.reason, d.error_code FROM ff_evaluate_all('eve') d WHERE d.error_code IS NOT NULL;
SELECT d.flag, d.value, d.reason, d.error_code FROM ff_evaluate_all('eve', '{"Email": "x"}') d
WHERE d.flag IN ('comparator', 'salt', 'segment') ORDER BY 1;

-- A setting that is deleted there stays here; one that is changed is updated.
UPDATE configs SET config = jsonb_set(config #- '{f,limit}', '{f,fee,v,d}', '3') WHERE name = 'first';
SELECT i.* FROM configs, ff_import('configcat', config) i WHERE name = 'first';
SELECT ff_number('ann', 'fee'), ff_number('ann', 'limit');

-- What is no configuration.
SELECT ff_import('configcat', '[]');
SELECT ff_import('configcat', '{}');
SELECT ff_import('configcat', '{"f": []}');
SELECT ff_import('configcat', '{"p": {"s": 5}, "f": {}}');
SELECT ff_import('configcat', '{"s": {}, "f": {}}');
SELECT ff_import('configcat', '{"f": {"old": {"v": true, "t": 0}}}');

RESET featureflow.project;
SELECT ff_project_delete('from-configcat', cascade => true);
