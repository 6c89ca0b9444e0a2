/* The models that are compared; see panel.h. */
#define _GNU_SOURCE
#include "tui/state/panel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "registry/resolve.h"
#include "tui/app.h"
#include "tui/cmd/known.h"
#include "tui/cmd/vet.h"
#include "tui/i18n.h"
#include "tui/state/compare_json.h"
#include "tui/state/history.h"
#include "tui/state/jobs.h"
#include "tui/state/load.h"
#include "tui/state/topic.h"
#include "tui/text_clean.h"

/* ---- seats ---- */

static void
seat_done(struct seat *s)
{
	bool gone = !s->load || load_free(s->load);

	if (gone) {
		model_close(s->model);
		engine_free(s->engine);
	}
	compare_spec_done(&s->spec);
	free(s->settings);
	free(s->path);
	free(s->digest);
	*s = (struct seat){0};
}

/* Another seat with the model of this name, or with its loader. */
static struct seat *
find_owner(struct panel *p, const char *name, const struct seat *but)
{
	for (size_t i = 0; i < p->n_seats; i++) {
		struct seat *s = &p->seats[i];

		if (s != but && (s->model || s->load) && strcmp(s->spec.name, name) == 0)
			return s;
	}
	return NULL;
}

void
panel_init(struct panel *p, struct app *app)
{
	*p = (struct panel){.app = app};
	compare_init(&p->c);
	p->jobs = jobs_new(&(struct err){0});
}

bool
panel_done(struct panel *p)
{
	bool scores = panel_scoring(p);

	if (p->hashing)
		(void)jobs_poll(p->hashing, p->app);
	jobs_free(p->jobs);
	jobs_free(p->hashing);
	if (scores)
		return false;
	compare_done(&p->c);
	for (size_t i = 0; i < COMPARE_MAX; i++) {
		seat_done(&p->seats[i]);
		textdiff_done(&p->words[i]);
		buf_done(&p->clean[i]);
	}
	return true;
}

static void
set_options(const struct app *app, struct compare_options *o)
{
	*o = (struct compare_options){
		.system = app->config->chat_system,
		.sampling = app->talk.sampling,
		.max_tokens = (uint32_t)app->config->sampling_max_tokens,
		.think = think_find(app->config->chat_think),
		.session = {.n_ctx = (uint32_t)app->config->chat_context, .kv = kvtype_find(app->config->chat_kv),
		    .speculate = speculate_find(app->config->chat_speculate)},
	};
}

/* Begin to open its model, unless somebody has it. */
static bool
open_seat(struct panel *p, struct seat *s, struct err *e)
{
	const struct config *c = p->app->config;
	struct load_options lo = {
		.engine = {.n_threads = (int)c->compute_threads, .isa = *c->compute_isa ? c->compute_isa : NULL},
		.session = s->options.session,
		.sound_file = c->sound_file,
		.vouched = strcmp(s->spec.name, RESOLVE_GUIDE) == 0,
	};
	char hex[2 * DIGEST_SHA256_SIZE + 1];
	struct vetted v = {0};
	bool ok = vet_find(c, s->spec.name, &v, e);

	lo.path = buf_str(&v.path);
	if (ok && !find_owner(p, s->spec.name, s))
		ok = (s->load = load_start(&lo, e)) != NULL;
	if (ok)
		s->path = mem_dup(buf_str(&v.path));
	if (ok && v.has_sha256) {
		digest_hex(hex, v.sha256, sizeof v.sha256);
		s->digest = mem_dup(hex);
	}
	vet_done(&v);
	return ok;
}

bool
panel_take(struct panel *p, const char *spec, struct err *e)
{
	struct seat *s = &p->seats[p->n_seats];
	struct buf settings = {0};

	if (p->n_seats == COMPARE_MAX)
		return err_set(e, ERR_USAGE, "at most %d answers stand side by side: take one out first", COMPARE_MAX);
	*s = (struct seat){0};
	if (!compare_spec_parse(spec, &s->spec, e))
		return false;
	compare_spec_add_settings(&s->spec, &settings);
	buf_add_str(&settings, "");
	s->settings = buf_take(&settings);
	set_options(p->app, &s->options);
	if (!compare_spec_apply(&s->spec, &s->options, e) || !open_seat(p, s, e)) {
		seat_done(s);
		return false;
	}
	s->options.settings = s->settings;
	p->n_seats++;
	return true;
}

