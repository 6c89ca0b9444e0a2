/* Conversations in SQLite; see history.h.  Two connections to the file: the caller's thread reads, the writer's thread
 * writes what stands in the queue, all of it in one transaction.  In memory there is one connection and no thread.
 *
 * A growing answer is rows of "pieces", which cost one page each; they are joined to their message when it ends, or by
 * the next process when it never did.  Joining is a transaction, so whoever does it, and however often, every byte is in
 * exactly one place. */
#define _GNU_SOURCE
#include "tui/state/history.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/state/history_db.h"

#define RETRY_MS 500
#define CLOSE_TRIES 4			/* of writing, when leaving */
#define KEEP_DELETED_MS (24 * 3600 * INT64_C(1000))
enum { VALUES_MAX = 20 };

struct value {
	char type;			/* as in push() */
	int64_t i;
	double r;
	char *s;			/* NULL: nothing known */
	size_t n;
};

struct op {
	struct op *next;
	enum sql sql;
	size_t n;
	struct value v[VALUES_MAX];
};

struct history {
	char *path;			/* NULL: in memory */
	struct conn reader, writer;	/* in memory the writer alone */
	pthread_t thread;
	bool has_thread;
	pthread_cond_t work, idle;
	pthread_mutex_t lock;		/* guards everything below */
	struct op *head, *tail;
	bool writing, hurry, quit;
	bool dead;			/* damaged while open: nothing is written any more */
	struct err err;			/* of the last try */
	unsigned n_failed;
};

/* ---- the queue ---- */

static void
op_free(struct op *op)
{
	for (size_t i = 0; i < op->n; i++)
		free(op->v[i].s);
	free(op);
}

/* TYPES: i int64_t, r double, s const char * or NULL, b const struct buf *, t const char * and size_t. */
static struct op *
op_new(enum sql sql, const char *types, va_list ap)
{
	struct op *op = mem_new0(1, sizeof *op);
	const struct buf *b;
	const char *s;

	op->sql = sql;
	for (; *types; types++) {
		struct value *v = &op->v[op->n++];

		v->type = *types == 'i' || *types == 'r' ? *types : 's';
		switch (*types) {
		case 'i':
			v->i = va_arg(ap, int64_t);
			break;
		case 'r':
			v->r = va_arg(ap, double);
			break;
		case 's':
			s = va_arg(ap, const char *);
			v->s = s ? mem_dup(s) : NULL;
			v->n = s ? strlen(s) : 0;
			break;
		case 'b':
			b = va_arg(ap, const struct buf *);
			v->s = mem_dup_bytes(buf_str(b), b->len + 1);
			v->n = b->len;
			break;
		default:
			s = va_arg(ap, const char *);
			v->n = va_arg(ap, size_t);
			v->s = mem_dup_bytes(s, v->n);
			break;
		}
	}
	return op;
}

