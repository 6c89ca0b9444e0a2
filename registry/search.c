/* The index of words and the queries; see search.h. */
#include "registry/search.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/map.h"
#include "core/base/mem.h"
#include "registry/near.h"
#include "registry/snapshot.h"

enum { WORD_MAX = 48, MATCH_EXACT = 100, MATCH_BEGINS = 70, MATCH_HOLDS = 40, MATCH_SLIP = 30, MATCH_SLIPS = 15 };
enum { WEIGHT_NAME = 8, WEIGHT_FAMILY = 5, WEIGHT_TRAIT = 4, WEIGHT_TEXT = 2 };

static_assert(WEIGHT_NAME < 1 << SNAPSHOT_WEIGHT_BITS, "a posting holds a weight");

struct word {
	const char *text;
	size_t len;
	uint32_t letters;	/* bit i: holds the letter 'a' + i; bit 26: others */
	const uint32_t *postings;	/* as those of struct snapshot_word */
	size_t n;
};

/* The words of a snapshot: nothing of them is owned. */
struct shard {
	struct word *words;
	size_t n_words;
	size_t first;		/* model of the catalogue that is model 0 of the postings */
};

/* A word of entries that came one by one, with room for more postings. */
struct growing {
	char *text;
	uint32_t *postings;
	size_t n, cap;
};

struct search {
	const struct catalog *catalog;
	size_t n_models;
	struct growing *growing;
	size_t n_growing, cap_growing;
	struct map by_text;	/* of growing */
	struct shard *shards;	/* the first: the words of growing */
	size_t n_shards;
};

static const struct synonym {
	size_t offset;
	bool is_list;
	const char *value, *words;
} synonyms[] = {
#define IS_LIST(field) _Generic(((struct entry *)NULL)->field, struct entry_words: true, default: false)
#define SYNONYM(value, field, words) {offsetof(struct entry, field), IS_LIST(field), #value, words},
#include "registry/search.def"
#undef SYNONYM
#undef IS_LIST
};

/* ---- the index ---- */

static uint32_t
letters_of(const char *s)
{
	uint32_t bits = 0;

	for (; *s; s++)
		bits |= (uint32_t)1 << (*s >= 'a' && *s <= 'z' ? *s - 'a' : 26);
	return bits;
}

/* The word at S[0..n) in lower case; false when it is too long to be one. */
static bool
fold(char out[WORD_MAX + 1], const char *s, size_t n)
{
	if (n == 0 || n > WORD_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] - 'A' + 'a' : s[i]);
	out[n] = '\0';
	return true;
}

static void
add_word(struct search *s, uint32_t model, const char *text, size_t n, uint32_t weight)
{
	char folded[WORD_MAX + 1];
	struct growing *w;
	uint32_t i;

	if (!fold(folded, text, n))
		return;
	i = map_find(&s->by_text, folded, n);
	if (i == MAP_NONE) {
		i = (uint32_t)s->n_growing;
		if (s->n_growing == s->cap_growing) {
			s->cap_growing = s->cap_growing ? 2 * s->cap_growing : 256;
			s->growing = mem_grow(s->growing, s->cap_growing, sizeof *s->growing);
		}
		s->growing[s->n_growing++] = (struct growing){.text = mem_dup(folded)};
		map_add(&s->by_text, s->growing[i].text, n, i);
	}
	w = &s->growing[i];
	if (w->n && w->postings[w->n - 1] >> SNAPSHOT_WEIGHT_BITS == model) {
		/* The greater number is the greater weight. */
		if (w->postings[w->n - 1] < (model << SNAPSHOT_WEIGHT_BITS | weight))
			w->postings[w->n - 1] = model << SNAPSHOT_WEIGHT_BITS | weight;
		return;
	}
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 4;
		w->postings = mem_grow(w->postings, w->cap, sizeof *w->postings);
	}
	w->postings[w->n++] = model << SNAPSHOT_WEIGHT_BITS | weight;
}

/* Part of a word: letters, digits, what is not ASCII, and a dot between digits. */
static bool
is_inside(const char *s, size_t i)
{
	unsigned char c = (unsigned char)s[i];

	if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c == '.' && i > 0 && s[i - 1] >= '0' && s[i - 1] <= '9' && s[i + 1] >= '0' && s[i + 1] <= '9';
}

