/* The guide answers: questions of registry/guide/test.tsv, whose wording it never saw, and every row of the tables it
 * was generated from.  Greedy, one session, so the same answers on every machine with the same instruction set. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/minnow.h"
#include "tui/cmd/cmd.h"

/* Percent of right answers below which something broke. */
enum { NEED_UNSEEN = 90, NEED_ROWS = 90 };
enum { MAX_TURNS = 4, MAX_ANSWER = 120, LINE = 1024 };

struct guide {
	struct engine *engine;
	struct model *model;
	struct session *session;
};

static struct guide guide;

static int
open_guide(void **state)
{
	struct engine_options eo = {0};
	struct session_options so = {.kv = KV_f32};
	struct err e = {0};

	(void)state;
	guide.engine = engine_new(&eo, &e);
	if (guide.engine)
		guide.model = model_open(guide.engine, "registry/guide/guide.gguf", &e);
	if (guide.model)
		guide.session = session_open(guide.model, &so, &e);
	if (!guide.session)
		fprintf(stderr, "%s\n", e.text);
	return guide.session ? 0 : -1;
}

static int
close_guide(void **state)
{
	(void)state;
	session_close(guide.session);
	model_close(guide.model);
	engine_free(guide.engine);
	return 0;
}

/* The answer to the last of MESSAGES; the caller frees it. */
static char *
answer(const struct chat_message *messages, size_t n)
{
	struct request r = {.messages = messages, .n_messages = n, .max_tokens = MAX_ANSWER};
	struct buf text = {0};
	struct event ev;
	struct err e = {0};
	bool done = false;

	sampler_params_default(&r.sampling);
	r.sampling.temp = 0;
	if (!session_ask(guide.session, &r, &e))
		fail_msg("%s", e.text);
	while (!done && session_wait(guide.session, &ev)) {
		if (ev.kind == EVENT_TOKEN)
			buf_add(&text, ev.text, ev.len);
		if (ev.kind == EVENT_ERROR)
			fail_msg("%s", ev.err.text);
		done = ev.kind == EVENT_DONE;
		event_done(&ev);
	}
	return buf_take(&text);
}

/* Ask the questions one after another; the last answer. */
static char *
talk(char *const *questions, size_t n)
{
	struct chat_message messages[2 * MAX_TURNS];
	char *said[MAX_TURNS] = {0}, *last;

	for (size_t i = 0; i < n; i++) {
		messages[2 * i] = (struct chat_message){.role = "user", .content = questions[i]};
		said[i] = answer(messages, 2 * i + 1);
		messages[2 * i + 1] = (struct chat_message){.role = "assistant", .content = said[i]};
	}
	last = said[n - 1];
	for (size_t i = 0; i + 1 < n; i++)
		free(said[i]);
	return last;
}

static bool
matches(const char *pattern, const char *text)
{
	regex_t re;
	bool found;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
		fail_msg("bad pattern: %s", pattern);
	found = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return found;
}

/* One line of test.tsv: what is expected, then the questions. */
static bool
row_is_right(char *line)
{
	char *part[1 + MAX_TURNS], *said;
	size_t n = 0;
	bool right;

	line[strcspn(line, "\n")] = '\0';
	for (char *p = strtok(line, "\t"); p && n < ARRAY_LEN(part); p = strtok(NULL, "\t"))
		part[n++] = p;
	assert_in_range(n, 2, ARRAY_LEN(part));
	said = talk(part + 1, n - 1);
	right = matches(part[0], said);
	if (!right)
		fprintf(stderr, "[%s] %s\n    %s\n", part[0], part[n - 1], said);
	free(said);
	return right;
}

static void
unseen_questions_get_the_right_topic(void **state)
{
	FILE *f = fopen("registry/guide/test.tsv", "r");
	char line[LINE];
	int right = 0, all = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '#')
			continue;
		right += row_is_right(line);
		all++;
	}
	fclose(f);
	fprintf(stderr, "%d of %d answers right\n", right, all);
	assert_true(all >= 200);
	assert_true(right * 100 >= all * NEED_UNSEEN);
}

/* Ask about one row; whether WANT, taken literally, is in the answer. */
static bool
knows(const char *want, const char *question)
{
	char *copy = mem_dup(question), *said = talk(&copy, 1);
	bool right = strstr(said, want) != NULL;

	if (!right)
		fprintf(stderr, "[%s] %s\n    %s\n", want, question, said);
	free(said);
	free(copy);
	return right;
}

static void
assert_most(int right, int all)
{
	fprintf(stderr, "%d of %d rows known\n", right, all);
	assert_true(all > 0);
	assert_true(right * 100 >= all * NEED_ROWS);
}

static void
commands_are_known(void **state)
{
	char want[64], question[128];
	int right = 0, all = 0;

	(void)state;
	for (size_t i = 0; cmd_at(i); i++, all++) {
		snprintf(want, sizeof want, "minnow %s", cmd_at(i)->name);
		snprintf(question, sizeof question, "What does minnow %s do?", cmd_at(i)->name);
		right += knows(want, question);
	}
	assert_most(right, all);
}

static void
views_are_known(void **state)
{
	int right = 0, all = 0;

	(void)state;
#define VIEW(id, title, what) right += knows(title ": ", "What does the " #id " view show?"); all++;
#include "tui/view.def"
#undef VIEW
	assert_most(right, all);
}

static void
actions_are_known(void **state)
{
	int right = 0, all = 0;

	(void)state;
#define ACTION(id, name, what) \
	right += knows(":" name "`", "What is the " name " action?") || knows("`" name "`", "explain :" name); \
	all++;
#include "tui/action.def"
#undef ACTION
	assert_most(right, all);
}

/* "C-r" as the guide writes it. */
static const char *
key_name(const char *key, char *out, size_t size)
{
	bool modified = strlen(key) > 2 && key[1] == '-', one = modified && strlen(key) == 3;

	if (modified)
		snprintf(out, size, "%s%s", key[0] == 'C' ? "Ctrl-" : key[0] == 'M' ? "Alt-" : "Shift-", key + 2);
	else
		snprintf(out, size, "%s", key);
	if (one && out[strlen(out) - 1] >= 'a' && out[strlen(out) - 1] <= 'z')
		out[strlen(out) - 1] -= 'a' - 'A';
	return out;
}

static void
keys_are_known(void **state)
{
	static const char *const keys[] = {
#define BIND(context, key, action) key,
#include "tui/keys.def"
#undef BIND
	};
	char name[32], want[40], question[64];
	int right = 0, all = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++, all++) {
		snprintf(want, sizeof want, "%s: ", key_name(keys[i], name, sizeof name));
		snprintf(question, sizeof question, "What does %s do?", name);
		right += knows(want, question);
	}
	assert_most(right, all);
}

static void
settings_are_known(void **state)
{
	int right = 0, all = 0;

	(void)state;
#define SETTING(section, name, ...) right += knows("`" #name "`", "What does the " #name " setting do?"); all++;
#include "tui/setting.def"
#undef SETTING
	assert_most(right, all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unseen_questions_get_the_right_topic),
		cmocka_unit_test(commands_are_known),
		cmocka_unit_test(views_are_known),
		cmocka_unit_test(actions_are_known),
		cmocka_unit_test(keys_are_known),
		cmocka_unit_test(settings_are_known),
	};

	return cmocka_run_group_tests(tests, open_guide, close_guide);
}
