/* Keeping the conversation; see keep.h. */
#include "tui/state/keep.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/sampler.h"
#include "tui/i18n.h"
#include "tui/state/history.h"
#include "tui/state/talk.h"
#include "tui/text.h"
#include "tui/text_clean.h"

enum { TITLE_CLUSTERS = 60, DRAFT_BYTES = 1 << 16 };

static const char *const thinks[] = {"auto", "on", "off"};

void
keep_done(struct keep *k)
{
	free(k->model);
	free(k->nodes);
	buf_done(&k->draft);
	*k = (struct keep){0};
}

/* ---- settings ---- */

void
keep_write_sampling(const struct talk *c, struct buf *out)
{
	const struct sampler_params *p = &c->sampling;
	json_t *o = json_object();
	char *text;

#define WRITE_REAL(value) json_real((double)(value))
#define WRITE_INT(value) json_integer((json_int_t)(value))
#define PARAM(field, option, kind, ...) json_object_set_new(o, #field, WRITE_##kind(p->field));
#include "core/sampler_param.def"
#undef PARAM
	json_object_set_new(o, "max_tokens", json_integer(c->max_tokens));
	json_object_set_new(o, "think", json_string(thinks[c->think]));
	if (c->wide)
		json_object_set_new(o, "context", json_integer(c->wide));
	if (c->n_left_out && c->n_left_out < c->n_turns && c->turns[c->n_left_out]->kept.id)
		json_object_set_new(o, "from", json_integer(c->turns[c->n_left_out]->kept.id));
	text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(7));
	buf_add_str(out, text ? text : "{}");
	free(text);
	json_decref(o);
}

static bool
read_real(const json_t *o, const char *name, double min, double max, double *out)
{
	const json_t *j = json_object_get(o, name);
	double v = json_number_value(j);

	if (!json_is_number(j) || !(v >= min) || !(v <= max))
		return false;
	*out = v;
	return true;
}

