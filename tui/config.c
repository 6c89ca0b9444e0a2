/* Settings; see config.h. libgit2 reads the syntax; line numbers for messages come from a second look at the
 * text. */
#define _GNU_SOURCE
#include "tui/config.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/sampler.h"
#include "registry/near.h"
#include "registry/net.h"
#include "registry/resolve.h"

#define CONFIG_BYTES_MAX (1u << 20)

struct config_text {
	struct config_text *next;
	char text[];
};

static const struct setting settings[] = {
#define SETTING(section, name, kind, value, min, max, words, env, help) \
	{#section "." #name, #kind, value, min, max, words, env, help, offsetof(struct config, section##_##name)},
#include "tui/setting.def"
#undef SETTING
};

const struct setting *
setting_at(size_t i)
{
	return i < ARRAY_LEN(settings) ? &settings[i] : NULL;
}

static const char *
keep(struct config *c, const char *s)
{
	size_t size = strlen(s) + 1;
	struct config_text *t = mem_new0(1, sizeof *t + size);

	memcpy(t->text, s, size);
	t->next = c->texts;
	c->texts = t;
	return t->text;
}

/* git-config names hold no underscore: "top-k" is written, top_k is the row. */
static bool
same_name(const char *row, const char *given)
{
	for (; *row && *given; row++, given++)
		if (*row != *given && !(*row == '_' && *given == '-'))
			return false;
	return *row == *given;
}

static const struct setting *
find_setting(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (same_name(settings[i].name, name))
			return &settings[i];
	return NULL;
}

static struct config_from *
from_of(struct config *c, const struct setting *s)
{
	return &c->from[s - settings];
}

static bool
in_words(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}

/* The name as it is written in the file. */
struct label {
	char text[64];
};

static struct label
label(const struct setting *s)
{
	struct label l = {0};

	for (size_t i = 0; s->name[i] && i + 1 < sizeof l.text; i++)
		l.text[i] = s->name[i] == '_' ? '-' : s->name[i];
	return l;
}

static bool
parse_number(const struct setting *s, const char *value, double *out)
{
	char *end;

	errno = 0;
	*out = strtod(value, &end);
	if (end == value || *end || errno || !isfinite(*out))
		return false;
	if (strcmp(s->kind, "INT") == 0 && *out != floor(*out))
		return false;
	return (s->min == 0 && s->max == 0) || (*out >= s->min && *out <= s->max);
}

static bool
store_number(struct config *c, const struct setting *s, const char *value, struct err *e)
{
	bool whole = strcmp(s->kind, "INT") == 0;
	char *at = (char *)c + s->offset;
	double v;

	if (!parse_number(s, value, &v))
		return err_set(e, ERR_USAGE, "%s wants %s from %g to %g, not \"%s\"", label(s).text,
		    whole ? "a whole number" : "a number", s->min, s->max, value);
	if (whole)
		*(int64_t *)(void *)at = (int64_t)v;
	else
		*(double *)(void *)at = v;
	return true;
}

/* An environment flag is on for anything but the words for no. */
static bool
store_flag(struct config *c, const struct setting *s, const char *value, struct err *e)
{
	bool *at = (bool *)(void *)((char *)c + s->offset);

	if (in_words("true yes on 1", value))
		*at = true;
	else if (in_words("false no off 0", value) || !*value)
		*at = false;
	else
		return err_set(e, ERR_USAGE, "%s is true or false, not \"%s\"", label(s).text, value);
	return true;
}

static bool
store(struct config *c, const struct setting *s, const char *value, struct err *e)
{
	const char **text = (const char **)(void *)((char *)c + s->offset);

	if (strcmp(s->kind, "FLAG") == 0)
		return store_flag(c, s, value, e);
	if (strcmp(s->kind, "INT") == 0 || strcmp(s->kind, "REAL") == 0)
		return store_number(c, s, value, e);
	if (strcmp(s->kind, "CHOICE") == 0 && !in_words(s->words, value))
		return err_set(e, ERR_USAGE, "%s is one of: %s; not \"%s\"", label(s).text, s->words, value);
	*text = keep(c, value);
	return true;
}

const struct setting *
setting_find(const char *name, size_t *index, struct err *e)
{
	const struct setting *s = find_setting(name), *near = NULL;
	size_t best = 4;

	if (s && index)
		*index = (size_t)(s - settings);
	if (s)
		return s;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const char *word = strchr(name, '.') ? settings[i].name : strchr(settings[i].name, '.') + 1;
		size_t far = near_distance(name, word, best);

		if (far < best) {
			best = far;
			near = &settings[i];
		}
	}
	if (near)
		err_set(e, ERR_USAGE, "there is no setting \"%s\"; did you mean %s?", name, label(near).text);
	else
		err_set(e, ERR_USAGE, "there is no setting \"%s\" (minnow config lists them)", name);
	return NULL;
}

