/* The reference fixtures of ../shared/gold: logits of tiny models by another program, within the tolerances their
 * README recommends, with every instruction set of this CPU.  Skipped where the folder is not there. */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/minnow.h"
#include "core/model.h"
#include "core/tok/tok.h"

#define GOLD "../shared/gold/"

/* Weights in F32.  "alt_": the logits of the published model code, where llama.cpp reads the architecture differently. */
static const struct plain {
	const char *name, *reading;
	bool is_abrupt;			/* its router jumps where a logit passes a threshold: half precision shows nothing */
} plain[] = {
	{"llama", "", false}, {"llama-ropefreqs-tied", "", false},
	{"qwen", "", false}, {"qwen2", "", false}, {"qwen3", "", false}, {"qwen3-yarn", "", false},
	{"gemma", "", false}, {"gemma2", "", false}, {"gemma3", "", false}, {"gemma3-linear", "", false},
	{"gemma3n", "", false}, {"gemma4", "", false}, {"gemma4-moe", "", false},
	{"phi2", "", false}, {"phi3", "", false}, {"phi3-longrope", "", false},
	{"phi3-phi4mini", "", false}, {"phi3-swa", "alt_", false},
	{"llama-moe", "", false}, {"qwen2moe", "", false}, {"qwen3moe", "", false}, {"phimoe", "alt_", true},
	{"qwen3next", "", false}, {"qwen35", "", false}, {"qwen35moe", "", false},
	{"t5", "", false}, {"t5-relu-tied", "", false},
	{"smollm3", "", false}, {"granite", "", false},
	{"bitnet", "", false}, {"bitnet-scale", "", false}, {"bitnet-b1.58", "", false},
};
static const char *const quantized[] = {
	"llama-Q4_0", "llama-Q8_0", "llama-Q6_K", "llama-Q4_K_M", "llama-Q5_K_M", "llama-IQ4_XS", "llama-TQ1_0", "llama-TQ2_0",
	"bitnet-b1.58-i2_s",
};

struct fixture {
	const char *name;
	json_t *json;
	float *want;			/* every row of the logits file */
	size_t n_vocab, n_want;
};

struct setup {
	const char *isa;
	enum kvtype kv;
	uint32_t chunk;			/* 0: the default */
	uint32_t rewind;		/* 0: more than the prompts are long */
	int n_threads;
};

struct error {
	double max, squares;
	size_t n;
};

static struct fixture
open_fixture(const char *name, const char *reading)
{
	struct fixture f = {.name = name};
	char path[256], key[32];
	long bytes;
	FILE *in;

	snprintf(path, sizeof path, GOLD "%s.json", name);
	f.json = json_load_file(path, 0, NULL);
	assert_non_null(f.json);
	f.n_vocab = (size_t)json_integer_value(json_object_get(f.json, "n_vocab"));
	snprintf(key, sizeof key, "%slogits_file", reading);
	snprintf(path, sizeof path, GOLD "%s", json_string_value(json_object_get(f.json, key)));
	in = fopen(path, "rb");
	assert_non_null(in);
	fseek(in, 0, SEEK_END);
	bytes = ftell(in);
	rewind(in);
	f.want = malloc((size_t)bytes);
	f.n_want = (size_t)bytes / sizeof(float);
	assert_int_equal(fread(f.want, sizeof(float), f.n_want, in), f.n_want);
	fclose(in);
	return f;
}

static void
close_fixture(struct fixture *f)
{
	json_decref(f->json);
	free(f->want);
}

static double
number(const struct fixture *f, const char *outer, const char *key)
{
	const json_t *o = outer ? json_object_get(f->json, outer) : f->json;
	const json_t *v = json_object_get(o, key);

	assert_non_null(v);
	return json_number_value(v);
}

/* What another program loses by rounding activations to 8 bits: "max_abs" or "rms". */
static double
peer_error(const struct fixture *f, const char *key)
{
	char peer[40];

	if (json_object_get(f->json, "int8_activation_error"))
		return number(f, "int8_activation_error", key);
	snprintf(peer, sizeof peer, "peer_%s_error", key);
	return number(f, NULL, peer);
}

static uint32_t *
ids_of(const json_t *prompt, const char *key, size_t *n)
{
	const json_t *list = json_object_get(prompt, key);
	uint32_t *ids;

	*n = json_array_size(list);
	ids = malloc(*n * sizeof *ids);
	for (size_t i = 0; i < *n; i++)
		ids[i] = (uint32_t)json_integer_value(json_array_get(list, i));
	return ids;
}

