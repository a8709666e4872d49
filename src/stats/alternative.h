/*
 * alternative.h
 *	  Which side of an effect a test asks about.
 */
#ifndef FF_ALTERNATIVE_H
#define FF_ALTERNATIVE_H

/* In the order in which SQL names them. */
typedef enum FFAlternative
{
	FF_TWO_SIDED,
	FF_GREATER,
	FF_LESS
} FFAlternative;

#endif
