/* Questions and numbered lists in plain lines; see linear.h. */
#define _GNU_SOURCE
#include "tui/term/linear.h"

#include <ctype.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/text_clean.h"

void
linear_say(const char *fmt, ...)
{
	struct buf clean = {0};
	char *raw = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&raw, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	text_clean(&clean, raw, (size_t)n);
	fwrite(buf_str(&clean), 1, clean.len, stdout);
	free(raw);
	buf_done(&clean);
}

/* The full stop of a sentence that has none yet. */
static const char *
stop(const char *s, size_t n)
{
	return n && strchr(".?!:", s[n - 1]) ? "" : ".";
}

enum linear_did
linear_fail(const struct err *e)
{
	linear_say(_("That is not possible: %s%s\n"), e->text, stop(e->text, strlen(e->text)));
	return LINEAR_DONE;
}

void
linear_tell_note(struct linear *l)
{
	struct buf *note = &l->app->note;

	if (note->len)
		linear_say("%s%s\n", note->data, stop(note->data, note->len));
	buf_clear(note);
}

unsigned long
linear_number(const char **words)
{
	char *end;
	unsigned long n;

	if (!isdigit((unsigned char)**words))
		return 0;
	n = strtoul(*words, &end, 10);
	if (*end && *end != ' ')
		return 0;
	*words = end + strspn(end, " ");
	return n;
}

/* ---- a line ---- */

/* A line that is complete, or what is left at the end of the input. */
static bool
take_line(struct linear *l, struct buf *out)
{
	const char *eol = l->in.len ? memchr(l->in.data, '\n', l->in.len) : NULL;
	size_t len = eol ? (size_t)(eol - l->in.data) : l->in.len, n;

	if (!eol && (!l->ended || l->in.len == 0))
		return false;
	n = strnlen(l->in.data, len);		/* a NUL would end it early */
	n = (size_t)(memchr(l->in.data, '\r', n) ? (const char *)memchr(l->in.data, '\r', n) - l->in.data : (ptrdiff_t)n);
	buf_clear(out);
	buf_add(out, l->in.data, n);
	buf_erase(&l->in, 0, len + (eol != NULL));
	return true;
}

/* Was a line typed before it is asked for?  Then its echo stands somewhere above. */
static bool
is_ahead(const struct linear *l)
{
	struct pollfd p = {l->in_fd, POLLIN, 0};

	return (l->in.len && memchr(l->in.data, '\n', l->in.len)) || poll(&p, 1, 0) > 0;
}

bool
linear_line(struct linear *l, const char *label, struct buf *line)
{
	bool taken = false, shows = l->echoes || is_ahead(l);

	linear_say("%s: ", label);
	fflush(stdout);
	l->takes_interrupt = true;
	l->interrupted = false;
	while (!l->signal && !l->interrupted && !(taken = take_line(l, line)) && !l->ended)
		linear_wait(l, true, -1);
	l->takes_interrupt = false;
	if (shows && taken)
		say_name(buf_str(line));
	if (shows || !taken)
		putchar('\n');
	return taken;
}

/* A line that begins with a colon is a command, wherever it is typed. */
static bool
is_command(struct linear *l, const char *s)
{
	if (*s != ':' || !s[1])
		return false;
	free(l->next);
	l->next = mem_dup(s + 1);
	return true;
}

bool
linear_ask(struct linear *l, const char *label, struct buf *answer)
{
	if (!linear_line(l, label, answer))
		return false;
	while (answer->len && strchr(" \t", answer->data[answer->len - 1]))
		buf_truncate(answer, answer->len - 1);
	buf_erase(answer, 0, strspn(buf_str(answer), " \t"));
	return !is_command(l, buf_str(answer));
}

bool
linear_words(struct linear *l, const char *words, const char *question, struct buf *answer)
{
	buf_clear(answer);
	if (*words) {
		buf_add_str(answer, words);
		return true;
	}
	puts(question);
	return linear_ask(l, _("Words"), answer) && answer->len > 0;
}

bool
linear_yes(struct linear *l, const char *question)
{
	struct buf answer = {0};
	bool yes;

	linear_say(_("%s Type yes to do it, or press Enter for no.\n"), question);
	yes = linear_ask(l, _("Answer"), &answer) && (strcasecmp(buf_str(&answer), "yes") == 0 || strcasecmp(buf_str(&answer), "y") == 0);
	if (!yes && !l->next)
		puts(_("Nothing was done."));
	buf_done(&answer);
	return yes;
}

/* ---- a list ---- */

static void
print_page(const struct linear_menu *m, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct buf line = {0};

		m->add(m, i, &line);
		linear_say("%3zu. %s%s\n", i + 1, buf_str(&line), stop(buf_str(&line), line.len));
		buf_done(&line);
	}
}

static void
print_choices(const struct linear_menu *m, size_t shown)
{
	bool numbers = m->question != NULL;

	if (numbers && shown > 1)
		linear_say(_("Type a number from 1 to %zu, "), shown);
	else if (numbers)
		linear_say(_("Type 1, "));
	if (shown < m->n)
		linear_say(_("%smore for the next of %zu, "), numbers ? "" : "Type ", m->n);
	if (m->word)
		linear_say("%s, ", m->means);
	if (m->takes_questions)
		puts(_("another question, or press Enter for none."));
	else
		puts(numbers ? _("or press Enter for none.") : _("or press Enter to go on."));
}

/* What was typed is no answer but a question of its own: it is taken next. */
static void
put_back(struct linear *l, const char *text)
{
	struct buf in = {0};

	buf_printf(&in, "%s\n", text);
	buf_add(&in, buf_str(&l->in), l->in.len);
	buf_done(&l->in);
	l->in = in;
}

/* False: ANSWER is none of them. */
static bool
understand(const struct linear_menu *m, const char *answer, size_t *shown, size_t *chosen)
{
	const char *rest = answer;
	unsigned long n = linear_number(&rest);

	*chosen = LINEAR_NONE;
	if (m->question && n >= 1 && n <= *shown && !*rest)
		*chosen = n - 1;
	else if (m->word && strcasecmp(answer, m->word) == 0)
		*chosen = m->n;
	else if ((strcasecmp(answer, "more") == 0 || strcasecmp(answer, "m") == 0) && *shown < m->n)
		*shown += m->n - *shown < LINEAR_PAGE ? m->n - *shown : LINEAR_PAGE;
	else
		return false;
	return true;
}

size_t
linear_menu(struct linear *l, const struct linear_menu *m)
{
	size_t from = 0, shown = m->n < LINEAR_PAGE ? m->n : LINEAR_PAGE, chosen = LINEAR_NONE;
	struct buf answer = {0};

	print_page(m, 0, shown);
	/* What can be read at once needs no question. */
	while (m->question || shown < m->n) {
		if (m->question)
			linear_say("%s ", m->question);
		print_choices(m, shown);
		from = shown;
		while (linear_ask(l, _("Choice"), &answer) && answer.len && !understand(m, buf_str(&answer), &shown, &chosen)) {
			if (m->takes_questions && strspn(buf_str(&answer), "0123456789") != answer.len) {
				put_back(l, buf_str(&answer));
				chosen = m->n + 1;
				break;
			}
			linear_say("%s ", _("That is none of them."));
			print_choices(m, shown);
		}
		if (from == shown)
			break;
		print_page(m, from, shown);
	}
	buf_done(&answer);
	return chosen;
}
