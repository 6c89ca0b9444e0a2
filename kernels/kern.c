/* The kernel table: which instruction sets are here, and which function serves each slot. */
#include "kernels/kern.h"

#include <string.h>

#include "kernels/cpu.h"
#include "kernels/fill.h"

static const struct qtype_info qtypes[] = {
#define QTYPE(id, number, len, bytes, tail, act) [QT_##id] = {#id, number, len, bytes, tail, ACT_##act},
#include "kernels/qtype.def"
#undef QTYPE
};

static const char *const kvtypes[] = {
#define KVTYPE(id) [KV_##id] = #id,
#include "kernels/kvtype.def"
#undef KVTYPE
};

static const struct isa {
	const char *name;
	uint32_t needs;
	void (*fill)(struct kern *k);
} isas[] = {
	{"ref", 0, ref_fill},
#define ISA(id, needs, flags) {#id, needs, id##_fill},
#include ISA_DEF
#undef ISA
};
enum { N_ISAS = sizeof isas / sizeof isas[0] };

const struct qtype_info *
qtype_info(enum qtype t)
{
	return &qtypes[t];
}

enum qtype
qtype_find(uint32_t gguf_number)
{
	for (int t = 0; t < QT_COUNT; t++)
		if (qtypes[t].gguf_number == gguf_number)
			return (enum qtype)t;
	return QT_COUNT;
}

size_t
qtype_row_bytes(enum qtype t, size_t n)
{
	return n / qtypes[t].block_len * qtypes[t].block_bytes;
}

bool
qtype_tensor_bytes(enum qtype t, uint64_t n, size_t *out)
{
	return !__builtin_mul_overflow(n / qtypes[t].block_len, qtypes[t].block_bytes, out) &&
	    !__builtin_add_overflow(*out, qtypes[t].tail_bytes, out);
}

float
qtype_tensor_scale(enum qtype t, const void *data, uint64_t n)
{
	float scale = 1;

	if (qtypes[t].tail_bytes > 0)
		memcpy(&scale, (const char *)data + qtype_row_bytes(t, (size_t)n), sizeof scale);
	return scale;
}

const char *
kvtype_name(enum kvtype t)
{
	return kvtypes[t];
}

enum kvtype
kvtype_find(const char *name)
{
	for (int t = 0; t < KV_COUNT; t++)
		if (strcmp(kvtypes[t], name) == 0)
			return (enum kvtype)t;
	return KV_COUNT;
}

static bool
isa_runs(const struct isa *isa)
{
	return (isa->needs & ~cpu_features()) == 0;
}

bool
kern_init(struct kern *k, const char *cap)
{
	bool found = !cap;

	for (size_t i = 0; i < N_ISAS; i++)
		found = found || strcmp(isas[i].name, cap) == 0;
	if (!found)
		return false;
	for (size_t i = 0; i < N_ISAS; i++) {
		if (isa_runs(&isas[i])) {
			isas[i].fill(k);
			k->isa = isas[i].name;
		}
		if (cap && strcmp(isas[i].name, cap) == 0)
			break;
	}
	if (!cap || strcmp(cap, "ref") != 0)
		blis_fill(k);
	return true;
}

const char *
kern_isa_at(size_t i)
{
	for (size_t at = 0; at < N_ISAS; at++)
		if (isa_runs(&isas[at]) && i-- == 0)
			return isas[at].name;
	return NULL;
}

