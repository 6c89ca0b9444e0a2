/* Values from the caller's JSON.  Strings stay where they are: the JSON must outlive the rendering. */
#ifndef CORE_JINJA_JSON_H
#define CORE_JINJA_JSON_H

#include <jansson.h>

#include "core/jinja/value.h"

struct val val_from_json(struct run *r, const json_t *j);
struct dict *dict_from_json(struct run *r, const json_t *j);	/* J is an object */

#endif
