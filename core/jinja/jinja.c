/* The two entry points: compile and render.  Both catch the faults raised below them. */
#include "core/jinja/jinja.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/jinja/ast.h"
#include "core/jinja/json.h"

#define SOURCE_MOST ((size_t)1 << 20)
#define COMPILE_MEMORY ((size_t)64 << 20)

const struct jinja_limits JINJA_LIMITS_DEFAULT = {
	.steps = 10 * 1000 * 1000,
	.output_bytes = (size_t)32 << 20,
	.memory_bytes = (size_t)256 << 20,
	.depth = 1200,
};

uint32_t
jinja_symbol(struct jinja *j, const char *name, size_t len)
{
	uint32_t sym = map_find(&j->names, name, len);

	if (sym != MAP_NONE)
		return sym;
	if (j->n_symbols == j->cap_symbols) {
		size_t cap = j->cap_symbols ? j->cap_symbols * 2 : 64;

		j->symbols = arena_grow(&j->mem, j->symbols, j->cap_symbols * sizeof *j->symbols,
		    cap * sizeof *j->symbols);
		j->cap_symbols = cap;
	}
	sym = (uint32_t)j->n_symbols++;
	j->symbols[sym] = (struct symbol){val_str(name, len), global_find(name, len)};
	return map_add(&j->names, name, len, sym);
}

/* Numbers are written and read as in C, whatever the user's locale; of this thread only. */
static locale_t
use_c_locale(void)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	return c ? uselocale(c) : (locale_t)0;
}

static void
restore_locale(locale_t old)
{
	if (old)
		freelocale(uselocale(old));
}

/* In functions of their own, so that no local lives across the jump. */
static bool
compile(struct jinja *j, const char *source, size_t len)
{
	static const char *const names[] = {[SYM_LOOP] = "loop", [SYM_CALLER] = "caller", [SYM_KWARGS] = "kwargs",
	    [SYM_VARARGS] = "varargs", [SYM_BLOCK] = ""};

	if (setjmp(j->fault.jmp))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		jinja_symbol(j, names[i], strlen(names[i]));
	j->body = parse_template(j, source, len);
	return true;
}

struct jinja *
jinja_open(const char *source, size_t len, struct err *e)
{
	struct err local;
	struct jinja *j;
	locale_t old;
	bool ok;

	if (len > SOURCE_MOST) {
		err_set(e, ERR_FAILED, "the template has %zu bytes; at most %zu are taken", len, SOURCE_MOST);
		return NULL;
	}
	if (!utf8_is_valid(source, len)) {
		err_set(e, ERR_FAILED, "the template is not valid UTF-8");
		return NULL;
	}
	j = mem_new0(1, sizeof *j);
	j->fault.e = e ? e : &local;
	j->fault.line = 1;
	arena_init(&j->mem, COMPILE_MEMORY, &j->fault);
	map_init(&j->names, 64);
	old = use_c_locale();
	ok = compile(j, source, len);
	restore_locale(old);
	j->fault.e = NULL;
	if (ok)
		return j;
	jinja_close(j);
	return NULL;
}

void
jinja_close(struct jinja *j)
{
	if (!j)
		return;
	arena_done(&j->mem);
	map_done(&j->names);
	free(j);
}

static bool
render(struct run *r, const json_t *vars, struct text *page)
{
	if (setjmp(r->fault.jmp))
		return false;
	r->vars = json_is_object(vars) ? dict_from_json(r, vars) : dict_new(r, 0);
	r->top = scope_new(r, NULL);
	*page = run_text(r);
	r->out = r->page = page;
	exec_list(r, r->top, r->j->body);
	return true;
}

bool
jinja_render(const struct jinja *j, const json_t *vars, const struct tm *now, const struct jinja_limits *limits,
    struct buf *out, struct err *e)
{
	struct err local;
	struct text page;
	struct tm clock = {0};
	struct run *r = mem_new0(1, sizeof *r);
	time_t t = time(NULL);
	locale_t old;
	bool ok;

	if (!now)
		now = localtime_r(&t, &clock);
	if (!limits)
		limits = &JINJA_LIMITS_DEFAULT;
	r->fault.e = e ? e : &local;
	r->fault.line = 1;
	r->j = j;
	r->now = now ? now : &clock;
	r->steps = limits->steps;
	r->depth_limit = limits->depth;
	r->output_limit = limits->output_bytes;
	arena_init(&r->mem, limits->memory_bytes, &r->fault);
	old = use_c_locale();
	ok = render(r, vars, &page);
	restore_locale(old);
	if (ok)
		buf_add(out, page.s ? page.s : "", page.n);
	arena_done(&r->mem);
	free(r);
	return ok;
}
