/* Axes with round labels, and bars that agree with the times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/timeline.h"

#include <string.h>

static timestamp_ms at(const char *text)
{
    timestamp_ms time = 0;

    assert_true(timestamp_parse(text, 0, &time, NULL));
    return time;
}

static const struct timeline_window *zoomed(int zoom)
{
    static struct timeline_window window;

    window = (struct timeline_window){ .zoom = zoom, .first = TIMESTAMP_NONE };
    return &window;
}

#define DAY "2026-11-23T"

static void test_the_worked_example(void **state)
{
    struct timeline_axis axis = timeline_fit(TIMELINE_BARS, 40, at(DAY "09:21:00Z"), at(DAY "10:00:00Z"), zoomed(0));
    char bar[64];

    (void)state;
    assert_int_equal(axis.cell_ms, 90 * 1000);
    assert_int_equal(axis.start, at(DAY "09:00:00Z"));
    timeline_characters(&axis, TIMELINE_COMMIT, at(DAY "09:21:00Z"), bar);
    assert_string_equal(bar, "==============#.........................");
    timeline_characters(&axis, TIMELINE_COMMIT, at(DAY "09:53:08Z"), bar);
    assert_string_equal(bar, "===================================#....");
}

static void test_every_axis_holds_what_it_was_made_for(void **state)
{
    timestamp_ms until = at(DAY "10:07:31Z");

    (void)state;
    for (int64_t behind = 1; behind < INT64_C(40) * 365 * 86400 * 1000; behind = behind * 3 / 2 + 1) {
        for (int cells = 20; cells <= 80; cells += 10) {
            struct timeline_axis axis = timeline_fit(TIMELINE_BARS, cells, until - behind, until, zoomed(0));

            assert_in_range(timeline_cell(&axis, until - behind), 2, (unsigned)cells - 1);
            assert_true(timeline_cell(&axis, until - 1) < cells);
            assert_int_equal(axis.start % axis.cell_ms, 0);
        }
    }
}

static void test_times_outside_are_marked_at_the_edge(void **state)
{
    struct timeline_axis axis = timeline_fit(TIMELINE_BARS, 20, at(DAY "09:50:00Z"), at(DAY "10:00:00Z"), zoomed(-2));
    char bar[64];

    (void)state;
    timeline_characters(&axis, TIMELINE_COMMIT, at(DAY "09:00:00Z"), bar);
    assert_int_equal(bar[0], '<');
    assert_int_equal(bar[1], '.');
    timeline_characters(&axis, TIMELINE_COMMIT, at(DAY "11:00:00Z"), bar);
    assert_int_equal(bar[19], '>');
    assert_int_equal(bar[18], '=');
}

/* Nothing is claimed behind the moment of the reading. */
static void test_bars_end_at_the_reading(void **state)
{
    struct timeline_axis axis = timeline_fit(TIMELINE_BARS, 40, at(DAY "09:21:00Z"), at(DAY "09:46:00Z"), zoomed(0));
    int now = timeline_cell(&axis, at(DAY "09:46:00Z") - 1);
    char bar[64];

    (void)state;
    timeline_characters(&axis, TIMELINE_ALL, TIMESTAMP_NONE, bar);
    assert_int_equal(strspn(bar, "="), now + 1);
    assert_int_equal(strspn(bar + now + 1, " "), 40 - now - 1);
    timeline_characters(&axis, TIMELINE_NOTHING, TIMESTAMP_NONE, bar);
    assert_int_equal(strspn(bar, "."), now + 1);
    timeline_characters(&axis, TIMELINE_UNKNOWN, TIMESTAMP_NONE, bar);
    assert_int_equal(strspn(bar, " "), 40);
}

static void test_zoom_is_bounded(void **state)
{
    struct timeline_axis in = timeline_fit(TIMELINE_BARS, 40, at(DAY "09:21:00Z"), at(DAY "10:00:00Z"), zoomed(-1000));
    struct timeline_axis out = timeline_fit(TIMELINE_BARS, 40, at(DAY "09:21:00Z"), at(DAY "10:00:00Z"), zoomed(1000));

    (void)state;
    assert_int_equal(in.cell_ms, 100);
    assert_true(out.cell_ms > in.cell_ms);
}

/* Whatever is looked at keeps its place while the view grows or shrinks around it. */
static void test_zoom_and_pan_keep_what_is_looked_at(void **state)
{
    timestamp_ms oldest = at(DAY "09:21:00Z"), now = at(DAY "10:00:00Z"), focus = at(DAY "09:43:30Z");
    struct timeline_window window = TIMELINE_FITS_ALL;
    struct timeline_axis axis = timeline_fit(TIMELINE_BARS, 40, oldest, now, &window);
    int cell = timeline_cell(&axis, focus);

    (void)state;
    for (int i = 0; i < 4; i++) {
        timeline_zoom(TIMELINE_BARS, &axis, oldest, -1, focus, &window);
        axis = timeline_fit(TIMELINE_BARS, 40, oldest, now, &window);
        assert_int_equal(timeline_cell(&axis, focus), cell);
    }
    assert_int_equal(axis.cell_ms, 6000);
    timestamp_ms start = axis.start;
    timeline_pan(&axis, -7, &window);
    axis = timeline_fit(TIMELINE_BARS, 40, oldest, now, &window);
    assert_int_equal(axis.start, start - 7 * 6000);
    timeline_pan(&axis, 1000000, &window); /* the present is the end */
    axis = timeline_fit(TIMELINE_BARS, 40, oldest, now, &window);
    assert_int_equal(timeline_time(&axis, axis.cells), now);
    timeline_pan(&axis, -INT64_C(1000000000000), &window); /* no time is below zero */
    axis = timeline_fit(TIMELINE_BARS, 40, oldest, now, &window);
    assert_int_equal(axis.start, 0);
}

static void add(const struct timeline_axis *axis, const char *commit, const char *start, bool gap, bool twice,
                const char *expected)
{
    char bar[64];

    timeline_characters(axis, TIMELINE_COMMIT, at(commit), bar);
    timeline_add_start(axis, TIMELINE_COMMIT, at(commit), at(start), gap, twice, bar);
    assert_string_equal(bar, expected);
}

static void test_a_start_cuts_the_bars(void **state)
{
    struct timeline_window window = TIMELINE_FITS_ALL;
    struct timeline_axis axis = timeline_fit(TIMELINE_BARS, 40, at(DAY "09:21:00Z"), at(DAY "10:00:00Z"), &window);

    (void)state;
    add(&axis, DAY "09:53:08Z", DAY "09:43:30Z", false, true, "=============================|+++++#....");
    add(&axis, DAY "09:47:00Z", DAY "09:43:30Z", false, true, "=============================|+#........");
    add(&axis, DAY "09:21:00Z", DAY "09:43:30Z", true, false, "==============#xxxxxxxxxxxxxx|..........");
    add(&axis, DAY "09:21:00Z", DAY "09:21:00Z", false, false, "==============|.........................");
    /* What the offsets deny is not drawn, whatever the times look like. */
    add(&axis, DAY "09:21:00Z", DAY "09:43:30Z", false, false, "==============#..............|..........");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_worked_example),
        cmocka_unit_test(test_every_axis_holds_what_it_was_made_for),
        cmocka_unit_test(test_times_outside_are_marked_at_the_edge),
        cmocka_unit_test(test_bars_end_at_the_reading),
        cmocka_unit_test(test_zoom_is_bounded),
        cmocka_unit_test(test_zoom_and_pan_keep_what_is_looked_at),
        cmocka_unit_test(test_a_start_cuts_the_bars),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
