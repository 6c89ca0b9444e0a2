/* Runs a fuzz target over its corpus with any compiler: what the fuzzer once found stays fixed.
 * usage: <target> CORPUS-FOLDER      prints TAP, one case a file and one for empty input */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* The target gets a copy of the exact size, so that a sanitizer sees a read past the end. */
static void
run_target(const char *data, size_t size)
{
	uint8_t *copy = calloc(1, size ? size : 1);

	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static bool
run_file(const char *dir, const char *name)
{
	struct buf path = {0}, content = {0};
	struct err e = {0};
	bool ok;

	fs_join(&path, dir, name);
	ok = fs_read(&content, path.data, 64 << 20, &e);
	if (ok)
		run_target(buf_str(&content), content.len);
	else
		fprintf(stderr, "%s\n", e.text);
	buf_done(&content);
	buf_done(&path);
	return ok;
}

int
main(int argc, char **argv)
{
	struct dirent **files = NULL;
	int n = argc > 1 ? scandir(argv[1], &files, not_hidden, alphasort) : 0;
	int n_failed = 0;

	run_target("", 0);
	printf("ok 1 - empty input\n");
	if (n <= 0)
		printf("not ok 2 - there is no corpus in %s\n", argc > 1 ? argv[1] : "(no folder given)");
	for (int i = 0; i < n; i++) {
		bool ok;

		fflush(stdout);
		ok = run_file(argv[1], files[i]->d_name);
		printf("%sok %d - %s\n", ok ? "" : "not ", i + 2, files[i]->d_name);
		n_failed += !ok;
		free(files[i]);
	}
	free(files);
	printf("1..%d\n", n > 0 ? n + 1 : 2);
	return n <= 0 || n_failed > 0;
}
