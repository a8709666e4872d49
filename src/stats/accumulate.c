/*
 * accumulate.c
 *	  Adding values to moments, and moments to moments.
 *
 * The updates are those of Youngs and Cramer (1971), and of Chan, Golub and
 * LeVeque (1983) for two states.  They keep the sum, not the mean: the sum is
 * exact, and a mean of 0 is 0 in whatever order it came about.
 */
#include "stats/moments.h"

/* The relative error of one addition. */
#define ROUNDING 0x1p-106

static bool
IsFinite(const FFMoments *moments)
{
	return isfinite(moments->sum.high) && isfinite(moments->squares.high);
}

/* difference^2 / (a b c), in factors that overflow no earlier than the result. */
static FFPrecise
SquareOver(FFPrecise difference, double a, double b, double c)
{
	FFPrecise	square = FFPreciseTimes(FFPreciseOverDouble(difference, a),
										FFPreciseOverDouble(difference, b));

	return c == 1 ? square : FFPreciseOverDouble(square, c);
}

/*
 * a - b, or 0 where that is no more than so many additions can have rounded:
 * equal values do not vary, even when their sum is not exact any more.
 */
static FFPrecise
Remainder(FFPrecise a, FFPrecise b, double additions)
{
	FFPrecise	difference = FFPreciseAdd(a, FFPreciseNegate(b));

	if (fabs(difference.high) <= fabs(a.high) * ROUNDING * (additions + 64))
		return (FFPrecise) {0, 0};
	return difference;
}

bool
FFMomentsAdd(FFMoments *moments, FFPrecise value)
{
	double		before = (double) moments->count;
	double		count = before + 1;

	if (moments->count >= FF_MOMENTS_MAX_COUNT)
		return false;
	moments->count++;
	moments->sum = FFPreciseAdd(moments->sum, value);
	if (before > 0)
	{
		FFPrecise	difference = Remainder(FFPreciseTimesDouble(value, count), moments->sum, count);

		moments->squares = FFPreciseAdd(moments->squares,
										SquareOver(difference, before, count, 1));
	}
	return IsFinite(moments);
}

bool
FFMomentsMerge(FFMoments *moments, const FFMoments *other)
{
	double		ours = (double) moments->count;
	double		theirs = (double) other->count;
	FFPrecise	difference;

	if (other->count == 0)
		return true;
	if (moments->count == 0)
	{
		*moments = *other;
		return true;
	}
	if (moments->count > FF_MOMENTS_MAX_COUNT - other->count)
		return false;
	difference = Remainder(FFPreciseTimesDouble(moments->sum, theirs),
						   FFPreciseTimesDouble(other->sum, ours), ours + theirs);
	moments->count += other->count;
	moments->sum = FFPreciseAdd(moments->sum, other->sum);
	moments->squares = FFPreciseAdd(FFPreciseAdd(moments->squares, other->squares),
									SquareOver(difference, ours, theirs, ours + theirs));
	return IsFinite(moments);
}

FFMoments
FFMomentsOf(int64_t count, double mean, double variance)
{
	FFMoments	moments = {.count = count};

	/* plus 0, which makes -0 a 0 */
	moments.sum = FFPreciseAddDouble(FFPreciseProduct((double) count, mean), 0);
	if (count > 1)
		moments.squares = FFPreciseProduct((double) (count - 1), variance);
	return moments;
}

FFMoments
FFMomentsOfSuccesses(int64_t count, int64_t successes)
{
	FFMoments	moments = {.count = count, .sum = {(double) successes, 0}};

	if (count > 1)
		moments.squares = FFPreciseOverDouble(FFPreciseProduct((double) successes, (double) (count - successes)),
											  (double) count);
	return moments;
}

static bool
IsNormal(FFPrecise number)
{
	return number.high + number.low == number.high;
}

static bool
IsZero(FFPrecise number)
{
	return number.high == 0 && number.low == 0;
}

FFMomentsFault
FFMomentsCheck(const FFMoments *moments)
{
	if (moments->count < 0 || moments->count > FF_MOMENTS_MAX_COUNT)
		return FF_MOMENTS_COUNT;
	if (!IsFinite(moments) || !isfinite(moments->sum.low) || !isfinite(moments->squares.low))
		return FF_MOMENTS_NOT_FINITE;
	if (!IsNormal(moments->sum) || !IsNormal(moments->squares))
		return FF_MOMENTS_NOT_NORMAL;
	if (moments->squares.high < 0)
		return FF_MOMENTS_NEGATIVE;
	if (moments->count == 0 && !IsZero(moments->sum))
		return FF_MOMENTS_EMPTY_SUM;
	if (moments->count < 2 && !IsZero(moments->squares))
		return FF_MOMENTS_FEW_SQUARES;
	return FF_MOMENTS_FINE;
}

FFPrecise
FFMomentsMean(const FFMoments *moments)
{
	return FFPreciseOverDouble(moments->sum, (double) moments->count);
}

double
FFMomentsVariance(const FFMoments *moments)
{
	return FFPreciseOverDouble(moments->squares, (double) (moments->count - 1)).high;
}
