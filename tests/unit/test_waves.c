/* Turns: as many as memory holds, at least some, in order, and nobody is left out. */
#include "delivery/waves.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MIB ((int64_t)1024 * 1024)

/* Objects are a tenth of what they hold; a record has 100 bytes. */
static const struct wave_price price = { .ratio = 0.1, .state_bytes = 1000, .lazy_bytes = 500, .record_bytes = 100 };

static void takes_as_many_as_there_is_room_for(void **state)
{
    struct waves *waves = waves_new(MIB, 2);

    (void)state;
    for (int32_t partition = 0; partition < 10; partition++)
        waves_join(waves, partition, 1000); /* 100,000 raw bytes: 11,000 */
    assert_int_equal(waves_count(waves, WAVE_WAITING), 10);
    for (int32_t partition = 0; partition < 4; partition++)
        assert_int_equal(waves_next(waves, &price, 45000, 0), partition);
    assert_int_equal(waves_next(waves, &price, 45000, 0), -1);
    assert_int_equal(waves_count(waves, WAVE_READING), 4);
    /* What a turn has got is in use already, and reserved no more. */
    assert_false(waves_record(waves, 0, 50000, 1));
    assert_int_equal(waves_next(waves, &price, 45000, 0), -1);
    assert_false(waves_record(waves, 1, 50000, 1));
    assert_int_equal(waves_next(waves, &price, 45000, 0), 4);
    waves_at_end(waves, 0);
    assert_int_equal(waves_place(waves, 0), WAVE_CAUGHT_UP);
    assert_int_equal(waves_next(waves, &price, 45000, 0), -1);
    waves_at_end(waves, 1);
    assert_int_equal(waves_next(waves, &price, 45000, 0), 5);
    waves_free(waves);
}

static void small_objects_cost_what_they_hold(void **state)
{
    struct waves *waves = waves_new(MIB, 1);

    (void)state;
    for (int32_t partition = 0; partition < 10; partition++)
        waves_join(waves, partition, 4); /* 400 raw bytes, without a codec */
    for (int32_t partition = 0; partition < 5; partition++)
        assert_int_equal(waves_next(waves, &price, 2000, 0), partition);
    assert_int_equal(waves_next(waves, &price, 2000, 0), -1);
    waves_free(waves);
}

static void reads_some_whatever_memory_there_is(void **state)
{
    struct waves *waves = waves_new(MIB, 3);

    (void)state;
    for (int32_t partition = 0; partition < 5; partition++)
        waves_join(waves, partition, 1000000);
    for (int32_t partition = 0; partition < 3; partition++)
        assert_int_equal(waves_next(waves, &price, -1000, 0), partition);
    assert_int_equal(waves_next(waves, &price, -1000, 0), -1);
    waves_leave(waves, 1);
    assert_int_equal(waves_next(waves, &price, -1000, 0), 3);
    waves_free(waves);
}

static void who_stands_at_the_end_needs_no_turn(void **state)
{
    struct waves *waves = waves_new(1000, 1);

    (void)state;
    waves_join(waves, 0, 0);
    waves_join(waves, 1, 5000);
    waves_join(waves, 2, 5000);
    assert_int_equal(waves_place(waves, 0), WAVE_CAUGHT_UP);
    assert_int_equal(waves_next(waves, &price, 0, 0), 1);
    assert_int_equal(waves_next(waves, &price, 0, 0), -1);
    /* A new record there is read at once, and the end met again. */
    assert_false(waves_record(waves, 0, 100, 1));
    assert_int_equal(waves_place(waves, 0), WAVE_READING);
    waves_at_end(waves, 0);
    assert_int_equal(waves_place(waves, 0), WAVE_CAUGHT_UP);
    waves_free(waves);
}

