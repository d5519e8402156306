/* Times: the calendar is compared with one that is counted day by day, the parser with what it is given back. */
#include "base/timestamp.h"

#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW      INT64_C(1795428000123) /* 2026-11-23T10:00:00.123Z */
#define DAY      INT64_C(86400000)
#define LAST_DAY INT64_C(253402214400000) /* 9999-12-31 */

static int month_length(int64_t year, int month)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return lengths[month - 1] + (month == 2 && leap);
}

static void every_day_until_9999(void **state)
{
    int64_t year = 1970;
    int month = 1, day = 1;

    (void)state;
    for (timestamp_ms time = 0; time <= LAST_DAY; time += DAY) {
        struct timestamp_calendar at = timestamp_to_calendar(time);

        if (at.year != year || at.month != month || at.day != day)
            fail_msg("%lld is %lld-%d-%d, not %lld-%d-%d", (long long)time, (long long)at.year, at.month, at.day,
                     (long long)year, month, day);
        if (++day > month_length(year, month)) {
            day = 1;
            month = month % 12 + 1;
            year += month == 1;
        }
    }
    assert_int_equal(year, 10000);
}

static void every_date_is_read_or_refused(void **state)
{
    timestamp_ms time, expected = 0;
    char text[16];

    (void)state;
    for (int year = 1970; year <= 2101; year++) {
        for (int month = 0; month <= 13; month++) {
            for (int day = 0; day <= 32; day++) {
                bool valid = month >= 1 && month <= 12 && day >= 1 && day <= month_length(year, month);

                (void)snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, day);
                assert_int_equal(timestamp_parse(text, NOW, &time, NULL), valid);
                if (!valid)
                    continue;
                assert_int_equal(time, expected);
                expected += DAY;
            }
        }
    }
}

static void calendar_of_extremes(void **state)
{
    struct timestamp_calendar at = timestamp_to_calendar(-1);

    (void)state;
    assert_int_equal(at.year, 1969);
    assert_int_equal(at.month, 12);
    assert_int_equal(at.day, 31);
    assert_int_equal(at.hour, 23);
    assert_int_equal(at.minute, 59);
    assert_int_equal(at.second, 59);
    assert_int_equal(at.millisecond, 999);
    at = timestamp_to_calendar(INT64_MAX);
    assert_int_equal(at.year, 292278994);
    at = timestamp_to_calendar(INT64_MIN);
    assert_true(at.year < -292000000 && at.month >= 1 && at.day >= 1 && at.hour >= 0);
}

static void forms_that_are_understood(void **state)
{
    static const struct {
        const char *text;
        const char *utc;
    } rows[] = {
        { "now",                                        "2026-11-23T10:00:00.123Z" },
        { "2026-11-23T09:43:30Z",                       "2026-11-23T09:43:30Z"     },
        { "2026-11-23t09:43:30z",                       "2026-11-23T09:43:30Z"     },
        { "2026-11-23 09:43:30Z",                       "2026-11-23T09:43:30Z"     },
        { "2026-11-23T09:43:30",                        "2026-11-23T09:43:30Z"     },
        { "2026-11-23T09:43",                           "2026-11-23T09:43:00Z"     },
        { "2026-11-23T09:43:30+02:00",                  "2026-11-23T07:43:30Z"     },
        { "2026-11-23T23:43:30-00:30",                  "2026-11-24T00:13:30Z"     },
        { "2026-11-23T09:43:30.5Z",                     "2026-11-23T09:43:30.500Z" },
        { "2026-11-23T09:43:30.999999999999999999999Z", "2026-11-23T09:43:30.999Z" },
        { "1970-01-01T01:00:00+01:00",                  "1970-01-01T00:00:00Z"     },
        { "2024-02-29",                                 "2024-02-29T00:00:00Z"     },
        { "9999-12-31T23:59:59.999Z",                   "9999-12-31T23:59:59.999Z" },
        { "09:43Z",                                     "2026-11-23T09:43:00Z"     },
        { "09:43:30Z",                                  "2026-11-23T09:43:30Z"     },
        { "23:59",                                      "2026-11-23T23:59:00Z"     },
        { "0",                                          "1970-01-01T00:00:00Z"     },
        { "1795428000123",                              "2026-11-23T10:00:00.123Z" },
        { "-90s",                                       "2026-11-23T09:58:30.123Z" },
        { "-15m",                                       "2026-11-23T09:45:00.123Z" },
        { "-1h30m",                                     "2026-11-23T08:30:00.123Z" },
        { "-1d2h3m4s",                                  "2026-11-22T07:56:56.123Z" },
    };
    char out[TIMESTAMP_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err;
        timestamp_ms time;

        if (!timestamp_parse(rows[i].text, NOW, &time, &err))
            fail_msg("%s", err.message);
        assert_string_equal(timestamp_text(out, time), rows[i].utc);
    }
}

