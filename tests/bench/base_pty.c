/* A terminal without a person: runs a program on a pseudo-terminal, answers what terminals are asked, types, and tells
 * what it saw.  Times of the processor are those of the program alone, so they hold on a busy machine, too.
 *	base_pty [-s COLSxROWS] WHAT -- COMMAND...		tests/bench/ui.sh says it all together
 *
 *	first N			from exec to the first frame, N times: milliseconds of the clock and of the processor
 *	idle S			processor over S seconds without a key, and resident memory
 *	keys N TEXT		asks TEXT, and while the answer streams types N letters: each until it is seen
 *	stream S TEXT		asks TEXT: frames and bytes over S seconds of answer
 *	scroll N KEY		KEY N times, 60 a second: processor and bytes a frame
 *	paste N			N bytes at once, as a paste: until the screen is still, and a key after it
 *	storm N			N sizes between 20x5 and 400x120, then a key */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

/* A screen counts as drawn when nothing came for so long. */
enum { STILL_MS = 60, MOST_MS = 20000, SAMPLES_MAX = 100000 };

struct pty {
	pid_t pid;
	int fd;
	char **command;
	struct winsize size;
	struct buf seen;		/* since it was cleared last */
	size_t n_bytes, n_frames;	/* since the start */
	double last_s;			/* when the last bytes came */
	bool ended;
};

struct samples {
	size_t n;
	double at[SAMPLES_MAX];
};

