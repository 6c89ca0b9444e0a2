/* Byte-pair merging: of all neighbouring pairs that may be joined the cheapest is, the leftmost of
 * equals, until none is left (Sennrich et al. 2016).  Short words by a linear scan, long ones through a
 * heap in O(n log n). */
#ifndef CORE_TOK_MERGE_H
#define CORE_TOK_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/tok/sieve.h"

#define MERGE_NONE UINT32_MAX

/* A piece of the word: text[at .. at + len), and what joining it with its right neighbour would give. */
struct merge_sym {
	uint32_t id;		/* or TOK_NONE */
	uint32_t at, len;
	uint32_t cost;		/* MERGE_NONE: the pair cannot be joined */
	uint32_t joined;	/* id of the pair */
};

/* A symbol and its right neighbour, whose ids are not TOK_NONE. */
struct merge_pair {
	struct merge_sym *l;
	const struct merge_sym *r;
};

#define MERGE_BATCH 64
/* Set cost and joined of the left symbol of each pair, by the two ids: N (MERGE_BATCH at most) at once, so that their
 * waits for memory overlap. */
typedef void merge_pairs_fn(const void *ctx, const char *text, const struct merge_pair *pairs, size_t n);

/* What joining two ids gave before: words are many, the pairs in them few. */
struct merge_memo {
	uint64_t pair_plus_1;	/* left id, right id */
	uint32_t cost, joined;
};

/* Memory that is reused from word to word. */
struct merge_room {
	struct merge_memo *memo;	/* NULL: none */
	size_t n_memo;			/* slots, a power of two */
	struct merge_sym *syms;
	size_t n, cap;
	uint32_t *next, *prev;
	uint64_t *heap;
	size_t links_cap;
};
/* Remember pairs from now on, as fits TEXT_LEN bytes of text. */
bool merge_room_init_memo(struct merge_room *room, size_t text_len, struct err *e) MUST_CHECK;
void merge_room_done(struct merge_room *room);
/* Room for N symbols in room->syms. */
bool merge_room_reserve(struct merge_room *room, size_t n, struct err *e) MUST_CHECK;

/* Merge room->syms[0 .. room->n); room->n is then the number of symbols left. */
bool merge_run(struct merge_room *room, merge_pairs_fn *find, const void *ctx, const char *text,
    struct err *e) MUST_CHECK;

/* Which pairs of ids join, by rank: for vocabularies with a list of merges. */
struct merge_rule {
	uint32_t left, right;
	uint32_t rank_plus_1;	/* 0: free slot.  As a cost it is never MERGE_NONE */
	uint32_t joined;
};

struct merge_rules {
	struct merge_rule *slots;
	size_t n_slots;		/* a power of two */
	struct sieve pairs;
};
bool merge_rules_init(struct merge_rules *m, size_t n, struct err *e) MUST_CHECK;
void merge_rules_done(struct merge_rules *m);
/* False: the pair does not join.  Less to wait for than a look at the rules. */
bool merge_rules_may_have(const struct merge_rules *m, uint32_t left, uint32_t right);
/* The pair will be added or looked for soon. */
void merge_rules_prefetch(const struct merge_rules *m, uint32_t left, uint32_t right);
/* Of two rules for one pair the first counts.  False when the rules were made to collide. */
bool merge_rules_add(struct merge_rules *m, uint32_t left, uint32_t right, uint32_t rank,
    uint32_t joined) MUST_CHECK;
/* NULL when the pair does not join. */
const struct merge_rule *merge_rules_find(const struct merge_rules *m, uint32_t left, uint32_t right);

#endif
