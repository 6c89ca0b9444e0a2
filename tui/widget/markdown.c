/* md4c's events to blocks; see markdown.h. */
#define _GNU_SOURCE
#include "tui/widget/markdown.h"

#include <md4c.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

enum { NUMBER_MAX = 999999999, BULLET_COLUMNS = 2, MD_OWN_TEXT_MAX = 64 };

/* A container that is open. */
struct container {
	uint8_t prefix;			/* as in md_block */
	bool is_list, is_ordered;
	uint32_t number;
	char delimiter;
	uint8_t mark;			/* of the item that is open, until a block has taken it */
};

struct parse {
	struct md *m;
	const char *s;
	size_t n, base;
	struct container open[MD_DEPTH];
	size_t n_open;			/* may be more than are kept */
	uint8_t style;
	bool breaks;			/* before the next span */
	bool in_table, in_code;
	size_t pad;			/* spaces that md4c gave for the indent of a line of code */
	size_t last_end;		/* of the text seen so far */
	size_t checked;			/* blank lines were looked for up to here */
	bool has_block;			/* the last block of m is still being filled */
	size_t link_from;		/* spans of the link that is open begin there */
};

void
md_done(struct md *m)
{
	free(m->blocks);
	free(m->spans);
	free(m->cells);
	buf_done(&m->extra);
	buf_done(&m->text);
	*m = (struct md){0};
}

static struct md_block *
last_block(struct parse *p)
{
	return &p->m->blocks[p->m->n_blocks - 1];
}

static void
push_span(struct parse *p, struct md_span span)
{
	struct md *m = p->m;

	if (m->n_spans == m->spans_cap) {
		m->spans_cap = m->spans_cap ? 2 * m->spans_cap : 64;
		m->spans = mem_grow(m->spans, m->spans_cap, sizeof *m->spans);
	}
	span.breaks = p->breaks;
	p->breaks = false;
	m->spans[m->n_spans++] = span;
}

/* ---- blocks ---- */

/* Does a whole line without text lie in S[from..to)?  A quote's sign is no text. */
static bool
has_blank_line(const char *s, size_t from, size_t to)
{
	bool blank = from == 0;		/* anywhere else, text stands before */

	for (; from < to; from++) {
		if (s[from] == '\n') {
			if (blank)
				return true;
			blank = true;
		} else if (!strchr(" \t\r>", s[from])) {
			blank = false;
		}
	}
	return false;
}

/* The block begins at AT of the text. */
static void
place_block(struct parse *p, size_t at)
{
	struct md_block *b = last_block(p);

	if (at < p->checked)
		at = p->checked;
	b->at = (uint32_t)(p->base + at);
	b->blank = has_blank_line(p->s, p->checked, at);
	p->checked = at;
}

/* A rule's or an empty block's place: the next line that has something. */
static size_t
next_text(const struct parse *p, size_t at)
{
	const char *eol = memchr(p->s + at, '\n', p->n - at);

	if (at > 0 && !eol)
		return p->n;
	if (at > 0)
		at = (size_t)(eol - p->s) + 1;
	return at + strspn(p->s + at, " \t\r\n>");
}

static void
open_block(struct parse *p, enum md_kind kind)
{
	struct md *m = p->m;
	struct md_block b = {.kind = (uint8_t)kind, .first = (uint32_t)m->n_spans};
	size_t n = p->n_open < MD_DEPTH ? p->n_open : MD_DEPTH, k = 0;

	for (size_t i = 0; i < n; i++) {
		struct container *c = &p->open[i];

		if (c->is_list || !c->prefix)
			continue;
		b.prefix[k++] = c->prefix;
		if (c->mark && i + 1 == p->n_open) {
			b.mark = c->mark;
			b.number = c->number;
			b.delimiter = c->delimiter;
			c->mark = MD_NO_MARK;
		}
	}
	if (kind == MD_TABLE)
		b.first = (uint32_t)m->n_cells;
	if (m->n_blocks == m->blocks_cap) {
		m->blocks_cap = m->blocks_cap ? 2 * m->blocks_cap : 16;
		m->blocks = mem_grow(m->blocks, m->blocks_cap, sizeof *m->blocks);
	}
	m->blocks[m->n_blocks++] = b;
	p->has_block = true;
	p->breaks = false;
}

