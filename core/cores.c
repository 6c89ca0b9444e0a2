/* How many physical cores this process may use; see pool.h.
 * Linux tells through the affinity mask, the topology in /sys and the cgroup's quota; elsewhere the number of
 * processors online is the best there is. */
#define _GNU_SOURCE
#include "core/pool.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__

#define MAX_CPUS 4096

static bool
read_line(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(line, (int)size, f) != NULL;
	fclose(f);
	return ok;
}

/* The first hardware thread of CPU's core: the number that names the core. */
static int
first_sibling(int cpu)
{
	char path[96], line[256];

	snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
	if (!read_line(path, line, sizeof line))
		return cpu;
	return (int)strtol(line, NULL, 10);		/* "0,4" or "0-1" */
}

/* Processors of the affinity mask, or the cores they belong to; 0: not known. */
static int
count_allowed(bool are_cores)
{
	cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
	size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
	bool seen[MAX_CPUS] = {false};
	int n = 0;

	if (!set)
		return 0;
	if (sched_getaffinity(0, size, set) == 0) {
		for (int cpu = 0; cpu < MAX_CPUS; cpu++) {
			int core;

			if (!CPU_ISSET_S(cpu, size, set))
				continue;
			core = are_cores ? first_sibling(cpu) : cpu;
			if (core < 0 || core >= MAX_CPUS || seen[core])
				continue;
			seen[core] = true;
			n++;
		}
	}
	CPU_FREE(set);
	return n;
}

/* "max 100000" or "150000 100000" (microseconds per period), rounded up; 0: no limit. */
static int
quota_of(const char *dir)
{
	char path[512], line[128];
	long long quota, period;

	snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", dir);
	if (!read_line(path, line, sizeof line))
		return 0;
	if (sscanf(line, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0)
		return 0;
	return (int)((quota + period - 1) / period);
}

/* The tightest limit from our cgroup (version 2) up to the root. */
static int
cores_by_quota(void)
{
	char line[400], dir[400] = "";
	int best = 0;

	if (read_line("/proc/self/cgroup", line, sizeof line) && strncmp(line, "0::", 3) == 0) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(dir, sizeof dir, "%s", line + 3);
	}
	for (;;) {
		int n = quota_of(strcmp(dir, "/") == 0 ? "" : dir);
		char *slash = strrchr(dir, '/');

		if (n > 0 && (best == 0 || n < best))
			best = n;
		if (!slash)
			return best;
		*slash = '\0';
	}
}

static int
count(bool are_cores)
{
	int n = count_allowed(are_cores), quota = cores_by_quota();

	if (n < 1)
		n = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (quota > 0 && quota < n)
		n = quota;
	return n < 1 ? 1 : n;
}

#else

static int
count(bool are_cores)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	(void)are_cores;
	return n < 1 ? 1 : (int)n;
}

#endif

int
pool_physical_cores(void)
{
	return count(true);
}

int
pool_processors(void)
{
	return count(false);
}
