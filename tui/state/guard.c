/* The first reading of a file; see guard.h. */
#include "tui/state/guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/base/seal.h"
#include "core/chat.h"
#include "core/gguf.h"
#include "core/gguf_shard.h"
#include "core/hf/hf.h"
#include "core/minnow.h"
#include "core/tok/tok.h"
#include "tui/text_clean.h"
#include "tui/version.h"

#define BYTES ((size_t)2 << 30)
#define SECONDS 20
#define KNOWN_BYTES (16u << 10)	/* some hundred files; the older half is forgotten then */
#define FDS_MAX 256		/* more are never open when a model is */

/* ---- the child ---- */

static void
child(const struct guard_job *job, int out)
{
	struct err e = {0};

	/* A handler of the parent would write into the parent's pipes; an interrupt is to end the child. */
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	for (int fd = 0; fd < FDS_MAX; fd++)
		if (fd != out)
			close(fd);
	if (!job->prepare || job->prepare(job->ctx, &e)) {
		seal_parser(out, job->opens ? job->path : NULL, job->bytes ? job->bytes : BYTES,
		    job->seconds ? job->seconds : SECONDS);
		if (job->run(job->ctx, &e))
			e = (struct err){0};
		else if (!e.kind)
			e.kind = ERR_FAILED;
	}
	_exit(write(out, &e, sizeof e) == (ssize_t)sizeof e ? 0 : 1);
}

/* ---- the parent ---- */

/* True: a whole answer is in *SAID. */
static bool
listen_for(int fd, double until, struct err *said, bool *late)
{
	size_t n = 0;

	while (n < sizeof *said) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		double left = until - clock_s();
		ssize_t got;

		*late = left <= 0;
		if (*late)
			return false;
		if (poll(&p, 1, (int)(left * 1000) + 1) <= 0)
			continue;
		got = read(fd, (char *)said + n, sizeof *said - n);
		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		n += got > 0 ? (size_t)got : 0;
	}
	return true;
}

static int
end_child(pid_t pid, bool late)
{
	int status = 0;

	if (late)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* The child may have been taken over: its words are text from outside. */
static bool
pass_on(struct err *said, struct err *e)
{
	struct buf clean = {0};

	said->text[sizeof said->text - 1] = '\0';
	if (said->kind == ERR_NONE)
		return true;
	text_clean_line(&clean, said->text, strlen(said->text));
	err_set(e, said->kind == ERR_NOT_FOUND || said->kind == ERR_NO_SPACE || said->kind == ERR_USAGE ? said->kind :
	    ERR_FAILED, "%s", buf_str(&clean));
	buf_done(&clean);
	return false;
}

static bool
explain(const struct guard_job *job, int status, bool late, struct err *e)
{
	unsigned seconds = job->seconds ? job->seconds : SECONDS;
	size_t bytes = job->bytes ? job->bytes : BYTES;

	if (late || (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL)))
		return err_set(e, ERR_FAILED, "%s: reading what it says of itself took more than %u seconds; it was not opened",
		    job->path, seconds);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
		return err_set(e, ERR_CANCELLED, "interrupted while %s was read", job->path);
	if (WIFEXITED(status) && WEXITSTATUS(status) == ERR_NO_SPACE)
		return err_set(e, ERR_NO_SPACE, "%s: reading what it says of itself takes more than %zu MB of memory; it was not "
		    "opened", job->path, bytes >> 20);
	if (WIFSIGNALED(status))
		return err_set(e, ERR_FAILED, "%s: reading it crashes (signal %d, in a process of its own): it is damaged, or "
		    "made to do harm; it was not opened", job->path, WTERMSIG(status));
	return err_set(e, ERR_FAILED, "%s: the process that was to read it first gave no answer; it was not opened", job->path);
}

bool
guard_run(const struct guard_job *job, struct err *e)
{
	double until = clock_s() + (job->seconds ? job->seconds : SECONDS);
	struct err said = {0};
	bool late = false, answered;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) != 0)
		return err_set_errno(e, errno, job->path);
	pid = fork();
	if (pid == 0)
		child(job, fds[1]);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return err_set(e, ERR_FAILED, "%s: no process can be started to read it first (%s)", job->path, strerror(errno));
	}
	answered = listen_for(fds[0], until, &said, &late);
	close(fds[0]);
	status = end_child(pid, late || answered);
	return answered ? pass_on(&said, e) : explain(job, status, late, e);
}

/* ---- models ---- */

struct reading {
	const char *path;
	enum guard_depth depth;
	bool is_hf;
	struct fs_map *maps;		/* of a model in several files all */
	size_t n_maps;
};

