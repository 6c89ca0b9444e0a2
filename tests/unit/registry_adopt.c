/* Models of other programs: every layout built in a folder of its own, hostile ones too, and the names that are given. */
#define _GNU_SOURCE
#include "tests/data/adopt.h"

/* ---- the programs ---- */

static void
ollama_names_its_blobs(void **state)
{
	char hex[DIGEST_HEX_MAX], config[DIGEST_HEX_MAX], path[200];
	struct adopt_model *m;

	(void)state;
	put_weights(NULL, 1, hex);
	put_weights(NULL, 2, config);
	snprintf(path, sizeof path, OLLAMA "/blobs/sha256-%s", hex);
	put_weights(path, 1, NULL);
	snprintf(path, sizeof path, OLLAMA "/blobs/sha256-%s", config);
	put_text(path, "{\"model_format\": \"gguf\", \"file_type\": \"Q4_K_M\"}");
	put_manifest(OLLAMA "/manifests/registry.ollama.ai/library/llama3.2/1b", hex, config);
	put_manifest(OLLAMA "/manifests/registry.ollama.ai/library/Phi4/latest", hex, config);
	put_manifest(OLLAMA "/manifests/registry.ollama.ai/ann/tiny/v1", hex, config);
	put_manifest(OLLAMA "/manifests/hf.co/Bart/Foo-GGUF/Q8_0", hex, config);
	scan();
	assert_int_equal(found.n_sources, 1);
	assert_string_equal(adopt_kind_name(found.sources[0].kind), "ollama");
	assert_null(found.sources[0].note);
	assert_int_equal(found.n_models, 4);
	m = find("llama3.2:1b");
	assert_string_equal(m->name, "llama3.2:1b");
	assert_string_equal(m->quant, "Q4_K_M");
	assert_int_equal(m->size, SIZE);
	assert_null(m->why_not);
	check_claim(m, hex);
	assert_string_equal(find("Phi4:latest")->name, "phi4");
	assert_string_equal(find("ann/tiny:v1")->name, "ann/tiny:v1");
	assert_string_equal(find("hf.co/Bart/Foo-GGUF:Q8_0")->name, "hf.co/bart/foo-gguf:q8_0");
}

static void
ollama_lists_of_manifests(void **state)
{
	char hex[DIGEST_HEX_MAX], child[DIGEST_HEX_MAX], list[DIGEST_HEX_MAX], path[200], text[300];

	(void)state;
	put_weights(NULL, 1, hex);
	put_weights(NULL, 2, child);
	put_weights(NULL, 3, list);
	snprintf(path, sizeof path, OLLAMA "/blobs/sha256-%s", hex);
	put_weights(path, 1, NULL);
	snprintf(path, sizeof path, OLLAMA "/blobs/sha256-%s", child);
	put_manifest(path, hex, hex);
	snprintf(path, sizeof path, OLLAMA "/blobs/sha256-%s", list);
	snprintf(text, sizeof text, "{\"manifests\": [{\"digest\": \"sha256:%s\"}]}", child);
	put_text(path, text);
	snprintf(path, sizeof path, "../../../../blobs/sha256-%s", list);
	put_link(OLLAMA "/manifests-v2/ollama.com/library/new/1b", path);
	scan();
	assert_int_equal(found.n_models, 1);
	check_claim(find("new:1b"), hex);
	/* The one of the old folder is the same model. */
	put_manifest(OLLAMA "/manifests/registry.ollama.ai/library/new/1b", hex, hex);
	scan();
	assert_int_equal(found.n_models, 1);
}

