/* Rights given up; see seal.h.  The filters are short lists compiled here into BPF: a library for that is not on every
 * system that this runs on. */
#define _GNU_SOURCE
#include "core/base/seal.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

#include "core/base/mem.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEAL_UNDER_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEAL_UNDER_SANITIZER 1
#endif

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64))

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define SEAL_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SEAL_ARCH AUDIT_ARCH_AARCH64
#else
#define SEAL_ARCH AUDIT_ARCH_RISCV64
#endif

/* ---- seccomp: a filter is a list of rules; the first that fits decides ---- */

enum { FILTER_MAX = 384 };

struct filter {
	struct sock_filter code[FILTER_MAX];
	size_t n;
};

static void
emit(struct filter *f, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	if (f->n < FILTER_MAX)
		f->code[f->n++] = (struct sock_filter){.code = code, .k = k, .jt = yes, .jf = no};
}

static void
answer(struct filter *f, int error)
{
	emit(f, BPF_RET | BPF_K, error ? SECCOMP_RET_ERRNO | (uint32_t)error : SECCOMP_RET_ALLOW, 0, 0);
}

static void
load_arg(struct filter *f, unsigned i)
{
	/* The lower half; all three architectures are little-endian. */
	emit(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(struct seccomp_data, args) + 8 * i), 0, 0);
}

/* Another architecture's numbers mean other calls: none of them passes. */
static void
begin(struct filter *f, int error)
{
	emit(f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, SEAL_ARCH, 1, 0);
	answer(f, error);
	emit(f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
#if defined(__x86_64__)
	emit(f, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);	/* x32 */
	answer(f, error);
#endif
}

static void
rule(struct filter *f, long call, int error)
{
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
	answer(f, error);
}

/* CALL passes when its argument I is VALUE, or has no bit of BITS; else ERROR.  Ends with the number loaded again. */
static void
rule_equal(struct filter *f, long call, unsigned i, uint32_t value, int error)
{
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4);
	load_arg(f, i);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	answer(f, 0);
	answer(f, error);
}

static void
rule_without(struct filter *f, long call, unsigned i, uint32_t bits, int error)
{
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4);
	load_arg(f, i);
	emit(f, BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0);
	answer(f, 0);
	answer(f, error);
}

static bool
install(struct filter *f, bool all_threads)
{
	struct sock_fprog program = {.len = (unsigned short)f->n, .filter = f->code};

	if (f->n == FILTER_MAX || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return false;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, all_threads ? SECCOMP_FILTER_FLAG_TSYNC : 0, &program) == 0)
		return true;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

/* io_uring does the work of other calls past every filter, so it goes with each of them. */
static const long network_calls[] = {SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_io_uring_setup};
static const long program_calls[] = {
	SYS_execve, SYS_execveat, SYS_io_uring_setup, SYS_bpf, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_mount,
	SYS_unshare, SYS_setns, SYS_open_by_handle_at, SYS_userfaultfd, SYS_perf_event_open, SYS_pidfd_getfd,
#ifndef SEAL_UNDER_SANITIZER
	SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,	/* leak checkers look at their own process so */
#endif
};

static bool
forbid(unsigned what)
{
	struct filter f = {.n = 0};

	begin(&f, EACCES);
	for (size_t i = 0; what & SEAL_NETWORK && i < ARRAY_LEN(network_calls); i++)
		rule(&f, network_calls[i], EACCES);
	for (size_t i = 0; what & SEAL_PROGRAMS && i < ARRAY_LEN(program_calls); i++)
		rule(&f, program_calls[i], EACCES);
	if (what & SEAL_PROGRAMS) {
		/* What is typed for the terminal is run by the shell after us. */
		emit(&f, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4);
		load_arg(&f, 1);
		emit(&f, BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 0, 1);
		answer(&f, EACCES);
		answer(&f, 0);
	}
	answer(&f, 0);
	return install(&f, true);
}

/* Memory, time, the end, and reading what is open. */
static const long parser_calls[] = {
	SYS_read, SYS_pread64, SYS_readv, SYS_lseek, SYS_close, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_fadvise64,
	SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_sched_yield, SYS_sched_getaffinity, SYS_membarrier,
	SYS_exit, SYS_exit_group, SYS_rt_sigreturn, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_sigaltstack,
	SYS_clock_gettime, SYS_gettimeofday, SYS_nanosleep, SYS_clock_nanosleep, SYS_getrandom, SYS_getpid, SYS_gettid,
	SYS_sysinfo, SYS_getrusage, SYS_set_robust_list, SYS_rseq, SYS_restart_syscall,
};
static const long parser_opens[] = {SYS_getdents64, SYS_faccessat, SYS_faccessat2, SYS_readlinkat,
#if defined(__x86_64__)
	SYS_access, SYS_readlink, SYS_stat, SYS_lstat,
#endif
};

static bool
forbid_all_but_reading(int out_fd, bool opens)
{
	const uint32_t writes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
	struct filter f = {.n = 0};

	begin(&f, EPERM);
	for (size_t i = 0; i < ARRAY_LEN(parser_calls); i++)
		rule(&f, parser_calls[i], 0);
	rule_equal(&f, SYS_write, 0, (uint32_t)out_fd, EPERM);
	rule_without(&f, SYS_mmap, 2, PROT_EXEC, EPERM);
	rule_without(&f, SYS_mprotect, 2, PROT_EXEC, EPERM);
	for (size_t i = 0; opens && i < ARRAY_LEN(parser_opens); i++)
		rule(&f, parser_opens[i], 0);
	if (opens)
		rule_without(&f, SYS_openat, 2, writes, EPERM);
#if defined(__x86_64__)
	if (opens)
		rule_without(&f, SYS_open, 1, writes, EPERM);
#endif
	answer(&f, EPERM);
	return install(&f, false);
}

