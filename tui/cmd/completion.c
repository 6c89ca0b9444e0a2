/* minnow completion: a script for bash, zsh or fish, made from the tables of commands and options. */
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "registry/resolve.h"
#include "registry/store.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/help.h"
#include "tui/cmd/models.h"
#include "tui/config.h"
#include "tui/i18n.h"

/* Where the values of an argument come from, in the words of each shell. */
struct source {
	const char *commands;		/* for these alone; NULL: for all */
	const char *part;		/* of the argument's name */
	const char *bash;		/* sets words, files or both */
	const char *zsh;		/* an action of _arguments */
	const char *fish;		/* options of complete */
};

static bool
in_words(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == n && memcmp(p, word, n) == 0)
			return true;
	return false;
}

static const struct source *
find_source(const struct cmd *c, const char *argument)
{
	static const struct source rows[] = {
		{NULL, "COMMAND", "words=$commands", "_minnow_commands", "-a '$__minnow_commands'"},
		{NULL, "bash", "words='bash zsh fish'", "(bash zsh fish)", "-a 'bash zsh fish'"},
		{"ls rm verify", "MODEL", "words=$(minnow completion installed 2>/dev/null)", "_minnow_installed",
		    "-a '(minnow completion installed 2>/dev/null)'"},
		{"show pull log diff blame", "M", "words=$(minnow completion names 2>/dev/null)",
		    "_minnow_names", "-a '(minnow completion names 2>/dev/null)'"},
		{NULL, "MODEL", "words=$(minnow completion models 2>/dev/null) files='!*.gguf'", "_minnow_models",
		    "-a '(minnow completion models 2>/dev/null) (__fish_complete_suffix .gguf)'"},
		{NULL, "NAME [VALUE", "words=$settings", "_minnow_settings", "-a '$__minnow_settings'"},
		{NULL, "FILE", "files='!*'", "_files", "-F"},
	};

	for (size_t i = 0; argument && i < ARRAY_LEN(rows); i++)
		if (strstr(argument, rows[i].part) && (!rows[i].commands || in_words(rows[i].commands, c->name)))
			return &rows[i];
	return NULL;
}

static void
print_names(void)
{
	for (size_t i = 0; cmd_at(i); i++)
		printf("%s%s", i ? " " : "", cmd_at(i)->name);
}

static void
print_settings(void)
{
	for (size_t i = 0; setting_at(i); i++) {
		struct buf name = {0};

		setting_add_name(setting_at(i), &name);
		printf("%s%s", i ? " " : "", buf_str(&name));
		buf_done(&name);
	}
}

/* Single quotes for every shell; inside, ' is closed, escaped and opened again. */
static void
print_quoted(const char *s)
{
	putchar('\'');
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*s);
	}
	putchar('\'');
}

/* ---- bash ---- */

static void
print_bash_values(const struct cmd *c)
{
	for (const struct opt *o = NULL; (o = help_next_opt(c, o));) {
		const struct source *from = find_source(c, o->arg);

		if (o->kind == OPT_FLAG)
			continue;
		printf("\t%s:--%s", c->name, o->name);
		if (o->letter)
			printf(" | %s:-%c", c->name, o->letter);
		printf(") ");
		if (o->kind == OPT_CHOICE)
			printf("words='%s'", o->choices);
		else
			printf("%s", from ? from->bash : "return");
		printf(" ;;\n");
	}
}

static void
print_bash_command(const struct cmd *c)
{
	const struct source *from = find_source(c, c->args);

	printf("\t%s:-*) words='--help", c->name);
	for (const struct opt *o = NULL; (o = help_next_opt(c, o));)
		printf(" --%s", o->name);
	printf("' ;;\n\t%s:*) %s ;;\n", c->name, from ? from->bash : "");
}

