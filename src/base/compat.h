/*
 * compat.h
 *	  The one place that knows PostgreSQL versions (15 to 18).
 */
#ifndef FF_COMPAT_H
#define FF_COMPAT_H

#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "portability/instr_time.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/guc.h"

#if PG_VERSION_NUM < 150000
#error "FeatureFlow needs PostgreSQL 15 or newer"
#endif

/* 16 took the macros for variable-length values out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 17 moved the local transaction id into PGPROC.vxid. */
#if PG_VERSION_NUM >= 170000
#define FFLocalXid() (MyProc->vxid.lxid)
#else
#define FFLocalXid() (MyProc->lxid)
#endif

/* 16 renamed what tells the file of a relation. */
#if PG_VERSION_NUM >= 160000
#define FFRelationFile(relation) ((relation)->rd_locator)
#else
#define FFRelationFile(relation) ((relation)->rd_node)
#endif

/* 17 lets LockHeldByMe look for stronger modes as well. */
#if PG_VERSION_NUM >= 170000
#define FFLockHeld(tag, mode) LockHeldByMe((tag), (mode), false)
#else
#define FFLockHeld(tag, mode) LockHeldByMe((tag), (mode))
#endif

/* 16 moved what check hooks hand over into a memory context of its own. */
#if PG_VERSION_NUM >= 160000
#define FFSettingAlloc(size) guc_malloc(LOG, (size))
#define FFSettingFree(pointer) guc_free(pointer)
#else
#define FFSettingAlloc(size) malloc(size)
#define FFSettingFree(pointer) free(pointer)
#endif

/* 16 has one function for the rights on all kinds of objects. */
#if PG_VERSION_NUM >= 160000
#define FFSchemaAclCheck(schema, role) \
	object_aclcheck(NamespaceRelationId, (schema), (role), ACL_USAGE)
#else
#define FFSchemaAclCheck(schema, role) pg_namespace_aclcheck((schema), (role), ACL_USAGE)
#endif

/* 18 counts what index scans do. */
#if PG_VERSION_NUM >= 180000
#define FFIndexBeginScan(table, index, snapshot, keys) \
	index_beginscan((table), (index), (snapshot), NULL, (keys), 0)
#else
#define FFIndexBeginScan(table, index, snapshot, keys) \
	index_beginscan((table), (index), (snapshot), (keys), 0)
#endif

/* 16 lets an insertion ask for summarizing indexes alone. */
#if PG_VERSION_NUM >= 160000
#define FFInsertIndexTuples(target, slot, estate) \
	ExecInsertIndexTuples((target), (slot), (estate), false, false, NULL, NIL, false)
#else
#define FFInsertIndexTuples(target, slot, estate) \
	ExecInsertIndexTuples((target), (slot), (estate), false, false, NULL, NIL)
#endif

/* The same for a row that goes again if its key is taken meanwhile. */
#if PG_VERSION_NUM >= 160000
#define FFInsertIndexTuplesOnTrial(target, slot, estate, conflict) \
	ExecInsertIndexTuples((target), (slot), (estate), false, true, (conflict), NIL, false)
#else
#define FFInsertIndexTuplesOnTrial(target, slot, estate, conflict) \
	ExecInsertIndexTuples((target), (slot), (estate), false, true, (conflict), NIL)
#endif

/* 18 can leave out a row that is there already: slots of new ones name none. */
#if PG_VERSION_NUM >= 180000
#define FFKeysAreFree(target, slot, estate, taken) \
	ExecCheckIndexConstraints((target), (slot), (estate), (taken), &(slot)->tts_tid, NIL)
#else
#define FFKeysAreFree(target, slot, estate, taken) \
	ExecCheckIndexConstraints((target), (slot), (estate), (taken), NIL)
#endif

/* 16 finds out how a partition's columns are placed when that is first asked for. */
#if PG_VERSION_NUM >= 160000
#define FFPartitionMap(leaf, estate) ExecGetRootToChildMap((leaf), (estate))
#else
#define FFPartitionMap(leaf, estate) ((leaf)->ri_RootToPartitionMap)
#endif

/* 16 lets input functions hand back an error softly (pg_input_is_valid). */
#if PG_VERSION_NUM >= 160000
#define FFInputError(fcinfo, report) ereturn((fcinfo)->context, (Datum) 0, report)
#else
#define FFInputError(fcinfo, report) ereport(ERROR, report)
#endif

/* 16 tells times of its clocks in nanoseconds. */
#if PG_VERSION_NUM >= 160000
#define FFNanoseconds(time) ((uint64) INSTR_TIME_GET_NANOSEC(time))
#else
#define FFNanoseconds(time) ((uint64) (INSTR_TIME_GET_DOUBLE(time) * 1e9))
#endif

/* 18 carries name and version in the magic block. */
#ifdef PG_MODULE_MAGIC_EXT
#define FF_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "featureflow", .version = FF_VERSION)
#else
#define FF_MODULE_MAGIC PG_MODULE_MAGIC
#endif

#endif
