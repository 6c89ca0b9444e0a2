/* Properties of text over random Unicode: where clusters end is what utf8proc says of the whole text, walked from its
 * beginning; everything else here (steps, rows, widths, the cursor, deleting) has to agree with that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/state/editor.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/widget/flow.h"
#include "tui/widget/wrap.h"

enum { ROUNDS = 1500, CHARS_MAX = 60, BYTES_MAX = 4096 };

/* What random characters are taken from, and how often. */
static const struct {
	uint32_t first, last;
	unsigned weight;
} ranges[] = {
	{0x20, 0x7e, 10}, {' ', ' ', 4}, {'\n', '\n', 2}, {'\t', '\t', 1}, {'-', '-', 1}, {0xa0, 0x24f, 3},
	{0x300, 0x36f, 6},			/* marks */
	{0x590, 0x5ff, 2}, {0x600, 0x6ff, 5}, {0x600, 0x605, 1},	/* Arabic, and signs before a number */
	{0x900, 0x97f, 4}, {0xe00, 0xe7f, 3}, {0x1000, 0x109f, 2},	/* Devanagari, Thai, Burmese */
	{0x1100, 0x11ff, 4}, {0xac00, 0xd7a3, 6},	/* Korean in parts and whole */
	{0x3000, 0x30ff, 3}, {0x4e00, 0x9fff, 4}, {0xff01, 0xff60, 1},
	{0x1f300, 0x1faff, 6}, {0x1f1e6, 0x1f1ff, 5}, {0x1f3fb, 0x1f3ff, 2}, {0x2600, 0x27bf, 2},
	{0x200d, 0x200d, 5}, {0xfe0f, 0xfe0f, 3}, {0x200c, 0x200c, 1}, {0xe0020, 0xe007f, 1}, {0x20e3, 0x20e3, 1},
	{0x1, 0x10ffff, 3},
};

struct text {
	struct buf clean;
	size_t edges[BYTES_MAX + 1];		/* boundaries of clusters, 0 and the end among them */
	size_t n_edges;
};

static uint32_t seed = 12345;

static uint32_t
draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static uint32_t
draw_char(void)
{
	unsigned total = 0, at;

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		total += ranges[i].weight;
	at = draw(total);
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		if (at < ranges[i].weight)
			return ranges[i].first + draw(ranges[i].last - ranges[i].first + 1);
		at -= ranges[i].weight;
	}
	return 'x';
}

static void
find_edges(struct text *t)
{
	const char *s = buf_str(&t->clean);
	utf8proc_int32_t state = 0;
	uint32_t before = 0;

	t->n_edges = 0;
	for (size_t at = 0; at < t->clean.len;) {
		uint32_t cp;
		bool ok;
		size_t len = utf8_decode(s + at, t->clean.len - at, &cp, &ok);

		assert_true(ok);
		if (at == 0 || utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)cp, &state))
			t->edges[t->n_edges++] = at;
		before = cp;
		at += len;
	}
	t->edges[t->n_edges++] = t->clean.len;
}

static void
make_text(struct text *t, size_t chars)
{
	struct buf raw = {0};

	for (size_t i = 0; i < chars; i++) {
		uint32_t cp = draw_char();

		if (cp < 0xd800 || cp > 0xdfff)
			buf_add_utf8(&raw, cp);
	}
	buf_clear(&t->clean);
	text_clean(&t->clean, buf_str(&raw), raw.len);
	buf_done(&raw);
	assert_true(t->clean.len < BYTES_MAX);
	find_edges(t);
}

static bool
is_edge(const struct text *t, size_t at)
{
	for (size_t i = 0; i < t->n_edges; i++)
		if (t->edges[i] == at)
			return true;
	return false;
}

static void
tell(const struct text *t)
{
	for (size_t i = 0; i < t->clean.len; i++)
		print_error("%02x", (unsigned char)t->clean.data[i]);
	print_error("\n");
}

/* assert_true(), with the text it is about. */
static void
claim(const struct text *t, bool ok, const char *what)
{
	if (!ok) {
		tell(t);
		fail_msg("%s", what);
	}
}

static void
check_steps(const struct text *t)
{
	const char *s = buf_str(&t->clean);
	size_t n = t->clean.len;
	int sum = 0;

	for (size_t i = 0; i + 1 < t->n_edges; i++) {
		int width;

		claim(t, text_next(s, n, t->edges[i]) == t->edges[i + 1], "a step forward is one cluster");
		claim(t, text_prev(s, n, t->edges[i + 1]) == t->edges[i], "a step back is one cluster");
		claim(t, text_cluster(s + t->edges[i], n - t->edges[i], &width) == t->edges[i + 1] - t->edges[i],
		    "a cluster is what utf8proc says");
		claim(t, width >= 1, "every cluster has a column");
		claim(t, text_width(s, t->edges[i]) == sum, "widths sum up");
		sum += width;
	}
	claim(t, text_width(s, n) == sum, "the width of all is the sum");
	for (int columns = 0; columns < 20; columns++) {
		int used;
		size_t fit = text_fit(s, n, columns, &used);

		claim(t, is_edge(t, fit) && used <= columns && used == text_width(s, fit), "what fits is whole clusters");
		claim(t, fit == n || used + text_width(s + fit, text_next(s, n, fit) - fit) > columns, "and as many as fit");
	}
}