static void
ollama_odd_manifests(void **state)
{
	char hex[DIGEST_HEX_MAX];

	(void)state;
	put_weights(NULL, 1, hex);
	put_text(OLLAMA "/manifests/registry.ollama.ai/library/a/broken", "{\"layers\": [");
	put_text(OLLAMA "/manifests/registry.ollama.ai/library/a/array", "[]");
	put_text(OLLAMA "/manifests/registry.ollama.ai/library/a/odd", "{\"layers\": [1, {\"mediaType\": 7}, {\"mediaType\": "
	    "\"application/vnd.ollama.image.model\", \"digest\": \"sha256:../../../../etc/passwd\"}]}");
	put_text(OLLAMA "/manifests/registry.ollama.ai/library/a/cloud", "{\"layers\": []}");
	put_manifest(OLLAMA "/manifests/registry.ollama.ai/library/a/missing", hex, hex);
	put_link(OLLAMA "/manifests/registry.ollama.ai/library/a/out", "/etc/hostname");
	assert_int_equal(mkfifo(path_of(OLLAMA "/manifests/registry.ollama.ai/library/a/fifo"), 0644), 0);
	scan();
	assert_int_equal(found.n_models, 1);
	assert_non_null(strstr(find("a:missing")->why_not, "no such file"));
	assert_non_null(strstr(found.sources[0].note, "(and 3 more)"));
}

#define HUB ".cache/huggingface/hub/models--Qwen--Qwen3-0.6B-GGUF"
#define COMMIT "23749fefcc72300e3a2ad315e1317431b06b590a"
#define OLDER "13749fefcc72300e3a2ad315e1317431b06b590a"

static void
put_hub_file(const char *snapshot, const char *name, const char *up, unsigned seed)
{
	char hex[DIGEST_HEX_MAX], path[300], target[200];

	put_weights(NULL, seed, hex);
	snprintf(path, sizeof path, HUB "/blobs/%s", hex);
	put_weights(path, seed, NULL);
	snprintf(path, sizeof path, HUB "/snapshots/%s/%s", snapshot, name);
	snprintf(target, sizeof target, "%s../../blobs/%s", up, hex);
	put_link(path, target);
}

static void
hub_snapshots_are_links(void **state)
{
	char hex[DIGEST_HEX_MAX];
	struct adopt_model *m;

	(void)state;
	put_text(HUB "/refs/main", COMMIT);
	put_hub_file(COMMIT, "Qwen3-0.6B-Q8_0.gguf", "", 1);
	put_hub_file(COMMIT, "BF16/Qwen3-0.6B-BF16-00001-of-00002.gguf", "../", 2);
	put_hub_file(COMMIT, "BF16/Qwen3-0.6B-BF16-00002-of-00002.gguf", "../", 3);
	put_hub_file(COMMIT, "mmproj-F16.gguf", "", 4);
	put_hub_file(OLDER, "Qwen3-0.6B-Q8_0.gguf", "", 1);
	put_hub_file(OLDER, "Qwen3-0.6B-Q4_0.gguf", "", 5);
	scan();
	assert_int_equal(found.n_models, 3);
	m = find("Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf");
	put_weights(NULL, 1, hex);
	check_claim(m, hex);
	assert_string_equal(m->owner, "Qwen");
	assert_string_equal(m->name, "qwen3-0.6b:q8_0");
	assert_non_null(strstr(m->path, "/snapshots/" COMMIT "/Qwen3-0.6B-Q8_0.gguf"));
	m = find("Qwen/Qwen3-0.6B-GGUF/BF16/Qwen3-0.6B-BF16.gguf");
	assert_int_equal(m->n_files, 2);
	assert_int_equal(m->size, 2 * SIZE);
	assert_null(m->why_not);
	assert_non_null(strstr(m->path, "-00001-of-00002.gguf"));
	assert_string_equal(m->quant, "BF16");
	assert_string_equal(find("Qwen/Qwen3-0.6B-GGUF@13749fef/Qwen3-0.6B-Q4_0.gguf")->name, "qwen3-0.6b:q4_0");
}

static void
hub_folders_are_models(void **state)
{
	char hex[DIGEST_HEX_MAX];
	struct adopt_model *m;

	(void)state;
	put_text(HUB "/refs/main", COMMIT "\n");
	put_hub_file(COMMIT, "model.safetensors", "", 1);
	put_text(HUB "/snapshots/" COMMIT "/config.json", "{}");
	put_text(HUB "/snapshots/" COMMIT "/README.md", "no");
	scan();
	m = find("Qwen/Qwen3-0.6B-GGUF");
	assert_int_equal(m->n_files, 2);
	assert_null(m->why_not);
	assert_non_null(strstr(m->path, "/snapshots/" COMMIT));
	put_weights(NULL, 1, hex);
	assert_false(m->files[0].has_sha256);			/* config.json */
	m->files++;
	check_claim(m, hex);
	m->files--;
}

