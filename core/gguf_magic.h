/* Is this a GGUF file at all, and if not, what is it? */
#ifndef CORE_GGUF_MAGIC_H
#define CORE_GGUF_MAGIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* False with a sentence that names the kind of file where its first bytes tell. */
bool gguf_magic_check(const uint8_t *data, size_t size, struct err *e) MUST_CHECK;

#endif