void
panel_remove(struct panel *p, size_t i)
{
	struct seat *s = &p->seats[i];

	compare_remove(&p->c, i);
	/* Its model stays while another seat has the same. */
	for (size_t k = 0; s->model && k < p->n_seats; k++)
		if (k != i && !p->seats[k].model && strcmp(p->seats[k].spec.name, s->spec.name) == 0) {
			p->seats[k].model = s->model;
			p->seats[k].engine = s->engine;
			s->model = NULL;
			s->engine = NULL;
		}
	seat_done(s);
	p->n_seats--;
	memmove(s, s + 1, (p->n_seats - i) * sizeof *s);
	p->seats[p->n_seats] = (struct seat){0};
	p->by_default = p->marked = false;
	p->vote.id = 0;
}

static void
remove_all(struct panel *p)
{
	while (p->c.n)
		panel_remove(p, 0);
	for (; p->n_seats; p->n_seats--)
		seat_done(&p->seats[p->n_seats - 1]);
	p->hidden = false;
}

/* ---- who sits there ---- */

static bool
take_own(struct panel *p, const char *settings, struct err *e)
{
	const struct app *app = p->app;
	struct buf spec = {0};
	bool ok;

	buf_printf(&spec, "%s%s", app->keep.model ? app->keep.model : app->config->chat_model, settings);
	ok = panel_take(p, buf_str(&spec), e);
	buf_done(&spec);
	return ok;
}

bool
panel_fill(struct panel *p, struct err *e)
{
	const struct explore *x = &p->app->explore;
	bool ok = true;

	if (p->n_picked > x->n_picked)
		p->n_picked = x->n_picked;
	if (p->n_picked < x->n_picked && p->by_default)
		remove_all(p);
	for (; ok && p->n_picked < x->n_picked && p->n_seats < COMPARE_MAX; p->n_picked++) {
		p->by_default = false;
		ok = panel_take(p, x->picked[p->n_picked], e);
	}
	if (ok && p->n_seats == 0)
		p->by_default = true;
	if (ok && p->n_seats < COMPARE_MIN)
		ok = take_own(p, "", e);
	if (ok && p->n_seats < COMPARE_MIN)
		ok = take_own(p, p->app->talk.sampling.temp > 0 ? "?temp=0" : "?temp=0.7", e);
	return ok;
}

/* Could SPEC be taken? */
static bool
check_spec(const struct panel *p, const char *spec, struct err *e)
{
	struct compare_options o;
	struct compare_spec parsed;
	struct vetted v = {0};
	bool ok;

	set_options(p->app, &o);
	if (!compare_spec_parse(spec, &parsed, e))
		return false;
	ok = compare_spec_apply(&parsed, &o, e) && vet_find(p->app->config, parsed.name, &v, e);
	vet_done(&v);
	compare_spec_done(&parsed);
	return ok;
}

/* Those who sit there stay unless all of the others can be taken. */
bool
panel_set(struct panel *p, const char *specs, struct err *e)
{
	char *all[COMPARE_MAX] = {0};
	size_t n = 0;
	bool ok = true;

	for (specs += strspn(specs, " "); ok && *specs; specs += strspn(specs, " ")) {
		size_t len = strcspn(specs, " ");

		if (n == COMPARE_MAX) {
			ok = err_set(e, ERR_USAGE, "at most %d answers stand side by side", COMPARE_MAX);
			break;
		}
		all[n] = mem_dup_bytes(specs, len + 1);
		all[n][len] = '\0';
		ok = check_spec(p, all[n++], e);
		specs += len;
	}
	if (ok) {
		remove_all(p);
		p->by_default = false;
	}
	for (size_t i = 0; i < n; i++) {
		ok = ok && panel_take(p, all[i], e);
		free(all[i]);
	}
	return ok;
}

