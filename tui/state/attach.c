/* Texts in the prompt; see attach.h. */
#include "tui/state/attach.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/draw.h"
#include "tui/text_clean.h"

enum { FENCE_LEAST = 3, CHIP_MOST = 200 };

void
attach_done(struct attaches *as)
{
	for (size_t i = 0; i < as->n; i++) {
		free(as->items[i].chip);
		free(as->items[i].text);
	}
	free(as->items);
	*as = (struct attaches){0};
}

bool
attach_read(const char *path, struct buf *text, struct err *e)
{
	const char *slash = strrchr(path, '/'), *name = slash && slash[1] ? slash + 1 : path;

	buf_clear(text);
	if (!fs_read(text, path, ATTACH_BYTES_MAX, e))
		return false;
	if (text->len == 0)
		return err_set(e, ERR_FAILED, "%s is empty", name);
	if (memchr(text->data, '\0', text->len) || !utf8_is_valid(text->data, text->len))
		return err_set(e, ERR_FAILED, "%s is not text in UTF-8: only text can be put into the prompt", name);
	return true;
}

size_t
attach_lines(const char *s, size_t n)
{
	size_t lines = n && s[n - 1] != '\n';

	for (size_t i = 0; i < n; i++)
		lines += s[i] == '\n';
	return lines;
}

static bool
is_text_of(const struct attach *a, const char *text, size_t len)
{
	return a->len == len && memcmp(a->text, text, len) == 0;
}

static const struct attach *
find(const struct attaches *as, const char *chip, size_t n)
{
	for (size_t i = 0; i < as->n; i++)
		if (strlen(as->items[i].chip) == n && memcmp(as->items[i].chip, chip, n) == 0)
			return &as->items[i];
	return NULL;
}

static const char *
keep(struct attaches *as, const char *chip, const char *text, size_t len)
{
	as->items = mem_grow(as->items, as->n + 1, sizeof *as->items);
	as->items[as->n] = (struct attach){mem_dup(chip), mem_dup_bytes(text, len), len};
	return as->items[as->n++].chip;
}

const char *
attach_add(struct attaches *as, const char *name, const char *text, size_t len, int64_t n_tokens)
{
	struct buf chip = {0}, clean = {0}, count = {0};
	const struct attach *other;
	const char *kept;

	text_clean_line(&clean, name, strlen(name));
	for (size_t i = 0; i < clean.len; i++)		/* or it could not be told where the chip ends */
		if (strchr("[]`", clean.data[i]))
			clean.data[i] = '_';
	format_count(&count, n_tokens >= 0 ? (uint64_t)n_tokens : attach_lines(text, len));
	for (unsigned i = 1;; i++) {
		buf_clear(&chip);
		buf_printf(&chip, "[%.100s ", buf_str(&clean));
		if (i > 1)
			buf_printf(&chip, "(%u) ", i);
		buf_printf(&chip, "%s %s]", buf_str(&count), n_tokens >= 0 ? "tokens" : "lines");
		other = find(as, chip.data, chip.len);
		if (!other || is_text_of(other, text, len))
			break;
	}
	kept = other ? other->chip : keep(as, buf_str(&chip), text, len);
	buf_done(&chip);
	buf_done(&clean);
	buf_done(&count);
	return kept;
}

size_t
attach_ends(const struct attaches *as, const char *s, size_t at)
{
	for (size_t i = 0; i < as->n; i++) {
		size_t n = strlen(as->items[i].chip);

		if (n <= at && memcmp(s + at - n, as->items[i].chip, n) == 0)
			return n;
	}
	return 0;
}

/* ---- sending ---- */

/* A fence that nothing within the text ends. */
static size_t
fence_length(const char *s, size_t n)
{
	size_t most = 0, run = 0;

	for (size_t i = 0; i < n; i++) {
		run = s[i] == '`' ? run + 1 : 0;
		most = run > most ? run : most;
	}
	return most + 1 > FENCE_LEAST ? most + 1 : FENCE_LEAST;
}

static void
add_fence(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_add_char(out, '`');
	buf_add_char(out, '\n');
}

static void
add_block(struct buf *out, const struct attach *a)
{
	size_t fence = fence_length(a->text, a->len);

	if (out->len && out->data[out->len - 1] != '\n')
		buf_add_char(out, '\n');
	buf_printf(out, "%s\n", a->chip);
	add_fence(out, fence);
	buf_add(out, a->text, a->len);
	if (a->len && a->text[a->len - 1] != '\n')
		buf_add_char(out, '\n');
	add_fence(out, fence);
}

static const struct attach *
chip_at(const struct attaches *as, const char *s, size_t *n)
{
	for (size_t i = 0; *s == '[' && i < as->n; i++) {
		*n = strlen(as->items[i].chip);
		if (strncmp(s, as->items[i].chip, *n) == 0)
			return &as->items[i];
	}
	return NULL;
}

void
attach_expand(const struct attaches *as, const char *s, struct buf *out)
{
	while (*s) {
		size_t n;
		const struct attach *a = chip_at(as, s, &n);

		if (!a) {
			buf_add_char(out, *s++);
			continue;
		}
		add_block(out, a);
		s += n;
		s += *s == '\n' || *s == ' ';
	}
}

/* ---- recognizing ---- */

/* "[… tokens]" or "[… lines]", a whole line of LEN bytes. */
static bool
is_chip(const char *s, size_t len)
{
	static const char *const ends[] = {" tokens]", " lines]"};

	if (len > CHIP_MOST || len < 3 || *s != '[' || memchr(s, ']', len - 1))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t n = strlen(ends[i]);

		if (len > n && memcmp(s + len - n, ends[i], n) == 0)
			return true;
	}
	return false;
}

static size_t
line_length(const char *s, const char *end)
{
	const char *eol = memchr(s, '\n', (size_t)(end - s));

	return (size_t)((eol ? eol : end) - s);
}

static bool
is_fence(const char *s, size_t len, size_t want)
{
	size_t n = 0;

	while (n < len && s[n] == '`')
		n++;
	return n == len && (want ? n == want : n >= FENCE_LEAST);
}

/* Where the block behind a chip ends, S being at its fence; NULL: there is none.  TEXT gets what is within. */
static const char *
block_end(const char *s, const char *end, const char **text, size_t *len)
{
	size_t fence = line_length(s, end);

	if (!is_fence(s, fence, 0) || s + fence == end)
		return NULL;
	*text = s + fence + 1;
	for (const char *p = *text; p < end;) {
		size_t n = line_length(p, end);

		if (is_fence(p, n, fence)) {
			*len = (size_t)(p - *text);
			return p + n + (p + n < end);
		}
		p += n + 1;
	}
	return NULL;
}

void
attach_fold(struct attaches *as, const char *s, size_t n, struct buf *out)
{
	const char *end = s + n;

	while (s < end) {
		size_t len = line_length(s, end), text_len;
		const char *next = s + len < end ? s + len + 1 : end, *text, *after;

		after = is_chip(s, len) && next < end ? block_end(next, end, &text, &text_len) : NULL;
		/* The chip of another text would send that one instead. */
		if (after && as && find(as, s, len) && !is_text_of(find(as, s, len), text, text_len))
			after = NULL;
		buf_add(out, s, after ? len : (size_t)(next - s));
		if (after) {
			buf_add_char(out, '\n');
			if (as && !find(as, s, len)) {
				struct buf chip = {0};

				buf_add(&chip, s, len);
				(void)keep(as, buf_str(&chip), text, text_len);
				buf_done(&chip);
			}
		}
		s = after ? after : next;
	}
}
