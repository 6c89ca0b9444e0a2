/* Conversations from files; see history_import.h.  A file is hostile: sizes are bounded, types are looked at, text is cleaned. */
#define _GNU_SOURCE
#include "tui/state/history_import.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/draw.h"
#include "tui/i18n.h"
#include "tui/state/history_file.h"
#include "tui/state/keep.h"
#include "tui/text.h"
#include "tui/text_clean.h"

enum { NAME_BYTES_MAX = 200 };

enum from { FROM_USER, FROM_MODEL, FROM_SYSTEM, FROM_OTHER };

/* One conversation that is being read. */
struct taking {
	struct history_trees *all;
	struct history_tree *t;
	size_t cap, number, message;		/* from 1, for sentences */
	size_t room;				/* for messages, of the whole file */
	json_t *ids;				/* id of a message → place of it, or of its parent where it was left out */
	struct err *e;
};

void
history_trees_done(struct history_trees *t)
{
	for (size_t i = 0; i < t->n; i++)
		history_tree_done(&t->trees[i]);
	free(t->trees);
	*t = (struct history_trees){0};
}

/* ---- fields ---- */

static const json_t *
first_of(const json_t *o, const char *const *names)
{
	const json_t *j = NULL;

	for (; *names && (!j || json_is_null(j)); names++)
		j = json_object_get(o, *names);
	return j && !json_is_null(j) ? j : NULL;
}

/* A name or a title: one clean line of some length; NULL: there is none. */
static char *
take_line(const json_t *j)
{
	struct buf line = {0};
	char *s = NULL;

	if (json_is_string(j))
		text_clean_line(&line, json_string_value(j), json_string_length(j));
	if (line.len > NAME_BYTES_MAX) {
		size_t at = 0, next;

		while ((next = text_next(line.data, line.len, at)) <= NAME_BYTES_MAX)
			at = next;
		buf_truncate(&line, at);
	}
	if (line.len)
		s = mem_dup(buf_str(&line));
	buf_done(&line);
	return s;
}

/* Seconds or milliseconds since 1970, or a date as ISO 8601 has it; 0: not known. */
static int64_t
take_time(const json_t *j)
{
	double v = json_is_number(j) ? json_number_value(j) : 0;
	struct tm tm = {0};

	if (json_is_string(j) && strlen(json_string_value(j)) < 64 &&
	    (strptime(json_string_value(j), "%Y-%m-%dT%H:%M:%S", &tm) || strptime(json_string_value(j), "%Y-%m-%d %H:%M:%S", &tm)))
		v = (double)timegm(&tm);
	v = v > 1e11 ? v : v * 1000;
	return isfinite(v) && v > 0 && v < 1e14 ? (int64_t)v : 0;
}

static int64_t
time_of(const json_t *o)
{
	static const char *const names[] = {"timestamp", "created_at", "createdAt", "created", "datetime_utc", NULL};

	return take_time(first_of(o, names));
}

/* ---- text ---- */

static void
add_text(const json_t *j, struct buf *out)
{
	if (out->len)
		buf_add_str(out, "\n");
	text_clean(out, json_string_value(j), json_string_length(j));
}

/* "text", {"type": "text", "text": "text"} or {"type": "text", "text": {"value": "text"}}. */
static void
add_part(struct taking *k, const json_t *part, struct buf *out)
{
	const json_t *text = json_is_object(part) ? json_object_get(part, "text") : part;

	if (json_is_object(text))
		text = json_object_get(text, "value");
	if (json_is_string(text))
		add_text(text, out);
	else
		k->all->left_out++;
}

static void
add_content(struct taking *k, const json_t *content, struct buf *out)
{
	const json_t *part;
	size_t i;

	if (json_is_array(content))
		json_array_foreach(content, i, part)
			add_part(k, part, out);
	else if (content)
		add_part(k, content, out);
}

/* ---- messages ---- */

static bool
wrong(struct taking *k, const char *why)
{
	if (k->message)
		return err_set(k->e, ERR_FAILED, "conversation %zu, message %zu: %s", k->number, k->message, _(why));
	return err_set(k->e, ERR_FAILED, "conversation %zu: %s", k->number, _(why));
}

static bool
is_among(const char *s, const char *const *names)
{
	while (*names && strcasecmp(s, *names) != 0)
		names++;
	return *names != NULL;
}

