/* The 16 values of IQ4_NL and IQ4_XS (llama.cpp's kvalues_iq4nl). */
#ifndef KERNELS_FMT_IQ4_H
#define KERNELS_FMT_IQ4_H

#include <stdint.h>

static const int8_t iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

#endif
