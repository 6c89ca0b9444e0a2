/* A synced registry as models; see synced.h. */
#include "registry/synced.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/fs.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "registry/snapshot.h"
#include "registry/sync.h"

/* The files of one registry while they are read. */
struct reading {
	struct synced *from;
	struct catalog *catalog;
	struct buf *skipped;		/* may be NULL */
	struct snapshot *old;		/* of an earlier state; may be NULL */
	struct map old_ids;		/* its models */
};

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* The names that an index may list beside models, a registry may use as it likes. */
static bool
is_read(const char *path)
{
	return strncmp(path, "models/", 7) == 0 &&
	    (ends_with(path, "/entry.json") || ends_with(path, "/card.md") || ends_with(path, "/family.json"));
}

static void
index_ids(struct map *ids, const struct snapshot *s)
{
	map_init(ids, s ? snapshot_n_models(s) : 0);
	for (size_t i = 0; s && i < snapshot_n_models(s); i++) {
		const char *id = snapshot_model(s, i)->entry.id;

		map_add(ids, id, strlen(id), (uint32_t)i);
	}
}

/* The hash of a model's file in the index; zeros when it is not there. */
static void
listed_hash(const struct reading *r, const struct entry *en, const char *file, unsigned char sha256[32])
{
	const struct index_file *f;
	struct buf path = {0};

	buf_printf(&path, "models/%s/%s/%s", en->family, en->id, file);
	f = index_find(synced_index(r->from), path.data);
	memset(sha256, 0, 32);
	if (f)
		memcpy(sha256, f->sha256, 32);
	buf_done(&path);
}

/* The model that PATH, of its entry or card, belongs to, when the index lists both as they were in the earlier state:
 * they were hashed and parsed then. */
static const struct catalog_model *
find_known(const struct reading *r, const char *path)
{
	const char *end = strrchr(path, '/'), *id = end;
	const struct catalog_model *m;
	unsigned char sha256[32];
	uint32_t i;

	while (id > path && id[-1] != '/')
		id--;
	i = r->old ? map_find(&r->old_ids, id, (size_t)(end - id)) : MAP_NONE;
	if (i == MAP_NONE)
		return NULL;
	m = snapshot_model(r->old, i);
	listed_hash(r, &m->entry, "entry.json", sha256);
	if (memcmp(sha256, snapshot_entry_hash(r->old, i), sizeof sha256) != 0)
		return NULL;
	listed_hash(r, &m->entry, "card.md", sha256);
	return memcmp(sha256, snapshot_card_hash(r->old, i), sizeof sha256) == 0 ? m : NULL;
}

static bool
read_files(struct reading *r, struct err *e)
{
	const struct index *ix = synced_index(r->from);
	struct buf text = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < ix->n_files; i++) {
		const char *path = ix->files[i].path;
		const struct catalog_model *known;
		struct err why = {0};
		bool good;

		if (!is_read(path))
			continue;
		known = ends_with(path, "/family.json") ? NULL : find_known(r, path);
		if (known) {
			good = !ends_with(path, "/entry.json") || catalog_add_known(r->catalog, ix->registry, known, &why);
		} else {
			ok = synced_read(r->from, path, &text, e);
			good = !ok || catalog_add(r->catalog, ix->registry, path, buf_str(&text), text.len, &why);
		}
		if (!good && r->skipped)
			buf_printf(r->skipped, "%s\n", why.text);
	}
	buf_done(&text);
	return ok;
}

static void
find_hashes(const struct reading *r, unsigned char (*hashes)[2][32])
{
	const struct catalog_model *m;

	for (size_t i = 0; (m = catalog_model_at(r->catalog, i)); i++) {
		listed_hash(r, &m->entry, "entry.json", hashes[i][0]);
		listed_hash(r, &m->entry, "card.md", hashes[i][1]);
	}
}

