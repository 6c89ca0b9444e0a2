/* The one switch; see net.h. */
#include "registry/net.h"

#include <stdatomic.h>
#include <strings.h>

static atomic_bool permitted;

void
net_permit(bool allowed)
{
	atomic_store(&permitted, allowed);
}

bool
net_allowed(const char *url, struct err *e)
{
	if (strncasecmp(url, "file://", 7) == 0 || atomic_load(&permitted))
		return true;
	return err_set(e, ERR_NETWORK, "the network is switched off (network.offline in the settings, or MINNOW_OFFLINE)");
}
