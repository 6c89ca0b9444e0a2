/* Text to rows; see flow.h.  Code between fences at the left edge is taken line by line, what is between such blocks is
 * parsed as soon as something follows that stands for itself (md_cut). */
#include "tui/widget/flow.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/draw.h"
#include "tui/widget/flow_impl.h"
#include "tui/widget/highlight.h"

enum { CODE_INDENT = 4, ROOM_LEAST = 12, QUOTE_COLUMNS = 2, FENCE_LEAST = 3 };

void
flow_done(struct flow *f)
{
	free(f->rows);
	free(f->pieces);
	free(f->runs);
	buf_done(&f->extra);
	md_done(&f->md);
	text_lines_done(&f->lines);
	*f = (struct flow){0};
}

static void
drop_unsettled(struct flow *f)
{
	f->n_rows = f->settled.rows;
	f->n_pieces = f->settled.pieces;
	buf_truncate(&f->extra, f->settled.extra);
}

void
flow_reset(struct flow *f)
{
	memset(&f->settled, 0, sizeof f->settled);
	memset(&f->fence, 0, sizeof f->fence);
	f->laid = 0;
	drop_unsettled(f);
}

static void
settle(struct flow *f, size_t at)
{
	f->settled.at = at;
	f->settled.rows = f->n_rows;
	f->settled.pieces = f->n_pieces;
	f->settled.extra = f->extra.len;
}

/* ---- rows ---- */

void
lay_piece(struct lay *l, struct piece p, int x)
{
	struct flow *f = l->f;

	if (f->n_pieces == f->pieces_cap) {
		f->pieces_cap = f->pieces_cap ? 2 * f->pieces_cap : 64;
		f->pieces = mem_grow(f->pieces, f->pieces_cap, sizeof *f->pieces);
	}
	p.x = (uint16_t)(p.x + l->indent + x);
	f->pieces[f->n_pieces++] = p;
	f->rows[f->n_rows - 1].n++;
}

static void
new_row(struct flow *f, uint32_t at)
{
	if (f->n_rows == f->rows_cap) {
		f->rows_cap = f->rows_cap ? 2 * f->rows_cap : 32;
		f->rows = mem_grow(f->rows, f->rows_cap, sizeof *f->rows);
	}
	f->rows[f->n_rows++] = (struct flow_row){.at = at, .first = f->n_pieces};
}

static int
prefix_columns(uint8_t prefix)
{
	return prefix == MD_QUOTE ? QUOTE_COLUMNS : prefix;
}

/* "3." as text of the flow's own. */
static struct piece
number_piece(struct lay *l)
{
	struct buf *extra = &l->f->extra;
	size_t from = extra->len;

	buf_printf(extra, "%u%c", l->b->number, l->b->delimiter);
	return (struct piece){.at = MD_EXTRA | (uint32_t)from, .len = (uint32_t)(extra->len - from), .role = ROLE_dim};
}

static void
lay_mark(struct lay *l, int x)
{
	static const uint8_t kinds[] = {[MD_BULLET] = PIECE_BULLET, [MD_TASK] = PIECE_TASK, [MD_DONE] = PIECE_DONE};
	struct piece p = {.role = ROLE_dim};

	if (l->b->mark == MD_NUMBER)
		p = number_piece(l);
	else
		p.kind = kinds[l->b->mark];
	lay_piece(l, p, x - l->indent);
	l->marked = true;
}

void
lay_row(struct lay *l, uint32_t at)
{
	int x = 0;

	new_row(l->f, at);
	if (!l->b || l->indent == 0)
		return;
	for (size_t i = 0; i < MD_DEPTH && l->b->prefix[i]; i++) {
		bool is_last = i + 1 == MD_DEPTH || !l->b->prefix[i + 1];

		if (l->b->prefix[i] == MD_QUOTE)
			lay_piece(l, (struct piece){.kind = PIECE_BAR, .role = ROLE_dim}, x - l->indent);
		else if (is_last && l->b->mark && !l->marked)
			lay_mark(l, x);
		x += prefix_columns(l->b->prefix[i]);
	}
}

static void
lay_lines(struct lay *l, const struct run *runs, size_t n, uint32_t at, enum text_lines_wrap wrap)
{
	struct text_lines *lines = &l->f->lines;

	text_lines_clear(lines);
	text_lines_add(lines, runs, n, l->room, wrap);
	for (size_t i = 0; i < lines->n_lines; i++) {
		const struct text_line *line = &lines->lines[i];

		if (line->n && !(lines->pieces[line->first].at & MD_EXTRA))
			at = lines->pieces[line->first].at;
		lay_row(l, at);
		for (size_t k = 0; k < line->n; k++)
			lay_piece(l, lines->pieces[line->first + k], 0);
	}
}

