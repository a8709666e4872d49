/*
 * group.c
 *	  ff_gst_bounds and its kin: group sequential designs.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/distribution.h"
#include "stats/group_sequential.h"
#include "stats/inference.h"

PG_FUNCTION_INFO_V1(ff_gst_bounds);
PG_FUNCTION_INFO_V1(ff_gst_power);
PG_FUNCTION_INFO_V1(ff_gst_inflation);
PG_FUNCTION_INFO_V1(ff_gst_look);

#define MOST_LOOKS 1000

/* A design, its looks, and memory for its integrals. */
typedef struct GroupPlan
{
	FFGroupDesign design;
	FFGroupLook *looks;
	double	   *room;
} GroupPlan;

/* Ascending, by steps that the integrals can follow. */
static void
CheckInformation(const double *information, int looks)
{
	if (looks < 1 || looks > MOST_LOOKS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("information must be of 1 to %d looks, not %d", MOST_LOOKS, looks)));
	for (int i = 0; i < looks; i++)
	{
		double		before = i > 0 ? information[i - 1] : 0;

		if (!(information[i] > 0 && information[i] - before >= FF_GROUP_GROWTH * information[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("information must ascend from above 0, by a share of %g at least: %g follows %g",
							FF_GROUP_GROWTH, information[i], before)));
	}
	if (information[0] < 1e-9 || information[looks - 1] > 1e9)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("information must be a share of the planned information, between 1e-9 and 1e9")));
}

/* The parameter of the families that have one. */
static double
ParameterArgument(FunctionCallInfo fcinfo, int number, FFSpending spending)
{
	double		value = FFNumberArgument(fcinfo, number, "parameter");

	if ((spending == FF_SPEND_KIM_DEMETS && !(value > 0 && value <= 50)) ||
		(spending == FF_SPEND_HWANG_SHIH_DECANI && !(fabs(value) <= 50)) ||
		(spending == FF_WANG_TSIATIS && !(value >= -5 && value <= 0.5)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter %g is out of range", value),
				 errdetail("That of kim-demets is above 0 and at most 50, of hwang-shih-decani between -50 and 50, of wang-tsiatis between -5 and 0.5.")));
	return value;
}

/* spending and parameter: the classic shapes are two of Wang and Tsiatis'. */
static void
ReadSpending(FunctionCallInfo fcinfo, int number, FFGroupDesign *design)
{
	static const char *const words[] = {"obf", "pocock", "kim-demets", "hwang-shih-decani", "wang-tsiatis",
	"obf-classic", "pocock-classic", NULL};
	int			word = FFWordArgument(fcinfo, number, "spending", words);

	design->spending = word < FF_WANG_TSIATIS ? (FFSpending) word : FF_WANG_TSIATIS;
	design->parameter = word == 6 ? 0.5 : 0;
	if (word >= FF_SPEND_KIM_DEMETS && word <= FF_WANG_TSIATIS)
		design->parameter = ParameterArgument(fcinfo, number + 1, design->spending);
	else if (!PG_ARGISNULL(number + 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("spending \"%s\" has no parameter", words[word])));
}

static bool
SidesArgument(FunctionCallInfo fcinfo, int number)
{
	if (PG_ARGISNULL(number))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("sided must not be NULL")));
	if (PG_GETARG_INT32(number) != 1 && PG_GETARG_INT32(number) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sided must be 1 or 2, not %d", PG_GETARG_INT32(number))));
	return PG_GETARG_INT32(number) == 2;
}

/* information, and from a place on: alpha, spending, parameter, sided, final. */
static GroupPlan
ReadPlan(FunctionCallInfo fcinfo, int number)
{
	GroupPlan	plan = {0};
	double		alpha;

	plan.design.information = FFNumbersArgument(fcinfo, 0, "information", &plan.design.looks);
	CheckInformation(plan.design.information, plan.design.looks);
	alpha = FFShareArgument(fcinfo, number, "alpha");
	ReadSpending(fcinfo, number + 1, &plan.design);
	plan.design.two_sided = SidesArgument(fcinfo, number + 3);
	plan.design.final = FFBooleanArgument(fcinfo, number + 4, "final");
	plan.design.pause = FFPause;
	plan.design.alpha = plan.design.two_sided ? alpha / 2 : alpha;
	if (plan.design.alpha >= 0.5 || plan.design.alpha < 1e-200)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("alpha of a side must be below 0.5 and not below 1e-200, not %g", plan.design.alpha)));
	plan.looks = palloc0(sizeof(FFGroupLook) * plan.design.looks);
	plan.room = palloc_extended(sizeof(double) * FFGroupRoom(&plan.design), MCXT_ALLOC_HUGE);
	return plan;
}

/* The shares that alpha is spent by, where they are not the information. */
static void
ReadSpentAt(FunctionCallInfo fcinfo, int number, FFGroupDesign *design)
{
	double	   *shares;
	int			count;

	if (PG_ARGISNULL(number))
		return;
	shares = FFNumbersArgument(fcinfo, number, "spent_at", &count);
	if (count != design->looks)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("spent_at is of %d looks, and information of %d", count, design->looks)));
	for (int i = 0; i < count; i++)
		if (!(shares[i] > 0) || (i > 0 && shares[i] < shares[i - 1]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("spent_at must be above 0 and not descend: %g at look %d", shares[i], i + 1)));
	if (design->spending == FF_WANG_TSIATIS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bounds of a shape go by the information and spend by no share")));
	design->spent_at = shares;
}

