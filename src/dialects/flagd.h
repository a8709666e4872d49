/*
 * flagd.h
 *	  JsonLogic as flagd has it: values, expressions, and the machine that
 *	  works them out.  Private to flagd*.c.
 *
 * What decides between the letters of JsonLogic is flagd's SDK for ECMAScript.
 * It turns most expressions into code of ECMAScript, and interprets the rest;
 * where the two ways answer differently, an expression knows which is its own.
 */
#ifndef FF_ENGINE_DIALECT_FLAGD_H
#define FF_ENGINE_DIALECT_FLAGD_H

#include "engine/dialect.h"

#define FF_LOGIC_DEPTH 256		/* deeper expressions are refused */

/* --- values --------------------------------------------------------------- */

typedef enum FFItemKind
{
	FF_ITEM_UNDEFINED = 0,
	FF_ITEM_NULL,
	FF_ITEM_BOOL,
	FF_ITEM_NUMBER,
	FF_ITEM_STRING,
	FF_ITEM_LIST,				/* of items */
	FF_ITEM_ARRAY,				/* of a document or the context */
	FF_ITEM_OBJECT,				/* likewise */
	FF_ITEM_CONTEXT,			/* all that the flag is evaluated for */
	FF_ITEM_FLAGD,				/* its member $flagd */
	FF_ITEM_PAIR,				/* accumulator and current */
	FF_ITEM_PLACE				/* iterator and index */
} FFItemKind;

typedef struct FFItem
{
	FFItemKind	kind;
	bool		truth;			/* FF_ITEM_BOOL */
	int			count;			/* of items */
	double		number;			/* FF_ITEM_NUMBER */
	union
	{
		FFString	text;		/* FF_ITEM_STRING */
		const struct FFItem *items; /* FF_ITEM_LIST, FF_ITEM_PAIR, FF_ITEM_PLACE */
		FFValue		value;		/* FF_ITEM_ARRAY, FF_ITEM_OBJECT */
	}			as;
} FFItem;

/* --- expressions ------------------------------------------------------------ */

struct FFMachine;
struct FFExpression;
typedef void (*FFOperation) (struct FFMachine *machine, const struct FFExpression *expression,
							 FFItem *result);

typedef struct FFExpression
{
	FFOperation run;
	int			code;			/* which of the operation's kinds */
	bool		interpreted;	/* not turned into code */
	bool		spread;			/* one argument that is no array as written */
	bool		unary;			/* an interpreter hands it over as it is */
	bool		doomed;			/* interpreted: throws once what it is part of is met */
	int			count;
	struct FFExpression *arguments;
	FFItem		constant;
	const void *own;
} FFExpression;

/* A way into the context or the element at hand. */
typedef struct FFItemPath
{
	int			up;				/* how often it begins with ../ */
	int			count;
	FFString   *steps;
	FFAttribute first;			/* steps[0], where that is an attribute */
	bool		is_attribute;
	bool		is_key;			/* targetingKey: the user key, or such an attribute */
} FFItemPath;

/* The element that an expression inside map and its like is about. */
typedef struct FFScope
{
	const struct FFScope *up;
	FFItem		item;
	FFItem		list;
	int			index;
	bool		place;			/* ../ is {iterator, index}, else the list */
} FFScope;

typedef enum FFGeneration
{
	FF_FLAGD_V1,
	FF_FLAGD_V2,
	FF_FLAGD_V3
} FFGeneration;

/* A compiled flag. */
typedef struct FFFlagd
{
	FFString	key;
	FFGeneration generation;
	const FFRecipe *implicit;	/* of the flag's key and the user's */
	const FFRecipe *explicit;	/* of a value of its own */
	bool		interpreted;
	bool		broken;			/* its targeting cannot be parsed */
	bool		targeted;
	FFExpression targeting;
	bool		has_fallback;
	int			fallback;		/* place of defaultVariant, -1: there is no such variant */
	FFString	metadata;		/* JSON */
} FFFlagd;

