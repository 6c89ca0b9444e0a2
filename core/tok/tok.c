/* Tokenizers: what all kinds share; see tok.h and impl.h. */
#include "core/tok/tok.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/gguf.h"
#include "core/tok/impl.h"

#define TOK(id, model) extern const struct tok_algo tok_algo_##id;
#include "core/tok/tok.def"
#undef TOK

static const struct {
	const char *model;
	const struct tok_algo *algo;
} algos[] = {
#define TOK(id, model) {model, &tok_algo_##id},
#include "core/tok/tok.def"
#undef TOK
};

/* Spellings that end a turn in the families we know; only entries that are special count. */
static const char *const end_spellings[] = {
	"</s>", "<eos>", "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>",
	"<end_of_turn>", "<turn|>", "<|endoftext|>", "<|end_of_text|>", "<end_of_utterance>", "<|eot|>", "<EOT>", "[EOT]",
	"<｜end▁of▁sentence｜>", "<|end_of_turn|>", "<|endofturn|>", "[EOS]",
	"<|tool_response>",		/* Gemma 4 waits for the result of its call */
};

static bool
read_model_name(struct tok *t, const struct gguf *g, struct err *e)
{
	struct gguf_str s;

	if (!gguf_get_str(g, "tokenizer.ggml.model", &s))
		return err_set(e, ERR_FAILED, "there is no tokenizer: tokenizer.ggml.model is missing");
	for (size_t i = 0; i < ARRAY_LEN(algos); i++)
		if (strlen(algos[i].model) == s.len && memcmp(algos[i].model, s.data, s.len) == 0)
			t->algo = algos[i].algo;
	if (!t->algo)
		return err_set(e, ERR_FAILED, "the tokenizer \"%s\" (tokenizer.ggml.model) is not known",
		    gguf_quote(s).text);
	if (!gguf_get_str(g, "tokenizer.ggml.pre", &s))
		return true;
	if (s.len >= sizeof t->pre_name)
		return err_set(e, ERR_FAILED,
		    "tokenizer.ggml.pre is %zu bytes long, expected less than %zu", s.len,
		    sizeof t->pre_name);
	memcpy(t->pre_name, s.data, s.len);
	return true;
}

/* A special id: TOK_NONE where the file has none. */
static bool
read_id(const struct tok *t, const struct gguf *g, const char *key, uint32_t *id, struct err *e)
{
	uint64_t value;

	*id = TOK_NONE;
	if (!gguf_get_u64(g, key, &value))
		return true;
	if (value >= t->vocab.n)
		return err_set(e, ERR_FAILED,
		    "%s is %llu, expected less than the %u entries of the vocabulary", key,
		    (unsigned long long)value, t->vocab.n);
	*id = (uint32_t)value;
	return true;
}

static void
add_end(struct tok *t, uint32_t id)
{
	if (id != TOK_NONE && t->n_ends < TOK_MAX_ENDS && !tok_is_end(t, id))
		t->ends[t->n_ends++] = id;
}

static bool
read_ids(struct tok *t, const struct gguf *g, struct err *e)
{
	uint32_t eot, eom;

	if (!read_id(t, g, "tokenizer.ggml.bos_token_id", &t->bos, e) ||
	    !read_id(t, g, "tokenizer.ggml.eos_token_id", &t->eos, e) ||
	    !read_id(t, g, "tokenizer.ggml.unknown_token_id", &t->unknown, e) ||
	    !read_id(t, g, "tokenizer.ggml.eot_token_id", &eot, e) ||
	    !read_id(t, g, "tokenizer.ggml.eom_token_id", &eom, e))
		return false;
	add_end(t, t->eos);
	add_end(t, eot);
	add_end(t, eom);
	return true;
}

static bool
is_end_spelling(const char *s, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(end_spellings); i++)
		if (strlen(end_spellings[i]) == len && memcmp(end_spellings[i], s, len) == 0)
			return true;
	return false;
}

