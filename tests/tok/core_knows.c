/* What chat templates are told and how answers to them are read: thinking, tools, earlier turns, stand-ins, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/chat.h"
#include "core/split.h"
#include "tests/tok/small.h"

#define FOLDER "../shared/templates/"

struct special_token {
	const char *text;
	enum tok_kind kind;
};

struct fixture {
	struct gguf_bytes bytes;
	struct gguf *gguf;
	struct tok *tok;
	struct chat *chat;
};

struct setup {
	const char *template, *arch, *name;
	uint32_t layers;
	bool has_bos;			/* the first of: */
	struct special_token tokens[8];
};

/* The 256 bytes, then the special tokens. */
static void
open_chat(struct fixture *f, const struct setup *s)
{
	struct err e = {0};
	uint32_t n = BPE_BYTES;

	*f = (struct fixture){0};
	for (const struct special_token *t = s->tokens; t->text; t++)
		n++;
	gb_begin(&f->bytes);
	gb_kv_str(&f->bytes, "tokenizer.ggml.model", "gpt2");
	gb_kv_str(&f->bytes, "tokenizer.ggml.pre", "qwen2");
	gb_kv_array(&f->bytes, "tokenizer.ggml.tokens", GGUF_STRING, n);
	for (int i = 0; i < BPE_BYTES; i++) {
		char text[4];

		gb_str(&f->bytes, text, utf8_encode(text, bytechar_of((uint8_t)i)));
	}
	for (uint32_t i = BPE_BYTES; i < n; i++)
		gb_str(&f->bytes, s->tokens[i - BPE_BYTES].text, strlen(s->tokens[i - BPE_BYTES].text));
	gb_kv_array(&f->bytes, "tokenizer.ggml.token_type", GGUF_I32, n);
	for (uint32_t i = 0; i < n; i++)
		gb_u32(&f->bytes, i < BPE_BYTES ? TOK_NORMAL : s->tokens[i - BPE_BYTES].kind);
	gb_kv_array(&f->bytes, "tokenizer.ggml.merges", GGUF_STRING, 0);
	if (s->has_bos)
		gb_kv_u32(&f->bytes, "tokenizer.ggml.bos_token_id", BPE_BYTES);
	if (s->template)
		gb_kv_str(&f->bytes, "tokenizer.chat_template", s->template);
	if (s->arch) {
		char key[64];

		gb_kv_str(&f->bytes, "general.architecture", s->arch);
		snprintf(key, sizeof key, "%s.block_count", s->arch);
		gb_kv_u32(&f->bytes, key, s->layers);
	}
	if (s->name)
		gb_kv_str(&f->bytes, "general.name", s->name);
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

static json_t *
some_tools(void)
{
	static const char text[] = "[{\"name\": \"weather\", \"description\": \"D\", \"parameters\": {\"type\": \"object\", "
	    "\"properties\": {\"city\": {\"type\": \"string\", \"description\": \"C\"}}, \"required\": [\"city\"]}}]";
	struct err e = {0};
	json_t *tools = call_tools_read(text, strlen(text), &e);

	assert_non_null(tools);
	return tools;
}

static void
expect(const struct setup *s, const struct chat_ask *a, const char *want)
{
	struct buf out = {0};
	struct err e = {0};
	struct fixture f;

	open_chat(&f, s);
	if (!chat_render_ask(f.chat, a, &out, &e))
		fail_msg("%s", e.text);
	assert_string_equal(buf_str(&out), want);
	buf_done(&out);
	close_chat(&f);
}

static const struct chat_message hello[] = {{.role = "user", .content = "hi"}};

static void
thinking_is_asked_for_where_it_is_known(void **state)
{
	struct setup knows = {.template = "{{ enable_thinking is defined and enable_thinking }};{{ thinking is defined }}"};
	struct setup other = {.template = "{{ thinking }}"};
	struct setup effort = {.template = "{{ reasoning_effort | default('medium') }}"};
	struct setup local = {.template = "{% set enable_thinking = 1 %}{{ enable_thinking }}"};
	struct chat_ask a = {.messages = hello, .n = 1};
	struct fixture f;

	(void)state;
	expect(&knows, &a, "False;False");
	expect(&other, &a, "");
	expect(&effort, &a, "medium");
	a.think = THINK_ON;
	expect(&knows, &a, "True;False");
	expect(&other, &a, "True");
	expect(&effort, &a, "high");
	expect(&local, &a, "1");
	a.think = THINK_OFF;
	expect(&other, &a, "False");
	expect(&effort, &a, "low");
	open_chat(&f, &knows);
	assert_null(chat_note_think(f.chat, THINK_OFF));
	close_chat(&f);
	open_chat(&f, &effort);
	assert_null(chat_note_think(f.chat, THINK_ON));
	assert_non_null(strstr(chat_note_think(f.chat, THINK_OFF), "little"));
	close_chat(&f);
	open_chat(&f, &local);
	assert_null(chat_note_think(f.chat, THINK_AUTO));
	assert_non_null(strstr(chat_note_think(f.chat, THINK_ON), "no switch"));
	close_chat(&f);
}

static void
tools_go_where_they_are_looked_for(void **state)
{
	static const char described[] = "You have access to functions. If you decide to invoke any of the function(s), you MUST "
	    "put it in the format of {\"name\": function name, \"parameters\": dictionary of argument name and its value}\n\n"
	    "You SHOULD NOT include any other text in the response if you call a function\n[{\"type\": \"function\", "
	    "\"function\": {\"name\": \"weather\", \"description\": \"D\", \"parameters\": {\"type\": \"object\", \"properties\": "
	    "{\"city\": {\"type\": \"string\", \"description\": \"C\"}}, \"required\": [\"city\"]}}}]";
	struct setup variable = {.template = "{% if tools %}{{ tools[0].function.name }}{% endif %};{{ messages[0].content }}"};
	struct setup field = {.template = "{% for m in messages %}{{ m.role }}{{ m.tools[:19] if m.tools else '' }};{% endfor %}"};
	struct setup nowhere = {.template = "{% for m in messages %}{{ m.role }}:{{ m.content }};{% endfor %}"};
	struct setup no_system = {.template = "{% for m in messages if m.role == 'user' %}{{ m.content }};{% endfor %}"};
	json_t *tools = some_tools();
	struct chat_ask a = {.messages = hello, .n = 1, .tools = tools};
	struct buf want = {0};

	(void)state;
	expect(&variable, &a, "weather;hi");
	expect(&field, &a, "system[{\"name\": \"weather\";user;");
	buf_printf(&want, "system:%s;user:hi;", described);
	expect(&nowhere, &a, want.data);
	buf_clear(&want);
	buf_printf(&want, "%s\n\nhi;", described);
	expect(&no_system, &a, want.data);
	buf_done(&want);
	json_decref(tools);
}

static void
earlier_turns_are_given_as_the_template_takes_them(void **state)
{
	static const struct chat_message turns[] = {
		{.role = "user", .content = "q"},
		{.role = "assistant", .content = "a", .thinking = "t", .tool_calls = "[{\"name\": \"f\", \"arguments\": {\"x\": 1}}]",
		    .tool_text = "<call>"},
		{.role = "user", .content = "r"},
	};
	struct chat_ask a = {.messages = turns, .n = 3};
	struct setup all = {.template = "{% for m in messages %}{{ m.content }}{{ m.reasoning_content }}"
	    "{% for c in m.tool_calls %}{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %};{% endfor %}"};
	struct setup kin = {.template = "{% for m in messages %}{{ m.content }}{{ m['thinking'] }};{% endfor %}"};
	struct setup plain = {.template = "{% for m in messages %}{{ m.content }};{% endfor %}"};
	struct setup strict = {.template = "{% for m in messages %}{% if m.tool_calls %}{{ raise_exception('results first') }}"
	    "{% endif %}{{ m.content }};{% endfor %}"};

	struct setup one_thing = {.template = "{% for m in messages %}{% if m.content and m.thinking %}{{ raise_exception('both') }}"
	    "{% endif %}{{ m.content }};{% endfor %}"};

	(void)state;
	expect(&one_thing, &a, "q;a\n<call>;r;");
	expect(&all, &a, "q;atf{\"x\": 1};r;");
	expect(&kin, &a, "q;a\n<call>t;r;");
	expect(&plain, &a, "q;a\n<call>;r;");
	expect(&strict, &a, "q;a\n<call>;r;");
}

static const char *
opening(const char *template, const char *question)
{
	struct setup s = {.template = template};
	struct chat_message m = {.role = "user", .content = question};
	struct chat_ask a = {.messages = &m, .n = 1};
	struct split_start start;
	struct tok_ids ids = {0};
	struct err e = {0};
	struct fixture f;

	open_chat(&f, &s);
	assert_true(chat_encode(f.chat, &a, &ids, &start, &e));
	tok_ids_done(&ids);
	close_chat(&f);
	return start.open;
}

static void
a_prompt_may_open_the_thinking(void **state)
{
	static const char opens[] = "{{ messages[0].content }}{% if add_generation_prompt %}<a><think>\n{% endif %}";
	static const char closes[] = "{{ messages[0].content }}{% if add_generation_prompt %}<a><think>\n\n</think>\n{% endif %}";

	(void)state;
	assert_string_equal(opening(opens, "q"), "<think>");
	assert_null(opening(closes, "q"));
	assert_null(opening("{{ messages[0].content }}", "what is <think>"));
}

static void
stand_ins_are_the_familys(void **state)
{
	static const struct {
		struct setup s;
		const char *want, *says;
	} cases[] = {
		{{.arch = "phi2", .layers = 32}, "S\nInstruct: q\nOutput: a\nInstruct: r\nOutput:", "phi-2"},
		{{.arch = "phi2", .layers = 24}, "S\n\nq\n\n a\n\nr", "continues the text"},
		{{.arch = "qwen2", .name = "Qwen2 0.5B", .tokens = {{"<|im_end|>", TOK_CONTROL}}}, "S\n\nq\n\n a\n\nr",
		    "continues the text"},
		{{.arch = "qwen", .name = "Qwen 7B Chat", .tokens = {{"<|im_end|>", TOK_CONTROL}}},
		    "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n a<|im_end|>\n"
		    "<|im_start|>user\nr<|im_end|>\n<|im_start|>assistant\n", "ChatML"},
		{{.arch = "llama", .tokens = {{"<|im_end|>", TOK_USER}}},
		    "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n a<|im_end|>\n"
		    "<|im_start|>user\nr<|im_end|>\n<|im_start|>assistant\n", "suggests ChatML"},
		{{.arch = "gemma2"}, "S\n\nq\n\n a\n\nr", "continues the text"},
		{{.arch = NULL}, "S\n\nq\n\n a\n\nr", "continues the text"},
	};
	static const struct chat_message turns[] = {
		{.role = "system", .content = "S"}, {.role = "user", .content = "q"},
		{.role = "assistant", .content = " a"}, {.role = "user", .content = "r"},
	};
	struct chat_ask a = {.messages = turns, .n = 4};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture f;

		expect(&cases[i].s, &a, cases[i].want);
		open_chat(&f, &cases[i].s);
		if (!strstr(chat_standin(f.chat), cases[i].says))
			fail_msg("case %zu says: %s", i, chat_standin(f.chat));
		close_chat(&f);
	}
}

