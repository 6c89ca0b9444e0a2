/* What the hub's answers mean; see hub_facts.h.  They are JSON of somebody else's making: what is not understood is left
 * out, what is used is checked.  Members: https://huggingface.co/docs/hub/api and the hub's own clients. */
#include "registry/hub_facts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/member.h"
#include "registry/near.h"

enum { PARTS_MAX = 999, LICENCES_MAX = 4, LICENCE_BYTES_MAX = 1 << 20 };

void
hub_facts_forget_files(struct hub_facts *f)
{
	for (size_t i = 0; i < f->n_files; i++)
		free(f->files[i].path);
	free(f->files);
	f->files = NULL;
	f->n_files = f->n_pickles = 0;
	f->lacks_sizes = false;
}

void
hub_facts_done(struct hub_facts *f)
{
	hub_facts_forget_files(f);
	free(f->license);
	free(f->arch);
	free(f->dtype);
	*f = (struct hub_facts){0};
}

/* ---- quantizations ---- */

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* S[0..n) as "Q4_K_M", "IQ2_XXS", "BF16", "MXFP4_MOE"… */
static bool
is_quant(const char *s, size_t n)
{
	static const char *const words[] = {"F16", "BF16", "F32", "FP16", "FP32", "F64", "MXFP4", "MXFP4_MOE", "NVFP4", "TQ1_0",
	    "TQ2_0", "I2_S", "TL1", "TL2"};
	char word[24] = "";
	const char *w = word;

	if (n >= sizeof word)
		return false;
	for (size_t i = 0; i < n; i++)
		word[i] = upper(s[i]);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	w += *w == 'I';
	return w[0] == 'Q' && w[1] >= '1' && w[1] <= '8' && w[2] == '_' && w[3] &&
	    strspn(w + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(w + 3);
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool
hub_quant_of(const char *path, char quant[32])
{
	bool found = false;

	for (const char *p = path; *p; p++) {
		size_t n = strcspn(p, "-./+");
		bool dynamic = p - path >= 3 && upper(p[-3]) == 'U' && upper(p[-2]) == 'D' && p[-1] == '-' &&
		    (p - path == 3 || !is_alnum(p[-4]));

		if ((p > path && is_alnum(p[-1])) || !is_quant(p, n))
			continue;
		/* The last one counts: folders may be called by one too. */
		snprintf(quant, 32, "%s%.*s", dynamic ? "UD-" : "", (int)n, p);
		for (char *q = quant; *q; q++)
			*q = upper(*q);
		found = true;
		p += n - 1;
	}
	return found;
}

/* ---- reading ---- */

static bool
ends(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && near_same(s + n - k, end);
}

static bool
is_pickle(const char *path)
{
	return ends(path, ".bin") || ends(path, ".pt") || ends(path, ".pth") || ends(path, ".ckpt");
}

/* Files of other kinds, or with names that no file of a store may have, are left out. */
static void
add_file(struct hub_facts *f, const char *path, const json_t *size, const char *sha256)
{
	struct hub_file *file;

	f->n_pickles += is_pickle(path);
	if (!check_file_path(path, NULL))
		return;
	if (json_is_integer(size) &&
	    (json_integer_value(size) < 0 || (uint64_t)json_integer_value(size) > ENTRY_FILE_SIZE_MAX))
		return;
	/* Doubling, as the list is long at times. */
	if ((f->n_files & (f->n_files - 1)) == 0)
		f->files = mem_grow(f->files, f->n_files ? 2 * f->n_files : 1, sizeof *f->files);
	file = &f->files[f->n_files++];
	*file = (struct hub_file){.path = mem_dup(path)};
	file->size = json_is_integer(size) ? (uint64_t)json_integer_value(size) : 0;
	file->has_sha256 = sha256 && check_hex(sha256, file->sha256, sizeof file->sha256, NULL);
	f->lacks_sizes |= !json_is_integer(size) && (ends(path, ".gguf") || ends(path, ".safetensors"));
}

static const char *
text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* The size in the pointer is that of the file; so is the one outside, where it is given. */
static void
add_listed(struct hub_facts *f, const json_t *item, const char *path, const char *digest)
{
	const json_t *lfs = json_object_get(item, "lfs"), *size = json_object_get(lfs, "size");

	add_file(f, path, size ? size : json_object_get(item, "size"), text_of(lfs, digest));
}

static bool
read_list(struct hub_facts *f, const json_t *list, const char *path, const char *digest, struct err *e)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list))
		return err_set(e, ERR_FAILED, "the hub's answer has no list of files");
	if (n > HUB_FILES_MAX - f->n_files)
		return err_set(e, ERR_FAILED, "the repository has more than %d files", HUB_FILES_MAX);
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(list, i);
		const char *name = text_of(item, path), *type = text_of(item, "type");

		if (name && (!type || strcmp(type, "file") == 0))
			add_listed(f, item, name, digest);
	}
	return true;
}

