/* Compare: the answers of two to four models to one prompt, side by side, with their figures, the words in which they differ,
 * and a vote that need not know which is which.  Who is asked, and how, is state/panel.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tui/i18n.h"
#include "tui/state/editor_keys.h"
#include "tui/state/jobs.h"
#include "tui/text_clean.h"
#include "tui/view/compare_impl.h"

struct compare_state *
compare_state(const struct app *app)
{
	return app_state(app, VIEW_compare);
}

static void *
make(struct app *app)
{
	struct compare_state *s = mem_new0(1, sizeof *s);

	panel_init(&s->panel, app);
	editor_init(&s->prompt);
	s->focus = -1;
	return s;
}

static void
done(void *p)
{
	struct compare_state *s = p;

	history_votes_done(&s->votes);
	sheet_done(&s->ratings);
	editor_done(&s->prompt);
	/* A thread may still read the models: they are left to the end of the process, for which a person does not wait. */
	if (panel_done(&s->panel))
		free(s);
}

static bool
works(const struct panel *p)
{
	return compare_running(&p->c) || panel_scoring(p);
}

/* ":compare NAME NAME" takes those; else whoever was marked in Explore meanwhile comes in. */
static void
shown(struct app *app)
{
	struct compare_state *s = compare_state(app);
	bool named = app->words && *app->words;
	struct err e = {0};

	s->rates = false;
	if (works(&s->panel)) {
		if (named)
			app_note(app, ROLE_warn, "the models still work: Esc stops them");
		return;
	}
	if (named)
		s->panel.n_picked = app->explore.n_picked;
	if ((named && !panel_set(&s->panel, app->words, &e)) || !panel_fill(&s->panel, &e))
		app_note(app, ROLE_warn, "%s", e.text);
	if (s->focus >= (int)s->panel.n_seats)
		s->focus = -1;
}

/* ---- the replay ---- */

double
compare_end_s(const struct compare *c)
{
	double end = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->panes[i].n_pieces && c->panes[i].pieces[c->panes[i].n_pieces - 1].at_s > end)
			end = c->panes[i].pieces[c->panes[i].n_pieces - 1].at_s;
	return end;
}

size_t
compare_text_now(const struct compare_state *s, const struct pane *p)
{
	size_t n = 0;

	if (s->panel.hidden && compare_running(&s->panel.c))
		return 0;
	if (!s->replays)
		return p->text.len;
	for (size_t i = 0; i < p->n_pieces && p->pieces[i].at_s <= s->at_s; i++)
		n += p->pieces[i].part == PART_THINK ? 0 : p->pieces[i].len;
	return n;
}

static void
seek(struct compare_state *s, double at)
{
	double end = compare_end_s(&s->panel.c);

	s->replays = at < end;
	s->at_s = at < 0 ? 0 : at;
	s->ticked_s = clock_s();
	s->plays = s->plays && s->replays;
}

static bool
tick(struct compare_state *s)
{
	if (!s->plays || clock_s() - s->ticked_s < FRAME_S)
		return false;
	seek(s, s->at_s + clock_s() - s->ticked_s);
	return true;
}

static double
due(const struct app *app)
{
	const struct compare_state *s = compare_state(app);

	return s && s->plays ? s->ticked_s + FRAME_S : 0;
}

static enum context
context(const struct app *app)
{
	const struct compare_state *s = compare_state(app);

	if (s->focus >= 0 || s->rates)
		return CONTEXT_compare;
	return s->prompt.text.len ? CONTEXT_prompt : CONTEXT_empty;
}

/* ---- actions ---- */

static enum did
changed(bool yes)
{
	return yes ? DID_CHANGE : DID_NOTHING;
}

static enum did
send(struct app *app, struct compare_state *s)
{
	const char *text = buf_str(&s->prompt.text);
	struct err e = {0};

	if (strspn(text, " \n\t") == s->prompt.text.len)
		return DID_NOTHING;
	s->replays = s->plays = false;
	memset(s->away, 0, sizeof s->away);
	if (panel_ask(&s->panel, text, &e))
		free(editor_take(&s->prompt));
	else
		app_note(app, ROLE_warn, "%s", e.text);
	return DID_CHANGE;
}

