/* Ratings on standard output; see compare_ratings.h. */
#include "tui/cmd/compare_ratings.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/base/fs.h"
#include "tui/cmd/models.h"
#include "tui/i18n.h"
#include "tui/text.h"
#include "tui/state/history.h"
#include "tui/state/ratings.h"
#include "tui/text_clean.h"

enum { POINTS = 7, COUNT = 6 };

/* Of the settings' history, where there is one. */
static bool
read_votes(struct history_votes *out, struct err *e)
{
	struct buf path = {0};
	struct history *h = NULL;
	struct config c;
	bool ok;

	*out = (struct history_votes){0};
	if (!config_load(&c, e))
		return false;
	fs_join(&path, c.data_dir, "history.db");
	if (*c.data_dir && fs_exists(buf_str(&path))) {
		h = history_open(buf_str(&path), e);
		ok = h && history_votes(h, out, e);
	} else {
		ok = true;
	}
	history_close(h);
	buf_done(&path);
	config_done(&c);
	return ok;
}

/* ---- JSON ---- */

static json_t *
text_json(const char *s)
{
	struct buf clean = {0};
	json_t *j;

	if (!s)
		return json_null();
	text_clean_line(&clean, s, strlen(s));
	j = json_string(buf_str(&clean));
	buf_done(&clean);
	return j;
}

static json_t *
ratings_json(const struct history_votes *v, const char *topic)
{
	json_t *models = json_array(), *j;
	struct ratings r;

	ratings_compute(v, topic, &r);
	for (size_t i = 0; i < r.n; i++) {
		const struct rating *m = &r.models[i];

		json_array_append_new(models, json_pack("{s:o, s:o, s:o, s:f, s:f, s:I, s:I, s:I}", "model", text_json(m->model),
		    "settings", text_json(m->settings), "sha256", text_json(m->digest), "points", m->points, "error", m->error,
		    "votes", (json_int_t)m->n_votes, "won", (json_int_t)m->n_won, "even", (json_int_t)m->n_even));
	}
	j = json_pack("{s:o, s:I, s:I, s:o, s:o}", "topic", text_json(topic), "votes", (json_int_t)r.n_votes, "blind",
	    (json_int_t)r.n_blind, "first_ahead_probability", r.n > 1 ? json_real(r.p_ahead) : json_null(), "models", models);
	ratings_done(&r);
	return j;
}

/* ---- text ---- */

static void
add_number(const struct models *m, struct buf *out, double v, int columns)
{
	char text[32];

	snprintf(text, sizeof text, "%.0f", v);
	models_add_cell(m, out, text, columns, true);
}

static void
add_row(const struct models *m, struct buf *out, const char *topic, const struct rating *r)
{
	struct buf name = {0};

	if (m->is_terminal) {
		add_number(m, out, r->points, POINTS);
		add_number(m, out, r->error, COUNT);
		add_number(m, out, (double)r->n_votes, COUNT);
		add_number(m, out, (double)r->n_won, COUNT);
		add_number(m, out, (double)r->n_even, COUNT);
		buf_add_str(out, "  ");
		ratings_add_name(r, &name);
		models_add_cell(m, out, buf_str(&name), 0, false);
	} else {
		models_add_cell(m, out, topic, 0, false);
		buf_add_char(out, '\t');
		models_add_cell(m, out, r->model, 0, false);
		buf_add_char(out, '\t');
		models_add_cell(m, out, r->settings, 0, false);
		buf_printf(out, "\t%.1f\t%.1f\t%zu\t%zu\t%zu", r->points, r->error, r->n_votes, r->n_won, r->n_even);
	}
	buf_add_char(out, '\n');
	buf_done(&name);
}

static void
add_table(const struct models *m, struct buf *out, const struct history_votes *v, const char *topic)
{
	const char *name = topic ? topic : _("all topics");
	struct buf verdict = {0};
	struct ratings r;

	ratings_compute(v, topic, &r);
	if (m->is_terminal) {
		models_add_cell(m, out, name, 0, false);
		buf_printf(out, ngettext(": %zu vote, %zu blind\n", ": %zu votes, %zu blind\n", r.n_votes), r.n_votes, r.n_blind);
		buf_printf(out, "%*s%*s%*s%*s%*s\n", text_field(_("points"), POINTS), _("points"), COUNT, "+-", text_field(_("votes"), COUNT),
		    _("votes"), text_field(_("won"), COUNT), _("won"), text_field(_("even"), COUNT), _("even"));
	}
	for (size_t i = 0; i < r.n; i++)
		add_row(m, out, name, &r.models[i]);
	ratings_add_verdict(&r, &verdict);
	if (m->is_terminal && verdict.len)
		models_add_paragraph(m, out, "", "", buf_str(&verdict));
	buf_done(&verdict);
	ratings_done(&r);
}

/* ADD for all topics, where there are several, and then for each. */
static void
each_topic(const struct history_votes *v, void (*add)(void *ctx, const char *topic), void *ctx)
{
	struct buf topics = {0};

	ratings_topics(v, &topics);
	if (v->n && strchr(buf_str(&topics), '\n') != buf_str(&topics) + topics.len - 1)
		add(ctx, NULL);
	for (const char *at = buf_str(&topics); *at; at += strcspn(at, "\n") + 1) {
		struct buf one = {0};

		buf_add(&one, at, strcspn(at, "\n"));
		add(ctx, buf_str(&one));
		buf_done(&one);
	}
	buf_done(&topics);
}

struct printing {
	struct models m;
	struct history_votes v;
	json_t *topics;
	struct buf out;
};

static void
add_json(void *ctx, const char *topic)
{
	struct printing *p = ctx;

	if (topic)
		json_array_append_new(p->topics, ratings_json(&p->v, topic));
}

static void
add_text(void *ctx, const char *topic)
{
	struct printing *p = ctx;

	if (p->m.is_terminal && p->out.len)
		buf_add_char(&p->out, '\n');
	add_table(&p->m, &p->out, &p->v, topic);
}

static bool
print_json(struct printing *p, struct err *e)
{
	json_t *all = ratings_json(&p->v, NULL);

	p->topics = json_array();
	each_topic(&p->v, add_json, p);
	json_object_del(all, "topic");
	json_object_set_new(all, "topics", p->topics);
	return models_print_json(all, e);
}

static bool
print_text(struct printing *p, struct err *e)
{
	if (!p->m.is_terminal)
		buf_add_str(&p->out, "topic\tmodel\tsettings\tpoints\terror\tvotes\twon\teven\n");
	else if (p->v.n == 0)
		models_add_paragraph(&p->m, &p->out, "", "", _("There are no votes yet: they are given in minnow, under Compare (F4), with 1 to "
		    "4 for the best answer."));
	each_topic(&p->v, add_text, p);
	if (p->m.is_terminal && p->v.n) {
		buf_add_char(&p->out, '\n');
		models_add_paragraph(&p->m, &p->out, "", "", _("1500 points is the average of the models in a table; 400 more is ten times the "
		    "odds of the better answer. The true value is within +- in 19 of 20 cases."));
	}
	return models_print(&p->out, e);
}

bool
compare_ratings(bool json, struct err *e)
{
	struct printing p = {0};
	bool ok = models_start(&p.m, e) && read_votes(&p.v, e);

	ok = ok && (json ? print_json(&p, e) : print_text(&p, e));
	history_votes_done(&p.v);
	models_close(&p.m);
	return ok;
}
