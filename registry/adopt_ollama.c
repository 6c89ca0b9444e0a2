/* Ollama: models/blobs/sha256-HEX holds the bytes, models/manifests/HOST/NAMESPACE/MODEL/TAG says which of them are a
 * model (an image manifest of Docker with media types of its own).  Newer ones also have manifests-v2/…, links to blobs
 * that may be lists of manifests.  Sources: ollama/ollama types/model/name.go, manifest/paths.go, manifest/manifest.go,
 * docs/faq.mdx (where the models are). */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "registry/adopt_kind.h"

#define HOST "registry.ollama.ai"
#define HOST_V2 "ollama.com"		/* what manifests-v2 calls it */

enum { LAYERS_MAX = 10000, DIGEST_HEX = 64 };

static void
find_roots(const struct adopt_places *p, struct adopt_roots *r)
{
	struct buf system = {0};

	if (p->ollama_models && *p->ollama_models) {
		adopt_roots_add(r, p->ollama_models, "");
		return;
	}
	adopt_roots_add(r, p->home, ".ollama/models");
	buf_printf(&system, "%s/usr/share/ollama/.ollama/models", p->system ? p->system : "");
	adopt_roots_add(r, system.data, "");			/* the service that its installer makes on Linux */
	buf_clear(&system);
	buf_printf(&system, "%s/var/lib/ollama", p->system ? p->system : "");
	adopt_roots_add(r, system.data, "");			/* that of distributions */
	buf_done(&system);
}

/* "sha256:HEX" as the digits of a blob's name. */
static char *
digest_of(const json_t *layer)
{
	const char *s = json_string_value(json_object_get(layer, "digest"));
	unsigned char bytes[DIGEST_SHA256_SIZE];

	if (!s || (strncmp(s, "sha256:", 7) != 0 && strncmp(s, "sha256-", 7) != 0) ||
	    !digest_from_hex(bytes, sizeof bytes, s + 7, strlen(s + 7)))
		return NULL;
	return mem_dup(s + 7);
}

static void
take_layers(struct adopt_manifest *m, const json_t *layers)
{
	size_t n = json_array_size(layers);

	for (size_t i = 0; i < n && i < LAYERS_MAX; i++) {
		const json_t *layer = json_array_get(layers, i);
		const char *type = json_string_value(json_object_get(layer, "mediaType"));

		if (!type)
			continue;
		if (strcmp(type, "application/vnd.ollama.image.model") == 0) {
			m->several = m->weights != NULL;
			if (!m->weights)
				m->weights = digest_of(layer);
		} else if (strcmp(type, "application/vnd.ollama.image.tensor") == 0) {
			m->other = true;
		}
	}
}

bool
adopt_ollama_manifest(struct adopt_manifest *m, const char *text, size_t n, struct err *e)
{
	json_t *j = json_loadb(text, n, 0, NULL), *list;

	*m = (struct adopt_manifest){0};
	if (!json_is_object(j)) {
		json_decref(j);
		return err_set(e, ERR_FAILED, "is no manifest");
	}
	list = json_object_get(j, "manifests");
	take_layers(m, json_object_get(j, "layers"));
	m->config = digest_of(json_object_get(j, "config"));
	for (size_t i = 0; i < json_array_size(list) && m->n_children < ARRAY_LEN(m->children); i++) {
		char *child = digest_of(json_array_get(list, i));

		if (child)
			m->children[m->n_children++] = child;
	}
	json_decref(j);
	return true;
}

void
adopt_manifest_done(struct adopt_manifest *m)
{
	for (size_t i = 0; i < m->n_children; i++)
		free(m->children[i]);
	free(m->weights);
	free(m->config);
	*m = (struct adopt_manifest){0};
}

char *
adopt_ollama_quant(const char *text, size_t n)
{
	char *quant = adopt_json_get(text, n, "file_type");
	size_t len = quant ? strlen(quant) : 0;

	for (size_t i = 0; i < len; i++)
		if (len > 16 || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", quant[i])) {
			free(quant);		/* "unknown" */
			return NULL;
		}
	return quant;
}

static bool
read_blob(struct adopt_scan *s, const char *digest, struct buf *text, struct err *e)
{
	struct buf path = {0};
	bool ok;

	buf_printf(&path, "blobs/sha256-%s", digest);
	ok = adopt_dir_read(&s->dir, path.data, ADOPT_TEXT_MAX, text, e);
	buf_done(&path);
	return ok;
}

