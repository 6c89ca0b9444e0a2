/* The key table; see keymap.h. */
#include "tui/keymap.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/config.h"
#include "tui/i18n.h"

static const struct {
	const char *name;
	uint32_t code;
} key_names[] = {
	{"Enter", KEYCODE_ENTER}, {"Tab", KEYCODE_TAB}, {"Esc", KEYCODE_ESC}, {"Backspace", KEYCODE_BACKSPACE},
	{"Delete", KEYCODE_DELETE}, {"Insert", KEYCODE_INSERT}, {"Up", KEYCODE_UP}, {"Down", KEYCODE_DOWN},
	{"Left", KEYCODE_LEFT}, {"Right", KEYCODE_RIGHT}, {"Home", KEYCODE_HOME}, {"End", KEYCODE_END},
	{"PgUp", KEYCODE_PGUP}, {"PgDn", KEYCODE_PGDN}, {"Space", ' '},
};

static const struct {
	const char *name, *help;
} actions[] = {
	{"none", ""},
#define ACTION(id, name, what) {name, what},
#include "tui/action.def"
#undef ACTION
};
static_assert(ARRAY_LEN(actions) == ACTION_COUNT, "one name an action");

static const struct {
	const char *name, *help;
	enum context parent;
} contexts[] = {
#define CONTEXT(id, parent, what) {#id, what, CONTEXT_##parent},
#include "tui/context.def"
#undef CONTEXT
};

static const struct {
	enum context context;
	const char *key;
	enum action action;
} built_in[] = {
#define BIND(context, key, action) {CONTEXT_##context, key, ACTION_##action},
#include "tui/keys.def"
#undef BIND
};

static bool
parse_name(const char *s, uint32_t *code)
{
	unsigned f;
	char rest;

	for (size_t i = 0; i < ARRAY_LEN(key_names); i++)
		if (strcmp(s, key_names[i].name) == 0) {
			*code = key_names[i].code;
			return true;
		}
	if (sscanf(s, "F%u%c", &f, &rest) == 1 && f >= 1 && f <= 12) {
		*code = KEYCODE_F1 + f - 1;
		return true;
	}
	return false;
}

bool
key_parse(const char *s, struct key *out)
{
	size_t len;
	bool ok;

	*out = (struct key){0};
	for (; *s && s[1] == '-' && s[2]; s += 2) {
		if (*s == 'C')
			out->mods |= MOD_CTRL;
		else if (*s == 'M')
			out->mods |= MOD_ALT;
		else if (*s == 'S')
			out->mods |= MOD_SHIFT;
		else
			return false;
	}
	if (!*s)
		return false;
	if (parse_name(s, &out->code))
		return true;
	len = utf8_decode(s, strlen(s), &out->code, &ok);
	return ok && s[len] == '\0' && out->code > ' ';
}

void
key_format(struct key k, struct buf *out)
{
	bool plain = k.code > ' ' && k.code < 0x7f;

	if (k.mods & MOD_ALT)
		buf_add_str(out, "Alt-");
	if (k.mods & MOD_CTRL)
		buf_add_str(out, plain ? "^" : "Ctrl-");
	if (k.mods & MOD_SHIFT)
		buf_add_str(out, "Shift-");
	for (size_t i = 0; i < ARRAY_LEN(key_names); i++)
		if (k.code == key_names[i].code) {
			buf_add_str(out, key_names[i].name);
			return;
		}
	if (k.code >= KEYCODE_F1 && k.code <= KEYCODE_F12)
		buf_printf(out, "F%u", (unsigned)(k.code - KEYCODE_F1 + 1));
	else if (plain && k.mods & MOD_CTRL && k.code >= 'a' && k.code <= 'z')
		buf_add_char(out, (char)(k.code - 'a' + 'A'));
	else
		buf_add_utf8(out, k.code);
}

bool
key_same(struct key a, struct key b)
{
	return a.code == b.code && a.mods == b.mods;
}

uint32_t
key_text(struct key k)
{
	return k.code >= ' ' && k.code < 0x110000 && !(k.mods & (MOD_ALT | MOD_CTRL)) ? k.code : 0;
}

const char *
action_name(enum action a)
{
	return actions[a].name;
}

const char *
action_help(enum action a)
{
	return i18n_text(actions[a].help);
}

