/* The options of sampling that several commands have: one for each row of core/sampler_param.def.  In a command's table:
 *	#define PARAM(field, name, kind, value, min, max, arg, help) \
 *		{name, 0, OPT_##kind, arg, help, AT(sampling.field), min, max, NULL},
 *	#include "core/sampler_param.def" */
#ifndef TUI_CMD_SAMPLING_H
#define TUI_CMD_SAMPLING_H

#include <stdint.h>

#include "core/sampler.h"

#define SAMPLING_FIELD_INT(field) int64_t field;
#define SAMPLING_FIELD_REAL(field) double field;
struct sampling_opts {
#define PARAM(field, name, kind, value, min, max, arg, help) SAMPLING_FIELD_##kind(field)
#include "core/sampler_param.def"
#undef PARAM
};

void sampling_opts_none(struct sampling_opts *o);	/* none is given */
/* Those that are given, over what P says. */
void sampling_opts_apply(const struct sampling_opts *o, struct sampler_params *p);

#endif
