/* One name, one plan: which command lines may go on with a stream. */
#include "engine/engine_resume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((timestamp_ms)1795466179757)

/* A stream from `safe`, in lines and gzip by time, with an end. */
struct fixture {
    struct cutover_plan_row row;
    struct cutover_plan plan;
    struct stream_object stream;
    struct engine_wish wish;
    struct config config;
};

static int begin(void **state)
{
    static struct fixture it;

    memset(&it, 0, sizeof(it));
    config_init(&it.config);
    it.row.until = 500;
    it.plan = (struct cutover_plan){
        .id = "1a2b3c4d",
        .topic = (char *)"orders",
        .group = (char *)"connect-orders",
        .start = { CUTOVER_START_SAFE, NOW - 1000 },
        .read_committed = true,
        .until_time = TIMESTAMP_NONE,
        .rows = &it.row,
        .count = 1
    };
    it.stream = (struct stream_object){
        .stream = (char *)"s", .plan = &it.plan, .settings = { .format = "lines", .compression = "gzip" }
    };
    it.wish = (struct engine_wish){ .asked_at = NOW };
    *state = &it;
    return 0;
}

static int end(void **state)
{
    config_clear(&((struct fixture *)*state)->config);
    return 0;
}

static bool same(struct fixture *it, struct error *err)
{
    *err = (struct error){ 0 };
    return engine_resume_same(&it->wish, &it->config, &it->stream, err);
}

static void test_nothing_given_goes_on(void **state)
{
    struct error err;

    assert_true(same(*state, &err));
}

static void test_the_same_command_goes_on(void **state)
{
    struct fixture *it = *state;
    struct error err;

    it->wish.topic = "orders";
    it->wish.group = "connect-orders";
    it->wish.start = "safe";
    it->wish.until = "end";
    it->config.isolation_given = true;
    it->config.size_bytes = 1; /* how objects are cut is each run's own matter */
    assert_true(same(it, &err));
}

/* Each of these alone is refused, with the stream's value and the given one. */
static void test_each_difference_is_refused_with_both_values(void **state)
{
    struct fixture *it = *state;
    struct error err;
    struct {
        const char **wish;
        const char *given, *says;
    } rows[] = {
        { &it->wish.topic, "clicks",     "--topic (the stream has orders, given is clicks)"             },
        { &it->wish.group, "other",      "--group (the stream has connect-orders, given is other)"      },
        { &it->wish.start, "now",        "--start (the stream has safe, given is now)"                  },
        { &it->wish.start, "2026-11-23", "--start (the stream has safe, given is 2026-11-23T00:00:00Z)" },
        { &it->wish.until, "2026-11-23", "--until (the stream has end, given is 2026-11-23T00:00:00Z)"  },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        *rows[i].wish = rows[i].given;
        assert_false(same(it, &err));
        assert_int_equal(err.kind, ERROR_REFUSED);
        if (!strstr(err.message, rows[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.message, rows[i].says);
        *rows[i].wish = NULL;
    }
}

static void test_all_differences_are_listed(void **state)
{
    struct fixture *it = *state;
    struct error err;

    it->config.format = (char *)"json";
    it->config.compression = (char *)"none";
    it->config.folders = (char *)"partition";
    it->config.isolation_given = true;
    it->config.read_committed = false;
    assert_false(same(it, &err));
    it->config.format = it->config.compression = it->config.folders = NULL;
    assert_non_null(strstr(err.message, "--format (the stream has lines, given is json)"));
    assert_non_null(strstr(err.message, "--compression (the stream has gzip, given is none)"));
    assert_non_null(strstr(err.message, "--folders (the stream has time, given is partition)"));
    assert_non_null(strstr(err.message, "--isolation (the stream has read_committed, given is read_uncommitted)"));
}

static void test_an_end_for_an_endless_stream_is_refused(void **state)
{
    struct fixture *it = *state;
    struct error err;

    it->row.until = OFFSET_NONE;
    it->wish.until = "end";
    assert_false(same(it, &err));
    assert_non_null(strstr(err.message, "--until (the stream has none, given is end)"));
}

/* A start by time compares as a moment, however it was typed. */
static void test_times_compare_as_moments(void **state)
{
    struct fixture *it = *state;
    struct error err;

    it->plan.start = (struct cutover_start){ CUTOVER_START_TIME, 1795466179000 };
    it->wish.start = "1795466179000";
    assert_true(same(it, &err));
    it->wish.start = "2026-11-23T20:36:19Z";
    assert_true(same(it, &err));
    it->wish.start = "1795466179001";
    assert_false(same(it, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_given_goes_on, begin, end),
        cmocka_unit_test_setup_teardown(test_the_same_command_goes_on, begin, end),
        cmocka_unit_test_setup_teardown(test_each_difference_is_refused_with_both_values, begin, end),
        cmocka_unit_test_setup_teardown(test_all_differences_are_listed, begin, end),
        cmocka_unit_test_setup_teardown(test_an_end_for_an_endless_stream_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_times_compare_as_moments, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
