/* Sessions saved and restored: the timeline goes on bit for bit, and a file that does not suit changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/session.h"
#include "tests/data/nano.h"

enum { N_CTX = 64, N_VOCAB = 40, N = 50 };

/* A window in both layers; heads of 32, which every type of cache can hold. */
#define RING "phi3_wide"
#define PLAIN "qwen3_wide"

struct opened {
	struct buf file;
	struct engine *engine;
	struct model *model;
};

static struct opened
open_model(const char *name)
{
	struct engine_options eo = {.n_threads = 1};
	struct opened o = {0};
	struct err e = {0};
	struct gguf *g;

	nano_make(nano_find(name), &o.file);
	o.engine = engine_new(&eo, &e);
	g = gguf_open_memory(o.file.data, o.file.len, &e);
	o.model = g && o.engine ? model_open_gguf(o.engine, g, "nano", &e) : NULL;
	if (!o.model)
		fail_msg("%s", e.text);
	return o;
}

static void
close_model(struct opened *o)
{
	model_close(o->model);
	engine_free(o->engine);
	buf_done(&o->file);
}

static struct session *
open_session(struct opened *o, enum kvtype kv, uint32_t n_ctx, uint32_t rewind)
{
	struct session_options so = {.n_ctx = n_ctx, .kv = kv, .chunk = 4, .rewind = rewind};
	struct err e = {0};
	struct session *s = session_open(o->model, &so, &e);

	if (!s)
		fail_msg("%s", e.text);
	return s;
}

static void
go_on(struct session *s, uint32_t end)
{
	struct err e = {0};

	for (uint32_t i = session_n_past(s); i < end; i++) {
		uint32_t id = (7 * i * i + 3 * i + 1) % N_VOCAB;

		if (!session_eval(s, &id, 1, NULL, &e))
			fail_msg("%s", e.text);
	}
}

static void
assert_same_logits(struct session *a, struct session *b)
{
	assert_int_equal(session_n_past(a), session_n_past(b));
	assert_memory_equal(session_logits(a), session_logits(b), N_VOCAB * sizeof(float));
}

static void
restore(struct session *s, const struct buf *b)
{
	struct err e = {0};

	if (!session_restore_memory(s, b->data, b->len, &e))
		fail_msg("%s", e.text);
}

static void
check_goes_on(const char *name, enum kvtype kv, uint32_t from_rewind, uint32_t to_rewind)
{
	struct opened o = open_model(name);
	struct session *a = open_session(&o, kv, N_CTX, from_rewind), *b = open_session(&o, kv, N_CTX + 7, to_rewind);
	struct session *fresh = open_session(&o, kv, N_CTX, 0);
	struct buf saved = {0};
	struct err e = {0};

	go_on(a, 40);
	go_on(b, 13);			/* what was there before is gone */
	assert_true(session_save_memory(a, &saved, &e));
	restore(b, &saved);
	assert_same_logits(a, b);
	go_on(a, N);
	go_on(b, N);
	assert_same_logits(a, b);
	/* Cut back as far as it says, then on again: as if it had never been saved. */
	for (uint32_t back = 1; back < 20; back += 3) {
		uint32_t left = session_truncate(b, N - back);

		assert_true(left == N - back || left == 0);
		go_on(b, N - back + 1);
		session_truncate(fresh, 0);
		go_on(fresh, N - back + 1);
		assert_same_logits(b, fresh);
		go_on(b, N);
	}
	buf_done(&saved);
	session_close(a);
	session_close(b);
	session_close(fresh);
	close_model(&o);
}

static void
a_restored_session_goes_on_bit_for_bit(void **state)
{
	(void)state;
	for (int kv = 0; kv < KV_COUNT; kv++) {
		check_goes_on(PLAIN, kv, 0, 0);
		check_goes_on(RING, kv, 4, 4);
		check_goes_on(RING, kv, 4, 9);		/* into a larger ring */
		check_goes_on(RING, kv, 9, 4);		/* … a smaller one */
		check_goes_on(RING, kv, 4, 0);		/* … a cache that holds all */
		check_goes_on(RING, kv, 0, 4);
	}
}

static void
an_empty_session_can_be_saved(void **state)
{
	struct opened o = open_model(RING);
	struct session *a = open_session(&o, KV_f16, N_CTX, 4), *b = open_session(&o, KV_f16, N_CTX, 4);
	struct buf saved = {0};
	struct err e = {0};

	(void)state;
	assert_true(session_save_memory(a, &saved, &e));
	go_on(b, 30);
	restore(b, &saved);
	assert_int_equal(session_n_past(b), 0);
	go_on(a, 30);
	go_on(b, 30);
	assert_same_logits(a, b);
	buf_done(&saved);
	session_close(a);
	session_close(b);
	close_model(&o);
}

