/* Files in the syntax of git-config; see config_file.h.
 *
 * One pass over the bytes gives headings and values with the place where each stands; reading hands the values out,
 * editing replaces bytes of the last one of a name (the one that counts). */
#define _GNU_SOURCE
#include "tui/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/i18n.h"

enum { END = -1 };

struct parser {
	const char *file, *text;	/* file: its name, for messages */
	size_t n, at;
	unsigned line;			/* of text[at], from 1 */
	size_t n_section;		/* bytes of name: "section." or "section.sub."; 0 before the first heading */
	struct buf name, value;
};

/* A heading, or a value. */
struct item {
	bool is_heading;
	unsigned line;
	size_t start, key_end, end;	/* bytes of the text: key from start to key_end, value to end */
};

/* ---- reading ---- */

static int
peek(const struct parser *p)
{
	return p->at < p->n ? (unsigned char)p->text[p->at] : END;
}

/* The byte that was peeked at. */
static void
step(struct parser *p)
{
	p->line += p->text[p->at] == '\n';
	p->at++;
}

static bool
is_newline(const struct parser *p)
{
	return peek(p) == '\n' || (peek(p) == '\r' && p->at + 1 < p->n && p->text[p->at + 1] == '\n');
}

static bool
is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool
is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_name(int c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
}

