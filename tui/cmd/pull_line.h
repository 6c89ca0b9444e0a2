/* The line of a terminal that shows how far a download is:
 *
 *	…instruct-Q8_0.gguf  ━━━━━━────────   38 %  23.1 of 60.0 MB  2.5 MB/s  15 s left
 *
 * Numbers keep their place while they change.  What has no room is left out: the bar first, then the amount, the name, the
 * speed. */
#ifndef TUI_CMD_PULL_LINE_H
#define TUI_CMD_PULL_LINE_H

#include "registry/pull.h"
#include "tui/cmd/models.h"

/* Append it, of at most WIDTH columns. */
void pull_line_add(struct buf *out, const struct models *m, const struct pull_event *ev, int width);
/* "checking", or when it is tried again (a server wants a pause, or nobody answers), after GAP; nothing while bytes come. */
void pull_line_add_pause(struct buf *out, const struct fetch_progress *p, const char *gap);
/* 0 to 100. */
int pull_line_percent(uint64_t n, uint64_t size);

#endif
