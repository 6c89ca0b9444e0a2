/* What the files of filters share. */
#ifndef CORE_JINJA_FILTER_H
#define CORE_JINJA_FILTER_H

#include "core/jinja/ast.h"

/* The attribute "a.b.0" of ITEM; OTHERWISE (unless none or missing) stands in where one is undefined. */
struct val attribute_of(struct run *r, struct val item, struct val attribute, struct val otherwise);
struct val caseless(struct run *r, struct val v);	/* strings in lower case: Jinja compares so unless told */

#endif
