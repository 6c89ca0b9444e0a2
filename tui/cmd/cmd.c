/* The table of subcommands; see cmd.h. */
#include "tui/cmd/cmd.h"

#include <string.h>

#include "core/base/mem.h"

#define CMD(id) extern const struct cmd cmd_##id;
#include "tui/cmd/cmd.def"
#undef CMD

static const struct cmd *const cmds[] = {
#define CMD(id) &cmd_##id,
#include "tui/cmd/cmd.def"
#undef CMD
};

const struct cmd *
cmd_at(size_t i)
{
	return i < ARRAY_LEN(cmds) ? cmds[i] : NULL;
}

const struct cmd *
cmd_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(cmds); i++)
		if (strcmp(cmds[i]->name, name) == 0)
			return cmds[i];
	return NULL;
}
