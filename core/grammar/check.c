/* What can be known of a grammar without running it: which nodes some text matches, which the empty text matches,
 * and whether a rule begins with itself.  All in time linear in the grammar, whatever its shape. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/grammar/rules.h"

/* ---- propagation ---- */

/* Both facts follow the same law: a sequence has it when all of its parts have it, alternatives when one does, a rule
 * when its body does.  So they spread from the leaves upwards, each edge once. */
struct spread {
	const struct rules *r;
	bool *fact;
	uint32_t *needed;		/* [n_nodes], parts of a sequence that do not have it yet */
	uint32_t *edges;		/* parents, those of node i at edges[first[i] .. first[i + 1]) */
	size_t *first;
	uint32_t *queue;
	size_t n_queue;
};

/* Nodes that NODE depends on: its parts, or the body of its rule. */
static const uint32_t *
parts(const struct rules *r, const struct node *node, size_t *n)
{
	*n = 0;
	switch (node->kind) {
	case NODE_SEQ:
	case NODE_ALT:
		*n = node->n;
		return r->kids + node->first;
	case NODE_REPEAT:
		*n = 1;
		return &node->first;
	case NODE_RULE:
		*n = r->rules[node->first].body != RULES_NONE;
		return &r->rules[node->first].body;
	case NODE_EMPTY:
	case NODE_FAIL:
	case NODE_TEXT:
	case NODE_SET:
	case NODE_TOKEN:
		break;
	}
	return NULL;
}

static void
find_parents(struct spread *s)
{
	const struct rules *r = s->r;
	size_t n, sum = 0, *at = mem_new0(r->n_nodes + 1, sizeof *at);

	for (size_t i = 0; i < r->n_nodes; i++) {
		const uint32_t *p = parts(r, &r->nodes[i], &n);

		for (size_t k = 0; k < n; k++)
			s->first[p[k] + 1]++;
		sum += n;
	}
	for (size_t i = 0; i < r->n_nodes; i++)
		s->first[i + 1] += s->first[i];
	s->edges = mem_new0(sum + 1, sizeof *s->edges);
	memcpy(at, s->first, r->n_nodes * sizeof *at);
	for (size_t i = 0; i < r->n_nodes; i++) {
		const uint32_t *p = parts(r, &r->nodes[i], &n);

		for (size_t k = 0; k < n; k++)
			s->edges[at[p[k]]++] = (uint32_t)i;
	}
	free(at);
}

static void
set_fact(struct spread *s, size_t node)
{
	if (s->fact[node])
		return;
	s->fact[node] = true;
	s->queue[s->n_queue++] = (uint32_t)node;
}

static void
spread(const struct rules *r, bool *fact, bool characters_have_it)
{
	struct spread s = {.r = r, .fact = fact};

	s.needed = mem_new0(r->n_nodes, sizeof *s.needed);
	s.first = mem_new0(r->n_nodes + 1, sizeof *s.first);
	s.queue = mem_new0(r->n_nodes, sizeof *s.queue);
	find_parents(&s);
	for (size_t i = 0; i < r->n_nodes; i++) {
		const struct node *node = &r->nodes[i];
		bool is_character = node->kind == NODE_TEXT || node->kind == NODE_SET || node->kind == NODE_TOKEN;

		s.needed[i] = node->kind == NODE_SEQ ? node->n : 1;
		if (node->kind == NODE_EMPTY || (node->kind == NODE_REPEAT && node->min == 0) ||
		    (is_character && characters_have_it))
			set_fact(&s, i);
	}
	while (s.n_queue > 0) {
		uint32_t node = s.queue[--s.n_queue];

		for (size_t k = s.first[node]; k < s.first[node + 1]; k++)
			if (!fact[s.edges[k]] && --s.needed[s.edges[k]] == 0)
				set_fact(&s, s.edges[k]);
	}
	free(s.needed);
	free(s.first);
	free(s.queue);
	free(s.edges);
}

void
rules_facts_init(struct rules_facts *f, const struct rules *r)
{
	f->productive = mem_new0(r->n_nodes, sizeof *f->productive);
	f->nullable = mem_new0(r->n_nodes, sizeof *f->nullable);
	spread(r, f->productive, true);
	spread(r, f->nullable, false);
}

