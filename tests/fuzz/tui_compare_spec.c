/* A model with settings of its own, as a person types it; and two texts word by word: what is left unmarked of both is the
 * same, and every mark is inside its text.  The texts are what stands before and after the first newline. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/state/compare.h"
#include "tui/state/compare_spec.h"
#include "tui/state/textdiff.h"
#include "tui/text_clean.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_spec(const char *s)
{
	struct compare_options o = {0}, back = {0};
	struct compare_spec spec, again;
	struct buf b = {0};
	struct err e = {0};

	sampler_params_default(&o.sampling);
	if (!compare_spec_parse(s, &spec, &e))
		return;
	compare_spec_add_settings(&spec, &b);
	buf_clear(&b);
	if (compare_spec_apply(&spec, &o, &e)) {
		buf_add_str(&b, "m?");
		compare_spec_write(&o, &b);
		if (!compare_spec_parse(buf_str(&b), &again, &e) || !compare_spec_apply(&again, &back, &e) ||
		    memcmp(&o.sampling, &back.sampling, sizeof o.sampling) != 0 || o.max_tokens != back.max_tokens)
			abort();
		compare_spec_done(&again);
	}
	compare_spec_done(&spec);
	buf_done(&b);
}

static void
check_words(const char *s, size_t n)
{
	const char *middle = memchr(s, '\n', n);
	size_t first = middle ? (size_t)(middle - s) : n, j = 0;
	struct textdiff x = {0}, y = {0};
	struct buf a = {0}, b = {0};

	text_clean(&a, s, first);
	text_clean(&b, s + first, n - first);
	textdiff_split(&x, buf_str(&a), a.len);
	textdiff_split(&y, buf_str(&b), b.len);
	textdiff_compare(&x, buf_str(&a), &y, buf_str(&b));
	for (size_t i = 0; i < x.n; i++) {
		const struct textdiff_word *w = &x.words[i];

		if (w->len == 0 || w->at + w->len > a.len)
			abort();
		if (w->differs)
			continue;
		while (j < y.n && y.words[j].differs)
			j++;
		if (j == y.n || y.words[j].len != w->len || memcmp(a.data + w->at, b.data + y.words[j].at, w->len) != 0)
			abort();
		j++;
	}
	while (j < y.n && y.words[j].differs)
		j++;
	if (j != y.n)
		abort();
	textdiff_done(&x);
	textdiff_done(&y);
	buf_done(&a);
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *s = mem_dup_bytes(n ? (const char *)data : "", n + (n == 0));

	s = mem_grow(s, n + 1, 1);
	s[n] = '\0';
	check_spec(s);
	check_words(s, n);
	free(s);
	return 0;
}
