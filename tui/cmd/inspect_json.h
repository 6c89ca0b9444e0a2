/* The JSON side of minnow inspect. */
#ifndef TUI_CMD_INSPECT_JSON_H
#define TUI_CMD_INSPECT_JSON_H

#include "core/inspect.h"

/* One object on standard output.  Members, in this order: file, badge, gguf_version, file_bytes, name, architecture,
 * parameters, tensor_bytes, formats, tokenizer, chat_templates, metadata, tensors.  What the file does not have is
 * null or empty. */
void inspect_print_json(const struct inspect *i, const char *path, const char *badge);
/* Of tokenizer.ggml.token_type: "normal", "control", …; 0: "other". */
const char *inspect_kind_name(size_t kind);

#endif