void
rules_facts_done(struct rules_facts *f)
{
	free(f->productive);
	free(f->nullable);
	*f = (struct rules_facts){0};
}

/* ---- walks ---- */

struct step {
	uint32_t node;
	size_t next;			/* of its parts, the one to go to */
};

struct walk {
	struct step *steps;		/* from the start to where it is */
	size_t n, cap;
	uint8_t *colour;		/* of nodes: 0 not met, 1 on the way, 2 done */
};

static void
enter(struct walk *w, uint32_t node)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 64;
		w->steps = mem_grow(w->steps, w->cap, sizeof *w->steps);
	}
	w->steps[w->n++] = (struct step){.node = node};
	w->colour[node] = 1;
}

static void
name_cycle(const struct rules *r, const struct walk *w, uint32_t start, struct buf *path)
{
	size_t i = 0;
	const char *first = NULL;

	while (w->steps[i].node != start)
		i++;
	for (; i < w->n; i++) {
		const struct node *node = &r->nodes[w->steps[i].node];
		const char *name = node->kind == NODE_RULE ? r->rules[node->first].name : NULL;

		if (!name || path->len > 200)
			continue;
		buf_printf(path, "%s, ", name);
		first = first ? first : name;
	}
	buf_add_str(path, first ? first : "");
}

/* The rule that a cycle through node START runs through. */
static uint32_t
rule_of_cycle(const struct rules *r, const struct walk *w, uint32_t start)
{
	for (size_t i = w->n; i-- > 0;) {
		const struct node *node = &r->nodes[w->steps[i].node];

		if (node->kind == NODE_RULE)
			return node->first;
		if (w->steps[i].node == start)
			break;
	}
	return 0;
}

uint32_t
rules_left_recursive(const struct rules *r, const struct rules_facts *f, struct buf *path)
{
	struct walk w = {.colour = mem_new0(r->n_nodes, 1)};
	uint32_t found = RULES_NONE;

	for (size_t i = 0; i < r->n_rules && found == RULES_NONE; i++) {
		if (r->rules[i].body == RULES_NONE || w.colour[r->rules[i].body])
			continue;
		enter(&w, r->rules[i].body);
		while (w.n > 0 && found == RULES_NONE) {
			struct step *at = &w.steps[w.n - 1];
			const struct node *node = &r->nodes[at->node];
			size_t n;
			const uint32_t *p = parts(r, node, &n);
			uint32_t kid;

			/* In a sequence only what nothing needs to come before. */
			if (at->next == n || (node->kind == NODE_SEQ && at->next > 0 && !f->nullable[p[at->next - 1]])) {
				w.colour[at->node] = 2;
				w.n--;
				continue;
			}
			kid = p[at->next++];
			if (w.colour[kid] == 0 && f->productive[kid]) {
				enter(&w, kid);
			} else if (w.colour[kid] == 1) {
				found = rule_of_cycle(r, &w, kid);
				if (path)
					name_cycle(r, &w, kid, path);
			}
		}
		w.n = 0;
	}
	free(w.steps);
	free(w.colour);
	return found;
}

uint32_t
rules_unproductive(const struct rules *r, const struct rules_facts *f)
{
	struct walk w = {.colour = mem_new0(r->n_nodes, 1)};
	uint32_t found = RULES_NONE;

	if (r->rules[0].body == RULES_NONE || !f->productive[r->rules[0].body])
		found = 0;
	else
		enter(&w, r->rules[0].body);
	while (w.n > 0 && found == RULES_NONE) {
		struct step *at = &w.steps[w.n - 1];
		const struct node *node = &r->nodes[at->node];
		size_t n;
		const uint32_t *p = parts(r, node, &n);

		if (node->kind == NODE_RULE && !f->productive[at->node])
			found = node->first;
		else if (at->next == n)
			w.n--;
		else if (w.colour[p[at->next++]] == 0)
			enter(&w, p[w.steps[w.n - 1].next - 1]);
	}
	free(w.steps);
	free(w.colour);
	return found;
}
