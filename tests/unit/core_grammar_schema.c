/* JSON schema: what is accepted and refused, the sentence of each defect, and random answers that are all valid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "core/grammar/mask.h"
#include "core/grammar/match.h"
#include "tests/data/vocabulary.h"

static struct grammar *
open_schema(const char *text)
{
	struct err e = {0};
	struct grammar *g = grammar_open_schema(text, strlen(text), &e);

	if (!g)
		fail_msg("%s\n%s", e.text, text);
	return g;
}

static bool
accepts(const struct grammar *g, const char *s)
{
	struct match m;
	struct err e = {0};
	bool ok;

	if (!match_init(&m, g, &e))
		fail_msg("%s", e.text);
	ok = match_text(&m, s, strlen(s));
	match_done(&m);
	return ok;
}

/* ' stands for a double quote in all of them. */
static const struct {
	const char *schema;
	const char *yes[14], *no[16];
} cases[] = {
	{"{'type': 'object', 'properties': {'a': {'type': 'integer'}, 'b': {'type': 'boolean'}}, 'required': ['b']}",
	    {"{'b':true}", "{'a':1,'b':false}", "{'a': -12, 'b': true}", "{'a':0, 'b':true}"},
	    {"{}", "{'a':1}", "{'b':true,'a':1}", "{'b':1}", "{'a':01,'b':true}", "{ 'b':true}", "{'b':  true}", "{'b':true,}",
	    "{'a':-0,'b':true}", "{'b':true,'c':1}", "[]", "{'b':true} "}},
	{"{'type': 'object', 'properties': {'a': {'type': 'null'}, 'ab': true}, 'additionalProperties': {'type': 'integer'}}",
	    {"{}", "{'a':null}", "{'abc':1}", "{'a':null,'ab':'x','b':1,'aa':2}", "{'':1}", "{'é':1}", "{'\\n':1}", "{'b\\u0061':1}"},
	    {"{'a':1}", "{'b':null}", "{'b':1,'a':null}", "{'\\u0061':1}", "{'x':1,'ab':2}"}},
	{"{'type': 'object', 'required': ['x'], 'additionalProperties': {'type': 'integer'}}",
	    {"{'x':1}", "{'x':1,'y':2}"}, {"{}", "{'y':2}", "{'x':'s'}"}},
	{"{'type': 'object', 'required': ['x']}", {"{'x':[1,{}]}"}, {"{}", "{'x':1,'y':2}"}},
	{"{'type': 'object'}", {"{}", "{'q':[true,null,-1.5e3,'x']}", "{'a':{'b':{}}}"}, {"[]", "{1:2}"}},
	{"{'properties': {'a': false, 'b': {'type': 'null'}}}", {"{}", "{'b':null}"}, {"{'a':1}", "1"}},
	{"{'type': 'array', 'items': {'type': 'null'}}", {"[]", "[null]", "[null,null, null]"}, {"[1]", "[null,]", "null"}},
	{"{'type': 'array', 'items': {'type': 'null'}, 'minItems': 1, 'maxItems': 2}", {"[null]", "[null,null]"},
	    {"[]", "[null,null,null]"}},
	{"{'type': 'array', 'maxItems': 0}", {"[]"}, {"[1]"}},
	{"{'type': 'array', 'items': false}", {"[]"}, {"[1]"}},
	{"{'type': 'array', 'minItems': 2}", {"[1,'x']", "[[],{},1]"}, {"[]", "[1]"}},
	{"{'type': 'array', 'prefixItems': [{'type': 'integer'}, {'type': 'string'}]}", {"[]", "[1]", "[1,'x']"},
	    {"[1,2]", "['x']", "[1,'x',2]"}},
	{"{'type': 'array', 'prefixItems': [{'type': 'integer'}], 'items': {'type': 'boolean'}, 'minItems': 2, 'maxItems': 3}",
	    {"[1,true]", "[1,true,false]"}, {"[1]", "[1,2]", "[1,true,false,true]"}},
	{"{'items': [{'type': 'integer'}], 'additionalItems': {'type': 'null'}}", {"[]", "[1]", "[1,null,null]"}, {"[null]"}},
	{"{'type': 'string'}", {"''", "'a'", "'é\\n\\/'", "'\\u00e9\\ud83d\\ude00'", "'\x7f'"},
	    {"a", "'\n'", "'\\u0000'", "'\\ud83d'", "'\\ude00\\ud83d'", "'\\q'", "'a", "'\\u12'"}},
	{"{'type': 'string', 'minLength': 2, 'maxLength': 3}", {"'ab'", "'日本語'", "'\\n\\u0041'", "'\\ud83d\\ude00x'"},
	    {"''", "'a'", "'abcd'", "'\\ud83d\\ude00'"}},
	{"{'type': 'string', 'pattern': '^[A-Z]{2}-\\\\d+$'}", {"'AB-1'", "'ZZ-0099'"}, {"'A-1'", "'AB-'", "'xAB-1'", "'AB-1x'"}},
	{"{'type': 'string', 'pattern': 'ab|^c|d$'}", {"'xaby'", "'ab'", "'cx'", "'xd'"}, {"'xcx'", "'dx'", "''"}},
	{"{'pattern': '^(a|bc)*?(?:\\\\.|\\\\s)[^\\\\w\\\\x22]$'}", {"'abc. '", "'.-'", "' é'"}, {"'a.b'", "'.\\''", "'b. '"}},
	{"{'pattern': '^.\\\\n\\\\u00e9\\\\\\\\$'}", {"'a\\né\\\\'", "'\\\"\\né\\\\'"}, {"'ané\\\\'", "'\\n\\né\\\\'"}},
	{"{'enum': ['a\\'b', 1, 2.5, null, true, [1, {'x': 'y'}]]}", {"'a\\'b'", "1", "2.5", "null", "true", "[1,{'x':'y'}]",
	    "[1, {'x': 'y'}]"}, {"2", "false", "[1]", "'a'"}},
	{"{'const': 'é\\u0001\\n'}", {"'é\\u0001\\n'"}, {"'é'"}},
	{"{'type': 'integer', 'enum': [1, 'x', 3.5]}", {"1"}, {"'x'", "3.5"}},
	{"{'type': 'integer', 'minimum': 7, 'maximum': 1205}", {"7", "8", "10", "99", "100", "999", "1000", "1199", "1205"},
	    {"6", "1206", "1300", "2000", "007", "-8", "7.0", "10000"}},
	{"{'type': 'integer', 'minimum': -12, 'exclusiveMaximum': 3}", {"-12", "-9", "-1", "0", "2"}, {"-13", "-20", "3", "-0"}},
	{"{'type': 'integer', 'exclusiveMinimum': 99}", {"100", "1234567890123456"}, {"99", "12345678901234567"}},
	{"{'type': 'integer', 'minimum': 0.5, 'maximum': 2.5}", {"1", "2"}, {"0", "3"}},
	{"{'type': 'number'}", {"0", "-1", "1.50", "1e9", "-2.5E-3"}, {"01", "1.", ".5", "+1", "1e999", "--1"}},
	{"{'type': 'number', 'minimum': 0, 'maximum': 1}", {"0", "0.0", "0.5", "1", "1.00"}, {"-0.5", "1.01", "2", "1e0", "-0"}},
	{"{'type': 'number', 'exclusiveMinimum': -2, 'exclusiveMaximum': 10}", {"-1.999999", "-0.5", "0", "9.5", "9.999999"},
	    {"-2", "10", "10.0", "-2.0"}},
	{"{'type': ['string', 'null'], 'maxLength': 1}", {"null", "'x'", "''"}, {"'xx'", "1"}},
	{"{'type': 'boolean', 'nullable': true}", {"true", "null"}, {"0"}},
	{"{'anyOf': [{'type': 'null'}, {'type': 'integer', 'minimum': 5}], 'title': 'x'}", {"null", "5"}, {"4", "true"}},
	{"{'oneOf': [{'type': 'null'}, {'type': 'string'}]}", {"null", "'x'"}, {"1"}},
	{"{'oneOf': [{'type': 'object', 'properties': {'t': {'const': 'a'}, 'x': {'type': 'integer'}}, 'required': ['t', 'x']},"
	    "{'type': 'object', 'properties': {'t': {'const': 'b'}}, 'required': ['t']}]}", {"{'t':'a','x':1}", "{'t':'b'}"},
	    {"{'t':'a'}", "{'t':'b','x':1}", "{'t':'c'}"}},
	{"{'allOf': [{'type': 'object', 'properties': {'a': {'type': 'integer'}}, 'required': ['a']},"
	    "{'properties': {'a': {'minimum': 5}, 'b': {'type': 'null'}}, 'additionalProperties': false}]}",
	    {"{'a':5}", "{'a':6,'b':null}"}, {"{'a':4}", "{'b':null}", "{'a':5,'c':1}"}},
	{"{'allOf': [{'properties': {'a': {'type': 'null'}}, 'additionalProperties': false}, {'properties': {'b': {}}}]}",
	    {"{}", "{'a':null}"}, {"{'b':1}", "{'a':null,'b':1}"}},
	{"{'allOf': [{'type': ['integer', 'string']}, {'type': ['number', 'null']}, {'minimum': 8}, {'maximum': 9}]}",
	    {"8", "9"}, {"7", "'x'", "null", "8.5"}},
	{"{'allOf': [{'enum': [1, 2, 3]}, {'enum': [2, 3, 4]}, {'const': 3}]}", {"3"}, {"2", "4"}},
	{"{'$ref': '#/$defs/n', '$defs': {'n': {'type': 'object', 'properties': {'v': {'type': 'integer'}, 'next': {'anyOf':"
	    "[{'$ref': '#/$defs/n'}, {'type': 'null'}]}}, 'required': ['v']}}}",
	    {"{'v':1}", "{'v':1,'next':null}", "{'v':1,'next':{'v':2,'next':{'v':3}}}"}, {"{}", "{'v':1,'next':{}}"}},
	{"{'type': 'array', 'items': {'$ref': '#'}}", {"[]", "[[],[[]]]"}, {"[1]", "[[]"}},
	{"{'type': 'array', 'items': {'$ref': '#/definitions/p~1%71', 'maximum': 9}, 'definitions': {'p/q': {'type': 'integer',"
	    "'minimum': 3}}}", {"[3,9]"}, {"[2]", "[10]"}},
	{"{'format': 'date'}", {"'2024-02-29'", "'2000-02-29'", "'1999-12-31'"}, {"'2023-02-29'", "'1900-02-29'", "'2024-04-31'",
	    "'2024-13-01'", "'24-01-01'"}},
	{"{'format': 'time'}", {"'12:30:00Z'", "'23:59:59.5+02:00'"}, {"'24:00:00Z'", "'12:30:00'", "'12:60:00Z'"}},
	{"{'format': 'date-time'}", {"'2024-02-29T12:30:00Z'"}, {"'2024-02-29 12:30:00Z'", "'2024-02-29'"}},
	{"{'format': 'uuid'}", {"'123e4567-e89b-12d3-A456-426614174000'"}, {"'123e4567e89b12d3a456426614174000'"}},
	{"true", {"1", "{'a':[null]}", "'x'"}, {"x"}},
	{"{}", {"1", "[[]]"}, {""}},
	{"{'x-note': 1, '$comment': 'c', 'description': 'd', 'type': 'null'}", {"null"}, {"1"}},
};

