-- Mistakes that would move users: a misspelt option, another system's file, a
-- change of what is not to be changed, a proof that compares nothing.
\set SHOW_CONTEXT never
SELECT FROM ff_project_create('mistakes', environments => '{production,staging}');
SET featureflow.project = 'mistakes';
\set flagd '{"flags": {"banner": {"state": "ENABLED", "variants": {"a": 1, "b": 2}, "defaultVariant": "a", "targeting": {"fractional": [["a", 50], ["b", 50]]}}}}'
\set eppo '{"flags": {"search": {"key": "search", "enabled": true, "variationType": "STRING", "totalShards": 10000, "variations": {}, "allocations": []}}}'
\set launchdarkly '{"flags": {"checkout": {"key": "checkout", "on": true, "salt": "s", "sdkKey": "sdk-secret", "variations": [true, false], "fallthrough": {"variation": 0}}}, "segments": {"beta": {"key": "beta", "included": ["u"], "rules": [null], "_access": "secret"}}}'
\set flagsmith '{"environment": {"key": "k", "name": "E"}, "features": {"banner": {"key": "1", "name": "banner", "enabled": true, "value": "x"}}}'
\set posthog '{"flags": [{"key": "checkout", "active": true, "filters": {"groups": []}}]}'

SELECT ff_import('flagd', :'flagd', options => '{"Generation": "v1"}');
SELECT ff_import_check('configcat', '{"f": {}}', options => '{"sdk": "js"}');
SELECT ff_import('featureflow', ff_export('featureflow'), options => '{"sdk": "js"}');
SELECT ff_import('launchdarkly', :'flagd');
SELECT ff_import('launchdarkly', :'eppo');
SELECT ff_import('launchdarkly', :'posthog');
SELECT ff_import('eppo', :'launchdarkly');
SELECT ff_import('growthbook', :'flagsmith');
SELECT count(*) FROM ff.flags f JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'mistakes';

-- What LaunchDarkly's SDKs do not read is not kept.
SELECT * FROM ff_import('launchdarkly', :'launchdarkly');
SELECT ff_export('launchdarkly');

-- An imported flag keeps its rules.
SELECT * FROM ff_import('flagd', :'flagd');
SELECT ff_flag_rules('banner', NULL);
SELECT ff_flag_rules('banner', '[]');
SELECT ff_flag_salt('banner', 'x');
SELECT ff_flag_rollout('banner', 50);
SELECT ff_variation_update('banner', 'a', '3');
SELECT ff_variation_add('banner', 'c', '3');
SELECT ff_variation_remove('banner', 'b');
SELECT value, reason FROM ff_evaluate_detail('u', 'banner');

-- What it serves to a flag that requires it does not hang on the type that the caller wants of that one.
SELECT FROM ff_flag_create('requires'), ff_flag_rollout('requires', 100), ff_flag_require('requires', 'banner', 'a');
SELECT variation, ff_is_enabled('u', 'requires') FROM ff_evaluate_detail('u', 'banner');
SELECT FROM ff_flag_unrequire('requires', 'banner');

-- A version of it is a change, also one of other variations.
CREATE TABLE moved (id text PRIMARY KEY);
INSERT INTO moved SELECT 'u' || i FROM generate_series(1, 100) i;
SELECT * FROM ff_import('flagd', '{"flags": {"banner": {"state": "ENABLED", "variants": {"a": "x", "c": 2}, "defaultVariant": "c"}}}');
SELECT i.variation_before, i.variation_after, i.rows FROM ff.flag_versions v JOIN ff.flags f ON f.id = v.flag_id JOIN ff.environments e ON e.id = v.environment_id,
	ff_impact('banner', v.document, 'moved') i WHERE f.key = 'banner' AND e.key = 'production' AND v.version = 1 ORDER BY 1, 2;
SELECT ff_impact('banner', '{"rollout": 5}', 'moved');
SELECT ff_impact('banner', '{"rules": 5}', 'moved');
SELECT ff_impact('banner', '{"off_variation": "z", "default": "z"}', 'moved');
DROP TABLE moved;

-- Flags of the format that are not in the environment are refused for that.
SELECT ff_export('flagd', environment => 'staging') -> 'refused';

