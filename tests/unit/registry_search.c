/* Search: words and their slips, conditions, what fits, and the time that 10 000 entries take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "registry/search.h"

struct fixture {
	struct catalog *catalog;
	struct search *search;
};

static int
open_builtin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->catalog = catalog_new();
	*state = f;
	if (!catalog_add_builtin(f->catalog, NULL))
		return -1;
	f->search = search_new(f->catalog);
	return 0;
}

static int
close_builtin(void **state)
{
	struct fixture *f = *state;

	search_free(f->search);
	catalog_free(f->catalog);
	free(f);
	return 0;
}

static size_t
find(const struct fixture *f, const char *words, struct search_hit **hits)
{
	return search_run(f->search, &(struct search_query){.words = &words, .n_words = 1}, hits);
}

static void
expect_first(const struct fixture *f, const char *words, const char *id)
{
	struct search_hit *hits;
	size_t n = find(f, words, &hits);

	if (n == 0 || strcmp(hits[0].model->entry.id, id) != 0)
		fail_msg("\"%s\" finds %s, not %s", words, n ? hits[0].model->entry.id : "nothing", id);
	free(hits);
}

static void
names_are_found_by_their_parts_and_with_slips(void **state)
{
	expect_first(*state, "qwen3-0.6b", "qwen3-0.6b");
	expect_first(*state, "QWEN3 0.6B", "qwen3-0.6b");
	expect_first(*state, "phi 4 mini flash", "phi-4-mini-flash-reasoning");
	expect_first(*state, "tinylama", "tinyllama-1.1b");
	expect_first(*state, "functoingemma", "functiongemma-270m");
	expect_first(*state, "smolvlm", "smolvlm-256m");
	expect_first(*state, "bitnet 4t", "bitnet-b1.58-2b-4t");
}

static void
every_word_has_to_match(void **state)
{
	struct search_hit *hits;
	size_t n = find(*state, "gemma code", &hits);

	assert_in_range(n, 1, 20);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(hits[i].model->entry.family, "gemma");
	free(hits);
	assert_int_equal(find(*state, "gemma zzzz", &hits), 0);
	free(hits);
	/* A slip in a number would be another model. */
	n = find(*state, "1.6b", &hits);
	for (size_t i = 0; i < n; i++)
		assert_null(strstr(hits[i].model->entry.id, "1.7b"));
	free(hits);
}

static void
what_an_entry_means_is_found_too(void **state)
{
	struct search_hit *hits;
	size_t n = find(*state, "vision", &hits);

	assert_true(n > 5);
	for (size_t i = 0; i < n; i++)
		if (hits[i].score > 200)
			assert_string_equal(hits[i].model->entry.inputs.at[1], "image");
	free(hits);
	n = find(*state, "korean", &hits);
	assert_true(n > 0);
	free(hits);
	n = find(*state, "embedding", &hits);
	assert_true(n >= 4);
	assert_string_equal(hits[0].model->entry.task, "embedding");
	free(hits);
}

static void
nothing_asked_lists_everything(void **state)
{
	const struct fixture *f = *state;
	struct search_hit *hits;
	size_t n = search_run(f->search, &(struct search_query){0}, &hits), all = 0;

	while (catalog_model_at(f->catalog, all))
		all++;
	assert_int_equal(n, all);
	for (size_t i = 1; i < n; i++)
		assert_true(strcmp(hits[i - 1].model->entry.family, hits[i].model->entry.family) <= 0);
	free(hits);
}

static void
conditions_leave_out_the_rest(void **state)
{
	const struct fixture *f = *state;
	const struct search_query q = {
		.family = "qwen", .license = "apache", .language = "ko", .thinking = "any", .input = "text", .max_bytes = 1500000000,
	};
	struct search_hit *hits;
	size_t n = search_run(f->search, &q, &hits);

	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		const struct entry *en = &hits[i].model->entry;

		assert_string_equal(en->family, "qwen");
		assert_string_equal(en->license, "Apache-2.0");
		assert_string_not_equal(en->thinking, "none");
		assert_true(en->languages.n > 0);
		assert_in_range(hits[i].file->size, 1, 1500000000);
	}
	free(hits);
}

static void
what_fits_is_the_largest_that_does(void **state)
{
	const struct fixture *f = *state;
	struct search_hit *hits;
	const char *word = "qwen3-0.6b";
	struct search_query q = {.words = &word, .n_words = 1, .memory_bytes = 1000000000};
	size_t n = search_run(f->search, &q, &hits);

	assert_int_equal(n, 1);
	assert_string_equal(hits[0].file->quant, "Q8_0");
	assert_true(search_memory(&hits[0].model->entry, hits[0].file, 0) <= q.memory_bytes);
	free(hits);
	q.memory_bytes = 600000000;
	assert_int_equal(search_run(f->search, &q, &hits), 1);
	assert_string_equal(hits[0].file->quant, "Q4_K_M");
	free(hits);
	q.memory_bytes = 100000000;
	assert_int_equal(search_run(f->search, &q, &hits), 0);
	free(hits);
}

