/* Special tokens, what is added to a text, and the chat template: tokenizer_config.json first, then what else says it. */
#include <stdio.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/hf/tok.h"
#include "core/tok/tok.h"

#define MAX_TEMPLATE ((size_t)4 << 20)
#define PREFIX "tokenizer.ggml."

/* The name in the configurations and in the key. */
static const struct {
	const char *name, *key;
} roles[] = {{"bos", "bos"}, {"eos", "eos"}, {"unk", "unknown"}, {"sep", "seperator"}, {"pad", "padding"}, {"mask", "mask"}};

static void
write_id(struct hf *h, const char *role, uint32_t id)
{
	char key[64];

	snprintf(key, sizeof key, PREFIX "%s_token_id", role);
	gguf_write_u32(h->keys, key, id);
}

/* "</s>", or {"content": "</s>", …}. */
static const char *
token_text(const json_t *v)
{
	return json_string_value(json_is_object(v) ? json_object_get(v, "content") : v);
}

/* A number, or the first of a list. */
static uint32_t
id_in(const struct hf_vocab *v, const json_t *id)
{
	if (json_is_array(id))
		id = json_array_get(id, 0);
	if (!json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) >= v->n)
		return TOK_NONE;
	return (uint32_t)json_integer_value(id);
}

static uint32_t
find_role(const struct hf *h, const struct hf_vocab *v, const char *name)
{
	char key[32];
	const char *text;
	uint32_t id = TOK_NONE;

	snprintf(key, sizeof key, "%s_token", name);
	text = token_text(json_object_get(h->tok_config, key));
	if (text)
		id = hf_vocab_find(v, text);
	snprintf(key, sizeof key, "%s_token_id", name);
	if (id == TOK_NONE)
		id = id_in(v, hf_get(h, key));
	return id == TOK_NONE ? id_in(v, json_object_get(h->generation, key)) : id;
}

/* Further tokens that end an answer, as far as there are keys for them. */
static void
write_other_ends(struct hf *h, const struct hf_vocab *v, uint32_t eos)
{
	static const char *const others[] = {"eot", "eom"};
	const json_t *list = json_object_get(h->generation, "eos_token_id");
	size_t n = 0, i;
	json_t *item;

	if (!list)
		list = hf_get(h, "eos_token_id");
	if (eos == TOK_NONE || json_is_integer(list)) {
		if (id_in(v, list) != TOK_NONE && id_in(v, list) != eos)
			write_id(h, others[0], id_in(v, list));
		return;
	}
	json_array_foreach(list, i, item) {
		uint32_t id = id_in(v, item);

		if (id != TOK_NONE && id != eos && n < ARRAY_LEN(others))
			write_id(h, others[n++], id);
	}
}

/* The first or last thing that TemplateProcessing puts together, when it is the token ID. */
static bool
is_put_there(const struct hf_vocab *v, const json_t *processor, bool last, uint32_t id)
{
	const json_t *single = json_object_get(processor, "single");
	size_t n = json_array_size(single);
	const json_t *item = json_array_get(single, last && n ? n - 1 : 0);
	const char *text = json_string_value(json_object_get(json_object_get(item, "SpecialToken"), "id"));

	return n > 1 && text && id != TOK_NONE && hf_vocab_find(v, text) == id;
}

static bool
is_added(const struct hf_vocab *v, const json_t *tokenizer, bool last, uint32_t id, bool fallback)
{
	const json_t *post = json_object_get(tokenizer, "post_processor");
	const json_t *list = json_object_get(post, "processors");
	bool found = is_put_there(v, post, last, id);
	json_t *item;
	size_t i;

	if (!tokenizer)
		return fallback;
	json_array_foreach(list, i, item)
		found = found || is_put_there(v, item, last, id);
	return found;
}

static void
write_added(struct hf *h, const struct hf_vocab *v, const json_t *tokenizer, uint32_t bos, uint32_t eos)
{
	const json_t *says_bos = json_object_get(h->tok_config, "add_bos_token");
	const json_t *says_eos = json_object_get(h->tok_config, "add_eos_token");
	bool adds_bos = is_added(v, tokenizer, false, bos, v->has_scores && bos != TOK_NONE);
	bool adds_eos = is_added(v, tokenizer, true, eos, v->is_unigram && eos != TOK_NONE);

	if (json_is_boolean(says_bos))
		adds_bos = json_is_true(says_bos);
	if (json_is_boolean(says_eos))
		adds_eos = json_is_true(says_eos);
	gguf_write_bool(h->keys, PREFIX "add_bos_token", adds_bos);
	gguf_write_bool(h->keys, PREFIX "add_eos_token", adds_eos);
}

/* ---- the chat template ---- */

static void
write_template(struct hf *h, const char *name, const json_t *text)
{
	struct buf key = {0};

	buf_add_str(&key, "tokenizer.chat_template");
	if (name && strcmp(name, "default") != 0)
		buf_printf(&key, ".%s", name);
	if (json_is_string(text) && key.len < 256)
		gguf_write_bytes(h->keys, buf_str(&key),
		    (struct gguf_str){json_string_value(text), json_string_length(text)});
	buf_done(&key);
}

/* One text, or a list of named ones, of which "default" is the one for chats. */
static void
write_templates(struct hf *h, const json_t *v)
{
	size_t i;
	json_t *item;

	if (json_is_string(v))
		write_template(h, NULL, v);
	json_array_foreach(v, i, item)
		write_template(h, json_string_value(json_object_get(item, "name")), json_object_get(item, "template"));
}

static void
find_template(struct hf *h)
{
	struct buf path = {0}, text = {0};
	json_t *file = NULL;

	fs_join(&path, buf_str(&h->dir), "chat_template.jinja");
	if (fs_exists(path.data)) {
		if (fs_read(&text, path.data, MAX_TEMPLATE, h->e))
			gguf_write_bytes(h->keys, "tokenizer.chat_template", (struct gguf_str){buf_str(&text), text.len});
		else
			h->failed = h->is_located = true;
	} else if (json_object_get(h->tok_config, "chat_template")) {
		write_templates(h, json_object_get(h->tok_config, "chat_template"));
	} else if (hf_read_json(h, "chat_template.json", MAX_TEMPLATE, &file)) {
		write_templates(h, json_object_get(file, "chat_template"));
	}
	json_decref(file);
	buf_done(&path);
	buf_done(&text);
}

void
hf_special_keys(struct hf *h, const struct hf_vocab *v, const json_t *tokenizer)
{
	uint32_t ids[ARRAY_LEN(roles)];

	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		ids[i] = find_role(h, v, roles[i].name);
		if (ids[i] != TOK_NONE)
			write_id(h, roles[i].key, ids[i]);
	}
	write_other_ends(h, v, ids[1]);
	write_added(h, v, tokenizer, ids[0], ids[1]);
	find_template(h);
}
