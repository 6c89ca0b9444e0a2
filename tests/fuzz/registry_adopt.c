/* The files of other programs, and the list of what is in use of them: no crash, names that are always allowed, and a list
 * that is accepted is written back as it was read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/adopt_kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
run_index(const char *text, size_t n)
{
	struct adopt_index x;
	struct buf out = {0};

	if (adopt_index_parse(&x, text, n, NULL)) {
		adopt_index_write(&x, &out);
		if (out.len != n || memcmp(out.data, text, n) != 0)
			abort();
		adopt_index_done(&x);
	}
	buf_done(&out);
}

static void
run_names(const char *text, size_t n)
{
	char *s = calloc(1, n + 1);
	struct buf name = {0}, quant = {0};
	unsigned index, count;
	size_t prefix;

	memcpy(s, text, n);
	adopt_clean_name(&name, s);
	if (!adopt_check_name(name.data, NULL) && strcmp(name.data, "guide") != 0)
		abort();
	adopt_make_name(&name, s, s, adopt_quant_of(s, &quant) ? quant.data : NULL);
	if (!adopt_check_name(name.data, NULL) && strcmp(name.data, "guide") != 0)
		abort();
	if (adopt_part_of(s, &prefix, &index, &count) && (prefix >= n || index > count))
		abort();
	buf_done(&name);
	buf_done(&quant);
	free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {"model_path", "name", "model_sha256"};
	const char *text = (const char *)data;
	struct adopt_manifest m;
	struct adopt_cached c;
	struct err e = {0};

	if (adopt_ollama_manifest(&m, text, size, &e))
		adopt_manifest_done(&m);
	if (adopt_llamacpp_manifest(&c, text, size, &e))
		adopt_cached_done(&c);
	free(adopt_ollama_quant(text, size));
	free(adopt_json_get(text, size, "data_folder"));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		free(adopt_yaml_get(text, size, keys[i]));
	run_index(text, size);
	run_names(text, size);
	return 0;
}
