/* Finding words in plain lines: every line that has them, with who said it. */
#define _GNU_SOURCE
#include "tui/term/linear_find.h"

#include <stdio.h>
#include <string.h>

#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/text.h"

enum { LINES_MAX = 200 };

struct looking {
	struct buf key;			/* in small letters, unless the words have others */
	bool folds;
	size_t n;			/* lines that have them */
};

static bool
has(const struct looking *l, const char *s, size_t n)
{
	struct buf line = {0};
	bool found;

	if (l->folds)
		text_fold(&line, s, n);
	else
		buf_add(&line, s, n);
	found = line.len && memmem(line.data, line.len, l->key.data, l->key.len);
	buf_done(&line);
	return found;
}

static void
print_lines(struct looking *l, const char *who, size_t question, const struct buf *text)
{
	const char *s = buf_str(text), *end = s + text->len;

	while (s < end) {
		const char *eol = memchr(s, '\n', (size_t)(end - s));
		size_t n = (size_t)((eol ? eol : end) - s);

		if (has(l, s, n) && ++l->n <= LINES_MAX)
			printf("%s, %zu: %.*s\n", who, question, (int)n, s);
		s += n + 1;
	}
}

enum linear_did
linear_find_act(struct app *app, enum action a, const char *words)
{
	const struct talk *c = &app->talk;
	struct looking l = {.folds = !text_has_capital(words, strlen(words))};
	size_t question = 0;

	if (a != ACTION_find && a != ACTION_find_next && a != ACTION_find_prev)
		return LINEAR_NOT;
	if (a != ACTION_find || !*words) {
		puts(_("Give the words after :find. All lines that have them are printed, with the number of the question."));
		return LINEAR_DONE;
	}
	if (l.folds)
		text_fold(&l.key, words, strlen(words));
	else
		buf_add_str(&l.key, words);
	for (size_t i = 0; i < c->n_turns; i++) {
		const struct turn *t = c->turns[i];
		bool user = t->role == TURN_USER;

		question += user;
		print_lines(&l, user ? _("You") : t->kept.model ? t->kept.model : c->name, question, &t->clean);
	}
	if (l.n == 0)
		puts(_("These words are not in this conversation."));
	else if (l.n > LINES_MAX)
		printf(_("These are the first %d of %zu lines.\n"), LINES_MAX, l.n);
	else
		printf(ngettext("%zu line has these words.\n", "%zu lines have these words.\n", l.n), l.n);
	buf_done(&l.key);
	return LINEAR_DONE;
}
