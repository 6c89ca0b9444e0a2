/* Models named by where they are: what is meant is found, and nothing else is let through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/hub_facts.h"
#include "registry/resolve.h"

#define SHA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define LFS(path, size) "{\"rfilename\":\"" path "\",\"size\":" size ",\"lfs\":{\"sha256\":\"" SHA "\",\"size\":" size "}}"
#define INFO(more, files) "{\"sha\":\"" COMMIT "\"," more "\"siblings\":[" files "]}"

static const char ggufs[] = INFO("\"gated\":\"manual\",\"cardData\":{\"license\":\"other\",\"license_name\":\"tiny-license\"},"
    "\"gguf\":{\"total\":1234567,\"architecture\":\"qwen3\",\"context_length\":4096},",
    "{\"rfilename\":\".gitattributes\",\"size\":9}," LFS("Tiny-Q8_0.gguf", "900") "," LFS("mmproj-F16.gguf", "50") ","
    LFS("big/Tiny-BF16-00002-of-00002.gguf", "700") "," LFS("big/Tiny-BF16-00001-of-00002.gguf", "800") ","
    LFS("Tiny-Q4_K_M.gguf", "500") "," LFS("imatrix.gguf", "5") "," LFS("mtp-Tiny-Q4_0.gguf", "40") ","
    LFS("Part-Q6_K-00001-of-00003.gguf", "6") "," LFS("../evil-Q4_0.gguf", "6"));
static const char directory[] = INFO("\"gated\":false,\"tags\":[\"x\",\"license:apache-2.0\"],"
    "\"safetensors\":{\"parameters\":{\"F32\":3,\"BF16\":100},\"total\":103},",
    "{\"rfilename\":\"config.json\",\"size\":2},{\"rfilename\":\"tokenizer.json\",\"size\":3},"
    LFS("model-00002-of-00002.safetensors", "8") "," LFS("model-00001-of-00002.safetensors", "9") ","
    LFS("consolidated.safetensors", "17") "," LFS("original/model.safetensors", "17") ","
    "{\"rfilename\":\"pytorch_model.bin\",\"size\":17},{\"rfilename\":\"train.py\",\"size\":1}");

static void
is_repo(const char *text, const char *repo, const char *want, const char *revision)
{
	struct hub_ref ref;
	struct err e = {0};

	if (!hub_ref_parse(&ref, text, &e))
		fail_msg("%s: %s", text, e.text);
	assert_true(resolve_is_address(text));
	assert_int_equal(ref.kind, HUB_REPO);
	assert_string_equal(ref.repo, repo);
	assert_string_equal(ref.want ? ref.want : "-", want);
	assert_string_equal(ref.revision ? ref.revision : "-", revision);
	hub_ref_done(&ref);
}

static void
is_refused(const char *text, const char *word)
{
	struct hub_ref ref;
	struct err e = {0};

	if (hub_ref_parse(&ref, text, &e))
		fail_msg("%s", text);
	assert_int_equal(e.kind, ERR_USAGE);
	if (!strstr(e.text, word))
		fail_msg("%s: %s", text, e.text);
}

static void
repositories_are_named_in_several_ways(void **state)
{
	(void)state;
	is_repo("hf:Owner/Tiny-GGUF", "Owner/Tiny-GGUF", "-", "-");
	is_repo("hf:Owner/Tiny-GGUF:Q4_K_M", "Owner/Tiny-GGUF", "Q4_K_M", "-");
	is_repo("hf:Owner/Tiny:q4/Tiny-Q4_0.gguf@refs/pr/1", "Owner/Tiny", "q4/Tiny-Q4_0.gguf", "refs/pr/1");
	is_repo("hf:Owner/Tiny@" COMMIT, "Owner/Tiny", "-", COMMIT);
	is_repo("https://huggingface.co/Owner/Tiny", "Owner/Tiny", "-", "-");
	is_repo("https://huggingface.co/Owner/Tiny/?x=y", "Owner/Tiny", "-", "-");
	is_repo("https://huggingface.co/Owner/Tiny/tree/v1.0", "Owner/Tiny", "-", "v1.0");
	is_repo("https://huggingface.co/Owner/Tiny/blob/main/q4/Tiny-Q4_0.gguf", "Owner/Tiny", "q4/Tiny-Q4_0.gguf", "main");
	is_repo("https://huggingface.co/Owner/Tiny/resolve/main/T.gguf?download=true", "Owner/Tiny", "T.gguf", "main");
}

static void
what_is_no_name_is_refused(void **state)
{
	(void)state;
	is_refused("hf:", "is empty");
	is_refused("hf:Tiny", "OWNER/NAME");
	is_refused("hf:a/b/c", "OWNER/NAME");
	is_refused("hf:../b", "repository");
	is_refused("hf:a--b/c", "two hyphens");
	is_refused("hf:a/b:", "is empty");
	is_refused("hf:a/b:../../x.gguf", "what is wanted");
	is_refused("hf:a/b:model.bin/x", "what is wanted");
	is_refused("hf:a/b@", "revision");
	is_refused("hf:a/b@../main", "revision");
	is_refused("hf:a/b@main?x=y", "revision");
	is_refused("hf:a/b\033[2J", "repository");
	is_refused("https://huggingface.co/Owner", "names no repository");
	is_refused("https://huggingface.co/Owner/Tiny/discussions/1", "no file");
	is_refused("https://huggingface.co/Owner/Tiny/discussions", "no file");
	is_refused("http://host.example/x.gguf", "no encryption");
	is_refused("qwen3-0.6b:q4_0", "neither");
	is_refused("https://user@host.example/x.gguf", "address");
	is_refused("https://host.example/x.bin", "file's name");
	is_refused("https://host.example/x.gguf#md5=00", "sha256=");
	is_refused("https://host.example/x.gguf#sha256=00", "SHA-256");
	is_refused("file://host/x.gguf", "address");
}

static void
an_address_is_a_model_of_one_file(void **state)
{
	static const char *const texts[] = {"https://host.example/a/Tiny-Q4_0.gguf?x=y",
	    "https://host.example/a/Tiny-Q4_0.gguf?x=y#sha256=00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"};
	struct hub_listing l;
	struct hub_ref ref;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const struct entry_file *f;

		assert_true(hub_ref_parse(&ref, texts[i], &e));
		assert_true(hub_list(&ref, &(struct fetch_options){0}, &l, &e));
		f = l.entry.files;
		assert_int_equal(l.n_chosen, 1);
		assert_string_equal(f->name, "Tiny-Q4_0.gguf");
		assert_string_equal(f->quant, "Q4_0");
		assert_string_equal(f->sources->url_or_repo, texts[0]);
		assert_int_equal(f->has_sha256, i == 1);
		assert_int_equal(f->sha256[31], i ? 0xff : 0);
		assert_memory_equal(l.entry.id, "url.tiny-q4_0-", 14);
		assert_true(check_id(l.entry.id, &e));
		hub_listing_done(&l);
		hub_ref_done(&ref);
	}
}

static char *
id_of(const char *text)
{
	struct hub_ref ref;
	struct err e = {0};
	char *id;

	if (!hub_ref_parse(&ref, text, &e))
		fail_msg("%s", e.text);
	id = hub_ref_id(&ref);
	if (!check_id(id, &e))
		fail_msg("%s: %s", id, e.text);
	hub_ref_done(&ref);
	return id;
}

static void
ids_are_told_apart(void **state)
{
	static const char *const names[] = {"hf:a-b/c", "hf:a/b-c", "hf:a.b/c", "hf:a/b.c",
	    "hf:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/bbbbbbbbbbbbbbbbbbbbbbbbbbb1",
	    "hf:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/bbbbbbbbbbbbbbbbbbbbbbbbbbb2", "hf:a/b_", "hf:a/b",
	    "https://a.example/x.gguf", "https://b.example/x.gguf", "file:///x.gguf"};
	char *ids[ARRAY_LEN(names)];
	char *lower = id_of("hf:A/B");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		ids[i] = id_of(names[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ids[k], ids[i]);
	}
	assert_string_equal(ids[0], "hf.a-b--c");
	assert_string_equal(lower, "hf.a--b");		/* the hub does not tell them apart either */
	free(lower);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		free(ids[i]);
}

