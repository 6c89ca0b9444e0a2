/* The database file: its schema, the statements, opening; see history_db.h. */
#include "tui/state/history_db.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tui/state/history.h"

#define BUSY_MS 2000
#define APPLICATION_ID 0x6d6e6e77	/* "mnnw" */

/* ---- the schema: script i makes version i + 1 of version i ---- */

static const char *const migrations[] = {
	"CREATE TABLE chats(id INTEGER PRIMARY KEY, title TEXT NOT NULL, titled INTEGER NOT NULL DEFAULT 0,"
	"	pinned INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL,"
	"	changed INTEGER NOT NULL, model TEXT, digest TEXT, system TEXT, sampling TEXT, leaf INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX chats_order ON chats(pinned, changed);"
	"CREATE TABLE messages(id INTEGER PRIMARY KEY, chat INTEGER NOT NULL, parent INTEGER NOT NULL,"
	"	by_model INTEGER NOT NULL, text TEXT NOT NULL, thinking TEXT, calls TEXT, calls_raw TEXT, model TEXT,"
	"	digest TEXT, sampling TEXT, created INTEGER NOT NULL, ended TEXT, error TEXT, n_prompt INTEGER,"
	"	n_tokens INTEGER, prompt_s REAL, first_s REAL, generate_s REAL, thinking_s REAL);"
	"CREATE INDEX messages_chat ON messages(chat);"
	"CREATE TABLE pieces(message INTEGER NOT NULL, seq INTEGER NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL,"
	"	PRIMARY KEY(message, seq)) WITHOUT ROWID;"
	"CREATE TABLE drafts(chat INTEGER PRIMARY KEY, text TEXT NOT NULL);"
	/* Trigrams: any part of a word is found, in scripts without spaces too. */
	"CREATE VIRTUAL TABLE found USING fts5(text, content='messages', content_rowid='id', tokenize='trigram');"
	"CREATE TRIGGER messages_insert AFTER INSERT ON messages BEGIN"
	"	INSERT INTO found(rowid, text) VALUES(new.id, new.text); END;"
	"CREATE TRIGGER messages_delete AFTER DELETE ON messages BEGIN"
	"	INSERT INTO found(found, rowid, text) VALUES('delete', old.id, old.text); END;"
	"CREATE TRIGGER messages_update AFTER UPDATE OF text ON messages WHEN old.text <> new.text BEGIN"
	"	INSERT INTO found(found, rowid, text) VALUES('delete', old.id, old.text);"
	"	INSERT INTO found(rowid, text) VALUES(new.id, new.text); END;"
	"CREATE VIRTUAL TABLE found_titles USING fts5(title, content='chats', content_rowid='id', tokenize='trigram');"
	"CREATE TRIGGER chats_insert AFTER INSERT ON chats BEGIN"
	"	INSERT INTO found_titles(rowid, title) VALUES(new.id, new.title); END;"
	"CREATE TRIGGER chats_delete AFTER DELETE ON chats BEGIN"
	"	INSERT INTO found_titles(found_titles, rowid, title) VALUES('delete', old.id, old.title); END;"
	"CREATE TRIGGER chats_update AFTER UPDATE OF title ON chats BEGIN"
	"	INSERT INTO found_titles(found_titles, rowid, title) VALUES('delete', old.id, old.title);"
	"	INSERT INTO found_titles(rowid, title) VALUES(new.id, new.title); END;",

	/* Votes on answers side by side (history_votes.h). */
	"CREATE TABLE votes(id INTEGER PRIMARY KEY, created INTEGER NOT NULL, topic TEXT NOT NULL, prompt TEXT NOT NULL,"
	"	blind INTEGER NOT NULL, winner INTEGER NOT NULL);"
	"CREATE TABLE vote_answers(vote INTEGER NOT NULL, place INTEGER NOT NULL, model TEXT NOT NULL, digest TEXT,"
	"	settings TEXT NOT NULL, options TEXT NOT NULL, PRIMARY KEY(vote, place)) WITHOUT ROWID;",
};
enum { VERSION = ARRAY_LEN(migrations) };

#define PIECES(part, message) \
	"ifnull((SELECT group_concat(text, '') FROM (SELECT text FROM pieces WHERE message = " message " AND part = " part \
	" ORDER BY seq)), '')"
#define MESSAGE_FIELDS \
	"parent, by_model, calls, calls_raw, model, digest, sampling, created, ended, error, n_prompt, n_tokens, prompt_s," \
	" first_s, generate_s, thinking_s"

