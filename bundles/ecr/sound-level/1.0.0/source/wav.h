/* Reading of WAV files: RIFF chunks and 16-bit PCM samples, from a file or a pipe.
 *
 * Follows "Multimedia Programming Interface and Data Specifications 1.0" (IBM, Microsoft, 1991)
 * and, for WAVE_FORMAT_EXTENSIBLE, "Multiple channel audio data and WAVE files" (Microsoft, 2001).
 * Other encodings than 16-bit PCM are refused, not converted.
 */
#ifndef SOUND_LEVEL_WAV_H
#define SOUND_LEVEL_WAV_H

#include <stdint.h>
#include <stdio.h>

struct wav_reader {
    FILE *stream;
    unsigned channels;
    unsigned sample_rate_hz;
    uint64_t bytes_left; /* of the data chunk; UINT64_MAX when a recorder did not write its size */
    const char *error;   /* what is wrong with the file; NULL while nothing is */
};

/* Read up to the first sample. Returns 0, or -1 with reader->error set. */
int wav_open(struct wav_reader *reader, FILE *stream);

/* Read up to `frames` frames and mix their channels to one by the mean.
 *
 * Writes samples of -1 to 1 and returns how many; fewer than asked only at the end. After a file
 * that was cut off in the middle reader->error is set; whole frames before the cut are delivered.
 */
size_t wav_read_mono(struct wav_reader *reader, double *samples, size_t frames);

#endif
