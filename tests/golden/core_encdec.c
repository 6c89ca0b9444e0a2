/* Encoder-decoder models of a few thousand weights, made here from the names of their tensors: logits against encdec.vec
 * (encdec.py, by way of transformers), with every instruction set, any number of threads, and however the input is cut. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/session.h"
#include "tests/data/nano.h"

enum { EMBD = 16, HEADS = 4, HEAD = 8, KV = 2, FF = 24, VOCAB = 40, ENC = 2, DEC = 3, WINDOW = 4, N_INPUT = 150,
	N_OUTPUT = 12, WIDE = 4, N_FAR = 1150 };

struct shape {
	const char *name;
	uint64_t cols, rows;
	bool is_decoder;		/* of its layers only */
};

static const struct shape t5_layer[] = {
	{"attn_norm", EMBD, 1, false}, {"attn_q", EMBD, HEADS * HEAD, false}, {"attn_k", EMBD, HEADS * HEAD, false},
	{"attn_v", EMBD, HEADS * HEAD, false}, {"attn_o", HEADS * HEAD, EMBD, false}, {"cross_attn_norm", EMBD, 1, true},
	{"cross_attn_q", EMBD, HEADS * HEAD, true}, {"cross_attn_k", EMBD, HEADS * HEAD, true},
	{"cross_attn_v", EMBD, HEADS * HEAD, true}, {"cross_attn_o", HEADS * HEAD, EMBD, true}, {"ffn_norm", EMBD, 1, false},
	{"ffn_gate", EMBD, FF, false}, {"ffn_up", EMBD, FF, false}, {"ffn_down", FF, EMBD, false},
};

/* The first T5: ReLU without a gate, and the embedding for its output. */
static const struct shape t5_relu_layer[] = {
	{"attn_norm", EMBD, 1, false}, {"attn_q", EMBD, HEADS * HEAD, false}, {"attn_k", EMBD, HEADS * HEAD, false},
	{"attn_v", EMBD, HEADS * HEAD, false}, {"attn_o", HEADS * HEAD, EMBD, false}, {"cross_attn_norm", EMBD, 1, true},
	{"cross_attn_q", EMBD, HEADS * HEAD, true}, {"cross_attn_k", EMBD, HEADS * HEAD, true},
	{"cross_attn_v", EMBD, HEADS * HEAD, true}, {"cross_attn_o", HEADS * HEAD, EMBD, true}, {"ffn_norm", EMBD, 1, false},
	{"ffn_up", EMBD, FF, false}, {"ffn_down", FF, EMBD, false},
};

static const struct shape t5gemma_layer[] = {
	{"attn_norm", EMBD, 1, false}, {"attn_q", EMBD, HEADS * HEAD, false}, {"attn_k", EMBD, KV * HEAD, false},
	{"attn_v", EMBD, KV * HEAD, false}, {"attn_o", HEADS * HEAD, EMBD, false}, {"post_attention_norm", EMBD, 1, false},
	{"cross_attn_norm", EMBD, 1, true}, {"cross_attn_q", EMBD, HEADS * HEAD, true},
	{"cross_attn_k", EMBD, KV * HEAD, true}, {"cross_attn_v", EMBD, KV * HEAD, true},
	{"cross_attn_o", HEADS * HEAD, EMBD, true}, {"cross_attn_post_norm", EMBD, 1, true}, {"ffn_norm", EMBD, 1, false},
	{"ffn_gate", EMBD, FF, false}, {"ffn_up", EMBD, FF, false}, {"ffn_down", FF, EMBD, false},
	{"post_ffw_norm", EMBD, 1, false},
};

struct kind {
	const char *name, *arch;
	const struct shape *layer;
	size_t n;
	const char *missing;		/* a tensor left out */
	const char *extra;		/* a tensor too many */
	bool is_wide;			/* heads WIDE times as long, of 32 numbers: such as kernels for many tokens take */
};

static const struct kind kind_t5 = {"t5", "t5", t5_layer, ARRAY_LEN(t5_layer), NULL, NULL, false};
static const struct kind kind_t5_relu = {"t5_relu", "t5", t5_relu_layer, ARRAY_LEN(t5_relu_layer), NULL, NULL, false};
static const struct kind kind_t5gemma = {"t5gemma", "t5gemma", t5gemma_layer, ARRAY_LEN(t5gemma_layer), NULL, NULL, false};
static const struct kind *const kinds[] = {&kind_t5, &kind_t5_relu, &kind_t5gemma};

static void
add_tensor(struct gguf_make *f, const struct kind *kind, const char *name, uint64_t cols, uint64_t rows)
{
	float *x = malloc(cols * rows * sizeof *x);

	nano_fill(x, cols * rows, name);
	if (!kind->missing || strcmp(name, kind->missing) != 0)
		gguf_make_tensor(f, name, 0, rows > 1 ? 2 : 1, (uint64_t[]){cols, rows}, x, cols * rows * sizeof *x);
	free(x);
}

