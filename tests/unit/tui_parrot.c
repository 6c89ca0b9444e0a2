/* A parrot: a model whose weights make it say one fixed text, whatever it is asked, on every machine.  Its embeddings
 * are one-hot, its only layer adds nothing, and its output matrix names the token after each token.
 * As a test: a conversation with it through loader, session and state.  With an argument it writes the model:
 *	tui_parrot FILE		says the text and ends
 *	tui_parrot FILE endless	goes on repeating the last word
 *	tui_parrot FILE thinks	says another text: it thinks, answers and calls a tool
 *	tui_parrot FILE opens	its template opens the thinking, and its answer is JSON
 *	tui_parrot FILE joined	the same, and one token ends the thinking and begins the answer */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tests/data/gguf_make.h"
#include "tests/data/place.h"
#include "tui/state/compare.h"
#include "tui/state/fit.h"
#include "tui/state/load.h"
#include "tui/state/talk.h"

enum { N_EMBD = 320, N_CTX = 262144, END = 256, FIRST = 257 };

enum { SCRIPT_MOST = N_EMBD - FIRST };

/* Words that begin with < and end with > are control tokens. */
struct script {
	const char *template;
	bool endless;
	size_t n;
	const char *words[SCRIPT_MOST];
};

#define WORDS \
	"Three ", "things ", "cost ", "time ", "here:\n\n", "1. The comparison ", "goes through ", "a pointer, ", \
	"so it is **never** ", "inlined.\n", "2. `qsort` ", "moves elements ", "as bytes ", "of unknown size.\n\n", \
	"```c\n", "static int\n", "cmp(const void *a, ", "const void *b)\n", "```\n", "한국어 문장도 ", "바르게 ", \
	"나뉩니다. ", "中文字符也", "会正确换行。", " Zo\xc3\xab's e\xcc\x81 👨‍👩‍👧 ", "\x1b[31m", "done"
static const char plain_template[] = "{% for m in messages %}{{ m.content }}\n{% endfor %}";
static const struct script says = {plain_template, false, 27, {WORDS}};
static const struct script endless = {plain_template, true, 27, {WORDS}};
static const struct script thinks = {
	"{% for m in messages %}{{ m.role ~ ': ' ~ m.content ~ (m.reasoning_content or '') ~ '\n' }}{% endfor %}"
	"{{ tools | tojson }}{% if enable_thinking is defined and not enable_thinking %}quick {% endif %}answer: ", false, 17,
	{"<think>", "\n", "They ", "greet\n", "me.", "\n", "</think>", "\n\n", "Hello, ", "I ", "look.", "\n",
	    "<tool_call>", "\n{\"name\": \"get_weather\", ", "\"arguments\": ", "{\"city\": \"Seoul\"}}\n", "</tool_call>"},
};

#define OPENING "{% for m in messages %}{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<think>\n{% endif %}"
static const struct script opens = {OPENING, false, 8, {"so ", "it is.\n", "</think>", "\n\n", "{\"n\":", " 7", "}", "more"}};
static const struct script joined = {OPENING, false, 4, {"so ", "it is.\n</think>\n{\"n\":", " 7", "}"}};

static const struct {
	const char *name;
	const struct script *script;
} scripts[] = {{"endless", &endless}, {"thinks", &thinks}, {"opens", &opens}, {"joined", &joined}};

/* GPT-2's alphabet of printable stand-ins for bytes. */
static size_t
byte_name(char *out, unsigned char b)
{
	uint32_t other = 256;

	for (unsigned i = 0; i < 256; i++) {
		bool plain = (i >= 33 && i <= 126) || (i >= 161 && i <= 172) || i >= 174;
		uint32_t cp = plain ? i : other++;

		if (i == b)
			return utf8_encode(out, cp);
	}
	return 0;
}

static bool
is_control(const char *word)
{
	return *word == '<' && word[strlen(word) - 1] == '>';
}

