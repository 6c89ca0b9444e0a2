/* Entries of a vocabulary; see vocab.h.  A small index (12 bytes a slot) compares spellings in the
 * mapping, and only after 32 bits of hash agreed. */
#include "core/tok/vocab.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/gguf.h"

#define VOCAB_MAX (1u << 24)

/* Longest run of taken slots at half load: 50 or so for any honest vocabulary of VOCAB_MAX entries. */
#define PROBE_MAX 2048

static bool
read_spellings(struct vocab *v, const struct gguf_kv *kv, struct err *e)
{
	const uint8_t *cursor = kv->data;

	v->base = kv->data;
	v->n = (uint32_t)kv->n;
	v->at = mem_try(v->n, sizeof *v->at, "the vocabulary", e);
	if (!v->at)
		return false;
	for (uint32_t i = 0; i < v->n; i++) {
		struct gguf_str s = gguf_array_next_str(&cursor);
		size_t at = (size_t)((const uint8_t *)s.data - v->base);

		if (at > UINT32_MAX || s.len > UINT32_MAX)
			return err_set(e, ERR_FAILED,
			    "the spellings of tokenizer.ggml.tokens pass 4 GB at entry %u", i);
		v->at[i] = (uint32_t)at;
	}
	return true;
}

static bool
read_kinds(struct vocab *v, const struct gguf_kv *kv, struct err *e)
{
	v->kinds = mem_try(v->n, 1, "the vocabulary", e);
	if (!v->kinds)
		return false;
	if (!kv) {
		memset(v->kinds, TOK_NORMAL, v->n);
		return true;
	}
	if (!kv->is_array || kv->type == GGUF_STRING || kv->type == GGUF_ARRAY || kv->n != v->n)
		return err_set(e, ERR_FAILED,
		    "tokenizer.ggml.token_type has %llu elements of type %s, expected %u numbers",
		    (unsigned long long)kv->n, gguf_type_name(kv->type), v->n);
	for (uint32_t i = 0; i < v->n; i++) {
		int64_t kind = gguf_array_i64(kv, i);

		if (kind < TOK_NORMAL || kind > TOK_BYTE)
			return err_set(e, ERR_FAILED,
			    "tokenizer.ggml.token_type of entry %u is %lld, expected 1 to 6", i,
			    (long long)kind);
		v->kinds[i] = (uint8_t)kind;
	}
	return true;
}

bool
vocab_read(struct vocab *v, const struct gguf *g, struct err *e)
{
	const struct gguf_kv *kv = gguf_kv_find(g, "tokenizer.ggml.tokens");

	*v = (struct vocab){0};
	if (!kv)
		return err_set(e, ERR_FAILED, "there is no vocabulary: tokenizer.ggml.tokens is missing");
	if (!kv->is_array || kv->type != GGUF_STRING)
		return err_set(e, ERR_FAILED,
		    "tokenizer.ggml.tokens is of type %s, expected an array of strings",
		    gguf_type_name(kv->type));
	if (kv->n == 0 || kv->n > VOCAB_MAX)
		return err_set(e, ERR_FAILED, "tokenizer.ggml.tokens has %llu entries, expected 1 to %u",
		    (unsigned long long)kv->n, VOCAB_MAX);
	return read_spellings(v, kv, e) && read_kinds(v, gguf_kv_find(g, "tokenizer.ggml.token_type"), e);
}

void
vocab_done(struct vocab *v)
{
	free(v->at);
	free(v->kinds);
	vocab_index_done(v);
	*v = (struct vocab){0};
}

static const char *
spelling_at(const struct vocab *v, uint32_t at, size_t *len)
{
	const uint8_t *p = v->base + at;
	uint64_t n;

	memcpy(&n, p - sizeof n, sizeof n);
	*len = (size_t)n;
	return (const char *)p;
}

const char *
vocab_spelling(const struct vocab *v, uint32_t id, size_t *len)
{
	return spelling_at(v, v->at[id], len);
}

static size_t
home_of(const struct vocab *v, uint64_t hash)
{
	return (hash >> 32) & (v->n_slots - 1);
}

/* The slot of S, or the free one where it belongs; NULL after PROBE_MAX others. */
static struct vocab_slot *
probe(const struct vocab *v, const char *s, size_t len, uint64_t hash)
{
	size_t mask = v->n_slots - 1;
	size_t i = home_of(v, hash);

	for (int n = 0; n < PROBE_MAX; n++, i = (i + 1) & mask) {
		struct vocab_slot *slot = &v->slots[i];
		size_t other_len;
		const char *other;

		if (!slot->id_plus_1)
			return slot;
		if (slot->hash != (uint32_t)hash)
			continue;
		other = spelling_at(v, slot->at, &other_len);
		if (other_len == len && memcmp(other, s, len) == 0)
			return slot;
	}
	return NULL;
}

