/* Merging of symbols; see merge.h. */
#include "core/tok/merge.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/tok/tok.h"

/* Above this a heap beats scanning: the scan is quadratic, but three symbols share a cache line. */
#define SCAN_MAX 48

#define PROBE_MAX 2048

#define MEMO_MAX 16384		/* slots: 256 KB */

bool
merge_room_init_memo(struct merge_room *room, size_t text_len, struct err *e)
{
	room->n_memo = 256;
	while (room->n_memo < MEMO_MAX && room->n_memo < text_len / 4)
		room->n_memo *= 2;
	room->memo = mem_try_aligned(room->n_memo * sizeof *room->memo, "the pairs met before", e);
	return room->memo != NULL;
}

void
merge_room_done(struct merge_room *room)
{
	free(room->memo);
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

/* One call of merge_run(). */
struct merge {
	struct merge_room *room;
	merge_pairs_fn *find;
	const void *ctx;
	const char *text;
	struct merge_pair asked[MERGE_BATCH];	/* not met before */
	size_t n_asked;
};

static uint64_t
key_of(const struct merge_sym *l, const struct merge_sym *r)
{
	return ((uint64_t)l->id << 32 | r->id) + 1;
}

static struct merge_memo *
memo_of(const struct merge_room *room, uint64_t key)
{
	return &room->memo[(key * 0x9e3779b97f4a7c15u) >> 32 & (room->n_memo - 1)];
}

/* Look up what is asked for. */
static void
answer(struct merge *m)
{
	if (m->n_asked)
		m->find(m->ctx, m->text, m->asked, m->n_asked);
	for (size_t i = 0; m->room->memo && i < m->n_asked; i++) {
		const struct merge_sym *l = m->asked[i].l;
		uint64_t key = key_of(l, m->asked[i].r);

		*memo_of(m->room, key) = (struct merge_memo){key, l->cost, l->joined};
	}
	m->n_asked = 0;
}

/* Ask what L and R give; known after answer(). */
static void
ask(struct merge *m, struct merge_sym *l, const struct merge_sym *r)
{
	if (l->id == TOK_NONE || r->id == TOK_NONE) {
		l->cost = MERGE_NONE;
		return;
	}
	if (m->room->memo) {
		uint64_t key = key_of(l, r);
		const struct merge_memo *memo = memo_of(m->room, key);

		if (memo->pair_plus_1 == key) {
			l->cost = memo->cost;
			l->joined = memo->joined;
			return;
		}
	}
	m->asked[m->n_asked++] = (struct merge_pair){l, r};
	if (m->n_asked == MERGE_BATCH)
		answer(m);
}

static void
ask_all(struct merge *m)
{
	struct merge_sym *s = m->room->syms;
	size_t n = m->room->n;

	for (size_t i = 0; m->room->memo && i + 1 < n; i++)
		__builtin_prefetch(memo_of(m->room, key_of(&s[i], &s[i + 1])));
	for (size_t i = 0; i + 1 < n; i++)
		ask(m, &s[i], &s[i + 1]);
	answer(m);
	if (n)
		s[n - 1].cost = MERGE_NONE;
}

static void
merge_scanning(struct merge *m)
{
	struct merge_sym *s = m->room->syms;
	size_t n = m->room->n;

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
			ask(m, &s[best], &s[best + 1]);
		if (best > 0)
			ask(m, &s[best - 1], &s[best]);
		answer(m);
	}
	m->room->n = n;
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
heap_offer(struct merge_room *room, size_t *n_heap, size_t i)
{
	if (room->syms[i].cost != MERGE_NONE)
		heap_push(room->heap, n_heap, (uint64_t)room->syms[i].cost << 32 | i);
}

static void
merge_with_heap(struct merge *m)
{
	struct merge_room *room = m->room;
	struct merge_sym *s = room->syms;
	size_t n = room->n, n_heap = heap_fill(room), kept = 0;

	while (n_heap) {
		uint64_t key = heap_pop(room->heap, &n_heap);
		size_t i = (uint32_t)key, right, after, left;

		if (s[i].cost == MERGE_NONE || s[i].cost != key >> 32)
			continue;
		right = room->next[i];
		after = room->next[right];
		left = room->prev[i];
		s[i].id = s[i].joined;
		s[i].len += s[right].len;
		s[i].cost = s[right].cost = MERGE_NONE;
		room->next[i] = (uint32_t)after;
		if (after < n) {
			room->prev[after] = (uint32_t)i;
			ask(m, &s[i], &s[after]);
		}
		if (i > 0)
			ask(m, &s[left], &s[i]);
		answer(m);
		if (after < n)
			heap_offer(room, &n_heap, i);
		if (i > 0)
			heap_offer(room, &n_heap, left);
	}
	for (size_t i = 0; i < n; i = room->next[i])
		s[kept++] = s[i];
	room->n = kept;
}

bool
merge_run(struct merge_room *room, merge_pairs_fn *find, const void *ctx, const char *text, struct err *e)
{
	struct merge m;

	m.room = room;
	m.find = find;
	m.ctx = ctx;
	m.text = text;
	m.n_asked = 0;
	ask_all(&m);
	if (room->n <= SCAN_MAX) {
		merge_scanning(&m);
		return true;
	}
	if (!reserve_links(room, room->n, e))
		return false;
	merge_with_heap(&m);
	return true;
}

bool
merge_rules_init(struct merge_rules *m, size_t n, struct err *e)
{
	m->n_slots = 16;
	while (m->n_slots < n + n / 2)
		m->n_slots *= 2;
	m->slots = mem_try(m->n_slots, sizeof *m->slots, "the merges", e);
	return m->slots && sieve_init(&m->pairs, m->n_slots, "the merges", e);
}

void
merge_rules_done(struct merge_rules *m)
{
	free(m->slots);
	sieve_done(&m->pairs);
	*m = (struct merge_rules){0};
}

static uint64_t
hash_of(uint32_t left, uint32_t right)
{
	uint64_t pair = (uint64_t)left << 32 | right;

	return (pair * 0x9e3779b97f4a7c15u ^ pair >> 29) * 0xbf58476d1ce4e5b9u >> 32;
}

static size_t
home_of(const struct merge_rules *m, uint32_t left, uint32_t right)
{
	return hash_of(left, right) & (m->n_slots - 1);
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

bool
merge_rules_may_have(const struct merge_rules *m, uint32_t left, uint32_t right)
{
	return sieve_may_have(&m->pairs, hash_of(left, right));
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
	sieve_add(&m->pairs, hash_of(left, right));
	return true;
}

const struct merge_rule *
merge_rules_find(const struct merge_rules *m, uint32_t left, uint32_t right)
{
	const struct merge_rule *r = probe(m, left, right);

	return r && r->rank_plus_1 ? r : NULL;
}
