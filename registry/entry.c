/* Entries as JSON; see entry.h. */
#include "registry/entry.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/member.h"
#include "registry/near.h"

static const char *const role_names[ENTRY_ROLES] = {
	[ENTRY_WEIGHTS] = "weights", [ENTRY_PROJECTOR] = "projector", [ENTRY_DRAFT] = "draft",
	[ENTRY_TEMPLATE] = "template", [ENTRY_TOKENIZER] = "tokenizer", [ENTRY_LICENSE] = "license",
};

static const struct text_field {
	const char *name;
	size_t offset;
	bool (*check)(const char *s, struct err *e);	/* NULL: one of words */
	const char *words;
	bool required;
} text_fields[] = {
#define REQUIRED true
#define OPTIONAL false
#define TEXT(name, check, need) {#name, offsetof(struct entry, name), check_##check, NULL, need},
#define CHOICE(name, words) {#name, offsetof(struct entry, name), NULL, words, false},
#define NUMBER(field, name, max)
#define WORDS(field, name, check, max)
#include "registry/entry.def"
#undef TEXT
#undef CHOICE
#undef NUMBER
#undef WORDS
};

static const struct number_field {
	const char *name;
	size_t offset;
	uint64_t max;
} number_fields[] = {
#define TEXT(name, check, need)
#define CHOICE(name, words)
#define NUMBER(field, name, max) {name, offsetof(struct entry, field), max},
#define WORDS(field, name, check, max)
#include "registry/entry.def"
#undef TEXT
#undef CHOICE
#undef NUMBER
#undef WORDS
};

static const struct words_field {
	const char *name;
	size_t offset;
	bool (*check)(const char *s, struct err *e);
	size_t max;
} words_fields[] = {
#define TEXT(name, check, need)
#define CHOICE(name, words)
#define NUMBER(field, name, max)
#define WORDS(field, name, check, max) {name, offsetof(struct entry, field), check_##check, max},
#include "registry/entry.def"
#undef TEXT
#undef CHOICE
#undef NUMBER
#undef WORDS
};

static char **
text_of(const struct entry *en, const struct text_field *f)
{
	return (char **)((uintptr_t)en + f->offset);
}

static uint64_t *
number_of(const struct entry *en, const struct number_field *f)
{
	return (uint64_t *)((uintptr_t)en + f->offset);
}

static struct entry_words *
words_of(const struct entry *en, const struct words_field *f)
{
	return (struct entry_words *)((uintptr_t)en + f->offset);
}

/* ---- reading ---- */

static bool
read_words(const json_t *object, const struct words_field *f, struct entry_words *words, struct err *e)
{
	const json_t *list;
	size_t n;

	if (!member_list(object, f->name, f->max, &list, &n, e))
		return false;
	words->at = mem_new0(n + 1, sizeof *words->at);
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (!s)
			return err_set(e, ERR_FAILED, "\"%s\" holds something that is no string", f->name);
		if (!f->check(s, e))
			return err_wrap(e, "\"%s\"", f->name);
		for (size_t k = 0; k < words->n; k++)
			if (strcmp(words->at[k], s) == 0)
				return err_set(e, ERR_FAILED, "\"%s\" has \"%s\" twice", f->name, s);
		words->at[words->n++] = mem_dup(s);
	}
	return true;
}

/* Is KEY a row of entry.def? */
static bool
is_field(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(text_fields); i++)
		if (strcmp(key, text_fields[i].name) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(number_fields); i++)
		if (strcmp(key, number_fields[i].name) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(words_fields); i++)
		if (strcmp(key, words_fields[i].name) == 0)
			return true;
	return false;
}

static bool
read_source(struct entry_source *s, const char *file, const json_t *j, struct err *e)
{
	if (!json_is_object(j))
		return err_set(e, ERR_FAILED, "is no object");
	if (json_object_get(j, "url")) {
		s->kind = ENTRY_URL;
		return member_only(j, "url", NULL, e) && member_text(j, "url", true, check_url, &s->url_or_repo, e);
	}
	if (!json_object_get(j, "hub"))
		return err_set(e, ERR_FAILED, "has neither \"hub\" nor \"url\"");
	s->kind = ENTRY_HUB;
	if (!member_only(j, "hub path revision", NULL, e) || !member_text(j, "hub", true, check_repo, &s->url_or_repo, e) ||
	    !member_text(j, "path", false, check_file_path, &s->path, e) ||
	    !member_text(j, "revision", false, check_revision, &s->revision, e))
		return false;
	if (!s->path)
		s->path = mem_dup(file);
	return true;
}