static void
turns_end_as_the_families_say(void **state)
{
	static const struct setup s = {.template = "x", .tokens = {
		{"</s>", TOK_USER}, {"<end_of_turn>", TOK_USER}, {"<turn|>", TOK_CONTROL}, {"<|tool_response>", TOK_CONTROL},
		{"<|end|>", TOK_CONTROL}, {"<|eom_id|>", TOK_NORMAL},
	}};
	static const bool ends[] = {false, true, true, true, true, false};
	static const struct setup harmony = {.template = "x", .tokens = {
		{"<|return|>", TOK_CONTROL}, {"<|call|>", TOK_CONTROL}, {"<|channel|>", TOK_CONTROL}, {"<|end|>", TOK_CONTROL},
		{"<|message|>", TOK_CONTROL}, {"<|constrain|>", TOK_CONTROL},
	}};
	struct fixture f;

	(void)state;
	open_chat(&f, &s);
	for (uint32_t i = 0; i < ARRAY_LEN(ends); i++)
		assert_int_equal(tok_is_end(f.tok, BPE_BYTES + i), ends[i]);
	close_chat(&f);
	open_chat(&f, &harmony);
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(tok_is_end(f.tok, BPE_BYTES + i), i < 2);
		assert_int_equal(chat_is_mark(f.chat, BPE_BYTES + i), i >= 2);
	}
	close_chat(&f);
}

