/* Numbers of the worked example: eight minutes after the launch. */
#include "fixture_delivery.h"

#include <stdio.h>

#include <string.h>

static const struct {
    int64_t start, base, delivered, committed, end;
    int rate, late_s;
    const char *object, *note;
} rows[] = {
    { 522260000, 543468000, 536060000, 536060000, 553940000, 28900, 1625, "0/535460000", ""  },
    { 427940000, 444464000, 441140000, 440540000, 453860000, 28100, 1413, "1/440540000", ""  },
    { 425940000, 439980000, 439740000, 439740000, 451860000, 28700, 1346, "2/439140000", ""  },
    { 429940000, 446419000, 443140000, 443140000, 455860000, 28300, 1413, "3/442540000", ""  },
    { 478600000, 478600000, 492400000, 491800000, 507400000, 28800, 1500, "4/491800000",
     "retry 1: S3 asks to slow down (503 SlowDown) for orders+4+00000000000491800000.txt.gz" },
    { 428940000, 445833000, 442140000, 442140000, 454860000, 28200, 1413, "5/441540000", ""  },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void fill_partition(struct delivery_partition *partition, size_t i, size_t of)
{
    const timestamp_ms now = INT64_C(1795428540000); /* 2026-11-23T10:09:00Z */

    *partition = (struct delivery_partition){
        .partition = (int32_t)i,
        .state = DELIVERY_PARTITION_READING,
        .start = rows[of].start,
        .delivered = rows[of].delivered,
        .committed = rows[of].committed,
        .position = rows[of].delivered + 400000,
        .end = rows[of].end,
        .until = OFFSET_NONE,
        .old_base = rows[of].base,
        .next_time = now,
        .open_time = TIMESTAMP_NONE,
        .pending_time = now - rows[of].late_s * (int64_t)1000,
        .rate = rows[of].rate,
        .records = rows[of].delivered - rows[of].start,
    };
    snprintf(partition->last_object, sizeof(partition->last_object), "%s", rows[of].object);
    snprintf(partition->note, sizeof(partition->note), "%s", rows[of].note);
}

static void fill_rates(struct delivery_progress *progress)
{
    static const int read[] = { 2, 3, 5, 6, 6, 7, 6, 7, 8, 7, 6, 7, 7, 6 };
    static const int stored[] = { 3, 4, 5, 7, 7, 7, 8, 7, 7, 7, 7, 6, 7, 5 };

    progress->read_records = (struct delivery_rate){ 171000, 170200, 168900, 180000 };
    progress->read_bytes = (struct delivery_rate){ 38200000, 38000000, 37700000, 40100000 };
    progress->stored_bytes = (struct delivery_rate){ 9500000, 9500000, 9400000, 9800000 };
    progress->produced = 57000;
    progress->cells = sizeof(read) / sizeof(read[0]);
    for (size_t i = 0; i < progress->cells; i++) {
        progress->read_cells[i] = read[i];
        progress->stored_cells[i] = stored[i];
    }
    progress->put_p50_ms = 84;
    progress->put_p99_ms = 412;
    progress->retries = 3;
    progress->retries_by[DELIVERY_RETRY_THROTTLED] = 2;
    progress->retries_by[DELIVERY_RETRY_NETWORK] = 1;
    progress->objects = progress->rotations[ROTATION_SIZE] = 135;
    progress->memory_used = (int64_t)121 << 20;
    progress->memory_limit = (int64_t)256 << 20;
    progress->uploads_in_flight = 4;
    progress->uploads_waiting = 2;
    progress->retention_ms = 6 * 3600 * (int64_t)1000;
}

struct delivery_progress *fixture_delivery(enum delivery_state state, size_t partitions)
{
    struct delivery_progress *progress = memory_new(sizeof(*progress));

    delivery_progress_init(progress);
    progress->state = state;
    progress->elapsed_ms = 480000;
    progress->count = progress->reading = partitions;
    progress->partitions = memory_new((partitions + 1) * sizeof(*progress->partitions));
    for (size_t i = 0; i < partitions; i++)
        fill_partition(&progress->partitions[i], i, i % ROWS);
    fill_rates(progress);
    snprintf(progress->message, sizeof(progress->message),
             "partition 4: S3 asks to slow down (503 SlowDown), tried again in 400 ms");
    return progress;
}

/* One row of each kind that needs a look, and waves. */
static void fill_trouble(struct delivery_progress *progress)
{
    struct delivery_partition *row = progress->partitions;

    row[1].state = DELIVERY_PARTITION_PARKED;
    snprintf(row[1].note, sizeof(row[1].note),
             "retention took offsets 427940000 to 428000000 before they were read; --allow-lost goes on after them");
    row[2].stuck_ms = 92000;
    snprintf(row[2].note, sizeof(row[2].note), "retry 7: the bucket cannot be reached");
    row[3].state = DELIVERY_PARTITION_WAITING;
    row[5].state = DELIVERY_PARTITION_ELSEWHERE;
    row[0].rate = 0;
    progress->parked = progress->stuck = progress->waiting = 1;
    progress->reading = 3;
    progress->waiting_for_member = true;
    progress->waiting_ms = 7400;
}

struct delivery_progress *fixture_delivery_orders(enum delivery_state state)
{
    struct delivery_progress *progress = fixture_delivery(state, ROWS);

    if (state == DELIVERY_STOPPED || state == DELIVERY_DRAINING) {
        for (size_t i = 0; i < ROWS; i++)
            progress->partitions[i].note[0] = '\0';
        progress->message[0] = '\0';
    }
    if (state == DELIVERY_STOPPED) {
        for (size_t i = 0; i < ROWS; i++) {
            progress->partitions[i].committed = progress->partitions[i].delivered;
            progress->partitions[i].rate = 0;
        }
        progress->uploads_in_flight = progress->uploads_waiting = 0;
        progress->memory_used = 0;
        progress->read_records.now = progress->read_bytes.now = progress->stored_bytes.now = 0;
    }
    return progress;
}

struct delivery_progress *fixture_delivery_trouble(enum delivery_state state)
{
    struct delivery_progress *progress = fixture_delivery(state, ROWS);

    fill_trouble(progress);
    if (state == DELIVERY_FAILED)
        error_set(
            &progress->error, ERROR_REFUSED,
            "group headgate-orders-lake has a commit of plan 11112222 at place aabbccdd, but the stream object here is "
            "plan 3f9a17c2 at place 99887766: give --bucket and --prefix of the former, or use another stream name");
    return progress;
}

struct delivery_progress *fixture_delivery_cut_off(void)
{
    struct delivery_progress *progress = fixture_delivery(DELIVERY_RUNNING, ROWS);

    for (size_t i = 0; i < ROWS; i++) {
        struct delivery_partition *row = &progress->partitions[i];

        row->state = DELIVERY_PARTITION_ELSEWHERE;
        row->position = row->delivered;
        row->rate = 0;
        row->note[0] = '\0';
    }
    progress->reading = 0;
    progress->read_records.now = progress->read_bytes.now = 0;
    progress->ends_age_ms = 33000;
    progress->unreachable_ms = 31000;
    progress->no_broker = true;
    snprintf(progress->unreachable, sizeof(progress->unreachable),
             "kafka-1.example:9092: Connect to ipv4#192.0.2.1:9092 failed: Connection refused");
    return progress;
}

void fixture_delivery_abort(struct delivery_progress *progress)
{
    struct delivery_partition *last = &progress->partitions[progress->count - 1];

    progress->aborted = true;
    for (size_t i = 0; i < progress->count; i++) {
        progress->partitions[i].dropped = progress->partitions[i].position - progress->partitions[i].delivered;
        progress->partitions[i].position = progress->partitions[i].delivered;
    }
    last->end = last->delivered;
    last[-1].dropped = 0;
}
