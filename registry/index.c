/* The index of a registry; see index.h. */
#include "registry/index.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/path.h"

/* Shortest line of a file: word, digest, one digit, one letter. */
#define FILE_LINE_MIN (5 + 64 + 1 + 1 + 1 + 1 + 1)

static bool
read_head(struct index *ix, struct canon *c, struct err *e)
{
	if (!canon_exact(c, "minnow index", e) ||
	    !canon_field_name(c, "registry", ix->registry, e) ||
	    !canon_field_number(c, "version", UINT64_MAX, &ix->version, e) ||
	    !canon_field_date(c, "date", &ix->date, e) ||
	    !canon_field_date(c, "expires", &ix->expires, e))
		return false;
	if (ix->version == 0)
		return err_set(e, ERR_VERIFY, "version is 0, the first is 1");
	if (ix->expires <= ix->date)
		return err_set(e, ERR_VERIFY, "it expires before its own date");
	return true;
}

static bool
read_file(struct index_file *f, struct canon *c, struct err *e)
{
	struct canon_text rest, word;

	if (!canon_field(c, "file", &rest, e))
		return false;
	if (!canon_cut(&rest, &word) || !canon_hex(word, f->sha256, sizeof f->sha256))
		return err_set(e, ERR_VERIFY, "line %zu: the digest is not 64 hexadecimal digits", c->line);
	if (!canon_cut(&rest, &word) || !canon_number(word, INDEX_FILE_BYTES_MAX, &f->size))
		return err_set(e, ERR_VERIFY, "line %zu: the size is no number up to %u", c->line, INDEX_FILE_BYTES_MAX);
	if (!path_check(rest.data, rest.len, e)) {
		err_wrap(e, "line %zu", c->line);
		return false;
	}
	f->path = rest.data;
	return true;
}

/* Order, sizes and names of all files; the paths are NUL-terminated. */
static bool
check_files(const struct index *ix, struct err *e)
{
	struct path_set *set = path_set_new(2 * ix->n_files);
	uint64_t total = 0;
	bool ok = true;

	for (size_t i = 0; ok && i < ix->n_files; i++) {
		const struct index_file *f = &ix->files[i];

		total += f->size;	/* INDEX_FILES_MAX times INDEX_FILE_BYTES_MAX fits */
		if (total > INDEX_TREE_BYTES_MAX)
			ok = err_set(e, ERR_VERIFY, "the files have more than the %u bytes allowed", INDEX_TREE_BYTES_MAX);
		else if (i > 0 && strcmp(ix->files[i - 1].path, f->path) >= 0)
			ok = err_set(e, ERR_VERIFY, "path %s stands after %s, they must ascend", f->path, ix->files[i - 1].path);
		else
			ok = path_set_add(set, f->path, strlen(f->path), e);
	}
	path_set_free(set);
	return ok;
}

static bool
read_files(struct index *ix, struct canon *c, struct err *e)
{
	size_t max = (size_t)(c->end - c->at) / FILE_LINE_MIN;

	if (max > INDEX_FILES_MAX)
		max = INDEX_FILES_MAX;
	ix->files = mem_try(max + 1, sizeof *ix->files, "the list of an index", e);
	if (!ix->files)
		return false;
	while (canon_next_is(c, "file")) {
		if (ix->n_files == max)
			return err_set(e, ERR_VERIFY, "more than the %u files allowed", INDEX_FILES_MAX);
		if (!read_file(&ix->files[ix->n_files], c, e))
			return false;
		ix->n_files++;
	}
	if (!canon_exact(c, "end", e))
		return false;
	if (!canon_at_end(c))
		return err_set(e, ERR_VERIFY, "text follows after the end");
	/* Every path ended with a newline that is not needed any more. */
	for (size_t i = 0; i < ix->n_files; i++)
		*strchr(ix->text + (ix->files[i].path - ix->text), '\n') = '\0';
	return check_files(ix, e);
}

struct index *
index_parse(const char *text, size_t n, struct err *e)
{
	struct index *ix = mem_new0(1, sizeof *ix);
	struct canon c;

	if (n > INDEX_BYTES_MAX) {
		err_set(e, ERR_VERIFY, "%zu bytes, at most %u are allowed", n, INDEX_BYTES_MAX);
		goto fail;
	}
	ix->text = mem_try(n + 1, 1, "an index", e);
	if (!ix->text)
		goto fail;
	if (n > 0)
		memcpy(ix->text, text, n);
	c = canon_start(ix->text, n);
	if (read_head(ix, &c, e) && read_files(ix, &c, e))
		return ix;
fail:
	err_wrap(e, "index");
	index_free(ix);
	return NULL;
}

void
index_free(struct index *ix)
{
	if (!ix)
		return;
	free(ix->files);
	free(ix->text);
	free(ix);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct index_file *)a)->path, ((const struct index_file *)b)->path);
}

const struct index_file *
index_find(const struct index *ix, const char *path)
{
	struct index_file key = {.path = path};

	return ix->n_files ? bsearch(&key, ix->files, ix->n_files, sizeof key, by_path) : NULL;
}

bool
index_write(struct index *ix, struct buf *out, struct err *e)
{
	struct index *back;

	if (ix->n_files)
		qsort(ix->files, ix->n_files, sizeof *ix->files, by_path);
	buf_clear(out);
	buf_printf(out, "minnow index\nregistry %s\nversion %llu\ndate ", ix->registry, (unsigned long long)ix->version);
	canon_add_date(out, ix->date);
	buf_add_str(out, "\nexpires ");
	canon_add_date(out, ix->expires);
	buf_add_char(out, '\n');
	for (size_t i = 0; i < ix->n_files; i++) {
		buf_add_str(out, "file ");
		canon_add_hex(out, ix->files[i].sha256, sizeof ix->files[i].sha256);
		buf_printf(out, " %llu %s\n", (unsigned long long)ix->files[i].size, ix->files[i].path);
	}
	buf_add_str(out, "end\n");
	/* Nobody may publish what everybody would refuse. */
	back = index_parse(out->data, out->len, e);
	index_free(back);
	return back != NULL;
}