/* ---- runs ---- */

static void
add_run(struct flow *f, struct run r)
{
	if (f->n_runs == f->runs_cap) {
		f->runs_cap = f->runs_cap ? 2 * f->runs_cap : 32;
		f->runs = mem_grow(f->runs, f->runs_cap, sizeof *f->runs);
	}
	f->runs[f->n_runs++] = r;
}

static enum role
span_role(const struct lay *l, unsigned style)
{
	if (style & MD_CODE)
		return ROLE_code;
	if (style & (MD_ADDRESS | MD_STRIKE))
		return ROLE_dim;
	for (size_t i = 0; i < MD_DEPTH && l->b->prefix[i]; i++)
		if (l->b->prefix[i] == MD_QUOTE)
			return ROLE_dim;
	return ROLE_text;
}

const struct run *
lay_runs(struct lay *l, const struct md_span *spans, size_t n, unsigned attr, size_t *n_runs)
{
	struct flow *f = l->f;

	f->n_runs = 0;
	for (size_t i = 0; i < n; i++) {
		const struct md_span *sp = &spans[i];
		struct run r = {.s = sp->at & MD_EXTRA ? f->md.extra.data + (sp->at & ~MD_EXTRA) : l->s + sp->at,
		    .at = sp->at, .len = sp->len, .breaks = sp->breaks && i > 0, .role = (uint8_t)span_role(l, sp->style)};

		r.attr = (uint8_t)(attr | (sp->style & MD_BOLD ? ATTR_BOLD : 0) | (sp->style & MD_ITALIC ? ATTR_ITALIC : 0) |
		    (sp->style & MD_LINK ? ATTR_UNDERLINE : 0));
		if (sp->at & MD_EXTRA)
			r.at += (uint32_t)f->settled.extra;	/* where the words of this parse will be kept */
		add_run(f, r);
	}
	*n_runs = f->n_runs;
	return f->runs;
}

/* ---- code ---- */

struct code_run {
	struct flow *f;
	const char *s;
	uint32_t at;
};

static void
add_token(void *arg, enum hl_kind kind, size_t n)
{
	static const uint8_t roles[] = {
		[HL_PLAIN] = ROLE_code, [HL_KEYWORD] = ROLE_keyword, [HL_STRING] = ROLE_string, [HL_COMMENT] = ROLE_comment,
		[HL_NUMBER] = ROLE_number, [HL_META] = ROLE_accent, [HL_ADDED] = ROLE_good, [HL_REMOVED] = ROLE_bad,
	};
	struct code_run *c = arg;

	add_run(c->f, (struct run){.s = c->s, .len = (uint32_t)n, .at = c->at, .role = roles[kind]});
	c->s += n;
	c->at += (uint32_t)n;
}

/* One line of code that is S[at..at+n). */
static void
lay_code_line(struct lay *l, const struct lang *lang, unsigned *state, uint32_t at, size_t n)
{
	struct code_run c = {.f = l->f, .s = l->s + at, .at = at};

	l->f->n_runs = 0;
	if (lang)
		highlight_line(lang, state, c.s, n, add_token, &c);
	else
		add_token(&c, HL_PLAIN, n);
	lay_lines(l, l->f->runs, l->f->n_runs, at, WRAP_ANYWHERE);
}

/* Code in a list or a quote, as md4c gives it. */
static void
lay_code(struct lay *l)
{
	const struct md_block *b = l->b;
	const struct lang *lang = b->lang_len ? lang_find(l->s + b->lang_at, b->lang_len) : NULL;
	unsigned state = 0;

	for (uint32_t i = b->first, from = i; i < b->first + b->n; from = i) {
		const struct md_span *sp = l->f->md.spans;

		for (i++; i < b->first + b->n && !sp[i].breaks; i++)
			;
		lay_code_line(l, lang, &state, sp[from].at, sp[i - 1].at + sp[i - 1].len - sp[from].at);
	}
}

/* ---- blocks ---- */

static void
set_room(struct lay *l)
{
	int columns = l->f->columns, indent = 0;

	for (size_t i = 0; l->b && i < MD_DEPTH && l->b->prefix[i]; i++)
		indent += prefix_columns(l->b->prefix[i]);
	if (!l->b || l->b->kind == MD_CODE_BLOCK)
		indent += CODE_INDENT;
	l->indent = columns - indent >= ROOM_LEAST ? indent : 0;
	l->room = columns - l->indent;
}

