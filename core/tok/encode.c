/* Text to ids: the special tokens first, then what stands between them by the algorithm of the vocabulary. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/tok/impl.h"
#include "core/tok/mark.h"

/* Positions inside a text are kept in 32 bits, and a space grows to three bytes. */
#define TEXT_MAX ((size_t)1 << 30)

/* Bytes of text from which on the joins of a vocabulary pay: building them takes as long as encoding about so much. */
#define JOINS_PAY ((size_t)64 << 10)

void
tok_ids_done(struct tok_ids *v)
{
	free(v->ids);
	*v = (struct tok_ids){0};
}

void
tok_ids_add(struct tok_ids *v, uint32_t id)
{
	if (v->n == v->cap) {
		v->cap = v->cap ? v->cap * 2 : 64;
		v->ids = mem_grow(v->ids, v->cap, sizeof *v->ids);
	}
	v->ids[v->n++] = id;
}

static bool
reserve(struct tok_run *run, size_t more)
{
	struct tok_ids *v = run->out;
	size_t cap = v->cap ? v->cap : 64;
	uint32_t *grown;

	if (more <= v->cap - v->n)
		return true;
	while (cap < v->n + more)
		cap *= 2;
	grown = realloc(v->ids, cap * sizeof *grown);
	if (!grown)
		return err_set(run->e, ERR_NO_SPACE, "not enough memory for %zu tokens", cap);
	v->ids = grown;
	v->cap = cap;
	return true;
}

bool
tok_run_add(struct tok_run *run, uint32_t id)
{
	if (!reserve(run, 1))
		return false;
	run->out->ids[run->out->n++] = id;
	return true;
}

bool
tok_run_add_byte(struct tok_run *run, uint8_t byte)
{
	const struct tok *t = run->tok;
	uint32_t id = t->byte_ids[byte];

	if (id == TOK_NONE)
		id = t->unknown;
	if (id == TOK_NONE)
		return err_set(run->e, ERR_FAILED,
		    "the vocabulary has neither an entry for the byte 0x%02x nor an unknown token", byte);
	return tok_run_add(run, id);
}

/* Append what FN makes of the word, or what it made of it the last time. */
static bool
add_word(struct tok_run *run, const struct tok_word *w)
{
	const struct word *met = w->place ? words_find(&run->words, w->place, &w->key) : NULL;
	struct tok_ids *out = run->out;
	size_t at = out->n, n;

	if (met) {
		if (!reserve(run, met->n_ids))
			return false;
		if (met->n_ids == 1)
			out->ids[at] = met->ids_at;
		for (uint32_t i = 0; met->n_ids > 1 && i < met->n_ids; i++)
			out->ids[at + i] = out->ids[run->n_before + met->ids_at + i];
		out->n += met->n_ids;
		return true;
	}
	if (!w->fn(run, w->text, w->len))
		return false;
	n = out->n - at;
	if (w->place)
		words_put(&run->words, w->place, (struct word){w->key,
		    n == 1 ? out->ids[at] : (uint32_t)(at - run->n_before), (uint32_t)n});
	return true;
}

static void
set_word(const struct tok_run *run, struct tok_word *w, const char *text, size_t len, bool is_part)
{
	w->text = text;
	w->len = len;
	w->place = NULL;
	if (run->words.slots && len <= WORD_MAX) {
		w->key = words_key(text, len, is_part);
		w->place = words_place(&run->words, &w->key);
	}
}

bool
tok_run_flush(struct tok_run *run)
{
	bool ok = true;

	for (size_t i = 0; ok && i < run->n_waiting; i++)
		ok = add_word(run, &run->waiting[i]);
	run->n_waiting = 0;
	return ok;
}

bool
tok_run_word(struct tok_run *run, const char *word, size_t len, tok_word_fn *fn)
{
	struct tok_word *w = &run->waiting[run->n_waiting++];

	set_word(run, w, word, len, false);
	w->fn = fn;
	return run->n_waiting < TOK_WAITING || tok_run_flush(run);
}