static bool
take_role(struct taking *k, const json_t *o, enum from *from)
{
	static const char *const fields[] = {"role", "from", "sender", NULL};
	static const char *const users[] = {"user", "human", "you", NULL};
	static const char *const models[] = {"assistant", "model", "ai", "bot", "gpt", NULL};
	static const char *const systems[] = {"system", "developer", NULL};
	static const char *const others[] = {"tool", "function", "observation", "function_call", NULL};
	const json_t *mine = json_object_get(o, "isCreatedByUser"), *role = first_of(o, fields);
	const char *s = json_string_value(role);

	if (json_is_boolean(mine))
		*from = json_is_true(mine) ? FROM_USER : FROM_MODEL;
	else if (!s)
		return wrong(k, N_("\"role\" is not a text"));
	else if (is_among(s, users))
		*from = FROM_USER;
	else if (is_among(s, models))
		*from = FROM_MODEL;
	else if (is_among(s, systems))
		*from = FROM_SYSTEM;
	else if (is_among(s, others))
		*from = FROM_OTHER;
	else
		return wrong(k, N_("\"role\" is neither \"user\" nor \"assistant\" nor \"system\""));
	return true;
}

/* The place of the parent, from 1; 0: none.  Without ids each message follows the one before. */
static size_t
parent_of(const struct taking *k, const json_t *o)
{
	static const char *const names[] = {"parentId", "parentMessageId", "parent_id", NULL};
	const char *id = json_string_value(first_of(o, names));
	const json_t *at = id ? json_object_get(k->ids, id) : NULL;
	bool first = json_is_null(json_object_get(o, "parentId")) || id;

	if (at)
		return (size_t)json_integer_value(at);
	return first && json_object_size(k->ids) ? 0 : k->t->n;
}

static void
remember_id(struct taking *k, const json_t *o, size_t at)
{
	static const char *const names[] = {"id", "messageId", "message_id", NULL};
	const char *id = json_string_value(first_of(o, names));

	if (id)
		json_object_set_new(k->ids, id, json_integer((json_int_t)at));
}

/* PLACE: of the parent, then its own. */
static bool
add_message(struct taking *k, size_t *place, bool by_model, struct buf *text, struct buf *thinking, const json_t *model,
    int64_t when)
{
	struct history_tree *t = k->t;
	struct history_message *m = *place ? &t->messages[*place - 1] : NULL;
	int64_t parent = (int64_t)*place;

	/* Formats of models want questions and answers in turn. */
	if (m && *place == t->n && m->by_model == by_model) {
		buf_add_str(&m->text, m->text.len && text->len ? "\n\n" : "");
		buf_add(&m->text, buf_str(text), text->len);
		return true;
	}
	if (k->room == 0)
		return err_set(k->e, ERR_FAILED, "there are more than the %d messages allowed", HISTORY_MESSAGES_MAX);
	k->room--;
	if (t->n == k->cap) {
		k->cap = k->cap ? 2 * k->cap : 16;
		t->messages = mem_grow(t->messages, k->cap, sizeof *t->messages);
	}
	m = &t->messages[t->n++];
	*m = (struct history_message){.id = (int64_t)t->n, .parent = parent, .by_model = by_model, .created_ms = when};
	m->text = *text;
	m->thinking = *thinking;
	*text = *thinking = (struct buf){0};
	m->model = by_model ? take_line(model) : NULL;
	m->ended = by_model ? mem_dup("end") : NULL;
	*place = t->n;
	return true;
}

/* The first words of a system are the conversation's. */
static void
take_system(struct taking *k, struct buf *text)
{
	if (k->t->chat.system || !text->len) {
		k->all->left_out += text->len > 0;
		return;
	}
	k->t->chat.system = mem_dup(buf_str(text));
}

static bool
take_message(struct taking *k, const json_t *o)
{
	static const char *const contents[] = {"content", "text", "value", NULL};
	static const char *const thoughts[] = {"reasoning_content", "reasoning", NULL};
	struct buf text = {0}, thinking = {0};
	size_t place;
	enum from from = FROM_OTHER;
	bool ok = true;

	if (!json_is_object(o))
		return wrong(k, N_("it is not an object"));
	if (!take_role(k, o, &from))
		return false;
	place = parent_of(k, o);
	add_content(k, first_of(o, contents), &text);
	if (from == FROM_MODEL && json_is_string(first_of(o, thoughts)))
		add_text(first_of(o, thoughts), &thinking);
	if (from == FROM_SYSTEM)
		take_system(k, &text);
	else if (from == FROM_OTHER)
		k->all->left_out++;
	else if (text.len || thinking.len)
		ok = add_message(k, &place, from == FROM_MODEL, &text, &thinking, json_object_get(o, "model"), time_of(o));
	if (ok)
		remember_id(k, o, place);
	buf_done(&text);
	buf_done(&thinking);
	return ok;
}

static bool
take_messages(struct taking *k, const json_t *list)
{
	const json_t *o;
	size_t i;
	bool ok = true;

	json_array_foreach(list, i, o) {
		k->message = i + 1;
		if (!take_message(k, o)) {
			ok = false;
			break;
		}
	}
	k->message = 0;
	return ok;
}