/* A row without text; the bar of a quote goes on. */
static void
lay_blank(struct lay *l)
{
	new_row(l->f, l->b->at);
	if (l->b->prefix[0] == MD_QUOTE && l->indent && l->b > l->f->md.blocks && l->b[-1].prefix[0] == MD_QUOTE)
		lay_piece(l, (struct piece){.kind = PIECE_BAR, .role = ROLE_dim}, -l->indent);
}

static void
lay_block(struct lay *l)
{
	const struct md_block *b = l->b;
	const struct run *runs;
	size_t n;

	if (b->kind == MD_TABLE) {
		lay_table(l);
	} else if (b->kind == MD_CODE_BLOCK) {
		lay_code(l);
	} else if (b->kind == MD_RULE) {
		lay_row(l, b->at);
		lay_piece(l, (struct piece){.kind = PIECE_RULE, .len = (uint32_t)l->room, .role = ROLE_dim}, 0);
	} else {
		/* Without spans there is no array to stand in. */
		runs = lay_runs(l, b->n ? &l->f->md.spans[b->first] : NULL, b->n, b->kind == MD_HEADING ? ATTR_BOLD : 0, &n);
		lay_lines(l, runs, n, b->at, WRAP_WORDS);
	}
}

/* Is the line before AT blank? */
static bool
is_after_blank(const char *s, size_t at)
{
	if (at == 0)
		return false;
	for (at--; at > 0 && strchr(" \t\r", s[at - 1]); at--)
		;
	return at == 0 || s[at - 1] == '\n';
}

static void
lay_markdown(struct flow *f, const char *s, size_t from, size_t to)
{
	bool blank = is_after_blank(s, from);

	md_parse_text(&f->md, s + from, to - from, from);
	buf_add(&f->extra, f->md.extra.data, f->md.extra.len);
	for (size_t i = 0; i < f->md.n_blocks; i++) {
		struct lay l = {.f = f, .s = s, .b = &f->md.blocks[i]};

		set_room(&l);
		if (f->n_rows && (l.b->blank || (i == 0 && blank)))
			lay_blank(&l);
		lay_block(&l);
	}
}

static void
lay_plain_line(struct flow *f, const char *s, size_t from, size_t to)
{
	struct lay l = {.f = f, .s = s, .room = f->columns};
	struct run r = {.s = s + from, .len = (uint32_t)(to - from), .at = (uint32_t)from, .role = f->plain_role};

	lay_lines(&l, &r, 1, r.at, WRAP_WORDS);
}

/* ---- fences at the left edge ---- */

static size_t
fence_length(const char *s, size_t n)
{
	size_t len = 0;

	while (len < n && (s[len] == '`' || s[len] == '~') && s[len] == *s)
		len++;
	return len >= FENCE_LEAST ? len : 0;
}

/* The next fence at the beginning of a line of S[from..n), or n. */
static size_t
find_fence(const char *s, size_t from, size_t n)
{
	while (from < n && !fence_length(s + from, n - from)) {
		const char *eol = memchr(s + from, '\n', n - from);

		from = eol ? (size_t)(eol - s) + 1 : n;
	}
	return from;
}

static void
open_fence(struct flow *f, const char *s, size_t at, size_t end)
{
	size_t len = fence_length(s + at, end - at);

	f->fence.open = true;
	f->fence.sign = s[at];
	f->fence.length = len;
	f->fence.state = 0;
	at += len;
	while (at < end && s[at] == ' ')
		at++;
	f->fence.lang = lang_find(s + at, end - at);
	if (f->n_rows && is_after_blank(s, f->settled.at))
		new_row(f, (uint32_t)f->settled.at);
}

static bool
closes_fence(const struct flow *f, const char *s, size_t n)
{
	size_t at = 0, len;

	while (at < n && at < FENCE_LEAST && s[at] == ' ')
		at++;
	len = fence_length(s + at, n - at);
	if (len < f->fence.length || s[at] != f->fence.sign)
		return false;
	for (at += len; at < n; at++)
		if (!strchr(" \t\r", s[at]))
			return false;
	return true;
}

/* The line S[at..end) after a fence was opened. */
static void
take_code_line(struct flow *f, const char *s, size_t at, size_t end)
{
	struct lay l = {.f = f, .s = s};

	if (closes_fence(f, s + at, end - at)) {
		f->fence.open = false;
		return;
	}
	set_room(&l);
	lay_code_line(&l, f->fence.lang, &f->fence.state, (uint32_t)at, end - at);
}

/* ---- bringing up to date ---- */

