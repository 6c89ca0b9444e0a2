/* The system prompt and the sampling settings of the conversation that is open. */
#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/tune.h"
#include "tui/view/chat_parts.h"

bool
chat_set_system(struct app *app, const char *line, struct err *e)
{
	struct buf text = {0};

	if (!talk_is_free(&app->talk, e))
		return false;
	tune_read_line(line, &text);
	talk_set_system(&app->talk, buf_str(&text));
	buf_done(&text);
	keep_settings(&app->keep, &app->talk);
	talk_reread(&app->talk);
	return true;
}

bool
chat_set_sampling(struct app *app, const char *words, struct err *e)
{
	if (!talk_is_free(&app->talk, e) || !tune_sampling(&app->talk, words, e))
		return false;
	keep_settings(&app->keep, &app->talk);
	return true;
}

static void
system_taken(struct app *app, const char *line)
{
	struct err e = {0};

	if (!line)
		return;
	if (!chat_set_system(app, line, &e))
		app_note(app, ROLE_warn, "%s", e.text);
	else
		app_note(app, ROLE_dim, *line ? "this conversation has this system prompt from now on" :
		    _("this conversation has no system prompt any more"));
}

static void
sampling_taken(struct app *app, const char *words)
{
	struct buf now = {0};
	struct err e = {0};

	if (!words)
		return;
	if (!chat_set_sampling(app, words, &e)) {
		app_note(app, ROLE_warn, "%s", e.text);
	} else {
		tune_write_sampling(&app->talk, &now);
		app_note(app, ROLE_dim, "from now on: %s", buf_str(&now));
	}
	buf_done(&now);
}

static const struct ask ask_system = {.label = N_("system"), .taken = system_taken};
static const struct ask ask_sampling = {.label = N_("sampling"), .taken = sampling_taken};

static void
open_line(struct app *app, bool system)
{
	struct buf text = {0};

	if (system)
		tune_write_line(app->talk.system, &text);
	else
		tune_write_sampling(&app->talk, &text);
	app_ask(app, system ? &ask_system : &ask_sampling, buf_str(&text));
	buf_done(&text);
}

enum did
chat_tune_act(struct app *app, enum action a)
{
	if (a != ACTION_system && a != ACTION_sampling)
		return DID_NOT;
	if (!app->words || !*app->words)
		open_line(app, a == ACTION_system);
	else
		(a == ACTION_system ? system_taken : sampling_taken)(app, app->words);
	return DID_CHANGE;
}
