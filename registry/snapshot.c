/* The quick form of a registry; see snapshot.h.
 *
 * A header, then 32-bit numbers in the order of this machine, then a pool of strings, each ended by NUL, to which the
 * numbers point (0: no string).  For each model the members of entry.def in their order, the card, the two hashes and
 * the files; then the families; then the words with the models they stand in. */
#include "registry/snapshot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "registry/digest.h"
#include "registry/search.h"

#define MAGIC "minnow1\n"
enum { NO_STRING = 0 };

struct header {
	char magic[8];
	unsigned char sum[DIGEST_XXH3_SIZE];	/* of all that follows */
	struct snapshot_key key;
	uint32_t n_models, n_strings, n_files, n_sources;	/* strings: those of lists */
	uint32_t n_families, n_words, n_numbers;
	uint32_t models_at, families_at, words_at;		/* index of a number */
	uint32_t layout;
};
static_assert(sizeof(struct header) == 120, "no holes: it is written as it is");
enum { SUM_FROM = offsetof(struct header, key) };

/* Another program, whose entries have other members, makes its own. */
static uint32_t
layout(void)
{
	static const char members[] =
#define TEXT(name, check, need) "t" #name
#define CHOICE(name, words) "t" #name
#define NUMBER(field, name, max) "n" #field
#define WORDS(field, name, check, max) "w" #field
#include "registry/entry.def"
#undef TEXT
#undef CHOICE
#undef NUMBER
#undef WORDS
	    ;

	return (uint32_t)map_hash(members, sizeof members - 1) + ENTRY_ROLES;
}

/* ---- writing ---- */

struct writer {
	struct header head;
	struct buf numbers, pool;
	struct map strings;		/* keys are those of the catalogue and of its words */
};

static void
put(struct writer *w, uint32_t v)
{
	buf_add(&w->numbers, &v, sizeof v);
}

static void
put_long(struct writer *w, uint64_t v)
{
	buf_add(&w->numbers, &v, sizeof v);
}

static void
put_text(struct writer *w, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	uint32_t at = NO_STRING;

	if (s) {
		at = map_find(&w->strings, s, n);
		if (at == MAP_NONE) {
			at = (uint32_t)w->pool.len;
			map_add(&w->strings, s, n, at);
			buf_add(&w->pool, s, n + 1);
		}
	}
	put(w, at);
}

static void
put_list(struct writer *w, const struct entry_words *list)
{
	put(w, (uint32_t)list->n);
	for (size_t i = 0; i < list->n; i++)
		put_text(w, list->at[i]);
	w->head.n_strings += (uint32_t)list->n;
}

static void
put_file(struct writer *w, const struct entry_file *f)
{
	put_text(w, f->name);
	put_text(w, f->quant);
	put_text(w, f->note);
	put(w, f->role);
	put_long(w, f->size);
	put(w, f->has_sha256);
	put(w, f->single_source);
	buf_add(&w->numbers, f->sha256, sizeof f->sha256);
	put(w, (uint32_t)f->n_ranges);
	if (f->n_ranges)
		buf_add(&w->numbers, f->ranges, f->n_ranges * sizeof *f->ranges);
	put(w, (uint32_t)f->n_sources);
	for (size_t i = 0; i < f->n_sources; i++) {
		put(w, f->sources[i].kind);
		put_text(w, f->sources[i].url_or_repo);
		put_text(w, f->sources[i].path);
		put_text(w, f->sources[i].revision);
	}
	w->head.n_sources += (uint32_t)f->n_sources;
}

