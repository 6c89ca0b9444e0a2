/* minnow doctor: what this machine and this terminal can do, measured where it can be. */
#include <jansson.h>
#include <langinfo.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/base/seal.h"
#include "core/minnow.h"
#include "registry/resolve.h"
#include "tui/cmd/cmd.h"
#include "tui/cmd/models.h"
#include "tui/config.h"
#include "tui/i18n.h"
#include "tui/term/term.h"
#include "tui/text.h"
#include "tui/text_clean.h"
#include "tui/version.h"

#define COLUMN 14		/* where the right side begins */
#define WIDTH 79

struct options {
	bool json;
	int64_t threads;
};

struct terminal {
	bool present;			/* standard output is one */
	int rows, cols;			/* 0: it does not tell */
	int n_colors;
	bool truecolor, utf8, full_screen;
	struct err why_not;		/* why there is no full screen */
};

static struct terminal
find_terminal(const struct config *c)
{
	struct terminal t = {.present = isatty(STDOUT_FILENO)};
	struct winsize size;

	t.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	t.truecolor = strcmp(c->colorterm, "truecolor") == 0 || strcmp(c->colorterm, "24bit") == 0;
	t.n_colors = term_n_colors(c->term);
	if (t.present && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
		t.rows = size.ws_row;
		t.cols = size.ws_col;
	}
	t.full_screen = t.present && term_can_draw(c->term, &t.why_not);
	if (!t.present)
		err_set(&t.why_not, ERR_FAILED, "standard output is no terminal");
	return t;
}

static void
line(const char *name, const char *text)
{
	printf("%-*s%s\n", text_field(name, COLUMN), name, text);
}

/* NAME, then words at the right, broken before the margin; *AT is 0 for the first word. */
static void
word(const char *name, size_t *at, const char *w)
{
	size_t len = strlen(w);

	if (*at == 0) {
		*at = (size_t)printf("%-*s%s", COLUMN, name, w);
	} else if (*at + 1 + len > WIDTH) {
		*at = (size_t)printf("\n%*s%s", COLUMN, "", w) - 1;
	} else {
		*at += (size_t)printf(" %s", w);
	}
}

static void
print_features(void)
{
	const char *name;
	bool present;
	size_t at = 0;

	for (size_t i = 0; cpu_feature_at(i, &name, &present); i++)
		if (present)
			word("cpu", &at, name);
	for (size_t i = 0; cpu_feature_at(i, &name, &present); i++) {
		struct buf w = {0};

		if (!present) {
			buf_printf(&w, _("(no %s)"), name);
			word("cpu", &at, buf_str(&w));
		}
		buf_done(&w);
	}
	putchar('\n');
}

static bool
is_listed(const char *const *seen, size_t n, const char *isa)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(seen[i], isa) == 0)
			return true;
	return false;
}

/* One paragraph per instruction set, with the slots that it fills. */
static void
print_kernels(const struct kern *k)
{
	const char *seen[32];
	size_t n_seen = 0;
	struct kern_slot slot, other;

	line(_("kernels"), k->isa);
	for (size_t i = 0; kern_slot_at(k, i, &slot); i++) {
		struct buf label = {0};
		size_t at = 0;

		if (n_seen == ARRAY_LEN(seen) || is_listed(seen, n_seen, slot.isa))
			continue;
		seen[n_seen++] = slot.isa;
		buf_printf(&label, "  %s", slot.isa);
		for (size_t j = i; kern_slot_at(k, j, &other); j++)
			if (strcmp(other.isa, slot.isa) == 0)
				word(buf_str(&label), &at, other.name);
		putchar('\n');
		buf_done(&label);
	}
}

