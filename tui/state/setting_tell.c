/* A setting as a person is told of it; see setting_tell.h. */
#include "tui/state/setting_tell.h"

#include <string.h>

#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/snapshot.h"
#include "tui/text_clean.h"

void
setting_tell_value(const struct config *c, size_t i, struct buf *out)
{
	const struct setting *s = setting_at(i);
	struct buf value = {0};

	setting_add_value(c, s, &value);
	if (setting_is_secret(s) && value.len)
		buf_add_str(out, _("(set, not shown)"));
	else
		text_clean_line(out, buf_str(&value), value.len);
	buf_done(&value);
}

void
setting_tell_from(const struct config *c, size_t i, struct buf *out)
{
	const struct config_from *from = &c->from[i];

	switch (from->source) {
	case CONFIG_ENVIRONMENT:
		buf_add_str(out, setting_at(i)->env);
		break;
	case CONFIG_FILE:
		buf_printf(out, _("config line %u"), from->line);
		break;
	case CONFIG_OPTION:
		buf_add_str(out, _("this run"));
		break;
	case CONFIG_DEFAULT:
		break;			/* nothing to say: what is changed stands out */
	}
}

void
setting_tell_range(size_t i, struct buf *out)
{
	const struct setting *s = setting_at(i);
	bool number = strcmp(s->kind, "INT") == 0 || strcmp(s->kind, "REAL") == 0;

	if (*s->words)
		buf_printf(out, _("one of: %s"), s->words);
	else if (strcmp(s->kind, "FLAG") == 0)
		buf_printf(out, _("one of: %s"), "true false");
	else if (number && (s->min != 0 || s->max != 0))
		buf_printf(out, _("from %.10g to %.10g"), s->min, s->max);
}

void
setting_tell_now(const struct config *c, size_t i, struct buf *out)
{
	struct buf dir = {0}, size = {0};
	uint64_t bytes;
	unsigned n;

	if (i != SETTING_history_cache)
		return;
	reopen_folder(c, &dir);
	snapshots_used(buf_str(&dir), &bytes, &n);
	format_bytes(&size, bytes);
	buf_printf(out, ngettext(" Now %s of %u conversation.", " Now %s of %u conversations.", n), buf_str(&size), n);
	buf_done(&dir);
	buf_done(&size);
}
