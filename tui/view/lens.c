/* Lens: the tokens of the last answer by how sure the model was, and what it might have written in the place of one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/tok/tok.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/tokens.h"
#include "tui/text.h"
#include "tui/text_clean.h"

enum { AIR = 1, TOP_ROWS = SAMPLER_TOP + 3, SURE_ROWS = 4, NAME_COLUMNS = 24 };

/* Less than this is rounding, and differs from machine to machine. */
#define NOTABLE_BITS 0.01f

/* Where a token stands among the rows. */
struct place {
	size_t text, len;		/* in lens.text */
	int row, col;
};

struct lens {
	size_t turn, n;			/* what was laid out: tokens of a turn */
	unsigned generation;
	int cols;
	struct buf text;
	struct place *places;		/* [n] */
	int n_rows, top, height;
	size_t at;			/* the marked token */
	uint32_t other;			/* the marked one of those in its place */
};

static struct lens *
state(const struct app *app)
{
	return app_state(app, VIEW_lens);
}

static void *
make(struct app *app)
{
	(void)app;
	return mem_new0(1, sizeof(struct lens));
}

static void
done(void *p)
{
	struct lens *s = p;

	buf_done(&s->text);
	free(s->places);
	free(s);
}

static const struct turn *
turn_of(const struct app *app)
{
	size_t i = tokens_turn(&app->talk);

	return i < app->talk.n_turns ? app->talk.turns[i] : NULL;
}

static const struct turn_token *
marked(const struct app *app)
{
	const struct turn *t = turn_of(app);

	return t && state(app)->at < t->n_tokens ? &t->tokens[state(app)->at] : NULL;
}

/* Mark token AT, and among those in its place the one that was taken. */
static void
mark(struct app *app, size_t at)
{
	struct lens *s = state(app);
	const struct turn_token *t;

	s->at = at;
	s->other = 0;
	t = marked(app);
	for (uint32_t i = 0; t && i < t->n_top; i++)
		if (t->top[i].id == t->id)
			s->other = i;
}

static void
shown(struct app *app)
{
	const struct turn *t = turn_of(app);
	float most = t ? t->tokens[0].entropy : 0;

	/* The token the model was least sure of is what one wants to see. */
	mark(app, 0);
	for (size_t i = 0; t && i < t->n_tokens; i++)
		if (t->tokens[i].entropy > most + NOTABLE_BITS) {
			most = t->tokens[i].entropy;
			mark(app, i);
		}
}

static enum context
context(const struct app *app)
{
	(void)app;
	return CONTEXT_lens;
}

/* ---- layout ---- */

static int
panel_rows(int rows)
{
	int most = rows - SURE_ROWS;

	return most < 3 ? 0 : most < TOP_ROWS ? most : TOP_ROWS;
}

/* What a token completes, on one line; a break shows as a mark of its own. */
static void
add_text(struct lens *s, struct tok_stream *stream, struct place *p, uint32_t id, bool ascii)
{
	struct buf piece = {0};
	size_t n;

	tok_stream_push(stream, id, &piece);
	p->text = s->text.len;
	for (n = piece.len; n > 0 && piece.data[n - 1] == '\n'; n--)
		;
	text_clean_line(&s->text, buf_str(&piece), n);
	for (; n < piece.len; n++)
		buf_add_str(&s->text, ascii ? "\\n" : "↵");
	if (s->text.len == p->text)		/* a part of a character, or a token without text */
		buf_add_str(&s->text, ascii ? "." : "·");
	p->len = s->text.len - p->text;
	buf_done(&piece);
}

