#include "wav.h"

#include <string.h>

enum {
    FORMAT_PCM = 1,
    FORMAT_EXTENSIBLE = 0xFFFE,
    MAX_CHANNELS = 64,
    FRAMES_AT_ONCE = 256,
};

/* KSDATAFORMAT_SUBTYPE_PCM without its first two bytes, which hold the format number. */
static const unsigned char SUBTYPE_TAIL[14] = {0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                               0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71};

static unsigned get_u16(const unsigned char *bytes)
{
    return bytes[0] | (unsigned)bytes[1] << 8;
}

static uint32_t get_u32(const unsigned char *bytes)
{
    return get_u16(bytes) | (uint32_t)get_u16(bytes + 2) << 16;
}

static int fail(struct wav_reader *reader, const char *error)
{
    reader->error = error;
    return -1;
}

/* Skip bytes by reading them, so that pipes work too. */
static int skip(struct wav_reader *reader, uint64_t bytes)
{
    unsigned char buffer[512];
    while (bytes > 0) {
        size_t part = bytes < sizeof buffer ? (size_t)bytes : sizeof buffer;
        if (fread(buffer, 1, part, reader->stream) != part)
            return fail(reader, "the file ends inside a chunk");
        bytes -= part;
    }
    return 0;
}

static int parse_format(struct wav_reader *reader, const unsigned char *format, size_t size)
{
    unsigned tag = get_u16(format);
    if (tag == FORMAT_EXTENSIBLE) {
        if (size < 40 || memcmp(format + 26, SUBTYPE_TAIL, sizeof SUBTYPE_TAIL) != 0)
            return fail(reader, "the extensible format is not PCM");
        tag = get_u16(format + 24);
    }
    if (tag != FORMAT_PCM || get_u16(format + 14) != 16)
        return fail(reader, "the samples are not 16-bit PCM");
    reader->channels = get_u16(format + 2);
    reader->sample_rate_hz = get_u32(format + 4);
    if (reader->channels == 0 || reader->channels > MAX_CHANNELS)
        return fail(reader, "the number of channels is not 1 to 64");
    if (reader->sample_rate_hz < 100 || reader->sample_rate_hz > 1000000)
        return fail(reader, "the sample rate is not 100 Hz to 1 MHz");
    if (get_u16(format + 12) != 2 * reader->channels)
        return fail(reader, "the block size does not fit the channels");
    return 0;
}

static int read_format(struct wav_reader *reader, uint32_t size)
{
    unsigned char format[40];
    size_t used = size < sizeof format ? size : sizeof format;
    if (size < 16)
        return fail(reader, "the fmt chunk is too short");
    if (fread(format, 1, used, reader->stream) != used)
        return fail(reader, "the file ends inside a chunk");
    if (parse_format(reader, format, used) != 0)
        return -1;
    return skip(reader, (uint64_t)size - used + (size & 1));
}

int wav_open(struct wav_reader *reader, FILE *stream)
{
    unsigned char header[12];
    *reader = (struct wav_reader){.stream = stream};
    if (fread(header, 1, 12, stream) != 12 || memcmp(header, "RIFF", 4) != 0 ||
        memcmp(header + 8, "WAVE", 4) != 0)
        return fail(reader, "this is not a WAV file");
    for (;;) {
        if (fread(header, 1, 8, stream) != 8)
            return fail(reader, "there is no data chunk");
        uint32_t size = get_u32(header + 4);
        if (memcmp(header, "fmt ", 4) == 0) {
            if (read_format(reader, size) != 0)
                return -1;
        } else if (memcmp(header, "data", 4) == 0) {
            if (reader->channels == 0)
                return fail(reader, "the data chunk comes before the fmt chunk");
            /* A recorder that writes to a pipe cannot go back and fill the size in. */
            reader->bytes_left = size == 0 || size == UINT32_MAX ? UINT64_MAX : size;
            return 0;
        } else if (skip(reader, (uint64_t)size + (size & 1)) != 0) {
            return -1;
        }
    }
}

size_t wav_read_mono(struct wav_reader *reader, double *samples, size_t frames)
{
    unsigned char buffer[FRAMES_AT_ONCE * 2 * MAX_CHANNELS];
    const size_t frame_bytes = 2 * (size_t)reader->channels;
    size_t done = 0;
    while (done < frames) {
        size_t wanted = frames - done < FRAMES_AT_ONCE ? frames - done : FRAMES_AT_ONCE;
        if (reader->bytes_left != UINT64_MAX && wanted > reader->bytes_left / frame_bytes)
            wanted = (size_t)(reader->bytes_left / frame_bytes);
        if (wanted == 0)
            break;
        size_t got = fread(buffer, frame_bytes, wanted, reader->stream);
        if (reader->bytes_left != UINT64_MAX)
            reader->bytes_left -= got * frame_bytes;
        for (size_t i = 0; i < got; i++) {
            double sum = 0.0;
            for (unsigned c = 0; c < reader->channels; c++) {
                unsigned raw = get_u16(buffer + i * frame_bytes + 2 * c);
                sum += raw < 0x8000 ? (double)raw : (double)raw - 65536.0;
            }
            samples[done + i] = sum / (32768.0 * reader->channels);
        }
        done += got;
        if (got < wanted) {
            if (ferror(reader->stream))
                reader->error = "the file cannot be read to its end";
            else if (reader->bytes_left != UINT64_MAX)
                reader->error = "the file is shorter than its header says";
            break;
        }
    }
    return done;
}
