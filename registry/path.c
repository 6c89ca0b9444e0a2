/* Names of files inside a registry; see path.h. */
#include "registry/path.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/map.h"
#include "core/base/mem.h"

#define BLOCK_SIZE (64 << 10)

/* A file or folder that was added. */
struct path_item {
	const char *path;	/* not owned */
	size_t len;
	bool folder;
};

struct path_block {
	struct path_block *next;
	size_t used;
	char data[BLOCK_SIZE];
};

struct path_set {
	struct map by_case, by_look;	/* folded name -> item */
	struct path_item *items;
	size_t n_items, cap;
	struct path_block *blocks;	/* hold the keys of both maps */
	const char *last;		/* not owned: the path added before */
	size_t last_len;
};

static bool
is_allowed(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._+-/", c));
}

bool
path_check(const char *path, size_t n, struct err *e)
{
	int shown = (int)(n < 80 ? n : 80);

	if (n == 0 || n > PATH_LEN_MAX)
		return err_set(e, ERR_VERIFY, "a path of %zu bytes, 1 to %d are allowed", n, PATH_LEN_MAX);
	for (size_t i = 0; i < n; i++) {
		bool starts = i == 0 || path[i - 1] == '/';

		if (!is_allowed(path[i]))
			return err_set(e, ERR_VERIFY, "a path holds byte 0x%02x, only ASCII letters, digits and . _ + - / are allowed",
			    (unsigned char)path[i]);
		if (starts && path[i] == '/')
			return err_set(e, ERR_VERIFY, "path %.*s is not relative or has an empty part", shown, path);
		if (starts && (path[i] == '.' || path[i] == '-'))
			return err_set(e, ERR_VERIFY, "path %.*s has a part that begins with \"%c\"", shown, path, path[i]);
	}
	if (path[n - 1] == '/')
		return err_set(e, ERR_VERIFY, "path %.*s ends with a slash", shown, path);
	return true;
}

struct path_set *
path_set_new(size_t expected)
{
	struct path_set *s = mem_new0(1, sizeof *s);

	map_init(&s->by_case, expected);
	map_init(&s->by_look, expected);
	return s;
}

void
path_set_free(struct path_set *s)
{
	if (!s)
		return;
	map_done(&s->by_case);
	map_done(&s->by_look);
	while (s->blocks) {
		struct path_block *next = s->blocks->next;

		free(s->blocks);
		s->blocks = next;
	}
	free(s->items);
	free(s);
}

static char *
new_key(struct path_set *s, size_t n)
{
	static_assert(BLOCK_SIZE >= PATH_LEN_MAX, "a key fits a block");

	if (!s->blocks || s->blocks->used + n > BLOCK_SIZE) {
		struct path_block *b = mem_new0(1, sizeof *b);

		b->next = s->blocks;
		s->blocks = b;
	}
	s->blocks->used += n;
	return s->blocks->data + s->blocks->used - n;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* After UTS 39's "skeleton": what looks alike becomes the same. */
static char
look_of(char c)
{
	if (c == 'I' || c == '1')
		return 'l';
	if (c == '0')
		return 'o';
	return c == '_' ? '-' : lower(c);
}

static size_t
fold_look(char *out, const char *path, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		char c = look_of(path[i]);

		if (len && out[len - 1] == 'r' && c == 'n')
			out[len - 1] = 'm';
		else if (len && out[len - 1] == 'v' && c == 'v')
			out[len - 1] = 'w';
		else
			out[len++] = c;
	}
	return len;
}

static bool
check_one(struct path_set *s, struct map *m, const char *key, size_t key_len, const char *how, struct err *e)
{
	const struct path_item *item = &s->items[s->n_items - 1];
	uint32_t v = map_add(m, key, key_len, (uint32_t)(s->n_items - 1));
	const struct path_item *other = &s->items[v];

	if (other == item || (other->folder && item->folder && other->len == item->len &&
	    memcmp(other->path, item->path, item->len) == 0))
		return true;
	return err_set(e, ERR_VERIFY, "paths %.*s and %.*s %s", (int)other->len, other->path, (int)item->len, item->path, how);
}

static bool
add_item(struct path_set *s, const char *path, size_t n, bool folder, struct err *e)
{
	char *key;
	size_t len;

	if (s->n_items == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->items = mem_grow(s->items, s->cap, sizeof *s->items);
	}
	s->items[s->n_items++] = (struct path_item){path, n, folder};
	key = new_key(s, n);
	for (size_t i = 0; i < n; i++)
		key[i] = lower(path[i]);
	if (!check_one(s, &s->by_case, key, n, "differ at most by case, or one is the folder of the other", e))
		return false;
	key = new_key(s, n);
	len = fold_look(key, path, n);
	return check_one(s, &s->by_look, key, len, "look alike", e);
}

bool
path_set_add(struct path_set *s, const char *path, size_t n, struct err *e)
{
	size_t shared = 0;

	/* Folders shared with the path before were looked at then: in a sorted list that is most of them. */
	while (shared < n && shared < s->last_len && path[shared] == s->last[shared])
		shared++;
	for (size_t i = 0; i < n; i++)
		if (path[i] == '/' && i >= shared && !add_item(s, path, i, true, e))
			return false;
	s->last = path;
	s->last_len = n;
	return add_item(s, path, n, false, e);
}
