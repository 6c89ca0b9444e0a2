/* minnow registry: adding registries, looking at whom they trust; the subcommands that publish and carry them are in
 * registry_publish.c and registry_bundle.c. */
#include "tui/cmd/registry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/canon.h"
#include "registry/digest.h"
#include "registry/snapshot.h"
#include "registry/trust.h"
#include "tui/cmd/outcome.h"
#include "tui/i18n.h"
#include "tui/text.h"

/* ---- what is known of one ---- */

static bool
load_trust(const struct registry_row *row, struct trust *t, struct err *e)
{
	struct buf path = {0};
	bool ok;

	fs_join(&path, row->dir, "trust");
	ok = trust_load(t, path.data, e);
	buf_done(&path);
	return ok;
}

static void
add_hex(struct buf *out, const unsigned char *bytes, size_t n)
{
	canon_add_hex(out, bytes, n);
}

static json_t *
hex_json(const unsigned char *bytes, size_t n)
{
	struct buf text = {0};
	json_t *j;

	add_hex(&text, bytes, n);
	j = json_string(buf_str(&text));
	buf_done(&text);
	return j;
}

static json_t *
date_json(int64_t seconds)
{
	char date[CANON_DATE_LEN + 1];

	canon_date_text(date, seconds);
	return json_string(date);
}

/* ---- add ---- */

static bool
add(const struct registry_call *c, struct err *e)
{
	struct registry_row row = {
		.name = (char *)(uintptr_t)c->args[0],
		.url = (char *)(uintptr_t)c->args[1],
		.version_min = (uint64_t)c->opts->min_version,
		.replaces_builtin = c->opts->replace_builtin,
	};
	const char *hex = c->opts->fingerprint;

	if (!registries_check_name(row.name, e) || !repo_url_check(row.url, e))
		return false;
	if (hex && !digest_from_hex(row.fingerprint, sizeof row.fingerprint, hex, strlen(hex)))
		return err_set(e, ERR_USAGE, "--fingerprint wants 64 hexadecimal digits in small letters, not \"%.70s\"", hex);
	row.has_fingerprint = hex;
	if (!registries_add(&c->m->config, &row, e))
		return false;
	printf(_("%s was added; minnow sync %s fetches it.\n"), row.name, row.name);
	if (!row.has_fingerprint)
		printf(_("The keys that it has then will be trusted from then on. --fingerprint asks for certain ones.\n"));
	return true;
}

/* ---- list ---- */

/* A row of the list; NULL: the registry that is part of the program. */
static json_t *
row_json(const struct registry_row *row, size_t n_builtin)
{
	struct snapshot *s = NULL;
	struct trust t = {0};
	struct err why = {0};
	json_t *j;

	if (!row)
		return json_pack("{s:s, s:n, s:n, s:I}", "name", CATALOG_BUILTIN, "url", "version", "models", (json_int_t)n_builtin);
	j = json_pack("{s:s, s:s, s:n, s:n, s:b}", "name", row->name, "url", row->url, "version", "models", "replaces_builtin",
	    row->replaces_builtin);
	if (load_trust(row, &t, &why) && t.version) {
		json_object_set_new(j, "version", json_integer((json_int_t)t.version));
		json_object_set_new(j, "expires", date_json(t.expires));
		json_object_set_new(j, "expired", json_boolean(trust_is_stale(&t, time(NULL), NULL)));
		s = synced_snapshot(row->dir, NULL, &why);
	}
	if (s)
		json_object_set_new(j, "models", json_integer((json_int_t)snapshot_n_models(s)));
	if (why.kind)
		json_object_set_new(j, "error", json_string(why.text));
	snapshot_close(s);
	trust_done(&t);
	return j;
}

static void
add_state(struct buf *out, const json_t *j)
{
	if (json_object_get(j, "error"))
		buf_add_str(out, _("cannot be read"));
	else if (!json_string_value(json_object_get(j, "url")))
		buf_add_str(out, _("part of the program"));
	else if (json_is_null(json_object_get(j, "version")))
		buf_add_str(out, _("not synced yet"));
	else
		buf_printf(out, "%s %.10s", json_is_true(json_object_get(j, "expired")) ? _("expired") : _("good until"),
		    json_string_value(json_object_get(j, "expires")));
}

