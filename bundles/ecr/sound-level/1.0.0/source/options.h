/* The command line. */
#ifndef SOUND_LEVEL_OPTIONS_H
#define SOUND_LEVEL_OPTIONS_H

#include <stdint.h>

struct options {
    const char *input;    /* WAV file; "-" for standard input */
    double block_s;       /* length of the stretches that are measured */
    double lowest_hz;     /* lowest frequency that can be the dominant one */
    int64_t start_ns;     /* time of the first sample, nanoseconds since 1970 in UTC */
    unsigned long count;  /* blocks after which to stop; 0 for no limit */
};

/* Read the command line. Returns 0; 1 when help was asked for and printed; 2 when it makes no
 * sense, with the reason on standard error. `now_ns` is the time of the first sample when none is
 * given.
 */
int options_parse(struct options *options, int argc, char **argv, int64_t now_ns);

/* Convert a time such as 2025-06-01T12:00:00Z or 2025-06-01T12:00:00.25Z to nanoseconds since 1970.
 * Returns 0, or -1 when the text is not such a time.
 */
int options_parse_time(const char *text, int64_t *time_ns);

#endif
