/* Masks: the vocabulary's tree walked along the states of the grammar; see mask.h. */
#include "core/grammar/mask.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/grammar/match.h"
#include "core/grammar/trie.h"
#include "core/tok/tok.h"

enum {
	N_KEPT = 64,			/* masks: text is mostly in states it was in before */
	STATE_BYTES = 16 << 20,		/* states are forgotten beyond this */
	MAX_ENDS = 64,
	MAX_BREAKS = 32,
};

struct kept {
	uint32_t state;			/* MATCH_DEAD: free */
	bool at_start;
	uint64_t *bits;
};

struct mask {
	struct match match;
	const struct tok *tok;
	const struct trie *tree;
	size_t n_words;			/* of a mask */
	uint32_t n_vocab;
	uint32_t ends[MAX_ENDS];
	size_t n_ends;
	struct rule_token *tokens;	/* the grammar's, with their ids in this vocabulary; names are borrowed */
	uint32_t breaks[MAX_BREAKS];	/* tokens of line breaks only */
	size_t n_breaks;
	uint64_t *wide;			/* a mask that allows more than the grammar; NULL until one is asked for */
	uint32_t state;
	bool at_start;			/* the decoder drops one leading space: see tok_drops_space() */
	uint32_t *path;			/* [tree->depth + 1] states along the way to a node */
	struct kept kept[N_KEPT];
	size_t next;			/* of KEPT to be given up */
	struct buf bytes;
};

static bool
find_tokens(struct mask *m, const struct grammar *g, struct err *e)
{
	m->tokens = mem_new0(g->n_tokens + 1, sizeof *m->tokens);
	for (size_t i = 0; i < g->n_tokens; i++) {
		struct rule_token *t = &m->tokens[i];

		*t = g->tokens[i];
		if (t->name)
			t->id = tok_find(m->tok, t->name);
		if (t->name && t->id == TOK_NONE)
			return err_set(e, ERR_FAILED, "the grammar names the token %s, which this model does not have", t->name);
		if (t->id >= tok_n_vocab(m->tok))
			return err_set(e, ERR_FAILED, "the grammar names token %u, and the vocabulary of this model ends at %u",
			    t->id, tok_n_vocab(m->tok) - 1);
		if (!t->negated && tok_is_end(m->tok, t->id))
			return err_set(e, ERR_FAILED, "the grammar names token %u, which ends the answer of this model", t->id);
	}
	return true;
}

static void
find_breaks(struct mask *m)
{
	const struct trie_node *nodes = m->tree->nodes;

	for (size_t i = 0; i < m->tree->n_nodes; i = nodes[i].byte == '\n' ? i + 1 : nodes[i].skip)
		for (uint32_t k = nodes[i].first; nodes[i].byte == '\n' && k < nodes[i + 1].first; k++)
			if (m->n_breaks < MAX_BREAKS)
				m->breaks[m->n_breaks++] = m->tree->ids[k];
}

struct mask *
mask_new(const struct grammar *g, const struct tok *t, const struct trie *tree, uint32_t n_vocab, struct err *e)
{
	struct mask *m = mem_new0(1, sizeof *m);

	m->tok = t;
	m->tree = tree;
	m->n_vocab = n_vocab;
	m->n_words = ((size_t)n_vocab + 63) / 64;
	m->state = 1;
	m->at_start = tok_drops_space(t);
	for (uint32_t id = 0; id < tok_n_vocab(t) && m->n_ends < MAX_ENDS; id++)
		if (tok_is_end(t, id))
			m->ends[m->n_ends++] = id;
	find_breaks(m);
	m->path = mem_try((size_t)tree->depth + 1, sizeof *m->path, "the masks of a grammar", e);
	if (m->path && find_tokens(m, g, e) && match_init(&m->match, g, e))
		return m;
	mask_free(m);
	return NULL;
}

void
mask_free(struct mask *m)
{
	if (!m)
		return;
	match_done(&m->match);
	for (size_t i = 0; i < N_KEPT; i++)
		free(m->kept[i].bits);
	free(m->tokens);
	free(m->path);
	free(m->wide);
	buf_done(&m->bytes);
	free(m);
}

/* ---- making a mask ---- */

static void
set_bit(uint64_t *bits, uint32_t id)
{
	bits[id / 64] |= 1ull << id % 64;
}

static void
walk(struct mask *m, uint64_t *bits)
{
	const struct trie_node *nodes = m->tree->nodes;
	size_t n = m->tree->n_nodes;

	m->path[0] = m->state;
	for (size_t i = 0; i < n;) {
		const struct trie_node *node = &nodes[i];
		uint32_t state = match_next(&m->match, m->path[node->depth - 1], (uint8_t)node->byte);

		if (m->at_start && node->depth == 1 && node->byte == ' ')
			state = m->state;
		if (state == MATCH_DEAD) {
			i = node->skip;
			continue;
		}
		m->path[node->depth] = state;
		for (uint32_t k = node->first; k < node[1].first; k++)
			set_bit(bits, m->tree->ids[k]);
		i++;
	}
}

