/* The tokens of an answer as people read them, and what stands in for each. */
#ifndef TUI_STATE_TOKENS_H
#define TUI_STATE_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

struct talk;
struct turn_token;

/* The last answer whose tokens are known: its turn; c->n_turns: there is none. */
size_t tokens_turn(const struct talk *c);
/* Why there is none, for a person. */
const char *tokens_why_not(const struct talk *c);
/* The text of one token, clean, quoted, line breaks and the like as escapes: "\n" is '"\\n"'. */
void tokens_quote(const struct talk *c, uint32_t id, struct buf *out);
/* 0 (sure) to 9 (six bits of doubt and more). */
int tokens_heat(const struct turn_token *t);

#endif
