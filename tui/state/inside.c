/* Inside a model file; see inside.h. */
#define _GNU_SOURCE
#include "tui/state/inside.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/chat.h"
#include "core/hf/hf.h"
#include "core/tok/tok.h"
#include "tui/cmd/inspect_json.h"
#include "tui/cmd/inspect_text.h"
#include "tui/cmd/models.h"
#include "tui/draw.h"
#include "tui/i18n.h"
#include "tui/state/guard.h"
#include "tui/text_clean.h"

/* ---- opening ---- */

static void
add_fact(struct buf *out, const char *label, const struct buf *text)
{
	if (text->len)
		buf_printf(out, "%s\t%s\n", label, text->data);
}

static void
make_facts(struct inside *in)
{
	const struct inspect *i = &in->facts;
	struct buf b = {0}, *out = &in->facts_text;

	inspect_add_text(&b, i->name);
	add_fact(out, _("name"), &b);
	buf_clear(&b);
	inspect_add_text(&b, i->arch);
	add_fact(out, _("architecture"), &b);
	buf_clear(&b);
	format_count(&b, i->n_params);
	add_fact(out, _("parameters"), &b);
	for (size_t k = 0; k < i->n_formats; k++) {
		const struct inspect_format *f = &i->formats[k];

		buf_clear(&b);
		buf_printf(&b, _("%s in %zu tensors, "), f->name ? f->name : _("an unknown format"), (size_t)f->n_tensors);
		models_add_size(&b, f->bytes);
		add_fact(out, k ? "" : _("formats"), &b);
	}
	buf_clear(&b);
	inspect_add_text(&b, i->tok_model);
	if (i->tok_pre.len) {
		buf_add_str(&b, _(", words as "));
		inspect_add_text(&b, i->tok_pre);
	}
	add_fact(out, _("tokenizer"), &b);
	for (size_t k = 0; k < i->n_specials; k++) {
		struct buf role = {0};

		buf_clear(&b);
		buf_printf(&b, "%" PRIu64 "  ", i->specials[k].id);
		inspect_add_text(&b, i->specials[k].text);
		inspect_add_text(&role, i->specials[k].role);
		add_fact(out, buf_str(&role), &b);
		buf_done(&role);
	}
	buf_done(&b);
}

static uint32_t *
find_lines(const struct buf *text, size_t *n)
{
	uint32_t *lines = NULL;
	size_t cap = 0;

	*n = 0;
	for (size_t at = 0; at < text->len; at += strcspn(text->data + at, "\n") + 1) {
		if (*n == cap) {
			cap = cap ? 2 * cap : 64;
			lines = mem_grow(lines, cap, sizeof *lines);
		}
		lines[(*n)++] = (uint32_t)at;
	}
	return lines;
}

static void
index_tokens(struct inside *in)
{
	const struct gguf_kv *kv = gguf_kv_find(in->gguf, "tokenizer.ggml.tokens");
	const uint8_t *cursor;

	if (!kv || kv->type != GGUF_STRING || !kv->is_array || kv->n > UINT32_MAX)
		return;
	in->n_tokens = (uint32_t)kv->n;
	in->tokens = mem_new0((size_t)kv->n + 1, sizeof *in->tokens);
	cursor = kv->data;
	for (uint32_t i = 0; i < in->n_tokens; i++)
		in->tokens[i] = gguf_array_next_str(&cursor);
	in->is_bytes = in->facts.tok_model.len == 4 && memcmp(in->facts.tok_model.data, "gpt2", 4) == 0;
}

/* The template as it is, and what becomes of a short conversation. */
static void
make_template(struct inside *in)
{
	static const struct chat_message turns[] = {
		{.role = "system", .content = "You are brief."},
		{.role = "user", .content = "Why is the sky blue?"},
		{.role = "assistant", .content = "Air scatters blue light more than red."},
		{.role = "user", .content = "And at sunset?"},
	};
	struct err why = {0};
	struct buf text = {0};
	struct chat *chat = in->tok ? chat_open(in->gguf, in->tok) : NULL;

	for (size_t k = 0; k < in->facts.n_templates; k++)
		if (in->facts.templates[k].name.len == 0)
			text_clean(&in->template_text, in->facts.templates[k].text.data, in->facts.templates[k].text.len);
	if (chat && chat_render_text(chat, turns, ARRAY_LEN(turns), NULL, &text, &why)) {
		if (chat_standin(chat))
			buf_printf(&in->sample, "(%s)\n", chat_standin(chat));
		text_clean(&in->sample, buf_str(&text), text.len);
	} else if (chat) {
		buf_printf(&in->sample, _("(it cannot be rendered: "));
		text_clean_line(&in->sample, why.text, strlen(why.text));
		buf_add_char(&in->sample, ')');
	}
	chat_close(chat);
	buf_done(&text);
}

