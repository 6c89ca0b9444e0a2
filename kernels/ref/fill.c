/* Every slot of the table from the reference. */
#include "kernels/fill.h"

#include "kernels/fmt/fmt.h"
#include "kernels/ref/ref.h"

#define QTYPE(id, number, len, bytes, tail, act) \
static size_t \
row_bytes_##id(size_t n_cols) \
{ \
	return qtype_row_bytes(QT_##id, n_cols); \
}
#include "kernels/qtype.def"
#undef QTYPE

void
ref_fill(struct kern *k)
{
	*k = (struct kern){
		.isa = "ref",
		.act = {
#define ACT(id) [ACT_##id] = ref_act_##id,
#include "kernels/act.def"
#undef ACT
		},
		.mat = {
#define QTYPE(id, number, len, bytes, tail, act) [QT_##id] = { \
			.pack_rows = 1, .panel_bytes = row_bytes_##id, \
			.mul = ref_##id##_mul, .decode = fmt_##id##_decode},
#include "kernels/qtype.def"
#undef QTYPE
		},
		.kv = {
#define KVTYPE(id) [KV_##id] = ref_kv_##id,
#include "kernels/kvtype.def"
#undef KVTYPE
		},
		.vec = ref_vec,
	};
	ref_encode(k->mat);
}