static void
memory_is_weights_and_context(void **state)
{
	const uint64_t rest = 64 << 20;
	struct entry_file file = {.size = 32000000};
	struct entry en = {.kv_bytes = 1000000, .n_ctx = 2048};

	(void)state;
	assert_int_equal(search_memory(&en, &file, 0), 32000000 + 2 * 1000000 + rest);
	assert_int_equal(search_memory(&en, &file, 1024), 32000000 + 1000000 + rest);
	en = (struct entry){.n_ctx = 131072};
	assert_int_equal(search_memory(&en, &file, 0), 32000000 + 4000000 + rest);
	en.kv_bytes = (uint64_t)1 << 40;
	assert_true(search_memory(&en, &file, UINT64_MAX) == UINT64_MAX);
	file.size = 0;
	assert_int_equal(search_memory(&en, &file, 0), 0);
}

static void
sizes_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"800M", 800000000}, {"2.5GB", 2500000000}, {"1 GiB", 1073741824}, {"1kb", 1000}, {"7", 7}, {"3 B", 3}, {"1t", 1000000000000},
	};
	static const char *const bad[] = {"", "G", "-1", "1x", "1GBs", "0", "1e99", "nan", "1 G B"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(search_parse_size(good[i].text) == good[i].bytes);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(search_parse_size(bad[i]), 0);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* 10 000 entries of words made from syllables, so that there are many different ones. */
static struct catalog *
make_many(void)
{
	static const char *const syllables[] = {"ba", "ku", "mi", "lo", "ter", "san", "vi", "dro", "pel", "na", "go", "shi", "ru", "fen"};
	struct catalog *c = catalog_new();
	struct buf text = {0}, path = {0};
	uint32_t seed = 1;
	struct err e = {0};

	for (int i = 0; i < 10000; i++) {
		buf_clear(&text);
		buf_clear(&path);
		buf_printf(&text, "{\"format\": 1, \"id\": \"m-%d-%d.%db\", \"family\": \"f%d\", \"license\": \"MIT\", \"params\": %d, "
		    "\"languages\": [\"en\", \"mul\"], \"inputs\": [\"text\"], \"name\": \"Model %d\", \"summary\": \"", i, i % 70, i % 7, i % 20,
		    i + 1, i);
		for (int w = 0; w < 12; w++) {
			for (int k = 0; k < 3; k++) {
				seed = seed * 1664525 + 1013904223;
				buf_add_str(&text, syllables[(seed >> 16) % 14]);
			}
			buf_add_char(&text, ' ');
		}
		buf_add_str(&text, "end.\"}");
		buf_printf(&path, "models/f%d/m-%d-%d.%db/entry.json", i % 20, i, i % 70, i % 7);
		if (!catalog_add(c, "many", path.data, text.data, text.len, &e))
			fail_msg("%s", e.text);
	}
	buf_done(&text);
	buf_done(&path);
	return c;
}

/* The budget is 20 ms; a loaded machine and sanitizers get more, and the fastest of a few runs counts. */
static void
ten_thousand_entries_are_searched_in_no_time(void **state)
{
	static const char *const asked[] = {"model bakumi", "kumilo", "tersanvi drople", "m 5.3b", "shirufne end"};
	double limit = getenv("TEST_SLOW") ? 1.0 : 0.02;
	struct catalog *c = make_many();
	struct search *s = search_new(c);

	(void)state;
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		double best = 1e9;

		for (int run = 0; run < 5; run++) {
			struct search_hit *hits;
			double start = now();

			search_run(s, &(struct search_query){.words = &asked[i], .n_words = 1}, &hits);
			best = now() - start < best ? now() - start : best;
			free(hits);
		}
		print_message("# \"%s\": %.2f ms\n", asked[i], best * 1e3);
		assert_true(best < limit);
	}
	search_free(s);
	catalog_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_by_their_parts_and_with_slips),
		cmocka_unit_test(every_word_has_to_match),
		cmocka_unit_test(what_an_entry_means_is_found_too),
		cmocka_unit_test(nothing_asked_lists_everything),
		cmocka_unit_test(conditions_leave_out_the_rest),
		cmocka_unit_test(what_fits_is_the_largest_that_does),
		cmocka_unit_test(memory_is_weights_and_context),
		cmocka_unit_test(sizes_are_read_as_people_write_them),
		cmocka_unit_test(ten_thousand_entries_are_searched_in_no_time),
	};

	return cmocka_run_group_tests(tests, open_builtin, close_builtin);
}
