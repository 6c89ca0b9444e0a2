/* Cutting words into parts and remembering words, parts and pairs changes no id: random vocabularies, whose entries hold
 * parts of characters too, against merging as it is defined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/tok/impl.h"
#include "tests/tok/small.h"

#define MARK "\xe2\x96\x81"

enum { N_JOINED = 60, N_WORDS = 900 };

static const char *const letters[] = {"a", "b", "c", "é", "ж", "中", "文", "𝒜"};

static uint32_t seed;

static uint32_t
next(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* Words of letters, each but the first after one space; some of them often. */
static void
make_text(struct buf *out, int n_words)
{
	for (int i = 0; i < n_words; i++) {
		uint32_t n = 1 + next(next(8) ? 6 : 40);

		if (i)
			buf_add_char(out, ' ');
		for (uint32_t k = 0; k < n; k++)
			buf_add_str(out, letters[next(ARRAY_LEN(letters))]);
	}
}

/* ---- the definition ---- */

struct piece {
	const char *s;
	size_t len;
	uint32_t id;		/* or TOK_NONE */
};

struct model {
	struct buf spellings[512];	/* as bytes */
	uint32_t n;
	float scores[512];
	struct pair {
		uint32_t left, right, joined;
	} merges[N_JOINED];
	uint32_t n_merges;
	bool by_score, whole_words;
};

static uint32_t
find(const struct model *m, const char *s, size_t len)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (m->spellings[i].len == len && memcmp(buf_str(&m->spellings[i]), s, len) == 0)
			return i;
	return TOK_NONE;
}

/* How good joining two pieces is, the least best; false: they do not join. */
static bool
rate(const struct model *m, const struct piece *l, const struct piece *r, double *cost, uint32_t *joined)
{
	if (l->id == TOK_NONE || r->id == TOK_NONE)
		return false;
	for (uint32_t i = 0; !m->by_score && i < m->n_merges; i++)
		if (m->merges[i].left == l->id && m->merges[i].right == r->id) {
			*cost = i;
			*joined = m->merges[i].joined;
			return true;
		}
	if (!m->by_score)
		return false;
	*joined = find(m, l->s, l->len + r->len);
	if (*joined == TOK_NONE)
		return false;
	*cost = -(double)m->scores[*joined];
	return true;
}

static void
merge_by_definition(const struct model *m, struct piece *p, size_t n, struct tok_ids *out)
{
	for (;;) {
		size_t best = n;
		double cost, best_cost = 0;
		uint32_t joined, best_joined = 0;

		for (size_t i = 0; i + 1 < n; i++)
			if (rate(m, &p[i], &p[i + 1], &cost, &joined) && (best == n || cost < best_cost)) {
				best = i;
				best_cost = cost;
				best_joined = joined;
			}
		if (best == n)
			break;
		p[best].id = best_joined;
		p[best].len += p[best + 1].len;
		memmove(p + best + 1, p + best + 2, (n - best - 2) * sizeof *p);
		n--;
	}
	for (size_t i = 0; i < n; i++)
		tok_ids_add(out, p[i].id);
}

/* ---- byte-level BPE ---- */

static void
join_at_random(struct model *m, const struct buf *text)
{
	for (int i = 0; i < 20000 && m->n_merges < N_JOINED; i++) {
		/* Two neighbours in the text, as far as they are entries. */
		size_t at = next((uint32_t)text->len - 24), l = 1 + next(5), r = 1 + next(5);
		uint32_t left = find(m, text->data + at, l), right = find(m, text->data + at + l, r);

		if (left == TOK_NONE || right == TOK_NONE || memchr(text->data + at + 1, ' ', l + r - 1) ||
		    find(m, text->data + at, l + r) != TOK_NONE)
			continue;
		m->merges[m->n_merges].left = left;
		m->merges[m->n_merges].right = right;
		m->merges[m->n_merges++].joined = m->n;
		buf_add(&m->spellings[m->n++], text->data + at, l + r);
	}
}

