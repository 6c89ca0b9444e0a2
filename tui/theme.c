/* Themes; see theme.h. */
#define _GNU_SOURCE
#include "tui/theme.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"

#define THEME_BYTES_MAX (64u << 10)

/* The themes are part of the program. */
#define THEME(name, what) \
__asm__( \
	".section .rodata\n" \
	".global theme_" #name "_begin, theme_" #name "_end\n" \
	"theme_" #name "_begin: .incbin \"themes/" #name ".theme\"\n" \
	"theme_" #name "_end: .byte 0\n" \
	".previous\n"); \
extern const char theme_##name##_begin[], theme_##name##_end[];
#include "tui/theme.def"
#undef THEME

static const struct {
	const char *name, *begin, *end;
} built_in[] = {
#define THEME(name, what) {#name, theme_##name##_begin, theme_##name##_end},
#include "tui/theme.def"
#undef THEME
};

static const struct {
	const char *name;
	bool is_text;
} roles[] = {
#define ROLE(id, contrast, what) {#id, contrast},
#include "tui/role.def"
#undef ROLE
};

static const struct {
	const char *name;
	unsigned attr;
} attrs[] = {
	{"bold", ATTR_BOLD}, {"underline", ATTR_UNDERLINE}, {"italic", ATTR_ITALIC}, {"reverse", ATTR_REVERSE},
};

const char *
role_name(enum role r)
{
	return roles[r].name;
}

bool
role_is_text(enum role r)
{
	return roles[r].is_text;
}

/* "bright-blue": one of the terminal's own sixteen; -1: no such name. */
static int
palette_colour(const char *word)
{
	static const char *const names[] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};
	bool bright = strncmp(word, "bright-", 7) == 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(word + (bright ? 7 : 0), names[i]) == 0)
			return (int)i + (bright ? 8 : 0);
	return -1;
}

static bool
parse_colour(const char *word, struct style *st)
{
	int own = palette_colour(word);
	unsigned rgb;
	char rest;

	if (strcmp(word, "default") == 0) {
		st->rgb = COLOUR_DEFAULT;
		return true;
	}
	if (own >= 0) {
		st->rgb = COLOUR_OWN + own;
		return true;
	}
	if (strlen(word) != 7 || sscanf(word, "#%6x%c", &rgb, &rest) != 1)
		return false;
	st->rgb = (int32_t)rgb;
	return true;
}

static bool
parse_attr(const char *word, struct style *st)
{
	for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
		if (strcmp(word, attrs[i].name) == 0) {
			st->attr |= (uint8_t)attrs[i].attr;
			return true;
		}
	return false;
}

/* "accent = #5f87af bold"; LINE is changed. */
static bool
parse_role(struct theme *t, int section, char *line, struct err *e)
{
	struct style st = {.rgb = COLOUR_DEFAULT};
	char *save, *name = strtok_r(line, " \t=", &save), *word;
	size_t role = 0;

	while (role < ROLE_COUNT && strcmp(roles[role].name, name) != 0)
		role++;
	if (role == ROLE_COUNT)
		return err_set(e, ERR_USAGE, "there is no role \"%s\"", name);
	word = strtok_r(NULL, " \t=", &save);
	if (!word || !parse_colour(word, &st))
		return err_set(e, ERR_USAGE, "a colour is \"default\", #rrggbb or a name as bright-blue, not \"%s\"", word ? word : "");
	while ((word = strtok_r(NULL, " \t", &save)))
		if (!parse_attr(word, &st))
			return err_set(e, ERR_USAGE, "\"%s\" is not bold, underline, italic or reverse", word);
	/* [any] comes first and holds for all three. */
	for (int i = 0; i < BACKGROUND_COUNT; i++)
		if (section == BACKGROUND_UNKNOWN || section == i)
			t->styles[i][role] = st;
	return true;
}

static bool
parse_line(struct theme *t, int *section, char *line, struct err *e)
{
	static const char *const names[] = {"[any]", "[dark]", "[light]"};

	line += strspn(line, " \t");
	line[strcspn(line, "\r")] = '\0';
	if (!*line || strspn(line, " \t=") == strlen(line) || (*line == '#'))
		return true;
	if (*line != '[')
		return parse_role(t, *section, line, e);
	for (int i = 0; i < BACKGROUND_COUNT; i++)
		if (strcmp(line, names[i]) == 0) {
			*section = i;
			return true;
		}
	return err_set(e, ERR_USAGE, "a section is [any], [dark] or [light], not \"%s\"", line);
}

bool
theme_parse(struct theme *t, const char *name, const char *s, size_t n, struct err *e)
{
	int section = BACKGROUND_UNKNOWN;
	unsigned number = 1;

	*t = (struct theme){0};
	snprintf(t->name, sizeof t->name, "%s", name);
	for (int i = 0; i < BACKGROUND_COUNT; i++)
		for (int r = 0; r < ROLE_COUNT; r++)
			t->styles[i][r].rgb = COLOUR_DEFAULT;
	for (size_t at = 0; at < n; number++) {
		const char *eol = memchr(s + at, '\n', n - at);
		size_t len = eol ? (size_t)(eol - s) - at : n - at;
		char *line = strndup(s + at, len);
		bool ok = line && parse_line(t, &section, line, e);

		free(line);
		if (!ok)
			return err_wrap(e, "%s line %u", name, number);
		at += len + 1;
	}
	return true;
}

