/* Inside of a session, for core/ only: see minnow.h for what the others may know. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/ahead.h"
#include "core/base/queue.h"
#include "core/encoder.h"
#include "core/grammar/mask.h"
#include "core/minnow.h"
#include "core/run.h"
#include "core/split.h"
#include "core/tok/tok.h"

/* What the worker answers; everything in it is its own copy. */
struct turn {
	struct tok_ids prompt;		/* and what the answer begins with */
	size_t n_begin;			/* the last of prompt */
	struct sampler *sampler;
	uint32_t max_tokens;
	bool only_prompt;
	uint32_t *given;		/* [n_given] */
	size_t n_given;
	char **stops;
	size_t n_stops;
	struct split_start split;	/* how the answer is parted; its tools are those below */
	json_t *tools;			/* what the model may call, or NULL */
	struct mask *mask;		/* of the request's grammar, or NULL */
	uint32_t thinker;		/* the token by which a held answer may begin to think; TOK_NONE: none may */
	double asked;			/* clock_s() */
};

enum session_state { SESSION_IDLE, SESSION_ASKED, SESSION_RUNNING };

struct session {
	struct model *m;
	uint32_t n_ctx;
	struct kv kv;
	struct state carried;		/* of recurrent layers */
	struct encoder enc;		/* zeros in a model without */
	uint32_t *input;		/* [n_ctx] ids that it has read; NULL without */
	struct run run;
	uint32_t *past;			/* [n_ctx] ids of the timeline; n_past of them are in the cache */
	uint32_t n_past;
	float *logits;			/* [n_vocab] of the last token evaluated */
	struct ahead ahead;		/* drafts, while the worker answers */

	struct queue *events;
	pthread_t worker;
	bool has_worker;
	pthread_mutex_t lock;		/* guards state, turn and quit */
	pthread_cond_t asked;
	enum session_state state;
	struct turn turn;		/* the worker's own while RUNNING */
	bool quit;
	_Atomic bool cancel;
};

/* Evaluate as session_eval(), stopped by STEP: *stopped then, with the timeline at the last whole chunk. */
bool session_advance(struct session *s, const uint32_t *ids, size_t n, float *logits, run_step_fn *step, void *ctx,
    bool *stopped, struct err *e);

bool session_is_idle(struct session *s);
/* session_input.c: session_encode(), stopped by STEP: *stopped then, and there is no input.  The same input again costs
 * nothing. */
bool session_read(struct session *s, const uint32_t *ids, size_t n, run_step_fn *step, void *ctx, bool *stopped,
    struct err *e);
bool session_has_input(const struct session *s, const uint32_t *ids, size_t n);

/* session_truncate(), also by the worker while a request runs. */
uint32_t session_cut(struct session *s, uint32_t n_past);

/* session_save() into OUT, and session_restore() from there. */
bool session_save_memory(struct session *s, struct buf *out, struct err *e) MUST_CHECK;
bool session_restore_memory(struct session *s, const void *data, size_t size, struct err *e) MUST_CHECK;

/* session_worker.c */
void *session_work(void *arg);		/* the thread */
void turn_done(struct turn *t);

#endif
