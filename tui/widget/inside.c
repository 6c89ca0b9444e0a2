/* The rows of what is inside a model file; see inside.h. */
#include "tui/widget/inside.h"

#include "tui/state/inside.h"
#include "tui/text.h"

/* Columns of the left part of a row, where there is a right one. */
static int
left_columns(enum inside_section s, int cols)
{
	static const int most[INSIDE_SECTIONS] = {
		[INSIDE_FACTS] = 16, [INSIDE_METADATA] = 40, [INSIDE_TENSORS] = 32, [INSIDE_VOCABULARY] = 9,
	};

	if (s > INSIDE_VOCABULARY)
		return cols;
	return most[s] < cols / 2 ? most[s] : s == INSIDE_VOCABULARY ? most[s] : cols / 2;
}

static void
draw_heading(const struct inside *in, enum inside_section s, bool is_marked, const struct canvas *c)
{
	struct buf n = {0};
	int x;

	draw_text(c, 0, 0, is_marked ? c->glyphs->here : in->open[s] ? c->glyphs->unfolded : c->glyphs->folded,
	    is_marked ? ROLE_accent : ROLE_dim, is_marked ? ATTR_BOLD : 0);
	x = draw_text(c, 0, 2, inside_title(s), ROLE_text, ATTR_BOLD);
	format_count(&n, inside_count(in, s));
	draw_text(c, 0, x + 2, buf_str(&n), ROLE_dim, 0);
	buf_done(&n);
}

static void
draw_row(const struct inside *in, enum inside_section s, size_t row, bool is_marked, const struct canvas *c)
{
	struct buf left = {0}, right = {0};
	int columns = left_columns(s, c->cols - 2);
	struct canvas l = {c->g, c->y, c->x + 2, 1, columns, c->glyphs};
	struct canvas r = {c->g, c->y, c->x + 2 + columns + 1, 1, c->cols - columns - 3, c->glyphs};
	unsigned attr = is_marked ? ATTR_BOLD : 0;

	inside_row(in, s, row, &left, &right);
	if (is_marked)
		draw_text(c, 0, 0, c->glyphs->here, ROLE_accent, ATTR_BOLD);
	draw_text(&l, 0, 0, buf_str(&left), s > INSIDE_VOCABULARY ? ROLE_code : ROLE_dim, attr);
	if (s <= INSIDE_VOCABULARY && r.cols > 0)
		draw_text(&r, 0, 0, buf_str(&right), ROLE_text, attr);
	buf_done(&left);
	buf_done(&right);
}

void
inside_draw(const struct inside *in, const struct canvas *c, bool has_focus)
{
	size_t n = inside_n_rows(in);

	for (int y = 0; y < c->rows && in->top + (size_t)y < n; y++) {
		struct canvas line = {c->g, c->y + y, c->x, 1, c->cols, c->glyphs};
		size_t i = in->top + (size_t)y, row;
		enum inside_section s = inside_at(in, i, &row);
		bool is_marked = has_focus && i == in->mark;

		if (row == SIZE_MAX)
			draw_heading(in, s, is_marked, &line);
		else
			draw_row(in, s, row, is_marked, &line);
	}
}