static void
links_never_lead_out(void **state)
{
	(void)state;
	put_weights("secret-Q4_0.gguf", 1, NULL);
	put_text(HUB "/refs/main", COMMIT);
	put_link(HUB "/snapshots/" COMMIT "/up-Q4_0.gguf", "../../../../../../../secret-Q4_0.gguf");
	put_link(HUB "/snapshots/" COMMIT "/far-Q4_0.gguf", path_of("secret-Q4_0.gguf"));
	put_link(HUB "/snapshots/" COMMIT "/loop-Q4_0.gguf", "loop-Q4_0.gguf");
	put_link(HUB "/snapshots/" COMMIT "/self", ".");
	put_link(HUB "/snapshots/" COMMIT "/other", "..");
	put_link(HUB "/snapshots/" COMMIT "/fifo-Q4_0.gguf", "../../blobs/fifo");
	put_text(HUB "/blobs/x", "");
	assert_int_equal(mkfifo(path_of(HUB "/blobs/fifo"), 0644), 0);
	put_link(".cache/huggingface/hub/models--a--out", home);
	scan();
	assert_true(found.n_models >= 4);
	for (size_t i = 0; i < found.n_models; i++) {
		assert_non_null(found.models[i].why_not);
		assert_int_equal(found.models[i].n_files, 0);
	}
	assert_non_null(strstr(find("Qwen/Qwen3-0.6B-GGUF/far-Q4_0.gguf")->why_not, "leads out"));
	assert_non_null(strstr(find("Qwen/Qwen3-0.6B-GGUF/up-Q4_0.gguf")->why_not, "leads out"));
	assert_non_null(strstr(find("Qwen/Qwen3-0.6B-GGUF/loop-Q4_0.gguf")->why_not, "too many"));
}

static void
many_links_end(void **state)
{
	char path[100];

	(void)state;
	put_weights(".lmstudio/models/a/b/c-Q4_0.gguf", 1, NULL);
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof path, ".lmstudio/models/a/link%d", i);
		put_link(path, ".");
	}
	scan();				/* 40 to the power of 6 folders, were they all walked */
	assert_true(found.n_models >= 1);
	assert_true(found.n_models <= ADOPT_MODELS_MAX);
}

#define JAN ".local/share/Jan/data/llamacpp/models"

static void
jan_describes_in_yaml(void **state)
{
	char hex[DIGEST_HEX_MAX], text[300];
	struct adopt_model *m;

	(void)state;
	put_weights(JAN "/janhq/Jan-v1-4B-Q4_K_M/model.gguf", 1, hex);
	snprintf(text, sizeof text, "name: Jan v1\nmodel_path: llamacpp/models/janhq/Jan-v1-4B-Q4_K_M/model.gguf\nmodel_sha256: %s\n", hex);
	put_text(JAN "/janhq/Jan-v1-4B-Q4_K_M/model.yml", text);
	put_text(JAN "/far/model.yml", "model_path: '/somewhere/else.gguf'\n");
	put_text(JAN "/up/model.yml", "model_path: \"../../../../x.gguf\"\n");
	put_text(JAN "/none/model.yml", "name: nothing\n");
	scan();
	assert_int_equal(found.n_models, 3);
	m = find("janhq/Jan-v1-4B-Q4_K_M");
	assert_string_equal(m->name, "jan-v1-4b:q4_k_m");
	check_claim(m, hex);
	assert_null(m->why_not);
	assert_non_null(strstr(find("far")->why_not, "elsewhere"));
	assert_non_null(strstr(find("up")->why_not, "leads out"));
	assert_non_null(strstr(found.sources[0].note, "names no model_path"));
	/* A folder of the user's own. */
	snprintf(text, sizeof text, "{\"data_folder\": \"%s/elsewhere\"}", home);
	put_text(".config/Jan/settings.json", text);
	put_weights("elsewhere/llamacpp/models/m/model.gguf", 2, NULL);
	put_text("elsewhere/llamacpp/models/m/model.yml", "model_path: llamacpp/models/m/model.gguf\n");
	scan();
	assert_int_equal(found.n_sources, 2);
	assert_null(find("m")->why_not);
}

