/* A copy of a model into the store of our own; see adopt.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/adopt_kind.h"
#include "registry/badge.h"
#include "registry/catalog.h"
#include "registry/check.h"
#include "registry/entry.h"
#include "registry/store_inside.h"

enum { PIECE = 1 << 20 };

struct copy {
	struct store_part part;
	const struct adopt_file *file;
	const struct adopt_copy_options *o;
	struct digest *whole, *range;
	char *piece;
	uint64_t n_before;		/* bytes of the files before */
};

/* Bytes [at, at + n) of the file, which lie in one range. */
static bool
copy_piece(struct copy *c, int fd, uint64_t at, size_t n, struct err *e)
{
	for (size_t done = 0; done < n;) {
		ssize_t k = pread(fd, c->piece + done, n - done, (off_t)(at + done));

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? err_set_errno(e, errno, c->file->path) :
			    err_set(e, ERR_FAILED, "%s: is shorter than it was", c->file->path);
		done += (size_t)k;
	}
	for (size_t done = 0; done < n;) {
		ssize_t k = pwrite(c->part.fd, c->piece + done, n - done, (off_t)(at + done));

		if (k < 0 && errno != EINTR)
			return err_set_errno(e, errno, "the copy");
		done += k > 0 ? (size_t)k : 0;
	}
	digest_add(c->whole, c->piece, n);
	digest_add(c->range, c->piece, n);
	return true;
}

static bool
copy_range(struct copy *c, int fd, size_t index, struct err *e)
{
	uint64_t start = index * c->part.part.range_size, size = part_range_length(&c->part.part, index);

	digest_reset(c->range);
	for (uint64_t at = 0; at < size;) {
		size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;

		if (c->o->cancel && atomic_load(c->o->cancel))
			return err_set(e, ERR_CANCELLED, "cancelled");
		if (!copy_piece(c, fd, start + at, n, e))
			return false;
		at += n;
		if (c->o->progress)
			c->o->progress(c->o->arg, c->n_before + start + at, c->o->total);
	}
	digest_value(c->range, c->part.part.ranges[index].xxh3);
	c->part.part.ranges[index].n = size;
	return true;
}

static bool
copy_bytes(struct copy *c, struct err *e)
{
	int fd = adopt_open(AT_FDCWD, c->file->path, O_RDONLY);
	unsigned char sha256[DIGEST_SHA256_SIZE];
	bool ok = fd >= 0 || err_set_errno(e, errno, c->file->path);

	digest_reset(c->whole);
	for (size_t i = 0; ok && i < c->part.part.n_ranges; i++)
		ok = copy_range(c, fd, i, e);
	if (fd >= 0)
		close(fd);
	if (!ok)
		return false;
	digest_value(c->whole, sha256);
	return memcmp(sha256, c->file->sha256, sizeof sha256) == 0 ||
	    err_set(e, ERR_VERIFY, "%s: changed while it was copied", c->file->path);
}

static bool
copy_file(struct copy *c, struct store *s, const char *folder, const char *name, bool known, struct err *e)
{
	struct store_want want = {.model = folder, .file = name, .size = c->file->size, .range_size = ENTRY_RANGE,
	    .sha256 = c->file->sha256, .cancel = c->o->cancel};
	bool have;

	if (!store_part_open(s, &want, &c->part, &have, e))
		return false;
	if (have)
		return true;
	if (copy_bytes(c, e) && store_part_commit(&c->part, c->file->sha256, !known, folder, name, e))
		return true;
	store_part_drop(&c->part);
	return false;
}

/* The name of a file in the store: that of the registry, or its own. */
static bool
name_of(const struct catalog *c, const struct adopt_model *m, size_t i, struct buf *name, struct err *e)
{
	const struct entry_file *known = adopt_catalog_file(c, m, NULL);
	const char *slash = strrchr(m->files[i].path, '/');
	size_t colon = strcspn(m->name, ":");

	buf_clear(name);
	buf_add_str(name, known ? known->name : slash ? slash + 1 : m->files[i].path);
	if (check_file_name(name->data, e))
		return true;
	if (m->n_files > 1)
		return err_wrap(e, "%s", name->data);
	/* A blob is called by its hash. */
	slash = memrchr(m->name, '/', colon);
	buf_clear(name);
	buf_add(name, slash ? slash + 1 : m->name, colon - (size_t)(slash ? slash + 1 - m->name : 0));
	if (m->name[colon])
		buf_printf(name, "-%s", m->name + colon + 1);
	buf_add_str(name, ".gguf");
	return check_file_name(name->data, e) || err_wrap(e, "%s", name->data);
}

/* A word for a folder: that of the registry's model, or NAME before its ":" in one word. */
static void
folder_of(const struct catalog *c, const struct adopt_model *m, struct buf *folder)
{
	const struct catalog_model *known = NULL;
	struct buf word = {0};

	if (adopt_catalog_file(c, m, &known)) {
		badge_folder(folder, known->registry, known->entry.id);
		return;
	}
	for (const char *s = m->name; *s && *s != ':'; s++)
		buf_add_char(&word, *s == '/' ? '-' : *s);
	adopt_clean_name(folder, buf_str(&word));
	buf_done(&word);
}

bool
adopt_copy(struct store *s, const struct catalog *c, const struct adopt_model *m, const struct adopt_copy_options *o,
    struct buf *folder, struct err *e)
{
	struct copy copy = {.o = o, .whole = digest_new(DIGEST_SHA256, e)};
	struct buf name = {0};
	bool ok = copy.whole && (copy.range = digest_new(DIGEST_XXH3, e)) && (copy.piece = mem_try(1, PIECE, "a copy", e));

	buf_clear(folder);
	folder_of(c, m, folder);
	for (size_t i = 0; ok && i < m->n_files; i++) {
		copy.file = &m->files[i];
		ok = name_of(c, m, i, &name, e) &&
		    copy_file(&copy, s, folder->data, name.data, adopt_catalog_file(c, m, NULL) != NULL, e);
		copy.n_before += m->files[i].size;
	}
	digest_free(copy.whole);
	digest_free(copy.range);
	free(copy.piece);
	buf_done(&name);
	return ok;
}
