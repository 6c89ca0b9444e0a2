/* Settings and the environment: the only place that reads either.  Settings are rows of setting.def: default
 * < configuration file < environment; a command's options come on top.  The file is
 * $XDG_CONFIG_HOME/minnow/config, in the syntax of git-config(1). */
#ifndef TUI_CONFIG_H
#define TUI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "registry/adopt.h"

struct sampler_params;

#define SETTING_TEXT(field) const char *field;
#define SETTING_CHOICE(field) const char *field;
#define SETTING_INT(field) int64_t field;
#define SETTING_REAL(field) double field;
#define SETTING_FLAG(field) bool field;

/* One binding of [keys "CONTEXT"]: ACTION = KEY. */
struct config_bind {
	const char *context, *action, *key;
	unsigned line;
};

/* The rows of setting.def, by number. */
enum {
#define SETTING(section, name, kind, value, min, max, words, env, help) SETTING_##section##_##name,
#include "tui/setting.def"
#undef SETTING
	SETTING_COUNT
};

/* Where a value comes from. */
enum config_source { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENVIRONMENT, CONFIG_OPTION /* of this run */ };
struct config_from {
	enum config_source source;
	unsigned line;			/* CONFIG_FILE */
};

struct config {
#define SETTING(section, name, kind, ...) SETTING_##kind(section##_##name)
#include "tui/setting.def"
#undef SETTING

	struct config_bind *binds;
	size_t n_binds;

	/* What the environment says beyond the settings; "" when unset. */
	const char *file;		/* the configuration file, present or not */
	const char *config_dir;		/* $XDG_CONFIG_HOME/minnow */
	const char *data_dir;		/* $XDG_DATA_HOME/minnow */
	const char *cache_dir;		/* $XDG_CACHE_HOME/minnow */
	const char *sound_file;		/* in cache_dir: model files that were found sound (state/guard.h) */
	const char *term, *colorterm, *colorfgbg;
	const char *locale;		/* the name of the locale of messages: LC_ALL, LC_MESSAGES, LANG */
	const char *languages;		/* LANGUAGE */
	const char *sync;		/* MINNOW_SYNC: where screen tests read how many keys were handled */
	const char *machine;		/* MINNOW_MACHINE: what screen tests take for this machine; see state/machine.h */
	const char *path;		/* where programs are looked for */
	bool wayland, x11, in_tmux;	/* WAYLAND_DISPLAY, DISPLAY, TMUX are set */
	const char *editor;		/* the person's own: $VISUAL, $EDITOR, else vi */
	bool no_color;
	bool over_ssh;			/* SSH_CONNECTION is set */
	struct adopt_places places;	/* where other programs keep their models */

	struct config_from from[SETTING_COUNT];
	struct buf warnings;		/* one a line: unknown names and the like, with file and line */
	struct config_text *texts;	/* owns every string above */
};

/* False with *e naming file and line when the file cannot be read or parsed, or a value is not allowed. */
bool config_load(struct config *c, struct err *e) MUST_CHECK;
/* The folders alone: no file is read, and every setting is empty. */
void config_places(struct config *c);
void config_done(struct config *c);		/* accepts a zeroed or half-loaded one */

/* One setting by its name in the file ("sampling.top-k"), as the command line and tests do. */
bool config_set(struct config *c, const char *name, const char *value, struct err *e) MUST_CHECK;

/* As network.offline = true, whatever was said before. */
void config_go_offline(struct config *c);

/* What MODEL brings of its own, before options: the guide answers with its best guess, because anything else it says
 * is worse. */
void config_for_model(struct config *c, const char *model);
void config_sampling(const struct config *c, struct sampler_params *p);

/* The network as network.offline has it. */
void config_permit(const struct config *c);
/* Look again where setting I comes from, after it was written. */
void config_locate(struct config *c, size_t i);

/* The rows of setting.def. */
struct setting {
	const char *name;		/* "sampling.top_k" */
	const char *kind;		/* "TEXT", "CHOICE", "INT", "REAL", "FLAG" */
	const char *value;		/* the default, as written */
	double min, max;		/* both 0: any */
	const char *words;		/* CHOICE */
	const char *env;		/* or "" */
	const char *help;
	size_t offset;			/* in struct config */
};
const struct setting *setting_at(size_t i);	/* NULL past the last */
/* By its name in the file, - or _; *INDEX (may be NULL) is its number.  ERR_USAGE with the name it is near. */
const struct setting *setting_find(const char *name, size_t *index, struct err *e) MUST_CHECK;
void setting_add_name(const struct setting *s, struct buf *out);	/* as it is written in the file */
/* Its value in C, as it would be written. */
void setting_add_value(const struct config *c, const struct setting *s, struct buf *out);
bool setting_is_secret(const struct setting *s);
bool config_is_overridden(const struct setting *s);	/* by the environment */

/* Write one setting into the file, which is made when it is not there and replaced in one step; comments and all else stay.
 * VALUE NULL: take it out (ERR_NOT_FOUND: it is not in the file).  Readable by its owner alone, because of hub.token. */
bool config_write(const struct config *c, const struct setting *s, const char *value, struct err *e) MUST_CHECK;

#endif