static void
lay_out(struct app *app, const struct turn *t, int cols)
{
	struct lens *s = state(app);
	bool ascii = (unsigned char)app->glyphs->dot[0] < 0x80;
	struct tok_stream stream;
	int row = 0, col = 0;

	s->n = t->n_tokens;
	s->cols = cols;
	s->turn = tokens_turn(&app->talk);
	s->generation = app->talk.generation;
	s->places = mem_grow(s->places, s->n, sizeof *s->places);
	buf_clear(&s->text);
	tok_stream_init(&stream, model_tok(app->talk.model), true);
	for (size_t i = 0; i < s->n; i++) {
		struct place *p = &s->places[i];
		bool breaks;
		int width;

		add_text(s, &stream, p, t->tokens[i].id, ascii);
		width = text_width(s->text.data + p->text, p->len);
		if (col && col + width > cols) {
			row++;
			col = 0;
		}
		p->row = row;
		p->col = col;
		col += width;
		breaks = p->len >= 2 && (memcmp(s->text.data + s->text.len - 2, "\\n", 2) == 0 ||
		    (p->len >= 3 && memcmp(s->text.data + s->text.len - 3, "↵", 3) == 0));
		if (breaks || col >= cols) {
			row++;
			col = 0;
		}
	}
	s->n_rows = row + 1;
}

static void
layout(struct app *app, int rows, int cols)
{
	struct lens *s = state(app);
	const struct turn *t = turn_of(app);
	int width = cols - 2 * AIR > 1 ? cols - 2 * AIR : 1, row;

	s->height = rows - 1 - panel_rows(rows - 1);
	if (!t)
		return;
	if (s->n != t->n_tokens || s->cols != width || s->generation != app->talk.generation ||
	    s->turn != tokens_turn(&app->talk))
		lay_out(app, t, width);
	if (s->at >= s->n)
		mark(app, s->n - 1);
	row = s->places[s->at].row;
	if (row < s->top)
		s->top = row;
	if (row >= s->top + s->height)
		s->top = row - s->height + 1;
	if (s->top > s->n_rows - s->height)
		s->top = s->n_rows > s->height ? s->n_rows - s->height : 0;
}

/* ---- drawing ---- */

static void
draw_tokens(const struct app *app, const struct canvas *c)
{
	const struct lens *s = state(app);
	const struct turn *t = turn_of(app);

	for (size_t i = 0; i < s->n; i++) {
		const struct place *p = &s->places[i];
		int heat = tokens_heat(&t->tokens[i]), y = p->row - s->top;
		/* Without colours the doubtful ones are underlined, the most doubtful bold too. */
		unsigned attr = (heat >= 3 ? ATTR_UNDERLINE : 0) | (heat >= 6 ? ATTR_BOLD : 0);

		if (y < 0 || y >= s->height)
			continue;
		if (i == s->at)
			attr = ATTR_REVERSE;
		grid_put(c->g, c->y + y, c->x + p->col, c->x + c->cols, s->text.data + p->text, p->len,
		    (enum role)(ROLE_heat0 + heat), attr);
	}
}

static void
add_share(struct buf *b, float p)
{
	buf_printf(b, p >= 0.9995f ? "%.0f %%" : p >= 0.0995f ? "%.1f %%" : "%.2f %%", (double)p * 100);
}

static void
draw_other(const struct app *app, const struct canvas *c, int y, uint32_t i)
{
	const struct turn_token *t = marked(app);
	bool chosen = t->top[i].id == t->id, here = state(app)->other == i;
	int name_columns = c->cols - 26 < NAME_COLUMNS ? c->cols - 26 : NAME_COLUMNS;
	struct canvas name = {c->g, c->y, c->x, c->rows, 2 + name_columns, c->glyphs};
	struct buf b = {0};

	tokens_quote(&app->talk, t->top[i].id, &b);
	draw_text(c, y, 0, here ? c->glyphs->here : " ", ROLE_accent, 0);
	draw_text(&name, y, 2, buf_str(&b), chosen ? ROLE_accent : ROLE_text, here ? ATTR_BOLD : 0);
	buf_clear(&b);
	add_share(&b, t->top[i].p);
	draw_text(c, y, name.cols + 9 - text_width(buf_str(&b), b.len), buf_str(&b), ROLE_text, 0);
	buf_clear(&b);
	if (t->top[i].after > 0)
		add_share(&b, t->top[i].after);
	else
		buf_add_str(&b, _("cut"));
	draw_text(c, y, name.cols + 20 - text_width(buf_str(&b), b.len), buf_str(&b),
	    t->top[i].after > 0 ? ROLE_text : ROLE_dim, 0);
	if (chosen)
		draw_text(c, y, name.cols + 22, c->cols >= 60 ? _("taken") : c->glyphs->done, ROLE_dim, 0);
	buf_done(&b);
}