static void
print_bash(void)
{
	printf("# minnow(1) completion for bash: source it, or put it into bash-completion's folder.\n"
	       "_minnow()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd=${COMP_WORDS[1]}\n"
	       "\tlocal words= files= commands='");
	print_names();
	printf("'\n\tlocal settings='");
	print_settings();
	printf("'\n\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$cur\"))\n\t\treturn\n\tfi\n"
	       "\tCOMPREPLY=()\n\tcase $cmd:$prev in\n");
	for (size_t i = 0; cmd_at(i); i++)
		print_bash_values(cmd_at(i));
	printf("\t*)\n\tcase $cmd:$cur in\n");
	for (size_t i = 0; cmd_at(i); i++)
		print_bash_command(cmd_at(i));
	printf("\tesac ;;\n\tesac\n"
	       "\t[ -z \"$words\" ] || COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "\tif [ -n \"$files\" ]; then\n"
	       "\t\tcompopt -o filenames 2>/dev/null\n"
	       "\t\tCOMPREPLY+=($(compgen -f -X \"$files\" -- \"$cur\") $(compgen -d -- \"$cur\"))\n"
	       "\tfi\n}\n"
	       "complete -F _minnow minnow\n");
}

/* ---- zsh ---- */

/* The text of an _arguments specification: brackets, colons and backslashes mean something there. */
static void
spell_zsh(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("[]:\\", *s))
			buf_add_char(out, '\\');
		buf_add_char(out, *s);
	}
}

static void
print_zsh_option(const struct cmd *c, const struct opt *o)
{
	const struct source *from = find_source(c, o->arg);
	struct buf spec = {0};

	buf_printf(&spec, "--%s%s[", o->name, o->kind == OPT_FLAG ? "" : "=");
	spell_zsh(&spec, o->help);
	buf_add_char(&spec, ']');
	if (o->kind != OPT_FLAG) {
		buf_add_char(&spec, ':');
		spell_zsh(&spec, o->arg ? o->arg : "");
		buf_add_char(&spec, ':');
		if (o->kind == OPT_CHOICE)
			buf_printf(&spec, "(%s)", o->choices);
		else if (from)
			buf_add_str(&spec, from->zsh);
	}
	fputs(" \\\n\t\t\t", stdout);
	print_quoted(buf_str(&spec));
	buf_done(&spec);
}

static void
print_zsh(void)
{
	printf("#compdef minnow\n# minnow(1) completion for zsh: a file named _minnow in a folder of $fpath.\n"
	       "_minnow_commands()\n{\n\tlocal -a list=(\n");
	for (size_t i = 0; cmd_at(i); i++) {
		struct buf row = {0};

		buf_printf(&row, "%s:", cmd_at(i)->name);
		spell_zsh(&row, cmd_at(i)->summary);
		fputs("\t\t", stdout);
		print_quoted(buf_str(&row));
		putchar('\n');
		buf_done(&row);
	}
	printf("\t)\n\t_describe command list\n}\n"
	       "_minnow_models()\n{\n\tcompadd -- ${(f)\"$(minnow completion models 2>/dev/null)\"}\n\t_files -g '*.gguf'\n}\n"
	       "_minnow_names()\n{\n\tcompadd -- ${(f)\"$(minnow completion names 2>/dev/null)\"}\n}\n"
	       "_minnow_installed()\n{\n\tcompadd -- ${(f)\"$(minnow completion installed 2>/dev/null)\"}\n}\n"
	       "_minnow_settings()\n{\n\tcompadd -- ");
	print_settings();
	printf("\n}\n"
	       "_minnow()\n{\n\tif ((CURRENT == 2)); then\n\t\t_minnow_commands\n\t\treturn\n\tfi\n"
	       "\tshift words\n\t((CURRENT--))\n\tcase $words[1] in\n");
	for (size_t i = 0; cmd_at(i); i++) {
		const struct cmd *c = cmd_at(i);

		printf("\t%s)\n\t\t_arguments '--help[explain the command]'", c->name);
		for (const struct opt *o = NULL; (o = help_next_opt(c, o));)
			print_zsh_option(c, o);
		if (find_source(c, c->args))
			printf(" \\\n\t\t\t'*:argument:%s'", find_source(c, c->args)->zsh);
		printf(" ;;\n");
	}
	/* Run as an autoloaded function, or read by `source`. */
	printf("\tesac\n}\nif [ \"$funcstack[1]\" = _minnow ]; then\n\t_minnow \"$@\"\nelse\n"
	       "\tcompdef _minnow minnow\nfi\n");
}