static bool
set_word(char **field, const char *s)
{
	if (*field || !s || !check_word(s, NULL))
		return false;
	*field = mem_dup(s);
	return true;
}

static void
read_license(struct hub_facts *f, const json_t *info)
{
	const json_t *card = json_object_get(info, "cardData"), *license = json_object_get(card, "license"),
	    *tags = json_object_get(info, "tags");
	const char *word = json_string_value(json_is_array(license) ? json_array_get(license, 0) : license);
	const char *name = text_of(card, "license_name");

	if (word && strcmp(word, "other") == 0 && set_word(&f->license, name))
		return;
	if (set_word(&f->license, word))
		return;
	for (size_t i = 0; i < json_array_size(tags); i++) {
		const char *tag = json_string_value(json_array_get(tags, i));

		if (tag && strncmp(tag, "license:", 8) == 0 && set_word(&f->license, tag + 8))
			return;
	}
}

static uint64_t
number_of(const json_t *object, const char *key, uint64_t max)
{
	const json_t *j = json_object_get(object, key);

	if (!json_is_integer(j) || json_integer_value(j) < 1 || (uint64_t)json_integer_value(j) > max)
		return 0;
	return (uint64_t)json_integer_value(j);
}

/* The type of most weights: {"parameters": {"BF16": 596049920}, "total": …}. */
static void
read_dtype(struct hub_facts *f, const json_t *safetensors)
{
	json_t *types = json_object_get(safetensors, "parameters"), *value;
	json_int_t most = 0;
	const char *key;

	json_object_foreach(types, key, value) {
		if (json_integer_value(value) <= most || !is_quant(key, strlen(key)))
			continue;
		most = json_integer_value(value);
		free(f->dtype);
		f->dtype = mem_dup(key);
	}
}

static bool
read_revision(struct hub_facts *f, const json_t *info, struct err *e)
{
	const char *commit = text_of(info, "sha");
	const json_t *gated = json_object_get(info, "gated");

	if (!commit || !check_revision(commit, NULL))
		return err_set(e, ERR_FAILED, "the hub's answer does not say at which commit the repository is");
	snprintf(f->commit, sizeof f->commit, "%s", commit);
	f->gated = json_is_string(gated) || json_is_true(gated);
	return true;
}

bool
hub_facts_read_info(struct hub_facts *f, const char *text, size_t n, struct err *e)
{
	json_t *info = member_parse(text, n, HUB_TEXT_MAX, e), *gguf, *st;
	bool ok;

	if (!info)
		return err_wrap(e, "the hub's answer about the repository");
	ok = json_is_object(info) ? read_revision(f, info, e) :
	    err_set(e, ERR_FAILED, "the hub's answer about the repository is no JSON object");
	if (ok) {
		gguf = json_object_get(info, "gguf");
		st = json_object_get(info, "safetensors");
		read_license(f, info);
		read_dtype(f, st);
		set_word(&f->arch, text_of(gguf, "architecture"));
		f->n_params = number_of(json_object_get(gguf, "total") ? gguf : st, "total", 1000000000000000);
		f->n_ctx = number_of(gguf, "context_length", 1073741824);
		ok = read_list(f, json_object_get(info, "siblings"), "rfilename", "sha256", e);
	}
	json_decref(info);
	return ok;
}