static bool
read_sources(struct entry_file *f, const json_t *j, struct err *e)
{
	const json_t *list;
	size_t n;

	if (!member_list(j, "sources", ENTRY_SOURCES_MAX, &list, &n, e))
		return false;
	if (n == 0)
		return err_set(e, ERR_FAILED, "has no \"sources\"");
	f->sources = mem_new0(n, sizeof *f->sources);
	for (size_t i = 0; i < n; i++) {
		f->n_sources++;
		if (!read_source(&f->sources[i], f->name, json_array_get(list, i), e))
			return err_wrap(e, "source %zu", i + 1);
	}
	return true;
}

static bool
read_ranges(struct entry_file *f, const json_t *j, struct err *e)
{
	uint64_t expected = f->size / ENTRY_RANGE + (f->size % ENTRY_RANGE != 0);
	const json_t *list;
	size_t n;

	if (!member_list(j, "ranges", ENTRY_FILE_SIZE_MAX / ENTRY_RANGE, &list, &n, e))
		return false;
	if (!list)
		return true;
	if (n != expected || n == 0)
		return err_set(e, ERR_FAILED, "has %zu \"ranges\"; %llu bytes in ranges of 64 MiB have %llu", n,
		    (unsigned long long)f->size, (unsigned long long)expected);
	f->ranges = mem_new0(n, sizeof *f->ranges);
	for (; f->n_ranges < n; f->n_ranges++) {
		const char *s = json_string_value(json_array_get(list, f->n_ranges));

		if (!s)
			return err_set(e, ERR_FAILED, "\"ranges\" holds something that is no string");
		if (!check_hex(s, f->ranges[f->n_ranges], sizeof *f->ranges, e))
			return err_wrap(e, "range %zu", f->n_ranges + 1);
	}
	return true;
}

static bool
read_role(struct entry_file *f, const json_t *j, struct err *e)
{
	const char *s;

	if (!member_string(j, "role", false, &s, e))
		return false;
	for (size_t i = 0; i < ENTRY_ROLES; i++)
		if (strcmp(s ? s : role_names[ENTRY_WEIGHTS], role_names[i]) == 0) {
			f->role = (enum entry_role)i;
			return true;
		}
	return err_set(e, ERR_FAILED, "\"role\" is none of: weights projector draft template tokenizer license");
}

static bool
read_sha256(struct entry_file *f, const json_t *j, struct err *e)
{
	const char *s;

	if (!member_string(j, "sha256", false, &s, e))
		return false;
	f->single_source = json_is_true(json_object_get(j, "single_source"));
	if (json_object_get(j, "single_source") && !f->single_source)
		return err_set(e, ERR_FAILED, "\"single_source\" can only be true");
	if (!s)
		return !f->single_source || err_set(e, ERR_FAILED, "\"single_source\" speaks of \"sha256\", which is missing");
	if (!check_hex(s, f->sha256, sizeof f->sha256, e))
		return err_wrap(e, "\"sha256\"");
	f->has_sha256 = true;
	return true;
}

static bool
read_file(struct entry_file *f, const json_t *j, struct err *e)
{
	if (!json_is_object(j))
		return err_set(e, ERR_FAILED, "is no object");
	if (!member_only(j, "name note quant ranges role sha256 single_source size sources", NULL, e) ||
	    !member_text(j, "name", true, check_file_name, &f->name, e) || !read_role(f, j, e) ||
	    !member_text(j, "quant", false, check_word, &f->quant, e) ||
	    !member_text(j, "note", false, check_text, &f->note, e) ||
	    !member_number(j, "size", ENTRY_FILE_SIZE_MAX, &f->size, e) || !read_sha256(f, j, e) || !read_ranges(f, j, e) ||
	    !read_sources(f, j, e))
		return false;
	/* They are small and steer everything: never taken on trust. */
	if ((f->role == ENTRY_TEMPLATE || f->role == ENTRY_TOKENIZER || f->role == ENTRY_LICENSE) && !(f->has_sha256 && f->size))
		return err_set(e, ERR_FAILED, "a %s needs \"sha256\" and \"size\"", role_names[f->role]);
	return true;
}

