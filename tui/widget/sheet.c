/* Rows of styled text; see sheet.h. */
#include "tui/widget/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/i18n.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/widget/wrap.h"

void
sheet_done(struct sheet *p)
{
	free(p->rows);
	free(p->pieces);
	buf_done(&p->text);
	buf_done(&p->markdown);
	flow_done(&p->flow);
	*p = (struct sheet){0};
}

void
sheet_clear(struct sheet *p, int columns)
{
	p->columns = columns > 1 ? columns : 1;
	p->n_rows = p->n_pieces = 0;
	p->has_links = false;
	buf_clear(&p->text);
	buf_clear(&p->markdown);
	flow_reset(&p->flow);
}

void
sheet_row(struct sheet *p)
{
	if (p->n_rows == p->rows_cap) {
		p->rows_cap = p->rows_cap ? 2 * p->rows_cap : 64;
		p->rows = mem_grow(p->rows, p->rows_cap, sizeof *p->rows);
	}
	p->rows[p->n_rows++] = (struct sheet_row){.first = (uint32_t)p->n_pieces};
}

static void
add_piece(struct sheet *p, int x, enum role role, unsigned attr, const char *s, size_t n)
{
	if (!p->n_rows)
		sheet_row(p);
	if (p->n_pieces == p->pieces_cap) {
		p->pieces_cap = p->pieces_cap ? 2 * p->pieces_cap : 128;
		p->pieces = mem_grow(p->pieces, p->pieces_cap, sizeof *p->pieces);
	}
	p->pieces[p->n_pieces++] = (struct sheet_piece){.at = (uint32_t)p->text.len, .len = (uint32_t)n, .x = (uint16_t)x,
	    .role = (uint8_t)role, .attr = (uint8_t)attr};
	p->rows[p->n_rows - 1].n++;
	buf_add(&p->text, s, n);
}

int
sheet_put(struct sheet *p, int x, enum role role, unsigned attr, const char *s)
{
	struct buf clean = {0};
	int width;

	text_clean_line(&clean, s, strlen(s));
	width = text_width(buf_str(&clean), clean.len);
	if (x >= 0 && x < p->columns && clean.len)
		add_piece(p, x, role, attr, clean.data, clean.len);
	buf_done(&clean);
	return x + width;
}

void
sheet_wrap(struct sheet *p, int first, int x, enum role role, const char *s)
{
	struct buf clean = {0};
	bool begun = false;

	text_clean_line(&clean, s, strlen(s));
	for (size_t at = 0, n; at < clean.len; at += n) {
		int room = p->columns - (begun ? x : first);
		size_t drawn;

		if (!begun && room < 8 && first > x) {		/* nothing worth having fits there */
			sheet_row(p);
			first = x;
			room = p->columns - x;
		}
		n = wrap_row(clean.data + at, clean.len - at, room > 8 ? room : 8);
		for (drawn = n; drawn && clean.data[at + drawn - 1] == ' ';)
			drawn--;
		if (begun)
			sheet_row(p);
		add_piece(p, begun ? x : first, role, 0, clean.data + at, drawn);
		begun = true;
	}
	buf_done(&clean);
}

void
sheet_markdown(struct sheet *p, const char *s)
{
	text_clean(&p->markdown, s, strlen(s));
	flow_update(&p->flow, buf_str(&p->markdown), p->markdown.len, p->columns);
	for (size_t i = 0; i < p->flow.n_rows; i++) {
		sheet_row(p);
		p->rows[p->n_rows - 1].flow = (uint32_t)i + 1;
	}
}

void
sheet_link(struct sheet *p, const void *link)
{
	p->rows[p->n_rows - 1].link = link;
	p->has_links = true;
}