static void
draw_panel(const struct app *app, const struct canvas *c)
{
	const struct lens *s = state(app);
	const struct turn *turn = turn_of(app);
	const struct turn_token *t = marked(app);
	int room = c->rows - 2, name_columns = c->cols - 26 < NAME_COLUMNS ? c->cols - 26 : NAME_COLUMNS;
	uint32_t first = room > 0 && s->other >= (uint32_t)room ? s->other - (uint32_t)room + 1 : 0;
	struct runs r = {0};

	draw_rule(c, 0);
	runs_add(&r, ROLE_dim, 0, "token ");
	runs_add(&r, ROLE_text, 0, "%zu", s->at + 1);
	runs_add(&r, ROLE_dim, 0, " of %zu", s->n);
	draw_runs(c, 1, 0, &r);
	if (runs_width(&r) < 2 + name_columns + 3) {
		draw_text(c, 1, 2 + name_columns + 9 - text_width(_("before"), strlen(_("before"))), _("before"), ROLE_dim, 0);
		draw_text(c, 1, 2 + name_columns + 20 - text_width(_("after"), strlen(_("after"))), _("after"), ROLE_dim, 0);
	}
	runs_done(&r);
	if (c->cols >= 72) {
		char bits[48];

		snprintf(bits, sizeof bits, _("%.1f bits of doubt"), (double)t->entropy);
		draw_text(c, 1, c->cols - text_width(bits, strlen(bits)), bits, (enum role)(ROLE_heat0 + tokens_heat(t)), 0);
	}
	for (uint32_t i = 0; (int)i < room && first + i < t->n_top; i++)
		draw_other(app, c, 2 + (int)i, first + i);
	if (s->at < turn->n_taken && t->n_top == 0 && room > 0)
		draw_text(c, 2, 0, _("what else there was is not known"), ROLE_dim, 0);
}

static void
draw(const struct app *app, const struct canvas *c)
{
	const struct lens *s = state(app);
	struct canvas body = {c->g, c->y + 1, c->x + AIR, c->rows - 1, c->cols - 2 * AIR, c->glyphs}, panel = body;

	draw_rule(c, 0);
	if (!turn_of(app)) {
		draw_text(&body, 0, 0, tokens_why_not(&app->talk), ROLE_dim, 0);
		return;
	}
	draw_tokens(app, &body);
	panel.y += s->height;
	panel.rows -= s->height;
	if (panel.rows >= 3)
		draw_panel(app, &panel);
}

static void
top(const struct app *app, struct runs *r)
{
	(void)app;
	runs_add(r, ROLE_dim, 0, "sure ");
	for (int i = 0; i < 10; i++)
		runs_add(r, (enum role)(ROLE_heat0 + i), (i >= 3 ? ATTR_UNDERLINE : 0) | (i >= 6 ? ATTR_BOLD : 0), "%d", i);
	runs_add(r, ROLE_dim, 0, " unsure");
}

/* ---- actions ---- */

/* The token in the row STEP rows on that is nearest to the marked one. */
static enum did
move_rows(struct app *app, int step)
{
	struct lens *s = state(app);
	int row = s->places[s->at].row + step, col = s->places[s->at].col;
	size_t best = s->at;

	row = row < 0 ? 0 : row >= s->n_rows ? s->n_rows - 1 : row;
	for (size_t i = 0; i < s->n; i++)
		if (s->places[i].row <= row && (s->places[i].row < row || s->places[i].col <= col || s->places[best].row != row))
			best = i;
	if (best == s->at)
		return DID_NOTHING;
	mark(app, best);
	return DID_CHANGE;
}

