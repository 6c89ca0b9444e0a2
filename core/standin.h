/* Chat formats for models without a template of their own; the table is standin.def. */
#ifndef CORE_STANDIN_H
#define CORE_STANDIN_H

#include <stdbool.h>
#include <stdint.h>

struct gguf;
struct tok;

struct standin {
	const char *arch;
	uint32_t layers;
	const char *name, *token;
	bool marks;
	const char *template, *sentence;
};
const struct standin *standin_find(const struct gguf *g, const struct tok *t);

#endif