typedef struct FFMachine
{
	FFEvaluation evaluation;	/* first: nodes are given this part */
	const FFFlagd *flag;		/* NULL: what is constant is worked out */
	const FFScope *scope;		/* NULL: the context itself */
	FFItem		last;			/* the one temporary variable of the SDK's code */
	bool		thrown;
	int64_t		work;			/* done so far */
	const FFRecipe *recipe;		/* of the last random split, NULL: none */
	FFString	unit;
	int			bucket;
	int			rule;			/* the part of the outermost if; -1: none */
} FFMachine;

/* --- values: flagd_item.c --------------------------------------------- */

extern FFItem FFItemOf(const FFValue *value);
extern FFItem FFItemString(FFString text);
extern FFItem FFItemNumber(double number);
extern FFItem FFItemBool(bool truth);
extern bool FFItemIsContainer(const FFItem *item);
extern bool FFItemTruthy(const FFItem *item);	/* as JsonLogic has it */
extern bool FFItemFalsy(const FFItem *item);	/* as ECMAScript has it */
extern double FFItemToNumber(const FFItem *item);	/* may be NaN */
extern FFString FFItemText(const FFItem *item);
extern bool FFItemBad(const FFItem *item);	/* no number comes of it */
extern bool FFItemSame(const FFItem *a, const FFItem *b);	/* === */
extern bool FFItemEqual(const FFItem *a, const FFItem *b);	/* == */

/* -1, 0, 1; 2: they have no order. */
extern int	FFItemCompare(const FFItem *a, const FFItem *b);

/* Texts are counted in units of UTF-16. */
extern int	FFTextUnits(FFString text);
extern FFString FFTextSlice(FFString text, int from, int count);
extern bool FFTextContains(FFString text, FFString part);

/* --- the machine: flagd_machine.c ----------------------------------- */

extern void FFMachineThrow(FFMachine *machine, FFItem *result);
extern bool FFMachineWork(FFMachine *machine, int64_t steps);	/* false: too much */
extern FFItem FFMachineMember(FFMachine *machine, const FFItem *of, FFString name);
extern FFItem FFMachineHere(FFMachine *machine);
extern FFItem FFMachineFollow(FFMachine *machine, const FFItemPath *path, bool *cut);

/* Arguments as a list, which may be the machine's own. */
typedef struct FFArguments
{
	int			count;
	const FFItem *items;
	FFItem		fixed[4];
} FFArguments;

extern bool FFMachineArguments(FFMachine *machine, const FFExpression *expression,
							   FFArguments *arguments);

/* The elements of an array, as items. */
extern bool FFMachineElements(FFMachine *machine, const FFItem *array, FFItem *list);

/* The units of a text, as an array. */
extern bool FFMachineUnits(FFMachine *machine, FFString text, FFItem *list);

static inline void
FFRun(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	expression->run(machine, expression, result);
}

/* --- operations ------------------------------------------------------------- */

