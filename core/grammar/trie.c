/* The vocabulary as a tree; see trie.h. */
#define _GNU_SOURCE
#include "core/grammar/trie.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/tok/tok.h"

struct piece {
	uint64_t head;			/* the first 8 bytes: most comparisons need no more */
	uint32_t at, len, id;
};

struct pieces {
	struct buf bytes;
	struct piece *all;
	size_t n;
};

static int
by_bytes(const void *pa, const void *pb, void *ctx)
{
	const struct piece *a = pa, *b = pb;
	const char *bytes = ctx;
	uint32_t n = a->len < b->len ? a->len : b->len;
	int order;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	order = n > 8 ? memcmp(bytes + a->at + 8, bytes + b->at + 8, n - 8) : 0;
	if (order == 0)
		order = (a->len > b->len) - (a->len < b->len);
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

static uint64_t
head_of(const char *s, size_t n)
{
	uint64_t head = 0;

	for (size_t i = 0; i < 8; i++)
		head = head << 8 | (i < n ? (uint8_t)s[i] : 0);
	return head;
}

static bool
read_pieces(struct pieces *p, const struct tok *t, struct err *e)
{
	uint32_t n = tok_n_vocab(t);

	p->all = mem_try(n, sizeof *p->all, "the tree of the vocabulary", e);
	if (!p->all)
		return false;
	for (uint32_t id = 0; id < n; id++) {
		size_t at = p->bytes.len, len;

		if (tok_is_end(t, id))
			continue;
		tok_bytes(t, id, false, &p->bytes);
		len = p->bytes.len - at;
		if (p->bytes.len > UINT32_MAX / 2)
			return err_set(e, ERR_NO_SPACE, "the vocabulary's text is longer than %u bytes", UINT32_MAX / 2);
		if (len > 0)
			p->all[p->n++] = (struct piece){head_of(p->bytes.data + at, len), (uint32_t)at, (uint32_t)len, id};
	}
	if (p->n > 1)
		qsort_r(p->all, p->n, sizeof *p->all, by_bytes, p->bytes.data);
	return true;
}

static uint32_t
shared_bytes(const struct pieces *p, size_t i)
{
	const struct piece *a = &p->all[i - 1], *b = &p->all[i];
	uint32_t n = 0;

	while (n < a->len && n < b->len && p->bytes.data[a->at + n] == p->bytes.data[b->at + n])
		n++;
	return n;
}

/* Nodes for the sorted pieces; NODES NULL: only count them. */
static size_t
lay_out(const struct pieces *p, struct trie_node *nodes, uint32_t *open)
{
	size_t n = 0;
	uint32_t depth = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct piece *piece = &p->all[i];
		uint32_t shared = i ? shared_bytes(p, i) : 0;

		for (; nodes && depth > shared; depth--)
			nodes[open[depth]].skip = (uint32_t)n;
		for (depth = shared; depth < piece->len; n++) {
			uint8_t byte = (uint8_t)p->bytes.data[piece->at + depth++];

			if (!nodes)
				continue;
			nodes[n] = (struct trie_node){.first = (uint32_t)i, .depth = depth, .byte = byte};
			open[depth] = (uint32_t)n;
		}
	}
	for (; nodes && depth > 0; depth--)
		nodes[open[depth]].skip = (uint32_t)n;
	if (nodes)
		nodes[n] = (struct trie_node){.skip = (uint32_t)n, .first = (uint32_t)p->n};
	return n;
}

static bool
build(struct trie *t, const struct pieces *p, struct err *e)
{
	uint32_t *open;

	for (size_t i = 0; i < p->n; i++)
		t->depth = p->all[i].len > t->depth ? p->all[i].len : t->depth;
	t->n_nodes = lay_out(p, NULL, NULL);
	t->nodes = mem_try(t->n_nodes + 1, sizeof *t->nodes, "the tree of the vocabulary", e);
	t->ids = mem_try(p->n + 1, sizeof *t->ids, "the tree of the vocabulary", e);
	if (!t->nodes || !t->ids)
		return false;
	open = mem_new0((size_t)t->depth + 1, sizeof *open);
	lay_out(p, t->nodes, open);
	free(open);
	for (size_t i = 0; i < p->n; i++)
		t->ids[t->n_ids++] = p->all[i].id;
	return true;
}

struct trie *
trie_new(const struct tok *t, struct err *e)
{
	struct trie *trie = mem_new0(1, sizeof *trie);
	struct pieces p = {0};
	bool ok = read_pieces(&p, t, e) && build(trie, &p, e);

	buf_done(&p.bytes);
	free(p.all);
	if (ok)
		return trie;
	trie_free(trie);
	return NULL;
}

void
trie_free(struct trie *t)
{
	if (!t)
		return;
	free(t->nodes);
	free(t->ids);
	free(t);
}
