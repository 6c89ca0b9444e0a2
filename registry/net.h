/* May this process use the network?  One answer for all of it, asked where a connection would begin: whatever in
 * registry/ opens one asks here first (a lint looks for those that do not).  The answer is no until somebody who has
 * read the settings says otherwise, so that a way to the network that nobody thought of is closed. */
#ifndef REGISTRY_NET_H
#define REGISTRY_NET_H

#include <stdbool.h>

#include "core/base/err.h"

/* From now on; the last word counts. */
void net_permit(bool allowed);
/* For a connection to URL.  False with ERR_NETWORK and what to do; a file of this machine (file://) is no network. */
bool net_allowed(const char *url, struct err *e) MUST_CHECK;

#endif
