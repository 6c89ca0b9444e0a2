/* See chats_tree.h. */
#include "tui/state/chats_tree.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/state/history.h"
#include "tui/text_clean.h"

enum { TEXT_BYTES = 200 };

struct maker {
	const struct history_tree *t;
	size_t *first, *next;		/* [t->n + 1] children of message i - 1, of 0 the first messages; 0: none */
	size_t *path;
	size_t n_path;
	struct chats_tree *out;
};

void
chats_tree_done(struct chats_tree *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		free(tree->at[i].text);
	free(tree->at);
	*tree = (struct chats_tree){0};
}

/* Backwards, so that children come out in the order of their making. */
static void
link_children(struct maker *m)
{
	for (size_t i = m->t->n; i-- > 0;) {
		const struct history_message *parent = history_message_find(m->t, m->t->messages[i].parent);
		size_t of = parent ? (size_t)(parent - m->t->messages) + 1 : 0;

		m->next[i + 1] = m->first[of];
		m->first[of] = i + 1;
	}
}

static bool
is_on_path(const struct maker *m, size_t i)
{
	for (size_t k = 0; k < m->n_path; k++)
		if (m->path[k] == i)
			return true;
	return false;
}

static char *
beginning(const struct history_message *m)
{
	const char *s = buf_str(&m->text);
	size_t n = m->text.len;
	struct buf line = {0};

	while (n && strchr(" \t\n", *s)) {
		s++;
		n--;
	}
	n = strcspn(s, "\n") < n ? strcspn(s, "\n") : n;
	text_clean_line(&line, s, n < TEXT_BYTES ? n : TEXT_BYTES);
	return buf_take(&line);
}

static void
add(struct maker *m, size_t i, unsigned depth, bool is_last, const bool *goes_on)
{
	const struct history_message *message = &m->t->messages[i];
	struct chats_branch *b;

	m->out->at = mem_grow(m->out->at, m->out->n + 1, sizeof *m->out->at);
	b = &m->out->at[m->out->n++];
	*b = (struct chats_branch){.message = message->id, .depth = depth, .is_last = is_last, .here = is_on_path(m, i),
	    .by_model = message->by_model, .text = beginning(message)};
	memcpy(b->goes_on, goes_on, depth * sizeof *goes_on);
}

/* What hangs below OF (a message + 1, or 0), at DEPTH of the tree.  Runs of messages without branches are followed in a
 * loop: the calls go only as deep as the branches do, and stop at the bound. */
static void
walk(struct maker *m, size_t of, unsigned depth, bool *goes_on)
{
	while (m->first[of] && !m->next[m->first[of]])
		of = m->first[of];
	for (size_t child = m->first[of]; child && m->out->n < CHATS_TREE_MAX; child = m->next[child]) {
		bool is_last = !m->next[child];

		add(m, child - 1, depth, is_last, goes_on);
		if (depth + 1 < CHATS_TREE_DEPTH) {
			goes_on[depth] = !is_last;
			walk(m, child, depth + 1, goes_on);
		}
	}
}

void
chats_tree_make(struct chats_tree *out, const struct history_tree *t)
{
	struct maker m = {.t = t, .out = out};
	bool goes_on[CHATS_TREE_DEPTH] = {0};

	*out = (struct chats_tree){0};
	m.first = mem_new0(t->n + 1, sizeof *m.first);
	m.next = mem_new0(t->n + 1, sizeof *m.next);
	m.path = mem_new0(t->n + 1, sizeof *m.path);
	link_children(&m);
	m.n_path = history_path(t, t->chat.leaf, m.path);
	walk(&m, 0, 0, goes_on);
	free(m.first);
	free(m.next);
	free(m.path);
}
