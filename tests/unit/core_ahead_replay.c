/* Guesses replayed on the texts of tests/bench/speculate, at prices of passes that were measured once: how many tokens a
 * pass gives, and how many times as fast an answer would come.  No clock, so the figures are the same everywhere.  Words
 * stand for tokens: those of a real vocabulary are a little shorter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/lookup.h"
#include "core/pace.h"

enum { MOST = 4096 };

/* Passes of so many tokens, against one of a single one: where several are nearly free, and where they are dear. */
static const double cheap[PACE_TOKENS + 1] = {0, 1, 1.12, 1.35, 1.54, 1.9, 2.1, 2.4, 2.7, 3.1, 3.3, 3.5, 3.8, 4, 4.2, 4.4};
static const double dear[PACE_TOKENS + 1] = {0, 1, 1.92, 2.19, 2.46, 2.73, 3, 3.27, 3.54, 3.81, 4.08, 4.35, 4.62, 4.89,
    5.16, 5.43};

struct replay {
	uint32_t ids[MOST];
	size_t n, n_prompt;
	struct pace pace;
	size_t last;			/* as ahead.last */
	double s;
	unsigned n_passes;
};

/* Words with the space before them, and every other character, by their hash. */
static void
add_words(struct replay *r, const char *text)
{
	while (*text) {
		const char *p = text + (*text == ' ' && isalnum((unsigned char)text[1]));
		uint32_t id = 2166136261u;

		while (isalnum((unsigned char)*p))
			p++;
		for (p += p == text; text < p; text++)
			id = (id ^ (unsigned char)*text) * 16777619u;
		assert_true(r->n < MOST);
		r->ids[r->n++] = id;
	}
}

static void
read_words(struct replay *r, const char *name, const char *what)
{
	char path[128];
	struct buf text = {0};
	struct err e = {0};

	snprintf(path, sizeof path, "tests/bench/speculate/%s.%s", name, what);
	if (!fs_read(&text, path, (size_t)1 << 20, &e))
		fail_msg("%s", e.text);
	add_words(r, buf_str(&text));
	buf_done(&text);
}

/* One pass, as ahead_take() makes it: how many tokens it gave. */
static size_t
step(struct replay *r, size_t n_past, const double *price)
{
	struct lookup l = {.past = r->ids, .n_past = n_past, .last = r->last};
	struct lookup_found f = lookup_find(&l);
	struct pace_ask ask = {.kind = pace_kind_of(f.n_same, f.near), .n_given = 1, .max = PACE_TOKENS - 1};
	uint32_t out[PACE_TOKENS];
	size_t n_left = r->n - n_past - 1, n_right = 0;
	unsigned n = f.n_same > 0 ? pace_plan(&r->pace, &ask).n : 0;

	n = n < n_left ? n : (unsigned)n_left;
	if (f.n_same > 0)
		lookup_copy(&l, f.at, out, n > 0 ? n : 1);
	while (n_right < (n > 0 ? n : 1) && f.n_same > 0 && out[n_right] == r->ids[n_past + n_right])
		n_right++;
	pace_pass(&r->pace, n + 1, price[n + 1]);
	if (n > 0)
		pace_judge(&r->pace, ask.kind, (unsigned)n_right, n, price[n + 1]);
	else if (f.n_same > 0)
		pace_learn(&r->pace, ask.kind, (unsigned)n_right, n_right == 0);
	if (n_right > 0)
		r->last = f.at + n_right;
	r->s += price[n + 1];
	r->n_passes++;
	return n > 0 ? n_right + 1 : 1;
}

/* The second answer of a session, which knows what passes cost, has to come TIMES as fast, and a pass give PER_PASS. */
static void
replay(const char *name, const double *price, double times, double per_pass)
{
	struct replay *r = mem_new0(1, sizeof *r);
	double n_answer;

	read_words(r, name, "prompt");
	r->n_prompt = r->n;
	read_words(r, name, "answer");
	n_answer = (double)(r->n - r->n_prompt - 1);
	for (int i = 0; i < 2; i++) {
		pace_begin(&r->pace);
		r->last = 0;
		r->s = r->n_passes = 0;
		for (size_t n_past = r->n_prompt + 1; n_past < r->n;)
			n_past += step(r, n_past, price);
	}
	print_message("%s: %.2f times, %.2f tokens a pass\n", name, n_answer / r->s, n_answer / r->n_passes);
	if (n_answer / r->s < times || n_answer / r->n_passes < per_pass)
		fail_msg("%s: %.2f times, %.2f tokens a pass", name, n_answer / r->s, n_answer / r->n_passes);
	free(r);
}

static void
copies_come_faster(void **state)
{
	(void)state;
	replay("edit", cheap, 2, 3.5);
	replay("code", cheap, 2, 4);
	replay("summary", cheap, 1.5, 2.1);
	replay("points", cheap, 1.35, 1.65);
	replay("edit", dear, 1.4, 3);
}

static void
nothing_comes_slower(void **state)
{
	static const char *const names[] = {"edit", "code", "summary", "points", "prose"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		replay(names[i], cheap, 0.97, 1);
		replay(names[i], dear, 0.97, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_come_faster),
		cmocka_unit_test(nothing_comes_slower),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
