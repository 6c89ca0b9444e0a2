/* Models in several GGUF files: they are what the whole one is, and whatever is wrong with a part is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/engine.h"
#include "core/gguf_shard.h"
#include "core/gguf_write.h"
#include "core/minnow.h"
#include "core/model.h"
#include "core/session.h"
#include "tests/data/nano.h"

enum { N_FILES = 3, N_VOCAB = 260, N_TOKENS = 24 };

static char dir[] = "/tmp/shard.XXXXXX";
static struct buf whole;		/* the model in one file */

static const char *
path_of(const char *name)
{
	static char path[2][128];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static const char *
shard(unsigned no)
{
	char name[32];

	snprintf(name, sizeof name, "m-%05u-of-%05u.gguf", no, N_FILES);
	return path_of(name);
}

/* What a part is to say, and a defect. */
struct slice {
	uint16_t no, count;
	int32_t total;			/* 0: it does not say */
	size_t begin, end;		/* its tensors */
	bool has_metadata;
};

struct source {
	const struct gguf *g;
	size_t begin;
};

static bool
produce(void *ctx, size_t i, struct gguf_sink *out, struct err *e)
{
	const struct source *s = ctx;
	const struct gguf_tensor *t = gguf_tensor_at(s->g, s->begin + i);

	return gguf_sink_add(out, t->data, t->size, e);
}

static void
write_part(const char *path, const struct slice *p)
{
	struct err e = {0};
	struct gguf *g = gguf_open_memory(whole.data, whole.len, &e);
	struct gguf_writer *w = gguf_writer_new();
	struct source source = {g, p->begin};

	assert_non_null(g);
	if (p->has_metadata)
		gguf_write_copy(w, g);
	gguf_write_scalar(w, "split.no", GGUF_U16, &p->no);
	gguf_write_scalar(w, "split.count", GGUF_U16, &p->count);
	if (p->total)
		gguf_write_scalar(w, "split.tensors.count", GGUF_I32, &p->total);
	for (size_t i = p->begin; i < p->end; i++) {
		const struct gguf_tensor *t = gguf_tensor_at(g, i);
		struct gguf_out_tensor o = {t->name, t->type, t->n_dims, {t->dims[0], t->dims[1], t->dims[2], t->dims[3]}};

		assert_true(gguf_write_tensor(w, &o, &e));
	}
	if (!gguf_write_file(w, path, &(struct gguf_source){.ctx = &source, .produce = produce}, &e))
		fail_msg("%s", e.text);
	gguf_writer_free(w);
	gguf_close(g);
}

static size_t
n_tensors(void)
{
	struct gguf *g = gguf_open_memory(whole.data, whole.len, NULL);
	size_t n = gguf_n_tensors(g);

	gguf_close(g);
	return n;
}

/* The parts as gguf-split makes them; the first has no tensors, as with --no-tensor-first-split. */
static struct slice
sound(unsigned no)
{
	size_t n = n_tensors();

	return (struct slice){.no = (uint16_t)(no - 1), .count = N_FILES, .total = (int32_t)n,
	    .begin = no == 3 ? n / 2 : 0, .end = no == 1 ? 0 : no == 2 ? n / 2 : n, .has_metadata = no == 1};
}

static int
write_all(void **state)
{
	(void)state;
	for (unsigned no = 1; no <= N_FILES; no++) {
		struct slice p = sound(no);

		write_part(shard(no), &p);
	}
	return 0;
}

static void
logits_of(struct gguf *g, float *logits)
{
	struct engine_options eo = {.n_threads = 1};
	struct session_options so = {.n_ctx = 64};
	uint32_t ids[N_TOKENS];
	struct err e = {0};
	struct engine *engine = engine_new(&eo, &e);
	struct model *m = model_open_gguf(engine, g, "nano", &e);
	struct session *s;

	if (!m)
		fail_msg("%s", e.text);
	s = session_open(m, &so, &e);
	assert_non_null(s);
	for (uint32_t i = 0; i < N_TOKENS; i++)
		ids[i] = (7 * i * i + 3 * i + 1) % N_VOCAB;
	assert_true(session_eval(s, ids, N_TOKENS, logits, &e));
	session_close(s);
	model_close(m);
	engine_free(engine);
}

/* Whether its parts are opened here or were mapped before. */
static void
gives_the_same_logits(void **state)
{
	static float want[N_TOKENS * N_VOCAB], got[N_TOKENS * N_VOCAB];
	struct fs_map maps[N_FILES];
	size_t size = 0;
	struct err e = {0};
	struct gguf *g;

	(void)state;
	logits_of(gguf_open_memory(whole.data, whole.len, NULL), want);
	g = gguf_open(shard(1), &e);
	if (!g)
		fail_msg("%s", e.text);
	assert_int_equal(gguf_n_files(g), N_FILES);
	assert_int_equal(gguf_n_tensors(g), n_tensors());
	for (unsigned i = 0; i < N_FILES; i++) {
		assert_true(fs_map_open(&maps[i], shard(i + 1), &e));
		size += maps[i].size;
	}
	assert_int_equal(gguf_file_size(g), size);
	for (size_t i = 0; i < gguf_n_tensors(g); i++) {
		const struct gguf_tensor *t = gguf_tensor_at(g, i);

		gguf_drop(g, t->data, t->size / 2);
		gguf_tensor_drop(g, t);
	}
	logits_of(g, got);
	assert_memory_equal(want, got, sizeof want);

	memset(got, 0, sizeof got);
	logits_of(gguf_open_mapped(shard(1), maps, N_FILES, &e), got);
	assert_memory_equal(want, got, sizeof want);
	for (unsigned i = 0; i < N_FILES; i++)
		fs_map_close(&maps[i]);
}

static void
refuses(const char *path, const char *part)
{
	struct err e = {0};
	struct gguf *g = gguf_open(path, &e);

	assert_null(g);
	if (!strstr(e.text, part))
		fail_msg("\"%s\" does not say \"%s\"", e.text, part);
}

static void
names_a_missing_part(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(unlink(shard(2)), 0);
	assert_null(gguf_open(shard(1), &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(e.text, "file 2 of 3 of the model"));
	assert_non_null(strstr(e.text, "m-00002-of-00003.gguf"));
}

static void
names_the_first_when_another_is_given(void **state)
{
	(void)state;
	refuses(shard(2), "is file 2 of 3 of a model: open the first, m-00001-of-00003.gguf");
	assert_int_equal(rename(shard(1), path_of("renamed.gguf")), 0);
	refuses(path_of("renamed.gguf"), "NAME-00001-of-00003.gguf");
	assert_int_equal(rename(path_of("renamed.gguf"), path_of("m-00001-of-00004.gguf")), 0);
	refuses(path_of("m-00001-of-00004.gguf"), "NAME-00001-of-00003.gguf");
	unlink(path_of("m-00001-of-00004.gguf"));
}

/* Write part NO with one thing wrong. */
static void
refuses_part(unsigned no, void (*change)(struct slice *), const char *says)
{
	struct slice p = sound(no);

	change(&p);
	write_part(shard(no), &p);
	refuses(shard(1), says);
	write_all(NULL);
}

static void wrong_no(struct slice *p) { p->no = 2; }
static void wrong_count(struct slice *p) { p->count = 4; }
static void whole_one(struct slice *p) { p->count = 1; }
static void same_tensor(struct slice *p) { p->begin -= 1, p->end -= 1; }
static void too_few(struct slice *p) { p->end -= 1; }
static void wrong_total(struct slice *p) { p->total += 1; }
static void no_past_count(struct slice *p) { p->no = 3; }
static void count_is_huge(struct slice *p) { p->count = 65535; }

static void
names_every_defect(void **state)
{
	(void)state;
	refuses_part(2, wrong_no, "m-00002-of-00003.gguf: says it is file 3 of 3, number 2 of 3 was expected");
	refuses_part(2, wrong_count, "says it is file 2 of 4");
	refuses_part(2, whole_one, "says it is file 1 of 1");
	refuses_part(3, same_tensor, "of file 3 is in a file before it too");
	refuses_part(3, too_few, "but the files together have");
	refuses_part(1, wrong_total, "but the files together have");
	refuses_part(1, no_past_count, "split.no does not say which of the 3 files this is");
	refuses_part(1, count_is_huge, "split.count is 65535 files, at most 1000 are allowed");
}

static void
a_count_of_one_is_a_whole_model(void **state)
{
	struct slice p = sound(3);
	struct gguf *g;

	(void)state;
	p = (struct slice){.count = 1, .end = p.end, .has_metadata = true};
	write_part(path_of("one.gguf"), &p);
	g = gguf_open(path_of("one.gguf"), NULL);
	assert_non_null(g);
	assert_int_equal(gguf_n_files(g), 1);
	gguf_close(g);
	unlink(path_of("one.gguf"));
}

static void
write_plain(const char *path, const char *data, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Cut anywhere, or with any bit of its directory turned over: refused with a sentence, or read without a fault. */
static void
survives_damage_of_a_later_part(void **state)
{
	struct buf part = {0};

	(void)state;
	assert_true(fs_read(&part, shard(3), 1 << 20, NULL));
	for (size_t at = 0; at < part.len && at < 600; at++) {
		for (int what = 0; what < 2; what++) {
			size_t n = what ? part.len : at;
			struct err e = {0};
			struct gguf *g;

			part.data[at] ^= (char)(what << (at % 8));
			write_plain(shard(3), part.data, n);
			part.data[at] ^= (char)(what << (at % 8));
			g = gguf_open(shard(1), &e);
			assert_true(g || e.text[0]);
			assert_true(!g || what);
			gguf_close(g);
		}
	}
	buf_done(&part);
	write_all(NULL);
}

static void
reads_names(void **state)
{
	struct buf out = {0};
	unsigned no, count;

	(void)state;
	assert_true(gguf_shard_parse("d/m-00002-of-00012.gguf", &no, &count));
	assert_int_equal(no, 2);
	assert_int_equal(count, 12);
	gguf_shard_path(&out, "d/m-00002-of-00012.gguf", 11);
	assert_string_equal(out.data, "d/m-00011-of-00012.gguf");
	assert_false(gguf_shard_parse("m-00003-of-00002.gguf", &no, &count));
	assert_false(gguf_shard_parse("m-00000-of-00002.gguf", &no, &count));
	assert_false(gguf_shard_parse("m-0001-of-00002.gguf", &no, &count));
	assert_false(gguf_shard_parse("-00001-of-00002.gguf", &no, &count));
	assert_false(gguf_shard_parse("m-00001-of-00002.bin", &no, &count));
	assert_false(gguf_shard_parse("", &no, &count));
	buf_done(&out);
}

static int
begin(void **state)
{
	(void)state;
	nano_make(&nano_talk, &whole);
	return mkdtemp(dir) ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	for (unsigned no = 1; no <= N_FILES; no++)
		unlink(shard(no));
	buf_done(&whole);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_names),
		cmocka_unit_test_setup(gives_the_same_logits, write_all),
		cmocka_unit_test_setup(names_a_missing_part, write_all),
		cmocka_unit_test_setup(names_the_first_when_another_is_given, write_all),
		cmocka_unit_test_setup(names_every_defect, write_all),
		cmocka_unit_test_setup(a_count_of_one_is_a_whole_model, write_all),
		cmocka_unit_test_setup(survives_damage_of_a_later_part, write_all),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
