/* minnow render: chat templates at work: the exact prompt a chat would send, or lines of JSON for other programs. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/chat.h"
#include "core/gguf.h"
#include "core/jinja/jinja.h"
#include "core/tok/tok.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/jsonl.h"
#include "tui/cmd/load.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/text_clean.h"

struct render_options {
	bool jsonl;
	const char *template, *model, *system;
};

static const struct opt opts[] = {
	{.name = "jsonl", .kind = OPT_FLAG, .help = N_("answer JSON objects on standard input, one a line"),
	    .offset = offsetof(struct render_options, jsonl)},
	{.name = "template", .letter = 't', .kind = OPT_TEXT, .arg = "FILE", .help = N_("render through this template"),
	    .offset = offsetof(struct render_options, template)},
	{.name = "model", .letter = 'm', .kind = OPT_TEXT, .arg = "MODEL", .help = N_("render through this model's template"),
	    .offset = offsetof(struct render_options, model)},
	{.name = "system", .letter = 's', .kind = OPT_TEXT, .arg = "TEXT", .help = N_("put a system message first"),
	    .offset = offsetof(struct render_options, system)},
	{0},
};

/* What lines and turns are rendered through: a template file, or a model's. */
struct renderer {
	struct jinja *template;
	struct gguf *gguf;
	struct tok *tok;
	struct chat *chat;
};

static void
renderer_done(struct renderer *t)
{
	chat_close(t->chat);
	tok_close(t->tok);
	gguf_close(t->gguf);
	jinja_close(t->template);
}

static bool
open_template(struct renderer *t, const char *path, struct err *e)
{
	struct buf source = {0};

	if (fs_read(&source, path, (size_t)1 << 20, e)) {
		t->template = jinja_open(buf_str(&source), source.len, e);
		if (!t->template)
			err_wrap(e, "%s", path);
	}
	buf_done(&source);
	return t->template != NULL;
}

static bool
open_model(struct renderer *t, const char *name, struct err *e)
{
	struct buf path = {0};
	bool differs = false;

	t->gguf = load_listing(name, &path, &differs, NULL, e);
	if (t->gguf && differs)
		say("render", "%s", LOAD_TEMPLATE_DIFFERS);
	if (t->gguf) {
		t->tok = tok_open(t->gguf, e);
		if (!t->tok)
			err_wrap(e, "%s", buf_str(&path));
	}
	buf_done(&path);
	if (t->tok)
		t->chat = chat_open(t->gguf, t->tok);
	return t->chat != NULL;
}

/* ---- lines of JSON ---- */

/* "2026-01-15T12:00:00"; absent or null: the real clock. */
static bool
read_clock(const json_t *now, struct tm *tm, struct err *e)
{
	const char *s = json_string_value(now);
	int year, month, n = 0;

	*tm = (struct tm){0};
	if (s && sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &tm->tm_mday, &tm->tm_hour, &tm->tm_min,
	    &tm->tm_sec, &n) == 6 && !s[n]) {
		struct tm day = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = tm->tm_mday};

		tm->tm_year = day.tm_year;
		tm->tm_mon = day.tm_mon;
		timegm(&day);		/* fills in the days of the week and of the year, and moves what is no date */
		tm->tm_wday = day.tm_wday;
		tm->tm_yday = day.tm_yday;
		if (day.tm_mon == tm->tm_mon && day.tm_mday == tm->tm_mday && tm->tm_hour < 24 && tm->tm_min < 60 &&
		    tm->tm_sec < 61)
			return true;
	}
	return err_set(e, ERR_FAILED, "\"now\" is not a time like \"2026-01-15T12:00:00\"");
}

