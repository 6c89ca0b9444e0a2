/* minnow tokenize: text to ids, readable or as lines of JSON for other programs. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/fs.h"
#include "core/base/utf8.h"
#include "core/gguf.h"
#include "core/tok/tok.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/jsonl.h"
#include "tui/cmd/load.h"
#include "tui/i18n.h"
#include "tui/text_clean.h"

struct tokenize_options {
	bool jsonl, ids, add_special, plain;
};

static const struct opt opts[] = {
	{.name = "jsonl", .kind = OPT_FLAG, .help = N_("answer JSON objects on standard input, one a line"),
	    .offset = offsetof(struct tokenize_options, jsonl)},
	{.name = "ids", .kind = OPT_FLAG, .help = N_("print the ids only, on one line"),
	    .offset = offsetof(struct tokenize_options, ids)},
	{.name = "add-special", .kind = OPT_FLAG,
	    .help = N_("put on the begin and end tokens the model asks for"),
	    .offset = offsetof(struct tokenize_options, add_special)},
	{.name = "plain", .kind = OPT_FLAG, .help = N_("take control tokens in the text as ordinary text"),
	    .offset = offsetof(struct tokenize_options, plain)},
	{0},
};

/* ---- lines of JSON ---- */

static json_t *
ids_to_json(const struct tok_ids *ids)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ids->n; i++)
		json_array_append_new(list, json_integer(ids->ids[i]));
	return list;
}

static json_t *
hex_to_json(const char *s, size_t n)
{
	struct buf b = {0};
	json_t *j;

	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%02x", (unsigned char)s[i]);
	j = json_string(buf_str(&b));
	buf_done(&b);
	return j;
}

static json_t *
text_to_json(const struct buf *b)
{
	return json_stringn(buf_str(b), b->len);
}

/* An absent member is false. */
static bool
read_flag(const json_t *request, const char *key, bool *out, struct err *e)
{
	const json_t *value = json_object_get(request, key);

	if (value && !json_is_boolean(value))
		return err_set(e, ERR_FAILED, "\"%s\" is not true or false", key);
	*out = json_is_true(value);
	return true;
}

static json_t *
answer_encode(const struct tok *t, const json_t *request, struct err *e)
{
	const json_t *text = json_object_get(request, "text");
	struct tok_ids ids = {0};
	struct tok_flags f;
	json_t *answer = NULL;

	if (!json_is_string(text)) {
		err_set(e, ERR_FAILED, "\"text\" is not a string");
		return NULL;
	}
	if (read_flag(request, "add_special", &f.add_special, e) &&
	    read_flag(request, "parse_special", &f.parse_special, e) &&
	    tok_encode(t, json_string_value(text), json_string_length(text), f, &ids, e))
		answer = json_pack("{s:o}", "ids", ids_to_json(&ids));
	tok_ids_done(&ids);
	return answer;
}

static bool
read_ids(const struct tok *t, const json_t *list, struct tok_ids *ids, struct err *e)
{
	if (!json_is_array(list))
		return err_set(e, ERR_FAILED, "\"ids\" is not a list");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *id = json_array_get(list, i);

		if (!json_is_integer(id) || json_integer_value(id) < 0 ||
		    json_integer_value(id) >= tok_n_vocab(t))
			return err_set(e, ERR_FAILED,
			    "\"ids\" has an element %zu that is not a whole number below %u", i,
			    tok_n_vocab(t));
		tok_ids_add(ids, (uint32_t)json_integer_value(id));
	}
	return true;
}

static json_t *
decode_ids(const struct tok *t, const struct tok_ids *ids, bool render)
{
	json_t *pieces = json_array(), *answer;
	struct buf bytes = {0}, text = {0}, piece = {0};
	struct tok_stream s;

	tok_stream_init(&s, t, render);
	for (size_t i = 0; i < ids->n; i++) {
		buf_clear(&piece);
		tok_stream_push(&s, ids->ids[i], &piece);
		json_array_append_new(pieces, text_to_json(&piece));
		tok_bytes(t, ids->ids[i], render, &bytes);
	}
	tok_decode(t, ids->ids, ids->n, render, &text);
	answer = json_pack("{s:o,s:o,s:o}", "decoded", text_to_json(&text),
	    "bytes", hex_to_json(bytes.data, bytes.len), "stream", pieces);
	if (s.n_held)
		json_object_set_new(answer, "held", hex_to_json(s.held, s.n_held));
	buf_done(&bytes);
	buf_done(&text);
	buf_done(&piece);
	return answer;
}

static json_t *
answer_decode(const struct tok *t, const json_t *request, struct err *e)
{
	struct tok_ids ids = {0};
	json_t *answer = NULL;
	bool render = false;

	if (read_flag(request, "render_special", &render, e) &&
	    read_ids(t, json_object_get(request, "ids"), &ids, e))
		answer = decode_ids(t, &ids, render);
	tok_ids_done(&ids);
	return answer;
}