/* Where theme files may be, most special first; false past the last. */
static bool
theme_dir(int i, const char *config_dir, struct buf *out)
{
	struct buf program = {0};
	bool ok = true;

	buf_clear(out);
	if (i == 0) {
		buf_printf(out, "%s/themes", *config_dir ? config_dir : "/nonexistent");
	} else if (i <= 2) {
		ok = fs_program_dir(&program);
		buf_printf(out, "%s/%s", buf_str(&program), i == 1 ? "themes" : "../share/minnow/themes");
	} else {
		ok = false;
	}
	buf_done(&program);
	return ok;
}

bool
theme_load(struct theme *t, const char *name, const char *config_dir, struct err *e)
{
	struct buf dir = {0}, path = {0}, text = {0};
	bool found = false, ok = false;

	for (int i = 0; !found && !strchr(name, '/') && theme_dir(i, config_dir, &dir); i++) {
		buf_clear(&path);
		buf_printf(&path, "%s/%s.theme", buf_str(&dir), name);
		found = fs_exists(buf_str(&path));
	}
	if (found)
		ok = fs_read(&text, buf_str(&path), THEME_BYTES_MAX, e) &&
		    theme_parse(t, name, buf_str(&text), text.len, e);
	for (size_t i = 0; !found && i < ARRAY_LEN(built_in); i++) {
		found = strcmp(name, built_in[i].name) == 0;
		if (found)
			ok = theme_parse(t, name, built_in[i].begin, (size_t)(built_in[i].end - built_in[i].begin), e);
	}
	if (!found)
		err_set(e, ERR_NOT_FOUND, "there is no theme \"%s\"", name);
	buf_done(&dir);
	buf_done(&path);
	buf_done(&text);
	return ok;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
theme_list(const char *config_dir, struct buf *out)
{
	char **names = mem_new0(ARRAY_LEN(built_in), sizeof *names);
	size_t n = 0;
	struct buf dir = {0};

	for (; n < ARRAY_LEN(built_in); n++)
		names[n] = mem_dup(built_in[n].name);
	for (int i = 0; theme_dir(i, config_dir, &dir); i++) {
		DIR *d = opendir(buf_str(&dir));

		for (struct dirent *de; d && (de = readdir(d));) {
			size_t len = strlen(de->d_name);

			if (len <= 6 || strcmp(de->d_name + len - 6, ".theme") != 0)
				continue;
			names = mem_grow(names, n + 1, sizeof *names);
			names[n] = mem_dup(de->d_name);
			names[n++][len - 6] = '\0';
		}
		if (d)
			closedir(d);
	}
	qsort(names, n, sizeof *names, by_name);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 == n || strcmp(names[i], names[i + 1]) != 0)
			buf_printf(out, "%s\n", names[i]);
		free(names[i]);
	}
	free(names);
	buf_done(&dir);
}

/* The usual sixteen, as xterm draws them. */
static const int32_t sixteen[] = {
	0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
	0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

int32_t
colour_of_256(int i)
{
	static const int level[] = {0, 95, 135, 175, 215, 255};

	if (i < 16)
		return sixteen[i];
	if (i >= 232)
		return (8 + (i - 232) * 10) * 0x010101;
	i -= 16;
	return level[i / 36] << 16 | level[i / 6 % 6] << 8 | level[i % 6];
}

/* Weighted like the eye, cheaply: the "redmean" formula. */
static double
distance(int32_t a, int32_t b)
{
	double ar = a >> 16 & 255, br = b >> 16 & 255, r = (ar + br) / 2;
	double dr = ar - br, dg = (a >> 8 & 255) - (b >> 8 & 255), db = (a & 255) - (b & 255);

	return (2 + r / 256) * dr * dr + 4 * dg * dg + (2 + (255 - r) / 256) * db * db;
}

static int
nearest(int32_t rgb, int first, int last)
{
	int best = first;

	for (int i = first + 1; i <= last; i++)
		if (distance(rgb, colour_of_256(i)) < distance(rgb, colour_of_256(best)))
			best = i;
	return best;
}

int
colour_256(int32_t rgb)
{
	return nearest(rgb, 16, 255);
}

/* Black and white are the background of somebody's terminal: only what stands out on both. */
int
colour_16(int32_t rgb)
{
	int best = nearest(rgb, 1, 6), bright = nearest(rgb, 8, 14);

	return distance(rgb, sixteen[bright]) < distance(rgb, sixteen[best]) ? bright : best;
}

static double
channel(int32_t v)
{
	double c = v / 255.0;

	return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double
luminance(int32_t rgb)
{
	return 0.2126 * channel(rgb >> 16 & 255) + 0.7152 * channel(rgb >> 8 & 255) + 0.0722 * channel(rgb & 255);
}

double
colour_contrast(int32_t a, int32_t b)
{
	double la = luminance(a), lb = luminance(b);

	return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}