static void
make_tok(struct gguf_make *f, const struct script *script)
{
	static char names[N_EMBD][256];
	const char *list[N_EMBD];
	int32_t types[N_EMBD];

	memset(names, 0, sizeof names);
	for (size_t i = 0; i < FIRST + script->n; i++) {
		const char *s = i > END ? script->words[i - FIRST] : i == END ? "<|end|>" : "";
		bool control = *s && is_control(s);
		size_t n = i < END ? byte_name(names[i], (unsigned char)i) : 0;

		types[i] = control ? 3 : 1;
		list[i] = control ? s : names[i];
		for (; *s && !control; s++)
			n += byte_name(names[i] + n, (unsigned char)*s);
	}
	gguf_make_str(f, "tokenizer.ggml.model", "gpt2");
	gguf_make_str(f, "tokenizer.ggml.pre", "qwen2");
	gguf_make_strs(f, "tokenizer.ggml.tokens", list, FIRST + script->n);
	gguf_make_array(f, "tokenizer.ggml.token_type", GGUF_I32, types, FIRST + script->n, sizeof types[0]);
	gguf_make_strs(f, "tokenizer.ggml.merges", NULL, 0);
	gguf_make_u32(f, "tokenizer.ggml.eos_token_id", END);
	gguf_make_str(f, "tokenizer.chat_template", script->template);
}

static void
add_tensor(struct gguf_make *f, const char *name, const float *x, uint64_t cols, uint64_t rows)
{
	uint64_t dims[2] = {cols, rows};

	gguf_make_tensor(f, name, 0, rows > 1 ? 2 : 1, dims, x, cols * rows * sizeof *x);
}

static void
make_layer(struct gguf_make *f, const float *ones)
{
	static const char *const names[] = {
		"blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight", "blk.0.attn_output.weight",
		"blk.0.ffn_gate.weight", "blk.0.ffn_up.weight", "blk.0.ffn_down.weight",
	};
	static const uint64_t shapes[][2] = {
		{N_EMBD, 32}, {N_EMBD, 32}, {N_EMBD, 32}, {32, N_EMBD}, {N_EMBD, 32}, {N_EMBD, 32}, {32, N_EMBD},
	};
	float *zeros = mem_new0(N_EMBD * 32, sizeof *zeros);

	add_tensor(f, "blk.0.attn_norm.weight", ones, N_EMBD, 1);
	add_tensor(f, "blk.0.ffn_norm.weight", ones, N_EMBD, 1);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		add_tensor(f, names[i], zeros, shapes[i][0], shapes[i][1]);
	free(zeros);
}

static void
make_parrot(const struct script *script, struct buf *out)
{
	const size_t n_vocab = FIRST + script->n;
	float *embd = mem_new0(n_vocab * N_EMBD, sizeof *embd), *next = mem_new0(n_vocab * N_EMBD, sizeof *next);
	float ones[N_EMBD];
	struct gguf_make f = {0};

	for (size_t i = 0; i < N_EMBD; i++)
		ones[i] = 1;
	for (size_t i = 0; i < n_vocab; i++) {
		size_t after = i < END ? FIRST : i + 1;

		if (i == n_vocab - 1)
			after = script->endless ? i : END;
		embd[i * N_EMBD + i] = 1;
		next[after * N_EMBD + i] = 1;
	}
	gguf_make_str(&f, "general.architecture", "llama");
	gguf_make_str(&f, "general.name", "parrot");
	gguf_make_u32(&f, "llama.block_count", 1);
	gguf_make_u32(&f, "llama.context_length", N_CTX);
	gguf_make_u32(&f, "llama.embedding_length", N_EMBD);
	gguf_make_u32(&f, "llama.feed_forward_length", 32);
	gguf_make_u32(&f, "llama.attention.head_count", 1);
	gguf_make_u32(&f, "llama.attention.head_count_kv", 1);
	gguf_make_u32(&f, "llama.attention.key_length", 32);
	gguf_make_u32(&f, "llama.attention.value_length", 32);
	gguf_make_u32(&f, "llama.rope.dimension_count", 32);
	gguf_make_f32(&f, "llama.attention.layer_norm_rms_epsilon", 0.00001f);
	make_tok(&f, script);
	add_tensor(&f, "token_embd.weight", embd, N_EMBD, n_vocab);
	add_tensor(&f, "output_norm.weight", ones, N_EMBD, 1);
	add_tensor(&f, "output.weight", next, N_EMBD, n_vocab);
	make_layer(&f, ones);
	gguf_make_finish(&f, out);
	free(embd);
	free(next);
}