/* Whether a tensor has a row, or COLS a column, for each number of all heads. */
static bool
is_of_heads(const char *name, bool cols)
{
	const char *which = strstr(name, "attn_");

	return which && strchr(cols ? "o" : "qkv", which[5]) && which[6] == '\0';
}

static void
add_stack(struct gguf_make *f, const struct kind *kind, const char *side, int n_layers)
{
	char name[64];

	for (int i = 0; i < n_layers; i++)
		for (size_t k = 0; k < kind->n; k++) {
			const struct shape *s = &kind->layer[k];

			snprintf(name, sizeof name, "%s.blk.%d.%s.weight", side, i, s->name);
			if (!s->is_decoder || strcmp(side, "dec") == 0)
				add_tensor(f, kind, name, s->cols * (kind->is_wide && is_of_heads(s->name, true) ? WIDE : 1),
				    s->rows * (kind->is_wide && is_of_heads(s->name, false) ? WIDE : 1));
		}
	snprintf(name, sizeof name, "%s.blk.0.attn_rel_b.weight", side);
	if (strcmp(kind->arch, "t5") == 0)
		add_tensor(f, kind, name, HEADS, 32);
	snprintf(name, sizeof name, "%s.output_norm.weight", side);
	add_tensor(f, kind, name, EMBD, 1);
}

static void
add_number(struct gguf_make *f, const struct kind *kind, const char *name, double value)
{
	char key[96];

	snprintf(key, sizeof key, "%s.%s", kind->arch, name);
	if (value == floor(value))
		gguf_make_u32(f, key, (uint32_t)value);
	else
		gguf_make_f32(f, key, (float)value);
}

static void
make(const struct kind *kind, struct buf *out)
{
	const struct {
		const char *name;
		double value;
	} keys[] = {
		{"block_count", ENC}, {"decoder_block_count", DEC}, {"context_length", 256}, {"embedding_length", EMBD},
		{"feed_forward_length", FF}, {"attention.head_count", HEADS},
		{"attention.key_length", kind->is_wide ? WIDE * HEAD : HEAD},
		{"attention.value_length", kind->is_wide ? WIDE * HEAD : HEAD}, {"attention.layer_norm_rms_epsilon", 0.001},
	}, more[] = {
		{"attention.head_count_kv", KV}, {"attention.sliding_window", WINDOW}, {"attn_logit_softcapping", 2},
		{"final_logit_softcapping", 3},
	};
	struct gguf_make f = {0};
	bool is_t5 = strcmp(kind->arch, "t5") == 0;

	gguf_make_str(&f, "general.architecture", kind->arch);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		add_number(&f, kind, keys[i].name, keys[i].value);
	for (size_t i = 0; !is_t5 && i < ARRAY_LEN(more); i++)
		add_number(&f, kind, more[i].name, more[i].value);
	if (is_t5)
		add_number(&f, kind, "attention.relative_buckets_count", 32);
	add_tensor(&f, kind, "token_embd.weight", EMBD, VOCAB);
	if (kind != &kind_t5_relu)
		add_tensor(&f, kind, is_t5 ? "output.weight" : "enc.token_embd.weight", EMBD, VOCAB);
	add_stack(&f, kind, "enc", ENC);
	add_stack(&f, kind, "dec", DEC);
	if (kind->extra)
		add_tensor(&f, kind, kind->extra, HEADS, 32);
	gguf_make_finish(&f, out);
}

struct opened {
	struct buf file;
	struct engine *engine;
	struct model *model;
	struct session *session;
};

static struct opened
open_with(const struct kind *kind, const struct engine_options *eo, struct session_options so)
{
	struct opened o = {0};
	struct err e = {0};
	struct gguf *g;

	make(kind, &o.file);
	g = gguf_open_memory(o.file.data, o.file.len, &e);
	o.engine = engine_new(eo, &e);
	assert_non_null(o.engine);
	o.model = g ? model_open_gguf(o.engine, g, kind->arch, &e) : NULL;
	if (!o.model)
		fail_msg("%s", e.text);
	o.session = session_open(o.model, &so, &e);
	assert_non_null(o.session);
	return o;
}

static struct opened
open_kind(const struct kind *kind, const struct engine_options *eo, uint32_t chunk)
{
	return open_with(kind, eo, (struct session_options){.n_ctx = N_INPUT, .kv = KV_f32, .chunk = chunk});
}

static void
close_kind(struct opened *o)
{
	session_close(o->session);
	model_close(o->model);
	engine_free(o->engine);
	buf_done(&o->file);
}

