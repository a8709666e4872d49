/*
 * value_pg.h
 *	  Between jsonb and the values of the engine.
 */
#ifndef FF_ENGINE_VALUE_PG_H
#define FF_ENGINE_VALUE_PG_H

#include "postgres.h"
#include "utils/jsonb.h"

#include "engine/value.h"

/* A view of a jsonb, which must be detoasted and stay where it is. */
extern FFValue FFValueFromJsonb(Jsonb *jsonb);

/* A jsonb of its own; NULL where there is no value. */
extern Jsonb *FFValueToJsonb(const FFValue *value);

#endif