/* ---- conversations ---- */

/* A tree at the end of all, which is dropped again when nothing was said in it. */
static bool
begin_tree(struct taking *k)
{
	struct history_trees *all = k->all;

	if (all->n == HISTORY_FILE_CHATS_MAX)
		return err_set(k->e, ERR_FAILED, "there are more than the %d conversations allowed", HISTORY_FILE_CHATS_MAX);
	all->trees = mem_grow(all->trees, all->n + 1, sizeof *all->trees);
	all->trees[all->n] = (struct history_tree){0};
	k->t = &all->trees[all->n++];
	k->cap = 0;
	return true;
}

static void
end_tree(struct taking *k, char *title, int64_t created, const json_t *model)
{
	struct history_tree *t = k->t;
	struct history_chat *c = &t->chat;
	const struct history_message *first = t->messages, *last = t->n ? &t->messages[t->n - 1] : NULL;
	struct buf said = {0};

	if (!t->n) {
		free(title);
		history_tree_done(t);
		k->all->n--;
		return;
	}
	c->titled = title != NULL;
	if (!title) {
		keep_title(buf_str(&first->text), first->text.len, &said);
		title = mem_dup(buf_str(&said));
		buf_done(&said);
	}
	c->title = title;
	c->created_ms = created ? created : first->created_ms ? first->created_ms : history_now_ms();
	c->changed_ms = last->created_ms > c->created_ms ? last->created_ms : c->created_ms;
	c->leaf = last->id;
	for (size_t i = 0; i < t->n; i++)
		if (!t->messages[i].created_ms)
			t->messages[i].created_ms = c->created_ms;
	c->model = take_line(model);
	for (size_t i = t->n; !c->model && i-- > 0;)
		c->model = t->messages[i].model ? mem_dup(t->messages[i].model) : NULL;
}

/* One of minnow's own in a list. */
static bool
take_own(struct taking *k, const json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);
	bool ok;

	if (!begin_tree(k)) {
		free(text);
		return false;
	}
	ok = text && history_parse_json(text, strlen(text), k->t, k->e);
	free(text);
	if (!ok) {
		k->all->n--;
		return err_wrap(k->e, "conversation %zu", k->number);
	}
	if (k->t->n > k->room)
		return err_set(k->e, ERR_FAILED, "there are more than the %d messages allowed", HISTORY_MESSAGES_MAX);
	k->room -= k->t->n;
	return true;
}

static const json_t *
messages_of(const json_t *o)
{
	static const char *const names[] = {"messages", "conversations", NULL};

	return json_is_array(o) ? o : first_of(o, names);
}

/* An object with messages, maybe in its "chat", or a list of messages. */
static bool
take_conversation(struct taking *k, const json_t *o)
{
	static const char *const titles[] = {"title", "name", "conversation_name", NULL};
	const json_t *inner = json_is_object(json_object_get(o, "chat")) ? json_object_get(o, "chat") : o;
	const json_t *list = messages_of(inner), *title = first_of(inner, titles), *model = json_object_get(inner, "model");
	int64_t when = time_of(o);
	bool ok;

	if (json_object_get(o, "minnow"))
		return take_own(k, o);
	if (!json_is_array(list))
		return wrong(k, N_("it has no list \"messages\""));
	if (!begin_tree(k))
		return false;
	k->ids = json_object();
	ok = take_messages(k, list);
	json_decref(k->ids);
	end_tree(k, take_line(title ? title : first_of(o, titles)), when,
	    model ? model : json_array_get(json_object_get(inner, "models"), 0));
	return ok;
}

/* ---- llm ---- */

static bool
is_llm(const json_t *o)
{
	return json_object_get(o, "prompt") && json_object_get(o, "response") && !json_object_get(o, "messages");
}

static bool
take_exchange(struct taking *k, const json_t *o)
{
	struct buf said = {0}, none = {0};
	size_t place;
	bool ok = true;

	if (!json_is_object(o))
		return wrong(k, N_("it is not an object"));
	if (json_is_string(json_object_get(o, "system")) && !k->t->chat.system) {
		add_text(json_object_get(o, "system"), &said);
		take_system(k, &said);
	}
	for (int i = 0; ok && i < 2; i++) {
		const json_t *j = json_object_get(o, i ? "response" : "prompt");

		buf_clear(&said);
		if (json_is_string(j))
			add_text(j, &said);
		place = k->t->n;
		if (said.len)
			ok = add_message(k, &place, i == 1, &said, &none, json_object_get(o, "model"), time_of(o));
	}
	buf_done(&said);
	return ok;
}

