/* A connection to the file of conversations, for history*.c only. */
#ifndef TUI_STATE_HISTORY_DB_H
#define TUI_STATE_HISTORY_DB_H

#include <sqlite3.h>
#include <stdbool.h>

#include "core/base/err.h"

#define CHAT_FIELDS "id, title, titled, pinned, created, changed, model, digest, system, sampling, leaf"
enum { CHAT_N_FIELDS = 11 };

enum sql {
	SQL_ADD_CHAT, SQL_ADD_MESSAGE, SQL_TOUCH, SQL_APPEND, SQL_JOIN, SQL_DROP_PIECES, SQL_END, SQL_SET_CHAT, SQL_LEAF,
	SQL_DRAFT,
	SQL_NO_DRAFT, SQL_RENAME, SQL_PIN, SQL_DELETE, SQL_JOIN_ALL, SQL_DROP_ALL_PIECES, SQL_PURGE_MESSAGES,
	SQL_PURGE_DRAFTS, SQL_PURGE_CHATS, SQL_OPTIMIZE,
	SQL_READ_CHAT, SQL_READ_MESSAGES, SQL_READ_DRAFT, SQL_READ_DELETED, SQL_READ_LAST, SQL_READ_TEXT, SQL_READ_PURGE,
	SQL_READ_RUNS,
	SQL_ADD_VOTE, SQL_ADD_VOTE_ANSWER, SQL_SET_VOTE_DIGEST, SQL_READ_VOTES,
	SQL_COUNT
};

struct conn {
	sqlite3 *db;
	const char *path;		/* not owned; NULL: in memory */
	sqlite3_stmt *stmts[SQL_COUNT];	/* prepared when first needed */
};

/* PATH: a file that is there, or NULL. */
bool conn_open(struct conn *c, const char *path, struct err *e) MUST_CHECK;
void conn_close(struct conn *c);		/* accepts a zeroed one */
/* Bring the schema up to date, in one transaction that other processes wait for. */
bool conn_migrate(struct conn *c, struct err *e) MUST_CHECK;
sqlite3_stmt *conn_prepare(struct conn *c, enum sql sql);	/* NULL: see conn_fail() */
/* What SQLite last said, as a sentence in *e; false. */
bool conn_fail(const struct conn *c, struct err *e);

struct history;
struct conn *history_reader(struct history *h);
/* A statement for the writer; TYPES, one of each value: i int64_t, r double, s const char * or NULL (copied). */
void history_queue(struct history *h, enum sql sql, const char *types, ...);

#endif
