/* T9: chat templates that were made to do harm.  Known ways out of Python's Jinja find nothing here, and what never ends or
 * grows is stopped by a sentence, with the limits that a chat has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "core/jinja/jinja.h"

static const struct tm noon = {.tm_year = 126, .tm_mday = 15, .tm_hour = 12, .tm_wday = 4, .tm_yday = 14};

/* What a chat gives a template. */
static json_t *
variables(void)
{
	json_t *j = json_pack("{s:[{s:s,s:s}], s:b, s:s, s:s}", "messages", "role", "user", "content", "secret question",
	    "add_generation_prompt", 1, "bos_token", "<s>", "eos_token", "</s>");

	assert_non_null(j);
	return j;
}

static bool
render(const char *source, struct buf *out, struct err *e)
{
	struct jinja *j;
	json_t *vars = variables();
	bool ok;

	*e = (struct err){0};
	buf_clear(out);
	j = jinja_open(source, strlen(source), e);
	ok = j && jinja_render(j, vars, &noon, NULL, out, e);
	jinja_close(j);
	json_decref(vars);
	return ok;
}

/* Ways to Python's objects, modules and files.  Each is refused, or finds nothing: never more text than HARMLESS. */
static const struct {
	const char *source, *harmless;
} ways_out[] = {
	{"{{ ''.__class__.__mro__[1].__subclasses__() }}", ""},
	{"{{ ''.__class__ }}", ""},
	{"{{ messages.__class__.__base__ }}", ""},
	{"{{ messages[0].__init__.__globals__ }}", ""},
	{"{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}", ""},
	{"{{ cycler.__init__.__globals__.os.popen('id').read() }}", ""},
	{"{{ joiner.__init__.__globals__.os }}", ""},
	{"{{ namespace.__init__.__globals__.os.system('id') }}", ""},
	{"{{ lipsum.__globals__['os'].popen('id').read() }}", ""},
	{"{{ lipsum.__globals__ }}", ""},
	{"{{ range.__self__ }}", ""},
	{"{{ raise_exception.__globals__ }}", ""},
	{"{{ strftime_now.__globals__ }}", ""},
	{"{{ get_flashed_messages.__globals__ }}", ""},
	{"{{ config.items() }}", ""},
	{"{{ request.application.__globals__ }}", ""},
	{"{{ url_for.__globals__ }}", ""},
	{"{{ ''|attr('__class__') }}", ""},
	{"{{ ''|attr('\\x5f\\x5fclass\\x5f\\x5f') }}", ""},
	{"{{ ''['__class__'] }}", ""},
	{"{{ messages|map(attribute='__class__')|list }}", "[Undefined]"},
	{"{{ messages|map('attr', '__class__')|list }}", "[Undefined]"},
	{"{{ messages|groupby('__class__') }}",
	    "[(Undefined, [{'role': 'user', 'content': 'secret question'}])]"},
	{"{{ '{0.__class__}'.format(messages) }}", ""},
	{"{{ '{0.__class__.__init__.__globals__}'|format(messages) }}", "{0.__class__.__init__.__globals__}"},
	{"{{ open('/etc/passwd').read() }}", ""},
	{"{{ __import__('os') }}", ""},
	{"{{ eval('1') }}", ""},
	{"{{ exec('1') }}", ""},
	{"{{ getattr(messages, '__class__') }}", ""},
	{"{{ globals() }}", ""},
	{"{{ dict.__base__ }}", ""},
	{"{% import 'os' as os %}{{ os }}", ""},
	{"{% from 'os' import popen %}", ""},
	{"{% include '/etc/passwd' %}", ""},
	{"{% extends '/etc/passwd' %}", ""},
	{"{% set x = namespace() %}{% set x.__class__ = 1 %}{{ x.__dict__ }}", ""},
	{"{% for f in [].append.__globals__ %}{{ f }}{% endfor %}", ""},
	{"{% do messages.append(1) %}", ""},
	{"{% debug %}", ""},
};

