/* minnow config: the settings, where each comes from, and changing one. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/config.h"
#include "tui/i18n.h"
#include "tui/json_write.h"
#include "tui/say.h"
#include "tui/text.h"
#include "tui/text_clean.h"

struct options {
	bool json, unset, dump, path;
};

#define NAME_COLUMNS 25
#define VALUE_COLUMNS 30
#define HIDDEN "(set, not shown)"

/* ---- the list ---- */

static void
add_where(const struct config *c, size_t i, bool whole, struct buf *out)
{
	const char *slash = strrchr(c->file, '/');

	if (c->from[i].source == CONFIG_ENVIRONMENT)
		buf_add_str(out, setting_at(i)->env);
	else if (c->from[i].source == CONFIG_FILE)
		buf_printf(out, "%s:%u", whole || !slash ? c->file : slash + 1, c->from[i].line);
	else
		buf_add_str(out, "default");
}

static void
add_shown(const struct config *c, size_t i, struct buf *out)
{
	size_t before = out->len;

	setting_add_value(c, setting_at(i), out);
	if (setting_is_secret(setting_at(i)) && out->len > before) {
		buf_truncate(out, before);
		buf_add_str(out, HIDDEN);
	}
}

/* S in COLUMNS, cut or filled up. */
static void
print_cell(const struct buf *s, int columns)
{
	struct buf clean = {0};
	int used;
	size_t n;

	text_clean_line(&clean, buf_str(s), s->len);
	n = text_fit(buf_str(&clean), clean.len, columns, &used);
	if (n < clean.len) {
		n = text_fit(buf_str(&clean), clean.len, columns - 3, &used);
		printf("%.*s...", (int)n, buf_str(&clean));
		used += 3;
	} else {
		fwrite(buf_str(&clean), 1, clean.len, stdout);
	}
	printf("%*s", columns - used + 1, "");
	buf_done(&clean);
}

static void
print_row(const struct config *c, size_t i, bool terminal)
{
	struct buf name = {0}, value = {0}, where = {0};

	setting_add_name(setting_at(i), &name);
	add_shown(c, i, &value);
	add_where(c, i, !terminal, &where);
	if (terminal) {
		print_cell(&name, NAME_COLUMNS);
		print_cell(&value, VALUE_COLUMNS);
		say_name(buf_str(&where));
		putchar('\n');
	} else {
		/* On one line, whatever is in it: scripts that want a value as it is ask for it by name. */
		printf("%s\t", buf_str(&name));
		say_name(buf_str(&value));
		printf("\t%s\n", buf_str(&where));
	}
	buf_done(&name);
	buf_done(&value);
	buf_done(&where);
}

static void
print_member(const char *name, const char *text)
{
	printf(", \"%s\": ", name);
	json_write_str(stdout, text, strlen(text));
}

/* A value as what it is in JSON. */
static void
print_json_value(const struct setting *s, const char *value)
{
	if (strcmp(s->kind, "TEXT") == 0 || strcmp(s->kind, "CHOICE") == 0)
		json_write_str(stdout, value, strlen(value));
	else
		fputs(value, stdout);
}

static void
print_json_row(const struct config *c, size_t i, bool with_secret)
{
	static const char *const sources[] = {
		[CONFIG_DEFAULT] = "default", [CONFIG_FILE] = "file", [CONFIG_ENVIRONMENT] = "environment",
	};
	const struct setting *s = setting_at(i);
	struct buf name = {0}, value = {0}, where = {0};

	setting_add_name(s, &name);
	setting_add_value(c, s, &value);
	printf("{\"name\": ");
	json_write_str(stdout, name.data, name.len);
	printf(", \"value\": ");
	if (setting_is_secret(s) && value.len && !with_secret)
		fputs("null", stdout);
	else
		print_json_value(s, buf_str(&value));
	printf(", \"default\": ");
	print_json_value(s, s->value);
	print_member("from", sources[c->from[i].source]);
	add_where(c, i, true, &where);
	if (c->from[i].source != CONFIG_DEFAULT)
		print_member("where", buf_str(&where));
	if (setting_is_secret(s))
		printf(", \"set\": %s", value.len ? "true" : "false");
	print_member("help", s->help);
	putchar('}');
	buf_done(&name);
	buf_done(&value);
	buf_done(&where);
}

static void
print_list(const struct config *c, bool json)
{
	bool terminal = isatty(STDOUT_FILENO);

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (json)
			fputs(i ? ",\n " : "[", stdout);
		if (json)
			print_json_row(c, i, false);
		else
			print_row(c, i, terminal);
	}
	if (json)
		puts("]");
}

/* ---- one setting ---- */