static void
eval(const struct kind *kind, const struct engine_options *eo, uint32_t chunk, float *logits)
{
	struct opened o = open_kind(kind, eo, chunk);
	uint32_t input[N_INPUT], output[N_OUTPUT];
	struct err e = {0};

	for (uint32_t i = 0; i < N_INPUT; i++)
		input[i] = (7 * i * i + 3 * i + 1) % VOCAB;
	for (uint32_t i = 0; i < N_OUTPUT; i++)
		output[i] = (5 * i * i + i) % VOCAB;
	if (!session_encode(o.session, input, N_INPUT, &e) || !session_eval(o.session, output, N_OUTPUT, logits, &e))
		fail_msg("%s", e.text);
	/* The reference divides the logits of a tied T5, this program what it samples from. */
	for (int i = 0; i < N_OUTPUT * VOCAB; i++)
		logits[i] *= o.model->sampling_scale;
	close_kind(&o);
}

static void
read_vec(const char *kind, float *logits)
{
	FILE *f = fopen("tests/golden/encdec.vec", "r");
	char name[16];
	int t, found = 0;

	assert_non_null(f);
	while (fscanf(f, "%15s %d", name, &t) == 2) {
		float row[VOCAB];

		for (int i = 0; i < VOCAB; i++)
			assert_int_equal(fscanf(f, "%f", &row[i]), 1);
		if (strcmp(name, kind) != 0)
			continue;
		assert_in_range(t, 0, N_OUTPUT - 1);
		memcpy(logits + t * VOCAB, row, sizeof row);
		found++;
	}
	fclose(f);
	assert_int_equal(found, N_OUTPUT);
}

static void
assert_close(const struct kind *kind, const char *isa, const float *got, const float *want)
{
	for (int i = 0; i < N_OUTPUT * VOCAB; i++)
		if (!(fabsf(got[i] - want[i]) < 2e-5f))
			fail_msg("%s %s: logit %d is %g, expected %g", kind->name, isa, i, (double)got[i], (double)want[i]);
}

static void
logits_are_the_reference_s(void **state)
{
	float want[N_OUTPUT * VOCAB], got[N_OUTPUT * VOCAB];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		read_vec(kinds[i]->name, want);
		for (size_t k = 0; kern_isa_at(k); k++) {
			struct engine_options eo = {.n_threads = 2, .isa = kern_isa_at(k)};

			eval(kinds[i], &eo, 0, got);
			assert_close(kinds[i], kern_isa_at(k), got, want);
		}
	}
}

/* The encoder's passes too are as long as a chunk. */
static void
inputs_may_be_longer_than_a_pass(void **state)
{
	float want[N_OUTPUT * VOCAB], got[N_OUTPUT * VOCAB];
	struct engine_options eo = {.n_threads = 2};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		read_vec(kinds[i]->name, want);
		for (uint32_t chunk = 1; chunk < N_INPUT; chunk = chunk * 3 + 4) {
			eval(kinds[i], &eo, chunk, got);
			assert_close(kinds[i], "cut", got, want);
		}
	}
}

/* A long output for an input of N_INPUT, CHUNK tokens at a time. */
static void
eval_far(const struct kind *kind, const char *isa, enum kvtype kv, uint32_t chunk, float *logits)
{
	struct engine_options eo = {.n_threads = 2, .isa = isa};
	struct opened o = open_with(kind, &eo, (struct session_options){.n_ctx = N_FAR, .kv = kv, .chunk = chunk});
	uint32_t ids[N_FAR];
	struct err e = {0};

	for (uint32_t i = 0; i < N_FAR; i++)
		ids[i] = (7 * i * i + 3 * i + 1) % VOCAB;
	if (!session_encode(o.session, ids, N_INPUT, &e) || !session_eval(o.session, ids, N_FAR, logits, &e))
		fail_msg("%s", e.text);
	close_kind(&o);
}

/* Attention of many tokens, to the input too, may be rounded otherwise (core/attention_many.c), by less than the rounding of
 * the cache costs; see core_nano.c. */
static void
many_tokens_are_near_small_passes(void **state)
{
	static float want[N_FAR * VOCAB], got[N_FAR * VOCAB];
	struct kind wide[] = {kind_t5, kind_t5gemma};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(wide); i++) {
		struct kind *k = &wide[i / 2];
		enum kvtype kv = i % 2 ? KV_q8_0 : KV_f16;

		k->is_wide = true;
		eval_far(k, NULL, kv, 20, want);
		for (size_t isa = 0; kern_isa_at(isa); isa++) {
			eval_far(k, kern_isa_at(isa), kv, 0, got);
			for (size_t j = 0; j < ARRAY_LEN(got); j++)
				if (!(fabsf(got[j] - want[j]) < (kv == KV_f16 ? 0.006f : 0.03f)))
					fail_msg("%s %s %s: logit %zu is %g, in small passes %g", k->name, kern_isa_at(isa),
					    kvtype_name(kv), j, (double)got[j], (double)want[j]);
		}
	}
}

