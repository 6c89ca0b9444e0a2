/* Models: open, check, pack; see minnow.h and model.h. */
#include "core/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/chat.h"
#include "core/engine.h"
#include "core/gguf.h"
#include "core/grammar/trie.h"
#include "core/hf/hf.h"
#include "core/relpos.h"
#include "core/rope.h"
#include "core/tok/tok.h"

static bool
find_arch(struct model *m, struct err *e)
{
	struct buf known = {0};
	struct gguf_str name;
	char text[64];

	if (!gguf_get_str(m->gguf, "general.architecture", &name))
		return err_set(e, ERR_FAILED, "the file does not say its architecture (general.architecture)");
	if (name.len < sizeof text && !memchr(name.data, '\0', name.len)) {
		memcpy(text, name.data, name.len);
		text[name.len] = '\0';
		m->arch = arch_find(text);
	}
	if (m->arch)
		return true;
	for (size_t i = 0; arch_at(i); i++)
		buf_printf(&known, "%s%s", i ? ", " : "", arch_at(i)->name);
	err_set(e, ERR_FAILED, "architecture \"%.*s\" is not supported; supported are %s",
	    (int)(name.len < 40 ? name.len : 40), name.data, buf_str(&known));
	buf_done(&known);
	return false;
}

static bool
open_text(struct model *m, struct err *e)
{
	if (!gguf_kv_find(m->gguf, "tokenizer.ggml.model"))
		return true;
	m->tok = tok_open(m->gguf, e);
	if (!m->tok)
		return false;
	if (tok_n_vocab(m->tok) > m->hp.n_vocab)
		return err_set(e, ERR_FAILED, "the tokenizer has %u entries, but token_embd.weight only %u rows",
		    tok_n_vocab(m->tok), m->hp.n_vocab);
	m->chat = chat_open(m->gguf, m->tok);
	return true;
}

static double *
make_freqs(const struct hparam_rope *p, const struct weight *divisors, struct err *e)
{
	double *freq;

	for (uint32_t i = 0; divisors->vec && i < p->n_rot / 2; i++) {
		if (!(divisors->vec[i] > 0)) {
			err_set(e, ERR_FAILED, "%.*s holds %g, expected divisors above 0", (int)divisors->tensor->name.len,
			    divisors->tensor->name.data, (double)divisors->vec[i]);
			return NULL;
		}
	}
	freq = mem_new0(p->n_rot / 2, sizeof *freq);
	rope_freqs(freq, p, divisors->vec);
	return freq;
}

static bool
set_rope(struct model *m, struct err *e)
{
	static const struct weight none;
	const struct weight *wide = &m->w[W_rope_long], *narrow = &m->w[W_rope_short];

	if (!wide->vec != !narrow->vec)
		return err_set(e, ERR_FAILED, "the file has only one of rope_factors_long.weight and "
		    "rope_factors_short.weight");
	m->rope_freq[ROPE_MAIN] = make_freqs(&m->hp.rope, narrow->vec ? narrow : &m->w[W_rope_freqs], e);
	m->rope_freq[ROPE_LOCAL] = make_freqs(&m->hp.rope_local, &none, e);
	if (wide->vec)
		m->rope_freq_long = make_freqs(&m->hp.rope, wide, e);
	m->rope_magnitude[ROPE_MAIN] = rope_magnitude(&m->hp.rope);
	m->rope_magnitude[ROPE_LOCAL] = rope_magnitude(&m->hp.rope_local);
	m->rope_pairs[ROPE_MAIN] = m->hp.rope.n_rot / 2;
	m->rope_pairs[ROPE_LOCAL] = m->hp.rope_local.n_rot / 2;
	return m->rope_freq[ROPE_MAIN] && (!wide->vec || m->rope_freq_long);
}

/* ---- what a person wants to know ---- */

static char *
name_of(const struct gguf *g, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct gguf_str name;

	if (gguf_get_str(g, "general.name", &name) && name.len > 0 && name.len < 256 &&
	    !memchr(name.data, '\0', name.len)) {
		char *copy = mem_new0(name.len + 1, 1);

		memcpy(copy, name.data, name.len);
		return copy;
	}
	return mem_dup(slash ? slash + 1 : path);
}

static enum qtype
main_format(const struct gguf *g, uint64_t *n_params)
{
	uint64_t bytes[QT_COUNT] = {0};
	enum qtype best = QT_f32;

	*n_params = 0;
	for (size_t i = 0; i < gguf_n_tensors(g); i++) {
		const struct gguf_tensor *t = gguf_tensor_at(g, i);

		*n_params += t->n_elements;
		if (t->type != QT_COUNT)
			bytes[t->type] += t->size;
	}
	for (int t = 0; t < QT_COUNT; t++)
		if (bytes[t] > bytes[best])
			best = (enum qtype)t;
	return best;
}

/* What one token reads: all but the embedding table, of which one row. */
static uint64_t
bytes_per_token(const struct model *m)
{
	const struct layer *l;
	uint64_t sum = m->w[W_token_embd].row_bytes + m->w[W_layer_embd_table].row_bytes;

	for (int id = 0; id < W_COUNT; id++)
		if (m->w[id].panels)
			sum += m->w[id].n_matrices * m->w[id].n_rows * m->w[id].row_bytes;
	for (uint32_t i = 0; i < m->hp.n_layers; i++)
		for (int id = 0; id < W_COUNT; id++) {
			l = &m->layers[i];
			if (l->w[id].stored && id != W_cross_k && id != W_cross_v)
				sum += l->w[id].n_rows * l->w[id].row_bytes * (l->w[id].n_matrices > 1 ? m->hp.n_used : 1);
		}
	return sum;
}

