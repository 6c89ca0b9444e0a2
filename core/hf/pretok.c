/* What a tokenizer.json does to a text before its merges, and the name that pretok.def has for it.  The patterns of
 * that table are those of the published files, so its rows are compared with what is found. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/hf/tok.h"
#include "core/tok/pretok.h"

#define S "\\s"
#define WS "\\s"
#define NOT_WS "\\S"
#define MARK "\xe2\x96\x81"

enum {
#define PATTERN(id, ascii, regex) PAT_##id,
#define PRETOK(...)
#include "core/tok/pretok.def"
#undef PATTERN
#undef PRETOK
	N_PATTERNS
};

static const char *const patterns[N_PATTERNS] = {
#define PATTERN(id, ascii, regex) [PAT_##id] = regex,
#define PRETOK(...)
#include "core/tok/pretok.def"
#undef PATTERN
#undef PRETOK
};

#define P(id) PAT_##id + 1		/* 0 ends */
static const struct {
	const char *name;
	unsigned flags;
	unsigned char stages[PRETOK_MAX_PATTERNS];
} known[] = {
#define PATTERN(id, ascii, regex)
#define PRETOK(name, flags, ...) {name, flags, {__VA_ARGS__}},
#include "core/tok/pretok.def"
#undef PATTERN
#undef PRETOK
};
#undef P

static bool
has_stages(const struct hf_stages *s, const unsigned char *stages)
{
	for (size_t i = 0; i < PRETOK_MAX_PATTERNS; i++) {
		if (!stages[i])
			return s->n == i;
		if (i >= s->n || strcmp(s->regex[i], patterns[stages[i] - 1]) != 0)
			return false;
	}
	return s->n == PRETOK_MAX_PATTERNS;
}

/* Whole words hardly ever matter: a vocabulary's words are what its merges make.  So they decide only between rows
 * that are alike otherwise. */
const char *
hf_pretok_name(const struct hf_stages *s)
{
	const char *best = NULL;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!has_stages(s, known[i].stages) || s->is_nfc != ((known[i].flags & PRETOK_NFC) != 0))
			continue;
		if (s->takes_whole_words == ((known[i].flags & PRETOK_WHOLE_WORDS) != 0))
			return known[i].name;
		best = best ? best : known[i].name;
	}
	return best;
}

/* ---- reading ---- */

static struct gguf_quoted
type_of(const json_t *item)
{
	const char *type = json_string_value(json_object_get(item, "type"));

	return gguf_quote((struct gguf_str){type ? type : "?", type ? strlen(type) : 1});
}

static bool
is_type(const json_t *item, const char *type)
{
	const char *found = json_string_value(json_object_get(item, "type"));

	return found && strcmp(found, type) == 0;
}

static bool
flag(const json_t *item, const char *key, bool fallback)
{
	const json_t *v = json_object_get(item, key);

	return json_is_boolean(v) ? json_is_true(v) : fallback;
}

static bool
add_stage(struct hf *h, struct hf_stages *s, const char *regex)
{
	struct buf out = {0};
	size_t n = strlen(regex);

	if (s->n == HF_MAX_STAGES)
		return hf_fail(h, "the pre-tokenizer of tokenizer.json has more than %d steps", HF_MAX_STAGES);
	for (size_t i = 0; i < n;) {
		uint32_t c;
		bool ok;

		i += utf8_decode(regex + i, n - i, &c, &ok);
		if (c < 0x80)
			buf_add_char(&out, (char)c);
		else
			buf_printf(&out, "\\x{%x}", c);
	}
	buf_add_str(&out, "");
	s->regex[s->n++] = mem_dup(buf_str(&out));
	buf_done(&out);
	return true;
}

/* The pattern's matches stand alone; published patterns match everything, so what is between them does not matter. */
static bool
add_split(struct hf *h, struct hf_stages *s, const json_t *item)
{
	const json_t *pattern = json_object_get(item, "pattern");
	const char *regex = json_string_value(json_object_get(pattern, "Regex"));
	const char *behavior = json_string_value(json_object_get(item, "behavior"));
	bool keeps = behavior && (strcmp(behavior, "Isolated") == 0 ||
	    (strcmp(behavior, "Removed") == 0 && flag(item, "invert", false)));

	/* After its spaces have become marks a text has none to split at. */
	if (s->is_marked && json_is_string(json_object_get(pattern, "String")))
		return true;
	if (!regex || !keeps)
		return hf_fail(h, "the pre-tokenizer of tokenizer.json splits in a way that is not known");
	return add_stage(h, s, regex);
}