static void
add_lower(struct buf *b, int c)
{
	buf_add_char(b, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
}

static void
skip_line(struct parser *p)
{
	while (peek(p) != END && peek(p) != '\n')
		step(p);
}

static bool
wrong(const struct parser *p, struct err *e, const char *what)
{
	return err_set(e, ERR_USAGE, "%s line %u: %s", p->file, p->line, what);
}

/* "sub" of a heading, in which \ stands before any character that is meant as it is. */
static bool
read_subsection(struct parser *p, struct err *e)
{
	step(p);
	for (; peek(p) != '"'; step(p)) {
		if (peek(p) == '\\')
			step(p);
		if (peek(p) == END || peek(p) == '\n')
			return wrong(p, e, _("the heading's \" has no end"));
		buf_add_char(&p->name, (char)peek(p));
	}
	step(p);
	buf_add_char(&p->name, '.');
	return true;
}

/* [section], [section "sub"] or, as of old, [section.sub] */
static bool
read_heading(struct parser *p, struct item *it, struct err *e)
{
	it->is_heading = true;
	step(p);
	buf_clear(&p->name);
	for (; is_name(peek(p)) || peek(p) == '.'; step(p))
		add_lower(&p->name, peek(p));
	if (p->name.len == 0)
		return wrong(p, e, _("a heading is [section] or [section \"name\"]"));
	buf_add_char(&p->name, '.');
	if (is_blank(peek(p))) {
		while (is_blank(peek(p)))
			step(p);
		if (peek(p) != '"')
			return wrong(p, e, _("a heading is [section] or [section \"name\"]"));
		if (!read_subsection(p, e))
			return false;
	}
	if (peek(p) != ']')
		return wrong(p, e, _("the heading has no ]"));
	step(p);
	p->n_section = p->name.len;
	return true;
}

static bool
read_escape(struct parser *p, struct err *e)
{
	static const char letters[] = "\"\\ntb", meant[] = "\"\\\n\t\b";
	const char *at;

	step(p);
	if (is_newline(p)) {		/* the value goes on in the next line */
		skip_line(p);
		if (peek(p) != END)
			step(p);
		return true;
	}
	at = peek(p) > 0 ? strchr(letters, peek(p)) : NULL;
	if (!at)
		return wrong(p, e, _("after \\ in a value stands \\, \", n, t, b or the end of the line"));
	buf_add_char(&p->value, meant[at - letters]);
	step(p);
	return true;
}

/* Blanks around it, unless quoted, and a comment behind it are no part of a value. */
static bool
read_value(struct parser *p, struct item *it, struct err *e)
{
	bool quoted = false;
	size_t kept = 0;

	it->end = p->at;
	while (peek(p) != END && !is_newline(p) && (quoted || (peek(p) != '#' && peek(p) != ';'))) {
		int c = peek(p);

		if (is_blank(c) && !quoted) {
			if (kept)
				buf_add_char(&p->value, (char)c);
			step(p);
			continue;
		}
		if (c == '\\') {
			if (!read_escape(p, e))
				return false;
		} else {
			if (c == '"')
				quoted = !quoted;
			else
				buf_add_char(&p->value, (char)c);
			step(p);
		}
		kept = p->value.len;
		it->end = p->at;
	}
	if (quoted)
		return wrong(p, e, _("the value's \" has no end"));
	buf_truncate(&p->value, kept);
	skip_line(p);
	return true;
}

static bool
read_entry(struct parser *p, struct item *it, struct err *e)
{
	if (!is_letter(peek(p)))
		return wrong(p, e, _("is neither [section] nor a name with a value"));
	if (p->n_section == 0)
		return wrong(p, e, _("a value stands before the first [section]"));
	buf_truncate(&p->name, p->n_section);
	buf_clear(&p->value);
	for (; is_name(peek(p)); step(p))
		add_lower(&p->name, peek(p));
	it->key_end = it->end = p->at;
	while (is_blank(peek(p)) && !is_newline(p))
		step(p);
	if (peek(p) == '=') {
		step(p);
		return read_value(p, it, e);
	}
	if (peek(p) != END && !is_newline(p) && peek(p) != '#' && peek(p) != ';')
		return wrong(p, e, _("after a name comes = and its value"));
	buf_add_str(&p->value, "true");
	skip_line(p);
	return true;
}

/* False at the end, or with *e set. */
static bool
next(struct parser *p, struct item *it, struct err *e)
{
	for (;;) {
		while (is_blank(peek(p)) || peek(p) == '\n')
			step(p);
		if (peek(p) != '#' && peek(p) != ';')
			break;
		skip_line(p);
	}
	if (peek(p) == END)
		return false;
	*it = (struct item){.line = p->line, .start = p->at};
	if (peek(p) == '[' ? !read_heading(p, it, e) : !read_entry(p, it, e))
		return false;
	if (it->is_heading)
		it->end = p->at;
	return true;
}

static bool
start(struct parser *p, const char *file, const char *text, size_t n, struct err *e)
{
	static const char mark[] = "\xef\xbb\xbf";

	*p = (struct parser){.file = file, .text = text, .n = n, .line = 1};
	if (n >= sizeof mark - 1 && memcmp(text, mark, sizeof mark - 1) == 0)
		p->at = sizeof mark - 1;
	return !n || !memchr(text, '\0', n) || err_set(e, ERR_USAGE, "%s: holds a zero byte, so it is no text", file);
}

static void
stop(struct parser *p)
{
	buf_done(&p->name);
	buf_done(&p->value);
}

bool
config_file_is_include(const char *name)
{
	return strncmp(name, "include.", 8) == 0 || strncmp(name, "includeif.", 10) == 0;
}

bool
config_file_parse(const char *file, const char *text, size_t n, config_file_fn *each, void *ctx, struct err *e)
{
	struct parser p;
	struct item it;
	struct err why = {0};
	bool ok = start(&p, file, text, n, &why);

	while (ok && next(&p, &it, &why)) {
		struct config_file_value v = {buf_str(&p.name), buf_str(&p.value), it.line};

		ok = it.is_heading || each(ctx, &v, &why) || err_wrap(&why, "%s line %u", file, it.line);
	}
	stop(&p);
	return !why.kind || err_set(e, why.kind, "%s", why.text);
}

bool
config_file_each(const char *path, config_file_fn *each, void *ctx, struct err *e)
{
	struct buf text = {0};
	bool ok = true;

	if (fs_exists(path))
		ok = fs_read(&text, path, CONFIG_FILE_BYTES_MAX, e) &&
		    config_file_parse(path, buf_str(&text), text.len, each, ctx, e);
	buf_done(&text);
	return ok;
}

/* ---- editing ---- */

/* As it has to be written to be read as VALUE. */
static void
add_value(struct buf *out, const char *value)
{
	size_t n = strlen(value);
	bool quoted = n && (is_blank(value[0]) || is_blank(value[n - 1]) || strpbrk(value, "#;\r"));

	buf_add_str(out, quoted ? " = \"" : " = ");
	for (; *value; value++)
		switch (*value) {
		case '\n': buf_add_str(out, "\\n"); break;
		case '\t': buf_add_str(out, "\\t"); break;
		case '\b': buf_add_str(out, "\\b"); break;
		case '"': buf_add_str(out, "\\\""); break;
		case '\\': buf_add_str(out, "\\\\"); break;
		default: buf_add_char(out, *value);
		}
	if (quoted)
		buf_add_char(out, '"');
}

/* The heading of NAME, "section.key" or "section.sub.key". */
static void
add_heading(struct buf *out, const char *name)
{
	const char *dot = strchr(name, '.'), *last = strrchr(name, '.');

	buf_printf(out, "[%.*s", (int)(dot - name), name);
	if (dot != last) {
		buf_add_str(out, " \"");
		while (++dot < last) {
			if (*dot == '"' || *dot == '\\')
				buf_add_char(out, '\\');
			buf_add_char(out, *dot);
		}
		buf_add_char(out, '"');
	}
	buf_add_str(out, "]\n");
}

static size_t
end_of_line(const struct buf *text, size_t at)
{
	while (at < text->len && text->data[at] != '\n')
		at++;
	return at + (at < text->len);
}

/* What an edit has to know of the text. */
struct place {
	bool has_entry, has_section;
	struct item entry, section;	/* the last of the name, and the last of its section */
	size_t next;			/* where the item after that begins, if there is one */
	size_t last_end;		/* of the last item of all */
};

static bool
find_place(const char *file, const struct buf *text, const char *name, struct place *at, struct err *e)
{
	size_t n_section = (size_t)(strrchr(name, '.') + 1 - name);
	struct parser p;
	struct item it;
	struct err why = {0};
	bool ok = start(&p, file, buf_str(text), text->len, &why);

	*at = (struct place){0};
	while (ok && next(&p, &it, &why)) {
		at->last_end = it.end;
		if (at->has_section && at->next == 0)
			at->next = it.start;
		if (p.n_section != n_section || memcmp(p.name.data, name, n_section) != 0)
			continue;
		at->has_section = true;
		at->section = it;
		at->next = 0;
		if (!it.is_heading && strcmp(p.name.data, name) == 0) {
			at->has_entry = true;
			at->entry = it;
		}
	}
	stop(&p);
	return !why.kind || err_set(e, why.kind, "%s", why.text);
}

static bool
set(const char *file, struct buf *text, const struct config_edit *edit, struct err *e)
{
	struct buf line = {0}, value = {0};
	struct place at;

	if (!find_place(file, text, edit->name, &at, e))
		return false;
	add_value(&value, edit->value);
	if (at.has_entry) {
		buf_erase(text, at.entry.key_end, at.entry.end - at.entry.key_end);
		buf_insert(text, at.entry.key_end, value.data, value.len);
	} else {
		size_t where = at.has_section ? end_of_line(text, at.section.end) : text->len;

		if (at.next && at.next < where)		/* another heading on the same line */
			where = at.section.end;
		/* A last value may go on in a next line that is not there. */
		if (where > 0 && (text->data[where - 1] != '\n' || at.last_end == where))
			buf_add_char(&line, '\n');
		if (!at.has_section)
			add_heading(&line, edit->name);
		buf_printf(&line, "\t%s%s\n", strrchr(edit->name, '.') + 1, value.data);
		buf_insert(text, where, line.data, line.len);
	}
	buf_done(&line);
	buf_done(&value);
	return true;
}

/* With the rest of its line, a comment on it too. */
static void
erase_entry(struct buf *text, const struct item *it)
{
	size_t from = it->start, to = end_of_line(text, it->end);

	while (from > 0 && is_blank((unsigned char)text->data[from - 1]))
		from--;
	if (from > 0 && text->data[from - 1] != '\n' && to > from && text->data[to - 1] == '\n')
		to--;			/* it stood behind its heading */
	buf_erase(text, from, to - from);
}

/* A heading with nothing below it goes too, unless something of the person's stands there. */
static void
erase_heading(struct buf *text, const struct item *it)
{
	size_t to = it->end + strspn(text->data + it->end, " \t\r\n");

	if (it->is_heading && (to == text->len || text->data[to] == '['))
		buf_erase(text, it->start, to - it->start);
}

static bool
take_out(const char *file, struct buf *text, const char *name, size_t *n_taken, struct err *e)
{
	struct place at;
	bool ok, any = false;

	while ((ok = find_place(file, text, name, &at, e)) && at.has_entry) {
		erase_entry(text, &at.entry);
		any = true;
	}
	if (ok && any && at.has_section)
		erase_heading(text, &at.section);
	*n_taken += any;
	return ok;
}

bool
config_file_edit_text(const char *file, struct buf *text, const struct config_edit *edits, size_t n, size_t *n_taken,
    struct err *e)
{
	*n_taken = 0;
	for (size_t i = 0; i < n; i++)
		if (edits[i].value ? !set(file, text, &edits[i], e) : !take_out(file, text, edits[i].name, n_taken, e))
			return false;
	return true;
}

static bool
edit_locked(const char *path, const struct config_edit *edits, size_t n, size_t *n_taken, struct err *e)
{
	struct buf text = {0};
	bool ok = (!fs_exists(path) || fs_read(&text, path, CONFIG_FILE_BYTES_MAX, e)) &&
	    config_file_edit_text(path, &text, edits, n, n_taken, e) &&
	    fs_write_atomic(path, buf_str(&text), text.len, e);

	buf_done(&text);
	return ok;
}

static bool
make_folder(const char *path, struct err *e)
{
	char *dir = mem_dup(path), *slash = strrchr(dir, '/');
	bool ok = true;

	if (slash && slash != dir) {
		*slash = '\0';
		ok = fs_make_dirs(dir, e);
	}
	free(dir);
	return ok;
}

/* PATH.lock keeps others out, git among them. */
bool
config_file_edit(const char *path, const struct config_edit *edits, size_t n, size_t *n_taken, struct err *e)
{
	char *real = realpath(path, NULL);
	const char *file = real ? real : path;
	struct buf name = {0};
	size_t ignored;
	bool ok = make_folder(file, e);
	int lock = -1;

	buf_printf(&name, "%s.lock", file);
	if (ok && (lock = fs_lock_file(name.data, e)) < 0)
		ok = err_wrap(e, "%s", path);
	if (ok)
		ok = edit_locked(file, edits, n, n_taken ? n_taken : &ignored, e);
	if (lock >= 0) {
		unlink(name.data);
		close(lock);
	}
	buf_done(&name);
	free(real);
	return ok;
}
