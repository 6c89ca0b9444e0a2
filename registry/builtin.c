/* The registry that is part of the program: registry/catalog/ as one pack of its files and as a snapshot of them, both of
 * which make writes.  They are only looked at when they are asked for. */
#include "registry/catalog.h"
#include "registry/snapshot.h"

__asm__(
	".section .rodata\n"
	".global registry_pack_begin, registry_pack_end, registry_snapshot_begin, registry_snapshot_end\n"
	"registry_pack_begin: .incbin \"" CATALOG_PACK "\"\n"
	"registry_pack_end: .byte 0\n"
	".balign 8\n"
	"registry_snapshot_begin: .incbin \"" CATALOG_SNAPSHOT "\"\n"
	"registry_snapshot_end: .byte 0\n"
	".previous\n");
extern const char registry_pack_begin[], registry_pack_end[], registry_snapshot_begin[], registry_snapshot_end[];

static size_t
pack_size(void)
{
	return (size_t)(registry_pack_end - registry_pack_begin);
}

bool
catalog_each_builtin(bool (*each)(void *ctx, const char *path, const char *text, size_t n, struct err *e), void *ctx,
    struct err *e)
{
	return catalog_each_packed(registry_pack_begin, pack_size(), each, ctx, e);
}

/* The snapshot is empty where the program was built for another machine than the one that built it. */
bool
catalog_add_builtin(struct catalog *c, struct err *e)
{
	size_t n = (size_t)(registry_snapshot_end - registry_snapshot_begin);
	struct snapshot *s;

	if (n == 0)
		return catalog_add_pack(c, CATALOG_BUILTIN, registry_pack_begin, pack_size(), e);
	s = snapshot_parse(registry_snapshot_begin, n, e);
	return s && catalog_add_snapshot(c, CATALOG_BUILTIN, s, e);
}