/* Text that stands in an item without a paragraph of its own. */
static void
need_block(struct parse *p)
{
	if (!p->has_block)
		open_block(p, MD_TEXT_BLOCK);
}

static void
close_block(struct parse *p)
{
	struct md_block *b;

	if (!p->has_block)
		return;
	b = last_block(p);
	p->has_block = false;
	if (b->kind == MD_TABLE)
		b->n = (uint32_t)p->m->n_cells - b->first;
	else
		b->n = (uint32_t)p->m->n_spans - b->first;
	if (b->kind == MD_RULE || b->n == 0) {
		size_t at = next_text(p, p->last_end);

		place_block(p, at);
		if (b->kind == MD_RULE) {
			p->last_end = at + strcspn(p->s + at, "\n");
			p->checked = p->last_end;
		}
	}
}

/* A mark whose item begins with another container stands alone. */
static void
place_mark(struct parse *p)
{
	close_block(p);
	if (p->n_open && p->n_open <= MD_DEPTH && p->open[p->n_open - 1].mark)
		open_block(p, MD_TEXT_BLOCK);
	close_block(p);
}

static void
push_container(struct parse *p, struct container c)
{
	if (p->n_open < MD_DEPTH)
		p->open[p->n_open] = c;
	p->n_open++;
}

static uint8_t
digits(uint32_t n)
{
	uint8_t d = 1;

	for (; n >= 10; n /= 10)
		d++;
	return d;
}

static void
open_ordered(struct parse *p, const MD_BLOCK_OL_DETAIL *d)
{
	struct container c = {.is_list = true, .is_ordered = true, .number = d->start, .delimiter = d->mark_delimiter};

	push_container(p, c);
}

static void
open_item(struct parse *p, const MD_BLOCK_LI_DETAIL *d)
{
	struct container c = {.prefix = BULLET_COLUMNS, .mark = MD_BULLET}, *list = NULL;

	if (p->n_open && p->n_open <= MD_DEPTH)
		list = &p->open[p->n_open - 1];
	if (list && list->is_ordered) {
		c.mark = MD_NUMBER;
		c.number = list->number < NUMBER_MAX ? list->number++ : NUMBER_MAX;
		c.delimiter = list->delimiter;
		c.prefix = (uint8_t)(digits(c.number) + 2);
	}
	if (d->is_task)
		c.mark = d->task_mark == ' ' ? MD_TASK : MD_DONE;
	push_container(p, c);
}

static void
close_container(struct parse *p)
{
	place_mark(p);
	p->n_open--;
}

static void
open_cell(struct parse *p, const MD_BLOCK_TD_DETAIL *d)
{
	static const uint8_t align[] = {
		[MD_ALIGN_DEFAULT] = MD_LEFT, [MD_ALIGN_LEFT] = MD_LEFT,
		[MD_ALIGN_CENTER] = MD_CENTER, [MD_ALIGN_RIGHT] = MD_RIGHT,
	};
	struct md *m = p->m;

	if (m->n_cells == m->cells_cap) {
		m->cells_cap = m->cells_cap ? 2 * m->cells_cap : 32;
		m->cells = mem_grow(m->cells, m->cells_cap, sizeof *m->cells);
	}
	m->cells[m->n_cells++] = (struct md_cell){.first = (uint32_t)m->n_spans, .align = align[d->align]};
	p->breaks = false;
}

static bool
is_inside(const struct parse *p, const char *s)
{
	return s >= p->s && s <= p->s + p->n;
}

