/* The tokens of the last answer in plain lines: how sure the model was, what else it might have written, going on from that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/tokens.h"
#include "tui/term/linear.h"

enum { LEAST_SURE = 5, BEFORE_BYTES = 24 };

/* The words that stand before token I, so that one knows where it is. */
static void
add_before(const struct talk *t, const struct turn *turn, size_t i, struct buf *out)
{
	size_t first = i;

	for (size_t n = 0; first > 0 && n < BEFORE_BYTES && turn->tokens[first - 1].part == turn->tokens[i].part; first--)
		n += tokens_size(t, turn->tokens[first - 1].id);
	tokens_quote_all(t, turn, first, i, out);
}

static void
add_token(const struct talk *t, const struct turn *turn, size_t i, struct buf *out)
{
	const struct turn_token *k = &turn->tokens[i];

	buf_printf(out, _("Token %zu of %zu is "), i + 1, turn->n_tokens);
	tokens_quote(t, k->id, out);
	if (i > 0 && turn->tokens[i - 1].part == k->part) {
		buf_add_str(out, _(" after "));
		add_before(t, turn, i, out);
	}
	if (i < turn->n_taken && k->n_top == 0)
		buf_add_str(out, _(": it was given, not chosen"));
	else
		buf_printf(out, _(": probability %.1f percent, %.1f bits of doubt"), (double)k->p * 100, (double)k->entropy);
}

struct lens {
	const struct talk *t;
	const struct turn *turn;
	size_t token;			/* from 1 */
	size_t least[LEAST_SURE], n_least;
};

static void
add_least(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct lens *s = m->arg;

	add_token(s->t, s->turn, s->least[i], out);
}

static void
add_other(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct lens *s = m->arg;
	const struct turn_token *k = &s->turn->tokens[s->token - 1];

	tokens_quote(s->t, k->top[i].id, out);
	buf_printf(out, _(", %.2f percent before the sampler, "), (double)k->top[i].p * 100);
	if (k->top[i].after > 0)
		buf_printf(out, _("%.2f after%s"), (double)k->top[i].after * 100, k->top[i].id == k->id ? _("; this was taken") : "");
	else
		buf_add_str(out, _("cut by it"));
}

/* Hundredths of a bit; less is rounding, and differs from machine to machine. */
static int
doubt(const struct lens *s, size_t i)
{
	return (int)(s->turn->tokens[i].entropy * 100);
}

/* The tokens the model was least sure of. */
static void
find_least(struct lens *s)
{
	size_t at;

	for (size_t i = 0; i < s->turn->n_tokens; i++) {
		if (s->n_least == LEAST_SURE && doubt(s, i) <= doubt(s, s->least[LEAST_SURE - 1]))
			continue;
		s->n_least += s->n_least < LEAST_SURE;
		for (at = s->n_least - 1; at > 0 && doubt(s, s->least[at - 1]) < doubt(s, i); at--)
			s->least[at] = s->least[at - 1];
		s->least[at] = i;
	}
}

static enum linear_did
take(struct linear *l, const struct lens *s, unsigned long choice)
{
	const struct turn_token *k = &s->turn->tokens[s->token - 1];
	struct err e = {0};

	if (choice < 1 || choice > k->n_top)
		linear_say(_("Give the number of a choice, 1 to %u.\n"), (unsigned)k->n_top);
	else if (k->top[choice - 1].id == k->id)
		puts(_("This is what was written: choose another one."));
	else if (talk_take_token(&l->app->talk, tokens_turn(s->t), s->token - 1, k->top[choice - 1].id, &e))
		return LINEAR_ASKED;
	else
		return linear_fail(&e);
	return LINEAR_DONE;
}

static enum linear_did
look_at(struct linear *l, struct lens *s)
{
	struct linear_menu m = {.question = _("Which one do you want to go on from instead, as a branch?"), .add = add_other, .arg = s};
	struct buf line = {0};
	size_t chosen;

	l->token = s->token;
	m.n = s->turn->tokens[s->token - 1].n_top;
	add_token(s->t, s->turn, s->token - 1, &line);
	linear_say("%s.\n", buf_str(&line));
	buf_done(&line);
	if (m.n == 0) {
		puts(_("What else there was is not known."));
		return LINEAR_DONE;
	}
	chosen = linear_menu(l, &m);
	return chosen < m.n ? take(l, s, chosen + 1) : LINEAR_DONE;
}

static enum linear_did
look_at_least(struct linear *l, struct lens *s)
{
	struct linear_menu m = {.question = _("Which one do you want to look at?"), .add = add_least, .arg = s};
	size_t chosen;

	find_least(s);
	linear_say(_("The answer has %zu tokens, and :lens with a number looks at any of them. The least sure are:\n"), s->turn->n_tokens);
	m.n = s->n_least;
	chosen = linear_menu(l, &m);
	if (chosen >= m.n)
		return LINEAR_DONE;
	s->token = s->least[chosen] + 1;
	return look_at(l, s);
}

static enum linear_did
step(struct linear *l, struct lens *s, bool forward)
{
	s->token = forward ? l->token + 1 : l->token - 1;
	if (s->token >= 1 && s->token <= s->turn->n_tokens && (forward || l->token > 0))
		return look_at(l, s);
	puts(forward ? _("This is the last token.") : _("There is no token before."));
	return LINEAR_DONE;
}

enum linear_did
linear_lens_act(struct linear *l, enum action a, const char *words)
{
	const struct talk *t = &l->app->talk;
	size_t at = tokens_turn(t);
	struct lens s = {.t = t, .turn = at < t->n_turns ? t->turns[at] : NULL};
	unsigned long choice;

	if (a != ACTION_open_lens && a != ACTION_token_take && a != ACTION_token_prev && a != ACTION_token_next)
		return LINEAR_NOT;
	if (!s.turn) {
		linear_say(_("That is not possible: %s.\n"), tokens_why_not(t));
		return LINEAR_DONE;
	}
	if (a == ACTION_token_prev || a == ACTION_token_next)
		return step(l, &s, a == ACTION_token_next);
	s.token = linear_number(&words);
	if (a == ACTION_open_lens && s.token == 0 && !*words)
		return look_at_least(l, &s);
	if (s.token < 1 || s.token > s.turn->n_tokens) {
		linear_say(_("Give the number of a token, 1 to %zu%s.\n"), s.turn->n_tokens,
		    a == ACTION_token_take ? ", and that of a choice" : "");
		return LINEAR_DONE;
	}
	choice = linear_number(&words);
	return a == ACTION_token_take ? take(l, &s, choice) : look_at(l, &s);
}
