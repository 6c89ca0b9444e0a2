/* The command line; see line.h. */
#include "tui/state/line.h"

#include <ctype.h>
#include <string.h>

#include "core/base/mem.h"

static const struct {
	const char *name;
	enum action action;
} short_forms[] = {
	{"q", ACTION_quit}, {"exit", ACTION_quit}, {"bye", ACTION_quit}, {"h", ACTION_help}, {"new", ACTION_clear},
};

/* Commands that mean nothing without a key: moving and editing. */
static bool
is_command(enum action a)
{
	return a != ACTION_NONE && a < ACTION_newline && a != ACTION_palette && a != ACTION_command && a != ACTION_send &&
	    a != ACTION_back && a != ACTION_interrupt;
}

void
line_init(struct line *l)
{
	*l = (struct line){0};
	editor_init(&l->editor);
	l->editor.one_line = true;
}

void
line_done(struct line *l)
{
	editor_done(&l->editor);
}

void
line_open(struct line *l, enum line_mode mode)
{
	l->mode = mode;
	editor_set(&l->editor, "");
	line_match(l);
}

void
line_close(struct line *l)
{
	l->mode = LINE_CLOSED;
}

/* How well the letters of WHAT, in order, fit NAME: letters at the start of a word and in a row count more, a
 * shorter name a little; -1: they do not occur.  No letters fit everything. */
static int
score(const char *name, const char *what, size_t len)
{
	int total = 0, row = 0;
	const char *p = name;

	for (size_t i = 0; i < len; i++) {
		char want = (char)tolower((unsigned char)what[i]);

		if (want == ' ')
			want = '-';
		for (row = *p == want ? row + 1 : 0; *p && tolower((unsigned char)*p) != want; p++)
			;
		if (!*p)
			return -1;
		total += 1 + row + (p == name ? 4 : p[-1] == '-' ? 2 : 0);
		p++;
	}
	return (total + 4) * 8 - (int)strlen(name) / 4;
}

void
line_match(struct line *l)
{
	const char *text = buf_str(&l->editor.text);
	size_t len = l->mode == LINE_COMMAND ? strcspn(text, " ") : strlen(text);
	int scores[ACTION_COUNT];

	l->n_matches = 0;
	l->chosen = 0;
	if (l->mode > LINE_PALETTE)
		return;
	for (enum action a = 1; a < ACTION_COUNT; a++) {
		int s = is_command(a) ? score(action_name(a), text, len) : -1;
		size_t at = l->n_matches;

		if (s < 0)
			continue;
		while (len && at > 0 && scores[at - 1] < s) {
			scores[at] = scores[at - 1];
			l->matches[at] = l->matches[at - 1];
			at--;
		}
		scores[at] = s;
		l->matches[at] = a;
		l->n_matches++;
	}
}

bool
line_choose(struct line *l, int step)
{
	size_t to = l->chosen + (size_t)step;

	if (to >= l->n_matches)
		return false;
	l->chosen = to;
	return true;
}

enum action
line_find(const char *name, size_t len)
{
	enum action found = ACTION_NONE;

	for (size_t i = 0; i < ARRAY_LEN(short_forms); i++)
		if (strlen(short_forms[i].name) == len && memcmp(short_forms[i].name, name, len) == 0)
			return short_forms[i].action;
	for (enum action a = 1; a < ACTION_COUNT; a++) {
		if (!is_command(a) || strncmp(action_name(a), name, len) != 0)
			continue;
		if (strlen(action_name(a)) == len)
			return a;
		found = found == ACTION_NONE ? a : ACTION_COUNT;
	}
	return len && found != ACTION_COUNT ? found : ACTION_NONE;
}

enum action
line_action(const struct line *l, const char **words)
{
	const char *text = buf_str(&l->editor.text);
	size_t len = strcspn(text, " ");
	enum action a = line_find(text, len);

	if (words)
		*words = text + len + strspn(text + len, " ");
	if (a != ACTION_NONE && l->chosen == 0)
		return a;
	return l->n_matches ? l->matches[l->chosen] : ACTION_NONE;
}
