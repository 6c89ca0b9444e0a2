/* Prompts of a model's own template: system text that it refuses or drops, a template that is missing or broken, and
 * the begin token, once.  On a vocabulary of a few entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/chat.h"
#include "tests/tok/small.h"

struct fixture {
	struct gguf_bytes bytes;
	struct gguf *gguf;
	struct tok *tok;
	struct chat *chat;
};

static const struct chat_message turns[] = {{"system", " S "}, {"user", "a"}, {"assistant", "b"}, {"user", "ab"}};

static void
open_chat(struct fixture *f, const char *template, bool adds_bos)
{
	struct err e = {0};

	*f = (struct fixture){0};
	write_spm(&f->bytes, true);
	gb_kv_bool(&f->bytes, "tokenizer.ggml.add_bos_token", adds_bos);
	if (template)
		gb_kv_str(&f->bytes, "tokenizer.chat_template", template);
	f->gguf = gb_open(&f->bytes, &e);
	f->tok = f->gguf ? tok_open(f->gguf, &e) : NULL;
	if (!f->tok)
		fail_msg("%s", e.text);
	f->chat = chat_open(f->gguf, f->tok);
}

static void
close_chat(struct fixture *f)
{
	chat_close(f->chat);
	tok_close(f->tok);
	gguf_close(f->gguf);
	buf_done(&f->bytes.out);
}

static void
expect(const char *template, const char *want)
{
	struct buf out = {0};
	struct err e = {0};
	struct fixture f;

	open_chat(&f, template, true);
	if (!chat_render_text(f.chat, turns, 4, NULL, &out, &e))
		fail_msg("%s", e.text);
	assert_string_equal(buf_str(&out), want);
	buf_done(&out);
	close_chat(&f);
}

static void
system_text_is_never_lost(void **state)
{
	(void)state;
	expect("{{ bos_token }}{% for m in messages %}{{ m.role[0] }}:{{ m.content | trim }};{% endfor %}"
	    "{% if add_generation_prompt %}a:{% endif %}", "<s>s:S;u:a;a:b;u:ab;a:");
	expect("{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}"
	    "{% for m in messages %}{{ m.content }};{% endfor %}", " S \n\na;b;ab;");
	expect("{% for m in messages if m.role != 'system' %}{{ m.content }};{% endfor %}", " S \n\na;b;ab;");
}

static void
missing_template_has_a_stand_in(void **state)
{
	struct fixture f;

	(void)state;
	expect(NULL, " S \n\na\n\nb\n\nab");
	open_chat(&f, NULL, false);
	assert_non_null(chat_standin(f.chat));
	close_chat(&f);
	open_chat(&f, "x", false);
	assert_null(chat_standin(f.chat));
	close_chat(&f);
}

static void
broken_template_is_told_when_asked_for(void **state)
{
	struct buf out = {0};
	struct err e = {0};
	struct fixture f;

	(void)state;
	open_chat(&f, "{% for %}", false);
	assert_false(chat_render_text(f.chat, turns, 4, NULL, &out, &e));
	assert_non_null(strstr(e.text, "chat template cannot be used: template line 1: "));
	close_chat(&f);
	open_chat(&f, "{{ raise_exception('alternate') }}", false);
	assert_false(chat_render_text(f.chat, turns, 4, NULL, &out, &e));
	assert_string_equal(e.text, "template line 1: alternate");
	close_chat(&f);
	buf_done(&out);
}

static void
begin_token_comes_once(void **state)
{
	static const struct {
		const char *template;
		bool adds_bos;
		size_t n;		/* begin tokens */
	} cases[] = {{"a", true, 1}, {"{{ bos_token }}a", true, 1}, {"a", false, 0}, {"{{ bos_token }}a", false, 1}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct chat_ask a = {.messages = turns + 1, .n = 1};
		struct tok_ids ids = {0};
		struct err e = {0};
		struct fixture f;
		size_t n = 0;

		open_chat(&f, cases[i].template, cases[i].adds_bos);
		assert_true(chat_encode(f.chat, &a, &ids, NULL, &e));
		for (size_t k = 0; k < ids.n; k++)
			n += ids.ids[k] == BOS;
		assert_int_equal(n, cases[i].n);
		tok_ids_done(&ids);
		close_chat(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(system_text_is_never_lost),
		cmocka_unit_test(missing_template_has_a_stand_in),
		cmocka_unit_test(broken_template_is_told_when_asked_for),
		cmocka_unit_test(begin_token_comes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