static void
flat_folders(void **state)
{
	char hex[DIGEST_HEX_MAX], text[300];
	struct adopt_model *m;

	(void)state;
	put_weights(".cache/llama.cpp/ggml-org_gemma-3-1b-it-GGUF_gemma-3-1b-it-Q4_K_M.gguf", 1, hex);
	snprintf(text, sizeof text, "{\"ggufFile\": {\"rfilename\": \"gemma-3-1b-it-Q4_K_M.gguf\", \"lfs\": {\"sha256\": \"%s\"}}}", hex);
	put_text(".cache/llama.cpp/manifest=ggml-org=gemma-3-1b-it-GGUF=latest.json", text);
	put_text(".cache/llama.cpp/manifest=x=y=bad.json", "{\"ggufFile\": []}");
	put_weights(".cache/llama.cpp/plain.Q8_0.gguf", 2, NULL);
	put_weights(".local/share/nomic.ai/GPT4All/Meta-Llama-3-8B-Instruct.Q4_0.gguf", 3, NULL);
	put_weights(".lmstudio/models/pub/Phi-4-GGUF/phi-4-IQ4_XS.gguf", 4, NULL);
	put_weights("big/models2/own/x/model.gguf", 5, NULL);
	snprintf(text, sizeof text, "{\"downloadsFolder\": \"%s/big/models2\"}", home);
	put_text(".lmstudio/settings.json", text);
	scan();
	m = find("ggml-org/gemma-3-1b-it-GGUF/gemma-3-1b-it-Q4_K_M.gguf");
	assert_string_equal(m->name, "gemma-3-1b-it:q4_k_m");
	assert_string_equal(m->owner, "ggml-org");
	check_claim(m, hex);
	assert_string_equal(find("plain.Q8_0.gguf")->name, "plain:q8_0");
	assert_string_equal(find("Meta-Llama-3-8B-Instruct.Q4_0.gguf")->name, "meta-llama-3-8b-instruct:q4_0");
	assert_string_equal(find("pub/Phi-4-GGUF/phi-4-IQ4_XS.gguf")->name, "phi-4:iq4_xs");
	assert_string_equal(find("own/x/model.gguf")->name, "x");
}

static void
the_environment_moves_folders(void **state)
{
	struct adopt_places p = {.home = home, .system = home};

	(void)state;
	put_weights("o/x", 1, NULL);
	put_weights("hf/hub/models--a--b/snapshots/c/b-Q4_0.gguf", 2, NULL);
	put_weights("lc/models--a--d/snapshots/c/d-Q4_0.gguf", 3, NULL);
	put_weights(".ollama/models/x", 4, NULL);
	p.ollama_models = path_of("o");
	p.hf_home = path_of("hf");
	p.llama_cache = path_of("lc");
	adopt_scan(&p, &found);
	assert_int_equal(found.n_sources, 3);
	assert_string_equal(found.sources[0].root, path_of("o"));
	assert_true(is_found("a/b@c/b-Q4_0.gguf"));
	assert_true(is_found("a/d@c/d-Q4_0.gguf"));
	p.hf_hub_cache = path_of("lc");
	adopt_found_done(&found);
	adopt_scan(&p, &found);
	assert_false(is_found("a/b@c/b-Q4_0.gguf"));
	adopt_found_done(&found);
	adopt_scan(&(struct adopt_places){.home = "", .hf_home = "relative"}, &found);
	assert_int_equal(found.n_sources, 0);
}

static void
parts_that_are_missing(void **state)
{
	struct adopt_model *m;

	(void)state;
	put_weights(".lmstudio/models/a/b/big-Q4_0-00001-of-00003.gguf", 1, NULL);
	put_weights(".lmstudio/models/a/b/big-Q4_0-00003-of-00003.gguf", 2, NULL);
	put_weights(".lmstudio/models/a/b/empty-Q4_0.gguf", 3, NULL);
	assert_int_equal(truncate(path_of(".lmstudio/models/a/b/empty-Q4_0.gguf"), 0), 0);
	scan();
	assert_int_equal(found.n_models, 2);
	m = find("a/b/big-Q4_0.gguf");
	assert_string_equal(m->why_not, "only 2 of its 3 parts are there");
	assert_string_equal(find("a/b/empty-Q4_0.gguf")->why_not, "is empty");
}

