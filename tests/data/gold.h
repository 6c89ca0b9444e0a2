/* The reference fixtures of ../shared/gold: logits of tiny models by another program.  Every model whose description
 * says where its logits are is one; a new file in the folder is tested without a word here. */
#ifndef TESTS_DATA_GOLD_H
#define TESTS_DATA_GOLD_H

#include <dirent.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/minnow.h"

#define GOLD "../shared/gold/"

struct gold {
	char name[64];
	json_t *json;
	bool is_quantized;		/* its weights read activations rounded to 8 bits: tolerances are the peer's */
	/* Every row of the logits file: those of the published model code, where llama.cpp reads the architecture
	 * differently. */
	float *want;
	size_t n_vocab, n_want;
};

struct gold_setup {
	const char *isa;		/* NULL: the best */
	enum kvtype kv;
	uint32_t chunk;			/* 0: the default */
	uint32_t rewind;		/* 0: more than the prompts are long */
	int n_threads;			/* 0: 1, which waits for nobody on a loaded machine */
};

static inline void
gold_need(void)
{
	if (access(GOLD "llama.json", R_OK) != 0)
		skip();
}

static inline double
gold_number(const struct gold *f, const char *outer, const char *key)
{
	const json_t *o = outer ? json_object_get(f->json, outer) : f->json;
	const json_t *v = json_object_get(o, key);

	if (!v)
		fail_msg("%s has no %s %s", f->name, outer ? outer : "", key);
	return json_number_value(v);
}

static inline bool
gold_has(const struct gold *f, const char *key)
{
	return json_object_get(f->json, key) != NULL;
}

/* What another program loses by rounding activations to 8 bits: "max_abs" or "rms". */
static inline double
gold_peer_error(const struct gold *f, const char *key)
{
	char peer[40];

	if (gold_has(f, "int8_activation_error"))
		return gold_number(f, "int8_activation_error", key);
	snprintf(peer, sizeof peer, "peer_%s_error", key);
	return gold_number(f, NULL, peer);
}

static inline void
gold_read_logits(struct gold *f)
{
	const char *key = gold_has(f, "alt_logits_file") ? "alt_logits_file" : "logits_file";
	char path[320];
	long bytes;
	FILE *in;

	snprintf(path, sizeof path, GOLD "%s", json_string_value(json_object_get(f->json, key)));
	in = fopen(path, "rb");
	if (!in)
		fail_msg("cannot open %s", path);
	fseek(in, 0, SEEK_END);
	bytes = ftell(in);
	rewind(in);
	f->want = malloc((size_t)bytes);
	f->n_want = (size_t)bytes / sizeof(float);
	assert_int_equal(fread(f->want, sizeof(float), f->n_want, in), f->n_want);
	fclose(in);
}

static inline struct gold
gold_open(const char *name)
{
	struct gold f = {.name = ""};
	char path[320];

	snprintf(f.name, sizeof f.name, "%.63s", name);
	snprintf(path, sizeof path, GOLD "%s.json", name);
	f.json = json_load_file(path, 0, NULL);
	if (!f.json)
		fail_msg("cannot read %s", path);
	f.is_quantized = gold_has(&f, "peer_logits_file") || gold_has(&f, "int8_activation_error");
	f.n_vocab = (size_t)json_integer_value(json_object_get(f.json, "n_vocab"));
	gold_read_logits(&f);
	return f;
}

static inline void
gold_close(struct gold *f)
{
	json_decref(f->json);
	free(f->want);
}

static inline int
gold_is_description(const struct dirent *d)
{
	const char *end = strrchr(d->d_name, '.');

	return end && strcmp(end, ".json") == 0 && strcmp(d->d_name, "tokenize.json") != 0;
}

/* Call FN for every fixture that it wants, in the order of their names. */
static inline void
gold_each(bool (*wants)(const struct gold *f), void (*fn)(const struct gold *f))
{
	struct dirent **list;
	int n = scandir(GOLD, &list, gold_is_description, alphasort), n_run = 0;

	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		struct gold f;

		*strrchr(list[i]->d_name, '.') = '\0';
		f = gold_open(list[i]->d_name);
		if (wants(&f)) {
			fn(&f);
			n_run++;
		}
		gold_close(&f);
		free(list[i]);
	}
	free(list);
	assert_true(n_run > 0);
}

static inline bool
gold_is_plain(const struct gold *f)
{
	return !f->is_quantized;
}

static inline bool
gold_is_quantized(const struct gold *f)
{
	return f->is_quantized;
}

static inline bool
gold_is_any(const struct gold *f)
{
	(void)f;
	return true;
}

static inline const json_t *
gold_prompt(const struct gold *f, size_t i)
{
	return json_array_get(json_object_get(f->json, "prompts"), i);
}

static inline size_t
gold_n_tokens(const json_t *prompt)
{
	return json_array_size(json_object_get(prompt, "tokens"));
}

static inline const json_t *
gold_long_prompt(const struct gold *f)
{
	const json_t *best = gold_prompt(f, 0), *prompt;

	for (size_t i = 1; (prompt = gold_prompt(f, i)); i++)
		if (gold_n_tokens(prompt) > gold_n_tokens(best))
			best = prompt;
	return best;
}

static inline uint32_t *
gold_ids(const json_t *prompt, const char *key, size_t *n)
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
static inline uint32_t *
gold_tokens(const json_t *prompt, size_t *n)
{
	return gold_ids(prompt, json_object_get(prompt, "decoder_tokens") ? "decoder_tokens" : "tokens", n);
}

/* What an encoder reads before. */
static inline void
gold_read_input(struct session *s, const json_t *prompt)
{
	struct err e = {0};
	uint32_t *ids;
	size_t n;

	if (!json_object_get(prompt, "decoder_tokens"))
		return;
	ids = gold_ids(prompt, "tokens", &n);
	if (!session_encode(s, ids, n, &e))
		fail_msg("%s", e.text);
	free(ids);
}

static inline struct model *
gold_open_model(const struct gold *f, const struct gold_setup *setup, struct engine **engine)
{
	struct engine_options eo = {.n_threads = setup->n_threads ? setup->n_threads : 1, .isa = setup->isa};
	struct model *m;
	char path[320];
	struct err e = {0};

	*engine = engine_new(&eo, &e);
	assert_non_null(*engine);
	snprintf(path, sizeof path, GOLD "%s.gguf", f->name);
	m = model_open(*engine, path, &e);
	if (!m)
		fail_msg("%s", e.text);
	return m;
}

/* For PROMPT; NULL with *e set. */
static inline struct session *
gold_open_session(struct model *m, const json_t *prompt, const struct gold_setup *setup, struct err *e)
{
	struct session_options so = {.kv = setup->kv, .chunk = setup->chunk, .rewind = setup->rewind};

	so.n_ctx = (uint32_t)json_integer_value(json_object_get(prompt, "n_ctx"));
	return session_open(m, &so, e);
}

/* Logits of one prompt, all in one call, so that only the session's chunk cuts it.  The caller frees them. */
static inline float *
gold_eval(struct model *m, const json_t *prompt, const struct gold_setup *setup, size_t *n)
{
	uint32_t *ids = gold_tokens(prompt, n);
	float *logits = malloc(*n * model_info(m)->n_vocab * sizeof *logits);
	struct err e = {0};
	struct session *s = gold_open_session(m, prompt, setup, &e);

	if (!s)
		fail_msg("%s", e.text);
	gold_read_input(s, prompt);
	if (!session_eval(s, ids, *n, logits, &e))
		fail_msg("%s", e.text);
	session_close(s);
	free(ids);
	return logits;
}

#endif
