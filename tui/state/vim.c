/* Vim's modes and operations; see vim.h.  Words are runs of letters or of other signs, as vim's w and b have them; x, D and
 * motions stay in their line, and what was cut as a line is put back as one. */
#include "tui/state/vim.h"

#include <stddef.h>

#include "core/base/mark.h"
#include "tui/state/editor.h"
#include "tui/text.h"

enum kind { BLANK, SIGN, WORD };

enum context
vim_context(const struct vim *v)
{
	return v->mode == VIM_INSERT ? CONTEXT_vim_insert : v->mode == VIM_NORMAL ? CONTEXT_vim : CONTEXT_vim_pending;
}

bool
vim_waits(const struct vim *v)
{
	return v->mode == VIM_CUT || v->mode == VIM_CHANGE;
}

const char *
vim_mode_name(const struct vim *v)
{
	static const char *const names[] = {[VIM_INSERT] = N_("insert"), [VIM_NORMAL] = N_("normal"),
	    [VIM_CUT] = N_("cut to"), [VIM_CHANGE] = N_("change to")};

	return names[v->mode];
}

static enum kind
kind_at(const struct editor *ed, size_t at)
{
	char c = ed->text.data[at];

	if (c == ' ' || c == '\t' || c == '\n')
		return BLANK;
	return text_is_word(ed->text.data + at, ed->text.len - at) ? WORD : SIGN;
}

static size_t
after(const struct editor *ed, size_t at)
{
	return text_next(buf_str(&ed->text), ed->text.len, at);
}

static size_t
before(const struct editor *ed, size_t at)
{
	return text_prev(buf_str(&ed->text), ed->text.len, at);
}

static size_t
run_end(const struct editor *ed, size_t at)
{
	enum kind k;

	if (at >= ed->text.len)
		return at;
	k = kind_at(ed, at);
	while (at < ed->text.len && kind_at(ed, at) == k && !(k == BLANK && ed->text.data[at] == '\n'))
		at = after(ed, at);
	return at;
}

/* An empty line is a word too. */
static size_t
next_word(const struct editor *ed)
{
	const struct buf *t = &ed->text;
	size_t at = ed->at;

	if (at < t->len && kind_at(ed, at) != BLANK)
		at = run_end(ed, at);
	for (bool new_line = false; at < t->len && kind_at(ed, at) == BLANK; at = after(ed, at)) {
		if (t->data[at] == '\n' && new_line)
			break;
		new_line = t->data[at] == '\n';
	}
	return at;
}

static size_t
previous_word(const struct editor *ed)
{
	size_t at = ed->at;
	enum kind k;

	while (at > 0 && kind_at(ed, before(ed, at)) == BLANK)
		at = before(ed, at);
	if (at == 0)
		return 0;
	k = kind_at(ed, before(ed, at));
	while (at > 0 && kind_at(ed, before(ed, at)) == k)
		at = before(ed, at);
	return at;
}

/* Where a motion leads; SIZE_MAX: A is none. */
static size_t
target(const struct vim *v, const struct editor *ed, enum action a)
{
	size_t begin = editor_line_begin(ed), finish = editor_line_finish(ed), to;

	switch (a) {
	case ACTION_left:
		return ed->at > begin ? before(ed, ed->at) : ed->at;
	case ACTION_right:
		return ed->at < finish ? after(ed, ed->at) : ed->at;
	case ACTION_word_left:
	case ACTION_kill_word_left:
		return previous_word(ed);
	case ACTION_word_right:
	case ACTION_kill_word_right:
		/* "cw" leaves the blank behind the word; no cut goes into the next line. */
		to = v->mode == VIM_CHANGE && ed->at < finish && kind_at(ed, ed->at) != BLANK ?
		    run_end(ed, ed->at) : next_word(ed);
		return vim_waits(v) && to > finish ? finish : to;
	case ACTION_line_start:
	case ACTION_kill_line_left:
		return begin;
	case ACTION_line_end:
	case ACTION_kill_line:
		return finish;
	default:
		return SIZE_MAX;
	}
}

static bool
cut_line(struct editor *ed)
{
	bool ok;

	ed->cutting = false;
	ok = editor_kill_whole_line(ed);
	editor_move(ed, editor_line_begin(ed));
	return ok;
}

static void
change_line(struct editor *ed)
{
	if (!editor_cut(ed, editor_line_begin(ed), editor_line_finish(ed)))
		buf_clear(&ed->cut);		/* an empty line is a line */
	buf_add_char(&ed->cut, '\n');
}