static bool read_pre(struct hf *h, struct hf_stages *s, const json_t *item, int depth);

static bool
read_list(struct hf *h, struct hf_stages *s, const json_t *list, int depth,
    bool (*read)(struct hf *, struct hf_stages *, const json_t *, int))
{
	size_t i;
	json_t *item;

	if (depth > 4)
		return hf_fail(h, "tokenizer.json nests its sequences too deep");
	json_array_foreach(list, i, item)
		if (!read(h, s, item, depth + 1))
			return false;
	return true;
}

static bool
read_metaspace(struct hf_stages *s, const json_t *item)
{
	const char *scheme = json_string_value(json_object_get(item, "prepend_scheme"));

	s->is_marked = true;
	s->adds_space = scheme ? strcmp(scheme, "never") != 0 : flag(item, "add_prefix_space", true);
	return true;
}

static bool
read_pre(struct hf *h, struct hf_stages *s, const json_t *item, int depth)
{
	if (json_is_null(item) || !item)
		return true;
	if (is_type(item, "Sequence"))
		return read_list(h, s, json_object_get(item, "pretokenizers"), depth, read_pre);
	if (is_type(item, "Split"))
		return add_split(h, s, item);
	if (is_type(item, "WhitespaceSplit"))
		return s->merges_spaces = true;
	if (is_type(item, "Digits"))
		return add_stage(h, s, flag(item, "individual_digits", false) ? patterns[PAT_digit] : patterns[PAT_digits]);
	if (is_type(item, "Metaspace"))
		return read_metaspace(s, item);
	if (!is_type(item, "ByteLevel"))
		return hf_fail(h, "a pre-tokenizer of the kind \"%s\" (tokenizer.json) is not known", type_of(item).text);
	if (flag(item, "add_prefix_space", true))
		return hf_fail(h, "the byte-level pre-tokenizer of tokenizer.json puts a space in front, which is not supported");
	s->is_byte_level = true;
	return !flag(item, "use_regex", true) || add_stage(h, s, patterns[PAT_gpt2]);
}

static bool
read_normalizer(struct hf *h, struct hf_stages *s, const json_t *item, int depth)
{
	const char *from = json_string_value(json_object_get(json_object_get(item, "pattern"), "String"));
	const char *regex = json_string_value(json_object_get(json_object_get(item, "pattern"), "Regex"));
	const char *to = json_string_value(json_object_get(item, "content"));
	const char *front = json_string_value(json_object_get(item, "prepend"));

	if (json_is_null(item) || !item)
		return true;
	if (is_type(item, "Sequence"))
		return read_list(h, s, json_object_get(item, "normalizers"), depth, read_normalizer);
	if (is_type(item, "NFC"))
		return s->is_nfc = true;
	if (is_type(item, "Precompiled")) {
		s->map = json_string_value(json_object_get(item, "precompiled_charsmap"));
		return true;
	}
	/* What SentencePiece's removal of extra spaces is made of. */
	if (is_type(item, "Strip"))
		return s->merges_spaces = true;
	if (is_type(item, "Replace") && regex && strcmp(regex, " {2,}") == 0)
		return s->merges_spaces = true;
	if (is_type(item, "Prepend") && front && strcmp(front, MARK) == 0)
		return s->adds_space = true;
	if (is_type(item, "Replace") && from && to && strcmp(from, " ") == 0 && strcmp(to, MARK) == 0)
		return s->is_marked = true;
	return hf_fail(h, "a normalizer of the kind \"%s\" (tokenizer.json) is not known", type_of(item).text);
}

bool
hf_stages_read(struct hf *h, struct hf_stages *s, const json_t *tokenizer, const json_t *model)
{
	const char *prefix = json_string_value(json_object_get(model, "continuing_subword_prefix"));
	const char *suffix = json_string_value(json_object_get(model, "end_of_word_suffix"));

	*s = (struct hf_stages){.takes_whole_words = flag(model, "ignore_merges", false)};
	if ((prefix && *prefix) || (suffix && *suffix))
		return hf_fail(h, "the BPE tokenizer of tokenizer.json marks the parts of words, which is not supported");
	return read_normalizer(h, s, json_object_get(tokenizer, "normalizer"), 0) &&
	    read_pre(h, s, json_object_get(tokenizer, "pre_tokenizer"), 0);
}

void
hf_stages_done(struct hf_stages *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->regex[i]);
	s->n = 0;
}
