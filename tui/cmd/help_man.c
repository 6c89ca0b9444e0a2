/* The tables as mdoc(7), for the manual pages.  The rows are words for people; here they only get their markup. */
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/help.h"

/* Text of a table as input lines of at most 78 bytes: a new sentence begins a new line, a leading . or ' is no
 * request. */
static void
add_text(struct buf *out, const char *s, size_t len)
{
	size_t at = 0;
	char last = ' ';

	for (size_t i = 0; i < len;) {
		size_t n = 0;

		if (s[i] == ' ') {
			i++;
			continue;
		}
		while (i + n < len && s[i + n] != ' ')
			n++;
		if (at > 0 && (last == '.' || last == '?' || at + 1 + n > 78)) {
			buf_add_char(out, '\n');
			at = 0;
		} else if (at > 0) {
			buf_add_char(out, ' ');
			at++;
		}
		if (at == 0 && (s[i] == '.' || s[i] == '\''))
			buf_add_str(out, "\\&");
		for (size_t k = i; k < i + n; k++) {
			if (s[k] == '\\')
				buf_add_str(out, "\\e");
			else
				buf_add_char(out, s[k]);
		}
		at += n;
		i += n;
		last = s[i - 1];
	}
	buf_add_char(out, '\n');
}

static void
add_str(struct buf *out, const char *s)
{
	add_text(out, s, strlen(s));
}

/* A word of a macro line: quoted, so that a blank does not part it; with \&, so that "|" is no delimiter. */
static void
add_word(struct buf *out, const char *s)
{
	buf_add_str(out, s[0] && !s[1] ? " \"\\&" : " \"");
	for (; *s; s++) {
		if (*s == '"')
			buf_add_str(out, "\\(dq");
		else if (*s == '\\')
			buf_add_str(out, "\\e");
		else
			buf_add_char(out, *s);
	}
	buf_add_char(out, '"');
}

static void
add_details(struct buf *out, const char *text)
{
	bool example = false;

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (example != (*text == ' ')) {
			example = !example;
			buf_add_str(out, example ? ".Bd -literal -offset indent -compact\n" : ".Ed\n");
		}
		if (len > 0 && !example && out->data[out->len - 1] == '\n')
			add_text(out, text, len);
		else if (example)
			add_text(out, text + strspn(text, " "), len - strspn(text, " "));
		else if (text[1])
			buf_add_str(out, ".Pp\n");
		text += len + (text[len] == '\n');
	}
	if (example)
		buf_add_str(out, ".Ed\n");
}

static void
add_option(struct buf *out, const struct opt *o)
{
	buf_add_str(out, ".It");
	if (o->letter)
		buf_printf(out, " Fl %c ,", o->letter);
	buf_printf(out, " Fl \\-%s", o->name);
	if (o->arg) {
		buf_add_str(out, " Ar");
		add_word(out, o->arg);
	}
	buf_add_char(out, '\n');
	add_str(out, o->help);
	if (o->kind == OPT_CHOICE) {
		buf_add_str(out, "One of:\n");
		add_str(out, o->choices);
	}
}

static void
add_command(struct buf *out, const struct cmd *c)
{
	buf_printf(out, ".It Ic %s", c->name);
	if (c->args && *c->args) {
		buf_add_str(out, " Ar");
		add_word(out, c->args);
	}
	buf_add_char(out, '\n');
	add_str(out, c->summary);
	if (c->details) {
		buf_add_str(out, ".Pp\n");
		add_details(out, c->details);
	}
	if (!help_next_opt(c, NULL))
		return;
	buf_add_str(out, ".Bl -tag -width 10n -compact\n");
	for (const struct opt *o = NULL; (o = help_next_opt(c, o));)
		add_option(out, o);
	buf_add_str(out, ".El\n");
}

static void
add_commands(struct buf *out)
{
	buf_add_str(out, ".Bl -tag -width 6n\n");
	for (size_t i = 0; cmd_at(i); i++)
		add_command(out, cmd_at(i));
	buf_add_str(out, ".El\n");
}

struct key {
	const char *context, *key, *action;
};

static const struct key keys[] = {
#define BIND(context, key, action) {#context, key, #action},
#include "tui/keys.def"
#undef BIND
};

/* The keys of one action in one context make one row. */
static void
add_keys_of(struct buf *out, const char *context, const char *action, const char *name, const char *text)
{
	bool first = true;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].context, context) != 0 || strcmp(keys[i].action, action) != 0)
			continue;
		buf_add_str(out, first ? ".It Ic" : " , Ic");
		add_word(out, keys[i].key);
		first = false;
	}
	if (first)
		return;
	buf_printf(out, " Pq %s\n", name);
	add_str(out, text);
}

static bool
has_keys(const char *context)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].context, context) == 0)
			return true;
	return false;
}

static void
add_context(struct buf *out, const char *context, const char *when)
{
	if (!has_keys(context))
		return;
	buf_add_str(out, ".Ss Keys");
	add_word(out, when);
	buf_add_str(out, "\n.Bl -tag -width 10n -compact\n");
#define ACTION(id, name, text) add_keys_of(out, context, #id, name, text);
#include "tui/action.def"
#undef ACTION
	buf_add_str(out, ".El\n");
}

static void
add_key_tables(struct buf *out)
{
#define CONTEXT(id, parent, when) add_context(out, #id, when);
#include "tui/context.def"
#undef CONTEXT
}

struct setting_row {
	const char *section, *name, *value, *words, *env, *help;
};

static const struct setting_row settings[] = {
#define SETTING(section, name, kind, value, min, max, words, env, help) {#section, #name, value, words, env, help},
#include "tui/setting.def"
#undef SETTING
};

static void
add_settings(struct buf *out)
{
	buf_add_str(out, ".Bl -tag -width 6n -compact\n");
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const struct setting_row *s = &settings[i];

		buf_printf(out, ".It Va %s.", s->section);
		for (const char *p = s->name; *p; p++)
			buf_add_char(out, *p == '_' ? '-' : *p);
		if (*s->value) {
			buf_add_str(out, " Pq");
			add_word(out, s->value);
		}
		buf_add_char(out, '\n');
		add_str(out, s->help);
		if (*s->env)
			buf_printf(out, ".Pq Ev %s\n", s->env);
	}
	buf_add_str(out, ".El\n");
}

static void
add_roles(struct buf *out)
{
	buf_add_str(out, ".Bl -tag -width 10n -compact\n");
#define ROLE(id, is_text, what) \
	buf_add_str(out, ".It Va " #id "\n"); \
	add_str(out, is_text ? what " *" : what);
#include "tui/role.def"
#undef ROLE
	buf_add_str(out, ".El\n");
}

static void
add_themes(struct buf *out)
{
	buf_add_str(out, ".Bl -tag -width 10n -compact\n");
#define THEME(name, what) \
	buf_add_str(out, ".It Va " #name "\n"); \
	add_str(out, what);
#include "tui/theme.def"
#undef THEME
	buf_add_str(out, ".El\n");
}

static const struct {
	const char *name;
	void (*add)(struct buf *out);
} tables[] = {
	{"commands", add_commands}, {"keys", add_key_tables}, {"settings", add_settings}, {"roles", add_roles},
	{"themes", add_themes},
};

bool
help_man(struct buf *out, const char *section, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		if (strcmp(section, tables[i].name) == 0) {
			tables[i].add(out);
			return true;
		}
	return err_set(e, ERR_USAGE, "there is no table \"%s\": commands, keys, settings, roles, themes", section);
}