/* Those that have logits. */
static uint32_t *
tokens_of(const json_t *prompt, size_t *n)
{
	return ids_of(prompt, json_object_get(prompt, "decoder_tokens") ? "decoder_tokens" : "tokens", n);
}

static bool
read_input(struct session *s, const json_t *prompt, struct err *e)
{
	size_t n;
	uint32_t *ids;
	bool ok;

	if (!json_object_get(prompt, "decoder_tokens"))
		return true;
	ids = ids_of(prompt, "tokens", &n);
	ok = session_encode(s, ids, n, e);
	free(ids);
	return ok;
}

/* Logits of one prompt, all in one call, so that only the session's chunk cuts it.  The caller frees them. */
static float *
eval(struct model *m, const json_t *prompt, const struct setup *setup, size_t *n)
{
	struct session_options so = {.kv = setup->kv, .chunk = setup->chunk, .rewind = setup->rewind};
	uint32_t *ids = tokens_of(prompt, n);
	float *logits = malloc(*n * model_info(m)->n_vocab * sizeof *logits);
	struct session *s;
	struct err e = {0};

	so.n_ctx = (uint32_t)json_integer_value(json_object_get(prompt, "n_ctx"));
	s = session_open(m, &so, &e);
	if (!s || !read_input(s, prompt, &e) || !session_eval(s, ids, *n, logits, &e))
		fail_msg("%s", e.text);
	session_close(s);
	free(ids);
	return logits;
}

static struct model *
open_model(const char *name, const struct setup *setup, struct engine **engine)
{
	struct engine_options eo = {.n_threads = setup->n_threads ? setup->n_threads : 2, .isa = setup->isa};
	struct model *m;
	char path[256];
	struct err e = {0};

	*engine = engine_new(&eo, &e);
	assert_non_null(*engine);
	snprintf(path, sizeof path, GOLD "%s.gguf", name);
	m = model_open(*engine, path, &e);
	if (!m)
		fail_msg("%s", e.text);
	return m;
}

/* For the sparse gates of Gemma 3n the published model code divides the squares by n, llama.cpp by n - 1. */
static void
read_as_the_reference(struct model *m)
{
	for (uint32_t i = 0; i < m->hp.n_layers; i++)
		m->hp.layer_sparsity[i] *= (float)sqrt(m->hp.layer_ff[i] / (m->hp.layer_ff[i] - 1.0));
}

static struct error
compare(const struct fixture *f, const struct setup *setup)
{
	struct error error = {0};
	struct engine *engine;
	struct model *m = open_model(f->name, setup, &engine);
	const json_t *prompt;
	size_t i;

	read_as_the_reference(m);
	assert_int_equal(model_info(m)->n_vocab, f->n_vocab);
	json_array_foreach(json_object_get(f->json, "prompts"), i, prompt) {
		size_t row = (size_t)json_integer_value(json_object_get(prompt, "row_offset")), n;
		float *got = eval(m, prompt, setup, &n);

		assert_in_range((row + n) * f->n_vocab, 1, f->n_want);
		for (size_t k = 0; k < n * f->n_vocab; k++) {
			double d = fabs((double)got[k] - (double)f->want[row * f->n_vocab + k]);

			error.max = d > error.max || isnan(d) ? d : error.max;
			error.squares += d * d;
		}
		error.n += n * f->n_vocab;
		free(got);
	}
	model_close(m);
	engine_free(engine);
	return error;
}

static void
assert_within(const struct fixture *f, const struct setup *setup, double max, double rms)
{
	struct error error = compare(f, setup);
	double got = sqrt(error.squares / (double)error.n);

	if (!(error.max <= max && got <= rms))
		fail_msg("%s, %s, cache %s: max %g (limit %g), rms %g (limit %g)", f->name, setup->isa ? setup->isa : "best",
		    kvtype_name(setup->kv), error.max, max, got, rms);
}

static void
need_gold(void)
{
	if (access(GOLD "llama.json", R_OK) != 0)
		skip();
}

