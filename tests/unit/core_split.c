/* The parts of an answer and the tool calls in it, for every syntax of section.def, whole and in chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/data/parts.h"

static const char tools_text[] =
    "[{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {\"type\": \"object\", \"properties\": {"
    "\"s\": {\"type\": \"string\"}, \"n\": {\"type\": \"integer\"}, \"b\": {\"type\": \"boolean\"}}}}}]";

static const struct split_start *
all_sections(bool with_tools, const char *open)
{
	static struct split_start start;
	static json_t *tools;
	struct err e = {0};

	if (!tools)
		tools = call_tools_read(tools_text, strlen(tools_text), &e);
	start = (struct split_start){.open = open, .tools = with_tools ? tools : NULL};
	for (size_t i = 0; section_at(i); i++)
		if (with_tools || section_at(i)->place < SECTION_TOOLS)
			start.sections |= (uint64_t)1 << i;
	return &start;
}

struct expected {
	const char *text;
	const char *thinking, *answer;
	const char *calls;		/* JSON */
	const char *broken;		/* NULL: nothing is */
	const char *open;
	bool no_tools;
};

#define F(args) "[{\"name\": \"f\", \"arguments\": " args "}]"

static const struct expected cases[] = {
	{"plain", "", "plain", "[]", NULL},
	{"", "", "", "[]", NULL},
	{"  \n", "", "  \n", "[]", NULL},
	/* thinking */
	{"<think>\nhm\n\nso\n</think>\n\nyes\n", "hm\n\nso", "yes\n", "[]", NULL},
	{"\n <think>hm</think>yes", "hm", "yes", "[]", NULL},
	{"<think>\n\n</think>\n\nyes", "", "yes", "[]", NULL},
	{"hm\n</think>\n\nyes", "hm", "yes", "[]", NULL, "<think>"},
	{"\nhm</think>yes", "hm", "yes", "[]", NULL, "<think>"},
	{"<think>never ends\n", "never ends\n", "", "[]", NULL},
	{"<think>a </thin b", "a </thin b", "", "[]", NULL},
	{"<thin", "", "<thin", "[]", NULL},
	{"The tag <think> opens it, </think> ends it", "", "The tag <think> opens it, </think> ends it", "[]", NULL},
	{"<think>a<think>b</think>c</think>", "a<think>b", "c</think>", "[]", NULL},
	{"<think>a</think>\n<think>b</think>c", "ab", "c", "[]", NULL},
	{"<|channel>thought\nhm\n<channel|>yes", "hm", "yes", "[]", NULL},
	{"<|channel>thought\n<channel|>yes", "", "yes", "[]", NULL},
	{"<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>yes", "hm", "yes", "[]", NULL},
	{"<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json"
	    "<|message|>{\"n\": 1}", "hm", "", F("{\"n\": 1}"), NULL},
	{"<|start|>assistant to=functions.f<|channel|>commentary json<|message|>{\"n\": 1}<|call|>", "", "", F("{\"n\": 1}"),
	    NULL},
	{"<|channel|>commentary<|message|>First I look.<|end|>", "", "First I look.", "[]", NULL},
	/* Hermes */
	{"<tool_call>\n{\"name\": \"f\", \"arguments\": {\"s\": \"x\"}}\n</tool_call>", "", "", F("{\"s\": \"x\"}"), NULL},
	{"Let me see.\n<tool_call>{\"name\": \"f\"}</tool_call>\n<tool_call>{\"name\": \"g\", \"arguments\": null}</tool_call>"
	    "\nDone.", "", "Let me see.\nDone.", "[{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"arguments\": {}}]",
	    NULL},
	{"<think>call it</think><tool_call>{\"name\": \"f\", \"arguments\": \"{\\\"n\\\": 2}\"}</tool_call>", "call it", "",
	    F("{\"n\": 2}"), NULL},
	{"<tool_call>{\"name\": \"f\", \"arguments\": {\"s\": \"</tool_call>\"}}</tool_call>!", "", "!",
	    F("{\"s\": \"</tool_call>\"}"), NULL},
	{"<tool_call>[{\"name\": \"f\", \"arguments\": {}}]", "", "", F("{}"), NULL},
	{"a<tool_call>{\"name\": f}</tool_call>b", "", "ab", "[]", "<tool_call>{\"name\": f}</tool_call>"},
	{"<tool_call>{\"name\": \"f</tool_call>\n</tool_call>b", "", "b", "[]", "<tool_call>{\"name\": \"f</tool_call>\n</tool_call>"},
	{"<tool_call></tool_call>", "", "", "[]", "<tool_call></tool_call>"},
	{"<tool_call>{\"name\": \"\"}</tool_call>", "", "", "[]", "<tool_call>{\"name\": \"\"}</tool_call>"},
	{"<tool_call>{\"name\": \"f\", \"arguments\": [1]}", "", "", "[]", "<tool_call>{\"name\": \"f\", \"arguments\": [1]}"},
	{"<tool_call>{\"name\": \"f\", \"arg", "", "", "[]", "<tool_call>{\"name\": \"f\", \"arg"},
	/* Qwen3-Coder */
	{"<tool_call>\n<function=f>\n<parameter=s>\n1\n</parameter>\n<parameter=n>\n1\n</parameter>\n<parameter=b>\nTrue\n"
	    "</parameter>\n</function>\n</tool_call>", "", "", F("{\"s\": \"1\", \"n\": 1, \"b\": true}"), NULL},
	{"<tool_call><function=f><parameter=s>\na</tool_call>\n</parameter> b\n\n</parameter></function></tool_call>", "", "",
	    F("{\"s\": \"a</tool_call>\\n</parameter> b\\n\"}"), NULL},
	{"<tool_call><function=f><parameter=other>[1, 2]</parameter></function></tool_call>", "", "", F("{\"other\": [1, 2]}"),
	    NULL},
	{"<tool_call><function=f><parameter=other>5</parameter></function></tool_call>", "", "", F("{\"other\": \"5\"}"), NULL},
	{"<function=f>\n<parameter=n>\n7\n</parameter>\n</function>\n</tool_call>", "", "", F("{\"n\": 7}"), NULL},
	{"<function=f>", "", "<function=f>", "[]", NULL, NULL, true},
	{"<tool_call><function=f>loose</function></tool_call>", "", "", "[]",
	    "<tool_call><function=f>loose</function></tool_call>"},
	/* Phi-4-mini */
	{"<|tool_call|>[{\"name\": \"f\", \"arguments\": {\"n\": 3}}]<|/tool_call|>", "", "", F("{\"n\": 3}"), NULL},
	/* Gemma 4 */
	{"<|tool_call>call:f{s:<|\"|>a}<tool_call|>,<|\"|>,n:1.5,b:false,l:[1,{k:null}],<|\"|>q k<|\"|>:{}}<tool_call|>", "", "",
	    F("{\"s\": \"a}<tool_call|>,\", \"n\": 1.5, \"b\": false, \"l\": [1, {\"k\": null}], \"q k\": {}}"), NULL},
	{"<|tool_call>call:f{}<tool_call|><|tool_call>call:g{}<tool_call|>", "", "",
	    "[{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"arguments\": {}}]", NULL},
	{"<|tool_call>call:f{{\"n\": 1}}<tool_call|>", "", "", F("{\"n\": 1}"), NULL},
	{"<|tool_call>call:f{n:}<tool_call|>", "", "", "[]", "<|tool_call>call:f{n:}<tool_call|>"},
	{"<|tool_call>f{}<tool_call|>x", "", "x", "[]", "<|tool_call>f{}<tool_call|>"},
	/* Llama 3 */
	{"{\"name\": \"f\", \"parameters\": {\"s\": \"x\"}}", "", "", F("{\"s\": \"x\"}"), NULL},
	{"{\"name\": \"f\", \"parameters\": {}}; {\"name\": \"g\", \"parameters\": {}}", "", "",
	    "[{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"arguments\": {}}]", NULL},
	{"{\"name\": \"Ada\", \"parameters\": 3}", "", "{\"name\": \"Ada\", \"parameters\": 3}", "[]", NULL},
	{"{\"age\": 3}", "", "{\"age\": 3}", "[]", NULL},
	{"{\"name\": \"f\", \"parameters\": {}}", "", "{\"name\": \"f\", \"parameters\": {}}", "[]", NULL, NULL, true},
	{"{\"name\": \"f\"} is how", "", "{\"name\": \"f\"} is how", "[]", NULL},
	{"<|python_tag|>{\"name\": \"f\", \"parameters\": {\"n\": 1}}", "", "", F("{\"n\": 1}"), NULL},
	{"<|python_tag|>f.call(s=\"x\")", "", "", F("{\"s\": \"x\"}"), NULL},
	{"<|python_tag|>import os", "", "", "[]", "<|python_tag|>import os"},
	/* Gemma 3 */
	{"Sure:\n```tool_code\nprint(f(s='it\\'s', n=-1, x=[1, (2,), {\"a\": None}]))\n```\n", "", "Sure:\n",
	    F("{\"s\": \"it's\", \"n\": -1, \"x\": [1, [2], {\"a\": null}]}"), NULL},
	{"[f(\"x\", 2), g()]", "", "", "[{\"name\": \"f\", \"arguments\": {\"s\": \"x\", \"n\": 2}}, {\"name\": \"g\", "
	    "\"arguments\": {}}]", NULL},
	{"[1] is a note", "", "[1] is a note", "[]", NULL},
	{"[see this](link)", "", "[see this](link)", "[]", NULL},
	{"```tool_code\nf(g())\n```", "", "", "[]", "```tool_code\nf(g())\n```"},
	{"```tool_code\nf()\n```", "", "```tool_code\nf()\n```", "[]", NULL, NULL, true},
	{"```c\nint x;\n```", "", "```c\nint x;\n```", "[]", NULL},
	/* DeepSeek */
	{"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"n\": 1}\n```<｜tool▁call▁end｜>\n"
	    "<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "", "",
	    "[{\"name\": \"f\", \"arguments\": {\"n\": 1}}, {\"name\": \"g\", \"arguments\": {}}]", NULL},
	{"<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"n\": 1}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "", "",
	    F("{\"n\": 1}"), NULL},
	{"<｜tool▁calls▁begin｜>f<｜tool▁calls▁end｜>x", "", "x", "[]", "<｜tool▁calls▁begin｜>f<｜tool▁calls▁end｜>"},
};

