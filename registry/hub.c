/* Asking the hub what a repository holds; see hub.h. */
#include "registry/hub.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/fetch_text.h"
#include "registry/fetch_wire.h"
#include "registry/hub_facts.h"

void
hub_listing_done(struct hub_listing *l)
{
	entry_done(&l->entry);
	free(l->group);
	*l = (struct hub_listing){0};
}

/* ---- one file at an address ---- */

static bool
list_url(const struct hub_ref *ref, struct hub_listing *out)
{
	size_t n = strcspn(ref->url, "?"), from = n;
	struct entry *en = &out->entry;
	struct entry_file *file;
	char quant[32];

	while (from > 0 && ref->url[from - 1] != '/')
		from--;
	en->id = hub_ref_id(ref);
	en->family = mem_dup("url");
	en->summary = mem_dup("a file at an address, which no registry vouches for");
	en->files = mem_new0(1, sizeof *en->files);
	en->n_files = out->n_chosen = 1;
	out->group = mem_new0(1, sizeof *out->group);
	file = en->files;
	file->name = mem_new0(n - from + 1, 1);
	memcpy(file->name, ref->url + from, n - from);
	en->name = mem_dup(file->name);
	file->quant = hub_quant_of(file->name, quant) ? mem_dup(quant) : NULL;
	file->has_sha256 = ref->has_sha256;
	memcpy(file->sha256, ref->sha256, sizeof file->sha256);
	file->sources = mem_new0(1, sizeof *file->sources);
	file->n_sources = 1;
	*file->sources = (struct entry_source){.kind = ENTRY_URL, .url_or_repo = mem_dup(ref->url)};
	return true;
}

/* ---- a repository ---- */

/* The hub tells nobody without an account which repositories are private, so "401" may mean any of three things. */
static bool
refused(const struct hub_ref *ref, const struct fetch_options *o, const struct fetch_text *t, struct err *e)
{
	bool has_token = o->token && *o->token;
	struct buf page = {0};

	wire_add_hub(&page, o);
	buf_add_str(&page, ref->repo);
	if (strcmp(t->code, "RevisionNotFound") == 0)
		err_set(e, ERR_NOT_FOUND, "hf:%s has no revision \"%s\"", ref->repo, ref->revision ? ref->revision : "main");
	else if (t->status == 403 || strcmp(t->code, "GatedRepo") == 0)
		err_set(e, ERR_NETWORK, "hf:%s is shown only to those who accepted its licence: accept it at %s, and %s", ref->repo,
		    page.data, has_token ? "use a token of that account (HF_TOKEN)" : "set HF_TOKEN to a token of that account");
	else if (t->status == 401)
		err_set(e, ERR_NOT_FOUND, "hf:%s: the hub knows no such repository, or shows it to some accounts only: check the "
		    "name; %s", ref->repo, has_token ? "the token (HF_TOKEN) may be wrong, or not of somebody who may see it" :
		    "if it is private or asks for a consent, set HF_TOKEN");
	else if (t->status == 404 || t->status == 410)
		err_set(e, ERR_NOT_FOUND, "hf:%s%s%s: the hub has no such repository or revision: check the name", ref->repo,
		    ref->revision ? "@" : "", ref->revision ? ref->revision : "");
	else
		err_set(e, ERR_NETWORK, "hf:%s: the hub answers with status %ld", ref->repo, t->status);
	buf_done(&page);
	return false;
}

/* The answer's text is there; or *e says why not. */
static bool
get(const char *url, const struct hub_ref *ref, const struct fetch_options *o, struct fetch_text *t, struct err *e)
{
	if (!fetch_text_get(url, HUB_TEXT_MAX, o, t, e))
		return err_wrap(e, "hf:%s: the hub", ref->repo);
	if (t->status == 200)
		return true;
	refused(ref, o, t, e);
	fetch_text_done(t);
	return false;
}

static void
api_url(struct buf *url, const struct hub_ref *ref, const struct fetch_options *o, const char *what, const char *revision)
{
	wire_add_hub(url, o);
	buf_add_str(url, "api/models/");
	wire_add_escaped(url, ref->repo, "/");
	buf_printf(url, "/%s/", what);
	wire_add_escaped(url, revision, "");
}

static bool
get_info(struct hub_facts *f, const struct hub_ref *ref, const struct fetch_options *o, struct err *e)
{
	struct fetch_text t = {0};
	struct buf url = {0};
	bool ok;

	api_url(&url, ref, o, "revision", ref->revision ? ref->revision : "main");
	buf_add_str(&url, "?blobs=true");
	ok = get(url.data, ref, o, &t, e) &&
	    (hub_facts_read_info(f, buf_str(&t.body), t.body.len, e) || err_wrap(e, "hf:%s", ref->repo));
	fetch_text_done(&t);
	buf_done(&url);
	return ok;
}

/* Files by the tree, page by page, in place of those that the first answer named without their sizes. */
static bool
get_tree(struct hub_facts *f, const struct hub_ref *ref, const struct fetch_options *o, struct err *e)
{
	struct buf url = {0};
	bool ok = true, more = true;

	hub_facts_forget_files(f);
	api_url(&url, ref, o, "tree", f->commit);
	buf_add_str(&url, "?recursive=true");
	for (unsigned n = 0; ok && more; n++) {
		struct fetch_text t = {0};

		ok = n < HUB_PAGES_MAX ||
		    err_set(e, ERR_FAILED, "hf:%s: its list of files has more than %d pages", ref->repo, HUB_PAGES_MAX);
		ok = ok && get(url.data, ref, o, &t, e) &&
		    (hub_facts_read_tree(f, buf_str(&t.body), t.body.len, e) || err_wrap(e, "hf:%s", ref->repo));
		more = ok && t.next;
		if (more && !wire_is_hub(o, t.next))
			ok = err_set(e, ERR_NETWORK, "hf:%s: the list of files goes on at another host, which is refused", ref->repo);
		if (more) {
			buf_clear(&url);
			buf_add_str(&url, t.next);
		}
		fetch_text_done(&t);
	}
	buf_done(&url);
	return ok;
}

bool
hub_list(const struct hub_ref *ref, const struct fetch_options *o, struct hub_listing *out, struct err *e)
{
	struct hub_facts f = {0};
	bool ok;

	*out = (struct hub_listing){0};
	if (ref->kind == HUB_URL)
		return list_url(ref, out);
	ok = get_info(&f, ref, o, e) && (!f.lacks_sizes || get_tree(&f, ref, o, e)) && hub_facts_list(&f, ref, out, e);
	hub_facts_done(&f);
	return ok;
}