void
setting_add_name(const struct setting *s, struct buf *out)
{
	buf_add_str(out, label(s).text);
}

void
setting_add_value(const struct config *c, const struct setting *s, struct buf *out)
{
	const char *at = (const char *)c + s->offset;

	if (strcmp(s->kind, "FLAG") == 0)
		buf_add_str(out, *(const bool *)(const void *)at ? "true" : "false");
	else if (strcmp(s->kind, "INT") == 0)
		buf_printf(out, "%lld", (long long)*(const int64_t *)(const void *)at);
	else if (strcmp(s->kind, "REAL") == 0)
		buf_printf(out, "%.10g", *(const double *)(const void *)at);
	else
		buf_add_str(out, *(const char *const *)(const void *)at);
}

bool
setting_is_secret(const struct setting *s)
{
	return s == &settings[SETTING_hub_token];
}

bool
config_set(struct config *c, const char *name, const char *value, struct err *e)
{
	const struct setting *s = setting_find(name, NULL, e);

	return s && store(c, s, value, e);
}

/* The line of FILE's TEXT that sets NAME ("section.key" or "section.sub.key"); 0 when it is not found. */
static unsigned
find_line(const char *text, const char *name)
{
	const char *dot = strrchr(name, '.');
	char section[128] = "";
	unsigned line = 1;

	for (const char *p = text; *p; line++) {
		size_t len = strcspn(p, "\n"), skip = strspn(p, " \t");
		const char *word = p + skip;

		if (*word == '[') {
			size_t used = 0;

			/* [keys "chat"] becomes keys.chat */
			for (word++; *word && !strchr("]\n", *word) && used + 1 < sizeof section; word++)
				if (*word == ' ')
					section[used++] = '.';
				else if (*word != '"')
					section[used++] = *word;
			section[used] = '\0';
		} else if (dot && strncasecmp(word, dot + 1, strlen(dot + 1)) == 0 &&
		    strchr(" \t=\n", word[strlen(dot + 1)]) &&
		    strlen(section) == (size_t)(dot - name) &&
		    strncasecmp(section, name, (size_t)(dot - name)) == 0) {
			return line;
		}
		p += len + (p[len] == '\n');
	}
	return 0;
}

static void
add_bind(struct config *c, const char *name, const char *value, unsigned line)
{
	const char *context = name + strlen("keys.");
	const char *dot = strrchr(context, '.');
	char *copy = mem_dup(context);
	struct config_bind *b;

	copy[dot ? dot - context : 0] = '\0';
	c->binds = mem_grow(c->binds, c->n_binds + 1, sizeof *c->binds);
	b = &c->binds[c->n_binds++];
	b->context = keep(c, dot ? copy : "global");
	b->action = keep(c, dot ? dot + 1 : context);
	b->key = keep(c, value);
	b->line = line;
	free(copy);
}

struct file_walk {
	struct config *c;
	const char *text;
	struct err *e;
};

static int
take_entry(const git_config_entry *entry, void *payload)
{
	struct file_walk *w = payload;
	unsigned line = find_line(w->text, entry->name);
	const struct setting *s = find_setting(entry->name);
	const char *value = entry->value ? entry->value : "true";

	if (s && !store(w->c, s, value, w->e)) {
		err_wrap(w->e, "%s line %u", w->c->file, line);
		return -1;
	}
	if (s)
		*from_of(w->c, s) = (struct config_from){CONFIG_FILE, line};
	if (!s && strncmp(entry->name, "keys.", 5) == 0)
		add_bind(w->c, entry->name, value, line);
	else if (!s)
		buf_printf(&w->c->warnings, "%s line %u: there is no setting \"%s\"\n", w->c->file, line,
		    entry->name);
	return 0;
}

