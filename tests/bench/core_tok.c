/* How fast a vocabulary turns texts into ids, on one thread: medians in MB of text per second of the processor, and a
 * digest of the ids, which is the same before and after a change.
 *	core_tok [-n ROUNDS] TEXT... -- MODEL.gguf... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/fs.h"
#include "core/base/map.h"
#include "core/gguf.h"
#include "core/tok/tok.h"

#define MAX_ROUNDS 99

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
die(const char *name, const struct err *e)
{
	fprintf(stderr, "core_tok: %s: %s\n", name, e->text);
	exit(1);
}

static void
measure_text(const struct tok *t, const char *name, int rounds)
{
	struct fs_map text = {0};
	struct tok_ids ids = {0};
	struct err e = {0};
	double rates[MAX_ROUNDS];

	if (!fs_map_open(&text, name, &e))
		die(name, &e);
	for (int i = 0; i < rounds; i++) {
		double begun = seconds();

		ids.n = 0;
		if (!tok_encode(t, (const char *)text.data, text.size, (struct tok_flags){0}, &ids, &e))
			die(name, &e);
		rates[i] = (double)text.size / (seconds() - begun) / 1e6;
	}
	qsort(rates, (size_t)rounds, sizeof *rates, by_size);
	printf("  %s %.1f MB/s %08x", name, rates[rounds / 2],
	    (unsigned)map_hash((const char *)ids.ids, ids.n * sizeof *ids.ids));
	tok_ids_done(&ids);
	fs_map_close(&text);
}

int
main(int argc, char **argv)
{
	int at = 1, rounds = 5, split;
	struct err e = {0};

	if (argc > 2 && strcmp(argv[1], "-n") == 0) {
		rounds = atoi(argv[2]);
		at = 3;
	}
	for (split = at; split < argc && strcmp(argv[split], "--") != 0;)
		split++;
	if (rounds < 1 || rounds > MAX_ROUNDS || split + 1 >= argc) {
		fprintf(stderr, "usage: core_tok [-n ROUNDS] TEXT... -- MODEL.gguf...\n");
		return 2;
	}
	for (int i = split + 1; i < argc; i++) {
		struct gguf *g = gguf_open(argv[i], &e);
		struct tok *t = g ? tok_open(g, &e) : NULL;
		double begun = seconds();
		struct tok_ids none = {0};

		/* The first call builds the tables. */
		if (!t || !tok_encode(t, "a", 1, (struct tok_flags){0}, &none, &e))
			die(argv[i], &e);
		printf("%s: ready in %.0f ms", argv[i], 1e3 * (seconds() - begun));
		for (int k = at; k < split; k++)
			measure_text(t, argv[k], rounds);
		putchar('\n');
		tok_ids_done(&none);
		tok_close(t);
		gguf_close(g);
	}
	return 0;
}
