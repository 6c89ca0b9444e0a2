/* minnow: find the subcommand, run it, turn its error into one line and an exit code. */
#include <stdio.h>
#include <string.h>

#include "tui/cmd/cmd.h"
#include "tui/config.h"
#include "tui/i18n.h"
#include "tui/say.h"
#include "tui/version.h"

static int
fail(const char *name, const struct err *e)
{
	fflush(stdout);
	say(name, "%s", e->text);
	return e->kind ? (int)e->kind : ERR_FAILED;
}

static int
run_command(const struct cmd *cmd, int argc, char **argv, bool unnamed)
{
	struct cmd_call call = {0};
	struct err e = {0};
	bool ok = opt_parse(cmd, argc, argv, &call, &e);

	call.unnamed = unnamed;
	ok = ok && cmd->run(&call, &e);
	opt_done(&call);
	/* A full disk or a closed pipe shows only here. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && ok)
		ok = err_set(&e, ERR_NO_SPACE, "cannot write to standard output");
	return ok ? 0 : fail(cmd->name, &e);
}

/* Before anything is said.  What is wrong with the settings is told by the command that needs them. */
static void
take_language(void)
{
	struct config c;
	struct err e = {0};

	if (!config_load(&c, &e)) {
		config_done(&c);
		config_places(&c);
		c.ui_language = "";
	}
	i18n_start(&c);
	config_done(&c);
}

/* `minnow COMMAND --help` explains the command whatever else stands there. */
static bool
has_option(int argc, char **argv, const char *option)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "chat";
	int n_before = argc > 1 ? 2 : 1;
	bool unnamed = argc == 1;
	const struct cmd *cmd;
	struct err e = {0};

	take_language();
	if (strcmp(name, "--version") == 0) {
		printf("minnow %s\n", MINNOW_VERSION);
		return 0;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	else if (name[0] == '-') {		/* `minnow --linear`: options of the command that needs no name */
		name = "chat";
		n_before = 1;
		unnamed = true;
	}
	cmd = cmd_find(name);
	if (!cmd) {
		err_set(&e, ERR_USAGE, "there is no command \"%s\" (see: minnow help)", name);
		return fail(NULL, &e);
	}
	argc -= n_before;
	argv += n_before;
	if (has_option(argc, argv, "--json"))
		i18n_off();
	if (has_option(argc, argv, "--help")) {
		argv[0] = (char *)(uintptr_t)cmd->name;
		return run_command(cmd_find("help"), 1, argv, false);
	}
	return run_command(cmd, argc, argv, unnamed);
}