/* Never shut down again: starting reads the system's certificates, which takes longer than all settings. */
static void
start_git(void)
{
	git_libgit2_init();
}

static bool
load_file(struct config *c, struct err *e)
{
	struct buf text = {0};
	struct file_walk walk = {.c = c, .e = e};
	git_config *cfg = NULL;
	bool ok = false;

	if (!fs_exists(c->file))
		return true;
	if (!fs_read(&text, c->file, CONFIG_BYTES_MAX, e))
		return false;
	walk.text = buf_str(&text);
	start_git();
	if (git_config_open_ondisk(&cfg, c->file) < 0) {
		const git_error *ge = git_error_last();

		err_set(e, ERR_USAGE, "%s", ge ? ge->message : c->file);
	} else {
		ok = git_config_foreach(cfg, take_entry, &walk) == 0;
		if (!ok && !e->kind)
			err_set(e, ERR_FAILED, "%s cannot be read", c->file);
	}
	git_config_free(cfg);
	buf_done(&text);
	return ok;
}

static const char *
env(struct config *c, const char *name)
{
	const char *v = getenv(name);

	return keep(c, v ? v : "");
}

/* $XDG/minnow, or ~/FALLBACK/minnow; "" without a home. */
static const char *
xdg_dir(struct config *c, const char *name, const char *fallback)
{
	const char *dir = getenv(name), *home = getenv("HOME");
	struct buf b = {0};
	const char *kept;

	if (dir && *dir == '/')
		buf_printf(&b, "%s/minnow", dir);
	else if (home && *home)
		buf_printf(&b, "%s/%s/minnow", home, fallback);
	kept = keep(c, buf_str(&b));
	buf_done(&b);
	return kept;
}

static void
load_environment(struct config *c)
{
	struct buf b = {0};

	c->config_dir = xdg_dir(c, "XDG_CONFIG_HOME", ".config");
	c->data_dir = xdg_dir(c, "XDG_DATA_HOME", ".local/share");
	c->cache_dir = xdg_dir(c, "XDG_CACHE_HOME", ".cache");
	if (*c->config_dir)
		buf_printf(&b, "%s/config", c->config_dir);
	c->file = keep(c, buf_str(&b));
	buf_clear(&b);
	if (*c->cache_dir)
		buf_printf(&b, "%s/sound", c->cache_dir);
	c->sound_file = keep(c, buf_str(&b));
	buf_done(&b);
	c->term = env(c, "TERM");
	c->colorterm = env(c, "COLORTERM");
	c->colorfgbg = env(c, "COLORFGBG");
	c->sync = env(c, "MINNOW_SYNC");
	c->machine = env(c, "MINNOW_MACHINE");
	c->no_color = *env(c, "NO_COLOR") != '\0';
	c->over_ssh = *env(c, "SSH_CONNECTION") != '\0';
	c->places = (struct adopt_places){
		.home = env(c, "HOME"),
		.cache_home = env(c, "XDG_CACHE_HOME"),
		.config_home = env(c, "XDG_CONFIG_HOME"),
		.data_home = env(c, "XDG_DATA_HOME"),
		.ollama_models = env(c, "OLLAMA_MODELS"),
		.hf_home = env(c, "HF_HOME"),
		.hf_hub_cache = *env(c, "HF_HUB_CACHE") ? env(c, "HF_HUB_CACHE") : env(c, "HUGGINGFACE_HUB_CACHE"),
		.llama_cache = env(c, "LLAMA_CACHE"),
	};
}

void
config_places(struct config *c)
{
	*c = (struct config){0};
	load_environment(c);
}