static void
add_text(struct search *s, uint32_t model, const char *text, uint32_t weight)
{
	for (size_t at = 0; text && text[at];) {
		size_t n = 0;

		while (is_inside(text, at + n))
			n++;
		add_word(s, model, text + at, n, weight);
		at += n ? n : 1;
	}
}

static bool
has_value(const struct entry *en, const struct synonym *y)
{
	const char *field = (const char *)en + y->offset;

	if (!y->is_list) {
		const char *text = *(char *const *)(const void *)field;

		return text && strcmp(text, y->value) == 0;
	}
	const struct entry_words *list = (const void *)field;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->at[i], y->value) == 0)
			return true;
	return false;
}

static void
add_model(struct search *s, uint32_t i, const struct entry *en)
{
	const struct family *f = catalog_find_family(s->catalog, en->family);

	add_word(s, i, en->id, strlen(en->id), WEIGHT_NAME);
	add_text(s, i, en->id, WEIGHT_NAME);
	add_text(s, i, en->name, WEIGHT_NAME);
	add_text(s, i, en->family, WEIGHT_FAMILY);
	add_text(s, i, f ? f->maker : NULL, WEIGHT_FAMILY);
	add_text(s, i, en->arch, WEIGHT_TRAIT);
	add_text(s, i, en->task, WEIGHT_TRAIT);
	add_text(s, i, en->license, WEIGHT_TRAIT);
	for (size_t k = 0; k < en->languages.n; k++)
		add_word(s, i, en->languages.at[k], strlen(en->languages.at[k]), WEIGHT_TRAIT);
	for (size_t k = 0; k < en->inputs.n; k++)
		add_word(s, i, en->inputs.at[k], strlen(en->inputs.at[k]), WEIGHT_TRAIT);
	for (size_t k = 0; k < ARRAY_LEN(synonyms); k++)
		if (has_value(en, &synonyms[k]))
			add_text(s, i, synonyms[k].words, WEIGHT_TRAIT);
	add_text(s, i, en->summary, WEIGHT_TEXT);
}

static void
add_shard(struct search *s, struct word *words, size_t n_words, size_t first)
{
	s->shards = mem_grow(s->shards, s->n_shards + 1, sizeof *s->shards);
	s->shards[s->n_shards++] = (struct shard){words, n_words, first};
}

static struct word
make_word(const char *text, const uint32_t *postings, size_t n)
{
	return (struct word){text, strlen(text), letters_of(text), postings, n};
}

static void
add_growing(struct search *s)
{
	struct word *words = mem_new0(s->n_growing + 1, sizeof *words);

	for (size_t i = 0; i < s->n_growing; i++)
		words[i] = make_word(s->growing[i].text, s->growing[i].postings, s->growing[i].n);
	add_shard(s, words, s->n_growing, 0);
}

static void
add_snapshot(struct search *s, const struct snapshot *from, size_t first)
{
	struct word *words = mem_new0(snapshot_n_words(from) + 1, sizeof *words);

	for (size_t i = 0; i < snapshot_n_words(from); i++) {
		struct snapshot_word w = snapshot_word(from, i);

		words[i] = make_word(w.text, w.postings, w.n);
	}
	add_shard(s, words, snapshot_n_words(from), first);
}

struct search *
search_new(const struct catalog *catalog)
{
	struct search *s = mem_new0(1, sizeof *s);
	const struct snapshot *from;
	size_t first, i = 0;

	s->catalog = catalog;
	map_init(&s->by_text, 1024);
	for (size_t k = 0; (from = catalog_snapshot_at(catalog, k, &first)); k++) {
		for (; i < first; i++)
			add_model(s, (uint32_t)i, &catalog_model_at(catalog, i)->entry);
		i += snapshot_n_models(from);
	}
	for (const struct catalog_model *m; (m = catalog_model_at(catalog, i)); i++)
		add_model(s, (uint32_t)i, &m->entry);
	s->n_models = i;
	add_growing(s);
	for (size_t k = 0; (from = catalog_snapshot_at(catalog, k, &first)); k++)
		add_snapshot(s, from, first);
	return s;
}

void
search_free(struct search *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_growing; i++) {
		free(s->growing[i].text);
		free(s->growing[i].postings);
	}
	for (size_t i = 0; i < s->n_shards; i++)
		free(s->shards[i].words);
	map_done(&s->by_text);
	free(s->shards);
	free(s->growing);
	free(s);
}

