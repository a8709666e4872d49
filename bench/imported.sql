-- The flag of flags.sql as other systems have it: three conditions, then a
-- split of 50 to 50.
SELECT FROM ff_import('launchdarkly', '{"flags": {"launchdarkly": {
	"key": "launchdarkly", "on": true, "salt": "0d9f1f8b6a", "variations": [true, false], "offVariation": 1, "fallthrough": {"variation": 1},
	"rules": [{"id": "segment", "clauses": [
			{"contextKind": "user", "attribute": "country", "op": "in", "values": ["DE", "FR", "GB", "US"]},
			{"contextKind": "user", "attribute": "plan", "op": "in", "values": ["pro"]},
			{"contextKind": "user", "attribute": "age", "op": "greaterThanOrEqual", "values": [30]}],
		"rollout": {"contextKind": "user", "variations": [{"variation": 0, "weight": 50000}, {"variation": 1, "weight": 50000}]}}]}}}');

SELECT FROM ff_import('unleash', '{"features": [{"name": "unleash", "enabled": true, "strategies": [
	{"name": "flexibleRollout", "parameters": {"rollout": "50", "stickiness": "default", "groupId": "unleash"}, "variants": [], "constraints": [
		{"contextName": "country", "operator": "IN", "values": ["DE", "FR", "GB", "US"]},
		{"contextName": "plan", "operator": "IN", "values": ["pro"]},
		{"contextName": "age", "operator": "NUM_GTE", "value": "30"}]}]}]}');