/* The published templates: which of them have a switch for thinking, and where their tools go. */
static void
published_templates(void **state)
{
	static const struct {
		const char *name;
		bool thinks, takes_tools;
	} cases[] = {
		{"bitnet-b1.58-2b-4t", false, false}, {"chatml", false, false}, {"deepseek-r1-distill-llama", false, false},
		{"deepseek-r1-distill-qwen", true, false}, {"gemma-1-7b-it", false, false}, {"gemma-2-2b-it", false, false},
		{"gemma-3", false, false}, {"gemma-3n", false, false}, {"gemma-4-31b-it", true, true}, {"gemma-4-e2b", true, true},
		{"llama-3-8b-instruct", false, false}, {"llama-3.1-8b-instruct", false, true},
		{"llama-3.2-3b-instruct", false, true}, {"phi-3-mini", false, false}, {"phi-3.5-mini", false, false},
		{"phi-4", false, false}, {"phi-4-mini", false, true}, {"phi-4-mini-reasoning", false, true},
		{"phi-4-reasoning", false, false}, {"qwen1.5", false, false}, {"qwen2", false, false}, {"qwen2.5", false, true},
		{"qwen3-0.6b", true, true}, {"qwen3-coder", false, true}, {"qwen3.5-4b", true, true}, {"qwq-32b", true, true},
		{"smollm2", false, false}, {"smollm3-3b", true, false},
	};

	(void)state;
	if (!fs_exists(FOLDER "qwen3-0.6b.jinja"))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf path = {0}, source = {0}, out = {0};
		struct chat_ask a = {.messages = hello, .n = 1};
		json_t *tools = some_tools();
		struct err e = {0};
		struct fixture f;

		buf_printf(&path, FOLDER "%s.jinja", cases[i].name);
		assert_true(fs_read(&source, path.data, 1 << 20, &e));
		open_chat(&f, &(struct setup){.template = buf_str(&source), .has_bos = true,
		    .tokens = {{"<bos>", TOK_CONTROL}}});
		if (!chat_note_think(f.chat, THINK_ON) != cases[i].thinks || !chat_note_tools(f.chat) != cases[i].takes_tools)
			fail_msg("%s: %s; %s", cases[i].name, chat_note_think(f.chat, THINK_ON) ? "no switch" : "has a switch",
			    chat_note_tools(f.chat) ? "no place for tools" : "takes tools");
		a.tools = tools;
		if (!chat_render_ask(f.chat, &a, &out, &e) || !strstr(buf_str(&out), "weather"))
			fail_msg("%s: %s%s", cases[i].name, e.text, buf_str(&out));
		json_decref(tools);
		buf_done(&path);
		buf_done(&source);
		buf_done(&out);
		close_chat(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thinking_is_asked_for_where_it_is_known),
		cmocka_unit_test(tools_go_where_they_are_looked_for),
		cmocka_unit_test(earlier_turns_are_given_as_the_template_takes_them),
		cmocka_unit_test(a_prompt_may_open_the_thinking),
		cmocka_unit_test(stand_ins_are_the_familys),
		cmocka_unit_test(turns_end_as_the_families_say),
		cmocka_unit_test(published_templates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
