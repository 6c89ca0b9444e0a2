/* Byte-level BPE (kind "gpt2"): a pattern cuts the text into words, each byte of a word is a symbol, and
 * a ranked list of pairs says what is joined.  In the file every byte is spelled as one printable
 * character (GPT-2's table). */
#include "core/tok/impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/gguf.h"
#include "core/tok/bytechar.h"
#include "core/tok/nfc.h"

/* What one word may be when whole words count: the longest entry known has 128 bytes, 256 spelled. */
#define WHOLE_MAX 512

bool
bpe_check_merges(const struct gguf *g, struct err *e)
{
	const struct gguf_kv *kv = gguf_kv_find(g, "tokenizer.ggml.merges");

	if (!kv)
		return err_set(e, ERR_FAILED, "tokenizer.ggml.merges is missing");
	if (!kv->is_array || kv->type != GGUF_STRING)
		return err_set(e, ERR_FAILED,
		    "tokenizer.ggml.merges is of type %s, expected an array of strings",
		    gguf_type_name(kv->type));
	if (kv->n >= UINT32_MAX / 4)
		return err_set(e, ERR_FAILED,
		    "tokenizer.ggml.merges has %llu elements, expected less than 2^30",
		    (unsigned long long)kv->n);
	return true;
}

static bool
bpe_open(struct tok *t, const struct gguf *g, struct err *e)
{
	const char *name = t->pre_name[0] ? t->pre_name : "default";

	if (!bpe_check_merges(g, e))
		return false;
	t->pre = pretok_find(name, strlen(name));
	if (!t->pre)
		return err_set(e, ERR_FAILED, "the pre-tokenizer \"%s\" (tokenizer.ggml.pre) is not known",
		    gguf_quote((struct gguf_str){name, strlen(name)}).text);
	if (t->pre->flags & PRETOK_ADD_BOS)
		t->adds_bos = true;
	return true;
}

/* The entry spelled A then B.  Merges mostly come in the order of the entries they make, so the entry
 * after the last one, or the same again, is tried before the index, which alone knows the first of several. */
static uint32_t
find_joined(const struct vocab *v, const struct vocab_query *a, const struct vocab_query *b, uint32_t guess,
    struct buf *tmp)
{
	for (uint32_t id = guess; !v->has_twins && id < v->n && id < guess + 2; id++) {
		size_t len;
		const char *s = vocab_spelling(v, id, &len);

		if (len == a->len + b->len && memcmp(s, a->s, a->len) == 0 &&
		    memcmp(s + a->len, b->s, b->len) == 0)
			return id;
	}
	buf_clear(tmp);
	buf_add(tmp, a->s, a->len);
	buf_add(tmp, b->s, b->len);
	return vocab_find(v, tmp->data, tmp->len);
}

/* Cut "left right" in two; false when there is no space between two sides. */
static bool
cut_merge(struct gguf_str s, struct vocab_query sides[2])
{
	const char *space = s.len > 1 ? memchr(s.data + 1, ' ', s.len - 1) : NULL;

	if (!space)
		return false;
	sides[0] = (struct vocab_query){.s = s.data, .len = (size_t)(space - s.data)};
	sides[1] = (struct vocab_query){.s = space + 1, .len = s.len - sides[0].len - 1};
	return true;
}

#define READ_BATCH (VOCAB_BATCH / 2)

struct merge_reader {
	struct tok *t;
	struct vocab_query sides[VOCAB_BATCH];	/* left and right of each merge */
	uint32_t ranks[READ_BATCH];
	size_t n;
	uint32_t guess;
	struct buf tmp;
};

/* Turn the merges collected into rules.  One that names an unknown entry can never happen: it is left out. */
static bool
add_merges(struct merge_reader *r)
{
	const struct vocab *v = &r->t->vocab;
	struct merge_rules *rules = &r->t->rules;
	struct vocab_query *side = r->sides;

	vocab_find_batch(v, side, 2 * r->n);
	for (size_t i = 0; i < r->n; i++)
		merge_rules_prefetch(rules, side[2 * i].id, side[2 * i + 1].id);
	for (size_t i = 0; i < r->n; i++, side += 2) {
		uint32_t joined;

		if (side[0].id == TOK_NONE || side[1].id == TOK_NONE)
			continue;
		joined = find_joined(v, &side[0], &side[1], r->guess, &r->tmp);
		if (joined == TOK_NONE)
			continue;
		r->guess = joined;
		if (!merge_rules_add(rules, side[0].id, side[1].id, r->ranks[i], joined))
			return false;
	}
	r->n = 0;
	return true;
}