static void
open_code(struct parse *p, const MD_BLOCK_CODE_DETAIL *d)
{
	open_block(p, MD_CODE_BLOCK);
	p->in_code = true;
	p->breaks = true;
	if (d->lang.size && is_inside(p, d->lang.text)) {
		size_t at = (size_t)(d->lang.text - p->s);

		last_block(p)->lang_at = (uint32_t)(p->base + at);
		last_block(p)->lang_len = d->lang.size;
		place_block(p, at);
	}
}

static int
enter_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct parse *p = arg;

	switch (type) {
	case MD_BLOCK_QUOTE:
		place_mark(p);
		push_container(p, (struct container){.prefix = MD_QUOTE});
		break;
	case MD_BLOCK_UL:
		place_mark(p);
		push_container(p, (struct container){.is_list = true});
		break;
	case MD_BLOCK_OL:
		place_mark(p);
		open_ordered(p, detail);
		break;
	case MD_BLOCK_LI:
		open_item(p, detail);
		break;
	case MD_BLOCK_HR:
		open_block(p, MD_RULE);
		close_block(p);
		break;
	case MD_BLOCK_H:
		open_block(p, MD_HEADING);
		last_block(p)->level = (uint8_t)((MD_BLOCK_H_DETAIL *)detail)->level;
		break;
	case MD_BLOCK_CODE:
		close_block(p);
		open_code(p, detail);
		break;
	case MD_BLOCK_TABLE:
		close_block(p);
		open_block(p, MD_TABLE);
		p->in_table = true;
		break;
	case MD_BLOCK_TH:
	case MD_BLOCK_TD:
		open_cell(p, detail);
		break;
	case MD_BLOCK_P:
	case MD_BLOCK_HTML:
		close_block(p);
		open_block(p, MD_TEXT_BLOCK);
		break;
	default:
		break;
	}
	return 0;
}

static void
close_row(struct parse *p)
{
	struct md_block *b = last_block(p);
	uint32_t n = (uint32_t)p->m->n_cells - b->first;

	if (!b->n_columns)
		b->n_columns = (uint8_t)(n < MD_COLUMNS_MAX ? n : MD_COLUMNS_MAX);
	/* Cells beyond what is kept of a row. */
	if (n % b->n_columns)
		p->m->n_cells -= n % b->n_columns;
}

static int
leave_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct parse *p = arg;

	(void)detail;
	switch (type) {
	case MD_BLOCK_QUOTE:
	case MD_BLOCK_UL:
	case MD_BLOCK_OL:
	case MD_BLOCK_LI:
		close_container(p);
		break;
	case MD_BLOCK_TH:
	case MD_BLOCK_TD:
		p->m->cells[p->m->n_cells - 1].n = (uint32_t)p->m->n_spans - p->m->cells[p->m->n_cells - 1].first;
		break;
	case MD_BLOCK_TR:
		close_row(p);
		break;
	case MD_BLOCK_H:
	case MD_BLOCK_CODE:
	case MD_BLOCK_P:
	case MD_BLOCK_HTML:
	case MD_BLOCK_TABLE:
		close_block(p);
		p->in_code = p->in_table = false;
		break;
	default:
		break;
	}
	return 0;
}

/* ---- text ---- */

static void
add_extra(struct parse *p, const char *s, size_t n, unsigned style)
{
	if (!n)
		return;
	push_span(p, (struct md_span){.at = MD_EXTRA | (uint32_t)p->m->extra.len, .len = (uint32_t)n, .style = (uint8_t)style});
	buf_add(&p->m->extra, s, n);
}

/* Text that stands at AT. */
static void
add_text(struct parse *p, size_t at, size_t n, unsigned style)
{
	struct md *m = p->m;

	if (m->blocks[m->n_blocks - 1].at == 0 && p->checked <= at)
		place_block(p, at);
	push_span(p, (struct md_span){.at = (uint32_t)(p->base + at), .len = (uint32_t)n, .style = (uint8_t)style});
	p->last_end = at + n;
	if (p->checked < p->last_end)
		p->checked = p->last_end;
}

