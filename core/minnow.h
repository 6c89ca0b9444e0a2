/* The public boundary of the core: what tui/ may include.
 * Engine > model > session: each outlives what was opened from it.
 *   engine   the compute pool and the kernel table
 *   model    a read-only mapping, packed weights, the tokenizer and the chat template
 *   session  one timeline: tokens, keys and values, sampler state, and the worker thread that alone touches them
 * Nothing here prints, exits or reads the environment. */
#ifndef CORE_MINNOW_H
#define CORE_MINNOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/grammar/grammar.h"
#include "core/sampler.h"
#include "kernels/kern.h"

struct engine;
struct gguf;
struct model;
struct session;
struct tok;

/* ---- engine ---- */

struct engine_options {
	int n_threads;			/* 0: physical cores */
	const char *isa;		/* cap for the kernel table, or NULL */
};
struct engine *engine_new(const struct engine_options *o, struct err *e) MUST_CHECK;
void engine_free(struct engine *g);
int engine_n_threads(const struct engine *g);
const struct kern *engine_kern(const struct engine *g);

/* What the speed of a model cannot exceed on this machine. */
enum roof {
	ROOF_READ,			/* bytes per second read from memory: generation */
	ROOF_DOT4,			/* operations per second in products of weights of at most 4 bits: prompts */
	ROOF_DOT8,			/* the same, of up to 8 bits */
	ROOF_FMA,			/* the same in products of floats */
	ROOF_TILE,			/* the same in tiles of BF16; 0 where there are none */
	ROOF_DENSE,			/* what BLIS reaches with dense floats, used or not */
	ROOF_COUNT
};
const char *roof_name(enum roof r);		/* "read", "dot4" */
double engine_roof(struct engine *g, enum roof r);	/* of all threads; measured at the first call, 0.05 to 0.3 s */
double engine_measure(struct engine *g, enum roof r);	/* measured now, for what else is measured at this moment */
double engine_read_bandwidth(struct engine *g, int n_threads);	/* ROOF_READ of N threads; measured now but for all */

/* ---- model ---- */

struct model_info {
	const char *name;		/* general.name, or the file's name; borrowed */
	const char *arch;		/* "qwen3" */
	const char *format;		/* of most weights: "q4_0" */
	uint64_t n_params;
	uint64_t file_bytes;
	uint64_t weight_bytes;		/* read for one generated token */
	uint64_t resident_bytes;	/* packed weights in our memory */
	uint32_t n_layers, n_embd, n_vocab, n_heads, n_kv_heads;
	uint32_t n_ctx_train;
	bool has_template;
	bool has_encoder;		/* see session_encode(); n_layers are those of the decoder */
	uint32_t decoder_start;		/* the token that the decoder starts with */
};
/* Load a GGUF file: check, pack, ready.  One sentence in *e on any defect. */
struct model *model_open(struct engine *g, const char *path, struct err *e) MUST_CHECK;
/* Of model_open() all that reads what the file says of itself (hyper-parameters, weights' names and shapes, tokenizer,
 * chat template), and nothing of its weights.  FILE is closed.  HAS_DATA: its tensors have some (not HF_METADATA). */
bool model_check(struct gguf *file, bool has_data, const char *path, struct err *e) MUST_CHECK;
void model_close(struct model *m);
/* DRAFT, a smaller model of the same vocabulary, drafts what M's sessions answer, and is closed with it; before the first
 * of them.  False: it cannot, one sentence in *e, and DRAFT is still the caller's. */
bool model_take_draft(struct model *m, struct model *draft, struct err *e) MUST_CHECK;
const struct model_info *model_info(const struct model *m);
const struct tok *model_tok(const struct model *m);
const struct gguf *model_gguf(const struct model *m);

/* ---- chat ---- */

/* What an answer is made of. */
enum part { PART_ANSWER, PART_THINK, PART_TOOL };
const char *part_name(enum part p);	/* "answer", "think", "tool" */

struct chat_message {
	const char *role;		/* "system", "user", "assistant", "tool" */
	const char *content;		/* of an assistant: the answer alone */
	/* Of an assistant's turn, each may be NULL.  The template decides what of it the model sees again. */
	const char *thinking;
	const char *tool_calls;		/* JSON: [{"name", "arguments"}, …] */
	const char *tool_text;		/* the same as the model wrote them, for templates that take no calls */
};
/* The exact prompt for MESSAGES through the model's own template (a model without one: see chat_fallback()). */
bool chat_render(const struct model *m, const struct chat_message *messages, size_t n, const struct tm *now,
    struct buf *out, struct err *e) MUST_CHECK;
/* NULL, or one sentence for the user saying which format stands in for a missing template. */
const char *chat_fallback(const struct model *m);

/* Whether the model thinks before it answers.  AUTO leaves it to the template. */
enum think { THINK_AUTO, THINK_ON, THINK_OFF };
/* By its name: "auto", "on", "off". */
enum think think_find(const char *name);
/* NULL, or one sentence saying that T cannot be asked of this model, or not quite. */
const char *chat_think_note(const struct model *m, enum think t);
/* NULL, or one sentence saying how tools are told to a model whose template has no place for them. */
const char *chat_tools_note(const struct model *m);

