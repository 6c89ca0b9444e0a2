/* The program in the person's language, through gettext.
 *
 * Literals are marked where they stand: _("…") is looked up at once, N_("…") is only marked, for a table or for a function
 * that looks up what it is given.  These look up their format themselves, so that it stands there bare: err_set,
 * err_wrap, say, log_add, app_note, runs_add (tui/po/extract.sh has the list).  What a script reads stays as it is: JSON,
 * plain columns, names of commands, actions, settings and keys. */
#ifndef TUI_I18N_H
#define TUI_I18N_H

#include "core/base/mark.h"

#ifdef NO_LIBINTL
#define gettext(s) (s)
#define ngettext(one, many, n) ((n) == 1 ? (one) : (many))
#else
#include <libintl.h>
#endif

#define _(s) i18n_text(s)

struct config;

/* The locale of the environment and the language of C (ui.language, else the locale's).  Before threads; again when
 * the setting changed. */
void i18n_start(const struct config *c);
/* From now on everything stays as it is in the source: the output is for a program. */
void i18n_off(void);

/* As gettext(), with "" as it is: gettext has the catalogue's header there. */
const char *i18n_text(const char *s) __attribute__((format_arg(1)));

#endif