static void
add_count(struct buf *out, const json_t *v)
{
	if (json_is_integer(v))
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
}

static void
add_list(const struct models *m, struct buf *out, const json_t *list)
{
	struct buf cell = {0};
	const json_t *j;
	size_t i;

	if (m->is_terminal)
		buf_printf(out, "%-*s %*s %*s  %-21s %s\n", text_field(_("registry"), 12), _("registry"), text_field(_("models"), 7), _("models"),
		    text_field(_("version"), 7), _("version"), "", _("address"));
	json_array_foreach(list, i, j) {
		static const char *const counts[] = {"models", "version"};
		const char *url = json_string_value(json_object_get(j, "url"));

		models_add_cell(m, out, json_string_value(json_object_get(j, "name")), m->is_terminal ? 12 : 0, false);
		for (size_t k = 0; k < ARRAY_LEN(counts); k++) {
			buf_clear(&cell);
			add_count(&cell, json_object_get(j, counts[k]));
			buf_printf(out, m->is_terminal ? " %7s" : "\t%s", buf_str(&cell));
		}
		buf_clear(&cell);
		add_state(&cell, j);
		if (m->is_terminal)
			buf_printf(out, "  %-*s ", text_field(buf_str(&cell), 21), buf_str(&cell));
		else
			buf_printf(out, "\t%s\t", buf_str(&cell));
		models_add_cell(m, out, url ? url : "", 0, false);
		buf_add_char(out, '\n');
	}
	buf_done(&cell);
}

static bool
list(const struct registry_call *c, struct err *e)
{
	struct catalog *builtin = catalog_new();
	json_t *all = json_array();
	struct buf out = {0};
	bool ok = catalog_add_builtin(builtin, e);
	size_t n = 0;

	while (ok && catalog_model_at(builtin, n))
		n++;
	json_array_append_new(all, row_json(NULL, n));
	for (size_t i = 0; i < c->all->n; i++)
		json_array_append_new(all, row_json(&c->all->rows[i], 0));
	if (ok && c->opts->json) {
		ok = models_print_json(json_incref(all), e);
	} else if (ok) {
		add_list(c->m, &out, all);
		ok = models_print(&out, e);
	}
	json_decref(all);
	catalog_free(builtin);
	return ok;
}

/* ---- remove ---- */

static bool
take_away(const struct registry_call *c, struct err *e)
{
	const struct registry_row *row = registries_find(c->all, c->args[0], e);

	if (!row || !registries_drop(c->all, row, e))
		return false;
	printf(_("%s was removed, with what was remembered of its keys. Models that were downloaded stay.\n"), c->args[0]);
	return true;
}

/* ---- trust ---- */

static json_t *
root_json(const struct root *r)
{
	json_t *keys = json_array(), *revoked = json_array(), *j;
	unsigned char fingerprint[32];

	for (size_t i = 0; i < r->n_keys; i++)
		json_array_append_new(keys, json_pack("{s:s, s:o}", "name", r->keys[i].name, "key",
		    hex_json(r->keys[i].public_key, SIGN_KEY_BYTES)));
	for (size_t i = 0; i < r->n_revoked; i++)
		json_array_append_new(revoked, hex_json(r->revoked[i], SIGN_KEY_BYTES));
	j = json_pack("{s:s, s:I, s:o, s:I, s:o, s:o}", "calls_itself", r->registry, "root", (json_int_t)r->version, "root_date",
	    date_json(r->date), "threshold", (json_int_t)r->threshold, "keys", keys, "revoked", revoked);
	if (root_fingerprint(r, fingerprint, NULL))
		json_object_set_new(j, "fingerprint", hex_json(fingerprint, sizeof fingerprint));
	return j;
}