static void
floats_agree_with_every_instruction_set(void **state)
{
	(void)state;
	need_gold();
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		struct fixture f = open_fixture(plain[i].name, plain[i].reading);

		for (size_t k = 0; kern_isa_at(k); k++) {
			struct setup s = {.isa = kern_isa_at(k), .kv = KV_f32};

			assert_within(&f, &s, number(&f, "tolerance", "max_abs"), number(&f, "tolerance", "rms"));
			if (plain[i].is_abrupt || !json_object_get(f.json, "tolerance_f16_cache"))
				continue;
			s.kv = KV_f16;
			assert_within(&f, &s, number(&f, "tolerance_f16_cache", "max_abs"),
			    number(&f, "tolerance_f16_cache", "rms"));
		}
		close_fixture(&f);
	}
}

/* Token by token, in sevens, whole. */
static void
floats_agree_however_the_prompt_is_cut(void **state)
{
	(void)state;
	need_gold();
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		struct fixture f = open_fixture(plain[i].name, plain[i].reading);

		for (uint32_t chunk = 1; chunk <= 7; chunk += 6) {
			struct setup s = {.kv = KV_f32, .chunk = chunk};

			assert_within(&f, &s, number(&f, "tolerance", "max_abs"), number(&f, "tolerance", "rms"));
		}
		close_fixture(&f);
	}
}

static void
quantized_models_are_as_good_as_the_peer(void **state)
{
	(void)state;
	need_gold();
	for (size_t i = 0; i < ARRAY_LEN(quantized); i++) {
		struct fixture f = open_fixture(quantized[i], "");

		for (size_t k = 0; kern_isa_at(k); k++) {
			struct setup s = {.isa = kern_isa_at(k), .kv = KV_f16};

			assert_within(&f, &s, 2 * peer_error(&f, "max_abs"), 1.5 * peer_error(&f, "rms"));
		}
		close_fixture(&f);
	}
}

/* Bits of the longest prompt under SETUP, compared with WANT, or returned when that is NULL. */
static float *
assert_same_bits(const struct fixture *f, const struct setup *setup, float *want)
{
	const json_t *prompts = json_object_get(f->json, "prompts");
	struct engine *engine;
	struct model *m = open_model(f->name, setup, &engine);
	size_t n;
	float *got = eval(m, json_array_get(prompts, json_array_size(prompts) - 1), setup, &n);

	model_close(m);
	engine_free(engine);
	if (!want)
		return got;
	if (memcmp(got, want, n * f->n_vocab * sizeof *got) != 0)
		fail_msg("%s: other bits with %d threads and chunks of %u", f->name, setup->n_threads, setup->chunk);
	free(got);
	return want;
}

static void
assert_threads_do_not_matter(const char *name)
{
	struct fixture f = open_fixture(name, "");
	float *want = NULL;

	for (int threads = 1; threads <= 4; threads++) {
		struct setup s = {.kv = KV_f16, .n_threads = threads};

		want = assert_same_bits(&f, &s, want);
	}
	free(want);
	close_fixture(&f);
}

static void
threads_do_not_change_a_bit(void **state)
{
	(void)state;
	need_gold();
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		assert_threads_do_not_matter(plain[i].name);
	for (size_t i = 0; i < ARRAY_LEN(quantized); i++)
		assert_threads_do_not_matter(quantized[i]);
}

/* Quantized products do not go through BLIS: how the prompt is cut changes nothing at all. */
static void
cutting_a_quantized_prompt_does_not_change_a_bit(void **state)
{
	static const uint32_t chunks[] = {0, 1, 7, 16, 33};

	(void)state;
	need_gold();
	for (size_t i = 0; i < ARRAY_LEN(quantized); i++) {
		struct fixture f = open_fixture(quantized[i], "");
		float *want = NULL;

		for (size_t c = 0; c < ARRAY_LEN(chunks); c++) {
			struct setup s = {.kv = KV_f16, .chunk = chunks[c], .n_threads = 2};

			want = assert_same_bits(&f, &s, want);
		}
		free(want);
		close_fixture(&f);
	}
}

/* Windowed layers in a ring that begins anew several times, and in a cache that holds all. */
static void
rings_do_not_change_a_bit(void **state)
{
	static const char *const rings[] = {"gemma2", "gemma3", "gemma3-linear", "phi3-swa"};	/* windows of 24 and 32 */

	(void)state;
	need_gold();
	for (size_t i = 0; i < ARRAY_LEN(rings); i++) {
		struct fixture f = open_fixture(rings[i], "");

		for (uint32_t chunk = 1; chunk <= 7; chunk += 6) {
			struct setup all = {.kv = KV_f16, .chunk = chunk, .n_threads = 2}, ring = all;
			float *want = assert_same_bits(&f, &all, NULL);

			ring.rewind = 1;
			free(assert_same_bits(&f, &ring, want));
		}
		close_fixture(&f);
	}
}