bool
search_word(const struct search *s, size_t i, struct snapshot_word *word)
{
	if (i >= s->n_growing)
		return false;
	*word = (struct snapshot_word){s->growing[i].text, s->growing[i].postings, s->growing[i].n};
	return true;
}

/* ---- words ---- */

/* How well WORD of the index matches the word that was asked for; 0: not. */
static unsigned
match(const struct word *w, const char *asked, size_t n, uint32_t letters)
{
	size_t slips = n < 4 ? 0 : n < 8 ? 1 : 2;

	if (w->len >= n && memcmp(w->text, asked, n) == 0)
		return w->len == n ? MATCH_EXACT : MATCH_BEGINS;
	if (w->len > n && n >= 2 && !(letters & ~w->letters) && strstr(w->text, asked))
		return MATCH_HOLDS;
	/* Every slip brings or takes two kinds of letters at most. */
	if (slips == 0 || (w->len > n ? w->len - n : n - w->len) > slips ||
	    (size_t)__builtin_popcount(w->letters ^ letters) > 2 * slips || !near_same_digits(w->text, asked))
		return 0;
	switch (near_distance(w->text, asked, slips + 1)) {
	case 1: return MATCH_SLIP;
	case 2: return slips == 2 ? MATCH_SLIPS : 0;
	default: return 0;
	}
}

static void
take_best(const struct word *w, unsigned how, unsigned *best)
{
	for (size_t k = 0; k < w->n; k++) {
		uint32_t model = w->postings[k] >> SNAPSHOT_WEIGHT_BITS;
		unsigned score = how * (w->postings[k] & ((1u << SNAPSHOT_WEIGHT_BITS) - 1));

		if (best[model] < score)
			best[model] = score;
	}
}

/* The best match of ASKED for every model into best[]. */
static void
match_all(const struct search *s, const char *asked, unsigned *best)
{
	size_t n = strlen(asked);
	uint32_t letters = letters_of(asked);

	for (size_t d = 0; d < s->n_shards; d++) {
		const struct shard *shard = &s->shards[d];

		for (size_t i = 0; i < shard->n_words; i++) {
			unsigned how = match(&shard->words[i], asked, n, letters);

			if (how)
				take_best(&shard->words[i], how, best + shard->first);
		}
	}
}

/* A model has to match every word; score[] is 0 for those that do not. */
static void
score_word(const struct search *s, const char *asked, bool first, unsigned *score, unsigned *best)
{
	memset(best, 0, s->n_models * sizeof *best);
	match_all(s, asked, best);
	for (size_t i = 0; i < s->n_models; i++)
		score[i] = best[i] && (first || score[i]) ? score[i] + best[i] : 0;
}

/* "qwen3 0.6b" means qwen3-0.6b before any other model with both words. */
static void
score_whole(const struct search *s, const char *id, unsigned *score)
{
	size_t n = strlen(id);

	for (size_t i = 0; i < s->n_models; i++) {
		const char *other = catalog_model_at(s->catalog, i)->entry.id;

		if (score[i] && strncmp(other, id, n) == 0)
			score[i] += (other[n] ? MATCH_BEGINS : MATCH_EXACT) * WEIGHT_NAME;
	}
}

/* Any number of words; false when there was none. */
static bool
score_words(const struct search *s, const struct search_query *q, unsigned *score)
{
	unsigned *best = mem_new0(s->n_models + 1, sizeof *best);
	char folded[WORD_MAX + 1];
	struct buf whole = {0};
	size_t n_words = 0;

	for (size_t i = 0; i < q->n_words; i++) {
		for (const char *p = q->words[i]; *p; p += strspn(p, " \t\n")) {
			size_t n = strcspn(p, " \t\n");

			if (n && fold(folded, p, n < WORD_MAX ? n : WORD_MAX)) {
				score_word(s, folded, n_words == 0, score, best);
				buf_printf(&whole, "%s%s", n_words ? "-" : "", folded);
				n_words++;
			}
			p += n;
		}
	}
	if (n_words > 1)
		score_whole(s, buf_str(&whole), score);
	buf_done(&whole);
	free(best);
	return n_words > 0;
}

/* ---- conditions ---- */

static bool
has_language(const struct entry *en, const char *code)
{
	for (size_t i = 0; i < en->languages.n; i++)
		if (near_same(en->languages.at[i], code) || strcmp(en->languages.at[i], "mul") == 0)
			return true;
	return false;
}