static json_t *
trust_json(const struct registry_row *row, const struct trust *t)
{
	const struct root *r = trust_root(t);
	json_t *j = r ? root_json(r) : json_object();

	json_object_set_new(j, "name", json_string(row->name));
	json_object_set_new(j, "url", json_string(row->url));
	json_object_set_new(j, "synced", json_boolean(t->version > 0));
	json_object_set_new(j, "pinned", row->has_fingerprint ? hex_json(row->fingerprint, sizeof row->fingerprint) : json_null());
	if (row->version_min)
		json_object_set_new(j, "min_version", json_integer((json_int_t)row->version_min));
	if (t->version) {
		json_object_set_new(j, "version", json_integer((json_int_t)t->version));
		json_object_set_new(j, "date", date_json(t->date));
		json_object_set_new(j, "expires", date_json(t->expires));
		json_object_set_new(j, "expired", json_boolean(trust_is_stale(t, time(NULL), NULL)));
		json_object_set_new(j, "commit", hex_json(t->commit, sizeof t->commit));
	}
	return j;
}

static void
add_fact(const struct models *m, struct buf *out, const char *label, const char *value)
{
	struct buf first = {0};

	if (m->is_terminal) {
		buf_printf(&first, "%-*s", text_field(label, 13), label);
		models_add_paragraph(m, out, buf_str(&first), "             ", value);
	} else {
		buf_printf(out, "%s\t", label);
		models_add_cell(m, out, value, 0, false);
		buf_add_char(out, '\n');
	}
	buf_done(&first);
}

static void
add_root(const struct models *m, struct buf *out, const struct root *r)
{
	unsigned char fingerprint[32];
	struct buf text = {0};

	if (root_fingerprint(r, fingerprint, NULL))
		add_hex(&text, fingerprint, sizeof fingerprint);
	add_fact(m, out, _("fingerprint"), buf_str(&text));
	buf_clear(&text);
	buf_printf(&text, _("version %" PRIu64 " of "), r->version);
	canon_add_date(&text, r->date);
	buf_printf(&text, _("; %u of %zu keys must sign"), r->threshold, r->n_keys);
	add_fact(m, out, _("root"), buf_str(&text));
	for (size_t i = 0; i < r->n_keys; i++) {
		buf_clear(&text);
		buf_printf(&text, "%s ", r->keys[i].name);
		add_hex(&text, r->keys[i].public_key, SIGN_KEY_BYTES);
		add_fact(m, out, _("key"), buf_str(&text));
	}
	for (size_t i = 0; i < r->n_revoked; i++) {
		buf_clear(&text);
		add_hex(&text, r->revoked[i], SIGN_KEY_BYTES);
		add_fact(m, out, _("revoked"), buf_str(&text));
	}
	buf_done(&text);
}

static void
add_trust(const struct models *m, struct buf *out, const struct registry_row *row, const struct trust *t)
{
	struct buf text = {0};

	add_fact(m, out, _("registry"), row->name);
	add_fact(m, out, _("address"), row->url);
	if (row->has_fingerprint)
		add_hex(&text, row->fingerprint, sizeof row->fingerprint);
	add_fact(m, out, _("asked for"), row->has_fingerprint ? buf_str(&text) : _("any fingerprint: the first root that was met is trusted"));
	if (trust_root(t))
		add_root(m, out, trust_root(t));
	buf_clear(&text);
	if (t->version) {
		buf_printf(&text, _("%" PRIu64 " of "), t->version);
		canon_add_date(&text, t->date);
		add_fact(m, out, _("version"), buf_str(&text));
		buf_clear(&text);
		canon_add_date(&text, t->expires);
		if (trust_is_stale(t, time(NULL), NULL))
			buf_add_str(&text, _(", which is over: its host may be holding back newer ones"));
		add_fact(m, out, _("expires"), buf_str(&text));
		buf_clear(&text);
		add_hex(&text, t->commit, sizeof t->commit);
		add_fact(m, out, _("commit"), buf_str(&text));
	} else {
		add_fact(m, out, _("version"), _("not synced yet"));
	}
	buf_done(&text);
}

