/* T9: a downloaded model whose chat template is not the one that its registry names is opened, and says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/gguf.h"
#include "core/gguf_write.h"
#include "registry/kept.h"
#include "tests/data/place.h"
#include "tests/data/put.h"
#include "tui/cmd/load.h"

static char folder[32];

/* A model "mine" in the store, whose file has the template HAS and whose entry names PROMISED (NULL: none). */
static void
install(const char *has, const char *promised)
{
	char root[64], kept_text[1200], hex[DIGEST_HEX_MAX] = "", template[400] = "";
	unsigned char sha256[DIGEST_SHA256_SIZE];
	struct gguf_writer *w = gguf_writer_new();
	struct buf head = {0};
	struct store *s;
	struct kept k;
	struct err e = {0};

	place_make(folder);
	snprintf(root, sizeof root, "%s/store", folder);
	setenv("MINNOW_STORE", root, 1);
	setenv("HOME", folder, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_CACHE_HOME");
	gguf_write_str(w, "general.architecture", "llama");
	gguf_write_str(w, "tokenizer.chat_template", has);
	gguf_write_head(w, &head);
	gguf_writer_free(w);
	s = store_open(root, &e);
	if (!s || !put_bytes(s, "mine", "mine-Q8_0.gguf", (const unsigned char *)head.data, head.len, NULL, &e))
		fail_msg("%s", e.text);
	if (promised) {
		put_sha256((const unsigned char *)promised, strlen(promised), sha256);
		digest_hex(hex, sha256, sizeof sha256);
		snprintf(template, sizeof template, ", {\"name\": \"chat.jinja\", \"role\": \"template\", \"size\": %zu, "
		    "\"sha256\": \"%s\", \"sources\": [{\"hub\": \"a/b\"}]}", strlen(promised), hex);
	}
	snprintf(kept_text, sizeof kept_text, "{\"accepted\": true, \"card\": \"#\", \"date\": 5, \"format\": 1, \"registry\": \"acme\","
	    "\"entry\": {\"format\": 1, \"id\": \"mine\", \"name\": \"A\", \"summary\": \"One.\", \"family\": \"toy\", \"files\": ["
	    "{\"name\": \"mine-Q8_0.gguf\", \"quant\": \"Q8_0\", \"sources\": [{\"hub\": \"a/b\"}]}%s]}}", template);
	if (!kept_parse(&k, kept_text, strlen(kept_text), &e) || !kept_save(s, "mine", &k, &e))
		fail_msg("%s", e.text);
	kept_done(&k);
	store_close(s);
	buf_done(&head);
}

/* In a process of its own, which gives up its rights. */
static int
opened(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct buf path = {0};
		struct err e = {0};
		bool differs = false;
		struct gguf *g = load_listing("mine", &path, &differs, NULL, &e);

		if (!g)
			fprintf(stderr, "%s\n", e.text);
		gguf_close(g);
		buf_done(&path);
		_exit(!g ? 2 : differs);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
another_template_is_said(void **state)
{
	static const struct {
		const char *has, *promised;
		int differs;
	} cases[] = {
		{"{{ messages }}", "{{ messages }}", 0},
		{"{{ messages }}", "{{ messages }}\n", 0},
		{"{{ messages }}\n", "{{ messages }}", 0},
		{"{{ messages }}{{ evil }}", "{{ messages }}", 1},
		{"{{ messages }}", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		install(cases[i].has, cases[i].promised);
		assert_int_equal(opened(), cases[i].differs);
		place_remove(folder);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_template_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
