/* Settings in plain lines: the list, one with all that is known of it, a new value, the default again. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/apply.h"
#include "tui/state/setting_tell.h"
#include "tui/term/linear.h"

static void
add_setting(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct config *c = m->arg;
	struct buf from = {0};
	size_t before;

	setting_add_name(setting_at(i), out);
	buf_add_str(out, ": ");
	before = out->len;
	setting_tell_value(c, i, out);
	if (out->len == before)
		buf_add_str(out, _("empty"));
	setting_tell_from(c, i, &from);
	if (from.len)
		buf_printf(out, _(", from %s"), from.data);
	buf_done(&from);
}

/* What it is, what it may be, where its value comes from, and when a change counts. */
static void
tell(const struct config *c, size_t i)
{
	const struct setting *s = setting_at(i);
	struct linear_menu m = {.arg = (void *)(uintptr_t)c};
	struct buf line = {0}, range = {0};

	add_setting(&m, i, &line);
	setting_tell_range(i, &range);
	linear_say("%s%s.\n", buf_str(&line), c->from[i].source == CONFIG_DEFAULT ? ", its default" : "");
	linear_say(_("It means: %s.\n"), _(s->help));
	if (range.len)
		linear_say(_("It may be %s. "), buf_str(&range));
	linear_say(_("The default is %s. "), *s->value ? s->value : "empty");
	if (*s->env)
		linear_say(_("%s in the environment overrides it. "), s->env);
	buf_clear(&line);
	setting_tell_now(c, i, &line);
	linear_say("%s%s\n", apply_when(i), buf_str(&line));
	buf_done(&line);
	buf_done(&range);
}

/* VALUE NULL: its default again. */
static enum linear_did
change(struct linear *l, size_t i, const char *value)
{
	struct buf said = {0};
	struct err e = {0};

	if (!apply_setting(l->app, i, value, &said, &e))
		linear_fail(&e);
	else
		linear_say("%s%s. %s\n", buf_str(&said), value ? "" : " again", apply_when(i));
	buf_done(&said);
	return LINEAR_DONE;
}

static enum linear_did
look_at(struct linear *l, size_t i)
{
	bool can_reset = l->app->config->from[i].source != CONFIG_DEFAULT;
	struct buf value = {0};

	tell(l->app->config, i);
	if (linear_words(l, "", can_reset ? _("Type a new value, reset for the default, or press Enter to keep it.") :
	    _("Type a new value, or press Enter to keep it."), &value))
		change(l, i, can_reset && strcasecmp(buf_str(&value), "reset") == 0 ? NULL : buf_str(&value));
	buf_done(&value);
	return LINEAR_DONE;
}

static enum linear_did
list(struct linear *l)
{
	struct linear_menu m = {.question = _("Which one do you want to look at, or change?"), .n = SETTING_COUNT, .add = add_setting,
	    .arg = l->app->config};
	size_t chosen;

	puts(_("These are the settings:"));
	chosen = linear_menu(l, &m);
	return chosen < m.n ? look_at(l, chosen) : LINEAR_DONE;
}

/* A number of the list, or a name; *WORDS gets what follows it. */
static bool
find(const char **words, size_t *i, struct err *e)
{
	const char *s = *words;
	size_t n = strcspn(s, " =");
	unsigned long number = linear_number(words);
	struct buf name = {0};
	bool ok = true;

	if (number > SETTING_COUNT)
		return err_set(e, ERR_USAGE, "there are %d settings: :settings lists them", SETTING_COUNT);
	if (number) {
		*i = number - 1;
		return true;
	}
	buf_add(&name, s, n);
	ok = setting_find(buf_str(&name), i, e) != NULL;
	*words = s + n + strspn(s + n, " =");
	buf_done(&name);
	return ok;
}

static enum linear_did
settings(struct linear *l, const char *words)
{
	struct err e = {0};
	size_t i;

	if (!*words)
		return list(l);
	if (!find(&words, &i, &e))
		return linear_fail(&e);
	return *words ? change(l, i, words) : look_at(l, i);
}

static enum linear_did
reset(struct linear *l, const char *words)
{
	struct buf name = {0};
	struct err e = {0};
	const char *rest;
	size_t i;

	if (linear_words(l, words, _("Type the name of a setting, or press Enter for none."), &name)) {
		rest = buf_str(&name);
		if (!find(&rest, &i, &e))
			linear_fail(&e);
		else if (l->app->config->from[i].source == CONFIG_DEFAULT)
			puts(_("This setting has its default already."));
		else
			change(l, i, NULL);
	}
	buf_done(&name);
	return LINEAR_DONE;
}

enum linear_did
linear_settings_act(struct linear *l, enum action a, const char *words)
{
	switch (a) {
	case ACTION_open_settings:
		return settings(l, words);
	case ACTION_reset:
		return reset(l, words);
	default:
		return LINEAR_NOT;
	}
}
