/* Libraries that are loaded late; see late.h. */
#include "registry/late.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "core/base/mem.h"

struct function {
	const char *name;
	size_t at;			/* of its pointer in the struct */
};

struct late {
	const char *file;		/* NULL: it is linked */
	const struct function *functions;
	size_t n;
	void *pointers;			/* the struct */
	bool loaded;
};

/* Guards both structs until they are loaded. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool
find_all(struct late *l, void *library, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		void *p = dlsym(library, l->functions[i].name);

		if (!p)
			return err_set(e, ERR_FAILED, "%s has no %s: it is another version than minnow was built with", l->file,
			    l->functions[i].name);
		memcpy((char *)l->pointers + l->functions[i].at, &p, sizeof p);
	}
	return true;
}

/* It stays loaded: what it started for itself ends with the process. */
static bool
load(struct late *l, struct err *e)
{
	void *library;

	pthread_mutex_lock(&lock);
	if (!l->loaded && l->file) {
		library = dlopen(l->file, RTLD_LAZY | RTLD_LOCAL);
		l->loaded = library ? find_all(l, library, e) :
		    err_set(e, ERR_FAILED, "the network and synced registries need %s, which cannot be loaded: %s", l->file, dlerror());
	}
	pthread_mutex_unlock(&lock);
	return l->loaded || !l->file;
}

/* ---- the two ---- */

#ifdef LATE_CURL
struct libcurl libcurl;
#define LATE(name) {"curl_" #name, offsetof(struct libcurl, name)},
static const struct function curl_functions[] = {
#include "registry/late_curl.def"
};
#undef LATE
static struct late curl = {LATE_CURL, curl_functions, ARRAY_LEN(curl_functions), &libcurl, false};
#else
#define LATE(name) curl_##name,
struct libcurl libcurl = {
#include "registry/late_curl.def"
};
#undef LATE
static struct late curl;
#endif

#ifdef LATE_GIT
struct libgit2 libgit2;
#define LATE(name) {"git_" #name, offsetof(struct libgit2, name)},
static const struct function git_functions[] = {
#include "registry/late_git.def"
};
#undef LATE
static struct late git = {LATE_GIT, git_functions, ARRAY_LEN(git_functions), &libgit2, false};
#else
#define LATE(name) git_##name,
struct libgit2 libgit2 = {
#include "registry/late_git.def"
};
#undef LATE
static struct late git;
#endif

bool
late_curl(struct err *e)
{
	return load(&curl, e);
}

bool
late_git(struct err *e)
{
	return load(&git, e);
}
