/* What is in use of other programs' models: ROOT/adopted.  The text, names and paths with %XX for what is not printable
 * ASCII and for "%":
 *
 *	minnow adopted 1
 *	model llama3.2:1b
 *	from ollama llama3.2:1b			the program, and what it calls the model
 *	quant Q8_0				left out when it is not known
 *	date 1795651200
 *	path /home/ann/.ollama/models/blobs/sha256-…		the file or folder that is opened
 *	file 1321082688 131 1795651200 5 HEX /home/…		size, inode, time of change, SHA-256, path; one or more
 *	end */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "registry/adopt_kind.h"
#include "registry/lines.h"
#include "registry/near.h"
#include "registry/store_inside.h"

#define INDEX "adopted"

enum { INDEX_BYTES_MAX = 16 << 20, CODED_MAX = 3 * ADOPT_WORD_MAX };

/* ---- the text ---- */

static void
add_coded(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s < ' ' || *s > '~' || *s == '%')
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*s);
		else
			buf_add_char(out, *s);
	}
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The rest of the line, decoded in place; NULL: not as add_coded() writes it. */
static char *
take_coded(struct lines *l)
{
	char *s = lines_rest(l, CODED_MAX), *to = s;

	for (const char *p = s; p && *p; p++) {
		int high = *p == '%' ? hex_digit(p[1]) : 0, low = *p == '%' && high >= 0 ? hex_digit(p[2]) : 0;
		char c = *p == '%' ? (char)(high * 16 + low) : *p;

		if (high < 0 || low < 0 || (*p == '%' && (c == '\0' || (c >= ' ' && c <= '~' && c != '%')))) {
			free(s);
			return NULL;
		}
		p += *p == '%' ? 2 : 0;
		*to++ = c;
	}
	if (s)
		*to = '\0';
	return s;
}

static bool
read_file(struct adopt_model *m, struct lines *l)
{
	struct adopt_file f = {.has_sha256 = true};

	if (m->n_files == ADOPT_FILES_MAX || !lines_number(l, &f.size) || !lines_number(l, &f.inode) ||
	    !lines_number(l, &f.mtime_s) || !lines_number(l, &f.mtime_ns) || !lines_hex(l, f.sha256, sizeof f.sha256))
		return false;
	f.path = take_coded(l);
	if (!f.path || f.path[0] != '/' || __builtin_add_overflow(m->size, f.size, &m->size)) {
		free(f.path);
		return false;
	}
	m->files = mem_grow(m->files, m->n_files + 1, sizeof f);
	m->files[m->n_files++] = f;
	return true;
}

/* "from KIND TITLE": both in one rest of a line, as the kind is one word. */
static bool
read_from(struct adopt_model *m, struct lines *l)
{
	char *from = take_coded(l), *blank = from ? strchr(from, ' ') : NULL;

	if (blank && blank[1]) {
		*blank = '\0';
		m->kind = adopt_kind_find(from);
		m->title = mem_dup(blank + 1);
	}
	free(from);
	return m->kind != NULL;
}

static bool
read_model(struct adopt_model *m, struct lines *l)
{
	m->name = take_coded(l);
	if (!m->name || !adopt_check_name(m->name, NULL) || !lines_next(l, "from") || !read_from(m, l))
		return false;
	if (lines_next(l, "quant") && (!(m->quant = take_coded(l)) || !*m->quant))
		return false;
	if (!lines_next(l, "date") || !lines_number(l, &m->date) || !lines_done(l) || !lines_next(l, "path"))
		return false;
	m->path = take_coded(l);
	if (!m->path || m->path[0] != '/')
		return false;
	while (lines_next(l, "file"))
		if (!read_file(m, l))
			return false;
	return m->n_files > 0;
}

bool
adopt_index_parse(struct adopt_index *x, const char *text, size_t n, struct err *e)
{
	struct lines l;

	*x = (struct adopt_index){0};
	lines_init(&l, text, n);
	if (!lines_next(&l, "minnow adopted 1") || !lines_done(&l))
		return err_set(e, ERR_FAILED, "is no list of models of other programs");
	while (lines_next(&l, "model")) {
		struct adopt_model *m;

		x->models = mem_grow(x->models, x->n + 1, sizeof *x->models);
		m = &x->models[x->n++];
		*m = (struct adopt_model){0};
		if (!read_model(m, &l) || (x->n > 1 && strcmp(m[-1].name, m->name) >= 0))
			goto fail;
	}
	if (lines_next(&l, "end") && lines_done(&l) && lines_at_end(&l))
		return true;
fail:
	adopt_index_done(x);
	return err_set(e, ERR_FAILED, "is damaged near line %u; minnow import makes it anew when the file is removed", l.n + 1);
}

