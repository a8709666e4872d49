/*
 * unit_unleash.c
 *	  Addresses, times and draws as flags of Unleash have them.
 */
#include <stdio.h>
#include <string.h>

#include "dialects/unleash.h"
#include "standin.h"
#include "unit.h"

static bool
Parse(const char *text, FFNetwork *network)
{
	return FFParseNetwork4(Str(text), network) || FFParseNetwork6(Str(text), network);
}

static void
TestAddresses(void)
{
	static const char *const refused[] = {
		"", ".", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", " 1.2.3.4", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/1/2",
		":", ":::", "1::2::3", "::12345", "::g", "::1/129", "::1/", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4::5:6:7:8", "::1.2.3", "::1.2.3.04", "::1.2.3.4:5", "[::1]", "::/1/2", "1:", ":1", "::1%a/b"
	};
	static const char *const inside[][3] = {
		{"10.0.0.0/8", "10.255.0.1", "11.0.0.1"}, {"10.0.0.1", "10.0.0.1", "10.0.0.2"},
		{"10.0.0.128/25", "10.0.0.255", "10.0.0.127"}, {"0.0.0.0/0", "255.255.255.255", "::1"},
		{"10.0.0.0/9", "10.0.0.0/9", "10.0.0.0/8"}, {"2001:db8::/32", "2001:DB8:ffff::1", "2001:db9::1"},
		{"::/0", "1::", "1.2.3.4"}, {"::ffff:1.2.3.0/120", "::ffff:102:3ff", "::ffff:102:400"},
		{"fe80::/10", "febf::1%eth0", "fec0::1"}, {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:0.7.0.8", "1:2:3:4:5:6:7:9"},
		{"2001:db8::1/127", "2001:db8::", "2001:db8::2"}, {"fe80::/64%a", "fe80::9", "fe80:0:0:1::9"}
	};
	FFNetwork	network;
	FFNetwork	address;

	for (int i = 0; i < FF_LENGTH(refused); i++)
		Ok(!Parse(refused[i], &network), "\"%s\" is no address", refused[i]);
	for (int i = 0; i < FF_LENGTH(inside); i++)
	{
		Ok(Parse(inside[i][0], &network) && Parse(inside[i][1], &address) &&
		   FFNetworkContains(&network, &address), "%s is in %s", inside[i][1], inside[i][0]);
		Ok(Parse(inside[i][2], &address) && !FFNetworkContains(&network, &address),
		   "%s is not in %s", inside[i][2], inside[i][0]);
	}
}

/* Microseconds since 2000, or -1. */
static int64_t
Time(const char *text)
{
	int64_t		time;

	return FFParseTimeJs(Str(text), &time) ? time : -1;
}

static void
TestTimes(void)
{
	static const char *const same[] = {
		"2000-01-02T00:00:00Z", "2000-01-02", "2000-01-02T00:00", "2000-01-01T24:00:00Z", "2000-01-02 00:00z",
		"2000-01-02T01:30:00+01:30", "2000-01-01T22:30:00.000-0130", "+002000-01-02T00:00:00.0009Z"
	};
	static const char *const refused[] = {
		"", "2000-1-2", "2000-13-01", "2000-00-01", "2000-01-32", "2000-01-01T25:00Z", "2000-01-01T24:00:00.001Z",
		"2000-01-01T00:60Z", "2000-01-01T00:00:60Z", "2000-01-01T00", "2000-01-01T00:00:00.Z", "-000000-01-01",
		"2000-01-01T00:00:00+24:00", "2000-01-01T00:00:00Z ", "20000101", "Jan 1 2000"
	};

	for (int i = 0; i < FF_LENGTH(same); i++)
		Ok(Time(same[i]) == INT64_C(86400000000), "%s is the second day", same[i]);
	for (int i = 0; i < FF_LENGTH(refused); i++)
		Ok(Time(refused[i]) == -1, "\"%s\" is no time", refused[i]);
	Ok(Time("2000-02-30") == Time("2000-03-01"), "a day that the month does not have");
	Ok(Time("1999-12-31T23:59:59.999Z") == -1000, "before 2000");
	Ok(Time("-000001-03-01") == Time("0000-03-01") - INT64_C(366) * 86400000000, "before the year 0");
}

/* A flag of one strategy that enables so much of 1000 users. */
static int
Enabled(const char *strategy)
{
	FFText		text = {0};
	FFFlagSource source = {.dialect = Str("unleash"), .enabled = true};
	FFError		error;
	FFProgram  *program;
	int			enabled = 0;

	FFTextFormat(&text, "[{\"variations\": [{\"key\": \"off\", \"value\": false}, {\"key\": \"on\", \"value\": true}], "
				 "\"places\": [], \"flag\": {\"name\": \"f\", \"strategies\": [%s]}}]", strategy);
	source.rules = Json(text.data);
	program = FFProgramCompile(&source, &error);
	if (program == NULL)
		return -1;
	for (int i = 0; i < 1000; i++)
	{
		char		key[20];
		FFContext	context = {.user_key = {key, snprintf(key, sizeof(key), "user-%d", i)}};
		FFProviderAnswer answer;

		FFProgramAnswer(program, true, NULL, NULL, &context, &answer);
		enabled += answer.truth;
	}
	return enabled;
}

static bool
Between(int least, int number, int most)
{
	return number >= least && number <= most;
}

static void
TestDraws(void)
{
	Ok(Enabled("{\"name\": \"default\"}") == 1000, "the default strategy is for all");
	Ok(Between(250, Enabled("{\"name\": \"flexibleRollout\", \"parameters\": {\"rollout\": \"30\"}}"), 350), "30 percent");
	Ok(Between(230, Enabled("{\"name\": \"gradualRolloutRandom\", \"parameters\": {\"percentage\": \"30\"}}"), 370), "30 percent at random");
	Ok(Enabled("{\"name\": \"flexibleRollout\", \"parameters\": {\"rollout\": \"0\"}}") == 0, "nobody");
	Ok(Enabled("{\"name\": \"flexibleRollout\", \"parameters\": {\"rollout\": \"30.5\"}}") == 0, "a share with decimals is none");
	Ok(Enabled("{\"name\": \"gradualRolloutUserId\", \"parameters\": {\"percentage\": \"100\"}}") == 0, "without a group it is for nobody");
	Ok(Enabled("{\"name\": \"userWithId\", \"parameters\": {\"userIds\": \" user-1 ,user-2, user-3\"}}") == 3, "by name");
	Ok(Enabled("{\"name\": \"default\", \"constraints\": [{\"contextName\": \"userId\", \"operator\": \"STR_ENDS_WITH\", \"values\": [\"7\"]}]}") == 100, "who ends with 7");
	Ok(Enabled("{\"name\": \"default\", \"constraints\": [{\"contextName\": \"x\", \"operator\": \"NUM_EQ\", \"value\": \"x\", \"inverted\": true}]}") == 0, "what cannot be compared holds for nobody");
	Ok(Enabled("{\"name\": \"default\", \"segments\": [1]}") == 0, "an unknown segment is empty");
}

void
TestUnleash(void)
{
	TestAddresses();
	TestTimes();
	TestDraws();
}
