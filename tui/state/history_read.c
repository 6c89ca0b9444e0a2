/* Reading conversations; see history.h.  Everything here works on the caller's connection, which never waits for the
 * writer. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "tui/state/history.h"
#include "tui/state/history_db.h"

/* Messages looked through, newest first: for words too short for the index, and of those the index finds.  A word that
 * stands everywhere would take a second, and who types it goes on typing. */
#define SCAN_MESSAGES "5000"
#define HIT_MESSAGES "2000"
enum { WORDS_MAX = 8, TRIGRAM = 3, SNIPPET_BEFORE = 10, SNIPPET_BYTES = 240 };

static char *
column_text(sqlite3_stmt *s, int i)
{
	const void *p = sqlite3_column_text(s, i);

	return p ? mem_dup(p) : NULL;
}

static void
column_buf(sqlite3_stmt *s, int i, struct buf *out)
{
	const void *p = sqlite3_column_text(s, i);
	int n = sqlite3_column_bytes(s, i);

	if (p && n > 0)
		buf_add(out, p, (size_t)n);
}

static uint32_t
column_count(sqlite3_stmt *s, int i)
{
	int64_t v = sqlite3_column_int64(s, i);

	return v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* CHAT_FIELDS from column 0 on. */
static void
read_chat(sqlite3_stmt *s, struct history_chat *c)
{
	*c = (struct history_chat){
		.id = sqlite3_column_int64(s, 0), .title = column_text(s, 1),
		.titled = sqlite3_column_int(s, 2) != 0, .pinned = sqlite3_column_int(s, 3) != 0,
		.created_ms = sqlite3_column_int64(s, 4), .changed_ms = sqlite3_column_int64(s, 5),
		.model = column_text(s, 6), .digest = column_text(s, 7), .system = column_text(s, 8),
		.sampling = column_text(s, 9), .leaf = sqlite3_column_int64(s, 10),
	};
	if (!c->title)
		c->title = mem_dup("");
}

static void
read_message(sqlite3_stmt *s, struct history_message *m)
{
	*m = (struct history_message){
		.id = sqlite3_column_int64(s, 0), .parent = sqlite3_column_int64(s, 3),
		.by_model = sqlite3_column_int(s, 4) != 0, .model = column_text(s, 7), .digest = column_text(s, 8),
		.sampling = column_text(s, 9), .created_ms = sqlite3_column_int64(s, 10), .ended = column_text(s, 11),
		.error = column_text(s, 12), .n_prompt = column_count(s, 13), .n_tokens = column_count(s, 14),
		.prompt_s = sqlite3_column_double(s, 15), .first_s = sqlite3_column_double(s, 16),
		.generate_s = sqlite3_column_double(s, 17), .thinking_s = sqlite3_column_double(s, 18),
	};
	column_buf(s, 1, &m->text);
	column_buf(s, 2, &m->thinking);
	column_buf(s, 5, &m->calls);
	column_buf(s, 6, &m->calls_raw);
}

/* ---- searching ---- */

struct words {
	struct buf match;		/* for the index: those of three characters and more */
	struct buf likes[WORDS_MAX];	/* for LIKE: the others */
	size_t n_likes, n;
};

static size_t
count_characters(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t at = 0; at < n; count++) {
		uint32_t cp;
		bool ok;

		at += utf8_decode(s + at, n - at, &cp, &ok);
	}
	return count;
}

static void
add_word(struct words *w, const char *s, size_t n)
{
	struct buf *like;

	if (w->n++ == WORDS_MAX)
		return;
	if (count_characters(s, n) >= TRIGRAM) {
		buf_add_str(&w->match, w->match.len ? " \"" : "\"");
		for (size_t i = 0; i < n; i++)
			buf_add_str(&w->match, s[i] == '"' ? "\"\"" : (char[]){s[i], '\0'});
		buf_add_char(&w->match, '"');
		return;
	}
	like = &w->likes[w->n_likes++];
	buf_add_char(like, '%');
	for (size_t i = 0; i < n; i++)
		buf_add_str(like, strchr("%_\\", s[i]) ? (char[]){'\\', s[i], '\0'} : (char[]){s[i], '\0'});
	buf_add_char(like, '%');
}