static void
put_model(struct writer *w, const struct catalog_model *m, const unsigned char hashes[2][32])
{
	const struct entry *en = &m->entry;

#define TEXT(name, check, need) put_text(w, en->name);
#define CHOICE(name, words) put_text(w, en->name);
#define NUMBER(field, name, max) put_long(w, en->field);
#define WORDS(field, name, check, max) put_list(w, &en->field);
#include "registry/entry.def"
#undef TEXT
#undef CHOICE
#undef NUMBER
#undef WORDS
	put_text(w, m->card);
	buf_add(&w->numbers, hashes, 64);
	put(w, (uint32_t)en->n_files);
	for (size_t i = 0; i < en->n_files; i++)
		put_file(w, &en->files[i]);
	w->head.n_files += (uint32_t)en->n_files;
}

static uint32_t
here(const struct writer *w)
{
	return (uint32_t)(w->numbers.len / sizeof(uint32_t));
}

static void
put_families(struct writer *w, const struct catalog *c)
{
	const struct family *f;

	w->head.families_at = here(w);
	for (; (f = catalog_family_at(c, w->head.n_families)); w->head.n_families++) {
		struct buf text = {0};

		family_write(f, &text);
		put(w, (uint32_t)w->pool.len);
		buf_add(&w->pool, text.data, text.len + 1);
		buf_done(&text);
	}
}

static void
put_words(struct writer *w, const struct search *s)
{
	struct snapshot_word word;

	w->head.words_at = here(w);
	for (; search_word(s, w->head.n_words, &word); w->head.n_words++) {
		put_text(w, word.text);
		put(w, (uint32_t)word.n);
		buf_add(&w->numbers, word.postings, word.n * sizeof *word.postings);
	}
}

void
snapshot_write(const struct catalog *c, const struct snapshot_key *key, const unsigned char (*hashes)[2][32], struct buf *out)
{
	struct writer w = {.head = {.magic = MAGIC, .key = *key, .layout = layout()}};
	struct search *s = search_new(c);
	const struct catalog_model *m;
	size_t start = out->len;

	map_init(&w.strings, 4096);
	buf_add_char(&w.pool, '\0');		/* so that nothing stands at 0 */
	for (; (m = catalog_model_at(c, w.head.n_models)); w.head.n_models++)
		put_model(&w, m, hashes[w.head.n_models]);
	put_families(&w, c);
	put_words(&w, s);
	w.head.n_numbers = here(&w);
	buf_add(out, &w.head, sizeof w.head);
	buf_add(out, buf_str(&w.numbers), w.numbers.len);
	buf_add(out, w.pool.data, w.pool.len);
	if (!digest_bytes(DIGEST_XXH3, out->data + start + SUM_FROM, out->len - start - SUM_FROM,
	    (unsigned char *)out->data + start + offsetof(struct header, sum), NULL))
		buf_truncate(out, start);
	search_free(s);
	map_done(&w.strings);
	buf_done(&w.numbers);
	buf_done(&w.pool);
}

/* ---- reading ---- */

struct snapshot {
	struct fs_map map;		/* of the file, or */
	struct buf bytes;		/* what was taken */
	size_t size;
	const struct header *head;
	const uint32_t *numbers;
	const char *pool;		/* ends with NUL */
	size_t pool_len;
	struct catalog_model *models;
	const unsigned char **hashes;	/* 64 bytes a model */
	char **strings;			/* those of lists, one after the other */
	struct entry_file *files;
	struct entry_source *sources;
	const char **families;
	struct snapshot_word *words;
	size_t n_strings, n_files, n_sources;	/* given out so far */
	char *memory;			/* of all these arrays; pages, because they are touched once, in order */
	size_t memory_size;
};

struct reader {
	struct snapshot *s;
	const uint32_t *at, *end;
	bool bad;
};

static uint32_t
get(struct reader *r)
{
	if (r->at < r->end)
		return *r->at++;
	r->bad = true;
	return 0;
}

static uint64_t
get_long(struct reader *r)
{
	uint64_t v;

	if (r->end - r->at < 2) {
		r->bad = true;
		return 0;
	}
	memcpy(&v, r->at, sizeof v);
	r->at += 2;
	return v;
}

