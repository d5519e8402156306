/* Keys to screen: the percentile, and what a key's time is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/latency.h"

#include <string.h>
#include <time.h>

static void test_percentile(void **state)
{
    uint32_t sorted[200];

    (void)state;
    for (uint32_t i = 0; i < 200; i++)
        sorted[i] = i + 1;
    assert_int_equal(latency_percentile(sorted, 0, 99), 0);
    assert_int_equal(latency_percentile(sorted, 1, 99), 1);
    assert_int_equal(latency_percentile(sorted, 100, 99), 99);
    assert_int_equal(latency_percentile(sorted, 101, 99), 100);
    assert_int_equal(latency_percentile(sorted, 200, 50), 100);
    assert_int_equal(latency_percentile(sorted, 200, 100), 200);
}

static void test_a_key_waits_from_when_the_input_was_empty(void **state)
{
    const struct timespec pause = { .tv_nsec = 5000000 };
    struct latency latency;
    struct buffer report;

    (void)state;
    latency_start(&latency);
    latency_empty(&latency);
    nanosleep(&pause, NULL); /* the loop was busy, and a key may have come at once */
    latency_key(&latency);
    latency_key(&latency); /* two keys, one drawing */
    latency_shown(&latency);
    latency_shown(&latency); /* of the clock */
    assert_int_equal(latency.count, 1);
    assert_true(latency.micros[0] >= 5000);
    latency_empty(&latency);
    latency_key(&latency);
    latency_shown(&latency);
    assert_int_equal(latency.count, 2);
    assert_true(latency.micros[1] < latency.micros[0]);
    buffer_init(&report, 0);
    latency_report(&latency, &report);
    assert_non_null(strstr(report.data, "2 keys to screen: p50 "));
    buffer_clear(&report);
    latency_clear(&latency);
}

static void test_nothing_is_measured_when_off(void **state)
{
    struct latency latency = { 0 };

    (void)state;
    latency_key(&latency);
    latency_shown(&latency);
    assert_int_equal(latency.count, 0);
    latency_clear(&latency);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentile),
        cmocka_unit_test(test_a_key_waits_from_when_the_input_was_empty),
        cmocka_unit_test(test_nothing_is_measured_when_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
