/* Votes in the database; see history_votes.h. */
#include "tui/state/history_votes.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/state/history.h"
#include "tui/state/history_db.h"

void
history_add_vote(struct history *h, const struct history_vote *v)
{
	history_queue(h, SQL_ADD_VOTE, "iissii", v->id, v->created_ms, v->topic, v->prompt, (int64_t)v->blind, (int64_t)v->winner);
	for (size_t i = 0; i < v->n; i++)
		history_queue(h, SQL_ADD_VOTE_ANSWER, "iissss", v->id, (int64_t)i, v->answers[i].model, v->answers[i].digest,
		    v->answers[i].settings, v->answers[i].options);
}

void
history_set_vote_digest(struct history *h, int64_t vote, size_t place, const char *digest)
{
	history_queue(h, SQL_SET_VOTE_DIGEST, "iis", vote, (int64_t)place, digest);
}

static char *
text_at(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return mem_dup(text ? text : "");
}

/* The answer of a row, to the vote of its id; what an honest minnow did not write is left out. */
static void
take_row(struct history_votes *out, sqlite3_stmt *s)
{
	int64_t id = sqlite3_column_int64(s, 0), place = sqlite3_column_int64(s, 6), winner = sqlite3_column_int64(s, 5);
	struct history_vote *v = out->n ? &out->votes[out->n - 1] : NULL;

	if (!v || v->id != id) {
		out->votes = mem_grow(out->votes, out->n + 1, sizeof *out->votes);
		v = &out->votes[out->n++];
		*v = (struct history_vote){.id = id, .created_ms = sqlite3_column_int64(s, 1), .topic = text_at(s, 2),
		    .prompt = text_at(s, 3), .blind = sqlite3_column_int(s, 4) != 0,
		    .winner = winner >= 0 && winner < HISTORY_ANSWERS_MAX ? (int)winner : HISTORY_NO_WINNER};
	}
	if (place != (int64_t)v->n || v->n == HISTORY_ANSWERS_MAX)
		return;
	v->answers[v->n++] = (struct history_answer){.model = text_at(s, 7),
	    .digest = sqlite3_column_type(s, 8) == SQLITE_NULL ? NULL : text_at(s, 8),
	    .settings = text_at(s, 9), .options = text_at(s, 10)};
}

bool
history_votes(struct history *h, struct history_votes *out, struct err *e)
{
	struct conn *c = history_reader(h);
	sqlite3_stmt *s = conn_prepare(c, SQL_READ_VOTES);
	int rc;

	*out = (struct history_votes){0};
	if (!s)
		return conn_fail(c, e);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		take_row(out, s);
	if (rc != SQLITE_DONE)
		conn_fail(c, e);
	sqlite3_reset(s);
	if (rc != SQLITE_DONE)
		history_votes_done(out);
	return rc == SQLITE_DONE;
}

void
history_votes_done(struct history_votes *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct history_vote *one = &v->votes[i];

		free(one->topic);
		free(one->prompt);
		for (size_t k = 0; k < one->n; k++) {
			free(one->answers[k].model);
			free(one->answers[k].digest);
			free(one->answers[k].settings);
			free(one->answers[k].options);
		}
	}
	free(v->votes);
	*v = (struct history_votes){0};
}