static enum did
scroll(struct compare_state *s, long by)
{
	size_t i = (size_t)s->focus;
	long most = s->rows[i] > (size_t)s->height ? (long)s->rows[i] - s->height : 0, to = (long)s->top[i] + by;

	to = to < 0 ? 0 : to > most ? most : to;
	s->away[i] = to < most;
	if (to == (long)s->top[i])
		return DID_NOTHING;
	s->top[i] = (size_t)to;
	return DID_CHANGE;
}

static enum did
remove_pane(struct compare_state *s)
{
	panel_remove(&s->panel, (size_t)s->focus);
	if (s->focus >= (int)s->panel.n_seats)
		s->focus = (int)s->panel.n_seats - 1;
	return DID_CHANGE;
}

static enum did
add_pane(struct app *app, struct compare_state *s)
{
	struct err e = {0};

	if (!app->words || !*app->words)
		app_note(app, ROLE_dim, "say which model, and how: :%s guide?temp=0", action_name(ACTION_compare_add));
	else if (!panel_take(&s->panel, app->words, &e))
		app_note(app, ROLE_warn, "%s", e.text);
	return DID_CHANGE;
}

/* Into the folder that minnow was started in, where no file is named. */
static enum did
export(struct app *app, const struct panel *p)
{
	time_t now = time(NULL);
	struct buf clean = {0};
	struct err e = {0};
	struct tm tm;
	char path[48];

	localtime_r(&now, &tm);
	strftime(path, sizeof path, "comparison-%Y%m%d-%H%M%S.md", &tm);
	if (app->words && *app->words)
		text_clean_line(&clean, app->words, strlen(app->words));
	if (panel_export(p, clean.len ? app->words : path, &e))
		app_note(app, ROLE_good, p->hidden ? "written to %s, without the names" : _("written to %s"),
		    clean.len ? buf_str(&clean) : path);
	else
		app_note(app, ROLE_warn, "%s", e.text);
	buf_done(&clean);
	return DID_CHANGE;
}

static enum did
vote(struct app *app, struct compare_state *s, int winner)
{
	struct buf told = {0};
	struct err e = {0};

	if (panel_vote(&s->panel, winner, app->words, &told, &e))
		app_note(app, ROLE_good, "%s", buf_str(&told));
	else
		app_note(app, ROLE_warn, "%s", e.text);
	buf_done(&told);
	return DID_CHANGE;
}

static enum did
set_blind(struct app *app, struct compare_state *s)
{
	struct panel *p = &s->panel;

	panel_set_blind(p, !p->blind);
	app_note(app, ROLE_dim, p->blind ? "from the next question on the models are hidden, and in any order, until you vote" :
	    _("the models are shown"));
	return DID_CHANGE;
}

static enum did
show_ratings(struct app *app, struct compare_state *s)
{
	struct err e = {0};

	s->rates = !s->rates && compare_read_votes(app, &s->votes, &e);
	s->ratings.columns = 0;
	s->ratings.top = 0;
	if (e.kind)
		app_note(app, ROLE_warn, "%s", e.text);
	return DID_CHANGE;
}

/* Does A need answers?  Would it tell something of who gave them? */
static bool
wants_answers(enum action a)
{
	return a == ACTION_replay || a == ACTION_play || a == ACTION_scrub_back || a == ACTION_scrub_forward ||
	    a == ACTION_score || a == ACTION_compare_export || (a >= ACTION_vote_1 && a <= ACTION_vote_none);
}

static bool
gives_away(enum action a)
{
	return wants_answers(a) && a != ACTION_compare_export && !(a >= ACTION_vote_1 && a <= ACTION_vote_none);
}

