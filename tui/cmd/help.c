/* minnow help: the list of commands, or one command in full.  Everything comes from the tables. */
#include <stdio.h>

#include "tui/cmd/cmd.h"

static void
print_list(void)
{
	printf("minnow: chat with, explore and compare small language models in a terminal\n\n");
	for (size_t i = 0; cmd_at(i); i++)
		printf("  minnow %-10s %s\n", cmd_at(i)->name, cmd_at(i)->summary);
}

static void
print_one(const struct cmd *c)
{
	printf("usage: minnow %s %s\n\n%s\n", c->name, c->args, c->summary);
	if (c->details)
		printf("\n%s\n", c->details);
	if (c->opts)
		printf("\n");
	for (const struct opt *o = c->opts; o && o->name; o++)
		printf("  --%s%s%s  %s\n", o->name, o->arg ? " " : "", o->arg ? o->arg : "", o->help);
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct cmd *c;

	if (call->n_args == 0) {
		print_list();
		return true;
	}
	c = cmd_find(call->args[0]);
	if (!c)
		return err_set(e, ERR_USAGE, "there is no command \"%s\"", call->args[0]);
	print_one(c);
	return true;
}

const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.summary = "list the commands, or explain one",
	.max_args = 1,
	.run = run,
};