static void
die(const char *what)
{
	fprintf(stderr, "base_pty: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- what a terminal is asked ---- */

static const struct {
	const char *asked, *answer;
} answers[] = {
	{"\x1b[5n", "\x1b[0n"},
	{"\x1b[?2026$p", "\x1b[?2026;2$y"},
	{"\x1b]11;?", "\x1b]11;rgb:0000/0000/0000\x1b\\"},
	{"\x1b[c", "\x1b[?62;22c"},
};

static void
put(struct pty *p, const char *s, size_t n)
{
	while (n > 0) {
		struct pollfd w = {p->fd, POLLOUT, 0};
		ssize_t done = write(p->fd, s, n);

		if (done < 0 && (errno != EAGAIN || poll(&w, 1, MOST_MS) <= 0))
			die("write");
		s += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
}

static void
type(struct pty *p, const char *s)
{
	put(p, s, strlen(s));
}

static size_t
count(const char *s, size_t n, const char *what)
{
	size_t found = 0, len = strlen(what);
	const char *at = s;

	while ((at = memmem(at, n - (size_t)(at - s), what, len))) {
		found++;
		at += len;
	}
	return found;
}

/* One read; false: nothing came within MS, or the program is gone. */
static bool
take(struct pty *p, int ms)
{
	struct pollfd r = {p->fd, POLLIN, 0};
	char bytes[65536];
	ssize_t n;

	if (poll(&r, 1, ms) <= 0)
		return false;
	n = read(p->fd, bytes, sizeof bytes);
	if (n <= 0) {
		p->ended = true;
		return false;
	}
	p->last_s = clock_s();
	p->n_bytes += (size_t)n;
	p->n_frames += count(bytes, (size_t)n, "\x1b[?2026h");
	buf_add(&p->seen, bytes, (size_t)n);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		for (size_t k = count(bytes, (size_t)n, answers[i].asked); k > 0; k--)
			type(p, answers[i].answer);
	return true;
}

/* Until nothing comes any more. */
static void
settle(struct pty *p, int ms)
{
	double end = clock_s() + MOST_MS / 1e3;

	while (take(p, ms) && clock_s() < end)
		;
}

static void
pass(struct pty *p, double s)
{
	double end = clock_s() + s;

	for (double left = s; left > 0 && !p->ended; left = end - clock_s())
		take(p, (int)(left * 1000) + 1);
}

/* Until WHAT was seen since the last clearing. */
static bool
wait_for(struct pty *p, const char *what)
{
	double end = clock_s() + MOST_MS / 1e3;

	while (!memmem(p->seen.data, p->seen.len, what, strlen(what)))
		if (!take(p, 100) && (p->ended || clock_s() > end))
			return false;
	return true;
}

/* ---- the program ---- */

static void
start(struct pty *p)
{
	buf_clear(&p->seen);
	p->n_bytes = p->n_frames = 0;
	p->ended = false;
	p->pid = forkpty(&p->fd, NULL, NULL, &p->size);
	if (p->pid < 0)
		die("forkpty");
	if (p->pid == 0) {
		execvp(p->command[0], p->command);
		die(p->command[0]);
	}
	fcntl(p->fd, F_SETFL, O_NONBLOCK);
}

/* As a terminal that is closed. */
static void
stop(struct pty *p)
{
	close(p->fd);
	kill(p->pid, SIGHUP);
	for (int i = 0; i < 200 && waitpid(p->pid, NULL, WNOHANG) == 0; i++)
		usleep(10000);
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
}

/* Seconds of the processor: of all threads, or of the first, which is the one that draws. */
static double
processor(const struct pty *p, bool all)
{
	clockid_t clock;
	struct timespec t;
	char path[64];
	double ns = 0;
	FILE *f;

	if (all && clock_getcpuclockid(p->pid, &clock) == 0 && clock_gettime(clock, &t) == 0)
		return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
	snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", p->pid, p->pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%lf", &ns) != 1)
		die(path);
	fclose(f);
	return ns / 1e9;
}

/* Seconds that thread T of process P was ready and had no processor. */
static double
waited(pid_t p, pid_t t)
{
	char path[64];
	double run, wait = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", p, t);
	f = fopen(path, "r");
	if (f && fscanf(f, "%lf %lf", &run, &wait) != 2)
		wait = 0;
	if (f)
		fclose(f);
	return wait / 1e9;
}

/* … of the program's first thread and of this one: what other programs of a busy machine add to an answer. */
static double
crowd(const struct pty *p)
{
	return waited(p->pid, p->pid) + waited(getpid(), getpid());
}

static long
status_kb(const struct pty *p, const char *file, const char *name)
{
	char path[64], line[256];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/%s", p->pid, file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, name, strlen(name)) == 0)
			kb = atol(line + strlen(name));
	if (f)
		fclose(f);
	return kb;
}

static int
by_size(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static double
share(struct samples *s, double q)
{
	qsort(s->at, s->n, sizeof *s->at, by_size);
	return s->n ? s->at[(size_t)(q * (double)(s->n - 1) + 0.5)] : 0;
}

static void
add(struct samples *s, double v)
{
	if (s->n < SAMPLES_MAX)
		s->at[s->n++] = v;
}

/* ---- what is measured ---- */

static struct samples clocks, processors, quiet;

/* Until TEXT, which stands where the program draws last. */
static void
first(struct pty *p, long n, const char *text)
{
	for (long i = 0; i < n; i++) {
		double begin = clock_s();

		start(p);
		if (!wait_for(p, text))
			fprintf(stderr, "base_pty: \"%s\" was never shown\n", text);
		add(&clocks, (p->last_s - begin) * 1e3);
		add(&processors, processor(p, true) * 1e3);
		stop(p);
	}
	printf("p50 %.1f ms, p95 %.1f ms of the clock; p50 %.1f ms, p95 %.1f ms of the processor\n", share(&clocks, 0.5),
	    share(&clocks, 0.95), share(&processors, 0.5), share(&processors, 0.95));
}

static void
idle(struct pty *p, long seconds, const char *text)
{
	double begin;
	size_t bytes;

	(void)text;
	start(p);
	settle(p, 1000);
	begin = processor(p, true);
	bytes = p->n_bytes;
	pass(p, (double)seconds);
	printf("%.2f %% of a processor, %zu bytes over %ld s; resident %.1f MB, of which its own %.1f MB\n",
	    (processor(p, true) - begin) * 100 / (double)seconds, p->n_bytes - bytes, seconds,
	    (double)status_kb(p, "status", "VmRSS:") / 1024, (double)status_kb(p, "smaps_rollup", "Private_Dirty:") / 1024);
	stop(p);
}

/* Ask, and let it come to answer. */
static void
ask(struct pty *p, const char *text)
{
	start(p);
	settle(p, 1500);
	type(p, text);
	pass(p, 0.3);
	buf_clear(&p->seen);
	type(p, "\r");
	if (!wait_for(p, "answer "))
		fprintf(stderr, "base_pty: no answer came\n");
	pass(p, 1);
}

/* Greek small letters, which no answer has; a blank now and then, as words have. */
static void
keys(struct pty *p, long n, const char *text)
{
	double before, alone, begin, crowded;
	long missed = 0;

	ask(p, text);
	before = processor(p, true);
	alone = processor(p, false);
	begin = clock_s();
	for (long i = 0; i < n; i++) {
		char letter[3] = {(char)0xce, (char)(0xb1 + i % 15), 0};
		double typed;

		buf_clear(&p->seen);
		crowded = crowd(p);
		typed = clock_s();
		type(p, letter);
		if (wait_for(p, letter)) {
			add(&clocks, (p->last_s - typed) * 1e3);
			add(&quiet, (p->last_s - typed - (crowd(p) - crowded)) * 1e3);
		} else {
			missed++;
		}
		if (i % 8 == 7)
			type(p, " ");
		if (i % 160 == 159)
			type(p, "\x15");	/* cuts the line */
		pass(p, 0.03);
	}
	begin = clock_s() - begin;
	printf("p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, most %.1f ms of %zu keys, %ld missed;\n    without waiting "
	    "for a processor p50 %.1f ms, p95 %.1f ms, p99 %.1f ms; meanwhile %.0f %% of a processor, "
	    "%.1f %% by the screen\n", share(&clocks, 0.5), share(&clocks, 0.95), share(&clocks, 0.99), share(&clocks, 1),
	    clocks.n, missed, share(&quiet, 0.5), share(&quiet, 0.95), share(&quiet, 0.99), (processor(p, true) - before) * 100 / begin, (processor(p, false) - alone) * 100 / begin);
	stop(p);
}

static void
stream(struct pty *p, long seconds, const char *text)
{
	size_t bytes, frames;
	double alone;

	ask(p, text);
	bytes = p->n_bytes;
	frames = p->n_frames;
	alone = processor(p, false);
	pass(p, (double)seconds);
	bytes = p->n_bytes - bytes;
	frames = p->n_frames - frames;
	printf("%.1f frames/s, %.0f bytes a frame, %.1f kB/s; %.1f %% of a processor by the screen\n",
	    (double)frames / (double)seconds, frames ? (double)bytes / (double)frames : 0, (double)bytes / 1e3 / (double)seconds,
	    (processor(p, false) - alone) * 100 / (double)seconds);
	stop(p);
}

static void
scroll(struct pty *p, long n, const char *key)
{
	size_t bytes;

	start(p);
	settle(p, 2000);
	bytes = p->n_bytes;
	for (long i = 0; i < n; i++) {
		double typed = clock_s(), before = processor(p, false);

		type(p, key);
		pass(p, 1.0 / 60);
		add(&clocks, p->last_s > typed ? (p->last_s - typed) * 1e3 : 1e3 / 60);
		add(&processors, (processor(p, false) - before) * 1e3);
	}
	settle(p, STILL_MS);
	printf("processor p50 %.2f ms, p99 %.2f ms a frame; clock p50 %.1f ms; %.0f bytes a frame\n", share(&processors, 0.5),
	    share(&processors, 0.99), share(&clocks, 0.5), (double)(p->n_bytes - bytes) / (double)n);
	stop(p);
}

/* A key is answered: the letter comes. */
static double
answers_key(struct pty *p)
{
	double typed = clock_s();

	buf_clear(&p->seen);
	type(p, "\xce\xa9");
	return wait_for(p, "\xce\xa9") ? (p->last_s - typed) * 1e3 : -1;
}

static void
paste(struct pty *p, long n, const char *text)
{
	struct buf b = {0};
	double begin, before;

	(void)text;
	start(p);
	settle(p, 1000);
	begin = clock_s();
	before = processor(p, true);
	buf_add_str(&b, "\x1b[200~");
	for (long i = 0; i < n; i += 50)
		buf_add_str(&b, "a line of a pasted file of forty-nine characters\r");
	buf_add_str(&b, "\x1b[201~");
	for (size_t at = 0; at < b.len; at += 4096) {
		put(p, b.data + at, b.len - at < 4096 ? b.len - at : 4096);
		take(p, 0);
	}
	settle(p, 300);
	printf("%.0f ms of the clock, %.0f ms of the processor; the next key after %.1f ms; resident %.1f MB\n",
	    (p->last_s - begin) * 1e3, (processor(p, true) - before) * 1e3, answers_key(p),
	    (double)status_kb(p, "status", "VmRSS:") / 1024);
	buf_done(&b);
	stop(p);
}

static void
storm(struct pty *p, long n, const char *text)
{
	long kb;
	double before;
	unsigned seed = 7;

	(void)text;
	start(p);
	settle(p, 1500);
	before = processor(p, true);
	kb = status_kb(p, "status", "VmRSS:");
	for (long i = 0; i < n && !p->ended; i++) {
		struct winsize w = {.ws_row = (unsigned short)(5 + (seed >> 8) % 116), .ws_col = (unsigned short)(20 + (seed >> 16) % 381)};

		seed = seed * 1664525u + 1013904223u;
		ioctl(p->fd, TIOCSWINSZ, &w);
		pass(p, 0.005);
	}
	ioctl(p->fd, TIOCSWINSZ, &p->size);
	settle(p, 300);
	printf("%s; %.2f ms of the processor a size; the next key after %.1f ms; resident %.1f MB before, %.1f MB after\n",
	    p->ended ? "IT ENDED" : "it lives", (processor(p, true) - before) * 1e3 / (double)n, answers_key(p),
	    (double)kb / 1024, (double)status_kb(p, "status", "VmRSS:") / 1024);
	stop(p);
}

static const struct {
	const char *name;
	void (*run)(struct pty *p, long n, const char *text);
} measures[] = {
	{"first", first}, {"idle", idle}, {"keys", keys}, {"stream", stream}, {"scroll", scroll}, {"paste", paste},
	{"storm", storm},
};

/* "\e" is ESC. */
static char *
unescape(const char *s)
{
	struct buf b = {0};

	for (; *s; s++)
		if (s[0] == '\\' && s[1] == 'e') {
			buf_add_char(&b, 0x1b);
			s++;
		} else {
			buf_add_char(&b, *s);
		}
	buf_str(&b);
	return b.data;
}

int
main(int argc, char **argv)
{
	struct pty p = {.size = {.ws_row = 24, .ws_col = 80}};
	int at = 1;
	unsigned cols, rows;
	char *text;

	if (argc > 3 && strcmp(argv[1], "-s") == 0 && sscanf(argv[2], "%ux%u", &cols, &rows) == 2) {
		p.size = (struct winsize){.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
		at = 3;
	}
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; at + 2 < argc && i < ARRAY_LEN(measures); i++) {
		bool texted = strcmp(argv[at + 2], "--") != 0;

		if (strcmp(measures[i].name, argv[at]) != 0)
			continue;
		p.command = argv + at + 3 + texted;
		if (!*p.command)
			break;
		text = unescape(texted ? argv[at + 2] : "");
		measures[i].run(&p, atol(argv[at + 1]), text);
		free(text);
		buf_done(&p.seen);
		return 0;
	}
	fprintf(stderr, "usage: base_pty [-s COLSxROWS] first|idle|keys|stream|scroll|paste|storm N [TEXT] -- COMMAND...\n");
	return 2;
}
