/* minnow import: models that other programs keep on this machine, listed, and taken into use where they are. */
#include "tui/cmd/import.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/base/seal.h"
#include "registry/near.h"
#include "registry/store.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/work.h"
#include "tui/i18n.h"

struct import_opts {
	bool all, copy, forget, json;
	const char *name;
};

struct import {
	struct models m;
	const struct import_opts *o;
	struct buf root;			/* of the store */
	struct adopt_index used;
	struct adopt_found found;
	struct adopt_model **named;		/* files that were named; ours */
	size_t n_named;
	struct adopt_model **picked;		/* to be taken into use; of found or named */
	size_t n_picked;
	struct work work;
	struct buf out;				/* what is said of them */
	json_t *rows;
	struct err first;			/* what went wrong first */
	size_t n_wrong;
};

static void
wrong(struct import *im, const char *name, const struct err *why)
{
	if (im->n_wrong++ == 0) {
		im->first = *why;
		if (name && strncmp(why->text, name, strlen(name)) != 0)
			err_wrap(&im->first, "%s", name);
	}
}

/* ---- choosing ---- */

static void
pick(struct import *im, struct adopt_model *m)
{
	for (size_t i = 0; i < im->n_picked; i++)
		if (adopt_is_same(im->picked[i], m) && strcmp(im->picked[i]->name, m->name) == 0)
			return;
	im->picked = mem_grow(im->picked, im->n_picked + 1, sizeof *im->picked);
	im->picked[im->n_picked++] = m;
}

static bool
is_of_kind(const struct adopt_model *m, const char *arg)
{
	return strcmp(adopt_kind_name(m->kind), arg) == 0 || strcasecmp(adopt_kind_title(m->kind), arg) == 0;
}

static bool
is_called(const struct adopt_model *m, const char *arg)
{
	return near_same(m->name, arg) || near_same(m->title, arg) || strcmp(m->path, arg) == 0;
}

/* "llama3.2" for llama3.2:1b, "Qwen/Qwen3-0.6B-GGUF" for the files in it. */
static bool
begins_so(const struct adopt_model *m, const char *arg)
{
	size_t n = strlen(arg);

	return (strncasecmp(m->name, arg, n) == 0 && m->name[n] == ':') ||
	    (strncasecmp(m->title, arg, n) == 0 && (m->title[n] == ':' || m->title[n] == '/'));
}

static size_t
pick_all(struct import *im, bool (*is)(const struct adopt_model *m, const char *arg), const char *arg, struct err *why)
{
	size_t n = 0;

	for (size_t i = 0; i < im->found.n_models; i++) {
		struct adopt_model *m = &im->found.models[i];

		if (is && !is(m, arg))
			continue;
		if (m->why_not)
			err_set(why, ERR_FAILED, "%s: %s", m->title, m->why_not);
		else
			pick(im, m);
		n += !m->why_not;
	}
	return n;
}

/* NAME: under which it is in use; NULL: it is not. */
static void
pick_file(struct import *im, const char *path, const char *name)
{
	struct adopt_model *m = mem_new0(1, sizeof *m);
	struct err e = {0};

	if (!adopt_from_file(m, path, &e)) {
		wrong(im, NULL, &e);
		free(m);
		return;
	}
	im->named = mem_grow(im->named, im->n_named + 1, sizeof *im->named);
	im->named[im->n_named++] = m;
	/* A file in a folder that was looked at is that program's. */
	for (size_t i = 0; i < im->found.n_models; i++)
		if (strcmp(im->found.models[i].path, m->path) == 0 && !im->found.models[i].why_not) {
			pick(im, &im->found.models[i]);
			return;
		}
	if (name) {
		free(m->name);
		m->name = mem_dup(name);
	}
	pick(im, m);
}

static void
pick_arg(struct import *im, const char *arg)
{
	static bool (*const ways[])(const struct adopt_model *m, const char *arg) = {is_of_kind, is_called, begins_so};
	const struct adopt_model *used;
	struct err why = {0};

	if (arg[0] != '/' && arg[0] != '.')
		for (size_t i = 0; i < ARRAY_LEN(ways); i++)
			if (pick_all(im, ways[i], arg, &why) > 0)
				return;
	used = why.kind == ERR_NONE ? adopt_index_find(&im->used, arg, NULL) : NULL;
	if (why.kind != ERR_NONE) {
		wrong(im, NULL, &why);
	} else if (used) {
		pick_file(im, used->path, used->name);
	} else if (arg[0] == '/' || arg[0] == '.' || fs_exists(arg)) {
		pick_file(im, arg, NULL);
	} else {
		err_set(&why, ERR_NOT_FOUND, adopt_kind_find(arg) ? "there are no models of %s on this machine" :
		    _("no other program has a model \"%s\", and there is no file of that name (minnow import lists what there is)"),
		    adopt_kind_find(arg) ? adopt_kind_title(adopt_kind_find(arg)) : arg);
		wrong(im, NULL, &why);
	}
}

