/* The precompiled character map; see charsmap.h.
 *
 * Four bytes, little endian: the bytes of the double array.  The array: units of four bytes (Yata's darts-clone; Kanda
 * 2018).  The texts.  A unit holds
 *	bits 0-7	the byte that leads to this node; bit 31 set: a value instead, in the 31 bits below
 *	bit 8		a value belongs to the sequence that ends here: it stands in the first child
 *	bit 9		the offset is in units of 256
 *	bits 10-30	the offset: child = node ^ offset ^ byte
 * Nothing in it can be trusted: a step out of the array is a step to no node. */
#include "core/tok/charsmap.h"

#include <string.h>

#include "core/gguf.h"

static const char key[] = "tokenizer.ggml.precompiled_charsmap";

static uint32_t
load_u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool
charsmap_read(struct charsmap *m, const struct gguf *g, struct err *e)
{
	const struct gguf_kv *kv = gguf_kv_find(g, key);
	size_t bytes;

	*m = (struct charsmap){0};
	if (!kv || (kv->is_array && kv->n == 0))
		return true;
	if (!kv->is_array || (kv->type != GGUF_U8 && kv->type != GGUF_I8))
		return err_set(e, ERR_FAILED, "%s is of type %s, expected an array of bytes", key, gguf_type_name(kv->type));
	if (kv->n < 4)
		return err_set(e, ERR_FAILED, "%s has %llu bytes, expected 4 at least", key, (unsigned long long)kv->n);
	bytes = load_u32(kv->data);
	if (bytes % 4 || bytes == 0 || bytes >= kv->n - 4)
		return err_set(e, ERR_FAILED, "%s gives its array %zu of its %llu bytes, expected a multiple of 4 below that",
		    key, bytes, (unsigned long long)kv->n);
	m->units = kv->data + 4;
	m->n_units = bytes / 4;
	m->texts = (const char *)kv->data + 4 + bytes;
	m->texts_len = (size_t)kv->n - 4 - bytes;
	if (m->texts[m->texts_len - 1] != '\0')
		return err_set(e, ERR_FAILED, "%s does not end with a NUL byte", key);
	return true;
}

static size_t
offset_of(uint32_t unit)
{
	return (size_t)(unit >> 10) << (unit & 1u << 9 ? 8 : 0);
}

size_t
charsmap_find(const struct charsmap *m, const char *text, size_t len, const char **out, size_t *out_len)
{
	size_t node, found = 0;

	if (m->n_units == 0)
		return 0;
	node = offset_of(load_u32(m->units));
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)text[i];
		uint32_t unit, value;

		node ^= byte;
		if (byte == 0 || node >= m->n_units)
			break;
		unit = load_u32(m->units + 4 * node);
		if ((unit & (1u << 31 | 0xff)) != byte)
			break;
		node ^= offset_of(unit);
		if (!(unit & 1u << 8) || node >= m->n_units)
			continue;
		value = load_u32(m->units + 4 * node) & ~(1u << 31);
		if (value >= m->texts_len)
			continue;
		found = i + 1;
		*out = m->texts + value;
		*out_len = strlen(*out);
	}
	return found;
}
