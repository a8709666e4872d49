/*
 * unit.h
 *	  A small TAP producer, and what several groups of tests share.
 */
#ifndef FF_TEST_UNIT_H
#define FF_TEST_UNIT_H

#include "engine/program.h"
#include "standin.h"

#define MINUTE INT64_C(60000000)
#define NOW (INT64_C(9497) * 1440 * MINUTE)	/* 2026-01-01T00:00:00Z */

/* Count and print one test. */
extern bool Ok(bool passed, const char *format,...)
			__attribute__((format(printf, 2, 3)));
extern bool Is(long long found, long long wanted, const char *format,...)
			__attribute__((format(printf, 3, 4)));
extern bool IsText(FFString found, const char *wanted, const char *format,...)
			__attribute__((format(printf, 3, 4)));

/* A flag with variations on, off, a, b, c and the documents given, or NULL. */
extern FFFlagSource Source(const char *rules, const char *serve,
						   const char *targets);
extern FFProgram *Compile(const char *rules, const char *serve);

extern FFContext Context(const char *user_key, const char *attributes);

/* Whether a condition matches; it must compile. */
extern bool Matches(const char *condition, const char *attributes);

/* The variation that rules and a default give, or "" without a key. */
extern FFString Served(const FFProgram *program, FFContext *context);

extern void TestOperators(void);
extern void TestText(void);
extern void TestDocuments(void);
extern void TestRules(void);
extern void TestBuckets(void);
extern void TestRecipes(void);
extern void TestLimits(void);
extern void TestTrace(void);
extern void TestLookup(void);
extern void TestSchedule(void);
extern void TestGates(void);
extern void TestStats(void);
extern void TestSequential(void);
extern void TestExact(void);
extern void TestEffects(void);
extern void TestInference(void);
extern void TestForeignNumbers(void);
extern void TestFlavours(void);
extern void TestUnleash(void);
extern void TestFlagd(void);
extern void TestJsonPath(void);
extern void TestFlagsmith(void);
extern void TestConfigCat(void);
extern void TestEppo(void);

#endif
