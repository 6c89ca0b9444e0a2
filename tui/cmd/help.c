/* minnow help: the list of commands, or one command in full.  Everything comes from the tables. */
#include "tui/cmd/help.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/i18n.h"
#include "tui/text.h"

#define WIDTH 79

struct options {
	bool json;
	const char *man;
};

const struct opt *
help_next_opt(const struct cmd *c, const struct opt *p)
{
	for (p = p ? p + 1 : c->opts; p && p->name; p++)
		if (p->help)
			return p;
	return NULL;
}

/* The cursor stands in column INDENT; long lines are broken at blanks and go on there. */
static void
print_wrapped(const char *line, size_t len, size_t indent)
{
	size_t at = indent;

	for (size_t i = 0; i < len;) {
		size_t n = 0, columns;

		if (line[i] == ' ') {
			i++;
			continue;
		}
		while (i + n < len && line[i + n] != ' ')
			n++;
		columns = (size_t)text_width(line + i, n);
		if (at > indent && at + 1 + columns > WIDTH) {
			printf("\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			putchar(' ');
			at++;
		}
		printf("%.*s", (int)n, line + i);
		at += columns;
		i += n;
	}
	putchar('\n');
}

static void
print_line(const char *text, size_t len)
{
	struct buf line = {0};
	const char *words;

	buf_add(&line, text, len);
	words = i18n_text(buf_str(&line));
	print_wrapped(words, strlen(words), 0);
	buf_done(&line);
}

/* A line that begins with a blank is an example and stands as it is.  What was not translated as a whole may be so line by
 * line. */
static void
print_details(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (*text == ' ')
			printf("%.*s\n", (int)len, text);
		else
			print_line(text, len);
		text += len + (text[len] == '\n');
	}
}

static void
print_row(const char *left, size_t column, const char *text)
{
	size_t len = strlen(left);

	printf("  %s", left);
	if (len + 4 > column) {
		putchar('\n');
		len = 0;
	} else {
		len += 2;
	}
	printf("%*s", (int)(column - len), "");
	print_wrapped(text, strlen(text), column);
}

static void
print_list(void)
{
	struct buf left = {0};

	printf(_("minnow: chat with, explore and compare small language models in a terminal\n\n"
	       "usage: minnow [COMMAND] [ARGUMENT]...\n\n"));
	for (size_t i = 0; cmd_at(i); i++) {
		buf_clear(&left);
		buf_printf(&left, "%s %s", cmd_at(i)->name, cmd_at(i)->args ? cmd_at(i)->args : "");
		print_row(buf_str(&left), 28, _(cmd_at(i)->summary));
	}
	putchar('\n');
	print_details(_("Without a command, minnow opens a chat.  MODEL is `guide`, the tiny model that comes with "
	    "minnow, or the path of a GGUF file or of a directory as Hugging Face publishes it.  `minnow COMMAND "
	    "--help` explains one command; the manual is minnow(1)."));
	buf_done(&left);
}

static void
spell_option(struct buf *out, const struct opt *o)
{
	buf_clear(out);
	if (o->letter)
		buf_printf(out, "-%c, ", o->letter);
	else
		buf_add_str(out, "    ");
	buf_printf(out, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
}

static void
print_options(const struct cmd *c)
{
	struct buf left = {0};
	size_t column = 0;

	for (const struct opt *o = NULL; (o = help_next_opt(c, o));) {
		spell_option(&left, o);
		if (left.len + 4 > column)
			column = left.len + 4;
	}
	if (column > 0)
		printf(_("\noptions:\n"));
	if (column > 30)
		column = 30;
	for (const struct opt *o = NULL; (o = help_next_opt(c, o));) {
		struct buf text = {0};

		spell_option(&left, o);
		buf_add_str(&text, _(o->help));
		if (o->kind == OPT_CHOICE)
			buf_printf(&text, _(" (one of: %s)"), o->choices);
		print_row(buf_str(&left), column, buf_str(&text));
		buf_done(&text);
	}
	buf_done(&left);
}

static void
print_one(const struct cmd *c)
{
	printf(_("usage: minnow %s%s%s%s\n\n"), c->name, help_next_opt(c, NULL) ? _(" [OPTION]...") : "",
	    c->args && *c->args ? " " : "", c->args ? c->args : "");
	print_wrapped(_(c->summary), strlen(_(c->summary)), 0);
	if (c->details) {
		putchar('\n');
		print_details(i18n_text(c->details));
	}
	print_options(c);
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct options *o = call->opts;
	const struct cmd *c = NULL;
	struct buf out = {0};

	if (call->n_args > 0 && !(c = cmd_find(call->args[0])))
		return err_set(e, ERR_USAGE, "there is no command \"%s\" (see: minnow help)", call->args[0]);
	if (o->man) {
		if (!help_man(&out, o->man, e))
			return false;
	} else if (o->json) {
		help_json(&out, c);
	} else if (c) {
		print_one(c);
	} else {
		print_list();
	}
	fputs(buf_str(&out), stdout);
	buf_done(&out);
	return true;
}

static const struct opt opts[] = {
	{.name = "json", .kind = OPT_FLAG, .help = N_("print the tables as JSON"), .offset = offsetof(struct options, json)},
	{.name = "man", .kind = OPT_TEXT, .arg = "SECTION", .offset = offsetof(struct options, man)},
	{0},
};

const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.summary = N_("list the commands, or explain one"),
	.details = N_("Everything printed here is read from the tables that the program itself uses.  Every command also "
	    "takes --help."),
	.opts = opts,
	.opts_size = sizeof(struct options),
	.max_args = 1,
	.run = run,
};
