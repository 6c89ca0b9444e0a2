/* The syntax of git-config: read as git reads it, and edited without harm to the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <git2.h>

#include "core/base/fs.h"
#include "tui/config_file.h"

static char dir[] = "/tmp/minnow-config-file-XXXXXX";

static int
open_dir(void **state)
{
	(void)state;
	git_libgit2_init();
	return mkdtemp(dir) ? 0 : -1;
}

static int
close_dir(void **state)
{
	(void)state;
	git_libgit2_shutdown();
	return rmdir(dir);
}

static bool
list_ours(void *ctx, const struct config_file_value *v, struct err *e)
{
	(void)e;
	buf_printf(ctx, "%s=%s|", v->name, v->value);
	return true;
}

static int
list_gits(const git_config_entry *entry, void *ctx)
{
	buf_printf(ctx, "%s=%s|", entry->name, entry->value ? entry->value : "true");
	return 0;
}

/* What git makes of the text; false when it refuses it. */
static bool
ask_git(const char *text, struct buf *out)
{
	char path[128];
	git_config *cfg = NULL;
	struct err e = {0};
	bool ok;

	snprintf(path, sizeof path, "%s/asked", dir);
	assert_true(fs_write_atomic(path, text, strlen(text), &e));
	ok = git_config_open_ondisk(&cfg, path) == 0 && git_config_foreach(cfg, list_gits, out) == 0;
	git_config_free(cfg);
	remove(path);
	return ok;
}

static void
as_git_reads_it(void **state)
{
	static const char *const texts[] = {
		"", "\n\n# nothing\n; at all", "[a]", "[a]\n\tb = c\n", "[A]\n\tBee-2 = C d  e \n", "[a] b = c # d\n", "[a]\n\tb\n\tc=\n\td =\n",
		"[a \"B c\"]\nd = e\n", "[a \"B\\\"\\\\c\"]\nd = e", "[a.b]\nd = e\n", "[a]\nb = \" c \"  # \n", "[a]\nb = x\" ; \"y ; z\n",
		"[a]\nb = c\\\n  d\n\te = f\n", "[a]\nb = \\t\\n\\\\\\\"\n", "[a]\nb = 1\nb = 2\n[a]\nb = 3\n", "\xef\xbb\xbf[a]\nb = c\n",
		"[a]\r\n\tb = c\r\n\td = e\r\n", "[a]\nb = \"c\\\"d\"\n", "[a]\n[b]\n[c]\nd = e\n", "[a]\nb = #\n", "[a]\nb = caf\xc3\xa9\n",
		/* and what is refused */
		"[a", "[a \"b]\nc = d\n", "[a]\nb = \\q\n", "[a b]\nc = d\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct buf ours = {0}, gits = {0};
		struct err e = {0};
		bool good = ask_git(texts[i], &gits);

		if (config_file_parse("f", texts[i], strlen(texts[i]), list_ours, &ours, &e) != good)
			fail_msg("text %zu: git %s it, %s", i, good ? "takes" : "refuses", e.text);
		if (good)
			assert_string_equal(buf_str(&ours), buf_str(&gits));
		else
			assert_int_equal(e.kind, ERR_USAGE);
		buf_done(&ours);
		buf_done(&gits);
	}
}

static void
refuses(const char *text, size_t n, const char *what)
{
	struct buf out = {0};
	struct err e = {0};

	assert_false(config_file_parse("f", text, n, list_ours, &out, &e));
	assert_string_equal(e.text, what);
	buf_done(&out);
}

static void
mistakes_have_lines(void **state)
{
	(void)state;
	refuses("a = b", 5, "f line 1: a value stands before the first [section]");
	refuses("[a]\n\n= b\n", 9, "f line 3: is neither [section] nor a name with a value");
	refuses("[a]\nb c\n", 8, "f line 2: after a name comes = and its value");
	refuses("[a]\nb = \"c\n", 11, "f line 2: the value's \" has no end");
	refuses("[]\n", 3, "f line 1: a heading is [section] or [section \"name\"]");
	refuses("[a]\nb = \0\n", 10, "f: holds a zero byte, so it is no text");
}

static void
edits(const char *before, const char *name, const char *value, const char *after)
{
	struct config_edit edit = {name, value};
	struct buf text = {0}, gits = {0};
	struct err e = {0};
	size_t n_taken;

	buf_add_str(&text, before);
	assert_true(config_file_edit_text("f", &text, &edit, 1, &n_taken, &e));
	assert_string_equal(buf_str(&text), after);
	assert_int_equal(n_taken, !value && strcmp(before, after) != 0);
	assert_true(ask_git(buf_str(&text), &gits));
	buf_done(&text);
	buf_done(&gits);
}

