/* Changing settings; see apply.h. */
#include "tui/state/apply.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"

static enum background
background_of(const struct config *c)
{
	const char *last = strrchr(c->colorfgbg, ';');
	long number = last ? strtol(last + 1, NULL, 10) : -1;

	if (strcmp(c->ui_background, "dark") == 0)
		return BACKGROUND_DARK;
	if (strcmp(c->ui_background, "light") == 0)
		return BACKGROUND_LIGHT;
	/* "15;0": the second number is the background's place in the palette. */
	if (number < 0 || last[1] < '0' || last[1] > '9')
		return BACKGROUND_UNKNOWN;
	return number == 7 || number == 15 ? BACKGROUND_LIGHT : BACKGROUND_DARK;
}

bool
apply_looks(struct app *app, struct err *e)
{
	const struct config *c = app->config;
	bool utf8 = !app->display || app->display->utf8;
	enum background bg = background_of(c);

	/* What the terminal answered is not lost. */
	if (bg != BACKGROUND_UNKNOWN || strcmp(c->ui_background, "auto") != 0)
		app->background = bg;
	app->glyphs = glyphs_get(strcmp(c->ui_glyphs, "ascii") == 0 || (strcmp(c->ui_glyphs, "auto") == 0 && !utf8));
	return app_set_theme(app, c->ui_theme, e);
}

void
apply_mouse(struct app *app)
{
	const char *m = app->config->ui_mouse;

	app_set_mouse(app, strcmp(m, "on") == 0 || (strcmp(m, "auto") == 0 && !app->config->over_ssh));
}

/* ---- what counts at once ---- */

static void
take_looks(struct app *app)
{
	struct err e = {0};

	if (!apply_looks(app, &e))
		app_note(app, ROLE_warn, "%s", e.text);
}

/* The conversation that is open takes the one value that changed: what it has of its own stays. */
static void
take_sampling(struct app *app, size_t i)
{
	struct sampler_params *now = &app->talk.sampling, p;

	config_sampling(app->config, &p);
	switch (i) {
	case SETTING_sampling_temp:
		now->temp = p.temp;
		break;
	case SETTING_sampling_top_k:
		now->top_k = p.top_k;
		break;
	case SETTING_sampling_top_p:
		now->top_p = p.top_p;
		break;
	case SETTING_sampling_min_p:
		now->min_p = p.min_p;
		break;
	case SETTING_sampling_repeat_penalty:
		now->repeat_penalty = p.repeat_penalty;
		break;
	case SETTING_sampling_seed:
		now->seed = p.seed;
		break;
	default:
		app->talk.max_tokens = (uint32_t)app->config->sampling_max_tokens;
		break;
	}
}

static void
take(struct app *app, size_t i)
{
	const char *name = setting_at(i)->name;

	if (i == SETTING_ui_theme || i == SETTING_ui_background || i == SETTING_ui_glyphs)
		take_looks(app);
	else if (i == SETTING_ui_mouse)
		apply_mouse(app);
	else if (i == SETTING_ui_editing)
		app->vim = (struct vim){0};
	else if (i == SETTING_ui_language)
		i18n_start(app->config);
	else if (strncmp(name, "sampling.", 9) == 0)
		take_sampling(app, i);
	else if (i == SETTING_chat_think)
		app->talk.think = think_find(app->config->chat_think);
	else if (i == SETTING_network_offline)
		config_permit(app->config);
	else if (i == SETTING_history_cache)
		app_reopen_budget(app);
}

const char *
apply_when(size_t i)
{
	const char *name = setting_at(i)->name;

	if (i == SETTING_ui_color || i == SETTING_ui_linear)
		return _("A change counts from the next start.");
	if (i == SETTING_chat_system)
		return _("A change counts for new conversations.");
	if (i == SETTING_chat_model || i == SETTING_chat_context || i == SETTING_chat_kv ||
	    i == SETTING_chat_speculate || i == SETTING_chat_draft || strncmp(name, "compute.", 8) == 0)
		return _("A change counts for the next model that is opened.");
	if (strncmp(name, "download.", 9) == 0 || strncmp(name, "hub.", 4) == 0)
		return _("A change counts for the next download.");
	if (strncmp(name, "store.", 6) == 0 || i == SETTING_history_save)
		return _("A change counts from the next start.");
	if (strncmp(name, "sampling.", 9) == 0 || i == SETTING_chat_think)
		return _("A change counts at once, from the next answer.");
	return _("A change counts at once.");
}

/* What was valid before is valid now. */
static void
put_back(struct app *app, const struct setting *s, const char *old)
{
	struct err e = {0};

	if (!config_set(app->config, s->name, old, &e) ||
	    (s == setting_at(SETTING_ui_theme) && !app_set_theme(app, old, &e)))
		app_note(app, ROLE_warn, "%s", e.text);
}

bool
apply_setting(struct app *app, size_t i, const char *value, struct buf *said, struct err *e)
{
	struct config *c = app->config;
	const struct setting *s = setting_at(i);
	bool wins = config_is_overridden(s);
	struct buf name = {0}, old = {0};
	bool ok;

	setting_add_name(s, &name);
	setting_add_value(c, s, &old);
	ok = config_set(c, s->name, value ? value : s->value, e);
	if (ok && i == SETTING_ui_theme)
		ok = app_set_theme(app, c->ui_theme, e);	/* a file that is not there or wrong is not saved */
	if (ok && !config_write(c, s, value, e)) {
		ok = !value && e->kind == ERR_NOT_FOUND;	/* it was not in the file: an option, or nothing */
		if (ok)
			*e = (struct err){0};
	}
	if (!ok || wins)
		put_back(app, s, buf_str(&old));
	if (ok) {
		config_locate(c, i);
		take(app, i);
		if (wins)
			buf_printf(said, _("saved, but %s of the environment still wins here"), s->env);
		else if (setting_is_secret(s))
			buf_printf(said, _("%s is %s"), buf_str(&name), value && *value ? _("set") : _("empty"));
		else
			buf_printf(said, _("%s is %s%s"), buf_str(&name), value ? *value ? value : _("empty") : *s->value ? s->value : _("empty"),
			    value ? "" : _(", its default"));
		log_add(LOG_DONE, "%s", buf_str(said));
	}
	buf_done(&name);
	buf_done(&old);
	return ok;
}
