/* States of a grammar, made as they are met; see match.h. */
#include "core/grammar/match.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum {
	MAX_FRAMES = 1 << 22,
	MAX_ROW_BYTES = 64 << 20,
	STEP_LIMIT = 30000000,		/* for one mask: a fraction of a second */
};

/* ---- frames ---- */

static uint32_t
mix(uint32_t h, uint32_t x)
{
	h = (h ^ x) * 0x9e3779b1u;
	return h ^ h >> 15;
}

static void
rehash_frames(struct match *m, size_t n_slots)
{
	free(m->frame_slots);
	m->n_frame_slots = n_slots;
	m->frame_slots = mem_new0(n_slots, sizeof *m->frame_slots);
	for (size_t i = 1; i < m->n_frames; i++) {
		size_t at = mix(mix(1, m->frames[i].op), m->frames[i].below) & (n_slots - 1);

		while (m->frame_slots[at])
			at = (at + 1) & (n_slots - 1);
		m->frame_slots[at] = (uint32_t)i;
	}
}

/* The frame of these two, always the same one.  0 when there are too many or the stack is too deep. */
static uint32_t
frame(struct match *m, uint32_t op, uint32_t below)
{
	size_t at = mix(mix(1, op), below) & (m->n_frame_slots - 1);
	uint32_t id;

	for (; (id = m->frame_slots[at]) != 0; at = (at + 1) & (m->n_frame_slots - 1))
		if (m->frames[id].op == op && m->frames[id].below == below)
			return id;
	if (m->frames[below].depth >= MATCH_MAX_DEPTH)
		return 0;
	if (m->n_frames >= MAX_FRAMES) {
		m->overflow = true;
		return 0;
	}
	if (m->n_frames == m->cap_frames) {
		m->cap_frames *= 2;
		m->frames = mem_grow(m->frames, m->cap_frames, sizeof *m->frames);
	}
	id = (uint32_t)m->n_frames++;
	m->frames[id] = (struct match_frame){.op = op, .below = below, .depth = m->frames[below].depth + 1};
	m->frame_slots[at] = id;
	if (m->n_frames * 2 > m->n_frame_slots)
		rehash_frames(m, m->n_frame_slots * 2);
	return id;
}

/* ---- closures ---- */

static void
visit(struct match *m, uint32_t op, uint32_t below)
{
	uint32_t id = frame(m, op, below);

	if (id == 0 || m->frames[id].mark == m->closure)
		return;
	m->frames[id].mark = m->closure;
	if (m->n_work == m->cap_work) {
		m->cap_work = m->cap_work ? m->cap_work * 2 : 256;
		m->work = mem_grow(m->work, m->cap_work, sizeof *m->work);
	}
	m->work[m->n_work++] = id;
}

static void
begin_closure(struct match *m)
{
	if (++m->closure == 0) {		/* marks of four thousand million closures ago */
		for (size_t i = 0; i < m->n_frames; i++)
			m->frames[i].mark = 0;
		m->closure = 1;
	}
	m->n_work = 0;
	m->found.n = 0;
	m->accepts = false;
}

/* Follow everything that takes no byte. */
static void
close_over(struct match *m)
{
	while (m->n_work > 0 && !m->overflow) {
		uint32_t id = m->work[--m->n_work], below = m->frames[id].below, back;
		struct op op = m->g->ops[m->frames[id].op];

		if (++m->steps > m->step_limit) {
			m->overflow = true;
			return;
		}
		switch ((enum op_kind)op.kind) {
		case OP_RETURN:
			if (below)
				visit(m, m->frames[below].op, m->frames[below].below);
			else
				m->accepts = true;
			break;
		case OP_SPLIT:
			visit(m, op.a, below);
			visit(m, op.b, below);
			break;
		case OP_JUMP:
			visit(m, op.a, below);
			break;
		case OP_CALL:
			back = frame(m, op.b, below);
			if (back)
				visit(m, op.a, back);
			break;
		case OP_RANGE:
		case OP_SET:
		case OP_TOKEN:
			if (m->found.n >= MATCH_MAX_PLACES)
				m->overflow = true;
			else
				node_list_add(&m->found, id);
			break;
		}
	}
}