static bool
index_entry(struct vocab *v, uint32_t id, uint64_t hash, struct err *e)
{
	size_t len;
	const char *s = vocab_spelling(v, id, &len);
	struct vocab_slot *slot;

	if (len == 0)
		return true;
	slot = probe(v, s, len, hash);
	if (!slot)
		return err_set(e, ERR_FAILED,
		    "the vocabulary is made to be slow: %d spellings before entry %u share a hash",
		    PROBE_MAX, id);
	if (slot->id_plus_1)
		v->has_twins = true;
	else
		*slot = (struct vocab_slot){(uint32_t)hash, id + 1, v->at[id]};
	sieve_add(&v->spellings, hash);
	return true;
}

bool
vocab_index_build(struct vocab *v, struct err *e)
{
	uint64_t hashes[VOCAB_BATCH];

	v->n_slots = 16;
	while (v->n_slots < (size_t)v->n * 2)
		v->n_slots *= 2;
	v->slots = mem_try(v->n_slots, sizeof *v->slots, "the index of the vocabulary", e);
	if (!v->slots || !sieve_init(&v->spellings, v->n_slots, "the index of the vocabulary", e))
		return false;
	for (uint32_t from = 0; from < v->n; from += VOCAB_BATCH) {
		uint32_t n = v->n - from < VOCAB_BATCH ? v->n - from : VOCAB_BATCH;

		for (uint32_t i = 0; i < n; i++) {
			size_t len;
			const char *s = vocab_spelling(v, from + i, &len);

			hashes[i] = map_hash(s, len);
			__builtin_prefetch(&v->slots[home_of(v, hashes[i])], 1);
		}
		for (uint32_t i = 0; i < n; i++)
			if (!index_entry(v, from + i, hashes[i], e))
				return false;
	}
	return true;
}

void
vocab_index_done(struct vocab *v)
{
	free(v->slots);
	sieve_done(&v->spellings);
	free(v->chars);
	free(v->costs);
	v->slots = NULL;
	v->n_slots = 0;
	v->chars = v->costs = NULL;
}

uint32_t
vocab_find(const struct vocab *v, const char *s, size_t len)
{
	const struct vocab_slot *slot = probe(v, s, len, map_hash(s, len));

	return slot && slot->id_plus_1 ? slot->id_plus_1 - 1 : TOK_NONE;
}

bool
vocab_chars_build(struct vocab *v, struct err *e)
{
	v->chars = mem_try(VOCAB_CHARS, sizeof *v->chars, "the table of characters", e);
	if (!v->chars)
		return false;
	for (uint32_t id = 0; id < v->n; id++) {
		size_t len;
		const char *s = vocab_spelling(v, id, &len);
		uint32_t cp;
		bool ok;

		if (len > 0 && len < 4 && utf8_decode(s, len, &cp, &ok) == len && ok && !v->chars[cp])
			v->chars[cp] = id + 1;
	}
	return true;
}

uint32_t
vocab_find_char(const struct vocab *v, const char *s, size_t len, uint32_t cp)
{
	return cp < VOCAB_CHARS ? v->chars[cp] - 1 : vocab_find(v, s, len);	/* TOK_NONE is -1 */
}

/* The first slot from HASH's home on that has its low half: most likely the one. */
static const struct vocab_slot *
likely_slot(const struct vocab *v, uint64_t hash)
{
	size_t i = home_of(v, hash);

	for (int n = 0; n < PROBE_MAX && v->slots[i].id_plus_1; n++, i = (i + 1) & (v->n_slots - 1))
		if (v->slots[i].hash == (uint32_t)hash)
			return &v->slots[i];
	return NULL;
}

void
vocab_find_batch(const struct vocab *v, struct vocab_query *q, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		q[i].hash = map_hash(q[i].s, q[i].len);
		q[i].id = sieve_may_have(&v->spellings, q[i].hash) ? 0 : TOK_NONE;
		if (q[i].id != TOK_NONE)
			__builtin_prefetch(&v->slots[home_of(v, q[i].hash)]);
	}
	for (size_t i = 0; i < n; i++) {
		const struct vocab_slot *likely = q[i].id != TOK_NONE ? likely_slot(v, q[i].hash) : NULL;

		q[i].id = likely ? 0 : TOK_NONE;
		if (!likely)
			continue;
		__builtin_prefetch(v->base + likely->at - sizeof(uint64_t));
		if (v->costs)
			__builtin_prefetch(&v->costs[likely->id_plus_1 - 1]);
	}
	for (size_t i = 0; i < n; i++) {
		const struct vocab_slot *slot;

		if (q[i].id == TOK_NONE)
			continue;
		slot = probe(v, q[i].s, q[i].len, q[i].hash);
		q[i].id = slot && slot->id_plus_1 ? slot->id_plus_1 - 1 : TOK_NONE;
	}
}
