/* make's own: the pack of the built-in registry as a snapshot, so that the program need not parse it at every start.
 * usage: snapshot PACK OUT */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/catalog.h"
#include "registry/snapshot.h"

/* No hash of a file and no state of a clone: nothing asks for those of the program itself. */
static void
write_snapshot(const struct catalog *c, struct buf *out)
{
	static const struct snapshot_key none;
	unsigned char (*hashes)[2][32];
	size_t n = 0;

	while (catalog_model_at(c, n))
		n++;
	hashes = mem_new0(n + 1, sizeof *hashes);
	snapshot_write(c, &none, (const unsigned char (*)[2][32])hashes, out);
	free(hashes);
}

int
main(int argc, char **argv)
{
	struct catalog *c = catalog_new();
	struct buf pack = {0}, out = {0};
	struct err e = {0};
	bool ok = argc == 3 || err_set(&e, ERR_USAGE, "usage: snapshot PACK OUT");

	if (ok && fs_read(&pack, argv[1], CATALOG_BYTES_MAX, &e) &&
	    catalog_add_pack(c, CATALOG_BUILTIN, buf_str(&pack), pack.len, &e)) {
		write_snapshot(c, &out);
		ok = fs_write_atomic(argv[2], buf_str(&out), out.len, &e);
	}
	if (e.kind)
		fprintf(stderr, "registry/catalog: %s\n", e.text);
	buf_done(&pack);
	buf_done(&out);
	catalog_free(c);
	return e.kind;
}