/* Then some merge makes what an earlier one joins. */
static void
shuffle_merges(struct model *m)
{
	for (uint32_t i = m->n_merges; i > 1; i--) {
		uint32_t k = next(i);
		struct pair pair = m->merges[k];

		m->merges[k] = m->merges[i - 1];
		m->merges[i - 1] = pair;
	}
}

static void
add_spelling(struct buf *out, const struct buf *bytes)
{
	for (size_t i = 0; i < bytes->len; i++)
		buf_add_utf8(out, bytechar_of((uint8_t)bytes->data[i]));
}

static void
add_entry(struct model *m)
{
	struct buf *s = &m->spellings[m->n];

	do {
		buf_clear(s);
		make_text(s, 1);
	} while (find(m, s->data, s->len) != TOK_NONE);
	m->n++;
}

static void
write_model(struct gguf_bytes *b, const struct model *m)
{
	gb_begin(b);
	gb_kv_str(b, "tokenizer.ggml.model", "gpt2");
	gb_kv_str(b, "tokenizer.ggml.pre", m->whole_words ? "llama-bpe" : "gpt-2");
	gb_kv_array(b, "tokenizer.ggml.tokens", GGUF_STRING, m->n);
	for (uint32_t i = 0; i < m->n; i++) {
		struct buf s = {0};

		add_spelling(&s, &m->spellings[i]);
		gb_str(b, buf_str(&s), s.len);
		buf_done(&s);
	}
	gb_kv_array(b, "tokenizer.ggml.merges", GGUF_STRING, m->n_merges);
	for (uint32_t i = 0; i < m->n_merges; i++) {
		struct buf s = {0};

		add_spelling(&s, &m->spellings[m->merges[i].left]);
		buf_add_char(&s, ' ');
		add_spelling(&s, &m->spellings[m->merges[i].right]);
		gb_str(b, buf_str(&s), s.len);
		buf_done(&s);
	}
}

static void
bpe_by_definition(const struct model *m, const struct buf *text, struct tok_ids *out)
{
	for (size_t from = 0, end; from < text->len; from = end) {
		struct piece p[512];
		uint32_t whole;

		for (end = from + 1; end < text->len && text->data[end] != ' ';)
			end++;
		whole = m->whole_words ? find(m, text->data + from, end - from) : TOK_NONE;
		if (whole != TOK_NONE) {
			tok_ids_add(out, whole);
			continue;
		}
		for (size_t i = from; i < end; i++)
			p[i - from] = (struct piece){text->data + i, 1, (uint8_t)text->data[i]};
		merge_by_definition(m, p, end - from, out);
	}
}

/* After so much the vocabulary knows where to cut texts. */
static void
encode_much(const struct tok *t)
{
	struct tok_ids ids = {0};
	struct buf text = {0};
	struct err e = {0};

	while (text.len < 100000)
		buf_add_str(&text, "a b ");
	assert_true(tok_encode(t, text.data, text.len, (struct tok_flags){0}, &ids, &e));
	assert_non_null(atomic_load(&t->joins));
	tok_ids_done(&ids);
	buf_done(&text);
}

