/* tokenizer.model: SentencePiece's protocol buffer, read as far as it is needed.
 * Source: sentencepiece_model.proto.  A message is a row of fields: a key (number << 3 | kind), then the value. */
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/hf/tok.h"
#include "core/tok/tok.h"

/* T5's name for it comes second. */
static const char *const file_names[] = {"tokenizer.model", "spiece.model"};
#define MAX_FILE ((size_t)64 << 20)

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

struct message {
	const uint8_t *p, *end;
};

struct field {
	uint64_t number;
	unsigned kind;
	uint64_t value;			/* of a number of any kind */
	struct message bytes;
};

/* Fields that are read. */
enum { MODEL_PIECES = 1, MODEL_TRAINER = 2, MODEL_NORMALIZER = 3 };
enum { PIECE_TEXT = 1, PIECE_SCORE = 2, PIECE_TYPE = 3 };
enum { TRAINER_TYPE = 3 };
enum { NORMALIZER_MAP = 2, NORMALIZER_ADDS_SPACE = 3, NORMALIZER_MERGES_SPACES = 4 };
enum { TYPE_UNIGRAM = 1, TYPE_BPE = 2 };

static bool
take_varint(struct message *m, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (m->p == m->end)
			return false;
		*v |= (uint64_t)(*m->p & 0x7f) << shift;
		if (!(*m->p++ & 0x80))
			return true;
	}
	return false;
}

static bool
take_fixed(struct message *m, size_t n, uint64_t *v)
{
	if ((size_t)(m->end - m->p) < n)
		return false;
	*v = 0;
	memcpy(v, m->p, n);
	m->p += n;
	return true;
}

/* The next field; false at the end, with *broken set where that is not one. */
static bool
next_field(struct message *m, struct field *f, bool *broken)
{
	uint64_t key;
	bool ok;

	if (m->p == m->end)
		return false;
	*f = (struct field){0};
	ok = take_varint(m, &key);
	f->number = key >> 3;
	f->kind = key & 7;
	if (ok && f->kind == VARINT)
		ok = take_varint(m, &f->value);
	else if (ok && f->kind == FIXED64)
		ok = take_fixed(m, 8, &f->value);
	else if (ok && f->kind == FIXED32)
		ok = take_fixed(m, 4, &f->value);
	else if (ok && f->kind == BYTES)
		ok = take_varint(m, &f->value) && f->value <= (uint64_t)(m->end - m->p);
	else
		ok = false;
	if (ok && f->kind == BYTES) {
		f->bytes = (struct message){m->p, m->p + f->value};
		m->p += f->value;
	}
	*broken = *broken || !ok || f->number == 0;
	return !*broken;
}

static bool
read_piece(struct hf *h, struct hf_vocab *v, uint32_t id, struct message m, bool *broken)
{
	struct gguf_str text = {"", 0};
	uint64_t kind = TOK_NORMAL;
	float score = 0;
	struct field f;

	while (next_field(&m, &f, broken)) {
		uint32_t bits = (uint32_t)f.value;

		if (f.number == PIECE_TEXT && f.kind == BYTES)
			text = (struct gguf_str){(const char *)f.bytes.p, (size_t)f.value};
		else if (f.number == PIECE_SCORE && f.kind == FIXED32)
			memcpy(&score, &bits, sizeof score);
		else if (f.number == PIECE_TYPE && f.kind == VARINT)
			kind = f.value;
	}
	if (kind < TOK_NORMAL || kind > TOK_BYTE)
		*broken = true;
	return *broken || hf_vocab_set(h, v, id, text.data, text.len, score, (int)kind);
}

/* What the fields NUMBER of M say last. */
static struct field
find_field(struct message m, uint64_t number, unsigned kind, uint64_t fallback, bool *broken)
{
	struct field f, found = {.value = fallback};

	while (next_field(&m, &f, broken))
		if (f.number == number && f.kind == kind)
			found = f;
	return found;
}

static void
read_normalizer(struct hf_vocab *v, struct message m, bool *broken)
{
	struct field map = find_field(m, NORMALIZER_MAP, BYTES, 0, broken);

	v->map = map.bytes.p;
	v->map_len = (size_t)map.value;
	v->adds_space = find_field(m, NORMALIZER_ADDS_SPACE, VARINT, 1, broken).value != 0;
	v->merges_spaces = find_field(m, NORMALIZER_MERGES_SPACES, VARINT, 1, broken).value != 0;
}

bool
hf_spm_read(struct hf *h, struct hf_vocab *v, bool *found)
{
	const uint8_t *data = (const uint8_t *)buf_str(&v->file);
	struct message m = {data, data + v->file.len};
	uint64_t type = TYPE_UNIGRAM;
	uint32_t n_pieces = 0;
	bool broken = false;
	struct field f;

	*found = false;
	v->adds_space = v->merges_spaces = true;
	while (next_field(&m, &f, &broken)) {
		if (f.kind != BYTES)
			continue;
		if (f.number == MODEL_PIECES && !read_piece(h, v, n_pieces++, f.bytes, &broken))
			return false;
		if (f.number == MODEL_TRAINER)
			type = find_field(f.bytes, TRAINER_TYPE, VARINT, type, &broken).value;
		if (f.number == MODEL_NORMALIZER)
			read_normalizer(v, f.bytes, &broken);
	}
	if (broken || n_pieces == 0)
		return true;
	if (type != TYPE_BPE && type != TYPE_UNIGRAM)
		return hf_fail(h, "tokenizer.model is of SentencePiece's kind %llu, expected unigram (%d) or BPE (%d)",
		    (unsigned long long)type, TYPE_UNIGRAM, TYPE_BPE);
	*found = v->has_scores = true;
	v->is_unigram = type == TYPE_UNIGRAM;
	return true;
}

static void
forget_entries(struct hf_vocab *v)
{
	memset(v->texts, 0, v->n * sizeof *v->texts);
	memset(v->scores, 0, v->n * sizeof *v->scores);
	memset(v->kinds, 0, v->n * sizeof *v->kinds);
}

bool
hf_tok_spm(struct hf *h, struct hf_vocab *v, bool *found)
{
	struct buf path = {0};
	const char *name = NULL;
	bool ok;

	*found = false;
	for (size_t i = 0; !name && i < ARRAY_LEN(file_names); i++)
		if (hf_exists(h, file_names[i]))
			name = file_names[i];
	if (!name)
		return true;
	fs_join(&path, buf_str(&h->dir), name);
	ok = fs_read(&v->file, path.data, MAX_FILE, h->e);
	h->failed = h->is_located = !ok;
	buf_done(&path);
	if (!ok || !hf_spm_read(h, v, found))
		return false;
	/* Other programs' files bear the name too. */
	if (!*found) {
		if (!hf_exists(h, "tokenizer.json"))
			return hf_fail(h, "%s is no SentencePiece model, and there is no tokenizer.json", name);
		forget_entries(v);
	}
	return true;
}
