/* What Compare looks like; see compare.c. */
#include <math.h>
#include <string.h>

#include "tui/text_clean.h"
#include "tui/view/compare_impl.h"
#include "tui/widget/wrap.h"

/* Panes beside each other; narrow: one. */
static size_t
n_shown(const struct compare_state *s, int cols)
{
	return cols < NARROW || s->n_seats == 0 ? 1 : s->n_seats;
}

static void
add_body(const struct compare_state *s, const struct pane *p, struct buf *out)
{
	if (p->status == PANE_FAILED && p->text.len == 0)
		text_clean(out, p->err.text, strlen(p->err.text));
	else
		text_clean(out, buf_str(&p->text), compare_text_now(s, p));
}

void
compare_layout(struct app *app, int rows, int cols)
{
	struct compare_state *s = compare_state(app);
	int n = (int)n_shown(s, cols);

	s->columns = (cols - (n - 1)) / n - 2 * AIR;
	s->height = rows - 4 - FIGURES > 1 ? rows - 4 - FIGURES : 1;
	for (size_t i = 0; i < s->c.n; i++) {
		struct buf text = {0};
		size_t most;

		add_body(s, &s->c.panes[i], &text);
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
		[PANE_IDLE] = "", [PANE_WAITING] = "waits", [PANE_READING] = "reads the prompt", [PANE_ANSWERING] = "answers",
		[PANE_DONE] = "", [PANE_FAILED] = "could not answer",
	};

	return p->status == PANE_ANSWERING && p->text.len == 0 ? "thinks" : words[p->status];
}

static void
draw_figures(const struct compare_state *s, size_t i, const struct canvas *c, int y)
{
	const struct pane *p = &s->c.panes[i];
	struct runs r = {0}, more = {0};
	struct buf b = {0};

	if (pane_first_s(p) >= 0) {
		format_seconds(&b, pane_first_s(p));
		runs_add(&r, ROLE_dim, 0, "first ");
		runs_add(&r, ROLE_text, 0, "%s", buf_str(&b));
		buf_clear(&b);
	}
	if (pane_rate(p) > 0) {
		format_rate(&b, pane_rate(p));
		runs_add(&r, ROLE_text, 0, "   %s", buf_str(&b));
		runs_add(&r, ROLE_dim, 0, "/s");
		buf_clear(&b);
	}
	if (p->stats.n_generated) {
		runs_add(&r, ROLE_text, 0, "   %u", (unsigned)p->stats.n_generated);
		runs_add(&r, ROLE_dim, 0, " tok");
	}
	format_bytes(&b, pane_memory(p));
	runs_add(&more, ROLE_text, 0, "%s", buf_str(&b));
	for (size_t k = 0; s->c.scored && k < s->c.n; k++)
		if (k != i && s->c.cross[i][k].known) {
			runs_add(&more, ROLE_dim, 0, " %s to %c ", c->glyphs->dot, (int)('A' + k));
			runs_add(&more, ROLE_text, 0, "%.2f", s->c.cross[i][k].bits_per_byte);
			runs_add(&more, ROLE_dim, 0, " bit/B");
		}
	draw_runs(c, y, 0, &r);
	draw_runs(c, y + 1, 0, &more);
	runs_done(&r);
	runs_done(&more);
	buf_done(&b);
}

static void
draw_pane(const struct compare_state *s, size_t i, const struct canvas *c)
{
	const struct pane *p = i < s->c.n ? &s->c.panes[i] : NULL;
	const char *name = s->seats[i].name;
	bool here = s->focus == (int)i;
	struct runs head = {0};
	struct buf text = {0}, clean = {0};
	size_t at = 0;

	text_clean_line(&clean, name, strlen(name));
	runs_add(&head, here ? ROLE_accent : ROLE_model, ATTR_BOLD, "%c", (int)('A' + i));
	runs_add(&head, ROLE_model, 0, "  %s", p ? p->name : buf_str(&clean));
	if (p && *p->settings)
		runs_add(&head, ROLE_dim, 0, "  %s", p->settings);
	runs_add(&head, ROLE_dim, 0, "  %s", p ? pane_state(p) : "is being loaded");
	draw_runs(c, 0, 0, &head);
	runs_done(&head);
	buf_done(&clean);
	if (!p)
		return;
	add_body(s, p, &text);
	for (size_t row = 0; at < text.len && row < s->top[i] + (size_t)s->height; row++) {
		size_t n = wrap_row(text.data + at, text.len - at, s->columns);
		size_t drawn = n && text.data[at + n - 1] == '\n' ? n - 1 : n;

		if (row >= s->top[i])
			grid_put(c->g, c->y + 1 + (int)(row - s->top[i]), c->x, c->x + c->cols, text.data + at, drawn,
			    p->status == PANE_FAILED ? ROLE_bad : ROLE_text, 0);
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
		draw_text(c, 0, MARK, s->focus < 0 ? "Ask all of them something" : "Tab goes on to the prompt", ROLE_dim, 0);
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

	draw_rule(c, 0);
	draw_rule(c, c->rows - 2);
	if (s->n_seats == 0)
		draw_text(c, 1, AIR, "No models. Explore takes them into the comparison.", ROLE_dim, 0);
	for (int i = 0; i < n && (size_t)(first + i) < s->n_seats; i++) {
		int x = c->x + i * (width + 1);
		struct canvas pane = {c->g, c->y + 1, x + AIR, c->rows - 3, s->columns, c->glyphs};

		draw_pane(s, (size_t)(first + i), &pane);
		for (int y = 1; i + 1 < n && y < c->rows - 2; y++)
			grid_puts(c->g, c->y + y, x + width, x + width + 1, c->glyphs->bar, ROLE_dim, 0);
	}
	draw_prompt(app, s, &prompt);
}

void
compare_top(const struct app *app, struct runs *r)
{
	const struct compare_state *s = compare_state(app);

	/* One thing: the tabs leave no room for more at 80 columns. */
	if ((s->jobs && jobs_busy(s->jobs)))
		runs_add(r, ROLE_accent, 0, "comparing");
	else if (s->replays)
		runs_add(r, ROLE_text, 0, "%s %.1f of %.1f s", s->plays ? "replay" : "paused", s->at_s, compare_end_s(&s->c));
	else
		runs_add(r, ROLE_dim, 0, "%s", s->c.together ? "all at once" : "one after another");
}