static bool
write_parrot(const char *path, const struct script *script, struct err *e)
{
	struct buf file = {0};
	bool ok;

	make_parrot(script, &file);
	ok = fs_write_atomic(path, file.data, file.len, e);
	buf_done(&file);
	return ok;
}

static void
wait_until(struct talk *t, bool (*busy)(const struct talk *))
{
	struct pollfd p[2];
	int fds[2];

	/* What waited for the test, not for the session, wakes no descriptor. */
	for ((void)talk_poll(t); busy(t); (void)talk_poll(t)) {
		int n = talk_fds(t, fds);

		for (int i = 0; i < n; i++)
			p[i] = (struct pollfd){fds[i], POLLIN, 0};
		poll(p, (nfds_t)n, -1);
	}
}

static bool
before_answer(const struct talk *t)
{
	return t->status != TALK_ANSWERING;
}

static void
open_talk(struct talk *t, const struct script *script, uint32_t n_ctx)
{
	char path[] = "/tmp/minnow-parrot-XXXXXX";
	struct talk_options o = {.name = "parrot", .sampling = {.temp = 0}};
	struct load_options lo = {.path = path, .engine = {.n_threads = 2}, .session = {.n_ctx = n_ctx, .kv = KV_f16}};
	struct err e = {0};
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	sampler_params_default(&o.sampling);
	o.sampling.temp = 0;
	assert_true(write_parrot(path, script, &e));
	talk_init(t, &o);
	talk_open(t, load_start(&lo, &e), &e);
	wait_until(t, talk_busy);
	remove(path);
	if (t->status != TALK_READY)
		print_error("%s\n", t->err.text);
	assert_int_equal(t->status, TALK_READY);
}

static void
says_its_text(void **state)
{
	struct talk t;
	struct err e = {0};
	const struct turn *last;

	(void)state;
	open_talk(&t, &says, 1024);
	assert_true(talk_ask(&t, "hello", &e));
	assert_false(talk_ask(&t, "again", &e));		/* one at a time */
	wait_until(&t, talk_busy);
	last = talk_last_answer(&t);
	assert_non_null(last);
	assert_true(strncmp(last->raw.data, "Three things cost time here:\n", 29) == 0);
	assert_non_null(strstr(last->raw.data, "\x1b[31mdone"));
	assert_non_null(strstr(last->clean.data, "␛[31mdone"));
	assert_null(turn_ending(last));
	assert_int_equal(t.stats.n_generated, says.n);
	/* All of it was counted, however soon the session began. */
	assert_int_equal(meter_passes(&t.meter), says.n);
	assert_int_equal(t.n_turns, 2);
	assert_true(talk_regenerate(&t, &e));
	wait_until(&t, talk_busy);
	assert_int_equal(t.n_turns, 2);
	assert_true(talk_clear(&t, &e));
	assert_int_equal(t.n_turns, 0);
	assert_false(talk_regenerate(&t, &e));
	talk_done(&t);
}