static void
check(const struct expected *c, size_t chunk)
{
	json_t *want = json_loads(c->calls, 0, NULL);
	struct parts p;

	parts_split(&p, all_sections(!c->no_tools, c->open), c->text, strlen(c->text), chunk);
	if (strcmp(buf_str(&p.thinking), c->thinking) != 0 || strcmp(buf_str(&p.answer), c->answer) != 0 ||
	    strcmp(buf_str(&p.broken), c->broken ? c->broken : "") != 0 || !json_equal(p.calls, want)) {
		char *calls = json_dumps(p.calls, 0);

		fail_msg("in chunks of %zu, %s\nthinks \"%s\", says \"%s\", calls %s, broken \"%s\" (%s)", chunk, c->text,
		    buf_str(&p.thinking), buf_str(&p.answer), calls, buf_str(&p.broken), p.why.text);
	}
	assert_string_equal(buf_str(&p.all), c->text);
	assert_true(!c->broken == !p.why.text[0]);
	json_decref(want);
	parts_done(&p);
}

static void
every_syntax_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t chunk = 1; chunk < 12; chunk++)
			check(&cases[i], chunk);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(&cases[i], 1000);
}

/* What the model wrote has no place in the sentence that says what is wrong with it. */
static void
sentences_do_not_quote_the_model(void **state)
{
	static const char *const bad[] = {"<tool_call>\x1b[31m</tool_call>", "<|tool_call>call:f{\x1b[31m:1}x<tool_call|>",
	    "```tool_code\nf(a=\x1b[31m)```", "<tool_call><function=f><parameter=\x1b[31m></tool_call>"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct parts p;

		parts_split(&p, all_sections(true, NULL), bad[i], strlen(bad[i]), 100);
		assert_true(p.why.text[0] && !strchr(p.why.text, '\x1b') && !strstr(p.why.text, "31m"));
		parts_done(&p);
	}
}