/* Before the file is read: the process that reads it opens nothing. */
static bool
map_files(void *ctx, struct err *e)
{
	struct reading *r = ctx;
	unsigned no = 1, count = 1;
	struct buf path = {0};
	bool ok = true, is_several = gguf_shard_parse(r->path, &no, &count) && no == 1 && count <= GGUF_MAX_FILES;

	if (r->is_hf)
		return true;
	if (!is_several)
		count = 1;
	r->maps = mem_new0(count, sizeof *r->maps);
	for (; ok && r->n_maps < count; r->n_maps += ok) {
		buf_clear(&path);
		buf_add_str(&path, r->path);
		if (r->n_maps)
			gguf_shard_path(&path, r->path, (unsigned)r->n_maps + 1);
		ok = fs_map_open(&r->maps[r->n_maps], buf_str(&path), e) ||
		    (count > 1 && err_wrap(e, "file %zu of %u of the model", r->n_maps + 1, count));
	}
	buf_done(&path);
	return ok;
}

static bool
read_listing(struct gguf *g)
{
	struct tok *t = gguf_kv_find(g, "tokenizer.ggml.model") ? tok_open(g, NULL) : NULL;
	struct chat *c = t ? chat_open(g, t) : NULL;

	if (c)
		(void)chat_template(c, NULL);
	return true;			/* the process ends here: nothing is closed */
}

static bool
read_model(void *ctx, struct err *e)
{
	struct reading *r = ctx;
	struct gguf *g = r->is_hf ? hf_open(r->path, HF_METADATA, e) : gguf_open_mapped(r->path, r->maps, r->n_maps, e);

	if (!g)
		return false;
	return r->depth == GUARD_MODEL ? model_check(g, !r->is_hf, r->path, e) : read_listing(g);
}

/* Of a *.safetensors file its neighbours are read as well. */
static void
folder_of(const char *path, struct buf *out)
{
	const char *slash = strrchr(path, '/');

	buf_clear(out);
	if (!slash)
		buf_add_str(out, ".");
	else
		buf_add(out, path, slash == path ? 1 : (size_t)(slash - path));
}

/* ---- files that were found sound ---- */

/* One line of the memory, its newline included; false: what is there is no regular file, or one of several. */
static bool
describe(const char *path, enum guard_depth depth, struct buf *line)
{
	unsigned no, count;
	struct stat st;

	if (gguf_shard_parse(path, &no, &count) || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	buf_printf(line, "%llu %llu %llu %lld %ld %d %s\n", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
	    (unsigned long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (int)depth, MINNOW_VERSION);
	return true;
}

static bool
is_known(const struct buf *known, const struct buf *line)
{
	for (const char *p = buf_str(known); *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, buf_str(line), line->len) == 0)
			return true;
	return false;
}

/* Best effort: where it cannot be written, files are read twice each time. */
static void
remember(const char *file, const struct buf *known, const struct buf *line)
{
	const char *rest = buf_str(known);
	const char *slash = strrchr(file, '/');
	struct buf all = {0}, dir = {0};
	struct err e;

	if (known->len + line->len > KNOWN_BYTES) {
		rest += known->len / 2;
		rest += strcspn(rest, "\n");
		rest += *rest == '\n';
	}
	buf_add(&dir, file, slash ? (size_t)(slash - file) : 0);
	buf_add_str(&all, rest);
	buf_add(&all, line->data, line->len);
	if (!slash || fs_make_dirs(buf_str(&dir), &e))
		if (!fs_write_atomic(file, all.data, all.len, &e))
			e.kind = ERR_NONE;
	buf_done(&all);
	buf_done(&dir);
}

static bool
guard_unknown(const char *path, enum guard_depth depth, struct err *e)
{
	struct reading r = {.path = path, .depth = depth, .is_hf = hf_is_model(path)};
	struct guard_job job = {.path = path, .opens = r.is_hf, .prepare = map_files, .run = read_model, .ctx = &r};
	struct buf folder = {0};
	bool ok;

	if (r.is_hf && strlen(path) > 12 && strcmp(path + strlen(path) - 12, ".safetensors") == 0) {
		folder_of(path, &folder);
		job.path = buf_str(&folder);
	}
	ok = guard_run(&job, e);
	buf_done(&folder);
	return ok;
}

bool
guard_file(const char *path, enum guard_depth depth, const char *known_file, struct err *e)
{
	struct buf known = {0}, line = {0};
	bool keeps = known_file && *known_file && describe(path, depth, &line), ok;

	if (keeps && fs_exists(known_file) && !fs_read(&known, known_file, KNOWN_BYTES, NULL))
		buf_clear(&known);
	ok = keeps && is_known(&known, &line);
	if (!ok && (ok = guard_unknown(path, depth, e)) && keeps)
		remember(known_file, &known, &line);
	buf_done(&known);
	buf_done(&line);
	return ok;
}
