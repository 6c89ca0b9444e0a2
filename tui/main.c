/* minnow: find the subcommand, run it, turn its error into one line and an exit code. */
#include <stdio.h>
#include <string.h>

#include "tui/cmd/cmd.h"

static int
fail(const char *name, const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "minnow%s%s: %s\n", name ? " " : "", name ? name : "", e->text);
	return e->kind ? (int)e->kind : ERR_FAILED;
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "help";
	const struct cmd *cmd = cmd_find(name);
	struct cmd_call call = {0};
	struct err e = {0};
	bool ok;

	if (!cmd) {
		err_set(&e, ERR_USAGE, "there is no command \"%s\" (see: minnow help)", name);
		return fail(NULL, &e);
	}
	ok = opt_parse(cmd, argc > 2 ? argc - 2 : 0, argv + 2, &call, &e) && cmd->run(&call, &e);
	opt_done(&call);
	if (ok && fflush(stdout) != 0)
		ok = err_set(&e, ERR_NO_SPACE, "cannot write to standard output");
	return ok ? 0 : fail(name, &e);
}
