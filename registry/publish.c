/* The publishing side of a registry; see publish.h. */
#define _GNU_SOURCE
#include "registry/publish.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/digest.h"
#include "registry/index.h"
#include "registry/key.h"
#include "registry/path.h"
#include "registry/sign.h"
#include "registry/trust.h"

#define DRAFT "root.next"	/* a version of the root that lacks signatures */
#define DEPTH_MAX 16

/* What a folder holds, in the form of an index; paths are owned. */
struct listing {
	struct index ix;
	size_t cap;
};

static void
listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->ix.n_files; i++)
		free((char *)(uintptr_t)l->ix.files[i].path);
	free(l->ix.files);
}

static bool
read_file(const char *dir, const char *name, size_t limit, struct buf *out, struct err *e)
{
	struct buf path = {0};
	bool ok;

	fs_join(&path, dir, name);
	buf_clear(out);
	ok = fs_read(out, path.data, limit, e);
	buf_done(&path);
	return ok;
}

static bool
write_file(const char *dir, const char *name, const struct buf *text, struct err *e)
{
	struct buf path = {0};
	bool ok;

	fs_join(&path, dir, name);
	ok = fs_write_atomic(path.data, text->data, text->len, e);
	/* Made private at first; what is published may be read by all. */
	if (ok && chmod(path.data, 0644) < 0)
		ok = err_set_errno(e, errno, path.data);
	buf_done(&path);
	return ok;
}

static bool
has_file(const char *dir, const char *name)
{
	struct buf path = {0};
	bool there;

	fs_join(&path, dir, name);
	there = fs_exists(path.data);
	buf_done(&path);
	return there;
}

/* The folder lists itself by its index, which cannot list itself. */
static bool
is_listed(const char *rel)
{
	return strcmp(rel, "index") != 0 && strcmp(rel, "index.sig") != 0 && strcmp(rel, DRAFT) != 0;
}

static bool
add_file(struct listing *l, const char *dir, const char *rel, struct err *e)
{
	struct index_file f = {0};
	struct buf content = {0};
	bool ok = path_check(rel, strlen(rel), e) && read_file(dir, rel, INDEX_FILE_BYTES_MAX, &content, e) &&
	    digest_bytes(DIGEST_SHA256, buf_str(&content), content.len, f.sha256, e);

	if (ok && l->ix.n_files == INDEX_FILES_MAX)
		ok = err_set(e, ERR_FAILED, "%s: more than the %u files allowed", dir, INDEX_FILES_MAX);
	if (ok) {
		if (l->ix.n_files == l->cap) {
			l->cap = l->cap ? 2 * l->cap : 64;
			l->ix.files = mem_grow(l->ix.files, l->cap, sizeof *l->ix.files);
		}
		f.path = mem_dup(rel);
		f.size = content.len;
		l->ix.files[l->ix.n_files++] = f;
	}
	buf_done(&content);
	return ok;
}

static bool add_folder(struct listing *l, const char *dir, const char *rel, unsigned depth, struct err *e);

static bool
add_name(struct listing *l, const char *dir, const char *rel, unsigned depth, struct err *e)
{
	struct buf path = {0};
	struct stat st;
	bool ok;

	fs_join(&path, dir, rel);
	if (lstat(path.data, &st) < 0)
		ok = err_set_errno(e, errno, path.data);
	else if (S_ISDIR(st.st_mode))
		ok = add_folder(l, dir, rel, depth + 1, e);
	else if (!S_ISREG(st.st_mode))
		ok = err_set(e, ERR_FAILED, "%s: is no regular file, and nothing else may be published", path.data);
	else
		ok = !is_listed(rel) || add_file(l, dir, rel, e);
	buf_done(&path);
	return ok;
}

