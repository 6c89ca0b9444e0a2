/* One conversation with one model: what was said, what is going on, and the figures.  Views read it; actions
 * and the events of loader and session change it.  No drawing. */
#ifndef TUI_STATE_TALK_H
#define TUI_STATE_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/minnow.h"
#include "tui/state/meter.h"

struct load;

enum talk_status {
	TALK_LOADING,
	TALK_FAILED,		/* no model: err says why */
	TALK_READY,
	TALK_READING,		/* the prompt is being processed */
	TALK_ANSWERING,
};

enum turn_role { TURN_USER, TURN_MODEL };

/* A tool the model calls, made harmless, each on one line. */
struct turn_call {
	char *name, *arguments;
};

/* What keep.h knows of a turn. */
struct turn_kept {
	int64_t id;		/* 0: not kept yet */
	size_t n_text, n_thinking;	/* bytes that are kept */
	bool ended;
	char *model;		/* who answered, when it was another than now; clean, one line; or NULL */
	uint32_t branch, n_branches;	/* which of how many that stand at this place; from 1 */
};

/* A token as the model chose it. */
struct turn_token {
	uint32_t id;
	enum part part;
	float p, after, entropy;	/* see struct event; p 0: not known */
	uint32_t n_top;
	struct sampler_top top[SAMPLER_TOP];
};

struct turn {
	enum turn_role role;
	struct buf raw;		/* exactly what was typed or generated, without the thinking and the calls */
	struct buf clean;	/* the same made harmless: what is shown.  Only grows */
	/* TURN_MODEL */
	struct buf thinking, thinking_clean;
	double thinking_s;
	enum part part;		/* what came last */
	struct turn_call *calls;
	size_t n_calls;
	struct buf calls_json;	/* the elements of a JSON list */
	struct buf calls_raw;	/* as the model wrote them */
	struct buf note;	/* what is wrong with a call */
	struct turn_token *tokens;	/* all of the answer; none of one that was brought back */
	size_t n_tokens, tokens_cap;
	size_t n_taken;		/* the first ones were given, not chosen */
	/* TURN_USER */
	uint32_t n_files;	/* tokens of the files in it; TURN_UNCOUNTED: not known yet */
	bool complete;		/* reason or err is set */
	enum stop_reason reason;
	struct err err;		/* kind ERR_NONE: it went well */
	struct turn_kept kept;
};

#define TURN_UNCOUNTED UINT32_MAX
#define TALK_SPARK 8

struct talk {
	enum talk_status status;
	struct err err;
	struct err no_draft;	/* why the draft model that is set does not help; ERR_NONE: it does, or none is set */
	struct load *load;	/* NULL once finished */
	bool measuring;		/* the loader measures the memory's bandwidth */
	struct engine *engine;
	struct model *model;
	struct session *session;

	char *name;		/* what the person called the model; clean, one line */
	const char *badge;	/* what is known of its bytes; static; NULL: nothing to say (the guide) */
	char *system;		/* "" for none */
	struct sampler_params sampling;
	uint32_t max_tokens;
	enum think think;
	enum speculate speculate;	/* of the session */

	struct turn **turns;
	size_t n_turns;
	unsigned generation;	/* changes when turns were taken away: layouts start over */
	char *pending;		/* asked before the model was ready */
	bool wants_reading;	/* read what was said as soon as the model is ready */
	bool rereading;		/* the request that runs is that: no answer will come */
	bool held;		/* somebody else has the session for a moment: what is asked waits */
	unsigned n_requests;	/* that were begun so far */

	/* What the model is sent of all that. */
	size_t n_left_out;	/* the first turns are not sent any more: there was no room */
	uint32_t wide;		/* positions of the window that the conversation was given; 0: as many as any */
	uint32_t n_needed;	/* tokens of the prompt that was refused last because it does not fit; 0: it was not that */
	char *refused;		/* a question that waited, and then did not fit; whoever asks the person takes it */

	/* Figures of the turn that runs or ran last. */
	struct turn_stats stats;
	bool has_stats;
	uint32_t prompt_done;
	uint32_t n_ctx, n_used, n_system;	/* positions of the window */
	uint32_t n_files;	/* … of the files in what is sent */
	uint32_t n_thinking;			/* … of the last answer's thinking */
	double roof;		/* bytes/s; 0: not measured */
	double spark[TALK_SPARK];		/* tokens/s, oldest first */
	int n_spark;
	uint32_t spark_n;	/* tokens and seconds at the end of the last spark */
	double spark_s;
	struct meter meter;
	double said_s;		/* when the last token came, in generate_s */
};