/* Of one by itself: files that were named may get the same name, and the first of them has it by now. */
static void
name_again(struct import *im, struct adopt_model *m)
{
	struct adopt_found one = {.models = m, .n_models = 1};

	adopt_name(&one, im->m.catalog, &im->used);
}

/* ---- taking into use ---- */

static void
say(struct import *im, const struct import_row *row)
{
	struct buf size = {0};

	if (im->o->json) {
		json_array_append_new(im->rows, import_row_json(&im->m, row));
	} else if (!im->m.is_terminal) {
		import_add_plain(&im->m, &im->out, row);
	} else {
		models_add_size(&size, row->model->size);
		buf_printf(&im->out, _("%s %s is in use: %s%s\n"), im->m.glyphs->yes, row->used->name, buf_str(&size),
		    adopt_catalog_file(im->m.catalog, row->used, NULL) ? _(", its hash is known") : "");
	}
	buf_done(&size);
}

static bool
same_bytes(const struct adopt_model *a, const struct adopt_model *b)
{
	bool same = a->n_files == b->n_files;

	for (size_t i = 0; same && i < a->n_files; i++)
		same = memcmp(a->files[i].sha256, b->files[i].sha256, sizeof a->files[i].sha256) == 0;
	return same;
}

/* Whoever has the same bytes under the name that M would get keeps it, as long as they are there. */
static const struct adopt_model *
find_twin(const struct import *im, const struct adopt_model *m)
{
	for (size_t i = 0; i < im->used.n; i++) {
		const struct adopt_model *u = &im->used.models[i];

		if (strcmp(u->name, m->name) == 0 && !adopt_is_same(u, m) && same_bytes(u, m) && adopt_check(u, NULL))
			return u;
	}
	return NULL;
}

static void
say_in_use(struct import *im, const struct adopt_model *m)
{
	const struct adopt_model *twin = find_twin(im, m);
	struct import_row row = {.model = m, .used = twin ? twin : m, .state = IMPORT_IN_USE};

	say(im, &row);
}

static void
copy_progress(void *arg, uint64_t n, uint64_t size)
{
	struct import *im = arg;

	work_tell(&im->work, n, size, NULL);
}

static bool
put_copy(struct import *im, struct adopt_model *m, struct err *e)
{
	struct adopt_copy_options o = {.cancel = &im->work.cancel, .progress = copy_progress, .arg = im, .total = m->size};
	struct store *s = store_open(buf_str(&im->root), e);
	struct buf folder = {0};
	bool ok = s && adopt_copy(s, im->m.catalog, m, &o, &folder, e);

	if (ok && im->o->json)
		json_array_append_new(im->rows, json_pack("{s:s, s:s, s:I}", "name", buf_str(&folder), "state", "copied", "size",
		    (json_int_t)m->size));
	else if (ok)
		buf_printf(&im->out, im->m.is_terminal ? _("%s%s is in minnow's own store now\n") : "%s%s\tcopied\n",
		    im->m.is_terminal ? im->m.glyphs->yes : "", buf_str(&folder));
	store_close(s);
	buf_done(&folder);
	return ok;
}

static void
reload(struct import *im)
{
	struct adopt_index now;

	if (!adopt_index_load(&now, buf_str(&im->root), NULL))
		return;
	adopt_index_done(&im->used);
	im->used = now;
}

/* It is in use under the name that it has. */
static bool
has_name(const struct import *im, const struct adopt_model *m)
{
	for (size_t i = 0; i < im->used.n; i++)
		if (strcmp(im->used.models[i].name, m->name) == 0 && adopt_is_same(&im->used.models[i], m))
			return true;
	return false;
}

/* Its hash is computed: what is it, and under which name? */
static void
take(struct import *im, struct adopt_model *m)
{
	struct buf known = {0};
	struct err e = {0};
	bool ok;

	if (im->o->name || adopt_catalog_name(im->m.catalog, m, &known)) {
		free(m->name);
		m->name = im->o->name ? mem_dup(im->o->name) : buf_take(&known);
	} else if (!has_name(im, m)) {
		name_again(im, m);
	}
	m->date = (uint64_t)time(NULL);
	if (im->o->copy)
		ok = put_copy(im, m, &e);
	else if (!find_twin(im, m))
		ok = adopt_index_put(buf_str(&im->root), m, &e);
	else
		ok = true;
	if (!ok)
		wrong(im, m->title, &e);
	else if (!im->o->copy)
		say_in_use(im, m);
	if (ok)
		reload(im);
	buf_done(&known);
}

