/*
 * settings.h
 *	  Settings of the form featureflow.name.
 */
#ifndef FF_SETTINGS_H
#define FF_SETTINGS_H

#include "postgres.h"

/* One "flag=variation" of featureflow.override. */
typedef struct FFSessionOverride
{
	const char *flag;
	int			flag_length;
	const char *variation;
	int			variation_length;
} FFSessionOverride;

typedef struct FFSessionOverrides
{
	int			count;
	FFSessionOverride items[FLEXIBLE_ARRAY_MEMBER];
} FFSessionOverrides;

extern char *FFEnvironmentSetting;
extern char *FFProjectSetting;
extern char *FFChangeReason;
extern char *FFAuthenticators;
extern char *FFSegmentSetting;
extern int	FFAnalysisMem;
extern int	FFExposuresAsync;
extern bool FFRestoring;
extern bool FFNotify;
extern bool FFDebug;
extern bool FFAllowOverrides;
extern FFSessionOverrides *FFOverrides;

/* Moves whenever the default environment, project or segment is set. */
extern uint64 FFSettingsSerial;

extern void FFSettingsInit(void);
extern void FFChangeSettingsInit(void);

#endif
