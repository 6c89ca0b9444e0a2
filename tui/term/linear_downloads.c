/* Downloads in plain lines: the queue, what is done with one of it, and waiting for it with a word now and then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/i18n.h"
#include "tui/state/downloads.h"
#include "tui/term/linear.h"
#include "tui/text_clean.h"

static void
add_download(const struct linear_menu *m, size_t i, struct buf *out)
{
	const struct downloads *q = m->arg;
	struct buf line = {0};

	download_tell(&q->items[i], &line);
	text_clean_line(out, buf_str(&line), line.len);
	if (q->items[i].is == DOWNLOAD_ASKING)
		buf_add_str(out, _(" (it asks for your word)"));
	buf_done(&line);
}

static void
tell(const struct downloads *q, size_t i)
{
	struct linear_menu m = {.arg = (void *)(uintptr_t)q};
	struct buf line = {0};

	add_download(&m, i, &line);
	linear_say("%s.\n", buf_str(&line));
	fflush(stdout);
	buf_done(&line);
}

/* q->n: it is not there. */
static size_t
find(const struct downloads *q, const char *name)
{
	size_t i = 0;

	while (i < q->n && strcmp(q->items[i].name, name) != 0)
		i++;
	return i;
}

static bool
goes_on(const struct download *d)
{
	return d->is == DOWNLOAD_WAITING || d->is == DOWNLOAD_LOOKING || d->is == DOWNLOAD_RUNNING;
}

static void
accept(struct linear *l, size_t i)
{
	struct downloads *q = downloads_of(l->app);
	struct buf question = {0};

	buf_printf(&question, "%s: ", q->items[i].name);
	text_clean_line(&question, q->items[i].question, strlen(q->items[i].question));
	buf_add_str(&question, _(". Do you accept that?"));
	if (linear_yes(l, buf_str(&question)) && i < q->n)
		downloads_accept(q, l->app, i);
	buf_done(&question);
}

/* Until it no longer goes on by itself. */
static void
wait_for(struct linear *l, const char *name)
{
	struct downloads *q = downloads_of(l->app);
	struct linear_progress p = {0};
	size_t i;

	l->takes_interrupt = true;
	l->interrupted = false;
	while ((i = find(q, name)) < q->n && goes_on(&q->items[i]) && !l->signal && !l->interrupted) {
		if (linear_is_due(&p, (double)q->items[i].n, (double)q->items[i].size))
			tell(q, i);
		linear_wait(l, false, 1000);
	}
	l->takes_interrupt = false;
	buf_clear(&l->app->note);			/* the same, shorter */
}

void
linear_downloads_watch(struct linear *l, const char *name)
{
	struct downloads *q = downloads_of(l->app);
	char *mine = mem_dup(name);
	size_t i;

	puts(_("Ctrl-C stops waiting; the download goes on."));
	fflush(stdout);
	wait_for(l, mine);
	i = find(q, mine);
	if (i < q->n && q->items[i].is == DOWNLOAD_ASKING && !l->signal) {
		accept(l, i);
		wait_for(l, mine);
		i = find(q, mine);
	}
	if (l->interrupted)
		puts(_("It goes on while you do something else: :downloads tells how far it is."));
	else if (i < q->n)
		tell(q, i);
	free(mine);
}

static enum linear_did
watch_all(struct linear *l)
{
	const struct downloads *q = downloads_of(l->app);
	size_t i = 0;

	l->interrupted = false;
	while (i < q->n && !l->signal && !l->interrupted) {
		bool mine = goes_on(&q->items[i]);

		if (mine)
			linear_downloads_watch(l, q->items[i].name);
		i = mine ? 0 : i + 1;
	}
	if (!l->interrupted)
		puts(_("Nothing is being downloaded now."));
	return LINEAR_DONE;
}

/* ---- what is done with one ---- */