/* ---- loading ---- */

bool
panel_loading(const struct panel *p)
{
	for (size_t i = 0; i < p->n_seats; i++)
		if (p->seats[i].load)
			return true;
	return false;
}

static void
drop_seat(struct panel *p, size_t i)
{
	seat_done(&p->seats[i]);
	p->n_seats--;
	memmove(&p->seats[i], &p->seats[i + 1], (p->n_seats - i) * sizeof p->seats[0]);
	p->seats[p->n_seats] = (struct seat){0};
}

/* All models are there: the comparison gets those that it has not yet. */
static void
fill_compare(struct panel *p)
{
	while (p->c.n < p->n_seats) {
		struct seat *s = &p->seats[p->c.n];
		const struct seat *from = s->model ? s : find_owner(p, s->spec.name, s);
		const char *slash = strrchr(s->spec.name, '/');
		struct err e = {0};

		s->options.name = slash && slash[1] ? slash + 1 : s->spec.name;
		if (from && from->model && compare_add(&p->c, from->model, &s->options, &e))
			continue;
		if (e.kind)
			app_note(p->app, ROLE_warn, "%s: %s", s->spec.name, e.text);
		drop_seat(p, p->c.n);
	}
}

static bool
poll_loads(struct panel *p)
{
	bool changed = false;

	for (size_t i = 0; i < p->n_seats; i++) {
		struct seat *s = &p->seats[i];
		struct load_event ev;

		while (s->load && load_next(s->load, &ev)) {
			changed = true;
			if (ev.kind == LOAD_FAILED)
				app_note(p->app, ROLE_warn, "%s: %s", s->spec.name, ev.err.text);
			if (ev.kind == LOAD_READY) {
				session_close(ev.session);	/* the comparison opens its own */
				s->engine = ev.engine;
				s->model = ev.model;
			}
			if (load_free(s->load))
				s->load = NULL;
		}
	}
	if (p->c.n < p->n_seats && !panel_loading(p) && !compare_running(&p->c) && !panel_scoring(p))
		fill_compare(p);
	return changed;
}

int
panel_fds(const struct panel *p, int *fds)
{
	int n = 0;

	for (size_t i = 0; i < p->n_seats; i++)
		if (p->seats[i].load)
			fds[n++] = load_wake_fd(p->seats[i].load);
	if (n > 0)
		return n;
	if (panel_scoring(p)) {
		fds[0] = jobs_wake_fd(p->jobs);
		return 1;
	}
	return compare_fds(&p->c, fds);
}

bool
panel_poll(struct panel *p)
{
	bool changed = poll_loads(p);

	if (compare_poll(&p->c)) {
		changed = true;
		p->marked = false;
	}
	if (p->hashing)
		(void)jobs_poll(p->hashing, p->app);
	return (p->jobs && jobs_poll(p->jobs, p)) || changed;
}

/* ---- asking ---- */

static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;	/* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* The order on the screen is that of asking, so it may not be the one they were taken in.  With a seed it is the same for
 * the same question. */
static void
shuffle(struct panel *p, uint64_t seed, const char *prompt)
{
	uint64_t state = seed;

	for (; seed && *prompt; prompt++)
		state = next_random(&state) ^ (unsigned char)*prompt;
	if (!seed && getrandom(&state, sizeof state, 0) != sizeof state)
		state = clock_ns();
	for (size_t i = p->c.n; i > 1; i--) {
		size_t k = next_random(&state) % i;
		struct seat swap = p->seats[k];

		if (k == i - 1)
			continue;
		p->seats[k] = p->seats[i - 1];
		p->seats[i - 1] = swap;
		compare_swap(&p->c, k, i - 1);
	}
}

