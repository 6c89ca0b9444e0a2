/* What a model file holds as words, for whoever shows it. */
#ifndef TUI_CMD_INSPECT_TEXT_H
#define TUI_CMD_INSPECT_TEXT_H

#include "core/base/buf.h"
#include "core/gguf.h"

/* Text of the file on one line, harmless; of a long string only what can be seen. */
void inspect_add_text(struct buf *b, struct gguf_str s);
/* A value of the metadata; of a long array its beginning. */
void inspect_add_value(struct buf *b, const struct gguf_kv *kv);

#endif
