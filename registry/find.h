/* From what a person calls a model to the file or directory it is in. */
#ifndef REGISTRY_FIND_H
#define REGISTRY_FIND_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/err.h"

/* The bundled model's name; a file of that name is meant by "./guide". */
#define REGISTRY_GUIDE "guide"

/* NAME is a path (it holds a slash, ends in .gguf, or something of that name is there), which is taken as it is and
 * not looked at, or "guide", which is looked for beside the program and in its share directory.  *PATH is replaced.
 * ERR_NOT_FOUND with what to do instead. */
bool registry_find(const char *name, struct buf *path, struct err *e) MUST_CHECK;

#endif
