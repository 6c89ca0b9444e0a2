/* Names of models by where they are; see hub.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/check.h"
#include "registry/hub.h"

enum { REVISION_MAX = 200, WANT_MAX = 64, ID_LEN_MAX = 64, REF_MAX = 2000 };

static const char hub_prefix[] = "hf:", hub_page[] = FETCH_HUB "/";
static const char form[] = "hf:OWNER/NAME[:QUANT or FILE][@REVISION]";

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

void
hub_ref_done(struct hub_ref *ref)
{
	free(ref->repo);
	free(ref->want);
	free(ref->revision);
	free(ref->url);
	*ref = (struct hub_ref){0};
}

static char *
copy(const char *s, size_t n)
{
	char *c = mem_new0(n + 1, 1);

	memcpy(c, s, n);
	return c;
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* Letters, digits, . _ - and inner SEPARATORs; nothing a path or an option could be taken for. */
static bool
is_plain(const char *s, size_t max, char separator)
{
	size_t n = strlen(s);

	if (n == 0 || n > max || s[0] == '-' || s[0] == '.' || s[0] == separator || s[n - 1] == separator || strstr(s, ".."))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_word_char(s[i]) && !(s[i] == separator && s[i - 1] != separator))
			return false;
	return true;
}

static bool
check_parts(struct hub_ref *ref, struct err *e)
{
	if (!check_repo(ref->repo, e))
		return err_wrap(e, "the repository of %s", form);
	if (strstr(ref->repo, "--"))
		return err_set(e, ERR_USAGE, "the repository of %s: has two hyphens in a row, which the hub allows no name", form);
	if (ref->want && !is_plain(ref->want, WANT_MAX, 0) && !check_file_path(ref->want, e))
		return err_wrap(e, "what is wanted in %s", form);
	if (ref->revision && !is_plain(ref->revision, REVISION_MAX, '/'))
		return err_set(e, ERR_USAGE, "the revision of %s: is a branch, a tag or a commit of letters, digits and . _ - /", form);
	return true;
}

/* OWNER/NAME[:WANT][@REVISION] */
static bool
parse_repo(struct hub_ref *ref, const char *text, struct err *e)
{
	size_t n = strcspn(text, "@"), repo = strcspn(text, ":@");

	if (text[n])
		ref->revision = mem_dup(text + n + 1);
	if (repo < n)
		ref->want = copy(text + repo + 1, n - repo - 1);
	ref->repo = copy(text, repo);
	return check_parts(ref, e);
}

/* OWNER/NAME[/(blob|resolve|tree)/REVISION[/FILE]][?…] */
static bool
parse_page(struct hub_ref *ref, const char *text, struct err *e)
{
	const char *end = text + strcspn(text, "?#"), *at = text;
	size_t part[4];
	int n = 0;

	for (; n < 4 && at < end; n++) {
		part[n] = strcspn(at, "/?#");
		at += part[n] + (at[part[n]] == '/');
	}
	if (n < 2)
		return err_set(e, ERR_USAGE, "the address names no repository of the hub: %s", form);
	ref->repo = copy(text, part[0] + 1 + part[1]);
	if (n >= 4) {
		const char *verb = text + part[0] + part[1] + 2, *revision = verb + part[2] + 1;

		if (!begins(verb, "blob/") && !begins(verb, "resolve/") && !begins(verb, "tree/"))
			return err_set(e, ERR_USAGE, "the address is no repository and no file of the hub: %s", form);
		ref->revision = copy(revision, part[3]);
		if (at < end)
			ref->want = copy(at, (size_t)(end - at));
	} else if (n == 3) {
		return err_set(e, ERR_USAGE, "the address is no repository and no file of the hub: %s", form);
	}
	return check_parts(ref, e);
}

/* The file's name in the address: *n bytes from there. */
static const char *
name_in(const char *url, size_t *n)
{
	size_t end = strcspn(url, "?");

	*n = end;
	while (*n > 0 && url[*n - 1] != '/')
		--*n;
	url += *n;
	*n = end - *n;
	return url;
}

