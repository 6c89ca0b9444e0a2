/* Whether a registry's files are to be believed; see trust.h. */
#include "registry/trust.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/fs_out.h"
#include "core/base/mem.h"
#include "registry/digest.h"

#define TRUST_BYTES_MAX 65536u

void
trust_done(struct trust *t)
{
	root_free(t->root);
	*t = (struct trust){0};
}

const struct root *
trust_root(const struct trust *t)
{
	return t->root ? &t->root->roots[t->root->n - 1] : NULL;
}

static void
write_root(const struct root *r, struct buf *out)
{
	struct sigs sigs = r->sigs;

	buf_add(out, r->text, r->text_len);
	sigs_write(&sigs, out);
}

void
trust_write(const struct trust *t, struct buf *out)
{
	buf_clear(out);
	buf_printf(out, "minnow trust\nversion %llu\nindex ", (unsigned long long)t->version);
	canon_add_hex(out, t->index_sha256, sizeof t->index_sha256);
	buf_add_str(out, "\ncommit ");
	canon_add_hex(out, t->commit, sizeof t->commit);
	buf_add_str(out, "\ndate ");
	canon_add_date(out, t->date);
	buf_add_str(out, "\nexpires ");
	canon_add_date(out, t->expires);
	buf_add_char(out, '\n');
	write_root(trust_root(t), out);
}

static bool
read_state(struct trust *t, struct canon *c, struct err *e)
{
	*t = (struct trust){0};
	return canon_exact(c, "minnow trust", e) && canon_field_number(c, "version", UINT64_MAX, &t->version, e) &&
	    canon_field_hex(c, "index", t->index_sha256, sizeof t->index_sha256, e) &&
	    canon_field_hex(c, "commit", t->commit, sizeof t->commit, e) && canon_field_date(c, "date", &t->date, e) &&
	    canon_field_date(c, "expires", &t->expires, e);
}

bool
trust_parse(struct trust *t, const char *text, size_t n, struct err *e)
{
	struct canon c = canon_start(text, n);

	if (!read_state(t, &c, e))
		return false;
	t->root = root_parse(c.at, (size_t)(c.end - c.at), e);
	if (!t->root)
		return false;
	if (t->root->n != 1) {
		err_set(e, ERR_VERIFY, "%zu versions of the root, one was expected", t->root->n);
		trust_done(t);
		return false;
	}
	return true;
}

static bool
parse_state(struct trust *t, const char *text, size_t n, struct err *e)
{
	struct canon c = canon_start(text, n);

	return read_state(t, &c, e);
}

static bool
load(struct trust *t, const char *path, bool (*parse)(struct trust *t, const char *text, size_t n, struct err *e), struct err *e)
{
	struct buf text = {0};
	struct err why = {0};
	bool ok;

	*t = (struct trust){0};
	if (!fs_read(&text, path, TRUST_BYTES_MAX, &why)) {
		buf_done(&text);
		return why.kind == ERR_NOT_FOUND || err_set(e, why.kind, "%s", why.text);
	}
	ok = parse(t, buf_str(&text), text.len, e);
	if (!ok)
		err_wrap(e, "%s", path);
	buf_done(&text);
	return ok;
}

bool
trust_load(struct trust *t, const char *path, struct err *e)
{
	return load(t, path, trust_parse, e);
}

bool
trust_load_state(struct trust *t, const char *path, struct err *e)
{
	return load(t, path, parse_state, e);
}

bool
trust_save(const struct trust *t, const char *path, struct err *e)
{
	struct buf text = {0};
	struct fs_out *out;
	bool ok = false;

	trust_write(t, &text);
	out = fs_out_open(path, text.len, e);
	if (out && fs_out_add(out, text.data, text.len, e))
		ok = fs_out_commit(out, e);
	else
		fs_out_abort(out);
	buf_done(&text);
	return ok;
}

bool
trust_sig_parse(struct sigs *sigs, unsigned char index_sha256[32], const char *text, size_t n, struct err *e)
{
	struct canon c = canon_start(text, n);

	if (n > TRUST_SIG_BYTES_MAX)
		err_set(e, ERR_VERIFY, "%zu bytes, at most %u are allowed", n, TRUST_SIG_BYTES_MAX);
	else if (canon_exact(&c, "minnow signature", e) && canon_field_hex(&c, "index", index_sha256, 32, e) &&
	    sigs_read(sigs, &c, e) && canon_exact(&c, "end", e)) {
		if (canon_at_end(&c))
			return true;
		err_set(e, ERR_VERIFY, "text follows after the end");
	}
	err_wrap(e, "index.sig");
	return false;
}

void
trust_sig_write(struct sigs *sigs, const unsigned char index_sha256[32], struct buf *out)
{
	buf_clear(out);
	buf_add_str(out, "minnow signature\nindex ");
	canon_add_hex(out, index_sha256, 32);
	buf_add_char(out, '\n');
	sigs_write(sigs, out);
	buf_add_str(out, "end\n");
}

