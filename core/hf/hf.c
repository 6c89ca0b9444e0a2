/* A model directory as a container; see hf.h and impl.h. */
#define _GNU_SOURCE
#include "core/hf/hf.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/hf/impl.h"

#define MAX_CONFIG ((size_t)4 << 20)
#define MAX_TOK_CONFIG ((size_t)32 << 20)

#define FAMILY(id) extern const struct hf_family hf_family_##id;
#define HF(model_type, arch, family)
#include "core/hf/family.def"
#undef FAMILY
#undef HF

static const struct hf_model_type model_types[] = {
#define FAMILY(id)
#define HF(model_type, arch, family) {model_type, arch, &hf_family_##family},
#include "core/hf/family.def"
#undef FAMILY
#undef HF
};

const struct hf_model_type *
hf_model_type_find(const char *model_type)
{
	for (size_t i = 0; i < ARRAY_LEN(model_types); i++)
		if (strcmp(model_types[i].model_type, model_type) == 0)
			return &model_types[i];
	return NULL;
}

/* ---- the end ---- */

static void
hf_close(void *owner)
{
	struct hf *h = owner;

	buf_done(&h->dir);
	buf_done(&h->only);
	json_decref(h->root);
	json_decref(h->tok_config);
	json_decref(h->generation);
	gguf_writer_free(h->keys);
	for (size_t i = 0; i < h->n_files; i++) {
		safetensors_close(h->files[i]);
		free(h->file_names[i]);
	}
	for (size_t i = 0; i < h->n_srcs; i++)
		free(h->srcs[i].name);
	for (size_t i = 0; i < h->n_owned; i++)
		mem_free_pages(h->owned[i], h->owned_bytes[i]);
	for (size_t i = 0; i < h->n_names; i++)
		free(h->names[i]);
	free(h->files);
	free(h->file_names);
	free(h->srcs);
	free(h->tensors);
	free(h->stacks);
	free(h->owned);
	free(h->owned_bytes);
	free(h->names);
	map_done(&h->by_name);
	map_done(&h->tensor_names);
	free(h);
}

/* Pages of a file can be read again; computed ones cannot. */
static void
drop(void *owner, const uint8_t *data, size_t size)
{
	const struct hf *h = owner;

	for (size_t i = 0; i < h->n_files; i++)
		if (safetensors_holds(h->files[i], data))
			safetensors_drop(h->files[i], data, size);
}

/* ---- the configuration ---- */

static bool
fail_unknown(struct hf *h, const char *model_type)
{
	struct buf known = {0};

	for (size_t i = 0; i < ARRAY_LEN(model_types); i++)
		buf_printf(&known, "%s%s", i ? ", " : "", model_types[i].model_type);
	hf_fail(h, "a model of type \"%s\" is not supported as a directory; supported are %s",
	    gguf_quote((struct gguf_str){model_type, strlen(model_type)}).text, buf_str(&known));
	buf_done(&known);
	return false;
}

static bool
find_type(struct hf *h)
{
	const json_t *quant = hf_get(h, "quantization_config");
	const char *model_type = hf_text(h, "model_type");
	const char *method = json_string_value(json_object_get(quant, "quant_method"));

	if (h->failed)
		return false;
	if (!model_type)
		return hf_fail(h, "config.json does not say its model_type");
	h->type = hf_model_type_find(model_type);
	if (!h->type)
		return fail_unknown(h, model_type);
	h->arch = h->type->arch;
	if (quant && (!method || strcmp(method, "bitnet") != 0))
		return hf_fail(h, "the weights are quantized by \"%s\" (quantization_config), which minnow does not read: take the "
		    "original model", gguf_quote((struct gguf_str){method ? method : "?", method ? strlen(method) : 1}).text);
	return true;
}

static void
add_defaults(struct hf *h)
{
	json_t *defaults;

	if (!h->type->family->defaults)
		return;
	defaults = json_loads(h->type->family->defaults, 0, NULL);
	assert(defaults);
	json_object_update_missing(h->config, defaults);
	json_decref(defaults);
}

/* The text part of a model that also sees or hears; what it does not say itself the whole says. */
static bool
read_config(struct hf *h)
{
	json_t *text;

	if (!hf_read_json(h, "config.json", MAX_CONFIG, &h->root))
		return false;
	if (!h->root)
		return hf_fail(h, "is a directory without config.json: a model as Hugging Face publishes it has one");
	h->config = h->root;
	text = json_object_get(h->root, "text_config");
	if (json_is_object(text)) {
		json_object_update_missing(text, h->root);
		json_object_del(text, "text_config");
		h->config = text;
	}
	if (!find_type(h))
		return false;
	add_defaults(h);
	return hf_read_json(h, "tokenizer_config.json", MAX_TOK_CONFIG, &h->tok_config) &&
	    hf_read_json(h, "generation_config.json", MAX_CONFIG, &h->generation);
}

/* ---- general keys ---- */

