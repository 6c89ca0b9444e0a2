/* A tree of the bytes of entries; see trie.h.  Made level by level from the sorted spellings: a node stands for a range
 * of them that agree in as many bytes as it is deep. */
#include "core/tok/trie.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/tok/tok.h"

#define ENTRY_MAX 1024			/* bytes */

struct entry {
	const char *text;
	uint32_t len, id;
};

static int
by_bytes(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int c = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	if (c == 0 && a->len != b->len)
		return a->len < b->len ? -1 : 1;
	if (c == 0)
		return a->id < b->id ? -1 : a->id > b->id;
	return c;
}

static bool
collect(struct entry *list, uint32_t *n, const struct vocab *v, trie_wants_fn *wants, struct err *e)
{
	*n = 0;
	for (uint32_t id = 0; id < v->n; id++) {
		size_t len;
		const char *text = vocab_spelling(v, id, &len);

		if (len == 0 || !wants(v, id))
			continue;
		if (len > ENTRY_MAX)
			return err_set(e, ERR_FAILED, "entry %u of the vocabulary is %zu bytes long, expected %d at most", id,
			    len, ENTRY_MAX);
		list[(*n)++] = (struct entry){text, (uint32_t)len, id};
	}
	return true;
}

/* One for the root, and one for each byte that an entry does not share with the one before it. */
static size_t
count_nodes(const struct entry *list, uint32_t n)
{
	size_t sum = 1;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t same = 0;

		while (i > 0 && same < list[i].len && same < list[i - 1].len && list[i].text[same] == list[i - 1].text[same])
			same++;
		sum += list[i].len - same;
	}
	return sum;
}

/* The entries that a node stands for. */
struct range {
	uint32_t first, end;
};

/* Append the children of node AT, which is DEPTH bytes deep. */
static void
add_children(struct trie *t, struct range *ranges, size_t at, uint32_t depth, const struct entry *list)
{
	struct trie_node *node = &t->nodes[at];
	uint32_t i = ranges[at].first, end = ranges[at].end;

	/* The shortest sort first; of equal spellings the lowest id counts. */
	if (i < end && list[i].len == depth)
		node->id = list[i].id;
	while (i < end && list[i].len == depth)
		i++;
	node->first = (uint32_t)t->n;
	while (i < end) {
		uint8_t byte = (uint8_t)list[i].text[depth];
		uint32_t from = i;

		while (i < end && (uint8_t)list[i].text[depth] == byte)
			i++;
		ranges[t->n] = (struct range){from, i};
		t->nodes[t->n++] = (struct trie_node){.id = TOK_NONE, .byte = byte};
	}
	node->n = (uint32_t)t->n - node->first;
}

static bool
build(struct trie *t, const struct entry *list, uint32_t n, struct err *e)
{
	size_t n_nodes = count_nodes(list, n), at = 0;
	struct range *ranges;

	if (n_nodes >= UINT32_MAX)
		return err_set(e, ERR_FAILED, "the vocabulary has %zu bytes, expected less than 2^32", n_nodes);
	t->nodes = mem_try(n_nodes, sizeof *t->nodes, "the tree of the vocabulary", e);
	ranges = t->nodes ? mem_try(n_nodes, sizeof *ranges, "the tree of the vocabulary", e) : NULL;
	if (!ranges)
		return false;
	ranges[0] = (struct range){0, n};
	t->nodes[0].id = TOK_NONE;
	t->n = 1;
	for (uint32_t depth = 0; at < t->n; depth++)
		for (size_t end = t->n; at < end; at++)
			add_children(t, ranges, at, depth, list);
	free(ranges);
	return true;
}

bool
trie_build(struct trie *t, const struct vocab *v, trie_wants_fn *wants, struct err *e)
{
	struct entry *list = mem_try((size_t)v->n + 1, sizeof *list, "the tree of the vocabulary", e);
	uint32_t n;
	bool ok;

	*t = (struct trie){0};
	if (!list)
		return false;
	ok = collect(list, &n, v, wants, e);
	if (ok) {
		qsort(list, n, sizeof *list, by_bytes);
		ok = build(t, list, n, e);
	}
	free(list);
	return ok;
}

void
trie_done(struct trie *t)
{
	free(t->nodes);
	*t = (struct trie){0};
}

uint32_t
trie_step(const struct trie *t, uint32_t node, uint8_t byte)
{
	uint32_t low = t->nodes[node].first, high = low + t->nodes[node].n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (t->nodes[mid].byte < byte)
			low = mid + 1;
		else if (t->nodes[mid].byte > byte)
			high = mid;
		else
			return mid;
	}
	return 0;
}