static bool
print_one(const struct config *c, const char *name, bool json, struct err *e)
{
	struct buf value = {0};
	size_t i;
	const struct setting *s = setting_find(name, &i, e);

	if (!s)
		return false;
	if (json) {
		print_json_row(c, i, true);
	} else {
		setting_add_value(c, s, &value);
		if (isatty(STDOUT_FILENO))
			say_name(buf_str(&value));
		else
			fwrite(buf_str(&value), 1, value.len, stdout);
	}
	putchar('\n');
	buf_done(&value);
	return true;
}

/* VALUE NULL: take it out.  The file need not be right as a whole: this is how a wrong line is mended. */
static bool
change(struct config *c, const char *name, const char *value, struct err *e)
{
	const struct setting *s = setting_find(name, NULL, e);

	if (!s || (value && !config_set(c, name, value, e)) || !config_write(c, s, value, e))
		return false;
	if (config_is_overridden(s))
		say("config", "%s is set in the environment and still wins here", s->env);
	return true;
}

/* ---- the whole file ---- */

static void
print_dump(void)
{
	const char *section = "";

	puts(_("# minnow: every setting with what it is when nothing is said.  Take away a # to change one.\n"
	    "# minnow-config(5) tells more; minnow config NAME VALUE changes this file as well."));
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *s = setting_at(i);
		const char *dot = strchr(s->name, '.');
		size_t n = (size_t)(dot - s->name);
		struct buf name = {0};

		setting_add_name(s, &name);
		if (strncmp(section, s->name, n + 1) != 0)
			printf("\n[%.*s]\n", (int)n, s->name);
		section = s->name;
		printf("\t# %s", _(s->help));
		if (*s->words)
			printf(_("; one of: %s"), s->words);
		if (*s->env)
			printf(" (%s)", s->env);
		printf("\n\t# %s = %s\n", buf_str(&name) + n + 1, *s->value ? s->value : "\"\"");
		buf_done(&name);
	}
}

static bool
check_use(const struct cmd_call *call, struct err *e)
{
	const struct options *o = call->opts;

	if (o->dump + o->path + o->unset > 1)
		return err_set(e, ERR_USAGE, "--dump, --path and --unset are three different things");
	if ((o->dump || o->path) && call->n_args)
		return err_set(e, ERR_USAGE, "--%s takes no NAME", o->dump ? "dump" : "path");
	if (o->unset && call->n_args != 1)
		return err_set(e, ERR_USAGE, "--unset wants the NAME of one setting");
	if (o->json && (o->dump || o->path || o->unset || call->n_args == 2))
		return err_set(e, ERR_USAGE, "--json is for showing settings");
	return true;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct options *o = call->opts;
	const char *name = call->args[0];
	struct config c = {0};
	bool ok = check_use(call, e);

	if (ok && o->dump) {
		print_dump();
	} else if (ok && o->path) {
		config_places(&c);
		puts(c.file);
	} else if (ok && (o->unset || call->n_args == 2)) {
		config_places(&c);
		ok = change(&c, name, o->unset ? NULL : call->args[1], e);
	} else if (ok) {
		ok = config_load(&c, e);
		if (ok)
			say_lines(buf_str(&c.warnings));
		if (ok && name)
			ok = print_one(&c, name, o->json, e);
		else if (ok)
			print_list(&c, o->json);
	}
	config_done(&c);
	return ok;
}

static const struct opt opts[] = {
	{.name = "unset", .kind = OPT_FLAG, .help = N_("take NAME out of the file"), .offset = offsetof(struct options, unset)},
	{.name = "dump", .kind = OPT_FLAG, .help = N_("print a whole file of commented defaults"), .offset = offsetof(struct options, dump)},
	{.name = "path", .kind = OPT_FLAG, .help = N_("print where the file is"), .offset = offsetof(struct options, path)},
	{.name = "json", .kind = OPT_FLAG, .help = N_("print JSON"), .offset = offsetof(struct options, json)},
	{0},
};

const struct cmd cmd_config = {
	.name = "config",
	.args = "[NAME [VALUE]]",
	.summary = N_("show the settings, or change one"),
	.details = N_("Without NAME: every setting, its value, and where that comes from: the default, a line of the configuration file, "
	    "or a variable of the environment. With VALUE the setting is written to the file, whose comments stay. The hub's "
	    "token is shown only when it is asked for by name.\n"
	    "\n"
	    "  minnow config chat.model qwen3-0.6b\n"
	    "  minnow config --unset chat.model\n"
	    "  minnow config --dump > config"),
	.opts = opts,
	.opts_size = sizeof(struct options),
	.max_args = 2,
	.run = run,
};