static const char *
quoted(struct buf *out, const char *s)
{
	buf_clear(out);
	for (; *s; s++)
		buf_add_char(out, *s == '\'' ? '"' : *s);
	return buf_str(out);
}

static void
keywords_hold_what_they_say(void **state)
{
	struct buf schema = {0}, text = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct grammar *g = open_schema(quoted(&schema, cases[i].schema));

		for (size_t k = 0; cases[i].yes[k]; k++)
			if (!accepts(g, quoted(&text, cases[i].yes[k])))
				fail_msg("refused: %s\n%s", text.data, schema.data);
		for (size_t k = 0; cases[i].no[k]; k++)
			if (accepts(g, quoted(&text, cases[i].no[k])))
				fail_msg("accepted: %s\n%s", text.data, schema.data);
		grammar_close(g);
	}
	buf_done(&schema);
	buf_done(&text);
}

static const struct {
	const char *schema, *sentence;
} defects[] = {
	{"", "line 1, column 0: expected JSON"},
	{"{'type': }", "line 1, column 10: expected JSON"},
	{"{'type': 'null', 'type': 'null'}", "duplicate object key"},
	{"3", "line 1, column 1: the schema: expected a schema: an object, true or false"},
	{"{\n  'type': 'strin'\n}", "line 2, column 3: #/type: expected one of object, array"},
	{"{'type': []}", "expected at least one type"},
	{"{\n  'properties': {\n    'a b': {'minLen': 3}}}", "line 3, column 13: #/properties/a b/minLen: there is no keyword \"minLen\""},
	{"{'items': {'items': {'not': {}}}}", "line 1, column 22: #/items/items/not: the keyword \"not\" is not supported"},
	{"{'anyOf': [{}, {'contains': 1}]}", "#/anyOf/1/contains: the keyword \"contains\" is not supported"},
	{"{'patternProperties': {}}", "the keyword \"patternProperties\" is not supported"},
	{"{'type': 'array', 'uniqueItems': true}", "#/uniqueItems: elements that differ"},
	{"{'properties': []}", "#/properties: expected an object of schemas"},
	{"{'required': {}}", "#/required: expected a list of names"},
	{"{'required': [1]}", "#/required: expected a list of names"},
	{"{'prefixItems': 1}", "#/prefixItems: expected a list of schemas"},
	{"{'minItems': -1}", "#/minItems: expected a whole number from 0"},
	{"{'maxLength': 2.5}", "#/maxLength: expected a whole number from 0"},
	{"{'maxLength': 99999999}", "at most 65535 is possible"},
	{"{'minimum': 'x'}", "#/minimum: expected a number"},
	{"{'type': 'number', 'minimum': 0.5}", "the bound 0.5 is not supported for \"number\""},
	{"{'multipleOf': 3}", "#/multipleOf: only multiples of 1"},
	{"{'format': 'email'}", "the format \"email\" is not supported; supported are date, time, date-time, uuid"},
	{"{'pattern': 'a', 'maxLength': 3}", "only one of pattern, format and a length"},
	{"{'pattern': '(?=a)'}", "character 2 of the pattern: assertions and named groups"},
	{"{'pattern': 'a(b'}", "character 4 of the pattern: expected \")\""},
	{"{'pattern': 'a)'}", "character 2 of the pattern: there is no group to close"},
	{"{'pattern': '\\\\b'}", "character 2 of the pattern: this escape is not supported"},
	{"{'pattern': '*'}", "there is nothing to repeat"},
	{"{'pattern': 'a^'}", "\"^\" is supported at the beginning only"},
	{"{'enum': []}", "#/enum: expected a list of at least one value"},
	{"{'enum': ['a'], 'minLength': 2}", "\"enum\" together with \"minLength\" is not supported"},
	{"{'allOf': {}}", "#/allOf: expected a list of at least one schema"},
	{"{'allOf': [{'pattern': 'a'}, {'pattern': 'b'}]}", "two different values of \"pattern\""},
	{"{'oneOf': [{'type': 'string'}, {'type': 'string', 'maxLength': 3}]}", "some value may be valid for both 0 and 1"},
	{"{'$ref': 'http://x/y'}", "expected a reference within the schema"},
	{"{'$ref': '#/$defs/a'}", "\"#/$defs/a\" is not there"},
	{"{'$ref': '#'}", "nothing is valid for this schema"},
	{"{'$ref': '#', 'minimum': 3}", "refers to itself without an end"},
	{"{'anyOf': [{'$ref': '#'}, {'type': 'null'}]}", "refers to itself before it says anything"},
	{"{'type': 'object', 'properties': {'a': {'$ref': '#'}}, 'required': ['a']}", "nothing is valid for this schema"},
	{"false", "nothing is valid for this schema"},
	{"{'type': 'integer', 'minimum': 3, 'maximum': 2}", "nothing is valid for this schema"},
	{"{'type': 'object', 'required': ['a'], 'additionalProperties': false}", "nothing is valid for this schema"},
	{"{'type': 'array', 'items': false, 'minItems': 1}", "nothing is valid for this schema"},
	{"{'minLength': 3, 'maxLength': 2}", "nothing is valid for this schema"},
};