static bool
show_trust(const struct registry_call *c, const struct registry_row *row, struct err *e)
{
	struct trust t = {0};
	struct buf out = {0};
	bool ok = load_trust(row, &t, e);

	if (ok && c->opts->json) {
		ok = models_print_json(trust_json(row, &t), e);
	} else if (ok) {
		add_trust(c->m, &out, row, &t);
		ok = models_print(&out, e);
	}
	trust_done(&t);
	return ok;
}

/* A root that does not follow from the one before counts only with its fingerprint, which a person got another way.  The
 * version still does not go back. */
static bool
accept_root(const struct registry_call *c, const struct registry_row *row, const struct registry_row *pinned, struct err *e)
{
	struct registry_row fresh = *pinned;
	struct trust t = {0};
	struct buf new = {0}, out = {0};
	struct outcome o = {0};
	bool ok = load_trust(row, &t, e);

	buf_printf(&new, "%s.new", row->dir);
	fresh.dir = new.data;
	if (t.version > fresh.version_min)
		fresh.version_min = t.version;
	if (ok && !outcome_run(&o, &fresh, NULL))
		ok = err_set(e, o.why.kind, "%s", o.why.text);
	/* In one step: between two, what was trusted would be forgotten. */
	ok = ok && fs_exchange(row->dir, new.data, e) && registries_put(c->all, pinned, e);
	if (ok) {
		outcome_warn(&o);
		outcome_add(c->m, &out, &o, 0);
		ok = models_print(&out, e);
	}
	if (fs_exists(new.data) && !fs_remove_tree(new.data, NULL))
		ok = false;
	outcome_done(&o);
	trust_done(&t);
	buf_done(&new);
	return ok;
}

static bool
has_fingerprint(const struct registry_row *row, const unsigned char fingerprint[32], bool *same, struct err *e)
{
	unsigned char is[32];
	struct trust t = {0};
	bool ok = load_trust(row, &t, e);

	*same = ok && trust_root(&t) && root_fingerprint(trust_root(&t), is, NULL) && memcmp(is, fingerprint, sizeof is) == 0;
	trust_done(&t);
	return ok;
}

static bool
trust(const struct registry_call *c, struct err *e)
{
	const struct registry_row *row = registries_find(c->all, c->args[0], e);
	const char *hex = c->opts->fingerprint;
	struct registry_row pinned;
	bool same = false, ok;
	int lock;

	if (!row || !hex)
		return row && show_trust(c, row, e);
	pinned = *row;
	pinned.has_fingerprint = true;
	if (!digest_from_hex(pinned.fingerprint, sizeof pinned.fingerprint, hex, strlen(hex)))
		return err_set(e, ERR_USAGE, "--fingerprint wants 64 hexadecimal digits in small letters, not \"%.70s\"", hex);
	lock = registries_lock(row, e);		/* until its folder is another one */
	ok = lock >= 0 && has_fingerprint(row, pinned.fingerprint, &same, e);
	if (ok && !same)
		ok = accept_root(c, row, &pinned, e);
	else if (ok)
		ok = registries_put(c->all, &pinned, e) &&
		    printf(_("%s has this root already; it is asked for from now on.\n"), row->name) > 0;
	if (lock >= 0)
		close(lock);
	return ok;
}

/* ---- the table ---- */

enum { GIVEN_FINGERPRINT = 1, GIVEN_VERSION = 2, GIVEN_REPLACE = 4, GIVEN_BUILTIN = 8, GIVEN_KEY = 16, GIVEN_SIGNER = 32,
	GIVEN_REVOKE = 64, GIVEN_THRESHOLD = 128, GIVEN_NAME = 256, GIVEN_RENEW = 512, GIVEN_JSON = 1024 };

