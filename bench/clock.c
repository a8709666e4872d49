/*
 * clock.c
 *	  Times statements in turn, so that what disturbs one disturbs all.
 *
 * usage: clock [-f] [-o] [-n rounds] [-r repeats] < list
 *
 * A line of the list is "name <tab> connection string <tab> statement".  The
 * name - means: run once at the start, untimed.  Lines of one connection
 * string share a connection.  With -f every statement gets a connection of
 * its own, and the time to make it is printed too, as name_connect.  The order
 * moves by one place a turn unless -o asks for that of the list.  Printed:
 * "name <tab> round <tab> microseconds", a line a sample.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#define MAX_LINES 256

typedef struct Line
{
	char	   *name;
	char	   *target;
	char	   *statement;
	PGconn	   *connection;
} Line;

static Line lines[MAX_LINES];
static int	nlines;

static double
Microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static PGconn *
Connect(const char *target)
{
	PGconn	   *connection = PQconnectdb(target);

	if (PQstatus(connection) != CONNECTION_OK)
	{
		fprintf(stderr, "clock: %s", PQerrorMessage(connection));
		exit(1);
	}
	return connection;
}

/* Time of the round trip and of reading the whole result. */
static double
Run(PGconn *connection, const char *statement)
{
	double		start = Microseconds();
	PGresult   *result = PQexec(connection, statement);
	double		elapsed = Microseconds() - start;
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
	{
		fprintf(stderr, "clock: %s: %s", statement, PQresultErrorMessage(result));
		exit(1);
	}
	PQclear(result);
	return elapsed;
}

/* Cuts a line at its tabs; false for blank lines and comments. */
static int
ParseLine(char *text, Line *line)
{
	text[strcspn(text, "\n")] = '\0';
	if (text[0] == '\0' || text[0] == '#')
		return 0;
	line->name = strtok(strdup(text), "\t");
	line->target = strtok(NULL, "\t");
	line->statement = strtok(NULL, "");
	if (line->statement == NULL)
	{
		fprintf(stderr, "clock: not a line of three fields: %s\n", text);
		exit(2);
	}
	return 1;
}

static void
ReadList(void)
{
	static char text[65536];

	while (fgets(text, sizeof(text), stdin) != NULL)
	{
		if (nlines == MAX_LINES)
		{
			fprintf(stderr, "clock: more than %d lines\n", MAX_LINES);
			exit(2);
		}
		nlines += ParseLine(text, &lines[nlines]);
	}
}

/* One connection a connection string. */
static void
OpenShared(void)
{
	for (int i = 0; i < nlines; i++)
	{
		for (int j = 0; j < i && lines[i].connection == NULL; j++)
		{
			if (strcmp(lines[i].target, lines[j].target) == 0)
				lines[i].connection = lines[j].connection;
		}
		if (lines[i].connection == NULL)
			lines[i].connection = Connect(lines[i].target);
	}
}

/* Every line once, untimed: caches are filled, set-up lines have run. */
static void
WarmUp(void)
{
	for (int i = 0; i < nlines; i++)
		Run(lines[i].connection, lines[i].statement);
}

static void
TimeShared(const Line *line, int round)
{
	printf("%s\t%d\t%.3f\n", line->name, round, Run(line->connection, line->statement));
}

static void
TimeFresh(const Line *line, int round)
{
	double		start = Microseconds();
	PGconn	   *connection = Connect(line->target);

	printf("%s_connect\t%d\t%.3f\n", line->name, round, Microseconds() - start);
	printf("%s\t%d\t%.3f\n", line->name, round, Run(connection, line->statement));
	PQfinish(connection);
}

static void
TimeAll(int fresh, int ordered, int rounds, int repeats)
{
	for (int turn = 0; turn < rounds * repeats; turn++)
	{
		for (int i = 0; i < nlines; i++)
		{
			const Line *line = &lines[ordered ? i : (i + turn) % nlines];

			if (strcmp(line->name, "-") == 0)
				continue;
			if (fresh)
				TimeFresh(line, turn / repeats + 1);
			else
				TimeShared(line, turn / repeats + 1);
		}
	}
}

int
main(int argc, char **argv)
{
	int			fresh = 0;
	int			ordered = 0;
	int			rounds = 7;
	int			repeats = 1;
	int			option;

	while ((option = getopt(argc, argv, "fon:r:")) != -1)
	{
		if (option == 'f')
			fresh = 1;
		else if (option == 'o')
			ordered = 1;
		else if (option == 'n')
			rounds = atoi(optarg);
		else if (option == 'r')
			repeats = atoi(optarg);
		else
			return 2;
	}
	ReadList();
	if (!fresh)
	{
		OpenShared();
		WarmUp();
	}
	TimeAll(fresh, ordered, rounds, repeats);
	return 0;
}