/* ---- session ---- */

/* Drafting what may follow and computing it in the same pass as the next token.  The text is the same, greedy or drawn;
 * it comes faster where drafts are right, as in edits and summaries, and hardly slower anywhere: how much is drafted
 * follows what it gains.  AUTO: from the prompt and the text so far, and by a draft model where there is one. */
enum speculate { SPECULATE_AUTO, SPECULATE_OFF };
enum speculate speculate_find(const char *name);	/* "off"; anything else is auto */

struct session_options {
	uint32_t n_ctx;			/* positions; 0: what the model was trained for, at most 4096.  With LongRoPE:
					 * beyond the original context all positions turn by the long divisors */
	enum kvtype kv;
	uint32_t chunk;			/* prompt tokens computed at a time; 0: 256 */
	uint32_t rewind;		/* tokens that session_truncate() can always take back where layers keep only a
					 * window; 0: 1024 */
	enum speculate speculate;
	struct model *draft;		/* drafts, borrowed; NULL: the one model_take_draft() gave, if any */
	uint32_t draft_max;		/* tokens of a draft at most; 0: as many as a pass takes, 14 */
};
struct session *session_open(struct model *m, const struct session_options *o, struct err *e) MUST_CHECK;
void session_close(struct session *s);		/* cancels, waits for the worker */
uint32_t session_n_ctx(const struct session *s);

/* Direct use, on the caller's thread, while no request runs: scripts, bench, tests.
 * Append N tokens to the timeline.  LOGITS: NULL, or [n][n_vocab] for all of them. */
bool session_eval(struct session *s, const uint32_t *ids, size_t n, float *logits, struct err *e) MUST_CHECK;
/* Of a model with an encoder: read an input, from which the decoder's timeline starts anew; session_eval() and the like
 * append to that. */
bool session_encode(struct session *s, const uint32_t *ids, size_t n, struct err *e) MUST_CHECK;
const float *session_logits(const struct session *s);	/* [n_vocab] of the last token, until the next call */
uint32_t session_n_past(const struct session *s);
/* Cut the timeline back to N_PAST tokens, or, where something that those after them look back to is no longer kept,
 * to fewer: returns how many are left, from which the caller evaluates again.  The result is exactly N_PAST when no
 * layer has a window, or for up to session_options.rewind tokens below the longest the timeline has been.  A model with
 * recurrent layers goes back to the last mark at or below N_PAST; the worker sets marks near the end of each prompt. */
uint32_t session_truncate(struct session *s, uint32_t n_past);
void session_mark(struct session *s);	/* here; the last few are kept.  Costs nothing without recurrent layers */

/* The timeline in a file: tokens, cache and state, not the sampling of a request.  It goes on bit for bit, in another
 * session of the same model with the same type of cache; its context need only hold the tokens (and with LongRoPE be on
 * the same side of the original context).  A file that does not
 * suit, or is damaged, is refused with one sentence, and the session is as it was. */
bool session_save(struct session *s, const char *path, struct err *e) MUST_CHECK;
bool session_restore(struct session *s, const char *path, struct err *e) MUST_CHECK;

/* The same as a cache, which may be lost at any time: readable by its owner alone, and nothing waits for the disk.  By any
 * one thread, while no request runs and nobody else uses the session. */
struct session_cache {
	const char *path;
	uint64_t origin;		/* what else must be the same for it to go on; a file of another one is refused */
	const _Atomic bool *stop;	/* NULL, or: give up writing once it is true (ERR_CANCELLED) */
};
bool session_cache_write(struct session *s, const struct session_cache *c, struct err *e) MUST_CHECK;
bool session_cache_read(struct session *s, const struct session_cache *c, struct err *e) MUST_CHECK;
uint64_t session_cache_bytes(const struct session *s);	/* of the file that would be written now */
/* TO goes on where FROM is: a session of the same model with another context.  False when it cannot hold that, and TO is
 * as it was. */
bool session_copy(struct session *to, struct session *from, struct err *e) MUST_CHECK;

/* A request: answered by the worker through events.  Everything is copied but the grammar, which is borrowed until the
 * last event. */
struct request {
	const struct chat_message *messages;	/* rendered through the template … */
	size_t n_messages;
	const char *raw;			/* … or, when not NULL, this text as it is (parse_special) */
	struct sampler_params sampling;
	uint32_t max_tokens;			/* 0: until the context is full */
	const char *const *stops;		/* the answer ends before any of these strings; thinking does not */
	size_t n_stops;
	enum think think;
	const char *tools;			/* a JSON list of tools the model may call, or NULL */
	/* Tokens that the answer begins with, as if the model had chosen them: it goes on from there.  Their events come
	 * before the first that it chooses; they count as tokens of the prompt.  Not with a grammar. */
	const uint32_t *begin;
	size_t n_begin;
	/* What the answer is held to, or NULL.  Where the model thinks first (the template opens it, or think is THINK_ON
	 * and the model begins so itself), it is the answer after that; no
	 * tool calls are looked for in it. */
	const struct grammar *grammar;
	bool only_prompt;			/* compute the prompt, so that what follows it comes quickly; no answer */
	/* To measure how fast a known text would be written: these tokens are taken whatever the sampler chose, and the
	 * answer ends after them.  Probabilities are those of its own choice.  Not with a grammar. */
	const uint32_t *given;
	size_t n_given;
};