static enum did
take(struct app *app)
{
	struct lens *s = state(app);
	const struct turn_token *t = marked(app);
	struct err e = {0};

	if (s->other >= t->n_top || t->top[s->other].id == t->id) {
		app_note(app, ROLE_dim, "this is what was written: mark another one with the arrows up and down");
		return DID_CHANGE;
	}
	if (!talk_take_token(&app->talk, tokens_turn(&app->talk), s->at, t->top[s->other].id, &e)) {
		app_note(app, ROLE_warn, "%s", e.text);
		return DID_CHANGE;
	}
	transcript_bottom(&app->transcript);
	app_close(app);
	app_show(app, VIEW_chat);
	return DID_CHANGE;
}

static enum did
move_to(struct app *app, size_t at)
{
	struct lens *s = state(app);

	if (at >= s->n || at == s->at)
		return DID_NOTHING;
	mark(app, at);
	return DID_CHANGE;
}

static enum did
choose(struct app *app, int step)
{
	struct lens *s = state(app);
	const struct turn_token *t = marked(app);

	if (t->n_top == 0 || (step < 0 && s->other == 0) || (step > 0 && s->other + 1 >= t->n_top))
		return DID_NOTHING;
	s->other += (uint32_t)step;
	return DID_CHANGE;
}

static enum did
act(struct app *app, enum action a)
{
	struct lens *s = state(app);

	if (a == ACTION_back || a == ACTION_open_lens) {
		app_close(app);
		return DID_CHANGE;
	}
	if (!turn_of(app) || s->n == 0)
		return DID_NOT;
	switch (a) {
	case ACTION_token_prev:
		return s->at ? move_to(app, s->at - 1) : DID_NOTHING;
	case ACTION_token_next:
		return move_to(app, s->at + 1);
	case ACTION_up:
		return choose(app, -1);
	case ACTION_down:
		return choose(app, 1);
	case ACTION_page_up:
		return move_rows(app, -s->height);
	case ACTION_page_down:
		return move_rows(app, s->height);
	case ACTION_scroll_top:
		return move_to(app, 0);
	case ACTION_scroll_bottom:
		return move_to(app, s->n - 1);
	case ACTION_token_take:
		return take(app);
	default:
		return DID_NOT;
	}
}

static enum did
click(struct app *app, int y, int x)
{
	struct lens *s = state(app);

	for (size_t i = 0; i < s->n && y - 1 < s->height; i++) {
		const struct place *p = &s->places[i];
		int col = x - AIR - p->col;

		if (p->row - s->top == y - 1 && col >= 0 && col < text_width(s->text.data + p->text, p->len))
			return move_to(app, i);
	}
	return DID_NOTHING;
}

static enum did
wheel(struct app *app, int y, int x, int step)
{
	(void)y, (void)x;
	return turn_of(app) && state(app)->n ? move_rows(app, step) : DID_NOTHING;
}

static const enum action *
hints(const struct app *app)
{
	static const enum action list[] = {
		ACTION_token_prev, ACTION_token_next, ACTION_down, ACTION_token_take, ACTION_back, ACTION_help,
		ACTION_NONE,
	};

	(void)app;
	return list;
}

static const char *
word(const struct app *app, enum action a)
{
	(void)app;
	switch (a) {
	case ACTION_token_prev:
		return _("before");
	case ACTION_token_next:
		return _("after");
	case ACTION_up:
	case ACTION_down:
		return _("another");
	case ACTION_token_take:
		return _("continue from it");
	default:
		return NULL;
	}
}

const struct view view_lens = {
	.keys = CONTEXT_lens, .over = true, .open = ACTION_open_lens, .make = make, .done = done, .shown = shown,
	.context = context, .act = act, .layout = layout, .draw = draw, .hints = hints, .word = word, .top = top,
	.click = click, .wheel = wheel,
};
