/*
 * pin.h
 *	  What one statement sees: the rule sets of its own snapshot.
 */
#ifndef FF_PIN_H
#define FF_PIN_H

#include "postgres.h"

#include "engine/value.h"
#include "evaluate/rulesets.h"

/* Moves at every change of configuration that this backend makes or undoes. */
extern uint64 FFEditCounter;

/*
 * The first command under which rows of an edit are about to be written, until
 * its statement ends: what is pinned from there on holds for one call only,
 * since the next one may see more.  Else InvalidCommandId, above all others.
 */
extern CommandId FFEditCommand;

/*
 * The serial number of the pin that holds for the running statement, made
 * anew where the statement (or what it can see) is another.  Whatever a call
 * site remembered under the same number still holds.
 */
extern uint64 FFPinSerial(void);

/* The serial number of the pin that was asked for last. */
extern uint64 FFPinLast(void);

/*
 * How often this backend has heard of a relation that changed.  What is known of
 * one holds while the number does; by its locks that is as long as the pin, but
 * for what this transaction changes itself, as between two FETCHes of a cursor.
 */
extern uint64 FFRelationChanges;

/* The rule set of an environment as the pinned statement sees it. */
extern FFRuleset *FFPinRuleset(FFString project, FFString environment);

extern void FFPinInit(void);

/* Let go of everything; at the end of a transaction. */
extern void FFPinReset(void);

#endif
