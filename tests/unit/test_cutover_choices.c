/* Start positions: parsing, T*, and S for one partition. */
#include "cutover_testing.h"

static void names_parse_to_themselves(void **state)
{
    static const char *const names[] = { "now", "earliest", "time", "safe", "committed" };
    struct cutover_start start;
    struct error err = { 0 };

    (void)state;
    for (enum cutover_start_kind kind = CUTOVER_START_NOW; kind <= CUTOVER_START_COMMITTED; kind++) {
        assert_string_equal(cutover_start_name(kind), names[kind]);
        if (kind == CUTOVER_START_TIME)
            continue;
        assert_true(cutover_start_parse(names[kind], EXAMPLE_NOW, &start, &err));
        assert_int_equal(start.kind, kind);
        assert_int_equal(start.time, TIMESTAMP_NONE);
    }
}

static void times_parse(void **state)
{
    static const struct {
        const char *text;
        int minute, second;
    } rows[] = {
        { "2026-11-23T09:43:30Z", 43, 30 },
        { "1795427010000",        43, 30 },
        { "-15m",                 45, 0  },
        { "2026-11-23T10:00:00Z", 60, 0  }, /* now itself is not in the future */
    };
    struct cutover_start start;
    struct error err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(cutover_start_parse(rows[i].text, EXAMPLE_NOW, &start, &err));
        assert_int_equal(start.kind, CUTOVER_START_TIME);
        assert_int_equal(start.time, example_time(rows[i].minute, rows[i].second));
    }
}

static void bad_starts_are_refused(void **state)
{
    static const char *const rows[] = { "", "time", "Safe", "safe ", "latest", "-5", "2026-11-23T10:00:00.001Z" };
    struct cutover_start start;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = { 0 };

        print_message("'%s'\n", rows[i]);
        assert_false(cutover_start_parse(rows[i], EXAMPLE_NOW, &start, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
    }
}

static void future_is_refused_with_both_times(void **state)
{
    struct cutover_start start;
    struct error err = { 0 };

    (void)state;
    assert_false(cutover_start_parse("2026-11-23T11:00:00+00:30", EXAMPLE_NOW, &start, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.message, "2026-11-23T10:30:00Z"));
    assert_non_null(strstr(err.message, "2026-11-23T10:00:00Z"));
}

static void only_times_need_an_answer(void **state)
{
    struct cutover_survey *survey = example_survey();
    struct cutover_survey *idle = cutover_survey_new("orders", "g", 3, EXAMPLE_NOW);
    struct cutover_start now = { .kind = CUTOVER_START_NOW, .time = 5 };
    struct cutover_start time = { .kind = CUTOVER_START_TIME, .time = 5 };
    struct cutover_start safe = { .kind = CUTOVER_START_SAFE, .time = TIMESTAMP_NONE };

    (void)state;
    assert_false(cutover_start_resolve(survey, &now));
    assert_int_equal(now.time, TIMESTAMP_NONE);
    assert_true(cutover_start_resolve(survey, &time));
    assert_int_equal(time.time, 5);
    assert_true(cutover_start_resolve(survey, &safe));
    assert_int_equal(safe.time, example_time(21, 0));
    assert_false(cutover_start_resolve(idle, &safe)); /* nobody bounds it: S = B everywhere */
    assert_int_equal(safe.time, TIMESTAMP_NONE);
    cutover_survey_free(survey);
    cutover_survey_free(idle);
}

/* L = 10, E = 50, high watermark 60 everywhere. */
static void start_of_one_partition(void **state)
{
    enum { N = CUTOVER_START_NOW, A = CUTOVER_START_EARLIEST, T = CUTOVER_START_TIME, S = CUTOVER_START_SAFE };
    enum { C = CUTOVER_START_COMMITTED };
    static const struct {
        int64_t committed;
        bool below_zero;
        int kind;
        timestamp_ms time;
        int64_t by_time, start;
        bool no_record;
    } rows[] = {
        { 20, false, N, -1, -1, 50, false }, /* the end, and not for lack of a record */
        { 20, false, A, -1, -1, 10, false },
        { 20, false, C, -1, -1, 20, false },
        { -1, false, C, -1, -1, 10, false }, /* never committed: as a sink would begin */
        { 5,  false, C, -1, -1, 10, false }, /* below the log start */
        { 55, false, C, -1, -1, 55, false }, /* ahead of an open transaction */

        { 20, false, T, 7,  10, 10, false },
        { 20, false, T, 7,  30, 30, false }, /* plain: no clamp */
        { 20, false, T, 7,  -1, 50, true  }, /* -1 becomes E */
        { 20, false, T, 7,  50, 50, true  }, /* came after the survey */
        { 20, false, T, 7,  55, 50, true  },
        { 20, false, T, 7,  4,  10, false }, /* gone since */
        { 20, true,  T, 7,  30, 30, false },

        { 20, false, S, 7,  15, 15, false },
        { 20, false, S, 7,  20, 20, false },
        { 20, false, S, 7,  21, 20, false }, /* the clamp */
        { 20, false, S, 7,  -1, 20, false }, /* a late record may still come */
        { 20, false, S, -1, -1, 20, false }, /* no T* at all */
        { 20, true,  S, 7,  15, 20, false }, /* a time below zero: B */
        { -1, false, S, 7,  15, 10, false }, /* no commit: B is L */
        { 50, false, S, 7,  15, 15, false }, /* caught up: bounded like the others */
        { 50, false, S, 7,  -1, 50, true  },
        { 55, false, S, 7,  -1, 50, true  }, /* E lies before C */
        { 55, false, S, -1, -1, 55, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cutover_partition partition = { .log_start = 10,
                                               .end = 50,
                                               .high_watermark = 60,
                                               .committed = rows[i].committed,
                                               .time_below_zero = rows[i].below_zero,
                                               .committed_time = TIMESTAMP_NONE,
                                               .state = CUTOVER_OK };
        struct cutover_start start = { .kind = (enum cutover_start_kind)rows[i].kind, .time = rows[i].time };
        bool no_record = !rows[i].no_record;

        print_message("row %zu\n", i);
        assert_int_equal(cutover_start_offset(&partition, &start, rows[i].by_time, &no_record), rows[i].start);
        assert_int_equal(no_record, rows[i].no_record);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_parse_to_themselves), cmocka_unit_test(times_parse),
        cmocka_unit_test(bad_starts_are_refused),    cmocka_unit_test(future_is_refused_with_both_times),
        cmocka_unit_test(only_times_need_an_answer), cmocka_unit_test(start_of_one_partition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