bool
tok_run_parts(struct tok_run *run, const char *word, size_t len, bool are_words, tok_word_fn *fn)
{
	for (size_t from = 0, end; from < len; from = end) {
		struct tok_word w;

		end = run->joins ? joins_cut(run->joins, word, len, from) : len;
		if (end - from == len)
			return fn(run, word, len);
		set_word(run, &w, word + from, end - from, !are_words);
		w.fn = fn;
		if (!add_word(run, &w))
			return false;
	}
	return true;
}

bool
tok_run_add_syms(struct tok_run *run, const char *word)
{
	const struct merge_sym *s = run->room.syms;

	for (size_t i = 0; i < run->room.n; i++) {
		if (s[i].id != TOK_NONE && !tok_run_add(run, s[i].id))
			return false;
		for (uint32_t k = 0; s[i].id == TOK_NONE && k < s[i].len; k++)
			if (!tok_run_add_byte(run, (uint8_t)word[s[i].at + k]))
				return false;
	}
	return true;
}

static bool
encode_text(struct tok_run *run, const char *text, size_t len, bool parse_special)
{
	const struct tok *t = run->tok;
	const struct special_set *specials = &t->specials[parse_special];
	struct special_match m;
	size_t at = 0;
	bool at_start = true;

	while (at < len) {
		bool found = special_find(specials, text, len, at, &m);
		size_t end = found ? m.at : len;

		if (end > at && !t->algo->encode(run, text + at, end - at, at_start))
			return false;
		if (!found)
			return true;
		if (!tok_run_add(run, m.item->id))
			return false;
		at = m.at + m.len;
		if (m.item->strips_right)
			at += special_space_len(text + at, len - at);
		at_start = true;
	}
	return true;
}

/* What pays for itself in a text of some length only: remembering pairs, and, where many bytes have been encoded by now,
 * knowing where to cut. */
static bool
prepare_long(struct tok_run *run, size_t len)
{
	const struct tok *t = run->tok;

	if (!t->algo->note_joins)
		return true;
	if (!merge_room_init_memo(&run->room, len, run->e))
		return false;
	if (atomic_fetch_add(&t->self->n_encoded, len) + len < JOINS_PAY)
		return true;
	run->joins = tok_joins(t, run->e);
	return run->joins != NULL;
}

static bool
encode_all(struct tok_run *run, const char *text, size_t len, struct tok_flags f)
{
	const struct tok *t = run->tok;
	struct buf plain = {0};
	bool ok = words_init(&run->words, len, run->e);

	ok = ok && (!run->words.slots || prepare_long(run, len));
	if (ok && f.add_special && t->adds_bos)
		ok = tok_run_add(run, t->bos);
	/* A special token of spaces (Gemma has runs of them) is found in marks as well. */
	if (ok && t->space_is_mark && t->specials[f.parse_special].has_space && mark_is_in(text, len)) {
		mark_remove(&plain, text, len);
		text = plain.data;
		len = plain.len;
	}
	ok = ok && encode_text(run, text, len, f.parse_special);
	if (ok && f.add_special && t->adds_eos)
		ok = tok_run_add(run, t->eos);
	buf_done(&plain);
	return ok;
}

bool
tok_encode(const struct tok *t, const char *text, size_t len, struct tok_flags f, struct tok_ids *out,
    struct err *e)
{
	struct tok_run run = {.tok = t, .out = out, .n_before = out->n, .e = e};
	bool ok;

	if (len > TEXT_MAX)
		return err_set(e, ERR_FAILED, "the text has %zu bytes, expected %zu at most", len, TEXT_MAX);
	ok = tok_prepare(t, e) && encode_all(&run, text, len, f);
	words_done(&run.words);
	merge_room_done(&run.room);
	pretok_run_done(&run.split);
	buf_done(&run.text);
	free(run.steps);
	if (!ok)
		out->n = run.n_before;
	return ok;
}
