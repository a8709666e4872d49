/*
 * effect_pg.h
 *	  Effects and quantiles as rows: ff.adjusted_comparison, ff.quantile.
 */
#ifndef FF_EFFECT_PG_H
#define FF_EFFECT_PG_H

#include "fmgr.h"

#include "stats/effect.h"

/* alpha and relative are the arguments of these numbers. */
extern Datum FFEffectRow(FunctionCallInfo fcinfo, FFEffect *effect, int alpha, int relative);

/* The columns of ff.quantile. */
#define FF_QUANTILE_COLUMNS 6

extern void FFQuantileColumns(const FFQuantile *quantile, Datum *values, bool *nulls);

#endif