bool
hub_facts_read_tree(struct hub_facts *f, const char *text, size_t n, struct err *e)
{
	json_t *page = member_parse(text, n, HUB_TEXT_MAX, e);
	bool ok;

	if (!page)
		return err_wrap(e, "the hub's list of files");
	ok = read_list(f, page, "path", "oid", e);
	json_decref(page);
	return ok;
}

/* ---- choosing ---- */

/* A file that may be downloaded.  Those of one key belong together. */
struct pick {
	const struct hub_file *file;
	enum entry_role role;
	char *key;
	unsigned part, n_parts;		/* "-00002-of-00005"; 0: none */
	size_t rank;			/* in a directory: weights first */
	char *name;
	char quant[32];
	size_t group;
};

struct picks {
	struct pick *at;
	size_t n, n_groups;
	bool is_directory;
};

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "STEM-00002-of-00005.EXT": the length of STEM, and the numbers; else the whole without .EXT. */
static size_t
read_part(const char *path, unsigned *part, unsigned *n_parts)
{
	static const char digits[] = "0123456789";
	size_t n = (size_t)(strrchr(path, '.') - path), stem;
	const char *tail;

	*part = *n_parts = 0;
	if (n <= 15)
		return n;
	stem = n - 15;
	tail = path + stem;
	if (tail[0] != '-' || strspn(tail + 1, digits) != 5 || strncmp(tail + 6, "-of-", 4) != 0 || strspn(tail + 10, digits) != 5)
		return n;
	*part = (unsigned)strtoul(tail + 1, NULL, 10);
	*n_parts = (unsigned)strtoul(tail + 10, NULL, 10);
	if (*n_parts == 0 || *n_parts > PARTS_MAX || *part == 0 || *part > *n_parts) {
		*part = *n_parts = 0;
		return n;
	}
	return stem;
}

/* Has NAME the word as a part of its own, in letters of any case? */
static bool
has_word(const char *name, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = name; *p; p++) {
		size_t i = 0;

		while (i < n && upper(p[i]) == upper(word[i]))
			i++;
		if (i == n && (p == name || !is_alnum(p[-1])) && !is_alnum(p[n]))
			return true;
	}
	return false;
}

static enum entry_role
role_of(const char *path)
{
	const char *name = base_name(path);

	if (has_word(name, "mmproj"))
		return ENTRY_PROJECTOR;
	if (strlen(name) > 4 && (strncmp(name, "mtp-", 4) == 0 || strncmp(name, "MTP-", 4) == 0))
		return ENTRY_DRAFT;
	return ENTRY_WEIGHTS;
}

static struct pick *
add_pick(struct picks *p, const struct hub_file *file)
{
	struct pick *pick;

	if ((p->n & (p->n - 1)) == 0)
		p->at = mem_grow(p->at, p->n ? 2 * p->n : 1, sizeof *p->at);
	pick = &p->at[p->n++];
	*pick = (struct pick){.file = file};
	return pick;
}

static bool
pick_ggufs(struct picks *p, const struct hub_facts *f, struct err *e)
{
	for (size_t i = 0; i < f->n_files; i++) {
		const char *path = f->files[i].path;
		struct pick *pick;
		size_t stem;

		if (!ends(path, ".gguf") || has_word(base_name(path), "imatrix"))
			continue;
		if (p->n == HUB_WEIGHTS_MAX)
			return err_set(e, ERR_FAILED, "the repository has more than %d files of weights", HUB_WEIGHTS_MAX);
		pick = add_pick(p, &f->files[i]);
		stem = read_part(path, &pick->part, &pick->n_parts);
		pick->key = mem_new0(stem + 1, 1);
		memcpy(pick->key, path, stem);
		pick->role = role_of(path);
		if (!hub_quant_of(path, pick->quant))
			*pick->quant = '\0';
	}
	return true;
}

