/* The command line; see line.h. */
#include "tui/state/line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
	    a != ACTION_back && a != ACTION_interrupt && a != ACTION_complete;
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
	buf_done(&l->offers);
	line_clear_choices(l);
	free(l->choices);
	free(l->picks);
}

static bool
has_choices(const struct line *l)
{
	return l->mode == LINE_CHOOSE;
}

void
line_clear_choices(struct line *l)
{
	for (size_t i = 0; i < l->n_choices; i++) {
		free(l->choices[i].text);
		free(l->choices[i].hint);
		free(l->choices[i].key);
	}
	l->n_choices = l->n_matches = 0;
}

void
line_add_choice(struct line *l, const char *text, const char *hint, const char *key)
{
	l->choices = mem_grow(l->choices, l->n_choices + 1, sizeof *l->choices);
	l->picks = mem_grow(l->picks, l->n_choices + 1, sizeof *l->picks);
	l->choices[l->n_choices++] = (struct line_choice){mem_dup(text), mem_dup(hint ? hint : ""), mem_dup(key)};
}

const struct line_choice *
line_chosen(const struct line *l)
{
	return has_choices(l) && l->chosen < l->n_matches ? &l->choices[l->picks[l->chosen]] : NULL;
}

void
line_open(struct line *l, enum line_mode mode)
{
	l->mode = mode;
	line_clear_choices(l);
	editor_set(&l->editor, "");
	buf_clear(&l->offers);
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
	/* The whole name, as a person types it who knows it, is never behind a longer one. */
	return (total + 4) * 8 - (int)strlen(name) / 4 + (len && strlen(name) == len && strncasecmp(name, what, len) == 0) * 1000;
}

/* Where the word begins that offers are for; the end of the text: nowhere yet. */
static size_t
word_at(const struct line *l)
{
	const char *text = buf_str(&l->editor.text);
	size_t name = strcspn(text, " ");

	if (l->mode == LINE_ASK || l->mode == LINE_CHOOSE)
		return 0;
	return text[name] ? name + strspn(text + name, " ") : l->editor.text.len;
}

static void
match_offers(struct line *l)
{
	const char *word = buf_str(&l->editor.text) + word_at(l);
	const char *all = buf_str(&l->offers);

	l->n_fits = 0;
	for (const char *p = all; *p && l->n_fits < LINE_FITS_MAX; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncasecmp(p, word, l->n_typed) == 0)
			l->fits[l->n_fits++] = (size_t)(p - all);
	l->fit = l->n_fits;
}

void
line_offer(struct line *l, const char *lines)
{
	buf_clear(&l->offers);
	buf_add_str(&l->offers, lines ? lines : "");
	match_offers(l);
}

const char *
line_fit(const struct line *l, size_t i, size_t *len)
{
	const char *s = buf_str(&l->offers) + l->fits[i];

	*len = strcspn(s, "\n");
	return s;
}

/* Put S[0..LEN) in the place of the last word. */
static void
set_word(struct line *l, const char *s, size_t len)
{
	struct buf text = {0};

	buf_add(&text, buf_str(&l->editor.text), word_at(l));
	buf_add(&text, s, len);
	editor_set(&l->editor, buf_str(&text));
	buf_done(&text);
}

bool
line_take(struct line *l, int step)
{
	size_t len;
	const char *s;

	if (l->n_fits == 0)
		return false;
	if (l->fit >= l->n_fits)
		l->fit = step > 0 ? 0 : l->n_fits - 1;
	else
		l->fit = (l->fit + l->n_fits + (size_t)step) % l->n_fits;
	s = line_fit(l, l->fit, &len);
	set_word(l, s, len);
	return true;
}

/* What all offers that fit begin with. */
static size_t
common(const struct line *l)
{
	size_t n = 0, len;

	for (size_t i = 0; i < l->n_fits; i++) {
		const char *first = line_fit(l, 0, &len), *s;
		size_t same = 0, other;

		s = line_fit(l, i, &other);
		while (same < len && same < other && first[same] == s[same])
			same++;
		n = i == 0 || same < n ? same : n;
	}
	return n;
}

static bool
complete_name(struct line *l)
{
	const char *name;
	struct buf text = {0};

	if (l->n_matches == 0)
		return false;
	name = action_name(l->matches[l->chosen]);
	buf_printf(&text, "%s ", name);
	editor_set(&l->editor, buf_str(&text));
	buf_done(&text);
	line_match(l);
	return true;
}

bool
line_complete(struct line *l)
{
	size_t n, len;
	const char *s;

	if (l->mode == LINE_PALETTE || l->mode == LINE_CHOOSE)
		return line_choose(l, 1);
	if (l->mode == LINE_COMMAND && !strchr(buf_str(&l->editor.text), ' '))
		return complete_name(l);
	n = common(l);
	if (l->fit < l->n_fits || n <= l->n_typed)
		return line_take(l, 1);
	s = line_fit(l, 0, &len);
	set_word(l, s, n);
	l->n_typed = n;
	match_offers(l);
	return true;
}

/* Choices keep their order where they fit equally well. */
static void
match_choices(struct line *l)
{
	const char *text = buf_str(&l->editor.text);
	int *scores = mem_new0(l->n_choices + 1, sizeof *scores);

	for (size_t i = 0; i < l->n_choices; i++) {
		int s = score(l->choices[i].text, text, strlen(text));
		size_t at = l->n_matches;

		if (s < 0)
			continue;
		for (; *text && at > 0 && scores[at - 1] < s; at--) {
			scores[at] = scores[at - 1];
			l->picks[at] = l->picks[at - 1];
		}
		scores[at] = s;
		l->picks[at] = i;
		l->n_matches++;
	}
	free(scores);
}

void
line_match(struct line *l)
{
	const char *text = buf_str(&l->editor.text);
	size_t len = l->mode == LINE_COMMAND ? strcspn(text, " ") : strlen(text);
	int scores[ACTION_COUNT];

	l->n_matches = 0;
	l->chosen = 0;
	l->n_typed = l->editor.text.len - word_at(l);
	match_offers(l);
	if (has_choices(l))
		match_choices(l);
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
line_command(const struct line *l)
{
	const char *text = buf_str(&l->editor.text);
	size_t len = strcspn(text, " ");

	return l->mode == LINE_COMMAND && text[len] ? line_find(text, len) : ACTION_NONE;
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
