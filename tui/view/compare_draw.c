/* What Compare looks like; see compare.c. */
#include <math.h>
#include <string.h>

#include "tui/text_clean.h"
#include "tui/i18n.h"
#include "tui/view/compare_impl.h"
#include "tui/widget/wrap.h"

/* Panes beside each other; narrow: one. */
static size_t
n_shown(const struct compare_state *s, int cols)
{
	return cols < NARROW || s->panel.n_seats == 0 ? 1 : s->panel.n_seats;
}

static void
add_body(const struct compare_state *s, const struct pane *p, struct buf *out)
{
	if (p->status == PANE_FAILED && p->text.len == 0 && !(s->panel.hidden && compare_running(&s->panel.c)))
		text_clean(out, p->err.text, strlen(p->err.text));
	else
		text_clean(out, buf_str(&p->text), compare_text_now(s, p));
}

/* Two models with one vocabulary have more to tell. */
static int
figure_rows(const struct compare *c)
{
	for (size_t a = 0; c->scored && a < c->n; a++)
		for (size_t b = 0; b < c->n; b++)
			if (a != b && c->pairs[a][b].same_vocab)
				return FIGURES_MAX;
	return FIGURES;
}

void
compare_layout(struct app *app, int rows, int cols)
{
	struct compare_state *s = compare_state(app);
	int n = (int)n_shown(s, cols);

	s->columns = (cols - (n - 1)) / n - 2 * AIR;
	/* A title, the answer, figures, a rule and the prompt; where it is low, the answer comes before rules and figures. */
	s->ruled = rows >= LOW;
	s->height = rows - 3 - s->ruled;
	s->figures = figure_rows(&s->panel.c);
	if (s->figures > s->height - 2)
		s->figures = s->height > 2 ? s->height - 2 : 0;
	s->height -= s->figures;
	if (s->rates && s->ratings.columns != cols - 2 * AIR)
		compare_lay_ratings(s, cols - 2 * AIR);
	if (s->rates)
		sheet_fit(&s->ratings, rows - 1);
	panel_mark(&s->panel);
	for (size_t i = 0; i < s->panel.c.n; i++) {
		struct buf text = {0};
		size_t most;

		add_body(s, &s->panel.c.panes[i], &text);
		s->rows[i] = (size_t)wrap_count(buf_str(&text), text.len, s->columns);
		most = s->rows[i] > (size_t)s->height ? s->rows[i] - (size_t)s->height : 0;
		s->away[i] = s->away[i] && s->top[i] < most;
		if (!s->away[i] || s->top[i] > most)
			s->top[i] = most;
		buf_done(&text);
	}
}

static const char *
pane_state(const struct pane *p)
{
	static const char *const words[] = {
		[PANE_IDLE] = "", [PANE_WAITING] = N_("waits"), [PANE_READING] = N_("reads the prompt"), [PANE_ANSWERING] = N_("answers"),
		[PANE_DONE] = "", [PANE_FAILED] = N_("could not answer"),
	};

	return p->status == PANE_ANSWERING && p->text.len == 0 ? _("thinks") : i18n_text(words[p->status]);
}

static void
add_speed(const struct pane *p, struct runs *r)
{
	struct buf b = {0};

	if (pane_first_s(p) >= 0) {
		format_seconds(&b, pane_first_s(p));
		runs_add(r, ROLE_dim, 0, "first ");
		runs_add(r, ROLE_text, 0, "%s", buf_str(&b));
		buf_clear(&b);
	}
	if (pane_rate(p) > 0) {
		format_rate(&b, pane_rate(p));
		runs_add(r, ROLE_text, 0, "   %s", buf_str(&b));
		runs_add(r, ROLE_dim, 0, "/s");
	}
	if (p->stats.n_generated) {
		runs_add(r, ROLE_text, 0, "   %u", (unsigned)p->stats.n_generated);
		runs_add(r, ROLE_dim, 0, " tok");
	}
	buf_done(&b);
}