/* CHAIN holds the root that NOW trusts, unchanged, and so leads on from it. */
static bool
follow_root(const struct root *trusted, const struct root_chain *chain, struct err *e)
{
	const struct root *first = &chain->roots[0], *last = &chain->roots[chain->n - 1], *same;

	if (last->version < trusted->version)
		return err_set(e, ERR_VERIFY, "root: goes back to version %llu, version %llu was trusted already",
		    (unsigned long long)last->version, (unsigned long long)trusted->version);
	if (first->version > trusted->version)
		return err_set(e, ERR_VERIFY, "root: begins with version %llu, nothing leads there from version %llu that is trusted",
		    (unsigned long long)first->version, (unsigned long long)trusted->version);
	same = &chain->roots[trusted->version - first->version];
	if (same->text_len != trusted->text_len || memcmp(same->text, trusted->text, same->text_len) != 0)
		return err_set(e, ERR_VERIFY, "root: version %llu is not the one that was trusted",
		    (unsigned long long)trusted->version);
	return true;
}

static bool
first_root(const struct trust_pin *pin, const struct root_chain *chain, struct err *e)
{
	unsigned char fingerprint[32];

	if (!pin->has_fingerprint)
		return true;
	for (size_t i = 0; i < chain->n; i++) {
		if (!root_fingerprint(&chain->roots[i], fingerprint, e))
			return false;
		if (memcmp(fingerprint, pin->fingerprint, sizeof fingerprint) == 0)
			return true;
	}
	return err_set(e, ERR_VERIFY, "root: no version has the fingerprint that was asked for");
}

static bool
check_signatures(const struct root *root, const struct trust_files *f, unsigned char sha256[32], struct err *e)
{
	struct sigs sigs;
	unsigned char of[32];

	if (f->index.len > INDEX_BYTES_MAX)
		return err_set(e, ERR_VERIFY, "index: %zu bytes, at most %u are allowed", f->index.len, INDEX_BYTES_MAX);
	if (!trust_sig_parse(&sigs, of, f->sig.data, f->sig.len, e) ||
	    !digest_bytes(DIGEST_SHA256, f->index.data, f->index.len, sha256, e))
		return false;
	if (memcmp(of, sha256, sizeof of) != 0)
		return err_set(e, ERR_VERIFY, "index.sig: its signatures are of another index");
	if (!root_signed(root, NULL, &sigs, f->index.data, f->index.len, e)) {
		err_wrap(e, "index.sig");
		return false;
	}
	return true;
}

static bool
check_version(const struct trust *now, const struct trust_pin *pin, const struct index *ix, const unsigned char sha256[32],
    struct err *e)
{
	unsigned long long v = ix->version;

	if (ix->version < now->version)
		return err_set(e, ERR_VERIFY, "index: goes back to version %llu, version %llu was seen already", v,
		    (unsigned long long)now->version);
	if (ix->version == now->version && memcmp(sha256, now->index_sha256, 32) != 0)
		return err_set(e, ERR_VERIFY, "index: is another one than the version %llu that was seen already", v);
	if (ix->version < pin->version_min)
		return err_set(e, ERR_VERIFY, "index: version %llu, at least version %llu was asked for", v,
		    (unsigned long long)pin->version_min);
	return true;
}

/* The newest root of CHAIN alone: what the next meeting must lead on from. */
static struct root_chain *
keep_newest(const struct root_chain *chain, struct err *e)
{
	struct buf text = {0};
	struct root_chain *one;

	write_root(&chain->roots[chain->n - 1], &text);
	one = root_parse(text.data, text.len, e);
	buf_done(&text);
	return one;
}

struct index *
trust_check(const struct trust *now, const struct trust_pin *pin, const struct trust_files *f, struct trust *next,
    struct err *e)
{
	struct root_chain *chain = root_parse(f->root.data, f->root.len, e);
	struct index *ix = NULL;
	const struct root *root;

	*next = (struct trust){0};
	if (!chain)
		return NULL;
	root = &chain->roots[chain->n - 1];
	if (!(trust_root(now) ? follow_root(trust_root(now), chain, e) : first_root(pin, chain, e)) ||
	    !check_signatures(root, f, next->index_sha256, e))
		goto fail;
	/* Parsed only now that somebody trusted stands behind it. */
	ix = index_parse(f->index.data, f->index.len, e);
	if (!ix)
		goto fail;
	if (strcmp(ix->registry, root->registry) != 0) {
		err_set(e, ERR_VERIFY, "index: is of registry %s, the root is of %s", ix->registry, root->registry);
		goto fail;
	}
	if (!check_version(now, pin, ix, next->index_sha256, e))
		goto fail;
	next->root = keep_newest(chain, e);
	if (!next->root)
		goto fail;
	next->version = ix->version;
	memcpy(next->commit, now->commit, sizeof next->commit);
	next->date = ix->date;
	next->expires = ix->expires;
	root_free(chain);
	return ix;
fail:
	index_free(ix);
	root_free(chain);
	trust_done(next);
	return NULL;
}

bool
trust_is_stale(const struct trust *t, int64_t now, struct buf *why)
{
	char date[CANON_DATE_LEN + 1], expires[CANON_DATE_LEN + 1];

	if (t->version == 0 || now < t->expires)
		return false;
	if (why) {
		canon_date_text(date, t->date);
		canon_date_text(expires, t->expires);
		buf_clear(why);
		buf_printf(why, "the newest index is of %.10s and expired on %.10s: its host may be holding back newer ones", date,
		    expires);
	}
	return true;
}