struct inside *
inside_open(const char *name, const char *path, bool vouched, const char *sound_file, struct err *e)
{
	struct inside *in = mem_new0(1, sizeof *in);
	struct err why = {0};

	in->name = mem_dup(name);
	if (!vouched && !guard_file(path, GUARD_LISTING, sound_file, e))
		goto fail;
	in->gguf = model_file_open(path, HF_METADATA, e);
	if (!in->gguf)
		goto fail;
	inspect_init(&in->facts, in->gguf);
	in->tok = tok_open(in->gguf, &why);
	index_tokens(in);
	make_facts(in);
	make_template(in);
	in->fact_lines = find_lines(&in->facts_text, &in->n_facts);
	in->template_lines = find_lines(&in->template_text, &in->n_template);
	in->sample_lines = find_lines(&in->sample, &in->n_sample);
	in->open[INSIDE_FACTS] = true;
	return in;
fail:
	inside_close(in);
	return NULL;
}

void
inside_close(struct inside *in)
{
	if (!in)
		return;
	tok_close(in->tok);
	if (in->gguf)
		inspect_done(&in->facts);
	gguf_close(in->gguf);
	free(in->tokens);
	free(in->fact_lines);
	free(in->template_lines);
	free(in->sample_lines);
	for (int s = 0; s < INSIDE_SECTIONS; s++)
		free(in->match[s]);
	buf_done(&in->facts_text);
	buf_done(&in->template_text);
	buf_done(&in->sample);
	free(in->name);
	free(in);
}

/* ---- rows ---- */

const char *
inside_title(enum inside_section s)
{
	static const char *const titles[] = {N_("Facts"), N_("Metadata"), N_("Tensors"), N_("Vocabulary"), N_("Template"), N_("A conversation through it")};

	return _(titles[s]);
}

static bool
is_searched(enum inside_section s)
{
	return s == INSIDE_METADATA || s == INSIDE_TENSORS || s == INSIDE_VOCABULARY;
}

static size_t
count_all(const struct inside *in, enum inside_section s)
{
	switch (s) {
	case INSIDE_FACTS:
		return in->n_facts;
	case INSIDE_METADATA:
		return gguf_n_kv(in->gguf);
	case INSIDE_TENSORS:
		return gguf_n_tensors(in->gguf);
	case INSIDE_VOCABULARY:
		return in->n_tokens;
	case INSIDE_TEMPLATE:
		return in->n_template;
	default:
		return in->n_sample;
	}
}

size_t
inside_count(const struct inside *in, enum inside_section s)
{
	return !in->filtered ? count_all(in, s) : is_searched(s) ? in->n_match[s] : 0;
}

size_t
inside_n_rows(const struct inside *in)
{
	size_t n = 0;

	for (enum inside_section s = 0; s < INSIDE_SECTIONS; s++)
		n += 1 + (in->open[s] ? inside_count(in, s) : 0);
	return n;
}

enum inside_section
inside_at(const struct inside *in, size_t i, size_t *row)
{
	for (enum inside_section s = 0; s < INSIDE_SECTIONS; s++) {
		size_t n = in->open[s] ? inside_count(in, s) : 0;

		if (i <= n) {
			*row = i ? i - 1 : SIZE_MAX;
			return s;
		}
		i -= n + 1;
	}
	*row = SIZE_MAX;
	return INSIDE_SECTIONS - 1;
}

static void
add_dims(struct buf *out, const struct gguf_tensor *t)
{
	buf_printf(out, "%-6s ", t->type != QT_COUNT ? qtype_info(t->type)->name : "?");
	for (uint32_t d = 0; d < t->n_dims; d++)
		buf_printf(out, "%s%" PRIu64, d ? " x " : "", t->dims[d]);
}

/* The bytes of a token as text where they are some, else in hexadecimal. */
static void
add_token(const struct inside *in, uint32_t id, struct buf *out)
{
	struct buf bytes = {0};

	if (in->tok && id < tok_n_vocab(in->tok))
		tok_bytes(in->tok, id, true, &bytes);
	else
		buf_add(&bytes, in->tokens[id].data, in->tokens[id].len);
	if (bytes.len && utf8_is_valid(bytes.data, bytes.len)) {
		buf_add_char(out, '"');
		for (size_t i = 0; i < bytes.len; i++)
			if (bytes.data[i] == '\n')
				buf_add_str(out, "\\n");
			else if (bytes.data[i] == '\t')
				buf_add_str(out, "\\t");
			else
				buf_add_char(out, bytes.data[i]);
		buf_add_char(out, '"');
	} else {
		for (size_t i = 0; i < bytes.len && i < 64; i++)
			buf_printf(out, "%s%02X", i ? " " : "", (unsigned char)bytes.data[i]);
	}
	buf_done(&bytes);
}

static void
token_row(const struct inside *in, uint32_t id, struct buf *left, struct buf *right)
{
	struct buf text = {0};

	buf_printf(left, "%7u", id);
	add_token(in, id, &text);
	text_clean_line(right, buf_str(&text), text.len);
	if (in->tok && id < tok_n_vocab(in->tok) && tok_kind_of(in->tok, id) != TOK_NORMAL)
		buf_printf(right, "  %s", inspect_kind_name((size_t)tok_kind_of(in->tok, id)));
	buf_done(&text);
}

