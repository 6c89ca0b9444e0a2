/* Model directories: one of its files is what the fuzzer says, the rest is in order.  It is refused with a sentence, or
 * opens as a container whose tokenizer takes a text.  The first byte chooses the file. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/gguf.h"
#include "core/hf/hf.h"
#include "core/tok/tok.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config[] = "{\"model_type\":\"llama\",\"hidden_size\":2,\"num_attention_heads\":1,\"num_hidden_layers\":2,"
    "\"intermediate_size\":2,\"max_position_embeddings\":8,\"bos_token_id\":0}";
static const char header[] = "{\"embed_tokens.weight\":{\"dtype\":\"BF16\",\"shape\":[300,2],\"data_offsets\":[0,1200]},"
    "\"layers.0.self_attn.q_proj.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[1200,1216]},"
    "\"layers.1.mlp.experts.0.up_proj.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[1216,1232]}}";
static const char tokenizer[] = "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},\"merges\":[\"a b\"]},"
    "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false}}";

/* By the first byte, A to E. */
static const char *const names[] = {"config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
	"model.safetensors.index.json"};

static char dir[] = "/tmp/minnow-fuzz-XXXXXX";

static void
write_file(const char *name, const void *data, size_t n)
{
	struct buf path = {0};
	FILE *f;

	fs_join(&path, dir, name);
	f = fopen(path.data, "wb");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0)
		abort();
	buf_done(&path);
}

static void
remove_file(const char *name)
{
	struct buf path = {0};

	fs_join(&path, dir, name);
	unlink(path.data);
	buf_done(&path);
}

static void
remove_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		remove_file(names[i]);
	remove_file("model.safetensors");
	rmdir(dir);
}

static void
begin(void)
{
	static const char zeros[1232];
	struct buf file = {0};
	uint64_t n = sizeof header - 1;

	if (!mkdtemp(dir))
		abort();
	atexit(remove_all);
	buf_add(&file, &n, sizeof n);
	buf_add_str(&file, header);
	buf_add(&file, zeros, sizeof zeros);
	write_file("model.safetensors", file.data, file.len);
	buf_done(&file);
}

static void
use(const struct gguf *g)
{
	static const char text[] = " ab aab\n\xe2\x96\x81 <0x41> caf\xc3\xa9 123";
	struct tok_flags flags = {true, true};
	struct tok_ids ids = {0};
	struct buf back = {0};
	struct tok *t = tok_open(g, NULL);

	if (t && tok_encode(t, text, sizeof text - 1, flags, &ids, NULL))
		tok_decode(t, ids.ids, ids.n, true, &back);
	tok_ids_done(&ids);
	buf_done(&back);
	tok_close(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t which = size ? (data[0] - 'A') % ARRAY_LEN(names) : 0;
	static bool begun;
	struct err e = {0};
	struct gguf *g;

	if (!begun)
		begin();
	begun = true;
	if (which != 0)
		write_file("config.json", config, sizeof config - 1);
	if (which == 3)
		write_file("tokenizer.json", tokenizer, sizeof tokenizer - 1);
	write_file(names[which], data + (size > 0), size - (size > 0));
	g = hf_open(dir, HF_WEIGHTS, &e);
	if (g)
		use(g);
	else if (!e.text[0])
		abort();
	gguf_close(g);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		remove_file(names[i]);
	return 0;
}