static const char *
why_not(const struct app *app, enum action a)
{
	const struct compare_state *s = compare_state(app);
	const struct panel *p = s ? &s->panel : NULL;

	if (!p)
		return NULL;
	if (wants_answers(a) && compare_running(&p->c))
		return _("the models are still answering");
	if (wants_answers(a) && !panel_answered(p))
		return _("there are no answers yet");
	if (gives_away(a) && p->hidden)
		return _("that would give the models away: vote, or reveal them first");
	if (a == ACTION_reveal && !p->hidden)
		return _("the models are shown already");
	if (a == ACTION_score && !p->jobs)
		return _("no thread could be started for that");
	if (a == ACTION_send && talk_running(&app->talk))
		return _("the conversation is being answered, and speeds would not be true: a moment, please");
	if (a == ACTION_send && panel_loading(p))
		return _("the models are still being loaded: a moment, please");
	if ((a == ACTION_send || a == ACTION_compare_remove || a == ACTION_compare_add || a == ACTION_score) && panel_scoring(p))
		return _("the answers are being compared: a moment, please");
	if (a == ACTION_compare_remove && (s->focus < 0 || p->c.n < p->n_seats))
		return _("Tab goes to the answer that is to be taken out");
	if ((a == ACTION_compare_remove || a == ACTION_compare_add) && compare_running(&p->c))
		return _("the models are still answering");
	return NULL;
}

static enum did
back(struct app *app, struct compare_state *s)
{
	if (s->rates)
		s->rates = false;
	else if (compare_running(&s->panel.c))
		compare_stop(&s->panel.c);
	else if (panel_scoring(&s->panel))
		jobs_cancel(s->panel.jobs);
	else if (s->replays)
		s->replays = s->plays = false;
	else
		app_show(app, VIEW_chat);
	return DID_CHANGE;
}

static enum did
act_prompt(struct compare_state *s, enum action a)
{
	bool edited;

	return editor_act_lines(&s->prompt, a, s->columns, &edited) ? changed(edited) : DID_NOT;
}

static enum did
act_pane(struct compare_state *s, enum action a)
{
	long page = s->height > 2 ? s->height - 1 : 1;

	switch (a) {
	case ACTION_scroll_up:
		return scroll(s, -1);
	case ACTION_scroll_down:
		return scroll(s, 1);
	case ACTION_page_up:
		return scroll(s, -page);
	case ACTION_page_down:
		return scroll(s, page);
	case ACTION_scroll_top:
		return scroll(s, -(long)s->rows[s->focus]);
	case ACTION_scroll_bottom:
		return scroll(s, (long)s->rows[s->focus]);
	case ACTION_compare_remove:
		return remove_pane(s);
	default:
		return DID_NOT;
	}
}

static enum did
act_ratings(struct compare_state *s, enum action a)
{
	long page = s->ratings.height > 2 ? s->ratings.height - 1 : 1, all = (long)s->ratings.n_rows;

	switch (a) {
	case ACTION_scroll_up:
		return changed(sheet_move(&s->ratings, -1));
	case ACTION_scroll_down:
		return changed(sheet_move(&s->ratings, 1));
	case ACTION_page_up:
		return changed(sheet_move(&s->ratings, -page));
	case ACTION_page_down:
		return changed(sheet_move(&s->ratings, page));
	case ACTION_scroll_top:
		return changed(sheet_move(&s->ratings, -all));
	case ACTION_scroll_bottom:
		return changed(sheet_move(&s->ratings, all));
	default:
		return DID_NOT;
	}
}

