/* Numbers of the worked example: eight minutes after the launch. */
#include "fixture_delivery.h"

#include <stdio.h>

struct delivery_progress *fixture_delivery_orders(enum delivery_state state)
{
    static const int64_t delivered[] = { 536060000, 441140000, 439740000, 443140000, 492400000, 442140000 };
    static const int64_t ends[] = { 553940000, 453860000, 451860000, 455860000, 507400000, 454860000 };
    struct delivery_progress *progress = memory_new(sizeof(*progress));

    delivery_progress_init(progress);
    progress->state = state;
    progress->elapsed_ms = 480000;
    progress->count = sizeof(delivered) / sizeof(delivered[0]);
    progress->partitions = memory_new(progress->count * sizeof(*progress->partitions));
    for (size_t i = 0; i < progress->count; i++) {
        struct delivery_partition *partition = &progress->partitions[i];

        partition->partition = (int32_t)i;
        partition->state = DELIVERY_PARTITION_READING;
        partition->delivered = partition->committed = delivered[i];
        partition->end = ends[i];
        partition->until = OFFSET_NONE;
        partition->old_base = OFFSET_NONE;
    }
    return progress;
}
