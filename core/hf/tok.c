/* The tokenizer of a directory as tokenizer.ggml.* keys.  tokenizer.model (SentencePiece) comes first where it is one:
 * it has the scores; tokenizer.json otherwise. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/hf/tok.h"
#include "core/tok/tok.h"

#define FILE_NAME "tokenizer.json"
#define MAX_TOKENIZER ((size_t)64 << 20)
#define ADDED_SCORE -1000.0f
#define UNREACHED_SCORE -10000.0f

/* ---- entries ---- */

bool
hf_vocab_set(struct hf *h, struct hf_vocab *v, uint64_t id, const char *text, size_t len, float score, int kind)
{
	if (id >= v->n)
		return hf_fail(h, "the tokenizer has an entry %" PRIu64 ", but the embedding only %u rows: the tokenizer "
		    "belongs to another model", id, v->n);
	v->texts[id] = (struct gguf_str){text, len};
	v->scores[id] = score;
	v->kinds[id] = kind;
	return true;
}

uint32_t
hf_vocab_find(const struct hf_vocab *v, const char *text)
{
	return map_find(&v->index, text, strlen(text));
}

static void
build_index(struct hf_vocab *v)
{
	map_done(&v->index);
	map_init(&v->index, v->n);
	for (uint32_t id = 0; id < v->n; id++)
		if (v->texts[id].data && v->texts[id].len)
			map_add(&v->index, v->texts[id].data, v->texts[id].len, id);
}

/* Converters write some of those that are not marked special as if they were. */
static bool
looks_special(const char *s)
{
	size_t n = strlen(s);

	return hf_is_one_of(s, "<pad> <mask> <2mass> [@BOS@]") || (n >= 4 && strncmp(s, "<|", 2) == 0 &&
	    strcmp(s + n - 2, "|>") == 0) || (strncmp(s, "<unused", 7) == 0 && s[n - 1] == '>');
}

/* One added token: {"content": …, "special": …} with its id. */
static bool
add_token(struct hf *h, struct hf_vocab *v, uint64_t id, const json_t *token)
{
	const char *text = json_string_value(json_object_get(token, "content"));
	bool special;

	if (!text)
		return hf_fail(h, "the added token %" PRIu64 " of the tokenizer has no content", id);
	special = json_is_true(json_object_get(token, "special")) || looks_special(text);
	if (h->type->family->shown && hf_is_one_of(text, h->type->family->shown))
		special = false;
	v->strips_right = v->strips_right || json_is_true(json_object_get(token, "rstrip"));
	if (id < v->n && v->kinds[id] == TOK_UNKNOWN)
		return true;
	return hf_vocab_set(h, v, id, text, strlen(text), ADDED_SCORE, special ? TOK_CONTROL : TOK_USER);
}

/* added_tokens of tokenizer.json: a list with ids. */
static bool
add_listed(struct hf *h, struct hf_vocab *v, const json_t *list)
{
	size_t i;
	json_t *token;

	json_array_foreach(list, i, token) {
		const json_t *id = json_object_get(token, "id");

		if (!json_is_integer(id) || json_integer_value(id) < 0)
			return hf_fail(h, "an added token of " FILE_NAME " has no id");
		if (!add_token(h, v, (uint64_t)json_integer_value(id), token))
			return false;
	}
	return true;
}

/* added_tokens_decoder of tokenizer_config.json: by the id in digits. */
static bool
add_decoder(struct hf *h, struct hf_vocab *v, const json_t *decoder)
{
	const char *key;
	json_t *token;

	json_object_foreach((json_t *)(uintptr_t)decoder, key, token) {
		char *end;
		unsigned long long id = strtoull(key, &end, 10);

		if (key[0] < '0' || key[0] > '9' || *end)
			return hf_fail(h, "added_tokens_decoder of tokenizer_config.json has a key that is no number");
		if (!add_token(h, v, id, token))
			return false;
	}
	return true;
}

