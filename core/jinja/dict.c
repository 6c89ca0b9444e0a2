/* Dictionaries: in order of insertion, keys equal as in Python (1, 1.0 and True are one key). */
#include <math.h>
#include <string.h>

#include "core/base/map.h"
#include "core/jinja/value.h"

#define LINEAR_MOST 8		/* up to here a search through the entries is faster than an index */

static uint64_t
hash_int(int64_t i)
{
	return ((uint64_t)i ^ 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
}

static uint64_t
hash_key(struct run *r, struct val k)
{
	uint64_t h;

	switch (k.type) {
	case V_STR:
		run_charge_bytes(r, k.len);
		return map_hash(k.s, k.len);
	case V_BOOL:
		return hash_int(k.b);
	case V_INT:
		return hash_int(k.i);
	case V_FLOAT:
		if (k.f == floor(k.f) && fabs(k.f) < 0x1p62)
			return hash_int((int64_t)k.f);
		return map_hash((const char *)&k.f, sizeof k.f);
	case V_TUPLE:
		run_enter(r);
		h = k.seq->n;
		for (size_t i = 0; i < k.seq->n; i++) {
			run_charge(r, 1);
			h = h * 1000003u ^ hash_key(r, k.seq->v[i]);
		}
		r->depth--;
		return h;
	case V_LIST:
	case V_DICT:
	case V_VIEW:
		run_fail(r, "a %s cannot be a key of a dictionary", val_type_name(k));
	default:
		return k.type;
	}
}

static bool
same_key(struct run *r, struct val a, struct val b)
{
	if (a.type == V_STR && b.type == V_STR)
		return a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
	return val_equal(r, a, b);
}

/* The entry of KEY, or d->n; *hash is set when there is an index, and *slot then is its place in it. */
static size_t
find(struct run *r, const struct dict *d, struct val key, uint64_t *hash, size_t *slot)
{
	*hash = key.type == V_STR && !d->index ? 0 : hash_key(r, key);
	if (!d->index) {
		for (size_t i = 0; i < d->n; i++)
			if (same_key(r, d->e[i].key, key))
				return i;
		return d->n;
	}
	for (size_t at = *hash & (d->n_index - 1);; at = (at + 1) & (d->n_index - 1)) {
		uint32_t e = d->index[at];

		*slot = at;
		if (e == 0)
			return d->n;
		run_charge(r, 1);
		if (d->e[e - 1].hash == *hash && same_key(r, d->e[e - 1].key, key))
			return e - 1;
	}
}

static void
reindex(struct run *r, struct dict *d)
{
	size_t n = 32;

	while (n < d->cap * 2)
		n *= 2;
	d->index = arena_new0(&r->mem, n, sizeof *d->index);
	d->n_index = n;
	for (size_t i = 0; i < d->n; i++) {
		size_t at = (d->e[i].hash = hash_key(r, d->e[i].key)) & (n - 1);

		while (d->index[at]) {
			run_charge(r, 1);
			at = (at + 1) & (n - 1);
		}
		d->index[at] = (uint32_t)i + 1;
	}
}

static void
grow(struct run *r, struct dict *d)
{
	size_t cap = d->cap ? d->cap * 2 : LINEAR_MOST;

	d->e = arena_grow(&r->mem, d->e, d->cap * sizeof *d->e, cap * sizeof *d->e);
	d->cap = cap;
	if (cap > LINEAR_MOST)
		reindex(r, d);
}

struct dict *
dict_new(struct run *r, size_t expected)
{
	struct dict *d = arena_new0(&r->mem, 1, sizeof *d);

	if (expected > 0) {
		d->cap = expected;
		d->e = arena_alloc(&r->mem, expected * sizeof *d->e);
		if (expected > LINEAR_MOST)
			reindex(r, d);
	}
	return d;
}

bool
dict_get(struct run *r, const struct dict *d, struct val key, struct val *out)
{
	uint64_t hash;
	size_t slot, i = find(r, d, key, &hash, &slot);

	if (i == d->n)
		return false;
	*out = d->e[i].val;
	return true;
}

void
dict_set(struct run *r, struct dict *d, struct val key, struct val v)
{
	uint64_t hash;
	size_t slot = 0, i = find(r, d, key, &hash, &slot);

	if (i < d->n) {
		d->e[i].val = v;
		return;
	}
	if (d->n == d->cap) {
		grow(r, d);
		find(r, d, key, &hash, &slot);
	}
	d->e[d->n++] = (struct entry){key, v, hash};
	if (d->index)
		d->index[slot] = (uint32_t)d->n;
}