/* What works wherever the keyboard is. */
static enum did
act_answers(struct app *app, struct compare_state *s, enum action a)
{
	struct panel *p = &s->panel;

	switch (a) {
	case ACTION_together:
		p->c.together = !p->c.together;
		return DID_CHANGE;
	case ACTION_replay:
		s->plays = true;
		seek(s, 0);
		return DID_CHANGE;
	case ACTION_play:
		s->plays = !s->plays;
		seek(s, s->replays ? s->at_s : 0);
		return DID_CHANGE;
	case ACTION_scrub_back:
	case ACTION_scrub_forward:
		seek(s, (s->replays ? s->at_s : compare_end_s(&p->c)) + (a == ACTION_scrub_back ? -SCRUB_S : SCRUB_S));
		return DID_CHANGE;
	case ACTION_score:
		panel_score(p);
		return DID_CHANGE;
	case ACTION_words:
		p->marks_words = !p->marks_words;
		return DID_CHANGE;
	case ACTION_blind:
		return set_blind(app, s);
	case ACTION_reveal:
		p->hidden = false;
		return DID_CHANGE;
	case ACTION_vote_1:
	case ACTION_vote_2:
	case ACTION_vote_3:
	case ACTION_vote_4:
		return vote(app, s, (int)(a - ACTION_vote_1));
	case ACTION_vote_none:
		return vote(app, s, HISTORY_NO_WINNER);
	case ACTION_compare_add:
		return add_pane(app, s);
	case ACTION_compare_export:
		return export(app, p);
	default:
		return DID_NOT;
	}
}

static enum did
act(struct app *app, enum action a)
{
	struct compare_state *s = compare_state(app);
	enum did did = DID_NOT;

	if (s->rates && (did = act_ratings(s, a)) != DID_NOT)
		return did;
	switch (a) {
	case ACTION_send:
		return send(app, s);
	case ACTION_back:
		return back(app, s);
	case ACTION_ratings:
		return show_ratings(app, s);
	case ACTION_interrupt:
		if (!compare_running(&s->panel.c))
			return DID_NOT;
		compare_stop(&s->panel.c);
		return DID_CHANGE;
	case ACTION_focus:
	case ACTION_pane:
		s->focus = s->rates ? s->focus : s->focus + 1 < (int)s->panel.n_seats ? s->focus + 1 : -1;
		s->rates = false;
		return DID_CHANGE;
	default:
		break;
	}
	did = act_answers(app, s, a);
	s->rates &= did == DID_NOT;
	if (did != DID_NOT)
		return did;
	return s->focus < 0 ? act_prompt(s, a) : act_pane(s, a);
}

static enum did
text(struct app *app, const char *t, size_t n)
{
	struct compare_state *s = compare_state(app);

	if (s->focus >= 0 || s->rates)
		return DID_NOT;
	if (!editor_insert(&s->prompt, t, n))
		app_note(app, ROLE_warn, "that does not fit: a prompt holds at most 4 MB");
	return DID_CHANGE;
}

/* A click gives the keyboard to an answer, or to the prompt below. */
static enum did
click(struct app *app, int y, int x)
{
	struct compare_state *s = compare_state(app);
	int to = y > s->ruled + s->height + s->figures ? -1 : compare_pane_at(s, app->cols, x);

	if (s->rates || to == s->focus || to >= (int)s->panel.n_seats)
		return DID_NOTHING;
	s->focus = to;
	return DID_CHANGE;
}

/* What is under the pointer scrolls. */
static enum did
wheel(struct app *app, int y, int x, int step)
{
	struct compare_state *s = compare_state(app);
	int at = compare_pane_at(s, app->cols, x), focus = s->focus;
	enum did did;

	(void)y;
	if (s->rates)
		return changed(sheet_move(&s->ratings, step));
	if (at >= (int)s->panel.c.n)
		return DID_NOTHING;
	s->focus = at;
	did = scroll(s, step);
	s->focus = focus;
	return did;
}

static const enum action *
hints(const struct app *app)
{
	static const enum action prompt[] = {
		ACTION_send, ACTION_focus, ACTION_back, ACTION_palette, ACTION_quit, ACTION_help, ACTION_NONE,
	};
	static const enum action answers[] = {
		ACTION_pane, ACTION_replay, ACTION_play, ACTION_words, ACTION_blind, ACTION_vote_1, ACTION_score, ACTION_ratings,
		ACTION_compare_export, ACTION_together, ACTION_compare_remove, ACTION_help, ACTION_NONE,
	};
	static const enum action hidden[][COMPARE_MAX + 7] = {
#define REST ACTION_vote_none, ACTION_reveal, ACTION_words, ACTION_pane, ACTION_help, ACTION_NONE
		{ACTION_vote_1, REST},
		{ACTION_vote_1, ACTION_vote_2, REST},
		{ACTION_vote_1, ACTION_vote_2, ACTION_vote_3, REST},
		{ACTION_vote_1, ACTION_vote_2, ACTION_vote_3, ACTION_vote_4, REST},
#undef REST
	};
	static const enum action ratings[] = {
		ACTION_back, ACTION_scroll_up, ACTION_scroll_down, ACTION_help, ACTION_NONE,
	};
	const struct compare_state *s = compare_state(app);

	if (s->rates)
		return ratings;
	if (s->focus < 0)
		return prompt;
	return s->panel.hidden && !compare_running(&s->panel.c) ? hidden[s->panel.c.n - 1] : answers;
}

