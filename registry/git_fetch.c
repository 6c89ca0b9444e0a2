/* From a host or a bundle into quarantine, and from there into the clone or nowhere; see git.h. */
#define _GNU_SOURCE
#include "registry/git_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/fs_out.h"
#include "core/base/mem.h"
#include "registry/bundle.h"
#include "registry/net.h"

#define URL_MAX 1024
#define PIECE (256u << 10)	/* of a bundle at a time: how soon a cancellation is seen */

struct repo_incoming {
	struct repo *clone;		/* not owned */
	struct repo *repo;		/* the quarantine */
	unsigned char commit[REPO_ID_BYTES];
};

/* ---- addresses ---- */

static bool
only(const char *s, size_t n, const char *more)
{
	for (size_t i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= 'A' && s[i] <= 'Z') && !(s[i] >= '0' && s[i] <= '9') &&
		    !strchr(more, s[i]))
			return false;
	return n > 0;
}

/* HOST or HOST:PORT of S[0..n); neither may look like an option of another program. */
static bool
check_host(const char *s, size_t n)
{
	const char *colon = memrchr(s, ':', n);
	size_t host = colon ? (size_t)(colon - s) : n;

	if (s[0] == '[')	/* an IPv6 address has colons of its own */
		return false;
	return only(s, host, ".-") && s[0] != '-' && s[0] != '.' &&
	    (!colon || (strspn(colon + 1, "0123456789") == n - host - 1 && n - host - 1 >= 1 && n - host - 1 <= 5));
}

static bool
is_this_machine(const char *s, size_t n)
{
	static const char *const names[] = {"127.0.0.1", "localhost"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t len = strlen(names[i]);

		if (n >= len && strncmp(s, names[i], len) == 0 && (n == len || s[len] == ':'))
			return true;
	}
	return false;
}

/* What libgit2 calls with a URL: NULL is its own transport for files. */
struct scheme {
	const char *prefix;
	git_smart_subtransport_cb open;
	bool is_rpc, may_have_user, here_only;
};

static const struct scheme schemes[] = {
	{"https://", git_http_new, true, false, false},
	{"http://", git_http_new, true, false, true},
	{"ssh://", git_ssh_new, false, true, false},
	{"file:///", NULL, false, false, false},
};