bool
panel_ask(struct panel *p, const char *prompt, struct err *e)
{
	if (panel_loading(p))
		return err_set(e, ERR_FAILED, "the models are still being loaded: a moment, please");
	if (panel_scoring(p))
		return err_set(e, ERR_FAILED, "the answers are being compared: a moment, please");
	if (p->blind && !compare_running(&p->c))
		shuffle(p, p->app->talk.sampling.seed, prompt);
	if (!compare_ask(&p->c, prompt, e))
		return false;
	p->hidden = p->asked_blind = p->blind;
	p->vote = (struct history_vote){0};
	p->marked = false;
	return true;
}

bool
panel_answered(const struct panel *p)
{
	bool any = false;

	for (size_t i = 0; i < p->c.n; i++)
		any |= p->c.panes[i].n_pieces > 0;
	return any && p->c.prompt && !compare_running(&p->c);
}

/* ---- scores ---- */

struct score_job {
	struct job job;
	struct compare c;		/* a copy that owns nothing: only its scores are written */
};

static void
run_score(struct job *j)
{
	struct score_job *s = (struct score_job *)j;

	j->ok = compare_score(&s->c, jobs_cancelled(j->jobs), NULL, NULL, &j->err);
}

static void
take_score(struct job *j, void *ctx)
{
	struct score_job *from = (struct score_job *)j;
	struct panel *p = ctx;

	if (!j->ok) {
		app_note(p->app, ROLE_warn, "%s", j->err.text);
		return;
	}
	memcpy(p->c.cross, from->c.cross, sizeof p->c.cross);
	memcpy(p->c.pairs, from->c.pairs, sizeof p->c.pairs);
	p->c.scored = true;
}

static void
free_job(struct job *j)
{
	free(j);
}

bool
panel_scoring(const struct panel *p)
{
	return p->jobs && jobs_busy(p->jobs);
}

void
panel_score(struct panel *p)
{
	struct score_job *j = mem_new0(1, sizeof *j);

	j->job = (struct job){.run = run_score, .done = take_score, .free = free_job};
	j->c = p->c;
	jobs_add(p->jobs, &j->job);
}

/* ---- votes ---- */

void
panel_add_name(const struct panel *p, size_t i, struct buf *out)
{
	const char *name = p->seats[i].spec.name, *slash = strrchr(name, '/');
	struct buf text = {0};

	if (p->hidden)
		return;
	buf_add_str(&text, slash && slash[1] ? slash + 1 : name);
	if (*p->seats[i].settings)
		buf_printf(&text, " %s", p->seats[i].settings);
	text_clean_line(out, buf_str(&text), text.len);
	buf_done(&text);
}

void
panel_set_blind(struct panel *p, bool on)
{
	p->blind = on;
	if (!on)
		p->hidden = false;
}

/* The hash of a file that nobody read yet: a small one at once, others beside all else. */
struct hash_job {
	struct job job;
	struct panel *panel;		/* outlives it */
	int64_t vote;
	size_t place;			/* of the answer in the vote */
	char *path;
	unsigned char sha256[DIGEST_SHA256_SIZE];
};

enum { HASHED_AT_ONCE = 16 << 20 };	/* bytes: some hundredths of a second */