static const struct subcommand {
	const char *name, *args;
	int min_args, max_args;
	unsigned takes;
	bool (*run)(const struct registry_call *c, struct err *e);
} subcommands[] = {
	{"add", "NAME URL", 2, 2, GIVEN_FINGERPRINT | GIVEN_VERSION | GIVEN_REPLACE, add},
	{"list", "", 0, 0, GIVEN_JSON, list},
	{"remove", "NAME", 1, 1, 0, take_away},
	{"trust", "NAME", 1, 1, GIVEN_FINGERPRINT | GIVEN_JSON, trust},
	{"key", "FILE", 1, 1, GIVEN_NAME, registry_key},
	{"init", "DIR", 1, 1, GIVEN_BUILTIN | GIVEN_KEY | GIVEN_SIGNER | GIVEN_THRESHOLD | GIVEN_NAME, registry_start},
	{"rotate", "DIR", 1, 1, GIVEN_KEY | GIVEN_SIGNER | GIVEN_THRESHOLD | GIVEN_REVOKE, registry_rotate_keys},
	{"sign", "DIR", 1, 1, GIVEN_KEY | GIVEN_RENEW, registry_sign_dir},
	{"verify", "DIR", 1, 1, GIVEN_JSON, registry_verify_dir},
	{"export", "NAME FILE [MODEL...]", 2, -1, 0, registry_export},
	{"import", "NAME FILE", 2, 2, GIVEN_JSON, registry_import},
};

/* The name of an option that was given and is not one of TAKES; NULL: there is none. */
static const char *
find_foreign(const struct registry_opts *o, unsigned takes)
{
	const struct { const char *name; bool is; unsigned bit; } all[] = {
		{"fingerprint", o->fingerprint, GIVEN_FINGERPRINT}, {"min-version", o->min_version, GIVEN_VERSION},
		{"replace-builtin", o->replace_builtin, GIVEN_REPLACE}, {"from-builtin", o->from_builtin, GIVEN_BUILTIN},
		{"key", o->keys.n, GIVEN_KEY}, {"signer", o->signers.n, GIVEN_SIGNER}, {"revoke", o->revoked.n, GIVEN_REVOKE},
		{"threshold", o->threshold, GIVEN_THRESHOLD}, {"name", o->name, GIVEN_NAME}, {"renew", o->renew, GIVEN_RENEW},
		{"json", o->json, GIVEN_JSON},
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].is && !(all[i].bit & takes))
			return all[i].name;
	return NULL;
}

static const struct subcommand *
find_subcommand(const struct cmd_call *call, struct err *e)
{
	const char *name = call->args[0];
	struct buf known = {0};

	for (size_t i = 0; i < ARRAY_LEN(subcommands); i++)
		if (strcmp(subcommands[i].name, name) == 0)
			return &subcommands[i];
	for (size_t i = 0; i < ARRAY_LEN(subcommands); i++)
		buf_printf(&known, "%s%s", i ? ", " : "", subcommands[i].name);
	err_set(e, ERR_USAGE, "\"%.40s\" is none of %s", name, known.data);
	buf_done(&known);
	return NULL;
}

static bool
check_call(const struct subcommand *s, const struct cmd_call *call, struct err *e)
{
	const char *foreign = find_foreign(call->opts, s->takes);
	int n = call->n_args - 1;

	if (n < s->min_args)
		return err_set(e, ERR_USAGE, "something is missing: minnow registry %s %s", s->name, s->args);
	if (s->max_args >= 0 && n > s->max_args)
		return err_set(e, ERR_USAGE, "\"%.80s\" is too much: minnow registry %s %s", call->args[1 + s->max_args], s->name,
		    s->args);
	return !foreign ||
	    err_set(e, ERR_USAGE, "--%s means nothing to minnow registry %s (see: minnow help registry)", foreign, s->name);
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct subcommand *s = find_subcommand(call, e);
	struct models m = {0};
	struct registries all = {0};
	struct registry_call c = {&m, &all, call->opts, call->args + 1, call->n_args - 1};
	bool ok;

	if (!s || !check_call(s, call, e))
		return false;
	ok = models_start(&m, e) && registries_load(&all, &m.config, e) && s->run(&c, e);
	registries_done(&all);
	models_close(&m);
	return ok;
}

