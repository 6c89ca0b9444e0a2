/* The template language: what every filter, test, method and statement gives, what is refused, and what the limits stop.
 * Expectations are those of Python Jinja 3.1.6 set up as jinja.h says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "core/jinja/jinja.h"

static const struct tm noon = {.tm_year = 126, .tm_mday = 15, .tm_hour = 12, .tm_wday = 4, .tm_yday = 14};

static bool
render(const char *source, size_t len, const json_t *vars, const struct jinja_limits *limits, struct buf *out,
    struct err *e)
{
	struct jinja *j = jinja_open(source, len, e);
	bool ok = j && jinja_render(j, vars, &noon, limits, out, e);

	jinja_close(j);
	return ok;
}

static const struct {
	const char *source, *expected;
} cases[] = {
	{"{{ 'aB' | upper }}{{ 'aB' | lower }}{{ 'aB c' | capitalize }}{{ \"it's x-y\" | title }}",
	    "ABabAb cIt's X-Y"},
	{"{{ ' a ' | trim }}{{ 'xax' | trim('x') }}{{ 'aXbX' | replace('X', '-', 1) }}",
	    "aaa-bX"},
	{"{{ '<&>' | e }}{{ '<' | escape }}{{ '<b>' | safe | forceescape }}{{ ('<b>' | safe) + '<i>' }}{{ ('<b>' | safe) ~ '<i>' }}",
	    "&lt;&amp;&gt;&lt;&lt;b&gt;<b>&lt;i&gt;<b><i>"},
	{"{{ 5 | string }}{{ 'ab' | center(6) }}|{{ 'a\\nb' | indent(2, true) }}|{{ 'abcdefghij klm' | truncate(8) }}",
	    "5  ab  |  a\n  b|abcde..."},
	{"{{ 'a b  c' | wordcount }}{{ '<b>x</b>  y' | striptags }}{{ 'a b/é' | urlencode }}{{ {'a': 'x y'} | urlencode }}",
	    "3x ya%20b/%C3%A9a=x+y"},
	{"{{ '%s-%d' | format('x', 3) }}{{ [1, 'a'] | pprint }}{{ {'a': 1, 'b': none} | xmlattr }}",
	    "x-3[1, 'a'] a=\"1\""},
	{"{{ {'b': 1, 'a': [1.5, none, true, 'é\"']} | tojson }}{{ [1] | tojson(indent=2) }}{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}{{ 'é' | tojson(true) }}",
	    "{\"b\": 1, \"a\": [1.5, null, true, \"é\\\"\"]}[\n  1\n]{\"a\": 2, \"b\": 1}\"\\u00e9\""},
	{"{{ '42' | int }}{{ 'x' | int(5) }}{{ '0x1f' | int(0, 16) }}{{ '1.5' | float }}{{ -3 | abs }}{{ 2.5 | round }}{{ 2.567 | round(2) }}{{ 2.1 | round(0, 'ceil') }}{{ 15 | round(-1) }}",
	    "425311.532.02.573.020"},
	{"{{ 1000 | filesizeformat }} {{ 1048576 | filesizeformat(true) }} {{ 1 | filesizeformat }}",
	    "1.0 kB 1.0 MiB 1 Byte"},
	{"{{ 'abc' | length }}{{ [1] | count }}{{ 'ab' | list }}{{ [1, 2] | first }}{{ [1, 2] | last }}{{ [1, 2] | join('-') }}{{ [1, 2] | sum }}",
	    "31['a', 'b']121-23"},
	{"{{ [3, 1, 2] | sort }}{{ ['b', 'A'] | sort }}{{ [1, 2] | sort(reverse=true) }}{{ {'b': 1, 'a': 2} | dictsort }}{{ {'b': 1, 'a': 2} | dictsort(by='value') }}",
	    "[1, 2, 3]['A', 'b'][2, 1][('a', 2), ('b', 1)][('b', 1), ('a', 2)]"},
	{"{% for k, g in [{'k': 1, 'v': 'a'}, {'k': 2, 'v': 'b'}, {'k': 1, 'v': 'c'}] | groupby('k') %}{{ k }}{{ g | map(attribute='v') | join }};{% endfor %}",
	    "1ac;2b;"},
	{"{{ [1, 3, 2] | max }}{{ ['b', 'A'] | min }}{{ nope | default('d') }}{{ '' | d('e', true) }}{{ range(3) | attr('stop') }}",
	    "3Ade3"},
	{"{{ ['a', 'b'] | map('upper') | list }}{{ [{'a': 1}, {}] | map(attribute='a', default=0) | list }}",
	    "['A', 'B'][1, 0]"},
	{"{{ [0, 1, ''] | select | list }}{{ [1, 2, 3] | reject('odd') | list }}{{ [{'a': 1}, {'a': 2}] | selectattr('a', 'gt', 1) | list }}{{ [{'a': 0}, {'b': 2}] | rejectattr('a') | list | length }}",
	    "[1][2][{'a': 2}]2"},
	{"{{ [1, 1, 'a', 'A'] | unique | list }}{{ {'a': 1} | items | list }}{{ [1, 2] | reverse | list }}{{ 'ab' | reverse }}{{ [1, 2, 3] | batch(2, 0) | list }}{{ [1, 2, 3] | slice(2) | list }}",
	    "[1, 'a'][('a', 1)][2, 1]ba[[1, 2], [3, 0]][[1, 2], [3]]"},
	{"{% set g = [1, 2] | map('string') %}{{ g | list }}{{ g | list }}",
	    "['1', '2'][]"},
	{"{{ 1 is odd }}{{ 2 is even }}{{ 9 is divisibleby 3 }}{{ x is defined }}{{ x is undefined }}{{ none is none }}{{ true is boolean }}{{ 0 is false }}{{ true is true }}",
	    "TrueTrueTrueFalseTrueTrueTrueFalseTrue"},
	{"{{ 1 is integer }}{{ 1.0 is float }}{{ true is number }}{{ 'a' is string }}{{ {} is mapping }}{{ [] is sequence }}{{ 5 is iterable }}{{ range is callable }}{{ 1 is sameas 1 }}{{ ('a' | safe) is escaped }}",
	    "TrueTrueTrueTrueTrueTrueFalseTrueTrueTrue"},
	{"{{ 'a' is in 'abc' }}{{ 'a' is lower }}{{ 'A' is upper }}{{ 1 is eq 1 }}{{ 1 is ne 1 }}{{ 2 is gt 1 }}{{ 1 is ge 2 }}{{ 1 is lt 2 }}{{ 1 is le 0 }}{{ 'upper' is filter }}{{ 'odd' is test }}{{ 1 is not odd }}",
	    "TrueTrueTrueTrueFalseTrueFalseTrueFalseTrueTrueFalse"},
	{"{{ ' a '.strip() }}{{ 'xa'.lstrip('x') }}{{ 'ax'.rstrip('x') }}{{ 'a,b,c'.split(',', 1) }}{{ ' a  b '.split() }}{{ 'a b c'.rsplit(' ', 1) }}{{ 'a\\r\\nb\\n'.splitlines() }}{{ 'a=b'.partition('=') }}{{ 'a=b=c'.rpartition('=') }}",
	    "aaa['a', 'b,c']['a', 'b']['a b', 'c']['a', 'b']('a', '=', 'b')('a=b', '=', 'c')"},
	{"{{ 'aXa'.replace('a', 'b') }}{{ 'abcb'.find('b') }}{{ 'abcb'.rfind('b') }}{{ 'abc'.index('c') }}{{ 'abcb'.rindex('b') }}{{ 'aaa'.count('a') }}{{ 'abc'.startswith(('x', 'a')) }}{{ 'abc'.endswith('c', 1) }}",
	    "bXb13233TrueTrue"},
	{"{{ 'abc'.removeprefix('a') }}{{ 'abc'.removesuffix('c') }}{{ '-'.join(['a', 'b']) }}{{ 'straße'.upper() }}{{ 'ΑΣ'.lower() }}{{ \"it's\".title() }}{{ 'aB'.swapcase() }}{{ 'ab'.center(5, '*') }}{{ 'a'.ljust(2, '.') }}{{ 'a'.rjust(2, '.') }}{{ '-7'.zfill(4) }}",
	    "bcaba-bSTRASSEαςIt'SAb**ab*a..a-007"},
	{"{{ 'a\\tb'.expandtabs(4) }}{{ ' '.isspace() }}{{ 'aé'.isalpha() }}{{ 'a1'.isalnum() }}{{ '12'.isdigit() }}{{ '1'.isdecimal() }}{{ '1'.isnumeric() }}{{ 'a'.isascii() }}{{ 'a\\n'.isprintable() }}{{ 'a_1'.isidentifier() }}{{ 'a'.islower() }}{{ 'A'.isupper() }}{{ 'Ab'.istitle() }}",
	    "a   bTrueTrueTrueTrueTrueTrueTrueFalseTrueTrueTrueTrue"},
	{"{{ '{} {0!r:>5}'.format(1) if false else '{0} {1!r:>5} {n:05.1f} {2[0]} {{}}'.format('a', 'b', [7], n=2.25) }}{{ '{:,} {:x} {:+d} {:^5}|'.format(1234567, 255, 3, 'a') }}",
	    "a   'b' 002.2 7 {}1,234,567 ff +3   a  |"},
	{"{{ '%s %r %5d|%-4s|%05.2f %x %c %%' % ('a', 'b', 3, 'c', 1.5, 255, 'd') }}{{ '%(a)s' % {'a': 1} }}",
	    "a 'b'     3|c   |01.50 ff d %1"},
	{"{{ [1, 2, 1].index(2) }}{{ [1, 2, 1].count(1) }}{{ {'a': 1}.get('b', 2) }}{{ {'a': 1}.keys() | list }}{{ {'a': 1}.values() | list }}{{ {'a': 1}.items() }}",
	    "122['a'][1]dict_items([('a', 1)])"},
	{"{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.next() }}{% set j = joiner('; ') %}{{ j() }}1{{ j() }}2",
	    "abba1; 2"},
	{"{{ range(6, 0, -2) | list }}{{ range(5)[1:3] }}{{ dict(a=1, **{'b': 2}) }}{{ namespace(a=1).a }}{{ dict([('x', 1)]) }}",
	    "[6, 4, 2]range(1, 3){'a': 1, 'b': 2}1{'x': 1}"},
	{"{{ strftime_now('%Y-%m-%d %H:%M %a %j') }}",
	    "2026-01-15 12:00 Thu 015"},
	{"{% if 0 %}a{% elif 1 %}b{% else %}c{% endif %}{{ 'x' if false }}{{ 1 if 0 else 2 if 0 else 3 }}",
	    "b3"},
	{"{% for a in [1, 2, 3] %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('x', 'y') }}{{ loop.changed(a) }}{{ loop.depth }} {% endfor %}",
	    "1032TrueFalse32xTrue1 2121FalseFalse313yTrue1 3210FalseTrue32xTrue1 "},
	{"{% for a in [1, 2, 3] if a != 2 %}{{ a }}{{ loop.length }}{% else %}none{% endfor %}{% for a in [] %}{% else %}none{% endfor %}",
	    "1232none"},
	{"{% for n in [[1, [2, [3]]]] recursive %}{{ n if n is number else '(' ~ loop(n) ~ ')' }}{% endfor %}",
	    "(1(2(3)))"},
	{"{% for a in [1, 2, 3] %}{% if a == 2 %}{% continue %}{% endif %}{% if a == 3 %}{% break %}{% endif %}{{ a }}{% endfor %}",
	    "1"},
	{"{% set x = 1 %}{% for a in [1, 2] %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}{% set a, (b, c) = 1, (2, 3) %}{{ a }}{{ b }}{{ c }}",
	    "221123"},
	{"{% set x | upper %}a{{ 1 }}{% endset %}{{ x }}{% filter replace('a', 'b') %}aXa{% endfilter %}{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{% print 1, 2 %}",
	    "A1bXb312"},
	{"{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) }}{{ m(1, 3, 4, 5, z=6) }}{{ m(*[1, 2], **{'c': 3}) }}{{ m.name }}{{ m.arguments }}",
	    "121(){}134(5,){'z': 6}123(){}m('a', 'b', 'c')"},
	{"{% macro w() %}<{{ caller('x') }}>{% endmacro %}{% call(a) w() %}{{ a }}!{% endcall %}",
	    "<x!>"},
	{"{% generation %}{% set q = 1 %}{{ q }}{% endgeneration %}{{ q is defined }}",
	    "1False"},
	{"{# c #}{% raw %}{{ x }}{% endraw %}{{ 'a' 'b' \"c\\n\\x41\\u00e9\\101\" }}{{ 1_000 }}{{ 0x1F }}{{ 0b11 }}{{ 0o17 }}{{ 1e3 }}{{ 2.5e-7 }}",
	    "{{ x }}abc\nAéA1000313151000.02.5e-07"},
	{"{{ 7 // 2 }}{{ -7 // 2 }}{{ -7 % 3 }}{{ 7 / 2 }}{{ 2 ** 10 }}{{ 2 ** -1 }}{{ 7.5 // 2 }}{{ -7.5 % 2 }}{{ 'a' * 3 }}{{ [1] * 2 }}{{ [1] + [2] }}{{ 1 ~ 2.0 ~ none }}",
	    "3-423.510240.53.00.5aaa[1, 1][1, 2]12.0None"},
	{"{{ 1 < 2 < 3 }}{{ 1 == 1.0 == true }}{{ 'a' in 'ba' }}{{ 1 not in [2] }}{{ not 1 == 2 }}{{ none or 'x' }}{{ 0 and 1 }}{{ [1, 2] < [1, 3] }}{{ {'a': 1} == {'a': 1.0} }}",
	    "TrueTrueTrueTrueTruex0TrueTrue"},
	{"{{ 'abcdef'[1:-1] }}{{ 'abcdef'[::-2] }}{{ '日本語'[1] }}{{ '日本語'[-1] }}{{ [1, 2, 3][1:] }}{{ (1, 2, 3)[::-1] }}{{ 'abc'[9] }}{{ {'a': {'b': 1}}.a.b }}{{ {'items': 1}['items'] }}{{ [5].0 }}",
	    "bcdefdb本語[2, 3](3, 2, 1)115"},
	{"{{ [1, 'it\\'s', none, 1.0, (1,), {}, '\\n\\x00\\u200b'] }}{{ 1e16 }}{{ 1e15 }}{{ 0.0001 }}{{ 1e-5 }}{{ 0.1 + 0.2 }}{{ {1: 'a', true: 'b', 1.0: 'c'} }}",
	    "[1, \"it's\", None, 1.0, (1,), {}, '\\n\\x00\\u200b']1e+161000000000000000.00.00011e-050.30000000000000004{1: 'c'}"},
	{"{% if false %}{{ 1 | nosuch }}{{ 1 is nosuch }}{% endif %}ok",
	    "ok"},
	{"a\n  {% if true %}\n  b\n  {% endif %}\n c\n",
	    "a\n  b\n c"},
	{"  {%- if true -%}  b  {%- endif +%}\n c",
	    "b\n c"},
	{"x {%+ if true %} y {% endif %}  \n{# c #}\nz\r\nq",
	    "x  y   \nz\nq"},
	{"{% raw -%}\n a {%- endraw %}\n b\n\n",
	    "a b\n"},
};

static void
language(void **state)
{
	int n_failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf out = {0};
		struct err e = {0};

		if (!render(cases[i].source, strlen(cases[i].source), NULL, NULL, &out, &e) ||
		    strcmp(buf_str(&out), cases[i].expected) != 0) {
			fprintf(stderr, "%s\n  gives %s%s\n  not   %s\n", cases[i].source, buf_str(&out), e.text,
			    cases[i].expected);
			n_failed++;
		}
		buf_done(&out);
	}
	assert_int_equal(n_failed, 0);
}

static const char *const refused[] = {
	"{{ x.y }}",
	"{{ x() }}",
	"{{ 1 + 'a' }}",
	"{{ none < 1 }}",
	"{{ 1 / 0 }}",
	"{{ 5 | length }}",
	"{{ [1,2].append(3) }}",
	"{{ {}.update({}) }}",
	"{{ ''.__class__() }}",
	"{{ 1 | nosuch }}",
	"{{ 1 is nosuch }}",
	"{% nosuch %}",
	"{% if 1 %}",
	"{% endif %}",
	"{{ 1 + }}",
	"{{ (1 }}",
	"{{ 'a }}",
	"{# a",
	"{% break %}",
	"{% set x.y = 1 %}",
	"{% for a, b in [[1]] %}{% endfor %}",
	"{% for a in 5 %}{% endfor %}",
	"{{ {[]: 1} }}",
	"{{ undefined_one | tojson }}",
	"{% macro f() %}{% endmacro %}{{ f(1) }}",
	"{% macro f(a=1, b) %}{% endmacro %}",
	"{{ 'a'.index('b') }}",
	"{{ '%d' % 'x' }}",
	"{{ '{x}'.format(1) }}",
	"{{ [1,'a'] | sort }}",
	"{% call f %}{% endcall %}",
	"{{ range(100001) }}",
	"{% for a in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
	"{{ [1][::0] }}",
	"{{ loop(1) }}",
	"{{ f(a=1, 2) }}",
	"{{ '\\x4' }}",
};

static void
refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct buf out = {0};
		struct err e = {0};

		if (render(refused[i], strlen(refused[i]), NULL, NULL, &out, &e))
			fail_msg("%s is not refused", refused[i]);
		if (strncmp(e.text, "template line 1: ", 17) != 0 || out.len != 0)
			fail_msg("%s: %s", refused[i], e.text);
		buf_done(&out);
	}
}

/* Each of these would take for ever, or all memory or stack. */
static const char *const hostile[] = {
	"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
	"{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
	"{% macro f(a=f()) %}{% endmacro %}{{ f() }}",
	"{{ range(10 ** 12) }}",
	"{{ 'a' * 10 ** 12 }}",
	"{{ ['a'] * 10 ** 12 }}",
	"{{ 'ab' * 9223372036854775807 }}",
	"{{ '%1000000000d' % 1 }}",
	"{{ '%.1000000000f' % 1.5 }}",
	"{{ '{:1000000000000}'.format(1) }}",
	"{{ 9 ** 9 ** 9 }}",
	"{{ -9223372036854775807 - 2 }}",
	"{{ 'a' | center(10 ** 12) }}",
	"{{ 'a\nb' | indent(10 ** 12) }}",
	"{{ [[1]] | tojson(indent=10 ** 12) }}",
	"{{ '1'.zfill(10 ** 15) }}",
	"{{ '\t'.expandtabs(10 ** 15) }}",
	"{{ [1] | batch(10 ** 12, 0) | list }}",
	"{{ [1] | slice(10 ** 12) | list }}",
	"{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
	"{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
	"{% for a in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
	"{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{{ s == s ~ '' }}{% endfor %}",
	"{% set s = 'é' * 1000000 %}{% for i in range(100000) %}{{ s[500000] }}{% endfor %}",
	"{% set s = 'a' * 1000000 %}{% set t = 'a' * 500000 ~ 'b' %}{% for i in range(100000) %}{{ t in s }}{% endfor %}",
	"{% set n = namespace(s='x') %}{% for i in range(100) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
	"{% set n = namespace(s='x') %}{% for i in range(100000) %}{% set n.s = 'xxxx' ~ n.s %}{% endfor %}",
	"{% set n = namespace(s=[]) %}{% for i in range(100000) %}{% set n.s = [n.s] %}{% endfor %}{{ n.s }}",
	"{% set n = namespace(s=[]) %}{% for i in range(100000) %}{% set n.s = [n.s] %}{% endfor %}{{ n.s | tojson }}",
	"{% set n = namespace(s=()) %}{% for i in range(100000) %}{% set n.s = (n.s,) %}{% endfor %}{{ {n.s: 1} }}",
	"{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}",
	"{% set n = namespace(s=[1]) %}{% for i in range(9000) %}{% set n.s = n.s | map('string') %}{% endfor %}"
	    "{{ n.s | list }}",
	"{% set n = namespace() %}{% set n.a = n %}{{ n }}",
};