static void a_full_object_ends_the_turn_when_others_wait(void **state)
{
    struct waves *waves = waves_new(1000, 1);

    (void)state;
    waves_join(waves, 0, 50);
    assert_int_equal(waves_next(waves, &price, 0, 0), 0);
    assert_false(waves_record(waves, 0, 5000, 1)); /* nobody waits */
    waves_join(waves, 1, 50);
    assert_true(waves_record(waves, 0, 100, 1));
    assert_int_equal(waves_place(waves, 0), WAVE_WAITING);
    assert_false(waves_record(waves, 0, 100, 1)); /* what still comes changes nothing */
    assert_int_equal(waves_next(waves, &price, 0, 0), 1);
    assert_true(waves_record(waves, 1, 1000, 1));
    assert_int_equal(waves_next(waves, &price, 0, 0), 0);
    waves_free(waves);
}

static void a_turn_in_which_nothing_comes_ends(void **state)
{
    struct waves *waves = waves_new(1000, 1);

    (void)state;
    waves_join(waves, 0, 50);
    assert_int_equal(waves_next(waves, &price, 0, 100), 0);
    assert_false(waves_end_quiet(waves, 0, 200, 50)); /* nobody waits */
    waves_join(waves, 1, 50);
    assert_false(waves_end_quiet(waves, 0, 99, 50));
    assert_true(waves_end_quiet(waves, 0, 100, 50));
    assert_int_equal(waves_next(waves, &price, 0, 300), 1);
    waves_leave(waves, 1);
    assert_int_equal(waves_next(waves, &price, 0, 300), 0);
    waves_free(waves);
}

/* A rebalance takes a waiting partition and gives it back: its old entry must not let it in before the others. */
static void who_comes_back_is_last(void **state)
{
    struct waves *waves = waves_new(1000, 1);

    (void)state;
    for (int32_t partition = 0; partition < 3; partition++)
        waves_join(waves, partition, 50);
    waves_leave(waves, 0);
    waves_join(waves, 0, 50);
    assert_int_equal(waves_count(waves, WAVE_WAITING), 3);
    assert_int_equal(waves_next(waves, &price, 0, 0), 1);
    waves_leave(waves, 1);
    assert_int_equal(waves_next(waves, &price, 0, 0), 2);
    waves_leave(waves, 2);
    assert_int_equal(waves_next(waves, &price, 0, 0), 0);
    assert_int_equal(waves_count(waves, WAVE_WAITING), 0);
    waves_free(waves);
}

/* 10,000 partitions with ten objects each, of which one refills as fast as it is read: all the others are read to their
 * end, each in ten turns, and nobody has two turns more than another that still waits. */
static void nobody_starves(void **state)
{
    enum { PARTITIONS = 10000, OBJECTS = 10 };
    struct waves *waves = waves_new(1000, 8);
    static int turns[PARTITIONS];
    size_t done = 0;
    int most = 0;

    (void)state;
    for (int32_t partition = 0; partition < PARTITIONS; partition++)
        waves_join(waves, partition, 10 * OBJECTS);
    while (done < PARTITIONS - 1) {
        int32_t partition = waves_next(waves, &price, 0, 0);
        assert_true(partition >= 0);
        turns[partition]++;
        if (turns[partition] > most)
            most = turns[partition];
        assert_true(partition == 7 || turns[partition] >= most - 1);
        if (partition != 7 && turns[partition] == OBJECTS) {
            waves_at_end(waves, partition);
            done++;
        } else {
            assert_true(waves_record(waves, partition, 1000, 1) || waves_count(waves, WAVE_WAITING) == 0);
        }
    }
    assert_int_equal(waves_count(waves, WAVE_CAUGHT_UP), PARTITIONS - 1);
    waves_free(waves);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_as_many_as_there_is_room_for),
        cmocka_unit_test(small_objects_cost_what_they_hold),
        cmocka_unit_test(reads_some_whatever_memory_there_is),
        cmocka_unit_test(who_stands_at_the_end_needs_no_turn),
        cmocka_unit_test(a_full_object_ends_the_turn_when_others_wait),
        cmocka_unit_test(a_turn_in_which_nothing_comes_ends),
        cmocka_unit_test(who_comes_back_is_last),
        cmocka_unit_test(nobody_starves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
