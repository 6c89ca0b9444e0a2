/* Markdown as rows: every kind of block, tables that fit, coloured code; and what holds for any text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/data/flow.h"
#include "tui/draw.h"
#include "tui/text.h"
#include "tui/widget/flow.h"
#include "tui/widget/highlight.h"

struct picture {
	struct flow flow;
	struct grid grid;
};

static void
draw(struct picture *p, const char *text, int columns)
{
	*p = (struct picture){0};
	flow_update(&p->flow, text, strlen(text), columns);
	grid_init(&p->grid, (int)p->flow.n_rows + 1, columns);
	for (size_t i = 0; i < p->flow.n_rows; i++)
		flow_draw(&p->flow, i, text, &p->grid, (int)i, 0, columns, glyphs_get(false));
}

static void
picture_done(struct picture *p)
{
	flow_done(&p->flow);
	grid_done(&p->grid);
}

/* TEXT at COLUMNS looks like WANT, a line a row. */
static void
looks(const char *text, int columns, const char *want)
{
	struct picture p;
	struct buf got = {0};

	draw(&p, text, columns);
	for (size_t i = 0; i < p.flow.n_rows; i++) {
		struct buf row = {0};

		grid_row_text(&p.grid, (int)i, &row);
		buf_printf(&got, "%s\n", buf_str(&row));
		buf_done(&row);
	}
	assert_string_equal(buf_str(&got), want);
	buf_done(&got);
	picture_done(&p);
}

static void
blocks(void **state)
{
	(void)state;
	looks("# Title\ntext\n\n\n\nmore\n", 40, "Title\ntext\n\nmore\n");
	looks("one\ntwo  \nthree", 40, "one\ntwo\nthree\n");
	looks("> a\n> b\n>\n> c\n\nd", 40, "│ a\n│ b\n│\n│ c\n\nd\n");
	looks("> - a\n>   > b", 40, "│ • a\n│   │ b\n");
	looks("a\n\n---\n\nb", 6, "a\n\n──────\n\nb\n");
	looks("see [here](http://x.y) and <http://z.w> ![pic](p.png)", 60,
	    "see here (http://x.y) and http://z.w pic (p.png)\n");
	looks("a &lt;b&gt; &amp; &#27; &copy;", 40, "a <b> & &#27; &copy;\n");
	looks("<b>no</b> <script>", 40, "<b>no</b> <script>\n");
	looks("**open and *half", 40, "**open and *half\n");
	looks("costs $5 and $6", 40, "costs $5 and $6\n");
	looks("", 40, "");
	looks("\n\n", 40, "");
}

static void
lists(void **state)
{
	(void)state;
	looks("- a\n- b\n  - c\n    more of c\n- d", 40, "• a\n• b\n  • c\n    more of c\n• d\n");
	looks("9. nine\n10. ten\n", 40, "9. nine\n10. ten\n");
	looks("1. one\n\n   still one\n\n2. two", 40, "1. one\n\n   still one\n\n2. two\n");
	looks("1) one\n2) two", 40, "1) one\n2) two\n");
	looks("- [ ] open\n- [x] done", 40, "☐ open\n☑ done\n");
	looks("- long enough to be wrapped", 16, "• long enough to\n  be wrapped\n");
	looks("- ", 40, "•\n");
	looks("- - a", 40, "•\n  • a\n");
	looks("1. a\n   ```\n   x\n     y\n   ```\n2. b", 40, "1. a\n       x\n         y\n2. b\n");
}

static void
fences(void **state)
{
	(void)state;
	looks("a\n\n```c\nint x;\n\n\ty\n```\n\nb", 40, "a\n\n    int x;\n\n            y\n\nb\n");
	looks("````\n```\n````\nx", 40, "    ```\nx\n");
	looks("~~~\na\n```\n~~~\nb", 40, "    a\n    ```\nb\n");
	looks("```\nnever closed", 40, "    never closed\n");
	looks("```py", 40, "");
	looks("```\n0123456789abcdef\n```", 16, "    0123456789ab\n    cdef\n");
}

static void
tables(void **state)
{
	static const char text[] = "| a | number |\n|---|--:|\n| one | 1 |\n| **two** of<br>them | 22 |\n\nend";

	(void)state;
	looks(text, 40, "a       number\n──────  ──────\none          1\ntwo of      22\nthem\n\nend\n");
	looks("|a|b|\n|---|---|\n|some words here|한국어 문장이 길다|", 20,
	    "a          b\n─────────  ─────────\nsome       한국어\nwords      문장이\nhere       길다\n");
	looks("|a|b|c|\n|---|---|---|\n|first|second|third|\n|x|y|z|", 12,
	    "a\nfirst\nb\nsecond\nc\nthird\n\na\nx\nb\ny\nc\nz\n");
	looks("| a | b |\n|---|---|\n| x |", 40, "a  b\n─  ─\nx\n");
	looks("|a|\n|---|\n||", 40, "a\n─\n\n");
	looks("| | |\n|---|---|", 40, "\n\n");		/* no word at all */
}

/* Role and attributes of the cell where WORD begins in row Y. */
static void
has_style(const char *text, int y, const char *word, enum role role, unsigned attr)
{
	struct picture p;
	struct buf row = {0};
	const char *at;

	draw(&p, text, 60);
	grid_row_text(&p.grid, y, &row);
	at = strstr(buf_str(&row), word);
	if (!at)
		fail_msg("no \"%s\" in \"%s\"", word, buf_str(&row));
	else if (grid_at(&p.grid, y, text_width(row.data, (size_t)(at - row.data)))->role != role ||
	    grid_at(&p.grid, y, text_width(row.data, (size_t)(at - row.data)))->attr != attr)
		fail_msg("\"%s\" in \"%s\" looks otherwise", word, buf_str(&row));
	buf_done(&row);
	picture_done(&p);
}

