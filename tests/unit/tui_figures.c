/* What an answer costs: energy counters from a folder that looks like powercap, times of tokens, the sentences made of them,
 * and the view of all that, drawn from figures no model made. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tests/data/app.h"
#include "tests/data/place.h"
#include "tui/state/figures.h"

/* ---- energy ---- */

static void
write_number(const char *root, const char *file, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", root, file);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
energy_is_counted(void **state)
{
	char root[] = "/tmp/minnow-energy-XXXXXX", path[64], gone[80];
	struct energy e;

	(void)state;
	assert_non_null(mkdtemp(root));
	energy_open(&e, root);
	assert_int_equal(e.status, ENERGY_NONE);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/intel-rapl:%d", root, i);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	write_number(root, "intel-rapl:0/name", "package-0\n");
	write_number(root, "intel-rapl:0/energy_uj", "5000000\n");
	write_number(root, "intel-rapl:0/max_energy_range_uj", "10000000\n");
	write_number(root, "intel-rapl:1/name", "psys\n");		/* not a package */
	write_number(root, "intel-rapl:1/energy_uj", "1\n");
	energy_open(&e, root);
	assert_int_equal(e.status, ENERGY_READ);
	assert_int_equal(e.n, 1);
	write_number(root, "intel-rapl:0/energy_uj", "9000000\n");
	assert_true(energy_update(&e));
	assert_true(e.joules > 3.999 && e.joules < 4.001);
	write_number(root, "intel-rapl:0/energy_uj", "500000\n");	/* wrapped around */
	assert_true(energy_update(&e));
	assert_true(e.joules > 5.499 && e.joules < 5.501);
	write_number(root, "intel-rapl:0/energy_uj", "no number\n");
	assert_false(energy_update(&e));
	assert_true(e.joules < 5.501);
	energy_open(&e, root);
	assert_int_equal(e.status, ENERGY_NONE);
	if (geteuid() != 0) {
		snprintf(gone, sizeof gone, "%s/intel-rapl:0/energy_uj", root);
		assert_int_equal(chmod(gone, 0), 0);
		energy_open(&e, root);
		assert_int_equal(e.status, ENERGY_DENIED);
	}
	for (int i = 0; i < 2; i++) {
		static const char *const files[] = {"name", "energy_uj", "max_energy_range_uj"};

		for (size_t k = 0; k < 3; k++) {
			snprintf(gone, sizeof gone, "%s/intel-rapl:%d/%s", root, i, files[k]);
			remove(gone);
		}
		snprintf(path, sizeof path, "%s/intel-rapl:%d", root, i);
		rmdir(path);
	}
	rmdir(root);
}

/* ---- times of tokens ---- */

static void
tokens(struct meter *m, const float *s, size_t n)
{
	struct turn_stats stats = {.n_generated = 1};

	meter_begin(m);
	meter_token(m, &stats);
	for (size_t i = 0; i < n; i++) {
		stats.n_generated++;
		stats.generate_s += (double)s[i];
		meter_token(m, &stats);
		meter_token(m, &stats);		/* text without a token costs nothing */
	}
}

static void
latency_is_by_nearest_rank(void **state)
{
	static const double q[] = {0.5, 0.95, 0.99, 1};
	struct meter m = {0};
	float s[100];
	double p[4];

	(void)state;
	meter_percentiles(&m, q, 4, p);
	assert_true(p[0] == 0 && p[3] == 0);
	for (size_t i = 0; i < 100; i++)
		s[i] = (float)((i * 37 + 5) % 100 + 1) * 0.001f;
	tokens(&m, s, 100);
	assert_int_equal(m.n, 100);
	meter_percentiles(&m, q, 4, p);
	assert_int_equal((int)(p[0] * 1e4 + 0.5), 500);
	assert_int_equal((int)(p[1] * 1e4 + 0.5), 950);
	assert_int_equal((int)(p[2] * 1e4 + 0.5), 990);
	assert_int_equal((int)(p[3] * 1e4 + 0.5), 1000);
	tokens(&m, s, 1);		/* another answer begins anew */
	assert_int_equal(m.n, 1);
	meter_done(&m);
}

static void
speed_is_spread_over_time(void **state)
{
	static const float s[] = {0.1f, 0.1f, 0.2f, 0.4f};
	struct meter m = {0};
	double y[8], sum = 0;

	(void)state;
	tokens(&m, s, 4);
	meter_rates(&m, y, 8);
	for (size_t i = 0; i < 8; i++)
		sum += y[i] * 0.1;
	assert_true(sum > 3.999 && sum < 4.001);
	assert_true(y[0] > 9.99 && y[0] < 10.01 && y[3] > 4.99 && y[3] < 5.01 && y[7] > 2.49 && y[7] < 2.51);
	meter_done(&m);
}

/* ---- sentences ---- */

/* Fifty tokens of 20 ms each, in two layers. */
static void
answer(struct talk *t)
{
	struct meter *m = &t->meter;
	float s[50];

	t->n_used = 150;
	for (size_t i = 0; i < 50; i++)
		s[i] = i == 49 ? 0.04f : 0.02f;
	m->energy_opened = true;
	m->energy.status = ENERGY_READ;
	m->energy.n = 1;
	tokens(m, s, 50);
	m->now_j = m->then_j + 10.2;
	t->stats = (struct turn_stats){.n_prompt = 100, .n_generated = 51, .prompt_s = 0.5, .generate_s = 1.02,
	    .first_s = 0.51, .bytes_per_token = 4e8};
	t->has_stats = true;
	m->n_rows = 3;
	m->then_ns = mem_new0(3 * TIME_COUNT, sizeof *m->then_ns);
	m->now_ns = mem_new0(3 * TIME_COUNT, sizeof *m->now_ns);
	m->now.n = 50;
	m->now.wait_ns = 50 * 1000000;
	for (uint32_t i = 0; i < 2; i++) {
		m->now_ns[i * TIME_COUNT + TIME_qkv] = 50 * 2000000;
		m->now_ns[i * TIME_COUNT + TIME_attn] = 50 * 1000000;
		m->now_ns[i * TIME_COUNT + TIME_ffn_in] = 50 * (i ? 4000000 : 3000000);
		m->now_ns[i * TIME_COUNT + TIME_ffn_out] = 50 * 2000000;
	}
	m->now_ns[2 * TIME_COUNT + TIME_head] = 50 * 3000000;
}

static void
says(bool (*fn)(const struct talk *, struct buf *), const struct talk *t, const char *want)
{
	struct buf b = {0};

	assert_int_equal(fn(t, &b), want != NULL);
	if (want)
		assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static void
sentences_name_what_binds(void **state)
{
	struct talk *t = &((struct app *)*state)->talk;

	says(figures_reads, t, NULL);
	says(figures_advice, t, NULL);
	says(figures_energy, t, NULL);
	answer(t);
	says(figures_reads, t, "reads 400 MB a token: 19.6 GB/s; the memory is not measured");
	t->roof = 24e9;
	says(figures_reads, t, "reads 400 MB a token: 19.6 GB of 24.0 GB/s, 82 % of the roof");
	says(figures_advice, t, "bound by memory: more threads will not help, a smaller format or a shorter context will");
	t->roof = 80e9;
	says(figures_advice, t, "bound by computing: more threads help while there are cores (compute.threads)");
	t->roof = 1e9;
	says(figures_advice, t, "bound by computing: the model fits into the processor's cache");
	t->meter.now_ns[TIME_COUNT + TIME_attn] = 50 * (uint64_t)30000000;
	says(figures_advice, t, "bound by attention over 150 tokens: a new conversation is faster, or a smaller cache (chat.kv)");
	says(figures_energy, t, "energy 0.20 J a token, this answer 10.2 J (package, all that runs)");
	t->meter.energy.status = ENERGY_DENIED;
	snprintf(t->meter.energy.path[0], sizeof t->meter.energy.path[0], "/sys/x/energy_uj");
	says(figures_energy, t, "energy may not be read: sudo chmod a+r /sys/x/energy_uj allows it until the next start");
	t->meter.energy.status = ENERGY_NONE;
	says(figures_energy, t, "energy is not known: this machine shows no counter of it (/sys/class/powercap)");
}

static void
press(struct app *app, const char *name)
{
	struct key k;

	assert_true(key_parse(name, &k));
	app_key(app, k);
}

static bool
shows(struct app *app, int rows, int cols, const char *what)
{
	bool found = false;

	app_draw(app, rows, cols);
	for (int y = 0; y < rows; y++) {
		struct buf b = {0};

		grid_row_text(&app->grid, y, &b);
		found |= strstr(buf_str(&b), what) != NULL;
		buf_done(&b);
	}
	for (int y = 0; y < rows && !found; y++) {
		struct buf b = {0};

		grid_row_text(&app->grid, y, &b);
		print_error("|%s\n", buf_str(&b));
		buf_done(&b);
	}
	return found;
}

static void
a_sentence_tells_what_guesses_gained(void **state)
{
	struct talk *t = &((struct app *)*state)->talk;

	says(figures_guesses, t, NULL);
	err_set(&t->no_draft, ERR_NOT_FOUND, "small.gguf: no such file");
	says(figures_guesses, t, "answers without a draft model (chat.draft): small.gguf: no such file");
	answer(t);
	t->stats.n_generated = 101;
	t->stats.generate_s = 2;
	t->stats.n_drafted = 80;
	t->stats.n_accepted = 61;
	says(figures_guesses, t, "guessed 80 tokens, 61 of them right: 60 % of the answer");
	t->stats.alone_s = 0.036;
	says(figures_guesses, t, "guessed 80 tokens, 61 of them right: 60 % of the answer, about 1.8 times as fast");
}

static void
the_view_shows_them(void **state)
{
	static const char *const keys[] = {"o", "l", "m", "Tab"};
	struct app *app = *state;

	press(app, "F5");
	assert_true(shows(app, 24, 80, "No answer yet in this conversation"));
	answer(&app->talk);
	app->talk.roof = 24e9;
	assert_true(shows(app, 24, 80, "    60 │"));
	assert_true(shows(app, 24, 80, "       │⣿⣿⣿"));
	assert_true(shows(app, 24, 80, "    30 │⣿⣿⣿"));
	assert_true(shows(app, 24, 80, "──1.0 s─"));
	assert_true(shows(app, 24, 80, "p50 20.0   p95 20.0   p99 40.0 ms   first 0.5 s   tokens 51"));
	assert_true(shows(app, 24, 80, "context 150 of 4 096"));
	assert_true(shows(app, 24, 80, "reads 400 MB a token: 19.6 GB of 24.0 GB/s, 82 % of the roof"));
	assert_true(shows(app, 24, 80, "bound by memory: more threads will not help"));
	assert_true(shows(app, 24, 80, "energy 0.20 J a token"));
	assert_true(shows(app, 24, 80, "time by operation, one token: 20.0 ms"));
	assert_true(shows(app, 24, 80, " gate/up            7.00  35 %  █████"));
	assert_true(shows(app, 40, 80, " of it all, waiting for other threads 1.00 ms"));
	press(app, "l");
	assert_true(shows(app, 24, 80, " layer   qkv       attention out       gate/up   down"));
	assert_true(shows(app, 24, 80, " 1       ▅2.00     ▃1.00     ▁0.000    █4.00     ▅2.00"));
	assert_true(shows(app, 12, 40, " 1       ▅2.00 ▃1.00 "));
	assert_true(shows(app, 50, 200, " 1       ▅2.00     ▃1.00     ▁0.000    █4.00     ▅2.00"));
	app->glyphs = glyphs_get(true);
	assert_true(shows(app, 24, 80, " 1       -2.00     .1.00     _0.000    #4.00     -2.00"));
	assert_true(shows(app, 24, 80, "    60 |"));
	assert_true(shows(app, 24, 80, "       |######"));
	press(app, "l");
	assert_true(shows(app, 12, 40, "tokens per second"));
	press(app, "Tab");
	assert_true(shows(app, 24, 80, "there is no history of runs"));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		press(app, keys[i]);
		for (int rows = 1; rows < 60; rows += 3)
			for (int cols = 1; cols < 220; cols += 7)
				app_draw(app, rows, cols);
	}
}

static void
figures_go_to_a_file(void **state)
{
	struct app *app = *state;
	char path[] = "/tmp/minnow-figures-XXXXXX";
	struct buf b = {0};
	struct err e = {0};
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	answer(&app->talk);
	assert_false(figures_export(&app->talk, path, &e));
	assert_non_null(strstr(e.text, "is there already"));
	remove(path);
	press(app, "F5");
	app_act(app, ACTION_stats_export, path);
	assert_true(fs_read(&b, path, 1 << 20, &e));
	assert_non_null(strstr(buf_str(&b), "\"p99_s\": 0.04"));
	assert_non_null(strstr(buf_str(&b), "\"energy_j\": 10.2"));
	assert_non_null(strstr(buf_str(&b), "\"gate/up\": 0.004"));
	remove(path);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(energy_is_counted),
		cmocka_unit_test(latency_is_by_nearest_rank),
		cmocka_unit_test(speed_is_spread_over_time),
		cmocka_unit_test_setup_teardown(sentences_name_what_binds, open_app, close_app),
		cmocka_unit_test_setup_teardown(a_sentence_tells_what_guesses_gained, open_app, close_app),
		cmocka_unit_test_setup_teardown(the_view_shows_them, open_app, close_app),
		cmocka_unit_test_setup_teardown(figures_go_to_a_file, open_app, close_app),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