/* All variables of one request: its "vars", and "messages" and "tools" where it has them. */
static json_t *
collect_vars(const json_t *request)
{
	static const char *const names[] = {"messages", "tools"};
	json_t *vars = json_copy(json_object_get(request, "vars"));

	if (!json_is_object(vars)) {
		json_decref(vars);
		vars = json_object();
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (json_object_get(request, names[i]))
			json_object_set(vars, names[i], json_object_get(request, names[i]));
	return vars;
}

/* A template that does not compile or fails is an answer too: only a request that makes no sense is none. */
static json_t *
render_answer(const struct renderer *t, const json_t *request, const struct tm *now)
{
	const json_t *source = json_object_get(request, "source");
	struct err why = {0};
	struct jinja *own = source ? jinja_open(json_string_value(source), json_string_length(source), &why) : NULL;
	const struct jinja *j = source ? own : t->chat ? chat_template(t->chat, &why) : t->template;
	struct buf text = {0};
	json_t *vars = collect_vars(request), *answer;

	if (j && jinja_render(j, vars, now, NULL, &text, &why))
		answer = json_pack("{s:o}", "text", json_stringn(buf_str(&text), text.len));
	else
		answer = json_pack("{s:o}", "error", json_string(why.text));
	json_decref(vars);
	buf_done(&text);
	jinja_close(own);
	return answer;
}

static json_t *
answer_request(void *ctx, const json_t *request, struct err *e)
{
	const json_t *now = json_object_get(request, "now"), *source = json_object_get(request, "source");
	const struct renderer *t = ctx;
	bool has_now = now && !json_is_null(now);
	struct tm clock;

	if (!json_is_object(request))
		err_set(e, ERR_FAILED, "expected an object");
	else if (source && !json_is_string(source))
		err_set(e, ERR_FAILED, "\"source\" is not a string");
	else if (!source && !t->chat && !t->template)
		err_set(e, ERR_FAILED, "no \"source\", and neither --template nor --model is given");
	else if (!has_now || read_clock(now, &clock, e))
		return render_answer(t, request, has_now ? &clock : NULL);
	return NULL;
}

/* ---- the prompt of a chat ---- */

static bool
run_chat(const struct renderer *t, const struct cmd_call *call, struct err *e)
{
	const struct render_options *o = call->opts;
	struct chat_message *messages = mem_new0((size_t)call->n_args + 2, sizeof *messages);
	struct buf text = {0}, typed = {0};
	size_t n = 0;
	bool ok = true;

	if (o->system)
		messages[n++] = (struct chat_message){"system", o->system};
	for (int i = 0; i < call->n_args; i++)
		messages[n++] = (struct chat_message){i % 2 ? "assistant" : "user", call->args[i]};
	if (call->n_args == 0) {
		ok = fs_read_fd(&typed, STDIN_FILENO, "standard input", JSONL_LINE_MAX, e);
		messages[n++] = (struct chat_message){"user", buf_str(&typed)};
	}
	ok = ok && chat_render_text(t->chat, messages, n, NULL, &text, e);
	if (ok && chat_standin(t->chat))
		say("render", "%s", chat_standin(t->chat));
	if (ok && isatty(STDOUT_FILENO)) {		/* what a terminal would obey is spelled out for it */
		struct buf clean = {0};

		text_clean(&clean, buf_str(&text), text.len);
		fwrite(buf_str(&clean), 1, clean.len, stdout);
		buf_done(&clean);
		putchar('\n');
	} else if (ok) {
		fwrite(buf_str(&text), 1, text.len, stdout);
	}
	buf_done(&text);
	buf_done(&typed);
	free(messages);
	return ok;
}

static bool
check_options(const struct cmd_call *call, struct err *e)
{
	const struct render_options *o = call->opts;

	if (o->jsonl && (call->n_args || o->system))
		return err_set(e, ERR_USAGE, "--jsonl reads its messages from standard input");
	if (o->template && o->model)
		return err_set(e, ERR_USAGE, "--template and --model are one too many");
	if (!o->jsonl && !o->model)
		return err_set(e, ERR_USAGE, "say with --model through whose template (or use --jsonl)");
	return true;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct render_options *o = call->opts;
	struct renderer t = {0};
	bool ok = check_options(call, e) && (!o->template || open_template(&t, o->template, e)) &&
	    (!o->model || open_model(&t, o->model, e)) &&
	    (o->jsonl ? jsonl_run(answer_request, &t, e) : run_chat(&t, call, e));

	renderer_done(&t);
	return ok;
}

const struct cmd cmd_render = {
	.name = "render",
	.args = "[TEXT...]",
	.summary = N_("show the exact prompt that a chat sends"),
	.details = N_("Prints the prompt for the turns TEXT..., the user's and the assistant's in turn, through the template "
	    "of --model; without TEXT one user turn is read from standard input.\n\n"
	    "With --jsonl each line of standard input is an object and each line of output the answer:\n"
	    "  {\"messages\": [...], \"tools\": [...], \"vars\": {...}, \"now\": \"2026-01-15T12:00:00\"}\n"
	    "  {\"source\": \"a template\", \"vars\": {...}}\n"
	    "      ->  {\"text\": \"...\"} or {\"error\": \"...\"}\n"
	    "vars are further variables of the template and now fixes its clock.  A line that is no such object "
	    "gives an error too, and makes the exit status 1."),
	.opts = opts,
	.opts_size = sizeof(struct render_options),
	.max_args = -1,
	.run = run,
};