static void
parts_are_kept_apart(void **state)
{
	struct talk t;
	struct err e = {0};
	const struct turn *last;

	(void)state;
	open_talk(&t, &thinks, 1024);
	assert_null(talk_note(&t));
	assert_true(talk_ask(&t, "hello", &e));
	wait_until(&t, talk_busy);
	last = talk_last_answer(&t);
	assert_string_equal(buf_str(&last->thinking), "They greet\nme.");
	assert_string_equal(buf_str(&last->raw), "Hello, I look.\n");
	assert_int_equal(last->n_calls, 1);
	assert_string_equal(last->calls[0].name, "get_weather");
	assert_string_equal(last->calls[0].arguments, "{\"city\": \"Seoul\"}");
	assert_string_equal(buf_str(&last->calls_json), "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Seoul\"}}");
	assert_non_null(strstr(buf_str(&last->calls_raw), "<tool_call>\n{"));
	assert_true(last->thinking_s >= 0 && last->thinking_s <= t.stats.generate_s);
	assert_false(turn_thinks(last));
	assert_null(turn_ending(last));
	/* What was said before is in the cache up to where the template first writes otherwise. */
	assert_true(talk_ask(&t, "again", &e));
	wait_until(&t, talk_busy);
	assert_true(t.stats.n_reused >= strlen("user: hello\n"));
	assert_int_equal(talk_last_answer(&t)->n_calls, 1);
	talk_done(&t);
}

static void
what_cannot_be_set_is_told(void **state)
{
	struct talk t;

	(void)state;
	open_talk(&t, &says, 64);
	assert_null(talk_note(&t));
	t.think = THINK_OFF;
	assert_non_null(strstr(talk_note(&t), "no switch for thinking"));
	talk_done(&t);
}

static void
stops(void **state)
{
	struct talk t;
	struct err e = {0};

	(void)state;
	open_talk(&t, &endless, N_CTX);
	assert_true(talk_ask(&t, "hello", &e));
	wait_until(&t, before_answer);
	assert_true(talk_stop(&t));
	wait_until(&t, talk_busy);
	assert_string_equal(turn_ending(talk_last_answer(&t)), "stopped");
	assert_false(talk_stop(&t));
	talk_done(&t);
}

static void
tells_when_the_context_is_full(void **state)
{
	struct talk t;
	struct err e = {0};

	(void)state;
	open_talk(&t, &endless, 64);
	assert_true(talk_ask(&t, "hello", &e));
	wait_until(&t, talk_busy);
	assert_non_null(strstr(turn_ending(talk_last_answer(&t)), "the context is full"));
	talk_done(&t);
}

/* Questions until one does not fit any more. */
static void
fill(struct talk *t, uint32_t *needed)
{
	struct err e = {0};
	size_t before;

	do {
		before = t->n_turns;
		if (talk_ask(t, "a question of some length, and then a word more", &e))
			wait_until(t, talk_busy);
	} while (t->n_turns > before);
	*needed = t->n_needed;
}

static void
what_does_not_fit_takes_nothing_away(void **state)
{
	struct talk t;
	struct err e = {0};
	uint32_t needed;
	size_t n;
	char long_text[1400];

	(void)state;
	open_talk(&t, &says, 1400);
	fill(&t, &needed);
	assert_true(needed >= 1400);
	n = t.n_turns;
	assert_true(n >= 4);
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	assert_false(talk_ask_at(&t, 0, long_text, &e));
	assert_true(t.n_needed >= 1400);
	assert_int_equal(t.n_turns, n);
	assert_non_null(strstr(e.text, "the context holds 1400"));
	/* What fits says nothing of the kind. */
	assert_true(talk_regenerate(&t, &e));
	assert_int_equal(t.n_needed, 0);
	wait_until(&t, talk_busy);
	talk_done(&t);
}

