/* Terminal input; see input.h. */
#define _GNU_SOURCE
#include "tui/term/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

enum { ESC = 0x1b, SEQUENCE_MAX = 64, STRING_MAX = 1024, PASTE_MAX = 8 << 20, PARAMS_MAX = 4 };

static const char paste_end[] = "\x1b[201~";

/* Final letters of CSI and SS3 keys. */
static const struct {
	char final;
	uint32_t code;
} letters[] = {
	{'A', KEYCODE_UP}, {'B', KEYCODE_DOWN}, {'C', KEYCODE_RIGHT}, {'D', KEYCODE_LEFT}, {'H', KEYCODE_HOME},
	{'F', KEYCODE_END}, {'P', KEYCODE_F1}, {'Q', KEYCODE_F1 + 1}, {'R', KEYCODE_F1 + 2}, {'S', KEYCODE_F1 + 3},
	{'M', KEYCODE_ENTER},
};

/* First numbers of CSI n ~ keys. */
static const struct {
	int number;
	uint32_t code;
} numbers[] = {
	{1, KEYCODE_HOME}, {2, KEYCODE_INSERT}, {3, KEYCODE_DELETE}, {4, KEYCODE_END}, {5, KEYCODE_PGUP},
	{6, KEYCODE_PGDN}, {7, KEYCODE_HOME}, {8, KEYCODE_END}, {11, KEYCODE_F1}, {12, KEYCODE_F1 + 1},
	{13, KEYCODE_F1 + 2}, {14, KEYCODE_F1 + 3}, {15, KEYCODE_F1 + 4}, {17, KEYCODE_F1 + 5},
	{18, KEYCODE_F1 + 6}, {19, KEYCODE_F1 + 7}, {20, KEYCODE_F1 + 8}, {21, KEYCODE_F1 + 9},
	{23, KEYCODE_F1 + 10}, {24, KEYCODE_F1 + 11},
};

/* What reading one sequence came to. */
enum found { FOUND_EVENT, FOUND_NOTHING, FOUND_INCOMPLETE };

void
input_done(struct input *in)
{
	buf_done(&in->held);
	buf_done(&in->paste);
	*in = (struct input){0};
}

void
input_feed(struct input *in, const char *bytes, size_t n)
{
	if (in->at) {
		buf_erase(&in->held, 0, in->at);
		in->at = 0;
	}
	buf_add(&in->held, bytes, n);
}

bool
input_pending(const struct input *in)
{
	return in->at < in->held.len && !in->pasting;
}

static enum found
set_key(struct input_event *ev, uint32_t code, unsigned mods)
{
	ev->kind = INPUT_KEY;
	ev->key = (struct key){code, mods};
	return FOUND_EVENT;
}

/* One byte below 0x20, or DEL. */
static enum found
control_key(struct input_event *ev, unsigned char c, unsigned mods)
{
	switch (c) {
	case '\r':
		return set_key(ev, KEYCODE_ENTER, mods);
	case '\t':
		return set_key(ev, KEYCODE_TAB, mods);
	case ESC:
		return set_key(ev, KEYCODE_ESC, mods);
	case 0x7f:
		return set_key(ev, KEYCODE_BACKSPACE, mods);
	case 0:
		return set_key(ev, ' ', mods | MOD_CTRL);
	default:
		return set_key(ev, c + (c < 0x1b ? 'a' - 1u : '@' + 0u), mods | MOD_CTRL);
	}
}

/* xterm and kitty count modifiers from 1: shift 1, alt 2, ctrl 4. */
static unsigned
modifiers(int param)
{
	return param > 1 ? (unsigned)(param - 1) & (MOD_SHIFT | MOD_ALT | MOD_CTRL) : 0;
}

/* CSI u and modifyOtherKeys name a key by its code point. */
static enum found
named_key(struct input_event *ev, int code, unsigned mods)
{
	if (code == '\r' || code == '\t' || code == ESC || code == 0x7f)
		return control_key(ev, (unsigned char)code, mods);
	if (code < ' ' || code > 0x10ffff)
		return FOUND_NOTHING;
	return set_key(ev, (uint32_t)code, mods);
}

static enum found
tilde_key(struct input *in, struct input_event *ev, const int *params)
{
	if (params[0] == 200) {
		in->pasting = true;
		buf_clear(&in->paste);
		return FOUND_NOTHING;
	}
	if (params[0] == 27)
		return named_key(ev, params[2], modifiers(params[1]));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (numbers[i].number == params[0])
			return set_key(ev, numbers[i].code, modifiers(params[1]));
	return FOUND_NOTHING;
}

static enum found
letter_key(struct input_event *ev, char final, unsigned mods)
{
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (letters[i].final == final)
			return set_key(ev, letters[i].code, mods);
	return FOUND_NOTHING;
}

