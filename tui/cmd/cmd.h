/* Subcommands.  One file tui/cmd/<name>.c exports  const struct cmd cmd_<name>;  one row of cmd.def registers it:
 * dispatch, help, completion, the man page and the guide find it there. */
#ifndef TUI_CMD_CMD_H
#define TUI_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* Where opt_parse() puts a value in the command's options struct. */
enum opt_kind {
	OPT_FLAG,		/* bool */
	OPT_TEXT,		/* const char *, borrowed from argv */
	OPT_INT,		/* int64_t */
	OPT_REAL,		/* double */
	OPT_CHOICE,		/* const char *, one of the words in choices */
	OPT_LIST,		/* struct opt_list, grows each time the option is given */
};

enum { OPT_LIST_MAX = 64 };
struct opt_list {
	const char *at[OPT_LIST_MAX];	/* borrowed from argv */
	size_t n;
};

struct opt {
	const char *name;	/* "max-tokens"; NULL ends the list */
	char letter;		/* 'n', or 0 */
	enum opt_kind kind;
	const char *arg;	/* "N"; NULL for flags */
	const char *help;	/* one line, lower case, no full stop; NULL: works but is listed nowhere */
	size_t offset;		/* in the options struct */
	double min, max;	/* OPT_INT, OPT_REAL; both 0: any */
	const char *choices;	/* OPT_CHOICE: "f32 f16 q8_0" */
};

struct cmd_call {
	const struct cmd *cmd;
	void *opts;		/* the options struct: zeroed, then cmd->defaults, then the options given */
	const char **args;	/* what is not an option, in order, NULL-terminated */
	int n_args;
	bool unnamed;		/* the command is the one that is run when none is named */
};

struct cmd {
	const char *name;
	const char *args;	/* "MODEL [PROMPT]" */
	const char *summary;	/* one line, for the list of commands */
	const char *details;	/* for help and the man page: a line is a paragraph, one that begins with a blank
				 * an example, an empty one makes space; may be NULL */
	const struct opt *opts;	/* may be NULL */
	size_t opts_size;
	void (*defaults)(void *opts);		/* may be NULL */
	int min_args, max_args;			/* max -1: any number */
	/* The exit code.  A failure fills *e; the caller prints "minnow NAME: <text>". */
	bool (*run)(const struct cmd_call *call, struct err *e);
};

const struct cmd *cmd_find(const char *name);	/* or NULL */
const struct cmd *cmd_at(size_t i);		/* NULL past the last */

/* --help, which every command takes, is main()'s. */
bool opt_parse(const struct cmd *cmd, int argc, char **argv, struct cmd_call *call, struct err *e) MUST_CHECK;
void opt_done(struct cmd_call *call);

#endif
