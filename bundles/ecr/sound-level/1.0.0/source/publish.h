/* Writing of measurements, in the form pywaggle gives its run log: one JSON object per line with
 * meta, name, timestamp and value, in this order.
 *
 * The time is UTC with nine digits after the second and no zone, as pywaggle writes it where the
 * clock is set to UTC.
 */
#ifndef SOUND_LEVEL_PUBLISH_H
#define SOUND_LEVEL_PUBLISH_H

#include <stdint.h>
#include <stdio.h>

/* Open data.ndjson in `folder` for appending, creating the folder; standard output when `folder` is
 * NULL. Returns NULL with the reason on standard error.
 */
FILE *publish_open(const char *folder);

/* Write one measurement. Returns 0, or -1 when the value is not a number or cannot be written. */
int publish_value(FILE *stream, const char *name, const char *units, double value,
                  int64_t timestamp_ns);

#endif
