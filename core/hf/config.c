/* Reading config.json and its kin, and writing what it says as keys; see impl.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/hf/impl.h"

bool
hf_fail(struct hf *h, const char *fmt, ...)
{
	char text[sizeof h->e->text];
	va_list ap;

	if (h->failed)
		return false;
	h->failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(h->e, ERR_FAILED, "%s", text);
}

/* ---- files ---- */

bool
hf_exists(struct hf *h, const char *name)
{
	struct buf path = {0};
	bool there;

	fs_join(&path, buf_str(&h->dir), name);
	there = fs_exists(path.data);
	buf_done(&path);
	return there;
}

/* jansson's words about a defect quote the file. */
static bool
fail_json(struct hf *h, const char *name, const json_error_t *bad)
{
	struct gguf_str s = {bad->text, strlen(bad->text)};

	return hf_fail(h, "%s, line %d: %s", name, bad->line, gguf_quote(s).text);
}

/* "No limit" is written as 10^30, for which there is no whole number here: with one such all are read as real. */
static json_t *
parse(const struct buf *text, json_error_t *bad)
{
	size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
	json_t *j = json_loadb(buf_str(text), text->len, flags, bad);

	if (!j && json_error_code(bad) == json_error_numeric_overflow)
		j = json_loadb(buf_str(text), text->len, flags | JSON_DECODE_INT_AS_REAL, bad);
	return j;
}

bool
hf_read_json(struct hf *h, const char *name, size_t limit, json_t **out)
{
	struct buf path = {0}, text = {0};
	json_error_t bad;
	bool ok = true;

	*out = NULL;
	if (!hf_exists(h, name))
		return true;
	fs_join(&path, buf_str(&h->dir), name);
	if (!fs_read(&text, path.data, limit, h->failed ? NULL : h->e)) {
		h->failed = h->is_located = true;
		ok = false;
	} else {
		*out = parse(&text, &bad);
		if (!*out)
			ok = fail_json(h, name, &bad);
		else if (!json_is_object(*out))
			ok = hf_fail(h, "%s holds no JSON object", name);
	}
	if (!ok) {
		json_decref(*out);
		*out = NULL;
	}
	buf_done(&path);
	buf_done(&text);
	return ok;
}

/* ---- values ---- */

static const json_t *
get_in(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_null(v) ? NULL : v;
}

const json_t *
hf_get(const struct hf *h, const char *key)
{
	return get_in(h->config, key);
}

uint32_t
hf_count(struct hf *h, const char *key, uint32_t fallback)
{
	const json_t *v = hf_get(h, key);
	double n;

	if (!v) {
		if (fallback == HF_NEEDED)
			hf_fail(h, "config.json has no %s, which a model of type %s needs", key, h->type->model_type);
		return fallback == HF_NEEDED ? 1 : fallback;
	}
	n = json_number_value(v);
	if (!json_is_number(v) || !(n >= 0 && n < UINT32_MAX) || n != floor(n)) {
		hf_fail(h, "%s of config.json is not a whole number", key);
		return 1;
	}
	return (uint32_t)n;
}

double
hf_real_in(struct hf *h, const json_t *object, const char *where, const char *key, double fallback)
{
	const json_t *v = get_in(object, key);

	if (v && json_is_number(v) && isfinite(json_number_value(v)))
		return json_number_value(v);
	if (v)
		hf_fail(h, "%s of %s is not a number", key, where);
	else if (isnan(fallback))
		hf_fail(h, "%s has no %s, which a model of type %s needs", where, key, h->type->model_type);
	return isnan(fallback) ? 1 : fallback;
}

double
hf_real(struct hf *h, const char *key, double fallback)
{
	return hf_real_in(h, h->config, "config.json", key, fallback);
}

bool
hf_flag(struct hf *h, const char *key, bool fallback)
{
	const json_t *v = hf_get(h, key);

	if (v && !json_is_boolean(v))
		hf_fail(h, "%s of config.json is neither true nor false", key);
	return v ? json_is_true(v) : fallback;
}

const char *
hf_text(struct hf *h, const char *key)
{
	const json_t *v = hf_get(h, key);

	if (v && !json_is_string(v))
		hf_fail(h, "%s of config.json is not a text", key);
	return json_string_value(v);
}

bool
hf_is_one_of(const char *word, const char *list)
{
	size_t n = strlen(word);

	for (const char *p = list; n > 0 && (p = strstr(p, word)); p++)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* ---- keys ---- */

static const char *
key_of(struct hf *h, const char *name, char key[128])
{
	snprintf(key, 128, "%s.%s", h->arch, name);
	return key;
}

void
hf_set_u32(struct hf *h, const char *name, uint32_t v)
{
	char key[128];

	gguf_write_u32(h->keys, key_of(h, name, key), v);
}

void
hf_set_f32(struct hf *h, const char *name, double v)
{
	char key[128];

	gguf_write_f32(h->keys, key_of(h, name, key), (float)v);
}

void
hf_set_str(struct hf *h, const char *name, const char *v)
{
	char key[128];

	gguf_write_str(h->keys, key_of(h, name, key), v);
}

void
hf_set_bools(struct hf *h, const char *name, const bool *v, size_t n)
{
	char key[128];

	gguf_write_array(h->keys, key_of(h, name, key), GGUF_BOOL, v, n);
}

void
hf_set_i32s(struct hf *h, const char *name, const int32_t *v, size_t n)
{
	char key[128];

	gguf_write_array(h->keys, key_of(h, name, key), GGUF_I32, v, n);
}

void
hf_set_f32s(struct hf *h, const char *name, const float *v, size_t n)
{
	char key[128];

	gguf_write_array(h->keys, key_of(h, name, key), GGUF_F32, v, n);
}