bool
bpe_read_merges(struct tok *t, struct err *e)
{
	const struct gguf_kv *kv = gguf_kv_find(t->gguf, "tokenizer.ggml.merges");
	const uint8_t *cursor = kv->data;
	struct merge_reader r = {.t = t};
	bool ok;

	if (!merge_rules_init(&t->rules, (size_t)kv->n, e))
		return false;
	ok = true;
	for (uint32_t i = 0; ok && i < kv->n; i++) {
		if (cut_merge(gguf_array_next_str(&cursor), &r.sides[2 * r.n]))
			r.ranks[r.n++] = i;
		if (r.n == READ_BATCH)
			ok = add_merges(&r);
	}
	ok = ok && add_merges(&r);
	buf_done(&r.tmp);
	return ok || err_set(e, ERR_FAILED, "the merges are made to be slow: too many pairs share a hash");
}

/* The rule that the bytes B[0..n) of a character make it by, 2 or 3, and the last rank that this takes; NULL: they do not
 * become one symbol. */
static const struct merge_rule *
find_char(const struct merge_rules *m, const uint32_t *b, size_t n, uint32_t *last)
{
	const struct merge_rule *left = merge_rules_find(m, b[0], b[1]), *right, *whole;

	if (n == 2) {
		*last = left ? left->rank_plus_1 : 0;
		return left;
	}
	right = merge_rules_find(m, b[1], b[2]);
	if (left && (!right || left->rank_plus_1 <= right->rank_plus_1)) {
		whole = merge_rules_find(m, left->joined, b[2]);
		*last = left->rank_plus_1;
	} else {
		whole = right ? merge_rules_find(m, b[0], right->joined) : NULL;
		*last = right ? right->rank_plus_1 : 0;
	}
	if (whole && whole->rank_plus_1 > *last)
		*last = whole->rank_plus_1;
	return whole;
}

/* Note the id of an entry of one character if merging its bytes makes it before any rule of FIRST (by id, plus one; 0:
 * there is none) joins it with something. */
static void
note_char(const struct tok *t, struct joins *j, const uint32_t *first, const struct buf *bytes)
{
	const struct merge_rule *rule;
	uint32_t c, last, b[3] = {0};
	bool ok;

	if (bytes->len < 2 || bytes->len > 3 || utf8_decode(bytes->data, bytes->len, &c, &ok) < bytes->len || !ok)
		return;
	for (size_t i = 0; i < bytes->len; i++)
		b[i] = t->byte_ids[(uint8_t)bytes->data[i]];
	rule = find_char(&t->rules, b, bytes->len, &last);
	if (rule && (!first[rule->joined] || first[rule->joined] > last))
		j->chars[c] = rule->joined + 1;
}

/* The first rule that joins each id with something; NULL when memory runs out. */
static uint32_t *
first_rules(const struct tok *t)
{
	uint32_t *first = mem_try(t->vocab.n, sizeof *first, "the vocabulary", NULL);

	for (size_t i = 0; first && i < t->rules.n_slots; i++) {
		const struct merge_rule *r = &t->rules.slots[i];
		const uint32_t sides[2] = {r->left, r->right};

		for (int k = 0; r->rank_plus_1 && k < 2; k++)
			if (!first[sides[k]] || first[sides[k]] > r->rank_plus_1)
				first[sides[k]] = r->rank_plus_1;
	}
	return first;
}

static void
bpe_note_joins(const struct tok *t, struct joins *j)
{
	uint32_t *first = first_rules(t);
	struct buf bytes = {0};

	for (uint32_t id = 0; id < t->vocab.n; id++) {
		size_t len;
		const char *s = vocab_spelling(&t->vocab, id, &len);

		buf_clear(&bytes);
		bytechar_decode(&bytes, s, len);
		joins_note(j, bytes.data, bytes.len);
		if (first)
			note_char(t, j, first, &bytes);
	}
	free(first);
	buf_done(&bytes);
}

static bool
bpe_prepare(struct tok *t, struct err *e)
{
	for (int b = 0; b < 256; b++) {
		char s[4];

		t->byte_ids[b] = vocab_find(&t->vocab, s, utf8_encode(s, bytechar_of((uint8_t)b)));
	}
	t->code = pretok_compile(t->pre, e);
	return t->code && bpe_read_merges(t, e);
}

void
bpe_find_pairs(const void *ctx, const char *text, const struct merge_pair *pairs, size_t n)
{
	const struct merge_rules *rules = ctx;
	bool may_join[MERGE_BATCH];

	(void)text;
	for (size_t i = 0; i < n; i++) {
		may_join[i] = merge_rules_may_have(rules, pairs[i].l->id, pairs[i].r->id);
		if (may_join[i])
			merge_rules_prefetch(rules, pairs[i].l->id, pairs[i].r->id);
	}
	for (size_t i = 0; i < n; i++) {
		const struct merge_rule *rule =
		    may_join[i] ? merge_rules_find(rules, pairs[i].l->id, pairs[i].r->id) : NULL;

		pairs[i].l->cost = rule ? rule->rank_plus_1 : MERGE_NONE;
		pairs[i].l->joined = rule ? rule->joined : TOK_NONE;
	}
}

