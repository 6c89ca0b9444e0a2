/* The ratings of Compare: a table for all topics and one for each; see state/ratings.h. */
#include <math.h>
#include <string.h>

#include "tui/state/history.h"
#include "tui/i18n.h"
#include "tui/state/ratings.h"
#include "tui/text.h"
#include "tui/view/compare_impl.h"

enum { POINTS = 6, COUNT = 7, WIDE = 52 };

bool
compare_read_votes(const struct app *app, struct history_votes *out, struct err *e)
{
	history_votes_done(out);
	if (!app->history)
		return err_set(e, ERR_FAILED, "there is no history to keep votes in");
	return history_flush(app->history, e) && history_votes(app->history, out, e);
}

/* Right-aligned in a column that ends at X. */
static void
put_right(struct sheet *p, int x, enum role role, const char *text)
{
	sheet_put(p, x - text_width(text, strlen(text)), role, 0, text);
}

static void
put_number(struct sheet *p, int x, enum role role, double v)
{
	struct buf b = {0};

	format_count(&b, (uint64_t)lround(v < 0 ? 0 : v));
	put_right(p, x, role, buf_str(&b));
	buf_done(&b);
}

static void
lay_titles(struct sheet *p)
{
	bool wide = p->columns >= WIDE;

	sheet_row(p);
	put_right(p, POINTS, ROLE_dim, _("points"));
	put_right(p, POINTS + COUNT, ROLE_dim, "+-");
	put_right(p, POINTS + 2 * COUNT, ROLE_dim, _("votes"));
	if (wide) {
		put_right(p, POINTS + 3 * COUNT, ROLE_dim, _("won"));
		put_right(p, POINTS + 4 * COUNT, ROLE_dim, _("even"));
	}
}

static void
lay_model(struct sheet *p, const struct rating *r)
{
	bool wide = p->columns >= WIDE;
	struct buf name = {0};

	sheet_row(p);
	put_number(p, POINTS, ROLE_text, r->points);
	put_number(p, POINTS + COUNT, ROLE_dim, r->error);
	put_number(p, POINTS + 2 * COUNT, ROLE_text, (double)r->n_votes);
	if (wide) {
		put_number(p, POINTS + 3 * COUNT, ROLE_text, (double)r->n_won);
		put_number(p, POINTS + 4 * COUNT, ROLE_text, (double)r->n_even);
	}
	ratings_add_name(r, &name);
	sheet_put(p, POINTS + (wide ? 4 : 2) * COUNT + 2, ROLE_model, 0, buf_str(&name));
	buf_done(&name);
}

static void
lay_table(struct sheet *p, const struct history_votes *v, const char *topic)
{
	struct ratings r;
	struct buf b = {0};
	int x;

	ratings_compute(v, topic, &r);
	sheet_row(p);
	x = sheet_put(p, 0, ROLE_accent, ATTR_BOLD, topic ? topic : _("all topics"));
	buf_printf(&b, ngettext("%zu vote, %zu blind", "%zu votes, %zu blind", r.n_votes), r.n_votes, r.n_blind);
	sheet_put(p, x + 2, ROLE_dim, 0, buf_str(&b));
	lay_titles(p);
	for (size_t i = 0; i < r.n; i++)
		lay_model(p, &r.models[i]);
	buf_clear(&b);
	ratings_add_verdict(&r, &b);
	if (b.len) {
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_dim, buf_str(&b));
	}
	sheet_row(p);
	buf_done(&b);
	ratings_done(&r);
}

void
compare_lay_ratings(struct compare_state *s, int columns)
{
	struct sheet *p = &s->ratings;
	struct buf topics = {0};

	sheet_clear(p, columns);
	if (s->votes.n == 0) {
		sheet_row(p);
		sheet_wrap(p, 0, 0, ROLE_dim, _("No votes yet. Ask something, then vote with 1 to 4 for the best answer, or 0 when none is "
		    "better; b hides which model is which until then."));
		return;
	}
	ratings_topics(&s->votes, &topics);
	if (strchr(buf_str(&topics), '\n') != buf_str(&topics) + topics.len - 1)
		lay_table(p, &s->votes, NULL);
	for (const char *at = buf_str(&topics); *at;) {
		size_t n = strcspn(at, "\n");
		struct buf one = {0};

		buf_add(&one, at, n);
		lay_table(p, &s->votes, buf_str(&one));
		buf_done(&one);
		at += n + 1;
	}
	sheet_row(p);
	sheet_wrap(p, 0, 0, ROLE_dim, _("1 500 points is the average of the models in a table; 400 more is ten times the odds of the better "
	    "answer. The true value is within +- in 19 of 20 cases (Bradley and Terry's model of your votes)."));
	buf_done(&topics);
}
