/* minnow run: one question, its answer on standard output as it comes.
 * The main thread waits for the session and for signals at once; a signal cancels the request, and what was
 * generated so far stays printed. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/load.h"
#include "tui/cmd/prompt.h"
#include "tui/cmd/pull.h"
#include "tui/cmd/sampling.h"
#include "tui/i18n.h"
#include "tui/json_write.h"
#include "tui/say.h"
#include "tui/state/figures.h"
#include "tui/term/signals.h"
#include "tui/text_clean.h"

#define TOOLS_LIMIT ((size_t)4 << 20)
#define NO_TOKEN UINT32_MAX		/* text that was held back carries no id */

#define NOT_GIVEN -1

struct run_opts {
	const char *system, *stop, *kv, *think, *tools, *schema, *grammar, *speculate, *draft;
	bool json, raw, stats;
	int64_t max_tokens, ctx, threads, draft_max;
	struct sampling_opts sampling;
};

#define AT(field) offsetof(struct run_opts, field)

static const struct opt opts[] = {
	{"system", 's', OPT_TEXT, "TEXT", N_("system prompt"), AT(system), 0, 0, NULL},
	{"json", 0, OPT_FLAG, NULL, N_("one JSON object a line: every token, then the whole"), AT(json), 0, 0, NULL},
	{"raw", 0, OPT_FLAG, NULL, N_("give the prompt to the model as it is, without its chat template"), AT(raw), 0, 0, NULL},
	{"max-tokens", 'n', OPT_INT, "N", N_("longest answer; 0: until the context is full"), AT(max_tokens), 0, 1048576, NULL},
	{"stop", 0, OPT_TEXT, "TEXT", N_("end the answer before TEXT"), AT(stop), 0, 0, NULL},
	{"think", 0, OPT_CHOICE, "WHEN", N_("whether the model thinks first, where its template can tell it: on, off or auto"), AT(think), 0, 0, "on off auto"},
	{"tools", 0, OPT_TEXT, "FILE", N_("JSON list of tools the model may call"), AT(tools), 0, 0, NULL},
	{"schema", 0, OPT_TEXT, "FILE", N_("hold the answer to this JSON schema"), AT(schema), 0, 0, NULL},
	{"grammar", 0, OPT_TEXT, "FILE", N_("hold the answer to this GBNF grammar"), AT(grammar), 0, 0, NULL},
	{"stats", 0, OPT_FLAG, NULL, N_("tell on standard error how fast it went"), AT(stats), 0, 0, NULL},
	{"ctx", 'c', OPT_INT, "N", N_("positions of the context window"), AT(ctx), 0, 1048576, NULL},
	{"kv", 0, OPT_CHOICE, "TYPE", N_("format of the key and value cache: f32, f16 or q8_0"), AT(kv), 0, 0, "f32 f16 q8_0"},
	{"speculate", 0, OPT_CHOICE, "WHEN", N_("guess coming tokens and check them together, where that is faster: auto or off"), AT(speculate), 0, 0, "auto off"},
	{"draft", 0, OPT_TEXT, "MODEL", N_("a small model with the same vocabulary that guesses"), AT(draft), 0, 0, NULL},
	{"draft-max", 0, OPT_INT, "N", N_("most tokens guessed at a time"), AT(draft_max), 1, 14, NULL},
	{"threads", 't', OPT_INT, "N", N_("compute threads; 0: one per physical core"), AT(threads), 0, 1024, NULL},
#define PARAM(field, name, kind, value, min, max, arg, help) \
	{name, 0, OPT_##kind, arg, help, AT(sampling.field), min, max, NULL},
#include "core/sampler_param.def"
#undef PARAM
	{0},
};

static void
defaults(void *p)
{
	struct run_opts *o = p;

	o->max_tokens = o->ctx = NOT_GIVEN;
	sampling_opts_none(&o->sampling);
}

/* ---- the prompt ---- */

static bool
read_prompt(struct buf *prompt, const struct cmd_call *call, bool raw, struct err *e)
{
	if (call->n_args > 1)
		buf_add_str(prompt, call->args[1]);
	if (prompt_is_piped() && !prompt_add_piped(prompt, raw, e))
		return false;
	if (prompt->len)
		return true;
	if (call->n_args > 1 || prompt_is_piped())
		return err_set(e, ERR_USAGE, "the prompt is empty");
	return err_set(e, ERR_USAGE, "no prompt: give one after the model, pipe one in, or talk to it with: minnow chat %s",
	    call->args[0]);
}

/* ---- the grammar ---- */

/* *OUT stays NULL where neither is asked for. */
static bool
read_grammar(struct grammar **out, const struct run_opts *o, struct err *e)
{
	const char *path = o->schema ? o->schema : o->grammar;
	struct buf text = {0};
	bool ok;

	*out = NULL;
	if (!path)
		return true;
	if (o->schema && o->grammar)
		return err_set(e, ERR_USAGE, "--schema and --grammar exclude each other");
	ok = fs_read(&text, path, GRAMMAR_MAX_BYTES, e);
	if (ok) {
		*out = o->schema ? grammar_open_schema(buf_str(&text), text.len, e) :
		    grammar_open_gbnf(buf_str(&text), text.len, e);
		ok = *out || err_wrap(e, "%s", path);
	}
	buf_done(&text);
	return ok;
}

/* ---- the answer ---- */

struct run {
	struct session *session;
	const struct grammar *grammar;	/* NULL: none */
	bool json, terminal;
	bool shows_thinking;		/* on standard error, which is the terminal too */
	struct buf text;		/* all of the answer, without the thinking */
	struct buf thinking, calls;	/* calls: as they stand in a JSON list */
	enum part part;			/* what came last */
	int sig;			/* came while it was computed; 0: none */
	bool broken;			/* standard output takes no more */
	bool ended;
	struct event last;		/* EVENT_DONE or EVENT_ERROR */
};

static void
stop_for(struct run *r, int sig)
{
	/* Asked a second time: do not wait for the end of a layer. */
	if (r->sig && sig == SIGINT)
		signals_end_by(sig);
	r->sig = sig;
	session_cancel(r->session);
}

static void
flush(struct run *r)
{
	if (r->broken || (fflush(stdout) == 0 && !ferror(stdout)))
		return;
	r->broken = true;
	if (errno == EPIPE)
		stop_for(r, SIGPIPE);
	else
		session_cancel(r->session);
}

static void
print_plain(const struct run *r, const char *text, size_t len)
{
	struct buf clean = {0};

	if (r->terminal) {
		text_clean(&clean, text, len);
		fwrite(buf_str(&clean), 1, clean.len, stdout);
	} else {
		fwrite(text, 1, len, stdout);
	}
	buf_done(&clean);
}

/* What the model thinks is nothing for a pipe: a person sees it go by, dimmed. */
static void
print_thinking(const struct event *ev)
{
	struct buf clean = {0};

	text_clean(&clean, ev->text, ev->len);
	fprintf(stderr, "\x1b[2m%s\x1b[22m", buf_str(&clean));
	buf_done(&clean);
}

static void
print_token_json(const struct event *ev)
{
	printf("{\"event\": \"token\", \"id\": ");
	if (ev->id == NO_TOKEN)
		printf("null, \"part\": \"%s\", \"text\": ", part_name(ev->part));
	else
		printf("%u, \"p\": %.6g, \"entropy\": %.6g, \"part\": \"%s\", \"text\": ", ev->id, (double)ev->p,
		    (double)ev->entropy, part_name(ev->part));
	json_write_str(stdout, ev->text ? ev->text : "", ev->len);
	printf("}\n");
}

static void
end_line(struct run *r)
{
	if (r->text.len && r->text.data[r->text.len - 1] != '\n')
		putchar('\n');
}

static void
take_token(struct run *r, const struct event *ev)
{
	if (r->broken)
		return;
	if (ev->part == PART_THINK)
		buf_add(&r->thinking, ev->text, ev->len);
	else if (ev->part == PART_ANSWER)
		buf_add(&r->text, ev->text, ev->len);
	if (r->json)
		print_token_json(ev);
	else if (ev->len && ev->part == PART_THINK && r->shows_thinking)
		print_thinking(ev);
	if (ev->len && ev->part == PART_ANSWER && !r->json) {
		if (r->part == PART_THINK && r->shows_thinking)
			fputs("\n\n", stderr);
		print_plain(r, ev->text, ev->len);
	}
	if (ev->len)
		r->part = ev->part;
	flush(r);
}

/* A call is a line of JSON; one that is malformed stays the text it was. */
static void
take_call(struct run *r, const struct event *ev)
{
	struct buf call = {0};

	if (r->broken)
		return;
	if (!ev->name) {
		buf_add(&r->text, ev->text, ev->len);
		if (!r->json)
			print_plain(r, ev->text, ev->len);
		say("run", "a tool call is malformed (%s), so it is part of the text", ev->err.text);
	} else {
		json_add_call(&call, ev->name, ev->text);
		buf_printf(&r->calls, "%s%s", r->calls.len ? ", " : "", buf_str(&call));
		if (!r->json) {
			end_line(r);
			print_plain(r, call.data, call.len);
			putchar('\n');
			buf_clear(&r->text);
		}
	}
	buf_done(&call);
	flush(r);
}

static void
take_events(struct run *r)
{
	struct event ev;

	while (!r->ended && session_next(r->session, &ev)) {
		if (ev.kind == EVENT_TOKEN)
			take_token(r, &ev);
		if (ev.kind == EVENT_CALL)
			take_call(r, &ev);
		if (ev.kind == EVENT_DONE || ev.kind == EVENT_ERROR) {
			r->last = ev;
			r->ended = true;
		}
		event_done(&ev);
	}
}

static void
take_signals(struct run *r)
{
	int sig;

	while ((sig = signals_next()) != 0) {
		if (sig == SIGTSTP)
			signals_stop_self();
		else if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
			stop_for(r, sig);
	}
}

/* Until the session's last event. */
static bool
follow(struct run *r, struct err *e)
{
	struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};

	fds[0].fd = session_wake_fd(r->session);
	fds[1].fd = signals_open(e);
	if (fds[1].fd < 0) {
		session_cancel(r->session);
		return false;
	}
	while (!r->ended) {
		if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR) {
			session_cancel(r->session);
			err_set(e, ERR_FAILED, "cannot wait for the answer: %s", strerror(errno));
			break;
		}
		take_signals(r);
		take_events(r);
	}
	return r->ended;
}

