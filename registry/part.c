/* State files; see part.h. */
#include "registry/part.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/lines.h"

bool
part_init(struct part_state *p, uint64_t size, uint64_t range_size, struct err *e)
{
	uint64_t n;

	*p = (struct part_state){0};
	if (range_size == 0)
		return err_set(e, ERR_FAILED, "the ranges of a file have a size of 0");
	n = size / range_size + (size % range_size != 0);
	if (n > PART_RANGES_MAX)
		return err_set(e, ERR_FAILED, "a file of %llu bytes has more than %d ranges of %llu", (unsigned long long)size,
		    PART_RANGES_MAX, (unsigned long long)range_size);
	p->ranges = mem_try((size_t)n + 1, sizeof *p->ranges, "the list of ranges", e);
	if (!p->ranges)
		return false;
	p->size = size;
	p->range_size = range_size;
	p->n_ranges = (size_t)n;
	return true;
}

void
part_done(struct part_state *p)
{
	free(p->source);
	free(p->etag);
	free(p->ranges);
	*p = (struct part_state){0};
}

uint64_t
part_range_length(const struct part_state *p, size_t index)
{
	uint64_t left = p->size - index * p->range_size;

	return left < p->range_size ? left : p->range_size;
}

bool
part_range_is_whole(const struct part_state *p, size_t index)
{
	return p->ranges[index].n == part_range_length(p, index);
}

uint64_t
part_n_bytes(const struct part_state *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->n_ranges; i++)
		n += p->ranges[i].n;
	return n;
}

void
part_forget(struct part_state *p)
{
	memset(p->ranges, 0, p->n_ranges * sizeof *p->ranges);
	part_set_source(p, NULL, NULL);
}

static char *
dup_word(const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (n == 0 || n > PART_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~')
			return NULL;
	return mem_dup(text);
}

void
part_set_source(struct part_state *p, const char *source, const char *etag)
{
	free(p->source);
	free(p->etag);
	p->source = dup_word(source);
	p->etag = dup_word(etag);
}

/* Ranges come in order, each once, none of them empty or longer than it can be. */
static bool
parse_ranges(struct part_state *p, struct lines *l)
{
	uint64_t index, n, next = 0;

	while (lines_next(l, "range")) {
		if (!lines_number(l, &index) || !lines_number(l, &n) || index < next || index >= p->n_ranges || n == 0 ||
		    n > part_range_length(p, (size_t)index) ||
		    !lines_hex(l, p->ranges[index].xxh3, DIGEST_XXH3_SIZE) || !lines_done(l))
			return false;
		p->ranges[index].n = n;
		next = index + 1;
	}
	return lines_next(l, "end") && lines_done(l) && lines_at_end(l);
}

static bool
parse_word(struct lines *l, const char *key, char **word)
{
	if (lines_next(l, key))
		*word = lines_rest(l, PART_WORD_MAX);
	else
		return true;
	return *word != NULL;
}

bool
part_parse(struct part_state *p, const char *text, size_t n, struct err *e)
{
	uint64_t size, range_size;
	struct lines l;

	*p = (struct part_state){0};
	lines_init(&l, text, n);
	if (!lines_next(&l, "minnow part 1") || !lines_done(&l))
		return err_set(e, ERR_FAILED, "is no state of a download");
	if (!lines_next(&l, "size") || !lines_number(&l, &size) || !lines_done(&l) ||
	    !lines_next(&l, "ranges") || !lines_number(&l, &range_size) || !lines_done(&l))
		goto fail;
	if (!part_init(p, size, range_size, e))
		return false;
	if (lines_next(&l, "sha256")) {
		p->has_sha256 = lines_hex(&l, p->sha256, DIGEST_SHA256_SIZE) && lines_done(&l);
		if (!p->has_sha256)
			goto fail;
	}
	if (parse_word(&l, "source", &p->source) && parse_word(&l, "etag", &p->etag) && parse_ranges(p, &l))
		return true;
fail:
	part_done(p);
	return err_set(e, ERR_FAILED, "the state of the download is damaged near line %u", l.n + 1);
}

void
part_write(const struct part_state *p, struct buf *out)
{
	char hex[DIGEST_HEX_MAX];

	buf_clear(out);
	buf_printf(out, "minnow part 1\nsize %llu\nranges %llu\n", (unsigned long long)p->size,
	    (unsigned long long)p->range_size);
	if (p->has_sha256) {
		digest_hex(hex, p->sha256, DIGEST_SHA256_SIZE);
		buf_printf(out, "sha256 %s\n", hex);
	}
	if (p->source)
		buf_printf(out, "source %s\n", p->source);
	if (p->etag)
		buf_printf(out, "etag %s\n", p->etag);
	for (size_t i = 0; i < p->n_ranges; i++) {
		if (p->ranges[i].n == 0)
			continue;
		digest_hex(hex, p->ranges[i].xxh3, DIGEST_XXH3_SIZE);
		buf_printf(out, "range %zu %llu %s\n", i, (unsigned long long)p->ranges[i].n, hex);
	}
	buf_add_str(out, "end\n");
}