bool
config_load(struct config *c, struct err *e)
{
	config_places(c);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (!store(c, &settings[i], settings[i].value, e))
			return false;
	if (*c->file && !load_file(c, e))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const char *v = *settings[i].env ? getenv(settings[i].env) : NULL;

		if (!v || !*v)
			continue;
		if (!store(c, &settings[i], v, e))
			return err_wrap(e, "%s", settings[i].env);
		c->from[i] = (struct config_from){.source = CONFIG_ENVIRONMENT};
	}
	net_permit(!c->network_offline);
	return true;
}

void
config_go_offline(struct config *c)
{
	c->network_offline = true;
	net_permit(false);
}

void
config_done(struct config *c)
{
	while (c->texts) {
		struct config_text *next = c->texts->next;

		free(c->texts);
		c->texts = next;
	}
	free(c->binds);
	buf_done(&c->warnings);
	*c = (struct config){0};
}

void
config_for_model(struct config *c, const char *model)
{
	if (strcmp(model, RESOLVE_GUIDE) == 0)
		c->sampling_temp = 0;
}

void
config_sampling(const struct config *c, struct sampler_params *p)
{
	sampler_params_default(p);
	p->temp = (float)c->sampling_temp;
	p->top_k = (uint32_t)c->sampling_top_k;
	p->top_p = (float)c->sampling_top_p;
	p->min_p = (float)c->sampling_min_p;
	p->repeat_penalty = (float)c->sampling_repeat_penalty;
	p->seed = (uint64_t)c->sampling_seed;
}

bool
config_is_overridden(const struct setting *s)
{
	const char *v = *s->env ? getenv(s->env) : NULL;

	return v && *v;
}

/* libgit2 locks the file, writes all of it beside and renames; a link is followed, so that what is linked is written. */
static int
write_entry(const char *file, const char *name, const char *value)
{
	git_config *cfg = NULL;
	mode_t mask = umask(0077);
	int rc = git_config_new(&cfg);

	if (rc == 0)
		rc = git_config_add_file_ondisk(cfg, file, GIT_CONFIG_LEVEL_LOCAL, NULL, true);
	if (rc == 0)
		rc = value ? git_config_set_string(cfg, name, value) : git_config_delete_entry(cfg, name);
	git_config_free(cfg);
	umask(mask);
	return rc;
}

bool
config_write(const struct config *c, const struct setting *s, const char *value, struct err *e)
{
	const git_error *ge;
	int rc;

	if (!*c->file)
		return err_set(e, ERR_FAILED, "there is no home to have a configuration file in (HOME and XDG_CONFIG_HOME are not set)");
	if (!fs_make_dirs(c->config_dir, e))
		return false;
	git_libgit2_init();
	rc = write_entry(c->file, label(s).text, value);
	ge = git_error_last();
	if (rc == GIT_ENOTFOUND)
		err_set(e, ERR_NOT_FOUND, "%s is not set in %s", label(s).text, c->file);
	else if (rc == GIT_ELOCKED)
		err_set(e, ERR_FAILED, "%s is being written by another program; if not, remove %s.lock", c->file, c->file);
	else if (rc != 0)
		err_set(e, ERR_FAILED, "%s: %s", c->file, ge && ge->message ? ge->message : "cannot be written");
	git_libgit2_shutdown();
	return rc == 0;
}

void
config_locate(struct config *c, size_t i)
{
	struct buf text = {0};
	struct err e = {0};
	unsigned line = 0;

	if (fs_read(&text, c->file, CONFIG_BYTES_MAX, &e))
		line = find_line(buf_str(&text), label(&settings[i]).text);
	if (config_is_overridden(&settings[i]))
		c->from[i] = (struct config_from){.source = CONFIG_ENVIRONMENT};
	else
		c->from[i] = (struct config_from){line ? CONFIG_FILE : CONFIG_DEFAULT, line};
	buf_done(&text);
}

/* ---- other files in the same syntax ---- */

struct each {
	bool (*call)(void *ctx, const char *name, const char *value, struct err *e);
	void *ctx;
	struct err *e;
};

static int
call_each(const git_config_entry *entry, void *payload)
{
	struct each *each = payload;

	return each->call(each->ctx, entry->name, entry->value ? entry->value : "true", each->e) ? 0 : -1;
}