/* ---- the end ---- */

static double
rate(double n, double seconds)
{
	return seconds > 0 ? n / seconds : 0;
}

static void
print_last_json(const struct run *r)
{
	const struct turn_stats *t = &r->last.stats;

	printf("{\"event\": \"done\", \"stop\": \"%s\", \"thinking\": ", stop_reason_name(r->last.reason));
	json_write_str(stdout, buf_str(&r->thinking), r->thinking.len);
	printf(", \"text\": ");
	json_write_str(stdout, buf_str(&r->text), r->text.len);
	printf(", \"tool_calls\": [%s], \"stats\": {\"prompt_tokens\": %u, \"reused_tokens\": %u, \"generated_tokens\": %u, \"prompt_s\": %.6g, "
	    "\"generate_s\": %.6g, \"first_s\": %.6g, \"bytes_per_token\": %.0f, \"drafted_tokens\": %u, \"accepted_tokens\": %u}}\n",
	    buf_str(&r->calls), t->n_prompt, t->n_reused, t->n_generated, t->prompt_s, t->generate_s, t->first_s,
	    t->bytes_per_token, t->n_drafted, t->n_accepted);
}

static void
print_stats(const struct turn_stats *t)
{
	/* The first token comes with the prompt; the time after it is that of the others. */
	double more = t->n_generated > 1 ? t->n_generated - 1 : 0;
	struct buf guesses = {0};

	fprintf(stderr, _("prompt %u tokens in %.2f s (%.1f/s), answer %u tokens in %.2f s (%.1f/s), first after %.2f s\n"),
	    t->n_prompt, t->prompt_s, rate(t->n_prompt - t->n_reused, t->prompt_s), t->n_generated, t->generate_s,
	    rate(more, t->generate_s), t->first_s);
	if (figures_gain(t, &guesses)) {
		buf_add_char(&guesses, '\n');
		say_lines(buf_str(&guesses));
	}
	buf_done(&guesses);
}

