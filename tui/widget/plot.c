/* Plots; see plot.h. */
#include "tui/widget/plot.h"

#include <string.h>

#include "core/base/utf8.h"
#include "tui/text.h"

enum { DOTS = 4 };

static bool
is_ascii(const struct canvas *c)
{
	return (unsigned char)c->glyphs->spark[7][0] < 0x80;
}

size_t
plot_n(const struct canvas *c)
{
	return c->cols > PLOT_SCALE ? (size_t)(c->cols - PLOT_SCALE) * 2 : 1;
}

/* The next of 1, 2, 3, 4, 5, 6, 8, 10 times a power of ten above X: a scale people can halve. */
static double
nice_above(double x)
{
	static const double steps[] = {1, 2, 3, 4, 5, 6, 8, 10};
	double unit = 1e-3;

	while (unit * 10 < x)
		unit *= 10;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (steps[i] * unit >= x)
			return steps[i] * unit;
	return 10 * unit;
}

/* Dots of a column filled from below up to LEVEL, in the cell whose lowest dot is FROM. */
static unsigned
braille_column(int level, int from, int side)
{
	static const unsigned char bits[2][DOTS] = {{0x40, 4, 2, 1}, {0x80, 0x20, 0x10, 8}};
	unsigned dots = 0;

	for (int i = 0; i < DOTS; i++)
		if (level > from + i)
			dots |= bits[side][i];
	return dots;
}

static double
value_at(const double *y, size_t n, size_t i)
{
	return i < n ? y[i] : 0;
}

static int
level_of(double v, double top, int dots)
{
	int level = top > 0 ? (int)(v / top * dots + 0.5) : 0;

	return v > 0 && level == 0 ? 1 : level > dots ? dots : level;
}

static void
draw_cell(const struct canvas *c, int row, int x, const double *y, size_t n, double top)
{
	int rows = c->rows - 1, below = rows - 1 - row;
	size_t i = (size_t)x * 2;
	char text[5];

	if (is_ascii(c)) {
		double v = (value_at(y, n, i) + value_at(y, n, i + 1)) / (i + 1 < n ? 2 : 1);

		if (level_of(v, top, rows * 2) > below * 2)
			draw_text(c, row, PLOT_SCALE + x, level_of(v, top, rows * 2) > below * 2 + 1 ? "#" : ".", ROLE_accent, 0);
		return;
	}
	text[utf8_encode(text, 0x2800 + braille_column(level_of(value_at(y, n, i), top, rows * DOTS), below * DOTS, 0) +
	    braille_column(level_of(value_at(y, n, i + 1), top, rows * DOTS), below * DOTS, 1))] = '\0';
	if (i < n)
		draw_text(c, row, PLOT_SCALE + x, text, ROLE_accent, 0);
}

void
plot_draw(const struct canvas *c, const double *y, size_t n, const char *under)
{
	double top = 0;
	int width = c->cols - PLOT_SCALE, rows = c->rows - 1;
	struct buf b = {0};

	if (rows < 1 || width < 2)
		return;
	for (size_t i = 0; i < n; i++)
		top = y[i] > top ? y[i] : top;
	top = nice_above(top);
	for (int row = 0; row < rows; row++) {
		bool named = row == 0 || (rows >= 4 && row == rows / 2 && rows % 2 == 0);

		buf_clear(&b);
		if (named)
			buf_printf(&b, "%g", row == 0 ? top : top / 2);
		draw_text(c, row, PLOT_SCALE - 2 - text_width(buf_str(&b), b.len), buf_str(&b), ROLE_dim, 0);
		draw_text(c, row, PLOT_SCALE - 1, c->glyphs->bar, ROLE_dim, 0);
		for (int x = 0; x < width; x++)
			draw_cell(c, row, x, y, n, top);
	}
	for (int x = PLOT_SCALE - 1; x < c->cols; x++)
		draw_text(c, rows, x, is_ascii(c) && x == PLOT_SCALE - 1 ? "+" : c->glyphs->rule, ROLE_dim, 0);
	if (under)
		draw_text(c, rows, c->cols - text_width(under, strlen(under)) - 1, under, ROLE_dim, 0);
	buf_done(&b);
}
