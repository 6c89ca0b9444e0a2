/* Slabs without VNNI.  Include after an instruction set's v.h. */
#ifndef KERNELS_X86_MADDUBS_SLAB_DOT_H
#define KERNELS_X86_MADDUBS_SLAB_DOT_H

#include "kernels/x86/slab_dot.h"
#include "kernels/x86/tile.h"

/* Codes above this have a low and a high half: a pair of 128 * 127 still fits a word, one of 255 does not. */
enum { SLAB_WHOLE_TOP = 128 };

/* Pairs of products, at most TOP * 127 * 2, that may be added in a word. */
ALWAYS_INLINE int
slab_word_lines(int top, int n_lines)
{
	int n = top <= 15 ? 8 : top <= 31 ? 4 : top <= 63 ? 2 : 1;

	return n < n_lines ? n : n_lines;
}

/* acc[p * n + t] (+)= the products of line LINE + G of slab p with token t, in words; HIGH: of its high halves. */
ALWAYS_INLINE void
slab_dot_line(vi *words, bool add, const struct slab *s, bool high, const struct tile *tile, size_t b, size_t line,
    const int n_panels, const int n)
{
	vi w[SLAB_PANELS];

#pragma GCC unroll 8
	for (int p = 0; p < n_panels; p++)
		w[p] = vi_load((high ? s[p].high : s[p].w)[line]);
#pragma GCC unroll 8
	for (int t = 0; t < n; t++) {
		vi x = vi_broadcast32(tile_q(tile, t, b) + 4 * (line % 8));

#pragma GCC unroll 8
		for (int p = 0; p < n_panels; p++) {
			vi pairs = vi_maddubs(w[p], x);

			words[p * n + t] = add ? vi_add16(words[p * n + t], pairs) : pairs;
			vi_pin(&words[p * n + t]);
		}
	}
}

/* acc[p * n + t] = the products of lines LINE .. LINE + N_LINES. */
ALWAYS_INLINE void
slab_dot_plane(vi *acc, const struct slab *s, bool high, const struct tile *tile, size_t b, size_t line, const int n_lines,
    const int top, const int n_panels, const int n)
{
	const int step = slab_word_lines(top, n_lines);

#pragma GCC unroll 8
	for (int first = 0; first < n_lines; first += step) {
		vi words[SLAB_SUMS];

#pragma GCC unroll 8
		for (int g = 0; g < step; g++)
			slab_dot_line(words, g > 0, s, high, tile, b, line + (size_t)(first + g), n_panels, n);
#pragma GCC unroll 8
		for (int i = 0; i < n_panels * n; i++) {
			vi sums = vi_madd16(words[i], vi_set16(1));

			acc[i] = first == 0 ? sums : vi_add32(acc[i], sums);
			vi_pin(&acc[i]);
		}
	}
}

/* acc[p * n + t] = start[t] + the products of lines LINE .. LINE + N_LINES of slab p with token t. */
ALWAYS_INLINE void
slab_dot(vi *acc, const vi *start, const struct slab *s, const struct tile *tile, size_t b, size_t line, const int n_lines,
    struct slab_kind kind, const int n_panels, const int n)
{
	const bool split = kind.top > SLAB_WHOLE_TOP;
	vi high[SLAB_SUMS];

	slab_dot_plane(acc, s, false, tile, b, line, n_lines, split ? 15 : kind.top, n_panels, n);
	if (split) {
		__asm__("" : : : "memory");	/* activations are read again: there is no room to keep them */
		slab_dot_plane(high, s, true, tile, b, line, n_lines, 15, n_panels, n);
#pragma GCC unroll 8
		for (int i = 0; i < n_panels * n; i++)
			acc[i] = vi_add32(acc[i], vi_shl32(high[i], 4));
	}
#pragma GCC unroll 8
	for (int i = 0; i < n_panels * n; i++)
		acc[i] = vi_add32(acc[i], start[i % n]);
}

/* START + the products of N_LINES lines with the activations at Q; without START where codes are split, whose zero is
 * always 128: the signs are taken to the activations, as for Q8_0. */
ALWAYS_INLINE vi
slab_dot_codes(vi start, const vi *code, const char *q, const int n_lines, struct slab_kind kind)
{
	const int step = slab_word_lines(kind.top, n_lines);
	const bool split = kind.top > SLAB_WHOLE_TOP;
	vi acc = split ? vi_zero() : start;

#pragma GCC unroll 8
	for (int first = 0; first < n_lines; first += step) {
		vi words = vi_zero();

#pragma GCC unroll 8
		for (int g = first; g < first + step; g++) {
			vi x = vi_broadcast32(q + 4 * g), pairs;

			if (split) {
				vi w = vi_xor(code[g], vi_set8(0x80));

				pairs = vi_maddubs(vi_abs8(w), vi_sign8(x, w));
			} else {
				pairs = vi_maddubs(code[g], x);
			}
			words = g == first ? pairs : vi_add16(words, pairs);
			vi_pin(&words);
		}
		acc = vi_add32(acc, vi_madd16(words, vi_set16(1)));
	}
	return acc;
}

ALWAYS_INLINE void
slab_put(struct slab *s, size_t line, vi codes, const int top)
{
	if (top <= SLAB_WHOLE_TOP) {
		vi_store(s->w[line], codes);
		return;
	}
	vi_store(s->w[line], vi_and(codes, vi_set8(15)));
	vi_store(s->high[line], vi_and(vi_shr16(codes, 4), vi_set8(15)));
}

#endif
