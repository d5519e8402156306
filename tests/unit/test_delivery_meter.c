/* Rates over stated windows, what is stuck, what is to come: on made-up snapshots, with the console's worked example. */
#include "cutover_testing.h"

#include "base/buffer.h"
#include "delivery/delivery_meter.h"

static struct delivery_progress progress_of(size_t partitions)
{
    struct delivery_progress progress;

    delivery_progress_init(&progress);
    progress.state = DELIVERY_RUNNING;
    progress.count = partitions;
    progress.partitions = memory_new((partitions + 1) * sizeof(progress.partitions[0]));
    for (size_t i = 0; i < partitions; i++)
        progress.partitions[i] = (struct delivery_partition){
            .partition = (int32_t)i,
            .state = DELIVERY_PARTITION_READING,
            .committed = OFFSET_NONE,
            .end = 1000000,
            .until = OFFSET_NONE,
            .old_base = OFFSET_NONE,
            .open_time = TIMESTAMP_NONE,
            .pending_time = TIMESTAMP_NONE,
        };
    return progress;
}

static void rates_state_their_window(void **state)
{
    struct delivery_meter *meter = delivery_meter_new();
    struct delivery_progress progress = progress_of(0);

    (void)state;
    /* 100 records a second for ten minutes, then 1,000 a second for 10 s, then nothing for 2 s. */
    for (int64_t ms = 0; ms <= 600 * 1000; ms += 200) {
        progress.records_read = ms / 10;
        delivery_meter_take(meter, ms, &progress);
    }
    assert_in_range((int)progress.read_records.now, 99, 101);
    assert_in_range((int)progress.read_records.five_min, 99, 101);
    for (int64_t ms = 200; ms <= 10 * 1000; ms += 200) {
        progress.records_read = 60000 + ms;
        delivery_meter_take(meter, 600 * 1000 + ms, &progress);
    }
    assert_in_range((int)progress.read_records.now, 990, 1010);
    assert_in_range((int)progress.read_records.ten_s, 900, 1010);
    assert_in_range((int)progress.read_records.five_min, 120, 140);
    for (int64_t ms = 200; ms <= 3000; ms += 200)
        delivery_meter_take(meter, 610 * 1000 + ms, &progress);
    assert_int_equal((int)progress.read_records.now, 0);
    assert_in_range((int)progress.read_records.ten_s, 650, 800);
    assert_in_range((int)progress.read_records.peak, 990, 1010);
    assert_int_equal(progress.cells, DELIVERY_CELLS);
    delivery_meter_free(meter);
    delivery_progress_clear(&progress);
}

/* From the plan's start to where a member goes on nobody reads; nor where the commits of others are first told. */
static void where_a_resume_begins_is_no_rate(void **state)
{
    struct delivery_meter *meter = delivery_meter_new();
    struct delivery_progress progress = progress_of(1);
    struct delivery_partition *row = &progress.partitions[0];
    struct partition_offsets committed;

    (void)state;
    row->state = DELIVERY_PARTITION_ELSEWHERE;
    row->position = row->delivered = 1000;
    delivery_meter_take(meter, 0, &progress);
    partition_offsets_init(&committed);
    partition_offsets_set(&committed, 0, 80000);
    delivery_meter_commits(meter, &committed);
    partition_offsets_clear(&committed);
    delivery_meter_take(meter, 500, &progress);
    assert_int_equal((int)row->rate, 0);
    row->state = DELIVERY_PARTITION_READING;
    row->position = row->delivered = 90000;
    delivery_meter_take(meter, 1000, &progress);
    assert_int_equal((int)row->rate, 0);
    row->position = 90100;
    delivery_meter_take(meter, 2000, &progress);
    assert_in_range((int)row->rate, 99, 101);
    delivery_meter_free(meter);
    delivery_progress_clear(&progress);
}

/* A delivery that ends within its first two seconds has no lasting peak; it does not say 0 beside its rate either. */
static void a_peak_is_never_below_the_rate(void **state)
{
    struct delivery_meter *meter = delivery_meter_new();
    struct delivery_progress progress = progress_of(0);

    (void)state;
    delivery_meter_take(meter, 0, &progress);
    progress.bytes_out = 50000;
    delivery_meter_take(meter, 500, &progress);
    assert_int_equal((int)progress.stored_bytes.now, 100000);
    assert_int_equal((int)progress.stored_bytes.peak, 100000);
    for (int64_t ms = 1000; ms <= 10000; ms += 500)
        delivery_meter_take(meter, ms, &progress);
    assert_in_range((int)progress.stored_bytes.peak, 0, 50000);
    delivery_meter_free(meter);
    delivery_progress_clear(&progress);
}

