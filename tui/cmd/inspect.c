/* minnow inspect: what a model file holds, for people and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/inspect.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/inspect_json.h"
#include "tui/cmd/inspect_text.h"
#include "tui/cmd/load.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/text.h"
#include "tui/text_clean.h"

#define COLUMN 16		/* where the right side of a fact begins */
#define TEMPLATE_LINES 6
#define ARRAY_SHOWN 16		/* elements looked at for a line that is cut anyway */

struct inspect_options {
	bool json, template;
};

static const struct opt opts[] = {
	{.name = "json", .kind = OPT_FLAG, .help = N_("print everything as one JSON object"),
	    .offset = offsetof(struct inspect_options, json)},
	{.name = "template", .kind = OPT_FLAG, .help = N_("print the chat template and nothing else"),
	    .offset = offsetof(struct inspect_options, template)},
	{0},
};

/* Columns of the terminal; 80 where there is none.  One stays free, or some terminals break the line. */
static int
line_width(void)
{
	struct winsize w = {0};

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40)
		return w.ws_col - 1;
	return 79;
}

/* ---- pieces of text ---- */

/* "1,234,567" */
static void
add_count(struct buf *b, uint64_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%" PRIu64, v);

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			buf_add_char(b, ',');
		buf_add_char(b, digits[i]);
	}
}

/* "1.24 GB": a thousand bytes are a kilobyte. */
static void
add_bytes(struct buf *b, uint64_t v)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double x = (double)v;
	size_t u = 0;

	for (; x >= 999.5 && u + 1 < ARRAY_LEN(units); u++)
		x /= 1000;
	buf_printf(b, u == 0 || x >= 99.95 ? "%.0f %s" : x >= 9.995 ? "%.1f %s" : "%.2f %s", x, units[u]);
}

/* "1.24 billion" */
static void
add_rounded(struct buf *b, uint64_t v)
{
	static const char *const words[] = {"", N_(" thousand"), N_(" million"), N_(" billion"), N_(" trillion")};
	double x = (double)v;
	size_t u = 0;

	for (; x >= 999.5 && u + 1 < ARRAY_LEN(words); u++)
		x /= 1000;
	buf_printf(b, u == 0 ? "%.0f%s" : "%.3g%s", x, i18n_text(words[u]));
}

/* Text of the file on one line; of a long string only what can be seen. */
void
inspect_add_text(struct buf *b, struct gguf_str s)
{
	size_t n = s.len < 2048 ? s.len : 2048;

	if (n < s.len)
		n -= utf8_incomplete_tail(s.data, n);
	text_clean_line(b, s.data, n);
}

static void
add_number(struct buf *b, const struct gguf_kv *kv, uint64_t i)
{
	if (kv->type == GGUF_BOOL)
		buf_add_str(b, kv->data[i] ? "true" : "false");
	else if (kv->type == GGUF_F32)
		buf_printf(b, "%.7g", gguf_array_f64(kv, i));
	else if (kv->type == GGUF_F64)
		buf_printf(b, "%.15g", gguf_array_f64(kv, i));
	else if (kv->type == GGUF_U64)
		buf_printf(b, "%" PRIu64, gguf_array_u64(kv, i));
	else
		buf_printf(b, "%" PRId64, gguf_array_i64(kv, i));
}

void
inspect_add_value(struct buf *b, const struct gguf_kv *kv)
{
	const uint8_t *cursor = kv->data;

	if (kv->is_array)
		buf_printf(b, "%s[%" PRIu64 "]  ", gguf_type_name(kv->type), kv->n);
	for (uint64_t i = 0; i < kv->n && i < ARRAY_SHOWN; i++) {
		if (i > 0)
			buf_add_str(b, ", ");
		if (kv->type == GGUF_STRING)
			inspect_add_text(b, gguf_array_next_str(&cursor));
		else
			add_number(b, kv, i);
	}
	if (kv->n > ARRAY_SHOWN)
		buf_add_str(b, ", …");
}

/* TEXT cut to COLUMNS with an ellipsis; padded when PAD. */
static void
print_cut(const char *text, size_t n, int columns, bool pad)
{
	int used;
	size_t fits = text_fit(text, n, columns, &used);

	if (fits < n) {
		fits = text_fit(text, n, columns > 0 ? columns - 1 : 0, &used);
		printf("%.*s…", (int)fits, text);
		used++;
	} else {
		printf("%.*s", (int)fits, text);
	}
	if (pad)
		printf("%*s", columns - used, "");
}

/* "  name          text", TEXT cut; what it held is dropped. */
static void
print_fact(const char *name, struct buf *text)
{
	printf("  %-*s", text_field(name, COLUMN - 2), name);
	print_cut(buf_str(text), text->len, line_width() - COLUMN, false);
	putchar('\n');
	buf_clear(text);
}

/* ---- sections ---- */