static const char *const recurrent[] = {"qwen3next", "qwen35", "qwen35moe"};

/* Token by token, so that every logit is computed in the same way. */
static void
eval_from(struct session *s, const uint32_t *ids, uint32_t end)
{
	struct err e = {0};

	for (uint32_t i = session_n_past(s); i < end; i++)
		if (!session_eval(s, ids + i, 1, NULL, &e))
			fail_msg("%s", e.text);
}

static void
assert_logits(struct session *s, const float *want, size_t n_vocab, uint32_t at)
{
	if (memcmp(session_logits(s), want, n_vocab * sizeof *want) != 0)
		fail_msg("other logits after %u tokens", at);
}

static void
check_marks(struct model *m, const uint32_t *ids)
{
	enum { END = 60 };
	size_t n_vocab = model_info(m)->n_vocab;
	float *want = malloc(END * n_vocab * sizeof *want);
	struct session_options so = {.n_ctx = 100, .kv = KV_f16};
	struct err e = {0};
	struct session *s = session_open(m, &so, &e);

	assert_non_null(s);
	for (uint32_t i = 0; i < END; i++) {
		eval_from(s, ids, i + 1);
		memcpy(want + i * n_vocab, session_logits(s), n_vocab * sizeof *want);
		if (i + 1 == 20 || i + 1 == 30)
			session_mark(s);
	}
	assert_int_equal(session_truncate(s, END), END);
	assert_int_equal(session_truncate(s, 45), 30);
	eval_from(s, ids + 1, 33);		/* another way */
	assert_int_equal(session_truncate(s, 30), 30);
	eval_from(s, ids, 50);
	assert_logits(s, want + 49 * n_vocab, n_vocab, 50);
	assert_int_equal(session_truncate(s, 29), 20);
	eval_from(s, ids, 40);
	assert_logits(s, want + 39 * n_vocab, n_vocab, 40);
	assert_int_equal(session_truncate(s, 39), 20);	/* the mark at 30 is of another time */
	assert_int_equal(session_truncate(s, 19), 0);
	eval_from(s, ids, END);
	assert_logits(s, want + (END - 1) * n_vocab, n_vocab, END);
	session_close(s);
	free(want);
}

static void
recurrent_layers_go_back_to_marks(void **state)
{
	(void)state;
	need_gold();
	for (size_t i = 0; i < ARRAY_LEN(recurrent); i++) {
		struct fixture f = open_fixture(recurrent[i], "");
		struct setup setup = {.n_threads = 2};
		struct engine *engine;
		struct model *m = open_model(f.name, &setup, &engine);
		size_t n;
		uint32_t *ids = tokens_of(json_array_get(json_object_get(f.json, "prompts"), 3), &n);

		check_marks(m, ids);
		free(ids);
		model_close(m);
		engine_free(engine);
		close_fixture(&f);
	}
}

struct answer {
	uint32_t ids[64];
	uint32_t n;
	struct turn_stats stats;
};

static struct answer
ask(struct session *s, const char *text)
{
	struct request r = {.raw = text, .max_tokens = 24};
	struct answer a = {0};
	struct event ev = {0};
	struct err e = {0};

	sampler_params_default(&r.sampling);
	r.sampling.temp = 0;
	if (!session_ask(s, &r, &e))
		fail_msg("%s", e.text);
	do {
		event_done(&ev);
		assert_true(session_wait(s, &ev));
		if (ev.kind == EVENT_TOKEN && a.n < 64)
			a.ids[a.n++] = ev.id;
	} while (ev.kind == EVENT_PROMPT || ev.kind == EVENT_TOKEN);
	assert_int_equal(ev.kind, EVENT_DONE);
	a.stats = ev.stats;
	event_done(&ev);
	return a;
}

