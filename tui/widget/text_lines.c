/* See text_lines.h. */
#include "tui/widget/text_lines.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "tui/text.h"
#include "tui/widget/wrap.h"

enum { TAB_COLUMNS = 8 };

/* A place between two clusters. */
struct place {
	size_t run, at;
};

struct walk {
	const struct run *runs;
	size_t n;
	struct place p;
};

void
text_lines_done(struct text_lines *l)
{
	free(l->pieces);
	free(l->lines);
	*l = (struct text_lines){0};
}

void
text_lines_clear(struct text_lines *l)
{
	l->n_pieces = l->n_lines = 0;
}

static bool
is_at_end(struct walk *w)
{
	while (w->p.run < w->n && w->p.at >= w->runs[w->p.run].len && w->p.run + 1 < w->n && !w->runs[w->p.run + 1].breaks)
		w->p = (struct place){w->p.run + 1, 0};
	return w->p.run >= w->n || w->p.at >= w->runs[w->p.run].len;
}

/* The cluster at W, which is not at the end of its line; USED columns stand before it. */
static size_t
cluster(const struct walk *w, int used, int *width)
{
	const struct run *r = &w->runs[w->p.run];
	size_t len = text_cluster(r->s + w->p.at, r->len - w->p.at, width);

	if (r->s[w->p.at] == '\t')
		*width = TAB_COLUMNS - used % TAB_COLUMNS;
	return len;
}

/* The end of the line that begins at W: a place that was reached after the last cluster that fits. */
static struct place
line_end(struct walk w, int columns, enum text_lines_wrap wrap)
{
	struct place best = {0};
	const char *prev = NULL;
	size_t prev_len = 0;
	bool has_best = false;
	int used = 0, width;

	while (!is_at_end(&w)) {
		size_t len = cluster(&w, used, &width);
		const char *s = w.runs[w.p.run].s + w.p.at;

		if (prev && wrap == WRAP_WORDS && wrap_allowed(prev, prev_len, s, len)) {
			best = w.p;
			has_best = true;
		}
		if (used + width > columns && prev && !(wrap == WRAP_WORDS && *s == ' ' && len == 1))
			return has_best ? best : w.p;
		prev = s;
		prev_len = len;
		used += width;
		w.p.at += len;
	}
	return w.p;
}

static void
add_piece(struct text_lines *l, struct piece p)
{
	if (l->n_pieces == l->pieces_cap) {
		l->pieces_cap = l->pieces_cap ? 2 * l->pieces_cap : 32;
		l->pieces = mem_grow(l->pieces, l->pieces_cap, sizeof *l->pieces);
	}
	l->pieces[l->n_pieces++] = p;
}

/* The text of run R from..to as pieces from column X on, cut at tabs; the column after it. */
static int
add_part(struct text_lines *l, const struct run *r, size_t from, size_t to, int x, int *width)
{
	size_t start = from;
	int start_x = x, w;

	for (size_t len; from < to; from += len) {
		len = text_cluster(r->s + from, to - from, &w);
		if (r->s[from] == '\t') {
			if (from > start)
				add_piece(l, (struct piece){.at = r->at + (uint32_t)start, .len = (uint32_t)(from - start),
				    .x = (uint16_t)start_x, .role = r->role, .attr = r->attr});
			w = TAB_COLUMNS - x % TAB_COLUMNS;
			start = from + 1;
			start_x = x + w;
		}
		x += w;
		if (r->s[from] != ' ' && r->s[from] != '\t')
			*width = x;
	}
	if (to > start)
		add_piece(l, (struct piece){.at = r->at + (uint32_t)start, .len = (uint32_t)(to - start),
		    .x = (uint16_t)start_x, .role = r->role, .attr = r->attr});
	return x;
}

static void
add_line(struct text_lines *l, const struct walk *from, struct place to)
{
	struct text_line line = {.first = l->n_pieces};
	int x = 0;

	for (size_t i = from->p.run; i < from->n && i <= to.run; i++) {
		const struct run *r = &from->runs[i];

		x = add_part(l, r, i == from->p.run ? from->p.at : 0, i == to.run ? to.at : r->len, x, &line.width);
	}
	line.n = l->n_pieces - line.first;
	if (l->n_lines == l->lines_cap) {
		l->lines_cap = l->lines_cap ? 2 * l->lines_cap : 32;
		l->lines = mem_grow(l->lines, l->lines_cap, sizeof *l->lines);
	}
	l->lines[l->n_lines++] = line;
}

void
text_lines_add(struct text_lines *l, const struct run *runs, size_t n, int columns, enum text_lines_wrap wrap)
{
	struct walk w = {.runs = runs, .n = n};

	do {
		struct place end = line_end(w, columns, wrap);

		add_line(l, &w, end);
		w.p = end;
		if (is_at_end(&w) && w.p.run < n)
			w.p = (struct place){w.p.run + 1, 0};
	} while (w.p.run < n);
}

void
text_lines_measure(const struct run *runs, size_t n, int *longest, int *word)
{
	struct walk w = {.runs = runs, .n = n};
	int used = 0, in_word = 0, width;
	const char *prev = NULL;
	size_t prev_len = 0;

	*longest = *word = 0;
	while (w.p.run < n) {
		size_t len;
		const char *s;

		if (is_at_end(&w)) {
			w.p = (struct place){w.p.run + 1, 0};
			used = in_word = 0;
			prev = NULL;
			continue;
		}
		len = cluster(&w, used, &width);
		s = runs[w.p.run].s + w.p.at;
		if (prev && wrap_allowed(prev, prev_len, s, len))
			in_word = 0;
		used += width;
		in_word += *s != ' ' ? width : 0;
		*longest = used > *longest ? used : *longest;
		*word = in_word > *word ? in_word : *word;
		prev = s;
		prev_len = len;
		w.p.at += len;
	}
}