static void
print_formats(const struct inspect *i, struct buf *b)
{
	for (size_t k = 0; k < i->n_formats; k++) {
		const struct inspect_format *f = &i->formats[k];

		if (f->number == INSPECT_OTHERS)
			buf_add_str(b, _("others: "));
		else if (f->name)
			buf_printf(b, "%s: ", f->name);
		else
			buf_printf(b, _("unknown format %u: "), f->number);
		add_count(b, f->n_elements);
		buf_printf(b, ngettext(" in %zu tensor", " in %zu tensors", f->n_tensors), (size_t)f->n_tensors);
		if (f->bytes) {
			buf_add_str(b, ", ");
			add_bytes(b, f->bytes);
		}
		print_fact(k == 0 ? _("formats") : "", b);
	}
}

static void
print_summary(const struct inspect *i, const char *path, const char *badge)
{
	struct buf b = {0};

	text_clean_line(&b, path, strlen(path));
	print_cut(buf_str(&b), b.len, line_width(), false);
	putchar('\n');
	buf_clear(&b);
	if (i->name.data) {
		inspect_add_text(&b, i->name);
		print_fact(_("name"), &b);
	}
	if (i->arch.data)
		inspect_add_text(&b, i->arch);
	else
		buf_add_str(&b, _("not given"));
	print_fact(_("architecture"), &b);
	add_count(&b, i->n_params);
	if (i->n_params >= 1000) {
		buf_add_str(&b, " (");
		add_rounded(&b, i->n_params);
		buf_add_char(&b, ')');
	}
	print_fact(_("parameters"), &b);
	add_bytes(&b, gguf_file_size(i->gguf));
	if (gguf_n_files(i->gguf) > 1)
		buf_printf(&b, _(" in %zu files"), gguf_n_files(i->gguf));
	if (gguf_version(i->gguf))
		buf_printf(&b, _(", GGUF version %u"), gguf_version(i->gguf));
	else
		buf_add_str(&b, _(", a directory, shown as the GGUF file it would become"));
	print_fact(_("file"), &b);
	if (badge) {
		buf_add_str(&b, i18n_text(badge));
		print_fact(_("badge"), &b);
	}
	print_formats(i, &b);
	buf_done(&b);
}

static void
add_kinds(struct buf *b, const struct inspect *i)
{
	for (size_t k = 1; k <= INSPECT_KINDS; k++) {
		uint64_t n = i->n_of_kind[k % INSPECT_KINDS];

		if (!n)
			continue;
		if (b->len)
			buf_add_str(b, ", ");
		add_count(b, n);
		buf_printf(b, " %s", inspect_kind_name(k % INSPECT_KINDS));
	}
}

static void
print_tokenizer(const struct inspect *i)
{
	struct buf b = {0}, name = {0};

	printf(_("\nTokenizer\n"));
	inspect_add_text(&b, i->tok_model);
	if (i->tok_pre.len) {
		buf_add_str(&b, _(", words as "));
		inspect_add_text(&b, i->tok_pre);
	}
	print_fact(_("model"), &b);
	add_count(&b, i->n_vocab);
	buf_add_str(&b, _(" tokens"));
	if (i->n_merges) {
		buf_add_str(&b, ", ");
		add_count(&b, i->n_merges);
		buf_add_str(&b, _(" merges"));
	}
	print_fact(_("vocabulary"), &b);
	add_kinds(&b, i);
	if (b.len)
		print_fact(_("kinds"), &b);
	for (size_t k = 0; k < i->n_specials; k++) {
		const struct inspect_special *s = &i->specials[k];

		buf_printf(&b, "%-8" PRId64 "  ", (int64_t)s->id);
		if (s->text.data)
			inspect_add_text(&b, s->text);
		else
			buf_add_str(&b, _("(not in the vocabulary)"));
		buf_clear(&name);
		inspect_add_text(&name, s->role);
		print_fact(buf_str(&name), &b);
	}
	buf_done(&name);
	buf_done(&b);
}

static void
print_template(const struct inspect_template *t)
{
	struct buf b = {0};
	const char *p = t->text.data, *end = p + t->text.len;
	int lines = 0;

	inspect_add_text(&b, t->name);
	printf(_("\nChat template%s%s (%zu bytes; --template prints it)\n"), b.len ? " " : "", buf_str(&b), t->text.len);
	while (p < end && lines++ < TEMPLATE_LINES) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		struct gguf_str line = {p, (size_t)((stop ? stop : end) - p)};

		buf_clear(&b);
		inspect_add_text(&b, line);
		printf("  ");
		print_cut(buf_str(&b), b.len, line_width() - 2, false);
		putchar('\n');
		p = stop ? stop + 1 : end;
	}
	if (p < end)
		printf("  …\n");
	buf_done(&b);
}

/* Columns for the names of a list: as wide as the widest, but leaving MIN columns for the rest. */
static int
name_columns(int widest, int min)
{
	int most = line_width() - 4 - min;

	return widest < most ? widest : most;
}

