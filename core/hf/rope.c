/* How positions turn: rope_parameters (or rope_scaling) of config.json as keys, and as divisors where they are that. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/hf/impl.h"

static const char *
scaling_type(struct hf *h)
{
	const json_t *type = json_object_get(h->rope, "rope_type");

	if (!json_is_string(type))
		type = json_object_get(h->rope, "type");
	if (type && !json_is_string(type) && !json_is_null(type))
		hf_fail(h, "the rope_type of config.json is not a text");
	return json_is_string(type) ? json_string_value(type) : "default";
}

static double
real(struct hf *h, const char *key, double fallback)
{
	return hf_real_in(h, h->rope, "the rope scaling of config.json", key, fallback);
}

/* Positions that the model knew before it was stretched. */
static uint32_t
original_context(struct hf *h)
{
	double n = real(h, "original_max_position_embeddings",
	    hf_count(h, "original_max_position_embeddings", h->n_ctx));

	if (!(n >= 1 && n <= 1e9)) {
		hf_fail(h, "original_max_position_embeddings of config.json is %g, expected 1 to 1e9", n);
		return 1;
	}
	return (uint32_t)n;
}

/* Divisors of the angles: short waves stay, long ones are divided by the factor, those between by something between.
 * The Llama 3 herd of models, 2024; published model code. */
static void
divisors_llama3(struct hf *h)
{
	double factor = real(h, "factor", NAN), low = real(h, "low_freq_factor", NAN), high = real(h, "high_freq_factor", NAN);
	double n_ctx = original_context(h), base = real(h, "rope_theta", hf_real(h, "rope_theta", h->type->family->rope_base));
	size_t n = h->head_dim / 2;
	float *v;

	if (h->failed)
		return;
	if (!h->type->family->has_rope_divisors || !(high > low) || !(factor > 0) || n < 1 || n > 4096) {
		hf_fail(h, "a rope scaling of the kind llama3 is not supported like this for a model of type %s",
		    h->type->model_type);
		return;
	}
	v = mem_new0(n, sizeof *v);
	for (size_t i = 0; i < n; i++) {
		double wave = 2 * M_PI * pow(base, 2.0 * (double)i / (double)h->head_dim);
		double share = (n_ctx / wave - low) / (high - low);

		if (wave < n_ctx / high)
			v[i] = 1;
		else if (wave > n_ctx / low)
			v[i] = (float)factor;
		else
			v[i] = (float)(1 / ((1 - share) / factor + share));
	}
	hf_add_f32(h, "rope_freqs.weight", v, n);
	free(v);
}

static void
add_factors(struct hf *h, const char *key, const char *name)
{
	const json_t *list = json_object_get(h->rope, key);
	size_t n = json_array_size(list);
	float *v;

	if (!json_is_array(list) || n < 1 || n > 4096) {
		hf_fail(h, "%s of config.json is not a list of 1 to 4096 numbers", key);
		return;
	}
	v = mem_new0(n, sizeof *v);
	for (size_t i = 0; i < n; i++) {
		const json_t *x = json_array_get(list, i);

		if (!json_is_number(x))
			hf_fail(h, "%s of config.json holds something that is not a number", key);
		v[i] = (float)json_number_value(x);
	}
	hf_add_f32(h, name, v, n);
	free(v);
}

/* LongRoPE: two lists of divisors, and a magnitude that grows with the stretch. */
static void
keys_longrope(struct hf *h)
{
	uint32_t before = original_context(h);
	double stretch = (double)h->n_ctx / before, magnitude, wide;

	magnitude = stretch > 1 ? sqrt(1 + log(stretch) / log(before)) : 1;
	magnitude = real(h, "short_mscale", real(h, "attention_factor", magnitude));
	wide = real(h, "long_mscale", magnitude);
	if (fabs(wide - magnitude) > 1e-6)
		hf_fail(h, "short_mscale and long_mscale of config.json differ, which is not supported");
	hf_set_str(h, "rope.scaling.type", "longrope");
	hf_set_u32(h, "rope.scaling.original_context_length", before);
	hf_set_f32(h, "rope.scaling.attn_factor", magnitude);
	add_factors(h, "long_factor", "rope_factors_long.weight");
	add_factors(h, "short_factor", "rope_factors_short.weight");
}

/* The reader multiplies by 1 + 0.1 ln(factor) itself. */
static void
keys_yarn(struct hf *h)
{
	double factor = real(h, "factor", NAN), own = factor > 1 ? 1 + 0.1 * log(factor) : 1;

	if (json_is_false(json_object_get(h->rope, "truncate")) || json_is_number(json_object_get(h->rope, "mscale")))
		hf_fail(h, "the rope scaling of config.json is yarn with options that are not supported (truncate, mscale)");
	hf_set_str(h, "rope.scaling.type", "yarn");
	hf_set_f32(h, "rope.scaling.factor", factor);
	hf_set_u32(h, "rope.scaling.original_context_length", original_context(h));
	hf_set_f32(h, "rope.scaling.attn_factor", real(h, "attention_factor", own) / own);
	hf_set_f32(h, "rope.scaling.yarn_beta_fast", real(h, "beta_fast", 32));
	hf_set_f32(h, "rope.scaling.yarn_beta_slow", real(h, "beta_slow", 1));
}

static void
keys_linear(struct hf *h)
{
	hf_set_str(h, "rope.scaling.type", "linear");
	hf_set_f32(h, "rope.scaling.factor", real(h, "factor", NAN));
}

static void
keys_none(struct hf *h)
{
	(void)h;
}

/* dynamic: nothing changes within max_position_embeddings.  proportional: the family's own divisors say it. */
static const struct {
	const char *type;
	void (*keys)(struct hf *h);
} scalings[] = {
	{"default", keys_none}, {"dynamic", keys_none}, {"linear", keys_linear}, {"llama3", divisors_llama3},
	{"yarn", keys_yarn}, {"proportional", keys_none}, {"longrope", keys_longrope}, {"su", keys_longrope},
};

/* One set of parameters, or one for each kind of layer. */
static void
find_parameters(struct hf *h)
{
	json_t *all = json_object_get(h->config, "rope_parameters"), *full;

	if (!json_is_object(all))
		all = json_object_get(h->config, "rope_scaling");
	full = json_object_get(all, "full_attention");
	h->rope = json_is_object(full) ? full : all;
	h->rope_local = json_object_get(all, "sliding_attention");
}

void
hf_rope_keys(struct hf *h)
{
	const char *type;
	double share, local;

	find_parameters(h);
	type = scaling_type(h);
	hf_set_f32(h, "rope.freq_base", real(h, "rope_theta", hf_real(h, "rope_theta", h->type->family->rope_base)));
	share = real(h, "partial_rotary_factor", hf_real(h, "partial_rotary_factor", 1));
	if (!(share > 0 && share <= 1))
		hf_fail(h, "partial_rotary_factor of config.json is %g, expected more than 0 and 1 at most", share);
	else
		hf_set_u32(h, "rope.dimension_count", (uint32_t)(h->head_dim * share));
	local = hf_real_in(h, h->rope_local, "config.json", "rope_theta", hf_real(h, "rope_local_base_freq", 0));
	if (local > 0)
		hf_set_f32(h, "rope.freq_base_swa", local);
	for (size_t i = 0; i < ARRAY_LEN(scalings); i++) {
		if (strcmp(scalings[i].type, type) == 0) {
			scalings[i].keys(h);
			return;
		}
	}
	hf_fail(h, "a rope scaling of the kind \"%s\" is not supported",
	    gguf_quote((struct gguf_str){type, strlen(type)}).text);
}
