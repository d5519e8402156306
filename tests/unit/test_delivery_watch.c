/* The delivery of this process: which events are its own, and when it is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/delivery_watch.h"

static struct engine_event *snapshot(uint64_t request, enum delivery_state state, bool final)
{
    struct engine_event *event = engine_event_new(ENGINE_DELIVERY);

    event->request = request;
    event->final = final;
    event->delivery = memory_new(sizeof(*event->delivery));
    delivery_progress_init(event->delivery);
    event->delivery->state = state;
    return event;
}

static void give(struct delivery_watch *watch, struct engine_event *event)
{
    assert_true(delivery_watch_event(watch, &event, 5000));
    assert_null(event);
}

static void test_life(void **state)
{
    struct delivery_watch watch;
    struct engine_event *other = snapshot(7, DELIVERY_RUNNING, false);

    (void)state;
    delivery_watch_init(&watch);
    assert_false(delivery_watch_runs(&watch));
    assert_false(delivery_watch_event(&watch, &other, 1));
    delivery_watch_begin(&watch, 3, engine_event_new(ENGINE_LAUNCH), 1000);
    assert_true(delivery_watch_runs(&watch));
    assert_int_equal(delivery_watch_state(&watch), DELIVERY_IDLE);
    assert_false(delivery_watch_event(&watch, &other, 1)); /* somebody else's */
    assert_non_null(other);
    give(&watch, snapshot(3, DELIVERY_RUNNING, false));
    assert_int_equal(delivery_watch_state(&watch), DELIVERY_RUNNING);
    give(&watch, snapshot(3, DELIVERY_DRAINING, false));
    assert_true(delivery_watch_runs(&watch));
    give(&watch, snapshot(3, DELIVERY_STOPPED, true));
    assert_false(delivery_watch_runs(&watch));
    assert_int_equal(watch.ended, 5000);
    assert_non_null(watch.launch); /* what was confirmed stays to be compared with */
    engine_event_free(other);
    delivery_watch_clear(&watch);
}

static void test_a_launch_that_fails(void **state)
{
    struct delivery_watch watch;
    struct engine_event *failure = engine_event_new(ENGINE_FAILED);

    (void)state;
    delivery_watch_init(&watch);
    delivery_watch_begin(&watch, 3, NULL, 1000);
    failure->request = 3;
    failure->final = true;
    error_set(&failure->error, ERROR_REFUSED, "the plan is another now");
    give(&watch, failure);
    assert_false(delivery_watch_runs(&watch));
    assert_int_equal(delivery_watch_state(&watch), DELIVERY_FAILED);
    assert_string_equal(watch.error, "the plan is another now");
    delivery_watch_begin(&watch, 4, NULL, 2000); /* the next one begins anew */
    assert_null(watch.error);
    assert_int_equal(delivery_watch_state(&watch), DELIVERY_IDLE);
    delivery_watch_clear(&watch);
}

static void test_a_frozen_screen(void **state)
{
    struct delivery_watch watch;
    const struct engine_event *shown;

    (void)state;
    delivery_watch_init(&watch);
    delivery_watch_begin(&watch, 3, NULL, 1000);
    delivery_watch_freeze(&watch, true);
    give(&watch, snapshot(3, DELIVERY_RUNNING, false)); /* the first is shown: there is nothing to keep */
    shown = watch.news;
    assert_non_null(shown);
    give(&watch, snapshot(3, DELIVERY_DRAINING, false));
    give(&watch, snapshot(3, DELIVERY_STOPPED, true));
    assert_ptr_equal(watch.news, shown);
    assert_int_equal(delivery_watch_state(&watch), DELIVERY_STOPPED);
    assert_false(delivery_watch_runs(&watch));
    assert_false(delivery_watch_shows_end(&watch));
    delivery_watch_freeze(&watch, false);
    assert_int_equal(watch.news->delivery->state, DELIVERY_STOPPED);
    assert_null(watch.held);
    assert_true(delivery_watch_shows_end(&watch));
    delivery_watch_clear(&watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_a_launch_that_fails),
        cmocka_unit_test(test_a_frozen_screen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
