/* What the terminal at hand does with text.  Samples are written before the first frame, each followed by the question where
 * the cursor is (CPR, ECMA-48): where that is not where libc's table says, cells of that kind are drawn as question
 * marks, so that nothing else on the row moves.  A terminal that does not answer is taken at libc's word. */
#ifndef TUI_TERM_PROBE_H
#define TUI_TERM_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: as libc says. */
struct probe {
	unsigned n_answers;
	uint32_t odd_from;		/* wide characters from this one on are not drawn; 0: all are */
	bool odd_marks;			/* marks are left off the letters they belong to */
};

extern const char probe_question[];

/* The cursor was at COL of ROW, both from 0.  True: cells will look different from now on, and the log says which. */
bool probe_answer(struct probe *p, int row, int col);

#endif
