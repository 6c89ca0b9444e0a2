/* Values with Python's meaning, and the state of one rendering.
 * Values are copied freely; what they point to lives in the arena of the rendering (or in the template, or in the
 * caller's JSON) and, but for namespaces, generators, cyclers and joiners, never changes once it is built.
 * Functions below do not report failure: they leave through fault_raise (arena.h). */
#ifndef CORE_JINJA_VALUE_H
#define CORE_JINJA_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/jinja/arena.h"

enum val_type {
	V_MISSING,		/* an argument that was not given; never seen by a template */
	V_UNDEFINED, V_NONE, V_BOOL, V_INT, V_FLOAT, V_STR, V_LIST, V_TUPLE, V_DICT, V_VIEW, V_RANGE, V_NAMESPACE,
	V_GENERATOR, V_LOOP, V_MACRO, V_FUNCTION, V_METHOD, V_CYCLER, V_JOINER,
};

struct val {
	uint8_t type;
	bool safe;		/* V_STR: marked safe: escapes what is joined to it with + */
	bool roomy;		/* V_STR: made by joining; may be extended in place (struct room) */
	union {
		bool b;
		int64_t i;
		double f;
		const char *s;				/* UTF-8, not NUL-terminated */
		const struct seq *seq;			/* V_LIST, V_TUPLE */
		struct dict *dict;			/* V_DICT, V_NAMESPACE */
		const struct view *view;
		const struct range *range;
		const struct origin *origin;		/* V_UNDEFINED; may be NULL */
		struct generator *generator;
		struct loop *loop;
		const struct macro *macro;
		const struct builtin *builtin;		/* V_FUNCTION */
		const struct method *method;
		struct cycler *cycler;
		struct joiner *joiner;
	};
	size_t len;		/* V_STR: bytes */
};

struct seq {
	const struct val *v;
	size_t n;
};

struct entry {
	struct val key, val;
	uint64_t hash;
};
struct dict {			/* in order of insertion */
	struct entry *e;
	size_t n, cap;
	uint32_t *index;	/* over a few entries: open addressing, entry + 1 */
	size_t n_index;		/* a power of two */
};
struct view {
	const struct dict *dict;
	enum { VIEW_KEYS, VIEW_VALUES, VIEW_ITEMS } part;
};
struct range {
	int64_t start, stop, step, n;
};
struct origin {			/* why a value is undefined */
	const char *text;	/* a whole sentence, or NULL: */
	const char *owner;	/* type of what was asked, or NULL: a variable */
	struct val name;
};
struct method {
	struct val self;
	const struct builtin *builtin;
};
struct cycler {
	struct seq items;
	size_t at;
};
struct joiner {
	struct val text;
	bool used;
};

struct run;
struct scope;
struct node;

struct args {
	struct val *v;
	size_t n;
	struct dict *kw;	/* NULL: none */
};
/* A filter, test, global function or method: one row of a table.  PARAMS names what follows SELF ("width first"),
 * of which MIN must be given; the function then finds one value for each, V_MISSING where none was given.  PARAMS
 * NULL: arguments come as they were written. */
typedef struct val builtin_fn(struct run *r, struct val self, struct args *a);
struct builtin {
	const char *name;
	const char *params;
	unsigned min;
	builtin_fn *fn;
};
const struct builtin *builtin_in(const struct builtin *table, const char *name, size_t len);	/* ends with no name */
const struct builtin *filter_find(const char *name, size_t len);	/* or NULL; likewise */
const struct builtin *test_find(const char *name, size_t len);
const struct builtin *global_find(const char *name, size_t len);
const struct builtin *method_find(enum val_type t, const char *name, size_t len);

extern const struct builtin filters_text[], filters_number[], filters_sequence[], filters_select[];
extern const struct builtin methods_str[], methods_str_test[];

/* ---- one rendering ---- */