static void
limits_hold(void **state)
{
	/* A tenth of the steps of the default keeps this test short; none of them may end by success. */
	const struct jinja_limits limits = {.steps = 1000 * 1000, .output_bytes = 8 << 20, .memory_bytes = 64 << 20,
	    .depth = JINJA_LIMITS_DEFAULT.depth};

	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		struct buf out = {0};
		struct err e = {0};

		if (render(hostile[i], strlen(hostile[i]), NULL, &limits, &out, &e))
			fail_msg("%s succeeds", hostile[i]);
		if (strncmp(e.text, "template line ", 14) != 0 || out.len != 0)
			fail_msg("%s: %s", hostile[i], e.text);
		buf_done(&out);
	}
}

/* A source of N times PART between BEFORE and AFTER. */
static void
deep_source(const char *before, const char *part, const char *after, bool may_work)
{
	struct buf source = {0}, out = {0};
	struct err e = {0};
	bool ok;

	buf_add_str(&source, before);
	for (int i = 0; i < 20000; i++)
		buf_add_str(&source, part);
	buf_add_str(&source, after);
	ok = render(source.data, source.len, NULL, NULL, &out, &e);
	if (ok != may_work)
		fail_msg("%s%s...: %s", before, part, ok ? "succeeds" : e.text);
	buf_done(&source);
	buf_done(&out);
}

