#include "publish.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Create a folder and the folders above it. */
static int make_folder(const char *folder)
{
    char path[4096];
    size_t length = strlen(folder);
    if (length == 0 || length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path, folder, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        const char kept = path[i];
        path[i] = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return -1;
        path[i] = kept;
    }
    return 0;
}

FILE *publish_open(const char *folder)
{
    char path[4096];
    if (folder == NULL)
        return stdout;
    const int length = snprintf(path, sizeof path, "%s/data.ndjson", folder);
    FILE *stream = NULL;
    if (length > 0 && (size_t)length < sizeof path && make_folder(folder) == 0)
        stream = fopen(path, "a");
    if (stream == NULL)
        fprintf(stderr, "sound-level: %s/data.ndjson: %s\n", folder, strerror(errno));
    return stream;
}

int publish_value(FILE *stream, const char *name, const char *units, double value,
                  int64_t timestamp_ns)
{
    struct tm moment;
    char text[32];
    const time_t second = (time_t)(timestamp_ns / 1000000000);
    if (!isfinite(value) || gmtime_r(&second, &moment) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &moment) == 0)
        return -1;
    const int written = fprintf(
        stream,
        "{\"meta\":{\"units\":\"%s\"},\"name\":\"%s\",\"timestamp\":\"%s.%09ld\",\"value\":%.2f}\n",
        units, name, text, (long)(timestamp_ns % 1000000000), value);
    return written > 0 ? 0 : -1;
}
