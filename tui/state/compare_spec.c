/* Models with settings of their own; see compare_spec.h. */
#include "tui/state/compare_spec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/resolve.h"
#include "tui/state/compare.h"

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* S[0..n) without its %XX; no NUL comes of it. */
static char *
decode(const char *s, size_t n)
{
	char *out = mem_new0(n + 1, 1);
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		int high = s[i] == '%' && i + 2 < n ? hex_digit(s[i + 1]) : -1, low = high >= 0 ? hex_digit(s[i + 2]) : -1;

		if (low >= 0 && high + low > 0) {
			out[len++] = (char)(16 * high + low);
			i += 2;
		} else {
			out[len++] = s[i];
		}
	}
	return out;
}

static void
encode(struct buf *out, const char *s)
{
	for (; *s; s++)
		if (strchr("%&?=", *s) || (unsigned char)*s < 0x20)
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*s);
		else
			buf_add_char(out, *s);
}

/* "temp=0" */
static bool
add_setting(struct compare_spec *spec, const char *s, size_t n, struct err *e)
{
	const char *equals = memchr(s, '=', n);
	size_t len = equals ? (size_t)(equals - s) : 0;
	char *name;

	if (len == 0)
		return err_set(e, ERR_USAGE, "after the \"?\" stand settings, as temp=0&top_k=1, not \"%.*s\"", (int)(n < 60 ? n : 60), s);
	if (spec->n == COMPARE_SPEC_SETTINGS_MAX)
		return err_set(e, ERR_USAGE, "%s: at most %d settings", spec->name, COMPARE_SPEC_SETTINGS_MAX);
	name = decode(s, len);
	for (char *p = name; *p; p++)
		*p = *p == '_' ? '-' : *p;
	spec->settings[spec->n].name = name;
	spec->settings[spec->n++].value = decode(equals + 1, n - len - 1);
	return true;
}

bool
compare_spec_parse(const char *s, struct compare_spec *out, struct err *e)
{
	const char *mark = resolve_is_address(s) || fs_exists(s) ? NULL : strchr(s, '?');
	bool ok = true;

	*out = (struct compare_spec){.name = mem_dup(s)};
	if (mark)
		out->name[mark - s] = '\0';
	for (const char *p = mark ? mark + 1 : ""; ok && *p;) {
		size_t n = strcspn(p, "&");

		ok = add_setting(out, p, n, e);
		p += n;
		p += *p == '&';
	}
	if (ok && !*out->name)
		ok = err_set(e, ERR_USAGE, "a model is missing before the \"?\" of \"%s\"", s);
	if (!ok)
		compare_spec_done(out);
	return ok;
}

void
compare_spec_done(struct compare_spec *spec)
{
	free(spec->name);
	for (size_t i = 0; i < spec->n; i++) {
		free(spec->settings[i].name);
		free(spec->settings[i].value);
	}
	*spec = (struct compare_spec){0};
}

bool
compare_spec_apply(const struct compare_spec *spec, struct compare_options *o, struct err *e)
{
	for (size_t i = 0; i < spec->n; i++)
		if (!compare_set(o, spec->settings[i].name, spec->settings[i].value, e))
			return false;
	return true;
}

void
compare_spec_add_settings(const struct compare_spec *spec, struct buf *out)
{
	for (size_t i = 0; i < spec->n; i++)
		buf_printf(out, "%s%s=%s", i ? " " : "", spec->settings[i].name, spec->settings[i].value);
}

void
compare_spec_write(const struct compare_options *o, struct buf *out)
{
	static const char *const kvs[] = {"f32", "f16", "q8_0"}, *const thinks[] = {"auto", "on", "off"};

#define PARAM(field, name, kind, value, min, max, arg, help) \
	buf_printf(out, "%s=%.*g&", name, sizeof o->sampling.field == sizeof(float) ? 9 : 17, (double)o->sampling.field);
#include "core/sampler_param.def"
#undef PARAM
	buf_printf(out, "max-tokens=%u&ctx=%u", (unsigned)o->max_tokens, (unsigned)o->session.n_ctx);
	for (size_t i = 0; i < ARRAY_LEN(kvs); i++)
		if (kvtype_find(kvs[i]) == o->session.kv)
			buf_printf(out, "&kv=%s", kvs[i]);
	for (size_t i = 0; i < ARRAY_LEN(thinks); i++)
		if (think_find(thinks[i]) == o->think)
			buf_printf(out, "&think=%s", thinks[i]);
	if (o->system && *o->system) {
		buf_add_str(out, "&system=");
		encode(out, o->system);
	}
}
