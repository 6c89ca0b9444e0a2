/* Settings; see config.h. */
#include "tui/config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/sampler.h"
#include "registry/near.h"
#include "registry/net.h"
#include "registry/resolve.h"
#include "tui/config_file.h"
#include "tui/i18n.h"

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
		    whole ? _("a whole number") : _("a number"), s->min, s->max, value);
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

static bool
take_value(void *ctx, const struct config_file_value *v, struct err *e)
{
	struct config *c = ctx;
	const struct setting *s = find_setting(v->name);

	if (s) {
		*from_of(c, s) = (struct config_from){CONFIG_FILE, v->line};
		return store(c, s, v->value, e);
	}
	if (strncmp(v->name, "keys.", 5) == 0)
		add_bind(c, v->name, v->value, v->line);
	else if (config_file_is_include(v->name))
		buf_printf(&c->warnings, _("%s line %u: [include] is not followed; copy what that file holds\n"), c->file, v->line);
	else
		buf_printf(&c->warnings, _("%s line %u: there is no setting \"%s\"\n"), c->file, v->line, v->name);
	return true;
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
	c->locale = *env(c, "LC_ALL") ? env(c, "LC_ALL") : *env(c, "LC_MESSAGES") ? env(c, "LC_MESSAGES") : env(c, "LANG");
	c->languages = env(c, "LANGUAGE");
	c->sync = env(c, "MINNOW_SYNC");
	c->machine = env(c, "MINNOW_MACHINE");
	c->editor = *env(c, "VISUAL") ? env(c, "VISUAL") : *env(c, "EDITOR") ? env(c, "EDITOR") : "vi";
	c->path = env(c, "PATH");
	c->wayland = *env(c, "WAYLAND_DISPLAY") != '\0';
	c->x11 = *env(c, "DISPLAY") != '\0';
	c->in_tmux = *env(c, "TMUX") != '\0';
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
	if (*c->file && !config_file_each(c->file, take_value, c, e))
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

bool
config_write(const struct config *c, const struct setting *s, const char *value, struct err *e)
{
	struct label name = label(s);
	size_t n_taken;

	if (!*c->file)
		return err_set(e, ERR_FAILED, "there is no home to have a configuration file in (HOME and XDG_CONFIG_HOME are not set)");
	if (!config_file_edit(c->file, &(struct config_edit){name.text, value}, 1, &n_taken, e))
		return false;
	return value || n_taken || err_set(e, ERR_NOT_FOUND, "%s is not set in %s", name.text, c->file);
}

struct place {
	const char *name;
	unsigned line;			/* of its last value; 0: it has none */
};

static bool
find_place(void *ctx, const struct config_file_value *v, struct err *e)
{
	struct place *p = ctx;

	(void)e;
	if (strcmp(v->name, p->name) == 0)
		p->line = v->line;
	return true;
}

void
config_permit(const struct config *c)
{
	net_permit(!c->network_offline);
}

void
config_locate(struct config *c, size_t i)
{
	struct label name = label(&settings[i]);
	struct place p = {.name = name.text};
	struct err e = {0};

	/* A file that cannot be read was told when it was loaded. */
	if (!config_file_each(c->file, find_place, &p, &e))
		p.line = 0;
	if (config_is_overridden(&settings[i]))
		c->from[i] = (struct config_from){.source = CONFIG_ENVIRONMENT};
	else
		c->from[i] = (struct config_from){p.line ? CONFIG_FILE : CONFIG_DEFAULT, p.line};
}