static bool
add_folder(struct listing *l, const char *dir, const char *rel, unsigned depth, struct err *e)
{
	struct buf path = {0}, name = {0};
	struct dirent *d;
	DIR *folder;
	bool ok = true;

	if (depth > DEPTH_MAX)
		return err_set(e, ERR_FAILED, "%s/%s: more than %d folders deep", dir, rel, DEPTH_MAX);
	fs_join(&path, dir, rel);
	folder = opendir(path.data);
	if (!folder)
		ok = err_set_errno(e, errno, path.data);
	while (ok && (d = readdir(folder)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		buf_clear(&name);
		buf_printf(&name, "%s%s%s", rel, *rel ? "/" : "", d->d_name);
		ok = add_name(l, dir, name.data, depth, e);
	}
	if (folder)
		closedir(folder);
	buf_done(&path);
	buf_done(&name);
	return ok;
}

/* ---- root ---- */

static bool
write_draft(const char *dir, struct root *r, struct err *e)
{
	struct buf text = {0};
	bool ok = root_write(r, &text, e) && write_file(dir, DRAFT, &text, e);

	buf_done(&text);
	return ok;
}

static bool
fill_root(struct root *r, const struct publish_root *p, uint64_t version, struct err *e)
{
	size_t n = strlen(p->registry);

	if (!canon_name((struct canon_text){p->registry, n}))
		return err_set(e, ERR_USAGE, "\"%.40s\" is no name for a registry: 1 to %d small letters, digits and inner hyphens",
		    p->registry, CANON_NAME_MAX);
	if (p->n_keys > ROOT_KEYS_MAX)
		return err_set(e, ERR_USAGE, "%zu keys, at most %d are allowed", p->n_keys, ROOT_KEYS_MAX);
	memcpy(r->registry, p->registry, n + 1);
	r->version = version;
	r->date = p->date;
	r->threshold = p->threshold;
	r->n_keys = p->n_keys;
	for (size_t i = 0; i < p->n_keys; i++)
		r->keys[i] = p->keys[i];
	return true;
}

bool
registry_init(const char *dir, const struct publish_root *first, struct err *e)
{
	struct root *r = mem_new0(1, sizeof *r);
	bool ok;

	if (has_file(dir, "root") || has_file(dir, DRAFT))
		ok = err_set(e, ERR_FAILED, "%s: is a registry already", dir);
	else
		ok = fill_root(r, first, 1, e) && fs_make_dirs(dir, e) && write_draft(dir, r, e);
	free(r);
	return ok;
}

static struct root_chain *
read_root(const char *dir, struct buf *text, struct err *e)
{
	struct root_chain *chain = NULL;

	if (!has_file(dir, "root"))
		err_set(e, ERR_NOT_FOUND, "%s: has no root yet: its first one lacks signatures", dir);
	else if (read_file(dir, "root", ROOT_BYTES_MAX, text, e))
		chain = root_parse(text->data, text->len, e);
	return chain;
}

static bool
was_revoked(const struct root *r, const unsigned char key[SIGN_KEY_BYTES])
{
	for (size_t i = 0; i < r->n_revoked; i++)
		if (memcmp(r->revoked[i], key, SIGN_KEY_BYTES) == 0)
			return true;
	return false;
}

static bool
add_revoked(struct root *r, const unsigned char key[SIGN_KEY_BYTES], struct err *e)
{
	if (was_revoked(r, key))
		return true;
	if (r->n_revoked == ROOT_KEYS_MAX)
		return err_set(e, ERR_USAGE, "more than the %d revoked keys allowed", ROOT_KEYS_MAX);
	memcpy(r->revoked[r->n_revoked++], key, SIGN_KEY_BYTES);
	return true;
}

bool
registry_rotate(const char *dir, const struct publish_root *next, const unsigned char (*revoked)[SIGN_KEY_BYTES],
    size_t n_revoked, struct err *e)
{
	struct root *r = mem_new0(1, sizeof *r);
	struct buf text = {0};
	struct root_chain *chain = read_root(dir, &text, e);
	bool ok = chain != NULL;

	if (ok && has_file(dir, DRAFT))
		ok = err_set(e, ERR_FAILED, "%s: another root is begun already (" DRAFT "), sign or remove it first", dir);
	if (ok) {
		const struct root *last = &chain->roots[chain->n - 1];

		ok = fill_root(r, next, last->version + 1, e);
		for (size_t i = 0; ok && i < last->n_revoked; i++)
			ok = add_revoked(r, last->revoked[i], e);
		for (size_t i = 0; ok && i < n_revoked; i++)
			ok = add_revoked(r, revoked[i], e);
		ok = ok && write_draft(dir, r, e);
	}
	root_free(chain);
	buf_done(&text);
	free(r);
	return ok;
}

/* Does KEY belong to R, or to the root before it, which must agree too? */
static bool
may_sign(const struct root *r, const struct root *before, const struct key *k, struct err *e)
{
	if (was_revoked(r, k->public_key))
		return err_set(e, ERR_VERIFY, "the key of %s is revoked", k->name);
	for (size_t i = 0; i < r->n_keys; i++)
		if (memcmp(r->keys[i].public_key, k->public_key, SIGN_KEY_BYTES) == 0)
			return true;
	if (before)
		return may_sign(before, NULL, k, e);
	return err_set(e, ERR_VERIFY, "the key of %s is not one of the registry's", k->name);
}

/* The draft with one more signature becomes part of the root once nothing is missing. */
static bool
finish_root(const char *dir, const struct buf *chain, const struct buf *draft, struct buf *said, struct err *e)
{
	struct buf whole = {0}, path = {0};
	struct root_chain *now;
	struct err missing = {0};
	bool ok;

	buf_add(&whole, buf_str(chain), chain->len);
	buf_add(&whole, draft->data, draft->len);
	now = root_parse(whole.data, whole.len, &missing);
	if (!now) {
		ok = write_file(dir, DRAFT, draft, e);
		buf_printf(said, "signed; %s", missing.text);
	} else {
		fs_join(&path, dir, DRAFT);
		ok = write_file(dir, "root", &whole, e) && (unlink(path.data) == 0 || err_set_errno(e, errno, path.data));
		buf_printf(said, "root version %llu is complete", (unsigned long long)now->roots[now->n - 1].version);
	}
	root_free(now);
	buf_done(&whole);
	buf_done(&path);
	return ok;
}

static bool
sign_root(const char *dir, const struct key *k, struct buf *said, struct err *e)
{
	struct buf text = {0}, chain_text = {0}, out = {0};
	struct root_chain *draft = NULL, *chain = NULL;
	unsigned char bytes[SIGN_BYTES];
	struct root *r;
	bool ok = false;

	if (!read_file(dir, DRAFT, ROOT_BYTES_MAX, &text, e))
		goto done;
	draft = root_parse_draft(text.data, text.len, e);
	if (!draft)
		goto done;
	if (has_file(dir, "root")) {
		chain = read_root(dir, &chain_text, e);
		if (!chain)
			goto done;
	}
	r = draft->roots;
	if (!may_sign(r, chain ? &chain->roots[chain->n - 1] : NULL, k, e) ||
	    !sign_make(bytes, r->text, r->text_len, k->secret, e) || !sigs_add(&r->sigs, k->public_key, bytes, e))
		goto done;
	buf_add(&out, r->text, r->text_len);
	sigs_write(&r->sigs, &out);
	ok = finish_root(dir, &chain_text, &out, said, e);
done:
	root_free(draft);
	root_free(chain);
	buf_done(&text);
	buf_done(&chain_text);
	buf_done(&out);
	return ok;
}

/* ---- index ---- */

static bool
same_files(const struct index *a, const struct index *b)
{
	if (a->n_files != b->n_files)
		return false;
	for (size_t i = 0; i < a->n_files; i++)
		if (strcmp(a->files[i].path, b->files[i].path) != 0 || a->files[i].size != b->files[i].size ||
		    memcmp(a->files[i].sha256, b->files[i].sha256, 32) != 0)
			return false;
	return true;
}

/* The text to sign in *TEXT: the index there is when it still lists the folder as it is, else the next one. */
static bool
current_index(const char *dir, const struct root *root, const struct publish_sign *how, struct buf *text, bool *is_new,
    struct err *e)
{
	struct listing l = {0};
	struct index *old = NULL;
	bool ok = add_folder(&l, dir, "", 0, e);

	if (ok && has_file(dir, "index")) {
		ok = read_file(dir, "index", INDEX_BYTES_MAX, text, e);
		old = ok ? index_parse(text->data, text->len, e) : NULL;
		ok = old != NULL;
	}
	if (ok) {
		struct buf fresh = {0};

		memcpy(l.ix.registry, root->registry, sizeof l.ix.registry);
		l.ix.version = old ? old->version + 1 : 1;
		l.ix.date = how->now;
		l.ix.expires = how->now + INT64_C(86400) * PUBLISH_DAYS;
		ok = index_write(&l.ix, &fresh, e);	/* sorts, which the comparison needs */
		*is_new = ok && (!old || how->renew || !same_files(old, &l.ix) || how->now >= old->expires);
		if (*is_new) {
			buf_clear(text);
			buf_add(text, fresh.data, fresh.len);
		}
		buf_done(&fresh);
	}
	index_free(old);
	listing_done(&l);
	return ok;
}

/* The signatures that index.sig has already, when they are of this index. */
static void
read_sigs(const char *dir, const unsigned char sha256[32], struct sigs *sigs)
{
	struct buf text = {0};
	unsigned char of[32];
	struct err ignored = {0};

	sigs->n = 0;
	if (!read_file(dir, "index.sig", TRUST_SIG_BYTES_MAX, &text, &ignored) ||
	    !trust_sig_parse(sigs, of, text.data, text.len, &ignored) || memcmp(of, sha256, sizeof of) != 0)
		sigs->n = 0;
	buf_done(&text);
}

static bool
sign_index(const char *dir, const struct key *k, const struct publish_sign *how, struct buf *said, struct err *e)
{
	struct buf root_text = {0}, text = {0}, sig_text = {0};
	unsigned char bytes[SIGN_BYTES], sha256[32];
	struct sigs sigs = {0};
	struct err missing = {0};
	bool is_new = false, ok = false;
	const struct root *root;
	struct root_chain *chain = read_root(dir, &root_text, e);

	if (!chain)
		goto done;
	root = &chain->roots[chain->n - 1];
	if (!may_sign(root, NULL, k, e) || !current_index(dir, root, how, &text, &is_new, e) ||
	    !digest_bytes(DIGEST_SHA256, text.data, text.len, sha256, e) || !sign_make(bytes, text.data, text.len, k->secret, e))
		goto done;
	if (!is_new)
		read_sigs(dir, sha256, &sigs);
	if (!sigs_add(&sigs, k->public_key, bytes, e))
		goto done;
	trust_sig_write(&sigs, sha256, &sig_text);
	ok = (!is_new || write_file(dir, "index", &text, e)) && write_file(dir, "index.sig", &sig_text, e);
	if (!root_signed(root, NULL, &sigs, text.data, text.len, &missing))
		buf_printf(said, "signed; %s", missing.text);
	else
		buf_printf(said, "the index is complete");
done:
	root_free(chain);
	buf_done(&root_text);
	buf_done(&text);
	buf_done(&sig_text);
	return ok;
}

bool
registry_sign(const char *dir, const struct publish_sign *how, struct buf *said, struct err *e)
{
	struct key k;
	bool ok;

	buf_clear(said);
	if (!key_read(&k, how->keyfile, e))
		return false;
	ok = has_file(dir, DRAFT) ? sign_root(dir, &k, said, e) : sign_index(dir, &k, how, said, e);
	key_wipe(&k);
	if (!ok)
		err_wrap(e, "%s", dir);
	return ok;
}

static bool
check_listing(const char *dir, const struct index *ix, struct err *e)
{
	struct listing l = {0};
	bool ok = add_folder(&l, dir, "", 0, e);

	for (size_t i = 0; ok && i < l.ix.n_files; i++) {
		const struct index_file *is = &l.ix.files[i], *f = index_find(ix, is->path);

		if (!f)
			ok = err_set(e, ERR_VERIFY, "%s is not in the index", is->path);
		else if (f->size != is->size || memcmp(f->sha256, is->sha256, 32) != 0)
			ok = err_set(e, ERR_VERIFY, "%s is not as the index lists it", is->path);
	}
	if (ok && l.ix.n_files != ix->n_files)
		ok = err_set(e, ERR_VERIFY, "the index lists %zu files, %zu are there", ix->n_files, l.ix.n_files);
	listing_done(&l);
	return ok;
}

bool
registry_verify(const char *dir, struct err *e)
{
	struct buf root = {0}, text = {0}, sig = {0};
	struct trust nothing = {0}, next = {0};
	struct trust_pin pin = {0};
	struct index *ix = NULL;
	bool ok = read_file(dir, "root", ROOT_BYTES_MAX, &root, e) && read_file(dir, "index", INDEX_BYTES_MAX, &text, e) &&
	    read_file(dir, "index.sig", TRUST_SIG_BYTES_MAX, &sig, e);

	if (ok) {
		struct trust_files f = {{root.data, root.len}, {text.data, text.len}, {sig.data, sig.len}};

		ix = trust_check(&nothing, &pin, &f, &next, e);
		ok = ix && check_listing(dir, ix, e);
		if (!ok)
			err_wrap(e, "%s", dir);
	}
	index_free(ix);
	trust_done(&next);
	buf_done(&root);
	buf_done(&text);
	buf_done(&sig);
	return ok;
}