static bool
git_said(struct err *e, const char *path)
{
	const git_error *ge = git_error_last();

	return err_set(e, ERR_USAGE, "%s", ge && ge->message ? ge->message : path);
}

bool
config_file_each(const char *path, bool (*call)(void *ctx, const char *name, const char *value, struct err *e), void *ctx,
    struct err *e)
{
	struct err why = {0};
	struct each each = {call, ctx, &why};
	git_config *cfg = NULL;
	bool ok;

	if (!fs_exists(path))
		return true;
	start_git();
	ok = git_config_open_ondisk(&cfg, path) == 0 || git_said(&why, path);
	if (ok && git_config_foreach(cfg, call_each, &each) != 0) {
		ok = false;
		if (why.kind)
			err_wrap(&why, "%s", path);
		else
			git_said(&why, path);
	}
	git_config_free(cfg);
	return ok || err_set(e, why.kind, "%s", why.text);
}

/* The lines of a section whose last value was taken out stay behind as its bare heading: that goes too, unless something
 * of the person's stands below it. */
static void
drop_heading(struct buf *text, const char *name)
{
	const char *dot = strchr(name, '.'), *last = strrchr(name, '.');
	struct buf heading = {0};
	char *at, *end;

	if (last == dot)
		buf_printf(&heading, "[%.*s]", (int)(dot - name), name);
	else
		buf_printf(&heading, "[%.*s \"%.*s\"]", (int)(dot - name), name, (int)(last - dot - 1), dot + 1);
	at = text->len ? strstr(text->data, heading.data) : NULL;
	if (at && (at == text->data || at[-1] == '\n')) {
		end = at + heading.len;
		end += strspn(end, " \t\r\n");
		if (!*end || *end == '[')
			buf_erase(text, (size_t)(at - text->data), (size_t)(end - at));
	}
	buf_done(&heading);
}

static bool
apply(const char *path, const struct config_edit *edits, size_t n, struct err *e)
{
	git_config *cfg = NULL;
	bool ok = git_config_open_ondisk(&cfg, path) == 0;

	for (size_t i = 0; ok && i < n; i++) {
		int rc = edits[i].value ? git_config_set_string(cfg, edits[i].name, edits[i].value) :
		    git_config_delete_entry(cfg, edits[i].name);

		ok = rc == 0 || (!edits[i].value && rc == GIT_ENOTFOUND);
	}
	if (!ok)
		git_said(e, path);
	git_config_free(cfg);
	return ok;
}

/* TEXT is what PATH holds; it is edited as PATH.lock, which keeps others out as git's own locks do. */
static bool
edit_copy(const char *path, const char *lock, struct buf *text, const struct config_edit *edits, size_t n, struct err *e)
{
	if (fs_exists(path) && !fs_read(text, path, CONFIG_BYTES_MAX, e))
		return false;
	if (!fs_write_atomic(lock, buf_str(text), text->len, e) || !apply(lock, edits, n, e))
		return false;
	buf_clear(text);
	if (!fs_read(text, lock, CONFIG_BYTES_MAX, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!edits[i].value)
			drop_heading(text, edits[i].name);
	return fs_write_atomic(path, buf_str(text), text->len, e);
}

bool
config_file_edit(const char *path, const struct config_edit *edits, size_t n, struct err *e)
{
	struct buf lock = {0}, text = {0};
	char *dir = mem_dup(path), *slash = strrchr(dir, '/');
	bool ok = true;
	int fd;

	if (slash && slash != dir) {
		*slash = '\0';
		ok = fs_make_dirs(dir, e);
	}
	buf_printf(&lock, "%s.lock", path);
	fd = ok ? open(lock.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	if (fd >= 0) {
		close(fd);
		start_git();
		ok = edit_copy(path, lock.data, &text, edits, n, e);
		unlink(lock.data);
	} else if (ok) {
		ok = errno == EEXIST ? err_set(e, ERR_FAILED, "%s: another program is changing it (if none is, remove %s)", path,
		    lock.data) : err_set_errno(e, errno, lock.data);
	}
	free(dir);
	buf_done(&lock);
	buf_done(&text);
	return ok;
}
