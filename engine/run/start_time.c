#include "engine/run/start_time.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/clock.h"

#define FRACTION_DIGITS 6

/* From `least` to `most` digits at *at, which is moved behind them. */
static bool read_number(const char **at, int least, int most, int64_t *ret_value)
{
    int64_t value = 0;
    int seen = 0;

    for (; seen < most && isdigit((unsigned char)**at); seen++)
        value = 10 * value + (*(*at)++ - '0');
    *ret_value = value;
    return seen >= least;
}

/* ".25" → 250000; nothing there is 0. */
static bool read_fraction(const char **at, int64_t *ret_us)
{
    int64_t value;
    const char *from = *at + 1;

    *ret_us = 0;
    if (**at != '.')
        return true;
    (*at)++;
    if (!read_number(at, 1, FRACTION_DIGITS, &value))
        return false;
    for (int seen = (int)(*at - from); seen < FRACTION_DIGITS; seen++)
        value *= 10;
    *ret_us = value;
    return true;
}

static bool expect(const char **at, char character)
{
    return *(*at)++ == character;
}

static int days_in_month(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Days from 1970-01-01, in the Gregorian calendar, year by year: nobody starts far from now. */
static int64_t days_before(int64_t year, int64_t month, int64_t day)
{
    int64_t days = day - 1;

    for (int64_t y = 1970; y < year; y++)
        days += 337 + days_in_month(y, 2);
    for (int64_t m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days;
}

/* RFC 3339, section 5.6, in UTC and without a leap second. */
static bool read_date(const char *at, int64_t *ret_us)
{
    int64_t year, month, day, hour, minute, second, fraction_us;
    bool good = read_number(&at, 4, 4, &year) && expect(&at, '-') &&
                read_number(&at, 2, 2, &month) && expect(&at, '-') &&
                read_number(&at, 2, 2, &day) && expect(&at, 'T') && read_number(&at, 2, 2, &hour) &&
                expect(&at, ':') && read_number(&at, 2, 2, &minute) && expect(&at, ':') &&
                read_number(&at, 2, 2, &second) && read_fraction(&at, &fraction_us) &&
                strcmp(at, "Z") == 0;

    if (!good || year < 1970 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59)
        return false;
    second += 60 * (minute + 60 * (hour + 24 * days_before(year, month, day)));
    *ret_us = second * US_PER_S + fraction_us;
    return true;
}

static bool read_epoch(const char *at, int64_t *ret_us)
{
    int64_t seconds, fraction_us;

    if (!read_number(&at, 1, 12, &seconds) || !read_fraction(&at, &fraction_us) || *at != '\0')
        return false;
    *ret_us = seconds * US_PER_S + fraction_us;
    return true;
}

enum status start_time_parse(const char *text, int64_t now_us, int64_t *ret_us,
                             struct failure *failure)
{
    int64_t at_us;
    char now[32];

    clock_format_utc(now_us, now, sizeof now);
    if (text[0] == '+')
        return failure_set(failure, STATUS_INVALID,
                           "--start-at %s: counts from now, which is another time for every shard; "
                           "takes an instant such as %.19sZ",
                           text, now);
    if (!read_date(text, &at_us) && !read_epoch(text, &at_us))
        return failure_set(failure, STATUS_INVALID,
                           "--start-at %s: takes a time in UTC such as %.19sZ, or seconds since "
                           "1970 such as %lld",
                           text, now, (long long)(now_us / US_PER_S));
    if (at_us < now_us - START_AT_FAR_US || at_us > now_us + START_AT_FAR_US)
        return failure_set(failure, STATUS_INVALID,
                           "--start-at %s: is more than an hour from now (%.19sZ)", text, now);
    *ret_us = at_us;
    return STATUS_OK;
}

int64_t start_time_wait_us(int64_t at_us, int64_t now_us)
{
    int64_t wait_us = at_us - START_LEAD_US - now_us;

    if (wait_us <= 0)
        return 0;
    return wait_us < US_PER_S ? wait_us : US_PER_S;
}