static bool
hash_file(const char *path, const atomic_bool *cancel, unsigned char sha256[DIGEST_SHA256_SIZE])
{
	enum { PIECE = 1 << 18 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct digest *d = fd < 0 ? NULL : digest_new(DIGEST_SHA256, &(struct err){0});
	char *piece = mem_new0(1, PIECE);
	ssize_t n = d ? 1 : -1;

	while (d && n != 0 && !(cancel && atomic_load(cancel))) {
		n = read(fd, piece, PIECE);
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			digest_add(d, piece, (size_t)n);
	}
	if (n == 0)
		digest_value(d, sha256);
	digest_free(d);
	free(piece);
	if (fd >= 0)
		close(fd);
	return n == 0;
}

static void
run_hash(struct job *j)
{
	struct hash_job *h = (struct hash_job *)j;

	j->ok = hash_file(h->path, jobs_cancelled(j->jobs), h->sha256);
}

static void
keep_hash(struct panel *p, int64_t vote, size_t place, const char *path, const unsigned char *sha256)
{
	char hex[2 * DIGEST_SHA256_SIZE + 1];

	digest_hex(hex, sha256, DIGEST_SHA256_SIZE);
	known_remember(p->app->config, path, sha256);
	if (!p->app->history)
		return;
	history_set_vote_digest(p->app->history, vote, place, hex);
	for (size_t i = 0; i < p->n_seats; i++) {
		struct seat *s = &p->seats[i];

		if (s->digest || !s->path || strcmp(s->path, path) != 0)
			continue;
		s->digest = mem_dup(hex);
		if (vote == p->vote.id)		/* they sit as they did then */
			history_set_vote_digest(p->app->history, vote, i, hex);
	}
}

static void
take_hash(struct job *j, void *ctx)
{
	struct hash_job *h = (struct hash_job *)j;

	(void)ctx;
	if (j->ok)
		keep_hash(h->panel, h->vote, h->place, h->path, h->sha256);
}

static void
free_hash(struct job *j)
{
	free(((struct hash_job *)j)->path);
	free(j);
}

static void
hash_answer(struct panel *p, size_t place)
{
	const char *path = p->seats[place].path;
	unsigned char sha256[DIGEST_SHA256_SIZE];
	struct hash_job *j;
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_size <= HASHED_AT_ONCE) {
		if (hash_file(path, NULL, sha256))
			keep_hash(p, p->vote.id, place, path, sha256);
		return;
	}
	if (!p->hashing && !(p->hashing = jobs_new(&(struct err){0})))
		return;
	j = mem_new0(1, sizeof *j);
	j->job = (struct job){.run = run_hash, .done = take_hash, .free = free_hash};
	j->panel = p;
	j->vote = p->vote.id;
	j->place = place;
	j->path = mem_dup(path);
	jobs_add(p->hashing, &j->job);
}

static void
write_vote(struct panel *p, const char *topic)
{
	struct history_vote v = p->vote;
	struct buf options[COMPARE_MAX] = {0};

	v.topic = mem_dup(topic);
	v.prompt = mem_dup(p->c.prompt);
	v.n = p->c.n;
	for (size_t i = 0; i < v.n; i++) {
		compare_spec_write(&p->c.panes[i].options, &options[i]);
		v.answers[i] = (struct history_answer){.model = p->c.panes[i].name, .digest = p->seats[i].digest,
		    .settings = p->c.panes[i].settings, .options = options[i].data};
	}
	history_add_vote(p->app->history, &v);
	for (size_t i = 0; i < v.n; i++) {
		if (!p->seats[i].digest)
			hash_answer(p, i);
		buf_done(&options[i]);
	}
	free(v.topic);
	free(v.prompt);
}

bool
panel_vote(struct panel *p, int winner, const char *topic, struct buf *told, struct err *e)
{
	const struct history *h = p->app->history;
	struct buf clean = {0};
	bool again = p->vote.id != 0;

	if (winner >= (int)p->c.n)
		return err_set(e, ERR_USAGE, "there are only %zu answers", p->c.n);
	for (size_t i = 0; i < p->c.n; i++)
		if (p->c.panes[i].status == PANE_IDLE)
			return err_set(e, ERR_USAGE, "%c was not asked yet: ask again, then vote", 'A' + (int)i);
	if (!h)
		return err_set(e, ERR_FAILED, "there is no history to keep votes in");
	topic_clean(topic ? topic : "", &clean);
	if (!clean.len)
		buf_add_str(&clean, topic_guess(p->c.prompt));
	/* Who changes the topic only does not lose that the vote was blind. */
	if (!again || p->vote.winner != winner)
		p->vote.blind = p->hidden;
	if (!again) {
		p->vote.id = history_new_id(0);
		p->vote.created_ms = history_now_ms();
	}
	p->vote.winner = winner;
	write_vote(p, buf_str(&clean));
	p->hidden = false;
	if (winner == HISTORY_NO_WINNER) {
		buf_add_str(told, _("Your vote: none is better"));
	} else {
		buf_printf(told, _("Your vote: %c, "), 'A' + winner);
		panel_add_name(p, (size_t)winner, told);
	}
	buf_printf(told, _(". Topic: %s (:%s WORD files it under another)%s"), buf_str(&clean),
	    action_name(winner == HISTORY_NO_WINNER ? ACTION_vote_none : ACTION_vote_1 + (enum action)winner),
	    history_is_kept(h) ? "" : _(". Votes are forgotten when you leave: history.save is off"));
	buf_done(&clean);
	return true;
}

