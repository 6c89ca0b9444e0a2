/* Names of files inside a registry.  A path is relative, of ASCII letters, digits and . _ + - in parts joined by
 * slashes; no part is empty or begins with a dot (so no "..", no ".git") or a hyphen.  ASCII alone rules out look-alikes of
 * other scripts; what is left of them (0 and O, 1 and l and I, rn and m, vv and w, _ and -) and names that differ by
 * case only may not stand beside each other. */
#ifndef REGISTRY_PATH_H
#define REGISTRY_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

#define PATH_LEN_MAX 240

bool path_check(const char *path, size_t n, struct err *e) MUST_CHECK;

/* The files of one registry.  Paths are borrowed: they must outlive the set. */
struct path_set;
struct path_set *path_set_new(size_t expected);
void path_set_free(struct path_set *s);		/* accepts NULL */
/* PATH has passed path_check.  Refused when it, or a folder of it, could be taken for another one of the set. */
bool path_set_add(struct path_set *s, const char *path, size_t n, struct err *e) MUST_CHECK;

#endif