/* What belongs to weights in the directory's root; none of it is run. */
static bool
belongs(const char *path)
{
	static const char *const names[] = {"config.json", "generation_config.json", "model.safetensors.index.json",
	    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
	    "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "chat_template.json", "spiece.model",
	    "preprocessor_config.json", "processor_config.json"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	return false;
}

/* Repositories may hold the same weights once more for another program ("consolidated…"). */
static bool
is_of_model(const char *path, bool named)
{
	return !strchr(path, '/') && ends(path, ".safetensors") && strncmp(path, "adapter", 7) != 0 &&
	    (!named || strncmp(path, "model", 5) == 0);
}

static bool
pick_directory(struct picks *p, const struct hub_facts *f, struct err *e)
{
	bool named = false, any = false;

	for (size_t i = 0; i < f->n_files; i++)
		named |= is_of_model(f->files[i].path, true);
	for (size_t i = 0; i < f->n_files; i++) {
		const char *path = f->files[i].path;
		bool weights = is_of_model(path, named);
		struct pick *pick;

		if (!weights && !belongs(path))
			continue;
		if (p->n == HUB_WEIGHTS_MAX)
			return err_set(e, ERR_FAILED, "the repository has more than %d files of weights", HUB_WEIGHTS_MAX);
		any |= weights;
		pick = add_pick(p, &f->files[i]);
		pick->key = mem_dup("");
		pick->rank = !weights;
		read_part(path, &pick->part, &pick->n_parts);
		if (weights && f->dtype)
			snprintf(pick->quant, sizeof pick->quant, "%s", f->dtype);
	}
	p->is_directory = any;
	return true;
}

static int
compare_picks(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;
	int order = x->role != y->role ? (x->role < y->role ? -1 : 1) : strcmp(x->key, y->key);

	if (order)
		return order;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return strcmp(x->file->path, y->file->path);
}

/* A path that is listed twice counts once. */
static void
drop_twins(struct picks *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (n > 0 && strcmp(p->at[n - 1].file->path, p->at[i].file->path) == 0)
			free(p->at[i].key);
		else
			p->at[n++] = p->at[i];
	}
	p->n = n;
}

static void
number_groups(struct picks *p)
{
	if (p->n == 0)
		return;
	qsort(p->at, p->n, sizeof *p->at, compare_picks);
	drop_twins(p);
	for (size_t i = 0; i < p->n; i++) {
		if (i == 0 || p->at[i].role != p->at[i - 1].role || strcmp(p->at[i].key, p->at[i - 1].key) != 0)
			p->n_groups++;
		p->at[i].group = p->n_groups - 1;
	}
}

static bool
may_be_named(const struct picks *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (p->at[k].name && near_same(p->at[i].name, p->at[k].name))
			return false;
	return check_file_name(p->at[i].name, NULL);
}

/* Files of the same name in several folders are told apart by them.  What still has no name of its own, or one that no file
 * may have, has none. */
static void
name_picks(struct picks *p)
{
	for (size_t i = 0; i < p->n; i++) {
		bool twice = false;

		for (size_t k = 0; k < p->n && !twice; k++)
			twice = k != i && near_same(base_name(p->at[i].file->path), base_name(p->at[k].file->path));
		p->at[i].name = mem_dup(twice ? p->at[i].file->path : base_name(p->at[i].file->path));
		for (char *c = p->at[i].name; *c; c++)
			if (*c == '/')
				*c = '-';
		if (!may_be_named(p, i)) {
			free(p->at[i].name);
			p->at[i].name = NULL;
		}
	}
}

/* How well a quantization serves without a wish: good at a size that most machines hold. */
static size_t
preference(const char *quant)
{
	static const char *const best[] = {"Q4_K_M", "UD-Q4_K_XL", "Q4_K_S", "Q4_K_L", "Q4_0", "IQ4_XS", "IQ4_NL", "MXFP4",
	    "MXFP4_MOE", "Q5_K_M", "Q5_K_S", "Q6_K", "Q8_0", "Q4_1", "Q3_K_M", "I2_S", "TQ2_0", "BF16", "F16", "F32"};

	for (size_t i = 0; i < ARRAY_LEN(best); i++)
		if (strcmp(quant, best[i]) == 0)
			return i;
	return ARRAY_LEN(best);
}

static bool
is_meant(const struct pick *p, const char *want)
{
	if (*p->quant && near_same(p->quant, want))
		return true;
	return strcmp(p->file->path, want) == 0 || strcmp(base_name(p->file->path), want) == 0;
}