/* Harmony (gpt-oss) ends each message with <|end|> and goes on with the next: only these end the turn. */
static bool
is_harmony(const struct tok *t)
{
	static const char *const all[] = {"<|return|>", "<|call|>", "<|channel|>"};
	size_t n = 0;

	for (uint32_t id = 0; id < t->vocab.n; id++) {
		size_t len;
		const char *s = vocab_spelling(&t->vocab, id, &len);

		for (size_t i = 0; t->vocab.kinds[id] == TOK_CONTROL && i < ARRAY_LEN(all); i++)
			n += strlen(all[i]) == len && memcmp(all[i], s, len) == 0;
	}
	return n == ARRAY_LEN(all);
}

/* Some converters make "<|im_end|>" or "<end_of_turn>" a USER entry; a USER "</s>" may be the end of struck-out HTML. */
static void
find_ends(struct tok *t)
{
	bool harmony = is_harmony(t);

	for (uint32_t id = 0; id < t->vocab.n; id++) {
		enum tok_kind kind = t->vocab.kinds[id];
		size_t len;
		const char *s;

		if (kind != TOK_CONTROL && kind != TOK_USER)
			continue;
		s = vocab_spelling(&t->vocab, id, &len);
		if (kind == TOK_USER && len == 4 && memcmp(s, "</s>", 4) == 0)
			continue;
		if (harmony && len == 7 && memcmp(s, "<|end|>", 7) == 0)
			continue;
		if (is_end_spelling(s, len))
			add_end(t, id);
	}
}

/* Phi-3's files are told by their name alone ("Phi3", "Phi-3 mini", "Phi 3.5 ..."). */
static bool
is_phi3(const struct gguf *g)
{
	struct gguf_str s;
	char name[64];
	size_t n = 0;

	if (!gguf_get_str(g, "general.name", &s))
		return false;
	for (size_t i = 0; i < s.len && n + 1 < sizeof name; i++)
		if (isalnum((unsigned char)s.data[i]))
			name[n++] = (char)tolower((unsigned char)s.data[i]);
	name[n] = '\0';
	return strstr(name, "phi3") != NULL;
}

bool
tok_check_scores(const struct tok *t, const struct gguf *g, struct err *e)
{
	const struct gguf_kv *kv = gguf_kv_find(g, "tokenizer.ggml.scores");

	if (!kv)
		return err_set(e, ERR_FAILED, "tokenizer.ggml.scores is missing");
	if (!kv->is_array || kv->type == GGUF_STRING || kv->type == GGUF_ARRAY || kv->n != t->vocab.n)
		return err_set(e, ERR_FAILED,
		    "tokenizer.ggml.scores has %llu elements of type %s, expected %u numbers",
		    (unsigned long long)kv->n, gguf_type_name(kv->type), t->vocab.n);
	return true;
}

struct tok *
tok_open(const struct gguf *g, struct err *e)
{
	struct tok *t = mem_new0(1, sizeof *t);

	t->gguf = g;
	t->self = t;
	pthread_mutex_init(&t->lock, NULL);
	if (!read_model_name(t, g, e) || !vocab_read(&t->vocab, g, e) || !read_ids(t, g, e) ||
	    !t->algo->open(t, g, e))
		goto fail;
	(void)gguf_get_bool(g, "tokenizer.ggml.add_bos_token", &t->adds_bos);
	(void)gguf_get_bool(g, "tokenizer.ggml.add_eos_token", &t->adds_eos);
	if (t->space_is_mark) {
		(void)gguf_get_bool(g, "tokenizer.ggml.add_space_prefix", &t->adds_space);
		t->strips_right = is_phi3(g);
	}
	t->adds_bos = t->adds_bos && t->bos != TOK_NONE;
	t->adds_eos = t->adds_eos && t->eos != TOK_NONE;
	find_ends(t);
	return t;
fail:
	tok_close(t);
	return NULL;
}