static void
rows_with_one_marker_agree(void **state)
{
	const struct section *a, *b;

	(void)state;
	for (size_t i = 0; (a = section_at(i)) != NULL; i++) {
		assert_true(*a->open);
		assert_int_equal(a->part == PART_TOOL, call_syntax(a->syntax) != NULL);
		assert_true(a->part != PART_THINK || *a->close);
		for (size_t k = 0; (b = section_at(k)) != NULL; k++)
			if (strcmp(a->open, b->open) == 0)
				assert_true(strcmp(a->close, b->close) == 0 && a->part == b->part && a->place == b->place);
	}
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Markers, pieces of them and words in any order. */
static void
make_soup(struct buf *out, uint32_t *seed)
{
	static const char *const words[] = {"\n", " ", "a", "\"", "{\"name\": \"f\"}", "{", "[", "f(", ")", "<", "|", "한", "\\",
	    "\xff", "call:f{", "}", "<function=f>", "<parameter=a>", "</parameter>", "<|\"|>", "```", "json"};
	size_t n_sections = 0;

	while (section_at(n_sections))
		n_sections++;
	for (unsigned n = next_random(seed) % 12; n > 0; n--) {
		const struct section *s = section_at(next_random(seed) % n_sections);
		const char *mark = next_random(seed) % 2 ? s->open : s->close;
		size_t len = strlen(mark);

		if (next_random(seed) % 2)
			buf_add_str(out, words[next_random(seed) % ARRAY_LEN(words)]);
		else
			buf_add(out, mark, next_random(seed) % 4 ? len : next_random(seed) % (len + 1));
	}
}

/* Whatever comes, nothing is lost, and how it is cut changes nothing. */
static void
nothing_is_lost(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const struct split_start *start = all_sections(next_random(&seed) % 2, next_random(&seed) % 4 ? NULL : "<think>");
		struct buf text = {0};
		struct parts whole, chunked;

		make_soup(&text, &seed);
		parts_split(&whole, start, buf_str(&text), text.len, text.len + 1);
		parts_split(&chunked, start, buf_str(&text), text.len, 1 + next_random(&seed) % 7);
		assert_int_equal(whole.all.len, text.len);
		assert_memory_equal(buf_str(&whole.all), buf_str(&text), text.len);
		assert_int_equal(chunked.all.len, text.len);
		assert_memory_equal(buf_str(&chunked.all), buf_str(&text), text.len);
		if (strcmp(buf_str(&whole.thinking), buf_str(&chunked.thinking)) != 0 ||
		    strcmp(buf_str(&whole.answer), buf_str(&chunked.answer)) != 0 ||
		    strcmp(buf_str(&whole.broken), buf_str(&chunked.broken)) != 0 ||
		    !json_equal(whole.calls, chunked.calls))
			fail_msg("cut otherwise, this is understood otherwise: %s", buf_str(&text));
		parts_done(&whole);
		parts_done(&chunked);
		buf_done(&text);
	}
}

