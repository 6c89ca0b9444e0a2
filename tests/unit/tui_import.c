/* Conversations of other programs: what is taken, what is left out, and sentences about what cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tui/state/history_import.h"

/* All as one text: "title(system): U text | M2 text; …", the number being the parent's place where it is not the one
 * before. */
static void
check(const char *json, const char *want, size_t left_out)
{
	struct history_trees all;
	struct buf got = {0};
	struct err e = {0};

	if (!history_parse_any(json, strlen(json), &all, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < all.n; i++) {
		const struct history_tree *t = &all.trees[i];

		buf_printf(&got, "%s%s(%s):", i ? "; " : "", t->chat.title, t->chat.system ? t->chat.system : "");
		for (size_t k = 0; k < t->n; k++) {
			const struct history_message *m = &t->messages[k];

			buf_printf(&got, "%s %c", k ? " |" : "", m->by_model ? 'M' : 'U');
			if (m->parent != (int64_t)k)
				buf_printf(&got, "%d", (int)m->parent);
			buf_printf(&got, " %s", buf_str(&m->text));
			if (m->thinking.len)
				buf_printf(&got, " <%s>", m->thinking.data);
			assert_int_equal(m->id, k + 1);
			assert_true(m->created_ms > 0);
		}
		assert_int_equal(t->chat.leaf, t->n);
	}
	assert_string_equal(buf_str(&got), want);
	assert_int_equal(all.left_out, left_out);
	buf_done(&got);
	history_trees_done(&all);
}

static void
forms_of_others(void **state)
{
	(void)state;
	/* OpenAI-like. */
	check("{\"title\": \"a \\u001b[2J\", \"messages\": [{\"role\": \"system\", \"content\": \"be brief\"},"
	    "{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \"a\\u001b]0;x\\u0007\"}]}",
	    "a ␛[2J(be brief): U q | M a␛]0;x␇", 0);
	check("[{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"look\"}, {\"type\": \"image_url\", \"image_url\": {}}]},"
	    "{\"role\": \"assistant\", \"content\": null, \"tool_calls\": []}, {\"role\": \"tool\", \"content\": \"data\"},"
	    "{\"role\": \"assistant\", \"content\": \"a cat\", \"reasoning_content\": \"hm\"}]", "look(): U look | M a cat <hm>", 2);
	/* Open WebUI: a list, each with a "chat". */
	check("[{\"id\": \"1\", \"title\": \"outer\", \"chat\": {\"models\": [\"m\"], \"messages\": [{\"id\": \"a\", \"parentId\": null, "
	    "\"role\": \"user\", \"content\": \"one\", \"timestamp\": 1700000000}, {\"id\": \"b\", \"parentId\": \"a\", \"role\": \"assistant\","
	    " \"content\": \"two\"}]}}, {\"chat\": {\"title\": \"t\", \"messages\": [{\"role\": \"user\", \"content\": \"three\"}]}},"
	    "{\"title\": \"empty\", \"messages\": []}]", "outer(): U one | M two; t(): U three", 0);
	/* LibreChat: branches by ids. */
	check("{\"title\": \"L\", \"messages\": ["
	    "{\"messageId\": \"a\", \"parentMessageId\": \"00000000\", \"sender\": \"User\", \"isCreatedByUser\": true, \"text\": \"q\"},"
	    "{\"messageId\": \"b\", \"parentMessageId\": \"a\", \"sender\": \"GPT-4\", \"isCreatedByUser\": false, \"text\": \"first\"},"
	    "{\"messageId\": \"c\", \"parentMessageId\": \"a\", \"isCreatedByUser\": false, \"content\": [{\"type\": \"text\", \"text\": "
	    "{\"value\": \"second\"}}]}, {\"messageId\": \"d\", \"parentMessageId\": \"00000000\", \"isCreatedByUser\": true, \"text\": \"Q\"}]}",
	    "L(): U q | M first | M1 second | U0 Q", 0);
	/* Sets for fine-tuning. */
	check("[{\"conversations\": [{\"from\": \"human\", \"value\": \"h\"}, {\"from\": \"gpt\", \"value\": \"g\"}]}]", "h(): U h | M g", 0);
	/* Questions in a row become one. */
	check("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"user\", \"content\": \"b\"}]}", "a(): U a\n\nb", 0);
}

static void
logs_of_llm(void **state)
{
	(void)state;
	check("[{\"id\": \"1\", \"model\": \"m\", \"prompt\": \"p1\", \"system\": \"s\", \"response\": \"r1\", \"conversation_id\": \"x\", "
	    "\"conversation_name\": \"named\", \"datetime_utc\": \"2024-02-03T04:05:06.789\"},"
	    "{\"id\": \"2\", \"model\": \"m\", \"prompt\": \"p2\", \"system\": null, \"response\": \"r2\", \"conversation_id\": \"y\"},"
	    "{\"id\": \"3\", \"model\": \"m\", \"prompt\": \"p3\", \"response\": \"r3\", \"conversation_id\": \"x\"},"
	    "{\"prompt\": \"alone\", \"response\": \"\"}]",
	    "named(s): U p1 | M r1 | U p3 | M r3; p2(): U p2 | M r2; alone(): U alone", 0);
	check("{\"prompt\": \"p\", \"response\": \"r\", \"conversation_name\": \"one\"}", "one(): U p | M r", 0);
}

static void
own_form(void **state)
{
	static const char one[] = "{\"minnow\": \"conversation\", \"version\": 1, \"title\": \"mine\", \"chosen\": 1, \"messages\": "
	    "[{\"role\": \"user\", \"text\": \"q\", \"created\": 5}, {\"parent\": 0, \"role\": \"assistant\", \"text\": \"a\", \"created\": 6}]}";
	char two[sizeof one * 2 + 8];

	(void)state;
	check(one, "mine(): U q | M a", 0);
	snprintf(two, sizeof two, "[%s, %s]", one, one);
	check(two, "mine(): U q | M a; mine(): U q | M a", 0);
}

static void
times_are_read(void **state)
{
	static const char json[] = "{\"messages\": [{\"role\": \"user\", \"content\": \"q\", \"timestamp\": 1700000000},"
	    "{\"role\": \"assistant\", \"content\": \"a\", \"createdAt\": \"2023-11-14T22:13:21.000Z\", \"model\": \"gpt\\n-9\"}]}";
	struct history_trees all;
	struct err e = {0};

	(void)state;
	assert_true(history_parse_any(json, strlen(json), &all, &e));
	assert_int_equal(all.trees[0].chat.created_ms, 1700000000000);
	assert_int_equal(all.trees[0].chat.changed_ms, 1700000001000);
	assert_string_equal(all.trees[0].chat.model, "gpt -9");
	history_trees_done(&all);
}

static void
what_cannot_be_read_says_why(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "line 1 is not JSON"},
		{"{\n\"a\": \x1b}", "line 2 is not JSON"},
		{"[]", "there is no conversation in it"},
		{"7", "line 1 is not JSON"},
		{"{}", "conversation 1: it has no list \"messages\""},
		{"[3]", "conversation 1: it has no list \"messages\""},
		{"[{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}, {\"messages\": 7}]", "conversation 2: it has no list"},
		{"{\"messages\": [7]}", "conversation 1, message 1: it is not an object"},
		{"{\"messages\": [{\"content\": \"x\"}]}", "message 1: \"role\" is not a text"},
		{"{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}, {\"role\": \"root\", \"content\": \"x\"}]}", "message 2: \"role\" is neither"},
		{"{\"messages\": [{\"role\": \"tool\", \"content\": \"x\"}]}", "there is no conversation in it"},
		{"{\"minnow\": \"conversation\", \"version\": 9}", "a newer minnow wrote it"},
		{"[{\"minnow\": 1}]", "conversation 1: this is no conversation of minnow"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct history_trees all;
		struct err e = {0};

		assert_false(history_parse_any(cases[i].text, strlen(cases[i].text), &all, &e));
		assert_int_equal(all.n, 0);
		if (!strstr(e.text, cases[i].why))
			fail_msg("\"%s\" does not say \"%s\"", e.text, cases[i].why);
	}
}

/* More than a person has is refused before it costs memory or time. */
static void
sizes_are_bounded(void **state)
{
	struct history_trees all;
	struct buf b = {0};
	struct err e = {0};

	(void)state;
	buf_add_str(&b, "[");
	for (int i = 0; i <= HISTORY_FILE_CHATS_MAX; i++)
		buf_printf(&b, "%s{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}", i ? "," : "");
	buf_add_str(&b, "]");
	assert_false(history_parse_any(b.data, b.len, &all, &e));
	assert_non_null(strstr(e.text, "more than the 1000 conversations"));
	buf_clear(&b);
	buf_add_str(&b, "{\"messages\": [");
	for (int i = 0; i <= 100000; i++)
		buf_printf(&b, "%s{\"role\": \"%s\", \"content\": \"x\"}", i ? "," : "", i % 2 ? "assistant" : "user");
	buf_add_str(&b, "]}");
	e = (struct err){0};
	assert_false(history_parse_any(b.data, b.len, &all, &e));
	assert_non_null(strstr(e.text, "more than the 100000 messages"));
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_others),
		cmocka_unit_test(logs_of_llm),
		cmocka_unit_test(own_form),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(what_cannot_be_read_says_why),
		cmocka_unit_test(sizes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
