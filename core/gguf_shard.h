/* Names of the files of a model that is stored in several: NAME-00001-of-00003.gguf to NAME-00003-of-00003.gguf.
 * Source: gguf-split of llama.cpp. */
#ifndef CORE_GGUF_SHARD_H
#define CORE_GGUF_SHARD_H

#include <stdbool.h>

#include "core/base/buf.h"

/* What the name of PATH says: *NO from 1 to *COUNT.  False: it is not such a name. */
bool gguf_shard_parse(const char *path, unsigned *no, unsigned *count);
/* The neighbour of PATH, which is such a name, with the number NO; OUT is replaced. */
void gguf_shard_path(struct buf *out, const char *path, unsigned no);

#endif
