/* Ed25519; see sign.h. */
#include "registry/sign.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static bool
failed(const char *what, struct err *e)
{
	return err_set(e, ERR_FAILED, "the cryptographic library could not %s", what);
}

static EVP_PKEY *
secret_key(const unsigned char secret[SIGN_KEY_BYTES])
{
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, SIGN_KEY_BYTES);
}

bool
sign_public(unsigned char public_key[SIGN_KEY_BYTES], const unsigned char secret[SIGN_KEY_BYTES], struct err *e)
{
	EVP_PKEY *key = secret_key(secret);
	size_t n = SIGN_KEY_BYTES;
	bool ok = key && EVP_PKEY_get_raw_public_key(key, public_key, &n) == 1 && n == SIGN_KEY_BYTES;

	EVP_PKEY_free(key);
	return ok || failed("derive a public key", e);
}

bool
sign_new_key(unsigned char secret[SIGN_KEY_BYTES], unsigned char public_key[SIGN_KEY_BYTES], struct err *e)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, NULL);
	EVP_PKEY *key = NULL;
	size_t n = SIGN_KEY_BYTES;
	bool ok = ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_keygen(ctx, &key) == 1 &&
	    EVP_PKEY_get_raw_private_key(key, secret, &n) == 1 && n == SIGN_KEY_BYTES;

	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
	return ok ? sign_public(public_key, secret, e) : failed("make a key", e);
}

bool
sign_make(unsigned char sig[SIGN_BYTES], const void *data, size_t n, const unsigned char secret[SIGN_KEY_BYTES],
    struct err *e)
{
	EVP_PKEY *key = secret_key(secret);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = SIGN_BYTES;
	bool ok = key && ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &len, data, n) == 1 && len == SIGN_BYTES;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok || failed("sign", e);
}

bool
sign_check(const unsigned char sig[SIGN_BYTES], const void *data, size_t n,
    const unsigned char public_key[SIGN_KEY_BYTES])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, SIGN_KEY_BYTES);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, sig, SIGN_BYTES, data, n) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

void
sign_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}
