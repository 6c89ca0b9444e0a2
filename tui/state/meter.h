/* What an answer costs while it is written and after it: the time of each token, where the time went, energy.  Of the answer
 * that runs or ran last. */
#ifndef TUI_STATE_METER_H
#define TUI_STATE_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/minnow.h"
#include "tui/state/energy.h"

struct meter {
	float *token_s;			/* from one token to the next */
	size_t n, cap;
	double total_s;			/* of them all */
	uint32_t n_generated;		/* at the last of them */

	/* Counters of the session when the answer began, and now.  [n_rows][TIME_COUNT] */
	struct session_times then, now, mark;
	uint64_t *then_ns, *now_ns, *mark_ns;
	uint32_t n_rows;

	struct energy energy;
	double then_j, now_j, read_s;	/* read_s: generate_s when it was read last */
	bool energy_opened;
};

void meter_done(struct meter *m);
/* Read the counters before something is asked: once it is, S counts already.  S may be NULL: nothing but times of tokens. */
void meter_mark(struct meter *m, const struct session *s);
void meter_begin(struct meter *m);		/* it was asked: what is counted since the mark is of the new answer */
void meter_token(struct meter *m, const struct turn_stats *stats);
void meter_update(struct meter *m, const struct session *s);	/* the counters as they are now */

/* The share Q (0..1) of tokens took no longer: nearest rank.  Sorts a copy.  0: there is none. */
void meter_percentiles(const struct meter *m, const double *q, size_t n, double *out);
/* Tokens per second in N equal spans of the time so far. */
void meter_rates(const struct meter *m, double *out, size_t n);
uint64_t meter_passes(const struct meter *m);
/* Seconds of one token on K in row ROW (layers, then what belongs to none), and in all rows; 0: nothing measured. */
double meter_time(const struct meter *m, uint32_t row, enum time_kind k);
double meter_time_all(const struct meter *m, enum time_kind k);
double meter_time_total(const struct meter *m);
double meter_wait(const struct meter *m);	/* of the total */
double meter_joules(const struct meter *m);	/* of the answer; negative: not known */

#endif