static void
defects_are_told_with_their_place(void **state)
{
	struct buf schema = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(defects); i++) {
		struct err e = {0};
		const char *text = quoted(&schema, defects[i].schema);
		struct grammar *g = grammar_open_schema(text, strlen(text), &e);

		if (g)
			fail_msg("accepted:\n%s", text);
		if (!strstr(e.text, defects[i].sentence))
			fail_msg("expected: %s\nfound: %s\n%s", defects[i].sentence, e.text, text);
	}
	buf_done(&schema);
}

static void
large_schemas_are_refused_or_small(void **state)
{
	struct buf b = {0};
	struct err e = {0};
	struct grammar *g;

	(void)state;
	for (int i = 0; i < 300; i++)
		buf_add_str(&b, "{\"items\":");
	buf_add_str(&b, "{}");
	for (int i = 0; i < 300; i++)
		buf_add_char(&b, '}');
	assert_null(grammar_open_schema(b.data, b.len, &e));
	assert_non_null(strstr(e.text, "nest more than 100 deep"));
	/* Each of 30 pairs of alternatives doubles the combinations. */
	buf_clear(&b);
	buf_add_str(&b, "{\"allOf\":[");
	for (int i = 0; i < 30; i++)
		buf_printf(&b, "%s{\"anyOf\":[{\"minimum\":%d},{\"maximum\":%d}]}", i ? "," : "", i, 100 - i);
	buf_add_str(&b, "]}");
	assert_null(grammar_open_schema(b.data, b.len, &e));
	assert_non_null(strstr(e.text, "combinations"));
	/* A thousand optional members make a program as long as they are. */
	buf_clear(&b);
	buf_add_str(&b, "{\"additionalProperties\":true,\"properties\":{");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%s\"member%d\":{\"type\":\"integer\"}", i ? "," : "", i);
	buf_add_str(&b, "}}");
	g = grammar_open_schema(b.data, b.len, &e);
	assert_non_null(g);
	assert_in_range(g->n_ops, 1000, 80000);
	assert_true(accepts(g, "{\"member5\":1, \"member77\":2, \"member\":[]}"));
	assert_false(accepts(g, "{\"member77\":1, \"member5\":2}"));
	grammar_close(g);
	buf_done(&b);
}

