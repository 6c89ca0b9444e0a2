/* Drawing helpers; see draw.h. */
#include "tui/draw.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/i18n.h"
#include "tui/text.h"

static const struct glyphs unicode = {
	.rule = "─", .bar = "│", .prompt = "›", .bullet = "•", .dot = "·", .down = "↓", .up = "↑", .ellipsis = "…",
	.here = "›", .folded = "▸", .unfolded = "▾", .task = "☐", .done = "☑", .tee = "┴", .on_disk = "●",
	.range = "–", .fork = "├ ", .fork_last = "└ ",
	.spark = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
};

static const struct glyphs ascii_only = {
	.rule = "-", .bar = "|", .prompt = ">", .bullet = "*", .dot = "-", .down = "v", .up = "^", .ellipsis = "~",
	.here = ">", .folded = ">", .unfolded = "v", .task = "-", .done = "x", .tee = "+", .on_disk = "#",
	.range = "-", .fork = "|-", .fork_last = "`-",
	.spark = {"_", "_", ".", ".", "-", "-", "=", "#"},
};

const struct glyphs *
glyphs_get(bool ascii)
{
	return ascii ? &ascii_only : &unicode;
}

void
draw_rule(const struct canvas *c, int y)
{
	for (int x = 0; x < c->cols; x++)
		grid_puts(c->g, c->y + y, c->x + x, c->x + c->cols, c->glyphs->rule, ROLE_dim, 0);
}

int
draw_text(const struct canvas *c, int y, int x, const char *s, enum role role, unsigned attr)
{
	int limit = c->x + c->cols;
	size_t n = strlen(s), fits = text_fit(s, n, c->cols - x, NULL);

	if (y < 0 || y >= c->rows)
		return x;
	if (fits == n)
		return grid_put(c->g, c->y + y, c->x + x, limit, s, n, role, attr) - c->x;
	fits = text_fit(s, n, c->cols - x - 1, NULL);
	x = grid_put(c->g, c->y + y, c->x + x, limit, s, fits, role, attr);
	return grid_puts(c->g, c->y + y, x, limit, c->glyphs->ellipsis, role, attr) - c->x;
}

void
runs_add(struct runs *r, enum role role, unsigned attr, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, i18n_text(fmt), ap);
	va_end(ap);
	if (r->n == RUNS_MAX)
		return;
	buf_add_str(&r->text, text);
	r->run[r->n].end = r->text.len;
	r->run[r->n].role = role;
	r->run[r->n++].attr = attr;
}

int
runs_width(const struct runs *r)
{
	return text_width(buf_str(&r->text), r->text.len);
}

int
draw_runs(const struct canvas *c, int y, int x, const struct runs *r)
{
	size_t start = 0;

	if (y < 0 || y >= c->rows)
		return x;
	for (size_t i = 0; i < r->n; i++) {
		x = grid_put(c->g, c->y + y, c->x + x, c->x + c->cols, r->text.data + start, r->run[i].end - start,
		    r->run[i].role, r->run[i].attr) - c->x;
		start = r->run[i].end;
	}
	return x;
}

void
runs_done(struct runs *r)
{
	buf_done(&r->text);
	r->n = 0;
}

void
format_count(struct buf *out, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_add_char(out, ' ');
		buf_add_char(out, digits[i]);
	}
}

void
format_rate(struct buf *out, double per_s)
{
	if (per_s >= 9999.5)
		buf_printf(out, "%.1fk", per_s / 1000);
	else
		buf_printf(out, per_s < 99.95 ? "%.1f" : "%.0f", per_s);
}

void
format_seconds(struct buf *out, double s)
{
	if (s < 0.0995)
		buf_printf(out, "%.0f ms", s * 1000);
	else if (s < 99.95)
		buf_printf(out, "%.1f s", s);
	else
		buf_printf(out, "%.0f min", s / 60);
}

static void
format_scaled(struct buf *out, double v, const char *const *units, size_t n_units)
{
	size_t i = 0;

	while (v >= 999.5 && i + 1 < n_units) {
		v /= 1000;
		i++;
	}
	buf_printf(out, i == 0 || v >= 99.95 ? "%.0f %s" : "%.1f %s", v, units[i]);
}

void
format_bytes(struct buf *out, uint64_t n)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};

	format_scaled(out, (double)n, units, ARRAY_LEN(units));
}

void
format_params(struct buf *out, uint64_t n)
{
	static const char *const units[] = {"", "k", "M", "B", "T"};

	format_scaled(out, (double)n, units, ARRAY_LEN(units));
}
