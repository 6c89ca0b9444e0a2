/* Saved sessions: any bytes are refused with a sentence and change nothing, or the timeline goes on.  Model and
 * checksum are made to match, so that what lies between is reached. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/session.h"
#include "tests/data/nano.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MODEL_AT = 16, SUM = sizeof(uint64_t) };

/* Windowed layers. */
static const struct nano nano = {
	.keys = "arch phi3, block_count 2, context_length 64, embedding_length 16, feed_forward_length 16, "
	    "attention.head_count 2, attention.head_count_kv 1, attention.layer_norm_rms_epsilon 1e-3, "
	    "attention.sliding_window 6",
	.tensors = "token_embd.weight 16x16, output_norm.weight 16",
	.layers = "attn_norm.weight 16, attn_q.weight 16x16, attn_k.weight 16x8, attn_v.weight 16x8, attn_output.weight 16x16, "
	    "ffn_norm.weight 16, ffn_gate.weight 16x16, ffn_up.weight 16x16, ffn_down.weight 16x16",
};
static struct session *session;
static struct buf saved;		/* for the model's identity */

static void
open_all(void)
{
	struct session_options so = {.n_ctx = 32, .kv = KV_f16, .chunk = 2, .rewind = 2};
	struct engine_options eo = {.n_threads = 1};
	static struct buf file;
	struct err e = {0};
	struct engine *g = engine_new(&eo, &e);
	struct gguf *gguf;
	struct model *m;

	nano_make(&nano, &file);
	gguf = gguf_open_memory(file.data, file.len, &e);
	m = g && gguf ? model_open_gguf(g, gguf, "nano", &e) : NULL;
	session = m ? session_open(m, &so, &e) : NULL;
	if (!session || !session_save_memory(session, &saved, &e))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	uint32_t n_past, id = 1;
	uint64_t sum;
	char *copy;

	if (!session)
		open_all();
	n_past = session_n_past(session);
	copy = malloc(size + 1);
	if (!copy)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	if (size >= MODEL_AT + SUM + SUM) {
		memcpy(copy + MODEL_AT, saved.data + MODEL_AT, SUM);
		sum = hash_bytes(copy, size - SUM);
		memcpy(copy + size - SUM, &sum, SUM);
	}
	if (!session_restore_memory(session, copy, size, &e)) {
		if (!e.text[0] || session_n_past(session) != n_past)
			abort();
	} else if (session_n_past(session) < session_n_ctx(session) &&
	    !session_eval(session, &id, 1, NULL, &e)) {
		abort();
	}
	session_truncate(session, session_n_past(session) / 2);
	free(copy);
	return 0;
}
