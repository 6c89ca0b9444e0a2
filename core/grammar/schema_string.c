/* Strings: their length, a pattern, or a format. */
#include <string.h>

#include "core/base/mem.h"
#include "core/grammar/schema.h"

static const struct {
	const char *name, *pattern;
} formats[] = {
#define FORMAT(name, pattern) {name, pattern},
#include "core/grammar/schema_format.def"
#undef FORMAT
};

static bool
of_format(struct schema *c, const json_t *v, uint32_t *out)
{
	struct buf known = {0};

	for (size_t i = 0; json_is_string(v) && i < ARRAY_LEN(formats); i++)
		if (strcmp(formats[i].name, json_string_value(v)) == 0)
			return schema_pattern(c, formats[i].pattern, strlen(formats[i].pattern), out);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		buf_printf(&known, "%s%s", i ? ", " : "", formats[i].name);
	schema_error(c, "the format \"%.40s\" is not supported; supported are %s",
	    json_is_string(v) ? json_string_value(v) : "", buf_str(&known));
	buf_done(&known);
	return false;
}

static bool
of_length(struct schema *c, const json_t *s, uint32_t *out, bool *has)
{
	uint32_t min = 0, max = RULES_MANY;
	bool has_min, has_max;

	if (!schema_count(c, s, "minLength", &min, &has_min) || !schema_count(c, s, "maxLength", &max, &has_max))
		return false;
	*has = has_min || has_max;
	*out = min > max ? RULES_FAIL :
	    rules_repeat(&c->r, rules_call(&c->r, schema_common(c, COMMON_CHAR)), min, max);
	return true;
}

bool
schema_string(struct schema *c, const json_t *s, uint32_t *out)
{
	const json_t *pattern = json_object_get(s, "pattern"), *format = json_object_get(s, "format");
	uint32_t inside;
	bool has_length;
	size_t len;

	if (!of_length(c, s, &inside, &has_length))
		return false;
	if (!pattern && !format && !has_length) {
		*out = rules_call(&c->r, schema_common(c, COMMON_STRING));
		return true;
	}
	if ((pattern != NULL) + (format != NULL) + has_length > 1)
		return schema_error(c, "only one of pattern, format and a length is supported for a string");
	len = schema_enter(c, pattern ? "pattern" : "format");
	if (pattern && !json_is_string(pattern))
		return schema_error(c, "expected a text");
	if (pattern && !schema_pattern(c, json_string_value(pattern), json_string_length(pattern), &inside))
		return false;
	if (format && !of_format(c, format, &inside))
		return false;
	schema_leave(c, len);
	*out = rules_seq_of(&c->r, rules_str(&c->r, "\""), inside, rules_str(&c->r, "\""), RULES_NONE);
	return true;
}
