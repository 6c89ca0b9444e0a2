/* From what a person calls a model to the file or directory it is in; see find.h. */
#include "registry/find.h"

#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/near.h"

/* Seen from the program's directory: in its source tree, under build/<kind>/, or installed under a prefix. */
static const char *const guide_places[] = {
	"registry/guide/guide.gguf",
	"../../registry/guide/guide.gguf",
	"../share/minnow/guide/guide.gguf",
};

static bool
find_guide(struct buf *path, struct err *e)
{
	struct buf dir = {0};
	bool found = false;

	if (!fs_program_dir(&dir))
		buf_add_str(&dir, ".");
	for (size_t i = 0; !found && i < ARRAY_LEN(guide_places); i++) {
		fs_join(path, buf_str(&dir), guide_places[i]);
		found = fs_exists(path->data);
	}
	if (!found)
		err_set(e, ERR_NOT_FOUND, "the bundled model is missing: no guide.gguf in %s/../share/minnow/guide "
		    "(install minnow again, or run make guide)", buf_str(&dir));
	buf_done(&dir);
	return found;
}

static bool
not_found(const char *name, struct err *e)
{
	struct buf file = {0};

	buf_printf(&file, "%s.gguf", name);
	if (fs_exists(file.data))
		err_set(e, ERR_NOT_FOUND, "there is no model \"%s\"; did you mean the file %s?", name, file.data);
	else if (near_distance(name, REGISTRY_GUIDE, 3) < 3)
		err_set(e, ERR_NOT_FOUND, "there is no model \"%s\"; did you mean \"" REGISTRY_GUIDE "\"?", name);
	else
		err_set(e, ERR_NOT_FOUND, "there is no model \"%s\": give the path of a GGUF file or model directory, or \""
		    REGISTRY_GUIDE "\" for the bundled one (minnow search finds models, minnow show NAME:FORMAT tells their address)",
		    name);
	buf_done(&file);
	return false;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

bool
registry_find(const char *name, struct buf *path, struct err *e)
{
	if (strcmp(name, REGISTRY_GUIDE) == 0)
		return find_guide(path, e);
	if (!*name)
		return err_set(e, ERR_NOT_FOUND, "the name of the model is empty");
	if (!strchr(name, '/') && !ends_with(name, ".gguf") && !fs_exists(name))
		return not_found(name, e);
	buf_clear(path);
	buf_add_str(path, name);
	return true;
}
