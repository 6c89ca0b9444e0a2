/* The locale and the catalogue; see i18n.h. */
#include "tui/i18n.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/config.h"

static bool started;

/* A locale of UTF-8 that every system has under one of these names: for letters it does not matter which. */
static void
set_any_utf8(int category)
{
	static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (setlocale(category, names[i]))
			return;
}

/* Numbers keep their point and dates their form: only letters and messages follow the locale.  One that is named but not
 * installed, as ko_KR.UTF-8 on a small machine, still tells the letters and the language. */
static void
set_locale(const struct config *c)
{
	const char *dot = strchr(c->locale, '.');
	bool named_utf8 = dot && (strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);

	if (!setlocale(LC_CTYPE, "") && named_utf8)
		set_any_utf8(LC_CTYPE);
	if (!setlocale(LC_MESSAGES, "") && named_utf8)
		set_any_utf8(LC_MESSAGES);
}

#ifndef NO_LIBINTL
static char *languages;			/* LANGUAGE as the environment has it, or NULL */

static bool
is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* Where the catalogues are: beside the program (build/…/minnow), in the source tree, installed. */
static bool
find_catalogues(struct buf *out)
{
	static const char *const places[] = {"locale", "build/locale", "../share/locale"};
	struct buf program = {0};
	bool found = false;

	if (fs_program_dir(&program))
		for (size_t i = 0; !found && i < ARRAY_LEN(places); i++) {
			fs_join(out, buf_str(&program), places[i]);
			found = fs_exists(buf_str(out));
		}
	buf_done(&program);
	return found;
}

/* gettext asks LANGUAGE first, but not at all in the C locale; musl's asks only the locale's name, and takes any. */
static void
set_language(const char *language)
{
	const char *messages = setlocale(LC_MESSAGES, NULL);

	if (!is_utf8())
		set_any_utf8(LC_CTYPE);
	if (!messages || strcmp(messages, "C") == 0 || strcmp(messages, "POSIX") == 0)
		set_any_utf8(LC_MESSAGES);
	setenv("LANGUAGE", language, 1);
#ifndef __GLIBC__
	setlocale(LC_MESSAGES, language);
#endif
}

/* LANGUAGE, as it was, or the language of a locale that is not installed. */
static void
set_environments_language(const struct config *c)
{
	size_t len = strcspn(c->locale, ".@");
	char *language = mem_dup(c->locale);

	language[len] = '\0';
	if (languages)
		setenv("LANGUAGE", languages, 1);
	else if (len && strcmp(language, "C") != 0 && strcmp(language, "POSIX") != 0)
		setenv("LANGUAGE", language, 1);
	else
		unsetenv("LANGUAGE");
	free(language);
}

void
i18n_start(const struct config *c)
{
	struct buf dir = {0};

	if (!started) {
		started = true;
		languages = *c->languages ? mem_dup(c->languages) : NULL;
		set_locale(c);
	}
	if (*c->ui_language)
		set_language(c->ui_language);
	else
		set_environments_language(c);
	/* Text is UTF-8 everywhere in the program, and so it is drawn; other locales have English. */
	if (is_utf8() && find_catalogues(&dir)) {
		bindtextdomain("minnow", buf_str(&dir));
		bind_textdomain_codeset("minnow", "UTF-8");
		textdomain("minnow");		/* even the same one: it drops what was looked up before */
		err_translate_by(i18n_text);
	}
	buf_done(&dir);
}

void
i18n_off(void)
{
	textdomain("minnow-none");
}
#else
void
i18n_start(const struct config *c)
{
	if (!started)
		set_locale(c);
	started = true;
}

void
i18n_off(void)
{
}
#endif

const char *
i18n_text(const char *s)
{
	return *s ? gettext(s) : s;
}
