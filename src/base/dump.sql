-- Rows that pg_dump takes along.  Not ff.versions, nor its sequence: a
-- restored database has numbers of its own.
SELECT pg_catalog.pg_extension_config_dump('ff.organizations', '');
SELECT pg_catalog.pg_extension_config_dump('ff.projects', '');
SELECT pg_catalog.pg_extension_config_dump('ff.environments', '');
SELECT pg_catalog.pg_extension_config_dump('ff.plans', '');
SELECT pg_catalog.pg_extension_config_dump('ff.flags', '');
SELECT pg_catalog.pg_extension_config_dump('ff.flag_settings', '');
SELECT pg_catalog.pg_extension_config_dump('ff.prerequisites', '');
SELECT pg_catalog.pg_extension_config_dump('ff.segments', '');
SELECT pg_catalog.pg_extension_config_dump('ff.overrides', '');
SELECT pg_catalog.pg_extension_config_dump('ff.audit_log', '');
SELECT pg_catalog.pg_extension_config_dump('ff.flag_versions', '');