static json_t *
answer_request(void *tok, const json_t *request, struct err *e)
{
	if (json_object_get(request, "text"))
		return answer_encode(tok, request, e);
	if (json_object_get(request, "ids"))
		return answer_decode(tok, request, e);
	err_set(e, ERR_FAILED, "expected an object with \"text\" or \"ids\"");
	return NULL;
}

/* ---- readable ---- */

/* The piece with bytes that are no character, and characters that are no sign, spelled out. */
static void
add_quoted(struct buf *out, const char *s, size_t n)
{
	struct buf one = {0};

	for (size_t at = 0; at < n;) {
		uint32_t c;
		bool ok;
		size_t size = utf8_decode(s + at, n - at, &c, &ok);

		buf_clear(&one);
		text_clean_line(&one, s + at, size);
		if (c == '\n')
			buf_add_str(out, "\\n");
		else if (c == '\t')
			buf_add_str(out, "\\t");
		else if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", (char)c);
		else if (ok && one.len == size && memcmp(one.data, s + at, size) == 0)
			buf_add(out, s + at, size);
		else
			for (size_t i = 0; i < size; i++)
				buf_printf(out, "\\x%02x", (unsigned char)s[at + i]);
		at += size;
	}
	buf_done(&one);
}

static const char *
kind_note(enum tok_kind kind)
{
	if (kind == TOK_CONTROL || kind == TOK_UNKNOWN)
		return _("  (control)");
	return kind == TOK_BYTE ? _("  (byte)") : "";
}

static void
print_table(const struct tok *t, const struct tok_ids *ids, size_t n_bytes)
{
	struct buf bytes = {0}, line = {0};

	for (size_t i = 0; i < ids->n; i++) {
		enum tok_kind kind = tok_kind_of(t, ids->ids[i]);

		buf_clear(&bytes);
		buf_clear(&line);
		tok_bytes(t, ids->ids[i], true, &bytes);
		add_quoted(&line, bytes.data, bytes.len);
		printf("%8u  \"%s\"%s\n", ids->ids[i], buf_str(&line), kind_note(kind));
	}
	printf(_("%zu tokens, %zu bytes\n"), ids->n, n_bytes);
	buf_done(&bytes);
	buf_done(&line);
}

static void
print_ids(const struct tok_ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		printf("%s%u", i ? " " : "", ids->ids[i]);
	putchar('\n');
}

static bool
run_text(const struct tok *t, const struct cmd_call *call, struct err *e)
{
	const struct tokenize_options *o = call->opts;
	struct tok_flags f = {o->add_special, !o->plain};
	struct tok_ids ids = {0};
	struct buf text = {0};
	bool ok = true;

	if (call->n_args > 1)
		buf_add_str(&text, call->args[1]);
	else
		ok = fs_read_fd(&text, STDIN_FILENO, "standard input", JSONL_LINE_MAX, e);
	ok = ok && tok_encode(t, buf_str(&text), text.len, f, &ids, e);
	if (ok && o->ids)
		print_ids(&ids);
	else if (ok)
		print_table(t, &ids, text.len);
	tok_ids_done(&ids);
	buf_done(&text);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct tokenize_options *o = call->opts;
	struct buf path = {0};
	struct gguf *g = NULL;
	struct tok *t = NULL;
	bool ok = false;

	if (o->jsonl && call->n_args > 1)
		return err_set(e, ERR_USAGE, "--jsonl reads standard input: the text \"%s\" is too much",
		    call->args[1]);
	g = load_listing(call->args[0], &path, NULL, NULL, e);
	if (g) {
		t = tok_open(g, e);
		if (!t)
			err_wrap(e, "%s", path.data);
	}
	if (t)
		ok = o->jsonl ? jsonl_run(answer_request, t, e) : run_text(t, call, e);
	tok_close(t);
	gguf_close(g);
	buf_done(&path);
	return ok;
}

const struct cmd cmd_tokenize = {
	.name = "tokenize",
	.args = "MODEL [TEXT]",
	.summary = N_("show how a model cuts a text into tokens"),
	.details = N_("Prints one line for each token, its id and its bytes, and how many there are.\n"
	    "Without TEXT the text is read from standard input.\n\n"
	    "With --jsonl each line of standard input is an object and each line of output "
	    "the answer:\n"
	    "  {\"text\": \"...\", \"add_special\": false, \"parse_special\": true}\n"
	    "      ->  {\"ids\": [...]}\n"
	    "  {\"ids\": [...], \"render_special\": false}\n"
	    "      ->  {\"decoded\": \"...\", \"bytes\": \"hex\", \"stream\": [...], \"held\": \"hex\"}\n"
	    "stream is what each id adds to the text in whole characters; held, when there is "
	    "any, is an unfinished character at the end.  A line that cannot be answered gives "
	    "{\"error\": \"...\"}, and the exit status is 1 at the end."),
	.opts = opts,
	.opts_size = sizeof(struct tokenize_options),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
