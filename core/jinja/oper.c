/* Operators between values. */
#include <math.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/jinja/ast.h"

static const char *
op_name(int op)
{
	switch (op) {
	case T_ADD: return "+";
	case T_SUB: return "-";
	case T_MUL: return "*";
	case T_DIV: return "/";
	case T_FLOORDIV: return "//";
	case T_MOD: return "%";
	case T_POW: return "**";
	case T_LT: return "<";
	case T_LE: return "<=";
	case T_GT: return ">";
	default: return ">=";
	}
}

static void
bad_operands(struct run *r, int op, struct val a, struct val b) __attribute__((noreturn));
static void
bad_operands(struct run *r, int op, struct val a, struct val b)
{
	run_fail(r, "'%s' does not work between %s and %s", op_name(op), val_type_name(a), val_type_name(b));
}

static int64_t
as_int(struct val v)
{
	return v.type == V_BOOL ? v.b : v.i;
}

static struct val
int_power(struct run *r, int64_t base, int64_t exp, bool *overflow)
{
	int64_t result = 1;

	if (exp < 0) {
		if (base == 0)
			run_fail(r, "0 cannot be raised to a negative power");
		return val_float(pow((double)base, (double)exp));
	}
	for (; exp > 0 && !*overflow; exp >>= 1) {
		if (exp & 1)
			*overflow = __builtin_mul_overflow(result, base, &result);
		if (exp > 1 && __builtin_mul_overflow(base, base, &base))
			*overflow = true;
	}
	return val_int(result);
}

static struct val
int_binary(struct run *r, int op, int64_t a, int64_t b)
{
	bool overflow = false;
	int64_t i = 0;
	struct val v;

	if (b == 0 && (op == T_DIV || op == T_FLOORDIV || op == T_MOD))
		run_fail(r, "division by zero");
	switch (op) {
	case T_ADD:
		overflow = __builtin_add_overflow(a, b, &i);
		break;
	case T_SUB:
		overflow = __builtin_sub_overflow(a, b, &i);
		break;
	case T_MUL:
		overflow = __builtin_mul_overflow(a, b, &i);
		break;
	case T_DIV:
		return val_float((double)a / (double)b);
	case T_FLOORDIV:
		if (b == -1)
			overflow = __builtin_sub_overflow(0, a, &i);
		else
			i = a / b - (a % b != 0 && (a < 0) != (b < 0));
		break;
	case T_MOD:
		i = b == -1 ? 0 : a % b;
		i += i != 0 && (i < 0) != (b < 0) ? b : 0;
		break;
	case T_POW:
		v = int_power(r, a, b, &overflow);
		if (!overflow)
			return v;
		break;
	}
	if (overflow)
		run_fail(r, "the result of '%s' does not fit into 64 bits", op_name(op));
	return val_int(i);
}

static struct val
float_binary(struct run *r, int op, double a, double b)
{
	double m, div;

	if (b == 0 && (op == T_DIV || op == T_FLOORDIV || op == T_MOD))
		run_fail(r, "division by zero");
	switch (op) {
	case T_ADD:
		return val_float(a + b);
	case T_SUB:
		return val_float(a - b);
	case T_MUL:
		return val_float(a * b);
	case T_DIV:
		return val_float(a / b);
	case T_POW:
		if (a == 0 && b < 0)
			run_fail(r, "0 cannot be raised to a negative power");
		if (a < 0 && isfinite(b) && b != floor(b))
			run_fail(r, "a root of a negative number is not real");
		m = pow(a, b);
		if (isinf(m) && isfinite(a) && isfinite(b))
			run_fail(r, "the result of '**' is too large");
		return val_float(m);
	}
	m = fmod(a, b);			/* as CPython's float_divmod */
	if (op == T_MOD)
		return val_float(m == 0 ? copysign(0, b) : (b < 0) != (m < 0) ? m + b : m);
	div = (a - m) / b - ((b < 0) != (m < 0) && m != 0 ? 1 : 0);
	m = floor(div);
	return val_float(div == 0 ? copysign(0, a / b) : div - m > 0.5 ? m + 1 : m);
}

struct val
oper_negative(struct run *r, struct val v, bool minus)
{
	if (v.type == V_UNDEFINED)
		undefined_fault(r, v);
	if (!val_is_number(v))
		run_fail(r, "'%c' does not work on %s", minus ? '-' : '+', val_type_name(v));
	if (v.type == V_FLOAT)
		return val_float(minus ? -v.f : v.f);
	return minus ? int_binary(r, T_SUB, 0, as_int(v)) : val_int(as_int(v));
}

