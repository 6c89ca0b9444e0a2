/* Distance of words; see near.h. */
#include "registry/near.h"

#include <string.h>

enum { NEAR_MAX = 65 };

static int
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool
near_same(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t
near_distance(const char *a, const char *b, size_t limit)
{
	size_t rows[3][NEAR_MAX], n = strlen(a), m = strlen(b);
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	if (n >= NEAR_MAX || m >= NEAR_MAX || (n > m ? n - m : m - n) >= limit)
		return limit;
	for (size_t j = 0; j <= m; j++)
		last[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t best = row[0] = i, *spare;

		for (size_t j = 1; j <= m; j++) {
			row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
			best = least(best, row[j]);
		}
		if (best >= limit)
			return limit;
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return least(last[m], limit);
}

static const char *
next_digit(const char *s)
{
	while (*s && (*s < '0' || *s > '9'))
		s++;
	return s;
}

bool
near_same_digits(const char *a, const char *b)
{
	for (a = next_digit(a), b = next_digit(b); *a && *a == *b; a = next_digit(a + 1), b = next_digit(b + 1))
		;
	return *a == *b;
}
