/*
 * query_check.h
 *	  What a query that is registered must be.
 */
#ifndef FF_QUERY_CHECK_H
#define FF_QUERY_CHECK_H

#include "postgres.h"

#include "executor/spi.h"

/* An error unless the plan is of one query that reads and no more. */
extern void FFQueryCheckPlan(SPIPlanPtr plan);

#endif