static void
assert_refused(struct session *s, const struct buf *b, size_t len, const char *what)
{
	struct err e = {0};
	uint32_t n_past = session_n_past(s);

	assert_false(session_restore_memory(s, b->data, len, &e));
	if (!strstr(e.text, what))
		fail_msg("\"%s\" does not say \"%s\"", e.text, what);
	assert_int_equal(session_n_past(s), n_past);
}

/* Change the u32 at AT, with a checksum that matches. */
static void
assert_change_refused(struct session *s, const struct buf *b, size_t at, uint32_t value, const char *what)
{
	struct buf copy = {0};
	uint64_t sum;

	buf_add(&copy, b->data, b->len);
	memcpy(copy.data + at, &value, sizeof value);
	sum = hash_bytes(copy.data, copy.len - sizeof sum);
	memcpy(copy.data + copy.len - sizeof sum, &sum, sizeof sum);
	assert_refused(s, &copy, copy.len, what);
	buf_done(&copy);
}

static void
files_that_do_not_suit_are_refused(void **state)
{
	struct opened o = open_model(RING), other = open_model(PLAIN);
	struct session *a = open_session(&o, KV_f16, N_CTX, 4), *b = open_session(&o, KV_f32, N_CTX, 4);
	struct session *small = open_session(&o, KV_f16, 39, 4), *c = open_session(&other, KV_f16, N_CTX, 4);
	const size_t firsts = 64, ids = firsts + 2 * 4;
	struct buf saved = {0};
	struct err e = {0};

	(void)state;
	go_on(a, 40);
	assert_true(session_save_memory(a, &saved, &e));
	go_on(a, 45);
	for (size_t len = 0; len < saved.len; len += len < 100 ? 1 : 37)
		assert_refused(a, &saved, len, len < 72 ? "not a saved session" : "bytes are left");
	for (size_t at = ids; at < saved.len; at += 41) {
		saved.data[at] ^= 0x10;
		assert_refused(a, &saved, saved.len, "checksum");
		saved.data[at] ^= 0x10;
	}
	assert_refused(b, &saved, saved.len, "cache of type f16, expected f32");
	assert_refused(small, &saved, saved.len, "holds 40 tokens, but the context only 39");
	assert_refused(c, &saved, saved.len, "another model");
	assert_change_refused(a, &saved, 0, 0, "not a saved session");
	assert_change_refused(a, &saved, 8, 1, "version 1");
	assert_change_refused(a, &saved, 12, 77, "type unknown");
	assert_change_refused(a, &saved, 16, 1, "another model");
	assert_change_refused(a, &saved, 24, 3, "another model");
	assert_change_refused(a, &saved, 28, 1u << 31, "another model");
	assert_change_refused(a, &saved, 32, UINT32_MAX, "holds 4294967295 tokens");
	assert_change_refused(a, &saved, 32, 41, "bytes are left");
	assert_change_refused(a, &saved, 36, 1, "has 1 marks");
	assert_change_refused(a, &saved, 40, 1, "another model");
	assert_change_refused(a, &saved, 48, 1, "holds an input of 1 tokens");
	assert_change_refused(a, &saved, 56, 1, "another minnow");
	assert_change_refused(a, &saved, firsts, 36, "begins at position 36, expected at most 35");
	assert_change_refused(a, &saved, firsts + 4, 34, "bytes are left");
	assert_change_refused(a, &saved, ids + 4, N_VOCAB, "token 40 does not exist");
	/* After all this it goes on as before. */
	go_on(a, N);
	go_on(c, 5);
	restore(a, &saved);
	go_on(a, N);
	session_close(b);
	b = open_session(&o, KV_f16, N_CTX, 4);
	go_on(b, N);
	assert_same_logits(a, b);
	buf_done(&saved);
	session_close(a);
	session_close(b);
	session_close(c);
	session_close(small);
	close_model(&o);
	close_model(&other);
}