static void
print_metadata(const struct gguf *g)
{
	struct buf b = {0};
	int columns = 0;

	printf(_("\nMetadata (%zu)\n"), gguf_n_kv(g));
	for (size_t i = 0; i < gguf_n_kv(g); i++)
		if ((int)gguf_kv_at(g, i)->key.len > columns)
			columns = (int)gguf_kv_at(g, i)->key.len;
	columns = name_columns(columns, 36);
	for (size_t i = 0; i < gguf_n_kv(g); i++) {
		const struct gguf_kv *kv = gguf_kv_at(g, i);

		buf_clear(&b);
		inspect_add_text(&b, kv->key);
		printf("  ");
		print_cut(buf_str(&b), b.len, columns, true);
		buf_clear(&b);
		inspect_add_value(&b, kv);
		printf("  ");
		print_cut(buf_str(&b), b.len, line_width() - 4 - columns, false);
		putchar('\n');
	}
	buf_done(&b);
}

static void
print_tensor(const struct gguf_tensor *t, int columns)
{
	struct buf b = {0};

	inspect_add_text(&b, t->name);
	printf("  ");
	print_cut(buf_str(&b), b.len, columns, true);
	buf_clear(&b);
	if (t->type != QT_COUNT)
		buf_printf(&b, "%-6s", qtype_info(t->type)->name);
	else
		buf_printf(&b, "?%-5u", t->type_number);
	printf("  %s  ", buf_str(&b));
	buf_clear(&b);
	for (uint32_t d = 0; d < t->n_dims; d++)
		buf_printf(&b, "%s%" PRIu64, d ? " × " : "", t->dims[d]);
	print_cut(buf_str(&b), b.len, 20, true);
	buf_clear(&b);
	if (t->type != QT_COUNT)
		add_bytes(&b, t->size);
	else
		buf_add_char(&b, '?');
	printf("  %8s\n", buf_str(&b));
	buf_done(&b);
}

static void
print_tensors(const struct gguf *g)
{
	int columns = 0;

	printf(_("\nTensors (%zu)\n"), gguf_n_tensors(g));
	for (size_t i = 0; i < gguf_n_tensors(g); i++)
		if ((int)gguf_tensor_at(g, i)->name.len > columns)
			columns = (int)gguf_tensor_at(g, i)->name.len;
	columns = name_columns(columns, 38);
	for (size_t i = 0; i < gguf_n_tensors(g); i++)
		print_tensor(gguf_tensor_at(g, i), columns);
}

static void
print_all(const struct inspect *i, const char *path, const char *badge)
{
	print_summary(i, path, badge);
	if (i->tok_model.data || i->n_vocab)
		print_tokenizer(i);
	else
		printf(_("\nNo tokenizer\n"));
	for (size_t k = 0; k < i->n_templates; k++)
		print_template(&i->templates[k]);
	if (!i->n_templates)
		printf(_("\nNo chat template\n"));
	print_metadata(i->gguf);
	if (gguf_n_tensors(i->gguf))
		print_tensors(i->gguf);
}

/* ---- --template ---- */

static bool
print_whole_template(const struct inspect *i, const char *path, struct err *e)
{
	const struct inspect_template *t = i->templates;
	struct buf b = {0};

	if (!i->n_templates)
		return err_set(e, ERR_NOT_FOUND, "%s: there is no chat template in this file", path);
	/* The one without a name is the one that chats use. */
	for (size_t k = 0; k < i->n_templates; k++)
		if (i->templates[k].name.len == 0)
			t = &i->templates[k];
	if (isatty(STDOUT_FILENO))
		text_clean(&b, t->text.data, t->text.len);
	else
		buf_add(&b, t->text.data, t->text.len);
	fwrite(buf_str(&b), 1, b.len, stdout);
	buf_done(&b);
	return true;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct inspect_options *o = call->opts;
	struct buf path = {0};
	struct gguf *g = NULL;
	struct inspect i;
	const char *badge = NULL;
	bool ok = false, differs = false;

	g = load_listing(call->args[0], &path, &differs, &badge, e);
	if (g && differs)
		say("inspect", "%s", LOAD_TEMPLATE_DIFFERS);
	if (g) {
		inspect_init(&i, g);
		ok = true;
		if (o->template)
			ok = print_whole_template(&i, buf_str(&path), e);
		else if (o->json)
			inspect_print_json(&i, buf_str(&path), badge);
		else
			print_all(&i, buf_str(&path), badge);
		inspect_done(&i);
	}
	gguf_close(g);
	buf_done(&path);
	return ok;
}

const struct cmd cmd_inspect = {
	.name = "inspect",
	.args = "MODEL",
	.summary = N_("show what a model file holds"),
	.details = N_("Prints architecture, parameters, storage formats, tokenizer, chat template, metadata and tensors. "
	    "The file is checked but not loaded, so this works for models that minnow cannot run."),
	.opts = opts,
	.opts_size = sizeof(struct inspect_options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
