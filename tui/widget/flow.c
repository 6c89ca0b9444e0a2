/* Text to rows; see flow.h.  A source line is a block of its own: models write one paragraph a line, and a
 * person sees line ends where the model put them. */
#include "tui/widget/flow.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/draw.h"
#include "tui/text.h"
#include "tui/widget/wrap.h"

enum { CODE_INDENT = 4, TAB_COLUMNS = 8, INDENT_MAX = 24 };
enum { IN_BOLD = 1, IN_CODE = 2 };

/* What one source line is. */
struct block {
	enum flow_kind kind;
	size_t at, end;		/* its text, block markers left out */
	size_t mark_at, mark_len;
	int indent;
	bool hidden;		/* a fence: no rows */
};

/* Reads visible clusters of a source line, stepping over inline markers. */
struct walk {
	const char *s;
	size_t at, end;		/* end of the source line */
	unsigned state;		/* IN_BOLD, IN_CODE */
	bool plain;		/* no inline markers here */
};

void
flow_done(struct flow *f)
{
	free(f->rows);
	*f = (struct flow){0};
}

void
flow_reset(struct flow *f)
{
	f->n_rows = f->n_done = f->done_at = 0;
	f->in_code = false;
}

static bool
starts(const char *s, size_t n, const char *prefix)
{
	size_t len = strlen(prefix);

	return n >= len && memcmp(s, prefix, len) == 0;
}

static bool
contains(const char *s, size_t from, size_t end, const char *what)
{
	size_t len = strlen(what);

	for (; from + len <= end; from++)
		if (memcmp(s + from, what, len) == 0)
			return true;
	return false;
}

/* A marker opens only when its partner follows in the same line, or when the line is still being written. */
static bool
opens(const struct walk *w, size_t len, const char *mark)
{
	size_t after = w->at + len;

	if (after >= w->end || w->s[after] == ' ')
		return false;
	return contains(w->s, after, w->end, mark);
}

static void
skip_markers(struct walk *w)
{
	for (;;) {
		const char *p = w->s + w->at;
		size_t n = w->end - w->at;

		if (w->plain || n == 0)
			return;
		if (*p == '`' && (w->state & IN_CODE || opens(w, 1, "`"))) {
			w->state ^= IN_CODE;
			w->at++;
		} else if (!(w->state & IN_CODE) && starts(p, n, "**") &&
		    (w->state & IN_BOLD || opens(w, 2, "**"))) {
			w->state ^= IN_BOLD;
			w->at += 2;
		} else {
			return;
		}
	}
}

static void
add_row(struct flow *f, struct flow_row row)
{
	if (f->n_rows == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 32;
		f->rows = mem_grow(f->rows, f->cap, sizeof *f->rows);
	}
	f->rows[f->n_rows++] = row;
}

static int
tab_width(const char *p, int used, int width)
{
	return *p == '\t' ? TAB_COLUMNS - used % TAB_COLUMNS : width;
}

/* Take one row of at most COLUMNS from W: by words, code by clusters. */
static void
take_row(struct walk *w, int columns, bool by_words)
{
	struct walk best = {0};
	size_t prev = 0, prev_len = 0;
	int used = 0;

	for (;;) {
		struct walk here;
		size_t len;
		int width;

		skip_markers(w);
		if (w->at >= w->end)
			return;
		here = *w;
		len = text_cluster(w->s + w->at, w->end - w->at, &width);
		width = tab_width(w->s + w->at, used, width);
		if (prev_len && by_words && wrap_allowed(w->s + prev, prev_len, w->s + w->at, len))
			best = here;
		if (used + width > columns && prev_len && !(by_words && w->s[w->at] == ' ')) {
			if (best.s)
				*w = best;
			return;
		}
		prev = w->at;
		prev_len = len;
		used += width;
		w->at += len;
	}
}

static void
add_block(struct flow *f, const char *s, const struct block *b, int columns)
{
	struct walk w = {.s = s, .at = b->at, .end = b->end,
	    .plain = f->plain || b->kind == FLOW_CODE};
	int room = columns - b->indent > 8 ? columns - b->indent : columns;
	int indent = room == columns ? 0 : b->indent;
	bool first = true;

	if (b->hidden)
		return;
	do {
		struct flow_row row = {
			.at = (uint32_t)w.at, .end = (uint32_t)b->end, .kind = (uint8_t)b->kind,
			.indent = (uint8_t)indent, .inline_state = (uint8_t)w.state,
		};

		if (first && b->mark_len && indent) {
			row.mark_at = (uint32_t)b->mark_at;
			row.mark_len = (uint8_t)b->mark_len;
		}
		take_row(&w, room, b->kind != FLOW_CODE);
		row.len = (uint32_t)(w.at - row.at);
		add_row(f, row);
		first = false;
	} while (w.at < w.end);
}

/* "- ", "* ", "+ ", "12. ": the length of the marker without the space; 0: not a list. */
static size_t
list_marker(const char *s, size_t n)
{
	size_t digits = 0;

	if (n >= 2 && strchr("-*+", *s) && s[1] == ' ')
		return 1;
	while (digits < n && digits < 4 && s[digits] >= '0' && s[digits] <= '9')
		digits++;
	if (digits && digits + 1 < n && (s[digits] == '.' || s[digits] == ')') && s[digits + 1] == ' ')
		return digits + 1;
	return 0;
}

