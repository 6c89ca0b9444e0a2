/* Several answers to one prompt, and how they compare: of several models, or of one with other settings.  Whoever shows
 * it opens the models and polls; no drawing, no files. */
#ifndef TUI_STATE_COMPARE_H
#define TUI_STATE_COMPARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/minnow.h"
#include "core/tok/tok.h"
#include "tui/state/energy.h"

enum { COMPARE_MIN = 2, COMPARE_MAX = 4 };

/* How one of them is asked. */
struct compare_options {
	const char *name;		/* what the person calls the model */
	const char *settings;		/* in which it differs from the others, as "temp=0 top-k=5"; "" or NULL: in none */
	const char *system;		/* "" for none */
	struct sampler_params sampling;
	uint32_t max_tokens;		/* 0: until the context is full */
	enum think think;
	struct session_options session;
};
/* One of them by its name: those of sampler_param.def, system, think, max-tokens, ctx and kv.  VALUE is borrowed where it
 * is kept (system).  ERR_USAGE with the name or the range. */
bool compare_set(struct compare_options *o, const char *name, const char *value, struct err *e) MUST_CHECK;

enum pane_status { PANE_IDLE, PANE_WAITING, PANE_READING, PANE_ANSWERING, PANE_DONE, PANE_FAILED };

/* What came at one time: for a replay at the speed at which it was written. */
struct pane_piece {
	double at_s;			/* after the request */
	uint32_t len;			/* bytes of text or thinking */
	enum part part;
};

struct pane {
	char *name, *settings, *system;	/* name and settings are clean, on one line */
	struct model *model;		/* not owned */
	struct session *session;
	struct compare_options options;	/* its strings are those above */

	enum pane_status status;
	struct err err;			/* PANE_FAILED */
	enum stop_reason reason;	/* PANE_DONE */
	struct buf text, thinking;	/* exactly as generated; tool calls are text, as the model wrote them */
	struct pane_piece *pieces;
	size_t n_pieces, pieces_cap;
	struct tok_ids ids;		/* all that was generated, thinking included, without the token that ends it */
	struct turn_stats stats;
	bool measured;			/* it has the machine to itself, and this machine counts its energy: */
	double joules, joules_before;	/* of the processor's packages, for this answer; of all until it was asked */
};

/* An answer under a model: how much it surprises it. */
struct compare_cross {
	bool known;
	struct err err;			/* why not; ERR_NONE: there is no text, or it was not asked for */
	size_t n_tokens;		/* of that model's tokenizer */
	double bits_per_byte;
};

/* Along answer A, model B beside model A. */
struct compare_pair {
	bool same_vocab;
	size_t n;			/* tokens of answer A */
	size_t first_difference;	/* the first token in which answer B is another; SIZE_MAX: they are the same */
	bool has_kl;			/* the model's predictions were compared: */
	double kl;			/* mean of sum p_A (ln p_A - ln p_B), nats */
	double same_top;		/* part of the tokens where both find the same one most probable */
	size_t first_other;		/* the first where they do not; n: none */
};

struct compare {
	struct pane panes[COMPARE_MAX];
	size_t n;
	char *prompt;			/* NULL: nothing was asked yet */
	bool together;			/* all at once; else one after another, each with the whole machine */
	bool stopping;
	bool scored;
	struct energy energy;		/* counters of this machine */
	struct compare_cross cross[COMPARE_MAX][COMPARE_MAX];	/* [answer][model] */
	struct compare_pair pairs[COMPARE_MAX][COMPARE_MAX];	/* [answer A][model B] */
};

void compare_init(struct compare *c);
void compare_done(struct compare *c);		/* waits for what runs */

/* MODEL is borrowed until it is removed.  False: no memory, or there are COMPARE_MAX. */
bool compare_add(struct compare *c, struct model *model, const struct compare_options *o, struct err *e) MUST_CHECK;
void compare_remove(struct compare *c, size_t i);	/* nothing runs */
void compare_swap(struct compare *c, size_t i, size_t k);	/* nothing runs; scores are forgotten */

/* Ask all of them.  False with *e: something runs, or there is nobody to ask.  A model that cannot be asked fails alone. */
bool compare_ask(struct compare *c, const char *prompt, struct err *e) MUST_CHECK;
bool compare_running(const struct compare *c);
void compare_stop(struct compare *c);		/* those that wait are not asked */
int compare_fds(const struct compare *c, int fds[COMPARE_MAX]);
/* Take what the sessions say.  True when anything changed. */
bool compare_poll(struct compare *c);

/* Fill cross and pairs; computes, on any thread, while nothing else changes C.  TELL, or NULL, after each step. */
bool compare_score(struct compare *c, const atomic_bool *cancel, void (*tell)(void *ctx, size_t done, size_t total),
    void *ctx, struct err *e) MUST_CHECK;

double pane_rate(const struct pane *p);		/* tokens/s after the first; 0: not known */
double pane_first_s(const struct pane *p);	/* to the first token; negative: there is none */
double pane_energy(const struct pane *p);	/* joules for each token; negative: not known */
uint64_t pane_memory(const struct pane *p);	/* bytes: weights, cache and scratch */
const char *pane_ending(const struct pane *p);	/* "end", "length", …, "failed", or "" while it is not over */
/* The text of token I of its answer. */
void pane_token(const struct pane *p, size_t i, struct buf *out);

#endif