/* M is read, and with it every other name of the same files. */
static void
take_read(void *arg, struct adopt_model *m, const struct err *why)
{
	struct import *im = arg;

	if (why) {
		wrong(im, NULL, why);
		return;
	}
	take(im, m);
	for (size_t i = 0; i < im->n_picked; i++) {
		struct adopt_model *other = im->picked[i];

		if (other == m || strcmp(other->path, m->path) != 0)
			continue;
		for (size_t k = 0; k < m->n_files && k < other->n_files; k++) {
			memcpy(other->files[k].sha256, m->files[k].sha256, sizeof m->files[k].sha256);
			other->files[k].has_sha256 = true;
		}
		take(im, other);
	}
}

static void
tell(void *arg, uint64_t n, uint64_t size)
{
	struct import *im = arg;

	work_tell(&im->work, n, size, NULL);
}

/* What is in use already, and as it was, need not be read again. */
static void
drop_used(struct import *im)
{
	size_t n = 0;

	for (size_t i = 0; i < im->n_picked; i++) {
		struct import_row row;

		import_row_set(&row, im->picked[i], &im->used);
		if (row.state == IMPORT_IN_USE && !im->o->copy && !im->o->name)
			say(im, &row);
		else
			im->picked[n++] = im->picked[i];
	}
	im->n_picked = n;
}

/* One of every path; the caller frees the list. */
static struct adopt_model **
to_be_read(const struct import *im, size_t *n)
{
	struct adopt_model **once = mem_new0(im->n_picked, sizeof(struct adopt_model *));

	*n = 0;
	for (size_t i = 0; i < im->n_picked; i++) {
		size_t k = 0;

		while (k < *n && strcmp(once[k]->path, im->picked[i]->path) != 0)
			k++;
		if (k == *n)
			once[(*n)++] = im->picked[i];
	}
	return once;
}

static bool
take_all(struct import *im, struct err *e)
{
	long n_cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct adopt_hash_options o = {.n_threads = n_cores > 0 ? (size_t)n_cores : 1, .cancel = &im->work.cancel,
	    .progress = tell, .done = take_read, .arg = im};
	struct adopt_model **once;
	size_t n;
	bool ok;

	drop_used(im);
	if (!im->n_picked)
		return true;
	if (!work_begin(&im->work, _("reading"), e))
		return false;
	once = to_be_read(im, &n);
	ok = adopt_hash(once, n, &o, e);
	free(once);
	work_end(&im->work);
	return ok;
}

static bool
finish(struct import *im, bool ok, struct err *e)
{
	if (im->o->json) {
		ok = models_print_json(im->rows, ok ? e : NULL) && ok;
		im->rows = NULL;
	} else {
		ok = models_print(&im->out, ok ? e : NULL) && ok;
	}
	if (ok && im->n_wrong) {
		*e = im->first;
		if (im->n_wrong > 1)
			err_set(e, e->kind, "%s (and %zu more that could not be imported)", im->first.text, im->n_wrong - 1);
		ok = false;
	}
	return ok;
}

static bool
check_options(const struct import *im, const struct cmd_call *call, struct err *e)
{
	struct err why = {0};

	if (im->o->all && call->n_args)
		return err_set(e, ERR_USAGE, "--all takes every model; name none, or leave it out");
	if (im->o->name && (call->n_args != 1 || im->o->all))
		return err_set(e, ERR_USAGE, "--name is for one model or file");
	if (im->o->name && !adopt_check_name(im->o->name, &why))
		return err_set(e, ERR_USAGE, "--name: the name %s", why.text);
	if ((im->o->forget || im->o->copy) && !call->n_args && !im->o->all)
		return err_set(e, ERR_USAGE, "--%s wants the names of models", im->o->forget ? "forget" : "copy");
	return true;
}

/* A name of the registries means the bytes that they vouch for. */
static bool
check_name_is_free(const struct import *im, struct err *e)
{
	char *id = mem_dup(im->o->name);
	bool known;

	id[strcspn(id, ":")] = '\0';
	known = catalog_get(im->m.catalog, NULL, id) != NULL;
	free(id);
	if (known)
		return err_set(e, ERR_USAGE, "--name: %s is a model of the registries", im->o->name);
	for (size_t i = 0; i < im->used.n; i++)
		if (strcmp(im->used.models[i].name, im->o->name) == 0 && !adopt_is_same(&im->used.models[i], im->picked[0]))
			return err_set(e, ERR_USAGE, "--name: %s is in use for another model (minnow import --forget %s)", im->o->name,
			    im->o->name);
	return true;
}

