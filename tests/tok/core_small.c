/* Tokenizers of a few entries, written here: what a text becomes, what hostile vocabularies and texts
 * do, how long a very long word takes.  Needs no file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/utf8.h"
#include "core/tok/newer.h"
#include "core/tok/tok.h"
#include "tests/tok/small.h"

struct vocabulary {
	struct gguf_bytes bytes;
	struct gguf *gguf;
	struct tok *tok;
	struct err e;
};

static void
open_it(struct vocabulary *v)
{
	v->e = (struct err){0};
	v->gguf = gb_open(&v->bytes, &v->e);
	v->tok = v->gguf ? tok_open(v->gguf, &v->e) : NULL;
}

static void
close_it(struct vocabulary *v)
{
	tok_close(v->tok);
	gguf_close(v->gguf);
	buf_done(&v->bytes.out);
}

static void
open_bpe(struct vocabulary *v, const char *pre)
{
	write_bpe(&v->bytes, pre, BPE_BYTES);
	open_it(v);
	if (!v->tok)
		fail_msg("%s", v->e.text);
}

static void
expect(const struct vocabulary *v, const char *text, size_t len, struct tok_flags f, const uint32_t *want,
    size_t n)
{
	struct tok_ids got = {0};
	struct err e = {0};

	if (!tok_encode(v->tok, text, len, f, &got, &e))
		fail_msg("%s", e.text);
	assert_int_equal(got.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got.ids[i], want[i]);
	tok_ids_done(&got);
}

#define EXPECT(v, text, flags, ...) \
	expect(v, text, strlen(text), (struct tok_flags)flags, (const uint32_t[]){__VA_ARGS__}, \
	    sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define NOTHING_SPECIAL {false, false}
#define PARSED {false, true}
#define ADDED {true, false}

static void
bpe_merges_by_rank(void **state)
{
	struct vocabulary v;

	(void)state;
	open_bpe(&v, "gpt-2");
	EXPECT(&v, "hello hello", NOTHING_SPECIAL, HELLO, SPACE_HELLO);
	EXPECT(&v, "hellohe", NOTHING_SPECIAL, HELLO, HE);
	EXPECT(&v, "lll q", NOTHING_SPECIAL, LL, 'l', ' ', 'q');
	EXPECT(&v, "\xc3\xa9", NOTHING_SPECIAL, 0xc3, 0xa9);
	assert_string_equal(tok_model_name(v.tok), "bpe");
	assert_int_equal(tok_find(v.tok, "hell"), HELL);
	assert_int_equal(tok_find(v.tok, "nowhere"), TOK_NONE);
	assert_true(tok_is_end(v.tok, END));
	assert_false(tok_is_end(v.tok, HE));
	close_it(&v);
}

/* Of two entries with one spelling the first counts, wherever merges come in the order of the others. */
static void
a_twin_is_not_made_by_merges(void **state)
{
	static const char *const extra[] = {"he", "lo", "he"}, *const merges[] = {"l o", "h e"};
	struct vocabulary v;

	(void)state;
	gb_begin(&v.bytes);
	gb_kv_str(&v.bytes, "tokenizer.ggml.model", "gpt2");
	gb_kv_str(&v.bytes, "tokenizer.ggml.pre", "gpt-2");
	gb_kv_array(&v.bytes, "tokenizer.ggml.tokens", GGUF_STRING, BPE_BYTES + 3);
	for (int i = 0; i < BPE_BYTES; i++) {
		char s[4];

		gb_str(&v.bytes, s, utf8_encode(s, bytechar_of((uint8_t)i)));
	}
	for (size_t i = 0; i < 3; i++)
		gb_str(&v.bytes, extra[i], 2);
	gb_kv_array(&v.bytes, "tokenizer.ggml.merges", GGUF_STRING, 2);
	for (size_t i = 0; i < 2; i++)
		gb_str(&v.bytes, merges[i], 3);
	open_it(&v);
	if (!v.tok)
		fail_msg("%s", v.e.text);
	EXPECT(&v, "helo", NOTHING_SPECIAL, BPE_BYTES, BPE_BYTES + 1);
	close_it(&v);
}