/* What remains to be said once the answer is there, and how it went as a whole. */
static bool
finish(struct run *r, const struct run_opts *o, struct err *e)
{
	bool failed = r->last.kind == EVENT_ERROR;

	if (!r->broken && r->json && !failed)
		print_last_json(r);
	if (!r->json && r->part == PART_THINK && r->shows_thinking)
		putc('\n', stderr);
	if (!r->broken && !r->json)
		end_line(r);
	flush(r);
	if (failed) {
		*e = r->last.err;
		return false;
	}
	if (r->broken && r->sig != SIGPIPE)
		return err_set(e, ERR_NO_SPACE, "cannot write to standard output");
	if (o->stats)
		print_stats(&r->last.stats);
	if (r->sig == SIGINT)
		return err_set(e, ERR_CANCELLED, "interrupted, the answer is not complete");
	if (r->last.reason == STOP_CONTEXT)
		fprintf(stderr, _("minnow run: the answer ends here because the context of %u positions is full "
		    "(--ctx makes it larger)\n"), session_n_ctx(r->session));
	return true;
}

/* Sentences on what was asked for and cannot be had quite so. */
static void
print_notes(const struct loaded *l, const struct run_opts *o)
{
	const char *const notes[] = {
		chat_fallback(l->model),
		o->think ? chat_think_note(l->model, think_find(o->think)) : NULL,
		o->tools ? chat_tools_note(l->model) : NULL,
		l->template_differs ? LOAD_TEMPLATE_DIFFERS : NULL,
		l->draft.kind ? l->draft.text : NULL,
	};

	for (size_t i = 0; i < ARRAY_LEN(notes); i++)
		if (notes[i])
			say("run", "%s", notes[i]);
}

