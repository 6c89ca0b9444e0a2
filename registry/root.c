/* Who may sign a registry; see root.h. */
#include "registry/root.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/digest.h"

static int
by_key(const void *a, const void *b)
{
	return memcmp(a, b, SIGN_KEY_BYTES);	/* the first field of a sig, a root_key and a revocation */
}

bool
sigs_read(struct sigs *s, struct canon *c, struct err *e)
{
	s->n = 0;
	while (canon_next_is(c, "sig")) {
		struct canon_text rest, word;
		struct sig *now = &s->list[s->n];

		if (s->n == ROOT_KEYS_MAX)
			return err_set(e, ERR_VERIFY, "more than the %d signatures allowed", ROOT_KEYS_MAX);
		if (!canon_field(c, "sig", &rest, e))
			return false;
		if (!canon_cut(&rest, &word) || !canon_hex(word, now->key, sizeof now->key) ||
		    !canon_hex(rest, now->bytes, sizeof now->bytes))
			return err_set(e, ERR_VERIFY, "line %zu is no key and signature in hexadecimal", c->line);
		if (s->n > 0 && by_key(now[-1].key, now->key) == 0)
			return err_set(e, ERR_VERIFY, "line %zu: the same key signs twice", c->line);
		if (s->n > 0 && by_key(now[-1].key, now->key) > 0)
			return err_set(e, ERR_VERIFY, "line %zu: the keys do not ascend", c->line);
		s->n++;
	}
	return true;
}

void
sigs_write(struct sigs *s, struct buf *out)
{
	if (s->n)
		qsort(s->list, s->n, sizeof *s->list, by_key);
	for (size_t i = 0; i < s->n; i++) {
		buf_add_str(out, "sig ");
		canon_add_hex(out, s->list[i].key, sizeof s->list[i].key);
		buf_add_char(out, ' ');
		canon_add_hex(out, s->list[i].bytes, sizeof s->list[i].bytes);
		buf_add_char(out, '\n');
	}
}

bool
sigs_add(struct sigs *s, const unsigned char key[SIGN_KEY_BYTES], const unsigned char bytes[SIGN_BYTES], struct err *e)
{
	size_t i = 0;

	while (i < s->n && by_key(s->list[i].key, key) != 0)
		i++;
	if (i == ROOT_KEYS_MAX)
		return err_set(e, ERR_FAILED, "there are %d signatures already, no more fit", ROOT_KEYS_MAX);
	memcpy(s->list[i].key, key, SIGN_KEY_BYTES);
	memcpy(s->list[i].bytes, bytes, SIGN_BYTES);
	s->n += i == s->n;
	return true;
}

static const struct root_key *
find_key(const struct root *r, const unsigned char key[SIGN_KEY_BYTES])
{
	for (size_t i = 0; i < r->n_keys; i++)
		if (by_key(r->keys[i].public_key, key) == 0)
			return &r->keys[i];
	return NULL;
}

static bool
is_revoked(const struct root *r, const unsigned char key[SIGN_KEY_BYTES])
{
	for (size_t i = 0; r && i < r->n_revoked; i++)
		if (by_key(r->revoked[i], key) == 0)
			return true;
	return false;
}

/* "<first digits of the key>" and why it does not count, for the sentence of a refusal. */
static void
add_reason(struct buf *why, const unsigned char key[SIGN_KEY_BYTES], const struct root_key *known, const char *reason)
{
	buf_add_str(why, why->len ? ", " : "; ");
	if (known)
		buf_add_str(why, known->name);
	else
		canon_add_hex(why, key, 4);
	buf_add_str(why, reason);
}

bool
root_signed(const struct root *r, const struct root *later, const struct sigs *sigs, const char *data, size_t n,
    struct err *e)
{
	struct buf why = {0};
	unsigned good = 0;
	bool ok = true;

	for (size_t i = 0; ok && i < sigs->n; i++) {
		const struct sig *s = &sigs->list[i];
		const struct root_key *known = find_key(r, s->key);

		if (is_revoked(r, s->key) || is_revoked(later, s->key))
			add_reason(&why, s->key, known, " is revoked");
		else if (!known)
			add_reason(&why, s->key, NULL, "… is not one of the keys");
		else if (sign_check(s->bytes, data, n, s->key))
			good++;
		else
			ok = err_set(e, ERR_VERIFY, "the signature of %s is wrong", known->name);
	}
	if (ok && good < r->threshold)
		ok = err_set(e, ERR_VERIFY, "%u of %u signatures needed%s", good, r->threshold, buf_str(&why));
	buf_done(&why);
	return ok;
}

