/*
 * tables.h
 *	  Column numbers of the tables that C reads (tables.sql, versions.sql).
 *	  Columns are only ever appended.
 */
#ifndef FF_TABLES_H
#define FF_TABLES_H

#define Anum_projects_id 1
#define Anum_projects_key 3

#define Anum_environments_id 1
#define Anum_environments_project_id 2
#define Anum_environments_key 3
#define Anum_environments_locked_at 8
#define Anum_environments_locked_by 9
#define Anum_environments_lock_reason 10

#define Anum_plans_project_id 2
#define Anum_plans_key 3
#define Anum_plans_level 4

#define Anum_flags_id 1
#define Anum_flags_project_id 2
#define Anum_flags_key 3
#define Anum_flags_kind 4
#define Anum_flags_variations 5
#define Anum_flags_min_plan 6
#define Anum_flags_archived_at 7
#define Anum_flags_killed_at 8
#define Anum_flags_client_visible 9
#define Anum_flags_dialect 10
#define Natts_flags_read 10

#define Anum_flag_settings_flag_id 1
#define Anum_flag_settings_environment_id 2
#define Anum_flag_settings_enabled 3
#define Anum_flag_settings_targets 4
#define Anum_flag_settings_rules 5
#define Anum_flag_settings_default_serve 6
#define Anum_flag_settings_off_variation 7
#define Anum_flag_settings_salt 8
#define Anum_flag_settings_version 9
#define Anum_flag_settings_enabled_at 11
#define Anum_flag_settings_default_at 12

#define Anum_prerequisites_flag_id 1
#define Anum_prerequisites_prerequisite_id 2
#define Anum_prerequisites_variation 3

#define Anum_segments_id 1
#define Anum_segments_project_id 2
#define Anum_segments_key 3
#define Anum_segments_condition 4
#define Anum_segments_query 9
#define Anum_segments_query_type 10
#define Anum_segments_query_role 11

#define Anum_imported_segments_id 1
#define Anum_imported_segments_environment_id 2
#define Anum_imported_segments_dialect 3
#define Anum_imported_segments_key 4
#define Anum_imported_segments_document 5

#define Anum_segment_members_segment_id 1
#define Anum_segment_members_user_key 2

#define Anum_context_sources_project_id 2
#define Anum_context_sources_relation 3
#define Anum_context_sources_key_column 4
#define Anum_context_sources_attributes 5
#define Anum_context_sources_role 6
#define Anum_context_sources_position 7

#define Anum_metric_sources_id 1
#define Anum_metric_sources_key 3
#define Anum_metric_sources_relation 4
#define Anum_metric_sources_unit_column 5
#define Anum_metric_sources_time_column 6
#define Anum_metric_sources_value_column 7
#define Anum_metric_sources_role 8
#define Anum_metric_sources_capture 10

#define Anum_source_changes_source_id 1
#define Anum_source_changes_unit 2
#define Anum_source_changes_at 3
#define Anum_source_changes_written_in 4
#define Anum_source_changes_noted_at 5
#define Natts_source_changes 5

#define Anum_identity_sources_id 1
#define Anum_identity_sources_key 3
#define Anum_identity_sources_relation 4
#define Anum_identity_sources_anonymous_column 5
#define Anum_identity_sources_user_column 6
#define Anum_identity_sources_role 7

#define Anum_schedules_flag_id 2
#define Anum_schedules_environment_id 3
#define Anum_schedules_at 4
#define Anum_schedules_enabled 5
#define Anum_schedules_serve 6

#define Anum_experiments_id 1
#define Anum_experiments_project_id 2
#define Anum_experiments_key 3
#define Anum_experiments_flag_id 4
#define Anum_experiments_environment_id 5
#define Anum_experiments_status 6
#define Anum_experiments_control 7
#define Anum_experiments_phase 18
#define Anum_experiments_dimensions 19
#define Anum_experiments_traffic 20
#define Anum_experiments_salt 21
#define Anum_experiments_holdout_id 22
#define Anum_experiments_exclusion_group_id 23
#define Anum_experiments_exclusion_from 24
#define Anum_experiments_exclusion_to 25
#define Anum_experiments_sticky 26

#define Anum_assignments_experiment_id 1
#define Anum_assignments_unit 2
#define Anum_assignments_variation 3
#define Anum_assignments_at 4
#define Natts_assignments 4

#define Anum_holdouts_id 1
#define Anum_holdouts_key 3
#define Anum_holdouts_share 4
#define Anum_holdouts_salt 5

#define Anum_exclusion_groups_id 1
#define Anum_exclusion_groups_key 3
#define Anum_exclusion_groups_salt 4

#define Anum_exposures_experiment 1
#define Anum_exposures_unit 2
#define Anum_exposures_variation 3
#define Anum_exposures_environment 4
#define Anum_exposures_at 5
#define Anum_exposures_project 6
#define Anum_exposures_phase 7
#define Anum_exposures_dimensions 8
#define Anum_exposures_written_in 9

#define Anum_exposure_accounts_ledger 1
#define Anum_exposure_accounts_database 2
#define Anum_exposure_accounts_run 3
#define Anum_exposure_accounts_accounted 4
#define Anum_exposure_accounts_lost 5
#define Natts_exposure_accounts 5

#define Anum_overrides_flag_id 2
#define Anum_overrides_environment_id 3
#define Anum_overrides_subject_kind 4
#define Anum_overrides_subject 5
#define Anum_overrides_variation 6
#define Anum_overrides_expires_at 7

#define Anum_versions_environment_id 1
#define Anum_versions_project_id 2
#define Anum_versions_version 3
#define Anum_versions_project_key 4
#define Anum_versions_environment_key 5
#define Anum_versions_has_overrides 6
#define Anum_versions_has_prerequisites 7
#define Anum_versions_has_sources 8
#define Anum_versions_has_schedules 9
#define Anum_versions_has_experiments 10
#define Natts_versions 10

#define Anum_audit_log_id 1
#define Anum_audit_log_project_id 2
#define Anum_audit_log_number 3
#define Anum_audit_log_at 4
#define Anum_audit_log_transaction_id 5
#define Anum_audit_log_table_name 6
#define Anum_audit_log_action 7
#define Anum_audit_log_record_id 8
#define Anum_audit_log_flag_id 9
#define Anum_audit_log_environment_id 10
#define Anum_audit_log_session_role 11
#define Anum_audit_log_acting_role 12
#define Anum_audit_log_account 13
#define Anum_audit_log_token 14
#define Anum_audit_log_client_address 15
#define Anum_audit_log_application 16
#define Anum_audit_log_headers 17
#define Anum_audit_log_reason 18
#define Anum_audit_log_old 19
#define Anum_audit_log_new 20
#define Anum_audit_log_salts 21
#define Anum_audit_log_digests 22
#define Anum_audit_log_hash 23
#define Anum_audit_log_version 24
#define Anum_audit_log_written_at 25
#define Natts_audit_log 25

#define Anum_audit_checkpoints_project_id 1
#define Anum_audit_checkpoints_number 2
#define Anum_audit_checkpoints_hash 3

#endif