static void
ways_out_of_a_full_context(void **state)
{
	static const char question[] = "a question of some length, and then a word more";
	struct talk_prompt p = {.text = question};
	struct talk t;
	struct fit f;
	struct err e = {0};
	uint32_t needed, n_left;
	size_t n;

	(void)state;
	open_talk(&t, &says, 1400);
	fill(&t, &needed);
	n = p.at = t.n_turns;
	assert_true(fit_find(&t, &p, false, &f, &e));
	assert_int_equal(f.n, 4);
	assert_int_equal(f.n_prompt, needed);
	assert_string_equal(f.choices[0].key, "leave-out");
	assert_string_equal(f.choices[1].key, "enlarge");
	assert_string_equal(f.choices[2].key, "shorten");
	assert_string_equal(f.choices[3].key, "new");
	assert_null(fit_choice_find(&f, "something typed"));
	/* The fewest turns that leave a quarter for the answer, whole exchanges only. */
	assert_true(f.left_out >= 2 && f.left_out % 2 == 0);
	p.left_out = f.left_out;
	assert_true(talk_count(&t, &p, &n_left, &e));
	assert_true(n_left <= 1050);
	p.left_out = f.left_out - 2;
	assert_true(talk_count(&t, &p, &n_left, &e));
	assert_true(n_left > 1050);
	talk_leave_out(&t, f.left_out);
	assert_true(talk_ask(&t, question, &e));
	wait_until(&t, talk_busy);
	assert_int_equal(t.n_turns, n + 2);		/* it is all still there */
	assert_true(t.stats.n_prompt <= 1050);
	assert_int_equal(t.n_left_out, f.left_out);
	/* An earlier question is asked with all that is before it. */
	assert_true(talk_ask_at(&t, 0, "hello", &e));
	assert_int_equal(t.n_left_out, 0);
	wait_until(&t, talk_busy);
	/* A wider one goes on where the narrow one is. */
	fill(&t, &needed);
	p = (struct talk_prompt){.at = t.n_turns, .text = question};
	assert_true(fit_find(&t, &p, false, &f, &e));
	assert_int_equal(f.wide, 2800);
	assert_true(talk_widen(&t, f.wide, KV_f16, &e));
	assert_int_equal(t.n_ctx, 2800);
	assert_true(talk_ask(&t, question, &e));
	wait_until(&t, talk_busy);
	assert_true(t.stats.n_reused > 900);
	assert_null(turn_ending(talk_last_answer(&t)));
	talk_done(&t);
}

static void
a_message_longer_than_all_can_only_be_shortened(void **state)
{
	char *text = mem_new0(N_CTX + 10, 1);
	struct talk_prompt p = {.text = text};
	struct talk t;
	struct fit f;
	struct err e = {0};

	(void)state;
	memset(text, 'x', N_CTX + 5);
	open_talk(&t, &says, 64);
	assert_false(talk_ask(&t, text, &e));
	assert_int_equal(t.n_turns, 0);
	assert_true(fit_find(&t, &p, false, &f, &e));
	assert_int_equal(f.n, 2);
	assert_string_equal(f.choices[0].key, "shorten");
	talk_done(&t);
	free(text);
}

static void
an_answer_that_filled_the_context_goes_on(void **state)
{
	struct talk t;
	struct err e = {0};
	struct buf before = {0};
	const struct turn *last;
	uint32_t n;

	(void)state;
	open_talk(&t, &endless, 64);
	assert_true(talk_ask(&t, "hello", &e));
	wait_until(&t, talk_busy);
	last = talk_last_answer(&t);
	assert_true(turn_is_cut(last));
	assert_false(talk_go_on(&t, 1, &e));		/* there is no room yet */
	assert_int_equal(t.n_turns, 2);
	assert_true(t.n_needed >= 64);
	n = (uint32_t)last->n_tokens;
	buf_add(&before, last->raw.data, last->raw.len);
	assert_true(talk_widen(&t, 256, KV_f16, &e));
	assert_true(talk_go_on(&t, 1, &e));
	wait_until(&t, talk_busy);
	last = talk_last_answer(&t);
	assert_int_equal(t.n_turns, 2);
	assert_true(last->n_tokens > n + 100 && last->raw.len > before.len);
	assert_memory_equal(last->raw.data, before.data, before.len);
	assert_true(t.stats.n_reused >= 60);
	/* One that was brought back has its text alone, which the tokenizer may compose otherwise (NFC). */
	t.turns[1]->n_tokens = 0;
	assert_true(talk_widen(&t, 4096, KV_f16, &e));
	assert_true(talk_go_on(&t, 1, &e));
	wait_until(&t, talk_busy);
	assert_memory_equal(talk_last_answer(&t)->raw.data, before.data, 200);
	assert_true(talk_last_answer(&t)->raw.len > before.len);
	buf_done(&before);
	talk_done(&t);
}