static bool
check_name(const char *url, struct err *e)
{
	size_t n;
	const char *at = name_in(url, &n);
	char *name = copy(at, n);
	bool ok = check_file_name(name, e);

	free(name);
	return ok || err_wrap(e, "the file's name in the address");
}

static bool
parse_url(struct hub_ref *ref, const char *text, struct err *e)
{
	static const char sha[] = "sha256=";
	const char *hash = strchr(text, '#');
	char *hex;
	bool ok;

	ref->kind = HUB_URL;
	ref->url = copy(text, hash ? (size_t)(hash - text) : strlen(text));
	if (!check_url(ref->url, e))
		return err_wrap(e, "the address");
	if (!check_name(ref->url, e))
		return false;
	if (!hash)
		return true;
	if (!begins(++hash, sha))
		return err_set(e, ERR_USAGE, "the address: after \"#\" only sha256=HEX may stand");
	hex = mem_dup(hash + sizeof sha - 1);
	for (char *p = hex; *p; p++)
		if (*p >= 'A' && *p <= 'F')
			*p = (char)(*p - 'A' + 'a');
	ok = check_hex(hex, ref->sha256, sizeof ref->sha256, e);
	free(hex);
	ref->has_sha256 = ok;
	return ok || err_wrap(e, "the SHA-256 in the address");
}

bool
hub_ref_parse(struct hub_ref *ref, const char *text, struct err *e)
{
	struct err why = {0};
	bool ok;

	*ref = (struct hub_ref){0};
	if (strlen(text) > REF_MAX)
		return err_set(e, ERR_USAGE, "the name of a model has more than %d bytes", REF_MAX);
	if (begins(text, hub_prefix))
		ok = parse_repo(ref, text + sizeof hub_prefix - 1, &why);
	else if (begins(text, hub_page) && !strchr(text, '#'))
		ok = parse_page(ref, text + sizeof hub_page - 1, &why);
	else if (begins(text, "https://") || begins(text, "file://"))
		ok = parse_url(ref, text, &why);
	else if (begins(text, "http://"))
		ok = err_set(&why, ERR_USAGE, "the address has no encryption (http), which is refused: https:// is needed");
	else
		ok = err_set(&why, ERR_USAGE, "neither %s nor an https:// or file:// address", form);
	if (ok)
		return true;
	hub_ref_done(ref);
	return err_set(e, ERR_USAGE, "%s", why.text);
}

static void
add_lower(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_char(out, s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : is_word_char(s[i]) ? s[i] : '-');
}

/* What is too long, or would end or read as no id does, is cut and told apart by a digest of WHOLE. */
static char *
finish_id(struct buf *id, const char *whole, bool always)
{
	unsigned char sha256[DIGEST_SHA256_SIZE];
	char hex[DIGEST_HEX_MAX];
	bool ok;

	if (!always && check_id(buf_str(id), NULL))
		return buf_take(id);
	ok = digest_bytes(DIGEST_SHA256, whole, strlen(whole), sha256, NULL);
	assert(ok);
	digest_hex(hex, sha256, 8);
	for (size_t i = 0; i + 1 < id->len; i++)
		if (id->data[i] == '.' && id->data[i + 1] == '.')
			id->data[i + 1] = '-';
	if (id->len > ID_LEN_MAX - 1 - 8)
		buf_truncate(id, ID_LEN_MAX - 1 - 8);
	buf_printf(id, "-%.8s", hex);
	return buf_take(id);
}

char *
hub_ref_id(const struct hub_ref *ref)
{
	struct buf id = {0}, lower = {0};
	char *result;

	if (ref->kind == HUB_URL) {
		size_t n;
		const char *name = name_in(ref->url, &n);

		while (n > 0 && name[n - 1] != '.')
			n--;
		buf_add_str(&id, "url.");
		add_lower(&id, name, n ? n - 1 : 0);
		return finish_id(&id, ref->url, true);
	}
	add_lower(&lower, ref->repo, strcspn(ref->repo, "/"));
	buf_add_str(&lower, "--");
	add_lower(&lower, strchr(ref->repo, '/') + 1, strlen(strchr(ref->repo, '/') + 1));
	buf_printf(&id, "hf.%s", lower.data);
	result = finish_id(&id, lower.data, false);
	buf_done(&lower);
	return result;
}