static void
special_tokens_longest_first(void **state)
{
	struct vocabulary v;

	(void)state;
	open_bpe(&v, "gpt-2");
	EXPECT(&v, "<a>x<a><b><a", NOTHING_SPECIAL, A, 'x', AB, '<', 'a');
	EXPECT(&v, "<end>", NOTHING_SPECIAL, '<', 'e', 'n', 'd', '>');
	EXPECT(&v, "<end>he", PARSED, END, HE);
	EXPECT(&v, "[PAD]", PARSED, '[', 'P', 'A', 'D', ']');
	close_it(&v);
}

static void
broken_utf8_is_bytes(void **state)
{
	static const char text[] = "he\xff\xe2\x96hello\0\xf0\x9f\x98";
	const uint32_t want[] = {HE, 0xff, 0xe2, 0x96, HELLO, 0, 0xf0, 0x9f, 0x98};
	struct vocabulary v;

	(void)state;
	open_bpe(&v, "qwen2");
	expect(&v, text, sizeof text - 1, (struct tok_flags){0}, want, sizeof want / sizeof want[0]);
	close_it(&v);
}

static void
qwen2_normalizes(void **state)
{
	struct vocabulary v;
	struct buf text = {0}, back = {0};
	struct tok_ids ids = {0};

	(void)state;
	open_bpe(&v, "qwen2");
	EXPECT(&v, "e\xcc\x81", NOTHING_SPECIAL, 0xc3, 0xa9);
	EXPECT(&v, "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", NOTHING_SPECIAL, 0xed, 0x95, 0x9c);	/* jamo */
	/* Marks of two classes in the wrong order, 200000 of them: sorted, and not in quadratic time. */
	buf_add_char(&text, 'x');
	for (int i = 0; i < 100000; i++)
		buf_add_str(&text, "\xcc\x81\xcc\xa3");
	assert_true(tok_encode(v.tok, text.data, text.len, (struct tok_flags){0}, &ids, &v.e));
	tok_decode(v.tok, ids.ids, ids.n, false, &back);
	assert_int_equal(back.len, text.len);
	assert_memory_equal(back.data, "x\xcc\xa3\xcc\xa3", 5);
	buf_done(&text);
	buf_done(&back);
	tok_ids_done(&ids);
	close_it(&v);
}

static void
spm_merges_by_score(void **state)
{
	struct vocabulary v;

	(void)state;
	write_spm(&v.bytes, true);
	open_it(&v);
	assert_non_null(v.tok);
	EXPECT(&v, "ab ab", NOTHING_SPECIAL, MAB, MAB);
	EXPECT(&v, "aab", ADDED, BOS, MA, SAB);
	EXPECT(&v, "\xc3\xa9z", NOTHING_SPECIAL, MARK1, SE, SPM_BYTE0 + 'z');
	EXPECT(&v, " \xff", NOTHING_SPECIAL, MM, SPM_BYTE0 + 0xff);
	EXPECT(&v, "b</s>ab", PARSED, MARK1, SB, EOS, MAB);
	EXPECT(&v, "a\xe2\x96\x81" "a", NOTHING_SPECIAL, MA, MA);
	close_it(&v);
}

static void
spm_drops_one_space(void **state)
{
	const uint32_t ids[] = {BOS, MAB, MAB, MM};
	struct vocabulary v;
	struct buf out = {0};

	(void)state;
	write_spm(&v.bytes, true);
	open_it(&v);
	tok_decode(v.tok, ids, 4, false, &out);
	assert_string_equal(buf_str(&out), "ab ab  ");
	buf_clear(&out);
	tok_decode(v.tok, ids, 4, true, &out);
	assert_string_equal(buf_str(&out), "<s> ab ab  ");
	buf_done(&out);
	close_it(&v);
}

/* "ab" (-5) beats "a" and "b" (-6.5), but "▁" and "a" (-5) beat "▁a" (-6). */
static void
unigrams_with_the_best_sum_win(void **state)
{
	struct vocabulary v;

	(void)state;
	write_ugm(&v.bytes, false, NULL);
	open_it(&v);
	assert_non_null(v.tok);
	EXPECT(&v, "ab  a ", NOTHING_SPECIAL, UGM_MARK, UGM_AB, UGM_MARK, UGM_A);
	EXPECT(&v, "b\n\xff?b", NOTHING_SPECIAL, UGM_MARK, UGM_B, UGM_UNK, UGM_B);
	EXPECT(&v, "a</s>b", ((struct tok_flags){.add_special = true, .parse_special = true}), UGM_MARK, UGM_A, UGM_EOS,
	    UGM_MARK, UGM_B, UGM_EOS);
	close_it(&v);
	write_ugm(&v.bytes, true, NULL);
	open_it(&v);
	assert_non_null(v.tok);
	EXPECT(&v, "b\n?", NOTHING_SPECIAL, UGM_MARK, UGM_B, UGM_BYTE0 + '\n', UGM_BYTE0 + '?');
	close_it(&v);
}