static void
add_costs(const struct compare *c, size_t i, const struct glyphs *g, struct runs *r)
{
	const struct pane *p = &c->panes[i];
	struct buf b = {0};
	bool first = true;

	format_bytes(&b, pane_memory(p));
	runs_add(r, ROLE_text, 0, "%s", buf_str(&b));
	if (pane_energy(p) >= 0) {
		runs_add(r, ROLE_dim, 0, " %s ", g->dot);
		runs_add(r, ROLE_text, 0, "%.*f", pane_energy(p) < 1 ? 3 : 1, pane_energy(p));
		runs_add(r, ROLE_dim, 0, " J/tok");
	}
	for (size_t k = 0; c->scored && k < c->n; k++)
		if (k != i && c->cross[i][k].known) {
			runs_add(r, ROLE_dim, 0, first ? " %s to %c " : "%.0s %c ", g->dot, (int)('A' + k));
			runs_add(r, ROLE_text, 0, "%.2f", c->cross[i][k].bits_per_byte);
			first = false;
		}
	runs_add(r, ROLE_dim, 0, "%s", first ? "" : _(" bit/B"));
	buf_done(&b);
}

/* How far the others' predictions are from its own along the way. */
static void
add_divergence(const struct compare *c, size_t i, struct runs *r)
{
	for (size_t k = 0; k < c->n; k++)
		if (k != i && c->pairs[i][k].has_kl) {
			runs_add(r, ROLE_dim, 0, r->n ? " %c " : _("KL to %c "), (int)('A' + k));
			runs_add(r, ROLE_text, 0, "%.3f", c->pairs[i][k].kl);
		}
}

/* Where it leaves the first answer, and with what. */
static void
add_parting(const struct compare *c, size_t i, struct runs *r)
{
	const struct compare_pair *p = &c->pairs[0][i];
	struct buf token = {0}, clean = {0};

	if (i == 0 || !p->same_vocab || c->panes[0].ids.n == 0 || c->panes[i].ids.n == 0)
		return;
	if (p->first_difference == SIZE_MAX) {
		runs_add(r, ROLE_dim, 0, N_("the same as A"));
		return;
	}
	runs_add(r, ROLE_dim, 0, N_("unlike A from token "));
	runs_add(r, ROLE_text, 0, "%zu", p->first_difference + 1);
	pane_token(&c->panes[i], p->first_difference, &token);
	text_clean_line(&clean, buf_str(&token), token.len);
	if (clean.len)
		runs_add(r, ROLE_dim, 0, " \"%s\"", buf_str(&clean));
	buf_done(&token);
	buf_done(&clean);
}

static void
draw_figures(const struct compare_state *s, size_t i, const struct canvas *c, int y)
{
	const struct compare *all = &s->panel.c;
	struct runs r[FIGURES_MAX] = {0};

	if (s->panel.hidden) {
		if (panel_answered(&s->panel))
			runs_add(&r[0], ROLE_dim, 0, "figures after the vote");
	} else {
		add_speed(&all->panes[i], &r[0]);
		add_costs(all, i, c->glyphs, &r[1]);
		if (all->scored) {
			add_divergence(all, i, &r[2]);
			add_parting(all, i, &r[3]);
		}
	}
	for (int k = 0; k < s->figures; k++)
		draw_runs(c, y + k, 0, &r[k]);
	for (int k = 0; k < FIGURES_MAX; k++)
		runs_done(&r[k]);
}