static void
any_number_of_threads_gives_the_same_bits(void **state)
{
	float want[N_OUTPUT * VOCAB], got[N_OUTPUT * VOCAB];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (int threads = 1; threads <= 4; threads++) {
			struct engine_options eo = {.n_threads = threads};

			eval(kinds[i], &eo, 0, threads == 1 ? want : got);
			if (threads > 1)
				assert_memory_equal(got, want, sizeof got);
		}
}

static void
a_new_input_starts_the_decoder_anew(void **state)
{
	struct engine_options eo = {.n_threads = 1};
	struct opened o = open_kind(&kind_t5gemma, &eo, 0);
	const uint32_t input[] = {1, 2, 3}, other[] = {4, 5};
	uint32_t id = 7, bad = VOCAB;
	float want[VOCAB];
	struct err e = {0};

	(void)state;
	assert_true(session_encode(o.session, input, 3, &e));
	assert_true(session_eval(o.session, &id, 1, want, &e));
	assert_true(session_encode(o.session, other, 2, &e));
	assert_int_equal(session_n_past(o.session), 0);
	assert_true(session_eval(o.session, &id, 1, NULL, &e));
	assert_true(memcmp(session_logits(o.session), want, sizeof want) != 0);
	assert_true(session_encode(o.session, input, 3, &e));
	assert_true(session_eval(o.session, &id, 1, NULL, &e));
	assert_memory_equal(session_logits(o.session), want, sizeof want);
	assert_false(session_encode(o.session, &bad, 1, &e));
	assert_non_null(strstr(e.text, "token 40 does not exist"));
	assert_false(session_encode(o.session, input, 0, &e));
	assert_non_null(strstr(e.text, "the input is empty"));
	close_kind(&o);
}

static void
a_saved_session_keeps_its_input(void **state)
{
	struct engine_options eo = {.n_threads = 1};
	struct session_options so = {.n_ctx = N_INPUT, .kv = KV_f32};
	const uint32_t input[] = {1, 2, 3}, output[] = {7, 9};
	float want[VOCAB];
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct opened o = open_kind(kinds[i], &eo, 0);
		struct session *other = session_open(o.model, &so, &e);
		struct buf saved = {0};

		assert_non_null(other);
		assert_true(session_encode(o.session, input, 3, &e));
		assert_true(session_eval(o.session, output, 1, NULL, &e));
		assert_true(session_save_memory(o.session, &saved, &e));
		assert_true(session_restore_memory(other, saved.data, saved.len, &e));
		assert_true(session_eval(o.session, output + 1, 1, want, &e));
		assert_true(session_eval(other, output + 1, 1, NULL, &e));
		assert_memory_equal(session_logits(other), want, sizeof want);
		buf_done(&saved);
		session_close(other);
		close_kind(&o);
	}
}

static void
assert_refused(struct kind kind, const char *what)
{
	struct engine_options eo = {.n_threads = 1};
	struct err e = {0};
	struct engine *engine = engine_new(&eo, &e);
	struct buf file = {0};
	struct gguf *g;

	assert_non_null(engine);
	make(&kind, &file);
	g = gguf_open_memory(file.data, file.len, &e);
	assert_non_null(g);
	assert_null(model_open_gguf(engine, g, "tiny", &e));
	if (!strstr(e.text, what))
		fail_msg("\"%s\" does not say \"%s\"", e.text, what);
	engine_free(engine);
	buf_done(&file);
}

static void
defects_are_named(void **state)
{
	struct kind k = kind_t5gemma;

	(void)state;
	k.missing = "enc.output_norm.weight";
	assert_refused(k, "no tensor enc.output_norm.weight, which t5gemma needs");
	k.missing = "dec.blk.2.cross_attn_k.weight";
	assert_refused(k, "no tensor dec.blk.2.cross_attn_k.weight");
	k.missing = "enc.blk.1.ffn_up.weight";
	assert_refused(k, "no tensor enc.blk.1.ffn_up.weight");
	k.missing = NULL;
	k.extra = "enc.blk.0.cross_attn_q.weight";
	assert_refused(k, "a tensor enc.blk.0.cross_attn_q.weight");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logits_are_the_reference_s),
		cmocka_unit_test(inputs_may_be_longer_than_a_pass),
		cmocka_unit_test(many_tokens_are_near_small_passes),
		cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
		cmocka_unit_test(a_new_input_starts_the_decoder_anew),
		cmocka_unit_test(a_saved_session_keeps_its_input),
		cmocka_unit_test(defects_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
