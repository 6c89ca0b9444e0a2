/* Helpers for views: glyphs with their ASCII stand-ins, lines made of runs of roles, numbers as people read
 * them. */
#ifndef TUI_DRAW_H
#define TUI_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "tui/grid.h"

struct glyphs {
	const char *rule, *bar, *prompt, *bullet, *dot, *down, *up, *ellipsis, *here, *folded, *unfolded, *task, *done, *tee,
	    *on_disk, *range, *fork, *fork_last;
	const char *spark[8];		/* lowest first */
};
const struct glyphs *glyphs_get(bool ascii);

/* A rectangle of the grid. */
struct canvas {
	struct grid *g;
	int y, x, rows, cols;
	const struct glyphs *glyphs;
};

void draw_rule(const struct canvas *c, int y);
/* Text from column X of row Y, cut at the right edge with an ellipsis; the column after it. */
int draw_text(const struct canvas *c, int y, int x, const char *s, enum role role, unsigned attr);

/* A line put together from differently coloured pieces. */
#define RUNS_MAX 48
struct runs {
	struct buf text;
	size_t n;
	struct {
		size_t end;		/* in text */
		enum role role;
		unsigned attr;
	} run[RUNS_MAX];
};
void runs_add(struct runs *r, enum role role, unsigned attr, const char *fmt, ...) PRINTF_LIKE(4, 5);
int runs_width(const struct runs *r);
int draw_runs(const struct canvas *c, int y, int x, const struct runs *r);
void runs_done(struct runs *r);

/* "1 204"; "58.3", "271" (three digits); "0.4 s", "1.2 s", "2 min"; "6.1 MB". */
void format_count(struct buf *out, uint64_t n);
void format_rate(struct buf *out, double per_s);
void format_seconds(struct buf *out, double s);
void format_bytes(struct buf *out, uint64_t n);
void format_params(struct buf *out, uint64_t n);	/* "5.2 M", "1.7 B" */

#endif
