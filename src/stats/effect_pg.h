/*
 * effect_pg.h
 *	  An effect as a row of ff.adjusted_comparison.
 */
#ifndef FF_EFFECT_PG_H
#define FF_EFFECT_PG_H

#include "fmgr.h"

#include "stats/effect.h"

/* alpha and relative are the arguments of these numbers. */
extern Datum FFEffectRow(FunctionCallInfo fcinfo, FFEffect *effect, int alpha, int relative);

#endif
