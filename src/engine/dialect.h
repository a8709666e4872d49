/*
 * dialect.h
 *	  How flags of other systems answer as they did there.
 *
 * A dialect compiles its provider's document into a tree of the same nodes as
 * native conditions have (program.h), with matchers and nodes of its own where
 * the provider compares in a way of its own, and follows it in the provider's
 * order.  A faulty part is kept as what answers as the provider does, and
 * noted; a document is refused only where the same cannot be answered.
 */
#ifndef FF_ENGINE_DIALECT_H
#define FF_ENGINE_DIALECT_H

#include "engine/dialect_tools.h"
#include "engine/program.h"
#include "engine/recipe.h"

typedef struct FFDialect
{
	const char *name;			/* as in ff.flags.dialect */
	/* fills compiler->program->own; false: refused, see FFRefuse */
	bool		(*compile) (FFCompiler *compiler, const FFValue *document);
	/* fills the root of a segment's condition; NULL: it has no segments */
	bool		(*compile_segment) (FFCompiler *compiler, const FFValue *document, FFNode *root);
	/* *answer comes with FFAnswerNothing; enabled is flag_settings.enabled */
	void		(*answer) (const FFProgram *program, FFEvaluation *evaluation,
						   bool enabled, FFProviderAnswer *answer);
} FFDialect;

extern const FFDialect FFDialectLaunchDarkly;
extern const FFDialect FFDialectUnleash;
extern const FFDialect FFDialectPostHog;
extern const FFDialect FFDialectGrowthBook;
extern const FFDialect FFDialectFlagsmith;
extern const FFDialect FFDialectFlagd;
extern const FFDialect FFDialectConfigCat;
extern const FFDialect FFDialectEppo;

/* --- compiling ---------------------------------------------------------- */

/*
 * An attribute by its steps, each a member of the object before; the user key
 * is not among them (FF_SLOT_USER_KEY in attribute->slot stands for it).
 */
extern void FFDialectAttribute(FFCompiler *compiler, const FFString *steps, int count,
							   FFAttribute *attribute);

/* The number of a segment of the project's own, not of the provider's. */
extern int	FFInternOwnSegment(FFCompiler *compiler, FFString key);

/* Note a faulty part that is kept. */
extern void FFNoteFault(FFCompiler *compiler, const FFPath *path, const char *format,...)
			__attribute__((format(printf, 3, 4)));

/* Text of a member, data NULL where it is no string; a member by literal name. */
extern FFString FFDialectString(const FFValue *object, const char *member);
extern FFValue FFDialectMember(const FFValue *object, const char *member);

/* The setup of regular expressions, made when first needed. */
extern FFRegexSetup *FFDialectRegexSetup(FFCompiler *compiler);

/* A node of the dialect's own. */
extern void FFOwnNodeInit(FFNode *node, const char *name,
						  bool (*matches) (FFEvaluation *evaluation, const void *state),
						  const void *state);

/* --- evaluating --------------------------------------------------------- */

extern void FFAnswerNothing(FFProviderAnswer *answer);

/* Ask the flag that the document names by this number (FFInternFlag). */
extern void FFAskFlag(FFEvaluation *evaluation, int number, FFTold *told);

/* Whether the segment of this number (FFInternSegment) is there at all. */
extern bool FFSegmentKnown(const FFEvaluation *evaluation, int number);

/* One step of an explanation, nothing unless somebody explains. */
extern void FFExplain(FFEvaluation *evaluation, const char *step, const char *outcome,
					  const char *format,...) __attribute__((format(printf, 4, 5)));

#endif