/* ---- states ---- */

static int
by_number(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

static void
rehash_states(struct match *m, size_t n_slots)
{
	free(m->state_slots);
	m->n_state_slots = n_slots;
	m->state_slots = mem_new0(n_slots, sizeof *m->state_slots);
	for (size_t i = 1; i < m->n_states; i++) {
		size_t at = m->states[i].hash & (n_slots - 1);

		while (m->state_slots[at])
			at = (at + 1) & (n_slots - 1);
		m->state_slots[at] = (uint32_t)i;
	}
}

static void
grow_states(struct match *m)
{
	size_t row = m->g->n_classes * sizeof *m->rows, old = m->cap_states;

	m->cap_states = old ? old * 2 : 64;
	m->states = mem_grow(m->states, m->cap_states, sizeof *m->states);
	m->rows = mem_grow(m->rows, m->cap_states, row);
	memset((char *)m->rows + old * row, 0xff, (m->cap_states - old) * row);
}

static bool
has_tokens(const struct match *m)
{
	for (size_t i = 0; i < m->found.n; i++)
		if (m->g->ops[m->frames[m->found.at[i]].op].kind == OP_TOKEN)
			return true;
	return false;
}

static uint32_t
add_state(struct match *m, uint32_t hash)
{
	size_t row = m->g->n_classes * sizeof *m->rows, n = m->found.n;

	if ((m->n_states + 1) * row > MAX_ROW_BYTES) {
		m->overflow = true;
		return MATCH_DEAD;
	}
	if (m->n_states == m->cap_states)
		grow_states(m);
	if (m->n_places + n > m->cap_places) {
		m->cap_places = (m->n_places + n) * 2;
		m->places = mem_grow(m->places, m->cap_places, sizeof *m->places);
	}
	if (n > 0)
		memcpy(m->places + m->n_places, m->found.at, n * sizeof *m->places);
	m->states[m->n_states] = (struct match_state){.first = (uint32_t)m->n_places, .n = (uint32_t)n, .hash = hash,
	    .accepts = m->accepts, .has_tokens = has_tokens(m)};
	m->n_places += n;
	return (uint32_t)m->n_states++;
}

/* The state of the closure just made. */
static uint32_t
find_state(struct match *m)
{
	uint32_t hash = m->accepts, id;
	size_t at, n = m->found.n;

	if (m->overflow || (n == 0 && !m->accepts))
		return MATCH_DEAD;
	if (n > 1)
		qsort(m->found.at, n, sizeof *m->found.at, by_number);
	for (size_t i = 0; i < n; i++)
		hash = mix(hash, m->found.at[i]);
	for (at = hash & (m->n_state_slots - 1); (id = m->state_slots[at]) != 0; at = (at + 1) & (m->n_state_slots - 1)) {
		const struct match_state *s = &m->states[id];

		if (s->hash == hash && s->n == n && s->accepts == m->accepts &&
		    (n == 0 || memcmp(m->places + s->first, m->found.at, n * sizeof *m->places) == 0))
			return id;
	}
	id = add_state(m, hash);
	if (id != MATCH_DEAD) {
		m->state_slots[at] = id;
		if (m->n_states * 2 > m->n_state_slots)
			rehash_states(m, m->n_state_slots * 2);
	}
	return id;
}

uint32_t
match_step(struct match *m, uint32_t state, uint8_t byte)
{
	uint32_t next, class = m->g->class_of[byte];

	if (m->overflow)
		return MATCH_DEAD;
	begin_closure(m);
	for (uint32_t i = 0; i < m->states[state].n; i++) {
		const struct match_frame *f = &m->frames[m->places[m->states[state].first + i]];
		const struct op *op = &m->g->ops[f->op];

		m->steps++;
		if (op_takes(m->g, op, byte))
			visit(m, op->b, f->below);
	}
	close_over(m);
	next = find_state(m);
	if (!m->overflow)
		m->rows[(size_t)state * m->g->n_classes + class] = next;
	return next;
}

uint32_t
match_token(struct match *m, uint32_t state, uint32_t also, match_token_fn *takes, void *ctx)
{
	begin_closure(m);
	for (uint32_t i = 0; i < m->states[state].n; i++) {
		const struct match_frame *f = &m->frames[m->places[m->states[state].first + i]];
		const struct op *op = &m->g->ops[f->op];

		if (op->kind == OP_TOKEN && takes(ctx, op->a))
			visit(m, op->b, f->below);
	}
	for (uint32_t i = 0; i < m->states[also].n; i++) {
		const struct match_frame *f = &m->frames[m->places[m->states[also].first + i]];

		visit(m, f->op, f->below);
	}
	close_over(m);
	m->accepts = m->accepts || m->states[also].accepts;
	return find_state(m);
}

/* ---- life ---- */

static void
clear(struct match *m)
{
	m->cap_frames = 1024;
	m->frames = mem_new0(m->cap_frames, sizeof *m->frames);
	m->n_frames = 1;
	rehash_frames(m, 4096);
	m->n_places = m->n_states = m->cap_states = 0;
	grow_states(m);
	m->states[m->n_states++] = (struct match_state){0};		/* MATCH_DEAD */
	memset(m->rows, 0, m->g->n_classes * sizeof *m->rows);
	rehash_states(m, 256);
	m->closure = 0;
	m->steps = 0;
	m->step_limit = STEP_LIMIT;
}

bool
match_init(struct match *m, const struct grammar *g, struct err *e)
{
	*m = (struct match){.g = g};
	clear(m);
	begin_closure(m);
	visit(m, g->start, 0);
	close_over(m);
	if (find_state(m) != MATCH_DEAD)
		return true;
	match_done(m);
	return err_set(e, ERR_FAILED, "the grammar is too ambiguous: there are more than %d ways to begin",
	    MATCH_MAX_PLACES);
}

void
match_done(struct match *m)
{
	free(m->frames);
	free(m->frame_slots);
	free(m->states);
	free(m->state_slots);
	free(m->places);
	free(m->rows);
	free(m->work);
	node_list_done(&m->found);
	*m = (struct match){0};
}

/* The same stack among the new frames. */
static uint32_t
copy_stack(struct match *m, const struct match_frame *old, uint32_t id)
{
	uint32_t stack[MATCH_MAX_DEPTH + 1], n = 0, below = 0;

	for (; id != 0; id = old[id].below)
		stack[n++] = id;
	while (n-- > 0)
		below = frame(m, old[stack[n]].op, below);
	return below;
}

uint32_t
match_trim(struct match *m, uint32_t state, size_t bytes, bool *forgot)
{
	size_t used = m->n_states * (m->g->n_classes * sizeof *m->rows + sizeof *m->states) +
	    m->n_frames * sizeof *m->frames + m->n_places * sizeof *m->places;
	struct match_frame *old = m->frames;
	struct node_list keep = {0};

	m->steps = 0;
	*forgot = used > bytes;
	if (!*forgot)
		return state;
	for (uint32_t i = 0; i < m->states[state].n; i++)
		node_list_add(&keep, m->places[m->states[state].first + i]);
	m->accepts = m->states[state].accepts;
	free(m->states);
	free(m->rows);
	m->states = NULL;
	m->rows = NULL;
	clear(m);
	m->found.n = 0;
	for (size_t i = 0; i < keep.n; i++)
		node_list_add(&m->found, copy_stack(m, old, keep.at[i]));
	node_list_done(&keep);
	free(old);
	return find_state(m);
}

bool
match_text(struct match *m, const char *s, size_t n)
{
	uint32_t state = 1;

	for (size_t i = 0; i < n && state != MATCH_DEAD; i++)
		state = match_next(m, state, (uint8_t)s[i]);
	return m->states[state].accepts;
}
