-- The flag of flags.sql as other systems have it: three conditions, then a
-- split of 50 to 50.
SELECT FROM ff_import('unleash', '{"features": [{"name": "unleash", "enabled": true, "strategies": [
	{"name": "flexibleRollout", "parameters": {"rollout": "50", "stickiness": "default", "groupId": "unleash"}, "variants": [], "constraints": [
		{"contextName": "country", "operator": "IN", "values": ["DE", "FR", "GB", "US"]},
		{"contextName": "plan", "operator": "IN", "values": ["pro"]},
		{"contextName": "age", "operator": "NUM_GTE", "value": "30"}]}]}]}');
