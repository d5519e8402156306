/* What the reader thread keeps of a partition, and what it makes of answers, without any thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "delivery/delivery_commit.h"
#include "delivery/delivery_turns.h"

struct world {
    struct cutover_plan plan;
    struct stream_object stream;
    struct delivery delivery;
    struct read read;
    struct chain *chain;
};

static int set_up(void **state)
{
    struct world *world = memory_new(sizeof(*world));

    snprintf(world->plan.id, sizeof(world->plan.id), "3f9a17c2");
    world->stream.plan = &world->plan;
    world->stream.endpoint = "https://s3.example";
    world->stream.bucket = "lake";
    world->stream.prefix = "shop/";
    world->delivery.stream = &world->stream;
    world->delivery.settings.instance = "host-1-abc";
    world->delivery.encoder_count = 1;
    world->delivery.to_encoder = memory_new(sizeof(*world->delivery.to_encoder));
    world->delivery.to_encoder[0] = queue_new(free);
    world->read.delivery = &world->delivery;
    world->read.stream = &world->stream;
    world->chain = read_chain(&world->read, 0);
    world->chain->owned = true;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    free(world->read.chains);
    queue_free(world->delivery.to_encoder[0]);
    free(world->delivery.to_encoder);
    free(world);
    return 0;
}

/* What is sent when the chain stands at position, with nothing to store up to seen. */
static struct partition_offset sent(struct world *world, int64_t position, int64_t seen)
{
    struct partition_offset row = { .offset = position, .metadata = memory_new(COMMIT_METADATA_SIZE) };

    commit_metadata_write(&world->stream, seen, (struct offset_range){ 0 }, world->delivery.settings.instance,
                          row.metadata);
    return row;
}

static void answer(struct world *world, int64_t position, int64_t seen)
{
    struct partition_offset row = sent(world, position, seen);

    read_take_commit(&world->read, &row);
    free(row.metadata);
}

static void test_a_commit_answered_in_order_is_done(void **state)
{
    struct world *world = *state;

    world->chain->position = 200;
    answer(world, 200, OFFSET_NONE);
    assert_int_equal(world->chain->committed, 200);
    assert_false(world->chain->dirty);
}

static void test_an_older_commit_answered_last_is_committed_over(void **state)
{
    struct world *world = *state;

    world->chain->position = 200;
    answer(world, 200, OFFSET_NONE);
    answer(world, 100, OFFSET_NONE);
    assert_int_equal(world->chain->committed, 100);
    assert_true(world->chain->dirty);
}

static void test_an_older_word_on_what_is_empty_is_committed_over(void **state)
{
    struct world *world = *state;

    world->chain->position = world->chain->empty_start = 200;
    world->chain->empty_next = 250;
    answer(world, 200, 250);
    assert_false(world->chain->dirty);
    answer(world, 200, OFFSET_NONE);
    assert_true(world->chain->dirty);
}

static void test_an_answer_for_a_partition_that_went_asks_for_nothing(void **state)
{
    struct world *world = *state;

    world->chain->position = 200;
    world->chain->owned = false;
    answer(world, 100, OFFSET_NONE);
    assert_false(world->chain->dirty);
}

static void test_a_parked_chain_reads_on_only_when_its_upload_does(void **state)
{
    struct world *world = *state;

    world->chain->state = CHAIN_PARKED;
    world->chain->next_read = 300;
    world->chain->stalled = true;
    world->chain->stop_wanted = true;
    chain_retry(world->chain);
    assert_int_equal(world->chain->state, CHAIN_READING);
    assert_int_equal(world->chain->seek_to, OFFSET_NONE);
    assert_true(world->chain->stop_wanted);

    world->chain->state = CHAIN_PARKED;
    world->chain->stalled = false;
    chain_retry(world->chain);
    assert_int_equal(world->chain->seek_to, 300);
    assert_false(world->chain->stop_wanted);
}

/* Its upload has just gone on, and in the same breath another's object was refused: what was read is dropped, and read
 * again from the chain's position, not from where the old epoch was to go on. */
static void test_a_new_epoch_is_read_from_its_own_beginning(void **state)
{
    struct world *world = *state;

    world->chain->position = 50;
    world->chain->next_read = world->chain->seek_to = 100;
    read_begin(&world->read, world->chain);
    assert_int_equal(world->chain->seek_to, OFFSET_NONE);
    world->chain->state = CHAIN_PARKED;
    chain_retry(world->chain);
    assert_int_equal(world->chain->seek_to, 50);
}

/* A place in line outlives for a moment that its chain is read, and partitions that come just then give it a turn. */
static void test_who_is_not_read_any_more_is_not_sought(void **state)
{
    struct world *world = *state;
    struct partition_offsets given;

    world->read.waves = waves_new(1024 * 1024, 8);
    world->delivery.budget = memory_budget_new(64 * 1024 * 1024);
    snprintf(world->stream.settings.compression, sizeof(world->stream.settings.compression), "none");
    waves_join(world->read.waves, 0, 100);
    world->chain->state = CHAIN_READING;
    world->chain->stalled = true;
    world->chain->next_read = 100;
    partition_offsets_init(&given);
    partition_offsets_set(&given, 1, 0);
    read_turns_take_over(&world->read, &given);
    assert_int_equal(waves_place(world->read.waves, 1), WAVE_READING);
    world->chain = read_chain(&world->read, 0);
    assert_int_equal(world->chain->seek_to, 100);
    assert_false(read_turns_may_seek(&world->read, world->chain));

    world->chain->stalled = false;
    assert_true(read_turns_may_seek(&world->read, world->chain));
    world->chain->state = CHAIN_PARKED;
    assert_false(read_turns_may_seek(&world->read, world->chain));
    partition_offsets_clear(&given);
    memory_budget_free(world->delivery.budget);
    waves_free(world->read.waves);
}

/* With --size 1 and records of 20 MB curl gives a PUT 107 s, not the 34 s of an object without overshoot. */
static void test_a_put_may_take_as_long_as_its_last_record_makes_it(void **state)
{
    struct world *world = *state;

    world->stream.settings.size_bytes = 1024 * 1024;
    world->delivery.settings.max_message_bytes = 20 * 1024 * 1024;
    assert_int_equal(delivery_put_limit_ms(&world->delivery), 30000 + 21 * 4000 + 250);
    world->delivery.settings.max_message_bytes = 0;
    assert_true(delivery_put_limit_ms(&world->delivery) >= 30000 + 96 * 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_commit_answered_in_order_is_done, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_older_commit_answered_last_is_committed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_older_word_on_what_is_empty_is_committed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_answer_for_a_partition_that_went_asks_for_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_parked_chain_reads_on_only_when_its_upload_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_new_epoch_is_read_from_its_own_beginning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_is_not_read_any_more_is_not_sought, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_put_may_take_as_long_as_its_last_record_makes_it, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