/* Joined strings keep room behind them, so that  {% set s = s ~ x %}  in a loop costs what X costs.  The bytes of a
 * string never change: only who ends where the used part ends may write behind it. */
struct room {
	size_t used, cap;
};

struct val
oper_join(struct run *r, struct val a, struct val b)
{
	struct room *room;
	size_t n = a.len + b.len;
	struct val v;
	char *s;

	if (a.roomy) {
		room = (struct room *)(uintptr_t)(a.s - sizeof *room);
		if (room->used == a.len && n <= room->cap) {
			memcpy((char *)(room + 1) + a.len, b.s, b.len);
			room->used = n;
			a.len = n;
			return a;
		}
	}
	room = arena_alloc(&r->mem, sizeof *room + (a.roomy ? n + n / 2 : n));
	room->used = n;
	room->cap = a.roomy ? n + n / 2 : n;
	s = (char *)(room + 1);
	memcpy(s, a.s, a.len);
	memcpy(s + a.len, b.s, b.len);
	v = val_str(s, n);
	v.roomy = true;
	return v;
}

static struct val
add_seqs(struct run *r, struct val a, struct val b)
{
	size_t n = a.seq->n + b.seq->n;
	struct val *v = arena_alloc(&r->mem, n * sizeof *v);

	run_charge(r, n / 8);
	if (a.seq->n)
		memcpy(v, a.seq->v, a.seq->n * sizeof *v);
	if (b.seq->n)
		memcpy(v + a.seq->n, b.seq->v, b.seq->n * sizeof *v);
	return val_seq(r, a.type, v, n);
}

static struct val
add_strs(struct run *r, struct val a, struct val b)
{
	bool safe = a.safe || b.safe;
	struct val v;

	if (safe) {			/* markupsafe: what is not safe is escaped */
		a = str_escape(r, a);
		b = str_escape(r, b);
	}
	v = oper_join(r, a, b);
	v.safe = safe;
	return v;
}

static struct val
repeat(struct run *r, struct val what, int64_t times)
{
	size_t n = times > 0 ? (size_t)times : 0, all;
	struct text t = run_text(r);
	struct val *v, out;

	if (what.type == V_STR) {
		if (what.len > 0)
			text_add_fill(&t, what.s, what.len, n);
		run_charge_bytes(r, t.n);
		out = val_text(&t);
		out.safe = what.safe;
		return out;
	}
	if (!size_mul(&all, n, what.seq->n) || !size_mul(&all, all, sizeof *v))
		all = SIZE_MAX;
	v = arena_alloc(&r->mem, all);
	all /= sizeof *v;
	run_charge(r, all / 8);
	for (size_t i = 0; i < all; i++)
		v[i] = what.seq->v[i % what.seq->n];
	return val_seq(r, what.type, v, all);
}

static bool
is_seq(struct val v)
{
	return v.type == V_LIST || v.type == V_TUPLE;
}

struct val
oper_binary(struct run *r, int op, struct val a, struct val b)
{
	if (val_is_int(a) && val_is_int(b))
		return int_binary(r, op, as_int(a), as_int(b));
	if (val_is_number(a) && val_is_number(b))
		return float_binary(r, op, val_to_double(a), val_to_double(b));
	if (op == T_MOD && a.type == V_STR)
		return oper_format(r, a, b);
	if (a.type == V_UNDEFINED || b.type == V_UNDEFINED)
		undefined_fault(r, a.type == V_UNDEFINED ? a : b);
	if (op == T_ADD && a.type == b.type) {
		if (a.type == V_STR)
			return add_strs(r, a, b);
		if (is_seq(a))
			return add_seqs(r, a, b);
	}
	if (op == T_MUL && (a.type == V_STR || is_seq(a)) && val_is_int(b))
		return repeat(r, a, as_int(b));
	if (op == T_MUL && (b.type == V_STR || is_seq(b)) && val_is_int(a))
		return repeat(r, b, as_int(a));
	bad_operands(r, op, a, b);
}

bool
oper_compare(struct run *r, int op, struct val a, struct val b)
{
	int o;

	switch (op) {
	case T_EQ:
		return val_equal(r, a, b);
	case T_NE:
		return !val_equal(r, a, b);
	case OP_IN:
		return val_contains(r, b, a);
	case OP_NOT_IN:
		return !val_contains(r, b, a);
	}
	o = val_order(r, a, b, op_name(op));
	if (o == 2 && (val_is_number(a) || val_is_number(b)))
		return false;		/* not a number: every order is false */
	return op == T_LT ? o < 0 : op == T_LE ? o <= 0 : op == T_GT ? o > 0 : o >= 0;
}