static const char *const texts[SQL_COUNT] = {
	[SQL_ADD_CHAT] = "INSERT OR IGNORE INTO chats(" CHAT_FIELDS ") VALUES(?,?,?,?,?,?,?,?,?,?,?)",
	[SQL_ADD_MESSAGE] = "INSERT OR IGNORE INTO messages(id, chat, text, thinking, " MESSAGE_FIELDS ")"
	    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	/* What is said in a conversation brings it back when another process deleted it. */
	[SQL_TOUCH] = "UPDATE chats SET changed = max(changed, ?2), leaf = ?3, deleted = 0 WHERE id = ?1",
	[SQL_APPEND] = "INSERT INTO pieces(message, seq, part, text)"
	    " VALUES(?1, ifnull((SELECT max(seq) FROM pieces WHERE message = ?1), 0) + 1, ?2, ?3)",
	[SQL_JOIN] = "UPDATE messages SET text = text || " PIECES("0", "?1") ", thinking = ifnull(thinking, '') || "
	    PIECES("1", "?1") " WHERE id = ?1",
	[SQL_DROP_PIECES] = "DELETE FROM pieces WHERE message = ?1",
	[SQL_END] = "UPDATE messages SET calls = ?2, calls_raw = ?3, model = ?4, digest = ?5, sampling = ?6, ended = ?7,"
	    " error = ?8, n_prompt = ?9, n_tokens = ?10, prompt_s = ?11, first_s = ?12, generate_s = ?13, thinking_s = ?14"
	    " WHERE id = ?1",
	[SQL_SET_CHAT] = "UPDATE chats SET model = ?2, system = ?3, sampling = ?4 WHERE id = ?1",
	[SQL_LEAF] = "UPDATE chats SET leaf = ?2 WHERE id = ?1",
	[SQL_DRAFT] = "INSERT INTO drafts(chat, text) VALUES(?1, ?2) ON CONFLICT(chat) DO UPDATE SET text = excluded.text",
	[SQL_NO_DRAFT] = "DELETE FROM drafts WHERE chat = ?1",
	[SQL_RENAME] = "UPDATE chats SET title = ?2, titled = 1 WHERE id = ?1",
	[SQL_PIN] = "UPDATE chats SET pinned = ?2 WHERE id = ?1",
	[SQL_DELETE] = "UPDATE chats SET deleted = ?2 WHERE id = ?1",
	[SQL_JOIN_ALL] = "UPDATE messages SET text = text || " PIECES("0", "messages.id") ", thinking = ifnull(thinking, '')"
	    " || " PIECES("1", "messages.id") " WHERE id IN (SELECT message FROM pieces)",
	[SQL_DROP_ALL_PIECES] = "DELETE FROM pieces",
	[SQL_PURGE_MESSAGES] = "DELETE FROM messages WHERE chat IN (SELECT id FROM chats WHERE deleted BETWEEN 1 AND ?1)",
	[SQL_PURGE_DRAFTS] = "DELETE FROM drafts WHERE chat IN (SELECT id FROM chats WHERE deleted BETWEEN 1 AND ?1)",
	[SQL_PURGE_CHATS] = "DELETE FROM chats WHERE deleted BETWEEN 1 AND ?1",
	[SQL_OPTIMIZE] = "INSERT INTO found(found) VALUES('optimize')",	/* or the index would keep the deleted words */
	[SQL_READ_CHAT] = "SELECT " CHAT_FIELDS " FROM chats WHERE id = ?1",
	[SQL_READ_MESSAGES] = "SELECT id, text || " PIECES("0", "messages.id") ", ifnull(thinking, '') || "
	    PIECES("1", "messages.id") ", " MESSAGE_FIELDS " FROM messages WHERE chat = ?1 ORDER BY id",
	[SQL_READ_DRAFT] = "SELECT text FROM drafts WHERE chat = ?1",
	[SQL_READ_DELETED] = "SELECT id FROM chats WHERE deleted > 0 ORDER BY deleted DESC LIMIT 1",
	[SQL_READ_LAST] = "SELECT id FROM chats WHERE deleted = 0 ORDER BY changed DESC LIMIT 1",
	[SQL_READ_TEXT] = "SELECT text FROM messages WHERE id = ?1",
	[SQL_READ_RUNS] = "SELECT ifnull(messages.model, chats.model), messages.created, n_prompt, n_tokens, prompt_s, first_s,"
	    " generate_s FROM messages JOIN chats ON chats.id = messages.chat WHERE by_model AND n_tokens > 1 AND generate_s > 0"
	    " AND deleted = 0 ORDER BY messages.id DESC LIMIT ?1",
	[SQL_ADD_VOTE] = "INSERT OR REPLACE INTO votes(id, created, topic, prompt, blind, winner) VALUES(?,?,?,?,?,?)",
	[SQL_ADD_VOTE_ANSWER] = "INSERT OR REPLACE INTO vote_answers(vote, place, model, digest, settings, options)"
	    " VALUES(?,?,?,?,?,?)",
	[SQL_SET_VOTE_DIGEST] = "UPDATE vote_answers SET digest = ?3 WHERE vote = ?1 AND place = ?2",
	[SQL_READ_VOTES] = "SELECT id, created, topic, prompt, blind, winner, place, model, digest, settings, options"
	    " FROM votes JOIN vote_answers ON vote = id ORDER BY id, place",
	[SQL_READ_PURGE] = "SELECT 1 FROM chats WHERE deleted BETWEEN 1 AND ?1 LIMIT 1",
};

