/* Power spectrum of a stretch of sound, and what is read from it.
 *
 * Welch's method: Hann windows that overlap by half, averaged. No input, no output.
 */
#ifndef SOUND_LEVEL_SPECTRUM_H
#define SOUND_LEVEL_SPECTRUM_H

#include <stddef.h>

struct spectrum {
    size_t size;     /* length of the transform, a power of two */
    double *window;  /* size values */
    double *cosines; /* size / 2 values, cos(2 pi k / size) */
    double *sines;   /* size / 2 values, sin(2 pi k / size) */
    double *real;    /* size values of work space */
    double *imag;
    double *power; /* size / 2 + 1 values: mean square per bin, one-sided */
};

/* Get memory and tables for transforms of `size`, a power of two from 16 on. 0, or -1. */
int spectrum_init(struct spectrum *spectrum, size_t size);

void spectrum_free(struct spectrum *spectrum);

/* Transform real and imag in place: X[k] = sum x[n] exp(-2 pi i k n / size). */
void spectrum_transform(struct spectrum *spectrum);

/* Fill `power` from samples, which must be at least as many as the transform is long.
 *
 * The bins of a steady sound add up to its mean square (Parseval's theorem).
 */
void spectrum_estimate(struct spectrum *spectrum, const double *samples, size_t count);

/* A-weighting at a frequency as a factor of power, after IEC 61672-1:2013, annex E; 1 at 1 kHz. */
double spectrum_a_weight(double frequency_hz);

/* Mean square of the sound after A-weighting. */
double spectrum_weighted_power(const struct spectrum *spectrum, double sample_rate_hz);

/* Frequency of the strongest line from lowest_hz on, in hertz; 0 for silence.
 *
 * A parabola through the logarithms of the strongest bin and its neighbours places the line
 * between bins.
 */
double spectrum_peak_hz(const struct spectrum *spectrum, double sample_rate_hz, double lowest_hz);

#endif