static void
quantizations_are_read_from_names(void **state)
{
	static const char *const rows[][2] = {
		{"Tiny-Q4_K_M.gguf", "Q4_K_M"}, {"tiny.q8_0.gguf", "Q8_0"}, {"tiny_Q5_K_S.gguf", "Q5_K_S"},
		{"Tiny-UD-IQ2_XXS.gguf", "UD-IQ2_XXS"}, {"tiny-bf16.gguf", "BF16"}, {"Tiny-F16-00001-of-00002.gguf", "F16"},
		{"gpt-oss-20b-MXFP4.gguf", "MXFP4"}, {"ggml-model-i2_s.gguf", "I2_S"}, {"Q4_K_M/tiny.gguf", "Q4_K_M"},
		{"Q8_0/tiny-Q4_0.gguf", "Q4_0"}, {"Qwen3-4B-Q3_K_XL.gguf", "Q3_K_XL"}, {"tiny.gguf", NULL}, {"Q9_K.gguf", NULL},
		{"xQ4_0.gguf", NULL}, {"iq-test.gguf", NULL}, {"Qwen2_5-7B.gguf", NULL},
	};
	char quant[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool found = hub_quant_of(rows[i][0], quant);

		if (found != (rows[i][1] != NULL) || (found && strcmp(quant, rows[i][1]) != 0))
			fail_msg("%s: %s", rows[i][0], found ? quant : "none");
	}
}