/* ---- words ---- */

void
panel_mark(struct panel *p)
{
	if (p->marked || !p->marks_words || !panel_answered(p))
		return;
	for (size_t i = 0; i < p->c.n; i++) {
		buf_clear(&p->clean[i]);
		text_clean(&p->clean[i], buf_str(&p->c.panes[i].text), p->c.panes[i].text.len);
		textdiff_split(&p->words[i], buf_str(&p->clean[i]), p->clean[i].len);
	}
	for (size_t i = 1; i < p->c.n; i++)
		textdiff_compare(&p->words[0], buf_str(&p->clean[0]), &p->words[i], buf_str(&p->clean[i]));
	p->marked = true;
}

/* ---- export ---- */

static void
add_figures(const struct compare *c, size_t i, struct buf *out)
{
	const struct pane *p = &c->panes[i];

	buf_printf(out, _("%u tokens, %.1f/s, first after %.2f s"), (unsigned)p->stats.n_generated, pane_rate(p), p->stats.first_s);
	if (pane_energy(p) >= 0)
		buf_printf(out, _(", %.3f J a token"), pane_energy(p));
	for (size_t k = 0; c->scored && k < c->n; k++)
		if (c->cross[i][k].known)
			buf_printf(out, _("; surprise to %c %.3f bits a byte"), (int)('A' + k), c->cross[i][k].bits_per_byte);
	for (size_t k = 0; c->scored && k < c->n; k++)
		if (k != i && c->pairs[i][k].has_kl)
			buf_printf(out, _("; along it %c diverges by %.6f nats a token"), (int)('A' + k), c->pairs[i][k].kl);
	if (c->scored && i > 0 && c->pairs[0][i].same_vocab && c->pairs[0][i].first_difference != SIZE_MAX)
		buf_printf(out, _("; differs from A from token %zu on"), c->pairs[0][i].first_difference + 1);
	buf_add_char(out, '\n');
}

static void
add_markdown(const struct panel *p, struct buf *out)
{
	const struct compare *c = &p->c;

	buf_printf(out, _("# Comparison\n\n%s\n"), c->prompt);
	for (size_t i = 0; i < c->n; i++) {
		buf_printf(out, "\n## %c", (int)('A' + i));
		if (!p->hidden) {
			buf_add_str(out, ": ");
			panel_add_name(p, i, out);
		}
		if (p->vote.id && p->vote.winner == (int)i)
			buf_add_str(out, _(" (voted best)"));
		buf_add_str(out, "\n\n");
		buf_add(out, buf_str(&c->panes[i].text), c->panes[i].text.len);
		buf_add_str(out, "\n\n");
		if (!p->hidden)
			add_figures(c, i, out);
	}
}

static void
add_json(const struct panel *p, struct buf *out)
{
	json_t *j = compare_json(&p->c, !p->hidden);
	char *text = json_dumps(j, JSON_INDENT(2));

	buf_add_str(out, text ? text : "");
	buf_add_char(out, '\n');
	free(text);
	json_decref(j);
}

bool
panel_export(const struct panel *p, const char *path, struct err *e)
{
	size_t n = strlen(path);
	struct buf out = {0};
	bool ok;

	if (n > 5 && strcmp(path + n - 5, ".json") == 0)
		add_json(p, &out);
	else
		add_markdown(p, &out);
	ok = fs_write_atomic(path, buf_str(&out), out.len, e);
	buf_done(&out);
	return ok;
}