static void
deep_sources_do_not_overflow(void **state)
{
	(void)state;
	deep_source("{{ ", "(", " }}", false);
	deep_source("{{ ", "[", " }}", false);
	deep_source("{{ ", "{1:", " }}", false);
	deep_source("{{ ", "not ", "1 }}", false);
	deep_source("{{ ", "-", "1 }}", false);
	deep_source("{{ ", "1+", "1 }}", false);
	deep_source("{{ 1", "|string", " }}", false);
	deep_source("{{ x", ".a", " }}", false);
	deep_source("{{ x", "()", " }}", false);
	deep_source("{{ ", "1 if 0 else ", "1 }}", false);
	deep_source("", "{% if 1 %}", "", false);
	deep_source("", "{% for a in [1] %}", "", false);
	deep_source("{% set ", "(", "a = 1 %}", false);
	deep_source("{% if 0 %}", "{% elif 0 %}", "{% endif %}", true);
	deep_source("{{ ", "1 ~ ", "1 }}", true);
	deep_source("{{ ", "'a' ", " }}", true);
}

static void
joining_in_a_loop_is_linear(void **state)
{
	static const char source[] = "{% set n = namespace(s='') %}{% for i in range(100000) %}{% set n.s = n.s ~ 'xxxx' %}"
	    "{% endfor %}{{ n.s | length }}";
	struct buf out = {0};
	struct err e = {0};

	(void)state;
	assert_true(render(source, sizeof source - 1, NULL, NULL, &out, &e));
	assert_string_equal(buf_str(&out), "400000");
	buf_done(&out);
}

