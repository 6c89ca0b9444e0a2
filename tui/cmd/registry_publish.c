/* minnow registry key, init, rotate, sign, verify: a registry of one's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/digest.h"
#include "registry/index.h"
#include "registry/key.h"
#include "registry/publish.h"
#include "tui/cmd/registry.h"
#include "tui/i18n.h"
#include "tui/say.h"

static int64_t
now(const struct registry_call *c)
{
	return c->opts->now ? c->opts->now : time(NULL);
}

/* ---- keys ---- */

/* "alice" of "/home/a/alice.key", "models" of "work/models/". */
static char *
name_of(const char *path, bool without_kind)
{
	char *copy = mem_dup(path), *slash, *dot, *name;
	size_t n = strlen(copy);

	while (n > 1 && copy[n - 1] == '/')
		copy[--n] = '\0';
	slash = strrchr(copy, '/');
	name = mem_dup(slash ? slash + 1 : copy);
	dot = without_kind ? strchr(name + (*name == '.'), '.') : NULL;
	if (dot)
		*dot = '\0';
	free(copy);
	return name;
}

static void
print_key(const struct key *k)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(hex, k->public_key, sizeof k->public_key);
	printf("%s:%s\n", k->name, hex);
}

static bool
make_key(const char *path, const char *name, struct key *k, struct err *e)
{
	char *own = name_of(path, true);
	bool ok = key_make(k, name ? name : own, e);

	if (!ok && !name)
		err_wrap(e, "%s gives no name (--name does)", path);
	ok = ok && key_write(k, path, e);
	free(own);
	return ok;
}

static void
tell_new(const char *path)
{
	say("registry", "%s is a new key. Keep a copy of it in a safe place: nobody can make it again.", path);
}

bool
registry_key(const struct registry_call *c, struct err *e)
{
	const char *path = c->args[0];
	struct key k;
	bool there = fs_exists(path), ok = there ? key_read(&k, path, e) : make_key(path, c->opts->name, &k, e);

	if (ok && there && c->opts->name && strcmp(c->opts->name, k.name) != 0)
		ok = err_set(e, ERR_FAILED, "%s: is a key already, of %s", path, k.name);
	if (ok)
		print_key(&k);
	if (ok && !there)
		tell_new(path);
	key_wipe(&k);
	return ok;
}

/* A public key in hexadecimal, with a name before it or not. */
static bool
take_public(const char *text, unsigned char key[SIGN_KEY_BYTES], const char *option, const char *wants, struct err *e)
{
	return digest_from_hex(key, SIGN_KEY_BYTES, text, strlen(text)) ||
	    err_set(e, ERR_USAGE, "--%s wants %s, as minnow registry key prints it, not \"%.80s\"", option, wants, text);
}

static bool
take_signer(const char *text, struct root_key *key, struct err *e)
{
	static const char wants[] = "NAME:KEY";
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;

	if (!colon || !canon_name((struct canon_text){text, n}))
		return err_set(e, ERR_USAGE, "--signer wants %s, as minnow registry key prints it, not \"%.80s\"", wants, text);
	memcpy(key->name, text, n);
	key->name[n] = '\0';
	return take_public(colon + 1, key->public_key, "signer", wants, e);
}

/* The key of a file, which is made when MAKE and it is not there. */
static bool
take_file(const char *path, bool make, struct root_key *key, struct err *e)
{
	struct key k;
	bool is_new = make && !fs_exists(path), ok = is_new ? make_key(path, NULL, &k, e) : key_read(&k, path, e);

	if (ok) {
		memcpy(key->public_key, k.public_key, sizeof key->public_key);
		memcpy(key->name, k.name, sizeof key->name);
	}
	key_wipe(&k);
	if (ok && is_new)
		tell_new(path);
	return ok;
}

static bool
take_keys(const struct registry_call *c, bool make, struct root_key *keys, size_t *n, struct err *e)
{
	const struct registry_opts *o = c->opts;

	*n = 0;
	if (o->keys.n + o->signers.n == 0)
		return err_set(e, ERR_USAGE, "who may sign? Give --key FILE, or --signer NAME:KEY for others");
	if (o->keys.n + o->signers.n > ROOT_KEYS_MAX)
		return err_set(e, ERR_USAGE, "more than %d keys", ROOT_KEYS_MAX);
	for (size_t i = 0; i < o->keys.n; i++)
		if (!take_file(o->keys.at[i], make, &keys[(*n)++], e))
			return false;
	for (size_t i = 0; i < o->signers.n; i++)
		if (!take_signer(o->signers.at[i], &keys[(*n)++], e))
			return false;
	return true;
}

