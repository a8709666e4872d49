/*
 * digest.c
 *	  MD5, SHA-1 and SHA-256 through libcrypto.
 *
 * They are not asked to keep a secret here: other systems happen to bucket by
 * them.  The old functions of each are called where the library has them: the
 * way by EVP takes and frees memory for every key, which costs as much as
 * hashing it.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include "engine/recipe.h"

#if OPENSSL_VERSION_NUMBER < 0x40000000L && !defined(OPENSSL_NO_DEPRECATED_3_0)

int
FFDigest(FFHashKind kind, const void *data, size_t length, unsigned char *digest)
{
	MD5_CTX		md5;
	SHA_CTX		sha1;
	SHA256_CTX	sha256;

	switch (kind)
	{
		case FF_HASH_MD5:
			return MD5_Init(&md5) && MD5_Update(&md5, data, length) && MD5_Final(digest, &md5) ?
				MD5_DIGEST_LENGTH : 0;
		case FF_HASH_SHA1:
			return SHA1_Init(&sha1) && SHA1_Update(&sha1, data, length) && SHA1_Final(digest, &sha1) ?
				SHA_DIGEST_LENGTH : 0;
		case FF_HASH_SHA256:
			return SHA256_Init(&sha256) && SHA256_Update(&sha256, data, length) && SHA256_Final(digest, &sha256) ?
				SHA256_DIGEST_LENGTH : 0;
		default:
			return 0;
	}
}

#else

/*
 * The algorithms and the context are made once a process and kept, for looking
 * them up costs more than hashing a key: 3.0 does so at each use of EVP_sha1()
 * and its like.
 */
static const EVP_MD *
Algorithm(FFHashKind kind)
{
	static const EVP_MD *algorithms[3];
	static const char *const names[] = {"MD5", "SHA1", "SHA256"};
	int			which = kind - FF_HASH_MD5;

	if (algorithms[which] == NULL)
		algorithms[which] = EVP_MD_fetch(NULL, names[which], "-fips");
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

#endif