extern void FFRunConstant(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunList(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunThrow(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunVariable(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunAsked(FFMachine *machine, const FFExpression *expression, FFItem *result);

/* flagd_logic.c */
extern void FFRunBranches(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunIf(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunJunction(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunTruth(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunComparison(FFMachine *machine, const FFExpression *expression, FFItem *result);

/* Codes of FFRunJunction and FFRunTruth. */
enum {FF_LOGIC_AND, FF_LOGIC_OR};
enum {FF_LOGIC_NOT, FF_LOGIC_IS};

/* Codes of FFRunComparison. */
typedef enum FFComparison
{
	FF_COMPARE_EQUAL,
	FF_COMPARE_UNEQUAL,
	FF_COMPARE_SAME,
	FF_COMPARE_OTHER,
	FF_COMPARE_LESS,
	FF_COMPARE_LESS_EQUAL,
	FF_COMPARE_GREATER,
	FF_COMPARE_GREATER_EQUAL
} FFComparison;

extern bool FFCompareAs(FFComparison comparison, const FFItem *a, const FFItem *b);

/* The checks of a comparison in code: what b is compared as; false: it throws. */
extern bool FFCheckCompared(const FFItem *last, FFItem *b);

/* flagd_number.c */
enum {FF_ADD, FF_SUBTRACT, FF_MULTIPLY, FF_DIVIDE, FF_REMAINDER};
enum {FF_MAXIMUM, FF_MINIMUM};

extern void FFRunArithmetic(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunExtreme(FFMachine *machine, const FFExpression *expression, FFItem *result);

/* flagd_list.c; codes of what names are to missing and missing_some */
enum {FF_PATHS, FF_MEMBERS};

extern void FFRunIn(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunConcatenate(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunSubstring(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunMerge(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunMissing(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunMissingSome(FFMachine *machine, const FFExpression *expression, FFItem *result);

/* flagd_iterate.c */
enum {FF_MAP, FF_FILTER, FF_ALL, FF_SOME, FF_NONE};

extern void FFRunIterate(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunReduce(FFMachine *machine, const FFExpression *expression, FFItem *result);

/* flagd_operators.c */
enum {FF_STARTS_WITH, FF_ENDS_WITH};

extern void FFRunAffix(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern void FFRunVersion(FFMachine *machine, const FFExpression *expression, FFItem *result);
extern bool FFFlagdVersion(FFString text, FFSemver *version);
extern bool FFVersionHolds(const FFSemver *a, FFString operator, const FFSemver *b, bool *holds);

/* flagd_fractional.c */
extern void FFRunFractional(FFMachine *machine, const FFExpression *expression, FFItem *result);

/* --- compiling ----------------------------------------------------------------- */

typedef struct FFLogicCompiler
{
	FFCompiler *compiler;
	FFFlagd    *flag;
	bool		broken;			/* the SDK would refuse to make code of it */
	bool		exact;			/* a comparison looks at what was read last */
	bool		inside;			/* of map and its like */
	int			depth;
} FFLogicCompiler;

/* flagd_compile.c, flagd_constant.c: false where the document is refused */
extern bool FFCompileLogic(FFLogicCompiler *logic, const FFPath *path, const FFValue *document,
						   bool interpreted, FFExpression *expression);
extern bool FFLogicBroken(FFLogicCompiler *logic, const FFPath *path, const char *what);
extern bool FFLogicKnown(FFString name);
extern bool FFConstantLogic(const FFValue *document, bool inside, bool *unknown);
extern bool FFUnknownLogic(const FFValue *document);	/* an operator in it */
/* A part that throws: at once where code is made, else when it is reached. */
extern bool FFLogicFail(FFLogicCompiler *logic, const FFPath *path, bool interpreted,
						const char *what, FFExpression *expression);

/* Operands: a list, or one that an interpreter unwraps; a value as it stands. */
extern bool FFCompileLogicPlain(FFLogicCompiler *logic, const FFPath *path,
								const FFValue *operand, FFExpression *expression);
extern bool FFCompileLogicUnary(FFLogicCompiler *logic, const FFPath *path,
								const FFValue *operand, FFExpression *expression);
extern bool FFCompileConstant(const FFValue *document, FFExpression *expression);

/* flagd_compile_list.c */
extern bool FFCompileIteration(FFLogicCompiler *logic, const FFPath *path,
							   const FFValue *operand, FFExpression *expression);
extern bool FFCompileMissing(FFLogicCompiler *logic, const FFPath *path,
							 const FFValue *operand, FFExpression *expression);
extern bool FFCompileChoice(FFLogicCompiler *logic, const FFPath *path,
							const FFValue *operand, FFExpression *expression);

/* flagd_path.c */
extern void FFCompilePath(FFLogicCompiler *logic, FFString text, FFItemPath *path);
extern void FFClimbPath(FFString text, FFItemPath *path);
extern void FFSplitPath(FFString text, FFItemPath *path);

/* flagd_condition.c: what an expression is worth as a condition */
extern bool FFCompileLogicCondition(FFLogicCompiler *logic, const FFPath *path,
									const FFValue *document, FFNode *node);

/* The one member of an object; false: it has none, or several. */
extern bool FFLogicOperator(const FFValue *document, FFString *name, FFValue *operand);

#endif
