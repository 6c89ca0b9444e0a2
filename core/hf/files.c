/* The *.safetensors of a directory: one, or those that an index names; every tensor of every file is listed. */
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/hf/impl.h"

#define INDEX "model.safetensors.index.json"
#define SINGLE "model.safetensors"
#define MAX_INDEX ((size_t)32 << 20)

static struct gguf_quoted
quote(const char *s)
{
	return gguf_quote((struct gguf_str){s, strlen(s)});
}

/* A file beside the index, and nothing else. */
static bool
is_plain_name(const char *name)
{
	size_t n = strlen(name);
	static const char end[] = ".safetensors";

	return n > sizeof end - 1 && !strchr(name, '/') && name[0] != '.' && strcmp(name + n - (sizeof end - 1), end) == 0;
}

static bool
add_file(struct hf *h, const char *name)
{
	struct buf path = {0};
	struct safetensors *s;

	if (h->n_files == HF_MAX_FILES)
		return hf_fail(h, "more than %d files of weights", HF_MAX_FILES);
	fs_join(&path, buf_str(&h->dir), name);
	s = safetensors_open(path.data, h->e);
	buf_done(&path);
	if (!s) {
		h->failed = h->is_located = true;
		return false;
	}
	h->files = mem_grow(h->files, h->n_files + 1, sizeof *h->files);
	h->file_names = mem_grow(h->file_names, h->n_files + 1, sizeof *h->file_names);
	h->files[h->n_files] = s;
	h->file_names[h->n_files++] = mem_dup(name);
	return true;
}

static bool
add_files_of_index(struct hf *h, const json_t *map)
{
	struct map seen;
	const char *tensor;
	json_t *file;
	bool ok = true;

	map_init(&seen, 16);
	json_object_foreach((json_t *)(uintptr_t)map, tensor, file) {
		const char *name = json_string_value(file);

		if (!name || !is_plain_name(name)) {
			ok = hf_fail(h, INDEX " names no file of this directory for the tensor \"%s\"", quote(tensor).text);
		} else if (map_find(&seen, name, strlen(name)) == MAP_NONE) {
			map_add(&seen, name, strlen(name), 0);
			if (!hf_exists(h, name))
				ok = hf_fail(h, INDEX " names the file %s, which is missing", quote(name).text);
			else
				ok = add_file(h, name);
		}
		if (!ok)
			break;
	}
	map_done(&seen);
	return ok;
}

static bool
list_tensors(struct hf *h)
{
	size_t n = 0;

	for (size_t f = 0; f < h->n_files; f++)
		n += safetensors_n(h->files[f]);
	if (n > GGUF_MAX_TENSORS)
		return hf_fail(h, "%zu tensors, at most %d are allowed", n, GGUF_MAX_TENSORS);
	h->srcs = mem_new0(n + 1, sizeof *h->srcs);
	map_init(&h->by_name, n);
	for (size_t f = 0; f < h->n_files; f++) {
		for (size_t i = 0; i < safetensors_n(h->files[f]); i++) {
			const struct st_tensor *t = safetensors_at(h->files[f], i);
			uint32_t at = map_add(&h->by_name, t->name, strlen(t->name), (uint32_t)h->n_srcs);

			if (at != h->n_srcs)
				return hf_fail(h, "the tensor \"%s\" is in two files", quote(t->name).text);
			h->srcs[h->n_srcs++] = (struct hf_src){.t = t, .file = h->files[f]};
		}
	}
	return true;
}

static const char *
file_name_of(const struct hf *h, const struct safetensors *file)
{
	for (size_t f = 0; f < h->n_files; f++)
		if (h->files[f] == file)
			return h->file_names[f];
	return "";
}

/* Index and files agree, or a file belongs to another model. */
static bool
check_index(struct hf *h, const json_t *map)
{
	const char *tensor;
	json_t *file;

	for (size_t i = 0; i < h->n_srcs; i++) {
		const char *name = file_name_of(h, h->srcs[i].file);
		const char *said = json_string_value(json_object_get(map, h->srcs[i].t->name));

		if (!said || strcmp(said, name) != 0)
			return hf_fail(h, "%s holds the tensor \"%s\", which " INDEX " does not place there: the file belongs to "
			    "another model", name, quote(h->srcs[i].t->name).text);
	}
	json_object_foreach((json_t *)(uintptr_t)map, tensor, file)
		if (!hf_find_src(h, tensor))
			return hf_fail(h, INDEX " places the tensor \"%s\" in %s, which does not hold it",
			    quote(tensor).text, json_string_value(file));
	return true;
}

static bool
open_index(struct hf *h)
{
	const json_t *map;
	json_t *index;
	bool ok;

	if (!hf_read_json(h, INDEX, MAX_INDEX, &index))
		return false;
	map = json_object_get(index, "weight_map");
	if (!json_is_object(map) || json_object_size(map) == 0)
		ok = hf_fail(h, INDEX " has no weight_map");
	else
		ok = add_files_of_index(h, map) && list_tensors(h) && check_index(h, map);
	json_decref(index);
	return ok;
}

bool
hf_open_files(struct hf *h)
{
	if (h->only.len == 0 || strcmp(h->only.data, SINGLE) != 0) {
		if (hf_exists(h, INDEX))
			return open_index(h);
		if (h->only.len)
			return add_file(h, h->only.data) && list_tensors(h);
	}
	if (hf_exists(h, SINGLE))
		return add_file(h, SINGLE) && list_tensors(h);
	if (hf_exists(h, "pytorch_model.bin") || hf_exists(h, "pytorch_model.bin.index.json"))
		return hf_fail(h, "the weights are pickles (pytorch_model.bin), which minnow does not read: take a version with "
		    "*.safetensors");
	return hf_fail(h, "there are no weights: neither " SINGLE " nor " INDEX);
}

const struct hf_src *
hf_find_src(const struct hf *h, const char *name)
{
	uint32_t i = map_find(&h->by_name, name, strlen(name));

	return i == MAP_NONE ? NULL : &h->srcs[i];
}