struct run {
	struct fault fault;
	struct arena mem;
	const struct jinja *j;
	struct dict *vars;
	struct scope *top;
	const struct tm *now;
	uint64_t steps;			/* left */
	unsigned depth, depth_limit;
	size_t output_limit;
	struct text *out;		/* where statements print */
	struct text *page;		/* the outermost of them */
};
/* WORK is in steps; loops over data count too, so that the step limit bounds the time. */
void run_out_of_steps(struct run *r) __attribute__((noreturn));
void run_too_deep(struct run *r) __attribute__((noreturn));
static inline void
run_charge(struct run *r, uint64_t work)
{
	if (r->steps < work)
		run_out_of_steps(r);
	r->steps -= work;
}
static inline void
run_charge_bytes(struct run *r, uint64_t bytes)
{
	run_charge(r, bytes / 32);
}
static inline void
run_enter(struct run *r)
{
	if (++r->depth > r->depth_limit)
		run_too_deep(r);
}
#define run_fail(r, ...) fault_raise(&(r)->fault, ERR_FAILED, __VA_ARGS__)
struct text run_text(struct run *r);		/* an empty one */

/* ---- making values ---- */

static inline struct val val_none(void) { return (struct val){.type = V_NONE}; }
static inline struct val val_bool(bool b) { return (struct val){.type = V_BOOL, .b = b}; }
static inline struct val val_int(int64_t i) { return (struct val){.type = V_INT, .i = i}; }
static inline struct val val_float(double f) { return (struct val){.type = V_FLOAT, .f = f}; }
static inline struct val
val_str(const char *s, size_t len)
{
	return (struct val){.type = V_STR, .s = s, .len = len};
}
struct val val_lit(const char *s);				/* a string constant of the program */
struct val val_text(const struct text *t);			/* takes the text as it is now */
struct val val_seq(struct run *r, enum val_type t, const struct val *v, size_t n);	/* borrows V */
struct val val_pair(struct run *r, struct val a, struct val b);	/* a tuple */
struct val val_undefined(struct run *r, const char *owner, struct val name);
struct val val_undefined_because(struct run *r, const char *text);

/* A list being built. */
struct vec {
	struct val *v;
	size_t n, cap;
};
void vec_add(struct run *r, struct vec *l, struct val v);
struct val vec_list(struct run *r, const struct vec *l);

struct dict *dict_new(struct run *r, size_t expected);
/* False when there is none; an unhashable key is a fault. */
bool dict_get(struct run *r, const struct dict *d, struct val key, struct val *out);
void dict_set(struct run *r, struct dict *d, struct val key, struct val v);	/* keeps the place of an old key */

/* ---- asking values ---- */

const char *val_type_name(struct val v);			/* Python's: "NoneType" */
bool val_truth(struct run *r, struct val v);
bool val_equal(struct run *r, struct val a, struct val b);
int val_order(struct run *r, struct val a, struct val b, const char *op);	/* <0, 0, >0; faults if not comparable */
bool val_contains(struct run *r, struct val box, struct val v);
bool val_len(struct run *r, struct val v, size_t *n);		/* false: has no len() */
bool val_is_number(struct val v);				/* bool, int, float */
bool val_is_int(struct val v);					/* bool, int */
static inline bool val_is_str(struct val v) { return v.type == V_STR; }
bool str_is(struct val v, const char *s);
int64_t val_to_index(struct run *r, struct val v, const char *what);	/* bool or int; else a fault */
double val_to_double(struct val v);				/* of a number */
void val_write(struct run *r, struct text *out, struct val v);	/* str() */
void val_repr(struct run *r, struct text *out, struct val v);
struct val val_to_str(struct run *r, struct val v);		/* str(); a safe one stays safe */
void float_write(struct text *out, double f);			/* repr() */
bool float_parse(struct run *r, struct val text, double *out);	/* float() */
bool int_parse(struct run *r, struct val text, int64_t base, int64_t *out);	/* int() */
void undefined_fault(struct run *r, struct val v) __attribute__((noreturn));

/* ---- going through values ---- */

struct iter {
	struct val of;
	size_t i;
};
struct iter iter_of(struct run *r, struct val v);		/* faults when V is not iterable */
bool iter_next(struct run *r, struct iter *it, struct val *out);
bool val_is_iterable(struct val v);
struct vec val_items(struct run *r, struct val v);		/* everything in it */

struct generator {
	bool (*next)(struct run *r, struct generator *g, struct val *out);
	struct iter from;
	bool started;
	struct args args;
	const struct builtin *builtin;
	bool wanted;			/* select: true, reject: false */
	struct val attribute, fill;
	struct vec done;
	struct dict *seen;
};
struct val generator_new(struct run *r, struct generator g);

/* ---- operators (oper.c, attr.c, call.c) ---- */

