/* Numbers that need a memory: rates over stated windows, what has not moved for a minute, what is produced meanwhile.
 *
 * Pure: it is handed snapshots and times, and completes the snapshot. One owner, no lock. Sizes: 300 samples of the totals,
 * some 60 bytes a partition.
 */
#ifndef DELIVERY_DELIVERY_METER_H
#define DELIVERY_DELIVERY_METER_H

#include "delivery/delivery_progress.h"

struct delivery_meter;

struct delivery_meter *delivery_meter_new(void);
/* NULL is fine. */
void delivery_meter_free(struct delivery_meter *meter);

/* The ends of the topic's partitions as the broker just told them; a row without an answer keeps the last one. From two
 * of these, at least a second apart, comes what is produced. */
void delivery_meter_ends(struct delivery_meter *meter, int64_t now_ms, const struct partition_offsets *ends);
/* The own group's commits: all that is known of partitions that another instance delivers. */
void delivery_meter_commits(struct delivery_meter *meter, const struct partition_offsets *committed);

/* Fills in rates, histories, ends, and stuck partitions; now_ms is monotonic. Call it for every snapshot, at least once a
 * second. */
void delivery_meter_take(struct delivery_meter *meter, int64_t now_ms, struct delivery_progress *progress);

#endif