static enum linear_did
act_on(struct linear *l, enum action a, size_t i)
{
	struct downloads *q = downloads_of(l->app);
	const struct download *d = &q->items[i];
	const char *why = download_why_not(d, a);
	char *name = mem_dup(d->name);

	if (why) {
		linear_say(_("That is not possible: %s.\n"), why);
	} else if (a == ACTION_open) {
		accept(l, i);
	} else if (a == ACTION_pause && d->is == DOWNLOAD_PAUSED) {
		downloads_pause(q, l->app, i);
		linear_say(_("%s goes on.\n"), name);
	} else if (a == ACTION_pause) {
		downloads_pause(q, l->app, i);
		linear_say(_("%s pauses.\n"), name);
	} else if (a == ACTION_retry) {
		downloads_retry(q, l->app, i);
		linear_say(_("%s is tried again.\n"), name);
	} else {
		linear_say(d->is == DOWNLOAD_DONE ? _("%s is out of the list.\n") :
		    _("%s is out of the list; what was fetched stays for the next time.\n"), name);
		downloads_cancel(q, l->app, i);
	}
	free(name);
	return LINEAR_DONE;
}

/* What can be done with one, in the order of the menu. */
static const struct way {
	enum action a;
	const char *text;
} ways[] = {
	{ACTION_open, N_("Accept what it asks")}, {ACTION_pause, N_("Pause it, or go on with it")}, {ACTION_retry, N_("Try it again")},
	{ACTION_cancel, N_("Cancel it, or take it out of the list")},
};

struct possible {
	const struct way *ways[ARRAY_LEN(ways)];
};

static void
add_way(const struct linear_menu *m, size_t i, struct buf *out)
{
	buf_add_str(out, _(((const struct possible *)m->arg)->ways[i]->text));
}

static enum linear_did
choose_way(struct linear *l, size_t i)
{
	struct downloads *q = downloads_of(l->app);
	struct possible p;
	struct linear_menu m = {.question = _("What do you want to do?"), .add = add_way, .arg = &p};
	char *name = mem_dup(q->items[i].name);
	enum linear_did did = LINEAR_DONE;
	size_t chosen;

	for (size_t k = 0; k < ARRAY_LEN(ways); k++)
		if (!download_why_not(&q->items[i], ways[k].a))
			p.ways[m.n++] = &ways[k];
	chosen = linear_menu(l, &m);
	i = find(q, name);			/* meanwhile things moved on */
	if (chosen < m.n && i < q->n)
		did = act_on(l, p.ways[chosen]->a, i);
	free(name);
	return did;
}

/* The one that WORDS has the number of, or the only one, or the one that is chosen; LINEAR_NONE: none. */
static size_t
choose(struct linear *l, const char *words, const char *question)
{
	struct downloads *q = downloads_of(l->app);
	struct linear_menu m = {.question = question, .n = q->n, .add = add_download, .arg = q};
	unsigned long n = linear_number(&words);

	if (q->n == 0)
		puts(_("Nothing is being downloaded: :explore shows models, and :download with a name downloads one."));
	else if (n > q->n || (*words && !n))
		linear_say(_("Give the number of a download, 1 to %zu.\n"), q->n);
	else if (n)
		return n - 1;
	else
		return linear_menu(l, &m);
	return LINEAR_NONE;
}

static enum linear_did
downloads(struct linear *l, const char *words)
{
	size_t i;

	if (strcasecmp(words, "wait") == 0)
		return watch_all(l);
	if (!*words && downloads_of(l->app)->n)
		puts(_("These are the downloads; :downloads wait tells of them until they are done:"));
	i = choose(l, words, _("Which one do you want to do something with?"));
	if (i == LINEAR_NONE)
		return LINEAR_DONE;
	return i < downloads_of(l->app)->n ? choose_way(l, i) : LINEAR_DONE;
}

static enum linear_did
download(struct linear *l, const char *name)
{
	struct err e = {0};

	if (!app_download(l->app, name, false, &e))
		return linear_fail(&e);
	linear_downloads_watch(l, name);
	return LINEAR_DONE;
}

enum linear_did
linear_downloads_act(struct linear *l, enum action a, const char *words)
{
	const char *rest = words;
	size_t i;

	switch (a) {
	case ACTION_download:			/* a number is one of Explore's */
		return *words && !linear_number(&rest) && strcmp(words, "yes") != 0 ? download(l, words) : LINEAR_NOT;
	case ACTION_open_downloads:
		return downloads(l, words);
	case ACTION_pause:
	case ACTION_retry:
	case ACTION_cancel:
		i = choose(l, words, _("Which one?"));
		return i < downloads_of(l->app)->n ? act_on(l, a, i) : LINEAR_DONE;
	default:
		return LINEAR_NOT;
	}
}
