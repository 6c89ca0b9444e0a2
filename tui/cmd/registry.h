/* What the subcommands of minnow registry share: registry.c has those about registries of other people,
 * registry_publish.c those about one's own, registry_bundle.c travels without a network. */
#ifndef TUI_CMD_REGISTRY_H
#define TUI_CMD_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/cmd/cmd.h"
#include "tui/cmd/models.h"
#include "tui/registries.h"

struct registry_opts {
	const char *fingerprint, *name;
	int64_t min_version, threshold, now;	/* now: seconds since 1970, 0: that of the clock */
	struct opt_list keys, signers, revoked;
	bool replace_builtin, from_builtin, renew, json;
};

/* One call of a subcommand: ARGS are those after its name. */
struct registry_call {
	const struct models *m;
	const struct registries *all;
	const struct registry_opts *opts;
	const char *const *args;
	int n_args;
};

bool registry_key(const struct registry_call *c, struct err *e) MUST_CHECK;
bool registry_start(const struct registry_call *c, struct err *e) MUST_CHECK;
bool registry_rotate_keys(const struct registry_call *c, struct err *e) MUST_CHECK;
bool registry_sign_dir(const struct registry_call *c, struct err *e) MUST_CHECK;
bool registry_verify_dir(const struct registry_call *c, struct err *e) MUST_CHECK;
bool registry_export(const struct registry_call *c, struct err *e) MUST_CHECK;
bool registry_import(const struct registry_call *c, struct err *e) MUST_CHECK;

#endif