static void
split_words(struct words *w, const char *s)
{
	for (size_t n; *s && w->n <= WORDS_MAX; s += n) {
		s += strspn(s, " \t\n");
		n = strcspn(s, " \t\n");
		if (n)
			add_word(w, s, n);
	}
}

static void
words_done(struct words *w)
{
	buf_done(&w->match);
	for (size_t i = 0; i < WORDS_MAX; i++)
		buf_done(&w->likes[i]);
}

/* Parameter 1 is the limit, 2 the words for the index, 3 and on the others. */
static void
add_likes(struct buf *sql, const struct words *w, const char *column, const char *joint)
{
	for (size_t i = 0; i < w->n_likes; i++) {
		buf_printf(sql, " %s %s LIKE ?%zu ESCAPE '\\'", joint, column, i + 3);
		joint = "AND";
	}
}

static void
write_search(struct buf *sql, const struct words *w)
{
	if (w->n == 0) {
		buf_add_str(sql, "SELECT " CHAT_FIELDS ", 0 FROM chats WHERE deleted = 0 ORDER BY pinned DESC, changed DESC LIMIT ?1");
		return;
	}
	buf_add_str(sql, "WITH hits(chat, message) AS (");
	if (w->match.len) {
		buf_add_str(sql, "SELECT m.chat, max(m.id) FROM (SELECT rowid AS id FROM found WHERE found MATCH ?2 ORDER BY"
		    " rowid DESC LIMIT " HIT_MESSAGES ") AS hit JOIN messages m ON m.id = hit.id");
		add_likes(sql, w, "m.text", "WHERE");
		buf_add_str(sql, " GROUP BY m.chat UNION ALL SELECT rowid, 0 FROM found_titles WHERE found_titles MATCH ?2");
		add_likes(sql, w, "title", "AND");
	} else {
		buf_add_str(sql, "SELECT chat, max(id) FROM (SELECT id, chat, text FROM messages ORDER BY id DESC LIMIT "
		    SCAN_MESSAGES ")");
		add_likes(sql, w, "text", "WHERE");
		buf_add_str(sql, " GROUP BY chat UNION ALL SELECT id, 0 FROM chats");
		add_likes(sql, w, "title", "WHERE");
	}
	buf_add_str(sql, ") SELECT " CHAT_FIELDS ", max(hits.message) FROM hits JOIN chats ON id = hits.chat WHERE deleted = 0"
	    " GROUP BY id ORDER BY pinned DESC, changed DESC LIMIT ?1");
}

/* Around the first of WORDS that stands in TEXT. */
static char *
make_snippet(const char *text, const char *words)
{
	const char *hit = NULL;
	size_t at, n = strlen(text);
	struct buf b = {0};

	for (const char *p = words; *p && !hit;) {
		char *word;

		p += strspn(p, " \t\n");
		word = strndup(p, strcspn(p, " \t\n"));
		p += strcspn(p, " \t\n");
		hit = word && *word ? strcasestr(text, word) : NULL;
		free(word);
	}
	at = hit ? (size_t)(hit - text) : 0;
	at = at > SNIPPET_BEFORE ? at - SNIPPET_BEFORE : 0;
	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	for (const char *p = text + at; at && p < hit; p++)	/* better at the beginning of a word */
		if (*p == ' ' || *p == '\n') {
			at = (size_t)(p + 1 - text);
			break;
		}
	n = n - at < SNIPPET_BYTES ? n - at : SNIPPET_BYTES;
	n -= utf8_incomplete_tail(text + at, n);
	buf_add_str(&b, at ? "…" : "");
	buf_add(&b, text + at, n);
	return buf_take(&b);
}