/* ---- Landlock; numbers are written out because headers are older than kernels ---- */

struct landlock_rights {
	uint64_t fs, net;
};
struct landlock_below {
	uint64_t rights;
	int32_t fd;
} __attribute__((packed));

enum {
	LANDLOCK_EXECUTE = 1 << 0, LANDLOCK_WRITE_FILE = 1 << 1, LANDLOCK_READ_FILE = 1 << 2, LANDLOCK_READ_DIR = 1 << 3,
	LANDLOCK_CHANGE_DIR = 0x1ff0,			/* remove and make, bits 4 to 12 */
	LANDLOCK_REFER = 1 << 13,			/* ABI 2 */
	LANDLOCK_TRUNCATE = 1 << 14,			/* ABI 3 */
	LANDLOCK_TCP = 3,				/* bind and connect, ABI 4 */
	LANDLOCK_ABI_REFER = 2, LANDLOCK_ABI_TRUNCATE = 3, LANDLOCK_ABI_NET = 4,
};
#define LANDLOCK_ASKS_VERSION 1u
#define LANDLOCK_PATH_BENEATH 1

#ifdef SYS_landlock_create_ruleset
static int
landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ASKS_VERSION);
}

/* READ_BELOW: NULL, or what may still be read, and nothing else then. */
static bool
landlock_forbid(const char *read_below, bool reads_too)
{
	int abi = landlock_abi(), rules, fd = -1;
	struct landlock_rights r = {.fs = LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_CHANGE_DIR};
	bool ok = true;

	if (abi < 1)
		return false;
	r.fs |= (abi >= LANDLOCK_ABI_REFER ? LANDLOCK_REFER : 0) | (abi >= LANDLOCK_ABI_TRUNCATE ? LANDLOCK_TRUNCATE : 0) |
	    (reads_too ? LANDLOCK_READ_FILE | LANDLOCK_READ_DIR : 0);
	r.net = reads_too && abi >= LANDLOCK_ABI_NET ? LANDLOCK_TCP : 0;
	rules = (int)syscall(SYS_landlock_create_ruleset, &r, abi >= LANDLOCK_ABI_NET ? sizeof r : sizeof r.fs, 0);
	if (rules < 0)
		return false;
	if (read_below) {
		struct landlock_below b = {.rights = LANDLOCK_READ_FILE | LANDLOCK_READ_DIR};

		fd = b.fd = open(read_below, O_PATH | O_CLOEXEC);
		ok = fd >= 0 && syscall(SYS_landlock_add_rule, rules, LANDLOCK_PATH_BENEATH, &b, 0) == 0;
	}
	ok = ok && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	if (fd >= 0)
		close(fd);
	close(rules);
	return ok;
}
#else
static int
landlock_abi(void)
{
	return -1;
}

static bool
landlock_forbid(const char *read_below, bool reads_too)
{
	(void)read_below;
	(void)reads_too;
	return false;
}
#endif

unsigned
seal_process(unsigned what)
{
	unsigned done = 0;

	if (what & SEAL_WRITES && landlock_forbid(NULL, false))
		done |= SEAL_WRITES;
	if (what & (SEAL_NETWORK | SEAL_PROGRAMS) && forbid(what))
		done |= what & (SEAL_NETWORK | SEAL_PROGRAMS);
	return done;
}

unsigned
seal_available(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;
	bool filters = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;

	return (filters ? SEAL_NETWORK | SEAL_PROGRAMS : 0) | (landlock_abi() >= 1 ? SEAL_WRITES : 0);
}

static bool
seal_calls(int out_fd, const char *path)
{
	landlock_forbid(path, true);
	return forbid_all_but_reading(out_fd, path != NULL);
}

/* Bytes of private memory that count against RLIMIT_DATA. */
static size_t
data_bytes(void)
{
	long pages[6] = {0};
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%ld %ld %ld %ld %ld %ld", &pages[0], &pages[1], &pages[2], &pages[3], &pages[4], &pages[5]) != 6)
		pages[5] = 0;
	fclose(f);
	return (size_t)pages[5] * (size_t)sysconf(_SC_PAGESIZE);
}

#else

unsigned
seal_process(unsigned what)
{
	(void)what;
	return 0;
}

unsigned
seal_available(void)
{
	return 0;
}

static bool
seal_calls(int out_fd, const char *path)
{
	(void)out_fd;
	(void)path;
	return false;
}

static size_t
data_bytes(void)
{
	return 0;
}

#endif

static void
limit(int what, rlim_t most)
{
	struct rlimit r;

	if (getrlimit(what, &r) != 0)
		return;
	if (r.rlim_max != RLIM_INFINITY && r.rlim_max < most)
		most = r.rlim_max;
	r.rlim_cur = r.rlim_max = most;
	/* Without the limit the parent's clock still ends it. */
	(void)setrlimit(what, &r);
}

bool
seal_parser(int out_fd, const char *path, size_t bytes, unsigned seconds)
{
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, seconds);
	limit(RLIMIT_DATA, (rlim_t)data_bytes() + bytes);
	return seal_calls(out_fd, path);
}
