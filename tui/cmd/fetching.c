/* How files are fetched; see fetching.h. */
#include "tui/cmd/fetching.h"

#include <string.h>

#include "core/base/mem.h"

static bool
is_loopback(const char *url)
{
	static const char *const begins[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};

	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		size_t n = strlen(begins[i]);

		if (strncmp(url, begins[i], n) == 0 && (url[n] == ':' || url[n] == '/' || !url[n]))
			return true;
	}
	return false;
}

void
fetching_apply(const struct fetching_opts *o, struct config *c)
{
	if (o->rate >= 0)
		c->download_rate = o->rate;
	if (o->parallel)
		c->download_parallel = o->parallel;
	if (o->offline)
		config_go_offline(c);
}

/* A hub of this machine may do without encryption: whoever listens there could read our memory as well.  Files of this
 * machine are fetched only when a person named them, in an address or in an entry given as a file: callers allow it. */
struct fetch_options
fetching_options(const struct config *c, const atomic_bool *cancel)
{
	return (struct fetch_options){
		.hub = c->hub_endpoint,
		.token = *c->hub_token ? c->hub_token : NULL,
		.n_parallel = (unsigned)c->download_parallel,
		.bytes_per_s = (uint64_t)c->download_rate * 1000,
		.allow_loopback_http = is_loopback(c->hub_endpoint),
		.cancel = cancel,
	};
}