static void forms_that_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "now ",
        "Now",
        "tomorrow",
        "2026-",
        "2026-1-1",
        "2026-13-01",
        "2026-02-29",
        "2026-11-23T",
        "2026-11-23T9:43",
        "2026-11-23T24:00",
        "2026-11-23T09:60",
        "2026-11-23T09:43:60",
        "2026-11-23T09:43:30.Z",
        "2026-11-23T09:43:30ZZ",
        "2026-11-23T09:43:30+2",
        "2026-11-23T09:43:30+24:00",
        "2026-11-23Z",
        " 2026-11-23",
        "1969-12-31",
        "1970-01-01T00:00:00+00:01",
        "0000-01-01",
        "-1",
        "-",
        "-m",
        "-15",
        "-15x",
        "-15m ",
        "15m",
        "+15m",
        "-99999999999999999999d",
        "-9223372036854775807s",
        "-100000d",
        "9223372036854775808",
        "1e3",
        "0x10",
        "09:43+01:00",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err;
        timestamp_ms time = 5;

        error_clear(&err);
        if (timestamp_parse(rows[i], NOW, &time, &err))
            fail_msg("'%s' was read as %lld", rows[i], (long long)time);
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_int_equal(time, 5);
    }
}

static void what_is_shown_reads_back(void **state)
{
    uint64_t seed = 7;
    char out[TIMESTAMP_TEXT_SIZE];

    (void)state;
    for (int round = 0; round < 200000; round++) {
        timestamp_ms time = (timestamp_ms)(random_next(&seed) % (uint64_t)(LAST_DAY + DAY));
        timestamp_ms back;

        assert_true(timestamp_parse(timestamp_text(out, time), NOW, &back, NULL));
        assert_int_equal(back, time);
    }
}

static void dates_of_http(void **state)
{
    static const char *const wrong[] = {
        "",
        "Mon, 23 Nov 2026 10:00:59 UTC",
        "Mon, 23 nov 2026 10:00:59 GMT",
        "Mon, 23 Nov 2026 10:00:61 GMT",
        "Mon, 32 Nov 2026 10:00:59 GMT",
        "Mon, 23 Nov 1926 10:00:59 GMT",
        "Monday, 23-Nov-26 10:00:59 GMT",
        "Mon, 23 Nov -15m 10:00:59 GMT",
    };
    timestamp_ms time = -5;

    (void)state;
    assert_true(timestamp_parse_http("Mon, 23 Nov 2026 10:00:59 GMT", &time));
    assert_int_equal(time, INT64_C(1795428059000));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(timestamp_parse_http(wrong[i], &time));
}

static void random_text_never_gives_a_wrong_time(void **state)
{
    static const char *const forms[] = { "2026-11-23T09:43:30.123+02:00", "09:43:30Z", "-1d12h30m", "1795428000123" };
    static const char letters[] = "0123456789-+:.TZtz smhdnow";
    uint64_t seed = 9;
    char text[40], out[TIMESTAMP_TEXT_SIZE];
    int read = 0;

    (void)state;
    for (int round = 0; round < 300000; round++) {
        size_t length;
        timestamp_ms time = -5, back;

        (void)snprintf(text, sizeof(text), "%s", forms[random_below(&seed, 4)]);
        length = strlen(text);
        for (size_t edits = random_below(&seed, 4); edits > 0; edits--)
            text[random_below(&seed, length)] = letters[random_below(&seed, sizeof(letters))]; /* or the NUL */
        if (!timestamp_parse(text, NOW, &time, NULL)) {
            assert_int_equal(time, -5);
            continue;
        }
        read++;
        assert_true(time >= 0);
        assert_true(timestamp_parse(timestamp_text(out, time), NOW, &back, NULL));
        assert_int_equal(back, time);
    }
    assert_true(read > 10000);
}

static void shown_short(void **state)
{
    static const struct {
        const char *time;
        const char *text;
    } rows[] = {
        { "2026-11-23T09:43:30.999Z", "09:43:30"    },
        { "2026-11-23T00:00:00Z",     "00:00:00"    },
        { "2026-11-22T17:40:59Z",     "11-22 17:40" },
        { "2026-11-24T00:00:00Z",     "11-24 00:00" },
        { "2025-11-23T10:00:00Z",     "2025-11-23"  },
        { "0",                        "1970-01-01"  },
    };
    char out[TIMESTAMP_TEXT_SIZE];
    timestamp_ms time;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(timestamp_parse(rows[i].time, NOW, &time, NULL));
        assert_string_equal(timestamp_short(out, time, NOW), rows[i].text);
    }
    assert_string_equal(timestamp_short(out, TIMESTAMP_NONE, NOW), "-");
    assert_string_equal(timestamp_text(out, TIMESTAMP_NONE), "-");
    assert_string_equal(timestamp_text(out, INT64_MIN), "-");
    assert_string_equal(timestamp_text(out, INT64_MAX), "292278994-08-17T07:12:55.807Z");
}

static void clocks_run(void **state)
{
    int64_t before = timestamp_monotonic();

    (void)state;
    assert_true(timestamp_now() > INT64_C(1700000000000));
    assert_true(timestamp_monotonic() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_until_9999),
        cmocka_unit_test(every_date_is_read_or_refused),
        cmocka_unit_test(calendar_of_extremes),
        cmocka_unit_test(forms_that_are_understood),
        cmocka_unit_test(forms_that_are_refused),
        cmocka_unit_test(what_is_shown_reads_back),
        cmocka_unit_test(dates_of_http),
        cmocka_unit_test(random_text_never_gives_a_wrong_time),
        cmocka_unit_test(shown_short),
        cmocka_unit_test(clocks_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
