/* The head of a git bundle; see bundle.h. */
#include "registry/bundle.h"

#include <string.h>

#include "registry/canon.h"

#define MAGIC "# v2 git bundle"
#define BRANCH "refs/heads/main"

static bool
is_text(struct canon_text t, const char *s)
{
	return t.len == strlen(s) && memcmp(t.data, s, t.len) == 0;
}

/* A need may be followed by a blank and its subject, in any encoding. */
static bool
read_need(struct bundle *b, struct canon_text line, struct err *e)
{
	struct canon_text word;

	line.data++;
	line.len--;
	if (b->n_needs == BUNDLE_NEEDS_MAX)
		return err_set(e, ERR_VERIFY, "more than the %d commits allowed that a reader must have", BUNDLE_NEEDS_MAX);
	if (!canon_cut(&line, &word) || !canon_hex(word, b->needs[b->n_needs], BUNDLE_ID_BYTES))
		return err_set(e, ERR_VERIFY, "a commit that a reader must have is not 40 hexadecimal digits");
	b->n_needs++;
	return true;
}

static bool
read_ref(struct bundle *b, struct canon_text line, bool *have_main, size_t *n_refs, struct err *e)
{
	unsigned char id[BUNDLE_ID_BYTES];
	struct canon_text word;

	if (!canon_cut(&line, &word) || !canon_hex(word, id, sizeof id) || line.len == 0)
		return err_set(e, ERR_VERIFY, "a line of its head is no commit and branch");
	++*n_refs;
	if (*have_main)
		return true;
	*have_main = is_text(line, BRANCH);
	memcpy(b->commit, id, sizeof id);
	return true;
}

bool
bundle_parse(struct bundle *b, const char *text, size_t n, struct err *e)
{
	size_t at = 0, n_refs = 0, end = n < BUNDLE_HEAD_MAX ? n : BUNDLE_HEAD_MAX;
	bool have_main = false, is_first = true;

	*b = (struct bundle){0};
	for (;;) {
		const char *stop = at < end ? memchr(text + at, '\n', end - at) : NULL;
		struct canon_text line;

		if (!stop)
			return err_set(e, ERR_VERIFY, is_first ? "is no git bundle: expected \"" MAGIC "\"" :
			    "is a git bundle whose head does not end");
		line = (struct canon_text){text + at, (size_t)(stop - text) - at};
		at += line.len + 1;
		if (is_first && !is_text(line, MAGIC))
			return err_set(e, ERR_VERIFY, "is no git bundle: expected \"" MAGIC "\"");
		if (is_first) {
			is_first = false;
			continue;
		}
		if (line.len == 0)
			break;
		if (line.data[0] == '-' ? !read_need(b, line, e) : !read_ref(b, line, &have_main, &n_refs, e))
			return false;
	}
	if (!have_main && n_refs != 1)
		return err_set(e, ERR_VERIFY, "holds %zu branches and none is " BRANCH, n_refs);
	b->pack_at = at;
	return true;
}

void
bundle_write_head(const struct bundle *b, struct buf *out)
{
	buf_clear(out);
	buf_add_str(out, MAGIC "\n");
	for (size_t i = 0; i < b->n_needs; i++) {
		buf_add_char(out, '-');
		canon_add_hex(out, b->needs[i], BUNDLE_ID_BYTES);
		buf_add_char(out, '\n');
	}
	canon_add_hex(out, b->commit, BUNDLE_ID_BYTES);
	buf_add_str(out, " " BRANCH "\n");
	/* git clone looks for it. */
	canon_add_hex(out, b->commit, BUNDLE_ID_BYTES);
	buf_add_str(out, " HEAD\n\n");
}
