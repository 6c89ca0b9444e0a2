/* What is inside a model file: what it says of itself, its tensors, its vocabulary, its template and a sample of it, as a
 * list of rows under headings that fold.  Rows are made when they are drawn, so that a vocabulary of any size costs
 * nothing. */
#ifndef TUI_STATE_INSIDE_H
#define TUI_STATE_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/inspect.h"

enum inside_section {
	INSIDE_FACTS, INSIDE_METADATA, INSIDE_TENSORS, INSIDE_VOCABULARY, INSIDE_TEMPLATE, INSIDE_SAMPLE, INSIDE_SECTIONS,
};

struct tok;

struct inside {
	char *name;
	struct gguf *gguf;
	struct inspect facts;
	struct tok *tok;		/* NULL: not one that minnow knows */
	bool is_bytes;			/* the vocabulary spells bytes as letters */
	struct gguf_str *tokens;	/* n_tokens, as the file spells them */
	uint32_t n_tokens;
	struct buf facts_text;		/* "label\ttext", one a line */
	struct buf template_text, sample;	/* made harmless */
	uint32_t *template_lines, *sample_lines, *fact_lines;	/* where each begins */
	size_t n_template, n_sample, n_facts;

	bool open[INSIDE_SECTIONS];
	bool filtered;
	uint32_t *match[INSIDE_SECTIONS];	/* what the filter lets through, of the three long ones */
	size_t n_match[INSIDE_SECTIONS];
	size_t mark, top;
	int height;
};

/* Open PATH, in a process of its own first unless VOUCHED (guard.h).  NULL with *e. */
struct inside *inside_open(const char *name, const char *path, bool vouched, const char *sound_file, struct err *e) MUST_CHECK;
void inside_close(struct inside *in);		/* accepts NULL */

size_t inside_n_rows(const struct inside *in);
/* The section of row I, and which of its rows it is; SIZE_MAX: the heading. */
enum inside_section inside_at(const struct inside *in, size_t i, size_t *row);
/* "Vocabulary"; how many it holds, and how many of them the filter lets through. */
const char *inside_title(enum inside_section s);
size_t inside_count(const struct inside *in, enum inside_section s);
/* Row ROW of section S in two parts, harmless, each on one line. */
void inside_row(const struct inside *in, enum inside_section s, size_t row, struct buf *left, struct buf *right);

bool inside_move(struct inside *in, long rows);
bool inside_fold(struct inside *in);
/* Show only keys, tensors and tokens that hold TEXT, in letters of any case; a number is a token's as well. */
void inside_filter(struct inside *in, const char *text);
void inside_fit(struct inside *in, int height);

#endif
