/* Small files of other programs: strings in JSON and in simple YAML.  Whatever is odd is not there. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/adopt_kind.h"

bool
adopt_read_setting(const char *path, struct buf *text)
{
	int fd = adopt_open(AT_FDCWD, path, O_RDONLY);
	struct stat st;
	bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fs_read_fd(text, fd, path, ADOPT_SETTING_MAX, NULL);

	if (fd >= 0)
		close(fd);
	return ok;
}

char *
adopt_json_get(const char *text, size_t n, const char *key)
{
	json_t *j = json_loadb(text, n, 0, NULL);
	const char *value = json_string_value(json_object_get(j, key));
	char *copy = value && *value && strlen(value) < ADOPT_WORD_MAX ? mem_dup(value) : NULL;

	json_decref(j);
	return copy;
}

/* What is between the quotes, or up to a comment; NULL: it goes on in the next line, or is no text. */
static char *
yaml_value(const char *s, size_t n)
{
	struct buf out = {0};
	char quote = n && (*s == '"' || *s == '\'') ? *s : '\0';
	bool closed = !quote;

	for (size_t i = quote != 0; i < n; i++) {
		if (quote == '"' && s[i] == '\\' && i + 1 < n && strchr("\\\"/", s[i + 1])) {
			buf_add_char(&out, s[++i]);
		} else if (quote == '"' && s[i] == '\\') {
			break;
		} else if (quote == '\'' && s[i] == quote && i + 1 < n && s[i + 1] == quote) {
			buf_add_char(&out, s[i++]);
		} else if (quote && s[i] == quote) {
			closed = true;
			break;
		} else if (!quote && s[i] == '#' && (i == 0 || s[i - 1] == ' ')) {
			break;
		} else {
			buf_add_char(&out, s[i]);
		}
	}
	while (!quote && out.len && strchr(" \t\r", out.data[out.len - 1]))
		buf_truncate(&out, out.len - 1);
	if (closed && out.len && out.len < ADOPT_WORD_MAX && !memchr(out.data, '\0', out.len) && !strchr("|>&*{[!", out.data[0]))
		return buf_take(&out);
	buf_done(&out);
	return NULL;
}

char *
adopt_yaml_get(const char *text, size_t n, const char *key)
{
	const char *end = text + n, *next;
	size_t len = strlen(key);

	for (const char *line = text; line < end; line = next) {
		const char *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end, *s;

		next = newline ? newline + 1 : end;
		if ((size_t)(stop - line) <= len || memcmp(line, key, len) != 0 || line[len] != ':')
			continue;
		for (s = line + len + 1; s < stop && (*s == ' ' || *s == '\t'); s++)
			;
		return s > line + len + 1 ? yaml_value(s, (size_t)(stop - s)) : NULL;
	}
	return NULL;
}