/* ---- fish ---- */

static void
print_fish_command(const struct cmd *c)
{
	printf("complete -c minnow -n __fish_use_subcommand -a %s -d ", c->name);
	print_quoted(c->summary);
	putchar('\n');
	if (find_source(c, c->args))
		printf("complete -c minnow -n '__fish_seen_subcommand_from %s' %s\n", c->name, find_source(c, c->args)->fish);
	for (const struct opt *o = NULL; (o = help_next_opt(c, o));) {
		const struct source *from = find_source(c, o->arg);

		printf("complete -c minnow -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
		if (o->letter)
			printf(" -s %c", o->letter);
		if (o->kind != OPT_FLAG)
			printf(from ? " -r" : " -x");
		if (o->kind == OPT_CHOICE)
			printf(" -a '%s'", o->choices);
		else if (from)
			printf(" %s", from->fish);
		printf(" -d ");
		print_quoted(o->help);
		putchar('\n');
	}
}

static void
print_fish(void)
{
	printf("# minnow(1) completion for fish: save it as ~/.config/fish/completions/minnow.fish.\n"
	       "set -g __minnow_commands ");
	print_names();
	printf("\nset -g __minnow_settings ");
	print_settings();
	printf("\ncomplete -c minnow -f\n"
	       "complete -c minnow -l help -d 'explain the command'\n");
	for (size_t i = 0; cmd_at(i); i++)
		print_fish_command(cmd_at(i));
}

static const struct {
	const char *name;
	void (*print)(void);
} shells[] = {
	{"bash", print_bash},
	{"zsh", print_zsh},
	{"fish", print_fish},
};

/* ---- names, for the scripts ---- */

static bool
print_installed(const struct models *m, struct err *e)
{
	struct store *store;
	struct store_list list = {0};
	bool ok = models_open_store(&m->config, false, &store, e) && (!store || store_list(store, &list, e));

	for (size_t i = 0; ok && i < list.n; i++)
		if (i == 0 || strcmp(list.files[i].model, list.files[i - 1].model) != 0)
			puts(list.files[i].model);
	store_list_done(&list);
	store_close(store);
	return ok;
}

/* Those that stand for one model alone, by themselves; the others with their registry. */
static void
print_known(const struct models *m)
{
	const struct catalog_model *k;

	for (size_t i = 0; (k = catalog_model_at(m->catalog, i)); i++) {
		if (catalog_find(m->catalog, k->entry.id, NULL))
			puts(k->entry.id);
		else
			printf("%s/%s\n", k->registry, k->entry.id);
	}
}

static bool
print_models(const char *what, struct err *e)
{
	struct models m;
	bool all = strcmp(what, "models") == 0, ok = models_open(&m, e);

	if (ok && all)
		puts(RESOLVE_GUIDE);
	if (ok && strcmp(what, "names") != 0)
		ok = print_installed(&m, e);
	if (ok && strcmp(what, "installed") != 0)
		print_known(&m);
	models_close(&m);
	return ok;
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		if (strcmp(call->args[0], shells[i].name) == 0) {
			shells[i].print();
			return true;
		}
	}
	if (in_words("models names installed", call->args[0]))
		return print_models(call->args[0], e);
	return err_set(e, ERR_USAGE, "no completion for \"%s\": bash, zsh or fish", call->args[0]);
}

const struct cmd cmd_completion = {
	.name = "completion",
	.args = "bash|zsh|fish",
	.summary = N_("print a script that completes commands and options in your shell"),
	.details = N_("For this shell only, or for good in the shell's start file:\n"
	    "  source <(minnow completion bash)\n"
	    "  source <(minnow completion zsh)\n"
	    "  minnow completion fish | source\n"
	    "make install puts all three where the shells look for them. The scripts ask for names with models (what a command "
	    "opens), names (those of the registries) and installed instead of a shell."),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