static void
styles(void **state)
{
	(void)state;
	has_style("# Big `x`", 0, "Big", ROLE_text, ATTR_BOLD);
	has_style("a *b* c", 0, "b", ROLE_text, ATTR_ITALIC);
	has_style("a ***b***", 0, "b", ROLE_text, ATTR_ITALIC | ATTR_BOLD);
	has_style("a `b`", 0, "b", ROLE_code, 0);
	has_style("[b](u)", 0, "b", ROLE_text, ATTR_UNDERLINE);
	has_style("[b](u)", 0, "u", ROLE_dim, 0);
	has_style("~~b~~", 0, "b", ROLE_dim, 0);
	has_style("> b", 0, "b", ROLE_dim, 0);
}

static void
code_is_coloured(void **state)
{
	(void)state;
	has_style("```c\nint main(void) { return 0; } // x\n```", 0, "return", ROLE_keyword, 0);
	has_style("```c\nint main(void) { return 0; } // x\n```", 0, "//", ROLE_comment, 0);
	has_style("```c\n/* a\nb */ c\n```", 1, "b", ROLE_comment, 0);
	has_style("```c\n/* a\nb */ c\n```", 1, "c", ROLE_code, 0);
	has_style("```C++ {.x}\nclass A\n```", 0, "class", ROLE_keyword, 0);
	has_style("```python\ns = '''a\nif b''' if 1\n```", 1, "if b", ROLE_string, 0);
	has_style("```python\ns = '''a\nif b''' if 1\n```", 1, "if 1", ROLE_keyword, 0);
	has_style("```ts\nconst a = `x\n${let}` + let\n```", 1, "+", ROLE_code, 0);
	has_style("```rust\nfn f<'a>(x: &'a str) { let c = 'x'; }\n```", 0, "let", ROLE_keyword, 0);
	has_style("```rust\nfn f<'a>(x: &'a str) { let c = 'x'; }\n```", 0, "'x'", ROLE_string, 0);
	has_style("```go\nfunc f() { s := \"a\\\"b\" }\n```", 0, "\"a", ROLE_string, 0);
	has_style("```java\n@Override public void f() {}\n```", 0, "@Over", ROLE_accent, 0);
	has_style("```sh\nif [ \"$x\" ]; then echo $y; fi # end\n```", 0, "then", ROLE_keyword, 0);
	has_style("```sh\nif [ \"$x\" ]; then echo $y; fi # end\n```", 0, "$y", ROLE_accent, 0);
	has_style("```sql\nSelect a FROM b -- c\n```", 0, "FROM", ROLE_keyword, 0);
	has_style("```json\n{\"k\": [\"v\", 1.5e3, true]}\n```", 0, "\"k\"", ROLE_keyword, 0);
	has_style("```json\n{\"k\": [\"v\", 1.5e3, true]}\n```", 0, "\"v\"", ROLE_string, 0);
	has_style("```json\n{\"k\": [\"v\", 1.5e3, true]}\n```", 0, "1.5e3", ROLE_number, 0);
	has_style("```yaml\nmy-key: yes # c\n```", 0, "my-key", ROLE_keyword, 0);
	has_style("```diff\n-a\n+b\n```", 0, "-a", ROLE_bad, 0);
	has_style("```diff\n-a\n+b\n```", 1, "+b", ROLE_good, 0);
	has_style("```nothing\nif else\n```", 0, "if", ROLE_code, 0);
}

static void
every_language_takes_any_line(void **state)
{
	static const char *const names[] = {
#define LANG(id, names, ...) names,
#include "tui/widget/lang.def"
#undef LANG
	};
	static const char text[] = "```%.*s\n/*<!--\"'`#@$[{<a href='x'>\\\n\"\"\" ''' $ @ # \\\n\\\n\n```";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct picture p;
		struct buf s = {0};

		buf_printf(&s, text, (int)strcspn(names[i], " "), names[i]);
		assert_non_null(lang_find(names[i], strcspn(names[i], " ")));
		draw(&p, s.data, 70);
		assert_int_equal(p.flow.n_rows, 4);
		picture_done(&p);
		buf_done(&s);
	}
}

/* ---- what holds for any text ---- */

static void
make_text(uint32_t seed, struct buf *out)
{
	static const char *const parts[] = {
		"\n", "\n\n", "- ", "1. ", "12) ", "> ", "# ", "```", "```c\n", "~~~\n", "| a | b |\n|---|:-:|\n", "|x|y|\n", "**", "*", "_", "`",
		"[a](b)", "![", "word ", "several words ", "    ", "\t", "한국어 ", "👨‍👩‍👧", "e\u0301", "&amp;", "<br>", "---\n", "- [x] ", "\\", "$",
		"/* ", "\"", "averyveryverylongwordthatfitsnowhere", "中文字符", "~~", "http://a.b ", "  \n", "===\n",
	};

	for (int n = (int)(flow_next(&seed) % 60); n >= 0; n--)
		buf_add_str(out, parts[flow_next(&seed) % ARRAY_LEN(parts)]);
}

static void
any_text_is_laid_out(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 600; seed++) {
		struct buf text = {0};

		make_text(seed * 7919, &text);
		if (!flow_holds(buf_str(&text), text.len, 1 + (int)(seed % 50), seed))
			fail_msg("%d columns: not what it is as a whole\n%s", 1 + (int)(seed % 50), buf_str(&text));
		buf_done(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks), cmocka_unit_test(lists), cmocka_unit_test(fences), cmocka_unit_test(tables),
		cmocka_unit_test(styles), cmocka_unit_test(code_is_coloured), cmocka_unit_test(every_language_takes_any_line),
		cmocka_unit_test(any_text_is_laid_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
