/* The table of tests ("x is …").  Adding one is a function and a row. */
#include "core/jinja/ast.h"

#define TEST(name, expression) \
	static struct val \
	test_##name(struct run *r, struct val self, struct args *a) \
	{ \
		(void)r, (void)a; \
		return val_bool(expression); \
	}

static struct val
remainder_of(struct run *r, struct val self, struct val by)
{
	return oper_binary(r, T_MOD, self, by);
}

/* Every cased character is of the wanted case, and there is one. */
static bool
all_cased(struct run *r, struct val v, const char *method)
{
	struct val s = val_to_str(r, v);
	const struct builtin *b = builtin_in(methods_str_test, method, __builtin_strlen(method));

	return b->fn(r, s, &(struct args){0}).b;
}

static bool
is_sequence(struct val v)
{
	return v.type == V_UNDEFINED || v.type == V_STR || v.type == V_LIST || v.type == V_TUPLE || v.type == V_DICT ||
	    v.type == V_RANGE;
}

static bool
is_callable(struct val v)
{
	return v.type == V_UNDEFINED || v.type == V_FUNCTION || v.type == V_METHOD || v.type == V_MACRO ||
	    v.type == V_LOOP || v.type == V_JOINER;
}

static bool
is_same(struct run *r, struct val a, struct val b)
{
	if (a.type != b.type)
		return false;
	if (val_is_number(a) || a.type == V_STR || a.type == V_NONE)
		return val_equal(r, a, b);
	return a.dict == b.dict;		/* any of the pointers */
}

TEST(odd, val_equal(r, remainder_of(r, self, val_int(2)), val_int(1)))
TEST(even, val_equal(r, remainder_of(r, self, val_int(2)), val_int(0)))
TEST(divisibleby, val_equal(r, remainder_of(r, self, a->v[0]), val_int(0)))
TEST(defined, self.type != V_UNDEFINED)
TEST(undefined, self.type == V_UNDEFINED)
TEST(none, self.type == V_NONE)
TEST(boolean, self.type == V_BOOL)
TEST(false, self.type == V_BOOL && !self.b)
TEST(true, self.type == V_BOOL && self.b)
TEST(integer, self.type == V_INT)
TEST(float, self.type == V_FLOAT)
TEST(number, val_is_number(self))
TEST(string, self.type == V_STR)
TEST(mapping, self.type == V_DICT)
TEST(sequence, is_sequence(self))
TEST(iterable, val_is_iterable(self))
TEST(callable, is_callable(self))
TEST(sameas, is_same(r, self, a->v[0]))
TEST(escaped, self.type == V_STR && self.safe)
TEST(in, val_contains(r, a->v[0], self))
TEST(lower, all_cased(r, self, "islower"))
TEST(upper, all_cased(r, self, "isupper"))
TEST(eq, oper_compare(r, T_EQ, self, a->v[0]))
TEST(ne, oper_compare(r, T_NE, self, a->v[0]))
TEST(gt, oper_compare(r, T_GT, self, a->v[0]))
TEST(ge, oper_compare(r, T_GE, self, a->v[0]))
TEST(lt, oper_compare(r, T_LT, self, a->v[0]))
TEST(le, oper_compare(r, T_LE, self, a->v[0]))
TEST(filter, self.type == V_STR && filter_find(self.s, self.len))
TEST(test, self.type == V_STR && test_find(self.s, self.len))

static const struct builtin tests[] = {
	{"odd", "", 0, test_odd}, {"even", "", 0, test_even}, {"divisibleby", "num", 1, test_divisibleby},
	{"defined", "", 0, test_defined}, {"undefined", "", 0, test_undefined}, {"none", "", 0, test_none},
	{"boolean", "", 0, test_boolean}, {"false", "", 0, test_false}, {"true", "", 0, test_true},
	{"integer", "", 0, test_integer}, {"float", "", 0, test_float}, {"number", "", 0, test_number},
	{"string", "", 0, test_string}, {"mapping", "", 0, test_mapping}, {"sequence", "", 0, test_sequence},
	{"iterable", "", 0, test_iterable}, {"callable", "", 0, test_callable}, {"sameas", "other", 1, test_sameas},
	{"escaped", "", 0, test_escaped}, {"in", "seq", 1, test_in}, {"lower", "", 0, test_lower},
	{"upper", "", 0, test_upper}, {"filter", "", 0, test_filter}, {"test", "", 0, test_test},
	{"==", "other", 1, test_eq}, {"eq", "other", 1, test_eq}, {"equalto", "other", 1, test_eq},
	{"!=", "other", 1, test_ne}, {"ne", "other", 1, test_ne},
	{">", "other", 1, test_gt}, {"gt", "other", 1, test_gt}, {"greaterthan", "other", 1, test_gt},
	{">=", "other", 1, test_ge}, {"ge", "other", 1, test_ge},
	{"<", "other", 1, test_lt}, {"lt", "other", 1, test_lt}, {"lessthan", "other", 1, test_lt},
	{"<=", "other", 1, test_le}, {"le", "other", 1, test_le},
	{0},
};

const struct builtin *
test_find(const char *name, size_t len)
{
	return builtin_in(tests, name, len);
}
