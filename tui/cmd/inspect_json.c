/* The JSON side of minnow inspect: everything, element by element, however long the arrays are. */
#include "tui/cmd/inspect_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/json_write.h"

const char *
inspect_kind_name(size_t kind)
{
	static const char *const names[INSPECT_KINDS] = {
		"other", "normal", "unknown", "control", "user-defined", "unused", "byte"
	};

	return names[kind];
}

static void
write_gguf_str(struct gguf_str s)
{
	if (s.data)
		json_write_str(stdout, s.data, s.len);
	else
		fputs("null", stdout);
}

static void
write_name(const char *name)
{
	if (name)
		json_write_str(stdout, name, strlen(name));
	else
		fputs("null", stdout);
}

static void
write_element(const struct gguf_kv *kv, uint64_t i, const uint8_t **cursor)
{
	if (kv->type == GGUF_STRING)
		write_gguf_str(gguf_array_next_str(cursor));
	else if (kv->type == GGUF_BOOL)
		fputs(kv->data[i] ? "true" : "false", stdout);
	else if (kv->type == GGUF_F32)
		json_write_real(stdout, gguf_array_f64(kv, i), 9);
	else if (kv->type == GGUF_F64)
		json_write_real(stdout, gguf_array_f64(kv, i), 17);
	else if (kv->type == GGUF_U64)
		printf("%" PRIu64, gguf_array_u64(kv, i));
	else
		printf("%" PRId64, gguf_array_i64(kv, i));
}

static void
write_kv(const struct gguf_kv *kv)
{
	const uint8_t *cursor = kv->data;

	printf("{\"key\": ");
	write_gguf_str(kv->key);
	printf(", \"type\": \"%s%s\", \"value\": ", gguf_type_name(kv->type), kv->is_array ? "[]" : "");
	if (kv->is_array)
		putchar('[');
	for (uint64_t i = 0; i < kv->n; i++) {
		if (i > 0)
			fputs(", ", stdout);
		write_element(kv, i, &cursor);
	}
	if (kv->is_array)
		putchar(']');
	putchar('}');
}

static void
write_tensor(const struct gguf_tensor *t)
{
	printf("{\"name\": ");
	write_gguf_str(t->name);
	printf(", \"format\": ");
	write_name(t->type == QT_COUNT ? NULL : qtype_info(t->type)->name);
	printf(", \"format_number\": %" PRIu32 ", \"shape\": [", t->type_number);
	for (uint32_t d = 0; d < t->n_dims; d++)
		printf("%s%" PRIu64, d ? ", " : "", t->dims[d]);
	printf("], \"offset\": %zu, \"bytes\": ", t->offset);
	if (t->type == QT_COUNT)
		printf("null}");
	else
		printf("%zu}", t->size);
}

static void
write_formats(const struct inspect *i)
{
	printf("  \"formats\": [");
	for (size_t k = 0; k < i->n_formats; k++) {
		const struct inspect_format *f = &i->formats[k];

		printf("%s\n    {\"format\": ", k ? "," : "");
		write_name(f->name);
		printf(", \"format_number\": %" PRIu32 ", \"tensors\": %" PRIu64 ", \"parameters\": %" PRIu64
		    ", \"bytes\": ", f->number, f->n_tensors, f->n_elements);
		if (f->name)
			printf("%" PRIu64 "}", f->bytes);
		else
			printf("null}");
	}
	printf("%s],\n", i->n_formats ? "\n  " : "");
}

static void
write_tokenizer(const struct inspect *i)
{
	bool first = true;

	if (!i->tok_model.data && !i->n_vocab) {
		printf("  \"tokenizer\": null,\n");
		return;
	}
	printf("  \"tokenizer\": {\n    \"model\": ");
	write_gguf_str(i->tok_model);
	printf(",\n    \"pre\": ");
	write_gguf_str(i->tok_pre);
	printf(",\n    \"vocabulary\": %" PRIu64 ",\n    \"merges\": %" PRIu64 ",\n    \"kinds\": {", i->n_vocab,
	    i->n_merges);
	for (size_t k = 0; k < INSPECT_KINDS; k++) {
		if (!i->n_of_kind[k])
			continue;
		printf("%s\"%s\": %" PRIu64, first ? "" : ", ", inspect_kind_name(k), i->n_of_kind[k]);
		first = false;
	}
	printf("},\n    \"special\": {");
	for (size_t k = 0; k < i->n_specials; k++) {
		printf("%s\n      ", k ? "," : "");
		write_gguf_str(i->specials[k].role);
		printf(": {\"id\": %" PRId64 ", \"text\": ", (int64_t)i->specials[k].id);
		write_gguf_str(i->specials[k].text);
		putchar('}');
	}
	printf("%s}\n  },\n", i->n_specials ? "\n    " : "");
}

static void
write_templates(const struct inspect *i)
{
	printf("  \"chat_templates\": [");
	for (size_t k = 0; k < i->n_templates; k++) {
		printf("%s\n    {\"name\": ", k ? "," : "");
		if (i->templates[k].name.len)
			write_gguf_str(i->templates[k].name);
		else
			printf("null");
		printf(", \"text\": ");
		write_gguf_str(i->templates[k].text);
		putchar('}');
	}
	printf("%s],\n", i->n_templates ? "\n  " : "");
}

void
inspect_print_json(const struct inspect *i, const char *path, const char *badge)
{
	const struct gguf *g = i->gguf;

	printf("{\n  \"file\": ");
	write_name(path);
	printf(",\n  \"badge\": ");
	write_name(badge);
	printf(",\n  \"gguf_version\": %" PRIu32 ",\n  \"file_bytes\": %zu,\n  \"files\": %zu,\n  \"name\": ", gguf_version(g),
	    gguf_file_size(g), gguf_n_files(g));
	write_gguf_str(i->name);
	printf(",\n  \"architecture\": ");
	write_gguf_str(i->arch);
	printf(",\n  \"parameters\": %" PRIu64 ",\n  \"tensor_bytes\": %" PRIu64 ",\n", i->n_params, i->tensor_bytes);
	write_formats(i);
	write_tokenizer(i);
	write_templates(i);
	printf("  \"metadata\": [");
	for (size_t k = 0; k < gguf_n_kv(g); k++) {
		printf("%s\n    ", k ? "," : "");
		write_kv(gguf_kv_at(g, k));
	}
	printf("%s],\n  \"tensors\": [", gguf_n_kv(g) ? "\n  " : "");
	for (size_t k = 0; k < gguf_n_tensors(g); k++) {
		printf("%s\n    ", k ? "," : "");
		write_tensor(gguf_tensor_at(g, k));
	}
	printf("%s]\n}\n", gguf_n_tensors(g) ? "\n  " : "");
}