static char *
read_snippet(struct conn *c, int64_t message, const char *words)
{
	sqlite3_stmt *s = message ? conn_prepare(c, SQL_READ_TEXT) : NULL;
	char *snippet = NULL;

	if (!s)
		return NULL;
	sqlite3_bind_int64(s, 1, message);
	if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0))
		snippet = make_snippet((const char *)sqlite3_column_text(s, 0), words);
	sqlite3_reset(s);
	return snippet;
}

bool
history_find(struct history *h, const char *words, size_t limit, struct history_list *out, struct err *e)
{
	struct conn *c = history_reader(h);
	struct words w = {0};
	struct buf sql = {0};
	sqlite3_stmt *s = NULL;
	int step = SQLITE_ERROR;

	*out = (struct history_list){0};
	split_words(&w, words ? words : "");
	write_search(&sql, &w);
	if (sqlite3_prepare_v2(c->db, sql.data, -1, &s, NULL) == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, (int64_t)limit);
		if (w.match.len)
			sqlite3_bind_text(s, 2, w.match.data, (int)w.match.len, SQLITE_STATIC);
		for (size_t i = 0; i < w.n_likes; i++)
			sqlite3_bind_text(s, (int)i + 3, w.likes[i].data, (int)w.likes[i].len, SQLITE_STATIC);
		while ((step = sqlite3_step(s)) == SQLITE_ROW) {
			struct history_chat *chat;

			out->chats = mem_grow(out->chats, out->n + 1, sizeof *out->chats);
			chat = &out->chats[out->n++];
			read_chat(s, chat);
			chat->snippet = read_snippet(c, sqlite3_column_int64(s, CHAT_N_FIELDS), words);
		}
	}
	if (step != SQLITE_DONE) {
		conn_fail(c, e);
		history_list_done(out);
	}
	sqlite3_finalize(s);
	words_done(&w);
	buf_done(&sql);
	return step == SQLITE_DONE;
}

/* ---- one conversation ---- */

bool
history_read(struct history *h, int64_t chat, struct history_tree *out, struct err *e)
{
	struct conn *c = history_reader(h);
	sqlite3_stmt *head = conn_prepare(c, SQL_READ_CHAT), *s = conn_prepare(c, SQL_READ_MESSAGES);
	int step = SQLITE_ERROR;
	bool found = false;

	*out = (struct history_tree){0};
	if (head && s) {
		sqlite3_bind_int64(head, 1, chat);
		sqlite3_bind_int64(s, 1, chat);
		step = sqlite3_step(head);
		found = step == SQLITE_ROW;
		if (found)
			read_chat(head, &out->chat);
		while (found && (step = sqlite3_step(s)) == SQLITE_ROW) {
			out->messages = mem_grow(out->messages, out->n + 1, sizeof *out->messages);
			read_message(s, &out->messages[out->n++]);
		}
	}
	if (step != SQLITE_DONE)
		conn_fail(c, e);
	else if (!found)
		err_set(e, ERR_NOT_FOUND, "that conversation is no longer there");
	sqlite3_reset(head);
	sqlite3_reset(s);
	if (step == SQLITE_DONE && found)
		return true;
	history_tree_done(out);
	return false;
}

bool
history_draft(struct history *h, int64_t chat, struct buf *out)
{
	sqlite3_stmt *s = conn_prepare(history_reader(h), SQL_READ_DRAFT);
	bool found;

	if (!s)
		return false;
	sqlite3_bind_int64(s, 1, chat);
	found = sqlite3_step(s) == SQLITE_ROW;
	if (found)
		column_buf(s, 0, out);
	sqlite3_reset(s);
	return found;
}

static int64_t
read_id(struct history *h, enum sql sql)
{
	sqlite3_stmt *s = conn_prepare(history_reader(h), sql);
	int64_t id = s && sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;

	sqlite3_reset(s);
	return id;
}

int64_t
history_deleted_last(struct history *h)
{
	return read_id(h, SQL_READ_DELETED);
}

int64_t
history_last(struct history *h)
{
	return read_id(h, SQL_READ_LAST);
}

