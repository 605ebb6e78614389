#include "spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

/* Over a hundred decibels below one step of a 16-bit sample: silence. */
static const double SILENCE_POWER = 1e-21;

int spectrum_init(struct spectrum *spectrum, size_t size)
{
    *spectrum = (struct spectrum){.size = size};
    if (size < 16 || (size & (size - 1)) != 0)
        return -1;
    double *memory = malloc((4 * size + size / 2 + 1) * sizeof *memory);
    if (memory == NULL)
        return -1;
    spectrum->window = memory;
    spectrum->cosines = memory + size;
    spectrum->sines = spectrum->cosines + size / 2;
    spectrum->real = memory + 2 * size;
    spectrum->imag = memory + 3 * size;
    spectrum->power = memory + 4 * size;
    for (size_t i = 0; i < size; i++)
        spectrum->window[i] = 0.5 - 0.5 * cos(2.0 * PI * (double)i / (double)size);
    for (size_t i = 0; i < size / 2; i++) {
        spectrum->cosines[i] = cos(2.0 * PI * (double)i / (double)size);
        spectrum->sines[i] = sin(2.0 * PI * (double)i / (double)size);
    }
    return 0;
}

void spectrum_free(struct spectrum *spectrum)
{
    free(spectrum->window);
    *spectrum = (struct spectrum){0};
}

static void swap(double *a, double *b)
{
    double kept = *a;
    *a = *b;
    *b = kept;
}

/* Put the input in the order of reversed bits, which the butterflies need. */
static void reorder(struct spectrum *spectrum)
{
    size_t reversed = 0;
    for (size_t i = 1; i < spectrum->size; i++) {
        size_t bit = spectrum->size >> 1;
        while (reversed & bit) {
            reversed ^= bit;
            bit >>= 1;
        }
        reversed |= bit;
        if (i < reversed) {
            swap(&spectrum->real[i], &spectrum->real[reversed]);
            swap(&spectrum->imag[i], &spectrum->imag[reversed]);
        }
    }
}

void spectrum_transform(struct spectrum *spectrum)
{
    double *real = spectrum->real;
    double *imag = spectrum->imag;
    reorder(spectrum);
    for (size_t half = 1; half < spectrum->size; half *= 2) {
        const size_t stride = spectrum->size / (2 * half);
        for (size_t start = 0; start < spectrum->size; start += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                const size_t a = start + k;
                const size_t b = a + half;
                const double c = spectrum->cosines[k * stride];
                const double s = spectrum->sines[k * stride];
                const double turned_real = real[b] * c + imag[b] * s;
                const double turned_imag = imag[b] * c - real[b] * s;
                real[b] = real[a] - turned_real;
                imag[b] = imag[a] - turned_imag;
                real[a] += turned_real;
                imag[a] += turned_imag;
            }
        }
    }
}

/* Add the power of one windowed stretch to `power`. */
static void add_window(struct spectrum *spectrum, const double *samples)
{
    for (size_t i = 0; i < spectrum->size; i++) {
        spectrum->real[i] = samples[i] * spectrum->window[i];
        spectrum->imag[i] = 0.0;
    }
    spectrum_transform(spectrum);
    for (size_t k = 0; k <= spectrum->size / 2; k++)
        spectrum->power[k] += spectrum->real[k] * spectrum->real[k] +
                              spectrum->imag[k] * spectrum->imag[k];
}

void spectrum_estimate(struct spectrum *spectrum, const double *samples, size_t count)
{
    const size_t size = spectrum->size;
    const size_t last = count - size;
    size_t windows = 1;
    double window_power = 0.0;
    memset(spectrum->power, 0, (size / 2 + 1) * sizeof *spectrum->power);
    for (size_t i = 0; i < size; i++)
        window_power += spectrum->window[i] * spectrum->window[i];
    for (size_t start = 0; start < last; start += size / 2, windows++)
        add_window(spectrum, samples + start);
    add_window(spectrum, samples + last); /* flush with the end, so that nothing is left out */
    for (size_t k = 0; k <= size / 2; k++) {
        const double sides = k == 0 || k == size / 2 ? 1.0 : 2.0;
        spectrum->power[k] *= sides / (window_power * (double)size * (double)windows);
    }
}

double spectrum_a_weight(double frequency_hz)
{
    const double f2 = frequency_hz * frequency_hz;
    const double f1_2 = 20.598997 * 20.598997;
    const double f2_2 = 107.65265 * 107.65265;
    const double f3_2 = 737.86223 * 737.86223;
    const double f4_2 = 12194.217 * 12194.217;
    const double amplitude =
        f4_2 * f2 * f2 / ((f2 + f1_2) * sqrt((f2 + f2_2) * (f2 + f3_2)) * (f2 + f4_2));
    const double at_1_khz = 0.7943597367938094; /* the same expression at 1000 Hz: -2.000 dB */
    return (amplitude / at_1_khz) * (amplitude / at_1_khz);
}

double spectrum_weighted_power(const struct spectrum *spectrum, double sample_rate_hz)
{
    double sum = 0.0;
    for (size_t k = 1; k <= spectrum->size / 2; k++)
        sum += spectrum->power[k] *
               spectrum_a_weight((double)k * sample_rate_hz / (double)spectrum->size);
    return sum;
}

double spectrum_peak_hz(const struct spectrum *spectrum, double sample_rate_hz, double lowest_hz)
{
    const double bin_hz = sample_rate_hz / (double)spectrum->size;
    size_t best = 0;
    double best_power = SILENCE_POWER;
    for (size_t k = 1; k < spectrum->size / 2; k++) {
        if ((double)k * bin_hz >= lowest_hz && spectrum->power[k] > best_power) {
            best = k;
            best_power = spectrum->power[k];
        }
    }
    if (best == 0)
        return 0.0;
    const double left = log(fmax(spectrum->power[best - 1], SILENCE_POWER));
    const double middle = log(best_power);
    const double right = log(fmax(spectrum->power[best + 1], SILENCE_POWER));
    const double bend = left - 2.0 * middle + right;
    const double shift = bend < 0.0 ? 0.5 * (left - right) / bend : 0.0;
    return ((double)best + fmax(fmin(shift, 0.5), -0.5)) * bin_hz;
}