#define AT(field) offsetof(struct registry_opts, field)

static const struct opt opts[] = {
	{"fingerprint", 0, OPT_TEXT, "HEX", N_("add, trust: the root must have this fingerprint"), AT(fingerprint), 0, 0, NULL},
	{"min-version", 0, OPT_INT, "N", N_("add: no index before this version"), AT(min_version), 1, 9e15, NULL},
	{"replace-builtin", 0, OPT_FLAG, NULL, N_("add: once synced, it stands in the place of the built-in registry"),
	    AT(replace_builtin), 0, 0, NULL},
	{"key", 0, OPT_LIST, "FILE", N_("init, rotate, sign: a key file of yours"), AT(keys), 0, 0, NULL},
	{"signer", 0, OPT_LIST, "NAME:KEY", N_("init, rotate: somebody else who may sign, by the public key"), AT(signers), 0, 0, NULL},
	{"threshold", 0, OPT_INT, "N", N_("init, rotate: how many of the keys must sign (most of them)"), AT(threshold), 1, 32, NULL},
	{"name", 0, OPT_TEXT, "NAME", N_("init: what the registry calls itself; key: whose it is"), AT(name), 0, 0, NULL},
	{"from-builtin", 0, OPT_FLAG, NULL, N_("init: begin with everything of the built-in registry"), AT(from_builtin), 0, 0, NULL},
	{"revoke", 0, OPT_LIST, "KEY", N_("rotate: a public key that counts nowhere from now on"), AT(revoked), 0, 0, NULL},
	{"renew", 0, OPT_FLAG, NULL, N_("sign: a new version with a new date, though no file changed"), AT(renew), 0, 0, NULL},
	{"json", 0, OPT_FLAG, NULL, N_("list, trust, verify, import: print the same as JSON"), AT(json), 0, 0, NULL},
	{"now", 0, OPT_INT, "SECONDS", NULL, AT(now), 0, 0, NULL},
	{0},
};

const struct cmd cmd_registry = {
	.name = "registry",
	.args = "add|list|remove|trust|init|sign|verify|export|import [ARG...]",
	.summary = N_("manage registries of models, and publish one"),
	.details = N_("A registry is a git repository of texts about models, signed by its makers; minnow-registry(5) has the "
	    "format. One comes with the program; these add others.\n"
	    "add NAME URL: from then on minnow sync fetches it; https://, ssh:// and file:/// addresses. list: all of them. remove "
	    "NAME: forget it and its keys.\n"
	    "trust NAME: whose keys are trusted, the fingerprint of the root, version and expiry. With --fingerprint, a root that "
	    "does not follow from the trusted one is accepted if it has that fingerprint; get it from the publisher by another "
	    "way than the registry's host.\n"
	    "\n"
	    "Publishing one needs a folder and a key:\n"
	    "key FILE: make a key file that nobody but you can read, if there is none yet, and print its public key.\n"
	    "init DIR --key FILE: make DIR a registry of these signers. --from-builtin begins with what this program comes with. "
	    "sign DIR --key FILE: list all files in a new index and sign it; where several must sign, each does so. verify DIR: "
	    "look at it as everybody else will. rotate DIR: other keys from now on; sign the new root, then the index, with enough "
	    "keys of both. Commit and push DIR with git after signing.\n"
	    "\n"
	    "Without a network:\n"
	    "export NAME FILE [MODEL...]: the synced registry as a git bundle, and the downloaded files of MODELs in FILE.models "
	    "beside it. import NAME FILE: check it as if it had been fetched, and take the files beside it into the store; NAME "
	    "was added before.\n"
	    "\n"
	    "  minnow registry add core https://git.example.org/models.git --fingerprint HEX\n"
	    "  minnow registry key ~/alice.key\n"
	    "  minnow registry init models --from-builtin --key ~/alice.key\n"
	    "  minnow registry sign models --key ~/alice.key"),
	.opts = opts,
	.opts_size = sizeof(struct registry_opts),
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
