/* The table of architectures; see arch.h. */
#include "core/arch/arch.h"

#include <string.h>

#include "core/base/mem.h"

#define ARCH(id) extern const struct arch arch_##id;
#include "core/arch/arch.def"
#undef ARCH

static const struct arch *const archs[] = {
#define ARCH(id) &arch_##id,
#include "core/arch/arch.def"
#undef ARCH
};

const struct arch *
arch_at(size_t i)
{
	return i < ARRAY_LEN(archs) ? archs[i] : NULL;
}

const struct arch *
arch_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(archs); i++)
		if (strcmp(archs[i]->name, name) == 0)
			return archs[i];
	return NULL;
}