static void
draw_title(const struct compare_state *s, size_t i, const struct canvas *c)
{
	const struct panel *all = &s->panel;
	const struct pane *p = i < all->c.n ? &all->c.panes[i] : NULL;
	const char *settings = all->seats[i].settings;
	struct runs head = {0};
	struct buf name = {0}, clean = {0};

	panel_add_name(all, i, &name);
	text_clean_line(&clean, settings, strlen(settings));
	runs_add(&head, s->focus == (int)i ? ROLE_accent : ROLE_model, ATTR_BOLD, "%c", (int)('A' + i));
	if (all->vote.id && all->vote.winner == (int)i)
		runs_add(&head, ROLE_good, ATTR_BOLD, "  %s", _("your vote"));
	if (all->hidden) {
		runs_add(&head, ROLE_dim, 0, compare_running(&all->c) ? "  hidden until all have answered" : _("  hidden"));
	} else {
		runs_add(&head, ROLE_model, 0, "  %.*s", (int)(name.len - clean.len), buf_str(&name));
		runs_add(&head, ROLE_dim, 0, clean.len ? " %s" : "%s", buf_str(&clean));
		runs_add(&head, ROLE_dim, 0, "  %s", p ? pane_state(p) : _("is being loaded"));
	}
	draw_runs(c, 0, 0, &head);
	runs_done(&head);
	buf_done(&name);
	buf_done(&clean);
}

/* Bytes FROM..TO of an answer at (y, 0), the words that differ marked. */
static void
draw_row(const struct compare_state *s, size_t i, const struct canvas *c, int y, const char *text, size_t from, size_t to)
{
	const struct textdiff *w = &s->panel.words[i];
	enum role role = s->panel.c.panes[i].status == PANE_FAILED ? ROLE_bad : ROLE_text;
	bool marks = s->panel.marks_words && s->panel.marked;
	size_t k = marks ? textdiff_find(w, 0, from) : 0;
	int x = c->x, limit = c->x + c->cols;

	for (size_t at = from; at < to;) {
		bool differs = marks && k < w->n && w->words[k].at <= at && w->words[k].differs;
		size_t end = !marks || k == w->n ? to : w->words[k].at > at ? w->words[k].at : w->words[k].at + w->words[k].len;

		if (end > to)
			end = to;
		x = grid_put(c->g, c->y + y, x, limit, text + at, end - at, differs ? ROLE_accent : role,
		    differs ? ATTR_UNDERLINE : 0);
		k += marks && k < w->n && end >= w->words[k].at + w->words[k].len;
		at = end;
	}
}

/* Before the first question: what can be done here. */
static void
draw_empty(const struct app *app, const struct canvas *c, int rows)
{
	struct buf b = {0}, add = {0}, blind = {0};
	size_t at = 0;

	key_format(keymap_key(&app->keys, CONTEXT_explore, ACTION_compare_add), &add);
	key_format(keymap_key(&app->keys, CONTEXT_compare, ACTION_blind), &blind);
	buf_printf(&b, _("Ask them all below. %s in Explore or :compare NAME NAME (guide?temp=0) takes others; %s hides which is which "
	    "until you vote."), buf_str(&add), buf_str(&blind));
	buf_done(&add);
	buf_done(&blind);
	for (int y = 0; at < b.len && y < rows; y++) {
		size_t n = wrap_row(b.data + at, b.len - at, c->cols);

		grid_put(c->g, c->y + 1 + y, c->x, c->x + c->cols, b.data + at, n, ROLE_dim, 0);
		at += n;
	}
	buf_done(&b);
}

static void
draw_pane(const struct compare_state *s, size_t i, const struct canvas *c)
{
	struct buf text = {0};
	size_t at = 0;

	draw_title(s, i, c);
	if (i >= s->panel.c.n)
		return;
	add_body(s, &s->panel.c.panes[i], &text);
	for (size_t row = 0; at < text.len && row < s->top[i] + (size_t)s->height; row++) {
		size_t n = wrap_row(text.data + at, text.len - at, s->columns);
		size_t drawn = n && text.data[at + n - 1] == '\n' ? n - 1 : n;

		if (row >= s->top[i])
			draw_row(s, i, c, 1 + (int)(row - s->top[i]), text.data, at, at + drawn);
		at += n;
	}
	draw_figures(s, i, c, 1 + s->height);
	buf_done(&text);
}