struct talk_options {
	const char *name;
	const char *system;
	struct sampler_params sampling;
	uint32_t max_tokens;
	enum think think;
	enum speculate speculate;
};

void talk_init(struct talk *c, const struct talk_options *o);
void talk_done(struct talk *c);
/* LOAD is taken: its events make the model ready.  NULL: the model cannot be found or opened, WHY says it. */
void talk_open(struct talk *c, struct load *load, const struct err *why);

/* What was loaded, which is the caller's to close then; each may be NULL. */
void talk_take_model(struct talk *c, struct session **session, struct model **model, struct engine **engine);

/* Descriptors to poll; how many (at most 2). */
int talk_fds(const struct talk *c, int fds[2]);
/* Take what the loader and the session have to say.  True when anything changed. */
bool talk_poll(struct talk *c);
void talk_apply(struct talk *c, struct event *ev);		/* one event of a session; frees what it carries */

/* Loading, measuring or answering: an answer or an event will come without the person doing anything. */
bool talk_busy(const struct talk *c);
bool talk_running(const struct talk *c);	/* a request runs */

/* Ask: now, or as soon as the model is ready.  False with *e: nothing was added. */
bool talk_ask(struct talk *c, const char *text, struct err *e) MUST_CHECK;
bool talk_stop(struct talk *c);			/* false: nothing runs */
bool talk_regenerate(struct talk *c, struct err *e) MUST_CHECK;
bool talk_clear(struct talk *c, struct err *e) MUST_CHECK;
/* Nothing is on its way, so what was said may be changed.  False with *e. */
bool talk_is_free(const struct talk *c, struct err *e) MUST_CHECK;
/* Something to ask: TEXT in the place of turn AT (n_turns: after all), or, with TEXT NULL, the question before AT again;
 * the first LEFT_OUT turns are not sent, and the answer begins with the tokens of BEGUN, or NULL. */
struct talk_prompt {
	size_t at;
	const char *text;
	size_t left_out;
	const struct turn *begun;
};
/* How many tokens the prompt has. */
bool talk_count(const struct talk *c, const struct talk_prompt *p, uint32_t *n, struct err *e) MUST_CHECK;
/* Leave out the first N turns from now on; 0: send all. */
void talk_leave_out(struct talk *c, size_t n);
/* Another window on the same model, which goes on where the one before is as far as it can. */
bool talk_widen(struct talk *c, uint32_t n_ctx, enum kvtype kv, struct err *e) MUST_CHECK;
/* Answer AT, which ended because the window was full, goes on, as a branch. */
bool talk_go_on(struct talk *c, size_t at, struct err *e) MUST_CHECK;
bool turn_is_cut(const struct turn *t);		/* it ended so */
/* Ask TEXT in the place of turn AT, which is a question: what stood there and after it is taken away. */
bool talk_ask_at(struct talk *c, size_t at, const char *text, struct err *e) MUST_CHECK;
/* Answer anew in the place of turn AT, an answer, whose first TOKEN tokens stay and which goes on from ID. */
bool talk_take_token(struct talk *c, size_t at, size_t token, uint32_t id, struct err *e) MUST_CHECK;
/* Other turns, which are taken; how many positions of the window they filled, as far as that is known. */
void talk_set_turns(struct talk *c, struct turn **turns, size_t n, uint32_t n_used);
void talk_set_system(struct talk *c, const char *system);
/* Read what was said so far, now or when the model is ready, so that the next answer need not wait for it.  A question
 * meanwhile goes before. */
void talk_reread(struct talk *c);
/* What was said, the system prompt and the settings: out of FROM, which has none then, into TO. */
void talk_move_said(struct talk *to, struct talk *from);
struct turn *turn_new(enum turn_role role, const char *text, size_t n);
void turn_add_thinking(struct turn *t, const char *s, size_t n);
void turn_add_call(struct turn *t, const char *name, const char *arguments);	/* arguments: JSON */
void turn_free(struct turn *t);
const struct turn *talk_last_answer(const struct talk *c);	/* or NULL */

/* Seconds until the prompt is processed at the speed so far; negative: not known yet. */
double talk_prompt_left(const struct talk *c);
double talk_prompt_rate(const struct talk *c);	/* tokens/s; 0: not known */
double talk_answer_rate(const struct talk *c);
double talk_roof_share(const struct talk *c);	/* 0..1 of the measured bandwidth; 0: not known */
bool turn_thinks(const struct turn *t);		/* now: the answer has not begun */
/* One sentence on what was set and cannot be had of this model, or NULL. */
const char *talk_note(const struct talk *c);
/* One sentence on how a finished turn ended, or NULL when there is nothing to say. */
const char *turn_ending(const struct turn *t);

#endif