/* ---- random answers ---- */

static bool is_valid(const json_t *s, const json_t *root, const json_t *v);

static bool
has_type(const json_t *v, const char *type)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return strcmp(type, "object") == 0;
	case JSON_ARRAY:
		return strcmp(type, "array") == 0;
	case JSON_STRING:
		return strcmp(type, "string") == 0;
	case JSON_INTEGER:
		return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
	case JSON_REAL:
		return strcmp(type, "number") == 0;
	case JSON_TRUE:
	case JSON_FALSE:
		return strcmp(type, "boolean") == 0;
	case JSON_NULL:
		break;
	}
	return strcmp(type, "null") == 0;
}

static size_t
n_characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static double
number_or(const json_t *s, const char *key, double otherwise)
{
	const json_t *v = json_object_get(s, key);

	return v ? json_number_value(v) : otherwise;
}

static bool
is_valid_object(const json_t *s, const json_t *root, json_t *v)
{
	const json_t *named = json_object_get(s, "properties"), *other = json_object_get(s, "additionalProperties");
	const json_t *required = json_object_get(s, "required");
	const char *key;
	json_t *value;

	for (size_t i = 0; i < json_array_size(required); i++)
		if (!json_object_get(v, json_string_value(json_array_get(required, i))))
			return false;
	json_object_foreach(v, key, value) {
		const json_t *sub = json_object_get(named, key);

		if (!is_valid(sub ? sub : other ? other : json_true(), root, value))
			return false;
	}
	return true;
}

