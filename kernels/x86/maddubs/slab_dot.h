/* Slabs without VNNI (VPMADDUBSW: pairs of unsigned times signed bytes into words, saturating).
 * Codes of 8 bits do not fit that: they stand as signed weights, whose signs go to the activations (add_signed).
 * Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MADDUBS_SLAB_DOT_H
#define KERNELS_X86_MADDUBS_SLAB_DOT_H

enum { SLAB_PANELS = 2, SLAB_TOKENS = V == 16 ? 8 : 4, SLAB_WIDE_FLIP = 0 };

#include "kernels/x86/maddubs/maddubs.h"
#include "kernels/x86/slab_dot.h"

ALWAYS_INLINE bool
slab_is_wide(struct slab_kind kind)
{
	return kind.top > 127;		/* a pair of 255 does not fit a word */
}

/* Where sums begin with nothing, a bias would be one more addition. */
ALWAYS_INLINE bool
slab_is_biased(struct slab_kind kind)
{
	return !kind.mins && !kind.tiny && !slab_is_wide(kind);
}

/* What is added as words is to stay small: codes grow where words become dwords, by the factor that pairs of them are
 * multiplied by anyway. */
ALWAYS_INLINE int
slab_shift(struct slab_kind kind)
{
	return slab_is_biased(kind) ? slab_zero_shift(kind) : 0;
}

ALWAYS_INLINE vi
slab_widen(vi words, struct slab_kind kind)
{
	return vi_madd16(words, vi_set16(1 << slab_shift(kind)));
}

/* Pairs of products, at most TOP * 127 * 2, that may be added in a word. */
ALWAYS_INLINE int
slab_word_lines(int top, int n_lines)
{
	int n = top <= 15 ? 8 : top <= 31 ? 4 : top <= 63 ? 2 : 1;

	return n < n_lines ? n : n_lines;
}

/* ACC = the products with 8 lines of signed weights. */
ALWAYS_INLINE void
slab_dot_wide(slab_sums acc, const struct slab *s, const struct slab_x *x, const int n_panels, const int n)
{
	for (int t = 0; t < n; t++)
		for (int p = 0; p < n_panels; p++)
			acc[t][p] = vi_zero();
#pragma GCC unroll 8
	for (int g = 0; g < 8; g++) {
		vi w[SLAB_PANELS], size[SLAB_PANELS];

		for (int p = 0; p < n_panels; p++) {
			w[p] = vi_load(s->line[g][p]);
			size[p] = vi_abs8(w[p]);
		}
		for (int t = 0; t < n; t++) {
			vi q = vi_broadcast32(slab_q(x, t) + 4 * g);

			for (int p = 0; p < n_panels; p++)
				acc[t][p] = add_signed(acc[t][p], size[p], w[p], q);
		}
	}
}

/* WORDS = the products with N lines from line FIRST on. */
ALWAYS_INLINE void
slab_dot_words(slab_sums words, const struct slab *s, const struct slab_x *x, int first, const int n_lines,
    const int n_panels, const int n)
{
#pragma GCC unroll 8
	for (int g = first; g < first + n_lines; g++) {
		vi w[SLAB_PANELS];

		for (int p = 0; p < n_panels; p++)
			w[p] = vi_load(s->line[g][p]);
		for (int t = 0; t < n; t++) {
			vi q = vi_broadcast32(slab_q(x, t) + 4 * g);

			for (int p = 0; p < n_panels; p++) {
				vi pairs = vi_maddubs(w[p], q);

				words[t][p] = g == first ? pairs : vi_add16(words[t][p], pairs);
				vi_pin(&words[t][p]);
			}
		}
	}
}

/* ACC (+)= the products with one line or, where STEP is 2, two from line G on. */
ALWAYS_INLINE void
slab_dot_lines(slab_sums acc, bool add, const struct slab *s, const struct slab_x *x, int g, const int step,
    struct slab_kind kind, const int n_panels, const int n)
{
	const int next = g + step - 1;
	vi w[2][SLAB_PANELS];

	for (int p = 0; p < n_panels; p++) {
		w[0][p] = vi_load(s->line[g][p]);
		w[1][p] = vi_load(s->line[next][p]);
	}
	for (int t = 0; t < n; t++) {
		vi q0 = vi_broadcast32(slab_q(x, t) + 4 * g), q1 = vi_broadcast32(slab_q(x, t) + 4 * next);

		for (int p = 0; p < n_panels; p++) {
			vi words = vi_maddubs(w[0][p], q0), sums;

			if (step == 2)
				words = vi_add16(words, vi_maddubs(w[1][p], q1));
			sums = slab_widen(words, kind);
			acc[t][p] = add ? vi_add32(acc[t][p], sums) : sums;
			vi_pin(&acc[t][p]);
		}
	}
}

/* ACC = the products of half or whole block H. */
ALWAYS_INLINE void
slab_dot(slab_sums acc, const struct slab *s, const struct slab_x *x, int h, struct slab_kind kind,
    const int n_panels, const int n)
{
	const int n_lines = kind.halves ? 4 : 8, step = slab_word_lines(kind.top, n_lines), end = 4 * h + n_lines;

	if (slab_is_wide(kind)) {
		slab_dot_wide(acc, s, x, n_panels, n);
		return;			/* these have signs, and no zero to take off */
	}
#pragma GCC unroll 8
	for (int g = 4 * h; g < end; g += step) {
		slab_sums words;

		if (step <= 2) {
			slab_dot_lines(acc, g > 4 * h, s, x, g, step, kind, n_panels, n);
			continue;
		}
		slab_dot_words(words, s, x, g, step, n_panels, n);
		for (int t = 0; t < n; t++) {
			for (int p = 0; p < n_panels; p++) {
				vi sums = slab_widen(words[t][p], kind);

				acc[t][p] = g == 4 * h ? sums : vi_add32(acc[t][p], sums);
			}
		}
	}
	for (int t = 0; t < n; t++) {
		vi start = slab_start_of(x, t, h, kind);

		for (int p = 0; p < n_panels; p++)
			acc[t][p] = vi_add32(acc[t][p], start);
	}
}

/* The products of half or whole block H of one token.  Where codes are wide, whose zero is always 128, the signs are
 * taken to the activations, as for Q8_0. */
ALWAYS_INLINE vi
slab_dot_codes(const vi code[8], const struct slab_x *x, int h, struct slab_kind kind)
{
	const int n_lines = kind.halves ? 4 : 8, step = slab_word_lines(kind.top, n_lines);
	const bool wide = slab_is_wide(kind);
	vi acc = wide ? vi_zero() : slab_start(x, 0, h, kind);

#pragma GCC unroll 8
	for (int first = 4 * h; first < 4 * h + n_lines; first += step) {
		vi words = vi_zero();

#pragma GCC unroll 8
		for (int g = first; g < first + step; g++) {
			vi q = vi_broadcast32(slab_q(x, 0) + 4 * g), pairs;

			if (wide)
				pairs = vi_maddubs(vi_abs8(code[g]), vi_sign8(q, code[g]));
			else
				pairs = vi_maddubs(code[g], q);
			words = g == first ? pairs : vi_add16(words, pairs);
			vi_pin(&words);
		}
		acc = vi_add32(acc, vi_madd16(words, vi_set16(1)));
	}
	return acc;
}

/* Columns 4 G .. of number P of the panels. */
ALWAYS_INLINE void
slab_put(struct slab *s, int p, size_t g, vi codes, struct slab_kind kind)
{
	(void)kind;
	vi_store(s->line[g][p], codes);
}

#endif