static void
compare_ids(const struct tok *t, const struct buf *text, const struct tok_ids *want)
{
	struct tok_ids got = {0};
	struct err e = {0};

	if (!tok_encode(t, text->data, text->len, (struct tok_flags){0}, &got, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < got.n && i < want->n; i++)
		if (got.ids[i] != want->ids[i])
			fail_msg("id %zu is %u, expected %u", i, got.ids[i], want->ids[i]);
	assert_int_equal(got.n, want->n);
	tok_ids_done(&got);
}

/* Of all vocabularies: characters that merging may begin with. */
static size_t n_chars;

static void
count_chars(const struct joins *j)
{
	for (size_t i = 0; i < ARRAY_LEN(j->chars); i++)
		n_chars += j->chars[i] != 0;
}

static void
compare(struct gguf_bytes *bytes, const struct buf *text, const struct tok_ids *want)
{
	struct err e = {0};
	struct gguf *g = gb_open(bytes, &e);
	struct tok *t = g ? tok_open(g, &e) : NULL;

	if (!t)
		fail_msg("%s", e.text);
	compare_ids(t, text, want);
	encode_much(t);
	compare_ids(t, text, want);
	count_chars(atomic_load(&t->joins));
	tok_close(t);
	gguf_close(g);
	buf_done(&bytes->out);
}

static void
done(struct model *m, struct buf *text, struct tok_ids *want)
{
	for (uint32_t i = 0; i < m->n; i++)
		buf_done(&m->spellings[i]);
	free(m);
	buf_done(text);
	tok_ids_done(want);
}

static void
check_bpe(uint32_t which, bool whole_words, bool in_order, int n_words)
{
	struct model *m = mem_new0(1, sizeof *m);
	struct gguf_bytes bytes = {0};
	struct tok_ids want = {0};
	struct buf text = {0};

	seed = which;
	for (m->n = 0; m->n < 256; m->n++)
		buf_add_char(&m->spellings[m->n], (char)m->n);
	make_text(&text, n_words);
	join_at_random(m, &text);
	if (!in_order)
		shuffle_merges(m);
	m->whole_words = whole_words;
	for (int i = 0; whole_words && i < 8; i++)		/* entries that no merge makes */
		add_entry(m);
	write_model(&bytes, m);
	bpe_by_definition(m, &text, &want);
	compare(&bytes, &text, &want);
	done(m, &text, &want);
}

static void
bpe_is_merged_as_defined(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 20; i++) {
		check_bpe(i, false, true, N_WORDS);
		check_bpe(i, true, true, N_WORDS);
		check_bpe(i, i % 2, false, N_WORDS);
		check_bpe(100 + i, i % 2, true, 20);	/* too short to remember anything */
	}
	assert_true(n_chars > 0);
}

/* ---- SentencePiece ---- */

static void
write_pieces(struct gguf_bytes *b, const struct model *m)
{
	gb_begin(b);
	gb_kv_str(b, "tokenizer.ggml.model", "llama");
	gb_kv_array(b, "tokenizer.ggml.tokens", GGUF_STRING, m->n);
	for (uint32_t i = 0; i < m->n; i++)
		gb_str(b, buf_str(&m->spellings[i]), m->spellings[i].len);
	gb_kv_array(b, "tokenizer.ggml.scores", GGUF_F32, m->n);
	buf_add(&b->out, m->scores, m->n * sizeof *m->scores);
}

static void
check_spm(uint32_t which, int n_words)
{
	struct model *m = mem_new0(1, sizeof *m);
	struct gguf_bytes bytes = {0};
	struct tok_ids want = {0};
	struct buf text = {0}, marked = {0};
	struct piece *p;
	size_t n = 0;

	seed = which;
	m->by_score = true;
	make_text(&text, n_words);
	buf_add_str(&marked, MARK);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == ' ')
			buf_add_str(&marked, MARK);
		else
			buf_add_char(&marked, text.data[i]);
	p = mem_new0(marked.len, sizeof *p);
	buf_add_str(&m->spellings[m->n++], MARK);
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		buf_add_str(&m->spellings[m->n++], letters[i]);
	for (size_t at = 0; at < marked.len; n++) {
		uint32_t c;
		bool ok;

		p[n] = (struct piece){marked.data + at, utf8_decode(marked.data + at, marked.len - at, &c, &ok), 0};
		at += p[n].len;
	}
	for (int tries = 0; tries < 20000 && m->n < 120; tries++) {
		size_t i = next((uint32_t)n - 4), k = 2 + next(3), len = (size_t)(p[i + k].s - p[i].s);

		if (find(m, p[i].s, len) != TOK_NONE)
			continue;
		m->scores[m->n] = -(float)next(1000);
		buf_add(&m->spellings[m->n++], p[i].s, len);
	}
	for (size_t i = 0; i < n; i++)
		p[i].id = find(m, p[i].s, p[i].len);
	write_pieces(&bytes, m);
	merge_by_definition(m, p, n, &want);
	compare(&bytes, &text, &want);
	free(p);
	buf_done(&marked);
	done(m, &text, &want);
}

static void
pieces_are_joined_as_defined(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 10; i++)
		check_spm(i, i % 2 ? 150 : 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bpe_is_merged_as_defined),
		cmocka_unit_test(pieces_are_joined_as_defined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