static bool
is_valid_array(const json_t *s, const json_t *root, const json_t *v)
{
	const json_t *prefix = json_object_get(s, "prefixItems"), *items = json_object_get(s, "items");
	size_t n = json_array_size(v);

	if ((double)n < number_or(s, "minItems", 0) || (double)n > number_or(s, "maxItems", 1e9))
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *sub = i < json_array_size(prefix) ? json_array_get(prefix, i) : items;

		if (!is_valid(sub ? sub : json_true(), root, json_array_get(v, i)))
			return false;
	}
	return true;
}

static bool
is_one_of(const json_t *list, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), v))
			return true;
	return false;
}

/* The few keywords that the schemas below have. */
static bool
is_valid(const json_t *s, const json_t *root, const json_t *v)
{
	const json_t *type = json_object_get(s, "type"), *any = json_object_get(s, "anyOf"), *list;
	bool ok = !json_is_false(s);

	if (json_object_get(s, "$ref"))
		ok = ok && is_valid(json_object_get(json_object_get(root, "$defs"), "node"), root, v);
	if (json_is_string(type))
		ok = ok && has_type(v, json_string_value(type));
	if (json_is_array(type)) {
		bool some = false;

		for (size_t i = 0; i < json_array_size(type); i++)
			some = some || has_type(v, json_string_value(json_array_get(type, i)));
		ok = ok && some;
	}
	if (any) {
		bool some = false;

		for (size_t i = 0; i < json_array_size(any); i++)
			some = some || is_valid(json_array_get(any, i), root, v);
		ok = ok && some;
	}
	list = json_object_get(s, "enum");
	ok = ok && (!list || is_one_of(list, v));
	if (json_is_number(v))
		ok = ok && json_number_value(v) >= number_or(s, "minimum", -1e300) &&
		    json_number_value(v) <= number_or(s, "maximum", 1e300);
	if (json_is_string(v))
		ok = ok && (double)n_characters(json_string_value(v)) >= number_or(s, "minLength", 0) &&
		    (double)n_characters(json_string_value(v)) <= number_or(s, "maxLength", 1e9);
	if (json_is_object(v))
		ok = ok && is_valid_object(s, root, (json_t *)(uintptr_t)v);
	return ok && (!json_is_array(v) || is_valid_array(s, root, v));
}