static bool
read_key(struct root *r, struct canon *c, struct err *e)
{
	struct root_key *k = &r->keys[r->n_keys];
	struct canon_text rest, word;

	if (r->n_keys == ROOT_KEYS_MAX)
		return err_set(e, ERR_VERIFY, "more than the %d keys allowed", ROOT_KEYS_MAX);
	if (!canon_field(c, "key", &rest, e))
		return false;
	if (!canon_cut(&rest, &word) || !canon_hex(word, k->public_key, sizeof k->public_key) || !canon_name(rest))
		return err_set(e, ERR_VERIFY, "line %zu is no key in hexadecimal and its name", c->line);
	memcpy(k->name, rest.data, rest.len);
	k->name[rest.len] = '\0';
	if (r->n_keys > 0 && by_key(k[-1].public_key, k->public_key) >= 0)
		return err_set(e, ERR_VERIFY, "line %zu: the same key twice, or keys that do not ascend", c->line);
	for (size_t i = 0; i < r->n_keys; i++)
		if (strcmp(r->keys[i].name, k->name) == 0)
			return err_set(e, ERR_VERIFY, "line %zu: two keys are named %s", c->line, k->name);
	r->n_keys++;
	return true;
}

static bool
read_revoked(struct root *r, struct canon *c, struct err *e)
{
	unsigned char *k = r->revoked[r->n_revoked];

	if (r->n_revoked == ROOT_KEYS_MAX)
		return err_set(e, ERR_VERIFY, "more than the %d revoked keys allowed", ROOT_KEYS_MAX);
	if (!canon_field_hex(c, "revoked", k, SIGN_KEY_BYTES, e))
		return false;
	if (r->n_revoked > 0 && by_key(r->revoked[r->n_revoked - 1], k) >= 0)
		return err_set(e, ERR_VERIFY, "line %zu: the same revoked key twice, or keys that do not ascend", c->line);
	if (find_key(r, k))
		return err_set(e, ERR_VERIFY, "line %zu: %s is a key and revoked", c->line, find_key(r, k)->name);
	r->n_revoked++;
	return true;
}

/* One version up to "end", without its signatures. */
static bool
read_root(struct root *r, struct canon *c, struct err *e)
{
	uint64_t threshold = 0;

	r->text = c->at;
	if (!canon_exact(c, "minnow root", e) ||
	    !canon_field_name(c, "registry", r->registry, e) ||
	    !canon_field_number(c, "version", UINT64_MAX, &r->version, e) ||
	    !canon_field_date(c, "date", &r->date, e) ||
	    !canon_field_number(c, "threshold", ROOT_KEYS_MAX, &threshold, e))
		return false;
	while (canon_next_is(c, "key"))
		if (!read_key(r, c, e))
			return false;
	while (canon_next_is(c, "revoked"))
		if (!read_revoked(r, c, e))
			return false;
	if (!canon_exact(c, "end", e))
		return false;
	r->threshold = (unsigned)threshold;
	r->text_len = (size_t)(c->at - r->text);
	if (r->version == 0)
		return err_set(e, ERR_VERIFY, "version is 0, the first is 1");
	if (threshold == 0 || threshold > r->n_keys)
		return err_set(e, ERR_VERIFY, "the threshold is %u, there are %zu keys", r->threshold, r->n_keys);
	return true;
}

/* R is signed by its own keys and follows BEFORE (NULL: it is the first of its file). */
static bool
check_root(const struct root *r, const struct root *before, struct err *e)
{
	if (!root_signed(r, NULL, &r->sigs, r->text, r->text_len, e)) {
		err_wrap(e, "its own keys");
		return false;
	}
	if (!before)
		return true;
	if (strcmp(r->registry, before->registry) != 0)
		return err_set(e, ERR_VERIFY, "it is of registry %s, the one before of %s", r->registry, before->registry);
	if (before->version == UINT64_MAX || r->version != before->version + 1)
		return err_set(e, ERR_VERIFY, "it follows version %llu", (unsigned long long)before->version);
	for (size_t i = 0; i < before->n_revoked; i++)
		if (!is_revoked(r, before->revoked[i]))
			return err_set(e, ERR_VERIFY, "a key that was revoked is no longer");
	if (!root_signed(before, r, &r->sigs, r->text, r->text_len, e)) {
		err_wrap(e, "the keys before it");
		return false;
	}
	return true;
}