/* What there is instead, as far as it fits a line. */
static bool
not_there(const struct picks *p, const struct hub_ref *ref, struct err *e)
{
	struct buf there = {0};
	const char *last = "";
	bool ok;

	for (size_t i = 0; i < p->n && there.len < 240; i++) {
		const char *s = p->at[i].role != ENTRY_WEIGHTS ? "" : *p->at[i].quant ? p->at[i].quant : p->at[i].rank ? "" :
		    p->at[i].file->path;

		if (!*s || strcmp(s, last) == 0)
			continue;
		buf_printf(&there, "%s%s", there.len ? ", " : "", s);
		last = s;
	}
	ok = err_set(e, ERR_NOT_FOUND, "hf:%s has no %s; there %s %s", ref->repo, ref->want, there.len ? "are" : "is",
	    there.len ? there.data : "nothing else");
	buf_done(&there);
	return ok;
}

static bool
choose(const struct picks *p, const struct hub_ref *ref, size_t *group, struct err *e)
{
	size_t best = SIZE_MAX;

	if (ref->want && !(p->is_directory && near_same(ref->want, "safetensors"))) {
		for (size_t i = 0; i < p->n; i++)
			if (is_meant(&p->at[i], ref->want)) {
				*group = p->at[i].group;
				return true;
			}
		return not_there(p, ref, e);
	}
	for (size_t i = 0; i < p->n; i++) {
		size_t here = preference(p->at[i].quant);

		if (p->at[i].role == ENTRY_WEIGHTS && here < best) {
			best = here;
			*group = p->at[i].group;
		}
	}
	return best != SIZE_MAX || err_set(e, ERR_NOT_FOUND, "hf:%s has no weights of a language model", ref->repo);
}

/* A file that is split in parts is of no use without one of them. */
static bool
check_whole(const struct picks *p, const struct hub_ref *ref, size_t group, struct err *e)
{
	unsigned n = 0, n_parts = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct pick *k = &p->at[i];

		if (k->group != group || !k->n_parts)
			continue;
		n_parts = k->n_parts > n_parts ? k->n_parts : n_parts;
		n += k->part == n + 1;
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->at[i].group == group && !p->at[i].name)
			return err_set(e, ERR_FAILED, "hf:%s: the name of a file is none that can be kept", ref->repo);
	return n == n_parts || err_set(e, ERR_FAILED, "hf:%s has only %u of the %u parts of these weights", ref->repo, n, n_parts);
}

/* ---- licences ---- */

/* "LICENSE", "LICENCE.txt", "license-code.md", "COPYING" in the root: a text that may be kept (check_file_name() lets
 * nothing but a text have no ending). */
static bool
is_licence(const struct hub_file *file)
{
	static const char *const words[] = {"LICENSE", "LICENCE", "COPYING", "USE_POLICY"};
	static const char *const ends_allowed[] = {".md", ".txt"};
	const char *dot = strrchr(file->path, '.');
	bool is = !dot;

	if (file->size == 0 || file->size > LICENCE_BYTES_MAX || !check_file_name(file->path, NULL))
		return false;
	for (size_t i = 0; !is && i < ARRAY_LEN(ends_allowed); i++)
		is = strcasecmp(dot, ends_allowed[i]) == 0;
	for (size_t i = 0; is && i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i]);

		if (strncasecmp(file->path, words[i], n) == 0 && !is_alnum(file->path[n]))
			return true;
	}
	return false;
}

/* They come along with any weights, and are no part of them. */
static size_t
pick_licences(struct pick *licences, const struct hub_facts *f, const struct picks *p, size_t group)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_files && n < LICENCES_MAX; i++) {
		const struct hub_file *file = &f->files[i];
		bool taken = !is_licence(file);

		for (size_t k = 0; k < n && !taken; k++)
			taken = near_same(licences[k].name, file->path);
		for (size_t k = 0; k < p->n && !taken; k++)
			taken = p->at[k].name && near_same(p->at[k].name, file->path);
		if (!taken)
			licences[n++] = (struct pick){.file = file, .role = ENTRY_LICENSE, .group = group, .name = file->path};
	}
	return n;
}