/* The manifest at REL; of a list the first that has weights as GGUF. */
static bool
read_manifest(struct adopt_scan *s, const char *rel, struct adopt_manifest *m, struct err *e)
{
	struct buf text = {0};
	struct adopt_manifest list;
	bool ok = adopt_dir_read(&s->dir, rel, ADOPT_TEXT_MAX, &text, e) &&
	    adopt_ollama_manifest(m, buf_str(&text), text.len, e);

	if (ok && !m->weights && m->n_children) {
		list = *m;
		*m = (struct adopt_manifest){0};
		for (size_t i = 0; ok && i < list.n_children && !m->weights; i++) {
			adopt_manifest_done(m);
			ok = read_blob(s, list.children[i], &text, e) && adopt_ollama_manifest(m, buf_str(&text), text.len, e);
		}
		adopt_manifest_done(&list);
	}
	buf_done(&text);
	return ok;
}

/* As `ollama list` shows it: what is usual is left out. */
static void
add_title(struct buf *out, const char *const part[4])
{
	bool usual = strcmp(part[0], HOST) == 0 || strcmp(part[0], HOST_V2) == 0;

	buf_clear(out);
	if (!usual)
		buf_printf(out, "%s/", part[0]);
	if (!usual || strcmp(part[1], "library") != 0)
		buf_printf(out, "%s/", part[1]);
	buf_printf(out, "%s:%s", part[2], part[3]);
}

static bool
is_listed(const struct adopt_scan *s, const char *title)
{
	for (size_t i = 0; i < s->out->n_models; i++)
		if (s->out->models[i].source == s->source && strcmp(s->out->models[i].title, title) == 0)
			return true;
	return false;
}

static void
add_weights(struct adopt_scan *s, const struct adopt_manifest *m, const char *title)
{
	struct buf path = {0}, text = {0}, name = {0};
	struct adopt_item item = {.title = title, .sha256 = m->weights};
	char *quant = NULL;

	buf_printf(&path, "blobs/sha256-%s", m->weights);
	buf_add_str(&name, title);
	if (name.len > 7 && strcmp(name.data + name.len - 7, ":latest") == 0)
		buf_truncate(&name, name.len - 7);
	if (m->config && read_blob(s, m->config, &text, NULL))
		quant = adopt_ollama_quant(buf_str(&text), text.len);
	item.rel = path.data;
	item.name = name.data;
	item.quant = quant;
	if (m->several)
		item.why_not = "has its weights in several blobs";
	adopt_add(s, &item);
	free(quant);
	buf_done(&path);
	buf_done(&text);
	buf_done(&name);
}

static void
add_tag(struct adopt_scan *s, const char *rel, const char *const part[4])
{
	struct buf title = {0};
	struct adopt_manifest m = {0};
	struct err e = {0};

	add_title(&title, part);
	if (!is_listed(s, title.data)) {
		if (!read_manifest(s, rel, &m, &e))
			adopt_note(s, title.data, &e);
		else if (m.weights)
			add_weights(s, &m, title.data);
		/* Else it runs elsewhere, or is made of tensors for other programs. */
	}
	adopt_manifest_done(&m);
	buf_done(&title);
}

/* HOST/NAMESPACE/MODEL/TAG below REL. */
static void
walk(struct adopt_scan *s, const char *rel, const char *part[4], int depth)
{
	struct adopt_names names;
	struct err e = {0};

	if (depth == 4) {
		add_tag(s, rel, part);
		return;
	}
	if (!adopt_dir_names(&s->dir, rel, &names, &e)) {
		if (e.kind != ERR_NOT_FOUND)
			adopt_note(s, rel, &e);
		return;
	}
	for (size_t i = 0; i < names.n; i++) {
		struct buf below = {0};

		buf_printf(&below, "%s/%s", rel, names.at[i]);
		part[depth] = names.at[i];
		walk(s, below.data, part, depth + 1);
		buf_done(&below);
	}
	adopt_names_done(&names);
}

static void
scan(struct adopt_scan *s)
{
	const char *part[4];

	walk(s, "manifests", part, 0);
	walk(s, "manifests-v2", part, 0);
}

const struct adopt_kind adopt_ollama = {
	.name = "ollama",
	.title = "Ollama",
	.find_roots = find_roots,
	.scan = scan,
};
