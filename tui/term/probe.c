/* See probe.h. */
#include "tui/term/probe.h"

#include "core/base/log.h"
#include "core/base/mem.h"
#include "tui/i18n.h"

/* On the second row, so that no answer looks like F3 (CSI 1 ; modifiers R).  Each is wiped before the next. */
enum { ROW = 1 };
#define ASK(sample) "\x1b[2;1H" sample "\x1b[6n\x1b[2;1H\x1b[K"
#define HANGUL "\uac00"
#define EMOJI "\U0001f600"		/* Unicode 6.1 */
#define NEW_EMOJI "\U0001fae0"		/* Unicode 14 */
#define MARKED "e\u0301"

const char probe_question[] = ASK(HANGUL) ASK(EMOJI) ASK(NEW_EMOJI) ASK(MARKED) "\x1b[H";

/* In the order of the questions. */
static const struct {
	int columns;
	uint32_t from;			/* the first of its kind; 0: marks */
	const char *what;
} samples[] = {
	{2, 0x1100, N_("letters of two columns")},
	{2, 0x1f000, N_("emoji")},
	{2, 0x1fa70, N_("newer emoji")},
	{1, 0, N_("letters with marks")},
};

bool
probe_answer(struct probe *p, int row, int col)
{
	unsigned i = p->n_answers;

	if (row != ROW || i >= ARRAY_LEN(samples))
		return false;
	p->n_answers++;
	if (col == samples[i].columns)
		return false;
	if (!samples[i].from)
		p->odd_marks = true;
	else if (!p->odd_from || samples[i].from < p->odd_from)
		p->odd_from = samples[i].from;
	log_add(LOG_WARN, "this terminal needs %d columns for %s, not %d: they are drawn in another way", col, _(samples[i].what),
	    samples[i].columns);
	return true;
}