static void
who_asks_while_the_session_is_held_waits(void **state)
{
	char long_text[500];
	struct talk t;
	struct err e = {0};

	(void)state;
	open_talk(&t, &says, 400);
	t.held = true;
	assert_true(talk_ask(&t, "hello", &e));
	(void)talk_poll(&t);
	assert_int_equal(t.status, TALK_READY);
	assert_true(talk_busy(&t));
	assert_true(talk_stop(&t));			/* taken back */
	assert_int_equal(t.n_turns, 0);
	assert_true(talk_ask(&t, "hello", &e));
	t.held = false;
	(void)talk_poll(&t);
	wait_until(&t, talk_busy);
	assert_int_equal(t.n_turns, 2);
	t.turns[0]->kept.id = 1;
	t.held = true;
	assert_true(talk_regenerate(&t, &e));
	assert_int_equal(t.n_turns, 1);
	assert_true(talk_stop(&t));			/* it was said: it stays */
	assert_int_equal(t.n_turns, 1);
	assert_true(talk_regenerate(&t, &e));
	t.held = false;
	(void)talk_poll(&t);
	wait_until(&t, talk_busy);
	assert_int_equal(t.n_turns, 2);
	/* A question that waited, and does not fit: it can be taken up again. */
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	t.held = true;
	assert_true(talk_ask(&t, long_text, &e));
	t.held = false;
	(void)talk_poll(&t);
	assert_int_equal(t.status, TALK_READY);
	assert_string_equal(t.refused, long_text);
	assert_int_equal(t.n_turns, 2);
	talk_done(&t);
}

static void
files_of_questions_are_counted(void **state)
{
	struct talk t;
	struct err e = {0};

	(void)state;
	open_talk(&t, &says, 1024);
	assert_true(talk_ask(&t, "look:\n[notes.txt 2 lines]\n```\none line\nand two\n```\n", &e));
	wait_until(&t, talk_busy);
	assert_int_equal(t.n_files, strlen("one line\nand two\n"));
	talk_leave_out(&t, 2);
	assert_int_equal(t.n_files, 0);
	talk_done(&t);
}

static void
the_system_prompt_is_counted_as_it_is_sent(void **state)
{
	struct talk t;
	struct err e = {0};

	(void)state;
	open_talk(&t, &thinks, 1024);			/* its template writes "system: … " and a new line */
	assert_int_equal(t.n_system, 0);
	talk_set_system(&t, "be brief");
	assert_int_equal(t.n_system, strlen("system: be brief\n"));
	assert_int_equal(t.n_used, t.n_system);
	assert_true(talk_ask(&t, "hello", &e));
	wait_until(&t, talk_busy);
	assert_true(t.n_used > t.n_system);
	talk_set_system(&t, "");
	assert_int_equal(t.n_system, 0);
	talk_done(&t);
}

static void
fails_with_a_sentence(void **state)
{
	struct load_options lo = {.path = "/nonexistent/file.gguf"};
	struct talk_options o = {.name = "a\x1b[2J"};
	struct talk t;
	struct err e = {0};

	(void)state;
	talk_init(&t, &o);
	talk_open(&t, load_start(&lo, &e), &e);
	wait_until(&t, talk_busy);
	assert_int_equal(t.status, TALK_FAILED);
	assert_non_null(strstr(t.err.text, "/nonexistent/file.gguf"));
	assert_string_equal(t.name, "a␛[2J");
	assert_false(talk_ask(&t, "hello", &e));
	talk_done(&t);
}

static void
count_joules(const char *root, const char *uj)
{
	char path[96];
	struct err e = {0};

	snprintf(path, sizeof path, "%s/intel-rapl:0/energy_uj", root);
	assert_true(fs_write_atomic(path, uj, strlen(uj), &e));
}