struct val oper_binary(struct run *r, int op, struct val a, struct val b);
struct val oper_negative(struct run *r, struct val v, bool minus);
struct val oper_join(struct run *r, struct val a, struct val b);	/* two strings; fast when A was joined before */
bool oper_compare(struct run *r, int op, struct val a, struct val b);
struct val oper_format(struct run *r, struct val format, struct val arg);	/* % */
struct val format_braces(struct run *r, struct val format, struct args *a);	/* str.format */
struct val attr_get(struct run *r, struct val of, struct val name);		/* of.name */
struct val attr_item(struct run *r, struct val of, struct val key);		/* of[key] */
struct val attr_slice(struct run *r, struct val of, struct val from, struct val to, struct val step);
struct val call_builtin(struct run *r, const struct builtin *b, struct val self, struct args *a);
struct val call_value(struct run *r, struct val f, struct args *a);
struct val macro_call(struct run *r, const struct macro *m, struct args *a);
struct val macro_attr(struct run *r, const struct macro *m, struct val name);
struct val loop_attr(struct run *r, struct loop *l, struct val name);		/* V_MISSING: no such */
struct val loop_call(struct run *r, struct loop *l, struct args *a);

/* Arguments as the tables' functions want them. */
bool arg_given(const struct args *a, size_t i);
struct val arg_or(const struct args *a, size_t i, struct val otherwise);
bool arg_truth(struct run *r, const struct args *a, size_t i);			/* false when not given */
int64_t arg_int(struct run *r, const struct args *a, size_t i, int64_t otherwise, const char *what);

/* ---- strings (str.c, unicode.c) ---- */

size_t str_count(struct run *r, struct val s);				/* code points */
size_t str_offset(struct run *r, struct val s, size_t chars);		/* in bytes; the end at most */
struct val str_sub(struct val s, size_t from, size_t to);		/* bytes; keeps safe */
const char *str_find(struct run *r, struct val in, struct val what, size_t from);	/* NULL: not there */
struct val str_escape(struct run *r, struct val v);			/* HTML; a safe one as it is */
struct val str_strip(struct run *r, struct val s, struct val chars, int sides);	/* chars V_NONE: white space */
enum { STRIP_LEFT = 1, STRIP_RIGHT = 2 };
struct val str_upper(struct run *r, struct val s);
struct val str_lower(struct run *r, struct val s);
struct val str_capitalize(struct run *r, struct val s);
struct val str_title(struct run *r, struct val s);
struct val str_replace(struct run *r, struct val s, struct val old, struct val new, int64_t most);
struct vec str_lines(struct run *r, struct val s, bool keep_ends);
struct vec str_split(struct run *r, struct val s, struct val by, int64_t most);		/* by V_NONE: white space */
struct vec str_rsplit(struct run *r, struct val s, struct val by, int64_t most);
struct val str_pad(struct run *r, struct val s, int64_t width, struct val fill, int sides);	/* side that is filled */
bool uni_space(uint32_t c);
bool uni_printable(uint32_t c);
bool uni_identifier(uint32_t c);	/* letters, marks, digits, _ */
bool uni_alpha(uint32_t c);
bool uni_digit(uint32_t c);
bool uni_decimal(uint32_t c);
bool uni_numeric(uint32_t c);
bool uni_cased_upper(uint32_t c);
bool uni_cased_lower(uint32_t c);
bool uni_titlecase(uint32_t c);

/* ---- JSON (json.c) ---- */

struct val tojson(struct run *r, struct val v, struct args *a);		/* ensure_ascii indent separators sort_keys */
void json_quote(struct text *out, const char *s, size_t n, bool ascii);

/* ---- statements (exec.c) ---- */

enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE };
struct scope *scope_new(struct run *r, struct scope *parent);
void scope_clear(struct scope *s);
void scope_set(struct run *r, struct scope *s, uint32_t sym, struct val v);
bool scope_get(const struct scope *s, uint32_t sym, struct val *out);
struct val eval(struct run *r, struct scope *s, const struct node *n);
struct args eval_args(struct run *r, struct scope *s, const struct node *list);
void assign(struct run *r, struct scope *s, const struct node *target, struct val v);
enum flow exec_list(struct run *r, struct scope *s, const struct node *list);
enum flow exec_for(struct run *r, struct scope *s, const struct node *n);
struct val macro_new(struct run *r, struct scope *s, const struct node *n);

#endif
