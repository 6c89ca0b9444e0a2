/* Settings of one conversation; see tune.h. */
#include "tui/state/tune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/sampler.h"
#include "tui/state/talk.h"

enum { MAX_TOKENS_MOST = 1 << 20, NAME_MOST = 32 };

static const char *const thinks[] = {"auto", "on", "off"};

static bool
read_number(const char *name, const char *value, double min, double max, bool whole, double *out, struct err *e)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end || !isfinite(v) || v < min || v > max)
		return err_set(e, ERR_USAGE, "%s is a number from %.10g to %.10g, not \"%.40s\"", name, min, max, value);
	if (whole && v != floor(v))
		return err_set(e, ERR_USAGE, "%s is a whole number, not \"%.40s\"", name, value);
	*out = v;
	return true;
}

static bool
set(struct talk *c, const char *name, const char *value, struct err *e)
{
	struct sampler_params *p = &c->sampling;
	double v;

#define KIND_REAL(x) (float)(x)
#define KIND_INT(x) (uint64_t)(x)
#define WHOLE_REAL false
#define WHOLE_INT true
#define PARAM(field, option, kind, init, min, max, ...) \
	if (strcmp(name, option) == 0) { \
		if (!read_number(option, value, min, max, WHOLE_##kind, &v, e)) \
			return false; \
		p->field = (__typeof__(p->field))KIND_##kind(v); \
		return true; \
	}
#include "core/sampler_param.def"
#undef PARAM
	if (strcmp(name, "max-tokens") == 0) {
		if (!read_number(name, value, 0, MAX_TOKENS_MOST, true, &v, e))
			return false;
		c->max_tokens = (uint32_t)v;
		return true;
	}
	if (strcmp(name, "think") == 0) {
		for (size_t i = 0; i < ARRAY_LEN(thinks); i++)
			if (strcmp(value, thinks[i]) == 0) {
				c->think = (enum think)i;
				return true;
			}
		return err_set(e, ERR_USAGE, "think is auto, on or off, not \"%.40s\"", value);
	}
	return err_set(e, ERR_USAGE, "there is no setting \"%.40s\": temp, top-k, top-p, min-p, repeat-penalty, max-tokens, "
	    "seed, think and others are", name);
}

/* "top_k =40" is meant as "top-k 40". */
static void
take_name(const char **at, char name[NAME_MOST])
{
	size_t n = strcspn(*at, " ="), i;

	for (i = 0; i < n && i + 1 < NAME_MOST; i++)
		name[i] = (*at)[i] == '_' ? '-' : (*at)[i];
	name[i] = '\0';
	*at += n;
	*at += strspn(*at, " =");
}

bool
tune_sampling(struct talk *c, const char *words, struct err *e)
{
	struct sampler_params sampling = c->sampling;
	uint32_t max_tokens = c->max_tokens;
	enum think think = c->think;
	char name[NAME_MOST];
	struct buf value = {0};
	bool ok = true;

	for (const char *p = words + strspn(words, " ="); ok && *p; p += strspn(p, " ,")) {
		size_t n;

		take_name(&p, name);
		n = strcspn(p, " ,");
		buf_clear(&value);
		buf_add(&value, p, n);
		p += n;
		ok = n ? set(c, name, buf_str(&value), e) :
		    err_set(e, ERR_USAGE, "%s has no value: write \"%s 0.2\"", name, *name ? name : "temp");
	}
	buf_done(&value);
	if (!ok) {
		c->sampling = sampling;
		c->max_tokens = max_tokens;
		c->think = think;
	}
	return ok;
}

void
tune_write_sampling(const struct talk *c, struct buf *out)
{
	const struct sampler_params *p = &c->sampling;
	static const char usual[] = " temp top-k top-p min-p repeat-penalty ";
	char word[NAME_MOST + 2];

#define DIGITS_REAL "%.7g"
#define DIGITS_INT "%.17g"
#define PARAM(field, option, kind, init, ...) \
	snprintf(word, sizeof word, " %s ", option); \
	if (strstr(usual, word) || (double)p->field != (double)(float)(init)) \
		buf_printf(out, "%s " DIGITS_##kind " ", option, (double)p->field);
#include "core/sampler_param.def"
#undef PARAM
	buf_printf(out, "max-tokens %u think %s", (unsigned)c->max_tokens, thinks[c->think]);
}

void
tune_names(struct buf *out)
{
#define PARAM(field, option, ...) buf_add_str(out, option "\n");
#include "core/sampler_param.def"
#undef PARAM
	buf_add_str(out, "max-tokens\nthink\n");
}

void
tune_write_line(const char *text, struct buf *out)
{
	for (; *text; text++)
		if (*text == '\n')
			buf_add_str(out, "\\n");
		else if (*text == '\\')
			buf_add_str(out, "\\\\");
		else
			buf_add_char(out, *text);
}

void
tune_read_line(const char *line, struct buf *out)
{
	for (; *line; line++)
		if (*line == '\\' && (line[1] == 'n' || line[1] == '\\'))
			buf_add_char(out, *++line == 'n' ? '\n' : '\\');
		else
			buf_add_char(out, *line);
}