void
inside_row(const struct inside *in, enum inside_section s, size_t row, struct buf *left, struct buf *right)
{
	const char *line;
	size_t n;

	if (in->filtered && is_searched(s))
		row = in->match[s][row];
	switch (s) {
	case INSIDE_FACTS:
		line = in->facts_text.data + in->fact_lines[row];
		n = strcspn(line, "\t");
		buf_add(left, line, n);
		buf_add(right, line + n + 1, strcspn(line + n + 1, "\n"));
		break;
	case INSIDE_METADATA:
		inspect_add_text(left, gguf_kv_at(in->gguf, row)->key);
		inspect_add_value(right, gguf_kv_at(in->gguf, row));
		break;
	case INSIDE_TENSORS:
		inspect_add_text(left, gguf_tensor_at(in->gguf, row)->name);
		add_dims(right, gguf_tensor_at(in->gguf, row));
		break;
	case INSIDE_VOCABULARY:
		token_row(in, (uint32_t)row, left, right);
		break;
	default:
		line = s == INSIDE_TEMPLATE ?
		    in->template_text.data + in->template_lines[row] : in->sample.data + in->sample_lines[row];
		buf_add(left, line, strcspn(line, "\n"));
	}
}

/* ---- moving ---- */

void
inside_fit(struct inside *in, int height)
{
	size_t n = inside_n_rows(in), room = height > 1 ? (size_t)height : 1;

	in->height = (int)room;
	if (in->mark >= n)
		in->mark = n - 1;
	if (in->mark < in->top)
		in->top = in->mark;
	if (in->mark >= in->top + room)
		in->top = in->mark - room + 1;
	if (in->top + room > n)
		in->top = n > room ? n - room : 0;
}

bool
inside_move(struct inside *in, long rows)
{
	size_t old = in->mark, last = inside_n_rows(in) - 1;
	long to = (long)in->mark + rows;

	in->mark = to < 0 ? 0 : (size_t)to < last ? (size_t)to : last;
	return in->mark != old;
}

bool
inside_fold(struct inside *in)
{
	size_t row;
	enum inside_section s = inside_at(in, in->mark, &row);

	in->open[s] = !in->open[s];
	if (row != SIZE_MAX)
		in->mark -= row + 1;
	return true;
}

/* ---- the filter ---- */

/* How vocabularies of bytes spell them: a byte that is no printable letter is one of U+0100 and up. */
static void
spell_byte(struct buf *out, unsigned char c)
{
	uint32_t next = 0x100;

	if ((c >= 0x21 && c <= 0x7e) || (c >= 0xa1 && c <= 0xac) || c >= 0xae) {
		buf_add_utf8(out, c);
		return;
	}
	for (uint32_t b = 0; b < c; b++)
		next += !((b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae);
	buf_add_utf8(out, next);
}

static bool
holds(struct gguf_str s, const char *what, size_t n)
{
	for (size_t i = 0; i + n <= s.len; i++) {
		size_t k = 0;

		while (k < n && tolower((unsigned char)s.data[i + k]) == tolower((unsigned char)what[k]))
			k++;
		if (k == n)
			return true;
	}
	return false;
}

static void
add_match(struct inside *in, enum inside_section s, size_t row)
{
	if ((in->n_match[s] & (in->n_match[s] - 1)) == 0)
		in->match[s] = mem_grow(in->match[s], in->n_match[s] ? 2 * in->n_match[s] : 1, sizeof **in->match);
	in->match[s][in->n_match[s]++] = (uint32_t)row;
}

/* What a person types, as the vocabulary spells it. */
static void
spell(const struct inside *in, const char *text, struct buf *out)
{
	for (const char *p = text; *p; p++)
		if (in->is_bytes)
			spell_byte(out, (unsigned char)*p);
		else if (*p == ' ')
			buf_add_str(out, "\xe2\x96\x81");	/* as SentencePiece marks it */
		else
			buf_add_char(out, *p);
}

void
inside_filter(struct inside *in, const char *text)
{
	struct buf spelled = {0};
	size_t n = strlen(text);
	char *end;
	uint64_t id = strtoull(text, &end, 10);
	bool has_id = n && isdigit((unsigned char)*text) && !*end;

	in->filtered = n > 0;
	in->mark = in->top = 0;
	for (enum inside_section s = 0; s < INSIDE_SECTIONS; s++)
		in->n_match[s] = 0;
	if (!n)
		return;
	spell(in, text, &spelled);
	for (size_t i = 0; i < gguf_n_kv(in->gguf); i++)
		if (holds(gguf_kv_at(in->gguf, i)->key, text, n))
			add_match(in, INSIDE_METADATA, i);
	for (size_t i = 0; i < gguf_n_tensors(in->gguf); i++)
		if (holds(gguf_tensor_at(in->gguf, i)->name, text, n))
			add_match(in, INSIDE_TENSORS, i);
	for (uint32_t i = 0; i < in->n_tokens; i++)
		if ((has_id && i == id) || holds(in->tokens[i], buf_str(&spelled), spelled.len))
			add_match(in, INSIDE_VOCABULARY, i);
	for (enum inside_section s = 0; s < INSIDE_SECTIONS; s++)
		in->open[s] |= in->n_match[s] > 0;
	buf_done(&spelled);
}