void
adopt_index_write(const struct adopt_index *x, struct buf *out)
{
	char hex[DIGEST_HEX_MAX];

	buf_clear(out);
	buf_add_str(out, "minnow adopted 1\n");
	for (size_t i = 0; i < x->n; i++) {
		const struct adopt_model *m = &x->models[i];

		buf_printf(out, "model %s\nfrom %s ", m->name, m->kind->name);
		add_coded(out, m->title);
		if (m->quant) {
			buf_add_str(out, "\nquant ");
			add_coded(out, m->quant);
		}
		buf_printf(out, "\ndate %llu\npath ", (unsigned long long)m->date);
		add_coded(out, m->path);
		for (size_t k = 0; k < m->n_files; k++) {
			const struct adopt_file *f = &m->files[k];

			digest_hex(hex, f->sha256, sizeof f->sha256);
			buf_printf(out, "\nfile %llu %llu %llu %llu %s ", (unsigned long long)f->size, (unsigned long long)f->inode,
			    (unsigned long long)f->mtime_s, (unsigned long long)f->mtime_ns, hex);
			add_coded(out, f->path);
		}
		buf_add_char(out, '\n');
	}
	buf_add_str(out, "end\n");
}

void
adopt_index_done(struct adopt_index *x)
{
	for (size_t i = 0; i < x->n; i++)
		adopt_model_done(&x->models[i]);
	free(x->models);
	*x = (struct adopt_index){0};
}

/* ---- the file ---- */

static bool
load_from(struct adopt_index *x, int dir, struct err *e)
{
	struct buf text = {0};
	struct err why = {0};
	bool missing, ok = store_read_small(dir, INDEX, INDEX_BYTES_MAX, &text, &missing, &why);

	*x = (struct adopt_index){0};
	if (ok)
		ok = adopt_index_parse(x, buf_str(&text), text.len, &why) || err_wrap(&why, "%s", INDEX);
	else
		ok = missing;
	if (!ok && e)
		*e = why;
	buf_done(&text);
	return ok;
}

bool
adopt_index_load(struct adopt_index *x, const char *root, struct err *e)
{
	int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	*x = (struct adopt_index){0};
	if (dir < 0)
		return errno == ENOENT || err_set_errno(e, errno, root);
	ok = load_from(x, dir, e) || err_wrap(e, "%s", root);
	close(dir);
	return ok;
}

struct change {
	const struct adopt_model *put;		/* NULL: NAME goes */
	const char *name;
};

static struct adopt_model
copy_of(const struct adopt_model *m)
{
	struct adopt_model c = *m;

	c.source = 0;
	c.owner = c.why_not = NULL;
	c.title = mem_dup(m->title);
	c.name = mem_dup(m->name);
	c.quant = m->quant ? mem_dup(m->quant) : NULL;
	c.path = mem_dup(m->path);
	c.files = mem_dup_bytes(m->files, m->n_files * sizeof *m->files);
	for (size_t i = 0; i < m->n_files; i++)
		c.files[i].path = mem_dup(m->files[i].path);
	return c;
}

static bool
apply(struct adopt_index *x, const struct change *c, struct err *e)
{
	size_t i = 0;
	bool same;

	while (i < x->n && strcmp(x->models[i].name, c->name) < 0)
		i++;
	same = i < x->n && strcmp(x->models[i].name, c->name) == 0;
	if (!same && !c->put)
		return err_set(e, ERR_NOT_FOUND, "no model of another program is in use as \"%s\"", c->name);
	if (same)
		adopt_model_done(&x->models[i]);
	if (!same)
		x->models = mem_grow(x->models, x->n + 1, sizeof *x->models);
	if (!same || !c->put)
		memmove(x->models + i + !same, x->models + i + same, (x->n - i - same) * sizeof *x->models);
	if (c->put)
		x->models[i] = copy_of(c->put);
	x->n = x->n + !same - !c->put;
	return true;
}