/* ---- names ---- */

static void
names_are_clean(void **state)
{
	static const char *const names[][2] = {
		{"Llama3.2:1B", "llama3.2:1b"},
		{"hf.co/A_b/C D:Q4_K_M", "hf.co/a_b/c-d:q4_k_m"},
		{"../../etc/passwd", "model/model/etc/passwd"},
		{"\xe2\x80\xae""evil\x1b[31m", "evil-31m"},
		{"", "model"},
		{"a:b:c/d", "a:b-c-d"},
	};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct err e = {0};

		adopt_clean_name(&out, names[i][0]);
		assert_string_equal(out.data, names[i][1]);
		if (!adopt_check_name(out.data, &e))
			fail_msg("%s %s", out.data, e.text);
	}
	buf_done(&out);
	assert_false(adopt_check_name("", NULL));
	assert_false(adopt_check_name("guide", NULL));
	assert_false(adopt_check_name("a//b", NULL));
	assert_false(adopt_check_name("a:b:c", NULL));
	assert_false(adopt_check_name("A", NULL));
	assert_false(adopt_check_name("../x", NULL));
	assert_true(adopt_check_name("ann/x:q4_0", NULL));
}

static void
names_are_free(void **state)
{
	struct catalog *c = catalog_new();
	char hex[DIGEST_HEX_MAX];
	struct buf text = {0};
	struct err e = {0};

	(void)state;
	put_weights(".lmstudio/models/ann/x/toy-1b-Q8_0.gguf", 1, hex);
	put_weights(".lmstudio/models/bob/x/toy-1b-Q8_0.gguf", 2, NULL);
	put_weights(".local/share/nomic.ai/GPT4All/other-Q8_0.gguf", 3, NULL);
	put_weights(".lmstudio/models/bob/x/other-Q8_0.gguf", 4, NULL);
	buf_printf(&text, "{\"format\": 1, \"id\": \"toy-1b\", \"name\": \"A\", \"summary\": \"One.\", \"family\": \"toy\", \"files\": "
	    "[{\"name\": \"t.gguf\", \"quant\": \"Q8_0\", \"sha256\": \"%s\", \"sources\": [{\"hub\": \"a/b\"}]}]}", hex);
	if (!catalog_add(c, CATALOG_BUILTIN, "models/toy/toy-1b/entry.json", text.data, text.len, &e))
		fail_msg("%s", e.text);
	adopt_scan(&(struct adopt_places){.home = home, .system = home}, &found);
	/* Nobody says which bytes these are: none may be called as the registry's. */
	adopt_name(&found, c, &none);
	assert_string_equal(find("ann/x/toy-1b-Q8_0.gguf")->name, "ann/toy-1b:q8_0");
	assert_string_equal(find("bob/x/toy-1b-Q8_0.gguf")->name, "bob/toy-1b:q8_0");
	assert_string_equal(find("bob/x/other-Q8_0.gguf")->name, "other:q8_0");
	assert_string_equal(find("other-Q8_0.gguf")->name, "gpt4all/other:q8_0");
	/* With its hash it is the registry's. */
	put_sha256("", 0, find("ann/x/toy-1b-Q8_0.gguf")->files[0].sha256);
	assert_true(digest_from_hex(find("ann/x/toy-1b-Q8_0.gguf")->files[0].sha256, DIGEST_SHA256_SIZE, hex, strlen(hex)));
	find("ann/x/toy-1b-Q8_0.gguf")->files[0].has_sha256 = true;
	adopt_name(&found, c, &none);
	assert_string_equal(find("ann/x/toy-1b-Q8_0.gguf")->name, "toy-1b:q8_0");
	buf_done(&text);
	catalog_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
		CASE(ollama_names_its_blobs),
		CASE(ollama_lists_of_manifests),
		CASE(ollama_odd_manifests),
		CASE(hub_snapshots_are_links),
		CASE(hub_folders_are_models),
		CASE(links_never_lead_out),
		CASE(many_links_end),
		CASE(jan_describes_in_yaml),
		CASE(flat_folders),
		CASE(the_environment_moves_folders),
		CASE(parts_that_are_missing),
		CASE(names_are_clean),
		CASE(names_are_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