/* The last part of the path; in a download cache, where that is a revision, the name before it. */
static void
write_name(struct hf *h)
{
	char path[PATH_MAX], *slash, *snapshots;

	if (!realpath(buf_str(&h->dir), path))
		return;
	snapshots = strstr(path, "/snapshots/");
	if (snapshots && strstr(path, "/models--"))
		*snapshots = '\0';
	slash = strrchr(path, '/');
	if (slash && strncmp(slash + 1, "models--", 8) == 0 && strstr(slash + 9, "--"))
		slash = strstr(slash + 9, "--") + 1;
	if (slash && slash[1])
		gguf_write_str(h->keys, "general.name", slash + 1);
}

/* Numbers of ggml's list of file types. */
static uint32_t
file_type(const struct hf *h)
{
	static const struct {
		enum qtype type;
		uint32_t number;
	} numbers[] = {{QT_f32, 0}, {QT_f16, 1}, {QT_bf16, 32}, {QT_tq2_0, 37}};
	uint64_t bytes[QT_COUNT] = {0};
	uint32_t best = 0;

	for (size_t i = 0; i < h->n_tensors; i++)
		bytes[h->tensors[i].type] += h->tensors[i].size;
	for (uint32_t i = 1; i < ARRAY_LEN(numbers); i++)
		if (bytes[numbers[i].type] > bytes[numbers[best].type])
			best = i;
	return numbers[best].number;
}

static void
check_vocab(struct hf *h)
{
	uint32_t i = map_find(&h->tensor_names, "token_embd.weight", strlen("token_embd.weight"));
	uint64_t rows;

	if (h->failed)
		return;
	if (i == MAP_NONE) {
		hf_fail(h, "there is no embedding among the tensors (embed_tokens.weight)");
		return;
	}
	rows = h->tensors[i].dims[1];
	h->n_vocab = (uint32_t)rows;
	if (rows > UINT32_MAX / 2 || hf_count(h, "vocab_size", h->n_vocab) != h->n_vocab)
		hf_fail(h, "config.json speaks of a vocabulary of %u, but the embedding has %llu rows: they belong to different "
		    "models", hf_count(h, "vocab_size", h->n_vocab), (unsigned long long)rows);
}

static void
read_all(struct hf *h)
{
	const struct hf_family *f;

	if (!read_config(h))
		return;
	f = h->type->family;
	gguf_write_str(h->keys, "general.architecture", h->arch);
	gguf_write_str(h->keys, "general.type", "model");
	write_name(h);
	if (!f->has_own_keys)
		hf_common_keys(h);
	if (!h->failed && f->keys)
		f->keys(h);
	if (h->failed || !hf_open_files(h))
		return;
	hf_map_tensors(h);
	check_vocab(h);
	if (h->failed)
		return;
	hf_set_u32(h, "vocab_size", h->n_vocab);
	gguf_write_u32(h->keys, "general.file_type", file_type(h));
	hf_tokenizer(h);
}

/* ---- opening ---- */

static bool
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The directory of PATH, and the file's name when it is one. */
static bool
split_path(const char *path, struct buf *dir, struct buf *file)
{
	static const char end[] = ".safetensors";
	const char *slash = strrchr(path, '/');
	size_t n = strlen(path);

	buf_clear(dir);
	buf_clear(file);
	if (is_dir(path)) {
		buf_add_str(dir, path);
		return true;
	}
	if (n < sizeof end || strcmp(path + n - (sizeof end - 1), end) != 0 || !fs_exists(path))
		return false;
	if (slash)
		buf_add(dir, path, slash == path ? 1 : (size_t)(slash - path));
	else
		buf_add_char(dir, '.');
	buf_add_str(file, slash ? slash + 1 : path);
	return true;
}

bool
hf_is_model(const char *path)
{
	struct buf dir = {0}, file = {0};
	bool yes = split_path(path, &dir, &file);

	buf_done(&dir);
	buf_done(&file);
	return yes;
}

static struct gguf *
make_container(struct hf *h, struct err *e)
{
	struct gguf_parts parts = {.owner = h, .close = hf_close, .drop = drop};

	gguf_write_head(h->keys, &parts.head);
	gguf_writer_free(h->keys);
	h->keys = NULL;
	parts.tensors = h->tensors;
	parts.n_tensors = h->n_tensors;
	h->tensors = NULL;
	for (size_t i = 0; i < h->n_files; i++)
		parts.file_size += safetensors_file_size(h->files[i]);
	h->e = NULL;			/* the caller's, who will go on without it */
	return gguf_open_parts(&parts, e);
}

struct gguf *
hf_open(const char *path, enum hf_need need, struct err *e)
{
	struct hf *h = mem_new0(1, sizeof *h);
	struct err own = {0};

	h->e = e ? e : &own;
	h->need = need;
	h->keys = gguf_writer_new();
	map_init(&h->tensor_names, 256);
	if (!split_path(path, &h->dir, &h->only))
		hf_fail(h, "neither a directory nor a *.safetensors file");
	else
		read_all(h);
	if (!h->failed)
		return make_container(h, e);
	if (!h->is_located)
		err_wrap(e, "%s", path);
	hf_close(h);
	return NULL;
}

struct gguf *
model_file_open(const char *path, enum hf_need need, struct err *e)
{
	return hf_is_model(path) ? hf_open(path, need, e) : gguf_open(path, e);
}