static void
a_file_is_written_whole_and_read_back(void **state)
{
	struct opened o = open_model(RING);
	struct session *a = open_session(&o, KV_q8_0, N_CTX, 4), *b = open_session(&o, KV_q8_0, N_CTX, 4);
	char dir[] = "/tmp/minnow-session-XXXXXX";
	struct buf path = {0}, memory = {0}, file = {0};
	struct err e = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	fs_join(&path, dir, "saved");
	go_on(a, 33);
	assert_true(session_save(a, buf_str(&path), &e));
	assert_true(session_save_memory(a, &memory, &e));
	assert_true(fs_read(&file, buf_str(&path), 1 << 20, &e));
	assert_int_equal(file.len, memory.len);
	assert_memory_equal(file.data, memory.data, file.len);
	assert_true(session_restore(b, buf_str(&path), &e));
	go_on(a, N);
	go_on(b, N);
	assert_same_logits(a, b);
	unlink(buf_str(&path));
	assert_false(session_restore(b, buf_str(&path), &e));
	fs_join(&path, dir, "none/saved");
	assert_false(session_save(a, buf_str(&path), &e));
	rmdir(dir);
	buf_done(&path);
	buf_done(&memory);
	buf_done(&file);
	session_close(a);
	session_close(b);
	close_model(&o);
}

static void
a_cache_is_its_owners_and_of_one_origin(void **state)
{
	struct opened o = open_model(RING);
	struct session *a = open_session(&o, KV_f16, N_CTX, 4), *b = open_session(&o, KV_f16, N_CTX + 9, 4);
	char dir[] = "/tmp/minnow-session-XXXXXX";
	_Atomic bool stop = false;
	struct buf path = {0};
	struct session_cache file = {.origin = 7, .stop = &stop}, other;
	struct err e = {0};
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fs_join(&path, dir, "state");
	file.path = buf_str(&path);
	go_on(a, 33);
	umask(0);
	assert_true(session_cache_write(a, &file, &e));
	assert_int_equal(stat(file.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, session_cache_bytes(a));
	other = file;
	other.origin = 8;
	assert_false(session_cache_read(b, &other, &e));
	assert_non_null(strstr(e.text, "another minnow"));
	assert_false(session_restore(b, file.path, &e));
	assert_int_equal(session_n_past(b), 0);
	assert_true(session_cache_read(b, &file, &e));
	go_on(a, N);
	go_on(b, N);
	assert_same_logits(a, b);
	/* Given up: what was there stays, and nothing lies beside it. */
	stop = true;
	assert_false(session_cache_write(a, &file, &e));
	assert_int_equal(e.kind, ERR_CANCELLED);
	assert_true(session_cache_read(b, &file, &e));
	assert_int_equal(session_n_past(b), 33);
	unlink(file.path);
	assert_int_equal(rmdir(dir), 0);
	buf_done(&path);
	session_close(a);
	session_close(b);
	close_model(&o);
}

static void
check_copy(const char *name, enum kvtype kv, uint32_t from_rewind, uint32_t to_rewind)
{
	struct opened o = open_model(name);
	struct session *a = open_session(&o, kv, 41, from_rewind), *b = open_session(&o, kv, N_CTX, to_rewind);
	struct session *small = open_session(&o, kv, 39, 4), *fresh = open_session(&o, kv, N_CTX, 0);
	struct err e = {0};

	go_on(a, 40);
	go_on(b, 13);
	go_on(small, 3);
	assert_false(session_copy(small, a, &e));
	assert_int_equal(session_n_past(small), 3);
	assert_true(session_copy(b, a, &e));
	assert_same_logits(a, b);
	go_on(b, N);
	go_on(fresh, N);
	assert_same_logits(b, fresh);
	session_truncate(b, N - 3);
	go_on(b, N);
	assert_same_logits(b, fresh);
	session_close(a);
	session_close(b);
	session_close(small);
	session_close(fresh);
	close_model(&o);
}

static void
a_longer_context_goes_on_where_the_shorter_was(void **state)
{
	(void)state;
	for (int kv = 0; kv < KV_COUNT; kv++) {
		check_copy(PLAIN, kv, 0, 0);
		check_copy(RING, kv, 4, 4);
		check_copy(RING, kv, 4, 9);
		check_copy(RING, kv, 9, 4);
		check_copy(RING, kv, 4, 0);
		check_copy(RING, kv, 0, 4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restored_session_goes_on_bit_for_bit),
		cmocka_unit_test(an_empty_session_can_be_saved),
		cmocka_unit_test(files_that_do_not_suit_are_refused),
		cmocka_unit_test(a_file_is_written_whole_and_read_back),
		cmocka_unit_test(a_cache_is_its_owners_and_of_one_origin),
		cmocka_unit_test(a_longer_context_goes_on_where_the_shorter_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
