/* SHA-256 by libcrypto's EVP, which picks the CPU's instructions, and XXH3-128 by xxHash; see digest.h. */
#include "registry/digest.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <xxhash.h>

#include "core/base/mem.h"

struct digest {
	enum digest_kind kind;
	EVP_MD_CTX *sha;
	EVP_MD_CTX *spare;		/* ended in place of sha, which goes on */
	XXH3_state_t *xxh;
};

static_assert(sizeof(XXH128_canonical_t) == DIGEST_XXH3_SIZE, "canonical XXH3-128");

static bool
begin(struct digest *d)
{
	if (d->kind == DIGEST_XXH3)
		return XXH3_128bits_reset(d->xxh) == XXH_OK;
	return EVP_DigestInit_ex(d->sha, EVP_sha256(), NULL) == 1;
}

struct digest *
digest_new(enum digest_kind kind, struct err *e)
{
	struct digest *d = mem_new0(1, sizeof *d);

	d->kind = kind;
	if (kind == DIGEST_XXH3) {
		d->xxh = XXH3_createState();
	} else {
		d->sha = EVP_MD_CTX_new();
		d->spare = EVP_MD_CTX_new();
	}
	if (kind == DIGEST_XXH3 ? !d->xxh : !d->sha || !d->spare)
		err_set(e, ERR_NO_SPACE, "not enough memory for a digest");
	else if (!begin(d))
		err_set(e, ERR_FAILED, "the cryptographic library refuses to compute SHA-256");
	else
		return d;
	digest_free(d);
	return NULL;
}

void
digest_free(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->sha);
	EVP_MD_CTX_free(d->spare);
	XXH3_freeState(d->xxh);
	free(d);
}

/* Neither library has a way to fail once begun: what they return is checked as our own mistake. */
void
digest_add(struct digest *d, const void *data, size_t n)
{
	int ok = 1;

	if (n == 0)
		return;
	if (d->kind == DIGEST_XXH3)
		ok = XXH3_128bits_update(d->xxh, data, n) == XXH_OK;
	else
		ok = EVP_DigestUpdate(d->sha, data, n);
	assert(ok == 1);
}

void
digest_value(const struct digest *d, unsigned char *out)
{
	XXH128_canonical_t canonical;
	unsigned n = 0;
	int ok;

	if (d->kind == DIGEST_XXH3) {
		XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(d->xxh));
		for (size_t i = 0; i < DIGEST_XXH3_SIZE; i++)
			out[i] = canonical.digest[i];
		return;
	}
	ok = EVP_MD_CTX_copy_ex(d->spare, d->sha) == 1 && EVP_DigestFinal_ex(d->spare, out, &n) == 1;
	assert(ok && n == DIGEST_SHA256_SIZE);
}

void
digest_reset(struct digest *d)
{
	bool ok = begin(d);

	assert(ok);
}

size_t
digest_size(enum digest_kind kind)
{
	return kind == DIGEST_XXH3 ? DIGEST_XXH3_SIZE : DIGEST_SHA256_SIZE;
}

bool
digest_bytes(enum digest_kind kind, const void *data, size_t n, unsigned char *out, struct err *e)
{
	struct digest *d = digest_new(kind, e);

	if (!d)
		return false;
	digest_add(d, data, n);
	digest_value(d, out);
	digest_free(d);
	return true;
}

void
digest_hex(char *out, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
digest_from_hex(unsigned char *out, size_t n, const char *text, size_t len)
{
	if (len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}