bool
history_runs(struct history *h, size_t limit, struct history_runs *out, struct err *e)
{
	struct conn *c = history_reader(h);
	sqlite3_stmt *s = conn_prepare(c, SQL_READ_RUNS);
	int rc;

	*out = (struct history_runs){0};
	if (!s)
		return conn_fail(c, e);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)limit);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		out->runs = mem_grow(out->runs, out->n + 1, sizeof *out->runs);
		out->runs[out->n++] = (struct history_run){
			.model = column_text(s, 0), .created_ms = sqlite3_column_int64(s, 1),
			.n_prompt = column_count(s, 2), .n_tokens = column_count(s, 3),
			.prompt_s = sqlite3_column_double(s, 4), .first_s = sqlite3_column_double(s, 5),
			.generate_s = sqlite3_column_double(s, 6),
		};
	}
	if (rc != SQLITE_DONE)
		conn_fail(c, e);
	sqlite3_reset(s);
	if (rc != SQLITE_DONE)
		history_runs_done(out);
	return rc == SQLITE_DONE;
}

void
history_runs_done(struct history_runs *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->runs[i].model);
	free(r->runs);
	*r = (struct history_runs){0};
}

/* ---- what was read ---- */

void
history_chat_done(struct history_chat *c)
{
	free(c->title);
	free(c->model);
	free(c->digest);
	free(c->system);
	free(c->sampling);
	free(c->snippet);
	*c = (struct history_chat){0};
}

void
history_message_done(struct history_message *m)
{
	buf_done(&m->text);
	buf_done(&m->thinking);
	buf_done(&m->calls);
	buf_done(&m->calls_raw);
	free(m->model);
	free(m->digest);
	free(m->sampling);
	free(m->ended);
	free(m->error);
	*m = (struct history_message){0};
}

void
history_list_done(struct history_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		history_chat_done(&l->chats[i]);
	free(l->chats);
	*l = (struct history_list){0};
}

void
history_tree_done(struct history_tree *t)
{
	history_chat_done(&t->chat);
	for (size_t i = 0; i < t->n; i++)
		history_message_done(&t->messages[i]);
	free(t->messages);
	*t = (struct history_tree){0};
}

size_t
history_branches(const struct history_tree *t, int64_t parent, int64_t *ids, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->messages[i].parent == parent) {
			if (n < max)
				ids[n] = t->messages[i].id;
			n++;
		}
	return n;
}

/* Ids are sorted. */
static size_t
find_index(const struct history_tree *t, int64_t id)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->messages[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < t->n && t->messages[low].id == id ? low : SIZE_MAX;
}

const struct history_message *
history_message_find(const struct history_tree *t, int64_t id)
{
	size_t i = find_index(t, id);

	return i == SIZE_MAX ? NULL : &t->messages[i];
}

int64_t
history_leaf_under(const struct history_tree *t, int64_t message)
{
	int64_t leaf = message;
	size_t i = find_index(t, message);

	/* Children come after their parents: the last child of the leaf so far, again and again. */
	for (bool grew = i != SIZE_MAX; grew;) {
		grew = false;
		for (size_t k = t->n; k-- > 0 && t->messages[k].id > leaf && !grew;)
			if (t->messages[k].parent == leaf) {
				leaf = t->messages[k].id;
				grew = true;
			}
	}
	return leaf;
}

size_t
history_path(const struct history_tree *t, int64_t leaf, size_t *path)
{
	size_t n = 0;

	/* A parent's id is below its child's, whatever the file says: so this ends. */
	for (size_t i = find_index(t, leaf); i != SIZE_MAX; n++) {
		int64_t parent = t->messages[i].parent;

		path[n] = i;
		i = parent && parent < t->messages[i].id ? find_index(t, parent) : SIZE_MAX;
	}
	for (size_t i = 0; i < n / 2; i++) {
		size_t swap = path[i];

		path[i] = path[n - 1 - i];
		path[n - 1 - i] = swap;
	}
	return n;
}