/* The text is cut at runs of newlines only, and these are one token where there is one. */
static void
spbpe_merges_by_rank(void **state)
{
	static const char text[] = "ab ab\n\n\na\n\nb \xc3\xa9?\xff";
	struct vocabulary v;
	struct tok_ids ids = {0};
	struct buf back = {0};

	(void)state;
	write_spbpe(&v.bytes);
	open_it(&v);
	assert_non_null(v.tok);
	EXPECT(&v, text, ((struct tok_flags){.add_special = true}), SPBPE_BOS, SPBPE_AB, SPBPE_MAB, SPBPE_NL3, SPBPE_A,
	    SPBPE_NL, SPBPE_NL, SPBPE_B, SPBPE_MARK, SPBPE_E, SPBPE_BYTE0 + '?', SPBPE_BYTE0 + 0xff);
	assert_true(tok_encode(v.tok, text, 5, (struct tok_flags){0}, &ids, &v.e));
	tok_decode(v.tok, ids.ids, ids.n, false, &back);
	assert_string_equal(buf_str(&back), "ab ab");
	tok_ids_done(&ids);
	buf_done(&back);
	close_it(&v);
}

static void
open_ugm(struct vocabulary *v, const struct buf *map)
{
	write_ugm(&v->bytes, false, map);
	open_it(v);
}

static void
a_character_map_replaces_and_is_not_trusted(void **state)
{
	struct buf map = {0};
	struct vocabulary v;

	(void)state;
	make_map(&map);
	open_ugm(&v, &map);
	assert_non_null(v.tok);
	EXPECT(&v, "axa", NOTHING_SPECIAL, UGM_MARK, UGM_A, UGM_Y, UGM_A);
	close_it(&v);
	/* The value of "x", past the texts; its node, past the array. */
	map.data[4 + 4 * ('x' ^ 1)] = 2;
	open_ugm(&v, &map);
	EXPECT(&v, "axa", NOTHING_SPECIAL, UGM_MARK, UGM_A, UGM_UNK, UGM_A);
	close_it(&v);
	memset(map.data + 4 + 4 * 'x' + 1, 0xff, 3);
	map.data[4 + 4 * 'x' + 3] = 0x7f;
	open_ugm(&v, &map);
	EXPECT(&v, "axa", NOTHING_SPECIAL, UGM_MARK, UGM_A, UGM_UNK, UGM_A);
	close_it(&v);
	buf_done(&map);
}

/* Characters that PCRE2 may not know yet are matched as older ones: of the same length, in ascending rows. */
static void
young_characters_become_older(void **state)
{
	static const uint32_t rows[][3] = {
#define NEWER(first, last, like) {first, last, like},
#include "core/tok/newer.def"
#undef NEWER
	};
	static const char young[] = "a\xf0\xb1\x8d\x90\xe0\xa2\x97z";
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char s[4];
		size_t n = utf8_encode(s, rows[i][0]);

		assert_true(rows[i][0] <= rows[i][1] && (i == 0 || rows[i - 1][1] < rows[i][0]));
		assert_int_equal(utf8_encode(s, rows[i][1]), n);
		assert_int_equal(utf8_encode(s, rows[i][2]), n);
		utf8_encode(s, rows[i][1]);
		assert_true(newer_replace(&out, s, n));
	}
	assert_true(newer_replace(&out, young, sizeof young - 1));
	assert_string_equal(out.data, "a\xf0\xa0\x80\x80\xe0\xa4\x80z");
	assert_false(newer_replace(&out, "a\xed\x95\x9c\xf0\x9f\x98\x80", 8));
	buf_done(&out);
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void
add_random_text(struct buf *out, uint32_t *seed, int n)
{
	static const char *const bits[] = {" ", "\n", "hello", "he", "12", "'s", "\t ", "한", "é", "😀",
	    "<a>", "  ", "A"};

	for (int i = 0; i < n; i++) {
		uint32_t r = next_random(seed);

		if (r % 4)
			buf_add_str(out, bits[r / 4 % (sizeof bits / sizeof bits[0])]);
		else
			buf_add_utf8(out, r / 4 % 0x2fa20);
	}
}

