/* Whether a model may be used as it is; see vet.h. */
#define _GNU_SOURCE
#include "tui/cmd/vet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/adopt.h"
#include "registry/variant.h"
#include "tui/cmd/ask.h"
#include "tui/cmd/known.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/text_clean.h"

enum { PIECE = 1 << 20 };

bool
vet_hash(const char *path, struct work *w, uint64_t base, uint64_t total, unsigned char sha256[DIGEST_SHA256_SIZE], struct err *e)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct digest *d = fd < 0 ? NULL : digest_new(DIGEST_SHA256, e);
	char *piece = mem_new0(1, PIECE);
	struct stat st;
	bool ok = d != NULL;

	if (fd < 0)
		err_set_errno(e, errno, path);
	else if (ok && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)))
		ok = err_set(e, ERR_FAILED, "%s: is no regular file", path);
	for (ssize_t n = 1; ok && n != 0;) {
		n = read(fd, piece, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = err_set_errno(e, errno, path);
		else
			digest_add(d, piece, (size_t)n);
		base += ok ? (uint64_t)n : 0;
		work_tell(w, base, total, NULL);
		if (ok && atomic_load(&w->cancel))
			ok = err_set(e, ERR_CANCELLED, "interrupted");
	}
	if (ok)
		digest_value(d, sha256);
	digest_free(d);
	free(piece);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* ---- a model of the store ---- */

static void
progress(void *arg, uint64_t n, uint64_t size)
{
	work_tell(arg, n, size, NULL);
}

/* A file that changed since it was verified. */
static bool
read_again(struct store *store, const char *folder, const char *file, struct err *e)
{
	struct work w;
	struct store_verify_options o = {.cancel = &w.cancel, .progress = progress, .arg = &w};
	struct store_report report;
	bool ok;

	say(NULL, "%s changed since it was verified, so it is read first", file);
	if (!work_begin(&w, _("verifying"), e))
		return false;
	ok = store_verify(store, folder, file, &o, &report, e);
	work_end(&w);
	if (!ok)
		return e && e->kind == ERR_CANCELLED ? err_set(e, ERR_CANCELLED, "interrupted, %s was not verified", file) : false;
	ok = report.whole;
	store_report_done(&report);
	return ok || err_set(e, ERR_VERIFY, "%s is damaged: minnow verify --repair %s fetches the damaged parts again", file, folder);
}

static bool
look_at(struct store *store, const char *folder, const char *file, struct err *e)
{
	struct store_seen seen;

	if (!store_look(store, folder, file, &seen, e))
		return false;
	if (seen.trust == STORE_CHANGED && !read_again(store, folder, file, e))
		return false;
	if (seen.trust == STORE_VERIFIED || seen.trust == STORE_CHANGED)
		store_touch(store, seen.sha256);
	return true;
}

bool
vet_installed(struct store *store, struct resolved *r, struct err *e)
{
	const struct entry *en = r->kept ? &r->kept->entry : r->model ? &r->model->entry : NULL;
	struct variant v;

	if (r->kind != RESOLVE_INSTALLED)
		return true;
	if (!look_at(store, r->folder, r->file_name, e) || !store_look(store, r->folder, r->file_name, &r->seen, e))
		return false;
	if (!r->file || !en)
		return true;
	variant_of(&v, en, r->file, false, false);
	for (size_t i = 0; i < en->n_files; i++)
		if (v.takes[i] && &en->files[i] != r->file && !look_at(store, r->folder, en->files[i].name, e))
			return false;
	return true;
}

/* ---- a file named by its path ---- */

/* A file of the store, called by its path.  *SEEN says what is known of it. */
static bool
is_in_store(const struct config *c, const char *path, struct store_seen *seen, struct err *e)
{
	struct store *store = NULL;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool ok = true;

	*seen = (struct store_seen){.trust = STORE_UNKNOWN};
	if (fd < 0)
		return true;		/* whoever opens it says why it cannot be opened */
	if (models_open_store(c, false, &store, e))
		ok = !store || store_look_fd(store, fd, seen, e);
	else
		ok = false;
	if (ok && store && seen->trust == STORE_VERIFIED)
		store_touch(store, seen->sha256);
	store_close(store);
	close(fd);
	return ok;
}

static bool
hash_now(const struct config *c, const char *path, const char **badge, struct err *e)
{
	unsigned char sha256[DIGEST_SHA256_SIZE];
	struct stat st;
	struct work w;
	bool ok;

	if (stat(path, &st) < 0)
		return err_set_errno(e, errno, path);
	if (!work_begin(&w, _("hashing"), e))
		return false;
	ok = vet_hash(path, &w, 0, (uint64_t)st.st_size, sha256, e);
	work_end(&w);
	if (!ok)
		return false;
	known_remember(c, path, sha256);
	*badge = known_badge(c, path);
	return true;
}

/* Yes, no, or hash it first and ask again if no registry knows it. */
static bool
ask_person(const struct config *c, const char *path, const char *shown, const char **badge, struct err *e)
{
	struct buf question = {0};
	struct stat st;
	bool is_file = stat(path, &st) == 0 && S_ISREG(st.st_mode);
	char answer;

	buf_printf(&question, _("%s is unverified: nobody has looked yet whether a registry knows its bytes.\n"), shown);
	if (is_file) {
		buf_add_str(&question, _("Use it? [y]es, [h]ash it first (reads "));
		models_add_size(&question, (uint64_t)st.st_size);
		buf_add_str(&question, "), [N]o: ");
	} else {
		buf_add_str(&question, _("Use it? [y]es, [N]o: "));
	}
	answer = ask(buf_str(&question), is_file ? "yhn" : "yn");
	if (answer == 'h') {
		if (!hash_now(c, path, badge, e)) {
			buf_done(&question);
			return false;
		}
		if (strcmp(*badge, badge_name(BADGE_UNVERIFIED)) != 0) {
			fprintf(stderr, _("A registry knows it.\n"));
			answer = 'y';
		} else {
			answer = ask("No registry of this machine knows its hash. Use it? [y]es, [N]o: ", "yn");
		}
	}
	buf_done(&question);
	return answer == 'y' || err_set(e, ERR_CANCELLED, "%s is not used", shown);
}

/* What is no model is refused by whoever opens it, with the reason. */
static bool
looks_like_model(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char magic[4] = "";
	struct stat st;
	bool is = fd >= 0 && fstat(fd, &st) == 0 && (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) &&
	    read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, "GGUF", sizeof magic) == 0));

	if (fd >= 0)
		close(fd);
	return is;
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The first time that anybody uses it. */
static bool
meet(const struct config *c, const char *path, const char **badge, struct err *e)
{
	unsigned char sha256[DIGEST_SHA256_SIZE];
	struct buf shown = {0};
	bool ok = true;

	text_clean_line(&shown, path, strlen(path));
	if (ask_can())
		ok = ask_person(c, path, buf_str(&shown), badge, e);
	else if (!is_folder(path))		/* which has no hash that a registry could know */
		say(NULL, "%s is unverified; minnow verify %s tells whether a registry knows it (this is said once)", path, path);
	if (!ok)
		known_forget(c, path);		/* though it may have been hashed */
	else if (known_recall(c, path, sha256) == KNOWN_NOT)
		known_remember(c, path, NULL);
	buf_done(&shown);
	return ok;
}

