/* libcurl and libgit2, loaded when the network or the clone of a registry is first needed: with the forty libraries that they
 * bring along they took more than half of the time of a command that needs neither.
 *
 * Their functions are called as libcurl.easy_init() and libgit2.blame_file(); those that are used are rows of late_curl.def
 * and late_git.def.  Before the first call stands late_curl() or late_git().  Where the Makefile cannot tell the name of a
 * library's file (LATE_CURL, LATE_GIT), it is linked like any other. */
#ifndef REGISTRY_LATE_H
#define REGISTRY_LATE_H

#include <curl/curl.h>
#include <git2.h>
#include <git2/sys/transport.h>
#include <stdbool.h>

#include "core/base/err.h"

#define LATE(name) __typeof__(curl_##name) *name;
struct libcurl {
#include "registry/late_curl.def"
};
#undef LATE
#define LATE(name) __typeof__(git_##name) *name;
struct libgit2 {
#include "registry/late_git.def"
};
#undef LATE

extern struct libcurl libcurl;
extern struct libgit2 libgit2;

/* Any thread, any number of times.  ERR_FAILED: it cannot be loaded, and why. */
bool late_curl(struct err *e) MUST_CHECK;
bool late_git(struct err *e) MUST_CHECK;

#endif