/* A line of code comes as spaces for its indent, text, and "\n", where only the text is that of the source. */
static void
add_code(struct parse *p, const char *s, size_t n)
{
	if (n == 1 && *s == '\n') {
		if (p->breaks)
			push_span(p, (struct md_span){.at = (uint32_t)(p->base + p->last_end)});
		p->breaks = true;
		p->pad = 0;
	} else if (!is_inside(p, s)) {
		p->pad += n;
	} else if (n) {
		size_t at = (size_t)(s - p->s), pad = 0;

		while (pad < p->pad && at > pad && p->s[at - pad - 1] == ' ')
			pad++;
		add_text(p, at - pad, n + pad, 0);
		p->pad = 0;
	}
}

/* The few entities that models write; the others stay as they are, numbers too: they could be anything. */
static void
add_entity(struct parse *p, const char *s, size_t n, unsigned style)
{
	static const struct {
		const char *name, *text;
	} known[] = {
		{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&#39;", "'"},
		{"&nbsp;", " "},
	};

	if (is_inside(p, s))
		p->last_end = p->checked = (size_t)(s - p->s) + n;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strlen(known[i].name) == n && memcmp(known[i].name, s, n) == 0) {
			add_extra(p, known[i].text, 1, style);
			return;
		}
	add_extra(p, s, n, style);
}

/* "<br>" in a table is how models end a line there. */
static size_t
line_end_mark(const char *s, size_t n)
{
	static const char *const forms[] = {"<br>", "<br/>", "<br />"};

	for (size_t i = 0; n && *s == '<' && i < ARRAY_LEN(forms); i++)
		if (n >= strlen(forms[i]) && strncasecmp(s, forms[i], strlen(forms[i])) == 0)
			return strlen(forms[i]);
	return 0;
}

static void
add_words(struct parse *p, const char *s, size_t n, unsigned style)
{
	size_t from = 0, mark;

	if (!is_inside(p, s)) {
		add_extra(p, s, n, style);
		return;
	}
	for (size_t i = 0; p->in_table && i < n; i++)
		if ((mark = line_end_mark(s + i, n - i))) {
			if (i > from)
				add_text(p, (size_t)(s - p->s) + from, i - from, style);
			p->breaks = true;
			from = i + mark;
			i = from - 1;
		}
	if (n > from)
		add_text(p, (size_t)(s - p->s) + from, n - from, style);
}

/* md4c is not trusted with lengths: it once told of text with one below zero.  Its own strings are short. */
static bool
is_nonsense(const struct parse *p, const char *s, size_t n)
{
	return is_inside(p, s) ? n > (size_t)(p->s + p->n - s) : n > MD_OWN_TEXT_MAX;
}

static int
take_text(MD_TEXTTYPE type, const MD_CHAR *s, MD_SIZE n, void *arg)
{
	struct parse *p = arg;

	if (is_nonsense(p, s, n))
		return 0;
	if (p->in_code) {
		add_code(p, s, n);
		return 0;
	}
	if (!p->in_table)
		need_block(p);
	if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR)
		p->breaks = true;
	else if (type == MD_TEXT_ENTITY)
		add_entity(p, s, n, p->style);
	else
		add_words(p, s, n, p->style);
	return 0;
}

static unsigned
style_of(MD_SPANTYPE type)
{
	switch (type) {
	case MD_SPAN_EM:
		return MD_ITALIC;
	case MD_SPAN_STRONG:
		return MD_BOLD;
	case MD_SPAN_CODE:
		return MD_CODE;
	case MD_SPAN_DEL:
		return MD_STRIKE;
	case MD_SPAN_A:
	case MD_SPAN_IMG:
		return MD_LINK;
	default:
		return 0;
	}
}

static int
enter_span(MD_SPANTYPE type, void *detail, void *arg)
{
	struct parse *p = arg;

	(void)detail;
	if (!p->in_table)
		need_block(p);
	if (type == MD_SPAN_A || type == MD_SPAN_IMG)
		p->link_from = p->m->n_spans;
	p->style |= (uint8_t)style_of(type);
	return 0;
}