static void
classify_markup(const char *s, struct block *b, size_t spaces)
{
	const char *p = s + b->at + spaces;
	size_t n = b->end - b->at - spaces, mark = list_marker(p, n), hashes = 0;

	while (hashes < n && hashes < 6 && p[hashes] == '#')
		hashes++;
	if (hashes && hashes < n && p[hashes] == ' ') {
		b->kind = FLOW_HEADING;
		b->at += spaces + hashes + 1;
	} else if (mark) {
		b->mark_at = b->at + spaces;
		b->mark_len = mark;
		b->indent = (int)(spaces + mark + 1 > INDENT_MAX ? INDENT_MAX : spaces + mark + 1);
		b->at += spaces + mark + 1;
	} else if (starts(p, n, "> ")) {
		b->kind = FLOW_QUOTE;
		b->indent = 2;
		b->at += spaces + 2;
	} else {
		b->indent = (int)(spaces > INDENT_MAX ? INDENT_MAX : spaces);
		b->at += spaces;
	}
}

/* The source line S[at..end) in the state of F, which fences change. */
static struct block
classify(struct flow *f, const char *s, size_t at, size_t end)
{
	struct block b = {.at = at, .end = end};
	size_t spaces = 0;

	if (f->plain) {
		b.kind = f->plain_kind;
		return b;
	}
	while (at + spaces < end && s[at + spaces] == ' ')
		spaces++;
	if (starts(s + at + spaces, end - at - spaces, "```")) {
		f->in_code = !f->in_code;
		b.hidden = true;
	} else if (f->in_code) {
		b.kind = FLOW_CODE;
		b.indent = CODE_INDENT;
	} else {
		classify_markup(s, &b, spaces);
	}
	return b;
}

void
flow_update(struct flow *f, const char *s, size_t n, int columns)
{
	bool in_code;
	struct block b;

	if (columns < 1)
		columns = 1;
	if (columns != f->columns)
		flow_reset(f);
	f->columns = columns;
	f->n_rows = f->n_done;
	while (f->done_at < n) {
		const char *eol = memchr(s + f->done_at, '\n', n - f->done_at);

		if (!eol)
			break;
		b = classify(f, s, f->done_at, (size_t)(eol - s));
		add_block(f, s, &b, columns);
		f->done_at = (size_t)(eol - s) + 1;
		f->n_done = f->n_rows;
	}
	if (f->done_at == n)
		return;
	in_code = f->in_code;
	b = classify(f, s, f->done_at, n);
	add_block(f, s, &b, columns);
	f->in_code = in_code;
}

size_t
flow_find(const struct flow *f, size_t at)
{
	size_t i = f->n_rows;

	while (i > 1 && f->rows[i - 1].at > at)
		i--;
	return i ? i - 1 : 0;
}

static void
row_style(const struct flow_row *r, unsigned state, enum role *role, unsigned *attr)
{
	static const enum role by_kind[] = {
		[FLOW_TEXT] = ROLE_text, [FLOW_HEADING] = ROLE_text, [FLOW_CODE] = ROLE_code,
		[FLOW_QUOTE] = ROLE_dim, [FLOW_THINK] = ROLE_think,
	};

	*role = state & IN_CODE ? ROLE_code : by_kind[r->kind];
	*attr = r->kind == FLOW_HEADING || state & IN_BOLD ? ATTR_BOLD : 0;
}

static void
draw_mark(const struct flow_row *r, const char *s, struct grid *g, int y, int x, int limit, const struct glyphs *gl)
{
	int at = x + r->indent - r->mark_len - 1;

	if (r->mark_len == 1)
		grid_puts(g, y, at, limit, gl->bullet, ROLE_dim, 0);
	else if (r->mark_len)
		grid_put(g, y, at, limit, s + r->mark_at, r->mark_len, ROLE_dim, 0);
	else if (r->kind == FLOW_QUOTE && r->indent)
		grid_puts(g, y, x, limit, gl->bar, ROLE_dim, 0);
}

void
flow_draw(const struct flow *f, size_t i, const char *s, struct grid *g, int y, int x, int limit,
    const struct glyphs *gl)
{
	const struct flow_row *r = &f->rows[i];
	size_t end = r->at + r->len;
	struct walk w = {.s = s, .at = r->at, .end = r->end, .state = r->inline_state,
	    .plain = f->plain || r->kind == FLOW_CODE};
	int start = x + r->indent;

	draw_mark(r, s, g, y, x, limit, gl);
	x = start;
	for (skip_markers(&w); w.at < end; skip_markers(&w)) {
		size_t len = text_cluster(s + w.at, end - w.at, NULL);
		enum role role;
		unsigned attr;

		row_style(r, w.state, &role, &attr);
		if (s[w.at] == '\t')
			x += TAB_COLUMNS - (x - start) % TAB_COLUMNS;
		else
			x = grid_put(g, y, x, limit, s + w.at, len, role, attr);
		w.at += len;
	}
}

bool
flow_last_code(const char *s, size_t n, size_t *at, size_t *len)
{
	bool found = false, open = false;
	size_t begin = 0;

	for (size_t i = 0; i < n;) {
		const char *eol = memchr(s + i, '\n', n - i);
		size_t end = eol ? (size_t)(eol - s) : n, p = i;

		while (p < end && s[p] == ' ')
			p++;
		if (starts(s + p, end - p, "```")) {
			if (open) {
				*at = begin;
				*len = i - begin;
				found = true;
			}
			begin = end < n ? end + 1 : n;
			open = !open;
		}
		i = end + 1;
	}
	if (open && begin < n) {		/* still being written */
		*at = begin;
		*len = n - begin;
		found = true;
	}
	return found;
}