static bool
has_input(const struct entry *en, const char *input)
{
	for (size_t i = 0; i < en->inputs.n; i++)
		if (near_same(en->inputs.at[i], input))
			return true;
	return false;
}

static bool
thinks(const struct entry *en, const char *how)
{
	if (!en->thinking)
		return false;
	return strcmp(how, "any") == 0 ? strcmp(en->thinking, "none") != 0 : strcmp(en->thinking, how) == 0;
}

static bool
meets(const struct entry *en, const struct search_query *q)
{
	return (!q->family || near_same(en->family, q->family)) &&
	    (!q->license || (en->license && strncasecmp(en->license, q->license, strlen(q->license)) == 0)) &&
	    (!q->language || has_language(en, q->language)) && (!q->thinking || thinks(en, q->thinking)) &&
	    (!q->input || has_input(en, q->input));
}

uint64_t
search_memory(const struct entry *en, const struct entry_file *file, uint64_t n_ctx)
{
	const uint64_t usual = 4096, rest = (uint64_t)64 << 20;
	uint64_t per_1k = en->kv_bytes ? en->kv_bytes : file->size / 32;

	if (!file->size)
		return 0;
	if (!n_ctx)
		n_ctx = en->n_ctx && en->n_ctx < usual ? en->n_ctx : usual;
	if (n_ctx / 1024 > (UINT64_MAX / 4) / (per_1k + 1))
		return UINT64_MAX;
	return file->size + n_ctx * per_1k / 1024 + rest;
}

static bool
file_meets(const struct entry *en, const struct entry_file *f, const struct search_query *q)
{
	if (f->role != ENTRY_WEIGHTS)
		return false;
	if (!q->max_bytes && !q->memory_bytes)
		return true;
	return f->size && (!q->max_bytes || f->size <= q->max_bytes) &&
	    (!q->memory_bytes || search_memory(en, f, 0) <= q->memory_bytes);
}

const struct entry_file *
search_file(const struct entry *en, const struct search_query *q)
{
	const struct entry_file *first = entry_find_file(en, NULL), *best = NULL;

	if (!first || file_meets(en, first, q))
		return first;
	for (size_t i = 0; i < en->n_files; i++)
		if (file_meets(en, &en->files[i], q) && (!best || en->files[i].size > best->size))
			best = &en->files[i];
	return best;
}

/* ---- order ---- */

static int
compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int
compare_hits(const void *a, const void *b)
{
	const struct search_hit *x = a, *y = b;
	const struct entry *m = &x->model->entry, *n = &y->model->entry;
	int order;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->score == 0 && (order = strcmp(m->family, n->family)))
		return order;
	/* Of equals the newer generation, then the smaller model. */
	if ((order = compare_text(n->released, m->released)))
		return order;
	if (m->n_params != n->n_params)
		return m->n_params < n->n_params ? -1 : 1;
	return strcmp(m->id, n->id);
}

size_t
search_run(const struct search *s, const struct search_query *q, struct search_hit **hits)
{
	unsigned *score = mem_new0(s->n_models + 1, sizeof *score);
	bool has_words = score_words(s, q, score);
	size_t n = 0;

	*hits = mem_new0(s->n_models + 1, sizeof **hits);
	for (size_t i = 0; i < s->n_models; i++) {
		const struct catalog_model *m = catalog_model_at(s->catalog, i);
		const struct entry_file *file;

		if ((has_words && !score[i]) || !meets(&m->entry, q))
			continue;
		file = search_file(&m->entry, q);
		if (!file && (q->max_bytes || q->memory_bytes))
			continue;
		(*hits)[n++] = (struct search_hit){m, file, score[i]};
	}
	qsort(*hits, n, sizeof **hits, compare_hits);
	free(score);
	return n;
}

uint64_t
search_parse_size(const char *text)
{
	static const char units[] = "kmgt";
	double unit = 1, v;
	const char *at;
	char *end;

	if (*text < '0' || *text > '9')
		return 0;
	v = strtod(text, &end);
	end += strspn(end, " ");
	at = *end ? strchr(units, *end | 0x20) : NULL;
	if (at) {
		bool binary = (end[1] | 0x20) == 'i';

		for (const char *u = units; u <= at; u++)
			unit *= binary ? 1024 : 1000;
		end += 1 + binary;
	}
	if ((*end | 0x20) == 'b')
		end++;
	v *= unit;
	return *end || !isfinite(v) || v < 1 || v > 1e15 ? 0 : (uint64_t)v;
}
