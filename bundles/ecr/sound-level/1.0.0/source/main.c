/* sound-level: level, A-weighted level and dominant frequency of recorded sound.
 *
 * Reads a WAV file block by block, so that a recording of any length needs the memory of one block,
 * and writes three measurements per block:
 *
 *   env.sound.level.dbfs            mean level, decibels relative to a full-scale sine (AES17)
 *   env.sound.level_a.dbfs          the same after A-weighting (IEC 61672-1)
 *   env.sound.peak_frequency.hertz  strongest frequency; left out in silence
 *
 * Exit status: 0 when something was measured, 1 when the input cannot be used, 2 for a bad command
 * line.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "options.h"
#include "publish.h"
#include "spectrum.h"
#include "wav.h"

enum { LONGEST_TRANSFORM = 8192, SHORTEST_TRANSFORM = 16 };

/* A sine that just fills the range has the mean square 1/2 and is 0 dBFS. */
static const double FULL_SCALE_POWER = 0.5;
static const double LOWEST_DBFS = -200.0;

static double to_dbfs(double mean_square)
{
    const double ratio = mean_square / FULL_SCALE_POWER;
    return ratio > 1e-20 ? 10.0 * log10(ratio) : LOWEST_DBFS;
}

/* The longest power of two that fits twice into a block, within limits. */
static size_t choose_transform_size(size_t block_frames)
{
    size_t size = LONGEST_TRANSFORM;
    while (size > SHORTEST_TRANSFORM && size > block_frames / 2)
        size /= 2;
    return size;
}

static int measure_block(FILE *output, struct spectrum *spectrum, const struct options *options,
                         const double *samples, size_t frames, double sample_rate_hz,
                         int64_t timestamp_ns)
{
    double sum = 0.0;
    for (size_t i = 0; i < frames; i++)
        sum += samples[i] * samples[i];
    spectrum_estimate(spectrum, samples, frames);
    const double weighted = spectrum_weighted_power(spectrum, sample_rate_hz);
    const double peak_hz = spectrum_peak_hz(spectrum, sample_rate_hz, options->lowest_hz);
    if (publish_value(output, "env.sound.level.dbfs", "dBFS", to_dbfs(sum / (double)frames),
                      timestamp_ns) != 0 ||
        publish_value(output, "env.sound.level_a.dbfs", "dBFS", to_dbfs(weighted), timestamp_ns))
        return -1;
    if (peak_hz > 0.0)
        return publish_value(output, "env.sound.peak_frequency.hertz", "Hz", peak_hz, timestamp_ns);
    return 0;
}

/* Measure the whole recording. Returns the number of blocks, or -1 when output fails. */
static long measure_recording(FILE *output, struct wav_reader *reader,
                              const struct options *options, double *samples, size_t block_frames,
                              struct spectrum *spectrum)
{
    long blocks = 0;
    for (uint64_t first = 0;; first += block_frames, blocks++) {
        if (options->count != 0 && (unsigned long)blocks == options->count)
            break;
        const size_t frames = wav_read_mono(reader, samples, block_frames);
        if (frames < (block_frames + 1) / 2 || frames < spectrum->size)
            break; /* what is left is too short to stand beside the other blocks */
        const int64_t rate = reader->sample_rate_hz;
        const int64_t offset_ns = (int64_t)(first / (uint64_t)rate) * 1000000000 +
                                  (int64_t)(first % (uint64_t)rate) * 1000000000 / rate;
        if (measure_block(output, spectrum, options, samples, frames, (double)rate,
                          options->start_ns + offset_ns) != 0)
            return -1;
        if (frames < block_frames) {
            blocks++;
            break;
        }
    }
    return fflush(output) == 0 ? blocks : -1;
}

static int run(const struct options *options, FILE *input, FILE *output)
{
    struct wav_reader reader;
    struct spectrum spectrum;
    if (wav_open(&reader, input) != 0) {
        fprintf(stderr, "sound-level: %s: %s\n", options->input, reader.error);
        return 1;
    }
    const size_t block_frames = (size_t)lround(options->block_s * reader.sample_rate_hz);
    const size_t size = choose_transform_size(block_frames);
    double *samples = block_frames < size ? NULL : calloc(block_frames, sizeof *samples);
    if (samples == NULL || spectrum_init(&spectrum, size) != 0) {
        fprintf(stderr, "sound-level: a block of %zu samples is too %s\n", block_frames,
                block_frames < size ? "short" : "long for the memory");
        free(samples);
        return 1;
    }
    const long blocks =
        measure_recording(output, &reader, options, samples, block_frames, &spectrum);
    spectrum_free(&spectrum);
    free(samples);
    if (blocks < 0)
        fprintf(stderr, "sound-level: cannot write: %s\n", strerror(errno));
    else if (reader.error != NULL)
        fprintf(stderr, "sound-level: %s: %s\n", options->input, reader.error);
    else if (blocks == 0)
        fprintf(stderr, "sound-level: %s: shorter than half a block\n", options->input);
    return blocks > 0 && reader.error == NULL ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options options;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const int64_t now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    const int parsed = options_parse(&options, argc, argv, now_ns);
    if (parsed != 0)
        return parsed == 1 ? 0 : 2;
    FILE *input = strcmp(options.input, "-") == 0 ? stdin : fopen(options.input, "rb");
    if (input == NULL) {
        fprintf(stderr, "sound-level: %s: %s\n", options.input, strerror(errno));
        return 1;
    }
    FILE *output = publish_open(getenv("PYWAGGLE_LOG_DIR"));
    if (output == NULL)
        return 1;
    const int status = run(&options, input, output);
    return fclose(output) == 0 ? status : 1;
}
