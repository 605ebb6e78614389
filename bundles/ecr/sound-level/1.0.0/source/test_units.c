/* Tests of the parts, run by `make check`; needs nothing but the C library. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"
#include "spectrum.h"

static int failures;

static void check(int passed, const char *what, double got, double expected)
{
    if (!passed) {
        failures++;
        printf("FAIL: %s: got %.12g, expected %.12g\n", what, got, expected);
    }
}

static void check_near(double got, double expected, double tolerance, const char *what)
{
    check(fabs(got - expected) <= tolerance, what, got, expected);
}

/* A number from -1 to 1 that looks random: linear congruential, constants of Numerical Recipes. */
static double draw(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (double)state / 2147483648.0 - 1.0;
}

static void test_the_transform_is_the_sum_it_should_be(void)
{
    enum { SIZE = 64 };
    const double pi = 3.14159265358979323846;
    double real[SIZE], imag[SIZE];
    struct spectrum spectrum;
    check(spectrum_init(&spectrum, SIZE) == 0, "memory for 64 points", -1, 0);
    for (size_t n = 0; n < SIZE; n++) {
        spectrum.real[n] = real[n] = draw();
        spectrum.imag[n] = imag[n] = draw();
    }
    spectrum_transform(&spectrum);
    for (size_t k = 0; k < SIZE; k++) {
        double sum_real = 0.0, sum_imag = 0.0;
        for (size_t n = 0; n < SIZE; n++) {
            const double angle = -2.0 * pi * (double)(k * n % SIZE) / (double)SIZE;
            sum_real += real[n] * cos(angle) - imag[n] * sin(angle);
            sum_imag += real[n] * sin(angle) + imag[n] * cos(angle);
        }
        check_near(spectrum.real[k], sum_real, 1e-12, "real part of a bin");
        check_near(spectrum.imag[k], sum_imag, 1e-12, "imaginary part of a bin");
    }
    spectrum_free(&spectrum);
}

static void test_sizes_that_are_no_power_of_two_are_refused(void)
{
    struct spectrum spectrum;
    check(spectrum_init(&spectrum, 8) == -1, "size 8", 0, -1);
    check(spectrum_init(&spectrum, 100) == -1, "size 100", 0, -1);
}

static void fill_sine(double *samples, size_t count, double frequency_hz, double rate_hz)
{
    for (size_t n = 0; n < count; n++)
        samples[n] = sin(2.0 * 3.14159265358979323846 * frequency_hz * (double)n / rate_hz);
}

static void test_bins_add_up_to_the_mean_square(void)
{
    enum { COUNT = 7001, SIZE = 1024 };
    static double samples[COUNT];
    struct spectrum spectrum;
    double sum = 0.0;
    spectrum_init(&spectrum, SIZE);
    fill_sine(samples, COUNT, 1234.5, 8000.0);
    spectrum_estimate(&spectrum, samples, COUNT);
    for (size_t k = 0; k <= SIZE / 2; k++)
        sum += spectrum.power[k];
    check_near(sum, 0.5, 5e-4, "power of a full-scale sine");
    spectrum_free(&spectrum);
}

static void test_the_peak_is_found_between_bins(void)
{
    enum { COUNT = 8000, SIZE = 2048 };
    static const double FREQUENCIES_HZ[] = {31.0, 100.0, 440.0, 441.7, 1000.0, 3333.3, 3950.0};
    static double samples[COUNT];
    struct spectrum spectrum;
    spectrum_init(&spectrum, SIZE);
    for (size_t i = 0; i < sizeof FREQUENCIES_HZ / sizeof *FREQUENCIES_HZ; i++) {
        fill_sine(samples, COUNT, FREQUENCIES_HZ[i], 8000.0);
        spectrum_estimate(&spectrum, samples, COUNT);
        check_near(spectrum_peak_hz(&spectrum, 8000.0, 20.0), FREQUENCIES_HZ[i], 0.15, "peak");
    }
    check_near(spectrum_peak_hz(&spectrum, 8000.0, 3990.0), 3990.0, 8.0, "peak above a limit");
    for (size_t n = 0; n < COUNT; n++)
        samples[n] = 0.0;
    spectrum_estimate(&spectrum, samples, COUNT);
    check_near(spectrum_peak_hz(&spectrum, 8000.0, 20.0), 0.0, 0.0, "peak of silence");
    spectrum_free(&spectrum);
}

static void test_the_weighting_agrees_with_the_standard(void)
{
    /* Third-octave bands, exact centre 1000 * 10^(n/10) Hz, and the decibels of IEC 61672-1:2013,
     * table 3. */
    static const struct {
        int n;
        double decibels;
    } TABLE[] = {{-20, -70.4}, {-17, -50.5}, {-15, -39.4}, {-12, -26.2}, {-10, -19.1},
                 {-9, -16.1},  {-6, -8.6},   {-3, -3.2},   {0, 0.0},     {3, 1.2},
                 {4, 1.3},     {6, 1.0},     {9, -1.1},    {10, -2.5},   {13, -9.3}};
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        const double frequency_hz = 1000.0 * pow(10.0, TABLE[i].n / 10.0);
        check_near(10.0 * log10(spectrum_a_weight(frequency_hz)), TABLE[i].decibels, 0.051,
                   "A-weighting");
    }
    check_near(spectrum_a_weight(1000.0), 1.0, 1e-12, "A-weighting at 1 kHz");
    check_near(spectrum_a_weight(0.0), 0.0, 0.0, "A-weighting at 0 Hz");
}

static void test_times_are_read(void)
{
    static const struct {
        const char *text;
        int64_t time_ns;
    } GOOD[] = {{"1970-01-01T00:00:00Z", 0},
                {"2000-02-29T12:00:00Z", 951825600000000000},
                {"2025-06-01T12:00:00Z", 1748779200000000000},
                {"2025-06-01T12:00:00.25Z", 1748779200250000000},
                {"2025-12-31T23:59:59.123456789Z", 1767225599123456789}};
    static const char *const BAD[] = {"",
                                      "2025-06-01",
                                      "2025-06-01T12:00:00",
                                      "2025-06-01T12:00:00+02:00",
                                      "2025-02-29T12:00:00Z",
                                      "2100-02-29T12:00:00Z",
                                      "2025-13-01T12:00:00Z",
                                      "2025-06-01T24:00:00Z",
                                      "2025-06-01T12:00:00.Z",
                                      "2025-06-01T12:00:00.1234567891Z",
                                      "2025-06-01 12:00:00Z"};
    int64_t time_ns;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        time_ns = -1;
        check(options_parse_time(GOOD[i].text, &time_ns) == 0 && time_ns == GOOD[i].time_ns,
              GOOD[i].text, (double)time_ns, (double)GOOD[i].time_ns);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        check(options_parse_time(BAD[i], &time_ns) == -1, BAD[i], 0, -1);
}

int main(void)
{
    test_the_transform_is_the_sum_it_should_be();
    test_sizes_that_are_no_power_of_two_are_refused();
    test_bins_add_up_to_the_mean_square();
    test_the_peak_is_found_between_bins();
    test_the_weighting_agrees_with_the_standard();
    test_times_are_read();
    printf("%s\n", failures == 0 ? "all parts pass" : "some parts fail");
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
