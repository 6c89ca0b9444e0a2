/* A home folder with the folders of other programs in it, as the tests of what is found there and of what is used need it. */
#ifndef TESTS_ADOPT_H
#define TESTS_ADOPT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/adopt_kind.h"
#include "registry/catalog.h"
#include "registry/resolve.h"
#include "registry/store.h"
#include "tests/data/place.h"
#include "tests/data/put.h"

enum { SIZE = 3000 };

static char home[32], root[64];
static struct adopt_found found;
static struct adopt_index none;

static inline int
begin(void **state)
{
	(void)state;
	place_make(home);
	snprintf(root, sizeof root, "%s/store", home);
	found = (struct adopt_found){0};
	return 0;
}

static inline int
end(void **state)
{
	(void)state;
	adopt_found_done(&found);
	place_remove(home);
	return 0;
}

static inline char *
path_of(const char *below)
{
	static char path[8][400];
	static int at;

	at = (at + 1) % 8;
	snprintf(path[at], sizeof path[at], "%s/%s", home, below);
	return path[at];
}

static inline void
make_folder_of(const char *below)
{
	char *folder = path_of(below);
	struct err e = {0};

	*strrchr(folder, '/') = '\0';
	if (!fs_make_dirs(folder, &e))
		fail_msg("%s", e.text);
}

static inline void
put(const char *below, const void *data, size_t n)
{
	int fd;

	make_folder_of(below);
	fd = open(path_of(below), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), n);
	close(fd);
}

static inline void
put_text(const char *below, const char *text)
{
	put(below, text, strlen(text));
}

static inline void
put_link(const char *below, const char *target)
{
	make_folder_of(below);
	assert_int_equal(symlink(target, path_of(below)), 0);
}

/* Weights that differ with SEED, and the digits of their SHA-256. */
static inline void
put_weights(const char *below, unsigned seed, char hex[DIGEST_HEX_MAX])
{
	unsigned char data[SIZE], sha256[DIGEST_SHA256_SIZE];

	put_fill(data, SIZE, seed);
	memcpy(data, "GGUF", 4);
	put_sha256(data, SIZE, sha256);
	if (hex)
		digest_hex(hex, sha256, sizeof sha256);
	if (below)
		put(below, data, SIZE);
}

static inline void
scan(void)
{
	adopt_found_done(&found);
	adopt_scan(&(struct adopt_places){.home = home, .system = home}, &found);
	adopt_name(&found, NULL, &none);
}

static inline struct adopt_model *
find(const char *title)
{
	for (size_t i = 0; i < found.n_models; i++)
		if (strcmp(found.models[i].title, title) == 0)
			return &found.models[i];
	fail_msg("no model \"%s\" among %zu", title, found.n_models);
	return NULL;
}

static inline bool
is_found(const char *title)
{
	for (size_t i = 0; i < found.n_models; i++)
		if (strcmp(found.models[i].title, title) == 0)
			return true;
	return false;
}

static inline void
check_claim(const struct adopt_model *m, const char *hex)
{
	char claim[DIGEST_HEX_MAX];

	assert_true(m->files[0].has_sha256);
	digest_hex(claim, m->files[0].sha256, sizeof m->files[0].sha256);
	assert_string_equal(claim, hex);
}

#define OLLAMA ".ollama/models"

static inline void
put_manifest(const char *below, const char *weights, const char *config)
{
	char text[1000];

	snprintf(text, sizeof text, "{\"schemaVersion\": 2, \"config\": {\"digest\": \"sha256:%s\", \"size\": 9}, \"layers\": ["
	    "{\"mediaType\": \"application/vnd.ollama.image.template\", \"digest\": \"sha256:%s\"},"
	    "{\"mediaType\": \"application/vnd.ollama.image.model\", \"digest\": \"sha256:%s\", \"size\": 3000}]}", config, config, weights);
	put_text(below, text);
}

#endif