static const void *
get_bytes(struct reader *r, size_t n)
{
	const void *p = r->at;

	if ((size_t)(r->end - r->at) < n / sizeof *r->at) {
		r->bad = true;
		return NULL;
	}
	r->at += n / sizeof *r->at;
	return p;
}

/* It is only read, whatever the type of an entry's members says. */
static char *
get_text(struct reader *r)
{
	uint32_t at = get(r);

	if (at >= r->s->pool_len)
		r->bad = true;
	return at == NO_STRING || r->bad ? NULL : (char *)(uintptr_t)(r->s->pool + at);
}

static char *
get_needed(struct reader *r)
{
	char *s = get_text(r);

	r->bad |= !s;
	return s;
}

static void
get_list(struct reader *r, struct entry_words *list)
{
	struct snapshot *s = r->s;
	size_t n = get(r);

	if (n > s->head->n_strings - s->n_strings) {
		r->bad = true;
		return;
	}
	list->at = s->strings + s->n_strings;
	for (size_t i = 0; i < n; i++)
		list->at[i] = get_needed(r);
	list->n = n;
	s->n_strings += n;
}

static void
get_sources(struct reader *r, struct entry_file *f)
{
	struct snapshot *s = r->s;
	size_t n = get(r);

	if (n == 0 || n > ENTRY_SOURCES_MAX || n > s->head->n_sources - s->n_sources) {
		r->bad = true;
		return;
	}
	f->sources = s->sources + s->n_sources;
	for (size_t i = 0; i < n; i++) {
		struct entry_source *source = &f->sources[i];
		uint32_t kind = get(r);

		source->kind = kind == ENTRY_HUB ? ENTRY_HUB : ENTRY_URL;
		source->url_or_repo = get_needed(r);
		source->path = get_text(r);
		source->revision = get_text(r);
		r->bad |= kind > ENTRY_URL || (kind == ENTRY_HUB && !source->path);
	}
	f->n_sources = n;
	s->n_sources += n;
}

static void
get_file(struct reader *r, struct entry_file *f)
{
	const void *sha256, *ranges;
	uint32_t role;

	f->name = get_needed(r);
	f->quant = get_text(r);
	f->note = get_text(r);
	role = get(r);
	f->role = role < ENTRY_ROLES ? (enum entry_role)role : ENTRY_WEIGHTS;
	f->size = get_long(r);
	f->has_sha256 = get(r) == 1;
	f->single_source = get(r) == 1;
	sha256 = get_bytes(r, sizeof f->sha256);
	if (sha256)
		memcpy(f->sha256, sha256, sizeof f->sha256);
	f->n_ranges = get(r);
	ranges = get_bytes(r, f->n_ranges * sizeof *f->ranges);
	f->ranges = f->n_ranges ? (unsigned char (*)[16])(uintptr_t)ranges : NULL;
	r->bad |= role >= ENTRY_ROLES || f->size > ENTRY_FILE_SIZE_MAX ||
	    (f->n_ranges && f->n_ranges != (f->size + ENTRY_RANGE - 1) / ENTRY_RANGE);
	if (!r->bad)
		get_sources(r, f);
}

static void
get_files(struct reader *r, struct entry *en)
{
	struct snapshot *s = r->s;
	size_t n = get(r);

	if (n > ENTRY_FILES_MAX || n > s->head->n_files - s->n_files) {
		r->bad = true;
		return;
	}
	en->files = n ? s->files + s->n_files : NULL;
	for (size_t i = 0; i < n && !r->bad; i++)
		get_file(r, &en->files[i]);
	en->n_files = n;
	s->n_files += n;
}

