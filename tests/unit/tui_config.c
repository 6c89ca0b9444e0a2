/* Settings: defaults, the file, the environment, and what is said about mistakes. */
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
#include "core/sampler.h"
#include "tui/config.h"

static char home[] = "/tmp/minnow-config-XXXXXX";

static void
write_file(const char *text)
{
	char path[128];
	struct err e = {0};

	snprintf(path, sizeof path, "%s/minnow", home);
	assert_true(fs_make_dirs(path, &e));
	snprintf(path, sizeof path, "%s/minnow/config", home);
	assert_true(fs_write_atomic(path, text, strlen(text), &e));
}

static int
open_home(void **state)
{
	(void)state;
	strcpy(strrchr(home, '-') + 1, "XXXXXX");
	setenv("XDG_CONFIG_HOME", mkdtemp(home) ? home : "", 1);
	unsetenv("MINNOW_THEME");
	unsetenv("ACCESSIBLE");
	return 0;
}

static int
close_dir(void **state)
{
	(void)state;
	return rmdir(home);
}

static int
close_home(void **state)
{
	char path[128];

	snprintf(path, sizeof path, "%s/minnow/config", home);
	remove(path);
	snprintf(path, sizeof path, "%s/minnow", home);
	rmdir(path);
	return close_dir(state);
}

static void
defaults_without_a_file(void **state)
{
	struct config c;
	struct err e = {0};

	(void)state;
	assert_true(config_load(&c, &e));
	assert_string_equal(c.ui_theme, "default");
	assert_int_equal(c.sampling_top_k, 40);
	assert_false(c.ui_linear);
	assert_int_equal(c.warnings.len, 0);
	config_for_model(&c, "qwen3.gguf");
	assert_true(c.sampling_temp == 0.7);
	config_for_model(&c, "guide");
	assert_true(c.sampling_temp == 0);
	config_done(&c);
}

static void
file_then_environment(void **state)
{
	struct config c;
	struct sampler_params p;
	struct err e = {0};

	(void)state;
	write_file("[ui]\n\ttheme = night\n\tlinear\n[sampling]\n\ttop-k = 7\n\ttemp = 0.25\n");
	assert_true(config_load(&c, &e));
	assert_string_equal(c.ui_theme, "night");
	assert_true(c.ui_linear);
	config_sampling(&c, &p);
	assert_int_equal(p.top_k, 7);
	assert_true(p.temp == 0.25f);
	config_done(&c);
	setenv("MINNOW_THEME", "mono", 1);
	setenv("ACCESSIBLE", "0", 1);
	assert_true(config_load(&c, &e));
	assert_string_equal(c.ui_theme, "mono");
	assert_false(c.ui_linear);
	config_done(&c);
}

static void
keys_and_unknown_names(void **state)
{
	struct config c;
	struct err e = {0};

	(void)state;
	write_file("[ui]\n\tsparkle = 1\n[keys \"prompt\"]\n\n\tkill-line = C-x\n[keys]\n\tquit = F10\n");
	assert_true(config_load(&c, &e));
	assert_int_equal(c.n_binds, 2);
	assert_string_equal(c.binds[0].context, "prompt");
	assert_string_equal(c.binds[0].action, "kill-line");
	assert_string_equal(c.binds[0].key, "C-x");
	assert_int_equal(c.binds[0].line, 5);
	assert_string_equal(c.binds[1].context, "global");
	assert_int_equal(c.binds[1].line, 7);
	assert_non_null(strstr(buf_str(&c.warnings), "config line 2: there is no setting \"ui.sparkle\""));
	config_done(&c);
}

static void
fails(const char *file, const char *what)
{
	struct config c;
	struct err e = {0};

	write_file(file);
	assert_false(config_load(&c, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	if (!strstr(e.text, what))
		fail_msg("\"%s\" does not say \"%s\"", e.text, what);
	config_done(&c);
}

static void
mistakes_are_named(void **state)
{
	(void)state;
	fails("[sampling]\n\n\ttemp = hot\n", "config line 3: sampling.temp wants a number from 0 to 10, not \"hot\"");
	fails("[sampling]\n\ttop-k = 1.5\n", "line 2: sampling.top-k wants a whole number");
	fails("[sampling]\n\ttop-p = 2\n", "from 0 to 1, not \"2\"");
	fails("[ui]\n\tcolor = many\n", "ui.color is one of: auto never 16 256 truecolor; not \"many\"");
	fails("[ui]\n\tlinear = maybe\n", "ui.linear is true or false, not \"maybe\"");
	fails("[ui\n", "config line 1: the heading has no ]");
}

/* Every row can hold its own default, and numbers keep their range. */
static void
rows(void **state)
{
	struct config c;
	struct err e = {0};

	(void)state;
	assert_true(config_load(&c, &e));
	for (size_t i = 0; setting_at(i); i++) {
		const struct setting *s = setting_at(i);

		assert_true(config_set(&c, s->name, s->value, &e));
		assert_true(*s->help);
		if (s->max > 0)
			assert_false(config_set(&c, s->name, "1e300", &e));
	}
	assert_false(config_set(&c, "no.such", "1", &e));
	config_done(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults_without_a_file, open_home, close_dir),
		cmocka_unit_test_setup_teardown(file_then_environment, open_home, close_home),
		cmocka_unit_test_setup_teardown(keys_and_unknown_names, open_home, close_home),
		cmocka_unit_test_setup_teardown(mistakes_are_named, open_home, close_home),
		cmocka_unit_test_setup_teardown(rows, open_home, close_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