/* Encoding and decoding give the text back; a stream gives the same; whatever the pattern. */
static void
round_trips(void **state)
{
	static const char *const pres[] = {"gpt-2", "dbrx", "gpt-4o", "llama-bpe", "default", "starcoder",
	    "falcon", "tekken", "deepseek-v3", "deepseek-coder", "seed-coder", "bailingmoe", "viking"};
	uint32_t seed = 1;

	(void)state;
	for (size_t p = 0; p < sizeof pres / sizeof pres[0]; p++) {
		struct vocabulary v;

		open_bpe(&v, pres[p]);
		for (int round = 0; round < 200; round++) {
			struct buf text = {0}, whole = {0}, streamed = {0};
			struct tok_ids ids = {0};
			struct tok_stream s;

			add_random_text(&text, &seed, 1 + round);
			assert_true(tok_encode(v.tok, text.data, text.len, (struct tok_flags){0}, &ids,
			    &v.e));
			tok_decode(v.tok, ids.ids, ids.n, true, &whole);
			tok_stream_init(&s, v.tok, true);
			for (size_t i = 0; i < ids.n; i++) {
				tok_stream_push(&s, ids.ids[i], &streamed);
				assert_true(utf8_is_valid(buf_str(&streamed), streamed.len));
			}
			tok_stream_finish(&s, &streamed);
			assert_string_equal(buf_str(&whole), buf_str(&text));
			assert_string_equal(buf_str(&streamed), buf_str(&text));
			buf_done(&text);
			buf_done(&whole);
			buf_done(&streamed);
			tok_ids_done(&ids);
		}
		close_it(&v);
	}
}

/* Of this process alone: other tests may run beside it. */
static double
cpu_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* A word of a million characters, in each kind: the heap, not the scan; and no limit of PCRE2 in the way. */
static void
long_words_take_no_time(void **state)
{
	static const char *const units[] = {"l", " ", "7", "\xf0\x9f\x98\x80", "A", "ab "};
	static const char *const pres[] = {"gpt-2", "qwen2", "gpt-4o", "llama-bpe", "default", NULL};
	double limit = getenv("TEST_SLOW") ? 60 : 2;	/* set where sanitizers slow everything down */

	(void)state;
	for (size_t p = 0; p < sizeof pres / sizeof pres[0]; p++) {
		struct vocabulary v;

		if (pres[p])
			write_bpe(&v.bytes, pres[p], BPE_BYTES);
		else
			write_spm(&v.bytes, true);
		open_it(&v);
		for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
			int n = p == 0 || !pres[p] ? 1000000 : 100000;
			struct buf text = {0}, back = {0};
			struct tok_ids ids = {0};
			double took;

			for (int i = 0; i < n; i++)
				buf_add_str(&text, units[u]);
			took = cpu_s();
			assert_true(tok_encode(v.tok, text.data, text.len, (struct tok_flags){0}, &ids,
			    &v.e));
			took = cpu_s() - took;
			if (took > limit)
				fail_msg("%s, \"%s\": %.1f s", pres[p] ? pres[p] : "spm", units[u], took);
			tok_decode(v.tok, ids.ids, ids.n, true, &back);
			assert_int_equal(back.len, text.len);
			assert_memory_equal(back.data, text.data, text.len);
			buf_done(&text);
			buf_done(&back);
			tok_ids_done(&ids);
		}
		close_it(&v);
	}
}

/* The heap and the scan must agree: a word cut at a place no merge crosses gives the same ids. */
static void
heap_agrees_with_scan(void **state)
{
	struct vocabulary v;
	struct tok_ids parts = {0}, whole = {0};
	struct buf text = {0};
	uint32_t seed = 7;

	(void)state;
	open_bpe(&v, "gpt-2");
	for (int i = 0; i < 500; i++) {
		static const char letters[] = "hhelloe";
		char word[24];
		size_t n = 1 + next_random(&seed) % 20;

		word[0] = 'x';		/* which nothing joins */
		for (size_t k = 1; k < n; k++)
			word[k] = letters[next_random(&seed) % (sizeof letters - 1)];
		buf_add(&text, word, n);
		assert_true(tok_encode(v.tok, word, n, (struct tok_flags){0}, &parts, &v.e));
	}
	assert_true(tok_encode(v.tok, text.data, text.len, (struct tok_flags){0}, &whole, &v.e));
	assert_int_equal(whole.n, parts.n);
	assert_memory_equal(whole.ids, parts.ids, parts.n * sizeof *parts.ids);
	tok_ids_done(&parts);
	tok_ids_done(&whole);
	buf_done(&text);
	close_it(&v);
}

