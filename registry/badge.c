/* Badges; see badge.h. */
#include "registry/badge.h"

#include <string.h>

#include "core/base/mark.h"

const char *
badge_name(enum badge b)
{
	static const char *const names[] = {N_("unverified"), N_("known hash"), N_("registry"), N_("signed")};

	return names[b];
}

void
badge_folder(struct buf *out, const char *registry, const char *id)
{
	if (strcmp(registry, CATALOG_BUILTIN) != 0)
		buf_printf(out, "%s--", registry);
	buf_add_str(out, id);
}

static bool
has_bytes(const struct entry *en, const unsigned char *sha256)
{
	for (size_t i = 0; i < en->n_files; i++)
		if (en->files[i].has_sha256 && memcmp(en->files[i].sha256, sha256, sizeof en->files[i].sha256) == 0)
			return true;
	return false;
}

static bool
is_folder_of(const char *folder, const struct catalog_model *m)
{
	struct buf own = {0};
	bool is;

	badge_folder(&own, m->registry, m->entry.id);
	is = folder && strcmp(folder, buf_str(&own)) == 0;
	buf_done(&own);
	return is;
}

enum badge
badge_of(const struct catalog *c, const char *folder, const struct store_seen *seen)
{
	enum badge badge = BADGE_UNVERIFIED;
	const struct catalog_model *m;

	if (seen->trust != STORE_VERIFIED)
		return BADGE_UNVERIFIED;
	for (size_t i = 0; (m = catalog_model_at(c, i)); i++) {
		if (!has_bytes(&m->entry, seen->sha256))
			continue;
		if (is_folder_of(folder, m))
			return strcmp(m->registry, CATALOG_BUILTIN) == 0 ? BADGE_REGISTRY : BADGE_SIGNED;
		badge = BADGE_HASH_KNOWN;
	}
	return badge;
}