/* ---- files of the registry ---- */

static bool
write_builtin(void *ctx, const char *path, const char *text, size_t n, struct err *e)
{
	struct buf whole = {0};
	char *dir;
	bool ok;

	fs_join(&whole, ctx, path);
	dir = mem_dup(whole.data);
	*strrchr(dir, '/') = '\0';
	ok = fs_make_dirs(dir, e) && fs_write_atomic(whole.data, text, n, e);
	free(dir);
	buf_done(&whole);
	return ok;
}

static bool
copy_builtin(const char *dir, struct err *e)
{
	struct buf models = {0};
	bool there;

	fs_join(&models, dir, "models");
	there = fs_exists(models.data);
	buf_done(&models);
	return there ? err_set(e, ERR_FAILED, "%s: has a folder models already, --from-builtin would mix with it", dir) :
	    catalog_each_builtin(write_builtin, (void *)(uintptr_t)dir, e);
}

static bool
read_index(const char *dir, struct index **ix, struct err *e)
{
	struct buf path = {0}, text = {0};

	fs_join(&path, dir, "index");
	*ix = fs_read(&text, path.data, INDEX_BYTES_MAX, e) ? index_parse(buf_str(&text), text.len, e) : NULL;
	buf_done(&path);
	buf_done(&text);
	return *ix != NULL;
}

/* What others would leave out: a line in *SAID for each file below models/ that is no good entry, card or family. */
static bool
check_models(const char *dir, const struct index *ix, struct catalog *c, struct buf *said, struct err *e)
{
	struct buf path = {0}, text = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < ix->n_files; i++) {
		struct err why = {0};

		if (strncmp(ix->files[i].path, "models/", 7) != 0)
			continue;
		fs_join(&path, dir, ix->files[i].path);
		buf_clear(&text);
		ok = fs_read(&text, path.data, INDEX_FILE_BYTES_MAX, e);
		if (ok && !catalog_add(c, ix->registry, ix->files[i].path, buf_str(&text), text.len, &why))
			buf_printf(said, "%s\n", why.text);
	}
	buf_done(&path);
	buf_done(&text);
	return ok;
}

/* ---- signing ---- */

static bool
sign_with(const struct registry_call *c, const char *dir, const char *keyfile, struct err *e)
{
	struct publish_sign how = {keyfile, now(c), c->opts->renew};
	struct buf said = {0};
	bool ok = registry_sign(dir, &how, &said, e);

	if (ok) {
		say_name(keyfile);
		printf(": %s\n", buf_str(&said));
	}
	buf_done(&said);
	return ok;
}

static bool
is_begun(const char *dir)
{
	struct buf path = {0};
	bool there;

	fs_join(&path, dir, "root.next");
	there = fs_exists(path.data);
	buf_done(&path);
	return there;
}

/* Root and index, as far as the keys at hand go. */
static bool
sign_all(const struct registry_call *c, const char *dir, struct err *e)
{
	const struct opt_list *keys = &c->opts->keys;

	for (size_t i = 0; i < keys->n && is_begun(dir); i++)
		if (!sign_with(c, dir, keys->at[i], e))
			return false;
	for (size_t i = 0; i < keys->n && !is_begun(dir); i++)
		if (!sign_with(c, dir, keys->at[i], e))
			return false;
	return true;
}

bool
registry_start(const struct registry_call *c, struct err *e)
{
	struct root_key keys[ROOT_KEYS_MAX] = {0};
	char *own = name_of(c->args[0], false);
	struct publish_root first = {.registry = c->opts->name ? c->opts->name : own, .keys = keys, .date = now(c)};
	bool ok = take_keys(c, true, keys, &first.n_keys, e);

	first.threshold = c->opts->threshold ? (unsigned)c->opts->threshold : (unsigned)first.n_keys / 2 + 1;
	ok = ok && registry_init(c->args[0], &first, e) && (!c->opts->from_builtin || copy_builtin(c->args[0], e)) &&
	    sign_all(c, c->args[0], e);
	if (ok) {
		say_name(c->args[0]);
		printf(_(" is the registry %s; %u of %zu keys must sign it. After a change: minnow registry sign, then commit and push with "
		    "git.\n"), first.registry, first.threshold, first.n_keys);
	}
	free(own);
	return ok;
}

