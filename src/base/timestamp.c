/* Points in time, with the calendar worked out by arithmetic: no time zone, no table of the C library, no state. */
#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* The calendar is counted in years that begin on 1 March, so that a leap day is the last day of its year: 400 years
 * have 146,097 days, a century of them 36,524 (the fourth one more), four years 1,461 (a fourth year one more). */
enum {
    DAYS_400_YEARS = 146097,
    DAYS_100_YEARS = 36524,
    DAYS_4_YEARS = 1461,
    DAYS_TO_1970 = 719468, /* from 1 March of year 0 to 1 January 1970 */
};

/* Days of a year that begins in March before each of its months. */
static const int days_before_month[] = { 0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337 };

static int64_t clock_ms(clockid_t id)
{
    struct timespec time;

    (void)clock_gettime(id, &time);
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec / 1000000;
}

timestamp_ms timestamp_now(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t timestamp_monotonic(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int64_t ms_of_day(timestamp_ms time)
{
    return (time % DAY + DAY) % DAY;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Days since 1970-01-01 to a date. */
static void date_of_days(int64_t days, struct timestamp_calendar *calendar)
{
    int64_t cycle = floor_divide(days + DAYS_TO_1970, DAYS_400_YEARS);
    int64_t rest = days + DAYS_TO_1970 - cycle * DAYS_400_YEARS;
    int64_t century = smaller(rest / DAYS_100_YEARS, 3);
    int64_t four, year;
    int month = 11;

    rest -= century * DAYS_100_YEARS;
    four = rest / DAYS_4_YEARS;
    rest -= four * DAYS_4_YEARS;
    year = smaller(rest / 365, 3);
    rest -= year * 365;
    while (days_before_month[month] > rest)
        month--;
    calendar->day = (int)rest - days_before_month[month] + 1;
    calendar->month = month < 10 ? month + 3 : month - 9;
    calendar->year = cycle * 400 + century * 100 + four * 4 + year + (month >= 10);
}

/* A valid date of the years 0 to 9999 to days since 1970-01-01. */
static int64_t days_of_date(int64_t year, int month, int day)
{
    int64_t march_year = year - (month < 3);
    int64_t cycle = floor_divide(march_year, 400);
    int64_t in_cycle = march_year - cycle * 400;

    return cycle * DAYS_400_YEARS + in_cycle * 365 + in_cycle / 4 - in_cycle / 100 +
           days_before_month[(month + 9) % 12] + day - 1 - DAYS_TO_1970;
}

struct timestamp_calendar timestamp_to_calendar(timestamp_ms time)
{
    int64_t rest = ms_of_day(time);
    struct timestamp_calendar calendar = {
        .hour = (int)(rest / HOUR),
        .minute = (int)(rest / MINUTE % 60),
        .second = (int)(rest / SECOND % 60),
        .millisecond = (int)(rest % SECOND),
    };

    date_of_days(floor_divide(time, DAY), &calendar);
    return calendar;
}

char *timestamp_text(char out[TIMESTAMP_TEXT_SIZE], timestamp_ms time)
{
    struct timestamp_calendar at;
    char fraction[8] = "";

    if (time < 0) {
        (void)snprintf(out, TIMESTAMP_TEXT_SIZE, "-");
        return out;
    }
    at = timestamp_to_calendar(time);
    if (at.millisecond != 0)
        (void)snprintf(fraction, sizeof(fraction), ".%03u", (unsigned)at.millisecond % 1000);
    (void)snprintf(out, TIMESTAMP_TEXT_SIZE, "%04lld-%02d-%02dT%02d:%02d:%02d%sZ", (long long)at.year, at.month, at.day,
                   at.hour, at.minute, at.second, fraction);
    return out;
}

/* Three numbers of two digits with a sign between each two. Not by printf: 10,000 rows are measured by their texts. */
static char *put_three(char out[TIMESTAMP_TEXT_SIZE], const int numbers[3], const char signs[2])
{
    char *p = out;

    for (int i = 0; i < 3; i++) {
        *p++ = (char)('0' + numbers[i] / 10 % 10);
        *p++ = (char)('0' + numbers[i] % 10);
        if (i < 2)
            *p++ = signs[i];
    }
    *p = '\0';
    return p;
}

char *timestamp_short(char out[TIMESTAMP_TEXT_SIZE], timestamp_ms time, timestamp_ms now)
{
    struct timestamp_calendar at, today;

    if (time < 0) {
        (void)snprintf(out, TIMESTAMP_TEXT_SIZE, "-");
        return out;
    }
    at = timestamp_to_calendar(time);
    if (floor_divide(time, DAY) == floor_divide(now, DAY)) {
        put_three(out, (const int[]){ at.hour, at.minute, at.second }, "::");
        return out;
    }
    today = timestamp_to_calendar(now);
    if (at.year == today.year)
        (void)snprintf(put_three(out, (const int[]){ at.month, at.day, at.hour }, "- "), 4, ":%02u",
                       (unsigned)at.minute % 60);
    else
        (void)snprintf(out, TIMESTAMP_TEXT_SIZE, "%04lld-%02d-%02d", (long long)at.year, at.month, at.day);
    return out;
}

/* --- reading: each take_* moves *text behind what it understood, or returns false and leaves it alone ------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_char(const char **text, const char *any_of)
{
    if (!**text || !strchr(any_of, **text))
        return false;
    (*text)++;
    return true;
}

/* Exactly `digits` digits, a number from least to most. */
static bool take_number(const char **text, int digits, int least, int most, int *number)
{
    int value = 0;

    for (int i = 0; i < digits; i++) {
        if (!is_digit((*text)[i]))
            return false;
        value = value * 10 + ((*text)[i] - '0');
    }
    if (value < least || value > most)
        return false;
    *text += digits;
    *number = value;
    return true;
}

/* Any number of digits; false as well when the number does not fit. */
static bool take_int64(const char **text, int64_t *number)
{
    const char *p = *text;
    int64_t value = 0;

    for (; is_digit(*p); p++) {
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *p - '0', &value))
            return false;
    }
    if (p == *text)
        return false;
    *text = p;
    *number = value;
    return true;
}

/* HH:MM[:SS[.digits]] to milliseconds of the day. */
static bool take_clock(const char **text, int64_t *ms)
{
    int hour, minute, second = 0;
    int64_t part = 0;

    if (!take_number(text, 2, 0, 23, &hour) || !take_char(text, ":") || !take_number(text, 2, 0, 59, &minute))
        return false;
    if (take_char(text, ":")) {
        if (!take_number(text, 2, 0, 59, &second))
            return false;
        if (take_char(text, ".")) {
            if (!is_digit(**text))
                return false;
            for (int64_t weight = 100; is_digit(**text); weight /= 10)
                part += weight * (*(*text)++ - '0');
        }
    }
    *ms = hour * HOUR + minute * MINUTE + second * SECOND + part;
    return true;
}

/* Z, +HH:MM, -HH:MM, or nothing, to what has to be subtracted. */
static bool take_zone(const char **text, int64_t *offset)
{
    bool west = **text == '-';
    int hour, minute;

    *offset = 0;
    if (take_char(text, "Zz") || !**text)
        return true;
    if (!take_char(text, "+-") || !take_number(text, 2, 0, 23, &hour) || !take_char(text, ":") ||
        !take_number(text, 2, 0, 59, &minute))
        return false;
    *offset = (hour * HOUR + minute * MINUTE) * (west ? -1 : 1);
    return true;
}

static bool take_date(const char **text, int64_t *days)
{
    struct timestamp_calendar back;
    int year, month, day;

    if (!take_number(text, 4, 0, 9999, &year) || !take_char(text, "-") || !take_number(text, 2, 1, 12, &month) ||
        !take_char(text, "-") || !take_number(text, 2, 1, 31, &day))
        return false;
    *days = days_of_date(year, month, day);
    date_of_days(*days, &back);
    return back.day == day; /* 30 February comes back as 1 or 2 March */
}

static bool parse_date_time(const char *text, timestamp_ms *time)
{
    int64_t days, ms = 0, offset = 0;

    if (!take_date(&text, &days))
        return false;
    if (take_char(&text, "Tt ") && (!take_clock(&text, &ms) || !take_zone(&text, &offset)))
        return false;
    if (*text)
        return false;
    *time = days * DAY + ms - offset;
    return true;
}

static bool parse_today(const char *text, timestamp_ms now, timestamp_ms *time)
{
    int64_t ms;

    if (!take_clock(&text, &ms))
        return false;
    (void)take_char(&text, "Zz");
    if (*text)
        return false;
    *time = now - ms_of_day(now) + ms;
    return true;
}

static bool parse_epoch(const char *text, timestamp_ms *time)
{
    int64_t ms;

    if (!take_int64(&text, &ms) || *text)
        return false;
    *time = ms;
    return true;
}

static bool parse_relative(const char *text, timestamp_ms now, timestamp_ms *time)
{
    int64_t back = 0;

    if (!take_char(&text, "-") || !*text)
        return false;
    while (*text) {
        static const char units[] = "smhd";
        static const int64_t unit_ms[] = { SECOND, MINUTE, HOUR, DAY };
        const char *unit;
        int64_t number;

        if (!take_int64(&text, &number) || !*text || !(unit = strchr(units, *text)))
            return false;
        if (__builtin_mul_overflow(number, unit_ms[unit - units], &number) ||
            __builtin_add_overflow(back, number, &back))
            return false;
        text++;
    }
    return !__builtin_sub_overflow(now, back, time);
}

bool timestamp_parse(const char *text, timestamp_ms now, timestamp_ms *time, struct error *err)
{
    timestamp_ms parsed;

    if (strcmp(text, "now") == 0)
        parsed = now;
    else if (!parse_epoch(text, &parsed) && !parse_relative(text, now, &parsed) && !parse_today(text, now, &parsed) &&
             !parse_date_time(text, &parsed))
        return error_set(err, ERROR_USAGE,
                         "cannot read the time '%s': use 2026-11-23T09:43:30Z, 2026-11-23, 09:43Z (today), epoch "
                         "milliseconds, -15m (s, m, h, d) or now",
                         text);
    if (parsed < 0)
        return error_set(err, ERROR_USAGE, "the time '%s' is before 1970, where Kafka has no times", text);
    *time = parsed;
    return true;
}

bool timestamp_parse_http(const char *text, timestamp_ms *time)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char date_time[32];

    if (strlen(text) != 29 || strcmp(text + 25, " GMT") != 0)
        return false;
    for (int month = 0; month < 12; month++) {
        if (strncmp(months + (ptrdiff_t)3 * month, text + 8, 3) != 0)
            continue;
        snprintf(date_time, sizeof(date_time), "%.4s-%02d-%.2sT%.8sZ", text + 12, month + 1, text + 5, text + 17);
        return parse_date_time(date_time, time) && *time >= 0;
    }
    return false;
}