/* ---- tokenizer.json ---- */

struct bpe {
	struct gguf_str *merges;	/* "left right" */
	size_t n;
	struct buf text;		/* of merges that came as pairs */
	size_t *at;			/* in text; SIZE_MAX: borrowed */
};

static void
bpe_done(struct bpe *b)
{
	free(b->merges);
	free(b->at);
	buf_done(&b->text);
}

/* A side of a pair; a blank in it becomes its stand-in, since a blank parts the sides. */
static void
add_side(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == ' ')
			buf_add_str(out, "\xc4\xa0");
		else
			buf_add_char(out, *s);
	}
}

static bool
read_merge(struct hf *h, struct bpe *b, size_t i, const json_t *merge)
{
	const char *left = json_string_value(json_array_get(merge, 0)), *right = json_string_value(json_array_get(merge, 1));
	size_t at = b->text.len;

	if (json_is_string(merge)) {
		b->merges[i] = (struct gguf_str){json_string_value(merge), json_string_length(merge)};
		b->at[i] = SIZE_MAX;
		return true;
	}
	if (!left || !right)
		return hf_fail(h, "merge %zu of " FILE_NAME " is neither a text nor a pair of texts", i);
	add_side(&b->text, left);
	buf_add_char(&b->text, ' ');
	add_side(&b->text, right);
	b->merges[i].len = b->text.len - at;
	b->at[i] = at;
	return true;
}

static bool
read_merges(struct hf *h, struct bpe *b, const json_t *list)
{
	size_t i;
	json_t *merge;

	if (!json_is_array(list))
		return hf_fail(h, FILE_NAME " has no merges");
	b->n = json_array_size(list);
	b->merges = mem_new0(b->n + 1, sizeof *b->merges);
	b->at = mem_new0(b->n + 1, sizeof *b->at);
	json_array_foreach(list, i, merge)
		if (!read_merge(h, b, i, merge))
			return false;
	for (i = 0; i < b->n; i++)
		if (b->at[i] != SIZE_MAX)
			b->merges[i].data = b->text.data + b->at[i];
	return true;
}

/* The scores of SentencePiece order as the merges did: what is merged first has the best.  An entry that no merge
 * makes is never made. */
static void
scores_of_merges(struct hf_vocab *v, const struct bpe *b)
{
	struct buf piece = {0};

	for (uint32_t id = 0; id < v->n; id++) {
		uint32_t c;
		bool ok;

		if (v->kinds[id] != TOK_NORMAL)
			continue;
		v->scores[id] = UNREACHED_SCORE;
		if (v->texts[id].len > utf8_decode(v->texts[id].data, v->texts[id].len, &c, &ok))
			v->kinds[id] = TOK_UNUSED;
	}
	for (size_t i = 0; i < b->n; i++) {
		const char *s = b->merges[i].data, *space = memchr(s, ' ', b->merges[i].len);
		uint32_t id;

		if (!space)
			continue;
		buf_clear(&piece);
		buf_add(&piece, s, (size_t)(space - s));
		buf_add(&piece, space + 1, b->merges[i].len - (size_t)(space - s) - 1);
		id = map_find(&v->index, buf_str(&piece), piece.len);
		if (id == MAP_NONE || v->kinds[id] != TOK_UNUSED)
			continue;
		v->kinds[id] = TOK_NORMAL;
		v->scores[id] = -(float)i;
	}
	buf_done(&piece);
}

static bool
is_byte_entry(const char *s)
{
	return strlen(s) == 6 && strncmp(s, "<0x", 3) == 0 && strspn(s + 3, "0123456789ABCDEF") == 2 && s[5] == '>';
}

