/* The tree of models, its filter and what is inside a file, without a screen: the built-in registry, the bundled model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tui/forecast.h"
#include "tui/state/explore.h"

static struct config config = {.machine = "8000000000,27000000000,1000000000"};

static int
open_tree(void **state)
{
	struct explore *x = mem_new0(1, sizeof *x);
	struct err e = {0};

	x->config = &config;
	editor_init(&x->filter);
	editor_init(&x->find);
	x->catalog = catalog_new();
	if (!catalog_add_builtin(x->catalog, &e))
		return -1;
	x->search = search_new(x->catalog);
	machine_look(&x->machine, &config);
	explore_order(x);
	explore_build(x);
	*state = x;
	return 0;
}

static int
close_tree(void **state)
{
	explore_done(*state);
	free(*state);
	return 0;
}

static void
filter(struct explore *x, const char *text)
{
	editor_set(&x->filter, text);
	x->filtering = true;
	explore_filter(x);
}

static void
marked_is(const struct explore *x, const char *want)
{
	struct buf name = {0};

	assert_true(explore_add_name(x, explore_marked(x), &name));
	assert_string_equal(buf_str(&name), want);
	buf_done(&name);
}

static void
families_are_folded_first(void **state)
{
	struct explore *x = *state;

	for (size_t i = 0; i < x->n_rows; i++)
		assert_int_equal(x->nodes[x->rows[i]].kind, EXPLORE_FAMILY);
	assert_true(x->n_rows > 10 && x->n_nodes > 300);
	/* Every model stands once, and every node after what it is in. */
	for (size_t i = 0, n = 0; i < x->n_nodes; i++) {
		assert_true(x->nodes[i].parent == EXPLORE_NONE || x->nodes[i].parent < i);
		n += x->nodes[i].kind == EXPLORE_MODEL;
		if (i + 1 == x->n_nodes)
			assert_int_equal(n, x->n_models);
	}
}

static void
folding_and_moving(void **state)
{
	struct explore *x = *state;
	size_t n = x->n_rows;

	assert_false(explore_move(x, -1));
	assert_true(explore_fold(x));
	assert_true(x->n_rows > n);
	assert_true(explore_move(x, 1));
	assert_int_equal(explore_depth(x, explore_marked(x)), 1);
	assert_true(explore_move(x, -1));
	assert_true(explore_fold(x));
	assert_int_equal(x->n_rows, n);
	assert_true(explore_move(x, 1 << 20));
	assert_int_equal(x->mark, n - 1);
}

static void
filters_as_search_does(void **state)
{
	struct explore *x = *state;

	filter(x, "qwen3-0.6b");
	marked_is(x, "qwen3-0.6b");
	filter(x, "gema 1b");			/* a slip */
	assert_true(x->n_hits >= 1);
	filter(x, "here");
	assert_int_equal(x->n_hits, 0);
	filter(x, "qwen <500mb");
	assert_true(x->n_hits > 0);
	for (size_t i = 0; i < x->n_nodes; i++)
		if (x->nodes[i].kind == EXPLORE_MODEL && x->nodes[i].shown)
			assert_true(x->nodes[i].file->size && x->nodes[i].file->size <= 500000000);
	filter(x, "licence:mit family:phi");
	for (size_t i = 0; i < x->n_nodes; i++)
		if (x->nodes[i].kind == EXPLORE_MODEL && x->nodes[i].shown)
			assert_string_equal(x->nodes[i].model->entry.family, "phi");
	filter(x, "<lots");
	assert_int_equal(x->filter_err.kind, ERR_USAGE);
	filter(x, "");
	assert_int_equal(x->n_hits, x->n_models);
	assert_false(x->filtered);
}

static void
a_model_is_shown_wherever_it_is(void **state)
{
	struct explore *x = *state;
	const struct catalog_model *m = catalog_get(x->catalog, NULL, "phi-4-mini");

	filter(x, "gemma");
	assert_true(explore_show(x, m));
	marked_is(x, "phi-4-mini");
}

static void
what_is_unfolded_stays_so(void **state)
{
	struct explore *x = *state;
	struct explore_local *l = mem_new0(1, sizeof *l);

	assert_true(explore_show(x, catalog_get(x->catalog, NULL, "phi-4-mini")));
	l->name = mem_dup("mine");
	l->from = mem_dup("Ollama");
	x->here.locals = l;
	x->here.n_locals = 1;
	explore_build(x);
	marked_is(x, "phi-4-mini");
	assert_string_equal(x->nodes[0].title, "On this machine");
	filter(x, "mine Ollama");
	assert_true(x->nodes[1].local && x->nodes[1].shown);
	filter(x, "mine phi");
	assert_false(x->nodes[1].shown);
}

static void
forecasts_come_from_the_machine(void **state)
{
	const struct explore *x = *state;
	const struct catalog_model *m = catalog_get(x->catalog, NULL, "qwen3-0.6b");
	struct machine slow = x->machine;
	double low, high, low2, high2;

	assert_true(forecast_speed(x->machine.roof, &m->entry, m->entry.files, &low, &high));
	assert_true(low > 0 && low < high && high < x->machine.roof / (double)m->entry.files->size);
	slow.roof /= 2;
	assert_true(forecast_speed(slow.roof, &m->entry, m->entry.files, &low2, &high2));
	assert_true(low2 * 2 > low * 0.999 && low2 * 2 < low * 1.001);
	slow.roof = 0;
	assert_false(forecast_speed(slow.roof, &m->entry, m->entry.files, &low2, &high2));
}