static void *
encode_in_thread(void *arg)
{
	const struct vocabulary *v = arg;

	for (int i = 0; i < 50; i++)
		EXPECT(v, "hello hello", NOTHING_SPECIAL, HELLO, SPACE_HELLO);
	return NULL;
}

/* The first calls build what encoding needs, all at once. */
static void
threads_share_a_tokenizer(void **state)
{
	struct vocabulary v;
	pthread_t threads[4];

	(void)state;
	open_bpe(&v, "gpt-2");
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, encode_in_thread, &v), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	close_it(&v);
}

static void
expect_refusal(struct vocabulary *v, const char *part)
{
	open_it(v);
	assert_null(v->tok);
	if (!strstr(v->e.text, part))
		fail_msg("\"%s\" does not say \"%s\"", v->e.text, part);
	close_it(v);
}

static void
defects_are_named(void **state)
{
	struct vocabulary v = {0};

	(void)state;
	gb_begin(&v.bytes);
	expect_refusal(&v, "no tokenizer");
	gb_begin(&v.bytes);
	gb_kv_str(&v.bytes, "tokenizer.ggml.model", "wordpiece");
	expect_refusal(&v, "\"wordpiece\"");
	gb_begin(&v.bytes);
	gb_kv_str(&v.bytes, "tokenizer.ggml.model", "gpt2");
	expect_refusal(&v, "tokens is missing");
	write_bpe(&v.bytes, "klingon", BPE_BYTES);
	expect_refusal(&v, "\"klingon\"");
	write_bpe(&v.bytes, "gpt-2", BPE_BYTES);
	gb_kv_u32(&v.bytes, "tokenizer.ggml.bos_token_id", BPE_N);
	expect_refusal(&v, "bos_token_id is 265");
	write_spm(&v.bytes, false);
	expect_refusal(&v, "scores is missing");
	gb_begin(&v.bytes);
	gb_kv_str(&v.bytes, "tokenizer.ggml.model", "gpt2");
	gb_kv_array(&v.bytes, "tokenizer.ggml.tokens", GGUF_STRING, 1);
	gb_str(&v.bytes, "a", 1);
	expect_refusal(&v, "merges is missing");
}

static void
defects_of_character_maps_are_named(void **state)
{
	struct vocabulary v;
	struct buf map = {0};

	(void)state;
	buf_add(&map, "abc", 3);
	write_ugm(&v.bytes, false, &map);
	expect_refusal(&v, "precompiled_charsmap has 3 bytes, expected 4");
	buf_clear(&map);
	make_map(&map);
	map.data[0]++;
	write_ugm(&v.bytes, false, &map);
	expect_refusal(&v, "gives its array 489 of its 494 bytes");
	map.data[0] = (char)0xfc;
	write_ugm(&v.bytes, false, &map);
	expect_refusal(&v, "gives its array 508 of its 494 bytes");
	map.data[0] = (char)0xe8;
	map.data[map.len - 1] = 'y';
	write_ugm(&v.bytes, false, &map);
	expect_refusal(&v, "does not end with a NUL");
	buf_done(&map);
	write_ugm(&v.bytes, false, NULL);
	gb_kv_str(&v.bytes, "tokenizer.ggml.precompiled_charsmap", "x");
	expect_refusal(&v, "expected an array of bytes");
}

/* A vocabulary that can be told to be unfit only by reading all of it is refused when a text comes. */
static void
a_score_that_is_no_number_is_named(void **state)
{
	static const float nan = NAN;
	struct tok_ids ids = {0};
	struct vocabulary v;

	(void)state;
	write_ugm(&v.bytes, false, NULL);
	for (size_t i = 0; i + sizeof nan <= v.bytes.out.len; i++)
		if (memcmp(v.bytes.out.data + i, &ugm_scores[UGM_MA], sizeof nan) == 0)
			memcpy(v.bytes.out.data + i, &nan, sizeof nan);
	open_it(&v);
	assert_non_null(v.tok);
	assert_false(tok_encode(v.tok, "a", 1, (struct tok_flags){0}, &ids, &v.e));
	assert_non_null(strstr(v.e.text, "scores holds nan for entry 7"));
	tok_ids_done(&ids);
	close_it(&v);
}

