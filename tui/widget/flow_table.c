/* Tables: columns as wide as their cells where there is room, else shared out so that the wide ones give way; a thin rule
 * under the head and nothing else.  Where even words do not fit, every row becomes a list of "head: cell". */
#include <stdlib.h>

#include "core/base/mem.h"
#include "tui/grid.h"
#include "tui/widget/flow_impl.h"

enum { GAP = 2, COLUMN_LEAST = 4, COLUMN_MOST = 60 };

struct table {
	struct lay *l;
	const struct md_cell *cells;
	size_t n_rows, n_columns;
	int width[MD_COLUMNS_MAX];
};

static const struct md_cell *
cell_at(const struct table *t, size_t row, size_t column)
{
	return &t->cells[row * t->n_columns + column];
}

static const struct run *
cell_runs(const struct table *t, size_t row, size_t column, size_t *n)
{
	const struct md_cell *c = cell_at(t, row, column);

	return lay_runs(t->l, c->n ? &t->l->f->md.spans[c->first] : NULL, c->n, row == 0 ? ATTR_BOLD : 0, n);
}

/* Natural widths, cut down from the widest on until all fit.  False: they cannot. */
static bool
set_widths(struct table *t)
{
	int room = t->l->room - GAP * (int)(t->n_columns - 1), total = 0;

	for (size_t c = 0; c < t->n_columns; c++) {
		for (size_t r = 0; r < t->n_rows; r++) {
			int longest, word;
			size_t n;
			const struct run *runs = cell_runs(t, r, c, &n);

			text_lines_measure(runs, n, &longest, &word);
			if (longest > t->width[c])
				t->width[c] = longest;
		}
		if (t->width[c] > COLUMN_MOST)
			t->width[c] = COLUMN_MOST;
		total += t->width[c];
	}
	while (total > room) {
		size_t widest = 0;

		for (size_t c = 1; c < t->n_columns; c++)
			if (t->width[c] > t->width[widest])
				widest = c;
		if (t->width[widest] <= COLUMN_LEAST)
			return false;
		t->width[widest]--;
		total--;
	}
	return true;
}

static int
align_x(const struct md_cell *c, int width, int line)
{
	int free_columns = width > line ? width - line : 0;

	return c->align == MD_RIGHT ? free_columns : c->align == MD_CENTER ? free_columns / 2 : 0;
}

/* Line I of every cell of a row beside each other; false when no cell has that many. */
static bool
add_line(struct table *t, size_t row, size_t i, const size_t *first, const size_t *n)
{
	const struct text_lines *lines = &t->l->f->lines;
	const struct md_cell *c0 = cell_at(t, row, 0);
	uint32_t at = c0->n ? t->l->f->md.spans[c0->first].at : t->l->b->at;
	bool any = false;
	int x = 0;

	for (size_t c = 0; c < t->n_columns; c++)
		any |= i < n[c];
	if (!any)
		return false;
	lay_row(t->l, at & MD_EXTRA ? t->l->b->at : at);
	for (size_t c = 0; c < t->n_columns; x += t->width[c++] + GAP) {
		const struct text_line *line = &lines->lines[first[c] + i];

		for (size_t k = 0; i < n[c] && k < line->n; k++)
			lay_piece(t->l, lines->pieces[line->first + k],
			    x + align_x(cell_at(t, row, c), t->width[c], line->width));
	}
	return true;
}

static void
add_row(struct table *t, size_t row)
{
	struct text_lines *lines = &t->l->f->lines;
	size_t first[MD_COLUMNS_MAX], n[MD_COLUMNS_MAX], n_runs;

	text_lines_clear(lines);
	for (size_t c = 0; c < t->n_columns; c++) {
		const struct run *runs = cell_runs(t, row, c, &n_runs);

		first[c] = lines->n_lines;
		text_lines_add(lines, runs, n_runs, t->width[c], WRAP_WORDS);
		n[c] = lines->n_lines - first[c];
	}
	for (size_t i = 0; add_line(t, row, i, first, n); i++)
		;
}

static void
add_rule(struct table *t)
{
	int x = 0;

	lay_row(t->l, t->l->f->rows[t->l->f->n_rows - 1].at);
	for (size_t c = 0; c < t->n_columns; x += t->width[c++] + GAP)
		lay_piece(t->l, (struct piece){.kind = PIECE_RULE, .len = (uint32_t)t->width[c], .role = ROLE_dim}, x);
}

/* Too narrow for columns: the cells of a row below each other, each after its head. */
static void
add_list(struct table *t)
{
	struct flow *f = t->l->f;

	for (size_t r = 1; r < t->n_rows; r++) {
		for (size_t c = 0; c < t->n_columns; c++) {
			const struct md_cell *cell = cell_at(t, r, c);
			size_t n;

			for (int part = 0; part < 2; part++) {
				const struct run *runs = cell_runs(t, part ? r : 0, c, &n);
				uint32_t at = cell->n ? f->md.spans[cell->first].at : t->l->b->at;

				text_lines_clear(&f->lines);
				text_lines_add(&f->lines, runs, n, t->l->room, WRAP_WORDS);
				for (size_t i = 0; i < f->lines.n_lines; i++) {
					lay_row(t->l, at & MD_EXTRA ? t->l->b->at : at);
					for (size_t k = 0; k < f->lines.lines[i].n; k++)
						lay_piece(t->l, f->lines.pieces[f->lines.lines[i].first + k], 0);
				}
			}
		}
		if (r + 1 < t->n_rows)
			lay_row(t->l, f->rows[f->n_rows - 1].at);
	}
}

void
lay_table(struct lay *l)
{
	const struct md_block *b = l->b;
	struct table t = {.l = l, .cells = l->f->md.cells + b->first, .n_columns = b->n_columns};

	if (!t.n_columns)
		return;
	t.n_rows = b->n / t.n_columns;
	if (!set_widths(&t)) {
		add_list(&t);
		return;
	}
	for (size_t r = 0; r < t.n_rows; r++) {
		add_row(&t, r);
		if (r == 0)
			add_rule(&t);
	}
}