/* Lay out the next thing that is finished; false when there is none. */
static bool
advance(struct flow *f, const char *s, size_t n)
{
	size_t at = f->settled.at, end;
	const char *eol = memchr(s + at, '\n', n - at);

	if (f->plain || f->fence.open || fence_length(s + at, n - at)) {
		if (!eol)
			return false;
		end = (size_t)(eol - s);
		if (f->plain)
			lay_plain_line(f, s, at, end);
		else if (f->fence.open)
			take_code_line(f, s, at, end);
		else
			open_fence(f, s, at, end);
		settle(f, end + 1);
		return true;
	}
	end = find_fence(s, at, n);
	if (md_cut(s + at, end - at))
		end = at + md_cut(s + at, end - at);
	else if (end == n)
		return false;
	lay_markdown(f, s, at, end);
	settle(f, end);
	return true;
}

void
flow_update(struct flow *f, const char *s, size_t n, int columns)
{
	if (columns < 1)
		columns = 1;
	if (columns != f->columns)
		flow_reset(f);
	/* A long conversation asks for all of its turns with each frame. */
	if (n == f->laid && columns == f->columns)
		return;
	f->columns = columns;
	f->laid = n;
	drop_unsettled(f);
	while (f->settled.at < n && advance(f, s, n))
		;
	if (f->settled.at >= n)
		return;
	if (f->plain) {
		lay_plain_line(f, s, f->settled.at, n);
	} else if (f->fence.open) {
		unsigned state = f->fence.state;

		take_code_line(f, s, f->settled.at, n);
		f->fence.open = true;
		f->fence.state = state;
	} else if (!fence_length(s + f->settled.at, n - f->settled.at)) {
		lay_markdown(f, s, f->settled.at, n);
	}
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
draw_piece_rule(struct grid *g, int y, int x, int limit, const struct piece *p, const struct glyphs *gl)
{
	for (uint32_t i = 0; i < p->len; i++)
		x = grid_puts(g, y, x, limit, gl->rule, (enum role)p->role, 0);
}

void
flow_draw(const struct flow *f, size_t i, const char *s, struct grid *g, int y, int x, int limit, const struct glyphs *gl)
{
	const struct flow_row *r = &f->rows[i];

	for (size_t k = r->first; k < r->first + r->n; k++) {
		const struct piece *p = &f->pieces[k];
		const char *glyphs[] = {[PIECE_BULLET] = gl->bullet, [PIECE_BAR] = gl->bar, [PIECE_TASK] = gl->task,
		    [PIECE_DONE] = gl->done};

		if (p->kind == PIECE_RULE)
			draw_piece_rule(g, y, x + p->x, limit, p, gl);
		else if (p->kind != PIECE_TEXT)
			grid_puts(g, y, x + p->x, limit, glyphs[p->kind], (enum role)p->role, 0);
		else
			grid_put(g, y, x + p->x, limit, p->at & MD_EXTRA ? f->extra.data + (p->at & ~MD_EXTRA) : s + p->at,
			    p->len, (enum role)p->role, p->attr);
	}
}

/* Blanks at the beginning of S[0..n), MOST of them at most. */
static size_t
blanks(const char *s, size_t n, size_t most)
{
	size_t at = 0;

	while (at < n && at < most && s[at] == ' ')
		at++;
	return at;
}

/* A fence of backticks has none behind it. */
static size_t
opening_length(const char *s, size_t n)
{
	size_t len = fence_length(s, n);

	return len && !(*s == '`' && memchr(s + len, '`', n - len)) ? len : 0;
}

size_t
flow_code(const char *s, size_t n, size_t i, struct buf *out)
{
	struct flow f = {0};			/* for the fence that is open */
	struct buf block = {0};
	size_t indent = 0, found = 0, next;

	for (size_t at = 0; at < n; at = next) {
		const char *eol = memchr(s + at, '\n', n - at);
		size_t end = eol ? (size_t)(eol - s) : n, p = at + blanks(s + at, end - at, f.fence.open ? indent : SIZE_MAX);
		bool closes = f.fence.open && closes_fence(&f, s + p, end - p);

		next = end < n ? end + 1 : n;
		if (f.fence.open && !closes) {
			buf_add(&block, s + p, next - p);
		} else if (!closes && opening_length(s + p, end - p)) {
			f.fence.open = true;
			f.fence.sign = s[p];
			f.fence.length = fence_length(s + p, end - p);
			indent = p - at;
			buf_clear(&block);
		}
		/* One that is still being written is one when there is something in it. */
		if (closes || (next == n && f.fence.open && block.len)) {
			if (found++ == i)
				buf_add(out, buf_str(&block), block.len);
			f.fence.open = false;
		}
	}
	buf_done(&block);
	return found;
}