static bool
ask(struct run *r, const struct loaded *l, const char *prompt, const char *tools, const struct run_opts *o, struct err *e)
{
	const char *system = o->system ? o->system : l->config.chat_system;
	struct chat_message messages[2] = {{"system", system}, {"user", prompt}};
	bool has_system = *system != '\0';
	struct request q = {
		.messages = has_system ? messages : messages + 1,
		.n_messages = has_system ? 2 : 1,
		.raw = o->raw ? prompt : NULL,
		.max_tokens = (uint32_t)(o->max_tokens >= 0 ? o->max_tokens : l->config.sampling_max_tokens),
		.stops = &o->stop,
		.n_stops = o->stop ? 1 : 0,
		.think = think_find(o->think ? o->think : l->config.chat_think),
		.tools = tools,
		.grammar = r->grammar,
	};

	config_sampling(&l->config, &q.sampling);
	sampling_opts_apply(&o->sampling, &q.sampling);
	if (!sampler_params_check(&q.sampling, e) || !session_ask(r->session, &q, e))
		return false;
	if (!o->raw)
		print_notes(l, o);
	return follow(r, e) && finish(r, o, e);
}

static bool
run_loaded(const struct loaded *l, const char *prompt, const struct run_opts *o, const struct grammar *grammar,
    int *sig, struct err *e)
{
	struct buf tools = {0};
	struct session_options so = {
		.n_ctx = (uint32_t)(o->ctx >= 0 ? o->ctx : l->config.chat_context),
		.kv = kvtype_find(o->kv ? o->kv : l->config.chat_kv),
		.speculate = speculate_find(o->speculate ? o->speculate : l->config.chat_speculate),
		.draft_max = (uint32_t)o->draft_max,
	};
	struct run r = {.grammar = grammar, .json = o->json, .terminal = isatty(STDOUT_FILENO)};
	bool ok;

	r.shows_thinking = !o->json && r.terminal && isatty(STDERR_FILENO) && strcmp(l->config.term, "dumb") != 0;
	if (o->tools && !fs_read(&tools, o->tools, TOOLS_LIMIT, e))
		return false;
	r.session = session_open(l->model, &so, e);
	ok = r.session && ask(&r, l, prompt, o->tools ? buf_str(&tools) : NULL, o, e);
	session_close(r.session);
	buf_done(&r.text);
	buf_done(&r.thinking);
	buf_done(&r.calls);
	buf_done(&tools);
	*sig = r.sig;
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct run_opts *o = call->opts;
	struct loaded l = {0};
	struct grammar *grammar = NULL;
	struct buf prompt = {0};
	int sig = 0;
	bool ok;

	if (o->raw && (o->system || o->think || o->tools))
		return err_set(e, ERR_USAGE, "--%s has no place in a --raw prompt", o->system ? "system" :
		    o->think ? "think" : "tools");
	ok = read_grammar(&grammar, o, e) && read_prompt(&prompt, call, o->raw, e) && pull_offer(call->args[0], e) &&
	    load_open_drafted(&l, call->args[0], o->speculate && strcmp(o->speculate, "off") == 0 ? "" : o->draft, o->threads, e);
	if (l.config.warnings.len)
		say_lines(l.config.warnings.data);
	ok = ok && run_loaded(&l, buf_str(&prompt), o, grammar, &sig, e);
	load_done(&l);
	grammar_close(grammar);
	buf_done(&prompt);
	signals_close();
	/* An interrupt is answered by its exit code; the others as if they had not been caught. */
	if (sig && sig != SIGINT)
		signals_end_by(sig);
	return ok;
}

const struct cmd cmd_run = {
	.name = "run",
	.args = "MODEL [PROMPT]",
	.summary = N_("answer one prompt and end"),
	.details = N_("The answer goes to standard output as it is generated, and nothing else does. What is piped in is the "
	    "prompt, or follows PROMPT after a blank line. What the model thinks before it answers is left out; on a "
	    "terminal it goes by dimmed on standard error. A tool call is a line {\"name\": ..., \"arguments\": {...}}. "
	    "With --json every line is an object: a token event for each token, whose part is think, answer or tool, then "
	    "a done event with thinking, text and tool_calls, the reason it stopped (end, string, length, context, "
	    "cancelled) and the figures. The same --seed gives the same answer. An interrupt ends it with status 130."),
	.opts = opts,
	.opts_size = sizeof(struct run_opts),
	.defaults = defaults,
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
