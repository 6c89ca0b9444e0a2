/* Model directories that are broken, or not of one piece: each is refused with a sentence that names what is wrong.
 * And what is computed on the way. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/gguf.h"
#include "core/hf/hf.h"
#include "kernels/kern.h"

static char dir[] = "/tmp/minnow-hf-XXXXXX";

static const char *const file_names[] = {"config.json", "model.safetensors", "model.safetensors.index.json",
	"a.safetensors", "b.safetensors", "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "pytorch_model.bin",
	"chat_template.jinja"};

static void
clear(void)
{
	struct buf path = {0};

	for (size_t i = 0; i < ARRAY_LEN(file_names); i++) {
		fs_join(&path, dir, file_names[i]);
		unlink(path.data);
	}
	buf_done(&path);
}

static void
put(const char *name, const void *data, size_t n)
{
	struct buf path = {0};

	fs_join(&path, dir, name);
	assert_true(fs_write_atomic(path.data, data, n, NULL));
	buf_done(&path);
}

static void
put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

/* A safetensors file of HEADER and N_DATA bytes that count up from FIRST. */
static void
put_tensors(const char *name, const char *header, size_t n_data, uint8_t first)
{
	uint64_t n = strlen(header);
	struct buf out = {0};

	buf_add(&out, &n, sizeof n);
	buf_add_str(&out, header);
	for (size_t i = 0; i < n_data; i++)
		buf_add_char(&out, (char)(first + i));
	put(name, out.data, out.len);
	buf_done(&out);
}

#define CONFIG(type, more) "{\"model_type\":\"" type "\",\"hidden_size\":4,\"num_attention_heads\":1,\"num_hidden_layers\":1," \
	"\"intermediate_size\":4,\"max_position_embeddings\":8" more "}"
#define TENSOR(name, shape, from, to) "\"" name "\":{\"dtype\":\"F32\",\"shape\":[" shape "],\"data_offsets\":[" from "," to "]}"
#define EMBEDDING "{" TENSOR("model.embed_tokens.weight", "2,4", "0", "32") "}"
#define WEIGHTS_BYTES 64