static void a_lull_in_asking_changes_no_rate(void **state)
{
    struct delivery_meter *meter = delivery_meter_new();
    struct delivery_progress progress = progress_of(0);

    (void)state;
    delivery_meter_take(meter, 0, &progress);
    progress.bytes_out = 100 * 1000;
    delivery_meter_take(meter, 100 * 1000, &progress); /* nobody asked for 100 s */
    assert_in_range((int)progress.stored_bytes.now, 999, 1001);
    delivery_meter_free(meter);
    delivery_progress_clear(&progress);
}

static void stuck_is_no_progress_for_a_minute_with_work(void **state)
{
    struct delivery_meter *meter = delivery_meter_new();
    struct delivery_progress progress = progress_of(4);

    (void)state;
    progress.partitions[1].position = progress.partitions[1].delivered = 1000000; /* at its end */
    progress.partitions[2].state = DELIVERY_PARTITION_WAITING;
    progress.partitions[3].state = DELIVERY_PARTITION_PARKED;
    progress.partitions[3].position = progress.partitions[3].delivered = 1000000;
    for (int64_t ms = 0; ms <= 59 * 1000; ms += 1000)
        delivery_meter_take(meter, ms, &progress);
    assert_int_equal(progress.stuck, 0);
    delivery_meter_take(meter, 60 * 1000, &progress);
    assert_int_equal(progress.stuck, 2);
    assert_int_equal(progress.partitions[0].stuck_ms, 60 * 1000);
    assert_int_equal(progress.partitions[1].stuck_ms, 0);
    assert_int_equal(progress.partitions[2].stuck_ms, 0);
    assert_int_equal(progress.partitions[3].stuck_ms, 60 * 1000);
    progress.partitions[0].position = 1;
    delivery_meter_take(meter, 61 * 1000, &progress);
    assert_int_equal(progress.partitions[0].stuck_ms, 0);
    progress.state = DELIVERY_PAUSED; /* on purpose */
    progress.partitions[0].stuck_ms = 0;
    delivery_meter_take(meter, 200 * 1000, &progress);
    assert_int_equal(progress.partitions[0].stuck_ms, 0);
    delivery_meter_free(meter);
    delivery_progress_clear(&progress);
}

static void tell_ends(struct delivery_meter *meter, int64_t now_ms, int64_t end)
{
    struct partition_offsets ends;

    partition_offsets_init(&ends);
    partition_offsets_row(&ends, 0)->offset = end;
    partition_offsets_row(&ends, 1)->offset = end;
    delivery_meter_ends(meter, now_ms, &ends);
    partition_offsets_clear(&ends);
}

static void ends_and_commits_of_others_come_in(void **state)
{
    struct delivery_meter *meter = delivery_meter_new();
    struct delivery_progress progress = progress_of(2);
    struct partition_offsets committed;

    (void)state;
    partition_offsets_init(&committed);
    partition_offsets_row(&committed, 0)->offset = 77;
    partition_offsets_row(&committed, 1)->offset = 88;
    progress.partitions[1].state = DELIVERY_PARTITION_ELSEWHERE;
    delivery_meter_take(meter, 0, &progress);
    assert_true(progress.produced < 0);
    tell_ends(meter, 5000, 2000000);
    delivery_meter_take(meter, 5000, &progress);
    assert_true(progress.produced < 0); /* one reading gives no rate */
    tell_ends(meter, 10000, 2000500);
    delivery_meter_commits(meter, &committed);
    delivery_meter_take(meter, 10000, &progress);
    assert_int_equal(progress.ends_age_ms, 0);
    delivery_meter_take(meter, 10700, &progress);
    assert_int_equal(progress.ends_age_ms, 700);
    assert_int_equal((int)progress.produced, 200);
    assert_int_equal(progress.partitions[0].end, 2000500);
    assert_int_equal(progress.partitions[0].delivered, 0); /* ours: we know better */
    assert_int_equal(progress.partitions[1].delivered, 88);
    assert_int_equal(progress.partitions[1].committed, 88);
    partition_offsets_clear(&committed);
    delivery_meter_free(meter);
    delivery_progress_clear(&progress);
}

/* The worked example: start, base, delivered, end, records a second. */
static const struct {
    int64_t start, base, delivered, end, rate;
} worked[] = {
    { 522260000, 543468000, 536060000, 553940000, 28900 },
    { 427940000, 444464000, 441140000, 453860000, 28100 },
    { 425940000, 439980000, 439740000, 451860000, 28700 },
    { 429940000, 446419000, 443140000, 455860000, 28300 },
    { 478600000, 478600000, 492400000, 507400000, 28800 },
    { 428940000, 445833000, 442140000, 454860000, 28200 },
};