static bool
read_vocab(struct hf *h, struct hf_vocab *v, const json_t *model)
{
	json_t *vocab = json_object_get(model, "vocab"), *id;
	bool has_bytes = json_is_true(json_object_get(model, "byte_fallback"));
	const char *unk = json_string_value(json_object_get(model, "unk_token")), *text;

	if (!json_is_object(vocab))
		return hf_fail(h, FILE_NAME " has no vocabulary");
	json_object_foreach(vocab, text, id) {
		int kind = TOK_NORMAL;

		if (!json_is_integer(id) || json_integer_value(id) < 0)
			return hf_fail(h, "an entry of the vocabulary of " FILE_NAME " has no number");
		if (unk && strcmp(unk, text) == 0)
			kind = TOK_UNKNOWN;
		else if (has_bytes && is_byte_entry(text))
			kind = TOK_BYTE;
		if (!hf_vocab_set(h, v, (uint64_t)json_integer_value(id), text, strlen(text), 0, kind))
			return false;
	}
	return true;
}

/* Byte-level: ids follow from the merges alone. */
static bool
write_bpe(struct hf *h, const struct bpe *b, const struct hf_stages *s)
{
	const char *pre = hf_pretok_name(s);

	if (!pre)
		return hf_fail(h, "the pre-tokenizer of " FILE_NAME " is not known: it cuts words by \"%s\"%s",
		    gguf_quote((struct gguf_str){s->n ? s->regex[0] : "", s->n ? strlen(s->regex[0]) : 0}).text,
		    s->n > 1 ? " and more" : "");
	gguf_write_str(h->keys, "tokenizer.ggml.model", "gpt2");
	gguf_write_str(h->keys, "tokenizer.ggml.pre", pre);
	gguf_write_strs(h->keys, "tokenizer.ggml.merges", b->merges, b->n);
	return true;
}

static void
write_spm_keys(struct hf *h, const struct hf_vocab *v)
{
	const json_t *said = json_object_get(h->tok_config, "add_prefix_space");
	bool adds_space = json_is_boolean(said) ? json_is_true(said) : v->adds_space;

	gguf_write_str(h->keys, "tokenizer.ggml.model", v->is_unigram ? "t5" : v->keeps_merges ? h->type->family->spm_name : "llama");
	gguf_write_str(h->keys, "tokenizer.ggml.pre", "default");
	gguf_write_bool(h->keys, "tokenizer.ggml.add_space_prefix", adds_space && !h->type->family->adds_no_space);
	if (!v->is_unigram)
		return;
	gguf_write_bool(h->keys, "tokenizer.ggml.remove_extra_whitespaces", v->merges_spaces);
	if (v->map_len)
		gguf_write_array(h->keys, "tokenizer.ggml.precompiled_charsmap", GGUF_U8, v->map, v->map_len);
}

static bool
read_bpe(struct hf *h, struct hf_vocab *v, const json_t *tokenizer, const json_t *model)
{
	struct hf_stages stages;
	struct bpe b = {0};
	bool ok = hf_stages_read(h, &stages, tokenizer, model) && read_vocab(h, v, model) &&
	    read_merges(h, &b, json_object_get(model, "merges"));

	if (ok && stages.is_byte_level)
		ok = write_bpe(h, &b, &stages);
	else if (ok && stages.is_marked) {
		v->has_scores = true;
		v->keeps_merges = h->type->family->spm_name != NULL;
		if (v->keeps_merges) {
			gguf_write_strs(h->keys, "tokenizer.ggml.merges", b.merges, b.n);
		} else {
			build_index(v);
			scores_of_merges(v, &b);
		}
		v->adds_space = stages.adds_space;
		write_spm_keys(h, v);
	} else if (ok) {
		ok = hf_fail(h, FILE_NAME " holds a BPE tokenizer that is neither byte-level nor with marks for spaces");
	}
	ok = ok && add_listed(h, v, json_object_get(tokenizer, "added_tokens"));
	hf_stages_done(&stages);
	bpe_done(&b);
	return ok;
}

/* ---- unigrams ---- */