static void
no_way_out_of_the_template(void **state)
{
	struct buf out = {0};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways_out); i++) {
		bool ok = render(ways_out[i].source, &out, &e);

		if (ok && out.len && strcmp(buf_str(&out), ways_out[i].harmless) != 0)
			fail_msg("%s gives \"%s\"", ways_out[i].source, buf_str(&out));
		if (!ok && (!*e.text || strchr(e.text, '\n')))
			fail_msg("%s: no sentence, or more than one line: \"%s\"", ways_out[i].source, e.text);
	}
	buf_done(&out);
}

/* What never ends or grows without end. */
static const struct {
	const char *source, *says;
} floods[] = {
	{"{% for a in range(999999999) %}{% for b in range(999999999) %}{% endfor %}{% endfor %}", ""},
	{"{% set ns = namespace(n=0) %}{% for a in range(100000) %}{% for b in range(100000) %}{% set ns.n = ns.n + 1 %}"
	    "{% endfor %}{% endfor %}{{ ns.n }}", ""},
	{"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "too deeply"},
	{"{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}", "too deeply"},
	{"{% for m in messages recursive %}{{ loop(messages) }}{% endfor %}", "too deeply"},
	{"{% set ns = namespace(s='xxxxxxxx') %}{% for a in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}", ""},
	{"{% set ns = namespace(s=[1]) %}{% for a in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", ""},
	{"{{ 'x' * 99999999999 }}", ""},
	{"{{ [1] * 99999999999 }}", ""},
	{"{{ 'x'|center(99999999999) }}", ""},
	{"{{ '%99999999d'|format(1) }}{{ '%99999999d'|format(1) }}{{ '%99999999d'|format(1) }}", ""},
	{"{{ 'a'|indent(999999999, true) }}", ""},
	{"{{ 9 ** 9 ** 9 ** 9 }}", ""},
	{"{{ range(99999999999)|list|length }}", ""},
	{"{{ 'ab'.replace('', 'x' * 100000).replace('', 'x' * 100000) }}", ""},
	{"{% for a in range(1000000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}", ""},
};

static void
floods_are_stopped(void **state)
{
	struct buf out = {0};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(floods); i++) {
		if (render(floods[i].source, &out, &e))
			fail_msg("%s ended with %zu bytes", floods[i].source, out.len);
		assert_true(*e.text && !strchr(e.text, '\n'));
		if (!strstr(e.text, floods[i].says))
			fail_msg("%s: %s", floods[i].source, e.text);
		assert_true(out.len <= JINJA_LIMITS_DEFAULT.output_bytes);
	}
	buf_done(&out);
}

/* Nested so deeply that reading it alone would take the stack. */
static void
deep_source_is_refused(void **state)
{
	static const struct {
		const char *before, *middle, *after;
	} nests[] = {
		{"(", "1", ")"}, {"[", "", "]"}, {"{'a':", "1", "}"}, {"not ", "1", ""}, {"-", "1", ""}, {"1 if ", "1", " else 0"},
		{"'a'~", "'a'", ""}, {"x[", "1", "]"},
	};
	struct buf source = {0}, out = {0};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nests); i++) {
		buf_clear(&source);
		buf_add_str(&source, "{{ ");
		for (int n = 0; n < 20000; n++)
			buf_add_str(&source, nests[i].before);
		buf_add_str(&source, nests[i].middle);
		for (int n = 0; n < 20000; n++)
			buf_add_str(&source, nests[i].after);
		buf_add_str(&source, " }}");
		if (!render(buf_str(&source), &out, &e))
			assert_true(*e.text && !strchr(e.text, '\n'));
	}
	buf_clear(&source);
	for (int n = 0; n < 20000; n++)
		buf_add_str(&source, "{% if 1 %}{% for x in [1] %}");
	assert_false(render(buf_str(&source), &out, &e));
	assert_true(*e.text && !strchr(e.text, '\n'));
	buf_done(&source);
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_way_out_of_the_template),
		cmocka_unit_test(floods_are_stopped),
		cmocka_unit_test(deep_source_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
