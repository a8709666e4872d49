/*
 * digest.c
 *	  MD5, SHA-1 and SHA-256 through libcrypto.
 *
 * They are not asked to keep a secret here: other systems happen to bucket by
 * them.  The algorithms and the context are made once a process and kept, for
 * looking them up costs more than hashing a key.
 */
#include <openssl/evp.h>

#include "engine/recipe.h"

/* 3.0 looks algorithms up at each use of EVP_sha1() and its like. */
static const EVP_MD *
Fetch(const char *name)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
	return EVP_MD_fetch(NULL, name, "-fips");
#else
	return EVP_get_digestbyname(name);
#endif
}

static const EVP_MD *
Algorithm(FFHashKind kind)
{
	static const EVP_MD *algorithms[3];
	static const char *const names[] = {"MD5", "SHA1", "SHA256"};
	int			which = kind - FF_HASH_MD5;

	if (algorithms[which] == NULL)
		algorithms[which] = Fetch(names[which]);
	return algorithms[which];
}

int
FFDigest(FFHashKind kind, const void *data, size_t length, unsigned char *digest)
{
	static EVP_MD_CTX *context;
	const EVP_MD *algorithm = Algorithm(kind);
	unsigned int size;

	if (context == NULL)
		context = EVP_MD_CTX_new();
	if (context == NULL || algorithm == NULL ||
		!EVP_DigestInit_ex(context, algorithm, NULL) ||
		!EVP_DigestUpdate(context, data, length) ||
		!EVP_DigestFinal_ex(context, digest, &size))
		return 0;
	return (int) size;
}