static int
base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* RFC 4648; false for other characters. */
static bool
base64_decode(struct buf *out, const char *s)
{
	uint32_t bits = 0;
	int n = 0;

	for (; *s && *s != '='; s++) {
		int d = base64_digit(*s);

		if (d < 0)
			return false;
		bits = bits << 6 | (uint32_t)d;
		n += 6;
		if (n >= 8) {
			n -= 8;
			buf_add_char(out, (char)(bits >> n));
		}
	}
	return true;
}

/* [["piece", score], …] */
static bool
read_pieces(struct hf *h, struct hf_vocab *v, const json_t *model)
{
	const json_t *list = json_object_get(model, "vocab"), *unk = json_object_get(model, "unk_id");
	bool has_bytes = json_is_true(json_object_get(model, "byte_fallback"));
	size_t i;
	json_t *piece;

	if (!json_is_array(list))
		return hf_fail(h, FILE_NAME " has no vocabulary");
	json_array_foreach(list, i, piece) {
		const char *text = json_string_value(json_array_get(piece, 0));
		const json_t *score = json_array_get(piece, 1);
		int kind = TOK_NORMAL;

		if (!text || !json_is_number(score))
			return hf_fail(h, "entry %zu of the vocabulary of " FILE_NAME " is no piece with a score", i);
		if (json_is_integer(unk) && (json_int_t)i == json_integer_value(unk))
			kind = TOK_UNKNOWN;
		else if (has_bytes && is_byte_entry(text))
			kind = TOK_BYTE;
		if (!hf_vocab_set(h, v, i, text, strlen(text), (float)json_number_value(score), kind))
			return false;
	}
	return true;
}

static bool
read_unigram(struct hf *h, struct hf_vocab *v, const json_t *tokenizer, const json_t *model)
{
	struct hf_stages stages;
	bool ok = hf_stages_read(h, &stages, tokenizer, model) && read_pieces(h, v, model);

	if (ok && stages.map && !base64_decode(&v->file, stages.map))
		ok = hf_fail(h, "the map of characters of " FILE_NAME " is not in base64");
	if (ok) {
		v->has_scores = v->is_unigram = true;
		v->adds_space = stages.adds_space;
		v->merges_spaces = stages.merges_spaces;
		v->map = (const uint8_t *)v->file.data;
		v->map_len = v->file.len;
		write_spm_keys(h, v);
		ok = add_listed(h, v, json_object_get(tokenizer, "added_tokens"));
	}
	hf_stages_done(&stages);
	return ok;
}

static bool
read_tokenizer(struct hf *h, struct hf_vocab *v, const json_t *tokenizer)
{
	const json_t *model = json_object_get(tokenizer, "model");
	const char *type = json_string_value(json_object_get(model, "type"));

	if (!json_is_object(model))
		return hf_fail(h, FILE_NAME " has no model");
	/* Old files do not say what only BPE has. */
	if (!type && json_is_array(json_object_get(model, "merges")))
		type = "BPE";
	if (type && strcmp(type, "BPE") == 0)
		return read_bpe(h, v, tokenizer, model);
	if (type && strcmp(type, "Unigram") == 0)
		return read_unigram(h, v, tokenizer, model);
	return hf_fail(h, "a tokenizer of the kind \"%s\" (" FILE_NAME ") is not supported",
	    gguf_quote((struct gguf_str){type ? type : "?", type ? strlen(type) : 1}).text);
}

/* Added tokens of a SentencePiece vocabulary: from tokenizer_config.json, where that is silent from tokenizer.json, in
 * very old directories from added_tokens.json. */
