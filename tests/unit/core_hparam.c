/* Hyper-parameters that differ from layer to layer, and those that contradict each other: one sentence each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/arch/arch.h"
#include "core/base/mem.h"
#include "tests/data/gguf_make.h"

enum { N_LAYERS = 5, MAX_EACH = 8 };

/* A number, or with N > 0 an array. */
struct key {
	const char *name;
	uint32_t value;
	uint32_t each[MAX_EACH], n;
	bool is_text;			/* "x" */
};

#define ONE(name_, value_) {.name = name_, .value = value_}
#define EACH(name_, n_, ...) {.name = name_, .each = {__VA_ARGS__}, .n = n_}

static const struct key gemma4[] = {
	ONE("block_count", N_LAYERS), ONE("context_length", 64), ONE("embedding_length", 32),
	EACH("feed_forward_length", N_LAYERS, 16, 16, 16, 24, 24),
	ONE("attention.head_count", 4), EACH("attention.head_count_kv", N_LAYERS, 2, 1, 4, 2, 1),
	ONE("attention.key_length", 16), ONE("attention.value_length", 16),
	ONE("attention.key_length_swa", 8), ONE("attention.value_length_swa", 8),
	ONE("attention.sliding_window", 7),
	EACH("attention.sliding_window_pattern", N_LAYERS, 1, 0, 1, 1, 0),
	ONE("attention.shared_kv_layers", 2), ONE("embedding_length_per_layer_input", 4),
};

static const struct key gemma3n[] = {
	ONE("block_count", 6), ONE("context_length", 64), ONE("embedding_length", 32), ONE("feed_forward_length", 16),
	ONE("attention.head_count", 4), ONE("attention.head_count_kv", 2), ONE("attention.sliding_window", 7),
	ONE("attention.shared_kv_layers", 1), ONE("embedding_length_per_layer_input", 4),
};

static const struct key t5[] = {
	ONE("block_count", 3), ONE("decoder_block_count", 5), ONE("context_length", 64), ONE("embedding_length", 32),
	ONE("feed_forward_length", 16), ONE("attention.head_count", 4), ONE("attention.relative_buckets_count", 32),
};

static void
add_key(struct gguf_make *f, const char *arch, const struct key *k)
{
	char name[96];

	snprintf(name, sizeof name, "%s.%s", arch, k->name);
	if (k->is_text)
		gguf_make_str(f, name, "x");
	else if (k->n > 0)
		gguf_make_array(f, name, GGUF_U32, k->each, k->n, sizeof k->each[0]);
	else
		gguf_make_u32(f, name, k->value);
}

/* Read and check the N keys of LIST, of which OTHER replaces one, or is added. */
static bool
read_keys(struct hparam *h, const char *arch, const struct key *list, size_t n, const struct key *other, struct err *e)
{
	struct gguf_make f = {0};
	struct buf file = {0};
	struct gguf *g;
	char eps[96];
	bool ok, done = !other;

	for (size_t i = 0; i < n; i++) {
		bool is_other = other && strcmp(list[i].name, other->name) == 0;

		done = done || is_other;
		add_key(&f, arch, is_other ? other : &list[i]);
	}
	if (!done)
		add_key(&f, arch, other);
	snprintf(eps, sizeof eps, "%s.attention.layer_norm_rms_epsilon", arch);
	gguf_make_f32(&f, eps, 1e-6f);
	gguf_make_tensor(&f, "token_embd.weight", 0, 2, (uint64_t[]){2, 2}, (float[4]){0}, 16);
	gguf_make_finish(&f, &file);
	g = gguf_open_memory(file.data, file.len, e);
	ok = g && hparam_read(h, g, arch, e) && arch_find(arch)->check(h, e);
	gguf_close(g);
	buf_done(&file);
	return ok;
}

