/* Stamps; see stamp.h. */
#include "registry/stamp.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/lines.h"
#include "registry/part.h"

void
stamp_done(struct stamp *s)
{
	free(s->ranges);
	*s = (struct stamp){0};
}

static bool
parse_files(struct stamp *s, struct lines *l)
{
	for (;;) {
		struct stamp_file f = {.damaged = lines_next(l, "damaged")};

		if (!f.damaged && !lines_next(l, "file"))
			return true;
		if (s->n_files == STAMP_FILES_MAX || !lines_number(l, &f.device) || !lines_number(l, &f.inode) ||
		    (!f.damaged && (!lines_number(l, &f.mtime_s) || !lines_number(l, &f.mtime_ns))) || !lines_done(l))
			return false;
		s->files[s->n_files++] = f;
	}
}

static bool
parse_ranges(struct stamp *s, struct lines *l, struct err *e)
{
	struct part_state ranges;

	if (!lines_next(l, "ranges") || !lines_number(l, &s->range_size) || !lines_done(l) ||
	    !part_init(&ranges, s->size, s->range_size, e))
		return false;
	s->n_ranges = ranges.n_ranges;
	part_done(&ranges);
	s->ranges = mem_try(s->n_ranges + 1, sizeof *s->ranges, "the digests of the ranges", e);
	for (size_t i = 0; s->ranges && i < s->n_ranges; i++)
		if (!lines_next(l, "range") || !lines_hex(l, s->ranges[i], DIGEST_XXH3_SIZE) || !lines_done(l))
			return false;
	return s->ranges && lines_next(l, "end") && lines_done(l) && lines_at_end(l);
}

bool
stamp_parse(struct stamp *s, const char *text, size_t n, struct err *e)
{
	struct lines l;

	*s = (struct stamp){0};
	lines_init(&l, text, n);
	if (!lines_next(&l, "minnow stamp 1") || !lines_done(&l))
		return err_set(e, ERR_FAILED, "is no stamp of a verified file");
	if (!lines_next(&l, "sha256") || !lines_hex(&l, s->sha256, DIGEST_SHA256_SIZE) || !lines_done(&l) ||
	    !lines_next(&l, "size") || !lines_number(&l, &s->size) || !lines_done(&l) ||
	    !lines_next(&l, "date") || !lines_number(&l, &s->date) || !lines_done(&l))
		goto fail;
	s->pinned = lines_next(&l, "pinned");
	if ((!s->pinned || lines_done(&l)) && parse_files(s, &l) && parse_ranges(s, &l, e))
		return true;
fail:
	stamp_done(s);
	return err_set(e, ERR_FAILED, "the stamp is damaged near line %u", l.n + 1);
}

void
stamp_write(const struct stamp *s, struct buf *out)
{
	char hex[DIGEST_HEX_MAX];

	digest_hex(hex, s->sha256, DIGEST_SHA256_SIZE);
	buf_clear(out);
	buf_printf(out, "minnow stamp 1\nsha256 %s\nsize %llu\ndate %llu\n", hex, (unsigned long long)s->size,
	    (unsigned long long)s->date);
	if (s->pinned)
		buf_add_str(out, "pinned\n");
	for (size_t i = 0; i < s->n_files; i++) {
		const struct stamp_file *f = &s->files[i];

		buf_printf(out, "%s %llu %llu", f->damaged ? "damaged" : "file", (unsigned long long)f->device,
		    (unsigned long long)f->inode);
		if (!f->damaged)
			buf_printf(out, " %llu %llu", (unsigned long long)f->mtime_s, (unsigned long long)f->mtime_ns);
		buf_add_char(out, '\n');
	}
	buf_printf(out, "ranges %llu\n", (unsigned long long)s->range_size);
	for (size_t i = 0; i < s->n_ranges; i++) {
		digest_hex(hex, s->ranges[i], DIGEST_XXH3_SIZE);
		buf_printf(out, "range %s\n", hex);
	}
	buf_add_str(out, "end\n");
}

static struct stamp_file
file_of(const struct stat *st)
{
	return (struct stamp_file){.device = (uint64_t)st->st_dev, .inode = (uint64_t)st->st_ino,
	    .mtime_s = (uint64_t)st->st_mtim.tv_sec, .mtime_ns = (uint64_t)st->st_mtim.tv_nsec};
}

static size_t
find_file(const struct stamp *s, const struct stat *st)
{
	size_t i = 0;

	while (i < s->n_files && (s->files[i].device != (uint64_t)st->st_dev || s->files[i].inode != (uint64_t)st->st_ino))
		i++;
	return i;
}

bool
stamp_names(const struct stamp *s, const struct stat *st)
{
	return find_file(s, st) < s->n_files;
}

bool
stamp_holds(const struct stamp *s, const struct stat *st)
{
	struct stamp_file now = file_of(st);
	size_t i = find_file(s, st);

	return S_ISREG(st->st_mode) && i < s->n_files && !s->files[i].damaged && (uint64_t)st->st_size == s->size &&
	    s->files[i].mtime_s == now.mtime_s && s->files[i].mtime_ns == now.mtime_ns;
}

void
stamp_add_file(struct stamp *s, const struct stat *st)
{
	size_t i = find_file(s, st);

	if (i == STAMP_FILES_MAX) {
		memmove(s->files + 1, s->files + 2, (STAMP_FILES_MAX - 2) * sizeof s->files[0]);
		i--;
	} else if (i == s->n_files) {
		s->n_files++;
	}
	s->files[i] = file_of(st);
}

void
stamp_remove_file(struct stamp *s, const struct stat *st)
{
	size_t i = find_file(s, st);

	if (i == s->n_files)
		return;
	s->n_files--;
	memmove(s->files + i, s->files + i + 1, (s->n_files - i) * sizeof s->files[0]);
}

void
stamp_damage_file(struct stamp *s, const struct stat *st)
{
	stamp_add_file(s, st);
	s->files[find_file(s, st)].damaged = true;
}
