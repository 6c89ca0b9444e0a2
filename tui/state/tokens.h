/* The tokens of an answer as people read them, and what stands in for each. */
#ifndef TUI_STATE_TOKENS_H
#define TUI_STATE_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

struct talk;
struct turn;
struct turn_token;

/* The last answer whose tokens are known: its turn; c->n_turns: there is none. */
size_t tokens_turn(const struct talk *c);
/* Why there is none, for a person. */
const char *tokens_why_not(const struct talk *c);
/* The text of one token, clean, quoted, line breaks and the like as escapes: "\n" is '"\\n"'. */
void tokens_quote(const struct talk *c, uint32_t id, struct buf *out);
/* The same for tokens FROM to before TO of an answer, as one text. */
void tokens_quote_all(const struct talk *c, const struct turn *t, size_t from, size_t to, struct buf *out);
size_t tokens_size(const struct talk *c, uint32_t id);		/* bytes of its text */
/* 0 (sure) to 9 (six bits of doubt and more). */
int tokens_heat(const struct turn_token *t);

#endif
