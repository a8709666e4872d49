/*
 * actor.c
 *	  Who makes a change, and from where.
 *
 * Claims and headers are settings that any session can make up, so they are
 * believed only where the login role is one that a gateway uses.  What cannot
 * be read there is left out: it never stops a change.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/varlena.h"

#include "audit/actor.h"
#include "base/settings.h"
#include "engine/value_pg.h"

/* Whether the login role is named in featureflow.authenticators. */
static bool
IsAuthenticator(const char *session_role)
{
	char	   *copy = pstrdup(FFAuthenticators);
	List	   *names;
	ListCell   *cell;

	if (!SplitIdentifierString(copy, ',', &names))
		return false;
	foreach(cell, names)
	{
		if (strcmp(lfirst(cell), session_role) == 0)
			return true;
	}
	return false;
}

/* Parse a setting as jsonb in a subtransaction; NULL where it is none. */
static Jsonb *
ParseSetting(const char *name)
{
	const char *setting = GetConfigOption(name, true, false);
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Jsonb	   *volatile parsed = NULL;

	if (setting == NULL || setting[0] == '\0')
		return NULL;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		parsed = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(setting)));
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		RollbackAndReleaseCurrentSubTransaction();
		FlushErrorState();
		parsed = NULL;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return parsed;
}

/* A string member of an object, as text; NULL where there is none. */
static text *
TextMember(Jsonb *object, const char *name)
{
	FFValue		root = FFValueFromJsonb(object);
	FFValue		member = {0};

	if (root.type == FF_OBJECT)
		member = FFMember(&root, name, (int) strlen(name));
	return member.type == FF_STRING ?
		cstring_to_text_with_len(member.data, member.length) : NULL;
}

/* The headers that tell where a request came from; credentials stay out. */
static Jsonb *
HarmlessHeaders(Jsonb *headers)
{
	static const char *const kept[] = {
		"user-agent", "x-forwarded-for", "x-real-ip", "x-request-id"
	};
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < (int) lengthof(kept); i++)
	{
		text	   *value = TextMember(headers, kept[i]);
		JsonbValue	item;

		if (value == NULL)
			continue;
		item.type = jbvString;
		item.val.string.val = unconstify(char *, kept[i]);
		item.val.string.len = (int) strlen(kept[i]);
		pushJsonbValue(&state, WJB_KEY, &item);
		item.val.string.val = VARDATA_ANY(value);
		item.val.string.len = (int) VARSIZE_ANY_EXHDR(value);
		pushJsonbValue(&state, WJB_VALUE, &item);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static void
ReadClaims(FFActor *actor)
{
	Jsonb	   *claims = ParseSetting("request.jwt.claims");
	Jsonb	   *headers = ParseSetting("request.headers");

	if (claims != NULL)
	{
		actor->account = TextMember(claims, "sub");
		if (actor->account == NULL)
			actor->account = TextMember(claims, "email");
		actor->token = TextMember(claims, "jti");
	}
	if (headers != NULL)
		actor->headers = HarmlessHeaders(headers);
}

/* inet_client_addr() answers NULL on a local socket. */
static void
ReadAddress(FFActor *actor)
{
	LOCAL_FCINFO(call, 0);

	InitFunctionCallInfoData(*call, NULL, 0, InvalidOid, NULL, NULL);
	actor->client_address = inet_client_addr(call);
	actor->has_client_address = !call->isnull;
}

void
FFActorRead(FFActor *actor)
{
	memset(actor, 0, sizeof(*actor));
	actor->session_role = GetUserNameFromId(GetSessionUserId(), true);
	actor->acting_role = GetUserNameFromId(GetUserId(), true);
	actor->application = application_name != NULL && application_name[0] != '\0' ?
		application_name : NULL;
	ReadAddress(actor);
	if (actor->session_role != NULL && IsAuthenticator(actor->session_role))
		ReadClaims(actor);
}