static bool
read_files(struct entry *en, const json_t *j, struct err *e)
{
	const json_t *list;
	size_t n;

	if (!member_list(j, "files", ENTRY_FILES_MAX, &list, &n, e))
		return false;
	en->files = mem_new0(n + 1, sizeof *en->files);
	for (size_t i = 0; i < n; i++) {
		struct entry_file *f = &en->files[en->n_files++];

		if (!read_file(f, json_array_get(list, i), e))
			return f->name ? err_wrap(e, "file %s", f->name) : err_wrap(e, "file %zu", i + 1);
		for (size_t k = 0; k < i; k++)
			if (near_same(en->files[k].name, f->name))
				return err_set(e, ERR_FAILED, "there are two files %s", f->name);
	}
	return true;
}

static bool
read_entry(struct entry *en, const json_t *j, struct err *e)
{
	if (!json_is_object(j))
		return err_set(e, ERR_FAILED, "an entry is a JSON object");
	if (!member_format(j, ENTRY_FORMAT, e))
		return false;
	if (!member_only(j, "format files", is_field, e))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(text_fields); i++) {
		const struct text_field *f = &text_fields[i];

		if (f->check ? !member_text(j, f->name, f->required, f->check, text_of(en, f), e) :
		    !member_choice(j, f->name, f->words, text_of(en, f), e))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(number_fields); i++)
		if (!member_number(j, number_fields[i].name, number_fields[i].max, number_of(en, &number_fields[i]), e))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(words_fields); i++)
		if (!read_words(j, &words_fields[i], words_of(en, &words_fields[i]), e))
			return false;
	if (en->parent && strcmp(en->parent, en->id) == 0)
		return err_set(e, ERR_FAILED, "\"parent\" is the model itself");
	if (en->n_active > en->n_params)
		return err_set(e, ERR_FAILED, "\"params_active\" is more than \"params\"");
	return read_files(en, j, e);
}

bool
entry_parse(struct entry *en, const char *text, size_t n, struct err *e)
{
	json_t *j = member_parse(text, n, ENTRY_BYTES_MAX, e);
	bool ok;

	*en = (struct entry){0};
	if (!j)
		return false;
	ok = read_entry(en, j, e);
	json_decref(j);
	if (!ok)
		entry_done(en);
	return ok;
}

/* ---- freeing ---- */

static void
free_file(struct entry_file *f)
{
	for (size_t i = 0; i < f->n_sources; i++) {
		free(f->sources[i].url_or_repo);
		free(f->sources[i].path);
		free(f->sources[i].revision);
	}
	free(f->sources);
	free(f->ranges);
	free(f->name);
	free(f->quant);
	free(f->note);
}

void
entry_done(struct entry *en)
{
	for (size_t i = 0; i < ARRAY_LEN(text_fields); i++)
		free(*text_of(en, &text_fields[i]));
	for (size_t i = 0; i < ARRAY_LEN(words_fields); i++) {
		struct entry_words *w = words_of(en, &words_fields[i]);

		for (size_t k = 0; k < w->n; k++)
			free(w->at[k]);
		free(w->at);
	}
	for (size_t i = 0; i < en->n_files; i++)
		free_file(&en->files[i]);
	free(en->files);
	*en = (struct entry){0};
}

/* ---- writing ---- */

static json_t *
hex_json(const unsigned char *bytes, size_t n)
{
	struct buf text = {0};
	json_t *j;

	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%02x", bytes[i]);
	j = json_string(buf_str(&text));
	buf_done(&text);
	return j;
}

