/* Options: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, `--` ends them; rows of struct opt say where they go. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/cmd/cmd.h"
#include "tui/i18n.h"

static const struct opt *
find_name(const struct opt *o, const char *name, size_t len)
{
	for (; o && o->name; o++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

static const struct opt *
find_letter(const struct opt *o, char letter)
{
	for (; o && o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

static bool
in_words(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}

static bool
in_range(const struct opt *o, double v)
{
	return (o->min == 0 && o->max == 0) || (v >= o->min && v <= o->max);
}

static bool
bad_number(const struct opt *o, const char *value, struct err *e)
{
	const char *what = o->kind == OPT_INT ? _("a whole number") : _("a number");

	if (o->min == 0 && o->max == 0)
		return err_set(e, ERR_USAGE, "--%s wants %s, not \"%s\"", o->name, what, value);
	return err_set(e, ERR_USAGE, "--%s wants %s from %.15g to %.15g, not \"%s\"", o->name, what, o->min, o->max,
	    value);
}

static bool
store(const struct opt *o, char *opts, const char *value, struct err *e)
{
	void *at = opts + o->offset;
	char *end;

	errno = 0;
	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)at = true;
		return true;
	case OPT_CHOICE:
		if (!in_words(o->choices, value))
			return err_set(e, ERR_USAGE, "--%s is one of: %s; not \"%s\"", o->name, o->choices,
			    value);
		*(const char **)at = value;
		return true;
	case OPT_TEXT:
		*(const char **)at = value;
		return true;
	case OPT_LIST: {
		struct opt_list *list = at;

		if (list->n == OPT_LIST_MAX)
			return err_set(e, ERR_USAGE, "--%s is given more than %d times", o->name, OPT_LIST_MAX);
		list->at[list->n++] = value;
		return true;
	}
	case OPT_INT: {
		long long v = strtoll(value, &end, 10);

		if (end == value || *end || errno || !in_range(o, (double)v))
			return bad_number(o, value, e);
		*(int64_t *)at = v;
		return true;
	}
	case OPT_REAL: {
		double v = strtod(value, &end);

		if (end == value || *end || errno || !isfinite(v) || !in_range(o, v))
			return bad_number(o, value, e);
		*(double *)at = v;
		return true;
	}
	}
	return false;
}

static bool
unknown(const struct cmd *cmd, const char *arg, struct err *e)
{
	return err_set(e, ERR_USAGE, "unknown option %s (see: minnow help %s)", arg, cmd->name);
}

static bool
parse_long(const struct cmd *cmd, char **argv, int argc, int *i, char *opts, struct err *e)
{
	const char *name = argv[*i] + 2;
	size_t len = strcspn(name, "=");
	const struct opt *o = find_name(cmd->opts, name, len);
	const char *value = name[len] ? name + len + 1 : NULL;

	if (!o)
		return unknown(cmd, argv[*i], e);
	if (o->kind == OPT_FLAG && value)
		return err_set(e, ERR_USAGE, "--%s takes no value", o->name);
	if (o->kind != OPT_FLAG && !value) {
		if (*i + 1 >= argc)
			return err_set(e, ERR_USAGE, "--%s wants a value: %s", o->name, o->arg);
		value = argv[++*i];
	}
	return store(o, opts, value, e);
}

static bool
parse_letters(const struct cmd *cmd, char **argv, int argc, int *i, char *opts, struct err *e)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		const struct opt *o = find_letter(cmd->opts, *p);
		const char *value = NULL;

		if (!o)
			return unknown(cmd, argv[*i], e);
		if (o->kind != OPT_FLAG) {
			if (!p[1] && *i + 1 >= argc)
				return err_set(e, ERR_USAGE, "-%c wants a value: %s", *p, o->arg);
			value = p[1] ? p + 1 : argv[++*i];
		}
		if (!store(o, opts, value, e))
			return false;
		if (value)
			break;
	}
	return true;
}

/* "-" is standard input and "-3" may be a text: only a dash before a letter begins an option. */
static bool
is_option(const char *arg)
{
	return arg[0] == '-' && (arg[1] == '-' || (arg[1] && strchr("0123456789.", arg[1]) == NULL));
}

bool
opt_parse(const struct cmd *cmd, int argc, char **argv, struct cmd_call *call, struct err *e)
{
	bool only_args = false;

	*call = (struct cmd_call){.cmd = cmd};
	call->opts = mem_new0(1, cmd->opts_size);
	call->args = mem_new0((size_t)argc + 1, sizeof *call->args);
	if (cmd->defaults)
		cmd->defaults(call->opts);
	for (int i = 0; i < argc; i++) {
		bool ok = true;

		if (only_args || !is_option(argv[i]))
			call->args[call->n_args++] = argv[i];
		else if (strcmp(argv[i], "--") == 0)
			only_args = true;
		else if (argv[i][1] == '-')
			ok = parse_long(cmd, argv, argc, &i, call->opts, e);
		else
			ok = parse_letters(cmd, argv, argc, &i, call->opts, e);
		if (!ok)
			return false;
	}
	if (call->n_args < cmd->min_args)
		return err_set(e, ERR_USAGE, "something is missing: minnow %s %s", cmd->name, cmd->args);
	if (cmd->max_args >= 0 && call->n_args > cmd->max_args)
		return err_set(e, ERR_USAGE, "\"%s\" is too much: minnow %s %s", call->args[cmd->max_args],
		    cmd->name, cmd->args);
	return true;
}

void
opt_done(struct cmd_call *call)
{
	free(call->opts);
	free(call->args);
	*call = (struct cmd_call){0};
}