static void
types_are_checked(void **state)
{
	struct vocabulary v = {0};

	(void)state;
	gb_begin(&v.bytes);
	gb_kv_str(&v.bytes, "tokenizer.ggml.model", "gpt2");
	gb_kv_u32(&v.bytes, "tokenizer.ggml.tokens", 3);
	expect_refusal(&v, "expected an array of strings");
	gb_begin(&v.bytes);
	gb_kv_str(&v.bytes, "tokenizer.ggml.model", "gpt2");
	gb_kv_array(&v.bytes, "tokenizer.ggml.tokens", GGUF_STRING, 1);
	gb_str(&v.bytes, "a", 1);
	gb_kv_array(&v.bytes, "tokenizer.ggml.token_type", GGUF_I32, 2);
	gb_u32(&v.bytes, 1);
	gb_u32(&v.bytes, 1);
	expect_refusal(&v, "token_type has 2 elements");
	gb_begin(&v.bytes);
	gb_kv_str(&v.bytes, "tokenizer.ggml.model", "gpt2");
	gb_kv_array(&v.bytes, "tokenizer.ggml.tokens", GGUF_STRING, 1);
	gb_str(&v.bytes, "a", 1);
	gb_kv_array(&v.bytes, "tokenizer.ggml.token_type", GGUF_I32, 1);
	gb_u32(&v.bytes, 99);
	expect_refusal(&v, "entry 0 is 99");
}

/* A vocabulary without some bytes opens and decodes; a text that needs them is refused by name. */
static void
missing_bytes_are_named(void **state)
{
	struct vocabulary v;
	struct tok_ids ids = {0};

	(void)state;
	write_bpe(&v.bytes, "gpt-2", 'z');
	open_it(&v);
	assert_non_null(v.tok);
	EXPECT(&v, "hello", NOTHING_SPECIAL, HELLO);
	assert_false(tok_encode(v.tok, "hez", 3, (struct tok_flags){0}, &ids, &v.e));
	assert_non_null(strstr(v.e.text, "0x7a"));
	assert_int_equal(ids.n, 0);
	tok_ids_done(&ids);
	close_it(&v);
}

static void
ids_out_of_range_are_nothing(void **state)
{
	const uint32_t ids[] = {BPE_N, TOK_NONE, PAD, HE};
	struct vocabulary v;
	struct buf out = {0};
	size_t len;

	(void)state;
	open_bpe(&v, "gpt-2");
	tok_decode(v.tok, ids, 4, true, &out);
	assert_string_equal(buf_str(&out), "he");
	assert_string_equal(tok_spelling(v.tok, BPE_N, &len), "");
	assert_int_equal(tok_kind_of(v.tok, BPE_N), TOK_UNUSED);
	buf_done(&out);
	close_it(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bpe_merges_by_rank),
		cmocka_unit_test(a_twin_is_not_made_by_merges),
		cmocka_unit_test(special_tokens_longest_first),
		cmocka_unit_test(broken_utf8_is_bytes),
		cmocka_unit_test(qwen2_normalizes),
		cmocka_unit_test(spm_merges_by_score),
		cmocka_unit_test(spm_drops_one_space),
		cmocka_unit_test(unigrams_with_the_best_sum_win),
		cmocka_unit_test(spbpe_merges_by_rank),
		cmocka_unit_test(a_character_map_replaces_and_is_not_trusted),
		cmocka_unit_test(young_characters_become_older),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(long_words_take_no_time),
		cmocka_unit_test(heap_agrees_with_scan),
		cmocka_unit_test(threads_share_a_tokenizer),
		cmocka_unit_test(defects_are_named),
		cmocka_unit_test(defects_of_character_maps_are_named),
		cmocka_unit_test(a_score_that_is_no_number_is_named),
		cmocka_unit_test(types_are_checked),
		cmocka_unit_test(missing_bytes_are_named),
		cmocka_unit_test(ids_out_of_range_are_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