static json_t *
source_json(const struct entry_source *s, const char *file)
{
	json_t *j = json_object();

	if (s->kind == ENTRY_URL) {
		member_set_text(j, "url", s->url_or_repo);
		return j;
	}
	member_set_text(j, "hub", s->url_or_repo);
	member_set_text(j, "path", strcmp(s->path, file) == 0 ? NULL : s->path);
	member_set_text(j, "revision", s->revision);
	return j;
}

static json_t *
file_json(const struct entry_file *f)
{
	json_t *j = json_object(), *sources = json_array();

	member_set_text(j, "name", f->name);
	member_set_text(j, "note", f->note);
	member_set_text(j, "quant", f->quant);
	member_set_text(j, "role", f->role == ENTRY_WEIGHTS ? NULL : role_names[f->role]);
	member_set_number(j, "size", f->size);
	if (f->single_source)
		json_object_set_new(j, "single_source", json_true());
	if (f->has_sha256)
		json_object_set_new(j, "sha256", hex_json(f->sha256, sizeof f->sha256));
	if (f->n_ranges) {
		json_t *ranges = json_array();

		for (size_t i = 0; i < f->n_ranges; i++)
			json_array_append_new(ranges, hex_json(f->ranges[i], sizeof *f->ranges));
		json_object_set_new(j, "ranges", ranges);
	}
	for (size_t i = 0; i < f->n_sources; i++)
		json_array_append_new(sources, source_json(&f->sources[i], f->name));
	json_object_set_new(j, "sources", sources);
	return j;
}

static json_t *
words_json(const struct entry_words *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n; i++)
		json_array_append_new(list, json_string(w->at[i]));
	return list;
}

void
entry_write(const struct entry *en, struct buf *out)
{
	json_t *j = json_object(), *files = json_array();

	json_object_set_new(j, "format", json_integer(ENTRY_FORMAT));
	for (size_t i = 0; i < ARRAY_LEN(text_fields); i++)
		member_set_text(j, text_fields[i].name, *text_of(en, &text_fields[i]));
	for (size_t i = 0; i < ARRAY_LEN(number_fields); i++)
		member_set_number(j, number_fields[i].name, *number_of(en, &number_fields[i]));
	for (size_t i = 0; i < ARRAY_LEN(words_fields); i++)
		if (words_of(en, &words_fields[i])->n)
			json_object_set_new(j, words_fields[i].name, words_json(words_of(en, &words_fields[i])));
	for (size_t i = 0; i < en->n_files; i++)
		json_array_append_new(files, file_json(&en->files[i]));
	if (en->n_files)
		json_object_set_new(j, "files", files);
	else
		json_decref(files);
	member_write(out, j);
}

/* ---- asking ---- */

const struct entry_file *
entry_find_file(const struct entry *en, const char *quant)
{
	for (size_t i = 0; i < en->n_files; i++)
		if (en->files[i].role == ENTRY_WEIGHTS &&
		    (!quant || (en->files[i].quant && near_same(en->files[i].quant, quant))))
			return &en->files[i];
	return NULL;
}

uint64_t
entry_file_limit(const struct entry *en, const struct entry_file *file)
{
	/* 32 bits a weight, an output matrix counted once and stored twice, and room for a vocabulary. */
	const uint64_t bytes_per_weight = 5, rest = (uint64_t)1 << 30;

	if (file->size)
		return file->size;
	if (file->role != ENTRY_WEIGHTS || !en->n_params || en->n_params > (ENTRY_FILE_SIZE_MAX - rest) / bytes_per_weight)
		return ENTRY_FILE_SIZE_MAX;
	return en->n_params * bytes_per_weight + rest;
}

const char *
entry_role_name(enum entry_role role)
{
	return role_names[role];
}

void
entry_id_skeleton(struct buf *out, const char *id)
{
	buf_clear(out);
	for (const char *p = id; *p; p++) {
		if ((p[0] == 'r' && p[1] == 'n') || (p[0] == 'v' && p[1] == 'v')) {
			buf_add_char(out, p[0] == 'r' ? 'm' : 'w');
			p++;
		} else {
			buf_add_char(out, *p == '0' ? 'o' : *p == '1' || *p == 'i' ? 'l' : *p == '_' ? '-' : *p);
		}
	}
}