bool
registry_rotate_keys(const struct registry_call *c, struct err *e)
{
	struct root_key keys[ROOT_KEYS_MAX] = {0};
	unsigned char revoked[ROOT_KEYS_MAX][SIGN_KEY_BYTES];
	struct publish_root next = {.keys = keys, .date = now(c)};
	struct index *ix = NULL;
	bool ok = take_keys(c, false, keys, &next.n_keys, e);

	if (ok && c->opts->revoked.n > ROOT_KEYS_MAX)
		ok = err_set(e, ERR_USAGE, "more than %d revoked keys", ROOT_KEYS_MAX);
	for (size_t i = 0; ok && i < c->opts->revoked.n; i++)
		ok = take_public(c->opts->revoked.at[i], revoked[i], "revoke", "a public key", e);
	next.threshold = c->opts->threshold ? (unsigned)c->opts->threshold : (unsigned)next.n_keys / 2 + 1;
	ok = ok && read_index(c->args[0], &ix, e);
	if (ok) {
		next.registry = ix->registry;
		ok = registry_rotate(c->args[0], &next, (const unsigned char (*)[SIGN_KEY_BYTES])revoked, c->opts->revoked.n, e);
	}
	ok = ok && sign_all(c, c->args[0], e);
	if (ok && is_begun(c->args[0]))
		printf(_("The new root still lacks signatures: minnow registry sign DIR --key FILE, with keys of before and of now.\n"));
	index_free(ix);
	return ok;
}

static bool
warn_models(const char *dir, struct err *e)
{
	struct index *ix;
	struct catalog *catalog;
	struct buf said = {0};
	bool ok;

	if (is_begun(dir))
		return true;
	if (!read_index(dir, &ix, e))
		return false;
	catalog = catalog_new();
	ok = check_models(dir, ix, catalog, &said, e);
	for (const char *p = buf_str(&said); *p; p += strcspn(p, "\n") + 1)
		say("registry", "others will leave this out: %.*s", (int)strcspn(p, "\n"), p);
	catalog_free(catalog);
	index_free(ix);
	buf_done(&said);
	return ok;
}

bool
registry_sign_dir(const struct registry_call *c, struct err *e)
{
	if (!c->opts->keys.n)
		return err_set(e, ERR_USAGE, "with which key? Give --key FILE");
	return sign_all(c, c->args[0], e) && warn_models(c->args[0], e);
}

/* ---- verify ---- */

static bool
print_verified(const struct registry_call *c, const struct index *ix, const struct catalog *catalog, const struct buf *said,
    struct err *e)
{
	char expires[CANON_DATE_LEN + 1];
	size_t n = 0, n_bad = 0;

	while (catalog_model_at(catalog, n))
		n++;
	canon_date_text(expires, ix->expires);
	for (const char *p = buf_str(said); *p; p += strcspn(p, "\n") + 1, n_bad++)
		if (!c->opts->json)
			say("registry", "%.*s", (int)strcspn(p, "\n"), p);
	if (c->opts->json) {
		json_t *bad = json_array();

		for (const char *p = buf_str(said); *p; p += strcspn(p, "\n") + 1)
			json_array_append_new(bad, json_stringn(p, strcspn(p, "\n")));
		if (!models_print_json(json_pack("{s:s, s:I, s:I, s:I, s:s, s:o}", "registry", ix->registry, "version",
		    (json_int_t)ix->version, "files", (json_int_t)ix->n_files, "models", (json_int_t)n, "expires", expires,
		    "left_out", bad), e))
			return false;
	} else if (!n_bad) {
		say_name(c->args[0]);
		printf(_(": version %llu of %s is signed, all %zu files are as listed, %zu models; good until %.10s\n"),
		    (unsigned long long)ix->version, ix->registry, ix->n_files, n, expires);
	}
	return !n_bad || err_set(e, ERR_FAILED, "%s: signed and as listed, but %zu files would be left out by everybody", c->args[0],
	    n_bad);
}

bool
registry_verify_dir(const struct registry_call *c, struct err *e)
{
	struct index *ix = NULL;
	struct catalog *catalog = catalog_new();
	struct buf said = {0};
	bool ok = registry_verify(c->args[0], e) && read_index(c->args[0], &ix, e) &&
	    check_models(c->args[0], ix, catalog, &said, e) && print_verified(c, ix, catalog, &said, e);

	index_free(ix);
	catalog_free(catalog);
	buf_done(&said);
	return ok;
}