/* Prompts of at most 24 tokens after each other: none is long enough for dense products of many tokens. */
static void
recurrent_prompts_share_a_prefix(void **state)
{
	static const char *const prompts[] = {"abcdefghijklmnopqrst", "abcdefghijklmnopqrst", "abcdefghijklmnop!?uv",
		"abc", "zabcdefghijklmnop"};
	static const uint32_t reused[] = {0, 19, 4, 0, 0};
	struct setup setup = {.n_threads = 2};
	struct session_options so = {.n_ctx = 200, .kv = KV_f16};
	struct engine *engine;
	struct model *m;
	struct session *s, *fresh;
	struct err e = {0};

	(void)state;
	need_gold();
	m = open_model("qwen35", &setup, &engine);
	s = session_open(m, &so, &e);
	assert_non_null(s);
	for (size_t i = 0; i < ARRAY_LEN(prompts); i++) {
		struct answer a = ask(s, prompts[i]), b;

		fresh = session_open(m, &so, &e);
		assert_non_null(fresh);
		b = ask(fresh, prompts[i]);
		assert_int_equal(a.stats.n_reused, reused[i]);
		assert_int_equal(a.n, b.n);
		assert_memory_equal(a.ids, b.ids, a.n * sizeof a.ids[0]);
		session_close(fresh);
	}
	session_close(s);
	model_close(m);
	engine_free(engine);
}

/* The most probable token after what the session has. */
static uint32_t
likeliest(const struct session *s, uint32_t n_vocab)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < n_vocab; i++)
		if (session_logits(s)[i] > session_logits(s)[best])
			best = i;
	return best;
}

/* A request is the same as reading its tokens and decoding from the start token on; the same request again costs the
 * encoder nothing. */
static void
an_encoder_reads_a_prompt_once(void **state)
{
	struct setup setup = {.n_threads = 2};
	struct session_options so = {.n_ctx = 60, .kv = KV_f16};
	struct tok_flags flags = {.add_special = true};
	struct tok_ids ids = {0};
	struct engine *engine;
	struct model *m;
	struct session *s;
	struct answer first, again;
	struct err e = {0};
	uint32_t id;

	(void)state;
	need_gold();
	m = open_model("t5", &setup, &engine);
	s = session_open(m, &so, &e);
	assert_non_null(s);
	assert_false(session_eval(s, (uint32_t[]){0}, 1, NULL, &e));
	assert_non_null(strstr(e.text, "has read no input yet"));
	first = ask(s, "the thing and the other");
	assert_int_equal(first.stats.n_reused, 0);
	again = ask(s, "the thing and the other");
	assert_int_equal(again.stats.n_reused, again.stats.n_prompt);
	assert_int_equal(again.n, first.n);
	assert_memory_equal(again.ids, first.ids, first.n * sizeof first.ids[0]);
	assert_true(tok_encode(model_tok(m), "the thing and the other", 23, flags, &ids, &e));
	assert_int_equal(ids.n, first.stats.n_prompt);
	assert_true(session_encode(s, ids.ids, ids.n, &e));
	id = model_info(m)->decoder_start;
	for (uint32_t i = 0; i < first.n; i++) {
		assert_true(session_eval(s, &id, 1, NULL, &e));
		id = likeliest(s, model_info(m)->n_vocab);
		assert_int_equal(id, first.ids[i]);
	}
	assert_false(session_encode(s, first.ids, 61, &e));
	assert_non_null(strstr(e.text, "the input is 61 tokens long and the context holds 60"));
	tok_ids_done(&ids);
	session_close(s);
	model_close(m);
	engine_free(engine);
}

/* A table larger than the rest of the model, of which a token reads one row. */
static void
the_embeddings_of_layers_stay_in_the_file(void **state)
{
	const uint64_t table = 5632 * 283 * 2;
	struct setup s = {0};
	struct engine *engine;
	struct model *m;

	(void)state;
	need_gold();
	m = open_model("gemma3n", &s, &engine);
	assert_true(model_info(m)->resident_bytes < model_info(m)->file_bytes - table * 9 / 10);
	model_close(m);
	engine_free(engine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floats_agree_with_every_instruction_set),
		cmocka_unit_test(floats_agree_however_the_prompt_is_cut),
		cmocka_unit_test(quantized_models_are_as_good_as_the_peer),
		cmocka_unit_test(threads_do_not_change_a_bit),
		cmocka_unit_test(rings_do_not_change_a_bit),
		cmocka_unit_test(recurrent_layers_go_back_to_marks),
		cmocka_unit_test(recurrent_prompts_share_a_prefix),
		cmocka_unit_test(an_encoder_reads_a_prompt_once),
		cmocka_unit_test(the_embeddings_of_layers_stay_in_the_file),
		cmocka_unit_test(cutting_a_quantized_prompt_does_not_change_a_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