bool
conn_fail(const struct conn *c, struct err *e)
{
	const char *name = c->path ? strrchr(c->path, '/') + 1 : "the history", *why = sqlite3_errmsg(c->db);

	switch (c->db ? sqlite3_errcode(c->db) & 0xff : SQLITE_NOMEM) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(e, ERR_FAILED, "%s is damaged (%s): move it away to begin a new one", name, why);
	case SQLITE_FULL:
		return err_set(e, ERR_NO_SPACE, "%s cannot grow: the disk is full", name);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(e, ERR_FAILED, "%s is held by another process", name);
	case SQLITE_READONLY:
		return err_set(e, ERR_FAILED, "%s cannot be written: it or its folder is read-only", name);
	default:
		return err_set(e, ERR_FAILED, "%s: %s", name, why);
	}
}

sqlite3_stmt *
conn_prepare(struct conn *c, enum sql sql)
{
	if (!c->stmts[sql])
		sqlite3_prepare_v3(c->db, texts[sql], -1, SQLITE_PREPARE_PERSISTENT, &c->stmts[sql], NULL);
	return c->stmts[sql];
}

void
conn_close(struct conn *c)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(c->stmts[i]);
	sqlite3_close(c->db);
	*c = (struct conn){0};
}

bool
conn_open(struct conn *c, const char *path, struct err *e)
{
	/* WAL: readers never wait, and a commit needs no fsync to survive the process. */
	static const char pragmas[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
	    "PRAGMA cell_size_check = ON;";
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

	c->path = path;
	if (sqlite3_open_v2(path ? path : ":memory:", &c->db, flags, NULL) != SQLITE_OK)
		return conn_fail(c, e);
	sqlite3_busy_timeout(c->db, BUSY_MS);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* Another process may switch to WAL at this moment: then its answer is that the file is held. */
	if (sqlite3_exec(c->db, pragmas, NULL, NULL, NULL) != SQLITE_OK && sqlite3_errcode(c->db) != SQLITE_BUSY)
		return conn_fail(c, e);
	return true;
}

static bool
read_number(struct conn *c, const char *sql, int64_t *out)
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;

	*out = ok ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return ok;
}

/* Bring the schema up to date, in one transaction that other processes wait for. */
bool
conn_migrate(struct conn *c, struct err *e)
{
	int64_t version, id, n_tables;
	struct buf sql = {0};
	bool ok;

	if (sqlite3_exec(c->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
	    !read_number(c, "PRAGMA user_version", &version) || !read_number(c, "PRAGMA application_id", &id) ||
	    !read_number(c, "SELECT count(*) FROM sqlite_schema", &n_tables))
		return conn_fail(c, e);
	if ((n_tables || version || id) && id != APPLICATION_ID)
		return err_set(e, ERR_FAILED, "%s is another program's database, not a history of minnow", c->path);
	if (version < 0 || version > VERSION)
		return err_set(e, ERR_FAILED, "history.db was written by a newer minnow (its format is %lld, this one knows %d)",
		    (long long)version, VERSION);
	for (; version < VERSION; version++)
		buf_add_str(&sql, migrations[version]);
	if (sql.len)
		buf_printf(&sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID, VERSION);
	buf_add_str(&sql, "COMMIT");
	ok = sqlite3_exec(c->db, sql.data, NULL, NULL, NULL) == SQLITE_OK || conn_fail(c, e);
	buf_done(&sql);
	return ok;
}