static const struct explore_node *
file_node(const struct explore *x, const char *id, const char *file)
{
	for (size_t i = 0; i < x->n_nodes; i++)
		if (x->nodes[i].kind == EXPLORE_FILE && strcmp(x->nodes[i].model->entry.id, id) == 0 &&
		    strcmp(x->nodes[i].file->name, file) == 0)
			return &x->nodes[i];
	return NULL;
}

/* Whatever the registry says of a file: these are the bytes that are there. */
static void
a_badge_is_that_of_the_bytes_here(void **state)
{
	struct explore *x = *state;
	const char *id = "qwen3-0.6b", *name = "Qwen3-0.6B-Q8_0.gguf";
	struct store_file *f;

	x->here.store.files = f = mem_new0(1, sizeof *f);
	x->here.store.n = 1;
	*f = (struct store_file){.model = mem_dup(id), .file = mem_dup(name), .seen = {.trust = STORE_VERIFIED}};
	explore_build(x);
	assert_int_equal(file_node(x, id, name)->where, EXPLORE_HERE);
	assert_int_equal(file_node(x, id, name)->badge, BADGE_UNVERIFIED);
	memcpy(f->seen.sha256, file_node(x, id, name)->file->sha256, sizeof f->seen.sha256);
	explore_build(x);
	assert_int_equal(file_node(x, id, name)->badge, BADGE_REGISTRY);
	f->seen.trust = STORE_CHANGED;
	explore_build(x);
	assert_int_equal(file_node(x, id, name)->where, EXPLORE_CHANGED);
	assert_int_equal(file_node(x, id, name)->badge, BADGE_UNVERIFIED);
}

static void
inside_the_guide(void **state)
{
	struct err e = {0};
	struct inside *in = inside_open("guide", "registry/guide/guide.gguf", true, NULL, &e);
	struct buf left = {0}, right = {0};
	size_t n, row;

	(void)state;
	assert_non_null(in);
	n = inside_n_rows(in);
	assert_int_equal(inside_at(in, 0, &row), INSIDE_FACTS);
	assert_true(row == SIZE_MAX);
	assert_true(inside_fold(in));
	assert_true(inside_n_rows(in) < n);
	assert_int_equal(inside_count(in, INSIDE_VOCABULARY), in->n_tokens);
	inside_filter(in, " the");		/* the vocabulary spells the blank in its own way */
	assert_true(inside_count(in, INSIDE_VOCABULARY) > 1);
	inside_row(in, INSIDE_VOCABULARY, 0, &left, &right);
	assert_non_null(strstr(buf_str(&right), "\" the"));
	inside_filter(in, "12");
	assert_true(inside_count(in, INSIDE_VOCABULARY) >= 1);
	inside_filter(in, "token_embd");
	assert_int_equal(inside_count(in, INSIDE_TENSORS), 1);
	inside_filter(in, "");
	assert_int_equal(inside_count(in, INSIDE_VOCABULARY), in->n_tokens);
	assert_true(inside_count(in, INSIDE_SAMPLE) > 1);
	for (size_t i = 0; i < in->n_tokens; i++) {
		buf_clear(&left);
		buf_clear(&right);
		inside_row(in, INSIDE_VOCABULARY, i, &left, &right);
		assert_true(left.len && right.len);
	}
	buf_done(&left);
	buf_done(&right);
	inside_close(in);
}

/* A model to begin with fits, is known by its hash, and is no faster than the one before it. */
static void
models_to_begin_with(void **state)
{
	struct explore *x = *state;
	const struct catalog_model *m[EXPLORE_BEGIN_MAX];
	uint64_t smaller = 0;
	size_t n = explore_begin(x, m);

	assert_int_equal(n, EXPLORE_BEGIN_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct entry_file *f = entry_find_file(&m[i]->entry, NULL);

		assert_true(f->has_sha256 && search_memory(&m[i]->entry, f, 4096) <= x->machine.memory_bytes);
		assert_string_equal(m[i]->entry.task, "chat");
		assert_true(m[i]->entry.n_params > smaller);
		smaller = m[i]->entry.n_params;
	}
	x->machine.memory_bytes = 1000000000;
	n = explore_begin(x, m);
	assert_in_range(n, 1, EXPLORE_BEGIN_MAX);
	for (size_t i = 0; i < n; i++)
		assert_true(entry_find_file(&m[i]->entry, NULL)->size < 1000000000);
	x->machine.roof = 0;
	assert_int_equal(explore_begin(x, m), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(families_are_folded_first, open_tree, close_tree),
		cmocka_unit_test_setup_teardown(folding_and_moving, open_tree, close_tree),
		cmocka_unit_test_setup_teardown(filters_as_search_does, open_tree, close_tree),
		cmocka_unit_test_setup_teardown(a_model_is_shown_wherever_it_is, open_tree, close_tree),
		cmocka_unit_test_setup_teardown(what_is_unfolded_stays_so, open_tree, close_tree),
		cmocka_unit_test_setup_teardown(forecasts_come_from_the_machine, open_tree, close_tree),
		cmocka_unit_test_setup_teardown(models_to_begin_with, open_tree, close_tree),
		cmocka_unit_test_setup_teardown(a_badge_is_that_of_the_bytes_here, open_tree, close_tree),
		cmocka_unit_test(inside_the_guide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