static void
arrays_are_read_layer_by_layer(void **state)
{
	static struct hparam h;
	struct err e = {0};

	(void)state;
	if (!read_keys(&h, "gemma4", gemma4, ARRAY_LEN(gemma4), NULL, &e))
		fail_msg("%s", e.text);
	assert_int_equal(h.n_ff, 24);
	assert_int_equal(h.layer_ff[2], 16);
	assert_int_equal(h.n_kv_heads, 4);
	assert_int_equal(h.layer_kv_heads[1], 1);
	assert_true(h.layer_windowed[0] && !h.layer_windowed[1] && h.has_pattern);
	assert_int_equal(h.dim_k, 16);
	assert_int_equal(h.dim_k_local, 8);
	assert_int_equal(h.rope.n_rot, 16);
	assert_int_equal(h.rope_local.n_rot, 8);
	assert_int_equal(h.n_shared_kv, 2);
	/* A number for all, and a period. */
	assert_true(read_keys(&h, "gemma4", gemma4, ARRAY_LEN(gemma4), &(struct key)ONE("feed_forward_length", 12), &e));
	assert_int_equal(h.layer_ff[4], 12);
	assert_true(read_keys(&h, "gemma4", gemma4, ARRAY_LEN(gemma4),
	    &(struct key)ONE("attention.sliding_window_pattern", 3), &e));
	assert_true(h.layer_windowed[0] && h.layer_windowed[1] && !h.layer_windowed[2] && h.layer_windowed[3]);
}

/* What the published files do not say. */
static void
gemma3n_has_defaults(void **state)
{
	static struct hparam h;
	struct err e = {0};

	(void)state;
	if (!read_keys(&h, "gemma3n", gemma3n, ARRAY_LEN(gemma3n), NULL, &e))
		fail_msg("%s", e.text);
	assert_true(h.layer_windowed[3] && !h.layer_windowed[4] && h.layer_windowed[5]);
	assert_true(h.layer_sparsity[0] > 1.6f && h.layer_sparsity[0] < 1.7f);
	assert_true(h.logit_cap == 30 && h.attn_scale == 1);
	assert_int_equal(h.n_streams, 4);
}

static void
an_encoder_and_a_decoder_may_differ_in_depth(void **state)
{
	static struct hparam h;
	struct err e = {0};

	(void)state;
	if (!read_keys(&h, "t5", t5, ARRAY_LEN(t5), NULL, &e))
		fail_msg("%s", e.text);
	assert_int_equal(h.n_encoder, 3);
	assert_int_equal(h.n_layers, 5);
	assert_int_equal(h.layer_ff[4], 16);
	assert_int_equal(h.layer_kv_heads[4], 4);
	assert_true(read_keys(&h, "t5", t5, ARRAY_LEN(t5), &(struct key)ONE("decoder_block_count", 0), &e));
	assert_int_equal(h.n_layers, 3);
}

struct defect {
	struct key key;
	const char *what;
};

static void
assert_named(const char *arch, const struct key *list, size_t n, const struct defect *defect)
{
	static struct hparam h;
	struct err e = {0};

	assert_false(read_keys(&h, arch, list, n, &defect->key, &e));
	if (!strstr(e.text, defect->what))
		fail_msg("\"%s\" does not say \"%s\"", e.text, defect->what);
}

