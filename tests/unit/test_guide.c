/* The guided demo: its steps, the views they stand on, and what it makes of the answers that it sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/guide.h"

#include <string.h>

static struct guide *new_guide(bool demo)
{
    const struct view_subject subject = {
        .topic = "orders",
        .group = "connect-orders-s3",
        .stream = "demo",
        .bucket = "lake",
        .prefix = "headgate/",
    };

    return guide_new(&subject, demo);
}

static void test_seven_steps_on_seven_views(void **state)
{
    static const enum view_kind views[GUIDE_STEPS] = { VIEW_TOPICS, VIEW_SKEW,     VIEW_START, VIEW_GROUPS,
                                                       VIEW_LAUNCH, VIEW_PIPELINE, VIEW_AUDIT };
    struct guide *guide = new_guide(true);
    struct view_subject subject;

    (void)state;
    for (int step = 1; step <= GUIDE_STEPS; step++) {
        assert_int_equal(guide_step(guide), step);
        assert_int_equal(guide_view(guide, &subject), views[step - 1]);
        assert_string_equal(subject.topic, "orders");
        assert_string_equal(subject.stream, "demo");
        assert_int_equal(guide_action(guide, ACTION_GUIDE_NEXT), step < GUIDE_STEPS ? GUIDE_OPENS : GUIDE_HANDLED);
    }
    assert_int_equal(guide_step(guide), GUIDE_STEPS);
    assert_int_equal(guide_action(guide, ACTION_GUIDE_BACK), GUIDE_OPENS);
    assert_int_equal(guide_step(guide), GUIDE_STEPS - 1);
    assert_int_equal(guide_action(guide, ACTION_GUIDE_LEAVE), GUIDE_ENDS);
    guide_free(guide);
}

/* Only the step that chooses a start has positions: everywhere else these keys are the view's. */
static void test_positions_belong_to_one_step(void **state)
{
    struct guide *guide = new_guide(true);

    (void)state;
    assert_int_equal(guide_action(guide, ACTION_GUIDE_BACK), GUIDE_HANDLED); /* there is none before the first */
    for (int step = 1; step <= GUIDE_STEPS; step++) {
        enum guide_result own = step == 3 ? GUIDE_MOVES : GUIDE_IGNORED;

        assert_int_equal(guide_action(guide, ACTION_GUIDE_DOWN), own);
        assert_int_equal(guide_action(guide, ACTION_GUIDE_UP), own);
        assert_int_equal(guide_action(guide, ACTION_GUIDE_APPLY), step == 3 ? GUIDE_OPENS : GUIDE_IGNORED);
        assert_int_equal(guide_action(guide, ACTION_FETCH), GUIDE_IGNORED);
        guide_action(guide, ACTION_GUIDE_NEXT);
    }
    guide_free(guide);
}

static const char *applied(struct guide *guide)
{
    struct view_subject subject;

    assert_int_equal(guide_action(guide, ACTION_GUIDE_APPLY), GUIDE_OPENS);
    assert_int_equal(guide_view(guide, &subject), VIEW_START);
    return subject.start;
}

static void see_time(struct guide *guide, timestamp_ms time)
{
    struct engine_event *event = engine_event_new(ENGINE_PLAN);

    event->plan = memory_new(sizeof(*event->plan));
    event->plan->start = (struct cutover_start){ CUTOVER_START_TIME, time };
    guide_observe(guide, event);
    engine_event_free(event);
}

/* The start that is applied is the one that the launch gets. */
static void test_the_applied_position_is_launched(void **state)
{
    struct guide *guide = new_guide(true);
    struct view_subject subject;

    (void)state;
    guide_action(guide, ACTION_GUIDE_NEXT);
    guide_action(guide, ACTION_GUIDE_NEXT);
    assert_string_equal(applied(guide), "safe");
    guide_action(guide, ACTION_GUIDE_UP); /* at TIME: no time is known yet, so nothing is applied */
    assert_int_equal(guide_action(guide, ACTION_GUIDE_APPLY), GUIDE_HANDLED);
    see_time(guide, 1763891010000);
    assert_string_equal(applied(guide), "2025-11-23T09:43:30Z");
    guide_action(guide, ACTION_GUIDE_UP);
    assert_string_equal(applied(guide), "earliest");
    guide_action(guide, ACTION_GUIDE_UP);
    guide_action(guide, ACTION_GUIDE_UP); /* the first stays the first */
    assert_string_equal(applied(guide), "now");
    for (int i = 0; i < 9; i++)
        guide_action(guide, ACTION_GUIDE_DOWN);
    assert_string_equal(applied(guide), "committed");
    guide_action(guide, ACTION_GUIDE_NEXT);
    assert_int_equal(guide_view(guide, &subject), VIEW_GROUPS);
    assert_null(subject.start);
    guide_action(guide, ACTION_GUIDE_NEXT);
    assert_int_equal(guide_view(guide, &subject), VIEW_LAUNCH);
    assert_string_equal(subject.start, "committed");
    guide_free(guide);
}

/* What the view above is told to show is what the launch gets, with Enter or without. */
static void test_the_shown_position_is_launched(void **state)
{
    struct guide *guide = new_guide(true);
    struct view_subject subject;

    (void)state;
    guide_action(guide, ACTION_GUIDE_NEXT);
    guide_action(guide, ACTION_GUIDE_NEXT);
    assert_int_equal(guide_action(guide, ACTION_GUIDE_UP), GUIDE_MOVES);
    assert_null(guide_position(guide)); /* at TIME: none is known yet */
    see_time(guide, 1763891010000);
    assert_string_equal(guide_position(guide), "2025-11-23T09:43:30Z");
    assert_int_equal(guide_action(guide, ACTION_GUIDE_UP), GUIDE_MOVES);
    assert_string_equal(guide_position(guide), "earliest");
    guide_action(guide, ACTION_GUIDE_NEXT);
    guide_action(guide, ACTION_GUIDE_NEXT);
    assert_int_equal(guide_view(guide, &subject), VIEW_LAUNCH);
    assert_string_equal(subject.start, "earliest");
    guide_free(guide);
}

/* The view keeps lines of its own on every screen that the console accepts. */
static void test_the_panel_leaves_room(void **state)
{
    struct guide *guide = new_guide(false);

    (void)state;
    for (int step = 1; step <= GUIDE_STEPS; step++) {
        for (int lines = 20; lines <= 60; lines++) {
            const struct canvas canvas = { .lines = lines, .columns = 80 };

            assert_in_range(guide_lines(guide, &canvas), 2, lines - 13);
        }
        guide_action(guide, ACTION_GUIDE_NEXT);
    }
    guide_free(guide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seven_steps_on_seven_views),
        cmocka_unit_test(test_positions_belong_to_one_step),
        cmocka_unit_test(test_the_applied_position_is_launched),
        cmocka_unit_test(test_the_shown_position_is_launched),
        cmocka_unit_test(test_the_panel_leaves_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