struct root_chain *
root_parse_draft(const char *text, size_t n, struct err *e)
{
	struct root_chain *chain = mem_new0(1, sizeof *chain);
	struct canon c;
	bool ok = n <= ROOT_BYTES_MAX || err_set(e, ERR_VERIFY, "%zu bytes, at most %u are allowed", n, ROOT_BYTES_MAX);

	if (ok) {
		chain->text = mem_new0(n + 1, 1);
		memcpy(chain->text, text, n);
		chain->roots = mem_new0(1, sizeof *chain->roots);
		chain->n = 1;
		c = canon_start(chain->text, n);
		ok = read_root(chain->roots, &c, e) && sigs_read(&chain->roots->sigs, &c, e) &&
		    (canon_at_end(&c) || err_set(e, ERR_VERIFY, "text follows after the signatures"));
	}
	if (ok)
		return chain;
	err_wrap(e, "root");
	root_free(chain);
	return NULL;
}

struct root_chain *
root_parse(const char *text, size_t n, struct err *e)
{
	struct root_chain *chain = mem_new0(1, sizeof *chain);
	struct canon c;

	if (n > ROOT_BYTES_MAX) {
		err_set(e, ERR_VERIFY, "root: %zu bytes, at most %u are allowed", n, ROOT_BYTES_MAX);
		goto fail;
	}
	chain->text = mem_new0(n + 1, 1);
	if (n > 0)
		memcpy(chain->text, text, n);
	c = canon_start(chain->text, n);
	do {
		struct root *r;

		if (chain->n == ROOT_VERSIONS_MAX) {
			err_set(e, ERR_VERIFY, "root: more than the %d versions allowed", ROOT_VERSIONS_MAX);
			goto fail;
		}
		chain->roots = mem_grow(chain->roots, chain->n + 1, sizeof *chain->roots);
		r = &chain->roots[chain->n];
		*r = (struct root){0};
		if (!read_root(r, &c, e) || !sigs_read(&r->sigs, &c, e)) {
			err_wrap(e, "root");
			goto fail;
		}
		if (!check_root(r, chain->n ? r - 1 : NULL, e)) {
			err_wrap(e, "root: version %llu", (unsigned long long)r->version);
			goto fail;
		}
		chain->n++;
	} while (!canon_at_end(&c));
	return chain;
fail:
	root_free(chain);
	return NULL;
}

void
root_free(struct root_chain *chain)
{
	if (!chain)
		return;
	free(chain->roots);
	free(chain->text);
	free(chain);
}

bool
root_write(struct root *r, struct buf *out, struct err *e)
{
	struct root *back = mem_new0(1, sizeof *back);
	struct canon c;
	bool ok;

	if (r->n_keys)
		qsort(r->keys, r->n_keys, sizeof *r->keys, by_key);
	if (r->n_revoked)
		qsort(r->revoked, r->n_revoked, sizeof *r->revoked, by_key);
	buf_clear(out);
	buf_printf(out, "minnow root\nregistry %s\nversion %llu\ndate ", r->registry, (unsigned long long)r->version);
	canon_add_date(out, r->date);
	buf_printf(out, "\nthreshold %u\n", r->threshold);
	for (size_t i = 0; i < r->n_keys; i++) {
		buf_add_str(out, "key ");
		canon_add_hex(out, r->keys[i].public_key, SIGN_KEY_BYTES);
		buf_printf(out, " %s\n", r->keys[i].name);
	}
	for (size_t i = 0; i < r->n_revoked; i++) {
		buf_add_str(out, "revoked ");
		canon_add_hex(out, r->revoked[i], SIGN_KEY_BYTES);
		buf_add_char(out, '\n');
	}
	buf_add_str(out, "end\n");
	c = canon_start(out->data, out->len);
	ok = read_root(back, &c, e);
	free(back);
	return ok;
}

bool
root_fingerprint(const struct root *r, unsigned char out[32], struct err *e)
{
	return digest_bytes(DIGEST_SHA256, r->text, r->text_len, out, e);
}