static bool
add_to_spm(struct hf *h, struct hf_vocab *v, const json_t *tokenizer, const json_t *added)
{
	const json_t *decoder = json_object_get(h->tok_config, "added_tokens_decoder");
	const char *text;
	json_t *id;

	if (json_is_object(decoder))
		return add_decoder(h, v, decoder);
	if (tokenizer)
		return add_listed(h, v, json_object_get(tokenizer, "added_tokens"));
	json_object_foreach((json_t *)(uintptr_t)added, text, id) {
		if (!json_is_integer(id) || json_integer_value(id) < 0)
			return hf_fail(h, "added_tokens.json gives \"%s\" no number",
			    gguf_quote((struct gguf_str){text, strlen(text)}).text);
		if (!hf_vocab_set(h, v, (uint64_t)json_integer_value(id), text, strlen(text), ADDED_SCORE, TOK_USER))
			return false;
	}
	return true;
}

/* ---- all of it ---- */

/* Entries that nothing fills are there all the same: readers count the embedding's rows by them. */
static void
write_entries(struct hf *h, struct hf_vocab *v)
{
	char (*pads)[24] = NULL;
	size_t n_pads = 0, at = 0;

	for (uint32_t id = 0; id < v->n; id++)
		n_pads += v->texts[id].data == NULL;
	pads = mem_new0(n_pads + 1, sizeof *pads);
	for (uint32_t id = 0; id < v->n; id++) {
		if (v->texts[id].data)
			continue;
		v->texts[id].len = (size_t)snprintf(pads[at], sizeof pads[at], "[PAD%u]", id);
		v->texts[id].data = pads[at++];
		v->scores[id] = UNREACHED_SCORE;
		v->kinds[id] = TOK_UNUSED;
	}
	gguf_write_strs(h->keys, "tokenizer.ggml.tokens", v->texts, v->n);
	if (v->has_scores)
		gguf_write_array(h->keys, "tokenizer.ggml.scores", GGUF_F32, v->scores, v->n);
	gguf_write_array(h->keys, "tokenizer.ggml.token_type", GGUF_I32, v->kinds, v->n);
	free(pads);
}

/* No flag says that what follows a special token loses its blanks; readers tell it by the family's name. */
static void
name_phi3(struct hf *h, const struct hf_vocab *v)
{
	if (v->strips_right && v->has_scores && strcmp(h->arch, "phi3") == 0)
		gguf_write_str(h->keys, "general.name", "Phi-3");
}

static bool
read_any(struct hf *h, struct hf_vocab *v, json_t **tokenizer, json_t **added, bool *found)
{
	bool is_spm;

	if (!hf_tok_spm(h, v, &is_spm))
		return false;
	*found = is_spm;
	if (is_spm) {
		write_spm_keys(h, v);
		if (!json_is_object(json_object_get(h->tok_config, "added_tokens_decoder")) &&
		    !hf_read_json(h, FILE_NAME, MAX_TOKENIZER, tokenizer))
			return false;
		return hf_read_json(h, "added_tokens.json", MAX_TOKENIZER, added) && add_to_spm(h, v, *tokenizer, *added);
	}
	if (!hf_read_json(h, FILE_NAME, MAX_TOKENIZER, tokenizer))
		return false;
	*found = *tokenizer != NULL;
	return !*tokenizer || read_tokenizer(h, v, *tokenizer);
}

void
hf_tokenizer(struct hf *h)
{
	struct hf_vocab v = {.n = h->n_vocab};
	json_t *tokenizer = NULL, *added = NULL;
	bool found;

	v.texts = mem_try(v.n, sizeof *v.texts, "the vocabulary", h->e);
	v.scores = mem_try(v.n, sizeof *v.scores, "the vocabulary", h->e);
	v.kinds = mem_try(v.n, sizeof *v.kinds, "the vocabulary", h->e);
	h->failed = !v.texts || !v.scores || !v.kinds;
	if (!h->failed && read_any(h, &v, &tokenizer, &added, &found) && found) {
		build_index(&v);
		hf_special_keys(h, &v, tokenizer);
		name_phi3(h, &v);
		write_entries(h, &v);
	}
	json_decref(tokenizer);
	json_decref(added);
	map_done(&v.index);
	buf_done(&v.file);
	free(v.texts);
	free(v.scores);
	free(v.kinds);
}
