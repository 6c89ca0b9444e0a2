/* Themes: the file format, contrast of every theme that comes with minnow, and the computed palettes. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "tui/theme.h"

static void
parse_error(const char *text, const char *want)
{
	struct theme t;
	struct err e = {0};

	assert_false(theme_parse(&t, "x", text, strlen(text), &e));
	assert_string_equal(e.text, want);
}

static void
format(void **state)
{
	static const char text[] = "# c\n[any]\naccent = #010203 bold underline\r\n\n[light]\naccent=default\n";
	struct theme t;
	struct err e = {0};

	(void)state;
	assert_true(theme_parse(&t, "x", text, strlen(text), &e));
	assert_int_equal(t.styles[BACKGROUND_DARK][ROLE_accent].rgb, 0x010203);
	assert_int_equal(t.styles[BACKGROUND_DARK][ROLE_accent].attr, ATTR_BOLD | ATTR_UNDERLINE);
	assert_int_equal(t.styles[BACKGROUND_LIGHT][ROLE_accent].rgb, COLOUR_DEFAULT);
	assert_int_equal(t.styles[BACKGROUND_UNKNOWN][ROLE_text].rgb, COLOUR_DEFAULT);
	assert_true(theme_parse(&t, "x", "[dark]\ngood = bright-green bold\nbad = red", 42, &e));
	assert_int_equal(t.styles[BACKGROUND_DARK][ROLE_good].rgb, COLOUR_OWN + 10);
	assert_int_equal(t.styles[BACKGROUND_DARK][ROLE_bad].rgb, COLOUR_OWN + 1);
	parse_error("[any]\nsparkle = default\n", "x line 2: there is no role \"sparkle\"");
	parse_error("dim = grey\n", "x line 1: a colour is \"default\", #rrggbb or a name as bright-blue, not \"grey\"");
	parse_error("dim = #12345g\n", "x line 1: a colour is \"default\", #rrggbb or a name as bright-blue, not \"#12345g\"");
	parse_error("dim =\n", "x line 1: a colour is \"default\", #rrggbb or a name as bright-blue, not \"\"");
	parse_error("dim = default blink\n", "x line 1: \"blink\" is not bold, underline, italic or reverse");
	parse_error("[night]\n", "x line 1: a section is [any], [dark] or [light], not \"[night]\"");
}

/* A theme's colours must stand out from every background its section may meet. */
static void
check_contrast(const struct theme *t, enum background bg, int32_t behind)
{
	for (int r = 0; r < ROLE_COUNT; r++) {
		int32_t rgb = t->styles[bg][r].rgb;

		if (!role_is_text((enum role)r) || rgb == COLOUR_DEFAULT || rgb >= COLOUR_OWN)
			continue;
		if (colour_contrast(rgb, behind) < 4.5)
			fail_msg("%s: %s on #%06x has a contrast of %.2f", t->name, role_name((enum role)r),
			    (unsigned)behind, colour_contrast(rgb, behind));
	}
}

static void
contrast(void **state)
{
	DIR *d = opendir("themes");
	int n = 0;

	(void)state;
	assert_non_null(d);
	for (struct dirent *de; (de = readdir(d));) {
		struct buf text = {0};
		struct theme t;
		struct err e = {0};
		char path[300];

		if (!strstr(de->d_name, ".theme"))
			continue;
		snprintf(path, sizeof path, "themes/%s", de->d_name);
		assert_true(fs_read(&text, path, 1 << 16, &e));
		if (!theme_parse(&t, de->d_name, text.data, text.len, &e))
			fail_msg("%s", e.text);
		check_contrast(&t, BACKGROUND_UNKNOWN, 0x000000);
		check_contrast(&t, BACKGROUND_UNKNOWN, 0xffffff);
		check_contrast(&t, BACKGROUND_DARK, 0x000000);
		check_contrast(&t, BACKGROUND_DARK, 0x282c34);
		check_contrast(&t, BACKGROUND_LIGHT, 0xffffff);
		check_contrast(&t, BACKGROUND_LIGHT, 0xeeeeee);
		buf_done(&text);
		n++;
	}
	closedir(d);
	assert_true(n >= 12);
}

static void
palettes(void **state)
{
	(void)state;
	assert_int_equal(colour_256(0x5f87af), 67);
	assert_int_equal(colour_256(0x757575), 243);
	assert_int_equal(colour_of_256(67), 0x5f87af);
	for (int i = 16; i < 256; i++)
		assert_int_equal(colour_of_256(colour_256(colour_of_256(i))), colour_of_256(i));
	assert_int_equal(colour_16(0xff0000), 9);
	assert_int_equal(colour_16(0x757575), 8);
	assert_true(colour_contrast(0x000000, 0xffffff) > 20.9);
}

/* Every row of theme.def has its file and the other way round. */
static void
the_table_is_the_folder(void **state)
{
	static const char *const names[] = {
#define THEME(name, what) #name,
#include "tui/theme.def"
#undef THEME
	};
	struct buf list = {0};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct theme t;
		struct err e = {0};
		char path[300];

		snprintf(path, sizeof path, "themes/%s.theme", names[i]);
		assert_true(fs_exists(path));
		assert_true(theme_load(&t, names[i], "/nonexistent", &e));
	}
	theme_list("/nonexistent", &list);
	for (size_t i = 0; i < list.len; i++)
		n += list.data[i] == '\n';
	assert_int_equal(n, sizeof names / sizeof *names);
	buf_done(&list);
}

static void
finding(void **state)
{
	struct theme t;
	struct err e = {0};

	(void)state;
	assert_true(theme_load(&t, "default", "/nonexistent", &e));	/* part of the program */
	assert_false(theme_load(&t, "../themes/default", "/nonexistent", &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format),
		cmocka_unit_test(contrast),
		cmocka_unit_test(palettes),
		cmocka_unit_test(the_table_is_the_folder),
		cmocka_unit_test(finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
