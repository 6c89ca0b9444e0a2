/* Merging of symbols; see merge.h. */
#include "core/tok/merge.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* Above this a heap beats scanning: the scan is quadratic, but three symbols share a cache line. */
#define SCAN_MAX 48

#define PROBE_MAX 2048

void
merge_room_done(struct merge_room *room)
{
	free(room->syms);
	free(room->next);
	free(room->prev);
	free(room->heap);
	*room = (struct merge_room){0};
}

bool
merge_room_reserve(struct merge_room *room, size_t n, struct err *e)
{
	if (n <= room->cap)
		return true;
	if (n < 256)
		n = 256;
	free(room->syms);
	room->cap = 0;
	room->syms = mem_try(n, sizeof *room->syms, "a long word", e);
	if (!room->syms)
		return false;
	room->cap = n;
	return true;
}

static void
merge_scanning(struct merge_room *room, merge_pair_fn *pair, const void *ctx, const char *text)
{
	struct merge_sym *s = room->syms;
	size_t n = room->n;

	for (;;) {
		uint32_t best_cost = MERGE_NONE;
		size_t best = 0;

		for (size_t i = 0; i + 1 < n; i++)
			if (s[i].cost < best_cost) {
				best_cost = s[i].cost;
				best = i;
			}
		if (best_cost == MERGE_NONE)
			break;
		s[best].id = s[best].joined;
		s[best].len += s[best + 1].len;
		n--;
		memmove(s + best + 1, s + best + 2, (n - best - 1) * sizeof *s);
		if (best + 1 < n)
			pair(ctx, text, &s[best], &s[best + 1]);
		if (best > 0)
			pair(ctx, text, &s[best - 1], &s[best]);
	}
	room->n = n;
}

static void
sift_down(uint64_t *heap, size_t n, size_t i)
{
	uint64_t key = heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && heap[child + 1] < heap[child])
			child++;
		if (heap[child] >= key)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = key;
}