/* Sections without an end, closing markers without number: bounded work, and the rest is still shown. */
static void
endless_sections_end(void **state)
{
	static const char *const opens[] = {"<tool_call>{\"", "<|tool_call>call:f{<|\"|>", "<tool_call><function=f><parameter=a>"};
	static const char *const closes[] = {"</tool_call>", "<tool_call|>", "</tool_call>"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(opens); i++) {
		struct buf text = {0};
		struct parts p;

		buf_add_str(&text, opens[i]);
		for (int k = 0; k < 1000; k++)
			buf_add_str(&text, closes[i]);
		parts_split(&p, all_sections(true, NULL), text.data, text.len, 16);
		assert_int_equal(p.all.len, text.len);
		assert_true(p.broken.len > 0 && p.broken.len < 2000);
		parts_done(&p);
		buf_done(&text);
	}
}

static void
deep_arguments_are_refused(void **state)
{
	static const char *const openings[] = {"<|tool_call>call:f{a:", "```tool_code\nf(a=", "<tool_call>"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(openings); i++) {
		struct buf text = {0};
		struct parts p;

		buf_add_str(&text, openings[i]);
		for (int k = 0; k < 100000; k++)
			buf_add_char(&text, '[');
		parts_split(&p, all_sections(true, NULL), text.data, text.len, 100000);
		assert_int_equal(p.broken.len, text.len);
		parts_done(&p);
		buf_done(&text);
	}
}

static void
lists_of_tools_are_checked(void **state)
{
	static const char *const bad[] = {"", "{}", "[]", "[1]", "[{\"function\": {}}]", "[{\"name\": \"\"}]", "[{\"name\": 3}]"};
	static const char flat[] = "[{\"name\": \"f\", \"parameters\": {\"properties\": {\"a\": {\"type\": \"string\"}}}}]";
	struct err e = {0};
	json_t *tools;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		e = (struct err){0};
		assert_null(call_tools_read(bad[i], strlen(bad[i]), &e));
		assert_true(e.text[0] != '\0');
	}
	tools = call_tools_read(flat, strlen(flat), &e);
	assert_non_null(tools);
	assert_non_null(json_object_get(json_array_get(tools, 0), "function"));
	assert_non_null(call_parameter(tools, "f", "a"));
	assert_null(call_parameter(tools, "g", "a"));
	json_decref(tools);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_syntax_is_understood),
		cmocka_unit_test(sentences_do_not_quote_the_model),
		cmocka_unit_test(rows_with_one_marker_agree),
		cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(endless_sections_end),
		cmocka_unit_test(deep_arguments_are_refused),
		cmocka_unit_test(lists_of_tools_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
