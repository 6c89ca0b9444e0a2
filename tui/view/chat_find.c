/* Finding words in the conversation that is open: the line they are typed in, going from place to place, and the count. */
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/text.h"
#include "tui/view/chat_parts.h"

enum { WORDS_COLUMNS = 30, AIR = 2 };

static void
changed(struct app *app, const char *text)
{
	transcript_find_words(&app->transcript, &app->talk, text);
}

static enum did
step(struct app *app, int step)
{
	struct transcript *t = &app->transcript;
	bool wrapped;

	if (!t->find.words.len)
		app_note(app, ROLE_dim, "nothing was looked for yet: \"find\" asks for words");
	else if (!transcript_find_step(t, &app->talk, step, &wrapped))
		app_note(app, ROLE_warn, "\"%.60s\" is not in this conversation", buf_str(&t->find.words));
	else if (wrapped)
		app_note(app, ROLE_dim, step > 0 ? N_("past the end, on from the beginning") :
		    N_("past the beginning, on from the end"));
	return DID_CHANGE;
}

/* What is found is gone through in the transcript. */
static void
go_reading(struct app *app)
{
	app->reading = true;
	app->chats.focus = false;
}

static void
taken(struct app *app, const char *text)
{
	struct finder *f = &app->transcript.find;
	bool again = text && !*text && f->origin.words.len;

	if (!text || !*text)
		transcript_find_undo(&app->transcript, &app->talk);
	if (again) {
		go_reading(app);
		step(app, 1);
	} else if (text && *text) {
		go_reading(app);
		if (f->total == 0)
			app_note(app, ROLE_warn, "\"%.60s\" is not in this conversation", buf_str(&f->words));
	}
}

static const struct ask ask = {.label = "/", .changed = changed, .taken = taken, .moves = true};

static enum did
begin(struct app *app)
{
	if (app->talk.n_turns == 0) {
		app_note(app, ROLE_dim, "nothing was said yet");
		return DID_CHANGE;
	}
	transcript_find_begin(&app->transcript, &app->talk);
	if (app->words && *app->words) {
		changed(app, app->words);
		taken(app, app->words);
	} else {
		app_ask(app, &ask, "");
	}
	return DID_CHANGE;
}

static bool
is_typing(const struct app *app)
{
	return app->line.mode == LINE_ASK && app->ask.changed == changed;
}

enum did
chat_find_act(struct app *app, enum action a)
{
	bool wrapped;

	if (is_typing(app) && (a == ACTION_up || a == ACTION_down)) {
		(void)transcript_find_step(&app->transcript, &app->talk, a == ACTION_up ? -1 : 1, &wrapped);
		return DID_CHANGE;
	}
	switch (a) {
	case ACTION_find:
		return begin(app);
	case ACTION_find_next:
		return step(app, 1);
	case ACTION_find_prev:
		return step(app, -1);
	default:
		return DID_NOT;
	}
}

bool
chat_find_end(struct app *app)
{
	bool on = app->transcript.find.on;

	transcript_find_end(&app->transcript);
	return on;
}

void
chat_find_draw(const struct app *app, const struct canvas *c, int y)
{
	const struct finder *f = &app->transcript.find;
	const char *s = buf_str(&f->words);
	size_t n = text_fit(s, f->words.len, WORDS_COLUMNS, NULL);
	struct buf place = {0}, total = {0};
	struct runs r = {0};

	if (!f->on)
		return;
	format_count(&place, transcript_find_place(&app->transcript));
	format_count(&total, f->total);
	runs_add(&r, ROLE_accent, 0, " %.*s%s ", (int)n, s, n < f->words.len ? c->glyphs->ellipsis : "");
	if (f->total)
		runs_add(&r, ROLE_text, 0, f->more ? N_("%s of %s and more ") : N_("%s of %s "), buf_str(&place), buf_str(&total));
	else
		runs_add(&r, ROLE_warn, 0, "not there ");
	draw_runs(c, y, c->cols > runs_width(&r) + AIR ? c->cols - runs_width(&r) - AIR : 0, &r);
	runs_done(&r);
	buf_done(&place);
	buf_done(&total);
}