static bool
list(const char *name, const char *info, struct hub_listing *l, struct err *e)
{
	struct hub_facts f = {0};
	struct hub_ref ref;
	bool ok;

	*e = (struct err){0};
	assert_true(hub_ref_parse(&ref, name, e));
	ok = hub_facts_read_info(&f, info, strlen(info), e) && hub_facts_list(&f, &ref, l, e);
	hub_facts_done(&f);
	hub_ref_done(&ref);
	return ok;
}

static void
lists(const char *name, const char *info, struct hub_listing *l)
{
	struct err e;

	if (!list(name, info, l, &e))
		fail_msg("%s", e.text);
}

static void
fails(const char *name, const char *info, enum err_kind kind, const char *word)
{
	struct hub_listing l;
	struct err e;

	if (list(name, info, &l, &e) || e.kind != kind || !strstr(e.text, word))
		fail_msg("%s: kind %d: %s", name, (int)e.kind, e.text);
	assert_null(l.entry.files);
}

static void
the_recommended_weights_come_first(void **state)
{
	struct hub_listing l;
	const struct entry_file *f;

	(void)state;
	lists("hf:Owner/Tiny-GGUF", ggufs, &l);
	f = l.entry.files;
	assert_int_equal(l.n_chosen, 1);
	assert_string_equal(f->name, "Tiny-Q4_K_M.gguf");
	assert_int_equal(f->size, 500);
	assert_true(f->has_sha256);
	assert_int_equal(f->sha256[1], 0x11);
	assert_string_equal(f->sources->path, "Tiny-Q4_K_M.gguf");
	assert_string_equal(f->sources->revision, COMMIT);
	assert_string_equal(l.commit, COMMIT);
	assert_true(l.gated);
	assert_false(l.is_directory);
	assert_string_equal(l.entry.license, "tiny-license");
	assert_string_equal(l.entry.arch, "qwen3");
	assert_int_equal(l.entry.n_params, 1234567);
	assert_int_equal(l.entry.n_ctx, 4096);
	assert_string_equal(l.entry.id, "hf.owner--tiny-gguf");
	assert_int_equal(l.entry.n_files, 7);		/* without the matrix, and without what leaves its folder */
	assert_int_equal(l.entry.files[5].role, ENTRY_PROJECTOR);
	assert_int_equal(l.entry.files[6].role, ENTRY_DRAFT);
	assert_ptr_equal(entry_find_file(&l.entry, NULL), f);
	hub_listing_done(&l);
}

static void
parts_stay_together(void **state)
{
	struct hub_listing l;

	(void)state;
	for (int i = 0; i < 2; i++) {
		lists(i ? "hf:Owner/Tiny-GGUF:bf16" : "hf:Owner/Tiny-GGUF:big/Tiny-BF16-00002-of-00002.gguf", ggufs, &l);
		assert_int_equal(l.n_chosen, 2);
		assert_string_equal(l.entry.files[0].name, "Tiny-BF16-00001-of-00002.gguf");
		assert_string_equal(l.entry.files[1].name, "Tiny-BF16-00002-of-00002.gguf");
		assert_string_equal(l.entry.files[1].sources->path, "big/Tiny-BF16-00002-of-00002.gguf");
		assert_int_equal(l.group[0], l.group[1]);
		assert_int_not_equal(l.group[1], l.group[2]);
		hub_listing_done(&l);
	}
	fails("hf:Owner/Tiny-GGUF:Q6_K", ggufs, ERR_FAILED, "1 of the 3 parts");
	fails("hf:Owner/Tiny-GGUF:Q5_0", ggufs, ERR_NOT_FOUND, "has no Q5_0; there are Q6_K, Q4_K_M, Q8_0");
}

