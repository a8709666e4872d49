-- Rows that pg_dump takes along.  Not ff.versions, nor its sequence: a
-- restored database has numbers of its own; nor ff.experiment_refreshes,
-- ff.experiment_units, ff.source_changes and ff.event_corrections, which the data
-- give again or are about those; nor ff.exposure_accounts, which is about a server.
SELECT pg_catalog.pg_extension_config_dump('ff.organizations', '');
SELECT pg_catalog.pg_extension_config_dump('ff.projects', '');
SELECT pg_catalog.pg_extension_config_dump('ff.environments', '');
SELECT pg_catalog.pg_extension_config_dump('ff.plans', '');
SELECT pg_catalog.pg_extension_config_dump('ff.flags', '');
SELECT pg_catalog.pg_extension_config_dump('ff.flag_settings', '');
SELECT pg_catalog.pg_extension_config_dump('ff.prerequisites', '');
SELECT pg_catalog.pg_extension_config_dump('ff.segments', '');
SELECT pg_catalog.pg_extension_config_dump('ff.imported_segments', '');
SELECT pg_catalog.pg_extension_config_dump('ff.overrides', '');
SELECT pg_catalog.pg_extension_config_dump('ff.audit_log', '');
SELECT pg_catalog.pg_extension_config_dump('ff.flag_versions', '');
SELECT pg_catalog.pg_extension_config_dump('ff.segment_members', '');
SELECT pg_catalog.pg_extension_config_dump('ff.context_sources', '');
SELECT pg_catalog.pg_extension_config_dump('ff.schedules', '');
SELECT pg_catalog.pg_extension_config_dump('ff.templates', '');
SELECT pg_catalog.pg_extension_config_dump('ff.snapshots', '');
SELECT pg_catalog.pg_extension_config_dump('ff.metric_sources', '');
SELECT pg_catalog.pg_extension_config_dump('ff.identity_sources', '');
SELECT pg_catalog.pg_extension_config_dump('ff.metrics', '');
SELECT pg_catalog.pg_extension_config_dump('ff.holdouts', '');
SELECT pg_catalog.pg_extension_config_dump('ff.exclusion_groups', '');
SELECT pg_catalog.pg_extension_config_dump('ff.experiments', '');
SELECT pg_catalog.pg_extension_config_dump('ff.experiment_metrics', '');
SELECT pg_catalog.pg_extension_config_dump('ff.experiment_phases', '');
SELECT pg_catalog.pg_extension_config_dump('ff.experiment_looks', '');
SELECT pg_catalog.pg_extension_config_dump('ff.experiment_results', '');
SELECT pg_catalog.pg_extension_config_dump('ff.assignments', '');
SELECT pg_catalog.pg_extension_config_dump('ff.exposures_default', '');
SELECT pg_catalog.pg_extension_config_dump('ff.events_default', '');
SELECT pg_catalog.pg_extension_config_dump('ff.event_inbox', '');
SELECT pg_catalog.pg_extension_config_dump('ff.event_ids', '');
SELECT pg_catalog.pg_extension_config_dump('ff.evaluation_counts', '');
SELECT pg_catalog.pg_extension_config_dump('ff.evaluation_log', '');
SELECT pg_catalog.pg_extension_config_dump('ff.audit_checkpoints', '');
