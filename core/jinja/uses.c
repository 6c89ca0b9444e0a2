/* Which names a template reads: told from its tree, so that callers give it nothing it does not know. */
#include <string.h>

#include "core/base/mem.h"
#include "core/jinja/ast.h"

/* Deeper than templates nest and than rendering goes: what lies below is never reached. */
#define DEPTH_MOST 2000

struct search {
	const struct jinja *j;
	const char *name;
	size_t len;
};

static bool
is_name(const struct search *s, const struct val *v)
{
	return v->type == V_STR && v->len == s->len && memcmp(v->s, s->name, s->len) == 0;
}

static bool
found_in(const struct search *s, const struct node *n, unsigned depth)
{
	for (; n && depth; n = n->next) {
		const struct node *const parts[] = {n->a, n->b, n->c, n->d, n->list};
		bool has_sym = n->kind == N_NAME || n->kind == N_NSREF;

		if (is_name(s, &n->val) || (has_sym && is_name(s, &s->j->symbols[n->sym].name)))
			return true;
		for (size_t i = 0; i < ARRAY_LEN(parts); i++)
			if (parts[i] && found_in(s, parts[i], depth - 1))
				return true;
	}
	return false;
}

bool
jinja_uses(const struct jinja *j, const char *name)
{
	struct search s = {j, name, strlen(name)};

	return found_in(&s, j->body, DEPTH_MOST);
}