static bool
run_op(struct conn *c, const struct op *op)
{
	sqlite3_stmt *s = conn_prepare(c, op->sql);
	bool ok = s != NULL;

	for (size_t i = 0; ok && i < op->n; i++) {
		const struct value *v = &op->v[i];
		int at = (int)i + 1;

		if (v->type == 'i')
			ok = sqlite3_bind_int64(s, at, v->i) == SQLITE_OK;
		else if (v->type == 'r')
			ok = sqlite3_bind_double(s, at, v->r) == SQLITE_OK;
		else if (v->s)
			ok = sqlite3_bind_text64(s, at, v->s, v->n, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
	}
	ok = ok && sqlite3_step(s) == SQLITE_DONE;
	if (s) {
		sqlite3_reset(s);
		sqlite3_clear_bindings(s);
	}
	return ok;
}

enum write { WRITE_DONE, WRITE_LATER, WRITE_NOT_THIS, WRITE_NEVER };

/* All or nothing. */
static enum write
write_all(struct history *h, const struct op *op, struct err *e)
{
	struct conn *c = &h->writer;
	bool ok = sqlite3_exec(c->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
	int code;

	for (; ok && op; op = op->next)
		ok = run_op(c, op);
	if (ok && sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return WRITE_DONE;
	code = sqlite3_errcode(c->db) & 0xff;
	conn_fail(c, e);
	if (!sqlite3_get_autocommit(c->db))
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	switch (code) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return WRITE_NEVER;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_NOMEM:
	case SQLITE_READONLY:
		return WRITE_LATER;
	default:
		return WRITE_NOT_THIS;
	}
}

static void
free_ops(struct op *op)
{
	for (struct op *next; op; op = next) {
		next = op->next;
		op_free(op);
	}
}

/* Pieces of one answer that wait are one piece. */
static bool
joins(const struct op *last, const struct op *op)
{
	return last && last->sql == SQL_APPEND && op->sql == SQL_APPEND && last->v[0].i == op->v[0].i &&
	    last->v[1].i == op->v[1].i;
}

static void
enqueue(struct history *h, struct op *op)
{
	if (h->dead) {
		op_free(op);
	} else if (joins(h->tail, op)) {
		struct value *v = &h->tail->v[2];

		v->s = mem_grow(v->s, v->n + op->v[2].n, 1);
		memcpy(v->s + v->n, op->v[2].s, op->v[2].n);
		v->n += op->v[2].n;
		op_free(op);
	} else {
		if (h->tail)
			h->tail->next = op;
		else
			h->head = op;
		h->tail = op;
	}
}

/* Take the queue and write it.  Called and returns with the lock held, which is free meanwhile. */
static void
write_queue(struct history *h)
{
	struct op *ops = h->head, *last = h->tail;
	struct err e = {0};
	enum write w;

	h->head = h->tail = NULL;
	h->writing = true;
	pthread_mutex_unlock(&h->lock);
	w = write_all(h, ops, &e);
	pthread_mutex_lock(&h->lock);
	h->writing = false;
	h->err = e;
	h->n_failed = w == WRITE_DONE ? 0 : h->n_failed + 1;
	h->dead |= w == WRITE_NEVER;
	if (w == WRITE_LATER) {
		/* A full disk or another process passes: what was to be written comes first again. */
		last->next = h->head;
		h->tail = h->tail ? h->tail : last;
		h->head = ops;
	} else {
		free_ops(ops);
	}
	pthread_cond_broadcast(&h->idle);
}

static struct timespec
time_after(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += ms % 1000 * 1000000L;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000L;
	t.tv_nsec %= 1000000000L;
	return t;
}

static void
wait_ms(struct history *h, int ms)
{
	struct timespec t = time_after(ms);

	while (!h->quit && !h->hurry && pthread_cond_timedwait(&h->work, &h->lock, &t) == 0)
		;
}

static void *
write_on(void *arg)
{
	struct history *h = arg;

	pthread_mutex_lock(&h->lock);
	while (!h->quit || (h->head && h->n_failed < CLOSE_TRIES)) {
		if (!h->head) {
			pthread_cond_wait(&h->work, &h->lock);
			continue;
		}
		write_queue(h);
		h->hurry = false;
		wait_ms(h, h->n_failed ? RETRY_MS : HISTORY_PACE_MS);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

static void
push(struct history *h, enum sql sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	enqueue(h, op_new(sql, types, ap));
	va_end(ap);
}

static void
begin(struct history *h)
{
	pthread_mutex_lock(&h->lock);
}

static void
end(struct history *h)
{
	if (!h->has_thread && h->head)
		write_queue(h);
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
}

void
history_queue(struct history *h, enum sql sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	begin(h);
	enqueue(h, op_new(sql, types, ap));
	end(h);
	va_end(ap);
}

bool
history_flush(struct history *h, struct err *e)
{
	bool ok;

	begin(h);
	for (unsigned before = h->n_failed; (h->head || h->writing) && h->n_failed <= before;) {
		h->hurry = true;
		pthread_cond_signal(&h->work);
		pthread_cond_wait(&h->idle, &h->lock);
	}
	ok = !h->err.kind && !h->head;
	if (!ok && e)
		*e = h->err;
	end(h);
	return ok;
}

bool
history_settle(struct history *h, int ms)
{
	struct timespec t = time_after(ms);
	bool waits = true, in_time;

	pthread_mutex_lock(&h->lock);
	while (waits && (h->head || h->writing) && h->has_thread && h->n_failed == 0 && !h->dead) {
		h->hurry = true;
		pthread_cond_signal(&h->work);
		waits = pthread_cond_timedwait(&h->idle, &h->lock, &t) == 0;
	}
	in_time = waits || (!h->head && !h->writing);
	pthread_mutex_unlock(&h->lock);
	return in_time;
}

bool
history_failed(struct history *h, struct err *e)
{
	bool failed;

	begin(h);
	failed = h->err.kind != ERR_NONE;
	if (failed)
		*e = h->err;
	pthread_mutex_unlock(&h->lock);
	return failed;
}

/* ---- opening ---- */

/* SQLite would make the file readable for others. */
static bool
make_file(const char *path, struct err *e)
{
	struct buf dir = {0};
	struct stat st;
	bool ok;
	int fd;

	buf_add(&dir, path, (size_t)(strrchr(path, '/') - path));
	ok = fs_make_dirs(buf_str(&dir), e);
	buf_done(&dir);
	if (!ok)
		return false;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (fd < 0)
		return err_set_errno(e, errno, path);
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (!ok)
		err_set(e, ERR_FAILED, "%s: is not a regular file", path);
	else if (st.st_mode & 077)
		ok = fchmod(fd, 0600) == 0 || err_set_errno(e, errno, path);
	close(fd);
	return ok;
}

/* What a process that died left in pieces; what was deleted long ago. */
static void
tidy(struct history *h)
{
	int64_t before = history_now_ms() - KEEP_DELETED_MS;
	sqlite3_stmt *s = conn_prepare(&h->reader, SQL_READ_PURGE);
	bool purge;

	sqlite3_bind_int64(s, 1, before);
	purge = sqlite3_step(s) == SQLITE_ROW;
	sqlite3_reset(s);
	begin(h);
	push(h, SQL_JOIN_ALL, "");
	push(h, SQL_DROP_ALL_PIECES, "");
	if (purge) {
		push(h, SQL_PURGE_MESSAGES, "i", before);
		push(h, SQL_PURGE_DRAFTS, "i", before);
		push(h, SQL_PURGE_CHATS, "i", before);
		push(h, SQL_OPTIMIZE, "");
	}
	end(h);
}

struct history *
history_open(const char *path, struct err *e)
{
	struct history *h = mem_new0(1, sizeof *h);
	pthread_condattr_t attr;

	pthread_mutex_init(&h->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&h->work, &attr);
	pthread_cond_init(&h->idle, &attr);
	pthread_condattr_destroy(&attr);
	h->path = path ? mem_dup(path) : NULL;
	if (path && !make_file(path, e))
		goto fail;
	if (!conn_open(&h->writer, h->path, e) || !conn_migrate(&h->writer, e))
		goto fail;
	if (!path)
		return h;
	if (!conn_open(&h->reader, h->path, e))
		goto fail;
	h->has_thread = pthread_create(&h->thread, NULL, write_on, h) == 0;
	tidy(h);
	return h;
fail:
	history_close(h);
	return NULL;
}

void
history_close(struct history *h)
{
	if (!h)
		return;
	if (h->has_thread) {
		begin(h);
		h->quit = true;
		end(h);
		pthread_join(h->thread, NULL);
	}
	free_ops(h->head);
	conn_close(&h->reader);
	conn_close(&h->writer);
	pthread_cond_destroy(&h->work);
	pthread_cond_destroy(&h->idle);
	pthread_mutex_destroy(&h->lock);
	free(h->path);
	free(h);
}

struct conn *
history_reader(struct history *h)
{
	return h->reader.db ? &h->reader : &h->writer;
}

bool
history_is_kept(const struct history *h)
{
	return h->path != NULL;
}

int64_t
history_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
history_new_id(int64_t after)
{
	/* Milliseconds, and 20 bits that another process will not choose in the same one. */
	static int64_t last;
	uint32_t chance = 0;
	int64_t id;

	if (getrandom(&chance, sizeof chance, 0) != sizeof chance)
		chance = (uint32_t)clock_ns();
	id = history_now_ms() << 20 | (chance & 0xfffff);
	if (id <= after || id <= last)
		id = (after > last ? after : last) + 1 + (chance & 0xff);
	last = id;
	return id;
}

/* ---- writing ---- */

static void
push_chat(struct history *h, const struct history_chat *c)
{
	push(h, SQL_ADD_CHAT, "isiiiissssi", c->id, c->title ? c->title : "", (int64_t)c->titled, (int64_t)c->pinned,
	    c->created_ms, c->changed_ms, c->model, c->digest, c->system, c->sampling, c->leaf);
}

static void
push_message(struct history *h, int64_t chat, const struct history_message *m)
{
	push(h, SQL_ADD_MESSAGE, "iibbiibbsssissiirrrr", m->id, chat, &m->text, &m->thinking, m->parent,
	    (int64_t)m->by_model, &m->calls, &m->calls_raw, m->model, m->digest, m->sampling, m->created_ms, m->ended,
	    m->error, (int64_t)m->n_prompt, (int64_t)m->n_tokens, m->prompt_s, m->first_s, m->generate_s, m->thinking_s);
}

void
history_add_chat(struct history *h, const struct history_chat *c)
{
	begin(h);
	push_chat(h, c);
	end(h);
}

void
history_add_message(struct history *h, int64_t chat, const struct history_message *m)
{
	begin(h);
	push_message(h, chat, m);
	push(h, SQL_TOUCH, "iii", chat, m->created_ms, m->id);
	end(h);
}

void
history_append(struct history *h, int64_t message, enum history_part part, const char *s, size_t n)
{
	if (n == 0)
		return;
	begin(h);
	push(h, SQL_APPEND, "iit", message, (int64_t)part, s, n);
	end(h);
}

void
history_end_message(struct history *h, int64_t chat, const struct history_message *m)
{
	begin(h);
	push(h, SQL_JOIN, "i", m->id);
	push(h, SQL_DROP_PIECES, "i", m->id);
	push(h, SQL_END, "ibbsssssiirrrr", m->id, &m->calls, &m->calls_raw, m->model, m->digest, m->sampling, m->ended,
	    m->error, (int64_t)m->n_prompt, (int64_t)m->n_tokens, m->prompt_s, m->first_s, m->generate_s, m->thinking_s);
	push(h, SQL_TOUCH, "iii", chat, history_now_ms(), m->id);
	end(h);
}

void
history_set_chat(struct history *h, int64_t chat, const char *model, const char *system, const char *sampling)
{
	begin(h);
	push(h, SQL_SET_CHAT, "isss", chat, model, system, sampling);
	end(h);
}

void
history_set_leaf(struct history *h, int64_t chat, int64_t message)
{
	begin(h);
	push(h, SQL_LEAF, "ii", chat, message);
	end(h);
}

void
history_set_draft(struct history *h, int64_t chat, const char *text)
{
	begin(h);
	if (*text)
		push(h, SQL_DRAFT, "is", chat, text);
	else
		push(h, SQL_NO_DRAFT, "i", chat);
	end(h);
}

bool
history_rename(struct history *h, int64_t chat, const char *title, struct err *e)
{
	begin(h);
	push(h, SQL_RENAME, "is", chat, title);
	end(h);
	return history_flush(h, e);
}

bool
history_pin(struct history *h, int64_t chat, bool pinned, struct err *e)
{
	begin(h);
	push(h, SQL_PIN, "ii", chat, (int64_t)pinned);
	end(h);
	return history_flush(h, e);
}

bool
history_delete(struct history *h, int64_t chat, struct err *e)
{
	begin(h);
	push(h, SQL_DELETE, "ii", chat, history_now_ms());
	end(h);
	return history_flush(h, e);
}

bool
history_undelete(struct history *h, int64_t chat, struct err *e)
{
	begin(h);
	push(h, SQL_DELETE, "ii", chat, (int64_t)0);
	end(h);
	return history_flush(h, e);
}

bool
history_import(struct history *h, const struct history_tree *t, int64_t *chat, struct err *e)
{
	struct history_chat c = t->chat;
	int64_t *ids = mem_new0(t->n, sizeof *ids);

	c.id = history_new_id(0);
	c.leaf = 0;
	begin(h);
	for (size_t i = 0; i < t->n; i++) {
		struct history_message m = t->messages[i];
		/* Ids of files are places. */
		bool by_place = m.parent > 0 && (uint64_t)m.parent <= i && t->messages[m.parent - 1].id == m.parent;
		size_t parent = by_place ? (size_t)m.parent - 1 : 0;

		ids[i] = history_new_id(c.id);
		while (m.parent && parent < i && t->messages[parent].id != m.parent)
			parent++;
		m.parent = m.parent && parent < i ? ids[parent] : 0;
		if (m.id == t->chat.leaf)
			c.leaf = ids[i];
		m.id = ids[i];
		push_message(h, c.id, &m);
	}
	push_chat(h, &c);
	end(h);
	free(ids);
	*chat = c.id;
	return history_flush(h, e);
}
