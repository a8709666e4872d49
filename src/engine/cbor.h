/*
 * cbor.h
 *	  Values in the deterministic encoding of RFC 8949.  Private to this folder.
 */
#ifndef FF_ENGINE_CBOR_H
#define FF_ENGINE_CBOR_H

#include "engine/program.h"

extern void FFCborHead(FFText *text, int major, uint64_t number);
extern void FFCborNull(FFText *text);
extern void FFCborBool(FFText *text, bool truth);
extern void FFCborNumber(FFText *text, double d);
extern void FFCborText(FFText *text, FFString string);
extern void FFCborList(FFText *text, int count);	/* its elements follow */
extern bool FFCborValue(FFText *text, const FFValue *value);

#endif