static void
an_edit_leaves_the_rest(void **state)
{
	(void)state;
	edits("", "a.b", "c", "[a]\n\tb = c\n");
	edits("# x", "a.B c.d", "e", "# x\n[a \"B c\"]\n\td = e\n");
	edits("", "a.\"\\.d", "e", "[a \"\\\"\\\\\"]\n\td = e\n");
	edits("[a]\n\tB=  c ; why\n[z]\n", "a.b", "d", "[a]\n\tB = d ; why\n[z]\n");
	edits("[a]\n\tb = 1\n\tb = 2\n", "a.b", "3", "[a]\n\tb = 1\n\tb = 3\n");
	edits("[a]\n\tb\n", "a.b", "c", "[a]\n\tb = c\n");
	edits("[a]\n\tb = c\\\n  d\n\te = f\n", "a.b", "g", "[a]\n\tb = g\n\te = f\n");
	edits("[a]\n\tb = c\n\n# of z\n[z]\n\tx = y\n", "a.d", "e", "[a]\n\tb = c\n\td = e\n\n# of z\n[z]\n\tx = y\n");
	edits("[a] ; empty", "a.b", "c", "[a] ; empty\n\tb = c\n");
	edits("[a]\n\tb = c\n", "a.d", " e#\"\\\t", "[a]\n\tb = c\n\td = \" e#\\\"\\\\\\t\"\n");
	edits("[a]\n\tb = c\\\n", "x.y", "z", "[a]\n\tb = c\\\n\n[x]\n\ty = z\n");
	edits("[a]\n\tb = c\n", "a.d", "", "[a]\n\tb = c\n\td = \n");
	edits("[a] [z] x = y\n", "a.b", "c", "[a]\n\tb = c\n [z] x = y\n");
}

static void
taking_out(void **state)
{
	(void)state;
	edits("[a]\n\tb = c\n", "a.b", NULL, "");
	edits("[a]\n\tb = c\n\td = e\n", "a.b", NULL, "[a]\n\td = e\n");
	edits("# x\n[a]\n\tb = c\n\n[z]\n", "a.b", NULL, "# x\n[z]\n");
	edits("[a]\n\tb = c\n\t# kept\n", "a.b", NULL, "[a]\n\t# kept\n");
	edits("[a]\n\tb = 1\n\tc = 2\n\tb = 3 # x\n", "a.b", NULL, "[a]\n\tc = 2\n");
	edits("[a] b = 1\n\tc = 2\n", "a.b", NULL, "[a]\n\tc = 2\n");
	edits("[a \"x\"]\n\tb = 1\n[a \"y\"]\n\tb = 2\n", "a.x.b", NULL, "[a \"y\"]\n\tb = 2\n");
	edits("[a]\n\tb = c\n", "a.x", NULL, "[a]\n\tb = c\n");
}

static void
a_file_is_written_by_one(void **state)
{
	struct config_edit edit = {"a.b", "c"};
	char path[128], lock[128], link[128];
	struct buf out = {0};
	struct err e = {0};
	struct stat st;

	(void)state;
	snprintf(path, sizeof path, "%s/file", dir);
	snprintf(lock, sizeof lock, "%s/file.lock", dir);
	snprintf(link, sizeof link, "%s/link", dir);
	assert_true(config_file_each(path, list_ours, &out, &e));
	assert_int_equal(out.len, 0);
	assert_true(config_file_edit(path, &edit, 1, NULL, &e));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(access(lock, F_OK), -1);

	assert_true(fs_write_atomic(lock, "", 0, &e));
	edit.value = "d";
	assert_false(config_file_edit(path, &edit, 1, NULL, &e));
	assert_non_null(strstr(e.text, "another program is changing it"));
	remove(lock);

	assert_int_equal(symlink(path, link), 0);
	assert_true(config_file_edit(link, &edit, 1, NULL, &e));
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_true(config_file_each(path, list_ours, &out, &e));
	assert_string_equal(buf_str(&out), "a.b=d|");
	buf_done(&out);
	remove(link);
	remove(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_git_reads_it),
		cmocka_unit_test(mistakes_have_lines),
		cmocka_unit_test(an_edit_leaves_the_rest),
		cmocka_unit_test(taking_out),
		cmocka_unit_test(a_file_is_written_by_one),
	};

	return cmocka_run_group_tests(tests, open_dir, close_dir);
}
