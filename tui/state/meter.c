/* What an answer costs; see meter.h. */
#include "tui/state/meter.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { CAP_FIRST = 256 };
#define ENERGY_EVERY_S 1.0		/* the answer's own clock */

void
meter_done(struct meter *m)
{
	free(m->token_s);
	free(m->then_ns);
	free(m->now_ns);
	free(m->mark_ns);
	*m = (struct meter){0};
}

static void
make_rows(struct meter *m, const struct session *s)
{
	struct session_times t;
	uint32_t n = session_times(s, PASS_ONE, &t, NULL);

	if (n == m->n_rows)
		return;
	m->n_rows = n;
	m->then_ns = mem_grow(m->then_ns, (size_t)n * TIME_COUNT, sizeof *m->then_ns);
	m->now_ns = mem_grow(m->now_ns, (size_t)n * TIME_COUNT, sizeof *m->now_ns);
	m->mark_ns = mem_grow(m->mark_ns, (size_t)n * TIME_COUNT, sizeof *m->mark_ns);
	m->then = m->now = (struct session_times){0};		/* what was measured had other rows */
}

static void
read_energy(struct meter *m, double s)
{
	if (energy_update(&m->energy))
		m->now_j = m->energy.joules;
	m->read_s = s;
}

void
meter_mark(struct meter *m, const struct session *s)
{
	if (!s)
		return;
	make_rows(m, s);
	session_times(s, PASS_ONE, &m->mark, m->mark_ns);
}

void
meter_begin(struct meter *m)
{
	m->n = 0;
	m->total_s = 0;
	m->n_generated = 0;
	if (!m->energy_opened)
		energy_open(&m->energy, ENERGY_ROOT);
	m->energy_opened = true;
	read_energy(m, 0);
	m->then_j = m->now_j;
	m->then = m->now = m->mark;
	if (m->n_rows) {
		memcpy(m->then_ns, m->mark_ns, (size_t)m->n_rows * TIME_COUNT * sizeof *m->mark_ns);
		memcpy(m->now_ns, m->mark_ns, (size_t)m->n_rows * TIME_COUNT * sizeof *m->mark_ns);
	}
}

void
meter_token(struct meter *m, const struct turn_stats *stats)
{
	uint32_t n = stats->n_generated - m->n_generated;
	double spent = stats->generate_s - m->total_s;

	if (stats->n_generated <= m->n_generated)
		return;
	if (m->n_generated == 0) {		/* the first one starts the clock */
		n--;
		m->total_s = 0;
	}
	m->n_generated = stats->n_generated;
	if (m->n + n > m->cap) {
		m->cap = m->n + n > m->cap * 2 ? m->n + n + CAP_FIRST : m->cap * 2;
		m->token_s = mem_grow(m->token_s, m->cap, sizeof *m->token_s);
	}
	for (uint32_t i = 0; i < n; i++)
		m->token_s[m->n++] = (float)(spent > 0 ? spent / n : 0);
	m->total_s = stats->generate_s;
	if (stats->generate_s - m->read_s >= ENERGY_EVERY_S)
		read_energy(m, stats->generate_s);
}

void
meter_update(struct meter *m, const struct session *s)
{
	if (!s || m->n_rows == 0)
		return;
	session_times(s, PASS_ONE, &m->now, m->now_ns);
	if (m->total_s > m->read_s)
		read_energy(m, m->total_s);
}

static int
compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

void
meter_percentiles(const struct meter *m, const double *q, size_t n, double *out)
{
	float *sorted = mem_new0(m->n + 1, sizeof *sorted);

	if (m->n)
		memcpy(sorted, m->token_s, m->n * sizeof *sorted);
	qsort(sorted, m->n, sizeof *sorted, compare);
	for (size_t i = 0; i < n; i++) {
		size_t rank = (size_t)(q[i] * (double)m->n + 0.9999999);

		out[i] = m->n ? (double)sorted[rank ? rank - 1 : 0] : 0;
	}
	free(sorted);
}

/* Tokens until T; a token is spread over the time it took.  *I and *BEFORE, its beginning, only go on. */
static double
tokens_until(const struct meter *m, double t, size_t *i, double *before)
{
	while (*i < m->n && *before + (double)m->token_s[*i] <= t)
		*before += (double)m->token_s[(*i)++];
	return (double)*i + (*i < m->n && t > *before ? (t - *before) / (double)m->token_s[*i] : 0);
}

void
meter_rates(const struct meter *m, double *out, size_t n)
{
	double sum = 0, span, before = 0, last = 0;
	size_t at = 0;

	for (size_t i = 0; i < m->n; i++)
		sum += (double)m->token_s[i];
	span = sum / (double)n;
	for (size_t i = 0; i < n; i++) {
		double now = tokens_until(m, span * (double)(i + 1), &at, &before);

		out[i] = span > 0 ? (now - last) / span : 0;
		last = now;
	}
}

uint64_t
meter_passes(const struct meter *m)
{
	return m->now.n - m->then.n;
}

double
meter_time(const struct meter *m, uint32_t row, enum time_kind k)
{
	size_t i = (size_t)row * TIME_COUNT + k;

	return meter_passes(m) ? (double)(m->now_ns[i] - m->then_ns[i]) * 1e-9 / (double)meter_passes(m) : 0;
}

double
meter_time_all(const struct meter *m, enum time_kind k)
{
	double sum = 0;

	for (uint32_t i = 0; i < m->n_rows; i++)
		sum += meter_time(m, i, k);
	return sum;
}

double
meter_time_total(const struct meter *m)
{
	double sum = 0;

	for (enum time_kind k = 0; k < TIME_COUNT; k++)
		sum += meter_time_all(m, k);
	return sum;
}

double
meter_wait(const struct meter *m)
{
	return meter_passes(m) ? (double)(m->now.wait_ns - m->then.wait_ns) * 1e-9 / (double)meter_passes(m) : 0;
}

double
meter_joules(const struct meter *m)
{
	return m->energy.status == ENERGY_READ ? m->now_j - m->then_j : -1;
}
