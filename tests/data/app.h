/* An app without a terminal, in which a model that is none has been opened, in a home of its own: keys that are pressed
 * may save settings. */
#ifndef TESTS_APP_H
#define TESTS_APP_H

#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/data/place.h"
#include "tui/app.h"

static struct config config;
static char home[32];

static inline int
open_app(void **state)
{
	struct talk_options o = {.name = "nano"};
	struct app *app = mem_new0(1, sizeof *app);
	struct err e = {0};

	place_make(home);
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_DATA_HOME");
	unsetenv("XDG_CACHE_HOME");
	if (!config_load(&config, &e))
		return -1;
	app_init(app, &config);
	talk_init(&app->talk, &o);
	app->talk.status = TALK_READY;
	app->talk.n_ctx = 4096;
	*state = app;
	return 0;
}

static inline int
close_app(void **state)
{
	struct app *app = *state;

	app_done(app);
	free(app);
	config_done(&config);
	place_remove(home);
	return 0;
}

#endif