/* Begin a set of rows. */
static ReturnSetInfo *
BeginRows(FunctionCallInfo fcinfo)
{
	InitMaterializedSRF(fcinfo, 0);
	return (ReturnSetInfo *) fcinfo->resultinfo;
}

static void
PutRow(ReturnSetInfo *set, const GroupPlan *plan, int look, double third, double fourth, double fifth)
{
	Datum		values[5] = {Int32GetDatum(look + 1), Float8GetDatum(plan->design.information[look]),
	Float8GetDatum(third), Float8GetDatum(fourth), Float8GetDatum(fifth)};
	bool		nulls[5] = {false};

	tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
}

Datum
ff_gst_bounds(PG_FUNCTION_ARGS)
{
	GroupPlan	plan = ReadPlan(fcinfo, 1);
	ReturnSetInfo *set = BeginRows(fcinfo);
	double		sides = plan.design.two_sided ? 2 : 1;

	ReadSpentAt(fcinfo, 6, &plan.design);
	FFGroupBounds(&plan.design, plan.room, plan.looks);
	for (int i = 0; i < plan.design.looks; i++)
		PutRow(set, &plan, i, sides * plan.looks[i].spent, plan.looks[i].bound,
			   sides * FFNormalTail(plan.looks[i].bound));
	PG_RETURN_NULL();
}

Datum
ff_gst_power(PG_FUNCTION_ARGS)
{
	GroupPlan	plan = ReadPlan(fcinfo, 2);
	double		drift = FFNumberArgument(fcinfo, 1, "drift");
	ReturnSetInfo *set = BeginRows(fcinfo);

	if (fabs(drift) > 1e4)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("drift must be between -1e4 and 1e4, not %g", drift)));
	FFGroupBounds(&plan.design, plan.room, plan.looks);
	FFGroupPower(&plan.design, drift, plan.room, plan.looks);
	for (int i = 0; i < plan.design.looks; i++)
		PutRow(set, &plan, i, plan.looks[i].bound, plan.looks[i].above, plan.looks[i].below);
	PG_RETURN_NULL();
}

Datum
ff_gst_inflation(PG_FUNCTION_ARGS)
{
	GroupPlan	plan = ReadPlan(fcinfo, 2);
	double		power = FFShareArgument(fcinfo, 1, "power");
	double		single = -FFNormalQuantile(plan.design.alpha) + FFNormalQuantile(power);
	Datum		values[2];
	bool		nulls[2] = {false};
	double		drift;

	if (!(power > plan.design.alpha && power <= 0.999999))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("power must be above the alpha of a side and at most 0.999999, not %g", power)));
	FFGroupBounds(&plan.design, plan.room, plan.looks);
	drift = FFGroupDrift(&plan.design, power, plan.room, plan.looks);
	if (!isfinite(drift))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no drift has this power"),
				 errdetail("Nothing, or next to nothing, is spent at these looks.")));
	FFSetNumber(values, nulls, 0, drift);
	FFSetNumber(values, nulls, 1, drift / single * (drift / single));
	return FFRowDatum(fcinfo, values, nulls, 2);
}

/* The number of the look, from 0. */
static int
LookArgument(FunctionCallInfo fcinfo, int number, int looks)
{
	int			look = PG_ARGISNULL(number) ? looks : PG_GETARG_INT32(number);

	if (look < 1 || look > looks)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("look must be between 1 and %d, not %d", looks, look)));
	return look - 1;
}

/* The repeated p-value: of both sides, or of the upper one. */
static void
SetRepeatedP(Datum *values, bool *nulls, GroupPlan *plan, int look, double z)
{
	double		log_p = FFGroupLogP(&plan->design, look, z, plan->room, plan->looks);
	double		p_value;
	double		log10_p;

	if (plan->design.two_sided && log_p < 0)
		log_p += M_LN2;
	FFProbability(log_p, &p_value, &log10_p);
	FFSetNumber(values, nulls, 5, p_value);
	FFSetNumber(values, nulls, 6, log10_p);
}

Datum
ff_gst_look(PG_FUNCTION_ARGS)
{
	GroupPlan	plan = ReadPlan(fcinfo, 3);
	int			look = LookArgument(fcinfo, 8, plan.design.looks);
	Datum		values[7] = {0};
	bool		nulls[7] = {true, false, true, true, true, true, true};
	double		bound;

	ReadSpentAt(fcinfo, 9, &plan.design);
	FFGroupBounds(&plan.design, plan.room, plan.looks);
	bound = plan.looks[look].bound;
	FFSetNumber(values, nulls, 1, bound);
	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		double		effect = FFNumberArgument(fcinfo, 1, "effect");
		double		error = FFAmountArgument(fcinfo, 2, "standard_error");
		double		z = plan.design.two_sided ? fabs(effect / error) : effect / error;

		if (error > 0 && isfinite(z))
		{
			memset(nulls, false, sizeof(nulls));
			values[0] = Float8GetDatum(effect / error);
			values[2] = BoolGetDatum(z >= bound);
			values[3] = Float8GetDatum(effect - bound * error);
			values[4] = Float8GetDatum(plan.design.two_sided ? effect + bound * error : INFINITY);
			SetRepeatedP(values, nulls, &plan, look, z);
		}
	}
	return FFRowDatum(fcinfo, values, nulls, 7);
}