static void
get_model(struct reader *r, size_t i)
{
	struct catalog_model *m = &r->s->models[i];
	struct entry *en = &m->entry;

#define REQUIRED get_needed(r)
#define OPTIONAL get_text(r)
#define TEXT(name, check, need) en->name = need;
#define CHOICE(name, words) en->name = get_text(r);
#define NUMBER(field, name, max) en->field = get_long(r);
#define WORDS(field, name, check, max) get_list(r, &en->field);
#include "registry/entry.def"
#undef TEXT
#undef CHOICE
#undef NUMBER
#undef WORDS
#undef REQUIRED
#undef OPTIONAL
	m->card = get_text(r);
	r->s->hashes[i] = get_bytes(r, 64);
	if (!r->bad)
		get_files(r, en);
}

/* A posting names a model that is there. */
static bool
good_postings(const struct snapshot *s, const struct snapshot_word *w)
{
	uint32_t most = 0;

	for (size_t i = 0; i < w->n; i++)
		most = w->postings[i] > most ? w->postings[i] : most;
	return w->n > 0 && most >> SNAPSHOT_WEIGHT_BITS < s->head->n_models;
}

static void
get_word(struct reader *r, struct snapshot_word *w)
{
	w->text = get_needed(r);
	w->n = get(r);
	w->postings = get_bytes(r, w->n * sizeof *w->postings);
	r->bad |= !w->postings || !good_postings(r->s, w);
}

static bool
read_all(struct snapshot *s)
{
	struct reader r = {s, s->numbers + s->head->models_at, s->numbers + s->head->n_numbers, false};

	for (size_t i = 0; i < s->head->n_models && !r.bad; i++)
		get_model(&r, i);
	r.at = s->numbers + s->head->families_at;
	for (size_t i = 0; i < s->head->n_families && !r.bad; i++)
		s->families[i] = get_needed(&r);
	r.at = s->numbers + s->head->words_at;
	for (size_t i = 0; i < s->head->n_words && !r.bad; i++)
		get_word(&r, &s->words[i]);
	return !r.bad;
}

/* Every count is below that of the numbers, so that what is allocated is bounded by the file. */
static bool
good_header(const struct header *h, size_t n)
{
	if (n <= sizeof *h || n > SNAPSHOT_BYTES_MAX)
		return false;

	const uint32_t counts[] = {h->n_models, h->n_strings, h->n_files, h->n_sources, h->n_families, h->n_words,
		h->models_at, h->families_at, h->words_at};

	if (memcmp(h->magic, MAGIC, sizeof h->magic) != 0 || h->layout != layout() ||
	    h->n_models > CATALOG_MODELS_MAX ||
	    h->n_numbers > (n - sizeof *h - 1) / sizeof(uint32_t))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		if (counts[i] > h->n_numbers)
			return false;
	return true;
}

static bool
allocate(struct snapshot *s, struct err *e)
{
	const struct header *h = s->head;
	const struct { void *at; size_t n, size; } arrays[] = {
		{&s->models, h->n_models, sizeof *s->models}, {&s->hashes, h->n_models, sizeof *s->hashes},
		{&s->strings, h->n_strings, sizeof *s->strings}, {&s->files, h->n_files, sizeof *s->files},
		{&s->sources, h->n_sources, sizeof *s->sources}, {&s->families, h->n_families, sizeof *s->families},
		{&s->words, h->n_words, sizeof *s->words},
	};
	size_t at = 0;

	/* No count is above SNAPSHOT_BYTES_MAX / 4, no size above a few hundred: nothing overflows. */
	for (size_t i = 0; i < ARRAY_LEN(arrays); i++)
		s->memory_size += arrays[i].n * arrays[i].size;
	s->memory = mem_try_pages(s->memory_size + 1, true, "the registry", e);
	for (size_t i = 0; s->memory && i < ARRAY_LEN(arrays); i++) {
		void *p = s->memory + at;

		memcpy(arrays[i].at, &p, sizeof p);
		at += arrays[i].n * arrays[i].size;
	}
	return s->memory;
}

static_assert(sizeof(struct catalog_model) % 8 == 0 && sizeof(struct entry_file) % 8 == 0 &&
    sizeof(struct entry_source) % 8 == 0 && sizeof(struct snapshot_word) % 8 == 0, "the arrays stand one after the other");

