/* tojson: json.dumps of Python, and the variables of a rendering from the caller's JSON. */
#include <math.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/jinja/json.h"

struct dumper {
	struct text out;
	bool ascii, sort, lines;	/* lines: one item a line, indented */
	struct val indent;
	struct val comma, colon;
	unsigned depth;
};

static void dump(struct run *r, struct dumper *d, struct val v);

void
json_quote(struct text *out, const char *s, size_t n, bool ascii)
{
	static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
	size_t run = 0;			/* bytes that go out as they are */

	text_add_char(out, '"');
	for (size_t i = 0, len; i < n; i += len) {
		const char *p = s[i] ? strchr(from, s[i]) : NULL;
		uint32_t c;
		bool ok;

		len = utf8_decode(s + i, n - i, &c, &ok);
		if (!p && c >= 0x20 && !(ascii && c > 0x7e)) {
			run += len;
			continue;
		}
		text_add(out, s + i - run, run);
		run = 0;
		if (p)
			text_printf(out, "\\%c", to[p - from]);
		else if (c == 0x7f)
			text_add_char(out, (char)c);
		else if (c < 0x10000)
			text_printf(out, "\\u%04x", c);
		else
			text_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
	}
	text_add(out, s + n - run, run);
	text_add_char(out, '"');
}

static void
dump_float(struct text *out, double f)
{
	if (isnan(f))
		text_add_str(out, "NaN");
	else if (isinf(f))
		text_add_str(out, f < 0 ? "-Infinity" : "Infinity");
	else
		float_write(out, f);
}

static void
new_line(struct dumper *d)
{
	if (!d->lines)
		return;
	text_add_char(&d->out, '\n');
	text_add_fill(&d->out, d->indent.s, d->indent.len, d->depth);
}

static void
begin_item(struct dumper *d, size_t i)
{
	if (i > 0)
		text_add(&d->out, d->comma.s, d->comma.len);
	new_line(d);
}

static void
dump_seq(struct run *r, struct dumper *d, const struct seq *q)
{
	text_add_char(&d->out, '[');
	d->depth++;
	for (size_t i = 0; i < q->n; i++) {
		begin_item(d, i);
		dump(r, d, q->v[i]);
	}
	d->depth--;
	if (q->n > 0)
		new_line(d);
	text_add_char(&d->out, ']');
}

static void
dump_key(struct run *r, struct dumper *d, struct val key)
{
	struct text t = run_text(r);

	switch (key.type) {
	case V_STR:
		json_quote(&d->out, key.s, key.len, d->ascii);
		return;
	case V_NONE:
	case V_BOOL:
		text_add_str(&t, key.type == V_NONE ? "null" : key.b ? "true" : "false");
		break;
	case V_INT:
		val_repr(r, &t, key);
		break;
	case V_FLOAT:
		dump_float(&t, key.f);
		break;
	default:
		run_fail(r, "a %s cannot be a key in JSON", val_type_name(key));
	}
	json_quote(&d->out, t.s, t.n, d->ascii);
}

/* The entries of D in order of their keys. */
static const struct dict *
sorted_dict(struct run *r, struct dict *d)
{
	struct val v = {.type = V_DICT, .dict = d};
	struct args a = {.v = &(struct val){.type = V_BOOL, .b = true}, .n = 1};
	struct val list = call_builtin(r, filter_find("dictsort", 8), v, &a);
	struct dict *out = dict_new(r, d->n);

	for (size_t i = 0; i < list.seq->n; i++)
		dict_set(r, out, list.seq->v[i].seq->v[0], list.seq->v[i].seq->v[1]);
	return out;
}

static void
dump_dict(struct run *r, struct dumper *d, struct dict *all)
{
	const struct dict *in = d->sort ? sorted_dict(r, all) : all;

	text_add_char(&d->out, '{');
	d->depth++;
	for (size_t i = 0; i < in->n; i++) {
		begin_item(d, i);
		dump_key(r, d, in->e[i].key);
		text_add(&d->out, d->colon.s, d->colon.len);
		dump(r, d, in->e[i].val);
	}
	d->depth--;
	if (in->n > 0)
		new_line(d);
	text_add_char(&d->out, '}');
}

