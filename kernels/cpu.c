/* CPU features.  x86: by CPUID and XGETBV (Intel SDM vol. 1, 13.3; vol. 2, CPUID); a feature that the processor has but
 * whose registers the system does not save (XCR0) counts as absent.  ARM: what the system says, as the processor may
 * only be asked by it. */
#include "kernels/cpu.h"

#include <stdbool.h>
#include <stddef.h>

#include "kernels/kern.h"

struct feature {
	const char *name;
	uint32_t bit;
};

#if defined(__x86_64__)
#include <cpuid.h>

static const struct feature features[] = {
	{"avx2", CPU_AVX2},
	{"fma", CPU_FMA},
	{"f16c", CPU_F16C},
	{"avx-vnni", CPU_AVX_VNNI},
	{"avx512", CPU_AVX512},
	{"avx512-vnni", CPU_VNNI},
	{"avx512-bf16", CPU_AVX512_BF16},
	{"avx512-vbmi", CPU_AVX512_VBMI},
	{"amx", CPU_AMX},
	{NULL, 0},
};

struct leaf {
	uint32_t a, b, c, d;
};

static struct leaf
leaf_get(uint32_t n, uint32_t sub)
{
	struct leaf l = {0};

	__get_cpuid_count(n, sub, &l.a, &l.b, &l.c, &l.d);	/* leaves L zero when N is past the last */
	return l;
}

static uint64_t
xcr0_get(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static bool
has(uint32_t word, uint32_t bits)
{
	return (word & bits) == bits;
}

/* Tiles are large, so Linux saves them only for processes that ask (Documentation/arch/x86/xstate.rst).  To ask again
 * changes nothing. */
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

static bool
may_use_tiles(void)
{
	enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };

	return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}
#else
static bool
may_use_tiles(void)
{
	return false;
}
#endif

uint32_t
cpu_features(void)
{
	const uint32_t f_dq_bw_vl = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
	struct leaf l1 = leaf_get(1, 0), l7 = leaf_get(7, 0), l7_1 = leaf_get(7, 1);
	uint64_t xcr0;
	uint32_t f = 0;

	if (!has(l1.c, 1u << 27 | 1u << 28))		/* OSXSAVE, AVX */
		return 0;
	xcr0 = xcr0_get();
	if ((xcr0 & 0x06) != 0x06)			/* xmm, ymm */
		return 0;
	f |= has(l7.b, 1u << 5) ? CPU_AVX2 : 0;
	f |= has(l1.c, 1u << 12) ? CPU_FMA : 0;
	f |= has(l1.c, 1u << 29) ? CPU_F16C : 0;
	f |= has(l7_1.a, 1u << 4) ? CPU_AVX_VNNI : 0;
	if ((xcr0 & 0xe6) != 0xe6 || !has(l7.b, f_dq_bw_vl))	/* opmask, zmm0-15, zmm16-31 too */
		return f;
	f |= CPU_AVX512;
	f |= has(l7.c, 1u << 11) ? CPU_VNNI : 0;
	f |= has(l7_1.a, 1u << 5) ? CPU_AVX512_BF16 : 0;
	f |= has(l7.c, 1u << 1) ? CPU_AVX512_VBMI : 0;
	/* AMX_BF16, AMX_TILE and AMX_INT8; the state of tiles */
	if (has(l7.d, 1u << 22 | 1u << 24 | 1u << 25) && has((uint32_t)xcr0, 3u << 17) && may_use_tiles())
		f |= CPU_AMX;
	return f;
}

#elif defined(__aarch64__)

static const struct feature features[] = {
	{"neon", CPU_NEON},
	{"dotprod", CPU_DOTPROD},
	{"i8mm", CPU_I8MM},
	{NULL, 0},
};

#if defined(__linux__)
#include <sys/auxv.h>

/* Linux, Documentation/arch/arm64/elf_hwcaps.rst; numbers, as older headers lack the second word's. */
enum { ASIMD = 1 << 1, ASIMDDP = 1 << 20, I8MM_OF_2 = 1 << 13 };

uint32_t
cpu_features(void)
{
	unsigned long caps = getauxval(AT_HWCAP), caps2 = getauxval(AT_HWCAP2);

	return (caps & ASIMD ? CPU_NEON : 0) | (caps & ASIMDDP ? CPU_DOTPROD : 0) | (caps2 & I8MM_OF_2 ? CPU_I8MM : 0);
}

#elif defined(__APPLE__)
#include <sys/sysctl.h>

static bool
has(const char *name)
{
	int value = 0;
	size_t size = sizeof value;

	return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value != 0;
}

uint32_t
cpu_features(void)
{
	return CPU_NEON | (has("hw.optional.arm.FEAT_DotProd") ? CPU_DOTPROD : 0) |
	    (has("hw.optional.arm.FEAT_I8MM") ? CPU_I8MM : 0);
}

#else

/* The architecture has no processor without it that runs a system. */
uint32_t
cpu_features(void)
{
	return CPU_NEON;
}

#endif

#else

static const struct feature features[] = {
	{NULL, 0},
};

uint32_t
cpu_features(void)
{
	return 0;
}

#endif

bool
cpu_feature_at(size_t i, const char **name, bool *present)
{
	const struct feature *f = features;

	while (f->name && i-- > 0)
		f++;
	*name = f->name;
	*present = (cpu_features() & f->bit) != 0;
	return f->name != NULL;
}