/* The places that wait for tokens add theirs. */
static void
add_tokens(struct mask *m, uint64_t *bits)
{
	const struct match_state *s = &m->match.states[m->state];

	for (uint32_t i = 0; i < s->n; i++) {
		const struct op *op = &m->match.g->ops[m->match.frames[m->match.places[s->first + i]].op];
		const struct rule_token *t;
		bool had;

		if (op->kind != OP_TOKEN)
			continue;
		t = &m->tokens[op->a];
		had = mask_has(bits, t->id);
		if (!t->negated || had)
			set_bit(bits, t->id);
		if (!t->negated)
			continue;
		for (size_t k = 0; k < m->tree->n_ids; k++)
			if (m->tree->ids[k] != t->id)
				set_bit(bits, m->tree->ids[k]);
	}
}

static bool
is_empty(const uint64_t *bits, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bits[i])
			return false;
	return true;
}

static bool
make(struct mask *m, uint64_t *bits, struct err *e)
{
	memset(bits, 0, m->n_words * sizeof *bits);
	walk(m, bits);
	if (m->match.states[m->state].has_tokens)
		add_tokens(m, bits);
	for (size_t i = 0; m->match.states[m->state].accepts && i < m->n_ends; i++)
		set_bit(bits, m->ends[i]);
	if (m->match.overflow)
		return err_set(e, ERR_FAILED, "the grammar is too ambiguous: there are too many ways to read the answer so far");
	if (is_empty(bits, m->n_words))
		return err_set(e, ERR_FAILED, "the grammar cannot be held: no token of this model can follow the answer so far");
	return true;
}

static void
forget_masks(struct mask *m)
{
	for (size_t i = 0; i < N_KEPT; i++)
		m->kept[i].state = MATCH_DEAD;
}

const uint64_t *
mask_allowed(struct mask *m, struct err *e)
{
	struct kept *k;
	bool forgot;

	for (size_t i = 0; i < N_KEPT; i++)
		if (m->kept[i].state == m->state && m->state != MATCH_DEAD && m->kept[i].at_start == m->at_start)
			return m->kept[i].bits;
	m->state = match_trim(&m->match, m->state, STATE_BYTES, &forgot);
	if (forgot)
		forget_masks(m);
	k = &m->kept[m->next];
	m->next = (m->next + 1) % N_KEPT;
	k->state = MATCH_DEAD;
	if (!k->bits)
		k->bits = mem_try(m->n_words, sizeof *k->bits, "the masks of a grammar", e);
	if (!k->bits || !make(m, k->bits, e))
		return NULL;
	k->state = m->state;
	k->at_start = m->at_start;
	return k->bits;
}

static bool
make_wide(struct mask *m, struct err *e)
{
	if (!m->wide)
		m->wide = mem_try(m->n_words, sizeof *m->wide, "the masks of a grammar", e);
	return m->wide != NULL;
}

static const uint64_t *
allowed_or(struct mask *m, const uint32_t *ids, size_t n, struct err *e)
{
	const uint64_t *bits = mask_allowed(m, e);

	if (!bits || !make_wide(m, e))
		return NULL;
	memcpy(m->wide, bits, m->n_words * sizeof *bits);
	for (size_t i = 0; i < n; i++)
		set_bit(m->wide, ids[i]);
	return m->wide;
}

const uint64_t *
mask_allowed_or_break(struct mask *m, struct err *e)
{
	return allowed_or(m, m->breaks, m->n_breaks, e);
}

const uint64_t *
mask_allowed_or(struct mask *m, uint32_t id, struct err *e)
{
	assert(id < m->n_vocab);
	return allowed_or(m, &id, 1, e);
}

const uint64_t *
mask_before(struct mask *m, struct err *e)
{
	if (!make_wide(m, e))
		return NULL;
	memset(m->wide, 0xff, m->n_words * sizeof *m->wide);
	for (size_t i = 0; i < m->n_ends; i++)
		m->wide[m->ends[i] / 64] &= ~(1ull << m->ends[i] % 64);
	return m->wide;
}

bool
mask_is_break(const struct mask *m, uint32_t id)
{
	for (size_t i = 0; i < m->n_breaks; i++)
		if (m->breaks[i] == id)
			return true;
	return false;
}

/* ---- going on ---- */

bool
mask_begin_with(struct mask *m, const char *s, size_t n)
{
	m->at_start = false;
	for (size_t i = 0; i < n && m->state != MATCH_DEAD; i++)
		m->state = match_next(&m->match, m->state, (uint8_t)s[i]);
	return m->state != MATCH_DEAD;
}

struct token_ctx {
	const struct mask *m;
	uint32_t id;
};

static bool
takes(void *ctx, uint32_t token)
{
	const struct token_ctx *c = ctx;
	const struct rule_token *t = &c->m->tokens[token];

	return (t->id == c->id) != t->negated;
}

void
mask_accept(struct mask *m, uint32_t id)
{
	struct token_ctx c = {m, id};
	uint32_t next = m->state;
	size_t i = 0;

	buf_clear(&m->bytes);
	tok_bytes(m->tok, id, false, &m->bytes);
	if (m->at_start && m->bytes.len > 0 && m->bytes.data[0] == ' ')
		i++;
	for (; i < m->bytes.len && next != MATCH_DEAD; i++)
		next = match_next(&m->match, next, (uint8_t)m->bytes.data[i]);
	if (m->bytes.len == 0)
		next = MATCH_DEAD;		/* only a place that waits for it takes it */
	else
		m->at_start = false;
	if (m->match.states[m->state].has_tokens)
		next = match_token(&m->match, m->state, next, takes, &c);
	m->state = next;
}

bool
mask_is_complete(const struct mask *m)
{
	return match_is_final(&m->match, m->state);
}
