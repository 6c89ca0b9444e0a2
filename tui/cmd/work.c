/* Progress and signals; see work.h. */
#include "tui/cmd/work.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tui/i18n.h"
#include "tui/term/signals.h"

#define TELL_SECONDS 0.2	/* between two lines */
#define GUESS_SECONDS 1.0	/* before the time left is worth telling */

bool
work_begin(struct work *w, const char *what, struct err *e)
{
	*w = (struct work){.what = what, .shows = isatty(STDERR_FILENO), .start = clock_s()};
	return signals_open(e) >= 0;
}

static void
take_signals(struct work *w)
{
	int sig;

	while ((sig = signals_next()) != 0) {
		if (sig == SIGTSTP) {
			signals_stop_self();
		} else if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP) {
			w->sig = sig;
			atomic_store(&w->cancel, true);
		}
	}
}

void
work_add_left(struct buf *out, double seconds)
{
	if (seconds >= 3600)
		buf_printf(out, _("%d h %02d min left"), (int)(seconds / 3600), (int)(seconds / 60) % 60);
	else if (seconds >= 60)
		buf_printf(out, _("%d min %02d s left"), (int)(seconds / 60), (int)seconds % 60);
	else
		buf_printf(out, _("%.0f s left"), seconds);
}

static void
print_left(double seconds)
{
	struct buf text = {0};

	work_add_left(&text, seconds);
	fprintf(stderr, ", %s", buf_str(&text));
	buf_done(&text);
}

void
work_tell(struct work *w, uint64_t done, uint64_t total, const char *note)
{
	double now = clock_s(), spent = now - w->start;

	take_signals(w);
	if (!w->shows || now - w->told < TELL_SECONDS)
		return;
	w->told = now;
	w->shown = true;
	fprintf(stderr, "\r\033[K%s: %3.0f %%", w->what, total ? 100 * (double)done / (double)total : 100);
	if (done > 0 && spent > GUESS_SECONDS)
		print_left(spent / (double)done * (double)(total - done));
	if (note)
		fprintf(stderr, ", %s", note);
	fflush(stderr);
}

void
work_end(struct work *w)
{
	take_signals(w);
	if (w->shown)
		fprintf(stderr, "\r\033[K");
	signals_close();
	if (w->sig && w->sig != SIGINT)
		signals_end_by(w->sig);
}
