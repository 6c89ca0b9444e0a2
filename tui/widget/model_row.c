/* A row of the tree of models; see model_row.h. */
#include "tui/widget/model_row.h"

#include <string.h>

#include "tui/cmd/models.h"
#include "tui/forecast.h"
#include "tui/i18n.h"
#include "tui/state/explore.h"
#include "tui/text.h"
#include "tui/text_clean.h"

/* Columns of the figures, from the right: what they need at most, and a blank. */
enum { SPEED_COLUMNS = 10, SIZE_COLUMNS = 8, HERE_COLUMNS = 3, QUANT_COLUMNS = 11, TITLE_LEAST = 14 };

/* A family's name up to what explains it. */
static size_t
short_name(const char *name)
{
	const char *more = strstr(name, " (");

	if (!more)
		more = strstr(name, " and ");
	return more ? (size_t)(more - name) : strlen(name);
}

void
model_row_title(const struct explore *x, const struct explore_node *n, struct buf *out)
{
	struct buf text = {0};

	switch (n->kind) {
	case EXPLORE_FAMILY:
		buf_add_str(&text, n->title);
		break;
	case EXPLORE_GENERATION:
		buf_printf(&text, "%.*s %s", (int)short_name(x->nodes[n->parent].title), x->nodes[n->parent].title, n->title);
		break;
	case EXPLORE_MODEL:
		explore_add_name(x, n, &text);
		break;
	case EXPLORE_FILE:
		buf_add_str(&text, n->file->role != ENTRY_WEIGHTS ? entry_role_name(n->file->role) :
		    n->file->quant ? n->file->quant : n->file->name);
		break;
	}
	text_clean_line(out, buf_str(&text), text.len);
	buf_done(&text);
}

void
model_row_speed(const struct explore *x, const struct explore_node *n, const struct glyphs *g, struct buf *out)
{
	double low, high;
	struct buf from = {0}, to = {0};

	if (!n->file || !n->model || n->file->role != ENTRY_WEIGHTS || !models_runs(&n->model->entry))
		return;
	if (!forecast_speed(x->machine.roof, &n->model->entry, n->file, &low, &high))
		return;
	if (low >= 999.5) {		/* so small that other things bind it */
		buf_add_str(out, "1000+");
	} else {
		buf_printf(&from, high < 9.95 ? "%.1f" : "%.0f", low);
		buf_printf(&to, high < 9.95 ? "%.1f" : "%.0f", high);
		buf_printf(out, "%s%s%s", buf_str(&from), strcmp(from.data, to.data) == 0 ? "" : g->range,
		    strcmp(from.data, to.data) == 0 ? "" : buf_str(&to));
	}
	buf_done(&from);
	buf_done(&to);
}

static void
put_right(const struct canvas *c, int end, const char *s, enum role role)
{
	draw_text(c, 0, end - text_width(s, strlen(s)), s, role, 0);
}

/* Number and unit, the unit dim, ending before column END. */
static void
put_size(const struct canvas *c, int end, uint64_t bytes)
{
	struct buf b = {0};
	const char *unit;
	int x;

	models_add_size(&b, bytes);
	unit = strchr(buf_str(&b), ' ');
	x = draw_text(c, 0, end - (int)b.len, "", ROLE_text, 0);
	if (unit) {
		grid_put(c->g, c->y, c->x + x, c->x + c->cols, b.data, (size_t)(unit - b.data), ROLE_text, 0);
		draw_text(c, 0, x + (int)(unit - b.data), unit, ROLE_dim, 0);
	}
	buf_done(&b);
}

static const char *
why_no_file(const struct explore_node *n)
{
	const char *w = n->model ? n->model->entry.weights : NULL;

	return w && strcmp(w, "closed") == 0 ? _("closed") : w && strcmp(w, "convert") == 0 ? _("convert") : _("no file");
}

/* What is known of the file, from the right; the columns left for the title. */
static int
draw_figures(const struct explore *x, const struct explore_node *n, const struct canvas *c, bool with_quant)
{
	int end = c->cols;
	uint64_t size = n->local ? n->local->size : n->file ? n->file->size : 0;
	struct buf speed = {0};

	if (end - SPEED_COLUMNS >= TITLE_LEAST + SIZE_COLUMNS) {
		model_row_speed(x, n, c->glyphs, &speed);
		if (speed.len) {
			put_right(c, end, "/s", ROLE_dim);
			put_right(c, end - 2, buf_str(&speed), ROLE_text);
		}
		end -= SPEED_COLUMNS;
	}
	buf_done(&speed);
	if (size)
		put_size(c, end, size);
	else
		put_right(c, end, n->kind == EXPLORE_MODEL && !n->file ? why_no_file(n) : "?", ROLE_dim);
	end -= SIZE_COLUMNS;
	if (n->where != EXPLORE_ABSENT)
		draw_text(c, 0, end - 1, c->glyphs->on_disk, n->where == EXPLORE_CHANGED ? ROLE_warn : ROLE_good, 0);
	end -= HERE_COLUMNS;
	if (with_quant && end - QUANT_COLUMNS >= TITLE_LEAST + 8) {
		end -= QUANT_COLUMNS;
		if (n->kind == EXPLORE_MODEL && n->file && n->file->quant)
			draw_text(&(struct canvas){c->g, c->y, c->x, 1, end + QUANT_COLUMNS - 1, c->glyphs}, 0, end,
			    n->file->quant, ROLE_dim, 0);
	}
	return end;
}

void
model_row_draw(const struct explore *x, const struct explore_node *n, bool is_marked, const struct canvas *c)
{
	int at = 2 * explore_depth(x, n), end = c->cols;
	enum role role = n->kind <= EXPLORE_GENERATION || n->where != EXPLORE_ABSENT || n->file ? ROLE_text : ROLE_dim;
	struct buf title = {0}, count = {0};
	struct canvas left = *c;

	if (n->kind >= EXPLORE_MODEL)
		end = draw_figures(x, n, c, true);
	else
		buf_printf(&count, "%u", n->n_models);
	if (count.len && end - 4 >= TITLE_LEAST) {
		put_right(c, end, buf_str(&count), ROLE_dim);
		end -= 5;
	}
	left.cols = end - 1;
	if (is_marked)
		draw_text(&left, 0, at > 2 ? at - 2 : 0, c->glyphs->here, ROLE_accent, ATTR_BOLD);
	else if (n->kind <= EXPLORE_GENERATION)
		draw_text(&left, 0, at, n->open ? c->glyphs->unfolded : c->glyphs->folded, ROLE_dim, 0);
	model_row_title(x, n, &title);
	draw_text(&left, 0, at + 2, buf_str(&title), role, is_marked ? ATTR_BOLD : 0);
	buf_done(&title);
	buf_done(&count);
}
