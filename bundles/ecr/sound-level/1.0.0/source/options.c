#include "options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: sound-level [--input FILE] [--block-s S] [--lowest-hz F] [--start-time T] [--count N]\n"
    "\n"
    "Measure level, A-weighted level and dominant frequency of a WAV file (16-bit PCM).\n"
    "\n"
    "  --input FILE     WAV file; - for standard input (default)\n"
    "  --block-s S      length of the measured stretches, 0.05 to 600 seconds (default 1)\n"
    "  --lowest-hz F    lowest frequency that can be the dominant one (default 20)\n"
    "  --start-time T   time of the first sample, such as 2025-06-01T12:00:00Z (default now)\n"
    "  --count N        stop after so many stretches; 0 for the whole file (default)\n"
    "\n"
    "Writes one JSON object per line to standard output, or, when PYWAGGLE_LOG_DIR is set, to\n"
    "data.ndjson in that folder.\n";

/* Days from 1970-01-01 to a date of the Gregorian calendar, after H. Hinnant's
 * "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that the leap day is last.
 */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const unsigned year_of_era = (unsigned)(year - era * 400);
    const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const unsigned day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + (int64_t)day_of_era - 719468;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const unsigned char DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && leap ? 1U : 0U);
}

/* Read exactly `digits` digits and the character after them. */
static int read_number(const char **text, int digits, char after, unsigned *number)
{
    *number = 0;
    for (; digits > 0; digits--, (*text)++) {
        if (**text < '0' || **text > '9')
            return -1;
        *number = *number * 10 + (unsigned)(**text - '0');
    }
    if (after == '\0')
        return 0;
    return *(*text)++ == after ? 0 : -1;
}

int options_parse_time(const char *text, int64_t *time_ns)
{
    unsigned year, month, day, hour, minute, second;
    if (read_number(&text, 4, '-', &year) || read_number(&text, 2, '-', &month) ||
        read_number(&text, 2, 'T', &day) || read_number(&text, 2, ':', &hour) ||
        read_number(&text, 2, ':', &minute) || read_number(&text, 2, '\0', &second))
        return -1;
    if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59)
        return -1;
    int64_t fraction_ns = 0;
    if (*text == '.') {
        int64_t unit_ns = 1000000000;
        for (text++; *text >= '0' && *text <= '9' && unit_ns > 1; text++) {
            unit_ns /= 10;
            fraction_ns += unit_ns * (*text - '0');
        }
        if (unit_ns == 1000000000)
            return -1;
    }
    if (strcmp(text, "Z") != 0)
        return -1;
    const int64_t seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 +
                            second;
    *time_ns = seconds * 1000000000 + fraction_ns;
    return 0;
}

static int parse_double(const char *text, double lowest, double highest, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end == text || *end != '\0' || !(*number >= lowest && *number <= highest) ? -1 : 0;
}

static int parse_count(const char *text, unsigned long *number)
{
    char *end;
    *number = strtoul(text, &end, 10);
    return text[0] < '0' || text[0] > '9' || *end != '\0' ? -1 : 0;
}

/* Returns 0, -1 for a bad value, or -2 for an unknown option. */
static int set_option(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--input") == 0) {
        options->input = value;
        return 0;
    }
    if (strcmp(name, "--block-s") == 0)
        return parse_double(value, 0.05, 600.0, &options->block_s);
    if (strcmp(name, "--lowest-hz") == 0)
        return parse_double(value, 0.0, 1e6, &options->lowest_hz);
    if (strcmp(name, "--start-time") == 0)
        return options_parse_time(value, &options->start_ns);
    if (strcmp(name, "--count") == 0)
        return parse_count(value, &options->count);
    return -2;
}

int options_parse(struct options *options, int argc, char **argv, int64_t now_ns)
{
    *options =
        (struct options){.input = "-", .block_s = 1.0, .lowest_hz = 20.0, .start_ns = now_ns};
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(HELP, stdout);
            return 1;
        }
        const int known = set_option(options, argv[i], i + 1 < argc ? argv[i + 1] : "");
        if (known == -2 || i + 1 >= argc) {
            fprintf(stderr, "sound-level: %s: %s; --help says what there is\n", argv[i],
                    known == -2 ? "there is no such option" : "needs a value");
            return 2;
        }
        if (known == -1) {
            fprintf(stderr, "sound-level: %s: cannot be '%s'; --help says what it can be\n",
                    argv[i], argv[i + 1]);
            return 2;
        }
    }
    return 0;
}