static void
heap_push(uint64_t *heap, size_t *n, uint64_t key)
{
	size_t i = (*n)++;

	for (; i > 0 && heap[(i - 1) / 2] > key; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = key;
}

static uint64_t
heap_pop(uint64_t *heap, size_t *n)
{
	uint64_t top = heap[0];

	heap[0] = heap[--*n];
	if (*n)
		sift_down(heap, *n, 0);
	return top;
}

static bool
reserve_links(struct merge_room *room, size_t n, struct err *e)
{
	if (n <= room->links_cap)
		return true;
	free(room->next);
	free(room->prev);
	free(room->heap);
	room->links_cap = 0;
	room->next = mem_try(n, sizeof *room->next, "a long word", e);
	room->prev = room->next ? mem_try(n, sizeof *room->prev, "a long word", e) : NULL;
	/* One key for each pair at first; a merge takes one out and puts two in at most, n - 1 times. */
	room->heap = room->prev ? mem_try(2 * n, sizeof *room->heap, "a long word", e) : NULL;
	if (!room->heap)
		return false;
	room->links_cap = n;
	return true;
}

/* A heap key is cost << 32 | position of the left symbol.  Keys are never removed when a pair changes: a
 * key is alive while its position still has that cost. */
static size_t
heap_fill(struct merge_room *room)
{
	size_t n_heap = 0;

	for (size_t i = 0; i < room->n; i++) {
		room->next[i] = (uint32_t)i + 1;
		room->prev[i] = (uint32_t)i - 1;
		if (i + 1 < room->n && room->syms[i].cost != MERGE_NONE)
			room->heap[n_heap++] = (uint64_t)room->syms[i].cost << 32 | i;
	}
	for (size_t i = n_heap / 2; i-- > 0;)
		sift_down(room->heap, n_heap, i);
	return n_heap;
}

static void
merge_with_heap(struct merge_room *room, merge_pair_fn *pair, const void *ctx, const char *text)
{
	struct merge_sym *s = room->syms;
	size_t n = room->n, n_heap = heap_fill(room), kept = 0;

	while (n_heap) {
		uint64_t key = heap_pop(room->heap, &n_heap);
		size_t i = (uint32_t)key, right, after;

		if (s[i].cost == MERGE_NONE || s[i].cost != key >> 32)
			continue;
		right = room->next[i];
		after = room->next[right];
		s[i].id = s[i].joined;
		s[i].len += s[right].len;
		s[i].cost = s[right].cost = MERGE_NONE;
		room->next[i] = (uint32_t)after;
		if (after < n) {
			room->prev[after] = (uint32_t)i;
			pair(ctx, text, &s[i], &s[after]);
			if (s[i].cost != MERGE_NONE)
				heap_push(room->heap, &n_heap, (uint64_t)s[i].cost << 32 | i);
		}
		if (i > 0) {
			size_t left = room->prev[i];

			pair(ctx, text, &s[left], &s[i]);
			if (s[left].cost != MERGE_NONE)
				heap_push(room->heap, &n_heap, (uint64_t)s[left].cost << 32 | left);
		}
	}
	for (size_t i = 0; i < n; i = room->next[i])
		s[kept++] = s[i];
	room->n = kept;
}

bool
merge_run(struct merge_room *room, merge_pair_fn *pair, const void *ctx, const char *text, struct err *e)
{
	for (size_t i = 0; i + 1 < room->n; i++)
		pair(ctx, text, &room->syms[i], &room->syms[i + 1]);
	if (room->n)
		room->syms[room->n - 1].cost = MERGE_NONE;
	if (room->n <= SCAN_MAX) {
		merge_scanning(room, pair, ctx, text);
		return true;
	}
	if (!reserve_links(room, room->n, e))
		return false;
	merge_with_heap(room, pair, ctx, text);
	return true;
}

bool
merge_rules_init(struct merge_rules *m, size_t n, struct err *e)
{
	m->n_slots = 16;
	while (m->n_slots < n + n / 2)
		m->n_slots *= 2;
	m->slots = mem_try(m->n_slots, sizeof *m->slots, "the merges", e);
	return m->slots != NULL;
}

void
merge_rules_done(struct merge_rules *m)
{
	free(m->slots);
	*m = (struct merge_rules){0};
}

static size_t
home_of(const struct merge_rules *m, uint32_t left, uint32_t right)
{
	uint64_t pair = (uint64_t)left << 32 | right;

	return (pair * 0x9e3779b97f4a7c15u ^ pair >> 29) * 0xbf58476d1ce4e5b9u >> 32 & (m->n_slots - 1);
}

/* The slot of the pair, or the free one where it belongs; NULL after PROBE_MAX others. */
static struct merge_rule *
probe(const struct merge_rules *m, uint32_t left, uint32_t right)
{
	size_t i = home_of(m, left, right);

	for (int n = 0; n < PROBE_MAX; n++, i = (i + 1) & (m->n_slots - 1)) {
		struct merge_rule *r = &m->slots[i];

		if (!r->rank_plus_1 || (r->left == left && r->right == right))
			return r;
	}
	return NULL;
}

void
merge_rules_prefetch(const struct merge_rules *m, uint32_t left, uint32_t right)
{
	__builtin_prefetch(&m->slots[home_of(m, left, right)], 1);
}

bool
merge_rules_add(struct merge_rules *m, uint32_t left, uint32_t right, uint32_t rank, uint32_t joined)
{
	struct merge_rule *r = probe(m, left, right);

	if (!r)
		return false;
	if (!r->rank_plus_1)
		*r = (struct merge_rule){left, right, rank + 1, joined};
	return true;
}

const struct merge_rule *
merge_rules_find(const struct merge_rules *m, uint32_t left, uint32_t right)
{
	const struct merge_rule *r = probe(m, left, right);

	return r && r->rank_plus_1 ? r : NULL;
}