static void the_worked_example_comes_out(void **state)
{
    struct delivery_progress progress = progress_of(6);
    struct delivery_outlook outlook;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct delivery_partition *row = &progress.partitions[i];

        row->start = worked[i].start;
        row->old_base = worked[i].base;
        row->delivered = row->committed = worked[i].delivered;
        row->position = worked[i].delivered + 100000;
        row->pending_time = 1;
        row->end = worked[i].end;
        row->rate = (double)worked[i].rate;
    }
    progress.partitions[1].committed = 440540000;
    progress.read_records.now = 171000;
    progress.produced = 57000;
    delivery_progress_outlook(&progress, &outlook);
    assert_int_equal(outlook.to_end, 83160000);
    assert_int_equal(outlook.drain_ms / 1000, 12 * 60 + 9);
    assert_int_equal(outlook.duplicates_expected, 85144000);
    assert_int_equal(outlook.duplicates_passed, 67200000);
    assert_int_equal(outlook.last_partition, 0);
    assert_int_equal(outlook.last_ms / 1000, 4 * 60 + 16);
    assert_int_equal(outlook.uncommitted, 1);
    progress.produced = 200000;
    progress.partitions[3].rate = 0;
    delivery_progress_outlook(&progress, &outlook);
    assert_int_equal(outlook.drain_ms, -1);
    assert_int_equal(outlook.last_partition, 3);
    assert_int_equal(outlook.last_ms, -1);
    delivery_progress_clear(&progress);
}

/* Read to the end, nothing stored yet: no rate of reading says when that will be. */
static void what_is_read_waits_for_its_object(void **state)
{
    struct delivery_progress progress = progress_of(2);
    struct delivery_outlook outlook;

    (void)state;
    for (size_t i = 0; i < 2; i++)
        progress.partitions[i] = (struct delivery_partition){ .partition = (int32_t)i,
                                                              .state = DELIVERY_PARTITION_READING,
                                                              .start = 100,
                                                              .old_base = 600,
                                                              .delivered = 100,
                                                              .committed = 100,
                                                              .position = 1100,
                                                              .end = 1100,
                                                              .until = OFFSET_NONE,
                                                              .pending_time = 1 };
    delivery_progress_outlook(&progress, &outlook);
    assert_int_equal(outlook.to_end, 2000);
    assert_int_equal(outlook.unread, 0);
    assert_int_equal(outlook.drain_ms, DELIVERY_READ);
    assert_int_equal(outlook.duplicates_passed, 0);
    assert_int_equal(outlook.last_ms, DELIVERY_READ);
    progress.partitions[1].end = 1400; /* one of them has more to read, though it is past its old commit */
    delivery_progress_outlook(&progress, &outlook);
    assert_int_equal(outlook.unread, 300);
    assert_int_equal(outlook.drain_ms, DELIVERY_NEVER);
    assert_int_equal(outlook.last_ms, DELIVERY_READ);
    progress.produced = 60; /* less than was produced since the ends were told */
    delivery_progress_outlook(&progress, &outlook);
    assert_int_equal(outlook.drain_ms, DELIVERY_READ);
    progress.partitions[0].position = 500; /* and one is still below its old commit */
    delivery_progress_outlook(&progress, &outlook);
    assert_int_equal(outlook.last_partition, 0);
    assert_int_equal(outlook.last_ms, DELIVERY_NEVER);
    progress.partitions[0].rate = 50;
    delivery_progress_outlook(&progress, &outlook);
    assert_int_equal(outlook.last_ms, 10000);
    delivery_progress_clear(&progress);
}

static void what_holds_nothing_is_no_backlog(void **state)
{
    struct delivery_partition row = { .delivered = 10, .position = 50, .end = 50, .until = OFFSET_NONE };

    (void)state;
    row.pending_time = TIMESTAMP_NONE; /* transaction markers: read to the end, nothing to store */
    assert_int_equal(delivery_partition_to_end(&row), 0);
    row.pending_time = 5;
    assert_int_equal(delivery_partition_to_end(&row), 40);
    row.end = OFFSET_NONE;
    assert_int_equal(delivery_partition_to_end(&row), OFFSET_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_state_their_window),
        cmocka_unit_test(a_peak_is_never_below_the_rate),
        cmocka_unit_test(where_a_resume_begins_is_no_rate),
        cmocka_unit_test(a_lull_in_asking_changes_no_rate),
        cmocka_unit_test(stuck_is_no_progress_for_a_minute_with_work),
        cmocka_unit_test(ends_and_commits_of_others_come_in),
        cmocka_unit_test(the_worked_example_comes_out),
        cmocka_unit_test(what_is_read_waits_for_its_object),
        cmocka_unit_test(what_holds_nothing_is_no_backlog),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
