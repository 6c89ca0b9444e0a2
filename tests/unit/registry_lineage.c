/* Lineage: trees of families, lines of models, what changed; edges that lie do no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/lineage.h"

static struct catalog *
open_builtin(void)
{
	struct catalog *c = catalog_new();

	assert_true(catalog_add_builtin(c, NULL));
	return c;
}

static const struct lineage_node *
find(const struct lineage *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->nodes[i].id, id) == 0)
			return &l->nodes[i];
	return NULL;
}

/* Parents come first, depth counts them, and exactly the last of siblings says so. */
static void
check_shape(const struct lineage *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct lineage_node *n = &l->nodes[i];
		size_t later = 0;

		if (n->parent != LINEAGE_NONE) {
			assert_in_range(n->parent, 0, i - 1);
			assert_string_equal(l->nodes[n->parent].id, n->from);
		}
		assert_int_equal(n->depth, n->parent == LINEAGE_NONE ? 0 : l->nodes[n->parent].depth + 1);
		for (size_t k = i + 1; k < l->n; k++)
			later += l->nodes[k].parent == n->parent;
		assert_int_equal(n->is_last, later == 0);
	}
}

static void
every_family_is_a_tree_of_all_its_models(void **state)
{
	struct catalog *c = open_builtin();
	const struct family *f;

	(void)state;
	for (size_t i = 0; (f = catalog_family_at(c, i)); i++) {
		struct lineage l;

		lineage_of_family(&l, c, f);
		check_shape(&l);
		for (size_t k = 0; catalog_model_at(c, k); k++)
			if (strcmp(catalog_model_at(c, k)->entry.family, f->id) == 0)
				assert_non_null(find(&l, catalog_model_at(c, k)->entry.id));
		lineage_done(&l);
	}
	catalog_free(c);
}

static void
steps_have_a_kind_and_say_what_is_new(void **state)
{
	struct catalog *c = open_builtin();
	const struct lineage_node *n;
	struct lineage l;

	(void)state;
	lineage_of_family(&l, c, catalog_find_family(c, "phi"));
	n = find(&l, "phi-4-mini");
	assert_non_null(n);
	assert_string_equal(n->from, "phi-3.5-mini");
	assert_string_equal(n->kind, "successor");
	assert_non_null(strstr(n->change, "grouped-query attention"));
	assert_int_equal(n->year, 2025);
	assert_string_equal(l.nodes[0].id, "phi-1");
	lineage_done(&l);

	lineage_of_family(&l, c, catalog_find_family(c, "gemma"));
	n = find(&l, "gemini");		/* has no entry */
	assert_non_null(n);
	assert_null(n->model);
	lineage_done(&l);

	lineage_of_family(&l, c, catalog_find_family(c, "deepseek-r1-distill"));
	n = find(&l, "deepseek-r1-distill-llama-8b");
	assert_int_equal(n->parent, LINEAGE_NONE);
	assert_string_equal(n->from, "llama-3.1-8b");	/* of another family */
	lineage_done(&l);
	catalog_free(c);
}

static void
a_model_has_a_line(void **state)
{
	struct catalog *c = open_builtin();
	struct lineage l;

	(void)state;
	lineage_of_model(&l, c, catalog_find(c, "phi-4-mini", NULL));
	check_shape(&l);
	assert_string_equal(l.nodes[0].id, "phi-1");
	assert_non_null(find(&l, "phi-4-mini-reasoning"));
	assert_null(find(&l, "phi-4"));			/* a cousin */
	lineage_done(&l);
	catalog_free(c);
}

static void
what_changed_is_told(void **state)
{
	struct catalog *c = open_builtin();
	struct lineage_change *d;
	size_t n = lineage_changes(&catalog_find(c, "gemma-2-2b", NULL)->entry, &catalog_find(c, "gemma-3-4b", NULL)->entry, &d);
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		seen |= strcmp(d[i].what, "takes") == 0 && strcmp(d[i].from_text, "text") == 0 &&
		    strcmp(d[i].to_text, "text, image") == 0;
		seen |= (strcmp(d[i].what, "context") == 0 && d[i].from == 8192 && d[i].to == 131072) << 1;
		seen |= (strcmp(d[i].what, "architecture") == 0 && strcmp(d[i].to_text, "gemma3") == 0) << 2;
		assert_string_not_equal(d[i].what, "licence");
	}
	assert_int_equal(seen, 7);
	lineage_changes_done(d, n);
	n = lineage_changes(&catalog_model_at(c, 0)->entry, &catalog_model_at(c, 0)->entry, &d);
	assert_int_equal(n, 0);
	lineage_changes_done(d, n);
	catalog_free(c);
}

static void
add(struct catalog *c, const char *id, const char *parent)
{
	struct buf text = {0}, path = {0};
	struct err e = {0};

	buf_printf(&text, "{\"format\": 1, \"id\": \"%s\", \"name\": \"A\", \"summary\": \"One.\", \"family\": \"f\", \"parent\": \"%s\"}", id,
	    parent);
	buf_printf(&path, "models/f/%s/entry.json", id);
	if (!catalog_add(c, "a", path.data, text.data, text.len, &e))
		fail_msg("%s", e.text);
	buf_done(&text);
	buf_done(&path);
}

static void
circles_are_cut_and_long_chains_are_drawn(void **state)
{
	static const char family[] = "{\"format\": 1, \"id\": \"f\", \"name\": \"F\", \"maker\": \"M\", \"idea\": \"I.\", \"edges\": ["
	    "{\"from\": \"ghost\", \"to\": \"echo\", \"kind\": \"k\", \"change\": \"x\"}, "
	    "{\"from\": \"echo\", \"to\": \"ghost\", \"kind\": \"k\", \"change\": \"x\"}]}";
	struct catalog *c = catalog_new();
	struct lineage l;

	(void)state;
	assert_true(catalog_add(c, "a", "models/f/family.json", family, strlen(family), NULL));
	add(c, "round-a", "round-b");
	add(c, "round-b", "round-c");
	add(c, "round-c", "round-a");
	for (int i = 0; i < 2000; i++) {
		char id[32], parent[32];

		snprintf(id, sizeof id, "chain-%d", i + 2);
		snprintf(parent, sizeof parent, "chain-%d", i + 3);
		add(c, id, parent);
	}
	lineage_of_family(&l, c, catalog_find_family(c, "f"));
	assert_int_equal(l.n, 2 + 3 + 2001);
	for (size_t i = 0; i < l.n; i++)
		if (l.nodes[i].parent != LINEAGE_NONE)
			assert_in_range(l.nodes[i].parent, 0, i - 1);
	lineage_done(&l);
	lineage_of_model(&l, c, catalog_find(c, "round-b", NULL));
	assert_int_equal(l.n, 3);
	lineage_done(&l);
	lineage_of_model(&l, c, catalog_find(c, "chain-2", NULL));
	assert_int_equal(l.nodes[l.n - 1].depth, 2000);
	lineage_done(&l);
	catalog_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_family_is_a_tree_of_all_its_models),
		cmocka_unit_test(steps_have_a_kind_and_say_what_is_new),
		cmocka_unit_test(a_model_has_a_line),
		cmocka_unit_test(what_changed_is_told),
		cmocka_unit_test(circles_are_cut_and_long_chains_are_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