static void
safetensors_come_as_a_directory(void **state)
{
	static const char *const names[] = {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "config.json",
	    "tokenizer.json"};
	struct hub_listing l;

	(void)state;
	lists("hf:Owner/Tiny", directory, &l);
	assert_true(l.is_directory);
	assert_false(l.gated);
	assert_int_equal(l.n_chosen, ARRAY_LEN(names));
	assert_int_equal(l.entry.n_files, ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_string_equal(l.entry.files[i].name, names[i]);
	assert_string_equal(l.entry.files[0].quant, "BF16");
	assert_false(l.entry.files[2].has_sha256);
	assert_string_equal(l.entry.license, "apache-2.0");
	hub_listing_done(&l);
}

static void
licences_come_along(void **state)
{
#define TEXT(path, size) "{\"rfilename\":\"" path "\",\"size\":" size "}"
	static const char info[] = INFO("", LFS("T-Q8_0.gguf", "9") "," TEXT("LICENSE", "11") "," TEXT("License.md", "12") ","
	    TEXT("licence-code.txt", "13") "," TEXT("LICENSED.md", "14") "," TEXT("sub/LICENSE", "15") "," TEXT("COPYING.gguf", "16")
	    "," TEXT("LICENSE.huge.txt", "1048577") "," TEXT("license", "17") "," TEXT("USE_POLICY.md", "18") "," LFS("T-Q4_0.gguf", "8"));
	static const char *const names[] = {"T-Q8_0.gguf", "LICENSE", "License.md", "licence-code.txt", "USE_POLICY.md"};
	struct hub_listing l;

	(void)state;
	lists("hf:a/b:Q8_0", info, &l);
	assert_int_equal(l.n_chosen, ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_string_equal(l.entry.files[i].name, names[i]);
		assert_int_equal(l.entry.files[i].role, i ? ENTRY_LICENSE : ENTRY_WEIGHTS);
		assert_int_equal(l.group[i], l.group[0]);
	}
	hub_listing_done(&l);
}

static void
what_cannot_be_used_is_said(void **state)
{
	(void)state;
	fails("hf:a/b", INFO("", "{\"rfilename\":\"pytorch_model.bin\",\"size\":9},{\"rfilename\":\"config.json\",\"size\":9}"),
	    ERR_NOT_FOUND, "run code");
	fails("hf:a/b", INFO("", "{\"rfilename\":\"README.md\",\"size\":9}"), ERR_NOT_FOUND, "GGUF or safetensors");
	fails("hf:a/b", INFO("", LFS("mmproj-F16.gguf", "1")), ERR_NOT_FOUND, "no weights");
	fails("hf:a/b", "{\"sha\":\"main\",\"siblings\":[]}", ERR_FAILED, "which commit");
	fails("hf:a/b", "{\"sha\":\"" COMMIT "\"}", ERR_FAILED, "no list of files");
	fails("hf:a/b", "[]", ERR_FAILED, "no JSON object");
	fails("hf:a/b", "<html>", ERR_FAILED, "no valid JSON");
}

static void
files_of_one_name_are_told_apart(void **state)
{
	struct hub_listing l;

	(void)state;
	lists("hf:a/b", INFO("", LFS("x/Tiny.gguf", "1") "," LFS("y/tiny.gguf", "2")), &l);
	assert_int_equal(l.entry.n_files, 2);
	assert_string_equal(l.entry.files[0].name, "x-Tiny.gguf");
	assert_string_equal(l.entry.files[1].name, "y-tiny.gguf");
	hub_listing_done(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repositories_are_named_in_several_ways),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(an_address_is_a_model_of_one_file),
		cmocka_unit_test(ids_are_told_apart),
		cmocka_unit_test(quantizations_are_read_from_names),
		cmocka_unit_test(the_recommended_weights_come_first),
		cmocka_unit_test(parts_stay_together),
		cmocka_unit_test(safetensors_come_as_a_directory),
		cmocka_unit_test(licences_come_along),
		cmocka_unit_test(what_cannot_be_used_is_said),
		cmocka_unit_test(files_of_one_name_are_told_apart),
	};

	return cmocka_run_group_tests_name("registry hub", tests, NULL, NULL);
}
