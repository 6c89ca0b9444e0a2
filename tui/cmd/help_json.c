/* The table of commands as JSON. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tui/cmd/cmd.h"
#include "tui/cmd/help.h"

static const char *
kind_name(enum opt_kind k)
{
	static const char *const names[] = {
		[OPT_FLAG] = "flag", [OPT_TEXT] = "text", [OPT_INT] = "integer", [OPT_REAL] = "number",
		[OPT_CHOICE] = "choice", [OPT_LIST] = "text",
	};

	return names[k];
}

static json_t *
words_json(const char *words)
{
	json_t *list = json_array();

	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		json_array_append_new(list, json_stringn(p, n));
		p += n;
	}
	return list;
}

static json_t *
opt_json(const struct opt *o)
{
	json_t *j = json_pack("{s:s, s:s, s:s}", "name", o->name, "kind", kind_name(o->kind), "help", o->help);

	if (o->letter)
		json_object_set_new(j, "letter", json_stringn(&o->letter, 1));
	if (o->arg)
		json_object_set_new(j, "argument", json_string(o->arg));
	if (o->kind == OPT_CHOICE)
		json_object_set_new(j, "choices", words_json(o->choices));
	if (o->min != 0 || o->max != 0) {
		json_object_set_new(j, "min", json_real(o->min));
		json_object_set_new(j, "max", json_real(o->max));
	}
	return j;
}

static json_t *
cmd_json(const struct cmd *c)
{
	json_t *options = json_array();

	for (const struct opt *o = NULL; (o = help_next_opt(c, o));)
		json_array_append_new(options, opt_json(o));
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", c->name, "arguments", c->args ? c->args : "",
	    "summary", c->summary, "details", c->details ? c->details : "", "options", options);
}

void
help_json(struct buf *out, const struct cmd *c)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; cmd_at(i); i++)
		if (!c || c == cmd_at(i))
			json_array_append_new(list, cmd_json(cmd_at(i)));
	text = json_dumps(list, JSON_INDENT(2));
	buf_printf(out, "%s\n", text);
	free(text);
	json_decref(list);
}