/* S holds the bytes; it is closed on failure. */
static struct snapshot *
finish(struct snapshot *s, const void *data, size_t n, struct err *e)
{
	const char *text = data;

	s->head = data;
	s->size = n;
	if (!good_header(s->head, n) || text[n - 1] != '\0') {
		err_set(e, ERR_FAILED, "is no snapshot of a registry");
		goto fail;
	}
	s->numbers = (const uint32_t *)(const void *)(text + sizeof *s->head);
	s->pool = (const char *)(s->numbers + s->head->n_numbers);
	s->pool_len = (size_t)(text + n - s->pool);
	if (!allocate(s, e))
		goto fail;
	if (!read_all(s)) {
		err_set(e, ERR_FAILED, "the snapshot of a registry is damaged");
		goto fail;
	}
	return s;
fail:
	snapshot_close(s);
	return NULL;
}

struct snapshot *
snapshot_parse(const void *data, size_t n, struct err *e)
{
	return finish(mem_new0(1, sizeof(struct snapshot)), data, n, e);
}

struct snapshot *
snapshot_take(struct buf *bytes, struct err *e)
{
	struct snapshot *s = mem_new0(1, sizeof *s);

	s->bytes = *bytes;
	*bytes = (struct buf){0};
	return finish(s, buf_str(&s->bytes), s->bytes.len, e);
}

static bool
is_whole(const struct snapshot *s, const struct snapshot_key *key, struct err *e)
{
	const struct header *h = (const void *)s->map.data;
	unsigned char sum[DIGEST_XXH3_SIZE];

	if (s->map.size <= sizeof *h || s->map.size > SNAPSHOT_BYTES_MAX)
		return err_set(e, ERR_FAILED, "is no snapshot of a registry");
	if (key && memcmp(&h->key, key, sizeof *key) != 0)
		return err_set(e, ERR_NOT_FOUND, "is a snapshot of another state");
	return digest_bytes(DIGEST_XXH3, s->map.data + SUM_FROM, s->map.size - SUM_FROM, sum, e) &&
	    (memcmp(sum, h->sum, sizeof sum) == 0 || err_set(e, ERR_VERIFY, "the snapshot of a registry is damaged"));
}

struct snapshot *
snapshot_open(const char *path, const struct snapshot_key *key, struct err *e)
{
	struct snapshot *s = mem_new0(1, sizeof *s);

	if (fs_map_open(&s->map, path, e) && is_whole(s, key, e))
		return finish(s, s->map.data, s->map.size, e);
	snapshot_close(s);
	return NULL;
}

void
snapshot_close(struct snapshot *s)
{
	if (!s)
		return;
	mem_free_pages(s->memory, s->memory_size + 1);
	fs_map_close(&s->map);
	buf_done(&s->bytes);
	free(s);
}

size_t
snapshot_n_models(const struct snapshot *s)
{
	return s->head->n_models;
}

struct catalog_model *
snapshot_model(const struct snapshot *s, size_t i)
{
	return &s->models[i];
}

const unsigned char *
snapshot_entry_hash(const struct snapshot *s, size_t i)
{
	return s->hashes[i];
}

const unsigned char *
snapshot_card_hash(const struct snapshot *s, size_t i)
{
	return s->hashes[i] + 32;
}

size_t
snapshot_n_families(const struct snapshot *s)
{
	return s->head->n_families;
}

const char *
snapshot_family(const struct snapshot *s, size_t i)
{
	return s->families[i];
}

size_t
snapshot_n_words(const struct snapshot *s)
{
	return s->head->n_words;
}

struct snapshot_word
snapshot_word(const struct snapshot *s, size_t i)
{
	return s->words[i];
}

size_t
snapshot_size(const struct snapshot *s)
{
	return s->size;
}
