/* What a person may paste as the name of a model: parsed, it yields only words that are safe in paths and requests. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/hub.h"
#include "registry/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_new0(size + 1, 1), *id;
	struct hub_listing l;
	struct hub_ref ref;
	struct err e = {0};

	memcpy(text, data, size);
	if (!hub_ref_parse(&ref, text, &e)) {
		if (e.kind != ERR_USAGE || !*e.text || strchr(e.text, '\n') || strchr(e.text, '\033') || ref.repo || ref.url)
			abort();
		free(text);
		return 0;
	}
	if (!resolve_is_address(text) || (ref.kind == HUB_REPO) != (ref.repo != NULL) || (ref.kind == HUB_URL) != (ref.url != NULL))
		abort();
	if (ref.revision && (strstr(ref.revision, "..") || strpbrk(ref.revision, " \n\033?#%&")))
		abort();
	id = hub_ref_id(&ref);
	if (!check_id(id, NULL))
		abort();
	if (ref.kind == HUB_URL) {
		if (!hub_list(&ref, &(struct fetch_options){0}, &l, &e) || l.n_chosen != 1 ||
		    !check_file_name(l.entry.files[0].name, NULL))
			abort();
		hub_listing_done(&l);
	}
	free(id);
	hub_ref_done(&ref);
	free(text);
	return 0;
}
