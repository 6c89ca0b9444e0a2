/* Members of JSON objects, as the files of a registry have them: read with a check and one sentence when they are not
 * as they should be, written in canonical form. */
#ifndef REGISTRY_MEMBER_H
#define REGISTRY_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

/* TEXT[0..n), at most MAX bytes, without members that stand twice; NULL with *e.  The caller owns the reference. */
json_t *member_parse(const char *text, size_t n, size_t max, struct err *e) MUST_CHECK;

/* "format" is FORMAT. */
bool member_format(const json_t *object, uint64_t format, struct err *e) MUST_CHECK;
/* OBJECT has no members but KEYS (words) and those that KNOWN knows, which may be NULL. */
bool member_only(const json_t *object, const char *keys, bool (*known)(const char *key), struct err *e) MUST_CHECK;

/* What is not there leaves *out NULL, or the number as it was; REQUIRED: is an error. */
bool member_string(const json_t *object, const char *key, bool required, const char **out, struct err *e) MUST_CHECK;
/* A copy of the string, which CHECK accepted. */
bool member_text(const json_t *object, const char *key, bool required, bool (*check)(const char *s, struct err *e),
    char **out, struct err *e) MUST_CHECK;
bool member_choice(const json_t *object, const char *key, const char *words, char **out, struct err *e) MUST_CHECK;
/* From 1 to MAX. */
bool member_number(const json_t *object, const char *key, uint64_t max, uint64_t *out, struct err *e) MUST_CHECK;
/* Borrowed; *n elements, at most MAX, 0 when it is not there. */
bool member_list(const json_t *object, const char *key, size_t max, const json_t **list, size_t *n, struct err *e) MUST_CHECK;

/* Nothing is set for NULL and 0. */
void member_set_text(json_t *object, const char *key, const char *s);
void member_set_number(json_t *object, const char *key, uint64_t v);
/* Append OBJECT to OUT: members sorted, indented by two blanks, a newline at the end.  Takes the reference. */
void member_write(struct buf *out, json_t *object);

/* Is WORD one of WORDS, which blanks separate? */
bool member_in_words(const char *words, const char *word);

#endif
