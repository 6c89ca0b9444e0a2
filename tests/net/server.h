/* Starting tests/net/server.py, and entries whose sources are there. */
#ifndef TESTS_NET_SERVER_H
#define TESTS_NET_SERVER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "registry/fetch.h"
#include "registry/net.h"
#include "tests/data/place.h"
#include "tests/data/put.h"

/* These tests are about the network, and use it on this machine alone. */
static void __attribute__((constructor))
use_network(void)
{
	net_permit(true);
}

enum { NET_SIZE = 1000003, NET_RANGE = 1 << 16, NET_RANGES = (NET_SIZE + NET_RANGE - 1) / NET_RANGE };

struct server {
	pid_t pid;
	int stop;			/* it ends when this is closed */
	unsigned port;
};

/* A program that prints its port and serves until its standard input ends. */
static inline bool
server_run(struct server *s, char *const argv[])
{
	int in[2], out[2];
	char line[16] = "";
	FILE *said;

	*s = (struct server){0};
	/* No other program may hold the end whose closing stops this one. */
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return false;
	s->pid = fork();
	if (s->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	s->stop = in[1];
	said = fdopen(out[0], "r");
	s->port = fgets(line, sizeof line, said) ? (unsigned)strtoul(line, NULL, 10) : 0;
	fclose(said);
	return s->port != 0;
}

/* CERTIFICATE NULL: without TLS. */
static inline bool
server_start(struct server *s, char *folder, char *certificate, char *key)
{
	return server_run(s, (char *[]){"python3", "tests/net/server.py", folder, certificate, key, NULL});
}

/* For TLS on loopback, into FOLDER; both names hold N bytes. */
static inline bool
server_make_certificate(const char *folder, char *certificate, char *key, size_t n)
{
	char command[400];

	snprintf(certificate, n, "%s/cert.pem", folder);
	snprintf(key, n, "%s/key.pem", folder);
	snprintf(command, sizeof command, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
	    "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null", key, certificate);
	return system(command) == 0;
}

/* A new FOLDER with NET_SIZE bytes that SEED makes, as data.bin; DATA and SHA256 are theirs. */
static inline bool
server_fill(char folder[32], unsigned char data[NET_SIZE], unsigned char sha256[DIGEST_SHA256_SIZE], unsigned seed)
{
	char path[64];
	FILE *f;

	/* A proxy of the developer's has no business between a test and its server. */
	setenv("no_proxy", "*", 1);
	setenv("NO_PROXY", "*", 1);
	place_make(folder);
	put_fill(data, NET_SIZE, seed);
	put_sha256(data, NET_SIZE, sha256);
	snprintf(path, sizeof path, "%s/data.bin", folder);
	f = fopen(path, "w");
	return f && fwrite(data, 1, NET_SIZE, f) == NET_SIZE && fclose(f) == 0;
}

static inline void
server_stop(struct server *s)
{
	close(s->stop);
	waitpid(s->pid, NULL, 0);
}

struct net_file {
	struct entry_file file;
	struct entry_source sources[4];
	char urls[4][160];
	unsigned char ranges[64][DIGEST_XXH3_SIZE];
};

/* data.bin of N bytes, and what an entry would say of it. */
static inline void
net_make(struct net_file *f, const unsigned char *data, size_t n, size_t range)
{
	static char name[] = "data.gguf";

	memset(f, 0, sizeof *f);
	f->file.name = name;
	f->file.size = n;
	f->file.has_sha256 = true;
	f->file.sources = f->sources;
	put_sha256(data, n, f->file.sha256);
	f->file.ranges = f->ranges;
	for (size_t at = 0; at < n; at += range)
		if (!digest_bytes(DIGEST_XXH3, data + at, n - at < range ? n - at : range, f->ranges[f->file.n_ranges++], NULL))
			abort();
}

static inline void
net_add_source(struct net_file *f, const struct server *s, const char *path)
{
	static unsigned n_tests;
	size_t i = f->file.n_sources++;

	snprintf(f->urls[i], sizeof f->urls[i], "http://127.0.0.1:%u/%s?%u", s->port, path, ++n_tests);
	f->sources[i] = (struct entry_source){.kind = ENTRY_URL, .url_or_repo = f->urls[i]};
}

#endif
