/* What talk.c, turn.c and talk_prompt.c share. */
#ifndef TUI_STATE_TALK_IMPL_H
#define TUI_STATE_TALK_IMPL_H

#include "tui/state/talk.h"

/* turn.c */
void turn_add_text(struct turn *t, const char *s, size_t n);
void turn_add_token(struct turn *t, const struct turn_token *token);
bool turn_has_said(const struct turn *t);	/* an answer, or a call */

/* talk_prompt.c */
/* Send the conversation, whose last turn is a question; the answer begins with the tokens of BEGUN, or NULL. */
bool talk_request(struct talk *c, const struct turn *begun, bool only_prompt, struct err *e) MUST_CHECK;
/* Before anything is taken away for P: does it fit?  c->n_needed tells when it does not. */
bool talk_has_room(struct talk *c, const struct talk_prompt *p, struct err *e) MUST_CHECK;
void talk_count_files(struct talk *c);		/* of the questions that are sent */

#endif
