/* What it means for a person that two models differ; see meaning.h. */
#include "tui/cmd/meaning.h"

#include <string.h>

#include "core/base/mem.h"
#include "tui/i18n.h"

static void
add_times(struct buf *out, double times, const char *more, const char *less)
{
	if (times >= 1.005)
		buf_printf(out, _("%.3g times as %s: "), times, more);
	else
		buf_printf(out, _("%.3g times as %s: "), 1 / times, less);
}

static void
mean_params(struct buf *out, const struct lineage_change *d)
{
	if (!d->from || !d->to)
		return;
	add_times(out, (double)d->to / (double)d->from, _("many"), _("few"));
	buf_add_str(out, d->to > d->from ? _("a file of the same format and its memory grow with them, and answers take longer.") :
	    _("a file of the same format and its memory shrink with them, and answers come sooner."));
}

static void
mean_active(struct buf *out, const struct lineage_change *d)
{
	buf_add_str(out, !d->to ? _("No weights rest any more: all work on each token, which sets the speed.") : !d->from ?
	    _("Only a part of the weights works on each token: it is as fast as a smaller model, but takes the memory of all.") :
	    d->to > d->from ? _("More weights work on each token, which sets the speed: answers take longer.") :
	    _("Fewer weights work on each token, which sets the speed: answers come sooner."));
}

static void
mean_context(struct buf *out, const struct lineage_change *d)
{
	if (!d->from || !d->to)
		return;
	add_times(out, (double)d->to / (double)d->from, _("long"), _("short"));
	buf_add_str(out, d->to > d->from ? _("longer texts and conversations fit, and a full one takes more memory.") :
	    _("only shorter texts and conversations fit."));
}

static void
mean_arch(struct buf *out, const struct lineage_change *d)
{
	if (d->from_text && d->to_text)
		buf_printf(out, _("It computes another way: what runs %s does not run %s by itself."), d->from_text, d->to_text);
}

static void
mean_generation(struct buf *out, const struct lineage_change *d)
{
	if (d->from_text && d->to_text)
		buf_add_str(out, _("Another generation of the family: trained anew, not only tuned."));
}

static void
mean_thinking(struct buf *out, const struct lineage_change *d)
{
	const char *to = d->to_text ? d->to_text : "";

	buf_add_str(out, strcmp(to, "always") == 0 ? _("It always thinks before it answers, which takes tokens and time.") :
	    strcmp(to, "switchable") == 0 ? _("Thinking before an answer can be switched on and off.") :
	    strcmp(to, "none") == 0 ? _("It answers at once, without thinking first.") : "");
}

static void
mean_template(struct buf *out, const struct lineage_change *d)
{
	(void)d;
	buf_add_str(out, _("It is talked to in another format; minnow takes the one of the file."));
}

static void
mean_license(struct buf *out, const struct lineage_change *d)
{
	(void)d;
	buf_add_str(out, _("What may be done with it differs: read the licence before using it."));
}

static void
mean_inputs(struct buf *out, const struct lineage_change *d)
{
	if (d->to_text)
		buf_printf(out, _("It takes %s."), d->to_text);
}

static void
mean_outputs(struct buf *out, const struct lineage_change *d)
{
	if (d->to_text)
		buf_printf(out, _("It gives %s."), d->to_text);
}

static void
mean_task(struct buf *out, const struct lineage_change *d)
{
	if (d->to_text)
		buf_printf(out, _("It is made for another task: %s."), d->to_text);
}

static void
mean_cache(struct buf *out, const struct lineage_change *d)
{
	if (d->from && d->to)
		buf_add_str(out, d->to > d->from ? _("The same context takes more memory.") : _("The same context takes less memory."));
}

static const struct {
	const char *what;
	void (*add)(struct buf *out, const struct lineage_change *d);
} meanings[] = {
	{"parameters", mean_params}, {"active parameters", mean_active}, {"context", mean_context}, {"architecture", mean_arch},
	{"generation", mean_generation}, {"task", mean_task}, {"thinking", mean_thinking}, {"takes", mean_inputs},
	{"gives", mean_outputs}, {"chat format", mean_template}, {"licence", mean_license},
	{"keys and values of 1024 tokens", mean_cache},
};

void
models_add_meaning(struct buf *out, const struct lineage_change *d)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (strcmp(meanings[i].what, d->what) == 0)
			meanings[i].add(out, d);
}

bool
models_change_is_told(const struct lineage_change *d, bool two_models)
{
	return !two_models || (strcmp(d->what, "name") != 0 && strcmp(d->what, "summary") != 0 && strcmp(d->what, "note") != 0 &&
	    strcmp(d->what, "not confirmed") != 0);
}