/* ---- the entry ---- */

static void
add_entry_file(struct hub_listing *l, const struct hub_facts *f, const struct hub_ref *ref, const struct pick *k)
{
	struct entry_file *file = &l->entry.files[l->entry.n_files];

	l->group[l->entry.n_files++] = k->group;
	file->name = mem_dup(k->name);
	file->quant = *k->quant ? mem_dup(k->quant) : NULL;
	file->role = k->role;
	file->size = k->file->size;
	file->has_sha256 = k->file->has_sha256;
	memcpy(file->sha256, k->file->sha256, sizeof file->sha256);
	file->sources = mem_new0(1, sizeof *file->sources);
	file->n_sources = 1;
	*file->sources = (struct entry_source){.kind = ENTRY_HUB, .url_or_repo = mem_dup(ref->repo),
	    .path = mem_dup(k->file->path), .revision = mem_dup(f->commit)};
}

static void
fill(struct hub_listing *l, const struct hub_facts *f, const struct hub_ref *ref, const struct picks *p, size_t group)
{
	struct pick licences[LICENCES_MAX];
	size_t n_licences = pick_licences(licences, f, p, group);
	struct buf summary = {0};

	buf_printf(&summary, "%s on the hub, which no registry vouches for", ref->repo);
	l->entry.id = hub_ref_id(ref);
	l->entry.name = mem_dup(strchr(ref->repo, '/') + 1);
	l->entry.family = mem_dup("hf");
	l->entry.summary = buf_take(&summary);
	l->entry.license = f->license ? mem_dup(f->license) : NULL;
	l->entry.arch = f->arch ? mem_dup(f->arch) : NULL;
	l->entry.n_params = f->n_params;
	l->entry.n_ctx = f->n_ctx;
	l->gated = f->gated;
	l->is_directory = p->is_directory;
	memcpy(l->commit, f->commit, sizeof l->commit);
	l->entry.files = mem_new0(p->n + n_licences + 1, sizeof *l->entry.files);
	l->group = mem_new0(p->n + n_licences + 1, sizeof *l->group);
	for (int rest = 0; rest <= 1; rest++) {
		for (size_t i = 0; i < p->n; i++)
			if ((p->at[i].group != group) == rest && p->at[i].name)
				add_entry_file(l, f, ref, &p->at[i]);
		for (size_t i = 0; !rest && i < n_licences; i++)
			add_entry_file(l, f, ref, &licences[i]);
		if (!rest)
			l->n_chosen = l->entry.n_files;
	}
}

static bool
pick_all(struct picks *p, const struct hub_facts *f, const struct hub_ref *ref, struct err *e)
{
	bool directory = ref->want && (near_same(ref->want, "safetensors") || ends(ref->want, ".safetensors"));

	if (!directory && !pick_ggufs(p, f, e))
		return false;
	if (p->n == 0 && !pick_directory(p, f, e))
		return false;
	if (p->n == 0 || (!p->is_directory && *p->at[0].key == '\0'))
		return err_set(e, ERR_NOT_FOUND, f->n_pickles ? "hf:%s has its weights only as files that run code when they are loaded "
		    "(.bin, .pt), which are refused: look for a repository of it in GGUF" :
		    "hf:%s has no weights that minnow can use (GGUF or safetensors)", ref->repo);
	return true;
}

bool
hub_facts_list(const struct hub_facts *f, const struct hub_ref *ref, struct hub_listing *out, struct err *e)
{
	struct picks p = {0};
	size_t group = 0;
	bool ok;

	*out = (struct hub_listing){0};
	ok = pick_all(&p, f, ref, e);
	if (ok) {
		number_groups(&p);
		name_picks(&p);
		ok = choose(&p, ref, &group, e) && check_whole(&p, ref, group, e);
	}
	if (ok)
		fill(out, f, ref, &p, group);
	for (size_t i = 0; i < p.n; i++) {
		free(p.at[i].key);
		free(p.at[i].name);
	}
	free(p.at);
	if (!ok)
		hub_listing_done(out);
	return ok;
}
