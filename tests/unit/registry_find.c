/* Finding a model's file: what find.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "registry/find.h"

static void
expect_path(const char *name)
{
	struct buf path = {0};
	struct err e = {0};

	buf_add_str(&path, "left over");
	if (!registry_find(name, &path, &e))
		fail_msg("%s", e.text);
	assert_string_equal(path.data, name);
	buf_done(&path);
}

static void
expect_error(const char *name, const char *says)
{
	struct buf path = {0};
	struct err e = {0};

	assert_false(registry_find(name, &path, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	if (!strstr(e.text, says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
	buf_done(&path);
}

/* Every case in an empty directory of its own. */
static int
enter_directory(void **state)
{
	char *dir = strdup("/tmp/find.XXXXXX");

	*state = dir;
	return dir && mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave_directory(void **state)
{
	unlink("there");
	unlink("qwen.gguf");
	rmdir(*state);
	free(*state);
	return 0;
}

static void
paths_are_taken_as_they_are(void **state)
{
	(void)state;
	expect_path("missing.gguf");
	expect_path("no/such/file");
	expect_path("./guide");
	assert_true(fs_write_atomic("there", "", 0, NULL));
	expect_path("there");
}

static void
other_names_are_told_what_to_do(void **state)
{
	(void)state;
	expect_error("", "is empty");
	expect_error("llama-3.2-1b", "no model \"llama-3.2-1b\": give the path of a GGUF file or model directory, or \"guide\"");
	expect_error("giude", "did you mean \"guide\"?");
	expect_error("guid", "did you mean \"guide\"?");
	assert_true(fs_write_atomic("qwen.gguf", "", 0, NULL));
	expect_error("qwen", "did you mean the file qwen.gguf?");
}

/* A test program is not beside the guide: the answer is the file or a sentence that says where it was looked for. */
static void
the_guide_is_looked_for_beside_the_program(void **state)
{
	struct buf path = {0};
	struct err e = {0};

	(void)state;
	if (registry_find(REGISTRY_GUIDE, &path, &e)) {
		assert_true(fs_exists(path.data));
	} else {
		assert_int_equal(e.kind, ERR_NOT_FOUND);
		assert_non_null(strstr(e.text, "share/minnow/guide"));
	}
	buf_done(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(paths_are_taken_as_they_are, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(other_names_are_told_what_to_do, enter_directory, leave_directory),
		cmocka_unit_test(the_guide_is_looked_for_beside_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