static void
contradictions_are_named(void **state)
{
	static const struct defect of_gemma3n[] = {
		{ONE("altup.num_inputs", 3), "gemma3n.altup.num_inputs is 3"},
		{ONE("altup.active_idx", 1), "gemma3n.altup.active_idx 1; supported are 4 and 0"},
		{ONE("attention.sliding_window", 0), "gemma3n.attention.sliding_window is missing or 0"},
		{ONE("embedding_length_per_layer_input", 0), "gemma3n.embedding_length_per_layer_input is missing or 0"},
		{ONE("attention.shared_kv_layers", 2), "layer 4 has no earlier global layer"},
		{ONE("feed_forward_length", 1), "gemma3n.feed_forward_length is 1 for layer 0"},
		{EACH("activation_sparsity_scale", 6, 1, 1, 101, 1, 1, 1), "activation_sparsity_scale is 101 for layer 2"},
	};
	static const struct defect of_t5gemma[] = {
		{ONE("attention.head_count_kv", 3), "t5gemma.attention.head_count_kv is 3, which does not divide the 4"},
		{ONE("decoder_start_token_id", 9), "t5gemma.decoder_start_token_id is 9"},
		{ONE("attention.sliding_window", 1u << 31), "t5gemma.attention.sliding_window is 2147483648"},
	};
	static const struct defect of_t5[] = {
		{ONE("attention.relative_buckets_count", 0), "t5.attention.relative_buckets_count is 0, expected an even number"},
		{ONE("attention.relative_buckets_count", 31), "t5.attention.relative_buckets_count is 31"},
		{ONE("attention.relative_buckets_count", 258), "t5.attention.relative_buckets_count is 258, expected 0 to 256"},
		{ONE("decoder_block_count", 1 << 20), "t5.decoder_block_count is 1048576, expected 0 to 1024"},
		{ONE("decoder_start_token_id", 2), "t5.decoder_start_token_id is 2, expected less than the 2 tokens"},
		{EACH("feed_forward_length", 3, 16, 16, 24), "t5 has layers of different sizes"},
	};
	static const struct defect defects[] = {
		{EACH("feed_forward_length", 2, 16, 16),
		    "gemma4.feed_forward_length has 2 elements, expected 5, one for each layer"},
		{EACH("feed_forward_length", 5, 16, 16, 0, 16, 16),
		    "gemma4.feed_forward_length is 0 for layer 2, expected 1 to"},
		{{.name = "feed_forward_length", .is_text = true}, "gemma4.feed_forward_length is not one whole number"},
		{EACH("attention.head_count_kv", 5, 2, 1, 3, 2, 1),
		    "gemma4.attention.head_count_kv is 3, which does not divide the 4"},
		{EACH("attention.head_count_kv", 6, 2, 1, 2, 2, 1, 1),
		    "gemma4.attention.head_count_kv has 6 elements"},
		{EACH("attention.sliding_window_pattern", 1, 1),
		    "gemma4.attention.sliding_window_pattern has 1 elements, expected 5"},
		{EACH("attention.sliding_window_pattern", 5, 1, 1, 1, 1, 0),
		    "shared_kv_layers is 2, but layer 4 has no earlier global layer"},
		{EACH("attention.sliding_window_pattern", 5, 0, 0, 0, 1, 0),
		    "shared_kv_layers is 2, but layer 3 has no earlier windowed layer"},
		{ONE("attention.shared_kv_layers", 5), "gemma4.attention.shared_kv_layers is 5, expected 0 to 4"},
		{ONE("attention.sliding_window", 0), "gemma4.attention.sliding_window is missing or 0"},
		{ONE("attention.key_length_swa", 10), "10 and 8 in windowed layers, expected equal sizes"},
		{ONE("attention.key_length_swa", 7), "head sizes of 7 (keys) and 8 (values) in windowed layers"},
		{ONE("attention.value_length", 8), "gemma4 has heads of 16 (keys) and 8 (values)"},
		{ONE("rope.dimension_count_swa", 10), "gemma4.rope.dimension_count_swa is 10, expected 1 to 8"},
		{ONE("embedding_length_per_layer_input", 1u << 30), "gemma4.embedding_length_per_layer_input is 1073741824"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(defects); i++)
		assert_named("gemma4", gemma4, ARRAY_LEN(gemma4), &defects[i]);
	for (size_t i = 0; i < ARRAY_LEN(of_t5gemma); i++)
		assert_named("t5gemma", t5, ARRAY_LEN(t5), &of_t5gemma[i]);
	for (size_t i = 0; i < ARRAY_LEN(of_t5); i++)
		assert_named("t5", t5, ARRAY_LEN(t5), &of_t5[i]);
	for (size_t i = 0; i < ARRAY_LEN(of_gemma3n); i++)
		assert_named("gemma3n", gemma3n, ARRAY_LEN(gemma3n), &of_gemma3n[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_are_read_layer_by_layer),
		cmocka_unit_test(gemma3n_has_defaults),
		cmocka_unit_test(an_encoder_and_a_decoder_may_differ_in_depth),
		cmocka_unit_test(contradictions_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