static void
check_rows(const struct text *t, int columns)
{
	const char *s = buf_str(&t->clean);
	size_t n = t->clean.len, at = 0;
	int rows = 0;

	while (at < n) {
		size_t len = wrap_row(s + at, n - at, columns), drawn = len;

		claim(t, len > 0 && at + len <= n && is_edge(t, at + len), "a row ends between clusters");
		drawn -= s[at + len - 1] == '\n';
		claim(t, text_width(s + at, drawn) <= columns || text_next(s + at, drawn, 0) == drawn,
		    "no row is too wide but one that is a single cluster");
		at += len;
		rows++;
	}
	claim(t, wrap_count(s, n, columns) == rows + (n == 0 || s[n - 1] == '\n'), "rows are counted as they are made");
	for (size_t i = 0; i < t->n_edges; i++) {
		int row, col, same_row, same_col;

		wrap_locate(s, n, columns, t->edges[i], &row, &col);
		claim(t, wrap_measure(s, n, columns, t->edges[i], &same_row, &same_col) == wrap_count(s, n, columns) &&
		    same_row == row && same_col == col, "one walk finds the same as two");
		claim(t, col >= 0 && (col < columns || (col == columns && t->edges[i] < n && s[t->edges[i]] == '\n')) && row >= 0 && row <= rows, "the cursor is on the screen");
		claim(t, wrap_at(s, n, columns, row, col) == t->edges[i] || row == rows, "a place on the screen leads back");
	}
}

static void
check_flow(const struct text *t, int columns)
{
	const char *s = buf_str(&t->clean);
	struct flow f = {.plain = true};

	flow_update(&f, s, t->clean.len, columns);
	for (size_t i = 0; i < f.n_rows; i++)
		for (size_t k = f.rows[i].first; k < f.rows[i].first + f.rows[i].n; k++) {
			const struct piece *p = &f.pieces[k];
			size_t len = p->len;

			claim(t, is_edge(t, p->at) && is_edge(t, p->at + p->len), "a laid out row ends between clusters");
			while (len && s[p->at + len - 1] == ' ')
				len--;
			claim(t, p->x + text_width(s + p->at, len) <= columns || text_next(s + p->at, len, 0) == len,
			    "and is not too wide");
		}
	flow_done(&f);
}

static void
check_cursor(const struct text *t)
{
	const char *s = buf_str(&t->clean);
	size_t n = t->clean.len;
	struct editor ed;

	editor_init(&ed);
	claim(t, n == 0 || editor_insert(&ed, s, n), "clean text is taken");
	claim(t, ed.text.len == n && memcmp(buf_str(&ed.text), s, n) == 0, "as it is");
	for (size_t i = t->n_edges - 1; i > 0; i--) {
		claim(t, ed.at == t->edges[i], "the cursor goes back by clusters");
		editor_left(&ed);
	}
	claim(t, ed.at == 0 && !editor_left(&ed), "to the beginning");
	for (size_t i = 0; i + 1 < t->n_edges; i++) {
		claim(t, ed.at == t->edges[i], "the cursor goes on by clusters");
		editor_right(&ed);
	}
	claim(t, ed.at == n && !editor_right(&ed), "to the end");
	editor_done(&ed);
}

static void
check_delete(const struct text *t, size_t i, bool left)
{
	const char *s = buf_str(&t->clean);
	size_t n = t->clean.len, from = t->edges[i], to = t->edges[i + 1];
	struct editor ed;
	struct text rest = {0};

	editor_init(&ed);
	claim(t, editor_insert(&ed, s, n), "clean text is taken");
	editor_move(&ed, left ? to : from);
	claim(t, left ? editor_delete_left(&ed) : editor_delete_right(&ed), "there is something to delete");
	buf_add(&rest.clean, s, from);
	buf_add(&rest.clean, s + to, n - to);
	claim(t, ed.text.len == rest.clean.len && memcmp(buf_str(&ed.text), buf_str(&rest.clean), rest.clean.len) == 0,
	    "deleting takes one cluster, and nothing else");
	find_edges(&rest);
	claim(t, is_edge(&rest, ed.at), "what is left and right may have joined: the cursor is not within it");
	claim(t, editor_undo(&ed) && ed.text.len == n, "and it can be taken back");
	buf_done(&rest.clean);
	editor_done(&ed);
}

static void
random_text(void **state)
{
	static struct text t;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		make_text(&t, 1 + draw(CHARS_MAX));
		check_steps(&t);
		check_rows(&t, 24 + (int)draw(60));
		check_flow(&t, 24 + (int)draw(60));
		check_cursor(&t);
		for (int i = 0; i < 6 && t.n_edges > 1; i++)
			check_delete(&t, draw((uint32_t)t.n_edges - 1), i % 2);
	}
	buf_done(&t.clean);
}

/* Runs of one kind, longer than any look back. */
static void
long_runs(void **state)
{
	static const char *const parts[] = {"🇰🇷", "🇰", "👨‍👩‍👧‍👦", "한", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "क्षि", "ـَّ", "e\xcc\x81", "\xcc\x81"};
	static struct text t;

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(parts); k++)
		for (int odd = 0; odd < 2; odd++) {
			buf_clear(&t.clean);
			buf_add_str(&t.clean, odd ? "🇺" : "");
			while (t.clean.len + 2 * strlen(parts[k]) < BYTES_MAX / 2)
				buf_add_str(&t.clean, parts[k]);
			find_edges(&t);
			check_steps(&t);
			check_cursor(&t);
			check_delete(&t, t.n_edges - 2, true);
		}
	buf_done(&t.clean);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_text),
		cmocka_unit_test(long_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
