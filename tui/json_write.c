/* JSON as it is printed; see json_write.h. */
#include "tui/json_write.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/utf8.h"

static void
write_escaped(FILE *f, unsigned char c)
{
	static const char letters[] = "btn.fr";		/* 8 to 13; the vertical tab has none */

	if (c == '"' || c == '\\')
		fprintf(f, "\\%c", c);
	else if (c >= '\b' && c <= '\r' && c != '\v')
		fprintf(f, "\\%c", letters[c - '\b']);
	else
		fprintf(f, "\\u%04x", c);
}

void
json_write_str(FILE *f, const char *s, size_t n)
{
	putc('"', f);
	for (size_t at = 0; at < n;) {
		unsigned char c = (unsigned char)s[at];
		char good[4];
		uint32_t cp;
		bool ok;

		if (c < 0x80) {
			if (c < ' ' || c == '"' || c == '\\' || c == 0x7f)
				write_escaped(f, c);
			else
				putc(c, f);
			at++;
			continue;
		}
		at += utf8_decode(s + at, n - at, &cp, &ok);
		fwrite(good, 1, utf8_encode(good, cp), f);
	}
	putc('"', f);
}

void
json_add_call(struct buf *out, const char *name, const char *arguments)
{
	json_t *j = json_string(name);
	char *quoted = j ? json_dumps(j, JSON_ENCODE_ANY) : NULL;

	buf_printf(out, "{\"name\": %s, \"arguments\": ", quoted ? quoted : "\"\"");
	buf_add_str(out, arguments);
	buf_add_char(out, '}');
	free(quoted);
	json_decref(j);
}

void
json_write_real(FILE *f, double v, int digits)
{
	if (isfinite(v))
		fprintf(f, "%.*g", digits, v);
	else
		fputs("null", f);
}
