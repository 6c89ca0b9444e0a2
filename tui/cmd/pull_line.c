/* How far a download is, in a line; see pull_line.h. */
#include "tui/cmd/pull_line.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/work.h"
#include "tui/i18n.h"
#include "tui/text.h"
#include "tui/text_clean.h"

enum {
	GAP = 2,
	RATE_ROOM = 8,			/* "12.3 MB/s" is never said: three digits at most */
	LEFT_ROOM = 15,			/* "59 min 59 s left" is one more, and rare */
	NAME_LEAST = 12,
	BAR_LEAST = 10,
	BAR_MOST = 32,
};

/* Columns that one of them takes together with the gap before it. */
struct fields {
	struct buf percent, amount, rate, left;
};

int
pull_line_percent(uint64_t n, uint64_t size)
{
	return size ? n >= size ? 100 : (int)(100 * ((double)n / (double)size)) : 0;
}

static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};

static size_t
unit_of(uint64_t n, double *scale)
{
	size_t u = 0;

	for (*scale = 1; (double)n / *scale >= 999.5 && u + 1 < ARRAY_LEN(units); u++)
		*scale *= 1000;
	return u;
}

/* " 3.1 of 60.0 MB": both in the unit of the whole, the first as wide as the second. */
static void
add_amount(struct buf *out, uint64_t n, uint64_t size)
{
	char whole[32];
	double scale;
	size_t u = unit_of(size ? size : n, &scale);
	int decimals = u < 2 ? 0 : u == 2 ? 1 : 2, width;

	width = snprintf(whole, sizeof whole, "%.*f", decimals, (double)size / scale);
	if (size)
		buf_printf(out, "%*.*f%s%s %s", width, decimals, (double)n / scale, _(" of "), whole, units[u]);
	else
		buf_printf(out, "%.*f %s", decimals, (double)n / scale, units[u]);
}

static void
add_rate(struct buf *out, double bytes_per_s)
{
	char text[32];
	double scale, x;
	size_t u = unit_of((uint64_t)bytes_per_s, &scale);

	x = bytes_per_s / scale;
	snprintf(text, sizeof text, x < 9.95 ? "%.1f %s/s" : "%.0f %s/s", x, units[u]);
	buf_printf(out, "%*s", RATE_ROOM, text);
}

void
pull_line_add_pause(struct buf *out, const struct fetch_progress *p, const char *gap)
{
	if (p->verifying)
		buf_printf(out, _("%schecking"), gap);
	else if (p->waiting_s > 0)
		buf_printf(out, _("%strying again in %.0f s"), gap, p->waiting_s);
}

static void
fill(struct fields *f, const struct pull_event *ev)
{
	const struct fetch_progress *p = &ev->progress;

	if (ev->size)
		buf_printf(&f->percent, "%3d %%", pull_line_percent(ev->n, ev->size));
	add_amount(&f->amount, ev->n, ev->size);
	if (p->verifying || p->waiting_s > 0) {
		pull_line_add_pause(&f->left, p, "");
	} else if (p->bytes_per_s > 0) {
		add_rate(&f->rate, p->bytes_per_s);
		if (ev->seconds_left >= 0)
			work_add_left(&f->left, ev->seconds_left);
	}
}

static int
width_of(const struct buf *b)
{
	return b->len ? text_width(b->data, b->len) : 0;
}

/* NAME, or its end: there stand the number of a part and the format. */
static void
add_name(struct buf *out, const struct models *m, const char *name, int columns)
{
	struct buf clean = {0};
	const char *s;
	int width, used, over;

	text_clean_line(&clean, name, strlen(name));
	s = buf_str(&clean);
	width = width_of(&clean);
	for (over = width - columns + 1; width > columns; over++) {
		size_t n = text_fit(s, clean.len, over, &used);

		if (width - used + 1 > columns)
			continue;
		buf_add_str(out, m->glyphs->ellipsis);
		s += n;
		width = width - used + 1;
	}
	buf_add_str(out, s);
	buf_printf(out, "%*s", columns - width, "");
	buf_done(&clean);
}

static void
add_bar(struct buf *out, const struct models *m, const struct pull_event *ev, int cells)
{
	bool ascii = m->glyphs == models_glyphs_get(true);
	int done = (int)((double)cells * pull_line_percent(ev->n, ev->size) / 100);

	for (int i = 0; i < cells; i++)
		buf_add_str(out, i < done ? (ascii ? "#" : "━") : ascii ? "-" : "─");
}

static void
add_field(struct buf *out, const struct buf *field)
{
	if (out->len && field->len)
		buf_printf(out, "%*s", GAP, "");
	buf_add(out, buf_str(field), field->len);
}

void
pull_line_add(struct buf *out, const struct models *m, const struct pull_event *ev, int width)
{
	struct fields f = {0};
	struct buf line = {0};
	const char *name = ev->file->file.name;
	int room, columns, bar;

	fill(&f, ev);
	/* What the numbers may take, not what they take now: the name stays where it is. */
	room = width - (RATE_ROOM + GAP + LEFT_ROOM + (ev->size ? GAP + width_of(&f.percent) : 0));
	if (room >= GAP + width_of(&f.amount))
		room -= GAP + width_of(&f.amount);
	else
		buf_clear(&f.amount);
	columns = text_width(name, strlen(name));
	columns = columns < room - GAP ? columns : room - GAP;
	if (columns >= NAME_LEAST) {
		add_name(&line, m, name, columns);
		bar = room - columns - 2 * GAP;
		if (ev->size && bar >= BAR_LEAST) {
			buf_printf(&line, "%*s", GAP, "");
			add_bar(&line, m, ev, bar < BAR_MOST ? bar : BAR_MOST);
		}
	}
	if (room < 0)
		buf_clear(&f.rate);
	add_field(&line, &f.percent);
	add_field(&line, &f.amount);
	add_field(&line, &f.rate);
	add_field(&line, &f.left);
	models_add_cell(m, out, buf_str(&line), width_of(&line) > width ? width : 0, false);
	buf_done(&line);
	buf_done(&f.percent);
	buf_done(&f.amount);
	buf_done(&f.rate);
	buf_done(&f.left);
}