/* The key after d or c. */
static bool
act_waiting(struct vim *v, struct editor *ed, enum action a)
{
	size_t to = target(v, ed, a);
	bool changes = v->mode == VIM_CHANGE, whole = a == ACTION_kill_whole_line;

	if (whole && changes) {
		change_line(ed);
	} else if (whole) {
		cut_line(ed);
	} else if (to != SIZE_MAX) {
		editor_cut(ed, to < ed->at ? to : ed->at, to < ed->at ? ed->at : to);
	}
	v->mode = changes && (whole || to != SIZE_MAX) ? VIM_INSERT : VIM_NORMAL;
	vim_settle(v, ed);
	return true;
}

/* Lines go below the line, what is less behind the character under the cursor. */
static bool
put_back(struct editor *ed)
{
	const struct buf *cut = &ed->cut;
	size_t finish = editor_line_finish(ed);
	struct buf line = {0};
	bool ok;

	if (cut->len == 0)
		return false;
	if (cut->data[cut->len - 1] != '\n') {
		editor_move(ed, ed->at < finish ? after(ed, ed->at) : ed->at);
		ok = editor_yank(ed);
		editor_move(ed, before(ed, ed->at));
		return ok;
	}
	editor_move(ed, finish);
	buf_add_char(&line, '\n');
	buf_add(&line, cut->data, cut->len - 1);
	ok = editor_insert(ed, line.data, line.len);
	editor_move(ed, editor_line_begin(ed));
	buf_done(&line);
	return ok;
}

static bool
insert_at(struct vim *v, struct editor *ed, size_t at)
{
	v->mode = VIM_INSERT;
	editor_move(ed, at);
	return true;
}

static bool
open_line(struct vim *v, struct editor *ed)
{
	insert_at(v, ed, editor_line_finish(ed));
	return editor_insert(ed, "\n", 1);
}

static bool
act_normal(struct vim *v, struct editor *ed, enum action a, bool *changed)
{
	size_t finish = editor_line_finish(ed), to = target(v, ed, a);

	switch (a) {
	case ACTION_vim_insert:
		*changed = insert_at(v, ed, ed->at);
		break;
	case ACTION_vim_append:
		*changed = insert_at(v, ed, ed->at < finish ? after(ed, ed->at) : ed->at);
		break;
	case ACTION_vim_insert_start:
		*changed = insert_at(v, ed, editor_line_begin(ed));
		break;
	case ACTION_vim_append_end:
		*changed = insert_at(v, ed, finish);
		break;
	case ACTION_vim_open:
		*changed = open_line(v, ed);
		break;
	case ACTION_vim_cut:
	case ACTION_vim_change:
		v->mode = a == ACTION_vim_cut ? VIM_CUT : VIM_CHANGE;
		*changed = true;
		break;
	case ACTION_delete_right:
		*changed = ed->at < finish && editor_cut(ed, ed->at, after(ed, ed->at));
		break;
	case ACTION_delete_left:
		*changed = ed->at > editor_line_begin(ed) && editor_cut(ed, before(ed, ed->at), ed->at);
		break;
	case ACTION_kill_line:
		*changed = editor_cut(ed, ed->at, finish);
		break;
	case ACTION_kill_whole_line:
		*changed = cut_line(ed);
		break;
	case ACTION_yank:
		*changed = put_back(ed);
		break;
	case ACTION_left:
	case ACTION_right:
	case ACTION_word_left:
	case ACTION_word_right:
	case ACTION_line_start:
	case ACTION_line_end:
		*changed = editor_move(ed, to);
		break;
	default:
		return false;
	}
	vim_settle(v, ed);
	return true;
}

bool
vim_act(struct vim *v, struct editor *ed, enum action a, bool *changed)
{
	*changed = true;
	if (vim_waits(v))
		return act_waiting(v, ed, a);
	if (v->mode == VIM_NORMAL)
		return act_normal(v, ed, a, changed);
	if (a != ACTION_vim_normal)
		return false;
	v->mode = VIM_NORMAL;
	if (ed->at > editor_line_begin(ed))
		editor_move(ed, before(ed, ed->at));
	return true;
}

bool
vim_other_key(struct vim *v)
{
	if (vim_waits(v))
		v->mode = VIM_NORMAL;
	return v->mode != VIM_INSERT;
}

void
vim_settle(const struct vim *v, struct editor *ed)
{
	/* Not a move: the column that up and down keep stays. */
	if (v->mode != VIM_INSERT && ed->at == editor_line_finish(ed) && ed->at > editor_line_begin(ed))
		ed->at = before(ed, ed->at);
}
