/* What the files around libgit2 share; nobody else includes this. */
#ifndef REGISTRY_GIT_IMPL_H
#define REGISTRY_GIT_IMPL_H

#include "registry/git.h"
#include "registry/late.h"

struct repo {
	git_repository *git;
	char *dir;
};

/* Watches one exchange with a host: how much, how long, whether a person gave up.  WHY is set once something is over. */
struct git_guard {
	struct repo_limits limits;	/* without zeros */
	uint64_t start_ns, bytes;
	struct err why;
};

void git_guard_start(struct git_guard *g, const struct repo_limits *limits);
bool git_guard_check(struct git_guard *g);		/* time and cancellation */
bool git_guard_add(struct git_guard *g, size_t n);	/* bytes received, and the above */
unsigned git_guard_left_ms(const struct git_guard *g);	/* of silence that is still allowed: never 0 */

/* The sentence libgit2 left behind, made harmless, after WHAT. */
bool git_failed(struct err *e, enum err_kind kind, const char *what);
/* Text of a host on one line of printable ASCII. */
void git_clean_text(char *out, size_t size, const char *text, size_t n);

/* Subtransports: PARAM is the struct git_guard. */
int git_http_new(git_smart_subtransport **out, git_transport *owner, void *param);
int git_ssh_new(git_smart_subtransport **out, git_transport *owner, void *param);

#endif