void
sheet_fit(struct sheet *p, int height)
{
	size_t room = height > 1 ? (size_t)height : 1, last = p->n_rows > room ? p->n_rows - room : 0;

	p->height = (int)room;
	if (p->mark >= p->n_rows)
		p->mark = p->n_rows ? p->n_rows - 1 : 0;
	for (size_t i = 0; p->has_links && !p->rows[p->mark].link && i < p->n_rows; i++)
		if (p->rows[i].link)
			p->mark = i;
	if (p->has_links && p->mark < p->top)
		p->top = p->mark;
	if (p->has_links && p->mark >= p->top + room)
		p->top = p->mark - room + 1;
	if (p->top > last)
		p->top = last;
}

static size_t
moved(size_t from, long rows, size_t last)
{
	long to = (long)from + rows;

	return to < 0 ? 0 : (size_t)to < last ? (size_t)to : last;
}

bool
sheet_move(struct sheet *p, long rows)
{
	size_t *what = p->has_links ? &p->mark : &p->top, old = *what;
	size_t room = p->height > 1 ? (size_t)p->height : 1;
	size_t last = p->has_links ? p->n_rows - (p->n_rows > 0) : p->n_rows > room ? p->n_rows - room : 0;

	*what = moved(old, rows, last);
	/* A mark stands on what can be opened. */
	while (p->has_links && *what < last && !p->rows[*what].link && rows > 0)
		++*what;
	while (p->has_links && *what > 0 && !p->rows[*what].link)
		--*what;
	if (p->has_links && !p->rows[*what].link)
		*what = old;
	return *what != old;
}

const void *
sheet_marked(const struct sheet *p)
{
	return p->has_links && p->mark < p->n_rows ? p->rows[p->mark].link : NULL;
}

static void
draw_row(const struct sheet *p, const struct sheet_row *r, bool is_marked, const struct canvas *c)
{
	if (r->flow)
		flow_draw(&p->flow, r->flow - 1, buf_str(&p->markdown), c->g, c->y, c->x, c->x + c->cols, c->glyphs);
	for (uint32_t k = r->first; k < r->first + r->n; k++) {
		const struct sheet_piece *q = &p->pieces[k];
		const char *s = p->text.data + q->at;
		int room = c->cols - q->x;
		size_t fits = text_fit(s, q->len, room, NULL);
		unsigned attr = q->attr | (is_marked ? ATTR_BOLD : 0u);
		int x = c->x + q->x;

		if (fits < q->len)
			fits = text_fit(s, q->len, room - 1, NULL);
		x = grid_put(c->g, c->y, x, c->x + c->cols, s, fits, (enum role)q->role, attr);
		if (fits < q->len)
			grid_puts(c->g, c->y, x, c->x + c->cols, c->glyphs->ellipsis, (enum role)q->role, attr);
	}
	if (is_marked)
		grid_puts(c->g, c->y, c->x, c->x + c->cols, c->glyphs->here, ROLE_accent, ATTR_BOLD);
}

void
sheet_draw(const struct sheet *p, const struct canvas *c, bool has_focus)
{
	char more[32];

	for (int y = 0; y < c->rows && p->top + (size_t)y < p->n_rows; y++) {
		struct canvas row = {c->g, c->y + y, c->x, 1, c->cols, c->glyphs};
		size_t i = p->top + (size_t)y;

		draw_row(p, &p->rows[i], has_focus && p->has_links && i == p->mark, &row);
	}
	if (p->top + (size_t)c->rows < p->n_rows) {
		snprintf(more, sizeof more, _(" %s %zu more"), c->glyphs->down, p->n_rows - p->top - (size_t)c->rows);
		draw_text(c, c->rows - 1, c->cols - text_width(more, strlen(more)), more, ROLE_accent, 0);
	}
}

void
sheet_row_text(const struct sheet *p, size_t i, struct buf *out)
{
	const struct sheet_row *r = &p->rows[i];
	struct grid g;
	struct canvas c = {&g, 0, 0, 1, p->columns, glyphs_get(true)};

	grid_init(&g, 1, p->columns);
	grid_clear(&g);
	draw_row(p, r, false, &c);
	grid_row_text(&g, 0, out);
	grid_done(&g);
}