static bool
import(struct import *im, const struct cmd_call *call, struct err *e)
{
	struct err none = {0};
	bool ok;

	if (im->o->all)
		pick_all(im, NULL, NULL, &none);
	for (int i = 0; i < call->n_args; i++)
		pick_arg(im, call->args[i]);
	if (im->o->name && im->n_picked > 1)
		return err_set(e, ERR_USAGE, "--name is for one model; \"%s\" is %zu", call->args[0], im->n_picked);
	if (im->o->name && im->n_picked && !check_name_is_free(im, e))
		return false;
	im->rows = json_array();
	ok = take_all(im, e);
	return finish(im, ok, e);
}

static bool
forget(struct import *im, const struct cmd_call *call, struct err *e)
{
	for (int i = 0; i < call->n_args; i++) {
		const struct adopt_model *m = adopt_index_find(&im->used, call->args[i], e);

		if (!m || !adopt_index_forget(buf_str(&im->root), m->name, e))
			return false;
	}
	return true;
}

static bool
list(struct import *im, struct err *e)
{
	struct import_row row;

	if (im->o->json)
		return models_print_json(import_found_json(&im->m, &im->found, &im->used), e);
	if (im->m.is_terminal)
		import_add_table(&im->m, &im->out, &im->found, &im->used);
	for (size_t i = 0; !im->m.is_terminal && import_row_at(&row, i, &im->found, &im->used); i++)
		import_add_plain(&im->m, &im->out, &row);
	return models_print(&im->out, e);
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	struct import im = {.o = call->opts};
	bool ok;

	seal_process(SEAL_NETWORK | SEAL_PROGRAMS);		/* what is read here is not ours */
	ok = check_options(&im, call, e) && models_open(&im.m, e) && models_store_dir(&im.m.config, &im.root, e) &&
	    adopt_index_load(&im.used, buf_str(&im.root), e);

	if (ok && im.o->forget) {
		ok = forget(&im, call, e);
	} else if (ok) {
		adopt_scan(&im.m.config.places, &im.found);
		adopt_name(&im.found, im.m.catalog, &im.used);
		ok = call->n_args || im.o->all ? import(&im, call, e) : list(&im, e);
	}
	for (size_t i = 0; i < im.n_named; i++) {
		adopt_model_done(im.named[i]);
		free(im.named[i]);
	}
	free(im.named);
	free(im.picked);
	json_decref(im.rows);
	buf_done(&im.out);
	buf_done(&im.root);
	adopt_found_done(&im.found);
	adopt_index_done(&im.used);
	models_close(&im.m);
	return ok;
}

static const struct opt opts[] = {
	{"all", 'a', OPT_FLAG, NULL, N_("take every model that is found into use"), offsetof(struct import_opts, all), 0, 0, NULL},
	{"name", 0, OPT_TEXT, "NAME", N_("call the model NAME"), offsetof(struct import_opts, name), 0, 0, NULL},
	{"copy", 0, OPT_FLAG, NULL, N_("put a copy into minnow's own store instead"), offsetof(struct import_opts, copy), 0, 0, NULL},
	{"forget", 0, OPT_FLAG, NULL, N_("use the models named no longer; their files stay"), offsetof(struct import_opts, forget), 0, 0, NULL},
	{"json", 0, OPT_FLAG, NULL, N_("print JSON"), offsetof(struct import_opts, json), 0, 0, NULL},
	{0},
};

const struct cmd cmd_import = {
	.name = "import",
	.args = "[FILE...]",
	.summary = N_("find the models of other programs and use them in place"),
	.details = N_("Without FILE, what Ollama, Hugging Face, llama.cpp, LM Studio, Jan and GPT4All keep on this machine is listed. "
	    "FILE is a name of that list, a program (ollama huggingface llamacpp lmstudio jan gpt4all) for all it has, a GGUF file, the "
	    "first of several parts, or a folder with config.json and *.safetensors.\n"
	    "A model that is taken into use stays where it is: nothing is copied, and nothing is ever written into the folder of "
	    "another program. Its SHA-256 is computed once, and has to be the one that the program names it by; when a registry "
	    "knows it, the model gets its name there. Before each use size, time of change and inode are looked at: a file that "
	    "is not as it was is refused until it is imported again. minnow rm NAME or --forget ends the use, and leaves the file.\n"
	    "  minnow import ollama\n"
	    "  minnow import ~/Downloads/model-q8_0.gguf --name mine"),
	.opts = opts,
	.opts_size = sizeof(struct import_opts),
	.max_args = -1,
	.run = run,
};
