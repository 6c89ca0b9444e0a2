/* What the figures of an answer mean, in sentences: for the view of them, for plain lines and for the file. */
#ifndef TUI_STATE_FIGURES_H
#define TUI_STATE_FIGURES_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/err.h"

struct talk;
struct turn_stats;

/* Each appends one sentence without its full stop; false: there is nothing to say yet. */
bool figures_reads(const struct talk *t, struct buf *out);	/* bytes a token against the roof */
bool figures_advice(const struct talk *t, struct buf *out);	/* what binds the speed, and what would help */
bool figures_gain(const struct turn_stats *s, struct buf *out);	/* of guesses (speculative decoding) */
bool figures_guesses(const struct talk *t, struct buf *out);	/* the same, or why a draft model makes none */
bool figures_energy(const struct talk *t, struct buf *out);
bool figures_memory(const struct talk *t, struct buf *out);
/* All of them as a JSON object in FILE, which must not be there yet. */
bool figures_export(const struct talk *t, const char *file, struct err *e) MUST_CHECK;

#endif