static void
parse_params(const char *s, size_t n, int *params)
{
	int i = 0;

	memset(params, 0, PARAMS_MAX * sizeof *params);
	for (size_t at = 0; at < n && i < PARAMS_MAX; at++) {
		if (s[at] >= '0' && s[at] <= '9')
			params[i] = params[i] < 1000000 ? params[i] * 10 + (s[at] - '0') : params[i];
		else if (s[at] == ';')
			i++;
		else if (s[at] == ':')		/* a sub-parameter: skip it */
			at += strcspn(s + at, ";") < n - at ? strcspn(s + at, ";") - 1 : n - at;
	}
}

/* SGR 1006: button, column and row from 1.  Shift, Alt and Ctrl do not matter; moves, releases and other buttons are
 * nothing. */
static enum found
read_mouse(const int *params, bool down, struct input_event *ev)
{
	int button = params[0] & ~(4 | 8 | 16);

	if (!down || params[1] < 1 || params[2] < 1 || (button != 0 && button != 64 && button != 65))
		return FOUND_NOTHING;
	ev->kind = button == 0 ? INPUT_CLICK : INPUT_WHEEL;
	ev->step = button == 64 ? -1 : 1;
	ev->col = params[1] - 1;
	ev->row = params[2] - 1;
	return FOUND_EVENT;
}

/* S[0..n) follows ESC [.  *used: bytes of it that belong to the sequence. */
static enum found
read_csi(struct input *in, const char *s, size_t n, size_t *used, struct input_event *ev)
{
	size_t at = 0;
	int params[PARAMS_MAX];
	bool private;

	if (n > 0 && s[0] == '[') {		/* Linux console: ESC [ [ A to E are F1 to F5 */
		*used = 2;
		if (n < 2)
			return FOUND_INCOMPLETE;
		return s[1] >= 'A' && s[1] <= 'E' ? set_key(ev, KEYCODE_F1 + (uint32_t)(s[1] - 'A'), 0) :
		    FOUND_NOTHING;
	}
	while (at < n && at < SEQUENCE_MAX && (unsigned char)s[at] >= 0x20 && (unsigned char)s[at] < 0x40)
		at++;
	if (at == n)
		return FOUND_INCOMPLETE;
	*used = at + 1;
	if ((unsigned char)s[at] < 0x40 || (unsigned char)s[at] > 0x7e) {
		*used = at;			/* not a sequence: drop what looked like one */
		return FOUND_NOTHING;
	}
	private = s[0] >= '<' && s[0] <= '?';
	if (s[0] == '<' && (s[at] == 'M' || s[at] == 'm')) {
		parse_params(s + 1, at - 1, params);
		return read_mouse(params, s[at] == 'M', ev);
	}
	if (s[0] == '?' && at > 1 && s[at - 1] == '$' && s[at] == 'y') {	/* DECRPM: 1 set, 2 reset, else unknown */
		parse_params(s + 1, at - 2, params);
		ev->kind = INPUT_SYNC;
		return params[0] == 2026 && (params[1] == 1 || params[1] == 2) ? FOUND_EVENT : FOUND_NOTHING;
	}
	parse_params(s, at, params);
	if (private)
		return FOUND_NOTHING;
	switch (s[at]) {
	case '~':
		return tilde_key(in, ev, params);
	case 'u':
		return named_key(ev, params[0], modifiers(params[1]));
	case 'Z':
		return set_key(ev, KEYCODE_TAB, MOD_SHIFT);
	case 'R':			/* on the first row it is F3 with a modifier */
		if (params[0] < 2 || params[1] < 1)
			return letter_key(ev, s[at], modifiers(params[1]));
		*ev = (struct input_event){.kind = INPUT_PLACE, .row = params[0] - 1, .col = params[1] - 1};
		return FOUND_EVENT;
	case 'n':
		ev->kind = INPUT_STATUS;
		return params[0] == 0 ? FOUND_EVENT : FOUND_NOTHING;
	default:
		return letter_key(ev, s[at], modifiers(params[1]));
	}
}

/* "11;rgb:RRRR/GGGG/BBBB" with one to four digits each. */
static enum found
read_colour(const char *s, size_t n, struct input_event *ev)
{
	char text[64];
	unsigned rgb[3];
	int start[3], end[3];

	if (n >= sizeof text)
		return FOUND_NOTHING;
	memcpy(text, s, n);
	text[n] = '\0';
	/* %x takes signs and blanks as well. */
	if (strncmp(text, "11;rgb:", 7) != 0 || text[7 + strspn(text + 7, "0123456789abcdefABCDEF/")] != '\0')
		return FOUND_NOTHING;
	if (sscanf(text, "11;rgb:%n%4x%n/%n%4x%n/%n%4x%n", &start[0], &rgb[0], &end[0], &start[1], &rgb[1], &end[1],
	    &start[2], &rgb[2], &end[2]) != 3)
		return FOUND_NOTHING;
	for (int i = 0; i < 3; i++)
		rgb[i] = rgb[i] * 255 / ((1u << 4 * (end[i] - start[i])) - 1);
	ev->kind = INPUT_BACKGROUND;
	ev->red = (int)rgb[0];
	ev->green = (int)rgb[1];
	ev->blue = (int)rgb[2];
	return FOUND_EVENT;
}

