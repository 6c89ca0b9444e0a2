/* Options of sampling; see sampling.h.  Those not given are negative or not a number. */
#include "tui/cmd/sampling.h"

#include <math.h>
#include <stdbool.h>

#define NOT_GIVEN -1

void
sampling_opts_none(struct sampling_opts *o)
{
	const double no_REAL = NAN;
	const int64_t no_INT = NOT_GIVEN;

#define PARAM(field, name, kind, value, min, max, arg, help) o->field = no_##kind;
#include "core/sampler_param.def"
#undef PARAM
}

static bool given_INT(int64_t v) { return v >= 0; }
static bool given_REAL(double v) { return !isnan(v); }

void
sampling_opts_apply(const struct sampling_opts *o, struct sampler_params *p)
{
#define PARAM(field, name, kind, value, min, max, arg, help) \
	if (given_##kind(o->field)) \
		p->field = (__typeof__(p->field))o->field;
#include "core/sampler_param.def"
#undef PARAM
}