static void
errors_name_the_line(void **state)
{
	static const char source[] = "a\n{% if true %}\n{#\n#}{{ 'x\ny' }}{{ nope.x }}{% endif %}";
	struct buf out = {0};
	struct err e = {0};

	(void)state;
	buf_add_str(&out, "kept");
	assert_false(render(source, sizeof source - 1, NULL, NULL, &out, &e));
	assert_string_equal(e.text, "template line 5: 'nope' is undefined");
	assert_string_equal(buf_str(&out), "kept");
	assert_false(render("\xff", 1, NULL, NULL, &out, &e));
	assert_string_equal(e.text, "the template is not valid UTF-8");
	assert_false(render("{{ raise_exception('no ' ~ 1) }}", 32, NULL, NULL, &out, NULL));
	buf_done(&out);
}

static void
variables_and_nul(void **state)
{
	json_t *vars = json_pack("{s:{s:i,s:i},s:s%,s:n,s:f}", "d", "z", 1, "a", 2, "s", "a\0b", (size_t)3, "n", "f", 1.0);
	struct buf out = {0};
	struct err e = {0};
	static const char source[] = "{{ d }}{{ s | length }}{{ s }}{{ n is none }}{{ f }}{{ gone is defined }}";

	(void)state;
	assert_true(render(source, sizeof source - 1, vars, NULL, &out, &e));
	assert_int_equal(out.len, 32);
	assert_memory_equal(out.data, "{'z': 1, 'a': 2}3a\0bTrue1.0False", 32);
	json_decref(vars);
	buf_done(&out);
}

/* Numbers must not follow the user's locale. */
static void
locale_does_not_matter(void **state)
{
	struct buf out = {0};
	struct err e = {0};

	(void)state;
	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
		skip();
	assert_true(render("{{ 1.5 }}{{ '2.5' | float }}{{ '%.1f' % 0.5 }}{{ strftime_now('%B') }}", 70, NULL, NULL, &out, &e));
	assert_string_equal(buf_str(&out), "1.52.50.5January");
	setlocale(LC_ALL, "C");
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(language),
		cmocka_unit_test(refusals),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(deep_sources_do_not_overflow),
		cmocka_unit_test(joining_in_a_loop_is_linear),
		cmocka_unit_test(errors_name_the_line),
		cmocka_unit_test(variables_and_nul),
		cmocka_unit_test(locale_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
