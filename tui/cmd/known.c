/* What is known of a file; see known.h. */
#define _GNU_SOURCE
#include "tui/cmd/known.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/adopt.h"
#include "registry/store.h"
#include "tui/cmd/models.h"
#include "tui/registries.h"

/* ---- what is remembered of files outside the store ---- */

/* DIR/known/KEY: the key is made of how the file looks, so that another file, or the same one changed, has another. */
static bool
place_of(const struct config *c, const char *path, bool make, struct buf *place)
{
	unsigned char value[DIGEST_XXH3_SIZE];
	char hex[DIGEST_HEX_MAX];
	struct buf dir = {0}, key = {0};
	struct stat st;
	bool ok = *c->cache_dir && stat(path, &st) == 0;

	if (ok) {
		buf_printf(&key, "%llu %llu %lld %lld %ld", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
		    (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
		fs_join(&dir, c->cache_dir, "known");
		ok = digest_bytes(DIGEST_XXH3, key.data, key.len, value, NULL) && (!make || fs_make_dirs(dir.data, NULL));
	}
	if (ok) {
		digest_hex(hex, value, sizeof value);
		fs_join(place, dir.data, hex);
	}
	buf_done(&dir);
	buf_done(&key);
	return ok;
}

enum known_memory
known_recall(const struct config *c, const char *path, unsigned char sha256[DIGEST_SHA256_SIZE])
{
	enum known_memory memory = KNOWN_NOT;
	struct buf place = {0}, text = {0};

	if (place_of(c, path, false, &place) && fs_exists(place.data)) {
		memory = KNOWN_MET;
		if (fs_read(&text, place.data, 2 * DIGEST_SHA256_SIZE + 1, NULL) && text.len == 2 * DIGEST_SHA256_SIZE + 1 &&
		    digest_from_hex(sha256, DIGEST_SHA256_SIZE, text.data, text.len - 1))
			memory = KNOWN_HASHED;
	}
	buf_done(&place);
	buf_done(&text);
	return memory;
}

void
known_remember(const struct config *c, const char *path, const unsigned char *sha256)
{
	char text[2 * DIGEST_SHA256_SIZE + 2] = "";
	struct buf place = {0};

	if (sha256) {
		digest_hex(text, sha256, DIGEST_SHA256_SIZE);
		text[2 * DIGEST_SHA256_SIZE] = '\n';
	}
	/* What cannot be remembered is asked again. */
	if (place_of(c, path, true, &place) &&
	    !fs_write_atomic(place.data, text, sha256 ? 2 * DIGEST_SHA256_SIZE + 1 : 0, NULL))
		unlink(place.data);
	buf_done(&place);
}

void
known_forget(const struct config *c, const char *path)
{
	struct buf place = {0};

	if (place_of(c, path, false, &place))
		unlink(place.data);
	buf_done(&place);
}

/* ---- of any file ---- */

/* The folder of the store that PATH is in, by whatever way it is written; NULL: none. */
static char *
folder_of(const struct store *s, const char *path)
{
	char *real = realpath(path, NULL), *root = realpath(store_root(s), NULL), *folder = NULL;
	struct buf begin = {0};

	if (real && root) {
		buf_printf(&begin, "%s/models/", root);
		if (strncmp(real, begin.data, begin.len) == 0)
			folder = mem_dup_bytes(real + begin.len, strcspn(real + begin.len, "/") + 1);
	}
	if (folder)
		folder[strcspn(folder, "/")] = '\0';
	buf_done(&begin);
	free(real);
	free(root);
	return folder;
}

/* False: it is no file of the store. */
static bool
look_in_store(const struct config *c, const char *path, struct store_seen *seen, char **folder)
{
	struct store *s = NULL;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool is = fd >= 0 && models_open_store(c, false, &s, NULL) && s && store_look_fd(s, fd, seen, NULL) &&
	    seen->trust != STORE_UNKNOWN;

	if (is)
		*folder = folder_of(s, path);
	store_close(s);
	if (fd >= 0)
		close(fd);
	return is;
}

/* One that another program keeps, as it was when it was taken into use. */
static bool
look_at_adopted(const struct config *c, const char *path, unsigned char sha256[DIGEST_SHA256_SIZE])
{
	char *real = realpath(path, NULL);
	struct adopt_index x = {0};
	struct buf root = {0};
	bool found = false;

	if (real && models_store_dir(c, &root, NULL) && adopt_index_load(&x, root.data, NULL))
		for (size_t i = 0; i < x.n && !found; i++)
			for (size_t k = 0; k < x.models[i].n_files && !found; k++) {
				const struct adopt_file *f = &x.models[i].files[k];

				found = f->has_sha256 && strcmp(f->path, real) == 0 && adopt_check(&x.models[i], NULL);
				if (found)
					memcpy(sha256, f->sha256, DIGEST_SHA256_SIZE);
			}
	adopt_index_done(&x);
	buf_done(&root);
	free(real);
	return found;
}

void
known_look(const struct config *c, const struct catalog *catalog, const char *path, struct known *k)
{
	struct store_seen seen = {.trust = STORE_UNKNOWN};
	char *folder = NULL;

	*k = (struct known){0};
	if (!look_in_store(c, path, &seen, &folder) && (known_recall(c, path, seen.sha256) == KNOWN_HASHED ||
	    look_at_adopted(c, path, seen.sha256)))
		seen.trust = STORE_VERIFIED;
	k->has_sha256 = seen.trust == STORE_VERIFIED;
	memcpy(k->sha256, seen.sha256, sizeof k->sha256);
	k->badge = catalog ? badge_of(catalog, folder, &seen) : BADGE_UNVERIFIED;
	free(folder);
}

const char *
known_badge(const struct config *c, const char *path)
{
	struct buf warnings = {0};	/* whoever wants models has been told */
	struct catalog *catalog = registries_open_catalog_quietly(c, &warnings, NULL, NULL);
	struct known k;

	known_look(c, catalog, path, &k);
	catalog_free(catalog);
	buf_done(&warnings);
	return badge_name(k.badge);
}

const struct catalog_model *
known_model(const struct catalog *catalog, const unsigned char *sha256, const struct entry_file **file)
{
	const struct catalog_model *m;

	for (size_t i = 0; (m = catalog_model_at(catalog, i)); i++)
		for (size_t k = 0; k < m->entry.n_files; k++) {
			*file = &m->entry.files[k];
			if ((*file)->has_sha256 && memcmp((*file)->sha256, sha256, DIGEST_SHA256_SIZE) == 0)
				return m;
		}
	return NULL;
}