/* Exchanges of one conversation may stand apart: a list of them for each, in order of the first. */
static bool
take_llm(struct taking *k, const json_t *list)
{
	json_t *groups = json_object(), *order = json_array(), *group, *o;
	char alone[32];
	size_t i, g;
	bool ok = true;

	json_array_foreach(list, i, o) {
		const char *id = json_string_value(json_object_get(o, "conversation_id"));

		snprintf(alone, sizeof alone, "\x01%zu", i);
		group = json_object_get(groups, id ? id : alone);
		if (!group) {
			group = json_array();
			json_object_set_new(groups, id ? id : alone, group);
			json_array_append(order, group);
		}
		json_array_append(group, o);
	}
	json_array_foreach(order, g, group) {
		const json_t *first = json_array_get(group, 0);

		k->number = g + 1;
		ok = begin_tree(k);
		for (k->message = 1; ok && k->message <= json_array_size(group); k->message++)
			ok = take_exchange(k, json_array_get(group, k->message - 1));
		k->message = 0;
		if (!ok)
			break;
		end_tree(k, take_line(json_object_get(first, "conversation_name")), time_of(first), json_object_get(first, "model"));
	}
	json_decref(groups);
	json_decref(order);
	return ok;
}

/* ---- files ---- */

static bool
take_list(struct taking *k, const json_t *list)
{
	const json_t *first = json_array_get(list, 0), *o;
	size_t i;

	if (json_object_get(first, "role") || json_object_get(first, "from"))
		return take_conversation(k, list);
	if (is_llm(first))
		return take_llm(k, list);
	json_array_foreach(list, i, o) {
		k->number = i + 1;
		if (!take_conversation(k, o))
			return false;
	}
	return true;
}

bool
history_parse_any(const char *s, size_t n, struct history_trees *out, struct err *e)
{
	struct taking k = {.all = out, .number = 1, .room = HISTORY_MESSAGES_MAX, .e = e};
	json_error_t je;
	json_t *root;
	bool ok;

	*out = (struct history_trees){0};
	if (n > HISTORY_FILE_BYTES_MAX)
		return err_set(e, ERR_FAILED, "longer than the %u bytes allowed", HISTORY_FILE_BYTES_MAX);
	root = json_loadb(s, n, JSON_ALLOW_NUL, &je);
	/* jansson's own words may quote the file. */
	if (!root)
		return err_set(e, ERR_FAILED, "line %d is not JSON", je.line > 0 ? je.line : 1);
	if (json_object_get(root, "minnow")) {
		ok = begin_tree(&k) && history_parse_json(s, n, k.t, e);
		out->n -= !ok;
	} else {
		ok = json_is_array(root) ? take_list(&k, root) : is_llm(root) ? begin_tree(&k) && take_exchange(&k, root) :
		    take_conversation(&k, root);
		if (ok && is_llm(root))
			end_tree(&k, take_line(json_object_get(root, "conversation_name")), time_of(root), json_object_get(root, "model"));
	}
	json_decref(root);
	if (ok && out->n == 0)
		ok = err_set(e, ERR_FAILED, "there is no conversation in it: \"messages\" with \"role\" and \"content\" are looked for");
	if (!ok)
		history_trees_done(out);
	return ok;
}

bool
history_import_file(struct history *h, const char *path, struct history_imported *out, struct err *e)
{
	struct history_trees all = {0};
	struct buf text = {0};
	bool ok = fs_read(&text, path, HISTORY_FILE_BYTES_MAX, e);

	*out = (struct history_imported){0};
	if (ok)
		ok = history_parse_any(buf_str(&text), text.len, &all, e) || err_wrap(e, "%s", path);
	for (size_t i = 0; ok && i < all.n; i++) {
		int64_t chat = 0;

		ok = history_import(h, &all.trees[i], &chat, e);
		out->chat = i ? out->chat : chat;
		out->messages += all.trees[i].n;
	}
	out->chats = all.n;
	out->left_out = all.left_out;
	history_trees_done(&all);
	buf_done(&text);
	return ok;
}

void
history_imported_tell(const struct history_imported *i, const char *path, struct buf *out)
{
	struct buf chats = {0}, messages = {0}, left_out = {0}, name = {0};

	format_count(&chats, i->chats);
	format_count(&messages, i->messages);
	format_count(&left_out, i->left_out);
	text_clean_line(&name, path, strlen(path));
	buf_printf(out, ngettext("%s conversation was read from %s", "%s conversations were read from %s", i->chats),
	    buf_str(&chats), buf_str(&name));
	buf_printf(out, ngettext(": %s message", ": %s messages", i->messages), buf_str(&messages));
	if (i->left_out)
		buf_printf(out, ngettext("; %s part that is no text was left out", "; %s parts that are no text were left out",
		    i->left_out), buf_str(&left_out));
	buf_done(&chats);
	buf_done(&messages);
	buf_done(&left_out);
	buf_done(&name);
}
