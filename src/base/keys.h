/*
 * keys.h
 *	  Keys of subjects as values of the application's key columns.
 */
#ifndef FF_KEYS_H
#define FF_KEYS_H

#include "postgres.h"

#include "engine/value.h"

/* Whether keys can be looked up in a column of this type. */
extern bool FFKeyTypeIsKnown(Oid type);

/* The type of that name; text where it is none of them. */
extern Oid	FFKeyTypeNamed(FFString name);

/* False where the key cannot be a value of the type: it is in no row. */
extern bool FFKeyDatum(FFString key, Oid type, Datum *datum);

#endif