bool
vet_meet(const struct config *c, struct vetted *v, struct err *e)
{
	const char *path = buf_str(&v->path);
	unsigned char sha256[DIGEST_SHA256_SIZE];
	enum known_memory memory = v->is_path ? known_recall(c, path, sha256) : KNOWN_MET;
	struct store_seen seen;

	if (memory == KNOWN_HASHED)
		v->badge = known_badge(c, path);
	if (memory != KNOWN_NOT || !looks_like_model(path))
		return true;
	if (!is_in_store(c, path, &seen, e))
		return false;
	if (seen.trust == STORE_VERIFIED) {
		v->badge = known_badge(c, path);
		return true;
	}
	if (seen.trust == STORE_CHANGED)
		return err_set(e, ERR_VERIFY, "%s changed since it was verified, or is damaged: minnow verify reads it", path);
	return meet(c, path, &v->badge, e);
}

/* ---- by whatever name ---- */

/* Of a model of another program, whose hash was computed when it was imported. */
static const char *
badge_of_adopted(const struct catalog *catalog, const char *root, const char *name)
{
	struct store_seen seen = {.trust = STORE_VERIFIED};
	enum badge badge = BADGE_UNVERIFIED;
	const struct adopt_model *m = NULL;
	struct adopt_index x;

	if (!adopt_index_load(&x, root, NULL))
		return badge_name(badge);
	m = adopt_index_find(&x, name, NULL);
	for (size_t i = 0; m && i < m->n_files && m->files[i].has_sha256; i++) {
		enum badge one;

		memcpy(seen.sha256, m->files[i].sha256, sizeof seen.sha256);
		one = badge_of(catalog, NULL, &seen);
		badge = i == 0 || one < badge ? one : badge;
	}
	adopt_index_done(&x);
	return badge_name(badge);
}

static bool
find_by_name(const struct config *c, const char *name, struct vetted *v, struct err *e)
{
	struct catalog *catalog = models_open_catalog(c, e);
	struct resolve_from from = {.catalog = catalog, .memory_bytes = models_memory()};
	struct resolved r = {0};
	struct buf root = {0};
	bool ok;

	from.root = models_store_dir(c, &root, NULL) ? buf_str(&root) : NULL;
	ok = catalog && models_open_store(c, false, &from.store, e) && resolve(&from, name, &r, e) &&
	    vet_installed(from.store, &r, e) && resolve_is_here(&r, name, e);
	if (ok && r.kind == RESOLVE_ADOPTED)
		v->badge = badge_of_adopted(catalog, from.root, name);
	if (ok && r.kind == RESOLVE_INSTALLED)
		v->badge = badge_name(badge_of(catalog, r.folder, &r.seen));
	buf_clear(&v->path);
	buf_add_str(&v->path, buf_str(&r.path));
	v->is_path = r.kind == RESOLVE_PATH;
	if (v->is_path)
		v->badge = badge_name(BADGE_UNVERIFIED);
	v->has_sha256 = ok && r.kind == RESOLVE_INSTALLED && r.seen.trust == STORE_VERIFIED;
	if (v->has_sha256)
		memcpy(v->sha256, r.seen.sha256, sizeof v->sha256);
	resolve_done(&r);
	store_close(from.store);
	catalog_free(catalog);
	buf_done(&root);
	return ok;
}

bool
vet_find(const struct config *c, const char *name, struct vetted *v, struct err *e)
{
	bool ok;

	*v = (struct vetted){0};
	if (!resolve_is_plain(name)) {
		ok = find_by_name(c, name, v, e);
	} else {
		v->is_path = strcmp(name, RESOLVE_GUIDE) != 0;
		v->badge = v->is_path ? badge_name(BADGE_UNVERIFIED) : NULL;
		ok = models_find(c, name, &v->path, e);
	}
	if (ok && !v->has_sha256)
		v->has_sha256 = known_recall(c, buf_str(&v->path), v->sha256) == KNOWN_HASHED;
	return ok;
}

void
vet_done(struct vetted *v)
{
	buf_done(&v->path);
	*v = (struct vetted){0};
}
