/* A settings file as a person or another program left it: read, and edited so that only what was meant changes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/config_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct buf others;		/* all but the one that is edited */
	char *value;			/* the last one of that; NULL: there was none */
};

static const char name[] = "ui.Some \"one\".theme";

static bool
see(void *ctx, const struct config_file_value *v, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	if (!strchr(v->name, '.') || v->line == 0)
		abort();
	if (strcmp(v->name, name) == 0) {
		free(s->value);
		s->value = mem_dup(v->value);
	} else {
		buf_printf(&s->others, "%s=%s\n", v->name, v->value);
	}
	return true;
}

static void
done(struct seen *s)
{
	buf_done(&s->others);
	free(s->value);
	*s = (struct seen){0};
}

/* TEXT with the value, or without it. */
static void
edit(struct buf *text, const char *value, const struct seen *before)
{
	struct config_edit change = {name, value};
	struct seen s = {0};
	struct err e = {0};
	size_t n_taken;

	if (!config_file_edit_text("f", text, &change, 1, &n_taken, &e) ||
	    !config_file_parse("f", buf_str(text), text->len, see, &s, &e) ||
	    strcmp(buf_str(&s.others), buf_str(&before->others)) != 0)
		abort();
	if (value ? !s.value || strcmp(s.value, value) != 0 : s.value != NULL)
		abort();
	done(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen before = {0};
	struct buf text = {0};
	struct err e = {0};
	char value[17] = {0};

	if (size > 1 << 16)
		return 0;
	buf_add(&text, data, size);
	memcpy(value, data, size < 16 ? size : 16);
	if (config_file_parse("f", buf_str(&text), text.len, see, &before, &e)) {
		edit(&text, value, &before);
		edit(&text, NULL, &before);
		edit(&text, value, &before);
	} else if (e.kind != ERR_USAGE || !*e.text || strchr(e.text, '\n')) {
		abort();
	}
	done(&before);
	buf_done(&text);
	return 0;
}