static void
set_info(struct model *m, const char *path)
{
	struct model_info *info = &m->info;
	struct gguf_str template;

	m->name = name_of(m->gguf, path);
	*info = (struct model_info){
		.name = m->name,
		.arch = m->arch->name,
		.file_bytes = gguf_file_size(m->gguf),
		.weight_bytes = bytes_per_token(m),
		.resident_bytes = m->arena_bytes,
		.n_layers = m->hp.n_layers,
		.has_encoder = m->hp.n_encoder > 0,
		.decoder_start = m->hp.decoder_start,
		.n_embd = m->hp.n_embd,
		.n_vocab = m->hp.n_vocab,
		.n_heads = m->hp.n_heads,
		.n_kv_heads = m->hp.n_kv_heads,
		.n_ctx_train = m->hp.n_ctx_train,
		.has_template = gguf_get_str(m->gguf, "tokenizer.chat_template", &template),
	};
	info->format = qtype_info(main_format(m->gguf, &info->n_params))->name;
}

/* A mixture of experts that the architecture does not know, or none where it needs one. */
static bool
check_experts(const struct model *m, struct err *e)
{
	bool dense = m->arch->weights[W_ffn_up] == WEIGHT_REQUIRED, mixed = false;

	for (int id = 0; id < W_COUNT; id++) {
		dense = dense || m->arch->weights[id] == WEIGHT_DENSE;
		mixed = mixed || m->arch->weights[id] == WEIGHT_EXPERT;
	}
	if (m->hp.n_experts > 0 && !mixed)
		return err_set(e, ERR_FAILED, "%s.expert_count is %u: mixtures of experts are not supported for %s",
		    m->arch->name, m->hp.n_experts, m->arch->name);
	if (m->hp.n_experts == 0 && mixed && !dense)
		return err_set(e, ERR_FAILED, "%s.expert_count is missing or 0, expected 1 or more", m->arch->name);
	return true;
}

/* The original T5 divides the output by the square root of its width where the output matrix is the embedding; the logits
 * here are those before that, which other programs give too. */
static void
set_relpos(struct model *m)
{
	bool is_tied = m->w[W_output].stored == m->w[W_token_embd].stored;

	m->sampling_scale = is_tied && m->arch->divides_tied ? 1 / sqrtf((float)m->hp.n_embd) : 1;
	if (!m->layers[0].w[W_attn_rel_b].vec)
		return;
	m->relpos = mem_new0(1, sizeof *m->relpos);
	relpos_init(m->relpos, m->hp.n_buckets);
}

static bool
read_hparam(struct model *m, struct err *e)
{
	return find_arch(m, e) && hparam_read(&m->hp, m->gguf, m->arch->name, e) &&
	    (!m->arch->check || m->arch->check(&m->hp, e)) && check_experts(m, e);
}

static bool
load(struct model *m, const char *path, struct err *e)
{
	if (!read_hparam(m, e) || !weights_bind(m, e) || !open_text(m, e) || !weights_pack(m, e) || !set_rope(m, e))
		return err_wrap(e, "%s", path);
	set_relpos(m);
	set_info(m, path);
	return true;
}

struct model *
model_open_gguf(struct engine *g, struct gguf *file, const char *path, struct err *e)
{
	struct model *m = mem_new0(1, sizeof *m);

	pthread_mutex_init(&m->lock, NULL);
	m->engine = g;
	m->kern = &g->kern;
	m->pool = g->pool;
	m->gguf = file;
	if (load(m, path, e))
		return m;
	model_close(m);
	return NULL;
}

bool
model_check(struct gguf *file, bool has_data, const char *path, struct err *e)
{
	struct model *m = mem_new0(1, sizeof *m);
	struct kern kern;
	bool ok;

	pthread_mutex_init(&m->lock, NULL);
	m->gguf = file;
	m->kern = &kern;
	ok = kern_init(&kern, NULL) && read_hparam(m, e) && (!has_data || weights_bind(m, e)) && open_text(m, e);
	/* A template that cannot be read is no reason not to open a model: another stands in for it. */
	if (ok && m->chat)
		(void)chat_template(m->chat, NULL);
	if (!ok)
		err_wrap(e, "%s", path);
	model_close(m);
	return ok;
}

struct model *
model_open(struct engine *g, const char *path, struct err *e)
{
	struct gguf *file = model_file_open(path, HF_WEIGHTS, e);

	return file ? model_open_gguf(g, file, path, e) : NULL;
}

void
model_close(struct model *m)
{
	if (!m)
		return;
	model_close(m->draft);
	trie_free(m->tree);
	pthread_mutex_destroy(&m->lock);
	chat_close(m->chat);
	tok_close(m->tok);
	gguf_close(m->gguf);
	mem_free_pages(m->arena, m->arena_bytes);
	free(m->layers);
	for (int i = 0; i < ROPE_SETS; i++)
		free(m->rope_freq[i]);
	free(m->rope_freq_long);
	free(m->relpos);
	free(m->name);
	free(m);
}

const struct trie *
model_tree(struct model *m, struct err *e)
{
	const struct trie *tree;

	pthread_mutex_lock(&m->lock);
	if (!m->tree)
		m->tree = trie_new(m->tok, e);
	tree = m->tree;
	pthread_mutex_unlock(&m->lock);
	return tree;
}

const struct model_info *
model_info(const struct model *m)
{
	return &m->info;
}

const struct tok *
model_tok(const struct model *m)
{
	return m->tok;
}

const struct gguf *
model_gguf(const struct model *m)
{
	return m->gguf;
}