/* Is the text of the link its address? */
static bool
shows_address(const struct parse *p, const char *s, size_t n)
{
	const struct md *m = p->m;
	const struct md_span *last = &m->spans[m->n_spans - 1];

	if (m->n_spans != p->link_from + 1 || last->at & MD_EXTRA || last->len > n)
		return false;
	return memcmp(p->s + last->at - p->base, s + n - last->len, last->len) == 0;
}

static void
add_address(struct parse *p, const MD_ATTRIBUTE *a)
{
	if (!a->size || a->size > p->n || shows_address(p, a->text, a->size))
		return;
	add_extra(p, p->m->n_spans > p->link_from ? " (" : "(", p->m->n_spans > p->link_from ? 2 : 1, MD_ADDRESS);
	add_extra(p, a->text, a->size, MD_ADDRESS);
	add_extra(p, ")", 1, MD_ADDRESS);
}

static int
leave_span(MD_SPANTYPE type, void *detail, void *arg)
{
	struct parse *p = arg;

	p->style &= (uint8_t)~style_of(type);
	if (type == MD_SPAN_A)
		add_address(p, &((MD_SPAN_A_DETAIL *)detail)->href);
	if (type == MD_SPAN_IMG)
		add_address(p, &((MD_SPAN_IMG_DETAIL *)detail)->src);
	return 0;
}

void
md_parse_text(struct md *m, const char *s, size_t n, size_t base)
{
	static const MD_PARSER parser = {
		.flags = MD_DIALECT_GITHUB | MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS,
		.enter_block = enter_block, .leave_block = leave_block,
		.enter_span = enter_span, .leave_span = leave_span, .text = take_text,
	};
	struct parse p = {.m = m, .n = n, .base = base};

	m->n_blocks = m->n_spans = m->n_cells = 0;
	buf_clear(&m->extra);
	/* md4c 0.4 looks at what follows the text, and crashes when that closes a link: here it is a newline. */
	buf_clear(&m->text);
	buf_add(&m->text, s, n);
	buf_add_char(&m->text, '\n');
	p.s = m->text.data;
	md_parse(p.s, (MD_SIZE)n, &parser, &p);
}

/* ---- where to cut ---- */

static bool
is_blank(const char *s, size_t n)
{
	while (n && strchr(" \t\r", *s)) {
		s++;
		n--;
	}
	return n == 0;
}

/* "- ", "2. ", "# " at the left edge begin something of their own, whatever was before. */
static bool
begins_block(const char *s, size_t n)
{
	size_t d = 0;

	if (n >= 2 && strchr("-*+", *s) && s[1] == ' ')
		return true;
	while (d < n && d < 7 && s[d] == '#')
		d++;
	if (d)
		return d < 7 && d < n && s[d] == ' ';
	while (d < n && d < 9 && s[d] >= '0' && s[d] <= '9')
		d++;
	return d && d + 1 < n && (s[d] == '.' || s[d] == ')') && s[d + 1] == ' ';
}

size_t
md_cut(const char *s, size_t n)
{
	size_t at = 0;
	bool after_blank = false, in_fence = false;

	while (at < n) {
		const char *eol = memchr(s + at, '\n', n - at);
		size_t end = eol ? (size_t)(eol - s) : n, text = at;

		while (text < end && s[text] == ' ')
			text++;
		if (text + 3 <= end && (memcmp(s + text, "```", 3) == 0 || memcmp(s + text, "~~~", 3) == 0))
			in_fence = !in_fence;
		/* Two bytes of a line tell what it is; a space, that it may go on with what was before. */
		else if (at && !in_fence && end > at + 1 && text == at && s[at] != '\t' &&
		    (after_blank || begins_block(s + at, end - at)))
			return at;
		after_blank = is_blank(s + at, end - at);
		if (!eol)
			break;
		at = end + 1;
	}
	return 0;
}
