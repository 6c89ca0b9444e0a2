/* Snapshots of registries whose checksum is right but whose numbers are anything: read, searched and written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/search.h"
#include "registry/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct catalog *c = catalog_new();
	struct err e = {0};
	struct buf text = {0}, bytes = {0};
	struct search_hit *hits;
	const char *word = "qwen";
	struct snapshot *s;

	buf_add(&bytes, data, size);		/* aligned */
	s = snapshot_parse(buf_str(&bytes), bytes.len, &e);
	if (!s && (!*e.text || strchr(e.text, '\n')))
		abort();
	if (s && catalog_add_snapshot(c, "core", s, &e)) {
		struct search *index = search_new(c);

		search_run(index, &(struct search_query){.words = &word, .n_words = 1}, &hits);
		for (size_t i = 0; catalog_model_at(c, i) && i < 8; i++)
			entry_write(&catalog_model_at(c, i)->entry, &text);
		free(hits);
		search_free(index);
	}
	catalog_free(c);
	buf_done(&text);
	buf_done(&bytes);
	return 0;
}
