/* What a word of a registry may look like.  Everything that becomes a file name, an address or something a person
 * compares by eye is ASCII of few letters: no look-alikes, no paths that leave their folder, nothing a terminal obeys.
 * Each check fills *e with one sentence without the text itself, which may be hostile. */
#ifndef REGISTRY_CHECK_H
#define REGISTRY_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

/* A name people type: a-z 0-9 . _ -, beginning and ending with a letter or digit, no "..", at most 64 letters. */
bool check_id(const char *s, struct err *e) MUST_CHECK;
/* A few printable ASCII words, no blank at either end. */
bool check_word(const char *s, struct err *e) MUST_CHECK;
/* Sentences: UTF-8 on one line without controls, bidi or invisible characters; a word that holds Latin letters
 * holds no letters that only look so. */
bool check_text(const char *s, struct err *e) MUST_CHECK;
/* YYYY, YYYY-MM or YYYY-MM-DD. */
bool check_date(const char *s, struct err *e) MUST_CHECK;
/* A two- or three-letter code of ISO 639; "mul" says that there are more. */
bool check_language(const char *s, struct err *e) MUST_CHECK;
/* The name of one file: no folder, no leading dot or dash, a kind of file that is only read, no device name. */
bool check_file_name(const char *s, struct err *e) MUST_CHECK;
/* The same in folders: NAME/NAME/FILE, never leaving them. */
bool check_file_path(const char *s, struct err *e) MUST_CHECK;
/* OWNER/NAME on the hub. */
bool check_repo(const char *s, struct err *e) MUST_CHECK;
/* A commit: 40 or 64 hexadecimal digits in lower case. */
bool check_revision(const char *s, struct err *e) MUST_CHECK;
/* https://HOST/PATH without user, fragment or disguised dots, or file:///PATH. */
bool check_url(const char *s, struct err *e) MUST_CHECK;

/* N bytes from 2 N hexadecimal digits in lower case and nothing after them. */
bool check_hex(const char *s, unsigned char *out, size_t n, struct err *e) MUST_CHECK;

#endif
