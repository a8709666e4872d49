/*
 * gather.h
 *	  An analysis while it reads: units, what is summed of their events, and the
 *	  sums.
 *
 * First exposures are read, into a table of this backend (units.h).  That is
 * then laid out in one piece of memory together with the sums, which parallel
 * workers may share: each has sums of its own, and nobody waits.
 */
#ifndef FF_GATHER_H
#define FF_GATHER_H

#include "postgres.h"

#include "port/atomics.h"
#include "storage/dsm.h"
#include "utils/hsearch.h"
#include "utils/tuplestore.h"

#include "experiments/fixed.h"
#include "experiments/units.h"

/* Inputs are bits of a mask. */
#define FF_GATHER_INPUTS 62
#define FF_GATHER_BATCH 64

/* What is made of a unit's events. */
typedef enum FFAggregate
{
	FF_AGGREGATE_ANY,
	FF_AGGREGATE_COUNT,
	FF_AGGREGATE_SUM
} FFAggregate;

/* Events of a kind, summed over a time after the exposure, and over one before. */
typedef struct FFInput
{
	FFAggregate aggregate;
	bool		windowed;		/* ends by its window, even after the experiment's end */
	int			place;			/* of the sum; that before the exposure is the next one */
	int64		from;			/* microseconds after the exposure */
	int64		to;				/* likewise; INT64_MAX: no window */
	int64		period;			/* microseconds before the exposure; 0: nothing is summed */
} FFInput;

/* When units of a phase stop to count. */
typedef struct FFPhase
{
	TimestampTz started;
	TimestampTz cut;			/* exposures to another variation from here on do no harm */
	TimestampTz limit;			/* events count before this */
	TimestampTz windowed_limit; /* the same for inputs with a window */
} FFPhase;

/* An event that waits for its turn: places are fetched ahead for a batch. */
typedef struct FFWaiting
{
	FFUnitKey	key;
	TimestampTz at;
	int64		mask;
	FFWideTotal value;
} FFWaiting;

typedef struct FFBatch
{
	int			count;
	FFWaiting	events[FF_GATHER_BATCH];
} FFBatch;

/* The shared piece of memory; what follows is found by offsets. */
typedef struct FFGathering
{
	uint64		magic;			/* whoever joins looks here first */
	Oid			database;
	Oid			role;
	pg_atomic_uint32 participants;
	pg_atomic_uint32 too_wide;	/* a value or sum did not fit */
	int			most_participants;
	int			inputs;
	int			sums;			/* of a unit */
	int			decimals;		/* FF_NARROW_DECIMALS or FF_WIDE_DECIMALS */
	uint32		units;
	uint32		mask;
	uint64		seed;
	uint32		part;			/* units of this part of the keys are in the table */
	uint32		parts;
	Size		places_at;
	Size		units_at;
	Size		phases_at;
	Size		batches_at;
	Size		sums_at;
	FFInput		input[FF_GATHER_INPUTS];
} FFGathering;

#define FF_GATHERING_MAGIC UINT64CONST(0x46466761746865)

#define FF_GATHERING(gathering, at, type) ((type *) ((char *) (gathering) + (gathering)->at))

struct FFCell;
struct FFCross;
struct FFRenewal;

/* A metric as it is made of sums. */
typedef struct FFGatherMetric
{
	int			variables;
	int			input[4];		/* of each variable */
	int			place[4];
	int64		complete;		/* units count so long after their exposure; -1: at once */
	double		cap;			/* NAN: none */
	double		percentile;
	bool		cap_ignores_zeros;
	double		quantile;
	FFPrecise  *totals;			/* of units, where all must be known: variables each */
	struct FFCell **total_cells;
	int64		total_count;
	int64		total_space;
} FFGatherMetric;

/* What units of a phase, variation and level have in common. */
typedef struct FFCellKey
{
	uint32		phase;
	uint32		variation;
	uint32		level;
} FFCellKey;

typedef struct FFCell
{
	FFCellKey	key;
	int64		counted;
	int64		mixed;
	int64		excluded;
	struct FFCross **moments;	/* by metric; NULL: no units yet */
	struct FFCross **capped;
} FFCell;

/* An analysis of this backend. */
typedef struct FFAnalysis
{
	int32		id;
	MemoryContext context;
	struct FFAnalysis *next;
	FFUnits		units;
	uint32		part;
	uint32		parts;
	TimestampTz now;
	int			phases;
	FFPhase    *phase;
	int			inputs;
	int			sums;
	FFInput		input[FF_GATHER_INPUTS];
	int			metrics;
	FFGatherMetric *metric;
	int			variations;
	int			variation_space;
	char	  **variation;
	HTAB	   *level_numbers;
	uint32		levels;
	uint32		level_space;
	char	  **level;
	FFGathering *gathering;		/* while events are read */
	dsm_segment *segment;		/* where it is shared */
	HTAB	   *cells;			/* FFCell */
	struct FFRenewal *renewal;	/* where it goes on from units that were kept */
	Tuplestorestate *kept;		/* pages of units for the next one, if they are wanted */
} FFAnalysis;

/* The analysis of a number, and one more of none. */
extern FFAnalysis *FFAnalysisFind(int64 handle);

/* Numbers of names; the level of none is 0. */
extern uint16 FFAnalysisVariation(FFAnalysis *analysis, const char *data, int length);
extern uint32 FFAnalysisLevel(FFAnalysis *analysis, const char *data, int length);

/* Lay out memory for events; then what waits in batches must be settled. */
extern void FFGatherLayOut(FFAnalysis *analysis, int workers, bool wide);
extern void FFGatherSettle(FFGathering *gathering, int participant);
extern void FFGatherRelease(FFAnalysis *analysis);

/* Whether a unit is of the part of all keys that is read. */
static inline bool
FFIsOfPart(FFUnitKey key, uint32 part, uint32 parts)
{
	return parts <= 1 || key.high % parts == part;
}

/* Bytes of a unit's sums. */
static inline Size
FFSumsSize(int sums, int decimals)
{
	return (Size) sums * (decimals == FF_NARROW_DECIMALS ? sizeof(int64) : sizeof(FFWideTotal));
}

/*
 * Take in other exposures of a unit, of which met is the first; whatever the
 * order, the result is the same (meet.c).
 */
extern void FFMeet(const FFAnalysis *analysis, FFUnit *unit, const FFUnit *met);

/* Add the units of this part to the cells (sweep.c). */
extern void FFSweep(FFAnalysis *analysis);

/* Add one unit to them, with the sums of a number. */
extern void FFSweepUnit(FFAnalysis *analysis, const FFUnit *unit, uint32 number);

/* A unit's sum of all participants. */
extern FFWideTotal FFUnitTotal(FFGathering *gathering, uint32 unit, int place);

/* An empty table of cells. */
extern HTAB *FFCellsMake(MemoryContext context);

#endif
