/*
 * checks.h
 *	  Refusing documents that the engine cannot compile.
 */
#ifndef FF_CHECKS_H
#define FF_CHECKS_H

#include "engine/engine.h"

/* The engine's verdict as an error. */
extern void FFRefuseDocument(const FFError *error) __attribute__((noreturn));

#endif