-- To replace a flag is to replace it everywhere; a version of before does not bring it back, a snapshot does.
SELECT FROM ff_flag_create('native'), ff_flag_rollout('native', 100, 'production'), ff_snapshot_save('before');
\set native '{"flags": {"native": {"state": "ENABLED", "variants": {"a": true}, "defaultVariant": "a"}}}'
SELECT * FROM ff_import_check('flagd', :'native', 'staging', '{"existing": "skip"}');
SELECT * FROM ff_import('flagd', :'native', 'staging', '{"existing": "replace"}');
SELECT ff_is_enabled('u', 'native'), ff_is_enabled('u', 'native', environment => 'staging');
SELECT ff_flag_rollback('native', 1);
SELECT kind, key, action FROM ff_snapshot_restore('before') WHERE action <> 'unchanged';
SELECT ff_is_enabled('u', 'native');

-- A check tells also what writing would refuse.
SELECT FROM ff_override('banner', 'c', user_key => 'o');
\set without '{"flags": {"banner": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"}}}'
SELECT ff_import_check('flagd', :'without');
SELECT ff_import('flagd', :'without');
SELECT FROM ff_override_remove('banner', user_key => 'o'), ff_environment_lock('production', 'freeze');
\set VERBOSITY terse
SELECT ff_import_check('flagd', :'without');
SELECT ff_import('flagd', :'without');
SELECT ff_import_check('launchdarkly', '{"segments": {"other": {"key": "other"}}}');
SELECT action FROM ff_import_check('flagd', '{"flags": {"new": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"}}}');
SELECT action FROM ff_import('flagd', '{"flags": {"new": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"}}}');
\set VERBOSITY default
SELECT FROM ff_environment_unlock('production');

-- An override is to a variation of the environment.
SELECT ff_override('banner', 'a', user_key => 'o', environment => 'staging');
SELECT FROM ff_import('flagd', '{"flags": {"banner": {"state": "ENABLED", "variants": {"other": 1}, "defaultVariant": "other"}}}', 'staging');
SELECT ff_override('banner', 'a', user_key => 'o', environment => 'staging');

-- A segment may be asked by itself; an experiment runs on an imported flag, whose document says where chance decides.
SELECT u, ff_in_segment(u, 'beta') FROM unnest('{u,v}'::text[]) u;
SELECT ff_in_segment(NULL, 'beta', '{"kind": "org", "key": "u"}') AS other_kind, ff_in_segment(NULL, 'beta', '{"kind": "multi", "user": {"key": "u"}}') AS multi;
SELECT FROM ff_import('flagd', '{"flags": {"half": {"state": "ENABLED", "variants": {"a": 1, "b": 2}, "defaultVariant": "a", "targeting": {"fractional": [["a", 50], ["b", 50]]}}}}');
SELECT FROM ff_metric_create('bought', 'proportion', 'bought');
SELECT ff_experiment_create('compared', 'half', '{bought}');
SELECT FROM ff_experiment_create('compared', 'half', '{bought}', control => 'a'), ff_experiment_start('compared');
SELECT variation, reason FROM generate_series(1, 4) i, ff_expose('u' || i, 'half');
SELECT variation, n FROM ff_experiment_stats('compared') ORDER BY 1;
SELECT FROM ff_experiment_create('elsewhere', 'half', '{bought}', control => 'a', environment => 'staging');
SELECT ff_experiment_start('elsewhere');
SELECT FROM ff_experiment_stop('compared');

-- A segment is asked as it was then, and its changes are in the log of its project and in the feed.
SELECT FROM ff_import('launchdarkly', '{"flags": {"members": {"key": "members", "on": true, "salt": "s", "variations": [true, false], "fallthrough": {"variation": 1},
	"rules": [{"variation": 0, "clauses": [{"attribute": "", "op": "segmentMatch", "values": ["beta"]}]}]}}}');
SELECT clock_timestamp() AS then \gset
SELECT FROM ff_import('launchdarkly', '{"segments": {"beta": {"key": "beta", "included": ["v"]}}}');
SELECT u, ff_is_enabled(u, 'members') AS now, a.value AS then, a.provider_reason, a.certain FROM unnest('{u,v}'::text[]) u, ff_evaluate_at(u, 'members', :'then') a;
SELECT table_name, action, key FROM ff_changes(project => 'mistakes') WHERE table_name = 'imported_segments' ORDER BY version;

-- No row is a proof only where something was compared.
SELECT ff_verify_import('flagd', NULL, ARRAY['u'], '{"banner": {"u": 1}}');
SELECT ff_verify_import('flagd', NULL, ARRAY['u'], '{}');
SELECT user_key, flag, expected, answer ->> 'value' AS answer FROM ff_verify_import('flagd', NULL, ARRAY['u'], '{"u": {"banner": 1}}');

SELECT FROM ff_project_delete('mistakes', true);
RESET featureflow.project;
