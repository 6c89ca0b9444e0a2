/* Questions to the person at the terminal, on standard error. */
#ifndef TUI_CMD_ASK_H
#define TUI_CMD_ASK_H

#include <stdbool.h>

/* Is there somebody to ask: are standard input and standard error terminals? */
bool ask_can(void);
/* QUESTION, and the first letter of the answer if it is one of LETTERS; else, and at an empty line or the end of the input,
 * the last of LETTERS: put the harmless one there. */
char ask(const char *question, const char *letters);
/* QUESTION with [Y/n] or [y/N] behind it; an empty line is BY_ITSELF, the end of the input no. */
bool ask_yes(const char *question, bool by_itself);

#endif