static void
discard_prepared(struct tok *t)
{
	special_set_done(&t->specials[0]);
	special_set_done(&t->specials[1]);
	merge_rules_done(&t->rules);
	pretok_code_free(t->code);
	t->code = NULL;
	free(t->scores);
	t->scores = NULL;
	free(atomic_exchange(&t->joins, NULL));
	trie_done(&t->trie);
	vocab_index_done(&t->vocab);
}

void
tok_close(struct tok *t)
{
	if (!t)
		return;
	discard_prepared(t);
	vocab_done(&t->vocab);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

bool
tok_prepare(const struct tok *shared, struct err *e)
{
	struct tok *t = shared->self;
	bool ok = true;

	if (atomic_load_explicit(&t->ready, memory_order_acquire))
		return true;
	pthread_mutex_lock(&t->lock);
	if (!atomic_load_explicit(&t->ready, memory_order_relaxed)) {
		for (int i = 0; ok && i < 2; i++) {
			struct special_options o = {i == 1, t->space_is_mark, t->strips_right};

			ok = special_set_build(&t->specials[i], &t->vocab, o, e);
		}
		ok = ok && vocab_index_build(&t->vocab, e) && t->algo->prepare(t, e);
		if (!ok)
			discard_prepared(t);
		atomic_store_explicit(&t->ready, ok, memory_order_release);
	}
	pthread_mutex_unlock(&t->lock);
	return ok;
}

const struct joins *
tok_joins(const struct tok *shared, struct err *e)
{
	struct tok *t = shared->self;
	struct joins *j = atomic_load_explicit(&t->joins, memory_order_acquire);

	if (j)
		return j;
	pthread_mutex_lock(&t->lock);
	j = atomic_load_explicit(&t->joins, memory_order_relaxed);
	if (!j) {
		j = mem_try(1, sizeof *j, "the characters that join", e);
		if (j)
			t->algo->note_joins(t, j);
		atomic_store_explicit(&t->joins, j, memory_order_release);
	}
	pthread_mutex_unlock(&t->lock);
	return j;
}

uint32_t
tok_n_vocab(const struct tok *t)
{
	return t->vocab.n;
}

const char *
tok_model_name(const struct tok *t)
{
	return t->algo->name;
}

const char *
tok_pre_name(const struct tok *t)
{
	return t->pre_name;
}

enum tok_kind
tok_kind_of(const struct tok *t, uint32_t id)
{
	return id < t->vocab.n ? (enum tok_kind)t->vocab.kinds[id] : TOK_UNUSED;
}

const char *
tok_spelling(const struct tok *t, uint32_t id, size_t *len)
{
	if (id < t->vocab.n)
		return vocab_spelling(&t->vocab, id, len);
	*len = 0;
	return "";
}

uint32_t
tok_bos(const struct tok *t)
{
	return t->bos;
}

uint32_t
tok_eos(const struct tok *t)
{
	return t->eos;
}

uint32_t
tok_find(const struct tok *t, const char *spelling)
{
	return tok_prepare(t, NULL) ? vocab_find(&t->vocab, spelling, strlen(spelling)) : TOK_NONE;
}

bool
tok_is_same(const struct tok *a, const struct tok *b)
{
	if (!a || !b || tok_n_vocab(a) != tok_n_vocab(b))
		return false;
	for (uint32_t i = 0; a != b && i < tok_n_vocab(a); i++) {
		size_t n, k;
		const char *x = tok_spelling(a, i, &n), *y = tok_spelling(b, i, &k);

		if (n != k || memcmp(x, y, n) != 0)
			return false;
	}
	return true;
}

bool
tok_adds_bos(const struct tok *t)
{
	return t->adds_bos;
}

bool
tok_adds_eos(const struct tok *t)
{
	return t->adds_eos;
}

bool
tok_drops_space(const struct tok *t)
{
	return t->adds_space;
}

bool
tok_is_end(const struct tok *t, uint32_t id)
{
	for (size_t i = 0; i < t->n_ends; i++)
		if (t->ends[i] == id)
			return true;
	return false;
}
