#include "engine/measure/measure_unit.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *suffix, *unit;
    double factor;
} suffixes[] = {
    {"us", "us", 1},
    {"ms", "us", 1e3},
    {"s", "us", 1e6},
    {"m", "us", 6e7},
    {"h", "us", 3.6e9},
    {"%", "ratio", 0.01},
    {"", "ratio", 1},
    {"", "1", 1},
    {"", "1e-6", 1e6},
    {"/s", "1/s", 1},
    {"/m", "1/s", 1.0 / 60},
    {"/h", "1/s", 1.0 / 3600},
    {"fps", "mfps", 1e3},
    {"dB", "mdB", 1e3},
    {"B", "B", 1},
    {"kB", "B", 1e3},
    {"MB", "B", 1e6},
    {"B/s", "B/s", 1},
    {"bit/s", "B/s", 0.125},
    {"kbit/s", "B/s", 125},
    {"Mbit/s", "B/s", 125e3},
};
#define SUFFIX_COUNT (sizeof suffixes / sizeof suffixes[0])

/* Digits with at most one point: no sign, exponent, hexadecimal or infinity. */
static bool read_number(const char *text, double *ret_value, const char **ret_end)
{
    size_t size = strspn(text, "0123456789.");
    const char *point = memchr(text, '.', size);
    if (size == 0 || size > 18 || !isdigit((unsigned char)text[0]) ||
        !isdigit((unsigned char)text[size - 1]) ||
        (point != NULL && memchr(point + 1, '.', size - (size_t)(point + 1 - text)) != NULL)) {
        return false;
    }
    char digits[20];
    memcpy(digits, text, size);
    digits[size] = '\0';
    *ret_value = strtod(digits, NULL);
    *ret_end = text + size;
    return true;
}

enum status measure_parse(const char *text, const char *unit, double *ret_value,
                          const char **ret_unit)
{
    double number;
    const char *suffix;
    if (!read_number(text, &number, &suffix)) {
        return STATUS_INVALID;
    }
    if (suffix[0] == '\0' && (unit == NULL || number == 0)) {
        *ret_value = number;
        *ret_unit = unit != NULL ? unit : "1";
        return STATUS_OK;
    }
    for (size_t i = 0; i < SUFFIX_COUNT; i++) {
        if (strcmp(suffixes[i].suffix, suffix) == 0 &&
            (unit == NULL || strcmp(suffixes[i].unit, unit) == 0)) {
            *ret_value = number * suffixes[i].factor;
            *ret_unit = suffixes[i].unit;
            return STATUS_OK;
        }
    }
    return STATUS_INVALID;
}

const char *measure_suffixes(const char *unit)
{
    static const struct {
        const char *unit, *words;
    } rows[] = {
        {"us", "us, ms, s, m or h"},
        {"ratio", "% or a bare number"},
        {"1", "a bare number"},
        {"1e-6", "a bare number"},
        {"1/s", "/s, /m or /h"},
        {"mfps", "fps"},
        {"mdB", "dB"},
        {"B", "B, kB or MB"},
        {"B/s", "bit/s, kbit/s, Mbit/s or B/s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].unit, unit) == 0) {
            return rows[i].words;
        }
    }
    return "a bare number";
}

/* Three significant digits, without an exponent. */
static void format_number(double value, const char *unit, char *text, size_t size)
{
    double magnitude = fabs(value);
    int decimals = magnitude >= 99.95 || magnitude == 0 ? 0 : magnitude >= 9.995 ? 1 : 2;
    if (magnitude > 0 && magnitude < 0.095) {
        decimals = magnitude < 0.0095 ? 4 : 3;
    }
    snprintf(text, size, "%.*f%s%s", decimals, value, unit[0] != '\0' ? " " : "", unit);
}

static void format_duration(double us, char *text, size_t size)
{
    double magnitude = fabs(us);
    if (magnitude < 999.5) {
        snprintf(text, size, "%.0f µs", us);
    } else if (magnitude < 999.5e3) {
        format_number(us / 1e3, "ms", text, size);
    } else if (magnitude < 120e6) {
        format_number(us / 1e6, "s", text, size);
    } else {
        long minutes = (long)(us / 60e6);
        long seconds = (long)(us / 1e6) % 60;
        snprintf(text, size, minutes >= 60 ? "%ld h %02ld min" : "%ld min %02ld s",
                 minutes >= 60 ? minutes / 60 : minutes, minutes >= 60 ? minutes % 60 : seconds);
    }
}

/* Whole numbers in groups of three, as people read them: "1 234 567" with narrow spaces. */
static void format_count(double value, char *text, size_t size)
{
    if (value != floor(value) || fabs(value) >= 1e15) {
        format_number(value, "", text, size);
        return;
    }
    char digits[32], grouped[64];
    int length = snprintf(digits, sizeof digits, "%.0f", fabs(value));
    size_t at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            memcpy(grouped + at, "\u202f", 3); /* narrow no-break space */
            at += 3;
        }
        grouped[at++] = digits[i];
    }
    snprintf(text, size, "%s%.*s", value < 0 ? "-" : "", (int)at, grouped);
}

/* The largest unit of a decimal ladder in which the value is at least 1. */
static void format_scaled(double value, const char *const ladder[4], char *text, size_t size)
{
    size_t step = 0;
    while (step < 3 && fabs(value) >= 999.5) {
        value /= 1000;
        step++;
    }
    format_number(value, ladder[step], text, size);
}

void measure_format(double value, const char *unit, char *text, size_t size)
{
    static const char *const bytes[] = {"B", "kB", "MB", "GB"};
    static const char *const bits[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s"};
    if (strcmp(unit, "us") == 0) {
        format_duration(value, text, size);
    } else if (strcmp(unit, "ratio") == 0) {
        format_number(value * 100, "%", text, size);
    } else if (strcmp(unit, "B") == 0) {
        format_scaled(value, bytes, text, size);
    } else if (strcmp(unit, "B/s") == 0) {
        format_scaled(value * 8, bits, text, size);
    } else if (strcmp(unit, "mfps") == 0) {
        format_number(value / 1000, "fps", text, size);
    } else if (strcmp(unit, "mdB") == 0) {
        format_number(value / 1000, "dB", text, size);
    } else if (strcmp(unit, "1e-6") == 0) {
        snprintf(text, size, "%.4f", value / 1e6);
    } else if (strcmp(unit, "1/s") == 0) {
        format_number(value, "/s", text, size);
    } else {
        format_count(value, text, size);
    }
}