static void
dump(struct run *r, struct dumper *d, struct val v)
{
	run_charge(r, 1);
	run_enter(r);
	switch (v.type) {
	case V_NONE:
		text_add_str(&d->out, "null");
		break;
	case V_BOOL:
		text_add_str(&d->out, v.b ? "true" : "false");
		break;
	case V_INT:
		text_printf(&d->out, "%lld", (long long)v.i);
		break;
	case V_FLOAT:
		dump_float(&d->out, v.f);
		break;
	case V_STR:
		run_charge(r, v.len / 32);
		json_quote(&d->out, v.s, v.len, d->ascii);
		break;
	case V_LIST:
	case V_TUPLE:
		dump_seq(r, d, v.seq);
		break;
	case V_DICT:
		dump_dict(r, d, v.dict);
		break;
	default:
		run_fail(r, "a value of type %s cannot be written as JSON", val_type_name(v));
	}
	r->depth--;
}

static void
read_separators(struct run *r, struct dumper *d, struct val v)
{
	struct vec two = val_items(r, v);

	if (two.n != 2 || two.v[0].type != V_STR || two.v[1].type != V_STR)
		run_fail(r, "the separators of tojson are two strings");
	d->comma = two.v[0];
	d->colon = two.v[1];
}

struct val
tojson(struct run *r, struct val v, struct args *a)
{
	struct dumper d = {.out = run_text(r), .ascii = arg_truth(r, a, 0), .sort = arg_truth(r, a, 3)};
	struct val indent = arg_or(a, 1, val_none()), separators = arg_or(a, 2, val_none());
	struct text spaces = run_text(r);

	if (indent.type != V_NONE) {
		d.lines = true;
		if (indent.type == V_STR)
			text_add(&spaces, indent.s, indent.len);
		else if (val_to_index(r, indent, "the indent of tojson") > 0)
			text_add_fill(&spaces, " ", 1, (size_t)(indent.type == V_BOOL ? 1 : indent.i));
	}
	d.indent = val_text(&spaces);
	d.comma = val_lit(d.lines ? "," : ", ");
	d.colon = val_lit(": ");
	if (separators.type != V_NONE)
		read_separators(r, &d, separators);
	dump(r, &d, v);
	return val_text(&d.out);
}

/* ---- from the caller's JSON ---- */

static struct val
from_array(struct run *r, const json_t *j)
{
	size_t n = json_array_size(j);
	struct val *v = arena_alloc(&r->mem, n * sizeof *v);

	for (size_t i = 0; i < n; i++)
		v[i] = val_from_json(r, json_array_get(j, i));
	return val_seq(r, V_LIST, v, n);
}

struct dict *
dict_from_json(struct run *r, const json_t *j)
{
	json_t *object = (json_t *)(uintptr_t)j;	/* jansson iterates only what it might change */
	struct dict *d = dict_new(r, json_object_size(j));
	const char *key;
	json_t *v;
	void *it = json_object_iter(object);

	for (; it; it = json_object_iter_next(object, it)) {
		key = json_object_iter_key(it);
		v = json_object_iter_value(it);
		dict_set(r, d, val_str(key, json_object_iter_key_len(it)), val_from_json(r, v));
	}
	return d;
}

struct val
val_from_json(struct run *r, const json_t *j)
{
	struct val v = val_none();

	run_charge(r, 1);
	run_enter(r);
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		v = (struct val){.type = V_DICT, .dict = dict_from_json(r, j)};
		break;
	case JSON_ARRAY:
		v = from_array(r, j);
		break;
	case JSON_STRING:
		v = val_str(json_string_value(j), json_string_length(j));
		break;
	case JSON_INTEGER:
		v = val_int(json_integer_value(j));
		break;
	case JSON_REAL:
		v = val_float(json_real_value(j));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		v = val_bool(json_is_true(j));
		break;
	case JSON_NULL:
		break;
	}
	r->depth--;
	return v;
}