static bool
make_snapshot(struct reading *r, struct buf *out, struct err *e)
{
	const struct trust *t = synced_trust(r->from);
	unsigned char (*hashes)[2][32];
	struct snapshot_key key;
	size_t n = 0;

	if (!read_files(r, e))
		return false;
	while (catalog_model_at(r->catalog, n))
		n++;
	hashes = mem_try(n + 1, sizeof *hashes, "the hashes of a registry", e);
	if (!hashes)
		return false;
	find_hashes(r, hashes);
	memcpy(key.index_sha256, t->index_sha256, sizeof key.index_sha256);
	memcpy(key.commit, t->commit, sizeof key.commit);
	snapshot_write(r->catalog, &key, (const unsigned char (*)[2][32])hashes, out);
	free(hashes);
	return true;
}

static struct snapshot *
read_anew(const char *dir, const char *path, struct buf *skipped, struct err *e)
{
	struct err ignored = {0};
	struct reading r = {synced_open(dir, e), catalog_new(), skipped, snapshot_open(path, NULL, &ignored), {0}};
	struct snapshot *s = NULL;
	struct buf bytes = {0};

	index_ids(&r.old_ids, r.old);
	if (r.from && make_snapshot(&r, &bytes, e)) {
		/* Where it cannot be kept, it only takes longer the next time. */
		if (!fs_write_atomic(path, bytes.data, bytes.len, &ignored))
			ignored.kind = ERR_NONE;
		s = snapshot_take(&bytes, e);
	}
	buf_done(&bytes);
	catalog_free(r.catalog);
	map_done(&r.old_ids);
	snapshot_close(r.old);
	synced_close(r.from);
	return s;
}

struct snapshot *
synced_snapshot(const char *dir, struct buf *skipped, struct err *e)
{
	struct buf path = {0};
	struct snapshot_key key;
	struct snapshot *s = NULL;
	struct trust t = {0};
	struct err ignored = {0};

	fs_join(&path, dir, "trust");
	if (!trust_load_state(&t, path.data, e))
		goto done;
	if (t.version == 0) {
		err_set(e, ERR_NOT_FOUND, "was not synced yet");
		goto done;
	}
	memcpy(key.index_sha256, t.index_sha256, sizeof key.index_sha256);
	memcpy(key.commit, t.commit, sizeof key.commit);
	fs_join(&path, dir, "snapshot");
	s = snapshot_open(path.data, &key, &ignored);
	if (!s)
		s = read_anew(dir, path.data, skipped, e);
done:
	trust_done(&t);
	buf_done(&path);
	return s;
}

bool
synced_is_stale(const char *dir, int64_t now, struct buf *why)
{
	struct trust t = {0};
	struct buf path = {0};
	bool is;

	fs_join(&path, dir, "trust");
	is = trust_load_state(&t, path.data, NULL) && trust_is_stale(&t, now, why);
	trust_done(&t);
	buf_done(&path);
	return is;
}

/* ---- what changed ---- */

static uint32_t
find_id(const struct map *ids, const struct snapshot *s, size_t i)
{
	const char *id = snapshot_model(s, i)->entry.id;

	return map_find(ids, id, strlen(id));
}

size_t
synced_changes(const struct snapshot *old, const struct snapshot *new, struct synced_change **changes)
{
	size_t n_old = old ? snapshot_n_models(old) : 0, n_new = snapshot_n_models(new), n = 0;
	struct map old_ids, new_ids;

	*changes = mem_new0(n_old + n_new + 1, sizeof **changes);
	index_ids(&old_ids, old);
	index_ids(&new_ids, new);
	for (size_t i = 0; i < n_new; i++) {
		uint32_t k = find_id(&old_ids, new, i);
		struct synced_change d = {.after = snapshot_model(new, i)};

		if (k != MAP_NONE) {
			d.before = snapshot_model(old, k);
			d.entry_differs = memcmp(snapshot_entry_hash(old, k), snapshot_entry_hash(new, i), 32) != 0;
			d.card_differs = memcmp(snapshot_card_hash(old, k), snapshot_card_hash(new, i), 32) != 0;
		}
		if (!d.before || d.entry_differs || d.card_differs)
			(*changes)[n++] = d;
	}
	for (size_t i = 0; i < n_old; i++)
		if (find_id(&new_ids, old, i) == MAP_NONE)
			(*changes)[n++] = (struct synced_change){.before = snapshot_model(old, i)};
	map_done(&old_ids);
	map_done(&new_ids);
	return n;
}