static const struct scheme *
find_scheme(const char *url)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (strncmp(url, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
			return &schemes[i];
	return NULL;
}

bool
repo_url_check(const char *url, struct err *e)
{
	const struct scheme *s = find_scheme(url);
	const char *host, *slash, *at;
	size_t n;

	if (strlen(url) > URL_MAX)
		return err_set(e, ERR_USAGE, "the address of a registry is longer than %d bytes", URL_MAX);
	if (!s)
		return err_set(e, ERR_USAGE, "a registry is reached by https://, ssh:// or file:///, nothing else");
	host = url + strlen(s->prefix);
	if (!only(host, strlen(host), "._~/:@+%-"))
		return err_set(e, ERR_USAGE, "the address of a registry may hold letters, digits and . _ ~ / : @ + %% - only");
	if (!s->open)
		return true;
	slash = strchr(host, '/');
	if (!slash || !slash[1])
		return err_set(e, ERR_USAGE, "the address of a registry names no path on its host");
	n = (size_t)(slash - host);
	at = memchr(host, '@', n);
	if (at && !s->may_have_user)
		return err_set(e, ERR_USAGE, "the address of a registry must not hold a user or password");
	if (at && (!only(host, (size_t)(at - host), "._-") || host[0] == '-'))
		return err_set(e, ERR_USAGE, "the user in the address of a registry is no name");
	if (at) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	if (n == 0 || !check_host(host, n))
		return err_set(e, ERR_USAGE, "the address of a registry has no host");
	if (s->here_only && !is_this_machine(host, n))
		return err_set(e, ERR_USAGE, "http:// is for this very machine (127.0.0.1); use https://");
	return true;
}

/* ---- quarantine ---- */

/* A repository inside the clone that sees its objects but writes its own. */
static struct repo_incoming *
open_incoming(struct repo *clone, const unsigned char *have, struct err *e)
{
	struct repo_incoming *in = mem_new0(1, sizeof *in);
	struct buf dir = {0}, path = {0}, text = {0};
	bool ok;

	in->clone = clone;
	fs_join(&dir, clone->dir, "incoming");
	/* One of a program that was killed goes first; the file has to be there before the objects are first looked at. */
	fs_join(&path, dir.data, "objects/info");
	buf_printf(&text, "%s/objects\n", clone->dir);
	ok = fs_remove_tree(dir.data, e) && fs_make_dirs(path.data, e);
	if (ok) {
		fs_join(&path, dir.data, "objects/info/alternates");
		ok = fs_write_atomic(path.data, text.data, text.len, e);
	}
	if (ok) {
		in->repo = repo_open(dir.data, e);
		/* What the host is told we have. */
		ok = in->repo && (!have || repo_set_head(in->repo, have, e));
	}
	buf_done(&dir);
	buf_done(&path);
	buf_done(&text);
	if (ok)
		return in;
	repo_incoming_drop(in);
	return NULL;
}

void
repo_incoming_drop(struct repo_incoming *in)
{
	struct buf dir = {0};
	struct err ignored = {0};	/* the next one removes it */

	if (!in)
		return;
	repo_close(in->repo);
	fs_join(&dir, in->clone->dir, "incoming");
	if (!fs_remove_tree(dir.data, &ignored))
		ignored.kind = ERR_NONE;
	buf_done(&dir);
	free(in);
}

const unsigned char *
repo_incoming_commit(const struct repo_incoming *in)
{
	return in->commit;
}

struct repo *
repo_incoming_repo(const struct repo_incoming *in)
{
	return in->repo;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

static bool
move_packs(const char *from, const char *to, const char *ending, struct err *e)
{
	struct buf a = {0}, b = {0};
	struct dirent *d;
	DIR *folder = opendir(from);
	bool ok = true;

	if (!folder)
		return errno == ENOENT || err_set_errno(e, errno, from);
	while (ok && (d = readdir(folder)) != NULL) {
		if (!ends_with(d->d_name, ending))
			continue;
		fs_join(&a, from, d->d_name);
		fs_join(&b, to, d->d_name);
		ok = rename(a.data, b.data) == 0 || err_set_errno(e, errno, b.data);
	}
	closedir(folder);
	buf_done(&a);
	buf_done(&b);
	return ok;
}

bool
repo_incoming_keep(struct repo_incoming *in, struct err *e)
{
	struct buf from = {0}, to = {0};
	git_odb *odb = NULL;
	bool ok;
	int fd;

	fs_join(&from, in->repo->dir, "objects/pack");
	fs_join(&to, in->clone->dir, "objects/pack");
	/* A pack is seen once its .idx is there: that goes last. */
	ok = fs_make_dirs(to.data, e) && move_packs(from.data, to.data, ".pack", e) && move_packs(from.data, to.data, ".idx", e);
	fd = ok ? open(to.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		fsync(fd);	/* the renames survive a power cut */
		close(fd);
	}
	if (ok && (libgit2.repository_odb(&odb, in->clone->git) < 0 || libgit2.odb_refresh(odb) < 0))
		ok = git_failed(e, ERR_FAILED, "the clone cannot be read again");
	libgit2.odb_free(odb);
	if (ok && !repo_has(in->clone, in->commit))
		ok = err_set(e, ERR_FAILED, "the clone lacks what was just received");
	buf_done(&from);
	buf_done(&to);
	repo_incoming_drop(in);
	return ok;
}

/* ---- what came ---- */

/* Every commit from TIP down to what the clone has is there, and TIP goes on from HAVE. */
static bool
check_history(struct repo *r, const unsigned char *commit, const unsigned char *have, struct git_guard *g, struct err *e)
{
	git_revwalk *walk = NULL;
	git_oid tip, base, id;
	int rc;

	memcpy(tip.id, commit, REPO_ID_BYTES);
	if (!repo_has(r, commit))
		return git_failed(e, ERR_VERIFY, "the newest commit cannot be read");
	rc = libgit2.revwalk_new(&walk, r->git) < 0 || libgit2.revwalk_push(walk, &tip) < 0 ? -1 : 0;
	if (rc == 0 && have) {
		memcpy(base.id, have, REPO_ID_BYTES);
		rc = libgit2.revwalk_hide(walk, &base);
	}
	while (rc == 0 && git_guard_check(g))
		rc = libgit2.revwalk_next(&id, walk);
	libgit2.revwalk_free(walk);
	if (g->why.kind != ERR_NONE)
		return err_set(e, g->why.kind, "%s", g->why.text);
	if (rc != GIT_ITEROVER)
		return git_failed(e, ERR_VERIFY, "its history has gaps");
	if (!have || libgit2.graph_descendant_of(r->git, &tip, &base) == 1)
		return true;
	return err_set(e, ERR_VERIFY, libgit2.graph_descendant_of(r->git, &base, &tip) == 1 ?
	    "the host went back to an older state than the one that was accepted" :
	    "the host rewrote its history: the newest commit does not go on from the one that was accepted");
}

static int
on_progress(const git_indexer_progress *p, void *payload)
{
	struct git_guard *g = payload;

	if (!git_guard_check(g))
		return GIT_EUSER;
	/* Whatever the transport is: nothing is unpacked beyond the limits. */
	if (p->received_bytes > g->limits.bytes_max)
		err_set(&g->why, ERR_VERIFY, "the host sends more than the %llu bytes allowed",
		    (unsigned long long)g->limits.bytes_max);
	else if (p->total_objects > g->limits.objects_max)
		err_set(&g->why, ERR_VERIFY, "the host sends %u objects, at most %u are allowed", p->total_objects,
		    g->limits.objects_max);
	else if (g->limits.progress)
		g->limits.progress(g->limits.ctx, p->received_bytes, p->received_objects, p->total_objects);
	return g->why.kind == ERR_NONE ? 0 : GIT_EUSER;
}

static int
make_transport(git_transport **out, git_remote *owner, void *param)
{
	struct git_guard *g = param;
	const struct scheme *s = find_scheme(libgit2.remote_url(owner));
	git_smart_subtransport_definition def = {0};

	if (!s || !s->open)
		return libgit2.transport_local(out, owner, NULL);
	def.callback = s->open;
	def.rpc = s->is_rpc;
	def.param = g;
	return libgit2.transport_smart(out, owner, &def);
}

/* What HEAD of the host is. */
static bool
find_head(git_remote *remote, git_oid *tip, struct err *e)
{
	const git_remote_head **heads = NULL;
	size_t n = 0;

	if (libgit2.remote_ls(&heads, &n, remote) < 0)
		return git_failed(e, ERR_NETWORK, "the host does not say what it has");
	for (size_t i = 0; i < n; i++) {
		if (strcmp(heads[i]->name, "HEAD") == 0) {
			*tip = heads[i]->oid;
			return true;
		}
	}
	return err_set(e, ERR_VERIFY, "the host has no commit on its branch");
}

static bool
download(git_remote *remote, const git_fetch_options *opts, struct err *e)
{
	char spec[] = "+HEAD:refs/incoming/head";
	char *specs[] = {spec};
	git_strarray list = {specs, 1};

	return libgit2.remote_download(remote, &list, opts) == 0 || git_failed(e, ERR_NETWORK, "the transfer failed");
}

static bool
fetch_into(struct repo_incoming *in, const char *url, const unsigned char *have, struct git_guard *g, bool *is_new,
    struct err *e)
{
	git_remote_create_options create = GIT_REMOTE_CREATE_OPTIONS_INIT;
	git_fetch_options opts = GIT_FETCH_OPTIONS_INIT;
	git_remote *remote = NULL;
	git_oid tip;
	bool ok = false;

	create.repository = in->repo->git;
	create.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
	opts.callbacks.transport = make_transport;
	opts.callbacks.transfer_progress = on_progress;
	opts.callbacks.payload = g;
	opts.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	opts.update_fetchhead = 0;
	if (libgit2.remote_create_with_opts(&remote, url, &create) < 0) {
		git_failed(e, ERR_FAILED, "the address cannot be used");
	} else if (libgit2.remote_connect(remote, GIT_DIRECTION_FETCH, &opts.callbacks, NULL, NULL) < 0) {
		git_failed(e, ERR_NETWORK, "no connection");
	} else if (find_head(remote, &tip, e)) {
		*is_new = !have || memcmp(tip.id, have, REPO_ID_BYTES) != 0;
		memcpy(in->commit, tip.id, REPO_ID_BYTES);
		ok = !*is_new || (download(remote, &opts, e) && check_history(in->repo, in->commit, have, g, e));
	}
	libgit2.remote_free(remote);
	/* What was noticed here says more than what libgit2 made of it. */
	if (!ok && g->why.kind != ERR_NONE)
		err_set(e, g->why.kind, "%s", g->why.text);
	return ok;
}

bool
repo_fetch(struct repo *r, const char *url, const unsigned char *have, const struct repo_limits *limits,
    struct repo_incoming **out, struct err *e)
{
	struct repo_incoming *in;
	struct git_guard guard;
	bool is_new = false, ok;

	*out = NULL;
	if (!repo_url_check(url, e) || !net_allowed(url, e))
		return false;
	in = open_incoming(r, have, e);
	if (!in)
		return false;
	git_guard_start(&guard, limits);
	ok = fetch_into(in, url, have, &guard, &is_new, e);
	if (ok && is_new)
		*out = in;
	else
		repo_incoming_drop(in);
	return ok;
}

/* ---- bundles ---- */

static bool
unpack(struct repo *r, const uint8_t *data, size_t n, struct git_guard *g, struct err *e)
{
	git_indexer_progress stats = {0};
	git_odb_writepack *w = NULL;
	git_odb *odb = NULL;
	int rc = libgit2.repository_odb(&odb, r->git);

	if (rc == 0)
		rc = libgit2.odb_write_pack(&w, odb, on_progress, g);
	for (size_t at = 0; rc == 0 && at < n; at += PIECE) {
		size_t piece = n - at < PIECE ? n - at : PIECE;

		rc = git_guard_add(g, piece) ? w->append(w, data + at, piece, &stats) : GIT_EUSER;
	}
	if (rc == 0)
		rc = w->commit(w, &stats);
	if (rc != 0 && g->why.kind != ERR_NONE)
		err_set(e, g->why.kind, "%s", g->why.text);
	else if (rc != 0)
		git_failed(e, ERR_VERIFY, "its pack is damaged");
	if (w)
		w->free(w);
	libgit2.odb_free(odb);
	return rc == 0;
}

static bool
import_into(struct repo_incoming *in, const struct fs_map *map, const struct bundle *b, const unsigned char *have,
    struct git_guard *g, struct err *e)
{
	for (size_t i = 0; i < b->n_needs; i++)
		if (!repo_has(in->clone, b->needs[i]))
			return err_set(e, ERR_VERIFY, "goes on from a commit that is not here: sync or import an older bundle first");
	memcpy(in->commit, b->commit, REPO_ID_BYTES);
	return unpack(in->repo, map->data + b->pack_at, map->size - b->pack_at, g, e) &&
	    check_history(in->repo, in->commit, have, g, e);
}

bool
repo_import(struct repo *r, const char *file, const unsigned char *have, const struct repo_limits *limits,
    struct repo_incoming **out, struct err *e)
{
	struct repo_incoming *in = NULL;
	struct git_guard guard;
	struct bundle b;
	struct fs_map map;
	bool ok;

	*out = NULL;
	git_guard_start(&guard, limits);
	if (!fs_map_open(&map, file, e))
		return false;
	ok = bundle_parse(&b, (const char *)map.data, map.size, e);
	if (ok && have && memcmp(b.commit, have, REPO_ID_BYTES) == 0) {
		fs_map_close(&map);
		return true;
	}
	if (ok) {
		in = open_incoming(r, have, e);
		ok = in && import_into(in, &map, &b, have, &guard, e);
	}
	if (!ok)
		err_wrap(e, "%s", file);
	fs_map_close(&map);
	if (ok)
		*out = in;
	else
		repo_incoming_drop(in);
	return ok;
}

struct pack_out {
	struct fs_out *out;
	struct err *e;
};

static int
on_pack_bytes(void *data, size_t n, void *payload)
{
	struct pack_out *p = payload;

	return fs_out_add(p->out, data, n, p->e) ? 0 : GIT_EUSER;
}

/* The objects of a bundle, chosen but not written yet. */
static bool
choose_objects(struct repo *r, git_packbuilder **pack, const git_oid *tip, const git_oid *since, struct err *e)
{
	git_revwalk *walk = NULL;
	bool ok = libgit2.revwalk_new(&walk, r->git) == 0 && libgit2.revwalk_push(walk, tip) == 0 &&
	    (!since || libgit2.revwalk_hide(walk, since) == 0) && libgit2.packbuilder_new(pack, r->git) == 0 &&
	    libgit2.packbuilder_insert_walk(*pack, walk) == 0;

	libgit2.revwalk_free(walk);
	return ok || git_failed(e, ERR_FAILED, "the commits cannot be packed");
}

bool
repo_export(struct repo *r, const unsigned char commit[REPO_ID_BYTES], const unsigned char *since, const char *file,
    struct err *e)
{
	struct buf head = {0};
	git_packbuilder *pack = NULL;
	struct pack_out p = {.e = e};
	struct bundle b = {0};
	git_oid tip, base;
	bool ok;

	memcpy(tip.id, commit, REPO_ID_BYTES);
	memcpy(b.commit, commit, REPO_ID_BYTES);
	if (since) {
		memcpy(base.id, since, REPO_ID_BYTES);
		memcpy(b.needs[b.n_needs++], since, REPO_ID_BYTES);
	}
	bundle_write_head(&b, &head);
	ok = choose_objects(r, &pack, &tip, since ? &base : NULL, e);
	if (ok) {
		p.out = fs_out_open(file, head.len, e);
		ok = p.out && fs_out_add(p.out, head.data, head.len, e);
	}
	if (ok) {
		int rc = libgit2.packbuilder_foreach(pack, on_pack_bytes, &p);

		/* GIT_EUSER: on_pack_bytes has said why. */
		ok = rc == 0 || (rc != GIT_EUSER && git_failed(e, ERR_FAILED, file));
	}
	if (ok)
		ok = fs_out_commit(p.out, e);
	else
		fs_out_abort(p.out);
	libgit2.packbuilder_free(pack);
	buf_done(&head);
	return ok;
}