static void
draw_prompt(const struct app *app, const struct compare_state *s, const struct canvas *c)
{
	const struct editor *ed = &s->prompt;
	const char *text = buf_str(&ed->text);
	int row, col, columns = c->cols - MARK > 1 ? c->cols - MARK : 1;
	size_t at = 0, n;

	wrap_locate(text, ed->text.len, columns, ed->at, &row, &col);
	draw_text(c, 0, 0, c->glyphs->prompt, s->focus < 0 ? ROLE_accent : ROLE_dim, 0);
	if (ed->text.len == 0)
		draw_text(c, 0, MARK, s->focus < 0 ? _("Ask all of them something") : _("Tab goes on to the prompt"), ROLE_dim, 0);
	for (int y = 0; y < row && at < ed->text.len; y++)
		at += wrap_row(text + at, ed->text.len - at, columns);
	n = at < ed->text.len ? wrap_row(text + at, ed->text.len - at, columns) : 0;
	if (n && text[at + n - 1] == '\n')
		n--;
	grid_put(c->g, c->y, c->x + MARK, c->x + c->cols, text + at, n, ROLE_text, 0);
	if (s->focus < 0 && app->line.mode == LINE_CLOSED) {
		c->g->cursor_y = c->y;
		c->g->cursor_x = c->x + MARK + col;
	}
}

void
compare_draw(const struct app *app, const struct canvas *c)
{
	const struct compare_state *s = compare_state(app);
	struct canvas prompt = {c->g, c->y + c->rows - 1, c->x + AIR, 1, c->cols - 2 * AIR, c->glyphs};
	int n = (int)n_shown(s, c->cols), first = n == 1 && s->focus > 0 ? s->focus : 0, width = s->columns + 2 * AIR;

	if (s->ruled || s->rates)
		draw_rule(c, 0);
	if (s->rates) {
		struct canvas sheet = {c->g, c->y + 1, c->x + AIR, c->rows - 1, c->cols - 2 * AIR, c->glyphs};

		sheet_draw(&s->ratings, &sheet, true);
		c->g->cursor_y = -1;
		return;
	}
	draw_rule(c, c->rows - 2);
	if (s->panel.n_seats == 0)
		draw_text(c, 1, AIR, _("No models. Explore takes them into the comparison."), ROLE_dim, 0);
	for (int i = 0; i < n && (size_t)(first + i) < s->panel.n_seats; i++) {
		int x = c->x + i * (width + 1);
		struct canvas pane = {c->g, c->y + s->ruled, x + AIR, c->rows - 2 - s->ruled, s->columns, c->glyphs};

		draw_pane(s, (size_t)(first + i), &pane);
		if (i == 0 && !s->panel.c.prompt)
			draw_empty(app, &pane, s->height);
		for (int y = s->ruled; i + 1 < n && y < c->rows - 2; y++)
			grid_puts(c->g, c->y + y, x + width, x + width + 1, c->glyphs->bar, ROLE_dim, 0);
	}
	draw_prompt(app, s, &prompt);
}

int
compare_pane_at(const struct compare_state *s, int cols, int x)
{
	int n = (int)n_shown(s, cols), i = x / (s->columns + 2 * AIR + 1);

	return n == 1 ? s->focus > 0 ? s->focus : 0 : i < n ? i : n - 1;
}

void
compare_top(const struct app *app, struct runs *r)
{
	const struct compare_state *s = compare_state(app);

	/* One thing: the tabs leave no room for more at 80 columns. */
	if (s->rates)
		runs_add(r, ROLE_text, 0, "your ratings");
	else if (panel_scoring(&s->panel))
		runs_add(r, ROLE_accent, 0, "comparing");
	else if (s->replays)
		runs_add(r, ROLE_text, 0, "%s %.1f of %.1f s", s->plays ? _("replay") : _("paused"), s->at_s, compare_end_s(&s->panel.c));
	else
		runs_add(r, ROLE_dim, 0, "%s%s", s->panel.blind ? _("blind, ") : "", s->panel.c.together ? _("all at once") : _("one after another"));
}
