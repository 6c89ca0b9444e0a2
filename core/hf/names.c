/* From the names of the files to those of GGUF.  A name loses its prefix, and the numbers in it become stars:
 * "model.layers.7.mlp.experts.3.w1.weight" is looked for as "*.mlp.experts.*.w1" with layer 7 and expert 3. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/hf/impl.h"

/* What stands in front when a model is the text part of a larger one, or was saved without its head. */
static const char *const prefixes[] = {"language_model.model.", "model.language_model.", "language_model.", "model.",
	"transformer."};

/* Parts for pictures and sound, and for guessing several tokens at once. */
static const char *const others[] = {"vision_tower.", "vision_model.", "visual.", "multi_modal_projector.", "audio_tower.",
	"embed_vision.", "embed_audio.", "mtp."};

static const struct hf_row common[] = {
	{"embed_tokens", "token_embd", hf_copy},
	{"norm", "output_norm", hf_copy},
	{"lm_head", "output", hf_output},
	{"*.input_layernorm", "*.attn_norm", hf_copy},
	{"*.self_attn.q_proj", "*.attn_q", hf_copy},
	{"*.self_attn.k_proj", "*.attn_k", hf_copy},
	{"*.self_attn.v_proj", "*.attn_v", hf_copy},
	{"*.self_attn.o_proj", "*.attn_output", hf_copy},
	{"*.self_attn.q_norm", "*.attn_q_norm", hf_copy},
	{"*.self_attn.k_norm", "*.attn_k_norm", hf_copy},
	{"*.post_attention_layernorm", "*.ffn_norm", hf_copy},
	{"*.mlp.gate_proj", "*.ffn_gate", hf_copy},
	{"*.mlp.up_proj", "*.ffn_up", hf_copy},
	{"*.mlp.down_proj", "*.ffn_down", hf_copy},
	{"*.mlp.gate", "*.ffn_gate_inp", hf_f32},
	{"*.mlp.experts.*.gate_proj", "*.ffn_gate_exps", hf_expert},
	{"*.mlp.experts.*.up_proj", "*.ffn_up_exps", hf_expert},
	{"*.mlp.experts.*.down_proj", "*.ffn_down_exps", hf_expert},
	{"*.mlp.experts.gate_up_proj", "*.ffn_gate_exps.weight", hf_experts_gate_up},
	{"*.mlp.experts.down_proj", "*.ffn_down_exps.weight", hf_copy},
	{"*.self_attn.rotary_emb.inv_freq", "", hf_skip},
	{"rotary_emb.inv_freq", "", hf_skip},
	{NULL, NULL, NULL},
};

/* The number that P begins with, which a dot ends; false for none, one of more than 9 digits, and leading zeros. */
static bool
take_number(const char **p, uint32_t *n)
{
	size_t digits = strspn(*p, "0123456789");
	char *end;

	if (digits < 1 || digits > 9 || (*p)[digits] != '.' || (digits > 1 && **p == '0'))
		return false;
	*n = (uint32_t)strtoul(*p, &end, 10);
	*p = end;
	return true;
}

static bool
skip_word(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

/* Parts of a name that a number follows. */
static bool
is_numbered(const char *part, size_t n)
{
	static const char *const parts[] = {"experts.", "block.", "layers."};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strlen(parts[i]) == n && memcmp(part, parts[i], n) == 0)
			return true;
	return false;
}

/* Fill name, layer and expert of S. */
static void
normalise(struct hf_src *s)
{
	const char *p = s->t->name;
	struct buf out = {0};

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (skip_word(&p, prefixes[i]))
			break;
	if ((skip_word(&p, "layers.") || skip_word(&p, "h.")) && take_number(&p, &s->layer))
		buf_add_char(&out, '*');
	while (*p) {
		uint32_t *number = strncmp(p, "experts.", 8) == 0 ? &s->expert : &s->layer;
		size_t n = strcspn(p, ".");

		n += p[n] == '.';
		buf_add(&out, p, n);
		p += n;
		if (is_numbered(p - n, n) && take_number(&p, number))
			buf_add_char(&out, '*');
	}
	s->name = mem_dup(buf_str(&out));
	buf_done(&out);
}

static const struct hf_row *
find_in(const struct hf_row *rows, const char *name, const char **rest)
{
	for (; rows && rows->from; rows++) {
		size_t n = strlen(rows->from);

		if (strncmp(name, rows->from, n) != 0)
			continue;
		*rest = name + n;
		if (name[n] == '\0' || hf_is_one_of(name + n, ".weight .bias"))
			return rows;
	}
	return NULL;
}

static bool
is_of_other_part(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (strncmp(name, others[i], strlen(others[i])) == 0)
			return true;
	return false;
}

static void
map_tensor(struct hf *h, struct hf_src *s)
{
	const struct hf_row *row;
	struct buf name = {0};
	const char *rest, *to;

	normalise(s);
	if (is_of_other_part(s->name))
		return;
	row = find_in(h->type->family->rows, s->name, &rest);
	if (!row)
		row = find_in(common, s->name, &rest);
	if (!row) {
		hf_fail(h, "the tensor \"%s\" is not known in a model of type %s",
		    gguf_quote((struct gguf_str){s->t->name, strlen(s->t->name)}).text, h->type->model_type);
		return;
	}
	if (s->name[0] == '*' && s->layer >= h->n_layers) {
		hf_fail(h, "there is a tensor \"%s\", but config.json speaks of %u layers (num_hidden_layers)",
		    gguf_quote((struct gguf_str){s->t->name, strlen(s->t->name)}).text, h->n_layers);
		return;
	}
	to = row->to;
	if (to[0] == '*')
		buf_add_str(&name, "blk.");
	for (; *to; to++) {
		if (*to == '*')
			buf_printf(&name, "%" PRIu32, s->layer);
		else
			buf_add_char(&name, *to);
	}
	buf_add_str(&name, rest);
	row->op(h, s, buf_str(&name));
	buf_done(&name);
}

static void
check_stacks(struct hf *h)
{
	for (size_t i = 0; i < h->n_stacks; i++) {
		const struct gguf_tensor *t = &h->tensors[h->stacks[i].tensor];

		if (h->stacks[i].n_done != t->dims[2])
			hf_fail(h, "%s has the matrices of %" PRIu64 " experts, expected %" PRIu64, t->name.data,
			    h->stacks[i].n_done, t->dims[2]);
	}
}

void
hf_map_tensors(struct hf *h)
{
	for (size_t i = 0; !h->failed && i < h->n_srcs; i++)
		map_tensor(h, &h->srcs[i]);
	check_stacks(h);
}
