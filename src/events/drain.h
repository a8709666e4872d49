/*
 * drain.h
 *	  The workers that write exposures from the ring.
 */
#ifndef FF_DRAIN_H
#define FF_DRAIN_H

/* Has the server start the one that waits for exposures. */
extern void FFDrainRegister(void);

#endif
