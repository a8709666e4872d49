-- What the tables hold.
COMMENT ON TABLE ff.organizations IS 'Who owns projects.';
COMMENT ON TABLE ff.projects IS 'A project has flags, segments, plans and environments of its own.';
COMMENT ON TABLE ff.environments IS 'Where an application runs; each flag is set for each environment of its project.';
COMMENT ON TABLE ff.plans IS 'Plans of a project''s users; a flag may ask for a level.';
COMMENT ON TABLE ff.flags IS 'What is the same in all environments about a flag. variations: [{"key", "value", "name", "description"}, ...].';
COMMENT ON COLUMN ff.flags.min_plan IS 'Key of the plan whose level a user needs; NULL: none.';
COMMENT ON COLUMN ff.flags.archived_at IS 'Since when the flag is archived; NULL: it is not.';
COMMENT ON COLUMN ff.flags.killed_at IS 'Since when the kill switch is on; NULL: it is off.';
COMMENT ON TABLE ff.flag_settings IS 'What a flag does in an environment. targets: {"variation": ["user key", ...]}; rules: first match serves; default_serve: "variation" or {"split": [{"variation", "weight"}, ...], "by": attribute}.';
COMMENT ON TABLE ff.prerequisites IS 'A flag serves its off variation unless another flag serves the user this variation.';
COMMENT ON TABLE ff.segments IS 'Conditions with a name, for rules and other segments.';
COMMENT ON TABLE ff.overrides IS 'A variation for one user or organization in an environment, until it expires.';
COMMENT ON TABLE ff.audit_log IS 'Every change of configuration: who, what, when, where, why, the row before and after. Written by triggers alone; numbers have no gap within a project.';
COMMENT ON TABLE ff.flag_versions IS 'The whole configuration of a flag in an environment after each change.';
