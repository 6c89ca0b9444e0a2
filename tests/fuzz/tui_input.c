/* Bytes of a terminal: keys, pastes, the mouse, answers to queries.  The same events come of them however they are cut, and
 * each is one that can be. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/term/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct input_event *ev)
{
	switch (ev->kind) {
	case INPUT_KEY:
		if (ev->key.code == 0 || ev->key.code > KEYCODE_F12 || ev->key.mods > (MOD_SHIFT | MOD_ALT | MOD_CTRL))
			abort();
		break;
	case INPUT_CLICK:
	case INPUT_WHEEL:
		if (ev->row < 0 || ev->col < 0 || (ev->step != 1 && ev->step != -1))
			abort();
		break;
	case INPUT_BACKGROUND:
		if ((unsigned)ev->red > 255 || (unsigned)ev->green > 255 || (unsigned)ev->blue > 255)
			abort();
		break;
	default:
		break;
	}
}

static void
take(struct input *in, bool flush, struct buf *out)
{
	struct input_event ev;

	while (input_next(in, flush, &ev)) {
		check(&ev);
		buf_printf(out, "%d %u %u %d %d %d %d %d %d ", ev.kind, (unsigned)ev.key.code, ev.key.mods, ev.red, ev.green,
		    ev.blue, ev.row, ev.col, ev.step);
		if (ev.kind == INPUT_PASTE)
			buf_add(out, ev.text, ev.len);
		buf_add_char(out, '\n');
	}
}

/* In pieces of N bytes. */
static void
decode(const uint8_t *data, size_t size, size_t n, struct buf *out)
{
	struct input in = {0};

	for (size_t at = 0; at < size; at += n) {
		input_feed(&in, (const char *)data + at, size - at < n ? size - at : n);
		take(&in, false, out);
	}
	take(&in, true, out);
	(void)input_pending(&in);
	input_done(&in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = {0}, parts = {0};

	if (size == 0 || size > 1 << 14)
		return 0;
	decode(data, size, size, &whole);
	for (size_t n = 1; n < 8; n += 3) {
		buf_clear(&parts);
		decode(data, size, n, &parts);
		if (parts.len != whole.len || memcmp(buf_str(&parts), buf_str(&whole), whole.len) != 0)
			abort();
	}
	buf_done(&whole);
	buf_done(&parts);
	return 0;
}