static const char *const walked[] = {
	"{'type': 'object', 'properties': {'name': {'type': 'string', 'minLength': 1, 'maxLength': 6}, 'age': {'type': 'integer',"
	    "'minimum': -7, 'maximum': 150}, 'a': {'enum': ['x', 'yy', null, [1, 2]]}}, 'required': ['age']}",
	"{'type': 'object', 'properties': {'a': {'type': 'null'}, 'ab': {'type': 'boolean'}}, 'additionalProperties':"
	    "{'type': 'number', 'minimum': 0, 'maximum': 12}}",
	"{'type': 'array', 'prefixItems': [{'type': ['integer', 'null']}, {'type': 'string'}], 'items': {'type': 'boolean'},"
	    "'minItems': 1, 'maxItems': 4}",
	"{'$ref': '#/$defs/node', '$defs': {'node': {'type': 'object', 'properties': {'v': {'type': 'integer', 'minimum': 98,"
	    "'maximum': 1001}, 'kids': {'type': 'array', 'items': {'$ref': '#/$defs/node'}, 'maxItems': 2}}, 'required': ['v']}}}",
	"{'anyOf': [{'type': 'string', 'maxLength': 3}, {'type': 'number'}, {'type': 'array', 'items': {}}]}",
};

/* A token that is allowed; what closes comes first now and then, so that answers end. */
static uint32_t
pick(const uint64_t *bits, uint64_t *seed, int step)
{
	static const char closing[] = "\"}]";
	uint32_t id;

	if (next_random(seed, 40) < (uint32_t)step) {
		if (mask_has(bits, END))
			return END;
		for (size_t i = 0; closing[i]; i++)
			if (mask_has(bits, (uint8_t)closing[i]))
				return (uint8_t)closing[i];
	}
	do
		id = next_random(seed, N_TOKENS);
	while (!mask_has(bits, id));
	return id;
}

static void
random_answers_are_valid(void **state)
{
	const struct vocabulary *v = *state;
	struct buf text = {0}, quoted_schema = {0};
	uint64_t seed = 2024;
	int complete = 0;

	for (int i = 0; i < 3000; i++) {
		const char *schema = quoted(&quoted_schema, walked[(size_t)i % ARRAY_LEN(walked)]);
		struct grammar *g = open_schema(schema);
		json_t *s = json_loads(schema, 0, NULL), *j;
		struct err e = {0};
		struct mask *m = mask_new(g, v->tok, v->tree, N_TOKENS, &e);
		struct tok_stream stream;
		json_error_t je;
		uint32_t id = TOK_NONE;

		assert_non_null(m);
		buf_clear(&text);
		tok_stream_init(&stream, v->tok, false);
		for (int step = 0; step < 300 && !mask_is_complete(m); step++) {
			const uint64_t *bits = mask_allowed(m, &e);

			if (!bits)
				fail_msg("%s after %s", e.text, buf_str(&text));
			id = pick(bits, &seed, step);
			if (id == END)
				break;
			tok_stream_push(&stream, id, &text);
			mask_accept(m, id);
		}
		if (id == END || mask_is_complete(m)) {
			complete++;
			j = json_loadb(buf_str(&text), text.len, JSON_DECODE_ANY, &je);
			if (!j || !is_valid(s, s, j))
				fail_msg("%s is not valid: %s", buf_str(&text), schema);
			json_decref(j);
		}
		json_decref(s);
		mask_free(m);
		grammar_close(g);
	}
	assert_true(complete > 2800);
	buf_done(&text);
	buf_done(&quoted_schema);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keywords_hold_what_they_say),
		cmocka_unit_test(defects_are_told_with_their_place),
		cmocka_unit_test(large_schemas_are_refused_or_small),
		cmocka_unit_test(random_answers_are_valid),
	};

	return cmocka_run_group_tests(tests, open_vocabulary, close_vocabulary);
}