static void
refused(const char *says)
{
	struct err e = {0};
	struct gguf *g = hf_open(dir, HF_WEIGHTS, &e);

	if (g)
		fail_msg("opened, but \"%s\" was expected", says);
	if (!strstr(e.text, says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
	assert_ptr_equal(strstr(e.text, dir), e.text);		/* the directory comes first, */
	assert_null(strstr(e.text + 1, dir));			/* and only once */
	clear();
}

static void
configurations(void **state)
{
	static const struct {
		const char *config, *says;
	} cases[] = {
		{"", "config.json, line"},
		{"[]", "no JSON object"},
		{"{}", "does not say its model_type"},
		{"{\"model_type\":3}", "model_type of config.json is not a text"},
		{"{\"model_type\":\"bert\"}", "type \"bert\" is not supported as a directory; supported are llama, "},
		{"{\"model_type\":\"llama\"}", "config.json has no num_hidden_layers"},
		{CONFIG("llama", ",\"quantization_config\":{\"quant_method\":\"gptq\"}"), "quantized by \"gptq\""},
		{CONFIG("llama", ",\"hidden_act\":\"gelu\""), "hidden_act of config.json is \"gelu\""},
		{CONFIG("llama", ",\"num_key_value_heads\":-1"), "num_key_value_heads of config.json is not a whole number"},
		{CONFIG("llama", ",\"num_key_value_heads\":0"), "num_key_value_heads of config.json is 0"},
		{CONFIG("llama", ",\"num_key_value_heads\":1.5"), "num_key_value_heads of config.json is not a whole number"},
		{CONFIG("llama", ",\"rope_scaling\":{\"rope_type\":\"odd\"}"), "rope scaling of the kind \"odd\""},
		{CONFIG("llama", ",\"rope_scaling\":{\"rope_type\":\"llama3\"}"), "no factor"},
		{CONFIG("llama", ",\"rope_scaling\":{\"rope_type\":\"longrope\"}"), "long_factor of config.json is not a list"},
		{CONFIG("qwen2", ",\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,"
		 "\"high_freq_factor\":4}"), "not supported like this"},
		{CONFIG("qwen3_moe", ",\"norm_topk_prob\":false"), "norm_topk_prob"},
		{CONFIG("gemma3_text", ",\"sliding_window_pattern\":2"), "sliding_window_pattern of config.json is not 6"},
		{CONFIG("smollm3", ",\"no_rope_layers\":[0]"), "every fourth layer"},
		{CONFIG("llama", ",\"rms_norm_eps\":\"small\""), "rms_norm_eps of config.json is not a number"},
		{CONFIG("llama", ""), "there are no weights"},
	};

	(void)state;
	refused("is a directory without config.json");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put_text("config.json", cases[i].config);
		refused(cases[i].says);
	}
	put_text("config.json", CONFIG("llama", ""));
	put_text("pytorch_model.bin", "x");
	refused("the weights are pickles");
}

static void
weights(void **state)
{
	static const struct {
		const char *config, *header, *says;
	} cases[] = {
		{CONFIG("llama", ""), "{}", "no embedding"},
		{CONFIG("llama", ""), "x", "model.safetensors: the header is no JSON"},
		{CONFIG("llama", ""), "{" TENSOR("model.odd", "2", "0", "8") "}", "\"model.odd\" is not known in a model of type llama"},
		{CONFIG("llama", ""), "{" TENSOR("model.layers.1.mlp.up_proj.weight", "2", "0", "8") "}", "speaks of 1 layers"},
		{CONFIG("llama", ""), "{" TENSOR("model.layers.00.mlp.up_proj.weight", "2", "0", "8") "}", "is not known"},
		{CONFIG("llama", ",\"vocab_size\":3"), EMBEDDING, "vocabulary of 3, but the embedding has 2 rows"},
		{CONFIG("llama", ""), "{" TENSOR("model.layers.0.self_attn.q_proj.weight", "3,2", "0", "24") "}",
		 "3 rows, which do not divide into the 1 heads"},
		{CONFIG("llama", ""), "{" TENSOR("model.norm.weight", "0", "0", "0") "}", "has no numbers"},
		{CONFIG("llama", ""), "{" TENSOR("model.norm.weight", "1,1,1,1,1", "0", "4") "}", "more than 4 dimensions"},
		{CONFIG("llama", ""), "{" TENSOR("model.norm.weight", "1", "0", "4") "," TENSOR("norm.weight", "1", "4", "8") "}",
		 "two tensors become output_norm.weight"},
		{CONFIG("llama", ""), "{\"model.norm.weight\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
		 "stored as I32, expected F32"},
		{CONFIG("qwen3_moe", ",\"norm_topk_prob\":true,\"num_experts\":2,\"num_experts_per_tok\":1,"
		 "\"moe_intermediate_size\":2"), "{" TENSOR("model.layers.0.mlp.experts.0.up_proj.weight", "1,2", "0", "8") "}",
		 "blk.0.ffn_up_exps.weight has the matrices of 1 experts, expected 2"},
		{CONFIG("qwen3_moe", ",\"norm_topk_prob\":true,\"num_experts\":2,\"num_experts_per_tok\":1,"
		 "\"moe_intermediate_size\":2"), "{" TENSOR("model.layers.0.mlp.experts.2.up_proj.weight", "1,2", "0", "8") "}",
		 "no matrix of one of the 2 experts"},
		{CONFIG("bitnet", ""), "{\"model.layers.0.mlp.up_proj.weight\":{\"dtype\":\"U8\",\"shape\":[1,4],"
		 "\"data_offsets\":[0,4]}}", "has no scale beside it"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put_text("config.json", cases[i].config);
		put_tensors("model.safetensors", cases[i].header, WEIGHTS_BYTES, 0);
		refused(cases[i].says);
	}
}

#define INDEX(map) "{\"weight_map\":{" map "}}"
#define IN_A "\"model.embed_tokens.weight\":\"a.safetensors\""
#define IN_B "\"model.norm.weight\":\"b.safetensors\""

static void
shards(void **state)
{
	static const char norm[] = "{" TENSOR("model.norm.weight", "4", "0", "16") "}";
	static const struct {
		const char *index, *a, *b, *says;
	} cases[] = {
		{"{}", NULL, NULL, "has no weight_map"},
		{INDEX("\"x\":\"../model.safetensors\""), NULL, NULL, "names no file of this directory"},
		{INDEX("\"x\":\"config.json\""), NULL, NULL, "names no file of this directory"},
		{INDEX(IN_A "," IN_B), EMBEDDING, NULL, "names the file b.safetensors, which is missing"},
		{INDEX(IN_A "," IN_B), EMBEDDING, EMBEDDING, "\"model.embed_tokens.weight\" is in two files"},
		{INDEX(IN_A "," IN_B), norm, EMBEDDING, "the file belongs to another model"},
		{INDEX(IN_A), EMBEDDING, norm, "no embedding"},
		{INDEX(IN_A "," "\"model.norm.weight\":\"a.safetensors\""), EMBEDDING, NULL,
		 "places the tensor \"model.norm.weight\" in a.safetensors, which does not hold it"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put_text("config.json", CONFIG("llama", ""));
		put_text("model.safetensors.index.json", cases[i].index);
		if (cases[i].a)
			put_tensors("a.safetensors", cases[i].a, 32, 0);
		if (cases[i].b)
			put_tensors("b.safetensors", cases[i].b, strcmp(cases[i].b, norm) == 0 ? 16 : 32, 0);
		if (strcmp(cases[i].says, "no embedding") != 0) {
			refused(cases[i].says);
			continue;
		}
		/* What the index does not name is not looked at. */
		gguf_close(hf_open(dir, HF_WEIGHTS, NULL));
		clear();
	}
}

#define BPE(vocab, more) "{\"model\":{\"type\":\"BPE\",\"vocab\":{" vocab "},\"merges\":[]},\"pre_tokenizer\":{\"type\":" \
	"\"ByteLevel\",\"add_prefix_space\":false}" more "}"

static void
tokenizers(void **state)
{
	static const struct {
		const char *tokenizer, *says;
	} cases[] = {
		{"{", "tokenizer.json, line"},
		{"{}", "tokenizer.json has no model"},
		{"{\"model\":{\"type\":\"WordPiece\"}}", "kind \"WordPiece\""},
		{"{\"model\":{\"type\":\"BPE\",\"merges\":[]}}", "has no vocabulary"},
		{BPE("\"a\":0,\"b\":2", ""), "an entry 2, but the embedding only 2 rows: the tokenizer belongs to another model"},
		{BPE("\"a\":-1", ""), "has no number"},
		{BPE("\"a\":0", ",\"added_tokens\":[{\"content\":\"x\"}]"), "has no id"},
		{BPE("\"a\":0", ",\"added_tokens\":[{\"id\":1}]"), "has no content"},
		{BPE("\"a\":0", ",\"added_tokens\":[{\"id\":9,\"content\":\"x\"}]"), "belongs to another model"},
		{BPE("\"a\":0", ",\"normalizer\":{\"type\":\"Lowercase\"}"), "normalizer of the kind \"Lowercase\""},
		{BPE("\"a\":0", ",\"normalizer\":{\"type\":\"NFC\"}"), "pre-tokenizer of tokenizer.json is not known"},
		{"{\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[3]}}", "neither a text nor a pair"},
		{"{\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[]},\"pre_tokenizer\":{\"type\":\"Odd\"}}", "kind \"Odd\""},
		{"{\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[]}}", "neither byte-level nor"},
		{"{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\"]]}}", "no piece with a score"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put_text("config.json", CONFIG("llama", ""));
		put_tensors("model.safetensors", EMBEDDING, 32, 0);
		put_text("tokenizer.json", cases[i].tokenizer);
		refused(cases[i].says);
	}
	put_text("config.json", CONFIG("llama", ""));
	put_tensors("model.safetensors", EMBEDDING, 32, 0);
	put_text("tokenizer.model", "no pieces");
	refused("is no SentencePiece model");
	put_text("config.json", CONFIG("llama", ""));
	put_tensors("model.safetensors", EMBEDDING, 32, 0);
	put("tokenizer.model", "\x0a\x03\x0a\x01" "a\x0a\x03\x0a\x01" "b\x0a\x03\x0a\x01" "c\x12\x02\x18\x02", 19);
	refused("belongs to another model");
}

/* A file of the directory is the directory; entries that nothing fills are there. */
static void
opens_by_its_file(void **state)
{
	struct buf path = {0};
	struct gguf *g;
	const struct gguf_kv *kv;
	const uint8_t *cursor;
	struct gguf_str s;

	(void)state;
	put_text("config.json", CONFIG("llama", ",\"eos_token_id\":1"));
	put_tensors("a.safetensors", EMBEDDING, 32, 0);
	put_text("tokenizer.json", BPE("\"a\":0", ""));
	put_text("chat_template.jinja", "hello");
	fs_join(&path, dir, "a.safetensors");
	assert_true(hf_is_model(path.data));
	g = hf_open(path.data, HF_WEIGHTS, NULL);
	assert_non_null(g);
	kv = gguf_kv_find(g, "tokenizer.ggml.tokens");
	assert_int_equal(kv->n, 2);
	cursor = kv->data;
	gguf_array_next_str(&cursor);
	s = gguf_array_next_str(&cursor);
	assert_memory_equal(s.data, "[PAD1]", 6);
	assert_true(gguf_get_str(g, "tokenizer.chat_template", &s));
	assert_memory_equal(s.data, "hello", 5);
	gguf_close(g);
	clear();
	assert_false(hf_is_model(path.data));
	buf_done(&path);
}

/* Four rows of 256 weights in one of bytes: every byte holds a weight of each. */
static void
packs_ternary_weights(void **state)
{
	static const char header[] = "{" TENSOR("model.embed_tokens.weight", "2,4", "0", "32") ","
	    "\"model.layers.0.mlp.up_proj.weight\":{\"dtype\":\"U8\",\"shape\":[1,256],\"data_offsets\":[36,292]},"
	    TENSOR("model.layers.0.mlp.up_proj.weight_scale", "1", "32", "36") "}";
	const float expected_scale = 2.5f;
	const struct gguf_tensor *t;
	struct buf path = {0}, file = {0};
	float y[4][256], scale;
	struct kern kern;
	struct gguf *g;

	(void)state;
	assert_true(kern_init(&kern, "ref"));
	put_text("config.json", CONFIG("bitnet", ",\"quantization_config\":{\"quant_method\":\"bitnet\",\"linear_class\":"
	    "\"autobitlinear\"}"));
	put_tensors("model.safetensors", header, 292, 1);
	fs_join(&path, dir, "model.safetensors");
	assert_true(fs_read(&file, path.data, 1 << 20, NULL));
	memcpy(file.data + file.len - 292 + 32, &expected_scale, sizeof expected_scale);
	put("model.safetensors", file.data, file.len);
	g = hf_open(dir, HF_WEIGHTS, NULL);
	assert_non_null(g);
	t = gguf_tensor_find(g, "blk.0.ffn_up.weight");
	assert_non_null(t);
	assert_int_equal(t->type, QT_tq2_0);
	assert_int_equal(t->dims[0], 256);
	assert_int_equal(t->dims[1], 4);
	for (int r = 0; r < 4; r++)
		kern.mat[QT_tq2_0].decode(y[r], t->data + (size_t)r * qtype_row_bytes(QT_tq2_0, 256), 256);
	for (int i = 0; i < 256; i++) {
		uint8_t byte = (uint8_t)file.data[file.len - 256 + (size_t)i];

		for (int r = 0; r < 4; r++) {
			int w = byte >> (2 * r) & 3;

			assert_float_equal(y[r][i], (w > 2 ? 2 : w) - 1, 0);
		}
	}
	memcpy(&scale, gguf_tensor_find(g, "blk.0.ffn_up.scale")->data, sizeof scale);
	assert_float_equal(scale, expected_scale, 0);
	gguf_close(g);
	clear();
	buf_done(&path);
	buf_done(&file);
}

static int
begin(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	clear();
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configurations),
		cmocka_unit_test(weights),
		cmocka_unit_test(shards),
		cmocka_unit_test(tokenizers),
		cmocka_unit_test(opens_by_its_file),
		cmocka_unit_test(packs_ternary_weights),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
