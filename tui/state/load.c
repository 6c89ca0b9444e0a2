/* The loading thread; see load.h. */
#include "tui/state/load.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/queue.h"
#include "tui/state/guard.h"

struct load {
	struct load_options options;
	char *path, *draft, *sound_file;
	pthread_t thread;
	struct queue *events;		/* the thread pushes, the UI pops */
	sem_t go;			/* posted by the UI: measure, or end */
	atomic_bool ends;		/* what go means */
	bool ready, measuring, finished;	/* UI only */
	struct load_event opened;	/* what the thread computes with */
};

/* Of a program that ends while the thread computes; kept so that leak checkers see what it holds on to. */
static struct load *abandoned;

/* Without it the model answers all the same. */
static void
take_draft(const struct load *l, struct load_event *ev)
{
	struct model *draft = NULL;
	struct err *e = &ev->no_draft;

	if (!*l->draft || strcmp(l->draft, l->path) == 0)
		return;
	if (guard_file(l->draft, GUARD_MODEL, l->options.sound_file, e))
		draft = model_open(ev->engine, l->draft, e);
	if (draft && model_take_draft(ev->model, draft, e))
		return;
	model_close(draft);
	log_add(LOG_WARN, "answers without a draft model (chat.draft): %s", e->text);
}

static bool
open_all(const struct load *l, struct load_event *ev)
{
	if (!l->options.vouched && !guard_file(l->path, GUARD_MODEL, l->options.sound_file, &ev->err))
		return false;
	ev->engine = engine_new(&l->options.engine, &ev->err);
	if (!ev->engine)
		return false;
	ev->model = model_open(ev->engine, l->path, &ev->err);
	if (!ev->model)
		return false;
	take_draft(l, ev);
	ev->session = session_open(ev->model, &l->options.session, &ev->err);
	return ev->session != NULL;
}

static void *
run(void *arg)
{
	struct load *l = arg;
	struct load_event ev = {.kind = LOAD_READY};

	if (l->options.first)
		l->options.first(l->options.arg);
	if (open_all(l, &ev)) {
		l->opened = ev;
	} else {
		model_close(ev.model);
		engine_free(ev.engine);
		ev = (struct load_event){.kind = LOAD_FAILED, .err = ev.err};
		queue_push(l->events, &ev);
		return NULL;
	}
	queue_push(l->events, &ev);
	if (!l->options.measure)
		return NULL;
	while (sem_wait(&l->go) != 0)
		;
	if (atomic_load(&l->ends))
		return NULL;
	ev = (struct load_event){.kind = LOAD_ROOF, .roof = engine_roof(ev.engine, ROOF_READ)};
	queue_push(l->events, &ev);
	return NULL;
}

struct load *
load_start(const struct load_options *o, struct err *e)
{
	struct load *l = mem_new0(1, sizeof *l);

	l->options = *o;
	l->path = mem_dup(o->path);
	l->draft = mem_dup(o->draft ? o->draft : "");
	/* A load that is left to the end of the process outlives the settings. */
	l->options.sound_file = l->sound_file = o->sound_file ? mem_dup(o->sound_file) : NULL;
	sem_init(&l->go, 0, 0);
	atomic_init(&l->ends, false);
	l->events = queue_new(2, sizeof(struct load_event), e);
	if (!l->events)
		goto fail;
	if (pthread_create(&l->thread, NULL, run, l) != 0) {
		err_set(e, ERR_NO_SPACE, "cannot start a thread to load the model");
		goto fail;
	}
	return l;
fail:
	queue_free(l->events);
	free(l->path);
	free(l->draft);
	free(l->sound_file);
	free(l);
	return NULL;
}

int
load_wake_fd(const struct load *l)
{
	return queue_wake_fd(l->events);
}

bool
load_next(struct load *l, struct load_event *out)
{
	if (!queue_pop(l->events, out))
		return false;
	l->ready |= out->kind == LOAD_READY;
	l->finished = out->kind != LOAD_READY || !l->options.measure;
	return true;
}

bool
load_finished(const struct load *l)
{
	return l->finished;
}

bool
load_measure(struct load *l)
{
	if (l->measuring)
		return false;
	l->measuring = true;
	sem_post(&l->go);
	return true;
}

bool
load_free(struct load *l)
{
	if (!l)
		return true;
	if (!l->finished && (!l->ready || l->measuring)) {
		abandoned = l;
		return false;
	}
	atomic_store(&l->ends, true);
	sem_post(&l->go);
	pthread_join(l->thread, NULL);
	queue_free(l->events);
	sem_destroy(&l->go);
	free(l->path);
	free(l->draft);
	free(l->sound_file);
	free(l);
	return true;
}
