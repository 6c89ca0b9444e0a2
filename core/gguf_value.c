/* Values of a GGUF file: typed reads of what gguf.c has checked; see gguf.h. */
#include "core/gguf.h"

#include <assert.h>
#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are read as they lie in the file");

static const struct {
	const char *name;
	size_t size;			/* 0: not of a fixed size */
} types[GGUF_TYPE_COUNT] = {
	[GGUF_U8] = {"u8", 1}, [GGUF_I8] = {"i8", 1}, [GGUF_U16] = {"u16", 2}, [GGUF_I16] = {"i16", 2},
	[GGUF_U32] = {"u32", 4}, [GGUF_I32] = {"i32", 4}, [GGUF_F32] = {"f32", 4}, [GGUF_BOOL] = {"bool", 1},
	[GGUF_STRING] = {"string", 0}, [GGUF_ARRAY] = {"array", 0}, [GGUF_U64] = {"u64", 8},
	[GGUF_I64] = {"i64", 8}, [GGUF_F64] = {"f64", 8},
};

size_t
gguf_type_size(enum gguf_type t)
{
	return (size_t)t < GGUF_TYPE_COUNT ? types[t].size : 0;
}

const char *
gguf_type_name(enum gguf_type t)
{
	return (size_t)t < GGUF_TYPE_COUNT ? types[t].name : "unknown";
}

struct gguf_quoted
gguf_quote(struct gguf_str s)
{
	static const char dots[] = "…";
	struct gguf_quoted q = {{0}};
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];
		bool plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\';

		if (n + (plain ? 1 : 4) + sizeof dots > sizeof q.text) {
			memcpy(q.text + n, dots, sizeof dots);
			return q;
		}
		if (plain) {
			q.text[n++] = (char)c;
		} else {
			q.text[n++] = '\\';
			q.text[n++] = 'x';
			q.text[n++] = "0123456789abcdef"[c >> 4];
			q.text[n++] = "0123456789abcdef"[c & 15];
		}
	}
	return q;
}

static uint32_t
load_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint64_t
load_u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* Element I as a whole number: its 64 bits and whether they are signed.  False for other kinds. */
static bool
element_int(const struct gguf_kv *kv, uint64_t i, uint64_t *bits, bool *is_signed)
{
	const uint8_t *p = kv->data + i * types[kv->type].size;
	uint16_t half;

	*is_signed = false;
	switch (kv->type) {
	case GGUF_U8:
		*bits = *p;
		return true;
	case GGUF_U16:
	case GGUF_I16:
		memcpy(&half, p, sizeof half);
		*is_signed = kv->type == GGUF_I16;
		*bits = *is_signed ? (uint64_t)(int16_t)half : half;
		return true;
	case GGUF_U32:
		*bits = load_u32(p);
		return true;
	case GGUF_U64:
		*bits = load_u64(p);
		return true;
	case GGUF_I8:
		*is_signed = true;
		*bits = (uint64_t)(int8_t)*p;
		return true;
	case GGUF_I32:
		*is_signed = true;
		*bits = (uint64_t)(int32_t)load_u32(p);
		return true;
	case GGUF_I64:
		*is_signed = true;
		*bits = load_u64(p);
		return true;
	default:
		return false;
	}
}

static bool
element_real(const struct gguf_kv *kv, uint64_t i, double *v)
{
	float f;

	switch (kv->type) {
	case GGUF_F32:
		memcpy(&f, kv->data + i * sizeof f, sizeof f);
		*v = (double)f;
		return true;
	case GGUF_F64:
		memcpy(v, kv->data + i * sizeof *v, sizeof *v);
		return true;
	default:
		return false;
	}
}

static const struct gguf_kv *
find_scalar(const struct gguf *g, const char *key)
{
	const struct gguf_kv *kv = gguf_kv_find(g, key);

	return kv && !kv->is_array ? kv : NULL;
}

bool
gguf_get_u64(const struct gguf *g, const char *key, uint64_t *out)
{
	const struct gguf_kv *kv = find_scalar(g, key);
	uint64_t bits;
	bool is_signed;

	if (!kv || !element_int(kv, 0, &bits, &is_signed) || (is_signed && bits > INT64_MAX))
		return false;
	*out = bits;
	return true;
}

bool
gguf_get_i64(const struct gguf *g, const char *key, int64_t *out)
{
	const struct gguf_kv *kv = find_scalar(g, key);
	uint64_t bits;
	bool is_signed;

	if (!kv || !element_int(kv, 0, &bits, &is_signed) || (!is_signed && bits > INT64_MAX))
		return false;
	*out = (int64_t)bits;
	return true;
}

bool
gguf_get_f64(const struct gguf *g, const char *key, double *out)
{
	const struct gguf_kv *kv = find_scalar(g, key);
	uint64_t bits;
	bool is_signed;

	if (!kv)
		return false;
	if (element_real(kv, 0, out))
		return true;
	if (!element_int(kv, 0, &bits, &is_signed))
		return false;
	*out = is_signed ? (double)(int64_t)bits : (double)bits;
	return true;
}

bool
gguf_get_bool(const struct gguf *g, const char *key, bool *out)
{
	const struct gguf_kv *kv = find_scalar(g, key);

	if (!kv || kv->type != GGUF_BOOL)
		return false;
	*out = *kv->data != 0;
	return true;
}

bool
gguf_get_str(const struct gguf *g, const char *key, struct gguf_str *out)
{
	const struct gguf_kv *kv = find_scalar(g, key);
	const uint8_t *cursor;

	if (!kv || kv->type != GGUF_STRING)
		return false;
	cursor = kv->data;
	*out = gguf_array_next_str(&cursor);
	return true;
}

double
gguf_array_f64(const struct gguf_kv *kv, uint64_t i)
{
	uint64_t bits;
	bool is_signed;
	double v = 0;

	if (element_real(kv, i, &v))
		return v;
	if (element_int(kv, i, &bits, &is_signed))
		return is_signed ? (double)(int64_t)bits : (double)bits;
	return kv->type == GGUF_BOOL ? kv->data[i] : 0;
}

uint64_t
gguf_array_u64(const struct gguf_kv *kv, uint64_t i)
{
	uint64_t bits;
	bool is_signed;
	int64_t v;

	if (element_int(kv, i, &bits, &is_signed) && !is_signed)
		return bits;
	v = gguf_array_i64(kv, i);
	return v > 0 ? (uint64_t)v : 0;
}

int64_t
gguf_array_i64(const struct gguf_kv *kv, uint64_t i)
{
	uint64_t bits;
	bool is_signed;
	double v;

	if (element_int(kv, i, &bits, &is_signed))
		return !is_signed && bits > INT64_MAX ? INT64_MAX : (int64_t)bits;
	if (element_real(kv, i, &v))
		return v > -0x1p63 && v < 0x1p63 ? (int64_t)v : 0;
	return kv->type == GGUF_BOOL ? kv->data[i] : 0;
}

struct gguf_str
gguf_array_next_str(const uint8_t **cursor)
{
	struct gguf_str s;

	s.len = (size_t)load_u64(*cursor);
	s.data = (const char *)*cursor + sizeof(uint64_t);
	*cursor += sizeof(uint64_t) + s.len;
	return s;
}
