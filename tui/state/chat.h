/* One conversation with one model: what was said, what is going on, and the figures.  Views read it; actions and the
 * events of loader and session change it.  No drawing. */
#ifndef TUI_STATE_CHAT_H
#define TUI_STATE_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/minnow.h"

struct load;

enum chat_status {
	CHAT_LOADING,
	CHAT_FAILED,		/* no model: err says why */
	CHAT_READY,
	CHAT_READING,		/* the prompt is being processed */
	CHAT_ANSWERING,
};

enum turn_role { TURN_USER, TURN_MODEL };

struct turn {
	enum turn_role role;
	struct buf raw;		/* exactly what was typed or generated */
	struct buf clean;	/* the same made harmless: what is shown.  Only grows */
	bool complete;		/* TURN_MODEL: reason or err is set */
	enum stop_reason reason;
	struct err err;		/* kind ERR_NONE: it went well */
};

#define CHAT_SPARK 8

struct chat {
	enum chat_status status;
	struct err err;
	struct load *load;	/* NULL once finished */
	struct engine *engine;
	struct model *model;
	struct session *session;

	char *name;		/* what the person called the model; clean, one line */
	char *system;		/* "" for none */
	struct sampler_params sampling;
	uint32_t max_tokens;

	struct turn **turns;
	size_t n_turns;
	unsigned generation;	/* changes when turns were taken away: layouts start over */
	char *pending;		/* asked before the model was ready */

	/* Figures of the turn that runs or ran last. */
	struct turn_stats stats;
	bool has_stats;
	uint32_t prompt_done;
	double started_s;	/* clock_s() when it was asked */
	uint32_t n_ctx, n_used, n_system;	/* positions of the window */
	double roof;		/* bytes/s; 0: not measured yet */
	double spark[CHAT_SPARK];		/* tokens/s, oldest first */
	int n_spark;
	uint32_t spark_n;	/* tokens and seconds at the end of the last spark */
	double spark_s;
};

struct chat_options {
	const char *name;
	const char *system;
	struct sampler_params sampling;
	uint32_t max_tokens;
};

void chat_init(struct chat *c, const struct chat_options *o);
void chat_done(struct chat *c);
/* LOAD is taken: its events make the model ready.  NULL: the model cannot be found or opened, WHY says it. */
void chat_open(struct chat *c, struct load *load, const struct err *why);

/* Descriptors to poll; how many (at most 2). */
int chat_fds(const struct chat *c, int fds[2]);
/* Take what the loader and the session have to say.  True when anything changed. */
bool chat_poll(struct chat *c);
void chat_apply(struct chat *c, struct event *ev);		/* one event of a session; frees what it carries */

/* Loading, measuring or answering: an answer or an event will come without the person doing anything. */
bool chat_busy(const struct chat *c);
bool chat_running(const struct chat *c);	/* a request runs */

/* Ask: now, or as soon as the model is ready.  False with *e: nothing was added. */
bool chat_ask(struct chat *c, const char *text, struct err *e) MUST_CHECK;
bool chat_stop(struct chat *c);			/* false: nothing runs */
bool chat_regenerate(struct chat *c, struct err *e) MUST_CHECK;
bool chat_clear(struct chat *c, struct err *e) MUST_CHECK;
const struct turn *chat_last_answer(const struct chat *c);	/* or NULL */

/* Seconds until the prompt is processed at the speed so far; negative: not known yet. */
double chat_prompt_left(const struct chat *c);
double chat_prompt_rate(const struct chat *c);	/* tokens/s; 0: not known */
double chat_answer_rate(const struct chat *c);
double chat_roof_share(const struct chat *c);	/* 0..1 of the measured bandwidth; 0: not known */
/* One sentence on how a finished turn ended, or NULL when there is nothing to say. */
const char *turn_ending(const struct turn *t);

#endif
