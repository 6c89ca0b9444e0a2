/* Which files belong together; see variant.h. */
#include "registry/variant.h"

#include <string.h>
#include <strings.h>

#include "registry/near.h"

enum { SHARD_LEN = 15 };		/* "-00001-of-00003" */

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcasecmp(s + n - m, end) == 0;
}

/* Where "-00001-of-00003" stands before the last dot; NULL: nowhere. */
static const char *
shard_mark(const char *file)
{
	static const char form[] = "-#####-of-#####";
	const char *dot = strrchr(file, '.');
	const char *mark = dot && dot - file > SHARD_LEN ? dot - SHARD_LEN : NULL;

	for (size_t i = 0; mark && i < SHARD_LEN; i++)
		if (form[i] == '#' ? mark[i] < '0' || mark[i] > '9' : mark[i] != form[i])
			return NULL;
	return mark;
}

bool
variant_is_later_shard(const char *file)
{
	const char *mark = shard_mark(file);

	return mark && strncmp(mark, "-00001", 6) != 0;
}

bool
variant_same_shards(const char *a, const char *b)
{
	const char *x = shard_mark(a), *y = shard_mark(b);

	return x && y && x - a == y - b && strncmp(a, b, (size_t)(x - a)) == 0 && strcmp(x + 6, y + 6) == 0;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a && b && near_same(a, b));
}

static bool
belongs(const struct variant *v, const struct entry_file *f, bool with_projector, bool with_draft)
{
	switch (f->role) {
	case ENTRY_WEIGHTS:
		return f == v->weights || variant_same_shards(f->name, v->weights->name) ||
		    (v->is_folder && ends_with(f->name, ".safetensors") && same_text(f->quant, v->weights->quant));
	case ENTRY_PROJECTOR:
		return with_projector;
	case ENTRY_DRAFT:
		return with_draft;
	case ENTRY_TOKENIZER:
		return v->is_folder;
	default:
		return true;
	}
}

void
variant_of(struct variant *v, const struct entry *en, const struct entry_file *file, bool with_projector, bool with_draft)
{
	*v = (struct variant){.entry = en, .weights = file, .is_folder = ends_with(file->name, ".safetensors")};
	for (size_t i = 0; i < en->n_files && i < ENTRY_FILES_MAX; i++) {
		const struct entry_file *f = &en->files[i];

		v->takes[i] = belongs(v, f, with_projector, with_draft);
		if (!v->takes[i])
			continue;
		v->n_files++;
		v->bytes += f->size;
		v->has_unknown |= f->size == 0;
		if (f->role == ENTRY_WEIGHTS && variant_is_later_shard(v->weights->name) &&
		    !variant_is_later_shard(f->name))
			v->weights = f;
	}
}

const struct entry_file *
variant_find(const struct entry *en, const char *what)
{
	const struct entry_file *f = entry_find_file(en, what);

	for (size_t i = 0; !f && i < en->n_files; i++)
		if (en->files[i].role == ENTRY_WEIGHTS && near_same(en->files[i].name, what))
			f = &en->files[i];
	return f;
}

static bool
is_inside_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool
variant_names_quant(const char *file, const char *quant)
{
	size_t n = strlen(quant);

	for (const char *p = file; n && strlen(p) >= n; p++)
		if (strncasecmp(p, quant, n) == 0 && (p == file || !is_inside_word(p[-1])) && !is_inside_word(p[n]))
			return true;
	return false;
}

void
variant_list(const struct entry *en, struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < en->n_files; i++) {
		const struct entry_file *f = &en->files[i];

		if (f->role != ENTRY_WEIGHTS || !f->quant || f != entry_find_file(en, f->quant))
			continue;
		buf_printf(out, "%s%s", first ? "" : ", ", f->quant);
		first = false;
	}
}

bool
variant_is_missing(const struct entry *en, const char *format, struct err *e)
{
	struct buf known = {0};

	variant_list(en, &known);
	err_set(e, ERR_NOT_FOUND, "%s has no file of the format \"%s\"; there is %s", en->id, format,
	    known.len ? buf_str(&known) : "none");
	buf_done(&known);
	return false;
}