/* S[0..n) follows ESC and an opener of a string (OSC, DCS, …): up to BEL or ESC \. */
static enum found
read_string(const char *s, size_t n, bool osc, size_t *used, struct input_event *ev)
{
	for (size_t at = 0; at < n && at < STRING_MAX; at++) {
		bool st = s[at] == ESC && at + 1 < n && at + 1 < STRING_MAX && s[at + 1] == '\\';

		if (s[at] != '\a' && !st)
			continue;
		*used = at + (st ? 2 : 1);
		return osc ? read_colour(s, at, ev) : FOUND_NOTHING;
	}
	*used = n < STRING_MAX ? n : STRING_MAX;	/* no terminal answers so much: what follows may be keys */
	return n < STRING_MAX ? FOUND_INCOMPLETE : FOUND_NOTHING;
}

static enum found
read_char(const char *s, size_t n, unsigned mods, bool flush, size_t *used, struct input_event *ev)
{
	uint32_t cp;
	bool ok;

	*used = 1;
	if ((unsigned char)*s < 0x20 || *s == 0x7f)
		return control_key(ev, (unsigned char)*s, mods);
	*used = utf8_decode(s, n, &cp, &ok);
	if (!ok && !flush && *used == n && utf8_incomplete_tail(s, n) == n)
		return FOUND_INCOMPLETE;
	return ok && cp >= ' ' && (cp < 0x7f || cp > 0x9f) ? set_key(ev, cp, mods) : FOUND_NOTHING;
}

/* S[0] is ESC. */
static enum found
read_escape(struct input *in, const char *s, size_t n, bool flush, size_t *used, struct input_event *ev)
{
	enum found found = FOUND_INCOMPLETE;
	size_t rest = 0;

	*used = 1;
	if (n > 1 && s[1] == '[')
		found = read_csi(in, s + 2, n - 2, &rest, ev);
	else if (n > 2 && s[1] == 'O' && s[2] != ESC)
		rest = 1, found = letter_key(ev, s[2], 0);
	else if (n > 1 && strchr("]P_^X", s[1]) && s[1])
		found = read_string(s + 2, n - 2, s[1] == ']', &rest, ev);
	else if (n > 1 && s[1] != ESC && s[1] != 'O') {
		found = read_char(s + 1, n - 1, MOD_ALT, flush, &rest, ev);
		*used = 1 + rest;
		return found;
	} else if (n > 1 && s[1] == ESC) {
		return set_key(ev, KEYCODE_ESC, 0);
	}
	if (found != FOUND_INCOMPLETE) {
		*used = 2 + rest;
		return found;
	}
	if (!flush)
		return FOUND_INCOMPLETE;
	if (n == 1)
		return set_key(ev, KEYCODE_ESC, 0);
	*used = 2;				/* Alt-[ , Alt-O and the like, typed by hand */
	return set_key(ev, (unsigned char)s[1], MOD_ALT);
}

/* The end of a paste may be cut anywhere between two reads. */
static bool
read_paste(struct input *in, struct input_event *ev)
{
	const char *s = in->held.data + in->at;
	size_t n = in->held.len - in->at, end_len = sizeof paste_end - 1, take;
	const char *end = memmem(s, n, paste_end, end_len);

	take = end ? (size_t)(end - s) : n >= end_len ? n - end_len + 1 : 0;
	if (in->paste.len + take <= PASTE_MAX)
		buf_add(&in->paste, s, take);
	in->at += take;
	if (!end)
		return false;
	in->at += end_len;
	in->pasting = false;
	*ev = (struct input_event){.kind = INPUT_PASTE, .text = buf_str(&in->paste), .len = in->paste.len};
	return true;
}

bool
input_next(struct input *in, bool flush, struct input_event *ev)
{
	while (in->at < in->held.len) {
		const char *s = in->held.data + in->at;
		size_t n = in->held.len - in->at, used = 1;
		enum found found;

		if (in->pasting) {
			if (read_paste(in, ev))
				return true;
			if (in->pasting)
				return false;
			continue;
		}
		*ev = (struct input_event){0};
		found = *s == ESC ? read_escape(in, s, n, flush, &used, ev) :
		    read_char(s, n, 0, flush, &used, ev);
		if (found == FOUND_INCOMPLETE)
			return false;
		in->at += used;
		if (found == FOUND_EVENT)
			return true;
	}
	return false;
}