static uint32_t
whole_word(const struct tok *t, const char *word, size_t len)
{
	char s[2 * WHOLE_MAX];
	size_t n = 0;

	if (len > WHOLE_MAX)
		return TOK_NONE;
	for (size_t i = 0; i < len; i++)
		n += utf8_encode(s + n, bytechar_of((uint8_t)word[i]));
	return vocab_find(&t->vocab, s, n);
}

static void
add_bytes(const struct tok *t, struct merge_room *room, const char *part, size_t at, size_t len)
{
	for (size_t end = at + len; at < end; at++)
		room->syms[room->n++] =
		    (struct merge_sym){.id = t->byte_ids[(uint8_t)part[at]], .at = (uint32_t)at, .len = 1};
}

/* The symbols that merging begins with where the joins are known: characters that may be, else bytes. */
static void
add_chars(const struct tok *t, const struct joins *j, struct merge_room *room, const char *part, size_t len)
{
	uint32_t c, next;
	bool partial = false;	/* the border before C is */
	size_t n = joins_char(part, len, &c), next_n = 0;

	for (size_t at = 0; at < len; at += n, n = next_n, c = next) {
		bool bytes = partial || c < 0x80 || c >= ARRAY_LEN(j->chars) || !j->chars[c];

		partial = false;
		if (at + n < len) {
			next_n = joins_char(part + at + n, len - at - n, &next);
			partial = joins_is_partial(j, c, next, part + at + n);
		}
		if (bytes || partial)
			add_bytes(t, room, part, at, n);
		else
			room->syms[room->n++] =
			    (struct merge_sym){.id = j->chars[c] - 1, .at = (uint32_t)at, .len = (uint32_t)n};
	}
}

static bool
merge_part(struct tok_run *run, const char *part, size_t len)
{
	const struct tok *t = run->tok;

	if (!merge_room_reserve(&run->room, len, run->e))
		return false;
	run->room.n = 0;
	if (run->joins)
		add_chars(t, run->joins, &run->room, part, len);
	else
		add_bytes(t, &run->room, part, 0, len);
	if (!merge_run(&run->room, bpe_find_pairs, &t->rules, part, run->e))
		return false;
	return tok_run_add_syms(run, part);
}

static bool
encode_new_word(struct tok_run *run, const char *word, size_t len)
{
	bool whole = run->tok->pre->flags & PRETOK_WHOLE_WORDS;

	/* What can be cut is no entry. */
	if (whole && (!run->joins || joins_cut(run->joins, word, len, 0) == len)) {
		uint32_t id = whole_word(run->tok, word, len);

		if (id != TOK_NONE)
			return tok_run_add(run, id);
	}
	return tok_run_parts(run, word, len, !whole, merge_part);
}

static bool
encode_word(void *ctx, const char *word, size_t len)
{
	struct tok_run *run = ctx;

	return tok_run_word(run, word, len, encode_new_word);
}

static bool
encode_valid(struct tok_run *run, const char *text, size_t len)
{
	const struct tok *t = run->tok;
	bool changed = false;

	if ((t->pre->flags & PRETOK_NFC) && !nfc_normalize(&run->text, text, len, &changed, run->e))
		return false;
	if (changed) {
		text = run->text.data;
		len = run->text.len;
	}
	run->split.fn = encode_word;
	run->split.ctx = run;
	return pretok_split(t->code, &run->split, text, len, run->e) && tok_run_flush(run);
}

/* Broken UTF-8 is no text for a pattern: each of its bytes is a token of its own. */
static bool
bpe_encode(struct tok_run *run, const char *text, size_t len, bool at_start)
{
	size_t from = 0;

	(void)at_start;
	for (size_t at = 0; at < len;) {
		size_t n = (unsigned char)text[at] < 0x80 ? utf8_ascii_run(text + at, len - at) : 0;
		uint32_t c;
		bool ok = true;

		if (n == 0)
			n = utf8_decode(text + at, len - at, &c, &ok);
		if (!ok) {
			if (at > from && !encode_valid(run, text + from, at - from))
				return false;
			for (size_t i = 0; i < n; i++)
				if (!tok_run_add_byte(run, (uint8_t)text[at + i]))
					return false;
			from = at + n;
		}
		at += n;
	}
	return from == len || encode_valid(run, text + from, len - from);
}

static void
bpe_bytes(const struct tok *t, uint32_t id, struct buf *out)
{
	size_t len;
	const char *s = vocab_spelling(&t->vocab, id, &len);

	bytechar_decode(out, s, len);
}

const struct tok_algo tok_algo_bpe = {
	.name = "bpe",
	.open = bpe_open,
	.prepare = bpe_prepare,
	.encode = bpe_encode,
	.note_joins = bpe_note_joins,
	.bytes = bpe_bytes,
};