enum action
action_find(const char *name)
{
	for (size_t i = 1; i < ARRAY_LEN(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return (enum action)i;
	return ACTION_NONE;
}

const char *
context_name(enum context c)
{
	return contexts[c].name;
}

const char *
context_help(enum context c)
{
	return _(contexts[c].help);
}

enum context
context_parent(enum context c)
{
	return contexts[c].parent;
}

bool
context_within(enum context c, enum context outer)
{
	while (c != outer && context_parent(c) != c)
		c = context_parent(c);
	return c == outer;
}

static void
add(struct keymap *m, struct binding b)
{
	m->rows = mem_grow(m->rows, m->n_rows + 1, sizeof *m->rows);
	m->rows[m->n_rows++] = b;
}

void
keymap_init(struct keymap *m)
{
	*m = (struct keymap){0};
	for (size_t i = 0; i < ARRAY_LEN(built_in); i++) {
		struct binding b = {.context = built_in[i].context, .action = built_in[i].action};
		bool ok = key_parse(built_in[i].key, &b.key);

		assert(ok);
		(void)ok;
		add(m, b);
	}
}

void
keymap_done(struct keymap *m)
{
	free(m->rows);
	*m = (struct keymap){0};
}

static void
unbind(struct keymap *m, enum context c, enum action a)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_rows; i++)
		if (m->rows[i].context != c || m->rows[i].action != a)
			m->rows[kept++] = m->rows[i];
	m->n_rows = kept;
}

/* A key means one thing in a context: what it meant before goes. */
static void
rebind(struct keymap *m, struct binding b, const char *file, struct buf *warnings)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_rows; i++) {
		struct binding *old = &m->rows[i];

		if (old->context != b.context || !key_same(old->key, b.key)) {
			m->rows[kept++] = *old;
		} else if (old->line && old->action != b.action) {
			buf_printf(warnings, _("%s line %u: the key of %s was bound to %s in line %u\n"), file, b.line,
			    action_name(b.action), action_name(old->action), old->line);
		}
	}
	m->n_rows = kept;
	add(m, b);
	/* In front: the person's choice is the one to show. */
	memmove(m->rows + 1, m->rows, (m->n_rows - 1) * sizeof *m->rows);
	m->rows[0] = b;
}

static bool
find_context(const char *name, enum context *out)
{
	for (size_t i = 0; i < ARRAY_LEN(contexts); i++)
		if (strcmp(contexts[i].name, name) == 0) {
			*out = (enum context)i;
			return true;
		}
	return false;
}

void
keymap_configure(struct keymap *m, const struct config_bind *binds, size_t n, const char *file,
    struct buf *warnings)
{
	for (size_t i = 0; i < n; i++) {
		struct binding b = {.action = action_find(binds[i].action), .line = binds[i].line};

		if (!find_context(binds[i].context, &b.context))
			buf_printf(warnings, _("%s line %u: there are no keys \"%s\"\n"), file, b.line,
			    binds[i].context);
		else if (b.action == ACTION_NONE)
			buf_printf(warnings, _("%s line %u: there is no action \"%s\"\n"), file, b.line,
			    binds[i].action);
		else if (strcmp(binds[i].key, "none") == 0)
			unbind(m, b.context, b.action);
		else if (!key_parse(binds[i].key, &b.key))
			buf_printf(warnings, _("%s line %u: \"%s\" is no key (C-r, M-Enter, F1, PgUp, ?)\n"), file,
			    b.line, binds[i].key);
		else
			rebind(m, b, file, warnings);
	}
}

enum action
keymap_find(const struct keymap *m, enum context c, struct key k)
{
	for (;;) {
		for (size_t i = 0; i < m->n_rows; i++)
			if (m->rows[i].context == c && key_same(m->rows[i].key, k))
				return m->rows[i].action;
		if (contexts[c].parent == c)
			return ACTION_NONE;
		c = contexts[c].parent;
	}
}

struct key
keymap_key(const struct keymap *m, enum context c, enum action a)
{
	for (;;) {
		for (size_t i = 0; i < m->n_rows; i++)
			if (m->rows[i].context == c && m->rows[i].action == a)
				return m->rows[i].key;
		if (contexts[c].parent == c)
			return (struct key){0};
		c = contexts[c].parent;
	}
}