static uint64_t
memory_bytes(int which)
{
	long pages = sysconf(which), size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

static void
print_bandwidth(struct engine *g)
{
	for (int n = 1; n <= engine_n_threads(g); n++) {
		const char *name = n == 1 ? _("reads at") : "";

		printf("%-*s", text_field(name, COLUMN), name);
		printf(ngettext("%d thread  %6.1f GB/s\n", "%d threads %6.1f GB/s\n", (unsigned)n), n, engine_read_bandwidth(g, n) / 1e9);
		fflush(stdout);
	}
}

/* Operations per second of all threads. */
static void
print_peaks(struct engine *g)
{
	printf("%-*s", text_field(_("computes at"), COLUMN), _("computes at"));
	printf(_("8-bit products %.0f GOP/s, 4-bit %.0f, floats %.0f GFLOP/s\n"), engine_roof(g, ROOF_DOT8) / 1e9,
	    engine_roof(g, ROOF_DOT4) / 1e9, engine_roof(g, ROOF_FMA) / 1e9);
	if (engine_roof(g, ROOF_TILE) == 0)
		return;
	printf("%*s", COLUMN, "");
	printf(_("BF16 in tiles %.0f GFLOP/s\n"), engine_roof(g, ROOF_TILE) / 1e9);
}

/* Are the products of many tokens with this format those of BLIS? */
static bool
has_blis(const struct kern *k, enum qtype t)
{
	struct kern_slot slot;
	char name[64];

	snprintf(name, sizeof name, "mat.%s.mul_many", qtype_info(t)->name);
	for (size_t i = 0; kern_slot_at(k, i, &slot); i++)
		if (strcmp(slot.name, name) == 0)
			return strcmp(slot.isa, "blis") == 0;
	return false;
}

/* Such formats, and from how many tokens on. */
static void
add_dense(struct buf *out, const struct kern *k)
{
	for (int t = 0; t < QT_COUNT; t++)
		if (has_blis(k, (enum qtype)t))
			buf_printf(out, "%s%s (%zu)", out->len ? ", " : "", qtype_info((enum qtype)t)->name, k->mat[t].many_min);
}

static void
print_dense(struct engine *g)
{
	double rate = engine_roof(g, ROOF_DENSE);
	struct buf formats = {0};

	printf("%-*s", COLUMN, "BLIS");
	printf(_("%.0f GFLOP/s, %.0f %% of what is possible\n"), rate / 1e9, 100 * rate / engine_roof(g, ROOF_FMA));
	add_dense(&formats, engine_kern(g));
	if (formats.len == 0) {
		line("", _("not used with these kernels"));
	} else {
		printf("%*s", COLUMN, "");
		printf(_("for prompts from so many tokens on: %s\n"), buf_str(&formats));
	}
	buf_done(&formats);
}

static void
print_terminal(const struct config *c)
{
	struct terminal t = find_terminal(c);

	printf("%-*s%s", text_field(_("terminal"), COLUMN), _("terminal"), *c->term ? c->term : _("(TERM is not set)"));
	if (t.cols)
		printf(_(", %d columns, %d rows"), t.cols, t.rows);
	if (t.truecolor)
		printf(_(", truecolor"));
	else
		printf(_(", %d colours"), t.n_colors);
	printf(", %s\n", t.utf8 ? "UTF-8" : _("no UTF-8"));
	if (!t.full_screen) {
		printf("%*s", COLUMN, "");
		printf(_("plain lines: %s\n"), t.why_not.text);
	}
}

/* The models of other programs, a line for each of their folders. */
static void
print_stores(const struct config *c)
{
	struct adopt_found found;
	struct buf text = {0};

	adopt_scan(&c->places, &found);
	for (size_t i = 0; i < found.n_sources; i++) {
		const struct adopt_source *s = &found.sources[i];

		buf_clear(&text);
		buf_printf(&text, ngettext("%s, %zu model, ", "%s, %zu models, ", s->n_models), adopt_kind_title(s->kind), s->n_models);
		models_add_size(&text, s->size);
		buf_add_str(&text, ": ");
		text_clean_line(&text, s->root, strlen(s->root));
		line(i ? "" : _("stores"), text.data);
	}
	if (!found.n_sources)
		line(_("stores"), _("of other programs: none found"));
	adopt_found_done(&found);
	buf_done(&text);
}

static void
print_places(const struct config *c)
{
	struct buf guide = {0};
	struct err e = {0};

	line(_("guide"), resolve_guide(&guide, &e) ? buf_str(&guide) : e.text);
	printf("%-*s%s%s\n", text_field(_("settings"), COLUMN), _("settings"), c->file, fs_exists(c->file) ? "" : _(" (not there)"));
	buf_done(&guide);
}

/* What a process that reads a model gives up here: minnow-registry(5), SECURITY. */
static const char *
seal_sentence(unsigned seal)
{
	if (seal & SEAL_NETWORK && seal & SEAL_WRITES)
		return _("no network, programs or writing for what reads models");
	if (seal & SEAL_NETWORK)
		return _("no network or programs for what reads models (no Landlock)");
	if (seal & SEAL_WRITES)
		return _("no writing for what reads models (no seccomp)");
	return _("none here: what reads models keeps all rights");
}

static json_t *
seal_json(void)
{
	unsigned seal = seal_available();

	return json_pack("{s:b, s:b, s:b}", "network", (seal & SEAL_NETWORK) != 0, "programs", (seal & SEAL_PROGRAMS) != 0,
	    "writes", (seal & SEAL_WRITES) != 0);
}

static void
print_text(struct engine *g, const struct config *c)
{
	line("minnow", MINNOW_VERSION);
	print_features();
	print_kernels(engine_kern(g));
	printf("%-*s", text_field(_("memory"), COLUMN), _("memory"));
	printf(_("%.1f GB, %.1f GB of it free\n"), (double)memory_bytes(_SC_PHYS_PAGES) / 1e9,
	    (double)memory_bytes(_SC_AVPHYS_PAGES) / 1e9);
	print_bandwidth(g);
	print_peaks(g);
	print_dense(g);
	print_terminal(c);
	print_places(c);
	print_stores(c);
	line(_("protection"), seal_sentence(seal_available()));
}

static json_t *
features_json(void)
{
	json_t *j = json_object();
	const char *name;
	bool present;

	for (size_t i = 0; cpu_feature_at(i, &name, &present); i++)
		json_object_set_new(j, name, json_boolean(present));
	return j;
}

static json_t *
kernels_json(const struct kern *k)
{
	json_t *j = json_object();
	struct kern_slot slot;

	for (size_t i = 0; kern_slot_at(k, i, &slot); i++)
		json_object_set_new(j, slot.name, json_string(slot.isa));
	return j;
}

static json_t *
bandwidth_json(struct engine *g)
{
	json_t *list = json_array();

	for (int n = 1; n <= engine_n_threads(g); n++)
		json_array_append_new(list, json_pack("{s:i, s:f}", "threads", n,
		    "bytes_per_s", engine_read_bandwidth(g, n)));
	return list;
}

static json_t *
peaks_json(struct engine *g)
{
	json_t *j = json_object();

	for (enum roof r = ROOF_DOT4; r < ROOF_COUNT; r++)
		if (engine_roof(g, r) > 0)
			json_object_set_new(j, roof_name(r), json_real(engine_roof(g, r)));
	return j;
}

static json_t *
dense_json(const struct kern *k)
{
	json_t *j = json_object();

	for (int t = 0; t < QT_COUNT; t++)
		if (has_blis(k, (enum qtype)t))
			json_object_set_new(j, qtype_info((enum qtype)t)->name, json_integer((json_int_t)k->mat[t].many_min));
	return j;
}

/* Names from the environment may be no UTF-8, which JSON cannot hold. */
static json_t *
string_json(const char *s)
{
	json_t *j = json_string(s);

	return j ? j : json_string("(not UTF-8)");
}

static json_t *
terminal_json(const struct config *c)
{
	struct terminal t = find_terminal(c);

	return json_pack("{s:b, s:o, s:i, s:i, s:i, s:b, s:b, s:b}", "present", t.present, "name", string_json(c->term),
	    "rows", t.rows, "columns", t.cols, "colors", t.n_colors, "truecolor", t.truecolor, "utf8", t.utf8,
	    "full_screen", t.full_screen);
}

static json_t *
guide_json(void)
{
	struct buf path = {0};
	json_t *j = resolve_guide(&path, NULL) ? string_json(buf_str(&path)) : json_null();

	buf_done(&path);
	return j;
}

static json_t *
stores_json(const struct config *c)
{
	json_t *list = json_array();
	struct adopt_found found;

	adopt_scan(&c->places, &found);
	for (size_t i = 0; i < found.n_sources; i++) {
		const struct adopt_source *s = &found.sources[i];

		json_array_append_new(list, json_pack("{s:s, s:o, s:I, s:I}", "program", adopt_kind_name(s->kind), "path",
		    string_json(s->root), "models", (json_int_t)s->n_models, "size", (json_int_t)s->size));
	}
	adopt_found_done(&found);
	return list;
}

static void
print_json(struct engine *g, const struct config *c)
{
	json_t *j = json_pack("{s:s, s:o, s:s, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "version", MINNOW_VERSION,
	    "cpu_features", features_json(), "isa", engine_kern(g)->isa, "kernels", kernels_json(engine_kern(g)),
	    "memory_bytes", (json_int_t)memory_bytes(_SC_PHYS_PAGES),
	    "memory_free_bytes", (json_int_t)memory_bytes(_SC_AVPHYS_PAGES),
	    "read_bandwidth", bandwidth_json(g), "terminal", terminal_json(c), "guide", guide_json(),
	    "config_file", string_json(c->file), "protection", seal_json());
	char *text;

	json_object_set_new(j, "operations_per_s", peaks_json(g));
	json_object_set_new(j, "blis_from_tokens", dense_json(engine_kern(g)));
	json_object_set_new(j, "stores", stores_json(c));
	text = json_dumps(j, JSON_INDENT(2));
	puts(text);
	free(text);
	json_decref(j);
}

static bool
run(const struct cmd_call *call, struct err *e)
{
	const struct options *o = call->opts;
	struct engine_options eo = {0};
	struct config c = {0};
	struct engine *g = NULL;
	bool ok = config_load(&c, e);

	if (ok) {
		eo.n_threads = (int)(o->threads ? o->threads : c.compute_threads);
		eo.isa = *c.compute_isa ? c.compute_isa : NULL;
		g = engine_new(&eo, e);
		ok = g != NULL;
	}
	if (ok && o->json)
		print_json(g, &c);
	else if (ok)
		print_text(g, &c);
	engine_free(g);
	config_done(&c);
	return ok;
}

static const struct opt opts[] = {
	{.name = "json", .kind = OPT_FLAG, .help = N_("print one JSON object"), .offset = offsetof(struct options, json)},
	{.name = "threads", .letter = 't', .kind = OPT_INT, .arg = "N", .min = 1, .max = 1024,
	    .help = N_("measure up to this many threads"), .offset = offsetof(struct options, threads)},
	{0},
};

const struct cmd cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = N_("tell what this machine and this terminal can do"),
	.details = N_("The features of the processor, which instruction set computes what, how fast memory is read by one "
	    "thread and by more (which bounds how fast answers can be written), what the terminal can show, where "
	    "things are kept, and which rights a process gives up before it reads a model."),
	.opts = opts,
	.opts_size = sizeof(struct options),
	.run = run,
};
