/*
 * attempt.h
 *	  What a worker tries, and goes on without where the data refuse it.
 */
#ifndef FF_ATTEMPT_H
#define FF_ATTEMPT_H

#include "postgres.h"

/*
 * Runs an action in a subtransaction.  False, and a warning that says what failed,
 * where the error lies in what is written or in how the table is made.  What else
 * stops a worker passes through: locks, disks, memory, a server that goes down.
 */
extern bool FFAttempt(void (*action) (void *argument), void *argument, const char *failure);

#endif