static void
poll_comparison(struct compare *c)
{
	struct pollfd p[COMPARE_MAX];
	int fds[COMPARE_MAX];

	while (compare_running(c)) {
		int n = compare_fds(c, fds);

		for (int i = 0; i < n; i++)
			p[i] = (struct pollfd){fds[i], POLLIN, 0};
		poll(p, (nfds_t)n, -1);
		(void)compare_poll(c);
	}
}

/* Who has the machine alone is charged what its counters say; who shares it is not. */
static void
answers_are_charged(void **state)
{
	char root[32], dir[96];
	struct compare_options o = {.name = "parrot", .settings = "", .system = "", .think = THINK_AUTO,
	    .session = {.n_ctx = 1024, .kv = KV_f16}};
	struct compare c;
	struct err e = {0};
	struct talk t;

	(void)state;
	open_talk(&t, &says, 1024);
	place_make(root);
	snprintf(dir, sizeof dir, "%s/intel-rapl:0", root);
	assert_true(fs_make_dirs(dir, &e));
	snprintf(dir, sizeof dir, "%s/intel-rapl:0/name", root);
	assert_true(fs_write_atomic(dir, "package-0\n", 10, &e));
	snprintf(dir, sizeof dir, "%s/intel-rapl:0/max_energy_range_uj", root);
	assert_true(fs_write_atomic(dir, "100000000\n", 10, &e));
	count_joules(root, "5000000\n");
	compare_init(&c);
	energy_open(&c.energy, root);
	assert_int_equal(c.energy.status, ENERGY_READ);
	sampler_params_default(&o.sampling);
	o.sampling.temp = 0;
	assert_true(compare_add(&c, t.model, &o, &e));
	assert_true(compare_ask(&c, "hello", &e));
	count_joules(root, "10400000\n");
	poll_comparison(&c);
	assert_int_equal(c.panes[0].stats.n_generated, says.n);
	assert_true(pane_energy(&c.panes[0]) > 0.1999 && pane_energy(&c.panes[0]) < 0.2001);	/* 5.4 J for 27 tokens */

	assert_true(compare_add(&c, t.model, &o, &e));
	assert_true(compare_ask(&c, "hello", &e));
	poll_comparison(&c);
	assert_true(pane_energy(&c.panes[0]) >= 0 && pane_energy(&c.panes[1]) >= 0);
	c.together = true;
	assert_true(compare_ask(&c, "hello", &e));
	poll_comparison(&c);
	assert_true(pane_energy(&c.panes[0]) < 0 && pane_energy(&c.panes[1]) < 0);
	compare_done(&c);
	talk_done(&t);
	place_remove(root);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_its_text),
		cmocka_unit_test(parts_are_kept_apart),
		cmocka_unit_test(what_cannot_be_set_is_told),
		cmocka_unit_test(stops),
		cmocka_unit_test(tells_when_the_context_is_full),
		cmocka_unit_test(what_does_not_fit_takes_nothing_away),
		cmocka_unit_test(ways_out_of_a_full_context),
		cmocka_unit_test(a_message_longer_than_all_can_only_be_shortened),
		cmocka_unit_test(an_answer_that_filled_the_context_goes_on),
		cmocka_unit_test(who_asks_while_the_session_is_held_waits),
		cmocka_unit_test(files_of_questions_are_counted),
		cmocka_unit_test(the_system_prompt_is_counted_as_it_is_sent),
		cmocka_unit_test(fails_with_a_sentence),
		cmocka_unit_test(answers_are_charged),
	};
	struct err e = {0};

	if (argc > 1) {
		const struct script *script = &says;
		bool ok;

		for (size_t i = 0; argc > 2 && i < ARRAY_LEN(scripts); i++)
			if (strcmp(argv[2], scripts[i].name) == 0)
				script = scripts[i].script;
		ok = write_parrot(argv[1], script, &e);
		if (!ok)
			fprintf(stderr, "%s\n", e.text);
		return !ok;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