static bool
change_index(const char *root, const struct change *c, struct err *e)
{
	struct store *s = store_open(root, e);
	struct adopt_index x = {0};
	struct buf text = {0};
	int lock = s ? store_lock(s, true, e) : -1;
	bool ok = lock >= 0 && load_from(&x, s->root_fd, e) && apply(&x, c, e);

	if (ok) {
		adopt_index_write(&x, &text);
		ok = store_write_small(s, s->root_fd, INDEX, &text, e);
		store_sync_folder(s->root_fd);
	}
	if (lock >= 0)
		close(lock);
	adopt_index_done(&x);
	buf_done(&text);
	store_close(s);
	return ok;
}

bool
adopt_index_put(const char *root, const struct adopt_model *m, struct err *e)
{
	return change_index(root, &(struct change){.put = m, .name = m->name}, e);
}

bool
adopt_index_forget(const char *root, const char *name, struct err *e)
{
	return change_index(root, &(struct change){.name = name}, e);
}

/* ---- finding ---- */

static bool
same_bytes(const struct adopt_model *a, const struct adopt_model *b)
{
	bool same = a->n_files == b->n_files;

	for (size_t i = 0; same && i < a->n_files; i++)
		same = memcmp(a->files[i].sha256, b->files[i].sha256, sizeof a->files[i].sha256) == 0;
	return same;
}

static bool
is_name(const struct adopt_model *m, const char *name)
{
	return near_same(m->name, name);
}

static bool
is_title(const struct adopt_model *m, const char *name)
{
	return near_same(m->title, name);
}

static bool
is_short(const struct adopt_model *m, const char *name)
{
	size_t n = strlen(name), colon = strcspn(m->name, ":");
	char *before = mem_dup(m->name);
	bool same;

	before[colon] = '\0';
	same = n == colon && near_same(before, name);
	free(before);
	return same;
}

static bool
find_by(const struct adopt_index *x, bool (*is)(const struct adopt_model *m, const char *name), const char *name,
    const struct adopt_model **found, struct err *e)
{
	struct buf names = {0};
	bool ok = true;

	*found = NULL;
	for (size_t i = 0; i < x->n; i++) {
		if (!is(&x->models[i], name))
			continue;
		ok = ok && (!*found || same_bytes(*found, &x->models[i]));
		if (!*found)
			*found = &x->models[i];
		buf_printf(&names, "%s%s", names.len ? ", " : "", x->models[i].name);
	}
	if (!ok)
		err_set(e, ERR_USAGE, "\"%s\" may be one of several models: %s", name, buf_str(&names));
	buf_done(&names);
	return ok;
}

const struct adopt_model *
adopt_index_find(const struct adopt_index *x, const char *name, struct err *e)
{
	const struct adopt_model *found;

	if (!find_by(x, is_name, name, &found, e) || (!found && !find_by(x, is_title, name, &found, e)) ||
	    (!found && !find_by(x, is_short, name, &found, e)))
		return NULL;
	if (!found)
		err_set(e, ERR_NOT_FOUND, "no model of another program is in use as \"%s\"", name);
	return found;
}

static bool
check_file(const struct adopt_model *m, const struct adopt_file *f, struct err *e)
{
	struct stat st;

	if (stat(f->path, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return err_set_errno(e, errno, f->path) || err_wrap(e, "%s", m->name);
		return err_set(e, ERR_NOT_FOUND, "%s: the file that it was in is gone: %s (minnow rm %s forgets it)", m->name,
		    f->path, m->name);
	}
	return adopt_file_is(f, &st) || err_set(e, ERR_VERIFY,
	    "%s: the file changed since it was imported: %s (minnow import %s looks at it anew)", m->name, f->path, m->name);
}

bool
adopt_check(const struct adopt_model *m, struct err *e)
{
	for (size_t i = 0; i < m->n_files; i++)
		if (!check_file(m, &m->files[i], e))
			return false;
	return true;
}

bool
adopt_find_digest(const char *root, const unsigned char *sha256, struct buf *path)
{
	struct adopt_index x;
	bool found = false;

	if (!adopt_index_load(&x, root, NULL))
		return false;
	for (size_t i = 0; !found && i < x.n; i++) {
		const struct adopt_model *m = &x.models[i];

		found = m->n_files == 1 && memcmp(m->files[0].sha256, sha256, DIGEST_SHA256_SIZE) == 0 && adopt_check(m, NULL);
		if (found) {
			buf_clear(path);
			buf_add_str(path, m->files[0].path);
		}
	}
	adopt_index_done(&x);
	return found;
}
