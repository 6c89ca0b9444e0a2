/* Parts of the measurement of downloads; pull.sh puts them together.
 *
 *	registry_pull serve FILE		FILE over http on loopback, with ranges; prints the port, serves until standard input ends
 *	registry_pull pull PORT FILE STORE	fetch it into a store: seconds, seconds of the processor
 *	registry_pull digests			GB/s of both digests, alone and together, and of reading memory; by the time of
 *						the processor, so that other programs disturb it little
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/fetch.h"
#include "registry/net.h"

enum { BLOCK = 1 << 18, TIMES = 5 };

/* ---- serving ---- */

static void
answer(int to, int file, uint64_t size, const char *request)
{
	const char *range = strcasestr(request, "\r\nRange: bytes=");
	unsigned long long first = 0, last = size - 1;
	char head[256];
	int n;

	if (range && sscanf(range + 15, "%llu-%llu", &first, &last) < 1)
		_exit(1);
	last = last < size ? last : size - 1;
	n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %llu\r\nETag: \"1\"\r\nContent-Range: bytes %llu-%llu/%llu\r\n\r\n",
	    range ? "206 Partial Content" : "200 OK", last - first + 1, first, last, (unsigned long long)size);
	if (write(to, head, (size_t)n) != n)
		_exit(1);
	for (off_t at = (off_t)first; at <= (off_t)last;)
		if (sendfile(to, file, &at, (size_t)(last + 1 - (unsigned long long)at)) <= 0)
			_exit(1);
}

static void
serve_connection(int to, int file, uint64_t size)
{
	char request[8192];
	size_t have = 0;

	for (;;) {
		ssize_t got = read(to, request + have, sizeof request - 1 - have);

		if (got <= 0)
			_exit(0);
		have += (size_t)got;
		request[have] = '\0';
		if (!strstr(request, "\r\n\r\n"))
			continue;
		answer(to, file, size, request);
		have = 0;
	}
}

static int
serve(const char *path)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}};
	FILE *f = fopen(path, "r");
	socklen_t len = sizeof at;
	struct stat st;

	signal(SIGCHLD, SIG_IGN);
	fds[1] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM, 0), .events = POLLIN};
	if (!f || fstat(fileno(f), &st) < 0 || bind(fds[1].fd, (struct sockaddr *)&at, sizeof at) < 0 ||
	    listen(fds[1].fd, 64) < 0 || getsockname(fds[1].fd, (struct sockaddr *)&at, &len) < 0)
		return 1;
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
	while (poll(fds, 2, -1) > 0 && !fds[0].revents) {
		int to = accept(fds[1].fd, NULL, NULL);

		if (to >= 0 && fork() == 0)
			serve_connection(to, fileno(f), (uint64_t)st.st_size);
		close(to);
	}
	return 0;
}

/* ---- fetching ---- */

static double
cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

static bool
hash_file(const char *path, unsigned char *sha256, uint64_t *size)
{
	struct digest *d = digest_new(DIGEST_SHA256, NULL);
	unsigned char *block = mem_new0(1, BLOCK);
	FILE *f = fopen(path, "r");
	size_t n;

	*size = 0;
	while (d && f && (n = fread(block, 1, BLOCK, f)) > 0) {
		digest_add(d, block, n);
		*size += n;
	}
	if (d)
		digest_value(d, sha256);
	digest_free(d);
	free(block);
	if (f)
		fclose(f);
	return *size > 0;
}

static int
pull(const char *port, const char *path, const char *root)
{
	const struct fetch_options o = {.allow_loopback_http = true};
	struct entry_source source = {.kind = ENTRY_URL};
	struct entry_file file = {.sources = &source, .n_sources = 1, .has_sha256 = true};
	char url[64], name[] = "data.gguf";
	struct fetch_result result;
	struct err e = {0};
	struct store *s = store_open(root, &e);
	double began, cpu;
	bool had;

	snprintf(url, sizeof url, "http://127.0.0.1:%s/data.gguf", port);
	net_permit(true);
	source.url_or_repo = url;
	file.name = name;
	if (!s || !hash_file(path, file.sha256, &file.size)) {
		fprintf(stderr, "%s\n", s ? path : e.text);
		return 1;
	}
	began = clock_s();
	cpu = cpu_s();
	if (!fetch_into(s, "bench", &file, 0, &o, &result, &had, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	printf("%.3f %.3f\n", clock_s() - began, cpu_s() - cpu);
	store_close(s);
	return 0;
}

/* ---- digests ---- */

static double
median(double *v)
{
	for (int i = 0; i < TIMES; i++)
		for (int k = i + 1; k < TIMES; k++)
			if (v[k] < v[i]) {
				double t = v[i];

				v[i] = v[k];
				v[k] = t;
			}
	return v[TIMES / 2];
}

static uint64_t
sum(const unsigned char *data, size_t n)
{
	const uint64_t *p = (const uint64_t *)(const void *)data;
	uint64_t a = 0, b = 0, c = 0, d = 0;

	for (size_t i = 0; i + 4 <= n / 8; i += 4) {
		a += p[i];
		b += p[i + 1];
		c += p[i + 2];
		d += p[i + 3];
	}
	return a ^ b ^ c ^ d;
}

static int
digests(void)
{
	const size_t size = (size_t)1 << 29;
	unsigned char *data = mem_try_aligned(size, "the data", NULL);
	struct digest *sha = digest_new(DIGEST_SHA256, NULL), *xxh = digest_new(DIGEST_XXH3, NULL);
	double s[4][TIMES];
	volatile uint64_t kept = 0;

	if (!data || !sha || !xxh)
		return 1;
	memset(data, 7, size);
	for (int i = 0; i < TIMES; i++)
		for (int what = 0; what < 4; what++) {
			double began = cpu_s();

			for (size_t at = 0; at < size; at += BLOCK) {
				if (what == 0)
					kept += sum(data + at, BLOCK);
				if (what == 1 || what == 3)
					digest_add(xxh, data + at, BLOCK);
				if (what == 2 || what == 3)
					digest_add(sha, data + at, BLOCK);
			}
			s[what][i] = (double)size * 1e-9 / (cpu_s() - began);
		}
	printf("GB a second of the processor: memory read %.1f, XXH3-128 %.1f, SHA-256 %.2f, both in one pass %.2f\n", median(s[0]), median(s[1]),
	    median(s[2]), median(s[3]));
	digest_free(sha);
	digest_free(xxh);
	mem_free_aligned(data);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2]);
	if (argc == 5 && strcmp(argv[1], "pull") == 0)
		return pull(argv[2], argv[3], argv[4]);
	if (argc == 2 && strcmp(argv[1], "digests") == 0)
		return digests();
	return 2;
}
