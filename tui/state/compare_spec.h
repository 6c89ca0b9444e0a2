/* A model as it is to be asked: "NAME", or "NAME?temp=0&top_k=1" with settings of compare_set() in which it differs from the
 * others.  "_" stands for "-" in their names; in values %26 is "&", %25 is "%", and so on, as in an address.
 * A file of exactly that name, and an address, are names as a whole. */
#ifndef TUI_STATE_COMPARE_SPEC_H
#define TUI_STATE_COMPARE_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct compare_options;

enum { COMPARE_SPEC_SETTINGS_MAX = 32 };

struct compare_spec {
	char *name;
	size_t n;
	struct {
		char *name, *value;
	} settings[COMPARE_SPEC_SETTINGS_MAX];
};

/* ERR_USAGE with what is wrong.  Whether the settings are ones is not looked at. */
bool compare_spec_parse(const char *s, struct compare_spec *out, struct err *e) MUST_CHECK;
void compare_spec_done(struct compare_spec *spec);		/* accepts a zeroed one */
/* O gets the settings; their values stay the spec's. */
bool compare_spec_apply(const struct compare_spec *spec, struct compare_options *o, struct err *e) MUST_CHECK;
/* "temp=0 top-k=1", for people. */
void compare_spec_add_settings(const struct compare_spec *spec, struct buf *out);
/* All of O after the "?", so that parsing and applying it gives O again. */
void compare_spec_write(const struct compare_options *o, struct buf *out);

#endif
