/* The registry that is part of the program: registry/catalog/ as one pack, which make writes.  It is only looked at
 * when it is asked for. */
#include "registry/catalog.h"

__asm__(
	".section .rodata\n"
	".global registry_pack_begin, registry_pack_end\n"
	"registry_pack_begin: .incbin \"" CATALOG_PACK "\"\n"
	"registry_pack_end: .byte 0\n"
	".previous\n");
extern const char registry_pack_begin[], registry_pack_end[];

static size_t
size(void)
{
	return (size_t)(registry_pack_end - registry_pack_begin);
}

bool
catalog_each_builtin(bool (*each)(void *ctx, const char *path, const char *text, size_t n, struct err *e), void *ctx,
    struct err *e)
{
	return catalog_each_packed(registry_pack_begin, size(), each, ctx, e);
}

bool
catalog_add_builtin(struct catalog *c, struct err *e)
{
	return catalog_add_pack(c, CATALOG_BUILTIN, registry_pack_begin, size(), e);
}