/* Where each function stands in the table. */
static const struct slot {
	const char *name;
	size_t offset;
} slots[] = {
#define ACT(id) {"act." #id ".quantize", offsetof(struct kern, act[ACT_##id].quantize)},
#include "kernels/act.def"
#undef ACT
#define QTYPE(id, number, len, bytes, tail, act) \
	{"mat." #id ".mul", offsetof(struct kern, mat[QT_##id].mul)}, \
	{"mat." #id ".mul_many", offsetof(struct kern, mat[QT_##id].mul_many)}, \
	{"mat." #id ".decode", offsetof(struct kern, mat[QT_##id].decode)}, \
	{"mat." #id ".encode", offsetof(struct kern, mat[QT_##id].encode)},
#include "kernels/qtype.def"
#undef QTYPE
#define KVTYPE(id) \
	{"kv." #id ".store", offsetof(struct kern, kv[KV_##id].store)}, \
	{"kv." #id ".pack", offsetof(struct kern, kv[KV_##id].pack)}, \
	{"kv." #id ".unpack", offsetof(struct kern, kv[KV_##id].unpack)}, \
	{"kv." #id ".query", offsetof(struct kern, kv[KV_##id].query)}, \
	{"kv." #id ".score", offsetof(struct kern, kv[KV_##id].score)}, \
	{"kv." #id ".mix", offsetof(struct kern, kv[KV_##id].mix)}, \
	{"kv." #id ".query_many", offsetof(struct kern, kv[KV_##id].query_many)}, \
	{"kv." #id ".keys_many", offsetof(struct kern, kv[KV_##id].keys_many)}, \
	{"kv." #id ".values_many", offsetof(struct kern, kv[KV_##id].values_many)}, \
	{"kv." #id ".score_many", offsetof(struct kern, kv[KV_##id].score_many)}, \
	{"kv." #id ".weights_many", offsetof(struct kern, kv[KV_##id].weights_many)}, \
	{"kv." #id ".mix_many", offsetof(struct kern, kv[KV_##id].mix_many)},
#include "kernels/kvtype.def"
#undef KVTYPE
	{"vec.rms_norm", offsetof(struct kern, vec.rms_norm)},
	{"vec.add", offsetof(struct kern, vec.add)},
	{"vec.mul", offsetof(struct kern, vec.mul)},
	{"vec.scale", offsetof(struct kern, vec.scale)},
	{"vec.layer_norm", offsetof(struct kern, vec.layer_norm)},
	{"vec.silu_mul", offsetof(struct kern, vec.silu_mul)},
	{"vec.gelu_mul", offsetof(struct kern, vec.gelu_mul)},
	{"vec.relu2_mul", offsetof(struct kern, vec.relu2_mul)},
	{"vec.sigmoid_mul", offsetof(struct kern, vec.sigmoid_mul)},
	{"vec.conv_silu", offsetof(struct kern, vec.conv_silu)},
	{"vec.delta", offsetof(struct kern, vec.delta)},
	{"vec.gelu", offsetof(struct kern, vec.gelu)},
	{"vec.softcap", offsetof(struct kern, vec.softcap)},
	{"vec.softmax", offsetof(struct kern, vec.softmax)},
	{"vec.exp_part", offsetof(struct kern, vec.exp_part)},
	{"vec.join_part", offsetof(struct kern, vec.join_part)},
	{"vec.rope_norm", offsetof(struct kern, vec.rope_norm)},
	{"vec.rope_neox", offsetof(struct kern, vec.rope_neox)},
	{"vec.max", offsetof(struct kern, vec.max)},
	{"vec.read_bytes", offsetof(struct kern, vec.read_bytes)},
	{"vec.peak_dot4", offsetof(struct kern, vec.peak_dot4)},
	{"vec.peak_dot8", offsetof(struct kern, vec.peak_dot8)},
	{"vec.peak_fma", offsetof(struct kern, vec.peak_fma)},
	{"vec.peak_tile", offsetof(struct kern, vec.peak_tile)},
};

static bool
slot_is_same(const struct kern *a, const struct kern *b, size_t offset)
{
	return memcmp((const char *)a + offset, (const char *)b + offset, sizeof(void (*)(void))) == 0;
}

/* The weakest row whose table has the function of K in this slot. */
static const char *
slot_isa(const struct kern *k, size_t offset)
{
	struct kern weaker;

	for (size_t i = 0; i < N_ISAS; i++) {
		if (kern_init(&weaker, isas[i].name) && slot_is_same(k, &weaker, offset))
			return isas[i].name;
	}
	return k->isa;
}

static bool
slot_is_blis(const struct kern *k, size_t offset)
{
	for (int t = 0; t < QT_COUNT; t++)
		if (offset == offsetof(struct kern, mat[0].mul_many) + (size_t)t * sizeof k->mat[0])
			return blis_serves(&k->mat[t]);
	return false;
}

bool
kern_slot_at(const struct kern *k, size_t i, struct kern_slot *out)
{
	static const struct kern none;

	for (size_t at = 0; at < sizeof slots / sizeof slots[0]; at++) {
		if (slot_is_same(k, &none, slots[at].offset) || i-- > 0)
			continue;
		out->name = slots[at].name;
		out->isa = slot_is_blis(k, slots[at].offset) ? "blis" : slot_isa(k, slots[at].offset);
		return true;
	}
	return false;
}
