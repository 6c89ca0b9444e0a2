/* A store in a folder of its own, and SIZE bytes to put into it; SIZE is a constant of the test that includes this. */
#ifndef TESTS_DATA_STORE_PLACE_H
#define TESTS_DATA_STORE_PLACE_H

#include <stdlib.h>

#include "tests/data/place.h"
#include "tests/data/put.h"

struct place {
	char dir[32];
	struct store *s;
	unsigned char data[SIZE], sha256[DIGEST_SHA256_SIZE];
};

static int
make_place(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	struct err e = {0};

	place_make(p->dir);
	put_fill(p->data, SIZE, 1);
	put_sha256(p->data, SIZE, p->sha256);
	p->s = store_open(p->dir, &e);
	*state = p;
	return p->s ? 0 : -1;
}

static int
remove_place(void **state)
{
	struct place *p = *state;

	store_close(p->s);
	place_remove(p->dir);
	free(p);
	return 0;
}

static void
put(struct place *p, const char *model, const char *file)
{
	struct err e = {0};

	if (!put_bytes(p->s, model, file, p->data, SIZE, NULL, &e))
		fail_msg("%s", e.text);
}

#endif