static const char *
word(const struct app *app, enum action a)
{
	static const char *const letters[] = {"A", "B", "C", "D"};
	const struct compare_state *s = compare_state(app);

	switch (a) {
	case ACTION_focus:
	case ACTION_pane:
		return s->focus < 0 ? s->panel.hidden ? _("vote") : _("answers") : s->focus + 1 < (int)s->panel.n_seats ? _("next") : _("prompt");
	case ACTION_back:
		return s->rates ? _("close") : compare_running(&s->panel.c) ? _("stop") : _("back");
	case ACTION_play:
		return s->plays ? _("pause") : _("play");
	case ACTION_scrub_back:
		return _("earlier");
	case ACTION_scrub_forward:
		return _("later");
	case ACTION_score:
		return _("score");
	case ACTION_words:
		return _("words");
	case ACTION_blind:
		return s->panel.blind ? _("not blind") : _("blind");
	case ACTION_vote_1:
	case ACTION_vote_2:
	case ACTION_vote_3:
	case ACTION_vote_4:
		return s->panel.hidden ? letters[a - ACTION_vote_1] : _("vote");
	case ACTION_vote_none:
		return "none";
	case ACTION_together:
		return s->panel.c.together ? _("one by one") : _("together");
	case ACTION_compare_remove:
		return _("remove");
	case ACTION_compare_export:
		return _("export");
	default:
		return NULL;
	}
}

static int
fds(const struct app *app, int out[VIEW_FDS_MAX])
{
	const struct compare_state *s = compare_state(app);

	return s ? panel_fds(&s->panel, out) : 0;
}

static bool
poll_compare(struct app *app)
{
	struct compare_state *s = compare_state(app);
	bool ran = s && compare_running(&s->panel.c), any = s && panel_poll(&s->panel);

	/* Hidden answers come as a whole, to be read from their beginning. */
	for (size_t i = 0; ran && s->panel.hidden && !compare_running(&s->panel.c) && i < COMPARE_MAX; i++) {
		s->top[i] = 0;
		s->away[i] = true;
	}
	return (s && tick(s)) || any;
}

static bool
busy(const struct app *app)
{
	const struct compare_state *s = compare_state(app);

	return s && (panel_loading(&s->panel) || works(&s->panel) || s->plays);
}

static const enum action named[] = {
	ACTION_send, ACTION_newline, ACTION_left, ACTION_right, ACTION_up, ACTION_down, ACTION_word_left, ACTION_word_right,
	ACTION_line_start, ACTION_line_end, ACTION_history_prev, ACTION_history_next, ACTION_delete_left, ACTION_delete_right,
	ACTION_kill_word_left, ACTION_kill_word_right, ACTION_kill_line, ACTION_kill_line_left, ACTION_yank, ACTION_undo,
	ACTION_focus, ACTION_compare_add, ACTION_NONE,
};

const struct view view_compare = {
	.keys = CONTEXT_compare, .open = ACTION_open_compare, .named = named, .context = context, .act = act, .text = text,
	.layout = compare_layout, .draw = compare_draw, .hints = hints, .make = make, .done = done, .shown = shown,
	.why_not = why_not, .word = word,
	.top = compare_top, .fds = fds, .poll = poll_compare, .busy = busy, .due = due,
	.click = click, .wheel = wheel,
};
