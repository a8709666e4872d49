/*
 * dimensions.h
 *	  What is known of a unit when it is exposed.
 */
#ifndef FF_DIMENSIONS_H
#define FF_DIMENSIONS_H

#include "postgres.h"

#include "utils/array.h"
#include "utils/jsonb.h"

#include "evaluate/pipeline.h"

/* The attributes of these names that are scalars, as an object; NULL for none. */
extern Jsonb *FFDimensionsOf(FFSubject *subject, ArrayType *names);

#endif