void
keep_read_sampling(struct talk *c, const char *json)
{
	json_t *o = json ? json_loads(json, 0, NULL) : NULL;
	const char *word = json_string_value(json_object_get(o, "think"));
	struct sampler_params *p = &c->sampling;
	double v;

#define KIND_REAL(x) (float)(x)
#define KIND_INT(x) (uint64_t)(x)
#define PARAM(field, option, kind, value, min, max, ...) \
	if (read_real(o, #field, min, max, &v)) \
		p->field = (__typeof__(p->field))KIND_##kind(v);
#include "core/sampler_param.def"
#undef PARAM
	if (read_real(o, "max_tokens", 0, 1 << 20, &v))
		c->max_tokens = (uint32_t)v;
	if (read_real(o, "context", 1, 1 << 20, &v))
		c->wide = (uint32_t)v;
	for (size_t i = 0; word && i < ARRAY_LEN(thinks); i++)
		if (strcmp(word, thinks[i]) == 0)
			c->think = (enum think)i;
	json_decref(o);
}

void
keep_title(const char *text, size_t n, struct buf *out)
{
	struct buf line = {0};
	size_t at = 0, count = 0;

	while (n && strchr(" \n\t", *text)) {
		text++;
		n--;
	}
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\n')
			n = i;
	text_clean_line(&line, text, n);
	while (at < line.len && count++ < TITLE_CLUSTERS)
		at += text_cluster(line.data + at, line.len - at, NULL);
	buf_add(out, buf_str(&line), at);
	if (at < line.len)
		buf_add_str(out, "…");
	buf_done(&line);
}

/* ---- adding ---- */

static void
add_node(struct keep *k, int64_t id, int64_t parent)
{
	k->nodes = mem_grow(k->nodes, k->n_nodes + 1, sizeof *k->nodes);
	k->nodes[k->n_nodes++] = (struct keep_node){id, parent};
}

static void
mark_branch(const struct keep *k, struct turn *t, int64_t parent)
{
	t->kept.branch = t->kept.n_branches = 0;
	for (size_t i = 0; i < k->n_nodes; i++)
		if (k->nodes[i].parent == parent) {
			t->kept.n_branches++;
			if (k->nodes[i].id <= t->kept.id)
				t->kept.branch++;
		}
}

static void
begin_chat(struct keep *k, const struct talk *c, const struct turn *first)
{
	struct history_chat chat = {.id = history_new_id(0), .created_ms = history_now_ms(), .model = k->model,
	    .system = c->system};
	struct buf title = {0}, sampling = {0};

	keep_title(buf_str(&first->raw), first->raw.len, &title);
	keep_write_sampling(c, &sampling);
	chat.title = title.len ? title.data : (char[]){""};
	chat.changed_ms = chat.created_ms;
	chat.sampling = sampling.data;
	history_add_chat(k->history, &chat);
	k->chat = chat.id;
	k->n_nodes = 0;
	buf_done(&title);
	buf_done(&sampling);
}

static void
add_turn(struct keep *k, const struct talk *c, size_t i)
{
	struct turn *t = c->turns[i];
	int64_t parent = i ? c->turns[i - 1]->kept.id : 0;
	struct history_message m = {.id = history_new_id(parent), .parent = parent, .by_model = t->role == TURN_MODEL,
	    .text = t->raw, .thinking = t->thinking, .created_ms = history_now_ms()};

	if (m.by_model)
		m.model = k->model;
	if (k->chat == 0)
		begin_chat(k, c, t);
	history_add_message(k->history, k->chat, &m);
	t->kept = (struct turn_kept){.id = m.id, .n_text = t->raw.len, .n_thinking = t->thinking.len,
	    .ended = !m.by_model};
	add_node(k, m.id, parent);
	mark_branch(k, t, parent);
	k->changes++;
}

/* What the answer has grown by. */
static void
add_growth(struct keep *k, struct turn *t)
{
	history_append(k->history, t->kept.id, HISTORY_THINKING, buf_str(&t->thinking) + t->kept.n_thinking,
	    t->thinking.len - t->kept.n_thinking);
	history_append(k->history, t->kept.id, HISTORY_TEXT, buf_str(&t->raw) + t->kept.n_text,
	    t->raw.len - t->kept.n_text);
	t->kept.n_thinking = t->thinking.len;
	t->kept.n_text = t->raw.len;
}

static void
end_turn(struct keep *k, const struct talk *c, struct turn *t)
{
	struct buf sampling = {0};
	struct history_message m = {.id = t->kept.id, .calls = t->calls_json, .calls_raw = t->calls_raw, .model = k->model,
	    .ended = (char *)(uintptr_t)(t->err.kind ? "error" : stop_reason_name(t->reason)),
	    .error = t->err.kind ? t->err.text : NULL, .thinking_s = t->thinking_s};

	keep_write_sampling(c, &sampling);
	m.sampling = sampling.data;
	if (c->has_stats) {
		m.n_prompt = c->stats.n_prompt;
		m.n_tokens = c->stats.n_generated;
		m.prompt_s = c->stats.prompt_s;
		m.first_s = c->stats.first_s;
		m.generate_s = c->stats.generate_s;
	}
	history_end_message(k->history, k->chat, &m);
	t->kept.ended = true;
	k->changes++;
	buf_done(&sampling);
}

void
keep_update(struct keep *k, struct talk *c)
{
	/* A question that waits for the model can still be taken back. */
	size_t n = c->n_turns - (c->pending && c->n_turns), first = n;
	struct turn *last;

	if (!k->history)
		return;
	if (c->n_turns == 0 && k->chat) {
		k->chat = 0;
		k->n_nodes = 0;
		k->changes++;
	}
	while (first > 0 && c->turns[first - 1]->kept.id == 0)
		first--;
	for (; first < n; first++)
		add_turn(k, c, first);
	last = n ? c->turns[n - 1] : NULL;
	if (!last || last->kept.ended)
		return;
	add_growth(k, last);
	if (last->complete)
		end_turn(k, c, last);
}

void
keep_settings(struct keep *k, const struct talk *c)
{
	struct buf sampling = {0};

	if (!k->history || !k->chat)
		return;
	keep_write_sampling(c, &sampling);
	history_set_chat(k->history, k->chat, k->model, c->system, buf_str(&sampling));
	buf_done(&sampling);
}

void
keep_draft(struct keep *k, const char *text, size_t n, bool now)
{
	bool same = n == k->draft.len && memcmp(text, buf_str(&k->draft), n) == 0;

	if (!k->history || (same && (n == 0 || k->draft_chat == k->chat)) || (n > DRAFT_BYTES && !now))
		return;
	/* The conversation has begun with what was its draft. */
	if (k->draft.len && k->draft_chat != k->chat)
		history_set_draft(k->history, k->draft_chat, "");
	buf_clear(&k->draft);
	buf_add(&k->draft, text, n);
	k->draft_chat = k->chat;
	if (!same || n)
		history_set_draft(k->history, k->chat, buf_str(&k->draft));
}

const char *
keep_take_draft(struct keep *k)
{
	buf_clear(&k->draft);
	k->draft_chat = k->chat;
	if (k->history)
		(void)history_draft(k->history, k->chat, &k->draft);
	return buf_str(&k->draft);
}

/* ---- bringing back ---- */

static void
add_calls(struct turn *t, const struct history_message *m)
{
	struct buf list = {0};
	json_t *calls, *j;
	size_t i;

	if (!m->calls.len)
		return;
	buf_printf(&list, "[%s]", m->calls.data);
	calls = json_loadb(list.data, list.len, 0, NULL);
	json_array_foreach(calls, i, j) {
		const char *name = json_string_value(json_object_get(j, "name"));
		char *arguments = json_dumps(json_object_get(j, "arguments"), 0);

		if (name && arguments)
			turn_add_call(t, name, arguments);
		free(arguments);
	}
	json_decref(calls);
	buf_done(&list);
	buf_add(&t->calls_raw, buf_str(&m->calls_raw), m->calls_raw.len);
}

static void
set_ending(struct turn *t, const struct history_message *m)
{
	t->complete = true;
	if (m->error)
		err_set(&t->err, ERR_FAILED, "%s", m->error);
	else if (!m->ended && t->role == TURN_MODEL)
		buf_add_str(&t->note, _("minnow ended before this answer did"));
	for (enum stop_reason r = STOP_END; m->ended && r <= STOP_CANCELLED; r++)
		if (strcmp(m->ended, stop_reason_name(r)) == 0)
			t->reason = r;
}

/* The last part of a path, as talk_init() has it. */
static char *
short_name(const char *model)
{
	const char *slash = strrchr(model, '/');
	struct buf b = {0};

	if (slash && slash[1])
		model = slash + 1;
	text_clean_line(&b, model, strlen(model));
	return b.len ? buf_take(&b) : NULL;
}

static struct turn *
make_turn(const struct keep *k, const struct history_message *m)
{
	struct turn *t = turn_new(m->by_model ? TURN_MODEL : TURN_USER, buf_str(&m->text), m->text.len);

	if (m->thinking.len)
		turn_add_thinking(t, m->thinking.data, m->thinking.len);
	t->thinking_s = m->thinking_s;
	add_calls(t, m);
	set_ending(t, m);
	t->kept = (struct turn_kept){.id = m->id, .n_text = m->text.len, .n_thinking = m->thinking.len, .ended = true};
	if (m->by_model && m->model && (!k->model || strcmp(m->model, k->model) != 0))
		t->kept.model = short_name(m->model);
	return t;
}

/* Which turn of N follows the message PARENT; N: none.  Ids grow along the way. */
static size_t
find_place(struct turn *const *turns, size_t n, int64_t parent)
{
	size_t low = 0, high = n;

	if (parent == 0)
		return 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (turns[mid]->kept.id < parent)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && turns[low]->kept.id == parent ? low + 1 : n;
}

static void
mark_branches(const struct keep *k, struct turn *const *turns, size_t n)
{
	for (size_t i = 0; i < k->n_nodes; i++) {
		size_t at = find_place(turns, n, k->nodes[i].parent);

		if (at < n) {
			turns[at]->kept.n_branches++;
			turns[at]->kept.branch += k->nodes[i].id <= turns[at]->kept.id;
		}
	}
}

/* The first of N turns that the model is still sent, as keep_write_sampling() has it. */
static size_t
find_from(const struct history_tree *t, struct turn *const *turns, size_t n)
{
	json_t *o = t->chat.sampling ? json_loads(t->chat.sampling, 0, NULL) : NULL;
	int64_t from = json_integer_value(json_object_get(o, "from"));
	size_t i = 0;

	json_decref(o);
	while (i < n && turns[i]->kept.id != from)
		i++;
	return from && i < n ? i : 0;
}

void
keep_show(struct keep *k, struct talk *c, const struct history_tree *t)
{
	size_t *path = mem_new0(t->n, sizeof *path), n = history_path(t, t->chat.leaf, path);
	struct turn **turns;
	uint32_t n_used = 0;

	if (n == 0 && t->n)			/* a leaf that is not there: the newest */
		n = history_path(t, history_leaf_under(t, t->messages[0].id), path);
	k->chat = t->chat.id;
	k->n_nodes = 0;
	for (size_t i = 0; i < t->n; i++)
		add_node(k, t->messages[i].id, t->messages[i].parent);
	turns = mem_new0(n, sizeof *turns);
	for (size_t i = 0; i < n; i++) {
		const struct history_message *m = &t->messages[path[i]];

		turns[i] = make_turn(k, m);
		n_used = m->by_model ? m->n_prompt + m->n_tokens : n_used;
	}
	mark_branches(k, turns, n);
	talk_set_turns(c, turns, n, n_used);
	talk_leave_out(c, find_from(t, turns, n));
	free(path);
}

bool
keep_read(struct keep *k, struct history_tree *out, struct err *e)
{
	if (!k->history || !k->chat)
		return err_set(e, ERR_FAILED, "nothing was said yet");
	return history_flush(k->history, e) && history_read(k->history, k->chat, out, e);
}

size_t
keep_branch_at(const struct talk *c, size_t from, int step)
{
	for (size_t i = from < c->n_turns ? from + 1 : c->n_turns; i-- > 0;) {
		const struct turn_kept *kept = &c->turns[i]->kept;

		if (step < 0 ? kept->branch > 1 : kept->branch < kept->n_branches)
			return i;
	}
	return c->n_turns;
}

/* Show T at its leaf from now on; T is given up. */
static void
show_leaf(struct keep *k, struct talk *c, struct history_tree *t)
{
	history_set_leaf(k->history, k->chat, t->chat.leaf);
	keep_show(k, c, t);
	history_tree_done(t);
}

bool
keep_branch(struct keep *k, struct talk *c, size_t at, int step, struct err *e)
{
	const struct turn_kept *kept = &c->turns[at]->kept;
	int64_t parent = at ? c->turns[at - 1]->kept.id : 0;
	uint32_t want = kept->branch + (uint32_t)step, seen = 0;
	struct history_tree t;

	if (!talk_is_free(c, e))
		return false;
	if (want < 1 || want > kept->n_branches)
		return err_set(e, ERR_FAILED, "this is the %s branch", step < 0 ? _("first") : _("last"));
	if (!keep_read(k, &t, e))
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (t.messages[i].parent == parent && ++seen == want)
			t.chat.leaf = history_leaf_under(&t, t.messages[i].id);
	show_leaf(k, c, &t);
	return true;
}

bool
keep_branch_to(struct keep *k, struct talk *c, int64_t message, struct err *e)
{
	struct history_tree t;

	for (size_t i = 0; i < c->n_turns; i++)
		if (c->turns[i]->kept.id == message)
			return true;
	if (!talk_is_free(c, e) || !keep_read(k, &t, e))
		return false;
	t.chat.leaf = history_leaf_under(&t, message);
	show_leaf(k, c, &t);
	return true;
}

bool
keep_has_branches(const struct talk *c)
{
	for (size_t i = 0; i < c->n_turns; i++)
		if (c->turns[i]->kept.n_branches > 1)
			return true;
	return false;
}