enum event_kind { EVENT_PROMPT, EVENT_TOKEN, EVENT_CALL, EVENT_DONE, EVENT_ERROR };

enum stop_reason { STOP_END, STOP_STRING, STOP_LENGTH, STOP_CONTEXT, STOP_CANCELLED };
const char *stop_reason_name(enum stop_reason r);	/* "end", "string", "length", "context", "cancelled" */

/* What one turn cost.  Times in seconds. */
struct turn_stats {
	uint32_t n_prompt;		/* tokens of the prompt … */
	uint32_t n_reused;		/* … of which this many were still in the cache */
	uint32_t n_generated;
	double prompt_s, generate_s;
	double first_s;			/* request to first token */
	double bytes_per_token;		/* weights and cache read for one generated token, those of a draft model too */
	uint32_t n_drafted, n_accepted;	/* tokens of drafts that were computed; of n_generated, came from there */
	double alone_s;			/* what a token without drafts takes, as measured lately; 0: not known */
};

/* How many times as fast as without drafts the answer came, as far as that is known; 0: it is not, as after a short answer. */
double stats_gain(const struct turn_stats *t);

struct event {
	enum event_kind kind;
	struct turn_stats stats;	/* so far; always set */
	uint32_t prompt_done;		/* EVENT_PROMPT: tokens of n_prompt processed, reused ones included */
	uint32_t id;			/* EVENT_TOKEN; TOK_NONE: no token, only text that was held back until the end */
	float p, entropy;		/* EVENT_TOKEN: of the model's distribution before the sampler; entropy in bits */
	float after;			/* EVENT_TOKEN: its probability in what the sampler drew from */
	/* EVENT_TOKEN: the most probable tokens, best first; none of a token that the request began the answer with,
	 * whose probabilities are 0 too. */
	struct sampler_top top[SAMPLER_TOP];
	uint32_t n_top;
	enum part part;			/* EVENT_TOKEN: what the text belongs to */
	char *text;			/* EVENT_TOKEN: whole characters, perhaps none, without the markers of parts;
					 * EVENT_CALL: the arguments, a JSON object.  Freed by event_done(), as those below */
	size_t len;
	/* EVENT_CALL: a tool call is complete, whose text has come in tokens of PART_TOOL. */
	char *name;			/* NULL: it is malformed, err says why, and text is what the model wrote */
	char *raw;			/* what the model wrote, markers included; with the first call of several */
	enum stop_reason reason;	/* EVENT_DONE */
	struct err err;			/* EVENT_ERROR; EVENT_CALL without a name */
};
void event_done(struct event *ev);

/* False with *e set when a request is running already, or when it can never fit.  After the last event (EVENT_DONE or
 * EVENT_ERROR) the next request may follow at once. */
bool session_ask(struct session *s, const struct request *r, struct err *e) MUST_CHECK;
/* How many tokens the prompt of R has, without asking: what the answer begins with too. */
bool session_count(struct session *s, const struct request *r, uint32_t *n, struct err *e) MUST_CHECK;
void session_cancel(struct session *s);		/* takes effect within one layer; EVENT_DONE follows */
int session_wake_fd(const struct session *s);	/* readable while events wait */
bool session_next(struct session *s, struct event *out);	/* false: none now */
bool session_wait(struct session *s, struct event *out);	/* waits; false: closed */

/* What the time of a pass goes to. */
enum time_kind {
#define TIME(id, name) TIME_##id,
#include "core/time.def"
#undef TIME
	TIME_COUNT
};
const char *time_name(enum time_kind k);	/* "attention" */

enum pass_kind {
	PASS_ONE,			/* one token: generation */
	PASS_MANY,			/* more: prompts */
	PASS_COUNT
};
/* Since the session was opened, over all passes of a kind: how many, of how many tokens, and how long the leading thread
 * waited for the others in them, which is part of NS.  NS: NULL, or [n][TIME_COUNT] nanoseconds for each of the model's
 * n_layers, then for what belongs to none; n is returned.  May be called while a request runs. */
struct session_times {
	uint64_t n, n_tokens;
	uint64_t wait_ns, wait_by[TIME_COUNT];
};
uint32_t session_times(const struct session *s, enum pass_kind kind, struct session_times *out, uint64_t *ns);

/* Memory of this session in bytes. */
struct session_memory {
	uint64_t kv, scratch;
};
struct session_memory session_memory(const struct session *s);

#endif
